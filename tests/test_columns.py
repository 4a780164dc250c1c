"""The kernels of a convolution: what holds for Columns, Lines and Winograd alike."""

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from scipy.signal import correlate

from sknn.nn.layers.columns import NARROW, WIDE, Columns
from sknn.nn.layers.lines import Lines
from sknn.nn.layers.windows import Windows
from sknn.nn.layers.winograd import Winograd
from sknn.nn.workspace import Workspace

N = 5
SETTINGS = {  # image, size, stride, padding, dilation
    "same": ((6, 5), (3, 3), (1, 1), "same", (1, 1)),
    "valid": ((7, 6), (3, 3), (1, 1), "valid", (1, 1)),
    "one output": ((3, 3), (3, 3), (1, 1), "valid", (1, 1)),
    "one row of outputs": ((3, 6), (3, 3), (1, 1), "valid", (1, 1)),
    "one pixel": ((1, 1), (3, 3), (1, 1), "same", (1, 1)),
    "one row of pixels": ((1, 5), (3, 3), (1, 1), "same", (1, 1)),
    "asymmetric padding": ((5, 4), (3, 3), (1, 1), ((2, 0), (0, 1)), (1, 1)),
    "padding above the window": ((3, 4), (3, 3), (1, 1), ((4, 1), (0, 5)), (1, 1)),
    "rows alone padded": ((4, 5), (3, 3), (1, 1), ((1, 1), (0, 0)), (1, 1)),
    "not square": ((6, 5), (2, 4), (1, 1), "same", (1, 1)),
    "one pixel wide": ((6, 5), (1, 1), (1, 1), "same", (1, 1)),
    "one pixel wide, steps of two": ((6, 5), (1, 1), (2, 2), "same", (1, 1)),
    "as large as the image": ((4, 5), (4, 5), (1, 1), "valid", (1, 1)),
    "larger than the image": ((2, 3), (5, 4), (1, 1), "same", (1, 1)),
    "steps of two": ((7, 6), (3, 3), (2, 2), "same", (1, 1)),
    "steps above the window": ((8, 9), (2, 3), (3, 5), "valid", (1, 1)),
    "steps down alone": ((6, 5), (3, 2), (2, 1), ((1, 0), (0, 1)), (1, 1)),
    "dilation": ((8, 7), (3, 2), (1, 1), "valid", (2, 3)),
    "dilation, same": ((6, 7), (3, 3), (1, 1), "same", (2, 3)),
    "dilation and steps": ((8, 7), (3, 2), (2, 1), "same", (2, 2)),
}
WINOGRAD_SETTINGS = {
    name: own
    for name, own in SETTINGS.items()
    if (own[1], own[2], own[4]) == ((3, 3), (1, 1), (1, 1))
}
LINES_SETTINGS = {
    name: own
    for name, own in SETTINGS.items()
    if own[2] == (1, 1) and name != "padding above the window"
}
each = in_turn(
    "kind, settings",
    {f"columns, {name}": (Columns, own) for name, own in SETTINGS.items()}
    | {f"lines, {name}": (Lines, own) for name, own in LINES_SETTINGS.items()}
    | {f"winograd, {name}": (Winograd, own) for name, own in WINOGRAD_SETTINGS.items()},
)
channels = pytest.mark.parametrize(
    ("c", "filters"),
    [(1, 1), (1, 3), (3, 1), (2, NARROW), (NARROW, 2), (NARROW + 1, 12), (WIDE, 2)],
)


def correlated(x, weight, settings):
    """The convolution out of correlations by SciPy: kernels spread by zeros, outputs left out."""
    _, size, (down, across), _, dilation = settings
    padded = np.pad(x, ((0, 0), *Windows(*settings).padding, (0, 0)))
    span = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    spread = np.zeros((*span, *weight.shape[2:]))
    spread[:: dilation[0], :: dilation[1]] = weight
    z = [
        [correlate(sample, one, "valid", "direct")[..., 0] for one in np.moveaxis(spread, -1, 0)]
        for sample in padded
    ]
    return np.moveaxis(z, 1, -1)[:, ::down, ::across]


def drawn(settings, c, filters, dtype=np.float64):
    """(x, weight, dz) of a convolution with these settings."""
    (height, width), size = settings[:2]
    outputs = Windows(*settings).outputs
    arrays = (
        normal(N, height, width, c),
        normal(*size, c, filters, seed=1),
        normal(N, *outputs, filters, seed=2),
    )
    return [array.astype(dtype) for array in arrays]


def passed(kind, settings, x, weight, dz, parts=(slice(None),), need_dx=True):
    """(z, dx, dweight) of one kernel, which is given the images in several parts."""
    kernel = kind(weight, Windows(*settings), Workspace(x.dtype))
    z, dx = np.full_like(dz, np.nan), np.full_like(x, np.nan)
    for at in parts:
        kernel.convolve(x[at], z[at])
        kernel.differentiate(x[at], dz[at], dx[at] if need_dx else None)
    return z, dx, kernel.dweight


