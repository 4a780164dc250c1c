"""CNNClassifier and CNNRegressor: all that the dense networks can, on images."""

import copy
import inspect
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate
from scipy.special import expit, huber, softmax
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.callback import ScoringMonitor
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    confusion_matrix,
    log_loss,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    r2_score,
    root_mean_squared_error,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupShuffleSplit,
    KFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from threadpoolctl import threadpool_limits

from sknn import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor
from sknn.nn import AveragePool2D, BatchNorm, Conv2D, Dense, Dropout, Flatten, LayerNorm, MaxPool2D
from sknn.nn.optimizers import Adam

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("make", [CNNClassifier, CNNRegressor])
SOLVERS = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
SMALL = {"filters": (3, 4), "hidden_layer_sizes": (6,), "batch_size": 20, "random_state": 0}


def problem(make=CNNClassifier, n=60):
    """(X, y): images of 8 x 8 pixels, and three classes or numbers to be told from them."""
    images, digits = load_digits(return_X_y=True)
    X = (images[:n].reshape(-1, 8, 8) / 16).astype(np.float32)
    return X, digits[:n] % 3 if make is CNNClassifier else X[:, :, :4].mean(axis=(1, 2))


def small(make, **params):
    return make(**{**SMALL, "max_iter": 3, **params})


def outputs(estimator, X):
    """Predicted numbers, or probabilities."""
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def arrays(estimator):
    return [
        *estimator.coefs_,
        *estimator.intercepts_,
        estimator._model.theta,
        estimator._model.state,
    ]


