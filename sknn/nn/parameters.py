"""Parameters and running statistics: their declaration by layers and their layout in one vector."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np

ROLES = ("weight", "bias", None)


@dataclass(frozen=True)
class Parameter:
    """The declaration of an array that training adjusts.

    Parameters
    ----------
    name : str
        The name of the array within its layer.
    shape : tuple of int
        The shape of the array.
    initializer : callable
        ``initializer(random_state, shape)`` returns the initial values in float64.
    decay : bool, default=True
        Whether penalties and weight decay apply to the array.
    rate : float, default=1.0
        Factor that multiplies the learning rate.
    trainable : bool, default=True
        False freezes the array.
    role : {"weight", "bias", "name"} or None, default="name"
        "weight" for arrays that estimators list in ``coefs_``, "bias" for those in
        ``intercepts_``, None for others. "name" derives the role from the name.
    """

    name: str
    shape: tuple
    initializer: Callable
    decay: bool = True
    rate: float = 1.0
    trainable: bool = True
    role: str | None = field(default="name", kw_only=True)

    def __post_init__(self):
        if self.role == "name":
            object.__setattr__(self, "role", self.name if self.name in ROLES else None)
        if self.role not in ROLES:
            raise ValueError(
                f"role must be 'weight', 'bias', None, or 'name' to derive it from the name, got "
                f"{self.role!r}."
            )


@dataclass(frozen=True)
class State:
    """The declaration of an array that training updates without a gradient, like a running mean.

    Parameters
    ----------
    name : str
        The name of the array within its layer.
    shape : tuple of int
        The shape of the array.
    initial : float
        The initial value.
    """

    name: str
    shape: tuple
    initial: float


class Layout:
    """The layout of the declared arrays of all layers in one vector of ``size`` values.

    Trainable parameters come first, and those with weight decay first among them. Optimisers and
    penalties therefore work on leading slices: ``[:n_trainable]`` and ``[:n_decayed]``. Parameters
    with the same rate are contiguous. Apart from this, the order of declaration is kept.
    """

    def __init__(self, declared):
        """declared: for each layer, the list of its Parameters, or of its States."""
        self.declared = declared
        entries = [(layer, item) for layer, items in enumerate(declared) for item in items]
        entries.sort(key=lambda entry: _rank(entry[1]))  # stable
        self.entries, self.size = [], 0
        for layer, item in entries:
            stop = self.size + prod(item.shape)
            self.entries.append((layer, item, slice(self.size, stop)))
            self.size = stop
        self.n_trainable = self._leading(lambda item: item.trainable)
        self.n_decayed = self._leading(lambda item: item.trainable and item.decay)

    def _leading(self, belongs):
        stops = [at.stop for _, item, at in self.entries if _is_parameter(item) and belongs(item)]
        return max(stops, default=0)

    @property
    def rates(self):
        """Factors of the learning rate, (n_trainable,), or None if all of them are one."""
        trainable = [(item, at) for _, item, at in self.entries if at.stop <= self.n_trainable]
        if all(item.rate == 1.0 for item, _ in trainable):
            return None
        return np.concatenate([np.full(at.stop - at.start, item.rate) for item, at in trainable])

    def views(self, vector):
        """The arrays of each layer by name, as views, in the order of declaration.

        vector: (..., size)    views: (..., *shape)
        """
        views = [dict.fromkeys(item.name for item in items) for items in self.declared]
        for layer, item, at in self.entries:
            views[layer][item.name] = vector[..., at].reshape(vector.shape[:-1] + item.shape)
        return views

    def with_role(self, role):
        """For each layer, its Parameters with this role, in the order of declaration."""
        return [[item for item in items if item.role == role] for items in self.declared]

    def initial(self, random_state, dtype):
        """A vector of initial values, drawn in float64 in the order of declaration."""
        vector = np.empty(self.size, dtype)
        for views, items in zip(self.views(vector), self.declared, strict=True):
            for item in items:
                if _is_parameter(item):
                    views[item.name][...] = item.initializer(random_state, item.shape)
                else:
                    views[item.name][...] = item.initial
        return vector


def _is_parameter(item):
    return isinstance(item, Parameter)


def _rank(item):
    if not _is_parameter(item):
        return 0
    return (not item.trainable, not item.decay, item.rate)
