"""Hidden activations as features, and weights given to start from."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknn import MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.nn import Dense, Dropout, LayerNorm

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])


def problem(make=MLPClassifier, n=60, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    y = X[:, 0] + 0.5 * X[:, 1] ** 2
    return X.astype(dtype), (y > 0.5).astype(int) if make is MLPClassifier else y.astype(dtype)


def fitted(make, dtype=np.float64, **params):
    X, y = problem(make, dtype=dtype)
    settings = {"hidden_layer_sizes": (6, 5), "max_iter": 3, "random_state": 0}
    return make(**{**settings, **params}).fit(X, y), X


# transform


@dtypes
@both
def test_transform_gives_the_hidden_activations(make, dtype):
    estimator, X = fitted(make, dtype, activation=["tanh", "relu"])
    w, b = estimator.coefs_, estimator.intercepts_
    first = np.tanh(X @ w[0] + b[0])
    second = np.maximum(first @ w[1] + b[1], 0)
    tolerance = {"rtol": 1e-4, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-12}
    for layer, hidden in ((0, first), (-2, first), (1, second), (-1, second)):
        assert_allclose(estimator.transform(X, layer), hidden, **tolerance)
    assert_array_equal(estimator.transform(X), estimator.transform(X, layer=-1))
    assert estimator.transform(X).dtype == dtype
    assert_array_equal(pickle.loads(pickle.dumps(estimator)).transform(X), estimator.transform(X))
    sparse = estimator.transform(csr_array(X))
    assert_allclose(sparse, second, **tolerance)


@both
def test_transform_is_before_dropout_and_after_normalization(make):
    estimator, X = fitted(make, dropout=[0.1, 0.2, 0.3], normalization="layer")
    w, b = estimator.coefs_, estimator.intercepts_
    z = X @ w[0] + b[0]
    normal = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
    norm = estimator._model.params[2]
    hidden = np.maximum(normal * norm["scale"] + norm["shift"], 0)
    assert_allclose(estimator.transform(X, 0), hidden, rtol=1e-9, atol=1e-12)
    assert estimator.transform(X, 1).shape == (len(X), 5)


@pytest.mark.parametrize("layer", [2, -3, 10])
def test_transform_by_a_layer_that_is_not_there_raises(layer):
    clf, X = fitted(MLPClassifier)
    with pytest.raises(ValueError, match="layer must be an int from -2 to 1"):
        clf.transform(X, layer)


@both
def test_transform_before_fit_raises(make):
    X, _ = problem()
    with pytest.raises(NotFittedError):
        make().transform(X)


@both
def test_names_of_features_are_those_of_the_class_and_numbers(make):
    estimator, _ = fitted(make)
    prefix = make.__name__.lower()
    wanted = [f"{prefix}{number}" for number in range(5)]
    assert_array_equal(estimator.get_feature_names_out(), wanted)


@both
def test_transform_gives_a_frame_if_asked_to(make):
    pd = pytest.importorskip("pandas")
    X, y = problem(make)
    index = [f"row {i}" for i in range(len(X))]
    frame = pd.DataFrame(X, columns=list("abcd"), index=index)
    estimator = make(hidden_layer_sizes=(6, 5), max_iter=3, random_state=0).fit(frame, y)
    plain = estimator.transform(frame)
    framed = estimator.set_output(transform="pandas").transform(frame)
    assert_array_equal(framed.to_numpy(), plain)
    assert list(framed.columns) == list(estimator.get_feature_names_out())
    assert list(framed.index) == index


@both
def test_fit_transform_is_fit_and_transform(make):
    estimator, X = fitted(make)
    _, y = problem(make)
    assert_array_equal(clone(estimator).fit_transform(X, y), estimator.transform(X))


def test_network_extracts_features_in_a_pipeline_and_keeps_float32():
    X, y = problem(dtype=np.float32, n=200)
    network = MLPClassifier(10, max_iter=100, learning_rate_init=0.01, random_state=0)
    pipeline = make_pipeline(network, LogisticRegression()).fit(X, y)
    assert pipeline.score(X, y) > 0.9
    assert pipeline[0].transform(X).dtype == np.float32
    assert pipeline[-1].coef_.shape == (1, 10)
    assert pipeline[:-1].get_feature_names_out(None).shape == (10,)


def test_sequential_classifier_transforms_by_any_of_its_layers():
    X, y = problem()
    stack = [Dense(6), LayerNorm(), Dropout(0.3), Dense(5, "tanh")]
    clf = SequentialClassifier(stack, max_iter=3, random_state=0).fit(X, y)
    w, b = clf.coefs_, clf.intercepts_
    first = np.maximum(X @ w[0] + b[0], 0)
    assert_allclose(clf.transform(X, 0), first, rtol=1e-12)
    assert_array_equal(clf.transform(X, 2), clf.transform(X, 1))  # dropout does nothing here
    assert_allclose(clf.transform(X), np.tanh(clf.transform(X, 2) @ w[1] + b[1]), rtol=1e-12)


# coef_init and intercept_init


def same(one, other):
    arrays = zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    return all(np.array_equal(a, b) for a, b in arrays)


@dtypes
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@both
def test_equal_start_gives_an_equal_run(make, solver, dtype):
    X, y = problem(make, dtype=dtype)
    params = {"hidden_layer_sizes": (6, 5), "solver": solver, "random_state": 0, "shuffle": False}
    whole = make(**params, max_iter=4).fit(X, y)
    rate = {"learning_rate_init": 1e-300, "solver": "sgd"}  # leaves the weights as drawn
    start = make(**{**params, **rate}, max_iter=1).fit(X, y)
    given = {"coef_init": start.coefs_, "intercept_init": start.intercepts_}
    again = make(**{**params, "random_state": 1}, max_iter=4).fit(X, y, **given)
    assert same(again, whole)
    assert again.loss_curve_ == whole.loss_curve_
    assert same(start, make(**{**params, **rate}, max_iter=1).fit(X, y))  # not written to


@both
def test_either_may_be_given_without_the_other(make):
    X, y = problem(make)
    params = {"hidden_layer_sizes": 3, "learning_rate_init": 1e-300, "max_iter": 1}
    plain = make(**params, random_state=0).fit(X, y)
    ones = [np.ones_like(w) for w in plain.coefs_]
    given = make(**params, random_state=0).fit(X, y, coef_init=ones)
    for weight, bias, drawn in zip(given.coefs_, given.intercepts_, plain.intercepts_, strict=True):
        assert_array_equal(weight, np.ones_like(weight))
        assert_array_equal(bias, drawn)
    zeros = [np.zeros_like(b).tolist() for b in plain.intercepts_]
    given = make(**params, random_state=0).fit(X, y, intercept_init=zeros)
    assert_array_equal(given.coefs_[0], plain.coefs_[0])
    assert_allclose(given.intercepts_[0], 0, atol=1e-290)


@both
def test_start_at_the_end_of_another_fit_goes_on_from_there(make):
    X, y = problem(make)
    params = {"hidden_layer_sizes": 6, "random_state": 0, "shuffle": False, "max_iter": 20}
    first = make(**params).fit(X, y)
    second = make(**params).fit(X, y, coef_init=first.coefs_, intercept_init=first.intercepts_)
    # Its first loss is that of the weights it was given.
    warm = make(**params, warm_start=True).fit(X, y).fit(X, y)
    assert second.loss_curve_ == warm.loss_curve_[20:]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("coef_init", [np.zeros((2, 6)), np.zeros((6, 1))]),
        ("coef_init", [np.zeros((4, 6))]),
        ("intercept_init", [np.zeros(6), np.zeros(2)]),
        ("intercept_init", [np.zeros((6, 1)), np.zeros(1)]),
    ],
)
@both
def test_start_of_wrong_shapes_raises_by_its_name(make, name, wrong):
    X, y = problem(make)
    estimator = make(hidden_layer_sizes=6)
    with pytest.raises(ValueError, match=rf"^{name} must be arrays of shapes .*, got \["):
        estimator.fit(X, y, **{name: wrong})
    assert not hasattr(estimator, "coefs_")
