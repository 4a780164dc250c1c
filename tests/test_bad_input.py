"""Bad input: the error names what is wrong, and leaves estimator and data as they were."""

import copy
import pickle
import re
import sys
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from helpers import too_many_axes
from input_cases import (
    CNNS,
    ESTIMATORS,
    LABELS,
    MLPS,
    NUMBERS,
    STACKS,
    X,
    new,
    target,
    with_entry,
)
from numpy.testing import assert_array_equal
from rows import in_turn
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import KFold
from sklearn.utils._param_validation import InvalidParameterError

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.inputs import for_chunks
from sknn.inspection import trace
from sknn.nn import (
    ELU,
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Exponential,
    Flatten,
    Huber,
    LayerNorm,
    LeakyReLU,
    LogisticFocal,
    MaxPool2D,
    Normal,
    OneCycle,
    Plateau,
    PReLU,
    Quantile,
    Residual,
    Schedule,
    SoftmaxFocal,
    Step,
    Warmup,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EACH = pytest.mark.parametrize("make", ESTIMATORS)
WITH_SIZES = pytest.mark.parametrize("make", MLPS + CNNS)
DENSE = pytest.mark.parametrize("make", MLPS)
METHODS = pytest.mark.parametrize("method", ["fit", "partial_fit"])
# scikit-learn's own checks cast and add up what is not finite.
CASTS = pytest.mark.filterwarnings(
    "ignore:(invalid value|overflow) encountered:RuntimeWarning:(sklearn|numpy)"
)

DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


def train(estimator, method, X, y, sample_weight=None):
    """Calls fit or partial_fit, the latter with the classes that it needs."""
    keywords = {"sample_weight": sample_weight}
    if method == "partial_fit" and is_classifier(estimator):
        keywords["classes"] = [0, 1, 2]
    return getattr(estimator, method)(X, y, **keywords)


# Training.


def assert_fresh_failure(estimator, method, arguments, message, error=ValueError):
    """The call fails, and leaves no trace on an estimator that was not fitted."""
    before = dict(vars(estimator))
    with pytest.raises(error, match=message):
        train(estimator, method, *arguments)
    assert vars(estimator) == before


@EACH
@pytest.mark.parametrize("bad", ["samples", "weights", "parameters", "divergence"])
def test_failed_refit_leaves_the_old_model_working(make, bad):
    y = target(make)
    estimator = new(make, max_iter=2, random_state=0).fit(X, y)
    before, predicted = dict(vars(estimator)), estimator.predict(X)
    curve = list(estimator.loss_curve_)
    if bad == "samples":
        arguments, message = (with_entry(np.nan), y), "contains NaN"
    elif bad == "weights":
        arguments, message = (X, y, -np.ones(30)), "Negative values"
    elif bad == "parameters":
        estimator.alpha = before["alpha"] = -1.0
        arguments, message = (X, y), "alpha"
    else:
        make_divergent(estimator)
        before.update(estimator.get_params(deep=False))
        arguments, message = (X, y), re.escape(DIVERGED)
    with pytest.raises(ValueError, match=message):
        estimator.fit(*arguments)
    assert vars(estimator) == before
    assert estimator.loss_curve_ == curve
    assert_array_equal(estimator.predict(X), predicted)


def linear(make):
    """Parameters that make all activations linear."""
    return {"layers": [Dense(3, "identity")]} if make in STACKS else {"activation": "identity"}


def make_divergent(estimator):
    params = {"solver": "sgd", "learning_rate_init": 1e200, "batch_size": 5}
    return estimator.set_params(**params, **linear(type(estimator)))


@METHODS
@EACH
def test_training_on_that_diverges_leaves_the_old_model_working(make, method):
    y = target(make)
    estimator = new(make, warm_start=True, solver="sgd", **linear(make))
    train(estimator, method, X, y)
    weights = [array.copy() for array in estimator.coefs_ + estimator.intercepts_]
    curve, n_seen = list(estimator.loss_curve_), estimator.t_
    make_divergent(estimator)
    with pytest.raises(ValueError, match=re.escape(DIVERGED)):
        train(estimator, method, X, y)
    for array, old in zip(estimator.coefs_ + estimator.intercepts_, weights, strict=True):
        assert_array_equal(array, old)
    assert estimator.loss_curve_ == curve
    assert estimator.history_["loss"] == curve
    assert estimator.t_ == n_seen
    # What the message proposes must be possible.
    train(estimator.set_params(learning_rate_init=1e-3), method, X, y)
    assert len(estimator.loss_curve_) == 2 * len(curve)
    assert estimator.loss_curve_[-1] < 1.1 * curve[0]


@EACH
def test_partial_fit_goes_on_after_one_that_failed_as_if_it_had_not_been_called(make):
    y = target(make)
    failed, undisturbed = new(make, random_state=0), new(make, random_state=0)
    for estimator in (failed, undisturbed):
        train(estimator, "partial_fit", X, y)
    with pytest.raises(ValueError, match="contains NaN"):
        failed.partial_fit(with_entry(np.nan), y)
    for estimator in (failed, undisturbed):
        estimator.partial_fit(X, y)
    assert_array_equal(failed.coefs_[0], undisturbed.coefs_[0])


# Parameters.


BAD_PARAMETERS = {
    "solver": ["newton", None],
    "alpha": [-1, "a", None, np.nan],
    "batch_size": [0, -5, 2.5, "big", None],
    "learning_rate": ["sometimes", 0.1],
    "learning_rate_init": [0, -1, "a", None, np.nan],
    "power_t": [-1, "a"],
    "max_iter": [0, -1, 2.5, "a", None],
    "shuffle": ["yes", 2, None],
    "random_state": ["a", -1, 2.5],
    "tol": [-1, "a", np.nan],
    "verbose": ["a", -1, None],
    "warm_start": ["a", None],
    "momentum": [-0.1, 1.1, "a"],
    "nesterovs_momentum": ["a", None],
    "early_stopping": ["yes", None],
    "validation_fraction": [1, -0.1, "a"],
    "beta_1": [1, -0.1, "a"],
    "beta_2": [1, -0.1, "a"],
    "epsilon": [0, -1, "a"],
    "n_iter_no_change": [0, -1, 2.5, "a", None],
    "max_fun": [0, -1, 2.5],
    "loss": ["no such loss", None],
    "weight_init": ["no such draw", None],
    "l1": [-1, "a", None],
    "weight_decay": [-1, "a", None],
    "max_grad_norm": [0, -1, "a"],
    "scoring": [1],
    "warmup_steps": [-1, 2.5, "a", None],
    "dtype": ["float16", None],
    "max_time": [0, -1, "a"],
    "checkpoint": [5, True],
    "checkpoint_every": [0, -1, 2.5, "a", None],
}
BAD_FOR_HIDDEN_LAYERS = {
    "hidden_layer_sizes": [0, -1, 2.5, "a", None, np.nan],
    "activation": ["wish", None, 1],
    "dropout": [1, -0.1, "a", None],
    "normalization": ["group", 1],
}
BAD_FOR_CLASSIFIERS = {"class_weight": ["even", 1], "label_smoothing": [1, -0.1, "a", None]}
BAD_FOR_REGRESSORS = {"quantile": [0, 1, -0.1, "a", None]}
BAD_FOR_CNNS = {
    "filters": [0, -1, 2.5, "a", None],
    "kernel_size": [0, -1, 2.5, "a", None],
    "stride": [0, -1, 2.5, "a", None],
    "padding": [-1, 2.5, "full", None],
    "pooling": ["min", 2],
    "pool_size": [0, -1, 2.5, "a", None],
    "pool_stride": [0, -1, 2.5, "a"],
    "input_shape": [4, 2.5, "a"],
    "augment": ["turn", 1, True],
}
BAD_FOR_STACKS = {
    "layers": [None, "a", Dense(3), {"a": Dense(3)}],
    "input_shape": BAD_FOR_CNNS["input_shape"],
}
BAD_FOR_ONE = {
    MLPClassifier: BAD_FOR_HIDDEN_LAYERS | BAD_FOR_CLASSIFIERS,
    MLPRegressor: BAD_FOR_HIDDEN_LAYERS | BAD_FOR_REGRESSORS,
    CNNClassifier: BAD_FOR_HIDDEN_LAYERS | BAD_FOR_CLASSIFIERS | BAD_FOR_CNNS,
    CNNRegressor: BAD_FOR_HIDDEN_LAYERS | BAD_FOR_REGRESSORS | BAD_FOR_CNNS,
    SequentialClassifier: BAD_FOR_CLASSIFIERS | BAD_FOR_STACKS,
    SequentialRegressor: BAD_FOR_REGRESSORS | BAD_FOR_STACKS,
}


@EACH
def test_every_parameter_is_in_the_table_of_bad_ones(make):
    assert {*BAD_PARAMETERS, *BAD_FOR_ONE[make]} == set(new(make).get_params(deep=False))


@EACH
def test_training_refuses_bad_parameters(make):
    """In all methods by one check, which each of them calls first."""
    for name, values in BAD_PARAMETERS.items():
        for value in values:
            assert_refused(make, name, value, "fit")
    for method in ("partial_fit", "resume"):
        assert_refused(make, "solver", "newton", method)
        assert_refused(make, "alpha", -1, method)


@EACH
def test_training_refuses_bad_parameters_of_one_class(make):
    for name, values in BAD_FOR_ONE[make].items():
        for value in values:
            assert_refused(make, name, value, "fit")


def assert_refused(make, name, value, method):
    estimator = new(make, **{name: value})
    message = f"The {name!r} parameter of {make.__name__} must be .* Got {re.escape(repr(value))}"
    assert_fresh_failure(estimator, method, (X, target(make)), message, InvalidParameterError)


# What parameters hold: lists, layers, losses, schedules. (parameters, what the error says)
BAD_LISTS = [
    ({"activation": []}, "activation must be one function for all hidden layers or a list of [12]"),
    (
        {"activation": ["relu"] * 3},
        "activation must be one function for all hidden layers or a list of [12]",
    ),
    ({"activation": ["wish"]}, "activation must be .*'wish'"),
    ({"activation": [None]}, "activation must be .*None"),
    ({"dropout": [0.1]}, r"dropout must be one rate .* or a list of [23]"),
    ({"weight_init": Normal(-1)}, r"Normal\(.*: std must be .*-1"),
    ({"learning_rate": CosineDecay(0)}, r"CosineDecay\(.*: total_steps must be .*got 0"),
    ({"learning_rate": CosineDecay(2.5)}, r"CosineDecay\(.*: total_steps must be .*got 2.5"),
    ({"learning_rate": CosineDecay(9, least=-1)}, r"CosineDecay\(.*: least must be .*got -1"),
    ({"learning_rate": OneCycle(-3)}, r"OneCycle\(.*: total_steps must be .*got -3"),
    ({"learning_rate": OneCycle(9, rising=1)}, r"OneCycle\(.*: rising must be .*got 1"),
    ({"learning_rate": OneCycle(9, start=0)}, r"OneCycle\(.*: start must be .*got 0"),
    ({"learning_rate": OneCycle(9, end=np.nan)}, r"OneCycle\(.*: end must be .*got nan"),
    ({"learning_rate": Step(every=0)}, r"Step\(.*: every must be .*got 0"),
    ({"learning_rate": Step(factor=-1)}, r"Step\(.*: factor must be .*got -1"),
    ({"learning_rate": Exponential(0)}, r"Exponential\(.*: factor must be .*got 0"),
    ({"learning_rate": Exponential("a")}, r"Exponential\(.*: factor must be .*got 'a'"),
    ({"learning_rate": Plateau(1)}, r"Plateau\(.*: factor must be .*got 1"),
    ({"learning_rate": Plateau(least=-1)}, r"Plateau\(.*: least must be .*got -1"),
    ({"learning_rate": Warmup(Step(), -1)}, r"Warmup\(.*: steps must be .*got -1"),
]
BAD_LOSSES = {
    RegressorMixin: [
        ({"loss": Huber(0)}, r"Huber\(.*: delta must be .*got 0"),
        ({"loss": Huber(-1)}, r"Huber\(.*: delta must be .*got -1"),
        ({"loss": Huber(np.nan)}, r"Huber\(.*: delta must be .*got nan"),
        ({"loss": Huber("a")}, r"Huber\(.*: delta must be .*got 'a'"),
        ({"loss": Quantile(0)}, r"Quantile\(.*: levels must be .*got 0"),
        ({"loss": Quantile([])}, r"Quantile\(.*: levels must be .*got \[\]"),
        ({"loss": Quantile([0.1, np.nan])}, r"Quantile\(.*: levels must be .*nan"),
        ({"loss": Quantile([0.1, "a"])}, r"Quantile\(.*: levels must be .*'a'"),
        ({"loss": "quantile", "quantile": [0.1, 1]}, r"quantile must be .*\[0.1, 1\]"),
        ({"loss": "quantile", "quantile": [0.1, "a"]}, r"quantile must be .*'a'"),
        ({"loss": "quantile", "quantile": []}, r"quantile must be .*\[\]"),
    ],
    ClassifierMixin: [
        ({"loss": SoftmaxFocal(-1)}, r"SoftmaxFocal\(.*: gamma must be .*got -1"),
        ({"loss": SoftmaxFocal(None)}, r"SoftmaxFocal\(.*: gamma must be .*got None"),
        ({"loss": LogisticFocal(np.nan)}, r"LogisticFocal\(.*: gamma must be .*got nan"),
        ({"class_weight": {0: -1}}, "class_weight must .*got -1 for class 0"),
        ({"class_weight": {0: np.nan}}, "class_weight must .*got nan for class 0"),
        ({"class_weight": {0: np.inf}}, "class_weight must .*got inf for class 0"),
        ({"class_weight": {5: 1}}, "not in class_weight"),
        ({"class_weight": [{0: 1}]}, "class_weight must be a dict"),
    ],
}


@METHODS
@EACH
@in_turn("params, message", BAD_LISTS)
def test_training_refuses_bad_lists_and_schedules(params, message, make, method):
    if not set(params) <= set(new(make).get_params()):
        return
    error = (TypeError, ValueError)
    assert_fresh_failure(new(make, **params), method, (X, target(make)), message, error)


@METHODS
@EACH
def test_training_refuses_bad_losses_and_class_weights(make, method):
    (rows,) = (rows for task, rows in BAD_LOSSES.items() if issubclass(make, task))
    for params, message in rows:
        assert_fresh_failure(new(make, **params), method, (X, target(make)), message)


IMAGE = {"input_shape": (2, 2)}
BAD_STACKS = [
    ([1], "layers must be a list of layers, or of .* got the entry 1"),
    ([Dense], "layers must be a list of layers, or of .* got the entry <class"),
    ([("a",)], r"layers must be a list of layers, or of .* got the entry \('a',\)"),
    ([("a", Dense(3), 1)], "layers must be a list of layers, or of .* got the entry"),
    ([[Dense(3)]], "layers must be a list of layers, or of .* got the entry"),
    ([("a", "b")], "layers must be a list of layers, or of .* got the entry"),
    ([(1, Dense(3))], "layers must be a list of layers|Names of layers must be"),
    ([("", Dense(3))], "Names of layers must be"),
    ([("a", Dense(3)), ("a", Dense(3))], r"Names of layers must be unique.*\['a', 'a'\]"),
    ([("a__b", Dense(3))], "Names of layers must .* not contain '__'"),
    ([("alpha", Dense(3))], "Names of layers must .* differ from the names of parameters"),
    ([("fit", Dense(3))], "Names of layers must"),
]
# (layer, what the error says); with the name of the layer before it
BAD_LAYERS = [
    *((Dense(units), f"units .*got {units!r}") for units in (0, -1, 2.5, "a", None, True)),
    *((Dropout(rate), f"rate .*got {rate!r}") for rate in (1, 1.5, -0.1, np.nan, "a", None)),
    (Dense(3, "wish"), "activation must be .*'wish'"),
    (Dense(3, None), "activation must be .*None"),
    (Dense(3, weight_init="wish"), "weight_init must be .*'wish'"),
    (Dense(3, ELU(0)), r"ELU\(.*: alpha must be .*got 0"),
    (Dense(3, ELU(np.nan)), r"ELU\(.*: alpha must be .*got nan"),
    (Dense(3, LeakyReLU(2)), r"LeakyReLU\(.*: slope must be .*got 2"),
    (Dense(3, PReLU("a")), r"PReLU\(.*: slope must be .*got 'a'"),
    (Activate("wish"), "activation must be .*'wish'"),
    (BatchNorm(momentum=2), "momentum .*got 2"),
    (BatchNorm(epsilon=-1), "epsilon .*got -1"),
    (LayerNorm(epsilon=np.nan), "epsilon .*got nan"),
    (Conv2D(2), "needs images"),
]
BAD_IMAGE_LAYERS = [
    *((Conv2D(filters), f"filters .*got {filters!r}") for filters in (0, -1, 2.5, "a", None)),
    *((Conv2D(2, size), "kernel_size must be") for size in (0, -1, 2.5, "a", None, (3,), (0, 3))),
    *((Conv2D(2, stride=stride), "stride must be") for stride in (0, -1, 2.5, "a", None, (1,))),
    *((Conv2D(2, padding=pad), "padding must be") for pad in (-1, 2.5, "full", None, (1,))),
    *((Conv2D(2, dilation=steps), "dilation must be") for steps in (0, -1, 2.5, "a", None)),
    (Conv2D(2, 99, padding="valid"), "needs images of at least 99 x 99"),
    *((MaxPool2D(size), "pool_size must be") for size in (0, -1, 2.5, "a", None, (2,))),
    *((MaxPool2D(2, stride), "stride must be") for stride in (0, -1, 2.5, "a")),
    *((MaxPool2D(2, padding=pad), "padding must be") for pad in (-1, 2.5, "full", None, 1)),
    (MaxPool2D(99), "needs images of at least 99 x 99"),
    *((AveragePool2D(size), "pool_size must be") for size in (0, -1, 2.5, "a", None, (2,))),
    *((AveragePool2D(2, padding=pad), "padding must be") for pad in (-1, "full", None, 1)),
    (Dense(3), "needs flat samples"),
]


@METHODS
@pytest.mark.parametrize("make", STACKS)
@in_turn("layers, message", BAD_STACKS)
def test_training_refuses_bad_stacks(layers, message, make, method):
    error = (TypeError, ValueError)
    assert_fresh_failure(new(make, layers=layers), method, (X, target(make)), message, error)


@METHODS
@pytest.mark.parametrize("make", STACKS)
@in_turn(
    "layers, message, params",
    [
        *(([layer, Dense(3)], message, {}) for layer, message in BAD_LAYERS),
        *(([layer, Flatten()], message, IMAGE) for layer, message in BAD_IMAGE_LAYERS),
    ],
)
def test_training_refuses_bad_layers(layers, message, params, make, method):
    """The error names the layer, as far as it is one's own."""
    estimator = new(make, layers=layers, **params)
    message = f"^(Layer {type(layers[0]).__name__.lower()}1, .*)?{message}"
    assert_fresh_failure(estimator, method, (X, target(make)), message, (TypeError, ValueError))


@METHODS
@WITH_SIZES
@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((5, 0), r"hidden_layer_sizes must be > 0, got \[5, 0\]"),
        ((5, -1), r"hidden_layer_sizes must be > 0, got \[5, -1\]"),
        ((2.5,), r"hidden_layer_sizes must be an int or a sequence of ints.* got \(2.5,\)"),
        (("a",), r"hidden_layer_sizes must be an int or a sequence of ints.* got \('a',\)"),
        ((3, None), r"hidden_layer_sizes must be an int or a sequence of ints.*None"),
        ([[3, 4]], r"hidden_layer_sizes must be an int or a sequence of ints.*\[\[3, 4\]\]"),
        (((3,), 4), r"hidden_layer_sizes must be an int or a sequence of ints.*\(\(3,\), 4\)"),
    ],
)
def test_training_refuses_bad_sizes_of_layers(sizes, message, make, method):
    estimator = new(make, hidden_layer_sizes=sizes)
    assert_fresh_failure(estimator, method, (X, target(make)), message)


