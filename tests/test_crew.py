"""Several workers train one network: with the weights of one process, and past their deaths."""

import re
import threading
import time
import warnings
from dataclasses import replace
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import sknn
from sknn.model_selection import GridSearchCV as TogetherSearchCV
from sknn.nn import BatchNorm, Dense
from sknn.nn.blocks import Split
from sknn.nn.losses import SquaredError
from sknn.nn.training import HISTORY

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")
from sknn.dask import (  # noqa: E402
    DaskCNNClassifier,
    DaskMLPClassifier,
    DaskMLPRegressor,
    DaskSequentialClassifier,
)
from sknn.dask import crew as crews  # noqa: E402
from sknn.dask.crew import client_for, release_orphans  # noqa: E402
from sknn.dask.peers import LostError, close_desk, desk_of  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.* workers have nothing to do"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

QUIET = {"dashboard_address": "127.0.0.1:0", "threads_per_worker": 1, "host": "127.0.0.1"}
THREADS = {"dashboard_address": "127.0.0.1:0", "threads_per_worker": 1}
CHUNKS = (17, 40, 3, 20, 40)
N = sum(CHUNKS)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)).astype(np.float32)
Y = np.array(["b", "a", "c"])[np.digitize(X[:, 1], [-0.5, 0.5])]
NUMBERS = (X @ [1.0, -2.0, 0.5, 0.0]).astype(np.float32)
WEIGHT = RNG.random(N) + 0.1
IMAGES = RNG.integers(0, 256, (N, 6, 6), dtype=np.uint8)
SETTINGS = {"hidden_layer_sizes": (5,), "max_iter": 3, "batch_size": 48, "random_state": 0}
SHARDS = {"shards": 3}


def cut(array, chunks=CHUNKS):
    return da.from_array(np.asarray(array), chunks=(chunks, *np.shape(array)[1:]))


@pytest.fixture(scope="module", autouse=True)
def scheduler_as_it_was():
    """``Client.as_current`` leaves its scheduler in the configuration of Dask."""
    with dask.config.set(scheduler=None):
        yield


