"""Normalisation of what flows through: over the mini-batch, or within each sample."""

import numpy as np

from sknn.nn.initializers import Constant
from sknn.nn.layers.base import Layer, joint_shape
from sknn.nn.parameters import Parameter, State


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
        """Fills grads; returns the sums of dy and of dy * normalized, (..., 1, features)."""
        products = dy * normalized
        axes = tuple(range(dy.ndim - 1)) if dy.ndim != 3 else -2  # 3: a model axis leads
        for name, array in (("shift", dy), ("scale", products)):
            grads[name][...] = array.sum(axis=axes, keepdims=True).reshape(grads[name].shape)
        return grads["shift"], grads["scale"]


class BatchNorm(Normalization):
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

    whole_batch = True

    def __init__(self, momentum=0.1, epsilon=1e-5):
        self.momentum = momentum
        self.epsilon = epsilon

    def state(self, input_shape):
        shape = (1, input_shape[-1])
        return [State("mean", shape, 0.0), State("variance", shape, 1.0)]

    def forward(self, params, state, x, cache, training):
        count = self._count(x, cache.get("weight"))
        cache["shares"] = None
        if training and count > 1:
            pixels = x.shape[1] * x.shape[2] if x.ndim == 4 else 1
            mean, variance = self._statistics(x, pixels, cache)
            self._remember(state, mean, variance, count * pixels)
        else:
            mean, variance = state["mean"], state["variance"]
        shape = joint_shape(x, params)
        normalized = cache.array("normalized", shape)
        cache["inverse"] = 1 / np.sqrt(variance + self.epsilon)
        np.subtract(x, mean, out=normalized)
        normalized *= cache["inverse"]
        return self._scaled(params, normalized, cache.array("y", shape))

    @staticmethod
    def _count(x, weight):
        """How many samples there are: weights count repetitions, small ones as one."""
        if weight is None:
            return x.shape[0 if x.ndim == 4 else -2]
        return max(float(weight.sum()), np.count_nonzero(weight))

    def _statistics(self, x, pixels, cache):
        """Weighted mean and variance; keeps the share of each sample's pixels."""
        weight = cache.get("weight")
        n = x.shape[0] if x.ndim == 4 else x.shape[-2]
        shares = np.full(n, 1 / n, x.dtype) if weight is None else weight / weight.sum()
        cache["shares"] = shares = shares / x.dtype.type(pixels)
        return self._mean(x, shares), self._mean(np.square(x - self._mean(x, shares)), shares)

    @staticmethod
    def _mean(x, shares):
        """sum over samples of share * x: (..., 1, features)."""
        if x.ndim == 4:
            return (shares @ x.sum(axis=(1, 2)))[None]
        return shares[None] @ x

    def _remember(self, state, mean, variance, count):
        unbiased = variance * (count / (count - 1))
        for name, value in (("mean", mean), ("variance", unbiased)):
            state[name] *= 1 - self.momentum
            state[name] += self.momentum * value

    def backward(self, params, grads, dy, cache, need_dx=True):
        normalized = cache.array("normalized", dy.shape)
        dshift, dscale = self._parameter_gradients(grads, dy, normalized)
        if not need_dx:
            return None
        if cache["shares"] is not None:  # the statistics depend on x
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
        shape = joint_shape(x, params)
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
