"""What the names of solvers and schedules stand for in the core."""

import warnings

from sknn.nn.optimizers import SGD, Adam
from sknn.nn.schedules import Adaptive, Constant, InvScaling
from sknn.nn.training import Plan

STOCHASTIC_SOLVERS = {
    "adam": lambda est, theta: Adam(
        theta, float(est.beta_1), float(est.beta_2), float(est.epsilon)
    ),
    "sgd": lambda est, theta: SGD(theta, float(est.momentum), est.nesterovs_momentum),
}

SCHEDULES = {
    "constant": lambda est: Constant(),
    "invscaling": lambda est: InvScaling(float(est.power_t)),
    "adaptive": lambda est: Adaptive(),
}


def has_stochastic_solver(estimator):
    """Whether partial_fit exists: for ``available_if``. Raises AttributeError if not."""
    if estimator.solver not in STOCHASTIC_SOLVERS:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{estimator.solver} is not stochastic."
        )
    return True


def new_optimizer(estimator, theta):
    """The Optimizer that ``solver`` names, for these parameters."""
    return STOCHASTIC_SOLVERS[estimator.solver](estimator, theta)


def new_plan(estimator, n_samples):
    """The Plan of training on so many samples. Warns if ``batch_size`` is more than that."""
    batch_size = min(200, n_samples) if estimator.batch_size == "auto" else estimator.batch_size
    if batch_size > n_samples:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. "
            f"It is going to be clipped to {n_samples}.",
            stacklevel=6,
        )
        batch_size = n_samples
    # scikit-learn's schedules are for sgd; its adam has a constant rate whatever they say.
    schedule = estimator.learning_rate if estimator.solver == "sgd" else "constant"
    return Plan(
        batch_size=int(batch_size),
        learning_rate=float(estimator.learning_rate_init),
        schedule=SCHEDULES[schedule](estimator),
        alpha=float(estimator.alpha),
        shuffle=estimator.shuffle,
        tol=estimator.tol,
        n_iter_no_change=estimator.n_iter_no_change,
    )
