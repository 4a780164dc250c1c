import re

import numpy as np
import pytest
from helpers import (
    LOSSES,
    Square,
    assert_is_gradient,
    drawn_params,
    forward_backward,
    new_batch,
    new_gradient,
    normal,
    training_pass,
)
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from scipy.stats import kstest, uniform

from sknn.nn import (
    Activate,
    Activation,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    HardSigmoid,
    Initializer,
    MaxPool2D,
    PReLU,
    SiLU,
)
from sknn.nn.activations import ACTIVATIONS, as_activation
from sknn.nn.initializers import GlorotNormal
from sknn.nn.layers.convolution import PooledConv2D
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION
from sknn.nn.workspace import Workspace

N = 3
VALID = {"padding": "valid"}
SETTINGS = {  # image, settings, (above, below), (left, right)
    "odd sides": ((7, 5), {}, (1, 1), (1, 1)),
    "valid": ((6, 5), VALID, (0, 0), (0, 0)),
    "not square": ((6, 5), {"kernel_size": (2, 5)}, (0, 1), (2, 2)),
    "one pixel wide": ((4, 5), {"kernel_size": 1}, (0, 0), (0, 0)),
    "as large as the image": ((4, 5), {"kernel_size": (4, 5), **VALID}, (0, 0), (0, 0)),
    "larger than the image": ((2, 3), {"kernel_size": 5}, (2, 2), (2, 2)),
    "one pixel": ((1, 1), {}, (1, 1), (1, 1)),
    "steps of two, odd sides": ((7, 5), {"stride": 2}, (1, 1), (1, 1)),
    "steps of two, even sides": ((6, 8), {"stride": 2}, (0, 1), (0, 1)),
    "steps above the kernel": (
        (8, 9),
        {"kernel_size": (2, 3), "stride": (3, 5), **VALID},
        (0, 0),
        (0, 0),
    ),
    "steps above the kernel, same": ((8, 9), {"kernel_size": 2, "stride": 4}, (0, 0), (0, 1)),
    "dilation": ((8, 7), {"dilation": (2, 3), **VALID}, (0, 0), (0, 0)),
    "dilation, same": ((6, 5), {"kernel_size": (3, 2), "dilation": (2, 3)}, (2, 2), (1, 2)),
    "padding": ((5, 4), {"padding": 2}, (2, 2), (2, 2)),
    "padding on two sides": ((5, 4), {"padding": (0, 2)}, (0, 0), (2, 2)),
    "asymmetric padding": ((5, 4), {"padding": ((2, 0), (1, 3))}, (2, 0), (1, 3)),
    "padding above the kernel": (
        (3, 4),
        {"kernel_size": 2, "padding": ((5, 1), (0, 3)), "stride": (1, 2)},
        (5, 1),
        (0, 3),
    ),
}
each = in_turn("image, settings, rows, columns", SETTINGS)
channels = pytest.mark.parametrize(
    ("c", "filters"), [(1, 1), (3, 2), (9, 10), (48, 48)], ids=["one", "few", "more", "many"]
)
each_activation = in_turn(
    "activation", [*ACTIVATIONS, PReLU(shared=False), SiLU(1.5), HardSigmoid(0.25), Square()]
)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
STAND_INS = {  # steps: an activation that is a multiple of the line they are trained by
    "sign": ("hard_tanh", 1.0),
    "step": ("hard_tanh", 0.5),
}


def both(value):
    return value if isinstance(value, tuple) else (value, value)


def by_loops(x, weight, bias, dz, rows, columns, stride=1, dilation=1, **_):
    """z of a convolution, and out of dz the gradients (dx, dweight, dbias), pixel by pixel."""
    (down, across), (by_row, by_column) = both(stride), both(dilation)
    _, height, width, _ = x.shape
    z, dx, dweight = np.zeros_like(dz), np.zeros_like(x), np.zeros_like(weight)
    for sample, i, j in np.ndindex(dz.shape[:3]):
        z[sample, i, j] = bias
        for a, b in np.ndindex(weight.shape[:2]):
            row = i * down + a * by_row - rows[0]
            column = j * across + b * by_column - columns[0]
            if 0 <= row < height and 0 <= column < width:
                z[sample, i, j] += x[sample, row, column] @ weight[a, b]
                dx[sample, row, column] += weight[a, b] @ dz[sample, i, j]
                dweight[a, b] += np.outer(x[sample, row, column], dz[sample, i, j])
    return z, dx, dweight, dz.sum(axis=(0, 1, 2))


