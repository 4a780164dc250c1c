"""Threads where threadpoolctl finds no BLAS or is an older one, and where wake-ups get lost."""

import os
from concurrent.futures import wait
from threading import Event, get_ident
from time import sleep

import pytest
from threadpoolctl import threadpool_limits

from sknn.nn import threads
from sknn.nn.threads import allowed_threads, one_blas_thread, share_out


class Library:
    """A BLAS as older versions of threadpoolctl show it."""

    def __init__(self, n_threads):
        self.n_threads = n_threads

    def get_num_threads(self):
        return self.n_threads

    def set_num_threads(self, n_threads):
        self.n_threads = n_threads


def test_without_a_blas_there_may_be_as_many_threads_as_processors(monkeypatch):
    monkeypatch.setattr(threads, "_libraries", list)
    assert allowed_threads() == os.cpu_count()
    with one_blas_thread():
        assert allowed_threads() == os.cpu_count()
        assert share_out(lambda number: number**2, 5) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("fails", [False, True])
def test_libraries_have_their_threads_back_whoever_may_set_them(fails, monkeypatch):
    libraries = [Library(4), Library(3), Library(1)]
    monkeypatch.setattr(threads, "_libraries", lambda: libraries)
    seen = []
    try:
        with one_blas_thread(), one_blas_thread():
            seen += [library.n_threads for library in libraries]
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert fails
    assert seen == [1, 1, 1]
    assert [library.n_threads for library in libraries] == [4, 3, 1]


def test_wait_that_ends_too_early_goes_on_until_all_is_done(monkeypatch):
    caller, began, waited = get_ident(), Event(), []

    def impatient(helpers, timeout):
        waited.append(wait(helpers, timeout=0.01))
        return waited[-1]

    def work(number):
        if get_ident() == caller:
            began.wait(5)
        else:
            began.set()
            while not waited:
                sleep(0.001)
        return number**2

    monkeypatch.setattr(threads, "wait", impatient)
    with threadpool_limits(2):
        assert share_out(work, 2) == [0, 1]
    assert waited[0].not_done
    assert not waited[-1].not_done
