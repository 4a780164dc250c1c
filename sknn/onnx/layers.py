"""Layers in ONNX operators, one function for each.

They are given the graph, the Tensor that goes in, the layer, and its arrays by name, with
normalisation folded into the weights before it where that is possible.
"""

from dataclasses import replace
from math import prod

import numpy as np

from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
)
from sknn.nn.residual import Residual, by_layer, present
from sknn.onnx.activations import activated
from sknn.onnx.graph import Tensor
from sknn.onnx.windows import convolved, largest, mean, mean_of_all


def through(graph, x, network, params, state):
    """The Tensor that the layers of a network make of x.

    params: as ``Network.folded`` gives them; a layer with None has nothing left to do

    Raises NotImplementedError on a layer or an activation that is not known.
    """
    for name, layer, *arrays in zip(network.names, network.layers, params, state, strict=True):
        convert = LAYERS.get(type(layer))
        if convert is None:
            kind = type(layer).__name__
            raise NotImplementedError(
                f"Layer {name}: sknn.onnx has no ONNX operators for {layer!r}. Write a function "
                "(graph, x, layer, params, state) that adds them, and enter it before the export: "
                f"sknn.onnx.layers.LAYERS[{kind}] = function. Or save the estimator with "
                "sknn.save, and predict where sknn is installed."
            )
        if arrays[0] is not None:
            x = convert(graph, x, layer, *arrays)
    return x


def activate(graph, x, layer, params, state):
    """f(x)."""
    return activated(graph, x, layer.activation, params)


def average_pool(graph, x, layer, params, state):
    """The mean over the real pixels of each window."""
    return mean(graph, x, layer.windows(x.shape))


def batch_norm(graph, x, layer, params, state):
    """(x - mean) * (scale / sqrt(variance + epsilon)) + shift: the mean first, as it may be large.

    ONNX's BatchNormalization is computed as one product and one sum, which loses digits there.
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
    """f(x @ weight + bias)."""
    bias = [params["bias"][0]] if "bias" in params else []
    z = Tensor(graph.add("Gemm", x, params["weight"], *bias), layer.output_shape(x.shape))
    return activated(graph, z, layer.activation, params)


def dropout(graph, x, layer, params, state):
    """x: predictions drop nothing."""
    return x


def flatten(graph, x, layer, params, state):
    """One row for each sample: pixel by pixel, channel by channel."""
    n = prod(x.shape)
    return Tensor(graph.reshape(graph.channels_last(x), -1, n), (n,))


def global_average_pool(graph, x, layer, params, state):
    """The mean over all pixels of each channel."""
    return mean_of_all(graph, x)


def layer_norm(graph, x, layer, params, state):
    """ONNX's own holds epsilon in float32, which float64 would notice: there it is written out."""
    x, epsilon = graph.channels_last(x), float(layer.epsilon)
    scale, shift = params["scale"].ravel(), params["shift"].ravel()
    if graph.dtype == np.float32:
        inputs, attributes = (x, scale, shift), {"axis": -1, "epsilon": epsilon}
        return replace(x, name=graph.add("LayerNormalization", *inputs, **attributes))
    share = np.full((len(scale), 1), 1 / len(scale))  # a product with it is the mean
    centred = graph.add("Sub", x, graph.add("MatMul", x, share))
    variance = graph.add("MatMul", graph.add("Mul", centred, centred), share)
    deviation = graph.add("Sqrt", graph.add("Add", variance, epsilon))
    name = graph.add("Mul", graph.add("Div", centred, deviation), scale)
    return replace(x, name=graph.add("Add", name, shift))


def max_pool(graph, x, layer, params, state):
    """The largest real pixel of each window."""
    return largest(graph, x, layer.windows(x.shape))


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


LAYERS = {
    Activate: activate,
    AveragePool2D: average_pool,
    BatchNorm: batch_norm,
    Conv2D: conv2d,
    Dense: dense,
    Dropout: dropout,
    Flatten: flatten,
    GlobalAveragePool2D: global_average_pool,
    LayerNorm: layer_norm,
    MaxPool2D: max_pool,
    Residual: residual,
}
