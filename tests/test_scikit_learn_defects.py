"""Defects of scikit-learn's MLPs (as of 1.9) that ours must not have: what holds instead."""

import pickle

import numpy as np
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import log_expit, log_softmax
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_classifiers_multilabel_output_format_predict_proba,
)

from sknn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])


@pytest.fixture
def data(digits, diabetes):
    """(X, y) for a class of estimators."""
    return {MLPClassifier: digits, MLPRegressor: diabetes}.__getitem__


def weights(estimator):
    return [*estimator.coefs_, *estimator.intercepts_]


def assert_equal_weights(one, other):
    for mine, theirs in zip(weights(one), weights(other), strict=True):
        assert_array_equal(mine, theirs)


def initial_weights(estimator, X, y):
    """The weights that a fit starts from: those after a step too small to change them."""
    still = type(estimator)(**{**estimator.get_params(), "learning_rate_init": 1e-300})
    still.set_params(solver="sgd", momentum=0, max_iter=1, warm_start=False).fit(X, y)
    return still


# Warm start with early stopping: scikit-learn overwrites the best weights while training goes on.


def held_out_score(estimator, X, y):
    """Score on the rows that a fit which draws no weights holds out."""
    split = train_test_split(X, y, test_size=0.1, random_state=np.random.RandomState(0))
    measure = accuracy_score if isinstance(estimator, MLPClassifier) else r2_score
    return measure(split[3], estimator.predict(split[1]))


@BOTH
def test_warm_start_with_early_stopping_returns_the_weights_that_scored_best(make, data):
    X, y = data(make)
    estimator = make(early_stopping=True, warm_start=True, random_state=0, max_iter=2)
    estimator.fit(X, y)
    first = estimator.best_validation_score_
    estimator.set_params(max_iter=40, learning_rate_init=0.03, n_iter_no_change=40).fit(X, y)
    assert len(estimator.validation_scores_) == 42
    assert estimator.best_validation_score_ == max(estimator.validation_scores_) > first
    assert estimator.validation_scores_[-1] < estimator.best_validation_score_
    assert_allclose(held_out_score(estimator, X, y), estimator.best_validation_score_, rtol=1e-12)


@BOTH
def test_warm_start_with_early_stopping_keeps_the_old_weights_if_no_new_ones_score_better(
    make, data
):
    X, y = data(make)
    estimator = make(early_stopping=True, warm_start=True, random_state=0, learning_rate_init=0.01)
    estimator.fit(X, y)
    best, before = estimator.best_validation_score_, [array.copy() for array in weights(estimator)]
    estimator.set_params(solver="sgd", learning_rate_init=1.0, max_iter=5).fit(X, y)
    assert max(estimator.validation_scores_[-5:]) < best == estimator.best_validation_score_
    for array, old in zip(weights(estimator), before, strict=True):
        assert_array_equal(array, old)


# Warm start without: its count of epochs without improvement goes on, and stops the next fit.


@pytest.mark.parametrize("early_stopping", [False, True])
@BOTH
def test_patience_starts_anew_under_warm_start(make, early_stopping, data):
    X, y = data(make)
    estimator = make(
        tol=1e3, n_iter_no_change=3, warm_start=True, early_stopping=early_stopping, random_state=0
    )
    # No epoch but the very first improves by 1000; training stops after more than three others.
    assert estimator.fit(X, y).n_iter_ == 5
    assert estimator.fit(X, y).n_iter_ == 4
    assert estimator.fit(X, y).n_iter_ == 4


# partial_fit: each call but the first shuffles alike, if random_state is a number.

SCHEDULES = {
    "adam": {},
    "constant": {"solver": "sgd"},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "no shuffling": {"shuffle": False},
}


