"""Reads and checks what users pass: X becomes a Table with its columns in the order of ``fit``."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import validate_data

from sknn.estimators.inputs import SAME_SHAPE, checked_total, refuse_ragged
from sknn.estimators.reading import one_weight_each
from sknn.nn.ranges import shown
from sknn.tabular.frames import read_array, read_frame


def read_table(estimator, X, reset):
    """X as a Table, with its columns in the order of the fit.

    reset: whether this is the fit, which sets the names and the number of columns
    """
    name = type(estimator).__name__
    table = read_frame(X)
    if table is None:
        X = _checked_array(X, name)
        validate_data(estimator, X, skip_check_array=True, reset=reset)
        return read_array(X)
    if table.shape[0] == 0 or table.shape[1] == 0:
        what = "sample" if table.shape[1] else "feature"
        raise ValueError(
            f"Found array with 0 {what}(s) (shape={table.shape}) while a minimum of 1 is "
            f"required by {name}."
        )
    known = None if reset else getattr(estimator, "feature_names_in_", None)
    if known is not None and set(known) == set(table.names):
        return table.in_order(list(known))
    validate_data(estimator, X, skip_check_array=True, reset=reset)
    return table


def weights_for(table, y, sample_weight, name):
    """One weight for each row in float64, or None. Raises ValueError if they are not valid.

    name: the name of the weights in messages
    """
    check_consistent_length(np.empty(table.shape[0]), y)
    if sample_weight is None:
        return None
    weight = one_weight_each(sample_weight, np.empty((len(y), 1)), np.float64, True)
    checked_total(name, weight)
    return weight


def categories(asked, table):
    """Which columns are categories, (n_columns,) of bool; asked: ``categorical_features``."""
    n, given = table.shape[1], asked
    if isinstance(asked, str) and asked == "from_dtype":
        return table.is_category
    asked = _as_vector([] if asked is None else asked, n)
    if asked.dtype.kind == "b":
        if asked.shape != (n,):
            raise ValueError(
                f"categorical_features as a mask must have an entry for each of the {n} "
                f"columns, got the shape {asked.shape}."
            )
        return asked.copy()
    if asked.dtype.kind in "OUS" and asked.size:
        names = [] if table.names is None else table.names
        unknown = [name for name in asked.tolist() if name not in names]
        if unknown:
            raise ValueError(
                f"categorical_features must name columns of X, got {unknown!r}. The columns are "
                f"{names!r}. The columns of an array have no names: pass their numbers."
            )
        at = [names.index(name) for name in asked.tolist()]
    elif asked.dtype.kind in "iu" or not asked.size:
        at = asked.astype(int)
        if at.size and (at.min() < 0 or at.max() >= n):
            raise ValueError(
                f"categorical_features must be numbers of columns from 0 to {n - 1}, got "
                f"{asked.tolist()!r}."
            )
    else:
        raise ValueError(
            "categorical_features must be 'from_dtype', None, a mask, or numbers or names of "
            f"columns, got {given!r}."
        )
    found = np.zeros(n, bool)
    found[at] = True
    return found


def _checked_array(X, name):
    """X as a two-dimensional array of any dtype, or a sparse matrix in CSR format."""
    refuse_ragged("X", X, SAME_SHAPE, exact=False)
    if isinstance(X, np.ma.MaskedArray):
        X = X.astype(float).filled(np.nan) if X.dtype.kind in "biuf" else X.filled(None)
    if not issparse(X) and not isinstance(X, np.ndarray) and not hasattr(X, "__array__"):
        kind = np.asarray(X).dtype.kind if hasattr(X, "__len__") else "O"
        X = np.asarray(X, dtype=object if kind in "USOT" else None)
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":
        X = X.astype(object)
    return check_array(
        X, accept_sparse="csr", dtype=None, ensure_all_finite=False, estimator=name, input_name="X"
    )


def _as_vector(asked, n):
    """The entries of categorical_features, at most ``n``, as a one-dimensional array."""
    refused = ValueError(
        "categorical_features must be 'from_dtype', None, a mask, or numbers or names of the "
        f"{n} columns, each at most once, got {shown(asked)}."
    )
    if not isinstance(asked, np.ndarray) and hasattr(asked, "__len__") and len(asked) > n:
        raise refused
    try:
        found = np.asarray(asked)
    except ValueError:  # lists of different lengths, or endlessly nested ones
        raise refused from None
    if found.ndim != 1:
        raise refused
    return found
