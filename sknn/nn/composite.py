"""Layers that consist of other layers: `Composite`."""

from dataclasses import replace
from typing import Any, Self

from sknn.nn.layers.base import JointLayer


class Composite(JointLayer):
    """Several networks as one layer.

    It has the parameters and states of the layers inside, with names such as ``layer.array``. The
    settings of these layers are its own settings, such as ``dense1__units``.
    """

    def named_layers(self):
        """The layers by name. Raises TypeError or ValueError if the settings are invalid."""
        raise NotImplementedError

    def networks(self, input_shape):
        """The Networks inside, for samples of this shape."""
        raise NotImplementedError

    def with_layer(self, at, layer):
        """{setting: value} that replaces the layer with number ``at`` in ``named_layers``."""
        raise NotImplementedError

    @property
    def draws(self):
        return any(layer.draws for layer in self.named_layers().values())

    @property
    def scheduled(self):
        return any(layer.scheduled for layer in self.named_layers().values())

    @property
    def adapts(self):
        return any(layer.adapts for layer in self.named_layers().values())

    @property
    def joint(self):
        return any(layer.joint for layer in self.named_layers().values())

    def check(self):
        try:
            super().check()
            for layer in self.named_layers().values():
                layer.check()
        except TypeError as error:
            raise ValueError(str(error)) from error

    def inside(self, input_shape):
        return self.networks(input_shape)

    def parameters(self, input_shape):
        return [
            replace(item, name=f"{name}.{item.name}")
            for network in self.networks(input_shape)
            for name, items in zip(network.names, network.layout.declared, strict=True)
            for item in items
        ]

    def state(self, input_shape):
        return [
            replace(item, name=f"{name}.{item.name}")
            for network in self.networks(input_shape)
            for name, items in zip(network.names, network.state_layout.declared, strict=True)
            for item in items
        ]

    def multiply_adds(self, input_shape):
        return sum(network.multiply_adds() for network in self.networks(input_shape))

    def scratch(self, input_shape):
        return max(network.largest_scratch() for network in self.networks(input_shape))

    def get_params(self, deep: Any = True) -> dict[str, Any]:
        """The arguments of the constructor and, with ``deep``, the layers and their settings."""
        params = self.settings()
        if not deep:
            return params
        try:
            named = self.named_layers()
        except (TypeError, ValueError):  # a network raises a better message later
            return params
        for name, layer in named.items():
            params[name] = layer
            params |= {f"{name}__{key}": value for key, value in layer.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Sets arguments of the constructor, layers, or settings of layers, by name."""
        own = [name for name in self.setting_names() if name in params]
        super().set_params(**{name: params.pop(name) for name in own})
        for key, value in params.items():
            name, _, setting = key.partition("__")
            named = self.named_layers()
            if name not in named:
                super().set_params(**{key: value})  # raises
            elif setting:
                named[name].set_params(**{setting: value})
            else:
                super().set_params(**self.with_layer(list(named).index(name), value))
        return self


def by_layer(network, arrays):
    """Splits arrays with names such as ``layer.array`` by the layers of a network."""
    own = {name: {} for name in network.names}
    for key, array in arrays.items():
        name, _, rest = key.partition(".")
        if name in own:
            own[name][rest] = array
    return list(own.values())


def present(network, params):
    """params with None for the layers that were removed: see ``for_prediction``."""
    declared = network.layout.declared
    return [own if own or not items else None for own, items in zip(params, declared, strict=True)]
