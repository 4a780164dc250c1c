"""What may be wrong with training and its outcome: how it shows, and what to turn.

Each check takes an Evidence and returns (figure, text, remedy), or None if all is well. It raises
NotTold, with what it would need, if it cannot tell.
"""

import numpy as np
from sklearn.base import is_classifier

from sknn.inspection.evidence import NotTold
from sknn.nn.layers import BatchNorm, Dropout, LayerNorm

# What the loss has risen again of all that it had fallen: in healthy fits mini-batches make less
# than a fiftieth. And of the least loss, for a loss that had hardly fallen.
RISEN, NOISE = 0.25, 0.05
# The loss over that of the best constant: closer to 1, next to nothing was learnt.
STALLED = 0.95
# Epochs before the course of the loss says anything.
EPOCHS = 5
# Share of the epochs in which the loss fell: more is no zigzag, but a slow way down.
STEADY = 2 / 3
# Error terms of the first layer over those of the last: in healthy networks of ten layers a
# twentieth at the least.
VANISHING = 1e-3
# Share of the units of a layer: in healthy fits to pixels, which are all positive, up to half of
# the ReLUs are dead, as they were from the start.
DEAD = 0.6
# Samples before a unit is called dead: fewer may lie on one side of it by chance.
SAMPLES = 50
# Share of the activations of a layer. Once the loss is down to LEARNT, many lie far out in healthy
# networks, too: nothing pulls them back.
SATURATED = 0.8
LEARNT = 0.01
# Accuracy or R2 lost from training to validation: a tenth of all there is to gain.
GAP = 0.1


def diverging_loss(evidence):
    """A loss that ends far above its least, or not finite."""
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
        f"The loss was down to {least:.4g} in epoch {losses.argmin() + 1} and is {last:.4g} in the "
        f"last one, {len(losses)}: steps are so long that they lead uphill."
    )
    return float(last), text, remedy


def stalled_loss(evidence):
    """A loss that is no better than without having learnt."""
    if evidence.relative_loss is not None:
        figure = evidence.relative_loss
        text = f"The loss is {figure:.3g} times that of the best constant prediction"
    else:
        losses = _losses(evidence)
        if not losses[0] > 0:
            raise NotTold("needs a loss that is not negative")
        figure = float(losses.min() / losses[0])
        text = f"The least loss is {figure:.3g} times the first one"
    if not figure > STALLED or _diverged(evidence):
        return None
    causes = [
        f"{share:.0%} of {layer}" for layer, share in [*_dead(evidence), *_saturated(evidence)]
    ]
    shrinkage = evidence.shrinkage()
    if causes:
        text += f", while {' and '.join(causes)} pass no gradient on."
        remedy = "See dead and saturated units below."
    elif shrinkage is not None and shrinkage < VANISHING:
        text += (
            f", and the error terms of the first layer are {shrinkage:.2g} times those of the last:"
            " gradients vanish on their way down."
        )
        est = evidence.estimator
        activation = [] if getattr(est, "activation", None) == "relu" else _activation(est, "relu")
        remedy = ", or ".join([*activation, *_normalization(est), "fewer layers."])
    elif _steadily_falling(evidence):
        text += ", though it falls in almost every epoch: steps are too short."
        remedy = _faster(evidence)
    else:
        text += ", and goes up and down: steps are too long, or X does not tell of y."
        remedy = _slower(evidence)
    return figure, text, remedy


def dead_units(evidence):
    """Units whose activation function is flat for every sample, such as ReLU below zero."""
    evidence.check_is_fitted()
    if evidence.n < SAMPLES:
        raise NotTold(f"needs {SAMPLES} samples, got {evidence.n}")
    layers = _dead(evidence)
    if not layers:
        return None
    layer, share = max(layers, key=lambda entry: entry[1])
    text = (
        f"{share:.0%} of the units of {layer} are flat for all {evidence.n} samples: they answer "
        "all alike, and no gradient will change that."
    )
    est = evidence.estimator
    remedy = _slower(evidence, *_activation(est, "leaky_relu"), *_normalization(est))
    return share, text, remedy