def assert_same_weights(one, other, **tolerance):
    for a, b in zip(arrays(one), arrays(other), strict=True):
        if tolerance:
            assert_allclose(a, b, **tolerance)
        else:
            assert_array_equal(a, b)


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
ONE_BLOCK = {"filters": (5,), "hidden_layer_sizes": ()}
TWO_BLOCKS = {"filters": (5, 7), "hidden_layer_sizes": (), "pooling": None}
PARAMETERS = [
    (ONE_BLOCK, [CONV, POOL, (Flatten,), OUTPUT]),
    ({**ONE_BLOCK, "filters": 5}, [CONV, POOL, (Flatten,), OUTPUT]),
    ({"filters": (), "hidden_layer_sizes": 4}, [(Flatten,), (Dense, 4, "relu"), OUTPUT]),
    ({"filters": (), "hidden_layer_sizes": ()}, [(Flatten,), OUTPUT]),
    (
        {**ONE_BLOCK, "pooling": "average", "pool_size": 3, "pool_stride": 2},
        [CONV, (AveragePool2D, 3, 2, "same"), (Flatten,), OUTPUT],
    ),
    (
        {**ONE_BLOCK, "kernel_size": ((3, 5),), "stride": ((2, 1),), "padding": ((1, 2),)},
        [(Conv2D, 5, (3, 5), (2, 1), (1, 2), "relu"), POOL, (Flatten,), OUTPUT],
    ),
    (
        {**TWO_BLOCKS, "kernel_size": (3, 5), "stride": (1, 2), "padding": ("valid", 1)},
        [(Conv2D, 5, 3, 1, "valid", "relu"), (Conv2D, 7, 5, 2, 1, "relu"), (Flatten,), OUTPUT],
    ),
    (
        {**TWO_BLOCKS, "pooling": [None, "max"], "pool_size": (2, 3), "pool_stride": (None, 1)},
        [
            CONV,
            (Conv2D, 7, 3, 1, "same", "relu"),
            (MaxPool2D, 3, 1, "same"),
            (Flatten,),
            OUTPUT,
        ],
    ),
    (
        {**ONE_BLOCK, "hidden_layer_sizes": (4, 6), "activation": ["tanh", "elu", "relu"]},
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
        {**ONE_BLOCK, "hidden_layer_sizes": (4, 6), "dropout": 0.5},
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
        {**ONE_BLOCK, "hidden_layer_sizes": (4,), "dropout": [0.1, 0.2, 0.3]},
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


def test_pixels_at_the_borders_of_windows_that_are_pooled_are_real_ones():
    """ "same" borders: a side of n pixels becomes ceil(n / 2), and 1 stays 1."""
    X, y = normal(20, 7, 1), np.arange(20) % 2
    network = CNNClassifier((2, 2, 2), hidden_layer_sizes=(), max_iter=1).fit(X, y)._model.network
    assert network.shapes == [(7, 1, 1), (7, 1, 2), (4, 1, 2), (4, 1, 2), (2, 1, 2), (2, 1, 2),
                              (1, 1, 2), (2,), (1,)]  # fmt: skip


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
    clf = CNNClassifier((200,), **params, solver="sgd", learning_rate_init=1e-300, max_iter=1)
    weights, biases = clf.fit(X, y).coefs_[0], clf.intercepts_[0]
    assert np.abs(weights).max() <= half_width * (1 + 1e-6)
    assert_allclose(weights.var(), half_width**2 / 3, rtol=0.05)
    assert_allclose(weights.mean(), 0, atol=0.05 * half_width)
    assert_array_equal(biases, np.zeros(200))


# The network written out


def convolved(x, weight, bias, mode="same"):
    """The weighted sums of all windows by SciPy; odd kernels."""
    z = [
        sum(
            correlate(x[..., c], weight[None, :, :, c, f], mode, method="direct")
            for c in range(x.shape[-1])
        )
        for f in range(weight.shape[-1])
    ]
    return np.stack(z, axis=-1) + bias


def pooled(x, reduce, size=2):
    """What reduce makes of each window of real pixels."""
    rows, columns = (range(0, side, size) for side in x.shape[1:3])
    return np.stack(
        [
            np.stack([reduce(x[:, i : i + size, j : j + size], axis=(1, 2)) for j in columns], 1)
            for i in rows
        ],
        1,
    )


def hidden_activations(estimator, X, reduce=np.max):
    """(after the block, after the dense layer) of a network of one block."""
    (kernel, dense, _), (shift, bias, _) = estimator.coefs_, estimator.intercepts_
    block = pooled(np.maximum(convolved(X, kernel, shift), 0), reduce).reshape(len(X), -1)
    return block, np.maximum(block @ dense + bias, 0)


def forward(estimator, X, reduce=np.max):
    """Predicted numbers, or probabilities, of a network of one block."""
    _, hidden = hidden_activations(estimator, X, reduce)
    z = hidden @ estimator.coefs_[-1] + estimator.intercepts_[-1]
    if not is_classifier(estimator):
        return z.ravel() if z.shape[1] == 1 else z
    return softmax(z, axis=1) if z.shape[1] > 1 else np.hstack([expit(-z), expit(z)])


ONE = {"filters": (3,), "dtype": "float64"}


@pytest.mark.parametrize(("pooling", "reduce"), [("max", np.max), ("average", np.mean)])
@pytest.mark.parametrize("shape", [(7, 5, 2), (8, 8, 1), (1, 9, 3)])
@BOTH
def test_prediction_and_transform_are_the_forward_pass_written_out(make, shape, pooling, reduce):
    X, y = normal(20, *shape), np.arange(20) % 3
    estimator = small(make, **ONE, pooling=pooling).fit(X, y)
    assert_allclose(outputs(estimator, X), forward(estimator, X, reduce), rtol=1e-10, atol=1e-12)
    block, dense = hidden_activations(estimator, X, reduce)
    for layer, hidden in [(0, block), (-2, block), (1, dense), (-1, dense)]:
        assert_allclose(estimator.transform(X, layer), hidden, rtol=1e-10, atol=1e-12)
    assert_array_equal(estimator.transform(X), estimator.transform(X, layer=-1))
    assert len(estimator.get_feature_names_out()) == estimator.transform(X).shape[1] == 6


def test_prediction_after_valid_borders_and_no_pooling_is_the_forward_pass_written_out():
    X, y = normal(20, 6, 7, 2), np.arange(20) % 3
    params = {"padding": "valid", "pooling": None, "hidden_layer_sizes": (), "activation": "tanh"}
    clf = small(CNNClassifier, **ONE, **params).fit(X, y)
    (kernel, weight), (shift, bias) = clf.coefs_, clf.intercepts_
    x = np.stack([convolved(one[None], kernel, shift, "valid")[0] for one in X])
    hidden = np.tanh(x).reshape(len(X), -1)
    assert hidden.shape[1] == 4 * 5 * 3
    assert_allclose(clf.transform(X), hidden, rtol=1e-10, atol=1e-12)
    assert_allclose(clf.predict_proba(X), softmax(hidden @ weight + bias, axis=1), rtol=1e-9)


@BOTH
def test_transform_is_after_pooling_and_normalisation_and_before_dropout(make):
    X, y = problem(make)
    params = {"dropout": [0.1, 0.2, 0.3], "normalization": "batch"}
    estimator = small(make, **ONE, **params).fit(X, y)
    norm, state = (own[2] for own in (estimator._model.params, estimator._model._state))
    z = convolved(X[..., None].astype(float), estimator.coefs_[0], estimator.intercepts_[0])
    normal_z = (z - state["mean"]) / np.sqrt(state["variance"] + 1e-5)
    block = pooled(np.maximum(normal_z * norm["scale"] + norm["shift"], 0), np.max)
    assert np.any(state["mean"])
    assert_allclose(estimator.transform(X, 0), block.reshape(len(X), -1), rtol=1e-9, atol=1e-12)


def test_transform_gives_a_frame_if_asked_to():
    X, y = problem()
    clf = small(CNNClassifier).fit(X, y)
    plain = clf.transform(X)
    framed = clf.set_output(transform="pandas").transform(X)
    assert list(framed.columns) == [f"cnnclassifier{number}" for number in range(6)]
    assert_array_equal(framed.to_numpy(), plain)


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


# The same in torch


def in_torch(torch, shape, normalization, pooling, n_outputs):
    """The network of ``trained_in_both``, which Conv2D(3), Conv2D(4) and Dense(5) make."""
    nn = torch.nn
    pool = {
        "max": lambda: nn.MaxPool2d(2, ceil_mode=True),
        "average": lambda: nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False),
    }[pooling]
    norm = normalization == "batch"
    height, width, c = shape
    quarter = -(-height // 4) * -(-width // 4)

    class ChannelsLast(nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1)

    return nn.Sequential(
        nn.Conv2d(c, 3, 3, padding="same"),
        *([nn.BatchNorm2d(3)] if norm else []),
        nn.ReLU(),
        pool(),
        nn.Conv2d(3, 4, 3, padding="same"),
        *([nn.BatchNorm2d(4)] if norm else []),
        nn.ReLU(),
        pool(),
        ChannelsLast(),
        nn.Flatten(),
        nn.Linear(4 * quarter, 5),
        *([nn.BatchNorm1d(5)] if norm else []),
        nn.ReLU(),
        nn.Linear(5, n_outputs),
    ).double()


def weighted(torch, network):
    """Its layers with weights."""
    return [m for m in network if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]


def as_ours(weight):
    """A weight of torch with our axes."""
    weight = weight.detach().numpy()
    return weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("normalization", [None, "batch"])
@pytest.mark.parametrize("shape", [(8, 8, 2), (7, 5, 1)])
@BOTH
def test_training_and_prediction_are_those_of_torch(make, shape, normalization, pooling):
    torch = pytest.importorskip("torch")
    X = normal(30, *shape)
    y = np.arange(30) % 3 if make is CNNClassifier else normal(30, 2, seed=1)
    weight = np.linspace(0.5, 1.5, 30) if normalization is None else None
    params = {"filters": (3, 4), "hidden_layer_sizes": (5,), "batch_size": 12, "alpha": 0.3}
    params |= {"normalization": normalization, "pooling": pooling, "dtype": "float64"}
    params |= {"solver": "sgd", "momentum": 0, "shuffle": False, "learning_rate_init": 0.1}
    ours = make(**params, max_iter=3, random_state=0)
    start = clone(ours).set_params(learning_rate_init=1e-300, max_iter=1).fit(X, y)

    theirs = in_torch(torch, shape, normalization, pooling, start.n_outputs_)
    with torch.no_grad():
        for layer, w, b in zip(
            weighted(torch, theirs), start.coefs_, start.intercepts_, strict=True
        ):
            w = w.transpose(3, 2, 0, 1) if w.ndim == 4 else w.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(w)))
            layer.bias.copy_(torch.tensor(b))
    images, targets = torch.tensor(X.transpose(0, 3, 1, 2)), torch.tensor(y)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    losses = []
    for _ in range(3):
        total = 0.0
        for at in (slice(0, 12), slice(12, 24), slice(24, 30)):
            z = theirs(images[at])
            if make is CNNClassifier:
                each = torch.nn.functional.cross_entropy(z, targets[at], reduction="none")
            else:
                each = ((z - targets[at]) ** 2).sum(1) / 2
            w = torch.ones(len(each)) if weight is None else torch.tensor(weight[at])
            squares = sum((layer.weight**2).sum() for layer in weighted(torch, theirs))
            loss = ((w * each).sum() + 0.3 / 2 * squares) / w.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(each)
        losses.append(total / 30)
    theirs.eval()

    ours.fit(X, y, sample_weight=weight)
    for layer, w, b in zip(weighted(torch, theirs), ours.coefs_, ours.intercepts_, strict=True):
        assert_allclose(w, as_ours(layer.weight), rtol=1e-8, atol=1e-11)
        assert_allclose(b, layer.bias.detach().numpy(), rtol=1e-8, atol=1e-11)
    assert_allclose(ours.loss_curve_, losses, rtol=1e-10)
    norms = [m for m in theirs if hasattr(m, "running_mean")]
    own = [state for state in ours._model._state if state]
    for norm, state in zip(norms, own, strict=True):
        assert_allclose(state["mean"][0], norm.running_mean.numpy(), rtol=1e-9, atol=1e-12)
        assert_allclose(state["variance"][0], norm.running_var.numpy(), rtol=1e-9)
    with torch.no_grad():
        z = theirs(images).numpy()
    wanted = softmax(z, axis=1) if make is CNNClassifier else z
    assert_allclose(outputs(ours, X), wanted, rtol=1e-8, atol=1e-11)


