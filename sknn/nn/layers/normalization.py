"""Normalisation of what flows through: over the mini-batch, or within each sample."""

import numpy as np

from sknn.nn.initializers import Constant
from sknn.nn.layers.base import JointLayer, Layer, shape_with_models
from sknn.nn.parameters import Parameter, State
from sknn.nn.workspace import ones


class Normalization(Layer):
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift.

    scale, shift: (..., 1, features), or channels; penalties leave them out
    """

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        shape = (1, input_shape[-1])
        return [
            Parameter("scale", shape, Constant(1.0), decay=False),
            Parameter("shift", shape, Constant(0.0), decay=False),
        ]

    def _scaled(self, params, normalized, y):
        np.multiply(normalized, params["scale"], out=y)
        y += params["shift"]
        return y

    def _parameter_gradients(self, grads, dy, normalized):
        """Fills grads with the sums of dy and of dy * normalized, (..., 1, features)."""
        products = dy * normalized
        axes = tuple(range(dy.ndim - 1)) if dy.ndim != 3 else -2  # 3: a model axis leads
        for name, array in (("shift", dy), ("scale", products)):
            grads[name][...] = array.sum(axis=axes, keepdims=True).reshape(grads[name].shape)


class BatchNorm(JointLayer, Normalization):
    """Mean and variance over the samples of the mini-batch; Ioffe & Szegedy (2015), alg. 1.

    x: (..., n, features), or (n, height, width, channels), where pixels count as samples.
    Statistics are weighted by sample_weight. Prediction, and a batch of one sample, uses running
    means, as torch updates them: (1 - momentum) * old + momentum * batch, with the unbiased
    variance.

    Parameters
    ----------
    momentum : float, default=0.1
        Weight of the newest mini-batch in the running statistics.
    epsilon : float, default=1e-5
        Added to the variance.
    """

    def __init__(self, momentum=0.1, epsilon=1e-5):
        self.momentum = momentum
        self.epsilon = epsilon

    def state(self, input_shape):
        shape = (1, input_shape[-1])
        return [State("mean", shape, 0.0), State("variance", shape, 1.0)]

    def forward_jointly(self, params, state, x, cache, training):
        shape = shape_with_models(x, params)
        normalized = cache.array("normalized", shape)
        cache["shares"] = None
        mean, variance = state["mean"], state["variance"]
        if training:
            weight, pixels = cache.get("weight"), _pixels(x)
            if weight is None:
                weight = ones((_samples(x),), x.dtype)
            counts = np.array([weight.sum(), np.count_nonzero(weight)], float)
            counts, total = yield counts, _sum_over_samples(weight, x)
            count = counts.max()  # weights count repetitions, small ones as one
            if count > 1:
                shares = cache["shares"] = weight * x.dtype.type(1 / (counts[0] * pixels))
                mean = total * x.dtype.type(1 / (counts[0] * pixels))
                np.subtract(x, mean, out=normalized)
                (variance,) = yield (_sum_over_samples(shares, np.square(normalized)),)
                if cache.get("first", True):
                    self._remember(state, mean, variance, count * pixels)
        np.subtract(x, mean, out=normalized)
        cache["inverse"] = 1 / np.sqrt(variance + self.epsilon)
        normalized *= cache["inverse"]
        return self._scaled(params, normalized, cache.array("y", shape))

    def _remember(self, state, mean, variance, count):
        unbiased = variance * (count / (count - 1))
        for name, value in (("mean", mean), ("variance", unbiased)):
            state[name] *= 1 - self.momentum
            state[name] += self.momentum * value

    def backward_jointly(self, params, grads, dy, cache, need_dx=True):
        normalized = cache.array("normalized", dy.shape)
        self._parameter_gradients(grads, dy, normalized)
        if not need_dx:
            return None
        if cache["shares"] is not None:  # the statistics depend on x
            dshift, dscale = yield grads["shift"], grads["scale"]
            shares = cache["shares"].reshape((-1,) + (1,) * (3 if dy.ndim == 4 else 1))
            normalized *= dscale
            normalized += dshift
            normalized *= shares
            dy -= normalized
        dy *= params["scale"] * cache["inverse"]
        return dy

    def affine(self, params, state):
        """(factor, offset) such that prediction is y = x * factor + offset."""
        factor = params["scale"] / np.sqrt(state["variance"] + self.epsilon)
        return factor, params["shift"] - state["mean"] * factor


class LayerNorm(Normalization):
    """Mean and variance over the features of each sample, or the channels of each pixel.

    Ba et al. (2016), eq. 3.

    Parameters
    ----------
    epsilon : float, default=1e-5
        Added to the variance.
    """

    def __init__(self, epsilon=1e-5):
        self.epsilon = epsilon

    def forward(self, params, state, x, cache, training):
        shape = shape_with_models(x, params)
        normalized = cache.array("normalized", shape)
        np.subtract(x, x.mean(axis=-1, keepdims=True), out=normalized)
        variance = np.square(normalized).mean(axis=-1, keepdims=True)
        cache["inverse"] = 1 / np.sqrt(variance + self.epsilon)
        normalized *= cache["inverse"]
        return self._scaled(params, normalized, cache.array("y", shape))

    def backward(self, params, grads, dy, cache, need_dx=True):
        normalized = cache.array("normalized", dy.shape)
        self._parameter_gradients(grads, dy, normalized)
        if not need_dx:
            return None
        dy *= params["scale"]
        mean = dy.mean(axis=-1, keepdims=True)
        normalized *= (dy * normalized).mean(axis=-1, keepdims=True)
        dy -= mean  # inverse * (dy - mean(dy) - normalized * mean(dy * normalized))
        dy -= normalized
        dy *= cache["inverse"]
        return dy


def _samples(x):
    """n, of x (..., n, features) or (n, height, width, c)."""
    return x.shape[0 if x.ndim == 4 else -2]


def _pixels(x):
    """How many pixels each sample has."""
    return x.shape[1] * x.shape[2] if x.ndim == 4 else 1


def _sum_over_samples(weight, x):
    """sum over samples, and over their pixels, of weight * x: (..., 1, features)."""
    if x.ndim == 4:
        n, height, width, c = x.shape
        x = ones((1, height * width), x.dtype) @ x.reshape(n, -1, c)
        x = x.reshape(n, c)
    return weight[None] @ x
