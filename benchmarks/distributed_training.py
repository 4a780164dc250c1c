"""Training on several Dask workers: time of an exchange, speed, and the death of a worker."""

import os
import signal
import warnings
from threading import Timer
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from timing import print_table

QUIET = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
NETWORKS = {  # layers, features, rows in a mini-batch
    "64-100-10": ((100,), 64, 2_000),
    "100-256-256-10": ((256, 256), 100, 2_000),
    "500-1024-1024-10": ((1024, 1024), 500, 1_000),
}


def main(repeats, quick):
    """Runs the benchmark; it times 100 * ``repeats`` exchanges."""
    try:
        import distributed  # noqa: F401
    except ImportError:
        print("skipped, dask.distributed is not installed")
        return
    workers = (1, 2) if quick else (1, 2, 4)
    _exchanges(workers[1:], 100 * repeats)
    _efficiency(workers, quick)
    _death(quick)


def exchange(rank, addresses, n_numbers, n, key):
    """Returns the seconds that each of n exchanges of ``n_numbers`` values takes on a rank."""
    from distributed import get_worker

    from sknn.dask.peers import Peers, desk_of

    peers = Peers(desk_of(get_worker()), key[:-2], rank, addresses, len(addresses), key)
    parts, seconds = {(rank, rank + 1): (np.ones(n_numbers, np.float32),)}, []
    for _ in range(n):
        started = perf_counter()
        peers.total(parts)
        seconds.append(perf_counter() - started)
    return seconds


def _exchanges(workers, n):
    from distributed import Client, LocalCluster

    from sknn.dask.peers import open_desk

    rows = []
    for n_workers in workers:
        with LocalCluster(n_workers=n_workers, **QUIET) as cluster, Client(cluster) as client:
            client.run(open_desk)
            addresses = sorted(client.nthreads())
            for n_numbers in (1_000, 100_000, 10_000_000):
                times = n if n_numbers < 10**6 else max(10, n // 20)
                keys = [f"exchange-{n_numbers}-{rank}" for rank in range(n_workers)]
                given = [
                    (rank, addresses, n_numbers, times, keys[rank]) for rank in range(n_workers)
                ]
                tasks = [
                    client.submit(exchange, *each, key=key, workers=[address], pure=False)
                    for each, key, address in zip(given, keys, addresses, strict=True)
                ]
                low, middle = np.percentile(client.gather(tasks)[0], [10, 50]) * 1e3
                rows.append([n_workers, f"{n_numbers:,}", f"{middle:.1f} ({low:.1f})"])
    print_table(
        "One exchange of float32 values",
        ["workers", "values", "milliseconds: median (10th percentile)"],
        rows,
    )


def _data(n, n_features, n_blocks):
    import dask.array as da

    X = da.random.default_rng(0).normal(size=(n, n_features), chunks=(n // n_blocks, n_features))
    X = X.astype(np.float32)
    return X, (X[:, :10].argmax(axis=1)).astype(np.int64)


def _efficiency(workers, quick):
    from distributed import Client, LocalCluster

    from sknn.dask import DaskMLPClassifier

    rows = []
    warnings.simplefilter("ignore", ConvergenceWarning)
    n = 16_000 if quick else 64_000
    for name, (layers, n_features, batch_size) in NETWORKS.items():
        alone = None
        for n_workers in workers:
            with LocalCluster(n_workers=n_workers, **QUIET) as cluster, Client(cluster):
                settings = {"shards": max(workers), "batch_size": batch_size, "max_iter": 3}
                network = DaskMLPClassifier(layers, random_state=0, **settings)
                network.fit(*_data(n, n_features, max(workers)))
                speed = n / min(network.history_["seconds"][1:])
                alone = alone or speed
                times = f"{speed / alone:.2f}"
                rows.append([name, n_workers, f"{speed:,.0f}", times])
    print_table(
        f"{n:,} rows, {max(workers)} shards, on a machine with {os.cpu_count()} cores",
        ["network", "workers", "rows per second", "ratio to one worker"],
        rows,
    )


def _death(quick):
    from distributed import Client, LocalCluster

    from sknn.dask import DaskMLPClassifier

    warnings.simplefilter("ignore")
    data = _data(16_000 if quick else 64_000, 64, 4)
    rows, fits = [], []
    with LocalCluster(n_workers=2, **QUIET) as cluster, Client(cluster) as client:
        for death in (False, True):
            settings = {"shards": 2, "batch_size": 1_000, "max_iter": 10, "tol": 0}
            network = DaskMLPClassifier((100,), random_state=0, **settings)
            started = perf_counter()
            if death:
                pid = next(iter(client.run(os.getpid).values()))
                timer = Timer(rows[0][1] / 2, os.kill, (pid, signal.SIGKILL))
                timer.start()
            fits.append(network.fit(*data)._model.theta)
            rows.append(
                ["one worker dies" if death else "no worker dies", perf_counter() - started]
            )
            if death:
                timer.join()
    same = np.array_equal(*fits)
    print_table(
        f"Two workers, ten epochs; same weights after the death of a worker: {same}",
        ["fit", "seconds"],
        [[name, f"{seconds:.1f}"] for name, seconds in rows],
    )
