"""Import time, peak memory of fitting, and size of a pickle."""

import pickle
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import sklearn.neural_network
from sklearn.exceptions import ConvergenceWarning
from timing import in_fresh_process, interleaved, print_table, verdict

import sknn

CLASSES = {"scikit-learn": sklearn.neural_network.MLPClassifier, "sknn": sknn.MLPClassifier}
N_FEATURES, N_CLASSES = 784, 10


def main(repeats, quick):
    import_time(max(repeats, 5))
    _memory(10_000 if quick else 50_000)
    _pickle_size()


def import_time(repeats):
    """Prints the time that the imports take."""
    modules = {"scikit-learn": "sklearn.neural_network", "sknn": "sknn"}
    imports = {kind: partial(seconds_to_import, module) for kind, module in modules.items()}
    timings = interleaved(imports, repeats, measure=lambda seconds: seconds())
    theirs, ours = timings["scikit-learn"], timings["sknn"]
    print_table(
        "Seconds to import, each in a fresh process: best (median)",
        ["sklearn.neural_network", "sknn", "difference of the medians", "target"],
        [
            [
                theirs.shown(1),
                ours.shown(1),
                f"{ours.median - theirs.median:.3f}",
                verdict(ours.best - theirs.best, at_most=0.1),
            ]
        ],
    )
    print("Target: at most 0.1 s more than scikit-learn.")


def seconds_to_import(module):
    code = (
        "from time import perf_counter; started = perf_counter(); "
        f"import {module}; print(perf_counter() - started)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(run.stdout)


def _memory(n_rows):
    rows = []
    for dtype, early_stopping in (("float32", False), ("float32", True), ("int32", False)):
        ratios = {
            kind: in_fresh_process(memory_of_fitting, kind, n_rows, dtype, early_stopping)
            for kind in CLASSES
        }
        name = f"X {dtype}{', early_stopping=True' * early_stopping}"
        theirs, ours = ratios["scikit-learn"], ratios["sknn"]
        rows.append([name, f"{theirs:.2f}", f"{ours:.2f}", verdict(ours, at_most=1.5)])
    print_table(
        f"Peak memory of fitting, network 784-100-10, {n_rows:,} rows, relative to validated X "
        "and weights",
        ["input", "scikit-learn", "sknn", "target"],
        rows,
    )
    print("Target: 1.5. X that fit converts does not count, but its converted copy does.")


def memory_of_fitting(kind, n_rows, dtype, early_stopping):
    """Returns the peak of validated X and fit's memory, relative to that X and the weights."""
    rng = np.random.default_rng(0)
    X = np.empty((n_rows, N_FEATURES), dtype)
    for row in X:
        row[:] = 10 * rng.standard_normal(N_FEATURES)
    y = np.arange(n_rows) % N_CLASSES
    model = CLASSES[kind](max_iter=1, early_stopping=early_stopping, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[:200], y[:200])  # excludes imports and thread pools from the measurement
        before = peak_memory()
        model.fit(X, y)
    added = peak_memory() - before
    validated = X.size * model.coefs_[0].itemsize
    peak = added + (validated if X.dtype == model.coefs_[0].dtype else 0)
    return peak / (validated + weight_bytes(model))


def peak_memory():
    """Returns the peak memory of this process in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss starts from the value of the parent process
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def weight_bytes(model):
    return sum(array.nbytes for array in (*model.coefs_, *model.intercepts_))


def _pickle_size():
    rows = []
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((1000, N_FEATURES)), np.arange(1000) % N_CLASSES
    for hidden_layer_sizes in ((10,), (100,), (512, 512)):
        sizes = {}
        for kind, cls in CLASSES.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                model = cls(hidden_layer_sizes, max_iter=1).fit(X, y)
            sizes[kind] = len(pickle.dumps(model))
        weights = weight_bytes(model)
        name = "-".join(map(str, (N_FEATURES, *hidden_layer_sizes, N_CLASSES)))
        rows.append(
            [
                name,
                f"{weights / 1000:.0f}",
                *(f"{size / 1000:.0f} ({size / weights:.2f})" for size in sizes.values()),
                verdict(sizes["sknn"] / 1000, at_most=1.2 * weights / 1000 + 20),
            ]
        )
    print_table(
        "Size of a pickle in kB (relative to the weights), float64",
        ["network", "weights", *CLASSES, "target"],
        rows,
    )
    print("Target: at most 1.2 times the weights plus 20 kB.")