# Weights of samples and classes


@SOLVERS
@pytest.mark.parametrize("normalization", [None, "batch"])
@BOTH
def test_weight_of_k_is_the_sample_k_times_in_a_full_batch(make, normalization, solver):
    X, y = problem(make)
    count = np.random.default_rng(0).integers(0, 4, len(X))
    params = {"solver": solver, "max_iter": 5, "alpha": 1.0, "tol": 0, "dtype": "float64"}
    params["normalization"] = normalization
    weighted = small(make, **params, batch_size=len(X)).fit(X, y, sample_weight=count)
    repeated = small(make, **params, batch_size=count.sum())
    repeated.fit(np.repeat(X, count, axis=0), np.repeat(y, count))
    assert_same_weights(weighted, repeated, rtol=1e-6, atol=1e-8)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 5.0, 2: 0.5}])
@SOLVERS
def test_class_weight_is_the_sample_weight_of_scikit_learn(class_weight, solver):
    X, y = problem()
    X, y = X[:50], y[:50]
    by_class = small(CNNClassifier, solver=solver, class_weight=class_weight).fit(X, y)
    by_sample = small(CNNClassifier, solver=solver)
    by_sample.fit(X, y, sample_weight=compute_sample_weight(class_weight, y))
    assert_same_weights(by_class, by_sample, rtol=1e-5, atol=1e-6)


