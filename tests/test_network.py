import numpy as np
import pytest
from helpers import LOSSES, MODELS, joint_and_singles, mostly_zeros, normal
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn import Dense, Layer, Parameter, State
from sknn.nn.network import Network

N = 7
LAYERS = [Dense(5, "tanh"), Dense(4, "relu"), Dense(3, "identity")]


class Flatten(Layer):
    """Samples of any shape, flat."""

    def output_shape(self, input_shape):
        return (int(np.prod(input_shape)),)

    def forward(self, params, state, x, cache, training):
        return x.reshape(len(x), -1)


class Recorder(Layer):
    """Passes everything on, and records how it was called."""

    def __init__(self, calls):
        self.calls = calls

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        return [Parameter("scale", input_shape, lambda random_state, shape: np.ones(shape))]

    def state(self, input_shape):
        return [State("mean", input_shape, 2.0)]

    def forward(self, params, state, x, cache, training):
        self.calls.append(("forward", training, sorted(params), state["mean"].tolist()))
        return x

    def backward(self, params, grads, dy, cache, need_dx=True):
        self.calls.append(("backward", need_dx))
        return dy


def forward(network, theta, x, **settings):
    """Raw outputs with fresh workspaces and fresh state."""
    state = network.state_layout.views(network.state_layout.initial(None, theta.dtype))
    params = network.layout.views(theta)
    return network.forward(params, state, x, network.workspaces(theta.dtype), **settings)


def test_network_computes_its_layers_in_order():
    network = Network(LAYERS, (2,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    first, second, last = network.layout.views(theta)
    x = normal(N, 2)
    h = np.tanh(x @ first["weight"] + first["bias"])
    h = np.maximum(h @ second["weight"] + second["bias"], 0)
    wanted = h @ last["weight"] + last["bias"]
    assert_allclose(forward(network, theta, x), wanted, rtol=1e-12)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_network_of_several_models_is_that_of_each(sparse):
    joint, singles = joint_and_singles(LAYERS, LOSSES["squared_error"], 6)
    x = mostly_zeros(N, 6)[sparse]
    z = forward(joint.network, joint.theta, x)
    assert z.shape == (MODELS, N, 3)
    wanted = [forward(single.network, single.theta, x) for single in singles]
    assert_allclose(z, wanted, rtol=1e-12)


def test_network_knows_the_shapes_between_its_layers():
    network = Network([Flatten(), Dense(3), Dense(2)], (4, 5, 2))
    assert network.shapes == [(4, 5, 2), (40,), (3,), (2,)]
    assert network.layout.size == 40 * 3 + 3 + 3 * 2 + 2
    assert network.row_size(np.float32) == 4 * (40 + 3 + 2)


def test_network_numbers_layers_among_their_kind():
    assert Network([Flatten(), Dense(3), Dense(2)], (4, 5)).names == [
        "flatten1",
        "dense1",
        "dense2",
    ]


def test_network_names_the_layer_that_does_not_fit():
    message = r"Layer dense1, Dense\(units=3\): needs flat samples, got .*\(6, 6, 4\)"
    with pytest.raises(ValueError, match=message):
        Network([Recorder([]), Dense(3), Dense(2)], (6, 6, 4))


def test_network_names_the_layer_with_an_unknown_activation():
    with pytest.raises(ValueError, match=r"Layer dense2, .*'tan'.*one of"):
        Network([Dense(3), Dense(2, "tan")], (4,))


def test_one_layer_object_may_stand_twice_with_weights_of_each():
    layer = Dense(4)
    network = Network([layer, layer], (4,))
    assert network.layout.size == 2 * (16 + 4)
    assert vars(layer) == vars(Dense(4))


@pytest.mark.parametrize("training", [False, True])
def test_layer_is_handed_its_parameters_its_state_and_whether_it_trains(training):
    calls = []
    network = Network([Recorder(calls)], (2,))
    forward(network, np.ones(2), normal(N, 2), training=training)
    assert calls == [("forward", training, ["scale"], [2.0, 2.0])]


def test_backward_asks_every_layer_but_the_first_for_dx():
    calls = []
    network = Network([Recorder(calls), Recorder(calls), Recorder(calls)], (2,))
    params = network.layout.views(np.ones(6))
    network.backward(params, params, normal(N, 2), network.workspaces(np.float64))
    assert calls == [("backward", True), ("backward", True), ("backward", False)]


def test_initial_values_are_parameters_and_state():
    theta, state = Network([Recorder([]), Recorder([])], (2,)).initial(None, np.float32)
    assert_array_equal(theta, np.ones(4, np.float32), strict=True)
    assert_array_equal(state, np.full(4, 2, np.float32), strict=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_first_non_finite_names_the_first_layer_that_is_not(value):
    network = Network(LAYERS, (2,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    assert network.first_non_finite(theta) is None
    views = network.layout.views(theta)
    views[2]["weight"][0, 0] = value
    assert network.first_non_finite(theta) == "layer 3 (Dense)"
    views[1]["bias"][0, 0] = value
    assert network.first_non_finite(theta) == "layer 2 (Dense)"
