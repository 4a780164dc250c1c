"""Layers in ONNX operators, with one function for each.

The functions receive the graph, the Tensor of the inputs, the layer, and its arrays by name.
Normalisation is folded into the weights before it where possible.
"""

import math
from dataclasses import replace
from math import prod

import numpy as np

from sknn.nn.composite import by_layer, present
from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
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
from sknn.nn.residual import Residual
from sknn.nn.table import TableInput
from sknn.onnx.activations import activated
from sknn.onnx.graph import Tensor
from sknn.onnx.windows import convolved, largest, mean, mean_of_all


def through(graph, x, network, params, state):
    """The Tensor of the outputs of a network for x.

    params: as returned by ``Network.folded``; layers whose params are None have no effect

    Raises NotImplementedError for an unknown layer or activation.
    """
    for name, layer, *arrays in zip(network.names, network.layers, params, state, strict=True):
        convert = LAYERS.get(type(layer))
        if convert is None:
            kind = type(layer).__name__
            raise NotImplementedError(
                f"Layer {name}: sknn.onnx has no ONNX operators for {layer!r}. Write a function "
                "(graph, x, layer, params, state) that adds them, and register it before the "
                f"export: sknn.onnx.layers.LAYERS[{kind}] = function. Or save the estimator with "
                "sknn.save, and predict where sknn is installed."
            )
        if arrays[0] is not None:
            x = convert(graph, x, layer, *arrays)
    return x


def activate(graph, x, layer, params, state):
    """f(x)."""
    return activated(graph, x, layer.activation, params)


def average_pool(graph, x, layer, params, state):
    """The mean of the pixels of each window, without padding."""
    return mean(graph, x, layer.windows(x.shape))


def batch_norm(graph, x, layer, params, state):
    """(x - mean) * (scale / sqrt(variance + epsilon)) + shift.

    The mean, which can be large, is subtracted first. ONNX's BatchNormalization is computed as one
    product and one sum, which loses digits in this case.
    """
    factor, _ = layer.affine(params, state)
    name = graph.add("Sub", x, graph.per_channel(state["mean"], x))
    name = graph.add("Mul", name, graph.per_channel(factor, x))
    return replace(x, name=graph.add("Add", name, graph.per_channel(params["shift"], x)))


def conv2d(graph, x, layer, params, state):
    """f(convolution of x with weight + bias)."""
    bias = params["bias"][0] if "bias" in params else None
    z = convolved(graph, x, layer.windows(x.shape), params["weight"], bias)
    return activated(graph, z, layer.activation, params)


def dense(graph, x, layer, params, state):
    """f(x @ weight + bias). The factor of ``scaling`` is multiplied into the weights."""
    bias = [params["bias"][0]] if "bias" in params else []
    weight = params["weight"] * layer.factor(x.shape[0])
    z = Tensor(graph.add("Gemm", x, weight, *bias), layer.output_shape(x.shape))
    return activated(graph, z, layer.activation, params)


def dropout(graph, x, layer, params, state):
    """x, because predictions drop nothing."""
    return x


def embedding(graph, x, layer, params, state):
    """table[x], with the first vector of a column for unknown codes."""
    levels, starts = layer.tables_of_columns(x.shape[0])
    known = graph.add("GreaterOrEqual", x, 0.0)
    known = graph.add("And", known, graph.add("Less", x, levels.astype(graph.dtype)))
    codes = graph.add("Floor", graph.add("Where", known, x, 0.0))
    codes = graph.add("Cast", codes, to=np.dtype(np.int64))
    rows = graph.add("Add", codes, starts.astype(np.int64))
    return _in_a_row(graph, graph.add("Gather", params["table"], rows, axis=0), layer, x)


def flatten(graph, x, layer, params, state):
    """Flattens each sample: pixel by pixel, channel by channel."""
    n = prod(x.shape)
    return Tensor(graph.reshape(graph.channels_last(x), -1, n), (n,))


def global_average_pool(graph, x, layer, params, state):
    """The mean of each channel over all pixels."""
    return mean_of_all(graph, x)


def layer_norm(graph, x, layer, params, state):
    """ONNX's own has epsilon in float32, so that float64 requires separate operators."""
    x, epsilon = graph.channels_last(x), float(layer.epsilon)
    scale, shift = params["scale"].ravel(), params["shift"].ravel()
    if graph.dtype == np.float32:
        inputs, attributes = (x, scale, shift), {"axis": -1, "epsilon": epsilon}
        return replace(x, name=graph.add("LayerNormalization", *inputs, **attributes))
    share = np.full((len(scale), 1), 1 / len(scale))  # the product with it is the mean
    centred = graph.add("Sub", x, graph.add("MatMul", x, share))
    variance = graph.add("MatMul", graph.add("Mul", centred, centred), share)
    deviation = graph.add("Sqrt", graph.add("Add", variance, epsilon))
    name = graph.add("Mul", graph.add("Div", centred, deviation), scale)
    return replace(x, name=graph.add("Add", name, shift))


