"""Fits that train epoch by epoch and wait for each other, and one Checkpoint of all of them.

Between two epochs all models can be inspected and stored. ``run_together`` is faster, because its
threads do not wait for each other after every epoch.
"""

from functools import partial

import numpy as np

from sknn.nn.per_model import as_values
from sknn.nn.stopping import Keeper
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.threads import one_blas_thread, share_out
from sknn.nn.together import Together, setting


class InStep:
    """Fits of the same number of epochs, which end as ``run_together`` would leave them.

    Each batch of models stops after every epoch. For the next epoch it continues from its
    checkpoint in memory, in the same way as a resumed fit.

    Parameters
    ----------
    fits : list of (Fit, Watch)
        All of one network. None of them stops early, and each has its own generator.
    batches : list of list of int
        The numbers of the fits that train in one pass, as ``in_batches`` returns them.
    start : Checkpoint or None
        A checkpoint of all models, in the order of the fits, from which training continues.

    Attributes
    ----------
    checkpoint : Checkpoint
        The state of all models after the last epoch, in the order of the fits. Valid until the
        next epoch, which uses its generators.
    """

    def __init__(self, fits, batches, start=None):
        self.batches = batches
        self._together = [
            Together(*zip(*(fits[number] for number in batch), strict=True)) for batch in batches
        ]
        self._parts = list(map(_beginning, self._together))
        if start is not None:
            _check_rows(start, len(fits))
            starts = (each.rows.starts for each in self._together)
            self._parts = [of_batch(start, *each) for each in zip(batches, starts, strict=True)]
        self._join()

    @property
    def epochs(self):
        """How many epochs are done."""
        return self.checkpoint.epochs

    def epoch(self):
        """Trains all models for one epoch; returns whether all of their weights are finite.

        If some are not, ``checkpoint`` stays that of the epoch before. An interrupt is raised once
        all batches have ended their epoch.
        """
        with one_blas_thread():
            finite = all(share_out(self._train, len(self.batches)))
        if finite:
            self._join()
        return finite

    def _train(self, number):
        """One epoch of a batch; returns whether its weights are finite."""
        with np.errstate(all="ignore"):  # overflow is reported once, as divergence
            outcome = self._together[number].train(
                lambda: True, self._parts[number], partial(self._keep, number)
            )
        if outcome.reason == "interrupted":
            raise KeyboardInterrupt
        return not outcome.diverged.any()

    def _keep(self, number, checkpoint, last):
        # the end of training overwrites both with the best weights
        checkpoint.theta, checkpoint.state = checkpoint.theta.copy(), checkpoint.state.copy()
        self._parts[number] = checkpoint

    def _join(self):
        starts = [each.rows.starts for each in self._together]
        self.checkpoint = of_all(self._parts, self.batches, starts)


def _beginning(together):
    """The Checkpoint of a batch of models before their first epoch."""
    gradient, keeps = together.gradient, together.plan.early_stopping
    kept = Keeper(gradient.theta, gradient.state) if keeps else None
    stopped = np.zeros(len(together.fits), int)
    return Checkpoint.of(gradient, together.run, together.history, kept, stopped=stopped)


