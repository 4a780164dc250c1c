"""Charts of the panel: every word, line and point of small ones, worked out by hand."""

from math import inf, log10, nan
from xml.etree import ElementTree

import pytest
from numpy.testing import assert_allclose

from sknn.estimators.panel.charts import _line, _round_step, _scale, chart


def drawn(svg):
    """(attributes, [(text, x, y, anchor)], {class: [steps of its paths]}) of a chart."""
    root = ElementTree.fromstring(svg)
    texts, paths = [], {}
    for mark in root:
        if mark.tag == "text":
            x, y = float(mark.attrib["x"]), float(mark.attrib["y"])
            texts.append((mark.text, x, y, mark.attrib["text-anchor"]))
        else:
            paths.setdefault(mark.attrib["class"], []).append(mark.attrib["d"])
    return root.attrib, texts, paths


def test_one_curve_has_title_axes_grid_and_points():
    attributes, texts, paths = drawn(chart("Loss", {"": [5.0, 1.0, 4.0]}, "epoch"))
    assert attributes == {
        "role": "img",
        "aria-label": "Loss of 3 epochs",
        "width": "300",
        "height": "170",
        "viewBox": "0 0 300 170",
    }
    # Plotted from 17 (10, and 7 for a digit) to 280 across, and from 130 up to 30.
    assert texts == [
        ("Loss", 0, 12, "start"),
        ("epoch", 148.5, 166, "middle"),
        ("1", 17, 150, "middle"),
        ("2", 148.5, 150, "middle"),
        ("3", 280, 150, "middle"),
        ("1", 11, 134, "end"),
        ("2", 11, 109, "end"),
        ("3", 11, 84, "end"),
        ("4", 11, 59, "end"),
        ("5", 11, 34, "end"),
    ]
    assert paths == {
        "sknn-axis": ["M17.0,134v4", "M148.5,134v4", "M280.0,134v4", "M17,26V134H280"],
        "sknn-grid": [f"M17,{at:.1f}H280" for at in (130, 105, 80, 55, 30)],
        "sknn-curve sknn-first": ["M17.0,30.0L148.5,130.0L280.0,55.0"],
    }


def test_two_curves_have_a_legend_and_may_differ_in_length():
    curves = {"training": [20.0, 10.0, 15.0], "validation": [18.0, nan]}
    attributes, texts, paths = drawn(chart("Loss", curves, "iteration"))
    assert attributes["aria-label"] == "Loss of 3 iterations"
    assert ("training", 112, 12, "start") in texts
    assert ("validation", 208, 12, "start") in texts
    assert ("10", 18, 134, "end") in texts  # two digits, so from 24 on
    assert paths["sknn-curve sknn-first"] == ["M24.0,30.0L152.0,130.0L280.0,80.0", "M88,8h18"]
    assert paths["sknn-curve sknn-second"] == ["M24.0,50.0m-2,-2h4v4h-4z", "M184,8h18"]


def test_curve_without_a_finite_value_is_left_out():
    curves = {"training": [2.0, 1.0], "validation": [nan, inf, nan]}
    assert chart("Loss", curves, "epoch") == chart("Loss", {"": [2.0, 1.0]}, "epoch")
    assert chart("Loss", {"": [nan]}, "epoch") == chart("Loss", {}, "epoch") == ""


def test_scale_is_that_of_the_finite_values_and_leaves_room_for_the_longest_label():
    _, texts, paths = drawn(chart("Loss", {"": [nan, inf, 11.0, 7.0, -inf]}, "epoch"))
    assert [text for text, _, _, anchor in texts if anchor == "end"] == ["7", "8", "9", "10", "11"]
    assert paths["sknn-grid"][0] == "M24,130.0H280"
    assert paths["sknn-curve sknn-first"] == ["M152.0,30.0L216.0,130.0"]


def test_single_epoch_is_a_square_in_the_middle():
    attributes, texts, paths = drawn(chart("Loss", {"": [3.0]}, "epoch"))
    assert attributes["aria-label"] == "Loss of 1 epoch"
    assert paths["sknn-curve sknn-first"] == ["M155.5,80.0m-2,-2h4v4h-4z"]
    assert [text for text, _, y, _ in texts if y == 150] == ["1"]


@pytest.mark.parametrize(
    ("n", "kept"), [(299, 299), (300, 300), (301, 151), (600, 301), (601, 201), (900, 301)]
)
def test_of_many_points_every_second_or_third_is_kept_and_the_last(n, kept):
    steps = _line([float(i) for i in range(n)], float, float)
    points = [point.split(",") for point in steps.removeprefix("M").split("L")]
    assert len(points) == kept
    assert points[0] == ["1.0", "0.0"]
    assert points[-1] == [f"{n}.0", f"{n - 1}.0"]


