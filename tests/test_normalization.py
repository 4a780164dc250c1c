from itertools import pairwise

import numpy as np
import pytest
from helpers import (
    LOSSES,
    MODELS,
    assert_is_gradient,
    drawn_params,
    forward_backward,
    new_batch,
    new_gradient,
    normal,
    of_model,
    sample_weights,
    targets,
    training_pass,
)
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn import Dense
from sknn.nn.layers import BatchNorm, LayerNorm
from sknn.nn.passes import PREDICTION
from sknn.nn.workspace import Workspace

N, FEATURES = 12, 4
SHAPES = {"samples": (N, FEATURES), "images": (N, 3, 2, FEATURES)}
COUNTS = np.arange(N) % 4  # how often samples are repeated: some not at all
each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
both = pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm()], ids=["batch", "layer"])


def new_state(layer=BatchNorm(), dtype=np.float64):  # noqa: B008  a layer is configuration
    """Running statistics as they are before the first step."""
    return {
        item.name: np.full(item.shape, item.initial, dtype) for item in layer.state((FEATURES,))
    }


def params_of(layer, dtype=np.float64):
    params = drawn_params(layer, (FEATURES,))
    return {name: value.astype(dtype) for name, value in params.items()}


def weighted_moments(x, weight):
    """Mean and variance of each feature over samples, and over pixels, by naive loops."""
    means, variances = [], []
    for feature in range(FEATURES):
        total = count = squares = 0.0
        for sample, own in zip(x, weight, strict=True):
            for value in np.ravel(sample[..., feature]):
                total += own * value
                count += own
        for sample, own in zip(x, weight, strict=True):
            for value in np.ravel(sample[..., feature]):
                squares += own * (value - total / count) ** 2
        means.append(total / count)
        variances.append(squares / count)
    return np.array(means), np.array(variances)


# Over the mini-batch


@each_shape
@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_batch_norm_has_the_values_of_its_formula(shape, weight):
    layer, x = BatchNorm(epsilon=0.01), 2 + normal(*shape)
    params = params_of(layer)
    y, _, _ = forward_backward(layer, params, x, normal(*shape), new_state(), weight=weight)
    mean, variance = weighted_moments(x, np.ones(N) if weight is None else weight)
    wanted = params["scale"] * (x - mean) / np.sqrt(variance + 0.01) + params["shift"]
    assert_allclose(y, wanted, rtol=1e-12)


@each_shape
def test_running_statistics_are_means_over_steps_of_mean_and_unbiased_variance(shape):
    layer, state = BatchNorm(momentum=0.3), new_state()
    mean, variance = np.zeros(FEATURES), np.ones(FEATURES)
    for step in range(5):
        x = step + normal(*shape, seed=step)
        forward_backward(layer, params_of(layer), x, normal(*shape), state)
        values = x.reshape(-1, FEATURES)
        mean = 0.7 * mean + 0.3 * values.mean(axis=0)
        variance = 0.7 * variance + 0.3 * values.var(axis=0, ddof=1)
    assert_allclose(state["mean"][0], mean, rtol=1e-12)
    assert_allclose(state["variance"][0], variance, rtol=1e-12)