def assert_equal_runs(pieces, whole):
    assert_equal_weights(pieces, whole)
    assert pieces.loss_curve_ == whole.loss_curve_
    for name in ("loss_", "best_loss_", "t_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(pieces, name) == getattr(whole, name), name
    for name, values in whole.history_.items():
        if name != "seconds":
            assert_array_equal(pieces.history_[name], values)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("setting", SCHEDULES)
@BOTH
def test_n_partial_fits_are_one_fit_of_n_epochs(make, setting, dtype, data):
    X, y = data(make)
    X = X[:500].astype(dtype)
    y = y[:500]
    params = {"random_state": 3, "batch_size": 64, **SCHEDULES[setting]}
    pieces = make(**params)
    classes = {"classes": np.arange(10)} if make is MLPClassifier else {}
    for _ in range(6):
        pieces.partial_fit(X, y, **classes)
    whole = make(**params, max_iter=6, tol=0, n_iter_no_change=np.inf).fit(X, y)
    assert pieces.coefs_[0].dtype == dtype
    assert_equal_runs(pieces, whole)


@pytest.mark.parametrize("target", ["binary", "multilabel"])
def test_n_weighted_partial_fits_of_a_classifier_are_one_fit_of_n_epochs(target, digits):
    X, y = digits
    y = y % 2 if target == "binary" else (y[:, None] >> np.arange(4)) & 1
    weight = np.random.default_rng(0).uniform(size=len(X))
    pieces = MLPClassifier(random_state=3)
    for _ in range(4):
        pieces.partial_fit(X, y, weight, classes=np.arange(2 if target == "binary" else 4))
    whole = MLPClassifier(random_state=3, max_iter=4, tol=0, n_iter_no_change=np.inf)
    assert_equal_runs(pieces, whole.fit(X, y, weight))


def test_partial_fits_slow_down_by_the_adaptive_schedule_as_one_fit_does(diabetes):
    X, y = diabetes
    params = {"learning_rate": "adaptive", "learning_rate_init": 0.01, "tol": 0.03}
    params.update(solver="sgd", n_iter_no_change=1, random_state=0)
    pieces = MLPRegressor(**params)
    for _ in range(12):
        pieces.partial_fit(X, y)
    whole = MLPRegressor(**params, max_iter=12).fit(X, y)
    assert whole.n_iter_ == 12
    assert len(set(whole.history_["learning_rate"])) > 2
    assert_equal_runs(pieces, whole)


def test_partial_fits_shuffle_as_scikit_learn_does_within_one_fit(diabetes):
    X, y = diabetes
    pieces = MLPRegressor(batch_size=10, random_state=0)
    for _ in range(5):
        pieces.partial_fit(X, y)
    theirs = sklearn.neural_network.MLPRegressor(batch_size=10, random_state=0, max_iter=5)
    theirs.fit(X, y)
    for mine, other in zip(pieces.coefs_, theirs.coefs_, strict=True):
        assert_allclose(mine, other, rtol=0, atol=1e-6)


# A mini-batch whose weights sum to zero: scikit-learn divides by that sum.


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@BOTH
def test_mini_batch_of_zero_weight_is_skipped(make, solver, data):
    X, y = data(make)
    X, y = X[:200], y[:200]
    weight = np.ones(200)
    weight[50:100] = 0
    params = {"solver": solver, "batch_size": 50, "shuffle": False, "random_state": 0}
    weighted = make(**params, max_iter=5).fit(X, y, sample_weight=weight)
    without = make(**params, max_iter=5).fit(X[weight > 0], y[weight > 0])
    assert_equal_weights(weighted, without)


@BOTH
def test_validation_rows_of_zero_weight_are_refused_aloud(make, data):
    X, y = data(make)
    held_out = train_test_split(np.arange(len(X)), test_size=0.1, random_state=5)[1]
    weight = np.ones(len(X))
    weight[held_out] = 0
    estimator = make(warm_start=True, max_iter=1, random_state=5).fit(X, y)
    # The next fit draws no weights before the split.
    with pytest.raises(ValueError, match="drawn for the validation set have weight zero"):
        estimator.set_params(early_stopping=True).fit(X, y, sample_weight=weight)


# loss="poisson" takes negative targets, and gives a loss of nan.


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_negative_counts_under_poisson_raise(method, diabetes):
    X, y = diabetes
    estimator = MLPRegressor(loss="poisson")
    with pytest.raises(ValueError, match=r"loss='poisson' requires non-negative y"):
        getattr(estimator, method)(X, y)
    assert not hasattr(estimator, "coefs_")


def test_zero_counts_under_poisson_give_a_finite_loss(diabetes):
    X, y = diabetes
    counts = np.maximum(np.round(y), 0)
    assert (counts == 0).any()
    reg = MLPRegressor(loss="poisson", max_iter=3, random_state=0).fit(X, counts)
    assert np.isfinite(reg.loss_curve_).all()


# The regressor has a partial_fit that then fails.


@BOTH
def test_partial_fit_exists_for_stochastic_solvers_only(make):
    assert hasattr(make(solver="adam"), "partial_fit")
    assert hasattr(make(solver="sgd"), "partial_fit")
    assert not hasattr(make(solver="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        make(solver="lbfgs").partial_fit  # noqa: B018


# One class: scikit-learn gives two columns of probabilities.


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_one_class_has_one_column_of_probabilities(solver):
    X = np.random.default_rng(0).normal(size=(30, 3))
    clf = MLPClassifier(solver=solver, max_iter=5).fit(X, ["only"] * 30)
    assert_array_equal(clf.classes_, ["only"])
    assert_array_equal(clf.predict_proba(X), np.ones((30, 1)))
    assert_array_equal(clf.predict_log_proba(X), np.zeros((30, 1)))
    assert_array_equal(clf.predict(X), ["only"] * 30)
    assert clf.score(X, ["only"] * 30) == 1.0


# predict_log_proba is log(predict_proba): -inf where the probability underflows.


def with_raw_outputs(z, y):
    """A linear classifier whose raw outputs for np.eye(len(z)) are z, (n, n_outputs)."""
    clf = MLPClassifier((), max_iter=1).fit(np.eye(len(z)), y)
    clf.coefs_ = [np.asarray(z, dtype=float)]
    clf.intercepts_ = [np.zeros(z.shape[1])]
    return clf


def test_log_probabilities_of_many_classes_are_the_logarithms_of_softmax():
    z = np.random.default_rng(0).normal(size=(6, 3)) * np.array([[1, 30, 100, 200, 1e3, 1e4]]).T
    log_p = with_raw_outputs(z, [0, 1, 2] * 2).predict_log_proba(np.eye(6))
    expected = log_softmax(z, axis=1)
    smallest = np.log(np.finfo(float).tiny)
    with np.errstate(divide="ignore"):
        assert np.isneginf(np.log(np.exp(expected))).any()  # scikit-learn's way
    assert np.isfinite(log_p).all()
    ordinary = expected >= smallest
    # Where one class has all of the probability, its logarithm is the rounding of 0.
    assert_allclose(log_p[ordinary], expected[ordinary], rtol=1e-12, atol=1e-12)
    assert (log_p[~ordinary] <= smallest + 1e-9).all()


def test_log_probabilities_of_two_classes_are_the_logarithms_of_the_logistic_function():
    z = np.array([[-700.0], [-30], [-1], [0], [1], [30], [700]])
    log_p = with_raw_outputs(z, [0, 1, 0, 1, 0, 1, 0]).predict_log_proba(np.eye(7))
    expected = np.hstack([log_expit(-z), log_expit(z)])
    assert_allclose(log_p, expected, rtol=1e-12, atol=np.finfo(float).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", ["multiclass", "binary", "multilabel"])
def test_log_probabilities_are_finite_however_sure_the_network_is(target, dtype, digits):
    X, y = digits
    X = X.astype(dtype)
    if target != "multiclass":
        y = y % 2 if target == "binary" else (y[:, None] >> np.arange(4)) & 1
    clf = MLPClassifier(max_iter=5, random_state=0).fit(X, y)
    clf.coefs_ = [array * 100 for array in clf.coefs_]
    theirs = sklearn.neural_network.MLPClassifier(max_iter=1, random_state=0).fit(X, y)
    theirs.coefs_, theirs.intercepts_ = clf.coefs_, clf.intercepts_
    with np.errstate(divide="ignore"):
        assert np.isneginf(theirs.predict_log_proba(X)).any()
    log_p = clf.predict_log_proba(X)
    assert log_p.dtype == dtype
    assert np.isfinite(log_p).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_are_never_zero_nor_those_of_a_logistic_output_one(dtype, digits):
    X, y = digits
    X = X.astype(dtype)
    clf = MLPClassifier(max_iter=3, random_state=0).fit(X, (y[:, None] >> np.arange(4)) & 1)
    clf.coefs_ = [array * 100 for array in clf.coefs_]
    p = clf.predict_proba(X)
    assert p.dtype == dtype
    assert p.min() >= np.finfo(dtype).tiny
    assert p.max() <= 1 - np.finfo(dtype).epsneg


# alpha is divided by the sum of weights of the batch: kept, and said so.


@pytest.mark.parametrize("weighted", [False, True])
@BOTH
def test_alpha_in_a_full_batch_adds_alpha_times_the_weights_over_the_sum_of_sample_weights(
    make, weighted, data
):
    X, y = data(make)
    sample_weight = np.random.default_rng(0).uniform(size=len(X)) if weighted else None
    total = len(X) if sample_weight is None else sample_weight.sum()
    params = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1, "random_state": 0}
    params.update(batch_size=len(X), max_iter=1)
    start = initial_weights(make(**params), X, y)
    without = make(alpha=0.0, **params).fit(X, y, sample_weight)
    penalised = make(alpha=50.0, **params).fit(X, y, sample_weight)
    for w_0, w, w_alpha in zip(start.coefs_, without.coefs_, penalised.coefs_, strict=True):
        assert_allclose(w_alpha, w - 0.1 * 50.0 * w_0 / total, rtol=1e-12, atol=1e-14)
    for b, b_alpha in zip(without.intercepts_, penalised.intercepts_, strict=True):
        assert_array_equal(b, b_alpha)
    squares = sum(np.sum(w_0**2) for w_0 in start.coefs_)
    assert_allclose(penalised.loss_ - without.loss_, 0.5 * 50.0 * squares / total, rtol=1e-10)


# A pickle of scikit-learn's holds the weights four times.


@pytest.mark.parametrize(
    "params",
    [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"early_stopping": True}],
    ids=["adam", "sgd", "lbfgs", "early stopping"],
)
@BOTH
def test_pickle_after_a_fit_is_hardly_larger_than_the_weights(make, params, data):
    X, y = data(make)
    estimator = make(hidden_layer_sizes=(300, 300), max_iter=2, **params).fit(X, y)
    size = sum(array.nbytes for array in weights(estimator))
    assert size > 500_000
    assert len(pickle.dumps(estimator)) <= 1.2 * size + 20_000


# lbfgs leaves no loss_curve_ and ignores early_stopping in silence.


def test_lbfgs_fills_the_loss_curve(digits):
    X, y = digits
    clf = MLPClassifier(solver="lbfgs", alpha=1.0, max_iter=20, random_state=0).fit(X, y)
    assert len(clf.loss_curve_) == clf.n_iter_ == 20
    assert np.all(np.diff(clf.loss_curve_) < 0)  # its line search accepts nothing else
    log_loss = -clf.predict_log_proba(X)[np.arange(len(X)), y].mean()
    penalty = 0.5 * 1.0 * sum(np.sum(w**2) for w in clf.coefs_) / len(X)
    assert_allclose(clf.loss_curve_[-1], log_loss + penalty, rtol=1e-9)
    assert clf.loss_ == clf.loss_curve_[-1]
    assert clf.best_loss_ == min(clf.loss_curve_)


@BOTH
def test_lbfgs_warns_that_it_ignores_early_stopping(make, data):
    X, y = data(make)
    params = {"solver": "lbfgs", "max_iter": 5, "random_state": 0}
    with pytest.warns(UserWarning, match="early_stopping=True is ignored by solver='lbfgs'"):
        stopping = make(**params, early_stopping=True).fit(X, y)
    assert_equal_weights(stopping, make(**params).fit(X, y))


# The regressor's tags deny that it takes several outputs.


def test_tags_tell_what_the_estimators_can_do():
    regressor, classifier = get_tags(MLPRegressor()), get_tags(MLPClassifier())
    assert regressor.target_tags.multi_output
    assert not regressor.target_tags.positive_only
    assert classifier.classifier_tags.multi_label
    assert classifier.classifier_tags.multi_class
    assert classifier.target_tags.multi_output
    for tags in (regressor, classifier):
        assert tags.input_tags.sparse
        assert not tags.input_tags.allow_nan
        assert tags.target_tags.single_output
        assert tags.target_tags.required


# Saturated probabilities of lbfgs fail one of scikit-learn's own checks.


def test_lbfgs_passes_the_check_of_multilabel_probabilities():
    clf = MLPClassifier(solver="lbfgs")
    check_classifiers_multilabel_output_format_predict_proba("MLPClassifier", clf)


# squared_error with several outputs: the value is averaged over them, its gradient is not.


def half_squared_error(weights, X, y):
    (w_1, w_2), (b_1, b_2) = weights
    residual = np.tanh(X @ w_1 + b_1) @ w_2 + b_2 - y
    return 0.5 * np.mean(np.sum(residual**2, axis=1))


def test_squared_error_is_summed_over_outputs_in_value_and_gradient(diabetes):
    X, y = diabetes
    y = np.column_stack([y, y**2, np.sin(y)])
    params = {"solver": "sgd", "momentum": 0, "batch_size": len(X), "max_iter": 1, "alpha": 0}
    params.update(activation="tanh", hidden_layer_sizes=5, random_state=0)
    start = initial_weights(MLPRegressor(**params), X, y)
    stepped = MLPRegressor(**params, learning_rate_init=1.0).fit(X, y)
    before = start.coefs_, start.intercepts_
    assert_allclose(stepped.loss_, half_squared_error(before, X, y), rtol=1e-12)
    steps = stepped.coefs_, stepped.intercepts_
    gradient = [[old - new for old, new in zip(*pair, strict=True)]
                for pair in zip(before, steps, strict=True)]  # fmt: skip
    rng = np.random.default_rng(0)
    for _ in range(5):  # against central differences along random directions
        direction = [[rng.normal(size=a.shape) for a in arrays] for arrays in before]
        moved = [
            half_squared_error(
                [[a + h * d for a, d in zip(*pair, strict=True)]
                 for pair in zip(before, direction, strict=True)], X, y)
            for h in (1e-6, -1e-6)
        ]  # fmt: skip
        slope = sum(
            np.vdot(g, d)
            for pair in zip(gradient, direction, strict=True)
            for g, d in zip(*pair, strict=True)
        )
        assert_allclose(slope, (moved[0] - moved[1]) / 2e-6, rtol=1e-6)


def test_lbfgs_minimises_squared_error_of_several_outputs(diabetes):
    X, y = diabetes
    y = np.column_stack([y, 2 * y + 1, X[:, 0]])
    reg = MLPRegressor("squared_error", (), solver="lbfgs", alpha=0, tol=1e-8, random_state=0)
    reg.fit(X, y)
    design = np.column_stack([X, np.ones(len(X))])
    expected = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert_allclose(reg.predict(X), expected, rtol=0, atol=1e-3)
    assert_allclose(reg.loss_, 0.5 * np.mean(np.sum((expected - y) ** 2, axis=1)), rtol=1e-8)


# Defaults must learn an easy problem: scikit-learn's own demand on every classifier.


def test_default_parameters_separate_three_blobs():
    X, y = make_blobs(n_samples=300, random_state=0)
    clf = MLPClassifier(random_state=0).fit((X - X.mean(axis=0)) / X.std(axis=0), y)
    assert clf.score((X - X.mean(axis=0)) / X.std(axis=0), y) > 0.83


def test_convergence_warning_is_given_once_and_tells_what_to_turn(diabetes):
    X, y = diabetes
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(2\).*max_iter") as seen:
        MLPRegressor(max_iter=2).fit(X, y)
    assert len(seen) == 1
