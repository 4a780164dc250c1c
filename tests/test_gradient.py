import math

import numpy as np
import pytest
from helpers import (
    LOSSES,
    Slow,
    assert_is_gradient,
    joint_and_singles,
    mostly_zeros,
    new_batch,
    new_gradient,
    normal,
    sample_weights,
    targets,
)
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn

from sknn.nn import BatchNorm, Conv2D, Dense, Flatten, LayerNorm
from sknn.nn.gradient import BLOCK, Gradient, TrainableLoss, inner
from sknn.nn.network import Network

N, N_IN, N_OUTPUTS = 12, 6, 3
HIDDEN = [Dense(5, "tanh"), Dense(4, "relu")]
LAYERS = [*HIDDEN, Dense(N_OUTPUTS, "identity")]
SQUARED_ERROR = LOSSES["squared_error"]

each = in_turn("loss", LOSSES)
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])


def drawn_batch(loss=SQUARED_ERROR, weighted=False, x=None):
    x = normal(N, N_IN) if x is None else x
    return new_batch(x, targets(loss, N, N_OUTPUTS), sample_weights(N) if weighted else None)


def part(batch, rows):
    """The Batch of some of its rows."""
    weight = None if batch.weight is None else batch.weight[rows]
    return new_batch(batch.x[rows], batch.y[rows], weight)


@each
@weighted
@pytest.mark.parametrize("name", ["mean", "sum"])
def test_gradient_of_the_whole_network_is_that_of_differences(loss, weighted, name):
    gradient, batch = new_gradient(LAYERS, loss, N_IN), drawn_batch(loss, weighted)
    getattr(gradient, name)(batch)
    theta, grad = gradient.theta.copy(), gradient.grad.copy()

    def value(theta):
        gradient.theta[...] = theta
        return getattr(gradient, name)(batch)

    assert_is_gradient(grad, value, theta)


@each
@weighted
def test_mean_is_the_sum_as_the_loss_finishes_it(loss, weighted):
    gradient, batch = new_gradient(LAYERS, loss, N_IN), drawn_batch(loss, weighted)
    total, grad = gradient.sum(batch), gradient.grad.copy()
    value, scale = loss.finish(total, batch.weight_sum)
    assert_allclose(gradient.mean(batch), value, rtol=1e-14)
    assert_allclose(gradient.grad, scale * grad, rtol=1e-12, atol=1e-16)


@each
@weighted
def test_sums_of_the_halves_of_a_batch_add(loss, weighted):
    gradient, batch = new_gradient(LAYERS, loss, N_IN), drawn_batch(loss, weighted)
    total, grad = gradient.sum(batch), gradient.grad.copy()
    first, first_grad = gradient.sum(part(batch, slice(0, 5))), gradient.grad.copy()
    second, second_grad = gradient.sum(part(batch, slice(5, N))), gradient.grad.copy()
    assert_allclose(first + second, total, rtol=1e-12)
    assert_allclose(first_grad + second_grad, grad, rtol=1e-12, atol=1e-14)


@each
def test_gradient_of_sparse_x_is_that_of_dense_x(loss):
    gradient, (dense, sparse) = new_gradient(LAYERS, loss, N_IN), mostly_zeros(N, N_IN)
    wanted, wanted_grad = gradient.mean(drawn_batch(loss, x=dense)), gradient.grad.copy()
    assert_allclose(gradient.mean(drawn_batch(loss, x=sparse)), wanted, rtol=1e-12)
    assert_allclose(gradient.grad, wanted_grad, rtol=1e-12, atol=1e-15)


@each
@weighted
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_gradient_of_several_models_is_that_of_each(loss, weighted, sparse):
    joint, singles = joint_and_singles(LAYERS, loss, N_IN)
    batch = drawn_batch(loss, weighted, x=mostly_zeros(N, N_IN)[sparse])
    alphas = np.array([[0.0], [0.1], [1.0]])
    values, penalties = joint.mean(batch), joint.add_penalty(alphas)
    norms = joint.norm()
    for model, single in enumerate(singles):
        assert values[model] == single.mean(batch)
        assert penalties[model] == single.add_penalty(alphas[model, 0])
        assert_array_equal(joint.grad[model], single.grad)
        assert norms[model] == single.norm()


