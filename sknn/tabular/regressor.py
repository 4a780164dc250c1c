"""`TabularRegressor`: predicts numbers from raw tables."""

import os
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from sknn.nn.activations import Activation, Mish
from sknn.nn.losses import REGRESSION_LOSSES, Loss, Quantile, SquaredError
from sknn.tabular.ensemble import TableNetwork
from sknn.tabular.parameters import constraints
from sknn.tabular.scores import ERRORS, minus_loss
from sknn.tabular.targets import Scaling, checked_numbers
from sknn.typing import Samples


class TabularRegressor(RegressorMixin, TableNetwork):
    """Regressor for raw tables: an ensemble of small networks, each validated on its own fold.

    It takes a table as it is, with strings, categories, bools, missing values and numbers on any
    scale. The members of the ensemble are networks that follow the recipe of RealMLP [1]_. They
    train at the same time on the standardised target, each on all samples except those of one fold,
    and each keeps the weights of the epoch that is best on this fold. Predictions are the mean over
    the members, whose predictions are clipped to the range of the training targets: the estimator
    does not extrapolate. Read more in the guide: :doc:`/guide/tables`.

    Parameters
    ----------
    n_estimators : int, default=8
        Number of members. The error of their mean is about a tenth smaller than that of a single
        member. Fewer members train faster. With fewer than 4 samples there are fewer members.
    loss : str or Loss, default='squared_error'
        Loss to minimise. It is computed on the standardised y; for 'poisson' and 'gamma', on y
        divided by its mean.

        - 'squared_error': half the squared error, summed over the outputs
        - 'root_mean_squared_error': the root mean squared error of each mini-batch
        - 'absolute_error': the absolute error, summed over the outputs
        - 'huber': half the squared error for absolute errors up to 1, linear beyond
        - 'log_cosh': the logarithm of the hyperbolic cosine of the error
        - 'quantile': the pinball loss of each level in ``quantile``
        - 'poisson': half the Poisson deviance, for non-negative y; predictions are the exponentials
          of the raw outputs
        - 'gamma': half the gamma deviance, for positive y; predictions are the exponentials of the
          raw outputs
    quantile : float, default=0.5
        Quantile to predict, in (0, 1). Only used when ``loss='quantile'``.
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
        identity. 'auto' is 'mish'.
    categorical_features : 'from_dtype', array-like or None, default='from_dtype'
        Which columns are categories. 'from_dtype' takes the columns of strings, categories and
        bools. An array is a mask, or holds the numbers or names of the columns. Use it if a column
        holds codes, such as postcodes, as numbers. None treats all columns as numbers.
    max_onehot : int, default=8
        Maximum number of levels of a category that is one-hot encoded, as one column per level.
        Categories with more levels are embedded.
    learning_rate_init : float or 'auto', default='auto'
        Maximum learning rate. 'auto' is 0.1. Lower it if y is noisy or training diverges.
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
    cv : int, splitter, iterable or None, default=None
        Splits into folds. A member trains on the training samples of a split and is validated on
        its test samples. If there are fewer splits than members, members take them in turn. None
        makes as many folds as there are members, but at least 5. Each of them has its share of
        every class, or of small and large y; with ``groups``, a group is in a single fold. Pass a
        splitter if the samples are in the order of time.
    scoring : {'neg_root_mean_squared_error', 'neg_mean_absolute_error'} or None, default=None
        Score that determines the best epoch of each member. None is 'neg_root_mean_squared_error'
        for ``loss='squared_error'``, and minus the loss for other losses.
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
    oof_prediction_ : ndarray of shape (n_samples,), or None
        Out-of-fold predictions: for each training sample, the mean prediction of the members that
        were validated on it. They are nan for samples that were in no validation fold. None if
        ``X_val`` was passed or no samples were held out.
    oof_score_ : float or None
        R2 of the out-of-fold predictions. It is slightly optimistic, because each member keeps the
        epoch that is best on the same samples.

    See Also
    --------
    TabularClassifier : The same for classification.
    MLPRegressor : A single network, for numeric features that are already scaled.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn & Steinwart (2024). Better by default: Strong pre-tuned MLPs and
       boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> import pandas as pd
    >>> from sknn import TabularRegressor
    >>> frame = pd.DataFrame(
    ...     {"colour": ["red", "green", None, "red"] * 10, "size": [1.0, None, 3.0, 40.0] * 10}
    ... )
    >>> reg = TabularRegressor(n_estimators=2, random_state=0).fit(frame, [3.0, 1.0, 1.5, 9.0] * 10)
    >>> reg.predict(frame[:2]).shape
    (2,)
    """

    _parameter_constraints: dict = constraints("TabularRegressor")
    _own_activation, _own_learning_rate = Mish(quick=True), 0.1

    def __init__(
        self,
        n_estimators: int = 8,
        *,
        loss: str | Loss = "squared_error",
        quantile: float = 0.5,
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
        cv: Any = None,
        scoring: str | None = None,
        max_time: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
        checkpoint_every: int = 1,
    ) -> None:
        self.n_estimators = n_estimators
        self.loss = loss
        self.quantile = quantile
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
        self.cv = cv
        self.scoring = scoring
        self.max_time = max_time
        self.random_state = random_state
        self.verbose = verbose
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every

    def predict(self, X: Samples) -> np.ndarray:
        """Predict targets.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The mean of the members' predictions, each clipped to the range of y in ``fit``.
        """
        return self._prediction(self._outputs(X))

    def score(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the coefficient of determination, R2, of the predictions.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.
        y : array-like of shape (n_samples,)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        score : float
            R2, at most 1.
        """
        return super().score(X, y, sample_weight)

    def _checked_targets(self, y):
        y = checked_numbers(y)
        self._loss().check_targets(y)
        return y

    def _learn_targets(self, y):
        self._target = asdict(Scaling.learn(y, positive=self._loss().link == "exp"))
        return self._encode(y), None

    @property
    def _scaling(self):
        return Scaling(**self._target)

    def _encode(self, y):
        return self._scaling.there(y)[:, None].astype(np.float32)

    def _loss_weight(self, targets, weight):
        return weight

    def _scoring(self):
        loss, scaling = self._loss(), self._scaling
        scoring = self.scoring or self._default_scoring()
        if scoring == "loss":
            return partial(minus_loss, loss)
        function = ERRORS[scoring]

        def score(z, y, weight):
            return function(scaling.within(loss.predict(z)), y, weight)

        return score

    def _default_scoring(self):
        return "neg_root_mean_squared_error" if isinstance(self._loss(), SquaredError) else "loss"

    def _n_outputs(self):
        return 1

    def _loss(self):
        if self.loss == "quantile":
            return Quantile(float(self.quantile))
        loss = REGRESSION_LOSSES[self.loss] if isinstance(self.loss, str) else self.loss
        if loss.outputs_per_target > 1:
            raise ValueError(
                f"loss must have one output, got {loss!r} with {loss.outputs_per_target}. Fit one "
                "estimator for each output."
            )
        return loss

    def _training_loss(self, loss):
        return loss

    def _learn_from_held_out(self, outputs, held_out):
        pass

    def _prediction(self, z):
        """The mean of the members' predictions, each clipped; z: (members, n, 1)."""
        return self._scaling.back(self._model.loss.predict(z)[..., 0]).mean(axis=0)

    def _score_of(self, predicted, targets, weight):
        predicted = self._scaling.there(predicted)
        return float(r2_score(targets[:, 0].astype(float), predicted, sample_weight=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = False
        return tags
