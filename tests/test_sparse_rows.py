"""Sparse rows are read as the dense array that they stand for."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.nn.batches import Rows
from sknn.nn.sparse_rows import SparseRows

DENSE = np.array([[0, 2, 1, 5], [3, 2, 1, 5], [0, 0, 1, 5], [0, 2, 1, 5], [0, 2, 7, 0]], np.float32)
BACKGROUND = np.array([0, 2, 1, 5], np.float32)
ROWS = SparseRows.of([DENSE[:2], DENSE[2:]], BACKGROUND)


def test_only_what_differs_from_the_background_is_stored():
    assert_array_equal(ROWS.stored.data, [3, 0, 7, 0])
    assert_array_equal(ROWS.stored.indices, [0, 1, 2, 3])
    assert (len(ROWS), ROWS.shape, ROWS.ndim, ROWS.dtype) == (5, (5, 4), 2, np.float32)


def test_rows_and_columns_are_those_of_the_array():
    for at in (slice(None), slice(1, 4), slice(9, 12), np.array([4, 1, 1]), np.array([], int)):
        assert_array_equal(ROWS[at], DENSE[at], strict=True)
    models = np.array([[4, 0], [1, 2]])
    assert_array_equal(ROWS.take(models), DENSE[models], strict=True)
    for column in range(4):
        assert_array_equal(ROWS[:, column], DENSE[:, column], strict=True)


def test_rows_are_not_made_dense_by_accident():
    for work in (lambda: ROWS * BACKGROUND, lambda: np.add(ROWS, 1), lambda: list(ROWS)):
        with pytest.raises(TypeError):
            work()


def test_rows_are_written_to_memory_that_is_used_again():
    out = np.full((2, 4), np.nan, np.float32)
    assert ROWS.take(np.array([4, 1]), axis=0, out=out, mode="clip") is out
    assert_array_equal(out, DENSE[[4, 1]])


def test_batches_are_those_of_the_array():
    y, at = np.arange(5.0)[:, None], np.array([4, 1, 2])
    sparse, dense = (Rows(x, y, dtype=np.float32) for x in (ROWS, DENSE))
    for order in (at, slice(1, 3)):
        assert_array_equal(sparse.take(order).x, dense.take(order).x, strict=True)
    outs = [np.empty((3, 4), np.float32) for _ in range(2)]
    for rows, out in zip((sparse, dense), outs, strict=True):
        rows.copy_x(at, out)
    assert_array_equal(*outs)
