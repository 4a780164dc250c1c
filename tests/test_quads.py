"""Four windows of a convolution at once, against SciPy's correlations of each."""

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate

from sknn.nn.layers.quads import Quads
from sknn.nn.layers.windows import Windows
from sknn.nn.workspace import Workspace

N, C, FILTERS = 3, 2, 5
SETTINGS = {  # image, size, padding
    "same": ((6, 8), (3, 3), "same"),
    "valid": ((7, 6), (2, 3), "valid"),
    "an odd row and column": ((7, 9), (3, 3), "same"),
    "large": ((12, 11), (5, 5), "valid"),
    "padded": ((4, 5), (3, 2), ((2, 0), (1, 3))),
}
each_setting = pytest.mark.parametrize(
    ("image", "size", "padding"), SETTINGS.values(), ids=SETTINGS
)


def drawn(image, size, padding, c=C, dtype=np.float64):
    """(kernel, x, weighted sums of the windows that make pairs, as tiles), the sums by SciPy."""
    windows, weight = Windows(image, size, (1, 1), padding), normal(*size, c, FILTERS, seed=1)
    x = normal(N, *image, c)
    padded = np.pad(x, ((0, 0), *windows.padding, (0, 0)))
    z = np.empty((N, *windows.outputs, FILTERS))
    for sample, own in np.ndindex(N, FILTERS):
        z[sample, :, :, own] = correlate(padded[sample], weight[..., own], "valid")[..., 0]
    down, across = (side // 2 for side in windows.outputs)
    pairs = z[:, : 2 * down, : 2 * across].reshape(N, down, 2, across, 2, FILTERS)
    kernel = Quads(weight.astype(dtype), windows, Workspace(dtype))
    return kernel, x.astype(dtype), pairs.transpose(2, 4, 0, 1, 3, 5)


@each_setting
@pytest.mark.parametrize(
    ("c", "dtype"), [(1, np.float64), (C, np.float64), (9, np.float64), (C, np.float32)]
)
def test_outputs_are_the_correlations_of_scipy(image, size, padding, c, dtype):
    kernel, x, wanted = drawn(image, size, padding, c, dtype)
    outputs = kernel.outputs(x)
    assert outputs.dtype == dtype
    precision = 1e-12 if dtype == np.float64 else 1e-4
    assert_allclose(outputs, wanted, rtol=precision, atol=precision)
    assert np.moveaxis(outputs, -1, 2).flags.c_contiguous  # pooling has long runs of memory


@each_setting
def test_gradients_of_quads_are_its_transposes(image, size, padding):
    kernel, x, wanted = drawn(image, size, padding)
    doutputs, dx = kernel.empty_outputs(N), np.empty_like(x)
    doutputs[...] = dz = normal(*wanted.shape, seed=2)
    kernel.differentiate_outputs(x, doutputs, dx)
    product = np.vdot(dz, wanted)  # <dz, K x> = <K^T dz, x> = <dK, K>
    assert_allclose(np.vdot(dx, x), product, rtol=1e-10)
    assert_allclose(np.vdot(kernel.dweight, kernel.weight), product, rtol=1e-10)
    doutputs[...] = dz
    kernel.differentiate_outputs(x, doutputs, None)
    assert_allclose(np.vdot(kernel.dweight, kernel.weight), 2 * product, rtol=1e-10)


def test_blocks_are_all_images_in_order():
    kernel, *_ = drawn((40, 40), (5, 5), "same")
    blocks = kernel.blocks(90)
    assert_array_equal(np.concatenate([np.arange(90)[at] for at in blocks]), np.arange(90))
    assert len(blocks) > 1


@pytest.mark.parametrize(
    ("side", "size", "c", "filters", "suits"),
    [  # which was faster when both were measured
        (28, 5, 1, 6, True),
        (12, 5, 6, 16, True),
        (28, 5, 1, 16, True),
        (28, 7, 1, 16, True),
        (28, 3, 3, 8, True),
        (32, 3, 3, 32, False),
        (14, 5, 16, 32, False),
        (14, 5, 8, 6, False),
    ],
)
def test_quads_suit_few_channels_and_filters(side, size, c, filters, suits):
    windows = Windows((side, side), (size, size), (1, 1), "same")
    pool = Windows(windows.outputs, (2, 2), (2, 2), "valid")
    assert Quads.suits(windows, pool, c, filters) == suits


@pytest.mark.parametrize(
    ("image", "stride", "dilation", "padding"),
    [
        ((8, 8), (2, 1), (1, 1), "valid"),
        ((8, 8), (1, 1), (1, 2), "valid"),
        ((8, 7), (1, 1), (1, 1), "same"),  # a pixel that makes no pair is pooled, too
        ((1, 8), (1, 1), (1, 1), "same"),
    ],
)
def test_quads_suit_nothing_but_pairs_of_neighbours(image, stride, dilation, padding):
    windows = Windows(image, (5, 5), stride, "same", dilation)
    pool = Windows(windows.outputs, (2, 2), (2, 2), padding)
    assert not Quads.suits(windows, pool, 1, 6)
