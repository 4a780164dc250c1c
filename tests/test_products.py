"""Products of matrices with many rows, which are computed in pieces."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.nn.layers.products import ROWS, SMALL, multiply, multiply_over_rows, rows_at_a_time
from sknn.nn.workspace import Workspace

SHAPES = {  # n, k, m
    "no rows": (0, 4, 3),
    "one piece": (30, 4, 3),
    "three equal pieces": (3000, 28, 35),
    "three pieces, of which the last is smaller": (2999, 30, 31),
    "too few rows for pieces": (100, 120, 130),
}
each = pytest.mark.parametrize(("n", "k", "m"), SHAPES.values(), ids=SHAPES)
orders = pytest.mark.parametrize("order", ["C", "F"])


def integers(shape, order):
    """Integers as floats, whose sums of products have no rounding errors."""
    values = np.random.default_rng(shape).integers(-9, 10, shape)
    return values.astype(np.float32, order=order)


def exact_product(a, b):
    """NumPy multiplies matrices of integers without BLAS."""
    return a.astype(int) @ b.astype(int)


@each
@orders
def test_multiply_returns_the_product(n, k, m, order):
    rows, weight = integers((n, k), order), integers((k, m), "C")
    out = np.full((n, m), np.nan, np.float32, order=order)
    multiply(rows, weight, out)
    assert_array_equal(out, exact_product(rows, weight))


@each
@orders
def test_multiply_over_rows_returns_the_product(n, k, m, order):
    a, b = integers((n, k), order), integers((n, m), "C")
    product = multiply_over_rows(a, b, Workspace(np.dtype(np.float32)))
    assert_array_equal(product, exact_product(a.T, b))


def test_pieces_are_as_large_as_openblas_multiplies_without_copies():
    assert rows_at_a_time(1000, SMALL // 1000) == 1000
    assert rows_at_a_time(1001, SMALL // 1000) == 501
    assert rows_at_a_time(10_000, SMALL // 1000) == 1000
    assert rows_at_a_time(10 * ROWS, SMALL // ROWS) == ROWS
    assert rows_at_a_time(10 * ROWS, SMALL // (ROWS - 1)) == 10 * ROWS
