"""Learning-rate schedules: the rate as a function of how far training has come."""

import math
import sys
from dataclasses import dataclass

from sknn.nn.per_model import of_models, power, with_part
from sknn.nn.ranges import COUNT, COUNT_OR_NONE, NOT_NEGATIVE, POSITIVE, Instance, Range
from sknn.nn.settings import Settings


@dataclass
class Progress:
    """How far training has come since its optimiser was new.

    Attributes
    ----------
    step, epoch : int
        Steps and whole epochs done.
    samples : int, or (k, 1), one per model
        Samples seen since the first fit; unlike the others it goes on under warm_start.
    plateaus : int, or (k, 1), one per model
        How often patience ran out and the schedule chose to go on.
    stalled : int, or (k, 1), one per model
        Epochs in a row without improvement.
    total_steps : int or None
        Steps until the planned end, where it is known.
    """

    step: int = 0
    epoch: int = 0
    samples: int = 0
    plateaus: int = 0
    stalled: int = 0
    total_steps: int | None = None

    def select(self, models):
        """That of some models; models: (k,) bools."""
        own = {name: of_models(value, models) for name, value in vars(self).items()}
        return Progress(**own)

    def update(self, models, progress):
        """Takes over what has become of ``select(models)``; steps are counted for all at once."""
        for name, value in vars(progress).items():
            setattr(self, name, with_part(getattr(self, name), models, value))


class Schedule(Settings):
    """rate(progress, base): the learning rate of the next step. Subclass it for your own.

    base, and then the rate: a float, or (k, 1), one per model

    ``horizon``: it runs towards a planned end, and training to that end is what it asks for.
    ``slows``: it lowers the rate when patience runs out, see ``ends``.
    """

    horizon = False
    slows = False

    def rate(self, progress: Progress, base: float) -> float:
        raise NotImplementedError

    def ends(self, progress: Progress, base: float) -> bool:
        """Whether training stops when patience has run out, rather than go on more slowly."""
        return True


class Constant(Schedule):
    """rate = base."""

    def rate(self, progress, base):
        return base


class InvScaling(Schedule):
    """rate = base / (samples + 1)^power, changed after each epoch; the first epoch has base."""

    valid = {"power": NOT_NEGATIVE}

    def __init__(self, power=0.5):
        self.power = power

    def rate(self, progress, base):
        if progress.epoch == 0:
            return base
        return base / _power(progress.samples + 1, self.power)


class Adaptive(Schedule):
    """Divides the rate by five whenever patience runs out, until it is 1e-6 or less."""

    slows = True

    def rate(self, progress, base):
        return base / _power(5.0, progress.plateaus)

    def ends(self, progress, base):
        return self.rate(progress, base) <= 1e-6


class Step(Schedule):
    """rate = base * factor^floor(epoch / every)."""

    valid = {"every": COUNT, "factor": POSITIVE}

    def __init__(self, every: int = 30, factor: float = 0.1) -> None:
        self.every = every
        self.factor = factor

    def rate(self, progress, base):
        return base * _power(self.factor, progress.epoch // self.every)


class Exponential(Schedule):
    """rate = base * factor^epoch."""

    valid = {"factor": POSITIVE}

    def __init__(self, factor: float = 0.95) -> None:
        self.factor = factor

    def rate(self, progress, base):
        return base * _power(self.factor, progress.epoch)


class Plateau(Schedule):
    """Multiplies the rate by factor whenever patience runs out, until it is ``least`` or less."""

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
    """A schedule with an end: ``total_steps``, or None for that of the fit (max_iter epochs)."""

    horizon = True

    valid = {"total_steps": COUNT_OR_NONE}

    def __init__(self, total_steps: int | None = None) -> None:
        self.total_steps = total_steps

    def _total(self, progress):
        total = self.total_steps or progress.total_steps
        total = total and min(total, sys.maxsize)  # which a float can hold
        if total is None:
            raise ValueError(
                f"{type(self).__name__} needs to know its end: in partial_fit give it "
                f"total_steps, as in {type(self).__name__}(total_steps=1000)."
            )
        return total

    def _done(self, progress):
        """t: the fraction of the steps that are done, from 0 to 1."""
        return min(progress.step / self._total(progress), 1.0)


class PlannedOrNone:
    """What may change a setting from step to step: a schedule with an end, or None."""

    def __contains__(self, value):
        return value is None or isinstance(value, Planned)

    def __str__(self):
        return "None or a schedule with an end, such as FlatCosine() or CosineDecay()"


PLANNED_OR_NONE = PlannedOrNone()


class CosineDecay(Planned):
    """rate = least + (base - least) (1 + cos(pi t)) / 2, t from 0 to 1; Loshchilov & Hutter (2017).

    Equation 5, without restarts.
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

    Both along a cosine, with torch's numbers; Smith & Topin (2018).
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
        falling = total - 1 - peak  # steps, none if all of them rise
        done = min((progress.step - peak) / falling, 1.0) if falling else progress.step > peak
        return _along_cosine(base, last, done)


class CosLog(Planned):
    """rate = base (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2, t from 0 to 1.

    Cycles from 0 up to base and down to 0 again, each about twice as long as the one before.
    Holzmüller et al. (2024), RealMLP, with its four cycles as the default.
    """

    valid = {**Planned.valid, "cycles": Range(1, 64, "both", whole=True)}

    def __init__(self, total_steps: int | None = None, cycles: int = 4) -> None:
        super().__init__(total_steps)
        self.cycles = cycles

    def rate(self, progress, base):
        cycle = math.log2(1 + (2**self.cycles - 1) * self._done(progress))
        return base * (0.5 * (1 - math.cos(2 * math.pi * cycle)))


class FlatCosine(Planned):
    """rate = base for the first steps, a fraction ``flat`` of all, then down to 0 along a cosine.

    rate = base (1 + cos(pi (t - flat) / (1 - flat))) / 2 there, t from 0 to 1; Holzmüller et al.
    (2024) lower dropout and weight decay so, with ``flat=0.5``.
    """

    valid = {**Planned.valid, "flat": Range(0, 1, "left")}

    def __init__(self, total_steps: int | None = None, flat: float = 0.5) -> None:
        super().__init__(total_steps)
        self.flat = flat

    def rate(self, progress, base):
        falling = max(self._done(progress) - self.flat, 0.0) / (1 - self.flat)
        return base * (0.5 * (1 + math.cos(math.pi * falling)))


class Warmup(Schedule):
    """Another schedule's rate, times (step + 1) / steps in the first ``steps`` steps."""

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
    """base^exponent, of a positive base; infinite where it overflows."""
    try:
        return power(base, exponent)
    except OverflowError:
        return math.inf


def _along_cosine(start, end, share):
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))
