"""The formulas of a page, computed: each gives the numbers of the trace it stands beside."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn import MLPClassifier, SequentialRegressor
from sknn.inspection import trace
from sknn.inspection.tracing.formulas import (
    activation_formula,
    formula,
    formulas_of,
    loss_formula,
)
from sknn.nn import (
    ELU,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    HardSigmoid,
    LayerNorm,
    MaxPool2D,
    Periodic,
    Residual,
    Scale,
    SiLU,
)
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.losses import Heads, LabelSmoothing

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

KNOWN = {"sqrt": np.sqrt, "exp": np.exp, "tanh": np.tanh, "log": np.log}


def value(text, **names):
    """What a formula comes to; "sum of ..." is over samples."""
    summed = text.startswith("sum of ")
    text = text.removeprefix("sum of ").removesuffix(" over samples")
    text = re.sub(r"\b(min|max)\(", r"np.\1imum(", text)
    found = eval(text, {"np": np, **KNOWN, **names})
    return found.sum(axis=0, keepdims=True) if summed else found


@pytest.mark.parametrize(
    ("layer", "axis"),
    [
        (Dense(3, "identity"), None),
        (Dense(3, "identity", scaling="ntp"), None),
        (BatchNorm(), 0),
        (LayerNorm(), -1),
    ],
)
def test_formulas_of_layers_give_their_numbers(layer, axis):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 4)), rng.normal(size=7)
    reg = SequentialRegressor([Dense(5, "tanh"), layer], max_iter=2, random_state=0).fit(X, y)
    own = trace(reg, X, y)[1]
    names = {"x": own.x, "delta": own.delta, "n_in": 5, **own.params}
    if axis is not None:
        mean, variance = own.x.mean(axis, keepdims=True), own.x.var(axis, keepdims=True)
        names |= {"mean": mean, "variance": variance, "epsilon": 1e-5}
    formulas = formulas_of(layer)
    assert_allclose(own.z, value(formulas.z, **names), rtol=1e-10, atol=1e-12)
    assert formulas.grads.keys() == own.grads.keys()
    own_penalty = reg.alpha / 7 * own.params["weight"] if axis is None else 0
    for name, text in formulas.grads.items():
        gradient = own.grads[name] - (own_penalty if name == "weight" else 0)
        assert_allclose(gradient, value(text, **names), rtol=1e-9, atol=1e-12)
    if axis is None:
        assert_allclose(own.dx, value(formulas.dx, **names), rtol=1e-12)
    else:
        assert formulas.dx == "delta through the scale, the mean and the variance"


@pytest.mark.parametrize(
    ("layer", "kind"),
    [(Scale(), "scale"), (Periodic(keep_input=False), "periodic"), (Embedding(3), "embedding")],
)
def test_gradients_of_layers_for_tables_are_those_of_their_formulas(layer, kind):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 1)), rng.normal(size=7)
    reg = SequentialRegressor([layer], alpha=0.0, max_iter=2, random_state=0).fit(X, y)
    own = trace(reg, X, y)[0]
    formulas, params = formulas_of(layer), own.params
    assert formulas.grads.keys() == own.grads.keys()
    if kind == "scale":
        assert_allclose(own.z, value(formulas.z, x=X, **params))
        assert_allclose(own.grads["scale"], value(formulas.grads["scale"], x=X, delta=own.delta))
        return
    if kind == "embedding":
        codes = np.where((X >= 0) & (X < 3), X, 0).astype(int).ravel()
        wanted = [own.delta[codes == code].sum(axis=0) for code in range(3)]
        assert_allclose(own.grads["table"], wanted)
        assert not own.dx.any()
        return
    # One column: arrays as (n, sizes, frequencies) or (n, 1, frequencies).
    names = {"x": X[:, :, None], "pi": np.pi, "sin": np.sin, "cos": np.cos}
    names |= {name: params[name].swapaxes(1, 2)[:, :1] for name in ("frequency", "phase")}
    through = own.delta @ params["weight"][0]  # weight.T @ delta
    for name in ("frequency", "phase"):
        text = (
            formulas.grads[name].replace("(weight.T @ delta)", "through").replace("2 pi", "2 * pi")
        )
        text = text.replace("pi x", "pi * x").replace("pi frequency", "pi * frequency")
        got = value(text, **names, through=through[:, None, :])
        assert_allclose(own.grads[name].ravel(), got.ravel(), rtol=1e-9, atol=1e-12)
    text = formulas.grads["weight"].replace("2 pi", "2 * pi *")
    got = value(text, **names, delta=own.delta[:, :, None])
    assert_allclose(own.grads["weight"], got, rtol=1e-9, atol=1e-12)
    assert_allclose(
        own.grads["bias"].ravel(), value(formulas.grads["bias"], delta=own.delta).ravel()
    )


class Louder(Dense):
    """y = 2 (x @ weight); Nobody (2020). A layer of the user's own."""

    def forward(self, *given):
        return 2 * super().forward(*given)


