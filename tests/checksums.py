"""Checksums of what fits give, to show that a change of the code changes no result.

``python tests/checksums.py write before.json`` makes the table, with the code as it is;
``python tests/checksums.py compare before.json`` says what differs from it. Bits depend on the
processor, on BLAS and on the versions of NumPy and SciPy: compare on the machine that wrote the
table. Run from another checkout, with PYTHONPATH, it makes the table of that one.
"""

import json
import os
import sys
import tempfile
import warnings
from hashlib import sha256

import numpy as np
from scipy.sparse import csr_array

import sknn
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.nn import (
    BatchNorm,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Flatten,
    Huber,
    LayerNorm,
    MaxPool2D,
    OneCycle,
    PReLU,
)
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.losses import REGRESSION_LOSSES

SOLVERS = (*STOCHASTIC_SOLVERS, "lbfgs")
# Options that every estimator has, each with its settings.
COMMON = {
    "alpha": {"alpha": 0.1},
    "l1": {"l1": 0.05},
    "lbfgs l1": {"l1": 0.05, "solver": "lbfgs"},
    "batch_size": {"batch_size": 17},
    "no shuffle": {"shuffle": False},
    "sgd plain": {"solver": "sgd", "momentum": 0.0},
    "sgd no nesterov": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
    "betas": {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-6},
    "adamw": {"solver": "adamw", "weight_decay": 0.1},
    "max_grad_norm": {"max_grad_norm": 0.1},
    "warmup": {"warmup_steps": 7},
    "dropout": {"dropout": 0.3},
    "dropout batch": {"dropout": 0.3, "normalization": "batch"},
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "float32": {"dtype": "float32"},
    "float64": {"dtype": "float64"},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 1, "max_iter": 12},
    "early stopping loss": {"early_stopping": True, "scoring": "loss", "n_iter_no_change": 2},
    "tol": {"tol": 10.0, "n_iter_no_change": 1},
    "verbose": {"verbose": True},
    "own schedule": {"learning_rate": CosineDecay(least=1e-5)},
    **{f"activation {name}": {"activation": name} for name in ACTIVATIONS if name != "sigmoid"},
    **{f"weight_init {name}": {"weight_init": name} for name in INITIALIZERS if name != "auto"},
    **{f"schedule {name}": {"learning_rate": name} for name in SCHEDULES},
    **{f"sgd schedule {name}": {"learning_rate": name, "solver": "sgd"} for name in SCHEDULES},
}
CLASSIFICATION = {
    **{f"loss {name}": {"loss": name} for name in ("squared_error", "focal", "hinge")},
    "smoothing": {"label_smoothing": 0.1},
    "balanced": {"class_weight": "balanced"},
    "f1": {"early_stopping": True, "scoring": "f1_macro", "n_iter_no_change": 2},
}
REGRESSION = {
    **{f"loss {name}": {"loss": name} for name in REGRESSION_LOSSES},
    "own loss": {"loss": Huber(delta=0.3)},
    "levels": {"loss": "quantile", "quantile": [0.9, 0.1, 0.5]},
}
MLP = {
    "no layers": {"hidden_layer_sizes": ()},
    "activations": {"hidden_layer_sizes": (7, 5), "activation": ["tanh", PReLU()]},
    "dropouts": {"hidden_layer_sizes": (7, 5), "dropout": [0.1, 0.2, 0.3]},
}
CNN = {
    "three blocks": {"filters": (4, 20, 6), "kernel_size": (3, (1, 3), 2)},
    "lines": {"filters": (16, 16)},
    "winograd": {"filters": (40, 40)},
    "stride": {"stride": 2},
    "valid": {"padding": "valid"},
    "average": {"pooling": "average"},
    "pool_stride": {"pool_size": 3, "pool_stride": 2},
    "shift": {"augment": "shift"},
    "shift+flip": {"augment": "shift+flip", "dropout": 0.2},
}
IMAGE_LAYERS = [Conv2D(4), BatchNorm(), MaxPool2D(), Conv2D(6, activation="tanh"), Flatten()]
DENSE_LAYERS = [Dense(9, "silu"), LayerNorm(), Dense(7, "prelu"), BatchNorm()]
NOT_SEQUENTIAL = ("activation ", "weight_init ", "dropout", "batch", "layer")


