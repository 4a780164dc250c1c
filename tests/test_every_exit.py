"""Every option through every exit: what leaves an estimator is what the fitted network computes.

Exits are predictions, ``transform``, files and pickles, clones, searches, ``partial_fit``,
``summary``, ``trace``, saliency and ONNX. What they must agree with is written out in
``written_out.py``, or is another way to the same bits.
"""

import inspect
import pickle
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import test_losses
import written_out
from helpers import Square, assert_is_gradient
from numpy.testing import assert_allclose, assert_array_equal
from option_cases import CASES, CLASSES, ESTIMATORS, N_FEATURES, N, X
from sameness import assert_same
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_sample_weight

from sknn import nn
from sknn.inspection import summary, trace
from sknn.nn import BatchNorm, Blend, LayerNorm, PReLU, Residual, Scale
from sknn.onnx import to_onnx
from sknn.persistence import load, save
from sknn.plotting import SaliencyDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

each = pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=[] if case.turn else pytest.mark.slow)
        for name, case in CASES.items()
    ],
)


EXITS = []
OF_NETWORKS = []  # exits that know the fitted network, not how it was trained


def an_exit(check):
    """Adds what checks one exit of a fitted case: (case, fitted, folder)."""
    EXITS.append(check)
    return check


def of_networks(check):
    """Says that an exit does not depend on how a network was trained."""
    OF_NETWORKS.append(check)
    return check


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def fitted(folder):
    """case -> its estimator, fitted once; tests leave it as it is."""

    @cache
    def of(name):
        return CASES[name].new(folder).fit(X, CASES[name].y)

    return lambda case: of(str(case))


def tolerance(estimator):
    """Of what is computed in the dtype of the model, against float64."""
    if estimator._model.dtype == np.float32:
        return {"rtol": 1e-3, "atol": 1e-4}
    return {"rtol": 1e-9, "atol": 1e-11}


def assert_same_bits(one, other):
    """Of the same weights, running statistics, losses and predictions."""
    for mine, theirs in zip(vectors(one), vectors(other), strict=True):
        assert_array_equal(mine, theirs, strict=True)


def vectors(estimator):
    predicted = getattr(estimator, "predict_proba", estimator.predict)(X)
    losses = [np.array(estimator.history_[name]) for name in ("loss", "validation_score")]
    predicted = predicted if isinstance(predicted, list) else [predicted]
    return [estimator._model.theta, estimator._model.state, *losses, *predicted]


# The table has everything


@pytest.mark.parametrize("make", ESTIMATORS)
def test_table_has_values_of_every_parameter(make):
    signature = inspect.signature(make).parameters
    tried = {name: [] for name in signature}
    for case in CASES.values():
        if case.make is make:
            tried[case.option.parameter].append(case.option.value)
    given = make([]) if "layers" in signature else make()
    assert set(tried) == set(given.get_params(deep=False))
    defaults = {name: repr(signature[name].default) for name in tried}
    assert [n for n, values in tried.items() if {repr(v) for v in values} <= {defaults[n]}] == []


def test_table_has_every_layer():
    layers = {
        type(layer[1] if isinstance(layer, tuple) else layer)
        for case in CASES.values()
        for layer in case.option.settings.get("layers", [])
    }
    public = [getattr(nn, name) for name in nn.__all__]
    kinds = {one for one in public if isinstance(one, type) and issubclass(one, nn.Layer)}
    assert layers >= kinds - {nn.Layer}


def test_fast_tests_try_every_option():
    fast = {str(case.option) for case in CASES.values() if case.turn}
    assert {str(case.option) for case in CASES.values()} - fast == set()


# The exits


@an_exit
@of_networks
def predictions_are_those_of_the_network_written_out(case, fitted, folder):
    estimator = fitted(case)
    z = written_out.raw_outputs(estimator._model, X)
    labels, p = written_out.predictions(estimator, case.kind, case.y, z)
    if p is not None:
        given = estimator.predict_proba(X)
        given = given if isinstance(given, list) else [given]
        for mine, wanted in zip(given, p, strict=True):
            assert_allclose(mine, wanted, **tolerance(estimator))
    if case.classifies:
        assert_array_equal(estimator.predict(X), labels)
        assert hasattr(estimator, "predict_proba") == (p is not None)
    else:
        assert_allclose(estimator.predict(X), labels, **tolerance(estimator))


