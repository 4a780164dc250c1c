"""The base class of all network estimators: fits in four steps, predicts in chunks."""

from collections.abc import Sequence
from copy import deepcopy
from numbers import Integral
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sknn.estimators.by_hand import model_by_hand
from sknn.estimators.callbacks import EpochCallbacks
from sknn.estimators.checkpoints import check_place, checkpoint_writer, read_checkpoint
from sknn.estimators.inputs import check_finite
from sknn.estimators.meeting import run_here
from sknn.estimators.panel.html import NetworkPanel
from sknn.estimators.parameters import CheckedParameters
from sknn.estimators.publishing import publish
from sknn.estimators.reading import FLOATS, Reader
from sknn.estimators.reports import refuse_divergence, report
from sknn.estimators.rollback import all_or_nothing
from sknn.estimators.solvers import (
    copies_of_weights,
    new_lbfgs_plan,
    new_plan,
    new_training_state,
    rows_at_a_time,
)
from sknn.estimators.starts import (
    Fresh,
    Further,
    Resumed,
    Warm,
    has_other_order,
    refuse_other_arrays,
)
from sknn.estimators.validation import given_data, hold_out, user_score
from sknn.nn.fit import Fit, Watch
from sknn.nn.model import Model, as_weights
from sknn.nn.network import Network
from sknn.nn.storage.checkpoint import check_same, fingerprint
from sknn.nn.streams import seeded
from sknn.scikit_learn import (
    CachedParameterNames,
    CallbackSupportMixin,
    fit_context,
)
from sknn.typing import Samples

NONE_GIVEN = (None, None, None)  # X_val, y_val and sample_weight_val


