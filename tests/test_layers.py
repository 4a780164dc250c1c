"""What holds for a layer of any kind."""

import numpy as np
import pytest
from helpers import (
    MODELS,
    assert_is_gradient,
    drawn_params,
    forward_backward,
    normal,
    of_model,
    training_pass,
)
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from sklearn.base import clone

from sknn import nn
from sknn.nn import Blend, Dense, Layer, PReLU, SiLU, TableInput
from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
    Periodic,
    PiecewiseLinear,
    Scale,
)
from sknn.nn.layers.convolution import PooledConv2D
from sknn.nn.passes import PREDICTION
from sknn.nn.residual import Residual
from sknn.nn.workspace import Workspace


class Pooled(PooledConv2D):
    """Two layers at once, with the declarations for which a network asks each of them."""

    def output_shape(self, input_shape):
        return self.pooling.output_shape(self.convolution.output_shape(input_shape))

    def parameters(self, input_shape):
        return self.convolution.parameters(input_shape)


N = 7
FLAT, IMAGE = (8,), (5, 4, 8)
ANY_SHAPE = {
    "activate": Activate("tanh"),
    "activate, prelu": Activate("prelu"),
    "activate, prelu of each": Activate(PReLU(shared=False)),
    "activate, silu": Activate("silu"),
    "activate, blend": Activate(Blend("tanh")),
    "activate, blend of prelu": Activate(Blend(PReLU(shared=False))),
    "batch norm": BatchNorm(),
    "batch norm, other settings": BatchNorm(momentum=0.4, epsilon=0.1),
    "dropout": Dropout(0.4),
    "residual of one layer": Residual([Dropout(0.4)]),
    "residual of normalisation": Residual([LayerNorm(), Activate("tanh"), Residual([BatchNorm()])]),
    "layer norm": LayerNorm(),
    "layer norm, other settings": LayerNorm(epsilon=0.1),
    "scale": Scale(),
}
EDGES = [[-3.0, -0.5, 0.1, 2.0], [-1.0, 1.0], *6 * [[0.0, 0.5, 0.75]]]
ON_SAMPLES = {
    "dense": Dense(4, "tanh"),
    "dense, prelu": Dense(4, "prelu"),
    "dense, prelu of each": Dense(4, PReLU(shared=False)),
    "dense, gelu": Dense(4, "gelu"),
    "dense, silu": Dense(4, SiLU(1.5)),
    "dense, no bias": Dense(4, "tanh", bias=False),
    "dense, blend": Dense(4, Blend("mish")),
    "dense, ntp": Dense(4, "tanh", scaling="ntp"),
    "embedding": Embedding(3, 2),
    "embedding, levels of each": Embedding([2, 3, 4, 1, 2, 3, 2, 2], 3),
    "periodic": Periodic(),
    "periodic, other settings": Periodic(2, 5, keep_input=False),
    "piecewise linear": PiecewiseLinear(EDGES, 3),
    "table": TableInput(
        [
            (Periodic(), [0, 1, 2]),
            (PiecewiseLinear(EDGES[:2], 2), [3, 0]),
            (Embedding(3), slice(4, 6)),
            (BatchNorm(), [7]),
        ]
    ),
    "table, all columns": TableInput([("drawn", Dropout(0.4), slice(None, None, -1))]),
    "residual": Residual([Dense(8, "tanh"), Dropout(0.4), Dense(8, "identity"), BatchNorm()]),
    "residual, projected": Residual([BatchNorm(), Dense(5, "tanh"), Residual([Dense(5, "tanh")])]),
    "residual, projected at will": Residual([Dense(8, "prelu")], shortcut="projection"),
    **ANY_SHAPE,
}
ON_IMAGES = {
    "average pooling": AveragePool2D(),
    "average pooling, overlapping": AveragePool2D(3, stride=2, padding="same"),
    "convolution": Conv2D(4, activation="tanh"),
    "convolution, many filters": Conv2D(130, activation="tanh"),
    "convolution, prelu": Conv2D(4, (2, 3), activation="prelu", bias=False),
    "convolution, prelu of each": Conv2D(4, (2, 3), activation=PReLU(shared=False)),
    "convolution, gelu": Conv2D(4, activation="gelu", dilation=2),
    "convolution, steps": Conv2D(4, (3, 2), stride=2, padding="valid", activation="tanh"),
    "convolution, padding": Conv2D(4, 2, padding=((3, 0), (1, 2)), activation="tanh"),
    "flatten": Flatten(),
    "global average pooling": GlobalAveragePool2D(),
    "max-pooling": MaxPool2D(),
    "max-pooling, overlapping": MaxPool2D(3, stride=2, padding="same"),
    "residual": Residual(
        [Conv2D(4, activation="identity"), BatchNorm(), Activate("tanh"), Dropout(0.4), Conv2D(8)]
    ),
    "residual, steps": Residual(
        [Conv2D(6, stride=2, activation="tanh", bias=False), Residual([BatchNorm(), Conv2D(6)])]
    ),
    "residual, fused": Residual([Conv2D(4, activation="tanh"), MaxPool2D(2, padding="same")]),
    **ANY_SHAPE,
}
FUSED = {
    "pooled convolution": Pooled(Conv2D(4, activation="tanh"), MaxPool2D()),
    "pooled convolution, overlapping": Pooled(Conv2D(4, activation="tanh"), MaxPool2D(3, 2)),
    "pooled convolution, many filters": Pooled(Conv2D(130, activation="tanh"), MaxPool2D()),
}
LAYERS = ON_SAMPLES | ON_IMAGES
WITH_PARAMETERS = {name: layer for name, layer in ON_SAMPLES.items() if layer.parameters(FLAT)}
each = in_turn("layer", LAYERS)
each_on_samples = in_turn("layer", ON_SAMPLES)
each_shape = in_turn(
    "layer, shape",
    {name: (layer, FLAT) for name, layer in ON_SAMPLES.items()}
    | {f"{name}, images": (layer, IMAGE) for name, layer in (ON_IMAGES | FUSED).items()},
)