@DENSE
@pytest.mark.parametrize("sizes", [5, [5], np.array([5]), np.int64(5), range(5, 6)])
def test_one_size_of_layer_may_be_given_in_many_ways(sizes, make):
    estimator = new(make, hidden_layer_sizes=sizes, max_iter=1).fit(X, target(make))
    assert [w.shape for w in estimator.coefs_] == [(4, 5), (5, estimator.n_outputs_)]


@METHODS
@EACH
def test_batch_larger_than_the_data_is_clipped_with_a_warning(make, method):
    y = target(make)
    clipped = new(make, batch_size=500, max_iter=2, random_state=0)
    with pytest.warns(UserWarning, match="larger than sample size. It is going to be clipped"):
        train(clipped, method, X, y)
    whole = train(new(make, batch_size=30, max_iter=2, random_state=0), method, X, y)
    assert_array_equal(clipped.coefs_[0], whole.coefs_[0])


@WITH_SIZES
def test_other_layers_under_warm_start_raise(make):
    y = target(make)
    estimator = (
        new(make, max_iter=1).set_params(warm_start=True, hidden_layer_sizes=(5, 3)).fit(X, y)
    )
    predicted, n_layers = estimator.predict(X), estimator.n_layers_
    for sizes in ((5, 4), (5,), (5, 3, 3)):
        with pytest.raises(ValueError, match=r"continue from fitted weights, .* warm_start=False"):
            estimator.set_params(hidden_layer_sizes=sizes).fit(X, y)
        assert_array_equal(estimator.predict(X), predicted)
    estimator.set_params(warm_start=False).fit(X, y)
    assert estimator.n_layers_ == len(estimator.coefs_) + 1 == n_layers + 1