def saturated_units(evidence):
    """Units driven out to where their activation function is flat, on both sides."""
    evidence.check_is_fitted()
    if evidence.relative_loss is None:
        raise NotTold("needs y that is not constant")
    layers = _saturated(evidence)
    if not layers:
        return None
    layer, share = max(layers, key=lambda entry: entry[1])
    text = (
        f"{share:.0%} of the activations of {layer} lie where the function is flat, and let next "
        "to no gradient through."
    )
    est = evidence.estimator
    of_layers = "" if hasattr(est, "activation") else " of the layers"
    return (
        share,
        text,
        _slower(evidence, f"a narrower weight_init{of_layers}", *_normalization(est)),
    )


def overfitting(evidence):
    """A score that is much better on what was learnt than on what was held out."""
    evidence.check_is_fitted()
    score, held_out = evidence.score, evidence.validation_score
    if score is None:
        raise NotTold("needs y")
    if held_out is None:
        raise NotTold("needs X_val and y_val")
    if np.isnan([score, held_out]).any():
        raise NotTold("needs a score, which R2 is of two finite predictions or more")
    gap, classifier = score - held_out, is_classifier(evidence.estimator)
    chance = 0.0
    if classifier and evidence.n_validation:
        chance = 2 * np.sqrt(held_out * (1 - held_out) / evidence.n_validation)
    if not gap > GAP + chance:
        return None
    what, est = "Accuracy" if classifier else "R2", evidence.estimator
    text = f"{what} is {score:.3f} on the samples and {held_out:.3f} on those held out."
    turns = [f"alpha={10 * est.alpha if est.alpha else 1e-3:g} (now {est.alpha:g})"]
    if est.solver != "lbfgs":  # which takes none of them
        turns += _layer(est, Dropout, "dropout=0.3", "Dropout() layers")
        turns += [] if getattr(est, "augment", "shift") else ["augment='shift'"]
        turns += [] if est.early_stopping else ["early_stopping=True"]
    return float(gap), text, f"{', '.join(turns)}, fewer units, or more samples."


def _losses(evidence):
    """The loss of each epoch."""
    evidence.check_is_fitted()
    losses = np.array(evidence.history.get("loss", []))
    if len(losses) < EPOCHS:
        raise NotTold(f"needs {EPOCHS} epochs, got {len(losses)}")
    return losses


def _diverged(evidence):
    try:
        return diverging_loss(evidence) is not None
    except NotTold:
        return False


def _steadily_falling(evidence):
    losses = np.array(evidence.history.get("loss", []))
    return len(losses) > 1 and np.mean(np.diff(losses) < 0) >= STEADY


def _dead(evidence):
    """(layer, share of its units) where too many are dead."""
    if evidence.n < SAMPLES:
        return []
    shares = [
        (of.layer, float(np.mean(of.shares == 1))) for of in evidence.flatness if of.ends == 1
    ]
    return [(layer, share) for layer, share in shares if share > DEAD]


def _saturated(evidence):
    """(layer, share of its activations) where too many are saturated."""
    if evidence.relative_loss is None or evidence.relative_loss < LEARNT:
        return []
    shares = [(of.layer, float(of.shares.mean())) for of in evidence.flatness if of.ends == 2]
    return [(layer, share) for layer, share in shares if share > SATURATED]


def _slower(evidence, *others):
    """A lower learning rate, where there is one, or others."""
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
    """Clipping of gradients, unless there is some or the solver has none."""
    return [] if est.solver == "lbfgs" or est.max_grad_norm is not None else ["max_grad_norm=1"]


def _activation(est, name):
    """Another activation function; layers of a Sequential network have their own."""
    setting = f"activation={name!r}"
    return [setting if hasattr(est, "activation") else f"{name!r} as activation of the layers"]


def _normalization(est):
    setting, layers = "normalization='batch'", "BatchNorm() before the activations"
    return _layer(est, (BatchNorm, LayerNorm), setting, layers)


def _layer(est, kinds, setting, layers):
    """The setting that adds layers of these kinds, or their names; [] if there are some."""
    if any(isinstance(layer, kinds) for layer in est._layers(1)):
        return []
    return [setting if hasattr(est, setting.partition("=")[0]) else layers]
