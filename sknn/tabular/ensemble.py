"""The base class of both estimators for tables: fits several networks and averages them."""

from contextlib import nullcontext
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sknn.estimators.base import working_memory
from sknn.estimators.checkpoints import CheckpointWriter, check_place, read_checkpoint
from sknn.estimators.hidden_layers import hidden_sizes
from sknn.estimators.inputs import check_finite
from sknn.estimators.parameters import CheckedParameters
from sknn.estimators.rollback import all_or_nothing
from sknn.estimators.validation import given_data
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut, Watch
from sknn.nn.model import Model
from sknn.nn.storage.checkpoint import check_same, fingerprint
from sknn.nn.threads import one_blas_thread
from sknn.scikit_learn import CachedParameterNames, CallbackSupportMixin, fit_context
from sknn.tabular.columns_panel import ColumnsPanel
from sknn.tabular.encoding import Encoding
from sknn.tabular.folds import asked_folds, dealt_folds, restored_folds, stored_folds
from sknn.tabular.members import Members
from sknn.tabular.publishing import MemberCallbacks, TableFit, publish
from sknn.tabular.reading import categories, read_table, weights_for
from sknn.tabular.recipe import (
    Recipe,
    layers_for,
    optimizer_for,
    schedule_for,
)
from sknn.typing import Samples

LEAST_WEIGHT = 1e-30  # as a fraction of the mean weight
EXACT = 100  # rows: up to this number, predictions are computed in float64, which is fast enough


def _refused(method, reason):
    """For ``available_if``: raises AttributeError with the reason why a method is missing."""

    def check(estimator):
        raise AttributeError(f"{type(estimator).__name__} has no {method}: {reason}")

    return available_if(check)


