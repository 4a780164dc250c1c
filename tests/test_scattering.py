"""Rows scattered over all blocks, once, on disk."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.dask.scattering import _part_lengths

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
from sknn.dask import scatter_rows  # noqa: E402

CHUNKS = (10, 7, 1, 12)
N = sum(CHUNKS)
X, Y = np.arange(2.0 * N).reshape(N, 2), np.repeat(["a", "b", "c", "d"], CHUNKS)


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def cut(array, chunks=CHUNKS):
    return da.from_array(array, chunks=(chunks, *array.shape[1:]))


def test_rows_stay_together_and_none_is_lost(tmp_path):
    x, y = scatter_rows(cut(X), cut(Y), directory=tmp_path, random_state=0)
    assert x.chunks[0] == y.chunks[0]
    assert (x.dtype, y.dtype) == (X.dtype, Y.dtype)
    found = x.compute()
    row = (found[:, 0] / 2).astype(int)
    assert_array_equal(np.sort(row), np.arange(N))
    assert_array_equal(found, X[row])
    assert_array_equal(y.compute(), Y[row])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.npy", "1.npy"]
    assert_array_equal(np.load(tmp_path / "0.npy"), found)


def test_each_new_block_has_a_part_of_every_block(tmp_path):
    (x,) = scatter_rows(cut(X), directory=tmp_path, random_state=0)
    old = np.digitize(X[:, 0], X[np.cumsum(CHUNKS)[:-1], 0])
    table = np.array(
        [
            np.bincount(
                np.digitize(block.compute()[:, 0], X[np.cumsum(CHUNKS)[:-1], 0]), minlength=4
            )
            for block in x.blocks
        ]
    )
    assert_array_equal(table.sum(axis=0), np.bincount(old))
    assert (np.abs(table - np.array(CHUNKS) / 4) < 1).all()
    assert np.ptp(table.sum(axis=1)) <= 1


def test_rows_of_a_part_are_drawn_by_random_state(tmp_path):
    drawn = [
        scatter_rows(cut(X), directory=tmp_path / str(n), random_state=seed)[0].compute()
        for n, seed in enumerate((0, 0, 1))
    ]
    assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0] != drawn[2]).any()
    first = drawn[0][:3, 0] / 2  # of 10 rows in order the first three would be 0, 1, 2
    assert first.max() > 2


def test_rows_of_blocks_are_drawn_in_another_order_each(tmp_path):
    (x,) = scatter_rows(cut(X[:24], (8, 8, 8)), directory=tmp_path, random_state=0)
    row = x.compute()[:, 0].astype(int) // 2
    orders = [tuple(row[row // 8 == block] % 8) for block in range(3)]
    assert len(set(orders)) == 3


@pytest.mark.parametrize("lengths", [[10, 7, 1, 12], [3], [1, 1, 1], [0, 5, 2]])
def test_parts_are_as_even_as_whole_numbers_can_be(lengths):
    parts = _part_lengths(np.array(lengths))
    assert_array_equal(parts.sum(axis=1), lengths)
    assert (np.abs(parts - np.array(lengths)[:, None] / len(lengths)) < 1).all()
    assert np.ptp(parts.sum(axis=0)) <= 1


def test_fewer_rows_than_blocks_leave_no_empty_block(tmp_path):
    (x,) = scatter_rows(cut(X[:2], (0, 1, 1)), directory=tmp_path)
    assert x.chunks[0] == (1, 1)


def test_files_that_are_there_are_left_alone(tmp_path):
    (tmp_path / "1.npy").write_text("mine")
    with pytest.raises(FileExistsError, match=r"1\.npy.* Choose another directory"):
        scatter_rows(cut(X), cut(Y), directory=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["1.npy"]


REFUSED = {
    "array": ([X], "X must be a Dask array, got ndarray"),
    "y": ([cut(X), Y], "array 1 must be a Dask array, got ndarray"),
    "unknown": ([cut(X)[cut(X)[:, 0] > 3]], r"known length\. Call its method compute_chunk_sizes"),
    "chunks": (
        [cut(X), cut(Y, (15, 15))],
        r"array 1 must have the same chunks as X, .* got \(15, 15\)",
    ),
    "columns": ([da.from_array(X, chunks=(CHUNKS, 1))], "got 2 column blocks"),
    "objects": ([cut(X), cut(Y.astype(object))], "array 1 must hold numbers or strings"),
}


@pytest.mark.parametrize(("arrays", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_scattered_is_refused(arrays, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        scatter_rows(*arrays, directory=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_frame_is_refused(tmp_path):
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    with pytest.raises(ValueError, match=r"got DataFrame\. Convert a DataFrame with to_dask_array"):
        scatter_rows(dd.from_pandas(pd.DataFrame(X), npartitions=2), directory=tmp_path)
