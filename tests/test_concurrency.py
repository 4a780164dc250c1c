"""Several threads and processes at once: the same answers, no more threads than allowed, no hang.

Where weights of dense networks are compared to the last bit, BLAS has one thread: a product cut
up for several may be rounded otherwise. Networks with convolutions need no such care.
"""

import multiprocessing
import os
import pickle
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from threading import Barrier, Event, Lock, Thread

import joblib
import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_array_equal
from processes import digest, run
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_validate
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

import sknn.nn.gradient
from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer, MaxPool2D
from sknn.nn.threads import allowed_threads, one_blas_thread, share_out

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

N = 60
NUMBERS = normal(N, 20)
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 8, 8), np.uint8)
LABELS = np.arange(N) % 3
SMALL = {"max_iter": 3, "batch_size": 20}
# name: (class, settings, X)
KINDS = {
    "dense": (MLPClassifier, {"dropout": 0.2, "activation": "gelu"}, NUMBERS),
    "dense, regression": (MLPRegressor, {"normalization": "batch"}, NUMBERS),
    "stack": (
        SequentialClassifier,
        {"layers": [Dense(6, "identity"), BatchNorm(), Dropout(0.3), Dense(5, "prelu")]},
        NUMBERS,
    ),
    "images": (CNNClassifier, {"filters": (4, 5), "normalization": "batch"}, IMAGES),
    "images, regression": (CNNRegressor, {"filters": (4,), "augment": "shift"}, IMAGES),
    "stack of images": (
        SequentialRegressor,
        {"layers": [Conv2D(4, activation="identity"), BatchNorm(), MaxPool2D(), Flatten()]},
        IMAGES,
    ),
}
each = pytest.mark.parametrize("kind", KINDS)


def new_estimator(kind, seed=0):
    cls, settings, _ = KINDS[kind]
    return cls(**SMALL | settings, random_state=seed)


def samples_of(kind):
    return KINDS[kind][2]


@pytest.fixture(autouse=True)
def cut(monkeypatch):
    """Batches of images are cut into micro-batches of four, so that threads share them."""
    monkeypatch.setattr(sknn.nn.gradient, "micro_batch_size", lambda network: 4)


