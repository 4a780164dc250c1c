"""Several ranks as threads of one process, which exchange sums over shards."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, BrokenBarrierError

import numpy as np

from sknn.nn.shards import Alone, Shard, ShardedGradient, ShardedRows
from sknn.nn.training import one_epoch
from sknn.nn.tree import joined

TIMEOUT = 20  # seconds, after which ranks that wait for each other give up


class Table:
    """The Exchange of one of several threads; each brings its parts and takes the total."""

    def __init__(self, n_ranks, n_shards):
        self.n_shards = n_shards
        self.barrier = Barrier(n_ranks)
        self.given = {}

    def total(self, parts):
        self.given.update(joined(parts, self.n_shards))
        self.barrier.wait(TIMEOUT)
        total = joined(self.given, self.n_shards)[0, self.n_shards]
        if self.barrier.wait(TIMEOUT) == 0:
            self.given.clear()
        self.barrier.wait(TIMEOUT)
        return total


def spans(n_shards, n_ranks):
    """The neighbouring shards of each rank."""
    return [part.tolist() for part in np.array_split(np.arange(n_shards), n_ranks)]


def trained(shards, network, loss, theta, state, plan, run, n_ranks=1, epochs=1):
    """[(gradient, run, [figures of each epoch])] of each rank after some epochs.

    shards: list of Shard    run: () -> a TrainingState of its own
    """
    n, lengths = len(shards), [len(shard) for shard in shards]
    exchange = Table(n_ranks, n) if n_ranks > 1 else Alone(n)

    def work(span):
        own = {number: Shard(shards[number].rows, shards[number].at) for number in span}
        vectors = theta.copy(), state.copy()
        settings = {"exchange": exchange, "n_shards": n, "augment": plan.augment}
        gradient = ShardedGradient(network, loss, *vectors, **settings)
        rows, own_run = ShardedRows(own, lengths, exchange), run()
        own_run.order = np.arange(rows.numbered)
        with np.errstate(all="ignore"):
            figures = [
                one_epoch(rows, gradient, replace(plan, augment=None), own_run)
                for _ in range(epochs)
            ]
        return gradient, own_run, figures

    with ThreadPoolExecutor(n_ranks) as pool:
        ranks = [pool.submit(work, span) for span in spans(n, n_ranks)]
        errors = [each.exception() for each in ranks]
        for error in sorted(filter(None, errors), key=lambda e: isinstance(e, BrokenBarrierError)):
            raise error
        return [each.result() for each in ranks]
