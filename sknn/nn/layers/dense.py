"""The fully connected layer."""

from functools import partial

import numpy as np

from sknn.nn.activations import as_activation
from sknn.nn.initializers import GlorotUniform
from sknn.nn.layers.base import Layer
from sknn.nn.parameters import Parameter
from sknn.nn.workspace import ones

UNTHREADED = 8192  # numbers: larger vector products BLAS would cut up for its threads


class Dense(Layer):
    """y = f(x @ weight + bias).

    x: (..., n, n_in), or sparse (n, n_in)    weight: (..., n_in, units)
    bias: (..., 1, units)    y: (..., n, units)

    Parameters
    ----------
    units : int
        Number of outputs.
    activation : str or Activation, default="relu"
    initializer : Initializer or None, default=None
        Draws weight and bias; None is scikit-learn's Glorot, for both.
    trainable : bool, default=True
        False freezes the weights.
    """

    def __init__(self, units, activation="relu", *, initializer=None, trainable=True):
        self.units = units
        self.activation = activation
        self.initializer = initializer
        self.trainable = trainable

    def output_shape(self, input_shape):
        if len(input_shape) != 1:
            raise ValueError(
                f"needs flat samples, got samples of shape {input_shape}. Put Flatten() before it."
            )
        return (self.units,)

    def parameters(self, input_shape):
        (n_in,) = input_shape
        draw = partial(
            self.initializer or GlorotUniform(),
            fan_in=n_in,
            fan_out=self.units,
            activation=as_activation(self.activation),
        )
        settings = {"initializer": draw, "trainable": self.trainable}
        return [
            Parameter("weight", (n_in, self.units), **settings),
            Parameter("bias", (1, self.units), decay=False, **settings),
        ]

    def multiply_adds(self, input_shape):
        return input_shape[0] * self.units

    def forward(self, params, state, x, cache, training):
        weight = params["weight"]
        activation = as_activation(self.activation)
        z = cache.array("z", (*weight.shape[:-2], x.shape[-2], self.units))
        _product(x, weight, out=z)
        z += params["bias"]
        a = z if activation.needs == "a" else cache.array("a", z.shape)
        activation.forward(z, a)
        cache["x"], cache["y"] = x, a
        return a

    def backward(self, params, grads, dy, cache, need_dx=True):
        x, a = cache["x"], cache["y"]
        activation = as_activation(self.activation)
        z = None if activation.needs == "a" else cache.array("z", a.shape)
        activation.backward(z, a, dy)  # dy is dz from here on
        _product(_transposed(x), dy, out=grads["weight"])
        _sum_of_rows(dy, out=grads["bias"])
        if not need_dx:
            return None
        weight = params["weight"]
        dx = cache.array("dx", (*dy.shape[:-1], weight.shape[-2]))
        return _product(dy, _transposed(weight), out=dx)


def _product(a, b, out):
    """out = a @ b; a may be sparse. For small matrices ``dot`` costs half of ``matmul``."""
    if not isinstance(a, np.ndarray):
        for model in np.ndindex(b.shape[:-2]):
            out[model] = a @ b[model]
        return out
    if a.ndim == b.ndim == 2:
        return np.dot(a, b, out)
    return np.matmul(a, b, out=out)


def _sum_of_rows(x, out):
    """out = the sum over samples, (..., 1, units)."""
    if x.size <= UNTHREADED:
        return _product(ones((1, x.shape[-2]), x.dtype), x, out)
    return np.add.reduce(x, axis=-2, out=out, keepdims=True)


def _transposed(x):
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)