@pytest.fixture
def restless():
    """Threads take turns at nearly every instruction."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def blas_libraries():
    return ThreadpoolController().select(user_api="blas").lib_controllers


def blas_threads():
    return {library.num_threads for library in blas_libraries()}


def at_once(calls):
    """What each call returns, all begun at the same moment, each on a thread of its own."""
    begin = Barrier(len(calls))

    def begun(call):
        begin.wait(60)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(begun, call) for call in calls]
        return [future.result() for future in futures]


# Predictions


def answers(estimator, X, first=0):
    """Of every method, by name, beginning with one of them."""
    methods = {
        name: partial(getattr(estimator, name), X)
        for name in ("predict", "predict_proba", "predict_log_proba", "transform")
        if hasattr(estimator, name)
    }
    methods["score"] = partial(estimator.score, X, LABELS)
    names = list(methods)
    first %= len(names)
    return {name: methods[name]() for name in names[first:] + names[:first]}


@pytest.mark.parametrize(
    ("kind", "n_threads"),
    [(kind, 1) for kind in KINDS] + [(kind, 2) for kind in KINDS if "images" in kind],
)
def test_sixteen_threads_get_the_answers_of_one(kind, n_threads, restless):
    """From the first prediction ever on: a loaded estimator has made nothing in advance."""
    X = samples_of(kind)
    saved = pickle.dumps(new_estimator(kind).fit(X, LABELS))
    wanted = answers(pickle.loads(saved), X)
    with threadpool_limits(n_threads):
        for _ in range(2):
            fresh = pickle.loads(saved)
            calls = [partial(answers, fresh, X, first) for first in range(16)]
            for got in at_once(calls):
                for name in wanted:
                    assert_array_equal(got[name], wanted[name], err_msg=name)


@each
def test_threads_with_rows_of_their_own_get_the_answers_for_those(kind, restless):
    X = samples_of(kind)
    estimator = new_estimator(kind).fit(X, LABELS)
    parts = [X[start : start + 5] for start in range(0, N, 5)]
    wanted = [estimator.predict(part) for part in parts]
    again = pickle.loads(pickle.dumps(estimator))
    with threadpool_limits(2 if "images" in kind else 1):
        together = at_once([partial(again.predict, part) for part in parts])
    for got, expected in zip(together, wanted, strict=True):
        assert_array_equal(got, expected)


# Fits


def fitted(kind, seed=0):
    return digest(new_estimator(kind, seed).fit(samples_of(kind), LABELS))


def test_fits_of_all_kinds_at_once_give_the_weights_of_each_alone(restless):
    wanted = [fitted(kind, seed) for kind in KINDS for seed in range(2)]
    together = at_once([partial(fitted, kind, seed) for kind in KINDS for seed in range(2)])
    assert together == wanted


@pytest.mark.parametrize("n_threads", [2, 4])
def test_fits_on_images_at_once_give_the_weights_of_one_thread(n_threads, restless):
    kinds = [kind for kind in KINDS if "images" in kind]
    wanted = [fitted(kind, seed) for kind in kinds for seed in range(2)]
    with threadpool_limits(n_threads):
        together = at_once([partial(fitted, kind, seed) for kind in kinds for seed in range(2)])
        assert blas_threads() == {n_threads}
    assert together == wanted


def large_fit():
    """The weights of a network whose products BLAS would cut up, if it were let to."""
    X = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
    cnn = CNNClassifier((32, 64), hidden_layer_sizes=(256,), max_iter=1, random_state=0)
    return digest(cnn.fit(X, np.arange(64) % 10))


@pytest.mark.parametrize("n_threads", [2, 4])
def test_limit_that_another_thread_has_set_does_not_change_the_weights(n_threads):
    """threadpoolctl lets only the thread that has set a limit change it."""
    wanted = large_fit()
    with threadpool_limits(n_threads):
        assert at_once([large_fit]) == [wanted]
        assert blas_threads() == {n_threads}


@each
def test_predictions_while_others_are_fitted_are_the_same(kind, restless):
    X = samples_of(kind)
    estimator = new_estimator(kind).fit(X, LABELS)
    wanted, weights = estimator.predict(X), digest(estimator)
    ended = Event()

    def predict():
        count = 0
        while not ended.is_set() or count == 0:
            assert_array_equal(estimator.predict(X), wanted)
            count += 1
        return weights

    def fit():
        try:
            return fitted(kind)
        finally:
            ended.set()

    with threadpool_limits(2 if "images" in kind else 1):
        assert at_once([predict, predict, fit]) == [weights] * 3


@each
def test_partial_fits_of_several_at_once_give_the_weights_of_each_alone(kind, restless):
    X = samples_of(kind)
    classes = {"classes": [0, 1, 2]} if hasattr(KINDS[kind][0], "predict_proba") else {}

    def train(seed):
        estimator = new_estimator(kind, seed)
        for start in (0, 20, 40):
            estimator.partial_fit(X[start:][:20], LABELS[start:][:20], **classes)
        return digest(estimator)

    wanted = [train(seed) for seed in range(4)]
    with threadpool_limits(2 if "images" in kind else 1):
        assert at_once([partial(train, seed) for seed in range(4)]) == wanted


def test_one_estimator_cloned_and_fitted_on_several_threads_is_left_as_it_was(restless):
    """Layers are shared by clones only as long as nobody writes to them."""
    layers = [Conv2D(4), BatchNorm(), Flatten(), Dense(5)]
    shared = SequentialClassifier(layers, **SMALL, random_state=0)
    settings = repr(shared.get_params())

    def train():
        same_layers = SequentialClassifier(layers, **SMALL, random_state=0)
        return [digest(est.fit(IMAGES, LABELS)) for est in (clone(shared), same_layers)]

    wanted = train()
    assert at_once([train] * 4) == [wanted] * 4
    assert repr(shared.get_params()) == settings


# In workers of joblib


def weights_of_folds(kind, n_jobs):
    X = samples_of(kind)
    params = {"cv": 3, "n_jobs": n_jobs, "return_estimator": True}
    found = cross_validate(new_estimator(kind), X.reshape(N, -1), LABELS, **params)
    return [digest(estimator) for estimator in found["estimator"]]


def searched(kind, n_jobs):
    grid = {"alpha": [0.0001, 0.1], "learning_rate_init": [0.001, 0.01]}
    search = GridSearchCV(new_estimator(kind), grid, cv=2, n_jobs=n_jobs)
    search.fit(samples_of(kind).reshape(N, -1), LABELS)
    return [*search.cv_results_["mean_test_score"].tolist(), digest(search.best_estimator_)]


def in_workers(backend, kinds):
    """(alone, with two jobs) for each kind."""
    pairs = []
    with joblib.parallel_config(backend=backend):
        for kind in kinds:
            pairs.append([weights_of_folds(kind, 1), weights_of_folds(kind, 2)])
            pairs.append([searched(kind, 1), searched(kind, 2)])
    return pairs


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.parametrize(("kinds", "n_threads"), [(["dense", "stack"], 1), (["images"], 2)])
def test_workers_of_joblib_give_the_weights_and_scores_of_one(backend, kinds, n_threads):
    pairs = run(in_workers, backend, kinds, n_threads=n_threads)
    assert len(pairs) == 2 * len(kinds)
    for alone, together in pairs:
        assert together == alone


class Census(Layer):
    """Passes images on; counts how many calls are under way at once, whoever makes them."""

    lock = Lock()
    now = most = 0
    blas, libraries = set(), []  # numbers of threads that were seen, and where to look

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        with Census.lock:
            Census.now += 1
            Census.most = max(Census.most, Census.now)
        Census.blas |= {library.num_threads for library in Census.libraries}
        time.sleep(0.005)  # so that others can come, if they are let
        with Census.lock:
            Census.now -= 1
        return x

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return dy

    @staticmethod
    def reset():
        Census.most, Census.blas = 0, set()
        Census.libraries = blas_libraries()


def counted_fit(_=None):
    layers = [Conv2D(2), Census(), Flatten()]
    SequentialClassifier(layers, **SMALL, random_state=0).fit(IMAGES, LABELS)


def counted_in_worker(_):
    sknn.nn.gradient.micro_batch_size = lambda network: 4
    Census.libraries = blas_libraries()
    counted_fit()
    return Census.most, max(Census.blas), allowed_threads()


def counted_in_workers(backend, inner):
    with joblib.parallel_config(backend, n_jobs=2, inner_max_num_threads=inner):
        return joblib.Parallel()(joblib.delayed(counted_in_worker)(n) for n in range(4))


@pytest.mark.slow
@pytest.mark.parametrize("inner", [1, 2])
def test_workers_of_loky_keep_to_their_share_of_threads(inner):
    if inner > joblib.cpu_count():
        pytest.skip("needs as many processors")
    for most, blas, allowed in run(counted_in_workers, "loky", inner, n_threads=4):
        assert allowed == inner
        assert most <= inner
        assert blas == 1


# How many at once


@pytest.fixture
def census():
    Census.reset()
    return Census


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("n_fits", [1, 2, 3])
def test_fits_at_once_never_have_more_threads_than_blas_was_allowed(n_threads, n_fits, census):
    """Unless there are more fits than threads: each takes part in its own."""
    with threadpool_limits(n_threads):
        at_once([counted_fit] * n_fits)
    assert census.most <= max(n_threads, n_fits)
    assert census.blas == {1}


@pytest.mark.parametrize("n_threads", [2, 4])
def test_fit_alone_has_as_many_threads_as_blas_was_allowed(n_threads, census):
    with threadpool_limits(n_threads):
        counted_fit()
    assert census.most == n_threads


def test_predictions_at_once_never_have_more_threads_than_blas_was_allowed(census):
    layers = [Conv2D(2), Census(), Flatten()]
    clf = SequentialClassifier(layers, **SMALL).fit(IMAGES, LABELS)
    many = np.concatenate([IMAGES] * 10)  # ten parts of 64
    census.reset()
    with threadpool_limits(3):
        at_once([partial(clf.predict, many)] * 2)
    assert census.most <= 3
    assert census.blas == {1}


def test_callers_keep_their_place_though_helpers_are_done_at_once(restless):
    """A helper may have ended before its caller hears of it."""
    lock, now, seen = Lock(), [0], []

    def work(number):
        with lock:
            now[0] += 1
            seen.append(now[0])
        with lock:
            now[0] -= 1

    def call():
        for _ in range(300):
            share_out(work, 2)

    with threadpool_limits(2):
        at_once([call, call])
    assert len(seen) == 2 * 300 * 2
    assert max(seen) <= 2


# Limits of BLAS


class Stopping:
    """A callback that does something at the end of the first epoch."""

    def __init__(self, act):
        self.act = act

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            self.act()


def raising(error):
    def act():
        raise error

    return act


class Failing(Layer):
    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        raise RuntimeError("mine")


def diverging(dense):
    cls = MLPRegressor if dense else CNNRegressor
    reg = cls(**SMALL, solver="sgd", learning_rate_init=1e200, activation="identity")
    return reg, pytest.raises(ValueError, match="non-finite")


def interrupted(dense):
    return (
        listening(dense, raising(KeyboardInterrupt())),
        pytest.warns(UserWarning, match="interrupted by user"),
    )


def stopped_by_an_error(dense):
    return listening(dense, raising(RuntimeError("mine"))), pytest.raises(RuntimeError)


def listening(dense, act):
    cls = MLPRegressor if dense else CNNRegressor
    return cls(**SMALL, random_state=0).set_callbacks(Stopping(act))


def failing(dense):
    first = [] if dense else [Conv2D(2), Flatten()]
    return SequentialRegressor([*first, Failing()], **SMALL), pytest.raises(RuntimeError)


ENDS = [diverging, interrupted, stopped_by_an_error, failing]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("dense", [True, False], ids=["dense", "images"])
@pytest.mark.parametrize("elsewhere", [False, True], ids=["", "on a thread"])
def test_every_library_has_its_threads_back_however_a_fit_ends(end, dense, elsewhere):
    X = NUMBERS if dense else IMAGES
    with threadpool_limits(3):
        before = threadpool_info()
        estimator, expected = end(dense)
        with expected:
            fit = partial(estimator.fit, X, normal(N))
            at_once([fit]) if elsewhere else fit()
        assert threadpool_info() == before


@pytest.mark.parametrize("first_fails", [False, True])
@pytest.mark.parametrize("first_ends_first", [False, True])
def test_overlapping_fits_leave_the_limits_in_whichever_order_they_end(
    first_ends_first, first_fails
):
    inside, go_on = [Event(), Event()], [Event(), Event()]

    def act(number):
        inside[number].set()
        assert go_on[number].wait(60)
        if number == 0 and first_fails:
            raise RuntimeError("mine")

    def fit(number):
        listening(number == 1, partial(act, number)).set_params(max_iter=1).fit(
            IMAGES.reshape(N, -1), normal(N)
        )

    with threadpool_limits(2), ThreadPoolExecutor(2) as pool:
        before = threadpool_info()
        fits = [pool.submit(fit, number) for number in range(2)]
        assert all(event.wait(60) for event in inside)
        assert blas_threads() == {1}
        order = [0, 1] if first_ends_first else [1, 0]
        for number, left in zip(order, [{1}, {2}], strict=True):
            go_on[number].set()
            fails = number == 0 and first_fails
            with pytest.raises(RuntimeError) if fails else nullcontext():
                fits[number].result(60)
            assert blas_threads() == left
        assert threadpool_info() == before


@pytest.mark.parametrize("dense", [True, False], ids=["dense", "images"])
def test_limits_that_a_callback_sets_hold_within_it(dense):
    seen = []

    def act():
        with threadpool_limits(2):
            seen.append(blas_threads())
        seen.append(blas_threads())

    with threadpool_limits(3):
        listening(dense, act).fit(NUMBERS if dense else IMAGES, normal(N))
        assert blas_threads() == {3}
    assert seen == [{2}, {1}] * 3


def test_limit_of_a_thread_that_goes_on_is_still_its_own_after_a_fit_elsewhere():
    with threadpool_limits(4):
        with threadpool_limits(3):
            at_once([counted_fit])
            assert blas_threads() == {3}
        assert blas_threads() == {4}
        with threadpool_limits(2):
            assert blas_threads() == {2}
        assert blas_threads() == {4}


# Forks


def exit_code(pid, timeout=60):
    """Of a child, which is killed if it does not end."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "hangs"