@each_shape
@dtypes
def test_batch_norm_is_that_of_torch_in_training_and_prediction(shape, dtype, torch):
    kind = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    theirs = kind(FEATURES, dtype=getattr(torch, np.dtype(dtype).name))
    layer, state = BatchNorm(), new_state(dtype=dtype)
    params = params_of(layer, dtype)
    with torch.no_grad():
        theirs.weight[:] = torch.tensor(params["scale"][0])
        theirs.bias[:] = torch.tensor(params["shift"][0])
    tolerances = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-10}
    for step in range(5):
        x = (step + normal(*shape, seed=step)).astype(dtype)
        dy = normal(*shape, seed=10 + step).astype(dtype)
        theirs.zero_grad()
        their_x = torch.tensor(np.moveaxis(x, -1, 1), requires_grad=True)
        their_y = theirs(their_x)
        their_y.backward(torch.tensor(np.moveaxis(dy, -1, 1)))
        y, dx, grads = forward_backward(layer, params, x, dy, state)
        assert_allclose(np.moveaxis(y, -1, 1), their_y.detach().numpy(), **tolerances)
        assert_allclose(np.moveaxis(dx, -1, 1), their_x.grad.numpy(), **tolerances)
        assert_allclose(grads["scale"][0], theirs.weight.grad.numpy(), **tolerances)
        assert_allclose(grads["shift"][0], theirs.bias.grad.numpy(), **tolerances)
    assert_allclose(state["mean"][0], theirs.running_mean.numpy(), **tolerances)
    assert_allclose(state["variance"][0], theirs.running_var.numpy(), **tolerances)
    theirs.eval()
    x = normal(*shape, seed=7).astype(dtype)
    wanted = theirs(torch.tensor(np.moveaxis(x, -1, 1))).detach().numpy()
    y = layer.forward(params, state, x, Workspace(dtype), PREDICTION)
    assert_allclose(np.moveaxis(y, -1, 1), wanted, **tolerances)


@each_shape
@pytest.mark.parametrize("counts", [COUNTS, COUNTS * (COUNTS == 1)], ids=["several", "ones"])
def test_integer_weights_are_repeated_samples(shape, counts):
    layer, x, dy = BatchNorm(), normal(*shape), normal(*shape, seed=1)
    params = params_of(layer)
    per_sample = counts.reshape(-1, *[1] * (len(shape) - 1))
    state, repeated_state = new_state(), new_state()
    y, dx, grads = forward_backward(
        layer, params, x, dy * per_sample, state, weight=counts.astype(float)
    )
    repeated = forward_backward(
        layer, params, x.repeat(counts, axis=0), dy.repeat(counts, axis=0), repeated_state
    )
    assert_allclose(y.repeat(counts, axis=0), repeated[0], rtol=1e-12)
    assert_allclose((dx / np.maximum(per_sample, 1)).repeat(counts, axis=0), repeated[1], rtol=1e-9)
    for name, grad in grads.items():
        assert_allclose(grad, repeated[2][name], rtol=1e-12)
    for name, array in state.items():
        assert_allclose(array, repeated_state[name], rtol=1e-12)


@each_shape
def test_weights_of_one_are_no_weights(shape):
    layer, x, dy = BatchNorm(), normal(*shape), normal(*shape, seed=1)
    params, states = params_of(layer), (new_state(), new_state())
    ours = forward_backward(layer, params, x, dy, states[0], weight=np.ones(N))
    wanted = forward_backward(layer, params, x, dy, states[1])
    assert_array_equal(ours[0], wanted[0])
    assert_array_equal(ours[1], wanted[1])
    assert_array_equal(states[0]["variance"], states[1]["variance"])


def test_batch_of_two_samples_has_statistics_of_its_own():
    """Each feature becomes one of +1 and -1, its unbiased variance half the squared distance."""
    layer, x, state = BatchNorm(epsilon=1e-12), normal(2, FEATURES), new_state()
    params = {"scale": np.ones((1, FEATURES)), "shift": np.zeros((1, FEATURES))}
    y = layer.forward(params, state, x, Workspace(np.float64), training_pass())
    assert_allclose(y, [np.sign(x[0] - x[1]), np.sign(x[1] - x[0])], rtol=1e-9)
    assert_allclose(state["mean"], [0.1 * x.mean(axis=0)], rtol=1e-12)
    assert_allclose(state["variance"], [0.9 + 0.1 * np.square(x[0] - x[1]) / 2], rtol=1e-12)


@pytest.mark.parametrize("total", [0.5, 1.0, 1.001, 1.5])
def test_small_weights_do_not_blow_up_the_running_variance(total):
    layer, x, state = BatchNorm(momentum=1.0), normal(N, FEATURES), new_state()
    weight = np.full(N, total / N)  # as if they summed to one over the whole training set
    forward_backward(layer, params_of(layer), x, normal(N, FEATURES), state, weight=weight)
    assert_allclose(state["variance"][0], x.var(axis=0, ddof=1), rtol=1e-12)


