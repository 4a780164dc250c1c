"""What a diagnosis goes by: figures of the data, of the network on them, and of its training."""

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

MEMORY, MOST = 2**26, 1000  # bytes, and rows, that are looked at at a time
SAMPLE = 200  # rows that error terms are looked at for, as many as make a mini-batch


class NotTold(Exception):
    """A check lacks something to go by: what it would need."""


@dataclass
class Evidence:
    """Figures that the checks of a diagnosis read; None where they cannot be had.

    Attributes
    ----------
    estimator : estimator instance
    fitted : bool
    n : int
        Samples.
    rms : ndarray of shape (n_features,)
        Root mean square of each feature, as the network takes it in.
    length : float
        Root mean square of the Euclidean length of a sample.
    target_rms : float or None
        Root mean square of y, for losses that compare it with outputs as they are.
    class_weights : dict or None
        For one label a sample: the sum of the weights of each class, as training sees them.
    relative_loss : float or None
        The loss on the samples, over that of the best constant.
    score, validation_score : float or None
        Accuracy or R2, of the samples and of those held out.
    n_validation : int or None
        How many are held out.
    validation_given : bool
        Whether these were passed as X_val.
    flatness : list of Flatness
        Of the layers whose activation function flattens on some side.
    history : dict of list
        ``history_``, empty for an estimator that is not fitted.
    normalized_input : bool
        Whether the network scales its input itself.
    integer_images : bool
        Whether X holds images of integers, which are divided by 255.
    shrinkage : callable
        () -> the size of the error terms of the first layer with weights over those of the last.
    """

    estimator: Any
    fitted: bool
    n: int
    rms: np.ndarray
    length: float
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
        """Raises NotTold if it is not."""
        if not self.fitted:
            raise NotTold("needs a fitted estimator")


def gather(estimator, X, y, sample_weight, X_val, y_val):
    """The Evidence of an estimator, fitted or not, on the samples of its fit."""
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
        flatness=flatness,
        history=getattr(estimator, "history_", {}),
        normalized_input=scales_input(model.network.layers if fitted else reader._layers(1)),
        integer_images=rows.samples.scale is not None,
    )
    if y is not None:
        targets, loss = rows.targets(), reader._loss()
        labels = getattr(reader, "_labels", None)  # regressors have none
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
    """Accuracy or R2 of raw outputs z; nan for R2 of a single sample, of which there is none."""
    if len(z) == 1 and not is_classifier(estimator):
        return np.nan
    with np.errstate(over="ignore"):
        return estimator._score_of_outputs()(z, y, weight)


def _shrinkage(estimator, X, y, weight):
    """Root mean square of the error terms of the first layer with weights, over the last's.

    None where no sample has a weight, or the last layer has no error.
    """
    X = X.tocsr() if issparse(X) else X  # other formats have no rows to take
    counted = np.arange(num_samples(X)) if weight is None else np.flatnonzero(weight.any(axis=1))
    if not len(counted):
        return None
    at = counted[np.unique(np.linspace(0, len(counted) - 1, SAMPLE).astype(int))]
    traced = trace(estimator, safe_indexing(X, at), safe_indexing(y, at))
    errors = [np.sqrt(np.mean(own.delta**2)) for own in traced.layers if own.has_weights]
    return float(errors[0] / errors[-1]) if errors[-1] > 0 else None


def _class_weights(labels, targets, weight):
    """For each class the sum of the weights of its samples."""
    codes = labels.codes_of_targets(targets)
    weight = None if weight is None else weight[:, 0]
    sums = np.bincount(codes, weights=weight, minlength=len(labels.classes))
    return dict(zip(labels.classes.tolist(), sums.tolist(), strict=True))


def _relative_loss(loss, y, z, weight):
    """The loss of raw outputs z over that of the best constant; None where that is no ratio."""
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
    """Fills in what is known of the samples held out; reader: one that knows how X looks."""
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
        best = getattr(est, "best_validation_score_", None)  # of the weights that were kept
        last = evidence.history["validation_score"][-1:]
        score = last[0] if best is None and last else best
        evidence.validation_score = None if score is None or np.isnan(score) else score
