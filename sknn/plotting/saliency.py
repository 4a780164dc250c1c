"""Which parts of a sample an output of the network depends on."""

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

LABELS = "Output per unit of input", "Part of the difference of outputs"
AT_ONCE = 32  # samples between baseline and sample that are computed together


class SaliencyDisplay:
    """Gradient of an output with respect to the input, and its integral along a path.

    The output explained is a raw one, before softmax or logistic function: the evidence for a
    class. The gradient says what a small change of each input would do; Simonyan et al. (2014),
    section 3. Integrated gradients share out the difference between the output for the sample
    and that for a baseline: their sum is this difference; Sundararajan et al. (2017), eq. 1.
    Red raises the output, blue lowers it. It is recommended to use :meth:`from_estimator` to
    create one.

    Parameters
    ----------
    sample : ndarray of shape (height, width, channels) or (n_features,)
        The sample, as the network takes it in.
    gradient : ndarray of the same shape
        The derivative of the output with respect to each number of the sample.
    attribution : ndarray of the same shape
        Integrated gradients: how much of the difference each number accounts for.
    output, baseline_output : float
        The output for the sample, and for the baseline.
    target_name : str or None, default=None
        What the output stands for.
    feature_names : ndarray of str or None, default=None
        Names of the numbers of a sample that is no image; None names them x0, x1.

    Attributes
    ----------
    figure_ : matplotlib figure
        Once drawn.
    ax_ : matplotlib axes
        The panel of the gradient.
    axes_ : ndarray of matplotlib axes
        All panels: the image, if it is one; gradient; integrated gradients.

    See Also
    --------
    FeatureMapDisplay : What each channel of a layer answers to an image.
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
        """Differentiate an output of a fitted estimator at one sample, and draw it.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a
            search with one inside: sample
            and baseline go through the steps before it, and derivatives are with respect to
            what reaches the network.
        sample : array-like of shape (height, width), (height, width, channels) or (n_features,)
            One sample, as it would be a row of X in ``predict``. Integer images are scaled to 0
            to 1 first: derivatives are with respect to that.
        target : label or int, default=None
            Which output. For a classifier the class, None for the most probable one; of a
            single logistic output the first class is the negative. For a regressor, or a
            classifier with several columns of labels, the number of the output, None for 0.
        baseline : array-like, as sample, or None, default=None
            Where integrated gradients start: a sample that says nothing. None is all zeros: a
            black image, the mean of standardised features.
        n_steps : int, default=64
            Points on the way from there, at which the gradient is taken. More make the sum more
            exact: it is off by O(1 / n_steps^2) for smooth activations.
        image_shape : tuple of int or None, default=None
            (height, width) or (height, width, channels), to draw a flat sample as an image.
        plot : bool, default=True
            Whether to draw; without it matplotlib is not needed.
        ax : matplotlib axes, array of them, or None, default=None
            Where to draw, see :meth:`plot`.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        display : SaliencyDisplay
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
        names = getattr(estimator, "feature_names_in_", None)
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
        """Draw an image with its two maps, channels added up; or two bars for each feature.

        Parameters
        ----------
        ax : matplotlib axes, array of them, or None, default=None
            None makes a new figure. The panels are put in the place of a single one; there are
            three for an image, two else.
        n_features : int, default=20
            How many features to draw at the most, those with the largest attributions. Not used
            for images.
        **kwargs : dict
            Passed on to matplotlib's ``imshow`` for the two maps, or to ``barh``.

        Returns
        -------
        display : SaliencyDisplay
            Itself, with ``ax_``, ``axes_`` and ``figure_``.
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
            panel.set_ylabel(None)  # that of the image stands beside it

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
    """(weight of each raw output in what is explained, its name).

    z: (n_outputs,)
    """
    classes = getattr(estimator, "classes_", None)
    if is_classifier(estimator) and not isinstance(classes, list):
        if target is None:
            target = classes[z.argmax() if len(z) > 1 else int(z[0] > 0) % len(classes)]
        number = _position(classes.tolist(), target)
        if len(z) < len(classes):  # one logistic output: the second class against the first
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
    """(x - x0) times the mean gradient at the middles of n_steps stretches of the way."""
    way = (np.arange(n_steps, dtype=x.dtype) + 0.5) / n_steps
    total = np.zeros_like(x)
    for start in range(0, n_steps, AT_ONCE):
        at = way[start : start + AT_ONCE].reshape(-1, *[1] * (x.ndim - 1))
        total += passes.gradient(x0 + at * (x - x0), direction).sum(axis=0)
    return total * (x - x0) / n_steps


def _shape_to_draw(shape, given):
    """(height, width, channels) of a sample to be drawn as an image, else (n_features,)."""
    if given is None:
        return shape
    wanted = as_image_shape(given, prod(shape))
    if wanted is None or (len(shape) == 3 and wanted != shape):
        raise ValueError(
            "image_shape must be (height, width) or (height, width, channels) of a sample of "
            f"shape {shape}, got {given!r}."
        )
    return wanted
