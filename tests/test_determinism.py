"""The same seed, the same weights: to the last bit wherever the guide promises it."""

import random
import warnings

import numpy as np
import pytest
from helpers import mostly_zeros, normal
from hypothesis import given
from numpy.testing import assert_allclose, assert_array_equal
from processes import digest, run
from scipy.sparse import coo_array, csc_array, csr_array
from sklearn import config_context
from sklearn.base import clone
from strategies import cases, examples
from threadpoolctl import threadpool_limits

import sknn.nn.gradient
import sknn.nn.model
from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import (
    Activate,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 90
NUMBERS = normal(N, 64)
LABELS = np.array(["no", "perhaps", "yes"])[np.digitize(NUMBERS[:, 0], [-0.4, 0.4])]
TARGETS = normal(N, seed=1)
WEIGHTS = np.random.default_rng(2).uniform(0.5, 2, N)
ALL = {
    "max_iter": 6,
    "batch_size": 32,
    "early_stopping": True,
    "validation_fraction": 0.2,
    "n_iter_no_change": 2,
    "learning_rate_init": 0.01,
    "warmup_steps": 3,
    "max_grad_norm": 1.0,
    "l1": 0.001,
}
FLAT = [Dense(9, "identity"), BatchNorm(), Activate("tanh"), Dropout(0.3), Dense(5, "prelu")]
SQUARE = [Dropout(0.1), Conv2D(5, activation="identity"), BatchNorm(), Activate("relu")]
SQUARE = [*SQUARE, MaxPool2D(), Conv2D(4, 2), LayerNorm(), Flatten(), Dense(6, "gelu")]
DROPPING = {"dropout": 0.2, "normalization": "batch"}
CLASSES = {"class_weight": "balanced", "label_smoothing": 0.1}
# Everything that draws, sums or orders. name: (class, settings)
ESTIMATORS = {
    "MLPClassifier": (MLPClassifier, {"hidden_layer_sizes": (9, 5), **DROPPING, **CLASSES}),
    "MLPRegressor": (MLPRegressor, {"hidden_layer_sizes": (9, 5), **DROPPING}),
    "CNNClassifier": (CNNClassifier, {"filters": (4, 5), "augment": "shift+flip", **DROPPING}),
    "CNNRegressor": (CNNRegressor, {"filters": (4,), "augment": "shift", **DROPPING}),
    "SequentialClassifier": (SequentialClassifier, {"layers": FLAT, **CLASSES}),
    "SequentialRegressor": (SequentialRegressor, {"layers": SQUARE, "input_shape": (8, 8)}),
}
each = pytest.mark.parametrize("name", ESTIMATORS)
# There are three ways to read X, one for each network.
each_reader = pytest.mark.parametrize(
    "name", ["MLPClassifier", "CNNRegressor", "SequentialClassifier"]
)
SOLVERS = ["adam", "adamw", "nadam", "rmsprop", "adagrad", "sgd"]


def new_estimator(name, **others):
    cls, settings = ESTIMATORS[name]
    return cls(**{**ALL, "random_state": 0, **settings, **others})


def targets_for(name):
    return LABELS if "Classifier" in name else TARGETS


def fitted(name, X=NUMBERS, **others):
    return new_estimator(name, **others).fit(X, targets_for(name), sample_weight=WEIGHTS)


# Runs


def digests():
    """Of every estimator, of its predictions, and of the solvers."""
    found = {}
    for name in ESTIMATORS:
        estimator = fitted(name)
        found[name] = [digest(estimator), estimator.predict(NUMBERS).tolist()]
        found[name].append(estimator.history_["validation_loss"])
    for solver in SOLVERS:
        found[solver] = digest(fitted("MLPClassifier", solver=solver))
    params = {"solver": "lbfgs", "dropout": 0.0, "early_stopping": False}
    found["lbfgs"] = digest(fitted("MLPRegressor", **params))
    return found


@pytest.fixture(scope="module")
def here():
    return digests()


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_processes_with_other_hashes_get_the_same_weights_and_predictions(hash_seed, here):
    assert run(digests, PYTHONHASHSEED=hash_seed) == here


def test_fits_do_not_depend_on_those_before(here):
    """Caches are full by now, and memory that is taken anew has been used."""
    assert digests() == here


@each
def test_clone_gets_the_weights_of_the_original(name, here):
    copy = clone(new_estimator(name))
    copy.fit(NUMBERS, targets_for(name), sample_weight=WEIGHTS)
    assert digest(copy) == here[name][0]


@each
def test_what_is_left_in_memory_does_not_get_into_the_weights(name, here, monkeypatch):
    """Arrays that are not initialised hold nan, the largest numbers, or True."""
    empty = np.empty

    def spoilt(*args, **kwargs):
        array = empty(*args, **kwargs)
        array.fill(np.nan if array.dtype.kind == "f" else _largest(array.dtype))
        return array

    monkeypatch.setattr(np, "empty", spoilt)
    estimator = fitted(name)
    assert [digest(estimator), estimator.predict(NUMBERS).tolist()] == here[name][:2]


def _largest(dtype):
    return np.iinfo(dtype).max if dtype.kind in "iu" else True


# Kinds of X


def strided(X):
    whole = np.zeros((2 * len(X), 3 * X.shape[1]), X.dtype)
    whole[::2, ::3] = X
    return whole[::2, ::3]


def backwards(X):
    return X[::-1].copy()[::-1]


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def unaligned(X):
    """Eight bytes that begin at an odd address, as in a file of records."""
    whole = np.zeros(len(X), [("mark", "u1"), ("numbers", X.dtype, X.shape[1])])
    whole["numbers"] = X
    return whole["numbers"]


def swapped(X):
    """Of the other byte order."""
    return X.astype(X.dtype.newbyteorder())


def mapped(X, folder):
    found = np.memmap(folder / "X", X.dtype, mode="w+", shape=X.shape)
    found[...] = X
    return found


LAYOUTS = {
    "columns first": np.asfortranarray,
    "strided": strided,
    "backwards": backwards,
    "read-only": read_only,
    "unaligned": unaligned,
    "swapped bytes": swapped,
    "list": np.ndarray.tolist,
    "objects": lambda X: X.astype(object),
}


@pytest.mark.one_in(3)
@each_reader
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_the_samples_does_not_change_the_weights(name, layout, here):
    X = LAYOUTS[layout](NUMBERS)
    estimator = fitted(name, X)
    assert [digest(estimator), estimator.predict(X).tolist()] == here[name][:2]


@each
def test_samples_in_a_file_give_the_weights_of_those_in_memory(name, here, tmp_path):
    assert digest(fitted(name, mapped(NUMBERS, tmp_path))) == here[name][0]


@each_reader
def test_layout_of_float32_does_not_change_the_weights(name):
    X = NUMBERS.astype(np.float32)
    estimator = fitted(name, X)
    assert estimator._model.theta.dtype == np.float32
    for layout in ("columns first", "strided", "read-only", "unaligned"):
        assert digest(fitted(name, LAYOUTS[layout](X))) == digest(estimator), layout


IMAGE_LAYOUTS = {
    "columns first": np.asfortranarray,
    "read-only": read_only,
    "transposed": lambda X: X.transpose(0, 2, 1).copy().transpose(0, 2, 1),
    "one channel": lambda X: X[..., None],
    "flat": lambda X: X.reshape(N, -1),
    "int64": lambda X: X.astype(np.int64),
}


@pytest.mark.parametrize("name", ["CNNClassifier", "SequentialRegressor"])
def test_layout_of_images_does_not_change_the_weights(name):
    X = np.random.default_rng(0).integers(0, 256, (N, 8, 8), np.uint8)
    expected = digest(fitted(name, X))
    for layout, change in IMAGE_LAYOUTS.items():
        assert digest(fitted(name, change(X))) == expected, layout


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor", "SequentialClassifier"])
@pytest.mark.parametrize("kind", [csr_array, csc_array, coo_array])
def test_sparse_samples_of_any_format_give_the_same_weights(name, kind):
    dense, sparse = mostly_zeros(N, 64)
    estimator = fitted(name, sparse)
    assert digest(fitted(name, kind(sparse))) == digest(estimator)
    # Other sums than those of BLAS: rounded otherwise.
    assert_allclose(fitted(name, dense)._model.theta, estimator._model.theta, rtol=1e-6, atol=1e-9)


def test_names_of_the_classes_do_not_change_the_weights(here):
    codes = np.unique(LABELS, return_inverse=True)[1]
    for labels in (codes, codes.astype(float), LABELS.astype(object), LABELS.tolist()):
        clf = new_estimator("MLPClassifier").fit(NUMBERS, labels, sample_weight=WEIGHTS)
        assert digest(clf) == here["MLPClassifier"][0]


# Seeds


@each
def test_generator_gives_the_weights_of_its_seed(name, here):
    assert digest(fitted(name, random_state=np.random.RandomState(0))) == here[name][0]


@each
def test_seed_leaves_the_global_generators_alone_and_does_not_read_them(name, here):
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    before, before_random = np.random.get_state(), random.getstate()  # noqa: NPY002
    estimator = fitted(name)
    estimator.predict(NUMBERS)
    after = np.random.get_state()  # noqa: NPY002
    assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]
    assert random.getstate() == before_random
    assert digest(estimator) == here[name][0]


