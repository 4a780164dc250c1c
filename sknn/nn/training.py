"""The loop over epochs: steps, stopping rules, best weights, history."""

import math
import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from sknn.nn.batches import UnevenBatch
from sknn.nn.per_model import as_setting, as_values, factor
from sknn.nn.stopping import Keeper, Parts, Remaining
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.streams import shuffles_block
from sknn.nn.training_state import n_rows
from sknn.nn.workspace import Workspace

HISTORY = (
    "loss",
    "validation_loss",
    "validation_score",
    "learning_rate",
    "gradient_norm",
    "seconds",
)


@dataclass
class Outcome:
    """The outcome of a call to ``train``.

    ``reason`` is "patience", "epochs" (all epochs are completed), "diverged", "interrupted",
    "time" (max_time is exceeded) or "asked" (``after_epoch`` returned True). ``stopped`` contains
    the epoch at which each model stopped, 0 for models that trained until the end. If the reason
    is "diverged", all models have stopped, and at least one of them has diverged: ``where`` is
    the result of ``Gradient.non_finite``, and ``diverged`` says which models it concerns.
    """

    reason: str
    epochs: int
    stopped: np.ndarray
    diverged: np.ndarray
    where: str | None = None


def train(
    gradient,
    rows,
    plan,
    run,
    epochs,
    *,
    history,
    subset=None,
    validate=None,
    before_epoch=None,
    after_epoch=None,
    say=None,
    start=None,
    save=None,
):
    """Trains ``gradient.theta`` in place for a number of epochs, or until it should stop.

    epochs: an int, or (k,) of them, one per model

    With a model axis, a model that runs out of patience or diverges is removed from the batch after
    that epoch. Its theta and state are then final, and its moments, patience and progress are not
    updated any more. The others continue unchanged. From the next epoch on, its values in the rows
    of the history are nan. A learning rate shared by all models remains a single number.

    gradient: a TrainableLoss    rows: a Source
    subset: numbers of the rows to train on, (n,), or (k, n) with those of each model; default all
    history: a dict of lists with the names in HISTORY, to which each epoch appends
    validate: () -> (loss, score) of ``gradient.theta``, for all models (k,), including stopped
    ones; greater scores are better    before_epoch: () -> None
    after_epoch: () -> whether to stop
    say: receives lines about the progress    start: a Checkpoint to continue from, whose epochs
    count    save: (Checkpoint, whether it is the last) -> None, called before the first epoch and
    after each epoch, unless training has diverged    Returns an Outcome.
    """
    theta, state = gradient.theta, gradient.state
    stopped = np.zeros(theta.shape[:-1], dtype=int)
    diverged = stopped > 0
    kept = Keeper(theta, state) if plan.early_stopping else None
    done, began = 0, time.perf_counter()
    if start is not None:
        start.restore(gradient, run, history, kept)
        done = start.epochs
        stopped = stopped if start.stopped is None else start.stopped.copy()
    earlier = len(history["loss"]) - done  # rows of the history from earlier calls
    n = len(rows) if subset is None else subset.shape[-1]
    order = np.arange(rows.numbered) if subset is None else subset
    if start is not None:
        if earlier < 0:
            raise ValueError(
                f"The history of the checkpoint must have a row for each of its {done} epochs, "
                f"got {done + earlier}. Call fit to start from scratch."
            )
        if run.order is not None:
            _check_order(run.order, order)
    alike = run.order is not None and run.order.shape[-1] == order.shape[-1]
    if not alike or run.order.max() >= rows.numbered:
        run.order = order
    last_epoch = int(np.max(epochs))
    steps = last_epoch * math.ceil(n / plan.batch_size)
    run.progress.total_steps = steps if plan.planned else None
    remaining = Remaining(gradient, plan, run)

    def checkpoint(last):
        if save:
            remaining.write_back()
            save(Checkpoint.of(gradient, run, history, kept, epochs=done, stopped=stopped), last)

    reason, where = "patience" if np.all(stopped > 0) else "epochs", None
    over = (stopped > 0) | (done >= epochs)
    if start is None:
        checkpoint(last=True)
    elif reason == "epochs" and np.any(stopped > 0):
        remaining.leave_out(stopped > 0)
        where = None if np.isfinite(theta).all() else gradient.non_finite(0.0)
    try:
        while reason == "epochs" and not np.all(over):
            started = time.perf_counter()
            if before_epoch:
                before_epoch()
            given = remaining.gradient, remaining.plan, remaining.run
            loss, norm, rate = (
                rows.epoch(*given) if rows.epoch else one_epoch(rows, *given, remaining.parts)
            )
            remaining.write_back()
            finite = np.isfinite(loss) & np.isfinite(norm)
            for vector in (remaining.gradient.theta, remaining.gradient.state):
                finite &= np.isfinite(vector.sum(axis=-1))
            validation_loss, score = _validated(validate, finite, remaining)
            figures = loss, validation_loss, score, rate, norm
            figures = [remaining.among_all(each, np.nan) for each in figures]
            watched = -score if plan.early_stopping else loss
            patience = remaining.run.patience
            before = earlier + done, patience.best, patience.count
            as_a_whole(_record, history, figures, started, watched, remaining, kept, before)
            done += 1
            if say:
                say(f"Iteration {done}, loss = {np.mean(loss):.8f}")
                if validate:
                    say(f"Validation score: {np.mean(score):f}")

            remaining.run.progress.stalled = as_setting(remaining.run.patience.count)
            ending = _spent(remaining.plan, remaining.run, say) | ~finite
            if not np.all(finite):
                where = remaining.gradient.non_finite(loss)
                diverged = diverged | remaining.among_all(~finite, False)
            ending = remaining.among_all(ending, False)
            stopped[ending] = done
            already, over = over, (stopped > 0) | (done >= epochs)
            if np.any(over > already) and not np.all(over):
                remaining.leave_out(over)
                if kept:
                    kept.restore(theta, state, over > already)
            asked = after_epoch is not None and after_epoch()
            if np.all(stopped > 0):
                reason = "patience" if where is None else "diverged"
            elif asked:
                reason = "asked"
            elif plan.max_time is not None and time.perf_counter() - began > plan.max_time:
                reason = "time"
            if reason != "diverged":
                checkpoint(last=done == last_epoch or reason != "epochs")
    except KeyboardInterrupt:
        reason, done = "interrupted", len(history["loss"]) - earlier
    remaining.write_back()
    if kept:
        kept.restore(theta, state, np.full(stopped.shape, True))
    return Outcome(reason, done, stopped, diverged, where if reason == "diverged" else None)


