"""The ends of every range: those that belong to it are accepted, and do what the formula says."""

import math
import sys
import warnings

import numpy as np
import pytest
from helpers import built_in
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import LeaveOneOut
from sklearn.neural_network import MLPRegressor as ReferenceRegressor

import sknn
from sknn import MLPClassifier, MLPRegressor
from sknn.nn import (
    ELU,
    SGD,
    Activation,
    Adagrad,
    Adam,
    AdamW,
    BatchNorm,
    Blend,
    Constant,
    Conv2D,
    CosineDecay,
    CosLog,
    Dense,
    Dropout,
    Embedding,
    Exponential,
    FlatCosine,
    HardSigmoid,
    Huber,
    Initializer,
    Layer,
    LayerNorm,
    LeakyReLU,
    LogisticFocal,
    Loss,
    Mish,
    NAdam,
    Normal,
    OneCycle,
    Optimizer,
    Periodic,
    PiecewiseLinear,
    Plateau,
    PReLU,
    Quantile,
    Range,
    Residual,
    RMSprop,
    Scale,
    Schedule,
    SiLU,
    SoftmaxFocal,
    Step,
    ThroughRows,
    Warmup,
)
from sknn.nn.initializers import ScikitLearn
from sknn.nn.schedules import InvScaling, Planned
from sknn.nn.settings import Settings

TINY = math.ulp(0.0)  # the smallest number above 0
BELOW_1, ABOVE_1 = math.nextafter(1, 0), math.nextafter(1, 2)
LARGE = sys.float_info.max
# The ends that belong to a range or the nearest inside of it; and the nearest outside of it.
POSITIVE = [TINY, LARGE], [0, -TINY, math.inf, math.nan, True, None]
NOT_NEGATIVE = [0, TINY, LARGE], [-TINY, math.inf, math.nan, False, None]
FINITE = [-LARGE, 0, LARGE], [math.inf, -math.inf, math.nan, None]
BOTH_ENDS = [0, 1], [-TINY, ABOVE_1]
BELOW_ONE = [0, BELOW_1], [-TINY, 1]
INSIDE = [TINY, BELOW_1], [0, 1]
COUNT = [1, 10**9, np.int64(1)], [0, 1.0, None]
COUNT_OR_NONE = [1, None], [0]
COUNT_FROM_0 = [0, 1], [-1, 0.0]
FLAG = [True, False, np.True_], [0, 1, None]
WITH_END = [None, FlatCosine(), CosineDecay(9)], [Step(), FlatCosine, "flat_cosine"]

