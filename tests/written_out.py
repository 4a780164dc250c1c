"""Networks written out, formula by formula in float64: what any way to look at one must agree with.

The weights are read from a fitted model; nothing else of the package computes here.
"""

import numpy as np
from helpers import Square
from test_activations import ALPHA, FORMULAS, SCALE, STRAIGHT_THROUGH
from test_losses import LINKS

from sknn.nn import (
    ELU,
    Activate,
    AveragePool2D,
    BatchNorm,
    Blend,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    HardSigmoid,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    Periodic,
    PiecewiseLinear,
    PReLU,
    Residual,
    Scale,
    SiLU,
    TableInput,
)
from sknn.nn.activations import ACTIVATIONS

NAMES = {type(activation): name for name, activation in ACTIVATIONS.items()}


def forward(model, x, training=False, weight=None, theta=None, around=None, exact=False):
    """[(z, a) of each layer]: its outputs before and after the activation function.

    training: whether BatchNorm takes the statistics of x, weighted    theta: other parameters
    around: what this gave nearby; kinks, steps and largest pixels are then taken as they were
    there, and the lines whose slope stands for that of steps, so that differences are derivatives
    exact: whether x is taken as it is, not rounded to the dtype of the model
    """
    network = model.network
    params = network.layout.views(np.float64(model.theta) if theta is None else theta)
    states = network.state_layout.views(np.float64(model.state))
    x = x if exact else np.float64(x.astype(model.dtype))
    a = x.reshape(len(x), *network.shapes[0])
    passed = []
    for number, layer in enumerate(network.layers):
        statistics = None if training else states[number]
        if isinstance(layer, MaxPool2D):
            z = largest(layer, a, around[number - 1][1] if around and number else a)
        else:
            z = LAYERS[type(layer)](layer, a, params[number], statistics, weight)
        activation = getattr(layer, "activation", "identity")
        a = activated(activation, z, params[number], around[number][0] if around else None)
        passed.append((z, a))
    return passed


def raw_outputs(model, x, **given):
    return forward(model, x, **given)[-1][1]


def activated(activation, z, params, near=None):
    if isinstance(activation, Square):
        return z**2
    if isinstance(activation, str):
        activation = ACTIVATIONS[activation]
    if isinstance(activation, Blend):
        inside = activated(activation.activation, z, params, near)
        return params["blend"] * inside + (1 - params["blend"]) * z
    at = z if near is None else near
    if isinstance(activation, PReLU):
        return np.where(at > 0, z, params["slope"] * z)
    if isinstance(activation, LeakyReLU):
        return np.where(at > 0, z, activation.slope * z)
    if isinstance(activation, ELU):
        return np.where(at > 0, z, activation.alpha * np.expm1(z))
    if isinstance(activation, SiLU):
        return z / (1 + np.exp(-activation.beta * z))
    if isinstance(activation, HardSigmoid):
        slope = activation.slope
        return np.where(np.abs(at) < 0.5 / slope, slope * z + 0.5, at > 0)
    name = NAMES[type(activation)]
    if near is not None and name in PIECES:
        return PIECES[name](z, near)
    if near is not None and name in STRAIGHT_THROUGH:
        inside = np.abs(near) <= 1
        slope = {"sign": 1.0, "step": 0.5}[name]
        return FORMULAS[name](near) + np.where(inside, slope * (z - near), 0.0)
    return np.float64(FORMULAS[name](z))


PIECES = {  # activations with kinks: (z, the z that says which piece) -> a
    "hard_tanh": lambda z, at: np.where(np.abs(at) < 1, z, np.sign(at)),
    "relu": lambda z, at: np.where(at > 0, z, 0.0),
    "selu": lambda z, at: SCALE * np.where(at > 0, z, ALPHA * np.expm1(z)),
}


# The layers: (layer, x, params, running statistics or None, weight) -> z


def dense(layer, x, params, statistics, weight):
    scale = np.sqrt(x.shape[1]) if layer.scaling == "ntp" else 1.0
    return x @ params["weight"] / scale + params["bias"]


def factored(layer, x, params, statistics, weight):
    return x * params["scale"]


