import pickle

import numpy as np
import pytest
from helpers import LOSSES, MODELS, mostly_zeros, normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from threadpoolctl import threadpool_info, threadpool_limits

from sknn.nn import (
    Activate,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    MaxPool2D,
    Parameter,
    UnitVariance,
)
from sknn.nn.batches import Rows
from sknn.nn.initializers import Constant
from sknn.nn.model import CACHE, LEAST, ONE_PASS, PART, Model
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION
from sknn.nn.workspace import Workspace

N, N_IN = 11, 4
LAYERS = [Dense(5, "tanh"), Dense(3, "identity")]
ONE_ROW = 8 * (5 + 3)  # bytes that forward allocates for a sample


def new_model(dtype=np.float64, layers=LAYERS, n_in=N_IN):
    network = Network(layers, (n_in,))
    vectors = network.initial(np.random.RandomState(0), dtype)
    return Model(network, LOSSES["squared_error"], *vectors)


def outputs(model, x):
    """Raw outputs by the formula."""
    (w0, w1), (b0, b1) = model.weights, model.biases
    return np.tanh(x @ w0 + b0) @ w1 + b1


@pytest.mark.parametrize("memory", [1, 3 * ONE_ROW, 4.9 * ONE_ROW, N * ONE_ROW, 1e9])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("at", [None, np.array([3, 9, 0, 3, 10])], ids=["all rows", "some rows"])
def test_outputs_do_not_depend_on_the_chunks(memory, sparse, at):
    model, x = new_model(), mostly_zeros(N, N_IN)
    wanted = outputs(model, x[0] if at is None else x[0][at])
    assert_allclose(model.outputs(x[sparse], memory, at), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("memory", [1, 3 * ONE_ROW, 1e9])
@pytest.mark.parametrize("at", [None, np.array([3, 9, 0])], ids=["all rows", "some rows"])
def test_outputs_to_some_depth_are_those_of_a_hidden_layer(memory, at):
    model, x = new_model(), normal(N, N_IN)
    hidden = np.tanh(x @ model.weights[0] + model.biases[0])
    wanted = hidden if at is None else hidden[at]
    assert_allclose(model.outputs(x, memory, at, depth=1), wanted, rtol=1e-12)


@pytest.mark.parametrize("memory", [1, 1e9])
def test_outputs_are_in_an_array_of_their_own(memory):
    x = normal(N, N_IN)
    model = new_model(layers=[Dropout(0.5), *LAYERS])
    for depth in (1, 2, None):
        assert not np.shares_memory(model.outputs(x, memory, depth=depth), x)


@pytest.mark.parametrize("memory", [1, 3 * ONE_ROW, 1e9])
def test_outputs_after_batch_norm_are_those_of_running_statistics(memory):
    layers = [
        Dense(5, "identity"),
        BatchNorm(),
        Activate("tanh"),
        Dropout(0.5),
        Dense(3, "identity"),
    ]
    model, x = new_model(layers=layers), normal(N, N_IN)
    norm, (w0, w1), (b0, b1) = model.params[1], model.weights, model.biases
    norm["scale"][...], norm["shift"][...] = normal(1, 5), normal(1, 5, seed=1)
    model.state[:5], model.state[5:] = normal(5), 1 + normal(5) ** 2  # mean and variance
    before = model.theta.copy()
    normalized = (x @ w0 + b0 - model.state[:5]) / np.sqrt(model.state[5:] + 1e-5)
    hidden = normalized * norm["scale"] + norm["shift"]
    assert_allclose(model.outputs(x, memory), np.tanh(hidden) @ w1 + b1, rtol=1e-12)
    assert_allclose(model.outputs(x, memory, depth=1), x @ w0 + b0, rtol=1e-12, atol=1e-14)
    assert_allclose(model.outputs(x, memory, depth=2), hidden, rtol=1e-12, atol=1e-14)
    assert_array_equal(model.theta, before)


def sizes_of_chunks(n, memory=1e9, units=5, models=()):
    """How many samples the first layer is given at a time; ONE_ROW holds for 5 units, one model."""
    sizes = []

    class Measuring(Dense):
        def forward(self, params, state, x, cache, context):
            sizes.append(len(x))
            return super().forward(params, state, x, cache, context)

    layers = [Measuring(units, "tanh"), Dense(3, "identity")]
    network = Network(layers, (N_IN,))
    theta, state = normal(*models, network.layout.size), np.empty((*models, 0))
    model = Model(network, LOSSES["squared_error"], theta, state)
    model.outputs(normal(n, N_IN), memory)
    assert sum(sizes) == n
    return sizes


@pytest.mark.parametrize("memory", [1, ONE_ROW, 3 * ONE_ROW, 4.9 * ONE_ROW])
def test_outputs_take_chunks_that_fit_into_the_memory(memory):
    assert max(sizes_of_chunks(N, memory)) == max(1, memory // ONE_ROW)


def test_chunks_of_all_threads_fit_into_the_memory_together():
    with threadpool_limits(2, user_api="blas"):
        assert max(sizes_of_chunks(N, 6.9 * ONE_ROW)) == 3


def test_chunks_stay_in_the_cache():
    fitting, n = CACHE // ONE_ROW, ONE_PASS // ONE_ROW
    assert sizes_of_chunks(n) == [n]
    assert sorted(sizes_of_chunks(n + 1)) == [1, *[fitting] * (n // fitting)]


def test_chunks_of_wide_networks_are_large_enough_for_a_matrix_product():
    sizes = sizes_of_chunks(LEAST + 1, units=CACHE // 8)
    assert sorted(sizes) == [1, LEAST]


def test_chunks_are_smaller_for_several_models():
    fitting, n = CACHE // (2 * ONE_ROW), ONE_PASS // (2 * ONE_ROW)
    assert sizes_of_chunks(n, models=(2,)) == [n]
    assert sizes_of_chunks(n + fitting, models=(2,)) == [fitting] * (n // fitting + 1)


@pytest.mark.parametrize("threads", [2, 8])
@pytest.mark.parametrize("at", [None, np.arange(0, 600_000, 2)], ids=["all rows", "some rows"])
def test_number_of_threads_does_not_change_the_outputs(threads, at):
    model, x = new_model(np.float32), normal(600_001, N_IN).astype(np.float32)
    alone = model.outputs(x, 1e9, at)  # with one thread
    assert alone.dtype == np.float32
    with threadpool_limits(threads, user_api="blas"):
        assert_array_equal(model.outputs(x, 1e9, at), alone)


def test_outputs_stay_as_they_are_when_others_are_computed():
    model = new_model()
    first = model.outputs(normal(N, N_IN), 1e9)
    kept = first.copy()
    model.outputs(normal(N, N_IN, seed=1), 1e9)
    assert_array_equal(first, kept)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_that_of_the_weights(dtype):
    model = new_model(dtype)
    assert model.dtype == dtype
    assert model.outputs(normal(N, N_IN).astype(dtype), 1e9).dtype == dtype


def test_weights_and_biases_are_views_of_theta():
    model = new_model()
    assert [weight.shape for weight in model.weights] == [(4, 5), (5, 3)]
    assert [bias.shape for bias in model.biases] == [(5,), (3,)]
    for view in (*model.weights, *model.biases):
        view[...] = 7
    assert_array_equal(model.theta, np.full(20 + 5 + 15 + 3, 7.0))


class Bilinear(Layer):
    """y = (x @ left) * (x @ right) + offset, the offset as an array of one axis."""

    def output_shape(self, input_shape):
        return (2,)

    def parameters(self, input_shape):
        shape = (*input_shape, 2)
        return [
            Parameter("right", shape, Constant(1.0), role="weight"),
            Parameter("left", shape, Constant(2.0), role="weight"),
            Parameter("offset", (2,), Constant(3.0), decay=False, role="bias"),
            Parameter("weight", (1,), Constant(4.0), role=None),
        ]

    def forward(self, params, state, x, cache, context):
        return (x @ params["left"]) * (x @ params["right"]) + params["offset"]


def test_weights_and_biases_are_what_layers_declare_as_such():
    model = new_model(layers=[Dense(3), Bilinear(), Dense(1)])
    _, own, _ = model.params
    assert [id(weight) for weight in model.weights[1:3]] == [id(own["right"]), id(own["left"])]
    assert [weight.shape for weight in model.weights] == [(4, 3), (3, 2), (3, 2), (2, 1)]
    assert [bias.shape for bias in model.biases] == [(3,), (2,), (1,)]
    assert_array_equal(model.biases[1], [3, 3])


MIXED = [
    Flatten(),
    Dense(5, "identity"),
    BatchNorm(),
    Activate("tanh"),
    Flatten(),
    Dropout(),
    Dense(3, "identity"),
]


@pytest.mark.parametrize("memory", [1, 3 * 8 * 40 * MODELS, 1e9])
@pytest.mark.parametrize("at", [None, np.array([3, 9, 0, 3, 10])], ids=["all rows", "some rows"])
@pytest.mark.parametrize("depth", [None, 4])
def test_several_models_are_each_of_them(memory, at, depth):
    network, x = Network(MIXED, (N_IN,)), normal(N, N_IN)
    theta = normal(MODELS, network.layout.size)
    state = 1 + normal(MODELS, network.state_layout.size, seed=1) ** 2
    loss = LOSSES["squared_error"]
    model = Model(network, loss, theta, state)
    assert [bias.shape for bias in model.biases] == [(MODELS, 5), (MODELS, 3)]
    z = model.outputs(x, memory, at, depth)
    for index in range(MODELS):
        one = Model(network, loss, theta[index], state[index])
        assert_allclose(z[index], one.outputs(x, 1e9, at, depth), rtol=1e-12)
        for own, wanted in zip(model.weights, one.weights, strict=True):
            assert np.shares_memory(own[index], wanted)
        for own, wanted in zip(model.biases, one.biases, strict=True):
            assert_array_equal(own[index], wanted)
    assert len(z) == MODELS


def test_pickle_of_a_network_that_had_worked_out_less_is_read():
    model, x = new_model(), normal(N, N_IN)
    known = {"layers": model.network.layers, "shapes": model.network.shapes, "_steps": {}}
    vars(model.network).clear()
    vars(model.network).update(known)
    read = pickle.loads(pickle.dumps(model))
    assert_array_equal(read.outputs(x, 1e9), new_model().outputs(x, 1e9))


def test_holds_its_own_views_and_nothing_else():
    model = new_model()
    weights, biases = list(model.weights), list(model.biases)
    assert model.holds(weights, biases)
    assert not model.holds(weights[:1], biases)
    assert not model.holds([weights[0].copy(), weights[1]], biases)
    assert not model.holds(biases, weights)
    assert not model.holds(new_model().weights, biases)


def test_take_weights_copies_them():
    model = new_model()
    weights, biases = [np.ones((4, 5)), np.full((5, 3), 2.0)], [np.full(5, 3.0), np.full(3, 4.0)]
    model.take_weights(weights, biases)
    for own, given in zip((*model.weights, *model.biases), (*weights, *biases), strict=True):
        assert_array_equal(own, given)
        assert not np.shares_memory(own, given)


def test_take_weights_says_which_shapes_it_wants():
    model = new_model()
    wanted = r"coefs_ must be .*\[\(4, 5\), \(5, 3\)\].* got \[\(4, 5\), \(5, 2\)\]"
    with pytest.raises(ValueError, match=wanted):
        model.take_weights([np.ones((4, 5)), np.ones((5, 2))], model.biases)
    with pytest.raises(
        ValueError, match=r"intercepts_ must be .*\[\(5,\), \(3,\)\].* got \[\(5,\)\]"
    ):
        model.take_weights(model.weights, model.biases[:1])


def test_take_weights_names_what_it_was_given():
    model = new_model()
    with pytest.raises(
        ValueError, match=r"coef_init must be arrays of shapes \[\(4, 5\), \(5, 3\)\]"
    ):
        model.take_weights([], model.biases, names=("coef_init", "intercept_init"))
    with pytest.raises(ValueError, match="intercept_init must be arrays of shapes"):
        model.take_weights(model.weights, [], names=("coef_init", "intercept_init"))


def test_take_weights_that_do_not_fit_changes_nothing():
    model = new_model()
    before = model.theta.copy()
    with pytest.raises(ValueError, match="intercepts_ must be"):
        model.take_weights([np.ones((4, 5)), np.ones((5, 3))], [np.ones(5), np.ones(4)])
    assert_array_equal(model.theta, before)


def test_unpickled_model_has_the_weights_as_views_again():
    model = new_model()
    copy = pickle.loads(pickle.dumps(model))
    assert_array_equal(copy.theta, model.theta)
    for view in (*copy.weights, *copy.biases):
        assert np.shares_memory(view, copy.theta)
    copy.weights[0][...] = 0
    x = normal(N, N_IN)
    assert_allclose(copy.outputs(x, 1e9), outputs(copy, x), rtol=1e-12)


def test_pickle_holds_the_weights_once():
    model = new_model(layers=[Dense(500), Dense(3, "identity")])
    assert len(pickle.dumps(model)) < model.theta.nbytes + 5000


# Images


IMAGE = (6, 5, 2)
N_IMAGES = 2 * PART + 7
IMAGE_LAYERS = [
    Conv2D(3, activation="identity"),
    BatchNorm(),
    Activate("relu"),
    MaxPool2D(padding="same"),
    Dropout(0.5),
    Conv2D(4, 2, activation="tanh"),
    Flatten(),
    Dense(3, "identity"),
]


class Measured(Layer):
    """Passes images on; notes how many come at a time, and how many threads BLAS then has."""

    def __init__(self):
        self.sizes, self.blas = [], []

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        self.sizes.append(len(x))
        self.blas.append(blas_threads())
        return x


def blas_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


def new_image_model(layers=IMAGE_LAYERS, dtype=np.float64):
    """A model of images, its running statistics drawn."""
    network = Network(layers, IMAGE)
    vectors = network.initial(np.random.RandomState(0), dtype)
    model = Model(network, LOSSES["squared_error"], *vectors)
    model.state[...] = 1 + normal(model.state.size) ** 2
    return model


def layer_by_layer(model, x):
    """What comes out of each layer, all images at once."""
    network = model.network
    states = network.state_layout.views(model.state)
    outputs = [x.reshape(-1, *IMAGE)]
    for layer, params, state in zip(network.layers, model.params, states, strict=True):
        outputs.append(
            layer.forward(params, state, outputs[-1], Workspace(model.dtype), PREDICTION)
        )
    return outputs


@pytest.mark.one_in(3)
@pytest.mark.parametrize("memory", [1, 5e4, 1e9])
@pytest.mark.parametrize("at", [None, np.array([70, 3, 9, 3, *range(40)])], ids=["all", "some"])
@pytest.mark.parametrize("n_threads", [1, 2, 8])
def test_outputs_of_images_do_not_depend_on_chunks_or_threads(memory, at, n_threads):
    model, x = new_image_model(), normal(N_IMAGES, 60)
    x.flags.writeable = False
    wanted = layer_by_layer(model, x if at is None else x[at])
    with threadpool_limits(n_threads):
        assert_allclose(model.outputs(x, memory, at), wanted[-1], rtol=1e-10, atol=1e-12)
        for depth in range(1, len(wanted)):
            found = model.outputs(x, memory, at, depth=depth)
            assert_allclose(found, wanted[depth], rtol=1e-10, atol=1e-12)


def test_outputs_of_images_are_bit_equal_for_any_number_of_threads():
    model, x = new_image_model(dtype=np.float32), normal(N_IMAGES, 60).astype(np.float32)
    alone = model.outputs(x, 1e9)
    for n_threads in (2, 8):
        with threadpool_limits(n_threads):
            assert_array_equal(model.outputs(x, 1e9), alone)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_outputs_of_pixels_are_those_of_numbers_from_0_to_1(dtype):
    pixels = np.random.default_rng(0).integers(0, 256, (N_IMAGES, 60), np.uint8)
    model = new_image_model(dtype=dtype)
    z = model.outputs(pixels, 1e9)
    assert z.dtype == dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-10
    wanted = layer_by_layer(model, (pixels / 255).astype(dtype))[-1]
    assert_allclose(z, wanted, rtol=tolerance, atol=tolerance)
    assert_array_equal(model.outputs(csr_array(pixels), 1e9), z)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_outputs_of_images_take_parts_that_together_fit_into_the_memory(n_threads):
    measured = Measured()
    model = new_image_model([measured, Conv2D(2), GlobalAveragePool2D()])
    one = model.network.row_size(np.float64)
    assert one == 8 * (6 * 5 * 2 + 6 * 5 * 2 + 2)
    with threadpool_limits(n_threads):
        for memory, largest in [(1, 1), (8 * one, 8 // n_threads), (1e9, PART)]:
            measured.sizes.clear()
            model.outputs(normal(N_IMAGES, 60), memory)
            assert sum(measured.sizes) == N_IMAGES
            assert max(measured.sizes) == largest
    assert measured.blas == [{1}] * len(measured.blas)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_outputs_that_fail_raise_and_give_blas_its_threads_back(n_threads):
    class Failing(Flatten):
        def forward(self, params, state, x, cache, context):
            raise RuntimeError("mine")

    model = new_image_model([Conv2D(2), Failing(), Dense(1)])
    with threadpool_limits(n_threads):
        with pytest.raises(RuntimeError, match="mine"):
            model.outputs(normal(N_IMAGES, 60), 1e9)
        assert blas_threads() == {n_threads}


def test_outputs_of_images_are_in_an_array_of_their_own():
    x = normal(3, 60)
    model = new_image_model([Dropout(0.5), Flatten()])
    for depth in (1, 2, None):
        assert not np.shares_memory(model.outputs(x, 1e9, depth=depth), x)


def test_weights_and_biases_of_convolutions_are_views_of_theta_where_there_are_any():
    model = new_image_model([Conv2D(3), Conv2D(4, 2, bias=False), Flatten(), Dense(3)])
    assert [weight.shape for weight in model.weights] == [(3, 3, 2, 3), (2, 2, 3, 4), (120, 3)]
    assert [bias.shape for bias in model.biases] == [(3,), (3,)]
    for view in (*model.weights, *model.biases):
        assert np.shares_memory(view, model.theta)
    assert model.holds(model.weights, model.biases)


def test_pickle_of_a_model_of_images_holds_the_weights_once_and_predicts_the_same():
    layers = [Conv2D(64), MaxPool2D(), Conv2D(64), Flatten(), Dense(3)]
    model, x = new_image_model(layers), normal(3, 60)
    z = model.outputs(x, 1e9)
    pickled = pickle.dumps(model)
    assert len(pickled) < model.theta.nbytes + 5000
    assert_array_equal(pickle.loads(pickled).outputs(x, 1e9), z)


def test_arrays_fit_only_in_the_list_they_belong_to():
    model = Model(
        Network([Dense(3), Dense(3)], (3,)), LOSSES["squared_error"], np.zeros(24), np.zeros(0)
    )
    (w0, w1), (b0, b1) = model.weights, model.biases
    assert model.fits([w0, w1], (b0, b1))
    assert not model.fits([w0, w1, b0], [b1])
    assert not model.fits([w0], [w1, b0, b1])
    assert not model.fits([w0, w1], [b0])
    assert not model.fits([w0, w1.T[:2]], [b0, b1])


def test_weights_of_one_input_are_a_matrix_and_biases_vectors():
    network = Network([Dense(3), Dense(1), Dense(2)], (1,))
    model = Model(
        network, LOSSES["squared_error"], *network.initial(np.random.RandomState(0), "f8")
    )
    assert [w.shape for w in model.weights] == [(1, 3), (3, 1), (1, 2)]
    assert [b.shape for b in model.biases] == [(3,), (1,), (2,)]


@pytest.mark.parametrize("subset", [None, np.arange(0, 5000, 3), np.arange(100)], ids=str)
def test_first_weights_depend_on_at_most_1024_of_the_rows_that_are_trained_on(subset):
    x = np.arange(5000.0)[:, None] ** 2
    model = new_model(layers=[Dense(1, "identity", weight_init=UnitVariance())], n_in=1)
    model.adapt(Rows(x, x, dtype=np.float64), subset, np.random.RandomState(3))
    seen = np.arange(5000) if subset is None else subset
    if len(seen) > 1024:
        seen = np.random.RandomState(3).permutation(seen)[:1024]
    assert_allclose(np.abs(model.weights[0]), 1 / x[seen].std(), rtol=1e-12)


def test_a_model_without_layers_that_adapt_draws_nothing():
    random_state, model = np.random.RandomState(0), new_model()
    before = model.theta.copy()
    model.adapt(None, None, random_state)  # the rows are not even looked at
    assert_array_equal(model.theta, before)
    assert random_state.randint(2**31) == np.random.RandomState(0).randint(2**31)
