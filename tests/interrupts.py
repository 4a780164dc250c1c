"""Interrupts, as by Ctrl-C, at chosen lines."""

import linecache
import sys


class InterruptAt:
    """Raises KeyboardInterrupt before the n-th line that is run in some functions.

    Attributes
    ----------
    line : (str, int) or None
        File and number of the line at which it was raised.
    """

    def __init__(self, n, chosen):
        """chosen: code object -> whether its lines count"""
        self.left, self.chosen = n, chosen
        self.line = None

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.on_call)
        return self

    def __exit__(self, *error):
        sys.settrace(self.before)

    def on_call(self, frame, event, argument):
        return self.on_line if self.chosen(frame.f_code) else None

    def on_line(self, frame, event, argument):
        if event == "line" and self.line is None and self.counts(frame):
            self.left -= 1
            if self.left < 0:
                self.line = frame.f_code.co_filename, frame.f_lineno
                raise KeyboardInterrupt
        return self.on_line

    def counts(self, frame):
        """Whether Python lets signals in here, which at ``try`` it does not."""
        return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip() != "try:"


class InterruptAtNew(InterruptAt):
    """At the first line that is not in ``known``, a set to which it is added."""

    def __init__(self, known, chosen):
        super().__init__(0, chosen)
        self.known = known

    def counts(self, frame):
        place = frame.f_code.co_filename, frame.f_lineno
        new = super().counts(frame) and place not in self.known
        self.known.add(place)
        return new