@METHODS
@EACH
def test_other_number_of_features_in_training_on_raises(make, method):
    y = target(make)
    estimator = new(make, max_iter=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4"):
        train(estimator, method, X[:, :3], y)


def test_other_number_of_targets_in_training_on_raises():
    reg = MLPRegressor(max_iter=1, warm_start=True).fit(X, NUMBERS)
    with pytest.raises(ValueError, match="continue from fitted weights"):
        reg.fit(X, np.column_stack([NUMBERS, NUMBERS]))


# Classes.


def test_partial_fit_needs_classes_in_the_first_call():
    message = "classes must be passed on the first call to partial_fit"
    clf = MLPClassifier()
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, LABELS)
    assert vars(clf) == vars(MLPClassifier())


@pytest.mark.parametrize("missing", [np.nan, np.float32("nan"), np.float16("nan"), None])
def test_missing_label_among_objects_is_refused_whatever_its_type(missing):
    y = np.array([*"abcabc", missing], dtype=object)
    with pytest.raises(ValueError, match="Input y contains NaN, None or NA"):
        MLPClassifier().fit(np.ones((7, 2)), y)


@pytest.mark.parametrize("classes", ["abc", "", [], (), 3])
def test_classes_must_be_a_list_of_at_least_one(classes):
    message = f"classes must be a list of at least one class, got {classes!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        MLPClassifier().partial_fit(X, LABELS, classes=classes)


