"""CNNClassifier and CNNRegressor: their layers, what they compute, and what cannot be."""

import inspect
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from cnns import (
    BOTH,
    ONE_BLOCK,
    STILL,
    assert_same_weights,
    convolved,
    forward,
    hidden_activations,
    outputs,
    pooled,
    problem,
    small,
)
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknn import CNNClassifier, MLPClassifier, MLPRegressor
from sknn.nn import AveragePool2D, BatchNorm, Conv2D, Dense, Dropout, Flatten, LayerNorm, MaxPool2D

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# The layers that parameters stand for


KINDS = {
    Conv2D: ("filters", "kernel_size", "stride", "padding", "activation"),
    Dense: ("units", "activation"),
    MaxPool2D: ("pool_size", "stride", "padding"),
    AveragePool2D: ("pool_size", "stride", "padding"),
    Dropout: ("rate",),
}


def stack(estimator):
    """What layers there are for three outputs: their kinds and settings."""
    return [
        (type(layer), *(getattr(layer, name) for name in KINDS.get(type(layer), ())))
        for layer in estimator._layers(3)
    ]


@BOTH
def test_defaults_are_two_blocks_and_a_dense_layer(make):
    assert stack(make()) == [
        (Conv2D, 32, 3, 1, "same", "relu"),
        (MaxPool2D, 2, None, "same"),
        (Conv2D, 64, 3, 1, "same", "relu"),
        (MaxPool2D, 2, None, "same"),
        (Flatten,),
        (Dense, 128, "relu"),
        (Dense, 3, "identity"),
    ]


CONV, POOL = (Conv2D, 5, 3, 1, "same", "relu"), (MaxPool2D, 2, None, "same")
OUTPUT = (Dense, 3, "identity")
ONE = {"filters": (5,), "hidden_layer_sizes": ()}
TWO = {"filters": (5, 7), "hidden_layer_sizes": (), "pooling": None}
PARAMETERS = [
    (ONE, [CONV, POOL, (Flatten,), OUTPUT]),
    ({**ONE, "filters": 5}, [CONV, POOL, (Flatten,), OUTPUT]),
    ({"filters": (), "hidden_layer_sizes": 4}, [(Flatten,), (Dense, 4, "relu"), OUTPUT]),
    ({"filters": (), "hidden_layer_sizes": ()}, [(Flatten,), OUTPUT]),
    (
        {**ONE, "pooling": "average", "pool_size": 3, "pool_stride": 2},
        [CONV, (AveragePool2D, 3, 2, "same"), (Flatten,), OUTPUT],
    ),
    (
        {**ONE, "kernel_size": ((3, 5),), "stride": ((2, 1),), "padding": ((1, 2),)},
        [(Conv2D, 5, (3, 5), (2, 1), (1, 2), "relu"), POOL, (Flatten,), OUTPUT],
    ),
    (
        {**TWO, "kernel_size": (3, 5), "stride": (1, 2), "padding": ("valid", 1)},
        [(Conv2D, 5, 3, 1, "valid", "relu"), (Conv2D, 7, 5, 2, 1, "relu"), (Flatten,), OUTPUT],
    ),
    (
        {**TWO, "pooling": [None, "max"], "pool_size": (2, 3), "pool_stride": (None, 1)},
        [
            CONV,
            (Conv2D, 7, 3, 1, "same", "relu"),
            (MaxPool2D, 3, 1, "same"),
            (Flatten,),
            OUTPUT,
        ],
    ),
    (
        {**ONE, "hidden_layer_sizes": (4, 6), "activation": ["tanh", "elu", "relu"]},
        [
            (Conv2D, 5, 3, 1, "same", "tanh"),
            POOL,
            (Flatten,),
            (Dense, 4, "elu"),
            (Dense, 6, "relu"),
            OUTPUT,
        ],
    ),
    (
        {**ONE, "hidden_layer_sizes": (4, 6), "dropout": 0.5},
        [
            CONV,
            POOL,
            (Flatten,),
            (Dense, 4, "relu"),
            (Dropout, 0.5),
            (Dense, 6, "relu"),
            (Dropout, 0.5),
            OUTPUT,
        ],
    ),
    (
        {**ONE, "hidden_layer_sizes": (4,), "dropout": [0.1, 0.2, 0.3]},
        [
            (Dropout, 0.1),
            CONV,
            POOL,
            (Dropout, 0.2),
            (Flatten,),
            (Dense, 4, "relu"),
            (Dropout, 0.3),
            OUTPUT,
        ],
    ),
]


