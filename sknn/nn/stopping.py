"""When to stop, which weights to keep, and which models go on."""

import numpy as np

from sknn.nn.per_model import of_models, with_part


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

    def watch(self, value, tol, last_of_ties=False):
        """Takes in the value of an epoch; returns whether it is the best so far.

        last_of_ties: whether a value as good as the best so far counts as the best
        """
        stalled = ~((value <= self.best - tol) & (value < np.inf))  # as is nan, and the first inf
        self.count = np.where(stalled, self.count + 1, 0)
        improved = value < self.best
        self.best = np.where(improved, value, self.best)
        return improved | (value == self.best) & (value < np.inf) if last_of_ties else improved

    def spent(self, limit):
        return self.count > limit

    def select(self, models):
        """That of some models, in arrays of its own; models: (k,) bools."""
        patience = Patience()
        patience.best, patience.count = self.best[models], self.count[models]
        return patience

    def update(self, models, patience):
        """Takes over what has become of ``select(models)``."""
        self.best = with_part(self.best, models, patience.best)
        self.count = with_part(self.count, models, patience.count)


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
            to[which] = source[which]


class Remaining:
    """The models that go on training: all, or copies of those that have not stopped.

    A model that has stopped is left out of the batch, and costs nothing more. The vectors that
    the caller passed hold all models; ``write_back`` brings those that remain up to date there.

    Attributes
    ----------
    gradient, plan, run : TrainableLoss, Plan, TrainingState
        Of the models that remain.
    models : ndarray of bool, (k,), or None
        Which ones remain; None for all, or for one model without a model axis.
    """

    def __init__(self, gradient, plan, run):
        self._of_all = self.gradient, self.plan, self.run = gradient, plan, run
        self.models = None

    def leave_out(self, stopped):
        """Goes on without the models that have stopped; stopped: (k,) bools, not all True."""
        self.write_back()
        models = ~stopped
        selected = [one.select(models) for one in self._of_all]
        (self.gradient, self.plan, self.run), self.models = selected, models

    def write_back(self):
        """Writes theta, state and run of the models that remain to those of all."""
        if self.models is None:
            return
        gradient, _, run = self._of_all
        gradient.theta[self.models] = self.gradient.theta
        gradient.state[self.models] = self.gradient.state
        run.update(self.models, self.run)

    @property
    def vectors(self):
        """(theta, state) of all models."""
        gradient = self._of_all[0]
        return gradient.theta, gradient.state

    def of(self, values):
        """Those of the models that remain, out of values of all."""
        return values if self.models is None else of_models(values, self.models)

    def among_all(self, values, other):
        """Values (k,) of all models out of those that remain; the rest have ``other``."""
        if self.models is None or np.ndim(values) == 0:
            return values
        return with_part(other, self.models, values)
