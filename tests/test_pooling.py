import re

import numpy as np
import pytest
from helpers import assert_is_gradient, forward_backward, normal, training_pass
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn

from sknn.nn import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION
from sknn.nn.workspace import Workspace

N, C = 3, 4
SAME = {"padding": "same"}
SETTINGS = {  # image, settings, (above, below), (left, right)
    "pairs": ((6, 4), {}, (0, 0), (0, 0)),
    "pairs, odd sides": ((7, 5), {}, (0, 0), (0, 0)),
    "pairs, odd sides, same": ((7, 5), SAME, (0, 1), (0, 1)),
    "pairs, even sides, same": ((6, 4), SAME, (0, 0), (0, 0)),
    "threes, same": ((7, 5), {"pool_size": 3, **SAME}, (1, 1), (0, 1)),
    "not square": ((6, 7), {"pool_size": (3, 2)}, (0, 0), (0, 0)),
    "overlapping": ((7, 5), {"pool_size": 3, "stride": 2}, (0, 0), (0, 0)),
    "overlapping, same": ((7, 6), {"pool_size": 3, "stride": 2, **SAME}, (1, 1), (0, 1)),
    "steps of one": ((5, 4), {"pool_size": (2, 3), "stride": 1, **SAME}, (0, 1), (1, 1)),
    "steps down alone": ((6, 5), {"pool_size": 2, "stride": (2, 1)}, (0, 0), (0, 0)),
    "steps above the window": ((8, 9), {"stride": (3, 5)}, (0, 0), (0, 0)),
    "steps above the window, same": ((8, 9), {"stride": (4, 5), **SAME}, (0, 0), (0, 0)),
    "one pixel, same": ((1, 1), SAME, (0, 1), (0, 1)),
    "windows of one pixel": ((3, 4), {"pool_size": 1}, (0, 0), (0, 0)),
    "windows of one pixel, steps of two": (
        (3, 4),
        {"pool_size": 1, "stride": 2, **SAME},
        (0, 0),
        (0, 0),
    ),
    "as large as the image": ((4, 5), {"pool_size": (4, 5)}, (0, 0), (0, 0)),
    "larger than the image, same": (
        (2, 3),
        {"pool_size": 6, "stride": 1, **SAME},
        (2, 3),
        (2, 3),
    ),
}
each = in_turn("image, settings, rows, columns", SETTINGS)
kinds = pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D])
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
pixels = pytest.mark.parametrize("ties", [False, True], ids=["no ties", "ties"])


def drawn(layer, image, c=C, ties=False, dtype=np.float64):
    """(x, dy); x is negative, so that zeros around it would be the largest."""
    x = normal(N, *image, c) - 9
    if ties:
        x = np.floor(x / 2)
    dy = normal(N, *layer.output_shape((*image, c)), seed=1)
    return x.astype(dtype), dy.astype(dtype)


def windows_of(image, outputs, rows, columns, pool_size=2, stride=None, **_):
    """For each window, row by row, its place among the outputs and its real pixels."""
    size = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    steps = size if stride is None else stride if isinstance(stride, tuple) else (stride, stride)
    for i, j in np.ndindex(outputs):
        seen = [
            (i * steps[0] + a - rows[0], j * steps[1] + b - columns[0]) for a, b in np.ndindex(size)
        ]
        yield (i, j), [(r, c) for r, c in seen if 0 <= r < image[0] and 0 <= c < image[1]]


def by_loops(kind, x, dy, rows, columns, settings):
    """(y, dx), pixel by pixel."""
    y, dx = np.zeros_like(dy), np.zeros_like(x)
    windows = list(windows_of(x.shape[1:3], dy.shape[1:3], rows, columns, **settings))
    for n, channel in np.ndindex(len(x), x.shape[-1]):
        for (i, j), seen in windows:
            values = [x[n, r, c, channel] for r, c in seen]
            share = dy[n, i, j, channel]
            if kind is MaxPool2D:
                y[n, i, j, channel] = max(values)
                r, c = seen[values.index(max(values))]  # the first of the largest
                dx[n, r, c, channel] += share
            else:
                y[n, i, j, channel] = sum(values) / len(values)
                for r, c in seen:
                    dx[n, r, c, channel] += share / len(values)
    return y, dx


@each
@kinds
@pixels
def test_pooling_has_the_values_and_gradient_of_loops(kind, image, settings, rows, columns, ties):
    layer = kind(**settings)
    x, dy = drawn(layer, image, ties=ties)
    y, dx, _ = forward_backward(layer, {}, x, dy)
    wanted_y, wanted_dx = by_loops(kind, x, dy, rows, columns, settings)
    assert_allclose(y, wanted_y, rtol=1e-13)
    assert_allclose(dx, wanted_dx, rtol=1e-12, atol=1e-14)


