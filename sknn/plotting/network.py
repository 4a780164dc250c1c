"""The picture of a network: units or maps in columns, and the weights between them."""

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
    """Units as circles in columns, weights as lines between them; maps of images as squares.

    Orange weights are positive, blue ones negative; the wider a line, the larger the weight.
    The ring around a unit is its bias, drawn as if it were one more weight; a grey ring is a bias
    of zero, or none. The largest weight or bias of a layer has the full width, so widths can be
    compared within a layer: layers with many inputs have smaller weights. Squares are the maps
    of convolution and pooling, larger for larger maps, their frames the biases. It is
    recommended to use :meth:`from_estimator` to create one.

    Parameters
    ----------
    columns : list
        The inputs and what each layer makes, each with ``name``, ``shape``, ``weights``,
        ``biases``, ``labels``, ``notes`` such as the activation function, and ``values``.
    shortcuts : list, default=()
        Connections past other layers, each with ``start`` and ``end``, the numbers of two
        columns, and ``text``.

    Attributes
    ----------
    ax_, figure_ : matplotlib axes and figure
        Once drawn.
    lines_ : list of LineCollection or None
        For each column but the first, the weights that lead to it; None where they are not
        drawn as lines.
    units_ : list of PatchCollection
        For each column its units or maps, in order.
    colorbar_ : matplotlib colour bar or None
        That of the activations.

    See Also
    --------
    sknn.inspection.summary : The layers as a table.
    FilterDisplay : The weights of the first layer, as images.
    FeatureMapDisplay : What each channel of a layer answers to an image.

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
        """Take the layers and weights from a fitted estimator, and draw them.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a
            search with one inside.
        X : array-like of shape (n_features,), (height, width) or (height, width, channels), \
default=None
            One sample, of the kind that was fitted. If given, units and maps are filled with
            their activations for it, the outputs with the prediction.
        max_units : int, default=20
            How many units of a layer to draw at the most, see :meth:`plot`.
        plot : bool, default=True
            Whether to draw; without it matplotlib is not needed.
        ax : matplotlib axes or None, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        display : NetworkDisplay

        Raises
        ------
        TypeError
            If the estimator is not one of this package.
        NotFittedError
            If it is not fitted.
        ValueError
            If X is not one sample as in fit, or ``max_units`` is not a positive int.
        """
        check_count("max_units", max_units)
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inside = look_inside(estimator)
        estimator, model = inside.network, inside.model
        x = None if X is None else as_input(estimator, model, inside.sample(X), name="X")
        columns, shortcuts = columns_of(estimator, model, x)
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

        Above each column stand the name of its layer and how many units or maps it has; below
        it the activation function and what else is applied to its units. With a sample, the fill
        is the activation as a share of the largest one in its layer, for probabilities the
        probability itself. Where there are negative activations they are blue, positive ones
        red, and white is zero; else dark is zero. The maps of an image are drawn as they are.

        Parameters
        ----------
        ax : matplotlib axes or None, default=None
            Where to draw; None makes a new figure, of a size that suits the network. In a given
            place the whole picture is as small as it has to be.
        max_units : int, default=20
            How many units of a layer to draw at the most: the first half and the last half of
            these. Three dots stand for the others, with their number.
        max_maps : int, default=6
            The same for the maps of images.
        cmap : str, matplotlib colormap or None, default=None
            Colours of the activations.
        **kwargs : dict
            Passed on to matplotlib's ``LineCollection`` for the weights: ``alpha``,
            ``linewidths``.

        Returns
        -------
        display : NetworkDisplay
            Itself, with ``ax_``, ``figure_``, ``lines_``, ``units_`` and ``colorbar_``.
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
        if self.figure_.get_layout_engine() is not None:  # the axes take their place only now
            self.figure_.get_layout_engine().execute(self.figure_)
        box = self.ax_.get_window_extent()
        size = np.array([box.width, box.height]) * 72 / self.figure_.dpi
        place = Arrangement(*given, size, font)
        zoom = min(1, *(size / place.size))
        if zoom < 1:  # what is drawn smaller leaves more room on the other side
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
        """What gives each activation, as a share, its colour; None without a sample."""
        if self.columns[0].values is None:
            return None
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        signed = any(column.values.min() < 0 for column in self.columns)
        given = cmap or (SIGNED if signed else UNSIGNED)
        return ScalarMappable(Normalize(-1 if signed else 0, 1), given)
