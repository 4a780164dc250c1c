import numpy as np
import pytest
from helpers import (
    MODELS,
    Square,
    assert_is_gradient,
    drawn_params,
    forward_backward,
    mostly_zeros,
    normal,
    of_model,
)
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from sklearn.base import clone

from sknn.nn import Dense, HardSigmoid, PReLU, SiLU
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import ScikitLearn

N, N_IN, UNITS = 9, 5, 4
SETTINGS = (PReLU(shared=False), SiLU(1.5), HardSigmoid(0.25), Square())
LAYERS = [Dense(UNITS, activation) for activation in (*ACTIVATIONS, *SETTINGS)]
STAND_INS = {  # steps: an activation that is a multiple of the line they are trained by
    "sign": ("hard_tanh", 1.0),
    "step": ("hard_tanh", 0.5),
}
each = in_turn("layer", LAYERS)


def activated(activation, z, params):
    """f(z), in an array of its own."""
    activation = ACTIVATIONS.get(activation, activation)
    a, arguments = np.empty_like(z), [params] if activation.parameters(UNITS) else []
    activation.forward(z, a, *arguments)
    return a


@each
def test_layer_has_the_values_of_its_formula(layer):
    params, x = drawn_params(layer, (N_IN,)), normal(N, N_IN)
    y, _, _ = forward_backward(layer, params, x, normal(N, UNITS))
    z = np.einsum("ni,iu->nu", x, params["weight"]) + params["bias"]
    assert_allclose(y, activated(layer.activation, z, params), rtol=1e-12)


@each
def test_layer_derivatives_are_those_of_differences(layer):
    params, x, dy = drawn_params(layer, (N_IN,)), normal(N, N_IN), normal(N, UNITS, seed=1)
    _, dx, grads = forward_backward(layer, params, x, dy)
    activation, factor = STAND_INS.get(layer.activation, (layer.activation, 1.0))

    def value(x, params):
        y, _, _ = forward_backward(Dense(UNITS, activation), params, x, dy)
        return factor * np.vdot(y, dy)

    assert_is_gradient(dx, lambda x: value(x, params), x)
    for name in params:
        assert_is_gradient(
            grads[name], lambda p, name=name: value(x, params | {name: p}), params[name]
        )


@each
def test_layer_of_sparse_x_is_that_of_dense_x(layer):
    params, (dense, sparse) = drawn_params(layer, (N_IN,)), mostly_zeros(N, N_IN)
    y, dx, grads = forward_backward(layer, params, sparse, normal(N, UNITS))
    wanted_y, wanted_dx, wanted_grads = forward_backward(layer, params, dense, normal(N, UNITS))
    assert_allclose(y, wanted_y, rtol=1e-12)
    assert_allclose(dx, wanted_dx, rtol=1e-12)
    for name, grad in grads.items():
        assert_allclose(grad, wanted_grads[name], rtol=1e-12, atol=1e-14)


@each
@pytest.mark.parametrize("kind", ["one x for all", "an x for each", "sparse x"])
def test_layer_of_several_models_is_that_of_each(layer, kind):
    params, dy = drawn_params(layer, (N_IN,), (MODELS,)), normal(MODELS, N, UNITS)
    x = {
        "one x for all": normal(N, N_IN),
        "an x for each": normal(MODELS, N, N_IN),
        "sparse x": mostly_zeros(N, N_IN)[1],
    }[kind]
    y, dx, grads = forward_backward(layer, params, x, dy)
    for model in range(MODELS):
        own_x = x[model] if kind == "an x for each" else x
        wanted = forward_backward(layer, of_model(params, model), own_x, dy[model])
        assert_allclose(y[model], wanted[0], rtol=1e-12, atol=1e-14)
        assert_allclose(dx[model], wanted[1], rtol=1e-12, atol=1e-14)
        for name, grad in of_model(grads, model).items():
            assert_allclose(grad, wanted[2][name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 200, 164), (9, 200, 64), (2, 1, 7), (2, 300, 1)])
