"""The classification task: predicts labels and their probabilities."""

from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.metaestimators import available_if

from sknn.estimators.inputs import refuse_no_labels
from sknn.estimators.labels import (
    ManyLabels,
    known_labels,
    labels_by_hand,
    new_labels,
    same_classes,
    same_kind_of_labels,
)
from sknn.estimators.reading import FLOATS, one_weight_each
from sknn.estimators.rollback import all_or_nothing
from sknn.estimators.solvers import has_stochastic_solver
from sknn.nn.losses import CLASSIFICATION_LOSSES, LabelSmoothing
from sknn.scikit_learn import fit_context
from sknn.typing import Samples


def has_probabilities(estimator):
    """For ``available_if``. Raises AttributeError for a loss whose outputs are margins."""
    if hasattr(estimator, "_model"):
        loss = estimator._fitted_loss()
    else:
        known = CLASSIFICATION_LOSSES.get(estimator.loss, {"softmax": None})
        loss = known["softmax"] if isinstance(estimator.loss, str) else estimator.loss
    if loss is not None and loss.link not in ("softmax", "logistic"):  # fit rejects unknown losses
        raise AttributeError(
            f"predict_proba is not available with loss={estimator.loss!r}, whose outputs are not "
            "probabilities. Use loss='log_loss'."
        )
    return True


