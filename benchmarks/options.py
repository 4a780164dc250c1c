"""What each option costs per training step, next to the same network without it."""

from functools import partial

import numpy as np
from mlp_training import US, Workload
from peers import this_package
from timing import interleaved, print_table

WORKLOADS = (
    Workload((64, 100, 10), 200, small=True),
    Workload((784, 256, 256, 10), 128, small=False),
)
OPTIONS = {
    "nothing": {},
    "activation='tanh'": {"activation": "tanh"},
    "activation='silu'": {"activation": "silu"},
    "activation='gelu'": {"activation": "gelu"},
    "activation='prelu'": {"activation": "prelu"},
    "loss='focal'": {"loss": "focal"},
    "solver='sgd'": {"solver": "sgd"},
    "solver='adamw'": {"solver": "adamw"},
    "solver='nadam'": {"solver": "nadam"},
    "solver='rmsprop'": {"solver": "rmsprop"},
    "learning_rate='cosine'": {"learning_rate": "cosine"},
    "max_grad_norm=1": {"max_grad_norm": 1.0},
    "l1=1e-4": {"l1": 1e-4},
    "dropout=0.2": {"dropout": 0.2},
    "normalization='batch'": {"normalization": "batch"},
    "normalization='layer'": {"normalization": "layer"},
    "label_smoothing=0.1": {"label_smoothing": 0.1},
    "class_weight='balanced'": {"class_weight": "balanced"},
}


def main(repeats, quick):
    n_batches, max_iter = (20, 2) if quick else (50, 4)
    columns = [_microseconds(workload, n_batches, max_iter, repeats) for workload in WORKLOADS]
    rows = []
    for option in OPTIONS:
        row = [option]
        for timings in columns:
            ratio = timings[option].best / timings["nothing"].best
            row += [timings[option].shown(US), f"{ratio:.2f}"]
        rows.append(row)
    heads = [head for workload in WORKLOADS for head in (workload.name, "times nothing")]
    print_table("Microseconds per training step, float32: best (median)", ["option", *heads], rows)


def _microseconds(workload, n_batches, max_iter, repeats):
    """The Timing of a step, by option."""
    X, y = workload.random_rows(n_batches)
    fit = partial(
        this_package,
        X.astype(np.float32),
        y,
        hidden_layer_sizes=workload.sizes[1:-1],
        batch_size=workload.batch_size,
        learning_rate_init=0.001,
        alpha=0.0001,
        max_iter=max_iter,
    )
    timings = interleaved({name: fit(**option) for name, option in OPTIONS.items()}, repeats)
    return {name: timing / (n_batches * max_iter) for name, timing in timings.items()}
