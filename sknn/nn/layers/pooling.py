"""Pooling: the maximum or the mean of the pixels in each window, or in the whole image."""

from math import prod

import numpy as np

from sknn.nn.layers.base import Layer, kept
from sknn.nn.layers.windows import image_shape, pair, windows_over
from sknn.nn.ranges import shown
from sknn.nn.workspace import ones

PLACE = 64  # values: the minimum memory of a Place object


class Pooling(Layer):
    """Base class of pooling: one pixel for each window, separately for each channel.

    x: (n, height, width, c)    y: (n, *outputs, c)
    """

    def __init__(
        self,
        pool_size: int | tuple[int, int] = 2,
        stride: int | tuple[int, int] | None = None,
        padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "valid",
    ) -> None:
        self.pool_size = pool_size
        self.stride = stride
        self.padding = padding

    def output_shape(self, input_shape):
        return (*self.windows(input_shape).outputs, input_shape[-1])

    def scratch(self, input_shape):
        return PLACE * prod(self.windows(input_shape).size)

    def windows(self, input_shape):
        """The positions of the windows. Raises ValueError if the image is too small for one."""
        height, width, _ = image_shape(input_shape)
        size = pair("pool_size", self.pool_size)
        stride = size if self.stride is None else pair("stride", self.stride)
        if not isinstance(self.padding, str) or self.padding not in ("same", "valid"):
            raise ValueError(
                f"padding must be 'same' or 'valid' for pooling, got {shown(self.padding)}."
            )
        return windows_over((height, width), size, stride, self.padding)


class MaxPool2D(Pooling):
    """Max pooling: the largest pixel of each window.

    A window that extends beyond the edge of the image uses only the pixels inside. If several
    pixels are the largest, the first of them, row by row, receives the gradient.

    Parameters
    ----------
    pool_size : int or (int, int), default=2
        The height and width of a window.
    stride : int, (int, int) or None, default=None
        The steps between neighbouring windows, down and across. None means ``pool_size``.
    padding : {"valid", "same"}, default="valid"
        "valid" omits windows that extend beyond the edge. With "same", the output has
        ceil(side / stride) pixels along each side.
    """

    def forward(self, params, state, x, cache, context):
        windows = kept(cache, "windows", self.windows, x.shape[1:])
        y = cache.array("y", (len(x), *windows.outputs, x.shape[-1]))
        is_largest = None
        if context.keeps:
            is_largest = cache.array("is_largest", (len(windows.places), *y.shape), bool)
        cache["image"] = x.shape[1:]
        return largest(candidates_in(x, windows), windows, y, is_largest)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        if not need_dx:
            return None
        windows = kept(cache, "windows", self.windows, cache["image"])
        is_largest = cache.array("is_largest", (len(windows.places), *dy.shape), bool)
        dx = cache.array("dx", (len(dy), *cache["image"]))
        dx.fill(0)
        to_the_largest(dy, windows, is_largest, candidates_in(dx, windows))
        return dx


def candidates_in(x, windows):
    """For each position within a window, a view of the pixels of x at this position."""
    return [x[:, *place.pixels] for place in windows.places]


def largest(candidates, windows, y, is_largest=None):
    """y = the largest pixel of each window.

    candidates: for each position, the pixels at it, (n, windows down, windows across, c)
    y: (n, *outputs, c)    is_largest: (n_places, *y.shape) bool or None; set to True where the
    pixel at a position is larger than those at all positions before it
    """
    places = list(zip(windows.places, candidates, strict=True))
    if windows.places[0].everywhere:
        np.copyto(y, candidates[0])
        del places[0]
    else:
        y.fill(-np.inf)
    for place, pixels in places:
        best = y[:, *place.windows]
        if is_largest is not None:
            np.greater(pixels, best, out=is_largest[place.number][:, *place.windows])
        np.maximum(pixels, best, out=best)
    return y


def to_the_largest(dy, windows, is_largest, candidates):
    """Adds dy to the gradient of the largest pixel of each window. Overwrites dy.

    candidates: as for ``largest``, views of an array of zeros, which is filled
    """
    for place, pixels in reversed(list(zip(windows.places, candidates, strict=True))):
        left = dy[:, *place.windows]
        if place.number == 0:
            share = left  # the gradients that no later position has received
        else:
            out = None if windows.overlapping else pixels
            share = np.multiply(left, is_largest[place.number][:, *place.windows], out=out)
            left -= share
        if windows.overlapping:
            pixels += share
        elif share is left:
            pixels[...] = share


class AveragePool2D(Pooling):
    """Average pooling: the mean of the pixels of each window.

    A window that extends beyond the edge of the image averages only the pixels inside.

    Parameters
    ----------
    pool_size : int or (int, int), default=2
        The height and width of a window.
    stride : int, (int, int) or None, default=None
        The steps between neighbouring windows, down and across. None means ``pool_size``.
    padding : {"valid", "same"}, default="valid"
        "valid" omits windows that extend beyond the edge. With "same", the output has
        ceil(side / stride) pixels along each side.
    """

    def forward(self, params, state, x, cache, context):
        windows = kept(cache, "windows", self.windows, x.shape[1:])
        y = cache.array("y", (len(x), *windows.outputs, x.shape[-1]))
        y.fill(0)
        for place in windows.places:
            y[:, *place.windows] += x[:, *place.pixels]
        y *= kept(cache, "shares", _shares, windows, x.dtype)
        cache["image"] = x.shape[1:]
        return y

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        if not need_dx:
            return None
        windows = kept(cache, "windows", self.windows, cache["image"])
        dx = cache.array("dx", (len(dy), *cache["image"]))
        dx.fill(0)
        dy *= kept(cache, "shares", _shares, windows, dy.dtype)
        for place in windows.places:
            if windows.overlapping:
                dx[:, *place.pixels] += dy[:, *place.windows]
            else:
                dx[:, *place.pixels] = dy[:, *place.windows]
        return dx


class GlobalAveragePool2D(Layer):
    """The mean of each channel over all pixels; Lin et al. (2014), section 3.2.

    x: (n, height, width, c)    y: (n, c)
    """

    def output_shape(self, input_shape):
        return (image_shape(input_shape)[-1],)

    def forward(self, params, state, x, cache, context):
        n, height, width, c = cache["shape"] = x.shape
        pixels = height * width
        y = cache.array("y", (n, 1, c))
        np.matmul(ones((1, pixels), x.dtype), x.reshape(n, pixels, c), out=y)
        y *= 1 / pixels
        return y.reshape(n, c)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        if not need_dx:
            return None
        _, height, width, _ = cache["shape"]
        dx = cache.array("dx", cache["shape"])
        dy *= 1 / (height * width)
        dx[...] = dy[:, None, None]
        return dx


def _shares(windows, dtype):
    """The weight of each pixel in the mean: (*outputs, 1), or one number if all are equal."""
    if all(place.everywhere for place in windows.places):
        return dtype.type(1 / len(windows.places))
    counts = np.zeros((*windows.outputs, 1), dtype)
    for place in windows.places:
        counts[place.windows] += 1
    return 1 / counts
