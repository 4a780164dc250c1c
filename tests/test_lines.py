"""What is the own of ``Lines``; what holds for every kernel is in ``test_columns.py``."""

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose

from sknn.nn.layers.columns import Columns
from sknn.nn.layers.lines import Lines
from sknn.nn.layers.windows import Windows
from sknn.nn.workspace import Workspace


def windows(side=14, size=(5, 5), stride=(1, 1), padding="same", dilation=(1, 1)):
    return Windows((side, side), size, stride, padding, dilation)


@pytest.mark.parametrize(
    ("size", "c", "filters", "suits"),
    [  # which was faster than ``Columns`` when both were measured
        (3, 16, 16, True),
        (7, 16, 32, True),
        (5, 40, 48, True),
        (3, 8, 8, True),
        (3, 7, 16, False),
        (3, 16, 7, False),
        (5, 128, 64, False),
        (3, 96, 96, False),
        (5, 50, 62, True),  # 3,125 for each column of the kernel are the most
        (5, 50, 63, False),
    ],
)
def test_lines_suit_neither_few_nor_very_many_channels(size, c, filters, suits):
    assert Lines.suits(windows(size=(size, size)), c, filters) == suits


@pytest.mark.parametrize(
    ("settings", "suits"),
    [
        ({"dilation": (2, 3)}, True),
        ({"size": (2, 1)}, True),
        ({"size": (1, 5)}, False),  # to copy a line is then to copy a window
        ({"stride": (2, 1)}, False),
        ({"stride": (1, 2), "padding": ((4, 4), (4, 4))}, False),
        ({"padding": ((4, 4), (4, 4))}, True),
        ({"padding": ((5, 0), (0, 0))}, False),  # windows of dz would lie beyond it
        ({"padding": "valid", "side": 22}, True),  # 18 x 18 outputs, two thirds of the pixels
        ({"padding": "valid", "side": 21}, False),
    ],
    ids=str,
)
def test_lines_suit_steps_of_one_with_outputs_for_most_pixels(settings, suits):
    assert Lines.suits(windows(**settings), 16, 16) == suits


@pytest.mark.parametrize(
    ("side", "size", "c", "images"),
    [
        (14, 7, 16, 5),  # 20 x 20 pixels with borders, lines of 7 * 16 numbers of 8 bytes: 2 MiB
        (4, 3, 32, 54),  # 6 pixels across, 3 * 32 * 32 multiply-adds for each: a million
    ],
)
def test_blocks_make_products_small_and_lines_fit_the_cache(side, size, c, images):
    kernel = Lines(normal(size, size, c, c), windows(side, (size, size)), Workspace(np.float64))
    assert kernel.blocks(100)[0] == slice(0, images)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_by_lines_round_no_more_than_those_by_columns(dtype):
    # Shorter sums that are added up lose less than one long sum.
    own = windows(size=(7, 7))
    x, dz = normal(4, 14, 14, 16), normal(4, 14, 14, 24, seed=2)
    weight = normal(7, 7, 16, 24, seed=1)
    results = []
    for kind, of in ((Columns, np.longdouble), (Columns, dtype), (Lines, dtype)):
        kernel = kind(weight.astype(of), own, Workspace(of))
        z, dx = np.empty(dz.shape, of), np.empty(x.shape, of)
        kernel.convolve(x.astype(of), z)
        kernel.differentiate(x.astype(of), dz.astype(of), dx)
        results.append((z, dx, kernel.dweight))
    for wanted, by_columns, by_lines in zip(*results, strict=True):
        bound = 1.5 * np.abs(by_columns - wanted).max()
        assert_allclose(by_lines, wanted, rtol=0, atol=bound)
