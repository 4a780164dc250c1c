import numpy as np
import pytest
from helpers import (
    LOSSES,
    MODELS,
    assert_is_gradient,
    forward_backward,
    new_batch,
    new_gradient,
    normal,
    targets,
    training_pass,
)
from numpy.testing import assert_allclose, assert_array_equal
from trainers import N_OUTPUTS, new_trainer

from sknn.nn import CosineDecay, Dense, Exponential, FlatCosine, Layer
from sknn.nn.layers import Dropout
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION, Pass
from sknn.nn.schedules import Progress
from sknn.nn.streams import stream
from sknn.nn.workspace import Workspace

SHAPES = {"samples": (40, 50), "images": (8, 5, 5, 10), "models": (MODELS, 40, 50)}
RATES = [0.1, 0.25, 0.5, 0.9]
each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
each_rate = pytest.mark.parametrize("rate", RATES)


def dropped(rate, x):
    """y of one pass in training."""
    return Dropout(rate).forward({}, {}, x, Workspace(x.dtype), training_pass())


@each_rate
def test_share_of_what_is_dropped_is_the_rate(rate):
    zeros = dropped(rate, np.ones((200, 200))) == 0
    assert_allclose(zeros.mean(), rate, atol=4 * np.sqrt(rate * (1 - rate) / zeros.size))
    # ... in every row and column, so that nothing is dropped together
    for axis in (0, 1):
        error = 5 * np.sqrt(rate * (1 - rate) / 200)
        assert_allclose(zeros.mean(axis=axis), rate, atol=error)


@each_rate
@each_shape
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_kept_is_scaled_so_that_the_mean_stays(rate, shape, dtype):
    x = normal(*shape).astype(dtype)
    y = dropped(rate, x)
    kept = y != 0
    assert y.dtype == dtype
    assert_allclose(y[kept], x[kept] / (1 - rate), rtol=1e-4)  # rates are multiples of 2^-16
    assert 0 < kept.mean() < 1


def test_rate_is_exact_where_it_is_a_multiple_of_a_power_of_two():
    assert set(np.unique(dropped(0.5, np.ones((9, 9))))) == {0, 2}
    assert set(np.unique(dropped(0.75, np.ones((9, 9))))) == {0, 4}


@pytest.mark.parametrize(("rate", "dropped_of_65536"), [(0.3, 19661), (0.1, 6554), (0.7, 45875)])
def test_rate_is_rounded_and_the_scale_with_it(rate, dropped_of_65536):
    y = dropped(rate, np.ones((30, 30)))
    assert_allclose(y[y != 0], 65536 / (65536 - dropped_of_65536), rtol=1e-15)


@each_shape
def test_nothing_is_dropped_at_rate_zero(shape):
    assert_array_equal(dropped(0.0, normal(*shape)), normal(*shape))


@each_shape
def test_prediction_passes_x_on_as_it_is(shape):
    x = normal(*shape)
    layer = Dropout(0.5)
    assert layer.forward({}, {}, x, Workspace(np.float64), PREDICTION) is x


@each_shape
def test_gradient_outside_training_is_passed_on_as_it_is(shape):
    dy, context = normal(*shape), Pass(differentiated=True)
    layer, cache = Dropout(0.5), Workspace(np.float64)
    layer.forward({}, {}, normal(*shape), cache, context)
    assert_array_equal(layer.backward({}, {}, dy.copy(), cache, context), dy)


@each_rate
@each_shape
def test_gradient_is_dropped_and_scaled_as_the_values_were(rate, shape):
    x, dy = np.ones(shape), normal(*shape)
    y, dx, _ = forward_backward(Dropout(rate), {}, x, dy)
    assert_allclose(dx, dy * y, rtol=1e-14)  # y is the mask


def test_every_image_and_row_of_pixels_has_a_mask_of_its_own():
    y = dropped(0.5, np.ones((4, 5, 6, 7)))
    assert len(np.unique(y.reshape(4 * 5, 6 * 7), axis=0)) == 4 * 5


def test_models_share_a_mask():
    y = dropped(0.5, np.ones((MODELS, 40, 50)))
    assert_array_equal(y[1:], y[:-1])
    assert_array_equal(y[0], dropped(0.5, np.ones((40, 50))))


@pytest.mark.parametrize("shared", [True, False])
def test_models_with_generators_of_their_own_have_the_masks_of_each(shared):
    x, dy = np.ones((MODELS, 40, 50)), normal(MODELS, 40, 50)
    context = Pass(True, stream([5, 6, 7], 1, 2))
    layer, cache = Dropout(0.5), Workspace(x.dtype)
    y = layer.forward({}, {}, x[0] if shared else x, cache, context)
    dx = layer.backward({}, {}, dy.copy(), cache, context)
    for model, seed in enumerate([5, 6, 7]):
        alone = Pass(True, stream(seed, 1, 2))
        wanted = layer.forward({}, {}, x[model], Workspace(x.dtype), alone)
        assert_array_equal(y[model], wanted)
        assert_array_equal(dx[model], dy[model] * wanted)


class Tap(Layer):
    """Passes everything on, and keeps a copy of it."""

    def __init__(self, seen):
        self.seen = seen

    def output_shape(self, input_shape):
        return input_shape

    def forward(self, params, state, x, cache, context):
        self.seen.append(x.copy())
        return x

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        return dy


