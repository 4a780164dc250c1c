"""Classification and regression: what y means, which loss and output it asks for."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from sknn.estimators.base import all_or_nothing
from sknn.estimators.solvers import has_stochastic_solver
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES


class ClassifierTask(ClassifierMixin):
    """Labels in, labels and probabilities out.

    One output with a logistic link for two classes, one each for the labels of an indicator
    matrix, one per class with softmax for more classes.
    """

    _parameter_constraints: dict = {"loss": [StrOptions(set(CLASSIFICATION_LOSSES))]}
    _numeric_targets = False

    @available_if(has_stochastic_solver)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Go on training with one pass over the given samples.

        Weights, optimiser, learning-rate schedule and random draws go on where the last call
        ended: n calls on the same samples are one fit of n epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
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
        with all_or_nothing(self):
            if _check_partial_fit_first_call(self, classes):
                multilabel = type_of_target(y).startswith("multilabel")
                self._label_binarizer = LabelBinarizer().fit(y if multilabel else classes)
            return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable label of each sample; for multilabel targets an indicator matrix.
        """
        z = self._outputs(X)
        if self._is_multilabel():
            return self._label_binarizer.inverse_transform(self._model.loss.predict(z))
        return self.classes_.take(self._codes(z), mode="clip")  # clip: there may be one class

    def predict_proba(self, X):
        """Predict probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``. For multilabel targets
            the probability of each label, each for itself.
        """
        z = self._outputs(X)
        if len(self.classes_) == 1:
            return np.ones_like(z)
        return self._loss().predict(self._per_class(z))

    def predict_log_proba(self, X):
        """Predict logarithms of probabilities.

        Computed from the raw outputs, so that they are finite where the probability itself
        has become too small for a floating-point number.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            The logarithms, in the order of ``classes_``.
        """
        z = self._outputs(X)
        if len(self.classes_) == 1:
            return np.zeros_like(z)
        return self._loss().log_predict(self._per_class(z))

    def _per_class(self, z):
        """Raw outputs with a column per class: for two classes, -z and z."""
        return z if z.shape[1] > 1 or self._is_multilabel() else np.hstack([-z, z])

    def _encode(self, y, dtype, learn):
        """(targets, codebook) for y, as Rows takes them; learns the classes or checks them."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        if learn:
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y)
        if self._is_multilabel():
            return self._label_binarizer.transform(y).astype(bool), None
        codes = np.searchsorted(self.classes_, y)
        if len(self.classes_) > 2:
            return codes, np.eye(len(self.classes_), dtype=dtype)
        return codes.astype(dtype).reshape(-1, 1), None

    def _check_classes(self, y):
        """Raises ValueError if y has classes other than those known."""
        multilabel = y.ndim == 2
        if multilabel != self._is_multilabel():
            raise ValueError(
                f"y must be of the kind of the first fit, {self._label_binarizer.y_type_!r}, "
                f"got {type_of_target(y)!r}."
            )
        classes = unique_labels(y)
        if self.warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _strata(self, y):
        """What a validation split keeps in proportion: the two classes, as scikit-learn does."""
        binary = y.ndim == 2 and y.shape[1] == 1
        return y.astype(bool) if binary and not self._is_multilabel() else None

    def _is_multilabel(self):
        return self._label_binarizer.y_type_.startswith("multilabel")

    def _loss(self):
        softmax = len(self.classes_) > 2 and not self._is_multilabel()
        return CLASSIFICATION_LOSSES[self.loss]["softmax" if softmax else "logistic"]

    def _codes(self, z):
        return z.argmax(axis=1) if z.shape[1] > 1 else (z[:, 0] > 0).astype(np.intp)

    def _score_outputs(self, z, y, weight):
        """Accuracy of raw outputs z against encoded targets y; exact match for multilabel."""
        if self._is_multilabel():
            correct = ((z > 0) == (y > 0.5)).all(axis=1)
        else:
            correct = self._codes(z) == self._codes(y - 0.5)
        return float(np.average(correct, weights=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class RegressorTask(RegressorMixin):
    """Numbers in, numbers out, one output per column of y."""

    _parameter_constraints: dict = {"loss": [StrOptions(set(REGRESSION_LOSSES))]}
    _numeric_targets = True

    @available_if(has_stochastic_solver)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Go on training with one pass over the given samples.

        Weights, optimiser, learning-rate schedule and random draws go on where the last call
        ended: n calls on the same samples are one fit of n epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative.

        Returns
        -------
        self : object
            The trained estimator.
        """
        with all_or_nothing(self):
            return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predicted targets, in the dtype of the weights.
        """
        y = self._loss().predict(self._outputs(X))
        return y.ravel() if y.shape[1] == 1 else y

    def _encode(self, y, dtype, learn):
        """(targets, None) for y, as Rows takes them."""
        y = y.toarray() if issparse(y) else y
        assert_all_finite(y, input_name="y")  # None in an array of objects has become nan
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self._loss().check_targets(y)
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y.reshape(len(y), -1), dtype=dtype)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"y must fit into {np.dtype(dtype)!s}, the dtype of X, got a largest absolute "
                f"value of {float(np.abs(y).max())!r}. Scale y, or pass X as float64."
            )
        return targets, None

    def _strata(self, y):
        return None

    def _loss(self):
        return REGRESSION_LOSSES[self.loss]

    def _score_outputs(self, z, y, weight):
        """R2 of raw outputs z against targets y; nan if a prediction overflows."""
        predicted = self._loss().predict(z)
        if not np.isfinite(predicted).all():
            return np.nan
        return float(r2_score(y, predicted, sample_weight=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = False
        return tags
