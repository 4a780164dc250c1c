import numpy as np
import pytest
from helpers import MODELS, Square, assert_is_gradient, normal
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn.activations import ACTIVATIONS, ReLU, as_activation

FORMULAS = {  # every name in ACTIVATIONS: its definition, written out
    "identity": lambda z: z,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.where(z > 0, z, 0),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
}
LIMITS = {  # f(-1e4), f(1e4)
    "identity": (-1e4, 1e4),
    "logistic": (0, 1),
    "relu": (0, 1e4),
    "tanh": (-1, 1),
}
each = pytest.mark.parametrize("activation", [*ACTIVATIONS.values(), Square()], ids=repr)
each_name = pytest.mark.parametrize("name", ACTIVATIONS)


def forward(activation, z):
    out = np.empty_like(z)
    activation.forward(z, out)
    return out


def backward(activation, z, dy):
    dz, z = dy.copy(), z.copy()
    activation.backward(z if activation.needs == "z" else None, forward(activation, z), dz)
    return dz


@each_name
def test_activation_has_the_values_of_its_formula(name):
    z = normal(20, 5)
    assert_allclose(forward(ACTIVATIONS[name], z), FORMULAS[name](z), rtol=1e-12)


@each
def test_activation_derivative_is_that_of_differences(activation):
    z, dy = normal(20, 5), normal(20, 5, seed=1)
    assert_is_gradient(
        backward(activation, z, dy), lambda z: np.vdot(forward(activation, z), dy), z
    )


@each
def test_activation_leaves_z_as_it_is_if_out_is_another_array(activation):
    z = normal(20, 5)
    forward(activation, z)
    assert_array_equal(z, normal(20, 5))


@each_name
def test_activation_that_needs_only_a_may_overwrite_z(name):
    activation, z = ACTIVATIONS[name], normal(20, 5)
    wanted = forward(activation, z)
    if activation.needs == "a":
        activation.forward(z, z)
        assert_array_equal(z, wanted)


@each
def test_activation_of_several_models_is_that_of_each(activation):
    z, dy = normal(MODELS, 20, 5), normal(MODELS, 20, 5, seed=1)
    assert_array_equal(forward(activation, z), [forward(activation, one) for one in z])
    assert_array_equal(
        backward(activation, z, dy),
        [backward(activation, *one) for one in zip(z, dy, strict=True)],
    )


@each_name
def test_activation_is_increasing_where_it_says_so(name):
    z = np.linspace(-10, 10, 2001)
    increasing = bool(np.all(np.diff(forward(ACTIVATIONS[name], z)) >= 0))
    assert ACTIVATIONS[name].increasing is increasing


@each_name
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activation_reaches_its_limits_without_overflow(name, dtype):
    z = np.array([-1e4, 1e4], dtype)
    assert_array_equal(forward(ACTIVATIONS[name], z), np.array(LIMITS[name], dtype), strict=True)
    assert np.isfinite(backward(ACTIVATIONS[name], z, np.ones_like(z))).all()


def test_relu_derivative_at_zero_is_zero():
    assert_array_equal(backward(ReLU(), np.array([-0.0, 0.0]), np.ones(2)), [0, 0])


@each_name
def test_as_activation_takes_names_and_objects(name):
    assert as_activation(name) is ACTIVATIONS[name]
    assert as_activation(ACTIVATIONS[name]) is ACTIVATIONS[name]


def test_as_activation_takes_a_users_own():
    own = Square()
    assert as_activation(own) is own


def test_as_activation_names_the_names_it_knows():
    with pytest.raises(ValueError, match=r"one of \[.*'identity'.*'tanh'.*\], got 'tan'"):
        as_activation("tan")


@pytest.mark.parametrize("value", [ReLU, None, np.tanh])
def test_as_activation_refuses_what_is_neither_name_nor_object(value):
    with pytest.raises(TypeError, match="a name or an Activation object"):
        as_activation(value)