@an_exit
@of_networks
def hidden_activations_are_those_of_the_network_written_out(case, fitted, folder):
    estimator = fitted(case)
    passed = written_out.forward(estimator._model, X)
    layers = estimator._model.network.layers
    if "layers" in estimator.get_params(deep=False):
        depths = range(1, len(layers))
    else:  # what goes into a layer with weights, but for the first
        depths = [i for i, layer in enumerate(layers) if type(layer) in (nn.Conv2D, nn.Dense)][1:]
    for number, depth in enumerate(depths):
        wanted = passed[depth - 1][1].reshape(N, -1)
        hidden = estimator.transform(X, number)
        assert hidden.dtype == estimator._model.dtype
        assert_allclose(hidden, wanted, **tolerance(estimator))
    with pytest.raises(ValueError, match=f"for a network with {len(depths)} hidden layers"):
        estimator.transform(X, len(depths))
    if depths:
        assert_array_equal(estimator.transform(X), hidden)
        assert len(estimator.get_feature_names_out()) == hidden.shape[1]


@an_exit
def saved_and_loaded_or_pickled_it_has_the_same_bits(case, fitted, folder):
    estimator = fitted(case)
    path = folder / "saved"
    save(estimator, path)
    loaded = load(path, classes=[Square])
    pickled = pickle.loads(pickle.dumps(estimator))
    for copy in (loaded, pickled):
        assert_same_bits(copy, estimator)
        wanted = estimator.get_params(deep=False)
        if copy is loaded:
            wanted["checkpoint"] = None  # where a fit writes is no part of a model
        assert_same(copy.get_params(deep=False), wanted)


@an_exit
def clone_has_the_parameters_alone(case, fitted, folder):
    again = clone(fitted(case))
    assert not hasattr(again, "coefs_")
    again.set_params(random_state=case.settings(folder)["random_state"])  # a generator is spent
    assert_same(again.get_params(deep=False), case.new(folder).get_params(deep=False))


def checksum(estimator, X=None, y=None):
    """A number that depends on all weights: for a search, a score."""
    theta = np.float64(estimator._model.theta)
    return float(theta @ np.linspace(1, 2, len(theta)))


@an_exit
def search_reaches_the_option_and_fits_to_the_same_bits(case, fitted, folder):
    settings = case.settings(folder)
    plain = case.make(**{"layers": []} if "layers" in settings else {})
    grid = {name: [value] for name, value in settings.items()}
    all_rows = [(np.arange(N), np.arange(N))]
    search = GridSearchCV(plain, grid, scoring=checksum, cv=all_rows, refit=False)
    search.set_params(error_score="raise").fit(X, case.y)
    assert search.cv_results_["mean_test_score"] == [checksum(fitted(case))]


NO_PARTIAL_FIT = {
    "solver": ("lbfgs", AttributeError, "no attribute 'partial_fit'"),
    "early_stopping": (True, ValueError, "partial_fit does not support early_stopping=True"),
    "class_weight": ("balanced", ValueError, "'balanced' requires all samples at once"),
    "learning_rate": (("one_cycle", "cosine", "coslog", "flat_cosine"), ValueError, "total_steps"),
}


@an_exit
def calls_of_partial_fit_are_epochs_of_one_fit(case, fitted, folder):
    estimator = case.new(folder)
    first = {"classes": CLASSES[case.kind]} if case.classifies else {}
    for name, (values, error, message) in NO_PARTIAL_FIT.items():
        if getattr(estimator, name, None) in (values if isinstance(values, tuple) else (values,)):
            with pytest.raises(error, match=message):
                estimator.partial_fit(X, case.y, **first)
            return
    estimator.partial_fit(X, case.y, **first).partial_fit(X, case.y)
    whole = case.new(folder).set_params(max_iter=2, tol=0, n_iter_no_change=np.inf)
    assert_same_bits(estimator, whole.fit(X, case.y))


@an_exit
@of_networks
def summary_counts_the_parameters(case, fitted, folder):
    estimator = fitted(case)
    layers, shapes = estimator._model.network.layers, estimator._model.network.shapes
    n_parameters = sum(array.size for array in [*estimator.coefs_, *estimator.intercepts_])
    for layer, shape in zip(layers, shapes, strict=False):
        if isinstance(layer, (BatchNorm, LayerNorm)):
            n_parameters += 2 * shape[-1]  # a scale and a shift for each feature or channel
        if isinstance(layer, Residual):
            branch = list(layer.named_layers().values())
            normalised = [
                dense for dense, after in pairwise(branch) if isinstance(after, BatchNorm)
            ]
            n_parameters += sum(2 * dense.units for dense in normalised)
        if isinstance(layer, Scale):
            n_parameters += shape[-1]
        activation = getattr(layer, "activation", None)
        if isinstance(activation, Blend):
            n_parameters += layer.output_shape(shape)[-1]
        if activation == "prelu" or isinstance(activation, PReLU):
            shared = activation == "prelu" or activation.shared
            n_parameters += 1 if shared else layer.output_shape(shape)[-1]  # slopes
    table = summary(estimator)
    assert table.totals["n_parameters"] == n_parameters
    outputs = written_out.forward(estimator._model, X[:1])
    assert [row.output_shape for row in table.rows] == [a.shape[1:] for _, a in outputs]


