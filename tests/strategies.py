"""What the property tests draw: sizes, samples, settings of layers, and how many of them."""

import os

import numpy as np
from hypothesis import HealthCheck, configuration, settings
from hypothesis import strategies as st

import sknn
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
    Residual,
)
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS

# What hypothesis looks up in between is kept nowhere: the tests leave no files behind.
configuration.set_hypothesis_home_dir(os.devnull)

STRAIGHT_THROUGH = {"sign", "step"}  # activations whose backward is another function's
KINKED = {"elu", "hard_sigmoid", "hard_tanh", "leaky_relu", "prelu", "relu", "selu", "softsign"}
SMOOTH = sorted(set(ACTIVATIONS) - KINKED - STRAIGHT_THROUGH)  # twice differentiable


def examples(n, suppressed=(HealthCheck.too_slow,)):
    """Settings of a property test: the same n examples in every run, however long they take."""
    return settings(
        max_examples=n,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=suppressed,
    )


seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from([np.float32, np.float64])


def normals(seed, *shape, dtype=np.float64):
    """Standard normal numbers: no example is special, so no shrinking is lost by a seed."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def both_axes(least, most):
    """One int for both axes, or a pair."""
    number = st.integers(least, most)
    return number | st.tuples(number, number)


def padding():
    """All that Conv2D takes as padding."""
    side = st.integers(0, 3)
    around = side | st.tuples(side, side)
    return st.sampled_from(["same", "valid"]) | side | st.tuples(around, around)


images = st.tuples(st.integers(1, 7), st.integers(1, 7), st.sampled_from([1, 2, 9]))


def convolutions(activations=("tanh",)):
    """Convolutions of any setting; some with filters enough for the other algorithm."""
    usual = st.builds(
        Conv2D,
        st.integers(1, 4),
        both_axes(1, 4),
        both_axes(1, 3),
        padding(),
        st.sampled_from(activations),
        dilation=both_axes(1, 3),
        bias=st.booleans(),
    )
    many = st.builds(
        Conv2D, st.just(60), padding=padding(), activation=st.sampled_from(activations)
    )
    return usual | many


def poolings(kinds=(MaxPool2D, AveragePool2D)):
    return st.builds(
        lambda kind, *settings: kind(*settings),
        st.sampled_from(kinds),
        both_axes(1, 4),
        st.none() | both_axes(1, 4),
        st.sampled_from(["same", "valid"]),
    )


def any_layer(pools=(MaxPool2D, AveragePool2D)):
    """A layer of any kind, with settings that suit some inputs. All but MaxPool2D are smooth."""
    activations = st.sampled_from(SMOOTH)
    layers = st.one_of(
        st.builds(Dense, st.integers(1, 5), activations, bias=st.booleans()),
        convolutions(SMOOTH),
        poolings(pools),
        st.builds(Activate, activations),
        # With a larger epsilon than usual differences are exact where samples are all alike.
        st.builds(BatchNorm, st.floats(0, 1), st.just(0.1)),
        st.builds(LayerNorm, st.just(0.1)),
        st.builds(Dropout, st.floats(0, 0.9)),
        st.builds(Flatten),
        st.builds(GlobalAveragePool2D),
    )
    branches = st.lists(layers, min_size=1, max_size=3)
    return layers | st.builds(Residual, branches, st.sampled_from(["auto", "projection"]))


# Estimators

LABELS = ("one class", "two classes", "four classes", "multilabel", "many labels")
TARGETS = (*LABELS, "numbers", "positive numbers", "three numbers")
LOSSES_OF = {
    **dict.fromkeys(LABELS, ("log_loss", "squared_error", "focal")),
    "numbers": ("squared_error", "root_mean_squared_error", "absolute_error", "huber", "log_cosh"),
    "positive numbers": ("squared_error", "poisson", "gamma", "quantile"),
    "three numbers": ("squared_error", "huber"),
}


def labels_or_numbers(kind, n, seed):
    """Targets of this kind for n samples; each class occurs, if there are samples enough."""
    rng = np.random.default_rng(seed)
    n_classes = {"one class": 1, "two classes": 2, "four classes": 4}.get(kind)
    if n_classes:
        return np.array(["ant", "bee", "cat", "dog"])[np.arange(n) % n_classes]
    if kind == "multilabel":
        return np.arange(n)[:, None] >> np.arange(3) & 1
    if kind == "many labels":
        return np.column_stack([np.arange(n) % 3, np.arange(n) % 4 + 10])
    if kind == "positive numbers":
        return rng.gamma(2.0, size=n)
    return rng.normal(size=n if kind == "numbers" else (n, 3))


def some_of(**settings):
    """Some of these settings, each with a value drawn."""
    return st.fixed_dictionaries({}, optional=settings)


one_of = st.sampled_from
TRAINING = {
    "activation": one_of(sorted(ACTIVATIONS)),
    "solver": one_of(["lbfgs", *sorted(STOCHASTIC_SOLVERS)]),
    "alpha": one_of([0, 1e-4, 1.0]),
    "batch_size": st.integers(1, 45) | st.just("auto"),
    "learning_rate": one_of(sorted(SCHEDULES)),
    "learning_rate_init": st.floats(1e-4, 0.02),
    "max_iter": st.integers(1, 5),
    "shuffle": st.booleans(),
    "tol": one_of([0, 1e-4, 1.0]),
    "momentum": st.floats(0, 0.95),
    "nesterovs_momentum": st.booleans(),
    "early_stopping": st.booleans(),
    "validation_fraction": st.floats(0.1, 0.5),
    "n_iter_no_change": st.integers(1, 3) | st.just(np.inf),
    "warm_start": st.booleans(),
    "dropout": one_of([0, 0.5]),
    "normalization": one_of([None, "batch", "layer"]),
    "weight_init": one_of(sorted(INITIALIZERS)),
    "l1": one_of([0, 0.01]),
    "max_grad_norm": one_of([None, 0.1]),
    "scoring": one_of([None, "loss"]),
    "warmup_steps": st.integers(0, 3),
    "dtype": one_of(["auto", "float32", "float64"]),
}
OF_THE_CNN = {
    "filters": st.lists(st.integers(1, 3), min_size=1, max_size=2),
    "kernel_size": both_axes(1, 3),
    "stride": both_axes(1, 2),
    "pooling": one_of(["max", "average", None]),
    "augment": one_of([None, "shift", "flip"]),
}
OF_LAYERS = ["activation", "dropout", "normalization"]  # which a Sequential has as layers


@st.composite
def cases(draw, kinds=TARGETS, networks=("MLP", "MLP", "CNN", "Sequential"), **settings):
    """(estimator, X, y): an estimator of any settings that goes with the samples.

    settings: strategies, or values, to take in place of those that are drawn by default
    """
    kind, network, seed = draw(one_of(kinds)), draw(one_of(networks)), draw(seeds)
    n, dtype = draw(st.integers(1, 40)), draw(dtypes)
    training = TRAINING | (OF_THE_CNN if network == "CNN" else {})
    for name in OF_LAYERS if network == "Sequential" else []:
        training = {other: value for other, value in training.items() if other != name}
        settings = {other: value for other, value in settings.items() if other != name}
    params = {"max_iter": 3} | draw(some_of(**training))
    for name, value in settings.items():
        params[name] = draw(value) if isinstance(value, st.SearchStrategy) else value
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    if network == "CNN":
        params["hidden_layer_sizes"] = draw(st.lists(st.integers(1, 5), max_size=1))
    elif network == "MLP":
        shape = (draw(st.integers(1, 8)),)
        params["hidden_layer_sizes"] = draw(st.lists(st.integers(1, 6), max_size=3))
    else:
        params |= {"layers": draw(st.lists(any_layer(), max_size=3)), "input_shape": shape}
        params["layers"] = [*params["layers"], Flatten()]
    task = "Classifier" if kind in LABELS else "Regressor"
    if task == "Classifier":
        params |= draw(some_of(label_smoothing=one_of([0, 0.1])))
    params |= {"loss": draw(one_of(LOSSES_OF[kind])), "random_state": draw(st.integers(0, 9))}
    estimator = getattr(sknn, network + task)(**params)
    X = normals(seed, n, int(np.prod(shape)), dtype=dtype)
    return estimator, X, labels_or_numbers(kind, n, seed)
