import numpy as np
import pytest
from helpers import built_in
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn.schedules import (
    Adaptive,
    Constant,
    CosineDecay,
    CosLog,
    Exponential,
    FlatCosine,
    InvScaling,
    OneCycle,
    Planned,
    Plateau,
    Progress,
    Schedule,
    Step,
    Warmup,
)

BASE = 0.1
TOTAL = 20  # steps of a schedule with a horizon
SCHEDULES = {  # name: (schedule, [(progress, the rate by the formula)])
    "constant": (
        Constant(),
        [(Progress(), BASE), (Progress(step=50, epoch=7, samples=900, plateaus=3), BASE)],
    ),
    "invscaling": (
        InvScaling(),
        [
            (Progress(), BASE),
            (Progress(step=3, samples=150), BASE),  # within the first epoch
            (Progress(step=9, epoch=1, samples=99), BASE / 10),
            (Progress(step=99, epoch=5, samples=399, plateaus=2), BASE / 20),
        ],
    ),
    "invscaling, power 2": (
        InvScaling(power=2),
        [(Progress(epoch=1, samples=9), BASE / 100), (Progress(epoch=0, samples=9), BASE)],
    ),
    "adaptive": (
        Adaptive(),
        [
            (Progress(step=70, epoch=7, samples=900), BASE),
            (Progress(plateaus=1), BASE / 5),
            (Progress(plateaus=7), BASE / 78125),
        ],
    ),
    "step": (
        Step(),
        [
            (Progress(step=999, epoch=29, plateaus=3), BASE),
            (Progress(step=1000, epoch=30), BASE / 10),
            (Progress(epoch=60), BASE / 100),
        ],
    ),
    "step, other settings": (
        Step(every=2, factor=0.5),
        [(Progress(epoch=epoch), BASE / 2 ** (epoch // 2)) for epoch in range(6)],
    ),
    "exponential": (
        Exponential(),
        [
            (Progress(step=7), BASE),
            (Progress(step=30, epoch=1), 0.95 * BASE),
            (Progress(epoch=10, plateaus=1), 0.95**10 * BASE),
        ],
    ),
    "exponential, factor 0.5": (Exponential(0.5), [(Progress(epoch=3), BASE / 8)]),
    "plateau": (
        Plateau(),
        [
            (Progress(step=70, epoch=7, stalled=9), BASE),
            (Progress(plateaus=1), BASE / 5),
            (Progress(plateaus=3), BASE / 125),
        ],
    ),
    "plateau, factor 0.5": (Plateau(0.5), [(Progress(plateaus=3), BASE / 8)]),
    "cosine": (
        CosineDecay(),
        [
            (Progress(total_steps=TOTAL), BASE),
            (Progress(step=5, total_steps=TOTAL), BASE * (1 + np.sqrt(0.5)) / 2),
            (Progress(step=10, total_steps=TOTAL), BASE / 2),
            (Progress(step=20, total_steps=TOTAL), 0),
            (Progress(step=25, total_steps=TOTAL), 0),
        ],
    ),
    "cosine, other settings": (
        CosineDecay(total_steps=40, least=0.02),
        [
            (Progress(), BASE),
            (Progress(step=20, total_steps=TOTAL), 0.06),  # its own total goes first
            (Progress(step=40), 0.02),
            (Progress(step=99), 0.02),
        ],
    ),
    "coslog": (  # 0 where 1 + 15 t is a power of 2
        CosLog(),
        [
            (Progress(total_steps=15), 0),
            (Progress(step=1, total_steps=15), 0),
            (Progress(step=3, total_steps=15), 0),
            (Progress(step=7, total_steps=15), 0),
            (Progress(step=15, total_steps=15), 0),
            (Progress(step=99, total_steps=15), 0),
            (Progress(step=2, total_steps=15), BASE * np.sin(np.pi * np.log2(3)) ** 2),
            (Progress(step=5, total_steps=15), BASE * np.sin(np.pi * np.log2(6)) ** 2),
        ],
    ),
    "coslog, other settings": (
        CosLog(total_steps=300, cycles=2),
        [
            (Progress(step=100, total_steps=TOTAL), 0),
            (Progress(step=50), BASE * np.sin(np.pi * np.log2(1.5)) ** 2),
            (Progress(step=200), BASE * np.sin(np.pi * np.log2(3)) ** 2),
        ],
    ),
    "flat_cosine": (
        FlatCosine(),
        [
            (Progress(total_steps=TOTAL), BASE),
            (Progress(step=10, total_steps=TOTAL), BASE),
            (Progress(step=15, total_steps=TOTAL), BASE / 2),
            (Progress(step=18, total_steps=TOTAL), BASE * (1 + np.cos(0.8 * np.pi)) / 2),
            (Progress(step=20, total_steps=TOTAL), 0),
            (Progress(step=25, total_steps=TOTAL), 0),
        ],
    ),
    "flat_cosine, other settings": (
        FlatCosine(total_steps=100, flat=0.2),
        [
            (Progress(step=20, total_steps=TOTAL), BASE),
            (Progress(step=40), BASE * (1 + np.sqrt(0.5)) / 2),
            (Progress(step=60), BASE / 2),
        ],
    ),
    "one_cycle": (
        OneCycle(),
        [
            (Progress(total_steps=TOTAL), BASE / 25),
            (Progress(step=5, total_steps=TOTAL), BASE),
            (Progress(step=12, total_steps=TOTAL), (BASE + BASE / 250_000) / 2),
            (Progress(step=19, total_steps=TOTAL), BASE / 250_000),
            (Progress(step=99, total_steps=TOTAL), BASE / 250_000),
        ],
    ),
    "one_cycle, rising to the end": (
        OneCycle(total_steps=11, rising=1.0, start=10),
        [
            (Progress(step=0), BASE / 10),
            (Progress(step=5), 0.55 * BASE),
            (Progress(step=10), BASE),
            (Progress(step=11), BASE / 100_000),
        ],
    ),
    "warm-up": (
        Warmup(Constant(), 4),
        [
            (Progress(), BASE / 4),
            (Progress(step=1), BASE / 2),
            (Progress(step=3), BASE),
            (Progress(step=9), BASE),
        ],
    ),
    "warm-up, plateau": (
        Warmup(Plateau(), 4),
        [(Progress(step=1, plateaus=1), BASE / 10), (Progress(step=9, plateaus=2), BASE / 25)],
    ),
    "warm-up, cosine": (
        Warmup(CosineDecay(), 8),
        [
            (Progress(total_steps=TOTAL), BASE / 8),
            (Progress(step=5, total_steps=TOTAL), 0.75 * BASE * (1 + np.sqrt(0.5)) / 2),
            (Progress(step=10, total_steps=TOTAL), BASE / 2),
        ],
    ),
    "warm-up of no steps": (Warmup(Constant(), 0), [(Progress(), BASE)]),
}
each = pytest.mark.parametrize(("schedule", "rates"), SCHEDULES.values(), ids=SCHEDULES)


@each
def test_schedule_has_the_rates_of_its_formula(schedule, rates):
    for progress, rate in rates:
        assert_allclose(schedule.rate(progress, BASE), rate, rtol=1e-12, atol=1e-18)


def test_64_cycles_are_valid_and_no_more():
    CosLog(cycles=64).check()
    with pytest.raises(ValueError, match="cycles"):
        CosLog(cycles=65).check()


def test_warm_up_of_no_steps_is_valid():
    Warmup(Constant(), 0).check()
    with pytest.raises(ValueError, match="steps"):
        Warmup(Constant(), -1).check()


@each
def test_schedule_of_several_models_is_that_of_each(schedule, rates):
    base, plateaus = np.array([[0.1], [0.2], [0.3]]), np.array([[0], [2], [7]])
    for progress, _ in rates:
        settings = vars(progress) | {"plateaus": plateaus}
        singles = [Progress(**settings | {"plateaus": count}) for count in plateaus[:, 0]]
        joint = schedule.rate(Progress(**settings), base)
        of_each = [float(schedule.rate(*one)) for one in zip(singles, base[:, 0], strict=True)]
        assert_array_equal(joint[:, 0], of_each)


def cosine_written_out(step, least=0.0):
    """Loshchilov & Hutter (2017), equation 5, with i = 0 and T_i = TOTAL."""
    return least + 0.5 * (BASE - least) * (1 + np.cos(step / TOTAL * np.pi))


def one_cycle_written_out(step, rising, start, end):
    """Half a period of a cosine up, from step 0 on, and half a period down to the last step."""
    lowest, turn, last = BASE / start, rising * TOTAL - 1, TOTAL - 1
    if step <= turn:
        return lowest + (BASE - lowest) * np.sin(np.pi / 2 * step / turn) ** 2
    final = lowest / end
    return final + (BASE - final) * np.cos(np.pi / 2 * (step - turn) / (last - turn)) ** 2


WHOLE_COURSES = {
    "cosine": (CosineDecay(), cosine_written_out),
    "cosine, least": (CosineDecay(least=0.02), lambda step: cosine_written_out(step, 0.02)),
    "one_cycle": (OneCycle(), lambda step: one_cycle_written_out(step, 0.3, 25, 10_000)),
    "one_cycle, other settings": (
        OneCycle(rising=0.45, start=10, end=100),
        lambda step: one_cycle_written_out(step, 0.45, 10, 100),
    ),
    "warm-up, cosine": (
        Warmup(CosineDecay(), 5),
        lambda step: cosine_written_out(step) * min(1, (step + 1) / 5),
    ),
    "warm-up, one_cycle": (
        Warmup(OneCycle(), 7),
        lambda step: one_cycle_written_out(step, 0.3, 25, 10_000) * min(1, (step + 1) / 7),
    ),
}


@pytest.mark.parametrize(("schedule", "written_out"), WHOLE_COURSES.values(), ids=WHOLE_COURSES)
def test_schedule_has_the_rate_of_its_formula_at_every_step(schedule, written_out):
    steps = range(TOTAL)
    rates = [schedule.rate(Progress(step=step, total_steps=TOTAL), BASE) for step in steps]
    assert_allclose(rates, [written_out(step) for step in steps], rtol=1e-12)


TORCH = {  # ours, and the name in torch.optim.lr_scheduler and its settings
    "step": (Step(every=3), "StepLR", {"step_size": 3}),
    "exponential": (Exponential(), "ExponentialLR", {"gamma": 0.95}),
    "cosine": (CosineDecay(), "CosineAnnealingLR", {"T_max": TOTAL}),
    "cosine, least": (
        CosineDecay(least=0.02),
        "CosineAnnealingLR",
        {"T_max": TOTAL, "eta_min": 0.02},
    ),
    "one_cycle": (OneCycle(), "OneCycleLR", {"max_lr": BASE, "total_steps": TOTAL}),
    "one_cycle, other settings": (
        OneCycle(rising=0.45, start=10, end=100),
        "OneCycleLR",
        {
            "max_lr": BASE,
            "total_steps": TOTAL,
            "pct_start": 0.45,
            "div_factor": 10,
            "final_div_factor": 100,
        },
    ),
    "warm-up": (
        Warmup(Constant(), 5),
        "LinearLR",
        {"start_factor": 0.2, "total_iters": 4},
    ),
}


@pytest.mark.parametrize(("schedule", "name", "settings"), TORCH.values(), ids=TORCH)
def test_schedule_has_the_rates_of_torch(schedule, name, settings, torch):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    theirs = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
    ours, wanted = [], []
    for step in range(TOTAL):  # an epoch of one step each
        progress = Progress(step=step, epoch=step, total_steps=TOTAL)
        ours.append(schedule.rate(progress, BASE))
        wanted.append(theirs.get_last_lr()[0])
        optimizer.step()
        if step < TOTAL - 1:
            theirs.step()
    assert_allclose(ours, wanted, rtol=1e-10)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 10])
@pytest.mark.parametrize("rising", [0.1, 0.3, 0.5, 1.0])
def test_one_cycle_of_any_length_stays_between_its_ends(total, rising):
    schedule = OneCycle(total_steps=total, rising=rising)
    rates = [schedule.rate(Progress(step=step), BASE) for step in range(total + 2)]
    assert np.all(np.array(rates) >= BASE / 250_000 * (1 - 1e-9))
    assert np.all(np.array(rates) <= BASE)


PLANNED = [CosineDecay, CosLog, FlatCosine, OneCycle]


@pytest.mark.parametrize("kind", PLANNED)
@pytest.mark.parametrize("steps", [0, 5])
def test_planned_schedule_that_does_not_know_its_end_says_what_to_give(kind, steps):
    schedule = Warmup(kind(), steps) if steps else kind()
    with pytest.raises(ValueError, match=rf"{kind.__name__} needs the number of .*total_steps"):
        schedule.rate(Progress(step=3), BASE)


def test_schedules_with_an_end_have_a_horizon_warmed_up_or_not():
    for schedule, _ in SCHEDULES.values():
        inner = schedule.schedule if isinstance(schedule, Warmup) else schedule
        assert schedule.horizon == (type(inner) in PLANNED)


def test_schedules_that_slow_down_say_so_warmed_up_or_not():
    for schedule, _ in SCHEDULES.values():
        inner = schedule.schedule if isinstance(schedule, Warmup) else schedule
        assert schedule.slows == isinstance(inner, Adaptive | Plateau)


STUBBORN = {name: schedule for name, (schedule, _) in SCHEDULES.items() if not schedule.slows}


@pytest.mark.parametrize("schedule", STUBBORN.values(), ids=STUBBORN)
def test_schedule_that_does_not_listen_to_patience_ends_with_it(schedule):
    assert schedule.ends(Progress(plateaus=0, total_steps=TOTAL), BASE)


@pytest.mark.parametrize(
    "schedule", [Adaptive(), Plateau(), Warmup(Plateau(), 10)], ids=["adaptive", "plateau", "warm"]
)
def test_schedule_that_slows_ends_once_the_rate_is_a_millionth_or_less(schedule):
    ends = [bool(schedule.ends(Progress(plateaus=count), BASE)) for count in range(10)]
    # 0.1 / 5^7 = 1.28e-6 and 0.1 / 5^8 = 2.56e-7
    assert ends == [False] * 8 + [True] * 2


def test_plateau_ends_at_the_rate_it_is_told():
    schedule = Plateau(factor=0.5, least=0.02)
    ends = [bool(schedule.ends(Progress(plateaus=count), BASE)) for count in range(5)]
    assert ends == [False, False, False, True, True]  # 0.1, 0.05, 0.025, 0.0125


@pytest.mark.parametrize("schedule", [Adaptive(), Plateau()], ids=["adaptive", "plateau"])
def test_schedule_that_slows_ends_at_a_millionth_itself(schedule):
    assert schedule.ends(Progress(), 1e-6)
    assert not schedule.ends(Progress(), np.nextafter(1e-6, 1))


@pytest.mark.parametrize("schedule", [Adaptive(), Plateau()], ids=["adaptive", "plateau"])
def test_schedule_that_slows_ends_for_each_model_by_itself(schedule):
    ends = schedule.ends(Progress(plateaus=np.array([0, 7, 8])), BASE)
    assert_array_equal(ends, [False, False, True])


def test_every_schedule_is_in_the_battery():
    tested = {type(schedule) for schedule, _ in SCHEDULES.values()}
    assert tested == built_in(Schedule) - {Schedule, Planned}
