"""MLPClassifier and MLPRegressor as their users meet them."""

import copy
import inspect
import io
import pickle
import re
import time
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn.neural_network
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import expit, softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, BaggingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier, MLPRegressor
from sknn.nn.gradient import Gradient
from sknn.nn.optimizers import Adam

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

WITH_LOSS = needs_scikit_learn("1.7", "a loss of MLPRegressor to choose")
BOTH = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
SOLVERS = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
THEIRS = {
    MLPClassifier: sklearn.neural_network.MLPClassifier,
    MLPRegressor: sklearn.neural_network.MLPRegressor,
}


@pytest.fixture
def data(digits, diabetes):
    """(X, y) of 300 samples for a class of estimators."""
    problems = {MLPClassifier: digits, MLPRegressor: diabetes}
    return lambda make: tuple(array[:300] for array in problems[make])


def assert_equal_weights(one, other):
    for mine, theirs in zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        assert_array_equal(mine, theirs)


def outputs(estimator, X):
    """Predicted numbers, or probabilities."""
    predict = getattr(estimator, "predict_proba", estimator.predict)
    return predict(X)


def forward(estimator, X):
    """The same with a network of ReLUs written out."""
    for weight, bias in zip(estimator.coefs_[:-1], estimator.intercepts_[:-1], strict=True):
        X = np.maximum(X @ weight + bias, 0)
    z = X @ estimator.coefs_[-1] + estimator.intercepts_[-1]
    if not hasattr(estimator, "classes_"):
        return z.ravel() if z.shape[1] == 1 else z
    if z.shape[1] > 1:
        return softmax(z, axis=1)
    return np.hstack([expit(-z), expit(z)])


# The interface is scikit-learn's.


@pytest.mark.parametrize("make", [MLPClassifier, pytest.param(MLPRegressor, marks=WITH_LOSS)])
def test_parameters_are_those_of_scikit_learn_and_then_some(make):
    mine = [
        parameter.replace(annotation=inspect.Parameter.empty)  # scikit-learn has no hints
        for parameter in inspect.signature(make).parameters.values()
    ]
    theirs = list(inspect.signature(THEIRS[make]).parameters.values())
    assert mine[: len(theirs)] == theirs  # names, order, kinds and defaults
    assert all(more.kind is more.KEYWORD_ONLY for more in mine[len(theirs) :])


@BOTH
@SOLVERS
def test_methods_and_fitted_attributes_are_those_of_scikit_learn_and_then_some(solver, make, data):
    X, y = data(make)
    mine = make(solver=solver, max_iter=2).fit(X, y)
    theirs = THEIRS[make](solver=solver, max_iter=2).fit(X, y)
    names = {name for name in {*dir(theirs), *vars(theirs)} if not name.startswith("_")}
    if solver == "lbfgs":
        names -= {"partial_fit"}  # scikit-learn's regressor has one, which fails
    assert not names - set(dir(mine))


# Weights given by hand.


@BOTH
def test_prediction_is_the_forward_pass_written_out(make, data):
    X, y = data(make)
    estimator = make(hidden_layer_sizes=(20, 10), max_iter=5, random_state=0).fit(X, y)
    assert_allclose(outputs(estimator, X), forward(estimator, X), rtol=1e-10)


@BOTH
@pytest.mark.parametrize("how", ["lists replaced", "one array replaced", "edited in place"])
@pytest.mark.parametrize("restored", [False, True])
def test_weights_changed_by_hand_are_used_by_prediction(make, how, restored, data):
    X, y = data(make)
    estimator = make(max_iter=2, random_state=0).fit(X, y)
    if restored:
        estimator = pickle.loads(pickle.dumps(estimator))
    before = outputs(estimator, X)
    if how == "lists replaced":
        estimator.coefs_ = [array * 0.5 for array in estimator.coefs_]
        estimator.intercepts_ = [array + 0.1 for array in estimator.intercepts_]
    elif how == "one array replaced":
        estimator.coefs_[1] = estimator.coefs_[1] * 0.5
    else:
        estimator.coefs_[0][:5] = 0.0
        estimator.intercepts_[1] += 1.0
    assert not np.allclose(forward(estimator, X), before)
    assert_allclose(outputs(estimator, X), forward(estimator, X), rtol=1e-10)
    again = pickle.loads(pickle.dumps(estimator))
    assert_equal_weights(again, estimator)
    assert_array_equal(outputs(again, X), outputs(estimator, X))


@BOTH
def test_one_weight_for_all_samples_may_be_a_number_or_an_array_of_it(make, data):
    X, y = data(make)
    for weight in (2.0, np.array(2.0)):
        single = make(max_iter=2, random_state=0).fit(X, y, weight)
        each = make(max_iter=2, random_state=0).fit(X, y, np.full(len(X), 2.0))
        assert_equal_weights(single, each)


