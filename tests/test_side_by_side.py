"""Fits next to scikit-learn's: the same draws, the same weights up to rounding."""

import warnings

import numpy as np
import pytest
import sklearn.neural_network
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csc_matrix, csr_array, csr_matrix
from sklearn.exceptions import ConvergenceWarning

import sknn

PROBLEMS = ("multiclass", "binary", "multilabel", "regression", "poisson", "multi-output")
weights_of_samples = needs_scikit_learn("1.7", "sample_weight of its MLPs")
poisson = needs_scikit_learn("1.7", "loss='poisson' of MLPRegressor")

# 'adaptive' gets a tolerance that leaves it no patience, 'lbfgs' no more iterations than it can
# do before it has amplified rounding.
SETTINGS = {
    "adam": {},
    "adam, other constants": {"beta_1": 0.7, "beta_2": 0.95, "epsilon": 1e-3},
    "sgd": {"solver": "sgd"},
    "sgd, no Nesterov": {"solver": "sgd", "nesterovs_momentum": False},
    "sgd, no momentum": {"solver": "sgd", "momentum": 0},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 2},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.2},
    "early stopping, sgd": {"early_stopping": True, "solver": "sgd"},
    "no shuffling": {"shuffle": False},
    "small last batch": {"batch_size": 64},  # 773 = 12 * 64 + 5, 442 = 6 * 64 + 58
    "smallest last batch": {"batch_size": 49},  # 442 = 9 * 49 + 1
    "one batch": {"batch_size": 400, "alpha": 10.0},
    "logistic": {"activation": "logistic"},
    "tanh": {"activation": "tanh"},
    "identity": {"activation": "identity"},
    "two hidden layers": {"hidden_layer_sizes": (30, 20)},
    "no hidden layer": {"hidden_layer_sizes": (), "activation": "logistic"},
    "lbfgs": {"solver": "lbfgs", "max_iter": 30},
    "lbfgs, tanh": {"solver": "lbfgs", "max_iter": 30, "activation": "tanh", "alpha": 1.0},
}

# scikit-learn averages the value of squared_error over outputs, three here, not its gradient.
LOSS_FACTOR = {"multi-output": 3.0}


def marked(problem, *values):
    """A case of a parametrised test; skipped where scikit-learn cannot solve the problem."""
    return pytest.param(problem, *values, marks=[poisson] if problem == "poisson" else [])


def comparable(settings):
    """(problem, setting), but those in which a loss of another size changes the weights."""
    return [
        marked(problem, setting)
        for problem in PROBLEMS
        for setting in settings
        if problem not in LOSS_FACTOR or not setting.startswith(("adaptive", "lbfgs"))
    ]


@pytest.fixture
def data(digits, diabetes):
    """(X, y) of a problem by its name."""

    def load(problem):
        X, y = digits[0][:773], digits[1][:773]
        if problem == "multiclass":
            return X, y
        if problem == "binary":
            return X, y % 2
        if problem == "multilabel":
            return X, (y[:, None] >> np.arange(4)) & 1  # the bits of the digit
        X, y = diabetes
        if problem == "poisson":
            return X, np.round(np.exp(y))
        if problem == "multi-output":
            return X, np.column_stack([y, y**2, np.sin(y)])
        return X, y

    return load


def make_pair(problem, **params):
    """Our estimator and scikit-learn's, with the same parameters."""
    regression = problem in ("regression", "poisson", "multi-output")
    name = "MLPRegressor" if regression else "MLPClassifier"
    params = {"random_state": 0, "max_iter": 7, **params}
    if problem == "poisson":
        params["loss"] = "poisson"
    if problem == "multi-output":
        params["alpha"] = 0.0  # the penalty is not averaged: the losses would have no fixed ratio
    return getattr(sknn, name)(**params), getattr(sklearn.neural_network, name)(**params)


def fit_pair(problem, X, y, sample_weight=None, **params):
    pair = make_pair(problem, **params)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for estimator in pair:
            estimator.fit(X, y, **weights)
    return pair


def assert_same(ours, theirs, X, problem):
    for name in ("n_iter_", "n_layers_", "n_outputs_", "n_features_in_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for mine, other in zip(
        ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True
    ):
        assert mine.dtype == np.float64
        assert_allclose(mine, other, rtol=0, atol=1e-6)
    assert_same_predictions(ours, theirs, X)

    losses = ["loss_"]
    if ours.solver != "lbfgs":  # there scikit-learn records no more
        assert ours.t_ == theirs.t_
        losses += ["loss_curve_", "best_loss_"]
        for name in ("validation_scores_", "best_validation_score_"):
            assert_same_value(getattr(ours, name), getattr(theirs, name))
    for name in losses:
        assert_same_value(getattr(ours, name), getattr(theirs, name), LOSS_FACTOR.get(problem, 1))


def assert_same_predictions(ours, theirs, X):
    if hasattr(theirs, "predict_proba"):
        assert_array_equal(ours.classes_, theirs.classes_)
        assert_array_equal(ours.predict(X), theirs.predict(X))
        p = theirs.predict_proba(X)
        assert_allclose(ours.predict_proba(X), p, rtol=1e-6, atol=1e-12)
        exact = p > 1e-6  # below, the digits that 1 - p has lost show in its logarithm
        assert_allclose(ours.predict_log_proba(X)[exact], np.log(p[exact]), rtol=1e-6, atol=1e-9)
    else:
        assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-9)


