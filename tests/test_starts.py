"""Where fits start: a second one anew in every attribute, a warm one where the last ended."""

from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_equal

from sknn import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
LABELS = (X[:, 0] + 0.5 * RNG.normal(size=40) > 0).astype(int)
NUMBERS = X @ [1.0, -2.0, 0.5]
FITS = {
    "early stopping": {"early_stopping": True, "n_iter_no_change": 1, "max_iter": 4},
    "validated by the loss": {"early_stopping": True, "scoring": "loss", "max_iter": 3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1, "n_iter_no_change": 1},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "max_iter": 3},
    "cosine, dropout": {"learning_rate": "cosine", "dropout": 0.5, "max_iter": 3},
    "batch normalisation": {"normalization": "batch", "max_iter": 3},
    "lbfgs": {"solver": "lbfgs", "max_iter": 3},
}
each = pytest.mark.parametrize("params", FITS.values(), ids=FITS)
makes = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer", "ignore:lbfgs failed", "ignore:Training interrupted"
)


def new(make, **params):
    return make(**{"hidden_layer_sizes": (4,), "batch_size": 15, "random_state": 0, **params})


def target(make):
    return LABELS if make is MLPClassifier else NUMBERS


def attributes(estimator):
    """Copies of everything that a fit leaves and that does not depend on time or memory."""
    left = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    left = deepcopy(left)
    del left["history_"]["seconds"]
    return left | {
        "state": estimator._model.state.copy(),
        "no_improvement": estimator._no_improvement_count,
        "rate": vars(estimator).get("_learning_rate"),
    }


@makes
@each
def test_second_fit_leaves_what_the_first_one_left(params, make):
    estimator = new(make, **params).fit(X, target(make))
    first = attributes(estimator)
    assert_equal(attributes(estimator.fit(X, target(make))), first)


@makes
@each
def test_fit_after_other_data_leaves_what_it_leaves_without(params, make):
    estimator = new(make, **params).fit(X[::2], target(make)[::2])
    wanted = attributes(new(make, **params).fit(X, target(make)))
    assert_equal(attributes(estimator.fit(X, target(make))), wanted)


@makes
@each
def test_warm_fit_adds_to_samples_and_history_and_leaves_the_first_history_alone(params, make):
    estimator = new(make, warm_start=True, **params).fit(X, target(make))
    first, seen, epochs = estimator.history_, estimator.t_, estimator.n_iter_
    before = deepcopy(first)
    estimator.fit(X, target(make))
    lbfgs = estimator.solver == "lbfgs"  # whose t_ is 0, as scikit-learn's
    n = 0 if lbfgs else len(X) - 4 * estimator.early_stopping
    assert (seen, estimator.t_) == (epochs * n, (epochs + estimator.n_iter_) * n)
    assert_equal(first, before)
    for name, values in estimator.history_.items():
        assert len(values) == epochs + estimator.n_iter_
        assert_equal(values[:epochs], before[name])
    assert estimator.loss_curve_ is estimator.history_["loss"]
    column = "validation_score" if estimator.early_stopping else "loss"
    best = (max if estimator.early_stopping else min)(estimator.history_[column])
    kept = estimator.best_validation_score_ if estimator.early_stopping else estimator.best_loss_
    assert kept == best


@makes
def test_generator_of_the_users_is_gone_on_with(make):
    shared = np.random.RandomState(0)
    one, two = (new(make, max_iter=2, random_state=shared).fit(X, target(make)) for _ in range(2))
    own = np.random.RandomState(0)
    n_in, n_out = 3, one.coefs_[-1].shape[1]
    for fitted in (one, two):  # scikit-learn's draws: weights and biases, one order an epoch
        bound = np.sqrt(6 / (n_in + 4))
        own.uniform(-bound, bound, (n_in, 4)), own.uniform(-bound, bound, 4)
        bound = np.sqrt(6 / (4 + n_out))
        own.uniform(-bound, bound, (4, n_out)), own.uniform(-bound, bound, n_out)
        for _ in range(fitted.n_iter_):
            own.shuffle(np.arange(len(X)))
    assert_equal(shared.get_state()[1:3], own.get_state()[1:3])


def test_rate_of_the_next_step_is_told_even_if_it_is_zero():
    clf = new(MLPClassifier, learning_rate="cosine", max_iter=2).fit(X, LABELS)
    assert clf._optimizer.learning_rate == 0
