import itertools
import os
import signal
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier, Event, Lock, Thread, Timer

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sknn import MLPClassifier
from sknn.nn import threads
from sknn.nn.threads import SMALL, allowed_threads, blas_threads_for, one_blas_thread, share_out

LONG = 30  # seconds that nobody takes to come, even on a busy machine


def blas_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        yield


# Holding BLAS


def test_one_blas_thread_holds_every_blas_and_gives_the_threads_back():
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_one_blas_thread_gives_the_threads_back_after_an_exception():
    with pytest.raises(RuntimeError), one_blas_thread():
        raise RuntimeError
    assert blas_threads() == {2}


def test_one_blas_thread_keeps_limits_that_the_user_set():
    with threadpool_limits(1):
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {1}


def test_limit_of_one_that_ends_while_blas_is_held_is_not_put_back():
    limit = threadpool_limits(1)
    with one_blas_thread():
        limit.restore_original_limits()
    assert blas_threads() == {2}


def test_limit_that_another_thread_has_set_is_held_and_given_back():
    def hold():
        with one_blas_thread():
            return blas_threads()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(hold).result() == {1}
        assert blas_threads() == {2}
        with threadpool_limits(3):  # any thread may set another
            assert blas_threads() == {3}


def test_last_of_overlapping_holders_gives_the_threads_back():
    entered, left = Barrier(2), Barrier(2)
    seen = []

    def hold():
        with one_blas_thread():
            entered.wait()
            left.wait()
        seen.append(blas_threads())

    thread = Thread(target=hold)
    with one_blas_thread():
        thread.start()
        entered.wait()
    seen.append(blas_threads())  # the other still holds
    left.wait()
    thread.join()
    assert seen == [{1}, {2}]


def test_only_small_products_are_held_to_one_thread():
    with blas_threads_for(SMALL - 1):
        assert blas_threads() == {1}
    with blas_threads_for(SMALL):
        assert blas_threads() == {2}


@pytest.mark.parametrize(("units", "n_threads"), [(10, 1), (2000, 2)])
def test_training_holds_blas_by_the_size_of_its_products(units, n_threads):
    seen = []

    class Watching(MLPClassifier):
        def _score_of_outputs(self):
            score = super()._score_of_outputs()
            return lambda *outputs: seen.append(blas_threads()) or score(*outputs)

    X = np.random.default_rng(0).normal(size=(400, 20))
    clf = Watching((units,), early_stopping=True, max_iter=1)
    with pytest.warns(match="Maximum iterations"):
        clf.fit(X, X[:, 0] > 0)
    assert seen == [{n_threads}]
    assert blas_threads() == {2}


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
may_fork = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


@forks
@may_fork
def test_forked_child_of_a_holder_has_its_threads():
    with one_blas_thread():
        pid = os.fork()
        if pid == 0:
            os._exit(blas_threads() != {2})
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


# How many threads there may be


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_allowed_threads_are_those_that_blas_may_use_held_or_not(n_threads):
    with threadpool_limits(n_threads):
        assert allowed_threads() == n_threads
        with one_blas_thread():
            assert allowed_threads() == n_threads
        assert allowed_threads() == n_threads


def test_allowed_threads_follow_a_limit_set_after_blas_was_held():
    with one_blas_thread():
        pass
    for n_threads in (1, 3):
        with threadpool_limits(n_threads):
            assert allowed_threads() == n_threads


# Sharing work out


class Crowd:
    """Work that notes on how many threads it is done at once, and on which."""

    def __init__(self, wait_for=1):
        self.now = self.most = 0
        self.threads = set()
        self._lock = Lock()
        self._all_here = Event()
        self._wait_for = wait_for

    def __call__(self, number):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.threads.add(threading.get_ident())
            if self.now >= self._wait_for:
                self._all_here.set()
        self._all_here.wait(LONG)  # nobody goes on before so many are at work
        self._all_here.set()  # or, if they have not come by now, waits any more
        Event().wait(0.002)  # so that one too many would be seen
        with self._lock:
            self.now -= 1
        return number**2


