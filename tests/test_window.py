"""One output of a convolution: pixels and products by slices of the image, and its page."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn import SequentialRegressor
from sknn.inspection import trace
from sknn.nn import Conv2D, Flatten

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IMAGES = np.random.default_rng(0).integers(-9, 10, size=(3, 6, 5, 5)).astype(float)
NUMBERS = [1.0, 2.0, 4.0]


def traced(bias=True, activation="tanh", IMAGES=IMAGES):
    layer = Conv2D(4, (2, 3), padding="valid", bias=bias, activation=activation)
    reg = SequentialRegressor([layer, Flatten()], max_iter=1, dtype="float64", random_state=0)
    reg.fit(IMAGES, NUMBERS)
    rng = np.random.default_rng(1)
    reg.coefs_ = [rng.integers(-9, 10, size=(2, 3, IMAGES.shape[-1], 4)) / 8, reg.coefs_[1]]
    if bias:
        reg.intercepts_ = [np.array([0.5, -0.25, 1.5, -2.0]), reg.intercepts_[1]]
    return trace(reg, IMAGES, NUMBERS)


@pytest.mark.parametrize("bias", [True, False])
def test_window_has_the_pixels_weights_products_and_their_sum(bias):
    step = traced(bias)
    window = step.window("conv2d1", 2, [3, 1], 3)
    assert (window.layer, window.sample, window.position, window.filter) == (
        "conv2d1",
        2,
        (3, 1),
        3,
    )
    pixels = IMAGES[2, 3:5, 1:4]
    weight = step[0].params["weight"][..., 3]
    assert_array_equal(window.pixels, pixels)
    assert_array_equal(window.weight, weight)
    assert_array_equal(window.products, pixels * weight)
    assert window.bias == (-2.0 if bias else 0.0)
    assert window.z == np.sum(pixels * weight) + window.bias == step[0].z[2, 3, 1, 3]
    assert_allclose(window.a, np.tanh(window.z), rtol=1e-14)
    assert repr(window) == f"<Window of conv2d1 at (3, 1): z = {window.z:.8g}>"
    window.pixels.fill(np.nan)
    assert not np.isnan(step[0].x).any()


def test_frame_of_a_window_has_a_row_for_each_pixel():
    pytest.importorskip("pandas")
    window = traced().window(0, 1, (2, 0), 1)
    frame = window.to_frame()
    assert frame.index.names == ["row", "column", "channel"]
    assert list(frame.columns) == ["pixel", "weight", "product"]
    for place, (pixel, weight, product) in zip(frame.index, frame.to_numpy(), strict=True):
        assert pixel == window.pixels[place]
        assert weight == window.weight[place]
        assert product == window.products[place]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ((3, (0, 0), 0), r"sample must be from 0 to 2, got 3\.$"),
        ((-1, (0, 0), 0), r"sample must be from 0 to 2, got -1\.$"),
        ((0, (5, 0), 0), r"row must be from 0 to 4, got 5\.$"),
        ((0, (0, 3), 0), r"column must be from 0 to 2, got 3\.$"),
        ((0, (0, 0), 4), r"^conv2d1 has outputs of shape \(3, 5, 3, 4\): filter must be from 0 to"),
        ((0, (0, 0, 0), 0), r"position must be a pair \(row, column\), got \(0, 0, 0\)\.$"),
        ((0, (0,), 0), r"position must be a pair"),
    ],
)
def test_output_that_is_not_there_raises(where, message):
    step = traced()
    with pytest.raises(ValueError, match=message):
        step.window("conv2d1", *where)
    with pytest.raises(ValueError, match=r"layer must be a Conv2D, got flatten1: Flatten\(\)"):
        step.window("flatten1")


def test_page_shows_four_channels_row_by_row_and_the_sum():
    window = traced().window("conv2d1", 1, (4, 2), 1)
    page = str(window)
    first, *lines = page.splitlines()
    assert first == (
        "conv2d1, sample 1, output (4, 2), filter 1: a window of 2 x 3 pixels, 5 channels"
    )
    assert re.findall(r"^channel (\d)$", page, re.M) == ["0", "1", "2", "3"]
    assert "\n... and 1 more channel\n" in page
    assert lines[-2:] == [
        f"z = sum of pixels * weight + bias = {window.products.sum():.8g} + -0.25 = {window.z:.8g}",
        f"a = tanh(z) = {np.format_float_positional(window.a, 8, trim='-')}",
    ]
    for channel in range(4):
        start = lines.index(f"channel {channel}")
        assert lines[start + 1].split() == ["pixels", "weight", "pixels", "*", "weight"]
        for row, line in enumerate(lines[start + 2 : start + 4]):
            shown = [float(number) for number in re.findall(r"-?\d+\.\d*", line)]
            arrays = (window.pixels, window.weight, window.products)
            assert shown == np.concatenate([array[row, :, channel] for array in arrays]).tolist()
    columns = [line.index("[") for line in lines if line.startswith("  [[")]
    assert set(columns) == {2}


def test_page_of_four_channels_shows_all():
    page = str(traced(IMAGES=IMAGES[..., :4]).window(0))
    assert re.findall(r"^channel (\d)$", page, re.M) == ["0", "1", "2", "3"]
    assert "more channel" not in page


def test_page_without_an_activation_ends_with_z():
    assert str(traced(activation="identity").window(0)).splitlines()[-1].startswith("z = sum of")
