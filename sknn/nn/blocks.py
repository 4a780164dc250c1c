"""Training rows in blocks that are read one after another, for data larger than memory."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import issparse, vstack

from sknn.nn.batches import Batch, Source, sum_of_weights
from sknn.nn.streams import HELD_OUT, stream


def read_ahead(read, numbers):
    """Yields (number, read(number)). While one is in use, a thread reads the next one."""
    with ThreadPoolExecutor(1, thread_name_prefix="sknn-read") as reader:
        coming = [reader.submit(read, number) for number in numbers[:1]]
        for place, number in enumerate(numbers):
            found = coming.pop().result()
            coming += [reader.submit(read, following) for following in numbers[place + 1 :][:1]]
            yield number, found


class Blocks(Source):
    """Rows that are read block by block, with at most two blocks in memory.

    One block is used for training while the next one is read. A batch that spans two blocks is
    assembled from the end of one and the start of the next. The batches are therefore the same as
    for an array with the rows in this order. An ``order`` contains numbers of blocks.

    Parameters
    ----------
    read : callable
        Takes the number of a block and returns its Rows, the same ones on every call.
    lengths : ndarray of int, (n_blocks,)
        The number of rows in each block. Blocks without rows are skipped.
    dtype : dtype
        The dtype of the computation.
    example : ndarray of shape (1, n_outputs)
        One target.
    weight_sum : float
        The sum of the sample weights.
    extremes : Extremes
        The extreme values over all rows.
    split : Split or None
        Selects some rows of each block. None selects all.
    """

    def __init__(self, read, lengths, *, dtype, example, weight_sum, extremes, split=None):
        self.read = read
        self.lengths = lengths
        self.dtype = np.dtype(dtype)
        self.example = example
        self.weight_sum = weight_sum
        self.extremes = extremes
        self.split = split

    def __len__(self):
        return int(np.sum(self.lengths if self.split is None else self.split.lengths))

    @property
    def numbered(self):
        return len(self.lengths)

    def targets(self, at=None):
        """One target, (1, n_outputs), because the targets of all rows are never in memory."""
        return self.example

    def part(self, split, read=None):
        """The rows in a Split. ``read``, if passed, replaces the function that reads them."""
        part = copy(self)
        part.read, part.split = read or self.read, split
        part.weight_sum = self.weight_sum * split.share
        return part

    def batches(self, size, order=None, draws=None):
        """Yields (number of its first row, Batch) for the batches of one epoch.

        order: numbers of the blocks in the order in which they are used; None: ascending
        draws: number of a block -> Generator that shuffles its rows; None: rows are not shuffled
        """
        start, ends = 0, []  # ends of blocks, which begin the next batch
        for number, rows, at in self.pieces(order):
            if draws is not None:
                at = draws(number).permutation(len(rows) if at is None else at)
            n, taken = len(rows) if at is None else len(at), 0
            while taken < n:
                missing = size - sum(end.n_samples for end in ends)
                stop = min(taken + missing, n)
                chosen = slice(taken, stop) if at is None else at[taken:stop]
                batch, taken = rows.take(chosen), stop
                if batch.n_samples < missing:
                    ends.append(_kept(batch))  # its block is given up
                    continue
                yield start, _joined([*ends, batch])
                start, ends = start + size, []
            rows = batch = None  # the block after the next will be read at once
        if ends:
            yield start, _joined(ends)

    def pieces(self, order=None):
        """Yields (number, Rows, row numbers or None for all rows) for each block.

        order: as in ``batches``. While one block is in use, a thread reads the next one.
        """
        order = range(self.numbered) if order is None else order
        numbers = [int(number) for number in order if self._n_rows(number)]
        for number, rows in read_ahead(self.read, numbers):
            _check_length(number, len(rows), self.lengths[number])
            yield number, rows, None if self.split is None else self.split.rows(number)
            rows = None

    def _n_rows(self, number):
        return (self.lengths if self.split is None else self.split.lengths)[number]

    def largest(self):
        """(the largest absolute value in x, the largest absolute value in y)"""
        return self.extremes.x, self.extremes.y

    def least_weight(self):
        """The smallest weight above zero, or None without weights."""
        return self.extremes.weight


@dataclass
class Extremes:
    """The largest absolute values in x and y, and the smallest weight above zero, or None."""

    x: float = 0.0
    y: float = 0.0
    weight: float | None = None


class Split:
    """Some rows of each block, drawn at random: either the held-out rows or all the others.

    For any k, ``fraction`` of the rows of the first k blocks are held out, up to rounding. Rows are
    drawn again from the seed whenever a block is read, so that no row numbers need to be stored.

    Parameters
    ----------
    sizes : ndarray of int, (n_blocks,)
        The total number of rows in each block.
    fraction : float
        The fraction of the rows to hold out.
    seed : int
        The seed of the draws.
    held_out : bool
        True selects the held-out rows, False all other rows.
    """

    def __init__(self, sizes, fraction, seed, held_out):
        self.sizes, self.seed, self.held_out = sizes, seed, held_out
        ends = np.round(fraction * np.concatenate(([0], np.cumsum(sizes)))).astype(int)
        self.n_held_out = np.diff(ends)
        self.lengths = self.n_held_out if held_out else sizes - self.n_held_out

    @property
    def share(self):
        """The fraction of all rows that are selected."""
        return float(self.lengths.sum() / self.sizes.sum())

    def rows(self, number):
        """The numbers of the selected rows of a block, in ascending order."""
        drawn = stream(self.seed, 0, number, HELD_OUT).permutation(self.sizes[number])
        cut = self.n_held_out[number]
        return np.sort(drawn[:cut] if self.held_out else drawn[cut:])


@dataclass(frozen=True)
class HeldOutBlocks:
    """Held-out samples for validation, read block by block.

    rows: Blocks    score: () -> an object with ``add(z, y, weight)`` and ``value()``. It is passed
    the raw outputs and targets of each block. None: the score is the negative loss.
    """

    rows: Blocks
    score: Callable | None

    at = x = labels = weight = None  # of a HeldOut, whose samples are in memory

    def validate(self, model, memory, _score=None):
        """(loss, score) of the model, both nan if a raw output is not finite.

        User-defined scorers require all samples at once and have been rejected before.
        """
        sums = ValidationSums(self.score and self.score())
        for _, rows, at in self.rows.pieces():
            sums.add(model, memory, rows, at)
        return sums.figures(model)


class ValidationSums:
    """Sums of losses, weights and scores, added up block by block."""

    def __init__(self, score=None):
        self.total = self.weight_sum = 0.0
        self.score, self.finite = score, True

    def add(self, model, memory, rows, at=None):
        """Adds the Rows numbered ``at``, or all of them."""
        z = model.outputs(rows.x, memory, at)
        self.finite = self.finite and bool(np.isfinite(z).all())
        if not self.finite:
            return
        at = slice(None) if at is None else at
        y, weight = rows.targets(at), None if rows.weight is None else rows.weight[at]
        self.total += model.loss.sum_and_gradient(y, z, weight, np.empty_like(z))
        self.weight_sum += float(len(y)) if weight is None else sum_of_weights(weight)
        if self.score:
            self.score.add(z, y, None if weight is None else weight[:, 0])

    def join(self, other):
        """Adds the sums over other rows."""
        self.total += other.total
        self.weight_sum += other.weight_sum
        self.finite = self.finite and other.finite
        if self.score:
            self.score.join(other.score)

    def figures(self, model):
        """(loss, score), both nan if a raw output is not finite."""
        if not self.finite:
            return np.nan, np.nan
        loss = model.loss.finish(self.total, self.weight_sum)[0]
        return loss, self.score.value() if self.score else -loss


def _kept(batch):
    """A copy of a Batch that stays valid when its block is released."""
    weight = None if batch.weight is None else batch.weight.copy()
    return Batch(batch.x.copy(), batch.y.copy(), weight, batch.weight_sum)


def _joined(batches):
    """Several batches joined into one."""
    if len(batches) == 1:
        return batches[0]
    join = partial(vstack, format="csr") if issparse(batches[0].x) else np.concatenate
    x, y = join([batch.x for batch in batches]), np.concatenate([batch.y for batch in batches])
    if batches[0].weight is None:
        return Batch(x, y, None, float(len(y)))
    weight = np.concatenate([batch.weight for batch in batches])
    return Batch(x, y, weight, sum_of_weights(weight))


def _check_length(number, length, wanted):
    """Raises ValueError if a block has changed since its rows were counted."""
    if length != wanted:
        raise ValueError(
            f"Block {number} must have the {wanted} rows that it had when fit began, got {length}. "
            "Store the data, for instance with to_zarr or to_parquet, and fit to the stored data."
        )
