"""Finds the likely cause of training that diverged."""

from math import sqrt

import numpy as np
from sklearn.base import is_regressor

from sknn.nn.optimizers import SGD

PLAIN = 1e3  # data and initial weights below this do not overflow in any usual network
STABLE = 2  # w -= rate * decay * w grows without bound if rate * decay is above this


def told_divergence(estimator, fit, result):
    """Returns the error message: scikit-learn's sentence, epoch, place, and what to change."""
    by_iterations = estimator.solver == "lbfgs"
    in_weights = result.where.startswith("layer")
    where = f"first in {result.where}" if in_weights else f"{result.where} is not finite"
    return (
        "Solver produced non-finite parameter weights. The input data may contain large values "
        "and need to be preprocessed. "
        f"{'Iteration' if by_iterations else 'Epoch'} {result.epochs}, {where}: "
        f"{_shown_cause(estimator, fit) or _usual_remedy(estimator, fit, in_weights)}."
    )


def _shown_cause(estimator, fit):
    """Returns the cause that the settings reveal, with its remedy, or None if there is none."""
    return (
        _penalty(estimator, fit)
        or _weight_decay(fit)
        or _momentum(fit)
        or _raised_rate(estimator, fit)
        or _tiny_weights(estimator, fit)
        or _first_weights(fit)
    )


def _penalty(estimator, fit):
    """A penalty that outweighs the loss: it is too large, or the weights of a batch too small."""
    plan, rows = fit.plan, fit.rows
    batch = min(getattr(plan, "batch_size", len(rows)), len(rows))
    weight_sum = rows.weight_sum * batch / len(rows)
    name = "alpha" if plan.alpha >= plan.l1 else "l1"
    value = max(plan.alpha, plan.l1)
    strength = value / max(weight_sum, np.nextafter(0, 1))
    by_rate = _is_sgd(fit) and strength > 1 and plan.learning_rate * strength > STABLE
    if not by_rate and strength < sqrt(np.finfo(rows.dtype).max):  # its square does not overflow
        return None
    if value <= batch:
        weights = _names_of_weights(estimator)
        return (
            f"{name}={value:g} is divided by the sum of the sample weights in a batch, about "
            f"{weight_sum:.2g}, which makes the penalty too large. Divide {weights} by its mean, "
            f"or lower {name}"
        )
    return f"{name}={value:g} makes the penalty too large. Lower it, for instance to {name}=0.0001"


def _tiny_weights(estimator, fit):
    """Sample weights whose sum over a batch is too small to divide by."""
    least = fit.rows.least_weight()
    if least is None or least >= np.finfo(fit.rows.dtype).tiny:
        return None
    return (
        f"the sum of the sample weights in a batch can be as small as {least:.2g}, which is too "
        f"small to divide by. Raise the smallest values of {_names_of_weights(estimator)}, or set "
        "them to zero"
    )


def _names_of_weights(estimator):
    by_class = getattr(estimator, "class_weight", None) is not None
    return "sample_weight or class_weight" if by_class else "sample_weight"


def _weight_decay(fit):
    """Weight decay that subtracts more than twice the weights in each step."""
    decay = getattr(fit.run.optimizer, "weight_decay", None)
    if decay is None or fit.plan.learning_rate * decay <= STABLE:
        return None
    return (
        f"weight_decay={decay:g} times the learning rate, {fit.plan.learning_rate:g}, is above "
        f"{STABLE}, so that each step increases the weights. Lower weight_decay, for instance to "
        "0.01"
    )


def _momentum(fit):
    """Momentum of one, with which steps never fade."""
    if not _is_sgd(fit) or fit.run.optimizer.momentum < 1:
        return None
    return "with momentum=1 past steps never fade. Lower momentum, for instance to 0.9"


def _raised_rate(estimator, fit):
    """A schedule that has raised the learning rate above ``learning_rate_init``."""
    rates = fit.history["learning_rate"]
    base = getattr(fit.plan, "learning_rate", np.inf)
    if not rates or not np.isfinite(base) or not rates[-1] > base:
        return None
    return (
        f"learning_rate={estimator.learning_rate!r} has raised the rate from {base:g} to "
        f"{rates[-1]:g}. Choose a schedule that lowers it, or try learning_rate_init={base / 10:g}"
    )


def _first_weights(fit):
    """Initial weights that are too large, if training diverged before the first step."""
    theta = fit.model.theta[: fit.model.network.layout.n_trainable]
    if fit.run.optimizer is None or fit.run.progress.step or not theta.size:
        return None
    largest = np.abs(theta).max()
    if not PLAIN < largest < np.inf:
        return None
    return (
        f"the initial weights have absolute values up to {largest:.2g}. Choose another weight_init "
        "or coef_init"
    )


def _usual_remedy(estimator, fit, in_weights):
    """Returns the remedy if no cause is visible: scaled data, or a lower learning rate."""
    of_task = is_regressor(estimator)
    of_x, of_y = fit.rows.largest()
    of_y = of_y if of_task else 0.0
    largest = f"the largest absolute value in X is {of_x:.2g}" + of_task * f", in y {of_y:.2g}"
    scale = f"scale {'X and y' if of_task else 'X'}, for instance with StandardScaler ({largest})"
    if not in_weights and fit.run.progress.step == 0 and max(of_x, of_y) < PLAIN:
        scale = f"check the settings of activation and loss, as X is not large ({largest})"
    if not type(fit.loss).__module__.startswith("sknn."):
        scale = f"check the gradient of loss={fit.loss!r}, {scale}"
    slower = f"try learning_rate_init={estimator.learning_rate_init / 10:g}"
    if estimator.solver == "lbfgs":
        return scale
    return slower if in_weights else f"{scale}, or {slower}"


def _is_sgd(fit):
    return isinstance(fit.run.optimizer, SGD)