def test_large_layer_of_several_models_is_bit_for_bit_that_of_each(shape, dtype):
    n_models, n, units = shape
    layer = Dense(units)
    params = drawn_params(layer, (N_IN,), (n_models,))
    params = {name: param.astype(dtype) for name, param in params.items()}
    x, dy = normal(n, N_IN).astype(dtype), normal(*shape).astype(dtype)
    y, dx, grads = forward_backward(layer, params, x, dy)
    for model in range(n_models):
        wanted = forward_backward(layer, of_model(params, model), x, dy[model])
        assert_array_equal(y[model], wanted[0])
        assert_array_equal(dx[model], wanted[1])
        for name, grad in of_model(grads, model).items():
            assert_array_equal(grad, wanted[2][name])


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


def test_parameters_of_the_activation_come_last():
    names = [parameter.name for parameter in Dense(UNITS, "prelu").parameters((N_IN,))]
    assert names == ["weight", "bias", "slope"]


@pytest.mark.parametrize("activation", ["relu", "prelu"])
@pytest.mark.parametrize("trainable", [True, False])
def test_trainable_holds_for_every_parameter(activation, trainable):
    parameters = Dense(UNITS, activation, trainable=trainable).parameters((N_IN,))
    assert {parameter.trainable for parameter in parameters} == {trainable}


def test_weight_init_draws_weight_and_bias():
    layer = Dense(UNITS, "tanh", weight_init=ScikitLearn(factor=9.0))  # a bound of 1
    for parameter in layer.parameters((N_IN,)):
        values = parameter.initializer(np.random.RandomState(0), parameter.shape)
        wanted = np.random.RandomState(0).uniform(-1, 1, parameter.shape)
        assert_allclose(values, wanted, rtol=1e-15)


def test_clone_has_the_settings_of_the_original_untouched():
    layer = Dense(UNITS, Square(), weight_init=ScikitLearn(3.0), trainable=False)
    copy = clone(layer)
    assert copy is not layer
    assert (copy.units, copy.trainable) == (UNITS, False)
    assert isinstance(copy.activation, Square)
    assert copy.weight_init.factor == 3.0
    assert layer.get_params() == {
        "units": layer.units,
        "activation": layer.activation,
        "bias": True,
        "weight_init": layer.weight_init,
        "trainable": layer.trainable,
        "bias_init": None,
        "scaling": "standard",
        "rate": 1.0,
        "bias_rate": 1.0,
    }


@pytest.mark.parametrize("n", [128, 129])  # a sum of 2^15 numbers, and one of more
def test_gradients_of_weight_and_bias_are_sums_over_all_samples(n):
    layer, x, dy = Dense(256, "identity"), normal(n, 3), normal(n, 256, seed=1)
    _, _, grads = forward_backward(layer, drawn_params(layer, (3,)), x, dy)
    assert_allclose(grads["bias"], [dy.sum(axis=0)], rtol=1e-12, atol=1e-12)
    assert_allclose(grads["weight"], np.einsum("ni,nj->ij", x, dy), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("weight_init", ["he_normal", "glorot_uniform", "orthogonal"])
def test_biases_start_from_zero_unless_the_initializer_draws_them(weight_init):
    weight, bias = Dense(3, weight_init=weight_init).parameters((4,))
    assert weight.initializer(np.random.RandomState(0), weight.shape).all()
    assert_array_equal(bias.initializer(np.random.RandomState(0), bias.shape), [[0, 0, 0]])


@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize("activation", ["relu", PReLU(), PReLU(shared=False)], ids=repr)
def test_frozen_layer_freezes_what_its_activation_learns(activation, trainable):
    parameters = Dense(3, activation, trainable=trainable).parameters((4,))
    assert {one.trainable for one in parameters} == {trainable}
    assert len(parameters) == 2 + isinstance(activation, PReLU)
