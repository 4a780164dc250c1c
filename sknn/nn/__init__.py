"""The core: networks of layers on NumPy arrays, and how they are trained.

What users build with is imported from here: ``from sknn.nn import Dense, Activation, Loss``.
"""

from sknn.nn.activations import Activation
from sknn.nn.initializers import GlorotUniform, Initializer
from sknn.nn.layers import Dense, Layer
from sknn.nn.losses import Loss
from sknn.nn.optimizers import Optimizer
from sknn.nn.parameters import Parameter, State
from sknn.nn.schedules import Schedule

__all__ = [
    "Activation",
    "Dense",
    "GlorotUniform",
    "Initializer",
    "Layer",
    "Loss",
    "Optimizer",
    "Parameter",
    "Schedule",
    "State",
]
