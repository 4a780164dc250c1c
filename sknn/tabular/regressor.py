"""`TabularRegressor`: numbers out of raw tables."""

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
    """Regressor for raw tables: several small networks, each with a fold of its own.

    It takes a table as it is, with strings, categories, bools, missing values and numbers on any
    scale. Members are networks with RealMLP's recipe [1]_ that train at the same time on the
    standardised target, each on all samples but those of one fold, on which it keeps its best
    epoch. A prediction is the mean of theirs, each cut off at the least and the largest y of the
    fit: it does not extrapolate. The guide has a page on it: :doc:`/guide/tables`.

    Parameters
    ----------
    n_estimators : int, default=8
        Number of members. Their mean is better than one of them by about a tenth; fewer are faster.
        Fewer than 4 samples have fewer members.
    loss : str or Loss, default='squared_error'
        Loss to minimise, of the standardised y; for 'poisson' and 'gamma', of y divided by its
        mean.

        - 'squared_error': half the squared error, summed over outputs
        - 'root_mean_squared_error': the root of the mean squared error of a batch
        - 'absolute_error': the absolute error, summed over outputs
        - 'huber': half the squared error up to 1, linear beyond
        - 'log_cosh': the logarithm of the hyperbolic cosine of the error
        - 'quantile': the pinball loss of each level in ``quantile``
        - 'poisson': half the Poisson deviance, for y that is not negative; predictions are
          exponentials of the raw outputs
        - 'gamma': half the gamma deviance, for positive y; predictions are exponentials of the raw
          outputs
    quantile : float, default=0.5
        Level to predict, in (0, 1). Only used when ``loss='quantile'``.
    hidden_layer_sizes : int or array-like of int, default=(128, 128)
        Number of units of each hidden layer. ``(256, 256)`` is more accurate on many samples and
        takes about 2.5 times as long.
    numeric_embedding : {'auto', 'periodic', 'piecewise_linear', 'none'}, default='auto'
        How numbers enter a network beside, or in place of, themselves: as cosines of learned
        frequencies, or as piecewise-linear functions with kinks at their quantiles. 'auto' is
        'periodic' below 2,500 samples, 'piecewise_linear' from there on, and 'none' for more than
        200 numeric columns.
    activation : str or Activation, default='auto'
        Activation function of the hidden layers, which each unit blends with the identity: 'auto'
        is 'mish'.
    categorical_features : 'from_dtype', array-like or None, default='from_dtype'
        Which columns are categories: 'from_dtype' takes columns of strings, categories and bools;
        an array holds a mask, or their numbers or names. Give them if a column holds codes, such as
        postcodes, as numbers. None: there are none.
    max_onehot : int, default=8
        Categories with up to so many levels become a column for each level, others are embedded.
    learning_rate_init : float or 'auto', default='auto'
        Largest learning rate; 'auto' is 0.1. Lower it if y is noisy or training diverges.
    max_iter : int, default=64
        Number of epochs. Each member keeps the weights of its best one.
    batch_size : int or 'auto', default='auto'
        Number of samples per mini-batch, about; 'auto' grows with their number from 64 to 1,024.
        Smaller ones take more steps, and more time.
    dropout : float, default=0.15
        Fraction of units dropped at random after each hidden layer, in [0, 1). It falls to 0 in the
        second half of training.
    weight_decay : float, default=0.02
        Strength of the weight decay, which falls to 0 in the second half of training.
    cv : int, splitter, iterable or None, default=None
        The folds: a member trains on one split's training samples and is validated on the others;
        members take the splits in turn. None deals the samples out by y to as many folds as
        members, at least 5, or by ``groups``. Give a splitter for samples in time order.
    scoring : {'neg_root_mean_squared_error', 'neg_mean_absolute_error'} or None, default=None
        Score by which a member keeps its best epoch; None is the first of them for
        ``loss='squared_error'``, minus the loss for others.
    max_time : float or None, default=None
        Seconds that ``fit`` should take. After a first epoch on trial, as many are planned as there
        is time for, at least one.
    random_state : int, RandomState instance or None, default=None
        Determines the folds, the first weights, the order of the samples and dropout.
    verbose : bool or int, default=0
        Whether to print how many epochs are done and how long the others will take.
    checkpoint : str, os.PathLike or None, default=None
        File in which ``fit`` stores what ``resume`` needs to continue after an interruption. Fits
        that run at the same time need a file each.
    checkpoint_every : int, default=1
        Number of epochs between checkpoints. The last epoch is always stored.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen during fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns seen during fit. Defined only if X has names that are all strings.
        Later frames may have these columns in any order.
    is_categorical_ : ndarray of shape (n_features_in_,) of bool
        Which columns were taken as categories.
    n_members_ : int
        Number of members.
    n_iter_ : int
        Number of epochs that all members have done.
    best_iter_ : ndarray of shape (n_members,)
        The epoch, from 1, whose weights each member has kept.
    validation_scores_ : ndarray of shape (n_epochs, n_members), or None
        Score of each epoch and member; None if there are too few samples to hold some out.
    history_ : dict of ndarray of shape (n_epochs, n_members)
        'loss', 'validation_loss', 'validation_score', 'learning_rate' and 'seconds'.
    oof_prediction_ : ndarray of shape (n_samples,), or None
        Out-of-fold predictions: those of members that did not train on the sample, nan for samples
        that were in no fold. None with ``X_val``.
    oof_score_ : float or None
        R2 of these predictions. It is slightly optimistic, as members keep the epoch that is best
        on the same samples.

    See Also
    --------
    TabularClassifier : The same for labels.
    MLPRegressor : One network on numbers that are scaled already.

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
            The mean of the members' predictions, each within the range of y in fit.
        """
        return self._prediction(self._outputs(X))

    def score(self, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """R2 of the predictions.

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
            At most 1.
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
                "estimator for each."
            )
        return loss

    def _training_loss(self, loss):
        return loss

    def _learn_from_held_out(self, outputs, held_out):
        pass

    def _prediction(self, z):
        """The mean of the members' numbers, each clipped; z: (members, n, 1)."""
        return self._scaling.back(self._model.loss.predict(z)[..., 0]).mean(axis=0)

    def _score_of(self, predicted, targets, weight):
        predicted = self._scaling.there(predicted)
        return float(r2_score(targets[:, 0].astype(float), predicted, sample_weight=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = False
        return tags
