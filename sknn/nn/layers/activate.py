"""An activation function as a separate layer."""

from sknn.nn.activations import Activation
from sknn.nn.layers.base import (
    Layer,
    activate,
    activation_parameters,
    differentiate,
    shape_with_models,
)


class Activate(Layer):
    """y = f(x): an activation that does not directly follow the weights of a layer.

    For instance, ``BatchNorm`` is often placed between a layer and its activation.

    Parameters
    ----------
    activation : str or Activation, default="relu"
        The activation function.
    """

    pixelwise = True

    def __init__(self, activation: str | Activation = "relu") -> None:
        self.activation = activation

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        return activation_parameters(self.activation, input_shape[-1])

    def forward(self, params, state, x, cache, context):
        z = cache.array("z", shape_with_models(x, params))
        z[...] = x  # the activation can overwrite its input
        return activate(self.activation, params, z, cache)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        dx = differentiate(self.activation, params, grads, dy, cache)
        return dx if need_dx else None
