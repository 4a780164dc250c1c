"""Solvers, schedules and limits of training, as parameters of the estimators."""

import copy
import pickle
import time
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sknn import MLPClassifier, MLPRegressor
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS, copies_of_weights
from sknn.nn import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    CosineDecay,
    Exponential,
    NAdam,
    OneCycle,
    Optimizer,
    Plateau,
    RMSprop,
    Step,
    Warmup,
)
from sknn.nn.losses import SquaredError
from sknn.nn.ranges import POSITIVE
from sknn.persistence import load, save

quiet = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
solvers = pytest.mark.parametrize("solver", sorted(STOCHASTIC_SOLVERS))
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
ENDLESS = {"tol": 0, "n_iter_no_change": np.inf}


def problem(make=MLPRegressor, n=60, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    y = X[:, 0] + 0.5 * X[:, 1] ** 2
    return X.astype(dtype), (y > 0.5).astype(int) if make is MLPClassifier else y.astype(dtype)


def parameters(estimator):
    return np.concatenate([a.ravel() for a in estimator.coefs_ + estimator.intercepts_])


def rates(make=MLPRegressor, max_iter=12, **params):
    """history_["learning_rate"] of three steps an epoch."""
    X, y = problem(make)
    settings = {"hidden_layer_sizes": 3, "batch_size": 20, "random_state": 0, **ENDLESS}
    estimator = make(**{**settings, "learning_rate_init": 0.01, "max_iter": max_iter, **params})
    return estimator.fit(X, y).history_["learning_rate"]


# Solvers


@pytest.mark.one_in(3)
@quiet
@dtypes
@both
@solvers
def test_solver_trains_to_a_good_score(solver, make, dtype):
    X, y = problem(make, 200, dtype)
    params = {"hidden_layer_sizes": 20, "random_state": 0, "batch_size": 20}
    estimator = make(solver=solver, learning_rate_init=0.01, max_iter=100, **params).fit(X, y)
    assert estimator.score(X, y) > 0.9
    assert estimator.coefs_[0].dtype == dtype


@quiet
@both
@solvers
def test_partial_fit_calls_are_one_fit_bit_for_bit(solver, make):
    X, y = problem(make)
    params = {"hidden_layer_sizes": 5, "solver": solver, "batch_size": 20, "random_state": 0}
    whole = make(**params, max_iter=3, **ENDLESS).fit(X, y)
    parts = make(**params)
    for _ in range(3):
        parts.partial_fit(X, y, **({"classes": [0, 1]} if make is MLPClassifier else {}))
    assert_array_equal(parameters(parts), parameters(whole))
    assert parts.history_["learning_rate"] == whole.history_["learning_rate"]


SETTINGS = {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 0.1, "weight_decay": 0.3, "momentum": 0.3}
BY_HAND = {  # each solver with the settings of its own
    "adagrad": Adagrad(),
    "adam": Adam(0.5, 0.9, 0.1),
    "adamw": AdamW(0.5, 0.9, 0.1, 0.3),
    "nadam": NAdam(0.5, 0.9, 0.1),
    "rmsprop": RMSprop(epsilon=0.1),
    "sgd": SGD(0.3, nesterov=True),
}


@quiet
@solvers
def test_solver_takes_the_steps_of_its_optimizer_with_the_settings_given(solver):
    X, y = problem()
    params = {"hidden_layer_sizes": (), "batch_size": len(X), "shuffle": False, "alpha": 0}
    reg = MLPRegressor(solver=solver, random_state=0, learning_rate_init=0.05, **params, **SETTINGS)
    start = clone(reg).set_params(learning_rate_init=1e-300, max_iter=1).fit(X, y)
    theta = np.append(start.coefs_[0][:, 0], start.intercepts_[0])  # the bias does not decay
    optimizer = BY_HAND[solver]
    moments = optimizer.start(theta, n_decayed=4)
    design = np.column_stack([X, np.ones(len(X))])
    for _ in range(5):
        optimizer.step(theta, design.T @ (design @ theta - y) / len(X), 0.05, moments)
    reg.set_params(max_iter=5, **ENDLESS).fit(X, y)
    assert_allclose(reg.coefs_[0][:, 0], theta[:-1], rtol=1e-9)
    assert_allclose(reg.intercepts_[0], theta[-1:], rtol=1e-9)


class Descent(Optimizer):
    """theta -= pace * rate * grad; an optimiser of the user's."""

    valid = {"pace": POSITIVE}

    def __init__(self, pace=1.0):
        self.pace = pace

    def step(self, theta, grad, learning_rate, moments):
        theta -= self.pace * learning_rate * grad


@quiet
@solvers
def test_solver_may_be_an_optimizer_with_settings_of_its_own(solver):
    X, y = problem()
    params = {"hidden_layer_sizes": 4, "batch_size": 20, "random_state": 0, "max_iter": 3}
    named = MLPRegressor(solver=solver, **params, **SETTINGS).fit(X, y)
    # Those of the estimator would be other ones.
    given = MLPRegressor(solver=BY_HAND[solver], **params).fit(X, y)
    assert_array_equal(parameters(given), parameters(named))
    assert vars(given.solver) == vars(BY_HAND[solver])


@quiet
def test_solver_may_be_an_optimizer_of_the_users():
    X, y = problem()
    params = {"batch_size": 20, "random_state": 0, "max_iter": 3}
    own = MLPRegressor(solver=Descent(2.0), learning_rate_init=0.01, **params).fit(X, y)
    sgd = MLPRegressor(solver="sgd", momentum=0, learning_rate_init=0.02, **params).fit(X, y)
    assert_allclose(parameters(own), parameters(sgd), rtol=1e-12)


@quiet
@pytest.mark.parametrize(
    "again", [clone, copy.deepcopy, lambda est: pickle.loads(pickle.dumps(est))]
)
def test_optimizer_is_copied_with_its_estimator(again):
    reg = MLPRegressor(solver=Descent(2.0))
    other = again(reg)
    assert other.solver is not reg.solver
    assert type(other.solver) is Descent
    assert other.solver.pace == 2.0


@quiet
def test_grid_compares_optimizers_and_reaches_their_settings():
    X, y = problem()
    reg = MLPRegressor(solver=SGD(), max_iter=2, random_state=0)
    assert reg.get_params()["solver__momentum"] == 0.9
    optimizers = [Adam(), SGD(momentum=0.5), Descent()]
    search = GridSearchCV(reg, {"solver": optimizers}, cv=2).fit(X, y)
    assert search.cv_results_["param_solver"].tolist() == optimizers
    nested = GridSearchCV(reg, {"solver__momentum": [0.0, 0.5]}, cv=2).fit(X, y)
    one = nested.cv_results_["mean_test_score"][1], search.cv_results_["mean_test_score"][1]
    assert one[0] == one[1]
    assert reg.solver.momentum == 0.9


@quiet
@pytest.mark.parametrize("solver", [*BY_HAND.values(), Descent(2.0)], ids=repr)
def test_partial_fit_with_an_optimizer_goes_on_from_a_file(solver, tmp_path):
    X, y = problem()
    params = {"batch_size": 20, "random_state": 0}
    whole = MLPRegressor(solver=solver, max_iter=4, **params, **ENDLESS).fit(X, y)
    parts = MLPRegressor(solver=solver, **params)
    parts.partial_fit(X, y).partial_fit(X, y)
    save(parts, tmp_path / "parts")
    loaded = load(tmp_path / "parts", classes=[Descent])
    assert vars(loaded.solver) == vars(solver)
    for reg in (parts, loaded):
        assert_array_equal(parameters(reg.partial_fit(X, y).partial_fit(X, y)), parameters(whole))


@quiet
def test_settings_changed_after_partial_fit_are_those_of_the_next_start():
    X, y = problem()
    params = {"batch_size": 20, "random_state": 0}
    changed, unchanged = (MLPRegressor(solver=SGD(), **params).partial_fit(X, y) for _ in range(2))
    changed.set_params(solver__momentum=0.0)
    assert_array_equal(
        parameters(changed.partial_fit(X, y)), parameters(unchanged.partial_fit(X, y))
    )


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        (SGD(momentum=2.0), r"^SGD\(momentum=2.0\): momentum must be a number of at least 0"),
        (Descent(-1.0), r"^Descent\(pace=-1.0\): pace must be a number above 0, got -1.0"),
        (SGD, r"'solver' parameter of MLPRegressor must be a str among .*or an instance of"),
    ],
)
def test_optimizer_that_cannot_be_raises(solver, message):
    with pytest.raises(ValueError, match=message):
        MLPRegressor(solver=solver).fit(*problem())


