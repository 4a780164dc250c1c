"""The loss and gradient of one mini-batch."""

import math
from threading import local
from typing import Protocol, runtime_checkable

import numpy as np

from sknn.nn.passes import Pass, weight_column
from sknn.nn.per_model import as_setting, factor
from sknn.nn.streams import stream
from sknn.nn.threads import share_out
from sknn.nn.workspace import Workspace

BLOCK = 8192  # values in one block of an inner product
WORTHWHILE, PLENTY = 10_000_000, 500_000_000  # minimum and maximum multiply-adds of a micro-batch
WHOLE = slice(None)


@runtime_checkable
class TrainableLoss(Protocol):
    """The interface that ``train`` requires: a loss, its gradient, and the vectors to train.

    Values are floats, or (k,) for k models.

    Attributes
    ----------
    theta, state : ndarray of shape (..., P), (..., S)
        The parameters and running statistics. Optimisers change theta in place.
    trainable : (ndarray, ndarray)
        The leading parts of theta and of its gradient that optimisers work on, as views.
    rates : ndarray or None
        Factors of the learning rate, one per trainable parameter. None if all are one.
    """

    theta: np.ndarray
    state: np.ndarray
    trainable: tuple
    rates: np.ndarray | None

    def select(self, models):
        """The loss of some models, (k,) bools, with copies of their theta and state.

        It is called only with a model axis, when some models have stopped.
        """

    def place(self, seed, epoch, batch, progress=None):
        """Sets the position of the next batch in training, on which dropout depends.

        progress: the Progress, for layers with a schedule
        """

    def mean(self, batch):
        """The finished loss of the batch. Keeps its gradient."""

    def add_penalty(self, l2, l1=0.0):
        """Adds the gradient of the penalties to the kept gradient. Returns their value."""

    def norm(self):
        """The Euclidean norm of the gradient of the trainable parameters."""

    def clip(self, norm, largest):
        """Scales the gradient down to the norm ``largest``."""

    def non_finite(self, loss):
        """The place of the first value that is not finite, in words."""


