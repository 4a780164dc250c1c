"""Receptive fields, against the pixels that change an output when they are changed."""

import numpy as np
import pytest

from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    Residual,
)
from sknn.nn.network import Network
from sknn.nn.receptive_field import ReceptiveField, receptive_fields

SIDE = 19


def conv(*args, **settings):
    return Conv2D(2, *args, activation="tanh", **settings)


STACKS = {
    "one window": [conv(3)],
    "even window": [conv((4, 2))],
    "valid": [conv((3, 5), padding="valid"), conv(3, padding="valid")],
    "odd padding": [conv(3, padding=((2, 0), (0, 3))), conv(2, padding=1)],
    "stride": [conv(3, (2, 1)), conv(3, (1, 3)), conv(2)],
    "dilation": [conv(3, dilation=(3, 2)), conv(2, dilation=2)],
    "stride, then dilation": [conv(3, 2), conv(3, dilation=2)],
    "max-pooling": [conv(3), MaxPool2D(2), conv(3), MaxPool2D((2, 3))],
    "pooling that overlaps": [AveragePool2D(3, 2, "same"), conv(3)],
    "pooling with gaps": [MaxPool2D(2, 4), conv(2)],
    "blocks": [conv(3), BatchNorm(), Activate("tanh"), Dropout(0.5), MaxPool2D(2), LayerNorm()],
    "identity shortcut": [conv(3), Residual([conv(3), BatchNorm(), conv(3)]), conv(2)],
    "projection": [Residual([conv(3, 2), conv(3)]), conv(2)],
    "residual in residual": [MaxPool2D(2), Residual([conv(3), Residual([conv(3)])])],
    # The branch sees the pixel before that of the shortcut.
    "branch beside the shortcut": [Residual([conv(1, 2, padding=((1, 0), (0, 0)))])],
}


def seen(network, depth, position):
    """Whether each pixel changes the output at (row, column) after so many layers.

    Several networks and images are tried, since most changes of a pixel leave a maximum as it is.
    """
    rng = np.random.default_rng(0)
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    height, width, _ = network.shapes[0]
    numbers = np.arange(height * width)
    found = np.zeros((height, width), bool)
    for change in (-3.0, 3.0) * 4:
        theta = rng.normal(scale=0.5, size=theta.shape)
        params, states = network.layout.views(theta), network.state_layout.views(state)
        x = np.repeat(rng.normal(size=(1, height, width, 1)), height * width + 1, axis=0)
        x[numbers, numbers // width, numbers % width] += change
        y = network.forward(params, states, x, network.workspaces(np.float64), depth=depth)
        y = y[:, *position] if y.ndim == 4 else y
        found |= (y[:-1] != y[-1]).any(axis=-1).reshape(height, width)
    return found


def rectangle(pixels):
    """((first row, first column), (rows, columns)) of the least rectangle around them."""
    sides = [np.flatnonzero(pixels.any(axis=axis)) for axis in (1, 0)]
    return tuple(s[0] for s in sides), tuple(s[-1] - s[0] + 1 for s in sides)


@pytest.mark.parametrize("name", STACKS)
def test_field_is_the_rectangle_of_the_pixels_that_change_an_output(name):
    network = Network(STACKS[name], (SIDE, SIDE, 1))
    for depth, field in enumerate(receptive_fields(network), start=1):
        middle = tuple(n // 2 for n in network.shapes[depth][:2])
        first, size = rectangle(seen(network, depth, middle))
        assert field.size == size
        starts = zip(field.first, field.step, middle, strict=True)
        assert tuple(first_ + step * i for first_, step, i in starts) == first


def test_field_of_global_pooling_is_the_whole_image():
    layers = [conv(3), GlobalAveragePool2D(), Dense(3)]
    network = Network(layers, (9, 7, 1))
    fields = receptive_fields(network)
    assert seen(network, 2, None).all()
    assert fields == [ReceptiveField((3, 3), (1, 1), (-1, -1)), ReceptiveField((9, 7)), None]


def test_field_counts_what_padding_adds():
    network = Network([conv(3), conv(3), Flatten()], (2, 2, 1))
    assert [field.size for field in receptive_fields(network)] == [(3, 3), (5, 5), (5, 5)]


def test_layers_of_flat_samples_have_none():
    assert receptive_fields(Network([Dense(3), Activate("relu")], (4,))) == [None, None]
    network = Network([Flatten(), Dense(3)], (4, 4, 1))
    assert receptive_fields(network) == [ReceptiveField(), None]


class Unknown(Layer):
    """A user's own layer, which keeps the shape."""

    def output_shape(self, input_shape):
        return input_shape


def test_layers_of_users_may_see_anything_unless_they_say():
    layers = [conv(3), Unknown(), conv(3), Residual([Unknown()]), GlobalAveragePool2D()]
    *fields, last = receptive_fields(Network(layers, (6, 6, 1)))
    assert [field and field.size for field in fields] == [(3, 3), None, None, None]
    assert last.size == (6, 6)
    spoken = Unknown()
    spoken.pixelwise = True
    fields = receptive_fields(Network([conv(3), spoken, conv(2)], (6, 6, 1)))
    assert [field.size for field in fields] == [(3, 3), (3, 3), (4, 4)]
    inside = Network([Residual([conv(3), Unknown()])], (6, 6, 1))
    assert receptive_fields(inside) == [None]
