"""Rows in shards: the gradients of all rows together, and the same bits for any number of ranks."""

import pickle
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from ranks import trained

from sknn.nn import BatchNorm, Conv2D, Dense, Dropout, Flatten
from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.batches import Batch, Rows
from sknn.nn.gradient import Gradient
from sknn.nn.losses import SquaredError
from sknn.nn.network import Network
from sknn.nn.optimizers import SGD, Adam
from sknn.nn.plan import Plan
from sknn.nn.shards import PLACES, Alone, Shard, ShardedGradient, ShardedRows
from sknn.nn.stopping import Patience
from sknn.nn.streams import ROWS_OF_BLOCK, stream
from sknn.nn.training_state import TrainingState

LENGTHS = (10, 1, 30, 3, 20)
NETWORKS = {
    "dense": ([Dense(5), Dense(1)], (4,)),
    "dropout": ([Dense(5), Dropout(0.3), Dense(1)], (4,)),
    "normalization": ([Dense(5), BatchNorm(), Dropout(0.3), Dense(1)], (4,)),
    "images": ([Conv2D(2), Flatten(), Dense(1)], (6, 6, 1)),
    "images normalized": ([Conv2D(2), BatchNorm(), Flatten(), Dense(1)], (6, 6, 1)),
}


def made(name, weighted=False, lengths=LENGTHS, dtype=np.float32, seed=0):
    """(network, theta, state, shards) with rows drawn from the seed."""
    layers, shape = NETWORKS[name]
    network = Network(layers, shape)
    theta, state = network.initial(np.random.RandomState(0), dtype)
    rng = np.random.default_rng(seed)
    shards = []
    for n in lengths:
        x = rng.normal(size=(n, int(np.prod(shape)))).astype(dtype)
        y = rng.normal(size=(n, 1)).astype(dtype)
        weight = rng.integers(0, 3, n).astype(dtype) if weighted else None
        shape_of = shape if len(shape) == 3 else None
        shards.append(Shard(Rows(x, y, weight, dtype=dtype, shape=shape_of)))
    return network, theta, state, shards


def new_run(optimizer, network, theta):
    moments = optimizer.start(theta[: network.layout.n_trainable], network.layout.n_decayed)
    return TrainingState(optimizer, moments, np.random.RandomState(3), Patience())


def whole(shards):
    """All rows as one Batch."""
    parts = [shard.rows.take(slice(None)) for shard in shards]
    weight = None if parts[0].weight is None else np.concatenate([p.weight for p in parts])
    x, y = np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts])
    return Batch(x, y, weight, sum(part.weight_sum for part in parts))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["dense", "normalization", "images", "images normalized"])
