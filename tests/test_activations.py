import re
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
from helpers import MODELS, Square, assert_is_gradient, built_in, normal
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from scipy.special import erfc

from sknn.nn.activations import (
    ACTIVATIONS,
    ELU,
    Activation,
    Blend,
    HardSigmoid,
    LeakyReLU,
    Logistic,
    Mish,
    PReLU,
    ReLU,
    SiLU,
    as_activation,
)

SLOPE = -0.3  # that PReLU has learnt
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017), page 4


def logistic(z):
    return 1 / (1 + np.exp(-z))


def swish(z, beta=1):
    return z / (1 + np.exp(-beta * z))


FORMULAS = {  # every name in ACTIVATIONS: its definition, written out
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "gelu": lambda z: 0.5 * z * erfc(-z / np.sqrt(2)),
    "hard_sigmoid": lambda z: np.clip(z + 3, 0, 6) / 6,
    "hard_tanh": lambda z: np.where(z < -1, -1, np.where(z > 1, 1, z)),
    "identity": lambda z: z,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "logistic": logistic,
    "mish": lambda z: z * np.tanh(np.log(1 + np.exp(z))),
    "prelu": lambda z: np.where(z > 0, z, SLOPE * z),
    "relu": lambda z: np.where(z > 0, z, 0),
    "selu": lambda z: SCALE * np.where(z > 0, z, ALPHA * (np.exp(z) - 1)),
    "sigmoid": logistic,
    "sign": lambda z: np.where(z < 0, -1, 1),
    "silu": swish,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "step": lambda z: np.where(z < 0, 0, 1),
    "swish": swish,
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
}


def ramp(slope, z):
    return np.where(slope * z < -0.5, 0, np.where(slope * z > 0.5, 1, slope * z + 0.5))


STRAIGHT_THROUGH = {  # steps: the clipped line whose derivative stands in for theirs
    "sign": lambda z: np.clip(z, -1, 1),
    "step": lambda z: np.clip((z + 1) / 2, 0, 1),
}
LIMITS = {  # (f(-1e4), f(1e4)), (f'(-1e4), f'(1e4))
    "elu": ((-1, 1e4), (0, 1)),
    "gelu": ((0, 1e4), (0, 1)),
    "hard_sigmoid": ((0, 1), (0, 0)),
    "hard_tanh": ((-1, 1), (0, 0)),
    "identity": ((-1e4, 1e4), (1, 1)),
    "leaky_relu": ((-100, 1e4), (0.01, 1)),
    "logistic": ((0, 1), (0, 0)),
    "mish": ((0, 1e4), (0, 1)),
    "prelu": ((SLOPE * -1e4, 1e4), (SLOPE, 1)),
    "relu": ((0, 1e4), (0, 1)),
    "selu": ((-SCALE * ALPHA, SCALE * 1e4), (0, SCALE)),
    "sigmoid": ((0, 1), (0, 0)),
    "sign": ((-1, 1), (0, 0)),
    "silu": ((0, 1e4), (0, 1)),
    "softplus": ((0, 1e4), (0, 1)),
    "softsign": ((-1e4 / 10001, 1e4 / 10001), (1 / 10001**2, 1 / 10001**2)),
    "step": ((0, 1), (0, 0)),
    "swish": ((0, 1e4), (0, 1)),
    "tanh": ((-1, 1), (0, 0)),
}
TORCH = {  # name of ours: the function in torch.nn.functional, its further arguments
    "elu": ("elu", ()),
    "gelu": ("gelu", ()),
    "hard_sigmoid": ("hardsigmoid", ()),
    "hard_tanh": ("hardtanh", ()),
    "leaky_relu": ("leaky_relu", ()),
    "logistic": ("sigmoid", ()),
    "mish": ("mish", ()),
    "prelu": ("prelu", (SLOPE,)),
    "relu": ("relu", ()),
    "selu": ("selu", ()),
    "silu": ("silu", ()),
    "softplus": ("softplus", ()),
    "softsign": ("softsign", ()),
    "tanh": ("tanh", ()),
}
TRAINED = {  # with other settings, and a user's own
    **ACTIVATIONS,
    "prelu of each unit": PReLU(shared=False),
    "silu, beta 1.5": SiLU(1.5),
    "hard_sigmoid, slope 0.25": HardSigmoid(0.25),
    "square": Square(),
}
SLOPES = np.array([[SLOPE, 0.1, 0.0, 0.9, 1.7]])  # of five units
each_name = in_turn("name", list(ACTIVATIONS))
each = in_turn("activation", TRAINED)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def learnt(activation, dtype=np.float64, models=()):
    """The arguments that an activation with parameters takes further: none, or those."""
    declared = activation.parameters(5)
    params = {own.name: np.full((*models, *own.shape), SLOPE, dtype) for own in declared}
    return [params] if params else []