def _check_order(order, rows):
    """Raises ValueError if the order in a checkpoint does not consist of the rows to train on."""
    alike = order.shape[-1] == rows.shape[-1]
    if not alike or np.any(np.sort(order, axis=-1) != np.sort(rows, axis=-1)):
        raise ValueError(
            "The order of the checkpoint must contain each training row exactly once, and no other "
            "row. Call fit to start from scratch."
        )


def one_epoch(rows, gradient, plan, run, parts=None):
    """One pass over the rows. Returns the mean loss, the mean gradient norm and the last rate.

    parts: Parts of the models, whose memory is reused from epoch to epoch
    """
    parts = parts or Parts(gradient, plan, run)
    if plan.shuffle:
        run.shuffle()
    order, progress = run.order, run.progress
    total = norms = 0.0
    samples = steps = 0
    workspace = Workspace(gradient.theta.dtype)
    in_place = not plan.shuffle and order.shape == (len(rows),)
    rate = plan.learning_rate
    draws = partial(shuffles_block, run.seed, progress.epoch) if plan.shuffle else None
    for start, batch in rows.batches(plan.batch_size, None if in_place else order, draws):
        idle = batch.idle
        if idle is True:  # all weights are zero
            continue
        place = run.seed, progress.epoch, start
        gradient.place(*place, progress)
        if plan.augment:
            batch.x = plan.augment(batch.x, *place, workspace)
        rate = plan.schedule.rate(progress, plan.learning_rate)
        if isinstance(batch, UnevenBatch):
            (loss, norm), learning = _step_in_parts(batch.parts, parts, place), 1
        elif idle is False:
            (loss, norm), learning = one_step(gradient, batch, plan, run, rate), 1
        else:
            taking = [(~idle, batch.select(~idle))]
            (loss, norm), learning = _step_in_parts(taking, parts, place), ~idle
        n = batch.n_samples * learning
        total = total + loss * n
        norms = norms + norm
        samples = samples + n
        steps = steps + learning
        if progress.step == 0 and not np.any(np.isfinite(loss)):
            break
        progress.step += 1
    progress.epoch += 1
    in_rows = rows.numbered == len(rows)
    progress.samples = progress.samples + (n_rows(order) if in_rows else len(rows))
    return total / np.maximum(samples, 1), norms / np.maximum(steps, 1), as_values(rate)


