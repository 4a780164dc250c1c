"""Threads: limits BLAS to one thread, and distributes work to as many threads as BLAS may use."""

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import cache
from threading import Condition, Lock, get_ident, local
from weakref import WeakSet, ref

from threadpoolctl import ThreadpoolController

MOST = 1024  # maximum number of threads in the pool, which starts them on demand
SMALL = 2_000_000  # multiply-adds: for fewer, a second thread is at most an eighth faster

_lock = Lock()
_holders: WeakSet = WeakSet()
_limits: list = []  # (library, its number of threads before the first limit)
_pool = None
_room = Condition()  # guards the next three; notified when threads have finished or stepped back
_allowed = 1  # number of threads allowed, as determined by the last caller
_callers: set[int] = set()  # identifiers of the threads that called share_out
_helpers: set[Future] = set()  # the threads that help callers of share_out
_own = local()  # turns: a weak reference to the work that this thread is doing, or None


@cache
def _libraries():
    """All loaded BLAS libraries. Cached because looking them up takes milliseconds."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def one_blas_thread():
    """Limits all BLAS libraries to one thread until the last of several holders exits.

    If another thread of the program sets a limit through threadpoolctl, that limit is restored as
    well. If that thread removes its limit in the meantime, the limit remains.
    """
    holder = _Mark()
    try:
        with _lock:
            _hold(holder)
        yield
    finally:
        _let_go(holder)


class _Mark:
    """Marks a call in progress. Only weakly referenced, so that an interrupt clears the mark."""


def _hold(holder):
    """Adds a holder of the limit. The caller must hold ``_lock``."""
    global _limits
    if not _holders:
        _give_back()  # the limit of a holder that was interrupted before it could do so
        several = [(library, library.get_num_threads()) for library in _libraries()]
        _limits = [(library, number) for library, number in several if number != 1]
        _set_threads((library, 1) for library, _ in _limits)
    _holders.add(holder)


def _let_go(holder):
    """Removes the limit if this was the last holder, and raises an interrupt only after that."""
    interrupt, done = None, False
    while not done:
        try:
            with _lock:
                _holders.discard(holder)
                if not _holders:
                    _give_back()
            done = True
        except KeyboardInterrupt as error:
            interrupt = error
    try:
        if interrupt:
            raise interrupt
    finally:  # the traceback refers to this frame, which must not refer back to it
        interrupt = None


def _give_back():
    """Restores the limits from any thread, whichever held them last."""
    global _limits
    _set_threads(_limits)
    for library, _ in _limits:
        _let_any_thread_set(library)
    _limits = []


def _set_threads(numbers):
    """Sets (library, number of threads). Only this thread can then set another limit."""
    for library, number in numbers:
        _let_any_thread_set(library)
        library.set_num_threads(number)


def _let_any_thread_set(library):
    """Lets any thread change the limit, which threadpoolctl reserves for the one that set it."""
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


def blas_threads_for(multiply_adds):
    """A context in which BLAS uses several threads only for products that are large enough.

    Small products gain hardly anything from a second thread. On a busy machine, waiting for it
    makes them many times slower.
    """
    return one_blas_thread() if multiply_adds < SMALL else nullcontext()


def allowed_threads():
    """The number of threads that BLAS may use, as set by the program or its user."""
    libraries = _libraries()
    if not libraries:
        return os.cpu_count() or 1
    held = {id(library): number for library, number in _limits}
    return min(held.get(id(library)) or library.get_num_threads() for library in libraries)


def share_out(work, n, halt=None):
    """[work(0), ..., work(n - 1)], distributed to threads, the next item to the first free one.

    The calling thread takes part. All working threads of the program together are at most
    ``allowed_threads()``, unless there are more callers than that: when a new caller arrives, a
    helper of another caller stops. An exception in ``work`` is raised here, after all threads have
    finished. ``work`` can call this function itself; this nested work uses no further threads.

    halt: () -> None, called after an interrupt or an error in the calling thread. The function
    waits for the running items, which can use the call to end earlier.
    """
    if n == 1 or _is_at_work():
        return [work(number) for number in range(n)]
    results, todo = [None] * n, deque(range(n))

    def take_turns(helping):
        turns = _Mark()
        _own.turns = ref(turns)
        try:
            while not (helping and _is_crowded()):
                try:
                    number = todo.popleft()
                except IndexError:
                    return
                results[number] = work(number)
        except BaseException:
            todo.clear()
            raise
        finally:
            _own.turns = None

    helpers = []
    try:
        with _room:
            _wait_for_room()
            _start_helpers(helpers, take_turns, n - 1)
        take_turns(helping=False)
    except BaseException:
        if halt:
            halt()
        raise
    finally:
        try:
            _finish(todo, helpers, halt)
        finally:
            if get_ident() in _callers:  # an interrupt came before the clean-up was complete
                _finish(todo, helpers, halt)
    try:
        for helper in helpers:
            helper.result()
    finally:  # the traceback refers to this frame, which must not refer back to it
        helper = helpers = None
    return results


def _finish(todo, helpers, halt):
    """Cancels the remaining items, waits for the running ones, and removes the caller's count."""
    todo.clear()
    _wait_until_done(helpers, halt)
    _give_room(get_ident(), *helpers)


