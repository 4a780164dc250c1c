from functools import partial

import numpy as np
import pytest
from helpers import MODELS, built_in, normal
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from trainers import new_trainer

from sknn import nn
from sknn.nn import SGD, Adagrad, Adam, AdamW, FlatCosine, NAdam, Optimizer, RMSprop, Step
from sknn.nn.per_model import factor
from sknn.nn.schedules import Progress

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


OPTIMIZERS = {  # name: (optimiser, the same from its paper)
    "sgd": (SGD(momentum=0.0, nesterov=False), partial(sgd, momentum=0.0)),
    "momentum": (SGD(momentum=0.9, nesterov=False), partial(sgd, momentum=0.9)),
    "nesterov": (SGD(), partial(sgd, momentum=0.9, nesterov=True)),
    "momentum of one": (SGD(momentum=1, nesterov=False), partial(sgd, momentum=1)),
    "nesterov, momentum of one": (SGD(momentum=1), partial(sgd, momentum=1, nesterov=True)),
    "nesterov, no momentum": (SGD(momentum=0), partial(sgd, momentum=0, nesterov=True)),
    "adam": (Adam(), adam),
    "adam, other settings": (
        Adam(beta_1=0.5, beta_2=0.9, epsilon=0.1),
        partial(adam, beta_1=0.5, beta_2=0.9, epsilon=0.1),
    ),
    "adam, no memory": (Adam(beta_1=0, beta_2=0.0), partial(adam, beta_1=0, beta_2=0)),
    "adamw": (AdamW(), adamw),
    "adamw, no decay": (AdamW(weight_decay=0), partial(adamw, weight_decay=0)),
    "adamw, other settings": (
        AdamW(weight_decay=0.3, epsilon=0.1),
        partial(adamw, weight_decay=0.3, epsilon=0.1),
    ),
    "nadam": (NAdam(), nadam),
    "nadam, constant momentum": (NAdam(momentum_decay=0), partial(nadam, momentum_decay=0)),
    "nadam, no memory": (NAdam(beta_1=0, beta_2=0.0), partial(nadam, beta_1=0, beta_2=0)),
    "nadam, other settings": (
        NAdam(beta_1=0.5, beta_2=0.9, epsilon=0.1, momentum_decay=0.5),
        partial(nadam, beta_1=0.5, beta_2=0.9, epsilon=0.1, momentum_decay=0.5),
    ),
    "rmsprop": (RMSprop(), rmsprop),
    "rmsprop, no memory": (RMSprop(decay=0), partial(rmsprop, decay=0)),
    "rmsprop, other settings": (
        RMSprop(decay=0.5, epsilon=0.1),
        partial(rmsprop, decay=0.5, epsilon=0.1),
    ),
    "adagrad": (Adagrad(), adagrad),
    "adagrad, other settings": (Adagrad(epsilon=0.1), partial(adagrad, epsilon=0.1)),
}
TORCH = {  # name in torch.optim and settings, and ours
    "sgd": ("SGD", {}, SGD(momentum=0.0, nesterov=False)),
    "momentum": ("SGD", {"momentum": 0.8}, SGD(momentum=0.8, nesterov=False)),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True}, SGD(momentum=0.8)),
    # its epsilon is another than that of the paper's shorter form, so both have none
    "adam": ("Adam", {"eps": 0}, Adam(epsilon=0.0)),
    "adam, other betas": (
        "Adam",
        {"eps": 0, "betas": (0.5, 0.9)},
        Adam(beta_1=0.5, beta_2=0.9, epsilon=0.0),
    ),
    "adamw": ("AdamW", {}, AdamW()),
    "adamw, other settings": (
        "AdamW",
        {"eps": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.3},
        AdamW(beta_1=0.5, beta_2=0.9, epsilon=0.1, weight_decay=0.3),
    ),
    "nadam": ("NAdam", {}, NAdam()),
    "nadam, other settings": (
        "NAdam",
        {"eps": 0.1, "betas": (0.5, 0.9), "momentum_decay": 0.5},
        NAdam(beta_1=0.5, beta_2=0.9, epsilon=0.1, momentum_decay=0.5),
    ),
    "rmsprop": ("RMSprop", {}, RMSprop()),
    "rmsprop, other settings": (
        "RMSprop",
        {"alpha": 0.5, "eps": 0.1},
        RMSprop(decay=0.5, epsilon=0.1),
    ),
    "adagrad": ("Adagrad", {}, Adagrad()),
    "adagrad, other settings": ("Adagrad", {"eps": 0.1}, Adagrad(epsilon=0.1)),
}
each = in_turn("optimizer, reference", OPTIMIZERS)