@pytest.mark.parametrize("n", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("n_threads", [1, 2, 8])
def test_results_are_in_order_whoever_did_the_work(n_threads, n):
    with threadpool_limits(n_threads):
        assert share_out(lambda number: number**2, n) == [number**2 for number in range(n)]


@pytest.mark.parametrize("n_threads", [1, 2, 3, 8])
@pytest.mark.parametrize("n", [1, 2, 20])
def test_work_is_done_by_as_many_threads_as_are_allowed(n_threads, n):
    crowd = Crowd(wait_for=min(n, n_threads))
    with threadpool_limits(n_threads):
        share_out(crowd, n)
    assert crowd.most == min(n, n_threads)
    assert len(crowd.threads) <= n_threads


def test_calling_thread_takes_part_and_does_it_all_if_it_is_the_only_one():
    crowd = Crowd(wait_for=2)
    share_out(crowd, 2)
    assert threading.get_ident() in crowd.threads
    alone = Crowd()
    with threadpool_limits(1):
        share_out(alone, 5)
    assert alone.threads == {threading.get_ident()}


def test_blas_held_to_one_thread_leaves_the_others_to_share_out():
    crowd = Crowd(wait_for=2)
    with one_blas_thread():
        share_out(crowd, 4)
    assert crowd.most == 2


@pytest.mark.parametrize("n_threads", [1, 2, 3, 5])
def test_nested_callers_have_no_more_threads_than_allowed_together(n_threads):
    crowd = Crowd()

    def outer(number):
        return sum(share_out(crowd, 4)) + number

    with threadpool_limits(n_threads):
        assert share_out(outer, 6) == [14 + number for number in range(6)]
    assert crowd.most <= n_threads


@pytest.mark.parametrize(("n_threads", "n_callers"), [(4, 2), (4, 3), (2, 4), (1, 3)])
def test_concurrent_callers_have_no_more_threads_than_allowed_together(n_threads, n_callers):
    crowd = Crowd()
    begin = Barrier(n_callers)

    def call(_):
        begin.wait()
        for _ in range(20):
            assert share_out(crowd, 5) == [0, 1, 4, 9, 16]

    with threadpool_limits(n_threads), ThreadPoolExecutor(n_callers) as callers:
        list(callers.map(call, range(n_callers)))
    assert crowd.most <= max(n_threads, n_callers)


def test_work_that_shares_out_itself_does_so_without_help():
    def outer(number):
        inner = set()
        share_out(lambda _: inner.add(threading.get_ident()), 5)
        return inner == {threading.get_ident()}

    with threadpool_limits(8):
        assert share_out(outer, 2) == [True, True]
        crowd = Crowd(wait_for=2)
        share_out(crowd, 2)  # and that only while it is at work
        assert crowd.most == 2


def test_callers_do_not_wait_for_each_other():
    together = Barrier(2)
    with threadpool_limits(1), ThreadPoolExecutor(2) as callers:
        for _ in range(2):
            callers.submit(share_out, lambda number: together.wait(LONG), 2)
    assert not together.broken


def test_helper_makes_room_for_another_caller_after_the_part_it_is_at():
    main, helper_began, other_began = threading.get_ident(), Event(), Event()
    helper_at_work, done, seen = Event(), [], []

    def work(number):
        if threading.get_ident() == main:
            assert other_began.wait(LONG)
        else:
            helper_at_work.set()
            helper_began.set()
            Event().wait(0.001)
            helper_at_work.clear()
        done.append(number)

    def other_work(number):
        seen.append((helper_at_work.is_set(), len(done)))
        other_began.set()

    def other_caller():
        assert helper_began.wait(LONG)
        share_out(other_work, 2)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(other_caller)
        share_out(work, 5000)
        other.result()
    assert sorted(done) == list(range(5000))
    helping, n_done = seen[0]
    assert not helping
    assert n_done < 4999  # all but the one that the calling thread is at


def test_callers_that_leave_give_their_threads_back():
    with threadpool_limits(3):
        for _ in range(3):
            crowd = Crowd(wait_for=3)
            share_out(crowd, 3)
            assert crowd.most == 3


def test_next_call_has_helpers_before_the_last_ones_have_reported_their_end(monkeypatch):
    """A future wakes up those who wait for it before it calls back."""
    monkeypatch.setattr(Future, "add_done_callback", lambda future, call: None)
    for _ in range(2):
        crowd = Crowd(wait_for=2)
        share_out(crowd, 2)
        assert crowd.most == 2


def test_limits_that_change_between_concurrent_callers_do_no_harm(monkeypatch):
    allowed = itertools.count(2)  # one more each time that somebody asks
    monkeypatch.setattr(threads, "allowed_threads", lambda: next(allowed))

    def call(_):
        return [share_out(lambda number: number, 4) for _ in range(25)]

    with ThreadPoolExecutor(4) as callers:
        assert list(callers.map(call, range(4))) == [[[0, 1, 2, 3]] * 25] * 4


def test_errstate_of_the_caller_holds_on_every_thread():
    meet = Barrier(2)

    def divide(number):
        meet.wait(LONG)
        return np.float64(1) / np.float64(0)

    with np.errstate(divide="ignore"):
        assert share_out(divide, 2) == [np.inf, np.inf]
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        share_out(divide, 2)


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()], ids=repr)
def test_exception_ends_the_work_and_is_raised_once_nothing_runs_any_more(error, n_threads):
    meet, under_way, done = Barrier(n_threads), [], []

    def work(number):
        if number < n_threads:
            meet.wait(LONG)  # each thread has one
        if number == n_threads - 1:
            raise error
        under_way.append(number)
        Event().wait(0.05)
        done.append(number)

    with threadpool_limits(n_threads):
        with pytest.raises(type(error)) as raised:
            share_out(work, 100)
        assert raised.value is error
        assert under_way == done
        assert len(done) < 50
        crowd = Crowd(wait_for=n_threads)
        share_out(crowd, 4)  # all threads are there again
        assert crowd.most == n_threads


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs pthread_kill")
def test_interrupt_while_waiting_for_another_thread_is_raised_when_that_is_done():
    """Ctrl-C comes when the calling thread has nothing left to do and the other one has."""
    main, other_began, done = threading.get_ident(), Event(), []

    def work(number):
        if threading.get_ident() == main:
            other_began.wait(LONG)
            return
        other_began.set()
        interrupt = Timer(0.1, signal.pthread_kill, (main, signal.SIGINT))
        interrupt.start()
        interrupt.join()
        Event().wait(0.2)
        done.append(number)

    # Programs started in the background of a shell are not told of Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            share_out(work, 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(done) == 1
    crowd = Crowd(wait_for=2)  # the interrupted caller has given its thread back
    with ThreadPoolExecutor(1) as pool:
        pool.submit(share_out, crowd, 2).result()
    assert crowd.most == 2