@pytest.mark.parametrize(("params", "wanted"), PARAMETERS, ids=lambda value: str(value)[:60])
@BOTH
def test_parameters_say_which_layers_there_are(make, params, wanted):
    assert stack(make(**params)) == wanted


@pytest.mark.parametrize(("name", "kind"), [("batch", BatchNorm), ("layer", LayerNorm)])
@BOTH
def test_normalisation_is_before_activation_and_pooling(make, name, kind):
    layers = make((5,), hidden_layer_sizes=(4,), normalization=name)._layers(3)
    kinds = [type(layer).__name__ for layer in layers]
    norm = kind.__name__
    assert kinds == [
        *("Conv2D", norm, "Activate", "MaxPool2D"),
        *("Flatten", "Dense", norm, "Activate", "Dense"),
    ]
    assert [layer.activation for layer in layers if hasattr(layer, "activation")] == [
        *("identity", "relu"),
        *("identity", "relu", "identity"),
    ]


@BOTH
def test_parameters_are_those_of_the_mlp_but_for_blocks_and_images(make):
    ours = inspect.signature(make).parameters
    theirs = inspect.signature(MLPClassifier if make is CNNClassifier else MLPRegressor).parameters
    new = ["filters", "kernel_size", "stride", "padding", "pooling", "pool_size", "pool_stride"]
    new += ["input_shape", "augment"]
    assert set(ours) == {*theirs, *new}
    changed = {"hidden_layer_sizes": (128,), "batch_size": 64, "max_iter": 20}
    for name in theirs:
        assert ours[name].default == changed.get(name, theirs[name].default)
    assert next(iter(ours)) == "filters"
    assert all(ours[name].kind is inspect.Parameter.KEYWORD_ONLY for name in list(ours)[1:])


def test_pooling_makes_a_side_half_as_long_and_rounds_up():
    X, y = normal(20, 7, 1), np.arange(20) % 2
    clf = CNNClassifier((2, 2, 2), hidden_layer_sizes=(), max_iter=1).fit(X, y)
    of_blocks = clf._model.network.shapes[:7:2]
    assert of_blocks == [(7, 1, 1), (4, 1, 2), (2, 1, 2), (1, 1, 2)]


@pytest.mark.parametrize(
    ("activation", "half_width"),
    [
        ("relu", np.sqrt(6 / 18)),  # He et al. (2015): variance 2 / fan_in
        ("tanh", np.sqrt(6 / (18 + 9 * 200))),  # Glorot & Bengio (2010)
    ],
)
def test_weights_of_convolutions_are_drawn_for_their_activation(activation, half_width):
    X, y = normal(20, 4, 4, 2), np.arange(20) % 2
    params = {"activation": activation, "hidden_layer_sizes": (), "random_state": 0}
    clf = CNNClassifier((200,), **params, **STILL, max_iter=1).fit(X, y)
    weights, biases = clf.coefs_[0], clf.intercepts_[0]
    assert np.abs(weights).max() <= half_width * (1 + 1e-6)
    assert_allclose(weights.var(), half_width**2 / 3, rtol=0.05)
    assert_allclose(weights.mean(), 0, atol=0.05 * half_width)
    assert_array_equal(biases, np.zeros(200))


# The network written out


@pytest.mark.parametrize(("pooling", "reduce"), [("max", np.max), ("average", np.mean)])
@pytest.mark.parametrize("shape", [(7, 5, 2), (8, 8, 1), (1, 9, 3)])
@BOTH
def test_prediction_and_transform_are_the_forward_pass_written_out(make, shape, pooling, reduce):
    X, y = normal(20, *shape), np.arange(20) % 3
    estimator = small(make, **ONE_BLOCK, pooling=pooling).fit(X, y)
    assert_allclose(outputs(estimator, X), forward(estimator, X, reduce), rtol=1e-10, atol=1e-12)
    block, dense = hidden_activations(estimator, X, reduce)
    for layer, hidden in [(0, block), (-2, block), (1, dense), (-1, dense)]:
        assert_allclose(estimator.transform(X, layer), hidden, rtol=1e-10, atol=1e-12)
    assert_array_equal(estimator.transform(X), estimator.transform(X, layer=-1))
    assert len(estimator.get_feature_names_out()) == estimator.transform(X).shape[1] == 6


