"""Runs the core for an estimator: training by steps or by lbfgs."""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import get_config
from sklearn.exceptions import ConvergenceWarning

from sknn.estimators.checkpoints import CheckpointWriter
from sknn.estimators.reports import LEVEL, record, report, report_divergence
from sknn.estimators.solvers import new_optimizer, new_plan
from sknn.estimators.validation import HeldOut, validator
from sknn.nn.batches import Rows
from sknn.nn.gradient import Gradient
from sknn.nn.lbfgs import BLOCK, minimize_loss
from sknn.nn.model import Model
from sknn.nn.stopping import Keeper, Patience
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.threads import blas_threads_for, one_blas_thread
from sknn.nn.training import TrainingState, train


@dataclass
class Job:
    """One call to fit or partial_fit, with everything checked and encoded.

    training: numbers of the rows to train on, or None for all    run: what the last partial_fit
    left, or None    data: fingerprints for checkpoints    start: what resume goes on from, or None
    """

    estimator: Any
    model: Model
    rows: Rows
    training: np.ndarray | None
    held_out: HeldOut | None
    random_state: np.random.RandomState
    run: TrainingState | None
    incremental: bool
    callbacks: Any
    data: dict
    start: Checkpoint | None

    @property
    def epochs(self):
        return 1 if self.incremental else self.estimator.max_iter

    @property
    def say(self):
        return print if self.estimator.verbose else None

    @property
    def save(self):
        """What writes checkpoints, or None."""
        est = self.estimator
        if est.checkpoint is None or self.incremental:
            return None
        rows = {} if self.training is None else {"training": self.training}
        if rows:
            rows["validation"] = self.held_out.at
        others = {"rows": rows, "data": self.data}
        return CheckpointWriter(est.checkpoint, est.checkpoint_every, others, LEVEL + 3)

    def validator(self, model):
        memory = get_config()["working_memory"] * 2**20
        return self.held_out and validator(self.estimator, model, self.held_out, memory)


def fit_stochastic(job):
    """Trains the model in place by mini-batches and sets the estimator's records of it."""
    est, model, run = job.estimator, job.model, job.run
    n_samples = len(job.rows) if job.training is None else len(job.training)
    plan = new_plan(est, n_samples, job.incremental)
    if run is None:
        optimizer, patience = new_optimizer(est), Patience(_best_so_far(est))
        layout = model.network.layout
        moments = optimizer.start(model.theta[: layout.n_trainable], layout.n_decayed)
        run = TrainingState(optimizer, moments, job.random_state, patience, samples=est.t_)
    gradient = Gradient(model.network, est._training_loss(), model.theta, model.state)
    with _numerics(model.network, plan.batch_size):
        outcome = train(
            gradient,
            job.rows,
            plan,
            run,
            job.epochs,
            history=est.history_,
            subset=job.training,
            validate=job.validator(model),
            before_epoch=job.callbacks.begin_epoch,
            after_epoch=job.callbacks.end_epoch,
            say=job.say,
            start=job.start,
            save=job.save,
        )
    est._run = run if job.incremental or est.warm_start else None
    est._learning_rate = _next_rate(plan, run)
    est.n_iter_ = outcome.epochs
    est.t_ = run.progress.samples
    record(job, run.patience, est.history_["loss"][-1:])
    report(outcome, job, plan)


