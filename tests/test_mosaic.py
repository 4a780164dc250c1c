import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.plotting.mosaic import Mosaic, caption


def tiles_of(n, height, width, channels=1):
    """Tiles whose numbers are all different."""
    return 1 + np.arange(n * height * width * channels, dtype=float).reshape(
        n, height, width, channels
    )


def pasted(tiles, n_columns, times, between, gap):
    """The picture, number by number."""
    n, height, width, channels = tiles.shape
    height, width = times * height, times * width
    wide = channels * width + (channels - 1) * between
    n_rows = -(-n // n_columns)
    shape = n_rows * (height + gap) - gap, n_columns * (wide + gap) - gap
    picture = np.full(shape, np.nan)
    for number, tile in enumerate(tiles):
        top, left = (number // n_columns) * (height + gap), (number % n_columns) * (wide + gap)
        for y in range(height):
            for x in range(width):
                for c in range(channels):
                    at = left + c * (width + between) + x
                    picture[top + y, at] = tile[y // times, x // times, c]
    return picture


@pytest.mark.parametrize(
    ("shape", "n_columns", "times", "between", "gap"),
    [
        ((5, 20, 9, 1), 3, 2, 5, 5),  # enlarged to 40 x 18
        ((5, 9, 20, 1), 2, 2, 5, 5),
        ((3, 16, 12, 2), 2, 3, 6, 18),  # channels side by side
        ((3, 5, 6, 3), 3, 8, 6, 18),
        ((2, 60, 50, 1), 1, 1, 7, 7),  # as large as they are
        ((2, 48, 48, 1), 2, 1, 6, 6),
        ((7, 24, 25, 1), 4, 1, 3, 3),
    ],
    ids=str,
)
def test_tiles_are_pasted_row_by_row(shape, n_columns, times, between, gap):
    tiles = tiles_of(*shape)
    before = tiles.copy()
    mosaic = Mosaic(tiles, n_columns)
    assert_array_equal(mosaic.image, pasted(tiles, n_columns, times, between, gap))
    assert (mosaic.n_rows, mosaic.n_columns) == (-(-shape[0] // n_columns), n_columns)
    assert_array_equal(tiles, before)


@pytest.mark.parametrize(
    ("shape", "n_columns"),
    [
        ((9, 48, 48, 1), 3),
        ((10, 48, 48, 1), 4),
        ((8, 48, 12, 1), 6),  # sqrt(8 * 4) = 5.7
        ((8, 12, 48, 1), 2),  # sqrt(8 / 4) = 1.4
        ((2, 48, 6, 1), 2),  # no more than there are
        ((1, 5, 5, 1), 1),
    ],
    ids=str,
)
def test_whole_is_about_as_high_as_wide(shape, n_columns):
    assert Mosaic(tiles_of(*shape)).n_columns == n_columns


@pytest.mark.parametrize("n_columns", [0, -1, 2.5, True])
def test_columns_that_are_no_count_raise(n_columns):
    with pytest.raises(ValueError, match="n_columns must be a positive int, got"):
        Mosaic(tiles_of(2, 3, 3), n_columns)


def test_tiles_are_numbered_at_their_middles(pyplot):
    ax = pyplot.figure().subplots()
    drawn = Mosaic(tiles_of(5, 20, 9), 2).draw(ax, "Filter", cmap="gray", vmax=9)
    # 40 x 18 numbers each, with gaps of 5: the middles of the first are 19.5 and 8.5.
    assert_array_equal(ax.get_yticks(), [19.5, 64.5, 109.5])
    assert_array_equal(ax.get_xticks(), [8.5, 31.5])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["0", "2", "4"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["+0", "+1"]
    assert ax.get_xlabel() == "Filter number = row label + column label"
    assert drawn is ax.images[0]
    assert_array_equal(drawn.get_extent(), (-0.5, 40.5, 129.5, -0.5))  # the first row is at the top
    assert drawn.get_interpolation() == "nearest"
    assert drawn.get_cmap().name == "gray"
    assert drawn.get_clim()[1] == 9
    assert_array_equal(ax.get_facecolor()[:3], 0.75)  # the gaps
    for axis in (ax.xaxis, ax.yaxis):
        assert {tick.tick1line.get_markersize() for tick in axis.get_major_ticks()} == {0}


def test_one_row_is_numbered_below_only(pyplot):
    ax = pyplot.figure().subplots()
    Mosaic(tiles_of(3, 24, 24), 3).draw(ax, "Channel")
    assert_array_equal(ax.get_yticks(), [])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1", "2"]
    assert ax.get_xlabel() == "Channel"


@pytest.mark.parametrize(
    ("n_shown", "n", "layer_name", "wanted"),
    [
        (64, 100, "conv2d1", "conv2d1: first 64 of 100 filters"),
        (5, 5, "edges", "edges: 5 filters"),
        (1, 1, None, "1 filter"),
        (1, 2, None, "first 1 of 2 filters"),
    ],
)
def test_captions_say_how_many_are_shown(n_shown, n, layer_name, wanted):
    assert caption(n_shown, n, "filter", layer_name) == wanted