SETTINGS = {  # class: (its other arguments, {setting: (accepted, refused)})
    LeakyReLU: ({}, {"slope": BOTH_ENDS}),
    PReLU: ({}, {"slope": FINITE, "shared": FLAG}),
    Mish: ({}, {"quick": FLAG}),
    ELU: ({}, {"alpha": POSITIVE}),
    SiLU: ({}, {"beta": POSITIVE}),
    HardSigmoid: ({}, {"slope": POSITIVE}),
    Constant: ({}, {"value": FINITE}),
    Normal: ({}, {"std": NOT_NEGATIVE}),
    ScikitLearn: ({}, {"factor": ([TINY, None], [0])}),
    Conv2D: ({"filters": 2}, {"filters": COUNT, "trainable": FLAG, "bias": FLAG}),
    Dense: (
        {"units": 2},
        {
            "units": COUNT,
            "trainable": FLAG,
            "bias": FLAG,
            "scaling": (["standard", "ntp"], ["NTP", None]),
            "rate": POSITIVE,
            "bias_rate": POSITIVE,
        },
    ),
    Dropout: ({}, {"rate": BELOW_ONE, "schedule": WITH_END}),
    Scale: ({}, {"initial": FINITE, "rate": POSITIVE, "decay": FLAG}),
    Embedding: (
        {"n_levels": 2},
        {
            "n_levels": (
                [1, [1], (1, 10**9)],
                [0, 1.0, [], [0], [2, 0], None, range(10**12)],
            ),
            "size": COUNT,
            "std": POSITIVE,
            "rate": POSITIVE,
        },
    ),
    Periodic: (
        {},
        {
            "size": COUNT,
            "n_frequencies": COUNT,
            "std": POSITIVE,
            "keep_input": FLAG,
            "rate": POSITIVE,
        },
    ),
    PiecewiseLinear: (
        {"edges": [[0, 1]]},
        {
            "edges": (
                [[[0, TINY]], [[-LARGE, 0], np.array([0, 1, 2])]],
                [
                    *([], [[0]], [[0, 0]], [[1, 0]], [[0, math.nan]], [[0, math.inf]]),
                    *([[0, 1], []], 1, [[0, 10**400]], [[[0, 1]]], range(10**12)),
                ],
            ),
            "size": COUNT,
            "rate": POSITIVE,
        },
    ),
    ThroughRows: ({}, {"n_rows": ([1, 10_000, np.int64(1)], [0, 10_001, 1.0, None])}),
    Blend: ({}, {"initial": FINITE, "rate": POSITIVE}),
    BatchNorm: ({}, {"momentum": BOTH_ENDS, "epsilon": POSITIVE}),
    LayerNorm: ({}, {"epsilon": POSITIVE}),
    Residual: (
        {"layers": [Dense(2)]},
        {"shortcut": (["auto", "identity", "projection"], ["none", None])},
    ),
    Huber: ({}, {"delta": POSITIVE}),
    Quantile: (
        {},
        {"levels": ([TINY, BELOW_1, [0.5], (0.1, 0.9)], [0, 1, [], [0.5, 1], range(9), [[0.5]]])},
    ),
    SoftmaxFocal: ({}, {"gamma": NOT_NEGATIVE}),
    LogisticFocal: ({}, {"gamma": NOT_NEGATIVE}),
    SGD: ({}, {"momentum": BOTH_ENDS, "nesterov": FLAG}),
    Adam: ({}, {"beta_1": BELOW_ONE, "beta_2": BELOW_ONE, "epsilon": POSITIVE}),
    AdamW: (
        {},
        {
            "beta_1": BELOW_ONE,
            "beta_2": BELOW_ONE,
            "epsilon": POSITIVE,
            "weight_decay": NOT_NEGATIVE,
            "decay_schedule": WITH_END,
        },
    ),
    NAdam: (
        {},
        {
            "beta_1": BELOW_ONE,
            "beta_2": BELOW_ONE,
            "epsilon": POSITIVE,
            "momentum_decay": NOT_NEGATIVE,
        },
    ),
    RMSprop: ({}, {"decay": BELOW_ONE, "epsilon": POSITIVE}),
    Adagrad: ({}, {"epsilon": POSITIVE}),
    InvScaling: ({}, {"power": NOT_NEGATIVE}),
    Step: ({}, {"every": COUNT, "factor": POSITIVE}),
    Exponential: ({}, {"factor": POSITIVE}),
    Plateau: ({}, {"factor": INSIDE, "least": NOT_NEGATIVE}),
    Planned: ({}, {"total_steps": COUNT_OR_NONE}),
    FlatCosine: ({}, {"total_steps": COUNT_OR_NONE, "flat": BELOW_ONE}),
    CosLog: ({}, {"total_steps": COUNT_OR_NONE, "cycles": ([1, 64], [0, 65, 1.0])}),
    CosineDecay: ({}, {"total_steps": COUNT_OR_NONE, "least": NOT_NEGATIVE}),
    OneCycle: (
        {},
        {"total_steps": COUNT_OR_NONE, "rising": INSIDE, "start": POSITIVE, "end": POSITIVE},
    ),
    Warmup: (
        {"schedule": Step(), "steps": 1},
        {"schedule": ([Warmup(Step(), 0)], [Step]), "steps": COUNT_FROM_0},
    ),
}


@pytest.mark.parametrize(
    ("closed", "ends", "told"),
    [
        ("both", (True, True), "a number of at least 0 and up to 1"),
        ("left", (True, False), "a number of at least 0 and below 1"),
        ("right", (False, True), "a number above 0 and up to 1"),
        ("neither", (False, False), "a number above 0 and below 1"),
    ],
)
def test_range_has_the_ends_that_it_says(closed, ends, told):
    valid = Range(0, 1, closed)
    assert (0 in valid, 1 in valid) == ends
    assert str(valid) == told


def checked(cls, setting, value):
    given, _ = SETTINGS[cls]
    cls(**{**given, setting: value}).check()


@pytest.mark.parametrize("cls", SETTINGS, ids=lambda cls: cls.__name__)
def test_ends_of_the_range_of_a_setting_are_what_they_should_be(cls):
    for setting, (accepted, refused) in SETTINGS[cls][1].items():
        for value in accepted:
            checked(cls, setting, value)
        for value in refused:
            with pytest.raises(ValueError, match=f"{setting} must be .*, got "):
                checked(cls, setting, value)


def test_every_setting_with_a_range_has_its_ends_tested():
    bases = Activation, Initializer, Layer, Loss, Optimizer, Schedule
    with_ranges = {
        cls: set(cls.valid)
        for base in bases
        for cls in built_in(base)
        if issubclass(cls, Settings) and cls.valid
    }
    assert {cls: set(ends) for cls, (_, ends) in SETTINGS.items()} == with_ranges


