"""The parts of a sample that an output of the network depends on."""

from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import is_classifier

from sknn.estimators.inputs import check_finite
from sknn.inspection.networks import look_inside
from sknn.plotting.layerwise import LayerByLayer, as_image_shape, as_input
from sknn.plotting.panels import BLUE, VERMILION, check_count, ink, panels, show_image, show_signed
from sknn.scikit_learn import check_matplotlib_support
from sknn.typing import Shape

LABELS = "Derivative of the output", "Contribution to the output difference"
AT_ONCE = 32  # number of points between baseline and sample that are computed together


class SaliencyDisplay:
    """Gradient of an output with respect to the input, and integrated gradients.

    The explained output is a raw output before the softmax or logistic function, which is the
    evidence for a class. The gradient shows the effect of a small change of each input; Simonyan
    et al. (2014), section 3. Integrated gradients distribute the difference between the outputs
    for the sample and for a baseline over the inputs: their sum is this difference; Sundararajan
    et al. (2017), eq. 1. Inputs that raise the output are red, those that lower it are blue. It is
    recommended to use :meth:`from_estimator` to create a SaliencyDisplay.

    Parameters
    ----------
    sample : ndarray of shape (height, width, channels) or (n_features,)
        The sample as the input of the network.
    gradient : ndarray of the same shape
        The derivative of the output with respect to each value of the sample.
    attribution : ndarray of the same shape
        The integrated gradients: the contribution of each value to the difference.
    output, baseline_output : float
        The output for the sample, and for the baseline.
    target_name : str or None, default=None
        What the output stands for.
    feature_names : ndarray of str or None, default=None
        The names of the features, if the sample is not an image. None stands for x0, x1 and so on.

    Attributes
    ----------
    figure_ : matplotlib figure
        The figure, after drawing.
    ax_ : matplotlib axes
        The panel of the gradient.
    axes_ : ndarray of matplotlib axes
        All panels: the image, if the sample is one, the gradient and the integrated gradients.

    See Also
    --------
    FeatureMapDisplay : The response of each channel of a layer to an image.
    sklearn.inspection.permutation_importance : Which features matter for all samples together.

    References
    ----------
    Simonyan et al. (2014), "Deep inside convolutional networks". Sundararajan et al. (2017),
    "Axiomatic attribution for deep networks".

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier(tol=1e-3, random_state=0).fit(X / 16, y)
    >>> display = SaliencyDisplay.from_estimator(clf, X[0] / 16, image_shape=(8, 8), plot=False)
    >>> display.target_name
    'class 0'
    >>> difference = display.output - display.baseline_output
    >>> bool(abs(display.attribution.sum() - difference) < 0.05 * difference)
    True
    """

    def __init__(
        self,
        *,
        sample: np.ndarray,
        gradient: np.ndarray,
        attribution: np.ndarray,
        output: float,
        baseline_output: float,
        target_name: str | None = None,
        feature_names: np.ndarray | None = None,
    ) -> None:
        self.sample = sample
        self.gradient = gradient
        self.attribution = attribution
        self.output = output
        self.baseline_output = baseline_output
        self.target_name = target_name
        self.feature_names = feature_names

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        sample: ArrayLike,
        *,
        target: Any = None,
        baseline: ArrayLike | None = None,
        n_steps: int = 64,
        image_shape: Shape | None = None,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Differentiate an output of a fitted estimator at one sample, and draw the result.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a
            search that contains one. Sample and baseline are transformed by the steps before the
            network, and derivatives are with respect to the inputs of the network.
        sample : array-like of shape (height, width), (height, width, channels) or (n_features,)
            One sample, like a row of X in ``predict``. Integer images are first scaled to [0, 1];
            derivatives are with respect to the scaled values.
        target : label or int, default=None
            The output to explain. For a classifier, it is the class, and None selects the most
            probable one. If there is a single logistic output, that of the first class is its
            negative. For a regressor, or a classifier with several columns of labels, it is the
            number of the output, and None selects 0.
        baseline : array-like, as sample, or None, default=None
            The start of integrated gradients: a sample without information. None selects zeros,
            which are a black image or the mean of standardised features.
        n_steps : int, default=64
            The number of points between baseline and sample at which the gradient is computed.
            More points make the sum more exact: for smooth activations, the error is
            O(1 / n_steps^2).
        image_shape : tuple of int or None, default=None
            The shape for drawing a flat sample as an image, (height, width) or (height, width,
            channels).
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on, see :meth:`plot`.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : SaliencyDisplay
            The display.
        """
        check_count("n_steps", n_steps)
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        inside = look_inside(estimator)
        estimator, model = inside.network, inside.model
        x = as_input(estimator, model, inside.sample(sample))
        x0 = (
            np.zeros_like(x)
            if baseline is None
            else as_input(estimator, model, inside.sample(baseline), name="baseline")
        )
        passes = LayerByLayer(estimator, model)
        z, z0 = passes.outputs(x), passes.outputs(x0)
        check_finite(z)
        check_finite(z0)
        direction, target_name = _direction(estimator, z[0], target)
        shape = _shape_to_draw(x.shape[1:], image_shape)
        names = inside.feature_names
        display = cls(
            sample=x.reshape(shape),
            gradient=passes.gradient(x, direction).reshape(shape),
            attribution=_integrated(passes, x, x0, direction, n_steps).reshape(shape),
            output=float(z[0] @ direction),
            baseline_output=float(z0[0] @ direction),
            target_name=target_name,
            feature_names=None if names is None else names.copy(),
        )
        return display.plot(ax, **kwargs) if plot else display

    def plot(self, ax: Any = None, *, n_features: int = 20, **kwargs: Any) -> Self:
        """Draw an image with two maps, summed over channels, or two bars for each feature.

        Parameters
        ----------
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on. If None, a new figure is created. Single axes are replaced by the
            panels. An array must contain three axes for an image, and two for other samples.
        n_features : int, default=20
            The maximum number of features to draw, those with the largest attributions. It is
            ignored for images.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``imshow`` for the two maps, or to ``barh``.

        Returns
        -------
        display : SaliencyDisplay
            The display itself, with ``ax_``, ``axes_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        check_count("n_features", n_features)
        if self.sample.ndim == 3:
            self._draw_images(ax, kwargs)
        else:
            self._draw_bars(ax, n_features, kwargs)
        what = self.target_name or "the output"
        self.ax_.set_title(f"Gradient for {what}")
        last = self.axes_[-1]
        last.set_title(f"Integrated gradients for {what}")
        last.set_xlabel(
            f"{last.get_xlabel()}\n(sum {self.attribution.sum():.4g}; output {self.output:.4g}, "
            f"baseline {self.baseline_output:.4g})"
        )
        return self

    def _draw_images(self, ax, kwargs):
        self.figure_, self.axes_ = panels(ax, 1, 3, figsize=(12, 4))
        picture, self.ax_, last = self.axes_
        show_image(picture, self.sample)
        show_signed(self.ax_, self.gradient.sum(axis=-1), LABELS[0], **kwargs)
        show_signed(last, self.attribution.sum(axis=-1), LABELS[1], **kwargs)
        for panel in (self.ax_, last):
            panel.set_ylabel(None)  # the label of the image applies to it as well

    def _draw_bars(self, ax, n_features, kwargs):
        largest = np.sort(np.argsort(-np.abs(self.attribution), kind="stable")[:n_features])
        places = np.arange(len(largest))
        given = self.feature_names
        names = [f"x{i}" if given is None else given[i] for i in largest]
        names = [f"{name} = {self.sample[i]:.2g}" for name, i in zip(names, largest, strict=True)]
        self.figure_, self.axes_ = panels(ax, 1, 2, figsize=(10.4, 1.6 + 0.25 * len(largest)))
        self.ax_, last = self.axes_
        values = self.gradient, self.attribution
        for panel, value, label in zip(self.axes_, values, LABELS, strict=True):
            bars = value[largest]
            colors = np.where(bars < 0, BLUE, VERMILION)
            panel.barh(places, bars, **{"color": colors, **kwargs})
            panel.axvline(0, color=ink(), linewidth=0.8)
            panel.set_yticks(places, names)
            panel.invert_yaxis()
            panel.set_xlabel(label)
        last.set_yticklabels([])
        self.ax_.set_ylabel("Feature")


