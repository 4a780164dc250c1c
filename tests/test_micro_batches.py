"""The micro-batch engine: batches of images, cut into parts that threads share."""

import gc
import os
import pickle
import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Lock, Thread

import numpy as np
import pytest
from cnns import assert_same_weights
from helpers import LOSSES, assert_is_gradient, new_batch, new_gradient, normal, targets
from numpy.testing import assert_allclose, assert_array_equal
from threadpoolctl import threadpool_info, threadpool_limits

import sknn.nn.gradient
from sknn import CNNClassifier, SequentialRegressor
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    PReLU,
)
from sknn.nn.gradient import micro_batch_size
from sknn.nn.network import Network
from sknn.nn.threads import one_blas_thread

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, IMAGE, N_OUTPUTS = 11, (6, 5, 2), 3
PART = 4  # images: two micro-batches and a ragged third
OUTPUT = Dense(N_OUTPUTS, "identity")
SOFTMAX, SQUARED_ERROR = LOSSES["log_loss softmax"], LOSSES["squared_error"]

NETWORKS = {
    "conv pool conv pool dense": [
        Conv2D(3, activation="tanh"),
        MaxPool2D(padding="same"),
        Conv2D(4, (2, 3), activation="relu"),
        AveragePool2D(padding="same"),
        Flatten(),
        Dense(5, "tanh"),
        OUTPUT,
    ],
    "batch normalisation throughout": [
        Conv2D(3, activation="identity"),
        BatchNorm(),
        Activate("relu"),
        MaxPool2D(),
        Conv2D(4, 2, (1, 2), "valid", "identity", bias=False),
        BatchNorm(),
        Activate("tanh"),
        Flatten(),
        Dense(5, "identity"),
        BatchNorm(),
        Activate("tanh"),
        OUTPUT,
    ],
    "batch normalisation first": [BatchNorm(), Conv2D(3, 2), GlobalAveragePool2D(), OUTPUT],
    "layer normalisation and slopes": [
        Conv2D(8, dilation=2, activation="prelu"),
        Conv2D(5, activation=PReLU(shared=False)),
        MaxPool2D(),
        LayerNorm(),
        Flatten(),
        OUTPUT,
    ],
    "frozen first layer": [
        Conv2D(3, trainable=False),
        BatchNorm(),
        Conv2D(2),
        Flatten(),
        OUTPUT,
    ],
    "no convolution": [MaxPool2D(), Flatten(), Dense(5, "tanh"), OUTPUT],
}
each = pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)

WEIGHTS = {
    "unweighted": None,
    "weighted": np.r_[0.0, np.linspace(0.5, 2, N - 1)],
    "a micro-batch without weight": np.r_[np.zeros(PART), np.linspace(0.5, 2, N - PART)],
    "by output": np.linspace(0.5, 2, N * N_OUTPUTS).reshape(N, N_OUTPUTS),
}


@pytest.fixture
def cut(monkeypatch):
    """(size): from now on, batches of images are cut into micro-batches of so many."""

    def set_size(size):
        monkeypatch.setattr(sknn.nn.gradient, "micro_batch_size", lambda network: size)

    return set_size


def image_batch(loss=SOFTMAX, weight=None, n=N, seed=0):
    """A Batch of images that must not be written to."""
    x = normal(n, *IMAGE, seed=seed)
    x.flags.writeable = False
    return new_batch(x, targets(loss, n, N_OUTPUTS, seed), weight)


def blas_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


class Watched(Layer):
    """Passes images on; calls ``watch`` with them on the way, on whichever thread it is."""

    def __init__(self, watch, backwards=False):
        self.watch = watch
        self.backwards = backwards

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        if not self.backwards:
            self.watch(x)
        return x

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        if self.backwards:
            self.watch(dy)
        return dy


def watched(watch, backwards=False):
    """Layers of a network that is watched above its first convolution."""
    return [Conv2D(2), Watched(watch, backwards), Flatten(), OUTPUT]


# The gradient


