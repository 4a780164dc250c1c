import pickle

import numpy as np
import pytest
from helpers import (
    LOSSES,
    MODELS,
    assert_is_gradient,
    joint_and_singles,
    mostly_zeros,
    new_batch,
    new_gradient,
    normal,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array

from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    Parameter,
    Residual,
    Scale,
    State,
    ThroughRows,
    UnitVariance,
)
from sknn.nn.layers.convolution import PooledConv2D
from sknn.nn.network import Network, layer_names
from sknn.nn.passes import PREDICTION, Pass
from sknn.nn.workspace import Workspace

N = 7
LAYERS = [Dense(5, "tanh"), Dense(4, "relu"), Dense(3, "identity")]


class Recorder(Layer):
    """Passes everything on, and records how it was called."""

    def __init__(self, calls, trained=True):
        self.calls, self.trained = calls, trained

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        scale = Parameter("scale", input_shape, lambda random_state, shape: np.ones(shape))
        return [scale] if self.trained else []

    def state(self, input_shape):
        return [State("mean", input_shape, 2.0)]

    def forward(self, params, state, x, cache, context):
        self.calls.append(("forward", context, sorted(params), state["mean"].tolist()))
        return x

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        self.calls.append(("backward", need_dx))
        return dy


def forward(network, theta, x, **settings):
    """Raw outputs with fresh workspaces and fresh state."""
    state = network.state_layout.views(network.state_layout.initial(None, theta.dtype))
    params = network.layout.views(theta)
    return network.forward(params, state, x, network.workspaces(theta.dtype), **settings)


