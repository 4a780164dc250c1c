"""Dask collections train block by block: with the bits that arrays in memory give."""

import pickle
import threading
import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import processes
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import ShuffleSplit
from sklearn.utils.class_weight import compute_class_weight

import sknn
from sknn.estimators.reading import Data
from sknn.nn import Dense, Dropout, ThroughRows, UnitVariance
from sknn.nn.batches import Rows
from sknn.nn.blocks import Split
from sknn.nn.streams import ROWS_OF_BLOCK, new_seed, stream

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
from sknn.dask import (  # noqa: E402
    DaskCNNClassifier,
    DaskCNNRegressor,
    DaskMLPClassifier,
    DaskMLPRegressor,
    DaskSequentialClassifier,
    DaskSequentialRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, CHUNKS = 60, (17, 20, 3, 20)
ENDS = np.cumsum((0, *CHUNKS))
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4))
IMAGES = RNG.integers(0, 256, (N, 6, 6), dtype=np.uint8)
BINARY = (X[:, 0] > 0).astype(int)
CLASSES = np.array(["b", "a", "c"])[np.digitize(X[:, 1], [-0.5, 0.5])]
LABELS = np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int)
MANY = np.column_stack([BINARY, np.digitize(X[:, 1], [-0.5, 0.5])])
NUMBERS = X @ [1.0, -2.0, 0.5, 0.0]
WEIGHT = RNG.random(N) + 0.1
SMALL = {"max_iter": 2, "batch_size": 8, "random_state": 0}
MLP = {"hidden_layer_sizes": (5,), **SMALL}
CNN = {"filters": (2,), "hidden_layer_sizes": (3,), **SMALL}
SEQUENTIAL = {"layers": [Dense(5), Dropout(0.2)], **SMALL}
ESTIMATORS = {
    "mlp-binary": (DaskMLPClassifier, MLP, X, BINARY),
    "mlp-classes": (DaskMLPClassifier, MLP, X, CLASSES),
    "mlp-labels": (DaskMLPClassifier, MLP, X, LABELS),
    "mlp-many": (DaskMLPClassifier, MLP, X, MANY),
    "mlp-numbers": (DaskMLPRegressor, MLP, X, NUMBERS),
    "mlp-columns": (DaskMLPRegressor, MLP, X, np.column_stack([NUMBERS, X[:, 0]])),
    "cnn-classes": (DaskCNNClassifier, CNN, IMAGES, CLASSES),
    "cnn-numbers": (DaskCNNRegressor, CNN, IMAGES[..., None], NUMBERS),
    "sequential-classes": (DaskSequentialClassifier, SEQUENTIAL, X, CLASSES),
    "sequential-numbers": (DaskSequentialRegressor, SEQUENTIAL, X.astype(np.float32), NUMBERS),
}


@pytest.fixture(autouse=True)
def in_this_thread():
    """Dask computes where it is asked: in the thread that reads."""
    with dask.config.set(scheduler="synchronous"):
        yield


def cut(array, chunks=CHUNKS):
    """A Dask array in blocks of rows."""
    return da.from_array(np.asarray(array), chunks=(chunks, *np.shape(array)[1:]))


def unknown(array, chunks=CHUNKS):
    """The same in blocks whose lengths Dask does not know."""
    array = cut(array, chunks)
    array._chunks = ((np.nan,) * len(chunks), *array.chunks[1:])
    return array


def frame(array, **options):
    """A Dask frame or series in the blocks of CHUNKS, its index from 100."""
    dd = pytest.importorskip("dask.dataframe")
    kind = pd.Series if np.ndim(array) == 1 else pd.DataFrame
    if np.ndim(array) == 2 and "columns" not in options:
        options["columns"] = [f"f{number}" for number in range(np.shape(array)[1])]
    whole = kind(array, index=np.arange(100, 100 + N), **options)
    parts = [whole.iloc[start:stop] for start, stop in pairwise(ENDS)]
    divisions = (*(part.index[0] for part in parts), whole.index[-1])
    return dd.from_map(lambda part: part, parts, meta=whole.iloc[:0], divisions=divisions)


def plain(estimator, **settings):
    """The estimator of ``sknn`` of the same name."""
    return getattr(sknn, estimator.__name__.removeprefix("Dask"))(**settings)


