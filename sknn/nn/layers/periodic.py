"""Numeric columns as cosines with learned frequencies."""

import math
from functools import partial

import numpy as np

from sknn.nn.initializers import Normal
from sknn.nn.layers.base import Layer, needs_flat
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import COUNT, FLAG, POSITIVE, as_float


class Periodic(Layer):
    """y = weight @ cos(2 pi frequency * x + phase) + bias, separately for each column, and x.

    Each column becomes ``size`` values, followed by the column itself with ``keep_input``. These
    are the "PBLD" embeddings of RealMLP, Holzmüller et al. (2024), based on Gorishniy et al.
    (2022), section 3.4. Frequencies are drawn from N(0, std^2), phases from U(-pi, pi), weights
    and biases from U(-r, r) with r = 1 / sqrt(n_frequencies). Penalties and weight decay do not
    apply to phases and biases.

    x: (..., n, columns)    frequency, phase: (..., columns, n_frequencies, 1)
    weight: (..., columns, size, n_frequencies)    bias: (..., columns, size, 1)
    y: (..., n, columns * (size + keep_input))

    Parameters
    ----------
    size : int, default=3
        The number of output values for each column.
    n_frequencies : int, default=16
        The number of frequencies for each column.
    std : float, default=0.1
        The standard deviation of the initial frequencies, for columns with a scale of about 1.
    keep_input : bool, default=True
        Whether each column is also passed on unchanged.
    rate : float, default=1.0
        Factor that multiplies the learning rate of all parameters.
    """

    valid = {
        "size": COUNT,
        "n_frequencies": COUNT,
        "std": POSITIVE,
        "keep_input": FLAG,
        "rate": POSITIVE,
    }

    def __init__(
        self,
        size: int = 3,
        n_frequencies: int = 16,
        std: float = 0.1,
        keep_input: bool = True,
        rate: float = 1.0,
    ) -> None:
        self.size = size
        self.n_frequencies = n_frequencies
        self.std = std
        self.keep_input = keep_input
        self.rate = rate

    def output_shape(self, input_shape):
        return (needs_flat(input_shape) * (self.size + bool(self.keep_input)),)

    def parameters(self, input_shape):
        columns, rate = needs_flat(input_shape), self.rate
        one_each = columns, self.n_frequencies, 1
        draw = partial(Normal(self.std), fan_in=None, fan_out=None, activation=None)
        phase, weight = (
            partial(_uniform, math.pi),
            partial(_uniform, as_float(self.n_frequencies) ** -0.5),
        )
        shape = columns, self.size, self.n_frequencies
        return [
            Parameter("frequency", one_each, draw, rate=rate, role="weight"),
            Parameter("phase", one_each, phase, False, rate, role="bias"),
            Parameter("weight", shape, weight, rate=rate),
            Parameter("bias", (columns, self.size, 1), weight, False, rate),
        ]

    def multiply_adds(self, input_shape):
        return input_shape[0] * self.n_frequencies * (1 + self.size)

    def numbers_kept(self, input_shape):
        columns = input_shape[0]
        return columns * (1 + 2 * self.n_frequencies) + self.output_shape(input_shape)[0]

    def scratch(self, input_shape):
        return input_shape[0] * self.size

    def forward(self, params, state, x, cache, context):
        frequency, weight = params["frequency"], params["weight"]
        n, columns = x.shape[-2:]
        models = frequency.shape[:-3]
        across = cache.array("across", (*x.shape[:-2], columns, 1, n))
        across[..., 0, :] = x.swapaxes(-1, -2)  # samples last: the longest axis loops fastest
        cache["x"] = across
        z = cache.array("z", (*models, columns, self.n_frequencies, n))
        np.multiply(across, (2 * math.pi) * frequency, out=z)
        z += params["phase"]
        waves = np.cos(z, out=cache.array("waves", z.shape))
        made = cache.scratch("made", (*models, columns, self.size, n))
        np.matmul(weight, waves, out=made)
        made += params["bias"]
        y = cache.array("y", (*models, n, columns, self.size + bool(self.keep_input)))
        y[..., : self.size] = np.moveaxis(made, -1, -3)
        if self.keep_input:
            y[..., self.size] = x
        return y.reshape(*y.shape[:-2], -1)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        across, n = cache["x"], dy.shape[-2]
        z = cache.array("z", (*params["phase"].shape[:-1], n))
        waves = cache.array("waves", z.shape)
        dy = dy.reshape(*dy.shape[:-1], z.shape[-3], -1)
        dmade = cache.scratch("made", (*z.shape[:-2], self.size, n))
        dmade[...] = np.moveaxis(dy[..., : self.size], -3, -1)
        np.matmul(dmade, waves.swapaxes(-1, -2), out=grads["weight"])
        np.add.reduce(dmade, axis=-1, out=grads["bias"], keepdims=True)
        dz = np.matmul(params["weight"].swapaxes(-1, -2), dmade, out=waves)
        np.sin(z, out=z)
        dz *= np.negative(z, out=z)  # cos' = -sin
        np.add.reduce(dz, axis=-1, out=grads["phase"], keepdims=True)
        np.matmul(dz, across.swapaxes(-1, -2), out=grads["frequency"])
        grads["frequency"] *= 2 * math.pi
        if not need_dx:
            return None
        dx = cache.array("dx", dy.shape[:-1])
        slopes = np.matmul(((2 * math.pi) * params["frequency"]).swapaxes(-1, -2), dz)
        dx[...] = slopes[..., 0, :].swapaxes(-1, -2)
        if self.keep_input:
            dx += dy[..., self.size]
        return dx


def _uniform(bound, random_state, shape):
    return random_state.uniform(-bound, bound, shape)
