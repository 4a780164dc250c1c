"""Predictions for each row by members that did not train on it."""

import numpy as np


def out_of_fold(predictions, held_out, n_rows):
    """(the mean of the predictions for each row, which rows have any).

    predictions: for each member an array (rows of its fold, ...)    held_out: the numbers of these
    rows
    """
    total = np.zeros((n_rows, *predictions[0].shape[1:]))
    counts = np.zeros(n_rows)
    for predicted, at in zip(predictions, held_out, strict=True):
        total[at] += predicted
        counts[at] += 1
    seen = counts > 0
    shape = (-1,) + (1,) * (total.ndim - 1)
    return total[seen] / counts[seen].reshape(shape), seen


def scattered(values, kept, seen):
    """Values in the places of their rows among all rows that were passed; nan for other rows.

    kept: (rows given,) of bool    seen: (kept rows,) of bool, those with a value
    """
    found = np.full((len(kept), *values.shape[1:]), np.nan)
    found[np.flatnonzero(kept)[seen]] = values
    return found
