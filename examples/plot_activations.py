"""
Which activation functions exist, and where are they flat?
==========================================================

A layer learns through the derivative of its activation function. Where the derivative is close to
zero, almost no gradient passes through. :class:`~sknn.plotting.ActivationDisplay` shows the
functions and their derivatives.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknn.nn import Activation, LeakyReLU
from sknn.plotting import ActivationDisplay

# %%
# All activation functions that have a name. "sign" and "step" are flat everywhere. Training uses
# the straight-through estimate of their derivatives, which is drawn here.

display = ActivationDisplay.from_activations()
for name in ("logistic", "tanh"):
    print(f"The steepest slope of {name} is {display.derivatives[name].max():.2f}")

# %%
# Activation objects can have settings, and you can draw activation functions of your own.


class Sine(Activation):
    """f(z) = sin(z)."""

    needs = "z"

    def forward(self, z, out):
        np.sin(z, out=out)

    def backward(self, z, a, dy):
        dy *= np.cos(z)


display = ActivationDisplay.from_activations(["relu", LeakyReLU(0.2), Sine()])

plt.show()