def tables():
    """(X, y) by the kind of target, and images by the same."""
    random = np.random.RandomState(0)
    X = random.normal(size=(150, 6))
    z = X @ random.normal(size=(6, 3)) + random.normal(size=(150, 3))
    images = random.normal(size=(90, 9, 8, 2)) + z[:90, :1, None, None]
    targets = {
        "classes": z.argmax(axis=1),
        "strings": np.array(["no", "yes"])[(z[:, 0] > 0).astype(int)],
        "labels": (z > 0).astype(int),
        "columns": np.column_stack([z.argmax(axis=1), (z[:, 0] > 0) + 5]),
        "number": np.exp(z[:, 0] / 3),
        "numbers": np.exp(z[:, :2] / 3),
    }
    pixels = (255 / (1 + np.exp(-images))).astype(np.uint8)
    return X, images.astype(np.float32), pixels, targets


X, IMAGES, PIXELS, TARGETS = tables()


def weights_of(n):
    return np.random.RandomState(1).uniform(0, 2, size=n)


def options_of(kind, classifies):
    options = {"default": {}, **{f"solver {name}": {"solver": name} for name in SOLVERS}, **COMMON}
    options |= CLASSIFICATION if classifies else REGRESSION
    options |= {"MLP": MLP, "CNN": CNN, "Sequential": {}}[kind]
    if kind == "Sequential":
        options = {n: one for n, one in options.items() if not n.startswith(NOT_SEQUENTIAL)}
    return options


def cases():
    """(name, estimator, data, how) of every fit in the table."""
    for kind in ("MLP", "CNN", "Sequential"):
        for task in ("Classifier", "Regressor"):
            make = getattr(sknn, kind + task)
            classifies = task == "Classifier"
            given = {"MLP": X, "CNN": IMAGES, "Sequential": X}[kind]
            fixed = {"random_state": 3, "max_iter": 4}
            fixed |= {
                "MLP": {"hidden_layer_sizes": (11,), "batch_size": 32},
                "CNN": {"filters": (4, 5), "hidden_layer_sizes": (6,), "batch_size": 40},
                "Sequential": {"layers": DENSE_LAYERS, "batch_size": 32},
            }[kind]
            kinds = (
                ("classes", "strings", "labels", "columns")
                if classifies
                else (
                    "number",
                    "numbers",
                )
            )
            name = kind + task

            def case(what, how="fit", y=kinds[0], given=given, make=make, fixed=fixed, **settings):
                return (
                    what,
                    make(**(fixed | settings)),
                    given,
                    TARGETS[y][: np.shape(given)[0]],
                    how,
                )

            for option, settings in options_of(kind, classifies).items():
                yield case(f"{name}, {option}", **settings)
            for y in kinds[1:]:
                for solver in ("adam", "lbfgs"):
                    yield case(f"{name}, {y}, {solver}", y=y, solver=solver)
                yield case(f"{name}, {y}, weights", "weights", y=y)
                yield case(f"{name}, {y}, early", y=y, early_stopping=True)
                yield case(f"{name}, {y}, partial", "partial", y=y)
                if classifies and y != "labels":
                    yield case(f"{name}, {y}, balanced", y=y, class_weight="balanced")
            for solver in SOLVERS:
                for how in ("warm", "partial", "resume", "weights", "given", "again"):
                    if solver == "lbfgs" and how in ("partial", "resume"):
                        continue
                    warm = {"warm_start": True} if how == "warm" else {}
                    yield case(f"{name}, {how}, {solver}", how, solver=solver, **warm)
            early = {"early_stopping": True, "n_iter_no_change": 1}
            for how in ("warm", "resume", "weights", "given"):
                warm = {"warm_start": True} if how == "warm" else {}
                yield case(f"{name}, {how}, early", how, **early, **warm)
            yield case(f"{name}, inspected", "inspected")
            if kind == "MLP":
                yield case(f"{name}, sparse", given=csr_array(np.where(X > 0, X, 0)))
                yield case(f"{name}, start", "start")
                yield case(f"{name}, float32 X", given=X.astype(np.float32))
                yield case(f"{name}, lists", given=X.tolist())
            if kind == "CNN":
                yield case(f"{name}, pixels", given=PIXELS)
                yield case(f"{name}, flat", given=X)
                yield case(f"{name}, batch weights", "weights", normalization="batch")
            if kind == "Sequential":
                yield case(f"{name}, images", given=IMAGES, layers=IMAGE_LAYERS, batch_size=40)
                drops = {"layers": [Dropout(0.2), *DENSE_LAYERS, Dropout(0.4)]}
                yield case(f"{name}, dropout", **drops)
                yield case(f"{name}, dropout resume", "resume", **drops)
                drops = {"layers": [*IMAGE_LAYERS[:3], Dropout(0.3), *IMAGE_LAYERS[3:]]}
                yield case(f"{name}, images dropout", "weights", given=IMAGES, **drops)
                named = [("one", Dense(5)), ("two", Dense(4, "tanh", trainable=False))]
                yield case(f"{name}, named", layers=named)
                yield case(f"{name}, cycle", layers=[Dense(5)], learning_rate=OneCycle())
                yield case(f"{name}, batch weights", "weights", layers=DENSE_LAYERS)


