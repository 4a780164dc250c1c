"""The base class of layers: the methods that a network calls."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from sknn.nn.activations import as_activation
from sknn.nn.parameters import Parameter, State
from sknn.nn.passes import Pass
from sknn.nn.settings import NestedSettings
from sknn.typing import Arrays, Shape


class Layer(NestedSettings):
    """Base class of layers. A layer is its configuration: the unchanged constructor arguments.

    A layer holds no arrays. The core passes it views of its parameters and a Workspace, and never
    modifies it, so that one layer object can be part of many networks.

    Class attributes describe the layer. ``accepts_sparse``: it accepts sparse rows if it is the
    first layer; for other layers they are converted to dense rows. ``draws``: it draws from
    ``context.random`` unless that is None. ``joint``: it requires sums over the whole mini-batch,
    see ``JointLayer``. ``pixelwise``: each output value of an image depends on one pixel only.
    ``scheduled``: it changes during training. ``adapts``: its initial values depend on
    training rows, see ``adapt``.
    """

    accepts_sparse = False
    draws = False
    scheduled = False
    adapts = False
    joint = False
    pixelwise = False

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one output sample. Raises ValueError if input_shape does not fit.

        Both shapes are those of one sample: (n_features,) or (height, width, channels).
        """
        raise NotImplementedError

    def parameters(self, input_shape: Shape) -> list[Parameter]:
        """The Parameters of the layer, in the order in which they are drawn."""
        return []

    def state(self, input_shape: Shape) -> list[State]:
        """The States that the layer updates during training."""
        return []

    def adapt(self, params: Arrays, state: Arrays, x: np.ndarray, random_state: Any) -> None:
        """Adapts the initial values in params to training rows, in place; see ``adapts``.

        x: (n, *input_shape), the inputs of this layer for these rows
        """

    def multiply_adds(self, input_shape: Shape) -> int:
        """The number of multiplications with an addition in forward, for one sample."""
        return 0

    def numbers_kept(self, input_shape: Shape) -> int:
        """The number of values that forward leaves in the workspace, for one sample."""
        activation = getattr(self, "activation", None)
        z_as_well = activation is not None and as_activation(activation).needs == "z"
        return math.prod(self.output_shape(input_shape)) * (1 + z_as_well)

    def scratch(self, input_shape: Shape) -> int:
        """The minimum number of temporary values that forward needs, for one sample."""
        return 0

    def placed(self, input_shape: Shape) -> "Layer":
        """The layer that a network runs on samples of this shape: itself or a copy that stores it.

        The network asks this layer for shapes and parameters and calls its forward and backward.
        """
        return self

    def inside(self, input_shape: Shape) -> list[Any]:
        """The Networks that the layer consists of, for tables of the costs of a network."""
        return []

    def fused(self, following: "Layer") -> "Layer | None":
        """One layer that does the work of this layer and the following one, or None.

        Only its ``forward``, its ``backward`` and, for the layer after that, its ``fused`` are
        called. Values and gradients are those of both layers; the parameters are those of this one.
        """
        return None

    def affine(self, params: Arrays, state: Arrays) -> tuple[np.ndarray, np.ndarray] | None:
        """(factor, offset) if predictions are y = x * factor + offset per channel, else None."""
        return None

    def folded(self, params: Arrays, factor: np.ndarray, offset: np.ndarray) -> Arrays | None:
        """Parameters that result in y * factor + offset instead of y, or None if impossible."""
        return None

    def for_prediction(self, params: Arrays, state: Arrays) -> Arrays:
        """Parameters for the same predictions with less work, or params if there are none."""
        return params

    def forward(
        self, params: Arrays, state: Arrays, x: np.ndarray, cache: Any, context: Pass
    ) -> np.ndarray:
        """Returns y, which is valid until the next call with the same cache. x is not modified.

        x: (..., n, *input_shape)    y: (..., n, *output_shape)
        cache: a Workspace that keeps what backward needs    context: the Pass
        """
        raise NotImplementedError

    def backward(
        self,
        params: Arrays,
        grads: Arrays,
        dy: np.ndarray,
        cache: Any,
        context: Pass,
        need_dx: bool = True,
    ) -> np.ndarray | None:
        """Returns dx, or None without need_dx. Overwrites grads and possibly dy.

        dy: (..., n, *output_shape)    dx: (..., n, *input_shape)
        cache, context: the same objects as in the forward pass before
        """
        raise NotImplementedError


