"""Divides Dask collections into matching blocks, and rejects unsuitable collections."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils import column_or_1d

from sknn.estimators.inputs import is_collection


def is_frame(collection):
    """Whether a collection is a Dask DataFrame or series rather than an array."""
    return hasattr(collection, "npartitions") and hasattr(collection, "map_partitions")


def n_partitions(collection):
    """Number of blocks of rows."""
    return collection.npartitions if is_frame(collection) else collection.numblocks[0]


def check_samples(X, name="X"):
    """Raises ValueError if samples lie in several blocks, or if columns are categorical."""
    if not is_frame(X):
        cut = [axis for axis in range(1, X.ndim) if X.numblocks[axis] > 1]
        if cut:
            n_blocks = int(np.prod(X.numblocks[1:]))
            rechunked = ", ".join(f"{axis}: -1" for axis in cut)
            raise ValueError(
                f"{name} must have each sample in a single block, got {n_blocks} column blocks. "
                f"Use {name}.rechunk({{{rechunked}}})."
            )
        return
    dtypes = getattr(X, "dtypes", {})
    for column, dtype in dtypes.items() if hasattr(dtypes, "items") else ():
        if str(dtype) == "category":
            raise ValueError(
                f"Column {column!r} of {name} is categorical. Encode it before fit, for instance "
                "with DummyEncoder of dask_ml.preprocessing, or map its categories to numbers."
            )


def example(X):
    """Returns one or two samples in memory with the shape, dtype and column names of X."""
    if is_frame(X):
        return X._meta_nonempty
    return np.zeros((1, *X.shape[1:]), X.dtype)


@dataclass(frozen=True)
class Partitions:
    """The blocks of X, y and sample_weight.

    Attributes
    ----------
    blocks : list of tuple
        For each block, the Dask objects from which its X, y and sample_weight are computed.
    """

    blocks: list

    @classmethod
    def of(cls, X, y, sample_weight=None):
        """Raises ValueError if the blocks do not match, or if samples lie in several blocks."""
        check_samples(X)
        y = _as_column(_collection("y", y))
        weighs = is_collection(sample_weight)
        if sample_weight is not None and not weighs and np.ndim(sample_weight) > 0:
            _collection("sample_weight", sample_weight)
        parts = []
        for name, one in {"X": X, "y": y, "sample_weight": sample_weight}.items():
            if not is_collection(one):
                parts.append([one] * n_partitions(X))
                continue
            _check_alike(X, one, name)
            if not is_frame(one) and one.ndim > 1 and name != "X":
                check_samples(one, name)
            parts.append(np.ravel(one.to_delayed()).tolist())
        return cls(list(zip(*parts, strict=True)))

    def __len__(self):
        return len(self.blocks)

    def compute(self, number):
        """Returns (X, y, sample_weight) of a block in memory."""
        import dask

        return dask.compute(*self.blocks[number])


def _collection(name, array):
    if not is_collection(array):
        raise ValueError(
            f"{name} must be a Dask collection with the same partitions as X, got "
            f"{type(array).__name__}. Convert it with dask.array.from_array({name}, "
            "chunks=X.chunks[0]), after X.compute_chunk_sizes() if the chunk sizes are unknown."
        )
    return array


def _as_column(y):
    """Returns y with one column as a series or a 1d array, with scikit-learn's warning."""
    if y.ndim != 2 or y.shape[1] != 1:
        return y
    column_or_1d(np.zeros((1, 1)), warn=True)
    return y[y.columns[0]] if is_frame(y) else y[:, 0]


def _check_alike(X, other, name):
    """Raises ValueError if X and another collection are not divided at the same rows."""
    wanted, got = n_partitions(X), n_partitions(other)
    if wanted != got:
        raise ValueError(
            f"{name} must have {wanted} partitions like X, got {got}. Use "
            f"{name}.rechunk({{0: X.chunks[0]}}) or, for DataFrames, "
            f"{name}.repartition(npartitions=X.npartitions)."
        )
    if is_frame(X) or is_frame(other):
        return
    known = not np.isnan((*X.chunks[0], *other.chunks[0])).any()
    if known and X.chunks[0] != other.chunks[0]:
        first = next(i for i in range(wanted) if X.chunks[0][i] != other.chunks[0][i])
        raise ValueError(
            f"Partition {first} of {name} must have {X.chunks[0][first]} rows like that of X, got "
            f"{other.chunks[0][first]}. Use {name}.rechunk({{0: X.chunks[0]}})."
        )