class TableNetwork(
    ColumnsPanel,
    CheckedParameters,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    CachedParameterNames,
    BaseEstimator,
):
    """Fits the members and predicts with them, for any task.

    Subclasses encode y (``_learn_targets``, ``_encode``), choose the loss, score the outputs for
    samples held out, and turn the outputs of the members into predictions.
    """

    n_features_in_: int  # for type checkers: validate_data sets it and feature_names_in_
    feature_names_in_: np.ndarray

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
    ) -> Self:
        """Fit the ensemble to X and y.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table as it is: numbers on any scale, strings, categories, bools and missing values.
        y : array-like of shape (n_samples,)
            The targets: class labels for a classifier, numbers for a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. Samples with a weight of 0 are left out.
        X_val, y_val : as X and y, default=None
            Samples on which all members are validated after each epoch. All members then train on
            the whole of X, and there are no out-of-fold predictions.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Weights of the validation samples.
        groups : array-like of shape (n_samples,), default=None
            Group labels of the samples. All samples of a group are in the same fold, unless ``cv``
            is a splitter that uses them in another way.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input is not valid; the message names the column. After this and any other error,
            the estimator is as it was before the call.
        OSError
            If ``checkpoint`` cannot be written. FileExistsError if there is a file that is not a
            checkpoint.
        """

        def train(undo):
            check_place(self)
            given = (X_val, y_val, sample_weight_val)
            return self._train(X, y, sample_weight, given, groups)

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
        """Continue a fit that was interrupted from its last checkpoint.

        The checkpoint is read from the path in the parameter ``checkpoint``. With the same
        parameters and data, the weights of all members are, bit for bit, those of a fit that was
        never interrupted. The folds are those of the interrupted fit, also with
        ``random_state=None``. Parameters on which neither weights nor columns depend can be
        changed: with a larger ``max_iter`` training goes on for longer. Under ``max_time`` as many
        epochs are trained in all as the interrupted fit had planned.

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
            If the checkpoint is damaged, the data differ, or there are other members or layers.
        OSError
            If further checkpoints cannot be written there.
        """

        def train(undo):
            start = read_checkpoint(self)
            given = (X_val, y_val, sample_weight_val)
            return self._train(X, y, sample_weight, given, groups, start)

        return all_or_nothing(self, train)

    def _train(self, X, y, sample_weight, given, groups, start=None):
        """One fit in four steps: read, prepare, run, publish; start: a Checkpoint to go on from."""
        table, read, weight, kept = self._read(X, y, sample_weight)
        if groups is not None:
            check_consistent_length(groups, kept)
        fit, stored = self._prepare(table, read, weight, kept, given, groups, start)
        epochs_left = self.max_iter - (start.epochs if start else 0)
        callbacks = MemberCallbacks(fit, self, X, y, sample_weight, max(0, epochs_left))
        say = self._say(start.epochs if start else 0) if self.verbose else None
        trained = fit.members.train(self.max_time, say, self._watch(callbacks, stored), start)
        self._refuse_divergence(trained)
        publish(self, fit, trained)
        callbacks.end()
        return self

    # Read

    def _read(self, X, y, sample_weight):
        """(Table, y, weight or None, which rows are kept); rows with a weight of 0 are left out."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        table = read_table(self, X, reset=True)
        y = self._checked_targets(y)
        weight = weights_for(table, y, sample_weight, "sample_weight")
        kept = np.ones(len(y), bool) if weight is None else weight > 0
        if not kept.all():
            table, y, weight = table.rows(kept), y[kept], weight[kept]
        return table, y, weight, kept

    # Prepare

    def _prepare(self, table, y, weight, kept, given, groups, start):
        """(TableFit, the rows and fingerprints that its checkpoints store)"""
        targets, codebook = self._learn_targets(y)
        encoding = Encoding.learn(
            table, categories(self.categorical_features, table), self.max_onehot
        )
        x = encoding.matrix(table)
        loss_weight = _mean_one(self._loss_weight(targets, weight))
        rows = Rows(x, targets, loss_weight, dtype=np.float32, codebook=codebook)
        random_state = check_random_state(self.random_state)
        data = self._fingerprints({"X": x, "y": y, "sample_weight": loss_weight}, start)
        splits, held_out = self._held_out(rows, given, groups, kept, encoding, random_state, start)
        data |= self._fingerprints(given_data(held_out[0]), start)
        members = Members(
            self._recipe(encoding, x),
            rows,
            [split and split[0] for split in splits],
            held_out,
            [_seeded(random_state) for _ in splits],
        )
        stored = {"rows": stored_folds(splits), "data": data}
        return TableFit(members, encoding, targets, weight, kept), stored

    def _fingerprints(self, data, start):
        """Fingerprints of data for checkpoints. Raises ValueError if those of start differ."""
        prints = {}
        if self.checkpoint is not None:
            stored = {name: getattr(array, "stored", array) for name, array in data.items()}
            prints = fingerprint(stored)  # of SparseRows what is stored
        if start is not None:
            check_same(start.data, prints)
        return prints

    def _held_out(self, rows, given, groups, kept, encoding, random_state, start):
        """([(train, held out) or None], [HeldOut or None]) of the members."""
        X_val, y_val, weight_val = given
        n_members, score, targets = self.n_estimators, self._scoring(), rows.y
        if X_val is None:
            if y_val is not None or weight_val is not None:
                raise ValueError("y_val and sample_weight_val require X_val, which was not passed.")
            classes = targets.ndim == 1
            order = targets if classes else targets[:, 0]
            if self.cv is None and groups is None:
                splits = dealt_folds(order, n_members, random_state)
            else:
                splits = asked_folds(self.cv, order, groups, kept, n_members, classes)
            splits = splits or [None] * min(n_members, max(1, len(targets) // 2))
            splits = _splits_to_use(start, splits, len(targets))
            if splits[0] is None:
                return splits, splits
            held_out = []
            for _, at in splits:
                own = None if rows.weight is None else rows.weight[at, 0]
                held_out.append(HeldOut(rows.x, at, rows.targets(at), targets[at], own, score))
            return splits, held_out
        if y_val is None:
            raise ValueError("X_val was passed without y_val. Pass both or neither.")
        if groups is not None or self.cv is not None:
            raise ValueError(
                "groups and cv choose samples of X for validation, but X_val was given, too. Pass "
                "X_val alone, or do not pass X_val."
            )
        table = read_table(self, X_val, reset=False)
        y_val = self._checked_targets(y_val)
        weight_val = weights_for(table, y_val, weight_val, "sample_weight_val")
        codes = self._encode(y_val)
        y = codes if rows.codebook is None else rows.codebook[codes]
        own = HeldOut(encoding.matrix(table), None, y, codes, weight_val, score)
        return _splits_to_use(start, [None] * n_members, len(targets)), [own] * n_members

    def _recipe(self, encoding, x):
        """The Recipe of the members for the matrix of all rows."""
        activation, loss = self.activation, self._loss()
        layers = layers_for(
            x,
            encoding.n_numbers,
            encoding.sizes,
            self._n_outputs(),
            hidden=_hidden_sizes(self.hidden_layer_sizes),
            activation=self._own_activation if activation == "auto" else activation,
            embedding=self.numeric_embedding,
            dropout=float(self.dropout),
        )
        rate = self.learning_rate_init
        return Recipe(
            layers,
            loss,
            self._training_loss(loss),
            optimizer_for(self.weight_decay),
            schedule_for(),
            self._own_learning_rate if rate == "auto" else float(rate),
            None if self.batch_size == "auto" else int(self.batch_size),
            int(self.max_iter),
        )

    def _watch(self, callbacks, stored):
        """A Watch that calls the callbacks and writes checkpoints."""
        listening, saves = callbacks.listening, self.checkpoint is not None
        return Watch(
            before_epoch=callbacks.begin_epoch if listening else None,
            after_epoch=callbacks.end_epoch if listening else None,
            save=CheckpointWriter(self.checkpoint, self.checkpoint_every, stored)
            if saves
            else None,
            memory=working_memory(),
        )

    def _say(self, begun):
        """Prints how far training is, and the time left; begun: epochs done before this call."""
        epochs = self.max_iter

        def say(done, seconds):
            left = seconds / (done - begun) * (epochs - done)
            print(f"Epoch {done} of at most {epochs}, {seconds:.0f} s, about {left:.0f} s left")

        return say

    def _refuse_divergence(self, trained):
        if trained.diverged:
            raise ValueError(
                "Training diverged: the weights of a member are no longer finite. Lower "
                f"learning_rate_init (now {self.learning_rate_init!r}) or weight_decay (now "
                f"{self.weight_decay!r})."
            )

    # Predict

    def _outputs(self, X, depth=None):
        """Raw outputs of the members, or of one of their layers: (members, n_samples, outputs)."""
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        model, threads = self._model, nullcontext()
        if table.shape[0] <= EXACT:  # predictions then do not depend on the other rows
            theta, state = model.theta.astype(np.float64), model.state.astype(np.float64)
            model = Model(model.network, model.loss, theta, state)
            threads = one_blas_thread()  # waking others takes longer than the work
        with np.errstate(all="ignore"), threads:
            parts = [
                model.outputs(x, working_memory(), depth=depth)
                for x in self._encoding.matrices(table, working_memory())
            ]
        z = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        check_finite(z)
        return z

    def transform(self, X: Samples) -> np.ndarray | Any:
        """Return the outputs of the last hidden layers of all members, as features.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_members * n_units)
            The outputs of the last hidden layer of each member, side by side.
        """
        check_is_fitted(self)
        z = self._outputs(X, depth=len(self._model.network.layers) - 1)
        return np.concatenate(list(z), axis=1)

    @property
    def _n_features_out(self):
        return self.n_members_ * self._model.network.shapes[-2][0]

    @property
    def feature_importances_(self) -> np.ndarray:
        """Not computed: see ``sklearn.inspection.permutation_importance``."""
        raise AttributeError(
            f"{type(self).__name__} has no feature_importances_. Use sklearn.inspection."
            "permutation_importance(estimator, X, y), on samples that were not used in fit."
        )

    @_refused("partial_fit", "scales and categories are learned from the whole table. Call fit.")
    def partial_fit(self, X: Samples, y: ArrayLike) -> None:
        """Not available: scales and categories are learned from the whole table."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _hidden_sizes(given):
    sizes = hidden_sizes(given)
    if not len(sizes):
        raise ValueError(
            f"hidden_layer_sizes must have at least one hidden layer, got {given!r}. For a linear "
            "model use MLPClassifier or MLPRegressor with hidden_layer_sizes=()."
        )
    return sizes


def _mean_one(weight):
    """Weights divided by their mean, which does not change the fit; none is 0 in float32."""
    return None if weight is None else np.maximum(weight / weight.mean(), LEAST_WEIGHT)


def _splits_to_use(start, splits, n_rows):
    """The splits, or those of the Checkpoint to go on from: they may have been drawn at random."""
    if start is None:
        return splits
    members = start.theta.shape[:-1]
    if members != (len(splits),):
        before = f"{members[0]} members" if members else "one network of another estimator"
        raise ValueError(
            f"The checkpoint must be one of {len(splits)} members, as the parameters and the data "
            f"say, but is one of {before}. Use n_estimators as before, or call fit to start anew."
        )
    return restored_folds(start.rows, n_rows) or splits


def _seeded(random_state):
    return np.random.RandomState(random_state.randint(2**31 - 1))
