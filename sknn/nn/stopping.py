"""When to stop, and which weights to keep."""

import numpy as np


class Patience:
    """Counts epochs in a row that brought no improvement of at least ``tol``.

    What it watches is to be minimised. All of it is per model: values are of shape (), or (k,).

    Attributes
    ----------
    best : ndarray
        The smallest value so far.
    count : ndarray of int
        Epochs in a row without improvement.
    """

    def __init__(self, best=np.inf, models=()):
        self.best = np.full(models, best, dtype=float)
        self.count = np.zeros(models, dtype=int)

    def watch(self, value, tol):
        """Takes in the value of an epoch; returns whether it is the best so far."""
        stalled = ~((value <= self.best - tol) & (value < np.inf))  # as is nan, and the first inf
        self.count = np.where(stalled, self.count + 1, 0)
        improved = value < self.best
        self.best = np.where(improved, value, self.best)
        return improved

    def spent(self, limit):
        return self.count > limit


class Keeper:
    """A copy of the weights, model by model, to go back to."""

    def __init__(self, theta, state):
        self.theta, self.state = theta.copy(), state.copy()

    def keep(self, theta, state, which):
        """which: bool of shape (), or (k,): the models to copy."""
        self._copy(self.theta, theta, which)
        self._copy(self.state, state, which)

    def restore(self, theta, state, which):
        self._copy(theta, self.theta, which)
        self._copy(state, self.state, which)

    @staticmethod
    def _copy(to, source, which):
        if np.all(which):
            np.copyto(to, source)
        elif np.any(which):
            np.copyto(to, source, where=which[:, None])