@forks
@may_fork
@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_forked_child_has_threads_of_its_own(busy):
    """Those of the parent, and what they were at, do not live on in the child."""

    def in_child():
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                crowd = Crowd(wait_for=2)
                status = int(share_out(crowd, 4) != [0, 1, 4, 9] or crowd.most != 2)
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)

    share_out(Crowd(wait_for=2), 2)  # the pool has a thread
    assert (share_out(lambda _: in_child(), 2) if busy else [in_child()]) == [0] * (1 + busy)


class Library:
    """A BLAS of so many threads."""

    def __init__(self, n_threads):
        self.n_threads = n_threads

    def get_num_threads(self):
        return self.n_threads


def test_allowed_are_the_threads_of_the_library_with_the_fewest(monkeypatch):
    libraries = [Library(4), Library(2), Library(3)]
    monkeypatch.setattr(threads, "_libraries", lambda: libraries)
    assert threads.allowed_threads() == 2
    held = [Library(1), Library(1)]
    monkeypatch.setattr(threads, "_libraries", lambda: held)
    monkeypatch.setattr(threads, "_limits", [(held[0], 5), (held[1], 3)])
    assert threads.allowed_threads() == 3  # those that the holder will give back


def test_what_runs_is_told_to_end_when_the_caller_fails():
    told, caller = Event(), threading.get_ident()

    def work(number):
        if threading.get_ident() == caller:
            raise ValueError("by the caller")
        assert told.wait(60)

    with pytest.raises(ValueError, match="by the caller"):
        share_out(work, 2, halt=told.set)
    assert told.is_set()
