"""The rows on which each member of an ensemble trains and is validated."""

from numbers import Integral

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold, check_cv

from sknn.estimators.validation import rows_of_split

NAMES = "training", "validation"  # of the two parts of a split in a Checkpoint
LEAST = 5  # minimum number of folds: with fewer, members would train on too few rows


def dealt_folds(y, n_members, random_state):
    """Splits [(train, held_out)] whose folds have their share of each class or size of y.

    The rows are shuffled, sorted by y and dealt out like cards. Fewer than four rows are not
    split; the result is then [].

    y: (n,) of targets or class numbers    returns: at most n_members splits
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


def asked_folds(cv, y, groups, kept, n_members, classes):
    """Splits [(train, held_out)] of a splitter, or splits that do not divide groups.

    Members take the splits in turn. Splits with an empty side are left out.

    cv: as for scikit-learn, or None with ``groups``    y: (n,)    groups: (rows given,) or None
    kept: (rows given,) of bool, which of these are the rows of y; the splitter splits all of them
    classes: whether y holds class numbers
    """
    folds = cv
    if cv is None:
        n_groups = len(np.unique(np.asarray(groups)[kept]))
        n_folds = min(max(n_members, LEAST), n_groups)
        if n_folds < 2:
            raise ValueError("groups must hold at least two groups, got a single one.")
        folds = StratifiedGroupKFold(n_folds) if classes else GroupKFold(n_folds)
    place, of_all = np.cumsum(kept) - 1, np.zeros(len(kept), y.dtype)
    of_all[kept] = y
    splits = folds if np.iterable(folds) else [folds]
    if isinstance(folds, Integral) or hasattr(folds, "get_n_splits"):
        splitter = check_cv(folds, y, classifier=classes)
        splits = splitter.split(np.empty((len(kept), 1)), of_all, groups)
    found = []
    for split in splits:
        parts = [place[at][kept[at]] for at in rows_of_split("cv", split, len(kept))]
        if all(map(len, parts)):
            found.append(parts)
        if len(found) == n_members:
            break
    if not found:
        raise ValueError(f"cv must give at least one split, got none of {cv!r}.")
    return [found[number % len(found)] for number in range(n_members)]


def stored_folds(splits):
    """Splits as they are stored in ``Checkpoint.rows``: a row for each member, filled up with -1.

    splits: [(train, held_out)], or [None] * n_members, for which nothing is stored
    """
    if splits[0] is None:
        return {}
    return dict(zip(NAMES, map(_filled_up, zip(*splits, strict=True)), strict=True))


def restored_folds(rows, n_rows):
    """The splits that were passed to ``stored_folds``, or None if nothing was stored.

    Raises ValueError if they are not splits of so many rows.
    """
    if not rows:
        return None
    if any(own.ndim != 2 or own.max() >= n_rows for own in rows.values()):
        raise ValueError(
            f"The rows of the checkpoint must be numbers below {n_rows} for each member, as there "
            f"are {n_rows} samples. Call fit to start anew."
        )
    return list(zip(*([own[own >= 0] for own in rows[name]] for name in NAMES), strict=True))


def _filled_up(parts):
    """Arrays of row numbers as the rows of one array, filled up with -1."""
    filled = np.full((len(parts), max(map(len, parts))), -1)
    for own, part in zip(filled, parts, strict=True):
        own[: len(part)] = part
    return filled