class Named(Dense):
    """A Dense layer by another name."""


@pytest.mark.parametrize(
    ("layer", "z", "grads", "dx"),
    [
        (
            Conv2D(3),
            "sum of pixels * weight over each window + bias",
            {
                "weight": "sum of pixels * delta over all windows",
                "bias": "sum of delta over all windows",
            },
            "sum of weight * delta over the windows that contain the pixel",
        ),
        (
            MaxPool2D(),
            "largest pixel of each window",
            {},
            "delta, to the largest pixel of each window",
        ),
        (
            AveragePool2D(),
            "mean of the pixels of each window",
            {},
            "delta, spread evenly over the pixels of a window",
        ),
        (
            GlobalAveragePool2D(),
            "mean of each channel",
            {},
            "delta, spread evenly over the pixels of a channel",
        ),
        (Flatten(), "the values of x in one row", {}, "delta, in the shape of x"),
        (Dropout(0.5), "x", {}, "delta"),
        (
            Residual([Dense(3)]),
            "branch(x) + shortcut(x)",
            {},
            "delta back through the branch + delta through the shortcut",
        ),
        (Louder(3), "y = 2 (x @ weight)", {}, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_formulas_of_other_layers_in_words(layer, z, grads, dx):
    found = formulas_of(layer)
    assert (found.z, found.grads, found.dx) == (z, grads, dx)


def test_layer_without_bias_has_none_in_its_formula():
    assert formulas_of(Dense(3, bias=False)).z == "x @ weight"
    assert formulas_of(Conv2D(3, bias=False)).z == "sum of pixels * weight over each window"
    assert formulas_of(Named(3)) == formulas_of(Dense(3))  # computes the same


class Undocumented:
    pass


class Dotted:
    """f(z) = 0.5 z;  z > 0; Somebody (1999), eq. 1. More of it."""


class Ended:
    """f(z) = 1.5 z."""


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (Undocumented(), "Undocumented"),
        (Dotted(), "f(z) = 0.5 z;  z > 0"),
        (Ended(), "f(z) = 1.5 z"),
        (Louder(3), "y = 2 (x @ weight)"),
    ],
)
def test_formula_is_the_first_sentence_of_a_docstring_without_its_source(of, text):
    assert formula(of) == text


@pytest.mark.parametrize(
    ("activation", "f"),
    [
        (SiLU(2.5), lambda z: z / (1 + np.exp(-2.5 * z))),
        (HardSigmoid(0.3), lambda z: np.clip(0.3 * z + 0.5, 0, 1)),
        (HardSigmoid(), lambda z: np.clip(z / 6 + 0.5, 0, 1)),
        (ACTIVATIONS["tanh"], np.tanh),
        (ACTIVATIONS["relu"], lambda z: np.maximum(z, 0)),
    ],
    ids=["silu", "hard_sigmoid 0.3", "hard_sigmoid", "tanh", "relu"],
)
def test_formulas_of_activations_have_the_settings_that_are_not_defaults(activation, f):
    text = activation_formula(activation).removeprefix("f(z) = ")
    z = np.linspace(-4, 4, 9)
    assert_allclose(value(text, z=z, **vars(activation)), f(z), atol=1e-12)


def test_formula_of_other_settings_is_that_of_the_defaults_where_there_is_no_other():
    assert activation_formula(ELU(0.5)) == formula(ELU())


def test_formula_of_a_loss_goes_on_with_the_one_inside():
    X, y = np.eye(3), [0, 1, 2]
    plain, smoothed = (
        trace(MLPClassifier(2, label_smoothing=share, max_iter=1).fit(X, y), X, y).loss_function
        for share in (0.0, 0.1)
    )
    assert loss_formula(plain) == formula(plain)
    assert loss_formula(smoothed) == f"{formula(smoothed)}, of {formula(plain)}"
    heads = Heads(plain, [slice(0, 2), slice(2, 5)])
    inside = f"{formula(heads)}, of {formula(plain)}"
    assert loss_formula(LabelSmoothing(heads, 0.1)) == f"{formula(smoothed)}, of {inside}"
