"""How a training step scales, and its fractions of matrix products and of serial work."""

from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

import numpy as np
from cnn_peers import Cnn, this_package
from threadpoolctl import threadpool_limits
from timing import interleaved, print_table

from sknn.nn import gradient

CNN, BATCH_SIZE = Cnn((28, 28, 1), (32, 64), 128), 64
THREADS = (1, 2)
MORE_THREADS = (4, 8, 16)
BATCH_SIZES = (64, 256, 1024)
CASES = {
    "batch": [(f"batch {n}", CNN, n) for n in (16, 64, 256)],
    "side": [
        (f"{side} x {side}", replace(CNN, image_shape=(side, side, 1)), BATCH_SIZE)
        for side in (8, 16, 32, 64)
    ],
    "channels": [
        (f"filters {filters}", replace(CNN, filters=filters), BATCH_SIZE)
        for filters in ((8, 16), (16, 32), (32, 64), (64, 128))
    ],
}


def main(repeats, quick):
    for what, cases in CASES.items():
        print_table(
            f"A training step by {what}, otherwise {CNN.name}, batch {BATCH_SIZE}",
            ["", *(f"ms, threads {n}" for n in THREADS), "speedup", "matrix products"],
            (_row(*case, repeats, n_batches=4 if quick else 12) for case in cases),
        )
    print(
        "Matrix products: their fraction of the time of one thread. The rest is elementwise work."
    )
    print_table(
        f"Speedup from micro-batches on threads, {CNN.name}",
        [
            *("batch", "micro-batches"),
            *(f"serial fraction, threads {n}" for n in THREADS),
            *(f"speedup, threads {n}" for n in THREADS[1:]),
            *(f"predicted, threads {n}" for n in THREADS[1:] + MORE_THREADS),
        ],
        (_serial(n, repeats, n_batches=2 if quick else 6) for n in BATCH_SIZES),
    )
    print("Serial work is everything outside of micro-batches: optimiser, shuffling, input checks.")
    print(
        "The prediction is Amdahl's law with the serial fraction of one thread and a whole number"
    )
    print("of micro-batches for each thread. It ignores the limits of memory and of Python.")


def _serial(batch_size, repeats, n_batches):
    """Returns a row of the table on threads: serial fractions of the minimum times."""
    X, y = CNN.random_images(n_batches * batch_size)
    params = {"batch_size": batch_size, "learning_rate_init": 0.001, "alpha": 0.0, "max_iter": 1}
    fit = this_package(X, y, CNN, **params)
    least, shares, n_parts = {}, {}, 1
    for n_threads in THREADS * (repeats + 1):
        with threadpool_limits(n_threads), timed_parts() as parts:
            started = perf_counter()
            fit()
            seconds = perf_counter() - started
        n_parts = max(n for n, _ in parts)
        if seconds <= least.get(n_threads, seconds):
            least[n_threads] = seconds
            shares[n_threads] = 1 - sum(own for _, own in parts) / seconds
    return [
        *(batch_size, n_parts),
        *(f"{shares[n]:.1%}" for n in THREADS),
        *(f"{least[1] / least[n]:.2f}" for n in THREADS[1:]),
        *(f"{predicted(shares[1], n_parts, n):.2f}" for n in THREADS[1:] + MORE_THREADS),
    ]


def predicted(serial, n_parts, n_threads):
    """Returns the speedup by Amdahl's law if the parts cannot be divided further."""
    rounds = -(-n_parts // n_threads)
    return 1 / (serial + (1 - serial) * rounds / n_parts)


@contextmanager
def timed_parts():
    """Yields a list that collects (number of parts, seconds) of every call of share_out."""
    parts, share_out = [], gradient.share_out

    def timed(work, n):
        started = perf_counter()
        results = share_out(work, n)
        parts.append((n, perf_counter() - started))
        return results

    gradient.share_out = timed
    try:
        yield parts
    finally:
        gradient.share_out = share_out


def _row(name, cnn, batch_size, repeats, n_batches):
    X, y = cnn.random_images(n_batches * batch_size)
    params = {"batch_size": batch_size, "learning_rate_init": 0.001, "alpha": 0.0, "max_iter": 1}
    fit = this_package(X, y, cnn, **params)

    def limited(n_threads):
        def run():
            with threadpool_limits(n_threads):
                fit()

        return run

    timings = interleaved({n: limited(n) for n in THREADS}, repeats)
    with threadpool_limits(1), timed_products() as seconds:
        started = perf_counter()
        fit()
        share = sum(seconds) / (perf_counter() - started)
    cells = [(timings[n] / n_batches).shown(1e-3) for n in THREADS]
    speed_up = timings[1].best / timings[2].best
    return [name, *cells, f"{speed_up:.2f}", f"{share:.0%}"]


@contextmanager
def timed_products():
    """Yields a list that collects the seconds of every call of np.dot and np.matmul."""
    seconds = []
    originals = {name: getattr(np, name) for name in ("dot", "matmul")}

    def timed(function):
        def call(*args, **kwargs):
            started = perf_counter()
            result = function(*args, **kwargs)
            seconds.append(perf_counter() - started)
            return result

        return call

    for name, function in originals.items():
        setattr(np, name, timed(function))
    try:
        yield seconds
    finally:
        for name, function in originals.items():
            setattr(np, name, function)