def forward(activation, z, params=None):
    out = np.empty_like(z)
    activation.forward(z, out, *(learnt(activation, z.dtype) if params is None else params))
    return out


def backward(activation, z, dy, params=None):
    """dz; what an activation learns is filled into the last of params."""
    params = learnt(activation, z.dtype) if params is None else params
    grads = [{name: np.full_like(own, np.nan) for name, own in kept.items()} for kept in params]
    dz, z = dy.copy(), z.copy()
    a = forward(activation, z, params)
    activation.backward(z if activation.needs == "z" else None, a, dz, *params, *grads)
    return dz


def slope_gradient(slope, z, dy):
    """The gradient that PReLU gives for its slope, or for those of all units."""
    grads = {"slope": np.full_like(slope, np.nan)}
    activation = PReLU(shared=slope.shape[-1] == 1)
    activation.backward(z.copy(), None, dy.copy(), {"slope": slope}, grads)
    return grads["slope"]


@each_name
def test_activation_has_the_values_of_its_formula(name):
    z = 3 * normal(20, 5)
    z[0] = [-0.0, 0.0, -1.0, 1.0, 3.0]  # where pieces meet
    assert_allclose(forward(ACTIVATIONS[name], z), FORMULAS[name](z), rtol=1e-12)


@each_name
def test_activation_derivative_is_that_of_differences(name):
    z, dy = normal(20, 5), normal(20, 5, seed=1)
    function = STRAIGHT_THROUGH.get(name, FORMULAS[name])
    assert_is_gradient(backward(ACTIVATIONS[name], z, dy), lambda z: np.vdot(function(z), dy), z)


def test_derivative_of_a_users_own_activation_is_that_of_differences():
    z, dy = normal(20, 5), normal(20, 5, seed=1)
    assert_is_gradient(backward(Square(), z, dy), lambda z: np.vdot(np.square(z), dy), z)


@dtypes
@pytest.mark.parametrize("name", TORCH)
def test_activation_has_the_values_and_derivatives_of_torch(name, dtype, torch):
    function, arguments = TORCH[name]
    z, dy = (4 * normal(20, 5)).astype(dtype), normal(20, 5, seed=1).astype(dtype)
    z[0] = 0  # at the kink
    theirs = torch.tensor(z, requires_grad=True)
    arguments = [torch.tensor([argument], dtype=theirs.dtype) for argument in arguments]
    a = getattr(torch.nn.functional, function)(theirs, *arguments)
    a.backward(torch.tensor(dy))
    tolerances = {"rtol": 1e-5, "atol": 2e-6} if dtype == np.float32 else {"atol": 1e-12}
    assert_allclose(forward(ACTIVATIONS[name], z), a.detach().numpy(), **tolerances)
    assert_allclose(backward(ACTIVATIONS[name], z, dy), theirs.grad.numpy(), **tolerances)