def drawn(layer, image, c, dtype=np.float64):
    """(params, x, dy) of the layer on images of this many pixels and channels."""
    params = drawn_params(layer, (*image, c))
    x, dy = normal(N, *image, c), normal(N, *layer.output_shape((*image, c)), seed=1)
    return (
        {name: own.astype(dtype) for name, own in params.items()},
        x.astype(dtype),
        dy.astype(dtype),
    )


def assert_same(arrays, wanted, rtol=1e-12):
    """Equal but for rounding, which goes with the largest of what is summed."""
    for array, own in zip(arrays, wanted, strict=True):
        assert_allclose(array, own, rtol=rtol, atol=rtol * np.abs(own).max(initial=1))


# Values and gradients


@each
@channels
def test_convolution_has_the_values_and_gradients_of_loops(
    image, settings, rows, columns, c, filters
):
    layer = Conv2D(filters, activation="identity", **settings)
    params, x, dy = drawn(layer, image, c)
    y, dx, grads = forward_backward(layer, params, x, dy)
    wanted = by_loops(x, params["weight"], params["bias"], dy, rows, columns, **settings)
    assert_same((y, dx, grads["weight"], grads["bias"][0]), wanted)


@each
@channels
def test_convolution_without_bias_is_that_with_a_bias_of_zero(
    image, settings, rows, columns, c, filters
):
    layer, plain = Conv2D(filters, **settings), Conv2D(filters, bias=False, **settings)
    params, x, dy = drawn(plain, image, c)
    assert list(params) == ["weight"]
    y, dx, grads = forward_backward(plain, params, x, dy)
    params["bias"] = np.zeros((1, filters))
    wanted_y, wanted_dx, wanted_grads = forward_backward(layer, params, x, dy)
    assert_array_equal(y, wanted_y)
    assert_array_equal(dx, wanted_dx)
    assert_array_equal(grads["weight"], wanted_grads["weight"])


@each
@channels
@dtypes
def test_convolution_is_that_of_torch(image, settings, rows, columns, c, filters, dtype, torch):
    layer = Conv2D(filters, activation="relu", **settings)
    params, x, dy = drawn(layer, image, c, dtype)
    y, dx, grads = forward_backward(layer, params, x, dy)
    their_x, weight, bias = (
        torch.tensor(array, requires_grad=True) for array in (x, params["weight"], params["bias"])
    )
    padded = torch.nn.functional.pad(their_x.permute(0, 3, 1, 2), (*columns, *rows))
    z = torch.nn.functional.conv2d(
        padded,
        weight.permute(3, 2, 0, 1),
        bias[0],
        stride=settings.get("stride", 1),
        dilation=settings.get("dilation", 1),
    )
    their_y = torch.relu(z).permute(0, 2, 3, 1)
    their_y.backward(torch.tensor(dy))
    ours = (y, dx, grads["weight"], grads["bias"])
    theirs = (their_y.detach(), their_x.grad, weight.grad, bias.grad)
    assert [array.dtype for array in ours] == [dtype] * 4
    rtol = 1e-5 if dtype == np.float32 else 1e-12
    assert_same(ours, [array.numpy() for array in theirs], rtol)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch's
@in_turn("image", [(1, 1), (5, 4), (6, 7)])
@in_turn("kernel_size", [1, 2, 3, (4, 5)])
@in_turn("dilation", [1, (2, 3)])
def test_same_borders_are_those_of_torch(image, kernel_size, dilation, torch):
    layer = Conv2D(2, kernel_size, activation="identity", dilation=dilation)
    params, x, dy = drawn(layer, image, 3)
    y, _, _ = forward_backward(layer, params, x, dy)
    conv = torch.nn.Conv2d(
        3, 2, kernel_size, padding="same", dilation=dilation, dtype=torch.float64
    )
    conv.load_state_dict(
        {
            "weight": torch.tensor(params["weight"].transpose(3, 2, 0, 1)),
            "bias": torch.tensor(params["bias"][0]),
        }
    )
    wanted = conv(torch.tensor(x.transpose(0, 3, 1, 2))).detach().numpy()
    assert_same([y], [wanted.transpose(0, 2, 3, 1)])


