"""Training rows, read batch by batch: gathered, converted and encoded without a full copy."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse

from sknn.nn.per_model import of_models
from sknn.nn.workspace import Workspace

GATHERED = 2**17  # bytes of small batches that are gathered at once and stay in the cache


@dataclass
class Batch:
    """n samples: x (..., n, *input_shape) or sparse, y (..., n, n_outputs).

    weight: (..., n, 1) or (..., n, n_outputs), or None    weight_sum: the sum of the weights, or
    n; (k,) if they differ between models. Arrays without a model axis are shared by all models.

    A batch is valid until the next one is taken.
    """

    x: object
    y: np.ndarray
    weight: np.ndarray | None
    weight_sum: float | np.ndarray

    @property
    def n_samples(self):
        """The number of samples for each model."""
        return self.y.shape[-2]

    @property
    def idle(self):
        """Whether all weights are zero: True, False, or (k,) bools if models differ."""
        idle = self.weight_sum == 0
        if isinstance(idle, bool):
            return idle
        return bool(idle.all()) if idle.all() == idle.any() else idle

    def part(self, at):
        """The batch of the samples ``at``, a slice, of one model."""
        weight = None if self.weight is None else self.weight[at]
        y = self.y[at]
        weight_sum = float(len(y)) if weight is None else sum_of_weights(weight)
        return Batch(self.x[at], y, weight, weight_sum)

    def select(self, models):
        """The batch of some models of networks on flat samples; models: (k,) bools."""
        own = (
            array[models] if array is not None and array.ndim == 3 else array
            for array in (self.x, self.y, self.weight)
        )
        return Batch(*own, of_models(self.weight_sum, models))


@dataclass
class UnevenBatch:
    """A batch with fewer samples for some models than for others, for one step of all of them.

    parts: list of ((k,) bools, Batch): the models and their samples    n_samples: (k,) of int
    """

    parts: list
    n_samples: np.ndarray

    idle = False


class Samples:
    """The inputs of a network, read some rows at a time and never copied as a whole.

    Rows are gathered, converted to the dtype of the computation and reshaped. The pixels of integer
    images are divided by 255, which maps them to [0, 1].

    Parameters
    ----------
    x : ndarray of shape (n, ...), or sparse of shape (n, n_features)
        The rows.
    dtype : dtype
        The dtype of the computation.
    shape : tuple of int or None
        The shape of one sample. None means the shape in x.
    """

    def __init__(self, x, dtype, shape=None):
        self.x = x.tocsr() if issparse(x) else x
        self.dtype = np.dtype(dtype)
        self.shape = shape
        self.scale = 1 / 255 if shape and len(shape) == 3 and x.dtype.kind in "iu" else None
        self._workspace = Workspace(self.dtype)

    def __len__(self):
        return self.x.shape[0]

    def take(self, at):
        """The rows ``at``: integers, or a slice, which copies only if values must be converted.

        The result is valid until the next call. Sparse rows remain sparse except for images. With
        integers (k, b), each of k models has its own rows, (k, b, *shape).
        """
        rows = gathered(self.x, at, self._workspace)
        models = () if isinstance(at, slice) else np.shape(at)[:-1]
        if self.shape and rows.shape[len(models) + 1 :] != self.shape:
            rows = rows.toarray() if issparse(rows) else rows
            rows = rows.reshape(*models, -1, *self.shape)
        rows = converted(rows, self._workspace)
        if self.scale:
            rows *= self.scale
        return rows


class Source:
    """Base class of sources of batches. ``len(source)`` is the number of rows.

    Subclasses implement ``take`` and, for lbfgs, the attributes. If rows cannot be taken one by
    one, they implement ``batches`` and ``numbered`` as well.

    Attributes
    ----------
    weight_sum : float
        The divisor of a mean over all rows.
    dtype : dtype
        The dtype of the computation.
    epoch : callable or None
        (gradient, plan, run) -> (loss, norm, rate): one pass over rows in other processes, like
        ``training.one_epoch``. None if batches are taken in this process.
    n_shards : int
        The number of parts into which each batch is split; each can have its own process.
    """

    epoch = None
    n_shards = 1

    def take(self, at):
        """The Batch of the rows ``at``: integers, or a slice. Valid until the next one is taken.

        If models have their own orders, integers have the shape (k, b), and x, y and weight of
        the Batch have a model axis.
        """
        raise NotImplementedError

    @property
    def numbered(self):
        """The number of items in an order: rows, or blocks of rows."""
        return len(self)

    def batches(self, size, order=None, draws=None):
        """Yields (number of its first row, Batch) for the batches of one epoch.

        order: numbers of the rows in the order in which they are used, (n,), or (k, n) with one
        order for each model; None: ascending    draws: for blocks of rows, number of a block ->
        Generator that shuffles its rows
        """
        n = len(self) if order is None else order.shape[-1]
        for start in range(0, n, size):
            at = slice(start, min(start + size, n))
            yield start, self.take(at if order is None else order[..., at])


class Rows(Source):
    """Samples and targets in arrays.

    Parameters
    ----------
    x, dtype, shape : as for Samples
    y : ndarray of shape (n, n_outputs) or (n,)
        The targets. If y has one dimension, it contains row numbers of ``codebook``.
    weight : ndarray of shape (n,), (n, 1), (n, n_outputs) or None
        The sample weights.
    codebook : ndarray of shape (n_codes, n_outputs) or None
        The target for each code, such as one-hot rows.
    """

    def __init__(self, x, y, weight=None, *, dtype, shape=None, codebook=None):
        self.samples = Samples(x, dtype, shape)
        self.x, self.dtype = self.samples.x, self.samples.dtype
        self.y = y
        # A column applies to all outputs.
        self.weight = weight[:, None] if weight is not None and weight.ndim == 1 else weight
        self.codebook = codebook
        self._x, self._y, self._code, self._weight = (Workspace(self.dtype) for _ in range(4))
        # Sparse rows are not cut into batches, because SciPy's slices take as long as gathering.
        targets = y if codebook is None else codebook
        n_values = math.prod(self.x.shape[1:]) + math.prod(targets.shape[1:])
        self._row_bytes = math.inf if issparse(x) else n_values * self.dtype.itemsize

    def __len__(self):
        return len(self.samples)

    def astype(self, dtype):
        """The same rows in another dtype, without copying them."""
        shape, codebook = self.samples.shape, self.codebook
        return Rows(self.x, self.y, self.weight, dtype=dtype, shape=shape, codebook=codebook)

    @property
    def weight_sum(self):
        return float(len(self)) if self.weight is None else sum_of_weights(self.weight)

    def take(self, at):
        """The Batch of the rows ``at``: integers, or a slice, which copies nothing."""
        y = gathered(self.y, at, self._y)
        if self.codebook is not None:
            y = gathered(self.codebook, y, self._code)
        if self.weight is None:
            weight, weight_sum = None, float(y.shape[-2])
        else:
            weight = converted(gathered(self.weight, at, self._weight), self._weight)
            weight_sum = sum_of_weights(weight)
        return Batch(self.samples.take(at), converted(y, self._y), weight, weight_sum)

    def batches(self, size, order=None, draws=None):
        """As in ``Source``. Small batches are gathered several at a time, which saves calls."""
        n_together = GATHERED // max(1, size * self._row_bytes)
        if n_together < 2 or size >= len(self) or np.ndim(order) > 1:
            yield from super().batches(size, order, draws)
            return
        for first, block in super().batches(n_together * size, order, draws):
            for start in range(0, block.n_samples, size):
                yield first + start, block.part(slice(start, start + size))

    def copy_x(self, at, out):
        """Copies the flat, dense rows ``at``, integers of any shape, into (*at.shape, width)."""
        _copy_rows(self.x, at, out, self._x)

    def copy_y(self, at, out):
        """Copies the targets of the rows ``at``."""
        if self.codebook is None:
            _copy_rows(self.y, at, out, self._y)
        else:
            _copy_rows(self.codebook, gathered(self.y, at, self._y), out, self._code)

    def copy_weight(self, at, out):
        """Copies the weights of the rows ``at``."""
        _copy_rows(self.weight, at, out, self._weight)

    def largest(self):
        """(the largest absolute value in x, the largest absolute value in y)"""
        return largest(self.x), largest(self.y)

    def least_weight(self):
        """The smallest weight above zero, or None without weights."""
        return None if self.weight is None else self.weight[self.weight > 0].min()

    def targets(self, at=slice(None)):
        """The targets of the rows ``at``, as a new array."""
        y = self.y[at] if self.codebook is None else self.codebook[self.y[at]]
        return y.astype(self.dtype)


def is_sparse(array):
    """SciPy's ``issparse`` with a fast path: for arrays, it is slow compared with small steps."""
    return type(array) is not np.ndarray and issparse(array)