@pytest.mark.parametrize("early_stopping", [False, True])
@BOTH
def test_best_figures_are_not_those_of_weights_replaced_since(make, early_stopping, data):
    X, y = data(make)
    params = {"warm_start": True, "early_stopping": early_stopping, "random_state": 0}
    estimator = make(**params, learning_rate_init=0.01, max_iter=20).fit(X, y)
    before = estimator.best_loss_, estimator.best_validation_score_
    estimator.coefs_ = [np.zeros_like(array) for array in estimator.coefs_]
    estimator.set_params(learning_rate_init=1e-30, max_iter=2).fit(X, y)
    if early_stopping:
        assert estimator.best_validation_score_ == max(estimator.validation_scores_[-2:])
        assert estimator.best_validation_score_ < before[1]
    else:
        assert estimator.best_loss_ == min(estimator.loss_curve_[-2:]) > before[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@BOTH
def test_prediction_of_no_samples_raises_as_in_scikit_learn(make, dtype, data):
    X, y = data(make)
    for kind in (make, THEIRS[make]):
        estimator = kind(max_iter=1).fit(X, y)
        with pytest.raises(ValueError, match="Found array with 0 sample"):
            estimator.predict(X[:0].astype(dtype))


@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
@BOTH
def test_lists_of_weights_that_grew_or_shrank_raise(make, name, data):
    X, y = data(make)
    for change in (lambda arrays: arrays.append(arrays[-1]), list.pop):
        estimator = make(max_iter=1, random_state=0).fit(X, y)
        change(getattr(estimator, name))
        with pytest.raises(ValueError, match=f"{name} must be arrays of shapes"):
            estimator.predict(X)


@BOTH
def test_weights_may_be_replaced_by_any_sequence_but_not_by_what_is_no_number(make, data):
    X, y = data(make)
    estimator = make(hidden_layer_sizes=(), max_iter=1, random_state=0).fit(X, y)
    wanted = outputs(estimator, X)
    estimator.coefs_ = np.array(estimator.coefs_)
    assert_array_equal(outputs(estimator, X), wanted)
    for wrong in ([estimator.coefs_[0] * np.nan], [estimator.coefs_[0] * 1j], 3, ["weights"]):
        estimator.coefs_ = wrong
        with pytest.raises(ValueError, match="coefs_ must be a list of arrays of finite numbers"):
            estimator.predict(X)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("in_place", [False, True])
@BOTH
def test_weights_changed_by_hand_are_where_training_goes_on_from(make, in_place, method, data):
    X, y = data(make)
    params = {"solver": "sgd", "momentum": 0, "batch_size": len(X), "random_state": 0}
    mine, theirs = (
        kind(**params, max_iter=1, warm_start=True).fit(X, y) for kind in (make, THEIRS[make])
    )
    rng = np.random.default_rng(0)
    for layer, weight in enumerate(theirs.coefs_):
        new = rng.normal(size=weight.shape) * 0.1
        for estimator in (mine, theirs):
            if in_place:
                estimator.coefs_[layer][:] = new
            else:
                estimator.coefs_[layer] = new.copy()
    for estimator in (mine, theirs):
        getattr(estimator, method)(X, y)
    for own, other in zip(mine.coefs_, theirs.coefs_, strict=True):
        assert_allclose(own, other, rtol=0, atol=1e-12)


# Copies.


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


COPIES = pytest.mark.parametrize(
    "copied",
    [lambda estimator: pickle.loads(pickle.dumps(estimator)), copy.deepcopy, through_joblib],
    ids=["pickle", "deepcopy", "joblib"],
)


@COPIES
@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"solver": "lbfgs"}])
@BOTH
def test_copy_predicts_the_same_and_stands_alone(make, params, copied, data):
    X, y = data(make)
    original = make(max_iter=3, random_state=0, **params).fit(X, y)
    predicted = outputs(original, X)
    other = copied(original)
    assert_array_equal(outputs(other, X), predicted)
    assert_equal_weights(other, original)
    for name in ("n_iter_", "t_", "loss_curve_", "validation_scores_", "best_loss_", "classes_"):
        assert_array_equal(getattr(other, name, None), getattr(original, name, None))
    for name, values in original.history_.items():
        assert_array_equal(other.history_[name], values)
    other.coefs_[0][:] = 0
    other.history_["loss"].append(0)
    assert_array_equal(outputs(original, X), predicted)
    assert len(original.history_["loss"]) == original.n_iter_


@pytest.mark.one_in(3)
@COPIES
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd"},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1},
    ],
    ids=["adam", "sgd", "invscaling", "adaptive"],
)
@BOTH
def test_copy_goes_on_training_as_the_original(make, params, copied, data):
    X, y = data(make)
    original = make(batch_size=64, random_state=0, **params)
    classes = {"classes": np.arange(10)} if make is MLPClassifier else {}
    for _ in range(3):
        original.partial_fit(X, y, **classes)
    other = copied(original)
    for _ in range(3):
        original.partial_fit(X, y)
        other.partial_fit(X, y)
    assert_equal_weights(other, original)
    assert other.loss_curve_ == original.loss_curve_
    assert len(other.loss_curve_) == 6


@COPIES
@BOTH
def test_copy_goes_on_under_warm_start_as_the_original(make, copied, data):
    X, y = data(make)
    original = make(max_iter=3, warm_start=True, random_state=0).fit(X, y)
    other = copied(original)
    assert_equal_weights(other.fit(X, y), original.fit(X, y))
    assert len(original.loss_curve_) == 6


@BOTH
def test_clone_has_the_parameters_and_nothing_else(make, data):
    X, y = data(make)
    estimator = make(hidden_layer_sizes=[7], max_iter=1, random_state=0).fit(X, y)
    other = clone(estimator)
    assert other.get_params() == estimator.get_params()
    assert vars(other) == vars(make(**estimator.get_params()))


@BOTH
def test_model_read_from_a_memory_map_predicts(make, data, tmp_path):
    X, y = data(make)
    estimator = make(max_iter=1, random_state=0).fit(X, y)
    joblib.dump(estimator, tmp_path / "model")
    mapped = joblib.load(tmp_path / "model", mmap_mode="r")
    assert_array_equal(outputs(mapped, X), outputs(estimator, X))


# Numbers and their types.


