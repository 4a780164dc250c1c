"""Draws the arrangement of a network: lines, circles, squares, maps and texts."""

import numpy as np

from sknn.plotting.arrangement import LEGEND, LEVEL, number
from sknn.plotting.panels import BLUE, VERMILION, as_picture, ink

GREY = "0.5"  # visible on both white and black
THIN = 0.8  # width of outlines in points


class Artist:
    """Draws an arrangement of columns.

    Parameters
    ----------
    ax : matplotlib axes
        The axes to draw on.
    arrangement : Arrangement
        The positions of everything.
    zoom : float
        The scale of the drawing relative to the arrangement.
    colours : ScalarMappable or None
        Maps activations, as fractions, to colours.
    """

    def __init__(self, ax, arrangement, zoom, colours):
        self.ax, self.arrangement, self.zoom, self.colours = ax, arrangement, zoom, colours
        self.places = arrangement.places
        self.widest = zoom * float(np.clip(arrangement.pitch / 14, 1.2, 3))

    def draw_weights(self, kwargs):
        """Draws the lines to each column except the first, with the largest weights on top."""
        from matplotlib.collections import LineCollection

        drawn = []
        for before, after in zip(self.places, self.places[1:], strict=False):
            weights = after.column.weights
            if weights is None or weights.ndim != 2:
                drawn.append(None)
                continue
            shown = weights[np.ix_(before.shown, after.shown)]
            start, end = np.indices(shown.shape).reshape(2, -1)
            order = np.argsort(np.abs(shown), axis=None, kind="stable")
            start, end, shown = start[order], end[order], shown.ravel()[order]
            lines = np.stack([before.centres[start], after.centres[end]], axis=1)
            style = {
                "colors": np.where(shown < 0, BLUE, VERMILION),
                "linewidths": self.widest * np.abs(shown) / _largest(after.column),
                "alpha": 0.8,
                "zorder": 1,
            }
            drawn.append(self.ax.add_collection(LineCollection(lines, **{**style, **kwargs})))
        return drawn

    def draw_units(self):
        """Draws the circles or squares of each column, with their rings and fills."""
        from matplotlib.collections import PatchCollection
        from matplotlib.patches import Circle, Rectangle

        drawn = []
        for place in self.places:
            w, h = place.width, place.height
            if place.column.shows_maps:
                corners = place.centres - (w / 2, h / 2)
                patches = [Rectangle(corner, w, h) for corner in corners]
            else:
                patches = [Circle(centre, w / 2) for centre in place.centres]
            colours, widths = self._rings(place)
            style = {"edgecolors": colours, "linewidths": widths, "facecolors": self._fills(place)}
            collection = PatchCollection(patches, zorder=3, **style)
            drawn.append(self.ax.add_collection(collection))
            if self.colours is not None and place.column.shows_maps:
                self._show_maps(place)
            if place.dots is not None:
                dots = np.add(place.dots, (place.x, 0))
                size = (2.2 * self.zoom) ** 2
                self.ax.scatter(*dots.T, s=size, color=ink(), linewidths=0, zorder=4)
        return drawn

    def _rings(self, place):
        """(colours, widths) of the outlines, which show the biases."""
        biases = place.column.biases
        if biases is None:
            return GREY, THIN * self.zoom
        shown = biases[place.shown]
        colours = np.where(shown < 0, BLUE, np.where(shown > 0, VERMILION, GREY))
        thin = THIN * self.zoom
        return colours, thin + self.widest * np.abs(shown) / _largest(place.column)

    def _fills(self, place):
        column = place.column
        if self.colours is None:
            return self.ax.figure.get_facecolor()
        if column.shows_maps:
            return "none"
        return self.colours.to_rgba(column.values[place.shown] / column.scale)

    def _show_maps(self, place):
        column = place.column
        for index, (x, y) in zip(place.shown, place.centres, strict=True):
            w, h = place.width / 2, place.height / 2
            style = {"extent": (x - w, x + w, y - h, y + h), "zorder": 2.5}
            style |= {"aspect": "auto", "origin": "upper"}
            if place.is_picture:
                picture, shades = as_picture(column.values)
                self.ax.imshow(picture, **shades, **style)
            else:
                shares = column.values[..., index] / column.scale
                self.ax.imshow(shares, cmap=self.colours.cmap, norm=self.colours.norm, **style)

    def draw_steps(self):
        """Draws the connections between columns without lines for weights."""
        from matplotlib.patches import Polygon, Rectangle

        for before, after in zip(self.places, self.places[1:], strict=False):
            column = after.column
            if column.weights is not None and not column.shows_maps:
                continue
            if column.window is None:
                x, y, half = before.x + before.half_width, 0, before.half_height
                if before.stacked:
                    (_, y), half = _front(before), before.height / 2
                corners = [(x, y + half), (after.x, after.half_height)]
                corners += [(after.x, -after.half_height), (x, y - half)]
                self.ax.add_patch(Polygon(corners, color=GREY, alpha=0.2, linewidth=0, zorder=1))
                continue
            centre, size = _window(before, column.window)
            style = {"edgecolor": GREY, "linewidth": THIN * self.zoom, "zorder": 5}
            corner = centre - size / 2
            self.ax.add_patch(Rectangle(corner, *size, facecolor="none", **style))
            end = _front(after) + (centre - _front(before)) * (
                after.width / before.width,
                after.height / before.height,
            )
            for y in (corner[1], corner[1] + size[1]):
                line = [corner[0] + size[0], end[0]], [y, end[1]]
                self.ax.plot(*line, color=GREY, linewidth=THIN * self.zoom, zorder=5)

    def draw_shortcuts(self, shortcuts):
        """Draws shortcuts as arrows above the columns that they bypass."""
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        for shortcut, level in zip(shortcuts, self.arrangement.levels, strict=True):
            start, end = self.places[shortcut.start], self.places[shortcut.end]
            y = self.arrangement.body / 2 + LEVEL * (level + 0.4)
            left, right, bend = start.x + 3, end.x - 3, 6
            points = [(left, start.top_at(left)), (left, y - bend), (left, y), (left + bend, y)]
            points += [(right - bend, y), (right, y), (right, y - bend), (right, end.top_at(right))]
            curve = [Path.LINETO, Path.CURVE3, Path.CURVE3]
            path = Path(points, [Path.MOVETO, *curve, *curve, Path.LINETO])
            arrow = {"arrowstyle": "-|>", "mutation_scale": 9 * self.zoom, "color": GREY}
            self.ax.add_patch(
                FancyArrowPatch(path=path, linewidth=1.2 * self.zoom, zorder=2, **arrow)
            )
            self._write((left + right) / 2, y + 1, shortcut.text, va="bottom")

    def write_texts(self):
        """Writes headings, names of units, steps, notes and numbers."""
        a = self.arrangement
        for index, (place, heading) in enumerate(zip(self.places, a.headings, strict=True)):
            name, *rest = heading
            self._write(place.x, a.top, name, va="top", weight="bold")
            self._write(place.x, a.top - a.line, "\n".join(rest), va="top")
            foot = -a.body / 2 - 5
            self._write(place.x, foot - a.steps, "\n".join(place.column.notes), va="top")
            if index:
                middle = (self.places[index - 1].x + place.x) / 2
                self._write(middle, foot, "\n".join(place.column.step), va="top", style="italic")
            self._name_units(place, side=-1 if index == 0 else 1)
            if a.inside and not place.column.shows_maps:
                self._write_values(place)

    def _name_units(self, place, side):
        beside = place.x + side * (place.half_width + 6)
        align = "right" if side < 0 else "left"
        for (_, y), label in zip(place.centres, place.labels or [], strict=False):
            self._write(beside, y, label, ha=align, va="center")
        if place.left_out:
            x, y = np.add(place.dots[1], (place.x, 0))
            style = {"ha": align, "va": "center"}
            if place.stacked:
                style = {"ha": "center", "va": "bottom"}
                y += 5
            elif place.labels:
                x = beside
            else:
                x += side * 6
                ground = self.ax.figure.get_facecolor()
                style["bbox"] = {"facecolor": ground, "edgecolor": "none", "alpha": 0.8, "pad": 1}
            self._write(x, y, f"{place.left_out:,} more", **style)

    def _write_values(self, place):
        column = place.column
        values = column.values[place.shown]
        fills = self.colours.to_rgba(values / column.scale)
        for (x, y), value, (*rgb, _) in zip(place.centres, values, fills, strict=True):
            colour = "black" if np.dot(rgb, (0.299, 0.587, 0.114)) > 0.5 else "white"
            self._write(x, y, number(value), va="center", color=colour, size=0.82)

    def _write(self, x, y, text, ha="center", size=1.0, **style):
        if text:
            style = {"color": ink(), "zorder": 6, **style}
            font = size * self.arrangement.font * self.zoom
            self.ax.text(x, y, text, ha=ha, fontsize=font, parse_math=False, **style)

    def draw_legend(self):
        """Explains the colours of lines and rings."""
        from matplotlib.lines import Line2D

        a = self.arrangement
        line, ring = {"linewidth": self.widest}, {"linestyle": "none", "marker": "o"}
        ring |= {"markerfacecolor": "none", "markersize": 7 * self.zoom}
        ring |= {"markeredgewidth": 1.6 * self.zoom}
        styles = [(VERMILION, line), (BLUE, line), (VERMILION, ring), (BLUE, ring)]
        handles = [
            Line2D([], [], color=colour, label=label, **style)
            for label, (colour, style) in zip(LEGEND, styles, strict=True)
        ]
        place = (a.left + a.right) / 2, a.bottom
        legend = self.ax.legend(
            handles=handles,
            ncols=4,
            loc="lower center",
            bbox_to_anchor=place,
            bbox_transform=self.ax.transData,
            borderaxespad=0,
            borderpad=0.2,
            frameon=False,
            fontsize=a.font * self.zoom,
            columnspacing=1.4,
            handlelength=1.4,
        )
        legend.set_in_layout(False)

    def draw_colour_bar(self):
        """Draws the colour bar of the activations, right of the outputs. None without a sample."""
        if self.colours is None:
            return None
        a = self.arrangement
        height = 0.7 * a.body
        place = self.ax.inset_axes([a.bar, -height / 2, 8, height], transform=self.ax.transData)
        bar = self.ax.figure.colorbar(self.colours, cax=place)
        size = a.font * self.zoom
        bar.set_label("Activation / maximum of its layer", fontsize=size)
        bar.ax.tick_params(labelsize=size)
        return bar


def _largest(column):
    """The largest weight or bias of a layer, which is drawn with full width."""
    arrays = [array for array in (column.weights, column.biases) if array is not None]
    return max(float(np.abs(array).max()) for array in arrays) or 1.0


def _front(place):
    """The middle of the map that is fully visible."""
    return place.centres[-1 if place.stacked else 0]


def _window(place, window):
    """(middle, size) of a window on the fully visible map, in the right half of the map."""
    height, width, _ = place.column.shape
    size = np.minimum(np.array(window[::-1]) / (width, height), 1) * (place.width, place.height)
    right = (place.width - size[0]) / 2
    return np.add(_front(place), (0.7 * right, 0)), size
