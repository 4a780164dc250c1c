"""Threads: holding BLAS to one, and sharing work out among as many as BLAS may use."""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

MOST = 1024  # threads in the pool, which starts them as they are needed
SMALL = 2_000_000  # multiply-adds: below, a second thread gains an eighth at the most

_lock = Lock()
_holders = 0
_limits = []  # (library, its number of threads before the first holder came)
_pool = None
_busy = 0  # threads at work in share_out, those that called it included


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
    global _limits
    controls = {getattr(library, "clear_controlling_thread", None) for library, _ in _limits}
    for clear in controls - {None}:
        clear(force=True)  # threadpoolctl lets only the thread that set a limit change it
    _set_threads(_limits)
    for clear in controls - {None}:
        clear(force=True)
    _limits = []


def blas_threads_for(multiply_adds):
    """A context in which BLAS has the threads that products of this size are worth.

    Small products gain next to nothing from a second thread, and on a busy machine wait for
    it: many times slower.
    """
    return one_blas_thread() if multiply_adds < SMALL else nullcontext()


def allowed_threads():
    """As many as BLAS may use when nobody holds it: what the program, or its user, has set."""
    libraries = _libraries()
    if not libraries:
        return os.cpu_count() or 1
    held = {id(library): number for library, number in _limits}
    return min(held.get(id(library)) or library.get_num_threads() for library in libraries)


def share_out(work, n):
    """[work(0), ..., work(n - 1)], each done by whichever thread is free next.

    The calling thread takes part. All threads of the program that are at work here are together
    no more than ``allowed_threads()``, if the callers are not. An exception of ``work`` is raised
    here, once nothing is running any more.
    """
    if n == 1:
        return [work(0)]
    results, todo = [None] * n, deque(range(n))

    def take_turns():
        try:
            while True:
                try:
                    number = todo.popleft()
                except IndexError:
                    return
                results[number] = work(number)
        except BaseException:
            todo.clear()
            raise

    with _helpers(n - 1) as (pool, n_helpers):
        # A context of its own for each: NumPy's errstate lives there.
        helpers = [pool.submit(copy_context().run, take_turns) for _ in range(n_helpers)]
        try:
            take_turns()
        finally:
            todo.clear()
            _wait_out(helpers)
    for helper in helpers:
        helper.result()
    return results


def _wait_out(helpers):
    """Waits until none is running; only then raises an interrupt that came meanwhile."""
    interrupt = None
    while True:
        try:
            wait(helpers)
            break
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt:
        raise interrupt


@contextmanager
def _helpers(wanted):
    """(pool, how many of its threads the caller may use)."""
    global _busy, _pool
    with _lock:
        n_helpers = max(0, min(wanted, allowed_threads() - 1 - _busy))
        _pool = pool = _pool or ThreadPoolExecutor(MOST, thread_name_prefix="sknn")
        _busy += 1 + n_helpers
    try:
        yield pool, n_helpers
    finally:
        with _lock:
            _busy -= 1 + n_helpers


def _forget_threads():
    """In a forked child no other thread lives on: none to let go, none to work."""
    global _lock, _holders, _busy, _pool
    _lock = Lock()
    _busy, _pool = 0, None
    if _holders:
        _holders = 0
        _give_back()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
