"""The figures that a diagnosis is based on: of the data, the network and its training."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from numbers import Real
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import issparse
from sklearn.base import clone, is_classifier
from sklearn.utils import check_consistent_length

from sknn.estimators.hidden_layers import scales_input
from sknn.estimators.labels import OneLabel
from sknn.inspection.flatness import Flatness
from sknn.inspection.networks import check_targets, fitted_model
from sknn.inspection.tracing.stages import stages_of
from sknn.inspection.tracing.trace import trace
from sknn.nn.batches import sum_of_weights
from sknn.scikit_learn import num_samples, safe_indexing

MEMORY, MOST = 2**26, 1000  # maximum bytes and rows in one chunk
SAMPLE = 200  # rows for which error terms are computed, as many as in a typical mini-batch


class NotChecked(Exception):
    """Raised by a check that is not possible, with its requirements."""


@dataclass
class Evidence:
    """The figures that the checks of a diagnosis use. Unknown figures are None.

    Attributes
    ----------
    estimator : estimator instance
        The network, fitted or not.
    fitted : bool
        Whether it is fitted.
    n : int
        The number of samples.
    rms : ndarray of shape (n_features,)
        The root mean square of each feature at the input of the network.
    feature_names : ndarray of str or None
        The names of these features.
    length : float
        The root mean square of the Euclidean lengths of the samples.
    target_rms : float or None
        The root mean square of y, for losses that compare it directly with the outputs.
    class_weights : dict or None
        The sum of the weights of each class, as used in training, if each sample has one label.
    relative_loss : float or None
        The loss on the samples, relative to that of the best constant.
    score, validation_score : float or None
        The accuracy or R2 on the samples and on the held-out samples.
    n_validation : int or None
        The number of held-out samples.
    validation_given : bool
        Whether they were passed as X_val.
    flatness : list of Flatness
        One for each layer whose activation function is flat on at least one side.
    history : dict of list
        ``history_``, empty for an estimator that is not fitted.
    normalized_input : bool
        Whether the network scales its input itself.
    integer_images : bool
        Whether X contains integer images, which are divided by 255.
    shrinkage : callable
        () -> the size of the error terms of the first layer with weights relative to the last.
    """

    estimator: Any
    fitted: bool
    n: int
    rms: np.ndarray
    length: float
    feature_names: np.ndarray | None = None
    target_rms: float | None = None
    class_weights: dict | None = None
    relative_loss: float | None = None
    score: float | None = None
    validation_score: float | None = None
    n_validation: int | None = None
    validation_given: bool = False
    flatness: list = field(default_factory=list)
    history: dict = field(default_factory=dict)
    normalized_input: bool = False
    integer_images: bool = False
    shrinkage: Callable = lambda: None

    def check_is_fitted(self):
        """Raises NotChecked if the estimator is not fitted."""
        if not self.fitted:
            raise NotChecked("requires a fitted estimator")


def gather(estimator, X, y, sample_weight, X_val, y_val):
    """The Evidence of an estimator, fitted or not, from the samples of its fit."""
    fitted = hasattr(estimator, "coefs_")
    model = fitted_model(estimator) if fitted else None
    reader = estimator if fitted else clone(estimator)  # learns the classes and shapes
    reader._validate_params()
    if y is None:
        data = reader._read_samples(X, model=model)
    else:
        data = reader._read(X, y, sample_weight, model=model, learn=model is None, some=True)
    rows = data.rows
    if fitted and y is not None:
        check_targets(estimator, model, rows)
    squares, flatness, z = _look(estimator, model, rows)
    evidence = Evidence(
        estimator,
        fitted,
        n=len(rows),
        rms=np.sqrt(squares / len(rows)),
        length=float(np.sqrt(squares.sum() / len(rows))),
        feature_names=getattr(reader, "feature_names_in_", None),
        flatness=flatness,
        history=getattr(estimator, "history_", {}),
        normalized_input=scales_input(model.network.layers if fitted else reader._layers(1)),
        integer_images=rows.samples.scale is not None,
    )
    if y is not None:
        targets, loss = rows.targets(), reader._loss()
        labels = getattr(reader, "_labels", None)  # None for regressors
        if loss.link == "identity" and labels is None:
            evidence.target_rms = float(np.sqrt(np.mean(np.square(targets))))
        if isinstance(labels, OneLabel):
            evidence.class_weights = _class_weights(labels, targets, rows.weight)
        if fitted:
            evidence.relative_loss = _relative_loss(loss, targets, z, rows.weight)
            evidence.score = _score(estimator, z, targets, data.sample_weight)
            evidence.shrinkage = partial(_shrinkage, estimator, X, y, rows.weight)
    _hold_out(evidence, reader, X_val, y_val)
    return evidence


def _look(estimator, model, rows):
    """(sums of squares of the features, Flatness of layers, raw outputs), chunk by chunk.

    The last two are [] and None without a model.
    """
    squares, outputs, stages = 0.0, [], []
    row_size = rows.dtype.itemsize * rows.x.shape[1]
    if model is not None:
        row_size += model.network.row_size(rows.dtype)
        states = model.network.state_layout.views(model.state)
        stages = stages_of(estimator, model.network, model.params, states)
    flatness = [Flatness(stage) for stage in stages]
    step = max(1, min(MOST, MEMORY // row_size))
    with np.errstate(all="ignore"):
        for start in range(0, len(rows), step):
            x = rows.take(slice(start, start + step)).x
            x = x.toarray() if issparse(x) else x
            squares = squares + np.square(x.reshape(len(x), -1), dtype=float).sum(axis=0)
            for stage, counter in zip(stages, flatness, strict=True):
                z, x = stage.forward(x, False)
                counter.count(z)
            outputs.append(x)
    flattening = [counter for counter in flatness if counter.ends]
    return squares, flattening, np.concatenate(outputs) if stages else None


def _score(estimator, z, y, weight):
    """The accuracy or R2 of raw outputs z. R2 of a single sample is undefined, hence nan."""
    if len(z) == 1 and not is_classifier(estimator):
        return np.nan
    with np.errstate(over="ignore"):
        return estimator._score_of_outputs()(z, y, weight)


def _shrinkage(estimator, X, y, weight):
    """The root mean square of the error terms of the first layer with weights, over the last's.

    None if no sample has a weight, or the last layer has no error.
    """
    X = X.tocsr() if issparse(X) else X  # other formats do not support row indexing
    counted = np.arange(num_samples(X)) if weight is None else np.flatnonzero(weight.any(axis=1))
    if not len(counted):
        return None
    at = counted[np.unique(np.linspace(0, len(counted) - 1, SAMPLE).astype(int))]
    traced = trace(estimator, safe_indexing(X, at), safe_indexing(y, at))
    errors = [np.sqrt(np.mean(own.delta**2)) for own in traced.layers if own.has_weights]
    return float(errors[0] / errors[-1]) if errors[-1] > 0 else None


def _class_weights(labels, targets, weight):
    """For each class, the sum of the weights of its samples."""
    codes = labels.codes_of_targets(targets)
    weight = None if weight is None else weight[:, 0]
    sums = np.bincount(codes, weights=weight, minlength=len(labels.classes))
    return dict(zip(labels.classes.tolist(), sums.tolist(), strict=True))


def _relative_loss(loss, y, z, weight):
    """The loss of raw outputs z over that of the best constant. None if the ratio is undefined."""
    if weight is not None:
        counted = weight.any(axis=1)
        y, z, weight = y[counted], z[counted], weight[counted]
    if np.all(y == y[:1]):  # a constant is always right
        return None
    y, z = y.astype(np.float64), z.astype(np.float64)
    weight_sum = float(len(y)) if weight is None else sum_of_weights(weight)

    def mean(z):
        gradient = np.empty_like(z)
        total = loss.sum_and_gradient(y, z, weight, gradient)
        return total, gradient.sum(axis=0)

    def of_constant(constant):
        total, gradient = mean(np.tile(constant, (len(y), 1)))
        return total / weight_sum, gradient / weight_sum

    with np.errstate(all="ignore"):
        best = minimize(of_constant, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B").x
        own, constant = (
            loss.finish(mean(outputs)[0], weight_sum)[0]
            for outputs in (z, np.tile(best, (len(y), 1)))
        )
    ratio = own / constant if constant > 0 else np.nan
    return float(ratio) if np.isfinite(ratio) else None


def _hold_out(evidence, reader, X_val, y_val):
    """Adds what is known about held-out samples; reader: an estimator that knows the shape of X."""
    est = evidence.estimator
    if X_val is not None and evidence.fitted:
        model = est._current_model()
        data = est._read(X_val, y_val, model=model, some=True, validates=True)
        check_targets(est, model, data.rows, name="y_val")
        evidence.n_validation, evidence.validation_given = len(data.rows), True
        z, targets = est._outputs(X_val), data.rows.targets()
        evidence.validation_score = _score(est, z, targets, None)
        return
    if X_val is not None:
        try:
            check_consistent_length(reader._checked(X_val, np.dtype(np.float64)), y_val)
        except (TypeError, ValueError) as error:
            raise ValueError(f"X_val and y_val: {error}") from error
        evidence.n_validation, evidence.validation_given = num_samples(X_val), True
        return
    if est.early_stopping and est.solver != "lbfgs" and isinstance(est.validation_fraction, Real):
        evidence.n_validation = ceil(evidence.n * est.validation_fraction)
    if est.scoring is None and evidence.history:
        best = getattr(est, "best_validation_score_", None)  # that of the kept weights
        last = evidence.history["validation_score"][-1:]
        score = last[0] if best is None and last else best
        evidence.validation_score = None if score is None or np.isnan(score) else score
