import numpy as np
import pytest
from helpers import LOSSES, Square, forward_backward, new_batch, new_gradient, normal
from numpy.testing import assert_array_equal

from sknn.nn import Dense
from sknn.nn.activations import ACTIVATIONS, PReLU
from sknn.nn.layers import Activate
from sknn.nn.network import Network

SLOPES = np.array([[-0.3, 0.1, 0.0, 0.9, 1.7]])
each = pytest.mark.parametrize(
    "activation", [*ACTIVATIONS, Square(), PReLU(0.1), PReLU(shared=False)], ids=str
)


def params_of(layer, shape):
    return {own.name: SLOPES[:, : own.shape[1]] for own in layer.parameters(shape[1:])}


@each
@pytest.mark.parametrize("shape", [(20, 5), (4, 3, 2, 5)], ids=["samples", "images"])
def test_activate_has_the_values_and_gradient_of_its_activation(activation, shape):
    layer, x, dy = Activate(activation), normal(*shape), normal(*shape, seed=1)
    params = params_of(layer, shape)
    y, dx, grads = forward_backward(layer, params, x, dy)
    function, wanted = ACTIVATIONS.get(activation, activation), np.empty_like(x)
    arguments = [params] if params else []
    function.forward(x.copy(), wanted, *arguments)
    assert_array_equal(y, wanted)
    wanted_grads = {name: np.empty_like(value) for name, value in params.items()}
    arguments += [wanted_grads] if params else []
    function.backward(x.copy(), wanted, dy, *arguments)
    assert_array_equal(dx, dy)
    for name, grad in grads.items():
        assert_array_equal(grad, wanted_grads[name])


@each
def test_linear_layer_and_activate_are_one_layer_with_this_activation(activation):
    loss, batch = LOSSES["squared_error"], new_batch(normal(9, 4), normal(9, 2))
    output = Dense(2, "identity")
    together = new_gradient([Dense(5, activation), output], loss, 4)
    apart = new_gradient([Dense(5, "identity"), Activate(activation), output], loss, 4)
    hidden, last = together.network.layout.views(together.theta)
    same = joined(apart, apart.theta)
    for own, wanted in zip(same, (hidden, last), strict=True):
        for name in own:
            own[name][...] = wanted[name]
    assert apart.mean(batch) == together.mean(batch)
    grads = together.network.layout.views(together.grad)
    for own, wanted in zip(joined(apart, apart.grad), grads, strict=True):
        for name in own:
            assert_array_equal(own[name], wanted[name])


def joined(gradient, vector):
    """Views of the arrays of a linear layer and its Activate as of one layer; and the last's."""
    linear, activate, last = gradient.network.layout.views(vector)
    return linear | activate, last


def test_unknown_activation_names_the_layer():
    with pytest.raises(ValueError, match=r"Layer activate1, Activate\(activation='tan'\): .*'tan'"):
        Network([Activate("tan"), Dense(2)], (3,))
