"""Scatters sorted rows over all blocks, once and on disk."""

import os
from itertools import pairwise
from typing import Any

import numpy as np

from sknn.dask.partitions import check_samples, is_frame
from sknn.estimators.inputs import is_collection
from sknn.nn.blocks import read_ahead
from sknn.nn.streams import ROWS_OF_BLOCK, stream


def scatter_rows(
    X: Any, *others: Any, directory: str | os.PathLike[str], random_state: int | None = None
) -> list[Any]:
    """Store Dask arrays with their rows scattered over all blocks.

    Networks that read one block after another require blocks that resemble each other. If the rows
    are sorted, by class or by time, this function reorders them: each of the n blocks is divided at
    random into n parts of about equal length, and the new block j consists of part j of every
    block. Each block is read once, and two blocks are in memory at a time.

    Parameters
    ----------
    X : Dask array of shape (n_samples, ...)
        The samples, in chunks of known length.
    *others : Dask array of shape (n_samples, ...)
        Further arrays such as y and sample_weight, with the same chunks as X along the first axis.
        Their rows are reordered in the same way as those of X.
    directory : str or os.PathLike
        The directory to which the arrays are written, as 0.npy, 1.npy and so on. It is created if
        it does not exist.
    random_state : int or None, default=None
        Determines the order of the rows.

    Returns
    -------
    arrays : list of Dask array
        X and the others, read from these files. They have as many blocks as X.

    Raises
    ------
    ValueError
        If an argument is not a Dask array, if chunks differ or are unknown, or if a sample lies in
        several chunks.
    FileExistsError
        If one of the files already exists.
    """
    import dask
    import dask.array as da

    arrays = [X, *others]
    for number, array in enumerate(arrays):
        _check(number, array, X)
    old = np.array(X.chunks[0])
    lengths = _part_lengths(old)
    starts = np.concatenate(([0], np.cumsum(lengths.sum(axis=0))))  # of the new blocks
    seed = np.random.SeedSequence(random_state).generate_state(1)[0]
    os.makedirs(directory, exist_ok=True)
    paths = [os.path.join(directory, f"{number}.npy") for number in range(len(arrays))]
    for path in paths:
        if os.path.exists(path):
            raise FileExistsError(f"The file {path!r} already exists. Choose another directory.")
    files = [
        np.lib.format.open_memmap(path, "w+", array.dtype, (int(old.sum()), *array.shape[1:]))
        for path, array in zip(paths, arrays, strict=True)
    ]
    blocks = list(zip(*(np.ravel(array.to_delayed()) for array in arrays), strict=True))
    place = starts[:-1].copy()
    for number, found in read_ahead(lambda i: dask.compute(*blocks[i]), range(len(blocks))):
        order = stream(int(seed), 0, number, ROWS_OF_BLOCK).permutation(old[number])
        parts = np.split(order, np.cumsum(lengths[number])[:-1])
        for part, start in zip(parts, place, strict=True):
            for file, block in zip(files, found, strict=True):
                file[start : start + len(part)] = block[part]
        place += lengths[number]
    for file in files:
        file.flush()
    chunks = tuple(int(n) for n in np.diff(starts) if n)
    return [_reopened(da, path, chunks) for path in paths]


def _part_lengths(lengths):
    """Numbers of rows of each block for each new block, (n, n), as even as integers allow."""
    n = len(lengths)
    ends = np.concatenate(([0], np.cumsum(lengths)))  # as if one array were dealt out in turn
    return np.array(
        [
            [(stop - column + n - 1) // n - (start - column + n - 1) // n for column in range(n)]
            for start, stop in pairwise(ends)
        ]
    )


def _reopened(da, path, chunks):
    file = np.load(path, mmap_mode="r")
    return da.from_array(file, chunks=(chunks, *file.shape[1:]))


def _check(number, array, X):
    """Raises ValueError if an array cannot be scattered together with X."""
    name = f"array {number}" if number else "X"
    if not is_collection(array) or is_frame(array):
        raise ValueError(
            f"{name} must be a Dask array, got {type(array).__name__}. Convert a DataFrame with "
            "to_dask_array(lengths=True), or an array with dask.array.from_array."
        )
    if np.isnan(array.shape[0]):
        raise ValueError(
            f"{name} must have chunks of known length. Call its method compute_chunk_sizes()."
        )
    if array.chunks[0] != X.chunks[0]:
        raise ValueError(
            f"{name} must have the same chunks as X, {X.chunks[0]}, got {array.chunks[0]}. Rechunk "
            "it with rechunk({0: X.chunks[0]})."
        )
    if array.dtype.hasobject:
        raise ValueError(f"{name} must hold numbers or strings of a fixed length, got objects.")
    check_samples(array, name)
