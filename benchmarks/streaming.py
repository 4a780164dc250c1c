"""Rows per second and peak memory of training from Dask arrays and in memory."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from timing import in_fresh_process, print_table

from sknn import MLPClassifier

N_FEATURES, N_CLASSES, N_BLOCKS = 200, 10, 16
NETWORKS = {"200-100-10": (100,), "200-256-256-10": (256, 256)}
MB = 2**20


def main(repeats, quick):
    """Runs the benchmark; at most ``repeats`` processes measure each way of training."""
    try:
        import dask.array  # noqa: F401
    except ImportError:
        print("skipped, dask is not installed")
        return
    n = 40_000 if quick else 320_000
    with TemporaryDirectory() as directory:
        write(directory, n)
        _speed_and_memory(directory, n, min(repeats, 3))
    _sorted_rows(20_000 if quick else 160_000)


def write(directory, n):
    """Writes X.npy (n, 200) in float32 and y.npy."""
    rng = np.random.default_rng(0)
    files = {"X": (np.float32, (n, N_FEATURES)), "y": (np.int64, (n,))}
    X, y = (
        np.lib.format.open_memmap(Path(directory) / f"{name}.npy", "w+", dtype, shape)
        for name, (dtype, shape) in files.items()
    )
    teacher = rng.normal(size=(N_FEATURES, N_CLASSES)).astype(np.float32)
    for rows in np.array_split(np.arange(n), N_BLOCKS):
        at = slice(rows[0], rows[-1] + 1)
        X[at] = rng.standard_normal((len(rows), N_FEATURES), dtype=np.float32)
        y[at] = (X[at] @ teacher).argmax(axis=1)


def _speed_and_memory(directory, n, repeats):
    rows = []
    for name, layers in NETWORKS.items():
        found = {
            way: [in_fresh_process(measured, way, directory, layers) for _ in range(repeats)]
            for way in ("in memory", "streamed")
        }
        fastest = {way: max(speed for speed, _ in runs) for way, runs in found.items()}
        for way, runs in found.items():
            peak = min(peak for _, peak in runs)
            ratio = fastest[way] / fastest["in memory"]
            rows.append([name, way, f"{fastest[way]:,.0f}", f"{ratio:.2f}", f"{peak / MB:.0f}"])
    print_table(
        f"{n:,} rows of {N_FEATURES} features in float32, {n * N_FEATURES * 4 / MB:.0f} MiB, "
        f"{N_BLOCKS} blocks, two epochs",
        ["network", "data", "rows per second", "ratio to in memory", "MiB above the imports"],
        rows,
    )


def measured(way, directory, layers):
    """Returns rows per second and growth of the peak memory in bytes, for one way to fit."""
    import resource

    import dask.array as da

    from sknn.dask import DaskMLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    maps = [np.load(Path(directory) / f"{name}.npy", mmap_mode="r") for name in "Xy"]
    settings = {"batch_size": 512, "max_iter": 2, "random_state": 0}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if way == "in memory":
        network, (X, y) = MLPClassifier(layers, **settings), [np.array(one) for one in maps]
    else:
        chunk = -(-len(maps[0]) // N_BLOCKS)
        blocks = [da.from_array(one, chunks=(chunk, *one.shape[1:])) for one in maps]
        # copies, so that pages of the file do not count as memory of the process
        X, y = (one.map_blocks(np.array, dtype=one.dtype) for one in blocks)
        network = DaskMLPClassifier(layers, **settings)
    network.fit(X, y)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return 2 * len(y) / sum(network.history_["seconds"]), grown * 1024


def _sorted_rows(n):
    """Prints the accuracy on sorted training rows, for each way to read them."""
    import dask.array as da

    from sknn.dask import DaskMLPClassifier, scatter_rows

    warnings.simplefilter("ignore")
    settings = {"hidden_layer_sizes": (100,), "batch_size": 512, "max_iter": 2, "random_state": 0}
    with TemporaryDirectory() as directory:
        write(directory, n)
        X, y = (np.load(Path(directory) / f"{name}.npy") for name in "Xy")
        order = np.argsort(y, kind="stable")
        X, y = X[order], y[order]
        chunk = -(-n // N_BLOCKS)
        blocks = da.from_array(X, chunks=(chunk, -1)), da.from_array(y, chunks=chunk)
        started = perf_counter()
        scattered = scatter_rows(*blocks, directory=Path(directory) / "scattered", random_state=0)
        seconds = perf_counter() - started
        fits = {
            "in memory, all rows shuffled": MLPClassifier(**settings).fit(X, y),
            "streamed in sorted order": DaskMLPClassifier(**settings).fit(*blocks),
            "streamed after scatter_rows": DaskMLPClassifier(**settings).fit(*scattered),
        }
        rows = [[name, f"{fit.score(X, y):.3f}"] for name, fit in fits.items()]
    print_table(
        f"{n:,} rows sorted by class, two epochs; scattered in {seconds:.1f} s",
        ["rows", "accuracy on the training rows"],
        rows,
    )