class BaseNetwork(
    NetworkPanel,
    Reader,
    CheckedParameters,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    CachedParameterNames,
    BaseEstimator,
):
    """Base class for estimators of any network and task.

    Subclasses define the layers (``_layers``). Tasks define how y is encoded (``_encode``) and
    split (``_strata``), which loss is minimised (``_loss``) and how outputs are scored
    (``_score_of_outputs``).
    """

    # The fitted attributes are declared for type checkers. They are set in publishing.
    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_features_in_: int
    feature_names_in_: np.ndarray
    n_iter_: int
    t_: int
    loss_: float
    best_loss_: float | Any  # Any stands for None, which users know to avoid
    loss_curve_: list[float]
    validation_scores_: list[float] | Any
    best_validation_score_: float | Any
    history_: dict[str, list[float]]

    _size_parameters = "the sizes in layers"  # these determine how much memory training takes
    _samples_known_by_weights = False  # whether coefs_ tell all that fit learns of the samples

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Samples,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Samples | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        coef_init: Sequence[ArrayLike] | None = None,
        intercept_init: Sequence[ArrayLike] | None = None,
    ) -> Self:
        """Fit the network to the data X and the targets y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The training samples.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The target values. For a classifier, these are class labels, an indicator matrix of
            labels or several columns of labels; for a regressor, real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights. In a full batch, a weight of two equals having the sample
            twice.
        X_val, y_val : as X and y, default=None
            Validation samples and targets, which are evaluated after each epoch. The results are
            recorded in ``history_``. With ``early_stopping=True`` they determine when training
            stops, and no part of X is held out.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Sample weights of the validation samples.
        groups : array-like of shape (n_samples,), default=None
            Group labels of the samples, which are passed to the splitter if
            ``validation_fraction`` is a splitter.
        coef_init, intercept_init : list of array-like, default=None
            Initial weights and biases, of the same shapes as ``coefs_`` and ``intercepts_``. If
            None, they are drawn at random.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        ValueError
            If the input is invalid or training diverges. After this and any other error, the
            estimator is unchanged.
        OSError
            If ``checkpoint`` cannot be written. FileExistsError is raised if the file exists and is
            not a checkpoint.
        """
        goes_on = self.warm_start and hasattr(self, "coefs_")

        def train(undo):
            check_place(self)
            return self._train(
                X,
                y,
                sample_weight,
                Warm.after(self, self._current_model()) if goes_on else Fresh(),
                undo,
                given=(X_val, y_val, sample_weight_val),
                groups=groups,
                weights=(coef_init, intercept_init),
            )

        return all_or_nothing(self, train)

    @fit_context(prefer_skip_nested_validation=True)
    def resume(
        self,
        X: Samples,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Samples | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Continue an interrupted fit from its last checkpoint.

        The checkpoint is read from the path in the parameter ``checkpoint``. With the same
        parameters and data as in the interrupted fit, the resulting weights are bit for bit those
        of a fit without interruption. Parameters that do not affect the shapes of the weights or
        the state of the solver can be changed: with a larger ``max_iter`` training continues for
        longer, and a new ``learning_rate_init`` applies from this point on.

        Parameters
        ----------
        X, y, sample_weight, X_val, y_val, sample_weight_val, groups : as in fit
            The data of the interrupted fit.

        Returns
        -------
        self : object
            Fitted estimator.

        Raises
        ------
        FileNotFoundError
            If there is no checkpoint.
        ValueError
            If the checkpoint is damaged, or if the data, the network or the solver differ from
            those of the interrupted fit.
        OSError
            If further checkpoints cannot be written to the file.
        """

        def train(undo):
            return self._train(
                X,
                y,
                sample_weight,
                Resumed(checkpoint=read_checkpoint(self)),
                undo,
                given=(X_val, y_val, sample_weight_val),
                groups=groups,
            )

        return all_or_nothing(self, train)

    def _train(
        self, X, y, sample_weight, start, undo, given=NONE_GIVEN, groups=None, weights=(None, None)
    ):
        """Runs one fit in four steps: read, prepare, run, publish.

        start: a Start    undo: as in ``all_or_nothing``    given: (X_val, y_val,
        sample_weight_val)    weights: (coef_init, intercept_init)
        """
        undo.append(start.give_back)
        self._layers(n_outputs=1)  # raises on invalid layers before the data is touched
        data = self._read(X, y, sample_weight, model=start.model, learn=start.learns_classes)
        fit = self._prepare(data, start, given, groups, weights)
        publish(self, fit)
        callbacks = EpochCallbacks(self, data.X, data.labels, data.sample_weight, fit.epochs_left)
        try:
            result = self._run_fit(fit, self._watch(fit, start, callbacks))
        except MemoryError as error:
            told = fit.model.network.told_need(*self._claims(fit.rows))
            raise MemoryError(f"{error}. {told}. {self._smaller()}") from error
        refuse_divergence(self, fit, result)
        publish(self, fit, result)
        callbacks.end()
        report(self, fit, result, start)
        return self

    def _prepare(self, data, start, given, groups, weights):
        """Returns the Fit of this network to Data. Random draws are in scikit-learn's order."""
        random_state = start.run.random_state if start.run else self.random_state
        own_draws = start.run is None and isinstance(self.random_state, Integral)
        random_state = seeded(random_state) if own_draws else check_random_state(random_state)
        model = self._new_model(data, random_state, start.model)
        same = start.model is not None and model.network is start.model.network
        if start.run and not same and has_other_order(model.network, start.model.network):
            raise ValueError(
                "partial_fit continues with the same optimiser, so the same layers must be "
                "trainable as before. Restore trainable, or call fit with warm_start=True, which "
                "starts a new optimiser from the same weights."
            )
        _take_given(model, weights)
        trained = {"X": data.X, "y": data.labels, "sample_weight": data.sample_weight}
        fingerprints = self._fingerprints(trained, start)
        kept = start.checkpoint and start.checkpoint.rows
        rows, subset, held_out = self._hold_out(model, data, given, groups, random_state, kept)
        fingerprints |= self._fingerprints(given_data(held_out), start)
        if start.model is None:
            model.adapt(rows, subset, random_state)
            _take_given(model, weights)
        if self.solver == "lbfgs":
            plan = new_lbfgs_plan(self, model.network, held_out)
            rows = rows.astype(np.float64)  # as in SciPy; float32 would mislead its search
        else:
            n_samples = len(rows) if subset is None else len(subset)
            plan = new_plan(self, n_samples, start.planned, rows.n_shards)
        goes_on = (self.warm_start or not start.planned) and self.solver != "lbfgs"
        draws = goes_on or self.checkpoint is not None or _draws(model.network, rows, plan)
        return Fit(
            model,
            self._training_loss(),
            rows,
            subset,
            held_out,
            plan,
            start.run or new_training_state(self, model, random_state, start, draws),
            self.max_iter if start.planned else 1,
            start.history,
            start.checkpoint,
            fingerprints,
            goes_on=goes_on,
            own_draws=own_draws,
        )

    def _run_fit(self, fit, watch):
        """Returns the Result of a Fit."""
        return run_here(fit, watch)

    def _hold_out(self, model, data, *args):
        """Returns (rows, subset, held_out) of a Fit. The arguments are those of ``hold_out``."""
        return data.rows, *hold_out(self, model, data, *args)

    def _train_further(self, X, y, sample_weight, undo):
        """Runs ``partial_fit``: one epoch that continues from the state after the last call."""
        try:
            if self.early_stopping:
                raise ValueError("partial_fit does not support early_stopping=True")
            model = self._current_model() if hasattr(self, "coefs_") else None
            return self._train(X, y, sample_weight, Further.after(self, model), undo)
        except Exception:
            # Only after an error, because scikit-learn does not check them for every batch.
            self._validate_params()
            raise

    def _fingerprints(self, data, start):
        """Returns the fingerprints of the data that a checkpoint stores.

        Raises ValueError if the checkpoint to resume from has different ones.
        """
        if self.checkpoint is None or not start.planned:
            return {}
        prints = fingerprint(data)
        if start.checkpoint is not None:
            check_same(start.checkpoint.data, prints)
        return prints

    def _watch(self, fit, start, callbacks):
        """Returns the Watch that observes the Fit while it runs."""
        saves = self.checkpoint is not None and start.planned
        return Watch(
            before_epoch=callbacks.begin_epoch if callbacks.listening else None,
            after_epoch=callbacks.end_epoch if callbacks.listening else None,
            say=print if self.verbose else None,
            save=checkpoint_writer(self, fit) if saves else None,
            score=user_score(self, fit.held_out),
            memory=working_memory(),
        )

    def _n_outputs(self, targets):
        """Number of raw outputs of the network for encoded targets (n, columns)."""
        return targets.shape[1]

    def _new_model(self, data, random_state, previous):
        """Returns a Model with newly drawn weights or with the weights of the previous Model."""
        loss = self._loss() if isinstance(self.loss, str) else deepcopy(self._loss())
        loss.check()
        loss = loss.computed()
        rows, input_shape = data.rows, self._input_shape(data.X)
        layers = self._layers(self._n_outputs(rows.targets(slice(0, 1))))
        same = previous is not None and previous.network.is_of(layers, input_shape)
        network = previous.network if same else Network(layers, input_shape)
        network.refuse_too_large(*self._claims(rows), self._smaller())
        if previous is None:
            theta, state = network.initial(random_state, rows.dtype)
            return Model(network, loss, theta, state)
        # Copies, so that a failing fit leaves the old weights unchanged.
        theta, state = previous.theta.copy(), previous.state.copy()
        if not same:
            refuse_other_arrays(network, previous.network)
            if has_other_order(network, previous.network):  # layers were frozen or unfrozen
                for own, others in zip(network.layout.views(theta), previous.params, strict=True):
                    for name, array in others.items():
                        own[name][...] = array
        return Model(network, loss, theta, state)

    def _claims(self, rows):
        """What the memory of a fit to Rows depends on.

        Returns (dtype, number of samples in the layers at a time, number of vectors as long as the
        weights).
        """
        return rows.dtype, rows_at_a_time(self, len(rows)), copies_of_weights(self)

    def _smaller(self):
        """Returns the remedy for a network that does not fit into memory."""
        return f"Lower batch_size or {self._size_parameters}, or the size of a sample."

    def _training_loss(self):
        """Returns the Loss that is minimised. Predictions and validation use ``_loss``."""
        return self._loss().computed()

    def _fitted_loss(self):
        """Returns the Loss of the last fit, even if parameters were changed after it."""
        model = self.__dict__.get("_model")
        return self._loss() if model is None else model.loss

    def _current_model(self):
        """Returns the fitted Model with the current weights in ``coefs_`` and ``intercepts_``."""
        model = self.__dict__.get("_model")
        if model is None:
            return model_by_hand(self)
        if model.holds(self.coefs_, self.intercepts_):
            return model
        # The user has changed the weights, and these take precedence.
        weights = as_weights("coefs_", self.coefs_)
        biases = as_weights("intercepts_", self.intercepts_)
        dtype = np.result_type(*weights, *biases)
        dtype = dtype if dtype in FLOATS else np.dtype(FLOATS[0])
        n_outputs = weights[-1].shape[-1] if weights and weights[-1].ndim else 1
        if model.fits(weights, biases):
            network, loss = model.network, model.loss  # unchanged by parameters set later
            theta, state = model.theta.astype(dtype), model.state.astype(dtype)
        else:
            network = Network(self._layers(n_outputs), self._input_shape())
            loss = self._fitted_loss()
            theta, state = network.initial(np.random.RandomState(0), dtype)
        model = Model(network, loss, theta, state)
        model.take_weights(weights, biases)
        return model

    def transform(self, X: Samples, layer: int = -1) -> np.ndarray | Any:
        """Compute the outputs of a hidden layer, for instance as features for another model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The input samples.
        layer : int, default=-1
            Index of the hidden layer, starting from 0. Negative indices count from the last hidden
            layer.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_units)
            The outputs of the hidden layer after its activation.
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
        """For each hidden layer, the number of layers of the network up to its outputs."""
        return list(range(1, len(network.layers)))

    def _outputs(self, X, depth=None):
        """Returns the raw outputs (n_samples, n_outputs) for X, or those after ``depth`` layers."""
        model = self._current_model()
        X = self._checked(X, model.dtype, whole=False)
        with np.errstate(all="ignore"):
            z = model.outputs(X, working_memory(), depth=depth)
        check_finite(z)
        return z

    @property
    def _optimizer(self):
        """The learning rate of the next epoch, for code that was written for scikit-learn."""
        return SimpleNamespace(learning_rate=self._learning_rate)

    def __getstate__(self):
        """Stores the weights only once, in the model. The lists hold views of them."""
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
        chosen = isinstance(self.dtype, str) and self.dtype != "auto"  # fit says if it is invalid
        tags.transformer_tags.preserves_dtype = [self.dtype] if chosen else ["float64", "float32"]
        return tags


def _take_given(model, weights):
    """Copies the initial weights of the user, (coef_init, intercept_init), into the model."""
    if any(arrays is not None for arrays in weights):
        pairs = zip(weights, (model.weights, model.biases), strict=True)
        arrays = [own if init is None else init for init, own in pairs]
        model.take_weights(*arrays, names=("coef_init", "intercept_init"))


def _draws(network, rows, plan):
    """Whether training draws random numbers for anything but the order of the rows."""
    augments = getattr(plan, "augment", None) is not None
    return network.draws or augments or rows.numbered != len(rows)


def working_memory():
    """Maximum size of one chunk in bytes."""
    return get_config()["working_memory"] * 2**20
