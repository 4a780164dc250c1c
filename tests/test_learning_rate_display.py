import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone, is_classifier

from sknn import MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.nn import Dense
from sknn.nn.losses import SquaredError
from sknn.plotting import LearningRateDisplay
from sknn.plotting.learning_rate import _smoothed, _steepest

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RATES = np.geomspace(1e-5, 10.0, 40)
FEW = np.random.default_rng(0).normal(size=(20, 3))
CLASSES = np.array(["cat", "dog", "pig"])[np.arange(20) % 3]
SMALL = MLPClassifier(4, batch_size=10, random_state=3)


def by_hand(clf, X, y, rates, size):
    """The raw losses of partial_fit on shuffled mini-batches at the rates."""
    random = np.random.RandomState(clf.random_state)
    first = {"classes": clone(clf).fit(X, y).classes_} if is_classifier(clf) else {}
    order, losses = random.permutation(len(X)), []
    for rate in rates:
        if len(order) < size:
            order = random.permutation(len(X))
        batch, order = order[:size], order[size:]
        clf.set_params(learning_rate_init=rate)
        clf.partial_fit(X[batch], y[batch], **first)
        first = {}
        losses.append(clf.loss_)
    return np.array(losses)


def smoothed(raw):
    """Weighted means, of the losses up to each."""
    weights = 0.9 ** np.arange(len(raw))[::-1]
    return [np.average(raw[: i + 1], weights=weights[-i - 1 :]) for i in range(len(raw))]


def range_test(estimator, X=FEW, y=CLASSES, **settings):
    """The display of a short range test."""
    settings = {"low": 1e-3, "high": 1.0, "n_steps": 12, "plot": False, **settings}
    return LearningRateDisplay.from_estimator(estimator, X, y, **settings)


def test_losses_are_those_of_partial_fit_smoothed(digits):
    X, y = digits
    clf = MLPClassifier(random_state=3)
    display = LearningRateDisplay.from_estimator(clf, X, y, low=1e-5, n_steps=40, plot=False)
    n = len(display.rates)
    assert_allclose(display.rates, RATES[:n])
    raw = by_hand(MLPClassifier(random_state=3), X, y, RATES[:n], 200)
    assert_allclose(display.losses, smoothed(raw), rtol=1e-10)
    # The curve ends where the loss has grown to four times its least.
    grown = display.losses > 4 * np.minimum.accumulate(display.losses)
    assert_array_equal(np.flatnonzero(grown), [n - 1])
    assert n < 40
    assert not hasattr(clf, "coefs_")  # the estimator itself is left alone


@pytest.mark.parametrize(
    ("batch_size", "size"), [(10, 10), (7, 7), (50, 20), ("auto", 20)], ids=str
)
def test_batches_are_drawn_without_repetition_until_too_few_are_left(batch_size, size):
    clf = clone(SMALL).set_params(batch_size=batch_size)
    display = range_test(clf)
    wanted = by_hand(clone(clf).set_params(batch_size=size), FEW, CLASSES, display.rates, size)
    assert_allclose(display.losses, smoothed(wanted), rtol=1e-10)
    assert clf.get_params() == clone(SMALL).set_params(batch_size=batch_size).get_params()


def test_each_rate_is_that_of_its_step_whatever_the_schedule():
    wanted = range_test(SMALL).losses
    scheduled = {"learning_rate": "cosine", "warmup_steps": 5, "early_stopping": True}
    assert_array_equal(range_test(clone(SMALL).set_params(**scheduled)).losses, wanted)
    smooth = range_test(clone(SMALL).set_params(label_smoothing=0.3))
    settings = {"label_smoothing": 0.3}
    raw = by_hand(clone(SMALL).set_params(**settings), FEW, CLASSES, smooth.rates, 10)
    assert_allclose(smooth.losses, smoothed(raw), rtol=1e-10)


def test_sparse_rows_tables_and_lists_are_read_alike():
    wanted = range_test(SMALL).losses
    frame = pd.DataFrame(FEW, columns=["a", "b", "c"])
    for X in (FEW.tolist(), csr_array(FEW), frame):
        assert_allclose(range_test(SMALL, X, CLASSES.tolist()).losses, wanted, rtol=1e-10)
    assert_allclose(range_test(SMALL, frame, pd.Series(CLASSES)).losses, wanted, rtol=1e-10)


def test_generator_of_the_estimator_is_not_drawn_from():
    random = np.random.RandomState(0)
    clf = clone(SMALL).set_params(random_state=random)
    before = clf.random_state.get_state()[1].copy()
    first, second = range_test(clf), range_test(clf)
    assert_array_equal(clf.random_state.get_state()[1], before)
    assert_array_equal(first.losses, second.losses)


def test_layers_of_any_stack_are_tried():
    clf = SequentialClassifier([Dense(4)], batch_size=10, random_state=3)
    assert_array_equal(range_test(clf).losses, range_test(SMALL).losses)


def test_smoothing_corrects_for_its_start():
    assert_allclose(_smoothed([2.0]), [2])
    assert_allclose(_smoothed([2.0, 5.0]), [2, (0.9 * 2 + 5) / 1.9])


@pytest.mark.parametrize(
    ("losses", "steepest"),
    [
        ([1.0, 3.0, 2.0, 2.5], 0),  # rises from the start
        ([3.0, 2.9, 2.8, 0.5, 4.0], 3),  # falls until its least value
        ([3.0, 2.0, 2.0, 6.0, 5.3, 4.6, 3.9, 3.2, 2.5, 1.9], 0),  # rises more steeply than it falls
        ([2.0, 1.9, 1.0, 0.9, 3.0, 0.95], 1),
    ],
)
def test_slopes_are_those_up_to_the_least_loss(losses, steepest):
    rates = 2.0 ** np.arange(len(losses))
    assert _steepest(rates, np.array(losses)) == rates[steepest]


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


