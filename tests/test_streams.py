import pickle
from copy import deepcopy
from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.nn.streams import WHOLE_BATCH, new_seed, seeded, stream


def numbers(*place, size=20):
    return stream(*place).integers(2**63, size=size)


def test_stream_gives_the_same_numbers_for_the_same_place():
    assert_array_equal(numbers(7, 3, 200, 1), numbers(7, 3, 200, 1))
    assert_array_equal(numbers(7, 3, 200), numbers(7, 3, 200, 0))


def test_streams_are_those_of_philox_with_this_key_and_counter():
    generator = np.random.Generator(np.random.Philox(key=2**31 - 2, counter=[0, 1, 200, 3]))
    assert_array_equal(numbers(2**31 - 2, 3, 200, 1), generator.integers(2**63, size=20))


def test_streams_of_different_places_have_no_number_in_common():
    places = list(product((0, 1, 2**31 - 2), (0, 1, 10**6), (0, 1, 200, 10**9), (0, 1, 63)))
    drawn = np.concatenate([numbers(*place, size=100) for place in places])
    assert len(np.unique(drawn)) == len(places) * 100


def test_what_is_drawn_at_one_place_leaves_the_others_as_they_are():
    first, second = stream(7, 0, 0), stream(7, 0, 200)
    first.bytes(10**6)
    assert_array_equal(second.integers(2**63, size=20), numbers(7, 0, 200))


@pytest.mark.parametrize("draws", [0, 5])
def test_new_seed_leaves_the_random_state_as_it_was(draws):
    random_state, reference = np.random.RandomState(3), np.random.RandomState(3)
    for one in (random_state, reference):
        one.normal(size=draws)
    seed = new_seed(random_state)
    assert_array_equal(random_state.normal(size=9), reference.normal(size=9))
    assert seed == new_seed_of(draws)
    assert 0 <= seed < 2**31


def new_seed_of(draws):
    """The next integer that a RandomState would give after so many draws."""
    random_state = np.random.RandomState(3)
    random_state.normal(size=draws)
    return random_state.randint(2**31 - 1)


def test_draws_for_a_whole_batch_are_not_those_of_one_of_its_parts():
    whole = stream(3, 1, 4, WHOLE_BATCH).random(4)
    for part in range(9):
        assert not np.isin(whole, stream(3, 1, 4, part).random(4)).any()


@pytest.mark.parametrize("seed", [0, 1, np.int64(7), 2**32 - 1])
def test_seeded_generator_is_that_of_numpy(seed):
    own, numpys = seeded(seed), np.random.RandomState(seed)
    assert b"sknn" not in pickle.dumps(own)  # so that any version can read it
    for generator in (own, pickle.loads(pickle.dumps(own)), deepcopy(own)):
        reference = deepcopy(numpys)
        assert_array_equal(generator.normal(size=3), reference.normal(size=3))  # one is cached
        assert_array_equal(generator.randint(2**31, size=700), reference.randint(2**31, size=700))
        assert_array_equal(generator.permutation(9), reference.permutation(9))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeded_generator_refuses_what_numpy_refuses(seed):
    with pytest.raises(ValueError, match="Seed must be between 0 and 2"):
        np.random.RandomState(seed)
    with pytest.raises(ValueError, match="Seed must be between 0 and 2"):
        seeded(seed)