def in_child(work):
    """The exit code of a forked child: 0 if work() is true."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = int(not work())
        finally:
            os._exit(status)
    return exit_code(pid)


def forked_while_others_fit(kinds, n_forks):
    """Exit codes of children that predict and fit; others fit all the while."""
    sknn.nn.gradient.micro_batch_size = lambda network: 4
    models = {kind: new_estimator(kind).fit(samples_of(kind), LABELS) for kind in kinds}
    wanted = {kind: (models[kind].predict(samples_of(kind)), fitted(kind)) for kind in kinds}
    sys.setswitchinterval(1e-6)
    ended = Event()

    def keep_fitting(kind):
        while not ended.is_set():
            fitted(kind)
            models[kind].predict(samples_of(kind))

    def as_wanted():
        return all(
            np.array_equal(models[kind].predict(samples_of(kind)), predictions)
            and fitted(kind) == weights
            for kind, (predictions, weights) in wanted.items()
        )

    others = [Thread(target=keep_fitting, args=[kind]) for kind in kinds * 2]
    for other in others:
        other.start()
    try:
        return [in_child(as_wanted) for _ in range(n_forks)]
    finally:
        ended.set()
        for other in others:
            other.join()


@forks
@pytest.mark.slow
@pytest.mark.parametrize("kinds", [["dense", "stack"], ["images"]], ids=" ".join)
def test_child_forked_while_others_fit_predicts_and_fits_as_its_parent(kinds):
    """Products are small, or BLAS is held: OpenBLAS on several threads cannot be forked."""
    codes = run(forked_while_others_fit, kinds, 15, n_threads=2)
    assert codes == [0] * 15


def forked_in_the_middle(name):
    """(exit code of a child forked while another thread is in a slow call, limits afterwards)."""
    library_class = type(sknn.nn.threads._libraries()[0])
    original, inside, here = getattr(library_class, name), Event(), threading.get_ident()

    def slow(self, *args):
        result = original(self, *args)
        if threading.get_ident() != here:
            inside.set()
            time.sleep(0.3)
        return result

    def hold():
        with one_blas_thread():
            share_out(lambda number: number, 4)

    def as_before():
        setattr(library_class, name, original)
        with one_blas_thread():
            held = blas_threads() == {1}
            done = share_out(lambda number: number, 4) == [0, 1, 2, 3]
        return held and done and blas_threads() == {2}

    setattr(library_class, name, slow)
    holder = Thread(target=hold)
    holder.start()
    inside.wait()
    code = in_child(as_before)
    holder.join()
    setattr(library_class, name, original)
    return code, sorted(blas_threads())


@forks
@pytest.mark.slow
@pytest.mark.parametrize("name", ["set_num_threads", "get_num_threads"])
def test_child_forked_while_another_thread_sets_the_limits_is_free(name):
    assert run(forked_in_the_middle, name, n_threads=2, timeout=120) == [0, [2]]


def fitted_by_processes(method, kinds):
    """(weights of each kind, the same fitted by two processes that are started so)."""
    alone = [fitted(kind) for kind in kinds]
    with multiprocessing.get_context(method).Pool(2) as pool:
        return alone, pool.map_async(fitted, kinds * 2).get(200)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize(("kinds", "n_threads"), [(["dense", "stack"], 1), (["images"], 2)])
def test_processes_however_started_give_the_same_weights(method, kinds, n_threads):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("not to be had here")
    alone, together = run(fitted_by_processes, method, kinds, n_threads=n_threads)
    assert together == alone * 2
