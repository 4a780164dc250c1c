"""Training rows in shards distributed to several processes, and the gradient of a batch of them.

Each process, called a rank, has some consecutive shards and a replica of the network. A mini-batch
takes some rows of every shard. Its sums are added up over all shards, and every rank then makes
the same step. The order of the additions depends only on the shards, so that the weights are the
same, bit for bit, for any number of ranks.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from sknn.nn.batches import Source, sum_of_weights
from sknn.nn.gradient import WHOLE, Gradient, Part
from sknn.nn.passes import Pass
from sknn.nn.tree import joined
from sknn.nn.workspace import Workspace

PLACES = 40  # bits for the number of a batch in its epoch; the bits above are the shard


class Exchange(Protocol):
    """The interface through which ranks receive the sums over all shards."""

    def total(self, parts):
        """The sums over all shards, as a tuple of arrays; None if no shard has any.

        parts: {(start, stop): tuple of arrays, or None}, for all shards of this rank. Every rank
        must make the same number of calls. The returned arrays must not be changed.
        """


class Alone:
    """The Exchange of a single process with all shards."""

    def __init__(self, n_shards):
        self.n_shards = n_shards

    def total(self, parts):
        return joined(parts, self.n_shards)[0, self.n_shards]


@dataclass
class Shard:
    """The rows of a shard: those with the numbers ``at``, or all of them.

    rows: Rows    at: ndarray of int, or None
    """

    rows: Any
    at: np.ndarray | None = None

    def __len__(self):
        return len(self.rows if self.at is None else self.at)

    def order(self, random):
        """The row numbers in the order of an epoch. If random is None, rows are not shuffled."""
        if random is None:
            return self.at
        return random.permutation(len(self) if self.at is None else self.at)


@dataclass
class ShardedBatch:
    """A mini-batch, of which each rank has the part from its own shards.

    Attributes
    ----------
    own : dict
        Number of a shard -> its Batch, without shards that have no rows in the mini-batch.
    other : callable
        () -> a Batch of some other row, for a rank without rows in this mini-batch.
    numbers : list of int
        The numbers of the shards of this rank.
    n_samples, weight_sum : int, float
        The totals over all shards.
    """

    own: dict
    other: Any
    numbers: list
    n_samples: int
    weight_sum: float

    @property
    def idle(self):
        """Whether all weights in all shards are zero."""
        return self.weight_sum == 0


class ShardedRows(Source):
    """The rows of all shards, some of which belong to this rank.

    Parameters
    ----------
    shards : dict
        Number of a shard -> Shard, in ascending order.
    lengths : ndarray of int, (n_shards,)
        The number of rows in each shard, including those of other ranks.
    exchange : Exchange
        Provides sums over all shards.
    """

    numbered = 1  # an epoch uses rows of all shards at once

    def __init__(self, shards, lengths, exchange):
        self.shards = shards
        self.lengths = np.asarray(lengths)
        self.exchange = exchange

    def __len__(self):
        return int(self.lengths.sum())

    def batches(self, size, order=None, draws=None):
        """Yields (number of its first row, ShardedBatch); see ``Source``.

        draws: number of a shard -> Generator that shuffles its rows
        """
        n = len(self)
        ends = np.minimum(np.arange(-(-n // size) + 1) * size, n)
        cuts = {number: length * ends // n for number, length in enumerate(self.lengths)}
        n_samples = np.diff(sum(cuts.values()))
        orders = {
            number: shard.order(None if draws is None else draws(number))
            for number, shard in self.shards.items()
        }
        weight_sums = self._weight_sums(orders, cuts, n_samples)
        first = next(iter(self.shards.values()))
        for step, start in enumerate(ends[:-1].tolist()):
            own = {}
            for number, shard in self.shards.items():
                at = slice(*cuts[number][step : step + 2].tolist())
                if at.stop > at.start:
                    each = orders[number]
                    own[number] = shard.rows.take(at if each is None else each[at])
            yield (
                start,
                ShardedBatch(
                    own,
                    lambda: first.rows.take(slice(0, 1)),
                    list(self.shards),
                    int(n_samples[step]),
                    float(weight_sums[step]),
                ),
            )

    def _weight_sums(self, orders, cuts, n_samples):
        """The sum of the weights in each batch of an epoch, with one exchange if there are any."""
        shards = self.shards
        if next(iter(shards.values())).rows.weight is None:
            return n_samples
        parts = {}
        for number, shard in shards.items():
            weight, order = shard.rows.weight, orders[number]
            weight = (weight if order is None else weight[order]).astype(shard.rows.dtype)
            each = pairwise(cuts[number].tolist())
            sums = np.array([sum_of_weights(weight[start:stop]) for start, stop in each])
            parts[number, number + 1] = (sums,)
        return self.exchange.total(parts)[0]


class ShardedGradient(Gradient):
    """The loss of a network on a ShardedBatch and its gradient, which are the same on all ranks.

    exchange: Exchange    n_shards: the total number of shards    augment: an Augmentation that
    changes the images of each shard, or None
    """

    def __init__(self, network, loss, theta, state, *, exchange, n_shards, augment=None):
        super().__init__(network, loss, theta, state)
        self.exchange, self.n_shards, self.augment = exchange, n_shards, augment
        self._start = self._place
        self._augmented = {}  # shard -> Workspace, because all shards of a batch are used at once
        self._shard_of, self._absent = [], {}  # for each active pass; shards without rows
        self._parts_of = {}  # (number of a pass, whether it is the first one) -> Part

    def place(self, seed, epoch, batch, progress=None):
        """Same as in ``Gradient``. In addition, each shard has its own position."""
        super().place(seed, epoch, batch, progress)
        self._start = self._place

    def mean(self, batch):
        """The finished loss of the batch. Writes its gradient to ``grad``."""
        if self.n_shards == 1:
            self._go_to(0, batch.own[0])
            return super().mean(batch.own[0])
        self._absent = {(each, each + 1): None for each in batch.numbers if each not in batch.own}
        parts = self._together(batch) if self.network.joint else self._one_by_one(batch)
        total, grad = self.exchange.total(parts | self._absent)
        value, scale = self.loss.finish(float(total[0]), batch.weight_sum)
        np.multiply(grad, scale, out=self.grad)
        return value

    def _go_to(self, shard, batch):
        """Sets the position in training to that of a shard, and changes its images."""
        seed, epoch, start = self._start
        self._place = seed, epoch, start + (shard << PLACES)
        if self.augment:
            workspace = self._augmented.setdefault(shard, Workspace(self.theta.dtype))
            batch.x = self.augment(batch.x, *self._place, workspace)

    def _one_by_one(self, batch):
        """The sums of loss and gradient of each shard; consecutive shards are added up."""
        parts = {}
        for shard, own in batch.own.items():
            self._go_to(shard, own)
            total = np.array([self.sum(own)], float)
            parts[shard, shard + 1] = total, self.grad.copy()
            parts = joined(parts, self.n_shards)
        return parts

    def _together(self, batch):
        """Same as ``_one_by_one``, for layers that require sums over the whole mini-batch."""
        passes, parts = [], []
        self._shard_of = []
        # A rank without rows takes part as well, because it updates its running statistics.
        todo = batch.own or {batch.numbers[0]: batch.other()}
        for shard, own in todo.items():
            self._go_to(shard, own)
            size = self._size or own.n_samples
            for number, start in enumerate(range(0, own.n_samples, size)):
                part = self._part(len(passes), number)
                at = slice(start, start + size) if self._is_cut(own) else WHOLE
                self._prepare(part, own, at)
                parts.append(part)
                passes.append(self._pass(part, own))
                self._shard_of.append(shard if batch.own else None)
        totals = self._in_step(parts, passes)
        sums = {}
        for shard, total, part in zip(self._shard_of, totals, parts, strict=True):
            if shard in sums:
                sums[shard][0][0] += total
                sums[shard][1][...] += part.vector
            elif shard is not None:
                sums[shard] = np.array([total], float), part.vector
        return {(shard, shard + 1): each for shard, each in sums.items()}

    def _part(self, number, number_in_shard):
        """The Part of a pass. The very first pass updates the running statistics."""
        key = number, number_in_shard
        if key not in self._parts_of:
            part = Part(self.network, number_in_shard, np.zeros_like(self.grad))
            part.plain_context = Pass(training=True, updates_state=number == 0)
            self._parts_of[key] = part
        return self._parts_of[key]

    def _summed(self, wanted):
        """The sums over all shards of the arrays that joint layers yield."""
        if self.n_shards == 1:
            return super()._summed(wanted)
        parts = {}
        for shard, arrays in zip(self._shard_of, wanted, strict=True):
            if shard is None:
                continue
            key = shard, shard + 1
            earlier = parts.get(key)
            parts[key] = arrays if earlier is None else super()._summed([earlier, arrays])
        return self.exchange.total(parts | self._absent)
