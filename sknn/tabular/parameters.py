"""The parameters of the estimators for tables: default, constraint and documentation of each.

The rows are those of ``sknn/estimators/parameters.py``. ``docs/write_signatures.py`` writes
signatures and docstrings from them.
"""

from numbers import Integral, Real

from sknn.estimators.parameters import (
    BELOW_ONE,
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    By,
    Parameter,
    constraints_of,
    rows_of,
)
from sknn.estimators.parameters import (
    PARAMETERS as PLAIN,
)
from sknn.nn.activations import ACTIVATIONS, Activation
from sknn.scikit_learn import Interval, StrOptions
from sknn.tabular.recipe import EMBEDDINGS
from sknn.tabular.scores import ERRORS, SCORES

ESTIMATORS = {  # network, task, positional parameters
    "TabularClassifier": ("tabular", "classifier", ("n_estimators",)),
    "TabularRegressor": ("tabular", "regressor", ("n_estimators",)),
}

PARAMETERS = {
    "n_estimators": Parameter(
        "int",
        8,
        [COUNT],
        "Number of members. The error of their mean is about a tenth smaller than that of a single "
        "member. Fewer members train faster. With fewer than 4 samples there are fewer members.",
    ),
    "loss": Parameter(
        "str or Loss",
        "squared_error",
        PLAIN["loss"].constraint["regressor"],
        "Loss to minimise. It is computed on the standardised y; for 'poisson' and 'gamma', on y "
        "divided by its mean.\n\n$options",
        only="regressor",
        options=PLAIN["loss"].options,
    ),
    "quantile": Parameter(
        "float",
        0.5,
        [Interval(Real, 0, 1, closed="neither")],
        "Quantile to predict, in (0, 1). Only used when ``loss='quantile'``.",
        only="regressor",
    ),
    "hidden_layer_sizes": Parameter(
        "int or array-like of int",
        (128, 128),
        ["array-like", COUNT],
        "Number of units in each hidden layer. ``(256, 256)`` is more accurate with many samples; "
        "training then takes about 2.5 times as long.",
    ),
    "numeric_embedding": Parameter(
        "{'auto', 'periodic', 'piecewise_linear', 'none'}",
        "auto",
        [StrOptions(set(EMBEDDINGS))],
        "How numeric columns enter a network. 'periodic' adds cosines of learned frequencies to "
        "the scaled values, and 'piecewise_linear' replaces them by piecewise-linear functions "
        "with kinks at the quantiles of the column. 'none' takes the scaled values alone. 'auto' "
        "is 'none' if there are more than 200 numeric columns, 'periodic' for fewer than 2,500 "
        "samples, and 'piecewise_linear' otherwise.",
    ),
    "activation": Parameter(
        "str or Activation",
        "auto",
        [StrOptions({"auto", *ACTIVATIONS}), Activation],
        "Activation function of the hidden layers. Each unit learns how much of it to blend with "
        "the identity. 'auto' is $own.",
        slots={"own": By(classifier="'selu'", regressor="'mish'")},
    ),
    "categorical_features": Parameter(
        "'from_dtype', array-like or None",
        "from_dtype",
        ["array-like", StrOptions({"from_dtype"}), None],
        "Which columns are categories. 'from_dtype' takes the columns of strings, categories and "
        "bools. An array is a mask, or holds the numbers or names of the columns. Use it if a "
        "column holds codes, such as postcodes, as numbers. None treats all columns as numbers.",
    ),
    "max_onehot": Parameter(
        "int",
        8,
        [Interval(Integral, 0, None, closed="left")],
        "Maximum number of levels of a category that is one-hot encoded, as one column per level. "
        "Categories with more levels are embedded.",
    ),
    "learning_rate_init": Parameter(
        "float or 'auto'",
        "auto",
        [POSITIVE, StrOptions({"auto"})],
        "Maximum learning rate. 'auto' is $own. Lower it if y is noisy or training diverges.",
        slots={"own": By(classifier="0.04", regressor="0.1")},
    ),
    "max_iter": Parameter(
        "int",
        64,
        [COUNT],
        "Number of epochs. Each member keeps the weights of its best epoch.",
    ),
    "batch_size": Parameter(
        "int or 'auto'",
        "auto",
        [COUNT, StrOptions({"auto"})],
        "Approximate number of samples per mini-batch. 'auto' grows with the number of samples "
        "from 64 to 1,024. Smaller mini-batches mean more steps and a longer training time.",
    ),
    "dropout": Parameter(
        "float",
        0.15,
        [BELOW_ONE],
        "Fraction of units dropped at random after each hidden layer, in [0, 1). It falls to 0 in "
        "the second half of training.",
    ),
    "weight_decay": Parameter(
        "float",
        0.02,
        [NOT_NEGATIVE],
        "Strength of the weight decay, which falls to 0 in the second half of training.",
    ),
    "label_smoothing": Parameter(
        "float",
        0.1,
        [BELOW_ONE],
        "Fraction of the target that is spread evenly over the classes, in [0, 1).",
        only="classifier",
    ),
    "calibrate": Parameter(
        "bool",
        True,
        ["boolean"],
        "Whether to divide raw outputs by a temperature that is fitted to samples on which the "
        "members did not train. This undoes the effect of label smoothing on the probabilities. "
        "Leave it on unless only labels matter.",
        only="classifier",
    ),
    "cv": Parameter(
        "int, splitter, iterable or None",
        None,
        ["cv_object"],
        "Splits into folds. A member trains on the training samples of a split and is validated on "
        "its test samples. If there are fewer splits than members, members take them in turn. None "
        "makes as many folds as there are members, but at least 5. Each of them has its share of "
        "every class, or of small and large y; with ``groups``, a group is in a single fold. Pass "
        "a splitter if the samples are in the order of time.",
    ),
    "scoring": Parameter(
        By(
            classifier="{'neg_brier_score', 'neg_log_loss', 'accuracy'} or None",
            regressor="{'neg_root_mean_squared_error', 'neg_mean_absolute_error'} or None",
        ),
        None,
        By(
            classifier=[StrOptions(set(SCORES)), None],
            regressor=[StrOptions(set(ERRORS)), None],
        ),
        "Score that determines the best epoch of each member. None is $own.",
        slots={
            "own": By(
                classifier="'neg_brier_score'",
                regressor="'neg_root_mean_squared_error' for ``loss='squared_error'``, and minus "
                "the loss for other losses",
            )
        },
    ),
    "class_weight": Parameter(
        "dict, 'balanced' or None",
        None,
        [dict, StrOptions({"balanced"}), None],
        "Weights of the classes in training and validation. They are multiplied by "
        "``sample_weight``. 'balanced' weighs each class inversely to the sum of its "
        "sample weights.",
        only="classifier",
    ),
    "max_time": Parameter(
        "float or None",
        None,
        [POSITIVE, None],
        "Time in seconds that ``fit`` should take. After a trial epoch, as many epochs are planned "
        "as there is time for, at least one. None trains for ``max_iter`` epochs.",
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        None,
        ["random_state"],
        "Determines the folds, the initial weights, the order of the samples and dropout. Pass an "
        "int for reproducible results across several calls.",
    ),
    "verbose": Parameter(
        "bool or int",
        0,
        ["verbose"],
        "Whether to print the number of epochs done and an estimate of the time left.",
    ),
    "checkpoint": Parameter(
        "str, os.PathLike or None",
        None,
        PLAIN["checkpoint"].constraint,
        "File in which ``fit`` stores what ``resume`` needs to continue after an interruption. "
        "Fits that run at the same time need a file each.",
    ),
    "checkpoint_every": PLAIN["checkpoint_every"],
}


def parameters_of(estimator):
    """{name: Parameter} of an estimator, by its name, in the order of its signature."""
    return rows_of(ESTIMATORS[estimator], PARAMETERS)


def constraints(estimator):
    """The values that the parameters of an estimator can take, as scikit-learn checks them."""
    return constraints_of(ESTIMATORS[estimator], PARAMETERS)
