"""3 x 3 convolution with 16 multiplications instead of 36: Winograd's F(2 x 2, 3 x 3).

Lavin & Gray (2016), section 4.1. Each tile of 2 x 2 outputs is computed from 4 x 4 pixels. Pixels
and weights are each transformed to 16 values. These are multiplied, as one matrix product over
channels for each of the 16, and the products are transformed back. Pixels are transformed by sums
along each axis. Weights and outputs are transformed by matrix products, with the matrices G and A
of the paper along one axis, and with their Kronecker products along both.
"""

from functools import cache
from math import prod

import numpy as np

from sknn.nn.cached import cached
from sknn.nn.layers.windows import images_at_a_time, place_in_zeros

WEIGHTS = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])  # G
OUTPUTS = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])  # A^T
# The minimum of c * filters / (c + filters). The saving in products grows with c * filters. The
# cost of the transforms, which are limited by memory, grows with c + filters. It is higher if the
# outputs have to be put in order. Both numbers were measured against ``Lines``.
TILED, IN_ORDER = 20, 24


class Winograd:
    """One pass of a convolution, like ``Columns``, for 3 x 3 kernels with strides of one pixel.

    ``outputs`` returns tiles and ``differentiate_outputs`` takes them:
    (2, 2, n, tiles down, tiles across, filters). The last tiles can extend beyond the edge.
    """

    filters_first = False

    def __init__(self, weight, windows, cache):
        self.windows, self.cache = windows, cache
        self._c, self._filters = weight.shape[2:]
        self._dtype = weight.dtype
        self._tiled = tuple(-(-side // 2) for side in windows.outputs)
        transformed = self._both_axes("weights") @ weight.reshape(9, -1)
        self._weights = transformed.reshape(16, self._c, self._filters)
        self._total = np.zeros_like(self._weights)

    @staticmethod
    def suits(windows, c, filters, tiled=False):
        """Whether a 3 x 3 convolution with strides of one pixel has enough channels to benefit.

        tiled: whether the caller accepts tiles as outputs
        """
        settings = windows.size, windows.stride, windows.dilation
        enough = (TILED if tiled else IN_ORDER) * (c + filters)
        return settings == ((3, 3), (1, 1), (1, 1)) and c * filters >= enough

    def blocks(self, n, backward=False):
        """Slices of n images to process at a time, both forward and backward."""
        shape = (*self._tiled, 16, 2 * self._c + self._filters)
        return images_at_a_time(n, shape, self._dtype.itemsize)

    def convolve(self, x, z):
        tiles = self.outputs(x)
        for i, j in np.ndindex(2, 2):
            part = z[:, i::2, j::2]
            part[...] = tiles[i, j, :, : part.shape[1], : part.shape[2]]

    def differentiate(self, x, dz, dx):
        dtiles = self.empty_outputs(len(x))
        for i, j in np.ndindex(2, 2):
            part = dz[:, i::2, j::2]
            place_in_zeros(part, dtiles[i, j])
        self.differentiate_outputs(x, dtiles, dx)

    def empty_outputs(self, n):
        """Scratch memory for the outputs of n images."""
        return self.cache.scratch("outputs", (2, 2, n, *self._tiled, self._filters))

    def outputs(self, x):
        """The weighted sum of each window of x (n, height, width, c), as tiles."""
        tiles = self._tiles(len(x))
        self._transform(x, tiles)
        products = self._products(tiles)
        np.matmul(tiles, self._weights, out=products)
        outputs = self.empty_outputs(len(x))
        np.dot(self._both_axes("outputs"), _rows(products), outputs.reshape(4, -1))
        return outputs

    def differentiate_outputs(self, x, doutputs, dx):
        """Adds to ``dweight``. Fills dx unless it is None. Transposes each step of ``outputs``."""
        tiles = self._tiles(len(x))
        self._transform(x, tiles)
        dproducts = self._products(tiles)
        np.dot(self._both_axes("outputs").T, doutputs.reshape(4, -1), _rows(dproducts))
        totals = self.cache.scratch("totals", self._total.shape)
        self._total += np.matmul(tiles.swapaxes(1, 2), dproducts, out=totals)
        if dx is not None:
            np.matmul(dproducts, self._turned, out=tiles)
            self._add_up(tiles, dx)

    @property
    def dweight(self):
        dweight = self._both_axes("weights").T @ _rows(self._total)
        return dweight.reshape(3, 3, self._c, self._filters)

    @cached
    def _turned(self):
        """The transformed weights with the filters first, also in memory.

        BLAS does not copy a small matrix before a product, unless it is a transpose.
        """
        return np.ascontiguousarray(self._weights.swapaxes(1, 2))

    def _both_axes(self, name):
        return _both_axes(name, self._dtype)

    def _products(self, tiles):
        return self.cache.scratch("products", (*tiles.shape[:2], self._filters))

    def _tiles(self, n):
        """Scratch memory for the transformed pixels of n images: (16, tiles, c)."""
        return self.cache.scratch("tiles", (16, n * prod(self._tiled), self._c))

    def _transform(self, x, tiles):
        """Fills tiles with B^T d B of every tile d of 4 x 4 pixels, first down, then across."""
        n, (down, across) = len(x), self._tiled
        padded = self._padded(n)
        padded.fill(0)
        for half, own in self._halves(padded, x):
            own[...] = half
        rows = self.cache.scratch("rows", (4, n, down, 2, across + 1, self._c))
        _transform_fours(padded.transpose(2, 1, 0, 3, 4, 5), rows.transpose(0, 2, 1, 3, 4, 5))
        tiles = tiles.reshape(4, 4, n, down, across, self._c)
        _transform_fours(rows.transpose(3, 4, 0, 1, 2, 5), tiles.transpose(1, 4, 0, 2, 3, 5))

    def _add_up(self, dtiles, dx):
        """Fills dx with the sums of the gradients over all tiles that contain a pixel."""
        n, (down, across) = len(dx), self._tiled
        dtiles = dtiles.reshape(4, 4, n, down, across, self._c)
        rows = self.cache.scratch("rows", (2, 4, n, down + 1, across, self._c))
        _add_up_fours(dtiles.transpose(0, 3, 1, 2, 4, 5), rows.transpose(0, 3, 1, 2, 4, 5))
        padded = self._padded(n)
        _add_up_fours(rows.transpose(1, 4, 0, 2, 3, 5), padded.transpose(3, 4, 2, 0, 1, 5))
        for half, own in self._halves(padded, dx):
            half[...] = own

    def _padded(self, n):
        """Scratch memory for images with borders, with rows and columns in pairs.

        Shape: (n, pairs of rows, 2 rows, 2 columns, pairs of columns, c). The even columns are
        stored apart from the odd ones, so that sums over neighbours read long runs of memory.
        """
        down, across = self._tiled
        return self.cache.scratch("padded", (n, down + 1, 2, 2, across + 1, self._c))

    def _halves(self, padded, images):
        """Yields every other column of the images, and its place in ``padded``, as views."""
        n, pairs_down, _, _, pairs_across, c = padded.shape
        lines = padded.reshape(n, 2 * pairs_down, 2, pairs_across, c)
        (top, _), (left, _) = self.windows.padding
        for first in (0, 1):
            half = images[:, :, first::2]
            pair, column = divmod(left + first, 2)
            at = slice(top, top + half.shape[1]), column, slice(pair, pair + half.shape[2])
            yield half, lines[:, *at]


def _transform_fours(pairs, fours):
    """Fills fours with B^T d for every d of two neighbouring pairs.

    pairs: (2, m + 1, ...)    fours: (4, m, ...)
    """
    (d0, d1), (d2, d3) = pairs[:, :-1], pairs[:, 1:]
    np.subtract(d0, d2, out=fours[0])
    np.add(d1, d2, out=fours[1])
    np.subtract(d2, d1, out=fours[2])
    np.subtract(d1, d3, out=fours[3])


def _add_up_fours(fours, pairs):
    """The transpose of ``_transform_fours``: sums of B t over the two fours of each pair."""
    t0, t1, t2, t3 = fours
    pairs[:, -1] = 0
    (d0, d1), (d2, d3) = pairs[:, :-1], pairs[:, 1:]
    d0[...] = t0
    np.subtract(t1, t2, out=d1)
    d1 += t3
    d2 += t1
    d2 += t2
    d2 -= t0
    d3 -= t3


@cache
def _both_axes(name, dtype):
    """The transform along both axes as one matrix."""
    along_one = {"weights": WEIGHTS, "outputs": OUTPUTS}[name]
    return np.kron(along_one, along_one).astype(dtype)


def _rows(array):
    return array.reshape(16, -1)
