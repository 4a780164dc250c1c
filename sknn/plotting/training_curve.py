"""The course of training: loss, validation score and learning rate, epoch by epoch."""

from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from sknn.inspection.networks import fitted_model, look_inside
from sknn.plotting.panels import BLUE, GREEN, VERMILION, count_epochs, ink, panels
from sknn.scikit_learn import check_matplotlib_support
from sknn.tabular.ensemble import TableNetwork

OTHERS = "validation_loss", "validation_score", "learning_rate"
FEW = 50  # epochs: so many can be told apart by markers


class TrainingCurveDisplay:
    """Loss, validation score and learning rate of each epoch, one panel above the other.

    It is recommended to use :meth:`from_estimator` to create one. What was not recorded is None
    and has no panel.

    Parameters
    ----------
    loss : ndarray of shape (n_epochs,)
        Training loss: the mean over the epoch, while the weights change, penalty included.
    validation_loss : ndarray of shape (n_epochs,) or None, default=None
        Loss of the validation samples after each epoch, without penalty.
    validation_score : ndarray of shape (n_epochs,) or None, default=None
        Their score; greater is better.
    learning_rate : ndarray of shape (n_epochs,) or None, default=None
        The rate of the last step of each epoch.
    score_name : str, default="score"
        What the score is.
    kept_epoch : int or None, default=None
        The epoch, counted from 1, whose weights early stopping has kept.
    unit : str, default="Epoch"
        What is counted: with lbfgs, iterations.
    name : str or None, default=None
        Of the estimator, for the legend.

    Attributes
    ----------
    figure_ : matplotlib figure
        Once drawn.
    ax_ : matplotlib axes
        The panel of the loss.
    axes_ : ndarray of matplotlib axes
        All panels.
    lines_ : dict of matplotlib lines
        By the names "loss", "validation_loss", "validation_score", "learning_rate".

    See Also
    --------
    LearningRateDisplay : Which learning rates a network can be trained with.
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of samples.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import TrainingCurveDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = MLPClassifier(early_stopping=True, random_state=0).fit(X / 16, y)
    >>> display = TrainingCurveDisplay.from_estimator(clf, plot=False)
    >>> len(display.loss) == clf.n_iter_
    True
    >>> display.score_name
    'accuracy'
    """

    def __init__(
        self,
        *,
        loss: np.ndarray,
        validation_loss: np.ndarray | None = None,
        validation_score: np.ndarray | None = None,
        learning_rate: np.ndarray | None = None,
        score_name: str = "score",
        kept_epoch: int | None = None,
        unit: str = "Epoch",
        name: str | None = None,
    ) -> None:
        self.loss = loss
        self.validation_loss = validation_loss
        self.validation_score = validation_score
        self.learning_rate = learning_rate
        self.score_name = score_name
        self.kept_epoch = kept_epoch
        self.unit = unit
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        name: str | None = None,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Take the curves from the ``history_`` of a fitted estimator, and draw them.

        Those of an estimator for tables are the means over its members.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network of this package or estimator for tables, or a Pipeline, a
            TransformedTargetRegressor or a search with one inside.
        name : str or None, default=None
            What it is called in the legend, if there are others to tell it from.
        plot : bool, default=True
            Whether to draw; without it matplotlib is not needed.
        ax : matplotlib axes, array of them, or None, default=None
            Where to draw, see :meth:`plot`.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        display : TrainingCurveDisplay
        """
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        estimator = look_inside(estimator, tables=True).network
        read = _of_members if isinstance(estimator, TableNetwork) else _of_network
        display = cls(**read(estimator), score_name=_score_name(estimator), name=name)
        return display.plot(ax, **kwargs) if plot else display

    def plot(self, ax: Any = None, *, loss_scale: str = "linear", **kwargs: Any) -> Self:
        """Draw a panel for the losses, and one each for score and learning rate if there are any.

        Parameters
        ----------
        ax : matplotlib axes, array of them, or None, default=None
            None makes a new figure. The panels are put in the place of a single one; of several
            there must be one per panel, for instance the ``axes_`` of another display, to
            compare with.
        loss_scale : {"linear", "log"}, default="linear"
            Scale of the axis of the losses.
        **kwargs : dict
            Passed on to matplotlib's ``plot`` for every line.

        Returns
        -------
        display : TrainingCurveDisplay
            Itself, with ``ax_``, ``axes_``, ``figure_`` and ``lines_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        if loss_scale not in ("linear", "log"):
            raise ValueError(f"loss_scale must be 'linear' or 'log', got {loss_scale!r}.")
        extra = [
            curve
            for curve in ("validation_score", "learning_rate")
            if getattr(self, curve) is not None
        ]
        self.figure_, self.axes_ = panels(
            ax, 1 + len(extra), figsize=(6.4, 2.4 + 1.8 * (1 + len(extra)))
        )
        self.ax_ = self.axes_[0]
        self.lines_: dict[str, Any] = {}
        seen, unseen = {"color": BLUE}, {"color": VERMILION, "linestyle": "--"}
        self._draw(self.ax_, "loss", "training", **{**seen, **kwargs})
        if self.validation_loss is not None:
            self._draw(self.ax_, "validation_loss", "validation", **{**unseen, **kwargs})
        self.ax_.set(ylabel="Loss", yscale=loss_scale, title="Course of training")
        for panel, curve in zip(self.axes_[1:], extra, strict=True):
            if curve == "validation_score":
                self._draw(panel, curve, "validation", **{**unseen, **kwargs})
                panel.set_ylabel(f"Validation {self.score_name}")
            else:
                self._draw(panel, curve, "training", **{"color": GREEN, **kwargs})
                panel.autoscale(axis="y")  # there may be lines of another display
                panel.set(ylabel="Learning rate", ylim=(0, None))
        for panel in self.axes_:
            if self.kept_epoch is not None:
                label = f"weights kept: {self.unit.lower()} {self.kept_epoch}"
                panel.axvline(self.kept_epoch, color=ink(), linestyle=":", label=label)
        count_epochs(self.axes_, self.unit)
        self.ax_.legend()
        return self

    def _draw(self, panel, curve, label, **kwargs):
        values = getattr(self, curve)
        epochs = np.arange(1, len(values) + 1)
        marker = "o" if len(values) <= FEW else None
        label = label if self.name is None else f"{self.name}, {label}"
        kwargs = {"marker": marker, "markersize": 4, "label": label, **kwargs}
        (self.lines_[curve],) = panel.plot(epochs, values, **kwargs)