@an_exit
def trace_has_the_loss_and_gradient_of_the_network_written_out(case, fitted, folder):
    estimator = fitted(case)
    model = estimator._model
    step = trace(estimator, X, case.y)
    weight = sample_weights(estimator, case)
    of_sample = weight if weight is None or weight.ndim == 1 else weight.mean(axis=1)
    passed = written_out.forward(model, X, training=True, weight=of_sample)
    within = tolerance(estimator)
    for layer, (z, a) in zip(step.layers, passed, strict=True):
        assert_allclose(layer.z, z, **within)
        assert_allclose(layer.a, a, **within)
    _, p = written_out.predictions(estimator, case.kind, case.y, passed[-1][1])
    if case.kind in ("three", "columns") and p is not None:
        assert_allclose(step.prediction, np.hstack(p), **within)

    z, total = passed[-1][1], 1.0 * N if weight is None else of_sample.sum()
    assert_allclose(step.data_loss, loss_of(estimator, case, z, weight), **within)
    decayed = np.concatenate([array.ravel() for array in estimator.coefs_])
    trained = 0.0 if frozen(model) else 1.0
    if trained:
        assert_allclose(step.l2_penalty, estimator.alpha / 2 * (decayed**2).sum() / total, **within)
        assert_allclose(step.l1_penalty, estimator.l1 * np.abs(decayed).sum() / total, **within)

    def whole_loss(theta):
        outputs = written_out.raw_outputs(
            model, X, training=True, weight=of_sample, theta=theta, around=passed
        )
        loss = loss_of(estimator, case, outputs, weight)
        views = model.network.layout.views(theta)
        declared = zip(model.network.layers, model.network.layout.declared, views, strict=True)
        for layer, items, own in declared:
            weights = [own[item.name] for item in items if item.role == "weight"]
            for array in weights if getattr(layer, "trainable", True) else []:
                loss += estimator.alpha / 2 * (array**2).sum() / total
                loss += estimator.l1 * np.abs(array).sum() / total
        return loss

    gradient = np.zeros(model.theta.shape)
    for own, layer in zip(model.network.layout.views(gradient), step.layers, strict=True):
        for name, values in layer.grads.items():
            own[name][...] = values
    if not frozen(model):
        assert_derivative(gradient, whole_loss, np.float64(model.theta), estimator)


def frozen(model):
    return any(not getattr(layer, "trainable", True) for layer in model.network.layers)


def assert_derivative(gradient, f, x, estimator):
    """Against central differences of f, in float64, along random directions."""
    if gradient.dtype == np.float64 and tolerance(estimator)["rtol"] < 1e-6:
        assert_is_gradient(gradient, f, x)
        return
    for seed in range(3):
        direction = np.random.default_rng(seed).normal(size=x.shape)
        difference = (f(x + 1e-6 * direction) - f(x - 1e-6 * direction)) / 2e-6
        assert_allclose(np.vdot(gradient, direction), difference, rtol=1e-3, atol=1e-3)


def sample_weights(estimator, case):
    """What class_weight stands for: (n,), (n, n_labels), or None."""
    weights = getattr(estimator, "class_weight", None)
    if weights is None:
        return None
    if case.kind != "labels":
        return compute_sample_weight(weights, case.y)
    of_labels = weights if isinstance(weights, list) else [weights] * case.y.shape[1]
    columns = zip(of_labels, case.y.T, strict=True)
    return np.column_stack([compute_sample_weight(own, column) for own, column in columns])


def loss_of(estimator, case, z, weight):
    """The mean loss of raw outputs, by the formulas that the losses are tested with."""
    y = written_out.encoded(case.kind, case.y)
    columns = np.ones((N, 1)) if weight is None else weight.reshape(N, -1)
    name = formula_name(estimator, case)
    total = 0.0
    for at in written_out.heads(case.kind, case.y):
        targets = y[:, at]
        broad = np.broadcast_to(columns, (N, max(targets.shape[1], z[:, at].shape[1])))
        total += test_losses.FORMULAS[name](targets, z[:, at], broad)
    mean = total / columns.mean(axis=1).sum()
    return np.sqrt(mean) if name == "root_mean_squared_error" else mean


