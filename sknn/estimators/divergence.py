"""The cause of training that diverged, as far as its numbers show it."""

from math import sqrt

import numpy as np
from sklearn.base import is_regressor

from sknn.nn.optimizers import SGD

PLAIN = 1e3  # the absolute values of data and first weights that overflow in no usual network
STABLE = 2  # w -= rate * decay * w grows without end if rate * decay is above


def told_divergence(estimator, fit, result):
    """The error: scikit-learn's sentence, when and where it happened, and what to change."""
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
    """The cause that the settings of the fit show, with its remedy; None if they do not."""
    return (
        _penalty(estimator, fit)
        or _weight_decay(fit)
        or _momentum(fit)
        or _raised_rate(estimator, fit)
        or _tiny_weights(estimator, fit)
        or _first_weights(fit)
    )


def _penalty(estimator, fit):
    """A penalty that outweighs the loss, because it or its share of the weights is too large."""
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
            f"{name}={value:g} is divided by the sum of the weights of a batch, about "
            f"{weight_sum:.2g}, which makes the penalty too large: divide {weights} by its mean, "
            f"or lower {name}"
        )
    return f"{name}={value:g} makes the penalty too large: lower it, for instance to {name}=0.0001"


def _tiny_weights(estimator, fit):
    """Weights so small that nothing can be divided by their sum over a batch."""
    least = fit.rows.least_weight()
    if least is None or least >= np.finfo(fit.rows.dtype).tiny:
        return None
    return (
        f"the sum of the weights of a batch may be as small as {least:.2g}, and nothing can be "
        f"divided by that: give {_names_of_weights(estimator)} a larger least value, or zero"
    )


def _names_of_weights(estimator):
    by_class = getattr(estimator, "class_weight", None) is not None
    return "sample_weight or class_weight" if by_class else "sample_weight"


def _weight_decay(fit):
    """Weight decay that takes more than twice the weights away in a step."""
    decay = getattr(fit.run.optimizer, "weight_decay", None)
    if decay is None or fit.plan.learning_rate * decay <= STABLE:
        return None
    return (
        f"weight_decay={decay:g} times the learning rate, {fit.plan.learning_rate:g}, is above "
        f"{STABLE}: each step makes the weights larger. Lower weight_decay, for instance to 0.01"
    )


def _momentum(fit):
    """Momentum that never forgets."""
    if not _is_sgd(fit) or fit.run.optimizer.momentum < 1:
        return None
    return "momentum=1 never forgets a step: lower momentum, for instance to 0.9"


def _raised_rate(estimator, fit):
    """A schedule that has raised the rate above the one that was asked for."""
    rates = fit.history["learning_rate"]
    base = getattr(fit.plan, "learning_rate", np.inf)
    if not rates or not np.isfinite(base) or not rates[-1] > base:
        return None
    return (
        f"learning_rate={estimator.learning_rate!r} has raised the rate from {base:g} to "
        f"{rates[-1]:g}: choose a schedule that lowers it, or try learning_rate_init={base / 10:g}"
    )


def _first_weights(fit):
    """Weights that were too large as they were drawn: no step has been taken yet."""
    theta = fit.model.theta[: fit.model.network.layout.n_trainable]
    if fit.run.optimizer is None or fit.run.progress.step or not theta.size:
        return None
    largest = np.abs(theta).max()
    if not PLAIN < largest < np.inf:
        return None
    return (
        f"the weights were drawn, or given, with absolute values of up to {largest:.2g}: choose "
        "another weight_init or coef_init"
    )


def _usual_remedy(estimator, fit, in_weights):
    """What helps where the numbers show no cause: scaled data, or a lower learning rate."""
    of_task = is_regressor(estimator)
    of_x, of_y = fit.rows.largest()
    of_y = of_y if of_task else 0.0
    largest = f"the largest absolute value in X is {of_x:.2g}" + of_task * f", in y {of_y:.2g}"
    scale = f"scale {'X and y' if of_task else 'X'}, for instance with StandardScaler ({largest})"
    if not in_weights and fit.run.progress.step == 0 and max(of_x, of_y) < PLAIN:
        scale = f"look into the settings of activation and loss, as X is not large ({largest})"
    if not type(fit.loss).__module__.startswith("sknn."):
        scale = f"look into the gradient of loss={fit.loss!r}, {scale}"
    slower = f"try learning_rate_init={estimator.learning_rate_init / 10:g}"
    if estimator.solver == "lbfgs":
        return scale
    return slower if in_weights else f"{scale}, or {slower}"


def _is_sgd(fit):
    return isinstance(fit.run.optimizer, SGD)
