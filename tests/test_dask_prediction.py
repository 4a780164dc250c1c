"""Predictions of Dask collections: computed when they are asked for, equal to those of arrays."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_matrix

from sknn.nn import Dense

da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
dask = pytest.importorskip("dask")
from sknn.dask import (  # noqa: E402
    DaskCNNClassifier,
    DaskMLPClassifier,
    DaskMLPRegressor,
    DaskSequentialClassifier,
    prediction,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, CHUNKS = 30, (12, 0, 18)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4))
IMAGES = RNG.integers(0, 256, (N, 6, 6), dtype=np.uint8)
CLASSES = np.array(["b", "a", "c"])[np.digitize(X[:, 1], [-0.5, 0.5])]
MANY = np.column_stack([X[:, 0] > 0, np.digitize(X[:, 1], [-0.5, 0.5])]).astype(int)
SMALL = {"max_iter": 5, "learning_rate_init": 0.05, "random_state": 0}
QUANTILES = {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    FITTED = {
        "classes": DaskMLPClassifier((5, 3), **SMALL).fit(X, CLASSES),
        "labels": DaskMLPClassifier((5,), **SMALL).fit(X, MANY > 0),
        "many": DaskMLPClassifier((5,), **SMALL).fit(X, MANY),
        "numbers": DaskMLPRegressor(hidden_layer_sizes=(5,), **SMALL).fit(X, X[:, 0]),
        "columns": DaskMLPRegressor(hidden_layer_sizes=(5,), **SMALL).fit(X, X[:, :2]),
        "levels": DaskMLPRegressor(hidden_layer_sizes=(5,), **QUANTILES, **SMALL).fit(X, X[:, 0]),
        "images": DaskCNNClassifier((2,), hidden_layer_sizes=(3,), **SMALL).fit(IMAGES, CLASSES),
        "sequential": DaskSequentialClassifier([Dense(3)], **SMALL).fit(X.astype("f4"), CLASSES),
    }
METHODS = ("predict", "transform", "predict_proba", "predict_log_proba", "predict_interval")
CASES = [
    (name, method)
    for name, fitted in FITTED.items()
    for method in METHODS
    if hasattr(fitted, method)
]


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def cut(array):
    return da.from_array(array, chunks=(CHUNKS, *array.shape[1:]))


def frame(array, columns=None):
    """A Dask frame in blocks of CHUNKS, with an index that counts down."""
    whole = pd.DataFrame(array, index=np.arange(N)[::-1], columns=columns)
    ends = np.cumsum((0, *CHUNKS))
    parts = [whole.iloc[start:stop] for start, stop in pairwise(ends)]
    return whole, dd.from_map(lambda part: part, parts, meta=whole.iloc[:0])


def samples_of(name):
    return {"images": IMAGES, "sequential": X.astype("f4")}.get(name, X)


def assert_alike(got, wanted):
    """Labels are equal; BLAS rounds numbers by the shape of a block."""
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    if wanted.dtype.kind == "f":
        assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    else:
        assert_array_equal(got, wanted)


@pytest.mark.parametrize(("name", "method"), CASES)
def test_arrays_give_lazy_arrays_in_the_same_blocks(name, method):
    fitted, samples = FITTED[name], samples_of(name)
    wanted = getattr(fitted.to_local(), method)(samples)
    got = getattr(fitted, method)(cut(samples))
    if not isinstance(wanted, list):
        got, wanted = [got], [wanted]
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted, strict=True):
        assert isinstance(one, da.Array)
        assert one.chunks == (CHUNKS, *((n,) for n in other.shape[1:]))
        assert (one.dtype, one._meta.dtype, one._meta.ndim) == (
            other.dtype,
            other.dtype,
            other.ndim,
        )
        assert_alike(one.compute(), other)


FRAMES = [case for case in CASES if case[0] not in ("images", "sequential")]


@pytest.mark.parametrize(("name", "method"), FRAMES)
def test_frames_give_lazy_frames_with_their_index(name, method):
    fitted = FITTED[name]
    local = fitted.to_local()
    wanted = getattr(local, method)(X)
    whole, parts = frame(X)
    got = getattr(fitted, method)(parts)
    classes = getattr(local, "classes_", None)
    several = isinstance(wanted, list)
    if not several:
        got, wanted, classes = [got], [wanted], [classes]
    assert len(got) == len(wanted)
    for one, other, names in zip(got, wanted, classes, strict=True):
        assert isinstance(one, dd.Series if other.ndim == 1 else dd.DataFrame)
        found = one.compute()
        assert_array_equal(found.index, whole.index)
        values = found.to_numpy()
        assert_alike(values.astype(other.dtype) if values.dtype == object else values, other)
        if other.ndim == 1:
            assert found.name is None
            assert one._meta.dtype == found.dtype
            continue
        if method == "transform":
            names = local.get_feature_names_out()
        if "proba" not in method and method != "transform":
            names = range(other.shape[1])
        assert found.columns.tolist() == one.columns.tolist() == list(names)
        assert one._meta.dtypes.tolist() == found.dtypes.tolist()


def test_layer_is_passed_on():
    got = FITTED["classes"].transform(cut(X), layer=0)
    assert got.shape == (N, 5)
    assert_alike(got.compute(), FITTED["classes"].to_local().transform(X, layer=0))
    assert_alike(
        FITTED["classes"].transform(X, layer=0), FITTED["classes"].to_local().transform(X, layer=0)
    )
    with pytest.raises(ValueError, match="layer must be an int from -2 to 1"):
        FITTED["classes"].transform(cut(X), layer=2)


def test_names_of_features_are_checked_at_once():
    whole, parts = frame(X, list("abcd"))
    fitted = DaskMLPClassifier((3,), **SMALL).fit(whole, CLASSES)
    assert_array_equal(fitted.predict(parts).compute(), fitted.predict(whole))
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame(X, list("abce"))[1])
    with pytest.raises(ValueError, match="X has 3 features"):
        FITTED["classes"].predict(cut(X[:, :3]))
    with pytest.raises(ValueError, match=r"got 2 column blocks.*X\.rechunk\(\{1: -1\}\)"):
        FITTED["classes"].predict(da.from_array(X, chunks=(CHUNKS, 2)))


def test_nothing_runs_until_it_is_asked_for():
    ran = []

    def looking(block):
        ran.append(len(block))
        return block

    lazy = cut(X).map_blocks(looking, dtype=float, meta=np.empty((0, 0)))
    fitted = FITTED["classes"]
    predicted, activations = fitted.predict(lazy), fitted.transform(lazy)
    probabilities = fitted.predict_proba(lazy)
    assert ran == []
    predicted.blocks[0].compute()
    assert ran == [12]
    dask.compute(predicted, activations, probabilities)
    assert sorted(ran[1:]) == [0, 12, 18]


def test_all_blocks_share_one_model():
    tasks = dict(FITTED["classes"].predict(cut(X)).__dask_graph__())
    assert sum("DaskMLP" in str(key) or "MLPClassifier" in str(key) for key in tasks) == 1


def test_fit_that_follows_does_not_change_predictions_made_before():
    fitted = DaskMLPRegressor(hidden_layer_sizes=(5,), **SMALL).fit(X, X[:, 0])
    wanted, lazy = fitted.predict(X), fitted.predict(cut(X))
    fitted.fit(X, 5 - X[:, 0])
    assert_alike(lazy.compute(), wanted)


def test_unknown_lengths_remain_unknown():
    fitted = FITTED["classes"]
    lazy = fitted.predict_proba(cut(X)[cut(X)[:, 0] > 0])
    assert np.isnan(lazy.shape[0])
    assert lazy.shape[1] == 3
    assert_alike(lazy.compute(), fitted.to_local().predict_proba(X[X[:, 0] > 0]))


def test_sparse_blocks_are_predicted():
    zeros = np.where(X > 0.3, X, 0)
    lazy = cut(zeros).map_blocks(csr_matrix, dtype=float, meta=csr_matrix((0, 0)))
    wanted = FITTED["classes"].to_local().predict_proba(zeros)
    assert_alike(FITTED["classes"].predict_proba(lazy).compute(), wanted)


def test_method_that_there_is_not_is_not_there():
    margins = DaskMLPClassifier((3,), loss="hinge", **SMALL).fit(X, X[:, 0] > 0)
    assert not hasattr(margins, "predict_proba")
    assert not hasattr(FITTED["numbers"], "predict_interval")
    assert not hasattr(FITTED["numbers"], "predict_proba")
    lbfgs = [estimator(solver="lbfgs") for estimator in (DaskMLPClassifier, DaskMLPRegressor)]
    assert not any(hasattr(one, "partial_fit") for one in lbfgs)


def test_arrays_are_predicted_at_once():
    for name, method in CASES:
        got = getattr(FITTED[name], method)(samples_of(name))
        wanted = getattr(FITTED[name].to_local(), method)(samples_of(name))
        for one, other in zip(
            *(g if isinstance(g, list) else [g] for g in (got, wanted)), strict=True
        ):
            assert_array_equal(one, other)


def test_example_has_the_shape_the_dtype_and_the_names():
    whole, parts = frame(X.astype("f4"), list("abcd"))
    assert prediction.example(parts).dtypes.tolist() == whole.dtypes.tolist()
    assert prediction.example(cut(IMAGES)).shape == (1, 6, 6)
    assert prediction.example(cut(IMAGES)).dtype == np.uint8
