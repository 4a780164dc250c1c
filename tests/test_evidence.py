"""The figures of a diagnosis, each against its formula, where no two of them coincide."""

from math import ceil

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import bsr_array
from scipy.special import xlogy
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.inspection import evidence as module
from sknn.inspection import trace
from sknn.inspection.evidence import NotChecked, gather
from sknn.nn import Activate, BatchNorm, Conv2D, Dense, Dropout, Flatten, Residual

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 83
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 5)) * [1, 2, 0.5, 30, 1] + [0, 1, 0, -3, 0]
LABELS = RNG.choice([3, 5, 9], p=[0.2, 0.5, 0.3], size=N)
NUMBERS = X[:, 0] - X[:, 1] + 4
WEIGHT = RNG.uniform(0, 3, size=N)
LEVELS = np.array([0.25, 0.8])
SCALED = X / [1, 2, 0.5, 30, 1]  # of which no probability is clipped
SMALL = {"max_iter": 3, "random_state": 0}


def gathered(estimator, X=X, y=None, sample_weight=None, X_val=None, y_val=None):
    return gather(estimator, X, y, sample_weight, X_val, y_val)


def entropy(y, weight):
    """The log loss of the best constant: the entropy of the classes."""
    p = np.array([weight[y == label].sum() for label in np.unique(y)]) / weight.sum()
    return -xlogy(p, p).sum()


# The samples


def test_root_mean_squares_of_features_and_length_of_samples():
    found = gathered(MLPClassifier())
    assert_allclose(found.rms, np.sqrt(np.mean(X**2, axis=0)), rtol=1e-13)
    assert_allclose(found.length, np.sqrt(np.mean(np.sum(X**2, axis=1))), rtol=1e-13)
    assert (found.n, found.fitted) == (N, False)
    with pytest.raises(NotChecked, match="requires a fitted estimator"):
        found.check_is_fitted()
    assert found.shrinkage() is None


def test_squares_of_float32_do_not_overflow():
    assert_allclose(gathered(MLPClassifier(), np.full((3, 2), 1e25, np.float32)).rms, 1e25, 1e-6)


def test_pixels_are_features_and_integers_are_scaled():
    images = RNG.integers(256, size=(7, 4, 3, 2)).astype(np.uint8)
    found = gathered(CNNClassifier(), images)
    wanted = np.sqrt(np.mean((images.reshape(7, -1) / 255) ** 2, axis=0))
    assert_allclose(found.rms, wanted, rtol=1e-6)
    assert found.integer_images
    assert not gathered(CNNClassifier(), images / 255).integer_images


@pytest.mark.parametrize(("memory", "most"), [(1, 1000), (2**26, 7), (2**26, N), (2**26, N - 1)])
def test_parts_add_up(memory, most, monkeypatch):
    clf = MLPClassifier(4, "tanh", normalization="batch", **SMALL).fit(X, LABELS)
    whole = gathered(clf, y=LABELS)
    monkeypatch.setattr(module, "MEMORY", memory)
    monkeypatch.setattr(module, "MOST", most)
    parts = gathered(clf, y=LABELS)
    assert_allclose(parts.rms, whole.rms, rtol=1e-13)
    assert_allclose(parts.relative_loss, whole.relative_loss, rtol=1e-12)
    (one,), (other,) = parts.flatness, whole.flatness
    assert_array_equal(one.shares, other.shares)


@pytest.mark.parametrize(("memory", "most"), [(20 * 8 * (5 + 4 + 3), 1000), (2**26, 20)])
def test_rows_looked_at_at_a_time_fit_into_memory_and_are_so_many_at_most(
    memory, most, monkeypatch
):
    """A row is 5 features, 4 sums, 4 activations and 3 outputs or more, of 8 bytes."""
    clf, sizes = MLPClassifier(4, **SMALL).fit(X, LABELS), []
    forward = module.stages_of.__globals__["Stage"].forward
    monkeypatch.setattr(
        "sknn.inspection.tracing.stages.Stage.forward",
        lambda stage, x, *other: sizes.append(len(x)) or forward(stage, x, *other),
    )
    monkeypatch.setattr(module, "MEMORY", memory)
    monkeypatch.setattr(module, "MOST", most)
    gathered(clf)
    assert max(sizes) <= 20
    assert sum(sizes) == 2 * N  # two layers


