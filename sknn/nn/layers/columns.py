"""Convolution as one matrix product whose left matrix has the pixels of each window as a row."""

from math import prod

import numpy as np

from sknn.nn.cached import cached
from sknn.nn.layers.products import multiply, multiply_over_rows
from sknn.nn.layers.windows import images_at_a_time, windows_over

NARROW = 8  # channels: below, a pixel of all windows at a time is copied faster than a window
WIDE = 32  # channels: from so many on, a pixel at a time is added up as fast as several
COPY, ADD_UP = 30, 80  # what a number of the columns costs, in multiply-adds of a product


class Columns:
    """One pass of a convolution by matrix products; Chellapilla et al. (2006), section 4.

    Parameters
    ----------
    weight : ndarray of shape (kh, kw, c, filters)
    windows : Windows
    cache : Workspace

    Attributes
    ----------
    dweight : ndarray
        The gradient of the weights, summed over all calls of ``differentiate``.
    """

    filters_first = False

    def __init__(self, weight, windows, cache):
        self.weight, self.windows, self.cache = weight, windows, cache
        self.dweight = np.zeros_like(weight)

    def blocks(self, n, backward=False):
        """Slices of n images to process at a time; their columns should fit into the cache."""
        c, filters = self.weight.shape[2:]
        wide = backward and self._goes_by_dz
        numbers = (filters if wide else c) * len(self.windows.places) + filters
        return images_at_a_time(n, (*self.windows.outputs, numbers), self.weight.itemsize)

    def convolve(self, x, z):
        """z = the weighted sum of each window.

        x: (n, height, width, c)    z: (n, *outputs, filters) or (n * outputs, filters)
        """
        filters = self.weight.shape[-1]
        columns = self._columns(x, self.windows)
        multiply(columns, self.weight.reshape(-1, filters), z.reshape(-1, filters))

    def differentiate(self, x, dz, dx):
        """Adds to ``dweight``. Fills dx unless it is None."""
        if dx is not None and self._goes_by_dz:
            self._by_columns_of_dz(x, dz, dx)
        else:
            self._by_columns_of_x(x, dz, dx)

    @cached
    def _goes_by_dz(self):
        """Whether both gradients are computed from columns of dz, with less work than from x.

        This requires strides of one pixel. There is a window of dz around every pixel of x, which
        means more windows if the image is not padded. In return, the matrix product already sums
        over each window, so that its columns need not be added up.
        """
        windows, (c, filters) = self.windows, self.weight.shape[2:]
        if windows.stride != (1, 1) or min(map(min, windows.around)) < 0:
            return False
        by_dz = prod(windows.image) * filters * (COPY + 2 * c)
        by_x = prod(windows.outputs) * c * (COPY + ADD_UP + 2 * filters)
        return by_dz <= by_x

    @cached
    def _turned(self):
        """The weights rotated by 180 degrees: (kh * kw * filters, c)."""
        return self.weight[::-1, ::-1].swapaxes(2, 3).reshape(-1, self.weight.shape[2])

    def _by_columns_of_dz(self, x, dz, dx):
        """Computes both gradients from the windows of dz around each pixel of x.

        dx = dz convolved with the weights rotated by 180 degrees. Requires strides of one pixel.
        """
        windows = self.windows
        kh, kw, c, filters = self.weight.shape
        around = windows_over(
            windows.outputs, windows.size, (1, 1), windows.around, windows.dilation
        )
        columns = self._columns(dz, around)
        multiply(columns, self._turned, dx.reshape(-1, c))
        turned = multiply_over_rows(x.reshape(-1, c), columns, self.cache)
        self.dweight += turned.reshape(c, kh, kw, filters).transpose(1, 2, 0, 3)[::-1, ::-1]

    def _by_columns_of_x(self, x, dz, dx):
        """Computes dweight from the columns of x, and dx by adding up its own columns."""
        windows, filters = self.windows, self.weight.shape[-1]
        rows = dz.reshape(-1, filters)
        dweight = multiply_over_rows(self._columns(x, windows), rows, self.cache)
        self.dweight += dweight.reshape(self.weight.shape)
        if dx is not None:
            self._add_up(rows, dx)

    def _add_up(self, rows, dx):
        """dx = the sum of the columns that rows, (n * outputs, filters), produce.

        With few channels this takes two steps, across and then down. The first step then adds all
        pixels in one column of the window at once, in longer runs of memory.
        """
        windows, (kh, kw, c, filters) = self.windows, self.weight.shape
        n, (down, across) = len(dx), windows.outputs
        columns = self.cache.scratch("columns", (n, down, across, kw, kh, c))
        weight = self.weight.transpose(3, 1, 0, 2).reshape(filters, -1)
        multiply(rows, weight, columns.reshape(len(rows), -1))
        dx.fill(0)
        if c >= WIDE:
            for place in windows.places:
                row, column = divmod(place.number, kw)
                dx[:, *place.pixels] += columns[:, *place.windows, column, row]
            return
        added = self.cache.scratch("added", (n, down, windows.image[1], kh, c))
        added.fill(0)
        for place, (of, pixels) in enumerate(windows.places_along(1)):
            added[:, :, pixels] += columns[:, :, of, place]
        for place, (of, pixels) in enumerate(windows.places_along(0)):
            dx[:, pixels] += added[:, of, :, place]

    def _columns(self, x, windows):
        """The pixels of each window as a row: (n * outputs, size * c), possibly transposed."""
        pixels = windows.pixels(x, self.cache)
        n, oh, ow, kh, kw, c = pixels.shape
        if c < NARROW:
            columns = self.cache.scratch("columns", (kh, kw, c, n, oh, ow))
            np.copyto(columns, pixels.transpose(3, 4, 5, 0, 1, 2))
            return columns.reshape(kh * kw * c, -1).T
        columns = self.cache.scratch("columns", pixels.shape)
        np.copyto(columns, pixels)
        return columns.reshape(-1, kh * kw * c)
