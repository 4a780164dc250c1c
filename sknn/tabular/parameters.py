"""The parameters of the estimators for tables: default, constraint and documentation of each.

Rows are as in ``sknn/estimators/parameters.py``; ``docs/write_signatures.py`` writes signatures and
docstrings from them.
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
        "Number of members. Their mean is better than one of them by about a tenth; fewer are "
        "faster. Fewer than 4 samples have fewer members.",
    ),
    "loss": Parameter(
        "str or Loss",
        "squared_error",
        PLAIN["loss"].constraint["regressor"],
        "Loss to minimise, of the standardised y; for 'poisson' and 'gamma', of y divided by its "
        "mean.\n\n$options",
        only="regressor",
        options=PLAIN["loss"].options,
    ),
    "quantile": Parameter(
        "float",
        0.5,
        [Interval(Real, 0, 1, closed="neither")],
        "Level to predict, in (0, 1). Only used when ``loss='quantile'``.",
        only="regressor",
    ),
    "hidden_layer_sizes": Parameter(
        "int or array-like of int",
        (128, 128),
        ["array-like", COUNT],
        "Number of units of each hidden layer. ``(256, 256)`` is more accurate on many samples and "
        "takes about 2.5 times as long.",
    ),
    "numeric_embedding": Parameter(
        "{'auto', 'periodic', 'piecewise_linear', 'none'}",
        "auto",
        [StrOptions(set(EMBEDDINGS))],
        "How numbers enter a network beside, or in place of, themselves: as cosines of learned "
        "frequencies, or as piecewise-linear functions with kinks at their quantiles. 'auto' is "
        "'periodic' below 2,500 samples, 'piecewise_linear' from there on, and 'none' for more "
        "than 200 numeric columns.",
    ),
    "activation": Parameter(
        "str or Activation",
        "auto",
        [StrOptions({"auto", *ACTIVATIONS}), Activation],
        "Activation function of the hidden layers, which each unit blends with the identity: "
        "'auto' is $own.",
        slots={"own": By(classifier="'selu'", regressor="'mish'")},
    ),
    "categorical_features": Parameter(
        "'from_dtype', array-like or None",
        "from_dtype",
        ["array-like", StrOptions({"from_dtype"}), None],
        "Which columns are categories: 'from_dtype' takes columns of strings, categories and "
        "bools; an array holds a mask, or their numbers or names. Give them if a column holds "
        "codes, such as postcodes, as numbers. None: there are none.",
    ),
    "max_onehot": Parameter(
        "int",
        8,
        [Interval(Integral, 0, None, closed="left")],
        "Categories with up to so many levels become a column for each level, others are embedded.",
    ),
    "learning_rate_init": Parameter(
        "float or 'auto'",
        "auto",
        [POSITIVE, StrOptions({"auto"})],
        "Largest learning rate; 'auto' is $own. Lower it if y is noisy or training diverges.",
        slots={"own": By(classifier="0.04", regressor="0.1")},
    ),
    "max_iter": Parameter(
        "int",
        64,
        [COUNT],
        "Number of epochs. Each member keeps the weights of its best one.",
    ),
    "batch_size": Parameter(
        "int or 'auto'",
        "auto",
        [COUNT, StrOptions({"auto"})],
        "Number of samples per mini-batch, about; 'auto' grows with their number from 64 to "
        "1,024. Smaller ones take more steps, and more time.",
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
        "Whether to divide raw outputs by the temperature that suits the samples that members did "
        "not see. It makes up for label smoothing; leave it on unless only labels matter.",
        only="classifier",
    ),
    "cv": Parameter(
        "int, splitter, iterable or None",
        None,
        ["cv_object"],
        "The folds: a member trains on one split's training samples and is validated on the "
        "others; members take the splits in turn. None deals the samples out by y to as many "
        "folds as members, at least 5, or by ``groups``. Give a splitter for samples in time "
        "order.",
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
        "Score by which a member keeps its best epoch; None is $own.",
        slots={
            "own": By(
                classifier="the first of them",
                regressor="the first of them for ``loss='squared_error'``, minus the loss for "
                "others",
            )
        },
    ),
    "class_weight": Parameter(
        "dict, 'balanced' or None",
        None,
        [dict, StrOptions({"balanced"}), None],
        "Weights of the classes, in training and in validation, multiplied by ``sample_weight``. "
        "'balanced' weighs each class inversely to its frequency.",
        only="classifier",
    ),
    "max_time": Parameter(
        "float or None",
        None,
        [POSITIVE, None],
        "Seconds that ``fit`` should take. After a first epoch on trial, as many are planned as "
        "there is time for, at least one.",
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        None,
        ["random_state"],
        "Determines the folds, the first weights, the order of the samples and dropout.",
    ),
    "verbose": Parameter(
        "bool or int",
        0,
        ["verbose"],
        "Whether to print how many epochs are done and how long the others will take.",
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
    """What the parameters of an estimator may be, as scikit-learn checks them."""
    return constraints_of(ESTIMATORS[estimator], PARAMETERS)
