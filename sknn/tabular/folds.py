"""Which rows each member of an ensemble trains on, and which it is validated on."""

import numpy as np

LEAST = 5  # folds: with fewer, a member would train on too few rows


def dealt_folds(y, n_members, random_state):
    """Splits [(train, held_out)] of which every fold has its share of each class or size of y.

    The rows are shuffled, sorted by y and dealt out like cards. Fewer than four rows are not
    split: [].

    y: (n,) of numbers, or numbers of classes    returns: at most n_members splits
    """
    n = len(y)
    n_folds = min(max(n_members, LEAST), n // 2)
    if n_folds < 2:
        return []
    shuffled = random_state.permutation(n)
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    fold = np.empty(n, int)
    fold[order] = np.arange(n) % n_folds
    held_out = (fold == number for number in range(min(n_members, n_folds)))
    return [(np.flatnonzero(~rows), np.flatnonzero(rows)) for rows in held_out]