def test_partial_fit_refuses_classes_it_was_not_told_of():
    clf = MLPClassifier()
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`.* \[0 1\].* \[0 1 2\]"):
        clf.partial_fit(X, LABELS, classes=[0, 1])
    assert vars(clf) == vars(MLPClassifier())
    clf.partial_fit(X, LABELS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`"):
        clf.partial_fit(X, LABELS + 1)
    with pytest.raises(ValueError, match=r"`classes=\[0, 1\]` is not the same as on last call"):
        clf.partial_fit(X, LABELS, classes=[0, 1])
    assert_array_equal(clf.classes_, [0, 1, 2])


def test_partial_fit_does_not_take_early_stopping():
    for make in MLPS + CNNS:
        message = "partial_fit does not support early_stopping=True"
        assert_fresh_failure(
            new(make, early_stopping=True), "partial_fit", (X, target(make)), message
        )


def test_other_classes_under_warm_start_raise():
    clf = MLPClassifier(max_iter=1, warm_start=True).fit(X, LABELS)
    message = r"same classes as in the previous call to fit. Previously got \[0 1 2\], `y` has"
    for labels in (LABELS + 1, LABELS % 2, np.array(["a", "b", "c"] * 10)):
        with pytest.raises(ValueError, match=message):
            clf.fit(X, labels)


def test_other_kind_of_labels_in_training_on_raises():
    clf = MLPClassifier(max_iter=1, warm_start=True).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"of the same type as in the first fit, 'multiclass'"):
        clf.fit(X, np.eye(3, dtype=int)[LABELS])


# One sample, and too few for early stopping.


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_one_sample_is_enough_to_fit_a_regressor(solver):
    reg = MLPRegressor(solver=solver, alpha=0, tol=1e-9, n_iter_no_change=np.inf, random_state=0)
    reg.set_params(max_iter=2000).fit(X[:1], [3.0])
    np.testing.assert_allclose(reg.predict(X[:1]), [3.0], rtol=1e-4)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_one_sample_is_enough_to_fit_a_classifier_of_one_class(solver):
    clf = MLPClassifier(solver=solver, max_iter=3).fit(X[:1], ["a"])
    assert_array_equal(clf.predict(X[:2]), ["a", "a"])


@EACH
def test_too_few_samples_for_early_stopping_raise(make):
    y = np.arange(12) // 4
    message = "The validation set is too small"
    estimator = new(make, early_stopping=True, validation_fraction=0.05)
    assert_fresh_failure(estimator, "fit", (X[:12], y), message)


# Ragged lists.

PAD = "Pad or cut the rows to the same shape, or leave out the rows that differ."
GOT = {  # rows: what the message says of them
    "lengths": ([[1.0, 2.0], [3.0, 4.0], [5.0]], "shape (2,) for row 0 and (1,) for row 2"),
    "tuples": ([(1.0, 2.0), range(3)], "shape (2,) for row 0 and (3,) for row 1"),
    "a number among lists": ([[1.0], 2.0], "shape (1,) for row 0 and () for row 1"),
    "a list among numbers": ([1.0, [2.0]], "shape () for row 0 and (1,) for row 1"),
    "images": (
        [np.zeros((3, 2)), np.zeros((2, 3))],
        "shape (3, 2) for row 0 and (2, 3) for row 1",
    ),
    "lists of images": (
        [[[1, 2], [3, 4]], [[1, 2], [3]]],
        "row 1, whose own rows differ in shape",
    ),
    "within an image": (
        [[[[1], [2]], [[3]]], [[[1], [2]], [[3]]]],
        "row 0, whose own rows differ in shape",
    ),
    "objects": (
        np.array([[1, 2], [3]], dtype=object),
        "shape (2,) for row 0 and (1,) for row 1",
    ),
}