@each_name
def test_activation_in_float32_is_that_in_float64(name):
    activation, z, dy = ACTIVATIONS[name], 3 * normal(20, 5), normal(20, 5, seed=1)
    narrow = z.astype(np.float32), dy.astype(np.float32)
    for function, ours, wide in (
        (forward, narrow[:1], (z,)),
        (backward, narrow, (z, dy)),
    ):
        values = function(activation, *ours)
        assert values.dtype == np.float32
        assert_allclose(values, function(activation, *wide), rtol=1e-5, atol=1e-6)


@each
def test_activation_leaves_z_as_it_is_if_out_is_another_array(activation):
    z = normal(20, 5)
    forward(activation, z)
    assert_array_equal(z, normal(20, 5))


@each_name
def test_activation_that_needs_only_a_may_overwrite_z(name):
    activation, z = ACTIVATIONS[name], normal(20, 5)
    wanted = forward(activation, z)
    if activation.needs == "a":
        activation.forward(z, z)
        assert_array_equal(z, wanted)


@each
def test_activation_of_several_models_is_that_of_each(activation):
    z, dy = normal(MODELS, 20, 5), normal(MODELS, 20, 5, seed=1)
    params = learnt(activation, models=(MODELS,))
    assert_array_equal(forward(activation, z, params), [forward(activation, one) for one in z])
    assert_array_equal(
        backward(activation, z, dy, params),
        [backward(activation, *one) for one in zip(z, dy, strict=True)],
    )


@each
def test_activation_of_images_is_that_of_their_numbers(activation):
    z, dy = normal(4, 3, 2, 5), normal(4, 3, 2, 5, seed=1)
    flat, flat_dy = z.reshape(24, 5), dy.reshape(24, 5)
    assert_array_equal(forward(activation, z).reshape(24, 5), forward(activation, flat))
    dz = backward(activation, z, dy)
    assert_array_equal(dz.reshape(24, 5), backward(activation, flat, flat_dy))


@each_name
def test_activation_is_increasing_where_it_says_so(name):
    z = np.linspace(-10, 10, 2001)[None]
    increasing = bool(np.all(np.diff(forward(ACTIVATIONS[name], z)) >= 0))
    assert ACTIVATIONS[name].increasing is increasing


@each_name
@dtypes
def test_activation_reaches_its_limits_without_overflow(name, dtype):
    activation, z = ACTIVATIONS[name], np.array([[-1e4, 1e4]], dtype)
    values, slopes = LIMITS[name]
    a, dz = forward(activation, z), backward(activation, z, np.ones_like(z))
    assert a.dtype == dz.dtype == dtype
    assert_allclose(a, [values], rtol=1e-6)
    assert_allclose(dz, [slopes], rtol=1e-6, atol=1e-7)


@dtypes
def test_quick_mish_is_mish_wherever_z_is(dtype):
    z = np.linspace(-100, 100, 2001, dtype=dtype)[None]
    z = np.concatenate([z, np.full((1, 2001), 1e4, dtype), np.full((1, 2001), -1e4, dtype)])
    rtol = 40 * np.finfo(dtype).eps
    tiny, dy = np.finfo(dtype).tiny, np.ones_like(z)
    quick, plain = Mish(quick=True), Mish()
    assert_allclose(forward(quick, z), forward(plain, z), rtol=rtol, atol=1000 * tiny)
    slopes = backward(quick, z, dy), backward(plain, z, dy)
    assert_allclose(*slopes, rtol=10 * rtol, atol=rtol)
    assert slopes[0].dtype == dtype


@pytest.mark.parametrize(
    ("activation", "slope"),
    [
        *(("relu", 0), ("leaky_relu", 0.01), (LeakyReLU(0.3), 0.3), ("prelu", SLOPE)),
        *((ELU(0.5), 0.5), (ELU(2), 2), ("selu", 1.0507009873554805 * 1.6732632423543772)),
    ],
    ids=str,
)
def test_derivative_at_a_kink_is_that_from_below(activation, slope):
    dz = backward(as_activation(activation), np.array([[-0.0, 0.0]]), np.ones((1, 2)))
    assert_allclose(dz, [[slope, slope]], rtol=1e-15)


