"""Estimators for raw tables: `TabularClassifier`, `TabularRegressor`."""

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from sknn.estimators.inputs import refuse_no_labels, refuse_no_numbers
from sknn.estimators.parameters import BELOW_ONE
from sknn.nn.losses import LabelSmoothing, SoftmaxLogLoss, SquaredError
from sknn.scikit_learn import StrOptions
from sknn.tabular.calibration import fitted_temperature, log_loss_at, softmax
from sknn.tabular.ensemble import CONSTRAINTS, TableNetwork


class TabularClassifier(ClassifierMixin, TableNetwork):
    """Classifier for raw tables."""

    _parameter_constraints = {
        **CONSTRAINTS,
        "label_smoothing": [BELOW_ONE],
        "calibrate": ["boolean"],
        "scoring": [StrOptions({"neg_brier_score", "neg_log_loss", "accuracy"}), None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }
    _own_activation, _own_learning_rate = "selu", 0.04

    def __init__(
        self,
        n_estimators=8,
        *,
        hidden_layer_sizes=(128, 128),
        numeric_embedding="auto",
        activation="auto",
        categorical_features="from_dtype",
        max_onehot=8,
        learning_rate_init="auto",
        max_iter=64,
        batch_size="auto",
        dropout=0.15,
        weight_decay=0.02,
        label_smoothing=0.1,
        calibrate=True,
        cv=None,
        scoring=None,
        class_weight=None,
        max_time=None,
        random_state=None,
        verbose=0,
    ):
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

    def predict(self, X):
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

    def predict_proba(self, X):
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

    def predict_log_proba(self, X):
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : {dataframe, array-like, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        log_p : ndarray of shape (n_samples, n_classes)
            The logarithms, in the order of ``classes_``.
        """
        return np.log(np.maximum(self.predict_proba(X), np.finfo(float).tiny))

    def _checked_targets(self, y):
        refuse_no_labels(y=y)
        if not hasattr(y, "dtype"):
            y = np.asarray(y)
        if getattr(y, "ndim", 1) == 2 and y.shape[1] > 1:
            raise ValueError(
                f"y must be one column of labels, got the shape {y.shape}. Fit one estimator for "
                "each column, for instance with sklearn.multioutput.MultiOutputClassifier."
            )
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        return y

    def _learn_targets(self, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        return codes, np.eye(len(self.classes_), dtype=np.float32)

    def _encode(self, y):
        unknown = ~np.isin(y, self.classes_)
        if unknown.any():
            raise ValueError(
                f"y_val must hold labels that are in y, got {np.unique(y[unknown]).tolist()!r}. "
                "Leave those samples out."
            )
        return np.searchsorted(self.classes_, y)

    def _loss_weight(self, codes, weight):
        if self.class_weight is None:
            return weight
        own = compute_class_weight(
            self.class_weight, classes=self.classes_, y=self.classes_[codes], sample_weight=weight
        )[codes]
        return own if weight is None else own * weight

    def _scoring(self):
        return SCORES[self.scoring or "neg_brier_score"]

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


class TabularRegressor(RegressorMixin, TableNetwork):
    """Regressor for raw tables."""

    _parameter_constraints = {
        **CONSTRAINTS,
        "scoring": [StrOptions({"neg_root_mean_squared_error", "neg_mean_absolute_error"}), None],
    }
    _own_activation, _own_learning_rate = "mish", 0.1

    def __init__(
        self,
        n_estimators=8,
        *,
        hidden_layer_sizes=(128, 128),
        numeric_embedding="auto",
        activation="auto",
        categorical_features="from_dtype",
        max_onehot=8,
        learning_rate_init="auto",
        max_iter=64,
        batch_size="auto",
        dropout=0.15,
        weight_decay=0.02,
        cv=None,
        scoring=None,
        max_time=None,
        random_state=None,
        verbose=0,
    ):
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
        self.cv = cv
        self.scoring = scoring
        self.max_time = max_time
        self.random_state = random_state
        self.verbose = verbose

    def predict(self, X):
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

    def _checked_targets(self, y):
        refuse_no_numbers(y=y)
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            raise ValueError(
                f"y must be one column of numbers, got the shape {y.shape}. Fit one estimator for "
                "each column, for instance with sklearn.multioutput.MultiOutputRegressor."
            )
        y = column_or_1d(y, dtype=np.float64, warn=True)
        if not np.isfinite(y).all():
            kind = "NaN" if np.isnan(y).any() else "infinity"
            raise ValueError(f"Input y contains {kind}. Leave those samples out.")
        return y

    def _learn_targets(self, y):
        least, most = float(y.min()), float(y.max())
        size = max(abs(least), abs(most)) or 1.0
        mean = float((y / size).mean() * size)  # sums of large numbers may be too large
        scale = float((y / size).std() * size)
        self._target = {
            "mean": mean,
            "scale": scale if scale > 0 else 1.0,
            "least": least,
            "most": most,
        }
        return self._encode(y), None

    def _encode(self, y):
        own = self._target
        return ((y / own["scale"] - own["mean"] / own["scale"])[:, None]).astype(np.float32)

    def _loss_weight(self, targets, weight):
        return weight

    def _scoring(self):
        own = self._target
        ends = [
            (own[name] / own["scale"] - own["mean"] / own["scale"]) for name in ("least", "most")
        ]
        function = ERRORS[self.scoring or "neg_root_mean_squared_error"]

        def score(z, y, weight):
            return function(np.clip(z.astype(float), *ends), y, weight)

        return score

    def _n_outputs(self):
        return 1

    def _loss(self):
        return SquaredError()

    def _training_loss(self, loss):
        return loss

    def _learn_from_held_out(self, outputs, held_out):
        pass

    def _prediction(self, z):
        """The mean of the members' numbers, each clipped; z: (members, n, 1)."""
        own = self._target
        y = z[..., 0].astype(np.float64) * own["scale"] + own["mean"]
        return np.clip(y, own["least"], own["most"]).mean(axis=0)

    def _score_of(self, predicted, targets, weight):
        own = self._target
        return float(
            r2_score(targets[:, 0] * own["scale"] + own["mean"], predicted, sample_weight=weight)
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = False
        return tags


def _brier(z, y, weight):
    p = softmax(z.astype(np.float64))
    return -float(np.average(((p - y) ** 2).sum(axis=1), weights=weight))


def _accuracy(z, y, weight):
    return float(np.average(z.argmax(axis=1) == y.argmax(axis=1), weights=weight))


def _log_loss(z, y, weight):
    return -log_loss_at(1.0, z.astype(np.float64), y.argmax(axis=1), weight)


def _root_mean_squared(z, y, weight):
    return -float(np.sqrt(np.average((z - y)[:, 0] ** 2, weights=weight)))


def _mean_absolute(z, y, weight):
    return -float(np.average(np.abs(z - y)[:, 0], weights=weight))


SCORES = {
    "neg_brier_score": _brier,
    "neg_log_loss": _log_loss,
    "accuracy": _accuracy,
}
ERRORS = {
    "neg_root_mean_squared_error": _root_mean_squared,
    "neg_mean_absolute_error": _mean_absolute,
}