@pytest.fixture(scope="module")
def client():
    """A client of two workers, which are processes."""
    with (
        distributed.LocalCluster(n_workers=2, processes=True, **QUIET) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def threads():
    """A client of three workers, which are threads of this process."""
    with (
        distributed.LocalCluster(n_workers=3, processes=False, **THREADS) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def vectors(estimator):
    return estimator._model.theta.tobytes() + estimator._model.state.tobytes()


def assert_same_fit(one, other):
    assert vectors(one) == vectors(other)
    for name in HISTORY[:-1]:
        assert_array_equal(one.history_[name], other.history_[name])
    for name in ("n_iter_", "t_", "n_outputs_", "best_loss_", "best_validation_score_"):
        assert getattr(one, name) == getattr(other, name), name


CASES = {
    "classes": (DaskMLPClassifier, {}, X, Y, {}),
    "weights": (DaskMLPClassifier, {"class_weight": "balanced"}, X, Y, {"sample_weight": WEIGHT}),
    "numbers": (DaskMLPRegressor, {"solver": "sgd", "learning_rate": "cosine"}, X, NUMBERS, {}),
    "local steps": (DaskMLPRegressor, {"local_steps": 2, "solver": "sgd"}, X, NUMBERS, {}),
    "early stopping": (DaskMLPClassifier, {"early_stopping": True, "dropout": 0.2}, X, Y, {}),
    "r2": (DaskMLPRegressor, {"early_stopping": True}, X, NUMBERS, {"sample_weight": WEIGHT}),
}


@pytest.mark.parametrize("name", CASES)
def test_number_of_workers_does_not_change_the_fit(client, threads, name):
    estimator, settings, samples, y, weight = CASES[name]
    weight = {key: cut(value) for key, value in weight.items()}
    fits = [
        estimator(**SETTINGS | SHARDS | settings, client=each).fit(cut(samples), cut(y), **weight)
        for each in (client, threads)
    ]
    assert_same_fit(*fits)
    assert fits[0].n_shards_ == 3
    assert fits[0].n_iter_ == 3


def test_batch_normalization_and_images_over_workers(client, threads):
    layers = [Dense(5), BatchNorm()]
    for estimator, settings, samples in (
        (DaskSequentialClassifier, {"layers": layers}, X),
        (
            DaskCNNClassifier,
            {"filters": (2,), "augment": "shift", "normalization": "batch"},
            IMAGES,
        ),
    ):
        shared = {**SHARDS, "max_iter": 2, "batch_size": 48, "random_state": 0, **settings}
        fits = [
            estimator(**shared, client=each).fit(cut(samples), cut(Y)) for each in (client, threads)
        ]
        assert_same_fit(*fits)


def test_one_shard_gives_the_weights_of_the_plain_estimator(client):
    settings = {**SETTINGS, "shuffle": False}
    fitted = DaskMLPClassifier(**settings, shards=1, client=client).fit(cut(X), cut(Y))
    wanted = sknn.MLPClassifier(**settings).fit(X, Y)
    assert_same_fit(fitted, wanted)
    assert fitted.n_shards_ == 1


def test_frames_unknown_chunks_and_empty_partitions(client, threads):
    pd, dd = pytest.importorskip("pandas"), pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame(X, columns=list("abcd")).assign(y=NUMBERS)
    frame = dd.from_pandas(frame, npartitions=4)
    some = frame[frame["a"] > -3]  # lengths are not known
    some = dd.concat([some, frame[frame["a"] > 99]])  # four without rows
    settings = {**SETTINGS, "shards": 3}
    fits = [
        DaskMLPRegressor(**settings, client=each).fit(some[list("abcd")], some["y"])
        for each in (client, threads)
    ]
    assert_same_fit(*fits)
    assert fits[0].feature_names_in_.tolist() == list("abcd")
    chunks = tuple(len(part) for part in frame.partitions)
    wanted = DaskMLPRegressor(**settings, client=threads).fit(cut(X, chunks), cut(NUMBERS, chunks))
    assert vectors(fits[0]) == vectors(wanted)


def test_validation_on_workers_is_that_of_arrays(client):
    given = {"X_val": X[:50], "y_val": Y[:50], "sample_weight_val": WEIGHT[:50]}
    blocks = {name: cut(value, (20, 5, 25)) for name, value in given.items()}
    for estimator, y in ((DaskMLPClassifier, Y), (DaskMLPRegressor, NUMBERS)):
        given["y_val"], blocks["y_val"] = y[:50], cut(y[:50], (20, 5, 25))
        network = estimator(**SETTINGS, **SHARDS, client=client)
        fits = [clone(network).fit(cut(X), cut(y), **validation) for validation in (given, blocks)]
        assert vectors(fits[0]) == vectors(fits[1])
        for name in ("validation_loss", "validation_score"):
            histories = [fit.history_[name] for fit in fits]
            np.testing.assert_allclose(*histories, rtol=1e-6)


def test_held_out_rows_are_not_trained_on(client):
    labels = np.arange(N)
    network = DaskMLPRegressor(**SETTINGS, **SHARDS, client=client, early_stopping=True)
    fitted = network.set_params(validation_fraction=0.25).fit(cut(X), cut(labels.astype(float)))
    assert fitted.t_ == 3 * (N - 30)
    split = Split(np.array([40, 40, 40]), 0.25, 5, True)
    assert split.lengths.sum() == 30
    assert len(fitted.validation_scores_) == 3


def test_shards_are_as_many_as_workers_and_batches_grow_with_them(client):
    settings = {**SETTINGS, "batch_size": "auto", "max_iter": 1}
    big = np.tile(X, (7, 1)), np.tile(NUMBERS, 7)
    blocks = [cut(array, (420, 420)) for array in big]
    fitted = DaskMLPRegressor(**settings, client=client).fit(*blocks)
    assert fitted.n_shards_ == 2
    assert fitted._learning_rate == 0.001
    three = DaskMLPRegressor(**{**settings, "batch_size": 400}, client=client).fit(*blocks)
    assert vectors(fitted) == vectors(three)


def test_callbacks_run_in_the_client_after_each_epoch(client):
    seen = []

    def after(fit, watch):
        watch.after_epoch = lambda: seen.append(fit.model.theta.tobytes()) or len(seen) == 2
        return original(fit, watch)

    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client)
    original = network._run_fit
    network._run_fit = after
    network.fit(cut(X), cut(Y))
    assert network.n_iter_ == 2
    assert len(set(seen)) == 2
    assert seen[-1] == network._model.theta.tobytes()


def test_refusals_and_warnings_name_the_remedy(client, threads):
    network = DaskMLPClassifier(**SETTINGS, client=client)
    with pytest.raises(ValueError, match=r"shards must be at most 5, .* got 9\. .*or use shards=5"):
        network.set_params(shards=9).fit(cut(X), cut(Y))
    one = network.set_params(shards=1, max_iter=1)
    with pytest.warns(UserWarning, match="1 of 2 workers have nothing to do, because the nu"):
        one.fit(cut(X), cut(Y))
    for name, value in {"shards": 0, "local_steps": 0, "max_restarts": -1}.items():
        with pytest.raises(ValueError, match=name):
            clone(one).set_params(**{name: value}).fit(cut(X), cut(Y))
    wrong = np.where(np.arange(N) == 18, np.nan, X[:, 0])
    with pytest.raises(ValueError, match=r"Partition 1 of X: Input X contains NaN"):
        DaskMLPClassifier(**SETTINGS, client=threads).fit(cut(np.c_[wrong, X]), cut(Y))
    adam = DaskMLPClassifier(**SETTINGS, **SHARDS, client=threads, local_steps=2)
    with pytest.warns(UserWarning, match="local_steps=2 averages the moments of adam"):
        adam.fit(cut(X), cut(Y))


def test_divergence_is_told_as_without_workers(client):
    network = DaskMLPRegressor(**SETTINGS, **SHARDS, client=client, solver="sgd")
    network.set_params(learning_rate_init=1e30)
    with pytest.raises(ValueError, match=r"non-finite.*first in layer 1 \(Dense\)"):
        network.fit(cut(X), cut(NUMBERS))
    assert not hasattr(network, "coefs_")
    assert all(kept is None for kept in client.run(kept_of).values())


def kept_of(dask_worker):
    return desk_of(dask_worker).kept


@pytest.mark.parametrize("wrong", [0, True, "tcp://127.0.0.1:8786", []])
def test_anything_but_a_client_is_rejected_by_name(wrong):
    with pytest.raises(ValueError, match=re.escape(f"None or False, got {wrong!r}.")):
        client_for(wrong)


def test_client_is_found_and_not_pickled(client, threads):
    assert client_for(False) is None
    assert client_for(client) is client
    assert client_for(None) is None
    with client.as_current():
        assert client_for(None) is client
    network = DaskMLPClassifier(shards=2, client=client)
    assert clone(network).client is client
    assert network.__getstate__()["client"] is None
    assert repr(DaskMLPClassifier(shards=2)) == "DaskMLPClassifier(shards=2)"
    local = DaskMLPClassifier(**SETTINGS, client=False).fit(cut(X), cut(Y))
    assert local.n_shards_ == 1

    async def one():
        async with distributed.Client(
            threads.cluster, asynchronous=True, set_as_default=False
        ) as other:
            with pytest.raises(ValueError, match="asynchronous Client"):
                client_for(other)

    threads.sync(one)


@pytest.mark.parametrize("error", [KeyError("tcp://gone"), OSError("tcp://gone")])
def test_worker_that_goes_before_it_is_told_to_listen_is_lost(error):
    class Client:
        status = "running"

        def nthreads(self):
            return {"tcp://gone": 1}

        def run(self, *args, **options):
            raise error

    rows = SimpleNamespace(futures=[None])
    with pytest.raises(LostError, match=r"no answer from .*tcp://gone"):
        crews.Crew(Client())._attempt(rows, None, None, None)


def test_two_fits_at_once_wait_for_each_other(client):
    alone = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client).fit(cut(X), cut(Y))
    fits = [DaskMLPClassifier(**SETTINGS, **SHARDS, client=client) for _ in range(3)]
    threads = [threading.Thread(target=fit.fit, args=(cut(X), cut(Y))) for fit in fits]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert [vectors(fit) for fit in fits] == [vectors(alone)] * 3


