"""Every number of one step of training, against the formulas and against training itself."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pytest
from helpers import Shifted, Square, built_in
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.exceptions import NotFittedError

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.solvers import STOCHASTIC_SOLVERS
from sknn.inspection import trace
from sknn.inspection.tracing.formulas import LAYERS
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    HardSigmoid,
    Layer,
    LayerNorm,
    MaxPool2D,
    PReLU,
    SiLU,
)
from sknn.nn.batches import Rows
from sknn.nn.gradient import Gradient
from sknn.nn.initializers import Constant
from sknn.nn.network import Network
from sknn.nn.parameters import Parameter

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, N_FEATURES = 12, 6


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


X = normal(N, N_FEATURES)
IMAGES = normal(N, 8, 7, 2)
LABELS = np.arange(N) % 3
NUMBERS = normal(N, seed=1)
WEIGHT = np.random.default_rng(2).uniform(0.5, 2, size=N)


# The worked example of 3-3-3-3 units


def worked_example():
    """(estimator, X, y): relu, logistic, softmax; all biases 1; gradient descent at 0.01."""
    X, y = np.array([[0.1, 0.2, 0.7]]), [0]
    clf = MLPClassifier(
        (3, 3), ["relu", "logistic"], solver="sgd", learning_rate_init=0.01, momentum=0, alpha=0
    )
    clf.partial_fit(X, y, classes=[0, 1, 2])
    clf.coefs_ = [
        np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]]),
        np.array([[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]]),
        np.array([[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]]),
    ]
    clf.intercepts_ = [np.ones(3)] * 3
    return clf, X, y


AFTER = [
    [
        [0.09999275, 0.19998906, 0.2999815],
        [0.29998551, 0.19997812, 0.699963],
        [0.39994927, 0.29992343, 0.89987049],
    ],
    [
        [0.1996535, 0.29995275, 0.49997129],
        [0.29967403, 0.49995555, 0.69997299],
        [0.599538, 0.399937, 0.79996172],
    ],
    [
        [0.10752523, 0.39732099, 0.79515378],
        [0.30753841, 0.6973163, 0.19514529],
        [0.50787193, 0.19719757, 0.8949305],
    ],
]


def test_trace_has_the_numbers_of_the_worked_example():
    step = trace(*worked_example())
    first, second, last = step.layers
    assert_allclose(first.a, [[1.35, 1.27, 1.8]], atol=5e-9)
    assert_allclose(second.a, [[0.93883129, 0.94047563, 0.9820843]], atol=5e-9)
    assert_allclose(last.z, [[1.86706797, 2.23028232, 2.82303603]], atol=5e-9)
    assert_allclose(step.prediction, [[0.19844689, 0.28535553, 0.51619758]], atol=5e-9)
    assert_allclose(step.loss, 1.61723375, atol=5e-9)
    assert_allclose(last.delta, [[-0.80155311, 0.28535553, 0.51619758]], atol=5e-9)
    for layer, weight in zip(step.layers, AFTER, strict=True):
        assert_allclose(layer.after["weight"], weight, atol=5e-9)
    assert_allclose(last.after["bias"], 1 - 0.01 * last.delta, atol=1e-15)


def test_page_of_the_worked_example_shows_its_numbers_digit_for_digit():
    page = str(trace(*worked_example()))
    shown = set(re.findall(r"-?\d\.\d*", page))
    numbers = [1.35, 1.27, 1.8, 0.93883129, 0.94047563, 0.9820843, 1.86706797, 2.23028232]
    numbers += [2.82303603, 0.19844689, 0.28535553, 0.51619758, 1.61723375, -0.80155311]
    numbers += np.ravel(AFTER).tolist()
    assert {str(number) for number in numbers} <= shown
    assert not {"0.2698", "0.3223", "0.4078"} & {number[:6] for number in shown}  # no softmax
    assert "data loss = 1.61723375" in page
    assert "delta = dx of dense3 * f'(z)  (1, 3)" in page


def test_trace_has_the_numbers_of_scikit_learns_example():
    """Those of ``test_fit`` in scikit-learn's tests of its MLPs."""
    X, y = np.array([[0.6, 0.8, 0.7]]), [0]
    clf = MLPClassifier(
        2, "logistic", solver="sgd", alpha=0.1, learning_rate_init=0.1, momentum=0
    ).partial_fit(X, y, classes=[0, 1])
    clf.coefs_ = [np.array([[0.1, 0.2], [0.3, 0.1], [0.5, 0]]), np.array([[0.1], [0.2]])]
    clf.intercepts_ = [np.full(2, 0.1), np.ones(1)]
    first, last = trace(clf, X, y).layers
    wanted = [[0.098, 0.195756], [0.2956664, 0.096008], [0.4939998, -0.002244]]
    assert_allclose(first.after["weight"], wanted, atol=1e-3)
    assert_allclose(first.after["bias"], [[0.098333, 0.09626]], atol=1e-3)
    assert_allclose(last.after["weight"], [[0.04706], [0.154089]], atol=1e-3)
    assert_allclose(last.after["bias"], [[0.9235]], atol=1e-3)
    assert_allclose(last.delta, expit(last.z), atol=1e-15)  # p - 0


