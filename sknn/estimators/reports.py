"""Reports how training went, with warnings or an error."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sknn.estimators.divergence import told_divergence
from sknn.estimators.poor_fits import LOOK_FURTHER, warn_of_poor_fit
from sknn.warning import warn


def refuse_divergence(estimator, fit, result):
    """Raises ValueError if the weights are not finite and no earlier weights were kept."""
    if result.reason == "diverged" and not _best_kept(fit):
        raise ValueError(told_divergence(estimator, fit, result))


def report(estimator, fit, result, start):
    """Issues warnings about how training from a Start ended."""
    scored = result.epochs > 0 and result.reason != "diverged"
    if scored and estimator.best_validation_score_ == -np.inf:
        warn(
            "All validation scores are nan, so the weights are those from before training. Check "
            f"X_val and y_val, or scoring (now {estimator.scoring!r})."
        )
    if result.reason == "interrupted":
        warn("Training interrupted by user.")
    elif result.reason == "diverged":
        message = told_divergence(estimator, fit, result)
        warn(f"{message} The weights with the best validation score were kept.", ConvergenceWarning)
    elif estimator.solver == "lbfgs" and result.reason in ("limit", "failed"):
        warn(
            f"lbfgs failed to converge after {result.epochs} iteration(s): "
            f"{result.message.rstrip(': ')}. Increase max_iter (now {estimator.max_iter}) or "
            f"max_fun (now {estimator.max_fun}), or scale the data, for instance with "
            f"StandardScaler. {LOOK_FURTHER}",
            ConvergenceWarning,
        )
    elif result.reason == "epochs" and start.planned and not fit.plan.schedule.horizon:
        warn(
            f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the "
            "optimization hasn't converged yet. Increase max_iter, or learning_rate_init "
            f"(now {estimator.learning_rate_init:g}) if the loss is still falling slowly. "
            f"{LOOK_FURTHER}",
            ConvergenceWarning,
        )
    if start.planned:
        warn_of_poor_fit(estimator, fit, result, start)


def _best_kept(fit):
    """Whether the weights with the best validation score were kept."""
    return fit.plan.early_stopping and fit.held_out is not None
