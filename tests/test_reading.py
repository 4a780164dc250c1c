"""What estimators read: plain arrays skip scikit-learn's validation, with the same outcome."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.utils import check_X_y

from sknn import MLPClassifier, MLPRegressor, SequentialClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4))
Y = np.arange(12) % 3
NAN, INFINITE = X.copy(), X.copy()
NAN[3, 1], INFINITE[5, 2] = np.nan, np.inf
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def new(make=MLPClassifier, **params):
    return make(**{"hidden_layer_sizes": (3,), "max_iter": 1, "random_state": 0, **params})


def theta(X, y, make=MLPClassifier):
    return new(make).fit(X, y)._model.theta


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (NAN, Y),
        (INFINITE, Y),
        (csr_array(NAN), Y),
        (X, np.where(Y == 1, np.nan, Y)),
        (X, np.where(Y == 1, np.inf, Y)),
        (X, Y[:-1]),
        (X[:-1], Y),
        (X[:0], Y[:0]),
        (X[:, :0], Y),
        (X[:, 0], Y),
        (X[None], Y),
        (X * 1j, Y),
        (X, Y * 1j),
        (X, np.array(3)),
        (X, Y.reshape(2, 2, 3)),
    ],
)
def test_arrays_that_scikit_learn_refuses_are_refused(X, y):
    with pytest.raises((TypeError, ValueError), match=r".") as theirs:
        check_X_y(X, y, accept_sparse="csr", multi_output=True, y_numeric=True)
    first, *_ = str(theirs.value).split()
    for make in (MLPClassifier, MLPRegressor):
        reader = new(make)
        with pytest.raises(theirs.type, match=r".") as ours:
            reader.fit(X, y)
        assert not hasattr(reader, "n_features_in_")
        assert first in str(ours.value)


@pytest.mark.parametrize(
    "like",
    [
        lambda X: X.tolist(),
        np.asfortranarray,
        lambda X: X.astype(">f8"),
        lambda X: X[:, ::-1][:, ::-1],
        lambda X: X.astype(object),
    ],
    ids=["list", "Fortran", "big-endian", "strided", "objects"],
)
@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor, SequentialClassifier])
def test_arrays_of_any_layout_are_read_as_plain_ones(make, like):
    def fitted(X):
        params = {"layers": []} if make is SequentialClassifier else {"hidden_layer_sizes": (3,)}
        return make(**params, max_iter=1, random_state=0).fit(X, Y)

    plain, other = fitted(X), fitted(like(X))
    assert_array_equal(other._model.theta, plain._model.theta)
    assert other._model.dtype == plain._model.dtype == np.float64
    assert other.n_features_in_ == plain.n_features_in_ == 4


@pytest.mark.parametrize("kind", [csr_array, csr_matrix, csc_array, coo_array])
def test_sparse_rows_of_any_kind_are_read_alike(kind):
    assert_array_equal(theta(kind(X), Y), theta(csr_array(X), Y))
    fitted = new().fit(csr_array(X), Y)
    assert_array_equal(fitted.predict_proba(kind(X)), fitted.predict_proba(csr_array(X)))
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
        fitted.predict(kind(X[:, :3]))


@pytest.mark.parametrize("dtype", [np.float16, np.int32, np.bool_])
def test_numbers_of_other_dtypes_become_float64(dtype):
    given = (10 * X).astype(dtype)
    assert_array_equal(theta(given, Y), theta(given.astype(np.float64), Y))


def test_column_of_labels_is_a_vector_with_the_warning_of_scikit_learn():
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        column = theta(X, Y[:, None])
    assert_array_equal(column, theta(X, Y))


def test_strings_are_labels_and_no_targets():
    names = np.array(["a", "b", "c"])
    assert_array_equal(theta(X, names[Y]), theta(X, Y))
    with pytest.raises(ValueError, match=r"y|could not convert"):
        new(MLPRegressor).fit(X, names[Y])


def test_warm_fit_refuses_another_number_of_features():
    warm = new(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4"):
        warm.fit(X[:, :3].copy(), Y)


def test_names_of_features_are_forgotten_by_a_fit_to_an_array():
    pandas = pytest.importorskip("pandas")
    named = new().fit(pandas.DataFrame(X, columns=list("abcd")), Y)
    assert hasattr(named, "feature_names_in_")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", category=UserWarning)
        named.fit(X, Y)
    assert not hasattr(named, "feature_names_in_")
    assert_array_equal(named._model.theta, theta(X, Y))
