from functools import partial

import numpy as np
import pytest
from helpers import MODELS, normal
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn.optimizers import SGD, Adam

SIZE, STEPS = 12, 10
RATES = 0.1 / np.arange(1, STEPS + 1)  # a rate that changes from step to step


def sgd(theta, grads, rates, momentum, nesterov=False):
    """Sutskever et al. (2013), eq. 1 and 2; with nesterov, Bengio et al. (2013), eq. 7."""
    v = 0
    for grad, rate in zip(grads, rates, strict=True):
        v = momentum * v - rate * grad
        theta = theta + (momentum * v - rate * grad if nesterov else v)
    return theta


def adam(theta, grads, rates, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """Kingma & Ba (2015), in the order at the end of section 2."""
    m = v = 0
    for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), start=1):
        m = beta_1 * m + (1 - beta_1) * grad
        v = beta_2 * v + (1 - beta_2) * grad**2
        corrected = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta = theta - corrected * m / (np.sqrt(v) + epsilon)
    return theta


OPTIMIZERS = {  # name: (optimiser of theta, the same from its paper)
    "sgd": (partial(SGD, momentum=0.0, nesterov=False), partial(sgd, momentum=0.0)),
    "momentum": (partial(SGD, momentum=0.9, nesterov=False), partial(sgd, momentum=0.9)),
    "nesterov": (SGD, partial(sgd, momentum=0.9, nesterov=True)),
    "adam": (Adam, adam),
    "adam, other settings": (
        partial(Adam, beta_1=0.5, beta_2=0.9, epsilon=0.1),
        partial(adam, beta_1=0.5, beta_2=0.9, epsilon=0.1),
    ),
}
TORCH = {  # name in torch.optim and settings, and ours; its epsilon is another, so both have none
    "sgd": ("SGD", {}, partial(SGD, momentum=0.0, nesterov=False)),
    "momentum": ("SGD", {"momentum": 0.8}, partial(SGD, momentum=0.8, nesterov=False)),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True}, partial(SGD, momentum=0.8)),
    "adam": ("Adam", {"eps": 0}, partial(Adam, epsilon=0.0)),
    "adam, other betas": (
        "Adam",
        {"eps": 0, "betas": (0.5, 0.9)},
        partial(Adam, beta_1=0.5, beta_2=0.9, epsilon=0.0),
    ),
}
each = pytest.mark.parametrize(("new", "reference"), OPTIMIZERS.values(), ids=OPTIMIZERS)


def stepped(optimizer, theta, grads, rates):
    """theta after these steps; the arguments are left as they are."""
    theta = theta.copy()
    for grad, rate in zip(grads, rates, strict=True):
        optimizer.step(theta, grad.copy(), rate)
    return theta


@each
def test_optimizer_takes_the_steps_of_its_formula(new, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    wanted = reference(theta, grads, RATES)
    assert_allclose(stepped(new(theta), theta, grads, RATES), wanted, rtol=1e-12)


@pytest.mark.parametrize(("name", "settings", "new"), TORCH.values(), ids=TORCH)
def test_optimizer_takes_the_steps_of_torch(name, settings, new):
    torch = pytest.importorskip("torch")
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    parameter = torch.tensor(theta, requires_grad=True)
    theirs = getattr(torch.optim, name)([parameter], lr=0.01, **settings)
    for grad in grads:
        parameter.grad = torch.tensor(grad)
        theirs.step()
    ours = stepped(new(theta), theta, grads, [0.01] * STEPS)
    assert_allclose(ours, parameter.detach().numpy(), rtol=1e-12)


@each
def test_optimizer_of_several_models_takes_the_steps_of_each(new, reference):
    theta, grads = normal(MODELS, SIZE), normal(STEPS, MODELS, SIZE, seed=1)
    rates = np.array([0.01, 0.1, 0.3]) * RATES[:, None]
    joint = stepped(new(theta), theta, grads, rates[..., None])
    for model in range(MODELS):
        single = reference(theta[model], grads[:, model], rates[:, model])
        assert_allclose(joint[model], single, rtol=1e-12)


@each
def test_optimizer_takes_a_rate_per_parameter(new, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    rates = np.linspace(0, 1, SIZE) * RATES[:, None]
    ours = stepped(new(theta), theta, grads, rates)
    assert_allclose(ours, reference(theta, grads, rates), rtol=1e-12)


@each
def test_optimizer_in_float32_is_that_in_float64(new, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    narrow = theta.astype(np.float32)
    optimizer = new(narrow)
    ours = stepped(optimizer, narrow, grads.astype(np.float32), RATES)
    assert {moment.dtype for moment in optimizer.moments.values()} == {np.dtype(np.float32)}
    assert_allclose(ours, reference(theta, grads, RATES), rtol=1e-4, atol=1e-6)


@each
def test_optimizer_continues_bit_for_bit_from_its_state(new, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    whole = stepped(new(theta), theta, grads, RATES)
    first, second = new(theta), new(theta)
    half = stepped(first, theta, grads[:5], RATES[:5])
    second.load_state(first.state())
    assert_array_equal(stepped(second, half, grads[5:], RATES[5:]), whole)


@each
def test_optimizer_that_loaded_a_state_does_not_share_it(new, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    first, second = new(theta), new(theta)
    half = stepped(first, theta, grads[:5], RATES[:5])
    second.load_state(first.state())
    wanted = stepped(first, half, grads[5:], RATES[5:])
    assert_array_equal(stepped(second, half, grads[5:], RATES[5:]), wanted)


@each
def test_optimizer_state_is_arrays_by_name(new, reference):
    state = new(normal(SIZE)).state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    assert state["steps"] == 0
