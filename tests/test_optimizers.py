from functools import partial

import numpy as np
import pytest
from helpers import MODELS, built_in, normal
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn.optimizers import SGD, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop

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


def adamw(theta, grads, rates, weight_decay=0.01, n_decayed=None, epsilon=1e-8):
    """Loshchilov & Hutter (2019), algorithm 2, with the decay times the rate as torch has it."""
    m = v = 0
    decayed = np.arange(theta.shape[-1]) < (theta.shape[-1] if n_decayed is None else n_decayed)
    for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), start=1):
        m = 0.9 * m + 0.1 * grad
        v = 0.999 * v + 0.001 * grad**2
        m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
        step = m_hat / (np.sqrt(v_hat) + epsilon) + decayed * weight_decay * theta
        theta = theta - rate * step
    return theta


def nadam(theta, grads, rates, beta_1=0.9, beta_2=0.999, epsilon=1e-8, momentum_decay=0.004):
    """Dozat (2016), algorithm 2, with the mu_t that torch's documentation writes out."""
    m = v = 0
    mus = beta_1 * (1 - 0.5 * 0.96 ** (momentum_decay * np.arange(1, len(grads) + 2)))
    for t, (grad, rate) in enumerate(zip(grads, rates, strict=True), start=1):
        m = beta_1 * m + (1 - beta_1) * grad
        v = beta_2 * v + (1 - beta_2) * grad**2
        ahead = mus[t] * m / (1 - np.prod(mus[: t + 1]))
        m_hat = ahead + (1 - mus[t - 1]) * grad / (1 - np.prod(mus[:t]))
        theta = theta - rate * m_hat / (np.sqrt(v / (1 - beta_2**t)) + epsilon)
    return theta


def rmsprop(theta, grads, rates, decay=0.99, epsilon=1e-8):
    """Tieleman & Hinton (2012), slide 29."""
    v = 0
    for grad, rate in zip(grads, rates, strict=True):
        v = decay * v + (1 - decay) * grad**2
        theta = theta - rate * grad / (np.sqrt(v) + epsilon)
    return theta


def adagrad(theta, grads, rates, epsilon=1e-10):
    """Duchi et al. (2011), eq. 1, with the diagonal alone."""
    v = 0
    for grad, rate in zip(grads, rates, strict=True):
        v = v + grad**2
        theta = theta - rate * grad / (np.sqrt(v) + epsilon)
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
    "adamw": (AdamW, adamw),
    "adamw, other settings": (
        partial(AdamW, weight_decay=0.3, n_decayed=5, epsilon=0.1),
        partial(adamw, weight_decay=0.3, n_decayed=5, epsilon=0.1),
    ),
    "nadam": (NAdam, nadam),
    "nadam, other settings": (
        partial(NAdam, beta_1=0.5, beta_2=0.9, epsilon=0.1, momentum_decay=0.5),
        partial(nadam, beta_1=0.5, beta_2=0.9, epsilon=0.1, momentum_decay=0.5),
    ),
    "rmsprop": (RMSprop, rmsprop),
    "rmsprop, other settings": (
        partial(RMSprop, decay=0.5, epsilon=0.1),
        partial(rmsprop, decay=0.5, epsilon=0.1),
    ),
    "adagrad": (Adagrad, adagrad),
    "adagrad, other settings": (partial(Adagrad, epsilon=0.1), partial(adagrad, epsilon=0.1)),
}
TORCH = {  # name in torch.optim and settings, and ours
    "sgd": ("SGD", {}, partial(SGD, momentum=0.0, nesterov=False)),
    "momentum": ("SGD", {"momentum": 0.8}, partial(SGD, momentum=0.8, nesterov=False)),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True}, partial(SGD, momentum=0.8)),
    # its epsilon is another than that of the paper's shorter form, so both have none
    "adam": ("Adam", {"eps": 0}, partial(Adam, epsilon=0.0)),
    "adam, other betas": (
        "Adam",
        {"eps": 0, "betas": (0.5, 0.9)},
        partial(Adam, beta_1=0.5, beta_2=0.9, epsilon=0.0),
    ),
    "adamw": ("AdamW", {}, AdamW),
    "adamw, other settings": (
        "AdamW",
        {"eps": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.3},
        partial(AdamW, beta_1=0.5, beta_2=0.9, epsilon=0.1, weight_decay=0.3),
    ),
    "nadam": ("NAdam", {}, NAdam),
    "nadam, other settings": (
        "NAdam",
        {"eps": 0.1, "betas": (0.5, 0.9), "momentum_decay": 0.5},
        partial(NAdam, beta_1=0.5, beta_2=0.9, epsilon=0.1, momentum_decay=0.5),
    ),
    "rmsprop": ("RMSprop", {}, RMSprop),
    "rmsprop, other settings": (
        "RMSprop",
        {"alpha": 0.5, "eps": 0.1},
        partial(RMSprop, decay=0.5, epsilon=0.1),
    ),
    "adagrad": ("Adagrad", {}, Adagrad),
    "adagrad, other settings": ("Adagrad", {"eps": 0.1}, partial(Adagrad, epsilon=0.1)),
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
    rtol = 1e-8 if name == "NAdam" else 1e-12  # torch keeps the product of the mus in float32
    assert_allclose(ours, parameter.detach().numpy(), rtol=rtol)


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
def test_state_of_an_optimizer_stays_as_it_was_while_that_steps_on(new, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    first, second = new(theta), new(theta)
    half = stepped(first, theta, grads[:5], RATES[:5])
    state = first.state()
    wanted = stepped(first, half, grads[5:], RATES[5:])
    second.load_state(state)
    assert_array_equal(stepped(second, half, grads[5:], RATES[5:]), wanted)


@each
def test_optimizer_state_is_arrays_by_name(new, reference):
    state = new(normal(SIZE)).state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    assert state["steps"] == 0


@pytest.mark.parametrize("rate", [0.1, np.full((MODELS, 1), 0.1), np.full((MODELS, SIZE), 0.1)])
@pytest.mark.parametrize("n_decayed", [0, 7, SIZE])
def test_adamw_decays_the_first_parameters_alone(rate, n_decayed):
    theta = normal(MODELS, SIZE)
    optimizer = AdamW(theta, weight_decay=0.5, n_decayed=n_decayed)
    after = stepped(optimizer, theta, [np.zeros_like(theta)] * 2, [rate] * 2)
    assert_allclose(after[:, :n_decayed], theta[:, :n_decayed] * 0.95**2, rtol=1e-14)
    assert_array_equal(after[:, n_decayed:], theta[:, n_decayed:])


def test_adamw_without_decay_is_adam_up_to_where_epsilon_stands():
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    plain = stepped(AdamW(theta, weight_decay=0, epsilon=0), theta, grads, RATES)
    assert_allclose(plain, stepped(Adam(theta, epsilon=0), theta, grads, RATES), rtol=1e-12)


def test_every_optimizer_is_in_the_battery():
    tested = {type(new(normal(SIZE))) for new, _ in OPTIMIZERS.values()}
    assert tested == built_in(Optimizer) - {Optimizer}
