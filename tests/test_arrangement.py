import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.plotting.arrangement import (
    LEGEND,
    Arrangement,
    Place,
    counted,
    heading,
    number,
    shortened,
    text_width,
)
from sknn.plotting.columns import Column, Shortcut

matplotlib = pytest.importorskip("matplotlib")
FONT, LINE = 10, 13


def units(*sizes, **settings):
    """Columns of so many units, without names, that weights connect."""
    columns = [Column("a", (n,), weights=np.ones((1, n))) for n in sizes]
    columns[0].weights = None
    return [replaced(column, **settings) for column in columns]


def replaced(column, **settings):
    for name, value in settings.items():
        setattr(column, name, value)
    return column


def arranged(columns, shortcuts=(), size=None, max_units=20, max_maps=6, font=FONT):
    return Arrangement(columns, shortcuts, max_units, max_maps, size, font)


def place_of(*shape, max_units=20, max_maps=6, with_values=False, is_input=False):
    return Place(Column("a", shape), max_units, max_maps, with_values, is_input)


# Texts


@pytest.mark.parametrize(
    ("name", "shape", "is_input", "wanted"),
    [
        ("input", (4,), True, ["input", "4 features"]),
        ("dense1", (1,), False, ["dense1", "1 unit"]),
        ("input", (6, 5, 1), True, ["input", "1 channel", "6 x 5"]),
        ("conv2d1", (6, 5, 8), False, ["conv2d1", "8 maps", "6 x 5"]),
        (" two\n lines ", (1234,), False, ["two lines", "1,234 units"]),
        ("n" * 25, (2,), False, ["n" * 23 + "\u2026", "2 units"]),
    ],
)
def test_headings_tell_name_number_and_size(name, shape, is_input, wanted):
    assert heading(Column(name, shape), is_input) == wanted


def test_counts_agree_with_their_noun():
    texts = [counted(n, "map") for n in (0, 1, 2, 10_000)]
    assert texts == ["0 maps", "1 map", "2 maps", "10,000 maps"]


def test_each_line_is_shortened_by_itself():
    assert shortened("a" * 24 + "\n" + "b" * 30) == "a" * 24 + "\n" + "b" * 23 + "\u2026"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9.9949, "9.99"),
        (-9.9951, "-10.0"),
        (99.949, "99.9"),
        (-99.951, "-100"),
        (9999.4, "9999"),
        (-9999.6, "-1e+04"),
        (-0.0049, "0.00"),
        (-0.0051, "-0.01"),
        (np.float32(0.5), "0.50"),
    ],
)
def test_numbers_have_four_characters_or_so(value, text):
    assert number(value) == text


