"""What is Winograd's own; what holds for every kernel is in ``test_columns.py``."""

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn.layers.columns import Columns
from sknn.nn.layers.windows import Windows
from sknn.nn.layers.winograd import OUTPUTS, WEIGHTS, Winograd, _transform_fours
from sknn.nn.workspace import Workspace

N, C, FILTERS = 3, 4, 5
SIDES = {"even": (6, 4), "odd": (5, 7), "one row": (1, 6), "one pixel": (1, 1)}
each_image = pytest.mark.parametrize("image", SIDES.values(), ids=SIDES)
SAME = ((3, 3), (1, 1), "same")


def kernels(image, c=C, filters=FILTERS, dtype=np.float64):
    """(Winograd, Columns) of the same weights."""
    weight, windows = normal(3, 3, c, filters, seed=1).astype(dtype), Windows(image, *SAME)
    return [kind(weight, windows, Workspace(dtype)) for kind in (Winograd, Columns)]


def test_transforms_make_two_outputs_of_four_pixels_and_three_weights():
    # Y = A^T [(G g) * (B^T d)] along one axis; Lavin & Gray (2016), section 4.1.
    for d, g in np.ndindex(4, 3):
        pixels, weights = np.eye(4)[d], np.eye(3)[g]
        fours = np.empty((4, 1))
        _transform_fours(pixels.reshape(2, 2).T, fours)
        outputs = OUTPUTS @ ((WEIGHTS @ weights) * fours[:, 0])
        assert_array_equal(outputs, np.correlate(pixels, weights, "valid"))


@each_image
def test_outputs_are_tiles_of_two_by_two(image):
    winograd, columns = kernels(image)
    x, z = normal(N, *image, C), np.empty((N, *image, FILTERS))
    columns.convolve(x, z)
    tiles = winograd.outputs(x)
    down, across = (int(np.ceil(side / 2)) for side in image)
    assert tiles.shape == (2, 2, N, down, across, FILTERS)
    for row, column in np.ndindex(image):
        tile = tiles[row % 2, column % 2, :, row // 2, column // 2]
        assert_allclose(tile, z[:, row, column], rtol=1e-12, atol=1e-12)


@each_image
def test_gradient_by_tiles_is_that_by_images(image):
    winograd, columns = kernels(image)
    x, dz = normal(N, *image, C), normal(N, *image, FILTERS, seed=2)
    dtiles = winograd.empty_outputs(N)
    dtiles.fill(0)
    for row, column in np.ndindex(image):
        dtiles[row % 2, column % 2, :, row // 2, column // 2] = dz[:, row, column]
    dx, wanted_dx = np.empty_like(x), np.empty_like(x)
    winograd.differentiate_outputs(x, dtiles, dx)
    columns.differentiate(x, dz, wanted_dx)
    assert_allclose(dx, wanted_dx, rtol=1e-12, atol=1e-12)
    assert_allclose(winograd.dweight, columns.dweight, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_winograd_of_many_channels_rounds_little_more_than_columns(dtype):
    x, dz = normal(N, 6, 5, 64).astype(dtype), normal(N, 6, 5, 32, seed=2).astype(dtype)
    results = []
    for kernel in kernels((6, 5), 64, 32, dtype):
        z, dx = np.empty_like(dz), np.empty_like(x)
        kernel.convolve(x, z)
        kernel.differentiate(x, dz, dx)
        results.append((z, dx, kernel.dweight))
    for ours, wanted in zip(*results, strict=True):
        assert_allclose(ours, wanted, rtol=0, atol=10 * np.finfo(dtype).eps * np.abs(wanted).max())


@pytest.mark.parametrize("padding", ["same", "valid", ((4, 0), (1, 2))], ids=str)
@pytest.mark.parametrize(
    ("c", "filters", "tiled", "suits"),
    [  # which was faster when both were measured
        (64, 64, False, True),
        (32, 64, False, False),
        (40, 40, False, False),
        (32, 64, True, True),
        (32, 32, True, False),
        (20, 36, True, False),
        (48, 48, False, True),  # 48 channels and as many filters are the least
        (48, 47, False, False),
        (40, 40, True, True),  # before pooling 40
        (40, 39, True, False),
    ],
)
def test_winograd_suits_three_by_three_in_steps_of_one_with_many_channels(
    padding, c, filters, tiled, suits
):
    windows = Windows((8, 8), (3, 3), (1, 1), padding)
    assert Winograd.suits(windows, c, filters, tiled) == suits


@pytest.mark.parametrize(
    ("size", "stride", "dilation"),
    [
        ((5, 5), (1, 1), (1, 1)),
        ((3, 1), (1, 1), (1, 1)),
        ((3, 3), (2, 1), (1, 1)),
        ((3, 3), (1, 1), (1, 2)),
    ],
)
def test_winograd_suits_nothing_else(size, stride, dilation):
    assert not Winograd.suits(Windows((8, 8), size, stride, "same", dilation), 999, 999)