def fit_lbfgs(job):
    """Minimises the loss on all samples at once and sets the estimator's records of it."""
    est, model = job.estimator, job.model
    if est.checkpoint is not None:
        raise ValueError(
            f"checkpoint={est.checkpoint!r} needs a solver that goes by epochs, such as "
            "solver='adam', got solver='lbfgs', whose memory of the search cannot be kept."
        )
    if est.early_stopping and job.held_out is None:
        warnings.warn(
            "early_stopping=True is ignored by solver='lbfgs' without X_val: it sees all samples "
            "at every iteration. Give X_val and y_val to fit, or use solver='adam'.",
            UserWarning,
            stacklevel=LEVEL,
        )
    draws = any(layer.draws for layer in model.network.layers)
    if draws or getattr(est, "augment", None):
        raise ValueError(
            f"solver='lbfgs' minimises a fixed function and cannot train with "
            f"{'dropout' if draws else 'augment'}. Use solver='adam', or alpha for regularisation."
        )
    theta, state = model.theta.astype(job.rows.dtype), model.state.astype(job.rows.dtype)
    gradient = Gradient(model.network, est._training_loss(), theta, state)
    watcher = _LbfgsWatcher(job, gradient)
    with _numerics(model.network, min(BLOCK, len(job.rows))):
        outcome = minimize_loss(
            gradient,
            job.rows,
            alpha=est.alpha,
            l1=est.l1,
            max_iter=est.max_iter,
            max_fun=est.max_fun,
            tol=est.tol,
            max_time=est.max_time,
            history=est.history_,
            after_iteration=watcher.after_iteration,
            say=job.say,
        )
        diverged = None if np.isfinite(outcome.loss) else gradient.non_finite(outcome.loss)
        watcher.finish()
        diverged = diverged or model.network.first_non_finite(model.theta, model.state)
    est._run = None
    est.n_iter_ = outcome.iterations
    est.t_ += outcome.iterations * len(job.rows)
    record(job, watcher.patience, [outcome.loss])
    if diverged:
        when = f"Iteration {outcome.iterations}"
        report_divergence(est, when, diverged, watcher.stopping, level=LEVEL + 1)
    elif outcome.reason == "interrupted":
        warnings.warn("Training interrupted by user.", stacklevel=LEVEL)
    elif outcome.reason in ("limit", "failed"):
        warnings.warn(
            f"lbfgs failed to converge after {outcome.iterations} iteration(s): "
            f"{outcome.message.rstrip(': ')}. Increase max_iter (now {est.max_iter}) or max_fun "
            f"(now {est.max_fun}), or scale the data, for instance with StandardScaler.",
            ConvergenceWarning,
            stacklevel=LEVEL,
        )


@contextmanager
def _numerics(network, n):
    """What batches of n samples are computed in: without warnings, with the threads they need."""
    blas = (
        one_blas_thread()
        if network.n_image_layers
        else blas_threads_for(network.largest_product(n))
    )
    with np.errstate(all="ignore"), blas:  # overflow is reported once, as divergence
        yield


class _LbfgsWatcher:
    """Validates after each iteration of lbfgs, passes it on to callbacks, keeps the best."""

    def __init__(self, job, gradient):
        self.job, self.gradient = job, gradient
        self.validate = job.validator(job.model)
        self.stopping = job.estimator.early_stopping and job.held_out is not None
        self.patience = Patience(_best_so_far(job.estimator))
        self.kept = Keeper(gradient.theta, gradient.state)

    def after_iteration(self):
        """Whether to stop."""
        est, history = self.job.estimator, self.job.estimator.history_
        # Only now is it certain that there was an iteration; the model is as it was before it.
        self.job.callbacks.begin_epoch()
        self._publish()
        loss = score = np.nan
        if self.validate is not None:
            loss, score = self.validate()
            history["validation_loss"][-1] = float(loss)
            history["validation_score"][-1] = float(score)
        best = self.patience.watch(-score if self.stopping else history["loss"][-1], est.tol)
        if self.stopping:
            self.kept.keep(self.gradient.theta, self.gradient.state, best)
        stop = self.job.callbacks.end_epoch()
        return stop or (self.stopping and bool(self.patience.spent(est.n_iter_no_change)))

    def finish(self):
        """Leaves the weights of the end, or the best ones, in the model."""
        if self.stopping:
            self.kept.restore(self.gradient.theta, self.gradient.state, np.True_)
        self._publish()

    def _publish(self):
        np.copyto(self.job.model.theta, self.gradient.theta)
        np.copyto(self.job.model.state, self.gradient.state)


def _best_so_far(est):
    """What patience starts from, to be minimised: under warm_start, the last fit's best."""
    best = getattr(est, "best_validation_score_" if est.early_stopping else "best_loss_", None)
    if best is None:
        return np.inf
    return -best if est.early_stopping else best


def _next_rate(plan, run):
    """The learning rate that the next step would have; after a planned end, the last one."""
    if plan.schedule.horizon:
        run.progress.total_steps = run.progress.total_steps or run.progress.step
    return plan.schedule.rate(run.progress, plan.learning_rate)