def formula_name(estimator, case):
    """The loss, as the table of formulas has it."""
    loss = estimator.loss
    if case.classifies:
        link = "softmax" if case.kind in ("three", "columns") else "logistic"
        if not isinstance(loss, str):
            return f"focal {link}, gamma {loss.gamma}"
        return f"smoothed {link}" if estimator.label_smoothing else f"{loss} {link}"
    if not isinstance(loss, str):
        return f"huber, delta {loss.delta}"
    if loss == "quantile" and estimator.quantile != 0.5:
        several = np.size(estimator.quantile) > 1
        return "quantile, four levels" if several else f"quantile, {estimator.quantile}"
    return loss


@an_exit
@of_networks
def saliency_is_the_derivative_of_the_network_written_out(case, fitted, folder):
    estimator = fitted(case)
    model, sample = estimator._model, X[5].copy()
    near = written_out.forward(model, sample[None])
    number = estimator.n_outputs_ - 1
    one_of_classes = case.classifies and case.kind != "columns"
    target = estimator.classes_[-1] if one_of_classes else number
    display = SaliencyDisplay.from_estimator(
        estimator, sample, target=target, n_steps=1, plot=False
    )
    assert_allclose(display.output, near[-1][1][0, number], **tolerance(estimator))

    def output(x):
        x = x.reshape(1, -1)
        return written_out.raw_outputs(model, x, around=near, exact=True)[0, number]

    assert_derivative(np.float64(display.gradient.ravel()), output, sample, estimator)


@each
def test_every_exit_is_that_of_the_fitted_network(case, fitted, folder):
    for check in EXITS:
        if case.trains and check in OF_NETWORKS:
            continue
        try:
            check(case, fitted, folder)
        except Exception as error:
            error.add_note(f"exit: {check.__name__}")
            raise


@pytest.mark.parametrize(
    "settings",
    [
        {"activation": "gelu"},
        {"hidden_layer_sizes": 9},
        {"normalization": "batch"},
        {"loss": "focal"},
    ],
    ids=str,
)
def test_parameters_set_after_fit_change_no_exit(settings, fitted, folder):
    case = CASES["MLPClassifier activation=silu"]
    estimator = fitted(case)
    step = trace(estimator, X, case.y)
    changed = pickle.loads(pickle.dumps(estimator)).set_params(**settings)
    save(changed, folder / "changed")
    for copy in (changed, pickle.loads(pickle.dumps(changed)), load(folder / "changed")):
        assert_same_bits(copy, estimator)
        assert_array_equal(copy.transform(X), estimator.transform(X))
        assert str(summary(copy)) == str(summary(estimator))
        for layer, wanted in zip(trace(copy, X, case.y).layers, step.layers, strict=True):
            assert_array_equal(layer.a, wanted.a)
        mine, theirs = (
            SaliencyDisplay.from_estimator(one, X[0], n_steps=2, plot=False)
            for one in (copy, estimator)
        )
        assert_array_equal(mine.attribution, theirs.attribution)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=name, marks=[] if case.turn else pytest.mark.slow)
        for name, case in CASES.items()
        if not case.trains
    ],
)
def test_exported_to_onnx_it_predicts_the_same_or_is_refused_by_name(case, fitted):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    estimator = fitted(case)
    if isinstance(case.option.settings.get("activation"), Square):
        with pytest.raises(NotImplementedError, match=r"for the activation Square\(\)\. Write a"):
            to_onnx(estimator)
        return
    images = getattr(estimator, "image_shape_", None) is not None
    exported = to_onnx(estimator, input_shape=(N_FEATURES,) if images else None)
    session = onnxruntime.InferenceSession(exported.SerializeToString())
    samples = X.astype(estimator._model.dtype)
    first, *p = session.run(None, {"X": samples})
    in_float32 = samples.dtype == np.float32 or "gelu" in str(case)  # erf is in float32
    within = {"rtol": 1e-4, "atol": 1e-5} if in_float32 else {"rtol": 1e-9, "atol": 1e-12}
    if not case.classifies:
        assert_allclose(first, estimator.predict(samples).reshape(N, -1), **within)
        return
    assert_array_equal(first, estimator.predict(samples))
    wanted = estimator.predict_proba(samples) if hasattr(estimator, "predict_proba") else []
    wanted = [wanted] if isinstance(wanted, np.ndarray) else wanted
    for mine, ours in zip(p, wanted, strict=True):
        assert_allclose(mine, ours, **within)
