"""Classification and regression of Dask collections."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import assert_all_finite
from sklearn.utils.metaestimators import available_if

from sknn.dask.network import DaskNetwork
from sknn.dask.scores import MeanScore, R2Score
from sknn.estimators.classifier import has_probabilities
from sknn.estimators.inputs import is_collection
from sknn.estimators.regressor import has_interval, scored
from sknn.estimators.solvers import has_stochastic_solver
from sknn.typing import Samples


def _refuse(X):
    if is_collection(X):
        raise ValueError(
            "partial_fit takes samples in memory, and X is a Dask collection: call fit, with "
            "warm_start=True and max_iter=1 for one more epoch."
        )


class DaskClassifier(DaskNetwork):
    """Labels of Dask collections."""

    @available_if(has_stochastic_solver)
    def partial_fit(
        self,
        X: Samples,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Go on training with one pass over samples in memory.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; Dask collections are refused.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Their labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever occur. Needed in the first call, optional later.

        Returns
        -------
        self : object
            The trained estimator.
        """
        _refuse(X)
        return super().partial_fit(X, y, sample_weight, classes)

    @available_if(has_probabilities)
    def predict_proba(self, X: Any) -> np.ndarray | Any:
        """Predict probabilities.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        p : array or DataFrame of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``, which name the columns of
            a frame. For several columns of labels, a list of them.
        """
        return self._lazily("predict_proba", X) if is_collection(X) else super().predict_proba(X)

    @available_if(has_probabilities)
    def predict_log_proba(self, X: Any) -> np.ndarray | Any:
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        log_p : array or DataFrame of shape (n_samples, n_classes)
            The logarithms, as ``predict_proba`` gives the probabilities.
        """
        if is_collection(X):
            return self._lazily("predict_log_proba", X)
        return super().predict_log_proba(X)

    def _score_of_blocks(self):
        score = self._score_of_outputs()
        return None if self.scoring == "loss" else lambda: MeanScore(score)

    def _sums_of_scores(self, local):
        accuracy = MeanScore(local.score)
        return accuracy, accuracy.add


class DaskRegressor(DaskNetwork):
    """Numbers of Dask collections."""

    @available_if(has_stochastic_solver)
    def partial_fit(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Go on training with one pass over samples in memory.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; Dask collections are refused.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative.

        Returns
        -------
        self : object
            The trained estimator.
        """
        _refuse(X)
        return super().partial_fit(X, y, sample_weight)

    @available_if(has_interval)
    def predict_interval(self, X: Any) -> np.ndarray:
        """Predict the interval between the lowest and the highest level of ``quantile``.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        interval : array or DataFrame of shape (n_samples, 2)
            Lower and upper end.
        """
        if is_collection(X):
            return self._lazily("predict_interval", X)
        return super().predict_interval(X)

    def _score_of_blocks(self):
        loss = self._loss()
        return None if self.scoring == "loss" else lambda: R2Score(loss)

    def _sums_of_scores(self, local):
        loss, r2 = local._fitted_loss(), R2Score()

        def add(X, y, weight):
            assert_all_finite(y, input_name="y")
            predicted = scored(local.predict(X).reshape(len(y), -1), loss)
            r2.add_predicted(predicted, y.reshape(len(y), -1), weight)

        return r2, add
