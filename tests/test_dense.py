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
from sknn.nn.initializers import Constant, Normal, ScikitLearn, ThroughRows, UnitVariance
from sknn.nn.network import Network
from sknn.nn.workspace import Workspace

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
    names = [one.name for one in Dense(UNITS, "prelu", bias=False).parameters((N_IN,))]
    assert names == ["weight", "slope"]


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


# The neural tangent parametrisation


@pytest.mark.parametrize("models", [(), (MODELS,)], ids=["one", "several"])
def test_ntp_divides_the_sums_by_the_root_of_the_number_of_inputs(models, torch):
    layer = Dense(UNITS, "tanh", scaling="ntp")
    params = drawn_params(layer, (N_IN,), models)
    x, dy = normal(*models, N, N_IN), normal(*models, N, UNITS, seed=1)
    y, dx, grads = forward_backward(layer, params, x, dy)
    theirs = {name: torch.tensor(own, requires_grad=True) for name, own in params.items()}
    given = torch.tensor(x, requires_grad=True)
    wanted = torch.tanh(given @ theirs["weight"] / N_IN**0.5 + theirs["bias"])
    wanted.backward(torch.tensor(dy))
    assert_allclose(y, wanted.detach(), rtol=1e-12)
    assert_allclose(dx, given.grad, rtol=1e-11)
    for name, grad in grads.items():
        assert_allclose(grad, theirs[name].grad, rtol=1e-11)


def test_ntp_takes_sparse_rows():
    x, sparse = mostly_zeros(N, N_IN)
    layer = Dense(UNITS, "tanh", scaling="ntp")
    params, dy = drawn_params(layer, (N_IN,)), normal(N, UNITS, seed=1)
    y, _, grads = forward_backward(layer, params, x, dy)
    cache, got = Workspace(np.float64), {n: np.empty_like(p) for n, p in params.items()}
    assert_allclose(layer.forward(params, {}, sparse, cache, None), y, rtol=1e-13)
    layer.backward(params, got, dy.copy(), cache, None, need_dx=False)
    for name, grad in grads.items():
        assert_allclose(got[name], grad, rtol=1e-12)


@pytest.mark.parametrize("weight_init", ["auto", "lecun_normal", Normal(0.5)])
def test_ntp_starts_with_the_outputs_of_the_standard_parametrisation(weight_init):
    x, outputs = normal(N, 16), []
    for scaling in ("standard", "ntp"):
        network = Network([Dense(UNITS, weight_init=weight_init, scaling=scaling)], (16,))
        theta, _ = network.initial(np.random.RandomState(0), np.float64)
        (params,) = network.layout.views(theta)
        outputs.append(forward_backward(network.layers[0], params, x, normal(N, UNITS))[0])
    assert_allclose(outputs[1], outputs[0], rtol=1e-12, atol=1e-15)
    assert np.abs(outputs[0]).max() > 0


def test_rates_are_those_of_weights_and_biases():
    weight, bias = Dense(2, rate=3.0, bias_rate=0.1).parameters((4,))
    assert (weight.rate, bias.rate) == (3.0, 0.1)
    weight, bias = Dense(2).parameters((4,))
    assert (weight.rate, bias.rate, weight.decay, bias.decay) == (1.0, 1.0, True, False)


def test_bias_init_draws_the_biases_and_nothing_else():
    random_state = np.random.RandomState(0)
    weight, bias = Dense(500, bias_init=Normal(2.0), weight_init="zeros").parameters((3,))
    assert_array_equal(weight.initializer(random_state, weight.shape), np.zeros((3, 500)))
    assert_allclose(bias.initializer(random_state, bias.shape).std(), 2, rtol=0.15)
    weight, bias = Dense(5, bias_init=Constant(0.5)).parameters((3,))
    assert_array_equal(bias.initializer(random_state, bias.shape), np.full((1, 5), 0.5))
    assert np.ptp(weight.initializer(random_state, weight.shape)) > 0


@pytest.mark.parametrize("scaling", ["standard", "ntp"])
def test_layer_adapts_weights_first_and_then_biases(scaling):
    layer = Dense(
        3, scaling=scaling, weight_init=UnitVariance(), bias_init=ThroughRows(2), activation="relu"
    )
    x = normal(50, N_IN) * [1, 2, 3, 4, 5] + 7
    params = drawn_params(layer, (N_IN,))
    drawn = params["weight"].copy()
    layer.adapt(params, {}, x, np.random.RandomState(4))
    root = np.sqrt(N_IN) if scaling == "ntp" else 1.0
    sums = x @ params["weight"] / root
    assert_allclose(sums.std(axis=0), 1, rtol=1e-12)
    assert_allclose(np.ptp(params["weight"] / drawn, axis=0), 0, atol=1e-12)
    wanted = ThroughRows(2).adapt(params["bias"], sums, np.random.RandomState(4))
    assert_allclose(params["bias"], wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("layer", "adapts"),
    [
        (Dense(2), False),
        (Dense(2, weight_init=UnitVariance()), True),
        (Dense(2, bias_init=ThroughRows()), True),
        (Dense(2, bias_init=ThroughRows(), bias=False), False),
        (Dense(2, bias_init="zeros"), False),
    ],
)
def test_layer_adapts_if_an_initializer_does(layer, adapts):
    assert layer.adapts == adapts
    params = drawn_params(layer, (N_IN,))
    layer.adapt(params, {}, normal(9, N_IN), np.random.RandomState(0))
    changed = [
        name for name, own in drawn_params(layer, (N_IN,)).items() if (own != params[name]).any()
    ]
    assert changed == ([] if not adapts else ["weight" if layer.bias_init is None else "bias"])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Dense(2, scaling="mup"), "scaling must be one of 'standard', 'ntp', got 'mup'"),
        (Dense(2, rate=0), "rate must be a number above 0, got 0"),
        (Dense(2, bias_rate=-1), "bias_rate must be a number above 0, got -1"),
        (Dense(2, bias_init="he"), "bias_init must be an Initializer .* 'he_uniform' or"),
    ],
)
def test_layer_refuses_settings(layer, message):
    with pytest.raises(ValueError, match=message):
        Network([layer], (2,))