def measured(text, **font):
    """Width of a text by matplotlib, and 7 % more, for what hinting may add."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    return 1.07 * TextPath((0, 0), text, prop=FontProperties(**font)).get_extents().width


def test_widths_of_texts_are_those_of_their_font():
    assert_allclose(text_width("iiii", 10), measured("iiii", size=10))
    assert_allclose(text_width("iiii", 20), measured("iiii", size=20))
    assert_allclose(text_width("iiii", 10, "bold"), measured("iiii", size=10, weight="bold"))
    with matplotlib.rc_context({"font.family": "monospace"}):
        assert_allclose(text_width("iiii", 10), measured("iiii", size=10))
        assert text_width("iiii", 10) > 20
    assert text_width(" ", 10) == text_width("", 10) == 0
    assert_allclose(text_width("$x^2$", 10), measured("Sx^2S", size=10))


# One column


def test_units_stand_one_below_the_other():
    place = place_of(3)
    place.stand_units(pitch=20, diameter=10)
    assert_allclose(place.offsets, [(0, 20), (0, 0), (0, -20)])
    assert (place.width, place.height, place.half_width, place.half_height) == (10, 10, 5, 25)
    assert place.dots is None
    assert place.left_out == 0
    place.x = 100
    assert_allclose(place.centres, [(100, 20), (100, 0), (100, -20)])
    assert place.top_at(103) == 25
    assert place.least_height == 3 * 14


@pytest.mark.parametrize(
    ("n", "few", "shown", "y", "dots"),
    [
        (7, 4, [0, 1, 5, 6], [46, 26, -26, -46], 0),
        (6, 5, [0, 1, 2, 4, 5], [56, 36, 16, -36, -56], -10),
        (5, 1, [0], [16], -10),
    ],
)
def test_three_dots_stand_for_the_units_left_out(n, few, shown, y, dots):
    place = place_of(n, max_units=few, max_maps=1)
    place.stand_units(pitch=20, diameter=10)
    assert_array_equal(place.shown, shown)
    assert place.left_out == n - few
    assert_allclose(place.offsets, np.column_stack([np.zeros(few), y]))
    assert_allclose(place.dots, [(0, dots + 4.5), (0, dots), (0, dots - 4.5)], atol=1e-9)
    assert_allclose(place.half_height, (few + 0.6) * 10 + 5)
    assert_allclose(place.least_height, (few + 1.6) * 14)


def test_maps_are_stacked_down_and_to_the_right():
    place = place_of(6, 4, 8, max_units=1, max_maps=3)
    place.stand_maps(longest=12, side=60, body=200)
    assert place.stacked
    assert (place.height, place.width) == (30, 20)
    assert_array_equal(place.shown, [0, 1, 7])
    assert place.left_out == 5
    assert_allclose(place.offsets, [(-6, 6), (0, 0), (6, -6)])
    assert (place.half_width, place.half_height) == (16, 21)
    # The dots lead away from the upper left corner of the map at the back.
    assert_allclose(place.dots, [(-16 - d, 21 + d) for d in (4.2, 8.4, 12.6)])
    place.x = 100
    assert place.top_at(100) == 21
    assert place.top_at(107) == 15  # the map at the back ends at 104
    assert place.top_at(115) == 9
    place.stand_maps(longest=12, side=60, body=20)  # half of the height is for what stands out
    assert_allclose(place.offsets, [(-5, 5), (0, 0), (5, -5)])


def test_maps_of_a_sample_stand_one_below_the_other():
    place = place_of(6, 4, 8, max_maps=3, with_values=True)
    place.stand_maps(longest=12, side=60, body=200)
    assert not place.stacked
    assert not place.is_picture
    assert_allclose(place.offsets, [(0, 50.4), (0, 14.4), (0, -50.4)])
    assert_allclose((place.half_width, place.half_height), (10, 65.4))
    assert_allclose(place.dots[1], (0, -18))
    assert_allclose(place.least_height, 3.8 * 1.2 * 7)


def test_maps_have_a_least_size():
    place = place_of(2, 40, 1)
    place.stand_maps(longest=40, side=70, body=200)
    assert (place.height, place.width) == (7, 70)
    place = place_of(40, 2, 1)
    place.stand_maps(longest=40, side=70, body=200)
    assert (place.height, place.width) == (70, 7)
    assert place.least_height == 7


def test_channels_of_an_image_of_a_sample_are_one_picture():
    place = place_of(6, 5, 3, with_values=True, is_input=True)
    assert place.is_picture
    assert_array_equal(place.shown, [0])
    assert place.left_out == 0
    for other in (
        place_of(6, 5, 3, is_input=True),
        place_of(6, 5, 3, with_values=True),
        place_of(3, with_values=True, is_input=True),
    ):
        assert not other.is_picture
        assert_array_equal(other.shown, [0, 1, 2])


def test_largest_side_fills_the_height():
    stack = place_of(6, 4, 3)
    side = stack.largest_side(longest=12, height=100)
    stack.stand_maps(longest=12, side=side, body=100)
    assert_allclose(2 * stack.half_height, 100)
    row = place_of(6, 4, 8, max_maps=3, with_values=True)
    side = row.largest_side(longest=12, height=100)
    row.stand_maps(longest=12, side=side, body=100)
    assert_allclose(2 * row.half_height + 0.2 * row.height, 100)


# Columns side by side


@pytest.mark.parametrize(
    ("sizes", "body", "pitch", "diameter"),
    [
        ((4, 3), 170, 42, 29.4),  # no lower than 170
        ((6, 3), 252, 42, 29.4),  # 42 from unit to unit
        ((9, 3), 330, 330 / 9, 0.7 * 330 / 9),  # no higher than 330
        ((40, 3), 560, 14, 9.8),  # but 14 from unit to unit
    ],
)
def test_height_follows_the_column_of_most_units(sizes, body, pitch, diameter):
    place = arranged(units(*sizes), max_units=40)
    assert_allclose(place.body, body)
    assert_allclose(place.pitch, pitch)
    first, last = place.places
    assert_allclose((first.width, last.width), diameter)
    spread = min(body / 3, 1.5 * pitch)  # a short column is spread out, but not too much
    assert_allclose(last.offsets[:, 1], [spread, 0, -spread])
    assert_allclose(first.offsets[0, 1] - first.offsets[1, 1], min(body / sizes[0], 1.5 * pitch))


def test_height_is_larger_with_maps_and_fills_a_given_size():
    maps = Column("a", (6, 5, 2)), Column("b", (6, 4, 3))
    assert arranged([*maps, *units(3)]).body == 220
    columns = units(4, 3)
    columns[1].step, columns[1].notes = ["one", "two"], ["relu"]
    columns[0].notes = ["drop", "norm", "elu"]
    place = arranged(columns, size=(500, 400))
    # Name and number above; below two lines of step, three of notes, and the legend.
    above, rest = 2 * LINE + 4, (2 + 3 + 1.8) * LINE + 6
    assert_allclose(place.body, 400 - above - rest)
    assert_allclose((place.top, place.bottom), (place.body / 2 + above, -place.body / 2 - rest))
    assert_allclose(place.size, (500, 400))
    assert arranged(columns, size=(500, 10)).body == 85
    headed = arranged([*maps, *columns], [Shortcut(0, 1, "r"), Shortcut(0, 2, "s")])
    assert_allclose(headed.top - headed.body / 2, 3 * LINE + 4 + 2 * 20)
    assert headed.levels == [0, 1]


@pytest.mark.parametrize(
    ("ends", "levels"),
    [
        ([], []),
        ([(1, 3), (1, 4), (4, 5)], [0, 1, 0]),
        ([(2, 3), (1, 4), (0, 5)], [0, 1, 2]),
        ([(1, 2), (3, 4), (0, 5)], [0, 0, 1]),
    ],
)
def test_shortcuts_run_above_those_inside_them(ends, levels):
    place = arranged(units(2, 2, 2, 2, 2, 2), [Shortcut(*pair, "r") for pair in ends])
    assert place.levels == levels


def test_maps_share_one_scale_and_a_picture_has_its_own():
    columns = [Column("a", (20, 10, 3)), Column("b", (10, 5, 8)), *units(4)]
    for size, wanted in ((None, 76), ((900, 240), None)):
        first, second, _ = arranged(columns, size=size).places
        assert_allclose((first.height, first.width), 2 * np.array([second.height, second.width]))
        if wanted:
            assert first.height == wanted
        assert first.height <= 76
    for column in columns:
        column.values, column.labels = np.zeros(column.shape), None
    first, second, _ = arranged(columns).places
    assert first.is_picture
    assert first.height == 76
    assert_allclose(second.height, 220 / (6.8 * 1.2))


def test_natural_width_has_room_between_columns_and_for_the_legend():
    place = arranged(units(5, 5, 5))
    # 0.42 of the height is 88, less than 96 from unit to unit.
    x = np.array([one.x for one in place.places])
    assert_allclose(np.diff(x), 29.4 + 96, atol=0.1)
    legend = sum(text_width(text, FONT) for text in LEGEND) + 16 * FONT
    left = max(29.4 / 2, text_width("5 features", FONT) / 2) + 4
    right = max(29.4 / 2, text_width("5 units", FONT) / 2) + 4
    missing = max(0, legend - (left + right + x[-1])) / 2
    assert missing > 0
    assert_allclose((place.left, place.right), (-left - missing, x[-1] + right + missing))
    high = [one.x for one in arranged(units(9, 9, 9)).places]
    assert_allclose(np.diff(high), 0.7 * 330 / 9 + 0.42 * 330, atol=0.1)


def test_columns_of_maps_stand_nearer_and_long_texts_keep_them_apart():
    step = "conv 3 x 3 with a very long step"
    columns = [Column("a", (6, 5, 2)), Column("b", (6, 5, 2)), Column("c", (6, 5, 2), step=[step])]
    columns[1].weights = np.ones((3, 3, 2, 2))
    first, second, third, last = arranged([*columns, *units(3)]).places
    assert_allclose(second.x - first.x, first.half_width + second.half_width + 36, atol=1)
    assert_allclose(third.x - second.x, text_width(step, FONT) + 10, atol=1)
    long = units(3, 3)
    long[1].notes = ["a note that is longer than the columns are apart"]
    near, far = arranged(long).places
    heads = text_width("3 features", FONT) + text_width(long[1].notes[0], FONT)
    assert_allclose(far.x - near.x, heads / 2 + 10, atol=1)
    assert last.x > third.x


def test_names_of_layers_are_bold_and_keep_their_columns_apart():
    columns = units(3, 3, name="n" * 20)
    first, second = arranged(columns).places
    assert_allclose(second.x - first.x, text_width("n" * 20, FONT, "bold") + 10, atol=1)


def test_given_width_is_filled_and_shared_out():
    columns = [Column("a", (6, 5, 2)), Column("b", (6, 5, 2)), *units(3), *units(3)]
    columns[3].weights = np.ones((3, 3))
    widths = []
    for width in (700, 900):
        place = arranged(columns, size=(width, 400))
        assert_allclose(place.right - place.left, width)
        widths.append(np.diff([one.x for one in place.places]))
    body = place.body
    # What is more goes by the room that each gap has on its own.
    assert_allclose(np.sum(widths[1] - widths[0]), 200)
    shares = np.array([36 - 22 + 1, 36 - 22 + 1, max(96, 0.42 * body) - 22 + 1])
    assert_allclose(widths[1] - widths[0], 200 * shares / shares.sum(), rtol=1e-6)
    assert arranged(units(*[3] * 7)).size[0] == 11 * 72  # no wider by itself


def test_names_stand_beside_the_units_that_are_drawn():
    columns = units(5, 5)
    columns[0].labels, columns[1].labels = ["p", "q", "r", "s", "t"], None
    place = arranged(columns, max_units=3)
    assert place.places[0].labels == ["p", "q", "t"]
    assert place.places[1].labels is None
    room = place.places[0].half_width + text_width("2 more", FONT) + 6 + 4
    plain = arranged(units(5, 5), max_units=3)
    wide = 600, 300
    given, other = (arranged(c, size=wide, max_units=3) for c in (columns, units(5, 5)))
    assert_allclose(-given.left, room)
    assert -other.left < room
    assert plain.places[0].labels is None


def test_numbers_stand_inside_large_units_and_beside_small_ones():
    values = np.array([0.5, -1.0, 2.0, 3.0, 4.0])
    columns = units(5, 5, values=values)
    columns[0].labels, columns[1].labels = list("pqrst"), [*"uvwx", "high: y\nlow: z"]
    large = arranged(columns, font=0.7 * 42 / 2.6 - 0.01)
    assert large.inside
    assert large.places[0].labels == list("pqrst")
    small = arranged(columns, font=0.7 * 42 / 2.6 + 0.01, max_units=4)
    assert not small.inside
    assert small.places[0].labels == ["p = 0.50", "q = -1.00", "s = 3.00", "t = 4.00"]
    assert small.places[1].labels[-1] == "high: y\nlow: z\n4.00"
    assert not arranged(units(5, 5)).inside


def test_colour_bar_stands_right_of_the_outputs():
    plain, filled = units(3, 3), units(3, 3, values=np.ones(3))
    size = 700, 400
    without, place = arranged(plain, size=size), arranged(filled, size=size)
    assert_allclose(place.right - place.left, 700)
    right = place.right - place.places[-1].x - 24 - 4.5 * FONT
    assert_allclose(right, without.right - without.places[-1].x)
    assert_allclose(place.bar, place.places[-1].x + right + 12)
