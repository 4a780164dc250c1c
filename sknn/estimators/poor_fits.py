"""Warns of fits that end worse than they began or worse than a constant, with a likely cause."""

from math import ceil

import numpy as np
from sklearn.base import is_regressor

from sknn.estimators.hidden_layers import scales_input
from sknn.nn.batches import Rows
from sknn.nn.constant import loss_of_constant, mean_loss
from sknn.warning import TrainingWarning, warn

EPOCHS, STEPS = 10, 100  # fits with fewer epochs or steps are not judged
ROWS = 10_000  # maximum number of rows for the comparison with a constant
WORSE = 1.05  # times the loss of the constant or of the first epoch
UNFINISHED = 3  # times the loss of the constant, if training was merely too short
STILL_FALLING = 0.99  # mean of the last quarter of the losses over the quarter before
USELESS = 0.5  # times the loss of the constant; below, a fit that got worse is still useful
LARGE, SMALL = 20, 0.05  # absolute values in X and y, which are about 1 for scaled data
LOOK_FURTHER = "For further checks, call sknn.inspection.diagnose(estimator, X, y)."


def warn_of_poor_fit(estimator, fit, result, start):
    """Warns if the training loss is worse than in the first epoch or than that of a constant.

    start: the Start of the fit; only fits that start from scratch are compared with their first
    epoch
    """
    losses = fit.history["loss"][-result.epochs :] if result.epochs else []
    if not isinstance(fit.rows, Rows) or not _can_be_judged(fit, result, len(losses)):
        return
    at = _some_rows(fit)
    if not len(at):
        return
    y, weight = fit.rows.targets(at), fit.rows.weight
    weight = None if weight is None else weight[at]
    constant = loss_of_constant(fit.loss, y, weight)
    rose = start.model is None and losses[-1] > WORSE * losses[0] > 0
    useless = constant is None or losses[-1] > USELESS * constant
    beaten = constant is not None and losses[-1] > WORSE * constant
    if not beaten and not (rose and useless):
        return
    # The losses of the epochs include penalties and dropout, so the fitted network is evaluated.
    with np.errstate(all="ignore"):
        z = fit.model.outputs(fit.rows.x, 2**26, at).astype(np.float64)
        own = mean_loss(fit.loss, y.astype(np.float64), z, weight)
    cause = _scale(estimator, fit)
    bound = WORSE if cause or not _is_still_falling(losses) else UNFINISHED
    if constant is not None and own > bound * constant:
        what = f"the loss of a constant prediction, {constant:.3g}"
    elif rose and own > WORSE * losses[0]:
        what = f"the loss of the first epoch, {losses[0]:.3g}"
    else:
        return
    warn(
        f"Training ended with a loss of {own:.3g}, which is worse than {what}. "
        f"{cause or _settings(estimator, losses)} {LOOK_FURTHER}",
        TrainingWarning,
    )


def _can_be_judged(fit, result, n_epochs):
    """Whether training was long enough and was not stopped early by the user."""
    if result.reason in ("interrupted", "diverged", "asked") or not np.isfinite(result.loss):
        return False
    if n_epochs < EPOCHS or not hasattr(fit.plan, "batch_size"):  # an iteration of lbfgs has none
        return n_epochs >= EPOCHS
    return n_epochs * ceil(fit.n_samples / fit.plan.batch_size) >= STEPS


def _some_rows(fit):
    """Numbers of the training rows with a weight; an evenly spaced selection if there are many."""
    at = fit.order
    if fit.rows.weight is not None:
        at = at[fit.rows.weight[at].any(axis=1)]
    return at[:: max(1, ceil(len(at) / ROWS))]


def _is_still_falling(losses):
    quarter = max(1, len(losses) // 4)
    last, before = losses[-quarter:], losses[-2 * quarter : -quarter]
    return bool(before) and np.mean(last) < STILL_FALLING * np.mean(before)


def _scale(estimator, fit):
    """Returns the remedy for X or y on an unusual scale, or None if the scales are usual."""
    of_x, of_y = fit.rows.largest()
    of_x *= fit.rows.samples.scale or 1  # integer images
    if of_x > LARGE and not scales_input(fit.model.network.layers):
        return (
            f"X has absolute values up to {of_x:.3g}. Scale X, for instance with "
            "make_pipeline(StandardScaler(), estimator)."
        )
    compared = is_regressor(estimator) and fit.loss.link == "identity"
    if compared and not SMALL < of_y < LARGE:
        return (
            f"y has absolute values up to {of_y:.3g}, while the outputs of a new network are "
            "about 1. Scale y, for instance with TransformedTargetRegressor(estimator, "
            "transformer=StandardScaler())."
        )
    return None


def _settings(estimator, losses):
    """Returns which setting to change if the scales of X and y are usual."""
    if estimator.solver == "lbfgs":
        return f"Increase max_iter (now {estimator.max_iter}), or try solver='adam'."
    rate = estimator.learning_rate_init
    if _is_still_falling(losses):
        return (
            f"The loss was still falling. Increase max_iter (now {estimator.max_iter}) or "
            f"learning_rate_init (now {rate:g})."
        )
    return f"The learning rate may be too high. Try learning_rate_init={rate / 10:g}."