@each
def test_models_may_have_weights_of_their_own(loss):
    joint, singles = joint_and_singles(LAYERS, loss, N_IN)
    weight = np.random.default_rng(3).uniform(size=(len(singles), N, 1))
    batches = [new_batch(drawn_batch(loss).x, drawn_batch(loss).y, own) for own in weight]
    values = joint.mean(new_batch(batches[0].x, batches[0].y, weight))
    for model, (single, batch) in enumerate(zip(singles, batches, strict=True)):
        assert values[model] == single.mean(batch)
        assert_array_equal(joint.grad[model], single.grad)


@each
def test_gradient_in_float32_is_that_in_float64(loss):
    wide = new_gradient(LAYERS, loss, N_IN)
    narrow = new_gradient(LAYERS, loss, N_IN, dtype=np.float32)
    batch = drawn_batch(loss)
    narrow_batch = new_batch(batch.x.astype(np.float32), batch.y.astype(np.float32))
    assert_allclose(narrow.mean(narrow_batch), wide.mean(batch), rtol=1e-5)
    assert narrow.grad.dtype == np.float32
    assert_allclose(narrow.grad, wide.grad, rtol=1e-3, atol=1e-5)


def test_gradient_of_a_batch_does_not_depend_on_the_size_of_the_one_before():
    batch = drawn_batch()
    used = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
    for rows in (slice(0, 5), slice(0, 2), slice(0, N)):
        fresh = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
        assert used.mean(part(batch, rows)) == fresh.mean(part(batch, rows))
        assert_array_equal(used.grad, fresh.grad)


def test_normalisation_weighs_samples_by_the_mean_of_their_weights_per_output():
    gradient = new_gradient([BatchNorm(), Dense(N_OUTPUTS, "identity")], SQUARED_ERROR, N_IN)
    x, y = normal(N, N_IN), normal(N, N_OUTPUTS)
    weight = np.random.default_rng(0).uniform(0.5, 2, (N, N_OUTPUTS))
    gradient.mean(new_batch(x, y, weight))
    running, _ = gradient.network.state_layout.views(gradient.state)
    mean = np.average(x, axis=0, weights=weight.mean(axis=1))
    assert_allclose(running["mean"][0], 0.1 * mean, rtol=1e-12)


def test_images_are_refused_by_several_models_at_once():
    network = Network([Conv2D(2), Flatten(), Dense(N_OUTPUTS)], (4, 4, 1))
    theta, state = network.initial(np.random.RandomState(0), np.float64)
    with pytest.raises(ValueError, match=r"one at a time: theta must be a vector, got .*\(2, "):
        Gradient(network, SQUARED_ERROR, np.stack([theta, theta]), np.stack([state, state]))


def test_penalty_is_half_the_strength_times_the_squared_weights_without_biases():
    gradient = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
    gradient.mean(drawn_batch())
    before = gradient.network.layout.views(gradient.grad.copy())
    params = gradient.network.layout.views(gradient.theta)
    value = gradient.add_penalty(0.3)
    assert_allclose(value, 0.15 * sum(np.sum(own["weight"] ** 2) for own in params), rtol=1e-14)
    after = gradient.network.layout.views(gradient.grad)
    for own, old, new in zip(params, before, after, strict=True):
        assert_allclose(new["weight"], old["weight"] + 0.3 * own["weight"], rtol=1e-14)
        assert_array_equal(new["bias"], old["bias"])


