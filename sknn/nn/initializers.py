"""First values of the weights: how wide to draw them so that signals keep their size."""

import numpy as np


class Initializer:
    """Draws the first values of one parameter.

    Called with a ``numpy.random.RandomState``, the parameter's shape, the number of inputs and
    of outputs of the layer it belongs to, and the layer's Activation; returns float64.
    """

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        raise NotImplementedError


class GlorotUniform(Initializer):
    """U(-r, r) with r = sqrt(factor / (fan_in + fan_out)); Glorot & Bengio (2010), eq. 16.

    ``factor=None`` takes the activation's: 6, and 2 for a logistic one, as scikit-learn has it.
    """

    def __init__(self, factor=None):
        self.factor = factor

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        factor = self.factor
        if factor is None:
            factor = activation.glorot_factor
        bound = np.sqrt(factor / (fan_in + fan_out))
        return random_state.uniform(-bound, bound, shape)
