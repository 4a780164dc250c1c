"""Windows that slide over images: how many there are, and which pixels each of them sees."""

from functools import lru_cache
from itertools import product
from math import prod
from numbers import Integral

import numpy as np

from sknn.nn.cached import cached
from sknn.nn.memory import count
from sknn.nn.ranges import is_number, shown

FAR = 2**20  # pixels: strides of arrays are multiples of steps, and must not overflow


class Place:
    """One place in a window, such as its upper left corner.

    Attributes
    ----------
    number : int
        Of the place, row by row.
    windows, pixels : (slice, slice)
        The windows in which a real pixel is in this place, and those pixels; down and across.
    everywhere : bool
        Whether that is all windows.
    """

    def __init__(self, number, windows, pixels, outputs):
        self.number, self.windows, self.pixels = number, windows, pixels
        self.everywhere = all(
            (w.start, w.stop) == (0, n) for w, n in zip(windows, outputs, strict=True)
        )


class Windows:
    """Where windows lie on an image.

    Attributes
    ----------
    image, size, stride, dilation : (int, int)
        Height and width of the image and of a window, steps between windows, and between the
        pixels that a window sees.
    padding : ((int, int), (int, int))
        Rows above and below the image, columns left and right of it.
    outputs : (int, int)
        How many windows there are, down and across.
    overlapping : bool
        Whether a pixel may lie in several windows.
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
        if max(*stride, *dilation) > FAR:  # beyond the image all steps are the same
            self.stride = tuple(
                min(s, max(p, FAR)) for s, p in zip(stride, self.padded, strict=True)
            )
            self.dilation = tuple(d if k > 1 else 1 for d, k in zip(dilation, size, strict=True))

    def pixels(self, x, cache):
        """The pixels of every window, zeros outside: (n, *outputs, *size, c), a view.

        x: (n, height, width, c)    cache: a Workspace for a copy with borders
        """
        padded = self._with_borders(x, cache)
        n, _, _, c = padded.shape
        image, row, column, channel = padded.strides
        (down, across), (by_row, by_column) = self.stride, self.dilation
        shape = (n, *self.outputs, *self.size, c)
        steps = (image, row * down, column * across, row * by_row, column * by_column, channel)
        return overlapping(padded, shape, steps)

    def lines(self, x, cache):
        """The pixels of windows that lie in a row: (padded height, n, across, kw, c), a view.

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
        """The padding of outputs with which there is a window for each pixel, in steps of one."""
        spans = [(k - 1) * d for k, d in zip(self.size, self.dilation, strict=True)]
        return tuple(
            (span - before, span - after)
            for span, (before, after) in zip(spans, self.padding, strict=True)
        )

    @cached
    def places(self):
        """A Place for each place in a window, row by row, made when needed: there may be many."""
        rows, columns = list(self.places_along(0)), list(self.places_along(1))
        return [
            Place(number, (down[0], across[0]), (down[1], across[1]), self.outputs)
            for number, (down, across) in enumerate(product(rows, columns))
        ]

    def places_along(self, axis):
        """(windows, pixels) as slices for each place of a window along one axis, 0 for down."""
        stride, (before, _) = self.stride[axis], self.padding[axis]
        for place in range(self.size[axis]):
            shift = place * self.dilation[axis] - before  # the pixel that window 0 sees
            first = max(0, -(shift // stride))
            stop = min(self.outputs[axis], (self.image[axis] - 1 - shift) // stride + 1)
            stop = max(first, stop)
            start = first * stride + shift
            yield slice(first, stop), slice(start, start + (stop - first) * stride, stride)


def overlapping(array, shape, strides):
    """A view in which numbers occur several times; NumPy's ``as_strided`` takes longer."""
    if not array.flags.c_contiguous:
        array = np.ascontiguousarray(array)
    return np.ndarray(shape, array.dtype, array, 0, strides)


def place_in_zeros(x, out, top=0, left=0):
    """out = zeros, with the images x from row ``top`` and column ``left`` on."""
    _, height, width, _ = x.shape
    if x.shape != out.shape:
        out.fill(0)
    out[:, top : top + height, left : left + width] = x


@lru_cache(maxsize=256)
def windows_over(image, size, stride, padding, dilation=(1, 1)):
    """The Windows of these settings, shared."""
    return Windows(image, size, stride, padding, dilation)


def pair(name, value, least=1):
    """(down, across) of a setting that is one int for both, or a pair of them.

    Raises ValueError on anything else.
    """
    both = (value, value) if _is_int(value) else value
    if not _is_pair(both) or not all(_is_int(n) and n >= least for n in both):
        raise ValueError(
            f"{name} must be an int of at least {least}, or a pair of such, got {shown(value)}."
        )
    return tuple(int(n) for n in both)


def as_padding(value):
    """ "same", "valid", or ((above, below), (left, right)) out of ints or pairs.

    Raises ValueError on anything else.
    """
    if isinstance(value, str) and value in ("same", "valid"):
        return value
    sides = (value, value) if _is_int(value) else value
    if _is_pair(sides):
        sides = tuple((side, side) if _is_int(side) else side for side in sides)
        if all(_is_pair(side) and all(_is_int(n) and n >= 0 for n in side) for side in sides):
            return tuple(tuple(int(n) for n in side) for side in sides)
    raise ValueError(
        "padding must be 'same', 'valid', a number of pixels for every side, or "
        f"((above, below), (left, right)), got {shown(value)}."
    )


def image_shape(input_shape):
    """(height, width, channels). Raises ValueError on the shape of anything but an image."""
    if len(input_shape) != 3:
        raise ValueError(
            f"needs images of shape (height, width, channels), got samples of shape {input_shape}. "
            "Give input_shape=(height, width, channels), and put no Flatten() before it."
        )
    return input_shape


def images_at_a_time(n, shape, itemsize, memory=2**21):
    """Slices that cut n images so that an array of ``shape`` for each of them fits a cache."""
    step = max(1, memory // (prod(shape) * itemsize))
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def lines_of(images):
    """A line of an image as one row: NumPy's loops are then as long as a line, not as a pixel."""
    return images.reshape(-1, prod(images.shape[2:]))


def along_line(of_channel, images):
    """What each channel has, (1, c), for each number of a line: (1, width * c)."""
    line = np.empty(images.shape[2:], of_channel.dtype)  # np.tile takes longer
    line[...] = of_channel
    return line.reshape(1, -1)


def _both_sides(padding):
    """The odd pixel goes to the end."""
    return padding // 2, padding - padding // 2


def _is_int(value):
    return is_number(value) and isinstance(value, Integral)


def _is_pair(value):
    return isinstance(value, (list, tuple)) and len(value) == 2
