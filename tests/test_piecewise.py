from itertools import pairwise

import numpy as np
import pytest
from helpers import drawn_params, forward_backward, normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest, uniform

from sknn.nn import Dense, PiecewiseLinear
from sknn.nn.layers.piecewise import CodesOfColumns
from sknn.nn.network import Network
from sknn.nn.workspace import Workspace

EDGES = [[-1.0, 0.0, 0.5, 2.0], [-0.5, 0.5], [-2.0, -1.0, 1.0]]
SHAPE = (len(EDGES),)
VALUES = np.array([[-3.0, -2, -9], [-1, -0.5, -2], [-0.25, 0, -1.5], [0, 0.25, -1], [0.4, 0.5, 0],
                   [1, 1.5, 1], [2, 9, 1.5], [5, -9, 7]])  # fmt: skip


def encoding(x, edges):
    """The codes of numbers, one component after the other; Gorishniy et al. (2022), eq. 1."""
    codes = []
    for value in x:
        own = []
        for j, (low, high) in enumerate(pairwise(edges)):
            code = (value - low) / (high - low)
            code = max(code, 0) if j > 0 else code
            own.append(min(code, 1) if j < len(edges) - 2 else code)
        codes.append(own)
    return np.array(codes)


def test_columns_are_lines_plus_weights_of_their_codes():
    layer = PiecewiseLinear(EDGES, 2)
    params = drawn_params(layer, SHAPE)
    y, _, _ = forward_backward(layer, params, VALUES, normal(len(VALUES), 6))
    wanted = []
    for x, edges, slope, bias, weight in zip(
        VALUES.T, EDGES, params["slope"], params["bias"], params["weight"], strict=True
    ):
        codes = encoding(x, edges)
        wanted.append(np.outer(x, slope) + bias.T + codes @ weight[:, : codes.shape[1]].T)
    assert_allclose(y, np.hstack(wanted), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_piecewise_linear_is_that_of_torch_with_all_gradients(dtype, torch):
    layer, x, dy = PiecewiseLinear(EDGES, 4), 2 * normal(20, 3), normal(20, 12, seed=1)
    params = {name: own.astype(dtype) for name, own in drawn_params(layer, SHAPE).items()}
    x, dy = x.astype(dtype), dy.astype(dtype)
    y, dx, grads = forward_backward(layer, params, x, dy)
    theirs = {name: torch.tensor(own, requires_grad=True) for name, own in params.items()}
    given, made = torch.tensor(x, requires_grad=True), []
    for i, edges in enumerate(EDGES):
        codes = []
        for j, (low, high) in enumerate(pairwise(edges)):
            code = (given[:, i] - low) / (high - low)
            code = code.clamp(min=0) if j > 0 else code
            codes.append(code.clamp(max=1) if j < len(edges) - 2 else code)
        codes = torch.stack(codes, dim=1)
        line = given[:, i, None] * theirs["slope"][i, :, 0] + theirs["bias"][i, :, 0]
        made.append(line + codes @ theirs["weight"][i, :, : codes.shape[1]].T)
    wanted = torch.cat(made, dim=1)
    wanted.backward(torch.tensor(dy))
    within = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-10}
    assert_allclose(y, wanted.detach(), **within)
    assert_allclose(dx, given.grad, **within)
    for name, grad in grads.items():
        assert_allclose(grad, theirs[name].grad, **within)


def test_weights_of_bins_that_a_column_does_not_have_get_no_gradient():
    layer = PiecewiseLinear(EDGES, 2)
    _, _, grads = forward_backward(
        layer, drawn_params(layer, SHAPE), VALUES, normal(len(VALUES), 6)
    )
    assert_array_equal(grads["weight"][1, :, 1:], np.zeros((2, 2)))
    assert_array_equal(grads["weight"][2, :, 2:], np.zeros((2, 1)))
    assert np.abs(grads["weight"][0]).min() > 0


def test_derivative_at_an_edge_is_that_of_neither_bin():
    layer = PiecewiseLinear([[-1.0, 0.0, 1.0, 2.0]], 1)
    params = {"slope": [[[0.0]]], "bias": [[[0.0]]], "weight": [[[3.0, 5.0, 7.0]]]}
    params = {name: np.array(own) for name, own in params.items()}
    x = np.array([[-2.0], [-0.5], [0.0], [0.5], [1.0], [5.0]])
    _, dx, _ = forward_backward(layer, params, x, np.ones((6, 1)))
    # An edge belongs to neither of its bins; the first and the last one have no other end.
    assert_array_equal(dx.ravel(), [3, 3, 0, 5, 0, 7])


def test_first_values_are_a_line():
    layer = PiecewiseLinear(100 * [[0, 1, 2]], 16, rate=0.1)
    slope, bias, weight = layer.parameters((100,))
    assert [one.shape for one in (slope, bias, weight)] == [
        (100, 16, 1),
        (100, 16, 1),
        (100, 16, 2),
    ]
    for one in (slope, bias):
        drawn = one.initializer(np.random.RandomState(0), one.shape)
        assert kstest(drawn.ravel(), uniform(-0.25, 0.5).cdf).pvalue > 0.01
    assert_array_equal(weight.initializer(None, weight.shape), np.zeros(weight.shape))
    assert [one.decay for one in (slope, bias, weight)] == [True, False, True]
    assert [one.role for one in (slope, bias, weight)] == ["weight", "bias", "weight"]
    assert {one.rate for one in (slope, bias, weight)} == {0.1}


