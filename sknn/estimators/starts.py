"""The starting point of a fit: nothing, the last fit, the last step, or a checkpoint."""

from dataclasses import dataclass, field

import numpy as np

from sknn.nn.model import Model
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.training import HISTORY
from sknn.nn.training_state import TrainingState


def new_history():
    """Returns an empty history."""
    return {name: [] for name in HISTORY}


@dataclass
class Start:
    """The state that a fit starts from. The defaults start from scratch.

    Attributes
    ----------
    model : Model or None
        The weights to continue from. If None, weights are drawn and the features are learnt from X.
    history : dict of list
        The history to which the fit appends.
    samples : int
        The number of training samples seen before.
    best : float
        The smallest value so far of the quantity that training monitors: the loss, or minus the
        score.
    run : TrainingState or None
        The optimiser, generator and patience to continue with. If None, new ones are created.
    checkpoint : Checkpoint or None
        The checkpoint to resume from.
    learns_classes : bool
        Whether the classes are learnt from y; otherwise y is checked against the known classes.
    planned : bool
        Whether training ends after ``max_iter`` epochs at the latest.
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
        """Undoes the changes that a failed fit has made in place."""


class Fresh(Start):
    """``fit``: everything starts from scratch."""


class Resumed(Start):
    """``resume``: everything starts from scratch and is then set to the state of the checkpoint."""


class Warm(Start):
    """``fit`` with ``warm_start``: the weights of the last fit, a new optimiser and patience."""

    learns_classes = False

    @classmethod
    def after(cls, estimator, model):
        """Returns the start that continues from an estimator with the weights of the model."""
        history = getattr(estimator, "history_", None) or new_history()
        history = {name: list(values) for name, values in history.items()}
        return cls(model, history, *_records(estimator, model))


@dataclass
class Further(Start):
    """``partial_fit``: one more epoch, which continues from the state after the last call."""

    learns_classes = False
    planned = False

    @classmethod
    def after(cls, estimator, model):
        """Returns the start that continues from an estimator.

        ``model`` is None in the first call.
        """
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
    """Returns (samples seen, the best value so far) for the weights of an estimator."""
    best = np.inf
    if model is vars(estimator).get("_model"):  # otherwise the records belong to other weights
        early = estimator.early_stopping
        best = getattr(estimator, "best_validation_score_" if early else "best_loss_", None)
        best = np.inf if best is None else -best if early else best
    return getattr(estimator, "t_", 0), best


def refuse_other_arrays(network, previous):
    """Raises ValueError if a network cannot continue from the weights of a previous one."""
    wanted, got = network.shapes[1:], previous.shapes[1:]
    if wanted != got:
        raise ValueError(
            f"To continue from fitted weights, the layers must have the same sizes, {got}, but "
            f"the parameters specify {wanted}. Restore the parameters, or call fit with "
            "warm_start=False to start from scratch."
        )
    wanted, got = (_arrays(one) for one in (network, previous))
    if wanted != got:
        raise ValueError(
            "To continue from fitted weights, the layers must have the same arrays, but those that "
            f"the parameters specify differ in {sorted(wanted ^ got)}. Restore the parameters, or "
            "call fit with warm_start=False to start from scratch."
        )


def _arrays(network):
    """Returns (number of the layer, name, shape) of all parameters and statistics."""
    entries = [*network.layout.entries, *network.state_layout.entries]
    return {(layer + 1, item.name, item.shape) for layer, item, _ in entries}


def has_other_order(network, previous):
    """Whether two networks order their parameters differently, or train other ones."""
    return _order(network) != _order(previous)


def _order(network):
    """The order of the parameters in theta, and how many of them are trained."""
    entries = network.layout.entries
    return network.layout.n_trainable, [(layer, item.name) for layer, item, _ in entries]
