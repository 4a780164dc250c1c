"""Memory: how much predicting and fitting take at the most, and that nothing is left behind."""

import gc
import sys
import threading
import time
import tracemalloc
import weakref
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from helpers import mostly_zeros, normal
from processes import MB, STATUS, growth_of_own_memory, memory, run
from sklearn import config_context
from threadpoolctl import threadpool_limits

import sknn.nn.gradient
import sknn.nn.memory
from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import BatchNorm, Conv2D, Dense, Dropout, Flatten, Layer
from sknn.nn.memory import count, installed_memory, size

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
measured = pytest.mark.skipif(not STATUS.exists(), reason="needs /proc")

# What is not arrays of the data: buffers of BLAS, memory that the allocator keeps, and the
# results, which are 16 MB for a million of float64 labels and their raw outputs.
REST = 48 * MB


# Predicting


def peak_of_predicting(n, estimator, settings, working_memory):
    """(bytes of X, how many bytes more than before were resident) for n float32 rows."""
    X = np.empty((n, 50), np.float32)
    for row in X:
        row.fill(1.0)
    y = np.arange(200) % 2
    model = {"classifier": MLPClassifier, "regressor": MLPRegressor}[estimator]
    model = model(hidden_layer_sizes=(64, 64), max_iter=1, random_state=0, **settings)
    model.fit(X[:200], y).predict(X[:1000])
    before = memory("VmRSS")
    with config_context(working_memory=working_memory):
        model.predict(X)
    return X.nbytes, memory("VmHWM") - before


@measured
@pytest.mark.slow
@pytest.mark.parametrize(
    ("estimator", "settings"),
    [
        ("regressor", {}),
        ("classifier", {}),
        ("classifier", {"activation": "gelu"}),  # keeps z beside f(z)
        ("classifier", {"normalization": "layer"}),
    ],
    ids=str,
)
def test_predicting_a_million_rows_takes_the_working_memory_and_the_result(estimator, settings):
    """All layers of all rows would be 500 MB, a copy of X 200 MB."""
    working_memory = 64  # MB; by default scikit-learn's is 1024
    size, peak = run(peak_of_predicting, 1_000_000, estimator, settings, working_memory)
    assert working_memory * MB + REST < size
    assert peak < working_memory * MB + REST


def peak_of_predicting_images(n):
    """(bytes of X, how many bytes more than before were resident) for n images of bytes."""
    X = np.full((n, 28, 28), 7, np.uint8)
    y = np.arange(64) % 2
    model = CNNClassifier((4,), hidden_layer_sizes=(8,), max_iter=1, random_state=0)
    model.fit(X[:64], y).predict(X[:200])
    before = memory("VmRSS")
    model.predict(X)
    return X.nbytes, memory("VmHWM") - before


@measured
@pytest.mark.slow
def test_predicting_images_of_bytes_never_makes_numbers_of_all():
    """As float32 they would be 314 MB, after the convolution 1.2 GB."""
    size, peak = run(peak_of_predicting_images, 100_000, n_threads=2)
    assert size == 100_000 * 28 * 28
    assert peak < REST


# Fitting from a memory map


def growth_of_fitting_numbers(path, n, settings):
    """(bytes of X, of memory of its own that a fit takes) for a map of float32 numbers."""
    X = np.memmap(path, np.float32, mode="w+", shape=(n, 100))
    y = np.arange(n) % 2
    model = MLPClassifier((16,), batch_size=10_000, max_iter=1, random_state=0, **settings)
    model.fit(X[:1000], y[:1000])
    with growth_of_own_memory() as growth:
        model.fit(X, y)
    return X.nbytes, growth[0]


@measured
@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"shuffle": False}], ids=str)
def test_fitting_from_a_map_reads_it_batch_by_batch(settings, tmp_path):
    """Orders of rows, class numbers and the sorting of these have a number per sample each."""
    size, growth = run(growth_of_fitting_numbers, str(tmp_path / "X"), 1_000_000, settings)
    assert size == 400_000_000
    assert growth < 16 * 8_000_000 + REST < size / 2