@pytest.mark.parametrize(
    ("activation", "kink"), [("hard_tanh", 1), ("hard_sigmoid", 3), (HardSigmoid(0.25), 2)]
)
def test_derivative_at_either_end_of_a_ramp_is_that_from_outside(activation, kink):
    z = np.array([[-kink, kink, 0.0]])
    dz = backward(as_activation(activation), z, np.ones((1, 3)))
    assert_array_equal(dz != 0, [[False, False, True]])


@pytest.mark.parametrize(("name", "slope"), [("sign", 1), ("step", 0.5)])
def test_straight_through_passes_within_one_and_stops_beyond(name, slope):
    z = np.array([[-1.001, -1, -0.5, -0.0, 0, 0.5, 1, 1.001]])
    dz = backward(ACTIVATIONS[name], z, np.full_like(z, 3.0))
    assert_array_equal(dz, [[0, *[3 * slope] * 6, 0]])


@pytest.mark.parametrize(
    ("activation", "formula"),
    [
        (LeakyReLU(0.2), lambda z: np.where(z > 0, z, 0.2 * z)),
        (ELU(0.5), lambda z: np.where(z > 0, z, 0.5 * (np.exp(z) - 1))),
        (SiLU(1.702), lambda z: swish(z, 1.702)),
        (SiLU(0.1), lambda z: swish(z, 0.1)),
        (Mish(quick=True), FORMULAS["mish"]),
        *((HardSigmoid(slope), partial(ramp, slope)) for slope in (0.5, 0.25, 0.2)),
    ],
    ids=lambda own: repr(own) if isinstance(own, Activation) else "",
)
def test_activation_takes_another_setting(activation, formula):
    z, dy = normal(20, 5), normal(20, 5, seed=1)
    assert_allclose(forward(activation, z), formula(z), rtol=1e-12)
    assert_is_gradient(backward(activation, z, dy), lambda z: np.vdot(formula(z), dy), z)


slopes = pytest.mark.parametrize(
    "slope", [np.array([[SLOPE]]), SLOPES], ids=["shared", "of each unit"]
)


@slopes
@pytest.mark.parametrize("shape", [(20, 5), (4, 3, 2, 5)], ids=["samples", "images"])
def test_prelu_slope_has_the_gradient_of_differences(shape, slope):
    z, dy = normal(*shape), normal(*shape, seed=1)
    assert_is_gradient(
        slope_gradient(slope, z, dy),
        lambda slope: np.vdot(np.where(z > 0, z, slope * z), dy),
        slope,
    )


@dtypes
@slopes
@pytest.mark.parametrize("shape", [(20, 5), (4, 3, 2, 5)], ids=["samples", "images"])
def test_prelu_is_that_of_torch_with_all_gradients(shape, slope, dtype, torch):
    z, dy, slope = (one.astype(dtype) for one in (normal(*shape), normal(*shape, seed=1), slope))
    activation, params = PReLU(shared=slope.shape[-1] == 1), [{"slope": slope}]
    theirs = torch.nn.PReLU(slope.size, dtype=torch.tensor(z).dtype)
    theirs.weight.data = torch.tensor(slope[0])
    their_z, their_dy = (torch.tensor(np.moveaxis(one, -1, 1)) for one in (z, dy))
    a = theirs(their_z.requires_grad_())
    a.backward(their_dy)
    a, dz = (np.moveaxis(one.numpy(), 1, -1) for one in (a.detach(), their_z.grad))
    assert_array_equal(forward(activation, z, params), a)
    assert_array_equal(backward(activation, z, dy, params), dz)
    tolerances = {"rtol": 1e-5, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-12}
    assert_allclose(slope_gradient(slope, z, dy), [theirs.weight.grad.numpy()], **tolerances)


