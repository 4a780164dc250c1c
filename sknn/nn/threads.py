"""Threads: holding BLAS to one, and sharing work out among as many as BLAS may use."""

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from functools import cache
from threading import Condition, Lock, get_ident, local
from weakref import WeakSet, ref

from threadpoolctl import ThreadpoolController

MOST = 1024  # threads in the pool, which starts them as they are needed
SMALL = 2_000_000  # multiply-adds: below, a second thread gains an eighth at the most

_lock = Lock()
_holders: WeakSet = WeakSet()
_limits: list = []  # (library, its number of threads before the first holder came)
_pool = None
_room = Condition()  # guards the next three; notified when threads have given room
_allowed = 1  # threads, as the last caller found it
_callers: set[int] = set()  # of share_out: numbers of threads
_helpers: set[Future] = set()  # of share_out
_own = local()  # turns: a weak reference to the turns that this thread takes, or None


@cache
def _libraries():
    """Every BLAS that is loaded; looked up once, as a look-up takes milliseconds."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def one_blas_thread():
    """Holds every BLAS to one thread; the last of several holders gives the threads back.

    A limit that another thread of the program has set through threadpoolctl is restored, too;
    should that thread give its limit up meanwhile, it is what remains.
    """
    holder = _Mark()
    try:
        with _lock:
            _hold(holder)
        yield
    finally:
        _let_go(holder)


class _Mark:
    """Says that a call is under way; a weak reference forgets it if an interrupt cuts it off."""


def _hold(holder):
    """``_lock`` must be held."""
    global _limits
    if not _holders:
        _give_back()  # of a holder that was interrupted before it could
        several = [(library, library.get_num_threads()) for library in _libraries()]
        _limits = [(library, number) for library, number in several if number != 1]
        _set_threads((library, 1) for library, _ in _limits)
    _holders.add(holder)


def _let_go(holder):
    """Gives the threads back if this was the last holder; only then raises an interrupt."""
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
    finally:  # a traceback, to which this frame belongs, must not be held by it
        interrupt = None


def _give_back():
    """Restores the limits, in whichever thread the last holder happens to be."""
    global _limits
    _set_threads(_limits)
    for library, _ in _limits:
        _let_any_thread_set(library)
    _limits = []


def _set_threads(numbers):
    """Sets (library, number of threads); from then on only this thread can set another."""
    for library, number in numbers:
        _let_any_thread_set(library)
        library.set_num_threads(number)


def _let_any_thread_set(library):
    """Undoes that threadpoolctl lets only the thread that set a limit change it."""
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


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


def share_out(work, n, halt=None):
    """[work(0), ..., work(n - 1)], each done by whichever thread is free next.

    The calling thread takes part. All threads of the program that are at work here are together
    no more than ``allowed_threads()``, if the callers are not: for a new caller a helper of
    another makes room. An exception of ``work`` is raised here, once nothing is running any more.
    ``work`` may call this itself; that is then done without further help.

    halt: () -> None, called on an interrupt, and an error of the calling thread: what runs is
    waited for, and may end sooner if it is told
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
            if get_ident() in _callers:  # an interrupt came before it was over
                _finish(todo, helpers, halt)
    try:
        for helper in helpers:
            helper.result()
    finally:  # a traceback, to which this frame belongs, must not be held by it
        helper = helpers = None
    return results


def _finish(todo, helpers, halt):
    """Nothing more is done, nothing is running, and the caller is off the count."""
    todo.clear()
    _wait_until_done(helpers, halt)
    _give_room(get_ident(), *helpers)


def _is_at_work():
    """Whether this thread is doing a part of some work."""
    turns = getattr(_own, "turns", None)
    return turns is not None and turns() is not None


def _wait_until_done(helpers, halt):
    """Waits until none is running; only then raises an interrupt that came meanwhile."""
    interrupt = None
    while True:
        try:
            while wait(helpers, timeout=1).not_done:  # a lost wake-up costs a second
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
    """Whether there are more threads than allowed, and helpers among them, who make room."""
    return bool(_helpers) and len(_callers) + len(_helpers) > _allowed


def _wait_for_room():
    """Counts the calling thread among the callers, and waits until helpers have made room.

    ``_room`` must be held. Nobody waits for other callers.
    """
    global _allowed
    _allowed = allowed_threads()
    _callers.add(get_ident())
    while _is_crowded():
        _room.wait()


def _start_helpers(helpers, take_turns, wanted):
    """Starts as many helpers as there is room for, at most ``wanted``; ``_room`` must be held.

    helpers: a list that takes them in. They begin when ``_room`` is free. An interrupt may cut off
    a helper before it is in the list, where nobody would wait for it: it does nothing.
    """
    global _pool
    _pool = _pool or ThreadPoolExecutor(MOST, thread_name_prefix="sknn")
    for _ in range(min(wanted, _allowed - len(_callers) - len(_helpers))):
        # A context of its own for each: NumPy's errstate lives there.
        context = copy_context()
        helper = _pool.submit(context.run, _help_out, len(helpers), helpers, take_turns)
        helpers.append(helper)
        _helpers.add(helper)
        helper.add_done_callback(_give_room)


def _help_out(number, helpers, take_turns):
    with _room:
        is_in_the_list = number < len(helpers)
    del helpers  # a traceback, to which this frame belongs, must not lead to itself
    if is_in_the_list:
        take_turns(helping=True)


def _give_room(*threads):
    """Takes callers or helpers off the count; again has no effect."""
    with _room:
        _callers.difference_update(threads)
        _helpers.difference_update(threads)
        _room.notify_all()


def _forget_threads():
    """In a forked child no other thread lives on: none to let go, none to work."""
    global _lock, _room, _own, _pool
    _lock, _room, _own, _pool = Lock(), Condition(), local(), None
    _callers.clear()
    _helpers.clear()
    _holders.clear()
    _give_back()


if hasattr(os, "register_at_fork"):
    # Not while BLAS is being set: nobody in the child would give back what was taken.
    os.register_at_fork(
        before=lambda: _lock.acquire(),
        after_in_parent=lambda: _lock.release(),
        after_in_child=_forget_threads,
    )
