"""The parameters of the estimators: default, constraint and documentation of each.

The classes take their constraints from here. ``docs/write_signatures.py`` writes signatures and
docstrings from it; run it after a change.
"""

import os
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from numbers import Integral, Real
from typing import Any

import numpy as np

from sknn.estimators.hidden_layers import NORMALIZATIONS, POOLINGS
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.nn.activations import ACTIVATIONS, Activation
from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.initializers import INITIALIZERS, Initializer
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, Loss
from sknn.nn.names import hint
from sknn.nn.optimizers import Optimizer
from sknn.nn.ranges import remedy, shown
from sknn.nn.schedules import Schedule
from sknn.scikit_learn import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
)

REQUIRED = object()  # the default of a parameter that has none
ESTIMATORS = {  # network, task, positional parameters
    "MLPClassifier": ("mlp", "classifier", ("hidden_layer_sizes", "activation")),
    "MLPRegressor": ("mlp", "regressor", ("loss", "hidden_layer_sizes", "activation")),
    "CNNClassifier": ("cnn", "classifier", ("filters",)),
    "CNNRegressor": ("cnn", "regressor", ("filters",)),
    "SequentialClassifier": ("sequential", "classifier", ("layers",)),
    "SequentialRegressor": ("sequential", "regressor", ("layers",)),
}


class By(dict):
    """A value for each network, or for each task: ``By(mlp=200, cnn=20, sequential=200)``."""


@dataclass(frozen=True)
class Parameter:
    """One parameter. Whatever differs between estimators is a By.

    Attributes
    ----------
    type : str or By
        As numpydoc writes it.
    default : object or By
    constraint : list or By
        As scikit-learn checks it.
    text : str
        What it does. ``$name`` stands for an entry of ``slots``, or for a list of names that
        ``docs/write_signatures.py`` takes from the code.
    only : str or None
        The network or task that has it; None if all have. Several are separated by a space.
    slots : dict of {str: str or By}
    options : dict of {str: str} or By
        What each name that may be given stands for; ``$options`` in the text lists them.
    """

    type: Any
    default: Any
    constraint: Any
    text: str
    only: str | None = None
    slots: dict = field(default_factory=dict)
    options: Any = field(default_factory=dict)


