"""Dropout."""

from math import prod

import numpy as np

from sknn.nn.layers.base import Layer
from sknn.nn.ranges import Range
from sknn.nn.schedules import PLANNED_OR_NONE, Schedule


class Dropout(Layer):
    """In training, y = x * mask / (1 - rate), where a fraction ``rate`` of the mask is zero.

    Srivastava et al. (2014), in the inverted form: predictions need no scaling. The rate is
    rounded to a multiple of 2^-16. Models that are trained together share a mask unless each of
    them has its own generator.

    Parameters
    ----------
    rate : float, default=0.5
        The fraction of inputs dropped at random, in [0, 1).
    schedule : Schedule or None, default=None
        A schedule that changes the rate from step to step, such as ``FlatCosine()``. With None,
        the rate is constant.
    """

    draws = True
    pixelwise = True
    valid = {"rate": Range(0, 1, "left"), "schedule": PLANNED_OR_NONE}

    def __init__(self, rate: float = 0.5, schedule: Schedule | None = None) -> None:
        self.rate = rate
        self.schedule = schedule

    @property
    def scheduled(self):
        return self.schedule is not None

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        if context.random is None:
            return x
        levels = 2**16
        rate = self.rate
        if self.schedule is not None and context.progress is not None:
            rate = self.schedule.rate(context.progress, rate)
        dropped = min(round(rate * levels), levels - 1)
        shape = x.shape[-2:] if x.ndim < 4 else x.shape[-4:]  # without the model axis
        n_bytes = 2 * prod(shape)
        if isinstance(context.random, list):
            mask = cache.array("mask", (len(context.random), *shape))
            draws = zip(context.random, mask, strict=True)
        else:
            mask = cache.array("mask", shape)
            draws = ((context.random, mask),)
        for random, own in draws:
            numbers = np.frombuffer(random.bytes(n_bytes), np.uint16)
            np.greater_equal(numbers.reshape(shape), dropped, out=own)
        mask *= levels / (levels - dropped)
        cache["drawn"] = mask
        y = x.shape if x.ndim >= mask.ndim else mask.shape
        return np.multiply(x, mask, out=cache.array("y", y))

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        if not need_dx:
            return None
        if context.random is None:
            return dy
        dy *= cache["drawn"]
        return dy