# Validation


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("pixels", [False, True], ids=["floats", "integers"])
@BOTH
def test_validation_data_is_recorded_and_decides_nothing(make, pixels, solver):
    X, y = problem(make)
    X = (X * 255).astype(np.uint8) if pixels else X
    estimator = small(make, solver=solver)
    plain = clone(estimator).fit(X[:40], y[:40])
    estimator.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert_same_weights(estimator, plain)
    assert estimator.validation_scores_ is None
    history = estimator.history_
    for epochs in (1, 2, 3):
        short = clone(estimator).set_params(max_iter=epochs).fit(X[:40], y[:40])
        score = short.score(X[40:], y[40:])
        assert_allclose(history["validation_score"][epochs - 1], score, rtol=1e-5)
        if make is CNNClassifier:
            p = short.predict_proba(X[40:])[np.arange(20), y[40:]]
            loss = -np.log(p).mean()
        else:
            loss = np.mean((y[40:] - short.predict(X[40:])) ** 2) / 2
        assert_allclose(history["validation_loss"][epochs - 1], loss, rtol=1e-4)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@BOTH
def test_early_stopping_by_given_data_returns_the_best_weights(make, solver):
    X, y = problem(make)
    given = {"X_val": X[40:], "y_val": y[40:]}
    params = {"solver": solver, "learning_rate_init": 0.01, "max_iter": 60, "n_iter_no_change": 3}
    estimator = small(make, **params, early_stopping=True).fit(X[:40], y[:40], **given)
    scores = estimator.validation_scores_
    assert len(scores) == estimator.n_iter_ < 60
    assert estimator.best_validation_score_ == max(scores)
    assert_allclose(estimator.score(X[40:], y[40:]), max(scores), rtol=1e-6)
    best = int(np.argmax(scores)) + 1
    plain = small(make, **params | {"max_iter": best, "n_iter_no_change": np.inf, "tol": 0})
    plain.fit(X[:40], y[:40])
    assert_array_equal(estimator.coefs_[0], plain.coefs_[0])


@pytest.mark.parametrize("pixels", [False, True], ids=["floats", "integers"])
@BOTH
def test_early_stopping_holds_out_the_images_of_the_first_split(make, pixels):
    X, y = problem(make)
    X = (X * 255).astype(np.uint8) if pixels else X
    splitter = KFold(4, shuffle=True, random_state=3)
    train, held_out = next(splitter.split(X))
    params = {"max_iter": 4, "shuffle": False}
    split = small(make, **params, early_stopping=True, validation_fraction=splitter).fit(X, y)
    given = small(make, **params, early_stopping=True)
    given.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert_allclose(split.validation_scores_, given.validation_scores_, rtol=1e-6)
    assert_same_weights(split, given)


def test_groups_are_held_out_together():
    X, y = problem()
    groups = np.arange(60) // 10
    splitter = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    train, held_out = next(splitter.split(X, y, groups))
    params = {"early_stopping": True, "shuffle": False}
    split = small(CNNClassifier, **params, validation_fraction=splitter).fit(X, y, groups=groups)
    given = small(CNNClassifier, **params)
    given.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert_same_weights(split, given)


@pytest.mark.parametrize("pixels", [False, True], ids=["floats", "integers"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_scorer_of_the_user_is_handed_images_it_can_predict(early_stopping, pixels):
    X, y = problem()
    X = (X * 255).astype(np.uint8) if pixels else X
    seen = []

    def scorer(estimator, X, y):
        seen.append(accuracy_score(y, estimator.predict(X)))
        return seen[-1]

    given = {} if early_stopping else {"X_val": X[40:], "y_val": y[40:]}
    clf = small(CNNClassifier, scoring=scorer, early_stopping=early_stopping).fit(X, y, **given)
    assert clf.history_["validation_score"] == seen
    assert len(seen) == 3


# Going on


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"normalization": "batch", "dropout": 0.3, "augment": "shift+flip"},
        {"normalization": "layer", "dropout": [0.1, 0.2, 0.1, 0.3], "solver": "adamw"},
        {"activation": "prelu", "dtype": "float64", "pooling": "average"},
    ],
    ids=str,
)
@BOTH
def test_partial_fit_calls_are_one_fit_through_copies(make, params):
    X, y = problem(make)
    whole = small(make, **params, max_iter=4, tol=0, n_iter_no_change=np.inf).fit(X, y)
    parts = small(make, **params)
    for _ in range(4):
        first = {"classes": [0, 1, 2]} if make is CNNClassifier else {}
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y, **first)))
    assert_same_weights(parts, whole)
    assert parts.loss_curve_ == whole.loss_curve_
    assert_array_equal(outputs(parts, X), outputs(whole, X))


