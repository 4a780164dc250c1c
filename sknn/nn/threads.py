"""The threads of BLAS: how many there may be, and holding them to one."""

import os
from contextlib import contextmanager, nullcontext
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

SMALL = 2_000_000  # multiply-adds: below, a second thread gains an eighth at the most

_lock = Lock()
_holders = 0
_limits = []  # (library, its number of threads before the first holder came)


@cache
def _libraries():
    """Every BLAS that is loaded; looked up once, as a look-up takes milliseconds."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def one_blas_thread():
    """Holds every BLAS to one thread; the last of several holders gives the threads back.

    A limit that another thread of the program has set through threadpoolctl is left alone.
    """
    global _holders, _limits
    with _lock:
        if _holders == 0:
            several = [(library, library.get_num_threads()) for library in _libraries()]
            several = [(library, number) for library, number in several if number != 1]
            _set_threads((library, 1) for library, _ in several)
            # What could not be set is another's to give back.
            _limits = [(library, n) for library, n in several if library.get_num_threads() == 1]
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0 and _limits:
                _give_back()


def _set_threads(numbers):
    for library, number in numbers:
        library.set_num_threads(number)


def _give_back():
    """Restores the limits, in whichever thread the last holder happens to be."""
    controls = {getattr(library, "clear_controlling_thread", None) for library, _ in _limits}
    for clear in controls - {None}:
        clear(force=True)  # threadpoolctl lets only the thread that set a limit change it
    _set_threads(_limits)
    for clear in controls - {None}:
        clear(force=True)


def blas_threads_for(multiply_adds):
    """A context in which BLAS has the threads that products of this size are worth.

    Small products gain next to nothing from a second thread, and on a busy machine wait for
    it: many times slower.
    """
    return one_blas_thread() if multiply_adds < SMALL else nullcontext()


def _forget_holders():
    """In a forked child no other thread lives on to let go."""
    global _lock, _holders
    _lock = Lock()
    if _holders:
        _holders = 0
        _give_back()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_holders)
