"""Workers and clients that are killed while a network trains on a cluster."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from threading import Timer

import numpy as np
import pytest

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
from sknn.dask import DaskCNNClassifier, DaskMLPClassifier  # noqa: E402

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.* workers have nothing to do"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

QUIET = {"dashboard_address": "127.0.0.1:0", "threads_per_worker": 1, "host": "127.0.0.1"}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4000, 8)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
IMAGES = RNG.integers(0, 256, (1200, 8, 8), dtype=np.uint8)
OF_IMAGES = (IMAGES[:, :4].mean(axis=(1, 2)) > IMAGES[:, 4:].mean(axis=(1, 2))).astype(int)
APART = """
import sys
from distributed import LocalCluster
from test_crew_deaths import QUIET

with LocalCluster(n_workers=2, processes=True, **QUIET) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""
LONG = """
import sys
import dask.array as da
from distributed import Client
from test_crew_deaths import X, Y, DaskMLPClassifier

with Client(sys.argv[1]) as client:
    network = DaskMLPClassifier((8,), batch_size=8, max_iter=1000, shards=2, client=client)
    network.fit(da.from_array(X, chunks=(2000, 8)), da.from_array(Y, chunks=2000))
"""


def cut(array):
    return da.from_array(array, chunks=(len(array) // 4, *array.shape[1:]))


@pytest.fixture
def cluster(request):
    n_workers = getattr(request, "param", 3)
    with distributed.LocalCluster(n_workers=n_workers, processes=True, **QUIET) as cluster:
        yield cluster


def kill_a_worker(client, number):
    """Ends a worker at once, and so that it cannot say good-bye."""
    pids = [pid for _, pid in sorted(client.run(os.getpid).items())]
    os.kill(pids[number % len(pids)], signal.SIGKILL)


def in_an_epoch(client):
    names = (str(key) for keys in client.processing().values() for key in keys)
    return any(name.startswith("sknn-epoch") for name in names)


def wait_until(true, seconds=100):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def process_of(program, *args, **pipes):
    """A process of its own session that runs a program of this module."""
    paths = os.pathsep.join(part for part in sys.path if part)
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, *args],
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,
        **pipes,
    )


@pytest.mark.filterwarnings("ignore:A worker was lost")
def test_images_on_workers_that_are_killed_twice_give_the_undisturbed_weights(cluster):
    with distributed.Client(cluster) as client:
        settings = {"filters": (2,), "normalization": "batch", "batch_size": 40, "shards": 4}
        network = DaskCNNClassifier(**settings, max_iter=6, random_state=0, early_stopping=True)
        given = cut(IMAGES), cut(OF_IMAGES)
        started = time.monotonic()
        wanted = network.fit(*given)
        vectors = wanted._model.theta.copy(), wanted._model.state.copy()
        history, seconds = wanted.history_["validation_score"], time.monotonic() - started
        client.wait_for_workers(3, timeout=30)
        timers = [
            Timer(RNG.uniform(0.2, 0.8) * seconds, kill_a_worker, (client, number))
            for number in range(2)
        ]
        for timer in timers:
            timer.start()
        network.fit(*given)
        for timer in timers:
            timer.join(100)
        np.testing.assert_array_equal(network._model.theta, vectors[0])
        np.testing.assert_array_equal(network._model.state, vectors[1])
        assert network.history_["validation_score"] == history


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("cluster", [2], indirect=True)
def test_a_death_in_an_epoch_is_told_and_costs_that_epoch(cluster, number):
    with distributed.Client(cluster) as client:
        network = DaskMLPClassifier((8,), batch_size=40, max_iter=2, shards=2, random_state=0)
        wanted = network.fit(cut(X), cut(Y))._model.theta.copy()

        def kill():
            wait_until(lambda: in_an_epoch(client))
            kill_a_worker(client, number)

        client.wait_for_workers(2, timeout=30)
        timer = Timer(0, kill)
        timer.start()
        with pytest.warns(UserWarning, match="A worker was lost .* The epoch is repeated"):
            network.fit(cut(X), cut(Y))
        timer.join(100)
        np.testing.assert_array_equal(network._model.theta, wanted)


@pytest.mark.parametrize("cluster", [2], indirect=True)
def test_a_death_without_restarts_is_an_error_within_seconds(cluster):
    with distributed.Client(cluster) as client:
        network = DaskMLPClassifier((8,), batch_size=8, max_iter=1000, max_restarts=0, shards=2)
        died = []

        def kill():
            wait_until(lambda: in_an_epoch(client))
            kill_a_worker(client, 1)
            died.append(time.monotonic())

        timer = Timer(0, kill)
        timer.start()
        with pytest.raises(RuntimeError, match="Workers were lost 1 times"):
            network.fit(cut(X), cut(Y))
        timer.join(100)
        assert time.monotonic() - died[0] < 15


@pytest.mark.parametrize("cluster", [2], indirect=True)
def test_a_client_that_is_killed_leaves_workers_to_others(cluster):
    other = process_of(LONG, cluster.scheduler_address)
    try:
        with distributed.Client(cluster) as client:
            wait_until(lambda: in_an_epoch(client), 200)
            other.kill()
            other.wait(30)
            network = DaskMLPClassifier((8,), max_iter=1, shards=2)
            started = time.monotonic()
            network.fit(cut(X), cut(Y))
            assert time.monotonic() - started < 20
    finally:
        other.kill()
        other.wait(30)


@pytest.mark.filterwarnings("ignore:A worker was lost")
def test_a_scheduler_that_is_gone_is_an_error_within_seconds():
    apart = process_of(APART, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    died = []
    try:
        with distributed.Client(apart.stdout.readline().strip()) as client:
            network = DaskMLPClassifier((8,), batch_size=8, max_iter=1000, shards=2)

            def kill():
                wait_until(lambda: in_an_epoch(client))
                os.killpg(apart.pid, signal.SIGKILL)
                died.append(time.monotonic())

            timer = Timer(0, kill)
            timer.start()
            with pytest.raises(RuntimeError, match="Create a new Client and fit again"):
                network.fit(cut(X), cut(Y))
            timer.join(100)
            assert time.monotonic() - died[0] < 15
    finally:
        with suppress(ProcessLookupError):
            os.killpg(apart.pid, signal.SIGKILL)
        apart.communicate()
