"""Sums along one tree: the same bits, whichever rank adds up which part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from sknn.nn.tree import halves, joined, n_children, parent


def test_a_node_is_a_power_of_two_of_shards_plus_the_rest():
    assert halves((0, 2)) == ((0, 1), (1, 2))
    assert halves((0, 3)) == ((0, 2), (2, 3))
    assert halves((0, 8)) == ((0, 4), (4, 8))
    assert halves((8, 13)) == ((8, 12), (12, 13))
    assert halves((4, 6)) == ((4, 5), (5, 6))


def test_the_order_of_sums_is_that_of_the_tree():
    values = [1e16, 1.0, -1e16, 1.0, 1.0]
    parts = {(i, i + 1): (np.array(value),) for i, value in enumerate(values)}
    (total,) = joined(parts, 5)[0, 5]
    assert total == ((1e16 + 1.0) + (-1e16 + 1.0)) + 1.0 != sum(values)


@st.composite
def divided(draw):
    """(values of the shards or None, how many shards each rank has)"""
    number = st.floats(-1e6, 1e6, width=32)
    values = draw(st.lists(st.none() | number, min_size=1, max_size=20))
    cuts = draw(st.sets(st.integers(1, max(1, len(values) - 1)), max_size=9))
    return values, np.split(np.arange(len(values)), sorted(cuts - {len(values)}))


@examples(40)
@given(divided(), st.randoms())
def test_ranks_get_the_bits_that_one_process_gets(case, random):
    values, spans = case
    n = len(values)

    def parts(numbers):
        return {
            (i, i + 1): None if values[i] is None else (np.float32(values[i]), np.array([1, i]))
            for i in numbers
        }

    wanted = joined(parts(range(n)), n)[0, n]
    order = list(range(len(spans)))
    random.shuffle(order)
    received = {}
    for rank in order:
        sent = joined(parts(spans[rank].tolist()), n)
        assert len(sent) <= 2 * n.bit_length()
        received |= sent
    total = joined(received, n)[0, n]
    found = [value for value in values if value is not None]
    if not found:
        assert total is None
        assert wanted is None
        return
    assert total[0].tobytes() == wanted[0].tobytes()
    assert total[1].tolist() == [len(found), sum(i for i in range(n) if values[i] is not None)]
    scale = max(1e-30, sum(map(abs, found)))
    assert abs(float(total[0]) - sum(found)) <= 1e-6 * scale * len(found)


def test_sums_that_cannot_be_joined_stay_as_they_are():
    one = (np.array(1.0),)
    assert joined({(1, 2): one, (2, 3): one}, 4) == {(1, 2): one, (2, 3): one}
    assert set(joined({(0, 2): one, (2, 3): one, (3, 4): one}, 5)) == {(0, 4)}
    assert joined({}, 3) == {}


def test_arrays_are_not_changed_by_sums():
    left, right = np.ones(2), np.ones(2)
    joined({(0, 1): (left,), (1, 2): (right,)}, 2)
    assert left.tolist() == right.tolist() == [1, 1]


@pytest.mark.parametrize("n_ranks", [1, 2, 8, 9, 64, 65, 600])
def test_every_rank_but_one_has_a_parent_of_which_it_is_a_neighbour(n_ranks):
    assert parent(0) is None
    below = {rank: {rank} for rank in range(n_ranks)}
    for rank in reversed(range(1, n_ranks)):
        assert 0 <= parent(rank) < rank
        below[parent(rank)] |= below[rank]
    assert below[0] == set(range(n_ranks))
    for ranks in below.values():
        assert ranks == set(range(min(ranks), max(ranks) + 1))
    counts = [n_children(rank, n_ranks) for rank in range(n_ranks)]
    assert sum(counts) == n_ranks - 1
    levels = max(1, np.ceil(np.log(n_ranks) / np.log(8)).astype(int))
    assert max(counts) <= levels * 7


def test_seven_ranks_of_each_level_send_to_the_first():
    assert [n_children(0, n) for n in (7, 8, 9, 64, 65)] == [6, 7, 8, 14, 15]
    assert [n_children(8, n) for n in (9, 10, 16, 17)] == [0, 1, 7, 7]


def test_parents_by_digits():
    pairs = {1: 0, 7: 0, 8: 0, 9: 8, 15: 8, 56: 0, 63: 56, 64: 0, 72: 64, 73: 72, 513: 512}
    assert {rank: parent(rank) for rank in pairs} == pairs
    assert [n_children(rank, 20) for rank in (0, 8, 16, 9)] == [9, 7, 3, 0]
