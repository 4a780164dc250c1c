import numpy as np
import pytest
from helpers import Square
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from scipy.stats import norm

from sknn.nn import ELU, HardSigmoid, LeakyReLU, PReLU, SiLU
from sknn.nn.activations import ACTIVATIONS
from sknn.plotting import ActivationDisplay

FORMULAS = {
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "gelu": lambda z: z * norm.cdf(z),
    "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "identity": lambda z: z,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "logistic": expit,
    "mish": lambda z: z * np.tanh(np.log1p(np.exp(z))),
    "prelu": lambda z: np.where(z > 0, z, 0.25 * z),
    "relu": lambda z: np.maximum(z, 0),
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z)),
    "sign": lambda z: np.where(z >= 0, 1, -1),
    "silu": lambda z: z * expit(z),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "step": lambda z: np.where(z >= 0, 1, 0),
    "tanh": np.tanh,
}
# Straight-through estimators: the derivative of this takes the place of their own, which is 0.
TRAINED_AS = {
    "sign": lambda z: np.clip(z, -1, 1),
    "step": lambda z: np.clip((z + 1) / 2, 0, 1),
}


def test_every_kind_of_activation_is_shown_once():
    display = ActivationDisplay.from_activations(plot=False)
    names = sorted(set(ACTIVATIONS) - {"sigmoid", "swish"})  # which are logistic and silu
    assert list(display.outputs) == list(display.derivatives) == names


@pytest.mark.parametrize("name", FORMULAS)
def test_outputs_and_derivatives_are_those_of_the_formula(name):
    # No kink lies on one of these points.
    display = ActivationDisplay.from_activations(name, low=-3.97, high=4, n_points=54, plot=False)
    assert_allclose(display.z, np.linspace(-3.97, 4, 54))
    assert_allclose(display.outputs[name], FORMULAS[name](display.z), rtol=1e-12, atol=1e-14)
    f, step = TRAINED_AS.get(name, FORMULAS[name]), 1e-6
    differences = (f(display.z + step) - f(display.z - step)) / (2 * step)
    assert_allclose(display.derivatives[name], differences, rtol=1e-6, atol=1e-8)


def test_objects_are_shown_with_their_settings():
    display = ActivationDisplay.from_activations(
        ["relu", LeakyReLU(0.2), ELU(0.5), PReLU(0.1), Square()], plot=False
    )
    names = ["relu", "LeakyReLU(slope=0.2)", "ELU(alpha=0.5)", "PReLU(slope=0.1)", "Square()"]
    assert list(display.outputs) == names
    assert display.outputs["LeakyReLU(slope=0.2)"][0] == -0.8
    assert display.derivatives["LeakyReLU(slope=0.2)"][0] == 0.2
    assert display.derivatives["PReLU(slope=0.1)"][0] == 0.1
    assert_allclose(display.outputs["Square()"], display.z**2)
    assert_allclose(display.derivatives["Square()"], 2 * display.z)
    (one,) = ActivationDisplay.from_activations(Square(), plot=False).outputs
    assert one == "Square()"


def test_settings_of_an_object_are_those_shown():
    swish, ramp = SiLU(beta=2.0), HardSigmoid(slope=0.25)
    of_units = PReLU(0.1, shared=False)
    display = ActivationDisplay.from_activations([swish, ramp, of_units], plot=False)
    z, p = display.z, expit(2 * display.z)
    assert_allclose(display.outputs["SiLU(beta=2.0)"], z * p, rtol=1e-12)
    assert_allclose(display.derivatives["SiLU(beta=2.0)"], p + 2 * z * p * (1 - p), atol=1e-14)
    name = "HardSigmoid(slope=0.25)"
    assert_allclose(display.outputs[name], np.interp(z, [-2, 2], [0, 1]), rtol=1e-12)
    assert_array_equal(display.derivatives[name], np.where(np.abs(z) < 2, 0.25, 0))
    name = "PReLU(slope=0.1, shared=False)"
    assert_array_equal(display.outputs[name], np.where(z > 0, z, 0.1 * z))
    assert_array_equal(display.derivatives[name], np.where(z > 0, 1, 0.1))


