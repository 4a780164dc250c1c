"""The response of each channel of a layer to one image."""

from itertools import islice
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sknn.estimators.inputs import check_finite
from sknn.inspection.networks import look_inside
from sknn.nn import Activate, BatchNorm, Conv2D, LayerNorm
from sknn.nn.ranges import Range
from sknn.plotting.layerwise import LayerByLayer, as_input
from sknn.plotting.mosaic import Mosaic, caption
from sknn.plotting.panels import (
    UNSIGNED,
    check_count,
    colour_bar,
    panels,
    show_image,
    symmetric_scale,
)
from sknn.scikit_learn import check_matplotlib_support


class FeatureMapDisplay:
    """An image, and the response of the channels of a layer to it, with one tile per channel.

    All channels have the same colour scale. If there are negative values, they are blue, positive
    ones are red, and zero is white. Otherwise, zero is dark. It is recommended to use
    :meth:`from_estimator` to create a FeatureMapDisplay.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The image as the input of the network.
    maps : ndarray of shape (map_height, map_width, n_maps)
        The outputs of the layer.
    layer_name : str or None, default=None
        The name of the layer.

    Attributes
    ----------
    figure_ : matplotlib figure
        The figure, after drawing.
    ax_ : matplotlib axes
        The panel with the tiles.
    axes_ : ndarray of matplotlib axes
        The panels of the image and of the tiles.
    im_, colorbar_
        The tiles and their colour bar.

    See Also
    --------
    FilterDisplay : The weights of the first layer, as images.
    SaliencyDisplay : Which pixels an output depends on.

    References
    ----------
    Zeiler & Fergus (2014), "Visualizing and understanding convolutional networks".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import CNNClassifier
    >>> from sknn.plotting import FeatureMapDisplay
    >>> digits = load_digits()
    >>> clf = CNNClassifier((8, 16), max_iter=5, learning_rate="one_cycle", random_state=0)
    >>> clf = clf.fit(digits.images / 16, digits.target)
    >>> image = digits.images[0] / 16
    >>> FeatureMapDisplay.from_estimator(clf, image, plot=False).maps.shape
    (8, 8, 8)
    >>> FeatureMapDisplay.from_estimator(clf, image, layer="conv2d2", plot=False).maps.shape
    (4, 4, 16)
    """

    def __init__(
        self, *, image: np.ndarray, maps: np.ndarray, layer_name: str | None = None
    ) -> None:
        self.image = image
        self.maps = maps
        self.layer_name = layer_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        image: ArrayLike,
        *,
        layer: str | int | None = None,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Pass an image through a fitted estimator, and draw the outputs of a layer.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a
            search that contains one. The inputs of the network must be images.
        image : array-like of shape (height, width), (height, width, channels) or (n_features,)
            One image of the same kind as in ``fit``: integers from 0 to 255, or floats.
        layer : str, int or None, default=None
            The layer, as a name such as "conv2d1" or "maxpool2d2" in ``sknn.inspection.summary``,
            or as a number from 0. Negative numbers count from the last layer. None selects the
            first convolution, after normalisation and activation.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes, array of two, or None, default=None
            The axes to draw on, see :meth:`plot`.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : FeatureMapDisplay
            The display.
        """
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inside = look_inside(estimator)
        estimator, model = inside.network, inside.model
        passes = LayerByLayer(estimator, model)
        index = _number(model.network, passes.names, layer)
        x = as_input(estimator, model, inside.sample(image), name="image")
        maps = next(islice(passes.forward(x), index, None))
        check_finite(maps)
        display = cls(image=x[0], maps=maps[0], layer_name=passes.names[index])
        return display.plot(ax, **kwargs) if plot else display

    def plot(
        self, ax: Any = None, *, n_maps: int = 64, n_columns: int | None = None, **kwargs: Any
    ) -> Self:
        """Draw the image and, next to it, the channels.

        Parameters
        ----------
        ax : matplotlib axes, array of two, or None, default=None
            The axes to draw on. If None, a new figure is created. Single axes are replaced by the
            two panels.
        n_maps : int, default=64
            The maximum number of channels to draw, starting from the first.
        n_columns : int or None, default=None
            The number of tiles in each row. None makes the mosaic approximately square.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``imshow`` for the channels, such as ``cmap``,
            ``vmin`` and ``vmax``.

        Returns
        -------
        display : FeatureMapDisplay
            The display itself, with ``ax_``, ``axes_``, ``figure_``, ``im_`` and ``colorbar_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        check_count("n_maps", n_maps)
        shown = np.moveaxis(self.maps[..., :n_maps], -1, 0)[..., None]
        scale = symmetric_scale(shown)
        if shown.min() >= 0:
            scale |= {"cmap": UNSIGNED, "vmin": 0}
        self.figure_, self.axes_ = panels(ax, 1, 2, width_ratios=[1, 2], figsize=(9.6, 4.8))
        picture, self.ax_ = self.axes_
        show_image(picture, self.image)
        self.im_ = Mosaic(shown, n_columns).draw(self.ax_, "Channel", **{**scale, **kwargs})
        self.colorbar_ = colour_bar(self.im_, "Layer output")
        height, width, n = self.maps.shape
        title = caption(len(shown), n, "channel", self.layer_name)
        self.ax_.set_title(f"{title} of {height} x {width} pixels")
        return self


def _number(network, names, layer):
    """The number of the selected layer. Raises ValueError if its outputs are not images."""
    images = [i for i, shape in enumerate(network.shapes[1:]) if len(shape) == 3]
    if not images:
        raise ValueError(
            f"The network must have a layer whose outputs are images, such as Conv2D, got {names}. "
            "For the outputs of dense layers, use transform."
        )
    if layer is None:
        index = _first_convolution(network, images)
    elif isinstance(layer, str) and layer in names:
        index = names.index(layer)
    elif layer in Range(-len(names), len(names) - 1, closed="both", whole=True):
        index = range(len(names))[layer]
    else:
        index = None
    if index not in images:
        wanted = [names[i] for i in images]
        raise ValueError(
            f"layer must have images as outputs: one of {wanted} or its number, got {layer!r}."
        )
    return index


def _first_convolution(network, images):
    """The first convolution, or else the first layer, after its normalisation and activation."""
    convolutions = (i for i in images if isinstance(network.layers[i], Conv2D))
    index = next(convolutions, images[0])
    while isinstance(network.layers[index + 1], (Activate, BatchNorm, LayerNorm)):
        index += 1
    return index
