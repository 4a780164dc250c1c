"""Learning-rate schedules: the learning rate as a function of the progress of training."""

import math
import sys
from dataclasses import dataclass

from sknn.nn.per_model import of_models, power, with_part
from sknn.nn.ranges import COUNT, COUNT_OR_NONE, NOT_NEGATIVE, POSITIVE, Instance, Range
from sknn.nn.settings import Settings


@dataclass
class Progress:
    """The progress of training since its optimiser was created.

    Attributes
    ----------
    step, epoch : int
        The number of steps and of epochs that are completed.
    samples : int, or (k, 1), one per model
        The number of samples seen since the first fit. Unlike the other counts, it is not reset
        under warm_start.
    plateaus : int, or (k, 1), one per model
        How often patience has run out and the schedule has continued training.
    stalled : int, or (k, 1), one per model
        The number of consecutive epochs without improvement.
    total_steps : int or None
        The number of steps until the planned end, if it is known.
    """

    step: int = 0
    epoch: int = 0
    samples: int = 0
    plateaus: int = 0
    stalled: int = 0
    total_steps: int | None = None

    def select(self, models):
        """The progress of some of the models; models: (k,) bools."""
        own = {name: of_models(value, models) for name, value in vars(self).items()}
        return Progress(**own)

    def update(self, models, progress):
        """Copies back the progress from ``select(models)``. Steps are counted for all at once."""
        for name, value in vars(progress).items():
            setattr(self, name, with_part(getattr(self, name), models, value))


class Schedule(Settings):
    """Base class of schedules, rate(progress, base). Subclass it to define your own schedule.

    ``rate`` returns the learning rate of the next step.

    base, and hence the rate: a float, or (k, 1), one per model

    ``horizon``: the schedule runs towards a planned end, and training continues until this end.
    ``slows``: the schedule lowers the rate when patience runs out, see ``ends``.
    """

    horizon = False
    slows = False

    def rate(self, progress: Progress, base: float) -> float:
        raise NotImplementedError

    def ends(self, progress: Progress, base: float) -> bool:
        """Whether training stops when patience runs out, instead of continuing more slowly."""
        return True


class Constant(Schedule):
    """rate = base."""

    def rate(self, progress, base):
        return base


class InvScaling(Schedule):
    """rate = base / (samples + 1)^power, updated after each epoch; the first epoch uses base."""

    valid = {"power": NOT_NEGATIVE}

    def __init__(self, power=0.5):
        self.power = power

    def rate(self, progress, base):
        if progress.epoch == 0:
            return base
        return base / _power(progress.samples + 1, self.power)


class Adaptive(Schedule):
    """Divides the rate by five whenever patience runs out, until it is 1e-6 or lower."""

    slows = True

    def rate(self, progress, base):
        return base / _power(5.0, progress.plateaus)

    def ends(self, progress, base):
        return self.rate(progress, base) <= 1e-6