@pytest.mark.one_in(3)
@each
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("loss", ["squared_error", "log_loss softmax", "root_mean_squared_error"])
def test_gradient_of_a_network_of_images_is_that_of_differences(layers, weight, loss, cut):
    if weight is not None and weight.ndim == 2 and loss == "log_loss softmax":
        weight = weight[:, 0]  # softmax has no weights of outputs
    cut(PART)
    gradient, batch = new_gradient(layers, LOSSES[loss], *IMAGE), image_batch(LOSSES[loss], weight)
    gradient.place(1, 2, 3)
    gradient.mean(batch)
    theta, grad = (array.copy() for array in gradient.trainable)

    def value(theta):
        gradient.trainable[0][...] = theta
        return gradient.mean(batch)

    assert_is_gradient(grad, value, theta)


def test_gradient_with_dropout_is_that_of_differences(cut):
    cut(PART)
    layers = [Dropout(0.2), Conv2D(3), Dropout(0.3), Flatten(), Dense(5), Dropout(0.5), OUTPUT]
    gradient, batch = new_gradient(layers, SOFTMAX, *IMAGE), image_batch()
    theta = gradient.theta.copy()

    def value(theta):
        gradient.theta[...] = theta
        gradient.place(1, 2, 3)  # the same units are dropped
        return gradient.mean(batch)

    value(theta)
    assert_is_gradient(gradient.grad.copy(), value, theta)


@pytest.mark.one_in(3)
@each
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("size", [1, PART, N - 1])
@pytest.mark.parametrize("name", ["mean", "sum"])
def test_micro_batches_add_up_to_the_whole_batch(layers, weight, size, name, cut):
    batch = image_batch(SQUARED_ERROR, weight)
    cut(N)
    whole = new_gradient(layers, SQUARED_ERROR, *IMAGE)
    wanted = getattr(whole, name)(batch)
    cut(size)
    parts = new_gradient(layers, SQUARED_ERROR, *IMAGE)
    assert_allclose(getattr(parts, name)(batch), wanted, rtol=1e-12)
    assert_allclose(parts.grad, whole.grad, rtol=1e-9, atol=1e-11)
    assert_allclose(parts.state, whole.state, rtol=1e-12, atol=1e-14)


def test_batch_norm_takes_mean_and_variance_of_the_whole_mini_batch(cut):
    cut(PART)
    seen = []
    layers = [BatchNorm(), Watched(lambda x: seen.append(x.copy())), Flatten(), OUTPUT]
    gradient, batch = new_gradient(layers, SOFTMAX, *IMAGE), image_batch()
    gradient.mean(batch)
    assert len(seen) == 3
    pixels = batch.x.reshape(-1, 2)
    wanted = (batch.x - pixels.mean(axis=0)) / np.sqrt(pixels.var(axis=0) + 1e-5)
    assert_allclose(np.concatenate(seen), wanted, rtol=1e-10, atol=1e-12)
    running, *_ = gradient.network.state_layout.views(gradient.state)
    assert_allclose(running["mean"][0], 0.1 * pixels.mean(axis=0), rtol=1e-12)
    assert_allclose(running["variance"][0], 0.9 + 0.1 * pixels.var(axis=0, ddof=1), rtol=1e-12)


@each
def test_gradient_of_a_batch_of_images_does_not_depend_on_those_before(layers, cut):
    cut(PART)
    used = new_gradient(layers, SOFTMAX, *IMAGE)
    for n in (5, 2, N, 1, 2 * PART, N):
        fresh = new_gradient(layers, SOFTMAX, *IMAGE)
        fresh.state[...] = used.state
        batch = image_batch(n=n)
        assert used.mean(batch) == fresh.mean(batch)
        assert_array_equal(used.grad, fresh.grad)
        assert_array_equal(used.state, fresh.state)


def test_lowest_layer_is_not_asked_for_what_nobody_needs(cut):
    """The gradient of the images would cost as much as a convolution."""
    asked = []

    class Asked(Conv2D):
        def backward(self, params, grads, dy, cache, context, need_dx=True):
            asked.append(need_dx)
            return super().backward(params, grads, dy, cache, context, need_dx)

    cut(PART)
    gradient = new_gradient([Asked(2), Asked(3), Flatten(), OUTPUT], SOFTMAX, *IMAGE)
    gradient.mean(image_batch(n=2 * PART))
    assert sorted(asked) == [False, False, True, True]