def test_gradient_over_shards_is_that_of_all_rows_together(name, weighted):
    network, theta, state, shards = made(name, weighted, dtype=np.float64)
    if name == "normalization":
        network = Network([Dense(5), BatchNorm(), Dense(1)], (4,))
        theta, state = network.initial(np.random.RandomState(0), float)
    own = theta.copy(), state.copy()
    exchange = Alone(len(shards))
    sharded = ShardedGradient(
        network, SquaredError(), *own, exchange=exchange, n_shards=len(shards)
    )
    rows = ShardedRows(dict(enumerate(shards)), LENGTHS, exchange)
    ((start, batch),) = rows.batches(1000)
    plain = Gradient(network, SquaredError(), theta, state)
    everything = whole(shards)
    assert (start, batch.n_samples, batch.idle) == (0, 64, False)
    assert batch.weight_sum == everything.weight_sum
    assert_allclose(sharded.mean(batch), plain.mean(everything), rtol=1e-12)
    assert_allclose(sharded.grad, plain.grad, rtol=1e-9, atol=1e-12)
    assert_allclose(sharded.state, plain.state, rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_number_of_ranks_does_not_change_the_weights(name, weighted):
    network, theta, state, shards = made(name, weighted)
    run = partial(new_run, Adam(), network, theta)
    images = name.startswith("images")
    plan = Plan(17, alpha=1e-3, augment=AUGMENTATIONS["shift"] if images else None)
    found = set()
    for n_ranks in (1, 2, 3, 5):
        ranks = trained(shards, network, SquaredError(), theta, state, plan, run, n_ranks, 2)
        for gradient, own, figures in ranks:
            moments = b"".join(np.asarray(one).tobytes() for one in own.moments.values.values())
            vectors = gradient.theta.tobytes(), gradient.state.tobytes(), moments
            found.add((*vectors, str(figures), own.progress.step, own.progress.samples))
    assert len(found) == 1
    assert (found.pop()[-2:]) == (8, 128)
    assert not np.array_equal(ranks[0][0].theta, theta)


def test_micro_batches_of_shards_are_parts_of_one_batch(monkeypatch):
    made_of = made("images normalized", lengths=(50, 1, 70), dtype=float)
    network, theta, state, shards = made_of
    run, plan = partial(new_run, SGD(0.0, False), network, theta), Plan(90, shuffle=False)
    given = shards, network, SquaredError(), theta, state, plan, run
    whole, _, wanted = trained(*given)[0]
    monkeypatch.setattr("sknn.nn.gradient.micro_batch_size", lambda network: 16)
    (alone, _, figures), (apart, *_) = trained(*given)[0], trained(*given, 3)[0]
    assert_allclose(figures, wanted, rtol=1e-9)  # the loss, the norm of the gradient, the rate
    assert_array_equal(alone.theta, apart.theta)
    assert_array_equal(alone.state, apart.state)
    assert (2, 2) in alone._parts_of  # 37 rows of the first shard
    assert_allclose(alone.theta, whole.theta, rtol=1e-9, atol=1e-12)
    assert_allclose(alone.state, whole.state, rtol=1e-9, atol=1e-12)


def test_one_shard_takes_the_steps_of_an_array(monkeypatch):
    monkeypatch.setattr("sknn.nn.gradient.micro_batch_size", lambda network: 4)
    for name in ("dense", "images", "images normalized"):
        network, theta, state, shards = made(name, True, lengths=(40,))
        run = partial(new_run, Adam(), network, theta)
        plan = Plan(7, alpha=1e-2, shuffle=False)
        ((gradient, own, figures),) = trained(
            shards, network, SquaredError(), theta, state, plan, run, epochs=2
        )
        ((plain, _, wanted),) = trained_as_rows(shards[0].rows, network, theta, state, plan, run)
        assert_array_equal(gradient.theta, plain.theta)
        assert_array_equal(gradient.state, plain.state)
        assert figures == wanted
        assert own.progress.samples == 80


def trained_as_rows(rows, network, theta, state, plan, run):
    from sknn.nn.training import one_epoch

    gradient, own = Gradient(network, SquaredError(), theta.copy(), state.copy()), run()
    own.order = np.arange(len(rows))
    with np.errstate(all="ignore"):
        return [(gradient, own, [one_epoch(rows, gradient, plan, own) for _ in range(2)])]


def test_each_batch_takes_its_part_of_every_shard_and_an_epoch_each_row_once():
    _, _, _, shards = made("dense")
    rows = ShardedRows(dict(enumerate(shards)), LENGTHS, Alone(5))
    numbers = [{value: i for i, value in enumerate(s.rows.y[:, 0].tolist())} for s in shards]
    draws = partial(stream, 7, 2, part=ROWS_OF_BLOCK)
    seen, sizes = [[] for _ in shards], []
    for k, (start, batch) in enumerate(rows.batches(20, None, draws)):
        assert start == 20 * k
        for shard, own in batch.own.items():
            n = LENGTHS[shard]
            stop, begin = n * min(20 * (k + 1), 64) // 64, n * start // 64
            assert own.n_samples == stop - begin
            seen[shard] += [numbers[shard][value] for value in own.y[:, 0].tolist()]
        sizes.append(batch.n_samples)
        assert batch.n_samples == sum(own.n_samples for own in batch.own.values())
    assert len(sizes) == 4
    for shard, (found, n) in enumerate(zip(seen, LENGTHS, strict=True)):
        assert_array_equal(found, stream(7, 2, shard, ROWS_OF_BLOCK).permutation(n))
    assert len(rows) == 64
    assert rows.numbered == 1


def test_shard_may_have_some_of_its_rows():
    _, _, _, (shard, *_) = made("dense")
    some = Shard(shard.rows, np.array([2, 5, 7]))
    assert len(some) == 3
    assert_array_equal(some.order(None), [2, 5, 7])
    shuffled = some.order(np.random.default_rng(0))
    assert_array_equal(shuffled, np.random.default_rng(0).permutation([2, 5, 7]))
    assert shard.order(None) is None
    rows = ShardedRows({0: some}, [3], Alone(1))
    _, batch = next(iter(rows.batches(2)))
    assert_array_equal(batch.own[0].y, shard.rows.y[[2, 5]])


def test_weights_of_a_batch_are_those_of_all_shards():
    _, _, _, shards = made("dense", lengths=(4, 4))
    for shard, weight in zip(shards, ([0, 0, 1, 2], [0, 0, 3, 4]), strict=True):
        shard.rows.weight = np.array(weight, np.float32)[:, None]
    rows = ShardedRows(dict(enumerate(shards)), (4, 4), Alone(2))
    batches = [batch for _, batch in rows.batches(4)]
    assert [batch.weight_sum for batch in batches] == [0, 10]
    assert [batch.idle for batch in batches] == [True, False]
    for _, batch in rows.batches(4, draws=np.random.default_rng):  # of the shuffled rows
        assert batch.weight_sum == sum(part.weight.sum() for part in batch.own.values())


def test_places_of_shards_differ_so_that_dropout_draws_differ():
    network, theta, state, shards = made("dropout")
    gradient = ShardedGradient(network, SquaredError(), theta, state, exchange=Alone(5), n_shards=5)
    places = []
    gradient.sum = lambda batch: places.append(gradient._place) or 0.0
    rows = ShardedRows(dict(enumerate(shards)), LENGTHS, Alone(5))
    (_, batch), *_ = rows.batches(64)
    gradient.place(5, 1, 64)
    gradient.mean(batch)
    assert places == [(5, 1, 64 + (shard << PLACES)) for shard in range(5)]


def test_pickled_rows_leave_scratch_memory_behind():
    _, _, _, (shard, *_) = made("dense")
    shard.rows.take(np.arange(10))
    assert len(pickle.dumps(shard.rows)) < 10 * 5 * 4 + 2000
    assert_array_equal(pickle.loads(pickle.dumps(shard.rows)).take(slice(0, 2)).y, shard.rows.y[:2])
