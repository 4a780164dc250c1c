"""Milliseconds per training step of convolutional networks."""

from cnn_peers import PEERS, Cnn, this_package
from peers import installed
from timing import interleaved, print_table, verdict

MS = 1e-3
BATCH_SIZE = 64
NETWORKS = (
    Cnn((28, 28, 1), (32, 64), 128),
    Cnn((28, 28, 1), (16, 32), 64),
    Cnn((32, 32, 3), (32, 64, 128), 128),
    Cnn((8, 8, 1), (32, 64), 64),
)
COLUMNS = (*PEERS, "sknn")


def main(repeats, quick):
    peers = installed(PEERS)
    timings = {}

    def measured_rows():
        for cnn in NETWORKS:
            each = timings[cnn] = _per_step(cnn, peers, repeats, quick)
            yield [cnn.name, *(each[name].shown(MS) if name in each else "-" for name in COLUMNS)]

    print_table(
        f"Milliseconds per training step, batch {BATCH_SIZE}: best (median)",
        ["network", *COLUMNS],
        measured_rows(),
    )
    print_table(
        "Best time of each library divided by the best time of sknn",
        ["network", *PEERS],
        [[cnn.name, *_ratios(each)] for cnn, each in timings.items()],
    )
    print("Targets: 1 compared with torch eager and skorch. The aim is 1 for channels_last.")


def _per_step(cnn, peers, repeats, quick):
    """Returns the Timing of one step by column: a complete fit divided by its number of steps."""
    small = cnn.image_shape[0] < 16
    n_batches, max_iter = 10 if quick else 50, 4 if small else 1
    X, y = cnn.random_images(n_batches * BATCH_SIZE)
    params = {
        "batch_size": BATCH_SIZE,
        "learning_rate_init": 0.001,
        "alpha": 0.0001,
        "max_iter": max_iter,
    }
    fits = {name: peer(X, y, cnn, **params) for name, peer in peers.items()}
    fits["sknn"] = this_package(X, y, cnn, **params)
    timings = interleaved(fits, repeats)
    return {name: timing / (n_batches * max_iter) for name, timing in timings.items()}


def _ratios(timings):
    """Yields how many times as fast as each library sknn is, with the target if there is one."""
    for name in PEERS:
        if name not in timings:
            yield "-"
            continue
        ratio = timings[name].best / timings["sknn"].best
        aim_only = name == "torch channels_last"
        yield f"{ratio:.2f} (aim >= 1)" if aim_only else verdict(ratio, at_least=1)
