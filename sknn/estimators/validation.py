"""Selects the held-out samples and the score on them."""

from itertools import islice

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv, train_test_split

from sknn.estimators.scales import warn_of_other_scale
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut
from sknn.nn.ranges import plain, shown
from sknn.scikit_learn import safe_indexing
from sknn.warning import TrainingWarning, warn

NAMES = ("X_val", "y_val", "sample_weight_val")  # the arguments of fit for validation data


def hold_out(estimator, model, data, given, groups, random_state, kept=None):
    """Returns (numbers of the rows to train on, HeldOut).

    The numbers are None if all rows are trained on, HeldOut is None if there are no held-out
    samples.
    given: (X_val, y_val, sample_weight_val)    kept: {name: row numbers} of the split in the fit
    that this one resumes
    """
    X_val, y_val, weight_val = given
    if groups is not None and (X_val is not None or not estimator.early_stopping):
        raise ValueError(
            "groups are only used to hold out samples. Pass them with early_stopping=True, a "
            "splitter as validation_fraction, and without X_val."
        )
    if X_val is not None:
        return None, _given(estimator, model, data, given)
    if y_val is not None or weight_val is not None:
        raise ValueError("y_val and sample_weight_val require X_val, which was not passed.")
    if not estimator.early_stopping or estimator.solver == "lbfgs":
        return None, None
    if kept:
        training, at = kept["training"], kept["validation"]
        numbers, n = np.concatenate((training, at)), len(data.rows)
        if numbers.max() >= n or len(np.unique(training)) < len(training):
            raise ValueError(
                f"The row numbers in the checkpoint must be distinct and below {n}, the number of "
                "samples. Call fit to start from scratch."
            )
    else:
        training, at = _split(estimator, data.rows, data.labels, groups, random_state)
    weight = None if data.sample_weight is None else data.sample_weight[at]
    y, labels = data.rows.targets(at), safe_indexing(data.labels, at)
    return training, HeldOut(data.rows.x, at, y, labels, weight, _scoring(estimator))


def _given(estimator, model, data, given):
    """Returns the HeldOut of the user's data. Raises ValueError if it does not match X and y."""
    X_val, y_val, weight_val = given
    if y_val is None:
        raise ValueError("X_val was passed without y_val. Pass both or neither.")
    held = estimator._read(X_val, y_val, weight_val, model=model, some=True, validates=True)
    y = held.rows.targets()
    wanted = data.rows.targets(slice(0, 1)).shape[1]
    if y.shape[1] != wanted:
        raise ValueError(f"y_val must have {wanted} columns like y, got {y.shape[1]}.")
    if isinstance(data.rows, Rows) and isinstance(held.rows, Rows):  # others would be read twice
        warn_of_other_scale(data.rows.samples, held.rows.samples)
    scoring = _scoring(estimator)
    return HeldOut(held.X, None, y, held.labels, held.sample_weight, scoring)


def _scoring(estimator):
    """Returns the function that scores raw outputs. ``user_score`` is for scorers of the user."""
    return None if estimator.scoring == "loss" else estimator._score_of_outputs()


def user_score(estimator, held_out):
    """Returns () -> the score of the user's scorer, which calls predict, or None without a scorer.

    The held-out samples are copied once.
    """
    if held_out is None or estimator.scoring in (None, "loss"):
        return None
    scorer = check_scoring(estimator, estimator.scoring)
    x = held_out.x if held_out.at is None else safe_indexing(held_out.x, held_out.at)
    weights = {} if held_out.weight is None else {"sample_weight": held_out.weight}
    return lambda: float(scorer(estimator, x, held_out.labels, **weights))


def given_data(held_out):
    """Returns the user's validation data, {argument of fit: array, or None if not passed}."""
    given = held_out is not None and held_out.at is None
    parts = (held_out.x, held_out.labels, held_out.weight) if given else (None,) * 3
    return dict(zip(NAMES, parts, strict=True))


