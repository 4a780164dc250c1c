import time

import numpy as np
import pytest
from helpers import LOSSES, Breaking, Interrupting, new_gradient, normal, sample_weights, targets
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Lasso, LogisticRegression, PoissonRegressor, Ridge

from sknn.nn import Activate, BatchNorm, Conv2D, Dense, Flatten, MaxPool2D, Quantile, lbfgs
from sknn.nn.batches import Rows
from sknn.nn.lbfgs import minimize_loss
from sknn.nn.training import HISTORY

N, N_IN = 60, 4
ALPHA = 0.7


def minimised(layers, loss, rows, history=None, **settings):
    """(outcome, gradient at the minimum)."""
    gradient = new_gradient(layers, loss, N_IN)
    history = {name: [] for name in HISTORY} if history is None else history
    settings = {"alpha": ALPHA, "max_iter": 1000, "max_fun": 1000, "tol": 1e-8} | settings
    return minimize_loss(gradient, rows, history=history, **settings), gradient


def problem(name, n_outputs, weight=None):
    """(layers of a linear model, loss, rows)."""
    loss = LOSSES[name]
    rows = Rows(normal(N, N_IN), targets(loss, N, n_outputs), weight, dtype=np.float64)
    return [Dense(n_outputs, "identity")], loss, rows


def network(weight=None):
    """(layers, loss, rows) of a network with a hidden layer."""
    _, loss, rows = problem("log_loss softmax", 3, weight)
    return [Dense(5, "tanh"), Dense(3, "identity")], loss, rows


