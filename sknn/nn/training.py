"""The loop over epochs: steps, stopping rules, best weights, history."""

import math
import time
from copy import copy, deepcopy
from dataclasses import dataclass, field

import numpy as np

from sknn.nn.schedules import Constant, Progress, Schedule
from sknn.nn.stopping import Keeper
from sknn.nn.threads import blas_threads_for

HISTORY = (
    "loss",
    "validation_loss",
    "validation_score",
    "learning_rate",
    "gradient_norm",
    "seconds",
)


@dataclass
class Plan:
    """What the user asked for.

    ``alpha`` and ``learning_rate`` may be one for all, or (k, 1), one per model. ``tol`` and
    ``n_iter_no_change`` are scikit-learn's: training stops, or the schedule goes on more
    slowly, after more than ``n_iter_no_change`` epochs in a row that did not improve by
    ``tol``.
    """

    batch_size: int
    learning_rate: float = 0.001
    schedule: Schedule = field(default_factory=Constant)
    alpha: float = 0.0
    shuffle: bool = True
    tol: float = 1e-4
    n_iter_no_change: float = 10

    @property
    def penalised(self):
        return bool(np.any(self.alpha))


class Run:
    """What training carries from epoch to epoch, and ``partial_fit`` from call to call.

    Attributes
    ----------
    optimizer : Optimizer
    random_state : numpy.random.RandomState
        Shuffles the rows.
    patience : Patience
    progress : Progress
    order : ndarray of int, or None
        The rows in the order of the last epoch; each epoch shuffles it further.
    """

    def __init__(self, optimizer, random_state, patience, samples=0):
        self.optimizer = optimizer
        self.random_state = random_state
        self.patience = patience
        self.progress = Progress(samples=samples)
        self.order = None

    def copy(self):
        """A Run to go on with that leaves this one as it is, but for the shared generator."""
        run = copy(self)
        run.optimizer = deepcopy(self.optimizer)
        run.patience, run.progress = copy(self.patience), copy(self.progress)
        return run


@dataclass
class Outcome:
    """How a call to ``train`` ended.

    ``reason`` is "patience", "epochs" (all that were allowed are done), "diverged",
    "interrupted" or "asked" (``after_epoch`` said stop). ``stopped`` holds the epoch at which
    each model stopped, 0 for those that went on to the end.
    """

    reason: str
    epochs: int
    stopped: np.ndarray


def train(
    gradient, rows, plan, run, epochs, *, history, subset=None, validate=None, after_epoch=None,
    say=None,
):  # fmt: skip
    """Trains ``gradient.theta`` in place for so many epochs, or until it should stop.

    rows: Rows    subset: numbers of the rows to train on, default all    history: a dict of
    lists by the names in HISTORY, to which each epoch appends    validate: () -> (loss, score),
    greater scores being better; given it, patience watches the score, and the best weights are
    put back at the end    after_epoch: () -> whether to stop    say: takes lines of progress
    Returns an Outcome.
    """
    theta, state = gradient.theta, gradient.state
    if run.order is None or len(run.order) != (len(rows) if subset is None else len(subset)):
        run.order = np.arange(len(rows)) if subset is None else subset
    run.progress.total_steps = epochs * math.ceil(len(run.order) / plan.batch_size)
    stopped = np.zeros(theta.shape[:-1], dtype=int)
    kept = Keeper(theta, state) if validate or stopped.ndim else None
    reason, done = "epochs", 0
    try:
        with blas_threads_for(gradient.network.largest_product(plan.batch_size)):
            while done < epochs:
                started = time.perf_counter()
                loss, norm, rate = _epoch(gradient, rows, plan, run)
                done += 1
                finite = np.isfinite(loss) & np.isfinite(theta.sum(axis=-1))
                validation_loss, score = _validated(validate, finite)
                _append(history, loss, validation_loss, score, rate, norm, started)
                if say:
                    say(f"Iteration {done}, loss = {np.mean(loss):.8f}")
                    if validate:
                        say(f"Validation score: {np.mean(score):f}")

                watched = loss if validate is None else -score
                best = run.patience.watch(watched, plan.tol) & finite
                run.progress.stalled = run.patience.count
                spent = _spent(plan, run, validate, say)
                ending = (stopped == 0) & (spent | ~finite)
                if validate:
                    kept.keep(theta, state, best & (stopped == 0))
                elif kept:
                    kept.keep(theta, state, ending)
                stopped[ending] = done
                asked = after_epoch is not None and after_epoch()
                if np.all(stopped > 0):
                    reason = "patience" if np.all(finite) else "diverged"
                    break
                if asked:
                    reason = "asked"
                    break
    except KeyboardInterrupt:
        reason = "interrupted"
    if kept:
        kept.restore(theta, state, np.full(stopped.shape, validate is not None) | (stopped > 0))
    return Outcome(reason, done, stopped)


