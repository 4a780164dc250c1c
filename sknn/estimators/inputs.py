"""What scikit-learn's validation lets pass, or stumbles over, but no network can work with."""

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
    DATES: "Make them numbers, such as days since a first date.",
    STRINGS: "Pass them as an array of objects, or encode them.",
}
SEQUENCES = (list, tuple, range)
NESTED = (*SEQUENCES, np.ndarray)
SAME_SHAPE = "Pad or cut the rows to one shape, or leave out those that differ."
SAME_LABELS = (
    "Give every sample the same number of labels; sets of labels are encoded by "
    "sklearn.preprocessing.MultiLabelBinarizer."
)


def refuse_no_numbers(**arrays):
    """Raises ValueError, by name, on dates, StringDType, masked entries and ragged lists.

    Dates would be taken as nanoseconds, and the numbers under a mask as if there were none.
    """
    for name, array in arrays.items():
        found = _kind(array)
        if found:
            raise ValueError(f"{name} must hold numbers, got {found}. {REMEDIES[found]}")
        _refuse_masked(name, array)
        _refuse_ragged(name, array, SAME_SHAPE, exact=name != "X")


def refuse_no_labels(y, classes=None):
    """Raises ValueError, by name, on StringDType, masked entries, missing labels and a ragged y.

    ``classes`` may be ragged: columns of labels differ in their number of classes.
    """
    _refuse_ragged("y", y, SAME_LABELS, exact=True)
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
    """An error that a context manager puts another in place of: the two would be a cycle.

    The frame of the manager is among its frames, and that holds the error. Data and estimator, in
    the same frames, would not be freed.
    """
    return error.with_traceback(None)


@contextmanager
def told_of_images(X, network):
    """Adds to the error about an array of more than two dimensions what to do with images.

    network: name of the estimator that takes them
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
    """Puts the name of an argument before errors about what it holds that do not say it."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        if name in str(error) and not isinstance(error, OverflowError):
            raise
        raise ValueError(f"{name} must be {wanted}: {error}") from without_frames(error)


@contextmanager
def told_of_rows(X, y=None):
    """Names the row of X that NumPy cannot make into numbers, and the array with too large ones.

    ``refuse_no_numbers`` does not look at each number in X, which would take long.
    """
    try:
        yield
    except OverflowError as error:
        name = "X" if y is None or _has_too_large(X) else "y"
        said = f"{name} must hold numbers that a float can hold. {LARGEST}"
        raise ValueError(said) from without_frames(error)
    except ValueError as error:
        if "sequence" in str(error):  # NumPy's: setting an array element with a sequence
            _refuse_ragged("X", X, SAME_SHAPE, exact=True)
        raise


def checked_total(name, weights):
    """The weights. Raises ValueError if their sum is nothing to divide by."""
    with np.errstate(over="ignore"):
        total, least = weights.sum(), np.finfo(weights.dtype).tiny
    if not least <= total < np.inf:
        raise ValueError(
            f"{name} must be finite and add up to a number from {least:.2g} to "
            f"{np.finfo(weights.dtype).max:.2g}, got the sum {total:g}. Divide it by its mean."
        )
    return weights


def for_chunks(X, dtype):
    """Validated X for a model that converts it chunk by chunk to the dtype.

    Raises ValueError on numbers too large for that.
    """
    numbers = X.data if issparse(X) else X
    if numbers.dtype.kind not in "biuf":  # objects: their conversion may fail, and is told by name
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
    """Raises ValueError if what a network makes of X, a row for each sample, is not finite."""
    if sums_up(outputs) or np.isfinite(outputs).all():
        return
    rows = outputs.reshape(len(outputs), -1)
    first = int(np.isfinite(rows).all(axis=1).argmin())
    raise ValueError(
        f"What the network makes of X is not finite, first for sample {first}. Scale X as it was "
        "scaled for fit; if it was, the weights are too large: fit with scaled data, or a lower "
        "learning_rate_init."
    )


def _has_too_large(array):
    try:
        np.asarray(array, dtype=float)
    except OverflowError:
        return True
    return False


def is_collection(array):
    """Whether it is an array or a frame of Dask, which is not imported for that."""
    module = type(array).__module__
    return module.startswith(("dask.array.", "dask.dataframe.", "dask_expr."))


def in_memory_class(estimator):
    """The class of ``sknn.estimators`` that an estimator is, or is derived from."""
    mro = type(estimator).__mro__
    return next(cls for cls in mro if cls.__module__.startswith("sknn.estimators."))


def warn_of_collections(estimator, X):
    """Warns that a Dask collection is loaded as a whole, and names the estimator that does not."""
    if is_collection(X):
        own = in_memory_class(estimator).__name__
        warn(
            f"X is a Dask collection, which {own} loads into memory as a whole. Use sknn.dask."
            f"Dask{own}, which reads it block by block, or pass X.compute()."
        )


def sums_up(X):
    """Whether the sum of X is finite: then X is; else it may be."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.isfinite(X.sum())


def _refuse_masked(name, array):
    if np.ma.is_masked(array):
        raise ValueError(
            f"{name} has {np.ma.count_masked(array)} masked entries. Fill them, for instance with "
            "SimpleImputer on array.filled(numpy.nan), or leave those samples out."
        )


def _refuse_ragged(name, rows, remedy, exact):
    """Raises ValueError on lists whose rows differ in shape, which NumPy calls inhomogeneous."""
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
        raise ValueError(f"{name} must have rows of one shape, got {got}. {remedy}")


def _shape(row, exact):
    """The shape of a number, an array or nested lists; None if ragged.

    A list that begins with a number is taken as one of numbers, unless ``exact``: to look at each
    would take longer than NumPy takes to convert them.
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
    """Whether it is an array, a series or a frame, and not of a dtype without missing values."""
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
    """The one of KINDS that an array, a series or a column of a frame holds, or None."""
    dtypes = getattr(array, "dtypes", None)
    for dtype in [getattr(array, "dtype", None)] if dtypes is None else np.atleast_1d(dtypes):
        if getattr(dtype, "kind", None) in KINDS:
            return KINDS[dtype.kind]
        is_temporal = getattr(dtype, "is_temporal", None)  # as polars has it
        if is_temporal is not None and is_temporal():
            return DATES
    return None