def embedded(layer, x, params, statistics, weight):
    """Column by column, with Python's integers."""
    levels = layer.n_levels if np.ndim(layer.n_levels) else [layer.n_levels] * x.shape[1]
    tables = np.split(params["table"], np.cumsum(levels)[:-1])
    return np.hstack(
        [
            np.array([table[int(code) if 0 <= code < len(table) else 0] for code in column])
            for table, column in zip(tables, x.T, strict=True)
        ]
    )


def of_periods(layer, x, params, statistics, weight):
    """Column by column."""
    made = []
    for column, frequency, phase, inner, bias in zip(
        x.T, *(params[name] for name in ("frequency", "phase", "weight", "bias")), strict=True
    ):
        waves = np.cos(2 * np.pi * np.outer(column, frequency) + phase.T)
        made.append(waves @ inner.T + bias.T)
        made += [column[:, None]] if layer.keep_input else []
    return np.hstack(made)


def in_pieces(layer, x, params, statistics, weight):
    """Column by column: between edges np.interp of the sums of the weights, beyond them a line."""
    made = []
    for column, edges, slope, bias, inner in zip(
        x.T, layer.edges, *(params[name] for name in ("slope", "bias", "weight")), strict=True
    ):
        edges, numbers = np.asarray(edges, float), []
        for each in inner[:, : len(edges) - 1]:
            heights = np.cumsum([0, *each])
            slopes = each / np.diff(edges)
            beyond = slopes[0] * np.minimum(column - edges[0], 0)
            beyond += slopes[-1] * np.maximum(column - edges[-1], 0)
            numbers.append(np.interp(column, edges, heights) + beyond)
        made.append(np.outer(column, slope) + bias.T + np.transpose(numbers))
    return np.hstack(made)


def of_table(layer, x, params, statistics, weight):
    """Activation functions in the parts have no kinks."""
    made, rest = [], set(range(x.shape[1]))
    for (name, inner), (*_, columns) in zip(layer.named_layers().items(), layer.parts, strict=True):
        own = list(range(x.shape[1]))[columns] if isinstance(columns, slice) else list(columns)
        given = inside(name, params), statistics and inside(name, statistics), weight
        z = LAYERS[type(inner)](inner, x[:, own], *given)
        made.append(activated(getattr(inner, "activation", "identity"), z, given[0]))
        rest -= set(own)
    return np.hstack([*made, x[:, sorted(rest)]])


def unchanged(layer, x, params, statistics, weight):
    return x


def flattened(layer, x, params, statistics, weight):
    return x.reshape(len(x), -1)


