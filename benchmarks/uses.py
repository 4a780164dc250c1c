"""Time of everything except long training: short fits, lbfgs, predictions, scores, import."""

import warnings
from dataclasses import dataclass
from functools import partial
from time import process_time

import numpy as np
import scipy.sparse
from footprint import CLASSES, import_time
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits
from timing import interleaved, print_table, repeated, verdict

REACH, BULK = 1.5, 2


@dataclass(frozen=True)
class Use:
    """A use to time. ``made(network_class)`` returns the function to call ``calls`` times."""

    name: str
    made: callable
    calls: int = 1
    reach: float = REACH


def main(repeats, quick):
    rows = [_row(use, repeats) for use in uses(quick)]
    print_table(
        "Milliseconds of CPU time, one BLAS thread, float64: best (median)",
        ["use", *CLASSES, "scikit-learn / sknn"],
        rows,
    )
    print("Targets: the ratios in brackets.")
    import_time(max(repeats, 5))


def cpu_time(function):
    """Returns the CPU seconds of one call; threads of small networks would mostly wait."""
    started = process_time()
    function()
    return process_time() - started


def uses(quick):
    """Yields the Uses, with fewer rows if ``quick``."""
    many = 50_000 if quick else 500_000
    table, labels = data(2000, 20, 3)
    small = table[:150, :4].copy(), labels[:150]
    digits = data(2000, 64, 10)
    sparse = scipy.sparse.random(4000, 1000, 0.01, format="csr", random_state=0)
    of_sparse = np.arange(4000) % 10
    epoch = {"max_iter": 1}
    yield Use("fit: 100 rows x 20, 1 epoch", fitting(table[:100], labels[:100], epoch), 20)
    yield Use("100 calls of partial_fit: 20 rows x 20", partial_fitting(table, labels, 20))
    yield Use("fit: lbfgs, 2,000 x 20, 50 iterations", fitting(table, labels, lbfgs(50)))
    yield Use("fit: lbfgs, 150 x 4, 50 iterations", fitting(*small, lbfgs(50)))
    yield Use("fit: 4,000 sparse rows x 1,000, 1 epoch", fitting(sparse, of_sparse, epoch))
    bulk = data(many, 20, 3)[0]
    yield Use(f"predict: {many:,} rows x 20", predicting(bulk, table, labels), 1, BULK)
    yield Use("predict: 4,000 sparse rows x 1,000", predicting(sparse, sparse, of_sparse), 5)
    yield Use("predict: 1 row x 64", predicting(digits[0][:1], *digits), 200)
    yield Use("predict: 200 rows x 64", predicting(digits[0][:200], *digits), 100)
    yield Use("score: 2,000 rows x 64", scoring(*digits), 20)


def data(n_rows, n_features, n_classes):
    """Returns standard normal rows, and labels in cyclic order."""
    rows = np.random.default_rng(0).standard_normal((n_rows, n_features))
    return rows, np.arange(n_rows) % n_classes


def lbfgs(n_iterations):
    return {"solver": "lbfgs", "max_iter": n_iterations, "tol": 0.0}


def fitting(X, y, settings):
    return lambda network: partial(network(random_state=0, **settings).fit, X, y)


def partial_fitting(X, y, n_rows):
    """Makes 100 calls with ``n_rows`` rows each, on a new network."""
    parts = [slice(start, start + n_rows) for start in range(0, 100 * n_rows, n_rows)]

    def made(network):
        def calls():
            model = network(random_state=0)
            for at in parts:
                model.partial_fit(X[at], y[at], classes=(0, 1, 2))

        return calls

    return made


def predicting(rows, X, y):
    return lambda network: partial(network(max_iter=1, random_state=0).fit(X, y).predict, rows)


def scoring(X, y):
    return lambda network: partial(network(max_iter=1, random_state=0).fit(X, y).score, X, y)


def _row(use, repeats):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are sufficient
        calls = {name: repeated(use.made(network), use.calls) for name, network in CLASSES.items()}
        with threadpool_limits(1):
            timings = interleaved(calls, repeats, cpu_time)
    theirs, ours = (timings[name] / use.calls for name in CLASSES)
    ratio = verdict(theirs.best / ours.best, at_least=use.reach)
    return [use.name, theirs.shown(1e-3), ours.shown(1e-3), ratio]
