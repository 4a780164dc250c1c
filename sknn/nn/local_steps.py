"""One epoch in which each shard trains its own replica of the network, averaged at intervals.

Local SGD: Stich (2019), Local SGD Converges Fast and Communicates Little. Between two averages,
each shard takes k steps on its parts of k mini-batches, which reduces the number of exchanges by a
factor of k. There is one replica for each shard, not for each rank, so that the weights do not
depend on the number of ranks.
"""

from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np

from sknn.nn.gradient import Gradient
from sknn.nn.shards import PLACES
from sknn.nn.streams import shuffles_block
from sknn.nn.training import one_step
from sknn.nn.workspace import Workspace


def local_epoch(rows, gradient, plan, run, n_steps):
    """One pass over ShardedRows, as in ``training.one_epoch``, with an average every n_steps steps.

    gradient: a ShardedGradient. At the end, its theta and state and the moments of ``run`` are the
    mean of the replicas, weighted by the number of rows in their shards.
    """
    progress, rate = run.progress, plan.learning_rate
    shares = rows.lengths / len(rows)
    replicas = {number: _Replica(gradient, run, shares[number]) for number in rows.shards}
    workspace = Workspace(gradient.theta.dtype)
    draws = partial(shuffles_block, run.seed, progress.epoch) if plan.shuffle else None
    sums, since = np.zeros(4), 0
    for start, batch in rows.batches(plan.batch_size, None, draws):
        rate = plan.schedule.rate(progress, plan.learning_rate)
        for number, own in batch.own.items():
            if own.idle:
                continue
            place = run.seed, progress.epoch, start + (number << PLACES)
            if plan.augment:
                own.x = plan.augment(own.x, *place, workspace)
            replicas[number].step(own, place, plan, rate, own.weight_sum / batch.weight_sum)
        progress.step += 1
        since += 1
        if since == n_steps:
            sums += _average(rows, replicas, gradient, run, since)
            since = 0
    if since:
        sums += _average(rows, replicas, gradient, run, since)
    progress.epoch += 1
    progress.samples = progress.samples + len(rows)
    loss, samples, norm, steps = sums
    return loss / max(samples, 1), norm / max(steps, 1), rate


class _Replica:
    """The network of one shard between two averages.

    share: the fraction of all rows that belong to the shard
    """

    def __init__(self, gradient, run, share):
        own = gradient.theta.copy(), gradient.state.copy()
        self.gradient = Gradient(gradient.network, gradient.loss, *own)
        self.run = copy(run)  # shares the progress with all others
        self.run.moments = run.moments.copy()
        self.share = share
        self.sums = np.zeros(4)  # loss times samples, samples, norms, steps

    def step(self, batch, place, plan, rate, part):
        """One step on a part of a mini-batch; penalties are scaled by ``part``."""
        if plan.penalised:
            plan = replace(plan, alpha=plan.alpha * part, l1=plan.l1 * part)
        self.gradient.place(*place, self.run.progress)
        loss, norm = one_step(self.gradient, batch, plan, self.run, rate)
        self.sums += loss * batch.n_samples, batch.n_samples, norm, 1

    def weighed(self):
        """Terms of the average: theta, state and moments times the share, and sums of figures."""
        values = self.gradient.theta, self.gradient.state, *self.run.moments.values.values()
        return *(np.asarray(value) * float(self.share) for value in values), self.sums

    def go_on(self, gradient, run):
        """Continues from the average."""
        np.copyto(self.gradient.theta, gradient.theta)
        np.copyto(self.gradient.state, gradient.state)
        self.run.moments.load_state(run.moments.state())
        self.sums = np.zeros(4)


def _average(rows, replicas, gradient, run, n_steps):
    """Writes the mean of all replicas to gradient and run, and to the replicas.

    returns: the sums of their figures
    """
    parts = {(number, number + 1): each.weighed() for number, each in replicas.items()}
    theta, state, *values, sums = rows.exchange.total(parts)
    np.copyto(gradient.theta, theta)
    np.copyto(gradient.state, state)
    steps = run.moments.steps + n_steps  # including shards without rows in some of the steps
    moments = dict(zip(run.moments.values, values, strict=True))
    run.moments.load_state({**moments, "steps": steps})
    for each in replicas.values():
        each.go_on(gradient, run)
    return sums