COUNT = Interval(Integral, 1, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
BELOW_ONE = Interval(Real, 0, 1, closed="left")

PARAMETERS = {
    # Layers
    "layers": Parameter(
        "list of Layer, or of (str, Layer)",
        REQUIRED,
        [list, tuple],
        "The hidden layers, from the input on, for instance "
        '``[Dense(100), Dropout(0.2), Dense(50, "tanh")]``. Layers without a name are named by '
        "kind and number: dense1, dense2.",
        only="sequential",
    ),
    "filters": Parameter(
        "int or array-like of int",
        (32, 64),
        ["array-like", COUNT],
        "Number of output channels of the convolution in each block.",
        only="cnn",
    ),
    "kernel_size": Parameter(
        "int or tuple",
        3,
        [COUNT, list, tuple],
        "Height and width of the convolution windows. A tuple has one entry per block; a pair "
        "(height, width) goes inside it: ``((3, 5), 3)``. The same holds for the parameters from "
        "``stride`` to ``pool_stride``.",
        only="cnn",
    ),
    "stride": Parameter(
        "int or tuple",
        1,
        [COUNT, list, tuple],
        "Number of pixels between neighbouring convolution windows.",
        only="cnn",
    ),
    "padding": Parameter(
        "{'same', 'valid'}, int or tuple",
        "same",
        [
            StrOptions({"same", "valid"}),
            Interval(Integral, 0, None, closed="left"),
            list,
            tuple,
        ],
        "Zeros added around the image before the convolution: 'same' adds as many as it takes to "
        "keep ``ceil(n / stride)`` of n pixels, 'valid' adds none, an int adds that many on every "
        "side.",
        only="cnn",
    ),
    "pooling": Parameter(
        "{$poolings}, None or tuple",
        "max",
        [StrOptions(set(POOLINGS)), None, list, tuple],
        "Kind of pooling at the end of a block; None for no pooling. A window over the edge of "
        "the image uses the pixels inside it, so that n pixels become ``ceil(n / pool_stride)``.",
        only="cnn",
    ),
    "pool_size": Parameter(
        "int or tuple",
        2,
        [COUNT, list, tuple],
        "Height and width of the pooling windows.",
        only="cnn",
    ),
    "pool_stride": Parameter(
        "int, None or tuple",
        None,
        [COUNT, None, list, tuple],
        "Number of pixels between neighbouring pooling windows; None means ``pool_size``.",
        only="cnn",
    ),
    "hidden_layer_sizes": Parameter(
        "int or array-like of int",
        By(mlp=(100,), cnn=(128,)),
        ["array-like", COUNT],
        "Number of units of each $layer.",
        only="mlp cnn",
        slots={
            "layer": By(
                mlp="hidden layer; ``()`` for a linear model",
                cnn="dense hidden layer after the blocks; ``()`` for none",
            )
        },
    ),
    "activation": Parameter(
        "str, Activation or list of them",
        "relu",
        [StrOptions(set(ACTIVATIONS)), Activation, list, tuple],
        "Activation function of the $layers, or a list with one for each: $activations.",
        only="mlp cnn",
        slots={"layers": By(mlp="hidden layers", cnn="blocks and dense hidden layers")},
    ),
    "input_shape": Parameter(
        "tuple of int or None",
        None,
        ["array-like", None],
        "Shape of one sample: (height, width, channels) or (height, width) of an image$flat",
        only="cnn sequential",
        slots={
            "flat": By(
                cnn=". None takes the shape from X; flat samples are then square images with one "
                "channel if possible, otherwise images of one row.",
                sequential=", (n_features,) of any other sample. None takes the shape from X; "
                "flat samples are then not images. Images of integers have pixels from 0 to 255, "
                "which are divided by 255.",
            )
        },
    ),
    "augment": Parameter(
        "{$augmentations} or None",
        None,
        [StrOptions(set(AUGMENTATIONS)), None],
        "Random changes to the training images in every epoch: shifts by up to an eighth of "
        "height and width, left-right flips with a probability of 1/2, or both. With 'lbfgs' it "
        "must be None.",
        only="cnn",
    ),
    # Training
    "solver": Parameter(
        "str or Optimizer",
        "adam",
        [StrOptions({"lbfgs", *STOCHASTIC_SOLVERS}), Optimizer],
        "Method that finds the weights.\n\n$options\n\n"
        "An Optimizer, such as ``sknn.nn.SGD(momentum=0.5)``, has its own settings: ``momentum``, "
        "``beta_1`` and the others below are then not used. A grid reaches ``solver__momentum``.",
        options={
            "adam": "stochastic gradient descent with a running mean of the gradients, divided by "
            "the root of a running mean of their squares",
            "adamw": "'adam' with weight decay that is not part of the loss",
            "nadam": "'adam' with Nesterov's momentum",
            "rmsprop": "gradients divided by the root of a running mean of their squares",
            "adagrad": "gradients divided by the root of the sum of all their squares so far",
            "sgd": "stochastic gradient descent with momentum",
            "lbfgs": "a quasi-Newton method on all samples at once, often the best for a few "
            "hundred samples; it computes in float64 whatever the dtype of X",
        },
    ),
    "alpha": Parameter(
        "float",
        0.0001,
        [NOT_NEGATIVE],
        "Strength of the L2 penalty on the weights. As in scikit-learn it is divided by the sum "
        "of the sample weights in the *batch*: small batches are penalised more.",
    ),
    "batch_size": Parameter(
        "int or 'auto'",
        By(mlp="auto", cnn=64, sequential="auto"),
        [StrOptions({"auto"}), COUNT],
        "Number of samples per mini-batch, or of all samples if there are fewer; 'auto' is "
        "``min(200, n_samples)``. Not used by 'lbfgs'.",
    ),
    "learning_rate": Parameter(
        "str or Schedule",
        "constant",
        [StrOptions(set(SCHEDULES)), Schedule],
        "Schedule of the learning rate. Not used by 'lbfgs'.\n\n$options\n\n"
        "With $planned training runs for ``max_iter`` epochs, whatever ``tol`` is, unless early "
        "stopping ends it. ``partial_fit`` needs their number of steps, as in "
        "``CosineDecay(total_steps=1000)``.",
        options={
            "constant": "``learning_rate_init`` throughout",
            "invscaling": "``learning_rate_init / (t_ + 1) ** power_t`` after the first epoch, "
            "updated once per epoch; only for 'sgd', other solvers ignore it as in scikit-learn",
            "adaptive": "divided by five when more than ``n_iter_no_change`` epochs in a row "
            "bring no improvement, until it is 1e-6; only for 'sgd', other solvers ignore it as "
            "in scikit-learn",
            "plateau": "the same as 'adaptive', for every solver",
            "step": "multiplied by 0.1 every 30 epochs",
            "exponential": "multiplied by 0.95 every epoch",
            "cosine": "lowered to 0 along a cosine in ``max_iter`` epochs",
            "flat_cosine": "``learning_rate_init`` for half of ``max_iter`` epochs, then lowered "
            "to 0 along a cosine",
            "coslog": "four times from 0 to ``learning_rate_init`` and back in ``max_iter`` "
            "epochs, each time more slowly",
            "one_cycle": "raised from a 25th to ``learning_rate_init``, then lowered almost to 0, "
            "in ``max_iter`` epochs",
        },
    ),
    "learning_rate_init": Parameter(
        "float",
        0.001,
        [POSITIVE],
        "Learning rate that the schedule starts from or, for 'one_cycle', rises to. Not used by "
        "'lbfgs'.",
    ),
    "power_t": Parameter(
        "float",
        0.5,
        [NOT_NEGATIVE],
        "Exponent of 'invscaling'. Only used by 'sgd'.",
    ),
    "max_iter": Parameter(
        "int",
        By(mlp=200, cnn=20, sequential=200),
        [COUNT],
        "Maximum number of epochs or, for 'lbfgs', of iterations.",
    ),
    "shuffle": Parameter(
        "bool",
        True,
        ["boolean"],
        "Whether to shuffle the samples before each epoch. Not used by 'lbfgs'.",
    ),
    "random_state": Parameter(
        "int, RandomState instance or None",
        None,
        ["random_state"],
        "Determines the initial weights, the validation split, the order of the samples$draws",
        slots={
            "draws": By(
                mlp=" and dropout. ``fit`` draws the same initial weights, split and order as "
                "scikit-learn does for the same value.",
                cnn=", dropout and augmentation.",
                sequential=" and dropout.",
            )
        },
    ),
    "tol": Parameter(
        "float",
        1e-4,
        [NOT_NEGATIVE],
        "Minimum improvement that counts, of the loss or, with early stopping, of the validation "
        "score. 'lbfgs' ignores improvements of the loss; it stops when no component of the "
        "gradient is larger.",
    ),
    "verbose": Parameter(
        "bool",
        False,
        ["verbose"],
        "Whether to print the loss after each epoch or iteration.",
    ),
    "warm_start": Parameter(
        "bool",
        False,
        ["boolean"],
        "Whether ``fit`` starts from the weights of the previous fit. The optimiser, the schedule "
        "and the count of epochs without improvement are reset.",
    ),
    "momentum": Parameter(
        "float",
        0.9,
        [Interval(Real, 0, 1, closed="both")],
        "Momentum of the steps, in [0, 1]. Only used by $users.",
    ),
    "nesterovs_momentum": Parameter(
        "bool",
        True,
        ["boolean"],
        "Whether to use Nesterov's momentum. Only used by $users.",
    ),
    "early_stopping": Parameter(
        "bool",
        False,
        ["boolean"],
        "Whether to stop when the score on validation samples no longer improves, and to keep the "
        "weights with the best score. The samples are ``X_val`` of ``fit``; without it a part of "
        "X is held out$strata. 'lbfgs' needs ``X_val``, and warns without it that early stopping "
        "is ignored. ``partial_fit`` raises an error if this is True.",
        slots={"strata": By(classifier=", stratified for two classes", regressor="")},
    ),
    "validation_fraction": Parameter(
        "float, splitter or tuple",
        0.1,
        [BELOW_ONE, HasMethods(["split", "get_n_splits"]), tuple],
        "Fraction of the samples held out; a cross-validation splitter, whose first split is used, "
        "or its last one if it splits rows in time, as ``TimeSeriesSplit`` does; or a tuple of two "
        "arrays, the numbers of the rows to train on and of those to validate on. "
        "``NewestSplit(0.2)`` of :mod:`sknn.model_selection` holds out the newest fifth. Only used "
        "when ``early_stopping=True`` and ``fit`` gets no ``X_val``.",
    ),
    "beta_1": Parameter(
        "float",
        0.9,
        [BELOW_ONE],
        "Decay rate of the running mean of the gradients, in [0, 1). Only used by $users.",
    ),
    "beta_2": Parameter(
        "float",
        0.999,
        [BELOW_ONE],
        "Decay rate of the running mean of the squared gradients, in [0, 1). Only used by $users.",
    ),
    "epsilon": Parameter(
        "float",
        1e-8,
        [POSITIVE],
        "Added to the root of the mean of the squared gradients, by which steps are divided. Only "
        "used by $users.",
    ),
    "n_iter_no_change": Parameter(
        "int or inf",
        10,
        [COUNT, Options(Real, {np.inf})],
        "Maximum number of epochs in a row without improvement. After one more training stops, or "
        "'adaptive' and 'plateau' lower the learning rate. 'lbfgs' counts iterations, and only "
        "with early stopping.",
    ),
    "max_fun": Parameter(
        "int",
        15000,
        [COUNT],
        "Maximum number of loss evaluations. Only used by 'lbfgs'.",
    ),
    # Task
    "loss": Parameter(
        "str or Loss",
        By(classifier="log_loss", regressor="squared_error"),
        By(
            classifier=[StrOptions(set(CLASSIFICATION_LOSSES)), Loss],
            regressor=[StrOptions(set(REGRESSION_LOSSES)), Loss],
        ),
        "Loss to minimise.\n\n$options",
        options=By(
            classifier={
                "log_loss": "the cross-entropy",
                "squared_error": "the Brier score, halved for more than two classes",
                "focal": "the cross-entropy with less weight on samples that are easy to classify",
                "hinge": "the hinge loss of each class against the rest; the outputs are "
                "margins, so there is no ``predict_proba``",
                "perceptron": "by how much the largest output exceeds that of the true class; of "
                "a single output ``max(0, -s * z)``, ``s`` being 1 or -1; the outputs are margins "
                "here, too",
            },
            regressor={
                "squared_error": "half the squared error, summed over outputs",
                "root_mean_squared_error": "the root of the mean squared error of a batch",
                "absolute_error": "the absolute error, summed over outputs",
                "huber": "half the squared error up to 1, linear beyond",
                "log_cosh": "the logarithm of the hyperbolic cosine of the error",
                "quantile": "the pinball loss of each level in ``quantile``",
                "poisson": "half the Poisson deviance, for y that is not negative; predictions "
                "are exponentials of the raw outputs",
                "gamma": "half the gamma deviance, for positive y; predictions are exponentials "
                "of the raw outputs",
            },
        ),
    ),
    "class_weight": Parameter(
        "dict, list of dict, 'balanced' or None",
        None,
        [dict, list, StrOptions({"balanced"}), None],
        "Weights of the classes, multiplied by ``sample_weight``: a dict or, for y with several "
        "columns, a list with one dict per column, ``{0: ..., 1: ...}`` for multilabel y. "
        "'balanced' weighs each class inversely to its frequency; ``partial_fit`` does not "
        "support it.",
        only="classifier",
    ),
    "label_smoothing": Parameter(
        "float",
        0.0,
        [BELOW_ONE],
        "Fraction of the target that is spread evenly over the classes, in [0, 1).",
        only="classifier",
    ),
    "quantile": Parameter(
        "float or list of float",
        0.5,
        [Interval(Real, 0, 1, closed="neither"), "array-like"],
        "Levels to predict, in (0, 1): one output per level, in ascending order. Only used when "
        "``loss='quantile'``.",
        only="regressor",
    ),
    # Regularisation, and what else scikit-learn's MLPs do not have
    "dropout": Parameter(
        "float or list of float",
        0.0,
        [BELOW_ONE, list, tuple],
        "Fraction of units dropped at random in each training step, in [0, 1), after every "
        "$layer. With 'lbfgs' it must be 0.",
        only="mlp cnn",
        slots={
            "layer": By(
                mlp="hidden layer; a list has one entry for the input and one for each hidden "
                "layer",
                cnn="dense hidden layer; a list has one entry for the input, for each block and "
                "for each dense hidden layer",
            )
        },
    ),
    "normalization": Parameter(
        "{$normalizations} or None",
        None,
        [StrOptions(set(NORMALIZATIONS)), None],
        "Normalises the weighted sums of every hidden layer before the activation: 'batch' $way.",
        only="mlp cnn",
        slots={
            "way": By(
                mlp="each unit over the mini-batch, 'layer' all units of each sample",
                cnn="each channel over the mini-batch and all pixels, 'layer' all channels of "
                "each pixel; a unit of a dense layer counts as a channel of one pixel",
            )
        },
    ),
    "weight_init": Parameter(
        "str or Initializer",
        "auto",
        [StrOptions(set(INITIALIZERS)), Initializer],
        "How the initial weights$which are drawn. 'auto' $auto $initializers$biases",
        slots={
            "which": By(mlp="", cnn="", sequential=" of the output layer"),
            "auto": By(
                mlp="draws weights and biases as scikit-learn does; with",
                cnn="is 'he_uniform' for $rectifiers, and 'glorot_uniform' for other activations; "
                "also",
                sequential="draws weights and biases from the range of 'glorot_uniform'; with",
            ),
            "biases": By(
                mlp=" biases are zero.",
                cnn=". Biases are zero.",
                sequential=" biases are zero. Hidden layers have a ``weight_init`` of their own.",
            ),
        },
    ),
    "l1": Parameter(
        "float",
        0.0,
        [NOT_NEGATIVE],
        "Strength of the L1 penalty on the weights, divided as ``alpha`` is. 'lbfgs' is made for "
        "smooth functions and may stop a little short of the minimum.",
    ),
    "weight_decay": Parameter(
        "float",
        0.01,
        [NOT_NEGATIVE],
        "Strength of a weight decay that is not part of the loss. Only used by $users.",
    ),
    "max_grad_norm": Parameter(
        "float or None",
        None,
        [POSITIVE, None],
        "Gradients with a larger norm are scaled down to it; the norm is that of all weights and "
        "biases together. Not used by 'lbfgs'.",
    ),
    "scoring": Parameter(
        "str, callable or None",
        None,
        [str, callable, None],
        "Score on validation samples: $score for None, minus the loss for 'loss', otherwise the "
        "name of a scorer or a callable ``(estimator, X, y)``. Greater is better.",
        slots={"score": By(classifier="accuracy", regressor="R2")},
    ),
    "warmup_steps": Parameter(
        "int",
        0,
        [Interval(Integral, 0, None, closed="left")],
        "Number of steps in which the learning rate rises linearly to that of the schedule. Not "
        "used by 'lbfgs'.",
    ),
    "dtype": Parameter(
        "{'auto', 'float32', 'float64'}",
        "auto",
        [StrOptions({"auto", "float32", "float64"})],
        "Data type of the weights and of the computation. 'auto' is $auto. 'lbfgs' computes in "
        "float64 in any case and converts the weights.",
        slots={
            "auto": By(
                mlp="float64 unless X is float32",
                cnn="float32, but for flat samples of floats float64 unless X is float32",
                sequential="float32 for images of integers, for X with three or four axes and for "
                "X of float32, otherwise float64",
            )
        },
    ),
    "max_time": Parameter(
        "float or None",
        None,
        [POSITIVE, None],
        "Seconds after which training stops, at the end of the epoch or iteration.",
    ),
    "checkpoint": Parameter(
        "str, os.PathLike or None",
        None,
        [str, os.PathLike, None],
        "File in which ``fit`` stores what ``resume`` needs to continue after an interruption. "
        "Fits that run at the same time need a file each. Not used by ``partial_fit``. With "
        "'lbfgs' it must be None.",
    ),
    "checkpoint_every": Parameter(
        "int",
        1,
        [COUNT],
        "Number of epochs between checkpoints. The last epoch is always stored.",
    ),
}


def parameters_of(estimator):
    """{name: Parameter} of an estimator, by its name, in the order of its signature."""
    return rows_of(ESTIMATORS[estimator], PARAMETERS)


def rows_of(kind, table):
    """The rows of a table that an estimator has, in the order of its signature.

    kind: (network, task, positional parameters)
    """
    network, task, positional = kind
    known = [name for name, row in table.items() if has(row, network, task)]
    order = [*positional, *(name for name in known if name not in positional)]
    return {name: table[name] for name in order}


def has(row, network, task):
    """Whether estimators of this network and task have what a row describes."""
    return row.only is None or bool({network, task} & set(row.only.split()))


def chosen(value, network, task):
    """What a value is for this network and task: of a By the entry, anything else as it is."""
    if not isinstance(value, By):
        return value
    return value[network if network in value else task]


def constraints(estimator):
    """What the parameters of an estimator may be, as scikit-learn checks them."""
    return constraints_of(ESTIMATORS[estimator], PARAMETERS)


def constraints_of(kind, table):
    """The constraints in the rows of a table that an estimator has.

    kind: (network, task, positional parameters)
    """
    network, task, _ = kind
    rows = rows_of(kind, table).items()
    return {name: chosen(parameter.constraint, network, task) for name, parameter in rows}


class CheckedParameters:
    """scikit-learn's check of the parameters, before BaseEstimator, with errors that say more."""

    def _validate_params(self):
        given, defaults = self.get_params(deep=False), valid_defaults(type(self))
        changed = {
            name: value
            for name, value in given.items()
            if name not in defaults or value is not defaults[name]
        }
        for name, value in changed.items():
            if isinstance(value, np.timedelta64):  # which NumPy calls integers
                raise ValueError(
                    f"{name} must be what the documentation says, got the time span {value!r}. "
                    "Pass a number as an int or a float."
                )
        try:
            validate_parameter_constraints(
                self._parameter_constraints, changed, caller_name=type(self).__name__
            )
        except ValueError as error:
            said = told_of_parameters(error, self._parameter_constraints, given)
            raise type(error)(said) from None
        for name, value in changed.items():
            if isinstance(value, type):
                raise ValueError(
                    f"{name} must be an object, got the class {value!r}. Call it: "
                    f"{name}={value.__name__}(...)."
                )


@cache
def valid_defaults(cls):
    """{name: default} of an estimator's parameters; a default that would be refused is left out.

    Found out once for each class: what a user has left as it is need not be checked in every fit.
    """
    parameters = signature(cls.__init__).parameters.values()
    defaults = {one.name: one.default for one in parameters if one.default is not one.empty}
    return {name: value for name, value in defaults.items() if _is_valid(cls, name, value)}


def _is_valid(cls, name, value):
    try:
        validate_parameter_constraints(cls._parameter_constraints, {name: value}, cls.__name__)
    except ValueError:
        return False
    return True


def told_of_parameters(error, allowed, values):
    """What an error of scikit-learn's check says, with values cut that are too long to read.

    It also says what an unknown name is called here, and which numbers are too large.
    allowed: {name: constraint} of parameters    values: {name: value}
    """
    said, remedies = str(error), list(hints(allowed, values))
    for name, value in values.items():
        cut = shown(value)
        try:
            said = said.replace(f"Got {value!r}", f"Got {cut}")
        except ValueError:  # an int of more digits than Python writes: the check fell over it
            said = f"The {name!r} parameter cannot be {cut}."
        if said.startswith(f"The {name!r} parameter"):
            remedies.append(remedy(value))
            remedies.append(_loss_comes_first(name, value))
    return " ".join([said, *filter(None, remedies)])


def _loss_comes_first(name, value):
    """What to write if hidden_layer_sizes stands where loss does in MLPRegressor."""
    sizes = value if isinstance(value, (list, tuple)) else [value]
    if name != "loss" or not all(isinstance(size, Integral) for size in sizes):
        return None
    return (
        "loss is the first parameter of MLPRegressor, as in scikit-learn: write "
        f"MLPRegressor(hidden_layer_sizes={shown(value)})."
    )


def hints(allowed, values):
    """What to write in place of the names that are not known, a sentence for each.

    allowed: {name: constraint} of parameters    values: {name: value}
    """
    for name, constraint in allowed.items():
        value = values.get(name)
        known = set().union(*(one.options for one in constraint if isinstance(one, StrOptions)))
        if isinstance(value, str) and value not in known:
            yield hint(name, value, known)
