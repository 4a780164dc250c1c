"""How often the activation function of a layer is flat: where no gradient gets through."""

import numpy as np

FLAT = 0.05  # of the steepest slope, what counts as none: beyond 4.4 for logistic, 2.2 for tanh
SUMS = np.linspace(-30, 30, 601)  # weighted sums at whose ends activation functions show where
LEVEL = 0.005  # they tend to: more of a slope than this is one for good, as that of leaky_relu


class Flatness:
    """Counts, for each unit of a layer, the samples, and pixels, for which it is flat.

    Attributes
    ----------
    layer : str
        Its name.
    ends : int
        On how many sides its activation function flattens: ReLU on one, tanh on both.
    shares : ndarray of shape (units,)
        Of each unit, the share of what was counted for which it is flat.
    """

    def __init__(self, stage):
        self.layer = stage.row.name
        self._stage = stage
        self.ends = None if stage.activation else 0
        self._flat = self._seen = 0

    def count(self, z):
        """Takes in weighted sums (n, ..., units)."""
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
