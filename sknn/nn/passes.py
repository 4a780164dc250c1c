"""The information that layers receive about a forward and backward pass."""

from dataclasses import dataclass

import numpy as np

from sknn.nn.schedules import Progress


@dataclass(frozen=True)
class Pass:
    """One forward pass through a network and the backward pass after it, if there is one.

    Attributes
    ----------
    training : bool
        Whether the pass is part of a training step.
    random : numpy.random.Generator, list of them, or None
        The generator that layers draw from; a list has one for each model. None if nothing is
        drawn, as in prediction.
    weight : ndarray of shape (..., n, 1) or None
        The weights of the samples, averaged over outputs if each output has its own. None in
        networks without a joint layer, because only sums over samples use the weights.
    updates_state : bool
        Whether layers update their state in training. It is True for one part of a mini-batch.
    differentiated : bool
        Whether backward follows outside training, as for saliency.
    progress : Progress or None
        The progress of training, for layers with a schedule. None if nothing is drawn.
    """

    training: bool = False
    random: np.random.Generator | list | None = None
    weight: np.ndarray | None = None
    updates_state: bool = True
    differentiated: bool = False
    progress: Progress | None = None

    @property
    def keeps(self):
        """Whether forward must keep the values that backward needs."""
        return self.training or self.differentiated


PREDICTION = Pass()


def weight_column(weight):
    """The weights of samples in the shape that a Pass requires, (..., n, 1).

    weight: (n,), (..., n, n_outputs) or None
    """
    if weight is None:
        return None
    weight = weight[:, None] if weight.ndim == 1 else weight
    return weight if weight.shape[-1] == 1 else weight.mean(axis=-1, keepdims=True)