def test_estimator_that_is_not_fitted_learns_nothing():
    clf = MLPClassifier(**SMALL)
    found = gathered(clf, y=LABELS)
    assert vars(clf) == vars(MLPClassifier(**SMALL))
    assert found.class_weights == dict(zip(*np.unique(LABELS, return_counts=True), strict=True))
    with pytest.raises(ValueError, match="'alpha' parameter"):
        gathered(MLPClassifier(alpha=-1.0))


@pytest.mark.parametrize(
    ("layers", "normalized"),
    [
        ([BatchNorm(), Dense(3)], True),
        ([Dropout(0.1), Activate("tanh"), BatchNorm(), Dense(3)], True),
        ([Dense(3), BatchNorm()], False),
        ([Residual([Dense(5)]), BatchNorm()], False),
        ([Dropout(0.1)], False),
    ],
)
def test_input_is_normalised_by_batch_norm_before_any_weights(layers, normalized):
    assert gathered(SequentialClassifier(layers)).normalized_input is normalized
    fitted = SequentialClassifier(layers, **SMALL).fit(X, LABELS)
    assert gathered(fitted.set_params(layers=[])).normalized_input is normalized


def test_batch_norm_behind_a_convolution_normalises_no_input():
    layers = [Conv2D(2), BatchNorm(), Flatten()]
    assert not gathered(SequentialClassifier(layers), np.ones((5, 4, 3))).normalized_input


# The targets


@pytest.mark.parametrize(
    ("estimator", "y", "wanted"),
    [
        (MLPRegressor(), NUMBERS, np.sqrt(np.mean(NUMBERS**2))),
        (MLPRegressor("quantile", quantile=[0.1, 0.7]), NUMBERS, np.sqrt(np.mean(NUMBERS**2))),
        (MLPRegressor(), X[:, 1:4], np.sqrt(np.mean(X[:, 1:4] ** 2))),
        (MLPRegressor("poisson"), np.abs(NUMBERS), None),  # its outputs are logarithms
        (MLPClassifier(loss="hinge"), LABELS, None),
    ],
)
def test_root_mean_square_of_targets(estimator, y, wanted):
    found = gathered(estimator, y=y).target_rms
    assert found == (wanted and pytest.approx(wanted))


def test_class_weights_are_those_of_training():
    clf = MLPClassifier(class_weight={3: 0.5, 9: 4.0}, **SMALL)
    wanted = {
        own: factor * WEIGHT[own == LABELS].sum() for own, factor in ((3, 0.5), (5, 1.0), (9, 4.0))
    }
    for estimator in (clf, clf.fit(X, LABELS)):
        assert gathered(estimator, y=LABELS, sample_weight=WEIGHT).class_weights == pytest.approx(
            wanted
        )
    some = LABELS != 9
    found = gathered(clf, X[some], LABELS[some]).class_weights
    assert found == {3: 0.5 * np.sum(LABELS == 3), 5: np.sum(LABELS == 5), 9: 0}


def test_several_labels_have_no_balance():
    y = np.column_stack([LABELS == 3, LABELS == 5]).astype(int)
    assert gathered(MLPClassifier(), y=y).class_weights is None
    assert gathered(MLPClassifier(), y=y * [1, 3]).class_weights is None