def max_pool(graph, x, layer, params, state):
    """The largest pixel of each window, without padding."""
    return largest(graph, x, layer.windows(x.shape))


def periodic(graph, x, layer, params, state):
    """weight @ cos(2 pi frequency * x + phase) + bias for each column, and the column.

    Waves are computed as sines, which ONNX Runtime also supports in float64.
    """
    columns = graph.reshape(x, -1, x.shape[0], 1)
    z = graph.add("Mul", columns, 2 * math.pi * params["frequency"][..., 0])
    waves = graph.add("Sin", graph.add("Add", z, params["phase"][..., 0] + math.pi / 2))
    made = _of_each_column(graph, waves, params["weight"])
    made = graph.add("Add", made, params["bias"][..., 0])
    if layer.keep_input:
        made = graph.add("Concat", made, columns, axis=2)
    return _in_a_row(graph, made, layer, x)


def piecewise_linear(graph, x, layer, params, state):
    """x slope + bias + weight @ encoding(x) for each column."""
    columns = graph.reshape(x, -1, x.shape[0], 1)
    starts, inverse, least, most = (own[..., 0] for own in layer.bins(np.dtype(float)))
    code = graph.add("Mul", graph.add("Sub", columns, starts), inverse)
    code = graph.add("Min", graph.add("Max", code, least), most)
    made = graph.add("Mul", columns, params["slope"][..., 0])
    made = graph.add("Add", made, _of_each_column(graph, code, params["weight"]))
    return _in_a_row(graph, graph.add("Add", made, params["bias"][..., 0]), layer, x)


def residual(graph, x, layer, params, state):
    """branch(x) + shortcut(x)."""
    outputs = [x, x]
    for number, network in enumerate(layer.networks(x.shape)):
        own = present(network, by_layer(network, params)), by_layer(network, state)
        outputs[number] = through(graph, x, network, *own)
    branch, shortcut = outputs
    if branch.channels_first:
        shortcut = graph.channels_first(shortcut)
    else:
        shortcut = graph.channels_last(shortcut)
    return replace(branch, name=graph.add("Add", branch, shortcut))


def scale(graph, x, layer, params, state):
    """x * scale."""
    return replace(x, name=graph.add("Mul", x, graph.per_channel(params["scale"], x)))


def table_input(graph, x, layer, params, state):
    """The outputs of each part for its columns, then the other columns."""
    numbers = np.arange(x.shape[0])
    columns = [numbers[own] for own in layer.columns(x.shape[0])]
    parts = [_columns(graph, x, own) for own in columns if len(own)]
    for number, network in enumerate(layer.networks(x.shape)):
        own = present(network, by_layer(network, params)), by_layer(network, state)
        parts[number] = through(graph, parts[number], network, *own)
    name = graph.add("Concat", *parts, axis=1)
    return Tensor(name, layer.output_shape(x.shape))


def _columns(graph, x, numbers):
    """Selects columns of x."""
    return Tensor(graph.add("Gather", x, numbers.astype(np.int64), axis=1), (len(numbers),))


def _of_each_column(graph, x, weight):
    """weight (columns, made, numbers) times x (n, columns, numbers), separately for each column."""
    columns, made, numbers = weight.shape
    row = graph.reshape(x, -1, columns, 1, numbers)
    row = graph.add("MatMul", row, np.ascontiguousarray(weight.swapaxes(1, 2)))
    return graph.reshape(row, -1, columns, made)


def _in_a_row(graph, y, layer, x):
    """The Tensor of y, (n, columns, numbers), flattened as in the layer."""
    shape = layer.output_shape(x.shape)
    return Tensor(graph.reshape(y, -1, *shape), shape)


LAYERS = {
    Activate: activate,
    AveragePool2D: average_pool,
    BatchNorm: batch_norm,
    Conv2D: conv2d,
    Dense: dense,
    Dropout: dropout,
    Embedding: embedding,
    Flatten: flatten,
    GlobalAveragePool2D: global_average_pool,
    LayerNorm: layer_norm,
    MaxPool2D: max_pool,
    Periodic: periodic,
    PiecewiseLinear: piecewise_linear,
    Residual: residual,
    Scale: scale,
    TableInput: table_input,
}