@pytest.mark.parametrize(
    ("n", "weight"),
    [(1, None), (1, np.array([0.7])), (3, np.array([0.0, 1.0, 0.0])), (3, np.array([0, 0.5, 0]))],
    ids=["one sample", "one weighted sample", "one among weightless", "half a sample"],
)
@pytest.mark.parametrize("pixels", [(), (3, 2)], ids=["samples", "images"])
def test_batch_of_one_uses_running_statistics_and_leaves_them_as_they_are(n, weight, pixels):
    layer, x = BatchNorm(epsilon=0.01), normal(n, *pixels, FEATURES)
    dy, params = normal(*x.shape, seed=1), params_of(BatchNorm())
    state = {"mean": normal(1, FEATURES), "variance": 1 + normal(1, FEATURES) ** 2}
    before = {name: array.copy() for name, array in state.items()}
    y, dx, grads = forward_backward(layer, params, x, dy, state, weight=weight)
    slope = params["scale"] / np.sqrt(before["variance"] + 0.01)
    assert_allclose(y, (x - before["mean"]) * slope + params["shift"], rtol=1e-12)
    assert_allclose(dx, dy * slope, rtol=1e-12)  # the statistics do not depend on x
    normalized = (x - before["mean"]) / np.sqrt(before["variance"] + 0.01)
    assert_allclose(
        grads["scale"][0], (dy * normalized).reshape(-1, FEATURES).sum(axis=0), rtol=1e-12
    )
    for name, array in state.items():
        assert_array_equal(array, before[name])


CUTS = {"one": [], "two": [5], "four": [1, 4, 11], "one sample each": range(1, N)}
WEIGHTS = {
    "unweighted": None,
    "weighted": sample_weights(N),
    "repeated": COUNTS.astype(float),
    "some weightless": np.arange(N) // 5 * 0.7,  # the first part of two weighs nothing
    "one sample": (np.arange(N) == 4).astype(float),
}


def in_parts(layer, params, x, dy, state, weight, cuts):
    """(y, dx, grads) of one batch cut before these samples; parts get what all yield, summed."""
    parts = [slice(*ends) for ends in pairwise([0, *cuts, N])]
    caches, lent = [Workspace(x.dtype) for _ in parts], Workspace(x.dtype)
    contexts = [
        training_pass(None if weight is None else weight[part], updates_state=number == 0)
        for number, part in enumerate(parts)
    ]
    for cache in caches:
        cache.lender = lent
    grads = [{name: np.full_like(value, np.nan) for name, value in params.items()} for _ in parts]
    y = together(
        layer.forward_jointly(params, state, x[part], cache, context)
        for part, cache, context in zip(parts, caches, contexts, strict=True)
    )
    dx = together(
        layer.backward_jointly(params, own, dy[part].copy(), cache, context)
        for part, cache, context, own in zip(parts, caches, contexts, grads, strict=True)
    )
    return y, dx, {name: sum(own[name] for own in grads) for name in params}


def together(passes):
    """What passes return, one below the other, after all of them have got all the sums."""
    passes, sums = list(passes), None
    while True:
        yielded, returned = [], []
        for one in passes:
            try:
                yielded.append(one.send(sums))
            except StopIteration as end:
                returned.append(end.value)
        if returned:
            assert not yielded  # they stop all at once
            return np.concatenate(returned)
        sums = [sum(arrays) for arrays in zip(*yielded, strict=True)]


@each_shape
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("cuts", CUTS.values(), ids=CUTS)
def test_batch_in_parts_is_that_in_one_piece(shape, weight, cuts):
    layer, x, dy = BatchNorm(momentum=0.3), 2 + normal(*shape), normal(*shape, seed=1)
    params, state, whole_state = params_of(layer), new_state(), new_state()
    y, dx, grads = in_parts(layer, params, x, dy, state, weight, cuts)
    whole = forward_backward(layer, params, x, dy, whole_state, weight=weight)
    assert_allclose(y, whole[0], rtol=1e-11, atol=1e-12)
    assert_allclose(dx, whole[1], rtol=1e-11, atol=1e-12)
    for name, grad in grads.items():
        assert_allclose(grad, whole[2][name], rtol=1e-11)
    for name, array in state.items():
        assert_allclose(array, whole_state[name], rtol=1e-12)


