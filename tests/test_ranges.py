import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from sknn.nn.ranges import LEVELS, Range, as_float, is_number, plain, remedy, shown

HUGE = 10**400


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (1, True),
        (0.5, True),
        (np.float16(0.5), True),
        (np.longdouble("0.5"), True),
        (np.uint8(1), True),
        (math.nan, True),
        (True, False),
        (np.True_, False),
        (np.timedelta64(1, "s"), False),
        (Fraction(1, 2), False),
        (Decimal(1), False),
        ("1", False),
        (1j, False),
        (np.array(1.0), False),
        (None, False),
    ],
)
def test_numbers_are_ints_and_floats_of_python_and_numpy(value, taken):
    assert is_number(value) is taken


@pytest.mark.parametrize("value", [HUGE, np.longdouble("1e4900"), math.inf])
def test_floats_of_numbers_that_are_too_large_are_infinite(value):
    assert (as_float(value), as_float(-value)) == (math.inf, -math.inf)


def test_numbers_are_computed_with_as_those_of_python():
    numbers = [np.uint8(3), np.int64(3), np.float16(0.5), np.float64(0.1), np.longdouble("0.5")]
    assert [(type(own), own) for own in map(plain, numbers)] == [
        (int, 3),
        (int, 3),
        (float, 0.5),
        (float, 0.1),
        (float, 0.5),
    ]
    others = [True, None, "a", np.timedelta64(1, "s"), (1, 2), 0.25]
    assert all(plain(value) is value for value in others)


def test_values_are_cut_where_they_are_too_long_to_read():
    assert shown("a" * 198) == repr("a" * 198)
    assert shown("a" * 199) == f"'{'a' * 39}...{'a' * 9}' (201 characters)"
    assert shown(HUGE) == f"1{'0' * 39}...{'0' * 10} (401 characters)"
    assert shown(10**5000) == "an object of type int that is too long to show"


def test_remedy_is_told_for_numbers_alone():
    assert remedy(Fraction(1, 2)) == remedy(Decimal(1)) == "Pass it as an int or a float."
    limit = "The largest number that a float can represent is 1.8e+308."
    assert remedy(HUGE) == remedy(-HUGE) == remedy(np.longdouble("1e4900")) == limit
    assert {remedy(value) for value in (1, -1.0, math.inf, math.nan, "a", True, None)} == {""}


def test_ranges_hold_the_floats_that_are_computed_with():
    assert np.longdouble("1e-4900") not in Range(0)  # as a float it is 0
    assert np.longdouble("1e-4900") in Range(0, closed="left")
    assert HUGE not in Range()
    assert -HUGE not in Range()
    assert HUGE in Range(1, whole=True)
    assert 1.0 not in Range(1, closed="left", whole=True)
    assert np.timedelta64(1, "s") not in Range(0, whole=True)
    assert Fraction(1, 2) not in Range(0, 1)


@pytest.mark.parametrize("levels", [np.array(0.5), [], [[0.5]], [0.5, [0.1]], np.ma.masked])
def test_levels_are_a_number_or_one_row_of_them(levels):
    assert levels not in LEVELS
    assert np.array([0.1, 0.9]) in LEVELS
