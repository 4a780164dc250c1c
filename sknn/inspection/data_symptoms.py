"""What may be wrong with the data: how it shows, and what to turn.

Each check takes an Evidence and returns (figure, text, remedy), or None if all is well. It raises
NotTold, with what it would need, if it cannot tell.
"""

import numpy as np
from sklearn.base import is_classifier

from sknn.inspection.evidence import NotTold

# Root mean square of a feature or target: StandardScaler leaves 1. Pixels of 0 to 16 still train
# as they are; those of 0 to 255 saturate units and drive steps off course.
LARGE = 20
# Root mean square length of a sample. TfidfVectorizer leaves 1; with a fifth of that the first
# layer learns as with a fifth of the learning rate.
TINY = 0.2
# The loss over that of the best constant: closer to 0, the scale of y did no harm.
COPED = 0.5
# Samples to validate on: one of 50 makes two points of accuracy. And for each class: so few that
# one may be missed altogether.
N_VALIDATION, PER_CLASS = 50, 5
# Weight of the largest class over that of the smallest: always guessing the larger of two is right
# in 83 % of the cases.
IMBALANCE = 5


def unscaled_inputs(evidence):
    """Features far larger or smaller than weights are drawn for."""
    if evidence.normalized_input:
        return None
    scaler = "Scale X: make_pipeline(StandardScaler(), estimator)"
    integers = "Pass X / X.max(): integer images are divided by 255, and floats taken as they are."
    worst = int(evidence.rms.argmax())
    largest, n_large = float(evidence.rms[worst]), int(np.sum(evidence.rms > LARGE))
    if n_large:
        names = getattr(evidence.estimator, "feature_names_in_", None)
        which = f"Feature {worst if names is None else repr(names[worst])}"
        text = (
            f"{which} has a root mean square of {largest:.4g}, and {n_large} of "
            f"{len(evidence.rms)} features have more than {LARGE}; scaled ones have about 1. "
            "Units saturate or die, and a step that suits one weight is too long for another."
        )
        pixels = f"{scaler}, or for pixels X / 255."
        return largest, text, integers if evidence.integer_images else pixels
    if evidence.length < TINY:
        text = (
            f"Samples have a root mean square length of {evidence.length:.3g}, less than {TINY}. "
            "The first layer hardly tells them apart, and learns slowly."
        )
        return evidence.length, text, integers if evidence.integer_images else f"{scaler}."
    return None


def unscaled_targets(evidence):
    """Targets far larger than the first outputs."""
    if is_classifier(evidence.estimator):
        raise NotTold("y holds labels")
    if evidence.target_rms is None:
        raise NotTold("needs y, and a loss that compares it with the raw outputs")
    if evidence.target_rms <= LARGE:
        return None
    if evidence.relative_loss is not None and evidence.relative_loss < COPED:
        return None
    text = (
        f"y has a root mean square of {evidence.target_rms:.4g}; outputs start near 0, and "
        "training spends its steps on the way there."
    )
    remedy = "Scale y: TransformedTargetRegressor(estimator, transformer=StandardScaler())."
    return evidence.target_rms, text, remedy


def small_validation_set(evidence):
    """Too few samples held out for their score to mean much."""
    n, least = evidence.n_validation, N_VALIDATION
    if n is None:
        raise NotTold("needs X_val, or a number as validation_fraction with early_stopping=True")
    if evidence.class_weights:
        least = max(least, PER_CLASS * len(evidence.class_weights))
    if n >= least:
        return None
    text = f"{n} samples are held out, {least} would be the least: " + (
        f"the score moves by {1 / n:.1%} with a single one, and which epoch was best is left to "
        "chance."
        if n
        else "no epoch has a score."
    )
    fraction = np.ceil(100 * least / evidence.n) / 100
    remedy = "cross-validation to choose alpha and max_iter."
    if evidence.estimator.early_stopping:
        remedy = f"early_stopping=False, and {remedy}"
    if evidence.validation_given:
        remedy = f"more samples as X_val, or {remedy}"
    elif fraction <= 0.5:
        remedy = f"validation_fraction={fraction:g}, or {remedy}"
    return n, text, remedy


def class_imbalance(evidence):
    """Classes of very different weight."""
    if not is_classifier(evidence.estimator):
        raise NotTold("y holds numbers")
    if evidence.class_weights is None:
        raise NotTold("needs y with one label a sample")
    weights = evidence.class_weights
    most, least = max(weights, key=weights.get), min(weights, key=weights.get)
    if weights[most] <= IMBALANCE * weights[least]:
        return None
    if weights[least] == 0:
        text = f"No sample is of class {least!r}, or all of them have weight zero."
        return np.inf, text, "Samples of every class, or none of it in classes."
    ratio = weights[most] / weights[least]
    text = (
        f"Class {most!r} weighs {ratio:.1f} times as much as class {least!r}: it pays to guess it, "
        "and accuracy hides that."
    )
    return ratio, text, "class_weight='balanced'; scoring='balanced_accuracy' to validate."