@each
def test_without_a_seed_the_global_generator_is_the_seed(name, here):
    np.random.seed(0)  # noqa: NPY002
    assert digest(fitted(name, random_state=None)) == here[name][0]


# Threads


def digests_of_images():
    """Of networks on images with several micro-batches each, large and small."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (150, 20, 20), np.uint8), np.arange(150) % 10
    params = {"max_iter": 2, "batch_size": 100, "random_state": 0, "hidden_layer_sizes": (200,)}
    small = CNNClassifier((8,), **params, **DROPPING, augment="shift+flip")
    wide = CNNClassifier((16, 32), **params)  # of Winograd's kind
    regression = CNNRegressor((6,), **params, dtype="float64")
    found = [digest(estimator.fit(X, y)) for estimator in (small, wide, regression)]
    X = rng.normal(size=(150, 20 * 20))
    stack = SequentialRegressor(
        [*SQUARE, Dense(300)], input_shape=(20, 20), batch_size=100, max_iter=2, random_state=0
    )
    return [*found, digest(stack.fit(X, y)), stack.predict(X).tolist()]


@pytest.mark.slow
def test_networks_on_images_get_the_same_weights_with_any_number_of_threads():
    alone = run(digests_of_images, n_threads=1)
    for n_threads in (2, 4):
        assert run(digests_of_images, n_threads=n_threads) == alone
        with threadpool_limits(n_threads):
            assert digests_of_images() == alone


def outcome(estimator, X, y):
    """(weights, what is predicted), to the last bit; or why there are none."""
    try:
        estimator = clone(estimator).fit(X, y)
    except ValueError as error:
        return str(error)
    return digest(estimator), np.hstack(method_of(estimator)(X)).tobytes()


def method_of(estimator):
    return getattr(estimator, "predict_proba", estimator.predict)


def assert_threads_change_nothing(case):
    """Of small networks, with images in micro-batches of three, so that threads share them."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit may diverge, or not converge, in its own right
        patch.setattr(sknn.nn.gradient, "micro_batch_size", lambda network: 3)
        for name, size in {"PART": 3, "LEAST": 3, "CACHE": 1, "ONE_PASS": 1}.items():
            patch.setattr(sknn.nn.model, name, size)  # predictions in chunks of three
        found = []
        for n_threads in (1, 2, 8):
            with threadpool_limits(n_threads):
                found.append(outcome(*case))
    assert found == found[:1] * 3