def growth_of_fitting_images(path, n, settings):
    """(bytes of X, of memory of its own that a fit takes) for a map of images of bytes."""
    X = np.memmap(path, np.uint8, mode="w+", shape=(n, 28, 28))
    y = np.arange(n) % 2
    params = {"stride": 4, "pooling": None, "hidden_layer_sizes": (), "batch_size": 1000}
    model = CNNClassifier((2,), max_iter=1, random_state=0, **params | settings)
    model.fit(X[:2000], y[:2000])
    with growth_of_own_memory() as growth:
        model.fit(X, y)
    return X.nbytes, growth[0]


@measured
@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}], ids=str)
def test_fitting_from_a_map_of_images_converts_batch_by_batch(settings, tmp_path):
    size, growth = run(growth_of_fitting_images, str(tmp_path / "X"), 250_000, settings)
    assert size == 250_000 * 28 * 28
    assert growth < 16 * 2_000_000 + REST < size / 2


def growth_of_a_copy():
    with growth_of_own_memory() as growth:
        kept = np.ones(100 * MB, np.uint8)
        time.sleep(0.1)  # until the watcher has looked again
        del kept
    return growth[0]


@measured
@pytest.mark.slow
def test_measure_of_memory_sees_a_copy():
    assert 95 * MB < run(growth_of_a_copy) < 105 * MB


# Again and again


@pytest.fixture(scope="module")
def swept():
    """Keeps what other tests have left out of every collection, which would take a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def uncollected(swept):
    """No collection of cycles: what is freed now is freed by its last reference."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def cut(monkeypatch):
    """Batches of images are cut into micro-batches of four."""
    monkeypatch.setattr(sknn.nn.gradient, "micro_batch_size", lambda network: 4)


IMAGES = np.random.default_rng(0).integers(0, 256, (20, 6, 6), np.uint8)
STACK = [Dense(40, "tanh"), BatchNorm(), Dropout(0.3)]
INCREMENTAL = {
    "dense": (MLPClassifier((40,), dropout=0.2, normalization="batch"), normal(20, 5)),
    "sparse": (MLPRegressor(hidden_layer_sizes=(40,)), mostly_zeros(20, 5)[1]),
    "stack": (SequentialRegressor(STACK), normal(20, 5)),
    "images": (CNNClassifier((2,), augment="shift", batch_size=12), IMAGES),
}


@pytest.mark.parametrize(
    "case",
    [
        "dense",
        "images",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("sparse", "stack")),
    ],
)
def test_a_hundred_calls_of_partial_fit_leave_only_records(case, uncollected, cut):
    estimator, X = INCREMENTAL[case]
    y = np.arange(20) % 2
    classes = {"classes": [0, 1]} if hasattr(estimator, "predict_proba") else {}
    with threadpool_limits(2):
        tracemalloc.start()
        try:
            for _ in range(20):
                estimator.partial_fit(X, y, **classes)
            gc.collect()  # empties the free lists of Python, too
            before, _ = tracemalloc.get_traced_memory()
            for _ in range(80):
                estimator.partial_fit(X, y)
            assert gc.collect() == 0  # cycles
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    records = estimator.history_
    assert {len(values) for values in records.values()} == {100}
    a_record = 24 + 8 + 8  # a float, its place in a list, and one ahead of time
    bound = len(records) * 80 * a_record + 40_000  # what Python keeps for later use varies
    assert after - before < bound < 80 * estimator._model.theta.nbytes


# Nothing is kept


class Recorder:
    """A callback that asks for all it can get."""

    def __init__(self, error=None):
        self.error, self.seen = error, []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, *, X, fitted_estimator):
        pass

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "epoch":
            self.seen.append(len(X))
            if self.error:
                raise self.error("mine")


class Failing(Layer):
    """Passes images on, but raises on one kind of thread: the one that fits, or those that help."""

    def __init__(self, error, helping):
        self.error, self.helping = error, helping
        self.fitting = threading.get_ident()
        self.helped = Event()

    def __deepcopy__(self, memo):
        return self

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        helping = threading.get_ident() != self.fitting
        if helping:
            self.helped.set()
        else:
            self.helped.wait(10)  # so that there is something left for the other
        if helping == self.helping:
            raise self.error("mine")
        return x

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return dy