@each_activation
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
def test_convolution_has_the_values_of_its_activation(activation, bias):
    layer = Conv2D(4, (3, 2), activation=activation, bias=bias)
    params, x, dy = drawn(layer, (4, 5), 3)
    y, _, _ = forward_backward(layer, params, x, dy)
    z, *_ = by_loops(x, params["weight"], params.get("bias", 0), dy, (1, 1), (0, 1))
    function, wanted = as_activation(activation), np.empty_like(z)
    function.forward(z, wanted, *([params] if function.parameters(4) else []))
    assert_same([y], [wanted])


@each_activation
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("kernel_size", [3, (4, 1)], ids=str)
def test_convolution_derivatives_are_those_of_differences(activation, bias, kernel_size):
    layer = Conv2D(4, kernel_size, stride=(1, 2), activation=activation, bias=bias)
    params, x, dy = drawn(layer, (4, 5), 3)
    _, dx, grads = forward_backward(layer, params, x, dy)
    stand_in, factor = STAND_INS.get(activation, (activation, 1.0))
    smooth = Conv2D(4, kernel_size, stride=(1, 2), activation=stand_in, bias=bias)

    def value(x, params):
        return factor * np.vdot(forward_backward(smooth, params, x, dy)[0], dy)

    assert_is_gradient(dx, lambda x: value(x, params), x)
    for name in params:
        assert_is_gradient(
            grads[name], lambda p, name=name: value(x, params | {name: p}), params[name]
        )


@pytest.mark.parametrize("filters", [4, 40, 96], ids=["columns", "lines", "winograd"])
@pytest.mark.parametrize("pooled", [False, True], ids=["", "pooled"])
@pytest.mark.parametrize("need_dx", [True, False], ids=["dx", "no dx"])
def test_images_that_are_worked_on_in_several_blocks_give_the_same(
    filters, pooled, need_dx, monkeypatch
):
    layer = Conv2D(filters)
    params, x, dy = drawn(layer, (6, 5), 32)
    if pooled:
        layer, dy = PooledConv2D(layer, MaxPool2D()), dy[:, :3, :2].copy()
    wanted = one_pass(layer, params, x, dy, need_dx)
    for module in ("columns", "lines", "winograd"):
        monkeypatch.setattr(
            f"sknn.nn.layers.{module}.images_at_a_time",
            lambda n, *_, **__: [slice(0, 2), slice(2, n)],
        )
    assert_same(one_pass(layer, params, x, dy, need_dx), wanted)


def one_pass(layer, params, x, dy, need_dx=True):
    """[y, dx, gradients of the parameters], without dx if it is not needed."""
    cache, grads = Workspace(x.dtype), {name: np.empty_like(params[name]) for name in params}
    y = layer.forward(params, {}, x, cache, training_pass()).copy()
    dx = layer.backward(params, grads, dy.copy(), cache, training_pass(), need_dx)
    assert (dx is not None) == need_dx
    return [y, *([dx] if need_dx else []), *grads.values()]


# Shapes, costs and parameters


@in_turn("side", [1, 2, 5, 28])
@in_turn("kernel_size", [1, 2, 5])
@in_turn("stride", [1, 2, 7])
def test_same_padding_makes_ceil_of_side_over_stride(side, kernel_size, stride):
    n = int(np.ceil(side / stride))
    assert Conv2D(4, kernel_size, stride).output_shape((side, 1, 3)) == (n, 1, 4)


def test_multiply_adds_are_positions_times_kernel_times_channels():
    assert Conv2D(32).multiply_adds((28, 28, 1)) == 225_792  # 28 * 28 * 9 * 32
    layer = Conv2D(5, (2, 3), stride=2, padding="valid")
    assert layer.multiply_adds((7, 8, 4)) == 3 * 3 * (2 * 3) * 4 * 5


def test_parameters_are_a_decayed_weight_and_a_bias_that_is_not():
    weight, bias = Conv2D(5, (2, 3)).parameters((8, 7, 4))
    assert (weight.name, weight.shape, weight.decay) == ("weight", (2, 3, 4, 5), True)
    assert (bias.name, bias.shape, bias.decay) == ("bias", (1, 5), False)
    assert_array_equal(bias.initializer(None, bias.shape), np.zeros((1, 5)))


def test_parameters_of_the_activation_come_last():
    for layer, names in (
        (Conv2D(5, activation="prelu"), ["weight", "bias", "slope"]),
        (Conv2D(5, activation="prelu", bias=False), ["weight", "slope"]),
    ):
        assert [parameter.name for parameter in layer.parameters((8, 7, 4))] == names


