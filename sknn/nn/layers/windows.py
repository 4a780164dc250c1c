"""Windows that slide over images: how many there are and which pixels each of them covers."""

from functools import lru_cache
from itertools import product
from math import prod
from numbers import Integral

import numpy as np

from sknn.nn.cached import cached
from sknn.nn.memory import count
from sknn.nn.ranges import is_number, shown

FAR = 2**20  # pixels: array strides are multiples of these steps and must not overflow


class Place:
    """One position within a window, such as its upper left corner.

    Attributes
    ----------
    number : int
        The number of the position, counted row by row.
    windows, pixels : (slice, slice)
        The windows for which this position lies inside the image, and the pixels at this
        position; down and across.
    everywhere : bool
        Whether this position lies inside the image for all windows.
    """

    def __init__(self, number, windows, pixels, outputs):
        self.number, self.windows, self.pixels = number, windows, pixels
        self.everywhere = all(
            (w.start, w.stop) == (0, n) for w, n in zip(windows, outputs, strict=True)
        )


class Windows:
    """The positions of windows on an image.

    Attributes
    ----------
    image, size, stride, dilation : (int, int)
        The height and width of the image and of a window, the steps between windows, and the
        steps between the pixels of one window.
    padding : ((int, int), (int, int))
        The rows added above and below the image, and the columns added left and right of it.
    outputs : (int, int)
        The number of windows, down and across.
    overlapping : bool
        Whether a pixel can belong to several windows.
    """

    def __init__(self, image, size, stride, padding, dilation=(1, 1)):
        self.image, self.size, self.stride, self.dilation = image, size, stride, dilation
        span = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
        if padding == "same":
            self.outputs = tuple(-(-i // s) for i, s in zip(image, stride, strict=True))
            self.padding = tuple(
                _both_sides(max((n - 1) * s + k - i, 0))
                for n, s, k, i in zip(self.outputs, stride, span, image, strict=True)
            )
        else:
            self.padding = ((0, 0), (0, 0)) if padding == "valid" else padding
            self.outputs = tuple(
                (i + sum(around) - k) // s + 1
                for i, around, k, s in zip(image, self.padding, span, stride, strict=True)
            )
        if min(self.outputs) < 1:
            least = [max(1, k - sum(p)) for k, p in zip(span, self.padding, strict=True)]
            raise ValueError(
                f"needs images of at least {count(least[0])} x {count(least[1])} pixels with "
                f"padding={shown(padding)}, got {image[0]} x {image[1]}. Use padding='same', a "
                "smaller window, or less pooling before it."
            )
        self.padded = tuple(i + sum(p) for i, p in zip(image, self.padding, strict=True))
        self.overlapping = any(k > s for k, s in zip(span, stride, strict=True))
        if max(*stride, *dilation) > FAR:  # all steps beyond the image have the same effect
            self.stride = tuple(
                min(s, max(p, FAR)) for s, p in zip(stride, self.padded, strict=True)
            )
            self.dilation = tuple(d if k > 1 else 1 for d, k in zip(dilation, size, strict=True))

    def pixels(self, x, cache):
        """A view of the pixels of each window, zeros outside the image: (n, *outputs, *size, c).

        x: (n, height, width, c)    cache: a Workspace for a padded copy of the images
        """
        padded = self._with_borders(x, cache)
        n, _, _, c = padded.shape
        image, row, column, channel = padded.strides
        (down, across), (by_row, by_column) = self.stride, self.dilation
        shape = (n, *self.outputs, *self.size, c)
        steps = (image, row * down, column * across, row * by_row, column * by_column, channel)
        return overlapping(padded, shape, steps)

    def lines(self, x, cache):
        """Returns one line of the pixels of each window: (padded height, n, across, kw, c), a view.

        x, cache: as for ``pixels``
        """
        padded = self._with_borders(x, cache)
        n, height, _, c = padded.shape
        image, row, column, channel = padded.strides
        shape = (height, n, self.outputs[1], self.size[1], c)
        steps = (row, image, column * self.stride[1], column * self.dilation[1], channel)
        return overlapping(padded, shape, steps)

    def _with_borders(self, x, cache):
        """x with rows and columns of zeros around it, or itself if there are none."""
        if self.padded == self.image:
            return x
        (top, _), (left, _) = self.padding
        padded = cache.scratch("padded", (len(x), *self.padded, x.shape[-1]))
        place_in_zeros(x, padded, top, left)
        return padded

    @cached
    def around(self):
        """The padding of the outputs that results in one window for each pixel, with stride 1."""
        spans = [(k - 1) * d for k, d in zip(self.size, self.dilation, strict=True)]
        return tuple(
            (span - before, span - after)
            for span, (before, after) in zip(spans, self.padding, strict=True)
        )

    @cached
    def places(self):
        """A Place for each position in a window, row by row, created on demand."""
        rows, columns = list(self.places_along(0)), list(self.places_along(1))
        return [
            Place(number, (down[0], across[0]), (down[1], across[1]), self.outputs)
            for number, (down, across) in enumerate(product(rows, columns))
        ]

    def places_along(self, axis):
        """(windows, pixels) as slices for each position along one axis of a window, 0 for down."""
        stride, (before, _) = self.stride[axis], self.padding[axis]
        for place in range(self.size[axis]):
            shift = place * self.dilation[axis] - before  # the pixel of window 0
            first = max(0, -(shift // stride))
            stop = min(self.outputs[axis], (self.image[axis] - 1 - shift) // stride + 1)
            stop = max(first, stop)
            start = first * stride + shift
            yield slice(first, stop), slice(start, start + (stop - first) * stride, stride)


def overlapping(array, shape, strides):
    """A view in which values occur several times. NumPy's ``as_strided`` is slower."""
    if not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    return np.ndarray(shape, array.dtype, array, 0, strides)


def place_in_zeros(x, out, top=0, left=0):
    """out = zeros with the images x, whose first pixel is put at (``top``, ``left``)."""
    _, height, width, _ = x.shape
    if x.shape != out.shape:
        out.fill(0)
    out[:, top : top + height, left : left + width] = x


@lru_cache(maxsize=256)
def windows_over(image, size, stride, padding, dilation=(1, 1)):
    """The Windows with these settings, as a shared object."""
    return Windows(image, size, stride, padding, dilation)


def pair(name, value, least=1):
    """(down, across) for a setting that is one int for both directions or a pair of ints.

    Raises ValueError for any other value.
    """
    both = (value, value) if _is_int(value) else value
    if not _is_pair(both) or not all(_is_int(n) and n >= least for n in both):
        raise ValueError(
            f"{name} must be an int of at least {least}, or a pair of ints, got {shown(value)}."
        )
    return tuple(int(n) for n in both)


def as_padding(value):
    """ "same", "valid", or ((above, below), (left, right)), from ints or pairs.

    Raises ValueError for any other value.
    """
    if isinstance(value, str) and value in ("same", "valid"):
        return value
    sides = (value, value) if _is_int(value) else value
    if _is_pair(sides):
        sides = tuple((side, side) if _is_int(side) else side for side in sides)
        if all(_is_pair(side) and all(_is_int(n) and n >= 0 for n in side) for side in sides):
            return tuple(tuple(int(n) for n in side) for side in sides)
    raise ValueError(
        "padding must be 'same', 'valid', a number of pixels to add on every side, or "
        f"((above, below), (left, right)), got {shown(value)}."
    )


def image_shape(input_shape):
    """(height, width, channels). Raises ValueError if the samples are not images."""
    if len(input_shape) != 3:
        raise ValueError(
            f"needs images of shape (height, width, channels), got samples of shape {input_shape}. "
            "Pass input_shape=(height, width, channels), and put no Flatten() before it."
        )
    return input_shape


def images_at_a_time(n, shape, itemsize, memory=2**21):
    """Slices of n images for which an array with ``shape`` per image fits into a cache."""
    step = max(1, memory // (prod(shape) * itemsize))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def lines_of(images):
    """Each line of an image as one row, which makes the loops of NumPy longer than one pixel."""
    return images.reshape(-1, prod(images.shape[2:]))


def along_line(of_channel, images):
    """The values of channels, (1, c), repeated for each pixel of a line: (1, width * c)."""
    line = np.empty(images.shape[2:], of_channel.dtype)  # np.tile is slower
    line[...] = of_channel
    return line.reshape(1, -1)


def _both_sides(padding):
    """Splits the padding. An odd pixel is added at the end."""
    return padding // 2, padding - padding // 2


def _is_int(value):
    return is_number(value) and isinstance(value, Integral)


def _is_pair(value):
    return isinstance(value, (list, tuple)) and len(value) == 2