class Gradient:
    """The loss of a network on a batch and its gradient: the TrainableLoss in one process.

    Attributes
    ----------
    theta, state : ndarray of shape (..., P), (..., S)
        The parameters and running statistics. Optimisers change theta in place.
    grad : ndarray, like theta
        The gradient that the last call computed.
    trainable, decayed : (ndarray, ndarray)
        The leading parts of theta and grad that optimisers and penalties work on, as views.
    rates : ndarray or None
        Factors of the learning rate, one per trainable parameter. None if all are one.
    """

    def __init__(self, network, loss, theta, state):
        if network.n_image_layers and theta.ndim > 1:
            raise ValueError(
                "networks on images are trained one at a time: theta must be a vector, got shape "
                f"{theta.shape}."
            )
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
        self._state = network.state_layout.views(state)
        self._workspace = Workspace(theta.dtype)
        self._place, self._progress = (0, 0, 0), None
        self._size = micro_batch_size(network) if network.n_image_layers else None
        self._parts = [Part(network, 0, self.grad)]
        self._of_thread = local()

    def select(self, models):
        """The gradient of some models, with copies of their theta and state; models: (k,) bools."""
        return Gradient(self.network, self.loss, self.theta[models], self.state[models])

    def place(self, seed, epoch, batch, progress=None):
        """Sets the position of the next batch in training, on which dropout depends.

        progress: the Progress, for layers with a schedule
        """
        self._place, self._progress = (seed, epoch, batch), progress

    def mean(self, batch):
        """The finished loss of the batch. Writes its gradient to ``grad``."""
        if self._is_cut(batch):
            value, scale = self.loss.finish(self._by_parts(batch), batch.weight_sum)
            self.grad *= scale
            return value
        total, dz = self._forward(batch)
        value, scale = self.loss.finish(total, batch.weight_sum)
        if isinstance(scale, np.ndarray):
            scale = scale.reshape(*scale.shape, 1, 1)
        dz *= factor(scale, dz)  # it has far fewer values than the gradient
        self._backward(dz)
        return value

    def sum(self, batch):
        """The sum of the loss over the batch, unfinished, so that batches can be added."""
        if self._is_cut(batch):
            return self._by_parts(batch)
        total, dz = self._forward(batch)
        self._backward(dz)
        return total

    def add_penalty(self, l2, l1=0.0):
        """Adds the gradient of l2/2 |w|^2 + l1 |w|_1 and returns this value; w: decayed weights.

        l2, l1: floats, or (k, 1), one per model
        """
        weights, grads = self.decayed
        penalty = self._workspace.array("penalty", weights.shape)
        np.multiply(weights, factor(l2, weights), out=penalty)
        grads += penalty
        value = 0.5 * inner(penalty, weights)
        if not isinstance(l1, float) or l1 > 0:
            np.sign(weights, out=penalty)
            penalty *= factor(l1, penalty)
            grads += penalty
            value = value + inner(penalty, weights)
        return value

    def clip(self, norm, largest):
        """Scales the gradient down to the norm ``largest``; Pascanu et al. (2013), algorithm 1.

        norm: as returned by ``norm``    largest: a float, or (k, 1), one per model
        """
        _, grad = self.trainable
        norm = as_setting(norm)
        if np.any(norm > largest):
            grad *= factor(largest / np.maximum(norm, largest), grad)

    def norm(self):
        """The Euclidean norm of the gradient of the trainable parameters: a float, or (k,)."""
        _, grad = self.trainable
        square = inner(grad, grad)
        return math.sqrt(square) if isinstance(square, float) else np.sqrt(square)

    def non_finite(self, loss):
        """The first of weights, "layer 1 (Dense)", loss and gradient that is not finite."""
        where = self.network.first_non_finite(self.theta, self.state)
        if where or not np.all(np.isfinite(loss)):
            return where or "the loss"
        return f"the gradient, largest in {self.network.largest(self.grad)},"

    def _forward(self, batch):
        """(sum of the loss over the batch, its gradient dz), for a batch in one piece."""
        part = self._parts[0]
        self._prepare(part, batch, WHOLE)
        given = self._params, self._state, batch.x, part.caches, part.context
        z = self.network.forward(*given)
        dz = part.workspace.array("dz", z.shape)
        return self.loss.sum_and_gradient(batch.y, z, batch.weight, out=dz), dz

    def _backward(self, dz):
        part = self._parts[0]
        self.network.backward(self._params, part.grads, dz, part.caches, part.context)

    def _is_cut(self, batch):
        return self._size is not None and len(batch.y) > self._size

    def _by_parts(self, batch):
        """The loss and gradient, summed over the batch, in micro-batches on several threads.

        How a batch is split depends only on the network and the size of the batch. Sums are added
        in the order of the micro-batches, so that results do not depend on the number of threads.
        """
        n_parts = -(-len(batch.y) // self._size)
        while len(self._parts) < n_parts:
            self._parts.append(Part(self.network, len(self._parts), np.zeros_like(self.grad)))
        parts = self._parts[:n_parts]
        for part in parts:
            start = part.number * self._size
            self._prepare(part, batch, slice(start, start + self._size))
        totals = self._in_step(parts, [self._pass(part, batch) for part in parts])
        for part in parts[1:]:
            self.grad += part.vector
        return sum(totals[1:], totals[0])

    def _prepare(self, part, batch, at):
        """Assigns samples of the batch to a part, and sets the Pass of its layers."""
        network, plain = self.network, part.plain_context
        part.at, part.context = at, plain
        weight = weight_column(batch.weight) if network.joint else None
        if weight is not None or network.draws:
            random = stream(*self._place, part=part.number) if network.draws else None
            weight = None if weight is None else weight[..., at, :]
            told = plain.training, random, weight, plain.updates_state
            part.context = Pass(*told, progress=self._progress)

    def _pass(self, part, batch):
        """Forward and backward of one micro-batch. Yields the arrays that joint layers sum."""
        given = self._state, batch.x[part.at], part.caches, part.context
        z = yield from self.network.forward_jointly(self._params, *given)
        dz = part.workspace.array("dz", z.shape)
        weight = None if batch.weight is None else batch.weight[part.at]
        total = self.loss.sum_and_gradient(batch.y[part.at], z, weight, out=dz)
        given = self._params, part.grads, dz, part.caches, part.context
        yield from self.network.backward_jointly(*given)
        return total

    def _in_step(self, parts, passes):
        """The results of passes that run in step: each receives the sums of what all yield."""
        sums, ends = None, [None] * len(passes)

        def go_on(number):
            self._lend_scratch(parts[number])
            try:
                return passes[number].send(sums)
            except StopIteration as end:
                ends[number] = end.value
                return None

        while True:
            wanted = share_out(go_on, len(passes))
            if wanted[0] is None:
                return ends
            sums = self._summed(wanted)

    def _summed(self, wanted):
        """The sums over the parts of a batch; wanted: a tuple of arrays for each part."""
        return tuple(sum(arrays[1:], arrays[0]) for arrays in zip(*wanted, strict=True))

    def _lend_scratch(self, part):
        """Provides a micro-batch with the scratch memory of the thread that it runs on."""
        if not hasattr(self._of_thread, "scratch"):
            self._of_thread.scratch = Workspace(self.grad.dtype)
        for cache in part.caches:
            cache.lender = self._of_thread.scratch


class Part:
    """A micro-batch: its samples and the values that layers keep for them.

    Attributes
    ----------
    number : int
        The number of the micro-batch.
    at : slice
        Its samples within the batch.
    context, plain_context : Pass
        The Pass of its layers, and the Pass used if nothing is drawn or weighted.
    caches : list of Workspace
        One for each layer.
    vector, grads : ndarray, list of dict
        Its own gradient, as a vector and by layer.
    """

    def __init__(self, network, number, vector):
        self.number, self.at = number, WHOLE
        self.context = self.plain_context = Pass(training=True, updates_state=number == 0)
        self.caches = network.workspaces(vector.dtype)
        self.workspace = Workspace(vector.dtype)
        self.vector, self.grads = vector, network.layout.views(vector)


def micro_batch_size(network):
    """The number of images in a micro-batch: a power of two, like most batch sizes.

    It is large enough to be worth a thread, and small enough to leave work for several threads.
    """
    layers = zip(network.layers[: network.n_image_layers], network.shapes, strict=False)
    multiply_adds = max(1, sum(layer.multiply_adds(shape) for layer, shape in layers))
    least, most = max(4, WORTHWHILE / multiply_adds), PLENTY / multiply_adds
    return 2 ** round(math.log2(max(least, min(most, 32))))


def inner(a, b):
    """The inner product of vectors, a float; for (k, P), one per model, (k,) of float64.

    It is computed in blocks. BLAS would split longer products among its threads without any gain,
    and the rounding would depend on their number.
    """
    size = a.shape[-1]
    if size <= BLOCK:
        return np.vecdot(a, b).astype(float) if a.ndim > 1 else float(a.dot(b))
    whole = size - size % BLOCK
    blocks = (array[..., :whole].reshape(*array.shape[:-1], -1, BLOCK) for array in (a, b))
    total = np.vecdot(*blocks).sum(axis=-1) + np.vecdot(a[..., whole:], b[..., whole:])
    return float(total) if a.ndim == 1 else total.astype(float)
