"""CPU time of a training step on one thread, for many kinds of convolutional networks."""

import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from time import process_time

import numpy as np
from peers import installed, torch_training
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits
from timing import interleaved, print_table, verdict

import sknn
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    MaxPool2D,
)

MS = 1e-3
BATCH_SIZE = 64
PARAMS = {"batch_size": BATCH_SIZE, "learning_rate_init": 0.001, "alpha": 0.0001, "max_iter": 1}


@dataclass(frozen=True)
class Case:
    """A network on images, without its output layer of ten units."""

    image_shape: tuple
    layers: list = field(repr=False)
    dtype: str = "float32"

    def random_images(self, n):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n, *self.image_shape)).astype(self.dtype)
        return X, rng.permutation(n) % 10


def pooled(*filters, dense, **settings):
    """Returns convolutions, each followed by max-pooling, and a layer Dense(dense)."""
    blocks = [layer for n in filters for layer in (Conv2D(n, **settings), MaxPool2D())]
    return [*blocks, Flatten(), Dense(dense)]


def normalized(filters):
    return [Conv2D(filters, activation="identity"), BatchNorm(), Activate("relu")]


def lenet(*filters, dense, activation="relu", pooling=MaxPool2D, padding="valid"):
    convolution = partial(Conv2D, kernel_size=5, activation=activation)
    return [
        *(convolution(filters[0], padding=padding), pooling()),
        *(convolution(filters[1], padding="valid"), pooling()),
        *(Flatten(), *(Dense(units, activation) for units in dense)),
    ]


CASES = {
    "32-64, dense 128": Case((28, 28, 1), pooled(32, 64, dense=128)),
    "16-32, dense 64": Case((28, 28, 1), pooled(16, 32, dense=64)),
    "32-64-128, dense 128": Case((32, 32, 3), pooled(32, 64, 128, dense=128)),
    "32-64, dense 64": Case((8, 8, 1), pooled(32, 64, dense=64)),
    "large images: 32-64": Case((64, 64, 3), pooled(32, 64, dense=128)),
    "12-20-36": Case((24, 24, 5), pooled(12, 20, 36, dense=64)),
    "odd sides: 24-48": Case((27, 31, 1), pooled(24, 48, dense=64)),
    "two by two: 32-32, 64-64": Case(
        (32, 32, 3),
        [
            *(Conv2D(32), Conv2D(32), MaxPool2D()),
            *(Conv2D(64), Conv2D(64), MaxPool2D()),
            *(Flatten(), Dense(128)),
        ],
    ),
    "LeNet: 5 x 5 valid, 6-16": Case((28, 28, 1), lenet(6, 16, dense=(120, 84))),
    "5 x 5 valid, 20-50": Case((28, 28, 1), lenet(20, 50, dense=(500,))),
    "5 x 5 tanh, average pooling": Case(
        (28, 28, 1),
        lenet(6, 16, dense=(84,), activation="tanh", pooling=AveragePool2D, padding="same"),
    ),
    "5 x 5 same, 16-32": Case((28, 28, 1), pooled(16, 32, dense=64, kernel_size=5)),
    "7 x 7 same, 16-32": Case((28, 28, 1), pooled(16, 32, dense=64, kernel_size=7)),
    "3 x 3 valid, 16-32": Case((32, 32, 3), pooled(16, 32, dense=64, padding="valid")),
    "3 x 3 dilated, 16-32": Case((28, 28, 1), pooled(16, 32, dense=64, dilation=2)),
    "batch normalisation, 32-64": Case(
        (28, 28, 1),
        [*normalized(32), MaxPool2D(), *normalized(64), MaxPool2D(), Flatten(), Dense(128)],
    ),
    "batch normalisation, global pooling": Case(
        (32, 32, 3),
        [*normalized(16), *normalized(16), MaxPool2D(), *normalized(32), GlobalAveragePool2D()],
    ),
    "stride 2, 32-64": Case(
        (32, 32, 3), [Conv2D(32, stride=2), Conv2D(64, stride=2), Flatten(), Dense(128)]
    ),
    "5 x 5, stride 2, 16-32": Case(
        (32, 32, 3), [Conv2D(16, 5, stride=2), Conv2D(32, 5, stride=2), GlobalAveragePool2D()]
    ),
    "overlapping pooling, 32-64": Case(
        (32, 32, 3),
        [
            *(Conv2D(32), MaxPool2D(3, stride=2)),
            *(Conv2D(64), MaxPool2D(3, stride=2)),
            GlobalAveragePool2D(),
        ],
    ),
    "1 x 1 then 3 x 3": Case(
        (16, 16, 32), [Conv2D(16, 1), Conv2D(64), MaxPool2D(), Flatten(), Dense(64)]
    ),
    "signals, 1 x 5, 16-32": Case(
        (1, 128, 4),
        [
            *(Conv2D(16, (1, 5)), MaxPool2D((1, 2))),
            *(Conv2D(32, (1, 5)), MaxPool2D((1, 2))),
            *(Flatten(), Dense(64)),
        ],
    ),
    "global pooling, 32-64": Case(
        (28, 28, 1), [Conv2D(32), MaxPool2D(), Conv2D(64), GlobalAveragePool2D()]
    ),
    "dropout between, 32-64": Case(
        (28, 28, 1),
        [
            *(Conv2D(32), MaxPool2D(), Dropout(0.25)),
            *(Conv2D(64), MaxPool2D(), Dropout(0.25)),
            *(Flatten(), Dense(128), Dropout(0.5)),
        ],
    ),
    "float64: 32-64, dense 128": Case((28, 28, 1), pooled(32, 64, dense=128), "float64"),
    "float64: LeNet": Case((28, 28, 1), lenet(6, 16, dense=(120, 84)), "float64"),
}