def drawn(layer, shape, models=(), x_models=()):
    """(params, x, dy) of the layer on samples of this shape."""
    return (
        drawn_params(layer, shape, models),
        normal(*x_models, N, *shape),
        normal(*models, N, *layer.output_shape(shape), seed=1),
    )


def new_state(layer, shape, models=()):
    """Running statistics, drawn where the layer has some."""
    return {
        item.name: np.abs(normal(*models, *item.shape, seed=seed))
        for seed, item in enumerate(layer.state(shape), start=20)
    }


@each_shape
def test_layer_derivatives_are_those_of_differences(layer, shape):
    params, x, dy = drawn(layer, shape)
    _, dx, grads = forward_backward(layer, params, x, dy, new_state(layer, shape))

    def value(x, params):
        return np.vdot(forward_backward(layer, params, x, dy, new_state(layer, shape))[0], dy)

    assert_is_gradient(dx, lambda x: value(x, params), x)
    for name in params:
        assert_is_gradient(
            grads[name], lambda p, name=name: value(x, params | {name: p}), params[name]
        )


@each_on_samples
def test_layer_of_several_models_is_that_of_each(layer):
    assert_models_are_each(layer, *drawn(layer, FLAT, (MODELS,), (MODELS,)))


@pytest.mark.parametrize("layer", WITH_PARAMETERS.values(), ids=WITH_PARAMETERS)
def test_first_layer_of_several_models_takes_one_x_for_all(layer):
    assert_models_are_each(layer, *drawn(layer, FLAT, (MODELS,)))


def assert_models_are_each(layer, params, x, dy):
    state = new_state(layer, FLAT, (MODELS,))
    y, dx, grads = forward_backward(layer, params, x, dy, state)
    predicted = predictions(layer, params, x, state)
    for model in range(MODELS):
        own_x = x[model] if x.ndim == 3 else x
        own_params, own_state = (
            of_model(params, model),
            of_model(new_state(layer, FLAT, (MODELS,)), model),
        )
        wanted_y, wanted_dx, wanted_grads = forward_backward(
            layer, own_params, own_x, dy[model], own_state
        )
        assert_allclose(y[model], wanted_y, rtol=1e-12, atol=1e-14)
        assert_allclose(dx[model], wanted_dx, rtol=1e-12, atol=1e-14)
        for name, grad in of_model(grads, model).items():
            assert_allclose(grad, wanted_grads[name], rtol=1e-12, atol=1e-14)
        for name, array in of_model(state, model).items():
            assert_allclose(array, own_state[name], rtol=1e-12)
        wanted = predictions(layer, own_params, own_x, own_state)
        assert_allclose(predicted[model], wanted, rtol=1e-12, atol=1e-14)