@pytest.mark.parametrize("units", [1, 5])
@pytest.mark.parametrize("shared", [True, False])
def test_prelu_slope_of_several_models_has_the_gradient_of_each(shared, units):
    z, dy = normal(MODELS, 20, units), normal(MODELS, 20, units, seed=1)
    slopes = normal(MODELS, 1, 1 if shared else units, seed=2)
    joint = slope_gradient(slopes, z, dy)
    singles = list(map(slope_gradient, slopes, z, dy))
    assert_array_equal(joint, singles)


@pytest.mark.parametrize(
    ("activation", "shape", "start"),
    [
        (PReLU(), (1, 1), 0.25),  # He et al. (2015): 0.25
        (PReLU(0.1), (1, 1), 0.1),
        (PReLU(0.1, shared=False), (1, 7), 0.1),
    ],
)
def test_prelu_declares_one_slope_or_one_for_each_unit_that_penalties_leave_out(
    activation, shape, start
):
    (slope,) = activation.parameters(7)
    assert (slope.name, slope.shape, slope.decay) == ("slope", shape, False)
    assert_array_equal(slope.initializer(None, slope.shape), np.full(shape, start))


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (PReLU(shared=5), r"PReLU\(shared=5\): shared must be True or False, got 5"),
        (SiLU(0), r"SiLU\(beta=0\): beta must be a number above 0, got 0"),
        (HardSigmoid(-0.2), r"HardSigmoid\(slope=-0.2\): slope must be a number above 0"),
    ],
)
def test_setting_that_cannot_be_raises(activation, message):
    with pytest.raises(ValueError, match=message):
        activation.check()


@each_name
def test_as_activation_takes_names_and_objects(name):
    assert as_activation(name) is ACTIVATIONS[name]
    assert as_activation(ACTIVATIONS[name]) is ACTIVATIONS[name]


def test_every_activation_has_a_name():
    named = {type(activation) for activation in ACTIVATIONS.values()}
    assert named == built_in(Activation) - {Activation, Blend}  # which needs another one


def test_as_activation_takes_a_users_own():
    own = Square()
    assert as_activation(own) is own


def test_as_activation_names_the_names_it_knows():
    with pytest.raises(ValueError, match=r"one of \[.*'identity'.*'tanh'.*\], got 'tan'"):
        as_activation("tan")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("sigmod", "Did you mean 'sigmoid'?"),
        ("LeakyReLU", "'LeakyReLU' is called 'leaky_relu' here."),
        ("linear", "'linear' is called 'identity' here."),
    ],
)
def test_as_activation_says_what_an_unknown_name_is_called(name, remedy):
    known = sorted(ACTIVATIONS)
    message = f"activation must be an Activation or one of {known}, got {name!r}. {remedy}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        as_activation(name)


def test_sigmoid_is_the_logistic_function():
    assert type(as_activation("sigmoid")) is Logistic


@pytest.mark.parametrize("value", [ReLU, None, np.tanh])
def test_as_activation_refuses_what_is_neither_name_nor_object(value):
    with pytest.raises(TypeError, match="a name or an Activation object"):
        as_activation(value)


BLENDED = {
    "selu": "selu",
    "mish": "mish",
    "prelu": PReLU(0.3, shared=False),
    "silu, beta 1.5": SiLU(1.5),
    "square": Square(),
}


def blended(activation, z, dy, params):
    """(f(z), dz, gradients by name) of a Blend."""
    blend, out, dz = Blend(activation), np.empty_like(z), dy.copy()
    kept, grads = z.copy(), {name: np.empty_like(own) for name, own in params.items()}
    blend.forward(kept, out, params)
    y = out.copy()
    blend.backward(kept, out, dz, params, grads)
    return y, dz, grads


