import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_array_equal
from rows import in_turn

from sknn.nn.layers.windows import (
    Windows,
    as_padding,
    image_shape,
    images_at_a_time,
    overlapping,
    pair,
    place_in_zeros,
    windows_over,
)
from sknn.nn.workspace import Workspace

SETTINGS = {  # image, size, stride, padding, dilation
    "valid": ((6, 5), (3, 2), (1, 1), "valid", (1, 1)),
    "same": ((6, 5), (3, 3), (1, 1), "same", (1, 1)),
    "same, even window": ((5, 6), (4, 2), (1, 1), "same", (1, 1)),
    "same, odd sides and steps of two": ((7, 5), (3, 2), (2, 2), "same", (1, 1)),
    "same, even sides and steps of two": ((6, 8), (3, 5), (2, 2), "same", (1, 1)),
    "same, steps above the window": ((8, 7), (2, 1), (3, 4), "same", (1, 1)),
    "same, window above the image": ((2, 3), (5, 4), (1, 2), "same", (1, 1)),
    "same, one pixel": ((1, 1), (3, 2), (2, 2), "same", (1, 1)),
    "steps that leave out pixels": ((8, 9), (2, 3), (3, 5), "valid", (1, 1)),
    "window as large as the image": ((4, 5), (4, 5), (1, 1), "valid", (1, 1)),
    "steps that would overflow in bytes": ((4, 3), (2, 1), (2**61, 2**61), "valid", (1, 2**61)),
    "dilation": ((8, 7), (3, 2), (1, 1), "valid", (2, 3)),
    "dilation, same": ((7, 6), (3, 3), (2, 1), "same", (2, 3)),
    "dilation far above the image": ((5, 3), (3, 3), (2, 1), "same", (8, 4)),
    "padding": ((5, 4), (3, 3), (2, 1), ((1, 1), (1, 1)), (1, 1)),
    "asymmetric padding": ((5, 4), (3, 2), (1, 2), ((2, 0), (1, 3)), (1, 1)),
    "padding above the window": ((3, 2), (2, 2), (1, 3), ((5, 4), (3, 0)), (1, 1)),
    "window that only padding has room for": ((2, 2), (4, 5), (1, 1), ((1, 1), (3, 0)), (1, 1)),
}
each = in_turn("settings", SETTINGS)


def borders(side, size, stride, padding, dilation):
    """(before, after) along one axis, by the rule of the deep-learning libraries."""
    if padding == "valid":
        return 0, 0
    if padding != "same":
        return padding
    n_windows = int(np.ceil(side / stride))
    total = max((n_windows - 1) * stride + (size - 1) * dilation + 1 - side, 0)
    return total // 2, total - total // 2


def seen_along(side, size, stride, padding, dilation):
    """For each window along one axis, the pixels in its places: their numbers, some outside."""
    before, after = borders(side, size, stride, padding, dilation)
    starts = range(-before, side + after - (size - 1) * dilation, stride)
    return [[start + place * dilation for place in range(size)] for start in starts]


def seen(image, size, stride, padding, dilation):
    """The same along both axes: (rows, columns)."""
    padding = (padding, padding) if isinstance(padding, str) else padding
    return [
        seen_along(*along) for along in zip(image, size, stride, padding, dilation, strict=True)
    ]


@each
def test_windows_are_as_many_as_fit(settings):
    rows, columns = seen(*settings)
    assert Windows(*settings).outputs == (len(rows), len(columns))


@each
def test_pixels_are_those_of_every_window_and_zeros_outside(settings):
    (height, width), size = settings[:2]
    x = 1 + np.arange(2 * height * width * 3, dtype=float).reshape(2, height, width, 3)
    windows, (rows, columns) = Windows(*settings), seen(*settings)
    wanted = np.zeros((2, len(rows), len(columns), *size, 3))
    for i, j, a, b in np.ndindex(wanted.shape[1:5]):
        row, column = rows[i][a], columns[j][b]
        if 0 <= row < height and 0 <= column < width:
            wanted[:, i, j, a, b] = x[:, row, column]
    assert_array_equal(windows.pixels(x, Workspace(x.dtype)), wanted)


