import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest, uniform

from sknn.nn import Dense, GlorotUniform
from sknn.nn.activations import ACTIVATIONS, as_activation
from sknn.nn.network import Network

FAN_IN, FAN_OUT = 300, 200
INITIALIZERS = {  # name: (initialiser, distribution of what it draws for a tanh layer)
    "glorot_uniform": (
        GlorotUniform(),
        uniform(-np.sqrt(6 / 500), 2 * np.sqrt(6 / 500)),  # Glorot & Bengio (2010), eq. 16
    ),
    "glorot_uniform, factor 2": (
        GlorotUniform(2.0),
        uniform(-np.sqrt(2 / 500), 2 * np.sqrt(2 / 500)),
    ),
}


def drawn(initializer, activation="tanh", seed=0):
    return initializer(
        np.random.RandomState(seed),
        (FAN_IN, FAN_OUT),
        fan_in=FAN_IN,
        fan_out=FAN_OUT,
        activation=as_activation(activation),
    )


@pytest.mark.parametrize(("initializer", "wanted"), INITIALIZERS.values(), ids=INITIALIZERS)
def test_initializer_has_the_moments_and_distribution_of_its_formula(initializer, wanted):
    values = drawn(initializer)
    error = 4 / np.sqrt(values.size)  # in standard errors, of which four are never exceeded
    assert values.dtype == np.float64
    assert abs(values.mean()) < error * wanted.std()
    assert_allclose(values.std(), wanted.std(), rtol=error)
    assert kstest(values.ravel(), wanted.cdf).pvalue > 1e-4


@pytest.mark.parametrize(("initializer", "wanted"), INITIALIZERS.values(), ids=INITIALIZERS)
def test_initializer_stays_within_its_bounds_and_fills_them(initializer, wanted):
    values, (low, high) = drawn(initializer), wanted.support()
    if np.isfinite(high):
        assert low <= values.min() < 0.99 * low
        assert 0.99 * high < values.max() <= high


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_glorot_factor_is_two_for_logistic_and_six_for_the_rest(name):
    bound = np.sqrt((2 if name == "logistic" else 6) / (FAN_IN + FAN_OUT))
    assert_allclose(np.abs(drawn(GlorotUniform(), name)).max(), bound, rtol=1e-3)


def test_network_draws_weight_and_bias_layer_by_layer_as_scikit_learn_does():
    network = Network([Dense(5, "tanh"), Dense(2, "logistic")], (4,))
    theta, _ = network.initial(np.random.RandomState(3), np.float64)
    first, second = network.layout.views(theta)
    expected = np.random.RandomState(3)
    r = np.sqrt(6 / (4 + 5))
    assert_array_equal(first["weight"], expected.uniform(-r, r, (4, 5)))
    assert_array_equal(first["bias"][0], expected.uniform(-r, r, 5))
    r = np.sqrt(2 / (5 + 2))
    assert_array_equal(second["weight"], expected.uniform(-r, r, (5, 2)))
    assert_array_equal(second["bias"][0], expected.uniform(-r, r, 2))
