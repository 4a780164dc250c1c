"""Fits of one shape, trained in one pass: each ends as it would by itself.

Networks with the same layers lie one above the other, theta as (k, P), so that one call of NumPy
serves them all. Settings that are numbers may differ between them, and so may their rows.
"""

from copy import copy

import numpy as np
from scipy.sparse import issparse

from sknn.nn.batches import Batch, Rows, Source, UnevenBatch, sum_of_weights
from sknn.nn.fit import result_of, run, validation_of
from sknn.nn.gradient import Gradient
from sknn.nn.plan import Plan
from sknn.nn.schedules import Progress
from sknn.nn.settings import Settings
from sknn.nn.stopping import Patience
from sknn.nn.threads import one_blas_thread, share_out
from sknn.nn.training import HISTORY, train
from sknn.nn.training_state import n_rows
from sknn.nn.workspace import Workspace

CACHE = 2**22  # bytes of models that train at a time: fewer pay for calls, more leave the cache
MOST = 64  # models at a time
ENOUGH = 4  # models with the same rows: from so many on, sharing them beats training with others
OURS = "sknn.nn."  # modules whose layers, losses and optimisers take several models
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


def shape_of(fit, watch):
    """What fits must share to train together, hashable; None for one that trains by itself."""
    network, plan, rows, run = fit.model.network, fit.plan, fit.rows, fit.run
    if not (
        isinstance(plan, Plan)
        and isinstance(rows, Rows)
        and fit.checkpoint is None
        and not fit.goes_on
        and not network.n_image_layers
        and plan.max_time is None
        and plan.augment is None
        and watch.before_epoch is watch.say is watch.save is watch.score is None
        and not issparse(rows.x)
        and (rows.weight is None or rows.weight.all())  # no batch is idle for some of the models
    ):
        return None
    constant, numbers = _in_two(run.optimizer)
    parts = network.layers, fit.loss, fit.model.loss, plan.schedule, constant
    try:
        described = tuple(map(_description, parts))
    except TypeError:
        return None
    n = _n(fit)
    return (
        *described,
        tuple(numbers),
        network.shapes[0],
        fit.model.dtype,
        rows.dtype,
        rows.targets(slice(0, 1)).shape,
        rows.weight is None or rows.weight.shape[1],
        -(-n // plan.batch_size),
        plan.batch_size if n > plan.batch_size else "all",
        plan.shuffle,
        plan.early_stopping,
        plan.max_grad_norm is None,
        plan.planned,
        fit.held_out is None,
        plan.schedule.horizon and fit.epochs,
    )


def in_batches(fits):
    """Lists of numbers of fits that are best trained at a time; all have a ``shape_of``.

    fits: list of (Fit, Watch)
    """
    groups = {}
    for number, (fit, watch) in enumerate(fits):
        groups.setdefault(shape_of(fit, watch), []).append(number)
    batches = []
    for members in groups.values():
        most = _most_at_a_time(fits[members[0]][0])
        others = []
        for same in _by_rows(members, fits):
            if len(same) < ENOUGH:
                others += same
            else:
                batches += _evenly(same, most)
        if others:
            batches += _evenly(others, most)
    return sorted(batches, key=len, reverse=True)  # so that threads end at about the same time


def _evenly(members, most):
    """Lists of at most so many."""
    return [part.tolist() for part in np.array_split(members, -(-len(members) // most))]


def _most_at_a_time(fit):
    """How many models of this size the cache has room for while they take a step."""
    network = fit.model.network
    units = sum(shape[-1] for shape in network.shapes[1:])
    numbers = 4 * network.layout.size + 3 * fit.plan.batch_size * units
    return int(np.clip(CACHE // (numbers * fit.rows.dtype.itemsize), 1, MOST))


def _by_rows(members, fits):
    """The numbers of fits, in a list for each set of rows that they train on."""
    found = []
    for number in members:
        same = next((s for s in found if _same_rows(fits[s[0]][0], fits[number][0])), None)
        if same is None:
            found.append([number])
        else:
            same.append(number)
    return found


def _run_batch(fits, watches, is_over):
    """The Results of fits that have one shape, or their errors."""
    if len(fits) == 1:
        return [_run_alone(fits[0], watches[0], is_over)]
    before = [_Before(fit) for fit in fits]
    try:
        together = _Together(fits, watches)
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


class _Together:
    """Fits of one shape as one."""

    def __init__(self, fits, watches):
        self.fits = fits
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
            setattr(self.plan, name, _setting([getattr(fit.plan, name) for fit in fits]))
        self.plan.batch_size = max(fit.plan.batch_size for fit in fits)  # or all of each
        self.plan.__post_init__()
        self.history = {name: [] for name in HISTORY}
        self.validations = [validation_of(*pair) for pair in zip(fits, watches, strict=True)]
        alike = all(_same_rows(first, fit) and _same_draws(first, fit) for fit in fits[1:])
        self.rows = first.rows if alike else _RowsOfModels([fit.rows for fit in fits])
        self.run = self._training_state(alike)

    def _training_state(self, alike):
        fits = self.fits
        random_states = [fit.run.random_state for fit in fits]
        optimizer, layout = copy(fits[0].run.optimizer), self.gradient.network.layout
        for name in _in_two(optimizer)[1]:
            setattr(optimizer, name, _setting([vars(fit.run.optimizer)[name] for fit in fits]))
        state = copy(fits[0].run)
        state.optimizer = optimizer
        state.moments = optimizer.start(self.gradient.trainable[0], layout.n_decayed)
        state.patience = Patience(models=len(fits))
        state.patience.best[:] = [fit.run.patience.best for fit in fits]
        state.progress = Progress(samples=_setting([fit.run.progress.samples for fit in fits], int))
        if alike:
            state.order = _order(fits[0])
            return state
        state.random_state = random_states
        state.seed = [fit.run.seed for fit in fits]
        longest = max(map(_n, fits))
        state.order = np.full((len(fits), longest), -1)
        for own, fit, start in zip(state.order, fits, self.rows.starts, strict=True):
            own[: _n(fit)] = _order(fit) + start
        return state

    def train(self, is_over):
        return train(
            self.gradient,
            self.rows,
            self.plan,
            self.run,
            self.epochs,
            history=self.history,
            subset=self.run.order,
            validate=self.validate if self.validations[0] else None,
            after_epoch=is_over,
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

    def result(self, number, outcome):
        """The Result of one model, whose Fit is left as training by itself would leave it."""
        fit, run = self.fits[number], self.run
        np.copyto(fit.model.theta, self.gradient.theta[number])
        np.copyto(fit.model.state, self.gradient.state[number])
        stopped = int(outcome.stopped[number])
        epochs = stopped or min(outcome.epochs, fit.epochs)
        for name, values in self.history.items():
            share = len(self.fits) if name == "seconds" else 1
            fit.history[name] += [float(_of(value, number)) / share for value in values[:epochs]]
        steps = epochs * -(-_n(fit) // fit.plan.batch_size)
        total = fit.epochs * -(-_n(fit) // fit.plan.batch_size)
        before = fit.run.progress.samples
        fit.run.patience.best = run.patience.best[number]
        fit.run.patience.count = run.patience.count[number]
        fit.run.progress = Progress(
            steps,
            epochs,
            before + epochs * _n(fit),
            int(_of(run.progress.plateaus, number)),
            int(_of(run.progress.stalled, number)),
            total if fit.plan.planned else None,
        )
        reason = "epochs" if epochs == fit.epochs else outcome.reason
        return result_of(fit, "patience" if stopped else reason, epochs)


class _RowsOfModels(Source):
    """The rows of several models, numbered one after the other.

    rows: list of Rows, of one kind
    """

    def __init__(self, rows):
        self.rows = rows
        self.dtype = rows[0].dtype
        self.starts = np.cumsum([0, *map(len, rows[:-1])])
        self._x, self._y, self._weight = (Workspace(self.dtype) for _ in range(3))

    def __len__(self):
        return sum(map(len, self.rows))

    def take(self, at):
        """The Batch of the rows ``at`` (k, b), those of one model in a row of it."""
        models = np.searchsorted(self.starts, at[:, 0], side="right") - 1
        first, shape = self.rows[0], at.shape
        n_outputs = first.targets(slice(0, 1)).shape[1]
        x = self._x.array("x", (*shape, *first.x.shape[1:]))
        y = self._y.array("y", (*shape, n_outputs))
        weight, weight_sum = None, float(shape[1])
        if first.weight is not None:
            weight = self._weight.array("weight", (*shape, first.weight.shape[1]))
        for slot, (model, own) in enumerate(zip(models, at, strict=True)):
            rows = self.rows[model]
            arrays = x[slot], y[slot], None if weight is None else weight[slot]
            rows.copy_to(own - self.starts[model], *arrays)
        if weight is not None:
            weight_sum = sum_of_weights(weight)
        return Batch(x, y, weight, weight_sum)

    def batches(self, size, order=None, draws=None):
        """As of any Source; a last batch is uneven if models have different numbers of rows."""
        lengths = n_rows(order)
        if not isinstance(lengths, np.ndarray):
            yield from super().batches(size, order)
            return
        for start in range(0, order.shape[-1], size):
            at = order[:, start : start + size]
            n_samples = np.count_nonzero(at >= 0, axis=-1)
            if (n_samples == size).all():
                yield start, self.take(at)
                continue
            parts = [(n_samples == n, n) for n in np.unique(n_samples)]
            parts = [(models, _kept(self.take(at[models, :n]))) for models, n in parts]
            yield start, UnevenBatch(parts, n_samples)


def _kept(batch):
    """A Batch that outlives the next one."""
    weight = None if batch.weight is None else batch.weight.copy()
    return Batch(batch.x.copy(), batch.y.copy(), weight, batch.weight_sum)


def _n(fit):
    """How many rows a fit trains on."""
    return len(fit.rows) if fit.subset is None else len(fit.subset)


def _order(fit):
    """The numbers of the rows that a fit trains on, as training begins with them."""
    return np.arange(len(fit.rows)) if fit.subset is None else fit.subset


def _same_rows(one, other):
    """Whether two fits train on the same rows, with the same targets and weights."""
    a, b = one.rows, other.rows
    return (
        _equal(one.subset, other.subset)
        and _equal(a.y, b.y)
        and _equal(a.codebook, b.codebook)
        and _equal(a.weight, b.weight)
        and _equal(a.x, b.x)
    )


def _same_draws(one, other):
    """Whether two fits shuffle alike, and nobody sees where their generators end."""
    if not (one.own_draws and other.own_draws and one.run.seed == other.run.seed):
        return False
    states = (fit.run.random_state.get_state(legacy=False) for fit in (one, other))
    (key, position), (other_key, other_position) = (
        (state["state"]["key"], state["state"]["pos"]) for state in states
    )
    return position == other_position and np.array_equal(key, other_key)


def _equal(a, b):
    if a is b:
        return True
    if a is None or b is None or a.shape != b.shape or a.dtype != b.dtype:
        return False
    return np.array_equal(a[:1], b[:1]) and np.array_equal(a, b)


def _in_two(optimizer):
    """An optimiser without the numbers among its settings, described; and their names."""
    settings = optimizer.settings()
    numbers = [name for name, value in settings.items() if type(value) is float]
    rest = {name: value for name, value in settings.items() if name not in numbers}
    return (type(optimizer), *rest.items()), numbers


def _description(value):
    """What tells objects of the core apart, hashable. Raises TypeError on a user's own."""
    if isinstance(value, Settings):
        kind = type(value)
        if not kind.__module__.startswith(OURS):
            raise TypeError(f"{value!r} may not know of several models.")
        return kind, tuple((name, _description(own)) for name, own in value.settings().items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_description, value))
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step  # not hashable before Python 3.12
    return type(value), value


def _setting(values, kind=float):
    """One number if all are the same, else one per model: (k, 1)."""
    if values[0] is None or all(value == values[0] for value in values):
        return values[0]
    return np.array(values, kind)[:, None]


def _of(value, number):
    """One model's part of a value that may be one for all."""
    return np.reshape(value, -1)[number] if np.ndim(value) else value
