"""The learning-rate range test, which shows the learning rates that suit a network."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state, indexable

from sknn.inspection.networks import look_inside
from sknn.nn.ranges import POSITIVE, Range, as_float, shown
from sknn.plotting.panels import ink, panels
from sknn.scikit_learn import check_matplotlib_support, safe_indexing
from sknn.typing import Samples

MEMORY = 0.9  # decay rate of the running mean that smooths the losses
STEPS = Range(10, 10**6, closed="both", whole=True)
DIVERGED = 4  # times the minimum of the loss: higher rates are not tried


class LearningRateDisplay:
    """The loss of mini-batches as the learning rate increases from step to step.

    Smith (2017), "Cyclical learning rates for training neural networks", section 3.3. It is
    recommended to use :meth:`from_estimator` to create a LearningRateDisplay.

    Parameters
    ----------
    rates : ndarray of shape (n_steps,)
        The learning rate of each step.
    losses : ndarray of shape (n_steps,)
        The smoothed loss of the mini-batch of each step.
    suggested_rate : float
        The learning rate at which the loss falls most steeply.

    Attributes
    ----------
    ax_, figure_, line_
        The matplotlib objects, after drawing.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import LearningRateDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier(random_state=0)
    >>> display = LearningRateDisplay.from_estimator(clf, X / 16, y, plot=False)
    >>> bool(1e-4 < display.suggested_rate < 1)
    True
    """

    def __init__(self, *, rates: np.ndarray, losses: np.ndarray, suggested_rate: float) -> None:
        self.rates = rates
        self.losses = losses
        self.suggested_rate = suggested_rate

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Samples,
        y: ArrayLike,
        *,
        low: float = 1e-6,
        high: float = 10.0,
        n_steps: int = 100,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Run the range test on a copy of an estimator, and draw the result.

        The copy takes one step per mini-batch. The learning rate increases geometrically from
        ``low`` to ``high``. The test ends early if the loss exceeds four times its minimum, or if
        training diverges. The estimator itself is not modified.

        Parameters
        ----------
        estimator : estimator instance
            A network of this package with a stochastic solver, or a Pipeline, a
            TransformedTargetRegressor or a fitted search that contains one. Copies of the steps
            before the network are fitted to X as in ``fit``.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets of the samples.
        low, high : float, default=1e-6, 10
            The first and the last learning rate, with 0 < low < high.
        n_steps : int, default=100
            The number of learning rates to try, at least 10.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes or None, default=None
            The axes to draw on. If None, a new figure is created.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : LearningRateDisplay
            The display.
        """
        inside = look_inside(estimator)
        if low not in POSITIVE or high not in Range(low) or n_steps not in STEPS:
            raise ValueError(
                f"low and high must be numbers with 0 < low < high, and n_steps must be {STEPS}, "
                f"got {shown(low)}, {shown(high)} and {shown(n_steps)}."
            )
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        rates = np.geomspace(as_float(low), as_float(high), n_steps)
        _, X, y = inside.learn(X, y)
        losses = _smoothed(_losses(inside.network, X, y, rates))
        rates = rates[: len(losses)]
        display = cls(rates=rates, losses=losses, suggested_rate=_steepest(rates, losses))
        return display.plot(ax, **kwargs) if plot else display

    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw the loss as a function of the learning rate, and mark the suggested rate.

        Parameters
        ----------
        ax : matplotlib axes or None, default=None
            The axes to draw on. If None, a new figure is created.
        name : str or None, default=None
            The name of the curve in the legend.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``plot``.

        Returns
        -------
        display : LearningRateDisplay
            The display itself, with ``ax_``, ``figure_`` and ``line_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        self.figure_, (self.ax_,) = panels(ax, 1)
        style = {"label": name, **kwargs}
        (self.line_,) = self.ax_.plot(self.rates, self.losses, **style)
        self.ax_.axvline(
            self.suggested_rate,
            color=ink(),
            linestyle="--",
            label=f"suggested: {self.suggested_rate:.2g}",
        )
        self.ax_.set(xscale="log", xlabel="Learning rate", ylabel="Smoothed mini-batch loss")
        self.ax_.legend()
        return self


def _losses(estimator, X, y, rates):
    """The loss of one mini-batch for each rate, until training diverges."""
    model = clone(estimator).set_params(learning_rate="constant", early_stopping=False)
    if not hasattr(model, "partial_fit"):
        raise ValueError(
            f"The solver must be stochastic, such as 'adam', got solver={model.solver!r}."
        )
    probe = clone(model)
    probe._validate_params()
    n = len(probe._read(X, y, learn=True).rows)
    X, y = indexable(X, y)
    size = min(200, n) if model.batch_size == "auto" else min(model.batch_size, n)
    model.set_params(batch_size=size, warmup_steps=0)
    first = {"classes": probe.classes_} if is_classifier(model) else {}
    random = check_random_state(probe.random_state)  # of a copy: a user's generator is unchanged
    losses, order = [], np.arange(0)
    for rate in rates:
        if len(order) < size:
            order = random.permutation(n)
        batch, order = order[:size], order[size:]
        model.set_params(learning_rate_init=float(rate))
        try:
            model.partial_fit(safe_indexing(X, batch), safe_indexing(y, batch), **first)
        except ValueError:
            if len(losses) < 10:  # not because of the rate: the data or the parameters are wrong
                raise
            break
        first = {}
        losses.append(model.loss_)
        smoothed = _smoothed(losses)
        if smoothed[-1] > DIVERGED * smoothed.min():
            break
    return losses


def _smoothed(losses):
    """The running mean of the losses, with the same bias correction as Adam's moments."""
    mean, smoothed = 0.0, []
    for step, loss in enumerate(losses, start=1):
        mean = MEMORY * mean + (1 - MEMORY) * loss
        smoothed.append(mean / (1 - MEMORY**step))
    return np.array(smoothed)


def _steepest(rates, losses):
    """The rate at which the loss falls most steeply before its minimum."""
    least = max(int(losses.argmin()), 1)
    slopes = np.gradient(losses[: least + 1], np.log(rates[: least + 1]))
    return float(rates[slopes.argmin()])
