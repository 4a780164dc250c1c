"""A weight of k is the sample k times, whatever else is asked for; a weight of 0 is no sample."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(1)
N = 14
X = RNG.normal(size=(N, 3))
TIMES = np.array([1, 2, 0, 3, 1, 1, 2, 0, 1, 4, 1, 2, 1, 1])
Y = {
    "two": RNG.permutation(np.arange(N) % 2),
    "three": RNG.permutation(np.arange(N) % 3),
    "labels": (RNG.normal(size=(N, 3)) > 0).astype(int),
    "columns": np.column_stack([np.arange(N) % 3, RNG.permutation(np.arange(N) % 2)]),
    "numbers": np.exp(X @ [0.5, -1.0, 0.25]),
}
BY_CLASS = {0: 2.0, 1: 0.5, 2: 1.0}
VALIDATED = {"X_val": X[:5], "sample_weight_val": [1.0, 2.0, 0.0, 1.0, 3.0]}
SETTINGS = {"max_iter": 6, "shuffle": False, "random_state": 0}
CASES = {  # (targets, parameters, whether validated)
    "class_weight": ("three", {"class_weight": BY_CLASS}, False),
    "class_weight of labels": (
        "labels",
        {"class_weight": [{0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.0}, {0: 3.0, 1: 1.0}]},
        False,
    ),
    "label_smoothing, three": ("three", {"label_smoothing": 0.2}, False),
    "label_smoothing, two": ("two", {"label_smoothing": 0.2, "class_weight": BY_CLASS}, False),
    "label_smoothing, columns": ("columns", {"label_smoothing": 0.2, "alpha": 0.1}, False),
    "labels, focal": ("labels", {"loss": "focal", "l1": 0.05}, False),
    "perceptron": ("three", {"loss": "perceptron"}, False),
    "brier": ("three", {"loss": "squared_error", "max_grad_norm": 0.05}, False),
    "early stopping": ("two", {"early_stopping": True, "n_iter_no_change": 1}, True),
    "validated by the loss": (
        "three",
        {"early_stopping": True, "scoring": "loss", "class_weight": BY_CLASS},
        True,
    ),
    "normalised": ("numbers", {"normalization": "batch", "loss": "huber"}, False),
    "root mean squared error": ("numbers", {"loss": "root_mean_squared_error"}, True),
    "quantiles": ("numbers", {"loss": "quantile", "quantile": [0.2, 0.7]}, True),
    "gamma, adamw": ("numbers", {"loss": "gamma", "solver": "adamw"}, False),
    "lbfgs, class_weight": ("three", {"solver": "lbfgs", "class_weight": BY_CLASS}, True),
    "lbfgs, smoothed labels": ("labels", {"solver": "lbfgs", "label_smoothing": 0.1}, False),
    "lbfgs, poisson": ("numbers", {"solver": "lbfgs", "loss": "poisson", "l1": 0.01}, False),
}


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")
@pytest.mark.parametrize("case", CASES)
def test_weight_of_k_is_the_sample_k_times_with_every_option(case):
    kind, params, validated = CASES[case]
    y, make = Y[kind], MLPRegressor if kind == "numbers" else MLPClassifier
    given = {**VALIDATED, "y_val": y[:5]} if validated else {}
    estimators = [
        make(hidden_layer_sizes=(4,), batch_size=n, **SETTINGS, **params) for n in (N, TIMES.sum())
    ]
    weighted, repeated = estimators
    weighted.fit(X, y, TIMES, **given)
    repeated.fit(X.repeat(TIMES, axis=0), y.repeat(TIMES, axis=0), **given)
    names = ["loss", "gradient_norm", "validation_loss", "validation_score"]
    for name in names:
        assert_allclose(weighted.history_[name], repeated.history_[name], rtol=1e-8, err_msg=name)
    ours, wanted = ([*one.coefs_, *one.intercepts_] for one in estimators)
    for a, b in zip(ours, wanted, strict=True):
        assert_allclose(a, b, rtol=1e-7, atol=1e-9)
