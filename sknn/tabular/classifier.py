"""`TabularClassifier`: predicts labels from raw tables."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from sknn.nn.activations import Activation
from sknn.nn.losses import LabelSmoothing, SoftmaxLogLoss
from sknn.tabular.calibration import fitted_temperature, softmax
from sknn.tabular.ensemble import TableNetwork
from sknn.tabular.parameters import constraints
from sknn.tabular.scores import SCORES
from sknn.tabular.targets import checked_labels, weight_by_class
from sknn.typing import Samples


class TabularClassifier(ClassifierMixin, TableNetwork):
    """Classifier for raw tables: an ensemble of small networks, each validated on its own fold.

    It takes a table as it is, with strings, categories, bools, missing values and numbers on any
    scale. The members of the ensemble are networks that follow the recipe of RealMLP [1]_. They
    train at the same time, each on all samples except those of one fold, and each keeps the weights
    of the epoch that is best on this fold. Predicted probabilities are the mean over the members.
    Read more in the guide: :doc:`/guide/tables`.

    Parameters
    ----------
    n_estimators : int, default=8
        Number of members. The error of their mean is about a tenth smaller than that of a single
        member. Fewer members train faster. With fewer than 4 samples there are fewer members.
    hidden_layer_sizes : int or array-like of int, default=(128, 128)
        Number of units in each hidden layer. ``(256, 256)`` is more accurate with many samples;
        training then takes about 2.5 times as long.
    numeric_embedding : {'auto', 'periodic', 'piecewise_linear', 'none'}, default='auto'
        How numeric columns enter a network. 'periodic' adds cosines of learned frequencies to the
        scaled values, and 'piecewise_linear' replaces them by piecewise-linear functions with kinks
        at the quantiles of the column. 'none' takes the scaled values alone. 'auto' is 'none' if
        there are more than 200 numeric columns, 'periodic' for fewer than 2,500 samples, and
        'piecewise_linear' otherwise.
    activation : str or Activation, default='auto'
        Activation function of the hidden layers. Each unit learns how much of it to blend with the
        identity. 'auto' is 'selu'.
    categorical_features : 'from_dtype', array-like or None, default='from_dtype'
        Which columns are categories. 'from_dtype' takes the columns of strings, categories and
        bools. An array is a mask, or holds the numbers or names of the columns. Use it if a column
        holds codes, such as postcodes, as numbers. None treats all columns as numbers.
    max_onehot : int, default=8
        Maximum number of levels of a category that is one-hot encoded, as one column per level.
        Categories with more levels are embedded.
    learning_rate_init : float or 'auto', default='auto'
        Maximum learning rate. 'auto' is 0.04. Lower it if y is noisy or training diverges.
    max_iter : int, default=64
        Number of epochs. Each member keeps the weights of its best epoch.
    batch_size : int or 'auto', default='auto'
        Approximate number of samples per mini-batch. 'auto' grows with the number of samples from
        64 to 1,024. Smaller mini-batches mean more steps and a longer training time.
    dropout : float, default=0.15
        Fraction of units dropped at random after each hidden layer, in [0, 1). It falls to 0 in the
        second half of training.
    weight_decay : float, default=0.02
        Strength of the weight decay, which falls to 0 in the second half of training.
    label_smoothing : float, default=0.1
        Fraction of the target that is spread evenly over the classes, in [0, 1).
    calibrate : bool, default=True
        Whether to divide raw outputs by a temperature that is fitted to samples on which the
        members did not train. This undoes the effect of label smoothing on the probabilities. Leave
        it on unless only labels matter.
    cv : int, splitter, iterable or None, default=None
        Splits into folds. A member trains on the training samples of a split and is validated on
        its test samples. If there are fewer splits than members, members take them in turn. None
        makes as many folds as there are members, but at least 5. Each of them has its share of
        every class, or of small and large y; with ``groups``, a group is in a single fold. Pass a
        splitter if the samples are in the order of time.
    scoring : {'neg_brier_score', 'neg_log_loss', 'accuracy'} or None, default=None
        Score that determines the best epoch of each member. None is 'neg_brier_score'.
    class_weight : dict, 'balanced' or None, default=None
        Weights of the classes in training and validation. They are multiplied by ``sample_weight``.
        'balanced' weighs each class inversely to the sum of its sample weights.
    max_time : float or None, default=None
        Time in seconds that ``fit`` should take. After a trial epoch, as many epochs are planned as
        there is time for, at least one. None trains for ``max_iter`` epochs.
    random_state : int, RandomState instance or None, default=None
        Determines the folds, the initial weights, the order of the samples and dropout. Pass an int
        for reproducible results across several calls.
    verbose : bool or int, default=0
        Whether to print the number of epochs done and an estimate of the time left.
    checkpoint : str, os.PathLike or None, default=None
        File in which ``fit`` stores what ``resume`` needs to continue after an interruption. Fits
        that run at the same time need a file each.
    checkpoint_every : int, default=1
        Number of epochs between checkpoints. A checkpoint is always written after the last epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of columns seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns seen during fit. Defined only if X has names that are all strings.
        Later frames may have these columns in any order.
    is_categorical_ : ndarray of shape (n_features_in_,) of bool
        Which columns were treated as categories.
    n_members_ : int
        Number of members.
    n_iter_ : int
        Number of epochs for which all members were trained.
    best_iter_ : ndarray of shape (n_members,)
        Epoch, counted from 1, whose weights each member kept.
    validation_scores_ : ndarray of shape (n_epochs, n_members), or None
        Validation score of each epoch and member. None if there are too few samples to hold out
        any.
    history_ : dict of ndarray of shape (n_epochs, n_members)
        Training history, by the names 'loss', 'validation_loss', 'validation_score',
        'learning_rate' and 'seconds'.
    oof_prediction_ : ndarray of shape (n_samples, n_classes), or None
        Out-of-fold predictions: for each training sample, the mean prediction of the members that
        were validated on it. They are nan for samples that were in no validation fold. None if
        ``X_val`` was passed or no samples were held out.
    oof_score_ : float or None
        Accuracy of the out-of-fold predictions. It is slightly optimistic, because each member
        keeps the epoch that is best on the same samples.
    temperature_ : float
        Temperature by which raw outputs are divided, at most 1. It is 1 if ``calibrate`` is False.

    See Also
    --------
    TabularRegressor : The same for regression.
    MLPClassifier : A single network, for numeric features that are already scaled.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn & Steinwart (2024). Better by default: Strong pre-tuned MLPs and
       boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknn import TabularClassifier
    >>> frame = pd.DataFrame(
    ...     {"colour": ["red", "green", None, "red"] * 10, "size": [1.0, None, 3.0, 40.0] * 10}
    ... )
    >>> y = ["yes", "no", "no", "yes"] * 10
    >>> clf = TabularClassifier(n_estimators=2, random_state=0).fit(frame, y)
    >>> later = pd.DataFrame({"size": [2.0, None], "colour": ["red", "never seen"]})
    >>> clf.predict(later).shape
    (2,)
    """

    _parameter_constraints: dict = constraints("TabularClassifier")
    _own_activation, _own_learning_rate = "selu", 0.04

    def __init__(
        self,
        n_estimators: int = 8,
        *,
        hidden_layer_sizes: ArrayLike | int = (128, 128),
        numeric_embedding: str = "auto",
        activation: str | Activation = "auto",
        categorical_features: ArrayLike | str | None = "from_dtype",
        max_onehot: int = 8,
        learning_rate_init: float | str = "auto",
        max_iter: int = 64,
        batch_size: int | str = "auto",
        dropout: float = 0.15,
        weight_decay: float = 0.02,
        label_smoothing: float = 0.1,
        calibrate: bool = True,
        cv: Any = None,
        scoring: str | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        max_time: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
    ) -> None:
        self.n_estimators = n_estimators
        self.hidden_layer_sizes = hidden_layer_sizes
        self.numeric_embedding = numeric_embedding
        self.activation = activation
        self.categorical_features = categorical_features
        self.max_onehot = max_onehot
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.calibrate = calibrate
        self.cv = cv
        self.scoring = scoring
        self.class_weight = class_weight
        self.max_time = max_time
        self.random_state = random_state
        self.verbose = verbose
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every

    def predict(self, X: Samples) -> np.ndarray:
        """Predict labels.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The most probable label of each sample.
        """
        z = self._outputs(X)
        return self.classes_[self._prediction(z).argmax(axis=1)]

    def predict_proba(self, X: Samples) -> np.ndarray | Any:
        """Predict probabilities.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        p : ndarray of shape (n_samples, n_classes)
            The probability of each class, in the order of ``classes_``.
        """
        return self._prediction(self._outputs(X))

    def predict_log_proba(self, X: Samples) -> np.ndarray | Any:
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            The logarithm of the probability of each class, in the order of ``classes_``.
        """
        return np.log(np.maximum(self.predict_proba(X), np.finfo(float).tiny))

    def score(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy of the predicted labels.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,)
            The labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            The accuracy, in [0, 1].
        """
        return super().score(X, y, sample_weight)

    def _checked_targets(self, y):
        return checked_labels(y)

    def _learn_targets(self, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes, np.eye(len(self.classes_), dtype=np.float32)

    def _encode(self, y):
        unknown = ~np.isin(y, self.classes_)
        if unknown.any():
            raise ValueError(
                f"y_val must hold labels that are in y, got {np.unique(y[unknown]).tolist()!r}. "
                "Leave out those samples."
            )
        return np.searchsorted(self.classes_, y)

    def _loss_weight(self, codes, weight):
        return weight_by_class(self.class_weight, self.classes_, codes, weight)

    def _scoring(self):
        return SCORES[self.scoring or self._default_scoring()]

    def _default_scoring(self):
        return "neg_brier_score"

    def _n_outputs(self):
        return len(self.classes_)

    def _loss(self):
        return SoftmaxLogLoss()

    def _training_loss(self, loss):
        return LabelSmoothing(loss, float(self.label_smoothing)) if self.label_smoothing else loss

    def _learn_from_held_out(self, outputs, held_out):
        self.temperature_ = 1.0
        if not self.calibrate or outputs is None:
            return
        weight = None
        if held_out[0].weight is not None:
            weight = np.concatenate([own.weight for own in held_out])
        labels = np.concatenate([own.labels for own in held_out])
        self.temperature_ = fitted_temperature(np.concatenate(outputs), labels, weight)

    def _prediction(self, z):
        """The mean of the members' probabilities; z: (members, n, n_classes)."""
        return softmax(z.astype(np.float64) / self.temperature_).mean(axis=0)

    def _score_of(self, probabilities, codes, weight):
        return float(accuracy_score(codes, probabilities.argmax(axis=1), sample_weight=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = False
        return tags
