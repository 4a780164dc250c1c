"""What the tests of CNNs share: small ones, their data, and what is compared."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate
from scipy.special import expit, softmax
from sklearn.base import is_classifier
from sklearn.datasets import load_digits

from sknn import CNNClassifier, CNNRegressor

BOTH = pytest.mark.parametrize("make", [CNNClassifier, CNNRegressor])
SOLVERS = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
PIXELS = pytest.mark.parametrize("pixels", [False, True], ids=["floats", "integers"])
SMALL = {"filters": (3, 4), "hidden_layer_sizes": (6,), "batch_size": 20, "random_state": 0}
ONE_BLOCK = {"filters": (3,), "dtype": "float64"}
STILL = {"solver": "sgd", "learning_rate_init": 1e-300}  # training leaves the weights as drawn


def problem(make=CNNClassifier, n=60, pixels=False):
    """(X, y): images of 8 x 8 numbers from 0 to 1, or of pixels from 0 to 255; three classes, or
    numbers, to be told from them."""
    images, digits = load_digits(return_X_y=True)
    X = (images[:n].reshape(-1, 8, 8) / 16).astype(np.float32)
    y = digits[:n] % 3 if make is CNNClassifier else X[:, :, :4].mean(axis=(1, 2))
    return (X * 255).astype(np.uint8) if pixels else X, y


def small(make, **params):
    return make(**{**SMALL, "max_iter": 3, **params})


def outputs(estimator, X):
    """Predicted numbers, or probabilities."""
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def assert_same_weights(one, other, **tolerance):
    """Of the same weights and running statistics; to the last bit without a tolerance."""
    for a, b in zip(vectors(one), vectors(other), strict=True):
        if tolerance:
            assert_allclose(a, b, **tolerance)
        else:
            assert_array_equal(a, b)


def vectors(estimator):
    model = estimator._model
    return [*estimator.coefs_, *estimator.intercepts_, model.theta, model.state]


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


def pooled(x, reduce):
    """What reduce makes of the real pixels of each window of 2 x 2."""
    n, height, width, channels = x.shape
    y = np.empty((n, -(-height // 2), -(-width // 2), channels))
    for i, j in np.ndindex(y.shape[1:3]):
        y[:, i, j] = reduce(x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2], axis=(1, 2))
    return y


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
