"""Validation data: given or held out, what it decides, and how it is scored."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.metrics import f1_score, log_loss, make_scorer, r2_score
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier, MLPRegressor, TrainingWarning
from sknn.model_selection import NewestSplit

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
solvers = pytest.mark.parametrize("solver", ["adam", "sgd", "adamw", "lbfgs"])
SETTINGS = {"hidden_layer_sizes": 8, "random_state": 0, "batch_size": 20}


def problem(make=MLPClassifier, n=90, dtype=np.float64):
    """(X, y, X_val, y_val), noisy enough that a network overfits."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 5))
    y = X[:, 0] + 0.5 * X[:, 1] ** 2 + rng.normal(size=n)
    y = (y > 0.5).astype(int) if make is MLPClassifier else y.astype(dtype)
    X, cut = X.astype(dtype), 2 * n // 3
    return X[:cut], y[:cut], X[cut:], y[cut:]


def arrays(estimator):
    return estimator.coefs_ + estimator.intercepts_


def assert_same_arrays(one, other):
    for a, b in zip(arrays(one), arrays(other), strict=True):
        assert_array_equal(a, b)


# Given


@dtypes
@solvers
@both
def test_validation_data_is_recorded_and_decides_nothing(make, solver, dtype):
    X, y, X_val, y_val = problem(make, dtype=dtype)
    estimator = make(**SETTINGS, solver=solver, max_iter=4)
    plain = clone(estimator).fit(X, y)
    estimator.fit(X, y, X_val=X_val, y_val=y_val)
    assert_same_arrays(estimator, plain)  # the last weights, and the same mini-batches
    assert estimator.loss_curve_ == plain.loss_curve_
    assert estimator.validation_scores_ is estimator.best_validation_score_ is None
    history = estimator.history_
    assert len(history["validation_score"]) == len(history["validation_loss"]) == 4
    for epochs in (1, 2, 4):
        short = clone(estimator).set_params(max_iter=epochs).fit(X, y)
        score = short.score(X_val, y_val)
        rtol = 1e-10 if dtype == np.float64 else 1e-4
        assert_allclose(history["validation_score"][epochs - 1], score, rtol=rtol)
        if make is MLPClassifier:
            p = short.predict_proba(X_val)[np.arange(len(X_val)), y_val]
            loss = -np.log(p).mean()
        else:
            loss = np.mean((y_val - short.predict(X_val)) ** 2) / 2
        assert_allclose(history["validation_loss"][epochs - 1], loss, rtol=rtol)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@both
def test_early_stopping_obeys_given_data_and_holds_nothing_out(make, solver):
    X, y, X_val, y_val = problem(make)
    params = {"solver": solver, "learning_rate_init": 0.01, "n_iter_no_change": 5}
    estimator = make(**SETTINGS, **params, early_stopping=True)
    estimator.fit(X, y, X_val=X_val, y_val=y_val)
    scores = estimator.validation_scores_
    assert len(scores) == estimator.n_iter_ < estimator.max_iter
    assert estimator.best_validation_score_ == max(scores)
    assert_allclose(estimator.score(X_val, y_val), max(scores), rtol=1e-12)
    # The last improvement by tol is the epoch before the last n_iter_no_change + 1.
    best = np.maximum.accumulate(scores)
    assert np.all(np.array(scores[-6:]) < best[-7] + estimator.tol)
    # Not held out: the same steps as without early stopping, up to the best epoch.
    plain = clone(estimator).set_params(early_stopping=False, max_iter=int(np.argmax(scores)) + 1)
    plain.fit(X, y)
    assert_same_arrays(estimator, plain)
    assert plain.loss_curve_ == estimator.loss_curve_[: plain.n_iter_]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@both