@pytest.mark.parametrize("models", [(), (MODELS,)], ids=["x of all", "x of each"])
def test_weights_of_each_model_are_those_of_each_by_itself(models):
    layer, x, dy = BatchNorm(0.3), 2 + normal(*models, N, FEATURES), normal(MODELS, N, FEATURES)
    # One model has a single sample, which is normalised by the running statistics.
    weights = [sample_weights(N), (np.arange(N) == 4).astype(float), COUNTS.astype(float)]
    params, state = drawn_params(layer, (FEATURES,), (MODELS,)), new_states()
    y, dx, grads = forward_backward(layer, params, x, dy, state, np.stack(weights)[..., None])
    for model, weight in enumerate(weights):
        own_state, own_x = of_model(new_states(), model), x[model] if models else x
        own = of_model(params, model), own_x, dy[model], own_state, weight
        wanted_y, wanted_dx, wanted_grads = forward_backward(layer, *own)
        assert_allclose(y[model], wanted_y, rtol=1e-12, atol=1e-13)
        assert_allclose(dx[model], wanted_dx, rtol=1e-12, atol=1e-13)
        for name, grad in of_model(grads, model).items():
            assert_allclose(grad, wanted_grads[name], rtol=1e-12)
        for name, array in of_model(state, model).items():
            assert_allclose(array, own_state[name], rtol=1e-12)


def new_states():
    """Running statistics of each model."""
    return {
        "mean": normal(MODELS, 1, FEATURES, seed=2),
        "variance": 1 + normal(MODELS, 1, FEATURES, seed=3) ** 2,
    }


def test_parts_without_need_of_dx_ask_for_no_sums_backward():
    layer, x = BatchNorm(), normal(N, FEATURES)
    params, cache = params_of(layer), Workspace(np.float64)
    layer.forward(params, new_state(), x, cache, training_pass())
    grads = {name: np.empty_like(value) for name, value in params.items()}
    backward = layer.backward_jointly(params, grads, x.copy(), cache, training_pass(), False)
    assert list(backward) == []


@each_shape
def test_constant_feature_becomes_the_shift(shape):
    layer, x = BatchNorm(), normal(*shape)
    x[..., 1] = 3.0
    params = params_of(layer)
    y, dx, _ = forward_backward(layer, params, x, normal(*shape), new_state())
    assert_allclose(y[..., 1], np.full(shape[:-1], params["shift"][0, 1]), atol=1e-12)
    assert np.isfinite(dx).all()


@pytest.mark.parametrize("shape", [(N, FEATURES), (N, 3, 2, FEATURES), (MODELS, N, FEATURES)])
def test_affine_is_what_prediction_computes(shape):
    layer, x = BatchNorm(), normal(*shape)
    models = shape[:-2] if len(shape) == 3 else ()
    params = drawn_params(layer, (FEATURES,), models)
    state = {
        "mean": normal(*models, 1, FEATURES),
        "variance": 1 + normal(*models, 1, FEATURES) ** 2,
    }
    factor, offset = layer.affine(params, state)
    y = layer.forward(params, state, x, Workspace(np.float64), PREDICTION)
    assert_allclose(x * factor + offset, y, rtol=1e-12)


@pytest.mark.parametrize("kind", ["unweighted", "weighted", "weighted per output"])
def test_network_with_batch_norm_has_the_gradient_of_differences(kind):
    loss = LOSSES["log_loss logistic"]
    layers = [
        BatchNorm(),
        Dense(5, "identity"),
        BatchNorm(),
        Dense(4, "tanh"),
        LayerNorm(),
        Dense(3, "identity"),
    ]
    weight = {
        "unweighted": None,
        "weighted": sample_weights(N),
        "weighted per output": sample_weights(N)[:, None] * np.array([0.5, 1, 3]),
    }[kind]
    gradient = new_gradient(layers, loss, FEATURES)
    batch = new_batch(normal(N, FEATURES), targets(loss, N, 3), weight)

    def value(theta):
        gradient.theta[...] = theta
        return gradient.mean(batch)

    theta = gradient.theta.copy()
    value(theta)
    assert_is_gradient(gradient.grad.copy(), value, theta)


