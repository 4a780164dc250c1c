"""Installed memory, and the sizes of arrays as text."""

import math
import os
import sys

from sknn.nn.ranges import as_float

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
COUNTABLE = 10**15  # larger numbers are rounded in messages


def installed_memory():
    """The memory of this computer in bytes, or the largest address if the system does not tell."""
    try:
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # AttributeError on Windows
        return sys.maxsize
    return pages if pages > 0 else sys.maxsize


def count(number):
    """An int as text for a message: 40,000,000,000, or 1e+30."""
    return f"{number:,}" if number < COUNTABLE else _rounded(as_float(number))


def size(n_bytes):
    """A number of bytes as text for a message: 37.3 GiB."""
    power = min((max(n_bytes, 1).bit_length() - 1) // 10, len(UNITS) - 1)
    rounded = as_float(n_bytes // 1024 ** max(power - 1, 0)) / (1024 if power else 1)
    return f"{_rounded(rounded)} {UNITS[power]}"


def _rounded(number):
    return f"{number:.3g}" if number < math.inf else f"more than {sys.float_info.max:.3g}"
