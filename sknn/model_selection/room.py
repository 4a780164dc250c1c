"""A room in which tasks take turns while their networks train together."""

import warnings
from collections import deque
from contextlib import suppress
from contextvars import copy_context
from ctypes import c_ulong, py_object, pythonapi
from itertools import chain
from queue import Empty, SimpleQueue
from threading import Thread, get_ident
from time import perf_counter

from sknn.estimators.meeting import ROOM
from sknn.nn.fit import run
from sknn.nn.grouping import in_batches, shape_of
from sknn.nn.threads import allowed_threads, one_blas_thread
from sknn.nn.together import ending, run_together
from sknn.nn.training import as_a_whole

MOST = 256  # maximum number of tasks in progress at a time
BATCHES = 4  # per thread, before tasks with trained networks continue
OF_WARNINGS = ("filters", "showwarning", "_showwarnmsg_impl")  # changed by catch_warnings
A_WHILE = 0.1  # maximum seconds until an interrupt or a lost wake-up is noticed


class Abandoned(BaseException):
    """Ends a task whose result is no longer needed."""


class Room:
    """Runs tasks one at a time. A task that trains a network waits until other tasks do so too.

    Each task runs in its own thread, so that ordinary code such as scikit-learn's can be halfway
    through many tasks. Apart from the threads of the training itself, only one thread works at a
    time. When all tasks wait, networks of the same shape train in a single pass.

    Parameters
    ----------
    memory : int
        Maximum size in bytes of the training rows of all tasks in progress, if there are several.
    """

    def __init__(self, memory):
        self.memory = memory
        self.abandoned = False
        self.told = SimpleQueue()  # receives an item when a task returns its turn
        self._todo, self._ready = deque(), deque()
        self._waiting, self._batches = [], []
        self._under_way = {}
        self._outer = None  # warning filters while those of a task are active
        self._largest = 1  # size in bytes of the rows of one task

    def run(self, works):
        """Yields (number, Task) of works, () -> a result, as the tasks end.

        After the first error no further task starts. Closing the generator ends all tasks.
        """
        self._todo.extend(Task(self, number, work) for number, work in enumerate(works))
        with one_blas_thread():
            try:
                while self._todo or self._under_way:
                    if self._ready:
                        task = self._ready.popleft()
                    elif self._todo and len(self._under_way) < self._most():
                        task = self._todo.popleft()
                        self._under_way[task.number] = task
                    else:
                        self._train()
                        continue
                    self._give_turn(task)
                    if not task.is_done:
                        self._largest = max(self._largest, task.fit.rows.x.nbytes)
                        self._waiting.append(task)
                        continue
                    del self._under_way[task.number]
                    if task.error is not None:
                        self._todo.clear()
                    yield task.number, task
            finally:
                self._abandon()

    def _give_turn(self, task):
        """Lets a task work until it waits or ends. Its warning filters do not affect others."""
        self._outer = _filters()
        try:
            task.go_on()
            self._wait_for(task)
        except BaseException:
            task.interrupt()
            self._end(task)
            raise
        as_a_whole(_set_filters, self._outer)
        self._outer = None

    def _wait_for(self, task):
        while task.is_at_work:
            with suppress(Empty):
                self.told.get(timeout=A_WHILE)

    def _abandon(self):
        """Ends all tasks in progress without a result."""
        self.abandoned = True
        outer = self._outer or _filters()
        for task in list(self._under_way.values()):
            self._end(task)
        as_a_whole(_set_filters, outer)

    def _end(self, task):
        """Ends a task despite further interrupts, because a waiting thread would never end."""
        self.abandoned = True
        while task.is_halfway:
            with suppress(KeyboardInterrupt):
                task.go_on()
                self._wait_for(task)

    def _most(self):
        return max(2, min(MOST, self.memory // self._largest))

    def _train(self):
        """Trains some of the networks for which tasks are waiting."""
        if not self._batches:
            waiting, self._waiting = self._waiting, []
            numbers = in_batches([(task.fit, task.watch) for task in waiting])
            self._batches = [[waiting[number] for number in batch] for batch in numbers]
        n_batches = BATCHES * allowed_threads()
        batches, self._batches = self._batches[:n_batches], self._batches[n_batches:]
        results = run_together([[(task.fit, task.watch) for task in batch] for batch in batches])
        for task, result in zip(chain(*batches), chain(*results), strict=True):
            task.result = result
            self._ready.append(task)


class Task:
    """One task of a Room, which runs in its own thread.

    Attributes
    ----------
    fit, watch : Fit, Watch
        The fit for which the task waits, or None.
    outcome : object
        The return value of ``work``.
    error : BaseException or None
        The error that ``work`` has raised.
    waited : float
        The seconds spent waiting for other tasks, excluding the training of its own network.
    is_at_work : bool
        Whether the task has the turn. The Room sets it, and the thread of the task resets it.
    is_done : bool
        Whether the task has ended.
    """

    def __init__(self, room, number, work):
        self.room, self.number, self.work = room, number, work
        self.fit = self.watch = self.result = self.outcome = self.error = None
        self.waited = 0.0
        self.is_at_work = self.is_done = self._has_begun = False
        self._turn = SimpleQueue()
        self._thread = None

    @property
    def is_halfway(self):
        """Whether its thread has started and not ended. A thread that starts later ends at once."""
        return self._has_begun and not self.is_done and self._thread.is_alive()

    def go_on(self):
        """Gives the task the turn. A second call has no effect."""
        self.is_at_work = True
        if self._thread is None:
            self._thread = Thread(target=copy_context().run, args=(self._run,), daemon=True)
            self._thread.start()
        else:
            self._turn.put(None)

    def interrupt(self):
        """Raises KeyboardInterrupt in its thread, as Ctrl-C does in the main thread."""
        if self._has_begun and self.is_at_work:
            thread = c_ulong(self._thread.ident)
            pythonapi.PyThreadState_SetAsyncExc(thread, py_object(KeyboardInterrupt))

    def run(self, fit, watch):
        """Returns the Result of a fit of this task; see ``sknn.estimators.meeting``."""
        if get_ident() != self._thread.ident:  # a thread that was started by the task
            return run(fit, watch)
        self._leave_if_abandoned()
        if shape_of(fit, watch) is None:
            result = run(fit, ending(watch, lambda: self.room.abandoned))
            self._leave_if_abandoned()
            return result
        started = perf_counter()
        self.fit, self.watch = fit, watch
        self._wait_for_turn()
        self._leave_if_abandoned()
        result, self.fit, self.watch, self.result = self.result, None, None, None
        if isinstance(result, BaseException):
            raise result
        self.waited += perf_counter() - started - sum(fit.history["seconds"])
        return result

    def _run(self):
        self._has_begun = True  # before checking whether to leave
        try:
            self._leave_if_abandoned()
            ROOM.set(self)
            self.outcome = self.work()
        except BaseException as error:
            if not self.room.abandoned:
                self.error = error
        finally:
            self.work = self.fit = self.watch = None
            self.is_done = True
            self._give_turn_back()

    def _wait_for_turn(self):
        filters = _filters()
        self._give_turn_back()
        while not self.is_at_work:
            self._turn.get()
        _set_filters(filters)

    def _give_turn_back(self):
        self.is_at_work = False
        self.room.told.put(None)

    def _leave_if_abandoned(self):
        if self.room.abandoned:
            raise Abandoned


def _filters():
    return {name: getattr(warnings, name) for name in OF_WARNINGS if hasattr(warnings, name)}


def _set_filters(values):
    for name, value in values.items():
        setattr(warnings, name, value)
    with warnings.catch_warnings():  # informs the warnings module
        pass
