import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    TabularClassifier,
    TabularRegressor,
)
from sknn.plotting import TrainingCurveDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def halves(digits):
    """(X, y, X_val, y_val): few rows of each."""
    X, y = digits
    return X[:200], y[:200], X[200:300], y[200:300]


def labels(ax):
    """What the legend of a panel says."""
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_curves_are_those_of_the_history(halves):
    X, y, X_val, y_val = halves
    clf = CNNClassifier((4,), max_iter=3, learning_rate="cosine", random_state=0)
    clf.fit(X, y, X_val=X_val, y_val=y_val)
    display = TrainingCurveDisplay.from_estimator(clf, plot=False)
    for name in ("loss", "validation_loss", "validation_score", "learning_rate"):
        assert_array_equal(getattr(display, name), clf.history_[name])
    # Independent of the history: the score is that of the finished network.
    assert_allclose(display.validation_score[-1], clf.score(X_val, y_val))
    assert (display.score_name, display.unit, display.kept_epoch) == ("accuracy", "Epoch", None)


def test_kept_epoch_is_that_of_the_weights_that_early_stopping_keeps(halves):
    X, y, X_val, y_val = halves
    params = {"hidden_layer_sizes": 8, "learning_rate_init": 0.02, "random_state": 0}
    clf = MLPClassifier(**params, early_stopping=True, n_iter_no_change=3)
    clf.fit(X, y, X_val=X_val, y_val=y_val)
    kept = TrainingCurveDisplay.from_estimator(clf, plot=False).kept_epoch
    assert 1 < kept < clf.n_iter_
    short = MLPClassifier(**params, max_iter=kept).fit(X, y)
    for one, other in zip(short.coefs_, clf.coefs_, strict=True):
        assert_array_equal(one, other)


def with_history(best_score=0.7, solver="adam", **columns):
    """A fitted estimator, as if its training had gone like this."""
    clf = MLPClassifier(2, solver=solver, max_iter=1).fit(np.eye(4), [0, 1, 0, 1])
    nothing = [np.nan] * len(columns["loss"])
    names = ("validation_loss", "validation_score", "learning_rate")
    clf.history_ = {**dict.fromkeys(names, nothing), **columns}
    clf.best_validation_score_ = best_score
    return clf


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ([0.5, 0.7, 0.6], 2),
        ([0.7, 0.7, 0.6], 1),  # the first of equals
        ([np.nan, 0.5, 0.7], 3),
        ([-3.0, -1.0, -2.0], 2),
    ],
)
def test_kept_epoch_is_the_first_of_the_best_score(scores, kept):
    clf = with_history(loss=[3.0, 2.0, 1.0], validation_score=scores)
    display = TrainingCurveDisplay.from_estimator(clf, plot=False)
    assert display.kept_epoch == kept
    assert type(display.kept_epoch) is int
    assert_array_equal(display.validation_score, scores)
    clf.best_validation_score_ = None  # no early stopping
    assert TrainingCurveDisplay.from_estimator(clf, plot=False).kept_epoch is None


def test_without_scores_no_epoch_is_kept():
    clf = with_history(loss=[3.0, 2.0])
    display = TrainingCurveDisplay.from_estimator(clf, plot=False)
    assert display.kept_epoch is display.validation_score is display.learning_rate is None


def test_curves_are_copies_of_the_history():
    clf = with_history(loss=[3.0, 2.0], learning_rate=np.array([0.5, 0.25]))
    display = TrainingCurveDisplay.from_estimator(clf, name="net", plot=False)
    display.loss[0], display.learning_rate[0] = 9, 9
    assert clf.history_["loss"] == [3, 2]
    assert_array_equal(clf.history_["learning_rate"], [0.5, 0.25])
    assert display.name == "net"
    assert display.unit == "Epoch"
    clf.solver = "lbfgs"
    assert TrainingCurveDisplay.from_estimator(clf, plot=False).unit == "Iteration"


class Scorer:
    """A score without a name."""

    def __call__(self, estimator, X, y):
        return estimator.score(X, y)


def share_of_ones(estimator, X, y):
    """A score of the user's own."""
    return np.mean(estimator.predict(X) == 1)


@pytest.mark.parametrize(
    ("make", "scoring", "name"),
    [
        (MLPClassifier, None, "accuracy"),
        (MLPRegressor, None, "R²"),
        (MLPClassifier, "loss", "score (negative loss)"),
        (MLPClassifier, "balanced_accuracy", "balanced accuracy"),
        (MLPClassifier, share_of_ones, "share of ones"),
        (MLPClassifier, Scorer(), "score"),
    ],
)
def test_score_is_named_after_what_it_is(make, scoring, name, halves):
    X, y, X_val, y_val = halves
    estimator = make(4, max_iter=2) if make is MLPClassifier else make(max_iter=2)
    estimator.set_params(scoring=scoring).fit(X, y, X_val=X_val, y_val=y_val)
    assert TrainingCurveDisplay.from_estimator(estimator, plot=False).score_name == name


