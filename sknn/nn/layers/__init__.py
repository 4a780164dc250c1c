"""Layers: each a file for its kind, all on the contract of ``base``."""

from sknn.nn.layers.base import Layer
from sknn.nn.layers.dense import Dense

__all__ = ["Dense", "Layer"]