def assert_same_fit(one, other):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_array_equal(a, b, strict=True)
    for name in ("loss_", "n_iter_", "t_", "n_features_in_", "out_activation_", "n_outputs_"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("classes_", "image_shape_", "image_scale_", "feature_names_in_"):
        assert hasattr(one, name) == hasattr(other, name), name
        if hasattr(one, name) and not isinstance(getattr(one, name), list):
            assert_array_equal(getattr(one, name), getattr(other, name))


# The same bits


@pytest.mark.parametrize("case", ESTIMATORS.values(), ids=ESTIMATORS)
def test_rows_as_they_lie_give_the_weights_of_arrays(case):
    estimator, settings, samples, y = case
    fitted = estimator(shuffle=False, **settings).fit(cut(samples), cut(y))
    wanted = plain(estimator, shuffle=False, **settings).fit(samples, y)
    assert_same_fit(fitted, wanted)
    assert fitted.history_["gradient_norm"] == wanted.history_["gradient_norm"]


class InOrder(Rows):
    """Rows in arrays, taken in the order in which blocks give them."""

    numbered = len(CHUNKS)

    def batches(self, size, order=None, draws=None):
        numbers = range(self.numbered) if order is None else order
        rows = [ENDS[number] + draws(number).permutation(CHUNKS[number]) for number in numbers]
        yield from super().batches(size, np.concatenate(rows))


def in_order(estimator, **settings):
    """The plain estimator, whose rows are taken as those of blocks."""

    class Ordered(getattr(sknn, estimator.__name__.removeprefix("Dask"))):
        def _read(self, *args, **how):
            data = super()._read(*args, **how)
            rows = InOrder.__new__(InOrder)
            vars(rows).update(vars(data.rows))
            return Data(data.X, data.labels, data.sample_weight, rows)

    Ordered._get_param_names = plain(estimator, **settings)._get_param_names
    return Ordered(**settings)


@pytest.mark.parametrize("name", ["mlp-classes", "cnn-classes", "sequential-numbers"])
def test_shuffled_blocks_give_the_weights_of_arrays_in_that_order(name):
    estimator, settings, samples, y = ESTIMATORS[name]
    settings = {**settings, "max_iter": 3, "learning_rate": "cosine"}
    fitted = estimator(**settings).fit(cut(samples), cut(y))
    assert_same_fit(fitted, in_order(estimator, **settings).fit(samples, y))


def test_each_epoch_takes_blocks_and_rows_in_another_order(monkeypatch):
    seen = []
    original = Rows.take

    def take(rows, at):
        batch = original(rows, at)
        seen.extend(batch.x[:, 0].tolist())
        return batch

    monkeypatch.setattr(Rows, "take", take)
    DaskMLPClassifier(**{**MLP, "batch_size": 5}).fit(cut(X), cut(BINARY))
    row = {value: number for number, value in enumerate(X[:, 0].tolist())}
    epochs = np.array([row[value] for value in seen]).reshape(2, N)
    for order in epochs:
        assert_array_equal(np.sort(order), np.arange(N))
        blocks = np.digitize(order, ENDS[1:])
        assert np.count_nonzero(np.diff(blocks)) == 3  # one block after the other
    assert (epochs[0] != epochs[1]).mean() > 0.8


@pytest.mark.parametrize("kind", ["array", "unknown", "frame"])
def test_weights_as_collections_and_kinds_of_collections(kind):
    make = {"array": cut, "unknown": unknown, "frame": frame}[kind]
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPClassifier(**settings).fit(make(X), make(CLASSES), make(WEIGHT))
    samples = pd.DataFrame(X, columns=[f"f{n}" for n in range(4)]) if kind == "frame" else X
    y = np.array(CLASSES, dtype=object) if kind == "frame" else CLASSES
    assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(samples, y, WEIGHT))


def test_smallest_weight_of_a_sample_that_counts_is_above_zero():
    weight = np.where(np.arange(N) % 2, 0.0, 0.5)
    rows = DaskMLPRegressor(**MLP)._read(cut(X), cut(NUMBERS), cut(weight), learn=True).rows
    assert rows.least_weight() == 0.5


def test_weight_may_be_one_number_and_zero_for_whole_blocks():
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPRegressor(**settings).fit(cut(X), cut(NUMBERS), 0.5)
    assert_same_fit(fitted, sknn.MLPRegressor(**settings).fit(X, NUMBERS, 0.5))
    weight = np.where(np.arange(N) < 17, 0.0, WEIGHT)
    fitted = DaskMLPRegressor(**settings).fit(cut(X), cut(NUMBERS), cut(weight))
    assert_same_fit(fitted, sknn.MLPRegressor(**settings).fit(X, NUMBERS, weight))


@pytest.mark.parametrize(
    "class_weight", ["balanced", {"a": 3.0, "b": 0.5}], ids=["balanced", "dict"]
)
def test_class_weights_are_those_of_all_rows(class_weight):
    settings = {**MLP, "shuffle": False, "class_weight": class_weight}
    for weight in (None, WEIGHT):
        given = None if weight is None else cut(weight)
        fitted = DaskMLPClassifier(**settings).fit(cut(X), cut(CLASSES), given)
        assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(X, CLASSES, weight))
        assert fitted.class_weight == class_weight


