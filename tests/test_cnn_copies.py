"""Copies of CNNs, and calls on several threads: the same predictions, nothing shared."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import pytest
from cnns import BOTH, assert_same_weights, outputs, problem, small
from numpy.testing import assert_array_equal
from sklearn.base import clone
from threadpoolctl import threadpool_limits

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

COPIES = pytest.mark.parametrize(
    "copied", [lambda own: pickle.loads(pickle.dumps(own)), copy.deepcopy], ids=["pickle", "copy"]
)


@COPIES
@pytest.mark.parametrize(
    "params",
    [{}, {"normalization": "batch"}, {"solver": "lbfgs"}, {"early_stopping": True}],
    ids=str,
)
@BOTH
def test_copy_predicts_the_same_and_stands_alone(make, params, copied):
    X, y = problem(make)
    original = small(make, **params).fit(X, y)
    predicted = outputs(original, X)
    other = copied(original)
    assert_array_equal(outputs(other, X), predicted)
    assert_same_weights(other, original)
    assert (other.image_shape_, other.image_scale_) == ((8, 8, 1), 1)
    other.coefs_[0][:] = 0
    assert_array_equal(outputs(original, X), predicted)


@pytest.mark.parametrize("params", [{}, {"normalization": "batch", "dropout": 0.5}], ids=str)
@BOTH
def test_pickle_after_a_fit_is_hardly_larger_than_the_weights(make, params):
    X, y = problem(make, pixels=True)
    estimator = make((32, 64), max_iter=2, **params).fit(X, y)
    weights = estimator._model.theta.nbytes
    assert len(pickle.dumps(estimator)) < 1.2 * weights + 20_000
    assert len(pickle.dumps(estimator.partial_fit(X, y))) > 3 * weights  # and Adam's two moments


@BOTH
def test_model_read_from_a_memory_map_predicts_and_goes_on(make, tmp_path):
    X, y = problem(make)
    estimator = small(make, normalization="batch").fit(X, y)
    joblib.dump(estimator, tmp_path / "model")
    mapped = joblib.load(tmp_path / "model", mmap_mode="r")
    assert_array_equal(outputs(mapped, X), outputs(estimator, X))
    assert_same_weights(mapped.partial_fit(X, y), estimator.partial_fit(X, y))


@BOTH
def test_concurrent_predictions_are_those_of_one_thread(make):
    X, y = problem(make, n=150)
    estimator = small(make, normalization="batch", batch_size=50).fit(X, y)
    expected = outputs(estimator, X)
    with threadpool_limits(3), ThreadPoolExecutor(4) as pool:
        for predicted in pool.map(lambda _: outputs(estimator, X), range(40)):
            assert_array_equal(predicted, expected)


@BOTH
def test_clone_is_unfitted_and_trains_the_same(make):
    X, y = problem(make)
    fitted = small(make, filters=[3, 4], kernel_size=[3, (5, 1)]).fit(X, y)
    other = clone(fitted)
    assert vars(other) == vars(make(**fitted.get_params()))
    assert_same_weights(other.fit(X, y), fitted)
