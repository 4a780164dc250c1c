"""The parameters of the estimators, with their defaults, constraints and documentation.

The classes take their constraints from this table. ``docs/write_signatures.py`` writes their
signatures and docstrings from it. Run that script after a change here.
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

REQUIRED = object()  # stands for the default of a parameter without one
ESTIMATORS = {  # network, task, positional parameters
    "MLPClassifier": ("mlp", "classifier", ("hidden_layer_sizes", "activation")),
    "MLPRegressor": ("mlp", "regressor", ("loss", "hidden_layer_sizes", "activation")),
    "CNNClassifier": ("cnn", "classifier", ("filters",)),
    "CNNRegressor": ("cnn", "regressor", ("filters",)),
    "SequentialClassifier": ("sequential", "classifier", ("layers",)),
    "SequentialRegressor": ("sequential", "regressor", ("layers",)),
}


class By(dict):
    """A value for each network or each task, as in ``By(mlp=200, cnn=20, sequential=200)``."""


@dataclass(frozen=True)
class Parameter:
    """One parameter. A value that differs between estimators is a By.

    Attributes
    ----------
    type : str or By
        The type as numpydoc writes it.
    default : object or By
        The default value, or REQUIRED.
    constraint : list or By
        The constraint in the form that scikit-learn checks.
    text : str
        The description of the parameter. ``$name`` stands for an entry of ``slots``, or for a list
        of names that ``docs/write_signatures.py`` takes from the code.
    only : str or None
        The networks or tasks that have the parameter, separated by spaces. None if all have it.
    slots : dict of {str: str or By}
        The values to substitute in the text.
    options : dict of {str: str} or By
        The description of each name that can be passed. ``$options`` in the text lists them.
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
        "The hidden layers, in order from the input to the output, for instance ``[Dense(100), "
        'Dropout(0.2), Dense(50, "tanh")]``. A layer without a name is named after its type and '
        "number, such as dense1 and dense2.",
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
        "Height and width of the convolution windows. An int applies to all blocks. A tuple has "
        "one entry per block, and an entry can be a pair (height, width), as in ``((3, 5), 3)``. "
        "The parameters from ``stride`` to ``pool_stride`` take tuples in the same way.",
        only="cnn",
    ),
    "stride": Parameter(
        "int or tuple",
        1,
        [COUNT, list, tuple],
        "Step of the convolution window in pixels.",
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
        "Number of zeros added around the image before the convolution. 'same' adds as many as "
        "are needed to obtain ``ceil(n / stride)`` output pixels from n input pixels, 'valid' "
        "adds none, and an int adds that many on every side.",
        only="cnn",
    ),
    "pooling": Parameter(
        "{$poolings}, None or tuple",
        "max",
        [StrOptions(set(POOLINGS)), None, list, tuple],
        "Type of pooling at the end of each block. If None, there is no pooling. A window that "
        "extends beyond the edge of the image uses only the pixels inside the image, so that n "
        "pixels become ``ceil(n / pool_stride)``.",
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
        "Step of the pooling window in pixels. If None, it is equal to ``pool_size``.",
        only="cnn",
    ),
    "hidden_layer_sizes": Parameter(
        "int or array-like of int",
        By(mlp=(100,), cnn=(128,)),
        ["array-like", COUNT],
        "Number of units in each $layer.",
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
        "Activation function of the $layers, or a list with one function for each. The available "
        "functions are $activations.",
        only="mlp cnn",
        slots={"layers": By(mlp="hidden layers", cnn="blocks and dense hidden layers")},
    ),
    "input_shape": Parameter(
        "tuple of int or None",
        None,
        ["array-like", None],
        "Shape of a single sample: (height, width, channels) or (height, width) for images$flat",
        only="cnn sequential",
        slots={
            "flat": By(
                cnn=". If None, the shape is taken from X. Flat samples are then interpreted as "
                "square images with one channel if possible, and as images with a single row "
                "otherwise.",
                sequential=", (n_features,) for all other samples. If None, the shape is taken "
                "from X, and flat samples are not interpreted as images. Integer images are "
                "assumed to have pixel values from 0 to 255, which are divided by 255.",
            )
        },
    ),
    "augment": Parameter(
        "{$augmentations} or None",
        None,
        [StrOptions(set(AUGMENTATIONS)), None],
        "Random changes applied to the training images in every epoch: shifts by up to an eighth "
        "of the height and width, left-right flips with a probability of 1/2, or both. If None, "
        "the images are not changed. With 'lbfgs' it must be None.",
        only="cnn",
    ),
    # Training
    "solver": Parameter(
        "str or Optimizer",
        "adam",
        [StrOptions({"lbfgs", *STOCHASTIC_SOLVERS}), Optimizer],
        "The solver for weight optimisation.\n\n$options\n\nAn Optimizer, such as "
        "``sknn.nn.SGD(momentum=0.5)``, has its own settings; ``momentum``, ``beta_1`` and the "
        "other parameters of the named solvers are then ignored. In a grid search its settings "
        "are available as ``solver__momentum`` and so on.",
        options={
            "adam": "stochastic gradient descent along a running mean of the gradients, divided "
            "by the square root of a running mean of their squares",
            "adamw": "'adam' with decoupled weight decay, which is not part of the loss",
            "nadam": "'adam' with Nesterov momentum",
            "rmsprop": "stochastic gradient descent with gradients divided by the square root of "
            "a running mean of their squares",
            "adagrad": "stochastic gradient descent with gradients divided by the square root of "
            "the sum of all their squares so far",
            "sgd": "stochastic gradient descent with momentum",
            "lbfgs": "a quasi-Newton method that uses all samples in every iteration and is often "
            "the best choice for a few hundred samples; it computes in float64 regardless of "
            "the dtype of X",
        },
    ),
    "alpha": Parameter(
        "float",
        0.0001,
        [NOT_NEGATIVE],
        "Strength of the L2 penalty on the weights. As in scikit-learn, the penalty is divided by "
        "the sum of the sample weights in the *batch*, so the penalty is stronger for smaller "
        "batches.",
    ),
    "batch_size": Parameter(
        "int or 'auto'",
        By(mlp="auto", cnn=64, sequential="auto"),
        [StrOptions({"auto"}), COUNT],
        "Number of samples per mini-batch. If there are fewer samples than this, all of them form "
        "one batch. 'auto' means ``min(200, n_samples)``. Not used by 'lbfgs'.",
    ),
    "learning_rate": Parameter(
        "str or Schedule",
        "constant",
        [StrOptions(set(SCHEDULES)), Schedule],
        "Learning rate schedule for weight updates. Not used by 'lbfgs'.\n\n$options\n\nWith "
        "$planned, training runs for ``max_iter`` epochs regardless of ``tol``, unless early "
        "stopping ends it. For ``partial_fit`` these schedules must be passed as objects with "
        "their number of steps, as in ``CosineDecay(total_steps=1000)``.",
        options={
            "constant": "``learning_rate_init`` throughout training",
            "invscaling": "``learning_rate_init`` in the first epoch, then ``learning_rate_init / "
            "(t_ + 1) ** power_t``, updated once per epoch; only for 'sgd'. Other solvers "
            "keep the rate constant, as in scikit-learn",
            "adaptive": "divided by five whenever more than ``n_iter_no_change`` consecutive "
            "epochs bring no improvement, until it reaches 1e-6; only for 'sgd'. Other "
            "solvers keep the rate constant, as in scikit-learn",
            "plateau": "the same as 'adaptive', but for every solver",
            "step": "multiplied by 0.1 every 30 epochs",
            "exponential": "multiplied by 0.95 every epoch",
            "cosine": "lowered to 0 along a cosine over ``max_iter`` epochs",
            "flat_cosine": "``learning_rate_init`` for the first half of ``max_iter`` epochs, "
            "then lowered to 0 along a cosine",
            "coslog": "raised from 0 to ``learning_rate_init`` and lowered back to 0, four times "
            "over ``max_iter`` epochs, each time more slowly",
            "one_cycle": "raised from a 25th of ``learning_rate_init`` to ``learning_rate_init``, "
            "then lowered almost to 0, over ``max_iter`` epochs",
        },
    ),
    "learning_rate_init": Parameter(
        "float",
        0.001,
        [POSITIVE],
        "The initial learning rate or, for 'coslog' and 'one_cycle', the maximum learning rate. "
        "Not used by 'lbfgs'.",
    ),
    "power_t": Parameter(
        "float",
        0.5,
        [NOT_NEGATIVE],
        "The exponent of the 'invscaling' schedule. Only used by 'sgd'.",
    ),
    "max_iter": Parameter(
        "int",
        By(mlp=200, cnn=20, sequential=200),
        [COUNT],
        "Maximum number of epochs or, for 'lbfgs', maximum number of iterations.",
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
        "Determines the random numbers for the initial weights, the validation split, the order "
        "of the samples$draws",
        slots={
            "draws": By(
                mlp=" and dropout. Pass an int for reproducible results. For the same value, "
                "``fit`` draws the same initial weights, validation split and order of the "
                "samples as scikit-learn.",
                cnn=", dropout and augmentation. Pass an int for reproducible results.",
                sequential=" and dropout. Pass an int for reproducible results.",
            )
        },
    ),
    "tol": Parameter(
        "float",
        1e-4,
        [NOT_NEGATIVE],
        "Minimum improvement of the loss or, with early stopping, of the validation score. Smaller "
        "improvements do not count. 'lbfgs' ignores improvements of the loss; it stops when no "
        "component of the gradient is larger than ``tol``.",
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
        "Whether ``fit`` starts from the weights of the previous fit. The optimiser, the learning "
        "rate schedule and the count of epochs without improvement are always reset.",
    ),
    "momentum": Parameter(
        "float",
        0.9,
        [Interval(Real, 0, 1, closed="both")],
        "Momentum of the gradient descent updates, in [0, 1]. Only used by $users.",
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
        "Whether to stop training when the validation score no longer improves, and to keep the "
        "weights with the best score. The validation samples are the ``X_val`` passed to ``fit``. "
        "If ``X_val`` is not passed, a part of X is held out$strata. 'lbfgs' requires ``X_val``; "
        "without it, early stopping is ignored with a warning. ``partial_fit`` raises a "
        "ValueError if this is True.",
        slots={"strata": By(classifier=", stratified if there are two classes", regressor="")},
    ),
    "validation_fraction": Parameter(
        "float, splitter or tuple",
        0.1,
        [BELOW_ONE, HasMethods(["split", "get_n_splits"]), tuple],
        "The samples to hold out for validation: a fraction of all samples, a cross-validation "
        "splitter, or a tuple of two arrays, the indices of the training rows and of the "
        "validation rows. With a splitter, the first split is used, or the last split if it splits "
        "by time, as ``TimeSeriesSplit`` does. ``NewestSplit(0.2)`` of "
        ":mod:`sknn.model_selection` holds out the newest fifth of the rows. Only used when "
        "``early_stopping=True`` and no ``X_val`` is passed to ``fit``.",
    ),
    "beta_1": Parameter(
        "float",
        0.9,
        [BELOW_ONE],
        "Exponential decay rate of the running mean of the gradients, in [0, 1). Only used by "
        "$users.",
    ),
    "beta_2": Parameter(
        "float",
        0.999,
        [BELOW_ONE],
        "Exponential decay rate of the running mean of the squared gradients, in [0, 1). Only "
        "used by $users.",
    ),
    "epsilon": Parameter(
        "float",
        1e-8,
        [POSITIVE],
        "Value that is added for numerical stability to the square root of the mean of the squared "
        "gradients, by which the steps are divided. Only used by $users.",
    ),
    "n_iter_no_change": Parameter(
        "int or inf",
        10,
        [COUNT, Options(Real, {np.inf})],
        "Maximum number of consecutive epochs without improvement. After one more, training stops "
        "or, with the schedules 'adaptive' and 'plateau', the learning rate is lowered. 'lbfgs' "
        "counts iterations, and only with early stopping.",
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
        "The loss function to minimise.\n\n$options",
        options=By(
            classifier={
                "log_loss": "the cross-entropy",
                "squared_error": "the Brier score, or half of it for more than two classes",
                "focal": "the cross-entropy with lower weights for samples that are easy to "
                "classify",
                "hinge": "the hinge loss of each class against the rest, summed over classes; the "
                "outputs are margins, so ``predict_proba`` is not available",
                "perceptron": "the difference between the largest output and that of the true "
                "class or, for a single output z, ``max(0, -s * z)``, where ``s`` is 1 or -1; "
                "the outputs are margins, as for 'hinge'",
            },
            regressor={
                "squared_error": "half the squared error, summed over the outputs",
                "root_mean_squared_error": "the root mean squared error of each mini-batch",
                "absolute_error": "the absolute error, summed over the outputs",
                "huber": "half the squared error for absolute errors up to 1, linear beyond",
                "log_cosh": "the logarithm of the hyperbolic cosine of the error",
                "quantile": "the pinball loss of each level in ``quantile``",
                "poisson": "half the Poisson deviance, for non-negative y; predictions are the "
                "exponentials of the raw outputs",
                "gamma": "half the gamma deviance, for positive y; predictions are the "
                "exponentials of the raw outputs",
            },
        ),
    ),
    "class_weight": Parameter(
        "dict, list of dict, 'balanced' or None",
        None,
        [dict, list, StrOptions({"balanced"}), None],
        "Weights of the classes, by which ``sample_weight`` is multiplied: a dict if y has a "
        "single column, or a list with one dict per column if y has several columns. For "
        "multilabel y, each dict is ``{0: ..., 1: ...}``. 'balanced' makes the weights inversely "
        "proportional to the numbers of samples in the classes, without ``sample_weight``, as "
        "HistGradientBoostingClassifier does; it is not supported by ``partial_fit``. "
        "If None, all classes have weight one.",
        only="classifier",
    ),
    "label_smoothing": Parameter(
        "float",
        0.0,
        [BELOW_ONE],
        "Fraction of each target that is spread evenly over the classes, in [0, 1).",
        only="classifier",
    ),
    "quantile": Parameter(
        "float or list of float",
        0.5,
        [Interval(Real, 0, 1, closed="neither"), "array-like"],
        "The quantile level or levels to predict, in (0, 1). There is one output per level, in "
        "ascending order. Only used when ``loss='quantile'``.",
        only="regressor",
    ),
    # Regularisation and other parameters that scikit-learn's MLPs do not have
    "dropout": Parameter(
        "float or list of float",
        0.0,
        [BELOW_ONE, list, tuple],
        "Fraction of units dropped at random in each training step, in [0, 1). A single value "
        "applies after every $layer. With 'lbfgs' it must be 0.",
        only="mlp cnn",
        slots={
            "layer": By(
                mlp="hidden layer. A list has one value for the input, followed by one value for "
                "each hidden layer",
                cnn="dense hidden layer. A list has one value for the input, followed by one "
                "value for each block and one for each dense hidden layer",
            )
        },
    ),
    "normalization": Parameter(
        "{$normalizations} or None",
        None,
        [StrOptions(set(NORMALIZATIONS)), None],
        "Normalisation of the weighted sums of every hidden layer before the activation. 'batch' "
        "normalises $way. If None, nothing is normalised.",
        only="mlp cnn",
        slots={
            "way": By(
                mlp="each unit over the mini-batch, 'layer' normalises each sample over all units",
                cnn="each channel over the mini-batch and all pixels, 'layer' normalises each "
                "pixel over all channels. The units of a dense layer are treated as the "
                "channels of a single pixel",
            )
        },
    ),
    "weight_init": Parameter(
        "str or Initializer",
        "auto",
        [StrOptions(set(INITIALIZERS)), Initializer],
        "Initialisation of the weights$which. 'auto' $auto $initializers$biases",
        slots={
            "which": By(mlp="", cnn="", sequential=" of the output layer"),
            "auto": By(
                mlp="draws weights and biases as scikit-learn does. With",
                cnn="means 'he_uniform' for $rectifiers, and 'glorot_uniform' for all other "
                "activations. The available initialisations are",
                sequential="draws weights and biases from the range of 'glorot_uniform'. With",
            ),
            "biases": By(
                mlp=", the initial biases are zero.",
                cnn=". The initial biases are zero.",
                sequential=", the initial biases are zero. The hidden layers have their own "
                "``weight_init``.",
            ),
        },
    ),
    "l1": Parameter(
        "float",
        0.0,
        [NOT_NEGATIVE],
        "Strength of the L1 penalty on the weights, which is divided in the same way as the L2 "
        "penalty. 'lbfgs' is designed for smooth functions and may stop slightly short of the "
        "minimum.",
    ),
    "weight_decay": Parameter(
        "float",
        0.01,
        [NOT_NEGATIVE],
        "Strength of the decoupled weight decay, which is not part of the loss. Only used by "
        "$users.",
    ),
    "max_grad_norm": Parameter(
        "float or None",
        None,
        [POSITIVE, None],
        "Maximum norm of the gradient of all weights and biases together. A gradient with a "
        "larger norm is scaled down to this norm. If None, gradients are not clipped. Not used by "
        "'lbfgs'.",
    ),
    "scoring": Parameter(
        "str, callable or None",
        None,
        [str, callable, None],
        "Score on the validation samples, where greater is better. None means $score, and 'loss' "
        "means the negative loss. Any other value is the name of a scorer, or a callable with the "
        "signature ``scorer(estimator, X, y)``.",
        slots={"score": By(classifier="accuracy", regressor="R2")},
    ),
    "warmup_steps": Parameter(
        "int",
        0,
        [Interval(Integral, 0, None, closed="left")],
        "Number of initial steps over which the learning rate rises linearly to that of the "
        "schedule. Not used by 'lbfgs'.",
    ),
    "dtype": Parameter(
        "{'auto', 'float32', 'float64'}",
        "auto",
        [StrOptions({"auto", "float32", "float64"})],
        "Data type of the weights and of the computation. 'auto' means $auto. 'lbfgs' always "
        "computes in float64 and converts the weights to this data type at the end.",
        slots={
            "auto": By(
                mlp="float64 unless X is float32",
                cnn="float32; for flat samples of floats, it means float64 unless X is float32",
                sequential="float32 if X holds integer images, has three or four dimensions or is "
                "float32, and float64 otherwise",
            )
        },
    ),
    "max_time": Parameter(
        "float or None",
        None,
        [POSITIVE, None],
        "Maximum training time in seconds. Training stops at the end of the epoch or iteration "
        "that exceeds it. If None, there is no limit.",
    ),
    "checkpoint": Parameter(
        "str, os.PathLike or None",
        None,
        [str, os.PathLike, None],
        "Path of the file in which ``fit`` saves its progress, so that ``resume`` can continue "
        "after an interruption. Fits that run at the same time must use different files. If None, "
        "no checkpoints are written. Not used by ``partial_fit``. With 'lbfgs' it must be None.",
    ),
    "checkpoint_every": Parameter(
        "int",
        1,
        [COUNT],
        "Number of epochs between checkpoints. A checkpoint is always written after the last "
        "epoch.",
    ),
}


