"""Tables with text and missing values, which only the tabular estimators can read."""

from contextlib import contextmanager

import numpy as np

from sknn.estimators.inputs import is_missing, without_frames

SHOWN = 5  # maximum number of columns in a message
TEXT, MISSING = "could not convert string", ("contains NaN", "NAType")  # in scikit-learn's errors


@contextmanager
def told_of_tables(X, tabular):
    """Adds the names of the columns and a remedy to errors about text and missing values.

    tabular: name of the estimator that accepts them; None for networks that only accept images
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        said = str(error)
        if tabular is None or not any(words in said for words in (TEXT, *MISSING)):
            raise
        first, *_ = said.split(" For supervised learning")
        if TEXT in said:
            what, columns = "text", _columns(X, _holds_text)
            remedy = "encode them, for instance with OneHotEncoder"
        else:
            what, columns = "missing values", _columns(X, _lacks_values)
            remedy = "fill them, for instance with SimpleImputer"
        if not columns:  # the error is about y, or X is not a table
            raise
        raise ValueError(
            f"{first}\nColumns of X with {what}: {_listed(columns)}. Use {tabular}, which accepts "
            f"these columns, or {remedy} in a pipeline."
        ) from without_frames(error)


def _columns(X, holds):
    """Returns the names, or else the numbers, of the columns for which ``holds`` is true."""
    if hasattr(X, "columns"):
        return [name for name in X.columns if holds(np.asarray(X[name]))]
    X = np.asarray(X)  # of a sparse one, an object without axes
    return [j for j in range(X.shape[1]) if holds(X[:, j])] if X.ndim == 2 else []


def _holds_text(column):
    if column.dtype.kind == "U":
        column = column.astype(object)
    return column.dtype.kind == "O" and any(
        isinstance(value, str) and not _is_number(value) for value in column
    )


def _lacks_values(column):
    if column.dtype.kind == "f":
        return bool(np.isnan(column).any())
    return column.dtype.kind == "O" and any(map(is_missing, column))


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listed(columns):
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    return ", ".join(map(repr, columns[:SHOWN])) + more
