"""Random numbers for dropout and augmentation, independent of scikit-learn's draws."""

import numpy as np
from numpy.random import MT19937, RandomState
from numpy.random.bit_generator import ISeedSequence

WHOLE_BATCH = 2**63  # the number of the part for augmentation, which covers the whole batch
ROWS_OF_BLOCK = 2**63 + 1  # the number of the part for the order of the rows in a block
HELD_OUT = 2**63 + 2  # the number of the part for the held-out rows of a block


class _Zeros(ISeedSequence):
    """Replaces the random initial state of a generator that is seeded later."""

    def generate_state(self, n_words, dtype=np.uint32):
        return [0] * n_words


class _Key(ISeedSequence):
    """The key of a Philox. NumPy draws a random seed first if the key is an argument."""

    def __init__(self, key):
        self.key = key

    def generate_state(self, n_words, dtype=np.uint32):
        return np.array([self.key, 0], dtype)


def seeded(seed):
    """Same as RandomState(seed), about thirty times as fast.

    NumPy first draws a random state, which takes as long as a step of a small network, and then
    seeds the generator.
    """
    random_state = RandomState(MT19937(_Zeros()))
    random_state.seed(seed)
    return random_state


def new_seed(random_state):
    """A seed for ``stream`` from a RandomState, which is left unchanged; for a list, a list."""
    if isinstance(random_state, list):
        return [new_seed(each) for each in random_state]
    state = random_state.get_state(legacy=False)
    try:
        return int(random_state.randint(2**31 - 1))
    finally:
        random_state.set_state(state)  # a copy would take three times as long as a small network


def stream(seed, epoch, batch, part=0):
    """A Generator that depends only on these numbers, so that resuming changes nothing.

    seed: an int, or a list of ints for a list of Generators

    Philox is based on a counter. The last words of the counter identify the position in training;
    the first one counts the numbers drawn at this position.
    """
    if isinstance(seed, list):
        return [stream(each, epoch, batch, part) for each in seed]
    return np.random.Generator(np.random.Philox(_Key(seed), counter=[0, part, batch, epoch]))


def shuffles_block(seed, epoch, number):
    """The Generator that shuffles the rows of a block in one epoch."""
    return stream(seed, epoch, number, ROWS_OF_BLOCK)
