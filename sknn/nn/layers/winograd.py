"""3 x 3 convolution with 16 multiplications instead of 36: Winograd's F(2 x 2, 3 x 3).

Lavin & Gray (2016), section 4.1. Each tile of 2 x 2 outputs is computed from 4 x 4 pixels. Pixels
and weights are each transformed to 16 values. These are multiplied, as one matrix product over
channels for each of the 16, and the products are transformed back. The transforms are matrix
products, too: with the matrices B, G and A of the paper along one axis, and with their Kronecker
products along both.
"""

from functools import cache as cached
from math import prod

import numpy as np

from sknn.nn.layers.windows import images_at_a_time, overlapping, place_in_zeros

PIXELS = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])  # B^T
WEIGHTS = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])  # G
OUTPUTS = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])  # A^T
LARGEST = 2**24  # bytes of transformed pixels that are kept from forward for backward
# The least bytes in c * filters / (c + filters) numbers. The products that are saved grow with
# c * filters; the transforms, which memory holds up, with c + filters. They cost twice as much if
# the outputs have to be put in order. Both numbers are measured.
TILED, IN_ORDER = 40, 80


class Winograd:
    """One pass of a convolution, like ``Columns``, for 3 x 3 kernels with strides of one pixel.

    ``outputs`` returns tiles and ``differentiate_outputs`` takes them:
    (2, 2, n, tiles down, tiles across, filters). The last tiles can extend beyond the edge. If
    ``keep`` has stored the transformed pixels of each block, a later pass with the same cache
    uses them again.
    """

    filters_first = False

    def __init__(self, weight, windows, cache):
        self.windows, self.cache = windows, cache
        self._c, self._filters = weight.shape[2:]
        self._dtype = weight.dtype
        self._tiled = tuple(-(-side // 2) for side in windows.outputs)
        transformed = self._both_axes("weights") @ weight.reshape(9, -1)
        self._weights = transformed.reshape(16, self._c, self._filters)
        self._total = 0
        self._n_blocks = 0
        self._kept = cache.get("kept")

    @staticmethod
    def suits(windows, c, filters, itemsize, tiled=False):
        """Whether a 3 x 3 convolution with strides of one pixel has enough channels to benefit.

        itemsize: bytes per value    tiled: whether the caller accepts tiles as outputs
        """
        settings = windows.size, windows.stride, windows.dilation
        enough = (TILED if tiled else IN_ORDER) * (c + filters)
        return settings == ((3, 3), (1, 1), (1, 1)) and c * filters * itemsize >= enough

    def blocks(self, n, backward=False):
        """Slices of n images to process at a time, both forward and backward."""
        shape = (*self._tiled, 16, 2 * self._c + self._filters)
        return images_at_a_time(n, shape, self._dtype.itemsize, memory=2**22)

    def keep(self, n):
        """Keeps the transformed pixels of n images for backward, unless they are too large."""
        n_bytes = 16 * n * prod(self._tiled) * self._c * self._dtype.itemsize
        self._kept = self.cache["kept"] = n_bytes <= LARGEST

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
        if not self._kept:
            self._transform(x, tiles)
        dproducts = self._products(tiles)
        np.dot(self._both_axes("outputs").T, doutputs.reshape(4, -1), _rows(dproducts))
        self._total = self._total + np.matmul(tiles.swapaxes(1, 2), dproducts)
        if dx is not None:
            np.matmul(dproducts, self._weights.swapaxes(1, 2), out=tiles)
            self._add_up(tiles, dx)

    @property
    def dweight(self):
        dweight = self._both_axes("weights").T @ _rows(self._total)
        return dweight.reshape(3, 3, self._c, self._filters)

    def _both_axes(self, name):
        return _both_axes(name, self._dtype)

    def _products(self, tiles):
        return self.cache.scratch("products", (*tiles.shape[:2], self._filters))

    def _padded(self, n):
        down, across = self._tiled
        return self.cache.scratch("padded", (n, 2 * down + 2, 2 * across + 2, self._c))

    def _tiles(self, n):
        """Memory for the transformed pixels of the next block: (16, tiles, c)."""
        shape = (16, n * prod(self._tiled), self._c)
        self._n_blocks += 1
        if self._kept:
            return self.cache.array(f"tiles {self._n_blocks}", shape)
        return self.cache.scratch("tiles", shape)

    def _transform(self, x, tiles):
        """tiles = B^T d B of every tile d of 4 x 4 pixels."""
        n, (down, across) = len(x), self._tiled
        padded = self._padded(n)
        (top, _), (left, _) = self.windows.padding
        place_in_zeros(x, padded, top, left)
        image, row, column, channel = padded.strides
        shape = (4, 4, n, down, across, self._c)
        pixels = self.cache.scratch("pixels", shape)
        steps = (row, column, image, 2 * row, 2 * column, channel)
        np.copyto(pixels, overlapping(padded, shape, steps))
        np.dot(self._both_axes("pixels"), _rows(pixels), _rows(tiles))

    def _add_up(self, dtiles, dx):
        """dx = the sum of the gradients over the tiles with this pixel; transposed transform."""
        n, (down, across) = len(dx), self._tiled
        pixels = self.cache.scratch("pixels", (4, 4, n, down, across, self._c))
        np.dot(self._both_axes("pixels").T, _rows(dtiles), _rows(pixels))
        padded = self._padded(n)
        padded.fill(0)
        pairs = padded.reshape(n, down + 1, 2, across + 1, 2, self._c).transpose(2, 4, 0, 1, 3, 5)
        for i, j in np.ndindex(2, 2):  # a tile has pixels of two pairs along each axis
            own = pixels[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            pairs[:, :, :, i : i + down, j : j + across] += own
        (top, _), (left, _) = self.windows.padding
        height, width = self.windows.image
        dx[...] = padded[:, top : top + height, left : left + width]


@cached
def _both_axes(name, dtype):
    """The transform along both axes as one matrix."""
    along_one = {"pixels": PIXELS, "weights": WEIGHTS, "outputs": OUTPUTS}[name]
    return np.kron(along_one, along_one).astype(dtype)


def _rows(array):
    return array.reshape(16, -1)