@BOTH
def test_warm_start_goes_on_from_the_weights_and_statistics_with_a_new_optimiser(make):
    X, y = problem(make)
    params = {"normalization": "batch", "shuffle": False}
    warm = small(make, **params, warm_start=True).fit(X, y)
    again = small(make, **params)
    again.fit(X, y, coef_init=warm.coefs_, intercept_init=warm.intercepts_)
    first = warm.loss_curve_[:]
    warm.fit(X, y)
    assert warm.loss_curve_[:3] == first
    assert len(warm.history_["seconds"]) == 6
    assert warm.t_ == 6 * 60
    # coef_init knows nothing of scales and shifts of the normalisation: they make a difference.
    assert again.loss_curve_ != warm.loss_curve_[3:]
    plain = small(make, shuffle=False).fit(X, y)
    again = small(make, shuffle=False)
    again.fit(X, y, coef_init=plain.coefs_, intercept_init=plain.intercepts_)
    warm = plain.set_params(warm_start=True).fit(X, y)
    assert again.loss_curve_ == warm.loss_curve_[3:]


@BOTH
def test_coef_init_of_wrong_shapes_raises_by_its_name(make):
    X, y = problem(make)
    message = r"^coef_init must be arrays of shapes \[\(3, 3, 1, 3\), \(3, 3, 3, 4\), .*, got \["
    with pytest.raises(ValueError, match=message):
        small(make).fit(X, y, coef_init=[np.zeros((9, 3)), np.zeros((27, 4))])


@pytest.mark.parametrize("how", ["lists replaced", "one array replaced", "edited in place"])
@BOTH
def test_weights_changed_by_hand_are_used(make, how):
    X, y = normal(20, 7, 5, 2), np.arange(20) % 3
    estimator = small(make, **ONE, warm_start=True).fit(X, y)
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
    estimator.set_params(solver="sgd", learning_rate_init=1e-300, max_iter=1).fit(X, y)
    assert_allclose(outputs(estimator, X), wanted, rtol=1e-10, atol=1e-12)


@BOTH
def test_weights_of_wrong_shape_set_by_hand_raise(make):
    X, y = problem(make)
    estimator = small(make).fit(X, y)
    estimator.coefs_[0] = np.zeros((3, 3, 2, 3))
    with pytest.raises(ValueError, match=r"coefs_ must be arrays of shapes \[\(3, 3, 1, 3\)"):
        estimator.predict(X)


# Copies


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
    X, y = problem(make)
    estimator = make((32, 64), max_iter=2, **params).fit((X * 255).astype(np.uint8), y)
    weights = estimator._model.theta.nbytes
    assert len(pickle.dumps(estimator)) < 1.2 * weights + 20_000
    assert len(pickle.dumps(estimator.partial_fit(X.astype(np.uint8), y))) > 2 * weights  # moments


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


# What y may be


def test_labels_of_any_kind_are_as_good_as_their_numbers():
    X, y = problem()
    numbered = small(CNNClassifier).fit(X, y)
    for labels in (np.array(["a", "b", "c"]), np.array([-7.0, 2.0, 90.0])):
        named = small(CNNClassifier).fit(X, labels[y])
        assert_same_weights(named, numbered)
        assert_array_equal(named.classes_, labels)
        assert_array_equal(named.predict(X), labels[numbered.predict(X)])


@SOLVERS
def test_several_labels_a_sample_have_a_logistic_output_each(solver):
    X, _ = problem()
    y = (X[:, [0, 3, 6], [2, 4, 5]] > 0.3).astype(int)
    clf = small(CNNClassifier, **ONE, solver=solver, class_weight="balanced").fit(X, y)
    _, hidden = hidden_activations(clf, X[..., None].astype(float))
    p = expit(hidden @ clf.coefs_[-1] + clf.intercepts_[-1])
    assert_allclose(clf.predict_proba(X), p, rtol=1e-9)
    assert_array_equal(clf.predict(X), (p > 0.5).astype(int))
    assert clf.score(X, y) == np.mean((clf.predict(X) == y).all(axis=1))
    assert clf.out_activation_ == "logistic"


