"""Training rows in shards that several processes hold, and the gradient of a batch out of them.

Each process, called a rank, has some neighbouring shards and a replica of the network. A mini-batch
takes its part of the rows of every shard; its sums are added up over all shards, and every rank
then makes the same step. What is added to what depends on the shards alone, so that the weights
are the same, bit for bit, for any number of ranks.
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

PLACES = 40  # bits of the place of a batch in its epoch; those above say which shard


class Exchange(Protocol):
    """How ranks learn the sums over all shards."""

    def total(self, parts):
        """The sums over all shards, a tuple of arrays; None if no shard has any.

        parts: {(start, stop): tuple of arrays, or None}, for all shards of this rank. Every rank
        asks as often as all others. The arrays are not to be changed.
        """


class Alone:
    """The Exchange of a process that has all shards."""

    def __init__(self, n_shards):
        self.n_shards = n_shards

    def total(self, parts):
        return joined(parts, self.n_shards)[0, self.n_shards]


@dataclass
class Shard:
    """Rows of a shard: those numbered ``at``, or all of them.

    rows: Rows    at: ndarray of int, or None
    """

    rows: Any
    at: np.ndarray | None = None

    def __len__(self):
        return len(self.rows if self.at is None else self.at)

    def order(self, random):
        """The numbers of its rows in the order of an epoch; None: as they lie."""
        if random is None:
            return self.at
        return random.permutation(len(self) if self.at is None else self.at)


@dataclass
class ShardedBatch:
    """A mini-batch of which each rank has its shards' part.

    Attributes
    ----------
    own : dict
        Number of a shard -> its Batch; shards without rows in it are left out.
    other : callable
        () -> a Batch of some other row, for a rank without rows in this batch.
    numbers : list of int
        Of the shards of this rank.
    n_samples, weight_sum : int, float
        Over all shards.
    """

    own: dict
    other: Any
    numbers: list
    n_samples: int
    weight_sum: float

    @property
    def idle(self):
        """Whether all weights are zero, in all shards."""
        return self.weight_sum == 0


class ShardedRows(Source):
    """The rows of all shards, of which this rank has some.

    Parameters
    ----------
    shards : dict
        Number of a shard -> Shard, ascending.
    lengths : ndarray of int, (n_shards,)
        How many rows each shard has, those of other ranks too.
    exchange : Exchange
    """

    numbered = 1  # an epoch takes rows of all shards at once

    def __init__(self, shards, lengths, exchange):
        self.shards = shards
        self.lengths = np.asarray(lengths)
        self.exchange = exchange

    def __len__(self):
        return int(self.lengths.sum())

    def batches(self, size, order=None, draws=None):
        """Yields (number of its first row, ShardedBatch); see ``Source``.

        draws: number of a shard -> Generator, which shuffles its rows
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
        """The sum of the weights in each batch of an epoch; one exchange, if there are weights."""
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
    """The loss of a network on a ShardedBatch, and its gradient: the same on all ranks.

    exchange: Exchange    n_shards: of all ranks    augment: Augmentation, or None, which changes
    the images of each shard
    """

    def __init__(self, network, loss, theta, state, *, exchange, n_shards, augment=None):
        super().__init__(network, loss, theta, state)
        self.exchange, self.n_shards, self.augment = exchange, n_shards, augment
        self._start = self._place
        self._augmented = {}  # shard -> Workspace, as those of a batch are needed at once
        self._shard_of, self._absent = [], {}  # for each pass under way; shards without rows
        self._parts_of = {}  # (number of a pass, whether it is the first one) -> Part

    def place(self, seed, epoch, batch, progress=None):
        """As that of ``Gradient``; each shard then has a place of its own."""
        super().place(seed, epoch, batch, progress)
        self._start = self._place

    def mean(self, batch):
        """The loss of the batch, as the loss finishes it; ``grad`` is filled with its gradient."""
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
        """Makes the place in training that of a shard, and changes its images."""
        seed, epoch, start = self._start
        self._place = seed, epoch, start + (shard << PLACES)
        if self.augment:
            workspace = self._augmented.setdefault(shard, Workspace(self.theta.dtype))
            batch.x = self.augment(batch.x, *self._place, workspace)

    def _one_by_one(self, batch):
        """The sums of the loss and the gradient of each shard; neighbours are added up."""
        parts = {}
        for shard, own in batch.own.items():
            self._go_to(shard, own)
            total = np.array([self.sum(own)], float)
            parts[shard, shard + 1] = total, self.grad.copy()
            parts = joined(parts, self.n_shards)
        return parts

    def _together(self, batch):
        """As ``_one_by_one`` where layers need sums over the whole mini-batch on the way."""
        passes, parts = [], []
        self._shard_of = []
        # A rank without rows takes part all the same, for its running statistics.
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
        """The Part of a pass; the first of all updates the running statistics."""
        key = number, number_in_shard
        if key not in self._parts_of:
            part = Part(self.network, number_in_shard, np.zeros_like(self.grad))
            part.plain_context = Pass(training=True, updates_state=number == 0)
            self._parts_of[key] = part
        return self._parts_of[key]

    def _summed(self, wanted):
        """The sums over all shards of what joint layers want summed."""
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
