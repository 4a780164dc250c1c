import numpy as np
import pytest
from helpers import MODELS, Square, assert_is_gradient, mostly_zeros, normal
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from sknn.nn import Dense, GlorotUniform
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.workspace import Workspace

N, N_IN, UNITS = 9, 5, 4
LAYERS = [Dense(UNITS, activation) for activation in (*ACTIVATIONS, Square())]
each = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: str(layer.activation))


def drawn_params(layer, models=()):
    """Normal numbers for each of the layer's parameters, by name."""
    return {
        parameter.name: normal(*models, *parameter.shape, seed=seed)
        for seed, parameter in enumerate(layer.parameters((N_IN,)), start=10)
    }


def forward_backward(layer, params, x, dy):
    """(y, dx, grads) of one pass, in arrays of their own."""
    cache = Workspace(np.float64)
    grads = {name: np.full_like(value, np.nan) for name, value in params.items()}
    y = layer.forward(params, {}, x, cache, training=True).copy()
    dx = layer.backward(params, grads, dy.copy(), cache).copy()
    return y, dx, grads


def model(arrays, index):
    """Those of one model out of a dict of arrays with a model axis."""
    return {name: array[index] for name, array in arrays.items()}


@each
def test_layer_has_the_values_of_its_formula(layer):
    params, x = drawn_params(layer), normal(N, N_IN)
    y, _, _ = forward_backward(layer, params, x, normal(N, UNITS))
    z = np.einsum("ni,iu->nu", x, params["weight"]) + params["bias"]
    square = isinstance(layer.activation, Square)
    activation = layer.activation if square else ACTIVATIONS[layer.activation]
    activation.forward(z.copy(), z)
    assert_allclose(y, z, rtol=1e-12)


@each
def test_layer_derivatives_are_those_of_differences(layer):
    params, x, dy = drawn_params(layer), normal(N, N_IN), normal(N, UNITS, seed=1)
    _, dx, grads = forward_backward(layer, params, x, dy)

    def value(x, params):
        return np.vdot(forward_backward(layer, params, x, dy)[0], dy)

    assert_is_gradient(dx, lambda x: value(x, params), x)
    for name in params:
        assert_is_gradient(
            grads[name], lambda p, name=name: value(x, params | {name: p}), params[name]
        )


@each
def test_layer_of_sparse_x_is_that_of_dense_x(layer):
    params, (dense, sparse) = drawn_params(layer), mostly_zeros(N, N_IN)
    y, dx, grads = forward_backward(layer, params, sparse, normal(N, UNITS))
    wanted_y, wanted_dx, wanted_grads = forward_backward(layer, params, dense, normal(N, UNITS))
    assert_allclose(y, wanted_y, rtol=1e-12)
    assert_allclose(dx, wanted_dx, rtol=1e-12)
    for name, grad in grads.items():
        assert_allclose(grad, wanted_grads[name], rtol=1e-12, atol=1e-14)


@each
@pytest.mark.parametrize("kind", ["one x for all", "an x for each", "sparse x"])
def test_layer_of_several_models_is_that_of_each(layer, kind):
    params, dy = drawn_params(layer, (MODELS,)), normal(MODELS, N, UNITS)
    x = {
        "one x for all": normal(N, N_IN),
        "an x for each": normal(MODELS, N, N_IN),
        "sparse x": mostly_zeros(N, N_IN)[1],
    }[kind]
    y, dx, grads = forward_backward(layer, params, x, dy)
    for index in range(MODELS):
        own_x = x[index] if kind == "an x for each" else x
        wanted = forward_backward(layer, model(params, index), own_x, dy[index])
        assert_allclose(y[index], wanted[0], rtol=1e-12, atol=1e-14)
        assert_allclose(dx[index], wanted[1], rtol=1e-12, atol=1e-14)
        for name, grad in model(grads, index).items():
            assert_allclose(grad, wanted[2][name], rtol=1e-12, atol=1e-14)