def assert_same(arrays, wanted, rtol=1e-12):
    """Equal but for rounding, which goes with the largest of what is summed."""
    for array, own in zip(arrays, wanted, strict=True):
        assert_allclose(array, own, rtol=rtol, atol=rtol * np.abs(own).max(initial=1))


@each
@channels
def test_kernel_computes_the_correlations_of_scipy(kind, settings, c, filters):
    x, weight, dz = drawn(settings, c, filters)
    z, _, _ = passed(kind, settings, x, weight, dz)
    assert_same([z], [correlated(x, weight, settings)])


@each
@channels
def test_gradients_of_a_kernel_are_its_transposes(kind, settings, c, filters):
    # z is linear in x and in weight: <dz, z(v, weight)> = <dx, v>, <dz, z(x, v)> = <dweight, v>.
    x, weight, dz = drawn(settings, c, filters)
    _, dx, dweight = passed(kind, settings, x, weight, dz)
    for seed in range(3, 6):
        v = normal(*x.shape, seed=seed)
        assert_same([np.vdot(dx, v)], [np.vdot(dz, correlated(v, weight, settings))], 1e-11)
        v = normal(*weight.shape, seed=seed)
        assert_same([np.vdot(dweight, v)], [np.vdot(dz, correlated(x, v, settings))], 1e-11)


@each
def test_kernel_without_dx_gives_the_same_dweight(kind, settings):
    arrays = drawn(settings, 3, 9)
    _, untouched, dweight = passed(kind, settings, *arrays, need_dx=False)
    assert np.isnan(untouched).all()
    assert_same([dweight], passed(kind, settings, *arrays)[2:])


@each
@pytest.mark.parametrize("need_dx", [True, False], ids=["dx", "no dx"])
def test_parts_of_the_images_add_up(kind, settings, need_dx):
    arrays, parts = drawn(settings, 3, 9), (slice(0, 1), slice(1, 4), slice(4, 5))
    in_parts = passed(kind, settings, *arrays, parts, need_dx)
    assert_same(in_parts, passed(kind, settings, *arrays, need_dx=need_dx))


@each
def test_kernel_in_float32_is_that_in_float64(kind, settings):
    narrow = passed(kind, settings, *drawn(settings, 9, 10, np.float32))
    assert [array.dtype for array in narrow] == [np.float32] * 3
    assert_same(narrow, passed(kind, settings, *drawn(settings, 9, 10)), rtol=1e-5)


@each
def test_kernel_leaves_what_it_is_given_as_it_is(kind, settings):
    arrays = drawn(settings, 3, 9)
    passed(kind, settings, *arrays)
    for array, same in zip(arrays, drawn(settings, 3, 9), strict=True):
        assert_array_equal(array, same)


@pytest.mark.parametrize("kind", [Columns, Lines, Winograd])
def test_kernel_works_in_memory_that_all_layers_of_a_thread_share(kind):
    settings = SETTINGS["same"]
    x, weight, dz = drawn(settings, 3, 9)
    cache, lent = Workspace(x.dtype), Workspace(x.dtype)
    cache.lender = lent
    kernel = kind(weight, Windows(*settings), cache)
    kernel.convolve(x, np.empty_like(dz))
    kernel.differentiate(x, dz, np.empty_like(x))
    assert not cache
    assert lent


@pytest.mark.parametrize("kind", [Columns, Lines, Winograd])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("side", [4, 40, 400])
def test_blocks_are_all_images_in_order_and_one_at_least(kind, backward, side):
    windows = Windows((side, side), (3, 3), (1, 1), "same")
    blocks = kind(normal(3, 3, 8, 16), windows, Workspace(np.float64)).blocks(50, backward)
    assert_array_equal(np.concatenate([np.arange(50)[at] for at in blocks]), np.arange(50))
    assert (len(blocks) > 1) == (side > 4)


@pytest.mark.parametrize(
    ("side", "size", "c", "filters", "padding", "by_dz"),
    [  # which was faster when both were measured, by a tenth at least
        (12, 5, 6, 16, "valid", False),
        (14, 5, 16, 32, "valid", False),
        (12, 5, 20, 50, "valid", False),
        (16, 3, 8, 16, "same", True),
        (16, 3, 8, 16, "valid", True),
        (16, 7, 32, 32, "same", True),
        (8, 3, 64, 8, "same", True),
    ],
)
def test_columns_of_what_gives_the_gradient_is_chosen_by_its_cost(
    side, size, c, filters, padding, by_dz
):
    windows = Windows((side, side), (size, size), (1, 1), padding)
    kernel = Columns(np.zeros((size, size, c, filters), np.float32), windows, Workspace("f4"))
    numbers = size**2 * (filters if by_dz else c) + filters  # of the columns, and of dz
    at_a_time = 2**21 // (4 * numbers * windows.outputs[0] ** 2)
    assert kernel.blocks(1000, backward=True)[0] == slice(0, at_a_time)
