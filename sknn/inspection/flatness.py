"""How often the activation function of a layer is flat, so that no gradient passes through it."""

import numpy as np

FLAT = 0.05  # of the steepest slope: below, it counts as flat, as beyond 4.4 for logistic, 2.2 tanh
SUMS = np.linspace(-30, 30, 601)  # weighted sums, wide enough to show the limits of activations
LEVEL = 0.005  # slopes above this at the ends remain nonzero forever, as for leaky_relu


class Flatness:
    """Counts, for each unit of a layer, the samples and pixels for which it is flat.

    Attributes
    ----------
    layer : str
        The name of the layer.
    ends : int
        The number of sides on which its activation function is flat: 1 for ReLU, 2 for tanh.
    shares : ndarray of shape (units,)
        For each unit, the fraction of samples and pixels for which it is flat.
    """

    def __init__(self, stage):
        self.layer = stage.row.name
        self._stage = stage
        self.ends = None if stage.activation else 0
        self._flat = self._seen = 0

    def count(self, z):
        """Adds weighted sums, (n, ..., units)."""
        if self.ends is None:
            sums = np.tile(SUMS.astype(z.dtype)[:, None], (1, z.shape[-1]))
            slopes = np.abs(self._stage.slopes(sums))
            steepest = slopes.max()
            self._least = FLAT * steepest
            self.ends = sum(bool((slopes[end] <= LEVEL * steepest).all()) for end in (0, -1))
        if self.ends:
            flat = np.abs(self._stage.slopes(z)) <= self._least
            self._flat = self._flat + flat.reshape(-1, z.shape[-1]).sum(axis=0)
            self._seen += flat.size // z.shape[-1]

    @property
    def shares(self):
        return self._flat / self._seen