def _of_network(estimator):
    """The curves of a single network, and which epoch it has kept."""
    fitted_model(estimator)
    if not hasattr(estimator, "history_"):
        raise ValueError(
            f"estimator must have been trained, got a {type(estimator).__name__} without "
            "history_: its weights were given. Call fit."
        )
    curves = {curve: _recorded(estimator.history_[curve]) for curve in OTHERS}
    scores = curves["validation_score"]
    stopping = estimator.best_validation_score_ is not None and scores is not None
    return {
        "loss": np.array(estimator.history_["loss"]),
        **curves,
        "kept_epoch": int(np.nanargmax(scores)) + 1 if stopping else None,
        "unit": "Iteration" if estimator.solver == "lbfgs" else "Epoch",
    }


def _of_members(estimator):
    """The means of the curves over the members of an estimator for tables."""
    check_is_fitted(estimator)
    means = {curve: estimator.history_[curve].mean(axis=1) for curve in ("loss", *OTHERS)}
    return {curve: _recorded(values) for curve, values in means.items()}


def _recorded(values):
    """A column of a history as an array; None if it holds nothing."""
    values = np.array(values)
    return None if np.isnan(values).all() else values


def _score_name(estimator):
    """What the validation score of an estimator is."""
    scoring = estimator.scoring
    if isinstance(estimator, TableNetwork):
        scoring = estimator._default_scoring() if scoring is None else scoring
    if scoring is None:
        return "accuracy" if is_classifier(estimator) else "R²"
    if scoring == "loss":
        return "score: minus the loss"
    if isinstance(scoring, str):
        return scoring.replace("_", " ")
    return getattr(scoring, "__name__", "score").replace("_", " ")
