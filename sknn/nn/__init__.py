"""The core: networks of layers on NumPy arrays, and how they are trained.

What users build with is imported from here: ``from sknn.nn import Dense, Activation, Huber``.
"""

from sknn.nn.activations import ELU, Activation, LeakyReLU, PReLU
from sknn.nn.initializers import Initializer, Normal, Orthogonal
from sknn.nn.layers import Activate, BatchNorm, Dense, Dropout, Layer, LayerNorm
from sknn.nn.losses import Huber, LogisticFocal, Loss, Quantile, SoftmaxFocal
from sknn.nn.optimizers import Optimizer
from sknn.nn.parameters import Parameter, State
from sknn.nn.schedules import (
    CosineDecay,
    Exponential,
    OneCycle,
    Plateau,
    Schedule,
    Step,
    Warmup,
)

__all__ = [
    "ELU",
    "Activate",
    "Activation",
    "BatchNorm",
    "CosineDecay",
    "Dense",
    "Dropout",
    "Exponential",
    "Huber",
    "Initializer",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LogisticFocal",
    "Loss",
    "Normal",
    "OneCycle",
    "Optimizer",
    "Orthogonal",
    "PReLU",
    "Parameter",
    "Plateau",
    "Quantile",
    "Schedule",
    "SoftmaxFocal",
    "State",
    "Step",
    "Warmup",
]