@pytest.mark.parametrize("trainable", [True, False])
def test_trainable_holds_for_every_parameter(trainable):
    parameters = Conv2D(5, activation="prelu", trainable=trainable).parameters((8, 7, 4))
    assert [parameter.trainable for parameter in parameters] == [trainable] * 3


def test_frozen_convolution_is_left_to_no_optimiser_and_passes_the_gradient_on():
    layers = [Conv2D(2), Conv2D(3, trainable=False), Flatten(), Dense(1, "identity")]
    loss, batch = LOSSES["squared_error"], new_batch(normal(N, 4, 4, 2), normal(N, 1))
    frozen = new_gradient(layers, loss, 4, 4, 2)
    layers[1] = Conv2D(3)
    free = new_gradient(layers, loss, 4, 4, 2)
    assert frozen.network.layout.n_trainable == free.theta.size - (9 * 2 * 3 + 3)
    assert frozen.mean(batch) == free.mean(batch)
    ours, wanted = (own.network.layout.views(own.grad) for own in (frozen, free))
    for index in (0, 3):
        for name, grad in ours[index].items():
            assert_array_equal(grad, wanted[index][name])


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (Conv2D(50), np.sqrt(6 / (9 * 40))),  # He's, of what goes into a pixel
        (Conv2D(50, activation="tanh"), np.sqrt(6 / (9 * 40 + 9 * 50))),  # Glorot's
        (Conv2D(50, (1, 5), activation="gelu"), np.sqrt(6 / (5 * 40))),
        (Conv2D(50, weight_init="glorot_uniform"), np.sqrt(6 / (9 * 40 + 9 * 50))),
    ],
    ids=["auto, relu", "auto, tanh", "auto, gelu", "glorot_uniform"],
)
def test_weights_are_drawn_for_the_inputs_and_outputs_of_a_pixel(layer, bound):
    weight, _ = layer.parameters((8, 8, 40))
    values = weight.initializer(np.random.RandomState(0), weight.shape)
    assert kstest(values.ravel(), uniform(-bound, 2 * bound).cdf).pvalue > 1e-4
    assert 0.99 * bound < np.abs(values).max() <= bound


def test_weight_init_may_be_an_object():
    weight, _ = Conv2D(5, weight_init=GlorotNormal()).parameters((8, 8, 4))
    values = weight.initializer(np.random.RandomState(0), weight.shape)
    wanted = np.random.RandomState(0).normal(0, np.sqrt(2 / (9 * 4 + 9 * 5)), weight.shape)
    assert_allclose(values, wanted, rtol=1e-12)


def test_initializer_that_draws_biases_draws_those_of_a_convolution():
    class Sevens(Initializer):
        biases = True

        def __call__(self, random_state, shape, fan_in, fan_out, activation):
            return np.full(shape, 7.0)

    for parameter in Conv2D(5, weight_init=Sevens()).parameters((8, 8, 4)):
        values = parameter.initializer(None, parameter.shape)
        assert_array_equal(values, np.full(parameter.shape, 7.0))


# Errors


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Conv2D(0), "filters must be an int of at least 1, got 0"),
        (Conv2D(-2), "filters must be an int of at least 1, got -2"),
        (Conv2D(2.5), "filters must be an int of at least 1, got 2.5"),
        (Conv2D("32"), "filters must be an int of at least 1, got '32'"),
        (Conv2D(True), "filters must be an int of at least 1, got True"),
        (Conv2D(2, 0), "kernel_size must be an int of at least 1, or a pair of ints, got 0"),
        (Conv2D(2, (3,)), r"kernel_size must be .*got \(3,\)"),
        (Conv2D(2, stride=0.5), "stride must be .*got 0.5"),
        (Conv2D(2, dilation=(1, 0)), r"dilation must be .*got \(1, 0\)"),
        (Conv2D(2, padding="full"), "padding must be 'same', 'valid', a number .*got 'full'"),
        (Conv2D(2, padding=-1), "padding must be .*got -1"),
        (Conv2D(2, activation="tan"), "activation must be .*got 'tan'"),
        (Conv2D(2, weight_init="xavier"), "weight_init must be .*got 'xavier'"),
        (Conv2D(2, 5, padding="valid"), "at least 5 x 5 pixels with padding='valid', got 4 x 6"),
        (
            Conv2D(2, 3, dilation=2, padding="valid"),
            "at least 5 x 5 pixels with padding='valid', got 4 x 6",
        ),
    ],
    ids=lambda value: repr(value) if isinstance(value, Conv2D) else "",
)
def test_wrong_settings_name_the_layer_and_what_it_wants(layer, message):
    named = rf"Layer conv2d1, {re.escape(repr(layer))}: .*{message}"
    with pytest.raises(ValueError, match=named):
        Network([layer, Flatten(), Dense(1)], (4, 6, 3))


