from functools import partial

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest, norm, uniform

from sknn.nn import Dense, Initializer
from sknn.nn.activations import ACTIVATIONS, as_activation
from sknn.nn.initializers import (
    INITIALIZERS,
    Constant,
    ForActivation,
    GlorotUniform,
    HeOrGlorot,
    Normal,
    ScikitLearn,
    ThroughRows,
    UnitVariance,
    as_initializer,
)
from sknn.nn.network import Network

FAN_IN, FAN_OUT = 300, 200


def between(bound):
    """The uniform distribution on (-bound, bound)."""
    return uniform(-bound, 2 * bound)


DISTRIBUTIONS = {  # name: (initialiser, distribution of what it draws for a tanh layer)
    "auto": (INITIALIZERS["auto"], between(np.sqrt(6 / 500))),  # as scikit-learn
    "auto, factor 2": (ScikitLearn(2.0), between(np.sqrt(2 / 500))),
    # Glorot & Bengio (2010), eq. 12 and 16
    "glorot_normal": (INITIALIZERS["glorot_normal"], norm(0, np.sqrt(2 / 500))),
    "glorot_uniform": (INITIALIZERS["glorot_uniform"], between(np.sqrt(6 / 500))),
    # He et al. (2015), eq. 10
    "he_normal": (INITIALIZERS["he_normal"], norm(0, np.sqrt(2 / 300))),
    "he_uniform": (INITIALIZERS["he_uniform"], between(np.sqrt(6 / 300))),
    # LeCun et al. (1998), eq. 16
    "lecun_normal": (INITIALIZERS["lecun_normal"], norm(0, np.sqrt(1 / 300))),
    "lecun_uniform": (INITIALIZERS["lecun_uniform"], between(np.sqrt(3 / 300))),
    "normal": (INITIALIZERS["normal"], norm(0, 0.01)),
    "normal, std 2": (Normal(2.0), norm(0, 2)),
    "unit variance, no rows": (UnitVariance(), norm(0, np.sqrt(1 / 300))),
    "suited": (HeOrGlorot(), between(np.sqrt(6 / 500))),  # Glorot's for tanh
}
RECTIFIERS = ["elu", "gelu", "leaky_relu", "mish", "prelu", "relu", "silu", "swish"]
each = pytest.mark.parametrize(("initializer", "wanted"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS)
each_name = pytest.mark.parametrize("name", INITIALIZERS)


def drawn(initializer, activation="tanh", shape=(FAN_IN, FAN_OUT), seed=0):
    return initializer(
        np.random.RandomState(seed),
        shape,
        fan_in=FAN_IN,
        fan_out=FAN_OUT,
        activation=as_activation(activation),
    )


def bias_of(layer, n_in=4):
    """The bias that the layer draws for so many inputs."""
    _, bias = layer.parameters((n_in,))
    return bias.initializer(np.random.RandomState(0), bias.shape)


@each
def test_initializer_has_the_moments_and_distribution_of_its_formula(initializer, wanted):
    values = drawn(initializer)
    error = 4 / np.sqrt(values.size)  # in standard errors, of which four are never exceeded
    assert values.dtype == np.float64
    assert abs(values.mean()) < error * wanted.std()
    assert_allclose(values.std(), wanted.std(), rtol=error)
    assert kstest(values.ravel(), wanted.cdf).pvalue > 1e-4


@each
def test_initializer_stays_within_its_bounds_and_fills_them(initializer, wanted):
    values, (low, high) = drawn(initializer), wanted.support()
    if np.isfinite(high):
        assert low <= values.min() < 0.99 * low
        assert 0.99 * high < values.max() <= high


@each_name
@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 5, 2, 7)], ids=str)
def test_initializer_fills_any_shape_with_float64(name, shape):
    values = drawn(INITIALIZERS[name], shape=shape)
    assert values.shape == shape
    assert values.dtype == np.float64


