"""A sequence of layers whose parameters are in one vector."""

from itertools import repeat
from math import prod

import numpy as np
from scipy.sparse import issparse

from sknn.nn.activations import ACTIVATIONS
from sknn.nn.cached import cached
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.layers.base import Layer
from sknn.nn.memory import count, installed_memory, size
from sknn.nn.parameters import Layout
from sknn.nn.passes import PREDICTION
from sknn.nn.ranges import shown
from sknn.nn.settings import unchanged
from sknn.nn.workspace import Workspace

NAMED = frozenset(map(id, (*ACTIVATIONS.values(), *INITIALIZERS.values())))


class Network:
    """A sequence of layers, with their shapes and the layout of the vectors computed once.

    Parameters
    ----------
    layers : list of Layer
        The layers from the input on. The last one returns the raw outputs for a Loss.
    input_shape : tuple of int
        The shape of one sample.
    names : list of str or None, default=None
        The names of the layers. None means kind and number: dense1, dense2.

    Attributes
    ----------
    shapes : list of tuple
        The shape of a sample before each layer and after the last one.
    placed : list of Layer
        The layers that run, see ``Layer.placed``.
    layout, state_layout : Layout
        The positions of the parameters in theta and of the running statistics in state.
    n_image_layers : int
        The number of layers, from the first one on, with images as input.
    draws, joint : bool
        Whether a layer draws at random in training, or requires sums over a whole mini-batch.
    scheduled, adapts : bool
        Whether a layer changes during training, or adapts initial values to rows.
    lowest : int
        The number of the first layer with trainable parameters. Layers before it need no gradient.

    Raises ValueError if a layer does not fit the layers before it.
    """

    def __init__(self, layers, input_shape, names=None):
        self.layers = list(layers)
        self.names = layer_names(self.layers) if names is None else list(names)
        self.shapes = [tuple(input_shape)]
        self.placed, declared, states = [], [], []
        for index, (name, layer) in enumerate(zip(self.names, self.layers, strict=True)):
            shape = self.shapes[-1]
            try:
                layer.check()
            except ValueError as error:
                raise ValueError(f"Layer {name}, {error}") from error
            layer = self.layers[index] = layer.computed()
            try:
                placed = layer.placed(shape)
                self.shapes.append(placed.output_shape(shape))
                declared.append(placed.parameters(shape))
                states.append(placed.state(shape))
                self.placed.append(placed)
            except (TypeError, ValueError) as error:
                kind = TypeError if isinstance(error, TypeError) else ValueError
                raise kind(f"Layer {name}, {shown(layer)}: {error}") from error
        self.layout = Layout(declared)
        trained = (any(item.trainable for item in items) for items in declared)
        self.draws = any(layer.draws for layer in self.layers)
        self.joint = any(layer.joint for layer in self.layers)
        self.scheduled = any(layer.scheduled for layer in self.layers)
        self.adapts = any(layer.adapts for layer in self.layers)
        self.lowest = next((i for i, trains in enumerate(trained) if trains), 0)
        self.state_layout = Layout(states)
        self._all_steps = self._fused(range(len(self.layers)))
        self._folds = any(map(_changes_for_prediction, self.layers))
        kept = zip(self.placed, self.shapes, strict=False)
        self._numbers_kept = sum(layer.numbers_kept(shape) for layer, shape in kept)
        flat = (i for i, shape in enumerate(self.shapes[:-1]) if len(shape) != 3)
        self.n_image_layers = next(flat, len(self.layers))

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "_memory"}

    def is_of(self, layers, input_shape):
        """Whether a network of these layers would certainly be equal to this one."""
        return (
            tuple(input_shape) == self.shapes[0]
            and len(layers) == len(self.layers)
            and all(map(unchanged, layers, self.layers, repeat(NAMED)))
        )

    def steps(self, first=0, stop=None, left_out=()):
        """(number, layer) for the layers from first to stop; fused layers count as one.

        left_out: numbers of layers without effect
        """
        if first == 0 and stop is None and not left_out:
            return self._all_steps
        numbers = range(first, len(self.layers) if stop is None else stop)
        return self._fused([number for number in numbers if number not in left_out])

    def _fused(self, numbers):
        steps = []
        for number in numbers:
            layer = self.placed[number]
            fused = steps[-1][1].fused(layer) if steps else None
            if fused is None:
                steps.append((number, layer))
            else:
                steps[-1] = steps[-1][0], fused
        return steps

    def initial(self, random_state, dtype):
        """The initial values of (theta, state). theta is drawn layer by layer.

        Raises ValueError if they exceed the memory of the computer, and MemoryError if other
        programs have taken it.
        """
        self.refuse_too_large(dtype)
        try:
            theta = self.layout.initial(random_state, dtype)
        except MemoryError as error:
            raise MemoryError(f"{error}. {self.told_need(dtype)}") from error
        return theta, self.state_layout.initial(random_state, dtype)

    def adapt(self, params, state, x, random_state):
        """Adapts initial values to training rows, layer by layer, where they depend on them.

        params, state: as for ``forward``, of one model; params are changed in place
        x: (n, *input_shape) or sparse    random_state: the generator that layers draw from
        """
        workspaces = self.workspaces(x.dtype)
        for index, layer in enumerate(self.placed):
            if issparse(x) and not layer.accepts_sparse:
                x = x.toarray()
            own = params[index], state[index], x
            if layer.adapts:
                layer.adapt(*own, random_state)
            x = layer.forward(*own, workspaces[index], PREDICTION)

    def refuse_too_large(self, dtype, n_samples=1, n_copies=1, remedy="Make that layer smaller."):
        """Raises ValueError if the network requires more memory than this computer has.

        n_samples: the number of samples in the layers at a time    n_copies: the number of vectors
        like theta    remedy: the last sentence of the message
        """
        there_is = installed_memory()
        kept, scratch = self._memory
        numbers = n_copies * self.layout.size + n_samples * kept + scratch
        if np.dtype(dtype).itemsize * numbers > there_is:
            told = self.told_need(dtype, n_samples, n_copies)
            raise ValueError(f"{told}, and this computer has {size(there_is)}. {remedy}")

    @cached
    def _memory(self):
        """(values kept for one sample, values of intermediate steps): see ``refuse_too_large``.

        They are cached because every call to ``partial_fit`` uses them.
        """
        layers = list(zip(self.layers, self.shapes, strict=False))
        kept = sum(layer.numbers_kept(shape) for layer, shape in layers)
        return kept, sum(layer.scratch(shape) for layer, shape in layers)

    def largest_scratch(self):
        """The largest number of temporary values in one layer."""
        layers = zip(self.layers, self.shapes, strict=False)
        return max((layer.scratch(shape) for layer, shape in layers), default=0)

    def told_need(self, dtype, n_samples=1, n_copies=1):
        """The memory that the network requires, and the layer that exceeds it or has the most."""
        parts = self._parts_of_memory(n_samples, n_copies)
        needs = [np.dtype(dtype).itemsize * sum(own.values()) for own in parts]
        first_too_large = (i for i, need in enumerate(needs) if need > installed_memory())
        at = next(first_too_large, needs.index(max(needs)))
        told = [f"{count(number)} {name}" for name, number in parts[at].items() if number]
        return (
            f"The network needs at least {size(sum(needs))} of memory. Layer {self.names[at]}, "
            f"{shown(self.layers[at])}, on samples of shape {shown(self.shapes[at])}, needs "
            f"{size(needs[at])} of it in {np.dtype(dtype)}: {', '.join(told)}"
        )

    def _parts_of_memory(self, n_samples, n_copies):
        """For each layer {purpose: minimum number of values}."""
        layers = zip(self.layers, self.shapes, self.layout.declared, strict=False)
        each = f" ({n_copies} for each of them)" if n_copies > 1 else ""
        return [
            {
                f"values for weights{each}": n_copies * sum(prod(item.shape) for item in declared),
                f"values for the outputs of a batch of {count(n_samples)}": n_samples
                * layer.numbers_kept(shape),
                "values for intermediate steps": layer.scratch(shape),
            }
            for layer, shape, declared in layers
        ]

    def workspaces(self, dtype, lender=None):
        """The memory that one thread needs for forward and backward: a Workspace per layer."""
        workspaces = [Workspace(dtype) for _ in self.layers]
        lender = Workspace(dtype) if lender is None else lender
        for workspace in workspaces:
            workspace.lender = lender
        return workspaces

    def forward(self, params, state, x, workspaces, context=PREDICTION, depth=None, first=0):
        """The raw outputs z.

        params, state: the arrays of each layer by name, as returned by ``views`` of the layouts
        x: (..., n, *input_shape) or sparse    z: (..., n, n_outputs)    context: the Pass
        depth: the number of layers to apply, default all; layers with params of None are skipped
        first: the number of the layer that x is passed to
        """
        if not self.layers[first].accepts_sparse and issparse(x):
            x = x.toarray()
        for index, layer in self.steps(first, depth, _nothing_to_do(params)):
            x = layer.forward(params[index], state[index], x, workspaces[index], context)
        return x

    def forward_jointly(self, params, state, x, workspaces, context):
        """Same as ``forward``, for one part of a mini-batch. Yields what joint layers sum."""
        for index, layer in self.steps(left_out=_nothing_to_do(params)):
            given = params[index], state[index], x, workspaces[index], context
            if layer.joint:
                x = yield from layer.forward_jointly(*given)
            else:
                x = layer.forward(*given)
        return x

    def folded(self, params, state):
        """params for prediction, with normalisation folded into the weights before it.

        The params of a layer that then has no effect are None.
        """
        if not self._folds:
            return params
        placed = zip(self.placed, params, state, strict=True)
        params = [layer.for_prediction(*own) for layer, *own in placed]
        for index in range(1, len(self.layers)):
            affine = self.layers[index].affine(params[index], state[index])
            if affine is not None:
                weights = self.layers[index - 1].folded(params[index - 1], *affine)
                if weights is not None:
                    params[index - 1], params[index] = weights, None
        return params

    def backward(self, params, grads, dz, workspaces, context, first=0):
        """Fills grads with the gradient, after a forward with the same workspaces and Pass.

        dz: same shape as z, overwritten    grads: as params    first: the last layer to go back to
        Returns the gradient of the inputs of that layer, or None if it is not needed.
        """
        for index, layer in reversed(self.steps(max(first, self.lowest))):
            need_dx = index > self.lowest
            given = params[index], grads[index], dz, workspaces[index], context
            dz = layer.backward(*given, need_dx)
        return dz if first > self.lowest else None

    def backward_jointly(self, params, grads, dz, workspaces, context, need_dx=False):
        """Same as ``backward``, for one part of a mini-batch. Yields what joint layers sum.

        Returns the gradient of the inputs of the network, or None without need_dx.
        """
        lowest = 0 if need_dx else self.lowest
        for index, layer in reversed(self.steps(lowest)):
            given = params[index], grads[index], dz, workspaces[index], context
            if layer.joint:
                dz = yield from layer.backward_jointly(*given, need_dx or index > lowest)
            else:
                dz = layer.backward(*given, need_dx or index > lowest)
        return dz

    def row_size(self, dtype):
        """The number of bytes that forward allocates for one sample."""
        return np.dtype(dtype).itemsize * self.numbers_kept()

    def numbers_kept(self):
        """The number of values that forward leaves in the workspaces for one sample."""
        return self._numbers_kept

    def multiply_adds(self):
        """The number of multiply-adds in forward for one sample."""
        shapes = zip(self.placed, self.shapes, strict=False)
        return sum(layer.multiply_adds(shape) for layer, shape in shapes)

    def largest_product(self, n):
        """The multiply-adds for n samples in the layer with the most of them."""
        products = []
        for layer, shape in zip(self.placed, self.shapes, strict=False):
            inside = [network.largest_product(n) for network in layer.inside(shape)]
            products.append(max(inside, default=n * layer.multiply_adds(shape)))
        return max(products)

    def first_non_finite(self, theta, state):
        """The first layer with a parameter or statistic that is not finite, "layer 1 (Dense)"."""
        arrays = zip(self.layout.views(theta), self.state_layout.views(state), strict=True)
        for number, (params, statistics) in enumerate(arrays):
            if not all(np.isfinite(own).all() for own in (*params.values(), *statistics.values())):
                return self._told(number)
        return None

    def largest(self, grad):
        """The layer with the largest derivative, "layer 1 (Dense)", where nan is the largest."""
        sizes = [
            max((np.abs(own).max(initial=0) for own in grads.values()), default=0)
            for grads in self.layout.views(grad)
        ]
        return self._told(int(np.argmax(sizes)))

    def _told(self, number):
        return f"layer {number + 1} ({type(self.layers[number]).__name__})"