# Against training

STACK = [
    Conv2D(4, activation="tanh"),
    MaxPool2D(),
    Dropout(0.4),
    Conv2D(5, 2, stride=2, activation=PReLU()),
    BatchNorm(),
    Activate("elu"),
    AveragePool2D(2, padding="same"),
    Flatten(),
    Dense(7, "gelu"),
    LayerNorm(),
    Dropout(0.2),
    Dense(5, PReLU(shared=False), bias=False),
    Dense(4, PReLU(), trainable=False),
]
SMALL = {"max_iter": 2, "random_state": 0, "batch_size": 5}
SETTINGS = {"alpha": 0.3, "l1": 0.02, **SMALL}
CASES = {
    "mlp": (MLPClassifier(5, **SETTINGS), X, LABELS),
    "two classes": (MLPClassifier((5, 4), "tanh", **SETTINGS), X, LABELS == 0),
    "linear": (MLPClassifier((), **SETTINGS), X, LABELS),
    "several labels": (MLPClassifier(5, **SETTINGS), X, normal(N, 3, seed=3) > 0),
    "several columns": (
        MLPClassifier(5, **SETTINGS),
        X,
        np.column_stack([LABELS, np.arange(N) % 2]),
    ),
    "focal": (MLPClassifier(5, loss="focal", **SETTINGS), X, LABELS),
    "hinge": (MLPClassifier(5, loss="hinge", **SETTINGS), X, LABELS),
    "perceptron": (MLPClassifier(5, loss="perceptron", **SETTINGS), X, LABELS),
    "label smoothing": (MLPClassifier(5, label_smoothing=0.2, **SETTINGS), X, LABELS),
    "class weight": (MLPClassifier(5, class_weight={0: 3.0, 2: 0.5}, **SETTINGS), X, LABELS),
    "class weight of labels": (
        MLPClassifier(5, class_weight=[{0: 1.0, 1: w} for w in (1, 2, 3)], **SETTINGS),
        X,
        normal(N, 3, seed=3) > 0,
    ),
    "batch norm": (MLPClassifier((5, 4), normalization="batch", **SETTINGS), X, LABELS),
    "layer norm": (MLPClassifier((5, 4), normalization="layer", **SETTINGS), X, LABELS),
    "dropout": (MLPClassifier((5, 4), dropout=[0.2, 0.3, 0.4], **SETTINGS), X, LABELS),
    "own activation": (MLPClassifier(5, Square(), **SETTINGS), X, LABELS),
    "sparse": (MLPClassifier(5, **SETTINGS), csr_array(X * (X > 0)), LABELS),
    "cnn": (CNNClassifier((3, 4), hidden_layer_sizes=5, **SETTINGS), IMAGES, LABELS),
    "cnn of many filters": (  # enough of them for another way to convolve
        CNNClassifier((32, 32), hidden_layer_sizes=5, **SETTINGS),
        IMAGES,
        LABELS,
    ),
    "cnn with all": (
        CNNClassifier((3, 4), hidden_layer_sizes=5, normalization="batch", dropout=0.2, **SETTINGS),
        IMAGES,
        LABELS,
    ),
    "cnn of integers": (
        CNNClassifier(3, hidden_layer_sizes=5, dtype="float64", **SETTINGS),
        (40 * np.abs(IMAGES)).astype(np.uint8),
        LABELS,
    ),
    "cnn regressor": (CNNRegressor(filters=3, hidden_layer_sizes=5, **SETTINGS), IMAGES, NUMBERS),
    "sequential": (SequentialClassifier(STACK, **SETTINGS), IMAGES, LABELS),
    "global pooling": (
        SequentialRegressor([Conv2D(4), GlobalAveragePool2D()], **SETTINGS),
        IMAGES,
        NUMBERS,
    ),
    "lbfgs": (MLPClassifier(5, solver="lbfgs", **SETTINGS), X.astype(np.float32), LABELS),
} | {
    f"{loss} of numbers": (
        MLPRegressor(loss, 5, quantile=[0.1, 0.6], **SETTINGS),
        X,
        np.abs(NUMBERS) + 0.1,
    )
    for loss in (
        "absolute_error",
        "gamma",
        "huber",
        "log_cosh",
        "poisson",
        "quantile",
        "root_mean_squared_error",
        "squared_error",
    )
}
each_case = pytest.mark.parametrize("case", CASES)


@pytest.fixture(scope="module")
def fitted():
    """name -> (fitted estimator, X, y) of a case; fitted once."""
    done = {}

    def of(case):
        if case not in done:
            estimator, X, y = CASES[case]
            done[case] = estimator.fit(X, y), X, y
        return done[case]

    return of


def undropped(layers):
    """The layers with no dropout, as a trace has them."""
    return [Dropout(0.0) if isinstance(layer, Dropout) else layer for layer in layers]