@EACH
@pytest.mark.parametrize("case", GOT)
def test_ragged_samples_are_refused_by_row(case, make):
    rows, got = GOT[case]
    message = re.escape(f"X must have rows of the same shape, got {got}. {PAD}")
    y = [0, 1, 0][: len(rows)]
    assert_fresh_failure(new(make), "fit", (rows, y), f"^{message}$")
    estimator = new(make).fit(X, target(make))
    with pytest.raises(ValueError, match=f"^{message}$"):
        estimator.predict(rows)


@METHODS
@EACH
def test_ragged_targets_are_refused_with_the_remedy_of_the_task(make, method):
    y = [[0], [1, 2], [2]] * 10
    got = "y must have rows of the same shape, got shape (1,) for row 0 and (2,) for row 1. "
    remedy = PAD if issubclass(make, RegressorMixin) else "Pass the same number of labels "
    message = re.escape(got + remedy)
    assert_fresh_failure(new(make), method, (X, y), f"^{message}")
    estimator = new(make).fit(X, target(make))
    with pytest.raises(ValueError, match=f"^{message}"):
        estimator.score(X, y)


def test_classes_of_several_columns_may_differ_in_number():
    y = np.stack([LABELS, LABELS > 0], axis=1).astype(int)
    clf = MLPClassifier((3,)).partial_fit(X, y, classes=[[0, 1, 2], [0, 1]])
    assert [classes.tolist() for classes in clf.classes_] == [[0, 1, 2], [0, 1]]


# Images given to dense networks.


def images_refused(make, n_axes):
    """What the message says of an array with so many axes."""
    cnn = "CNNRegressor" if issubclass(make, RegressorMixin) else "CNNClassifier"
    remedy = f"Use {cnn}, or X.reshape" if n_axes < 5 else "Use X.reshape"
    return f"{too_many_axes(n_axes, make.__name__)} " + re.escape(f"{remedy}(len(X), -1).")


@DENSE
@pytest.mark.parametrize("as_list", [False, True])
@pytest.mark.parametrize("n_axes", [3, 4, 5])
def test_images_are_refused_with_what_takes_them(n_axes, as_list, make):
    images = X.reshape(len(X), 2, -1, *[1] * (n_axes - 3))
    images = images.tolist() if as_list else images
    message, y = images_refused(make, n_axes), target(make)
    assert_fresh_failure(new(make), "fit", (images, y), f"^{message}$")
    estimator = new(make)
    with pytest.raises(ValueError, match=f"^X_val and y_val: {message}$"):
        estimator.fit(X, y, X_val=images, y_val=y)
    estimator.fit(X, y)
    for method in ("predict", "transform"):
        with pytest.raises(ValueError, match=f"^{message}$"):
            getattr(estimator, method)(images)
    with pytest.raises(ValueError, match=f"^{message}$"):
        estimator.partial_fit(images, y)


@DENSE
def test_targets_of_three_axes_are_not_taken_for_images(make):
    y = np.zeros((len(X), 2, 2), dtype=int)
    with pytest.raises(ValueError, match=rf"{too_many_axes(3, make.__name__)}$"):
        new(make).fit(X, y)


# Large numbers and diverging training.


@METHODS
def test_targets_too_large_for_float32_raise(method):
    message = r"y must fit into float32, the dtype of X, got absolute values up to 1e\+39"
    y = with_entry(-1e39, NUMBERS)
    assert_fresh_failure(MLPRegressor(), method, (X.astype(np.float32), y), message)


@CASTS
@METHODS
@EACH
def test_weights_too_large_for_float32_raise(make, method):
    message = r"sample_weight contains infinity or a value too large for dtype\('float32'\)"
    arguments = X.astype(np.float32), target(make), with_entry(1e39, np.ones(30))
    assert_fresh_failure(new(make), method, arguments, message)


@METHODS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@DENSE
def test_diverging_training_names_epoch_layer_and_a_lower_learning_rate(make, dtype, method):
    estimator = make_divergent(new(make, hidden_layer_sizes=(6, 5), random_state=0))
    message = (
        f"^{re.escape(DIVERGED)} Epoch 1, first in layer 1 \\(Dense\\): "
        r"try learning_rate_init=1e\+199\.$"
    )
    assert_fresh_failure(estimator, method, (X.astype(dtype), target(make)), message)


@DENSE
def test_training_that_diverges_later_names_the_epoch(make):
    estimator = new(make, hidden_layer_sizes=(100,), activation="identity", max_iter=200)
    estimator.set_params(solver="sgd", momentum=0, alpha=0, batch_size=30)
    estimator.set_params(learning_rate_init=200.0, n_iter_no_change=np.inf)
    scaled, y = X * 10, target(make)
    with pytest.raises(ValueError, match=re.escape(DIVERGED)) as raised:
        estimator.fit(scaled, y)
    epoch = int(re.search(r"Epoch (\d+), first in layer", str(raised.value)).group(1))
    assert epoch > 1
    assert str(raised.value).endswith("try learning_rate_init=20.")
    # One epoch less is fine.
    estimator.set_params(max_iter=epoch - 1).fit(scaled, y)
    assert estimator.n_iter_ == epoch - 1


@EACH
def test_diverging_training_with_early_stopping_warns_and_keeps_finite_weights(make):
    y = target(make)
    estimator = make_divergent(
        new(make, early_stopping=True, validation_fraction=0.2, random_state=0)
    )
    message = f"{re.escape(DIVERGED)} Epoch 1.*learning_rate_init=1e\\+199.*best validation score"
    with pytest.warns(ConvergenceWarning, match=message):
        estimator.fit(X, y)
    assert np.isnan(estimator.validation_scores_[-1])
    assert all(np.isfinite(array).all() for array in estimator.coefs_ + estimator.intercepts_)
    assert np.isfinite(estimator.score(X, y))


@EACH
def test_diverging_lbfgs_proposes_to_scale_the_data(make):
    message = f"^{re.escape(DIVERGED)}.*StandardScaler"
    arguments = X * 1e300, target(make)
    assert_fresh_failure(new(make, solver="lbfgs", random_state=0), "fit", arguments, message)


# Prediction: through the fast path, which takes a plain array as it is, and through validation.


