"""Images that are probably not what was meant are named, with what to pass instead."""

import re
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array

from sknn import CNNClassifier, CNNRegressor, SequentialClassifier, TrainingWarning
from sknn.estimators.pixels import warn_of_range, warn_of_shape
from sknn.nn import BatchNorm, Conv2D, Flatten

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
Y = np.arange(6) % 2


def told(call, *args):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*args)
    return " ".join(str(each.message) for each in caught if each.category is TrainingWarning)


def of_fit(X, make=CNNClassifier, **params):
    settings = {"max_iter": 1, "random_state": 0} | params
    if make in (CNNClassifier, CNNRegressor):
        settings = {"filters": (1,), "hidden_layer_sizes": (), "pooling": None} | settings
    return told(make(**settings).fit, X, Y)


@pytest.mark.parametrize(
    ("shape", "warns"),
    [
        ((3, 32, 32), True),
        ((1, 28, 28), True),
        ((4, 240, 320), True),
        ((3, 10, 29), True),
        ((3, 10, 30), False),  # a strip of ten columns with many channels
        ((1, 9, 3), False),
        ((3, 3, 32), False),
        ((32, 32, 3), False),
        ((3, 32, 3), False),
    ],
)
def test_channels_first_are_named(shape, warns):
    text = told(warn_of_shape, shape, np.prod(shape), False, "TabularClassifier")
    assert bool(text) == warns
    if warns:
        c, h, w = shape
        assert f"height {c}, width {h} and {w} channels" in text
        assert f"numpy.moveaxis(X, 1, -1), of shape (n, {h}, {w}, {c})" in text


def test_flat_samples_that_are_no_square_are_named():
    with_colours = told(warn_of_shape, (1, 192, 1), 192, True, "TabularClassifier")
    assert "192 features" in with_colours
    assert "1 x 192 pixels" in with_colours
    assert "such as (8, 8, 3). For tables, use TabularClassifier." in with_colours
    assert ", such as" not in told(warn_of_shape, (1, 30, 1), 30, True, "TabularClassifier")
    for shape, guessed in (((8, 8, 1), True), ((1, 30, 1), False), ((1, 1, 1), True)):
        assert told(warn_of_shape, shape, np.prod(shape), guessed, "T") == ""


@pytest.mark.parametrize(
    ("most", "remedy"),
    [
        (1, "X.astype(float)"),
        (7, "X / 7"),
        (9, "X / 9"),
        (10, "X / 16"),
        (15, "X / 16"),
        (16, "X / 16"),
        (17, None),
        (255, None),
        (256, "X / 65535"),
        (4095, "X / 65535"),
        (70_000, "X / 70000"),
    ],
)
def test_integers_in_another_range_than_to_255_are_named(most, remedy):
    X = np.array([[0, most], [0, 1]])
    text = told(warn_of_range, X, True)
    if remedy is None:
        assert text == ""
    else:
        assert f"integers from 0 to {most}." in text
        assert f"divided by 255. Pass {remedy} to" in text


def test_integers_of_one_value_or_below_zero_are_not_named():
    assert told(warn_of_range, np.ones((2, 2), int), True) == ""
    assert told(warn_of_range, np.array([[-3, 3]]), True) == ""
    assert told(warn_of_range, np.zeros((0, 2), int), True) == ""


@pytest.mark.parametrize(
    ("X", "remedy"),
    [
        ([0.0, 255.0], "X / 255 or X.astype(numpy.uint8)."),
        ([6.4, 65.0], "X / 255 or X.astype(numpy.uint8)."),
        ([0.0, 256.0], "X / 65535."),
        ([0.0, 65536.0], "X / X.max()."),
        ([0.0, 64.0], None),
        ([-1.0, 255.0], None),
        ([30.0, 255.0], None),
        ([0.0, 1.0], None),
    ],
)
def test_floats_far_beyond_one_are_named(X, remedy):
    text = told(warn_of_range, np.array([X]), False)
    assert (
        (f"from {X[0]:g} to {X[1]:g}" in text and f"Pass {remedy}" in text) if remedy else not text
    )


def test_sparse_pixels_are_looked_at():
    assert "X / 255" in told(warn_of_range, csr_array([[0.0, 255.0], [3.0, 0.0]]), False)


@pytest.mark.parametrize("make", [CNNClassifier, CNNRegressor])
def test_fit_says_how_images_were_understood(make):
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 2))
    assert of_fit(images, make) == ""
    assert of_fit(images / 255, make) == ""
    assert "channels are probably first" in of_fit(np.moveaxis(images, -1, 1) / 255, make)
    assert "channels are probably first" in of_fit(
        images.reshape(6, -1), make, input_shape=(2, 5, 5)
    )
    assert "floats from 0 to 255" in of_fit(images.astype(float), make)
    both = of_fit(np.moveaxis(images, -1, 1).astype(float), make)  # the first warning is enough
    assert "channels are probably first" in both
    assert "floats from 0 to 255" not in both
    table = "Tabular" + make.__name__.removeprefix("CNN")
    assert re.search(f"50 features.* For tables, use {table}", of_fit(images.reshape(6, -1), make))
    assert of_fit(images.reshape(6, -1), make, input_shape=(5, 5, 2)) == ""
    assert of_fit(images.reshape(6, -1), make, input_shape=(1, 50)) == ""


def test_only_the_fit_that_learns_the_images_warns():
    X = np.tile(np.arange(9.0).reshape(3, 3) * 30, (6, 1, 1))
    clf = CNNClassifier((1,), hidden_layer_sizes=(), max_iter=1, pooling=None)
    assert "floats from 0 to 240" in told(clf.partial_fit, X, Y, None, [0, 1])
    assert told(clf.partial_fit, X, Y) == ""
    assert told(clf.predict, X) == ""


def test_network_that_normalises_its_input_takes_any_range():
    X = np.tile(np.arange(9.0).reshape(3, 3) * 30, (6, 1, 1))
    layers = [Conv2D(1), Flatten()]
    assert "floats from 0 to 240" in of_fit(X, SequentialClassifier, layers=layers)
    assert of_fit(X, SequentialClassifier, layers=[BatchNorm(), *layers]) == ""
    assert of_fit(X.reshape(6, 9), SequentialClassifier, layers=[Flatten()]) == ""
