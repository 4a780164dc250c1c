"""Layers with a shortcut around them."""

from collections.abc import Sequence
from copy import copy
from math import prod
from weakref import proxy

import numpy as np

from sknn.nn.composite import Composite, by_layer, present
from sknn.nn.layers.base import Layer, kept
from sknn.nn.layers.convolution import Conv2D
from sknn.nn.layers.dense import Dense
from sknn.nn.layers.pooling import Pooling
from sknn.nn.network import Network, named_layers, with_layer
from sknn.nn.ranges import OneOf

PROJECTION = "projection"


class Residual(Composite):
    """Residual block: y = branch(x) + shortcut(x); He et al. (2016), section 3.2.

    The branch is a sequence of layers. The shortcut is x itself if the output of the branch has
    the same shape. Otherwise it is a projection without bias: a Conv2D with windows of one pixel
    and the strides of the branch, or a Dense layer. The projection is frozen if the whole branch
    is frozen. To apply an activation after the sum, put Activate() after the block.

    x: (..., n, *input_shape)    y: (..., n, *output_shape)

    Parameters
    ----------
    layers : list of Layer, or of (str, Layer)
        The layers of the branch. Their settings are also parameters of the block, such as
        ``conv2d1__filters``. Layers without a name are named after their type and number.
    shortcut : {"auto", "identity", "projection"}, default="auto"
        The kind of shortcut. "auto" uses a projection only if the shapes differ.
    """

    valid = {"shortcut": OneOf("auto", "identity", PROJECTION)}
    _networks = None  # of the branch and, if there is one, the projection; set when placed

    def __init__(self, layers: Sequence[Layer | tuple[str, Layer]], shortcut: str = "auto") -> None:
        self.layers = layers
        self.shortcut = shortcut

    def named_layers(self):
        """The layers of the branch by name. Raises TypeError or ValueError if they are invalid."""
        own = {*self.setting_names(), PROJECTION}
        named = named_layers(self.layers, lambda name: name in own or "." in name)
        if not named:
            raise ValueError("layers must contain at least one layer, got none.")
        return named

    def networks(self, input_shape):
        """[the branch, the projection if there is one], as Networks.

        Raises ValueError if their outputs cannot be added.
        """
        if self._networks is not None and self._networks[0].shapes[0] == tuple(input_shape):
            return self._networks
        named = self.named_layers()
        branch = Network(named.values(), input_shape, names=named)
        shape, made = branch.shapes[0], branch.shapes[-1]
        if self.shortcut == "identity" or (self.shortcut == "auto" and made == shape):
            if made != shape:
                raise ValueError(
                    f"shortcut='identity' needs layers that keep the shape of a sample, got {made} "
                    f"from {shape}. Use shortcut='auto', which adds a projection."
                )
            return [branch]
        if len(made) != len(shape) or len(made) not in (1, 3):
            raise ValueError(
                f"its layers turn samples of shape {shape} into {made}, and the two cannot be "
                "added. Put layers that flatten images, such as Flatten(), after it."
            )
        items = [item for items in branch.layout.declared for item in items]
        trainable = not items or any(item.trainable for item in items)
        settings = {"activation": "identity", "bias": False, "trainable": trainable}
        if len(made) == 1:
            layer = Dense(made[0], **settings)
        else:
            layer = Conv2D(made[-1], 1, strides_of(branch), **settings)
        projection = Network([layer], shape, names=[PROJECTION])
        if projection.shapes[-1] != made:
            raise ValueError(
                f"its layers turn images of {shape[0]} x {shape[1]} pixels into {made[0]} x "
                f"{made[1]}, the shortcut into {' x '.join(map(str, projection.shapes[-1][:2]))}. "
                "Use padding='same' in all of them."
            )
        return [branch, projection]

    def placed(self, input_shape):
        placed = copy(self)
        placed._networks = self.networks(input_shape)
        return placed

    def output_shape(self, input_shape):
        return self.networks(input_shape)[0].shapes[-1]

    def adapt(self, params, state, x, random_state):
        for network in self.networks(x.shape[1:]):
            given = by_layer(network, params), by_layer(network, state)
            network.adapt(*given, x, random_state)

    def numbers_kept(self, input_shape):
        networks = self.networks(input_shape)
        return prod(networks[0].shapes[-1]) + sum(network.numbers_kept() for network in networks)

    def for_prediction(self, params, state):
        """Folds normalisation in the branch into other layers, and removes layers without effect.

        It is only called on a placed layer.
        """
        folded = {}
        for network in self._networks:
            own = network.folded(by_layer(network, params), by_layer(network, state))
            for name, arrays in zip(network.names, own, strict=True):
                folded |= {f"{name}.{key}": array for key, array in (arrays or {}).items()}
        return folded

    def forward_jointly(self, params, state, x, cache, context):
        networks = self._networks
        if networks is None:
            shape = x.shape[-3:] if x.ndim > 3 else x.shape[-1:]
            networks = kept(cache, "networks", self.networks, shape)
        if "workspaces" not in cache:
            lender = proxy(cache)  # a reference would be a cycle, which keeps its memory
            cache["workspaces"] = [network.workspaces(cache.dtype, lender) for network in networks]
        cache["inside"] = list(zip(networks, cache["workspaces"], strict=True))
        outputs = [x, x]
        for number, (network, workspaces) in enumerate(cache["inside"]):
            own = present(network, by_layer(network, params)), by_layer(network, state)
            outputs[number] = yield from network.forward_jointly(*own, x, workspaces, context)
        shape = np.broadcast_shapes(*(output.shape for output in outputs))
        return np.add(*outputs, out=cache.array("sum", shape))

    def backward_jointly(self, params, grads, dy, cache, context, need_dx=True):
        dshortcut = cache.array("dsum", dy.shape)
        dshortcut[...] = dy  # the branch can overwrite dy
        dx = [dy, dshortcut]
        for number, (network, workspaces) in enumerate(cache["inside"]):
            own = by_layer(network, params), by_layer(network, grads)
            given = *own, dx[number], workspaces, context
            dx[number] = yield from network.backward_jointly(*given, need_dx)
        return np.add(*dx, out=dx[0]) if need_dx else None

    def with_layer(self, at, layer):
        return {"layers": with_layer(self.layers, at, layer)}


def strides_of(network):
    """The product of the strides of all image layers of a network: an int, or (down, across)."""
    steps = np.ones(2, int)
    for layer, shape in zip(network.placed, network.shapes, strict=False):
        if isinstance(layer, Conv2D | Pooling):
            steps *= layer.windows(shape).stride
        for inner in layer.inside(shape)[:1]:  # the branch of a Residual
            steps *= strides_of(inner)
    down, across = map(int, steps)
    return down if down == across else (down, across)
