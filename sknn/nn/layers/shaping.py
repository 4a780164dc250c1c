"""Layers that change the shape of a sample and nothing else."""

from math import prod

from sknn.nn.layers.base import Layer


class Flatten(Layer):
    """Makes one row of numbers out of each sample: pixel by pixel, channel by channel."""

    def output_shape(self, input_shape):
        return (prod(input_shape),)

    def forward(self, params, state, x, cache, context):
        cache["shape"] = x.shape
        return x.reshape(len(x), -1)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return dy.reshape(cache["shape"]) if need_dx else None