@SOLVERS
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@BOTH
@pytest.mark.filterwarnings("ignore:early_stopping=True is ignored:UserWarning")
def test_dtype_of_the_samples_is_that_of_weights_and_predictions(
    make, dtype, early_stopping, solver, data
):
    X, y = data(make)
    X = X.astype(dtype)
    estimator = make(solver=solver, max_iter=2, early_stopping=early_stopping, random_state=0)
    estimator.fit(X, y, sample_weight=np.ones(len(X)))
    assert {array.dtype for array in estimator.coefs_ + estimator.intercepts_} == {np.dtype(dtype)}
    for samples in (X, X.tolist(), csr_array(X), X.astype(np.float64), np.asfortranarray(X)):
        assert outputs(estimator, samples).dtype == dtype
        tolerance = 1e-9 if dtype == np.float64 else 1e-4
        assert_allclose(outputs(estimator, samples), outputs(estimator, X), tolerance, tolerance)
    if make is MLPClassifier:
        assert estimator.predict_log_proba(X).dtype == dtype
        assert estimator.predict(X).dtype == y.dtype
    for name in ("loss_", "best_loss_", "best_validation_score_"):
        assert getattr(estimator, name) is None or type(getattr(estimator, name)) is float
    assert all(type(loss) is float for loss in estimator.loss_curve_)
    assert type(estimator.n_iter_) is type(estimator.t_) is int


LABELS = {
    "strings": np.array(["zero", "one", "two"]),
    "objects": np.array(["zero", "one", "two"], dtype=object),
    "negative": np.array([-7, 3, 900]),
    "floats": np.array([2.0, 4.0, 3.0]),
    "int8": np.array([0, 1, 2], dtype=np.int8),
    "two strings": np.array(["yes", "no"]),
    "bool": np.array([False, True]),
}


@pytest.mark.one_in(3)
@SOLVERS
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.filterwarnings("ignore:early_stopping=True is ignored:UserWarning")
def test_labels_of_any_kind_are_as_good_as_their_numbers(kind, early_stopping, solver, digits):
    X, y = (array[:300] for array in digits)
    labels = LABELS[kind][y % len(LABELS[kind])]
    classes, numbers = np.unique(labels, return_inverse=True)
    params = {"solver": solver, "early_stopping": early_stopping, "max_iter": 5, "random_state": 0}
    named = MLPClassifier(**params).fit(X, labels)
    numbered = MLPClassifier(**params).fit(X, numbers)
    assert_equal_weights(named, numbered)
    assert_array_equal(named.classes_, classes)
    theirs = THEIRS[MLPClassifier](max_iter=1).fit(X, labels)
    assert named.classes_.dtype == theirs.classes_.dtype
    assert named.predict(X).dtype == theirs.predict(X).dtype
    assert_array_equal(named.predict(X), classes[numbered.predict(X)])
    assert named.score(X, labels) == numbered.score(X, numbers)


@SOLVERS
@BOTH
def test_weight_of_k_is_the_sample_k_times_in_a_full_batch(make, solver, data):
    X, y = data(make)
    count = np.random.default_rng(0).integers(0, 4, len(X))
    params = {"solver": solver, "batch_size": count.sum(), "max_iter": 10, "alpha": 1.0}
    params.update(random_state=0, tol=0)
    repeated = make(**params).fit(np.repeat(X, count, axis=0), np.repeat(y, count))
    params["batch_size"] = len(X)
    weighted = make(**params).fit(X, y, sample_weight=count)
    for mine, theirs in zip(weighted.coefs_, repeated.coefs_, strict=True):
        assert_allclose(mine, theirs, rtol=0, atol=1e-9)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@BOTH
def test_score_is_accuracy_or_r2(make, data):
    X, y = data(make)
    weight = np.random.default_rng(0).uniform(size=len(X))
    estimator = make(max_iter=3, random_state=0).fit(X, y)
    measure = accuracy_score if make is MLPClassifier else r2_score
    assert_allclose(estimator.score(X, y), measure(y, estimator.predict(X)))
    expected = measure(y, estimator.predict(X), sample_weight=weight)
    assert_allclose(estimator.score(X, y, sample_weight=weight), expected)


