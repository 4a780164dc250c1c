"""What training was asked for."""

from dataclasses import dataclass, field, fields

import numpy as np

from sknn.nn.augmentation import Augmentation
from sknn.nn.per_model import of_models
from sknn.nn.schedules import Constant, Schedule


@dataclass
class Plan:
    """What the user asked for.

    Numbers but for ``batch_size`` and ``max_time`` may be one for all, or (k, 1), one per model.
    ``alpha`` and ``l1`` are the strengths of the penalties. ``tol`` and ``n_iter_no_change`` are
    scikit-learn's: training stops, or the schedule goes on more slowly, after more than
    ``n_iter_no_change`` epochs in a row that did not improve by ``tol``; a schedule with a horizon
    runs to its end instead. With ``early_stopping`` the score on validation data takes the place
    of the loss, and the best weights are put back; of epochs with the same score they are those of
    the first, or with ``last_of_ties`` of the last. ``max_time`` ends training after the epoch that
    passes so many seconds. ``augment`` changes the images of a batch. ``planned`` says whether
    the epochs asked for are all there will be.
    """

    batch_size: int
    learning_rate: float = 0.001
    schedule: Schedule = field(default_factory=Constant)
    alpha: float = 0.0
    l1: float = 0.0
    max_grad_norm: float | None = None
    max_time: float | None = None
    shuffle: bool = True
    tol: float = 1e-4
    n_iter_no_change: float = 10
    early_stopping: bool = False
    augment: Augmentation | None = None
    planned: bool = True
    last_of_ties: bool = False

    def __post_init__(self):
        self.penalised = bool(np.any(self.alpha) or np.any(self.l1))

    def select(self, models):
        """That of some models; models: (k,) bools."""
        own = ((one.name, getattr(self, one.name)) for one in fields(self))
        return Plan(**{name: of_models(value, models) for name, value in own})
