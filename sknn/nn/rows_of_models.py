"""The rows of several models as one source."""

import numpy as np

from sknn.nn.batches import Batch, Rows, Source, UnevenBatch, equal_arrays, sum_of_weights
from sknn.nn.training_state import n_rows
from sknn.nn.workspace import Workspace


class RowsOfModels(Source):
    """The rows of several models, numbered consecutively.

    rows: list of Rows with the same kind of arrays
    leaders: (k,) of int: for each model the first one with the same rows in the same order, whose
    batches are gathered once. None if all models have orders of their own.
    """

    def __init__(self, rows, leaders=None):
        self.rows = rows
        self.leaders = np.arange(len(rows)) if leaders is None else np.asarray(leaders)
        self._shared = None, None, None
        self.dtype = rows[0].dtype
        self.starts = np.cumsum([0, *map(len, rows[:-1])])
        self._x, self._y, self._weight = (Workspace(self.dtype) for _ in range(3))
        self._same_x = _same(rows, "x")
        self._same_y = _same(rows, "y") and _same(rows, "codebook")

    def __len__(self):
        return sum(map(len, self.rows))

    def take(self, at):
        """The Batch of the rows ``at`` (k, b), where each row of ``at`` belongs to one model."""
        models = np.searchsorted(self.starts, at[:, 0], side="right") - 1
        own = at - self.starts[models, None]
        first, shape = self.rows[0], at.shape
        x = self._x.array("x", (*shape, *first.x.shape[1:]))
        self._fill(Rows.copy_x, self._same_x, models, own, x, self._x)
        y = self._y.array("y", (*shape, first.targets(slice(0, 1)).shape[1]))
        self._fill(Rows.copy_y, self._same_y, models, own, y, self._y)
        if first.weight is None:
            return Batch(x, y, None, float(shape[1]))
        weight = self._weight.array("weight", (*shape, first.weight.shape[1]))
        self._fill(Rows.copy_weight, False, models, own, weight, self._weight)
        return Batch(x, y, weight, sum_of_weights(weight))

    def _fill(self, copy, same, models, at, out, workspace):
        """Fills out (k, b, ...): copies the rows of each leader once, and then for its models."""
        leading, places = self._led(models)
        if len(leading) == len(models):
            self._copy(copy, same, models, at, out)
            return
        rows = workspace.array("of leaders", (len(leading), *out.shape[1:]))
        self._copy(copy, same, models[leading], at[leading], rows)
        rows.take(places, axis=0, out=out, mode="clip")

    def _led(self, models):
        """(places of one model of each leader among models, place of the leader of each model)"""
        key = models.tobytes()
        if key != self._shared[0]:  # rarely: only when models have stopped, or in an uneven batch
            found = np.unique(self.leaders[models], return_index=True, return_inverse=True)
            self._shared = key, *found[1:]
        return self._shared[1:]

    def _copy(self, copy, same, models, at, out):
        """Fills out (k, b, ...) by a method of Rows; ``same``: by one call for all models."""
        if same:
            copy(self.rows[0], at, out)
            return
        for model, own, of_model in zip(models, at, out, strict=True):
            copy(self.rows[model], own, of_model)

    def batches(self, size, order=None, draws=None):
        """As in ``Source``. The last batch is uneven if models have different numbers of rows."""
        lengths = n_rows(order)
        if not isinstance(lengths, np.ndarray):
            yield from super().batches(size, order)
            return
        for start in range(0, order.shape[-1], size):
            at = order[:, start : start + size]
            n_samples = np.count_nonzero(at >= 0, axis=-1)
            if (n_samples == size).all():
                yield start, self.take(at)
                continue
            parts = [(n_samples == n, n) for n in np.unique(n_samples)]
            parts = [(models, _kept(self.take(at[models, :n]))) for models, n in parts]
            yield start, UnevenBatch(parts, n_samples)


def _same(rows, name):
    """Whether all Rows have equal arrays of this name."""
    first, *others = (getattr(each, name) for each in rows)
    return all(equal_arrays(first, other) for other in others)


def _kept(batch):
    """A copy of a Batch that stays valid after the next one is taken."""
    weight = None if batch.weight is None else batch.weight.copy()
    return Batch(batch.x.copy(), batch.y.copy(), weight, batch.weight_sum)
