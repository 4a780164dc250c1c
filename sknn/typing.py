"""Types that the hints of several modules share."""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import sparray, spmatrix

Arrays: TypeAlias = dict[str, np.ndarray]
"""Arrays by name: parameters, their gradients, or states."""

Samples: TypeAlias = ArrayLike | sparray | spmatrix
"""What X may be: whatever an array can be made of, data frames among them, and sparse rows."""

Shape: TypeAlias = tuple[int, ...]
"""The shape of one sample."""
