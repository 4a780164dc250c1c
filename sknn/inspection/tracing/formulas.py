"""The formulas of layers, activations, losses and optimisers, each as one line of text."""

import re
from dataclasses import dataclass, field, replace

from sknn.nn.activations import HardSigmoid, SiLU
from sknn.nn.layers import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
    Periodic,
    PiecewiseLinear,
    Scale,
)
from sknn.nn.residual import Residual
from sknn.nn.table import TableInput


@dataclass(frozen=True)
class Formulas:
    """The formulas of a kind of layer: z from x, the gradients of parameters by name, and dx."""

    z: str
    grads: dict = field(default_factory=dict)
    dx: str = ""


NORMALIZATION = Formulas(
    "scale * (x - mean) / sqrt(variance + epsilon) + shift",
    {"scale": "sum of delta * (x - mean) / sqrt(variance + epsilon)", "shift": "sum of delta"},
    "delta through the scale, the mean and the variance",
)
UNCHANGED = Formulas("x", {}, "delta")
LAYERS = {
    Activate: UNCHANGED,
    AveragePool2D: Formulas(
        "mean of the pixels of each window", {}, "delta, spread evenly over the pixels of a window"
    ),
    BatchNorm: NORMALIZATION,
    Conv2D: Formulas(
        "sum of pixels * weight over each window + bias",
        {
            "weight": "sum of pixels * delta over all windows",
            "bias": "sum of delta over all windows",
        },
        "sum of weight * delta over the windows that contain the pixel",
    ),
    Dense: Formulas(
        "x @ weight + bias",
        {"weight": "x.T @ delta", "bias": "sum of delta over samples"},
        "delta @ weight.T",
    ),
    Dropout: UNCHANGED,
    Embedding: Formulas(
        "the row of the table for each code, side by side",
        {"table": "sum of delta over the samples with the code of the row"},
        "0",
    ),
    Flatten: Formulas("the values of x in one row", {}, "delta, in the shape of x"),
    GlobalAveragePool2D: Formulas(
        "mean of each channel", {}, "delta, spread evenly over the pixels of a channel"
    ),
    LayerNorm: NORMALIZATION,
    MaxPool2D: Formulas(
        "largest pixel of each window", {}, "delta, to the largest pixel of each window"
    ),
    Periodic: Formulas(
        "weight @ cos(2 pi frequency * x + phase) + bias, and x, for each column",
        {
            "frequency": "sum of (weight.T @ delta) * -sin(2 pi frequency * x + phase) * 2 pi x",
            "phase": "sum of (weight.T @ delta) * -sin(2 pi frequency * x + phase)",
            "weight": "sum of delta * cos(2 pi frequency * x + phase)",
            "bias": "sum of delta over samples",
        },
        "delta through the cosines + delta of the column itself",
    ),
    PiecewiseLinear: Formulas(
        "x slope + bias + weight @ encoding(x) for each column",
        {
            "slope": "sum of delta * x",
            "bias": "sum of delta over samples",
            "weight": "sum of delta * encoding(x)",
        },
        "delta through the slope + delta through the bin of x",
    ),
    Residual: Formulas(
        "branch(x) + shortcut(x)", {}, "delta back through the branch + delta through the shortcut"
    ),
    Scale: Formulas("x * scale", {"scale": "sum of delta * x"}, "delta * scale"),
    TableInput: Formulas(
        "the outputs of the parts, then the other columns",
        {},
        "delta back through the parts, and delta of the other columns",
    ),
}
# For activations whose settings differ from the defaults, which the docstring describes first.
WITH_SETTINGS = {
    HardSigmoid: "f(z) = min(max(slope * z + 1/2, 0), 1)",
    SiLU: "f(z) = z / (1 + exp(-beta * z))",
}


def formulas_of(layer):
    """The Formulas of a layer; for a user-defined layer, the formula in its docstring."""
    for kind, formulas in LAYERS.items():
        if isinstance(layer, kind) and type(layer).forward is kind.forward:
            return _with_settings(formulas, layer)
    return Formulas(formula(layer))


def _with_settings(formulas, layer):
    """The Formulas, adapted to layers without a bias and to layers with scaled weighted sums."""
    if not getattr(layer, "bias", True):
        formulas = replace(formulas, z=formulas.z.removesuffix(" + bias"))
    if getattr(layer, "scaling", "standard") != "ntp":
        return formulas
    grads = {**formulas.grads, "weight": f"{formulas.grads['weight']} / sqrt(n_in)"}
    z = formulas.z.replace("x @ weight", "x @ weight / sqrt(n_in)")
    return Formulas(z, grads, f"{formulas.dx} / sqrt(n_in)")


def formula(of):
    """The first sentence of the docstring of an object's class, without the reference."""
    lines = (type(of).__doc__ or type(of).__name__).strip().splitlines()
    return re.split(r"; (?! )|\. |\.$", lines[0])[0]  # formulas are separated by two spaces


def activation_formula(activation):
    """The formula of an activation, with the names of settings that differ from the defaults."""
    default = repr(activation) == f"{type(activation).__name__}()"
    return (
        formula(activation) if default else WITH_SETTINGS.get(type(activation), formula(activation))
    )


def loss_formula(loss):
    """The formula of a loss, including that of the loss inside it."""
    inner = getattr(loss, "loss", None)
    return formula(loss) if inner is None else f"{formula(loss)}, of {loss_formula(inner)}"
