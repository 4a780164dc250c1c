"""The contract of a layer."""

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
    """A layer is configuration: the arguments of its constructor, kept untouched.

    It holds no arrays. The core hands it views of its parameters and a Workspace, and never
    changes it, so one object may describe many networks.

    ``accepts_sparse``: as the first layer it takes sparse rows; before others they are made
    dense. ``draws``: it draws from ``context.random`` unless that is None. ``joint``: it needs
    sums over the whole mini-batch, see ``JointLayer``. ``pixelwise``: of an image, a number of its
    output depends on one pixel of its input. ``scheduled``: it changes towards the end of training.
    ``adapts``: its first values depend on training rows, see ``adapt``.
    """

    accepts_sparse = False
    draws = False
    scheduled = False
    adapts = False
    joint = False
    pixelwise = False

    def output_shape(self, input_shape: Shape) -> Shape:
        """Shape of one output sample. Raises ValueError if input_shape does not fit.

        Shapes are of one sample: (n_features,) or (height, width, channels).
        """
        raise NotImplementedError

    def parameters(self, input_shape: Shape) -> list[Parameter]:
        """The Parameters that it trains, in the order in which they are drawn."""
        return []

    def state(self, input_shape: Shape) -> list[State]:
        """The States that it updates in training."""
        return []

    def adapt(self, params: Arrays, state: Arrays, x: np.ndarray, random_state: Any) -> None:
        """Changes the first values of params, in place, by what training rows say; see ``adapts``.

        x: (n, *input_shape), what the layers before make of these rows
        """

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications, each with an addition, that forward spends on one sample."""
        return 0

    def numbers_kept(self, input_shape: Shape) -> int:
        """How many numbers forward leaves in the workspace for one sample."""
        activation = getattr(self, "activation", None)
        z_as_well = activation is not None and as_activation(activation).needs == "z"
        return math.prod(self.output_shape(input_shape)) * (1 + z_as_well)

    def scratch(self, input_shape: Shape) -> int:
        """How many numbers, at the least, forward works with for one sample and does not keep."""
        return 0

    def placed(self, input_shape: Shape) -> "Layer":
        """The layer that a network runs on samples of this shape: itself, or a copy that knows it.

        It answers what the network asks of layers: shapes, parameters and passes are its own.
        """
        return self

    def inside(self, input_shape: Shape) -> list[Any]:
        """The Networks that it is made of, for tables of what a network costs."""
        return []

    def fused(self, following: "Layer") -> "Layer | None":
        """A layer that does the work of this and the following one at once, or None.

        Only its forward and backward are called, and ``fused`` about the layer after that: values
        and gradients are those of the two, parameters are this one's.
        """
        return None

    def affine(self, params: Arrays, state: Arrays) -> tuple[np.ndarray, np.ndarray] | None:
        """(factor, offset) if prediction is y = x * factor + offset by channel, else None."""
        return None

    def folded(self, params: Arrays, factor: np.ndarray, offset: np.ndarray) -> Arrays | None:
        """Parameters that give y * factor + offset in place of y, or None if there are none."""
        return None

    def for_prediction(self, params: Arrays, state: Arrays) -> Arrays:
        """Parameters that predict the same with less work; as they are, unless there are some."""
        return params

    def forward(
        self, params: Arrays, state: Arrays, x: np.ndarray, cache: Any, context: Pass
    ) -> np.ndarray:
        """y, valid until the next call with the same cache. x is left as it is.

        x: (..., n, *input_shape)    y: (..., n, *output_shape)
        cache: a Workspace, for what backward needs    context: the Pass
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
        """dx, or None without need_dx; grads are overwritten, dy may be.

        dy: (..., n, *output_shape)    dx: (..., n, *input_shape)
        cache, context: those of the forward before it
        """
        raise NotImplementedError


class JointLayer(Layer):
    """A layer that needs sums over a whole mini-batch, which may come in several parts.

    Its passes are generators. They yield a tuple of arrays, each summed over the part, and are
    sent the sums over all parts; scratch arrays do not outlive a yield. One part alone has
    ``context.updates_state``.
    """

    joint = True

    def forward_jointly(
        self, params: Arrays, state: Arrays, x: np.ndarray, cache: Any, context: Pass
    ) -> Any:
        """As ``forward``, for one part."""
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
        """As ``backward``, for one part."""
        raise NotImplementedError

    def forward(self, params, state, x, cache, context):
        return _alone(self.forward_jointly(params, state, x, cache, context))

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return _alone(self.backward_jointly(params, grads, dy, cache, context, need_dx))


def _alone(joint_pass):
    """What a joint pass returns if its part is all there is."""
    sums = None
    try:
        while True:
            sums = joint_pass.send(sums)
    except StopIteration as end:
        return end.value


def needs_flat(input_shape):
    """The number of features of a flat sample. Raises ValueError if it is another one."""
    if len(input_shape) != 1:
        raise ValueError(
            f"needs flat samples, got samples of shape {input_shape}. Put Flatten() before it."
        )
    return input_shape[0]


def kept(cache, name, make, *args):
    """make(*args), made once for each workspace and arguments."""
    key = name, args
    if key not in cache:
        cache[key] = make(*args)
    return cache[key]


def shape_with_models(x, params):
    """The shape of x with the model axis of params: several models may share one x."""
    return np.broadcast_shapes(x.shape, *(param.shape for param in params.values()))


def activation_parameters(activation, units, trainable=True):
    """What a layer declares for its activation; a frozen layer freezes that too.

    units: of the layer, or its channels
    """
    parameters = as_activation(activation).parameters(units)
    return parameters if trainable else [replace(own, trainable=False) for own in parameters]


def activate(activation, params, z, cache):
    """a = f(z), remembered for ``differentiate``; z may be overwritten."""
    a = outputs_for(activation, z, cache)
    apply(activation, params, z, a)
    return a


def outputs_for(activation, z, cache):
    """Memory for f(z), z itself where f allows it; both are remembered for ``differentiate``."""
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
    """dy *= f'(z), in place; fills the gradients of the activation's own parameters."""
    activation = as_activation(activation)
    z = None if activation.needs == "a" else cache["z"]
    if activation.parameters(dy.shape[-1]):
        activation.backward(z, cache["a"], dy, params, grads)
    else:
        activation.backward(z, cache["a"], dy)
    return dy