def test_lock_of_a_client_that_is_gone_is_released(client):
    lock = distributed.MultiLock(names=sorted(client.nthreads()), client=client)
    lock.id = f"Client-that-is-gone {lock.id}"
    assert lock.acquire(timeout=1)
    other = distributed.MultiLock(names=["something else"], client=client)
    assert other.acquire(timeout=1)
    fitted = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client).fit(cut(X), cut(Y))
    assert fitted.n_iter_ == 3
    client.run_on_scheduler(release_orphans)
    left = client.run_on_scheduler(
        lambda dask_scheduler: list(dask_scheduler.extensions["multi_locks"].requests)
    )
    assert left == [other.id]
    other.release()


class Broken:
    """Stands in the way of an epoch."""

    def __init__(self, monkeypatch, *errors):
        self.errors, self.original = list(errors), crews.Crew._watched
        monkeypatch.setattr(crews.Crew, "_watched", lambda crew, tasks: self.watch(crew, tasks))

    def watch(self, crew, tasks):
        if self.errors and crew._turn == 1:
            raise self.errors.pop()
        return self.original(crew, tasks)


def test_an_epoch_that_is_run_again_gives_the_same_weights(client, monkeypatch):
    wanted = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client).fit(cut(X), cut(Y))
    Broken(monkeypatch, LostError("one"), LostError("two"))
    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client, max_restarts=2)
    with pytest.warns(UserWarning, match=r"lost \((one|two)\)\. The epoch is repeated"):
        network.fit(cut(X), cut(Y))
    assert_same_fit(network, wanted)


