"""Checks for problems with training and its result, with their figures and remedies.

Each check takes an Evidence and returns (figure, text, remedy), or None if there is no problem. It
raises NotChecked, with its requirements, if the check is not possible.
"""

import numpy as np
from sklearn.base import is_classifier

from sknn.inspection.evidence import NotChecked
from sknn.nn.layers import BatchNorm, Dropout, LayerNorm

# The increase of the loss from its minimum, relative to its decrease before: in healthy fits,
# mini-batches cause less than a fiftieth. And relative to the minimum, if the loss hardly fell.
RISEN, NOISE = 0.25, 0.05
# The loss relative to that of the best constant. Close to 1, almost nothing was learned.
STALLED = 0.95
# Minimum number of epochs for checks of the loss.
EPOCHS = 5
# Fraction of the epochs in which the loss fell. Above this, it falls slowly and does not zigzag.
STEADY = 2 / 3
# Error terms of the first layer relative to the last: in healthy networks of ten layers, at least a
# twentieth.
VANISHING = 1e-3
# Fraction of dead units in a layer: in healthy fits to pixels, which are never negative, up to half
# of the ReLUs are dead from the start.
DEAD = 0.6
# Minimum number of samples to call a unit dead: fewer can be on one side of it by chance.
SAMPLES = 50
# Fraction of saturated activations in a layer. Once the loss is below LEARNT, many are saturated in
# healthy networks, too, because nothing pulls them back.
SATURATED = 0.8
LEARNT = 0.01
# Difference in accuracy or R2 between training and validation: a tenth of the possible range.
GAP = 0.1


def diverging_loss(evidence):
    """A loss that ends far above its minimum, or is not finite."""
    losses = _losses(evidence)
    remedy = _slower(evidence, *_clipping(evidence.estimator))
    if not np.isfinite(losses).all():
        epoch = int(np.argmin(np.isfinite(losses))) + 1
        return np.nan, f"The loss is no longer finite in epoch {epoch}.", remedy
    least, last = losses.min(), losses[-1]
    risen = last - least
    if risen <= max(RISEN * (losses[0] - least), NOISE * abs(least)):
        return None
    text = (
        f"The loss fell to {least:.4g} in epoch {losses.argmin() + 1}, but is {last:.4g} in the "
        f"last epoch, {len(losses)}: the steps are so large that they lead uphill."
    )
    return float(last), text, remedy


def stalled_loss(evidence):
    """A loss that is no better than without training."""
    if evidence.relative_loss is not None:
        figure = evidence.relative_loss
        text = f"The loss is {figure:.3g} times that of the best constant prediction"
    else:
        losses = _losses(evidence)
        if not losses[0] > 0:
            raise NotChecked("requires a loss that is not negative")
        figure = float(losses.min() / losses[0])
        text = f"The lowest loss is {figure:.3g} times the first one"
    if not figure > STALLED or _diverged(evidence):
        return None
    causes = [
        f"{share:.0%} of {layer}" for layer, share in [*_dead(evidence), *_saturated(evidence)]
    ]
    shrinkage = evidence.shrinkage()
    if causes:
        text += f", while {' and '.join(causes)} let no gradient through."
        remedy = "See dead and saturated units below."
    elif shrinkage is not None and shrinkage < VANISHING:
        text += (
            f", and the error terms of the first layer are {shrinkage:.2g} times those of the last:"
            " gradients vanish on the way back."
        )
        est = evidence.estimator
        activation = [] if getattr(est, "activation", None) == "relu" else _activation(est, "relu")
        remedy = ", or ".join([*activation, *_normalization(est), "fewer layers."])
    elif _steadily_falling(evidence):
        text += ", though it falls in almost every epoch: steps are too small."
        remedy = _faster(evidence)
    else:
        text += ", and goes up and down: steps are too large, or X does not predict y."
        remedy = _slower(evidence)
    return figure, text, remedy


def dead_units(evidence):
    """Units whose activation function is flat for all samples, such as ReLU below zero."""
    evidence.check_is_fitted()
    if evidence.n < SAMPLES:
        raise NotChecked(f"requires at least {SAMPLES} samples, got {evidence.n}")
    layers = _dead(evidence)
    if not layers:
        return None
    layer, share = max(layers, key=lambda entry: entry[1])
    text = (
        f"{share:.0%} of the units of {layer} are flat for all {evidence.n} samples: their output "
        "is always the same, and they receive no gradient that could change this."
    )
    est = evidence.estimator
    remedy = _slower(evidence, *_activation(est, "leaky_relu"), *_normalization(est))
    return share, text, remedy