@each
def test_places_are_where_the_windows_have_real_pixels(settings):
    (height, width), size = settings[:2]
    windows, (rows, columns) = Windows(*settings), seen(*settings)
    numbers = np.arange(height * width).reshape(height, width)
    assert [place.number for place in windows.places] == list(range(size[0] * size[1]))
    for place, (a, b) in zip(windows.places, np.ndindex(size), strict=True):
        ours = np.full(windows.outputs, -1)
        ours[place.windows] = numbers[place.pixels]
        wanted = np.full(windows.outputs, -1)
        for i, j in np.ndindex(windows.outputs):
            if 0 <= rows[i][a] < height and 0 <= columns[j][b] < width:
                wanted[i, j] = numbers[rows[i][a], columns[j][b]]
        assert_array_equal(ours, wanted)
        assert place.everywhere == (wanted >= 0).all()


@each
def test_windows_overlap_where_they_say_so(settings):
    windows = Windows(*settings)
    counts = np.zeros(settings[0])
    for place in windows.places:
        counts[place.pixels] += 1
    assert windows.overlapping or counts.max() <= 1


def test_windows_of_pooling_do_not_overlap():
    assert not Windows((7, 5), (2, 3), (2, 3), "same").overlapping
    assert Windows((7, 5), (2, 3), (2, 2), "same").overlapping


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("stride", [1, 2, 3, 8])
def test_same_makes_ceil_of_side_over_stride_with_a_real_pixel_in_every_window(size, stride):
    for side in range(1, 12):
        windows = Windows((side, 1), (size, size), (stride, stride), "same")
        assert windows.outputs == (int(np.ceil(side / stride)), 1)
        reached = np.zeros(windows.outputs, bool)
        for place in windows.places:
            reached[place.windows] = True
        assert reached.all()


@pytest.mark.parametrize("side", [5, 6, 28])
@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_valid_makes_ceil_of_side_less_size_over_stride(side, size, stride):
    windows = Windows((side, side), (size, size), (stride, stride), "valid")
    n = int(np.ceil((side - size + 1) / stride))
    assert windows.outputs == (n, n)


def test_odd_pixel_of_same_goes_to_the_end():
    assert Windows((4, 6), (2, 3), (1, 2), "same").padding == ((0, 1), (0, 1))


@pytest.mark.parametrize(
    ("image", "size", "padding", "dilation", "least"),
    [
        ((2, 9), (3, 3), "valid", (1, 1), "3 x 3"),
        ((9, 4), (2, 3), "valid", (4, 2), "5 x 5"),
        ((3, 3), (7, 7), ((1, 1), (1, 1)), (1, 1), "5 x 5"),
        ((3, 3), (2, 7), ((3, 3), (1, 2)), (1, 1), "1 x 4"),
    ],
)
def test_image_without_room_for_a_window_is_told_what_it_needs(
    image, size, padding, dilation, least
):
    message = f"at least {least} pixels with padding=.*got {image[0]} x {image[1]}. Use padding='sa"
    with pytest.raises(ValueError, match=message):
        Windows(image, size, (1, 1), padding, dilation)
    enough = tuple(int(side) for side in least.split(" x "))
    assert min(Windows(enough, size, (1, 1), padding, dilation).outputs) == 1


def test_windows_of_the_same_settings_are_shared():
    settings = (6, 5), (3, 3), (1, 1), "same"
    assert windows_over(*settings) is windows_over(*settings)
    assert windows_over(*settings) is not windows_over((6, 6), *settings[1:])


@pytest.mark.parametrize("step", [1, 2], ids=["contiguous", "not contiguous"])
def test_overlapping_shows_numbers_several_times(step):
    array = np.arange(5.0).repeat(step)[::step]
    assert_array_equal(overlapping(array, (3, 3), (8, 8)), [[0, 1, 2], [1, 2, 3], [2, 3, 4]])