@quiet
@pytest.mark.parametrize("solver", [SGD(), "sgd"])
def test_schedules_for_sgd_are_for_an_optimizer_too_that_is_one(solver):
    slower = {"learning_rate": "adaptive", "tol": 1e9, "n_iter_no_change": 1}
    assert_allclose(rates(solver=solver, max_iter=4, **slower), [0.01, 0.01, 0.01, 0.002])
    assert set(rates(solver=Descent(), learning_rate="invscaling")) == {0.01}


@quiet
def test_panel_of_an_estimator_with_an_optimizer_shows_its_settings():
    assert "SGD(momentum=0.25)" in MLPRegressor(solver=SGD(0.25))._repr_html_()


@quiet
def test_solver_of_an_unknown_name_raises():
    X, y = problem()
    with pytest.raises(ValueError, match="'solver' parameter"):
        MLPRegressor(solver="adamax").fit(X, y)


# Schedules


def cosine(step, total):
    return 0.01 * 0.5 * (1 + np.cos(np.pi * step / total))


def one_cycle(step, total):
    """torch's OneCycleLR with its defaults, which anneals along cosines."""
    peak, low = 0.3 * total - 1, 0.01 / 25
    if step < peak:
        return 0.01 + (low - 0.01) * 0.5 * (1 + np.cos(np.pi * step / peak))
    share = (step - peak) / (total - 1 - peak)
    return low / 1e4 + (0.01 - low / 1e4) * 0.5 * (1 + np.cos(np.pi * share))


