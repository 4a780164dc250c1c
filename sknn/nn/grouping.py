"""Decides which fits can train in one pass, and which of them should."""

from itertools import pairwise

import numpy as np
from scipy.sparse import issparse

from sknn.nn.batches import Rows, equal_arrays
from sknn.nn.plan import Plan
from sknn.nn.settings import Settings
from sknn.nn.threads import allowed_threads

CACHE = 2**22  # bytes of models in one pass: fewer waste time on calls, more exceed the cache
LARGE = 2**20  # bytes of one model: from here on, calls take little time and one pass does not pay
MOST = 64  # models in one pass
ENOUGH = 4  # models with the same rows: from here on, it pays to train them without any others
SEVERAL = 3  # models with different rows: fewer gain no more than it takes to gather their rows
RARE = 1e-3  # expected number of mini-batches without weight: a single one stops the pass
OURS = "sknn.nn."  # modules whose layers, losses and optimisers support several models


def shape_of(fit, watch):
    """A hashable key: fits with the same key can train together. None: the fit trains alone."""
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
        and idle_batches(fit) < RARE
    ):
        return None
    constant, numbers = in_two(run.optimizer)
    parts = network.layers, fit.loss, fit.model.loss, plan.schedule, constant
    try:
        described = tuple(map(_description, parts))
    except TypeError:
        return None
    n = fit.n_samples
    return (
        *described,
        tuple(numbers),
        network.shapes[0],
        fit.model.dtype,
        rows.dtype,
        rows.targets(slice(0, 1)).shape,
        None if rows.weight is None else rows.weight.shape[1],
        -(-n // plan.batch_size),
        plan.batch_size if n > plan.batch_size else "all",
        plan.shuffle,
        plan.early_stopping,
        plan.max_grad_norm is None,
        plan.planned,
        fit.held_out is None,
        plan.last_of_ties,
        (plan.schedule.horizon or network.scheduled or run.optimizer.scheduled) and fit.epochs,
    )


def idle_batches(fit):
    """The expected number of mini-batches in a fit whose weights are all zero."""
    weight, n, size = fit.rows.weight, fit.n_samples, fit.plan.batch_size
    if weight is None or weight.all():
        return 0.0
    own = weight if fit.subset is None else weight[fit.subset]
    zeros = np.count_nonzero(~own.any(axis=1)) / n
    whole, rest = divmod(n, size)
    last = zeros**rest if rest else 0.0
    return fit.epochs * (whole * zeros**size + last)


def in_batches(fits, cache=None):
    """Lists of numbers of fits that should train together. All fits must have a ``shape_of``.

    fits: list of (Fit, Watch)    cache: maximum number of bytes of models in one pass,
    None for CACHE
    """
    groups = {}
    for number, (fit, watch) in enumerate(fits):
        groups.setdefault(shape_of(fit, watch), []).append(number)
    batches = []
    for members in groups.values():
        most = _most_at_a_time(fits[members[0]][0], cache or CACHE)
        others, shared = [], []
        for same in _by_rows(members, fits):
            if len(same) < ENOUGH:
                others += same
            else:
                found = shared if _share_orders([fits[number][0] for number in same]) else batches
                found += _evenly(same, most)
        batches += _merged(shared, fits, most)
        if others:
            others.sort(key=lambda number: fits[number][0].n_samples)  # fewer uneven batches
            gain = len(others) >= SEVERAL or same_rows(fits[others[0]][0], fits[others[-1]][0])
            batches += _evenly(others, most if gain else 1)
    return sorted(batches, key=len, reverse=True)  # so that threads finish at about the same time


def _merged(groups, fits, most):
    """Merges groups of fits with the same rows into batches of at most ``most``.

    There is a batch for each thread if possible. Only groups with equal numbers of rows are merged,
    because an uneven batch takes several steps.
    """

    def n_rows(batch):
        return fits[batch[0]][0].n_samples

    batches = sorted(groups, key=n_rows)
    while len(batches) > allowed_threads():
        neighbours = enumerate(pairwise(batches))
        pairs = [
            (one + other, at) for at, (one, other) in neighbours if n_rows(one) == n_rows(other)
        ]
        merged, at = min(pairs, key=lambda pair: len(pair[0]), default=(None, None))
        if merged is None or len(merged) > most:
            break
        batches[at : at + 2] = [merged]
    return batches


def _evenly(members, most):
    """Splits members into lists of similar length, at most ``most``."""
    return [part.tolist() for part in np.array_split(members, -(-len(members) // most))]


def _most_at_a_time(fit, cache):
    """The number of models of this size that fit into the cache during a step."""
    network = fit.model.network
    units = sum(shape[-1] for shape in network.shapes[1:])
    numbers = 4 * network.layout.size + 3 * fit.plan.batch_size * units
    n_bytes = numbers * fit.rows.dtype.itemsize
    return 1 if n_bytes >= LARGE else int(np.clip(cache // n_bytes, 1, MOST))


def _by_rows(members, fits):
    """The numbers of fits, as one list for each set of rows that they train on."""
    found = []
    for number in members:
        same = next((s for s in found if same_rows(fits[s[0]][0], fits[number][0])), None)
        if same is None:
            found.append([number])
        else:
            same.append(number)
    return found


def same_rows(one, other):
    """Whether two fits train on the same rows, with the same targets and weights."""
    a, b = one.rows, other.rows
    return (
        equal_arrays(one.subset, other.subset)
        and equal_arrays(a.y, b.y)
        and equal_arrays(a.codebook, b.codebook)
        and equal_arrays(a.weight, b.weight)
        and equal_arrays(a.x, b.x)
    )


def _share_orders(fits):
    """Whether fits with the same rows gather the same batches, and draw nothing but their order."""
    alone = fits[0].run.seed is None and all(fit.own_draws for fit in fits)
    return alone and len(set(map(_drawn, fits))) == 1


def leaders(fits):
    """(k,): for each fit, the number of the first one that trains on the same rows in one order.

    Fits shuffle in the same way if nothing else uses their generators, which are in one state.
    """
    numbers, found = [], {}
    for number, fit in enumerate(fits):
        leading = found.setdefault(_drawn(fit) if fit.own_draws else number, [])
        same = next((one for one in leading if same_rows(fits[one], fit)), number)
        if same == number:
            leading.append(number)
        numbers.append(same)
    return np.array(numbers)


def _drawn(fit):
    """The state of a fit's generator and its seed, hashable."""
    state = fit.run.random_state.get_state(legacy=False)["state"]
    return state["key"].tobytes(), state["pos"], fit.run.seed


def in_two(optimizer):
    """An optimiser without its numeric settings, as a hashable description; and their names."""
    settings = optimizer.settings()
    numbers = [name for name, value in settings.items() if type(value) is float]
    rest = {name: value for name, value in settings.items() if name not in numbers}
    return (type(optimizer), *rest.items()), numbers


def _description(value):
    """A hashable description of an object. Raises TypeError for user-defined classes."""
    if isinstance(value, Settings):
        kind = type(value)
        if not kind.__module__.startswith(OURS):
            raise TypeError(f"{value!r} may not support several models.")
        return kind, tuple((name, _description(own)) for name, own in value.settings().items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_description, value))
    if isinstance(value, np.ndarray):
        return np.ndarray, value.shape, value.dtype, value.tobytes()
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step  # not hashable before Python 3.12
    return type(value), value