def gradient_of_training(estimator, X, y, sample_weight):
    """(data loss, penalty, Gradient that holds the gradient of both), as a step computes them."""
    model = estimator._current_model()
    dtype = np.dtype(np.float64) if estimator.solver == "lbfgs" else model.dtype
    X, labels = estimator._validated(X, y, [model.dtype], reset=False)
    labels = estimator._learn(labels, learn=False, some=False)
    targets, codebook = estimator._encode(labels, dtype)
    if sample_weight is not None:
        sample_weight = sample_weight.astype(model.dtype)  # as X is, lbfgs or not
    weight = estimator._loss_weight(labels, sample_weight)
    shape = model.network.shapes[0]
    rows = Rows(X, targets, weight, dtype=dtype, shape=shape, codebook=codebook)
    gradient = Gradient(
        Network(undropped(model.network.layers), shape),
        estimator._training_loss(),
        model.theta.astype(dtype),
        model.state.astype(dtype),
    )
    gradient.place(0, 0, 0)
    batch = rows.take(slice(None))
    value = gradient.mean(batch)
    share = 1 / batch.weight_sum
    return value, gradient.add_penalty(estimator.alpha * share, estimator.l1 * share), gradient


@pytest.mark.one_in(2)
@each_case
@pytest.mark.parametrize("sample_weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_trace_has_the_loss_and_gradient_of_training(case, sample_weight, fitted):
    estimator, X, y = fitted(case)
    step = trace(estimator, X, y, sample_weight)
    value, penalty, gradient = gradient_of_training(estimator, X, y, sample_weight)
    rtol = 1e-10 if gradient.theta.dtype == np.float64 else 2e-4
    assert_allclose(step.data_loss, value, rtol=rtol)
    assert_allclose(step.l2_penalty + step.l1_penalty, penalty, rtol=rtol)
    assert_allclose(step.loss, value + penalty, rtol=rtol)
    largest = np.abs(gradient.grad).max()
    views = gradient.network.layout.views(gradient.grad)
    for layer, grads in zip(step.layers, views, strict=True):
        assert layer.grads.keys() == grads.keys()
        for name, grad in grads.items():
            assert_allclose(layer.grads[name], grad, rtol=rtol, atol=rtol * largest)
    assert_allclose(step.gradient_norm, gradient.norm(), rtol=rtol)


def trains_as_traced(estimator):
    """Whether training is by steps, and drops no units."""
    dropped = any(isinstance(layer, Dropout) for layer in estimator._layers(1))
    return estimator.solver != "lbfgs" and not dropped


@pytest.mark.parametrize(
    "case", [case for case, (estimator, *_) in CASES.items() if trains_as_traced(estimator)]
)
def test_weights_after_the_step_are_those_of_a_first_epoch_in_one_batch(case, fitted):
    estimator, X, y = fitted(case)
    settings = {"batch_size": N, "shuffle": False}
    copy = pickle.loads(pickle.dumps(estimator)).set_params(**settings)
    step = trace(estimator, X, y)
    copy.partial_fit(X, y)
    assert_allclose(step.loss, copy.loss_, rtol=1e-4 if copy._model.dtype == np.float32 else 1e-10)
    for layer, params in zip(step.layers, copy._model.params, strict=True):
        for name, param in params.items():
            # adam's first step is the sign of the gradient: of one near 0 it is anything
            small = np.abs(layer.grads[name]) < 1e-5
            assert_allclose(layer.after[name][~small], param[~small], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("solver", STOCHASTIC_SOLVERS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"warmup_steps": 10},
        {"learning_rate": "one_cycle", "max_iter": 1},
        {"max_grad_norm": 0.01},
    ],
    ids=lambda settings: next(iter(settings), "defaults"),
)
def test_step_is_that_of_the_solver(solver, settings):
    settings = {"solver": solver, "alpha": 0.1, "max_iter": 5, "shuffle": False, **settings}
    clf = MLPClassifier(5, learning_rate_init=0.02, random_state=0, **settings).fit(X, LABELS)
    step = trace(clf, X, LABELS)
    start = {"coef_init": clf.coefs_, "intercept_init": clf.intercepts_}
    after = MLPClassifier(**clf.get_params()).set_params(max_iter=1)
    if settings.get("learning_rate") != "one_cycle":  # its length is max_iter
        assert step.learning_rate == pytest.approx(0.02 / settings.get("warmup_steps", 1))
    after.fit(X, LABELS, **start)
    for layer, coef, intercept in zip(step.layers, after.coefs_, after.intercepts_, strict=True):
        assert_allclose(layer.after["weight"], coef, rtol=1e-9, atol=1e-12)
        assert_allclose(layer.after["bias"][0], intercept, rtol=1e-9, atol=1e-12)


def test_gradient_norm_is_that_before_clipping():
    clf = MLPClassifier(5, max_grad_norm=0.01, **SMALL).fit(X, LABELS)
    step = trace(clf, X, LABELS)
    squares = [np.sum(grad**2) for layer in step.layers for grad in layer.grads.values()]
    assert_allclose(step.gradient_norm, np.sqrt(np.sum(squares)), rtol=1e-12)
    assert step.gradient_norm > 0.01
    assert "scaled down to a norm of max_grad_norm = 0.01" in str(step)