@examples(12)
@given(cases())
def test_weights_and_predictions_are_the_same_with_any_number_of_threads(case):
    assert_threads_change_nothing(case)


@examples(12)
@given(cases(networks=("CNN", "Sequential"), shuffle=True))
def test_networks_on_images_are_the_same_with_any_number_of_threads(case):
    assert_threads_change_nothing(case)


@pytest.mark.slow
@examples(120)
@given(cases(networks=("MLP", "CNN", "CNN", "Sequential")))
def test_many_networks_are_the_same_with_any_number_of_threads(case):
    assert_threads_change_nothing(case)


def large_dense(n_threads):
    """theta of a network whose products BLAS cuts up for its threads."""
    X = normal(600, 100)
    reg = MLPRegressor(
        hidden_layer_sizes=(400, 100), batch_size=200, max_iter=3, random_state=0, activation="tanh"
    )
    with threadpool_limits(n_threads):
        return reg.fit(X, X[:, 0] * X[:, 1])._model.theta


@pytest.mark.slow
def test_dense_networks_get_the_same_weights_with_the_same_number_of_threads():
    for n_threads in (1, 2, 4):
        assert_array_equal(large_dense(n_threads), large_dense(n_threads))


@pytest.mark.slow
def test_dense_networks_agree_to_rounding_with_any_number_of_threads():
    alone = large_dense(1)
    for n_threads in (2, 4):
        assert_allclose(large_dense(n_threads), alone, rtol=1e-6, atol=1e-9)


# Predictions


@each
def test_predictions_are_the_same_again_and_agree_to_rounding_however_they_are_cut(name):
    estimator = fitted(name)
    method = method_of(estimator)
    wanted = method(NUMBERS)
    assert_array_equal(method(NUMBERS), wanted)
    one_by_one = np.concatenate([method(NUMBERS[[row]]) for row in range(N)])
    assert_allclose(one_by_one, wanted, rtol=1e-9)
    with config_context(working_memory=0.01):
        in_chunks = method(NUMBERS)
        assert_array_equal(method(NUMBERS), in_chunks)
    assert_allclose(in_chunks, wanted, rtol=1e-9)


def test_order_of_rows_is_the_order_of_predictions():
    estimator = fitted("MLPRegressor")
    assert_allclose(estimator.predict(NUMBERS[::-1]), estimator.predict(NUMBERS)[::-1], rtol=1e-9)
