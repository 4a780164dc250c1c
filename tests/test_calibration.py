"""The temperature: against SciPy, scikit-learn and a known answer."""

import numpy as np
import pytest
from scipy.special import softmax as scipys
from sklearn.metrics import log_loss

from sknn.tabular.calibration import fitted_temperature, log_loss_at, softmax


@pytest.fixture
def known():
    """Outputs z, and labels that are drawn from softmax(z)."""
    random_state = np.random.RandomState(0)
    z = random_state.normal(0, 2, (4000, 3))
    p = scipys(z, axis=1)
    y = (p.cumsum(axis=1) < random_state.rand(len(p), 1)).sum(axis=1)
    return z, y


def test_softmax_of_large_numbers():
    z = np.array([[[1000.0, 999.0], [-1000.0, 3.0]]])
    np.testing.assert_allclose(softmax(z), scipys(z, axis=-1))


def test_log_loss_is_that_of_scikit_learn(known):
    z, y = known
    weight = np.arange(len(y)) % 3 + 0.5
    for own in (None, weight):
        expected = log_loss(y, scipys(z / 0.7, axis=1), sample_weight=own)
        assert log_loss_at(0.7, z, y, own) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("factor", [0.2, 0.5, 0.8])
def test_outputs_that_were_made_unsure_are_made_sure_again(known, factor):
    z, y = known
    # of 4,000 draws the best temperature is right to some per cent
    assert fitted_temperature(z * factor, y) == pytest.approx(factor, rel=0.06)


def test_temperature_is_never_above_one(known):
    z, y = known
    assert fitted_temperature(z * 3, y) == 1.0


def test_temperature_has_a_least_value():
    z = np.eye(2)[[0, 1, 0, 1]] * 1e-3
    assert fitted_temperature(z, np.array([0, 1, 0, 1])) == pytest.approx(0.05, rel=1e-2)


def test_weights_count_as_repetitions(known):
    z, y = known[0][:50] * 0.4, known[1][:50]
    weight = np.arange(50) % 3
    repeated = fitted_temperature(np.repeat(z, weight, axis=0), np.repeat(y, weight))
    assert fitted_temperature(z, y, weight) == pytest.approx(repeated, rel=1e-6)


def test_one_further_row_keeps_probabilities_off_zero_and_one():
    z, y = np.eye(2)[[0, 1] * 10] * 2.0, np.array([0, 1] * 10)  # never wrong
    # 20 rows lose log(1 + exp(-g)), one loses g / 2 more in the mean over its classes, g = 2 / T:
    # the derivative is zero where (20 + 1) sigmoid(-g) = 1 / 2
    gap = np.log(2 * 21 - 1)
    assert fitted_temperature(z, y) == pytest.approx(2 / gap, rel=2e-3)