def test_weights_of_validation_samples_count_as_repetitions(make, solver):
    X, y, X_val, y_val = problem(make)
    times = np.random.default_rng(1).integers(0, 4, len(X_val))
    estimator = make(**SETTINGS, solver=solver, max_iter=3)
    weighted = clone(estimator).fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=times)
    repeated = clone(estimator).fit(
        X, y, X_val=np.repeat(X_val, times, axis=0), y_val=np.repeat(y_val, times)
    )
    for name in ("validation_loss", "validation_score"):
        assert_allclose(weighted.history_[name], repeated.history_[name], rtol=1e-10)


def test_weights_of_training_samples_do_not_weigh_given_validation_samples():
    X, y, X_val, y_val = problem()
    weight = np.random.default_rng(1).uniform(size=len(X))
    clf = MLPClassifier(**SETTINGS, max_iter=3).fit(X, y, weight, X_val=X_val, y_val=y_val)
    assert_allclose(clf.history_["validation_score"][-1], clf.score(X_val, y_val), rtol=1e-12)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("X_val",), "X_val was passed without y_val"),
        (("y_val",), "which was not passed"),
        (("sample_weight_val",), "which was not passed"),
        (("y_val", "sample_weight_val"), "which was not passed"),
    ],
)
@both
def test_half_given_validation_data_raises(make, given, message):
    X, y, X_val, y_val = problem(make)
    everything = {"X_val": X_val, "y_val": y_val, "sample_weight_val": np.ones(len(X_val))}
    estimator = make(max_iter=1)
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y, **{name: everything[name] for name in given})
    assert not hasattr(estimator, "coefs_")


@both
def test_validation_data_that_does_not_fit_raises(make):
    X, y, X_val, y_val = problem(make)
    estimator = make(max_iter=1)
    for X_wrong, y_wrong, message in [
        (X_val[:, :3], y_val, "X has 3 features"),
        (X_val[:5], y_val, "Found input variables with inconsistent numbers of samples"),
        (np.full_like(X_val, np.nan), y_val, "Input X contains NaN"),
    ]:
        with pytest.raises(ValueError, match=f"^X_val and y_val: {message}"):
            estimator.fit(X, y, X_val=X_wrong, y_val=y_wrong)
    weight = np.full(len(X_val), -1.0)
    with pytest.raises(ValueError, match="Negative values"):
        estimator.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)


@pytest.mark.parametrize("n", [1, 3])
def test_validation_targets_have_the_columns_of_y(n):
    X, y, X_val, y_val = problem(MLPRegressor)
    y_val = y_val if n == 1 else np.column_stack([y_val] * n)
    with pytest.raises(ValueError, match=rf"^y_val must have 2 columns like y, got {n}\.$"):
        MLPRegressor().fit(X, np.column_stack([y, y]), X_val=X_val, y_val=y_val)


def test_batches_are_as_large_as_what_is_trained_on_at_the_most():
    X, y, *_ = problem()
    clf = MLPClassifier(batch_size=55, max_iter=1, early_stopping=True)
    with pytest.warns(UserWarning, match="It is going to be clipped to 54"):
        clf.fit(X, y)


def test_validation_classes_may_be_fewer_but_not_others():
    X, y, X_val, y_val = problem()
    clf = MLPClassifier(**SETTINGS, max_iter=2, warm_start=True)
    clf.fit(X, y, X_val=X_val[y_val == 1], y_val=y_val[y_val == 1])
    clf.fit(X, y, X_val=X_val[y_val == 1], y_val=y_val[y_val == 1])
    assert len(clf.history_["validation_score"]) == 4
    with pytest.raises(ValueError, match=r"not in `self\.classes_`"):
        clf.fit(X, y, X_val=X_val, y_val=y_val + 1)


def test_validation_targets_of_other_columns_raise():
    X, y, X_val, y_val = problem(MLPRegressor)
    for scoring in (None, "loss"):
        reg = MLPRegressor(max_iter=1, scoring=scoring)
        with pytest.raises(ValueError, match="y_val must have 2 columns"):
            reg.fit(X, np.column_stack([y, y]), X_val=X_val, y_val=y_val)


