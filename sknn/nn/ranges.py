"""Valid values of settings: checked with ``in``, described by ``str``."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral, Real

import numpy as np

LONGEST = 200  # characters of a value in a message
LARGEST = f"The largest number that a float can represent is {np.finfo(float).max:.2g}."
PLAIN = (int, float)
AS_IT_IS = (*PLAIN, str, bool, type(None))
NUMBERS, NO_NUMBERS = (Integral, float, np.floating), (bool, np.bool_, np.timedelta64)


def is_number(value):
    """Whether it is an int or a float, of Python or NumPy. NumPy's time spans do not count."""
    if type(value) in PLAIN:  # isinstance takes ten times as long
        return True
    return isinstance(value, NUMBERS) and not isinstance(value, NO_NUMBERS)


def as_float(number):
    """A number as a float, infinite if it exceeds the largest float."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def plain(value):
    """A number as the Python int or float used in computations. Other values are not changed.

    NumPy scalars have a dtype that affects results: ``-np.uint8(1)`` is 255.
    """
    if type(value) in AS_IT_IS or not is_number(value):
        return value
    return int(value) if isinstance(value, Integral) else as_float(value)


def shown(value):
    """repr(value) for a message, shortened if it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python does not print ints with thousands of digits
        return f"an object of type {type(value).__name__} that is too long to show"
    if len(text) <= LONGEST:
        return text
    return f"{text[:40]}...{text[-10:]} ({len(text)} characters)"


def remedy(value):
    """A remedy for a number rejected because of its type or size; "" for any other value."""
    if isinstance(value, Real | Decimal) and not isinstance(value, (*NUMBERS, *NO_NUMBERS)):
        return "Pass it as an int or a float."
    finite = is_number(value) and (isinstance(value, Integral) or np.isfinite(value))
    return LARGEST if finite and math.isinf(as_float(value)) else ""


@dataclass(frozen=True)
class Range:
    """The valid numbers for a setting: finite, from ``low`` to ``high``.

    A user-defined class lists its settings in ``valid``, such as ``{"slope": Range(0, 1)}``. When
    a network is built, other values are rejected with an error message.

    Parameters
    ----------
    low, high : float, default=-inf, inf
        The ends of the range.
    closed : {"both", "left", "right", "neither"}, default="neither"
        Which of the ends are valid.
    whole : bool, default=False
        Whether only integers are valid.
    optional : bool, default=False
        Whether None is also valid.
    """

    low: float = -math.inf
    high: float = math.inf
    closed: str = "neither"
    whole: bool = False
    optional: bool = False

    def __contains__(self, value):
        if value is None:
            return self.optional
        if not is_number(value) or (self.whole and not isinstance(value, Integral)):
            return False
        number = int(value) if self.whole else as_float(value)
        above = self.low <= number if self.closed in ("both", "left") else self.low < number
        below = number <= self.high if self.closed in ("both", "right") else number < self.high
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
    """A number in a Range, or a sequence of such numbers."""

    of: Range

    def __contains__(self, value):
        several = isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1
        values = value if several else [value]
        return len(values) > 0 and all(one in self.of for one in values)

    def __str__(self):
        return f"{self.of}, or a sequence of them"


class OneOf(tuple):
    """One of several strings."""

    def __new__(cls, *values):
        return super().__new__(cls, values)

    def __contains__(self, value):
        return isinstance(value, str) and super().__contains__(value)

    def __str__(self):
        return f"one of {', '.join(map(repr, self))}"


@dataclass(frozen=True)
class Instance:
    """An instance of a class."""

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
