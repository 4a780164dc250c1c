"""Layers: each a file for its kind, all on the contract of ``base``."""

from sknn.nn.layers.activate import Activate
from sknn.nn.layers.base import Layer
from sknn.nn.layers.dense import Dense
from sknn.nn.layers.dropout import Dropout
from sknn.nn.layers.normalization import BatchNorm, LayerNorm

__all__ = ["Activate", "BatchNorm", "Dense", "Dropout", "Layer", "LayerNorm"]
