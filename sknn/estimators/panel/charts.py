"""Draws line charts as SVG for the panel in notebooks, without a plotting library."""

from itertools import groupby
from math import ceil, floor, isfinite, log10

WIDTH, HEIGHT = 300, 170  # size of a chart in pixels
RIGHT, TOP, BOTTOM = 20, 26, 36  # margins; the left margin is as wide as the labels
DIGIT = 7  # width of a character
MOST_POINTS = 300
LOGARITHMIC = 100  # minimum ratio of largest to smallest value for a logarithmic axis


def chart(title, curves, unit):
    """Returns an SVG of curves, {label: values per epoch}, or "" if no value is finite."""
    curves = {label: values for label, values in curves.items() if any(map(isfinite, values))}
    if not curves:
        return ""
    n = max(map(len, curves.values()))
    finite = [value for values in curves.values() for value in values if isfinite(value)]
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    y, y_ticks = _scale(min(finite), max(finite), bottom - 4, TOP + 4)
    left = 10 + DIGIT * max(len(label) for _, label in y_ticks)
    x, x_ticks = _scale(1, n, left, right, whole=True)
    marks = [_text(0, 12, title, "start"), _text((left + right) / 2, HEIGHT - 4, unit)]
    for at, label in x_ticks:
        marks += [_path("axis", f"M{at:.1f},{bottom}v4"), _text(at, bottom + 16, label)]
    for at, label in y_ticks:
        marks += [_path("grid", f"M{left},{at:.1f}H{right}"), _text(left - 6, at + 4, label, "end")]
    marks.append(_path("axis", f"M{left},{TOP}V{bottom}H{right}"))
    for number, (label, values) in enumerate(curves.items()):
        kind = f"curve sknn-{('first', 'second')[number]}"
        marks.append(_path(kind, _line(values, x, y)))
        if len(curves) > 1:
            start = right - 96 * (len(curves) - number)
            marks += [_path(kind, f"M{start},8h18"), _text(start + 24, 12, label, "start")]
    epochs = f"{n} {unit}" if n == 1 else f"{n} {unit}s"
    return (
        f'<svg role="img" aria-label="{title} of {epochs}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(marks)}</svg>'
    )


def _text(x, y, text, anchor="middle"):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _path(kind, steps):
    return f'<path class="sknn-{kind}" d="{steps}"/>'


def _line(values, x, y):
    """Path through the finite values with gaps at all others. Isolated values become squares."""
    points = list(enumerate(values, start=1))
    points = points[: -1 : -(-len(points) // MOST_POINTS)] + points[-1:]
    steps = []
    for finite, run in groupby(points, key=lambda point: isfinite(point[1])):
        places = [f"{x(number):.1f},{y(value):.1f}" for number, value in run if finite]
        if len(set(places)) == 1:
            steps.append(f"M{places[0]}m-2,-2h4v4h-4z")
        elif places:
            steps.append("M" + "L".join(places))
    return "".join(steps)


def _scale(low, high, start, stop, whole=False):
    """Returns (function from a value to its pixel, [(pixel, label)] of the ticks)."""
    power = not whole and low > 0 and high > LOGARITHMIC * low
    if power:
        low, high = log10(low), log10(high)
    elif high - low <= 1e-9 * max(abs(low), abs(high)):  # flat
        room = abs(high) / 10 or 1.0
        low, high = low - room, high + room
    step = _round_step((high - low) / 6, whole or power)

    def pixel(value):
        value = log10(value) if power else value
        return start + (stop - start) * (value - low) / (high - low)

    ticks = [number * step for number in range(ceil(low / step), floor(high / step) + 1)]
    if power:
        return pixel, [(pixel(10.0**tick), f"{10.0**tick:,g}") for tick in ticks]
    return pixel, [(pixel(tick), _label(tick, step, max(map(abs, ticks)))) for tick in ticks]


def _label(tick, step, largest):
    """Label of a tick, with enough digits to distinguish it from the next tick."""
    digits = -floor(log10(step))  # after the point
    if digits <= 5 and largest < 1e6:
        return f"{tick:,.{max(0, digits)}f}"
    return f"{tick:.{1 + max(0, floor(log10(largest)) + digits)}g}"


def _round_step(least, whole):
    """The smallest of ..., 0.1, 0.2, 0.5, 1, 2, 5, 10, ... that is at least ``least``."""
    power = 10.0 ** floor(log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    return max(1, round(step)) if whole else step
