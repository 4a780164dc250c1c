"""One mini-batch in, its loss and gradient out."""

import numpy as np

from sknn.nn.workspace import Workspace

BLOCK = 8192  # numbers


class Gradient:
    """The loss of a network on a batch, and its gradient with respect to theta.

    Attributes
    ----------
    theta, state : ndarray of shape (..., P), (..., S)
        Parameters and running statistics; optimisers change theta in place.
    grad : ndarray, like theta
        The gradient that the last call left.
    trainable, decayed : (ndarray, ndarray)
        The leading parts of theta and grad that optimisers and penalties work on, as views.
    rates : ndarray or None
        Multipliers of the learning rate, one per trainable number; None if all are one.
    """

    def __init__(self, network, loss, theta, state):
        self.network = network
        self.loss = loss
        self.theta, self.state = theta, state
        self.grad = np.zeros_like(theta)
        layout = network.layout
        self.trainable = theta[..., : layout.n_trainable], self.grad[..., : layout.n_trainable]
        self.decayed = theta[..., : layout.n_decayed], self.grad[..., : layout.n_decayed]
        rates = layout.rates
        self.rates = None if rates is None else rates.astype(theta.dtype)
        self._params = network.layout.views(theta)
        self._grads = network.layout.views(self.grad)
        self._state = network.state_layout.views(state)
        self._workspaces = network.workspaces(theta.dtype)
        self._workspace = Workspace(theta.dtype)

    def mean(self, batch):
        """The loss of the batch, as the loss finishes it; ``grad`` is filled with its gradient."""
        total, dz = self._forward(batch)
        value, scale = self.loss.finish(total, batch.weight_sum)
        dz *= _per_model(scale)  # far fewer numbers than the gradient
        self.network.backward(self._params, self._grads, dz, self._workspaces)
        return value

    def sum(self, batch):
        """The loss summed over the batch, unfinished, so that batches add."""
        total, dz = self._forward(batch)
        self.network.backward(self._params, self._grads, dz, self._workspaces)
        return total

    def add_penalty(self, strength):
        """Adds that of strength/2 |w|^2 to ``grad``, w being the decayed weights; returns it.

        strength: a float, or (k, 1), one per model
        """
        weights, grads = self.decayed
        penalty = self._workspace.array("penalty", weights.shape)
        np.multiply(weights, strength, out=penalty)
        grads += penalty
        return 0.5 * inner(penalty, weights)

    def norm(self):
        """The Euclidean norm of the gradient of what is trainable."""
        _, grad = self.trainable
        return np.sqrt(inner(grad, grad))

    def _forward(self, batch):
        z = self.network.forward(
            self._params, self._state, batch.x, self._workspaces, training=True
        )
        dz = self._workspace.array("dz", z.shape)
        return self.loss.sum_and_gradient(batch.y, z, batch.weight, out=dz), dz


def inner(a, b):
    """The inner product of vectors, a float; one per model for (k, P).

    In blocks: longer products BLAS would cut up for its threads, which gains nothing and makes
    the rounding depend on their number.
    """
    if a.ndim > 1:
        return np.einsum("kp,kp->k", a, b)
    if a.size <= BLOCK:
        return float(np.dot(a, b))
    whole = a.size - a.size % BLOCK
    blocks = np.vecdot(a[:whole].reshape(-1, BLOCK), b[:whole].reshape(-1, BLOCK))
    return float(blocks.sum() + np.dot(a[whole:], b[whole:]))


def _per_model(value):
    """A scalar as it is; one value per model as (k, 1, 1)."""
    return value if np.ndim(value) == 0 else np.asarray(value)[:, None, None]