def test_network_computes_its_layers_in_order():
    network = Network(LAYERS, (2,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    first, second, last = network.layout.views(theta)
    x = normal(N, 2)
    h = np.tanh(x @ first["weight"] + first["bias"])
    h = np.maximum(h @ second["weight"] + second["bias"], 0)
    wanted = h @ last["weight"] + last["bias"]
    assert_allclose(forward(network, theta, x), wanted, rtol=1e-12)


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_network_of_several_models_is_that_of_each(sparse):
    joint, singles = joint_and_singles(LAYERS, LOSSES["squared_error"], 6)
    x = mostly_zeros(N, 6)[sparse]
    z = forward(joint.network, joint.theta, x)
    assert z.shape == (MODELS, N, 3)
    wanted = [forward(single.network, single.theta, x) for single in singles]
    assert_allclose(z, wanted, rtol=1e-12)


FIRST_LAYERS = {
    "activate": Activate("tanh"),
    "batch norm": BatchNorm(),
    "dropout": Dropout(0.5),
    "layer norm": LayerNorm(),
}


@pytest.mark.parametrize("first", FIRST_LAYERS.values(), ids=FIRST_LAYERS)
def test_sparse_rows_before_a_layer_that_does_not_take_them_are_made_dense(first):
    network = Network([first, *LAYERS], (6,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    dense, sparse = mostly_zeros(N, 6)
    assert_array_equal(forward(network, theta, sparse), forward(network, theta, dense))


def test_array_that_is_no_sparse_one_is_left_to_numpy(tmp_path):
    class LookAlike:
        """What NumPy takes for an array, though it is none."""

        def __init__(self, array):
            self.array, self.shape, self.ndim = array, array.shape, array.ndim

        def __array__(self, dtype=None, copy=None):
            return self.array

    x, network = normal(N, 6), Network([BatchNorm(), *LAYERS], (6,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    mapped = np.memmap(tmp_path / "x", np.float64, "w+", shape=x.shape)
    mapped[...] = x
    wanted, first = forward(network, theta, x), Network([Dense(2, "tanh")], (6,))
    assert_array_equal(forward(network, theta, mapped), wanted)
    theta, _ = first.initial(np.random.RandomState(0), np.float64)
    assert_array_equal(forward(first, theta, LookAlike(x)), forward(first, theta, x))


def test_sparse_rows_reach_a_layer_that_takes_them_as_they_are():
    seen = []

    class Sparse(Dense):
        def forward(self, params, state, x, cache, context):
            seen.append(x)
            return super().forward(params, state, x, cache, context)

    network = Network([Sparse(2)], (6,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    _, sparse = mostly_zeros(N, 6)
    forward(network, theta, sparse)
    assert seen[0] is sparse


@pytest.mark.parametrize("depth", range(4))
def test_depth_is_how_many_layers_are_gone_through(depth):
    network = Network(LAYERS, (2,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    x = normal(N, 2)
    wanted = x
    for layer, params in list(zip(LAYERS, network.layout.views(theta), strict=True))[:depth]:
        z = wanted @ params["weight"] + params["bias"]
        wanted = {"tanh": np.tanh(z), "relu": np.maximum(z, 0), "identity": z}[layer.activation]
    assert_allclose(forward(network, theta, x, depth=depth), wanted, rtol=1e-12)


def test_network_knows_the_shapes_between_its_layers():
    network = Network([Flatten(), Dense(3), Dense(2)], (4, 5, 2))
    assert network.shapes == [(4, 5, 2), (40,), (3,), (2,)]
    assert network.layout.size == 40 * 3 + 3 + 3 * 2 + 2
    assert network.row_size(np.float32) == 4 * (40 + 3 + 2)


def test_layers_are_numbered_among_their_kind():
    layers = [Conv2D(3), MaxPool2D(), Conv2D(3), Flatten(), Dense(3), Dropout(), Dense(2)]
    names = ["conv2d1", "maxpool2d1", "conv2d2", "flatten1", "dense1", "dropout1", "dense2"]
    assert layer_names(layers) == Network(layers, (4, 5, 1)).names == names


def test_largest_product_is_that_of_the_layer_with_most_multiply_adds():
    layers = [Dense(10), BatchNorm(), Dropout(), Dense(100), Activate(), Dense(2)]
    assert Network(layers, (7,)).largest_product(5) == 5 * 10 * 100
    assert Network([LayerNorm(), Dropout()], (7,)).largest_product(5) == 0
    layers = [Conv2D(32), MaxPool2D(), Flatten(), Dense(10)]  # 9 * 32 in each of 28 x 28 places
    assert Network(layers, (28, 28, 1)).largest_product(5) == 5 * 225_792


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([Conv2D(3), MaxPool2D(), Conv2D(3), Flatten(), Dense(2)], 4),
        ([Dropout(), Conv2D(3), BatchNorm(), GlobalAveragePool2D(), Dense(3), Dense(2)], 4),
        ([Flatten(), Dense(2)], 1),
        ([Conv2D(3), AveragePool2D()], 2),
    ],
)
def test_image_layers_are_those_that_take_images_in(layers, wanted):
    assert Network(layers, (8, 8, 1)).n_image_layers == wanted
    assert Network([Dense(3), Dense(2)], (8,)).n_image_layers == 0
    assert Network([Recorder([])], (4, 2)).n_image_layers == 0


# Layers that are fused


CONVOLUTIONAL = [
    Conv2D(3, activation="relu"),
    MaxPool2D(),
    Conv2D(4, activation="tanh"),
    MaxPool2D(padding="same"),
    Flatten(),
    Dense(2, "identity"),
]


def numbers(network, *between):
    return [number for number, _ in network.steps(*between)]


def test_steps_take_a_convolution_and_its_pooling_at_once():
    network = Network(CONVOLUTIONAL, (8, 8, 1))
    assert numbers(network) == [0, 2, 4, 5]
    for number, layer in network.steps():
        wanted = PooledConv2D if number < 4 else type(CONVOLUTIONAL[number])
        assert type(layer) is wanted


@pytest.mark.parametrize(
    ("between", "wanted"),
    [((0, 1), [0]), ((0, 3), [0, 2]), ((1, 4), [1, 2]), ((2, None), [2, 4, 5]), ((3, 3), [])],
)
def test_steps_stay_between_first_and_stop(between, wanted):
    assert numbers(Network(CONVOLUTIONAL, (8, 8, 1)), *between) == wanted


@pytest.mark.parametrize(
    "pair",
    [
        [Conv2D(3), AveragePool2D()],
        [Conv2D(3), BatchNorm()],
        [Conv2D(3, activation="gelu"), MaxPool2D()],  # falls for some z
        [Conv2D(3, activation="sign"), MaxPool2D()],  # trains as if it were not flat
        [Activate(), MaxPool2D()],
    ],
    ids=str,
)
def test_other_pairs_are_not_fused(pair):
    assert numbers(Network(pair, (8, 8, 1))) == [0, 1]


@pytest.mark.parametrize("context", [PREDICTION, Pass(training=True)], ids=str)
@pytest.mark.parametrize("depth", range(1, 7))
def test_fused_layers_compute_what_they_compute_apart(depth, context):
    network = Network(CONVOLUTIONAL, (7, 5, 2))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    x = apart = normal(N, 7, 5, 2)
    own = list(zip(CONVOLUTIONAL, network.layout.views(theta), strict=True))
    for layer, params in own[:depth]:
        apart = layer.forward(params, {}, apart, Workspace(np.float64), context)
    assert apart.shape[1:] == network.shapes[depth]
    together = forward(network, theta, x, context=context, depth=depth)
    assert_allclose(together, apart, rtol=1e-12)


def test_steps_write_nothing_that_another_thread_could_read_half_done():
    network = Network(CONVOLUTIONAL, (8, 8, 1))
    before = pickle.dumps(network)
    network.steps(), network.steps(0, 2), network.steps(1)
    assert pickle.dumps(network) == before
    assert numbers(pickle.loads(before)) == [0, 2, 4, 5]


def test_network_runs_the_layers_that_know_their_shapes():
    class Placed(Recorder):
        def placed(self, input_shape):
            self.calls.append(input_shape)
            return Dense(3, "identity")

        def output_shape(self, input_shape):
            return (3,)

        def parameters(self, input_shape):
            return Dense(3).parameters(input_shape)

    calls = []
    network = Network([Placed(calls), Dense(2, "identity")], (4,))
    theta, x = normal(network.layout.size), normal(N, 4)
    first, second = network.layout.views(theta)
    hidden = x @ first["weight"] + first["bias"]
    wanted = hidden @ second["weight"] + second["bias"]
    assert_allclose(forward(network, theta, x), wanted, rtol=1e-12)
    assert calls == [(4,)]


def test_layers_have_the_names_they_are_given():
    assert Network([Dense(3), Dense(2)], (4,), names=["hidden", "out"]).names == ["hidden", "out"]
    with pytest.raises(ValueError, match=r"^Layer hidden, Dense"):
        Network([Dense(0), Dense(2)], (4,), names=["hidden", "out"])


def test_lowest_layer_is_the_first_with_something_to_train():
    frozen = Conv2D(3, trainable=False)
    assert Network([frozen, MaxPool2D(), frozen, *CONVOLUTIONAL], (16, 16, 1)).lowest == 3
    assert Network([Dense(3, trainable=False), Dense(2)], (4,)).lowest == 1
    assert Network([Dropout(), MaxPool2D(), *CONVOLUTIONAL], (16, 16, 1)).lowest == 2
    assert Network([Dropout(), BatchNorm(), Dense(3)], (4,)).lowest == 1
    assert Network([Dropout(), Flatten()], (4, 4, 1)).lowest == 0


def test_network_names_the_image_layer_that_does_not_fit():
    message = (
        r"^Layer conv2d2, Conv2D\(filters=4, padding='valid'\): needs images of at least 3 x 3 "
        r"pixels with padding='valid', got 2 x 4\. Use padding='same'"
    )
    layers = [Conv2D(3), MaxPool2D(), Conv2D(4, padding="valid"), Flatten(), Dense(2)]
    with pytest.raises(ValueError, match=message):
        Network(layers, (4, 8, 1))


@pytest.mark.parametrize("layer", [Conv2D(3), MaxPool2D(), GlobalAveragePool2D()], ids=str)
def test_image_layer_after_flat_ones_says_what_it_needs(layer):
    message = r"needs images of shape \(height, width, channels\), got samples of shape \(128,\)"
    with pytest.raises(ValueError, match=message):
        Network([Flatten(), layer, Dense(2)], (8, 8, 2))


def test_network_names_the_layer_that_does_not_fit():
    message = r"Layer dense1, Dense\(units=3\): needs flat samples, got .*\(6, 6, 4\)"
    with pytest.raises(ValueError, match=message):
        Network([Recorder([]), Dense(3), Dense(2)], (6, 6, 4))


def test_network_names_the_layer_with_an_unknown_activation():
    with pytest.raises(ValueError, match=r"Layer dense2, .*'tan'.*one of"):
        Network([Dense(3), Dense(2, "tan")], (4,))


def test_one_layer_object_may_stand_twice_with_weights_of_each():
    layer = Dense(4)
    network = Network([layer, layer], (4,))
    assert network.layout.size == 2 * (16 + 4)
    assert vars(layer) == vars(Dense(4))


@pytest.mark.parametrize("given", [{}, {"context": Pass(training=True)}], ids=str)
def test_layer_is_handed_its_parameters_its_state_and_the_pass(given):
    calls = []
    network = Network([Recorder(calls)], (2,))
    forward(network, np.ones(2), normal(N, 2), **given)
    assert calls == [("forward", given.get("context", Pass(training=False)), ["scale"], [2.0, 2.0])]


def test_backward_asks_every_layer_but_the_first_for_dx():
    calls = []
    network = Network([Recorder(calls), Recorder(calls), Recorder(calls)], (2,))
    params = network.layout.views(np.ones(6))
    dx = network.backward(params, params, normal(N, 2), network.workspaces(np.float64), PREDICTION)
    assert calls == [("backward", True), ("backward", True), ("backward", False)]
    assert dx is None


@pytest.mark.parametrize(
    ("trained", "called"),
    [
        ([False, True, True], [("backward", True), ("backward", False)]),
        ([False, False, True], [("backward", False)]),
        ([True, False, False], [("backward", True), ("backward", True), ("backward", False)]),
    ],
)
def test_backward_stops_at_the_lowest_layer_with_parameters(trained, called):
    calls = []
    network = Network([Recorder(calls, own) for own in trained], (2,))
    params = network.layout.views(np.ones(2 * sum(trained)))
    network.backward(params, params, normal(N, 2), network.workspaces(np.float64), PREDICTION)
    assert calls == called


@pytest.mark.parametrize("first", [1, 2])
def test_backward_to_a_layer_gives_the_gradient_of_what_goes_into_it(first):
    network = Network(LAYERS, (2,))
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    params, grads = network.layout.views(theta), network.layout.views(np.zeros_like(theta))
    workspaces, no_state = network.workspaces(np.float64), [{}] * len(LAYERS)
    context = Pass(training=True)
    h, dz = forward(network, theta, normal(N, 2), depth=first), normal(N, 3, seed=1)

    def value(h):
        return np.sum(dz * network.forward(params, no_state, h, workspaces, context, first=first))

    value(h)
    dh = network.backward(params, grads, dz.copy(), workspaces, context, first=first).copy()
    assert_is_gradient(dh, value, h)
    assert not any(grad.any() for own in grads[:first] for grad in own.values())


@pytest.mark.parametrize("need_dx", [False, True])
def test_backward_in_parts_gives_dx_if_it_is_needed(need_dx):
    network, x, dz = Network(LAYERS, (2,)), normal(N, 2), normal(N, 3, seed=1)
    theta, _ = network.initial(np.random.RandomState(0), np.float64)
    params, grads = network.layout.views(theta), network.layout.views(np.zeros_like(theta))
    workspaces, context = network.workspaces(np.float64), Pass(training=True)
    for joint_pass in (
        network.forward_jointly(params, [{}] * len(LAYERS), x, workspaces, context),
        network.backward_jointly(params, grads, dz.copy(), workspaces, context, need_dx),
    ):
        with pytest.raises(StopIteration) as end:
            next(joint_pass)
    if not need_dx:
        assert end.value.value is None
        return

    def value(x):
        return np.sum(dz * forward(network, theta, x))

    assert_is_gradient(end.value.value, value, x)


def test_gradient_above_a_first_dropout_is_that_without_dx():
    loss = LOSSES["squared_error"]
    batch = new_batch(normal(N, 6), normal(N, 3))
    plain = new_gradient(LAYERS, loss, 6)
    first = new_gradient([Dropout(0.0), Activate("identity"), *LAYERS], loss, 6)
    first.place(0, 0, 0)
    assert first.mean(batch) == plain.mean(batch)
    assert_array_equal(first.grad, plain.grad)


# Normalisation folded into the weights before it


def normalised(layers, input_shape=(4,), dtype=np.float64, models=()):
    """(network, params, state) of these layers, all drawn."""
    network = Network(layers, input_shape)
    theta = normal(*models, network.layout.size).astype(dtype)
    state = 1 + np.abs(normal(*models, network.state_layout.size, seed=1)).astype(dtype)
    return network, network.layout.views(theta), network.state_layout.views(state)


FOLDED = {  # layers, and which of them have nothing left to do
    "after a linear layer": ([Dense(5, "identity"), BatchNorm(), Activate("tanh"), Dense(2)], [1]),
    "twice": ([Dense(5, "identity"), BatchNorm(), Dense(3, "identity"), BatchNorm()], [1, 3]),
    "after an activation": ([Dense(5, "tanh"), BatchNorm(), Dense(2)], []),
    "first": ([BatchNorm(), Dense(2)], []),
    "after dropout": ([Dense(5, "identity"), Dropout(0.5), BatchNorm(), Dense(2)], []),
    "in a row": ([Dense(5, "identity"), BatchNorm(), BatchNorm(), Dense(2)], [1]),
    "layer normalisation": ([Dense(5, "identity"), LayerNorm(), Dense(2)], []),
}
FOLDED_IMAGES = {
    "after a convolution": (
        [Conv2D(3, activation="identity"), BatchNorm(), Activate("relu"), MaxPool2D(), Flatten()],
        [1],
    ),
    "after one without bias": (
        [Conv2D(3, activation="identity", bias=False), BatchNorm(), MaxPool2D(), Flatten()],
        [1],
    ),
    "after an activation": ([Conv2D(3), BatchNorm(), Flatten()], []),
    "after pooling": ([Conv2D(3, activation="identity"), MaxPool2D(), BatchNorm(), Flatten()], []),
    "first": ([BatchNorm(), Conv2D(3), Flatten()], []),
}


@pytest.mark.parametrize(("layers", "skipped"), FOLDED.values(), ids=FOLDED)
@pytest.mark.parametrize("models", [(), (MODELS,)], ids=["", "models"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folded_network_predicts_the_same_with_fewer_layers(layers, skipped, models, dtype):
    assert_folded_predicts_the_same(layers, (4,), skipped, dtype, models)


@pytest.mark.parametrize(("layers", "skipped"), FOLDED_IMAGES.values(), ids=FOLDED_IMAGES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_folded_network_of_images_predicts_the_same_with_fewer_layers(layers, skipped, dtype):
    assert_folded_predicts_the_same(layers, (6, 5, 2), skipped, dtype)


def assert_folded_predicts_the_same(layers, input_shape, skipped, dtype, models=()):
    network, params, state = normalised(layers, input_shape, dtype, models)
    x = normal(N, *input_shape).astype(dtype)
    before = network.forward(params, state, x, network.workspaces(dtype)).copy()
    folded = network.folded(params, state)
    z = network.forward(folded, state, x, network.workspaces(dtype))
    assert z.dtype == dtype
    rtol, atol = (1e-4, 1e-4) if dtype == np.float32 else (1e-11, 1e-12)
    assert_allclose(z, before, rtol=rtol, atol=atol)
    assert [index for index, own in enumerate(folded) if own is None] == skipped


def test_folding_leaves_the_parameters_as_they_are():
    layers, _ = FOLDED["after a linear layer"]
    network, params, state = normalised(layers)
    _, same, same_state = normalised(layers)
    network.folded(params, state)
    for own, wanted in zip([*params, *state], [*same, *same_state], strict=True):
        for name, array in own.items():
            assert_array_equal(array, wanted[name])


def test_initial_values_are_parameters_and_state():
    theta, state = Network([Recorder([]), Recorder([])], (2,)).initial(None, np.float32)
    assert_array_equal(theta, np.ones(4, np.float32), strict=True)
    assert_array_equal(state, np.full(4, 2, np.float32), strict=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_first_non_finite_names_the_first_layer_that_is_not(value):
    network = Network(LAYERS, (2,))
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    assert network.first_non_finite(theta, state) is None
    views = network.layout.views(theta)
    views[2]["weight"][0, 0] = value
    assert network.first_non_finite(theta, state) == "layer 3 (Dense)"
    views[1]["bias"][0, 0] = value
    assert network.first_non_finite(theta, state) == "layer 2 (Dense)"


def test_running_statistics_that_are_not_finite_are_named():
    network = Network([Dense(2), BatchNorm(), Dense(1)], (2,))
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    network.state_layout.views(state)[1]["variance"][0, 1] = np.inf
    assert network.first_non_finite(theta, state) == "layer 2 (BatchNorm)"


# Sizes beyond memory.

GIB = 2**30


def test_need_of_a_network_is_that_of_weights_outputs_and_steps_in_between():
    """Of 100 x 50 + 50 weights in 4 copies and 10 samples: 8 (4 * 5,050 + 10 * 50) bytes."""
    network = Network([Dense(50)], (100,))
    told = network.told_need(np.float64, 10, 4)
    assert "at least 162 KiB of memory" in told
    assert "20,200 values for weights (4 for each of them), 500 values for the outputs" in told
    # An activation whose slope needs z keeps it beside its outputs.
    kept = [Network([Dense(50, name)], (100,)).numbers_kept() for name in ("relu", "gelu")]
    assert kept == [50, 100]
    # Borders: 4 * (10 + 10 + 8)^2; columns of a 1 x 1 window: 16 x 16 outputs
    image = Network([Conv2D(3, 1, padding=6, stride=1)], (4, 4, 2))
    assert image.largest_scratch() == 2 * (16 * 16 + 16 * 16)
    assert Network([Conv2D(3, padding="valid")], (4, 4, 2)).largest_scratch() == 0
    assert Network([Residual([Conv2D(2, 3)])], (4, 4, 2)).largest_scratch() == 2 * 6 * 6


@pytest.mark.parametrize(
    ("layers", "shape", "told"),
    [
        ([Dense(10**10)], (5,), "Layer dense1, Dense(units=10000000000), on samples of shape (5,)"),
        ([Dense(3), Dense(10**30)], (5,), "Layer dense2, Dense(units=1000000000"),
        ([Dense(10**9), Dense(10**9)], (5,), "Layer dense1, "),  # the first, not the largest
        ([Conv2D(10**12)], (4, 4, 1), "Layer conv2d1, "),
        ([Conv2D(2, 10**6)], (4, 4, 1), "Layer conv2d1, "),
        ([Conv2D(2, padding=10**6)], (4, 4, 1), "Layer conv2d1, "),
        ([Conv2D(2, dilation=10**30)], (4, 4, 1), "Layer conv2d1, "),
        ([MaxPool2D(10**400, padding="same")], (4, 4, 1), "Layer maxpool2d1, MaxPool2D(pool_size"),
    ],
    ids=str,
)
def test_network_beyond_memory_is_refused_before_anything_is_drawn(
    layers, shape, told, monkeypatch
):
    monkeypatch.setattr("sknn.nn.network.installed_memory", lambda: 16 * GIB)
    network = Network(layers, shape)
    with pytest.raises(ValueError, match=r"this computer has 16 GiB\. Make that") as raised:
        network.initial(None, np.float32)
    assert told in str(raised.value)


def test_network_that_just_fits_into_memory_is_made(monkeypatch):
    network = Network([Dense(50)], (100,))
    need = 4 * (5050 + 50)
    monkeypatch.setattr("sknn.nn.network.installed_memory", lambda: need)
    assert network.initial(np.random.RandomState(0), np.float32)[0].shape == (5050,)
    monkeypatch.setattr("sknn.nn.network.installed_memory", lambda: need - 1)
    with pytest.raises(ValueError, match=r"The network needs at least 19\.9 KiB of memory"):
        network.initial(np.random.RandomState(0), np.float32)


def test_memory_that_others_have_taken_is_an_error_that_names_the_layer(monkeypatch):
    def fails(*arguments):
        raise MemoryError("none left")

    network = Network([Dense(50)], (100,))
    monkeypatch.setattr(network.layout, "initial", fails)
    with pytest.raises(MemoryError, match=r"^none left\. The network needs .* Layer dense1, Dense"):
        network.initial(None, np.float32)


@pytest.mark.parametrize("steps", [2**21, 10**30])
def test_steps_beyond_the_image_are_as_good_as_any_other(steps):
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 1))
    for far, near in [
        (Conv2D(2, stride=steps), Conv2D(2, stride=4)),
        (Conv2D(2, 1, dilation=steps), Conv2D(2, 1)),
        (MaxPool2D(2, steps), MaxPool2D(2, 4)),
    ]:
        results = []
        for layer in (far, near):
            network = Network([layer], (4, 4, 1))
            theta, state = network.initial(np.random.RandomState(0), np.float64)
            views = network.layout.views(theta), network.state_layout.views(state)
            results.append(network.forward(*views, x, network.workspaces(np.float64)).copy())
        assert_array_equal(*results)


# First values that depend on training rows

ADAPTING = {"weight_init": UnitVariance(), "bias_init": ThroughRows()}


def adapted(network, x, seed=1):
    """The params of a network, adapted to x."""
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    params, states = network.layout.views(theta), network.state_layout.views(state)
    network.adapt(params, states, x, np.random.RandomState(seed))
    return params


@pytest.mark.parametrize("sparse", [False, True])
def test_layers_adapt_one_after_the_other(sparse):
    x = normal(60, 3) * [1, 5, 0.1]
    layers = [Dense(6, "tanh", **ADAPTING), Dropout(0.9), Dense(2, "identity", **ADAPTING)]
    first, _, second = adapted(Network(layers, (3,)), csr_array(x) if sparse else x)
    sums = x @ first["weight"]
    assert_allclose(sums.std(axis=0), 1, rtol=1e-12)
    hidden = np.tanh(sums + first["bias"])  # nothing is dropped
    assert_allclose((hidden @ second["weight"]).std(axis=0), 1, rtol=1e-12)
    for params in (first, second):
        assert np.abs(params["bias"]).min() > 0


def test_sparse_rows_are_made_dense_before_a_layer_that_needs_it():
    x = normal(60, 3) * [1, 5, 0.1]
    layers = [Scale(2.0), Dense(4, **ADAPTING)]
    _, params = adapted(Network(layers, (3,)), csr_array(x))
    assert_allclose((2 * x @ params["weight"]).std(axis=0), 1, rtol=1e-12)


def test_layers_within_a_branch_adapt():
    x, layers = normal(60, 3), [Residual([Dense(3, "tanh", **ADAPTING), Dense(3, **ADAPTING)])]
    (params,) = adapted(Network(layers, (3,)), x)
    sums = x @ params["dense1.weight"]
    assert_allclose(sums.std(axis=0), 1, rtol=1e-12)
    hidden = np.tanh(sums + params["dense1.bias"])
    assert_allclose((hidden @ params["dense2.weight"]).std(axis=0), 1, rtol=1e-12)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [([Dense(50), Dense(3)], (100,)), ([Conv2D(3, padding=6), Flatten(), Dense(2)], (4, 4, 2))],
)
def test_network_is_refused_if_what_it_is_told_to_need_is_too_large(layers, shape, monkeypatch):
    network = Network(layers, shape)
    for n_samples, n_copies in ((1, 1), (10, 4)):
        parts = network._parts_of_memory(n_samples, n_copies)
        need = 8 * sum(sum(own.values()) for own in parts)
        monkeypatch.setattr("sknn.nn.network.installed_memory", lambda need=need: need)
        network.refuse_too_large(np.float64, n_samples, n_copies)
        monkeypatch.setattr("sknn.nn.network.installed_memory", lambda need=need: need - 1)
        with pytest.raises(ValueError, match="The network needs at least"):
            network.refuse_too_large(np.float64, n_samples, n_copies)


@pytest.mark.parametrize(
    ("layers", "shape", "same"),
    [
        ([Dense(3), Dense(2, "identity")], (4,), True),
        ([Dense(3), Dense(2, "identity")], (5,), False),
        ([Dense(3)], (4,), False),
        ([Dense(3), Dense(3, "identity")], (4,), False),
        ([Dense(3, "tanh"), Dense(2, "identity")], (4,), False),
    ],
)
def test_network_knows_the_layers_and_the_shape_that_it_is_of(layers, shape, same):
    network = Network([Dense(3), Dense(2, "identity")], (4,))
    assert network.is_of(layers, shape) is same
