"""Runs a fit immediately, or in a room where several fits wait for each other."""

import sys
from contextvars import ContextVar

from sknn.nn.fit import run

ROOM = ContextVar("room", default=None)  # room.run(fit, watch) -> Result, for the current task


def run_here(fit, watch):
    """Returns the Result of a Fit. In a room it can be trained together with other fits.

    A user who called ``fit`` gets the result of an interrupted fit. In a search or an ensemble that
    runs fits through joblib, it would be mistaken for a complete fit, so the interrupt is raised.
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