def predictors(make):
    names = ["predict"]
    if issubclass(make, ClassifierMixin):
        names += ["predict_proba", "predict_log_proba"]
    return names


def calls(estimator):
    """(X) -> result, for each method that predicts."""
    yield from (getattr(estimator, name) for name in predictors(type(estimator)))
    yield lambda X: estimator.score(X, target(type(estimator)))


PATHS = {
    "plain array": lambda X: X,
    "Fortran order": np.asfortranarray,
    "other dtype": lambda X: X.astype(np.float32 if X.dtype == np.float64 else np.float64),
    "subclass": lambda X: X.view(type("Subclass", (np.ndarray,), {})),
    "list": lambda X: X.tolist(),
}


@pytest.fixture(scope="module", params=ESTIMATORS, ids=lambda make: make.__name__)
def fitted(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return new(request.param, max_iter=3).fit(X, target(request.param))


@CASTS
@in_turn("path", list(PATHS))
@in_turn(
    "values, message",
    [
        ([np.nan], "Input X contains NaN"),
        ([np.inf], "Input X contains infinity"),
        ([-np.inf], "Input X contains infinity"),
        ([np.inf, -np.inf], "Input X contains infinity"),
        ([np.inf, np.nan], "Input X contains NaN|Input X contains infinity"),
    ],
)
def test_prediction_refuses_what_is_not_finite(values, message, path, fitted):
    bad = X.copy()
    bad.flat[: len(values)] = values
    bad = PATHS[path](bad)
    for call in calls(fitted):
        with pytest.raises(ValueError, match=message):
            call(bad)


@in_turn("path", list(PATHS))
@in_turn("n_features", [1, 3, 5])
def test_prediction_refuses_another_number_of_features(n_features, path, fitted):
    bad = PATHS[path](np.ones((30, n_features)))
    message = f"X has {n_features} features, but {type(fitted).__name__} is expecting 4 features"
    for call in calls(fitted):
        with pytest.raises(ValueError, match=message):
            call(bad)


@in_turn("path", list(PATHS))
def test_prediction_of_one_row_is_that_row_of_all(path, fitted):
    for name in predictors(type(fitted)):
        predict = getattr(fitted, name)
        one = predict(PATHS[path](X[:1]))
        np.testing.assert_allclose(one, predict(X)[:1], rtol=1e-5)


def test_prediction_takes_finite_numbers_whose_sum_is_not(fitted):
    """Weights of zero make them harmless."""
    huge = np.full((2, 4), 1e308)
    numb = copy.deepcopy(fitted)
    numb.coefs_ = [np.zeros_like(weight) for weight in fitted.coefs_]
    for name in predictors(type(fitted)):
        predict = getattr(numb, name)
        assert_array_equal(predict(huge), predict(X[:2]))


@pytest.mark.parametrize("last", [1.0, -1.0, [[1.0], [-1.0]]], ids=["inf", "-inf", "nan"])
def test_prediction_that_overflows_raises(last, fitted):
    """Never nan in silence."""
    overflowing = copy.deepcopy(fitted)
    for number, weight in enumerate(overflowing.coefs_):
        overflowing.coefs_[number] = np.full_like(weight, 10.0)
    weight = overflowing.coefs_[-1]
    weight *= np.resize(last, (len(weight), 1))
    huge = X.copy()
    huge[3] = 1e308
    for call in calls(overflowing):
        with pytest.raises(
            ValueError, match=r"outputs of the network for X must be finite.*sample 3.*Scale X"
        ):
            call(huge)


def test_prediction_that_overflows_in_the_link_alone_raises():
    reg = MLPRegressor("poisson", (), max_iter=1).fit(X, NUMBERS**2)
    reg.intercepts_[0][:] = 800  # exp(800) is infinite
    with pytest.raises(ValueError, match="must be finite, but those for sample 0 are not"):
        reg.predict(X)


@CASTS
@pytest.mark.parametrize("number", [1e39, -1e39])
def test_prediction_with_float32_weights_refuses_larger_numbers(number):
    reg = MLPRegressor(max_iter=1).fit(X.astype(np.float32), NUMBERS)
    too_large = X.copy()
    too_large[2, 1] = number
    with pytest.raises(ValueError, match=r"a value too large for dtype\('float32'\)"):
        reg.predict(too_large)


def test_rows_larger_than_the_working_memory_are_copied_part_by_part():
    columns = np.asfortranarray(X)
    megabytes = X.nbytes / 2**20
    with config_context(working_memory=megabytes):
        assert for_chunks(columns, X.dtype).flags.c_contiguous
    with config_context(working_memory=0.9 * megabytes):
        assert for_chunks(columns, X.dtype) is columns


def test_score_refuses_targets_of_another_length(fitted):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted.score(X, target(type(fitted))[:29])


@EACH
def test_prediction_before_fit_raises(make):
    for call in calls(new(make)):
        with pytest.raises(NotFittedError, match=f"This {make.__name__} instance is not fitted"):
            call(X)


@EACH
@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
def test_weights_of_wrong_shape_set_by_hand_raise(name, make):
    fitted = new(make, max_iter=1).fit(X, target(make))
    good = getattr(fitted, name)
    strings = [np.full(array.shape, "a") for array in good]
    ragged = [[[1.0], [1.0, 2.0]], *good[1:]]
    for bad in ([good[0][:-1], *good[1:]], good[:1], [*good, good[-1]], strings, ragged, None, 1.0):
        setattr(fitted, name, bad)
        for call in (fitted.predict, lambda X: fitted.partial_fit(X, target(make)), pickled):
            argument = fitted if call is pickled else X
            with pytest.raises((TypeError, ValueError), match=r"coefs_|intercepts_"):
                call(argument)
    setattr(fitted, name, good)
    assert len(fitted.predict(X)) == 30


@EACH
def test_weights_set_by_hand_may_be_lists(make):
    fitted = new(make, max_iter=1).fit(X, target(make))
    predicted = fitted.predict(X)
    for name in ("coefs_", "intercepts_"):
        getattr(fitted, name)[0] = getattr(fitted, name)[0].tolist()
    assert_array_equal(fitted.predict(X), predicted)
    assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), predicted)
    fitted.coefs_[0] = (2 * np.asarray(fitted.coefs_[0])).tolist()
    doubled = copy.deepcopy(fitted)
    doubled.coefs_[0] = np.asarray(doubled.coefs_[0])
    assert_array_equal(fitted.transform(X), doubled.transform(X))


def pickled(estimator):
    return pickle.dumps(estimator)


# What is unusual, but fine.


@METHODS
@EACH
def test_scalar_weight_is_the_weight_of_every_sample(make, method):
    y = target(make)
    scalar = train(new(make, max_iter=2, random_state=0), method, X, y, 2)
    array = train(new(make, max_iter=2, random_state=0), method, X, y, np.full(30, 2.0))
    assert_array_equal(scalar.coefs_[0], array.coefs_[0])


