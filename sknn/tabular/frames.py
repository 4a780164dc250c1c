"""A raw table, column by column, read from a frame, an array, a list or a sparse matrix."""

from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Real

import numpy as np
from scipy.sparse import issparse

DATES = "Convert them to numbers, such as the days since a first date, the month or the weekday."
OTHERS = "Convert them to numbers, strings or categories, or leave out the column."


@dataclass(frozen=True)
class Column:
    """One column: numbers, or the levels of a category.

    Attributes
    ----------
    told : str
        The name of the column in messages.
    numbers : ndarray of shape (n,), or None
        With nan for missing values; None for a category.
    codes : ndarray of int, shape (n,), or None
        The index of each value in ``levels``, -1 for missing values; None for numbers.
    levels : list
        The distinct values: strings, numbers or bools.
    """

    told: str
    numbers: np.ndarray | None = None
    codes: np.ndarray | None = None
    levels: tuple = ()

    def __len__(self):
        return len(self.codes if self.is_category else self.numbers)

    @property
    def is_category(self):
        return self.codes is not None

    def as_numbers(self):
        """The values as numbers. Raises ValueError if the levels of a category are not numbers."""
        if not self.is_category:
            return self.numbers
        if not all(isinstance(level, Real | np.bool_) for level in self.levels):
            example = next(level for level in self.levels if not isinstance(level, Real | np.bool_))
            raise ValueError(
                f"{self.told} must hold numbers, as it did in fit or as categorical_features says, "
                f"got {example!r}. List the column in categorical_features, or use 'from_dtype'."
            )
        values = np.array([*map(float, self.levels), np.nan])
        return values[self.codes]

    def as_levels(self):
        """(codes, levels); each distinct number is a level."""
        if self.is_category:
            return self.codes, list(self.levels)
        numbers = np.asarray(self.numbers)
        missing = np.isnan(numbers) if numbers.dtype.kind == "f" else np.zeros(len(numbers), bool)
        levels, inverse = np.unique(numbers[~missing], return_inverse=True)
        codes = np.full(len(numbers), -1)
        codes[~missing] = inverse
        return codes, levels.tolist()


class Table:
    """Columns of equal length, with their names.

    Attributes
    ----------
    shape : tuple of int
        Number of rows and columns.
    names : list or None
        The names of the columns of a frame; None for arrays.
    """

    def __init__(self, columns, n_rows, names=None, matrix=None):
        self._columns, self.names, self.matrix = columns, names, matrix
        self.shape = n_rows, (len(columns) if matrix is None else matrix.shape[1])
        self._by_column = None

    def told(self, j):
        """The name of a column in messages."""
        return f"Column {j}" if self.names is None else f"Column {self.names[j]!r}"

    def column(self, j):
        """The Column with number j."""
        if self.matrix is None:
            return self._columns[j]
        if issparse(self.matrix):
            return Column(self.told(j), numbers=self._dense_column(j))
        return Column(self.told(j), numbers=self.matrix[:, j])

    def _dense_column(self, j):
        """A column of a sparse matrix, which is converted to columns on the first call."""
        if self._by_column is None:
            self._by_column = self.matrix.tocsc()
            self._by_column.sum_duplicates()
        stored = self._by_column
        own = slice(*stored.indptr[j : j + 2])
        numbers = np.zeros(self.shape[0], stored.dtype)
        numbers[stored.indices[own]] = stored.data[own]
        return numbers

    @property
    def is_category(self):
        """Which columns are categories according to their dtype, (n_columns,) of bool."""
        if self.matrix is not None:
            return np.zeros(self.shape[1], bool)
        return np.array([column.is_category for column in self._columns], bool)

    def numbers(self, at, rows):
        """The numbers in some rows and columns, float64 (rows, columns); nan for missing ones.

        at: list of int    rows: slice
        """
        if self.matrix is None:
            parts = [self._columns[j].as_numbers()[rows] for j in at]
            n = len(range(*rows.indices(self.shape[0])))
            block = np.empty((n, len(at)))
            for place, part in enumerate(parts):
                block[:, place] = part
            return block
        block = self.matrix[rows]
        if len(at) < self.shape[1]:
            block = block[:, at]
        if issparse(block):
            block = block.toarray()
        return block.astype(np.float64)

    def rows(self, kept):
        """The table with only some rows; kept: (n_rows,) of bool, or a slice."""
        if self.matrix is not None:
            matrix = self.matrix[kept]
            return Table(None, matrix.shape[0], self.names, matrix)
        columns = [
            replace(
                own,
                numbers=None if own.numbers is None else own.numbers[kept],
                codes=None if own.codes is None else own.codes[kept],
            )
            for own in self._columns
        ]
        return Table(columns, len(columns[0]), self.names)

    def blocks(self, n):
        """Yields tables of at most n consecutive rows."""
        for start in range(0, self.shape[0], n):
            yield self.rows(slice(start, start + n))

    def in_order(self, names):
        """The table with its columns reordered; names: all of its names, in the new order."""
        order = [self.names.index(name) for name in names]
        return Table([self._columns[j] for j in order], self.shape[0], list(names))