@pytest.mark.parametrize("kind", ["multilabel", "columns", "strings"])
def test_validation_works_for_every_kind_of_labels(kind):
    X, y, X_val, y_val = problem()

    def labels(X, y):
        if kind == "strings":
            return np.array(["no", "yes"])[y]
        second = (X[:, 1] > 0).astype(int) + (kind == "columns") * (X[:, 2] > 0)
        return np.column_stack([y, second])

    clf = MLPClassifier(**SETTINGS, max_iter=20, early_stopping=True, learning_rate_init=0.01)
    given = clone(clf).fit(X, labels(X, y), X_val=X_val, y_val=labels(X_val, y_val))
    assert_allclose(given.best_validation_score_, given.score(X_val, labels(X_val, y_val)))
    drawn = clone(clf).fit(X, labels(X, y))
    assert len(drawn.validation_scores_) == drawn.n_iter_


def test_sparse_validation_data_is_as_good_as_dense():
    X, y, X_val, y_val = problem()
    clf = MLPClassifier(**SETTINGS, max_iter=3)
    dense = clone(clf).fit(X, y, X_val=X_val, y_val=y_val).history_["validation_loss"]
    sparse = clone(clf).fit(X, y, X_val=csr_array(X_val), y_val=y_val).history_["validation_loss"]
    assert_allclose(sparse, dense, rtol=1e-12)


def test_warm_start_goes_on_with_validation_data():
    X, y, X_val, y_val = problem()
    clf = MLPClassifier(**SETTINGS, max_iter=3, warm_start=True, early_stopping=True)
    for fits in (1, 2):
        clf.fit(X, y, X_val=X_val, y_val=y_val)
        assert len(clf.validation_scores_) == 3 * fits
        assert clf.best_validation_score_ == max(clf.validation_scores_)
        assert_allclose(clf.score(X_val, y_val), max(clf.validation_scores_), rtol=1e-12)


def test_lbfgs_ignores_early_stopping_without_validation_data_and_says_so():
    X, y, _, _ = problem()
    clf = MLPClassifier(**SETTINGS, solver="lbfgs", max_iter=300, early_stopping=True)
    with pytest.warns(UserWarning, match="ignored by solver='lbfgs' without X_val"):
        clf.fit(X, y)
    plain = clone(clf).set_params(early_stopping=False).fit(X, y)
    assert_same_arrays(clf, plain)
    assert clf.validation_scores_ is clf.best_validation_score_ is None
    assert clf.best_loss_ == plain.best_loss_ == min(clf.loss_curve_)


# Routed


@pytest.mark.parametrize("early_stopping", [False, True])
@both
def test_pipeline_transforms_validation_data(make, early_stopping):
    X, y, X_val, y_val = problem(make)
    X, X_val = 5 + 3 * X, 5 + 3 * X_val
    estimator = make(**SETTINGS, max_iter=5, early_stopping=early_stopping)
    scaler = StandardScaler().fit(X)
    by_hand = clone(estimator).fit(
        scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val
    )
    with config_context(enable_metadata_routing=True):
        routed = clone(estimator).set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("network", routed)]
        pipeline = Pipeline(steps, transform_input=["X_val"]).fit(X, y, X_val=X_val, y_val=y_val)
    assert_same_arrays(pipeline["network"], by_hand)
    for name in ("validation_loss", "validation_score"):
        assert pipeline["network"].history_[name] == by_hand.history_[name]


# Held out


def held_out(estimator, X, y, **more):
    """Which rows were held out: those whose copies the scorer saw."""
    seen = []

    def scoring(estimator, X, y, sample_weight=None):
        seen.append((X.copy(), np.asarray(y).copy()))
        return 0.0

    clone(estimator).set_params(scoring=scoring, max_iter=1).fit(X, y, **more)
    X_seen, y_seen = seen[0]
    rows = [int(np.flatnonzero(np.all(row == X, axis=1))[0]) for row in X_seen]
    assert_array_equal(np.asarray(y)[rows], y_seen)
    return rows


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(3),
        ShuffleSplit(1, test_size=0.3, random_state=1),
        TimeSeriesSplit(2, max_train_size=25),
        NewestSplit(0.3),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