def test_class_weights_of_several_labels_are_taken_as_they_are():
    settings = {**MLP, "shuffle": False, "class_weight": [{0: 1, 1: 3}, {0: 2, 1: 1}]}
    fitted = DaskMLPClassifier(**settings).fit(cut(X), cut(LABELS))
    assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(X, LABELS))


def test_empty_partitions_are_left_out():
    empty = [0, 17, 0, 43, 0]
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPClassifier(**settings).fit(cut(X, empty), cut(CLASSES, empty))
    assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(X, CLASSES))
    assert fitted.score(cut(X, empty), cut(CLASSES, empty)) == fitted.score(X, CLASSES)


def test_columns_of_several_dtypes_are_computed_in_the_dtype_of_the_whole():
    whole = pd.DataFrame({"a": X[:, 0].astype(np.float32), "b": np.arange(N), "c": X[:, 2] > 0})
    parts = frame(whole.to_numpy(dtype=float), columns=list("abc")).astype(whole.dtypes.to_dict())
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPRegressor(**settings).fit(parts, frame(NUMBERS))
    assert_same_fit(fitted, sknn.MLPRegressor(**settings).fit(whole, NUMBERS))
    narrow = frame(X).astype(np.float32)
    assert DaskMLPRegressor(**settings).fit(narrow, frame(NUMBERS)).coefs_[0].dtype == np.float32


def test_blocks_of_another_dtype_than_dask_says_are_converted():
    blocks = da.from_array(X, chunks=(CHUNKS, 4)).map_blocks(
        lambda block: block.astype(np.float64), dtype=np.float32, meta=np.empty((0, 0), np.float32)
    )
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPRegressor(**settings).fit(blocks, cut(NUMBERS))
    assert_same_fit(fitted, sknn.MLPRegressor(**settings).fit(X.astype(np.float32), NUMBERS))


def test_sparse_blocks_train_as_one_sparse_array():
    zeros = np.where(X > 0.5, X, 0)
    blocks = cut(zeros).map_blocks(csr_matrix, dtype=float, meta=csr_matrix((0, 0)))
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPClassifier(**settings).fit(blocks, cut(BINARY))
    assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(csr_matrix(zeros), BINARY))


def test_y_of_one_column_warns_once_as_arrays_do():
    with pytest.warns(UserWarning, match="A column-vector y was passed") as caught:
        fitted = DaskMLPRegressor(**MLP).fit(cut(X), cut(NUMBERS[:, None]))
    assert len([one for one in caught if "column-vector" in str(one.message)]) == 1
    assert_same_fit(fitted, DaskMLPRegressor(**MLP).fit(cut(X), cut(NUMBERS)))
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        again = DaskMLPRegressor(**MLP).fit(cut(X), frame(NUMBERS[:, None]))
    assert_same_fit(fitted, again)


def test_arrays_in_memory_are_fitted_as_by_the_plain_estimator():
    fitted = DaskMLPClassifier(**MLP).fit(X, CLASSES)
    wanted = sknn.MLPClassifier(**MLP).fit(X, CLASSES)
    assert_same_fit(fitted, wanted)
    assert fitted.score(X, CLASSES) == wanted.score(X, CLASSES)
    assert_array_equal(fitted.predict_log_proba(X), wanted.predict_log_proba(X))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        partly = DaskMLPClassifier(**MLP).partial_fit(X, CLASSES, classes=["a", "b", "c"])
        DaskMLPRegressor(**MLP).partial_fit(X, NUMBERS)
    assert partly.t_ == N


def test_warm_start_goes_on_block_by_block():
    settings = {**MLP, "shuffle": False, "warm_start": True, "solver": "sgd", "momentum": 0}
    fitted = DaskMLPClassifier(**settings).fit(cut(X), cut(CLASSES)).fit(cut(X), cut(CLASSES))
    wanted = sknn.MLPClassifier(**settings).fit(X, CLASSES).fit(X, CLASSES)
    assert_same_fit(fitted, wanted)
    with pytest.raises(ValueError, match="same classes as in the previous"):
        fitted.fit(cut(X), cut(np.where(CLASSES == "a", "b", CLASSES)))
    assert_same_fit(fitted, wanted)


def test_given_weights_callbacks_and_verbose_see_a_fit_of_blocks(capsys):
    start = sknn.MLPClassifier(**MLP).fit(X, BINARY)
    given = {"coef_init": start.coefs_, "intercept_init": start.intercepts_}
    settings = {**MLP, "shuffle": False, "verbose": True}
    fitted = DaskMLPClassifier(**settings).fit(cut(X), cut(BINARY), **given)
    said = capsys.readouterr().out
    assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(X, BINARY, **given))
    assert said == capsys.readouterr().out
    assert said.count("Iteration") == 2