@BOTH
def test_multi_output_scores_are_exact_match_and_mean_r2(make, data):
    X, y = data(make)
    y = np.column_stack([y, y**2 - y]) if make is MLPRegressor else (y[:, None] >> [0, 1]) & 1
    estimator = make(max_iter=3, early_stopping=True, random_state=0).fit(X, y)
    predicted = estimator.predict(X)
    assert predicted.shape == y.shape
    if make is MLPClassifier:
        assert_allclose(estimator.score(X, y), np.mean((predicted == y).all(axis=1)))
    else:
        residual = ((y - predicted) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
        assert_allclose(estimator.score(X, y), np.mean(1 - residual))


# The same again.


@SOLVERS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@BOTH
def test_fits_are_equal_to_the_bit_from_run_to_run_and_in_any_memory_order(
    make, dtype, solver, data
):
    X, y = data(make)
    X = X.astype(dtype)
    params = {"solver": solver, "max_iter": 10, "batch_size": 64, "random_state": 0}
    first = make(**params).fit(X, y)
    strided = np.repeat(X, 2, axis=1)[:, ::2]
    for samples in (X, np.asfortranarray(X), strided, X[:, :]):
        again = make(**params).fit(samples, y)
        assert_equal_weights(again, first)
        assert_array_equal(outputs(again, samples), outputs(first, X))


@BOTH
def test_shuffling_by_hand_changes_nothing_but_the_order(make, data):
    """Full batches: the order of the samples does not matter."""
    X, y = data(make)
    order = np.random.default_rng(0).permutation(len(X))
    params = {"batch_size": len(X), "max_iter": 10, "random_state": 0}
    one, other = make(**params).fit(X, y), make(**params).fit(X[order], y[order])
    assert_allclose(one.coefs_[0], other.coefs_[0], rtol=0, atol=1e-10)


@BOTH
def test_concurrent_predictions_are_those_of_one_thread(make, data):
    X, y = data(make)
    estimator = make(max_iter=2, random_state=0).fit(X, y)
    expected = outputs(estimator, X)
    with ThreadPoolExecutor(4) as pool:
        for predicted in pool.map(lambda _: outputs(estimator, X), range(40)):
            assert_array_equal(predicted, expected)


@BOTH
def test_stream_of_partial_fits_follows_scikit_learn_without_shuffling(make, data):
    X, y = data(make)
    mine, theirs = (kind(shuffle=False, random_state=0) for kind in (make, THEIRS[make]))
    classes = {"classes": np.arange(10)} if make is MLPClassifier else {}
    for rows in (slice(0, 100), slice(100, 130), slice(130, 131), slice(131, 300)):
        for estimator in (mine, theirs):
            estimator.partial_fit(X[rows], y[rows], **classes)
    for own, other in zip(mine.coefs_, theirs.coefs_, strict=True):
        assert_allclose(own, other, rtol=0, atol=1e-6)
    assert mine.t_ == theirs.t_ == 300


@BOTH
def test_partial_fit_goes_on_from_a_fit_with_another_solver(make, data):
    X, y = data(make)
    estimator = make(solver="lbfgs", max_iter=30, random_state=0).fit(X, y)
    reached = estimator.loss_
    estimator.set_params(solver="sgd", batch_size=len(X)).partial_fit(X, y)
    # The loss of its one step is that of the weights that it starts from.
    assert_allclose(estimator.loss_, reached, rtol=1e-9)
    assert estimator.n_iter_ == 1


@SOLVERS
@BOTH
def test_samples_seen_are_counted_over_epochs_and_fits(make, solver, data):
    X, y = data(make)
    settings = {"max_iter": 3, "random_state": 0, "warm_start": True}
    ours, theirs = make(solver=solver, **settings), THEIRS[make](solver=solver, **settings)
    for own in (solver, solver, "lbfgs"):  # which adds none
        for estimator in (ours, theirs):
            estimator.set_params(solver=own).fit(X, y)
        assert ours.t_ == theirs.t_
    assert ours.t_ == (0 if solver == "lbfgs" else 2 * 3 * len(X))


@BOTH
def test_partial_fit_that_diverges_leaves_generator_and_history_as_they_were(make, data):
    X, y = data(make)
    classes = {"classes": np.arange(10)} if make is MLPClassifier else {}
    failing, plain = (make(batch_size=64, random_state=0) for _ in range(2))
    for estimator in (failing, plain):
        estimator.partial_fit(X, y, **classes)
    with pytest.raises(ValueError, match="non-finite"):
        failing.partial_fit(X * 1e300, y)
    for estimator in (failing, plain):
        estimator.partial_fit(X, y)
    assert_equal_weights(failing, plain)
    assert failing.loss_curve_ == plain.loss_curve_


@pytest.mark.parametrize("params", [{}, {"solver": "sgd"}], ids=["adam", "sgd"])
@BOTH
def test_partial_fit_after_a_fit_under_warm_start_is_one_epoch_more(make, params, data):
    """Moments, order of the rows and generator go on, too."""
    X, y = data(make)
    settings = {"batch_size": 64, "random_state": 0, "tol": 0, "n_iter_no_change": np.inf, **params}
    whole = make(**settings, max_iter=4).fit(X, y)
    parts = make(**settings, max_iter=3, warm_start=True).fit(X, y).partial_fit(X, y)
    assert_equal_weights(parts, whole)
    assert parts.loss_curve_ == whole.loss_curve_


# Tables.


@pytest.fixture(params=["pandas", "polars"])
def frames(request):
    """(X, names, y) -> X as a table, y as a series."""
    if request.param == "pandas":
        return lambda X, names, y: (pd.DataFrame(X, columns=names), pd.Series(y))
    return lambda X, names, y: (pl.DataFrame(X, schema=names), pl.Series(y))


@pytest.mark.parametrize("early_stopping", [False, True])
@BOTH
def test_tables_are_as_good_as_arrays(make, early_stopping, frames, data):
    X, y = data(make)
    names = [f"x{number}" for number in range(X.shape[1])]
    table, series = frames(X, names, y)
    params = {"max_iter": 3, "early_stopping": early_stopping, "random_state": 0}
    estimator = make(**params).fit(table, series)
    assert_array_equal(estimator.feature_names_in_, names)
    plain = make(**params).fit(X, y)
    assert_equal_weights(estimator, plain)
    assert_array_equal(outputs(estimator, table), outputs(plain, X))
    assert estimator.score(table, series) == plain.score(X, y)
    assert not hasattr(plain, "feature_names_in_")


@BOTH
def test_names_of_features_are_checked(make, frames, data):
    X, y = data(make)
    names = [f"x{number}" for number in range(X.shape[1])]
    table, series = frames(X, names, y)
    estimator = make(max_iter=1, warm_start=True).fit(table, series)
    other, _ = frames(X, ["other", *names[1:]], y)
    for call in (estimator.predict, lambda X: estimator.fit(X, y)):
        with pytest.raises(ValueError, match="feature names should match"):
            call(other)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        estimator.predict(X)
    estimator = make(max_iter=1).fit(X, y)
    with pytest.warns(UserWarning, match="X has feature names, but"):
        estimator.predict(table)


def test_frame_of_mixed_types_and_string_labels_is_taken():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "int": rng.integers(0, 5, 60),
            "float": rng.normal(size=60).astype(np.float32),
            "bool": rng.random(60) < 0.5,
        }
    )
    labels = pd.Series(np.where(table["float"] > 0, "up", "down"))
    clf = MLPClassifier(solver="lbfgs", random_state=0).fit(table, labels)
    assert clf.coefs_[0].dtype == np.float64
    assert set(clf.predict(table)) == {"up", "down"}
    assert clf.score(table, labels) > 0.95