# The loss, over that of the best constant


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.3}, {"class_weight": {3: 4.0}}])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_log_loss_is_compared_with_the_entropy_of_the_classes(settings, weight, dtype):
    clf = MLPClassifier(4, dtype=dtype, **settings, **SMALL).fit(SCALED, LABELS, weight)
    found = gathered(clf, SCALED, y=LABELS, sample_weight=weight)
    of_class = np.where(LABELS == 3, settings.get("class_weight", {}).get(3, 1), 1)
    of_loss = of_class * (np.ones(N) if weight is None else weight)
    own = log_loss(LABELS, clf.predict_proba(SCALED), sample_weight=of_loss)
    assert_allclose(found.relative_loss, own / entropy(LABELS, of_loss), rtol=1e-5)
    assert_allclose(found.score, clf.score(SCALED, LABELS, weight), rtol=1e-6)  # as users see it


def test_loss_of_several_labels_is_compared_with_all_their_entropies():
    y = np.column_stack([LABELS == 3, LABELS == 5]).astype(int)
    clf = MLPClassifier(4, **SMALL).fit(SCALED, y)
    p = clf.predict_proba(SCALED)
    own = sum(log_loss(y[:, at], p[:, at]) for at in (0, 1))
    constant = sum(entropy(y[:, at], np.ones(N)) for at in (0, 1))
    assert_allclose(gathered(clf, SCALED, y=y).relative_loss, own / constant, rtol=1e-5)


def pinball(y, p):
    """The mean over samples of the loss of both LEVELS."""
    above = y[:, None] - p
    return np.maximum(LEVELS * above, (LEVELS - 1) * above).sum() / len(y)


@pytest.mark.parametrize(
    ("settings", "y", "loss", "best"),
    [
        (
            {"loss": "quantile", "quantile": [0.25, 0.8]},
            NUMBERS,
            pinball,
            lambda y: np.quantile(y, LEVELS, method="inverted_cdf"),
        ),
        ({}, X[:, 1:3], lambda y, p: np.mean(np.sum((y - p) ** 2, axis=1)), lambda y: y.mean(0)),
        (
            {"loss": "poisson"},
            np.rint(np.abs(NUMBERS)),
            lambda y, p: np.mean(xlogy(y, y / p) - y + p),
            np.mean,
        ),
    ],
    ids=["quantiles", "two targets", "counts"],
)
def test_losses_of_numbers_are_compared_with_those_of_the_best_constant(settings, y, loss, best):
    reg = MLPRegressor(hidden_layer_sizes=4, learning_rate_init=0.02, **settings, **SMALL).fit(X, y)
    found = gathered(reg, y=y).relative_loss
    constant = np.broadcast_to(best(y), reg.predict(X).shape)
    assert_allclose(found, loss(y, reg.predict(X)) / loss(y, constant), rtol=1e-5)
    assert found != pytest.approx(1, abs=0.01)


def test_targets_without_a_ratio_have_none():
    reg = MLPRegressor(hidden_layer_sizes=3, **SMALL).fit(X, NUMBERS)
    assert gathered(reg, y=np.full(N, 2.0)).relative_loss is None  # a constant is right
    assert gathered(reg, y=NUMBERS, sample_weight=np.eye(N)[4]).relative_loss is None
    assert gathered(reg, X[:1], NUMBERS[:1]).relative_loss is None
    assert gathered(reg, 1e200 * X, NUMBERS).relative_loss is None  # it is not finite
    assert np.isnan(gathered(reg, X[:1], NUMBERS[:1]).score)
    assert_allclose(gathered(reg, X[:2], NUMBERS[:2]).score, reg.score(X[:2], NUMBERS[:2]))
    assert gathered(reg).relative_loss is gathered(reg).score is None


def test_samples_that_all_weigh_nothing_are_accepted():
    clf = MLPClassifier(3, class_weight={3: 0.0, 9: 0.0}, **SMALL).fit(X, LABELS)
    some = LABELS != 5
    found = gathered(clf, X[some], LABELS[some])
    assert found.relative_loss is None
    assert found.shrinkage() is None
    assert found.class_weights == {3: 0, 5: 0, 9: 0}
    assert_allclose(found.score, clf.score(X[some], LABELS[some]))