def stepped(optimizer, theta, grads, rates, moments=None):
    """theta after these steps; all arguments but the moments are left as they are."""
    moments = optimizer.start(theta) if moments is None else moments
    theta = theta.copy()
    for grad, rate in zip(grads, rates, strict=True):
        optimizer.step(theta, grad.copy(), rate, moments)
    return theta


def halfway(optimizer):
    """(theta, moments) after five steps, and the grads and rates of five more."""
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    moments = optimizer.start(theta)
    theta = stepped(optimizer, theta, grads[:5], RATES[:5], moments)
    return theta, moments, grads[5:], RATES[5:]


@each
def test_optimizer_takes_the_steps_of_its_formula(optimizer, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    wanted = reference(theta, grads, RATES)
    assert_allclose(stepped(optimizer, theta, grads, RATES), wanted, rtol=1e-12)


@pytest.mark.parametrize(("name", "settings", "optimizer"), TORCH.values(), ids=TORCH)
def test_optimizer_takes_the_steps_of_torch(name, settings, optimizer, torch):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    parameter = torch.tensor(theta, requires_grad=True)
    theirs = getattr(torch.optim, name)([parameter], lr=0.01, **settings)
    for grad in grads:
        parameter.grad = torch.tensor(grad)
        theirs.step()
    ours = stepped(optimizer, theta, grads, [0.01] * STEPS)
    rtol = 1e-8 if name == "NAdam" else 1e-12  # torch keeps the product of the mus in float32
    assert_allclose(ours, parameter.detach().numpy(), rtol=rtol)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rates_of", ["models", "parameters", "both"])
def test_optimizer_of_several_models_takes_the_steps_of_each(optimizer, reference, rates_of, dtype):
    theta, grads = normal(MODELS, SIZE).astype(dtype), normal(STEPS, MODELS, SIZE).astype(dtype)
    rates = [rate * np.array([[0.1], [1.0], [3.0]]) for rate in RATES]
    if rates_of != "models":
        rates = [factor(rate, theta) * np.linspace(0, 1, SIZE, dtype=dtype) for rate in rates]
    if rates_of == "parameters":
        rates = [rate[0] for rate in rates]
    joint = stepped(optimizer, theta, grads, rates)
    for model in range(MODELS):
        own = [rate if rate.ndim == 1 else rate[model] for rate in rates]
        own = [float(rate[0]) if rate.size == 1 else rate for rate in own]
        single = stepped(optimizer, theta[model], grads[:, model], own)
        assert_array_equal(joint[model], single)


PER_MODEL = [  # settings of three models each
    (SGD, {"momentum": (0.0, 0.9, 0.3)}),
    (Adam, {"beta_1": (0.9, 0.0, 0.77), "beta_2": (0.999, 0.9, 0.95), "epsilon": (1e-8, 0.1, 1.0)}),
    (AdamW, {"beta_2": (0.999, 0.9, 0.95), "weight_decay": (0.0, 0.3, 0.01)}),
    (NAdam, {"beta_1": (0.9, 0.5, 0.77), "beta_2": (0.999, 0.9, 0.95), "epsilon": (1e-8, 0.1, 1)}),
    (NAdam, {"momentum_decay": (0.004, 0.3, 0.1)}),
    (RMSprop, {"decay": (0.99, 0.5, 0.0), "epsilon": (1e-8, 0.1, 1.0)}),
    (Adagrad, {"epsilon": (1e-10, 0.1, 1.0)}),
]


@pytest.mark.parametrize("kind_and_settings", PER_MODEL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rates_of", ["models", "parameters"])
def test_settings_may_be_one_per_model(kind_and_settings, dtype, rates_of):
    kind, settings = kind_and_settings
    theta, grads = normal(MODELS, SIZE).astype(dtype), normal(STEPS, MODELS, SIZE).astype(dtype)
    rates = list(RATES.tolist())
    if rates_of == "parameters":
        rates = [rate * np.linspace(0, 1, SIZE, dtype=dtype) for rate in rates]
    columns = {name: np.array(values, float)[:, None] for name, values in settings.items()}
    joint = stepped(kind(**columns), theta, grads, rates)
    for model in range(MODELS):
        own = {name: float(values[model]) for name, values in settings.items()}
        assert_array_equal(joint[model], stepped(kind(**own), theta[model], grads[:, model], rates))


@each
def test_optimizer_takes_a_rate_per_parameter(optimizer, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    rates = np.linspace(0, 1, SIZE) * RATES[:, None]
    ours = stepped(optimizer, theta, grads, rates)
    assert_allclose(ours, reference(theta, grads, rates), rtol=1e-12)


@each
def test_optimizer_in_float32_is_that_in_float64(optimizer, reference):
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    narrow = theta.astype(np.float32)
    moments = optimizer.start(narrow)
    ours = stepped(optimizer, narrow, grads.astype(np.float32), RATES, moments)
    dtypes = {value.dtype for value in moments.values.values() if isinstance(value, np.ndarray)}
    assert dtypes == {np.dtype(np.float32)}
    assert_allclose(ours, reference(theta, grads, RATES), rtol=1e-4, atol=1e-6)


@each
def test_optimizer_is_its_settings_and_no_step_changes_it(optimizer, reference):
    before = repr(optimizer)
    halfway(optimizer)
    assert vars(optimizer) == optimizer.settings()
    assert repr(optimizer) == before


@each
@pytest.mark.parametrize("how", ["state", "copy"])
def test_optimizer_continues_bit_for_bit_from_its_moments(optimizer, reference, how):
    theta, moments, grads, rates = halfway(optimizer)
    if how == "state":
        other = optimizer.start(theta)
        other.load_state(moments.state())
    else:
        other = moments.copy()
    # Whatever goes on first leaves the other as it was.
    wanted = stepped(optimizer, theta, grads, rates, moments)
    assert_array_equal(stepped(optimizer, theta, grads, rates, other), wanted)
    whole = stepped(optimizer, normal(SIZE), normal(STEPS, SIZE, seed=1), RATES)
    assert_array_equal(wanted, whole)


@each
def test_state_of_moments_stays_as_it_was_while_these_go_on(optimizer, reference):
    theta, moments, grads, rates = halfway(optimizer)
    state, other = moments.state(), optimizer.start(theta)
    wanted = stepped(optimizer, theta, grads, rates, moments)
    other.load_state(state)
    assert_array_equal(stepped(optimizer, theta, grads, rates, other), wanted)


@pytest.mark.parametrize("kind_and_settings", PER_MODEL)
def test_selected_moments_go_on_as_those_of_all_models(kind_and_settings):
    kind, settings = kind_and_settings
    columns = {name: np.array(values, float)[:, None] for name, values in settings.items()}
    optimizer, theta = kind(**columns), normal(MODELS, SIZE)
    grads, models = normal(STEPS, MODELS, SIZE, seed=1), [0, 2]
    fewer = kind(**{name: column[models] for name, column in columns.items()})
    moments = optimizer.start(theta, n_decayed=7)
    theta = stepped(optimizer, theta, grads[:5], RATES[:5], moments)
    selected = moments.select(models)
    assert (selected.steps, selected.n_decayed) == (5, 7)
    whole = stepped(optimizer, theta, grads[5:], RATES[5:], moments)
    of_two = stepped(fewer, theta[models], grads[5:, models], RATES[5:], selected)
    assert_array_equal(of_two, whole[models])


@each
def test_moments_take_over_what_has_become_of_selected_ones(optimizer, reference):
    theta, models = normal(MODELS, SIZE), [0, 2]
    grads = normal(STEPS, MODELS, SIZE, seed=1)
    moments = optimizer.start(theta)
    stepped(optimizer, theta, grads[:5], RATES[:5], moments)
    whole, selected = moments.copy(), moments.select(models)
    stepped(optimizer, theta, grads[5:], RATES[5:], whole)
    stepped(optimizer, theta[models], grads[5:, models], RATES[5:], selected)
    apart = {name: np.copy(value) for name, value in moments.values.items()}
    moments.update(models, selected)
    assert moments.steps == STEPS
    for name, value in moments.values.items():
        if isinstance(value, float):
            assert value == whole[name]
        else:
            assert_array_equal(value[models], whole[name][models])
            assert_array_equal(value[1], apart[name][1])


@each
def test_state_of_moments_is_arrays_by_name(optimizer, reference):
    state = optimizer.start(normal(SIZE)).state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    assert state["steps"] == 0


@pytest.mark.parametrize("rate", [0.1, np.full((MODELS, 1), 0.1), np.full((MODELS, SIZE), 0.1)])
@pytest.mark.parametrize("n_decayed", [0, 7, SIZE, None])
def test_adamw_decays_the_first_parameters_alone(rate, n_decayed):
    theta, optimizer = normal(MODELS, SIZE), AdamW(weight_decay=0.5)
    moments = optimizer.start(theta, n_decayed)
    after = stepped(optimizer, theta, [np.zeros_like(theta)] * 2, [rate] * 2, moments)
    n_decayed = SIZE if n_decayed is None else n_decayed
    assert_allclose(after[:, :n_decayed], theta[:, :n_decayed] * 0.95**2, rtol=1e-14)
    assert_array_equal(after[:, n_decayed:], theta[:, n_decayed:])


def test_adamw_without_decay_is_adam_up_to_where_epsilon_stands():
    theta, grads = normal(SIZE), normal(STEPS, SIZE, seed=1)
    plain = stepped(AdamW(weight_decay=0, epsilon=0), theta, grads, RATES)
    assert_allclose(plain, stepped(Adam(epsilon=0), theta, grads, RATES), rtol=1e-12)


@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "nesterov", "rmsprop", "adagrad"])
def test_optimizer_takes_the_steps_of_its_formula_a_thousand_times(name):
    optimizer, reference = OPTIMIZERS[name]
    theta, grads, rates = normal(3), normal(1000, 3, seed=1), np.full(1000, 0.01)
    got, wanted = stepped(optimizer, theta, grads, rates), reference(theta, grads, rates)
    assert_allclose(got, wanted, rtol=1e-9)


def test_defaults_are_those_of_the_papers_and_of_torch():
    names = {type(optimizer).__name__ for optimizer, _ in OPTIMIZERS.values()}
    defaults = {name: getattr(nn, name)().settings() for name in names}
    moments = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8}
    assert defaults == {
        "SGD": {"momentum": 0.9, "nesterov": True},
        "Adam": moments,
        "AdamW": {**moments, "weight_decay": 0.01, "decay_schedule": None},
        "NAdam": {**moments, "momentum_decay": 0.004},
        "RMSprop": {"decay": 0.99, "epsilon": 1e-8},
        "Adagrad": {"epsilon": 1e-10},
    }


