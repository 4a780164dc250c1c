"""Arrays that are reused from step to step, so that steps allocate no memory."""

from functools import lru_cache
from math import prod

import numpy as np

MOST_ZEROS = 2**16


class Workspace(dict):
    """The values that a layer keeps from forward for backward on one thread, and scratch arrays.

    Items are references (``workspace["x"] = x``); ``array`` provides memory.

    Attributes
    ----------
    lender : Workspace or None
        The workspace that provides the memory of scratch arrays. It belongs to the running thread
        and is shared by all layers, so that this memory stays in the processor's cache. A lender
        can have a lender itself. None means that the workspace uses its own memory.
    """

    def __init__(self, dtype):
        super().__init__()
        self.dtype = np.dtype(dtype)
        self.lender = None

    def __reduce__(self):
        return Workspace, (self.dtype,)  # copies in other processes need no scratch arrays

    def array(self, name, shape, dtype=None):
        """An uninitialised C-contiguous array, with the same memory for the same name every time.

        dtype: by default that of the workspace. It must be the same on each call for a name.
        """
        found = self.get((name, shape))
        return self._made(name, shape, dtype or self.dtype) if found is None else found

    def scratch(self, name, shape):
        """An array like those of ``array``. After this layer, other layers can use its memory."""
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
    """Zeros to compare z with, with the shape of z or of one row; shared and read-only.

    With an array as its second operand, NumPy's ``maximum`` uses its vector loop, which is four
    times as fast as with the scalar 0.
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
    """Ones, shared and read-only: a product with them is the fastest way to sum over an axis."""
    return _read_only(np.ones(shape, dtype))


def _read_only(array):
    array.flags.writeable = False
    return array