def test_prediction_after_valid_borders_and_no_pooling_is_the_forward_pass_written_out():
    X, y = normal(20, 6, 7, 2), np.arange(20) % 3
    params = {"padding": "valid", "pooling": None, "hidden_layer_sizes": (), "activation": "tanh"}
    clf = small(CNNClassifier, **ONE_BLOCK, **params).fit(X, y)
    (kernel, weight), (shift, bias) = clf.coefs_, clf.intercepts_
    hidden = np.tanh(convolved(X, kernel, shift, "valid")).reshape(len(X), -1)
    assert hidden.shape[1] == 4 * 5 * 3
    assert_allclose(clf.transform(X), hidden, rtol=1e-10, atol=1e-12)
    assert_allclose(clf.predict_proba(X), softmax(hidden @ weight + bias, axis=1), rtol=1e-9)


@BOTH
def test_transform_is_after_pooling_and_normalisation_and_before_dropout(make):
    X, y = problem(make)
    params = {"dropout": [0.1, 0.2, 0.3], "normalization": "batch"}
    estimator = small(make, **ONE_BLOCK, **params).fit(X, y)
    of_norm = 2  # after dropout of the input and the convolution
    norm, state = estimator._model.params[of_norm], estimator._model._state[of_norm]
    z = convolved(X[..., None].astype(float), estimator.coefs_[0], estimator.intercepts_[0])
    normal_z = (z - state["mean"]) / np.sqrt(state["variance"] + 1e-5)
    block = pooled(np.maximum(normal_z * norm["scale"] + norm["shift"], 0), np.max)
    assert np.any(state["mean"])
    assert_allclose(estimator.transform(X, 0), block.reshape(len(X), -1), rtol=1e-9, atol=1e-12)


@BOTH
def test_network_without_hidden_layers_is_a_linear_model(make):
    """The same weights as of the dense network, which draws them by the same rule."""
    X, y = problem(make)
    params = {"hidden_layer_sizes": (), "weight_init": "glorot_uniform", "random_state": 0}
    params |= {"max_iter": 5, "batch_size": 20, "dtype": "float64"}
    mlp = (MLPClassifier if make is CNNClassifier else MLPRegressor)(**params)
    cnn = make(filters=(), **params)
    mlp.fit(X.reshape(len(X), -1), y), cnn.fit(X, y)
    assert_same_weights(cnn, mlp)


# Weights given by hand


@pytest.mark.parametrize("how", ["lists replaced", "one array replaced", "edited in place"])
@BOTH
def test_weights_changed_by_hand_are_used(make, how):
    X, y = normal(20, 7, 5, 2), np.arange(20) % 3
    estimator = small(make, **ONE_BLOCK, warm_start=True).fit(X, y)
    if how == "lists replaced":
        estimator.coefs_ = [array * 0.5 for array in estimator.coefs_]
        estimator.intercepts_ = [array + 0.1 for array in estimator.intercepts_]
    elif how == "one array replaced":
        estimator.coefs_[0] = estimator.coefs_[0] * 0.5
    else:
        estimator.coefs_[0][:, 1] = 0.0
        estimator.intercepts_[1] += 1.0
    wanted = forward(estimator, X)
    assert_allclose(outputs(estimator, X), wanted, rtol=1e-10, atol=1e-12)
    again = pickle.loads(pickle.dumps(estimator))
    assert_array_equal(outputs(again, X), outputs(estimator, X))
    estimator.set_params(**STILL, max_iter=1).fit(X, y)
    assert_allclose(outputs(estimator, X), wanted, rtol=1e-10, atol=1e-12)


@BOTH
def test_weights_of_wrong_shape_set_by_hand_raise(make):
    X, y = problem(make)
    estimator = small(make).fit(X, y)
    estimator.coefs_[0] = np.zeros((3, 3, 2, 3))
    with pytest.raises(ValueError, match=r"coefs_ must be arrays of shapes \[\(3, 3, 1, 3\)"):
        estimator.predict(X)


@BOTH
def test_coef_init_of_wrong_shapes_raises_by_its_name(make):
    X, y = problem(make)
    message = r"^coef_init must be arrays of shapes \[\(3, 3, 1, 3\), \(3, 3, 3, 4\), .*, got \["
    with pytest.raises(ValueError, match=message):
        small(make).fit(X, y, coef_init=[np.zeros((9, 3)), np.zeros((27, 4))])