def test_weights_per_output_count_by_their_mean_over_outputs():
    layers, loss = [BatchNorm(), Dense(2, "identity")], LOSSES["squared_error"]
    x, y, weight = normal(N, FEATURES), normal(N, 2), sample_weights(N)
    per_output = new_gradient(layers, loss, FEATURES)
    per_sample = new_gradient(layers, loss, FEATURES)
    per_output.mean(new_batch(x, y, weight[:, None] * np.array([0.5, 1.5])))
    per_sample.mean(new_batch(x, y, weight))
    assert_allclose(per_output.state, per_sample.state, rtol=1e-12)


# Within each sample


@each_shape
def test_layer_norm_has_the_values_of_its_formula(shape):
    layer, x = LayerNorm(epsilon=0.01), 2 + normal(*shape)
    params = params_of(layer)
    y, _, _ = forward_backward(layer, params, x, normal(*shape))
    for at in np.ndindex(shape[:-1]):
        mean = sum(x[at]) / FEATURES
        variance = sum((value - mean) ** 2 for value in x[at]) / FEATURES
        for feature in range(FEATURES):
            scale, shift = params["scale"][0, feature], params["shift"][0, feature]
            wanted = scale * (x[at][feature] - mean) / np.sqrt(variance + 0.01) + shift
            assert_allclose(y[at][feature], wanted, rtol=1e-12)


@each_shape
@dtypes
def test_layer_norm_is_that_of_torch(shape, dtype, torch):
    layer, x, dy = LayerNorm(), normal(*shape).astype(dtype), normal(*shape, seed=1).astype(dtype)
    params = params_of(layer, dtype)
    their_x, scale, shift = (
        torch.tensor(array, requires_grad=True)
        for array in (x, params["scale"][0], params["shift"][0])
    )
    their_y = torch.nn.functional.layer_norm(their_x, (FEATURES,), scale, shift)
    their_y.backward(torch.tensor(dy))
    y, dx, grads = forward_backward(layer, params, x, dy)
    tolerances = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-10}
    assert_allclose(y, their_y.detach().numpy(), **tolerances)
    assert_allclose(dx, their_x.grad.numpy(), **tolerances)
    assert_allclose(grads["scale"][0], scale.grad.numpy(), **tolerances)
    assert_allclose(grads["shift"][0], shift.grad.numpy(), **tolerances)


def test_layer_norm_does_not_ask_for_weights():
    assert not LayerNorm().joint
    assert LayerNorm().state((FEATURES,)) == []


# Both


@both
@pytest.mark.parametrize("shape", [(FEATURES,), (3, 2, FEATURES)], ids=str)
def test_normalization_starts_as_none_and_penalties_leave_it_out(layer, shape):
    scale, shift = layer.parameters(shape)
    for parameter, name, first in ((scale, "scale", 1), (shift, "shift", 0)):
        assert (parameter.name, parameter.shape, parameter.decay) == (name, (1, FEATURES), False)
        assert_array_equal(
            parameter.initializer(None, parameter.shape), np.full((1, FEATURES), first)
        )
    assert layer.output_shape(shape) == shape


def test_running_statistics_start_from_those_of_the_normal_distribution():
    mean, variance = BatchNorm().state((3, 2, FEATURES))
    assert (mean.name, mean.shape, mean.initial) == ("mean", (1, FEATURES), 0.0)
    assert (variance.name, variance.shape, variance.initial) == ("variance", (1, FEATURES), 1.0)


@pytest.mark.parametrize("layer", [BatchNorm(), LayerNorm()])
def test_normalized_values_and_outputs_are_kept(layer):
    assert layer.numbers_kept((4, 3, 2)) == 2 * 4 * 3 * 2