# scikit-learn's tools.


@BOTH
def test_cross_validation_in_a_pipeline_gives_the_scores_of_scikit_learn(make, data):
    X, y = data(make)
    mine, theirs = (
        cross_val_score(
            make_pipeline(StandardScaler(), kind(max_iter=10, random_state=0)), X, y, cv=3
        )
        for kind in (make, THEIRS[make])
    )
    assert_allclose(mine, theirs, rtol=1e-6)


@BOTH
def test_grid_search_finds_what_scikit_learn_finds(make, data):
    X, y = data(make)
    grid = {
        "hidden_layer_sizes": [(), (10,), (20, 10)],
        "activation": ["relu", "tanh"],
        "learning_rate_init": [0.001, 0.01],
    }
    mine, theirs = (
        GridSearchCV(kind(max_iter=5, random_state=0), grid, cv=2).fit(X, y)
        for kind in (make, THEIRS[make])
    )
    assert mine.best_params_ == theirs.best_params_
    assert_allclose(
        mine.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-6
    )
    assert_allclose(mine.best_score_, theirs.best_score_, rtol=1e-6)


@BOTH
def test_learning_curve_learns_incrementally(make, data):
    X, y = data(make)
    split = ShuffleSplit(n_splits=1, test_size=100, random_state=0)
    sizes, _, scores = learning_curve(
        make(random_state=0),
        X,
        y,
        cv=split,
        train_sizes=[50, 100, 200],
        exploit_incremental_learning=True,
    )
    train, test = next(split.split(X))
    by_hand = make(random_state=0)
    classes = {"classes": np.unique(y)} if make is MLPClassifier else {}
    for start, stop, score in zip([0, *sizes[:-1]], sizes, scores, strict=True):
        by_hand.partial_fit(X[train[start:stop]], y[train[start:stop]], **classes)
        assert_allclose(score, by_hand.score(X[test], y[test]))


@needs_scikit_learn("1.7", "sample_weight of its MLPs")
@pytest.mark.parametrize(("make", "ensemble"), [
    (MLPClassifier, BaggingClassifier),
    (MLPClassifier, AdaBoostClassifier),
    (MLPRegressor, BaggingRegressor),
])  # fmt: skip
def test_ensembles_weigh_samples_as_with_scikit_learn(make, ensemble, data):
    X, y = data(make)
    weight = np.random.default_rng(0).uniform(size=len(X))
    mine, theirs = (
        ensemble(kind(max_iter=5), n_estimators=3, random_state=0).fit(X, y, sample_weight=weight)
        for kind in (make, THEIRS[make])
    )
    assert_allclose(outputs(mine, X), outputs(theirs, X), rtol=1e-6, atol=1e-9)


def test_ensemble_fitted_on_threads_is_that_of_one_thread(data):
    X, y = data(MLPClassifier)
    forest = BaggingClassifier(MLPClassifier(max_iter=5), n_estimators=4, random_state=0)
    alone = clone(forest).fit(X, y).predict_proba(X)
    with joblib.parallel_config(backend="threading"):
        together = forest.set_params(n_jobs=4).fit(X, y).predict_proba(X)
    assert_allclose(together, alone, rtol=1e-12)


def test_calibrated_probabilities_are_those_of_scikit_learn(data):
    X, y = data(MLPClassifier)
    mine, theirs = (
        CalibratedClassifierCV(kind(max_iter=10, random_state=0), cv=3).fit(X, y)
        for kind in (MLPClassifier, THEIRS[MLPClassifier])
    )
    assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), rtol=1e-5, atol=1e-8)


def weighing_pipeline(make):
    """A scaler without weights and a network with them."""
    estimator = make(max_iter=3, random_state=0)
    estimator.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    estimator.set_partial_fit_request(sample_weight=True)
    return make_pipeline(StandardScaler().set_fit_request(sample_weight=False), estimator)


@BOTH
def test_sample_weight_is_routed_through_a_pipeline(make, data):
    X, y = data(make)
    weight = np.random.default_rng(0).uniform(size=len(X))
    with config_context(enable_metadata_routing=True):
        pipeline = weighing_pipeline(make).fit(X, y, sample_weight=weight)
        scaled = StandardScaler().fit_transform(X)
        direct = make(max_iter=3, random_state=0).fit(scaled, y, sample_weight=weight)
        assert_equal_weights(pipeline[-1], direct)
        expected = direct.score(scaled, y, sample_weight=weight)
        assert_allclose(pipeline.score(X, y, sample_weight=weight), expected)


@needs_scikit_learn("1.8", "weights for the score of a pipeline in cross_validate")
@BOTH
def test_sample_weight_is_routed_through_cross_validation_of_a_pipeline(make, data):
    X, y = data(make)
    weight = np.random.default_rng(0).uniform(size=len(X))
    with config_context(enable_metadata_routing=True):
        pipeline, params = weighing_pipeline(make), {"sample_weight": weight}
        scores = cross_validate(pipeline, X, y, cv=KFold(2), params=params)["test_score"]
        for score, (train, test) in zip(scores, KFold(2).split(X), strict=True):
            fold = clone(pipeline).fit(X[train], y[train], sample_weight=weight[train])
            assert score == fold.score(X[test], y[test], sample_weight=weight[test])


