"""What several test files need."""

import faulthandler
import gc
from collections import Counter

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keeps the thousands of cases, which live to the end, out of every collection of cycles.

    Otherwise each would take a second. What the tests themselves make is still collected.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks what needs a peer, and as slow what ``one_in`` leaves out.

    ``one_in`` leaves one diagonal of the product of cases: the fast tests try every value of every
    parameter, the slow ones every combination. Places in the product are counted from the number
    of the case, which is the same in every version of pytest.
    """
    numbers = Counter()
    for item in items:
        if "torch" in item.fixturenames:
            item.add_marker("peer")
        for one_in in item.iter_markers("one_in"):
            function = item.nodeid.partition("[")[0]
            number, place = numbers[function], 0
            numbers[function] += 1
            factors = list(item.iter_markers("parametrize"))  # the last varies fastest
            for factor in reversed(factors):
                number, index = divmod(number, len(factor.args[1]))
                place += index
            n, part = (*one_in.args, 0)[:2]
            if place % n != part:
                item.add_marker("slow")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    """Starts the timer for tests that hang again, which pytest stops when a test fails.

    A fixture may also hang, most of all after a failure.
    """
    seconds = float(item.config.getini("faulthandler_timeout"))
    stderr = item.config.stash[fault_handler_stderr_fd_key]
    faulthandler.dump_traceback_later(seconds, file=stderr, exit=True)
    return (yield)


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread():
    """Products this small gain nothing from threads, and on a busy machine wait for them.

    A test about threads sets limits of its own.
    """
    with threadpool_limits(1):
        yield


@pytest.fixture
def pairs_train_together(monkeypatch):
    """Two fits with different rows gain nothing in one pass, but they show as much as three."""
    monkeypatch.setattr("sknn.nn.grouping.SEVERAL", 2)


@pytest.fixture
def global_random_seed():
    """The default of the fixture of this name that scikit-learn's own tests ask for."""
    return 42


@pytest.fixture(scope="session")
def torch():
    """torch with one thread: on arrays this small its threads wait more than they compute."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture
def pyplot():
    """matplotlib.pyplot without a screen; figures are closed after the test."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


@pytest.fixture(scope="session")
def digits():
    """(X, y): 1,797 images of 64 pixels between 0 and 1, ten classes, in float64; read-only."""
    X, y = load_digits(return_X_y=True)
    return _read_only(X / 16, y)


@pytest.fixture(scope="session")
def diabetes():
    """(X, y): 442 samples, 10 features, both with mean 0 and variance 1, in float64; read-only."""
    X, y = load_diabetes(return_X_y=True)
    return _read_only(StandardScaler().fit_transform(X), (y - y.mean()) / y.std())


def _read_only(*arrays):
    for array in arrays:
        array.flags.writeable = False
    return arrays
