"""The weights of the first layer as images, which show what its units respond to."""

from typing import Any, Self

import numpy as np

from sknn.estimators.panel.html import names_of_layers
from sknn.inspection.networks import look_inside
from sknn.plotting.layerwise import as_image_shape
from sknn.plotting.mosaic import Mosaic, caption
from sknn.plotting.panels import check_count, colour_bar, panels, symmetric_scale
from sknn.scikit_learn import check_matplotlib_support
from sknn.typing import Shape


class FilterDisplay:
    """The weights of the first layer as images, with one tile for each unit or filter.

    Positive weights are red, negative ones blue, and zero is white. All tiles have the same colour
    scale. The channels of a filter are side by side: for colour images red, green and blue, from
    the left. It is recommended to use :meth:`from_estimator` to create a FilterDisplay.

    Parameters
    ----------
    filters : ndarray of shape (n_filters, height, width, channels)
        The weights.
    layer_name : str or None, default=None
        The name of the layer.

    Attributes
    ----------
    ax_, figure_, im_, colorbar_
        The matplotlib objects, after drawing.

    See Also
    --------
    FeatureMapDisplay : The response of each channel of a layer to an image.

    References
    ----------
    Krizhevsky et al. (2012), "ImageNet classification with deep convolutional neural networks",
    figure 3.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import FilterDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier(30, tol=1e-3, random_state=0).fit(X / 16, y)
    >>> display = FilterDisplay.from_estimator(clf, image_shape=(8, 8), plot=False)
    >>> display.filters.shape
    (30, 8, 8, 1)
    """

    def __init__(self, *, filters: np.ndarray, layer_name: str | None = None) -> None:
        self.filters = filters
        self.layer_name = layer_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        image_shape: Shape | None = None,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Create a display of the first weights of a fitted estimator, and draw it.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a
            search that contains one. The inputs of the network must be images.
        image_shape : tuple of int or None, default=None
            The shape of the inputs of a dense first layer, (height, width) or (height, width,
            channels). It is required if the estimator was fitted to flat samples and does not
            know their shape. It must be None for convolutions.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes or None, default=None
            The axes to draw on. If None, a new figure is created.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : FilterDisplay
            The display.
        """
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inside = look_inside(estimator)
        estimator, model = inside.network, inside.model
        network = model.network
        of_layers = enumerate(network.layout.with_role("weight"))
        index, own = next((index, own) for index, own in of_layers if own)
        weight = model.params[index][own[0].name]
        if weight.ndim == 2:
            weight = weight.reshape(*_image_shape(network, index, image_shape), -1)
        elif image_shape is not None:
            raise ValueError(
                "image_shape must be None unless the first layer is dense, got "
                f"{image_shape!r} for {network.layers[index]!r}. Leave it out."
            )
        name = names_of_layers(estimator, network)[index]
        display = cls(filters=np.moveaxis(weight, -1, 0).copy(), layer_name=name)
        return display.plot(ax, **kwargs) if plot else display

    def plot(
        self, ax: Any = None, *, n_filters: int = 64, n_columns: int | None = None, **kwargs: Any
    ) -> Self:
        """Draw the filters in rows, with a colour bar.

        Parameters
        ----------
        ax : matplotlib axes or None, default=None
            The axes to draw on. If None, a new figure is created.
        n_filters : int, default=64
            The maximum number of filters to draw, starting from the first.
        n_columns : int or None, default=None
            The number of tiles in each row. None makes the mosaic approximately square.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``imshow``, such as ``cmap``, ``vmin`` and
            ``vmax``.

        Returns
        -------
        display : FilterDisplay
            The display itself, with ``ax_``, ``figure_``, ``im_`` and ``colorbar_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        check_count("n_filters", n_filters)
        shown = self.filters[:n_filters]
        kwargs = {**symmetric_scale(shown), **kwargs}
        self.figure_, (self.ax_,) = panels(ax, 1, figsize=(7.2, 5.8))
        self.im_ = Mosaic(shown, n_columns).draw(self.ax_, "Filter", **kwargs)
        self.colorbar_ = colour_bar(self.im_, "Weight")
        n, height, width, channels = self.filters.shape
        sides = {1: "", 3: ": red, green, blue"}.get(channels, f", {channels} channels")
        title = caption(len(shown), n, "filter", self.layer_name)
        self.ax_.set_title(f"{title} of {height} x {width} pixels{sides}")
        return self


def _image_shape(network, index, given):
    """(height, width, channels) of the inputs of a dense layer."""
    (n_in,) = network.shapes[index]
    known = next((shape for shape in network.shapes[index::-1] if len(shape) == 3), None)
    if given is None and known is None:
        raise ValueError(
            f"The inputs of the first layer must be an image, got {n_in} features without a "
            "shape. Pass image_shape=(height, width), or (height, width, channels), if the samples "
            "are flattened images."
        )
    if given is None:
        return known
    shape = as_image_shape(given, n_in)
    if shape is None or known not in (None, shape):
        wanted = f"{known}, as in fit" if known else f"the shape of an image of {n_in} values"
        raise ValueError(f"image_shape must be {wanted}, got {given!r}.")
    return shape