def test_what_was_not_recorded_has_no_panel(pyplot, halves):
    X, y, _, _ = halves
    clf = MLPClassifier(4, max_iter=3).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(clf)
    assert set(display.lines_) == {"loss", "learning_rate"}
    assert [ax.get_ylabel() for ax in display.axes_] == ["Loss", "Learning rate"]
    assert labels(display.ax_) == ["training"]
    clf = MLPClassifier(4, solver="lbfgs", max_iter=3).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(clf)
    assert set(display.lines_) == {"loss"}
    assert display.ax_.get_xlabel() == "Iteration"


CURVES = {
    "loss": np.array([3.0, 2.0, 1.0, 0.5]),
    "validation_loss": np.array([3.0, 2.5, 2.6, 2.75]),
    "validation_score": np.array([0.1, 0.6, 0.5, 0.4]),
    "learning_rate": np.array([0.1, 0.01, 0.001, 0.002]),
}


def test_plot_draws_every_curve_by_epoch(pyplot):
    display = TrainingCurveDisplay(**CURVES, score_name="accuracy", kept_epoch=2)
    assert display.plot(loss_scale="log") is display
    loss, score, rate = display.axes_
    seen, unseen = ("#0072B2", "-", "training"), ("#D55E00", "--", "validation")
    wanted = {
        "loss": (loss, *seen),
        "validation_loss": (loss, *unseen),
        "validation_score": (score, *unseen),
        "learning_rate": (rate, "#009E73", "-", "training"),
    }
    assert list(display.lines_) == list(wanted)
    for name, (panel, colour, style, label) in wanted.items():
        line = display.lines_[name]
        assert line.axes is panel
        assert_array_equal(line.get_data(), ([1, 2, 3, 4], CURVES[name]))
        assert (line.get_color(), line.get_linestyle(), line.get_label()) == (colour, style, label)
        assert (line.get_marker(), line.get_markersize()) == ("o", 4)
    assert display.ax_ is loss
    assert display.figure_ is loss.figure
    assert labels(loss) == ["training", "validation", "kept weights: epoch 2"]
    assert [ax.get_yscale() for ax in display.axes_] == ["log", "linear", "linear"]
    assert [ax.get_ylabel() for ax in display.axes_] == [
        *("Loss", "Validation accuracy", "Learning rate")
    ]
    assert [ax.get_title() for ax in display.axes_] == ["Training history", "", ""]
    assert [ax.get_xlabel() for ax in display.axes_] == ["", "", "Epoch"]
    assert rate.get_ylim()[0] == 0 < score.get_ylim()[0]
    assert_allclose(display.figure_.get_size_inches(), (6.4, 2.4 + 3 * 1.8))
    for panel in display.axes_:
        kept = panel.lines[-1]
        assert list(kept.get_xdata()) == [2, 2]
        assert (kept.get_color(), kept.get_linestyle()) == ("black", ":")


def test_arguments_of_the_lines_are_passed_on(pyplot):
    with pyplot.style.context("dark_background"):
        display = TrainingCurveDisplay(**CURVES, unit="Iteration", kept_epoch=3)
        display.plot(color="red", linestyle="-.", marker="x")
    for line in display.lines_.values():
        assert (line.get_color(), line.get_linestyle(), line.get_marker()) == ("red", "-.", "x")
    assert display.ax_.get_yscale() == "linear"
    assert display.axes_[1].get_ylabel() == "Validation score"
    assert display.axes_[-1].get_xlabel() == "Iteration"
    assert labels(display.ax_)[-1] == "kept weights: iteration 3"
    assert {panel.lines[-1].get_color() for panel in display.axes_} == {"white"}


@pytest.mark.parametrize(("n_epochs", "marker"), [(50, "o"), (51, "None")])
def test_few_epochs_are_marked(n_epochs, marker, pyplot):
    display = TrainingCurveDisplay(loss=np.ones(n_epochs), kept_epoch=None).plot()
    assert display.lines_["loss"].get_marker() == marker
    assert len(display.ax_.lines) == 1
    assert_allclose(display.figure_.get_size_inches(), (6.4, 4.2))


