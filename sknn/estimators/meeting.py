"""Where a fit runs: at once, or in a room in which several fits wait for each other."""

import sys
from contextvars import ContextVar

from sknn.nn.fit import run

ROOM = ContextVar("room", default=None)  # run(fit, watch) -> Result, for the task under way here


def run_here(fit, watch):
    """The Result of a Fit; in a room it may be trained together with others.

    An interrupted fit is a result for a user who called ``fit``. Among the fits that joblib runs
    for a search or an ensemble it would pass for a complete one: there the interrupt is raised.
    """
    room = ROOM.get()
    result = run(fit, watch) if room is None else room.run(fit, watch)
    if result.reason == "interrupted" and _is_run_by_joblib():
        raise KeyboardInterrupt
    return result


def _is_run_by_joblib():
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") != "joblib.parallel":
        frame = frame.f_back
    return frame is not None
