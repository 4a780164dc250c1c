"""What both estimators do: a raw table in, the mean of several networks out."""

from contextlib import nullcontext
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, check_cv
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from sknn.estimators.hidden_layers import hidden_sizes
from sknn.estimators.inputs import check_finite, checked_total
from sknn.estimators.parameters import BELOW_ONE, COUNT, NOT_NEGATIVE, POSITIVE
from sknn.estimators.reading import one_weight_each
from sknn.estimators.rollback import all_or_nothing
from sknn.nn.activations import ACTIVATIONS, Activation
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut
from sknn.nn.model import Model
from sknn.nn.threads import one_blas_thread
from sknn.scikit_learn import CachedParameterNames, Interval, StrOptions, fit_context
from sknn.tabular.encoding import Encoding
from sknn.tabular.folds import LEAST, dealt_folds
from sknn.tabular.frames import read_array, read_frame
from sknn.tabular.members import Members
from sknn.tabular.recipe import (
    EMBEDDINGS,
    Recipe,
    fill_unknown,
    layers_for,
    optimizer_for,
    schedule_for,
)
from sknn.typing import Samples

CONSTRAINTS = {
    "n_estimators": [COUNT],
    "hidden_layer_sizes": ["array-like", COUNT],
    "numeric_embedding": [StrOptions(set(EMBEDDINGS))],
    "activation": [StrOptions({"auto", *ACTIVATIONS}), Activation],
    "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
    "max_onehot": [Interval(Integral, 0, None, closed="left")],
    "learning_rate_init": [POSITIVE, StrOptions({"auto"})],
    "max_iter": [COUNT],
    "batch_size": [COUNT, StrOptions({"auto"})],
    "dropout": [BELOW_ONE],
    "weight_decay": [NOT_NEGATIVE],
    "cv": ["cv_object"],
    "max_time": [POSITIVE, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}
LEAST_WEIGHT = 1e-30  # of the mean
EXACT = 1000  # rows: up to so many are predicted in float64, for which the time does not matter


def _refused(method, reason):
    """For ``available_if``: an AttributeError with the reason why there is no such method."""

    def check(estimator):
        raise AttributeError(f"{type(estimator).__name__} has no {method}: {reason}")

    return available_if(check)


class TableNetwork(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, CachedParameterNames, BaseEstimator
):
    """Fits members, whatever the task.

    Tasks say what y means (``_learn_targets``, ``_encode``), which loss it asks for, how outputs
    are scored on what a member did not see, and what the mean of the members is.
    """

    n_features_in_: int  # for type checkers, as feature_names_in_: validate_data sets them
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
        """Fit the members to X and y.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table as it is: numbers on any scale, strings, categories, bools, missing values.
        y : array-like of shape (n_samples,)
            The targets: class labels for a classifier, numbers for a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. Samples with a weight of 0 are left out.
        X_val, y_val : as X and y, default=None
            Samples to validate on after each epoch. All members then train on all of X, and there
            are no out-of-fold predictions.
        sample_weight_val : array-like of shape (n_samples_val,), default=None
            Weights of those samples.
        groups : array-like of shape (n_samples,), default=None
            Samples of one group are in one fold; or for the splitter given as ``cv``.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the input cannot be used; the message names the column. Then, and after any other
            error, the estimator is left as it was.
        """

        def train(undo):
            given = (X_val, y_val, sample_weight_val)
            return self._train(X, y, sample_weight, given, groups)

        return all_or_nothing(self, train)

    def _train(self, X, y, sample_weight, given, groups):
        """One fit in four steps: read, prepare, run, publish."""
        table, y, weight, kept = self._read(X, y, sample_weight)
        if groups is not None:
            check_consistent_length(groups, kept)
        targets, codebook = self._learn_targets(y)
        is_category = self._categories(table)
        encoding = Encoding.learn(table, is_category, self.max_onehot)
        x = encoding.matrix(table)
        loss_weight = _mean_one(self._loss_weight(targets, weight))
        rows = Rows(x, targets, loss_weight, dtype=np.float32, codebook=codebook)
        random_state = check_random_state(self.random_state)
        splits, held_out = self._held_out(
            rows, targets, codebook, given, groups, kept, encoding, random_state
        )
        members = Members(
            self._recipe(encoding, x),
            rows,
            [split and split[0] for split in splits],
            held_out,
            [_seeded(random_state) for _ in splits],
        )
        self.is_categorical_ = is_category
        say = self._say() if self.verbose else None
        theta, state, results, histories = members.train(self.max_time, say, _working_memory())
        self._refuse_divergence(results)
        params = members.network.layout.views(theta)
        fill_unknown(params[0], x, encoding.sizes)
        self._encoding = encoding
        self._model = Model(members.network, members.recipe.loss, theta, state)
        self._publish(results, histories, held_out, targets, weight, kept)
        return self

    # Read

    def _read(self, X, y, sample_weight):
        """(Table, y, weight or None, which rows are kept): rows of no weight are left out."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        table = self._table(X, reset=True)
        y = self._checked_targets(y)
        check_consistent_length(np.empty(table.shape[0]), y)
        kept = np.ones(len(y), bool)
        if sample_weight is None:
            return table, y, None, kept
        weight = one_weight_each(sample_weight, np.empty((len(y), 1)), np.float64, True)
        checked_total("sample_weight", weight)
        kept = weight > 0
        if not kept.all():
            table, y, weight = table.rows(kept), y[kept], weight[kept]
        return table, y, weight, kept

    def _table(self, X, reset):
        """X as a Table with the columns of the fit in their order."""
        table = read_frame(X)
        if table is None:
            X = _checked_array(X, type(self).__name__)
            validate_data(self, X, skip_check_array=True, reset=reset)
            return read_array(X)
        if table.shape[0] == 0 or table.shape[1] == 0:
            what = "sample" if table.shape[1] else "feature"
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={table.shape}) while a minimum of 1 is "
                f"required by {type(self).__name__}."
            )
        known = None if reset else getattr(self, "feature_names_in_", None)
        if known is not None and set(known) == set(table.names):
            return table.in_order(list(known))
        validate_data(self, X, skip_check_array=True, reset=reset)
        return table

    def _categories(self, table):
        """Which columns are categories, (n_columns,) of bool."""
        asked, n = self.categorical_features, table.shape[1]
        if isinstance(asked, str) and asked == "from_dtype":
            return table.is_category
        asked = np.asarray([] if asked is None else asked)
        categories = np.zeros(n, bool)
        if asked.dtype.kind == "b":
            if asked.shape != (n,):
                raise ValueError(
                    f"categorical_features as a mask must have an entry for each of the {n} "
                    f"columns, got the shape {asked.shape}."
                )
            categories = asked.copy()
        elif asked.dtype.kind in "OUS" and asked.size:
            names = [] if table.names is None else table.names
            unknown = [name for name in asked.tolist() if name not in names]
            if unknown:
                raise ValueError(
                    f"categorical_features must name columns of X, got {unknown!r}. The columns "
                    f"are {names!r}; an array has none: give their numbers."
                )
            categories[[names.index(name) for name in asked.tolist()]] = True
        elif asked.dtype.kind in "iu" or not asked.size:
            at = asked.astype(int)
            if at.size and (at.min() < 0 or at.max() >= n):
                raise ValueError(
                    f"categorical_features must be numbers of columns from 0 to {n - 1}, got "
                    f"{asked.tolist()!r}."
                )
            categories[at] = True
        else:
            raise ValueError(
                "categorical_features must be 'from_dtype', None, a mask, or numbers or names of "
                f"columns, got {self.categorical_features!r}."
            )
        return categories

    # Prepare

    def _held_out(self, rows, targets, codebook, given, groups, kept, encoding, random_state):
        """([(train, held out) or None], [HeldOut or None]) of the members."""
        X_val, y_val, weight_val = given
        n_members, score = self.n_estimators, self._scoring()
        if X_val is None:
            if y_val is not None or weight_val is not None:
                raise ValueError("y_val and sample_weight_val go with X_val, which was not given.")
            splits = self._splits(targets, groups, kept, random_state)
            if not splits:
                n_members = min(n_members, max(1, len(targets) // 2))
                return [None] * n_members, [None] * n_members
            held_out = []
            for _, at in splits:
                own = None if rows.weight is None else rows.weight[at, 0]
                held_out.append(HeldOut(rows.x, at, rows.targets(at), targets[at], own, score))
            return splits, held_out
        if y_val is None:
            raise ValueError("X_val was given without y_val: pass both, or neither.")
        if groups is not None or self.cv is not None:
            raise ValueError(
                "groups and cv say which samples of X members are validated on, but X_val was "
                "given: pass X_val alone, or no X_val."
            )
        table = self._table(X_val, reset=False)
        y_val = self._checked_targets(y_val)
        check_consistent_length(np.empty(table.shape[0]), y_val)
        codes = self._encode(y_val)
        if weight_val is not None:
            weight_val = one_weight_each(weight_val, np.empty((len(codes), 1)), np.float64, True)
            checked_total("sample_weight_val", weight_val)
        y = codes if codebook is None else codebook[codes]
        own = HeldOut(encoding.matrix(table), None, y, codes, weight_val, score)
        return [None] * n_members, [own] * n_members

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

    def _splits(self, targets, groups, kept, random_state):
        """[(train, held out)] of the members; [] if there are too few rows.

        kept: which of the rows that the user gave are those of the targets
        """
        n_members = self.n_estimators
        order = targets if targets.ndim == 1 else targets[:, 0]
        if self.cv is None and groups is None:
            return dealt_folds(order, n_members, random_state)
        cv = self.cv
        if cv is None:
            n_groups = len(np.unique(np.asarray(groups)[kept]))
            n_folds = min(max(n_members, LEAST), n_groups)
            if n_folds < 2:
                raise ValueError("groups must be at least two, got a single one.")
            cv = GroupKFold(n_folds) if targets.ndim == 2 else StratifiedGroupKFold(n_folds)
        cv = check_cv(cv, order, classifier=targets.ndim == 1)
        place, of_all = np.cumsum(kept) - 1, np.zeros(len(kept), order.dtype)
        of_all[kept] = order
        splits = cv.split(np.empty((len(kept), 1)), of_all, groups)
        splits = [[place[at][kept[at]] for at in split] for split in splits]
        found = [split for split in splits if all(map(len, split))]
        if not found:
            raise ValueError(f"cv must give at least one split, got none of {self.cv!r}.")
        return [found[number % len(found)] for number in range(n_members)]

    def _say(self):
        """Prints how far training is, and the time left."""
        epochs = self.max_iter

        def say(done, seconds):
            left = seconds / done * (epochs - done)
            print(f"Epoch {done} of at most {epochs}, {seconds:.0f} s, about {left:.0f} s left")

        return say

    def _refuse_divergence(self, results):
        if any(result.reason == "diverged" for result in results):
            raise ValueError(
                "Training diverged: the weights of a member are no longer finite. Lower "
                f"learning_rate_init (now {self.learning_rate_init!r})."
            )

    # Publish

    def _publish(self, results, histories, held_out, targets, weight, kept):
        n_epochs = min(len(history["loss"]) for history in histories)
        names = ("loss", "validation_loss", "validation_score", "learning_rate", "seconds")
        self.history_ = {
            name: np.array([history[name][:n_epochs] for history in histories]).T for name in names
        }
        self.n_iter_ = n_epochs
        self.n_members_ = len(results)
        scores = self.history_["validation_score"]
        validated = held_out[0] is not None
        self.validation_scores_ = scores if validated else None
        self.best_iter_ = np.array([_best_epoch(history, validated) for history in histories])
        outputs = None
        if validated:
            outputs = [
                Model(self._model.network, self._model.loss, theta, state).outputs(
                    own.x, _working_memory(), own.at
                )
                for theta, state, own in zip(
                    self._model.theta, self._model.state, held_out, strict=True
                )
            ]
        self._learn_from_held_out(outputs, held_out)
        self.oof_prediction_ = self.oof_score_ = None
        if validated and held_out[0].at is not None:
            self._publish_out_of_fold(outputs, held_out, targets, weight, kept)

    def _publish_out_of_fold(self, outputs, held_out, targets, weight, kept):
        n = len(targets)
        first = self._prediction(outputs[0][None])
        total = np.zeros((n, *first.shape[1:]))
        counts = np.zeros(n)
        for z, own in zip(outputs, held_out, strict=True):
            total[own.at] += self._prediction(z[None])
            counts[own.at] += 1
        seen = counts > 0
        found = np.full((len(kept), *first.shape[1:]), np.nan)
        shape = (-1,) + (1,) * (first.ndim - 1)
        found[np.flatnonzero(kept)[seen]] = total[seen] / counts[seen].reshape(shape)
        self.oof_prediction_ = found
        of_rows = found[kept][seen]
        own = None if weight is None else weight[seen]
        self.oof_score_ = self._score_of(of_rows, targets[seen], own)

    # Predict

    def _outputs(self, X, depth=None):
        """What the members make of X: (members, n_samples, outputs)."""
        check_is_fitted(self)
        table = self._table(X, reset=False)
        x = self._encoding.matrix(table)
        model, threads = self._model, nullcontext()
        if len(x) <= EXACT:  # then it does not matter which rows come together
            theta, state = model.theta.astype(np.float64), model.state.astype(np.float64)
            model = Model(model.network, model.loss, theta, state)
            threads = one_blas_thread()  # to wake others takes longer than the work
        with np.errstate(all="ignore"), threads:
            z = model.outputs(x, _working_memory(), depth=depth)
        check_finite(z)
        return z

    def transform(self, X: Samples) -> np.ndarray | Any:
        """What the last hidden layers of all members make of X, as features for another model.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_members * n_units)
            The outputs of the last hidden layer of each member, one member after the other.
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

    @_refused("partial_fit", "scales and categories are learnt from the whole table. Call fit.")
    def partial_fit(self, X: Samples, y: ArrayLike) -> None:
        """Not available: scales and categories are learnt from the whole table."""

    @_refused("resume", "members keep no checkpoint. Call fit, with max_time if time is short.")
    def resume(self, X: Samples, y: ArrayLike) -> None:
        """Not available: members keep no checkpoint."""

    @_refused("set_callbacks", "members train in one pass, without callbacks. Use verbose.")
    def set_callbacks(self, *callbacks: Any) -> None:
        """Not available: members train in one pass, without callbacks."""

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
    """Weights divided by their mean, which changes no fit; none becomes 0 in float32."""
    return None if weight is None else np.maximum(weight / weight.mean(), LEAST_WEIGHT)


def _checked_array(X, name):
    """X as a two-dimensional array of any dtype, or a sparse matrix in rows."""
    if isinstance(X, np.ma.MaskedArray):
        X = X.astype(float).filled(np.nan) if X.dtype.kind in "biuf" else X.filled(None)
    if not issparse(X) and not isinstance(X, np.ndarray) and not hasattr(X, "__array__"):
        kind = np.asarray(X).dtype.kind if hasattr(X, "__len__") else "O"
        X = np.asarray(X, dtype=object if kind in "USOT" else None)
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":
        X = X.astype(object)
    return check_array(
        X, accept_sparse="csr", dtype=None, ensure_all_finite=False, estimator=name, input_name="X"
    )


def _best_epoch(history, validated):
    """The epoch, counted from 1, of the last of the best scores; of the last, without scores."""
    scores = np.nan_to_num(history["validation_score"], nan=-np.inf)[::-1]
    return len(scores) - int(np.argmax(scores)) if validated else len(scores)


def _seeded(random_state):
    return np.random.RandomState(random_state.randint(2**31 - 1))


def _working_memory():
    return get_config()["working_memory"] * 2**20
