"""Where a fit runs: at once, or in a room in which several fits wait for each other."""

from contextvars import ContextVar

from sknn.nn.fit import run

ROOM = ContextVar("room", default=None)  # run(fit, watch) -> Result, for the task under way here


def run_here(fit, watch):
    """The Result of a Fit; in a room it may be trained together with others."""
    room = ROOM.get()
    return run(fit, watch) if room is None else room.run(fit, watch)