def test_convolution_of_flat_samples_names_the_remedy():
    message = r"conv2d1, .* needs images of shape .*\(72,\)\. Pass input_shape=.* no Flatten\(\)"
    with pytest.raises(ValueError, match=message):
        Network([Flatten(), Conv2D(2)], (4, 6, 3))


def test_dense_layer_on_images_names_the_remedy():
    message = r"dense1, Dense\(units=5\): needs flat samples.*\(4, 6, 2\)\. Put Flatten\(\)"
    with pytest.raises(ValueError, match=message):
        Network([Conv2D(2), Dense(5)], (4, 6, 3))


def test_stack_that_pools_too_much_names_the_layer_without_room():
    layers = [Conv2D(2, padding="valid"), MaxPool2D(), Conv2D(2, padding="valid")]
    message = r"Layer conv2d2, .*at least 3 x 3 pixels .*got 1 x 2.*less pooling"
    with pytest.raises(ValueError, match=message):
        Network(layers, (4, 6, 3))


# Normalisation folded into the weights before it


FOLDED = {  # layers, and which of them have nothing left to do
    "bias": ([Conv2D(4, activation="identity"), BatchNorm(), Activate("relu")], [1]),
    "no bias": ([Conv2D(4, activation="identity", bias=False), BatchNorm()], [1]),
    "before pooling": ([Conv2D(4, activation="identity"), BatchNorm(), MaxPool2D()], [1]),
    "many channels": ([Conv2D(400, activation="identity"), BatchNorm()], [1]),
    "after an activation": ([Conv2D(4, activation="tanh"), BatchNorm()], []),
    "after pooling": ([Conv2D(4, activation="identity"), MaxPool2D(), BatchNorm()], []),
    "of a dense layer": ([Flatten(), Dense(4, "identity"), BatchNorm()], [2]),
    "of images in a row": ([Flatten(), BatchNorm(), Dense(4)], []),
}