def test_line_breaks_at_what_is_not_finite():
    values = [nan, 4.0, inf, 3.0, 2.0, -inf, 7.0, 7.0]
    steps = _line(values, lambda n: min(n, 7), float)
    assert steps == "M2.0,4.0m-2,-2h4v4h-4zM4.0,3.0L5.0,2.0M7.0,7.0m-2,-2h4v4h-4z"


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1, 100, ["20", "40", "60", "80", "100"]),
        (1, 101, ["1", "10", "100"]),  # beyond a hundredfold by powers of ten
        (0.002, 3000, ["0.01", "1", "100"]),
        (0.01, 3000, ["0.01", "0.1", "1", "10", "100", "1,000"]),
        (0, 1000, ["0", "200", "400", "600", "800", "1,000"]),
        (-1, 1000, ["0", "200", "400", "600", "800", "1,000"]),
        (5, 5, ["4.6", "4.8", "5.0", "5.2", "5.4"]),
        (-5, -5, ["-5.4", "-5.2", "-5.0", "-4.8", "-4.6"]),
        (0, 0, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (1, 1 + 0.9e-9, ["0.90", "0.95", "1.00", "1.05", "1.10"]),  # rounding, no slope
        (0, 6e-5, ["0.00000", "0.00001", "0.00002", "0.00003", "0.00004", "0.00005", "0.00006"]),
        (0, 5.5e-6, ["0", "1e-06", "2e-06", "3e-06", "4e-06", "5e-06"]),
        (-1.5e-6, 0, ["-1.5e-06", "-1e-06", "-5e-07", "0"]),
        (0, 900_000, ["0", "200,000", "400,000", "600,000", "800,000"]),
        (0, 1_000_000, ["0", "2e+05", "4e+05", "6e+05", "8e+05", "1e+06"]),
        (1_100_000, 1_500_000, ["1.1e+06", "1.2e+06", "1.3e+06", "1.4e+06", "1.5e+06"]),
    ],
)
def test_ticks_are_round_values_with_the_digits_that_tell_them_apart(low, high, labels):
    _, ticks = _scale(low, high, 0.0, 100.0)
    assert [label for _, label in ticks] == labels


@pytest.mark.parametrize(("rise", "is_flat"), [(1e-8, False), (1e-10, True)])
def test_curve_is_flat_up_to_a_rounding_error(rise, is_flat):
    pixel, _ = _scale(3.0, 3.0 * (1 + rise), 130.0, 30.0)
    assert pixel(3.0) == pytest.approx(80.0 if is_flat else 130.0)


def test_pixels_of_values_and_of_powers():
    pixel, ticks = _scale(2, 10, 130.0, 30.0)
    assert [pixel(2), pixel(4), pixel(10)] == [130, 105, 30]
    assert ticks == [(130, "2"), (105, "4"), (80, "6"), (55, "8"), (30, "10")]
    pixel, ticks = _scale(1, 1000, 130.0, 30.0)
    assert_allclose([pixel(1), pixel(1000), pixel(50)], [130, 30, 130 - 100 * log10(50) / 3])
    assert_allclose([at for at, _ in ticks], [130, 130 - 100 / 3, 130 - 200 / 3, 30])
    pixel, _ = _scale(5, 5, 130.0, 30.0)
    assert_allclose([pixel(4.5), pixel(5), pixel(5.5)], [130, 80, 30])


@pytest.mark.parametrize(
    ("n", "labels"),
    [
        (2, ["1", "2"]),
        (7, ["1", "2", "3", "4", "5", "6", "7"]),
        (8, ["2", "4", "6", "8"]),  # 7 / 6 is more than 1
        (300, ["50", "100", "150", "200", "250", "300"]),
        (1000, ["200", "400", "600", "800", "1,000"]),  # and no powers of ten
    ],
)
def test_ticks_of_epochs(n, labels):
    _, ticks = _scale(1, n, 0.0, 100.0, whole=True)
    assert [label for _, label in ticks] == labels


@pytest.mark.parametrize(
    ("least", "whole", "step"),
    [
        (1, False, 1),
        (1.01, False, 2),
        (2, False, 2),
        (3, False, 5),
        (5, False, 5),
        (5.1, False, 10),
        (0.03, False, 0.05),
        (0.03, True, 1),
        (17, True, 20),
    ],
)
def test_steps_are_1_2_or_5_of_a_power_of_ten(least, whole, step):
    assert_allclose(_round_step(least, whole), step)
