"""The state of training between epochs."""

from copy import copy
from itertools import compress

import numpy as np

from sknn.nn.per_model import with_part
from sknn.nn.schedules import Progress
from sknn.nn.streams import new_seed


class TrainingState:
    """The state of training between epochs, and between calls to ``partial_fit``.

    Attributes
    ----------
    optimizer : Optimizer
        The optimiser with its settings.
    moments : Moments
        The values that the optimiser keeps from step to step.
    random_state : numpy.random.RandomState, or list of them
        Shuffles the rows. A list has one for each model.
    patience : Patience
        Counts epochs without improvement.
    progress : Progress
        Counts steps, epochs and samples.
    seed : int, or list of int, or None
        The seed for dropout and augmentation. A list has one for each model. None if only the order
        is drawn (``draws=False``), because determining a seed takes as long as ten steps.
    order : ndarray of int, (n,) or (k, n), or None
        The rows in the order of the last epoch, which each epoch shuffles again. It is (k, n) if
        models have their own rows or generators. Rows of models with fewer samples end in -1.
    """

    def __init__(self, optimizer, moments, random_state, patience, samples=0, draws=True):
        self.optimizer, self.moments = optimizer, moments
        self.random_state = random_state
        self.patience = patience
        self.progress = Progress(samples=samples)
        self.seed = new_seed(random_state) if draws else None
        self.order = None

    def copy(self):
        """A copy with which training can continue. It shares only the generator with this one."""
        run = copy(self)
        run.moments = self.moments.copy()
        run.patience, run.progress = copy(self.patience), copy(self.progress)
        return run

    def shuffle(self):
        """Shuffles the order again, for each model with its own generator if there is one."""
        n = self.order.shape[-1]
        if isinstance(self.random_state, list):
            self.order = np.array(np.broadcast_to(self.order, (len(self.random_state), n)))
            lengths = np.broadcast_to(n_rows(self.order), (len(self.order), 1)).ravel()
            for order, length, each in zip(self.order, lengths, self.random_state, strict=True):
                each.shuffle(order[:length])
        else:
            self.order = self.order.take(_shuffled(n, self.random_state), axis=-1)

    def select(self, models):
        """The state of some models. Generators are not copied. models: (k,) bools."""
        run = copy(self)
        for name in ("optimizer", "moments", "patience", "progress"):
            setattr(run, name, getattr(self, name).select(models))
        for name in ("random_state", "seed"):
            if isinstance(getattr(self, name), list):
                setattr(run, name, list(compress(getattr(self, name), models)))
        run.order = self.order[models] if self.order.ndim == 2 else self.order
        return run

    def update(self, models, run):
        """Copies back the state from ``select(models)``."""
        self.moments.update(models, run.moments)
        self.patience.update(models, run.patience)
        self.progress.update(models, run.progress)
        own = run.order.ndim == 2
        self.order = with_part(self.order, models, run.order) if own else run.order


def n_rows(order):
    """The number of rows in an order: an int, or (k, 1) if models have different numbers."""
    if order.ndim == 1 or (order[:, -1] >= 0).all():
        return order.shape[-1]
    return np.count_nonzero(order >= 0, axis=-1, keepdims=True)


def _shuffled(n, random_state):
    """The numbers from 0 to n - 1 in random order."""
    order = np.arange(n)
    random_state.shuffle(order)
    return order