@each
@kinds
@pixels
@dtypes
def test_pooling_is_that_of_torch(kind, image, settings, rows, columns, ties, dtype, torch):
    layer = kind(**settings)
    x, dy = drawn(layer, image, ties=ties, dtype=dtype)
    y, dx, _ = forward_backward(layer, {}, x, dy)
    theirs = torch.tensor(x, requires_grad=True)
    by_channel = theirs.permute(0, 3, 1, 2)
    size, stride = settings.get("pool_size", 2), settings.get("stride")
    if kind is MaxPool2D:
        padded = torch.nn.functional.pad(by_channel, (*columns, *rows), value=-np.inf)
        pooled = torch.nn.functional.max_pool2d(padded, size, stride)
    else:
        sums, counts = (
            torch.nn.functional.avg_pool2d(
                torch.nn.functional.pad(array, (*columns, *rows)), size, stride
            )
            for array in (by_channel, torch.ones_like(by_channel))
        )
        pooled = sums / counts
    wanted = pooled.permute(0, 2, 3, 1)
    wanted.backward(torch.tensor(dy))
    assert y.dtype == dx.dtype == dtype
    tolerances = {"rtol": 1e-5, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-12}
    assert_allclose(y, wanted.detach().numpy(), **tolerances)
    assert_allclose(dx, theirs.grad.numpy(), **tolerances)


@pytest.mark.parametrize("side", [1, 4, 5, 28])
def test_same_borders_in_pairs_are_those_of_torchs_ceil_mode(side, torch):
    x = normal(N, side, side, C)
    theirs = torch.tensor(x.transpose(0, 3, 1, 2))
    settings = {"kernel_size": 2, "ceil_mode": True}
    for layer, wanted in (
        (MaxPool2D(**SAME), torch.nn.MaxPool2d(**settings)(theirs)),
        (AveragePool2D(**SAME), torch.nn.AvgPool2d(**settings)(theirs)),
    ):
        y = layer.forward({}, {}, x, Workspace(np.float64), PREDICTION)
        assert_allclose(y, wanted.numpy().transpose(0, 2, 3, 1), rtol=1e-12)


@each
@kinds
@pytest.mark.parametrize("c", [1, 9])
def test_pooling_derivative_is_that_of_differences(kind, image, settings, rows, columns, c):
    layer = kind(**settings)
    x, dy = drawn(layer, image, c)
    _, dx, _ = forward_backward(layer, {}, x, dy)
    assert_is_gradient(dx, lambda x: np.vdot(forward_backward(layer, {}, x, dy)[0], dy), x)


@each
def test_pooling_predicts_what_it_trains_on(image, settings, rows, columns):
    for layer in (MaxPool2D(**settings), AveragePool2D(**settings)):
        x, dy = drawn(layer, image)
        y, _, _ = forward_backward(layer, {}, x, dy)
        predicted = layer.forward({}, {}, x, Workspace(np.float64), PREDICTION)
        assert_array_equal(predicted, y)


# Max-pooling


@each
def test_equal_pixels_give_the_gradient_of_a_window_to_one_of_them(image, settings, rows, columns):
    layer = MaxPool2D(**settings)
    x = np.full((N, *image, C), -3.0)
    outputs = layer.output_shape((*image, C))[:2]
    _, dx, _ = forward_backward(layer, {}, x, np.ones((N, *outputs, C)))
    wanted = np.zeros(image)
    for _, seen in windows_of(image, outputs, rows, columns, **settings):
        wanted[seen[0]] += 1
    assert_array_equal(dx, np.broadcast_to(wanted[None, :, :, None], x.shape))


