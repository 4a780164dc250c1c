"""Types for the hints of several modules."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import sparray, spmatrix

Arrays: TypeAlias = dict[str, np.ndarray]
"""Arrays by name: parameters, their gradients, or states."""

Samples: TypeAlias = ArrayLike | sparray | spmatrix
"""Types of X: anything that converts to an array, including DataFrames, and sparse matrices."""

Shape: TypeAlias = tuple[int, ...]
"""The shape of one sample."""
