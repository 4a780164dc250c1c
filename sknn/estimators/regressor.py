"""The regression task: real-valued targets and predictions."""

from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.metaestimators import available_if

from sknn.estimators.inputs import check_finite, refuse_no_numbers, told_of_rows
from sknn.estimators.reading import FLOATS, one_weight_each
from sknn.estimators.rollback import all_or_nothing
from sknn.estimators.solvers import has_stochastic_solver
from sknn.nn.losses import REGRESSION_LOSSES, Loss, Quantile
from sknn.nn.ranges import LEVELS
from sknn.scikit_learn import fit_context
from sknn.typing import Samples


def has_interval(estimator):
    """For ``available_if``. Raises AttributeError if there are fewer than two quantiles."""
    loss = estimator.loss
    if hasattr(estimator, "_model"):
        loss = estimator._fitted_loss()
    elif loss == "quantile":
        loss = Quantile(estimator.quantile)
    if np.size(getattr(loss, "levels", ())) < 2:
        raise AttributeError(
            "predict_interval requires loss='quantile' and at least two levels, for instance "
            f"quantile=[0.05, 0.95], got loss={estimator.loss!r}, quantile={estimator.quantile!r}."
        )
    return True


class RegressorTask(RegressorMixin):
    """The regression task, with one output per column of y."""

    _numeric_targets = True
    _takes_images = "CNNRegressor"
    _takes_tables = "TabularRegressor"
    _attributes_by_hand = ("coefs_", "intercepts_")
    _outputs_remedy = "The last array must have one column for each level of quantile."

    @available_if(has_stochastic_solver)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Update the network with a single pass over the given data.

        The weights, the optimiser, the learning rate schedule and the random draws continue from
        the state after the last call, so that n calls on the same samples equal one fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        Returns
        -------
        self : object
            Trained estimator.
        """
        return all_or_nothing(self, lambda undo: self._train_further(X, y, sample_weight, undo))

    def predict(self, X: Samples) -> np.ndarray:
        """Predict target values.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predicted values, in the dtype of the weights.
        """
        loss, z = self._fitted_loss(), self._outputs(X)
        with np.errstate(all="ignore"):
            y = loss.predict(z)
        if loss.link != "identity":
            check_finite(y)
        return y.ravel() if y.shape[1] == 1 else y

    @available_if(has_interval)
    def predict_interval(self, X: Samples) -> np.ndarray:
        """Predict the interval between the lowest and the highest level of ``quantile``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2)
            The lower and upper ends of the intervals. The probability that y lies between them is
            approximately the difference between the two levels.
        """
        return self.predict(X)[:, [0, -1]]

    def score(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination (R2) on the given data and targets.

        With several levels of ``quantile``, the score is that of the level nearest to 1/2.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The test samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The true target values for X.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            R2 of ``self.predict(X)``, which is at most 1.
        """
        refuse_no_numbers(y=y)
        predicted = scored(self.predict(X), self._fitted_loss())
        if sample_weight is not None:
            sample_weight = one_weight_each(sample_weight, predicted, FLOATS, False)
        with told_of_rows(predicted, y):
            return float(r2_score(y, predicted, sample_weight=sample_weight))

    def _learn(self, y, learn, some):
        y = y.toarray() if issparse(y) else y
        assert_all_finite(y, input_name="y")  # None among objects has become nan
        return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _encode(self, y, dtype):
        """Returns (targets, None) for y, in the form that Rows takes."""
        loss = self._loss()
        loss.check()
        loss.check_targets(y)
        if loss.outputs_per_target > 1 and y.ndim == 2:
            raise ValueError(
                f"quantile={self.quantile!r} has several levels, which requires y with a single "
                f"column, got shape {y.shape}. Fit one regressor per column, for instance with "
                "MultiOutputRegressor."
            )
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"y must fit into {np.dtype(dtype)!s}, the dtype of X, got absolute values up to "
                f"{float(np.abs(y).max())!r}. Scale y, or pass X as float64."
            )
        return targets, None

    def _n_outputs(self, targets):
        return targets.shape[1] * self._loss().outputs_per_target

    def _n_outputs_by_hand(self, n_columns):
        """The required number of outputs of manually set weights; n_columns: the actual number."""
        n_levels = self._loss().outputs_per_target
        return n_levels if n_levels > 1 else n_columns

    def _strata(self, targets):
        return None

    def _loss(self):
        if self.loss == "quantile":
            if self.quantile not in LEVELS:
                raise ValueError(f"quantile must be {LEVELS}, got {self.quantile!r}.")
            return Quantile(self.quantile)
        return REGRESSION_LOSSES[self.loss] if isinstance(self.loss, str) else self.loss

    def _score_of_outputs(self):
        """Returns (z, y, weight) -> the value of ``score`` for raw outputs z and targets y."""
        return partial(_r2, self._loss())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.positive_only = self._refuses_negative_targets()
        tags.regressor_tags.poor_score = False
        return tags

    def _refuses_negative_targets(self):
        try:
            loss = self._loss()
        except (KeyError, ValueError):  # fit reports what is wrong with the parameters
            return False
        if not isinstance(loss, Loss):
            return False
        try:
            loss.check_targets(np.array([-1.0]))
        except ValueError:
            return True
        return False


def scored(predicted, loss):
    """Returns the predictions to score: of several levels, those of the level nearest to 1/2."""
    if isinstance(loss, Quantile) and loss.outputs_per_target > 1:
        nearest = int(np.abs(loss.ascending - 0.5).argmin())
        return predicted[:, [nearest]]
    return predicted


def _r2(loss, z, y, weight):
    """R2 of the predictions for raw outputs z, or nan if a prediction overflows."""
    predicted = loss.predict(z)
    if not np.isfinite(predicted).all():
        return np.nan
    return float(r2_score(y, scored(predicted, loss), sample_weight=weight))
