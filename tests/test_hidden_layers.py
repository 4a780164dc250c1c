"""Settings of estimators turned into stacks of layers."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.estimators import hidden_layers
from sknn.nn import Conv2D, Dense, Dropout, Flatten, MaxPool2D
from sknn.nn.activations import as_activation
from sknn.nn.initializers import ForActivation, as_initializer
from sknn.nn.network import Network

GLOROT = as_initializer("glorot_uniform")


# One hidden layer


@pytest.mark.parametrize("make", [partial(Dense, 5), partial(Conv2D, 5, 3)], ids=["dense", "conv"])
def test_hidden_layer_without_normalisation_is_one_layer(make):
    (layer,) = hidden_layers.hidden_layer(make, "tanh", None, GLOROT)
    assert (layer.activation, layer.weight_init) == ("tanh", GLOROT)


@pytest.mark.parametrize("make", [partial(Dense, 5), partial(Conv2D, 5, 3)], ids=["dense", "conv"])
@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalisation_stands_between_weighted_sums_and_activation(make, normalization):
    weights, norm, activate = hidden_layers.hidden_layer(make, "tanh", normalization, GLOROT)
    assert weights.activation == "identity"
    assert type(norm) is hidden_layers.NORMALIZATIONS[normalization]
    assert activate.activation == "tanh"


def test_weights_before_normalisation_are_drawn_for_the_activation_after_it():
    he = as_initializer("he_uniform")
    weights, _, _ = hidden_layers.hidden_layer(partial(Dense, 5), "relu", "batch", he)
    assert isinstance(weights.weight_init, ForActivation)
    for init in (he, GLOROT):
        normalized, *_ = hidden_layers.hidden_layer(partial(Dense, 5), "relu", "batch", init)
        (plain,) = hidden_layers.hidden_layer(partial(Dense, 5), "relu", None, init)
        drawn, wanted = (
            layer.parameters((4,))[0].initializer(np.random.RandomState(0), (4, 5))
            for layer in (normalized, plain)
        )
        assert_array_equal(drawn, wanted)


# Which layers of a network are hidden ones


def test_hidden_layer_reaches_to_the_next_one_with_weights():
    conv = hidden_layers.hidden_layer(partial(Conv2D, 3), "relu", "batch", GLOROT)
    dense = hidden_layers.hidden_layer(partial(Dense, 4), "relu", "layer", GLOROT)
    layers = [Dropout(), *conv, MaxPool2D(), Conv2D(2), Flatten(), *dense, Dropout(), Dense(1)]
    network = Network(layers, (6, 6, 1))
    depths = hidden_layers.hidden_depths(network)
    assert [type(layers[depth]) for depth in depths] == [Conv2D, Dense, Dense]
    assert [network.shapes[depth] for depth in depths] == [(3, 3, 3), (18,), (4,)]


def test_network_of_one_layer_has_no_hidden_ones():
    assert hidden_layers.hidden_depths(Network([Dense(1)], (6,))) == []


# Sizes


each = pytest.mark.parametrize(("sizes", "name"), [
    (hidden_layers.hidden_sizes, "hidden_layer_sizes"),
    (hidden_layers.block_sizes, "filters"),
])  # fmt: skip


@pytest.mark.parametrize(
    "given", [5, [5], (5,), np.int64(5), np.array([5]), np.array([5], np.uint8), range(5, 6)]
)
@each
def test_one_size_may_be_given_in_many_ways(given, sizes, name):
    assert sizes(given) == [5]
    assert type(sizes(given)[0]) is int


@pytest.mark.parametrize("given", [(), [], np.array([], int)])
@each
def test_sizes_may_be_none_at_all(given, sizes, name):
    assert sizes(given) == []


@each
def test_sizes_keep_their_order(sizes, name):
    assert sizes((3, 1, 2)) == [3, 1, 2]


@pytest.mark.parametrize("given", [(2.5,), ("a",), (3, None), [[3, 4]], ((3,), 4)])
@each
def test_size_that_is_no_int_raises(given, sizes, name):
    with pytest.raises(ValueError, match=f"^{name} must be an int or a sequence of ints") as e:
        sizes(given)
    assert str(e.value).endswith(f"got {given!r}.")


@pytest.mark.parametrize("given", [0, -1, (5, 0), (5, -1)])
@each
def test_size_that_is_not_positive_raises(given, sizes, name):
    with pytest.raises(ValueError, match=rf"^{name} must be > 0, got \["):
        sizes(given)


@each
def test_sizes_are_at_most_ten_thousand(sizes, name):
    assert sizes(range(1, 10_001)) == [*range(1, 10_001)]
    with pytest.raises(ValueError, match=f"^{name} must be at most 10000 ints, one per"):
        sizes(range(1, 10_002))


def test_error_says_what_a_size_belongs_to():
    with pytest.raises(ValueError, match="one per hidden layer, got"):
        hidden_layers.hidden_sizes((2.5,))
    with pytest.raises(ValueError, match="one per block, got"):
        hidden_layers.block_sizes((2.5,))


# One for each


@pytest.mark.parametrize("given", ["tanh", as_activation("relu")])
def test_one_activation_is_for_all_layers(given):
    assert hidden_layers.activations(given, 3) == [given] * 3


@pytest.mark.parametrize("kind", [list, tuple])
def test_activations_are_one_for_each_layer(kind):
    given = kind(["tanh", as_activation("relu")])
    assert hidden_layers.activations(given, 2) == list(given)


@pytest.mark.parametrize("given", [["relu"], ["relu"] * 3, []])
def test_wrong_number_of_activations_raises(given):
    with pytest.raises(ValueError, match="list of 2, one per hidden layer, got") as error:
        hidden_layers.activations(given, 2)
    assert repr(given) in str(error.value)


def test_unknown_activation_in_a_list_raises():
    with pytest.raises(ValueError, match="wish"):
        hidden_layers.activations(["relu", "wish"], 2)


@pytest.mark.parametrize(
    ("n_spared", "wanted"), [(0, [0, 0.5, 0.5, 0.5]), (1, [0, 0, 0.5, 0.5]), (3, [0, 0, 0, 0])]
)
def test_one_rate_of_dropout_spares_the_input_and_the_first_layers(n_spared, wanted):
    assert hidden_layers.dropout_rates(0.5, 3, n_spared) == wanted


@pytest.mark.parametrize("n_spared", [0, 1])
def test_rates_of_dropout_in_a_list_are_taken_as_they_are(n_spared):
    assert hidden_layers.dropout_rates([0.1, 0, 0.3], 2, n_spared) == [0.1, 0, 0.3]


@pytest.mark.parametrize("given", [[], [0.1], [0.1] * 2, (0.1,) * 4])
def test_wrong_number_of_rates_raises(given):
    with pytest.raises(
        ValueError, match=r"dropout must be .* a list of 3 rates, the first one for the input"
    ) as error:
        hidden_layers.dropout_rates(given, 2)
    assert repr(given) in str(error.value)


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, "a", None])
def test_rate_that_cannot_be_raises(rate):
    with pytest.raises(ValueError, match=r"dropout must hold rates in \[0, 1\)"):
        hidden_layers.dropout_rates([0.1, rate], 1)


@pytest.mark.parametrize("given", [3, "same", None])
def test_one_setting_is_for_all_blocks(given):
    assert hidden_layers.one_per_block("padding", given, 2) == [given] * 2


@pytest.mark.parametrize("given", [(3, 5), [3, (3, 5)], ((3, 5), (5, 3)), (None, 2)])
def test_settings_are_one_for_each_block(given):
    assert hidden_layers.one_per_block("kernel_size", given, 2) == list(given)


@pytest.mark.parametrize(
    ("n_blocks", "remedy"),
    [
        (1, "kernel_size=((3, 5),)"),
        (3, "kernel_size=((3, 5), (3, 5), (3, 5))"),
    ],
)
def test_wrong_number_of_settings_raises_and_says_where_a_pair_goes(n_blocks, remedy):
    with pytest.raises(ValueError, match="kernel_size must be one value for all blocks") as error:
        hidden_layers.one_per_block("kernel_size", (3, 5), n_blocks)
    message = str(error.value)
    assert f"a tuple of {n_blocks}, one per entry of filters, got (3, 5)" in message
    assert message.endswith(f"A pair (height, width) goes inside the tuple: {remedy}.")