def test_memory_does_not_grow_from_batch_to_batch(cut):
    cut(PART)
    gradient = new_gradient(NETWORKS["batch normalisation throughout"], SOFTMAX, *IMAGE)
    batches = [image_batch(), image_batch(n=5)]
    for batch in batches:
        gradient.mean(batch)
    tracemalloc.start()
    try:
        for batch in batches * 20:
            gradient.mean(batch)
        gc.collect()  # empties the free lists of Python, too
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 40 * 1_000  # bytes; the images of a micro-batch are 1,920


# What dropout draws


def masks(layers, place, cut, size=64, n=200):
    """Where what comes out of the first layers is zero, by micro-batch."""
    seen = []
    cut(size)
    stack = [*layers, Watched(lambda x: seen.append(x == 0)), Flatten(), Dense(1, "identity")]
    gradient = new_gradient(stack, SQUARED_ERROR, 8, 8, 1)
    gradient.place(*place)
    gradient.mean(new_batch(np.ones((n, 8, 8, 1)), np.zeros((n, 1))))
    return seen


def correlation(a, b):
    return abs(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_dropout_draws_for_each_micro_batch_layer_and_place_anew(cut):
    one, two, three, _ = masks([Dropout(0.5)], (0, 0, 0), cut)
    (other, *_) = masks([Dropout(0.5)], (0, 0, 1), cut)
    (again, *_) = masks([Dropout(0.5)], (0, 0, 0), cut)
    assert_array_equal(again, one)
    n = one.size  # independent bits are correlated by about 1 / sqrt(n)
    for a, b in [(one, two), (one, three), (two, three), (one, other)]:
        assert correlation(a, b) < 4 / np.sqrt(n)


def test_dropout_layers_draw_independently(cut):
    dropped = np.concatenate(masks([Dropout(0.5), Dropout(0.5)], (0, 0, 0), cut))
    # One half stays in the first, of which one half in the second.
    assert_allclose(dropped.mean(), 0.75, atol=4 * np.sqrt(0.75 * 0.25 / dropped.size))


# Threads


def draws_everywhere(**settings):
    """A network with all that depends on draws or on sums over the batch."""
    params = {
        "filters": (4, 5),
        "hidden_layer_sizes": (6,),
        "dropout": [0.1, 0.1, 0.2, 0.3],
        "augment": "shift+flip",
        "normalization": "batch",
        "batch_size": 14,
        "max_iter": 3,
        "random_state": 0,
    }
    return CNNClassifier(**params | settings)


def digits_in_bytes(n=50, side=8):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, side, side, 2), np.uint8), rng.integers(0, 3, n)


def assert_same_training(one, other):
    assert_same_weights(one, other)
    assert one.loss_curve_ == other.loss_curve_


@pytest.mark.one_in(2)
@pytest.mark.parametrize("n_threads", [2, 8])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "sgd"},
        {"early_stopping": True},
        {"dtype": "float64"},
        {"normalization": None},
    ],
    ids=str,
)
def test_number_of_threads_does_not_change_the_weights(n_threads, settings, cut):
    cut(4)  # batches of 14 are cut into 4 + 4 + 4 + 2, the last one of 8 into 4 + 4
    X, y = digits_in_bytes()
    alone = draws_everywhere(**settings).fit(X, y)
    with threadpool_limits(n_threads):
        together = draws_everywhere(**settings).fit(X, y)
    assert_same_training(together, alone)
    assert_array_equal(together.predict_proba(X), alone.predict_proba(X))


def test_number_of_threads_does_not_change_what_lbfgs_finds(cut):
    cut(4)
    X, y = digits_in_bytes()
    params = {"solver": "lbfgs", "dropout": 0.0, "augment": None, "max_iter": 5}
    alone = draws_everywhere(**params).fit(X, y)
    with threadpool_limits(2):
        together = draws_everywhere(**params).fit(X, y)
    assert_same_training(together, alone)


def test_number_of_threads_does_not_change_the_weights_of_the_default_network():
    X, y = digits_in_bytes(n=90, side=24)
    params = {"filters": (16, 32), "hidden_layer_sizes": (40,), "batch_size": 64, "max_iter": 1}
    network = draws_everywhere(**params).fit(X[:64], y[:64])._model.network
    assert micro_batch_size(network) == 32  # so that the batches of 64 and 26 are 2 and 1
    alone = draws_everywhere(**params).fit(X, y)
    for n_threads in (2, 8):
        with threadpool_limits(n_threads):
            assert_same_training(draws_everywhere(**params).fit(X, y), alone)