# Against formulas


def test_each_layer_follows_from_the_one_before():
    reg = MLPRegressor("squared_error", (5, 4), ["tanh", "relu"], alpha=0, **SMALL).fit(X, NUMBERS)
    step = trace(reg, X, NUMBERS)
    x, slopes = X, [lambda z: 1 - np.tanh(z) ** 2, lambda z: z > 0, np.ones_like]
    for layer, activation in zip(
        step.layers, (np.tanh, lambda z: np.maximum(z, 0), lambda z: z), strict=True
    ):
        assert_allclose(layer.x, x, rtol=1e-13)
        assert_allclose(layer.z, x @ layer.params["weight"] + layer.params["bias"], rtol=1e-12)
        x = activation(layer.z)
        assert_allclose(layer.a, x, rtol=1e-13)
    assert_allclose(step.loss, np.mean((x[:, 0] - NUMBERS) ** 2) / 2, rtol=1e-13)
    da = (x - NUMBERS[:, None]) / N
    for layer, slope in zip(reversed(step.layers), reversed(slopes), strict=True):
        assert_allclose(layer.da, da, rtol=1e-11)
        delta = da * slope(layer.z)
        assert_allclose(layer.delta, delta, rtol=1e-11)
        assert_allclose(layer.grads["weight"], layer.x.T @ delta, rtol=1e-11)
        assert_allclose(layer.grads["bias"], delta.sum(axis=0, keepdims=True), rtol=1e-11)
        da = delta @ layer.params["weight"].T
        assert_allclose(layer.dx, da, rtol=1e-11)


def test_parts_of_the_loss_are_those_of_their_formulas():
    clf = MLPClassifier((5, 4), alpha=0.3, l1=0.02, **SMALL).fit(X, LABELS)
    step = trace(clf, X, LABELS, WEIGHT)
    p = clf.predict_proba(X)[np.arange(N), LABELS]
    weights, n = np.concatenate([coef.ravel() for coef in clf.coefs_]), WEIGHT.sum()
    assert_allclose(step.data_loss, -(WEIGHT * np.log(p)).sum() / n, rtol=1e-12)
    assert_allclose(step.l2_penalty, 0.3 / (2 * n) * np.sum(weights**2), rtol=1e-12)
    assert_allclose(step.l1_penalty, 0.02 / n * np.abs(weights).sum(), rtol=1e-12)
    assert_allclose(step.weight_sum, n)
    assert_array_equal(step.weight, WEIGHT)
    assert_array_equal(step.y, np.eye(3)[LABELS])


def test_batch_norm_uses_the_samples_and_of_one_the_running_statistics():
    clf = MLPClassifier(5, normalization="batch", **SMALL).fit(X, LABELS)
    layer = trace(clf, X, LABELS)["batchnorm1"]
    mean, variance = layer.x.mean(axis=0), layer.x.var(axis=0)
    wanted = (layer.x - mean) / np.sqrt(variance + 1e-5)
    assert_allclose(
        layer.z, wanted * layer.params["scale"] + layer.params["shift"], rtol=1e-9, atol=1e-12
    )
    step = trace(clf, X[:1], LABELS[:1])
    assert_allclose(step.prediction, clf.predict_proba(X[:1]), rtol=1e-12)
    assert "BatchNorm uses the statistics of these samples" in str(step)


def test_dropout_is_off_and_the_page_says_so():
    clf = MLPClassifier((5, 4), dropout=[0.5, 0.5, 0.5], **SMALL).fit(X, LABELS)
    step = trace(clf, X, LABELS)
    assert_allclose(step.prediction, clf.predict_proba(X), rtol=1e-12)
    assert_array_equal(step["dropout1"].z, X)
    assert_array_equal(step["dropout2"].dx, step["dense2"].dx)
    assert "Dropout is off" in str(step)


def test_augmented_images_are_as_given_and_the_page_says_so():
    clf = CNNClassifier(3, hidden_layer_sizes=5, augment="shift", **SMALL).fit(IMAGES, LABELS)
    step = trace(clf, IMAGES, LABELS)
    assert_array_equal(step[0].x, IMAGES.astype(np.float32))
    assert "not augmented, unlike in training" in str(step)
    assert "augment" not in str(trace(*worked_example()))


def test_lbfgs_takes_no_step():
    step = trace(*[CASES["lbfgs"][0].fit(*CASES["lbfgs"][1:]), *CASES["lbfgs"][1:]])
    assert step.learning_rate is None
    assert step.optimizer is None
    assert [layer.after for layer in step.layers] == [None, None]
    assert step[0].grads["weight"].dtype == np.float64  # in which SciPy works
    assert "There is no single step: with solver='lbfgs'" in str(step)
    assert "after the step" not in str(step)
    assert "after" not in step[0].to_frame("weight")