@pytest.mark.parametrize(
    ("make", "y"),
    [
        (MLPRegressor, FEW[:, 0] ** 2),
        (MLPRegressor, FEW[:, :2] ** 2),
        (MLPClassifier, FEW > 0),
        (MLPClassifier, np.arange(20) % 2),
        (MLPClassifier, np.column_stack([np.arange(20) % 2, np.arange(20) % 3])),
    ],
    ids=["numbers", "several numbers", "sets", "two classes", "columns"],
)
def test_every_kind_of_targets_works(make, y):
    estimator = make(hidden_layer_sizes=4, solver="sgd", batch_size=6, random_state=3)
    display = range_test(estimator, y=y)
    assert_allclose(display.losses, smoothed(by_hand(estimator, FEW, y, display.rates, 6)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 0},
        {"low": -1.0},
        {"low": 1.0, "high": 0.1},
        {"low": 0.1, "high": 0.1},
        {"high": np.inf},
        {"n_steps": 9},
        {"n_steps": 12.0},
    ],
)
def test_rates_that_do_not_rise_raise(wrong, digits):
    with pytest.raises(
        ValueError, match="0 < low < high, and n_steps must be an int of at least 10"
    ):
        LearningRateDisplay.from_estimator(MLPClassifier(), *digits, plot=False, **wrong)


def test_bad_data_raise_as_in_training(digits):
    X, y = digits
    with pytest.raises(ValueError, match="Input X contains NaN"):
        LearningRateDisplay.from_estimator(MLPClassifier(), np.full_like(X, np.nan), y, plot=False)


def test_solver_without_steps_raises(digits):
    with pytest.raises(ValueError, match="must be stochastic, such as 'adam', got solver="):
        LearningRateDisplay.from_estimator(MLPClassifier(solver="lbfgs"), *digits, plot=False)


CURVE = {
    "rates": np.geomspace(1e-4, 1, 5),
    "losses": np.array([2.0, 1.9, 1.0, 0.9, 3.0]),
    "suggested_rate": 0.0123,
}


def test_plot_draws_the_curve_and_the_suggestion(pyplot):
    display = LearningRateDisplay(**CURVE)
    assert display.plot(name="net") is display
    assert_array_equal(display.line_.get_data(), (CURVE["rates"], CURVE["losses"]))
    ax = display.ax_
    assert display.figure_ is ax.figure
    assert ax.get_xscale() == "log"
    assert ax.get_yscale() == "linear"
    assert ax.get_xlabel() == "Learning rate"
    assert ax.get_ylabel() == "Smoothed mini-batch loss"
    curve, suggestion = ax.lines
    assert curve is display.line_
    assert list(suggestion.get_xdata()) == [0.0123, 0.0123]
    assert (suggestion.get_color(), suggestion.get_linestyle()) == ("black", "--")
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["net", "suggested: 0.012"]


def test_suggestion_can_be_seen_in_a_dark_style(pyplot):
    with pyplot.style.context("dark_background"):
        display = LearningRateDisplay(**CURVE).plot(color="red", linewidth=3)
    assert display.ax_.lines[1].get_color() == "white"
    assert (display.line_.get_color(), display.line_.get_linewidth()) == ("red", 3)
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["suggested: 0.012"]


def test_curve_drawn_at_once_is_drawn_into_given_axes(pyplot):
    _, axes = pyplot.subplots(1, 2)
    display = range_test(SMALL, n_steps=10, plot=True, ax=axes[1], name="small")
    assert display.ax_ is axes[1]
    assert_array_equal(display.line_.get_data(), (display.rates, display.losses))
    assert display.line_.get_label() == "small"


def test_rates_that_stay_low_are_tried_to_the_last(digits):
    clf = MLPClassifier(random_state=0)
    settings = {"low": 1e-8, "high": 1e-7, "n_steps": 12, "plot": False}
    display = LearningRateDisplay.from_estimator(clf, *digits, **settings)
    assert_allclose(display.rates, np.geomspace(1e-8, 1e-7, 12))
    assert len(display.losses) == 12


class Told(SquaredError):
    """A user's own, whose values are given in advance and whose gradient is zero."""

    def finish(self, total, weight_sum):
        return next(Told.values), 0.0


@pytest.mark.parametrize(("factor", "n"), [(3.9, 12), (4.1, 11)])
def test_curve_ends_where_the_loss_has_grown_to_four_times_its_least(factor, n):
    ones = 0.9 * (1 - 0.9**10)  # the weight of ten losses of 1 in the mean of eleven
    last = (factor * (1 - 0.9**11) - ones) / 0.1
    Told.values = iter([1.0] * 10 + [last] + [1.0] * 5)
    reg = MLPRegressor(Told(), 4, batch_size=10, alpha=0, random_state=0)
    display = range_test(reg, y=FEW[:, 0])
    assert_allclose(display.losses[:11], [*[1.0] * 10, factor])
    assert len(display.losses) == n


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


def test_training_that_fails_at_low_rates_raises():
    """After so few steps the data are to blame, not the rate."""
    order = np.random.RandomState(0).permutation(20)
    for step in (0, 9):
        y = np.zeros(20)
        y[order[step]] = 1e200
        reg = MLPRegressor(weight_init="zeros", batch_size=1, random_state=0)
        with pytest.raises(ValueError, match="non-finite"):
            range_test(reg, y=y, n_steps=20)
    y = np.zeros(20)
    y[order[10]] = 1e200
    assert len(range_test(reg, y=y, n_steps=20).rates) == 10