@both
def test_split_of_a_splitter_is_held_out(make, splitter):
    X, y, _, _ = problem(make)
    estimator = make(**SETTINGS, early_stopping=True, validation_fraction=splitter)
    splits = list(splitter.split(X, y))
    training, validation = splits[-1 if isinstance(splitter, TimeSeriesSplit) else 0]
    assert held_out(estimator, X, y) == list(validation)
    estimator.set_params(max_iter=3, shuffle=False).fit(X, y)
    by_hand = clone(estimator).fit(
        X[training], y[training], X_val=X[validation], y_val=y[validation]
    )
    # The rows it trains on are those of the split and no others.
    assert_allclose(estimator.loss_curve_, by_hand.loss_curve_, rtol=1e-10)
    assert_allclose(estimator.validation_scores_, by_hand.validation_scores_, rtol=1e-10)
    assert estimator.t_ == 3 * len(training)


def test_splitter_is_given_labels():
    X, y, _, _ = problem()
    folds = StratifiedKFold(4)
    clf = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=folds)
    assert held_out(clf, X, y) == list(next(folds.split(X, y))[1])


def test_random_state_draws_the_rows_held_out():
    X, y, _, _ = problem()
    clf = MLPClassifier(**{**SETTINGS, "random_state": 3}, early_stopping=True)
    rows = held_out(clf, X, y)
    assert rows == held_out(clf, X, y)
    assert set(rows) != set(held_out(clf.set_params(random_state=4), X, y))


def test_first_split_is_taken_unless_all_are_in_time():
    """Of groups that lie one after the other, the first split may be in time by chance."""
    X, y, _, _ = problem()
    groups = np.repeat([0, 1], [25, 35])  # the larger group is validated on first
    clf = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=GroupKFold(2))
    assert held_out(clf, X, y, groups=groups) == list(range(25, 60))


def test_rows_are_held_out_by_their_numbers():
    X, y, _, _ = problem()
    order = np.random.default_rng(0).permutation(len(X))
    training, validation = order[8:], np.sort(order[:7])
    clf = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=(training, validation))
    assert held_out(clf, X, y) == list(validation)
    assert clf.set_params(max_iter=3).fit(X, y).t_ == 3 * len(training)


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ((), "got \\(\\)"),
        (([0, 1],), r"got \(\[0, 1\],\)"),
        (([0, 1], [2, 3], [4, 5]), "got"),
        (([0.0, 1.0], [2.0, 3.0]), "got"),
        (([0, 1], []), "got"),
        (([[0, 1]], [[2, 3]]), "got"),
        (([[0], [1, 2]], [3, 4]), "got"),
        (([0, 1], [2, 99]), "got numbers from 0 to 99"),
        (([0, 1], [-1, 3]), "got numbers from -1 to 3"),
        (([0, 1], [1, 2]), "got some rows more than once"),
    ],
)
def test_tuple_that_is_no_two_sets_of_rows_raises(pair, told):
    clf = MLPClassifier(early_stopping=True, validation_fraction=pair)
    with pytest.raises(ValueError, match=f"two arrays.* from 0 to 19, {told}"):
        clf.fit(np.zeros((20, 1)), [0, 1] * 10)


@pytest.mark.parametrize(("n_training", "warns"), [(29, True), (30, False)])
def test_split_that_leaves_more_than_half_of_the_rows_out_warns(n_training, warns):
    X, y = np.random.default_rng(0).normal(size=(80, 2)), [0, 1] * 40
    pair = np.arange(n_training), np.arange(70, 80)
    clf = MLPClassifier((2,), max_iter=1, early_stopping=True, validation_fraction=pair)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clf.fit(X, y)
    texts = [str(each.message) for each in caught if each.category is TrainingWarning]
    assert len(texts) == warns
    assert not warns or "trains on 29 and validates on 10 of 80 samples" in texts[0]


