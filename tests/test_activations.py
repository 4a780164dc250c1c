import numpy as np
import pytest
from helpers import MODELS, Square, assert_is_gradient, built_in, normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import erfc

from sknn.nn.activations import ACTIVATIONS, ELU, Activation, LeakyReLU, PReLU, ReLU, as_activation

SLOPE = -0.3  # that PReLU has learnt
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017), page 4


def swish(z):
    return z / (1 + np.exp(-z))


FORMULAS = {  # every name in ACTIVATIONS: its definition, written out
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
    "gelu": lambda z: 0.5 * z * erfc(-z / np.sqrt(2)),
    "hard_sigmoid": lambda z: np.clip(z + 3, 0, 6) / 6,
    "hard_tanh": lambda z: np.where(z < -1, -1, np.where(z > 1, 1, z)),
    "identity": lambda z: z,
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "mish": lambda z: z * np.tanh(np.log(1 + np.exp(z))),
    "prelu": lambda z: np.where(z > 0, z, SLOPE * z),
    "relu": lambda z: np.where(z > 0, z, 0),
    "selu": lambda z: SCALE * np.where(z > 0, z, ALPHA * (np.exp(z) - 1)),
    "sign": lambda z: np.where(z < 0, -1, 1),
    "silu": swish,
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "step": lambda z: np.where(z < 0, 0, 1),
    "swish": swish,
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
}
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
TRAINED = {**ACTIVATIONS, "square": Square()}  # with a user's own
each_name = pytest.mark.parametrize("name", ACTIVATIONS)
each = pytest.mark.parametrize("activation", TRAINED.values(), ids=TRAINED)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def learnt(activation, dtype=np.float64, models=()):
    """The arguments that an activation with parameters takes further: none, or those."""
    slope = np.full((*models, 1, 1), SLOPE, dtype)
    return [{"slope": slope}] if activation.parameters() else []


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
    """The gradient that PReLU gives for its slope."""
    grads = {"slope": np.full_like(slope, np.nan)}
    PReLU().backward(z.copy(), None, dy.copy(), {"slope": slope}, grads)
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
def test_activation_has_the_values_and_derivatives_of_torch(name, dtype):
    torch = pytest.importorskip("torch")
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


@pytest.mark.parametrize(
    ("name", "slope"), [("relu", 0), ("leaky_relu", 0.01), ("prelu", SLOPE), ("elu", 1)]
)
def test_derivative_at_a_kink_is_that_from_below(name, slope):
    dz = backward(ACTIVATIONS[name], np.array([[-0.0, 0.0]]), np.ones((1, 2)))
    assert_array_equal(dz, [[slope, slope]])


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
    ],
    ids=["leaky_relu", "elu"],
)
def test_activation_takes_another_setting(activation, formula):
    z, dy = normal(20, 5), normal(20, 5, seed=1)
    assert_allclose(forward(activation, z), formula(z), rtol=1e-12)
    assert_is_gradient(backward(activation, z, dy), lambda z: np.vdot(formula(z), dy), z)


@pytest.mark.parametrize("shape", [(20, 5), (4, 3, 2, 5)], ids=["samples", "images"])
def test_prelu_slope_has_the_gradient_of_differences(shape):
    z, dy, slope = normal(*shape), normal(*shape, seed=1), np.array([[SLOPE]])
    assert_is_gradient(
        slope_gradient(slope, z, dy),
        lambda slope: np.vdot(np.where(z > 0, z, slope * z), dy),
        slope,
    )


@dtypes
def test_prelu_slope_has_the_gradient_of_torch(dtype):
    torch = pytest.importorskip("torch")
    z, dy = normal(20, 5).astype(dtype), normal(20, 5, seed=1).astype(dtype)
    slope = torch.tensor(np.array([SLOPE], dtype), requires_grad=True)
    torch.nn.functional.prelu(torch.tensor(z), slope).backward(torch.tensor(dy))
    ours = slope_gradient(np.full((1, 1), SLOPE, dtype), z, dy)
    assert_allclose(ours, [slope.grad.numpy()], rtol=1e-5 if dtype == np.float32 else 1e-12)


def test_prelu_slope_of_several_models_has_the_gradient_of_each():
    z, dy = normal(MODELS, 20, 5), normal(MODELS, 20, 5, seed=1)
    slopes = normal(MODELS, 1, 1, seed=2)
    joint = slope_gradient(slopes, z, dy)
    singles = list(map(slope_gradient, slopes, z, dy))
    assert_allclose(joint, singles, rtol=1e-14)


@pytest.mark.parametrize(("activation", "start"), [(PReLU(), 0.25), (PReLU(0.1), 0.1)])
def test_prelu_declares_one_slope_for_the_layer_that_penalties_leave_out(activation, start):
    (slope,) = activation.parameters()
    assert (slope.name, slope.shape, slope.decay) == ("slope", (1, 1), False)
    assert_array_equal(slope.initializer(None, slope.shape), [[start]])  # He et al. (2015): 0.25


@each_name
def test_as_activation_takes_names_and_objects(name):
    assert as_activation(name) is ACTIVATIONS[name]
    assert as_activation(ACTIVATIONS[name]) is ACTIVATIONS[name]


def test_every_activation_has_a_name():
    named = {type(activation) for activation in ACTIVATIONS.values()}
    assert named == built_in(Activation) - {Activation}


def test_as_activation_takes_a_users_own():
    own = Square()
    assert as_activation(own) is own


def test_as_activation_names_the_names_it_knows():
    with pytest.raises(ValueError, match=r"one of \[.*'identity'.*'tanh'.*\], got 'tan'"):
        as_activation("tan")


@pytest.mark.parametrize("value", [ReLU, None, np.tanh])
def test_as_activation_refuses_what_is_neither_name_nor_object(value):
    with pytest.raises(TypeError, match="a name or an Activation object"):
        as_activation(value)