def this_package(X, y, case):
    model = sknn.SequentialClassifier(
        case.layers, n_iter_no_change=np.inf, random_state=0, dtype=case.dtype, **PARAMS
    )

    def fit():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are sufficient
            return model.fit(X, y).loss_

    return fit


def torch_eager(X, y, case, *, channels_last=False):
    import torch

    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    images = torch.from_numpy(np.moveaxis(X, -1, 1).copy()).contiguous(memory_format=memory_format)

    def build():
        network = torch_network(case).to(images.dtype)
        return network.to(memory_format=memory_format)

    return torch_training(build, images, torch.from_numpy(y), **PARAMS)


def torch_network(case):
    """Returns the same network in torch, where the padding of "same" is equal on both sides."""
    from torch import nn

    modules, shape = [], case.image_shape
    for layer in [*case.layers, Dense(10, "identity")]:
        channels, windows = shape[-1], getattr(layer, "windows", lambda shape: None)(shape)
        shape = layer.output_shape(shape)
        match layer:
            case Conv2D():
                border = tuple(after for _, after in windows.padding)
                settings = {"stride": windows.stride, "dilation": windows.dilation}
                modules.append(
                    nn.Conv2d(channels, shape[-1], windows.size, padding=border, **settings)
                )
            case MaxPool2D():
                modules.append(nn.MaxPool2d(windows.size, windows.stride))
            case AveragePool2D():
                modules.append(nn.AvgPool2d(windows.size))
            case GlobalAveragePool2D():
                modules += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            case BatchNorm():
                modules.append(nn.BatchNorm2d(channels))
            case Dropout():
                modules.append(nn.Dropout(layer.rate))
            case Flatten():
                modules.append(nn.Flatten())
            case Dense():
                modules.append(nn.Linear(channels, shape[-1]))
        activation = {"relu": nn.ReLU, "tanh": nn.Tanh}.get(getattr(layer, "activation", None))
        modules += [activation()] if activation else []
    return nn.Sequential(*modules)


PEERS = {
    "torch eager": (torch_eager, ("torch",)),
    "torch channels_last": (partial(torch_eager, channels_last=True), ("torch",)),
}
REACH = {"torch eager": 1.1, "torch channels_last": 1.0}


def main(repeats, quick):
    peers = installed(PEERS)
    print_table(
        f"Milliseconds of CPU time per step on one thread, batch {BATCH_SIZE}: best (median)",
        ["image", "network", "sknn", *peers, *(f"{name} / sknn" for name in peers)],
        (_row(name, case, peers, repeats, quick) for name, case in CASES.items()),
    )
    print("Targets: 1.1 times as fast as torch eager, and 1.0 times as fast as channels_last.")


def _row(name, case, peers, repeats, quick):
    timings = per_step(case, peers, repeats, n_batches=2 if quick else 6)
    ratios = {peer: timings[peer].best / timings["sknn"].best for peer in peers}
    return [
        "x".join(map(str, case.image_shape)),
        name,
        *(timing.shown(MS) for timing in timings.values()),
        *(verdict(ratio, at_least=REACH[peer]) for peer, ratio in ratios.items()),
    ]


def per_step(case, peers, repeats, n_batches):
    """Returns {library: Timing} of a step: the CPU time of a fit divided by its steps."""
    X, y = case.random_images(n_batches * BATCH_SIZE)
    fits = {"sknn": this_package(X, y, case)}
    fits |= {name: peer(X, y, case) for name, peer in peers.items()}
    with one_thread():
        timings = interleaved(fits, repeats, cpu_time)
    return {name: timing / n_batches for name, timing in timings.items()}


@contextmanager
def one_thread():
    """Limits BLAS, sknn and, if it is loaded, torch to one thread."""
    torch = sys.modules.get("torch")
    several = torch and torch.get_num_threads()
    if torch:
        torch.set_num_threads(1)
    with threadpool_limits(1):
        yield
    if torch:
        torch.set_num_threads(several)


def cpu_time(function):
    """Returns the CPU seconds of one call, which do not depend on other work on the machine."""
    started = process_time()
    function()
    return process_time() - started