class JointLayer(Layer):
    """A layer that requires sums over a whole mini-batch, which can be split into several parts.

    Its passes are generators. They yield a tuple of arrays, each summed over the part, and
    receive the sums over all parts. Scratch arrays are not valid after a yield.
    ``context.updates_state`` is True for one of the parts only.
    """

    joint = True

    def forward_jointly(
        self, params: Arrays, state: Arrays, x: np.ndarray, cache: Any, context: Pass
    ) -> Any:
        """Same as ``forward``, for one part of the mini-batch."""
        raise NotImplementedError

    def backward_jointly(
        self,
        params: Arrays,
        grads: Arrays,
        dy: np.ndarray,
        cache: Any,
        context: Pass,
        need_dx: bool = True,
    ) -> Any:
        """Same as ``backward``, for one part of the mini-batch."""
        raise NotImplementedError

    def forward(self, params, state, x, cache, context):
        return _alone(self.forward_jointly(params, state, x, cache, context))

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return _alone(self.backward_jointly(params, grads, dy, cache, context, need_dx))


def _alone(joint_pass):
    """Runs a joint pass whose part is the whole mini-batch, and returns its result."""
    sums = None
    try:
        while True:
            sums = joint_pass.send(sums)
    except StopIteration as end:
        return end.value


def needs_flat(input_shape):
    """The number of features of a flat sample. Raises ValueError for any other sample."""
    if len(input_shape) != 1:
        raise ValueError(
            f"needs flat samples, got samples of shape {input_shape}. Put Flatten() before it."
        )
    return input_shape[0]


def kept(cache, name, make, *args):
    """make(*args), called once per workspace and arguments."""
    key = name, args
    if key not in cache:
        cache[key] = make(*args)
    return cache[key]


def shape_with_models(x, params):
    """The shape of x with the model axis of params, because several models can share one x."""
    return np.broadcast_shapes(x.shape, *(param.shape for param in params.values()))


def activation_parameters(activation, units, trainable=True):
    """The Parameters of the activation of a layer. A frozen layer freezes them as well.

    units: the number of units, or channels, of the layer
    """
    parameters = as_activation(activation).parameters(units)
    return parameters if trainable else [replace(own, trainable=False) for own in parameters]


def activate(activation, params, z, cache):
    """a = f(z), kept for ``differentiate``. z can be overwritten."""
    a = outputs_for(activation, z, cache)
    apply(activation, params, z, a)
    return a


def outputs_for(activation, z, cache):
    """Memory for f(z), which is z itself if f allows it. Keeps both for ``differentiate``."""
    a = z if as_activation(activation).needs == "a" else cache.array("a", z.shape)
    cache["z"], cache["a"] = z, a
    return a


def apply(activation, params, z, a):
    """a = f(z)."""
    activation = as_activation(activation)
    if activation.parameters(z.shape[-1]):
        activation.forward(z, a, params)
    else:
        activation.forward(z, a)


def differentiate(activation, params, grads, dy, cache):
    """dy *= f'(z), in place. Fills the gradients of the activation's own parameters."""
    activation = as_activation(activation)
    z = None if activation.needs == "a" else cache["z"]
    if activation.parameters(dy.shape[-1]):
        activation.backward(z, cache["a"], dy, params, grads)
    else:
        activation.backward(z, cache["a"], dy)
    return dy
