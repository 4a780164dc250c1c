"""The learning-rate range test: which rates a network can be trained with."""

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

MEMORY = 0.9  # of the running mean that smooths the losses
STEPS = Range(10, 10**6, closed="both", whole=True)
DIVERGED = 4  # times the least loss: higher rates need not be tried


class LearningRateDisplay:
    """The loss of mini-batches while the learning rate rises from step to step.

    Smith (2017), "Cyclical learning rates for training neural networks", section 3.3. It is
    recommended to use :meth:`from_estimator` to create one.

    Parameters
    ----------
    rates : ndarray of shape (n_steps,)
        The learning rate of each step.
    losses : ndarray of shape (n_steps,)
        The smoothed loss of each step's mini-batch.
    suggested_rate : float
        The rate at which the loss falls most steeply.

    Attributes
    ----------
    ax_, figure_, line_
        The matplotlib objects, once drawn.

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
        """Run the range test on a copy of an estimator, and draw it.

        The copy takes one step of its solver per mini-batch, with a rate that rises
        geometrically from ``low`` to ``high``, and ends early where the loss has grown to four
        times its least, or training diverges. The estimator itself is left as it is.

        Parameters
        ----------
        estimator : estimator instance
            A network of this package with a stochastic solver, or a Pipeline, a
            TransformedTargetRegressor or a fitted search with one inside. Copies of the steps
            before the network are fitted to X as in ``fit``.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        low, high : float, default=1e-6, 10
            The first and the last learning rate, 0 < low < high.
        n_steps : int, default=100
            How many rates to try, at least 10.
        plot : bool, default=True
            Whether to draw; without it matplotlib is not needed.
        ax : matplotlib axes or None, default=None
            Where to draw; None makes a new figure.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        display : LearningRateDisplay
        """
        inside = look_inside(estimator)
        if low not in POSITIVE or high not in Range(low) or n_steps not in STEPS:
            raise ValueError(
                f"low and high must be numbers such that 0 < low < high, and n_steps {STEPS}, got "
                f"{shown(low)}, {shown(high)} and {shown(n_steps)}."
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
        """Draw the loss against the rate, with the suggested rate marked.

        Parameters
        ----------
        ax : matplotlib axes or None, default=None
            Where to draw; None makes a new figure.
        name : str or None, default=None
            What the curve is called in the legend.
        **kwargs : dict
            Passed on to matplotlib's ``plot``.

        Returns
        -------
        display : LearningRateDisplay
            Itself, with ``ax_``, ``figure_`` and ``line_``.
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
        self.ax_.set(
            xscale="log", xlabel="Learning rate", ylabel="Loss of the mini-batch, smoothed"
        )
        self.ax_.legend()
        return self


def _losses(estimator, X, y, rates):
    """The loss of a mini-batch at each rate, up to where training diverges."""
    model = clone(estimator).set_params(learning_rate="constant", early_stopping=False)
    if not hasattr(model, "partial_fit"):
        raise ValueError(
            f"A solver that goes by steps is needed, such as 'adam', got solver={model.solver!r}."
        )
    probe = clone(model)
    probe._validate_params()
    n = len(probe._read(X, y, learn=True).rows)
    X, y = indexable(X, y)
    size = min(200, n) if model.batch_size == "auto" else min(model.batch_size, n)
    model.set_params(batch_size=size, warmup_steps=0)
    first = {"classes": probe.classes_} if is_classifier(model) else {}
    random = check_random_state(probe.random_state)  # of a copy: a generator is not drawn from
    losses, order = [], np.arange(0)
    for rate in rates:
        if len(order) < size:
            order = random.permutation(n)
        batch, order = order[:size], order[size:]
        model.set_params(learning_rate_init=float(rate))
        try:
            model.partial_fit(safe_indexing(X, batch), safe_indexing(y, batch), **first)
        except ValueError:
            if len(losses) < 10:  # not for the rate: the data or the parameters are wrong
                raise
            break
        first = {}
        losses.append(model.loss_)
        smoothed = _smoothed(losses)
        if smoothed[-1] > DIVERGED * smoothed.min():
            break
    return losses


def _smoothed(losses):
    """The running mean of the losses, corrected for its start as Adam's moments are."""
    mean, smoothed = 0.0, []
    for step, loss in enumerate(losses, start=1):
        mean = MEMORY * mean + (1 - MEMORY) * loss
        smoothed.append(mean / (1 - MEMORY**step))
    return np.array(smoothed)


def _steepest(rates, losses):
    """The rate at which the loss falls most steeply, before its least value."""
    least = max(int(losses.argmin()), 1)
    slopes = np.gradient(losses[: least + 1], np.log(rates[: least + 1]))
    return float(rates[slopes.argmin()])
