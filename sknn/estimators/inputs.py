"""Rejects inputs that no network can use, but that scikit-learn accepts or explains poorly."""

from contextlib import contextmanager
from functools import partial
from math import isnan
from numbers import Real

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.utils import assert_all_finite, check_array

from sknn.nn.model import ONE_PASS
from sknn.nn.ranges import LARGEST
from sknn.warning import warn

DATES, STRINGS = "dates or time spans", "strings of NumPy's StringDType"
KINDS = {"M": DATES, "m": DATES, "T": STRINGS}
REMEDIES = {
    DATES: "Convert them to numbers, such as days since a first date.",
    STRINGS: "Pass them as an array of objects, or encode them.",
}
SEQUENCES = (list, tuple, range)
NESTED = (*SEQUENCES, np.ndarray)
SAME_SHAPE = "Pad or cut the rows to the same shape, or leave out the rows that differ."
SAME_LABELS = (
    "Pass the same number of labels for every sample, or encode sets of labels with "
    "sklearn.preprocessing.MultiLabelBinarizer."
)


def refuse_no_numbers(**arrays):
    """Raises ValueError, with the array's name, on dates, StringDType, masks and ragged lists.

    Without this check, dates would be converted to nanoseconds, and masks would be ignored.
    """
    for name, array in arrays.items():
        found = _kind(array)
        if found:
            raise ValueError(f"{name} must hold numbers, got {found}. {REMEDIES[found]}")
        _refuse_masked(name, array)
        refuse_ragged(name, array, SAME_SHAPE, exact=name != "X")


def refuse_no_labels(y, classes=None):
    """Raises ValueError, with the array's name, on StringDType, masks, missing labels, ragged y.

    ``classes`` can be ragged, because columns of labels can differ in their number of classes.
    """
    refuse_ragged("y", y, SAME_LABELS, exact=True)
    for name, array in (("y", y), ("classes", classes)):
        found = _kind(array)
        if found == STRINGS:
            raise ValueError(f"{name} must hold labels, got {found}. {REMEDIES[found]}")
        if found == DATES and np.isnat(np.asarray(array)).any():
            raise ValueError(f"{name} contains NaT. Leave those samples out.")
        if _may_lack_some(array) and any(map(is_missing, np.ravel(array))):
            raise ValueError(f"Input {name} contains NaN, None or NA. Leave those samples out.")
        _refuse_masked(name, array)


def without_frames(error):
    """Returns the error without its traceback, for a context manager that replaces the error.

    The traceback contains the frame of the manager, which in turn holds the error. This reference
    cycle would keep the data and the estimator in those frames from being freed.
    """
    return error.with_traceback(None)


@contextmanager
def told_of_images(X, network):
    """Adds a remedy for images to the error about an array with more than two dimensions.

    network: name of the estimator that accepts images
    """
    try:
        yield
    except ValueError as error:
        n_axes = np.ndim(X) if str(error).startswith("Found array with dim") else 0
        if n_axes <= 2:  # something else is wrong, or y has too many dimensions
            raise
        takes_images = f"{network}, or " if n_axes <= 4 else ""
        raise ValueError(f"{error} Use {takes_images}X.reshape(len(X), -1).") from without_frames(
            error
        )


