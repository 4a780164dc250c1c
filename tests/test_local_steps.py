"""Replicas of shards that are averaged: formulas, and the same bits for any number of ranks."""

from functools import partial

import numpy as np
import pytest
import ranks
from numpy.testing import assert_allclose, assert_array_equal
from ranks import trained
from test_shards import LENGTHS, made, new_run

from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.local_steps import local_epoch
from sknn.nn.losses import SquaredError
from sknn.nn.optimizers import SGD, Adam
from sknn.nn.plan import Plan
from sknn.nn.schedules import CosineDecay


def averaged(monkeypatch, n_steps):
    """Makes ``trained`` take local steps."""

    def epoch(rows, gradient, plan, run):
        plan.augment = gradient.augment
        return local_epoch(rows, gradient, plan, run, n_steps)

    monkeypatch.setattr(ranks, "one_epoch", epoch)


@pytest.mark.parametrize("name", ["dropout", "normalization", "images"])
def test_number_of_ranks_does_not_change_the_weights(monkeypatch, name):
    averaged(monkeypatch, 3)
    network, theta, state, shards = made(name, True)
    run = partial(new_run, Adam(), network, theta)
    plan = Plan(17, alpha=1e-3, augment=AUGMENTATIONS["shift"] if name == "images" else None)
    found = set()
    for n_ranks in (1, 2, 5):
        for gradient, own, figures in trained(
            shards, network, SquaredError(), theta, state, plan, run, n_ranks, 2
        ):
            moments = b"".join(np.asarray(one).tobytes() for one in own.moments.values.values())
            vectors = gradient.theta.tobytes(), gradient.state.tobytes(), moments
            found.add((*vectors, str(figures), own.moments.steps, own.progress.step))
    assert len(found) == 1
    assert found.pop()[-2:] == (8, 8)


def test_an_average_after_each_step_is_a_step_on_all_shards(monkeypatch):
    network, theta, state, shards = made("dense", lengths=(8, 24, 8), dtype=float)
    run = partial(new_run, SGD(momentum=0.9), network, theta)
    plan = Plan(20, alpha=0.3, l1=0.1, learning_rate=0.1, schedule=CosineDecay())
    given = shards, network, SquaredError(), theta, state, plan, lambda: planned(run())
    ((together, own, wanted),) = trained(*given, epochs=2)
    averaged(monkeypatch, 1)
    ((gradient, local, figures),) = trained(*given, epochs=2)
    assert_allclose(gradient.theta, together.theta, rtol=1e-9, atol=1e-12)
    for name, value in own.moments.values.items():
        assert_allclose(local.moments[name], value, rtol=1e-9, atol=1e-12)
    assert vars(local.progress) == vars(own.progress)
    assert local.moments.steps == own.moments.steps == 4
    assert [rate for *_, rate in figures] == [rate for *_, rate in wanted]


def planned(run):
    run.progress.total_steps = 4
    return run


def test_between_averages_each_shard_goes_its_own_way(monkeypatch):
    averaged(monkeypatch, 2)
    network, theta, state, shards = made("dense", lengths=(8, 24), dtype=float)
    plan, run = Plan(8, learning_rate=0.1, shuffle=False), new_run(SGD(0.0, False), network, theta)
    given = network, SquaredError(), theta, state, plan, run.copy
    ((gradient, _, ((loss, norm, _),)),) = trained(shards, *given)
    # 32 rows in 4 batches: averages after 2 and 4
    middle, losses, norms = theta, [], []
    for first in (0, 2):
        ends = []
        for shard, size, share in zip(shards, (2, 6), (0.25, 0.75), strict=True):
            own = middle.copy()
            for step in (first, first + 1):
                batch = shard.rows.take(slice(step * size, (step + 1) * size))
                one = ranks.ShardedGradient(
                    network, SquaredError(), own, state, exchange=None, n_shards=2
                )
                losses.append(super(type(one), one).mean(batch) * size)
                norms.append(one.norm())
                own -= 0.1 * one.grad
            ends.append(share * own)
        middle = sum(ends)
    assert_allclose(gradient.theta, middle, rtol=1e-12)
    assert_allclose(loss, sum(losses) / 32, rtol=1e-12)
    assert_allclose(norm, np.mean(norms), rtol=1e-12)


def test_the_last_steps_of_an_epoch_are_averaged_too(monkeypatch):
    averaged(monkeypatch, 100)
    network, theta, state, shards = made("dense")
    plan, run = Plan(17), partial(new_run, SGD(0.0, False), network, theta)
    found = trained(shards, network, SquaredError(), theta, state, plan, run, 5)
    assert len({gradient.theta.tobytes() for gradient, _, _ in found}) == 1
    assert not np.array_equal(found[0][0].theta, theta)
    assert found[0][1].progress.epoch == 1
    assert found[0][1].progress.samples == sum(LENGTHS)


def test_batches_without_weight_are_left_out(monkeypatch):
    averaged(monkeypatch, 1)
    network, theta, state, shards = made("dense", True)
    for shard in shards[1:]:
        shard.rows.weight[:] = 0
    plan, run = Plan(64, learning_rate=0.1), partial(new_run, SGD(0.0, False), network, theta)
    ((gradient, _, ((loss, _, _),)),) = trained(
        shards, network, SquaredError(), theta, state, plan, run
    )
    own = theta.copy()
    one = ranks.ShardedGradient(network, SquaredError(), own, state, exchange=None, n_shards=2)
    value = super(type(one), one).mean(shards[0].rows.take(slice(None)))
    assert_allclose(gradient.theta, theta - 0.1 * one.grad * 10 / 64, rtol=1e-5, atol=1e-7)
    assert_allclose(loss, value, rtol=1e-5)
    assert_array_equal(gradient.state, state)