def one_step(gradient, batch, plan, run, rate):
    """One step of the optimiser on one batch. Returns the penalised loss and the gradient norm."""
    loss = gradient.mean(batch)
    if plan.penalised:
        share = 1 / batch.weight_sum
        share = share if isinstance(share, float) else as_setting(share)
        loss = loss + gradient.add_penalty(plan.alpha * share, plan.l1 * share)
    norm = gradient.norm()
    if run.progress.step == 0 and not np.any(np.isfinite(loss)):
        return loss, norm  # the learning rate is not the cause: the weights are not changed
    if plan.max_grad_norm is not None:
        gradient.clip(norm, plan.max_grad_norm)
    theta, grad = gradient.trainable
    rates = rate if gradient.rates is None else factor(rate, gradient.rates) * gradient.rates
    run.optimizer.at(run.progress).step(theta, grad, rates, run.moments)
    return loss, norm


def _step_in_parts(batches, parts, place):
    """Same as ``one_step`` for parts of the models; the loss and norm of the others are zero.

    batches: list of ((k,) bools, Batch)    parts: Parts of the models

    Models in no part are not changed.
    """
    _, *place = place
    losses, norms = np.zeros((2, len(parts.gradient.theta)))
    taken = [parts.take(models) for models, _ in batches]
    for (models, batch), (gradient, plan, run) in zip(batches, taken, strict=True):
        gradient.place(run.seed, *place, run.progress)
        rate = plan.schedule.rate(run.progress, plan.learning_rate)
        losses[models], norms[models] = one_step(gradient, batch, plan, run, rate)
        parts.write_back(models, gradient, run)
    return losses, norms


def _validated(validate, finite, remaining):
    """(loss, score) on the validation data, nan without data or for models that diverged."""
    nothing = np.full(np.shape(finite), np.nan)
    if validate is None or not np.any(finite):
        return nothing, nothing
    loss, score = (remaining.of(values) for values in validate())
    return np.where(finite, loss, np.nan), np.where(finite, score, np.nan)


def _record(history, figures, started, watched, remaining, kept, before):
    """Records an epoch: its row of the history, the patience, and the best weights.

    before: (rows of the history, best value, epochs without improvement)
    """
    patience = remaining.run.patience
    n_rows, patience.best, patience.count = before
    trim(history, n_rows)
    _append(history, figures, started)
    plan = remaining.plan
    best = patience.watch(watched, as_values(plan.tol), plan.last_of_ties)
    if kept:
        kept.keep(*remaining.vectors, remaining.among_all(best, False))


def as_a_whole(work, *args):
    """Calls work(*args), and again if an interrupt stops it. Raises the interrupt afterwards.

    Calling ``work`` twice must have the same effect as calling it once.
    """
    done = interrupted = False
    while not done:
        try:
            work(*args)
            done = True
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt


def _append(history, figures, started):
    seconds = time.perf_counter() - started
    for name, value in zip(HISTORY, (*figures, seconds), strict=True):
        history[name].append(float(value) if np.ndim(value) == 0 else np.copy(value))


def trim(history, n_rows):
    """Cuts the lists of a history to a number of rows."""
    for values in history.values():
        del values[n_rows:]


def _spent(plan, run, say):
    """Which models have finally run out of patience. The schedule can extend it."""
    spent = run.patience.spent(as_values(plan.n_iter_no_change))
    if not np.any(spent) or (plan.schedule.horizon and not plan.early_stopping):
        return np.zeros_like(spent)
    ends = spent & as_values(plan.schedule.ends(run.progress, plan.learning_rate))
    slower = spent & ~ends
    if np.any(slower):
        run.progress.plateaus = run.progress.plateaus + as_setting(slower)
        run.patience.count = np.where(slower, 0, run.patience.count)
    if say:
        say(_why_spent(plan, run.progress, np.any(slower)))
    return ends


def _why_spent(plan, progress, slower):
    """The message of scikit-learn for the end of patience."""
    what = "Validation score" if plan.early_stopping else "Training loss"
    tol, epochs = np.max(plan.tol), np.max(plan.n_iter_no_change)
    if slower:
        rate = np.min(plan.schedule.rate(progress, plan.learning_rate))
        then = f"Setting learning rate to {rate:f}"
    else:
        then = "Learning rate too small. Stopping." if plan.schedule.slows else "Stopping."
    return f"{what} did not improve more than tol={tol:f} for {epochs} consecutive epochs. {then}"