def predictions(layer, params, x, state):
    return layer.forward(params, state, x, Workspace(x.dtype), PREDICTION).copy()


@each_shape
def test_layer_leaves_x_and_its_parameters_as_they_are(layer, shape):
    params, x, dy = drawn(layer, shape)
    forward_backward(layer, params, x, dy, new_state(layer, shape))
    predictions(layer, params, x, new_state(layer, shape))
    same_params, same_x, _ = drawn(layer, shape)
    assert_array_equal(x, same_x)
    for name, value in same_params.items():
        assert_array_equal(params[name], value)


@each_shape
def test_layer_predicts_without_changing_its_state(layer, shape):
    params, x, _ = drawn(layer, shape)
    state, before = new_state(layer, shape), new_state(layer, shape)
    predictions(layer, params, x, state)
    for name, array in state.items():
        assert_array_equal(array, before[name])


@each_shape
def test_layer_predicts_each_sample_by_itself(layer, shape):
    params, x, _ = drawn(layer, shape)
    state = new_state(layer, shape)
    singles = [predictions(layer, params, x[[row]], state) for row in range(N)]
    together = predictions(layer, params, x, state)
    assert_allclose(together, np.concatenate(singles), rtol=1e-12)


@each_shape
def test_layer_reuses_its_memory(layer, shape):
    params, x, dy = drawn(layer, shape)
    cache, state = Workspace(x.dtype), new_state(layer, shape)
    grads = {name: np.empty_like(value) for name, value in params.items()}

    def memory():
        y = layer.forward(params, state, x, cache, training_pass())
        return y, layer.backward(params, grads, dy, cache, training_pass())

    (y, dx), (next_y, next_dx) = memory(), memory()
    assert np.shares_memory(y, next_y)
    assert np.shares_memory(dx, next_dx)


@each_shape
def test_layer_without_need_of_dx_gives_the_same_gradient_and_no_dx(layer, shape):
    params, x, dy = drawn(layer, shape)
    state = new_state(layer, shape)
    _, _, wanted = forward_backward(layer, params, x, dy, new_state(layer, shape))
    cache = Workspace(x.dtype)
    grads = {name: np.empty_like(value) for name, value in params.items()}
    layer.forward(params, state, x, cache, training_pass())
    assert layer.backward(params, grads, dy, cache, training_pass(), need_dx=False) is None
    for name, grad in grads.items():
        assert_allclose(grad, wanted[name], rtol=1e-12, atol=1e-12)


@each_shape
def test_layer_keeps_nothing_in_memory_that_it_shares_with_others(layer, shape):
    params, x, dy = drawn(layer, shape)
    wanted = forward_backward(layer, params, x, dy, new_state(layer, shape))
    cache = Workspace(x.dtype)
    cache.lender = Workspace(x.dtype)
    assert_same_pass(layer, params, x, dy, cache, wanted, between=lambda: spoil(cache.lender))


@each_shape
def test_layer_does_not_see_what_its_memory_held_before(layer, shape):
    params, x, dy = drawn(layer, shape)
    wanted = forward_backward(layer, params, x, dy, new_state(layer, shape))
    cache = Workspace(x.dtype)
    grads = {name: np.empty_like(value) for name, value in params.items()}
    layer.forward(params, new_state(layer, shape), 3 * x[:4], cache, training_pass())
    layer.backward(params, grads, dy[:4].copy(), cache, training_pass())
    layer.forward(params, new_state(layer, shape), 2 * x, cache, training_pass())
    layer.backward(params, grads, dy.copy(), cache, training_pass())
    spoil(cache)
    assert_same_pass(layer, params, x, dy, cache, wanted)


@pytest.mark.parametrize("layer", (ON_IMAGES | FUSED).values(), ids=ON_IMAGES | FUSED)
def test_layer_takes_images_of_another_size_into_the_same_memory(layer):
    cache = Workspace(np.float64)
    for shape in (IMAGE, (6, 9, IMAGE[-1])):
        params, x, dy = drawn(layer, shape)
        wanted = forward_backward(layer, params, x, dy, new_state(layer, shape))
        assert_same_pass(layer, params, x, dy, cache, wanted)


