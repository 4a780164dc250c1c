"""What a setting may be: tested with ``in``, told by ``str``."""

import math
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np


@dataclass(frozen=True)
class Range:
    """Finite numbers, from ``low`` to ``high``: what a setting may be.

    A class of your own lists its settings in ``valid``, ``{"slope": Range(0, 1)}``. Others are
    refused with a message when a network is made.

    Parameters
    ----------
    low, high : float, default=-inf, inf
    closed : {"both", "left", "right", "neither"}, default="neither"
        Which ends belong to it.
    whole : bool, default=False
        Whether only ints do.
    optional : bool, default=False
        Whether None does as well.
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


@dataclass(frozen=True)
class Sequence:
    """A number, or a sequence of numbers, each of a Range."""

    of: Range

    def __contains__(self, value):
        values = value if isinstance(value, list | tuple | np.ndarray) else [value]
        return len(values) > 0 and all(one in self.of for one in values)

    def __str__(self):
        return f"{self.of}, or a sequence of such"


class OneOf(tuple):
    """One of some strings."""

    def __new__(cls, *values):
        return super().__new__(cls, values)

    def __str__(self):
        return f"one of {', '.join(map(repr, self))}"


@dataclass(frozen=True)
class Instance:
    """An object of a class."""

    of: type

    def __contains__(self, value):
        return isinstance(value, self.of)

    def __str__(self):
        return f"a {self.of.__name__}"


COUNT = Range(1, closed="left", whole=True)
COUNT_OR_NONE = replace(COUNT, optional=True)
NUMBER = Range()
POSITIVE = Range(0)
LEVELS = Sequence(Range(0, 1))
FLAG = Flag()
NOT_NEGATIVE = Range(0, closed="left")
