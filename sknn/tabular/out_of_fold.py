"""Predictions for each row by the members that did not train on it."""

import numpy as np


def out_of_fold(predictions, held_out, n_rows):
    """(the mean of the predictions that each row has, which rows have any).

    predictions: [(rows of a fold, ...)] of the members    held_out: the numbers of these rows
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
    """Values in the places that their rows have among all, nan for the others.

    kept: (rows given,) of bool    seen: (kept rows,) of bool, those that have a value
    """
    found = np.full((len(kept), *values.shape[1:]), np.nan)
    found[np.flatnonzero(kept)[seen]] = values
    return found
