"""When to stop, which weights to keep, and which models continue."""

import numpy as np

from sknn.nn.per_model import of_models, with_part

MOST_PARTS = 8  # sets of models whose memory is kept; there are two if folds differ by a row


class Patience:
    """Counts consecutive epochs without an improvement of at least ``tol``.

    The watched value is to be minimised. Everything is per model, with the shape () or (k,).

    Attributes
    ----------
    best : ndarray
        The smallest value so far.
    count : ndarray of int
        The number of consecutive epochs without improvement.
    """

    def __init__(self, best=np.inf, models=()):
        self.best = np.full(models, best, dtype=float)
        self.count = np.zeros(models, dtype=int)

    def watch(self, value, tol, last_of_ties=False):
        """Records the value of an epoch. Returns whether it is the best so far.

        last_of_ties: whether a value equal to the best so far also counts as the best
        """
        stalled = ~((value <= self.best - tol) & (value < np.inf))  # True for nan and a first inf
        self.count = np.where(stalled, self.count + 1, 0)
        improved = value < self.best
        self.best = np.where(improved, value, self.best)
        return improved | (value == self.best) & (value < np.inf) if last_of_ties else improved

    def spent(self, limit):
        return self.count > limit

    def select(self, models):
        """The patience of some models, in new arrays; models: (k,) bools."""
        patience = Patience()
        patience.best, patience.count = self.best[models], self.count[models]
        return patience

    def update(self, models, patience):
        """Copies back the patience from ``select(models)``."""
        self.best = with_part(self.best, models, patience.best)
        self.count = with_part(self.count, models, patience.count)


class Keeper:
    """A copy of the weights of each model that can be restored."""

    def __init__(self, theta, state):
        self.theta, self.state = theta.copy(), state.copy()

    def keep(self, theta, state, which):
        """Copies the weights of the models ``which``, a bool of shape () or (k,)."""
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


class Parts:
    """Copies of some of the models, for one step. The memory for the same models is reused.

    Optimisers and schedules count steps for all models at once. For this reason, take all parts of
    a step before the first one is written back.

    Parameters
    ----------
    gradient, plan, run : TrainableLoss, Plan, TrainingState
        Those of all models.
    """

    def __init__(self, gradient, plan, run):
        self.gradient, self.plan, self.run = gradient, plan, run
        self._taken = {}

    def take(self, models):
        """(gradient, plan, run) of some models; models: (k,) bools. run is only for steps."""
        key = models.tobytes()
        if key in self._taken:
            gradient, plan, run = self._taken[key]
            gradient.theta[...] = self.gradient.theta[models]
            gradient.state[...] = self.gradient.state[models]
        else:
            if len(self._taken) == MOST_PARTS:
                self._taken.clear()
            of_all = self.gradient, self.plan, self.run
            self._taken[key] = gradient, plan, run = [one.select(models) for one in of_all]
            run.order = None  # steps do not use it, and it can be large
        run.moments = self.run.moments.select(models)
        run.progress = self.run.progress.select(models)
        return gradient, plan, run

    def write_back(self, models, gradient, run):
        """Copies back theta, state and moments from ``take(models)``."""
        self.gradient.theta[models] = gradient.theta
        self.gradient.state[models] = gradient.state
        self.run.moments.update(models, run.moments)


class Remaining:
    """The models that are still training: all of them, or copies of those that have not stopped.

    Stopped models are removed from the batch and take no more time. The vectors that the caller
    passed contain all models; ``write_back`` updates those that remain.

    Attributes
    ----------
    gradient, plan, run : TrainableLoss, Plan, TrainingState
        Those of the remaining models.
    models : ndarray of bool, (k,), or None
        The remaining models. None for all, or for one model without a model axis.
    parts : Parts
        Parts of the remaining models.
    """

    def __init__(self, gradient, plan, run):
        self._of_all = self.gradient, self.plan, self.run = gradient, plan, run
        self.models = None
        self.parts = Parts(gradient, plan, run)

    def leave_out(self, stopped):
        """Continues without the stopped models; stopped: (k,) bools, not all True."""
        self.write_back()
        models = ~stopped
        selected = [one.select(models) for one in self._of_all]
        (self.gradient, self.plan, self.run), self.models = selected, models
        self.parts = Parts(*selected)

    def write_back(self):
        """Copies theta, state and run of the remaining models to those of all models."""
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
        """The values of the remaining models, from values of all models."""
        return values if self.models is None else of_models(values, self.models)

    def among_all(self, values, other):
        """Values (k,) of all models from those of the remaining ones; the rest have ``other``."""
        if self.models is None or np.ndim(values) == 0:
            return values
        return with_part(other, self.models, values)
