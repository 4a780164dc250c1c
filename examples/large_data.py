"""How do I train on a table that is larger than memory?

The table is generated in blocks, of which two are in memory at a time.

python examples/large_data.py                     200 MB
python examples/large_data.py --megabytes 8000    8 GB
"""

import argparse
import sys
import warnings
from time import perf_counter

import dask
import dask.array as da
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sknn.dask import DaskMLPClassifier

N_FEATURES, N_CLASSES = 50, 4
BLOCK = 100_000  # rows: 20 MB in float32


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=int, default=200, metavar="N")
    parser.add_argument("--epochs", type=int, default=1, metavar="N")
    args = parser.parse_args()
    n_blocks = max(2, args.megabytes * 10**6 // (4 * BLOCK * N_FEATURES))
    X, y = table(n_blocks)
    X_test, y_test = in_memory(n_blocks)  # a block that is not used for training
    print(f"{X.nbytes / 1e9:.2f} GB in {n_blocks} blocks of {4 * BLOCK * N_FEATURES / 1e6:.0f} MB")

    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed
    network = DaskMLPClassifier(
        (64,),
        batch_size=500,
        learning_rate="one_cycle",
        learning_rate_init=0.01,
        max_iter=args.epochs,
        random_state=0,
    )
    started = perf_counter()
    network.fit(X, y)
    print(f"Trained in {perf_counter() - started:.0f} s, including one pass to count rows")
    print(f"Test accuracy {network.score(X_test, y_test):.3f}")
    predicted = network.predict(X)
    print(f"Predicted lazily: {predicted.blocks[0].compute()[:10]}")
    if sys.platform == "linux":
        print(f"Peak memory {peak_memory() / 1e9:.2f} GB")


def table(n_blocks):
    """Returns X and y as Dask arrays, whose blocks are generated when they are read."""
    blocks = [dask.delayed(in_memory)(number) for number in range(n_blocks)]
    X = [da.from_delayed(block[0], (BLOCK, N_FEATURES), np.float32) for block in blocks]
    y = [da.from_delayed(block[1], (BLOCK,), np.int64) for block in blocks]
    return da.concatenate(X), da.concatenate(y)


def in_memory(number):
    """Returns (X, y) of a block: random features, and the classes computed by a fixed function."""
    rng = np.random.default_rng(0)
    first, last = rng.normal(size=(N_FEATURES, 8)), rng.normal(size=(8, N_CLASSES))
    X = np.random.default_rng([1, number]).standard_normal((BLOCK, N_FEATURES), dtype=np.float32)
    return X, (np.tanh(X @ first.astype(np.float32) / 4) @ last).argmax(axis=1)


def peak_memory():
    """Returns the peak memory of this process in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
