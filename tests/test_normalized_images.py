"""Batch normalisation of images and the layers it is fused with, against those one by one."""

import numpy as np
import pytest
from helpers import drawn_params, normal, sample_weights, training_pass
from numpy.testing import assert_allclose

from sknn.nn.activations import Activation
from sknn.nn.layers import Activate, AveragePool2D, BatchNorm, MaxPool2D, normalized_images
from sknn.nn.layers.normalized_images import NormalizedImages
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION
from sknn.nn.workspace import Workspace

N, *IMAGE = SHAPE = (7, 5, 6, 3)
FOLLOWING = {
    "alone": [],
    "relu": [Activate("relu")],
    "tanh and pooling": [Activate("tanh"), MaxPool2D()],
    "overlapping pooling": [MaxPool2D(3, stride=2, padding="same")],
    "relu and pooling over the edge": [Activate(), MaxPool2D(padding="same")],
}
each_following = pytest.mark.parametrize("following", FOLLOWING.values(), ids=FOLLOWING)


@pytest.fixture(autouse=True, params=[1, 3, 8])
def images_in_a_block(request, monkeypatch):
    """One image, three with one left over, or all of them."""
    monkeypatch.setattr(normalized_images, "BLOCK", request.param * int(np.prod(IMAGE)) * 8)


def fused(following, normalization):
    """The one layer that a network runs for all of them."""
    [(number, layer)] = Network([normalization, *following], IMAGE).steps()
    assert number == 0
    assert isinstance(layer, NormalizedImages)
    return layer


def one_pass(layers, params, x, dy, context, need_dx=True):
    """([y, dx, gradients], running statistics) of layers of which the first has parameters."""
    caches = [Workspace(x.dtype) for _ in layers]
    state = {"mean": np.full((1, 3), 0.3), "variance": np.full((1, 3), 1.7)}
    grads = {name: np.empty_like(value) for name, value in params.items()}
    y, dy = x, dy.copy()
    for layer, cache in zip(layers, caches, strict=True):
        y = layer.forward(params if layer is layers[0] else {}, state, y, cache, context)
    y = y.copy()
    for layer, cache in reversed(list(zip(layers, caches, strict=True))):
        first = layer is layers[0]
        own = (params, grads) if first else ({}, {})
        dy = layer.backward(*own, dy, cache, context, need_dx or not first)
    return [y, dy, *grads.values()], list(state.values())


def drawn(following):
    normalization = BatchNorm(momentum=0.3, epsilon=0.01)
    network = Network([normalization, *following], IMAGE)
    params = drawn_params(normalization, IMAGE)  # factors are negative, too
    return normalization, params, 2 + normal(*SHAPE), normal(N, *network.shapes[-1], seed=1)


@each_following
@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_values_gradients_and_statistics_are_those_of_the_layers_one_by_one(following, weight):
    normalization, params, x, dy = drawn(following)
    given = params, x, dy, training_pass(weight)
    ours, statistics = one_pass([fused(following, normalization)], *given)
    wanted, wanted_statistics = one_pass([normalization, *following], *given)
    for own, other in zip(ours + statistics, wanted + wanted_statistics, strict=True):
        assert_allclose(own, other, rtol=1e-10, atol=1e-12)


@each_following
def test_running_statistics_are_used_outside_training_and_for_one_sample(following):
    normalization, params, x, dy = drawn(following)
    for context, n in ((training_pass(), 1), (PREDICTION, N)):
        layers = [fused(following, normalization)], [normalization, *following]
        ours, wanted = (
            one_pass(each, params, x[:n], dy[:n], context)[0]
            if n == 1
            else predicted(each, params, x)
            for each in layers
        )
        for own, other in zip(ours, wanted, strict=True):
            assert_allclose(own, other, rtol=1e-10, atol=1e-12)


def predicted(layers, params, x):
    """[y] of a pass that keeps nothing."""
    state = {"mean": np.full((1, 3), 0.3), "variance": np.full((1, 3), 1.7)}
    for layer in layers:
        own = params if layer is layers[0] else {}
        x = layer.forward(own, state, x, Workspace(x.dtype), PREDICTION)
    return [x]


@each_following
def test_no_gradient_of_images_is_made_if_nobody_needs_it(following):
    normalization, params, x, dy = drawn(following)
    layer = fused(following, normalization)
    (_, dx, *grads), _ = one_pass([layer], params, x, dy, training_pass(), need_dx=False)
    (_, _, *wanted), _ = one_pass([layer], params, x, dy, training_pass())
    assert dx is None
    assert_allclose(grads, wanted, rtol=1e-12)


def test_gradient_that_is_not_contiguous_is_read_as_it_is():
    normalization, params, x, dy = drawn([])
    turned = np.asfortranarray(dy)
    layer, cache, context = fused([], normalization), Workspace(x.dtype), training_pass()
    grads = {name: np.empty_like(value) for name, value in params.items()}
    layer.forward(params, {"mean": 0 * x[:1, 0, 0], "variance": 0 * x[:1, 0, 0]}, x, cache, context)
    dx = layer.backward(params, grads, turned, cache, context)
    (_, wanted, *_), _ = one_pass([layer], params, x, dy, context)
    assert_allclose(dx, wanted, rtol=1e-12)


class Falling(Activation):
    """f(z) = -z: the largest becomes the smallest."""

    def forward(self, z, out):
        np.negative(z, out=out)


@pytest.mark.parametrize(
    ("following", "numbers"),
    [
        ([Activate("relu"), MaxPool2D(), Activate("relu")], [0, 3]),
        ([Activate("relu"), Activate("tanh")], [0, 2]),
        ([MaxPool2D(), Activate("relu"), MaxPool2D((2, 1))], [0, 2, 3]),
        ([MaxPool2D(), MaxPool2D((2, 1))], [0, 2]),
        ([Activate(Falling()), MaxPool2D()], [0, 2]),
        ([Activate("silu"), MaxPool2D()], [0, 1, 2]),  # it decreases, and backward reads z
        ([Activate("prelu")], [0, 1]),  # it learns
        ([Activate("relu"), AveragePool2D()], [0, 2]),
        ([BatchNorm(), Activate("relu")], [0, 1]),
    ],
)
def test_network_fuses_normalisation_with_what_can_go_block_by_block(following, numbers):
    network = Network([BatchNorm(), *following], (8, 8, 3))
    assert [number for number, _ in network.steps()] == numbers
    flat = Network([BatchNorm(), Activate("relu")], (8,))
    assert [number for number, _ in flat.steps()] == [0, 1]
