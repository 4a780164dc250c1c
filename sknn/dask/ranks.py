"""The tasks of a worker in a fit: packing shards, training an epoch, summing up validation."""

from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np
from scipy.sparse import issparse, vstack

from sknn.dask.peers import LostError, Peers, desk_of
from sknn.nn.batches import Rows
from sknn.nn.blocks import ValidationSums
from sknn.nn.local_steps import local_epoch
from sknn.nn.model import Model
from sknn.nn.shards import Shard, ShardedGradient, ShardedRows
from sknn.nn.threads import one_blas_thread
from sknn.nn.training import one_epoch


@dataclass(frozen=True)
class Orders:
    """The request of the client that a rank trains one epoch.

    Attributes
    ----------
    fit, attempt, key : str
        Names of the fit, of this attempt at an epoch, and of the task.
    turn : int
        The number of the epoch in the fit, from 0.
    rank : int
        The rank of the worker.
    addresses : list of str
        The addresses of the workers, by rank.
    numbers : list of int
        The numbers of the shards of this rank.
    lengths : ndarray of int, (n_shards,)
        The numbers of rows of all shards.
    split : Split or None
        The rows of each shard to train on. None for all rows.
    progress : Progress
        The progress of training on the client.
    score : callable or None
        As in ``HeldOutBlocks``.
    local_steps : int
        The number of steps between two exchanges.
    memory : int
        The maximum size of a chunk of validation data in bytes.
    """

    fit: str
    attempt: str
    key: str
    turn: int
    rank: int
    addresses: list
    numbers: list
    lengths: np.ndarray
    split: Any
    progress: Any
    score: Any
    local_steps: int
    memory: int


@dataclass
class Replica:
    """Network, loss, plan and TrainingState of a fit. Each rank has its own copy.

    model: Model    loss: Loss    plan: Plan    run: TrainingState    turn: completed epochs
    """

    fit: str
    model: Any
    loss: Any
    plan: Any
    run: Any
    turn: int


@dataclass
class Turn:
    """The result of an epoch on a rank.

    Attributes
    ----------
    figures : (float, float, float)
        Mean loss, mean gradient norm and last learning rate.
    checksum : int
        The checksum of the weights, which must be the same on all ranks.
    held_out : list of ValidationSums
        One for each block of validation data on this rank.
    state : tuple or None
        On rank 0: theta, state, moments, progress and, if it is not finite, the gradient.
    """

    figures: tuple
    checksum: int
    held_out: list
    state: tuple | None = None


def count_rows(reader, number, given):
    """Returns the Count of a partition."""
    return reader.count(number, given)


def pack(reader, numbers, blocks, at=None):
    """Returns the concatenated Rows of some partitions.

    reader: BlockReader    blocks: for each partition X, y and sample_weight in memory
    at: numbers of the rows to keep; None for all
    """
    each = [reader.rows(number, given) for number, given in zip(numbers, blocks, strict=True)]
    first = each[0]
    x = _joined([rows.x for rows in each])
    y = _joined([rows.y for rows in each])
    weight = None if first.weight is None else _joined([rows.weight for rows in each])
    if at is not None:
        x, y, weight = x[at], y[at], None if weight is None else weight[at]
    shape = first.samples.shape
    return Rows(x, y, weight, dtype=first.dtype, shape=shape, codebook=first.codebook)


def _joined(arrays):
    if len(arrays) == 1:
        return arrays[0]
    join = partial(vstack, format="csr") if issparse(arrays[0]) else np.concatenate
    return join(arrays)


def train_epoch(orders, replica, shards, held_out):
    """Trains one epoch on a rank, in step with all other ranks. Returns its Turn.

    replica: Replica to start from; None for the one that this worker has kept
    shards, held_out: lists of Rows
    """
    from distributed import get_worker

    desk = desk_of(get_worker())
    kept, desk.kept = desk.kept if replica is None else replica, None
    if kept is None or (kept.fit, kept.turn) != (orders.fit, orders.turn):
        raise LostError(f"rank {orders.rank} has no weights to continue from")
    if replica is not None:
        kept = _own(replica)
    model, run, plan = kept.model, kept.run, kept.plan
    run.progress = copy(orders.progress)
    n_shards, split = len(orders.lengths), orders.split
    exchange = Peers(desk, orders.attempt, orders.rank, orders.addresses, n_shards, orders.key)
    own = {
        number: Shard(rows, None if split is None else split.rows(number))
        for number, rows in zip(orders.numbers, shards, strict=True)
    }
    source = ShardedRows(own, orders.lengths, exchange)
    gradient = ShardedGradient(
        model.network,
        kept.loss,
        model.theta,
        model.state,
        exchange=exchange,
        n_shards=n_shards,
        augment=plan.augment,
    )
    with np.errstate(all="ignore"), one_blas_thread():
        if orders.local_steps > 1 and n_shards > 1:
            figures = local_epoch(source, gradient, plan, run, orders.local_steps)
        else:  # the gradient augments shard by shard
            figures = one_epoch(source, gradient, replace(plan, augment=None), run)
        sums = [_validated(rows, model, orders) for rows in held_out]
    kept.turn += 1
    desk.kept = kept
    turn = Turn(tuple(map(float, figures)), crc32(model.theta) ^ crc32(model.state), sums)
    if orders.rank == 0:
        grad = None if np.isfinite(figures[1]) else gradient.grad
        turn.state = model.theta, model.state, run.moments.state(), run.progress, grad
    return turn


def _own(replica):
    """Returns a copy of a Replica with its own, writable arrays."""
    model = replica.model
    model = Model(model.network, model.loss, model.theta.copy(), model.state.copy())
    return replace(replica, model=model, run=replica.run.copy())


def _validated(rows, model, orders):
    sums = ValidationSums(orders.score and orders.score())
    sums.add(model, orders.memory, rows)
    return sums