def test_partial_fit_on_any_number_of_threads_is_one_fit(cut):
    cut(4)
    X, y = digits_in_bytes()
    whole = draws_everywhere(tol=0, n_iter_no_change=np.inf).fit(X, y)
    parts = draws_everywhere()
    for n_threads in (1, 8, 2):
        with threadpool_limits(n_threads):
            parts.partial_fit(X, y, classes=[0, 1, 2])
        parts = pickle.loads(pickle.dumps(parts))
    assert_same_training(parts, whole)


def test_micro_batches_are_at_work_on_as_many_threads_as_blas_may_use(cut):
    cut(PART)
    together = Barrier(2)  # lets nobody go on alone
    gradient = new_gradient(watched(lambda x: together.wait(60)), SOFTMAX, *IMAGE)
    with threadpool_limits(2), one_blas_thread():
        gradient.mean(image_batch(n=2 * PART))


def test_one_thread_does_it_all_if_blas_may_use_one(cut):
    cut(PART)
    at_work = set()
    gradient = new_gradient(watched(lambda x: at_work.add(threading.get_ident())), SOFTMAX, *IMAGE)
    with one_blas_thread():
        gradient.mean(image_batch())
    assert at_work == {threading.get_ident()}


def test_batch_of_one_micro_batch_stays_on_its_thread(cut):
    cut(N)
    at_work = set()
    gradient = new_gradient(watched(lambda x: at_work.add(threading.get_ident())), SOFTMAX, *IMAGE)
    with threadpool_limits(2), one_blas_thread():
        gradient.mean(image_batch())
    assert at_work == {threading.get_ident()}


def test_blas_has_one_thread_while_images_are_trained_on_and_gets_them_back(cut):
    cut(PART)
    seen = []
    X = normal(N, *IMAGE)
    layers = watched(lambda x: seen.append(blas_threads()))[:-1]
    with threadpool_limits(2):
        reg = SequentialRegressor(layers, batch_size=N, max_iter=1).fit(X, X[:, 0, 0, 0])
        assert blas_threads() == {2}
        reg.predict(X)
        assert blas_threads() == {2}
    assert seen == [{1}] * 4  # three micro-batches in training, one part in prediction