def test_too_many_deaths_are_an_error(client, monkeypatch):
    Broken(monkeypatch, LostError("one"), LostError("two"))
    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client, max_restarts=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="lost 2 times, more often than max_restarts=1: one"):
            network.fit(cut(X), cut(Y))
    assert not hasattr(network, "coefs_")


def test_an_interrupt_ends_the_tasks_and_keeps_the_weights(client, monkeypatch):
    Broken(monkeypatch, KeyboardInterrupt())
    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=client)
    with pytest.warns(UserWarning, match="interrupted"):
        network.fit(cut(X), cut(Y))
    assert network.n_iter_ == 1
    first = DaskMLPClassifier(**{**SETTINGS, "max_iter": 1}, **SHARDS, client=client)
    assert network._model.theta.tobytes() == first.fit(cut(X), cut(Y))._model.theta.tobytes()
    deadline = time.monotonic() + 10
    while any(client.processing().values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(client.processing().values())


def test_an_error_of_a_worker_is_raised_as_it_is(client):
    network = DaskMLPRegressor(**SETTINGS, **SHARDS, client=client, loss=Faulty())
    with pytest.raises(ZeroDivisionError, match="in the loss"):
        network.fit(cut(X), cut(NUMBERS))


class Faulty(SquaredError):
    """A loss with an error in it."""

    def sum_and_gradient(self, y, z, weight, out):
        raise ZeroDivisionError("in the loss")


def test_searches_give_the_same_scores_on_workers(threads):
    network = sknn.MLPClassifier((3,), max_iter=2, random_state=0)
    searches = [
        cls(network, {"alpha": [1e-4, 10.0]}, cv=2, n_jobs=n_jobs)
        for cls, n_jobs in ((GridSearchCV, None), (GridSearchCV, 2), (TogetherSearchCV, None))
    ]
    serial = searches[0].fit(X, Y).cv_results_["mean_test_score"]
    with threads.as_current(), joblib.parallel_config("dask"):
        for search in searches[1:]:
            assert_array_equal(search.fit(X, Y).cv_results_["mean_test_score"], serial)


def test_a_worker_that_has_no_weights_is_given_them_again(threads, monkeypatch):
    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=threads)
    wanted = vectors(network.fit(cut(X), cut(Y)))
    original = DaskMLPClassifier._run_fit

    def forgetting(network, fit, watch):
        watch.after_epoch = lambda: threads.run(close_desk) and False
        return original(network, fit, watch)

    monkeypatch.setattr(DaskMLPClassifier, "_run_fit", forgetting)
    with pytest.warns(UserWarning, match="has no weights to continue from"):
        network.fit(cut(X), cut(Y))
    assert vectors(network) == wanted