def coslog(step, total):
    return 0.01 * np.sin(np.pi * np.log2(1 + 15 * step / total)) ** 2


def flat_cosine(step, total):
    return 0.01 if step < total / 2 else 0.005 * (1 - np.cos(2 * np.pi * step / total))


EPOCHS = np.arange(12)
LAST = 3 * EPOCHS + 2  # the last step of each epoch
CLOSED_FORMS = {
    "constant": np.full(12, 0.01),
    "cosine": [cosine(step, 36) for step in LAST],
    "coslog": [coslog(step, 36) for step in LAST],
    "exponential": 0.01 * 0.95**EPOCHS,
    "flat_cosine": [flat_cosine(step, 36) for step in LAST],
    "one_cycle": [one_cycle(step, 36) for step in LAST],
    "step": np.full(12, 0.01),
}


@quiet
@solvers
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_schedule_has_its_rates_under_every_stochastic_solver(name, solver):
    assert_allclose(rates(solver=solver, learning_rate=name), CLOSED_FORMS[name], rtol=1e-12)


@quiet
def test_step_divides_by_ten_every_thirty_epochs():
    expected = np.repeat([0.01, 0.001, 0.0001], [30, 30, 5])
    assert_allclose(rates(max_iter=65, learning_rate="step"), expected, rtol=1e-12)


@quiet
@pytest.mark.parametrize("power_t", [0.5, 0.2])
def test_invscaling_is_that_of_sgd_alone(power_t):
    params = {"learning_rate": "invscaling", "power_t": power_t}
    seen = 60 * EPOCHS[1:]
    expected = [0.01, *0.01 / (seen + 1) ** power_t]
    assert_allclose(rates(solver="sgd", **params), expected, rtol=1e-12)
    assert_allclose(rates(solver="adam", **params), 0.01, rtol=1e-12)


@quiet
@pytest.mark.parametrize("name", ["invscaling", "adaptive"])
@pytest.mark.parametrize("solver", sorted({*STOCHASTIC_SOLVERS} - {"sgd"}))
def test_schedules_of_sgd_are_ignored_by_other_solvers(solver, name):
    X, y = problem()
    params = {"solver": solver, "tol": 1e3, "n_iter_no_change": 2, "random_state": 0}
    ignoring = MLPRegressor(learning_rate=name, **params).fit(X, y)
    constant = MLPRegressor(**params).fit(X, y)
    assert ignoring.n_iter_ == constant.n_iter_ < 10
    assert_array_equal(parameters(ignoring), parameters(constant))


# Nothing improves by 1000: each run of more than one such epoch slows down, the first included.
STALLING = {"tol": 1e3, "n_iter_no_change": 1}
PLATEAUS = np.array([0] * 3 + [1] * 2 + [2] * 2 + [3] * 2)


@quiet
@solvers
def test_plateau_divides_by_five_whenever_patience_runs_out(solver):
    got = rates(solver=solver, learning_rate="plateau", max_iter=9, **STALLING)
    assert_allclose(got, 0.01 * 0.2**PLATEAUS, rtol=1e-12)


