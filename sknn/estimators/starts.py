"""Where a fit starts from: nothing, the last fit, the last step, or a checkpoint."""

from dataclasses import dataclass, field

import numpy as np

from sknn.nn.model import Model
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.training import HISTORY
from sknn.nn.training_state import TrainingState


def new_history():
    """A history without a row."""
    return {name: [] for name in HISTORY}


@dataclass
class Start:
    """What a fit goes on from. This is also ``fit`` starting anew.

    Attributes
    ----------
    model : Model or None
        Weights to go on from; None: they are drawn, and X says what the features are.
    history : dict of list
        To which the fit appends.
    samples : int
        Samples seen before.
    best : float
        The least value so far of what training watches: the loss, or minus the score.
    run : TrainingState or None
        Optimiser, generator and patience to go on with; None for new ones.
    checkpoint : Checkpoint or None
    learns_classes : bool
        Whether y says what the classes are; otherwise it is checked.
    planned : bool
        Whether ``max_iter`` epochs are all there will be.
    """

    model: Model | None = None
    history: dict = field(default_factory=new_history)
    samples: int = 0
    best: float = np.inf
    run: TrainingState | None = None
    checkpoint: Checkpoint | None = None

    learns_classes = True
    planned = True

    def give_back(self):
        """Undoes what a fit that failed has changed in place."""


class Fresh(Start):
    """``fit``: everything anew."""


class Resumed(Start):
    """``resume``: everything anew, then put where the checkpoint has it."""


class Warm(Start):
    """``fit`` with ``warm_start``: the weights of the last fit, a new optimiser and patience."""

    learns_classes = False

    @classmethod
    def after(cls, estimator, model):
        """Going on from an estimator whose weights are those of the model."""
        history = getattr(estimator, "history_", None) or new_history()
        history = {name: list(values) for name, values in history.items()}
        return cls(model, history, *_records(estimator, model))


@dataclass
class Further(Start):
    """``partial_fit``: one more epoch, with everything as the last call left it."""

    learns_classes = False
    planned = False

    @classmethod
    def after(cls, estimator, model):
        """Going on from an estimator; ``model`` is None before its first call."""
        if model is None:
            return cls()
        history = getattr(estimator, "history_", None) or new_history()
        run = vars(estimator).get("_run")
        return cls(model, history, *_records(estimator, model), run and run.copy())

    def __post_init__(self):
        self._n_rows = {name: len(values) for name, values in self.history.items()}
        self._drawn = self.run and self.run.random_state.get_state()

    def give_back(self):
        for name, values in self.history.items():
            del values[self._n_rows[name] :]
        if self.run:
            self.run.random_state.set_state(self._drawn)


def _records(estimator, model):
    """(samples seen, the best value so far) of what an estimator has been trained to."""
    best = np.inf
    if model is vars(estimator).get("_model"):  # else the records are of other weights
        early = estimator.early_stopping
        best = getattr(estimator, "best_validation_score_" if early else "best_loss_", None)
        best = np.inf if best is None else -best if early else best
    return getattr(estimator, "t_", 0), best