@pytest.mark.parametrize("at", list(np.ndindex(5, 4)), ids=str)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_largest_pixel_that_is_not_finite_comes_through(at, value):
    layer, x = MaxPool2D(**SAME), normal(1, 5, 4, 1)
    x[0, *at] = value
    y = layer.forward({}, {}, x, Workspace(np.float64), training_pass())
    wanted = np.zeros((1, 3, 2, 1), bool)
    wanted[0, at[0] // 2, at[1] // 2] = True
    assert_array_equal(~np.isfinite(y), wanted)


# Average-pooling


@each
def test_average_of_ones_is_one_at_the_borders_too(image, settings, rows, columns):
    layer = AveragePool2D(**settings)
    y = layer.forward({}, {}, np.ones((N, *image, C)), Workspace(np.float64), PREDICTION)
    assert_allclose(y, np.ones_like(y), rtol=1e-15)


# Over the whole image


@pytest.mark.parametrize("image", [(5, 4), (1, 1), (1, 6)], ids=str)
@pytest.mark.parametrize("c", [1, 9])
def test_global_average_has_the_values_and_gradient_of_loops(image, c):
    layer = GlobalAveragePool2D()
    x, dy = normal(N, *image, c), normal(N, c, seed=1)
    y, dx, _ = forward_backward(layer, {}, x, dy)
    n_pixels = image[0] * image[1]
    for n, channel in np.ndindex(N, c):
        total = sum(x[n, i, j, channel] for i, j in np.ndindex(image))
        assert_allclose(y[n, channel], total / n_pixels, rtol=1e-12)
        assert_allclose(dx[n, ..., channel], np.full(image, dy[n, channel] / n_pixels), rtol=1e-12)


@dtypes
def test_global_average_is_that_of_torch(dtype, torch):
    layer, x = GlobalAveragePool2D(), normal(N, 28, 28, C).astype(dtype)
    y = layer.forward({}, {}, x, Workspace(dtype), PREDICTION)
    wanted = torch.nn.AdaptiveAvgPool2d(1)(torch.tensor(x.transpose(0, 3, 1, 2)))[..., 0, 0]
    assert y.dtype == dtype
    assert_allclose(y, wanted.numpy(), rtol=1e-5, atol=1e-7)


# Shapes and errors


@kinds
@pytest.mark.parametrize("pool_size", [1, 2, 3, 7])
@pytest.mark.parametrize("stride", [None, 1, 2, 8])
def test_same_borders_make_ceil_of_side_over_stride(kind, pool_size, stride):
    layer = kind(pool_size, stride, padding="same")
    for side in range(1, 12):
        n = int(np.ceil(side / (stride or pool_size)))
        assert layer.output_shape((side, 1, C)) == (n, 1, C)


def test_output_shapes_keep_the_channels():
    assert MaxPool2D().output_shape((7, 4, C)) == (3, 2, C)
    assert AveragePool2D((3, 1), (1, 2)).output_shape((7, 4, C)) == (5, 2, C)
    assert GlobalAveragePool2D().output_shape((7, 4, C)) == (C,)


def test_pooling_trains_nothing_and_costs_no_multiply_adds():
    for layer in (MaxPool2D(), AveragePool2D(), GlobalAveragePool2D()):
        assert layer.parameters((6, 4, C)) == layer.state((6, 4, C)) == []
        assert layer.multiply_adds((6, 4, C)) == 0


@kinds
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pool_size": 0}, "pool_size must be an int of at least 1, or a pair of ints, got 0"),
        ({"pool_size": (2, 3, 4)}, r"pool_size must be .*got \(2, 3, 4\)"),
        ({"stride": 0}, "stride must be an int of at least 1, or a pair of ints, got 0"),
        ({"stride": 1.5}, "stride must be .*got 1.5"),
        ({"padding": "full"}, "padding must be 'same' or 'valid' for pooling, got 'full'"),
        ({"padding": 1}, "padding must be 'same' or 'valid' for pooling, got 1"),
        ({"padding": -1}, "padding must be 'same' or 'valid' for pooling, got -1"),
        ({"padding": None}, "padding must be 'same' or 'valid' for pooling, got None"),
        ({"padding": np.zeros(2)}, r"padding must be 'same' or 'valid' for pooling, got array\("),
        ({"pool_size": 5}, "at least 5 x 5 pixels with padding='valid', got 4 x 6"),
        ({"pool_size": (2, 7)}, "at least 2 x 7 pixels with padding='valid', got 4 x 6"),
    ],
    ids=str,
)
def test_wrong_settings_name_the_layer_and_what_it_wants(kind, settings, message):
    layer = kind(**settings)
    named = rf"Layer {kind.__name__.lower()}1, {re.escape(repr(layer))}: .*{message}"
    with pytest.raises(ValueError, match=named):
        Network([layer], (4, 6, C))


@pytest.mark.parametrize("kind", [MaxPool2D, AveragePool2D, GlobalAveragePool2D])
@pytest.mark.parametrize("shape", [(24,), (4, 6)], ids=str)
def test_samples_that_are_not_images_name_the_layer_and_the_remedy(kind, shape):
    message = rf"Layer {kind.__name__.lower()}1, .*needs images of shape .*\({shape[0]},.*Flatten"
    with pytest.raises(ValueError, match=message):
        Network([kind()], shape)
