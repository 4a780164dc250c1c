"""Rows in blocks give the batches that the same rows in arrays give; two blocks are in memory."""

import gc
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import mostly_zeros, normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse

from sknn.nn import Dense
from sknn.nn.batches import Rows
from sknn.nn.blocks import Blocks, Extremes, HeldOutBlocks, Split, read_ahead
from sknn.nn.fit import HeldOut
from sknn.nn.losses import SquaredError
from sknn.nn.model import Model
from sknn.nn.network import Network

N, LENGTHS = 23, np.array([5, 1, 9, 2, 6])
ENDS = np.concatenate(([0], np.cumsum(LENGTHS)))
Y, WEIGHT = normal(N, 2, seed=1), np.arange(N, dtype=float)
KINDS = {
    "flat": {"x": normal(N, 3), "y": Y},
    "weighed": {"x": normal(N, 3), "y": Y, "weight": WEIGHT},
    "images": {"x": np.arange(N * 4, dtype=np.uint8).reshape(N, 4), "y": Y, "shape": (2, 2, 1)},
    "codes": {"x": normal(N, 3), "y": np.arange(N) % 3, "codebook": np.eye(3)},
    "sparse": {"x": mostly_zeros(N, 6)[1], "y": Y},
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def rows_of(kind, at=slice(None)):
    given = {name: kind[name] for name in ("shape", "codebook") if name in kind}
    weight = kind["weight"][at] if "weight" in kind else None
    return Rows(kind["x"][at], kind["y"][at], weight, dtype=np.float64, **given)


def blocks_of(kind, lengths=LENGTHS, **changed):
    ends = np.concatenate(([0], np.cumsum(LENGTHS)))
    given = {
        "read": lambda number: rows_of(kind, slice(ends[number], ends[number + 1])),
        "lengths": lengths,
        "dtype": np.float64,
        "example": np.ones((1, 2)),
        "weight_sum": 46.0,
        "extremes": Extremes(3.0, 4.0, 0.5),
    }
    given |= changed
    return Blocks(**given)


def dense(x):
    return x.toarray() if issparse(x) else x.copy()


def taken(source, *args):
    """[(number of the first row, x, y, weight, sum of weights) of each batch]"""
    return [
        (start, dense(one.x), one.y.copy(), one.weight and None, one.weight_sum)
        if one.weight is None
        else (start, dense(one.x), one.y.copy(), one.weight.copy(), one.weight_sum)
        for start, one in source.batches(*args)
    ]


def assert_same_batches(got, wanted):
    assert [batch[0] for batch in got] == [batch[0] for batch in wanted]
    for one, other in zip(got, wanted, strict=True):
        for a, b in zip(one[1:4], other[1:4], strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                assert_array_equal(a, b, strict=True)
        assert one[4] == other[4]


@kinds
@pytest.mark.parametrize("size", [1, 2, 4, 7, 22, 23])
def test_batches_are_those_of_the_same_rows_in_arrays(kind, size):
    assert_same_batches(taken(blocks_of(kind), size), taken(rows_of(kind), size))


@pytest.mark.parametrize("size", [3, 8, 23])
def test_order_is_one_of_blocks_and_draws_shuffle_the_rows_of_each(size):
    kind, order = KINDS["weighed"], np.array([3, 0, 4, 2, 1])

    def draws(number):
        return np.random.default_rng(number)

    wanted = [ENDS[number] + draws(number).permutation(LENGTHS[number]) for number in order]
    got = taken(blocks_of(kind), size, order, draws)
    assert_same_batches(got, taken(rows_of(kind), size, np.concatenate(wanted)))


@pytest.mark.parametrize("held_out", [True, False])
def test_part_is_the_rows_of_its_split_as_they_lie_or_shuffled(held_out):
    kind, split = KINDS["weighed"], Split(LENGTHS, 0.3, 7, held_out)
    part = blocks_of(kind).part(split)
    rows = [ENDS[number] + split.rows(number) for number in range(5)]
    assert len(part) == len(np.concatenate(rows)) == (7 if held_out else 16)
    assert_allclose(part.weight_sum, 46 * len(part) / 23, rtol=1e-12)
    assert part.numbered == 5
    assert_same_batches(taken(part, 4), taken(rows_of(kind), 4, np.concatenate(rows)))

    def draws(number):
        return np.random.default_rng(number)

    order = np.array([2, 4, 1, 0, 3])
    wanted = np.concatenate([draws(number).permutation(rows[number]) for number in order])
    assert_same_batches(taken(part, 5, order, draws), taken(rows_of(kind), 5, wanted))


def test_part_may_be_read_in_another_way():
    read = blocks_of(KINDS["weighed"]).read
    part = blocks_of(KINDS["flat"]).part(Split(LENGTHS, 0.3, 7, True), read)
    assert all(batch[3] is not None for batch in taken(part, 5))
    assert part.read is read


def test_blocks_without_rows_of_a_part_are_not_read():
    asked = []

    def read(number):
        asked.append(number)
        return blocks_of(KINDS["flat"]).read(number)

    split = Split(LENGTHS, 0.05, 7, True)  # 0.05 * (5, 6, 15, 17, 23), rounded: 0, 0, 1, 1, 1
    assert_array_equal(split.lengths, [0, 0, 1, 0, 0])
    assert len(taken(blocks_of(KINDS["flat"], read=read).part(split), 4)) == 1
    assert asked == [2]


def test_split_holds_out_the_fraction_of_the_first_blocks_up_to_one_row():
    sizes = np.array([3, 10, 1, 1, 1, 1, 1, 1, 1, 50])
    split = Split(sizes, 0.25, 0, held_out=True)
    assert np.abs(np.cumsum(split.lengths) - 0.25 * np.cumsum(sizes)).max() <= 0.5
    assert_allclose(split.share, 18 / 70, rtol=1e-12)  # 17.5 is rounded to the even number
    rest = Split(sizes, 0.25, 0, held_out=False)
    for number, size in enumerate(sizes):
        rows = split.rows(number), rest.rows(number)
        assert_array_equal(np.sort(np.concatenate(rows)), np.arange(size))
        for one, lengths in zip(rows, (split.lengths, rest.lengths), strict=True):
            assert_array_equal(one, np.sort(one))
            assert len(one) == lengths[number]


def test_split_is_drawn_by_seed_and_block():
    sizes = np.array([40, 40])
    drawn = [
        Split(sizes, 0.5, seed, True).rows(number).tolist() for seed in (0, 1) for number in (0, 1)
    ]
    assert len({tuple(rows) for rows in drawn}) == 4
    assert Split(sizes, 0.5, 1, True).rows(0).tolist() == drawn[2]


def test_figures_of_all_rows():
    blocks = blocks_of(KINDS["flat"])
    assert (len(blocks), blocks.numbered) == (23, 5)
    assert blocks.largest() == (3.0, 4.0)
    assert blocks.least_weight() == 0.5
    assert_array_equal(blocks.targets(slice(0, 1)), [[1, 1]])


def test_block_that_has_changed_is_refused_by_number():
    blocks = blocks_of(KINDS["flat"], np.array([5, 1, 8, 2, 6]))
    with pytest.raises(ValueError, match=r"Block 2 must have the 8 rows .* got 9\. Store"):
        taken(blocks, 4)


# Reading ahead


def test_next_one_is_read_while_one_is_used():
    begun = [threading.Event() for _ in range(3)]

    def read(number):
        begun[number].set()
        return number

    found = []
    for number, thing in read_ahead(read, range(3)):
        if number < 2:
            assert begun[number + 1].wait(10)
        if number < 1:
            assert not begun[2].is_set()
        found.append((number, thing))
    assert found == [(0, 0), (1, 1), (2, 2)]


class AtOnce:
    """An executor that does what is submitted while the caller waits."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, work, argument):
        done = work(argument)
        return SimpleNamespace(result=lambda: done)


def test_block_is_given_up_before_the_one_after_the_next_is_read(monkeypatch):
    monkeypatch.setattr("sknn.nn.blocks.ThreadPoolExecutor", AtOnce)
    alive, counts = [], []

    def read(number):
        counts.append(sum(reference() is not None for reference in alive))
        rows = blocks_of(KINDS["flat"]).read(number)
        rows = Rows(rows.x.copy(), rows.y, dtype=np.float64)
        alive.extend([weakref.ref(rows), weakref.ref(rows.x)])
        return rows

    batches = blocks_of(KINDS["flat"], read=read).batches(4)
    while next(batches, None):
        pass
    assert counts == [0, 2, 2, 2, 2]  # the Rows and the array of the block that is used


def test_error_of_reading_is_raised_where_the_block_is_wanted():
    def read(number):
        if number == 2:
            raise OSError("disk")
        return number

    pairs = read_ahead(read, range(4))
    assert [next(pairs), next(pairs)] == [(0, 0), (1, 1)]
    with pytest.raises(OSError, match="disk"):
        next(pairs)


def test_no_thread_remains_where_reading_was_cut_short():
    for number, _ in read_ahead(lambda number: number, range(9)):
        if number == 3:
            break
    gc.collect()
    assert not [one for one in threading.enumerate() if one.name.startswith("sknn-read")]
    assert list(read_ahead(None, [])) == []


# Validation


class SumOfOutputs:
    """A score that is the sum of outputs times weights; it keeps what it was given."""

    def __init__(self):
        self.total = 0.0

    def add(self, z, y, weight):
        assert z.shape == y.shape
        self.total += float((z.sum(axis=1) * (1 if weight is None else weight)).sum())

    def value(self):
        return self.total


def new_model():
    network = Network([Dense(2, "identity")], (3,))
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    return Model(network, SquaredError(), theta, state)


@pytest.mark.parametrize("kind", ["flat", "weighed"])
@pytest.mark.parametrize("split", [None, Split(LENGTHS, 0.4, 3, True)], ids=["all", "part"])
def test_validation_is_that_of_the_rows_in_arrays(kind, split):
    model, kind = new_model(), KINDS[kind]
    blocks = blocks_of(kind) if split is None else blocks_of(kind).part(split)
    at = np.arange(N)
    if split is not None:
        at = np.concatenate([ENDS[number] + split.rows(number) for number in range(5)])
    weight = kind["weight"][at] if "weight" in kind else None
    wanted = HeldOut(kind["x"][at], None, kind["y"][at], None, weight, None)
    loss, score = HeldOutBlocks(blocks, None).validate(model, 2**20)
    assert_allclose((loss, score), wanted.validate(model, 2**20), rtol=1e-12)
    z = model.outputs(kind["x"][at], 2**20).sum(axis=1)
    scored = HeldOutBlocks(blocks, SumOfOutputs).validate(model, 2**20)
    assert_allclose(scored, (loss, (z * (1 if weight is None else weight)).sum()), rtol=1e-12)


def test_validation_of_outputs_that_are_not_finite_is_nan():
    model = new_model()
    model.theta[0] = np.inf
    got = HeldOutBlocks(blocks_of(KINDS["flat"]), SumOfOutputs).validate(model, 2**20)
    assert_array_equal(got, (np.nan, np.nan))