def of_all(parts, batches, starts):
    """The Checkpoint of all models, put together from the Checkpoints of batches of them.

    Everything in it has a row for each model, and each model numbers its rows from 0: it does not
    matter which models were in one batch.

    batches: lists of the numbers of models    starts: for each batch, where the rows of each of
    its models begin among the rows of the batch
    """
    places = np.argsort(np.concatenate(batches))
    first, runs = parts[0], [part.run for part in parts]

    def stacked(values):
        """values: for each batch an array with a row for each model, or one number for all."""
        if values[0] is None:
            return None
        pairs = zip(values, batches, strict=True)
        return np.concatenate([_for_each(value, len(batch)) for value, batch in pairs])[places]

    def listed(name):
        values = [value for run in runs for value in run[name]]
        return [values[place] for place in places]

    run = {
        key: {name: stacked([run[key][name] for run in runs]) for name in runs[0][key]}
        for key in ("optimizer", "patience")
    }
    run["progress"] = {
        name: stacked([as_values(run["progress"][name]) for run in runs])
        for name in runs[0]["progress"]
    }
    orders = [_renumbered(run["order"], -own) for run, own in zip(runs, starts, strict=True)]
    longest = max(order.shape[1] for order in orders)
    run["order"] = stacked([_as_long(order, longest) for order in orders])
    run |= {name: listed(name) for name in ("seed", "random_state")}
    history = {}
    for name in first.history:
        rows = zip(*(part.history[name] for part in parts), strict=True)
        history[name] = [stacked(row) for row in rows]
    return Checkpoint(
        stacked([part.theta for part in parts]),
        stacked([part.state for part in parts]),
        run,
        _with_seconds(history, 1 / stacked([len(batch) for batch in batches])),
        first.epochs,
        stacked([part.stopped for part in parts]),
        first.kept and tuple(map(stacked, zip(*(part.kept for part in parts), strict=True))),
    )


def of_batch(checkpoint, batch, starts):
    """The Checkpoint of some of the models in that of all; the reverse of ``of_all``.

    batch: the numbers of the models    starts: where their rows begin among those of the batch
    """
    saved = checkpoint.run
    values = {key: saved[key].items() for key in ("optimizer", "patience", "progress")}
    order = saved["order"][batch]
    order = order[:, : np.count_nonzero(order >= 0, axis=1).max()]
    run = {
        "optimizer": {
            name: value[batch] if value.ndim > 1 else value[batch[0]]
            for name, value in values["optimizer"]
        },
        "patience": {name: value[batch] for name, value in values["patience"]},
        "progress": {
            name: None if value is None else setting(value[batch].tolist(), int)
            for name, value in values["progress"]
        },
        "order": _renumbered(order, starts),
        **{name: [saved[name][number] for number in batch] for name in ("seed", "random_state")},
    }
    history = {name: [row[batch] for row in rows] for name, rows in checkpoint.history.items()}
    return Checkpoint(
        checkpoint.theta[batch],
        checkpoint.state[batch],
        run,
        _with_seconds(history, len(batch)),
        checkpoint.epochs,
        checkpoint.stopped[batch],
        checkpoint.kept and tuple(own[batch] for own in checkpoint.kept),
    )


def _check_rows(checkpoint, n):
    """Raises ValueError unless everything in a Checkpoint has a row for each of n models."""
    run = checkpoint.run
    dicts = run["optimizer"], run["patience"], run["progress"]
    values = [value for part in dicts for value in part.values() if value is not None]
    rows = [row for column in checkpoint.history.values() for row in column]
    values += [*rows, checkpoint.theta, checkpoint.state, checkpoint.stopped, run["order"]]
    arrays = all(np.ndim(value) > 0 and len(value) == n for value in values)
    lists = all(isinstance(run[name], list) for name in ("seed", "random_state"))
    if not (arrays and lists and run["order"].ndim == 2):
        raise ValueError(
            f"The checkpoint must be one of {n} models that train together, with a row for each "
            "of them in all its parts. Call fit to start anew."
        )


def _for_each(value, n):
    """An array with a row for each of n models; one number is repeated for all of them."""
    return value if np.ndim(value) else np.full(n, value)


def _renumbered(order, starts):
    """An order of rows, -1 where models have fewer rows, with the numbers of each model shifted."""
    return np.where(order >= 0, order + starts[:, None], -1)


def _as_long(order, n):
    """An order of rows, filled up with -1 to n columns."""
    return np.pad(order, ((0, 0), (0, n - order.shape[1])), constant_values=-1)


def _with_seconds(history, factor):
    """A history with the seconds of each epoch multiplied: a batch measures those of its models."""
    return history | {"seconds": [seconds * factor for seconds in history["seconds"]]}
