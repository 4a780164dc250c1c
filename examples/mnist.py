"""How far does a plain network get on MNIST? Trains on all 60,000 images and reports.

python examples/mnist.py                     from OpenML, settings that suit the task
python examples/mnist.py --defaults          every default of MLPClassifier
python examples/mnist.py --data mnist.npz    from a file instead of OpenML
"""

import argparse
import sys
import time
import warnings
from http.client import HTTPException
from importlib.util import find_spec

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.metrics import classification_report, confusion_matrix

from sknn import MLPClassifier

# SGD with momentum, slowed down by steps, ends in better weights than Adam does.
SETTINGS = {
    "hidden_layer_sizes": (512,),
    "solver": "sgd",
    "learning_rate": "adaptive",
    "learning_rate_init": 0.1,
    "n_iter_no_change": 1,
    "tol": 0.002,
    "batch_size": 128,
    "alpha": 0.02,
}

FILE_HELP = (
    "a .npz file with the arrays X_train, y_train, X_test, y_test; "
    "X of pixels from 0 to 255 and shape (n, 28, 28), y of digits"
)


def main():
    args = parsed_arguments()
    X_train, y_train, X_test, y_test = load(args.data) if args.data else download()
    X_train, X_test = scaled(X_train), scaled(X_test)
    print(f"{len(X_train)} images to learn from, {len(X_test)} to be judged by")

    settings = {} if args.defaults else SETTINGS
    model = MLPClassifier(**settings, random_state=3, verbose=args.verbose)
    print(model)
    started = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    print(f"{model.n_iter_} epochs in {seconds:.1f} s")
    per_epoch = model.history_["seconds"]
    print(f"Seconds per epoch: median {np.median(per_epoch):.2f}, least {min(per_epoch):.2f}")

    y_predicted = model.predict(X_test)
    print(f"Test accuracy: {model.score(X_test, y_test):.4f}\n")
    print(classification_report(y_test, y_predicted, digits=4))
    print("Confusion matrix (rows: true, columns: predicted)")
    print(confusion_matrix(y_test, y_predicted))


def parsed_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="FILE", help=FILE_HELP)
    parser.add_argument("--defaults", action="store_true", help="every default of MLPClassifier")
    parser.add_argument("--verbose", action="store_true", help="print the loss of each epoch")
    return parser.parse_args()


def load(path):
    """X_train, y_train, X_test, y_test out of a file."""
    try:
        with np.load(path) as arrays:
            return [arrays[name] for name in ("X_train", "y_train", "X_test", "y_test")]
    except (OSError, KeyError, ValueError) as error:
        sys.exit(f"Cannot read {path}: {error}\n--data takes {FILE_HELP}.")


def download():
    """X_train, y_train, X_test, y_test from OpenML, which scikit-learn keeps for next time."""
    print("Fetching MNIST from OpenML ...", flush=True)
    parser = "pandas" if find_spec("pandas") else "liac-arff"  # the second takes a minute
    try:
        with warnings.catch_warnings(action="ignore"):  # of retries: the error says enough
            X, y = fetch_openml(
                "mnist_784", version=1, as_frame=False, parser=parser, return_X_y=True
            )
    except (OSError, ValueError, HTTPException) as error:  # offline, or OpenML has no answer
        sys.exit(
            f"Could not fetch MNIST from OpenML: {error}\n"
            f"Try again when online, or pass --data FILE: {FILE_HELP}."
        )
    n_train = 60_000  # the usual split: OpenML keeps the order
    y = y.astype(np.uint8)
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def scaled(X):
    """Flat images, (n, 784), from 0 to 1; float32 takes half the time of float64."""
    X = X.reshape(len(X), -1).astype(np.float32)
    X /= 255
    return X


if __name__ == "__main__":
    main()