def trained(estimator, X, y, how):
    """The estimator, fitted; and what looking into it says, if that is asked for."""
    n = len(y)
    if how == "partial":
        for _ in range(3):
            first = {"classes": _classes(y)} if hasattr(estimator, "class_weight") else {}
            estimator.partial_fit(X, y, **first)
    elif how == "weights":
        estimator.fit(X, y, weights_of(n))
    elif how == "given":
        estimator.fit(X[:-20], y[:-20], X_val=X[-20:], y_val=y[-20:])
    elif how in ("warm", "again"):
        estimator.fit(X, y).fit(X, y)
    elif how == "start":
        start = estimator.fit(X, y)
        estimator.fit(X, y, coef_init=start.coefs_, intercept_init=start.intercepts_)
    elif how == "resume":
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkpoint")
            estimator.set_params(checkpoint=path, max_iter=2).fit(X, y)
            estimator.set_params(max_iter=5).resume(X, y)
    else:
        estimator.fit(X, y)
    if how != "inspected":
        return None
    from sknn.inspection import diagnose, summary, trace

    return digest(
        [
            str(summary(estimator)),
            str(trace(estimator, X[:5], y[:5])),
            str(diagnose(estimator, X, y)),
        ]
    )


def _classes(y):
    if y.ndim == 1:
        return np.unique(y)
    return [0, 1, 2] if y.max() == 1 else [np.unique(column) for column in y.T]


def digest(values):
    """A checksum of arrays, lists of arrays and plain values."""
    sha = sha256()
    for value in values:
        if isinstance(value, (list, tuple)):
            sha.update(digest(value).encode())
        elif isinstance(value, np.ndarray) and value.dtype != object:
            sha.update(f"{value.dtype} {value.shape}".encode() + np.ascontiguousarray(value).data)
        else:
            sha.update(repr(value).encode())
    return sha.hexdigest()[:16]


def answer(estimator, method, given):
    """What a method says of the data, if only what is wrong with them."""
    try:
        return getattr(estimator, method)(given)
    except ValueError as error:
        return str(error)


def row(estimator, given, y, how):
    """What is kept of one fit."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            looked = trained(estimator, given, y, how)
        except ValueError as error:
            return {"error": str(error)}
    history = {n: v for n, v in getattr(estimator, "history_", {}).items() if n != "seconds"}
    attributes = {
        name: repr(value)
        for name, value in sorted(vars(estimator).items())
        if name.endswith("_") and isinstance(value, (int, float, str, type(None)))
    }
    methods = ("predict", "predict_proba", "predict_log_proba", "transform", "predict_interval")
    answers = [answer(estimator, name, given) for name in methods if hasattr(estimator, name)]
    return {
        "weights": digest([estimator.coefs_, estimator.intercepts_]),
        "history": digest(list(history.items())),
        "predictions": digest([*answers, estimator.score(given, y)]),
        "attributes": attributes,
        "names": sorted(name for name in vars(estimator) if name.endswith("_")),
        "warnings": [f"{one.category.__name__}: {one.message}" for one in caught],
        "looked": looked,
    }


def table():
    """A row for every case, by its name."""
    with open(os.devnull, "w") as nowhere:
        said, sys.stdout = sys.stdout, nowhere
        try:
            return {name: row(*rest) for name, *rest in cases()}
        finally:
            sys.stdout = said


def main(action, path):
    """Writes the table, or compares it. Returns the number of rows that differ."""
    now = table()
    if action == "write":
        with open(path, "w", encoding="utf-8") as file:
            json.dump(now, file, indent=1)
        print(f"{len(now)} rows written.")
        return 0
    with open(path, encoding="utf-8") as file:
        before = json.load(file)
    different = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    for name in different:
        was, became = before.get(name) or {}, now.get(name) or {}
        parts = [part for part in {**was, **became} if was.get(part) != became.get(part)]
        print(name, *(f"  {p}: {was.get(p)} -> {became.get(p)}" for p in parts), sep="\n")
    print(f"{len(different)} of {len(now)} rows differ.")
    return len(different)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) > 0)
