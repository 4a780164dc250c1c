"""One mini-batch in, its loss and gradient out."""

import math

import numpy as np

from sknn.nn.streams import stream
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
        caches = list(zip(network.layers, self._workspaces, strict=True))
        self._drawing = [cache for layer, cache in caches if layer.draws]
        self._weighing = [cache for layer, cache in caches if layer.whole_batch]

    def place(self, seed, epoch, batch):
        """Says where in training the next batch stands: what dropout draws depends on it."""
        if self._drawing:
            random = stream(seed, epoch, batch)
            for cache in self._drawing:
                cache["random"] = random

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

    def add_penalty(self, l2, l1=0.0):
        """Adds the gradient of l2/2 |w|^2 + l1 |w|_1, w being the decayed weights; returns it.

        l2, l1: floats, or (k, 1), one per model
        """
        weights, grads = self.decayed
        penalty = self._workspace.array("penalty", weights.shape)
        np.multiply(weights, l2, out=penalty)
        grads += penalty
        value = 0.5 * inner(penalty, weights)
        if not isinstance(l1, float) or l1 > 0:
            np.sign(weights, out=penalty)
            penalty *= l1
            grads += penalty
            value = value + inner(penalty, weights)
        return value

    def clip(self, norm, largest):
        """Scales the gradient down to the norm ``largest``; Pascanu et al. (2013), algorithm 1."""
        _, grad = self.trainable
        norm = np.reshape(norm, (*np.shape(norm), 1))
        if np.any(norm > largest):
            grad *= (largest / np.maximum(norm, largest)).astype(grad.dtype)

    def norm(self):
        """The Euclidean norm of the gradient of what is trainable."""
        _, grad = self.trainable
        square = inner(grad, grad)
        return math.sqrt(square) if isinstance(square, float) else np.sqrt(square)

    def _forward(self, batch):
        for cache in self._weighing:
            weight = batch.weight
            per_output = weight is not None and weight.ndim == 2
            cache["weight"] = weight.mean(axis=1) if per_output else weight
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
    return (
        value
        if isinstance(value, float) or np.ndim(value) == 0
        else np.asarray(value)[:, None, None]
    )