def test_groups_are_kept_together():
    X, y, _, _ = problem()
    groups = np.arange(len(X)) // 6
    splitter = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    clf = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=splitter)
    rows = held_out(clf, X, y, groups=groups)
    assert rows == list(next(splitter.split(X, y, groups))[1])
    assert not set(groups[rows]) & set(np.delete(groups, rows))


def test_groups_that_nothing_would_use_raise():
    X, y, _, _ = problem()
    groups = np.arange(len(X)) // 6
    with pytest.raises(ValueError, match="groups are only used"):
        MLPClassifier(max_iter=1, early_stopping=True).fit(X, y, groups=groups)
    with pytest.raises(ValueError, match="groups are only used"):
        MLPClassifier(max_iter=1).fit(X, y, groups=groups)


@both
def test_weights_of_samples_weigh_the_score_on_those_held_out(make):
    X, y, _, _ = problem(make)
    weight = np.random.default_rng(1).uniform(size=len(X))
    splitter = KFold(3)
    estimator = make(**SETTINGS, early_stopping=True, validation_fraction=splitter, max_iter=5)
    estimator.fit(X, y, weight)
    at = next(splitter.split(X))[1]
    score = estimator.score(X[at], y[at], weight[at])
    assert_allclose(estimator.best_validation_score_, score, rtol=1e-12)


class Split:
    """A splitter that gives what it was told."""

    def __init__(self, *splits):
        self.splits = splits

    def split(self, X, y=None, groups=None):
        return iter(self.splits)

    def get_n_splits(self, X=None, y=None, groups=None):
        return len(self.splits)


def test_splitter_that_gives_no_rows_is_refused():
    X, y, _, _ = problem()
    for given in ([], [None], [([0], [len(X)])], [([-1], [0, 1])], [([0, 1], [2, 3], [4])]):
        splitter = Split(*given)
        clf = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=splitter)
        with pytest.raises(ValueError, match=r"^validation_fraction must yield pairs .*, got "):
            clf.fit(X, y)


def test_splitter_that_leaves_too_little_raises():
    X, y, _, _ = problem()
    everything = np.arange(len(X))
    splitter = Split((everything[1:], everything[:1]))
    clf = MLPClassifier(early_stopping=True, validation_fraction=splitter)
    with pytest.raises(ValueError, match="validation set is too small"):
        clf.fit(X, y)
    splitter = Split((everything[:0], everything))
    clf = MLPClassifier(early_stopping=True, validation_fraction=splitter)
    with pytest.raises(ValueError, match="leaves no samples for training"):
        clf.fit(X, y)


# Scored


def loss_scorer(estimator, X, y):
    return -log_loss(y, estimator.predict_proba(X))


SCORINGS = {
    "None": (None, lambda clf, X, y: clf.score(X, y)),
    "loss": ("loss", loss_scorer),
    "name": ("f1", lambda clf, X, y: f1_score(y, clf.predict(X))),
    "scorer": (make_scorer(f1_score), lambda clf, X, y: f1_score(y, clf.predict(X))),
    "callable": (loss_scorer, loss_scorer),
    "name of probabilities": ("neg_log_loss", loss_scorer),
}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(("scoring", "reference"), SCORINGS.values(), ids=SCORINGS)
def test_scoring_is_what_early_stopping_watches(scoring, reference, solver):
    X, y, X_val, y_val = problem()
    params = {"learning_rate_init": 0.02, "solver": solver, "max_iter": 30, "scoring": scoring}
    clf = MLPClassifier(**SETTINGS, **params, early_stopping=True)
    clf.fit(X, y, X_val=X_val, y_val=y_val)
    # The best weights are back: their score is the best of all.
    assert_allclose(reference(clf, X_val, y_val), max(clf.validation_scores_), rtol=1e-10)
    for epochs in (1, 3):
        short = clone(clf).set_params(max_iter=epochs, early_stopping=False).fit(X, y)
        score = reference(short, X_val, y_val)
        assert_allclose(clf.validation_scores_[epochs - 1], score, rtol=1e-10)