@SOLVERS
def test_several_columns_of_labels_have_softmax_outputs_each(solver):
    X, y = problem()
    y = np.column_stack([np.array(["a", "b", "c"])[y], np.where(X[:, 0].any(axis=1), "up", "down")])
    clf = small(CNNClassifier, **ONE, solver=solver).fit(X, y)
    _, hidden = hidden_activations(clf, X[..., None].astype(float))
    z = hidden @ clf.coefs_[-1] + clf.intercepts_[-1]
    first, second = clf.predict_proba(X)
    assert_allclose(first, softmax(z[:, :3], axis=1), rtol=1e-9)
    assert_allclose(second, softmax(z[:, 3:], axis=1), rtol=1e-9)
    wanted = np.column_stack([clf.classes_[0][first.argmax(1)], clf.classes_[1][second.argmax(1)]])
    assert_array_equal(clf.predict(X), wanted)


@SOLVERS
def test_several_columns_of_numbers_are_predicted_at_once(solver):
    X, y = problem(CNNRegressor)
    y = np.column_stack([y, 1 - 2 * y])
    reg = small(CNNRegressor, **ONE, solver=solver).fit(X, y)
    assert_allclose(reg.predict(X), forward(reg, X[..., None].astype(float)), rtol=1e-9)
    assert_allclose(reg.score(X, y), r2_score(y, reg.predict(X)))


# Losses


def test_quantiles_are_predicted_in_order_and_cover_as_many_as_they_say():
    X, y = problem(CNNRegressor, n=300)
    y = y + np.random.default_rng(0).normal(size=300)
    levels = [0.1, 0.5, 0.9]
    reg = CNNRegressor((3,), hidden_layer_sizes=(), loss="quantile", quantile=levels, max_iter=60,
                       learning_rate_init=0.01, random_state=0)  # fmt: skip
    predicted = reg.fit(X, y).predict(X)
    assert np.all(np.diff(predicted, axis=1) >= 0)
    assert_allclose((y[:, None] < predicted).mean(axis=0), levels, atol=0.06)
    assert_array_equal(reg.predict_interval(X), predicted[:, [0, 2]])
    assert_allclose(reg.score(X, y), r2_score(y, predicted[:, 1]), rtol=1e-6)


def test_poisson_loss_predicts_the_exponential_of_a_linear_output():
    X, y = problem(CNNRegressor)
    y = np.random.default_rng(0).poisson(20 * y)
    reg = small(CNNRegressor, **ONE, loss="poisson").fit(X, y)
    z = np.log(reg.predict(X))
    _, hidden = hidden_activations(reg, X[..., None].astype(float))
    assert_allclose(
        z, (hidden @ reg.coefs_[-1] + reg.intercepts_[-1]).ravel(), rtol=1e-9, atol=1e-9
    )
    assert reg.out_activation_ == "exp"
    with pytest.raises(ValueError, match="poisson' requires non-negative y"):
        small(CNNRegressor, loss="poisson").fit(X, -y)


LOSSES = {
    "squared_error": lambda y, p: np.mean((y - p) ** 2) / 2,
    "root_mean_squared_error": root_mean_squared_error,
    "absolute_error": mean_absolute_error,
    "huber": lambda y, p: huber(1.0, y - p).mean(),
    "log_cosh": lambda y, p: np.log(np.cosh(y - p)).mean(),
    "quantile": lambda y, p: mean_pinball_loss(y, p, alpha=0.5),
    "poisson": lambda y, p: mean_poisson_deviance(y, p) / 2,
    "gamma": lambda y, p: mean_gamma_deviance(y, p) / 2,
    "log_loss": log_loss,
    "focal": lambda y, p: np.mean(-((1 - p[range(60), y]) ** 2) * np.log(p[range(60), y])),
}
FIRST_LOSS = {"solver": "sgd", "learning_rate_init": 1e-300, "alpha": 0, "batch_size": 60}


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_that_of_the_predictions(loss):
    make = CNNClassifier if loss in ("log_loss", "focal") else CNNRegressor
    X, y = problem(make)
    y = y if make is CNNClassifier else 10 * y
    estimator = small(make, loss=loss, **FIRST_LOSS, max_iter=1).fit(X, y)
    assert_allclose(estimator.loss_, LOSSES[loss](y, outputs(estimator, X)), rtol=1e-5)
    estimator.set_params(solver="adam", learning_rate_init=0.01, max_iter=30).fit(X, y)
    assert estimator.loss_ < 0.7 * estimator.loss_curve_[0]


# scikit-learn's tools


def test_reports_of_scikit_learn_are_those_of_its_predictions():
    X, y = problem(n=200)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    clf = small(CNNClassifier, max_iter=20, learning_rate_init=0.01).fit(X_train, y_train)
    predicted = clf.predict(X_test)
    matrix = confusion_matrix(y_test, predicted, labels=clf.classes_)
    assert clf.score(X_test, y_test) == matrix.trace() / len(y_test) > 0.8
    report = classification_report(y_test, predicted, output_dict=True)
    for number, label in enumerate(clf.classes_):
        recall = matrix[number, number] / matrix[number].sum()
        assert_allclose(report[str(label)]["recall"], recall)


