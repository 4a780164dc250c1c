"""Time of a training step with each option, compared with the same network without it."""

from functools import partial

import numpy as np
from cnn_peers import Cnn
from cnn_peers import this_package as cnn_of_this_package
from cnn_training import MS
from mlp_training import US, Workload
from peers import this_package
from timing import interleaved, print_table

WORKLOADS = (
    Workload((64, 100, 10), 200, small=True),
    Workload((784, 256, 256, 10), 128, small=False),
)
CNN = Cnn((28, 28, 1), (32, 64), 128)
CNN_OPTIONS = {
    "nothing": {},
    "augment='shift'": {"augment": "shift"},
    "augment='shift+flip'": {"augment": "shift+flip"},
    "normalization='batch'": {"normalization": "batch"},
    "normalization='layer'": {"normalization": "layer"},
    "dropout=0.3": {"dropout": 0.3},
    "pooling='average'": {"pooling": "average"},
    "activation='silu'": {"activation": "silu"},
    "kernel_size=5": {"kernel_size": 5},
    "dtype='float64'": {"dtype": "float64"},
}
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
    dense = {w.name: _dense(w, n_batches, max_iter, repeats) for w in WORKLOADS}
    _print("Microseconds per training step, float32: best (median)", dense, US)
    images = {f"{CNN.name}, batch 64": _on_images(4 if quick else 10, repeats)}
    _print("Milliseconds per training step of a CNN: best (median)", images, MS)


def _print(title, columns, unit):
    """Prints a table of {network: {option: Timing}}."""
    rows = []
    for option in next(iter(columns.values())):
        row = [option]
        for timings in columns.values():
            ratio = timings[option].best / timings["nothing"].best
            row += [timings[option].shown(unit), f"{ratio:.2f}"]
        rows.append(row)
    heads = [head for name in columns for head in (name, "ratio to nothing")]
    print_table(title, ["option", *heads], rows)


def _on_images(n_batches, repeats):
    """The Timing of a step, by option."""
    X, y = CNN.random_images(64 * n_batches)
    params = {"batch_size": 64, "learning_rate_init": 0.001, "alpha": 0.0001, "max_iter": 1}
    fits = {
        name: cnn_of_this_package(X, y, CNN, **params, **option)
        for name, option in CNN_OPTIONS.items()
    }
    timings = interleaved(fits, repeats)
    return {name: timing / n_batches for name, timing in timings.items()}


def _dense(workload, n_batches, max_iter, repeats):
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