def test_workers_that_come_to_different_weights_are_an_error(threads, monkeypatch):
    original = crews.Crew._watched

    def watched(crew, tasks):
        first, *others = original(crew, tasks)
        return [replace(first, checksum=first.checksum + 1), *others]

    monkeypatch.setattr(crews.Crew, "_watched", watched)
    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=threads)
    with pytest.raises(RuntimeError, match=r"must have the same weights.*workers of the same type"):
        network.fit(cut(X), cut(Y))


class Gone:
    """A client whose workers, or whose scheduler, are gone; its tasks have no end."""

    status, gathered = "running", None

    def nthreads(self):
        return {}

    def gather(self, tasks):
        raise self.gathered


class Task:
    def __init__(self, status):
        self.status = status

    def done(self):
        return self.status != "pending"


@pytest.fixture
def seconds(monkeypatch):
    """The clock of crew.py, as a list of one number; sleeping puts it forward."""
    clock = [1000.0]
    monkeypatch.setattr(crews, "monotonic", lambda: clock[0])
    monkeypatch.setattr(crews, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    return clock


def test_lost_workers_and_schedulers_are_errors(monkeypatch, seconds):
    def wait(tasks, timeout, return_when):
        assert (timeout, return_when) == (crews.LOOK, "FIRST_COMPLETED")
        raise TimeoutError

    monkeypatch.setattr(distributed, "wait", wait)
    crew = crews.Crew(Gone())
    with pytest.raises(
        RuntimeError, match=r"No worker is available after 30 seconds\. Start a worker"
    ):
        crew.workers()
    assert 1030 <= seconds[0] < 1031
    crew._addresses = ["tcp://one"]
    with pytest.raises(LostError, match="tcp://one no longer answers"):
        crew._watched([Task("finished"), Task("pending")])
    for error, wanted in ((OSError("gone"), LostError), (ZeroDivisionError(), ZeroDivisionError)):
        crew.client.gathered = error
        with pytest.raises(wanted):
            crew._watched([Task("finished")])
    crew.client.status = "closed"
    with pytest.raises(RuntimeError, match=r"must be connected to its scheduler, got .*'closed'"):
        crew.workers()


def test_a_worker_that_comes_late_is_waited_for(seconds):
    client = Gone()
    client.nthreads = lambda: {"b": 1, "a": 1} if seconds[0] > 1005 else {}
    assert crews.Crew(client).workers() == ["a", "b"]
    assert 1005 < seconds[0] < 1006


def test_a_cluster_that_is_closed_while_workers_are_awaited_is_an_error_at_once(seconds):
    client = Gone()
    client.nthreads = lambda: setattr(client, "status", "closing") or {}
    with pytest.raises(RuntimeError, match=r"connected to its scheduler, got .*'closing'"):
        crews.Crew(client).workers()
    assert seconds[0] < 1001


def test_a_scheduler_that_does_not_answer_is_an_error():
    client = Gone()

    def nthreads():
        raise OSError("stream is closed")

    client.nthreads = nthreads
    with pytest.raises(RuntimeError, match=r"scheduler no longer answers \(stream is closed\)\. "):
        crews.Crew(client).workers()


@pytest.mark.parametrize("error", [KeyError("tcp://b"), OSError("tcp://b")])
def test_a_worker_that_is_lost_before_it_has_the_weights_costs_that_epoch(
    threads, error, monkeypatch
):
    wanted = DaskMLPClassifier(**SETTINGS, **SHARDS, client=threads).fit(cut(X), cut(Y))
    errors, scatter = [error], threads.scatter

    def scattered(*args, **kwargs):
        if errors:
            raise errors.pop()
        return scatter(*args, **kwargs)

    monkeypatch.setattr(threads, "scatter", scattered)
    network = DaskMLPClassifier(**SETTINGS, **SHARDS, client=threads)
    with pytest.warns(UserWarning, match="A worker was lost .*tcp://b.* The epoch is repeated"):
        network.fit(cut(X), cut(Y))
    np.testing.assert_array_equal(network._model.theta, wanted._model.theta)