def _split(estimator, rows, labels, groups, random_state):
    """Returns (training, validation): the numbers of the rows to train and to validate on."""
    fraction = estimator.validation_fraction
    everything = np.arange(len(rows))
    if isinstance(fraction, tuple):
        training, validation = _given_numbers(fraction, len(rows))
    elif hasattr(fraction, "split"):
        splits = check_cv(fraction).split(everything, labels, groups)
        training, validation = _chosen(splits, len(rows))
        if len(training) == 0:
            raise ValueError(f"validation_fraction={fraction!r} leaves no samples for training.")
    elif groups is not None:
        raise ValueError(
            "groups are only used by a splitter passed as validation_fraction, got "
            f"validation_fraction={fraction!r}. Pass a splitter, for instance "
            "GroupShuffleSplit(n_splits=1, test_size=0.1)."
        )
    else:
        if plain(fraction) in (0, False):
            raise ValueError(
                f"validation_fraction must be above 0 with early_stopping=True, got {fraction!r}. "
                "Set it to 0.1, or pass X_val and y_val to fit."
            )
        training, validation = train_test_split(
            everything,
            random_state=random_state,
            test_size=plain(fraction),
            stratify=estimator._strata(rows.y),
        )
    if len(validation) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' "
            "or the size of your dataset."
        )
    if rows.weight is not None and not rows.weight[validation].any():
        raise ValueError(
            "All samples drawn for the validation set have weight zero. Increase "
            "'validation_fraction', or leave out samples with weight zero."
        )
    left_out = len(rows) - len(training) - len(validation)
    if left_out > len(rows) / 2:
        warn(
            f"validation_fraction={shown(fraction)} trains on {len(training)} and validates on "
            f"{len(validation)} of {len(rows)} samples, which leaves more than half of them out. "
            "Use a splitter that leaves out fewer samples. For instance, "
            "sknn.model_selection.NewestSplit(0.2) holds out the newest fifth of the rows and "
            "trains on all others.",
            TrainingWarning,
        )
    return training, validation


def rows_of_split(name, split, n):
    """Returns (training, validation) of a split as row numbers. Raises ValueError if invalid."""
    try:
        parts = [_row_numbers(np.asarray(part), n) for part in islice(split, 3)]
    except (TypeError, ValueError):  # not a sequence, or lists of different lengths
        parts = []
    if len(parts) != 2 or any(part is None for part in parts):
        raise ValueError(
            f"{name} must yield pairs (training, validation) of one-dimensional arrays, which are "
            f"row numbers from 0 to {n - 1} or masks, got {shown(split)}."
        )
    return parts


def _row_numbers(part, n):
    """Returns the row numbers for row numbers or a mask, and None for anything else."""
    if part.shape == (0,):
        return part.astype(int)
    if part.dtype == bool and part.shape == (n,):
        return np.flatnonzero(part)
    if part.ndim == 1 and part.dtype.kind in "iu" and part.min() >= 0 and part.max() < n:
        return part
    return None


def _chosen(splits, n):
    """Returns the last split if all splits train on earlier rows than they validate on.

    Otherwise it is the first split. The first split of a splitter in time would train on the
    oldest rows only.
    """
    splits = iter(splits)
    first = rows_of_split("validation_fraction", next(splits, None), n)
    if not _is_in_time(first):
        return first
    others = [rows_of_split("validation_fraction", split, n) for split in splits]
    return others[-1] if others and all(map(_is_in_time, others)) else first


def _is_in_time(split):
    training, validation = split
    return len(training) > 0 and len(validation) > 0 and training.max() < validation.min()


def _given_numbers(pair, n):
    """Returns (training, validation) from the user's tuple. Raises ValueError on invalid rows."""
    wanted = (
        "validation_fraction as a tuple must contain two arrays, the indices of the training rows "
        f"and of the validation rows, which must be distinct and from 0 to {n - 1}"
    )
    try:
        arrays = [np.asarray(part) for part in pair]
    except ValueError:  # ragged
        arrays = []
    if len(arrays) != 2 or any(
        a.ndim != 1 or a.dtype.kind not in "iu" or not len(a) for a in arrays
    ):
        raise ValueError(f"{wanted}, got {shown(pair)}.")
    both = np.concatenate(arrays)
    if both.min() < 0 or both.max() >= n:
        raise ValueError(f"{wanted}, got numbers from {both.min()} to {both.max()}.")
    if len(np.unique(both)) < len(both):
        raise ValueError(f"{wanted}, got some rows more than once.")
    return tuple(arrays)
