"""Gradient flow: the norm of the gradient in each layer and dead ReLU units, by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from sknn.inspection.networks import look_inside
from sknn.plotting.panels import UNSIGNED, count_epochs, ink, panels
from sknn.plotting.recorder import GradientFlow
from sknn.scikit_learn import callbacks_of, check_matplotlib_support
from sknn.typing import Samples

DASHES = ["-", "--", "-.", ":"]
ON_LIGHT, ON_DARK = (0, 0.88), (0.3, 1)  # shades that contrast with the background
MOST = 10  # layers: of more, the legend names only some


class GradientFlowDisplay:
    """Norm of the gradient and fraction of dead ReLU units in each layer, by epoch.

    If the norms of the first layers are orders of magnitude smaller than those of the last layers,
    the gradient vanishes on its way back, and the first layers hardly learn. If they are larger,
    it explodes. A unit that is dead for all samples receives no gradient at all. It is
    recommended to use :meth:`from_estimator` or :meth:`from_callback` to create a
    GradientFlowDisplay.

    Parameters
    ----------
    epochs : ndarray of shape (n_records,)
        The number of completed epochs at each record, where 0 is before training.
    gradient_norms : ndarray of shape (n_records, n_layers)
        The Euclidean norm of the gradient of the weights of each layer.
    dead_shares : ndarray of shape (n_records, n_layers)
        The fraction of dead ReLU units in each layer, from 0 to 1, or nan without ReLU.
    layer_names : list of str
        The names of the layers, from the input on.

    Attributes
    ----------
    figure_ : matplotlib figure
        The figure, after drawing.
    ax_ : matplotlib axes
        The panel of the norms.
    axes_ : ndarray of matplotlib axes
        All panels. There is a second one if any layer has ReLU.

    See Also
    --------
    TrainingCurveDisplay : Loss, score and learning rate of each epoch.

    References
    ----------
    Glorot & Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks", section 4.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import GradientFlowDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier([16] * 6, "logistic", solver="sgd", tol=1e-2, random_state=0)
    >>> display = GradientFlowDisplay.from_estimator(clf, X / 16, y, plot=False)
    >>> first, *_, last = display.gradient_norms[0]  # before training
    >>> bool(first < last / 100)
    True
    """

    def __init__(
        self,
        *,
        epochs: np.ndarray,
        gradient_norms: np.ndarray,
        dead_shares: np.ndarray,
        layer_names: Sequence[str],
    ) -> None:
        self.epochs = epochs
        self.gradient_norms = gradient_norms
        self.dead_shares = dead_shares
        self.layer_names = layer_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Samples,
        y: ArrayLike,
        *,
        n_samples: int = 256,
        fit_params: Mapping[str, Any] | None = None,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Fit a copy of an estimator with :class:`GradientFlow`, and draw the records.

        Parameters
        ----------
        estimator : estimator instance
            A network of this package, or a Pipeline, a TransformedTargetRegressor or a fitted
            search that contains one. It is not modified: copies of the network and of the steps
            before it are fitted.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples, or images.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets of the samples.
        n_samples : int, default=256
            The maximum number of samples to examine after each epoch.
        fit_params : dict or None, default=None
            Arguments passed to ``fit`` of the network.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on, see :meth:`plot`.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : GradientFlowDisplay
            The display.
        """
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inside = look_inside(estimator)
        if not isinstance(fit_params, dict | None):
            raise TypeError(
                f"fit_params must be a dict of arguments for fit, or None, got {fit_params!r}."
            )
        flow, copy = GradientFlow(n_samples), clone(inside.network)
        copy.set_callbacks(*callbacks_of(copy), flow)
        _, X, y = inside.learn(X, y)
        copy.fit(X, y, **({} if fit_params is None else fit_params))
        return cls.from_callback(flow, plot=plot, ax=ax, **kwargs)

    @classmethod
    def from_callback(
        cls, callback: GradientFlow, *, plot: bool = True, ax: Any = None, **kwargs: Any
    ) -> Self:
        """Draw the records of a callback.

        Parameters
        ----------
        callback : GradientFlow
            A callback that was set on an estimator before its fit.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on, see :meth:`plot`.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : GradientFlowDisplay
            The display.
        """
        if not isinstance(callback, GradientFlow):
            raise TypeError(
                f"callback must be a GradientFlow, got {callback!r}. Use "
                "GradientFlowDisplay.from_estimator to draw an estimator."
            )
        if not callback.epochs_:
            raise ValueError(
                "callback must have recorded a fit, got one without records. Set it with "
                "estimator.set_callbacks(callback), then call fit."
            )
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_callback")
        display = cls(
            epochs=np.array(callback.epochs_),
            gradient_norms=np.array(callback.gradient_norms_),
            dead_shares=np.array(callback.dead_shares_),
            layer_names=list(callback.layer_names_),
        )
        return display.plot(ax, **kwargs) if plot else display

    def plot(self, ax: Any = None, **kwargs: Any) -> Self:
        """Draw a line for each layer, from dark at the input to light at the output.

        The axis of the norms is logarithmic. Norms of exactly 0 are drawn as triangles at its
        lower end.

        Parameters
        ----------
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on. If None, a new figure is created. Single axes are replaced by the
            panels. An array must contain one axes per panel.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``plot`` for each line.

        Returns
        -------
        display : GradientFlowDisplay
            The display itself, with ``ax_``, ``axes_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        import matplotlib.pyplot as plt
        from matplotlib.colors import to_rgb

        with_relu = not np.isnan(self.dead_shares).all()
        n_panels = 2 if with_relu else 1
        self.figure_, self.axes_ = panels(ax, n_panels, figsize=(8, 1.6 + 2.4 * n_panels))
        self.ax_ = self.axes_[0]
        n_layers = len(self.layer_names)
        first, last = ON_DARK if np.mean(to_rgb(ink())) > 0.5 else ON_LIGHT
        shades = plt.get_cmap(UNSIGNED)(np.linspace(first, last, n_layers))
        every = -(-n_layers // MOST)
        for number, (name, shade) in enumerate(zip(self.layer_names, shades, strict=True)):
            named = number % every == 0 or number == n_layers - 1
            style = {"color": shade, "linestyle": DASHES[number % len(DASHES)], "marker": "."}
            norms = self.gradient_norms[:, number]
            zero = norms == 0
            norms = np.where(zero, np.nan, norms)
            label = name if named else None
            (line,) = self.ax_.plot(self.epochs, norms, **{**style, "label": label, **kwargs})
            self.ax_.plot(
                self.epochs[zero],
                np.full(zero.sum(), 0.02),
                color=line.get_color(),
                linestyle="none",
                marker="v",
                transform=self.ax_.get_xaxis_transform(),
            )
            if with_relu:
                shares = 100 * self.dead_shares[:, number]
                self.axes_[1].plot(self.epochs, shares, **{**style, **kwargs})
        self.ax_.set(yscale="log", ylabel="Gradient norm", title="Gradient of each layer's weights")
        self.ax_.legend(title="Layer", fontsize="small", loc="upper left", bbox_to_anchor=(1.01, 1))
        if with_relu:
            self.axes_[1].set(ylabel="Dead ReLU units (%)", ylim=(-5, 105))
        count_epochs(self.axes_)
        return self
