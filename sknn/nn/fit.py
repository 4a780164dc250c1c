"""One fit: its inputs, how it is run, and its result. It uses arrays only, no estimators."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from sknn.nn.batches import Source, sum_of_weights
from sknn.nn.blocks import HeldOutBlocks
from sknn.nn.gradient import Gradient
from sknn.nn.lbfgs import BLOCK, minimize_loss
from sknn.nn.losses import Loss
from sknn.nn.model import Model
from sknn.nn.plan import Plan
from sknn.nn.stopping import Keeper
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.threads import blas_threads_for, one_blas_thread
from sknn.nn.training import as_a_whole, train
from sknn.nn.training_state import TrainingState


@dataclass(frozen=True)
class LbfgsPlan:
    """The settings of a fit with solver='lbfgs'; tol is SciPy's gtol, the rest as in ``Plan``."""

    alpha: float
    l1: float
    max_fun: int
    tol: float
    n_iter_no_change: float
    max_time: float | None
    early_stopping: bool


@dataclass(frozen=True)
class HeldOut:
    """Samples for validation: the rows ``at`` of x, or all of it.

    y: encoded targets (n, n_outputs)    labels: the same targets as the user passed them
    weight: (n,) or None    score: (z, y, weight) -> float, from raw outputs; greater is better;
    None means the negative loss
    """

    x: Any
    at: np.ndarray | None
    y: np.ndarray
    labels: np.ndarray
    weight: np.ndarray | None
    score: Callable | None

    def loss(self, model, z):
        """The weighted loss of raw outputs z, without penalties."""
        weight = None if self.weight is None else self.weight[:, None]
        weight_sum = len(self.y) if weight is None else sum_of_weights(weight)
        total = model.loss.sum_and_gradient(self.y, z, weight, np.empty_like(z))
        return model.loss.finish(total, weight_sum)[0]

    def validate(self, model, memory, score=None):
        """(loss, score) of the model. ``score``, () -> float, replaces its own score."""
        z = model.outputs(self.x, memory, self.at)
        if not np.isfinite(z).all():
            return np.nan, np.nan
        loss = self.loss(model, z)
        if score is not None:
            return loss, score()
        if self.score is None:
            return loss, -loss
        return loss, self.score(z, self.y, self.weight)


@dataclass(frozen=True)
class Fit:
    """Everything that training needs, validated, drawn and encoded.

    Attributes
    ----------
    model : Model
        The network, its weights and its running statistics, which training changes in place.
    loss : Loss
        The loss to minimise. Predictions and validation use ``model.loss``.
    rows : Source
        The samples, in the dtype in which training computes.
    subset : ndarray of int, or None
        The numbers of the rows to train on. None means all rows.
    held_out : HeldOut, HeldOutBlocks or None
        The samples for validation.
    plan : Plan or LbfgsPlan
        The settings of the training.
    run : TrainingState
        The state of training between epochs. For lbfgs, only patience and progress are used.
    epochs : int
        The last epoch, or iteration, that may be run.
    history : dict of list
        The history, to which each epoch appends a row.
    checkpoint : Checkpoint or None
        The state in which an interrupted training ended. Its epochs count.
    fingerprints : dict
        Fingerprints of the data, for the checkpoints that this fit writes.
    goes_on : bool
        Whether training can continue later from the last step of this fit.
    own_draws : bool
        Whether nothing else uses the generator of ``run``.
    """

    model: Model
    loss: Loss
    rows: Source
    subset: np.ndarray | None
    held_out: HeldOut | HeldOutBlocks | None
    plan: Plan | LbfgsPlan
    run: TrainingState
    epochs: int
    history: dict
    checkpoint: Checkpoint | None = None
    fingerprints: dict = field(default_factory=dict)
    goes_on: bool = False
    own_draws: bool = False

    @property
    def n_samples(self):
        """The number of rows to train on."""
        return len(self.rows if self.subset is None else self.subset)

    @property
    def order(self):
        """The numbers of the rows to train on, in order."""
        return np.arange(len(self.rows)) if self.subset is None else self.subset

    @property
    def epochs_left(self):
        """The number of epochs that may still be run."""
        return max(0, self.epochs - (self.checkpoint.epochs if self.checkpoint else 0))


@dataclass
class Watch:
    """Functions called while a fit runs. By default there are none.

    Attributes
    ----------
    before_epoch : callable
        () -> None
    after_epoch : callable
        () -> whether to stop
    say : callable
        Receives lines about the progress.
    save : callable
        (Checkpoint, whether it is the last) -> None
    score : callable
        () -> float, which replaces the score of ``HeldOut``.
    memory : int
        The maximum number of bytes for one chunk of validation data.
    """

    before_epoch: Callable | None = None
    after_epoch: Callable | None = None
    say: Callable | None = None
    save: Callable | None = None
    score: Callable | None = None
    memory: int = 2**30


@dataclass(frozen=True)
class Result:
    """The result of a fit.

    Attributes
    ----------
    reason : str
        As in ``Outcome``; for lbfgs as in ``LbfgsOutcome``, or "diverged".
    epochs : int
        The number of completed epochs or iterations, including those before a checkpoint.
    loss : float
        The loss of the last one, or nan if there was none.
    samples : int
        The number of samples seen so far, counting repetitions.
    next_rate : float or None
        The learning rate of the next step, if there was one. None for lbfgs.
    where : str or None
        The place of the first value that is not finite, if the reason is "diverged".
    message : str
        SciPy's message about the end of lbfgs.
    """

    reason: str
    epochs: int
    loss: float
    samples: int
    next_rate: float | None = None
    where: str | None = None
    message: str = ""