def assert_same_value(mine, other, factor=1):
    if other is None:
        assert mine is None
    else:
        assert_allclose(mine, np.multiply(other, factor), rtol=1e-6)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("problem", "setting"), comparable(SETTINGS))
def test_fit_gives_the_weights_of_scikit_learn(problem, setting, data):
    X, y = data(problem)
    ours, theirs = fit_pair(problem, X, y, **SETTINGS[setting])
    assert_same(ours, theirs, X, problem)
    if setting == "adaptive":
        assert theirs._optimizer.learning_rate < theirs.learning_rate_init  # it did act
        assert_allclose(ours._optimizer.learning_rate, theirs._optimizer.learning_rate, rtol=1e-12)


@pytest.mark.one_in(2)
@weights_of_samples
@pytest.mark.parametrize(
    ("problem", "setting"),
    comparable(["adam", "early stopping", "small last batch", "lbfgs"]),
)
@pytest.mark.parametrize("kind", ["integers", "floats"])
def test_weighted_fit_gives_the_weights_of_scikit_learn(problem, kind, setting, data):
    X, y = data(problem)
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 4, len(X)) if kind == "integers" else rng.uniform(0, 2, len(X))
    ours, theirs = fit_pair(problem, X, y, weight, **SETTINGS[setting])
    assert_same(ours, theirs, X, problem)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("setting", "container"),
    [
        ("adam", csr_array),
        ("adam", csc_array),
        ("sgd", csr_matrix),
        ("early stopping", csc_matrix),
        ("no shuffling", csc_array),
        ("lbfgs", csr_array),
    ],
)
@pytest.mark.parametrize("problem", ["multiclass", "regression"])
def test_sparse_fit_gives_the_weights_of_scikit_learn(problem, container, setting, data):
    X, y = data(problem)
    X = container(np.where(X < 0, 0, X))
    ours, theirs = fit_pair(problem, X, y, **SETTINGS[setting])
    assert_same(ours, theirs, X, problem)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("setting", ["adam", "sgd", "invscaling", "lbfgs"])
@pytest.mark.parametrize("problem", [marked(problem) for problem in PROBLEMS[:-1]])
def test_second_fit_under_warm_start_gives_the_weights_of_scikit_learn(problem, setting, data):
    X, y = data(problem)
    params = {**SETTINGS[setting], "warm_start": True}
    if setting == "lbfgs":
        params["max_iter"] = 15  # 30 in two fits
    ours, theirs = fit_pair(problem, X, y, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours.fit(X, y)
        theirs.fit(X, y)
    assert_same(ours, theirs, X, problem)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("problem", [marked(problem) for problem in PROBLEMS])
def test_first_partial_fit_gives_the_weights_of_scikit_learn(problem, solver, data):
    X, y = data(problem)
    ours, theirs = make_pair(problem, solver=solver)
    n_classes = {"multiclass": 10, "binary": 2, "multilabel": 4}.get(problem)
    classes = {} if n_classes is None else {"classes": np.arange(n_classes)}
    for estimator in (ours, theirs):
        estimator.partial_fit(X, y, **classes)
    assert_same(ours, theirs, X, problem)


@pytest.mark.parametrize(
    ("problem", "params"),
    [
        ("multiclass", {"tol": 0.05, "n_iter_no_change": 2}),
        ("binary", {"solver": "sgd", "learning_rate_init": 0.2, "tol": 0.02}),
        ("regression", {"tol": 0.01, "n_iter_no_change": 3}),
        ("multiclass", {"early_stopping": True, "n_iter_no_change": 3}),
        ("multilabel", {"early_stopping": True, "tol": 0.01, "n_iter_no_change": 3}),
        ("regression", {"early_stopping": True, "n_iter_no_change": 3}),
        ("regression", {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.05}),
    ],
)
def test_patience_runs_out_in_the_same_epoch(problem, params, data):
    X, y = data(problem)
    ours, theirs = fit_pair(problem, X, y, max_iter=200, **params)
    assert 3 < theirs.n_iter_ < 200
    assert_same(ours, theirs, X, problem)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_generator_is_left_where_scikit_learn_leaves_it(early_stopping, data):
    X, y = data("multiclass")
    generators = np.random.RandomState(3), np.random.RandomState(3)
    pair = make_pair("multiclass", early_stopping=early_stopping, max_iter=3)
    for estimator, generator in zip(pair, generators, strict=True):
        estimator.set_params(random_state=generator)
        with pytest.warns(ConvergenceWarning):
            estimator.fit(X, y)
    mine, other = (generator.randint(2**31, size=5) for generator in generators)
    assert_array_equal(mine, other)


def test_partial_fits_leave_the_generator_where_scikit_learn_does(data):
    X, y = data("regression")
    generators = np.random.RandomState(3), np.random.RandomState(3)
    for estimator, generator in zip(make_pair("regression"), generators, strict=True):
        estimator.set_params(random_state=generator)
        for _ in range(3):
            estimator.partial_fit(X, y)
    mine, other = (generator.randint(2**31, size=5) for generator in generators)
    assert_array_equal(mine, other)


def test_float32_fit_follows_scikit_learn(data):
    X, y = data("multiclass")
    X = X.astype(np.float32)
    ours, theirs = fit_pair("multiclass", X, y)
    for mine, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert mine.dtype == other.dtype == np.float32
        assert_allclose(mine, other, rtol=0, atol=1e-3)
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=0, atol=1e-3)