def test_plateau_ends_training_at_a_rate_of_a_millionth():
    X, y = problem()
    reg = MLPRegressor(learning_rate="plateau", learning_rate_init=1e-4, **STALLING).fit(X, y)
    # 1e-4, 2e-5, 4e-6, 8e-7: the last is small enough, and ends when patience runs out again.
    assert reg.n_iter_ == 3 + 3 * 2
    assert_allclose(reg.history_["learning_rate"][-1], 8e-7, rtol=1e-12)


@quiet
def test_adaptive_of_sgd_is_plateau():
    params = {"solver": "sgd", "max_iter": 9, **STALLING}
    expected = 0.01 / 5.0**PLATEAUS
    assert_allclose(rates(learning_rate="adaptive", **params), expected, rtol=1e-12)


@quiet
@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Step(every=2, factor=0.5), 0.01 * 0.5 ** (EPOCHS // 2)),
        (Exponential(0.8), 0.01 * 0.8**EPOCHS),
        (CosineDecay(total_steps=18, least=0.001), None),
        (Plateau(factor=0.5), np.full(12, 0.01)),
        (Warmup(Exponential(0.8), 6), 0.01 * 0.8**EPOCHS * np.minimum((LAST + 1) / 6, 1)),
    ],
    ids=repr,
)
def test_schedule_objects_are_taken_as_they_are(schedule, expected):
    if expected is None:
        done = np.minimum(LAST / 18, 1)
        expected = 0.001 + 0.009 * 0.5 * (1 + np.cos(np.pi * done))
    assert_allclose(rates(learning_rate=schedule), expected, rtol=1e-12)


@quiet
@solvers
@pytest.mark.parametrize("name", sorted(CLOSED_FORMS))
def test_warmup_rises_to_the_schedule(name, solver):
    warm = np.array(CLOSED_FORMS[name]) * np.minimum((LAST + 1) / 10, 1)
    got = rates(solver=solver, learning_rate=name, warmup_steps=10)
    assert_allclose(got, warm, rtol=1e-12)


@both
@pytest.mark.parametrize("name", ["cosine", "coslog", "flat_cosine", "one_cycle"])
@pytest.mark.parametrize("warmup_steps", [0, 5])
def test_schedule_with_an_end_runs_all_epochs_and_gives_no_warning(make, name, warmup_steps):
    X, y = problem(make)
    estimator = make(learning_rate=name, max_iter=20, tol=1e3, n_iter_no_change=1)
    estimator.set_params(warmup_steps=warmup_steps)
    assert estimator.fit(X, y).n_iter_ == 20  # a warning would be an error


def test_schedule_with_an_end_obeys_early_stopping():
    X, y = problem()
    reg = MLPRegressor(learning_rate="cosine", max_iter=50, tol=1e3, n_iter_no_change=2)
    assert reg.set_params(early_stopping=True, random_state=0).fit(X, y).n_iter_ == 4


@both
@pytest.mark.parametrize(("name", "kind"), [("cosine", "CosineDecay"), ("one_cycle", "OneCycle")])
def test_schedule_with_an_end_needs_to_be_told_it_in_partial_fit(make, name, kind):
    X, y = problem(make)
    estimator = make(learning_rate=name)
    classes = {"classes": [0, 1]} if make is MLPClassifier else {}
    with pytest.raises(ValueError, match=rf"{kind}\(total_steps=1000\)"):
        estimator.partial_fit(X, y, **classes)
    assert not hasattr(estimator, "coefs_")


@quiet
@pytest.mark.parametrize("kind", [CosineDecay, OneCycle])
def test_schedule_told_its_end_goes_on_through_calls_of_partial_fit(kind):
    X, y = problem()
    params = {"hidden_layer_sizes": 3, "batch_size": 20, "random_state": 0, "tol": 0}
    reg = MLPRegressor(learning_rate=kind(total_steps=36), learning_rate_init=0.01, **params)
    for _ in range(14):  # two epochs more than planned
        reg.partial_fit(X, y)
    form = cosine if kind is CosineDecay else one_cycle
    after = [0.0] * 2 if kind is CosineDecay else [0.01 / 25 / 1e4] * 2
    expected = [form(step, 36) for step in LAST] + after
    assert_allclose(reg.history_["learning_rate"], expected, rtol=1e-9, atol=1e-18)


@quiet
def test_every_named_schedule_is_tested_here():
    assert {*CLOSED_FORMS, "adaptive", "invscaling", "plateau"} == set(SCHEDULES)


