"""Held-out samples: where they come from, and the score on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv, train_test_split

from sknn.nn.batches import Rows, sum_of_weights
from sknn.scikit_learn import safe_indexing


@dataclass
class HeldOut:
    """Samples to validate on: rows ``at`` of x, or all of it.

    y: encoded targets (n, n_outputs)    labels: the same as the user gave them
    weight: (n,) or None
    """

    x: Any
    at: np.ndarray | None
    y: np.ndarray
    labels: np.ndarray
    weight: np.ndarray | None

    def loss(self, model, z):
        """The unpenalised, weighted loss of raw outputs z."""
        weight = None if self.weight is None else self.weight[:, None]
        weight_sum = len(self.y) if weight is None else sum_of_weights(weight)
        total = model.loss.sum_and_gradient(self.y, z, weight, np.empty_like(z))
        return model.loss.finish(total, weight_sum)[0]


def hold_out(estimator, model, rows, labels, sample_weight, given, groups, random_state, kept=None):
    """(numbers of the rows to train on, HeldOut), or None for all of them, for no such.

    given: (X_val, y_val, sample_weight_val)    kept: the numbers, by name, that a fit held out
    from which this one goes on
    """
    X_val, y_val, weight_val = given
    if groups is not None and (X_val is not None or not estimator.early_stopping):
        raise ValueError(
            "groups are only used to hold out samples: pass them with early_stopping=True, a "
            "splitter as validation_fraction, and no X_val."
        )
    if X_val is not None:
        return None, _given(estimator, model, rows, X_val, y_val, weight_val)
    if y_val is not None or weight_val is not None:
        raise ValueError("y_val and sample_weight_val go with X_val, which was not given.")
    if not estimator.early_stopping or estimator.solver == "lbfgs":
        return None, None
    if kept:
        training, at = kept["training"], kept["validation"]
    else:
        training, at = _split(estimator, rows, labels, groups, random_state)
    weight = None if sample_weight is None else sample_weight[at]
    y = rows.targets(at)
    return training, HeldOut(rows.x, at, y, safe_indexing(labels, at), weight)


def _given(estimator, model, rows, X_val, y_val, weight_val):
    """The HeldOut of what the user gave. Raises ValueError on what does not go with the rows."""
    if y_val is None:
        raise ValueError("X_val was given without y_val: pass both, or neither.")
    try:
        X_val, labels = estimator._validated(X_val, y_val, [model.dtype], reset=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"X_val and y_val: {error}") from error
    labels = estimator._learn(labels, learn=False, some=True)
    y, codebook = estimator._encode(labels, model.dtype)
    if weight_val is not None:
        weight_val = estimator._checked_weight(weight_val, X_val, model.dtype)
    y = Rows(X_val, y, dtype=model.dtype, codebook=codebook).targets()
    wanted = rows.targets(slice(0, 1)).shape[1]
    if y.shape[1] != wanted:
        raise ValueError(f"y_val must have {wanted} columns, as y, got {y.shape[1]}.")
    return HeldOut(X_val, None, y, labels, weight_val)


def given_data(held_out):
    """What the user gave to validate on, by the names of ``fit``; None where it is nothing."""
    given = held_out is not None and held_out.at is None
    parts = (held_out.x, held_out.labels, held_out.weight) if given else (None,) * 3
    return dict(zip(("X_val", "y_val", "sample_weight_val"), parts, strict=True))


def _split(estimator, rows, labels, groups, random_state):
    """(training, validation): numbers of the rows to train and to validate on."""
    fraction = estimator.validation_fraction
    everything = np.arange(len(rows))
    if hasattr(fraction, "split"):
        splits = check_cv(fraction).split(everything, labels, groups)
        training, validation = (np.asarray(part) for part in next(iter(splits)))
        if len(training) == 0:
            raise ValueError(f"validation_fraction={fraction!r} leaves no samples to train on.")
    elif groups is not None:
        raise ValueError(
            "groups are only used by a splitter given as validation_fraction, got "
            f"validation_fraction={fraction!r}. Pass a splitter, for instance "
            "GroupShuffleSplit(n_splits=1, test_size=0.1)."
        )
    else:
        training, validation = train_test_split(
            everything,
            random_state=random_state,
            test_size=fraction,
            stratify=estimator._strata(rows.y),
        )
    if len(validation) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    if rows.weight is not None and not rows.weight[validation].any():
        raise ValueError(
            "All samples drawn for the validation set have weight zero. Increase "
            "'validation_fraction', or leave such samples out."
        )
    return training, validation


def validator(estimator, model, held_out, memory):
    """() -> (loss, score) on the samples held out, read chunk by chunk, never copied whole.

    With a scorer of the user's, which calls predict, they are copied once.
    """
    scoring = estimator.scoring
    scorer = None
    if scoring not in (None, "loss"):
        scorer = check_scoring(estimator, scoring)
        x = held_out.x if held_out.at is None else safe_indexing(held_out.x, held_out.at)
        weights = {} if held_out.weight is None else {"sample_weight": held_out.weight}

    def validate():
        z = model.outputs(held_out.x, memory, held_out.at)
        if not np.isfinite(z).all():
            return np.nan, np.nan
        loss = held_out.loss(model, z)
        if scorer is not None:
            return loss, float(scorer(estimator, x, held_out.labels, **weights))
        if scoring == "loss":
            return loss, -loss
        return loss, estimator._score_outputs(z, held_out.y, held_out.weight)

    return validate
