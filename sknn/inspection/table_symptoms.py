"""What may be wrong with an estimator for tables, its columns or its members.

Each check takes a TableEvidence and returns (figure, text, remedy), or None if all is well. It
raises NotChecked, with what it would need, if it cannot tell.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import check_consistent_length

from sknn.inspection.data_symptoms import IMBALANCE
from sknn.inspection.evidence import Evidence, NotChecked
from sknn.inspection.training_symptoms import EPOCHS, GAP
from sknn.tabular.encoding import UNUSED, Encoding
from sknn.tabular.reading import categories, read_table

# Columns that a message names.
NAMED = 5
# Fraction of the epochs: members that are best earlier waste the rest of them.
EARLY = 0.1
# Samples in a fold: with fewer, which epoch was best is left to chance.
FOLD = 10


@dataclass
class TableEvidence:
    """Figures that the checks read; None where they cannot be had.

    Attributes
    ----------
    estimator : estimator instance
    fitted : bool
    n : int
        Number of samples.
    columns : dict of str
        How each column is encoded, by its name or number.
    class_weights : dict or None
        The sum of the weights of the samples of each class.
    constant : float or None
        The score of the best constant: the accuracy of the most frequent class, or an R2 of 0.
    score, held_out_score : float or None
        Accuracy or R2 of the samples, and of those that members did not train on.
    n_held_out : int or None
        How many samples the second of these scores is computed on.
    """

    estimator: Any
    fitted: bool
    n: int
    columns: dict
    class_weights: dict | None = None
    constant: float | None = None
    score: float | None = None
    held_out_score: float | None = None
    n_held_out: int | None = None

    check_is_fitted = Evidence.check_is_fitted


def gather_table(estimator, X, y, sample_weight, X_val, y_val):
    """The TableEvidence of an estimator, fitted or not, on the samples of its fit."""
    fitted = hasattr(estimator, "_encoding")
    reader = estimator if fitted else clone(estimator)
    reader._validate_params()
    table = read_table(reader, X, reset=not fitted)
    encoding = getattr(reader, "_encoding", None)
    if encoding is None:
        is_category = categories(reader.categorical_features, table)
        encoding = Encoding.learn(table, is_category, reader.max_onehot)
    names = getattr(reader, "feature_names_in_", range(table.shape[1]))
    evidence = TableEvidence(
        estimator,
        fitted,
        table.shape[0],
        dict(zip(names, encoding.fed_in(), strict=True)),
    )
    if y is not None:
        y = reader._checked_targets(y)
        check_consistent_length(np.empty(evidence.n), y, sample_weight)
        _look_at_targets(evidence, y, sample_weight)
        if fitted:
            evidence.score = _score(estimator, X, y, sample_weight)
    if fitted and X_val is not None:
        evidence.held_out_score = _score(estimator, X_val, y_val, None)
        evidence.n_held_out = len(y_val)
    elif fitted and estimator.oof_prediction_ is not None:
        evidence.held_out_score = estimator.oof_score_
        predicted = estimator.oof_prediction_.reshape(len(estimator.oof_prediction_), -1)
        evidence.n_held_out = int(np.count_nonzero(~np.isnan(predicted[:, 0])))
    return evidence


def _look_at_targets(evidence, y, sample_weight):
    if not is_classifier(evidence.estimator):
        evidence.constant = 0.0
        return
    classes, codes = np.unique(y, return_inverse=True)
    sums = np.bincount(codes, weights=sample_weight)
    evidence.class_weights = dict(zip(classes.tolist(), sums.tolist(), strict=True))
    evidence.constant = float(sums.max() / sums.sum())


def _score(estimator, X, y, sample_weight):
    """Accuracy or R2; nan for R2 of a single sample, of which there is none."""
    if len(y) == 1 and not is_classifier(estimator):
        return np.nan
    return estimator.score(X, y, sample_weight)


def unused_columns(evidence):
    """Columns from which members cannot learn."""
    unused = [name for name, text in evidence.columns.items() if text == UNUSED]
    if not unused:
        return None
    named = ", ".join(map(repr, unused[:NAMED])) + (", ..." if unused[NAMED:] else "")
    are = "is" if len(unused) == 1 else "are"
    text = (
        f"{len(unused)} of {len(evidence.columns)} columns {are} not used: constant, or with "
        f"another level in each row: {named}."
    )
    remedy = (
        "Leave them out. Turn names that differ from row to row into what rows share, such as the "
        "title in a name or the month in a date."
    )
    return len(unused), text, remedy


def no_better_than_a_constant(evidence):
    """Predictions for samples held out that a constant would beat."""
    evidence.check_is_fitted()
    score, constant = _held_out(evidence), evidence.constant
    if constant is None:
        raise NotChecked("requires y")
    if evidence.class_weights and _imbalance(evidence.class_weights) > IMBALANCE:
        raise NotChecked(
            "requires classes of similar weight: as accuracy says little about rare ones"
        )
    chance = _chance(evidence, constant)
    if score > constant + chance:
        return None
    what = _what(evidence)
    text = (
        f"{what} is {score:.3f} on samples that members did not train on. Always predicting "
        f"{'the most frequent class' if is_classifier(evidence.estimator) else 'the mean'} "
        f"has {constant:.3f}."
    )
    rate = _rate(evidence.estimator)
    remedy = (
        f"Lower learning_rate_init (now {rate:g}), or look for columns that X lacks: these may not "
        "predict y."
    )
    return score, text, remedy


def overfitting(evidence):
    """A score that is much better on the samples than on those held out."""
    evidence.check_is_fitted()
    held_out, score = _held_out(evidence), evidence.score
    if score is None:
        raise NotChecked("requires y")
    _check_score(score)
    gap = score - held_out
    if not gap > GAP + 2 * _chance(evidence, held_out):
        return None
    dropout, decay = evidence.estimator.dropout, evidence.estimator.weight_decay
    text = (
        f"{_what(evidence)} is {score:.3f} on the samples and {held_out:.3f} on samples that "
        "members did not train on."
    )
    remedy = (
        f"dropout={min(0.5, 2 * dropout or 0.3):g} (now {dropout:g}), "
        f"weight_decay={5 * decay or 0.02:g} (now {decay:g}), or more samples."
    )
    return float(gap), text, remedy


def early_best_epochs(evidence):
    """Members whose first epochs were their best."""
    evidence.check_is_fitted()
    estimator = evidence.estimator
    if estimator.validation_scores_ is None:
        raise NotChecked("requires samples held out, and there are too few")
    n_epochs, best = estimator.n_iter_, float(np.median(estimator.best_iter_))
    if n_epochs < EPOCHS / EARLY:
        raise NotChecked(f"requires {EPOCHS / EARLY:.0f} epochs, got {n_epochs}")
    if best > EARLY * n_epochs:
        return None
    text = (
        f"Half of the {estimator.n_members_} members were best in epoch {best:g} of {n_epochs} or "
        "before. Further training made their predictions for other samples worse."
    )
    rate = _rate(estimator)
    return best, text, f"learning_rate_init={rate / 4:g} (now {rate:g}), or more dropout."


def small_folds(evidence):
    """Too few samples in a fold to say which epoch was best."""
    evidence.check_is_fitted()
    estimator = evidence.estimator
    if estimator.oof_prediction_ is None or estimator.cv is not None:
        raise NotChecked("requires folds that the estimator has dealt out itself")
    n = evidence.n_held_out / estimator.n_members_
    if n >= FOLD:
        return None
    text = (
        f"Each member is validated on about {n:.3g} samples, and {FOLD} would be the minimum. "
        "Which of its epochs is kept is left to chance, and the out-of-fold score is too high."
    )
    return n, text, "cv=5, or cross-validation of the whole estimator to judge it."


def class_imbalance(evidence):
    """Classes of very different weight."""
    if not is_classifier(evidence.estimator):
        raise NotChecked("y holds numbers")
    weights = evidence.class_weights
    if weights is None:
        raise NotChecked("requires y")
    most, least = max(weights, key=weights.get), min(weights, key=weights.get)
    ratio = _imbalance(weights)
    if ratio <= IMBALANCE or evidence.estimator.class_weight is not None:
        return None
    text = (
        f"Class {most!r} weighs {ratio:.1f} times as much as class {least!r}. Accuracy hides how "
        "often the rare class is missed."
    )
    remedy = (
        "Choose a threshold for predict_proba with TunedThresholdClassifierCV, which leaves the "
        "probabilities right, or set class_weight='balanced', which does not."
    )
    return ratio, text, remedy


def _imbalance(weights):
    """The weight of the largest class over that of the smallest."""
    least = min(weights.values())
    return max(weights.values()) / least if least else np.inf


def _held_out(evidence):
    if evidence.held_out_score is None:
        raise NotChecked("requires X_val and y_val")
    _check_score(evidence.held_out_score)
    return evidence.held_out_score


def _check_score(score):
    if np.isnan(score):
        raise NotChecked("requires at least two samples for R2")


def _chance(evidence, accuracy):
    """The standard error of an accuracy; 0 for R2, of which none is known."""
    if not is_classifier(evidence.estimator) or not evidence.n_held_out:
        return 0.0
    return float(np.sqrt(accuracy * (1 - accuracy) / evidence.n_held_out))


def _what(evidence):
    return "Accuracy" if is_classifier(evidence.estimator) else "R2"


def _rate(estimator):
    rate = estimator.learning_rate_init
    return estimator._own_learning_rate if rate == "auto" else rate


CHECKS = {  # causes before what follows from them
    "unused columns": unused_columns,
    "no better than a constant": no_better_than_a_constant,
    "early best epochs": early_best_epochs,
    "overfitting": overfitting,
    "small folds": small_folds,
    "class imbalance": class_imbalance,
}