def score(estimator, X, y, sample_weight):
    return float(np.mean(estimator.predict(X) == y))


FITS = {
    "plain": (MLPClassifier, {}),
    "regression": (MLPRegressor, {}),
    "stack": (SequentialClassifier, {"layers": STACK}),
    "dropout and normalisation": (MLPRegressor, {"dropout": 0.2, "normalization": "batch"}),
    "early stopping": (MLPClassifier, {"early_stopping": True}),
    "scorer": (MLPClassifier, {"early_stopping": True, "scoring": score}),
    "class weights": (MLPClassifier, {"class_weight": "balanced", "label_smoothing": 0.1}),
    "schedule": (MLPRegressor, {"solver": "sgd", "learning_rate": "adaptive"}),
    "lbfgs": (MLPRegressor, {"solver": "lbfgs"}),
    "warm start": (MLPClassifier, {"warm_start": True}),
    "images": (CNNClassifier, {"filters": (2,), "augment": "shift", "dropout": 0.1}),
    "images, regression": (CNNRegressor, {"filters": (2,), "early_stopping": True}),
}
SMALL = {"max_iter": 3, "batch_size": 12, "random_state": 0, "n_iter_no_change": 2}


def new_data(images=False):
    """What can be given to fit, by name: arrays that nobody else holds."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (40, 6, 6), np.uint8) if images else rng.normal(size=(40, 36))
    y = np.arange(40) % 2
    return {"X": X, "y": y, "sample_weight": np.ones(40)}


def watched(arrays):
    return {name: weakref.ref(array) for name, array in arrays.items()}


def living(references):
    """Those whose object is not freed, after a moment for threads to end what they were at."""
    deadline = time.monotonic() + 5
    while True:
        found = [name for name, reference in references.items() if reference() is not None]
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.01)


@pytest.fixture
def two_threads(cut):
    with threadpool_limits(2):
        yield


@pytest.mark.parametrize("given", [False, True], ids=["", "validation data"])
@pytest.mark.parametrize("case", FITS)
def test_data_are_freed_after_fit_and_estimator_after_use(case, given, uncollected, two_threads):
    cls, settings = FITS[case]
    estimator = cls(**SMALL | settings)
    data = new_data(images="images" in case)
    if given:
        others = new_data(images="images" in case)
        names = {"X": "X_val", "y": "y_val", "sample_weight": "sample_weight_val"}
        data |= {names[name]: array for name, array in others.items()}
        del others
    references = watched(data)
    estimator.fit(**data)
    X = data["X"].copy()
    del data
    assert living(references) == []

    references = watched({"X": X})
    estimator.predict(X)
    estimator.transform(X)
    estimator.score(X, np.zeros(len(X)))
    del X
    assert living(references) == []

    references = watched({"estimator": estimator, "theta": estimator._model.theta})
    del estimator
    assert living(references) == []


@pytest.mark.parametrize("case", ["plain", "regression", "stack", "images"])
def test_data_are_freed_after_partial_fit_which_goes_on(case, uncollected, two_threads):
    cls, settings = FITS[case]
    estimator = cls(**SMALL | settings)
    classes = {"classes": [0, 1]} if hasattr(estimator, "predict_proba") else {}
    for _ in range(2):
        data = new_data(images=case == "images")
        references = watched(data)
        estimator.partial_fit(**data, **classes)
        del data
        assert living(references) == []
    references = watched({"estimator": estimator, "theta": estimator._model.theta})
    del estimator
    assert living(references) == []


def test_data_are_freed_after_fit_with_callbacks(uncollected):
    recorder, data = Recorder(), new_data()
    references = watched(data)
    estimator = MLPClassifier(**SMALL).set_callbacks(recorder).fit(**data)
    del data
    assert recorder.seen == [40] * 3
    assert living(references) == []
    references = watched({"estimator": estimator})
    del estimator
    assert living(references) == []


def test_data_are_freed_after_fit_with_checkpoints_and_after_resume(uncollected, tmp_path):
    estimator = MLPClassifier(**SMALL, checkpoint=tmp_path / "checkpoint")
    for train in (estimator.fit, estimator.resume):
        data = new_data()
        references = watched(data)
        train(**data)
        del data
        assert living(references) == []


def as_frame(X):
    return pytest.importorskip("pandas").DataFrame(X)


CONVERTED = {
    "frame": as_frame,
    "sparse": lambda X: mostly_zeros(*X.shape)[1],
    "list": np.ndarray.tolist,
    "columns first": np.asfortranarray,
    "integers": lambda X: (9 * X).astype(int),
}


@pytest.mark.parametrize("kind", CONVERTED)
def test_data_that_fit_has_converted_are_freed_with_its_copies(kind, uncollected):
    """What is left of 2.9 MB of numbers is an estimator with 90 weights."""
    convert, y = CONVERTED[kind], np.arange(10_000) % 2

    def fit():
        X = convert(normal(10_000, 36))
        return MLPClassifier((2,), max_iter=1, batch_size=1000, random_state=0).fit(X, y)

    fit()  # what is made once
    tracemalloc.start()
    try:
        estimator = fit()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert estimator.n_features_in_ == 36
    assert kept < 100_000


def assert_freed_after(kind, message, estimator, data):
    """Asserts that a fit raises this error, and that afterwards nothing is left of it.

    Only the caller holds neither: estimator and data are lists of what is to be freed.
    """
    references = watched(data[0] | {"estimator": estimator[0]})
    said = ""
    try:
        estimator[0].fit(**data[0])
    except kind as error:
        said = str(error)
    assert message in said
    estimator.clear()
    data.clear()
    assert living(references) == []


def test_data_are_freed_after_a_fit_that_refuses_them(uncollected):
    data = [new_data()]
    data[0]["X"][3, 3] = np.nan
    assert_freed_after(ValueError, "NaN", [MLPClassifier(**SMALL)], data)


def test_data_are_freed_after_a_fit_that_diverges(uncollected):
    reg = MLPRegressor(**SMALL, solver="sgd", learning_rate_init=1e200, activation="identity")
    reg = [reg]
    assert_freed_after(ValueError, "non-finite parameter weights", reg, [new_data()])


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_data_are_freed_after_a_callback_that_raises(error, uncollected):
    clf = [MLPClassifier(**SMALL).set_callbacks(Recorder(error))]
    assert_freed_after(error, "mine", clf, [new_data()])


def failing(error, helping):
    """A regressor on images that fails on one of two threads."""
    return SequentialRegressor([Conv2D(2), Failing(error, helping), Flatten()], **SMALL)


@pytest.mark.parametrize("helping", [False, True], ids=["fitting", "helping"])
def test_data_are_freed_after_an_error_on_either_thread(helping, uncollected, two_threads):
    reg = [failing(RuntimeError, helping)]
    assert_freed_after(RuntimeError, "mine", reg, [new_data(images=True)])


@pytest.mark.parametrize("helping", [False, True], ids=["fitting", "helping"])
def test_data_are_freed_after_an_interrupt_on_either_thread(helping, uncollected, two_threads):
    reg, data = failing(KeyboardInterrupt, helping), new_data(images=True)
    references = watched(data)
    with pytest.warns(UserWarning, match="interrupted by user"):
        reg.fit(**data)
    del data
    assert living(references) == []


# Sizes in words


def test_sizes_are_told_in_the_largest_unit_that_gives_one_or_more():
    told = [size(n) for n in (0, 1, 1023, 1024, 1536, 40 * 10**9, 2**40, 2**70, 10**400)]
    assert told == [
        *("0 bytes", "1 bytes", "1.02e+03 bytes", "1 KiB", "1.5 KiB", "37.3 GiB", "1 TiB"),
        *("1.02e+03 EiB", "more than 1.8e+308 EiB"),
    ]
    assert [count(n) for n in (0, 40_000_000, 10**15 - 1, 10**15, 10**400)] == [
        *("0", "40,000,000", "999,999,999,999,999", "1e+15", "more than 1.8e+308"),
    ]


def test_installed_memory_is_what_the_system_says():
    if not STATUS.exists():
        pytest.skip("needs /proc")
    lines = Path("/proc/meminfo").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("MemTotal:"))
    assert installed_memory() == pytest.approx(int(line.split()[1]) * 1024, rel=0.05)


@pytest.mark.parametrize("error", [AttributeError, OSError, ValueError])
def test_memory_is_taken_for_unlimited_where_the_system_does_not_say(error, monkeypatch):
    def unknown(name):
        raise error(name)

    monkeypatch.setattr(sknn.nn.memory.os, "sysconf", unknown)
    assert installed_memory() == sys.maxsize
    monkeypatch.setattr(sknn.nn.memory.os, "sysconf", lambda name: 0)  # said of what is unknown
    assert installed_memory() == sys.maxsize


def test_fit_beyond_memory_names_layer_and_parameters(monkeypatch):
    """100 x 50 weights with gradient and two moments, and a batch of 8."""
    X = normal(40, 100)
    reg = MLPRegressor(hidden_layer_sizes=(50,), batch_size=8, max_iter=1)
    need = 8 * (4 * (5050 + 51) + 8 * 51)
    monkeypatch.setattr("sknn.nn.network.installed_memory", lambda: need - 1)
    message = "Lower batch_size or hidden_layer_sizes, or the size of a sample"
    with pytest.raises(ValueError, match=f"{size(need)} of memory.*dense1.*{message}"):
        reg.fit(X, X[:, 0])
    reg.set_params(solver="lbfgs").fit(X, X[:, 0])  # has no moments of ours
    monkeypatch.setattr("sknn.nn.network.installed_memory", lambda: need)
    reg.set_params(solver="adam").fit(X, X[:, 0])


def test_memory_that_runs_out_in_training_is_an_error_that_names_the_layer():
    reg = SequentialRegressor([Hungry()], max_iter=1)
    with pytest.raises(MemoryError, match=r"^none left. .* Layer .* Lower batch_size or the sizes"):
        reg.fit(normal(8, 3), np.arange(8.0))
    assert not hasattr(reg, "coefs_")


class Hungry(Dense):
    """A layer that finds no memory."""

    def __init__(self, units=3):
        super().__init__(units)

    def forward(self, *arguments):
        raise MemoryError("none left")


# Predicting what has to be converted

ODD_ROWS = {
    "wider numbers": lambda X: X.astype(np.float64),
    "integers": lambda X: (50 * X).astype(np.int16),
    "columns first": np.asfortranarray,
    "columns first, wider": lambda X: np.asfortranarray(X.astype(np.float64)),
    "frame": lambda X: pytest.importorskip("pandas").DataFrame(X),
    "frame, wider": lambda X: pytest.importorskip("pandas").DataFrame(X.astype(np.float64)),
}


@pytest.mark.one_in(2)
@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.parametrize("images", [False, True], ids=["dense", "images"])
@pytest.mark.parametrize("kind", ODD_ROWS)
def test_predicting_converts_rows_chunk_by_chunk_to_the_same_bits(kind, images):
    """X is 4 MB in float32, 8 MB in float64; the working memory 2 MB, the results 0.1 MB."""
    X = normal(28_000, 36).astype(np.float32)
    net = {"filters": (1,), "stride": 3, "hidden_layer_sizes": ()} if images else {}
    net = net or {"hidden_layer_sizes": (4,)}
    reg = (CNNRegressor if images else MLPRegressor)(**net, max_iter=1, random_state=0)
    reg.fit(X[:40], X[:40, 0])
    odd = ODD_ROWS[kind](X)
    if images and kind == "integers":
        odd = odd.astype(bool)  # integers would be images of another kind
    whole = np.ascontiguousarray(np.asarray(odd), np.float32)
    with config_context(working_memory=2), threadpool_limits(2):
        expected = reg.predict(whole)
        tracemalloc.start()
        try:
            predicted = reg.predict(odd)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    np.testing.assert_array_equal(predicted, expected)
    assert peak < 3 * MB


def test_predicting_refuses_numbers_that_the_dtype_cannot_hold_in_any_chunk():
    X = normal(60_000, 36)
    reg = MLPRegressor(hidden_layer_sizes=(4,), max_iter=1, dtype="float32").fit(X[:40], X[:40, 0])
    for value in (1e39, -1e39):
        X[-1, -1] = value
        with pytest.raises(ValueError, match="Input X contains infinity or a value too large"):
            reg.predict(X)
