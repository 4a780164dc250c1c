"""The settings of the training."""

from dataclasses import dataclass, field, fields

import numpy as np

from sknn.nn.augmentation import Augmentation
from sknn.nn.per_model import of_models
from sknn.nn.schedules import Constant, Schedule


@dataclass
class Plan:
    """The settings of the training, as the user specified them.

    Numbers other than ``batch_size`` and ``max_time`` can be one for all models, or (k, 1) with one
    per model. ``alpha`` and ``l1`` are the strengths of the penalties. ``tol`` and
    ``n_iter_no_change`` are those of scikit-learn: after more than ``n_iter_no_change`` consecutive
    epochs without an improvement of ``tol``, training stops, or the schedule lowers the rate. A
    schedule with a horizon runs until its end instead. With ``early_stopping``, the score on
    validation data replaces the loss, and the best weights are restored at the end. If several
    epochs have the best score, the first of them counts, or with ``last_of_ties`` the last.
    ``max_time`` stops training after the epoch that exceeds this number of seconds. ``augment``
    changes the images of a batch. ``planned`` says whether there are no epochs after the requested
    ones.
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
        """The plan of some of the models; models: (k,) bools."""
        own = ((one.name, getattr(self, one.name)) for one in fields(self))
        return Plan(**{name: of_models(value, models) for name, value in own})
