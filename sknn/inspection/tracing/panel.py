"""A trace in a notebook: a table of the layers, and each section of its page."""

import numpy as np

from sknn.estimators.panel.markup import more, note, panel, table, title
from sknn.inspection.tracing.pages import page_notes, page_title, sections

HEADS = ["Layer", "Kind", "Input", "Output", "rms of a", "rms of delta", "norm of gradient"]
N_TEXTS = 4


def trace_panel(trace):
    """A Trace as HTML. The sizes of activations and error terms show where signals vanish."""
    drawn = table(HEADS, [_cells(own) for own in trace.layers], n_texts=N_TEXTS)
    loss = f"loss = {trace.loss:.6g}, norm of the whole gradient = {trace.gradient_norm:.6g}"
    parts = [more(name, "\n".join(lines).strip("\n")) for name, lines in sections(trace).items()]
    notes = map(note, [loss, *page_notes(trace)])
    return panel("".join([title(page_title(trace)), drawn, *notes, *parts]))


def _cells(own):
    """The row of the table for a LayerTrace."""
    grads = [np.linalg.norm(grad) for grad in own.grads.values()]
    return [
        " ".join(own.name.split()),
        own.description,
        _shape(own.x),
        _shape(own.a),
        f"{_rms(own.a):.3g}",
        f"{_rms(own.delta):.3g}",
        f"{np.linalg.norm(grads):.3g}" if grads else "",
    ]


def _shape(array):
    return " \N{MULTIPLICATION SIGN} ".join(map(str, array.shape))


def _rms(array):
    return np.sqrt(np.mean(np.square(array)))