def saturated_units(evidence):
    """Units in the flat parts of an activation function that is flat on both sides."""
    evidence.check_is_fitted()
    if evidence.relative_loss is None:
        raise NotChecked("requires y that is not constant")
    layers = _saturated(evidence)
    if not layers:
        return None
    layer, share = max(layers, key=lambda entry: entry[1])
    text = (
        f"{share:.0%} of the activations of {layer} lie where the function is flat and let almost "
        "no gradient through."
    )
    est = evidence.estimator
    of_layers = "" if hasattr(est, "activation") else " of the layers"
    return (
        share,
        text,
        _slower(evidence, f"a narrower weight_init{of_layers}", *_normalization(est)),
    )


def overfitting(evidence):
    """A score that is much better on the training samples than on held-out samples."""
    evidence.check_is_fitted()
    score, held_out = evidence.score, evidence.validation_score
    if score is None:
        raise NotChecked("requires y")
    if held_out is None:
        raise NotChecked("requires X_val and y_val")
    if np.isnan([score, held_out]).any():
        raise NotChecked("requires a score; R2 needs at least two finite predictions")
    gap, classifier = score - held_out, is_classifier(evidence.estimator)
    chance = 0.0
    if classifier and evidence.n_validation:
        chance = 2 * np.sqrt(held_out * (1 - held_out) / evidence.n_validation)
    if not gap > GAP + chance:
        return None
    what, est = "Accuracy" if classifier else "R2", evidence.estimator
    text = f"{what} is {score:.3f} on the training samples and {held_out:.3f} on held-out samples."
    turns = [f"alpha={10 * est.alpha if est.alpha else 1e-3:g} (now {est.alpha:g})"]
    if est.solver != "lbfgs":  # which supports none of these
        turns += _layer(est, Dropout, "dropout=0.3", "Dropout() layers")
        turns += [] if getattr(est, "augment", "shift") else ["augment='shift'"]
        turns += [] if est.early_stopping else ["early_stopping=True"]
    return float(gap), text, f"{', '.join(turns)}, fewer units, or more samples."


def _losses(evidence):
    """The loss of each epoch."""
    evidence.check_is_fitted()
    losses = np.array(evidence.history.get("loss", []))
    if len(losses) < EPOCHS:
        raise NotChecked(f"requires at least {EPOCHS} epochs, got {len(losses)}")
    return losses


def _diverged(evidence):
    try:
        return diverging_loss(evidence) is not None
    except NotChecked:
        return False


def _steadily_falling(evidence):
    losses = np.array(evidence.history.get("loss", []))
    return len(losses) > 1 and np.mean(np.diff(losses) < 0) >= STEADY


def _dead(evidence):
    """(layer, fraction of its units) for layers with too many dead units."""
    if evidence.n < SAMPLES:
        return []
    shares = [
        (of.layer, float(np.mean(of.shares == 1))) for of in evidence.flatness if of.ends == 1
    ]
    return [(layer, share) for layer, share in shares if share > DEAD]


def _saturated(evidence):
    """(layer, fraction of its activations) for layers with too many saturated activations."""
    if evidence.relative_loss is None or evidence.relative_loss < LEARNT:
        return []
    shares = [(of.layer, float(of.shares.mean())) for of in evidence.flatness if of.ends == 2]
    return [(layer, share) for layer, share in shares if share > SATURATED]


def _slower(evidence, *others):
    """A lower learning rate, if the solver has one, or other remedies."""
    est = evidence.estimator
    turns = list(others)
    if est.solver != "lbfgs":
        rate = est.learning_rate_init
        turns.insert(0, f"learning_rate_init={rate / 10:g} (now {rate:g})")
    return ", or ".join(turns or ["scaled X, or another random_state"]) + "."


def _faster(evidence):
    est = evidence.estimator
    if est.solver == "lbfgs":
        return f"max_iter={10 * est.max_iter} (now {est.max_iter})."
    rate = est.learning_rate_init
    return (
        f"learning_rate_init={10 * rate:g} (now {rate:g}), or max_iter={10 * est.max_iter} "
        f"(now {est.max_iter})."
    )


def _clipping(est):
    """Gradient clipping, unless it is already on or the solver does not support it."""
    return [] if est.solver == "lbfgs" or est.max_grad_norm is not None else ["max_grad_norm=1"]


def _activation(est, name):
    """Another activation function. In Sequential networks, it is a setting of the layers."""
    setting = f"activation={name!r}"
    return [setting if hasattr(est, "activation") else f"{name!r} as activation of the layers"]


def _normalization(est):
    setting, layers = "normalization='batch'", "BatchNorm() before the activations"
    return _layer(est, (BatchNorm, LayerNorm), setting, layers)


def _layer(est, kinds, setting, layers):
    """The setting that adds layers of these kinds, or their names; [] if there are any."""
    if any(isinstance(layer, kinds) for layer in est._layers(1)):
        return []
    return [setting if hasattr(est, setting.partition("=")[0]) else layers]
