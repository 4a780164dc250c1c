"""The training history: loss, validation score and learning rate of each epoch."""

from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from sknn.inspection.networks import fitted_model, look_inside
from sknn.plotting.panels import BLUE, GREEN, VERMILION, count_epochs, ink, panels
from sknn.scikit_learn import check_matplotlib_support
from sknn.tabular.ensemble import TableNetwork

OTHERS = "validation_loss", "validation_score", "learning_rate"
FEW = 50  # maximum number of epochs drawn with markers


class TrainingCurveDisplay:
    """Training history: loss, validation score and learning rate of each epoch, in panels.

    It is recommended to use :meth:`from_estimator` to create a TrainingCurveDisplay. Curves that
    were not recorded are None and have no panel.

    Parameters
    ----------
    loss : ndarray of shape (n_epochs,)
        The training loss, including penalties. It is averaged over each epoch, during which the
        weights change.
    validation_loss : ndarray of shape (n_epochs,) or None, default=None
        The loss on the validation samples after each epoch, without penalties.
    validation_score : ndarray of shape (n_epochs,) or None, default=None
        The score on the validation samples after each epoch. Greater is better.
    learning_rate : ndarray of shape (n_epochs,) or None, default=None
        The learning rate of the last step of each epoch.
    score_name : str, default="score"
        The name of the score.
    kept_epoch : int or None, default=None
        The epoch, counted from 1, whose weights were kept by early stopping.
    unit : str, default="Epoch"
        The unit of the horizontal axis, which is "Iteration" for lbfgs.
    name : str or None, default=None
        The name of the estimator in the legend.

    Attributes
    ----------
    figure_ : matplotlib figure
        The figure, after drawing.
    ax_ : matplotlib axes
        The panel of the loss.
    axes_ : ndarray of matplotlib axes
        All panels.
    lines_ : dict of matplotlib lines
        The lines, with the keys "loss", "validation_loss", "validation_score" and
        "learning_rate".

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
        """Create a display from the ``history_`` of a fitted estimator, and draw it.

        For a tabular estimator, the curves are means over its members.

        Parameters
        ----------
        estimator : estimator instance
            A fitted network or tabular estimator of this package, or a Pipeline, a
            TransformedTargetRegressor or a search that contains one.
        name : str or None, default=None
            The name of the estimator in the legend, to distinguish several estimators.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on, see :meth:`plot`.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            The display.
        """
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_estimator")
        estimator = look_inside(estimator, tables=True).network
        read = _of_members if isinstance(estimator, TableNetwork) else _of_network
        display = cls(**read(estimator), score_name=_score_name(estimator), name=name)
        return display.plot(ax, **kwargs) if plot else display

    def plot(self, ax: Any = None, *, loss_scale: str = "linear", **kwargs: Any) -> Self:
        """Draw a panel for the losses, and one each for the score and the learning rate, if known.

        Parameters
        ----------
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on. If None, a new figure is created. Single axes are replaced by the
            panels. An array must contain one axes per panel, such as the ``axes_`` of another
            display to compare with.
        loss_scale : {"linear", "log"}, default="linear"
            The scale of the loss axis.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``plot`` for each line.

        Returns
        -------
        display : TrainingCurveDisplay
            The display itself, with ``ax_``, ``axes_``, ``figure_`` and ``lines_``.
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
        self.ax_.set(ylabel="Loss", yscale=loss_scale, title="Training history")
        for panel, curve in zip(self.axes_[1:], extra, strict=True):
            if curve == "validation_score":
                self._draw(panel, curve, "validation", **{**unseen, **kwargs})
                panel.set_ylabel(f"Validation {self.score_name}")
            else:
                self._draw(panel, curve, "training", **{"color": GREEN, **kwargs})
                panel.autoscale(axis="y")  # the panel can contain lines of another display
                panel.set(ylabel="Learning rate", ylim=(0, None))
        for panel in self.axes_:
            if self.kept_epoch is not None:
                label = f"kept weights: {self.unit.lower()} {self.kept_epoch}"
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
    """The curves of a single network, and the epoch whose weights were kept."""
    fitted_model(estimator)
    if not hasattr(estimator, "history_"):
        raise ValueError(
            f"estimator must have been trained, got a {type(estimator).__name__} without "
            "history_, whose weights were set manually. Call fit."
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
    """The means of the curves over the members of a tabular estimator."""
    check_is_fitted(estimator)
    means = {curve: estimator.history_[curve].mean(axis=1) for curve in ("loss", *OTHERS)}
    return {curve: _recorded(values) for curve, values in means.items()}


def _recorded(values):
    """A column of a history as an array, or None if all values are nan."""
    values = np.array(values)
    return None if np.isnan(values).all() else values


def _score_name(estimator):
    """The name of the validation score of an estimator."""
    scoring = estimator.scoring
    if isinstance(estimator, TableNetwork):
        scoring = estimator._default_scoring() if scoring is None else scoring
    if scoring is None:
        return "accuracy" if is_classifier(estimator) else "R²"
    if scoring == "loss":
        return "score (negative loss)"
    if isinstance(scoring, str):
        return scoring.replace("_", " ")
    return getattr(scoring, "__name__", "score").replace("_", " ")
