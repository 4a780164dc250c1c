"""Layers, in one file per kind. All of them follow the contract in ``base``."""

from sknn.nn.layers.activate import Activate
from sknn.nn.layers.base import Layer
from sknn.nn.layers.convolution import Conv2D
from sknn.nn.layers.dense import Dense
from sknn.nn.layers.dropout import Dropout
from sknn.nn.layers.embedding import Embedding
from sknn.nn.layers.normalization import BatchNorm, LayerNorm
from sknn.nn.layers.periodic import Periodic
from sknn.nn.layers.piecewise import PiecewiseLinear
from sknn.nn.layers.pooling import AveragePool2D, GlobalAveragePool2D, MaxPool2D
from sknn.nn.layers.scale import Scale
from sknn.nn.layers.shaping import Flatten

__all__ = [
    "Activate",
    "AveragePool2D",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalAveragePool2D",
    "Layer",
    "LayerNorm",
    "MaxPool2D",
    "Periodic",
    "PiecewiseLinear",
    "Scale",
]