# What cannot be


def assert_refused(estimator, message, X=None):
    images, y = problem(type(estimator))
    before = dict(vars(estimator))
    with pytest.raises(ValueError, match=message):
        estimator.fit(images if X is None else X, y)
    assert vars(estimator) == before


@BOTH
@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding", "pooling", "pool_size",
                                  "pool_stride"])  # fmt: skip
def test_tuples_of_another_length_than_filters_raise(make, name):
    value = {"padding": "same", "pooling": "max"}.get(name, 2)
    message = (
        rf"^{name} must be one value for all blocks or a tuple of 2, one per entry of filters, got "
        rf"{re.escape(repr((value,) * 3))}\. A pair \(height, width\) goes inside the tuple: "
    )
    assert_refused(make((3, 4), **{name: (value,) * 3}), message)
    assert_refused(make((3, 4), **{name: [value]}), f"^{name} must be one value for all blocks")


@BOTH
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"activation": ["relu"] * 2}, "activation must be .* a list of 3, one per hidden layer"),
        (
            {"dropout": [0.1] * 3},
            "dropout must be .* a list of 4 rates, the first one for the input",
        ),
        ({"filters": (3, 0)}, r"filters must be > 0, got \[3, 0\]"),
        ({"filters": (3, 2.5)}, "filters must be an int or a sequence of ints, one per block"),
        ({"pooling": ("max", "min")}, r"pooling must be None or one of \['average', 'max'\], got "),
    ],
)
def test_lists_that_do_not_fit_the_layers_raise(make, params, message):
    assert_refused(make(**{"filters": (3, 4), "hidden_layer_sizes": (5,)} | params), message)


@BOTH
@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"filters": (3, 4, 5), "padding": "valid"},
            r"^Layer conv2d3, Conv2D\(.*\): needs images of at least 3 x 3 pixels with "
            r"padding='valid', got 1 x 1\. Use padding='same', a smaller window, or less pooling",
        ),
        ({"kernel_size": 9, "padding": "valid"}, r"^Layer conv2d1, .* at least 9 x 9 .* got 8 x 8"),
        ({"kernel_size": (3, "a")}, r"^Layer conv2d2, .*kernel_size must be an int of at least 1"),
        ({"kernel_size": (3, (1, 2, 3))}, r"^Layer conv2d2, .*or a pair of ints, got \(1, 2, 3\)"),
        ({"stride": ((0, 1), 1)}, r"^Layer conv2d1, .*stride must be an int of at least 1"),
        ({"padding": ("same", "full")}, r"^Layer conv2d2, .*padding must be 'same', 'valid'"),
        ({"pool_size": (2, (1, 0))}, r"^Layer maxpool2d2, .*pool_size must be an int of at least"),
    ],
)
def test_layers_that_cannot_be_raise_by_their_names(make, params, message):
    assert_refused(make(**{"filters": (3, 4), "max_iter": 1} | params), message)


@BOTH
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"augment": "shift"}, "solver='lbfgs' .* cannot train with .*augment"),
        ({"dropout": 0.1}, "solver='lbfgs' .* cannot train with dropout"),
    ],
)
def test_lbfgs_refuses_what_draws_anew_at_every_step(make, params, message):
    assert_refused(small(make, solver="lbfgs", **params), message)


# Learning


def test_digits_are_learnt_with_few_filters():
    X, y = load_digits(return_X_y=True)
    X = (X.reshape(-1, 8, 8) * 15).astype(np.uint8)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    params = {"learning_rate": "one_cycle", "learning_rate_init": 0.01, "random_state": 0}
    clf = CNNClassifier((16, 32), max_iter=8, **params)
    assert clf.fit(X_train, y_train).score(X_test, y_test) > 0.97


MEMORY = """
import re
import numpy as np
from sklearn.model_selection import ShuffleSplit
from sknn import CNNClassifier
X = np.random.default_rng(0).integers(0, 256, (60_000, 28, 28), np.uint8)
y = np.arange(len(X)) % 10
split = ShuffleSplit(1, train_size=1000, test_size=2000, random_state=0)
clf = CNNClassifier(max_iter=1, early_stopping=True, validation_fraction=split)
clf.fit(X, y).predict(X[:5000])
print(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_images_of_the_size_of_mnist_are_trained_on_in_less_than_400_mb():
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MEMORY], capture_output=True, text=True, check=True
    )
    assert int(result.stdout) < 400_000