def blends(activation, units, models=()):
    """Parameters, drawn; some blends are 0 and 1."""
    declared = Blend(activation).parameters(units)
    params = {one.name: normal(*models, *one.shape, seed=8) for one in declared}
    params["blend"][..., 0], params["blend"][..., 1] = 0.0, 1.0
    return params


@pytest.mark.parametrize("activation", BLENDED.values(), ids=BLENDED)
@pytest.mark.parametrize("shape", [(6, 4), (3, 2, 2, 4)], ids=["rows", "images"])
def test_blend_is_a_mean_of_input_and_activation_with_all_gradients(activation, shape):
    z, dy, params = normal(*shape), normal(*shape, seed=1), blends(activation, 4)
    y, dz, grads = blended(activation, z, dy, params)
    inside, plain = np.empty_like(z), as_activation(activation)
    others = {name: own for name, own in params.items() if name != "blend"}
    plain.forward(z.copy(), inside, *([others] if others else []))
    assert_allclose(y, params["blend"] * inside + (1 - params["blend"]) * z, rtol=1e-12)

    def value(z, params):
        return np.vdot(blended(activation, z, dy, params)[0], dy)

    assert_is_gradient(dz, lambda z: value(z, params), z)
    for name in params:
        assert_is_gradient(
            grads[name], lambda p, name=name: value(z, params | {name: p}), params[name]
        )


@pytest.mark.parametrize("activation", BLENDED.values(), ids=BLENDED)
def test_blend_of_several_models_is_that_of_each(activation):
    z, dy = normal(MODELS, 6, 4), normal(MODELS, 6, 4, seed=1)
    params = blends(activation, 4, (MODELS,))
    y, dz, grads = blended(activation, z, dy, params)
    for model in range(MODELS):
        own = {name: array[model] for name, array in params.items()}
        wanted_y, wanted_dz, wanted_grads = blended(activation, z[model], dy[model], own)
        assert_array_equal(y[model], wanted_y)
        assert_array_equal(dz[model], wanted_dz)
        for name, grad in wanted_grads.items():
            assert_array_equal(grads[name][model], grad)


def test_blend_declares_a_blend_for_each_unit_that_penalties_leave_out():
    slope, blend = Blend("prelu", 0.5, rate=0.1).parameters(4)
    assert (slope.name, slope.rate) == ("slope", 1.0)
    assert (blend.name, blend.shape, blend.decay, blend.rate) == ("blend", (1, 4), False, 0.1)
    assert_array_equal(blend.initializer(None, (1, 4)), np.full((1, 4), 0.5))
    (blend,) = Blend().parameters(2)
    assert_array_equal(blend.initializer(None, (1, 2)), np.ones((1, 2)))
    assert blend.rate == 1.0


@pytest.mark.parametrize("name", ["relu", "logistic", "tanh", "mish"])
def test_blend_is_initialised_as_its_activation(name):
    inside = as_activation(name)
    blend = Blend(name)
    assert (blend.rectifier, blend.glorot_factor) == (inside.rectifier, inside.glorot_factor)


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (Blend(Blend("relu")), r"not a Blend itself, got Blend\(activation='relu'\)"),
        (Blend("reul"), "Did you mean 'relu'"),
    ],
)
def test_blend_refuses_an_activation(activation, message):
    with pytest.raises(ValueError, match=message):
        activation.parameters(3)


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (Blend("relu", np.inf), "initial must be a finite number, got inf"),
        (Blend("relu", rate=0), "rate must be a number above 0, got 0"),
        (Blend(ELU(-1)), "alpha must be a number above 0, got -1"),
    ],
)
def test_blend_refuses_settings(activation, message):
    with pytest.raises(ValueError, match=message):
        activation.check()


@pytest.mark.parametrize(("slope", "valid"), [(0, True), (1, True), (1.01, False), (-0.01, False)])
def test_slopes_are_from_0_to_1(slope, valid):
    with nullcontext() if valid else pytest.raises(ValueError, match="slope"):
        LeakyReLU(slope).check()
