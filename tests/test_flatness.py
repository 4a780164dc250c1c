"""Where activation functions are flat, against their asymptotes and slopes."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.inspection.flatness import Flatness
from sknn.inspection.tracing.stages import Stage
from sknn.nn import ELU, Activate, Activation, Dropout, LeakyReLU, PReLU


def flatness(activation, dtype=np.float64, **params):
    """The Flatness of a layer that is this activation function alone."""
    layer = Activate(activation) if activation else Dropout(0.5)
    return Flatness(Stage(SimpleNamespace(name="own"), layer, params, {}, dtype))


class Ceiling(Activation):
    """f(z) = -max(-z, 0), flat on the right only."""

    needs = "z"

    def forward(self, z, out):
        np.minimum(z, 0, out=out)

    def backward(self, z, a, dy):
        dy *= z < 0


@pytest.mark.parametrize(
    ("activation", "ends"),
    [
        ("relu", 1),
        ("elu", 1),
        ("silu", 1),
        ("softplus", 1),
        (Ceiling(), 1),
        ("tanh", 2),
        ("logistic", 2),
        ("hard_tanh", 2),
        ("softsign", 2),
        ("identity", 0),
        ("leaky_relu", 0),
        (None, 0),  # no activation function
        # A slope of 0.005 of the steepest is one for good.
        (LeakyReLU(0.0049), 1),
        (LeakyReLU(0.005), 1),
        (LeakyReLU(0.0051), 0),
    ],
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sides_on_which_an_activation_function_flattens(activation, ends, dtype):
    counter = flatness(activation, dtype)
    counter.count(np.zeros((3, 2), dtype))
    assert counter.ends == ends
    assert counter.layer == "own"


@pytest.mark.parametrize("slopes", [(0.0, 0.5), (0.0, -0.5)])
def test_a_layer_flattens_only_where_all_its_units_do(slopes):
    counter = flatness(PReLU(shared=False), slope=np.array([slopes]))
    counter.count(np.ones((3, 2)))
    assert counter.ends == 0


@pytest.mark.parametrize(
    ("activation", "bound"),
    [
        ("tanh", np.arctanh(np.sqrt(0.95))),  # 1 - tanh(z)^2 = 0.05
        ("logistic", np.log((1 + np.sqrt(0.95)) / (1 - np.sqrt(0.95)))),  # of a quarter
        ("softsign", np.sqrt(20) - 1),  # 1 / (1 + |z|)^2 = 0.05
    ],
)
def test_flat_is_a_twentieth_of_the_steepest_slope(activation, bound):
    z = bound * np.array([[-1.01, -1.01, 0.99], [1.01, 0.99, -0.99]])
    counter = flatness(activation)
    counter.count(z)
    assert_array_equal(counter.shares, [1, 0.5, 0])


def test_slope_that_falls_is_a_slope():
    """That of silu is -0.09 at -2, a twelfth of the steepest, 1.1."""
    counter = flatness("silu")
    counter.count(np.array([[-2.0, -9.0], [-2.0, -9.0], [1.0, -9.0]]))
    assert_array_equal(counter.shares, [0, 1])


def test_samples_and_pixels_of_all_calls_are_counted_for_each_unit():
    counter = flatness(ELU(1.0))
    rng = np.random.default_rng(0)
    parts = [rng.normal(scale=6, size=(n, 4, 5, 3)) for n in (2, 7, 1)]
    for part in parts:
        counter.count(part)
    z = np.concatenate(parts).reshape(-1, 3)
    assert counter.shares.shape == (3,)
    assert_allclose(counter.shares, np.mean((z < 0) & (np.exp(z) <= 0.05), axis=0), rtol=1e-15)
