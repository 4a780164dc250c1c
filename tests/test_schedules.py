import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn.nn.schedules import Adaptive, Constant, InvScaling, Progress

BASE = 0.1
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
}
each = pytest.mark.parametrize(("schedule", "rates"), SCHEDULES.values(), ids=SCHEDULES)


@each
def test_schedule_has_the_rates_of_its_formula(schedule, rates):
    for progress, rate in rates:
        assert_allclose(schedule.rate(progress, BASE), rate, rtol=1e-14)


@each
def test_schedule_of_several_models_is_that_of_each(schedule, rates):
    base, plateaus = np.array([0.1, 0.2, 0.3]), np.array([0, 2, 1])
    for progress, _ in rates:
        settings = vars(progress) | {"plateaus": plateaus}
        singles = [Progress(**settings | {"plateaus": int(count)}) for count in plateaus]
        joint = schedule.rate(Progress(**settings), base)
        assert_array_equal(joint, list(map(schedule.rate, singles, base)))


@pytest.mark.parametrize("schedule", [Constant(), InvScaling()], ids=["constant", "invscaling"])
def test_schedule_that_does_not_listen_to_patience_ends_with_it(schedule):
    assert schedule.ends(Progress(plateaus=0), BASE)


def test_adaptive_ends_once_the_rate_is_a_millionth_or_less():
    ends = [bool(Adaptive().ends(Progress(plateaus=count), BASE)) for count in range(10)]
    # 0.1 / 5^7 = 1.28e-6 and 0.1 / 5^8 = 2.56e-7
    assert ends == [False] * 8 + [True] * 2


def test_adaptive_ends_for_each_model_by_itself():
    ends = Adaptive().ends(Progress(plateaus=np.array([0, 7, 8])), BASE)
    assert_array_equal(ends, [False, False, True])
