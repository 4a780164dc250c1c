"""Layers that change the shape of samples and leave their values unchanged."""

from copy import copy
from math import prod

from sknn.nn.layers.base import Layer


class Flatten(Layer):
    """Flattens each sample to one row of values: pixel by pixel, channel by channel.

    x: (..., n, *input_shape)    y: (..., n, n_values)
    """

    pixelwise = True
    axes = None  # the number of axes of a sample; None for all but the first axis of x

    def output_shape(self, input_shape):
        return (prod(input_shape),)

    def placed(self, input_shape):
        placed = copy(self)
        placed.axes = len(input_shape)
        return placed

    def forward(self, params, state, x, cache, context):
        cache["shape"] = x.shape
        samples = x.shape[: -self.axes] if self.axes else x.shape[:1]
        return x.reshape(*samples, -1)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return dy.reshape(cache["shape"]) if need_dx else None