NUMBERS = {
    "POSITIVE": ([TINY, LARGE], [0, -TINY]),
    "NOT_NEGATIVE": ([0, TINY, LARGE], [-TINY]),
    "BELOW_ONE": ([0, BELOW_1], [-TINY, 1]),
    "COUNT": ([1, 10**9, np.int32(1)], [0, 1.5]),
}
PARAMETERS = {  # of estimators, those with a range: (accepted, refused)
    "alpha": NUMBERS["NOT_NEGATIVE"],
    "batch_size": NUMBERS["COUNT"],
    "beta_1": NUMBERS["BELOW_ONE"],
    "beta_2": NUMBERS["BELOW_ONE"],
    "checkpoint_every": NUMBERS["COUNT"],
    "dropout": NUMBERS["BELOW_ONE"],
    "epsilon": NUMBERS["POSITIVE"],
    "filters": NUMBERS["COUNT"],
    "hidden_layer_sizes": NUMBERS["COUNT"],
    "kernel_size": NUMBERS["COUNT"],
    "l1": NUMBERS["NOT_NEGATIVE"],
    "label_smoothing": NUMBERS["BELOW_ONE"],
    "learning_rate_init": NUMBERS["POSITIVE"],
    "max_fun": NUMBERS["COUNT"],
    "max_grad_norm": ([TINY, None], [0]),
    "max_iter": NUMBERS["COUNT"],
    "max_onehot": ([0, 1], [-1, 0.5]),
    "max_time": ([TINY, None], [0]),
    "momentum": ([0, 1], [-TINY, ABOVE_1]),
    "n_estimators": NUMBERS["COUNT"],
    "n_iter_no_change": ([1, np.inf], [0, 1.5, -np.inf]),
    "padding": ([0, 1], [-1, 0.5]),
    "pool_size": NUMBERS["COUNT"],
    "pool_stride": ([1, None], [0]),
    "power_t": NUMBERS["NOT_NEGATIVE"],
    "quantile": ([TINY, BELOW_1], [0, 1]),
    "stride": NUMBERS["COUNT"],
    "tol": NUMBERS["NOT_NEGATIVE"],
    "validation_fraction": ([0, BELOW_1, LeaveOneOut()], [-TINY, 1]),
    "warmup_steps": ([0, 1], [-1, 0.5]),
    "weight_decay": NUMBERS["NOT_NEGATIVE"],
}
ESTIMATORS = [getattr(sknn, name) for name in sknn.__all__ if name.endswith(("fier", "ssor"))]


def with_range(make):
    """The parameters of an estimator that may be numbers of an interval."""
    return {
        name
        for name, constraint in make._parameter_constraints.items()
        if any(type(one).__name__ == "Interval" for one in constraint)
    }


@pytest.mark.parametrize("make", ESTIMATORS, ids=lambda make: make.__name__)
def test_ends_of_the_range_of_a_parameter_are_what_they_should_be(make):
    for name in with_range(make):
        accepted, refused = PARAMETERS[name]
        needed = {"layers": []} if "Sequential" in make.__name__ else {}
        for value in accepted:
            make(**needed, **{name: value})._validate_params()
        for value in refused:
            with pytest.raises(ValueError, match=f"The '{name}' parameter of {make.__name__} must"):
                make(**needed, **{name: value})._validate_params()


def test_every_parameter_with_a_range_has_its_ends_tested():
    assert set().union(*map(with_range, ESTIMATORS)) == set(PARAMETERS)


# What the ends do: the weights are, bit for bit, those of settings in which they play no part.

RNG = np.random.default_rng(0)
X = RNG.normal(size=(11, 3))
Y = RNG.permutation(np.arange(11) % 3)
TWO = RNG.permutation(np.arange(11) % 2)
SGD_ONLY = {"solver": "sgd", "learning_rate_init": 0.1}


def fitted(y=Y, weight=None, make=MLPClassifier, **params):
    """An estimator after four epochs in batches of four samples, unless params say otherwise."""
    params = {"max_iter": 4, "batch_size": 4, "tol": 0, "n_iter_no_change": 100, **params}
    return make((4,), random_state=0, **params).fit(X, y, weight)


def assert_same_fit(one, other):
    assert one.history_["loss"] == other.history_["loss"]
    for a, b in zip(
        [*one.coefs_, *one.intercepts_], [*other.coefs_, *other.intercepts_], strict=True
    ):
        assert_array_equal(a, b)


@pytest.fixture(autouse=True)
def few_epochs():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Stochastic Optimizer|lbfgs failed")
        yield