def test_a_panel_for_each_activation_has_both_lines(pyplot):
    names = ["relu", "tanh", "elu", "gelu", "silu"]
    display = ActivationDisplay.from_activations(names)
    assert len(display.axes_) == len(display.figure_.axes) == 5
    assert display.ax_ is display.axes_[0]
    for ax, name in zip(display.axes_, names, strict=True):
        output, derivative, *_ = ax.lines
        assert ax.get_title() == name
        assert_array_equal(output.get_data(), (display.z, display.outputs[name]))
        assert_array_equal(derivative.get_data(), (display.z, display.derivatives[name]))
        assert output.get_linestyle() != derivative.get_linestyle()
        assert output.get_color() == "#0072B2"
        assert derivative.get_color() == "#D55E00"
        assert output.get_linestyle() == "-"
        assert derivative.get_linestyle() == "--"
    # Two rows of three: the lowest of each column is labelled.
    labels = [ax.get_xlabel() for ax in display.axes_]
    assert labels == ["", "", *["Weighted sum z"] * 3]
    assert_allclose(display.figure_.get_size_inches(), (3 * 2.6, 2 * 2.2))
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["f(z)", "f'(z) in training"]
    assert [ax.get_legend() is None for ax in display.axes_] == [False, *[True] * 4]


@pytest.mark.parametrize(
    ("n", "n_rows", "n_columns"), [(1, 1, 1), (4, 1, 4), (5, 2, 3), (7, 3, 3), (17, 4, 5)]
)
def test_panels_stand_in_rows(n, n_rows, n_columns, pyplot):
    z = np.array([-1.0, 1.0])
    values = {f"f{number}": z for number in range(n)}
    display = ActivationDisplay(z=z, outputs=values, derivatives=values).plot()
    grid = display.ax_.get_gridspec()
    assert (grid.nrows, grid.ncols) == (n_rows, n_columns)
    width, height = display.figure_.get_size_inches()
    assert (width, height) == (max(4, 2.6 * n_columns), max(3.2, 2.2 * n_rows))
    below = [bool(ax.get_xlabel()) for ax in display.axes_]
    assert below == [number + n_columns >= n for number in range(n)]


def test_axes_cross_at_0_behind_the_lines(pyplot):
    display = ActivationDisplay.from_activations("tanh", low=1.0, high=3.0, n_points=3)
    output, _, across, down = display.ax_.lines
    assert set(across.get_ydata()) == set(down.get_xdata()) == {0}
    assert across.get_zorder() == down.get_zorder() == 0
    assert_array_equal(output.get_xdata(), [1, 2, 3])


def test_arguments_of_the_lines_are_passed_on(pyplot):
    display = ActivationDisplay.from_activations(["tanh"], color="red", linestyle=":", label="g")
    for line in display.ax_.lines[:2]:
        assert (line.get_color(), line.get_linestyle(), line.get_label()) == ("red", ":", "g")


def test_range_has_its_default_and_its_least_points():
    z = ActivationDisplay.from_activations("tanh", plot=False).z
    assert (z[0], z[200], z[-1], len(z)) == (-4, 0, 4, 401)
    z = ActivationDisplay.from_activations("tanh", low=1, high=2, n_points=2, plot=False).z
    assert_array_equal(z, [1, 2])


def test_axes_may_be_given(pyplot):
    _, ax = pyplot.subplots()
    display = ActivationDisplay.from_activations("tanh", ax=ax)
    assert display.ax_ is ax
    with pytest.raises(ValueError, match="ax must be axes, or 1 of them"):
        ActivationDisplay.from_activations("tanh", ax=[ax, ax])
    _, axes = pyplot.subplots(1, 2)
    assert_array_equal(ActivationDisplay.from_activations(["tanh", "relu"], ax=axes).axes_, axes)


@pytest.mark.parametrize("wrong", [{"low": 4}, {"low": 0.0, "high": -1.0}, {"n_points": 1}])
def test_ranges_that_do_not_rise_raise(wrong):
    with pytest.raises(
        ValueError, match="low < high, and n_points must be an int of at least 2 and up to"
    ):
        ActivationDisplay.from_activations("tanh", plot=False, **wrong)


def test_ends_may_be_ints_of_any_size():
    display = ActivationDisplay.from_activations("relu", low=0, high=10**30, n_points=3, plot=False)
    assert_array_equal(display.z, [0, 5e29, 1e30])


def test_outputs_and_derivatives_are_arrays_of_their_own():
    display = ActivationDisplay.from_activations("identity", plot=False)
    output, derivative = display.outputs["identity"], display.derivatives["identity"]
    for one, other in ((output, display.z), (derivative, display.z), (output, derivative)):
        assert not np.shares_memory(one, other)
    assert output.base is derivative.base is None


def test_what_is_no_activation_raises():
    with pytest.raises(ValueError, match=r"list of at least one of them, got \[\]"):
        ActivationDisplay.from_activations([], plot=False)
    with pytest.raises(ValueError, match=r"one of \['elu', .*, got 'sine'"):
        ActivationDisplay.from_activations("sine", plot=False)
    with pytest.raises(TypeError, match="an instance, not a class"):
        ActivationDisplay.from_activations([ELU], plot=False)
