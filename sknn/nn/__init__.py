"""The core: networks of layers on NumPy arrays, and how they are trained.

What users build with is imported from here: ``from sknn.nn import Dense, Activation, Huber``.
"""

from sknn.nn.activations import ELU, Activation, HardSigmoid, LeakyReLU, PReLU, SiLU
from sknn.nn.initializers import Constant, Initializer, Normal, Orthogonal
from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
)
from sknn.nn.losses import Huber, LogisticFocal, Loss, Quantile, SoftmaxFocal
from sknn.nn.optimizers import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
from sknn.nn.parameters import Parameter, State
from sknn.nn.passes import Pass
from sknn.nn.ranges import Range
from sknn.nn.residual import Residual
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
    "SGD",
    "Activate",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "AveragePool2D",
    "BatchNorm",
    "Constant",
    "Conv2D",
    "CosineDecay",
    "Dense",
    "Dropout",
    "Exponential",
    "Flatten",
    "GlobalAveragePool2D",
    "HardSigmoid",
    "Huber",
    "Initializer",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LogisticFocal",
    "Loss",
    "MaxPool2D",
    "NAdam",
    "Normal",
    "OneCycle",
    "Optimizer",
    "Orthogonal",
    "PReLU",
    "Parameter",
    "Pass",
    "Plateau",
    "Quantile",
    "RMSprop",
    "Range",
    "Residual",
    "Schedule",
    "SiLU",
    "SoftmaxFocal",
    "State",
    "Step",
    "Warmup",
]
