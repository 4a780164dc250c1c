import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.plotting.panels import (
    BETWEEN,
    BLUE,
    GREEN,
    SIGNED,
    UNSIGNED,
    VERMILION,
    as_picture,
    check_count,
    colour_bar,
    count_epochs,
    ink,
    panels,
    show_image,
    show_signed,
    symmetric_scale,
)


def boxes(axes):
    """[left, bottom, right, top] of each of the axes, as shares of the figure."""
    return np.array([ax.get_position().get_points().ravel() for ax in axes])


def test_colours_are_those_of_okabe_and_ito(pyplot):
    to_rgb = pyplot.matplotlib.colors.to_rgb
    wanted = {BLUE: (0, 114, 178), VERMILION: (213, 94, 0), GREEN: (0, 158, 115)}
    for colour, rgb in wanted.items():
        assert_allclose(to_rgb(colour), np.divide(rgb, 255))


def test_maps_of_colours_say_sign_and_size(pyplot):
    negative, zero, positive = pyplot.get_cmap(SIGNED)([0.0, 0.5, 1.0])[:, :3]
    assert negative.argmax() == 2
    assert positive.argmax() == 0
    assert zero.min() > 0.95
    dark, light = pyplot.get_cmap(UNSIGNED)([0.0, 1.0])[:, :3] @ (0.299, 0.587, 0.114)
    assert dark < 0.2 < 0.8 < light
    grey = pyplot.matplotlib.colors.to_rgb(BETWEEN)
    assert grey == (0.75, 0.75, 0.75)


@pytest.mark.parametrize("value", [1, 7, np.int64(3)])
def test_counts_are_accepted(value):
    check_count("n_tiles", value)


@pytest.mark.parametrize("value", [0, -1, 2.0, "3", True, None, np.nan])
def test_what_is_no_count_raises(value):
    with pytest.raises(ValueError, match=f"^n_tiles must be a positive int, got {value!r}"):
        check_count("n_tiles", value)


def test_ink_is_that_of_the_style(pyplot):
    assert ink() == "black"
    with pyplot.style.context("dark_background"):
        assert ink() == "white"


# Where panels are put


def test_new_figure_has_its_panels_row_by_row(pyplot):
    figure, axes = panels(None, 2, 3, n=5, width_ratios=[1, 2, 3], figsize=(6, 3))
    assert_array_equal(figure.get_size_inches(), (6, 3))
    assert list(figure.axes) == list(axes)
    assert axes.dtype == object
    assert axes.shape == (5,)
    places = [ax.get_subplotspec() for ax in axes]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [
        *((0, 0), (0, 1), (0, 2), (1, 0), (1, 1))
    ]
    assert_array_equal(places[0].get_gridspec().get_width_ratios(), [1, 2, 3])
    engine = figure.get_layout_engine()
    assert type(engine).__name__ == "ConstrainedLayoutEngine"
    assert engine.get()["wspace"] == 0.06


def test_number_of_panels_is_that_of_rows_and_columns(pyplot):
    assert len(panels(None, 2, 3)[1]) == 6
    assert len(panels(None, 2)[1]) == 2


def test_panels_lie_in_the_place_of_axes_in_a_grid(pyplot):
    figure = pyplot.figure(figsize=(5, 4))
    ax = figure.add_subplot(2, 2, 2)
    ((left, bottom, right, top),) = boxes([ax])
    got, axes = panels(ax, 3, 2, width_ratios=[1, 3])
    assert got is figure
    assert not ax.axison
    places = boxes(axes)
    assert_allclose(places[[0, 2, 4], 0], left)
    assert_allclose(places[[1, 3, 5], 2], right)
    assert_allclose(places[:2, 3], top)
    assert_allclose(places[4:, 1], bottom)
    assert np.all(places[2:, 3] < places[:-2, 1])  # the next row stands below
    widths = places[:, 2] - places[:, 0]
    assert_allclose(widths[1::2], 3 * widths[::2])


def test_panels_lie_in_the_place_of_axes_without_a_grid(pyplot):
    figure = pyplot.figure()
    ax = figure.add_axes([0.5, 0.1, 0.3, 0.6])
    _, axes = panels(ax, 2)
    assert not ax.axison
    upper, lower = boxes(axes)
    assert_allclose(upper[[0, 2, 3]], (0.5, 0.8, 0.7))
    assert_allclose(lower[[0, 1, 2]], (0.5, 0.1, 0.8))
    assert lower[3] < upper[1]


def test_given_axes_are_drawn_in_themselves_if_as_many_as_wanted(pyplot):
    figure, grid = pyplot.subplots(2, 2)
    for given in (grid, grid.tolist()):
        got, axes = panels(given, 1, 4)
        assert got is figure
        assert list(axes) == list(grid.ravel())
        assert axes.shape == (4,)
    (one,) = panels(grid[0, 1], 1)[1]
    assert one is grid[0, 1]
    assert one.axison
    for n in (3, 5):
        with pytest.raises(ValueError, match=f"axes, or {n} of them, one per panel, got 4"):
            panels(grid, n)