def parameters_of(estimator):
    """Returns {name: Parameter} for the estimator of this name, in the order of its signature."""
    return rows_of(ESTIMATORS[estimator], PARAMETERS)


def rows_of(kind, table):
    """Returns the rows of a table that apply to an estimator, in the order of its signature.

    kind: (network, task, positional parameters)
    """
    network, task, positional = kind
    known = [name for name, row in table.items() if has(row, network, task)]
    order = [*positional, *(name for name in known if name not in positional)]
    return {name: table[name] for name in order}


def has(row, network, task):
    """Whether a row applies to the estimators of this network and task."""
    return row.only is None or bool({network, task} & set(row.only.split()))


def chosen(value, network, task):
    """Returns the entry of a By for this network or task, and any other value unchanged."""
    if not isinstance(value, By):
        return value
    return value[network if network in value else task]


def constraints(estimator):
    """Returns the constraints on the parameters of an estimator, in scikit-learn's form."""
    return constraints_of(ESTIMATORS[estimator], PARAMETERS)


def constraints_of(kind, table):
    """Returns the constraints in the rows of a table that apply to an estimator.

    kind: (network, task, positional parameters)
    """
    network, task, _ = kind
    rows = rows_of(kind, table).items()
    return {name: chosen(parameter.constraint, network, task) for name, parameter in rows}


