"""Training rows, read batch by batch: gathered, converted and encoded, never copied whole."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse

from sknn.nn.workspace import Workspace


@dataclass
class Batch:
    """n samples: x (n, *input_shape) or sparse, y (n, n_outputs).

    weight: (n,), (n, n_outputs) or None    weight_sum: the sum of the weights, or n

    Valid until the next batch is taken.
    """

    x: object
    y: np.ndarray
    weight: np.ndarray | None
    weight_sum: float


class Rows:
    """Samples and targets to take batches from.

    Parameters
    ----------
    x : ndarray of shape (n, *input_shape), C-contiguous, or sparse of shape (n, n_features)
    y : ndarray of shape (n, n_outputs) or (n,)
        Targets; of one dimension, numbers of rows in ``codebook``.
    weight : ndarray of shape (n,), (n, n_outputs) or None
    dtype : dtype
        What batches are computed in; other dtypes are converted batch by batch.
    codebook : ndarray of shape (n_codes, n_outputs) or None
        The target that each code stands for: one-hot rows, for instance.
    """

    def __init__(self, x, y, weight=None, *, dtype, codebook=None):
        self.x = x.tocsr() if issparse(x) else x
        self.y, self.weight = y, weight
        self.dtype = np.dtype(dtype)
        self.codebook = codebook
        self._workspace = Workspace(self.dtype)

    def __len__(self):
        return self.x.shape[0]

    def take(self, at):
        """The Batch of the rows ``at``: integers, or a slice, which copies nothing."""
        y = self._gathered("y", self.y, at)
        if self.codebook is not None:
            y = self._gathered("code", self.codebook, y)
        if self.weight is None:
            weight, weight_sum = None, float(y.shape[0])
        else:
            weight = self._converted("weight", self._gathered("weight", self.weight, at))
            weight_sum = sum_of_weights(weight)
        x = self._converted("x", self._gathered("x", self.x, at))
        return Batch(x, self._converted("y", y), weight, weight_sum)

    def targets(self, at=slice(None)):
        """The targets of the rows ``at``, in an array of their own."""
        y = self.y[at] if self.codebook is None else self.codebook[self.y[at]]
        return y.astype(self.dtype)

    def _gathered(self, name, array, at):
        if issparse(array) or isinstance(at, slice):
            return array[at]
        out = self._workspace.array(f"{name} rows", (len(at), *array.shape[1:]), array.dtype)
        # clip: the default mode would go through a buffer
        return np.take(array, at, axis=0, out=out, mode="clip")

    def _converted(self, name, rows):
        if rows.dtype == self.dtype:
            return rows
        if issparse(rows):
            return rows.astype(self.dtype)
        converted = self._workspace.array(name, rows.shape)
        np.copyto(converted, rows, casting="unsafe")
        return converted


def sum_of_weights(weight):
    """What a mean over samples is divided by: weights per output count by their mean."""
    return float(weight.sum()) / (1 if weight.ndim == 1 else weight.shape[1])