@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_l1_penalty_is_the_strength_times_the_absolute_weights_without_biases(l2):
    gradient = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
    gradient.mean(drawn_batch())
    params = gradient.network.layout.views(gradient.theta)
    params[0]["weight"][0] = 0  # where the subgradient is 0
    before = gradient.network.layout.views(gradient.grad.copy())
    value = gradient.add_penalty(l2, 0.7)
    weights = np.concatenate([own["weight"].ravel() for own in params])
    assert_allclose(value, np.sum(l2 / 2 * weights**2 + 0.7 * np.abs(weights)), rtol=1e-14)
    after = gradient.network.layout.views(gradient.grad)
    for own, old, new in zip(params, before, after, strict=True):
        penalty = l2 * own["weight"] + 0.7 * np.sign(own["weight"])
        assert_allclose(new["weight"], old["weight"] + penalty, rtol=1e-12, atol=1e-15)
        assert_array_equal(new["bias"], old["bias"])


def test_penalties_of_several_models_are_those_of_each():
    joint, singles = joint_and_singles(LAYERS, SQUARED_ERROR, N_IN)
    l2, l1 = np.array([[0.0], [0.1], [1.0]]), np.array([[0.5], [0.0], [2.0]])
    values = joint.add_penalty(l2, l1)
    for model, single in enumerate(singles):
        wanted = single.add_penalty(l2[model, 0], l1[model, 0])
        assert values[model] == wanted
        assert_array_equal(joint.grad[model], single.grad)


def test_penalties_leave_out_slopes_and_normalisation():
    layers = [BatchNorm(), Dense(5, "prelu"), LayerNorm(), Dense(N_OUTPUTS, "identity")]
    gradient = new_gradient(layers, SQUARED_ERROR, N_IN)
    gradient.add_penalty(0.3, 0.7)
    for params, grads in zip(
        *map(gradient.network.layout.views, (gradient.theta, gradient.grad)), strict=True
    ):
        for name, grad in grads.items():
            decayed = name == "weight"
            wanted = 0.3 * params[name] + 0.7 * np.sign(params[name])
            assert_allclose(grad, wanted * decayed, rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("share", [0.1, 0.999, 1.0, 1.001, 10.0])
def test_clip_scales_the_gradient_down_to_the_largest_norm(share, dtype):
    gradient = new_gradient(LAYERS, SQUARED_ERROR, N_IN, dtype=dtype)
    batch = drawn_batch()
    gradient.mean(new_batch(batch.x.astype(dtype), batch.y.astype(dtype)))
    before, norm = gradient.grad.copy(), gradient.norm()
    gradient.clip(norm, share * norm)
    assert gradient.grad.dtype == dtype
    if share >= 1:
        assert_array_equal(gradient.grad, before)
    else:
        assert_allclose(gradient.grad, share * before, rtol=1e-5 if dtype == np.float32 else 1e-12)
        assert_allclose(gradient.norm(), share * norm, rtol=1e-5)


def test_clip_is_that_of_torch(torch):
    gradient = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
    gradient.mean(drawn_batch())
    parameter = torch.zeros(gradient.grad.size, dtype=torch.float64)
    parameter.grad = torch.tensor(gradient.grad)
    norm = torch.nn.utils.clip_grad_norm_([parameter], 0.01)
    assert_allclose(gradient.norm(), norm.item(), rtol=1e-12)
    gradient.clip(gradient.norm(), 0.01)
    # torch divides by the norm + 1e-6
    assert_allclose(gradient.grad, parameter.grad.numpy(), rtol=1e-5)


@pytest.mark.parametrize("largest", [0.5, np.array([[1e-3], [0.5], [1e9]])], ids=["one", "each"])
def test_clip_of_several_models_is_that_of_each(largest):
    joint, singles = joint_and_singles(LAYERS, SQUARED_ERROR, N_IN)
    joint.mean(drawn_batch())
    joint.clip(joint.norm(), largest)
    for model, single in enumerate(singles):
        single.mean(drawn_batch())
        own = largest if np.ndim(largest) == 0 else largest[model, 0]
        single.clip(single.norm(), own)
        assert_array_equal(joint.grad[model], single.grad)


def test_clip_leaves_a_gradient_of_zeros_as_it_is():
    gradient = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
    gradient.clip(gradient.norm(), 0.5)
    assert_array_equal(gradient.grad, np.zeros_like(gradient.grad))


def test_clip_does_not_count_what_is_frozen():
    layers = [Dense(5, "tanh", trainable=False), Dense(N_OUTPUTS, "identity")]
    gradient = new_gradient(layers, SQUARED_ERROR, N_IN)
    gradient.mean(drawn_batch())
    _, trained = gradient.trainable
    norm = np.linalg.norm(trained)
    gradient.clip(gradient.norm(), norm / 2)
    assert_allclose(np.linalg.norm(trained), norm / 2, rtol=1e-12)


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 17])
def test_inner_product_is_that_of_any_length(size):
    a, b = normal(size), normal(size, seed=1)
    product = inner(a, b)
    assert type(product) is float
    assert_allclose(product, math.fsum(a * b), rtol=1e-12, atol=1e-10)
    for dtype in (np.float32, np.float64):
        a, b = a.astype(dtype), b.astype(dtype)
        wider = np.zeros((2, size + 3), dtype)  # rows as theta has them: of a longer vector
        wider[:, :size] = [a, b]
        stacked = inner(wider[:, :size], np.stack([b, b]))
        assert stacked.dtype == np.float64
        assert_array_equal(stacked, [inner(a, b), inner(b, b)])