@each
def test_layer_leaves_x_and_its_parameters_as_they_are(layer):
    params, x = drawn_params(layer), normal(N, N_IN)
    forward_backward(layer, params, x, normal(N, UNITS))
    assert_array_equal(x, normal(N, N_IN))
    for name, value in drawn_params(layer).items():
        assert_array_equal(params[name], value)


@each
def test_layer_reuses_its_memory(layer):
    params, x, cache = drawn_params(layer), normal(N, N_IN), Workspace(np.float64)
    grads = {name: np.empty_like(value) for name, value in params.items()}

    def memory():
        y = layer.forward(params, {}, x, cache, training=True)
        return y, layer.backward(params, grads, normal(N, UNITS), cache)

    (y, dx), (next_y, next_dx) = memory(), memory()
    assert np.shares_memory(y, next_y)
    assert np.shares_memory(dx, next_dx)


@each
def test_layer_without_need_of_dx_gives_the_same_gradient_and_no_dx(layer):
    params, x, cache = drawn_params(layer), normal(N, N_IN), Workspace(np.float64)
    _, _, wanted = forward_backward(layer, params, x, normal(N, UNITS))
    grads = {name: np.empty_like(value) for name, value in params.items()}
    layer.forward(params, {}, x, cache, training=True)
    assert layer.backward(params, grads, normal(N, UNITS), cache, need_dx=False) is None
    for name, grad in grads.items():
        assert_array_equal(grad, wanted[name])


@each
def test_layer_says_its_output_shape(layer):
    assert layer.output_shape((N_IN,)) == (UNITS,)


def test_output_shape_of_samples_that_are_not_flat_names_the_remedy():
    with pytest.raises(ValueError, match=r"flat samples.*\(6, 6, 4\).*Flatten\(\)"):
        Dense(3).output_shape((6, 6, 4))


def test_parameters_are_a_decayed_weight_and_a_bias_that_is_not():
    weight, bias = Dense(UNITS).parameters((N_IN,))
    assert (weight.name, weight.shape, weight.decay) == ("weight", (N_IN, UNITS), True)
    assert (bias.name, bias.shape, bias.decay) == ("bias", (1, UNITS), False)


@pytest.mark.parametrize("trainable", [True, False])
def test_trainable_holds_for_weight_and_bias(trainable):
    parameters = Dense(UNITS, trainable=trainable).parameters((N_IN,))
    assert [parameter.trainable for parameter in parameters] == [trainable, trainable]


def test_initializer_draws_weight_and_bias():
    layer = Dense(UNITS, "tanh", initializer=GlorotUniform(factor=9.0))  # a bound of 1
    for parameter in layer.parameters((N_IN,)):
        values = parameter.initializer(np.random.RandomState(0), parameter.shape)
        wanted = np.random.RandomState(0).uniform(-1, 1, parameter.shape)
        assert_allclose(values, wanted, rtol=1e-15)


def test_clone_has_the_settings_of_the_original_untouched():
    layer = Dense(UNITS, Square(), initializer=GlorotUniform(3.0), trainable=False)
    copy = clone(layer)
    assert copy is not layer
    assert (copy.units, copy.trainable) == (UNITS, False)
    assert isinstance(copy.activation, Square)
    assert copy.initializer.factor == 3.0
    assert layer.get_params() == {
        "units": layer.units,
        "activation": layer.activation,
        "initializer": layer.initializer,
        "trainable": layer.trainable,
    }


def test_set_params_sets_and_refuses_what_is_not_a_parameter():
    layer = Dense(UNITS)
    assert layer.set_params(units=7, activation="tanh") is layer
    assert (layer.units, layer.activation) == (7, "tanh")
    with pytest.raises(ValueError, match=r"Invalid parameter 'unit' .*'units'"):
        layer.set_params(unit=8)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Dense(3), "Dense(units=3)"),
        (Dense(3, "tanh", trainable=False), "Dense(units=3, activation='tanh', trainable=False)"),
    ],
)
def test_repr_shows_what_is_not_a_default(layer, text):
    assert repr(layer) == text