# What training tells.


def printed(estimator, X, y, capsys):
    estimator.fit(X, y)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "params",
    [
        {"tol": 0.05, "n_iter_no_change": 2},
        {"max_iter": 5},
        {"early_stopping": True, "n_iter_no_change": 2},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1},
    ],
    ids=["patience", "max_iter", "early stopping", "adaptive"],
)
@BOTH
def test_verbose_prints_the_lines_of_scikit_learn(make, params, data, capsys):
    X, y = data(make)
    params = {"verbose": True, "random_state": 0, "max_iter": 40, **params}
    mine = printed(make(**params), X, y, capsys)
    theirs = printed(THEIRS[make](**params), X, y, capsys)
    number = re.compile(r"-?\d+\.\d+")
    assert number.split(mine) == number.split(theirs)
    assert_allclose(
        [float(found) for found in number.findall(mine)],
        [float(found) for found in number.findall(theirs)],
        rtol=0,
        atol=2e-8,
    )
    assert mine.startswith("Iteration 1, loss = ")


@BOTH
@SOLVERS
def test_training_is_silent_unless_asked(solver, make, data, capsys):
    X, y = data(make)
    assert printed(make(solver=solver, max_iter=3), X, y, capsys) == ""


def test_verbose_lbfgs_prints_a_line_an_iteration(diabetes, capsys):
    reg = MLPRegressor(solver="lbfgs", max_iter=4, verbose=True, random_state=0)
    lines = printed(reg, *diabetes, capsys).splitlines()
    expected = [f"Iteration {n}, loss = {loss:.8f}" for n, loss in enumerate(reg.loss_curve_, 1)]
    assert lines == expected


COLUMNS = {
    "loss", "validation_loss", "validation_score", "learning_rate", "gradient_norm", "seconds"
}  # fmt: skip


@SOLVERS
@BOTH
def test_history_has_a_row_an_epoch(make, solver, data):
    X, y = data(make)
    estimator = make(solver=solver, max_iter=4, random_state=0)
    started = time.perf_counter()
    estimator.fit(X, y)
    elapsed = time.perf_counter() - started
    history = estimator.history_
    assert history.keys() >= COLUMNS
    assert {len(values) for values in history.values()} == {estimator.n_iter_} == {4}
    assert history["loss"] == estimator.loss_curve_
    assert np.isnan(history["validation_loss"]).all()
    assert np.isnan(history["validation_score"]).all()
    assert np.all(np.array(history["seconds"]) > 0)
    assert sum(history["seconds"]) < elapsed
    if solver != "lbfgs":
        assert_allclose(history["learning_rate"], 0.001)


@BOTH
def test_gradient_norm_is_that_of_the_step(make, data):
    X, y = data(make)
    params = {"solver": "sgd", "momentum": 0, "batch_size": len(X), "random_state": 0}
    estimator = make(**params, max_iter=1, learning_rate_init=0.1).fit(X, y)
    before = np.concatenate([a.ravel() for a in estimator.coefs_ + estimator.intercepts_])
    estimator.partial_fit(X, y)
    after = np.concatenate([a.ravel() for a in estimator.coefs_ + estimator.intercepts_])
    assert_allclose(
        estimator.history_["gradient_norm"][-1], np.linalg.norm(after - before) / 0.1, rtol=1e-9
    )


def test_history_tells_the_learning_rate_of_each_epoch(diabetes):
    X, y = diabetes
    params = {"solver": "sgd", "learning_rate_init": 0.01, "max_iter": 5}
    reg = MLPRegressor(**params, learning_rate="invscaling", power_t=0.5).fit(X, y)
    # The first epoch runs at learning_rate_init, the others at what t_ was before them.
    seen = len(X) * np.arange(1, 5)
    assert_allclose(reg.history_["learning_rate"], [0.01, *0.01 / (seen + 1) ** 0.5], rtol=1e-12)
    reg = MLPRegressor(**params, learning_rate="adaptive", tol=1e3, n_iter_no_change=1).fit(X, y)
    # Epochs 2 and 3 do not improve by 1000, nor do 4 and 5.
    assert_allclose(reg.history_["learning_rate"], [0.01] * 3 + [0.002] * 2, rtol=1e-12)


