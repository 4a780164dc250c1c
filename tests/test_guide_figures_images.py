"""Numbers and figures of the guide from convolution to evaluation, from independent sources."""

import re
import runpy
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import minimize
from scipy.signal import convolve2d, correlate2d
from scipy.special import expit, softmax

from sknn import MLPRegressor
from sknn.nn import Conv2D

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["backpropagation", "convolution", "gradient_descent", "pooling"]
WARNING = re.compile(r"^:::\{admonition\} ([^\n]*)\n:class: warning\n(.*?)^:::$", re.M | re.S)
DECIMAL = re.compile(r"\d+\.\d+")
# the wrong numbers that a warning quotes; no code of the page makes them
QUOTED = {"backpropagation": {"0.985", "1.4755", "0.3685"}}


def page(name):
    return (DOCS / "guide" / f"{name}.md").read_text(encoding="utf-8")


def printed(name):
    """The blocks of output of a page."""
    return re.findall(r"^```text\n(.*?)^```$", page(name), re.M | re.S)


def matrix_after(name, line):
    """The matrix that a page prints after a line, the last time that it does."""
    blocks = [block for block in printed(name) if f"\n{line}\n" in f"\n{block}"]
    _, _, rest = f"\n{blocks[-1]}".partition(f"\n{line}\n")
    rows = [row.strip("[] ") for row in re.match(r"\[\[.*?\]\]", rest, re.S)[0].splitlines()]
    return np.array([row.split() for row in rows], dtype=float)


@pytest.mark.parametrize("name", PAGES)
def test_numbers_in_warnings_are_printed_by_code_of_the_page(name):
    warnings = WARNING.findall(page(name))
    assert warnings
    outputs = [float(number) for number in DECIMAL.findall("".join(printed(name)))]
    for title, text in warnings:
        assert title == "Wrong in some texts"
        for number in set(DECIMAL.findall(text)) - QUOTED.get(name, set()):
            half = 0.5001 * 10.0 ** -len(number.partition(".")[2])
            assert any(abs(output - float(number)) <= half for output in outputs), number


@pytest.mark.parametrize("padding", ["same", 0, 1, 2, 3])
def test_sizes_with_floor_and_zeros_of_same_padding_are_those_of_the_table(padding):
    for i, k, s in product(range(1, 33), range(1, 8), range(1, 5)):
        if padding == "same":
            side = -(-i // s)
            zeros = max((side - 1) * s + k - i, 0)
            windows = Conv2D(1, k, s).windows((i, i, 1))
            assert windows.padding == ((zeros // 2, zeros - zeros // 2),) * 2
            assert windows.outputs == (side, side)
            assert side == (i - 1) // s + 1
            if zeros:  # with one less, a window is missing
                assert (i + zeros - 1 - k) // s + 1 < side
        elif i + 2 * padding >= k:
            side = (i + 2 * padding - k) // s + 1
            assert Conv2D(1, k, s, padding).output_shape((i, i, 1)) == (side, side, 1)


def test_gradients_of_the_convolution_are_those_of_scipy():
    x = np.array([[1, 3, 2, 0], [4, 2, 1, 1], [0, 1, 5, 6], [3, 2, 7, 4]])
    delta = matrix_after("convolution", "delta")
    assert_array_equal(matrix_after("convolution", "dK"), correlate2d(x, delta, "valid"))
    assert_array_equal(matrix_after("convolution", "dx"), convolve2d(delta, [[1, 2], [3, 4]]))


def test_jacobian_of_the_softmax_is_that_of_differences():
    z = np.array([1.86706797, 2.23028232, 2.82303603])
    little = 1e-6 * np.eye(3)
    jacobian = (softmax(z + little, axis=1) - softmax(z - little, axis=1)) / 2e-6
    assert_allclose(matrix_after("backpropagation", "J"), jacobian, atol=2e-8)


@pytest.mark.parametrize(("seed", "minimum"), [(0, 0.125), (1, 0.0136)])
def test_both_ends_of_the_descent_are_minima_of_the_loss_written_out(seed, minimum):
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1.0, 1.0, 0.0])
    reg = MLPRegressor(
        hidden_layer_sizes=(2,),
        activation="logistic",
        solver="sgd",
        learning_rate_init=0.3,
        batch_size=4,
        alpha=0.003,
        max_iter=2000,
        tol=0,
        random_state=seed,
    )
    with pytest.warns(UserWarning, match="hasn't converged"):
        reg.fit(x, y)

    def loss(theta):
        first, bias, second, last = np.split(theta, [4, 6, 8])
        residuals = expit(x @ first.reshape(2, 2) + bias) @ second + last - y
        return residuals @ residuals / 8 + 0.003 / 8 * (first @ first + second @ second)

    (first, second), (bias, last) = reg.coefs_, reg.intercepts_
    end = np.concatenate([first.ravel(), bias, second.ravel(), last])
    assert loss(end) == pytest.approx(minimum, abs=1e-4)
    assert minimize(loss, end, method="Nelder-Mead").fun == pytest.approx(minimum, abs=1e-4)


def test_drawing_of_the_confusion_matrix_has_true_classes_in_rows():
    plt = pytest.importorskip("matplotlib.pyplot")
    (ax,) = runpy.run_path(str(DOCS / "figures" / "confusion_matrix.py"))["figure"].axes
    counts = [int(text.get_text()) for text in ax.texts]
    assert counts == [10, 3, 5, 1, 15, 6, 2, 4, 20]  # row by row, 18 cats in the first
    places = [text.get_position() for text in ax.texts]  # across, down
    assert places == [(column, row) for row, column in product(range(3), repeat=2)]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("True label", "Predicted label")
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["cat", "dog", "pig"]
    plt.close("all")
