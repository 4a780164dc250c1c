"""What every network estimator does: check its input, fit, continue, predict in chunks."""

from copy import deepcopy
from numbers import Integral
from types import SimpleNamespace

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sknn.estimators.callbacks import EpochCallbacks
from sknn.estimators.checkpoints import read_checkpoint
from sknn.estimators.fitting import Job, fit_lbfgs, fit_stochastic
from sknn.estimators.inputs import (
    check_finite,
    checked_total,
    refuse_no_labels,
    refuse_no_numbers,
    sums_up,
)
from sknn.estimators.panel.html import NetworkPanel
from sknn.estimators.rollback import all_or_nothing
from sknn.estimators.validation import given_data, hold_out
from sknn.nn.batches import Rows
from sknn.nn.model import Model, as_weights
from sknn.nn.network import Network
from sknn.nn.storage.checkpoint import check_same, fingerprint
from sknn.nn.training import HISTORY
from sknn.scikit_learn import check_sample_weight, fit_context

FLOATS = (np.float64, np.float32)  # the first is what other dtypes are converted to


class BaseNetwork(
    NetworkPanel,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    BaseEstimator,
):
    """Fits a network, whatever its layers and task.

    Subclasses say which layers (``_layers``); tasks say what y means (``_encode``, ``_strata``),
    which loss it asks for (``_loss``) and how predictions are scored (``_score_outputs``).
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
        coef_init=None,
        intercept_init=None,
    ):
        """Fit the network to X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets: class labels, or an indicator matrix of them, or several columns of
            labels, for a classifier; numbers for a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. A weight of two is as good as the sample
            twice in a full batch.
        X_val, y_val : as X and y, default=None
            Samples to validate on after each epoch. They are recorded in ``history_``; with
            ``early_stopping=True`` they decide when to stop, and nothing of X is held out.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Weights of those samples.
        groups : array-like of shape (n_samples,), default=None
            For a splitter given as ``validation_fraction``.
        coef_init, intercept_init : list of array-like, default=None
            Weights and biases to start from, of the shapes of ``coefs_`` and ``intercepts_``.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input cannot be used, or training diverges; a fresh estimator is left as it
            was.
        """
        with all_or_nothing(self):
            return self._fit(
                X,
                y,
                sample_weight,
                given=(X_val, y_val, sample_weight_val),
                groups=groups,
                start=(coef_init, intercept_init),
            )

    @fit_context(prefer_skip_nested_validation=True)
    def resume(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
    ):
        """Go on with a fit that was interrupted, from its last checkpoint.

        The checkpoint is read from the path in the parameter ``checkpoint``. With the parameters
        and the data of that fit the weights are, bit for bit, those of a fit that was never
        interrupted. What is not kept in weights may be another: with a larger ``max_iter``
        training goes on for longer; a changed ``learning_rate_init`` holds from here on.

        Parameters
        ----------
        X, y, sample_weight, X_val, y_val, sample_weight_val, groups : as in fit
            The same data.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        FileNotFoundError
            If there is no checkpoint.
        ValueError
            If it is damaged, the data are not the same, or the network or solver is another.
        """
        if self.checkpoint is None:
            raise ValueError(
                "resume goes on from the file that checkpoint names, got checkpoint=None. Set "
                "checkpoint to a path before fit."
            )
        with all_or_nothing(self):
            return self._fit(
                X,
                y,
                sample_weight,
                given=(X_val, y_val, sample_weight_val),
                groups=groups,
                resumed=read_checkpoint(self.checkpoint, level=4),
            )

    def _fit(
        self,
        X,
        y,
        sample_weight,
        incremental=False,
        given=(None, None, None),
        groups=None,
        start=(None, None),
        resumed=None,
    ):
        self._layers(n_outputs=1)  # raises on layers that cannot be, before data is touched
        fresh = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        fresh = fresh or resumed is not None
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        previous = None if fresh else self._current_model()
        if not fresh and previous is not self.__dict__.get("_model"):
            self.best_loss_ = self.best_validation_score_ = None  # of other weights
        X, labels = self._validated(X, y, self._dtypes(previous), reset=fresh)
        dtype = self._computing_dtype(X, previous)
        labels = self._learn(labels, learn=fresh and not incremental)
        y, codebook = self._encode(labels, dtype)
        if sample_weight is not None:
            sample_weight = self._checked_weight(sample_weight, X, dtype)

        run = self.__dict__.get("_run") if incremental and not fresh else None
        run = run and run.copy()
        random_state = run.random_state if run else check_random_state(self.random_state)
        n_outputs = self._n_outputs(y if codebook is None else codebook)
        model = self._new_model(self._input_shape(X), n_outputs, dtype, random_state, previous)
        if any(arrays is not None for arrays in start):
            model.take_weights(
                model.weights if start[0] is None else start[0],
                model.biases if start[1] is None else start[1],
                names=("coef_init", "intercept_init"),
            )
        if fresh:
            self.t_ = 0
            self.best_loss_ = self.best_validation_score_ = None
        if fresh or not hasattr(self, "history_"):
            self.history_ = {name: [] for name in HISTORY}
        elif not incremental:
            self.history_ = {name: list(values) for name, values in self.history_.items()}
        self._publish(model)
        if self.solver == "lbfgs":  # SciPy's works in float64; float32 would mislead its search
            dtype = np.float64
        weight = self._loss_weight(labels, sample_weight, incremental)
        rows = Rows(X, y, weight, dtype=dtype, shape=self._input_shape(X), codebook=codebook)
        data = {"X": X, "y": labels, "sample_weight": sample_weight}
        data = self._fingerprints(data, incremental, resumed)
        kept = resumed and resumed.rows
        training, held_out = hold_out(
            self, model, rows, labels, sample_weight, given, groups, random_state, kept
        )
        data |= self._fingerprints(given_data(held_out), incremental, resumed)
        epochs = 1 if incremental else self.max_iter
        if resumed is not None:
            epochs = max(0, epochs - resumed.epochs)
        callbacks = EpochCallbacks(self, X, labels, sample_weight, epochs)
        job = Job(
            self,
            model,
            rows,
            training,
            held_out,
            random_state,
            run,
            incremental,
            callbacks,
            data,
            resumed,
        )
        (fit_lbfgs if self.solver == "lbfgs" else fit_stochastic)(job)
        callbacks.end()
        return self

    def _fingerprints(self, data, incremental, resumed):
        """Those that checkpoints need. Raises ValueError if a resumed one has others."""
        if self.checkpoint is None or incremental:
            return {}
        prints = fingerprint(data)
        if resumed is not None:
            check_same(resumed.data, prints)
        return prints

    def _validated(self, X, y, dtypes, reset):
        refuse_no_numbers(X=X)
        (refuse_no_numbers if self._numeric_targets else refuse_no_labels)(y=y)
        return validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=dtypes,
            order="C",
            multi_output=True,
            y_numeric=self._numeric_targets,
            reset=reset,
        )

    def _dtypes(self, previous):
        """What X may be: the dtype of weights to go on from, or of ``dtype``; the first is used."""
        if previous is not None:
            return [previous.dtype]
        return FLOATS if self.dtype == "auto" else [np.dtype(self.dtype)]

    def _computing_dtype(self, X, previous):
        """What validated X is computed in."""
        return X.dtype

    def _input_shape(self, X=None):
        """Shape of one sample as the network takes it, of validated X or as in the last fit."""
        if X is not None:
            return X.shape[1:]
        return (getattr(self, "n_features_in_", np.shape(self.coefs_[0])[0]),)

    @staticmethod
    def _checked_weight(sample_weight, X, dtype):
        refuse_no_numbers(sample_weight=sample_weight)
        if isinstance(sample_weight, np.ndarray) and sample_weight.ndim == 0:
            sample_weight = float(sample_weight)
        weight = check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)
        return checked_total("sample_weight", weight)

    def _n_outputs(self, targets):
        """Raw outputs of the network for encoded targets (n, columns)."""
        return targets.shape[1]

    def _loss_weight(self, labels, sample_weight, incremental):
        """What the loss weighs samples with: ``sample_weight``, unless the task adds to it."""
        return sample_weight

    def _new_model(self, input_shape, n_outputs, dtype, random_state, previous):
        """A Model with drawn weights, or with those of the previous one."""
        loss = deepcopy(self._loss())
        loss.check()
        layers = self._layers(n_outputs)
        network = Network(layers, input_shape)
        if previous is None:
            theta, state = network.initial(random_state, dtype)
        else:
            # Copies, so that a fit that fails leaves the old weights alone.
            theta, state = previous.theta.copy(), previous.state.copy()
            wanted, got = network.shapes[1:], previous.network.shapes[1:]
            if wanted != got:
                raise ValueError(
                    f"To go on from fitted weights the layers must have their sizes, {got}, but "
                    f"the parameters ask for {wanted}. Restore the parameters, or call fit with "
                    "warm_start=False to start anew."
                )
        return Model(layers, input_shape, loss, theta, state)

    def _training_loss(self):
        """The Loss that is minimised; predictions and validation use ``_loss``."""
        return self._loss()

    def _fitted_loss(self):
        """The Loss of the last fit, which parameters set since do not change."""
        model = self.__dict__.get("_model")
        return self._loss() if model is None else model.loss

    def _publish(self, model):
        """Sets the attributes that are the model's: its weights, as views, and their numbers."""
        self._model = model
        self.coefs_, self.intercepts_ = list(model.weights), list(model.biases)
        self.n_layers_ = len(model.weights) + 1
        self.n_outputs_ = model.network.shapes[-1][0]
        self.out_activation_ = model.loss.link

    def _current_model(self):
        """The fitted Model, with the weights that ``coefs_`` and ``intercepts_`` now hold."""
        model = self.__dict__.get("_model")
        if model is not None and model.holds(self.coefs_, self.intercepts_):
            return model
        check_is_fitted(self, "coefs_")
        # Weights given by hand: they are the truth.
        weights = as_weights("coefs_", self.coefs_)
        biases = as_weights("intercepts_", self.intercepts_)
        dtype = np.result_type(*weights, *biases)
        dtype = dtype if dtype in FLOATS else np.dtype(FLOATS[0])
        n_outputs = weights[-1].shape[-1] if weights and weights[-1].ndim else 1
        layers, loss = self._layers(n_outputs), self._fitted_loss()
        network = Network(layers, self._input_shape())
        if model is not None and network.shapes == model.network.shapes:
            theta, state = model.theta.astype(dtype), model.state.astype(dtype)
        else:
            theta, state = network.initial(np.random.RandomState(0), dtype)
        model = Model(layers, network.shapes[0], loss, theta, state)
        model.take_weights(weights, biases)
        return model

    def transform(self, X, layer=-1):
        """What a hidden layer makes of X, for instance as features for another model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples.
        layer : int, default=-1
            Number of the hidden layer, from 0; negative ones count from the last.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_units)
            The outputs of that layer, after its activation.
        """
        check_is_fitted(self)
        depths = self._hidden_depths(self._current_model().network)
        if not isinstance(layer, Integral) or not -len(depths) <= layer < len(depths):
            raise ValueError(
                f"layer must be an int from {-len(depths)} to {len(depths) - 1} for a network with "
                f"{len(depths)} hidden layers, got {layer!r}."
            )
        activations = self._outputs(X, depth=depths[layer])
        return activations.reshape(len(activations), -1)

    @property
    def _n_features_out(self):
        network = self._current_model().network
        depths = self._hidden_depths(network)
        return int(np.prod(network.shapes[depths[-1]])) if depths else 0

    def _hidden_depths(self, network):
        """For each hidden layer, how many of the network's layers lead to its outputs."""
        return list(range(1, len(network.layers)))

    def _outputs(self, X, depth=None):
        """Raw outputs (n_samples, n_outputs), or those after ``depth`` layers, of checked X."""
        if "coefs_" not in self.__dict__:
            check_is_fitted(self, "coefs_")
        model = self._current_model()
        X = self._checked(X, model.dtype)
        with np.errstate(all="ignore"):
            z = model.outputs(X, _working_memory(), depth=depth)
        check_finite(z)
        return z

    def _checked(self, X, dtype):
        """X to predict for, as the model takes it, checked."""
        if X.__class__ is np.ndarray and X.dtype == dtype and self._plainly_valid(X):
            return X
        refuse_no_numbers(X=X)
        return validate_data(self, X, accept_sparse="csr", dtype=[dtype], order="C", reset=False)

    def _plainly_valid(self, X):
        """Whether an array needs no validation, which for few rows would take most of the time."""
        return (
            X.ndim == 2
            and X.shape[1] == self.n_features_in_
            and X.shape[0] > 0
            and "feature_names_in_" not in self.__dict__
            and sums_up(X)
        )

    @property
    def _optimizer(self):
        """Read by code written against scikit-learn: the learning rate of the next epoch."""
        return SimpleNamespace(learning_rate=self._learning_rate)

    def __getstate__(self):
        """The model alone carries the weights; the lists are views of it."""
        state = super().__getstate__()
        if "_model" in state and "coefs_" in state:
            state = {**state, "_model": self._current_model()}
            del state["coefs_"], state["intercepts_"]
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "_model" in state:
            self.coefs_ = list(self._model.weights)
            self.intercepts_ = list(self._model.biases)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        dtypes = ["float64", "float32"] if self.dtype == "auto" else [self.dtype]
        tags.transformer_tags.preserves_dtype = dtypes
        return tags


def _working_memory():
    """Bytes that one chunk may take."""
    return get_config()["working_memory"] * 2**20