@BOTH
def test_history_grows_under_warm_start_and_starts_anew_otherwise(make, data):
    X, y = data(make)
    estimator = make(max_iter=2, warm_start=True, random_state=0).fit(X, y)
    first = estimator.history_
    old = {name: list(values) for name, values in first.items()}
    estimator.fit(X, y)
    assert first == old or all(np.array_equal(first[k], old[k], equal_nan=True) for k in old)
    assert estimator.history_["loss"][:2] == old["loss"]
    assert len(estimator.history_["loss"]) == len(estimator.loss_curve_) == 4
    estimator.partial_fit(X, y)
    assert len(estimator.history_["loss"]) == len(estimator.loss_curve_) == 5
    estimator.set_params(warm_start=False).fit(X, y)
    assert len(estimator.history_["loss"]) == len(estimator.loss_curve_) == 2


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("problem", ["ten classes", "two classes", "regression"])
def test_early_stopping_keeps_the_weights_that_scored_best(problem, weighted, digits, diabetes):
    X, y = diabetes if problem == "regression" else digits
    make = MLPRegressor if problem == "regression" else MLPClassifier
    if problem == "two classes":
        y = y % 2
    weight = np.random.default_rng(0).uniform(size=len(X)) if weighted else None
    estimator = make(
        early_stopping=True, validation_fraction=0.2, learning_rate_init=0.02, random_state=7
    )
    estimator.fit(X, y, sample_weight=weight)
    best = int(np.argmax(estimator.validation_scores_))
    assert best < estimator.n_iter_ - 1

    # The generator draws the weights, then the split.
    rng = np.random.RandomState(7)
    for array in (array for pair in zip(estimator.coefs_, estimator.intercepts_, strict=True)
                  for array in pair):  # fmt: skip
        rng.uniform(size=array.shape)
    strata = y if problem == "two classes" else None
    held_out = train_test_split(
        np.arange(len(X)), test_size=0.2, random_state=rng, stratify=strata
    )[1]
    X, y = X[held_out], y[held_out]
    weight = None if weight is None else weight[held_out]
    score = estimator.score(X, y, sample_weight=weight)
    assert_allclose(score, estimator.best_validation_score_, rtol=1e-12)
    assert estimator.best_validation_score_ == estimator.validation_scores_[best]
    assert estimator.best_loss_ is None

    if problem == "regression":
        loss = 0.5 * np.average((y - estimator.predict(X)) ** 2, weights=weight)
    else:
        loss = log_loss(y, estimator.predict_proba(X), sample_weight=weight)
    assert_allclose(estimator.history_["validation_loss"][best], loss, rtol=1e-9)
    assert estimator.history_["validation_score"] == estimator.validation_scores_


# Ctrl-C.


def interrupt_at(monkeypatch, owner, name, call):
    """Makes a method raise KeyboardInterrupt the so-manieth time it is called."""
    original, calls = getattr(owner, name), []

    def interrupted(self, *args, **kwargs):
        calls.append(None)
        if len(calls) == call:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, interrupted)


@BOTH
def test_interrupted_fit_warns_and_leaves_a_usable_estimator(make, data, monkeypatch):
    X, y = data(make)
    params = {"batch_size": 100, "random_state": 0}  # three steps an epoch
    with monkeypatch.context() as patch:
        interrupt_at(patch, Adam, "step", 3 * 4 + 2)
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            interrupted = make(**params).fit(X, y)
    assert interrupted.n_iter_ == len(interrupted.loss_curve_) == 4
    assert interrupted.t_ == 4 * len(X)
    whole = make(**params, max_iter=4).fit(X, y)
    assert interrupted.loss_curve_ == whole.loss_curve_
    assert interrupted.score(X, y) > whole.score(X, y) - 0.2
    assert_array_equal(outputs(pickle.loads(pickle.dumps(interrupted)), X), outputs(interrupted, X))
    assert interrupted.partial_fit(X, y).n_iter_ == 1


@pytest.mark.parametrize(
    ("solver", "where", "early_stopping"),
    [
        ("adam", (Adam, "step"), False),
        ("adam", (Adam, "step"), True),
        ("lbfgs", (Gradient, "sum"), False),
    ],
)
@BOTH
def test_fit_interrupted_in_its_first_step_leaves_the_drawn_weights(
    make, solver, where, early_stopping, data, monkeypatch
):
    X, y = data(make)
    with monkeypatch.context() as patch:
        interrupt_at(patch, *where, 1)
        estimator = make(random_state=0, solver=solver, early_stopping=early_stopping)
        with pytest.warns(UserWarning, match="Training interrupted by user") as warned:
            interrupted = estimator.fit(X, y)
    assert len(warned) == 1
    assert np.isnan(interrupted.loss_)
    drawn = THEIRS[make](random_state=0, solver="sgd", learning_rate_init=1e-300, max_iter=1)
    drawn.fit(X, y)
    assert_equal_weights(interrupted, drawn)
    assert interrupted.n_iter_ == 0
    assert interrupted.loss_curve_ == []
    assert len(interrupted.predict(X)) == len(X)


@BOTH
def test_interrupted_early_stopping_returns_the_best_weights_so_far(make, data, monkeypatch):
    X, y = data(make)
    params = {"early_stopping": True, "learning_rate_init": 0.02, "random_state": 0}
    whole = make(**params, max_iter=12, n_iter_no_change=20).fit(X, y)
    with monkeypatch.context() as patch:
        interrupt_at(patch, Adam, "step", 2 * 12 + 1)  # 270 samples: two steps an epoch
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            interrupted = make(**params, n_iter_no_change=20).fit(X, y)
    assert interrupted.n_iter_ == 12
    assert_equal_weights(interrupted, whole)
    assert interrupted.validation_scores_ == whole.validation_scores_
    assert interrupted.best_validation_score_ == max(whole.validation_scores_)


@BOTH
def test_interrupted_lbfgs_keeps_its_last_iteration(make, data, monkeypatch):
    X, y = data(make)
    with monkeypatch.context() as patch:
        interrupt_at(patch, Gradient, "sum", 12)
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            interrupted = make(solver="lbfgs", random_state=0).fit(X, y)
    done = interrupted.n_iter_
    assert 3 < done < 12
    whole = make(solver="lbfgs", max_iter=done, random_state=0).fit(X, y)
    assert_equal_weights(interrupted, whole)
    assert interrupted.loss_curve_ == whole.loss_curve_
    assert interrupted.loss_ == interrupted.loss_curve_[-1]


# Memory.