def _is_at_work():
    """Whether this thread is currently working on an item."""
    turns = getattr(_own, "turns", None)
    return turns is not None and turns() is not None


def _wait_until_done(helpers, halt):
    """Waits for all helpers, and raises an interrupt that came meanwhile only after that."""
    interrupt = None
    while True:
        try:
            while wait(helpers, timeout=1).not_done:  # the timeout limits a missed wake-up to 1 s
                pass
            break
        except KeyboardInterrupt as error:
            interrupt = error
            if halt:
                halt()
    try:
        if interrupt:
            raise interrupt
    finally:
        interrupt = None  # as in _let_go


def _is_crowded():
    """Whether there are more threads than allowed, with helpers among them, which can stop."""
    return bool(_helpers) and len(_callers) + len(_helpers) > _allowed


def _wait_for_room():
    """Counts the calling thread as a caller, and waits until enough helpers have stopped.

    The caller must hold ``_room``. Callers do not wait for other callers.
    """
    global _allowed
    _allowed = allowed_threads()
    _callers.add(get_ident())
    while _is_crowded():
        _room.wait()


def _start_helpers(helpers, take_turns, wanted):
    """Starts up to ``wanted`` helpers, as far as allowed. The caller must hold ``_room``.

    helpers: the list to which they are appended. They begin when ``_room`` is released. An
    interrupt can come before a helper is in the list, where nobody would wait for it: this helper
    does nothing.
    """
    global _pool
    _pool = _pool or ThreadPoolExecutor(MOST, thread_name_prefix="sknn")
    for _ in range(min(wanted, _allowed - len(_callers) - len(_helpers))):
        # Each helper has a context of its own, because it contains NumPy's errstate.
        context = copy_context()
        helper = _pool.submit(context.run, _help_out, len(helpers), helpers, take_turns)
        helpers.append(helper)
        _helpers.add(helper)
        helper.add_done_callback(_give_room)


def _help_out(number, helpers, take_turns):
    with _room:
        is_in_the_list = number < len(helpers)
    del helpers  # so that the traceback of this frame does not refer to itself
    if is_in_the_list:
        take_turns(helping=True)


def _give_room(*threads):
    """Removes callers or helpers from the count. Repeated calls have no effect."""
    with _room:
        _callers.difference_update(threads)
        _helpers.difference_update(threads)
        _room.notify_all()


def _forget_threads():
    """Resets the state in a forked child, where no other thread exists."""
    global _lock, _room, _own, _pool
    _lock, _room, _own, _pool = Lock(), Condition(), local(), None
    _callers.clear()
    _helpers.clear()
    _holders.clear()
    _give_back()


if hasattr(os, "register_at_fork"):
    # No fork while limits are set: nobody in the child would restore them.
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=_forget_threads,
    )