def masks(*place, rows=6, used=False):
    """Which of ones two layers of dropout in a row pass on, at a place in training."""
    seen = []
    layers = [Dropout(0.5), Tap(seen), Dropout(0.5), Tap(seen), Dense(1, "identity")]
    gradient = new_gradient(layers, LOSSES["squared_error"], 40)
    batch = new_batch(np.ones((rows, 40)), np.zeros((rows, 1)))
    if used:  # elsewhere, before
        gradient.place(0, 5, 0)
        gradient.mean(new_batch(np.ones((99, 40)), np.zeros((99, 1))))
        seen.clear()
    gradient.place(*place)
    gradient.mean(batch)
    return seen[0] > 0, seen[1] > 0


def test_masks_depend_on_seed_epoch_and_batch_alone():
    for first, second in zip(masks(1, 2, 3), masks(1, 2, 3, used=True), strict=True):
        assert_array_equal(first, second)


@pytest.mark.parametrize("other", [(2, 2, 3), (1, 3, 3), (1, 2, 200)], ids=str)
def test_masks_of_other_places_are_independent(other):
    # Fair coins that have nothing to do with each other agree in half of the throws.
    agreement = np.mean(masks(1, 2, 3, rows=500)[0] == masks(*other, rows=500)[0])
    assert_allclose(agreement, 0.5, atol=4 * 0.5 / np.sqrt(500 * 40))


def test_layers_of_one_network_drop_independently():
    first, both = masks(1, 2, 3, rows=500)
    assert_allclose(both[first].mean(), 0.5, atol=4 * 0.5 / np.sqrt(first.sum()))
    assert not both[~first].any()


def test_networks_without_dropout_need_no_place():
    gradient = new_gradient([Dense(1, "identity")], LOSSES["squared_error"], 4)
    batch = new_batch(normal(6, 4), normal(6, 1))
    before = gradient.mean(batch)
    gradient.place(1, 2, 3)
    assert gradient.mean(batch) == before


def test_gradient_through_the_masks_is_that_of_differences():
    loss = LOSSES["log_loss softmax"]
    layers = [Dropout(0.2), Dense(9, "tanh"), Dropout(0.5), Dense(3, "identity")]
    gradient = new_gradient(layers, loss, 8)
    batch = new_batch(normal(20, 8), targets(loss, 20, 3))

    def value(theta):
        gradient.theta[...] = theta
        gradient.place(1, 2, 3)
        return gradient.mean(batch)

    theta = gradient.theta.copy()
    value(theta)
    assert_is_gradient(gradient.grad.copy(), value, theta)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, np.nan])
def test_rate_that_is_not_a_share_names_layer_and_range(rate):
    with pytest.raises(
        ValueError,
        match=rf"Layer dropout1, .*rate must be a number of at least 0 and below 1, got {rate}",
    ):
        Network([Dropout(rate), Dense(2)], (3,))


def test_rate_next_to_one_keeps_something_finite():
    y = dropped(1 - 1e-9, np.ones((512, 512)))
    assert set(np.unique(y)) == {0, 2**16}  # 262,144 numbers, of which one in 65,536 is kept


@pytest.mark.parametrize(
    ("step", "rate"), [(0, 0.4), (50, 0.4), (75, 0.2), (90, 0.2 * (1 + np.cos(0.8 * np.pi)))]
)
def test_rate_follows_its_schedule(step, rate):
    layer, x = Dropout(0.4, FlatCosine()), np.ones((200, 200))
    progress = Progress(step=step, total_steps=100)
    context = Pass(True, stream(0, 0, 0), progress=progress)
    y = layer.forward({}, {}, x, Workspace(x.dtype), context)
    assert_array_equal(y, dropped(rate, x))
    assert_allclose((y == 0).mean(), rate, atol=4 * np.sqrt(0.25 / x.size))


def test_at_the_end_of_its_schedule_nothing_is_dropped():
    context = Pass(True, stream(0, 0, 0), progress=Progress(step=9, total_steps=9))
    x = normal(20, 30)
    layer = Dropout(0.4, CosineDecay())
    assert_array_equal(layer.forward({}, {}, x, Workspace(x.dtype), context), x)


def test_pass_that_knows_no_progress_has_the_full_rate():
    layer, x = Dropout(0.4, FlatCosine()), np.ones((20, 30))
    y = layer.forward({}, {}, x, Workspace(x.dtype), training_pass())
    assert_array_equal(y, dropped(0.4, x))
    assert (layer.scheduled, Dropout(0.4).scheduled) == (True, False)


def test_training_tells_dropout_how_far_it_has_come():
    seen = []

    class Schedule(CosineDecay):
        def rate(self, progress, base):
            seen.append((progress.step, progress.total_steps, base))
            return base

    layers = [Dropout(0.25, Schedule()), Dense(N_OUTPUTS, "identity")]
    new_trainer(layers=layers, batch_size=10).train(2)
    assert seen == [(step, 4, 0.25) for step in range(4)]


@pytest.mark.parametrize("schedule", ["cosine", Exponential()])
def test_schedule_without_an_end_is_refused(schedule):
    message = r"schedule must be None or a schedule with an end, such as FlatCosine\(\) or"
    with pytest.raises(ValueError, match=message):
        Network([Dropout(0.5, schedule)], (2,))
