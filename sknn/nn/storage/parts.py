"""Checks that the parts of a checkpoint belong together before training continues from them."""

from dataclasses import fields
from numbers import Integral, Real

import numpy as np

from sknn.nn.schedules import Progress
from sknn.nn.storage.container import SavedModelError, shown

LONGEST = 2**53  # maximum count, more samples than any training sees
FLOATS = (np.float32, np.float64)
RUN = {"optimizer", "random_state", "patience", "progress", "seed", "order"}
PROGRESS = {one.name for one in fields(Progress)}


def require(fits, name, wanted, got):
    """Raises SavedModelError with the name of the part unless ``fits`` is True."""
    if not fits:
        raise SavedModelError(f"its {name} must be {wanted}, got {shown(got)}")


def is_count(value):
    """Whether it is an integer that can count steps, samples or rows."""
    value = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    return isinstance(value, Integral) and type(value) is not bool and 0 <= value < LONGEST


def check_checkpoint(checkpoint):
    """Raises SavedModelError if a part of a Checkpoint is invalid or does not fit the others."""
    theta, state, epochs = checkpoint.theta, checkpoint.state, checkpoint.epochs
    flat = theta.ndim in (1, 2) and theta.dtype in FLOATS
    require(flat, "theta", "floats of shape (n,) or (models, n)", theta)
    models = theta.shape[:-1]
    alike = state.dtype == theta.dtype and state.ndim == theta.ndim and state.shape[:-1] == models
    require(alike, "state", f"{theta.dtype} with as many axes and models as theta", state)
    require(is_count(epochs), "epochs", "a whole number", epochs)
    _check_stopped(checkpoint.stopped, models, epochs)
    kept = checkpoint.kept
    pair = kept is None or (len(kept) == 2 and all(map(_is_like, kept, (theta, state))))
    require(pair, "kept", "arrays like theta and state, or None", kept)
    _check_history(checkpoint.history, models)
    _check_run(checkpoint.run, models)
    _check_rows(checkpoint.rows, models)
    for name, one in checkpoint.data.items():
        require(one is None or _is_fingerprint(one), f"data {shown(name)}", "a fingerprint", one)


def _check_stopped(stopped, models, epochs):
    if stopped is None:
        return
    fits = stopped.shape == models and stopped.dtype.kind == "i"
    fits = fits and np.all((stopped >= 0) & (stopped <= epochs))
    require(fits, "stopped", f"epochs up to {epochs}, one for each model", stopped)


def _check_history(history, models):
    for name, values in history.items():
        fits = isinstance(values, list) and all(_is_figure(value, models) for value in values)
        require(fits, f"history {shown(name)}", "a list of numbers", values)
    lengths = {len(values) for values in history.values()}
    require(len(lengths) == 1, "history", "lists of equal length", sorted(lengths))


def _check_run(run, models):
    require(set(run) == RUN, "run", f"a dict of {', '.join(sorted(RUN))}", sorted(run, key=repr))
    moments, patience, progress = run["optimizer"], run["patience"], run["progress"]
    fits = _has_arrays(moments) and _are_counts(moments.get("steps"), models)
    require(fits, "optimizer", "a dict of arrays of numbers, with steps", moments)
    fits = _has_arrays(patience) and set(patience) == {"best", "count"}
    require(fits, "patience", "a dict of best and count, which are arrays", patience)
    fits = isinstance(progress, dict) and set(progress) == PROGRESS
    require(fits, "progress", f"a dict of {', '.join(sorted(PROGRESS))}", progress)
    for name, count in progress.items():
        fits = _are_counts(count, models) or (name == "total_steps" and count is None)
        require(fits, f"progress {name!r}", "a whole number", count)
    seed, random_state, order = run["seed"], run["random_state"], run["order"]
    one_each = _each(models, is_count)
    require(one_each(seed), "seed", "a whole number, or one for each model", seed)
    one_each = _each(models, lambda one: type(one) is np.random.RandomState)
    wanted = "a RandomState, or one for each model"
    require(one_each(random_state), "random_state", wanted, random_state)
    fits = order is None or (_are_integers(order) and order.shape[:-1] in ((), models))
    require(fits, "order", "an array of row numbers, or None", order)


def _check_rows(rows, models):
    fits = set(rows) in (set(), {"training", "validation"})
    require(fits, "rows", "the training and validation rows, or empty", sorted(rows, key=repr))
    for name, numbers in rows.items():
        fits = _are_integers(numbers) and numbers.shape[:-1] in ((), models) and numbers.size
        # of several models, those with fewer rows end in -1
        fits = fits and numbers.min() >= 1 - numbers.ndim
        require(fits, f"rows {name!r}", "an array of row numbers", numbers)


def _is_like(array, other):
    same = isinstance(array, np.ndarray) and array.dtype == other.dtype
    return same and array.shape == other.shape


def _is_figure(value, models):
    """Whether it is a value in the history; a rate can be a single number for all models."""
    if isinstance(value, np.ndarray):
        return models != () and value.shape in (models, (*models, 1)) and value.dtype.kind == "f"
    return isinstance(value, Real) and type(value) is not bool


def _has_arrays(values):
    right = isinstance(values, dict)
    arrays = values.values() if right else ()
    return right and all(isinstance(one, np.ndarray) and one.dtype.kind in "fi" for one in arrays)


def _are_integers(array):
    return isinstance(array, np.ndarray) and array.dtype.kind == "i" and array.ndim > 0


def _are_counts(count, models):
    if models and isinstance(count, np.ndarray):
        fits = count.shape in ((), models, (*models, 1)) and count.dtype.kind in "iu"
        return fits and np.all((count >= 0) & (count < LONGEST))
    return is_count(count)


def _each(models, is_right):
    """A function of a value: whether it is right, or a list of right values, one per model."""

    def fits(value):
        if models and isinstance(value, list):
            return len(value) == models[0] and all(map(is_right, value))
        return is_right(value)

    return fits


def _is_fingerprint(value):
    """Whether it is [shape, dtype, checksum]."""
    right = isinstance(value, list) and [type(part) for part in value] == [list, str, str]
    return right and all(map(is_count, value[0]))
