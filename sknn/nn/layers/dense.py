"""The fully connected layer."""

import math
from functools import partial

import numpy as np

from sknn.nn.activations import Activation, Identity, as_activation
from sknn.nn.batches import is_sparse
from sknn.nn.initializers import Constant, Initializer, as_initializer
from sknn.nn.layers.base import (
    Layer,
    activate,
    activation_parameters,
    differentiate,
)
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import COUNT, FLAG, POSITIVE, OneOf, as_float
from sknn.nn.workspace import ones

UNTHREADED = 2**15  # values: BLAS would split larger sums among its threads without any gain


class Dense(Layer):
    """Fully connected layer: y = f(x @ weight + bias).

    x: (..., n, n_in), or sparse (n, n_in)    weight: (..., n_in, units)
    bias: (..., 1, units)    y: (..., n, units)

    Parameters
    ----------
    units : int
        The number of outputs.
    activation : str or Activation, default="relu"
        The activation function.
    bias : bool, default=True
        Whether the layer has a bias. If False, ``intercepts_`` has none for this layer either.
    weight_init : str or Initializer, default="auto"
        How the initial weights are drawn. "auto" uses Glorot initialisation as in scikit-learn,
        which draws the biases as well.
    trainable : bool, default=True
        If False, the weights, the biases and any parameters of the activation stay fixed.
    bias_init : str, Initializer or None, default=None
        How the initial biases are drawn. With None, ``weight_init`` determines them.
    scaling : {"standard", "ntp"}, default="standard"
        "ntp" is the neural tangent parametrisation, y = f(x @ weight / sqrt(n_in) + bias); Jacot
        et al. (2018), section 2. Initial weights are multiplied by sqrt(n_in), so that the initial
        outputs are the same as with "standard". The same learning rate then suits any n_in.
    rate, bias_rate : float, default=1.0, 1.0
        Factors that multiply the learning rate of the weights and of the biases.
    """

    accepts_sparse = True

    valid = {
        "units": COUNT,
        "trainable": FLAG,
        "bias": FLAG,
        "scaling": OneOf("standard", "ntp"),
        "rate": POSITIVE,
        "bias_rate": POSITIVE,
    }

    def __init__(
        self,
        units: int,
        activation: str | Activation = "relu",
        *,
        bias: bool = True,
        weight_init: str | Initializer = "auto",
        trainable: bool = True,
        bias_init: str | Initializer | None = None,
        scaling: str = "standard",
        rate: float = 1.0,
        bias_rate: float = 1.0,
    ) -> None:
        self.units = units
        self.activation = activation
        self.bias = bias
        self.weight_init = weight_init
        self.trainable = trainable
        self.bias_init = bias_init
        self.scaling = scaling
        self.rate = rate
        self.bias_rate = bias_rate

    @property
    def adapts(self):
        return as_initializer(self.weight_init).adapts or (
            self.bias and self.bias_init is not None and self._bias_init.adapts
        )

    @property
    def _bias_init(self):
        """The Initializer of the biases."""
        if self.bias_init is not None:
            return as_initializer(self.bias_init, "bias_init")
        initializer = as_initializer(self.weight_init)
        return initializer if initializer.biases else Constant(0.0)

    def output_shape(self, input_shape):
        if len(input_shape) != 1:
            raise ValueError(
                f"needs flat samples, got samples of shape {input_shape}. Put Flatten() before it."
            )
        return (int(self.units),)

    def parameters(self, input_shape):
        (n_in,) = input_shape
        layer = {
            "fan_in": n_in,
            "fan_out": self.units,
            "activation": as_activation(self.activation),
        }
        draw = partial(as_initializer(self.weight_init), **layer)
        if self.scaling == "ntp":
            draw = partial(_wider, draw, math.sqrt(as_float(n_in)))
        draw_bias, shape = partial(self._bias_init, **layer), (1, self.units)
        trainable = self.trainable
        bias = Parameter("bias", shape, draw_bias, False, self.bias_rate, trainable)
        return [
            Parameter("weight", (n_in, self.units), draw, rate=self.rate, trainable=trainable),
            *([bias] if self.bias else []),
            *activation_parameters(self.activation, self.units, trainable),
        ]

    def adapt(self, params, state, x, random_state):
        weight = as_initializer(self.weight_init)
        if weight.adapts:
            params["weight"][...] = weight.adapt(
                params["weight"], self._sums(params, x), random_state
            )
        if self.bias and self._bias_init.adapts:
            given = params["bias"], self._sums(params, x), random_state
            params["bias"][...] = self._bias_init.adapt(*given)

    def _sums(self, params, x):
        """The weighted sums of x, (n, n_in), without the bias: (n, units)."""
        z = x @ params["weight"]
        z *= self.factor(x.shape[-1])
        return z

    def factor(self, n_in):
        """The factor by which x @ weight is multiplied."""
        return 1 / math.sqrt(n_in) if self.scaling == "ntp" else 1.0

    def multiply_adds(self, input_shape):
        return input_shape[0] * self.units

    def folded(self, params, factor, offset):
        if not isinstance(as_activation(self.activation), Identity):
            return None
        weight = params["weight"] * factor
        return {**params, "weight": weight, "bias": params.get("bias", 0) * factor + offset}

    def forward(self, params, state, x, cache, context):
        weight = params["weight"]
        if weight.ndim == 2 and is_sparse(x):
            z = x @ weight  # SciPy allocates the result: copying it takes half as long again
        else:
            z = cache.array("pre", (*weight.shape[:-2], x.shape[-2], self.units))
            _product(x, weight, out=z)
        if self.scaling == "ntp":
            z *= self.factor(x.shape[-1])
        if "bias" in params:
            z += params["bias"]
        cache["x"] = x
        return activate(self.activation, params, z, cache)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        x = cache["x"]
        dy = differentiate(self.activation, params, grads, dy, cache)  # dz from here on
        if "bias" in grads:
            _sum_of_rows(dy, out=grads["bias"])
        if self.scaling == "ntp":
            dy *= self.factor(x.shape[-1])
        _product(_transposed(x), dy, out=grads["weight"])
        if not need_dx:
            return None
        weight = params["weight"]
        dx = cache.array("dx", (*dy.shape[:-1], weight.shape[-2]))
        return _product(dy, _transposed(weight), out=dx)


def _product(a, b, out):
    """out = a @ b; a can be sparse. ``dot`` is twice as fast as ``matmul`` for small ones."""
    if is_sparse(a):
        for model in np.ndindex(b.shape[:-2]):
            out[model] = a @ b[model]
        return out
    if a.ndim == b.ndim == 2:
        return np.dot(a, b, out)
    return np.matmul(a, b, out=out)


def _wider(draw, factor, random_state, shape):
    """The values that ``draw`` returns, multiplied by factor."""
    return factor * draw(random_state, shape)


def _sum_of_rows(x, out):
    """out = the sum over samples, (..., 1, units)."""
    if x.shape[-2] * x.shape[-1] <= UNTHREADED:
        return _product(ones((1, x.shape[-2]), x.dtype), x, out)
    return np.add.reduce(x, axis=-2, out=out, keepdims=True)


def _transposed(x):
    return x.T if x.ndim == 2 else x.swapaxes(-1, -2)
