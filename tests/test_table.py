import pickle

import numpy as np
import pytest
from helpers import drawn_params, forward_backward, normal
from numpy.testing import assert_array_equal
from sklearn.base import clone

from sknn import SequentialClassifier, load, save
from sknn.nn import (
    Activate,
    BatchNorm,
    Dense,
    Dropout,
    Embedding,
    FlatCosine,
    Flatten,
    Periodic,
    PiecewiseLinear,
    Residual,
    Scale,
    TableInput,
    ThroughRows,
    UnitVariance,
)
from sknn.nn.network import Network

SHAPE = (6,)


@pytest.mark.parametrize(
    "columns",
    [
        ([0, 1], [4, 3], [5]),
        (slice(0, 2), np.array([4, 3]), slice(-1, None)),
        ((0, 1), slice(4, 2, -1), [5]),
    ],
    ids=["lists", "slices and arrays", "tuples"],
)
def test_parts_are_side_by_side_and_other_columns_after_them(columns):
    first, second, third = columns
    layer = TableInput(
        [(Scale(), first), ("table", Activate("tanh"), second), (Embedding(3, 2), third)]
    )
    x, dy = normal(5, 6), normal(5, 7, seed=1)
    params = drawn_params(layer, SHAPE)
    assert list(params) == ["scale1.scale", "embedding1.table"]
    y, dx, grads = forward_backward(layer, params, x, dy)
    assert layer.output_shape(SHAPE) == (7,)
    scale, vectors = params["scale1.scale"], params["embedding1.table"]
    codes = np.where((x[:, 5] >= 0) & (x[:, 5] < 3), x[:, 5], 0).astype(int)
    wanted = [x[:, :2] * scale, np.tanh(x[:, [4, 3]]), vectors[codes], x[:, [2]]]
    assert_array_equal(y, np.hstack(wanted))
    wanted = np.zeros((5, 6))
    wanted[:, :2] = dy[:, :2] * scale
    wanted[:, [4, 3]] = dy[:, 2:4] * (1 - np.tanh(x[:, [4, 3]]) ** 2)
    wanted[:, 2] = dy[:, 6]
    np.testing.assert_allclose(dx, wanted, rtol=1e-14)
    np.testing.assert_allclose(grads["scale1.scale"][0], (x[:, :2] * dy[:, :2]).sum(0), rtol=1e-13)


@pytest.mark.parametrize("columns", [slice(0, 3), [0, 1, 2], slice(0, 2), [2, 1, 0]])
def test_a_part_alone_is_its_layer_on_its_columns(columns):
    layer = TableInput([(Scale(), columns)])
    x, dy, params = normal(4, 3), normal(4, 3, seed=1), drawn_params(layer, (3,))
    y, dx, grads = forward_backward(layer, params, x, dy)
    (scale,), n = params["scale1.scale"], params["scale1.scale"].shape[1]
    taken = np.arange(3)[columns]
    assert_array_equal(y, np.hstack([x[:, taken] * scale, x[:, np.setdiff1d(range(3), taken)]]))
    wanted = dy.copy()  # the third column is passed on if two are taken
    wanted[:, taken] = dy[:, :n] * scale
    assert_array_equal(dx, wanted)
    own = (x[:, taken] * dy[:, :n]).sum(axis=0)
    np.testing.assert_allclose(grads["scale1.scale"][0], own, rtol=1e-13)


def test_a_part_that_takes_all_columns_may_have_others_beside_it():
    layer = TableInput([(Scale(), slice(0, 2)), (Scale(), [1])])
    x, params = normal(4, 2), drawn_params(layer, (2,))
    y, _, _ = forward_backward(layer, params, x, normal(4, 3))
    scales = np.hstack([params["scale1.scale"], params["scale2.scale"]])
    assert_array_equal(y, x[:, [0, 1, 1]] * scales)


