"""Random numbers for dropout and augmentation, apart from scikit-learn's draws."""

import numpy as np
from numpy.random import MT19937, RandomState
from numpy.random.bit_generator import ISeedSequence

WHOLE_BATCH = 2**63  # the part of a batch that augmentation draws for
ROWS_OF_BLOCK = 2**63 + 1  # in place of a part: the order of the rows in a block
HELD_OUT = 2**63 + 2  # the rows of a block that are held out


class _Zeros(ISeedSequence):
    """Stands in for the random numbers from which a generator starts that is seeded later."""

    def generate_state(self, n_words, dtype=np.uint32):
        return [0] * n_words


def seeded(seed):
    """RandomState(seed), in a thirtieth of the time.

    NumPy draws a random state first, which takes as long as a step of a small network, and then
    seeds the generator.
    """
    random_state = RandomState(MT19937(_Zeros()))
    random_state.seed(seed)
    return random_state


def new_seed(random_state):
    """A seed for ``stream`` out of a RandomState, which is left as it was; a list out of a list."""
    if isinstance(random_state, list):
        return [new_seed(each) for each in random_state]
    state = random_state.get_state(legacy=False)
    try:
        return int(random_state.randint(2**31 - 1))
    finally:
        random_state.set_state(state)  # a copy would take three times as long as a small network


def stream(seed, epoch, batch, part=0):
    """A Generator that depends on these numbers alone, so that resuming changes nothing.

    seed: an int, or a list of them, which gives a list of Generators

    Philox is counter-based: the last words of its counter name the place in training, the
    first is left for the numbers drawn there.
    """
    if isinstance(seed, list):
        return [stream(each, epoch, batch, part) for each in seed]
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, part, batch, epoch]))


def shuffles_block(seed, epoch, number):
    """The Generator that shuffles the rows of a block in an epoch."""
    return stream(seed, epoch, number, ROWS_OF_BLOCK)