@pytest.mark.parametrize(
    ("end", "same"),
    [
        ({"dropout": 0}, {}),
        ({"dropout": [0, 0]}, {}),
        ({"label_smoothing": 0}, {}),
        ({"l1": 0}, {}),
        ({"batch_size": 11}, {"batch_size": "auto"}),
        ({"warmup_steps": 0}, {}),
        ({"warmup_steps": 1}, {}),
        ({"max_grad_norm": LARGE}, {}),
        ({"checkpoint_every": 1}, {}),
        ({"n_iter_no_change": np.inf}, {}),
        ({**SGD_ONLY, "learning_rate": "invscaling", "power_t": 0}, SGD_ONLY),
        (
            {**SGD_ONLY, "momentum": 0, "nesterovs_momentum": True},
            {**SGD_ONLY, "momentum": 0, "nesterovs_momentum": False},
        ),
    ],
    ids=str,
)
def test_end_that_switches_off_changes_nothing(end, same):
    assert_same_fit(fitted(**end), fitted(**same))


def test_batch_of_more_than_the_samples_is_all_of_them():
    with pytest.warns(match="It is going to be clipped to 11"):
        larger = fitted(batch_size=12)
    assert_same_fit(larger, fitted(batch_size=11))  # which is no reason to warn


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0, 1])
def test_momentum_at_its_ends_takes_the_steps_of_the_formula(momentum, nesterov):
    """Of a linear model on all samples: v = momentum v - rate grad."""
    y = X @ [1.0, -2.0, 0.5]
    params = {**SGD_ONLY, "alpha": 0, "momentum": momentum, "nesterovs_momentum": nesterov}
    reg = MLPRegressor(
        hidden_layer_sizes=(), batch_size=11, max_iter=3, random_state=0, tol=0, **params
    )
    state = np.random.RandomState(0)
    bound = math.sqrt(6 / (3 + 1))
    w, b = state.uniform(-bound, bound, (3, 1)), state.uniform(-bound, bound, 1)
    v_w, v_b = 0 * w, 0 * b
    for _ in range(3):
        residual = X @ w + b - y[:, None]
        step_w, step_b = 0.1 * X.T @ residual / 11, 0.1 * residual.mean(axis=0)
        v_w, v_b = momentum * v_w - step_w, momentum * v_b - step_b
        w = w + (momentum * v_w - step_w if nesterov else v_w)
        b = b + (momentum * v_b - step_b if nesterov else v_b)
    reg.fit(X, y)
    assert_allclose(reg.coefs_[0], w, rtol=1e-9)
    assert_allclose(reg.intercepts_[0], b, rtol=1e-9)


def test_one_evaluation_of_the_loss_is_that_of_scikit_learn():
    params = {"hidden_layer_sizes": (4,), "solver": "lbfgs", "max_fun": 1, "random_state": 0}
    y = X @ [1.0, -2.0, 0.5]
    with pytest.warns(match="lbfgs failed to converge after"):
        ours = MLPRegressor(**params).fit(X, y)
    with warnings.catch_warnings(action="ignore"):
        reference = ReferenceRegressor(**params).fit(X, y)
    assert ours.n_iter_ == reference.n_iter_
    for a, b in zip(ours.coefs_, reference.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize(
    ("fraction", "n_trained"),
    [(math.nextafter(1 / 11, 1), 9), (2 / 11, 9), (0.5, 5), (10 / 11, 1)],
)
def test_fraction_held_out_is_rounded_up(fraction, n_trained):
    """At least two samples are held out, at most all but one."""
    params = {"validation_fraction": fraction, "batch_size": "auto", "max_iter": 1}
    assert fitted(early_stopping=True, **params).t_ == n_trained


@pytest.mark.parametrize(
    ("fraction", "message"),
    [(1 / 11, "too small"), (BELOW_1, "empty"), (0, "validation_fraction must be above 0")],
)
def test_fraction_that_leaves_too_few_samples_on_either_side_is_refused(fraction, message):
    with pytest.raises(ValueError, match=message):
        fitted(early_stopping=True, validation_fraction=fraction)


@pytest.mark.parametrize("tol", [0, LARGE])
def test_patience_of_one_epoch_ends_after_two_without_improvement(tol):
    """With tol=0 a constant loss is no worse than the best: only then training goes on."""
    params = {"learning_rate_init": TINY, "batch_size": 11, "shuffle": False, "max_iter": 6}
    clf = fitted(solver="sgd", tol=tol, n_iter_no_change=1, **params)
    assert len(set(clf.loss_curve_)) == 1
    assert clf.n_iter_ == (6 if tol == 0 else 3)
