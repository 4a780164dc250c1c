"""The encoding of the columns of a table as one matrix of numbers, learned in ``fit``."""

import numpy as np
from scipy.sparse import csr_array, issparse

from sknn.nn.sparse_rows import SparseRows
from sknn.tabular.frames import Table

KINDS = ("two", "onehot", "codes")  # encodings of a category
CHUNK = 2**17  # values of a table that are converted to float64 at a time
FAR = 1e6  # scaled values beyond this are treated as infinite: the clip makes them 3
SELDOM = 2  # rows that a level of an embedded category must have for a vector of its own
UNUSED = "not used: constant, or another level in each row"  # the column is left out
LARGEST_CODE = 2**24  # integers up to this are exact in float32


class Encoding:
    """Encodes the columns of a table as one matrix [numbers | one-hot | codes].

    A number x becomes z / sqrt(1 + (z / 3)^2), where z = (x - median) / (Q75 - Q25), or (x -
    median) divided by half the range if the quartiles are equal. A missing number becomes the
    median; if training had missing numbers in a column, an additional column indicates them. A
    category with two levels becomes a column of +1 and -1. A category with up to ``max_onehot``
    levels becomes a column for each level. Both are then scaled like numbers. A category with more
    levels becomes a column of codes for an embedding, with 0 for unknown levels. Columns that are
    constant in training are left out.

    Parameters
    ----------
    is_category : ndarray of bool, shape (n_columns,)
    numbers : list of int
        The numeric columns that are not constant.
    fill : ndarray of shape (len(numbers),)
        Replaces missing numbers in each of these columns.
    indicators : list of int
        The numeric columns that had missing values in training.
    categories : list of dict
        Each has the keys ``column``, ``kind`` (one of "two", "onehot", "codes"), ``levels`` and
        ``missing``, which says whether a missing value is a level of its own.
    centre, half : ndarray of shape (n_plain,)
        The median of each column that does not hold codes, and half of its divisor.
    """

    def __init__(self, is_category, numbers, fill, indicators, categories, centre, half):
        self.is_category = is_category
        self.numbers = numbers
        self.fill = fill
        self.indicators = indicators
        self.categories = categories
        self.centre = centre
        self.half = half
        self._places = [
            {level: place for place, level in enumerate(own["levels"])} for own in categories
        ]

    @classmethod
    def learn(cls, table, is_category, max_onehot):
        """The Encoding of a Table; is_category: which columns are categories, (n_columns,) of bool.

        Raises ValueError if a numeric column holds an infinity or values that are not numbers. The
        message names the column.
        """
        numbers, fill, indicators, scales = [], [], [], []
        for j in np.flatnonzero(~is_category).tolist():
            values = _finite(table.column(j))
            missing = np.isnan(values)
            if missing.any() and not missing.all():
                indicators.append(j)
            values = values[~missing] if missing.any() else values
            centre, half = _centre_and_half(values)
            if half > 0:
                numbers.append(j)
                fill.append(centre)
                scales.append((centre, half))
        for j in indicators:
            scales.append(_centre_and_half(np.isnan(table.column(j).as_numbers()).astype(float)))
        categories = []
        for j in np.flatnonzero(is_category).tolist():
            found, own_scales = _category(table.column(j), j, max_onehot)
            if found:
                categories.append(found)
                scales += own_scales
        # plain columns come before codes
        categories.sort(key=lambda own: own["kind"] == "codes")
        centre, half = np.array(scales, float).reshape(-1, 2).T
        return cls(
            np.asarray(is_category, bool),
            numbers,
            np.array(fill, float),
            indicators,
            categories,
            centre,
            half,
        )

    def learnt(self):
        """The arguments of the constructor, as a dict of arrays and lists."""
        names = "is_category", "numbers", "fill", "indicators", "categories", "centre", "half"
        return {name: getattr(self, name) for name in names}

    @property
    def n_numbers(self):
        return len(self.numbers)

    @property
    def n_plain(self):
        """Number of columns of the matrix that do not hold codes."""
        return max(len(self.centre), 0 if self.sizes else 1)  # a network needs one input

    @property
    def sizes(self):
        """Number of codes in each of the last columns, including that of unknown levels."""
        return [
            len(own["levels"]) + own["missing"] + 1
            for own in self.categories
            if own["kind"] == "codes"
        ]

    @property
    def n_columns(self):
        """Number of columns of the matrix."""
        return self.n_plain + len(self.sizes)

    def fed_in(self):
        """A description of how each column of the table is encoded."""
        texts = [UNUSED] * len(self.is_category)
        for j in self.numbers:
            texts[j] = "a number, scaled and clipped"
        for j in self.indicators:
            also = f"{texts[j]}; " if j in self.numbers else ""
            texts[j] = f"{also}1 where a value is missing"
        for own in self.categories:
            n = len(own["levels"])
            texts[own["column"]] = {
                "two": "two levels as +1 and -1",
                "onehot": f"{n} levels, one column for each",
                "codes": f"{n} levels, embedded; all other levels share a vector",
            }[own["kind"]]
        return texts

    def matrix(self, table, dtype=np.float32):
        """The matrix (n_rows, n_columns) of a Table with the columns that were learned.

        A sparse table is encoded in blocks of rows and returned as SparseRows, in which most
        entries of a column are the encoded 0. Raises ValueError if a numeric column holds an
        infinity or values that are not numbers. The message names the column.
        """
        if not issparse(table.matrix):
            return self._dense(table, dtype)
        zeros = Table(None, 1, table.names, csr_array((1, table.shape[1])))
        n_rows = max(1, CHUNK // max(table.shape[1], self.n_columns))
        blocks = (self._dense(block, dtype) for block in table.blocks(n_rows))
        return SparseRows.of(blocks, self._dense(zeros, dtype)[0])

    def matrices(self, table, memory):
        """Yields the matrix in blocks of rows that take at most ``memory`` bytes each.

        A sparse table is a single block.
        """
        row_size = np.dtype(np.float32).itemsize * self.n_columns
        sparse = issparse(table.matrix)
        n_rows = table.shape[0] if sparse else max(1, int(memory // row_size))
        for block in table.blocks(n_rows):
            yield self.matrix(block)

    def _dense(self, table, dtype):
        """The matrix as an array."""
        n = table.shape[0]
        out = np.zeros((n, self.n_columns), dtype)
        at = sorted({*self.numbers, *self.indicators})
        if at:
            self._fill_numbers(table, at, out)
        place = len(self.numbers) + len(self.indicators)
        code_place = self.n_plain
        for own, places in zip(self.categories, self._places, strict=True):
            codes, levels = table.column(own["column"]).as_levels()
            own_codes = np.array([*(places.get(level, -1) for level in levels), -1], np.intp)[codes]
            if own["kind"] == "codes":
                rows = own_codes + 1
                if own["missing"]:
                    rows[codes < 0] = len(own["levels"]) + 1
                out[:, code_place] = rows
                code_place += 1
                continue
            for values in _columns_of(own, own_codes):
                out[:, place] = values
                place += 1
        self._scale_categories(out, len(self.numbers) + len(self.indicators), place)
        return out

    def _scale_categories(self, out, first, last):
        """Scales the columns of -1, 0 and 1 in place, block by block."""
        if first == last:
            return
        step = max(1, CHUNK // (last - first))
        for start in range(0, len(out), step):
            block = out[start : start + step, first:last]
            block[...] = self._scaled(block.astype(np.float64), slice(first, last))

    def _fill_numbers(self, table, at, out):
        """Writes numbers and indicators to the matrix, block by block."""
        numbers = np.searchsorted(at, self.numbers)
        indicators = np.searchsorted(at, self.indicators)
        first, second = len(numbers), len(numbers) + len(indicators)
        step = max(1, CHUNK // max(len(at), 1))
        for start in range(0, table.shape[0], step):
            rows = slice(start, min(start + step, table.shape[0]))
            block = table.numbers(at, rows)
            if np.isinf(block).any():
                column = at[int(np.flatnonzero(np.isinf(block).any(axis=0))[0])]
                raise ValueError(_told_infinite(table.told(column)))
            missing = np.isnan(block)
            values = block[:, numbers]
            if missing.any():
                np.copyto(values, self.fill, where=missing[:, numbers])
            out[rows, :first] = self._scaled(values, slice(0, first))
            out[rows, first:second] = self._scaled(
                missing[:, indicators].astype(float), slice(first, second)
            )

    def _scaled(self, values, at):
        """z / sqrt(1 + (z / 3)^2) in float64, for the columns ``at`` of those without codes."""
        centre, half = self.centre[at], self.half[at]
        with np.errstate(over="ignore", invalid="ignore"):
            # halves, because the difference of two large numbers can overflow
            z = np.clip((0.5 * values - 0.5 * centre) / half, -FAR, FAR)
        return z / np.sqrt(1 + (z / 3) ** 2)


def _finite(column):
    values = np.asarray(column.as_numbers(), np.float64)
    if np.isinf(values).any():
        raise ValueError(_told_infinite(column.told))
    return values


def _told_infinite(told):
    return (
        f"{told} must not hold infinity, got some. Replace it by the largest possible value, or "
        "by nan if the value is unknown: missing numbers are allowed."
    )


def _centre_and_half(values):
    """(median, half of Q75 - Q25 or a quarter of the range); (0, 0) if there are no values."""
    if not len(values):
        return 0.0, 0.0
    low, centre, high = np.quantile(values * 0.5, [0.25, 0.5, 0.75])
    half = high - low
    if half == 0:
        half = (0.5 * values.max() - 0.5 * values.min()) / 2
    return float(2 * centre), float(half)


def _category(column, j, max_onehot):
    """(dict of the category, scales of its columns), or (None, []) if it is constant."""
    codes, levels = column.as_levels()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    missing = bool((codes < 0).any())
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: _rank(levels[code]))
    n_levels = len(order)
    if n_levels + missing < 2:
        return None, []
    if n_levels > max_onehot and n_levels > 2:
        order = [code for code in order if counts[code] >= SELDOM][: LARGEST_CODE - 2]
        if len(order) + missing + (len(order) < n_levels) < 2:
            return None, []
        kind = "codes"
    else:
        kind = "two" if n_levels == 2 else "onehot"
    own = {
        "column": j,
        "kind": kind,
        "levels": [levels[code] for code in order],
        "missing": missing and kind == "codes",
    }
    if kind == "codes":
        return own, []
    places = np.full(len(levels) + 1, -1)
    places[order] = np.arange(n_levels)
    return own, [_centre_and_half(values) for values in _columns_of(own, places[codes])]


def _columns_of(own, codes):
    """The columns of a category with two levels or one-hot; codes: -1 for unknown levels."""
    if own["kind"] == "two":
        return [np.array([-1.0, 1.0, 0.0])[codes]]
    return [(codes == place).astype(float) for place in range(len(own["levels"]))]


def _rank(level):
    """The sorting key of a level; levels can be of several types."""
    return (isinstance(level, str), level)
