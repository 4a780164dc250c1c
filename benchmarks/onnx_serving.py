"""Sizes of exported models, and time to predict with ONNX Runtime, compared with sknn."""

import pickle
import warnings
from functools import partial

import joblib
import numpy as np
from cnn_peers import new_estimator
from cnn_prediction import CNN
from mlp_prediction import N_FEATURES, fitted
from peers import installed
from sklearn.exceptions import ConvergenceWarning
from timing import interleaved, print_table, repeated

ROWS = (1, 10_000)
IMAGES = (1, 1000)


def main(repeats, quick):
    if not installed({"export to ONNX": (None, ("onnx", "onnxruntime"))}):
        return
    rows = []
    for name, model, X, numbers in cases(quick):
        exported = exported_bytes(model)
        session = new_session(exported)
        sizes = [len(pickle.dumps(model)), len(exported)]
        for number in numbers:
            rows.append([f"{name}, {number:,}", *timed(model, session, X[:number], repeats, quick)])
        rows[-len(numbers)] += [f"{size / 2**10:.0f}" for size in sizes]
    print_table(
        "Milliseconds to predict labels: best (median). Sizes of a pickle and an ONNX file in KiB",
        ["network, samples", "sknn", "ONNX Runtime", "ratio", "pickle", "ONNX"],
        [[*row, *[""] * (6 - len(row))] for row in rows],
    )
    print("Ratio: time of sknn / time of ONNX Runtime.")


def cases(quick):
    """Yields (name, fitted model, samples, numbers of samples to predict in one call)."""
    rng = np.random.default_rng(0)
    rows, images = (np.array(numbers) // (10 if quick else 1) for numbers in (ROWS, IMAGES))
    for dtype in ("float32", "float64"):
        X = rng.standard_normal((ROWS[-1], N_FEATURES)).astype(dtype)
        for hidden in ((100,), (256, 256)):
            shape = "-".join(map(str, (N_FEATURES, *hidden, 10)))
            model = fitted("sknn", dtype, hidden)
            yield f"{shape}, {dtype}", model, X, np.maximum(rows, 1).tolist()
    X, y = CNN.random_images(IMAGES[-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = new_estimator(CNN, max_iter=1).fit(X[:64], y[:64])
    yield CNN.name, model, X, np.maximum(images, 1).tolist()


def exported_bytes(model):
    from sknn.onnx import to_onnx

    return to_onnx(model).SerializeToString()


def new_session(exported):
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = joblib.cpu_count()
    return onnxruntime.InferenceSession(exported, settings, providers=["CPUExecutionProvider"])


def timed(model, session, X, repeats, quick):
    """Returns the time of sknn, the time of ONNX Runtime and their ratio as texts."""
    shape = [one for one in session.get_inputs()[0].shape if isinstance(one, int)]
    samples = {"X": X.reshape(-1, *shape)}
    number = max(1, (200 if quick else 1000) // len(X))
    timings = interleaved(
        {
            "sknn": repeated(partial(model.predict, X), number),
            "ONNX Runtime": repeated(partial(session.run, ["label"], samples), number),
        },
        repeats,
    )
    ours, theirs = (timings[name] / number for name in ("sknn", "ONNX Runtime"))
    return ours.shown(1e-3), theirs.shown(1e-3), f"{ours.best / theirs.best:.2f}"