def test_fits_in_two_threads_at_once_give_the_weights_of_each_alone(cut):
    cut(4)
    X, y = digits_in_bytes()
    seeds = range(4)
    alone = [draws_everywhere(random_state=seed).fit(X, y) for seed in seeds]

    def fit(seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return draws_everywhere(random_state=seed).fit(X, y)

    with threadpool_limits(3), ThreadPoolExecutor(2) as pool:
        together = list(pool.map(fit, seeds))
        assert blas_threads() == {3}
    for one, other in zip(together, alone, strict=True):
        assert_same_training(one, other)


def test_gradients_of_two_networks_in_two_threads_are_those_of_each_alone(cut):
    cut(PART)
    layers, batches = NETWORKS["batch normalisation throughout"], [image_batch(), image_batch(n=6)]

    def steps(gradient):
        for count in range(20):
            gradient.mean(batches[count % 2])

    singles, together = (
        [new_gradient(layers, SOFTMAX, *IMAGE, seed=s) for s in (0, 1)] for _ in "12"
    )
    for gradient in singles:
        steps(gradient)
    with threadpool_limits(4), one_blas_thread():
        threads = [Thread(target=steps, args=(gradient,)) for gradient in together]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for one, other in zip(together, singles, strict=True):
        assert_array_equal(one.grad, other.grad)
        assert_array_equal(one.state, other.state)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_child_trains_as_its_parent(cut):
    cut(4)
    X, y = digits_in_bytes()
    with threadpool_limits(2):
        parent = draws_everywhere().fit(X, y)  # the pool has its threads
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                child = draws_everywhere().fit(X, y)
                status = int(not np.array_equal(child._model.theta, parent._model.theta))
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


# What goes wrong on a thread


class Census:
    """Counts calls under way; each fails in turn, if it is its turn."""

    def __init__(self, error=None, call=None):
        self.error, self.call = error, call
        self.calls = self.inside = 0
        self._lock = Lock()
        self._meet = Barrier(2)

    def __call__(self, x):
        with self._lock:
            self.calls += 1
            self.inside += 1
            mine = self.calls == self.call
        with suppress(BrokenBarrierError):
            self._meet.wait(0.2)  # so that several are under way, if there are threads for it
        try:
            if mine:
                raise self.error
        finally:
            with self._lock:
                self.inside -= 1


@pytest.mark.parametrize("error", [RuntimeError("mine"), MemoryError("mine"), KeyboardInterrupt()])
@pytest.mark.parametrize("backwards", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_a_micro_batch_raises_reaches_the_caller(n_threads, backwards, error, cut):
    cut(1)
    census = Census(error, call=2)
    gradient = new_gradient(watched(census, backwards), SOFTMAX, *IMAGE)
    wanted = new_gradient(watched(lambda x: None), SOFTMAX, *IMAGE)
    batch = image_batch(n=6)
    with threadpool_limits(n_threads):
        with pytest.raises(type(error)) as raised, one_blas_thread():
            gradient.mean(batch)
        assert raised.value is error
        assert census.inside == 0
        assert census.calls < 6  # no more work was begun
        assert blas_threads() == {n_threads}
        # And it works again.
        assert gradient.mean(batch) == wanted.mean(batch)
        assert_array_equal(gradient.grad, wanted.grad)


def training_set():
    return normal(12, *IMAGE), normal(12, seed=1)


class Countdown(Watched):
    """Raises when it has been called so many times; copies of it count together."""

    def __init__(self, error, left):
        super().__init__(self.count)
        self.error, self.left = error, left

    def __deepcopy__(self, memo):
        return self

    def count(self, x):
        self.left -= 1
        if self.left == 0:
            raise self.error


@pytest.mark.parametrize("n_threads", [1, 2])
def test_error_in_a_fit_leaves_the_estimator_as_it_was_and_blas_its_threads(n_threads, cut):
    cut(2)
    layers = [Conv2D(2), Countdown(RuntimeError("mine"), 9), Flatten()]
    reg = SequentialRegressor(layers, batch_size=6, random_state=0)
    before = dict(vars(reg))
    with threadpool_limits(n_threads):
        with pytest.raises(RuntimeError, match="mine"):
            reg.fit(*training_set())
        assert blas_threads() == {n_threads}
    assert vars(reg) == before


@pytest.mark.parametrize("n_threads", [1, 2])
def test_interrupt_in_a_micro_batch_ends_training_after_the_last_whole_step(n_threads, cut):
    cut(2)  # three micro-batches a step, two steps an epoch
    settings = {"batch_size": 6, "random_state": 0, "solver": "sgd", "momentum": 0}
    plain = [Conv2D(2), Flatten()]
    layers = [plain[0], Countdown(KeyboardInterrupt(), 2 * 6 + 2), plain[1]]
    reg = SequentialRegressor(layers, **settings)
    with threadpool_limits(n_threads), pytest.warns(UserWarning, match="interrupted by user"):
        reg.fit(*training_set())
    assert reg.n_iter_ == len(reg.loss_curve_) == 2
    whole = SequentialRegressor(plain, **settings, max_iter=2).fit(*training_set())
    assert_same_training(reg, whole)


# How a batch is cut


@pytest.mark.parametrize(
    ("side", "filters", "size"),
    [
        (4, 1, 2**14),  # 432 multiply-adds: 10 million, which are worth a thread, are 23,148 images
        (8, 4, 1024),  # 6,912: 1,447 images
        (28, 32, 32),  # 677,376: 15 images; 32 are no more than 500 million
        (64, 128, 32),  # 14,155,776: 500 million are 35 images
        (64, 256, 16),  # 28,311,552: 18 images
        (224, 256, 4),  # 346,816,512: one image; 4 are few enough
    ],
)
def test_micro_batch_is_a_power_of_two_near_what_is_worth_a_thread(side, filters, size):
    layers = [Conv2D(filters), Flatten(), Dense(1000, "identity")]
    assert micro_batch_size(Network(layers, (side, side, 3))) == size


def test_flat_samples_are_not_cut():
    seen = []
    layers = [Watched(lambda x: seen.append(len(x))), Dense(500), OUTPUT]
    gradient = new_gradient(layers, SOFTMAX, 100)
    gradient.mean(new_batch(normal(5000, 100), targets(SOFTMAX, 5000, N_OUTPUTS)))
    assert seen == [5000]
