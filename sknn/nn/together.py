"""Fits of one shape, trained in one pass: each ends as it would by itself.

Networks with the same layers lie one above the other, theta as (k, P), so that one call of NumPy
serves them all. Settings that are numbers may differ between them, and so may their rows.
"""

from copy import copy

import numpy as np

from sknn.nn.cached import cached
from sknn.nn.fit import result_of, run, validation_of
from sknn.nn.gradient import Gradient
from sknn.nn.grouping import in_two, same_draws, same_rows
from sknn.nn.rows_of_models import RowsOfModels
from sknn.nn.schedules import Progress
from sknn.nn.stopping import Patience
from sknn.nn.threads import one_blas_thread, share_out
from sknn.nn.training import HISTORY, train

NUMBERS = ("learning_rate", "alpha", "l1", "max_grad_norm", "tol", "n_iter_no_change")


def run_together(batches):
    """Runs Fits, those of a batch in one pass; returns what ``run`` returns for each.

    batches: lists of (Fit, Watch), as ``in_batches`` makes them, shared out among threads
    returns: a list for each batch; an error of one fit takes the place of its Result, and touches
    no other. On an interrupt all end after their epoch, and it is raised.
    """
    interrupted = []

    def work(number):
        return _run_batch(*zip(*batches[number], strict=True), lambda: bool(interrupted))

    if len(batches) == 1 and len(batches[0]) == 1:
        return [work(0)]
    with one_blas_thread():
        return share_out(work, len(batches), halt=lambda: interrupted.append(True))


def _run_batch(fits, watches, is_over):
    """The Results of fits that have one shape, or their errors."""
    if len(fits) == 1:
        return [_run_alone(fits[0], watches[0], is_over)]
    before = [_Before(fit) for fit in fits]
    try:
        together = Together(fits, watches)
        with np.errstate(all="ignore"):  # overflow is reported once, as divergence
            outcome = together.train(is_over)
    except Exception:  # which may be that of one of them, or a lack of memory for all at once
        for each in before:
            each.restore()
        pairs = zip(fits, watches, strict=True)
        return [_run_alone(fit, watch, is_over) for fit, watch in pairs]
    if outcome.reason == "interrupted":
        raise KeyboardInterrupt
    results = []
    for number, (fit, watch) in enumerate(zip(fits, watches, strict=True)):
        if outcome.diverged[number]:
            before[number].restore()  # by itself it ends in the words, and at the place, it should
            results.append(_run_alone(fit, watch, is_over))
        else:
            results.append(together.result(number, outcome))
    return results


def _run_alone(fit, watch, is_over):
    """The Result of one fit, or its error."""
    try:
        result = run(fit, ending(watch, is_over))
    except Exception as error:
        return error
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    return result


def ending(watch, is_over):
    """The watch of a fit by itself, which ends when all are to end."""
    own, watch = watch.after_epoch, copy(watch)
    watch.after_epoch = lambda: is_over() or (own is not None and own())
    return watch


class _Before:
    """What training changes of a Fit, to put back."""

    def __init__(self, fit):
        self.fit = fit
        self.theta, self.state = fit.model.theta.copy(), fit.model.state.copy()
        self.drawn = fit.run.random_state.get_state()

    def restore(self):
        np.copyto(self.fit.model.theta, self.theta)
        np.copyto(self.fit.model.state, self.state)
        self.fit.run.random_state.set_state(self.drawn)