@each_name
def test_initializer_draws_the_same_for_the_same_random_state_alone(name):
    first, second = drawn(INITIALIZERS[name]), drawn(INITIALIZERS[name])
    assert_array_equal(first, second)
    moved = np.any(drawn(INITIALIZERS[name], seed=1) != first)
    assert moved == (name != "zeros")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scikit_learns_factor_is_two_for_logistic_and_six_for_the_rest(activation):
    bound = np.sqrt((2 if activation in ("logistic", "sigmoid") else 6) / (FAN_IN + FAN_OUT))
    assert_allclose(np.abs(drawn(ScikitLearn(), activation)).max(), bound, rtol=1e-3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_he_or_glorot_draws_for_rectifiers_as_he_and_for_the_rest_as_glorot(activation):
    rule = "he_uniform" if activation in RECTIFIERS else "glorot_uniform"
    assert_array_equal(drawn(HeOrGlorot(), activation), drawn(INITIALIZERS[rule], activation))
    assert not HeOrGlorot().biases


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"auto"}))
def test_initializer_asks_for_the_activation_in_auto_alone(name):
    logistic, tanh = (drawn(INITIALIZERS[name], activation) for activation in ("logistic", "tanh"))
    assert_array_equal(logistic, tanh)


@pytest.mark.parametrize("shape", [(50, 20), (20, 50), (30, 30), (3, 3, 5, 8)], ids=str)
def test_orthogonal_has_orthonormal_rows_or_columns_whichever_are_fewer(shape):
    matrix = drawn(INITIALIZERS["orthogonal"], shape=shape).reshape(-1, shape[-1])
    rows, columns = matrix.shape
    product = matrix.T @ matrix if rows >= columns else matrix @ matrix.T
    assert_allclose(product, np.eye(min(rows, columns)), atol=1e-14)


def test_orthogonal_matrices_are_uniformly_distributed():
    # Haar's measure on O(3): each entry is uniform on (-1, 1), by Archimedes' hat box theorem.
    matrices = np.array(
        [drawn(INITIALIZERS["orthogonal"], shape=(3, 3), seed=seed) for seed in range(1000)]
    )
    for entry in matrices.reshape(1000, 9).T:
        assert kstest(entry, between(1).cdf).pvalue > 1e-4
    assert_allclose(np.mean(np.linalg.det(matrices)), 0, atol=0.13)  # signs: 4 standard errors


def test_constant_is_the_same_value_everywhere():
    assert_array_equal(drawn(Constant(2.5), shape=(3, 2)), np.full((3, 2), 2.5), strict=True)
    assert_array_equal(drawn(INITIALIZERS["zeros"], shape=(3, 2)), np.zeros((3, 2)), strict=True)


@each_name
def test_for_activation_draws_as_for_the_other_activation(name):
    initializer = ForActivation(as_activation("logistic"), INITIALIZERS[name])
    assert_array_equal(drawn(initializer, "identity"), drawn(INITIALIZERS[name], "logistic"))
    assert initializer.biases == INITIALIZERS[name].biases


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"auto"}))
def test_biases_of_dense_are_zero(name):
    assert_array_equal(bias_of(Dense(3, weight_init=name)), np.zeros((1, 3)))


def test_biases_of_dense_are_drawn_as_weights_are_by_scikit_learns_rule():
    r = np.sqrt(6 / (4 + 3))
    wanted = np.random.RandomState(0).uniform(-r, r, (1, 3))
    for layer in (Dense(3), Dense(3, weight_init="auto"), Dense(3, weight_init=ScikitLearn())):
        assert_array_equal(bias_of(layer), wanted)


class Sevens(Initializer):
    """A user's own: sevens, for the biases too if asked."""

    def __init__(self, biases):
        self.biases = biases

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return np.full(shape, 7.0)


@pytest.mark.parametrize("biases", [False, True])
def test_users_own_initializer_draws_weights_and_biases_if_it_says_so(biases):
    network = Network([Dense(3, weight_init=Sevens(biases))], (4,))
    (params,) = network.layout.views(network.initial(None, np.float64)[0])
    assert_array_equal(params["weight"], np.full((4, 3), 7.0))
    assert_array_equal(params["bias"], np.full((1, 3), 7.0 * biases))


def test_network_draws_weight_and_bias_layer_by_layer_as_scikit_learn_does():
    network = Network([Dense(5, "tanh"), Dense(2, "logistic")], (4,))
    theta, _ = network.initial(np.random.RandomState(3), np.float64)
    first, second = network.layout.views(theta)
    draw = partial(uniform_of, np.random.RandomState(3))
    assert_array_equal(first["weight"], draw(np.sqrt(6 / (4 + 5)), (4, 5)))
    assert_array_equal(first["bias"][0], draw(np.sqrt(6 / (4 + 5)), 5))
    assert_array_equal(second["weight"], draw(np.sqrt(2 / (5 + 2)), (5, 2)))
    assert_array_equal(second["bias"][0], draw(np.sqrt(2 / (5 + 2)), 2))


