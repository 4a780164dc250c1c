"""Checks for problems with the data, with their figures and remedies.

Each check takes an Evidence and returns (figure, text, remedy), or None if there is no problem. It
raises NotChecked, with its requirements, if the check is not possible.
"""

import numpy as np
from sklearn.base import is_classifier

from sknn.inspection.evidence import NotChecked

# Root mean square of a feature or target, which is 1 after StandardScaler. Pixels from 0 to 16 can
# be used as they are; those from 0 to 255 saturate units and make steps too large.
LARGE = 20
# Root mean square length of a sample, which is 1 after TfidfVectorizer. With a fifth of that, the
# first layer learns as slowly as with a fifth of the learning rate.
TINY = 0.2
# The loss relative to that of the best constant. Below this, the scale of y did no harm.
COPED = 0.5
# Validation samples: a single one of 50 changes the accuracy by two points. And samples per class:
# with fewer, a class can be missing altogether.
N_VALIDATION, PER_CLASS = 50, 5
# Weight of the largest class relative to the smallest: with two classes, always predicting the
# larger one is right in 83 % of the cases.
IMBALANCE = 5


def unscaled_inputs(evidence):
    """Features far larger or smaller than the initial weights are drawn for."""
    if evidence.normalized_input:
        return None
    scaler = "Scale X: make_pipeline(StandardScaler(), estimator)"
    integers = "Pass X / X.max(): integer images are divided by 255, floats are not."
    worst = int(evidence.rms.argmax())
    largest, n_large = float(evidence.rms[worst]), int(np.sum(evidence.rms > LARGE))
    if n_large:
        names = evidence.feature_names
        which = f"Feature {worst if names is None else repr(names[worst])}"
        text = (
            f"{which} has a root mean square of {largest:.4g}, and {n_large} of "
            f"{len(evidence.rms)} features exceed {LARGE}. Scaled features have about 1. Units "
            "saturate or die, and a learning rate that suits one weight is too large for another."
        )
        pixels = f"{scaler}, or for pixels X / 255."
        return largest, text, integers if evidence.integer_images else pixels
    if evidence.length < TINY:
        text = (
            f"Samples have a root mean square length of {evidence.length:.3g}, less than {TINY}. "
            "The first layer can hardly distinguish them and learns slowly."
        )
        return evidence.length, text, integers if evidence.integer_images else f"{scaler}."
    return None


def unscaled_targets(evidence):
    """Targets far larger than the initial outputs."""
    if is_classifier(evidence.estimator):
        raise NotChecked("y contains labels")
    if evidence.target_rms is None:
        raise NotChecked("requires y and a loss that compares it with the raw outputs")
    if evidence.target_rms <= LARGE:
        return None
    if evidence.relative_loss is not None and evidence.relative_loss < COPED:
        return None
    text = (
        f"y has a root mean square of {evidence.target_rms:.4g}, but the outputs start near 0, "
        "and training spends its first steps on closing this gap."
    )
    remedy = "Scale y: TransformedTargetRegressor(estimator, transformer=StandardScaler())."
    return evidence.target_rms, text, remedy


def small_validation_set(evidence):
    """Too few held-out samples for a meaningful score."""
    n, least = evidence.n_validation, N_VALIDATION
    if n is None:
        raise NotChecked("requires X_val, or early_stopping=True and a validation_fraction")
    if evidence.class_weights:
        least = max(least, PER_CLASS * len(evidence.class_weights))
    if n >= least:
        return None
    text = f"{n} samples are held out, but at least {least} are needed: " + (
        f"a single sample changes the score by {1 / n:.1%}, and the choice of the best epoch is "
        "left to chance."
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
    """Classes with very different weights."""
    if not is_classifier(evidence.estimator):
        raise NotChecked("y contains numbers")
    if evidence.class_weights is None:
        raise NotChecked("requires y with one label per sample")
    weights = evidence.class_weights
    most, least = max(weights, key=weights.get), min(weights, key=weights.get)
    if weights[most] <= IMBALANCE * weights[least]:
        return None
    if weights[least] == 0:
        text = f"There are no samples of class {least!r}, or all of them have weight zero."
        return np.inf, text, "samples of this class, or a classifier for the other classes only."
    ratio = weights[most] / weights[least]
    text = (
        f"Class {most!r} has {ratio:.1f} times the weight of class {least!r}. A network that "
        "always predicts it has a low loss, and accuracy does not reveal this."
    )
    return ratio, text, "class_weight='balanced'; scoring='balanced_accuracy' to validate."