@EACH
def test_column_of_targets_is_taken_as_a_vector_with_a_warning(make):
    y = target(make)
    with pytest.warns(UserWarning, match="A column-vector y was passed when a 1d array was"):
        column = new(make, max_iter=2, random_state=0).fit(X, y[:, None])
    vector = new(make, max_iter=2, random_state=0).fit(X, y)
    assert_array_equal(column.coefs_[0], vector.coefs_[0])
    assert column.predict(X).shape == (30,)


@EACH
def test_sparse_targets_are_as_good_as_dense_ones(make):
    y = (np.random.default_rng(0).random((30, 3)) < 0.4).astype(int)
    sparse = new(make, max_iter=2, random_state=0).fit(X, csr_array(y))
    dense = new(make, max_iter=2, random_state=0).fit(X, y)
    assert_array_equal(sparse.coefs_[0], dense.coefs_[0])


@pytest.mark.one_in(3)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@EACH
def test_input_is_never_changed(make, dtype, sparse, solver):
    y, weight = target(make).copy(), np.linspace(0, 1, 30)
    samples = csr_array(X.astype(dtype)) if sparse else X.astype(dtype)
    arrays = [y, weight, *((samples.data, samples.indices) if sparse else (samples,))]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    estimator = new(make, solver=solver, max_iter=3, batch_size=30, shuffle=False)
    estimator.fit(samples, y, sample_weight=weight)
    if solver != "lbfgs":
        estimator.partial_fit(samples, y, sample_weight=weight)
        estimator.set_params(early_stopping=True, validation_fraction=0.2, batch_size="auto")
        estimator.fit(samples, y, sample_weight=weight)
    for call in calls(estimator):
        call(samples)
    for array, old in zip(arrays, copies, strict=True):
        assert_array_equal(array, old)


@WITH_SIZES
def test_parameters_are_never_changed_by_training(make):
    params = {"hidden_layer_sizes": [5, 3], "batch_size": 7, "random_state": 1, "max_iter": 2}
    estimator = new(make, **copy.deepcopy(params)).fit(X, target(make))
    for name, value in params.items():
        assert getattr(estimator, name) == value


# After fit.


@EACH
@pytest.mark.parametrize("layer", ["a", None, [0], 0.5, 9, -9])
def test_transform_refuses_bad_layers(layer, make):
    estimator = new(make).fit(X, target(make))
    with pytest.raises((TypeError, ValueError), match="layer must be"):
        estimator.transform(X, layer=layer)


@EACH
def test_numpy_may_be_told_to_raise(make):
    """What underflows, or overflows on the way to a bound, is no error."""
    estimator = new(make).fit(X, target(make))
    far = X * 1e5
    expected = [getattr(estimator, name)(far) for name in predictors(make)]
    with np.errstate(all="raise"):
        again = new(make).fit(X, target(make))
        for name, wanted in zip(predictors(make), expected, strict=True):
            assert_array_equal(getattr(again, name)(far), wanted)


@EACH
def test_parameters_set_after_fit_are_for_the_next_one(make):
    y = target(make)
    levels = {} if is_classifier(new(make)) else {"loss": "quantile", "quantile": [0.1, 0.9]}
    estimator = new(make, **levels).fit(X, y)
    expected = [getattr(estimator, name)(X) for name in predictors(make)]
    others = {"loss": "squared_error"} if levels else {"loss": "focal", "class_weight": "wish"}
    estimator.set_params(**others, solver="sgd", alpha=-1, dtype="float32", random_state="a")
    for name, wanted in zip(predictors(make), expected, strict=True):
        assert_array_equal(getattr(estimator, name)(X), wanted)
    estimator.set_params(loss="no such loss")
    assert_array_equal(estimator.predict(X), expected[0])


# Numbers of every type and size.


class Cliff(Schedule):
    """The base rate for some epochs, then zero."""

    def __init__(self, epochs):
        self.epochs = epochs

    def rate(self, progress, base):
        return base if progress.epoch < self.epochs else 0.0


ODD_NUMBERS = [
    10**400,
    -(10**400),
    10**5000,
    Fraction(1, 3),
    Fraction(10**400, 3),
    Decimal("0.5"),
    np.longdouble("1e4900"),
    np.timedelta64(1, "s"),
    np.array(0.5),
]
REAL = ("alpha", "beta_1", "dropout", "epsilon", "l1", "learning_rate_init", "max_grad_norm")
REAL += ("max_time", "momentum", "power_t", "quantile", "tol", "validation_fraction")


@pytest.mark.parametrize("name", [*REAL, "weight_decay", "n_iter_no_change", "hidden_layer_sizes"])
def test_numbers_that_are_no_finite_floats_are_refused_by_name(name):
    for value in ODD_NUMBERS:
        if (name, value is ODD_NUMBERS[-1]) == ("quantile", True):
            continue  # an array-like to scikit-learn, and not used
        if name in ("n_iter_no_change", "hidden_layer_sizes") and isinstance(value, int):
            continue  # an int that is too large for a float is none too many epochs
        with pytest.raises(ValueError, match=name) as raised:
            MLPRegressor(**{name: value}).fit(X, NUMBERS)
        assert len(str(raised.value)) < 420


@pytest.mark.parametrize(
    ("params", "like"),
    [
        ({"power_t": 1e308}, {"learning_rate": Cliff(1)}),
        ({"learning_rate": Step(1, 5e-324)}, {"learning_rate": Cliff(1)}),
        ({"learning_rate": OneCycle(10**400)}, {"learning_rate": OneCycle(sys.maxsize)}),
        ({"alpha": np.longdouble("1e-4900")}, {"alpha": 0.0}),
        ({"batch_size": 10**400}, {"batch_size": 30}),
        ({"warmup_steps": 10**400}, {"learning_rate": Cliff(0)}),
        ({"n_iter_no_change": 10**400, "max_grad_norm": np.float32(2)}, {"max_grad_norm": 2.0}),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
def test_numbers_at_the_ends_of_their_ranges_work_as_mathematics_has_it(params, like):
    settings = {"hidden_layer_sizes": (3,), "random_state": 0, "max_iter": 3, "solver": "sgd"}
    settings |= {"learning_rate": "invscaling"} if "power_t" in params else {}
    fits = [MLPRegressor(**settings | own).fit(X, NUMBERS) for own in (params, like)]
    assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])


def test_validation_fraction_of_zero_leaves_nothing_to_validate_on():
    reg = MLPRegressor(early_stopping=True, validation_fraction=0.0)
    with pytest.raises(ValueError, match=r"^validation_fraction must be above 0 .* got 0\.0\. Set"):
        reg.fit(X, NUMBERS)


