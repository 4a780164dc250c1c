"""The fully connected layer."""

from functools import partial

import numpy as np
from scipy.sparse import issparse

from sknn.nn.activations import Identity, as_activation
from sknn.nn.initializers import Constant, as_initializer
from sknn.nn.layers.base import (
    Layer,
    activate,
    activation_parameters,
    differentiate,
)
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import COUNT, FLAG
from sknn.nn.workspace import ones

UNTHREADED = 2**15  # numbers: larger sums BLAS would cut up for its threads, at no gain


class Dense(Layer):
    """y = f(x @ weight + bias).

    x: (..., n, n_in), or sparse (n, n_in)    weight: (..., n_in, units)
    bias: (..., 1, units)    y: (..., n, units)

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : str or Activation, default="relu"
    bias : bool, default=True
        False leaves the bias out, here and in ``intercepts_``.
    weight_init : str or Initializer, default="auto"
        Draws the weights; "auto" is scikit-learn's Glorot, which draws the biases too.
    trainable : bool, default=True
        False freezes weights and biases, and what the activation learns.
    """

    accepts_sparse = True

    valid = {"units": COUNT, "trainable": FLAG, "bias": FLAG}

    def __init__(self, units, activation="relu", *, bias=True, weight_init="auto", trainable=True):
        self.units = units
        self.activation = activation
        self.bias = bias
        self.weight_init = weight_init
        self.trainable = trainable

    def output_shape(self, input_shape):
        if len(input_shape) != 1:
            raise ValueError(
                f"needs flat samples, got samples of shape {input_shape}. Put Flatten() before it."
            )
        return (int(self.units),)

    def parameters(self, input_shape):
        (n_in,) = input_shape
        initializer = as_initializer(self.weight_init)
        draw = partial(
            initializer,
            fan_in=n_in,
            fan_out=self.units,
            activation=as_activation(self.activation),
        )
        draw_bias = draw if initializer.biases else Constant(0.0)
        trainable, shape = self.trainable, (1, self.units)
        bias = Parameter("bias", shape, draw_bias, decay=False, trainable=trainable)
        return [
            Parameter("weight", (n_in, self.units), draw, trainable=trainable),
            *([bias] if self.bias else []),
            *activation_parameters(self.activation, self.units, trainable),
        ]

    def multiply_adds(self, input_shape):
        return input_shape[0] * self.units

    def folded(self, params, factor, offset):
        if not isinstance(as_activation(self.activation), Identity):
            return None
        weight = params["weight"] * factor
        return {**params, "weight": weight, "bias": params.get("bias", 0) * factor + offset}

    def forward(self, params, state, x, cache, context):
        weight = params["weight"]
        z = cache.array("pre", (*weight.shape[:-2], x.shape[-2], self.units))
        _product(x, weight, out=z)
        if "bias" in params:
            z += params["bias"]
        cache["x"] = x
        return activate(self.activation, params, z, cache)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        x = cache["x"]
        dy = differentiate(self.activation, params, grads, dy, cache)  # dz from here on
        _product(_transposed(x), dy, out=grads["weight"])
        if "bias" in grads:
            _sum_of_rows(dy, out=grads["bias"])
        if not need_dx:
            return None
        weight = params["weight"]
        dx = cache.array("dx", (*dy.shape[:-1], weight.shape[-2]))
        return _product(dy, _transposed(weight), out=dx)


def _product(a, b, out):
    """out = a @ b; a may be sparse. For small matrices ``dot`` costs half of ``matmul``."""
    if type(a) is not np.ndarray and issparse(a):  # the type, as asking costs as much as a row
        for model in np.ndindex(b.shape[:-2]):
            out[model] = a @ b[model]
        return out
    if a.ndim == b.ndim == 2:
        return np.dot(a, b, out)
    return np.matmul(a, b, out=out)


def _sum_of_rows(x, out):
    """out = the sum over samples, (..., 1, units)."""
    if x.shape[-2] * x.shape[-1] <= UNTHREADED:
        return _product(ones((1, x.shape[-2]), x.dtype), x, out)
    return np.add.reduce(x, axis=-2, out=out, keepdims=True)


def _transposed(x):
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)
