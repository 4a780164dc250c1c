"""Interleaved measurements, which other work on the machine affects equally, and tables."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Timing:
    """The minimum and the median of repeated measurements, in seconds."""

    best: float
    median: float

    def shown(self, unit):
        """Formats "best (median)" in the given unit, a fraction of a second."""
        return f"{_short(self.best / unit)} ({_short(self.median / unit)})"

    def __truediv__(self, number):
        return Timing(self.best / number, self.median / number)


def wall_time(function):
    """Returns the wall time of one call in seconds."""
    started = perf_counter()
    function()
    return perf_counter() - started


def interleaved(functions, repeats, measure=wall_time):
    """Measures each function; returns {name: Timing} for {name: function}.

    Each function is called once to warm up. Then every round measures all of them, in alternating
    order, so that other work on the machine affects all of them equally.
    """
    for function in functions.values():
        function()
    seconds = {name: [] for name in functions}
    order = list(functions)
    for _ in range(repeats):
        for name in order:
            seconds[name].append(measure(functions[name]))
        order.reverse()
    return {name: Timing(min(values), median(values)) for name, values in seconds.items()}


def repeated(function, number):
    """Returns a function that makes ``number`` calls, because one call is too short to time."""

    def calls():
        for _ in range(number):
            function()

    return calls


def in_fresh_process(function, *args):
    """Returns function(*args), computed in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()


def verdict(value, *, at_least=None, at_most=None):
    """Formats the value, and whether it reaches its target."""
    met = value >= at_least if at_most is None else value <= at_most
    wanted = f">= {_short(at_least)}" if at_most is None else f"<= {_short(at_most)}"
    return f"{_short(value)} {'met' if met else 'MISSED'} ({wanted})"


def print_table(title, columns, rows):
    """Prints a Markdown table, each row as soon as the iterable ``rows`` yields it."""
    print(f"\n### {title}\n")
    for row in chain([columns, ["---"] * len(columns)], rows):
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    print()


def _short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
