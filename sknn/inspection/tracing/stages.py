"""A layer split into two stages: the weighted sums z, then the activation function."""

from copy import copy

import numpy as np

from sknn.estimators.panel.html import names_of_layers
from sknn.nn.activations import Identity, as_activation
from sknn.nn.layers import Activate, Conv2D, Dense
from sknn.nn.passes import Pass
from sknn.nn.summary import summary_rows
from sknn.nn.workspace import Workspace


class Stage:
    """One layer of a network as z = f(x) and a = activation(z).

    a is z if the layer has no activation function. Nothing is drawn at random. All returned arrays
    are new.

    Attributes
    ----------
    row : Row
        The name, kind and settings of the layer.
    layer : Layer
        The layer itself.
    params : dict of ndarray
        The parameters by name, as returned by ``views`` of the layout.
    activation : Activation or None
        The activation function.
    """

    def __init__(self, row, layer, params, state, dtype):
        self.row, self.layer, self.params = row, layer, params
        self.before, self.activation = taken_apart(layer)
        self._state = state
        self._caches = Workspace(dtype), Workspace(dtype)
        self._context = None

    def forward(self, x, training, weight=None):
        """Returns (z, a).

        training: whether normalisation uses weighted statistics of x instead of running ones
        weight: (n, 1) or None
        """
        z, context = x, Pass(training, weight=weight, differentiated=True)
        self._context = context
        if self.before is not None:
            given = self.params, self._state, x, self._caches[0]
            z = self.before.forward(*given, context).copy()
        if self.activation is None:
            return z, z
        params = self._of_activation(self.params, z)
        after = Activate(self.activation)
        return z, after.forward(params, {}, z, self._caches[1], context).copy()

    def backward(self, da, grads):
        """Returns (dz, dx) after a forward. Fills grads, which have the structure of params."""
        dz, context = da, self._context
        if self.activation is not None:
            own = self._of_activation(self.params, da), self._of_activation(grads, da)
            given = *own, da.copy(), self._caches[1], context
            dz = Activate(self.activation).backward(*given).copy()
        if self.before is None:
            return dz, dz
        given = self.params, grads, dz.copy(), self._caches[0], context
        return dz, self.before.backward(*given).copy()

    def slopes(self, z):
        """f'(z)."""
        after, cache, context = Activate(self.activation), Workspace(z.dtype), Pass(training=True)
        params = self._of_activation(self.params, z)
        grads = {name: np.empty_like(param) for name, param in params.items()}
        after.forward(params, {}, z, cache, context)
        return after.backward(params, grads, np.ones_like(z), cache, context)

    def _of_activation(self, arrays, z):
        """The arrays of a layer that belong to its activation, whose input is z."""
        return {own.name: arrays[own.name] for own in self.activation.parameters(z.shape[-1])}


def stages_of(estimator, network, params, state):
    """The Stages of a network, with the names given by its user, or kind and number.

    params, state: the arrays of each layer by name
    """
    dtype = next(iter(array for own in params for array in own.values())).dtype
    rows = summary_rows(network, dtype, names_of_layers(estimator, network))
    return [Stage(*own, dtype) for own in zip(rows, network.layers, params, state, strict=True)]


def taken_apart(layer):
    """(layer that computes z from x, or None if z is x; Activation of z, or None)."""
    if isinstance(layer, Activate):
        return None, as_activation(layer.activation)
    if type(layer).forward not in (Dense.forward, Conv2D.forward):
        return layer, None
    activation = as_activation(layer.activation)
    if isinstance(activation, Identity):
        return layer, None
    before = copy(layer)
    before.activation = "identity"
    return before, activation
