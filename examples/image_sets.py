"""What the examples on images share: where the images come from, and the report on a model."""

import argparse
import sys
import time
import warnings
from http.client import HTTPException
from importlib.util import find_spec

import numpy as np
from sklearn.datasets import fetch_openml
from sklearn.metrics import classification_report, confusion_matrix

ARRAYS = ("X_train", "y_train", "X_test", "y_test")
FILE_HELP = (
    "a .npz file with the arrays X_train, y_train, X_test, y_test; "
    "X of pixels from 0 to 255 and shape (n, {shape}), y of class numbers"
)


class ImageSet:
    """A set of images on OpenML: its name there, its split and the shape of an image.

    ``channels_first``: whether OpenML has all of one channel before the next.
    """

    def __init__(self, title, openml_name, n_train, shape, channels_first=False):
        self.title, self.openml_name, self.n_train = title, openml_name, n_train
        self.shape, self.channels_first = shape, channels_first
        self.file_help = FILE_HELP.format(shape=", ".join(map(str, shape)))

    def parser(self, description):
        """A parser of the command line that knows --data and --verbose."""
        parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--data", metavar="FILE", help=self.file_help)
        parser.add_argument("--verbose", action="store_true", help="print the loss of each epoch")
        return parser

    def load(self, path=None):
        """X_train, y_train, X_test, y_test: from a file, or from OpenML if path is None."""
        arrays = self._read(path) if path else self._download()
        print(f"{len(arrays[0])} images to learn from, {len(arrays[2])} to be judged by")
        return arrays

    def _read(self, path):
        try:
            with np.load(path) as arrays:
                return [arrays[name] for name in ARRAYS]
        except (OSError, KeyError, ValueError) as error:
            sys.exit(f"Cannot read {path}: {error}\n--data takes {self.file_help}.")

    def _download(self):
        """From OpenML; scikit-learn keeps it for next time."""
        print(f"Fetching {self.title} from OpenML ...", flush=True)
        parser = "pandas" if find_spec("pandas") else "liac-arff"  # the second takes a minute
        try:
            with warnings.catch_warnings(action="ignore"):  # of retries: the error says enough
                X, y = fetch_openml(
                    self.openml_name, version=1, as_frame=False, parser=parser, return_X_y=True
                )
        except (OSError, ValueError, HTTPException) as error:  # offline, or OpenML has no answer
            sys.exit(
                f"Could not fetch {self.title} from OpenML: {error}\n"
                f"Try again when online, or pass --data FILE: {self.file_help}."
            )
        X, y = X.astype(np.uint8), y.astype(np.uint8)
        if self.channels_first:
            height, width, channels = self.shape
            X = np.moveaxis(X.reshape(-1, channels, height, width), 1, -1)
        X = X.reshape(-1, *self.shape)
        n = self.n_train  # the usual split: OpenML keeps the order
        return [X[:n], y[:n], X[n:], y[n:]]


MNIST = ImageSet("MNIST", "mnist_784", 60_000, (28, 28))
FASHION = ImageSet("Fashion-MNIST", "Fashion-MNIST", 60_000, (28, 28))
CIFAR10 = ImageSet("CIFAR-10", "CIFAR_10", 50_000, (32, 32, 3), channels_first=True)


def fit_and_report(model, X_train, y_train, X_test, y_test, class_names=None):
    """Fits the model and prints how long it took and how well it does on the test images."""
    print(model)
    started = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    per_epoch = model.history_["seconds"]
    print(f"{model.n_iter_} epochs in {seconds:.1f} s")
    print(f"Seconds per epoch: median {np.median(per_epoch):.2f}, least {min(per_epoch):.2f}")

    y_predicted = model.predict(X_test)
    print(f"Test accuracy: {np.mean(y_predicted == y_test):.4f}\n")
    print(classification_report(y_test, y_predicted, target_names=class_names, digits=4))
    print("Confusion matrix (rows: true, columns: predicted)")
    print(confusion_matrix(y_test, y_predicted))