def test_bins_are_worked_out_once_for_each_workspace(monkeypatch):
    layer, calls = PiecewiseLinear(EDGES, 2), []
    bins = layer.bins
    monkeypatch.setattr(layer, "bins", lambda dtype: calls.append(dtype) or bins(dtype))
    cache = Workspace(np.float32)
    for _ in range(2):
        params = {n: p.astype(np.float32) for n, p in drawn_params(layer, SHAPE).items()}
        layer.forward(params, {}, VALUES.astype(np.float32), cache, None)
    assert calls == [np.float32]


def test_piecewise_linear_says_what_it_costs():
    layer = PiecewiseLinear(EDGES, 4)  # three bins at the most
    assert layer.output_shape(SHAPE) == (12,)
    assert layer.multiply_adds(SHAPE) == 3 * (3 + 1) * 4
    assert layer.numbers_kept(SHAPE) == 3 + 3 * 3 + 12
    assert layer.scratch(SHAPE) == 12


WANTED = "edges must be a list with at least two increasing, finite numbers for each column"


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (PiecewiseLinear(EDGES), (3, 1, 1), r"needs flat samples, got .* \(3, 1, 1\)"),
        (PiecewiseLinear(EDGES), (4,), "3 columns, one for each list in edges, got 4"),
        (PiecewiseLinear([]), (1,), WANTED),
        (PiecewiseLinear(3), (1,), WANTED),
        (PiecewiseLinear([[1.0]]), (1,), WANTED),
        (PiecewiseLinear([1.0, 2.0]), (2,), WANTED),
        (PiecewiseLinear([[1.0, 1.0]]), (1,), WANTED),
        (PiecewiseLinear([[0.0, 2.0, 1.0]]), (1,), WANTED),
        (PiecewiseLinear([[0.0, np.inf]]), (1,), WANTED),
        (PiecewiseLinear([[0.0, np.nan]]), (1,), WANTED),
        (PiecewiseLinear([["a", "b"]]), (1,), WANTED),
        (PiecewiseLinear(EDGES, 0), (3,), "size must be an int of at least 1, got 0"),
        (PiecewiseLinear(EDGES, rate=0), (3,), "rate must be a number above 0, got 0"),
    ],
)
def test_piecewise_linear_refuses_what_cannot_be(layer, shape, message):
    with pytest.raises(ValueError, match=f"Layer piecewiselinear1, .*{message}"):
        Network([layer, Dense(1)], shape)


def encoded(layer, x):
    rows = np.empty((len(x), x.shape[1] * (layer.n_bins + 1)), x.dtype)
    layer.encode(x, out=rows)
    return rows


def test_encoded_rows_hold_the_codes_of_each_column_and_its_number():
    rows = encoded(PiecewiseLinear(EDGES, 2), VALUES).reshape(len(VALUES), 3, 4)
    for column, edges in enumerate(EDGES):
        n_bins = len(edges) - 1
        assert_allclose(rows[:, column, :n_bins], encoding(VALUES[:, column], edges), rtol=1e-15)
        assert_array_equal(rows[:, column, n_bins:3], 0)
        assert_array_equal(rows[:, column, 3], VALUES[:, column])


def test_codes_of_columns_give_the_lines_plus_weights_of_codes_with_all_gradients():
    layer = PiecewiseLinear(EDGES, 4)
    x, dy, params = 2 * normal(20, 3), normal(20, 12, seed=1), drawn_params(layer, SHAPE)
    rows = encoded(layer, x)
    y, drows, grads = forward_backward(CodesOfColumns(layer), params, rows, dy)
    for column, of_y, of_dy, of_drows, codes in zip(
        range(3),
        np.split(y, 3, axis=1),
        np.split(dy, 3, axis=1),
        np.split(drows, 3, axis=1),
        np.split(rows, 3, axis=1),
        strict=True,
    ):
        slope, bias, weight = (params[name][column] for name in ("slope", "bias", "weight"))
        line = np.outer(x[:, column], slope) + bias.T
        assert_allclose(of_y, line + codes[:, :3] @ weight.T, rtol=1e-12, atol=1e-14)
        assert_allclose(of_drows, of_dy @ np.hstack([weight, slope]), rtol=1e-12, atol=1e-14)
        assert_allclose(grads["slope"][column], of_dy.T @ x[:, [column]], rtol=1e-12)
        assert_allclose(grads["bias"][column, :, 0], of_dy.sum(axis=0), rtol=1e-12)
        assert_allclose(grads["weight"][column], of_dy.T @ codes[:, :3], rtol=1e-12, atol=1e-14)


def test_models_can_share_encoded_rows():
    layer = PiecewiseLinear(EDGES, 2)
    rows, several = encoded(layer, VALUES), drawn_params(layer, SHAPE)
    several = {name: np.stack([own, 2 * own]) for name, own in several.items()}
    y = CodesOfColumns(layer).forward(several, {}, rows, Workspace(np.float64), None)
    for model in range(2):
        params = {name: own[model] for name, own in several.items()}
        alone = CodesOfColumns(layer).forward(params, {}, rows, Workspace(np.float64), None)
        assert_array_equal(y[model], alone)


def test_codes_of_columns_have_the_parameters_and_shapes_of_the_layer():
    layer = PiecewiseLinear(EDGES, 4, rate=0.5)
    network, given = Network([CodesOfColumns(layer)], (12,)), Network([layer], SHAPE)
    assert network.layout.size == given.layout.size
    assert network.shapes[1] == (12,)
    for own, its in zip(network.layout.declared[0], given.layout.declared[0], strict=True):
        assert (own.name, own.shape, own.decay, own.rate, own.role) == (
            (its.name, its.shape, its.decay, its.rate, its.role)
        )
    assert network.multiply_adds() == 12 * 4