BAD_SAMPLE_WEIGHTS = [
    ["a"],
    {0: 1},
    [1j] * 30,
    1j,
    10**400,
    [10**400] * 30,
    len,
    [[1], [1, 2]] * 15,
]


@pytest.mark.parametrize("weight", BAD_SAMPLE_WEIGHTS, ids=lambda weight: repr(weight)[:20])
def test_weights_that_are_none_are_refused_by_the_name_of_the_argument(weight):
    y = target(MLPClassifier)
    clf = new(MLPClassifier).fit(X, y)
    for call in (clf.fit, clf.score):
        with pytest.raises(ValueError, match="sample_weight must "):
            call(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="sample_weight_val: sample_weight must "):
        clf.fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)
    reg = new(MLPRegressor).fit(X, NUMBERS)
    with pytest.raises(ValueError, match="sample_weight must "):
        reg.score(X, NUMBERS, sample_weight=weight)


@pytest.mark.parametrize(
    ("weight", "y", "message"),
    [
        ({0: "a"}, LABELS, "got 'a' for class 0"),
        ({0: 10**400}, LABELS, r"401 characters\) for class 0\. The largest number"),
        ({0: Fraction(1, 2)}, LABELS, r"for class 0\. Pass it as an int or a float\."),
        (dict.fromkeys(range(3), 1e308), LABELS, "with a sum from .* got the sum inf"),
        (dict.fromkeys(range(3), 5e-324), LABELS, "with a sum from .* got the sum 1.*e-322"),
        ([{0: -1}, {0: 1}], np.stack([LABELS, LABELS % 2], 1), "got -1 for class 0"),
        ([{0: 1}], np.stack([LABELS, LABELS % 2], 1), "a list of 2 dicts, one per column of y"),
        ([1, 2], np.stack([LABELS, LABELS % 2], 1), "a dict or 'balanced' for each column"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_class_weights_that_are_none_are_refused_by_name(weight, y, message):
    clf = new(MLPClassifier, class_weight=weight)
    assert_fresh_failure(clf, "fit", (X, y), f"^class_weight must .*{message}")


def test_class_weight_times_sample_weight_is_named_if_their_sum_overflows():
    clf = new(MLPClassifier, class_weight={0: 1e200, 1: 1.0, 2: 1.0})
    message = "^class_weight times sample_weight must be finite with a sum from"
    assert_fresh_failure(clf, "fit", (X, LABELS, np.full(30, 1e200)), message)
    balanced = new(MLPClassifier, class_weight=["balanced", {0: 1.0, 1: 1.0}])
    assert balanced.fit(X, np.stack([LABELS, LABELS % 2], 1)).n_iter_ == 2


def test_samples_that_no_float_can_hold_are_refused_by_name():
    for make in (MLPRegressor, CNNRegressor):
        good, bad = X.tolist(), [[10**400, 1.0, 1.0, 1.0]] * 30
        message = "must hold numbers that fit into a float"
        assert_fresh_failure(new(make), "fit", (bad, NUMBERS), f"^X {message}")
        if make is MLPRegressor:
            assert_fresh_failure(new(make), "fit", (good, [10**400] * 30), f"^y {message}")
        with pytest.raises(ValueError, match=f"^X {message}"):
            new(make).fit(X, NUMBERS).predict(bad)


def test_list_within_a_row_of_numbers_is_refused_by_row():
    rows = [*X[:29].tolist(), [1.0, [2.0], 3.0, 4.0]]
    message = "X must have rows of the same shape, got row 29, whose own rows differ in shape"
    for make in (MLPRegressor, CNNRegressor):
        assert_fresh_failure(new(make), "fit", (rows, NUMBERS), f"^{message}")
        with pytest.raises(ValueError, match=f"^{message}"):
            new(make).fit(X, NUMBERS).predict(rows)
    reg = new(MLPRegressor).fit(X, NUMBERS)
    with pytest.raises(ValueError, match=r"^y must have rows .* row 29, whose own"):
        reg.score(X, rows)


SPAN = np.timedelta64(1, "s")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pooling": [["max"]]}, r"^pooling must be None or one of .*, got \['max'\]"),
        ({"input_shape": np.array(3)}, r"^input_shape must be \(height, width\).*got array\(3\)"),
        ({"random_state": SPAN}, r"^random_state must be .* time span np\.timedelta64\(1,'s'\)"),
        ({"verbose": SPAN}, r"^verbose must be .* time span np\.timedelta64\(1,'s'\)"),
        ({"n_iter_no_change": np.timedelta64(1, "s")}, r"^n_iter_no_change must be .* time span"),
        ({"scoring": Cliff}, r"^scoring must be an object, got the class .*Cliff"),
        ({"validation_fraction": KFold}, r"^validation_fraction must .* Call it: valid.*=KFold\("),
        ({"hidden_layer_sizes": range(10**12)}, "^hidden_layer_sizes must be at most 10000"),
        ({"hidden_layer_sizes": [1] * 10001}, "^hidden_layer_sizes must be at most 10000 ints"),
        ({"input_shape": range(10**12)}, r"^input_shape must be .* got range\(0, 10+\)"),
    ],
)
def test_odd_values_of_parameters_are_refused_by_name(params, message):
    with pytest.raises(ValueError, match=message):
        CNNRegressor((2,), **params).fit(np.zeros((4, 3, 3)), np.arange(4.0))


def test_shortcut_that_is_an_array_is_refused_by_name():
    layer = Residual([Dense(2)], shortcut=np.array(["auto", "identity"]))
    with pytest.raises(ValueError, match=r"shortcut must be one of 'auto', .*, got array"):
        layer.check()


def test_score_refuses_targets_too_large_for_a_float():
    x, y = np.eye(4), np.arange(4.0)
    regressor = MLPRegressor(hidden_layer_sizes=(2,), batch_size=4).partial_fit(x, y)
    with pytest.raises(ValueError, match=r"^y must hold numbers that fit into a float"):
        regressor.score(x, [10**400] * 4)


@pytest.mark.parametrize("go_on", [MLPRegressor.partial_fit, trace])
@pytest.mark.parametrize(
    ("name", "value"), [("alpha", "x"), ("alpha", 10**400), ("alpha", np.ones(2))]
)
def test_parameters_that_became_invalid_after_fit_are_named(name, value, go_on):
    x, y = np.eye(4), np.arange(4.0)
    regressor = MLPRegressor(hidden_layer_sizes=(2,), batch_size=4).partial_fit(x, y)
    with pytest.raises(InvalidParameterError, match=f"^The {name!r} parameter of MLPRegressor"):
        go_on(regressor.set_params(**{name: value}), x, y)
