"""One mini-batch in, its loss and gradient out."""

import math
from dataclasses import dataclass
from threading import local

import numpy as np

from sknn.nn.parameters import Layout
from sknn.nn.streams import stream
from sknn.nn.threads import share_out
from sknn.nn.workspace import Workspace

BLOCK = 8192  # numbers
WORTHWHILE, PLENTY = 10_000_000, 500_000_000  # multiply-adds of a micro-batch


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
        self._first = network.n_image_layers
        self._trunk = (
            Trunk(network, self._params, self._state, self._grads) if self._first else None
        )
        flat = list(zip(network.layers, self._workspaces, strict=True))[self._first :]
        self._drawing = [cache for layer, cache in flat if layer.draws]
        self._joint = [cache for layer, cache in flat if layer.joint]
        for _, cache in flat:
            cache["shared"] = self._trunk is not None  # BLAS has one thread: share products out

    def place(self, seed, epoch, batch):
        """Says where in training the next batch stands: what dropout draws depends on it."""
        if self._drawing:
            random = stream(seed, epoch, batch)
            for cache in self._drawing:
                cache["random"] = random
        if self._trunk:
            self._trunk.place = (seed, epoch, batch)

    def mean(self, batch):
        """The loss of the batch, as the loss finishes it; ``grad`` is filled with its gradient."""
        total, dz = self._forward(batch)
        value, scale = self.loss.finish(total, batch.weight_sum)
        dz *= _per_model(scale)  # far fewer numbers than the gradient
        self._backward(dz)
        return value

    def sum(self, batch):
        """The loss summed over the batch, unfinished, so that batches add."""
        total, dz = self._forward(batch)
        self._backward(dz)
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
        x, weight = batch.x, batch.weight
        if weight is not None and weight.ndim == 2:  # a weight for each output
            weight = weight.mean(axis=1)
        if self._trunk:
            x = self._trunk.forward(x, weight)
        for cache in self._joint:
            cache["weight"] = weight
        z = self.network.forward(
            self._params, self._state, x, self._workspaces, training=True, first=self._first
        )
        dz = self._workspace.array("dz", z.shape)
        return self.loss.sum_and_gradient(batch.y, z, batch.weight, out=dz), dz

    def _backward(self, dz):
        dx = self.network.backward(
            self._params, self._grads, dz, self._workspaces, first=self._first
        )
        if self._trunk and dx is not None:
            self._trunk.backward(dx)


class Trunk:
    """The layers that take images in, run by micro-batches on as many threads as there are.

    How a batch is cut depends on the network and the batch alone, and what micro-batches add
    up is added in their order: the number of threads changes nothing. Layers that need sums
    over the whole batch get them: there all micro-batches wait for each other.

    Attributes
    ----------
    place : (int, int, int)
        Seed, epoch and batch, from which dropout draws.
    """

    def __init__(self, network, params, state, grads):
        self.network = network
        self.layers = network.layers[: network.n_image_layers]
        self.params, self.state, self.grads = params, state, grads
        self.place = (0, 0, 0)
        self._dtype = next(iter(array for own in params for array in own.values())).dtype
        self._layout = Layout(network.layout.declared[: len(self.layers)])
        self._size = micro_batch_size(network)
        self._parts = []
        self._workspace = Workspace(self._dtype)
        self._of_thread = local()

    def forward(self, x, weight):
        """What the trunk makes of the images x (n, height, width, c): (n, *shape)."""
        n = len(x)
        while len(self._parts) * self._size < n:
            self._parts.append(self._new_part())
        self._active = self._parts[: -(-n // self._size)]
        y = self._workspace.array("y", (n, *self.network.shapes[len(self.layers)]))
        for number, part in enumerate(self._active):
            part.at = slice(number * self._size, min((number + 1) * self._size, n))
            for layer, cache in zip(self.layers, part.caches, strict=True):
                if layer.draws:
                    cache["random"] = stream(*self.place, part=number + 1)
                if layer.joint:
                    cache["weight"] = None if weight is None else weight[part.at]
                    cache["first"] = number == 0
        self._in_step([self._forward(part, x, y) for part in self._active])
        return y

    def backward(self, dy):
        """Fills the gradients of the trunk's parameters."""
        self._in_step([self._backward(part, dy) for part in self._active])
        total = self._workspace.array("total", (self._layout.size,))
        np.copyto(total, self._active[0].vector)
        for part in self._active[1:]:
            total += part.vector
        views = self._layout.views(total)
        for own, sums in zip(self.grads, views, strict=False):
            for name, array in sums.items():
                np.copyto(own[name], array)

    def _new_part(self):
        vector = np.zeros(self._layout.size, self._dtype)
        caches = [Workspace(self._dtype) for _ in self.layers]
        return Part(None, caches, vector, self._layout.views(vector))

    def _forward(self, part, x, y):
        x = x[part.at]
        for index, layer in self.network.steps(0, len(self.layers)):
            own = self.params[index], self.state[index], x, part.caches[index], True
            if layer.joint:
                x = yield from layer.forward_jointly(*own)
            else:
                x = layer.forward(*own)
        y[part.at] = x

    def _backward(self, part, dy):
        dy = dy[part.at]
        lowest = self.network.lowest
        for index, layer in reversed(self.network.steps(lowest, len(self.layers))):
            own = self.params[index], part.grads[index], dy, part.caches[index], index > lowest
            if layer.joint:
                dy = yield from layer.backward_jointly(*own)
            else:
                dy = layer.backward(*own)

    def _in_step(self, passes):
        """Runs the pass of each micro-batch to its end, handing on what they want summed."""
        sums = None

        def go_on(number):
            self._lend_scratch(self._active[number])
            try:
                return passes[number].send(sums)
            except StopIteration:
                return None

        while True:
            wanted = share_out(go_on, len(passes))
            if wanted[0] is None:
                return
            sums = tuple(sum(arrays[1:], arrays[0]) for arrays in zip(*wanted, strict=True))

    def _lend_scratch(self, part):
        """Gives a micro-batch the scratch memory of the thread that it runs on."""
        if not hasattr(self._of_thread, "scratch"):
            self._of_thread.scratch = Workspace(self._dtype)
        for cache in part.caches:
            cache.lender = self._of_thread.scratch


@dataclass
class Part:
    """A micro-batch: which samples of the batch, and what layers keep of them.

    vector, grads: its own gradient of the trunk's parameters, as a whole and by layer
    """

    at: slice
    caches: list
    vector: np.ndarray
    grads: list


def micro_batch_size(network):
    """How many images make a micro-batch: a power of two, as batches are.

    Enough to be worth a thread; few enough that there is work for several.
    """
    layers = zip(network.layers[: network.n_image_layers], network.shapes, strict=False)
    multiply_adds = max(1, sum(layer.multiply_adds(shape) for layer, shape in layers))
    least, most = max(4, WORTHWHILE / multiply_adds), PLENTY / multiply_adds
    return 2 ** round(math.log2(max(least, min(most, 32))))


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