def run(fit, watch):
    """Trains the model of a Fit in place and calls the functions of a Watch. Returns a Result."""
    how = _by_iterations if isinstance(fit.plan, LbfgsPlan) else _by_epochs
    return how(fit, watch)


def _by_epochs(fit, watch):
    """Trains with mini-batches and an optimiser."""
    model, plan = fit.model, fit.plan
    gradient = Gradient(model.network, fit.loss, model.theta, model.state)
    with _numerics(model.network, plan.batch_size):
        outcome = train(
            gradient,
            fit.rows,
            plan,
            fit.run,
            fit.epochs,
            history=fit.history,
            subset=fit.subset,
            validate=validation_of(fit, watch),
            before_epoch=watch.before_epoch,
            after_epoch=watch.after_epoch,
            say=watch.say,
            start=fit.checkpoint,
            save=watch.save,
        )
    return result_of(fit, outcome.reason, outcome.epochs, outcome.where)


def result_of(fit, reason, epochs, where=None):
    """The Result of a Fit with completed epochs; its history and progress provide the rest."""
    plan, progress = fit.plan, fit.run.progress
    if plan.schedule.horizon:  # after a planned end, it is the last rate
        progress.total_steps = progress.total_steps or progress.step
    return Result(
        reason,
        epochs,
        fit.history["loss"][-1] if fit.history["loss"] else np.nan,
        progress.samples,
        plan.schedule.rate(progress, plan.learning_rate),
        where,
    )


def _by_iterations(fit, watch):
    """Trains with lbfgs: all samples at once, in float64 for any dtype of the model."""
    model, plan, rows = fit.model, fit.plan, fit.rows
    theta, state = model.theta.astype(rows.dtype), model.state.astype(rows.dtype)
    gradient = Gradient(model.network, fit.loss, theta, state)
    observer = _LbfgsObserver(fit, watch, gradient)
    with _numerics(model.network, min(BLOCK, len(rows))):
        outcome = minimize_loss(
            gradient,
            rows,
            alpha=plan.alpha,
            l1=plan.l1,
            max_iter=fit.epochs,
            max_fun=plan.max_fun,
            tol=plan.tol,
            max_time=plan.max_time,
            history=fit.history,
            after_iteration=observer.after_iteration,
            say=watch.say,
        )
        known = np.isfinite(outcome.loss) or outcome.reason == "interrupted"
        where = None if known else gradient.non_finite(outcome.loss)
        observer.finish()
        where = where or model.network.first_non_finite(model.theta, model.state)
    return Result(
        "diverged" if where else outcome.reason,
        outcome.iterations,
        outcome.loss,
        fit.run.progress.samples,  # as in scikit-learn, only the samples of mini-batches count
        where=where,
        message=outcome.message,
    )


@contextmanager
def _numerics(network, n):
    """A context for batches of n samples, without warnings and with as many threads as needed."""
    blas = (
        one_blas_thread()
        if network.n_image_layers
        else blas_threads_for(network.largest_product(n))
    )
    with np.errstate(all="ignore"), blas:  # an overflow is reported once, as divergence
        yield


def validation_of(fit, watch):
    """() -> (loss, score) on the held-out samples, read chunk by chunk. None without any."""
    model, held_out = fit.model, fit.held_out
    if held_out is None:
        return None

    return partial(held_out.validate, model, watch.memory, watch.score)


class _LbfgsObserver:
    """Validates after each iteration of lbfgs, calls the Watch, and keeps the best weights."""

    def __init__(self, fit, watch, gradient):
        self.fit, self.watch, self.gradient = fit, watch, gradient
        self.validate = validation_of(fit, watch)
        self.stopping = fit.plan.early_stopping and fit.held_out is not None
        self.kept = Keeper(gradient.theta, gradient.state)
        self.n_seen = len(fit.history["loss"])  # rows of the history that patience has seen
        self.before = None  # best value and count of patience before the last of these rows

    def after_iteration(self):
        """Returns whether to stop."""
        # Only now is the iteration certain to have taken place; the model is still the one before.
        if self.watch.before_epoch:
            self.watch.before_epoch()
        self._update_model()
        figures = (np.nan, np.nan) if self.validate is None else self.validate()
        as_a_whole(self._record, *figures)
        stop = self.watch.after_epoch is not None and self.watch.after_epoch()
        spent = bool(self.fit.run.patience.spent(self.fit.plan.n_iter_no_change))
        return stop or (self.stopping and spent)

    def _record(self, loss=np.nan, score=np.nan):
        """Records the last iteration of the history. Repeated calls have no further effect."""
        history, patience = self.fit.history, self.fit.run.patience
        if len(history["loss"]) > self.n_seen:
            self.before, self.n_seen = (patience.best, patience.count), len(history["loss"])
        patience.best, patience.count = self.before
        history["validation_loss"][-1] = float(loss)
        history["validation_score"][-1] = float(score)
        watched = -score if self.stopping else history["loss"][-1]
        best = patience.watch(watched, self.fit.plan.tol)
        if self.stopping:
            self.kept.keep(self.gradient.theta, self.gradient.state, best)

    def finish(self):
        """Copies the last or the best weights to the model."""
        if len(self.fit.history["loss"]) > self.n_seen:  # interrupted after the iteration
            self._record()
        if self.stopping:
            self.kept.restore(self.gradient.theta, self.gradient.state, np.True_)
        self._update_model()

    def _update_model(self):
        np.copyto(self.fit.model.theta, self.gradient.theta)
        np.copyto(self.fit.model.state, self.gradient.state)
