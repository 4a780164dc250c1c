"""Codes that are computed once: the same networks, for rows that are encoded in advance."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn import Dense, Embedding, Periodic, PiecewiseLinear, TableInput
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.tabular import piecewise_codes
from sknn.tabular.piecewise_codes import with_codes

N = 30
RANDOM = np.random.RandomState(0)
NUMBERS, OTHERS = RANDOM.normal(size=(N, 2)), RANDOM.normal(size=(N, 1))
X = np.hstack([NUMBERS, OTHERS, RANDOM.randint(4, size=(N, 2))]).astype(np.float32)
Y, CODEBOOK, WEIGHT = RANDOM.randint(3, size=N), np.eye(3, dtype=np.float32), RANDOM.rand(N)
EDGES = [np.linspace(-2, 2, 6), np.array([-1.0, 0.0, 1.0])]  # at most 5 bins
NUMERIC = PiecewiseLinear(EDGES, 3), slice(0, 2)
CODES = Embedding([4, 4], 2), slice(3, 5)
PLACES = 2 * (5 + 1) + 1 + 2  # codes of bins and numbers, the other column, codes of levels
NBYTES = 4 * N * PLACES


def _given(first=None, x=X, held_out=None):
    rows = Rows(x, Y, WEIGHT, dtype=np.float32, codebook=CODEBOOK)
    first = TableInput([NUMERIC, CODES]) if first is None else first
    return [first, Dense(3, "identity")], rows, held_out or [HeldOut(x, None, Y, Y, None, None)]


def _outputs(layers, x, theta):
    network = Network(layers, x.shape[1:])
    model = Model(network, None, theta, np.empty(0, np.float32))
    return network, model.outputs(x, 2**20)


@pytest.fixture(autouse=True)
def _few_rows_in_a_block(monkeypatch):
    monkeypatch.setattr(piecewise_codes, "BLOCK", 8)  # the last block of 30 rows is shorter


def test_networks_on_codes_have_the_outputs_and_parameters_of_those_on_columns():
    layers, rows, held_out = _given()
    network = Network(layers, X.shape[1:])
    theta = RANDOM.normal(size=network.layout.size).astype(np.float32)
    wanted = _outputs(layers, X, theta)[1]
    coded_layers, coded_rows, coded_held_out = with_codes(layers, rows, held_out)
    assert coded_rows.x.shape == (N, PLACES)
    coded, z = _outputs(coded_layers, coded_rows.x, theta)
    assert_allclose(z, wanted, rtol=1e-5, atol=1e-5)
    assert coded_held_out[0].x is coded_rows.x
    assert [[own.name for own in layer] for layer in coded.layout.declared] == [
        [own.name for own in layer] for layer in network.layout.declared
    ]


def test_targets_and_weights_are_those_given():
    _, rows, held_out = _given()
    _, coded, coded_held_out = with_codes(*_given())
    at = np.arange(N)
    assert_array_equal(coded.take(at).y, rows.take(at).y)
    assert_array_equal(coded.take(at).weight, rows.take(at).weight)
    assert coded.dtype == np.float32
    assert_array_equal(coded_held_out[0].labels, held_out[0].labels)


def test_validation_rows_of_their_own_are_encoded_as_well():
    others = X[:7] + np.float32(0.5)
    layers, rows, held_out = _given()
    held_out = [replace(held_out[0], x=others), None]
    coded_layers, _, (own, none) = with_codes(layers, rows, held_out)
    assert none is None
    theta = RANDOM.normal(size=Network(layers, X.shape[1:]).layout.size).astype(np.float32)
    wanted = _outputs(layers, others, theta)[1]
    assert_allclose(_outputs(coded_layers, own.x, theta)[1], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("first", [TableInput([(Periodic(), slice(0, 3)), CODES]), Dense(4)])
def test_other_layers_stay_as_they_are(first):
    given = _given(first)
    assert all(own is its for own, its in zip(with_codes(*given), given, strict=True))


@pytest.mark.parametrize(("most", "encodes"), [(NBYTES, True), (NBYTES - 1, False)])
def test_codes_take_limited_memory(most, encodes, monkeypatch):
    monkeypatch.setattr(piecewise_codes, "MOST", most)
    assert (with_codes(*_given())[1].x is not X) == encodes
