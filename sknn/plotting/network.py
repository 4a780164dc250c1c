"""A diagram of a network: units or maps in columns, and the weights between them."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from sknn.inspection.networks import look_inside
from sknn.plotting.arrangement import Arrangement
from sknn.plotting.artist import Artist
from sknn.plotting.columns import columns_of
from sknn.plotting.layerwise import as_input
from sknn.plotting.panels import SIGNED, UNSIGNED, check_count, panels
from sknn.scikit_learn import check_matplotlib_support


class NetworkDisplay:
    """Diagram of a network, with units as circles, weights as lines and image maps as squares.

    Positive weights are orange, negative ones blue, and larger weights have wider lines. The ring
    around a unit is its bias, drawn like a weight. A grey ring means a bias of zero, or none. The
    largest weight or bias of a layer has the full width. Widths can therefore be compared within a
    layer only: layers with many inputs have smaller weights. Squares are the maps of convolution
    and pooling layers. Larger maps are drawn larger, and their frames are the biases. It is
    recommended to use :meth:`from_estimator` to create a NetworkDisplay.

    Parameters
    ----------
    columns : list
        The inputs and the outputs of each layer. Each column has ``name``, ``shape``,
        ``weights``, ``biases``, ``labels``, ``notes`` such as the activation function, and
        ``values``.
    shortcuts : list, default=()
        Connections that bypass layers, each with the column numbers ``start`` and ``end``, and a
        ``text``.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
        The axes and the figure, after drawing.
    lines_ : list of LineCollection or None
        For each column except the first, the weights from the column before it, or None if they
        are not drawn as lines.
    units_ : list of PatchCollection
        The units or maps of each column, in order.
    colorbar_ : matplotlib colour bar or None
        The colour bar of the activations.

    See Also
    --------
    sknn.inspection.summary : The layers as a table.
    FilterDisplay : The weights of the first layer, as images.
    FeatureMapDisplay : The response of each channel of a layer to an image.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier((5, 3), solver="lbfgs", random_state=0).fit(X, y)
    >>> display = NetworkDisplay.from_estimator(clf, plot=False)
    >>> for column in display.columns:
    ...     print(column.name, column.shape, column.notes)
    input (4,) []
    dense1 (5,) ['relu']
    dense2 (3,) ['relu']
    dense3 (3,) ['softmax']
    """

    def __init__(self, *, columns: Sequence[Any], shortcuts: Sequence[Any] = ()) -> None:
        self.columns = columns
        self.shortcuts = shortcuts

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike | None = None,
        *,
        max_units: int = 20,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Create a display of the layers and weights of a fitted estimator, and draw it.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a
            search that contains one.
        X : array-like of shape (n_features,), (height, width) or (height, width, channels), \
default=None
            One sample of the same kind as in ``fit``. If passed, units and maps are filled
            according to their activations for this sample, and the outputs show the prediction.
        max_units : int, default=20
            The maximum number of units to draw per layer, see :meth:`plot`.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes or None, default=None
            The axes to draw on. If None, a new figure is created.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : NetworkDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator is not one of this package.
        NotFittedError
            If the estimator is not fitted.
        ValueError
            If X is not one sample as in fit, or ``max_units`` is not a positive int.
        """
        check_count("max_units", max_units)
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inside = look_inside(estimator)
        network, model = inside.network, inside.model
        x = None if X is None else as_input(network, model, inside.sample(X), name="X")
        columns, shortcuts = columns_of(inside, x)
        display = cls(columns=columns, shortcuts=shortcuts)
        return display.plot(ax, max_units=max_units, **kwargs) if plot else display

    def plot(
        self,
        ax: Any = None,
        *,
        max_units: int = 20,
        max_maps: int = 6,
        cmap: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the network.

        The name of the layer and the number of its units or maps are above each column. The
        activation function and other operations on its units are below it. With a sample, the
        fill colour is the activation as a fraction of the largest one in its layer, or the
        probability itself. If there are negative activations, they are blue, positive ones are
        red, and zero is white. Otherwise, zero is dark. The maps of an image are shown in their
        own colours.

        Parameters
        ----------
        ax : matplotlib axes or None, default=None
            The axes to draw on. If None, a new figure of suitable size is created. On given axes,
            the diagram is scaled down as far as necessary.
        max_units : int, default=20
            The maximum number of units to draw per layer, half of them from the start and half
            from the end. Three dots and a number stand for the units left out.
        max_maps : int, default=6
            The same for the maps of images.
        cmap : str, matplotlib colormap or None, default=None
            The colormap of the activations.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``LineCollection`` for the weights, such as
            ``alpha`` and ``linewidths``.

        Returns
        -------
        display : NetworkDisplay
            The display itself, with ``ax_``, ``figure_``, ``lines_``, ``units_`` and
            ``colorbar_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        check_count("max_units", max_units)
        check_count("max_maps", max_maps)
        import matplotlib.pyplot as plt

        font = 0.85 * plt.rcParams["font.size"]
        given = self.columns, self.shortcuts, max_units, max_maps
        if ax is None:
            natural = Arrangement(*given, None, font).size
            ax = [panels(None, 1, figsize=np.add(natural, 6) / 72)[1][0]]
        self.figure_, (self.ax_,) = panels(ax, 1)
        self.ax_.set_axis_off()
        if self.figure_.get_layout_engine() is not None:  # only this gives the axes their position
            self.figure_.get_layout_engine().execute(self.figure_)
        box = self.ax_.get_window_extent()
        size = np.array([box.width, box.height]) * 72 / self.figure_.dpi
        place = Arrangement(*given, size, font)
        zoom = min(1, *(size / place.size))
        if zoom < 1:  # scaling down in one direction leaves more room in the other
            place = Arrangement(*given, size / zoom, font)
            zoom = min(1, *(size / place.size))
        artist = Artist(self.ax_, place, zoom, self._colours(cmap))
        self.lines_ = artist.draw_weights(kwargs)
        self.units_ = artist.draw_units()
        artist.draw_steps()
        artist.draw_shortcuts(self.shortcuts)
        artist.write_texts()
        artist.draw_legend()
        self.colorbar_ = artist.draw_colour_bar()
        self.ax_.set(xlim=(place.left, place.right), ylim=(place.bottom, place.top))
        self.ax_.set_aspect("equal")
        return self

    def _colours(self, cmap):
        """Maps fractions of activations to colours. None without a sample."""
        if self.columns[0].values is None:
            return None
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        signed = any(column.values.min() < 0 for column in self.columns)
        given = cmap or (SIGNED if signed else UNSIGNED)
        return ScalarMappable(Normalize(-1 if signed else 0, 1), given)