def test_a_column_that_several_parts_take_gets_the_sum_of_their_gradients():
    layer = TableInput([(Scale(), [0, 1]), (Scale(), [1])])
    x, dy, params = normal(4, 2), normal(4, 3, seed=1), drawn_params(layer, (2,))
    y, dx, _ = forward_backward(layer, params, x, dy)
    (a, b), (c,) = params["scale1.scale"][0], params["scale2.scale"][0]
    assert_array_equal(y, np.column_stack([x[:, 0] * a, x[:, 1] * b, x[:, 1] * c]))
    assert_array_equal(dx, np.column_stack([dy[:, 0] * a, dy[:, 1] * b + dy[:, 2] * c]))


def test_neighbouring_columns_are_a_slice_which_copies_nothing():
    parts = [[1, 2], [0, 2, 3], [4, 3], [3, 3]]
    columns = TableInput([(Scale(), part) for part in parts]).columns(6)
    assert [columns[0], columns[-1]] == [slice(1, 3), slice(5, 6)]
    assert [own.tolist() for own in columns[1:-1]] == parts[1:]


def test_parts_are_given_gradients_without_gaps():
    given = []

    class Looking(Scale):
        def backward(self, params, grads, dy, *args, **named):
            given.append(dy.flags.c_contiguous)
            return super().backward(params, grads, dy, *args, **named)

    layer = TableInput([(Looking(), [0, 1]), (Looking(), [2])])
    forward_backward(layer, drawn_params(layer, (3,)), normal(4, 3), normal(4, 3, seed=1))
    assert given == [True, True]


def test_table_says_what_it_consists_of():
    layer = TableInput([(Periodic(3, 7), slice(0, 4)), (BatchNorm(), [5])])
    branches = layer.inside(SHAPE)
    assert [network.names for network in branches] == [["periodic1"], ["batchnorm1"]]
    assert [network.shapes for network in branches] == [[(4,), (16,)], [(1,), (1,)]]
    assert layer.output_shape(SHAPE) == (18,)
    inside = Periodic(3, 7).numbers_kept((4,)) + BatchNorm().numbers_kept((1,))
    assert layer.numbers_kept(SHAPE) == 18 + inside
    assert layer.multiply_adds(SHAPE) == Periodic(3, 7).multiply_adds((4,))
    assert layer.scratch(SHAPE) == 12
    assert [state.name for state in layer.state(SHAPE)] == [
        "batchnorm1.mean",
        "batchnorm1.variance",
    ]
    assert Network([layer], SHAPE).placed[0].networks(SHAPE) is not layer.networks(SHAPE)


def test_placed_table_makes_its_networks_once():
    placed = TableInput([(Scale(), [0])]).placed((2,))
    assert placed.networks((2,)) is placed.networks((2,))
    assert placed.networks((3,)) is not placed.networks((2,))


PROPERTIES = {
    "draws": Dropout(0.2),
    "joint": BatchNorm(),
    "scheduled": Dropout(0.2, FlatCosine()),
    "adapts": Dense(2, weight_init=UnitVariance()),
}


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize("wrapped", [lambda one: one, lambda one: Residual([one])])
def test_table_has_the_properties_of_its_parts(name, wrapped):
    layer = TableInput([(Scale(), [0]), (wrapped(PROPERTIES[name]), [1])])
    assert getattr(layer, name) is True
    assert getattr(Network([layer], (2,)), name) is True
    assert getattr(TableInput([(Scale(), [0])]), name) is False


