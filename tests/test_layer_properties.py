"""Layers, activations and losses of any setting, against naive loops and central differences."""

import re
from itertools import pairwise

import numpy as np
import pytest
from helpers import (
    LOSSES,
    assert_is_gradient,
    drawn_params,
    forward_backward,
    new_batch,
    new_gradient,
    sum_and_gradient,
    targets,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from strategies import (
    SMOOTH,
    STRAIGHT_THROUGH,
    any_layer,
    convolutions,
    dtypes,
    examples,
    images,
    normals,
    poolings,
    seeds,
)

from sknn.nn import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
)
from sknn.nn.activations import ACTIVATIONS, as_activation
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION

samples = st.integers(1, 6)
batches = st.integers(2, 40)
each_loss = pytest.mark.parametrize("name", LOSSES)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def borders(image, layer, size, dilation=1):
    """((above, below), (left, right)) as the documentation of the layers defines them."""
    if layer.padding == "valid":
        return ((0, 0), (0, 0))
    if layer.padding != "same":
        return tuple(pair(side) for side in pair(layer.padding))
    around = []
    stride = size if layer.stride is None else layer.stride
    for i, k, s, d in zip(image, pair(size), pair(stride), pair(dilation), strict=False):
        missing = (int(np.ceil(i / s)) - 1) * s + (k - 1) * d + 1 - i
        around.append((max(missing, 0) // 2, max(missing, 0) - max(missing, 0) // 2))
    return tuple(around)


def windows(x, layer, size, dilation=1, fill=0.0):
    """(number of windows down, across), and a dict of the pixels that each of them sees."""
    padded = np.pad(
        x, ((0, 0), *borders(x.shape[1:], layer, size, dilation), (0, 0)), constant_values=fill
    )
    spans = [(k - 1) * d + 1 for k, d in zip(pair(size), pair(dilation), strict=True)]
    stride = pair(size if layer.stride is None else layer.stride)
    shape = tuple(
        max(0, (side - span) // s + 1)
        for side, span, s in zip(padded.shape[1:3], spans, stride, strict=True)
    )
    down, across = pair(dilation)
    return shape, {
        (i, j): padded[
            :,
            i * stride[0] : i * stride[0] + spans[0] : down,
            j * stride[1] : j * stride[1] + spans[1] : across,
        ]
        for i, j in np.ndindex(*shape)
    }


def convolved(layer, params, x):
    """(number of windows, f(convolution)) window by window, or None if there are none."""
    shape, seen = windows(x, layer, layer.kernel_size, layer.dilation)
    z = np.zeros((len(x), *shape, layer.filters))
    for at, pixels in seen.items():
        z[:, *at] = np.tensordot(pixels, params["weight"], 3)
    z += params.get("bias", 0)
    return shape, np.tanh(z)


def pooled(layer, x):
    """(number of windows, largest or mean real pixel of each)."""
    shape, seen = windows(x, layer, layer.pool_size, fill=np.nan)
    reduce = np.nanmax if isinstance(layer, MaxPool2D) else np.nanmean
    y = np.zeros((len(x), *shape, x.shape[-1]))
    for at, pixels in seen.items():
        y[:, *at] = reduce(pixels, axis=(1, 2))
    return shape, y


def assert_refused(layer, image):
    """The network says which layer has no room, when it is built."""
    message = f"^Layer {type(layer).__name__.lower()}1, {re.escape(repr(layer))}: needs images of"
    with pytest.raises(ValueError, match=message):
        Network([layer], image)


def assert_differences(layer, params, x, dy):
    _, dx, grads = forward_backward(layer, params, x, dy)

    def value(x, params):
        return np.vdot(forward_backward(layer, params, x, dy)[0], dy)

    assert_is_gradient(dx, lambda x: value(x, params), x)
    for name in params:
        assert_is_gradient(
            grads[name], lambda p, name=name: value(x, params | {name: p}), params[name]
        )


@examples(70)
@given(convolutions(), images, samples, dtypes, seeds)
def test_convolution_is_that_of_loops_or_is_refused(layer, image, n, dtype, seed):
    x, params = normals(seed, n, *image, dtype=dtype), drawn_params(layer, image)
    shape, wanted = convolved(layer, params, x.astype(np.float64))
    if min(shape) < 1:
        assert_refused(layer, image)
        return
    assert Network([layer], image).shapes[-1] == wanted.shape[1:]
    narrow = {name: value.astype(dtype) for name, value in params.items()}
    y, _, _ = forward_backward(layer, narrow, x, normals(seed, *wanted.shape, dtype=dtype))
    assert y.dtype == dtype
    assert_allclose(y, wanted, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-12)


@examples(60)
@given(convolutions(), images, samples, seeds)
def test_convolution_has_the_derivatives_of_differences(layer, image, n, seed):
    x, params = normals(seed, n, *image), drawn_params(layer, image)
    shape, y = convolved(layer, params, x)
    assume(min(shape) >= 1)
    assert_differences(layer, params, x, normals(seed + 1, *y.shape))


@examples(70)
@given(poolings(), images, samples, seeds)
def test_pooling_is_that_of_loops_or_is_refused(layer, image, n, seed):
    x = normals(seed, n, *image)
    shape, wanted = pooled(layer, x)
    if min(shape) < 1:
        assert_refused(layer, image)
        return
    assert Network([layer], image).shapes[-1] == wanted.shape[1:]
    y, _, _ = forward_backward(layer, {}, x, np.ones_like(wanted))
    assert_allclose(y, wanted, rtol=1e-12, atol=1e-14)
    assert_differences(layer, {}, x, normals(seed + 1, *wanted.shape))


@examples(70)
@given(convolutions(), poolings([MaxPool2D]), images, samples, seeds)
def test_convolution_and_pooling_at_once_are_those_of_loops(layer, pooling, image, n, seed):
    x, params = normals(seed, n, *image), drawn_params(layer, image)
    shape, a = convolved(layer, params, x)
    assume(min(shape) >= 1)
    shape, wanted = pooled(pooling, a)
    assume(min(shape) >= 1)
    network = Network([layer, pooling], image)
    ((_, both),) = network.steps()
    dy = normals(seed + 1, *wanted.shape)
    y, dx, grads = forward_backward(both, params, x, dy)
    assert_allclose(y, wanted, rtol=0, atol=1e-12)
    # Differences would meet kinks, where the largest of many pixels changes.
    _, da, _ = forward_backward(pooling, {}, a, dy)
    _, wanted_dx, wanted_grads = forward_backward(layer, params, x, da)
    for array, own in ((dx, wanted_dx), *((grads[name], wanted_grads[name]) for name in params)):
        assert_allclose(array, own, rtol=1e-9, atol=1e-9)


# Any stack of layers


def network_or_none(layers, input_shape):
    """The network, or None if it refuses one of its layers, which it then names."""
    try:
        return Network(layers, input_shape)
    except ValueError as error:
        if not str(error).startswith(tuple(f"Layer {name}, " for _, name in named_by_kind(layers))):
            raise
        return None


def named_by_kind(layers):
    kinds = [type(layer).__name__.lower() for layer in layers]
    return [
        (layer, kinds[i] + str(kinds[: i + 1].count(kinds[i]))) for i, layer in enumerate(layers)
    ]


stacks = st.lists(any_layer(), min_size=1, max_size=4)
smooth_stacks = st.lists(any_layer([AveragePool2D]), min_size=1, max_size=4)
shapes = images | st.tuples(st.integers(1, 9))


@examples(70)
@given(smooth_stacks, shapes, batches, seeds)
def test_stack_of_any_layers_has_the_gradient_of_differences_or_is_refused(
    layers, input_shape, n, seed
):
    network = network_or_none([*layers, Flatten(), Dense(2, "identity")], input_shape)
    assume(network is not None)
    loss = LOSSES["squared_error"]
    gradient = new_gradient(network.layers, loss, *input_shape, seed=seed % 1000)
    weight = np.random.default_rng(seed).uniform(0.5, 2.0, n)
    batch = new_batch(normals(seed, n, *input_shape), normals(seed + 1, n, 2), weight)

    def value(theta):
        gradient.theta[...] = theta
        gradient.place(0, 0, 0)  # the same draws for dropout
        return gradient.mean(batch)

    theta = gradient.theta.copy()
    value(theta)
    grad = gradient.grad.copy()
    direction = np.zeros_like(theta)
    for params in network.layout.views(direction):
        for array in params.values():
            direction[:] = 0
            array[...] = normals(seed, *array.shape)
            step = 1e-5 * direction / np.linalg.norm(direction)
            difference = (value(theta + step) - value(theta - step)) / 2
            size = 1e-5 * np.linalg.norm(grad)
            assert_allclose(np.vdot(grad, step), difference, rtol=1e-6, atol=1e-8 * size + 1e-14)


NO_COUNTS = [0, -1, 2.5, "a", None, True]
NO_SHARES = [-0.1, 1.5, np.nan, "a", None]
bad_layers = st.one_of(
    st.builds(Dense, st.sampled_from(NO_COUNTS)),
    st.builds(Conv2D, st.sampled_from(NO_COUNTS)),
    st.builds(Conv2D, st.just(2), st.sampled_from([*NO_COUNTS, (1, 0), (1, 2, 3)])),
    st.builds(Conv2D, st.just(2), stride=st.sampled_from([*NO_COUNTS, (1, 0)])),
    st.builds(Conv2D, st.just(2), dilation=st.sampled_from([*NO_COUNTS, (1, 0)])),
    st.builds(Conv2D, st.just(2), padding=st.sampled_from([-1, 1.5, "a", None, ((1, 2), -1)])),
    st.builds(MaxPool2D, st.sampled_from(NO_COUNTS)),
    st.builds(AveragePool2D, stride=st.sampled_from([0, -1, 2.5, "a"])),
    st.builds(MaxPool2D, padding=st.sampled_from([0, "a", None])),
    st.builds(Dropout, st.sampled_from([1.0, *NO_SHARES])),
    st.builds(BatchNorm, st.sampled_from(NO_SHARES)),
    st.builds(BatchNorm, epsilon=st.sampled_from([0, -1e-5, np.nan, np.inf, "a", None])),
    st.builds(LayerNorm, st.sampled_from([0, -1e-5, np.nan, np.inf, "a", None])),
    st.builds(Dense, st.just(2), st.sampled_from(["a", "ReLU"])),
    st.builds(Conv2D, st.just(2), weight_init=st.sampled_from(["a", "He"])),
)


@examples(70)
@given(bad_layers, st.integers(0, 3))
def test_layer_of_a_bad_setting_is_named_when_the_network_is_built(layer, n_before):
    before = [Flatten()] if isinstance(layer, Dense) else [Conv2D(1)]
    layers = [*before * n_before, layer]
    if isinstance(layer, Dense) and not n_before:
        layers = [Flatten(), layer]
    _, name = named_by_kind(layers)[-1]
    with pytest.raises(ValueError, match="^" + re.escape(f"Layer {name}, {layer!r}: ")):
        Network(layers, (6, 6, 1))


@examples(70)
@given(stacks, shapes, st.integers(1, 9), st.integers(0, 4000), seeds)
def test_stack_of_any_layers_predicts_row_by_row_what_its_layers_say(
    layers, input_shape, n, memory, seed
):
    network = network_or_none(layers, input_shape)
    assume(network is not None)
    theta, state = network.initial(np.random.RandomState(seed % 1000), np.float64)
    state[:] = np.random.default_rng(seed).uniform(0.5, 2.0, state.size)
    x = normals(seed, n, *input_shape)
    params, states = network.layout.views(theta), network.state_layout.views(state)
    wanted = x
    for layer, own, own_state, shape in zip(
        layers, params, states, network.shapes[1:], strict=True
    ):
        cache = network.workspaces(np.float64)[0]
        wanted = layer.forward(own, own_state, wanted, cache, PREDICTION).copy()
        assert wanted.shape == (n, *shape)
    model = Model(network, LOSSES["squared_error"], theta, state)
    assert_allclose(model.outputs(x, memory), wanted, rtol=1e-9, atol=1e-12)
    assert_allclose(
        model.outputs(x, 2**26, at=np.arange(n)[::-1]), wanted[::-1], rtol=1e-9, atol=1e-12
    )


# Activations and losses


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - STRAIGHT_THROUGH))
@examples(20)
@given(z=st.floats(-30, 30))
def test_activation_has_the_slope_of_differences_anywhere(name, z):
    activation, step = as_activation(name), 1e-5
    kinks = {"hard_sigmoid": (-3, 3), "hard_tanh": (-1, 1)}.get(name, (0,))
    assume(name in SMOOTH or min(abs(z - kink) for kink in kinks) > 2 * step)
    params = {p.name: p.initializer(None, p.shape) for p in activation.parameters(1)}
    given_params = [params] if params else []

    def f(z):
        out = np.empty((1, 1))
        activation.forward(np.array([[z]]), out, *given_params)
        return out[0, 0]

    dy, a = np.ones((1, 1)), np.array([[f(z)]])
    grads = [{name: np.empty(p.shape) for name, p in params.items()}] if params else []
    activation.backward(np.array([[z]]), a, dy, *given_params, *grads)
    wanted = (f(z + step) - f(z - step)) / (2 * step)
    assert_allclose(dy[0, 0], wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ACTIVATIONS)
@examples(20)
@given(z=st.floats(-(2.0**100), 2.0**100, width=32))
def test_activation_of_any_number_is_finite_and_that_in_float64(name, z):
    activation = as_activation(name)
    results = []
    for dtype in (np.float32, np.float64):
        params = {
            p.name: p.initializer(None, p.shape).astype(dtype) for p in activation.parameters(1)
        }
        given_params = [params] if params else []
        x, out, dy = np.full((1, 1), z, dtype), np.empty((1, 1), dtype), np.ones((1, 1), dtype)
        with np.errstate(all="ignore"):
            activation.forward(x.copy(), out, *given_params)
            a = out.copy()
            grads = [{name: np.empty_like(p) for name, p in params.items()}] if params else []
            activation.backward(x, out, dy, *given_params, *grads)
        results.append((a.item(), dy.item()))
    (a, slope), (wanted, wanted_slope) = results
    assert np.isfinite([a, slope]).all()
    assert_allclose(a, wanted, rtol=1e-5, atol=1e-6)
    assert_allclose(slope, wanted_slope, rtol=1e-3, atol=1e-5)


def n_outputs_of(loss):
    return {"softmax": 4}.get(loss.link, 3) if loss.outputs_per_target == 1 else 2


@each_loss
@examples(15)
@given(n=st.integers(1, 30), scale=st.floats(0, 10), data=st.data())
def test_loss_adds_up_over_any_split_of_a_batch(name, n, scale, data):
    loss = LOSSES[name]
    cuts = sorted(data.draw(st.sets(st.integers(0, n), max_size=4)) | {0, n})
    seed = data.draw(seeds)
    k = n_outputs_of(loss)
    y, z = targets(loss, n, k, seed), scale * normals(seed, n, k)
    weight = np.random.default_rng(seed).uniform(0, 2, n)
    total, dz = sum_and_gradient(loss, y, z, weight)
    parts = [sum_and_gradient(loss, y[i:j], z[i:j], weight[i:j]) for i, j in pairwise(cuts)]
    assert_allclose(sum(part for part, _ in parts), total, rtol=1e-11, atol=1e-11)
    assert_allclose(np.concatenate([part for _, part in parts]), dz, rtol=1e-11, atol=1e-13)


@each_loss
@examples(15)
@given(weight=st.lists(st.integers(0, 3), min_size=1, max_size=20).filter(any), seed=seeds)
def test_weights_of_integers_are_repetitions(name, weight, seed):
    loss, n = LOSSES[name], len(weight)
    k = n_outputs_of(loss)
    y, z = targets(loss, n, k, seed), normals(seed, n, k)
    total, dz = sum_and_gradient(loss, y, z, np.array(weight, float))
    rows = np.repeat(np.arange(n), weight)
    wanted, dz_of_each = sum_and_gradient(loss, y[rows], z[rows])
    assert_allclose(total, wanted, rtol=1e-12, atol=1e-12)
    assert_allclose(loss.finish(total, float(sum(weight)))[0], loss.finish(wanted, len(rows))[0])
    added = np.zeros_like(dz)
    np.add.at(added, rows, dz_of_each)
    assert_allclose(dz, added, rtol=1e-12, atol=1e-12)


@each_loss
@examples(15)
@given(z=st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=12, max_size=12), seed=seeds)
def test_loss_of_any_outputs_is_finite_and_that_in_float64(name, z, seed):
    loss = LOSSES[name]
    if loss.link == "exp" or name in ("squared_error", "root_mean_squared_error"):
        z = np.clip(z, -20, 20)  # beyond, the loss itself is too large for float32
    k = n_outputs_of(loss)
    z = np.reshape(z, (-1, k)).astype(np.float32)
    y = targets(loss, len(z), k, seed).astype(np.float32)
    with np.errstate(all="ignore"):
        total, dz = sum_and_gradient(loss, y, z)
        wanted, wanted_dz = sum_and_gradient(loss, y.astype(np.float64), z.astype(np.float64))
    assert np.isfinite(total)
    assert np.isfinite(dz).all()
    assert_allclose(total, wanted, rtol=1e-4, atol=1e-4)
    assert_allclose(dz, wanted_dz, rtol=1e-3, atol=1e-4)
