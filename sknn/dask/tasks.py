"""Classification and regression tasks for Dask collections."""

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
            "partial_fit requires samples in memory, got a Dask collection. Call fit with "
            "warm_start=True and max_iter=1 to train for one more epoch."
        )


class DaskClassifier(DaskNetwork):
    """The classification task for Dask collections."""

    @available_if(has_stochastic_solver)
    def partial_fit(
        self,
        X: Samples,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Update the network with a single pass over samples in memory.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples. Dask collections are not supported.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            The class labels, or an indicator matrix of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.
        classes : array-like of shape (n_classes,), default=None
            All class labels across all calls to partial_fit. Required in the first call, and
            optional in subsequent calls.

        Returns
        -------
        self : object
            Trained estimator.
        """
        _refuse(X)
        return super().partial_fit(X, y, sample_weight, classes)

    @available_if(has_probabilities)
    def predict_proba(self, X: Any) -> np.ndarray | Any:
        """Predict class probabilities.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        p : array or DataFrame of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``. The columns of a DataFrame
            are named after the classes. For several columns of labels, a list with one array or
            DataFrame per column.
        """
        return self._lazily("predict_proba", X) if is_collection(X) else super().predict_proba(X)

    @available_if(has_probabilities)
    def predict_log_proba(self, X: Any) -> np.ndarray | Any:
        """Predict logarithms of class probabilities.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        log_p : array or DataFrame of shape (n_samples, n_classes)
            The log-probabilities, in the same form as the result of ``predict_proba``.
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
    """The regression task for Dask collections."""

    @available_if(has_stochastic_solver)
    def partial_fit(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Update the network with a single pass over samples in memory.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples. Dask collections are not supported.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        Returns
        -------
        self : object
            Trained estimator.
        """
        _refuse(X)
        return super().partial_fit(X, y, sample_weight)

    @available_if(has_interval)
    def predict_interval(self, X: Any) -> np.ndarray:
        """Predict the interval between the lowest and the highest level of ``quantile``.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        interval : array or DataFrame of shape (n_samples, 2)
            The lower and upper ends of the intervals.
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
