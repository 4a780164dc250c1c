"""Time to predict many images, and memory of fitting and prediction."""

import warnings
from functools import partial

import joblib
import numpy as np
import sklearn
from cnn_peers import PEERS, Cnn, as_torch_images, new_estimator, torch_network
from footprint import peak_memory
from peers import installed
from sklearn.exceptions import ConvergenceWarning
from timing import in_fresh_process, interleaved, print_table, verdict

CNN = Cnn((28, 28, 1), (32, 64), 128)
N_IMAGES = 10_000
TORCH_BATCHES = (64, 256, 1024)
WORKING_MEMORY = 64  # MiB


def main(repeats, quick):
    _time(repeats, N_IMAGES // 10 if quick else N_IMAGES)
    _memory(60_000)


def _time(repeats, n):
    X, _ = CNN.random_images(n)
    predictions = {"sknn": partial(fitted().predict, X)}
    if "torch eager" in installed({"torch eager": PEERS["torch eager"]}):
        for batch_size in TORCH_BATCHES:
            predictions[f"torch eager, {batch_size} at a time"] = torch_prediction(X, batch_size)
    timings = interleaved(predictions, repeats)
    ours = timings["sknn"].best
    rows = [
        [
            name,
            timing.shown(1e-3),
            "" if name == "sknn" else verdict(timing.best / ours, at_least=1),
        ]
        for name, timing in timings.items()
    ]
    print_table(
        f"Milliseconds to predict {n:,} images, {CNN.name}: best (median)",
        ["", "time", "time / time of sknn"],
        rows,
    )
    print("Target: no slower than torch eager.")


def fitted():
    """Returns a CNNClassifier trained for one epoch of one batch."""
    X, y = CNN.random_images(64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return new_estimator(CNN, max_iter=1).fit(X, y)


def torch_prediction(X, batch_size):
    import torch

    torch.set_num_threads(joblib.cpu_count())
    images, network = as_torch_images(X), torch_network(CNN)

    def predict():
        with torch.inference_mode():
            return torch.cat([network(part).argmax(dim=1) for part in images.split(batch_size)])

    return predict


def _memory(n):
    fitting = in_fresh_process(memory_of_fitting, n) / 2**20
    predicting = in_fresh_process(memory_of_predicting, n) / 2**20
    print_table(
        f"MiB of memory, {CNN.name}, {n:,} uint8 images",
        ["", "MiB", "target"],
        [
            ["fit, memory of the whole process", f"{fitting:.0f}", verdict(fitting, at_most=400)],
            [
                f"added by predict, working_memory={WORKING_MEMORY}",
                f"{predicting:.0f}",
                verdict(predicting, at_most=WORKING_MEMORY + 10),
            ],
        ],
    )
    print("Targets: 400 MiB in total for fit; working_memory plus the outputs for predict.")


def memory_of_fitting(n):
    """Returns the peak memory in bytes of a process that fits n images for an epoch."""
    X, y = random_bytes(n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        new_estimator(CNN, max_iter=1).fit(X, y)
    return peak_memory()


def memory_of_predicting(n):
    """Returns the bytes that predicting n images adds to the peak memory of a process."""
    X, _ = random_bytes(n)
    model = fitted()
    model.image_scale_ = 1 / 255  # as if fitted to integers
    sklearn.set_config(working_memory=WORKING_MEMORY)
    model.predict(X[:500])  # excludes threads and BLAS buffers from the measurement
    before = peak_memory()
    model.predict(X)
    return peak_memory() - before


def random_bytes(n):
    rng = np.random.default_rng(0)
    X = np.frombuffer(rng.bytes(n * 28 * 28), np.uint8).reshape(n, 28, 28)
    return X, np.arange(n) % CNN.n_classes