def batch_normed(layer, x, params, statistics, weight):
    if statistics is None:
        rows = x.reshape(-1, x.shape[-1])
        of_row = None if weight is None else np.repeat(weight, len(rows) // len(x))
        mean = np.average(rows, axis=0, weights=of_row)
        variance = np.average((rows - mean) ** 2, axis=0, weights=of_row)
    else:
        mean, variance = statistics["mean"], statistics["variance"]
    return scaled(layer, x, params, mean, variance)


def layer_normed(layer, x, params, statistics, weight):
    return scaled(layer, x, params, x.mean(-1, keepdims=True), x.var(-1, keepdims=True))


def scaled(layer, x, params, mean, variance):
    return params["scale"] * (x - mean) / np.sqrt(variance + layer.epsilon) + params["shift"]


def convolved(layer, x, params, statistics, weight):
    kernel = params["weight"]
    seen = windows(
        x, kernel.shape[:2], pair(layer.stride), layer.padding, 0.0, pair(layer.dilation)
    )
    return np.tensordot(seen, kernel, 3) + params.get("bias", 0)


def largest(layer, x, near):
    """The pixels that are the largest in ``near``, of several the first."""
    seen, there = (flat_windows(pooling_windows(layer, image)) for image in (x, near))
    return np.take_along_axis(seen, np.nanargmax(there, axis=3)[:, :, :, None], axis=3)[:, :, :, 0]


def averaged(layer, x, params, statistics, weight):
    return np.nanmean(pooling_windows(layer, x), axis=(3, 4))


def averaged_over_the_image(layer, x, params, statistics, weight):
    return x.mean(axis=(1, 2))


def residual(layer, x, params, statistics, weight):
    """Activation functions in the branch have no kinks."""
    branch = x
    for name, inner in layer.named_layers().items():
        own, of_running = inside(name, params), statistics and inside(name, statistics)
        z = LAYERS[type(inner)](inner, branch, own, of_running, weight)
        branch = activated(getattr(inner, "activation", "identity"), z, own)
    projection = params.get("projection.weight")
    return branch + (x if projection is None else x @ projection)


def inside(name, arrays):
    """The arrays of one layer of a branch."""
    return {key[len(name) + 1 :]: own for key, own in arrays.items() if key.startswith(f"{name}.")}


def pooling_windows(layer, x):
    size = pair(layer.pool_size)
    return windows(x, size, size if layer.stride is None else pair(layer.stride), layer.padding)


def windows(x, size, stride, padding, border=np.nan, dilation=(1, 1)):
    """(n, down, across, *size, channels): the pixels that each window sees."""
    span = [(k - 1) * step + 1 for k, step in zip(size, dilation, strict=True)]
    sides = x.shape[1:3]
    if padding == "same":
        outputs = [-(-side // step) for side, step in zip(sides, stride, strict=True)]
        added = [
            max((n - 1) * step + reach - side, 0)
            for n, step, reach, side in zip(outputs, stride, span, sides, strict=True)
        ]
        around = [(pixels // 2, pixels - pixels // 2) for pixels in added]
    else:
        around = [(pixels, pixels) for pixels in pair(0 if padding == "valid" else padding)]
    x = np.pad(x, [(0, 0), *around, (0, 0)], constant_values=border)
    down, across = (
        range(0, side - reach + 1, step)
        for side, reach, step in zip(x.shape[1:3], span, stride, strict=True)
    )
    seen = [
        [x[:, i : i + span[0] : dilation[0], j : j + span[1] : dilation[1]] for j in across]
        for i in down
    ]
    return np.moveaxis(np.array(seen), 2, 0)


def flat_windows(seen):
    return seen.reshape(*seen.shape[:3], -1, seen.shape[-1])


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


LAYERS = {
    Activate: unchanged,
    AveragePool2D: averaged,
    BatchNorm: batch_normed,
    Conv2D: convolved,
    Dense: dense,
    Dropout: unchanged,
    Embedding: embedded,
    Flatten: flattened,
    GlobalAveragePool2D: averaged_over_the_image,
    LayerNorm: layer_normed,
    Periodic: of_periods,
    PiecewiseLinear: in_pieces,
    Residual: residual,
    Scale: factored,
    TableInput: of_table,
}


# Targets, losses and predictions


def encoded(kind, y):
    """y as the numbers that raw outputs are compared with."""
    if kind == "columns":
        return np.hstack([encoded("three", column) for column in y.T])
    if kind == "three":
        return (y[:, None] == np.unique(y)).astype(float)
    return np.float64(y).reshape(len(y), -1)


def link_of(estimator, kind):
    """The function from raw outputs to predictions."""
    if kind in ("number", "numbers"):
        return "exp" if estimator.loss in ("poisson", "gamma") else "identity"
    if estimator.loss in ("hinge", "perceptron"):
        return "identity"
    return "softmax" if kind in ("three", "columns") else "logistic"


def heads(kind, y):
    """The raw outputs for each column of labels; for other kinds of y those for all."""
    if kind != "columns":
        return [slice(None)]
    ends = np.cumsum([len(np.unique(column)) for column in y.T])
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def predictions(estimator, kind, y, z):
    """(what predict gives, probabilities by head or None)"""
    link = link_of(estimator, kind)
    if kind in ("number", "numbers"):
        predicted = np.sort(LINKS[link](z)) if np.size(estimator.quantile) > 1 else LINKS[link](z)
        return (predicted.ravel() if predicted.shape[1] == 1 else predicted), None
    p = [LINKS[link](z[:, at]) for at in heads(kind, y)]
    if kind == "two":
        p = [np.hstack([1 - p[0], p[0]])]
        labels = np.unique(y)[(z[:, 0] > 0).astype(int)]
    elif kind == "labels":
        labels = (z > 0).astype(int)
    else:
        columns = y.T if kind == "columns" else [y]
        labels = np.column_stack(
            [
                np.unique(column)[z[:, at].argmax(axis=1)]
                for column, at in zip(columns, heads(kind, y), strict=True)
            ]
        )
        labels = labels if kind == "columns" else labels[:, 0]
    return labels, None if link_of(estimator, kind) == "identity" else p