def test_frozen_layers_have_gradients_but_take_no_step():
    clf = SequentialClassifier([Dense(4, trainable=False), Dense(3)], **SMALL).fit(X, LABELS)
    frozen, free, _ = trace(clf, X, LABELS).layers
    assert np.all(frozen.after["weight"] == frozen.params["weight"])
    assert np.all(free.after["weight"] != free.params["weight"])
    assert_allclose(frozen.grads["weight"], X.T @ frozen.delta, rtol=1e-12)


# Nothing changes


def global_state():
    return pickle.dumps(np.random.get_state())  # noqa: NPY002  the one that is not to change


@each_case
def test_trace_leaves_the_estimator_as_it_is(case, fitted):
    estimator, X, y = fitted(case)
    before, drawn = pickle.dumps(estimator), global_state()
    given = X.copy()
    step = trace(estimator, X, y, WEIGHT)
    for layer in step.layers:
        for array in [layer.x, layer.z, layer.a, layer.delta, layer.dx, *layer.params.values()]:
            array.fill(np.nan)  # they are the trace's own
    assert pickle.dumps(estimator) == before
    assert global_state() == drawn
    difference = given != X
    assert (difference.nnz if hasattr(difference, "nnz") else difference.sum()) == 0


def test_trace_holds_none_of_the_callers_arrays():
    reg = MLPRegressor("squared_error", 5, solver="lbfgs", **SMALL).fit(X, NUMBERS)
    y, weight = NUMBERS.copy(), WEIGHT.copy()
    step = trace(reg, X, y, weight)
    arrays = [step.y, step.weight, step.prediction]
    for layer in step.layers:
        arrays += [layer.x, layer.z, layer.a, layer.da, layer.delta, layer.dx]
        arrays += [*layer.params.values(), *layer.grads.values()]
    for array in arrays:
        for given in (X, y, weight, reg._model.theta, reg._model.state):
            assert not np.shares_memory(array, given)
    labels = MLPClassifier(3, class_weight=[{1: 2.0}, {}], **SMALL)
    weights = trace(labels.fit(X, X[:, :2] > 0), X, X[:, :2] > 0, weight).weight
    assert_allclose(weights, weight[:, None] * np.where(X[:, :2] > 0, [2, 1], 1))


class Slower(Dense):
    """A layer that learns at a quarter of the rate of others."""

    def parameters(self, input_shape):
        return [replace(own, rate=0.25) for own in super().parameters(input_shape)]


def test_layers_step_at_rates_of_their_own_and_the_page_says_so():
    settings = {"solver": "sgd", "momentum": 0, "alpha": 0, "learning_rate_init": 0.5}
    clf = SequentialClassifier([Slower(4), Dense(3)], **settings, **SMALL).fit(X, LABELS)
    step = trace(clf, X, LABELS)
    for layer, rate in zip(step.layers, (0.125, 0.5, 0.5), strict=True):
        for name, param in layer.params.items():
            assert_allclose(layer.after[name], param - rate * layer.grads[name], rtol=1e-12)
    assert str(step).count("after the step, with 0.25 times the rate  (") == 2


def test_rate_is_that_of_the_first_step_of_a_schedule():
    settings = {"learning_rate": "one_cycle", "learning_rate_init": 0.1, "batch_size": N}
    clf = MLPClassifier(3, **settings, max_iter=7, random_state=0).fit(X, LABELS)
    first, second = clf.history_["learning_rate"][:2]
    assert trace(clf, X, LABELS).learning_rate == pytest.approx(first)
    assert first != pytest.approx(second)
    clf.set_params(learning_rate="cosine", max_grad_norm=3.0)
    step = trace(clf, X, LABELS)
    assert step.learning_rate == pytest.approx(0.1)
    assert step.max_grad_norm == 3
    assert trace(clf.set_params(solver="lbfgs"), X, LABELS).max_grad_norm is None


def test_samples_of_no_weight_and_single_units_are_traced():
    weight = np.where(np.arange(N) == 4, 0.0, WEIGHT)
    clf = MLPClassifier((1,), alpha=0, **SMALL).fit(X, LABELS)
    step, others = (
        trace(clf, X, LABELS, weight),
        trace(*[clf, *(np.delete(a, 4, 0) for a in (X, LABELS, WEIGHT))]),
    )
    assert_allclose(step.loss, others.loss, rtol=1e-12)
    assert_allclose(step.gradient_norm, others.gradient_norm, rtol=1e-12)
    assert_array_equal(step[1].delta[4], np.zeros(3))
    one = trace(clf, X[:1], LABELS[:1])
    assert_allclose(one.loss, -np.log(clf.predict_proba(X[:1])[0, LABELS[0]]), rtol=1e-12)


def test_numbers_that_overflow_are_traced():
    reg = MLPRegressor("squared_error", 3, "identity", **SMALL).fit(X, NUMBERS)
    step = trace(reg, 1e200 * X, NUMBERS)
    assert step.data_loss == np.inf
    assert "data loss = inf" in str(step)


