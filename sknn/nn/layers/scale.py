"""A learned factor for each input."""

import numpy as np

from sknn.nn.initializers import Constant
from sknn.nn.layers.base import Layer, shape_with_models
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import FLAG, NUMBER, POSITIVE


class Scale(Layer):
    """y = x * scale, with a learned scale for each input.

    As the first layer of a network on tables, with a rate of 6, it helps the network to select
    columns; Holzmüller et al. (2024), RealMLP.

    x, y: (..., n, features), or (n, height, width, channels)    scale: (..., 1, features), or
    channels

    Parameters
    ----------
    initial : float, default=1.0
        The initial value of all scales.
    rate : float, default=1.0
        Factor that multiplies the learning rate of the scales.
    decay : bool, default=False
        Whether penalties and weight decay apply to the scales.
    """

    pixelwise = True
    valid = {"initial": NUMBER, "rate": POSITIVE, "decay": FLAG}

    def __init__(self, initial: float = 1.0, rate: float = 1.0, decay: bool = False) -> None:
        self.initial = initial
        self.rate = rate
        self.decay = decay

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        shape = (1, input_shape[-1])
        return [Parameter("scale", shape, Constant(self.initial), self.decay, self.rate)]

    def multiply_adds(self, input_shape):
        return int(np.prod(input_shape))

    def forward(self, params, state, x, cache, context):
        cache["x"] = x
        y = cache.array("y", shape_with_models(x, params))
        return np.multiply(x, params["scale"], out=y)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        scale = params["scale"]
        products = np.multiply(dy, cache["x"], out=cache.scratch("products", dy.shape))
        of_each_input = products.reshape(*scale.shape[:-2], -1, scale.shape[-1])
        np.add.reduce(of_each_input, axis=-2, out=grads["scale"], keepdims=True)
        return np.multiply(dy, scale, out=dy) if need_dx else None
