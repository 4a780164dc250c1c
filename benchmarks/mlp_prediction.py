"""Latency of one row, time for many rows and memory of prediction with a fitted network."""

import warnings
from functools import partial

import numpy as np
import sklearn
import sklearn.neural_network
from footprint import CLASSES, peak_memory
from sklearn.exceptions import ConvergenceWarning
from timing import in_fresh_process, interleaved, print_table, repeated, verdict

N_FEATURES, N_CLASSES = 64, 10
WORKING_MEMORY = 64  # MiB


def main(repeats, quick):
    _latency(repeats, 200 if quick else 2000)
    _memory(20_000 if quick else 100_000)


def fitted(kind, dtype, hidden_layer_sizes=(100,)):
    """Returns an MLPClassifier for 64 features and 10 classes, trained for an epoch."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1000, N_FEATURES)).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return CLASSES[kind](hidden_layer_sizes, max_iter=1).fit(X, np.arange(1000) % N_CLASSES)


def _latency(repeats, calls):
    rows = []
    for dtype in ("float64", "float32"):
        models = {kind: fitted(kind, dtype) for kind in CLASSES}
        many = np.random.default_rng(1).standard_normal((10_000, N_FEATURES)).astype(dtype)
        for X, number in ((many[:1].copy(), calls), (many, max(1, calls // 200))):
            for method in ("predict", "predict_proba"):
                calls_of = {
                    kind: repeated(partial(getattr(model, method), X), number)
                    for kind, model in models.items()
                }
                timings = interleaved(calls_of, repeats)
                theirs, ours = (timings[kind] / number for kind in ("scikit-learn", "sknn"))
                ratio = theirs.best / ours.best
                reach = (
                    verdict(ours.best / 1e-6, at_most=60)
                    if len(X) == 1
                    else verdict(ratio, at_least=1)
                )
                name = f"{method}, {len(X):,} row{'s' * (len(X) > 1)}, {dtype}"
                rows.append([name, theirs.shown(1e-6), ours.shown(1e-6), f"{ratio:.2f}", reach])
    print_table(
        "Microseconds per call, network 64-100-10: best (median)",
        ["call", "scikit-learn", "sknn", "scikit-learn / sknn", "target"],
        rows,
    )
    print("Targets: at most 60 us for one row; no slower than scikit-learn for 10,000 rows.")


def _memory(n_rows):
    added = {kind: in_fresh_process(memory_of_predicting, kind, n_rows) for kind in CLASSES}
    outputs = n_rows * N_CLASSES * 4
    limit = WORKING_MEMORY * 2**20 + 2 * outputs
    mib = {kind: value / 2**20 for kind, value in added.items()}
    print_table(
        f"MiB added by predict_proba, network 64-1000-10, {n_rows:,} rows, float32",
        ["working_memory", "scikit-learn", "sknn", "target"],
        [
            [
                f"{WORKING_MEMORY} MiB",
                f"{mib['scikit-learn']:.0f}",
                f"{mib['sknn']:.0f}",
                verdict(mib["sknn"], at_most=limit / 2**20),
            ]
        ],
    )
    print("Target: at most working_memory plus the raw outputs and the probabilities.")


def memory_of_predicting(kind, n_rows):
    """Returns the bytes that a call of predict_proba adds to the peak memory of a process."""
    sklearn.set_config(working_memory=WORKING_MEMORY)
    model = fitted(kind, np.float32, hidden_layer_sizes=(1000,))
    X = np.random.default_rng(1).standard_normal((n_rows, N_FEATURES), dtype=np.float32)
    model.predict_proba(X[:1000])  # excludes BLAS buffers from the measurement
    before = peak_memory()
    model.predict_proba(X)
    return peak_memory() - before