def test_place_in_zeros_leaves_nothing_of_what_was_there():
    x, out = normal(2, 3, 2, 4), np.full((2, 6, 5, 4), np.nan)
    place_in_zeros(x, out, 2, 1)
    assert_array_equal(out, np.pad(x, ((0, 0), (2, 1), (1, 2), (0, 0))))
    same = np.full_like(x, np.nan)
    place_in_zeros(x, same)
    assert_array_equal(same, x)


@pytest.mark.parametrize("n", [1, 2, 7, 100])
@pytest.mark.parametrize("shape", [(4, 4), (300, 300), (2000, 2000)], ids=str)
def test_images_at_a_time_are_all_images_in_order_and_fit_the_memory(n, shape):
    slices = images_at_a_time(n, shape, itemsize=4, memory=2**20)
    assert_array_equal(np.concatenate([np.arange(n)[at] for at in slices]), np.arange(n))
    for at in slices:
        count = at.stop - at.start
        assert count == 1 or count * np.prod(shape) * 4 <= 2**20
    assert len(slices) == int(np.ceil(n / max(1, 2**20 // (4 * np.prod(shape)))))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(3, (3, 3)), ((2, 3), (2, 3)), ([2, 3], (2, 3)), (np.int64(3), (3, 3))],
    ids=repr,
)
def test_pair_is_one_for_both_or_one_for_each(value, wanted):
    assert pair("stride", value) == wanted
    assert all(type(side) is int for side in pair("stride", value))


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        3.0,
        True,
        "3",
        None,
        (3,),
        (3, 0),
        (3, 3, 3),
        (2.0, 3),
        (True, 3),
        {3, 4},
        np.timedelta64(3, "s"),
    ],
)
def test_pair_refuses_anything_else(value):
    with pytest.raises(
        ValueError, match=r"stride must be an int of at least 1, or a pair"
    ) as error:
        pair("stride", value)
    assert str(error.value).endswith(f"got {value!r}.")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("same", "same"),
        ("valid", "valid"),
        (0, ((0, 0), (0, 0))),
        (2, ((2, 2), (2, 2))),
        (np.int64(2), ((2, 2), (2, 2))),
        ((1, 2), ((1, 1), (2, 2))),
        ((1, (2, 3)), ((1, 1), (2, 3))),
        (((0, 1), (2, 3)), ((0, 1), (2, 3))),
        ([[0, 1], [2, 3]], ((0, 1), (2, 3))),
    ],
    ids=repr,
)
def test_padding_is_a_name_or_a_number_for_each_side(value, wanted):
    assert as_padding(value) == wanted


@pytest.mark.parametrize(
    "value",
    ["full", -1, 1.0, True, None, (1,), (1, 2, 3), (1, -2), ((0, 1), (2, -3)), ("same", "valid")],
    ids=repr,
)
def test_padding_of_any_other_kind_is_refused(value):
    with pytest.raises(ValueError, match=r"padding must be 'same', 'valid', a number") as error:
        as_padding(value)
    assert str(error.value).endswith(f"got {value!r}.")


def test_image_shape_is_that_of_an_image():
    assert image_shape((4, 5, 3)) == (4, 5, 3)


@pytest.mark.parametrize("shape", [(6,), (6, 4), (2, 6, 4, 1)], ids=str)
def test_image_shape_of_anything_else_names_the_remedy(shape):
    message = rf"needs images of shape \(height, width, channels\), got .*\({shape[0]},.*Flatten"
    with pytest.raises(ValueError, match=message):
        image_shape(shape)


@pytest.mark.parametrize("padding", ["valid", ((2, 1), (0, 3))], ids=str)
def test_lines_are_the_pixels_of_windows_row_by_row(padding):
    windows = Windows((7, 8), (3, 2), (1, 2), padding, (2, 3))
    x = np.random.default_rng(0).normal(size=(2, 7, 8, 3))
    lines = windows.lines(x, Workspace(x.dtype))
    padded = np.pad(x, ((0, 0), *windows.padding, (0, 0)))
    assert lines.shape == (padded.shape[1], 2, windows.outputs[1], 2, 3)
    for row, across, place in np.ndindex(len(lines), windows.outputs[1], 2):
        assert_array_equal(lines[row, :, across, place], padded[:, row, 2 * across + 3 * place])