@pytest.mark.parametrize("score", [True, False])
def test_score_and_rate_have_panels_of_their_own(score, pyplot):
    name = "validation_score" if score else "learning_rate"
    display = TrainingCurveDisplay(loss=np.ones(2), **{name: np.ones(2)}).plot()
    assert set(display.lines_) == {"loss", name}
    assert display.axes_[1].get_ylabel() == ("Validation score" if score else "Learning rate")


def test_one_epoch_is_drawn_as_a_point(pyplot):
    display = TrainingCurveDisplay(loss=np.array([2.0])).plot()
    assert display.lines_["loss"].get_marker() == "o"
    assert [tick for tick in display.ax_.get_xticks() if 0.9 < tick < 1.1] == [1]


def test_two_estimators_are_drawn_into_the_same_panels(pyplot, halves):
    X, y, _, _ = halves
    clf = MLPClassifier(4, max_iter=3).fit(X, y)
    first = TrainingCurveDisplay.from_estimator(clf, name="adam")
    second = TrainingCurveDisplay.from_estimator(clf, name="sgd", ax=first.axes_, color="black")
    assert_array_equal(second.axes_, first.axes_)
    assert labels(first.ax_) == ["adam, training", "sgd, training"]
    assert second.lines_["loss"].get_color() == "black"
    clf = MLPClassifier(4, learning_rate_init=0.5, max_iter=3).fit(X, y)
    third = TrainingCurveDisplay.from_estimator(clf, ax=first.axes_)
    low, high = third.axes_[1].get_ylim()
    assert low == 0
    assert high > 0.5  # both rates are seen
    with pytest.raises(ValueError, match="2 of them, one per panel, got 3"):
        TrainingCurveDisplay.from_estimator(clf, ax=[*first.axes_, first.ax_])


@pytest.mark.parametrize("in_a_grid", [True, False])
def test_panels_are_put_in_the_place_of_given_axes(in_a_grid, pyplot, halves):
    X, y, _, _ = halves
    clf = MLPClassifier(4, max_iter=3).fit(X, y)
    figure = pyplot.figure()
    ax = figure.add_subplot(1, 2, 2) if in_a_grid else figure.add_axes([0.5, 0.1, 0.4, 0.8])
    display = TrainingCurveDisplay.from_estimator(clf, ax=ax)
    assert display.figure_ is figure
    assert not ax.axison
    outer = ax.get_position()
    for panel in display.axes_:
        inner = panel.get_position()
        assert outer.x0 - 1e-9 <= inner.x0 < inner.x1 <= outer.x1 + 1e-9
        assert outer.y0 - 1e-9 <= inner.y0 < inner.y1 <= outer.y1 + 1e-9


def test_estimator_that_is_not_fitted_raises():
    with pytest.raises(NotFittedError, match="not fitted"):
        TrainingCurveDisplay.from_estimator(MLPClassifier(), plot=False)


def test_weights_given_by_hand_raise():
    clf = MLPClassifier(2)
    clf.coefs_, clf.intercepts_ = [np.ones((3, 2)), np.ones((2, 3))], [np.ones(2), np.ones(3)]
    clf.classes_ = np.arange(3)
    with pytest.raises(ValueError, match=r"without history_, whose weights were set manually"):
        TrainingCurveDisplay.from_estimator(clf, plot=False)


# Estimators for tables


@pytest.mark.parametrize(
    ("make", "settings", "name"),
    [
        (TabularClassifier, {}, "neg brier score"),
        (TabularClassifier, {"scoring": "accuracy"}, "accuracy"),
        (TabularRegressor, {}, "neg root mean squared error"),
        (TabularRegressor, {"loss": "huber"}, "score (negative loss)"),
    ],
)
def test_curves_of_members_are_means(make, settings, name):
    X, y = np.arange(24.0).reshape(12, 2), np.arange(12) % 2
    shape = {"n_estimators": 3, "hidden_layer_sizes": 2, "max_iter": 4, "random_state": 0}
    model = make(**shape, **settings).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(model, plot=False)
    for curve in ("loss", "validation_loss", "validation_score"):
        members = [model.history_[curve][:, member] for member in range(3)]
        assert_allclose(getattr(display, curve), sum(members) / 3)
    assert_array_equal(display.learning_rate, model.history_["learning_rate"][:, 0])
    assert (display.score_name, display.kept_epoch, display.unit) == (name, None, "Epoch")


def test_members_without_folds_have_no_validation_curves():
    model = TabularRegressor(n_estimators=1, max_iter=2).fit([[0.0], [1.0]], [0.0, 1.0])
    display = TrainingCurveDisplay.from_estimator(model, plot=False)
    assert display.validation_loss is display.validation_score is None
    assert len(display.loss) == 2
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(TabularRegressor(), plot=False)