def _epoch(gradient, rows, plan, run):
    """One pass over the rows. Returns the mean loss, mean gradient norm and last rate."""
    order, progress = run.order, run.progress
    if plan.shuffle:
        shuffled = np.arange(len(order))
        run.random_state.shuffle(shuffled)
        order = run.order = order[shuffled]
    total = norms = 0.0
    samples = steps = 0
    in_place = not plan.shuffle and len(order) == len(rows)
    base = rate = _per_model(plan.learning_rate)
    for start in range(0, len(order), plan.batch_size):
        stop = min(start + plan.batch_size, len(order))
        batch = rows.take(slice(start, stop) if in_place else order[start:stop])
        if batch.weight_sum == 0:  # nothing to learn from
            continue
        rate = plan.schedule.rate(progress, base)
        loss, norm = _step(gradient, batch, plan, run, rate)
        total = total + loss * (stop - start)
        norms = norms + norm
        samples += stop - start
        steps += 1
        progress.step += 1
    progress.epoch += 1
    progress.samples += len(order)
    return total / max(samples, 1), norms / max(steps, 1), rate


def _step(gradient, batch, plan, run, rate):
    """One step of the optimiser on one batch. Returns the penalised loss and gradient norm."""
    loss = gradient.mean(batch)
    if plan.penalised:
        loss = loss + gradient.add_penalty(plan.alpha / batch.weight_sum)
    norm = gradient.norm()
    theta, grad = gradient.trainable
    run.optimizer.step(theta, grad, _spread(rate, gradient.rates))
    return loss, norm


def _per_model(rate):
    """A learning rate given as (k, 1) as schedules take it: (k,)."""
    return np.reshape(rate, -1) if np.ndim(rate) else rate


def _spread(rate, rates):
    """The learning rate as optimisers take it: (k, 1) if per model, times those of parameters."""
    if np.ndim(rate):
        rate = np.reshape(rate, (-1, 1))
    return rate if rates is None else rate * rates


def _validated(validate, finite):
    """(loss, score) of the validation rows, nan where there are none or a model diverged."""
    if validate is None or not np.any(finite):
        return np.where(finite, np.nan, np.nan), np.where(finite, np.nan, np.nan)
    loss, score = validate()
    return np.where(finite, loss, np.nan), np.where(finite, score, np.nan)


def _append(history, loss, validation_loss, score, rate, norm, started):
    seconds = time.perf_counter() - started
    row = (loss, validation_loss, score, rate, norm, seconds)
    for name, value in zip(HISTORY, row, strict=True):
        history[name].append(float(value) if np.ndim(value) == 0 else np.copy(value))


def _spent(plan, run, validate, say):
    """Which models are out of patience for good; the schedule may grant some more of it."""
    spent = run.patience.spent(plan.n_iter_no_change)
    if not np.any(spent):
        return spent
    what = "Training loss" if validate is None else "Validation score"
    message = (
        f"{what} did not improve more than tol={plan.tol:f} "
        f"for {plan.n_iter_no_change} consecutive epochs."
    )
    base = _per_model(plan.learning_rate)
    ends = spent & plan.schedule.ends(run.progress, base)
    slower = spent & ~ends
    if np.any(slower):
        run.progress.plateaus = run.progress.plateaus + slower
        run.patience.count = np.where(slower, 0, run.patience.count)
        rate = plan.schedule.rate(run.progress, base)
        message += f" Setting learning rate to {np.min(rate):f}"
    else:
        message += " Learning rate too small. Stopping." if plan.schedule.slows else " Stopping."
    if say:
        say(message)
    return ends
