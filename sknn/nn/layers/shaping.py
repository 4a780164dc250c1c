"""Layers that change the shape of a sample and nothing else."""

from copy import copy
from math import prod

from sknn.nn.layers.base import Layer


class Flatten(Layer):
    """Makes one row of numbers out of each sample: pixel by pixel, channel by channel.

    x: (..., n, *input_shape)    y: (..., n, numbers)
    """

    pixelwise = True
    axes = None  # of a sample; None for all but the first

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
