import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from sknn import CNNClassifier, MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.nn import Dense, Flatten
from sknn.plotting.layerwise import LayerByLayer, as_image_shape, as_input

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X = np.random.default_rng(0).normal(size=(20, 6))
Y = np.arange(20) % 3


@pytest.fixture(scope="module")
def normalised():
    """A network with dropout and batch normalisation, which predicts otherwise than it trains."""
    settings = {"normalization": "batch", "dropout": 0.5, "activation": "tanh"}
    return MLPClassifier((5, 4), **settings, max_iter=3, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def images():
    """{shape of an image: estimator fitted with such}."""
    settings = {"filters": (2,), "max_iter": 1, "random_state": 0}
    return {
        shape: CNNClassifier(**settings).fit(np.ones((6, *shape)), np.arange(6) % 2)
        for shape in [(3, 2), (3, 2, 1), (2, 3, 2)]
    }


def test_layers_are_named_and_run_as_they_predict(normalised):
    passes = LayerByLayer(normalised, normalised._current_model())
    block = ["dense{}", "batchnorm{}", "activate{}", "dropout{}"]
    assert passes.names == [name.format(i) for i in (1, 2) for name in block] + ["dense3"]
    given = X[:3].copy()
    outputs = list(passes.forward(given))
    assert_array_equal(given, X[:3])
    assert [output.shape for output in outputs] == [(3, 5)] * 4 + [(3, 4)] * 4 + [(3, 3)]
    for number, layer in ((3, 0), (7, 1)):
        assert_allclose(outputs[number], normalised.transform(X[:3], layer=layer), rtol=1e-12)
    assert_allclose(passes.outputs(X[:3]), normalised._outputs(X[:3]), rtol=1e-12)
    for number, one in enumerate(outputs):
        assert not any(np.shares_memory(one, other) for other in [given, *outputs[:number]])


def test_gradient_is_that_of_each_sample_and_changes_no_weight():
    reg = MLPRegressor(hidden_layer_sizes=4, activation="tanh", max_iter=2, random_state=0)
    reg.fit(X, X[:, :2] ** 2)
    model = reg._current_model()
    theta, direction = model.theta.copy(), np.array([2.0, -1.0])
    gradient = LayerByLayer(reg, model).gradient(X[:3], direction)
    (first, second), (bias, _) = reg.coefs_, reg.intercepts_
    slopes = 1 - np.tanh(X[:3] @ first + bias) ** 2
    assert_allclose(gradient, (slopes * (second @ direction)) @ first.T, rtol=1e-10)
    assert_array_equal(model.theta, theta)
    assert_array_equal(direction, [2, -1])


@pytest.mark.parametrize(
    ("given", "n", "wanted"),
    [
        ((2, 3), 6, (2, 3, 1)),
        ([3, 2], 6, (3, 2, 1)),
        ((2, 1, 3), 6, (2, 1, 3)),
        (np.array([2, 3]), 6, (2, 3, 1)),
        ((2, 2), 6, None),
        ((2, 4), 6, None),
        ((6,), 6, None),
        (6, 6, None),
        ((1, 2, 3, 1), 6, None),
        ((-2, -3), 6, None),
        ((4.0, 1.5), 6, None),
    ],
    ids=str,
)
def test_shapes_of_images_are_given_with_or_without_channels(given, n, wanted):
    shape = as_image_shape(given, n)
    assert shape == wanted
    assert shape is None or {type(side) for side in shape} == {int}


@pytest.mark.parametrize("shape", [(3, 2), (3, 2, 1), (2, 3, 2)], ids=str)
def test_an_image_comes_flat_or_not_alone_or_as_the_only_row(shape, images):
    estimator = images[shape]
    model = estimator._current_model()
    image = np.arange(np.prod(shape), dtype=float).reshape(shape)
    wanted = image.reshape(1, *shape[:2], -1)
    ways = [image, image.ravel(), image[None], image.reshape(1, -1), image.tolist()]
    if wanted.shape[-1] == 1:
        ways += [image.reshape(3, 2), image.reshape(1, 3, 2), image.reshape(3, 2, 1)]
    for given in ways:
        x = as_input(estimator, model, given)
        assert_array_equal(x, wanted)
        assert x.dtype == np.float32
        assert not np.shares_memory(x, given)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 2, 1), (11,), (13,), (2, 12), ()], ids=str)
def test_what_is_not_one_image_of_these_channels_raises(shape, images):
    estimator = images[2, 3, 2]
    wanted = rf"shape \(12,\) or \(2, 3, 2\) as in fit, got shape {re.escape(str(shape))}\.$"
    with pytest.raises(ValueError, match="^image must be one sample, of " + wanted):
        as_input(estimator, estimator._current_model(), np.ones(shape), name="image")


def test_a_row_of_a_table_comes_with_its_names_and_in_the_dtype_of_the_fit():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    clf = MLPClassifier(2, max_iter=1, dtype="float32").fit(frame, Y)
    model = clf._current_model()
    x = as_input(clf, model, frame.iloc[[4]])
    assert x.dtype == np.float32
    assert_allclose(x, X[4:5], rtol=1e-6)
    sparse = frame.astype(pd.SparseDtype(float, 0))
    assert_array_equal(as_input(clf, model, sparse.iloc[[4]]), x)
    with pytest.raises(ValueError, match=r"^baseline: .*feature names"):
        as_input(clf, model, frame.iloc[[4]].set_axis(list("abcdeg"), axis=1), name="baseline")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.full(6, np.nan), "^start: .*NaN"),
        (["a"] * 6, "start"),
        (None, "start"),
        (np.ones(6) * 1j, "^start: .*[Cc]omplex"),
    ],
    ids=["nan", "strings", "none", "complex"],
)
def test_what_is_no_sample_of_numbers_is_named(wrong, message, normalised):
    with pytest.raises(ValueError, match=message):
        as_input(normalised, normalised._current_model(), wrong, name="start")


def test_sparse_rows_become_dense_and_their_own(normalised):
    model = normalised._current_model()
    assert_array_equal(as_input(normalised, model, csr_array(X[3:4])), X[3:4])
    row = X[3].copy()
    x = as_input(normalised, model, row)
    x[:] = 0
    assert_array_equal(row, X[3])


def test_flat_samples_of_a_network_that_flattens_are_images():
    clf = SequentialClassifier([Flatten(), Dense(2)], max_iter=1)
    clf.fit(np.ones((6, 2, 3)), np.arange(6) % 2)
    assert as_input(clf, clf._current_model(), np.ones(6)).shape == (1, 2, 3, 1)