@contextmanager
def named(name, wanted):
    """Adds the name of an argument to errors about its values that do not mention the name."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        if name in str(error) and not isinstance(error, OverflowError):
            raise
        raise ValueError(f"{name} must be {wanted}: {error}") from without_frames(error)


@contextmanager
def told_of_rows(X, y=None):
    """Adds the row of X that NumPy cannot convert, or the array with numbers that are too large.

    ``refuse_no_numbers`` does not check every number in X, because that would take too long.
    """
    try:
        yield
    except OverflowError as error:
        name = "X" if y is None or _has_too_large(X) else "y"
        said = f"{name} must hold numbers that fit into a float. {LARGEST}"
        raise ValueError(said) from without_frames(error)
    except ValueError as error:
        if "sequence" in str(error):  # from NumPy: setting an array element with a sequence
            refuse_ragged("X", X, SAME_SHAPE, exact=True)
        raise


def checked_total(name, weights):
    """Returns the weights. Raises ValueError if it is impossible to divide by their sum."""
    with np.errstate(over="ignore"):
        total, least = weights.sum(), np.finfo(weights.dtype).tiny
    if not least <= total < np.inf:
        raise ValueError(
            f"{name} must be finite with a sum from {least:.2g} to "
            f"{np.finfo(weights.dtype).max:.2g}, got the sum {total:g}. Divide it by its mean."
        )
    return weights


def for_chunks(X, dtype):
    """Returns validated X for a model that converts it to the dtype chunk by chunk.

    Raises ValueError if a number is too large for the dtype.
    """
    numbers = X.data if issparse(X) else X
    if numbers.dtype.kind not in "biuf":  # objects, whose conversion can fail
        with told_of_rows(X):
            return check_array(X, accept_sparse="csr", dtype=[dtype], order="C", input_name="X")
    if numbers.size and not np.can_cast(numbers.dtype, dtype):
        with np.errstate(over="ignore"):
            ends = np.array([numbers.min(), numbers.max()]).astype(dtype)
        assert_all_finite(ends, input_name="X")
    memory = min(ONE_PASS, get_config()["working_memory"] * 2**20)
    small = numbers.nbytes <= memory and not issparse(X)
    return np.ascontiguousarray(X) if small else X


def check_finite(outputs):
    """Raises ValueError if the outputs of a network, one row per sample, are not finite."""
    if sums_up(outputs) or np.isfinite(outputs).all():
        return
    rows = outputs.reshape(len(outputs), -1)
    first = int(np.isfinite(rows).all(axis=1).argmin())
    raise ValueError(
        f"The outputs of the network for X must be finite, but those for sample {first} are not. "
        "Scale X in the same way as for fit. If X is scaled, the weights are too large: fit again "
        "with scaled data or a lower learning_rate_init."
    )


def _has_too_large(array):
    try:
        np.asarray(array, dtype=float)
    except OverflowError:
        return True
    return False


def is_collection(array):
    """Whether the input is a Dask array or DataFrame. Dask is not imported for this check."""
    module = type(array).__module__
    return module.startswith(("dask.array.", "dask.dataframe.", "dask_expr."))


def in_memory_class(estimator):
    """Returns the class of ``sknn.estimators`` that an estimator is an instance of."""
    mro = type(estimator).__mro__
    return next(cls for cls in mro if cls.__module__.startswith("sknn.estimators."))


def warn_of_collections(estimator, X):
    """Warns that a Dask collection is loaded as a whole, and names the Dask estimator instead."""
    if is_collection(X):
        own = in_memory_class(estimator).__name__
        warn(
            f"X is a Dask collection, which {own} loads into memory as a whole. Use sknn.dask."
            f"Dask{own}, which reads X block by block, or pass X.compute()."
        )


def sums_up(X):
    """Whether the sum of X is finite, which implies that X is finite, but not vice versa."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(X.sum())


def _refuse_masked(name, array):
    if np.ma.is_masked(array):
        raise ValueError(
            f"{name} has {np.ma.count_masked(array)} masked entries. Fill them, for instance with "
            "SimpleImputer on array.filled(numpy.nan), or leave those samples out."
        )


def refuse_ragged(name, rows, remedy, exact):
    """Raises ValueError if rows differ in shape, which NumPy calls inhomogeneous."""
    shape_of = partial(_shape, exact=exact)
    if isinstance(rows, np.ndarray) and rows.dtype == object and (rows.ndim == 1 or exact):
        rows = rows.tolist()
    if not isinstance(rows, SEQUENCES):
        return
    if not any(issubclass(kind, NESTED) for kind in set(map(type, rows))):  # a list of numbers
        return
    first = shape_of(rows[0])
    for number, row in enumerate(rows):
        shape = shape_of(row)
        if shape is None:
            got = f"row {number}, whose own rows differ in shape"
        elif shape != first:
            got = f"shape {first} for row 0 and {shape} for row {number}"
        else:
            continue
        raise ValueError(f"{name} must have rows of the same shape, got {got}. {remedy}")


def _shape(row, exact):
    """The shape of a number, an array or nested lists, or None if they are ragged.

    A list that begins with a number is assumed to hold only numbers, unless ``exact``. Checking
    every entry would take longer than NumPy takes to convert them.
    """
    if isinstance(row, np.ndarray) and not (exact and row.dtype == object and row.ndim):
        return row.shape
    if not isinstance(row, NESTED):
        return ()
    if not len(row) or not (exact or isinstance(row[0], NESTED)):
        return (len(row),)
    first, *others = set(map(partial(_shape, exact=exact), row))
    return None if others or first is None else (len(row), *first)


def _may_lack_some(array):
    """Whether an array, a series or a DataFrame has a dtype that allows missing values."""
    dtype = getattr(array, "dtype", None)
    if isinstance(dtype, np.dtype):
        return dtype.kind == "O"
    return dtype is not None or hasattr(array, "dtypes")


def is_missing(label):
    """Whether a label or a value is None, nan or NA."""
    if label is None or type(label).__name__ == "NAType":  # pandas' NA, without pandas
        return True
    return isinstance(label, Real) and isnan(label)


def _kind(array):
    """Returns which of KINDS an array, a series or a column of a DataFrame holds, or None."""
    dtypes = getattr(array, "dtypes", None)
    for dtype in [getattr(array, "dtype", None)] if dtypes is None else np.atleast_1d(dtypes):
        if getattr(dtype, "kind", None) in KINDS:
            return KINDS[dtype.kind]
        is_temporal = getattr(dtype, "is_temporal", None)  # in polars
        if is_temporal is not None and is_temporal():
            return DATES
    return None
