"""Fits that end worse than they began, or than a constant, are named; healthy ones never."""

import re
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, mean_squared_error

from sknn import CNNRegressor, MLPClassifier, MLPRegressor, SequentialRegressor, TrainingWarning
from sknn.estimators.poor_fits import warn_of_poor_fit
from sknn.estimators.starts import Fresh, Warm
from sknn.nn import BatchNorm, Dense
from sknn.nn.fit import Result
from sknn.nn.losses import SQUARED_ERROR

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
LINE = X @ [1.0, -2.0, 0.5] / 2.3
LABELS = LINE > 0
SHORT = {"hidden_layer_sizes": (10,), "batch_size": 10, "max_iter": 20, "random_state": 0}
LAST = "For further checks, call sknn.inspection.diagnose(estimator, X, y)."


def told(estimator, X, y, *args, **given):
    """What TrainingWarning says in a fit, with the ConvergenceWarning in front."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y, *args, **given)
    return " | ".join(str(each.message) for each in caught if each.category is TrainingWarning)


def figures(text):
    """(own loss, the loss of the constant) in a message."""
    own, constant = re.search(
        r"a loss of (\S+), which .* constant prediction, (\S+)\. ", text
    ).groups()
    return float(own), float(constant)


def test_unscaled_targets_are_named_with_the_two_losses():
    y = 300 * LINE + 1000
    regressor = MLPRegressor(**SHORT)
    text = told(regressor, X, y)
    own, constant = figures(text)
    assert_allclose(own, mean_squared_error(y, regressor.predict(X)) / 2, rtol=0.01)
    dummy = DummyRegressor().fit(X, y)
    assert_allclose(constant, mean_squared_error(y, dummy.predict(X)) / 2, rtol=0.01)
    assert own > constant
    assert "TransformedTargetRegressor(estimator, transformer=StandardScaler())" in text
    assert f"up to {np.abs(y).max():.3g}" in text
    assert text.endswith(LAST)


def test_tiny_targets_are_named():
    text = told(MLPRegressor(**SHORT, solver="sgd"), X, 1e-3 * LINE)
    assert "y has absolute values up to 0.00" in text


def test_unscaled_features_are_named():
    settings = {**SHORT, "learning_rate_init": 0.1}
    text = told(MLPRegressor(**settings), 1000 * X, LINE)
    assert f"X has absolute values up to {1000 * np.abs(X).max():.3g}. Scale X" in text


def test_rate_that_is_too_high_is_named():
    y = np.random.default_rng(4).permutation(LABELS)  # of which X says nothing
    clf = MLPClassifier(**SHORT, solver="sgd", learning_rate_init=20.0, max_grad_norm=1.0)
    text = told(clf, X, y)
    own, constant = figures(text)
    assert_allclose(own, log_loss(y, clf.predict_proba(X)), rtol=0.01)
    assert_allclose(constant, log_loss(y, np.full(60, y.mean())), rtol=0.01)
    assert "The learning rate may be too high. Try learning_rate_init=2." in text


def test_fit_without_a_sample_of_weight_is_not_judged():
    weight = np.repeat([0.0, 1.0], 30)
    rows = np.arange(30), np.arange(30, 60)
    settings = {**SHORT, "batch_size": 2, "n_iter_no_change": 100}
    regressor = MLPRegressor(**settings, early_stopping=True, validation_fraction=rows)
    assert told(regressor, X, 300 * LINE, weight) == ""
    assert regressor.n_iter_ == 20


def test_weights_of_samples_count():
    y = 300 * LINE + 1000
    weight = np.where(LINE > 0, 9.0, 1.0) * (np.arange(60) % 3 < 2)
    regressor = MLPRegressor(**SHORT)
    own, constant = figures(told(regressor, X, y, weight))
    assert_allclose(
        own, mean_squared_error(y, regressor.predict(X), sample_weight=weight) / 2, 0.01
    )
    mean = np.average(y, weights=weight)
    assert_allclose(constant, np.average((y - mean) ** 2, weights=weight) / 2, rtol=0.01)


@pytest.mark.parametrize(
    ("max_iter", "batch_size", "warns"),
    [(9, 1, False), (10, 7, False), (10, 6, True), (12, 7, True)],
)
def test_ten_epochs_and_a_hundred_steps_are_needed(max_iter, batch_size, warns):
    settings = {**SHORT, "max_iter": max_iter, "batch_size": batch_size}
    assert bool(told(MLPRegressor(**settings), X, 300 * LINE + 1000)) == warns


def test_healthy_fits_are_silent():
    for y in (LINE, RNG.permutation(LINE), np.full(60, 1.0)):
        assert told(MLPRegressor(**{**SHORT, "max_iter": 50}, learning_rate_init=0.01), X, y) == ""
    for y in (LABELS, RNG.permutation(LABELS), np.arange(60) == 3):
        assert told(MLPClassifier(**{**SHORT, "max_iter": 50}, learning_rate_init=0.01), X, y) == ""


def test_further_fits_are_not_judged_by_their_first_epoch():
    clf = MLPClassifier(**{**SHORT, "max_iter": 100}, learning_rate_init=0.01, warm_start=True)
    assert told(clf, X, LABELS) == told(clf, X, LABELS) == ""
    regressor = MLPRegressor(**SHORT)
    for _ in range(12):
        regressor.partial_fit(X, 1000 + LINE)  # warnings are errors


def test_loss_is_that_of_the_network_without_penalty_and_dropout():
    settings = {**SHORT, "max_iter": 50, "learning_rate_init": 0.01}
    assert told(MLPRegressor(**settings, l1=50, dropout=0.5), X, LINE) == ""


def judged(
    losses, own, constant, start=None, reason="epochs", plan=None, solver="adam",
    width=1.0, order=range(10), earlier=(),
):  # fmt: skip
    """What is said of a fit with these losses, of this loss, and of a constant's for its y.

    y: +-sqrt(2 constant)    width: of X    earlier: losses of a fit before it
    """
    size = np.sqrt(2 * constant)
    y = np.tile([size, -size], 5)
    clf = MLPRegressor(hidden_layer_sizes=(), max_iter=len(losses), batch_size=1, random_state=0)
    X = width * y[:, None] / size
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(X, y)
        # prediction a x with (size - a)^2 / 2 = own
        clf.coefs_[0][:], clf.intercepts_[0][:] = (size - np.sqrt(2 * own)) / width, 0
    rows = clf._read(X, y, model=clf._model).rows
    fit = SimpleNamespace(
        history={"loss": [*earlier, *losses]}, rows=rows, order=np.array(order), n_samples=10,
        loss=SQUARED_ERROR, model=clf._model, plan=plan or SimpleNamespace(batch_size=1),
    )  # fmt: skip
    result = Result(reason, len(losses), losses[-1], 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_poor_fit(clf.set_params(solver=solver), fit, result, start or Fresh())
    return " ".join(str(each.message) for each in caught)


FLAT = [1.0] * 11


@pytest.mark.parametrize(
    ("losses", "own", "constant", "found"),
    [
        ([*FLAT, 1.06], 1.06, 1.0, "a constant prediction, 1."),
        ([*FLAT, 1.06], 1.04, 1.0, None),  # the network is better than its last epoch
        ([*FLAT, 1.04], 1.06, 1.0, None),
        ([*np.linspace(9, 2.9, 11), 2.8], 2.9, 1.0, None),  # still falling
        ([*np.linspace(9, 3.2, 11), 3.1], 3.1, 1.0, "still falling. Increase max_iter (now 12)"),
        ([*([0.5] * 11), 0.6], 0.6, 1.0, "the first epoch, 0.5"),
        ([*([0.5] * 11), 0.6], 0.52, 1.0, None),
        ([*([0.4] * 11), 0.45], 0.45, 1.0, None),  # of use all the same
        ([*([0.59] * 11), 0.6], 0.6, 1.0, None),
    ],
)
def test_bounds(losses, own, constant, found):
    text = judged(losses, own, constant)
    assert found in text if found else text == ""


RISEN = [1.0] * 11 + [1.06]


@pytest.mark.parametrize(
    ("largest", "named"), [(19.8, False), (20.2, True), (0.0505, False), (0.0495, True)]
)
def test_targets_are_scaled_from_a_twentieth_to_twenty(largest, named):
    constant = largest**2 / 2
    text = judged(constant * np.array(RISEN), 1.06 * constant, constant)
    assert ("Scale y" in text) == named
    assert ("learning rate may be too high" in text) == (not named)


def test_fit_with_a_known_cause_is_named_even_if_its_loss_still_falls():
    losses = [*np.linspace(9, 2.1, 11), 2.0]
    assert judged(losses, 2.0, 1.0) == ""
    assert "Scale X" in judged(losses, 2.0, 1.0, width=30)


@pytest.mark.parametrize(("width", "named"), [(19.8, False), (20.2, True)])
def test_features_are_scaled_up_to_twenty(width, named):
    assert ("make_pipeline(StandardScaler" in judged(RISEN, 1.06, 1.0, width=width)) == named


@pytest.mark.parametrize(
    ("losses", "falls"),
    [
        ([3.2] * 9 + [0.985 * 3.2] * 3, True),
        ([3.2] * 9 + [0.995 * 3.2] * 3, False),
        ([9.0] * 3 + [3.2] * 9, False),  # the last half says it
        ([9.0] * 6 + [3.5] * 3 + [3.2] * 3, True),
    ],
)
def test_loss_still_falls_if_its_last_quarter_is_below_the_one_before(losses, falls):
    text = judged(losses, 3.1, 1.0)
    assert ("still falling" in text) == falls
    assert ("Try learning_rate_init=0.0001" in text) == (not falls)


def test_epochs_of_earlier_fits_do_not_count():
    start = Warm(model=object())
    for n, warns in ((9, False), (10, True)):
        assert bool(judged([2.0] * n, 2.0, 1.0, start, earlier=[2.0] * 20)) == warns


def test_rows_that_are_judged_are_taken_from_everywhere(monkeypatch):
    monkeypatch.setattr("sknn.estimators.poor_fits.ROWS", 5)
    of_each_sign = [*range(0, 10, 2), *range(1, 10, 2)]
    assert "a constant prediction" in judged(RISEN, 1.06, 1.0, order=of_each_sign)


def test_rows_without_weight_are_not_among_those_that_are_judged(monkeypatch):
    monkeypatch.setattr("sknn.estimators.poor_fits.ROWS", 30)  # every other one
    text = told(MLPRegressor(**SHORT), X, 300 * LINE + 1000, np.arange(60) % 2.0)
    assert "Scale y" in text


def test_fit_that_goes_on_is_not_compared_with_its_first_epoch():
    losses = [*([0.5] * 11), 0.6]
    assert judged(losses, 0.6, 1.0, Warm(model=object())) == ""


@pytest.mark.parametrize(("n", "warns"), [(9, False), (10, True)])
def test_lbfgs_is_judged_after_ten_iterations(n, warns):
    text = judged([2.0] * n, 2.0, 1.0, plan=SimpleNamespace(), solver="lbfgs")
    assert ("Increase max_iter (now 10), or try solver='adam'." in text) == warns


@pytest.mark.parametrize("reason", ["interrupted", "diverged", "asked"])
def test_fit_that_was_cut_short_is_not_judged(reason):
    assert judged([2.0] * 10, 2.0, 1.0, reason="time") != ""
    assert judged([2.0] * 10, 2.0, 1.0, reason=reason) == ""
    for loss in (np.nan, np.inf):
        assert judged([2.0] * 9 + [loss], 2.0, 1.0) == ""


def test_rows_that_are_judged_are_few_and_have_weights():
    weight = np.zeros(60)
    weight[:3] = 1
    sparse = csr_array(1000 * X)
    text = told(MLPRegressor(**SHORT, learning_rate_init=0.1), sparse, LINE, weight)
    assert "X has absolute values" in text


def test_early_stopping_is_judged_by_the_rows_that_train():
    settings = {**SHORT, "early_stopping": True, "batch_size": 2, "validation_fraction": 0.5}
    y = 300 * LINE + 1000
    regressor = MLPRegressor(**settings)
    assert "Scale y" in told(regressor, X, y)


def test_network_that_normalises_its_input_is_not_told_to_scale_x():
    regressor = SequentialRegressor(
        [BatchNorm(), Dense(5)], solver="sgd", learning_rate_init=30.0, max_grad_norm=1.0,
        batch_size=10, max_iter=20, random_state=0,
    )  # fmt: skip
    text = told(regressor, 1000 * X, LINE)
    assert "learning_rate_init (now 30)" in text


def test_integer_images_are_taken_as_the_network_takes_them():
    images = RNG.integers(0, 256, (60, 3, 3))
    cnn = CNNRegressor((2,), hidden_layer_sizes=(), pooling=None, batch_size=6, max_iter=12)
    assert "Scale y" in told(cnn.set_params(random_state=0), images, 300 * LINE + 1000)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_convergence_warning_ends_with_the_same_sentence(solver):
    with pytest.warns(ConvergenceWarning) as caught:
        MLPClassifier((2,), max_iter=1, solver=solver).fit(X, LABELS)
    assert [str(each.message).endswith(LAST) for each in caught] == [True]


def test_the_class_silences_them():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        MLPRegressor(**SHORT).fit(X, 300 * LINE + 1000)
