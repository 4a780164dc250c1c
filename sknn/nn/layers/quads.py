"""Convolution of few channels for the four windows of a 2 x 2 pooling at a time."""

import numpy as np

from sknn.nn.layers.columns import COPY, NARROW, Columns
from sknn.nn.layers.windows import windows_over


class Quads:
    """One pass of a convolution before 2 x 2 pooling, with one product for four windows.

    The union of four windows has (kh + 1) x (kw + 1) pixels, fewer than the four windows
    together, so that less is copied. It takes four times as many filters, each with zeros around
    its kernel. With few filters, the larger matrix product gains more than the zeros cost, and
    pooling compares long runs of memory.

    As in ``Winograd``, the outputs are tiles, (2, 2, n, tiles down, tiles across, filters), but
    the channels come first in memory. A last row or column of windows without a partner is left
    out.
    """

    filters_first = True

    def __init__(self, weight, windows, cache):
        kh, kw, c, self._filters = weight.shape
        self.weight, self.windows, self.cache = weight, windows, cache
        wide = np.zeros((kh + 1, kw + 1, c, 2, 2, self._filters), weight.dtype)
        for i, j in np.ndindex(2, 2):
            wide[i : i + kh, j : j + kw, :, i, j] = weight
        unions = windows_over(windows.image, (kh + 1, kw + 1), (2, 2), windows.padding)
        self._columns = Columns(wide.reshape(*wide.shape[:3], -1), unions, cache)

    @staticmethod
    def suits(windows, pool, c, filters):
        """Whether the saved copies of pixels outweigh the multiplications by zero."""
        pairs = tuple(side // 2 for side in windows.outputs)
        if windows.stride != (1, 1) or windows.dilation != (1, 1) or pool.outputs != pairs:
            return False
        kh, kw = windows.size
        one_by_one = 4 * kh * kw * (COPY + 2 * filters)
        return c < NARROW and (kh + 1) * (kw + 1) * (COPY + 8 * filters) <= one_by_one

    def blocks(self, n, backward=False):
        """Slices of n images to process at a time, both forward and backward."""
        return self._columns.blocks(n)

    def outputs(self, x):
        """The weighted sum of each window of x (n, height, width, c), as tiles."""
        outputs = self.empty_outputs(len(x))
        self._columns.convolve(x, _turned(outputs).T)
        return outputs

    def empty_outputs(self, n):
        """Scratch memory for the outputs of n images."""
        tiles = self._columns.windows.outputs
        memory = self.cache.scratch("outputs", (2, 2, self._filters, n, *tiles))
        return np.moveaxis(memory, 2, -1)

    def differentiate_outputs(self, x, doutputs, dx):
        """Adds to the gradient of the weights. Fills dx unless it is None."""
        self._columns.differentiate(x, _turned(doutputs).T, dx)

    @property
    def dweight(self):
        kh, kw, c, filters = self.weight.shape
        wide = self._columns.dweight.reshape(kh + 1, kw + 1, c, 2, 2, filters)
        return sum(wide[i : i + kh, j : j + kw, :, i, j] for i, j in np.ndindex(2, 2))


def _turned(outputs):
    """The tiles in the order of memory: (4 * filters, windows)."""
    memory = np.moveaxis(outputs, -1, 2)
    return memory.reshape(4 * memory.shape[2], -1)