def test_every_optimizer_is_in_the_battery():
    tested = {type(optimizer) for optimizer, _ in OPTIMIZERS.values()}
    assert tested == built_in(Optimizer) - {Optimizer}


@pytest.mark.parametrize(
    "optimizer",
    [
        *(SGD(momentum=-0.1), SGD(momentum=1.1), SGD(nesterov="yes")),
        *(kind(beta_1=1.0) for kind in (Adam, AdamW, NAdam)),
        *(Adam(beta_2=-0.1), Adam(epsilon=0), AdamW(weight_decay=-1), NAdam(momentum_decay=-1)),
        *(RMSprop(decay=1.0), RMSprop(epsilon=0), Adagrad(epsilon=0), Adam(epsilon=np.nan)),
    ],
    ids=repr,
)
def test_setting_out_of_range_is_refused(optimizer):
    with pytest.raises(ValueError, match=r"\w+\(.*\): \w+ must be .*, got "):
        optimizer.check()
    type(optimizer)().check()


def test_abstract_optimizer_takes_no_step():
    with pytest.raises(NotImplementedError):
        Optimizer().step(normal(2), normal(2), 0.1, Optimizer().start(normal(2)))


def test_decay_follows_its_schedule():
    optimizer = AdamW(weight_decay=0.3, decay_schedule=FlatCosine())
    assert (optimizer.scheduled, AdamW().scheduled, SGD().scheduled) == (True, False, False)
    theta, grads = normal(3), normal(8, 3, seed=1)
    got, moments = theta.copy(), optimizer.start(theta)
    m = v = 0
    for step, grad in enumerate(grads):
        progress = Progress(step=step, total_steps=8)
        optimizer.at(progress).step(got, grad.copy(), 0.01, moments)
        decay = 0.3 if step < 4 else 0.15 * (1 + np.cos(np.pi * (step / 4 - 1)))
        t, m, v = step + 1, 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
        hat = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        theta = theta - 0.01 * (hat + decay * theta)
        assert_allclose(got, theta, rtol=1e-10)
    assert optimizer.weight_decay == 0.3


def test_optimizer_without_a_schedule_is_the_same_at_every_step():
    for optimizer in (SGD(), AdamW(weight_decay=0.3)):
        assert optimizer.at(Progress(step=3)) is optimizer


def test_training_tells_the_optimizer_how_far_it_has_come():
    seen = []

    class Schedule(FlatCosine):
        def rate(self, progress, base):
            seen.append((progress.step, progress.total_steps, base))
            return 2 * base

    own = partial(AdamW, weight_decay=0.25, decay_schedule=Schedule())
    got, wanted = (
        new_trainer(optimizer=one, batch_size=10) for one in (own, partial(AdamW, weight_decay=0.5))
    )
    got.train(2)
    wanted.train(2)
    assert seen == [(step, 4, 0.25) for step in range(4)]
    assert_array_equal(got.theta, wanted.theta)


def test_decay_schedule_without_an_end_is_refused():
    with pytest.raises(ValueError, match="decay_schedule must be None or a schedule with an end"):
        AdamW(decay_schedule=Step()).check()