def peak_bytes(call):
    """What the call allocates at most, beyond what was there."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sparse", [False, True])
@BOTH
def test_predictions_in_chunks_are_those_at_once(make, sparse, data):
    X, y = data(make)
    estimator = make(max_iter=3, random_state=0).fit(X, y)
    if sparse:
        X = csr_array(X)
    at_once = outputs(estimator, X)
    for rows in (1, 7, 299):
        mebibytes = rows * (100 + estimator.n_outputs_) * 8 / 2**20
        with config_context(working_memory=mebibytes):
            assert_allclose(outputs(estimator, X), at_once, rtol=1e-12)


@BOTH
def test_memory_of_prediction_is_bounded_by_working_memory(make):
    X = np.random.default_rng(0).normal(size=(20_000, 10))
    estimator = make(hidden_layer_sizes=(500, 500), max_iter=1)
    estimator.fit(X[:100], np.arange(100) % 2)
    with config_context(working_memory=8):
        peak = peak_bytes(lambda: outputs(estimator, X))
    # At once it would take 20,000 * 1,000 * 8 bytes = 153 MiB. The results take less than one.
    assert peak < (8 + 2) * 2**20


@BOTH
def test_prediction_leaves_no_memory_behind(make):
    X = np.random.default_rng(0).normal(size=(20_000, 10))
    estimator = make(hidden_layer_sizes=(100,), max_iter=1)
    estimator.fit(X[:100], np.arange(100) % 2)
    n_rows = 12_345 if make is MLPClassifier else 12_346  # so that no array serves both
    tracemalloc.start()
    try:
        outputs(estimator, X[:n_rows])  # the hidden layer takes 9.4 MiB
        assert tracemalloc.get_traced_memory()[0] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.one_in(3)
@pytest.mark.parametrize("params", [
    {},
    {"solver": "sgd"},
    {"early_stopping": True},
    {"solver": "lbfgs", "max_iter": 3},
])  # fmt: skip
@pytest.mark.parametrize("weighted", [False, True])
@BOTH
def test_fit_allocates_less_than_half_of_the_samples_and_the_network(make, weighted, params):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 100))  # 16 MB
    y = rng.integers(0, 3, len(X)) if make is MLPClassifier else rng.normal(size=len(X))
    weight = rng.uniform(size=len(X)) if weighted else None
    estimator = make(hidden_layer_sizes=(50,), **{"max_iter": 1, **params})
    peak = peak_bytes(lambda: estimator.fit(X, y, sample_weight=weight))
    network = sum(array.nbytes for array in estimator.coefs_ + estimator.intercepts_)
    # lbfgs keeps the last ten steps and gradients.
    assert peak < 0.5 * X.nbytes + 40 * network


@BOTH
def test_fit_converts_samples_once(make):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, size=(10_000, 100), dtype=np.uint8)
    y = rng.integers(0, 3, len(X)) if make is MLPClassifier else rng.normal(size=len(X))
    converted = X.size * 8
    estimator = make(hidden_layer_sizes=(50,), max_iter=1)
    assert peak_bytes(lambda: estimator.fit(X, y)) < 1.5 * converted


# Warnings point at the line that called.


@pytest.mark.parametrize(
    ("params", "method", "message"),
    [
        ({"max_iter": 1}, "fit", "Maximum iterations"),
        ({"solver": "sgd", "max_iter": 1}, "fit", "Maximum iterations"),
        ({"solver": "lbfgs", "max_iter": 1}, "fit", "lbfgs failed to converge"),
        ({"solver": "lbfgs", "early_stopping": True}, "fit", "early_stopping=True is ignored"),
        ({"batch_size": 10**6}, "fit", "larger than sample size"),
        ({"batch_size": 10**6}, "partial_fit", "larger than sample size"),
    ],
)
@BOTH
def test_warning_points_at_the_caller(make, params, method, message, data):
    X, y = data(make)
    classes = {"classes": np.arange(10)} if (make, method) == (MLPClassifier, "partial_fit") else {}
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        getattr(make(**params), method)(X, y, **classes)
    found = [warning for warning in seen if message in str(warning.message)]
    assert len(found) == 1
    assert found[0].filename == __file__


@BOTH
def test_warning_of_an_interruption_points_at_the_caller(make, data, monkeypatch):
    X, y = data(make)
    for solver, owner, name in (("adam", Adam, "step"), ("lbfgs", Gradient, "sum")):
        with monkeypatch.context() as patch:
            interrupt_at(patch, owner, name, 5)
            with pytest.warns(UserWarning, match="interrupted") as seen:
                make(solver=solver).fit(X, y)
        assert [warning.filename for warning in seen] == [__file__]


@BOTH
def test_warning_of_divergence_points_at_the_caller(make, data):
    X, y = data(make)
    estimator = make(solver="sgd", learning_rate_init=1e200, batch_size=20, early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="Solver produced non-finite") as seen:
        estimator.set_params(activation="identity", random_state=0).fit(X, y)
    assert [warning.filename for warning in seen] == [__file__]


@BOTH
def test_convergence_is_not_warned_about_when_patience_ends_training(make, data):
    X, y = data(make)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator = make(tol=0.1, n_iter_no_change=2, random_state=0).fit(X, y)
    assert estimator.n_iter_ < estimator.max_iter


@BOTH
def test_lbfgs_searches_in_float64_and_rounds_the_weights_once(make, data):
    X, y = data(make)
    X, y = X.astype(np.float32), y.astype(np.float32)
    start = make(solver="sgd", learning_rate_init=1e-30, max_iter=1, random_state=0).fit(X, y)
    narrow = make(solver="lbfgs", max_iter=20, random_state=0).fit(X, y)
    wide = make(solver="lbfgs", max_iter=20).fit(
        X.astype(np.float64), y, coef_init=start.coefs_, intercept_init=start.intercepts_
    )
    for mine, wanted in zip(
        narrow.coefs_ + narrow.intercepts_, wide.coefs_ + wide.intercepts_, strict=True
    ):
        assert_array_equal(mine, wanted.astype(np.float32), strict=True)
