"""What the tests of the core share: small networks, their data, derivatives by differences."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from packaging.version import parse
from scipy.sparse import csr_array

from sknn.nn import Activation, BatchNorm, Dense, Layer
from sknn.nn.batches import Batch, sum_of_weights
from sknn.nn.gradient import Gradient
from sknn.nn.losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    Heads,
    Hinge,
    LabelSmoothing,
    MulticlassPerceptron,
    Perceptron,
)
from sknn.nn.network import Network
from sknn.nn.passes import Pass, weight_column
from sknn.nn.streams import stream
from sknn.nn.workspace import Workspace

LOSSES = {
    **REGRESSION_LOSSES,
    **{
        f"{name} {link}": loss
        for name, by_link in CLASSIFICATION_LOSSES.items()
        for link, loss in by_link.items()
    },
}
MODELS = 3  # the length of the model axis


class Square(Activation):
    """f(z) = z^2: a user's own activation, whose derivative needs z."""

    needs = "z"

    def forward(self, z, out):
        np.square(z, out=out)

    def backward(self, z, a, dy):
        dy *= 2 * z


class Shifted(Layer):
    """y = x + shift, for sequences of any number of axes."""

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        return BatchNorm().parameters(input_shape)[1:]

    def forward(self, params, state, x, cache, context):
        return x + params["shift"]

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        grads["shift"][...] = dy.sum(axis=0, keepdims=True)
        return dy


class Slow(Dense):
    """A Dense layer that learns at a tenth of the rate."""

    def parameters(self, input_shape):
        return [replace(parameter, rate=0.1) for parameter in super().parameters(input_shape)]


class Interrupting(Dense):
    """A linear layer that is interrupted, as by Ctrl-C, in the forward pass of some number."""

    def __init__(self, units, countdown):
        super().__init__(units, "identity")
        self.countdown = countdown  # a list of one number

    def forward(self, *args):
        self.countdown[0] -= 1
        if self.countdown[0] == 0:
            raise KeyboardInterrupt
        return super().forward(*args)


class Breaking(list):
    """A list that is interrupted, as by Ctrl-C, when a third value is appended, once."""

    broke = False

    def append(self, value):
        if len(self) == 2 and not self.broke:
            self.broke = True
            raise KeyboardInterrupt
        super().append(value)


def scikit_learn_before(version):
    """Whether the scikit-learn installed is older than this version."""
    return parse(sklearn.__version__).release < parse(version).release


def needs_scikit_learn(version, what):
    """A mark that skips a test on versions of scikit-learn before the one that first has this."""
    reason = f"scikit-learn {version} is the first with {what}"
    return pytest.mark.skipif(scikit_learn_before(version), reason=reason)


def too_many_axes(n_axes, name):
    """What scikit-learn says of an array with so many to an estimator, as a pattern."""
    before_1_7 = rf"\. {name} expected <= 2\."
    return rf"Found array with dim {n_axes}(, while dim <= 2 is required by {name}\.|{before_1_7})"


def normal(*shape, seed=0):
    """Standard normal numbers, the same ones for the same seed."""
    return np.random.default_rng(seed).normal(size=shape)


def mostly_zeros(n, n_features, seed=0):
    """(x, the same as a sparse array), two thirds of it zeros."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n_features)) * (rng.random((n, n_features)) < 1 / 3)
    return x, csr_array(x)


def targets(loss, n, n_outputs, seed=0):
    """Targets that the loss is defined for: one-hot, zeros and ones, or positive numbers."""
    rng = np.random.default_rng(seed)
    if isinstance(loss, LabelSmoothing):
        return targets(loss.loss, n, n_outputs, seed)
    if isinstance(loss, Heads):
        widths = [at.stop - at.start for at in loss.groups]
        return np.hstack([targets(loss.loss, n, k, seed + i) for i, k in enumerate(widths)])
    if loss.link == "softmax" or isinstance(loss, MulticlassPerceptron):
        return np.eye(n_outputs)[rng.integers(n_outputs, size=n)]
    if loss.link == "logistic" or isinstance(loss, Hinge | Perceptron):
        return rng.integers(2, size=(n, n_outputs)).astype(float)
    return rng.gamma(2.0, size=(n, n_outputs // loss.outputs_per_target))


def sample_weights(n, seed=0):
    """Weights of samples; the first is zero."""
    weight = np.random.default_rng(seed).uniform(0.5, 2.0, size=n)
    weight[0] = 0.0
    return weight


def sum_and_gradient(loss, y, z, weight=None):
    """What the loss gives, the gradient in an array of its own; weight as for ``new_batch``."""
    weight = weight[:, None] if np.ndim(weight) == 1 else weight
    out = np.full_like(z, np.nan)
    return loss.sum_and_gradient(y, z, weight, out), out


def new_batch(x, y, weight=None):
    """The Batch of these arrays; weight: (n,), (n, 1) or (n, n_outputs)."""
    weight = weight[:, None] if np.ndim(weight) == 1 else weight
    return Batch(x, y, weight, float(x.shape[0]) if weight is None else sum_of_weights(weight))


def new_gradient(layers, loss, *input_shape, seed=0, dtype=np.float64):
    """The Gradient of a network whose weights are drawn with this seed."""
    network = Network(layers, input_shape)
    theta, state = network.initial(np.random.RandomState(seed), dtype)
    return Gradient(network, loss, theta, state)


def joint_and_singles(layers, loss, n_features):
    """(Gradient of MODELS networks at once, list of the Gradients of each by itself)."""
    singles = [new_gradient(layers, loss, n_features, seed=seed) for seed in range(MODELS)]
    theta = np.stack([single.theta for single in singles])
    state = np.stack([single.state for single in singles])
    return Gradient(singles[0].network, loss, theta, state), singles


def drawn_params(layer, input_shape, models=()):
    """Normal numbers for each of the layer's parameters, by name."""
    return {
        parameter.name: normal(*models, *parameter.shape, seed=seed)
        for seed, parameter in enumerate(layer.parameters(input_shape), start=10)
    }


def training_pass(weight=None, **settings):
    """The Pass of a step of training, with a generator of its own."""
    return Pass(True, stream(0, 0, 0), weight_column(weight), **settings)


def forward_backward(layer, params, x, dy, state=None, weight=None):
    """(y, dx, grads) of one pass in training, in arrays of their own."""
    cache, context = Workspace(x.dtype), training_pass(weight)
    grads = {name: np.full_like(value, np.nan) for name, value in params.items()}
    y = layer.forward(params, state or {}, x, cache, context).copy()
    dx = layer.backward(params, grads, dy.copy(), cache, context).copy()
    return y, dx, grads


def built_in(kind):
    """Every class of the package that is a kind of this one, itself among them."""
    below = {one for child in kind.__subclasses__() for one in built_in(child)}
    return below | ({kind} if kind.__module__.startswith("sknn") else set())


def of_model(arrays, index):
    """Those of one model out of a dict of arrays with a model axis."""
    return {name: array[index] for name, array in arrays.items()}


def assert_is_gradient(gradient, f, x):
    """The gradient of the number f(x), along random directions, is what differences give."""
    rng = np.random.default_rng(0)
    step = 1e-5  # balances truncation, of order step^2, and rounding, of order eps / step
    atol = 1e-8 * max(1, np.linalg.norm(gradient))  # of the whole, should a direction miss it
    for _ in range(5):
        direction = rng.normal(size=x.shape)
        difference = (f(x + step * direction) - f(x - step * direction)) / (2 * step)
        assert_allclose(np.vdot(gradient, direction), difference, rtol=1e-6, atol=atol)
