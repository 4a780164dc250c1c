"""Held-out samples: where they come from, and the score on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv, train_test_split
from sklearn.utils import _safe_indexing


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
        weight_sum = len(self.y) if self.weight is None else float(self.weight.sum())
        total = model.loss.sum_and_gradient(self.y, z, self.weight, np.empty_like(z))
        return model.loss.finish(total, weight_sum)[0]


def given_data(held_out):
    """What the user gave to validate on, by the names of ``fit``; None where it is nothing."""
    given = held_out is not None and held_out.at is None
    parts = (held_out.x, held_out.labels, held_out.weight) if given else (None,) * 3
    return dict(zip(("X_val", "y_val", "sample_weight_val"), parts, strict=True))


def split(estimator, rows, labels, groups, random_state):
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
        x = held_out.x if held_out.at is None else _safe_indexing(held_out.x, held_out.at)
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
