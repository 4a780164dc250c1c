"""Arrays that live from one step to the next, so that no step allocates."""

from functools import lru_cache
from math import prod

import numpy as np

MOST_ZEROS = 2**16


class Workspace(dict):
    """What one layer on one thread leaves from forward for backward, and its scratch arrays.

    Items are references (``workspace["x"] = x``); ``array`` hands out memory.

    Attributes
    ----------
    lender : Workspace or None
        Lends memory for scratch arrays: that of the thread at work, which all layers share, so
        that it stays in the processor's cache. A lender may have one itself. None: the workspace
        itself.
    """

    def __init__(self, dtype):
        super().__init__()
        self.dtype = np.dtype(dtype)
        self.lender = None

    def __reduce__(self):
        return Workspace, (self.dtype,)  # a copy in another process needs no scratch arrays

    def array(self, name, shape, dtype=None):
        """An uninitialised C-contiguous array; the same memory for the same name every time.

        dtype: the workspace's own by default; always the same for one name.
        """
        found = self.get((name, shape))
        return self._made(name, shape, dtype or self.dtype) if found is None else found

    def scratch(self, name, shape):
        """An array as ``array`` gives it, which another layer may use when this one is done."""
        lender = self.lender
        return self.array(name, shape) if lender is None else lender.scratch(name, shape)

    def _made(self, name, shape, dtype):
        size = prod(shape)
        block = self.get((name, "block"))
        if block is None or block.size < size:
            for key in [key for key in self if isinstance(key, tuple) and key[0] == name]:
                del self[key]  # views of the smaller block
            block = self[name, "block"] = np.empty(size, dtype)
        array = self[name, shape] = block[:size].reshape(shape)
        return array


def zeros_for(z):
    """Zeros to compare z with, of its shape or as few as a row; shared and read-only.

    An array as second operand keeps NumPy's ``maximum`` in its vector loop: four times faster
    than the scalar 0.
    """
    if z.size <= MOST_ZEROS:
        return _zeros(z.shape, z.dtype)
    of_one_model = z.shape[-2:]
    return _zeros(of_one_model if prod(of_one_model) <= MOST_ZEROS else z.shape[-1:], z.dtype)


@lru_cache(maxsize=64)
def _zeros(shape, dtype):
    return _read_only(np.zeros(shape, dtype))


@lru_cache(maxsize=64)
def ones(shape, dtype):
    """Ones, shared and read-only: a product with them is the fastest sum over an axis."""
    return _read_only(np.ones(shape, dtype))


def _read_only(array):
    array.flags.writeable = False
    return array
