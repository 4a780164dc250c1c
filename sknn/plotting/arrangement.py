"""The positions of the columns of a network in its diagram, in points."""

from functools import lru_cache

import numpy as np

from sknn.nn.summary import shape_text

PITCH = 14, 42  # distance between units: minimum and maximum
DIAMETER = 30  # maximum of a unit
BODY = 170, 220, 330  # height of columns in a new figure: minimum, with maps, maximum
GAP = 22, 36, 96  # between columns: minimum; then, in a new figure, for maps and for units
STEEPNESS = 0.42  # minimum gap between columns of units, as a fraction of their height
WIDEST = 11 * 72  # maximum width of a new figure
SIDE = 76  # maximum side of the largest map
SMALLEST = 7  # minimum side of a map
BEHIND = 6  # how far each map of a stack extends beyond the one in front of it
BETWEEN = 1.2  # distance between maps one below the other, in heights
DOTS = 1.6, 0.8  # room for the three dots, in units and in maps
BAR = 24  # from the outputs to the end of the colour bar
LEVEL = 20  # room for a shortcut
HINTED = 1.07  # maximum width of a small text on a screen, relative to its width on paper
LONGEST = 24  # characters of a name
LEGEND = ("positive weight", "negative weight", "positive bias", "negative bias")


class Arrangement:
    """Columns side by side, each with its middle at height 0.

    Parameters
    ----------
    columns, shortcuts
        The columns and shortcuts, as returned by ``columns_of``.
    max_units, max_maps : int
        The maximum number of units and of maps to show in a column.
    size : (float, float) or None
        The width and height to fill, in points. None means the natural size.
    font : float
        The font size in points.

    Attributes
    ----------
    places : list of Place
        One for each column.
    levels : list of int
        The level of each shortcut above the columns, from 0.
    left, right, bottom, top : float
        The limits of the diagram.
    """

    def __init__(self, columns, shortcuts, max_units, max_maps, size, font):
        self.columns, self.font, self.line = columns, font, 1.3 * font
        self.with_values = columns[0].values is not None
        self.levels = _levels(shortcuts)
        self.headings = [heading(column, index == 0) for index, column in enumerate(columns)]
        self.above = self.line * max(map(len, self.headings)) + 4
        self.above += LEVEL * (max(self.levels, default=-1) + 1)
        self.steps = self.line * max(len(column.step) for column in columns)
        self.notes = self.line * max(len(column.notes) for column in columns)
        rows = self.above + self.steps + self.notes + 1.8 * self.line + 6
        self.places = [
            Place(column, max_units, max_maps, self.with_values, is_input=index == 0)
            for index, column in enumerate(columns)
        ]
        wanted = self._natural_height() if size is None else size[1] - rows
        self.body = max(wanted, BODY[0] / 2, *(place.least_height for place in self.places))
        self._size_bodies()
        self._name_units()
        self._stand_side_by_side(None if size is None else size[0])
        self.top = self.body / 2 + self.above
        self.bottom = self.top - self.body - rows

    @property
    def size(self):
        return self.right - self.left, self.top - self.bottom

    def _natural_height(self):
        units = (place.slots for place in self.places if not place.column.shows_maps)
        least = BODY[any(column.shows_maps for column in self.columns)]
        return min(max(max(units) * PITCH[1], least), BODY[2])

    def _size_bodies(self):
        units = [place for place in self.places if not place.column.shows_maps]
        pitch = min(self.body / place.slots for place in units)
        self.pitch = float(np.clip(pitch, *PITCH))
        self.diameter = min(0.7 * self.pitch, DIAMETER)
        for place in units:
            place.stand_units(min(self.body / place.slots, 1.5 * self.pitch), self.diameter)
        maps = [place for place in self.places if place.column.shows_maps]
        longest = max((max(place.column.shape[:2]) for place in maps), default=1)
        together = [place for place in maps if not place.is_picture]
        side = min([SIDE, *(place.largest_side(longest, self.body) for place in together)])
        for place in maps:
            place.stand_maps(longest, SIDE if place.is_picture else side, self.body)

    def _name_units(self):
        """Puts numbers into the units or, if the units are too small, beside their names."""
        self.inside = self.with_values and self.diameter >= 2.6 * self.font
        for place in self.places:
            labels = place.column.labels
            if labels is None:
                continue
            place.labels = [shortened(labels[i]) for i in place.shown]
            if self.with_values and not self.inside:
                pairs = zip(place.labels, place.column.values[place.shown], strict=True)
                place.labels = [
                    label + ("\n" if "\n" in label else " = ") + number(value)
                    for label, value in pairs
                ]

    def _stand_side_by_side(self, width):
        heads = self._label_widths()
        least, wanted = [], []
        for index, after in enumerate(self.places[1:]):
            bodies = self.places[index].half_width + after.half_width
            step = max((text_width(text, self.font) for text in after.column.step), default=0)
            texts = max((heads[index] + heads[index + 1]) / 2, step) + 10
            has_lines = after.column.weights is not None and not after.column.shows_maps
            gap = max(GAP[2], STEEPNESS * self.body) if has_lines else GAP[1]
            least.append(max(bodies + GAP[0], texts))
            wanted.append(max(bodies + gap, texts))
        left, right = (
            max(place.half_width + self._beside(place), head / 2) + 4
            for place, head in ((self.places[0], heads[0]), (self.places[-1], heads[-1]))
        )
        bar = BAR + 4.5 * self.font if self.with_values else 0
        margins = left + right + bar
        width = min(margins + sum(wanted), WIDEST) if width is None else width
        least = np.array(least)
        shares = np.array(wanted) - least + 1
        steps = least + max(0, width - margins - sum(least)) * shares / sum(shares)
        for place, x in zip(self.places, [0, *np.cumsum(steps)], strict=True):
            place.x = float(x)
        self.left, self.right = -left, place.x + right + bar
        self.bar = place.x + right + BAR / 2
        missing = max(0, self._legend_width() - (self.right - self.left)) / 2
        self.left, self.right = self.left - missing, self.right + missing

    def _legend_width(self):
        texts = sum(text_width(text, self.font) for text in LEGEND)
        return texts + 4 * len(LEGEND) * self.font  # includes handles and the gaps between them

    def _label_widths(self):
        widths = []
        for (name, *counts), column in zip(self.headings, self.columns, strict=True):
            texts = [text_width(text, self.font) for text in (*counts, *column.notes)]
            widths.append(max(text_width(name, self.font, "bold"), *texts))
        return widths

    def _beside(self, place):
        """The width of the names beside a column."""
        texts = [line for label in place.labels or [] for line in label.split("\n")]
        if place.labels and place.left_out:
            texts.append(f"{place.left_out:,} more")
        return max((text_width(text, self.font) for text in texts), default=-6) + 6


