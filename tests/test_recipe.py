"""The recipe of a member: its layers by hand, batch sizes, levels that no row had."""

import numpy as np
import pytest

from sknn.nn import (
    Blend,
    Dense,
    Dropout,
    Embedding,
    FlatCosine,
    Periodic,
    PiecewiseLinear,
    Scale,
    TableInput,
)
from sknn.nn.network import Network
from sknn.nn.schedules import Progress
from sknn.tabular import recipe
from sknn.tabular.recipe import (
    batch_size_for,
    fill_unknown,
    layers_for,
    optimizer_for,
    schedule_for,
)

RANDOM = np.random.RandomState(0)


def _layers(x, n_numbers, sizes=(), embedding="auto", dropout=0.25):
    return layers_for(
        x,
        n_numbers,
        sizes,
        3,
        hidden=[20, 10],
        activation="mish",
        embedding=embedding,
        dropout=dropout,
    )


@pytest.mark.parametrize(
    ("n", "given", "size"),
    [
        (10, None, 10),
        (64, None, 64),
        (640, None, 64),
        (1000, None, 63),  # 16 batches
        (1024, None, 64),
        (1025, None, 129),  # 8 batches
        (8193, None, 257),  # 32 batches
        (30_001, None, 509),  # 59 batches of at most 512
        (102_400, None, 1024),
        (100, 30, 34),  # 3 batches
        (100, 1000, 100),
    ],
)
def test_batches_of_an_epoch_are_about_as_large(n, given, size):
    assert batch_size_for(n, given) == size


def test_layers_are_those_of_the_recipe():
    x = np.zeros((50, 5), np.float32)
    first, scale, *hidden, last = _layers(x, 2, sizes=[4])
    assert isinstance(first, TableInput)
    (periodic, numbers), (embedding, codes) = first.parts
    assert isinstance(periodic, Periodic)
    assert (periodic.rate, numbers) == (0.1, slice(0, 2))
    assert isinstance(embedding, Embedding)
    assert codes == slice(4, 5)
    assert (embedding.n_levels, embedding.size) == ([4], 8)
    assert isinstance(scale, Scale)
    assert scale.rate == 6
    assert [type(layer) for layer in hidden] == [Dense, Dropout, Dense, Dropout]
    for layer, units in zip(hidden[::2], (20, 10), strict=True):
        assert (layer.units, layer.scaling, layer.bias_rate) == (units, "ntp", 0.1)
        assert isinstance(layer.activation, Blend)
        assert (layer.activation.activation, layer.activation.rate) == ("mish", 0.1)
    for layer in hidden[1::2]:
        assert layer.rate == 0.25
        assert isinstance(layer.schedule, FlatCosine)
    assert (last.units, last.activation, last.scaling) == (3, "identity", "ntp")
    # 2 numbers as themselves and 3 more each, 2 other columns, 8 for a level
    assert Network(_layers(x, 2, sizes=[4]), (5,)).shapes[1] == (2 * 4 + 2 + 8,)


def test_nothing_to_embed_and_nothing_to_drop_are_left_out():
    layers = _layers(np.zeros((50, 5)), 0, dropout=0.0)
    assert [type(layer) for layer in layers] == [Scale, Dense, Dense, Dense]
    layers = _layers(np.zeros((50, 5)), 5, embedding="none")
    assert isinstance(layers[0], Scale)


@pytest.mark.parametrize(
    ("rows", "columns", "kind"),
    [(2499, 1, Periodic), (2500, 1, PiecewiseLinear), (20, 200, Periodic), (20, 201, None)],
)
def test_embedding_of_numbers_depends_on_the_table(rows, columns, kind):
    first = _layers(RANDOM.normal(size=(rows, columns)), columns)[0]
    assert (type(first.parts[0][0]) if kind else type(first)) == (kind or Scale)


def test_edges_of_bins_are_quantiles_each_once():
    x = np.column_stack([np.arange(100.0), np.repeat([0.0, 1.0, 5.0], [60, 20, 20])])
    layer, columns = _layers(x, 2, embedding="piecewise_linear")[0].parts[0]
    assert (layer.size, layer.rate, columns) == (4, 0.1, slice(0, 2))
    np.testing.assert_allclose(layer.edges[0], np.arange(33) / 32 * 99)
    np.testing.assert_array_equal(layer.edges[1], [0, 1, 5])


def test_optimiser_and_schedule_have_the_numbers_of_the_paper():
    optimizer = optimizer_for(0.3)
    assert (optimizer.beta_1, optimizer.beta_2, optimizer.epsilon) == (0.9, 0.95, 1e-8)
    progress = Progress(step=75, total_steps=100)
    assert optimizer.at(progress).weight_decay == pytest.approx(0.15)  # (1 + cos(pi / 2)) / 2
    halfway_up = Progress(step=1, total_steps=30)  # log2(1 + 15 / 30) of the first cycle
    expected = 0.1 * (1 - np.cos(2 * np.pi * np.log2(1.5))) / 2
    assert schedule_for().rate(halfway_up, 0.1) == pytest.approx(expected)


def test_levels_that_no_row_had_get_the_mean_vector_of_the_rows():
    table = RANDOM.normal(size=(2, 3 + 2 + 2, 8))  # of two members; columns of 3, 2 and 2 codes
    x = np.array([[9.0, 1, 0, 1], [9.0, 2, 1, 1], [9.0, 1, 1, 1]])
    before = table.copy()
    fill_unknown({"embedding1.table": table}, x, [3, 2, 2])
    np.testing.assert_allclose(table[:, 0], (2 * before[:, 1] + before[:, 2]) / 3)
    np.testing.assert_array_equal(table[:, 1:5], before[:, 1:5])  # the second has rows with 0
    np.testing.assert_allclose(table[:, 5:], before[:, [6, 6]])


def test_rates_of_learning_are_named_once():
    assert (recipe.SLOWLY, recipe.FAST) == (0.1, 6.0)
