"""A room in which tasks take turns, and the networks that they fit train together."""

import warnings
from collections import deque
from contextvars import copy_context
from itertools import chain
from threading import Semaphore, Thread, get_ident
from time import perf_counter

from sknn.estimators.meeting import ROOM
from sknn.nn.fit import run
from sknn.nn.threads import allowed_threads, one_blas_thread
from sknn.nn.together import ending, in_batches, run_together, shape_of

MOST = 256  # tasks under way at a time
BATCHES = 4  # for each thread, before tasks that are trained go on
OF_WARNINGS = ("filters", "showwarning", "_showwarnmsg_impl")  # what catch_warnings changes


class Abandoned(BaseException):
    """Ends a task whose result nobody wants any more."""


class Room:
    """Runs tasks, one at a time; each waits where it trains a network until others do, too.

    Tasks run in threads of their own, so that code which knows nothing of this, such as
    scikit-learn's, may be halfway through many of them. Only one thread is ever at work, but for
    those of the training itself: when every task waits, the networks of one shape train in one
    pass.

    Parameters
    ----------
    memory : int
        Bytes of training rows that tasks under way may hold, if there are several of them.
    """

    def __init__(self, memory):
        self.memory = memory
        self.abandoned = False
        self.yielded = Semaphore(0)
        self._todo, self._ready = deque(), deque()
        self._waiting, self._batches, self._in_training = [], [], []
        self._n_under_way = 0
        self._largest = 1  # bytes of the rows of one task

    def run(self, works):
        """Yields (number, Task) of works, () -> a result, as they end.

        After the first error no further task begins. Whoever stops asking ends all tasks.
        """
        self._todo.extend(Task(self, number, work) for number, work in enumerate(works))
        with one_blas_thread():
            try:
                while self._todo or self._n_under_way:
                    if self._ready:
                        task = self._ready.popleft()
                    elif self._todo and self._n_under_way < self._most():
                        self._n_under_way += 1
                        task = self._todo.popleft()
                    else:
                        self._train()
                        continue
                    self._give_turn(task)
                    if task.fit is not None:
                        self._largest = max(self._largest, task.fit.rows.x.nbytes)
                        self._waiting.append(task)
                        continue
                    self._n_under_way -= 1
                    if task.error is not None:
                        self._todo.clear()
                    yield task.number, task
            except BaseException:
                self._abandon()
                raise

    def _give_turn(self, task):
        try:
            task.go_on()
            self.yielded.acquire()
        except BaseException:  # an interrupt: the task ends where it could wait next
            self.abandoned = True
            self.yielded.acquire()
            raise

    def _abandon(self):
        """Ends all tasks without a result."""
        self.abandoned = True
        halfway = chain(self._ready, self._waiting, *self._batches, self._in_training)
        for task in list(halfway):
            task.go_on()
            self.yielded.acquire()

    def _most(self):
        return max(2, min(MOST, self.memory // self._largest))

    def _train(self):
        """Trains some of the networks that tasks wait for."""
        if not self._batches:
            waiting, self._waiting = self._waiting, []
            numbers = in_batches([(task.fit, task.watch) for task in waiting])
            self._batches = [[waiting[number] for number in batch] for batch in numbers]
        n_batches = BATCHES * allowed_threads()
        batches, self._batches = self._batches[:n_batches], self._batches[n_batches:]
        self._in_training = list(chain.from_iterable(batches))
        results = run_together([[(task.fit, task.watch) for task in batch] for batch in batches])
        for task, result in zip(self._in_training, chain.from_iterable(results), strict=True):
            task.result = result
        self._ready.extend(self._in_training)
        self._in_training = []


class Task:
    """One task of a Room, in a thread of its own.

    Attributes
    ----------
    fit, watch : Fit, Watch
        What it waits for, or None.
    outcome : object
        What ``work`` has returned.
    error : BaseException or None
        What it has raised.
    waited : float
        Seconds in which it waited for others, and not for its own share of the training.
    """

    def __init__(self, room, number, work):
        self.room, self.number, self.work = room, number, work
        self.fit = self.watch = self.result = self.outcome = self.error = None
        self.waited = 0.0
        self._turn = Semaphore(0)
        self._thread = None
        self._warnings = None

    def go_on(self):
        """Lets the thread work until it waits again, or is done; then ``room.yielded`` is told."""
        outer = _filters()
        if self._warnings is not None:
            _set_filters(self._warnings)
        self._outer = outer
        if self._thread is None:
            self._thread = Thread(target=copy_context().run, args=(self._run,), daemon=True)
            self._thread.start()
        else:
            self._turn.release()

    def run(self, fit, watch):
        """The Result of a fit of this task; see ``sknn.estimators.meeting``."""
        if get_ident() != self._thread.ident:  # a thread that the task has started
            return run(fit, watch)
        self._leave_if_abandoned()
        if shape_of(fit, watch) is None:
            result = run(fit, ending(watch, lambda: self.room.abandoned))
            self._leave_if_abandoned()
            return result
        started, rows_before = perf_counter(), len(fit.history["seconds"])
        self.fit, self.watch = fit, watch
        self._yield()
        self._turn.acquire()
        self._leave_if_abandoned()
        result, self.fit, self.watch, self.result = self.result, None, None, None
        if isinstance(result, BaseException):
            raise result
        own = sum(fit.history["seconds"][rows_before:])
        self.waited += perf_counter() - started - own
        return result

    def _run(self):
        ROOM.set(self)
        try:
            self.outcome = self.work()
        except BaseException as error:
            self.error = error
        self.fit = None
        self._yield()

    def _yield(self):
        """Gives the turn back, with the filters of warnings as they were before it."""
        self._warnings = _filters()
        _set_filters(self._outer)
        self.room.yielded.release()

    def _leave_if_abandoned(self):
        if self.room.abandoned:
            raise Abandoned


def _filters():
    return {name: getattr(warnings, name) for name in OF_WARNINGS if hasattr(warnings, name)}


def _set_filters(values):
    for name, value in values.items():
        setattr(warnings, name, value)
    with warnings.catch_warnings():  # tells the warnings module of the change
        pass