@BOTH
def test_cross_validation_of_images_is_that_of_fits_by_hand(make):
    X, y = problem(make)
    cv = KFold(3)
    estimator = small(make)
    scores = cross_val_score(estimator, X, y, cv=cv)
    predicted = cross_val_predict(estimator, X, y, cv=cv)
    for score, (train, test) in zip(scores, cv.split(X), strict=True):
        fitted = clone(estimator).fit(X[train], y[train])
        assert_allclose(score, fitted.score(X[test], y[test]))
        assert_allclose(predicted[test], fitted.predict(X[test]))


GRID = {
    "filters": [(3,), (2, 4)],
    "kernel_size": [1, 3],
    "activation": ["relu", "tanh"],
    "learning_rate_init": [0.001, 0.01],
}


@BOTH
def test_grid_search_finds_the_best_of_fits_by_hand(make):
    X, y = problem(make)
    estimator = small(make, max_iter=5)
    search = GridSearchCV(estimator, GRID, cv=2, error_score="raise").fit(X, y)
    results = search.cv_results_
    assert len(results["params"]) == 16
    for params, score in list(zip(results["params"], results["mean_test_score"], strict=True))[::5]:
        by_hand = cross_val_score(clone(estimator).set_params(**params), X, y, cv=2)
        assert_allclose(score, by_hand.mean())
    best = clone(estimator).set_params(**search.best_params_).fit(X, y)
    assert_same_weights(search.best_estimator_, best)
    assert_array_equal(search.predict(X), best.predict(X))


@pytest.mark.slow
@BOTH
def test_grid_search_on_several_processes_is_that_on_one(make):
    X, y = problem(make)
    grid = {"filters": GRID["filters"], "learning_rate_init": GRID["learning_rate_init"]}
    estimator = small(make, normalization="batch", dropout=0.1, augment="shift")
    alone, together = (
        GridSearchCV(estimator, grid, cv=2, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2)
    )
    name = "mean_test_score"
    assert_array_equal(together.cv_results_[name], alone.cv_results_[name])
    assert_same_weights(together.best_estimator_, alone.best_estimator_)


@BOTH
def test_flat_images_go_through_a_pipeline(make):
    X, y = problem(make)
    X = X.reshape(len(X), -1)
    network = small(make, input_shape=(8, 8))
    pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    assert_same_weights(pipeline[-1], clone(network).fit(scaled, y))
    assert pipeline.score(X, y) == pipeline[-1].score(scaled, y)


def test_images_go_through_a_pipeline_and_a_grid_reaches_in():
    X, y = problem()
    steps = [("brighter", FunctionTransformer(np.sqrt)), ("cnn", small(CNNClassifier))]
    search = GridSearchCV(Pipeline(steps), {"cnn__filters": [(2,), (3,)]}, cv=2).fit(X, y)
    best = search.best_estimator_
    assert best[-1].coefs_[0].shape[-1] == search.best_params_["cnn__filters"][0]
    assert_array_equal(search.predict(X), best[-1].predict(np.sqrt(X)))


def test_network_extracts_features_for_another_model():
    X, y = problem(n=150)
    network = small(CNNClassifier, max_iter=20, learning_rate_init=0.01, hidden_layer_sizes=(20,))
    pipeline = make_pipeline(network, LogisticRegression()).fit(X, y)
    assert pipeline[-1].coef_.shape == (3, 20)
    assert pipeline.score(X, y) > 0.9


def test_validation_images_go_through_a_pipeline_with_routing():
    X, y = problem()
    with config_context(enable_metadata_routing=True):
        network = small(CNNClassifier).set_fit_request(X_val=True, y_val=True)
        scale = FunctionTransformer(np.sqrt)
        pipeline = make_pipeline(scale, network, transform_input=["X_val"])
        pipeline.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
        direct = small(CNNClassifier)
        direct.fit(np.sqrt(X[:40]), y[:40], X_val=np.sqrt(X[40:]), y_val=y[40:])
    history = pipeline[-1].history_["validation_score"]
    assert history == direct.history_["validation_score"]


# What training tells


@SOLVERS
@BOTH
def test_history_has_a_row_an_epoch(make, solver, capsys):
    X, y = problem(make)
    estimator = small(make, solver=solver).fit(X, y)
    assert capsys.readouterr().out == ""
    history = estimator.history_
    assert {len(values) for values in history.values()} == {estimator.n_iter_} == {3}
    assert history["loss"] == estimator.loss_curve_
    assert np.isnan(history["validation_score"]).all()
    assert np.all(np.array(history["seconds"]) > 0)
    assert np.all(np.array(history["gradient_norm"]) > 0)