# Error terms


@pytest.mark.parametrize("n", [N, 331], ids=["few", "many"])
def test_shrinkage_is_that_of_up_to_200_samples_spread_over_all(n):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(n, 4)), np.linspace(-9, 30, n)
    layers = [Dropout(0.5), Dense(6, "tanh"), Dense(3, "tanh")]
    reg = SequentialRegressor(layers, **SMALL).fit(X, y)
    at = np.unique(np.linspace(0, n - 1, 200).astype(int))
    assert len(at) == min(n, 200)
    _, first, _, last = trace(reg, X[at], y[at]).layers
    wanted = np.sqrt(np.mean(first.delta**2) / np.mean(last.delta**2))
    for given in (X, bsr_array(X)):
        assert_allclose(gathered(reg, given, y).shrinkage(), wanted, rtol=1e-12)


def test_shrinkage_is_of_samples_that_have_a_weight():
    reg = MLPRegressor(hidden_layer_sizes=3, **SMALL).fit(X, NUMBERS)
    counted = np.arange(N) % 3 == 1
    weight = np.where(counted, 2.0, 0.0)
    wanted = gathered(reg, X[counted], NUMBERS[counted]).shrinkage()
    assert_allclose(gathered(reg, y=NUMBERS, sample_weight=weight).shrinkage(), wanted, rtol=1e-12)
    by_label = np.column_stack([0 * weight, weight])  # the first label weighs nothing
    assert_allclose(module._shrinkage(reg, X, NUMBERS, by_label), wanted, rtol=1e-12)


def test_without_error_nothing_shrinks():
    reg = MLPRegressor(hidden_layer_sizes=3, **SMALL).fit(X, NUMBERS)
    assert gathered(reg, y=reg.predict(X)).shrinkage() is None


# What was held out

HELD_OUT = {"X_val": X[:29] + 0.1, "y_val": LABELS[:29]}


def test_samples_passed_to_validate_on_are_scored():
    clf = MLPClassifier(4, **SMALL).fit(X, LABELS)
    found = gathered(clf, y=LABELS, **HELD_OUT)
    assert (found.n_validation, found.validation_given) == (29, True)
    assert found.validation_score == clf.score(HELD_OUT["X_val"], HELD_OUT["y_val"]) != found.score
    one = gathered(clf, X_val=X[:1], y_val=clf.predict(X[:1]))
    assert (one.n_validation, one.validation_score) == (1, 1.0)
    found = gathered(MLPClassifier(), y=LABELS, **HELD_OUT)
    assert (found.n_validation, found.validation_score) == (29, None)
    reg = MLPRegressor(hidden_layer_sizes=3, **SMALL).fit(X, NUMBERS)
    assert np.isnan(gathered(reg, X_val=X[:1], y_val=NUMBERS[:1]).validation_score)


@pytest.mark.parametrize(
    ("settings", "n_validation"),
    [
        ({"early_stopping": True}, ceil(0.1 * N)),  # 8.3
        ({"early_stopping": True, "validation_fraction": 0.27}, ceil(0.27 * N)),  # 22.4
        ({"early_stopping": True, "validation_fraction": KFold(3)}, None),
        ({"early_stopping": True, "solver": "lbfgs"}, None),
        ({"validation_fraction": 0.27}, None),
    ],
)
def test_samples_held_out_by_fit_are_counted(settings, n_validation):
    found = gathered(MLPClassifier(**settings), y=LABELS)
    assert (found.n_validation, found.validation_given) == (n_validation, False)
    if n_validation is not None:
        rows = []
        clf = MLPClassifier(2, scoring=lambda _, X, y: rows.append(len(X)) or 0.5, **SMALL)
        clf.set_params(**settings).fit(X, LABELS)
        assert set(rows) == {n_validation}