@pytest.mark.parametrize("scoring", [None, "r2", "loss", "neg_mean_absolute_error"])
def test_scoring_of_a_regressor(scoring):
    X, y, X_val, y_val = problem(MLPRegressor)
    reg = MLPRegressor(**SETTINGS, scoring=scoring, early_stopping=True, max_iter=10)
    reg.fit(X, y, X_val=X_val, y_val=y_val)
    error = y_val - reg.predict(X_val)
    best = {
        "loss": -np.mean(error**2) / 2,
        "neg_mean_absolute_error": -np.mean(np.abs(error)),
    }.get(scoring, r2_score(y_val, reg.predict(X_val)))
    assert_allclose(reg.best_validation_score_, best, rtol=1e-10)


def test_loss_as_a_score_leaves_penalties_out():
    X, y, X_val, y_val = problem(MLPRegressor)
    reg = MLPRegressor(**SETTINGS, scoring="loss", early_stopping=True, alpha=100.0, l1=10.0)
    reg.set_params(max_iter=3).fit(X, y, X_val=X_val, y_val=y_val)
    loss = np.mean((y_val - reg.predict(X_val)) ** 2) / 2
    assert_allclose(reg.best_validation_score_, -loss, rtol=1e-10)


def test_scorer_is_given_labels_and_dtypes_of_the_user():
    X, y, _, _ = problem(dtype=np.float32)
    labels = np.array(["no", "yes"])[y]
    seen = []

    def scoring(estimator, X, y):
        seen.append((X.dtype, set(y), set(estimator.predict(X)) <= set(y)))
        return float(len(seen))

    MLPClassifier(**SETTINGS, scoring=scoring, early_stopping=True, max_iter=2).fit(X, labels)
    assert seen[0][:2] == (np.float32, {"no", "yes"})
    assert len(seen) == 2


def test_scorer_is_given_the_weights_of_validation_samples():
    X, y, X_val, y_val = problem()
    seen = []

    def scoring(estimator, X, y, sample_weight):
        seen.append(sample_weight)
        return 1.0

    clf = MLPClassifier(**SETTINGS, scoring=scoring, early_stopping=True, max_iter=1)
    weight = np.arange(1.0, len(y_val) + 1)
    clf.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    assert_allclose(seen, [weight])


def test_scoring_of_an_unknown_name_raises():
    X, y, _, _ = problem()
    clf = MLPClassifier(scoring="nonsense", early_stopping=True)
    with pytest.raises(ValueError, match="nonsense"):
        clf.fit(X, y)
    assert not hasattr(clf, "coefs_")


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # scikit-learn's sum of X
@pytest.mark.filterwarnings("ignore:X_val must be scaled")
@both
@pytest.mark.parametrize("scoring", [None, "loss"])
def test_validation_outputs_that_overflow_have_no_score(scoring, make):
    X, y, X_val, y_val = problem(make)
    estimator = make(**SETTINGS, scoring=scoring, max_iter=2)
    estimator.fit(X, y, X_val=1e308 * np.sign(X_val), y_val=y_val)
    assert_array_equal(estimator.history_["validation_score"], [np.nan] * 2)
    assert_array_equal(estimator.history_["validation_loss"], [np.nan] * 2)


@pytest.mark.filterwarnings("ignore:X_val must be scaled")
def test_validation_predictions_that_overflow_have_no_score():
    """Raw outputs of some thousands are numbers; exp of them is none."""
    X, y, X_val, y_val = problem(MLPRegressor)
    regressor = MLPRegressor(**SETTINGS, loss="poisson", max_iter=2)
    regressor.fit(X, np.abs(y), X_val=1e5 * X_val, y_val=np.abs(y_val))
    assert_array_equal(regressor.history_["validation_score"], [np.nan] * 2)