def uniform_of(random_state, bound, shape):
    return random_state.uniform(-bound, bound, shape)


@each_name
def test_as_initializer_takes_names_and_objects(name):
    assert as_initializer(name) is INITIALIZERS[name]
    own = GlorotUniform()
    assert as_initializer(own) is own


@pytest.mark.parametrize("value", ["xavier", GlorotUniform, None, 0.1])
def test_as_initializer_refuses_anything_else(value):
    with pytest.raises(ValueError, match=r"weight_init must be .* one of \[.*'zeros'\], got"):
        as_initializer(value)


# First values that depend on training rows


def test_unit_variance_divides_each_unit_by_the_deviation_of_its_sums():
    x, weight = normal(200, 6) * np.arange(1, 7) + 3, normal(6, 4, seed=1)
    weight[:, 3] = 0  # the same sum for all rows
    adapted = UnitVariance().adapt(weight, x @ weight, None)
    assert_allclose(np.std(x @ adapted, axis=0), [1, 1, 1, 0], rtol=1e-12)
    assert_allclose(
        adapted[:, :3] / weight[:, :3], 1 / np.std(x @ weight[:, :3], axis=0) + np.zeros((6, 3))
    )
    assert_array_equal(adapted[:, 3], weight[:, 3])


def test_deviation_of_large_sums_in_float32_is_that_in_float64():
    z = np.repeat(np.float32([[2**23], [2**23 + 1]]), 1000, axis=0)
    assert_allclose(UnitVariance().adapt(np.ones((1, 1)), z, None), 2.0, rtol=1e-6)


def test_through_rows_is_a_weighted_mean_of_sums_of_random_rows():
    z = normal(30, 5)
    biases = ThroughRows(3).adapt(np.zeros((1, 5)), z, np.random.RandomState(7))
    random_state = np.random.RandomState(7)
    p = random_state.exponential(size=(3, 5))
    rows = random_state.randint(30, size=(3, 5))
    wanted = [-np.average(z[rows[:, j], j], weights=p[:, j]) for j in range(5)]
    assert_allclose(biases, [wanted], rtol=1e-12)


def test_through_rows_has_the_mean_and_variance_of_its_formula():
    # p is uniform on the simplex, so that sum p_i^2 has the mean 2 / (n + 1).
    z = np.tile(normal(1000, 1), 20_000 // 10)
    biases = ThroughRows(5).adapt(np.zeros((1, 2000)), z, np.random.RandomState(0))
    deviation = z[:, 0].std() * np.sqrt(2 / 6)
    assert_allclose(biases.std(), deviation, rtol=0.06)
    assert_allclose(biases.mean(), -z[:, 0].mean(), atol=4 * deviation / np.sqrt(2000))


def test_one_row_takes_the_biases_to_its_sums():
    z = normal(1, 4)
    assert_allclose(ThroughRows().adapt(np.zeros((1, 4)), z, np.random.RandomState(0)), -z)


def test_without_rows_through_rows_is_zero():
    assert_array_equal(drawn(ThroughRows(), shape=(1, 5)), np.zeros((1, 5)))
    assert (ThroughRows().adapts, UnitVariance().adapts, Normal().adapts) == (True, True, False)
    assert ThroughRows().n_rows == 5


def test_an_initializer_that_does_not_adapt_leaves_values_as_they_are():
    values = normal(3, 2)
    assert Normal().adapt(values, normal(9, 2), None) is values


@pytest.mark.parametrize("n_rows", [0, 1.5])
def test_through_rows_refuses_a_number_of_rows(n_rows):
    with pytest.raises(ValueError, match="n_rows must be an int of at least 1"):
        ThroughRows(n_rows).check()


def test_message_says_which_setting_an_initializer_was_given_for():
    with pytest.raises(ValueError, match="bias_init must be an Initializer or one of"):
        as_initializer("nothing", "bias_init")
