"""The core: networks of layers on NumPy arrays, and their training.

Import layers, activations and losses from here: ``from sknn.nn import Dense, Activation, Huber``.
"""

from sknn.nn.activations import ELU, Activation, Blend, HardSigmoid, LeakyReLU, Mish, PReLU, SiLU
from sknn.nn.initializers import (
    Constant,
    Initializer,
    Normal,
    Orthogonal,
    ThroughRows,
    UnitVariance,
)
from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    Periodic,
    PiecewiseLinear,
    Scale,
)
from sknn.nn.losses import Huber, LogisticFocal, Loss, Quantile, SoftmaxFocal
from sknn.nn.optimizers import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
from sknn.nn.parameters import Parameter, State
from sknn.nn.passes import Pass
from sknn.nn.ranges import Range
from sknn.nn.residual import Residual
from sknn.nn.schedules import (
    CosineDecay,
    CosLog,
    Exponential,
    FlatCosine,
    OneCycle,
    Plateau,
    Schedule,
    Step,
    Warmup,
)
from sknn.nn.table import TableInput

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
    "Blend",
    "Constant",
    "Conv2D",
    "CosLog",
    "CosineDecay",
    "Dense",
    "Dropout",
    "Embedding",
    "Exponential",
    "FlatCosine",
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
    "Mish",
    "NAdam",
    "Normal",
    "OneCycle",
    "Optimizer",
    "Orthogonal",
    "PReLU",
    "Parameter",
    "Pass",
    "Periodic",
    "PiecewiseLinear",
    "Plateau",
    "Quantile",
    "RMSprop",
    "Range",
    "Residual",
    "Scale",
    "Schedule",
    "SiLU",
    "SoftmaxFocal",
    "State",
    "Step",
    "TableInput",
    "ThroughRows",
    "UnitVariance",
    "Warmup",
]
