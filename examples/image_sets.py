"""Code shared by the examples on images: loading the images, and reporting on a model."""

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
    "a .npz file with the arrays X_train, y_train, X_test and y_test; "
    "X contains pixels from 0 to 255 and has shape (n, {shape}), y contains class numbers"
)


class ImageSet:
    """An image data set on OpenML: its name, its split and the shape of an image.

    ``channels_first`` says whether OpenML stores the channels of an image one after the other.
    """

    def __init__(self, title, openml_name, n_train, shape, channels_first=False):
        self.title, self.openml_name, self.n_train = title, openml_name, n_train
        self.shape, self.channels_first = shape, channels_first
        self.file_help = FILE_HELP.format(shape=", ".join(map(str, shape)))

    def parser(self, description):
        """Returns a command-line parser with the options --data and --verbose."""
        parser = argparse.ArgumentParser(
            description=description, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument("--data", metavar="FILE", help=self.file_help)
        parser.add_argument("--verbose", action="store_true", help="print the loss of each epoch")
        return parser

    def load(self, path=None):
        """Loads X_train, y_train, X_test and y_test from a file, or from OpenML if path is None."""
        arrays = self._read(path) if path else self._download()
        print(f"{len(arrays[0])} training images, {len(arrays[2])} test images")
        return arrays

    def _read(self, path):
        try:
            with np.load(path) as arrays:
                return [arrays[name] for name in ARRAYS]
        except (OSError, KeyError, ValueError) as error:
            sys.exit(f"Could not read {path}: {error}\n--data requires {self.file_help}.")

    def _download(self):
        """Downloads the images from OpenML; scikit-learn caches them."""
        print(f"Downloading {self.title} from OpenML ...", flush=True)
        parser = "pandas" if find_spec("pandas") else "liac-arff"  # liac-arff takes a minute
        try:
            with warnings.catch_warnings(action="ignore"):  # about retries: the error is enough
                X, y = fetch_openml(
                    self.openml_name, version=1, as_frame=False, parser=parser, return_X_y=True
                )
        except (OSError, ValueError, HTTPException) as error:  # offline, or OpenML is unavailable
            sys.exit(
                f"Could not download {self.title} from OpenML: {error}\n"
                f"Try again when you are online, or pass --data FILE: {self.file_help}."
            )
        X, y = X.astype(np.uint8), y.astype(np.uint8)
        if self.channels_first:
            height, width, channels = self.shape
            X = np.moveaxis(X.reshape(-1, channels, height, width), 1, -1)
        X = X.reshape(-1, *self.shape)
        n = self.n_train  # the usual split, because OpenML keeps the order of the images
        return [X[:n], y[:n], X[n:], y[n:]]


MNIST = ImageSet("MNIST", "mnist_784", 60_000, (28, 28))
FASHION = ImageSet("Fashion-MNIST", "Fashion-MNIST", 60_000, (28, 28))
CIFAR10 = ImageSet("CIFAR-10", "CIFAR_10", 50_000, (32, 32, 3), channels_first=True)


def fit_and_report(model, X_train, y_train, X_test, y_test, class_names=None):
    """Fits the model, and prints the time it took and its accuracy on the test images."""
    print(model)
    started = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    per_epoch = model.history_["seconds"]
    print(f"{model.n_iter_} epochs in {seconds:.1f} s")
    print(f"Seconds per epoch: median {np.median(per_epoch):.2f}, minimum {min(per_epoch):.2f}")

    y_predicted = model.predict(X_test)
    print(f"Test accuracy: {np.mean(y_predicted == y_test):.4f}\n")
    print(classification_report(y_test, y_predicted, target_names=class_names, digits=4))
    print("Confusion matrix (rows: true, columns: predicted)")
    print(confusion_matrix(y_test, y_predicted))