def test_trace_draws_nothing_from_the_estimators_generator():
    random_state = np.random.RandomState(0)
    clf = MLPClassifier(5, dropout=0.5, max_iter=2, random_state=random_state)
    clf.partial_fit(X, LABELS, classes=[0, 1, 2])
    before, run = pickle.dumps(random_state), pickle.dumps(clf._run)
    trace(clf, X, LABELS)
    assert pickle.dumps(random_state) == before
    assert pickle.dumps(clf._run) == run


def test_weights_replaced_by_hand_are_traced():
    clf = MLPClassifier(5, **SMALL).fit(X, LABELS)
    clf.coefs_[0] = normal(N_FEATURES, 5, seed=7)
    step = trace(clf, X, LABELS)
    assert_array_equal(step[0].params["weight"], normal(N_FEATURES, 5, seed=7))
    assert_allclose(step.prediction, clf.predict_proba(X), rtol=1e-12)


def test_regressor_made_by_hand_is_traced():
    reg = MLPRegressor("squared_error", 2, "identity")
    reg.coefs_, reg.intercepts_ = [np.eye(2), np.ones((2, 1))], [np.zeros(2), np.zeros(1)]
    step = trace(reg, [[1.0, 2.0]], [1.0])
    assert step.prediction == 3
    assert step.data_loss == 2


# One output of a convolution


@pytest.mark.parametrize(
    "layer",
    [
        Conv2D(3),
        Conv2D(3, (2, 3), stride=2, padding="valid", bias=False),
        Conv2D(3, 3, stride=(1, 2), padding=((2, 0), (1, 1)), dilation=2, activation="tanh"),
        Conv2D(32, activation="identity"),
    ],
    ids=["same", "valid", "dilated", "many filters"],
)
def test_window_is_that_of_a_naive_loop(layer):
    X = normal(N, 7, 6, 2) if layer.filters < 32 else normal(N, 7, 6, 32)
    reg = SequentialRegressor([("conv", layer), Flatten()], dtype="float64", **SMALL)
    step = trace(reg.fit(X, NUMBERS), X, NUMBERS)
    z = step["conv"].z
    (top, bottom), sides = layer.windows(X.shape[1:]).padding
    padded = np.pad(X, ((0, 0), (top, bottom), sides, (0, 0)))
    down, across = np.broadcast_to(layer.stride, 2)
    for sample, row, column, filter in [(0, 0, 0, 0), (3, 1, 2, 1), (N - 1, -1, -1, 2)]:
        row, column = row % z.shape[1], column % z.shape[2]
        window = step.window("conv", sample, (row, column), filter)
        total = 0.0
        for i, j, channel in np.ndindex(window.pixels.shape):
            at = row * down + i * layer.dilation, column * across + j * layer.dilation
            pixel = padded[sample, *at, channel]
            weight = step["conv"].params["weight"][i, j, channel, filter]
            assert window.pixels[i, j, channel] == pixel
            assert window.weight[i, j, channel] == weight
            assert window.products[i, j, channel] == pixel * weight
            total += pixel * weight
        bias = step["conv"].params["bias"][0, filter] if layer.bias else 0
        assert window.bias == bias
        assert_allclose(window.z, total + bias, rtol=1e-12, atol=1e-14)
        assert_allclose(window.z, z[sample, row, column, filter], rtol=1e-10, atol=1e-12)
        assert window.a == step["conv"].a[sample, row, column, filter]


def test_page_of_a_window_shows_pixels_weights_products_and_the_sum():
    X = np.arange(8.0).reshape(2, 2, 2, 1)
    reg = SequentialRegressor([Conv2D(1, 2, padding="valid"), Flatten()], max_iter=1)
    reg.fit(X, [0.0, 1.0])
    reg.coefs_ = [np.array([[[[0.5]], [[-1]]], [[[2]], [[0.25]]]]), np.ones((1, 1))]
    reg.intercepts_ = [np.array([0.125]), np.zeros(1)]
    page = str(trace(reg, X, [0.0, 1.0]).window("conv2d1", 1, (0, 0), 0))
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "a window of 2 x 2 pixels, 1 channel" in lines[0]
    assert lines[2:] == [
        "channel 0",
        "pixels weight pixels * weight",
        "[[4. 5.] [[ 0.5 -1. ] [[ 2. -5. ]",
        "[6. 7.]] [ 2. 0.25]] [12. 1.75]]",
        "",
        "z = sum of pixels * weight + bias = 10.75 + 0.125 = 10.875",
        "a = max(z, 0) = 10.875",
    ]


def test_page_of_a_window_shows_few_of_many_channels():
    X = normal(N, 5, 5, 9)
    reg = SequentialRegressor([Conv2D(2), Flatten()], max_iter=1).fit(X, NUMBERS)
    page = str(trace(reg, X, NUMBERS).window(0, filter=1))
    assert re.findall(r"^channel (\d)$", page, re.M) == ["0", "1", "2", "3"]
    assert "... and 5 more channels" in page


