"""Convolution with stride 1 as a sum of matrix products, one for each row of the kernel."""

from math import prod

import numpy as np

from sknn.nn.layers.products import ROWS, SMALL
from sknn.nn.layers.windows import images_at_a_time, windows_over

LEAST = 8  # channels and filters


class Lines:
    """One pass of a convolution, like ``Columns``, with fewer copies and smaller products.

    Only one line of each window is copied, which is kw pixels. For each row of the image, the lines
    of all windows form a matrix. The output of a window is the sum of the products of kh of these
    lines with the rows of the kernel. Both factors of each product fit the nearest cache.
    """

    filters_first = False

    def __init__(self, weight, windows, cache):
        self.weight, self.windows, self.cache = weight, windows, cache
        self.dweight = np.zeros_like(weight)

    @staticmethod
    def suits(windows, c, filters):
        """Whether windows have several lines and stride 1, and products are small enough.

        The backward pass computes a window around every pixel, which are too many if there are
        only few outputs.
        """
        if windows.size[0] == 1 or windows.stride != (1, 1) or min(map(min, windows.around)) < 0:
            return False
        small = ROWS * windows.size[1] * c * filters <= SMALL
        return min(c, filters) >= LEAST and small and _enough_outputs(windows)

    def blocks(self, n, backward=False):
        """Slices of n images to process at a time, both forward and backward."""
        _, kw, c, filters = self.weight.shape
        height, across = self.windows.padded
        fit = images_at_a_time(n, (height, across, kw * max(c, filters)), self.weight.itemsize)
        small = images_at_a_time(n, (across, kw, c, filters), 1, SMALL)
        return min(fit, small, key=lambda blocks: blocks[0].stop)

    def convolve(self, x, z):
        """Fills z with the weighted sum of every window.

        x: (n, height, width, c)    z: (n, *outputs, filters)
        """
        self._multiply(self._lines(x, self.windows), self.weight, z)

    def differentiate(self, x, dz, dx):
        """Adds to ``dweight``, and fills dx unless it is None. Both are computed from lines of dz.

        dx is the convolution of dz with the weights rotated by 180 degrees.
        """
        windows, (_, kw, c, filters) = self.windows, self.weight.shape
        around = windows_over(
            windows.outputs, windows.size, (1, 1), windows.around, windows.dilation
        )
        lines = self._lines(dz, around)
        if dx is not None:
            self._multiply(lines, self.weight[::-1, ::-1].swapaxes(2, 3), dx)
        n, height, width, _ = x.shape
        rows = self.cache.scratch("rows", (height, n, width, c))
        rows[...] = x.swapaxes(0, 1)
        rows = rows.reshape(height, n * width, c).swapaxes(1, 2)
        products = self.cache.scratch("products", (height, c, kw * filters))
        for dweight, own in zip(self.dweight[::-1], lines, strict=True):
            np.matmul(rows, own, out=products)
            turned = np.add.reduce(products, axis=0).reshape(c, kw, filters)
            dweight += turned.swapaxes(0, 1)[::-1]

    def _lines(self, x, windows):
        """Returns, for each row of the kernel, its pixels (rows of windows, n * across, kw * c)."""
        pixels = windows.lines(x, self.cache)
        lines = self.cache.scratch("lines", pixels.shape)
        np.copyto(lines, pixels)
        height, n, across, kw, c = pixels.shape
        lines = lines.reshape(height, n * across, kw * c)
        down, step = windows.outputs[0], windows.dilation[0]
        return [lines[start : start + down] for start in range(0, windows.size[0] * step, step)]

    def _multiply(self, lines, weight, out):
        """Fills out with the sum of the products with each row of the kernel.

        lines: as returned by ``_lines``    weight: (kh, kw, c, filters)
        out: (n, rows of windows, across, filters)
        """
        n, down, across, filters = out.shape
        weight = weight.reshape(len(lines), -1, filters)
        total, product = self.cache.scratch("sums of lines", (2, down, n * across, filters))
        np.matmul(lines[0], weight[0], out=total)
        for own, row in zip(lines[1:], weight[1:], strict=True):
            np.matmul(own, row, out=product)
            total += product
        out.swapaxes(0, 1)[...] = total.reshape(down, n, across, filters)


def _enough_outputs(windows):
    return 3 * prod(windows.outputs) >= 2 * prod(windows.image)