def test_schedule_that_is_planned_ends_with_the_last_batch():
    settings = {**MLP, "shuffle": False, "learning_rate": "cosine", "max_iter": 3}
    fitted = DaskMLPClassifier(**settings).fit(cut(X), cut(CLASSES))
    assert_same_fit(fitted, sknn.MLPClassifier(**settings).fit(X, CLASSES))
    rates = fitted.history_["learning_rate"]
    steps = -(-N // 8)
    last = 3 * steps - 1
    assert_allclose(rates[-1], 0.001 * (1 + np.cos(np.pi * last / (last + 1))) / 2, rtol=1e-9)


# Validation


@pytest.mark.one_in(2)
@pytest.mark.parametrize("estimator", [DaskMLPClassifier, DaskMLPRegressor])
@pytest.mark.parametrize("scoring", [None, "loss"])
@pytest.mark.parametrize("weighed", [False, True])
def test_samples_to_validate_on_in_blocks_are_scored_as_in_memory(estimator, scoring, weighed):
    y = NUMBERS if estimator is DaskMLPRegressor else CLASSES
    settings = {**MLP, "shuffle": False, "early_stopping": True, "scoring": scoring, "max_iter": 4}
    if estimator is DaskMLPClassifier:
        settings["class_weight"] = "balanced"  # which samples to validate on are free of
    weight = (None, None) if not weighed else (WEIGHT, cut(WEIGHT))
    wanted = plain(estimator, **settings)
    wanted.fit(X, y, X_val=X[::-1], y_val=y[::-1], sample_weight_val=weight[0])
    for X_val, y_val, of_val in [
        (cut(X[::-1]), cut(y[::-1]), weight[1]),
        (X[::-1], y[::-1], weight[0]),
    ]:
        given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": of_val}
        fitted = estimator(**settings).fit(cut(X), cut(y), **given)
        assert_same_fit(fitted, wanted)
        for name in ("validation_loss", "validation_score"):
            assert_allclose(fitted.history_[name], wanted.history_[name], rtol=1e-9)
    given = {"X_val": cut(X[::-1]), "y_val": cut(y[::-1]), "sample_weight_val": weight[1]}
    assert_same_fit(estimator(**settings).fit(X, y, **given), wanted)


@pytest.mark.parametrize("weighed", [False, True])
def test_held_out_rows_are_a_fraction_of_each_block_and_never_trained_on(weighed):
    settings = {**MLP, "early_stopping": True, "validation_fraction": 0.25, "max_iter": 3}
    settings |= {"shuffle": False, "class_weight": "balanced", "n_iter_no_change": 5}
    weight = WEIGHT if weighed else None
    fitted = DaskMLPClassifier(**settings).fit(
        cut(X), cut(CLASSES), None if weight is None else cut(weight)
    )
    split = Split(np.array(CHUNKS), 0.25, _seed_after_weights(), True)
    held = np.concatenate([ENDS[number] + split.rows(number) for number in range(4)])
    assert len(held) == 15
    rest = np.setdiff1d(np.arange(N), held)
    settings["class_weight"] = _balanced(CLASSES)
    wanted = sknn.MLPClassifier(**settings).fit(
        X[rest],
        CLASSES[rest],
        None if weight is None else weight[rest],
        X_val=X[held],
        y_val=CLASSES[held],
        sample_weight_val=None if weight is None else weight[held],
    )
    assert fitted.t_ == wanted.t_ == 3 * 45
    for a, b in zip(fitted.coefs_, wanted.coefs_, strict=True):
        assert_array_equal(a, b)
    assert_allclose(
        fitted.history_["validation_loss"], wanted.history_["validation_loss"], rtol=1e-9
    )
    assert_allclose(fitted.validation_scores_, wanted.validation_scores_, rtol=1e-9)


def _balanced(y):
    classes = np.unique(y)
    return dict(zip(classes, compute_class_weight("balanced", classes=classes, y=y), strict=True))


def _seed_after_weights():
    """The seed of the split: that which the generator gives once the weights are drawn."""
    network = sknn.MLPClassifier(**MLP)
    random_state = np.random.RandomState(0)
    data = network._read(X, CLASSES, learn=True)
    network._new_model(data, random_state, None)
    return new_seed(random_state)


def test_scorer_of_ones_own_needs_samples_in_memory():
    settings = {**MLP, "scoring": "balanced_accuracy", "early_stopping": True}
    given = {"X_val": X, "y_val": CLASSES}
    fitted = DaskMLPClassifier(**settings).fit(cut(X), cut(CLASSES), **given)
    wanted = DaskMLPClassifier(**settings).fit(cut(X), cut(CLASSES), **given)
    assert fitted.validation_scores_ == wanted.validation_scores_
    for given in ({}, {"X_val": cut(X), "y_val": cut(CLASSES)}):
        with pytest.raises(ValueError, match="scoring='balanced_accuracy' requires all validation"):
            DaskMLPClassifier(**settings).fit(cut(X), cut(CLASSES), **given)


# Refusals


def sorted_arrays(n=N):
    order = np.argsort(BINARY, kind="stable")
    return cut(X[order]), cut(BINARY[order])


REFUSED = {
    "lbfgs": ({"solver": "lbfgs"}, {}, "solver='lbfgs' requires all data .* Use solver='adam'"),
    "checkpoint": ({"checkpoint": "file"}, {}, "checkpoint='file' .* Set checkpoint=None"),
    "splitter": (
        {"early_stopping": True, "validation_fraction": ShuffleSplit(1)},
        {},
        "validation_fraction must be a number between 0 and 1 .*ShuffleSplit.* Set it to 0.1",
    ),
    "no fraction": (
        {"early_stopping": True, "validation_fraction": 0.0},
        {},
        "validation_fraction must be a number .* got 0.0",
    ),
    "small fraction": (
        {"early_stopping": True, "validation_fraction": 0.01},
        {},
        "of 60 samples leaves 59 for training and 1 for validation",
    ),
    "large fraction": (
        {"early_stopping": True, "validation_fraction": 0.999},
        {},
        "of 60 samples leaves 0 for training and 60 for validation",
    ),
    "groups": (
        {"early_stopping": True},
        {"groups": np.arange(N)},
        "groups require all samples in memory.*pass them as X_val",
    ),
    "X_val alone": ({}, {"X_val": cut(X)}, "X_val was passed without y_val"),
    "y_val alone": ({}, {"y_val": BINARY}, "y_val and sample_weight_val require X_val"),
    "y in memory": ({}, {"y": BINARY}, "y must be a Dask collection .* got ndarray. .*from_array"),
    "weight in memory": (
        {},
        {"sample_weight": WEIGHT},
        "sample_weight must be a Dask collection .* got ndarray",
    ),
    "X in memory": ({}, {"X": X}, "X must be a Dask collection if y .* got ndarray"),
    "column blocks": (
        {},
        {"X": da.from_array(X, chunks=(CHUNKS, 1))},
        r"X must have each sample .*, got 4 column blocks\. Use X\.rechunk\(\{1: -1\}\)",
    ),
    "blocks of images": (
        {},
        {"X": da.from_array(IMAGES, chunks=(CHUNKS, 3, 2))},
        r"got 6 column blocks\. Use X\.rechunk\(\{1: -1, 2: -1\}\)",
    ),
    "columns of y": (
        {},
        {"y": da.from_array(LABELS, chunks=(CHUNKS, 1))},
        r"y must have .* got 2 column blocks\. Use y\.rechunk\(\{1: -1\}\)",
    ),
    "partitions of y": (
        {},
        {"y": cut(BINARY, (30, 30))},
        r"y must have 4 partitions like X, got 2\. Use y\.rechunk\(\{0: X.chunks\[0\]\}\)",
    ),
    "partitions of the weight": (
        {},
        {"sample_weight": cut(WEIGHT, (60,))},
        "sample_weight must have 4 partitions like X, got 1. Use sample_weight.rechunk",
    ),
    "lengths of y": (
        {},
        {"y": cut(BINARY, (17, 19, 4, 20))},
        "Partition 1 of y must have 20 rows like that of X, got 19",
    ),
    "unknown lengths": (
        {},
        {"X": unknown(X), "y": cut(BINARY, (17, 19, 4, 20))},
        r"Partition 1 of X: Found input variables with inconsistent numbers of samples: \[20, 19\]",
    ),
    "unknown lengths of y": (
        {},
        {"y": unknown(BINARY[1:], (16, 20, 4, 19))},
        r"Partition 0 of X: Found input variables with inconsistent numbers of samples: \[17, 16\]",
    ),
    "nothing": (
        {},
        {"X": cut(X[:0], (0, 0)), "y": cut(BINARY[:0], (0, 0))},
        "X has no rows in any of its 2 partitions",
    ),
    "nan": (
        {},
        {"X": cut(np.where(np.arange(N)[:, None] == 38, np.nan, X))},
        "Partition 2 of X: Input X contains NaN",
    ),
    "nan in y": (
        {},
        {"y": cut(np.where(np.arange(N) == 59, np.nan, BINARY))},
        "Partition 3 of X: Input y contains NaN",
    ),
    "weights": ({}, {"sample_weight": cut(-WEIGHT)}, "Partition 0 of X: Negative values in data"),
    "no weight": (
        {},
        {"sample_weight": cut(0 * WEIGHT)},
        "sample_weight must be finite with a sum from",
    ),
    "balanced labels": (
        {"class_weight": "balanced"},
        {"y": cut(LABELS)},
        "class_weight='balanced' requires a single column of labels .* a list with a dict for each",
    ),
    "balanced list": (
        {"class_weight": ["balanced", {0: 1}]},
        {"y": cut(LABELS)},
        "requires a single column of labels",
    ),
    "numbers as labels": ({}, {"y": cut(NUMBERS)}, "Unknown label type: continuous"),
    "flat X": ({}, {"X": cut(X[:, 0])}, "Expected 2D array, got 1D array"),
}


@pytest.mark.parametrize(("settings", "given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_in_blocks_is_refused_with_the_remedy(settings, given, message):
    network = DaskMLPClassifier(**{**MLP, **settings})
    before = dict(vars(network))
    with pytest.raises(ValueError, match=message):
        network.fit(**{"X": cut(X), "y": cut(BINARY), **given})
    assert vars(network) == before


@pytest.mark.parametrize("init", [{"weight_init": UnitVariance()}, {"bias_init": ThroughRows()}])
def test_first_weights_that_depend_on_rows_are_refused(init):
    network = DaskSequentialRegressor([Dense(3, **init)])
    with pytest.raises(
        ValueError, match=r"initial weights and biases from training rows .* or pass X.compute\(\)"
    ):
        network.fit(cut(X), cut(NUMBERS))


def test_columns_of_categories_are_refused_by_name():
    samples = frame(X).assign(c=lambda part: part["f0"].gt(0).astype("category"))
    with pytest.raises(ValueError, match=r"Column 'c' of X is categorical\. Encode it before fit"):
        DaskMLPClassifier(**MLP).fit(samples, frame(BINARY))


def test_labels_that_are_categories_are_taken_by_their_values():
    y = frame(CLASSES).astype("category")
    settings = {**MLP, "shuffle": False}
    fitted = DaskMLPClassifier(**settings).fit(frame(X), y)
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    wanted = sknn.MLPClassifier(**settings).fit(X, CLASSES)
    assert_array_equal(fitted.coefs_[0], wanted.coefs_[0])


@pytest.mark.parametrize("estimator", [DaskMLPClassifier, DaskMLPRegressor])
def test_partial_fit_of_collections_is_refused(estimator):
    with pytest.raises(
        ValueError, match=r"partial_fit requires samples in memory.*warm_start=True"
    ):
        estimator(**MLP).partial_fit(cut(X), cut(BINARY))


def test_features_of_samples_to_validate_on_are_checked():
    with pytest.raises(ValueError, match=r"Partition 0 of X_val: .*X has 3 features"):
        DaskMLPClassifier(**MLP).fit(cut(X), cut(BINARY), X_val=cut(X[:, :3]), y_val=cut(BINARY))
    with pytest.raises(ValueError, match="classes not in"):
        DaskMLPClassifier(**MLP).fit(cut(X), cut(BINARY), X_val=cut(X), y_val=cut(BINARY + 1))


def test_failed_fit_leaves_the_estimator_as_it_was():
    fitted = DaskMLPClassifier(**MLP).fit(cut(X), cut(CLASSES))
    before = {**vars(fitted)}
    calls = []

    def fails(block):
        calls.append(1)
        if len(calls) > 9:  # in the second pass
            raise OSError("disk")
        return block

    broken = cut(X).map_blocks(fails, dtype=float, meta=np.empty((0, 0)))
    with pytest.raises(OSError, match="disk"):
        fitted.fit(broken, cut(BINARY))
    assert vars(fitted) == before


def test_block_that_changes_between_epochs_is_refused():
    calls = []

    def shrinking(block):
        calls.append(1)
        return block[: max(1, len(block) - len(calls) // 6)]

    y = cut(NUMBERS).map_blocks(shrinking, dtype=float, meta=np.empty(0))
    with pytest.raises(ValueError, match=r"Partition \d of X: Found input variables"):
        DaskMLPRegressor(**MLP).fit(cut(X), y)


def test_divergence_names_the_largest_values_of_all_blocks():
    samples = X.copy()
    samples[45, 2] = -1e200
    y = np.where(np.arange(N) == 20, 1000.0, NUMBERS)
    with pytest.raises(ValueError, match=r"largest absolute value in X is 1e\+200, in y 1e\+03"):
        DaskMLPRegressor(**{**MLP, "batch_size": N}).fit(cut(samples), cut(y))


# One-sided blocks


def test_sorted_rows_are_warned_of():
    with pytest.warns(UserWarning, match=r"the block of a row explains \d\d% .*scatter_rows"):
        DaskMLPClassifier(**MLP).fit(*sorted_arrays())
    order = np.argsort(NUMBERS)
    with pytest.warns(UserWarning, match="probably because the rows are sorted"):
        DaskMLPRegressor(**MLP).fit(cut(X[order]), cut(NUMBERS[order]))


def test_rows_to_validate_on_may_be_sorted_and_lack_classes():
    X_val, y_val = sorted_arrays()
    settings = {**MLP, "early_stopping": True, "warm_start": True, "max_iter": 1}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "The blocks of X differ")
        clf = DaskMLPClassifier(**settings).fit(cut(X), cut(BINARY), X_val=X_val, y_val=y_val)
    ones = da.ones(N, chunks=(CHUNKS,), dtype=int)
    clf.fit(cut(X), cut(BINARY), X_val=X_val, y_val=ones)
    assert_allclose(clf.validation_scores_[-1], clf.predict(X).mean(), rtol=1e-12)


def test_block_without_rows_has_no_targets_either():
    samples = unknown(X).map_blocks(lambda block: block[len(block) == 3 and 3 :], dtype=float)
    with pytest.raises(ValueError, match="Partition 2 of X: "):
        DaskMLPRegressor(**MLP).fit(samples, unknown(NUMBERS))


# Memory

BLOCK = 20_000, 100  # 8 MB in float32


def in_blocks(n_blocks):
    """(X, y) of random numbers, drawn anew whenever a block is read."""

    def block(number):
        return np.random.default_rng(number).random(BLOCK, dtype=np.float32)

    parts = [da.from_delayed(dask.delayed(block)(n), BLOCK, np.float32) for n in range(n_blocks)]
    samples = da.concatenate(parts)
    return samples, (samples[:, 0] > 0.5).astype(int)


def stream_under_a_limit():
    """[growth of own memory with 4 blocks, with 24], or the error that training in memory ends in.

    All in a process whose data may grow by 120 MB: 24 blocks are 192.
    """
    import resource

    warnings.simplefilter("ignore")
    settings = {"hidden_layer_sizes": (4,), "max_iter": 1, "batch_size": 2000, "random_state": 0}
    with dask.config.set(scheduler="synchronous"):
        DaskMLPClassifier(**settings).fit(*in_blocks(2))
        allowed = processes.memory("VmData") + 120 * processes.MB
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
        grown = []
        for n_blocks in (4, 24):
            with processes.growth_of_own_memory() as growth:
                DaskMLPClassifier(**settings).fit(*in_blocks(n_blocks))
            grown.append(growth[0])
        try:
            sknn.MLPClassifier(**settings).fit(*in_blocks(24))
        except MemoryError:
            return [*grown, "MemoryError"]
    return [*grown, "none"]


@pytest.mark.slow
@pytest.mark.skipif(not processes.STATUS.exists(), reason="limits of memory are those of Linux")
def test_blocks_train_where_arrays_do_not_fit_and_their_number_takes_no_memory():
    few, many, error = processes.run(stream_under_a_limit)
    assert error == "MemoryError"
    block = 4 * BLOCK[0] * BLOCK[1]
    assert many < few + block
    assert many < 6 * block


# Threads, copies, processes


def test_blocks_are_read_in_a_thread_with_the_settings_of_the_caller():
    seen = []

    def looking(block):
        seen.append(threading.current_thread().name)
        return block

    samples = np.where(np.arange(N)[:, None] == 3, np.inf, X)
    blocks = cut(samples).map_blocks(looking, dtype=float, meta=np.empty((0, 0)))
    with config_context(assume_finite=True), pytest.raises(ValueError, match="non-finite"):
        DaskMLPRegressor(**MLP).fit(blocks, cut(NUMBERS))
    assert all(name.startswith("sknn-read") for name in seen)
    assert len(seen) >= 4


def test_parameters_set_while_blocks_are_read_change_nothing():
    settings = {**MLP, "shuffle": False, "class_weight": {"a": 5.0}}
    network = DaskMLPClassifier(**settings)

    read = []

    def meddles(block):
        read.append(1)
        if len(read) > len(CHUNKS):  # training has begun
            network.class_weight = {"a": 0.0, "b": 0.0}
        return block

    calls = cut(X).map_blocks(meddles, dtype=float, meta=np.empty((0, 0)))
    fitted = network.fit(calls, cut(CLASSES))
    wanted = sknn.MLPClassifier(**settings).fit(X, CLASSES)
    assert_array_equal(fitted.coefs_[0], wanted.coefs_[0])


@pytest.mark.parametrize("case", ESTIMATORS.values(), ids=ESTIMATORS)
def test_to_local_is_the_plain_estimator_and_shares_nothing(case):
    estimator, settings, samples, y = case
    fitted = estimator(**settings).fit(cut(samples), cut(y))
    local = fitted.to_local()
    assert type(local) is getattr(sknn, estimator.__name__.removeprefix("Dask"))
    shared = {name: fitted.get_params()[name] for name in local.get_params()}
    assert str(local.get_params()) == str(shared)
    assert not hasattr(local, "client")
    assert_same_fit(local, fitted)
    assert_array_equal(local.predict(samples), fitted.predict(samples))
    before = fitted.coefs_[0].copy()
    local.coefs_[0][:] = 7
    assert_array_equal(fitted.coefs_[0], before)


def test_clone_and_pickle():
    fitted = DaskMLPClassifier(**MLP).fit(cut(X), cut(CLASSES))
    assert clone(fitted).get_params() == fitted.get_params()
    again = pickle.loads(pickle.dumps(fitted))
    assert type(again) is DaskMLPClassifier
    assert_same_fit(again, fitted)


def test_threaded_scheduler_gives_the_same_weights():
    wanted = DaskMLPClassifier(**MLP).fit(cut(X), cut(CLASSES))
    with dask.config.set(scheduler="threads", num_workers=2):
        assert_same_fit(DaskMLPClassifier(**MLP).fit(cut(X), cut(CLASSES)), wanted)


# Scores


@pytest.mark.parametrize("name", ["mlp-binary", "mlp-labels", "mlp-many", "mlp-columns"])
@pytest.mark.parametrize("weighed", [False, True])
def test_score_of_blocks_is_that_of_arrays(name, weighed):
    estimator, settings, samples, y = ESTIMATORS[name]
    fitted = estimator(**settings).fit(cut(samples), cut(y))
    given = (None, None) if not weighed else (WEIGHT, cut(WEIGHT))
    wanted = fitted.to_local().score(samples, y, given[0])
    assert_allclose(fitted.score(cut(samples), cut(y), given[1]), wanted, rtol=1e-9)


def test_score_takes_the_weights_that_the_score_of_arrays_takes():
    weight = np.where(np.arange(N) < CHUNKS[0], 0.0, np.where(np.arange(N) % 5, 1.0, -0.5))
    fitted = DaskMLPClassifier(**MLP).fit(cut(X), cut(BINARY))
    wanted = fitted.to_local().score(X, BINARY, weight)
    assert_allclose(fitted.score(cut(X), cut(BINARY), cut(weight)), wanted, rtol=1e-9)


def test_score_of_levels_and_of_one_weight():
    settings = {**MLP, "loss": "quantile", "quantile": [0.1, 0.6, 0.9]}
    fitted = DaskMLPRegressor(**settings).fit(cut(X), cut(NUMBERS))
    wanted = fitted.to_local().score(X, NUMBERS)
    assert_allclose(fitted.score(cut(X), cut(NUMBERS), 2.0), wanted, rtol=1e-9)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        fitted.score(cut(X), cut(NUMBERS * np.nan))


# Plain estimators


@pytest.mark.parametrize(
    ("estimator", "settings", "samples"),
    [
        (sknn.MLPRegressor, MLP, X),
        (sknn.CNNRegressor, CNN, IMAGES),
        (sknn.SequentialRegressor, SEQUENTIAL, X),
    ],
)
def test_plain_estimators_warn_that_they_load_collections_whole(estimator, settings, samples):
    name = estimator.__name__
    told = rf"X is a Dask collection, which {name} loads .* Use sknn\.dask\.Dask{name}, .*compute"
    with pytest.warns(UserWarning, match=told) as caught:
        fitted = estimator(**settings).fit(cut(samples), NUMBERS)
    assert sum("Dask" in str(one.message) for one in caught) == 1
    assert caught[0].filename == __file__
    assert_same_fit(fitted, estimator(**settings).fit(samples, NUMBERS))
    with pytest.warns(UserWarning, match=told):
        assert_array_equal(fitted.predict(cut(samples)), fitted.predict(samples))


def test_plain_estimators_warn_of_frames_and_name_what_they_are_derived_from():
    class Own(sknn.MLPClassifier):
        pass

    Own._get_param_names = sknn.MLPClassifier._get_param_names
    with pytest.warns(UserWarning, match=r"Use sknn\.dask\.DaskMLPClassifier"):
        Own(**MLP).fit(frame(X), CLASSES)


def test_seed_of_a_block_is_none_of_dropout():
    drawn = {stream(3, 1, 2, part).random() for part in (0, 1, ROWS_OF_BLOCK)}
    assert len(drawn) == 3
