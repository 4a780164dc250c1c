"""The same convolutional network in sknn and, if they are installed, in torch and skorch.

Each function takes float32 images X (n, height, width, channels), labels y, a Cnn, and parameters
with scikit-learn's names. It returns a function without arguments, which fits the network for
``max_iter`` epochs with Adam and the log loss, and returns the loss of the last epoch. Batches
divide X evenly. The penalty is treated as in ``peers.py``.
"""

import warnings
from dataclasses import dataclass
from functools import partial

import joblib
import numpy as np
from peers import torch_training
from sklearn.exceptions import ConvergenceWarning

import sknn


@dataclass(frozen=True)
class Cnn:
    """Blocks of 3 x 3 "same" convolution, ReLU and 2 x 2 max-pooling, and a dense layer."""

    image_shape: tuple
    filters: tuple
    dense: int
    n_classes: int = 10

    @property
    def name(self):
        shape = "x".join(map(str, self.image_shape))
        return f"{shape}: {'-'.join(map(str, self.filters))}, dense {self.dense}"

    def random_images(self, n, dtype="float32"):
        """Returns standard normal images, and labels that contain every class."""
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n, *self.image_shape)).astype(dtype)
        return X, rng.permutation(n) % self.n_classes


def this_package(X, y, cnn, **params):
    model = new_estimator(cnn, **params)

    def fit():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are sufficient
            return model.fit(X, y).loss_

    return fit


def new_estimator(cnn, **params):
    return sknn.CNNClassifier(
        cnn.filters,
        hidden_layer_sizes=(cnn.dense,),
        n_iter_no_change=np.inf,
        random_state=0,
        **params,
    )


def torch_eager(X, y, cnn, *, channels_last=False, **params):
    import torch

    torch.set_num_threads(joblib.cpu_count())
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    images = as_torch_images(X).contiguous(memory_format=memory_format)
    build = partial(torch_network, cnn, memory_format)
    return torch_training(build, images, torch.from_numpy(y), **params)


def as_torch_images(X):
    """Returns the images with the channels first, as torch expects them."""
    import torch

    return torch.from_numpy(np.moveaxis(X, -1, 1).copy())


def torch_network(cnn, memory_format=None):
    from torch import nn

    height, width, channels = cnn.image_shape
    layers = []
    for filters in cnn.filters:
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU()]
        layers += [nn.MaxPool2d(2, ceil_mode=True)]
        height, width, channels = -(-height // 2), -(-width // 2), filters
    layers += [nn.Flatten(), nn.Linear(height * width * channels, cnn.dense), nn.ReLU()]
    network = nn.Sequential(*layers, nn.Linear(cnn.dense, cnn.n_classes))
    return network if memory_format is None else network.to(memory_format=memory_format)


def skorch(X, y, cnn, *, batch_size, learning_rate_init, alpha, max_iter):
    import torch
    from skorch import NeuralNetClassifier

    torch.set_num_threads(joblib.cpu_count())
    model = NeuralNetClassifier(
        torch_network,
        module__cnn=cnn,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__weight_decay=alpha / batch_size,
        lr=learning_rate_init,
        batch_size=batch_size,
        max_epochs=max_iter,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks="disable",
        verbose=0,
    )
    images = as_torch_images(X).numpy()

    def fit():
        torch.manual_seed(0)
        return np.mean(model.fit(images, y).history[-1, "batches", :, "train_loss"])

    return fit


PEERS = {
    "torch eager": (torch_eager, ("torch",)),
    "torch channels_last": (partial(torch_eager, channels_last=True), ("torch",)),
    "skorch": (skorch, ("torch", "skorch")),
}