def test_short_texts_of_layer_and_window_say_which_and_how_large():
    X = normal(N, 5, 5, 2)
    reg = SequentialRegressor([Conv2D(3), Flatten()], max_iter=1).fit(X, NUMBERS)
    step = trace(reg, X, NUMBERS)
    layer, window = step["conv2d1"], step.window("conv2d1", 4, (2, 1), 2)
    assert repr(layer) == "<LayerTrace of conv2d1: (12, 5, 5, 2) -> (12, 5, 5, 3)>"
    assert repr(window) == f"<Window of conv2d1 at (2, 1): z = {window.z:.8g}>"


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (("dense1",), r"layer must be a Conv2D, got dense1"),
        (("conv2d1", N), r"sample must be from 0 to 11, got 12"),
        (("conv2d1", 0, (8, 0)), r"row must be from 0 to 7, got 8"),
        (("conv2d1", 0, (0, -1)), r"column must be from 0 to 6, got -1"),
        (("conv2d1", 0, (0, 0), 3), r"filter must be from 0 to 2, got 3"),
        (("conv2d1", 0, (0,)), r"position must be a pair"),
    ],
)
def test_window_that_is_not_there_raises(where, message, fitted):
    with pytest.raises(ValueError, match=message):
        trace(*fitted("cnn")).window(*where)


# Tables and pages


@pytest.mark.parametrize(
    ("activation", "text", "f"),
    [
        ("silu", "z / (1 + exp(-z)), also called swish", lambda z: z * expit(z)),
        (SiLU(2.5), "z / (1 + exp(-beta * z))", lambda z: z * expit(2.5 * z)),
        ("hard_sigmoid", "min(max(z / 6 + 1/2, 0), 1)", lambda z: np.clip(z / 6 + 0.5, 0, 1)),
        (
            HardSigmoid(0.25),
            "min(max(slope * z + 1/2, 0), 1)",
            lambda z: np.clip(z / 4 + 0.5, 0, 1),
        ),
        ("sigmoid", "1 / (1 + exp(-z))", expit),
    ],
    ids=["silu", "silu, beta", "hard_sigmoid", "hard_sigmoid, slope", "sigmoid"],
)
def test_page_has_the_formula_of_the_settings_and_what_it_gives(activation, text, f):
    clf = SequentialClassifier([Dense(3, activation, bias=False), Dense(2)], **SMALL)
    step = trace(clf.fit(X, LABELS), X, LABELS)
    page, layer = str(step), step[0]
    assert f"\n  a = {text}  ({N}, 3)\n" in page
    assert_allclose(layer.a, f(layer.z), rtol=1e-12)
    assert re.findall(r"^  z = (.*)  \(", page, re.M)[:2] == ["x @ weight", "x @ weight + bias"]
    assert_allclose(layer.z, X @ layer.params["weight"], rtol=1e-12)
    assert list(layer.params) == list(layer.grads) == list(layer.after) == ["weight"]
    assert layer.description == f"Dense(3, bias=False, {activation})"


def test_slopes_of_units_are_traced_one_by_one():
    clf = SequentialClassifier([Dense(3, PReLU(0.1, shared=False)), Dense(2)], **SMALL)
    layer = trace(clf.fit(X, LABELS), X, LABELS)["dense1"]
    slopes = layer.params["slope"]
    assert slopes.shape == (1, 3)
    assert_allclose(layer.a, np.where(layer.z > 0, layer.z, slopes * layer.z), rtol=1e-14)
    wanted = (layer.da * np.minimum(layer.z, 0)).sum(axis=0)
    assert_allclose(layer.grads["slope"], [wanted], rtol=1e-12)  # no penalty among it


def test_frame_of_a_layer_has_a_row_for_each_sample_and_unit():
    pytest.importorskip("pandas")
    step = trace(MLPClassifier(5, **SMALL).fit(X, LABELS), X, LABELS)
    frame = step["dense1"].to_frame()
    assert frame.index.names == ["sample", "unit"]
    assert frame.shape == (N * 5, 4)
    for name in ("z", "a", "da", "delta"):
        assert frame.loc[(3, 4), name] == getattr(step["dense1"], name)[3, 4]


def test_frame_of_a_parameter_has_value_gradient_and_step():
    pytest.importorskip("pandas")
    layer = trace(MLPClassifier(5, **SMALL).fit(X, LABELS), X, LABELS)["dense1"]
    weights, biases = layer.to_frame("weight"), layer.to_frame("bias")
    assert weights.index.names == ["input", "unit"]
    assert biases.index.names == ["unit"]
    for name, arrays in (
        ("value", layer.params),
        ("gradient", layer.grads),
        ("after", layer.after),
    ):
        assert weights.loc[(2, 4), name] == arrays["weight"][2, 4]
        assert biases.loc[4, name] == arrays["bias"][0, 4]
    with pytest.raises(ValueError, match=r"parameter must be None or one of \['weight', 'bias'\]"):
        layer.to_frame("scale")