@pytest.mark.parametrize(("layers", "skipped"), FOLDED.values(), ids=FOLDED)
@dtypes
def test_folded_network_predicts_the_same_with_fewer_layers(layers, skipped, dtype):
    network = Network(layers, (6, 5, 3))
    params = network.layout.views(normal(network.layout.size).astype(dtype))
    state = network.state_layout.views(
        (1 + np.abs(normal(network.state_layout.size, seed=1))).astype(dtype)
    )
    x = normal(N, 6, 5, 3).astype(dtype)
    wanted = network.forward(params, state, x, network.workspaces(dtype)).copy()
    folded = network.folded(params, state)
    y = network.forward(folded, state, x, network.workspaces(dtype))
    assert y.dtype == dtype
    assert_same([y], [wanted], rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert [index for index, own in enumerate(folded) if own is None] == skipped


# Convolution and max-pooling at once


FUSED = ["elu", "hard_sigmoid", "hard_tanh", "identity", "leaky_relu", "logistic", "relu"]
FUSED += ["selu", "sigmoid", "softplus", "softsign", "tanh"]
POOLINGS = {
    "two": MaxPool2D(),
    "two, same": MaxPool2D(padding="same"),
    "three, same": MaxPool2D(3, padding="same"),
    "not square": MaxPool2D((2, 3)),
    "overlapping": MaxPool2D(3, stride=2),
    "overlapping, same": MaxPool2D(3, stride=2, padding="same"),
    "steps of one": MaxPool2D(2, stride=1, padding="same"),
    "steps above the window": MaxPool2D(2, stride=(3, 4)),
    "one pixel": MaxPool2D(1),
    "two in steps of one": MaxPool2D(2, stride=(2, 1)),
    "above the image": MaxPool2D(9, padding="same"),
}
CONVOLUTIONS = {  # settings, channels
    "columns": ({"filters": 9}, 3),
    "columns, no bias, steps, valid": (
        {"filters": 2, "kernel_size": (2, 3), "stride": (1, 2), "bias": False, **VALID},
        9,
    ),
    "lines": ({"filters": 33}, 32),
    "lines, valid": ({"filters": 9, "kernel_size": (2, 3), **VALID}, 8),
    "winograd": ({"filters": 55}, 32),
    "winograd, valid": ({"filters": 54, **VALID}, 32),
}
each_pooling = in_turn("pooling", POOLINGS)
each_convolution = pytest.mark.parametrize(
    ("settings", "c"), CONVOLUTIONS.values(), ids=CONVOLUTIONS
)


def one_after_the_other(convolution, pooling, params, x, dy):
    """[y, dx, gradients of the parameters] of the two layers."""
    caches = Workspace(x.dtype), Workspace(x.dtype)
    grads = {name: np.empty_like(value) for name, value in params.items()}
    hidden = convolution.forward(params, {}, x, caches[0], training_pass())
    y = pooling.forward({}, {}, hidden, caches[1], training_pass()).copy()
    dhidden = pooling.backward({}, {}, dy.copy(), caches[1], training_pass())
    dx = convolution.backward(params, grads, dhidden, caches[0], training_pass())
    return [y, dx, *grads.values()]


def drawn_to_pool(convolution, pooling, image, c, dtype=np.float64):
    """(params, x, dy) for the two layers."""
    params, x, hidden = drawn(convolution, image, c, dtype)
    dy = normal(N, *pooling.output_shape(hidden.shape[1:]), seed=1).astype(dtype)
    return params, x, dy


@pytest.mark.parametrize("activation", FUSED)
@each_pooling
@dtypes
def test_pooling_first_gives_the_values_and_gradients_of_the_two_layers(activation, pooling, dtype):
    convolution = Conv2D(9, activation=activation)
    params, x, dy = drawn_to_pool(convolution, pooling, (7, 8), 3, dtype)
    ours = one_pass(convolution.fused(pooling), params, x, dy)
    wanted = one_after_the_other(convolution, pooling, params, x, dy)
    if pooling.pool_size != 2:  # else four windows at once, whose sums are in another order
        assert_array_equal(ours[0], wanted[0])
    assert_same(ours, wanted, rtol=1e-5 if dtype == np.float32 else 1e-12)


@each_convolution
@each_pooling
@pytest.mark.parametrize("image", [(5, 8), (6, 9)], ids=str)
def test_pooling_first_is_right_for_every_convolution(settings, c, pooling, image):
    assert_pooling_first_is_right(Conv2D(**settings), pooling, image, c)


@pytest.mark.parametrize("filters", [4, 33, 55], ids=["columns", "lines", "winograd"])
@pytest.mark.parametrize("image", [(1, 1), (1, 4), (5, 2)], ids=str)
@in_turn("pool_size", [1, 2, 3, (1, 4)])
@in_turn("stride", [None, 1, 2, 4])
def test_pooling_first_is_right_for_small_images(filters, image, pool_size, stride):
    pooling = MaxPool2D(pool_size, stride, padding="same")
    assert_pooling_first_is_right(Conv2D(filters), pooling, image, 32)


def assert_pooling_first_is_right(convolution, pooling, image, c):
    params, x, dy = drawn_to_pool(convolution, pooling, image, c)
    fused = convolution.fused(pooling)
    ours = one_pass(fused, params, x, dy)
    wanted = one_after_the_other(convolution, pooling, params, x, dy)
    assert_same(ours, wanted)
    without_dx = one_pass(fused, params, x, dy, need_dx=False)
    assert_same(without_dx, [ours[0], *ours[2:]])
    predicted = fused.forward(params, {}, x, Workspace(np.float64), PREDICTION)
    assert_array_equal(predicted, ours[0])


@pytest.mark.parametrize("filters", [4, 32, 55], ids=["columns", "lines", "winograd"])
def test_equal_sums_give_the_gradient_to_the_first_of_them(filters):
    convolution, pooling = Conv2D(filters, activation="identity"), MaxPool2D(padding="same")
    params, x, dy = drawn_to_pool(convolution, pooling, (5, 4), 32)
    params["weight"][...] = 0
    _, _, dweight, _ = one_pass(convolution.fused(pooling), params, x, dy)
    dz = np.zeros((N, 5, 4, filters))
    dz[:, ::2, ::2] = dy
    _, _, wanted, _ = by_loops(x, params["weight"], params["bias"], dz, (1, 1), (1, 1))
    assert_same([dweight], [wanted])


class Falling(Activation):
    """f(z) = exp(-z): a user's own activation, which decreases."""

    def forward(self, z, out):
        np.exp(-z, out=out)

    def backward(self, z, a, dy):
        dy *= -a


@pytest.mark.parametrize("activation", FUSED)
def test_increasing_activations_are_pooled_first(activation):
    fused = Conv2D(3, activation=activation).fused(MaxPool2D(3))
    assert isinstance(fused, PooledConv2D)
    assert (fused.convolution.activation, fused.pooling.pool_size) == (activation, 3)


OTHERS = {name: name for name in sorted(set(ACTIVATIONS) - set(FUSED))}
OTHERS |= {"square": Square(), "falling": Falling(), "of each": PReLU(shared=False)}


@pytest.mark.parametrize("activation", OTHERS.values(), ids=OTHERS)
def test_other_activations_come_before_pooling(activation):
    # gelu and the like decrease somewhere; prelu may; sign and step train as if not flat
    assert Conv2D(3, activation=activation).fused(MaxPool2D()) is None


@pytest.mark.parametrize("filters", [4, 40, 96], ids=["columns", "lines", "winograd"])
def test_activation_after_a_convolution_without_one_is_its_own(filters):
    convolution, activation = Conv2D(filters, activation="identity"), Activate("tanh")
    fused = convolution.fused(activation)
    params, x, dy = drawn(convolution, (6, 5), 32)
    assert_same(
        one_pass(fused, params, x, dy), one_pass(Conv2D(filters, activation="tanh"), params, x, dy)
    )
    assert convolution.activation == "identity"
    [(_, pooled)] = Network([convolution, activation, MaxPool2D()], (6, 5, 32)).steps()
    assert isinstance(pooled, PooledConv2D)
    assert pooled.convolution.activation == "tanh"


@pytest.mark.parametrize("activation", ["prelu", "silu"])
def test_activation_after_another_or_that_learns_is_a_layer_of_its_own(activation):
    assert Conv2D(3, activation="relu").fused(Activate(activation)) is None
    fused = Conv2D(3, activation="identity").fused(Activate(activation))
    assert (fused is None) == (activation == "prelu")
    assert Doubled(3, activation="identity").fused(Activate(activation)) is None


class Doubled(Conv2D):
    """A user's own: twice the convolution."""

    def forward(self, params, state, x, cache, context):
        return 2 * super().forward(params, state, x, cache, context)


class Smallest(MaxPool2D):
    """A user's own: the smallest pixel of each window."""

    def forward(self, params, state, x, cache, context):
        return -super().forward(params, state, -x, cache, context)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Conv2D(3), AveragePool2D()),
        (Conv2D(3), Smallest()),
        (Conv2D(3), Conv2D(2)),
        (Doubled(3), MaxPool2D()),
    ],
    ids=["average", "own pooling", "no pooling", "own convolution"],
)
def test_layers_that_are_not_a_convolution_and_max_pooling_stay_two(first, second):
    assert first.fused(second) is None
    network = Network([first, second], (6, 5, 2))
    params = network.layout.views(normal(network.layout.size))
    x = normal(N, 6, 5, 2)
    hidden = first.forward(params[0], {}, x, Workspace(np.float64), PREDICTION)
    wanted = second.forward(params[1], {}, hidden, Workspace(np.float64), PREDICTION)
    y = network.forward(params, [{}, {}], x, network.workspaces(np.float64))
    assert_array_equal(y, wanted)


def test_network_pools_first_and_stops_between_the_two_if_asked():
    network = Network([Conv2D(3), MaxPool2D(), Flatten()], (6, 5, 2))
    params, state = network.layout.views(normal(network.layout.size)), [{}, {}, {}]
    x, workspaces = normal(N, 6, 5, 2), network.workspaces(np.float64)
    assert [type(layer) for _, layer in network.steps()] == [PooledConv2D, Flatten]
    hidden = network.forward(params, state, x, workspaces, depth=1).copy()
    pooled = network.forward(params, state, x, workspaces, depth=2)
    z, *_ = by_loops(x, params[0]["weight"], params[0]["bias"], hidden, (1, 1), (1, 1))
    assert_same([hidden], [np.maximum(z, 0)])
    assert_array_equal(pooled, hidden[:, :, :4].reshape(N, 3, 2, 2, 2, 3).max(axis=(2, 4)))