class Step(Schedule):
    """rate = base * factor^floor(epoch / every).

    Parameters
    ----------
    every : int, default=30
        The number of epochs between two reductions.
    factor : float, default=0.1
        The factor of each reduction.
    """

    valid = {"every": COUNT, "factor": POSITIVE}

    def __init__(self, every: int = 30, factor: float = 0.1) -> None:
        self.every = every
        self.factor = factor

    def rate(self, progress, base):
        return base * _power(self.factor, progress.epoch // self.every)


class Exponential(Schedule):
    """rate = base * factor^epoch.

    Parameters
    ----------
    factor : float, default=0.95
        The factor for each epoch.
    """

    valid = {"factor": POSITIVE}

    def __init__(self, factor: float = 0.95) -> None:
        self.factor = factor

    def rate(self, progress, base):
        return base * _power(self.factor, progress.epoch)


class Plateau(Schedule):
    """Multiplies the rate by factor whenever patience runs out, until it is at most ``least``.

    Parameters
    ----------
    factor : float, default=0.2
        The factor of each reduction, between 0 and 1.
    least : float, default=1e-6
        Training stops when patience runs out at this rate or a lower one.
    """

    slows = True

    valid = {"factor": Range(0, 1), "least": NOT_NEGATIVE}

    def __init__(self, factor: float = 0.2, least: float = 1e-6) -> None:
        self.factor = factor
        self.least = least

    def rate(self, progress, base):
        return base * _power(self.factor, progress.plateaus)

    def ends(self, progress, base):
        return self.rate(progress, base) <= self.least


class Planned(Schedule):
    """A schedule with an end: ``total_steps``, or the end of the fit (max_iter epochs) for None."""

    horizon = True

    valid = {"total_steps": COUNT_OR_NONE}

    def __init__(self, total_steps: int | None = None) -> None:
        self.total_steps = total_steps

    def _total(self, progress):
        total = self.total_steps or progress.total_steps
        total = total and min(total, sys.maxsize)  # so that it can be converted to a float
        if total is None:
            raise ValueError(
                f"{type(self).__name__} needs the number of steps until its end. For partial_fit, "
                f"pass total_steps, as in {type(self).__name__}(total_steps=1000)."
            )
        return total

    def _done(self, progress):
        """t: the completed fraction of the steps, from 0 to 1."""
        return min(progress.step / self._total(progress), 1.0)


class PlannedOrNone:
    """The valid schedules of a setting: a schedule with an end, or None."""

    def __contains__(self, value):
        return value is None or isinstance(value, Planned)

    def __str__(self):
        return "None or a schedule with an end, such as FlatCosine() or CosineDecay()"


PLANNED_OR_NONE = PlannedOrNone()


class CosineDecay(Planned):
    """Cosine decay without restarts; Loshchilov & Hutter (2017), eq. 5.

    rate = least + (base - least) (1 + cos(pi t)) / 2, with t from 0 to 1.

    Parameters
    ----------
    total_steps : int or None, default=None
        The number of steps until the end. None means the end of the fit, after ``max_iter``
        epochs. ``partial_fit`` requires a number.
    least : float, default=0.0
        The learning rate at the end.
    """

    valid = {**Planned.valid, "least": NOT_NEGATIVE}

    def __init__(self, total_steps: int | None = None, least: float = 0.0) -> None:
        super().__init__(total_steps)
        self.least = least

    def rate(self, progress, base):
        done = self._done(progress)
        return self.least + (base - self.least) * 0.5 * (1 + math.cos(math.pi * done))


class OneCycle(Planned):
    """From base / 25 up to base in the first 30 % of the steps, then down to base / 250,000.

    Both phases follow a cosine, with the default values of torch; Smith & Topin (2018).

    Parameters
    ----------
    total_steps : int or None, default=None
        The number of steps until the end. None means the end of the fit, after ``max_iter``
        epochs. ``partial_fit`` requires a number.
    rising : float, default=0.3
        The fraction of the steps in which the rate rises, between 0 and 1.
    start : float, default=25.0
        The first rate is base / start.
    end : float, default=1e4
        The last rate is the first one divided by this number.
    """

    valid = {**Planned.valid, "rising": Range(0, 1), "start": POSITIVE, "end": POSITIVE}

    def __init__(
        self,
        total_steps: int | None = None,
        rising: float = 0.3,
        start: float = 25.0,
        end: float = 1e4,
    ) -> None:
        super().__init__(total_steps)
        self.rising = rising
        self.start = start
        self.end = end

    def rate(self, progress, base):
        total = self._total(progress)
        low, peak = base / self.start, self.rising * total - 1
        last = low / self.end
        if progress.step < peak:
            return _along_cosine(low, base, progress.step / peak)
        falling = total - 1 - peak  # steps; zero if the rate rises in all of them
        done = min((progress.step - peak) / falling, 1.0) if falling else progress.step > peak
        return _along_cosine(base, last, done)


class CosLog(Planned):
    """rate = base (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2, with t from 0 to 1.

    Each cycle rises from 0 to base and falls back to 0. It takes about twice as long as the cycle
    before it. Holzmüller et al. (2024), RealMLP, use four cycles, the default.

    Parameters
    ----------
    total_steps : int or None, default=None
        The number of steps until the end. None means the end of the fit, after ``max_iter``
        epochs. ``partial_fit`` requires a number.
    cycles : int, default=4
        The number of cycles, at most 64.
    """

    valid = {**Planned.valid, "cycles": Range(1, 64, "both", whole=True)}

    def __init__(self, total_steps: int | None = None, cycles: int = 4) -> None:
        super().__init__(total_steps)
        self.cycles = cycles

    def rate(self, progress, base):
        cycle = math.log2(1 + (2**self.cycles - 1) * self._done(progress))
        return base * (0.5 * (1 - math.cos(2 * math.pi * cycle)))


class FlatCosine(Planned):
    """rate = base for a fraction ``flat`` of the steps, then down to 0 along a cosine.

    After the flat part, rate = base (1 + cos(pi (t - flat) / (1 - flat))) / 2, with t from 0 to 1.
    Holzmüller et al. (2024) use it with ``flat=0.5`` to reduce dropout and weight decay.

    Parameters
    ----------
    total_steps : int or None, default=None
        The number of steps until the end. None means the end of the fit, after ``max_iter``
        epochs. ``partial_fit`` requires a number.
    flat : float, default=0.5
        The fraction of the steps with a constant rate, in [0, 1).
    """

    valid = {**Planned.valid, "flat": Range(0, 1, "left")}

    def __init__(self, total_steps: int | None = None, flat: float = 0.5) -> None:
        super().__init__(total_steps)
        self.flat = flat

    def rate(self, progress, base):
        falling = max(self._done(progress) - self.flat, 0.0) / (1 - self.flat)
        return base * (0.5 * (1 + math.cos(math.pi * falling)))


class Warmup(Schedule):
    """Linear warmup: the rate of another schedule times (step + 1) / steps for ``steps`` steps.

    Parameters
    ----------
    schedule : Schedule
        The schedule whose rate is scaled.
    steps : int
        The number of steps until the rate reaches that of the schedule.
    """

    valid = {"schedule": Instance(Schedule), "steps": Range(0, closed="left", whole=True)}

    def __init__(self, schedule: Schedule, steps: int) -> None:
        self.schedule = schedule
        self.steps = steps

    @property
    def horizon(self):
        return self.schedule.horizon

    @property
    def slows(self):
        return self.schedule.slows

    def rate(self, progress, base):
        rate = self.schedule.rate(progress, base)
        return rate * min((progress.step + 1) / max(self.steps, 1), 1.0)

    def ends(self, progress, base):
        return self.schedule.ends(progress, base)


def _power(base, exponent):
    """base^exponent for a positive base, or infinity in case of an overflow."""
    try:
        return power(base, exponent)
    except OverflowError:
        return math.inf


def _along_cosine(start, end, share):
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))
