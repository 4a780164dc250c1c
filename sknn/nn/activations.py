"""Activation functions and their derivatives."""

import numpy as np
from scipy.special import expit

from sknn.nn.workspace import zeros_for


class Activation:
    """a = f(z), element by element.

    ``needs`` says what backward reads: the outputs ("a"), so that forward may overwrite z, or
    the inputs ("z"). ``increasing`` is True if f never decreases: max-pooling may then go
    first. ``glorot_factor`` sets the width of Glorot's initial weights. Subclass it for an
    activation of your own; arguments of the constructor are kept under their own names.
    """

    needs = "a"
    increasing = False
    glorot_factor = 6.0

    def forward(self, z, out):
        """out = f(z). out may be z itself if ``needs`` is "a"."""
        raise NotImplementedError

    def backward(self, z, a, dy):
        """dy *= f'(z), in place. z is None if ``needs`` is "a"; z and a may be overwritten."""
        raise NotImplementedError


class Identity(Activation):
    """f(z) = z."""

    increasing = True

    def forward(self, z, out):
        if out is not z:
            np.copyto(out, z)

    def backward(self, z, a, dy):
        pass


class Logistic(Activation):
    """f(z) = 1 / (1 + exp(-z))."""

    increasing = True
    glorot_factor = 2.0  # as scikit-learn

    def forward(self, z, out):
        expit(z, out=out)

    def backward(self, z, a, dy):
        dy *= a  # dy * a * (1 - a)
        np.subtract(1, a, out=a)
        dy *= a


class Tanh(Activation):
    """f(z) = tanh(z)."""

    increasing = True

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, dy):
        np.square(a, out=a)  # dy * (1 - a^2)
        np.subtract(1, a, out=a)
        dy *= a


class ReLU(Activation):
    """f(z) = max(z, 0); the derivative at 0 is 0."""

    increasing = True

    def forward(self, z, out):
        np.maximum(z, zeros_for(z), out=out)

    def backward(self, z, a, dy):
        dy *= a > 0


ACTIVATIONS = {
    "identity": Identity(),
    "logistic": Logistic(),
    "relu": ReLU(),
    "tanh": Tanh(),
}


def as_activation(activation):
    """The Activation that a name stands for; an Activation stands for itself.

    Raises ValueError on an unknown name, TypeError on what cannot be one.
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(
            "activation must be a name or an Activation object (an instance, not a class), "
            f"got {activation!r}."
        )
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"activation must be an Activation or one of {sorted(ACTIVATIONS)}, got {activation!r}."
        )
    return ACTIVATIONS[activation]
