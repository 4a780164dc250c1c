"""Penalties, dropout, normalisation, label smoothing, first weights, dtypes of the estimators."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.linear_model import Lasso
from sklearn.neural_network import MLPClassifier as ScikitLearnClassifier

from sknn import MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.nn import BatchNorm, Dense, Dropout, LayerNorm
from sknn.nn.initializers import INITIALIZERS

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
normalizations = pytest.mark.parametrize("normalization", ["batch", "layer"])
UNTRAINED = {"learning_rate_init": 1e-300, "max_iter": 1, "random_state": 0}


def problem(make=MLPClassifier, n=60, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    y = X[:, 0] + 0.5 * X[:, 1] ** 2
    return X.astype(dtype), (y > 0.5).astype(int) if make is MLPClassifier else y.astype(dtype)


def arrays(estimator):
    return estimator.coefs_ + estimator.intercepts_


def assert_same_arrays(one, other):
    for a, b in zip(arrays(one), arrays(other), strict=True):
        assert_array_equal(a, b)


def copies(estimator):
    return pickle.loads(pickle.dumps(estimator))


# Penalties


def test_l1_of_a_linear_model_under_lbfgs_is_the_lasso():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 10))
    y = X[:, 0] - 2 * X[:, 1] + 0.1 * rng.normal(size=200)
    reg = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0, l1=20.0, random_state=0)
    reg.set_params(max_iter=2000, tol=1e-9).fit(X, y)
    lasso = Lasso(alpha=20.0 / 200, tol=1e-10).fit(X, y)  # its penalty is per sample
    # A line search along subgradients gets near the corner, not into it.
    assert_allclose(reg.coefs_[0][:, 0], lasso.coef_, atol=0.02)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "adamw", "rmsprop"])
@both
def test_l1_makes_weights_sparser(make, solver):
    X, y = problem(make, 200)
    params = {"solver": solver, "hidden_layer_sizes": 20, "learning_rate_init": 0.01}
    params |= {"alpha": 0, "random_state": 0, "max_iter": 200, "batch_size": 200}
    small = [np.mean(np.abs(make(**params, l1=l1).fit(X, y).coefs_[0]) < 0.02) for l1 in (0.0, 4.0)]
    assert small[0] < 0.15
    assert small[1] > 0.4


@both
def test_penalties_are_those_written_out(make):
    X, y = problem(make)
    params = {"hidden_layer_sizes": 3, "batch_size": 60, **UNTRAINED}
    plain = make(**params, alpha=0).fit(X, y)
    penalised = make(**params, alpha=0.3, l1=0.7).fit(X, y)
    square = sum(np.sum(w**2) for w in plain.coefs_)
    size = sum(np.sum(np.abs(w)) for w in plain.coefs_)
    penalty = (0.3 / 2 * square + 0.7 * size) / len(X)
    assert_allclose(penalised.loss_ - plain.loss_, penalty, rtol=1e-9)


@pytest.mark.parametrize("params", [{"alpha": 5.0, "l1": 3.0}, {"solver": "adamw"}])
@normalizations
@both
def test_penalties_and_decay_leave_biases_and_normalization_alone(make, normalization, params):
    X, y = problem(make)
    settings = {"hidden_layer_sizes": 3, "normalization": normalization, "batch_size": 60}
    settings |= {"max_iter": 1, "random_state": 0, "learning_rate_init": 0.1}
    if "solver" not in params:
        settings |= {"solver": "sgd", "momentum": 0}
    without = {"alpha": 0, "l1": 0, "weight_decay": 0}
    estimator = make(**settings, **{"alpha": 0, "weight_decay": 0.5, **params}).fit(X, y)
    plain = make(**{**settings, **params, **without}).fit(X, y)
    for one, other in zip(estimator.intercepts_, plain.intercepts_, strict=True):
        assert_array_equal(one, other)
    for one, other in zip(estimator._model.params[1:2], plain._model.params[1:2], strict=True):
        assert_array_equal(one["scale"], other["scale"])
        assert_array_equal(one["shift"], other["shift"])
    for one, other in zip(estimator.coefs_, plain.coefs_, strict=True):
        assert np.linalg.norm(one) < np.linalg.norm(other)


# Dropout


@pytest.mark.parametrize("rate", [0.3, [0.2, 0.3, 0.4]])
@both
def test_dropout_is_that_of_the_layers_written_out(make, rate):
    X, y = problem(make)
    params = {"batch_size": 20, "max_iter": 3, "random_state": 0}
    estimator = make(hidden_layer_sizes=(5, 4), dropout=rate, **params).fit(X, y)
    rates = rate if isinstance(rate, list) else [0, rate, rate]
    layers = [Dropout(rates[0])] if rates[0] else []
    layers += [Dense(5), Dropout(rates[1]), Dense(4), Dropout(rates[2])]
    if make is MLPClassifier:
        assert_same_arrays(estimator, SequentialClassifier(layers, **params).fit(X, y))
    kinds = [type(layer).__name__ for layer in estimator._model.network.layers]
    assert kinds == [type(layer).__name__ for layer in layers] + ["Dense"]


@both
def test_dropout_of_zero_is_no_dropout(make):
    X, y = problem(make)
    params = {"hidden_layer_sizes": (5, 4), "max_iter": 3, "random_state": 0}
    plain = make(**params).fit(X, y)
    for rate in (0, 0.0, [0, 0.0, 0]):
        assert_same_arrays(make(**params, dropout=rate).fit(X, y), plain)


@dtypes
@both
def test_dropout_is_the_same_from_run_to_run_and_another_with_another_seed(make, dtype):
    X, y = problem(make, dtype=dtype)
    estimator = make(hidden_layer_sizes=8, dropout=[0.2, 0.5], max_iter=3, random_state=0)
    first, again = clone(estimator).fit(X, y), copies(estimator).fit(X, y)
    assert_same_arrays(first, again)
    assert_array_equal(copies(first).predict(X), first.predict(X))
    other = clone(estimator).set_params(random_state=1).fit(X, y)
    assert np.abs(other.coefs_[0] - first.coefs_[0]).max() > 0.1


@both
def test_dropout_is_drawn_anew_in_each_call_of_partial_fit_as_in_a_fit(make):
    X, y = problem(make)
    params = {"hidden_layer_sizes": 8, "dropout": 0.5, "random_state": 0, "batch_size": 20}
    whole = make(**params, max_iter=4, tol=0, n_iter_no_change=np.inf).fit(X, y)
    parts = make(**params)
    for call in range(4):
        parts.partial_fit(X, y, **({"classes": [0, 1]} if make is MLPClassifier else {}))
        parts = copies(parts) if call == 1 else parts
    assert_same_arrays(parts, whole)


@pytest.mark.parametrize("params", [{"dropout": [0.2, 0.5]}, {"normalization": "batch"}])
def test_first_weights_are_those_of_scikit_learn(params):
    X, y = problem()
    ours = MLPClassifier(5, activation="tanh", **params, **UNTRAINED).fit(X, y)
    theirs = ScikitLearnClassifier(5, activation="tanh", **UNTRAINED).fit(X, y)
    for one, other in zip(arrays(ours), theirs.coefs_ + theirs.intercepts_, strict=True):
        assert_allclose(one, other, rtol=1e-12)


def test_shuffling_is_that_of_scikit_learn_with_dropout_of_almost_nothing():
    X, y = problem()
    params = {"max_iter": 5, "batch_size": 10, "random_state": 0, "hidden_layer_sizes": 5}
    ours = MLPClassifier(**params, dropout=1e-9).fit(X, y)  # rounds to no unit at all
    theirs = ScikitLearnClassifier(**params).fit(X, y)
    assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-9)


@both
def test_dropout_leaves_predictions_alone(make):
    X, y = problem(make)
    estimator = make(hidden_layer_sizes=5, dropout=[0.5, 0.5], max_iter=5, random_state=0)
    estimator.fit(X, y)
    w, b = estimator.coefs_, estimator.intercepts_
    z = np.maximum(X @ w[0] + b[0], 0) @ w[1] + b[1]
    wanted = z[:, 0] if make is MLPRegressor else (z[:, 0] > 0).astype(int)
    assert_allclose(estimator.predict(X), wanted, rtol=1e-12)


@both
def test_dropout_of_the_input_takes_sparse_samples(make):
    X, y = problem(make)
    X = np.where(np.abs(X) < 0.7, 0, X)
    estimator = make(hidden_layer_sizes=5, dropout=[0.2, 0.5], max_iter=3, random_state=0)
    dense = clone(estimator).fit(X, y)
    sparse = clone(estimator).fit(csr_array(X), y)
    for one, other in zip(arrays(dense), arrays(sparse), strict=True):
        assert_allclose(one, other, rtol=1e-10)
    assert_allclose(sparse.predict(csr_array(X)), dense.predict(X), rtol=1e-10)


@both
def test_lbfgs_refuses_dropout(make):
    X, y = problem(make)
    with pytest.raises(ValueError, match=r"cannot train with dropout\. Use solver='adam'"):
        make(solver="lbfgs", dropout=0.1).fit(X, y)


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ([0.1], "list of 2 rates, the first one for the input"),
        ([0.1, 1.0], "rates in"),
        (1.0, "'dropout'"),
    ],
)
def test_dropout_that_cannot_be_raises(rate, message):
    X, y = problem()
    with pytest.raises(ValueError, match=message):
        MLPClassifier(5, dropout=rate).fit(X, y)


# Normalisation


@dtypes
@normalizations
@both
def test_prediction_of_one_row_is_that_of_the_row_among_others(make, normalization, dtype):
    X, y = problem(make, dtype=dtype)
    params = {"hidden_layer_sizes": (6, 5), "max_iter": 10, "learning_rate_init": 0.01}
    estimator = make(normalization=normalization, random_state=0, **params).fit(X, y)
    method = estimator.predict if make is MLPRegressor else estimator.predict_proba
    rows = np.concatenate([method(X[at : at + 1]) for at in range(len(X))])
    assert_allclose(rows, method(X), rtol=1e-10 if dtype == np.float64 else 1e-3, atol=1e-6)
    assert method(X).dtype == dtype
    for other in (copies(estimator), clone(estimator).fit(X, y)):
        assert_array_equal(other.predict(X), estimator.predict(X))


@normalizations
@both
def test_normalization_is_that_of_the_layers_written_out(make, normalization):
    X, y = problem(make)
    params = {"max_iter": 8, "learning_rate_init": 0.01, "batch_size": 20, "random_state": 0}
    estimator = make(hidden_layer_sizes=6, normalization=normalization, **params).fit(X, y)
    w, b = estimator.coefs_, estimator.intercepts_
    norm = estimator._model.params[1]
    z = X @ w[0] + b[0]
    if normalization == "layer":
        normal = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
    else:
        held = estimator._model.network.state_layout.views(estimator._model.state)[1]
        normal = (z - held["mean"]) / np.sqrt(held["variance"] + 1e-5)
    hidden = np.maximum(normal * norm["scale"] + norm["shift"], 0)
    out = hidden @ w[1] + b[1]
    wanted = out[:, 0] if make is MLPRegressor else (out[:, 0] > 0).astype(int)
    assert_allclose(estimator.predict(X), wanted, rtol=1e-9)
    assert_allclose(estimator.transform(X), hidden, rtol=1e-9, atol=1e-12)


def test_running_statistics_are_means_over_batches():
    X, y = problem()
    clf = MLPClassifier(6, normalization="batch", batch_size=60, shuffle=False, **UNTRAINED)
    clf.fit(X, y)
    for _ in range(2):
        clf.partial_fit(X, y)
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    held = clf._model.network.state_layout.views(clf._model.state)[1]
    # Three times 0.9 of the old and 0.1 of the new, from 0 and 1; the variance is unbiased.
    assert_allclose(held["mean"][0], (1 - 0.9**3) * z.mean(axis=0), rtol=1e-9)
    expected = 0.9**3 + (1 - 0.9**3) * z.var(axis=0, ddof=1)
    assert_allclose(held["variance"][0], expected, rtol=1e-9)


@normalizations
@both
def test_normalized_networks_learn_with_every_kind_of_solver(make, normalization):
    X, y = problem(make, 200)
    for solver in ("adam", "sgd", "lbfgs"):
        estimator = make(hidden_layer_sizes=20, normalization=normalization, solver=solver)
        estimator.set_params(learning_rate_init=0.01, batch_size=20, max_iter=100, random_state=0)
        if solver == "lbfgs" and normalization == "batch":
            estimator.set_params(max_iter=300)
        assert estimator.fit(X, y).score(X, y) > 0.85, solver


@both
def test_early_stopping_puts_running_statistics_back_too(make):
    X, y = problem(make, 100)
    estimator = make(hidden_layer_sizes=6, normalization="batch", random_state=0, max_iter=30)
    estimator.set_params(early_stopping=True, learning_rate_init=0.05, batch_size=20)
    estimator.fit(X, y, X_val=X[:30], y_val=y[:30])
    best = estimator.best_validation_score_
    assert_allclose(estimator.score(X[:30], y[:30]), best, rtol=1e-12)
    assert np.argmax(estimator.validation_scores_) < estimator.n_iter_ - 1


@normalizations
def test_weights_changed_by_hand_keep_what_normalization_has_learnt(normalization):
    X, y = problem()
    clf = MLPClassifier(6, normalization=normalization, max_iter=20, learning_rate_init=0.05)
    before = clf.fit(X, y).predict_proba(X)
    clf.coefs_[0] = clf.coefs_[0].copy()
    assert_array_equal(clf.predict_proba(X), before)


def test_normalization_layers_are_those_of_the_sequential_classifier():
    X, y = problem()
    for name, layer in (("batch", BatchNorm()), ("layer", LayerNorm())):
        mlp = MLPClassifier((6, 5), normalization=name, max_iter=2, random_state=0).fit(X, y)
        kinds = [type(layer).__name__ for layer in mlp._model.network.layers]
        norm = type(layer).__name__
        assert kinds == ["Dense", norm, "Activate", "Dense", norm, "Activate", "Dense"]


# Label smoothing


@dtypes
@pytest.mark.parametrize("n_classes", [2, 3])
def test_label_smoothing_is_the_loss_on_smoothed_targets(n_classes, dtype):
    X, y = problem(dtype=dtype)
    y = y + (X[:, 2] > 0.8) * (n_classes - 2)
    params = {"batch_size": 60, "alpha": 0, "hidden_layer_sizes": 5, **UNTRAINED}
    clf = MLPClassifier(label_smoothing=0.1, **params).fit(X, y)
    z = np.maximum(X @ clf.coefs_[0] + clf.intercepts_[0], 0) @ clf.coefs_[1] + clf.intercepts_[1]
    log_p = log_softmax(z if n_classes > 2 else np.hstack([0 * z, z]), axis=1)
    smoothed = 0.9 * np.eye(n_classes)[y] + 0.1 / n_classes
    rtol = 1e-12 if dtype == np.float64 else 1e-5
    assert_allclose(clf.loss_, -(smoothed * log_p).sum(axis=1).mean(), rtol=rtol)


def test_label_smoothing_keeps_probabilities_at_what_it_asks_for():
    X, y = np.eye(3), [0, 1, 2]
    clf = MLPClassifier((), label_smoothing=0.3, solver="lbfgs", alpha=0, tol=1e-9, random_state=0)
    # lbfgs ends when the loss changes by 2e-9 of itself: probabilities are right to its root.
    assert_allclose(clf.fit(X, y).predict_proba(X), 0.7 * np.eye(3) + 0.1, atol=1e-4)
    two = MLPClassifier((), label_smoothing=0.3, solver="lbfgs", alpha=0, tol=1e-9)
    two.fit(np.eye(2), [0, 1])
    assert_allclose(two.predict_proba(np.eye(2)), 0.7 * np.eye(2) + 0.15, atol=1e-5)


def test_label_smoothing_does_not_smooth_the_validation_loss():
    X, y = problem()
    clf = MLPClassifier(5, label_smoothing=0.2, max_iter=3, random_state=0)
    clf.fit(X, y, X_val=X, y_val=y)
    p = clf.predict_proba(X)[np.arange(len(X)), y]
    assert_allclose(clf.history_["validation_loss"][-1], -np.log(p).mean(), rtol=1e-10)


# First weights and dtype


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_first_weights_are_drawn_as_named(name):
    X, y = np.random.default_rng(0).normal(size=(30, 200)), np.arange(30) % 3
    clf = MLPClassifier(300, weight_init=name, activation="tanh", **UNTRAINED).fit(X, y)
    weight = clf.coefs_[0]
    variance = {
        "auto": 2 / 500,
        "glorot_uniform": 2 / 500,
        "glorot_normal": 2 / 500,
        "he_uniform": 2 / 200,
        "he_normal": 2 / 200,
        "lecun_uniform": 1 / 200,
        "lecun_normal": 1 / 200,
        "orthogonal": 1 / 300,
        "normal": 1e-4,
        "zeros": 0,
    }[name]
    assert_allclose(weight.var(), variance, rtol=0.03, atol=1e-290)
    if name.endswith("uniform") or name == "auto":
        assert_allclose(np.abs(weight).max(), np.sqrt(3 * variance), rtol=1e-3)
    if name == "orthogonal":
        assert_allclose(weight @ weight.T, np.eye(200), atol=1e-12)
    if name != "auto":
        assert_allclose(clf.intercepts_[0], 0, atol=1e-290)


@both
@pytest.mark.parametrize("wanted", ["float32", "float64"])
@dtypes
def test_dtype_is_that_asked_for_whatever_the_samples_are(make, wanted, dtype):
    X, y = problem(make, dtype=dtype)
    for solver in ("adam", "lbfgs"):
        estimator = make(hidden_layer_sizes=5, dtype=wanted, solver=solver, random_state=0)
        estimator.set_params(max_iter=3).fit(X, y)
        assert {str(array.dtype) for array in arrays(estimator)} == {wanted}
        output = estimator.predict if make is MLPRegressor else estimator.predict_proba
        assert str(output(X).dtype) == wanted
        cast = clone(estimator).set_params(dtype="auto").fit(X.astype(wanted), y)
        assert_same_arrays(estimator, cast)


@both
def test_partial_fit_goes_on_in_the_dtype_asked_for(make):
    X, y = problem(make)
    estimator = make(hidden_layer_sizes=5, dtype="float32")
    for _ in range(2):
        estimator.partial_fit(X, y, **({"classes": [0, 1]} if make is MLPClassifier else {}))
    assert {str(array.dtype) for array in arrays(estimator)} == {"float32"}
