"""Microseconds per training step of multi-layer perceptrons."""

from dataclasses import dataclass

import numpy as np
from peers import OPTIONAL, installed, scikit_learn, this_package
from timing import interleaved, print_table, verdict

US = 1e-6
DTYPES = ("float64", "float32")
COLUMNS = (*(f"scikit-learn {d}" for d in DTYPES), *OPTIONAL, *(f"sknn {d}" for d in DTYPES))


@dataclass(frozen=True)
class Workload:
    """sizes: n_features, units of each hidden layer, n_classes. small: overhead dominates."""

    sizes: tuple
    batch_size: int
    small: bool

    @property
    def name(self):
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch_size}"

    def random_rows(self, n_batches):
        """Returns X in float64, and labels that contain every class."""
        rng = np.random.default_rng(0)
        n, n_classes = n_batches * self.batch_size, self.sizes[-1]
        return rng.standard_normal((n, self.sizes[0])), rng.permutation(n) % n_classes


WORKLOADS = (
    Workload((784, 100, 10), 200, small=False),
    Workload((784, 256, 256, 10), 128, small=False),
    Workload((20, 100, 2), 200, small=True),
    Workload((54, 64, 64, 7), 32, small=True),
    Workload((64, 100, 10), 200, small=True),
    Workload((100, 512, 512, 512, 10), 256, small=False),
)


def main(repeats, quick):
    peers = installed()
    timings = {}

    def measured_rows():
        for workload in WORKLOADS:
            each = timings[workload] = _per_step(workload, peers, repeats, quick)
            cells = (each[name].shown(US) if name in each else "-" for name in COLUMNS)
            yield [workload.name, *cells]

    print_table(
        "Microseconds per training step: best (median)", ["network", *COLUMNS], measured_rows()
    )
    print_table(
        "Best time of each library divided by the best time of sknn",
        ["network", *(f"scikit-learn {dtype}" for dtype in DTYPES), *OPTIONAL],
        [[workload.name, *_ratios(workload, each)] for workload, each in timings.items()],
    )
    print(
        "Targets: 1.5 compared with scikit-learn in the same dtype, 3 for small networks, and 1\n"
        "compared with torch eager and, for large networks, with jax. For small networks, 1 is\n"
        "the aim compared with jax."
    )


def _per_step(workload, peers, repeats, quick):
    """Returns the Timing of one step by column: a complete fit divided by its number of steps."""
    n_batches = 20 if quick else 50
    max_iter = 10 if workload.small else 2
    timings = interleaved(fits(workload, peers, n_batches, max_iter), repeats)
    return {name: timing / (n_batches * max_iter) for name, timing in timings.items()}


def fits(workload, peers, n_batches, max_iter):
    """Returns functions that fit the network of the workload once, by column."""
    params = {
        "hidden_layer_sizes": workload.sizes[1:-1],
        "batch_size": workload.batch_size,
        "learning_rate_init": 0.001,
        "alpha": 0.0001,
        "max_iter": max_iter,
    }
    X, y = workload.random_rows(n_batches)
    found = {}
    for dtype in DTYPES:
        X = X.astype(dtype)
        found[f"scikit-learn {dtype}"] = scikit_learn(X, y, **params)
        found[f"sknn {dtype}"] = this_package(X, y, **params)
    for name, peer in peers.items():
        found[name] = peer(X, y, **params)  # float32, the last of DTYPES
    return found


def _ratios(workload, timings):
    """Yields how many times as fast as each library sknn is, with the target if there is one."""
    for dtype in DTYPES:
        ratio = timings[f"scikit-learn {dtype}"].best / timings[f"sknn {dtype}"].best
        yield verdict(ratio, at_least=3 if workload.small else 1.5)
    for name in OPTIONAL:
        if name not in timings:
            yield "-"
            continue
        ratio = timings[name].best / timings["sknn float32"].best
        aim_only = name == "jax jit+scan" and workload.small
        yield f"{ratio:.2f} (aim >= 1)" if aim_only else verdict(ratio, at_least=1)