def gathered(array, at, workspace):
    """array[at]. If a copy is needed, it uses the memory of the workspace."""
    if isinstance(at, slice):
        return array[at]
    if is_sparse(array):
        if np.ndim(at) > 1:
            raise ValueError(
                "sparse rows are shared by models that are trained together: row numbers must "
                f"have the shape (n,), got {np.shape(at)}. Pass a dense array, or train models "
                "with different rows one at a time."
            )
        return array[at]
    out = workspace.array("rows", (*np.shape(at), *array.shape[1:]), array.dtype)
    # clip: the default mode uses an additional buffer
    return array.take(at, axis=0, out=out, mode="clip")


def equal_arrays(a, b):
    """Whether two arrays, or None, are the same in shape, dtype and values."""
    if a is b:
        return True
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
        return False
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return np.array_equal(a[:1], b[:1]) and np.array_equal(a, b)


def largest(array):
    """The largest absolute value in a dense or sparse array."""
    array = array.data if issparse(array) else array
    return float(max(abs(float(array.max())), abs(float(array.min())))) if array.size else 0.0


def _copy_rows(array, at, out, workspace):
    if array.dtype == out.dtype:
        array.take(at, axis=0, out=out, mode="clip")
    else:
        np.copyto(out, gathered(array, at, workspace), casting="unsafe")


def converted(rows, workspace):
    """C-contiguous rows in the dtype of the workspace; a copy uses the workspace's memory."""
    if is_sparse(rows):
        return rows if rows.dtype == workspace.dtype else rows.astype(workspace.dtype)
    if rows.dtype == workspace.dtype and rows.flags.c_contiguous:
        return rows
    out = workspace.array("converted", rows.shape)
    np.copyto(out, rows, casting="unsafe")
    return out


def sum_of_weights(weight):
    """The divisor of a mean over samples: weights per output count with their mean.

    weight: (..., n, 1) or (..., n, n_outputs)    returns: a float, or (k,) of float64
    """
    total = weight.sum(axis=(-2, -1))
    return (total.astype(float) if total.ndim else float(total)) / weight.shape[-1]