def test_parts_adapt_to_their_columns():
    layer = TableInput([(Dense(3, weight_init=UnitVariance(), bias_init=ThroughRows()), [2, 1])])
    network, x = Network([layer], (3,)), normal(40, 3) * [1, 5, 10]
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    (params,) = network.layout.views(theta)
    network.adapt([params], [{}], x, np.random.RandomState(1))
    sums = x[:, [2, 1]] @ params["dense1.weight"]
    np.testing.assert_allclose(sums.std(axis=0), 1, rtol=1e-12)
    assert (np.abs(params["dense1.bias"]) > 0).all()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], r"parts must be a list of at least one \(layer, columns\), got \[\]"),
        (Scale(), r"parts must be a list of at least one .*, got Scale\(\)"),
        ([Scale()], r"parts must be .*\(name, layer, columns\).* got the entry Scale\(\)"),
        ([(Scale(),)], r"got the entry \(Scale\(\),\)"),
        ([("a", 3, [0])], "layers must be a list of layers"),
        ([("parts", Scale(), [0])], "Names of layers must be unique"),
        ([("a.b", Scale(), [0])], "Names of layers must be unique"),
        ([("a", Scale(), [0]), ("a", Scale(), [1])], "Names of layers must be unique"),
        ([(Scale(), [2])], r"columns of a part must be .* ints from 0 to 1, got \[2\]"),
        ([(Scale(), [-1])], r"ints from 0 to 1, got \[-1\]"),
        ([(Scale(), 0)], "ints from 0 to 1, got 0"),
        ([(Scale(), [0.0])], r"ints from 0 to 1, got \[0.0\]"),
        ([(Scale(), [True, False])], r"ints from 0 to 1, got \[True, False\]"),
        ([(Scale(), slice(2, 5))], r"at least one of 2 columns, got slice\(2, 5, None\)"),
        ([(Scale(), np.arange(0))], "at least one of 2 columns, got array"),
        ([(Dropout(2), [0])], "rate must be a number of at least 0 and below 1, got 2"),
    ],
)
def test_table_refuses_what_cannot_be(parts, message):
    with pytest.raises((ValueError, TypeError), match=f"(?s)Layer tableinput1, .*{message}"):
        Network([TableInput(parts), Dense(1)], (2,))


def test_table_needs_flat_samples():
    with pytest.raises(ValueError, match=r"needs flat samples, got samples of shape \(2, 2, 1\)"):
        Network([TableInput([(Scale(), [0])]), Flatten()], (2, 2, 1))


def test_settings_of_parts_are_parameters():
    layer = TableInput([("numbers", Periodic(), slice(0, 3)), (Embedding(4), [3])])
    params = layer.get_params()
    assert params["numbers__size"] == 3
    assert params["embedding1__n_levels"] == 4
    assert list(layer.get_params(deep=False)) == ["parts"]
    layer.set_params(numbers__size=5, embedding1=Embedding(7))
    assert layer.parts[0][1].size == 5
    assert repr(layer.parts[1]) == "(Embedding(n_levels=7), [3])"
    layer.set_params(numbers=Scale(), numbers__rate=2.0)
    assert repr(layer.parts[0]) == "('numbers', Scale(rate=2.0), slice(0, 3, None))"
    with pytest.raises(ValueError, match="Invalid parameter 'size'"):
        layer.set_params(size=3)
    layer.set_params(parts=[(Scale(), [0])], scale1__rate=3.0)
    assert layer.get_params()["scale1__rate"] == 3.0
    assert list(TableInput(3).get_params()) == ["parts"]


def test_table_survives_files_pickles_and_clones(tmp_path):
    x = np.column_stack([normal(30, 3), np.arange(30) % 4])
    parts = [
        (Periodic(), slice(0, 2)),
        ("bins", PiecewiseLinear([np.array([-1.0, 0.0, 1.0])], 2), np.array([2])),
        (Embedding([4], 2), [3]),
    ]
    layers = [TableInput(parts), Scale(rate=6.0), Dense(4)]
    estimator = SequentialClassifier(layers, max_iter=2, random_state=0)
    with pytest.warns(match="converge"):
        estimator.fit(x, np.arange(30) % 2)
    wanted = estimator.predict_proba(x)
    save(estimator, tmp_path / "table.sknn")
    for copy in (load(tmp_path / "table.sknn"), pickle.loads(pickle.dumps(estimator))):
        assert_array_equal(copy.predict_proba(x), wanted)
    with pytest.warns(match="converge"):
        again = clone(estimator).fit(x, np.arange(30) % 2)
    assert_array_equal(again.predict_proba(x), wanted)