def spoil(workspace):
    """Fills the memory that a workspace hands out with NaN, and with True."""
    for key, block in workspace.items():
        if isinstance(key, tuple) and key[1] == "block":
            block.fill(np.nan if block.dtype.kind == "f" else True)


def assert_same_pass(layer, params, x, dy, cache, wanted, between=lambda: None):
    grads = {name: np.full_like(value, np.nan) for name, value in params.items()}
    y = layer.forward(params, new_state(layer, x.shape[1:]), x, cache, training_pass())
    between()
    assert_array_equal(y, wanted[0])
    dx = layer.backward(params, grads, dy, cache, training_pass())
    between()
    assert_array_equal(dx, wanted[1])
    for name, grad in grads.items():
        assert_array_equal(grad, wanted[2][name])


@each_shape
def test_layer_in_float32_is_that_in_float64(layer, shape):
    params, x, dy = drawn(layer, shape)
    state = new_state(layer, shape)
    narrow_params, narrow_state = in_float32(params), in_float32(state)
    narrow_x, narrow_dy = x.astype(np.float32), dy.astype(np.float32)
    y, dx, grads = forward_backward(layer, narrow_params, narrow_x, narrow_dy, narrow_state)
    wanted_y, wanted_dx, wanted_grads = forward_backward(layer, params, x, dy, state)
    predicted = predictions(layer, narrow_params, narrow_x, narrow_state)
    pairs = [
        (y, wanted_y),
        (dx, wanted_dx),
        *[(grad, wanted_grads[name]) for name, grad in grads.items()],
        *[(array, state[name]) for name, array in narrow_state.items()],
        (predicted, predictions(layer, params, x, state)),
    ]
    for array, wanted in pairs:
        assert array.dtype == np.float32
        assert_allclose(array, wanted, rtol=1e-4, atol=1e-5 * max(1, np.abs(wanted).max()))


def in_float32(arrays):
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@each_shape
@pytest.mark.parametrize("context", [PREDICTION, training_pass()], ids=["predicting", "training"])
def test_layer_says_its_output_shape(layer, shape, context):
    params, x, _ = drawn(layer, shape)
    cache = Workspace(x.dtype)
    y = layer.forward(params, new_state(layer, shape), x, cache, context)
    assert y.shape == (N, *layer.output_shape(shape))


@each
def test_clone_has_the_settings_of_the_original(layer):
    copy = clone(layer)
    assert copy is not layer
    assert type(copy) is type(layer)
    assert copy.get_params(deep=False) == vars(copy)
    assert described(copy) == described(layer)


def described(layer):
    """Its class and settings, those of layers inside it too."""
    values = vars(layer) | {"layers": list(map(described, getattr(layer, "layers", [])))}
    values["parts"] = repr(getattr(layer, "parts", None))
    return type(layer), values | {"activation": repr(values.get("activation"))}


def test_set_params_sets_and_refuses_what_is_not_a_parameter():
    layer = Dense(4)
    assert layer.set_params(units=7, activation="tanh") is layer
    assert (layer.units, layer.activation) == (7, "tanh")
    with pytest.raises(ValueError, match=r"Invalid parameter 'unit' .*'units'"):
        layer.set_params(unit=8)


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (Dense(3), "Dense(units=3)"),
        (Dense(3, "tanh", trainable=False), "Dense(units=3, activation='tanh', trainable=False)"),
        (Activate("relu"), "Activate()"),
        (BatchNorm(), "BatchNorm()"),
        (BatchNorm(0.1, 0.1), "BatchNorm(epsilon=0.1)"),
        (Dropout(0.2), "Dropout(rate=0.2)"),
        (LayerNorm(), "LayerNorm()"),
        (Conv2D(8, (3, 5), dilation=2), "Conv2D(filters=8, kernel_size=(3, 5), dilation=2)"),
        (MaxPool2D(), "MaxPool2D()"),
        (AveragePool2D(3, padding="same"), "AveragePool2D(pool_size=3, padding='same')"),
        (GlobalAveragePool2D(), "GlobalAveragePool2D()"),
        (Flatten(), "Flatten()"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_repr_shows_what_is_not_a_default(layer, text):
    assert repr(layer) == text


def test_every_layer_is_in_the_battery():
    public = [getattr(nn, name) for name in nn.__all__]
    kinds = {one for one in public if isinstance(one, type) and issubclass(one, Layer)}
    assert {type(layer) for layer in LAYERS.values()} == kinds - {Layer}