@quiet
@dtypes
@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_schedule_in_float32_trains_in_float32(name, dtype):
    X, y = problem(dtype=dtype)
    reg = MLPRegressor(hidden_layer_sizes=3, learning_rate=name, warmup_steps=2, max_iter=3)
    assert reg.fit(X, y).coefs_[0].dtype == dtype


# Limits


@quiet
@both
@pytest.mark.parametrize("limit", [1e-3, 0.1, 1e6])
def test_max_grad_norm_limits_the_norm_over_all_weights(make, limit):
    X, y = problem(make)
    params = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1, "batch_size": len(X)}
    estimator = make(**params, max_iter=1, random_state=0)
    start = clone(estimator).set_params(learning_rate_init=1e-300).fit(X, y)
    step = parameters(clone(estimator).fit(X, y)) - parameters(start)
    norm = start.history_["gradient_norm"][0]
    assert_allclose(np.linalg.norm(step), 0.1 * norm, rtol=1e-9)
    clipped = estimator.set_params(max_grad_norm=limit).fit(X, y)
    expected = step * min(1, limit / norm)
    assert_allclose(parameters(clipped) - parameters(start), expected, rtol=1e-6, atol=1e-12)
    # What is told is the norm before it was limited.
    assert_allclose(clipped.history_["gradient_norm"], [norm], rtol=1e-12)


@both
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_max_time_ends_training_after_the_epoch_that_passes_it(make, solver):
    X, y = problem(make)
    params = {"solver": solver, "hidden_layer_sizes": 5, "random_state": 0}
    # A warning would be an error.
    assert make(**params, max_time=1e-9).fit(X, y).n_iter_ == 1


def test_max_time_is_obeyed_within_an_epoch_or_so():
    X, y = problem()
    started = time.perf_counter()
    reg = MLPRegressor(max_iter=10**6, max_time=0.2, random_state=0, **ENDLESS).fit(X, y)
    assert 0.2 < time.perf_counter() - started < 2
    assert 10 < reg.n_iter_ < 10**6


@both
def test_max_time_that_is_not_reached_changes_nothing(make):
    X, y = problem(make)
    for solver in ("adam", "lbfgs"):
        estimator = make(solver=solver, max_iter=3, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            plain = clone(estimator).fit(X, y)
            limited = estimator.set_params(max_time=1e6).fit(X, y)
        assert_array_equal(parameters(limited), parameters(plain))


# history_


@quiet
@both
@pytest.mark.parametrize("solver", [*sorted(STOCHASTIC_SOLVERS), "lbfgs"])
def test_history_has_a_row_an_epoch_of_every_solver(make, solver):
    X, y = problem(make)
    estimator = make(solver=solver, hidden_layer_sizes=5, max_iter=3, random_state=0).fit(
        X, y, X_val=X[:20], y_val=y[:20]
    )
    history = estimator.history_
    columns = ["loss", "validation_loss", "validation_score"]
    columns += ["learning_rate", "gradient_norm", "seconds"]
    assert sorted(history) == sorted(columns)
    for name in columns:
        assert len(history[name]) == estimator.n_iter_ == 3, name
        if name != "learning_rate" or solver != "lbfgs":
            assert np.isfinite(history[name]).all(), name
    assert history["loss"] == estimator.loss_curve_
    assert np.isnan(history["learning_rate"]).all() == (solver == "lbfgs")
    assert_allclose(history["validation_score"][-1], estimator.score(X[:20], y[:20]), rtol=1e-12)


class Uphill(SquaredError):
    """A user's own, whose gradient has the wrong sign."""

    def sum_and_gradient(self, y, z, weight, out):
        total = super().sum_and_gradient(y, z, weight, out)
        out *= -1
        return total


def test_lbfgs_that_finds_no_step_says_so():
    message = (
        r"^lbfgs failed to converge after 0 iteration\(s\): ABNORMAL.*\. Increase max_iter \(now"
    )
    with pytest.warns(ConvergenceWarning, match=message):
        MLPRegressor(loss=Uphill(), solver="lbfgs", random_state=0).fit(*problem())


@pytest.mark.parametrize(("solver", "copies"), [("lbfgs", 2), ("sgd", 3), ("adam", 4), (SGD(), 3)])
def test_vectors_as_long_as_the_weights_are_counted(solver, copies):
    # the weights and the gradient; the velocity of sgd, or the two moments of adam
    assert copies_of_weights(MLPClassifier(solver=solver)) == copies
