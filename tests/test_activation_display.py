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


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


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
    # Two rows of three: the lowest of each column is labelled.
    assert [bool(ax.get_xlabel()) for ax in display.axes_] == [False, False, True, True, True]


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
    with pytest.raises(ValueError, match="low < high and n_points >= 2, got"):
        ActivationDisplay.from_activations("tanh", plot=False, **wrong)


def test_what_is_no_activation_raises():
    with pytest.raises(ValueError, match=r"one of \['elu', .*, got 'sine'"):
        ActivationDisplay.from_activations("sine", plot=False)
    with pytest.raises(TypeError, match="an instance, not a class"):
        ActivationDisplay.from_activations([ELU], plot=False)
