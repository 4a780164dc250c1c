"""Learning-rate schedules: the rate as a function of how far training has come."""

from dataclasses import dataclass


@dataclass
class Progress:
    """How far training has come since its optimiser was new.

    Attributes
    ----------
    step, epoch : int
        Steps and whole epochs done.
    samples : int
        Samples seen since the first fit; unlike the others it goes on under warm_start.
    plateaus : int, or array of one per model
        How often patience ran out and the schedule chose to go on.
    stalled : int, or array of one per model
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


class Schedule:
    """rate(progress, base): the learning rate of the next step. Subclass it for your own.

    ``slows``: it lowers the rate when patience runs out, see ``ends``.
    """

    slows = False

    def rate(self, progress, base):
        raise NotImplementedError

    def ends(self, progress, base):
        """Whether training stops when patience has run out, rather than go on more slowly."""
        return True


class Constant(Schedule):
    """rate = base."""

    def rate(self, progress, base):
        return base


class InvScaling(Schedule):
    """rate = base / (samples + 1)^power, changed after each epoch; the first epoch has base."""

    def __init__(self, power=0.5):
        self.power = power

    def rate(self, progress, base):
        if progress.epoch == 0:
            return base
        return base / (progress.samples + 1) ** self.power


class Adaptive(Schedule):
    """Divides the rate by five whenever patience runs out, until it is 1e-6 or less."""

    slows = True

    def rate(self, progress, base):
        return base / 5.0**progress.plateaus

    def ends(self, progress, base):
        return self.rate(progress, base) <= 1e-6