class Recorder:
    """Notes the tasks it is told of and what fitted estimators predict; may ask to stop."""

    def __init__(self, X=None, stop_after=None):
        self.X, self.stop_after, self.calls, self.predicted = X, stop_after, [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.calls.append(f"end {context.task_name}")
        if context.task_name == "epoch" and self.X is not None:
            self.predicted.append(outputs(fitted_estimator, self.X))
        return self.calls.count("end epoch") == self.stop_after


@SOLVERS
@BOTH
def test_callbacks_see_every_epoch_and_may_stop_training(make, solver):
    X, y = problem(make)
    recorder = Recorder(X, stop_after=2)
    estimator = small(make, solver=solver).set_callbacks(recorder).fit(X, y)
    epochs = ["begin epoch", "end epoch"] * 2
    assert recorder.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    assert estimator.n_iter_ == 2
    assert_array_equal(recorder.predicted[-1], outputs(estimator, X))


@pytest.mark.parametrize("pixels", [False, True], ids=["floats", "integers"])
def test_scoring_monitor_of_scikit_learn_predicts_the_images_it_is_handed(pixels):
    X, y = problem()
    X = (X * 255).astype(np.uint8) if pixels else X
    monitor = ScoringMonitor(scoring="accuracy")
    clf = small(CNNClassifier).set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    scores = [small(CNNClassifier, max_iter=k).fit(X, y).score(X, y) for k in (1, 2, 3)]
    assert_allclose([row["accuracy"] for row in rows], scores)
    assert clf.score(X, y) == scores[-1]


@BOTH
def test_interrupted_fit_warns_and_leaves_a_usable_estimator(make, monkeypatch):
    X, y = problem(make)
    original, calls = Adam.step, []

    def interrupted(self, *args):
        calls.append(None)
        if len(calls) == 3 * 2 + 2:  # three steps an epoch
            raise KeyboardInterrupt
        return original(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Adam, "step", interrupted)
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            estimator = small(make, max_iter=20, normalization="batch").fit(X, y)
    whole = small(make, max_iter=2, normalization="batch").fit(X, y)
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 2
    assert estimator.loss_curve_ == whole.loss_curve_
    assert len(outputs(pickle.loads(pickle.dumps(estimator)), X)) == len(X)
    assert estimator.partial_fit(X, y).n_iter_ == 1


@BOTH
def test_diverging_training_names_the_convolution_and_a_lower_rate(make):
    X, y = problem(make)
    estimator = small(make, solver="sgd", learning_rate_init=1e30, activation="identity")
    message = r"^Solver produced non-finite .* first in layer 1 \(Conv2D\): try learning_rate_init"
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y)
    assert not hasattr(estimator, "coefs_")
    estimator.set_params(early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="Solver produced non-finite"):
        estimator.fit(X, y)
    assert np.isfinite(estimator.score(X, y))


# Augmentation


@pytest.mark.parametrize("augment", ["shift", "flip", "shift+flip"])
@BOTH
def test_augmentation_is_for_training_alone_and_the_same_for_the_same_seed(make, augment):
    X, y = problem(make)
    one, same, other = (
        small(make, augment=augment, random_state=seed).fit(X, y) for seed in (0, 0, 1)
    )
    assert_same_weights(same, one)
    assert np.any(other.coefs_[0] != one.coefs_[0])
    assert_array_equal(outputs(one, X), outputs(one, X))
    plain = small(make).fit(X, y)
    drawn = small(make, augment=augment, solver="sgd", learning_rate_init=1e-300).fit(X, y)
    start = small(make, solver="sgd", learning_rate_init=1e-300).fit(X, y)
    assert_same_weights(drawn, start)  # the weights are drawn as without
    assert np.any(plain.coefs_[0] != one.coefs_[0])


def test_flipped_images_teach_what_their_mirror_images_are():
    """Bars on one side; without flips a network that has seen only these fails on the others."""
    rng = np.random.default_rng(0)
    X = 0.1 * rng.random((200, 6, 6))
    X[:, :, 0] += np.arange(200)[:, None] % 2  # upright bars on the left, or none
    y = np.arange(200) % 2
    params = {"filters": (4,), "max_iter": 15, "learning_rate_init": 0.01, "random_state": 0}
    flipped = CNNClassifier(**params, augment="flip").fit(X, y)
    assert flipped.score(X, y) == flipped.score(X[:, :, ::-1], y) == 1
    assert CNNClassifier(**params).fit(X, y).score(X[:, :, ::-1], y) < 0.9


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
        rf"^{name} must be one for all blocks or a tuple of 2, one per entry of filters, got "
        rf"{re.escape(repr((value,) * 3))}\. A pair for height and width goes inside: {name}="
    )
    assert_refused(make((3, 4), **{name: (value,) * 3}), message)
    assert_refused(make((3, 4), **{name: [value]}), f"^{name} must be one for all blocks")


@BOTH
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"activation": ["relu"] * 2}, "activation must be .* a list of 3, one per hidden layer"),
        ({"dropout": [0.1] * 3}, "dropout must be .* a list of 4, the input first"),
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
        ({"kernel_size": (3, (1, 2, 3))}, r"^Layer conv2d2, .*or a pair of such, got \(1, 2, 3\)"),
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