def _direction(estimator, z, target):
    """(weight of each raw output in the explained output, its name).

    z: (n_outputs,)
    """
    classes = getattr(estimator, "classes_", None)
    if is_classifier(estimator) and not isinstance(classes, list):
        if target is None:
            target = classes[z.argmax() if len(z) > 1 else int(z[0] > 0) % len(classes)]
        number = _position(classes.tolist(), target)
        if len(z) < len(classes):  # one logistic output: the second class versus the first
            return np.full(1, 1 if number else -1, z.dtype), f"class {target}"
        name = f"class {target}"
    else:
        number = _position(list(range(len(z))), 0 if target is None else target)
        name = f"output {number}" if len(z) > 1 else "the output"
    return np.eye(len(z), dtype=z.dtype)[number], name


def _position(choices, target):
    if np.ndim(target) > 0 or target not in choices:
        raise ValueError(f"target must be one of {choices}, got {target!r}.")
    return choices.index(target)


def _integrated(passes, x, x0, direction, n_steps):
    """(x - x0) times the mean gradient at the midpoints of n_steps intervals of the path."""
    way = (np.arange(n_steps, dtype=x.dtype) + 0.5) / n_steps
    total = np.zeros_like(x)
    for start in range(0, n_steps, AT_ONCE):
        at = way[start : start + AT_ONCE].reshape(-1, *[1] * (x.ndim - 1))
        total += passes.gradient(x0 + at * (x - x0), direction).sum(axis=0)
    return total * (x - x0) / n_steps


def _shape_to_draw(shape, given):
    """(height, width, channels) of a sample that is drawn as an image, else (n_features,)."""
    if given is None:
        return shape
    wanted = as_image_shape(given, prod(shape))
    if wanted is None or (len(shape) == 3 and wanted != shape):
        raise ValueError(
            "image_shape must be (height, width) or (height, width, channels) of a sample of "
            f"shape {shape}, got {given!r}."
        )
    return wanted
