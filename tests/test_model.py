import pickle

import numpy as np
import pytest
from helpers import LOSSES, mostly_zeros, normal
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn import Activate, BatchNorm, Dense, Dropout
from sknn.nn.model import Model
from sknn.nn.network import Network

N, N_IN = 11, 4
LAYERS = [Dense(5, "tanh"), Dense(3, "identity")]
ONE_ROW = 8 * (5 + 3)  # bytes that forward allocates for a sample


def new_model(dtype=np.float64, layers=LAYERS):
    vectors = Network(layers, (N_IN,)).initial(np.random.RandomState(0), dtype)
    return Model(layers, (N_IN,), LOSSES["squared_error"], *vectors)


def outputs(model, x):
    """Raw outputs by the formula."""
    (w0, w1), (b0, b1) = model.weights, model.biases
    return np.tanh(x @ w0 + b0) @ w1 + b1


@pytest.mark.parametrize("memory", [1, 3 * ONE_ROW, 4.9 * ONE_ROW, N * ONE_ROW, 1e9])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("at", [None, np.array([3, 9, 0, 3, 10])], ids=["all rows", "some rows"])
def test_outputs_do_not_depend_on_the_chunks(memory, sparse, at):
    model, x = new_model(), mostly_zeros(N, N_IN)
    wanted = outputs(model, x[0] if at is None else x[0][at])
    assert_allclose(model.outputs(x[sparse], memory, at), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("memory", [1, 3 * ONE_ROW, 1e9])
@pytest.mark.parametrize("at", [None, np.array([3, 9, 0])], ids=["all rows", "some rows"])
def test_outputs_to_some_depth_are_those_of_a_hidden_layer(memory, at):
    model, x = new_model(), normal(N, N_IN)
    hidden = np.tanh(x @ model.weights[0] + model.biases[0])
    wanted = hidden if at is None else hidden[at]
    assert_allclose(model.outputs(x, memory, at, depth=1), wanted, rtol=1e-12)


@pytest.mark.parametrize("memory", [1, 1e9])
def test_outputs_are_in_an_array_of_their_own(memory):
    x = normal(N, N_IN)
    model = new_model(layers=[Dropout(0.5), *LAYERS])
    for depth in (1, 2, None):
        assert not np.shares_memory(model.outputs(x, memory, depth=depth), x)


@pytest.mark.parametrize("memory", [1, 3 * ONE_ROW, 1e9])
def test_outputs_after_batch_norm_are_those_of_running_statistics(memory):
    layers = [
        Dense(5, "identity"),
        BatchNorm(),
        Activate("tanh"),
        Dropout(0.5),
        Dense(3, "identity"),
    ]
    model, x = new_model(layers=layers), normal(N, N_IN)
    norm, (w0, w1), (b0, b1) = model.params[1], model.weights, model.biases
    norm["scale"][...], norm["shift"][...] = normal(1, 5), normal(1, 5, seed=1)
    model.state[:5], model.state[5:] = normal(5), 1 + normal(5) ** 2  # mean and variance
    before = model.theta.copy()
    normalized = (x @ w0 + b0 - model.state[:5]) / np.sqrt(model.state[5:] + 1e-5)
    hidden = normalized * norm["scale"] + norm["shift"]
    assert_allclose(model.outputs(x, memory), np.tanh(hidden) @ w1 + b1, rtol=1e-12)
    assert_allclose(model.outputs(x, memory, depth=1), x @ w0 + b0, rtol=1e-12, atol=1e-14)
    assert_allclose(model.outputs(x, memory, depth=2), hidden, rtol=1e-12, atol=1e-14)
    assert_array_equal(model.theta, before)


@pytest.mark.parametrize("memory", [1, ONE_ROW, 3 * ONE_ROW, 4.9 * ONE_ROW])
def test_outputs_take_chunks_that_fit_into_the_memory(memory):
    sizes = []

    class Measuring(Dense):
        def forward(self, params, state, x, cache, training):
            sizes.append(len(x))
            return super().forward(params, state, x, cache, training)

    model = new_model(layers=[Measuring(5, "tanh"), Dense(3, "identity")])
    model.outputs(normal(N, N_IN), memory)
    assert sum(sizes) == N
    assert max(sizes) == max(1, memory // ONE_ROW)


def test_outputs_are_in_memory_of_their_own():
    model = new_model()
    first = model.outputs(normal(N, N_IN), 1e9)
    kept = first.copy()
    model.outputs(normal(N, N_IN, seed=1), 1e9)
    assert_array_equal(first, kept)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_that_of_the_weights(dtype):
    model = new_model(dtype)
    assert model.dtype == dtype
    assert model.outputs(normal(N, N_IN).astype(dtype), 1e9).dtype == dtype


def test_weights_and_biases_are_views_of_theta():
    model = new_model()
    assert [weight.shape for weight in model.weights] == [(4, 5), (5, 3)]
    assert [bias.shape for bias in model.biases] == [(5,), (3,)]
    for view in (*model.weights, *model.biases):
        view[...] = 7
    assert_array_equal(model.theta, np.full(20 + 5 + 15 + 3, 7.0))


def test_holds_its_own_views_and_nothing_else():
    model = new_model()
    weights, biases = list(model.weights), list(model.biases)
    assert model.holds(weights, biases)
    assert not model.holds(weights[:1], biases)
    assert not model.holds([weights[0].copy(), weights[1]], biases)
    assert not model.holds(biases, weights)
    assert not model.holds(new_model().weights, biases)


def test_take_weights_copies_them():
    model = new_model()
    weights, biases = [np.ones((4, 5)), np.full((5, 3), 2.0)], [np.full(5, 3.0), np.full(3, 4.0)]
    model.take_weights(weights, biases)
    for own, given in zip((*model.weights, *model.biases), (*weights, *biases), strict=True):
        assert_array_equal(own, given)
        assert not np.shares_memory(own, given)


def test_take_weights_says_which_shapes_it_wants():
    model = new_model()
    wanted = r"coefs_ must be .*\[\(4, 5\), \(5, 3\)\].* got \[\(4, 5\), \(5, 2\)\]"
    with pytest.raises(ValueError, match=wanted):
        model.take_weights([np.ones((4, 5)), np.ones((5, 2))], model.biases)
    with pytest.raises(
        ValueError, match=r"intercepts_ must be .*\[\(5,\), \(3,\)\].* got \[\(5,\)\]"
    ):
        model.take_weights(model.weights, model.biases[:1])


def test_take_weights_names_what_it_was_given():
    model = new_model()
    with pytest.raises(
        ValueError, match=r"coef_init must be arrays of shapes \[\(4, 5\), \(5, 3\)\]"
    ):
        model.take_weights([], model.biases, names=("coef_init", "intercept_init"))
    with pytest.raises(ValueError, match="intercept_init must be arrays of shapes"):
        model.take_weights(model.weights, [], names=("coef_init", "intercept_init"))


def test_take_weights_that_do_not_fit_changes_nothing():
    model = new_model()
    before = model.theta.copy()
    with pytest.raises(ValueError, match="intercepts_ must be"):
        model.take_weights([np.ones((4, 5)), np.ones((5, 3))], [np.ones(5), np.ones(4)])
    assert_array_equal(model.theta, before)


def test_unpickled_model_has_the_weights_as_views_again():
    model = new_model()
    copy = pickle.loads(pickle.dumps(model))
    assert_array_equal(copy.theta, model.theta)
    for view in (*copy.weights, *copy.biases):
        assert np.shares_memory(view, copy.theta)
    copy.weights[0][...] = 0
    x = normal(N, N_IN)
    assert_allclose(copy.outputs(x, 1e9), outputs(copy, x), rtol=1e-12)


def test_pickle_holds_the_weights_once():
    model = new_model(layers=[Dense(500), Dense(3, "identity")])
    assert len(pickle.dumps(model)) < model.theta.nbytes + 5000
