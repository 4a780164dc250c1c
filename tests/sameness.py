"""What the tests of saved things share: whether two values are the same, inside as well."""

from functools import partial

import numpy as np

PLAIN = (str, int, slice, range, type, type(None))


def assert_same(got, wanted):
    """Of the same types, with the same numbers to the last bit, and made of the same."""
    assert type(got) is type(wanted)
    if isinstance(wanted, PLAIN):
        assert got == wanted
    elif isinstance(wanted, float):
        assert repr(got) == repr(wanted)  # nan is nan, and -0.0 is not 0.0
    elif isinstance(wanted, (list, tuple)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            assert_same(one, other)
    elif isinstance(wanted, dict):
        assert set(got) == set(wanted)
        for key in wanted:
            assert_same(got[key], wanted[key])
    elif isinstance(wanted, (np.ndarray, np.generic)):
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
        if wanted.dtype == object:
            assert_same(got.ravel().tolist(), wanted.ravel().tolist())
        else:
            assert got.tobytes() == wanted.tobytes()
    elif isinstance(wanted, np.random.RandomState):
        assert_same(got.get_state(), wanted.get_state())
    elif isinstance(wanted, partial):
        assert_same((got.func, got.args, got.keywords), (wanted.func, wanted.args, wanted.keywords))
    else:
        assert_same(got.__getstate__(), wanted.__getstate__())
