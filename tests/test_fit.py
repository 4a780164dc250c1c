"""One fit, run on arrays: the weights of scikit-learn, and no estimator anywhere in it."""

import gc
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.neural_network import MLPRegressor as Reference

from sknn import CNNClassifier, MLPClassifier, MLPRegressor, SequentialRegressor
from sknn.estimators.starts import Fresh, new_history
from sknn.nn import Dense
from sknn.nn.batches import Rows
from sknn.nn.fit import Fit, HeldOut, LbfgsPlan, Watch, run
from sknn.nn.losses import SQUARED_ERROR
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.optimizers import Adam
from sknn.nn.plan import Plan
from sknn.nn.stopping import Patience
from sknn.nn.training_state import TrainingState

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(60, 4))
Y = (X @ RANDOM.normal(size=(4, 1)) + RANDOM.normal(size=(60, 1))).ravel()
EPOCHS = 7


def new_fit(solver, **settings):
    """The Fit of a network with 5 hidden units, drawn as by random_state=3."""
    random_state = np.random.RandomState(3)
    layers = [Dense(5), Dense(1, "identity")]
    network = Network(layers, (4,))
    theta, state = network.initial(random_state, np.float64)
    model = Model(network, SQUARED_ERROR, theta, state)
    if solver == "lbfgs":
        plan, optimizer, moments = LbfgsPlan(0.01, 0.0, 1000, 1e-4, 10, None, False), None, None
    else:
        plan, optimizer = Plan(20, 0.01, alpha=0.01, tol=0.0), Adam()
        moments = optimizer.start(model.theta, network.layout.n_decayed)
    return Fit(
        **{
            "model": model,
            "loss": SQUARED_ERROR,
            "rows": Rows(X, Y.reshape(-1, 1), dtype=np.float64),
            "subset": None,
            "held_out": None,
            "plan": plan,
            "run": TrainingState(optimizer, moments, random_state, Patience()),
            "epochs": EPOCHS,
            "history": new_history(),
        }
        | settings
    )


def reference(solver):
    """scikit-learn's weights and losses for the same settings."""
    settings = {"alpha": 0.01, "tol": 0.0 if solver == "adam" else 1e-4, "solver": solver}
    settings |= {"learning_rate_init": 0.01, "batch_size": 20, "max_iter": EPOCHS}
    with pytest.warns(match="onverge"):
        return Reference(hidden_layer_sizes=(5,), random_state=3, **settings).fit(X, Y)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_run_gives_the_weights_of_scikit_learn(solver):
    fit, wanted = new_fit(solver), reference(solver)
    result = run(fit, Watch())
    assert result.epochs == wanted.n_iter_ == EPOCHS
    assert result.samples == wanted.t_ == {"adam": EPOCHS * len(X), "lbfgs": 0}[solver]
    for ours, theirs in zip(fit.model.weights, wanted.coefs_, strict=True):
        assert_allclose(ours, theirs, rtol=1e-8)
    for ours, theirs in zip(fit.model.biases, wanted.intercepts_, strict=True):
        assert_allclose(ours, theirs, rtol=1e-8, atol=1e-12)
    assert_allclose(result.loss, wanted.loss_, rtol=1e-8)
    assert result.reason == {"adam": "epochs", "lbfgs": "limit"}[solver]


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_watch_is_called_around_each_epoch_and_may_end_the_fit(solver):
    calls = []
    watch = Watch(
        before_epoch=lambda: calls.append("before"),
        after_epoch=lambda: calls.append("after") or calls.count("after") == 3,
        say=calls.append,
    )
    result = run(new_fit(solver), watch)
    assert (result.reason, result.epochs) == ("asked", 3)
    assert [call for call in calls if call in ("before", "after")] == ["before", "after"] * 3
    assert sum(call.startswith("Iteration") for call in calls) == 3


def held_out(**settings):
    """Ten of the rows, with targets that are all wrong by one."""
    at = np.arange(10)
    y = Y[at].reshape(-1, 1) + 1
    return HeldOut(**({"x": X, "at": at, "y": y, "labels": y.ravel()} | settings))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("weight", [None, np.arange(10.0)])
def test_validation_loss_is_half_the_weighted_mean_square_and_score_what_is_asked(solver, weight):
    own = held_out(weight=weight, score=None)
    fit = new_fit(solver, held_out=own)
    run(fit, Watch())
    hidden, output = fit.model.weights
    z = np.maximum(X[:10] @ hidden + fit.model.biases[0], 0) @ output + fit.model.biases[1]
    wanted = np.average(0.5 * (z - own.y) ** 2, axis=0, weights=weight)[0]
    assert_allclose(fit.history["validation_loss"][-1], wanted, rtol=1e-10)
    assert_array_equal(fit.history["validation_score"], np.negative(fit.history["validation_loss"]))

    scored = held_out(weight=weight, score=lambda z, y, weight: float(np.abs(z - y).max()))
    fit = new_fit(solver, held_out=scored)
    run(fit, Watch())
    assert_allclose(fit.history["validation_score"][-1], np.abs(z - own.y).max(), rtol=1e-10)

    scores = iter(range(100))
    fit = new_fit(solver, held_out=scored)
    run(fit, Watch(score=lambda: float(next(scores))))
    assert fit.history["validation_score"] == list(range(EPOCHS))


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_validation_outputs_that_overflow_have_no_loss_and_no_score(solver):
    rows = np.full((10, 4), np.inf)
    fit = new_fit(solver, held_out=held_out(x=rows, weight=None, score=lambda *outputs: 1.0))
    run(fit, Watch())
    assert np.isnan(fit.history["validation_loss"]).all()
    assert np.isnan(fit.history["validation_score"]).all()


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier((3,), early_stopping=True),
        MLPClassifier((3,), solver="lbfgs"),
        MLPRegressor("quantile", (3,), early_stopping=True, scoring="r2"),
        SequentialRegressor([Dense(3)], early_stopping=True),
        CNNClassifier((2,), early_stopping=True),
    ],
)
def test_fit_holds_no_estimator_and_cannot_be_changed(estimator):
    y = Y if hasattr(estimator, "quantile") else (Y > 0).astype(int)
    data = estimator._read(X, y, learn=True)
    fit = estimator._prepare(data, Fresh(), (None, None, None), None, (None, None))
    reached, todo = {id(fit): fit}, [fit]
    while todo:
        for thing in gc.get_referents(todo.pop()):
            # Classes, functions and modules lead to all there is.
            plain = not isinstance(thing, type) and not hasattr(thing, "__globals__")
            if plain and type(thing).__name__ != "module" and id(thing) not in reached:
                reached[id(thing)] = thing
                todo.append(thing)
    assert any(thing is fit.model for thing in reached.values())
    assert not [thing for thing in reached.values() if thing is estimator]
    networks = [thing for thing in reached.values() if isinstance(thing, BaseEstimator)]
    assert {type(thing).__name__ for thing in networks} <= {"LabelBinarizer"}
    with pytest.raises(FrozenInstanceError):
        fit.epochs = 1
