"""Time of searches and ensembles: scikit-learn, sknn one by one, and sknn together."""

import os
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time

import sklearn.neural_network
from scipy.stats import loguniform
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from threadpoolctl import threadpool_limits
from timing import interleaved, print_table, verdict

import sknn
from sknn.model_selection import together

CANDIDATES = ("scikit-learn", "sknn one by one", "sknn together")
GRID = {"alpha": [1e-5, 1e-3, 1e-1], "learning_rate_init": [1e-3, 3e-3, 1e-2]}
SPACE = {"alpha": loguniform(1e-6, 1), "learning_rate_init": loguniform(1e-4, 1e-1)}


@dataclass(frozen=True)
class Workload:
    """``new(network, n_jobs)`` returns the model, ``data`` is (X, y), ``bars`` are the targets."""

    name: str
    new: callable
    data: tuple
    bars: tuple  # compared with scikit-learn, and with one by one


def main(repeats, quick):
    repeats = max(repeats // 2, 1)  # each round takes seconds
    chosen = list(workloads(quick))
    _print(
        "Seconds of CPU time, one BLAS thread: best (median)",
        chosen,
        {name: (name, None) for name in CANDIDATES},
        partial(interleaved, repeats=repeats, measure=cpu_time),
        CANDIDATES[-1:],
    )
    on_two = {f"{name}, n_jobs=2": (name, 2) for name in CANDIDATES}
    _print(
        "Seconds of wall time: best (median)",
        chosen,
        on_two | {"sknn together, n_jobs=None": (CANDIDATES[-1], None)},
        partial(interleaved, repeats=repeats),
        (f"{CANDIDATES[-1]}, n_jobs=2", "sknn together, n_jobs=None"),
    )
    print("Targets for CPU time: the ratios in brackets. Wall time has no targets.")


def workloads(quick):
    """Yields the Workloads in both dtypes."""
    epochs, n_rows, n_candidates, n_networks = (3, 2000, 10, 8) if quick else (10, 10_000, 100, 32)
    digits, labels = load_digits(return_X_y=True)
    table, target = make_classification(n_rows, 20, n_informative=10, random_state=0)
    for dtype in ("float32", "float64"):
        data = (digits / 16).astype(dtype), labels
        for batch_size, bars in ((200, (4, 1.6)), (32, (9, 2.8))):
            settings = {"batch_size": batch_size, "max_iter": epochs}
            new = partial(_grid_search, settings)
            yield Workload(
                f"digits 64-64-10, 9 x 5 fits, batch {batch_size}, {dtype}", new, data, bars
            )
        data = table.astype(dtype), target
        settings = {"batch_size": 32, "max_iter": 3}
        shape = f"{n_rows:,} x 20, 20-64-2, batch 32, {dtype}"
        new = partial(_random_search, settings, n_candidates)
        yield Workload(f"{shape}: {n_candidates} x 3 fits", new, data, (8, 2.5))
        new = partial(_bagging, settings, n_networks)
        yield Workload(f"{shape}: {n_networks} bagged", new, data, (8, 2.5))


def cpu_time(function):
    """Returns the CPU seconds of one call, with one BLAS thread."""
    with threadpool_limits(1):
        started = process_time() + _of_workers()
        function()
        return process_time() + _of_workers() - started


def _of_workers():
    """Returns the CPU seconds of child processes, if the system reports them in /proc."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, stat = path.read_text().rpartition(")")
        except OSError:  # the process has ended in the meantime
            continue
        _, parent, *rest = stat.split()
        if int(parent) == os.getpid():
            ticks += int(rest[9]) + int(rest[10])  # in user mode and in the kernel
    return ticks / os.sysconf("SC_CLK_TCK") if ticks else 0.0


def _print(title, chosen, columns, measured, ours):
    """Prints a table of the timings, and the ratios of the other candidates to each in ``ours``."""
    heads = [f"{other} / {own}" for own in ours for other in CANDIDATES[:2]]
    print_table(
        title,
        ["fits", *columns, *heads],
        (_row(workload, columns, measured, ours) for workload in chosen),
    )


def _row(workload, columns, measured, ours):
    fits = {name: _fit(workload, *column) for name, column in columns.items()}
    timings = measured(fits)
    row = [workload.name, *(timing.shown(1) for timing in timings.values())]
    for own in ours:
        for other, bar in zip(list(columns)[:2], workload.bars, strict=True):
            ratio = timings[other].best / timings[own].best
            row.append(f"{ratio:.2f}" if len(ours) > 1 else verdict(ratio, at_least=bar))
    return row


def _fit(workload, name, n_jobs):
    """Returns a function that fits the workload once."""
    classes = {"scikit-learn": sklearn.neural_network.MLPClassifier}
    network = classes.get(name, sknn.MLPClassifier)
    model = workload.new(network, n_jobs)

    def fit():
        with warnings.catch_warnings(), together() if "together" in name else nullcontext():
            warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are sufficient
            model.fit(*workload.data)

    return fit


def _network(network, settings):
    return network((64,), **settings, n_iter_no_change=1000, random_state=0)


def _grid_search(settings, network, n_jobs):
    return GridSearchCV(_network(network, settings), GRID, cv=5, refit=False, n_jobs=n_jobs)


def _random_search(settings, n_candidates, network, n_jobs):
    return RandomizedSearchCV(
        _network(network, settings),
        SPACE,
        n_iter=n_candidates,
        cv=3,
        refit=False,
        n_jobs=n_jobs,
        random_state=0,
    )


def _bagging(settings, n_networks, network, n_jobs):
    return BaggingClassifier(
        _network(network, settings), n_estimators=n_networks, n_jobs=n_jobs, random_state=0
    )