def test_penalty_and_norm_leave_out_what_is_frozen():
    layers = [Dense(5, "tanh", trainable=False), Dense(N_OUTPUTS, "identity")]
    gradient = new_gradient(layers, SQUARED_ERROR, N_IN)
    gradient.mean(drawn_batch())
    frozen, trained = gradient.network.layout.views(gradient.grad)
    squares = np.sum(trained["weight"] ** 2) + np.sum(trained["bias"] ** 2)
    assert_allclose(gradient.norm(), np.sqrt(squares), rtol=1e-14)
    before = frozen["weight"].copy()
    value = gradient.add_penalty(0.3)
    _, own = gradient.network.layout.views(gradient.theta)
    assert_allclose(value, 0.15 * np.sum(own["weight"] ** 2), rtol=1e-14)
    assert_array_equal(frozen["weight"], before)


def test_norm_is_euclidean():
    gradient = new_gradient(LAYERS, SQUARED_ERROR, N_IN)
    gradient.mean(drawn_batch())
    assert_allclose(gradient.norm(), np.linalg.norm(gradient.grad), rtol=1e-14)


def test_trainable_and_decayed_are_views_of_theta_and_grad():
    layers = [Dense(5, trainable=False), Dense(N_OUTPUTS, "identity")]
    gradient = new_gradient(layers, SQUARED_ERROR, N_IN)
    assert [len(vector) for vector in gradient.trainable] == [5 * N_OUTPUTS + N_OUTPUTS] * 2
    assert [len(vector) for vector in gradient.decayed] == [5 * N_OUTPUTS] * 2
    for theta, grad in (gradient.trainable, gradient.decayed):
        assert np.shares_memory(theta, gradient.theta)
        assert np.shares_memory(grad, gradient.grad)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rates_multiply_those_of_the_parameters_that_ask_for_it(dtype):
    layers = [Slow(5, "tanh"), Dense(N_OUTPUTS, "identity")]
    gradient = new_gradient(layers, SQUARED_ERROR, N_IN, dtype=dtype)
    assert gradient.rates.dtype == dtype
    slow, normal_rate = gradient.network.layout.views(gradient.rates)
    for name in ("weight", "bias"):
        assert_array_equal(slow[name], np.full_like(slow[name], 0.1))
        assert_array_equal(normal_rate[name], np.ones_like(normal_rate[name]))


def test_gradient_is_what_training_asks_for():
    assert isinstance(new_gradient(LAYERS, SQUARED_ERROR, N_IN), TrainableLoss)


def test_rates_are_none_if_all_are_one():
    assert new_gradient(LAYERS, SQUARED_ERROR, N_IN).rates is None