class CheckedParameters:
    """Adds hints to scikit-learn's check of the parameters. It stands before BaseEstimator."""

    def _validate_params(self):
        given, defaults = self.get_params(deep=False), valid_defaults(type(self))
        changed = {
            name: value
            for name, value in given.items()
            if name not in defaults or value is not defaults[name]
        }
        for name, value in changed.items():
            if isinstance(value, np.timedelta64):  # NumPy counts them as integers
                raise ValueError(
                    f"{name} must be of a type that the documentation lists, got the time span "
                    f"{value!r}. Pass a number as an int or a float."
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
    """Returns {name: default} of the parameters whose defaults pass the check.

    They are determined once per class, so that a fit only checks the parameters that a user has
    changed.
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
    """Returns the message of an error of scikit-learn's check, with overly long values shortened.

    The message also suggests a known name for an unknown one, and says which numbers are too
    large.
    allowed: {name: constraint} of parameters    values: {name: value}
    """
    said, remedies = str(error), list(hints(allowed, values))
    for name, value in values.items():
        cut = shown(value)
        try:
            said = said.replace(f"Got {value!r}", f"Got {cut}")
        except ValueError:  # Python cannot print an int with so many digits, so the check failed
            said = f"The {name!r} parameter cannot be {cut}."
        if said.startswith(f"The {name!r} parameter"):
            remedies.append(remedy(value))
            remedies.append(_loss_comes_first(name, value))
    return " ".join([said, *filter(None, remedies)])


def _loss_comes_first(name, value):
    """Returns the remedy if hidden_layer_sizes was passed in the place of loss."""
    sizes = value if isinstance(value, (list, tuple)) else [value]
    if name != "loss" or not all(isinstance(size, Integral) for size in sizes):
        return None
    return (
        "The first parameter of MLPRegressor is loss, as in scikit-learn. Write "
        f"MLPRegressor(hidden_layer_sizes={shown(value)})."
    )


def hints(allowed, values):
    """Yields a sentence for each unknown name that suggests what to write instead.

    allowed: {name: constraint} of parameters    values: {name: value}
    """
    for name, constraint in allowed.items():
        value = values.get(name)
        known = set().union(*(one.options for one in constraint if isinstance(one, StrOptions)))
        if isinstance(value, str) and value not in known:
            yield hint(name, value, known)
