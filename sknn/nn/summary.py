"""The kind, output and costs of each layer of a network, for tables and pictures of it."""

from dataclasses import dataclass
from inspect import signature
from math import prod
from numbers import Integral

import numpy as np

from sknn.nn.receptive_field import PIXEL, receptive_fields

CLEAR = {"units", "filters", "kernel_size", "pool_size"}  # always shown without their names
CLEAR_IF_FIRST = "rate"  # later in the signature, it is a factor of the learning rate
WINDOWS = {"kernel_size", "pool_size"}
# These are shown elsewhere, do not affect the shape, or are too long.
LEFT_OUT = {"activation", "weight_init", "bias_init", "layers", "parts", "edges"}
LONGEST = 40  # maximum number of characters of a setting
COUNTS = ("n_parameters", "n_trainable", "multiply_adds", "n_bytes")


@dataclass(frozen=True)
class Row:
    """The description of one layer.

    settings: sizes, and settings that differ from the defaults: ("32", "3x3", "stride=2")
    activation: None for a layer without one    output_shape: the shape of one sample
    multiply_adds, n_bytes: for one sample, where n_bytes is the size of the outputs of the layer
    inside: a Row for each layer that it consists of; its own counts include theirs
    receptive_field: (height, width), in pixels, of the rectangle of the image from the first to the
    last pixel on which one output value depends, including padding. It is the whole image after
    global pooling, and None for layers without images as input or if it is unknown.
    """

    name: str
    kind: str
    settings: tuple
    activation: str | None
    output_shape: tuple
    n_parameters: int
    n_trainable: int
    multiply_adds: int
    n_bytes: int
    inside: tuple = ()
    receptive_field: tuple | None = None

    @property
    def description(self):
        """The kind of layer with its settings, such as "Conv2D(32, 3x3, relu)"."""
        settings = [*self.settings, *([self.activation] if self.activation else [])]
        return f"{self.kind}({', '.join(settings)})" if settings else self.kind


def summary_rows(network, dtype, names=None, seen=PIXEL):
    """A Row for each layer of a Network. By default, names are its own: dense1, dense2.

    seen: the ReceptiveField of the inputs of the network
    """
    fields = receptive_fields(network, seen)
    layers = zip(
        network.names if names is None else names,
        network.layers,
        network.layout.declared,
        network.shapes[:-1],
        network.shapes[1:],
        [seen, *fields[:-1]],
        fields,
        strict=True,
    )
    return [
        _row(
            inside=tuple(
                row
                for inner in layer.inside(input_shape)
                for row in summary_rows(inner, dtype, seen=before)
            ),
            name=name,
            kind=type(layer).__name__,
            settings=_settings(layer),
            activation=_text(layer.activation) if hasattr(layer, "activation") else None,
            output_shape=tuple(map(int, output_shape)),
            n_parameters=sum(prod(item.shape) for item in declared),
            n_trainable=sum(prod(item.shape) for item in declared if item.trainable),
            multiply_adds=int(layer.multiply_adds(input_shape)),
            n_bytes=int(prod(output_shape)) * np.dtype(dtype).itemsize,
            receptive_field=field and field.size,
        )
        for name, layer, declared, input_shape, output_shape, before, field in layers
    ]


def _row(inside, n_bytes, **own):
    return Row(inside=inside, n_bytes=n_bytes + sum(row.n_bytes for row in inside), **own)


def totals(rows):
    """The sums over all layers of each of COUNTS, by name."""
    return {count: sum(getattr(row, count) for row in rows) for count in COUNTS}


def shape_text(shape):
    """A shape as text, such as 28 x 28 x 1."""
    return " x ".join(map(str, shape))


def _settings(layer):
    defaults = signature(type(layer).__init__).parameters
    settings = []
    for name, value in layer.settings().items():
        first = name == CLEAR_IF_FIRST and name == layer.setting_names()[0]
        if name in CLEAR or first:
            square = name in WINDOWS and isinstance(value, Integral)
            settings.append(_text((value, value) if square else value))
        elif name not in LEFT_OUT and repr(value) != repr(defaults[name].default):
            text = _text(value)
            settings.append(text if isinstance(value, str) else f"{name}={text}")
    return tuple(settings)


def _text(value):
    """A value as short text: relu, 3x5, or the name of its class if it has no text of its own."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, tuple) and all(isinstance(side, Integral) for side in value):
        text = "x".join(map(str, value))
    elif type(value).__repr__ is object.__repr__:
        text = type(value).__name__
    else:
        text = " ".join(repr(value).split()).removesuffix("()")
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