class Place:
    """The positions of the units or maps of one column.

    Attributes
    ----------
    x : float
        The middle of the column.
    shown : ndarray of int
        The numbers of the units or maps that are drawn.
    left_out : int
        The number of units or maps that are not drawn.
    offsets : ndarray of shape (n_shown, 2)
        The offsets of their middles from (x, 0).
    dots : ndarray of shape (3, 2) or None
        The positions of the three dots for those that are left out.
    width, height : float
        The size of a unit or map.
    half_width, half_height : float
        Half the size of all of them together.
    """

    def __init__(self, column, max_units, max_maps, with_values, is_input):
        self.column, self.labels, self.dots = column, None, None
        n = column.shape[-1]
        most = max_maps if column.shows_maps else max_units
        self.is_picture = with_values and is_input and column.shows_maps
        if self.is_picture:  # all channels are drawn as one
            n = 1
        self.stacked = column.shows_maps and not with_values
        few = min(n, most)
        upper = -(-few // 2)
        self.shown = np.r_[:upper, n - (few - upper) : n]
        self.upper, self.left_out = upper, n - few
        self.room = DOTS[column.shows_maps] if self.left_out else 0  # for dots
        self.slots = few + self.room

    def _in_a_row(self, pitch):
        """Middles one below the other, with room for dots if some are left out."""
        down = np.arange(len(self.shown), dtype=float)
        down[self.upper :] += self.room
        y = pitch * ((self.slots - 1) / 2 - down)
        self.offsets = np.column_stack([0 * y, y])
        if self.left_out:
            middle = pitch * ((self.slots - self.room) / 2 - self.upper)
            self.dots = np.array([[0, middle + 4.5], [0, middle], [0, middle - 4.5]])

    def stand_units(self, pitch, diameter):
        self.width = self.height = diameter
        self.half_width, self.half_height = (
            diameter / 2,
            (self.slots - 1) * pitch / 2 + diameter / 2,
        )
        self._in_a_row(pitch)

    @property
    def least_height(self):
        if not self.column.shows_maps:
            return self.slots * PITCH[0]
        return SMALLEST if self.stacked else self.slots * BETWEEN * SMALLEST

    def largest_side(self, longest, height):
        """The maximum side of ``longest`` pixels for which this column is at most that high."""
        share = self.column.shape[0] / longest
        if self.stacked:
            return (height - self._behind(height) * (len(self.shown) - 1)) / share
        return height / (self.slots * BETWEEN) / share

    def _behind(self, height):
        return min(BEHIND, height / 2 / max(1, len(self.shown) - 1))

    def stand_maps(self, longest, side, body):
        """longest: the side of the longest map of the network in pixels, drawn as ``side``."""
        height, width, _ = self.column.shape
        self.height = max(side * height / longest, SMALLEST)
        self.width = max(side * width / longest, SMALLEST)
        if not self.stacked:
            self._in_a_row(BETWEEN * self.height)
            self.half_width = self.width / 2
            self.half_height = (self.slots * BETWEEN - BETWEEN + 1) * self.height / 2
            return
        n = len(self.shown)
        back = np.arange(n)[::-1] - (n - 1) / 2
        behind = self._behind(body)
        self.offsets = behind * np.column_stack([-back, back])
        self.half_width = (self.width + behind * (n - 1)) / 2
        self.half_height = (self.height + behind * (n - 1)) / 2
        if self.left_out:
            corner = self.offsets[0] + (-self.width / 2, self.height / 2)
            self.dots = corner + BEHIND * np.arange(0.7, 2.5, 0.7)[:, None] * (-1, 1)

    @property
    def centres(self):
        return np.add(self.offsets, (self.x, 0))

    def top_at(self, x):
        """The upper end of the units or maps at this position."""
        covering = np.abs(self.centres[:, 0] - x) <= self.width / 2
        return float(self.centres[covering, 1].max() + self.height / 2)


def heading(column, is_input):
    """Lines of text above a column: its name, and the number and size of its units or maps."""
    n, name = column.shape[-1], shortened(" ".join(column.name.split()))
    if is_input:
        counts = counted(n, "channel" if column.shows_maps else "feature")
    else:
        counts = counted(n, "map" if column.shows_maps else "unit")
    return [name, counts, *([shape_text(column.shape[:2])] if column.shows_maps else [])]


def counted(n, what):
    """The number with a noun, such as 3 units."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def shortened(text):
    """The text, with long lines cut off."""
    lines = text.split("\n")
    return "\n".join(
        line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}\u2026" for line in lines
    )


def number(value):
    """A number as text of about four characters."""
    size = abs(float(value))
    if size >= 9999.5:
        return f"{value:.0e}"
    return f"{value:.{2 if size < 9.995 else 1 if size < 99.95 else 0}f}".replace("-0.00", "0.00")


def text_width(text, size, weight="normal"):
    """The width of one line in points, in the font of the current matplotlib style."""
    from matplotlib.font_manager import FontProperties, findfont

    return _width(text, size, findfont(FontProperties(weight=weight)))


@lru_cache(maxsize=1000)
def _width(text, size, path):
    """The width of one line in points, in the font of this file."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    font = FontProperties(fname=path, size=size)
    text = text.replace("$", "S")  # not a formula
    return HINTED * TextPath((0, 0), text, prop=font).get_extents().width


def _levels(shortcuts):
    """The number of other shortcuts below each of them."""
    levels = []
    for one in shortcuts:
        earlier = zip(shortcuts, levels, strict=False)
        inner = (level for other, level in earlier if other.start >= one.start)
        levels.append(max(inner, default=-1) + 1)
    return levels
