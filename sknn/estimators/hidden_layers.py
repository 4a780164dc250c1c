"""Builds the hidden layers from the parameters of an estimator."""

from itertools import islice, takewhile
from numbers import Integral, Real

import numpy as np

from sknn.nn.activations import as_activation
from sknn.nn.initializers import ForActivation, as_initializer
from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    LayerNorm,
    MaxPool2D,
)
from sknn.nn.ranges import is_number, shown
from sknn.nn.residual import Residual

NORMALIZATIONS = {"batch": BatchNorm, "layer": LayerNorm}
POOLINGS = {"max": MaxPool2D, "average": AveragePool2D}
MOST = 10_000  # sizes; a range can be larger than the memory


def hidden_layer(make, activation, normalization, weight_init):
    """Returns the layers that form a hidden layer: weights, optional normalisation, activation.

    make: (activation, weight_init=...) -> Layer
    """
    if normalization is None:
        return [make(activation=activation, weight_init=weight_init)]
    # The weights are drawn for the activation that follows the normalisation.
    draw = ForActivation(as_activation(activation), as_initializer(weight_init))
    weights = make(activation="identity", weight_init=draw)
    return [weights, NORMALIZATIONS[normalization](), Activate(activation)]


def hidden_depths(network):
    """For each hidden layer, the number of layers of the network up to its outputs."""
    weighted = [i for i, layer in enumerate(network.layers) if isinstance(layer, (Conv2D, Dense))]
    return weighted[1:]  # the inputs of the next layer with weights


def scales_input(layers):
    """Whether there is batch normalisation before the first layer with weights."""
    before = takewhile(lambda layer: not isinstance(layer, (Dense, Conv2D, Residual)), layers)
    return any(isinstance(layer, BatchNorm) for layer in before)


def hidden_sizes(given):
    """Units of each dense hidden layer. Raises ValueError on invalid sizes."""
    return _sizes("hidden_layer_sizes", given, "hidden layer")


def block_sizes(given):
    """Filters of each block of a CNN. Raises ValueError on invalid sizes."""
    return _sizes("filters", given, "block")


def activations(given, n_layers):
    """One activation for each hidden layer."""
    if not isinstance(given, (list, tuple)):
        return [given] * n_layers
    if len(given) != n_layers:
        raise ValueError(
            f"activation must be one function for all hidden layers or a list of {n_layers}, one "
            f"per hidden layer, got {shown(given)}."
        )
    for activation in given:
        as_activation(activation)
    return list(given)


def dropout_rates(given, n_layers, n_spared=0):
    """Rates of dropout for the input and after each hidden layer.

    A single rate does not apply to the input and to the first ``n_spared`` layers.
    """
    if not isinstance(given, (list, tuple)):
        return [0.0] * (1 + n_spared) + [given] * (n_layers - n_spared)
    if len(given) != n_layers + 1:
        raise ValueError(
            f"dropout must be one rate for all hidden layers or a list of {n_layers + 1} rates, "
            f"the first one for the input, got {shown(given)}."
        )
    if not all(isinstance(rate, Real) and 0 <= rate < 1 for rate in given):
        raise ValueError(f"dropout must hold rates in [0, 1), got {shown(given)}.")
    return list(given)


def one_per_block(name, given, n_blocks):
    """A setting for each block. A tuple has one entry per block, any other value is for all."""
    if not isinstance(given, (list, tuple)):
        return [given] * n_blocks
    if len(given) != n_blocks:
        raise ValueError(
            f"{name} must be one value for all blocks or a tuple of {n_blocks}, one per entry of "
            f"filters, got {shown(given)}. A pair (height, width) goes inside the tuple: "
            f"{name}=({', '.join(['(3, 5)'] * n_blocks)}{',' if n_blocks == 1 else ''})."
        )
    return list(given)


def _sizes(name, given, what):
    one = isinstance(given, Integral) or (isinstance(given, np.ndarray) and given.ndim == 0)
    sizes = [given] if one else list(islice(given, MOST + 1))
    if len(sizes) > MOST:
        raise ValueError(f"{name} must be at most {MOST} ints, one per {what}, got more than that.")
    if not all(isinstance(size, Integral) and is_number(size) for size in sizes):
        raise ValueError(
            f"{name} must be an int or a sequence of ints, one per {what}, got {shown(given)}."
        )
    if any(size <= 0 for size in sizes):
        raise ValueError(f"{name} must be > 0, got {shown(sizes)}.")
    return [int(size) for size in sizes]
