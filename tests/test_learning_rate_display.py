import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn import MLPClassifier, MLPRegressor
from sknn.plotting import LearningRateDisplay
from sknn.plotting.learning_rate import _steepest

RATES = np.geomspace(1e-5, 1.0, 40)


def by_hand(clf, X, y):
    """The raw losses of partial_fit on shuffled mini-batches of 200 at the rates."""
    random = np.random.RandomState(clf.random_state)
    order, losses = random.permutation(len(X)), []
    for rate in RATES:
        if len(order) < 200:
            order = random.permutation(len(X))
        batch, order = order[:200], order[200:]
        clf.set_params(learning_rate_init=rate)
        clf.partial_fit(X[batch], y[batch], classes=np.arange(10))
        losses.append(clf.loss_)
    return np.array(losses)


def test_losses_are_those_of_partial_fit_smoothed(digits):
    X, y = digits
    clf = MLPClassifier(random_state=3)
    display = LearningRateDisplay.from_estimator(
        clf, X, y, low=1e-5, high=1.0, n_steps=40, plot=False
    )
    n = len(display.rates)
    assert_allclose(display.rates, RATES[:n])
    raw = by_hand(MLPClassifier(random_state=3), X, y)
    weights = 0.9 ** np.arange(40)[::-1]
    smoothed = [np.average(raw[: i + 1], weights=weights[-i - 1 :]) for i in range(n)]
    assert_allclose(display.losses, smoothed, rtol=1e-10)
    assert n == 40 or display.losses[-1] > 4 * display.losses.min()
    assert not hasattr(clf, "coefs_")  # the estimator itself is left alone


def test_suggested_rate_is_where_the_loss_falls_most_steeply():
    # A loss that falls along a logistic curve of log10(rate), steepest at 1e-3, and then rises.
    rates = np.geomspace(1e-6, 1.0, 61)
    exponent = np.log10(rates)
    losses = 1 / (1 + np.exp(4 * (exponent + 3))) + np.where(exponent > -1, 10 * (exponent + 1), 0)
    assert_allclose(_steepest(rates, losses), 1e-3)


def test_training_at_the_suggested_rate_beats_a_hundredth_of_it(digits):
    X, y = digits
    display = LearningRateDisplay.from_estimator(MLPClassifier(random_state=0), X, y, plot=False)
    scores = []
    for rate in (display.suggested_rate, display.suggested_rate / 100):
        clf = MLPClassifier(learning_rate="cosine", max_iter=5, random_state=0)
        scores.append(clf.set_params(learning_rate_init=rate).fit(X, y).score(X, y))
    assert scores[0] > 0.95 > scores[1]


def test_regression_and_several_columns_of_labels_work(diabetes, digits):
    X, y = diabetes
    regression = LearningRateDisplay.from_estimator(
        MLPRegressor(solver="sgd", random_state=0), X, y, plot=False
    )
    assert regression.losses.argmin() > 0
    X, y = digits
    columns = np.column_stack([y, y % 3])
    several = LearningRateDisplay.from_estimator(
        MLPClassifier(random_state=0), X, columns, plot=False
    )
    assert several.losses.min() < several.losses[0] / 2
    labels = LearningRateDisplay.from_estimator(
        MLPClassifier(random_state=0), X, y[:, None] == np.arange(10), plot=False
    )
    assert labels.losses.min() < labels.losses[0] / 2


@pytest.mark.parametrize("wrong", [{"low": 0}, {"low": 1.0, "high": 0.1}, {"n_steps": 9}])
def test_rates_that_do_not_rise_raise(wrong, digits):
    with pytest.raises(ValueError, match="0 < low < high, and n_steps an int of at least 10, got"):
        LearningRateDisplay.from_estimator(MLPClassifier(), *digits, plot=False, **wrong)


def test_bad_data_raise_as_in_training(digits):
    X, y = digits
    with pytest.raises(ValueError, match="Input X contains NaN"):
        LearningRateDisplay.from_estimator(MLPClassifier(), np.full_like(X, np.nan), y, plot=False)


def test_solver_without_steps_raises(digits):
    with pytest.raises(ValueError, match="goes by steps is needed, such as 'adam', got solver="):
        LearningRateDisplay.from_estimator(MLPClassifier(solver="lbfgs"), *digits, plot=False)


def test_plot_draws_the_curve_and_the_suggestion():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    rates, losses = np.geomspace(1e-4, 1, 5), np.array([2.0, 1.9, 1.0, 0.9, 3.0])
    display = LearningRateDisplay(rates=rates, losses=losses, suggested_rate=1e-2)
    assert display.plot(name="net") is display
    assert_array_equal(display.line_.get_xdata(), rates)
    assert_array_equal(display.line_.get_ydata(), losses)
    assert display.ax_.get_xscale() == "log"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [
        "net",
        "suggested: 0.01",
    ]
    matplotlib.pyplot.close(display.figure_)


def test_curve_drawn_at_once_is_drawn_into_given_axes(digits):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    figure, ax = matplotlib.pyplot.subplots()
    clf = MLPClassifier(random_state=0)
    display = LearningRateDisplay.from_estimator(clf, *digits, n_steps=10, ax=ax)
    assert display.ax_ is ax
    assert_array_equal(display.line_.get_xdata(), display.rates)
    assert_array_equal(display.line_.get_ydata(), display.losses)
    matplotlib.pyplot.close(figure)


def test_rates_that_stay_low_are_tried_to_the_last(digits):
    clf = MLPClassifier(random_state=0)
    settings = {"low": 1e-8, "high": 1e-7, "n_steps": 12, "plot": False}
    display = LearningRateDisplay.from_estimator(clf, *digits, **settings)
    assert_allclose(display.rates, np.geomspace(1e-8, 1e-7, 12))
    assert len(display.losses) == 12


def test_step_that_diverges_ends_the_curve_before_it():
    """All losses are 0 until the one sample comes whose square is too large for a number."""
    order = np.random.RandomState(0).permutation(20)
    y = np.zeros(20)
    y[order[15]] = 1e200
    X = np.random.default_rng(0).normal(size=(20, 3))
    reg = MLPRegressor(weight_init="zeros", batch_size=1, random_state=0)
    display = LearningRateDisplay.from_estimator(reg, X, y, n_steps=20, plot=False)
    assert len(display.rates) == 15
    assert_array_equal(display.losses, np.zeros(15))