class ClassifierTask(ClassifierMixin):
    """The classification task. The class in ``labels`` handles the type of y."""

    classes_: np.ndarray | Any  # a list of arrays for several columns of labels

    _numeric_targets = False
    _takes_images = "CNNClassifier"
    _takes_tables = "TabularClassifier"
    _attributes_by_hand = ("coefs_", "intercepts_", "classes_")
    _outputs_remedy = (
        "coefs_[-1] must have one column for each label in classes_. For two labels it must have a "
        "single column, the second column minus the first; the same applies to intercepts_[-1]. If "
        "samples can have several labels, call partial_fit(X, y, classes=classes) before you set "
        "the weights."
    )

    @available_if(has_stochastic_solver)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Samples,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Update the network with a single pass over the given data.

        The weights, the optimiser, the learning rate schedule and the random draws continue from
        the state after the last call, so that n calls on the same samples equal one fit of n
        epochs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
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
        refuse_no_labels(y=y, classes=classes)
        if isinstance(self.class_weight, str):
            raise ValueError(
                "class_weight='balanced' requires all samples at once and is not supported by "
                "partial_fit. Pass a dict, for instance from sklearn.utils.class_weight."
                "compute_class_weight('balanced', classes=classes, y=y)."
            )

        def train(undo):
            self._start(y, classes)
            return self._train_further(X, y, sample_weight, undo)

        return all_or_nothing(self, train)

    def predict(self, X: Samples) -> np.ndarray:
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable label of each sample or, for multilabel targets, an indicator matrix.
        """
        z = self._outputs(X)
        with np.errstate(all="ignore"):
            return self._labels.predict(z, self._fitted_loss())

    @available_if(has_probabilities)
    def predict_proba(self, X: Samples) -> np.ndarray | Any:
        """Predict class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``. For multilabel targets,
            the independent probability of each label.
        """
        z = self._outputs(X)
        with np.errstate(all="ignore"):
            return self._labels.probabilities(z, self._fitted_loss())

    @available_if(has_probabilities)
    def predict_log_proba(self, X: Samples) -> np.ndarray | Any:
        """Predict logarithms of class probabilities.

        The logarithms are computed from the raw outputs, so they are finite even if a probability
        is too small for a floating-point number.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            The log-probability of each class, in the order of ``classes_``.
        """
        z = self._outputs(X)
        with np.errstate(all="ignore"):
            return self._labels.log_probabilities(z, self._fitted_loss())

    def score(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy on the given data and labels.

        If samples have several labels, a sample only counts as correct if all its labels are
        predicted correctly.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The test samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The true labels for X.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            Accuracy of ``self.predict(X)``, between 0 and 1.
        """
        refuse_no_labels(y=y)
        predicted = self.predict(X)
        if sample_weight is not None:
            sample_weight = one_weight_each(sample_weight, predicted, FLOATS, False)
            assert_all_finite(sample_weight, input_name="sample_weight")
        if not isinstance(self._labels, ManyLabels):
            if sample_weight is None and same_kind_of_labels(y, predicted):
                return float(np.mean(predicted == y))
            return accuracy_score(y, predicted, sample_weight=sample_weight)
        y = np.asarray(y)
        if y.shape != predicted.shape:
            raise ValueError(
                f"y must have a row for each sample of X and {predicted.shape[1]} columns of "
                f"labels, that is shape {predicted.shape}, got {y.shape}."
            )
        assert_all_finite(y, input_name="y")
        kinds = y.dtype.kind, predicted.dtype.kind
        if any(a in "US" and b in "biuf" for a, b in (kinds, kinds[::-1])):
            raise ValueError(
                f"y must hold labels of the same type as classes_, {predicted.dtype}, got "
                f"{y.dtype}. Pass labels of the type that was used in fit."
            )
        weight = sample_weight
        if weight is not None:
            weight = self._checked_weight(weight, predicted, np.float64)
        return float(np.average(np.all(predicted == y, axis=1), weights=weight))

    def _start(self, y, classes):
        """Stores ``classes`` in the first call to partial_fit, and checks them in later calls."""
        self._take_classes()
        if hasattr(self, "classes_"):
            if classes is not None and not same_classes(classes, self.classes_):
                raise ValueError(
                    f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                    f"{self.classes_!r}"
                )
            return
        if classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if not hasattr(classes, "__len__") or isinstance(classes, str) or not len(classes):
            raise ValueError(f"classes must be a list of at least one class, got {classes!r}.")
        with _sortable():
            self._set_labels(known_labels(y, classes))

    def _learn(self, y, learn, some):
        """Returns y as labels and learns or checks the classes; ``some``: y can lack classes."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        with _sortable():
            if learn:
                self._set_labels(new_labels(y))
            else:
                self._labels.check(y, same=self.warm_start and not some)
        return y

    def _take_classes(self):
        """Learns the labels from ``classes_`` if it was set manually before any fit."""
        known = vars(self)
        if "_model" in known or "classes_" not in known:
            return
        if "_labels" not in known or self._labels.classes is not self.classes_:
            with _sortable():
                self._set_labels(labels_by_hand(self.classes_))

    def _n_outputs_by_hand(self, n_columns):
        """The required number of outputs of manually set weights; n_columns: the actual number."""
        self._take_classes()
        return self._labels.n_outputs

    def _set_labels(self, labels):
        self._labels = labels
        self.classes_ = labels.classes
        self._label_binarizer = labels.binarizer  # for exporters that were written for scikit-learn

    def _encode(self, y, dtype):
        return self._labels.encode(y, dtype)

    def _loss_weight(self, labels, sample_weight):
        """sample_weight times class_weight, (n,); (n, n_labels) if samples have several labels."""
        if self.class_weight is None:
            return sample_weight
        weights = self._labels.weights(self.class_weight, labels)
        if sample_weight is None:
            return weights
        with np.errstate(over="ignore"):  # the sum is checked
            return weights * (sample_weight if weights.ndim == 1 else sample_weight[:, None])

    def _strata(self, targets):
        return self._labels.strata(targets)

    def _loss(self):
        return self._labels.loss(self.loss)

    def _training_loss(self):
        loss = super()._training_loss()
        return LabelSmoothing(loss, float(self.label_smoothing)) if self.label_smoothing else loss

    def _score_of_outputs(self):
        """Returns (z, y, weight) -> accuracy for raw outputs z and encoded targets y."""
        return partial(_accuracy, self._labels)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        tags.target_tags.multi_output = True
        return tags


def _accuracy(labels, z, y, weight):
    return float(np.average(labels.correct(z, y), weights=weight))


@contextmanager
def _sortable():
    """Explains the error if Python or NumPy cannot compare the labels."""
    try:
        yield
    except TypeError as error:
        raise ValueError(
            "y and classes must hold labels of a single type without missing values (None or NA), "
            f"got labels that cannot be compared: {error}."
        ) from error
