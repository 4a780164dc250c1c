"""Many small images as one: tiles in rows and columns, numbered along the axes."""

from math import ceil, sqrt

import numpy as np

from sknn.plotting.panels import BETWEEN, check_count

SIDE = 48  # values: smaller tiles are enlarged to keep the gaps between them narrow


class Mosaic:
    """Tiles in rows and columns, with gaps of nan between them.

    Parameters
    ----------
    tiles : ndarray of shape (n_tiles, height, width, channels)
        The tiles, whose channels are placed side by side.
    n_columns : int or None
        The number of tiles in each row. None makes the mosaic approximately square.

    Attributes
    ----------
    image : ndarray of shape (rows, columns)
        The values of the mosaic.
    n_rows, n_columns : int
        The numbers of tiles, down and across.
    """

    def __init__(self, tiles, n_columns=None):
        if n_columns is not None:
            check_count("n_columns", n_columns)
        n_tiles, height, width = tiles.shape[:3]
        times = max(1, SIDE // max(height, width))
        tiles = tiles.repeat(times, axis=1).repeat(times, axis=2)
        side = times * max(height, width)
        narrow = max(1, side // 8)  # the gap between channels
        gap = narrow if tiles.shape[3] == 1 else 3 * narrow
        ends = [(0, 0), (0, 0), (0, narrow), (0, 0)]
        tiles = np.pad(tiles, ends, constant_values=np.nan).transpose(0, 1, 3, 2)
        tiles = tiles.reshape(n_tiles, times * height, -1)[..., :-narrow]
        self.tile = height, width = tiles.shape[1:]
        self.n_columns = n_columns or min(n_tiles, ceil(sqrt(n_tiles * height / width)))
        self.n_rows = ceil(n_tiles / self.n_columns)
        self.step = np.array([height + gap, width + gap])
        self.image = np.full(self.step * (self.n_rows, self.n_columns) - gap, np.nan)
        for number, tile in enumerate(tiles):
            top, left = self.step * divmod(number, self.n_columns)
            self.image[top : top + height, left : left + width] = tile

    def draw(self, ax, what, **kwargs):
        """Draws the tiles and their numbers. kwargs are those of imshow. Returns the image."""
        drawn = ax.imshow(self.image, interpolation="nearest", **kwargs)
        ax.set_facecolor(BETWEEN)
        down, across = (
            (size - 1) / 2 + step * np.arange(n)
            for size, step, n in zip(
                self.tile, self.step, (self.n_rows, self.n_columns), strict=True
            )
        )
        one_row = self.n_rows == 1
        ax.set_xticks(across, [f"{'' if one_row else '+'}{i}" for i in range(self.n_columns)])
        ax.set_yticks(
            [] if one_row else down, [] if one_row else np.arange(self.n_rows) * self.n_columns
        )
        ax.tick_params(length=0)
        ax.set_xlabel(what if one_row else f"{what} number = row label + column label")
        return drawn


def caption(n_shown, n, what, layer_name):
    """The beginning of a title, such as "conv2d1: first 64 of 100 filters"."""
    few = f"first {n_shown} of " if n_shown < n else ""
    layer = "" if layer_name is None else f"{layer_name}: "
    return f"{layer}{few}{n} {what}{'' if n == 1 else 's'}"
