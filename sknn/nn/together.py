"""Trains fits of the same shape in one pass, with the same results as one at a time.

Networks with the same layers are stacked, with theta as (k, P), so that one NumPy call computes all
of them. Numeric settings can differ between the networks, as can their rows.
"""

from copy import copy

import numpy as np

from sknn.nn.cached import cached
from sknn.nn.fit import result_of, run, validation_of
from sknn.nn.gradient import Gradient
from sknn.nn.grouping import in_two, leaders
from sknn.nn.rows_of_models import RowsOfModels
from sknn.nn.schedules import Progress
from sknn.nn.stopping import Patience
from sknn.nn.threads import one_blas_thread, share_out
from sknn.nn.training import HISTORY, train

NUMBERS = ("learning_rate", "alpha", "l1", "max_grad_norm", "tol", "n_iter_no_change")


def run_together(batches):
    """Runs Fits, those of a batch in one pass. Returns what ``run`` returns for each of them.

    batches: lists of (Fit, Watch), as returned by ``in_batches``, distributed to threads
    returns: a list for each batch. If a fit raises an error, the error replaces its Result and
    does not affect the others. After an interrupt, all fits end after their current epoch, and
    the interrupt is raised.
    """
    interrupted = []

    def work(number):
        return _run_batch(*zip(*batches[number], strict=True), lambda: bool(interrupted))

    if len(batches) == 1 and len(batches[0]) == 1:
        return [work(0)]
    with one_blas_thread():
        return share_out(work, len(batches), halt=lambda: interrupted.append(True))


def _run_batch(fits, watches, is_over):
    """The Results of fits with the same shape, or their errors."""
    if len(fits) == 1:
        return [_run_alone(fits[0], watches[0], is_over)]
    before = [_Before(fit) for fit in fits]
    try:
        together = Together(fits, watches, _RowsOfFits)
        with np.errstate(all="ignore"):  # an overflow is reported once, as divergence
            outcome = together.train(is_over)
    except Exception:  # from one of the fits, or for lack of memory for all of them at once
        for each in before:
            each.restore()
        pairs = zip(fits, watches, strict=True)
        return [_run_alone(fit, watch, is_over) for fit, watch in pairs]
    if outcome.reason == "interrupted":
        raise KeyboardInterrupt
    results = []
    for number, (fit, watch) in enumerate(zip(fits, watches, strict=True)):
        if outcome.diverged[number]:
            before[number].restore()  # trained alone, it stops with the usual message and place
            results.append(_run_alone(fit, watch, is_over))
        else:
            results.append(together.result(number, outcome))
    return results


def _run_alone(fit, watch, is_over):
    """The Result of one fit that is trained alone, or its error."""
    try:
        result = run(fit, ending(watch, is_over))
    except Exception as error:
        return error
    if result.reason == "interrupted":
        raise KeyboardInterrupt
    return result


def ending(watch, is_over):
    """The watch of a fit that is trained alone; it stops when all fits are to stop."""
    own, watch = watch.after_epoch, copy(watch)
    watch.after_epoch = lambda: is_over() or (own is not None and own())
    return watch


class _Before:
    """A copy of the parts of a Fit that training changes, to restore them."""

    def __init__(self, fit):
        self.fit = fit
        self.theta, self.state = fit.model.theta.copy(), fit.model.state.copy()
        self.drawn = fit.run.random_state.get_state()

    def restore(self):
        np.copyto(self.fit.model.theta, self.theta)
        np.copyto(self.fit.model.state, self.state)
        self.fit.run.random_state.set_state(self.drawn)


class Together:
    """Several fits of the same shape, trained as one."""

    def __init__(self, fits, watches, rows_of=RowsOfModels):
        """rows_of: (list of Rows, their leaders) -> the RowsOfModels to train on"""
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
        self.plan.batch_size = max(fit.plan.batch_size for fit in fits)  # or all rows of each
        self.plan.__post_init__()
        self.history = {name: [] for name in HISTORY}
        self.validations = [validation_of(*pair) for pair in zip(fits, watches, strict=True)]
        leading = leaders(fits)
        alike = first.own_draws and not leading.any()
        self.rows = first.rows if alike else rows_of([fit.rows for fit in fits], leading)
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
        """(loss, score) of the models, (k,), each on its own validation samples."""
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
        """The history of all models after training: {name: (epochs, k)}."""
        shape = len(self.history["loss"]), len(self.fits)
        of_all = {name: np.empty(shape) for name in self.history}
        for name, values in self.history.items():
            for epoch, value in enumerate(values):
                of_all[name][epoch] = value  # one for each model, or one shared by all
        of_all["seconds"] /= len(self.fits)
        return of_all

    def result(self, number, outcome):
        """The Result of one model. Leaves its Fit in the same state as training it alone."""
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


class _RowsOfFits(RowsOfModels):
    """The rows of several fits. A batch without weight for some of them raises ArithmeticError.

    A fit on its own skips this batch, but optimisers and schedules count steps for all fits at
    once. In an uneven batch the loss of this fit is nan, and it is trained on its own as well.
    """

    def batches(self, size, order=None, draws=None):
        for start, batch in super().batches(size, order, draws):
            if not isinstance(batch.idle, bool):
                raise ArithmeticError("Some models skip a step that others take.")
            yield start, batch


def setting(values, kind=float):
    """One number if all are equal, else one per model: (k, 1)."""
    if values[0] is None or all(value == values[0] for value in values):
        return values[0]
    return np.array(values, kind)[:, None]


def _of(value, number):
    """The value of one model, from a value that can be shared by all models."""
    return np.reshape(value, -1)[number] if np.ndim(value) else value