def named_layers(entries, is_taken):
    """Layers by name, from a list of layers or of (name, layer). Default names: kind and number.

    is_taken: whether a name has another meaning. Raises TypeError if an entry is not a layer, and
    ValueError if a name is invalid.
    """
    if not isinstance(entries, (list, tuple)):
        raise TypeError(f"layers must be a list of layers, got {entries!r}.")
    layers, names = [], []
    for entry in entries:
        pair = entry if isinstance(entry, (tuple, list)) else (None, entry)
        name, layer = pair if len(pair) == 2 else (None, None)
        if not isinstance(layer, Layer) or not isinstance(name, str | None):
            raise TypeError(
                "layers must be a list of layers, or of (name, layer), such as "
                f"Dense(100) or ('hidden', Dense(100)), got the entry {entry!r}."
            )
        names.append(name)
        layers.append(layer)
    names = [
        kind if name is None else name
        for name, kind in zip(names, layer_names(layers), strict=True)
    ]
    if any(not n or names.count(n) > 1 or "__" in n or is_taken(n) for n in names):
        raise ValueError(
            "Names of layers must be unique and not empty, must not contain '__' and must differ "
            f"from the names of parameters, got {names!r}."
        )
    return dict(zip(names, layers, strict=True))


def with_layer(entries, at, layer):
    """A list as ``named_layers`` accepts it, with one layer replaced."""
    entries = list(entries)
    old = entries[at]
    entries[at] = (old[0], layer) if isinstance(old, (tuple, list)) else layer
    return entries


def _nothing_to_do(params):
    """The numbers of the layers without parameters after folding, see ``folded``."""
    if None not in params:
        return ()
    return tuple(index for index, own in enumerate(params) if own is None)


def _changes_for_prediction(layer):
    """Whether prediction can use other parameters than those of the layer, or omit the layer."""
    kind = type(layer)
    return kind.affine is not Layer.affine or kind.for_prediction is not Layer.for_prediction


def layer_names(layers):
    """dense1, dense2, ...: the kind of each layer and its number among the layers of this kind."""
    names, counts = [], {}
    for layer in layers:
        kind = type(layer).__name__.lower()
        counts[kind] = counts.get(kind, 0) + 1
        names.append(f"{kind}{counts[kind]}")
    return names
