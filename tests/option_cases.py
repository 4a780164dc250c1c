"""The table of options: every parameter of every estimator, with the values that are tried.

A new parameter is one line here; so is a new value, such as another kind of solver or layer.
"""

from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from helpers import Square
from sklearn.base import ClassifierMixin
from sklearn.model_selection import KFold

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.model_selection import NewestSplit
from sknn.nn import (
    SGD,
    Activate,
    AdamW,
    AveragePool2D,
    BatchNorm,
    Blend,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Embedding,
    FlatCosine,
    Flatten,
    GlobalAveragePool2D,
    HardSigmoid,
    Huber,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    Normal,
    Orthogonal,
    Periodic,
    PiecewiseLinear,
    PReLU,
    Residual,
    Scale,
    SiLU,
    SoftmaxFocal,
    Step,
    TableInput,
    ThroughRows,
    UnitVariance,
    Warmup,
)
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES

N, N_FEATURES = 24, 16  # to CNNs the samples are images of 4 x 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, N_FEATURES))
THREE = np.arange(N) % 3
Y = {
    "three": THREE * 2 + 1,
    "two": RNG.permutation(THREE == 1).astype(int),
    "labels": (RNG.normal(size=(N, 3)) > 0).astype(int),
    "columns": np.column_stack([THREE, RNG.permutation(THREE) // 2 + 5]),
    "number": np.exp(X[:, 0] / 2),
    "numbers": np.exp(X[:, :2] / 2),
}
CLASSES = {"three": [1, 3, 5], "two": [0, 1], "labels": [0, 1, 2], "columns": [[0, 1, 2], [5, 6]]}
FILE = "a file"  # stands for a path in a folder of the test's own


@dataclass
class Option:
    """A value of a parameter, with what else must be set for it to play a part."""

    parameter: str
    value: object
    given: dict = field(default_factory=dict)
    y: str | None = None  # the kind of targets, None for the first of the task

    @property
    def settings(self):
        return {**self.given, self.parameter: self.value}

    def __str__(self):
        others = "".join(f" {name}={value}" for name, value in self.given.items())
        named = getattr(self.value, "__name__", self.value)
        return f"{self.parameter}={named}{others}{f' {self.y}' if self.y else ''}".replace("\n", "")


def options(parameter, *values, y=None, **given):
    return [Option(parameter, value, given, y) for value in values]


OF_ALL = [
    *options("solver", *STOCHASTIC_SOLVERS, "lbfgs", SGD(0.5, nesterov=False), AdamW()),
    *options("solver", AdamW(weight_decay=0.2, decay_schedule=FlatCosine(6))),
    *options("alpha", 0.0, 0.5),
    *options("alpha", 0.5, solver="lbfgs"),
    *options("batch_size", 7, N),
    *options("learning_rate", *SCHEDULES, CosineDecay(total_steps=20), Warmup(Step(2, 0.5), 3)),
    *options("learning_rate", "adaptive", "invscaling", "one_cycle", solver="sgd"),
    *options("learning_rate_init", 0.05),
    *options("power_t", 0.9, solver="sgd", learning_rate="invscaling"),
    *options("max_iter", 1, 4),
    *options("shuffle", False),
    *options("random_state", 7, np.random.RandomState(3)),
    *options("tol", 10.0, n_iter_no_change=1),
    *options("verbose", True),
    *options("warm_start", True),
    *options("momentum", 0.0, 0.5, solver="sgd"),
    *options("nesterovs_momentum", False, solver="sgd"),
    *options("early_stopping", True),
    *options("early_stopping", True, normalization="batch"),
    *options("validation_fraction", 0.3, KFold(3), NewestSplit(0.3), early_stopping=True),
    *options("validation_fraction", (np.arange(16), np.arange(16, 24)), early_stopping=True),
    *options("beta_1", 0.5),
    *options("beta_2", 0.9),
    *options("epsilon", 1e-3),
    *options("n_iter_no_change", 1, np.inf),
    *options("max_fun", 2, solver="lbfgs"),
    *options("weight_init", *INITIALIZERS, Normal(0.1), Orthogonal()),
    *options("l1", 0.05),
    *options("l1", 0.05, solver="lbfgs"),
    *options("weight_decay", 0.2, solver="adamw"),
    *options("max_grad_norm", 0.1),
    *options("scoring", "loss", "r2", early_stopping=True),
    *options("warmup_steps", 3),
    *options("dtype", "float32", "float64"),
    *options("dtype", "float32", solver="lbfgs"),
    *options("max_time", 60.0),
    *options("checkpoint", FILE),
    *options("checkpoint_every", 2, checkpoint=FILE),
]
OF_UNITS = [PReLU(shared=False), SiLU(1.5), HardSigmoid(0.2), Blend("mish")]
OF_HIDDEN_LAYERS = [
    *options("activation", *ACTIVATIONS, LeakyReLU(0.3), PReLU(0.1), *OF_UNITS, Square()),
    *options("dropout", 0.3),
    *options("normalization", "batch", "layer"),
    *options("normalization", "batch", dropout=0.3, dtype="float32"),
    *options("normalization", "batch", activation="prelu", solver="lbfgs"),
]
OF_MLPS = [
    *options("hidden_layer_sizes", (), 6, (6, 5, 4), np.array([3, 2])),
    *options("hidden_layer_sizes", (), dropout=[0.2]),
    *options("activation", ["tanh", "tanh"], ["relu", "gelu"]),
    *options("dropout", [0.1, 0.2, 0.3]),
]
OF_CNNS = [
    *options("filters", 2, (3, 2, 2)),
    *options("filters", (16, 17), input_shape=(2, 4, 2)),  # another way to convolve
    *options("kernel_size", 2, ((1, 3), 2)),
    *options("stride", 2, ((1, 2), 1)),
    *options("padding", "valid", 1, (1, "same"), kernel_size=2),
    *options("pooling", "average", None, ("max", None)),
    *options("pool_size", 3, ((1, 2), 2)),
    *options("pool_stride", 1, ((2, 1), None), pool_size=3),
    *options("hidden_layer_sizes", (), (5, 3)),
    *options("activation", ["tanh", "elu", "silu"]),
    *options("input_shape", (2, 8), (2, 4, 2), [16, 1]),
    *options("augment", *AUGMENTATIONS, input_shape=(1, 16)),
    *options("dropout", [0.1, 0.2, 0.3, 0.1]),
]
BRANCH = [Dense(4, "identity"), BatchNorm(), Activate("tanh"), Dropout(0.2), Dense(5, "identity")]
IMAGE_LAYERS = [
    Conv2D(3, (2, 3), dilation=(1, 2), bias=False, activation="gelu"),
    BatchNorm(momentum=0.4),
    MaxPool2D(2, 1, "same"),
    Dropout(0.2),
    Conv2D(2, 2, stride=2, activation=PReLU(shared=False)),
    AveragePool2D((1, 2), padding="same"),
]
EDGES = [np.array([-2.0, 0.0, 1.0]), [-0.5, 0.5], np.array([-1.0, -0.3, 0.2, 0.7])]
TABLE = [
    (Periodic(2, 4, rate=0.1), slice(0, 3)),
    ("bins", PiecewiseLinear(EDGES, 2), [2, 3, 7]),
    (Embedding([2, 3], 2), [4, 9]),
]
NTP = {"scaling": "ntp", "weight_init": UnitVariance(), "bias_init": ThroughRows(3)}
OF_STACKS = [
    *options("layers", [Dense(5)], [Dense(6, "gelu"), Dense(4, "tanh", weight_init="he_normal")]),
    *options("layers", [Dense(5, "identity"), BatchNorm(), Activate("silu"), LayerNorm()]),
    *options("layers", [Dropout(0.2), Dense(5, "prelu"), Dropout(0.3)]),
    *options("layers", [Dense(5, "tanh"), Residual(BRANCH), Residual([Dense(3, "silu")])]),
    *options("layers", [("hidden", Dense(5)), ("frozen", Dense(4, "elu", trainable=False))]),
    *options("layers", [*IMAGE_LAYERS, Flatten()], input_shape=(4, 4)),
    *options("layers", [*IMAGE_LAYERS, GlobalAveragePool2D()], input_shape=(2, 4, 2)),
    *options("layers", [TableInput(TABLE), Scale(rate=6.0), Dense(4, Blend("silu", 0.5), **NTP)]),
    *options("layers", [Scale(), Dense(5, "tanh", bias_rate=0.1), Dropout(0.3, FlatCosine(6))]),
    *options("layers", [Embedding(4, 3)], [Periodic()], [PiecewiseLinear(16 * [[-1, 0, 2]], 2)]),
    *options("weight_init", UnitVariance()),
    *options("input_shape", (16,)),
    *options("input_shape", (4, 4), layers=[Conv2D(2), MaxPool2D(), Flatten(), Dense(3)]),
]
OF_CLASSIFIERS = [
    *options("loss", *CLASSIFICATION_LOSSES, y="three"),
    *options("loss", *CLASSIFICATION_LOSSES, y="two"),
    *options("loss", *CLASSIFICATION_LOSSES, y="labels"),
    *options("loss", *CLASSIFICATION_LOSSES, y="columns"),
    *options("loss", SoftmaxFocal(0.5), y="three"),
    *options("loss", "log_loss", y="labels", solver="lbfgs"),
    *options("loss", "log_loss", y="columns", dtype="float32"),
    *options("class_weight", {1: 2.0, 5: 0.5}, "balanced", y="three"),
    *options("class_weight", "balanced", y="two"),
    *options("class_weight", [{0: 1, 1: 2}, {0: 0.5, 1: 1}, {0: 1, 1: 3}], "balanced", y="labels"),
    *options("class_weight", {1: 2.0, 5: 0.5}, y="three", normalization="batch"),
    *options("class_weight", "balanced", y="columns"),
    *options("label_smoothing", 0.1, y="three"),
    *options("label_smoothing", 0.1, y="two"),
    *options("label_smoothing", 0.1, y="labels"),
    *options("label_smoothing", 0.1, y="columns"),
]
LEVELS = [0.9, 0.1, 0.5, 0.25]
OF_REGRESSORS = [
    *options("loss", *REGRESSION_LOSSES, y="number"),
    *options("loss", *REGRESSION_LOSSES, y="numbers"),
    *options("loss", Huber(0.3), y="number"),
    *options("loss", "poisson", solver="lbfgs", y="number"),
    *options("loss", "gamma", dtype="float32", y="number"),
    *options("quantile", 0.8, loss="quantile", y="number"),
    *options("quantile", LEVELS, loss="quantile", y="number"),
]
FAST = {"max_iter": 2, "batch_size": 10, "random_state": 0}
SMALL = {
    MLPClassifier: {"hidden_layer_sizes": (5, 4)},
    MLPRegressor: {"hidden_layer_sizes": (5, 4)},
    CNNClassifier: {"filters": (2, 3), "hidden_layer_sizes": (4,)},
    CNNRegressor: {"filters": (2, 3), "hidden_layer_sizes": (4,)},
    SequentialClassifier: {"layers": [Dense(5), Dense(4, "tanh")]},
    SequentialRegressor: {"layers": [Dense(5), Dense(4, "tanh")]},
}
ESTIMATORS = list(SMALL)
OF_KIND = {"MLP": OF_MLPS, "CNN": OF_CNNS, "Seq": OF_STACKS}


@dataclass
class Case:
    """An estimator with an option; ``turn`` says whether the fast tests have it.

    ``trains`` says that the option is about training only: the fitted network is that of others.
    """

    make: type
    option: Option
    turn: bool
    trains: bool

    @property
    def classifies(self):
        return issubclass(self.make, ClassifierMixin)

    @property
    def kind(self):
        """The kind of targets."""
        return self.option.y or ("three" if self.classifies else "number")

    @property
    def y(self):
        return Y[self.kind]

    def settings(self, folder):
        """The parameters, in copies of their own."""
        settings = {**SMALL[self.make], **FAST, **deepcopy(self.option.settings)}
        if settings.get("checkpoint") == FILE:
            settings["checkpoint"] = str(folder / f"{self.make.__name__}.checkpoint")
        if settings.get("scoring") == "r2" and self.classifies:
            settings["scoring"] = "accuracy"
        return settings

    def new(self, folder):
        """The estimator, not fitted."""
        return self.make(**self.settings(folder))

    def __str__(self):
        return f"{self.make.__name__} {self.option}"


def all_cases():
    """Every option of every estimator that has it.

    What several estimators share is tried in each of them in turn by the fast tests; the slow
    ones try it in all.
    """
    for make in ESTIMATORS:
        classifies = issubclass(make, ClassifierMixin)
        number = ESTIMATORS.index(make)
        for shared, table in (
            (6, OF_ALL),
            (4, OF_HIDDEN_LAYERS if number < 4 else []),
            (2, OF_KIND[make.__name__[:3]]),
            (3, OF_CLASSIFIERS if classifies else OF_REGRESSORS),
        ):
            place = {6: number, 4: number, 2: number % 2, 3: number // 2}[shared]
            for count, option in enumerate(table):
                hidden = needs_hidden(option)
                if make in (SequentialClassifier, SequentialRegressor) and hidden:
                    continue
                takers = 4 if table is OF_ALL and hidden else shared
                trains = table is OF_ALL and not hidden and option.parameter != "dtype"
                yield Case(make, option, count % takers == place, trains)


def needs_hidden(option):
    """Whether it sets a parameter that only MLPs and CNNs have."""
    return any(name in ("normalization", "activation", "dropout") for name in option.settings)


CASES = {str(case): case for case in all_cases()}
