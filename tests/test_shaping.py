import numpy as np
import pytest
from helpers import forward_backward, normal, training_pass
from numpy.testing import assert_array_equal

from sknn.nn import Conv2D, Dense, Flatten
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION
from sknn.nn.workspace import Workspace

N = 3
SHAPES = [(4, 5, 2), (1, 1, 1), (7, 1, 3), (6,), (4, 5)]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


@each_shape
def test_flatten_goes_row_by_row_pixel_by_pixel_channel_by_channel(shape):
    layer, x = Flatten(), normal(N, *shape)
    y = layer.forward({}, {}, x, Workspace(np.float64), PREDICTION)
    wanted = [[sample[at] for at in np.ndindex(shape)] for sample in x]
    assert_array_equal(y, wanted)
    assert layer.output_shape(shape) == y.shape[1:]


@each_shape
def test_gradient_goes_back_to_the_pixels_that_it_belongs_to(shape):
    layer, x = Flatten(), normal(N, *shape)
    dy = normal(N, *layer.output_shape(shape), seed=1)
    _, dx, _ = forward_backward(layer, {}, x, dy)
    for n, row in enumerate(dy):
        for at, value in zip(np.ndindex(shape), row, strict=True):
            assert dx[n, *at] == value
    assert dx.shape == x.shape


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_flatten_in_a_network_of_several_models_is_that_of_each(shape):
    layer, x = Flatten().placed(shape), normal(2, N, *shape)
    y, dx, _ = forward_backward(layer, {}, x, normal(2, N, np.prod(shape)))
    assert_array_equal(y, x.reshape(2, N, -1))
    assert_array_equal(dx, normal(2, N, np.prod(shape)).reshape(x.shape))
    shared, _, _ = forward_backward(layer, {}, x[0], normal(N, np.prod(shape)))
    assert_array_equal(shared, x[0].reshape(N, -1))


def test_flatten_trains_nothing_and_is_not_needed_below_the_first_weights():
    layer = Flatten()
    assert layer.parameters((4, 5, 2)) == layer.state((4, 5, 2)) == []
    cache = Workspace(np.float64)
    layer.forward({}, {}, normal(N, 4, 5, 2), cache, training_pass())
    assert layer.backward({}, {}, normal(N, 40), cache, training_pass(), need_dx=False) is None


def test_dense_weights_after_flatten_are_a_convolution_as_large_as_the_image():
    image, x = (4, 5, 2), normal(N, 4, 5, 2)
    weight, bias = normal(40, 3, seed=1), normal(1, 3, seed=2)
    dense = Network([Flatten(), Dense(3, "tanh")], image)
    convolution = Network([Conv2D(3, (4, 5), padding="valid", activation="tanh"), Flatten()], image)
    y = dense.forward(
        [{}, {"weight": weight, "bias": bias}], [{}, {}], x, dense.workspaces(np.float64)
    )
    wanted = convolution.forward(
        [{"weight": weight.reshape(4, 5, 2, 3), "bias": bias}, {}],
        [{}, {}],
        x,
        convolution.workspaces(np.float64),
    )
    np.testing.assert_allclose(y, wanted, rtol=1e-12)
