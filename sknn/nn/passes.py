"""What layers are told about the forward and backward pass that they take part in."""

from dataclasses import dataclass

import numpy as np

from sknn.nn.schedules import Progress


@dataclass(frozen=True)
class Pass:
    """One forward pass through a network, and the backward pass after it, if there is one.

    Attributes
    ----------
    training : bool
        Whether the pass is a step of training.
    random : numpy.random.Generator, list of them, or None
        What layers draw from; a list has one for each model. None if they draw nothing, as in
        prediction.
    weight : ndarray of shape (..., n, 1) or None
        Weights of the samples, a mean over outputs where each output has its own. Networks without
        a joint layer have None: only sums over the samples have a use for them.
    updates_state : bool
        Whether layers update their state in training: one part of a mini-batch does.
    differentiated : bool
        Whether backward follows outside training, as for saliency.
    progress : Progress or None
        How far training has come, for layers with a schedule; None where nothing is drawn.
    """

    training: bool = False
    random: np.random.Generator | list | None = None
    weight: np.ndarray | None = None
    updates_state: bool = True
    differentiated: bool = False
    progress: Progress | None = None

    @property
    def keeps(self):
        """Whether forward has to keep what backward needs."""
        return self.training or self.differentiated


PREDICTION = Pass()


def weight_column(weight):
    """Weights of samples as a Pass has them, (..., n, 1).

    weight: (n,), (..., n, n_outputs) or None
    """
    if weight is None:
        return None
    weight = weight[:, None] if weight.ndim == 1 else weight
    return weight if weight.shape[-1] == 1 else weight.mean(axis=-1, keepdims=True)