class Together:
    """Fits of one shape as one."""

    def __init__(self, fits, watches):
        self.fits = fits
        self.after_epoch = [watch.after_epoch for watch in watches if watch.after_epoch]
        first = fits[0]
        self.gradient = Gradient(
            first.model.network,
            first.loss,
            np.stack([fit.model.theta for fit in fits]),
            np.stack([fit.model.state for fit in fits]),
        )
        self.epochs = np.array([fit.epochs for fit in fits])
        self.plan = copy(first.plan)
        for name in NUMBERS:
            setattr(self.plan, name, setting([getattr(fit.plan, name) for fit in fits]))
        self.plan.batch_size = max(fit.plan.batch_size for fit in fits)  # or all of each
        self.plan.__post_init__()
        self.history = {name: [] for name in HISTORY}
        self.validations = [validation_of(*pair) for pair in zip(fits, watches, strict=True)]
        alike = same_draws(fits) and all(same_rows(first, fit) for fit in fits[1:])
        self.rows = first.rows if alike else RowsOfModels([fit.rows for fit in fits])
        self.run = self._training_state(alike)

    def _training_state(self, alike):
        fits = self.fits
        random_states = [fit.run.random_state for fit in fits]
        optimizer, layout = copy(fits[0].run.optimizer), self.gradient.network.layout
        for name in in_two(optimizer)[1]:
            setattr(optimizer, name, setting([vars(fit.run.optimizer)[name] for fit in fits]))
        state = copy(fits[0].run)
        state.optimizer = optimizer
        state.moments = optimizer.start(self.gradient.trainable[0], layout.n_decayed)
        state.patience = Patience(models=len(fits))
        state.patience.best[:] = [fit.run.patience.best for fit in fits]
        state.progress = Progress(samples=setting([fit.run.progress.samples for fit in fits], int))
        if alike:
            state.order = fits[0].order
            return state
        state.random_state = random_states
        state.seed = [fit.run.seed for fit in fits]
        longest = max(fit.n_samples for fit in fits)
        state.order = np.full((len(fits), longest), -1)
        for own, fit, start in zip(state.order, fits, self.rows.starts, strict=True):
            own[: fit.n_samples] = fit.order + start
        return state

    def train(self, is_over, start=None, save=None):
        """The Outcome; start, save: as for ``train``."""
        return train(
            self.gradient,
            self.rows,
            self.plan,
            self.run,
            self.epochs,
            history=self.history,
            subset=self.run.order,
            validate=self.validate if self.validations[0] else None,
            after_epoch=lambda: any([is_over(), *(each() for each in self.after_epoch)]),
            start=start,
            save=save,
        )

    def validate(self):
        """(loss, score) of the models, (k,), each on its own samples."""
        self._write_back()
        each = [validate() for validate in self.validations]
        return tuple(np.array(values, float) for values in zip(*each, strict=True))

    def _write_back(self):
        for fit, theta, state in zip(
            self.fits, self.gradient.theta, self.gradient.state, strict=True
        ):
            np.copyto(fit.model.theta, theta)
            np.copyto(fit.model.state, state)

    @cached
    def _histories(self):
        """The history of all models, once they are trained: {name: (epochs, k)}."""
        shape = len(self.history["loss"]), len(self.fits)
        of_all = {name: np.empty(shape) for name in self.history}
        for name, values in self.history.items():
            for epoch, value in enumerate(values):
                of_all[name][epoch] = value  # one for each model, or one for all
        of_all["seconds"] /= len(self.fits)
        return of_all

    def result(self, number, outcome):
        """The Result of one model, whose Fit is left as training by itself would leave it."""
        fit, run = self.fits[number], self.run
        np.copyto(fit.model.theta, self.gradient.theta[number])
        np.copyto(fit.model.state, self.gradient.state[number])
        stopped = int(outcome.stopped[number])
        epochs = stopped or min(outcome.epochs, fit.epochs)
        for name, values in self._histories.items():
            fit.history[name] += values[:epochs, number].tolist()
        steps = epochs * -(-fit.n_samples // fit.plan.batch_size)
        total = fit.epochs * -(-fit.n_samples // fit.plan.batch_size)
        before = fit.run.progress.samples
        fit.run.patience.best = run.patience.best[number]
        fit.run.patience.count = run.patience.count[number]
        fit.run.progress = Progress(
            steps,
            epochs,
            before + epochs * fit.n_samples,
            int(_of(run.progress.plateaus, number)),
            int(_of(run.progress.stalled, number)),
            total if fit.plan.planned else None,
        )
        reason = "epochs" if epochs == fit.epochs else outcome.reason
        return result_of(fit, "patience" if stopped else reason, epochs)


def setting(values, kind=float):
    """One number if all are the same, else one per model: (k, 1)."""
    if values[0] is None or all(value == values[0] for value in values):
        return values[0]
    return np.array(values, kind)[:, None]


def _of(value, number):
    """One model's part of a value that may be one for all."""
    return np.reshape(value, -1)[number] if np.ndim(value) else value
