"""Rows that are stored sparsely and read as dense rows, some at a time."""

import numpy as np
from scipy.sparse import csr_array


class SparseRows:
    """A matrix in which most entries of a column have the same value, read like a dense array.

    It can replace an array from which rows are gathered: ``take`` and ``[...]`` return dense rows,
    and no other rows are ever made dense.

    Parameters
    ----------
    stored : csr_array of shape (n, columns)
        The entries that differ from the background. They can include zeros.
    background : ndarray of shape (columns,)
        The value of all other entries of each column.
    """

    ndim = 2
    __array_ufunc__ = __iter__ = None  # NumPy must not make it dense row by row

    def __init__(self, stored, background):
        self.stored, self.background = stored, background
        self.shape, self.dtype = stored.shape, background.dtype

    @classmethod
    def of(cls, blocks, background):
        """The SparseRows of consecutive dense blocks of rows, of which one is needed at a time."""
        data, columns, counts = [], [], [np.zeros(1, np.int64)]
        for block in blocks:
            differs = block != background
            data.append(block[differs])
            columns.append(np.nonzero(differs)[1].astype(np.int32))
            counts.append(np.count_nonzero(differs, axis=1))
        ends = np.cumsum(np.concatenate(counts))
        shape = len(ends) - 1, len(background)
        stored = csr_array((np.concatenate(data), np.concatenate(columns), ends), shape=shape)
        return cls(stored, background)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, at):
        """Dense rows ``at``, a slice or integers; or with (slice(None), j) column j, (n,)."""
        if isinstance(at, tuple):
            return self._column(at[1])
        if isinstance(at, slice):
            at = np.arange(*at.indices(len(self)))
        return self.take(at)

    def take(self, at, axis=0, out=None, mode="raise"):
        """Dense rows, (*at.shape, columns), as of ``numpy.ndarray.take`` along the first axis."""
        at = np.asarray(at)
        if out is None:
            out = np.empty((*at.shape, self.shape[1]), self.dtype)
        out[...] = self.background
        stored, rows = self.stored, at.ravel()
        starts = stored.indptr[rows]
        counts = stored.indptr[rows + 1] - starts
        ends = np.cumsum(counts)
        entries = np.repeat(starts - (ends - counts), counts) + np.arange(counts.sum())
        flat = out.reshape(len(rows), self.shape[1])
        flat[np.repeat(np.arange(len(rows)), counts), stored.indices[entries]] = stored.data[
            entries
        ]
        return out

    def _column(self, j):
        column = np.full(len(self), self.background[j])
        own = self.stored.indices == j
        rows = np.repeat(np.arange(len(self)), np.diff(self.stored.indptr))
        column[rows[own]] = self.stored.data[own]
        return column
