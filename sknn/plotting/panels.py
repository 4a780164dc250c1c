"""The axes that displays draw on: panels in a new figure, or in the place of given axes."""

import numpy as np

from sknn.nn.ranges import COUNT

# Okabe & Ito (2008), "Color universal design": colours that colour-blind people can distinguish.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
SIGNED = "RdBu_r"  # negative blue, zero white, positive red
UNSIGNED = "viridis"
BETWEEN = "0.75"  # the grey between tiles, which neither colormap contains


def panels(ax, n_rows, n_columns=1, *, n=None, width_ratios=None, figsize=None):
    """(figure, n axes as an ndarray) to draw on. By default, n is n_rows * n_columns.

    ax: None for a new figure; axes that are replaced by the panels; or n axes. Raises ValueError
    for any other number of axes, and TypeError for other objects.
    """
    import matplotlib.pyplot as plt

    check_axes(ax)
    n = n_rows * n_columns if n is None else n
    layout = {"nrows": n_rows, "ncols": n_columns, "width_ratios": width_ratios}
    if ax is None:
        figure = plt.figure(figsize=figsize, layout="constrained")
        figure.get_layout_engine().set(wspace=0.06)
        grid = figure.add_gridspec(**layout)
    elif not isinstance(ax, plt.Axes) or n == 1:
        axes = np.array(ax, dtype=object).ravel()
        if len(axes) != n:
            raise ValueError(f"ax must be axes, or {n} of them, one per panel, got {len(axes)}.")
        return axes[0].figure, axes
    else:
        ax.set_axis_off()
        figure, place = ax.figure, ax.get_subplotspec()
        if place is None:  # the axes were created without a grid
            (left, bottom), (right, top) = ax.get_position().get_points()
            sides = {"left": left, "bottom": bottom, "right": right, "top": top}
            grid = figure.add_gridspec(**layout, **sides)
        else:
            grid = place.subgridspec(**layout)
    return figure, np.array([figure.add_subplot(grid[i]) for i in range(n)], dtype=object)


def check_axes(ax):
    """Raises TypeError unless ax is matplotlib axes, an array of them, or None."""
    import matplotlib.pyplot as plt

    several = isinstance(ax, list | tuple | np.ndarray)
    given = np.array(ax, dtype=object).ravel() if several else [] if ax is None else [ax]
    if not all(isinstance(one, plt.Axes) for one in given):
        raise TypeError(
            f"ax must be matplotlib axes, an array of them, or None, got {ax!r}. Pass the second "
            "result of pyplot.subplots()."
        )


def check_count(name, value):
    """Raises ValueError if the parameter with this name is not a positive int."""
    if value not in COUNT:
        raise ValueError(f"{name} must be a positive int, got {value!r}.")


def ink():
    """The colour of text, and of lines that should match it, in the current matplotlib style."""
    import matplotlib.pyplot as plt

    return plt.rcParams["text.color"]


def symmetric_scale(numbers):
    """Arguments of imshow for values of either sign, with 0 in the middle of the colormap."""
    largest = np.abs(numbers).max() or 1.0
    return {"cmap": SIGNED, "vmin": -largest, "vmax": largest}


def show_image(ax, image):
    """Draws an image in grey, in its own colours, or as the mean of other numbers of channels.

    image: (height, width, channels)
    """
    picture, shades = as_picture(image)
    ax.imshow(picture, **shades)
    ax.set_title("Image")
    _count_pixels(ax)


def as_picture(image):
    """(array, arguments) for imshow: grey, own colours, or the mean of other numbers of channels.

    image: (height, width, channels)
    """
    if image.shape[-1] != 3:
        return image.mean(axis=-1), {"cmap": "gray"}
    low, high = min(0, image.min()), max(1, image.max())  # 0 to 1 unless values exceed it
    return (image - low) / (high - low), {}


def show_signed(ax, image, label, **kwargs):
    """Draws values of either sign, with 0 in the middle of the colormap.

    image: (height, width)    label: the label of the colour bar    kwargs: those of imshow
    """
    drawn = ax.imshow(image, **{**symmetric_scale(image), **kwargs})
    colour_bar(drawn, label)
    _count_pixels(ax)


def colour_bar(drawn, label):
    """Adds a colour bar with the height of the image beside it."""
    place = drawn.axes.inset_axes([1.03, 0, 0.04, 1])
    return drawn.figure.colorbar(drawn, cax=place, label=label)


def _count_pixels(ax):
    from matplotlib.ticker import MaxNLocator

    for axis in (ax.xaxis, ax.yaxis):
        ticks = MaxNLocator(5, integer=True, steps=[1, 2, 5, 10], min_n_ticks=1)
        axis.set_major_locator(ticks)
    ax.set(xlabel="Column (pixels)", ylabel="Row (pixels)")


def count_epochs(axes, unit="Epoch"):
    """Labels the horizontal axes of panels, one below the other, as epochs or another unit.

    axes: ndarray of axes; only the lowest one has a label
    """
    from matplotlib.ticker import MaxNLocator

    for ax in axes:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes[-1].set_xlabel(unit)
