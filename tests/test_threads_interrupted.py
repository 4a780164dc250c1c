"""An interrupt at any line of what holds BLAS and shares out work does no lasting harm."""

import linecache
import sys
from threading import Barrier, Event, current_thread, main_thread
from time import sleep

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sknn.nn import threads
from sknn.nn.threads import one_blas_thread, share_out

MOST_LINES = 1000


def blas_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        yield


class InterruptAt:
    """Raises KeyboardInterrupt before the n-th line of sknn.nn.threads that this thread runs."""

    def __init__(self, n):
        self.left = n
        self.line = None
        self.began = {}  # in which bytecode of a frame a line began

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.on_call)
        return self

    def __exit__(self, *error):
        sys.settrace(self.before)
        self.began.clear()

    def on_call(self, frame, event, argument):
        return self.on_line if frame.f_code.co_filename == threads.__file__ else None

    def on_line(self, frame, event, argument):
        if event == "line" and self.line is None and not self.lets_none_in(frame):
            self.left -= 1
            if self.left < 0:
                self.line = frame.f_lineno
                raise KeyboardInterrupt
        return self.on_line

    def lets_none_in(self, frame):
        """Whether Python lets no signal in here: before a lock is released, and at ``try``."""
        text = linecache.getline(threads.__file__, frame.f_lineno).strip()
        began = self.began.setdefault((frame, frame.f_lineno), frame.f_lasti)
        releases = text in ("with _lock:", "with _room:") and frame.f_lasti > began
        return releases or text == "try:"


def hold():
    with one_blas_thread():
        pass


def hold_twice():
    with one_blas_thread(), one_blas_thread():
        pass


def share():
    assert share_out(lambda number: number**2, 5) == [0, 1, 4, 9, 16]


def hold_and_share():
    with one_blas_thread():
        share()


def interrupted(action, n):
    """The line at which the action was interrupted, None if it ended before."""
    interrupt = InterruptAt(n)
    try:
        with interrupt:
            action()
    except KeyboardInterrupt:
        pass
    return interrupt.line


@pytest.mark.parametrize(
    "action", [hold_twice, share, pytest.param(hold_and_share, marks=pytest.mark.slow)]
)
def test_interrupt_at_any_line_leaves_the_threads_as_they_were(action):
    lines, both = set(), Barrier(2, timeout=10)
    for n in range(MOST_LINES):
        line = interrupted(action, n)
        if line is None:
            break
        lines.add(line)
        hold()  # repairs what an interrupt while the threads were given back has left
        assert blas_threads() == {2}, line
        with one_blas_thread():
            assert blas_threads() == {1}, line
        assert blas_threads() == {2}, line
        busy = share_out(lambda number: len(threads._callers | threads._helpers), 4)
        assert max(busy) <= 2, line
        assert sorted(share_out(lambda number: both.wait(), 2)) == [0, 1], line
        assert not threads._callers, line
    assert n < MOST_LINES - 1
    assert len(lines) > 10


def test_interrupt_at_any_line_is_raised_once_nothing_runs_any_more():
    running, left = [], []

    def work(number):
        running.append(number)
        sleep(0.002)
        running.remove(number)

    for n in range(MOST_LINES):
        line = interrupted(lambda: share_out(work, 4), n)
        if running:
            left.append(line)
        while running:
            sleep(0.001)
        if line is None:
            break
    assert n < MOST_LINES - 1
    assert left == []


def test_interrupt_while_a_helper_is_at_work_tells_it(monkeypatch):
    both, told, waits = Barrier(2), Event(), []
    wait = threads.wait

    def interrupted_once(helpers, timeout):
        waits.append(len(helpers))
        if len(waits) == 1:
            raise KeyboardInterrupt
        return wait(helpers, timeout)

    def work(number):
        both.wait(10)
        if current_thread() is not main_thread():
            ends.append(told.wait(10))

    ends = []
    monkeypatch.setattr(threads, "wait", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        share_out(work, 2, halt=told.set)
    assert ends == [True]
    assert set(waits) == {1}


@pytest.mark.parametrize(("number", "turns"), [(0, [True]), (1, [])])
def test_helper_that_nobody_waits_for_does_nothing(number, turns):
    taken = []
    threads._help_out(number, ["the only one waited for"], lambda helping: taken.append(helping))
    assert taken == turns


def test_interrupt_while_the_threads_are_given_back_is_raised_when_they_are(monkeypatch):
    calls, give_back = [], threads._give_back

    def interrupted_once():
        calls.append(blas_threads())
        if len(calls) == 2:  # the first call is that before BLAS is held
            raise KeyboardInterrupt
        give_back()

    monkeypatch.setattr(threads, "_give_back", interrupted_once)
    with pytest.raises(KeyboardInterrupt):
        hold()
    assert calls == [{2}, {1}, {1}]
    assert blas_threads() == {2}
