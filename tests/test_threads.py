import os
from threading import Barrier, Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from sknn import MLPClassifier
from sknn.nn.threads import SMALL, blas_threads_for, one_blas_thread


def blas_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        yield


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


@pytest.mark.parametrize(("units", "threads"), [(10, {1}), (2000, {2})])
def test_training_holds_blas_by_the_size_of_its_products(units, threads):
    seen = []

    class Watching(MLPClassifier):
        def _score_outputs(self, *args):
            seen.append(blas_threads())
            return super()._score_outputs(*args)

    X = np.random.default_rng(0).normal(size=(400, 20))
    clf = Watching((units,), early_stopping=True, max_iter=1)
    with pytest.warns(match="Maximum iterations"):
        clf.fit(X, X[:, 0] > 0)
    assert seen == [threads]
    assert blas_threads() == {2}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_child_of_a_holder_has_its_threads():
    with one_blas_thread():
        pid = os.fork()
        if pid == 0:
            os._exit(blas_threads() != {2})
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
