"""Objects that are their settings: the arguments of the constructor, kept untouched."""

import inspect
import math
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np


@dataclass(frozen=True)
class Range:
    """Finite numbers, from ``low`` to ``high``.

    closed: which ends belong to it: "both", "left", "right" or "neither"    whole: only ints
    optional: None does as well
    """

    low: float = -math.inf
    high: float = math.inf
    closed: str = "neither"
    whole: bool = False
    optional: bool = False

    def __contains__(self, value):
        if value is None:
            return self.optional
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return False
        above = self.low <= value if self.closed in ("both", "left") else self.low < value
        below = value <= self.high if self.closed in ("both", "right") else value < self.high
        return above and below

    def __str__(self):
        ends = []
        if self.low > -math.inf:
            ends.append(
                f"{'of at least' if self.closed in ('both', 'left') else 'above'} {self.low}"
            )
        if self.high < math.inf:
            ends.append(f"{'up to' if self.closed in ('both', 'right') else 'below'} {self.high}")
        kind = "an int" if self.whole else "a number" if ends else "a finite number"
        return f"{kind} {' and '.join(ends)}".strip() + (" or None" if self.optional else "")


@dataclass(frozen=True)
class Flag:
    """True or False."""

    def __contains__(self, value):
        return isinstance(value, bool | np.bool_)

    def __str__(self):
        return "True or False"


COUNT = Range(1, closed="left", whole=True)
COUNT_OR_NONE = replace(COUNT, optional=True)
NUMBER = Range()
POSITIVE = Range(0)
FLAG = Flag()
NOT_NEGATIVE = Range(0, closed="left")


class Settings:
    """What a layer, an activation or an initialiser is: its constructor's arguments.

    They are kept under their own names, which is how such objects are shown, copied and saved.
    ``valid`` says by name what some may be; ``check`` looks, when a network is made of them.
    """

    valid = {}

    @classmethod
    def setting_names(cls):
        """The names of the constructor's arguments, in order."""
        if cls.__init__ is object.__init__:
            return []
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def settings(self):
        """The arguments of the constructor, by name; those that were not kept are left out."""
        return {name: getattr(self, name) for name in self.setting_names() if hasattr(self, name)}

    def check(self):
        """Raises ValueError if a setting, or one of an object among the settings, cannot be."""
        for name, value in self.settings().items():
            if name in self.valid and value not in self.valid[name]:
                raise ValueError(f"{self!r}: {name} must be {self.valid[name]}, got {value!r}.")
            if isinstance(value, Settings):
                value.check()

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        shown = [
            f"{name}={value!r}"
            for name, value in self.settings().items()
            if repr(value) != repr(defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"