def test_frames_of_a_convolution_are_indexed_by_pixel(fitted):
    pytest.importorskip("pandas")
    step = trace(*fitted("cnn"))
    layer, window = step["conv2d2"], step.window("conv2d2", 1, (2, 1), 3)
    units, weights = layer.to_frame(), layer.to_frame("weight")
    assert units.index.names == ["sample", "row", "column", "channel"]
    assert units.loc[(1, 2, 1, 3), "a"] == layer.a[1, 2, 1, 3] == window.a
    assert weights.index.names == ["row", "column", "channel", "filter"]
    assert weights.loc[(2, 0, 1, 3), "gradient"] == layer.grads["weight"][2, 0, 1, 3]
    pixels = window.to_frame()
    assert pixels.index.names == ["row", "column", "channel"]
    assert pixels.loc[(2, 0, 1), "product"] == window.products[2, 0, 1]


def test_layers_of_the_users_own_are_traced_and_named():
    clf = SequentialClassifier([("offset", Shifted()), ("hidden", Dense(5))], **SMALL)
    step = trace(clf.fit(X, LABELS), X, LABELS)
    assert [layer.name for layer in step.layers] == ["offset", "hidden", "dense2"]
    assert_allclose(step["offset"].z, X + step["offset"].params["shift"])
    assert_array_equal(step["offset"].delta, step["hidden"].dx)
    assert "z = y = x + shift, for sequences of any number of axes  (12, 6)" in str(step)


class Tripled(Layer):
    """y = x * (the sum of three numbers), which lie in an array of three axes."""

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        return [Parameter("parts", (3, 1, 1), Constant(0.5))]

    def forward(self, params, state, x, cache, context):
        cache["x"] = x
        return x * params["parts"].sum()

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        grads["parts"][...] = np.vdot(dy, cache["x"])
        return dy * params["parts"].sum()


def test_frame_of_a_parameter_of_the_users_own_numbers_its_axes():
    clf = SequentialClassifier([Tripled()], **SMALL).fit(X, LABELS)
    layer = trace(clf, X, LABELS)["tripled1"]
    frame = layer.to_frame("parts")
    assert frame.index.names == ["axis0", "axis1", "axis2"]
    assert_array_equal(frame["gradient"], layer.grads["parts"].ravel())


def test_every_layer_has_its_formulas():
    ours = {kind for kind in built_in(Layer) if kind.__name__ in __import__("sknn.nn").nn.__all__}
    assert ours - {Layer} == set(LAYERS)


@each_case
def test_page_is_readable(case, fitted):
    estimator, X, y = fitted(case)
    step = trace(estimator, X, y, WEIGHT)
    page = str(step)
    assert max(map(len, page.splitlines())) <= 140  # labels of gradients with penalties are long
    assert len(page.splitlines()) < 100 * len(step.layers)
    assert "object at 0x" not in page
    for layer in step.layers:
        assert len(re.findall(rf"^{layer.name}: ", page, re.M)) == 2  # forward and backward
        assert f"{layer.z.shape}" in page
    for title in ("Forward", "Loss", "Backward", "Step"):
        assert re.search(rf"^{title}\n-+$", page, re.M)
    assert repr(step).startswith(f"<Trace of {type(estimator).__name__}: 12 samples")


def test_page_abbreviates_long_arrays():
    X, y = normal(300, 500), np.arange(300) % 2
    page = str(trace(MLPClassifier(200, **SMALL).fit(X, y), X, y))
    assert len(page.splitlines()) < 200
    assert "x  (300, 500)" in page
    assert "dweight = x.T @ delta + alpha / n * weight  (500, 200)" in page


# What cannot be traced


@pytest.mark.parametrize("estimator", [MLPClassifier(), MLPRegressor(), CNNClassifier()])
def test_estimator_that_is_not_fitted_raises(estimator):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        trace(estimator, X, LABELS)


def test_classifier_with_weights_but_no_classes_is_not_fitted():
    clf = MLPClassifier(())
    clf.coefs_, clf.intercepts_ = [np.eye(3)], [np.zeros(3)]
    with pytest.raises(NotFittedError, match="not fitted yet"):
        trace(clf, np.eye(3), [0, 1, 2])


def test_samples_without_weight_raise():
    clf = MLPClassifier(5, class_weight={1: 0.0}, **SMALL).fit(X, LABELS)
    with pytest.raises(ValueError, match="at least one non-zero number"):
        trace(clf, X, LABELS, np.zeros(N))
    with pytest.raises(ValueError, match="times class_weight is zero for all samples, so"):
        trace(clf, X[LABELS == 1], LABELS[LABELS == 1])


def test_bad_samples_raise_as_in_fit():
    clf = MLPClassifier(5, **SMALL).fit(X, LABELS)
    with pytest.raises(ValueError, match="X has 5 features, but MLPClassifier is expecting 6"):
        trace(clf, X[:, :5], LABELS)
    with pytest.raises(ValueError, match=r"classes not in `self\.classes_`"):
        trace(clf, X, LABELS + 1)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        trace(clf, X, LABELS[:5])


def test_unknown_layer_raises_with_the_names_there_are():
    step = trace(*worked_example())
    assert step[0] is step["dense1"]
    assert step[-1] is step["dense3"]
    with pytest.raises(KeyError, match=r"no layer is called 'conv'.*dense1, dense2, dense3"):
        step["conv"]