def read_frame(X):
    """The Table of a pandas or polars frame; None for anything else.

    Raises ValueError, naming the column, if it holds dates or other objects than numbers, strings,
    bools and missing values.
    """
    if hasattr(X, "iloc") and hasattr(X, "dtypes") and hasattr(X, "columns"):
        names, of = list(X.columns), _of_pandas
        series = [own for _, own in X.items()]
    elif hasattr(X, "get_columns") and hasattr(X, "schema"):
        names, of, series = list(X.columns), _of_polars, X.get_columns()
    else:
        return None
    if len(set(names)) < len(names):
        repeated = sorted({str(name) for name in names if names.count(name) > 1})
        raise ValueError(f"Columns must have different names, got {repeated} more than once.")
    columns = [of(f"Column {name!r}", own) for name, own in zip(names, series, strict=True)]
    return Table(columns, X.shape[0], names)


def read_array(X):
    """The Table of an array (n, columns) of any dtype, or of a sparse matrix."""
    if issparse(X) or X.dtype.kind in "iuf":
        return Table(None, X.shape[0], matrix=X)
    told = [f"Column {j}" for j in range(X.shape[1])]
    return Table([_of_array(*own) for own in zip(told, X.T, strict=True)], len(X))


def _of_array(told, values):
    kind = values.dtype.kind
    if kind in "mM":
        raise ValueError(f"{told} must not hold dates or time spans, got {values.dtype}. {DATES}")
    if kind == "b":
        return Column(told, codes=values.astype(np.intp), levels=(False, True))
    return _of_objects(told, values.astype(object).tolist())


def _of_pandas(told, series):
    dtype = series.dtype
    kind = getattr(dtype, "kind", "O")
    if kind in "iuf" and isinstance(dtype, np.dtype):
        return Column(told, numbers=series.to_numpy())
    name = str(dtype)
    if kind in "mM" or name.startswith(("datetime", "timedelta", "period", "date", "time")):
        raise ValueError(f"{told} must not hold dates or time spans, got {dtype}. {DATES}")
    if name == "category":
        levels = [_plain(told, level) for level in series.cat.categories.tolist()]
        return Column(told, codes=series.cat.codes.to_numpy().astype(np.intp), levels=levels)
    if kind == "c" or name.startswith("interval"):
        raise ValueError(f"{told} must hold numbers or categories, got {dtype}. {OTHERS}")
    if kind == "b":
        missing = series.isna().to_numpy()
        if missing.any():
            codes = np.where(missing, -1, series.fillna(False).to_numpy(dtype=bool))
        else:
            codes = series.to_numpy(dtype=bool).astype(np.intp)
        return Column(told, codes=codes.astype(np.intp), levels=(False, True))
    if kind in "iuf":
        return Column(told, numbers=series.to_numpy(dtype=np.float64, na_value=np.nan))
    return _of_objects(told, series.tolist())


def _of_polars(told, series):
    dtype = series.dtype
    if dtype.is_temporal():
        raise ValueError(f"{told} must not hold dates or time spans, got {dtype}. {DATES}")
    if dtype.is_numeric():
        numbers = series.cast(float).to_numpy() if series.null_count() else series.to_numpy()
        return Column(told, numbers=np.asarray(numbers))
    if dtype.is_nested():
        raise ValueError(f"{told} must hold numbers or categories, got {dtype}. {OTHERS}")
    return _of_objects(told, series.to_list())


def _of_objects(told, values):
    """A Column of numbers if all values are numbers, otherwise of levels; bools are levels."""
    levels = {}
    codes = np.empty(len(values), np.intp)
    for row, value in enumerate(values):
        try:
            code = levels.get(value)
        except TypeError:
            code = None
        if code is None:
            value = _plain(told, value)
            code = -1 if value is None else levels.setdefault(value, len(levels))
        codes[row] = code
    found = list(levels)
    if any(isinstance(level, str | bool) for level in found):
        # 1 and True are the same key: the levels tell which of them the column holds
        return Column(told, codes=codes, levels=found)
    try:
        known = np.array([*map(float, found), np.nan])
    except OverflowError as error:
        raise ValueError(f"{told} must hold numbers that a float can hold: {error}.") from error
    return Column(told, numbers=known[codes])


def _plain(told, value):
    """The value as Python's str, bool, int or float; None if it is missing."""
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        value = value.item()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return None if value != value else float(value)
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, Real | Decimal):
        return float(value)
    kind = type(value).__name__
    if kind in ("datetime", "date", "time", "timedelta", "Timestamp", "Timedelta", "datetime64"):
        raise ValueError(f"{told} must not hold dates or time spans, got {value!r}. {DATES}")
    if kind == "complex":
        raise ValueError(f"Complex data not supported: {told} holds {value!r}.")
    raise TypeError(
        f"{told}: argument must be a string or a real number, not {kind!r}, got {value!r}. {OTHERS}"
    )