def linear_model(gradient):
    (params,) = gradient.network.layout.views(gradient.theta)
    return params["weight"], params["bias"]


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_linear_model_under_squared_error_is_ridge_regression(weight):
    layers, loss, rows = problem("squared_error", 2, weight)
    outcome, gradient = minimised(layers, loss, rows)
    ridge = Ridge(alpha=ALPHA).fit(rows.x, rows.y, weight)
    weights, bias = linear_model(gradient)
    assert outcome.reason == "converged"
    assert_allclose(weights, ridge.coef_.T, rtol=1e-4)
    assert_allclose(bias[0], ridge.intercept_, rtol=1e-4)


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("link", ["logistic", "softmax"])
def test_linear_model_under_log_loss_is_logistic_regression(link, weight):
    n_outputs = 1 if link == "logistic" else 3
    layers, loss, rows = problem(f"log_loss {link}", n_outputs, weight)
    labels = rows.y[:, 0] if link == "logistic" else rows.y.argmax(axis=1)
    _, gradient = minimised(layers, loss, rows)
    logistic = LogisticRegression(C=1 / ALPHA, tol=1e-10, solver="newton-cg", max_iter=1000)
    logistic.fit(rows.x, labels, weight)
    assert_allclose(linear_model(gradient)[0], logistic.coef_.T, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_linear_model_under_poisson_is_poisson_regression(weight):
    layers, loss, rows = problem("poisson", 1, weight)
    _, gradient = minimised(layers, loss, rows)
    weight_sum = N if weight is None else weight.sum()
    poisson = PoissonRegressor(alpha=ALPHA / weight_sum, tol=1e-8, max_iter=1000)
    poisson.fit(rows.x, rows.y[:, 0], weight)
    weights, bias = linear_model(gradient)
    assert_allclose(weights[:, 0], poisson.coef_, rtol=1e-3, atol=1e-4)
    assert_allclose(bias[0, 0], poisson.intercept_, rtol=1e-3)


@pytest.mark.parametrize("l1", [1.0, 10.0, 100.0])
def test_linear_model_with_l1_is_the_lasso(l1):
    layers, loss, rows = problem("squared_error", 1)
    outcome, _ = minimised(layers, loss, rows, alpha=0.0, l1=l1)
    lasso = Lasso(alpha=l1 / N, tol=1e-10, max_iter=10_000).fit(rows.x, rows.y[:, 0])
    residuals = rows.y[:, 0] - lasso.predict(rows.x)
    least = np.mean(residuals**2) / 2 + l1 / N * np.sum(np.abs(lasso.coef_))
    # The line search of L-BFGS stops short of a kink, so losses agree rather than weights.
    assert_allclose(outcome.loss, least, rtol=1e-3)
    assert outcome.loss >= least * (1 - 1e-9)


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_loss_includes_both_penalties_divided_by_the_sum_of_weights(weight):
    layers, loss, rows = network(weight)
    outcome, gradient = minimised(layers, loss, rows, l1=0.3, max_iter=20)
    weight_sum = N if weight is None else weight.sum()
    penalty = gradient.add_penalty(ALPHA / weight_sum, 0.3 / weight_sum)
    assert_allclose(outcome.loss, gradient.mean(rows.take(slice(None))) + penalty, rtol=1e-12)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_constant_model_under_quantile_loss_is_the_quantile(level):
    rows = Rows(np.zeros((N + 1, N_IN)), normal(N + 1, 1), dtype=np.float64)
    _, gradient = minimised([Dense(1, "identity")], Quantile(level), rows, alpha=0.0)
    _, bias = linear_model(gradient)
    assert_allclose(bias[0, 0], np.quantile(rows.y, level), atol=1e-4)


def test_weights_per_output_are_those_of_separate_models():
    weight = np.column_stack([sample_weights(N), sample_weights(N, seed=1)])
    layers, loss, rows = problem("squared_error", 2, weight)
    _, gradient = minimised(layers, loss, rows)
    weights, bias = linear_model(gradient)
    for output in (0, 1):
        ridge = Ridge(alpha=ALPHA).fit(rows.x, rows.y[:, output], weight[:, output])
        assert_allclose(weights[:, output], ridge.coef_, rtol=1e-4)
        assert_allclose(bias[0, output], ridge.intercept_, rtol=1e-4)


def test_gradient_at_the_minimum_is_as_small_as_asked_for():
    layers, loss, rows = problem("squared_error", 2)
    _, gradient = minimised(layers, loss, rows, tol=1e-3)
    gradient.mean(rows.take(slice(None)))
    gradient.add_penalty(ALPHA / N)
    assert np.abs(gradient.grad).max() <= 1e-3


def test_loss_is_that_of_the_weights_it_leaves():
    outcome, gradient = minimised(*network())
    _, _, rows = network()
    loss = gradient.mean(rows.take(slice(None))) + gradient.add_penalty(ALPHA / N)
    assert_allclose(outcome.loss, loss, rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_blocks_of_rows_add_up_to_all_of_them(name, weight, monkeypatch):
    _, loss, rows = problem(name, 3, weight)
    layers = [Dense(5, "tanh"), Dense(3, "identity")]
    settings = {"max_iter": 10}
    whole, gradient = minimised(layers, loss, rows, **settings)
    monkeypatch.setattr(lbfgs, "BLOCK", 7)  # the last block is smaller
    in_blocks, block_gradient = minimised(layers, loss, rows, **settings)
    assert_allclose(in_blocks.loss, whole.loss, rtol=1e-9)
    assert_allclose(block_gradient.theta, gradient.theta, rtol=1e-6)


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_batch_norm_sees_all_rows_in_one_block(weight, monkeypatch):
    _, loss, rows = problem("log_loss softmax", 3, weight)
    layers = [Dense(5, "identity"), BatchNorm(), Activate("tanh"), Dense(3, "identity")]
    whole, gradient = minimised(layers, loss, rows, max_iter=10)
    monkeypatch.setattr(lbfgs, "BLOCK", 7)
    still_whole, same = minimised(layers, loss, rows, max_iter=10)
    assert still_whole.loss == whole.loss
    assert_array_equal(same.theta, gradient.theta)
    assert_array_equal(same.state, gradient.state)
    loss_of_all = gradient.mean(rows.take(slice(None)))
    weight_sum = N if weight is None else weight.sum()
    assert_allclose(whole.loss, loss_of_all + gradient.add_penalty(ALPHA / weight_sum), rtol=1e-12)


# Images


CONVOLUTIONS = [Conv2D(2, activation="tanh"), MaxPool2D(), Conv2D(3, 2), Flatten()]
NORMALISED = [Conv2D(2, activation="identity"), BatchNorm(), Activate("tanh"), Flatten()]


def minimised_on_images(layers, weight=None, seen=None, **settings):
    """(outcome, gradient) of the log loss on images of 4 x 4 pixels."""

    class Watched(Flatten):
        """Notes how many images there are at a time."""

        def forward(self, params, state, x, cache, context):
            seen.append(len(x))
            return super().forward(params, state, x, cache, context)

    loss = LOSSES["log_loss softmax"]
    rows = Rows(normal(N, 16), targets(loss, N, 3), weight, dtype=np.float64, shape=(4, 4, 1))
    layers = [*layers[:-1], layers[-1] if seen is None else Watched(), Dense(3, "identity")]
    gradient = new_gradient(layers, loss, 4, 4, 1)
    history = {name: [] for name in HISTORY}
    settings = {"alpha": ALPHA, "max_iter": 10, "max_fun": 1000, "tol": 1e-8} | settings
    return minimize_loss(gradient, rows, history=history, **settings), gradient


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_blocks_of_images_that_fit_into_memory_add_up_to_all_of_them(weight, monkeypatch):
    whole, gradient = minimised_on_images(CONVOLUTIONS, weight)
    seen = []
    monkeypatch.setattr(lbfgs, "MEMORY", 7 * gradient.network.row_size(np.float64))
    in_blocks, block_gradient = minimised_on_images(CONVOLUTIONS, weight, seen)
    assert seen[:9] == [7] * 8 + [N - 8 * 7]
    assert_allclose(in_blocks.loss, whole.loss, rtol=1e-9)
    assert_allclose(block_gradient.theta, gradient.theta, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_batch_norm_sees_all_images_in_one_block(weight, monkeypatch):
    whole, gradient = minimised_on_images(NORMALISED, weight)
    monkeypatch.setattr(lbfgs, "MEMORY", 1)
    still_whole, same = minimised_on_images(NORMALISED, weight)
    assert still_whole.loss == whole.loss
    assert_array_equal(same.theta, gradient.theta)
    assert_array_equal(same.state, gradient.state)


def test_convolution_of_the_size_of_the_image_is_logistic_regression():
    loss = LOSSES["log_loss softmax"]
    x, y = normal(N, 16), targets(loss, N, 3)
    rows = Rows(x, y, dtype=np.float64, shape=(4, 4, 1))
    convolution = Conv2D(3, 4, padding="valid", activation="identity")
    output = Dense(3, "identity", trainable=False)
    gradient = new_gradient([convolution, Flatten(), output], loss, 4, 4, 1)
    found, _, last = gradient.network.layout.views(gradient.theta)
    last["weight"][...], last["bias"][...] = np.eye(3), 0
    history = {name: [] for name in HISTORY}
    settings = {"alpha": ALPHA, "max_iter": 1000, "max_fun": 1000, "tol": 1e-8}
    assert minimize_loss(gradient, rows, history=history, **settings).reason == "converged"
    logistic = LogisticRegression(C=1 / ALPHA, tol=1e-10, solver="newton-cg", max_iter=1000)
    logistic.fit(x, y.argmax(axis=1))
    assert_allclose(found["weight"].reshape(16, 3), logistic.coef_.T, rtol=1e-3, atol=1e-4)


def test_weights_are_bit_equal_from_run_to_run():
    thetas = [minimised(*network())[1].theta for _ in range(2)]
    assert_array_equal(*thetas)


def test_frozen_layer_stays_bit_equal_while_the_other_moves():
    _, loss, rows = network()
    layers = [Dense(5, "tanh", trainable=False), Dense(3, "identity")]
    before = new_gradient(layers, loss, N_IN)
    _, after = minimised(layers, loss, rows)
    frozen, trained = after.network.layout.views(after.theta)
    initial_frozen, initial = before.network.layout.views(before.theta)
    for name in ("weight", "bias"):
        assert_array_equal(frozen[name], initial_frozen[name])
        assert np.all(trained[name] != initial[name])


def test_history_has_a_row_per_iteration():
    history = {name: [] for name in HISTORY}
    layers, loss, rows = network()
    outcome, gradient = minimised(layers, loss, rows, history=history, max_iter=20)
    assert {len(values) for values in history.values()} == {outcome.iterations} == {20}
    assert np.all(np.diff(history["loss"]) < 0)  # the line search sees to that
    assert_allclose(history["loss"][-1], outcome.loss, rtol=1e-14)
    gradient.mean(rows.take(slice(None)))
    gradient.add_penalty(ALPHA / N)
    assert_allclose(history["gradient_norm"][-1], gradient.norm(), rtol=1e-9)
    assert all(seconds > 0 for seconds in history["seconds"])
    for name in ("validation_loss", "validation_score", "learning_rate"):
        assert np.isnan(history[name]).all()


def test_gradient_norm_leaves_out_what_is_frozen():
    _, loss, rows = network()
    layers = [Dense(5, "tanh"), Dense(4, "tanh", trainable=False), Dense(3, "identity")]
    history = {name: [] for name in HISTORY}
    _, gradient = minimised(layers, loss, rows, history=history, max_iter=5)
    gradient.mean(rows.take(slice(None)))
    gradient.add_penalty(ALPHA / N)
    assert gradient.norm() < 0.99 * np.linalg.norm(gradient.grad)
    assert_allclose(history["gradient_norm"][-1], gradient.norm(), rtol=1e-9)


def test_history_goes_on_where_it_was():
    history = {name: [1.0] for name in HISTORY}
    minimised(*network(), history=history, max_iter=3)
    assert {len(values) for values in history.values()} == {4}


def test_progress_is_said_line_by_line():
    lines, history = [], {name: [] for name in HISTORY}
    minimised(*network(), history=history, max_iter=2, say=lines.append)
    assert lines == [f"Iteration {i}, loss = {history['loss'][i - 1]:.8f}" for i in (1, 2)]


@pytest.mark.parametrize("limit", [{"max_iter": 3}, {"max_fun": 5}], ids=str)
def test_limit_ends_it_and_is_reported(limit):
    outcome, gradient = minimised(*network(), **limit)
    assert outcome.reason == "limit"
    assert 0 < outcome.iterations <= 5
    assert "LIMIT" in outcome.message
    assert np.isfinite(gradient.theta).all()


def test_after_iteration_that_returns_true_ends_it():
    history = {name: [] for name in HISTORY}

    def after_iteration():
        return len(history["loss"]) == 3

    asked, gradient = minimised(*network(), history=history, after_iteration=after_iteration)
    _, reference = minimised(*network(), max_iter=3)
    assert (asked.reason, asked.iterations) == ("asked", 3)
    assert_array_equal(gradient.theta, reference.theta)


@pytest.mark.parametrize(("max_time", "iterations"), [(0.5, 1), (2.5, 3), (99, 8), (None, 8)])
def test_max_time_ends_it_after_the_iteration_that_passes_it(max_time, iterations, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    history = {name: [] for name in HISTORY}

    def after_iteration():
        now[0] += 1  # an iteration, with what follows it, takes a second

    settings = {"max_iter": 8, "max_time": max_time, "after_iteration": after_iteration}
    outcome, gradient = minimised(*network(), history=history, **settings)
    assert outcome.iterations == len(history["loss"]) == iterations
    assert history["seconds"] == [0] + [1] * (iterations - 1)
    assert outcome.reason == ("time" if iterations < 8 else "limit")
    _, reference = minimised(*network(), max_iter=iterations)
    assert_array_equal(gradient.theta, reference.theta)


def test_request_goes_before_time():
    settings = {"max_time": 1e-9, "after_iteration": lambda: True}
    assert minimised(*network(), **settings)[0].reason == "asked"


def test_interrupt_keeps_the_weights_of_the_last_iteration():
    _, loss, rows = network()
    evaluations = {name: [] for name in HISTORY}
    interrupted, gradient = minimised([Interrupting(3, [8])], loss, rows, history=evaluations)
    iterations = len(evaluations["loss"])
    _, reference = minimised([Dense(3, "identity")], loss, rows, max_iter=iterations)
    assert (interrupted.reason, interrupted.iterations) == ("interrupted", iterations)
    assert 0 < iterations < 8
    assert_array_equal(gradient.theta, reference.theta)
    assert interrupted.loss == evaluations["loss"][-1]


@pytest.mark.parametrize("name", ["loss", "learning_rate", "seconds"])
def test_interrupt_leaves_a_row_of_history_for_every_iteration_that_counts(name):
    history = {name: [] for name in HISTORY} | {name: Breaking()}
    outcome, gradient = minimised(*network(), history=history)
    _, reference = minimised(*network(), max_iter=3)
    assert (outcome.reason, outcome.iterations) == ("interrupted", 3)
    assert {len(values) for values in history.values()} == {3}
    assert_array_equal(gradient.theta, reference.theta)


def test_interrupt_before_the_first_iteration_keeps_the_initial_weights():
    _, loss, rows = network()
    outcome, gradient = minimised([Interrupting(3, [1])], loss, rows)
    assert (outcome.reason, outcome.iterations) == ("interrupted", 0)
    assert_array_equal(gradient.theta, new_gradient([Dense(3, "identity")], loss, N_IN).theta)
