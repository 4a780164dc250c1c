"""What an estimator says of how training went: its records, and warnings or an error."""

import warnings

import numpy as np
from sklearn.base import is_regressor
from sklearn.exceptions import ConvergenceWarning

LEVEL = 5  # of a warning: from fit_stochastic and fit_lbfgs to the caller of fit


def record(job, patience, last_loss):
    """Sets what scikit-learn calls the course of training."""
    est = job.estimator
    est._no_improvement_count = int(patience.count)
    est.loss_ = last_loss[0] if last_loss else np.nan
    est.loss_curve_ = est.history_["loss"]
    best = float(patience.best)
    if est.early_stopping and job.held_out is not None:
        est.validation_scores_ = est.history_["validation_score"]
        est.best_validation_score_, est.best_loss_ = -best, None
    else:
        est.validation_scores_ = est.best_validation_score_ = None
        est.best_loss_ = best


def report(outcome, job, plan):
    """Warns or raises on how training ended."""
    est = job.estimator
    scored = outcome.epochs > 0 and outcome.reason != "diverged"
    if scored and est.best_validation_score_ == -np.inf:
        warnings.warn(
            "No validation score was a number: the weights are those from before training. Look "
            f"into X_val and y_val, or scoring (now {est.scoring!r}).",
            UserWarning,
            stacklevel=LEVEL + 1,
        )
    if outcome.reason == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=LEVEL + 1)
    elif outcome.reason == "diverged":
        when = f"Epoch {outcome.epochs}"
        report_divergence(est, when, outcome.where, est.early_stopping, level=LEVEL + 2)
    elif outcome.reason == "epochs" and not job.incremental and not plan.schedule.horizon:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the "
            "optimization hasn't converged yet. Increase max_iter, or learning_rate_init "
            f"(now {est.learning_rate_init:g}) if the loss is still falling slowly.",
            ConvergenceWarning,
            stacklevel=LEVEL + 1,
        )


def report_divergence(est, when, where, best_kept, level):
    """Raises ValueError, or warns if there are the best weights of before to go on with.

    where: what ``Gradient.non_finite`` says
    """
    scale = f"scale X{' and y' if is_regressor(est) else ''}, for instance with StandardScaler"
    slower = f"try learning_rate_init={est.learning_rate_init / 10:g}"
    in_weights = where.startswith("layer")
    by_rate = slower if in_weights else f"{scale}, or {slower}"
    remedy = scale if est.solver == "lbfgs" else by_rate
    message = (
        "Solver produced non-finite parameter weights. The input data may contain large values "
        f"and need to be preprocessed. {when}, "
        f"{f'first in {where}' if in_weights else f'{where} is not finite'}: {remedy}."
    )
    if not best_kept:
        raise ValueError(message)
    warnings.warn(
        f"{message} The weights with the best validation score were kept.",
        ConvergenceWarning,
        stacklevel=level,
    )