# What is drawn


def test_grey_images_go_from_black_to_white(pyplot):
    image = np.array([[[0.5], [2.0], [-1.0]], [[0.0], [1.0], [0.25]]])
    ax = pyplot.figure().subplots()
    show_image(ax, image)
    (drawn,) = ax.images
    assert_array_equal(drawn.get_array(), image[..., 0])
    assert drawn.get_clim() == (-1, 2)
    black, white = drawn.to_rgba([-1.0, 2.0])
    assert_array_equal(black[:3], 0)
    assert_array_equal(white[:3], 1)
    assert ax.yaxis_inverted()  # the first row is at the top
    assert not ax.xaxis_inverted()
    assert ax.get_title() == "Image"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Column (pixels)", "Row (pixels)")


@pytest.mark.parametrize("channels", [2, 4])
def test_images_of_other_channels_show_their_mean(channels):
    image = np.random.default_rng(0).uniform(size=(3, 2, channels))
    picture, shades = as_picture(image)
    assert_allclose(picture, sum(image[..., c] for c in range(channels)) / channels)
    assert shades == {"cmap": "gray"}


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0.25, 0.5, (0.25, 0.5)),  # as they are
        (-1.0, 0.5, (0.0, 0.75)),
        (0.25, 4.0, (0.0625, 1.0)),
        (-1.0, 3.0, (0.0, 1.0)),
    ],
)
def test_colours_of_an_image_are_kept_or_brought_between_0_and_1(low, high, wanted):
    image = np.linspace(low, high, 18).reshape(2, 3, 3)
    before = image.copy()
    picture, shades = as_picture(image)
    assert_allclose((picture[0, 0, 0], picture[-1, -1, -1]), wanted)
    assert_allclose(np.diff(picture.ravel()), (wanted[1] - wanted[0]) / 17)
    assert shades == {}
    assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("numbers", "largest"), [([-3.0, 1.0], 3), ([-1.0, 2.0], 2), ([0.0, 0.0], 1)]
)
def test_scale_is_symmetric_around_0(numbers, largest):
    wanted = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    assert symmetric_scale(np.array(numbers)) == wanted


def test_signed_numbers_have_a_colour_bar_and_axes_of_pixels(pyplot):
    image = np.array([[-3.0, 1.0, 0.0], [2.0, 0.5, -0.5]])
    _, (ax, other) = pyplot.subplots(1, 2)
    show_signed(ax, image, "Evidence")
    (drawn,) = ax.images
    assert_array_equal(drawn.get_array(), image)
    assert drawn.get_clim() == (-3, 3)
    assert drawn.get_cmap().name == "RdBu_r"
    (bar,) = ax.child_axes
    assert bar.get_ylabel() == "Evidence"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Column (pixels)", "Row (pixels)")
    show_signed(other, image, "Evidence", cmap="PuOr", vmax=7)
    assert other.images[0].get_clim() == (-3, 7)
    assert other.images[0].get_cmap().name == "PuOr"


def test_colour_bar_stands_right_of_the_image_as_high_as_that(pyplot):
    figure, ax = pyplot.subplots()
    drawn = ax.imshow(np.arange(6.0).reshape(2, 3))
    bar = colour_bar(drawn, "Weight")
    assert bar.mappable is drawn
    assert bar.ax.get_ylabel() == "Weight"
    figure.draw_without_rendering()
    image, place = ax.get_window_extent(), bar.ax.get_window_extent()
    assert_allclose((place.y0, place.y1), (image.y0, image.y1))
    assert_allclose((place.x0 - image.x0, place.width), np.multiply((1.03, 0.04), image.width))


def test_pixels_are_counted_in_whole_numbers(pyplot):
    ax = pyplot.figure().subplots()
    show_image(ax, np.zeros((2, 29, 1)))
    assert_array_equal([tick for tick in ax.get_yticks() if 0 <= tick <= 1], [0, 1])
    across = ax.get_xticks()
    assert_array_equal(across, np.round(across))
    assert np.sum((across >= 0) & (across < 29)) in (3, 4, 5)
    show_image(ax, np.zeros((2, 20, 1)))
    ax.set_xlim(-0.5, 19.5)
    assert_array_equal([tick for tick in ax.get_xticks() if 0 <= tick < 20], [0, 5, 10, 15])


@pytest.mark.parametrize("unit", ["Epoch", "Iteration"])
def test_epochs_are_counted_in_whole_numbers_and_named_below(unit, pyplot):
    _, axes = pyplot.subplots(2, 1)
    for ax in axes:
        ax.plot([1, 2, 3], [0.0, 1.0, 2.0])
    count_epochs(axes, *([] if unit == "Epoch" else [unit]))
    for ax in axes:
        assert_array_equal([tick for tick in ax.get_xticks() if 1 <= tick <= 3], [1, 2, 3])
    assert [ax.get_xlabel() for ax in axes] == ["", unit]
