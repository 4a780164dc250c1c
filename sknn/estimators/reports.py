"""What an estimator says of how training went: warnings, or an error."""

import numpy as np
from sklearn.base import is_regressor
from sklearn.exceptions import ConvergenceWarning

from sknn.warning import warn


def refuse_divergence(estimator, fit, result):
    """Raises ValueError if the weights are no longer finite, and no better ones were kept."""
    if result.reason == "diverged" and not _best_kept(fit):
        raise ValueError(_told_divergence(estimator, result))


def report(estimator, fit, result, planned):
    """Warns of how training ended. planned: whether the epochs that were run are all."""
    scored = result.epochs > 0 and result.reason != "diverged"
    if scored and estimator.best_validation_score_ == -np.inf:
        warn(
            "No validation score was a number: the weights are those from before training. Look "
            f"into X_val and y_val, or scoring (now {estimator.scoring!r})."
        )
    if result.reason == "interrupted":
        warn("Training interrupted by user.")
    elif result.reason == "diverged":
        message = _told_divergence(estimator, result)
        warn(f"{message} The weights with the best validation score were kept.", ConvergenceWarning)
    elif estimator.solver == "lbfgs" and result.reason in ("limit", "failed"):
        warn(
            f"lbfgs failed to converge after {result.epochs} iteration(s): "
            f"{result.message.rstrip(': ')}. Increase max_iter (now {estimator.max_iter}) or "
            f"max_fun (now {estimator.max_fun}), or scale the data, for instance with "
            "StandardScaler.",
            ConvergenceWarning,
        )
    elif result.reason == "epochs" and planned and not fit.plan.schedule.horizon:
        warn(
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
            "optimization hasn't converged yet. Increase max_iter, or learning_rate_init "
            f"(now {estimator.learning_rate_init:g}) if the loss is still falling slowly.",
            ConvergenceWarning,
        )


def _best_kept(fit):
    """Whether the best weights are there to go back to."""
    return fit.plan.early_stopping and fit.held_out is not None


def _told_divergence(estimator, result):
    by_iterations = estimator.solver == "lbfgs"
    data = "X and y" if is_regressor(estimator) else "X"
    scale = f"scale {data}, for instance with StandardScaler"
    slower = f"try learning_rate_init={estimator.learning_rate_init / 10:g}"
    in_weights = result.where.startswith("layer")
    by_rate = slower if in_weights else f"{scale}, or {slower}"
    where = f"first in {result.where}" if in_weights else f"{result.where} is not finite"
    return (
        "Solver produced non-finite parameter weights. The input data may contain large values "
        "and need to be preprocessed. "
        f"{'Iteration' if by_iterations else 'Epoch'} {result.epochs}, {where}: "
        f"{scale if by_iterations else by_rate}."
    )
