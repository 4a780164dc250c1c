"""
Which activation functions are there, and where are they flat?
==============================================================

A layer learns through the derivative of its activation function. Where that is near zero,
hardly any gradient comes through. :class:`~sknn.plotting.ActivationDisplay` shows both.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknn.nn import Activation, LeakyReLU
from sknn.plotting import ActivationDisplay

# %%
# All that have a name. "sign" and "step" are flat everywhere; training uses the derivative
# that is drawn, the straight-through estimate.

display = ActivationDisplay.from_activations()
for name in ("logistic", "tanh"):
    print(f"The steepest slope of {name} is {display.derivatives[name].max():.2f}")

# %%
# Objects have settings, and one of your own is drawn like the others.


class Sine(Activation):
    """f(z) = sin(z)."""

    needs = "z"

    def forward(self, z, out):
        np.sin(z, out=out)

    def backward(self, z, a, dy):
        dy *= np.cos(z)


display = ActivationDisplay.from_activations(["relu", LeakyReLU(0.2), Sine()])

plt.show()