def test_score_recorded_is_that_of_the_weights_kept():
    clf = MLPClassifier(4, early_stopping=True, max_iter=9, random_state=0).fit(X, LABELS)
    clf.history_["validation_score"] = [0.3, 0.9, 0.6]
    clf.best_validation_score_ = 0.9
    assert gathered(clf).validation_score == 0.9
    assert gathered(clf).history is clf.history_
    given = MLPClassifier(4, **SMALL).fit(X, LABELS, **HELD_OUT)
    given.history_["validation_score"] = [0.3, 0.9, 0.6]
    assert gathered(given).validation_score == 0.6  # the last weights are kept
    assert gathered(given.set_params(scoring="f1_macro")).validation_score is None
    plain = MLPClassifier(4, **SMALL).fit(X, LABELS)
    assert gathered(plain).validation_score is None
    assert gathered(MLPClassifier()).validation_score is None


SEVERAL = np.column_stack([NUMBERS, X[:, 2]])
EACH = {
    "dropout": (MLPClassifier(4, dropout=[0.3, 0.5], **SMALL), LABELS),
    "residual": (
        SequentialClassifier([Dense(4), Residual([Dense(4), BatchNorm()])], **SMALL),
        LABELS,
    ),
    "margins": (MLPClassifier(4, loss="hinge", **SMALL), LABELS),
    "several outputs": (MLPRegressor(hidden_layer_sizes=4, **SMALL), SEVERAL),
    "quantiles": (MLPRegressor("quantile", 4, quantile=[0.2, 0.6], **SMALL), NUMBERS),
    "lbfgs": (MLPClassifier(4, solver="lbfgs", **SMALL), LABELS),
    "stopped early": (MLPClassifier(4, early_stopping=True, **SMALL), LABELS),
    "several labels": (MLPClassifier(4, **SMALL), np.column_stack([LABELS == 3, LABELS == 5])),
    "several columns": (MLPClassifier(4, **SMALL), np.column_stack([LABELS, X[:, 0] > 0])),
}


@pytest.mark.parametrize("case", EACH)
def test_score_is_that_of_the_estimator(case):
    estimator, y = EACH[case]
    found = gathered(estimator.fit(SCALED, y), SCALED, y, WEIGHT, X_val=SCALED[9:40], y_val=y[9:40])
    if case == "several columns":  # which score does not take: all of a row must be right
        correct = np.average(np.all(estimator.predict(SCALED) == y, axis=1), weights=WEIGHT)
    else:
        correct = estimator.score(SCALED, y, WEIGHT)
        assert_allclose(found.validation_score, estimator.score(SCALED[9:40], y[9:40]))
    assert_allclose(found.score, correct)
    assert found.relative_loss > 0
    assert found.history is estimator.history_


def test_flatness_is_of_layers_that_flatten_and_as_in_prediction():
    layers = [Dense(4, "leaky_relu"), ("far", Dense(3, "tanh")), BatchNorm(), Activate("relu")]
    clf = SequentialClassifier(layers, **SMALL).fit(X, LABELS)
    model = clf._model
    state = model.network.state_layout.views(model.state)[2]
    state["mean"][...] = [[-0.3, 0.2, 0.5]]  # not what this batch has
    far, act = gathered(clf).flatness
    assert [(own.layer, own.ends) for own in (far, act)] == [("far", 2), ("activate1", 1)]
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    a = np.tanh(np.where(z > 0, z, 0.01 * z) @ clf.coefs_[1] + clf.intercepts_[1])
    assert_allclose(far.shares, np.mean(1 - a**2 <= 0.05, axis=0))
    scale, shift = model.params[2]["scale"], model.params[2]["shift"]
    z = scale * (a - state["mean"]) / np.sqrt(state["variance"] + 1e-5) + shift
    assert_allclose(act.shares, np.mean(z.reshape(N, 3) <= 0, axis=0))
