"""Tables of good, odd and bad input, for the tests that send all of it to every estimator."""

from functools import partial
from tempfile import TemporaryFile

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import ClassifierMixin, RegressorMixin

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import Dense

MLPS, CNNS = [MLPClassifier, MLPRegressor], [CNNClassifier, CNNRegressor]
STACKS = [SequentialClassifier, SequentialRegressor]
ESTIMATORS = MLPS + CNNS + STACKS  # to CNNs the samples are images of 2 x 2

X = np.random.default_rng(0).normal(size=(30, 4))
LABELS = np.arange(30) % 3
NUMBERS = X[:, 0] + 1.0

EIGHTHS = np.round(X * 8) / 8  # exact in float16
WHOLES = np.abs(np.round(X * 10)).astype(np.int64)  # exact in uint8; images of integers
SIGNS = X > 0
WORDS = np.array(["alder", "beech", "cedar"])[LABELS]
MEASURES, COUNTS, YES_OR_NO = EIGHTHS[:, 0], WHOLES[:, 0], SIGNS[:, 0]
TINY = np.full(30, 5e-324)
DENORMAL = np.full((30, 4), 5e-324)
NEGATIVE_ZEROS = np.full((30, 4), -0.0)
ONES = np.ones((30, 4))
ONE_ROW = EIGHTHS[:1].repeat(30, axis=0)


def new(make, **params):
    """A small estimator of this class."""
    small = {"layers": [Dense(3)]} if make in STACKS else {"hidden_layer_sizes": (3,)}
    if make in CNNS:
        small["filters"] = (2,)
    return make(**{**small, "max_iter": 2, "random_state": 0, **params})


def target(make):
    return LABELS if issubclass(make, ClassifierMixin) else NUMBERS


def with_entry(value, array=X, dtype=float):
    array = array.astype(dtype)
    array.flat[5] = value
    return array


# Other containers of the same numbers.


def cast(dtype):
    return lambda numbers: numbers.astype(dtype)


def objects(kind):
    """An array of Python's objects."""
    return lambda numbers: np.vectorize(kind, otypes=[object])(numbers)


def memory_map(numbers):
    """A read-only one."""
    with TemporaryFile() as file:
        file.write(numbers.tobytes())
        file.flush()
        return np.memmap(file, numbers.dtype, "r", shape=numbers.shape)


def read_only(numbers):
    numbers = numbers.copy()
    numbers.flags.writeable = False
    return numbers


def every_third(numbers):
    """A view of every third element along each axis."""
    for axis in range(numbers.ndim):
        numbers = numbers.repeat(3, axis)
    return numbers[(slice(None, None, 3),) * numbers.ndim]


def turned(numbers):
    """A view with negative strides."""
    flip = (slice(None, None, -1),) * numbers.ndim
    return numbers[flip].copy()[flip]


def unaligned(numbers):
    bytes_ = np.zeros(numbers.nbytes + 1, np.uint8)[1:]
    view = bytes_.view(numbers.dtype).reshape(numbers.shape)
    view[...] = numbers
    return view


class Subclass(np.ndarray):
    """As users may have."""


def subclass(numbers):
    return numbers.view(Subclass)


def in_format(name):
    return lambda numbers: getattr(sparse, name)(numbers)


def unsorted(numbers):
    """A sparse array whose rows hold their columns in descending order."""
    array = sparse.csr_array(numbers)
    for row in range(len(numbers)):
        at = slice(array.indptr[row], array.indptr[row + 1])
        array.indices[at], array.data[at] = array.indices[at][::-1], array.data[at][::-1]
    array.has_sorted_indices = False
    return array


def halves(numbers):
    """A sparse array with two entries for each number, which add up to it."""
    rows, columns = np.indices(numbers.shape)
    at = np.tile(rows.ravel(), 2), np.tile(columns.ravel(), 2)
    return sparse.coo_array((np.tile(numbers.ravel() / 2, 2), at), shape=numbers.shape)


def long_indices(numbers):
    array = sparse.csr_array(numbers)
    array.indices, array.indptr = array.indices.astype("int64"), array.indptr.astype("int64")
    return array


def frame(*dtypes, columns=("a", "b", "c", "d"), **settings):
    """(numbers) -> a pandas DataFrame, its columns cast to these dtypes, one for all or each."""

    def make(numbers):
        pandas = pytest.importorskip("pandas")
        table = pandas.DataFrame(numbers, columns=list(columns), **settings)
        if not dtypes:
            return table
        names = list(columns)
        return table.astype(dict(zip(names, dtypes * (len(names) // len(dtypes)), strict=True)))

    return make


def other_index(numbers):
    return frame(index=range(100, 100 + len(numbers)))(numbers)


def sparse_frame(numbers):
    pandas = pytest.importorskip("pandas")
    return frame(pandas.SparseDtype(float, 0.0))(numbers)


def polars_frame(numbers):
    return pytest.importorskip("polars").DataFrame(numbers, schema=list("abcd"))


def series(dtype=None):
    """(values) -> a pandas Series whose index does not start at 0."""

    def make(values):
        pandas = pytest.importorskip("pandas")
        return pandas.Series(values, index=range(5, 35), dtype=dtype)

    return make


def polars_series(dtype=None):
    def make(values):
        polars = pytest.importorskip("polars")
        return polars.Series(values.tolist(), dtype=dtype and getattr(polars, dtype))

    return make


def tensor(numbers):
    return pytest.importorskip("torch").tensor(numbers)


SPARSE = ("csr", "csc", "coo", "bsr", "dok", "lil", "dia")

# What works: (the numbers, their container).
ODD_X = {
    "list of lists": (EIGHTHS, np.ndarray.tolist),
    "list of arrays": (EIGHTHS, list),
    "tuple of tuples": (EIGHTHS, lambda numbers: tuple(map(tuple, numbers.tolist()))),
    "list of lists of ints": (WHOLES, np.ndarray.tolist),
    "float16": (EIGHTHS, cast("float16")),
    "float32": (EIGHTHS, cast("float32")),
    "longdouble": (EIGHTHS, cast("longdouble")),
    "bool": (SIGNS, np.array),
    "int8": (WHOLES, cast("int8")),
    "uint8": (WHOLES, cast("uint8")),
    "uint64": (WHOLES, cast("uint64")),
    "objects": (EIGHTHS, objects(float)),
    "digits": (EIGHTHS, objects(str)),
    "big-endian": (EIGHTHS, cast(">f8")),
    "big-endian ints": (WHOLES, cast(">i2")),
    "Fortran order": (EIGHTHS, np.asfortranarray),
    "every third": (EIGHTHS, every_third),
    "negative strides": (EIGHTHS, turned),
    "unaligned": (EIGHTHS, unaligned),
    "read-only": (EIGHTHS, read_only),
    "read-only memory map": (EIGHTHS, memory_map),
    "broadcast": (ONE_ROW, lambda rows: np.broadcast_to(rows[0], rows.shape)),
    "subclass": (EIGHTHS, subclass),
    "masked array without a mask": (EIGHTHS, np.ma.masked_array),
    "denormal": (DENORMAL, np.array),
    "negative zeros": (NEGATIVE_ZEROS, np.array),
    "constant columns": (ONES, np.array),
    "tensor": (EIGHTHS, tensor),
    **{f"{name} array": (EIGHTHS, in_format(f"{name}_array")) for name in SPARSE},
    **{f"{name} matrix": (EIGHTHS, in_format(f"{name}_matrix")) for name in ("csr", "coo", "dok")},
    "sparse float32": (EIGHTHS, lambda numbers: sparse.csr_array(numbers, dtype="float32")),
    "sparse ints": (WHOLES, in_format("csr_array")),
    "sparse bool": (SIGNS, in_format("csr_array")),
    "sparse, long indices": (EIGHTHS, long_indices),
    "sparse, unsorted": (EIGHTHS, unsorted),
    "sparse, in halves": (EIGHTHS, halves),
    "pandas": (EIGHTHS, frame()),
    "pandas, mixed": (EIGHTHS, frame("float16", "float32", "float64", object)),
    "pandas, numbers of columns": (EIGHTHS, frame(columns=range(4))),
    "pandas, other index": (EIGHTHS, other_index),
    "pandas, nullable": (EIGHTHS, frame("Float64")),
    "pandas, categories of numbers": (EIGHTHS, frame("category")),
    "pandas, bool": (SIGNS, frame("boolean")),
    "pandas, ints": (WHOLES, frame("int8")),
    "pandas, sparse": (EIGHTHS, sparse_frame),
    "polars": (EIGHTHS, polars_frame),
    "polars, ints": (WHOLES, polars_frame),
}

# What works as y: (labels or numbers, their container).
ODD_LABELS = {
    "list": (LABELS, np.ndarray.tolist),
    "list of words": (WORDS, np.ndarray.tolist),
    "objects": (WORDS, cast(object)),
    "int8": (LABELS, cast("int8")),
    "uint64": (LABELS, cast("uint64")),
    "big-endian": (LABELS, cast(">i4")),
    "floats": (LABELS, cast("float16")),
    "negative strides": (WORDS, turned),
    "read-only memory map": (LABELS, memory_map),
    "masked array without a mask": (LABELS, np.ma.masked_array),
    "pandas": (WORDS, series()),
    "pandas, ints": (LABELS, series("Int64")),
    "pandas, words": (WORDS, series("string")),
    "pandas, categories": (WORDS, series("category")),
    "polars": (WORDS, polars_series()),
    "polars, ints": (LABELS, polars_series()),
    "polars, categories": (WORDS, polars_series("Categorical")),
}
ODD_NUMBERS = {
    "list": (MEASURES, np.ndarray.tolist),
    "objects": (MEASURES, objects(float)),
    "digits": (MEASURES, cast(str)),
    "float16": (MEASURES, cast("float16")),
    "longdouble": (MEASURES, cast("longdouble")),
    "bool": (YES_OR_NO, np.array),
    "int8": (COUNTS, cast("int8")),
    "big-endian": (MEASURES, cast(">f8")),
    "negative strides": (MEASURES, turned),
    "every third": (MEASURES, every_third),
    "read-only memory map": (MEASURES, memory_map),
    "masked array without a mask": (MEASURES, np.ma.masked_array),
    "denormal": (TINY, np.array),
    "pandas": (MEASURES, series()),
    "pandas, nullable": (MEASURES, series("Float64")),
    "polars": (MEASURES, polars_series()),
}
ODD_Y = {
    **{f"labels, {case}": (ClassifierMixin, *row) for case, row in ODD_LABELS.items()},
    **{f"numbers, {case}": (RegressorMixin, *row) for case, row in ODD_NUMBERS.items()},
}

# What works as sample_weight.
ODD_WEIGHTS = {
    "list": np.ndarray.tolist,
    "objects": objects(float),
    "float16": cast("float16"),
    "big-endian": cast(">f8"),
    "negative strides": turned,
    "every third": every_third,
    "read-only memory map": memory_map,
    "masked array without a mask": np.ma.masked_array,
    "pandas": series(),
    "pandas, nullable": series("Float64"),
    "polars": polars_series(),
}

# What fails: (how it is made, what the error says).


def dates(*shape):
    return np.full(shape, np.datetime64("2020-01-01"))


def with_column(column):
    """A table of numbers but for the first column."""
    return lambda: frame()(X).assign(a=column)


def masked(array):
    return np.ma.masked_array(array, mask=array > 0.5)


MASKED = "(X|y|weight) has .* masked entries"
RAGGED = "(X|y) must have rows of the same shape, got "
DATES = "(X|y|weight) must hold numbers, got (dates|time spans)"
BAD_X = {
    "nan": (partial(with_entry, np.nan), "Input X contains NaN"),
    "infinity": (partial(with_entry, np.inf), "Input X contains infinity"),
    "minus infinity": (partial(with_entry, -np.inf), "Input X contains infinity"),
    "nan in float32": (partial(with_entry, np.nan, dtype="float32"), "Input X contains NaN"),
    "nan in float16": (partial(with_entry, np.nan, dtype="float16"), "Input X contains NaN"),
    "infinity in float16": (partial(with_entry, np.inf, dtype="float16"), "X contains infinity"),
    "both infinities": (
        lambda: with_entry(np.inf, with_entry(-np.inf)[::-1]),
        "contains infinity",
    ),
    "nan in objects": (partial(with_entry, np.nan, dtype=object), "Input X contains NaN"),
    "None in objects": (partial(with_entry, None, dtype=object), "Input X contains NaN"),
    "too large for float64": (
        lambda: with_entry(np.longdouble("1e400"), dtype="longdouble"),
        "Input X contains infinity or a value too large",
    ),
    "nan in sparse": (lambda: sparse.csr_array(with_entry(np.nan)), "Input X contains NaN"),
    "no sample": (lambda: X[:0], r"Found array with 0 sample\(s\)"),
    "no sample in sparse": (lambda: sparse.csr_array((0, 4)), r"Found array with 0 sample\(s\)"),
    "no feature": (lambda: X[:, :0], r"Found array with 0 feature\(s\)"),
    "empty list": (list, "Expected 2D array, got 1D array"),
    "0-d": (lambda: np.float64(1.0), "Expected 2D array, got scalar array"),
    "1-d": (lambda: X[:, 0], "Expected 2D array, got 1D array"),
    "3-d": (lambda: X[:, :, None], "Found array with dim 3"),
    "5-d": (lambda: X[:, :, None, None, None], "Found array with dim 5"),
    "1-d sparse": (lambda: sparse.coo_array(X[:, 0]), "Expected 2D input|1d sparse array"),
    "None": (lambda: None, "Expected 2D array, got scalar array"),
    "a string": (lambda: "abc", "could not convert string to float: 'abc'|got scalar array"),
    "a dict": (lambda: {"a": [1.0] * 30}, "not 'dict'|got scalar array"),
    "a generator": (lambda: (row for row in X), "not 'generator'|got scalar array"),
    "strings": (lambda: np.full((30, 4), "a"), "could not convert|arrays of bytes/strings"),
    "bytes": (lambda: np.full((30, 4), b"a"), "could not convert|arrays of bytes/strings"),
    "StringDType": (
        lambda: np.full((30, 4), "a", np.dtypes.StringDType()),
        "X must hold numbers.*StringDType|could not convert string",
    ),
    "a string in objects": (partial(with_entry, "a", dtype=object), "could not convert string"),
    "ragged": (lambda: [[1.0, 2.0], [1.0]] * 15, RAGGED),
    "ragged objects": (lambda: np.array([[1.0, 2.0], [1.0]] * 15, dtype=object), RAGGED),
    "ragged images": (lambda: [np.zeros((2, 2)), np.zeros((2, 3))] * 15, RAGGED),
    "complex": (lambda: X + 1j, "Complex data not supported"),
    "complex, but real": (lambda: X.astype(complex), "Complex data not supported"),
    "sparse complex": (lambda: sparse.csr_array(X + 1j), "Complex data not supported"),
    "records": (lambda: np.rec.fromarrays(X.T), "Cannot cast array data|got 1D array"),
    "dates": (lambda: dates(30, 4), DATES),
    "no dates": (lambda: np.full((30, 4), np.datetime64("NaT", "D")), DATES),
    "durations": (lambda: dates(30, 4) - dates(30, 4), DATES),
    "masked": (lambda: masked(X), MASKED),
    "pandas, missing": (lambda: frame("Float64")(X).where(X > 0), "Input X contains NaN"),
    "pandas, words": (with_column("a"), "could not convert string to float: 'a'"),
    "pandas, dates": (lambda: frame()(dates(30, 4)), DATES),
    "pandas, a column of dates": (with_column(np.datetime64("2020-01-01")), DATES),
    "pandas, duplicated names": (lambda: frame(columns="aabc")(X), "unique column names"),
    "pandas, mixed names": (lambda: frame(columns=["a", 1, 2, 3])(X), "must be|all .* string"),
    "pandas, categories of words": (
        lambda: frame("category")(np.full((30, 4), "a")),
        "could not convert string to float: 'a'",
    ),
    "pandas, series": (lambda: series()(X[:, 0]), "2-dimensional container"),
    "polars, missing": (
        lambda: polars_frame(X).with_columns(a=pytest.importorskip("polars").lit(None)),
        "Input X contains NaN",
    ),
    "polars, dates": (lambda: polars_frame(dates(30, 4)), DATES),
}
BAD_IMAGES = {
    "nan in an image": (lambda: with_entry(np.nan).reshape(30, 2, 2), "Input X contains NaN"),
    "infinity in an image": (
        lambda: with_entry(np.inf).reshape(30, 2, 2, 1),
        "Input X contains infinity",
    ),
    "masked images": (lambda: masked(X.reshape(30, 2, 2)), MASKED),
    "no image": (lambda: X[:0].reshape(0, 2, 2), r"Found array with 0 sample\(s\)"),
    "no pixel": (lambda: X.reshape(30, 4, 1)[:, :0], r"0 feature\(s\)|of shape \(0, 1, 1\)"),
    "5-d": (lambda: X[:, :, None, None, None], r"\(n, height, width, channels\)"),
    "strings as images": (lambda: np.full((30, 2, 2), "a"), "could not convert|bytes/strings"),
    "objects as images": (
        lambda: np.full((30, 2, 2), "a", dtype=object),
        "could not convert string",
    ),
    "complex images": (lambda: (X + 1j).reshape(30, 2, 2), "Complex data not supported"),
    "dates as images": (lambda: dates(30, 2, 2), DATES),
    "strings": (lambda: np.full((30, 4), "a"), "not compatible with arrays of bytes/strings"),
}
OTHER_IMAGES = {
    "3-d": (lambda: X[:, :, None], r"shape \(4, 1, 1\) .*with images of shape \(2, 2, 1\)")
}
FLAT_ONLY = {  # of a stack that begins with a dense layer
    "3-d": (lambda: X[:, :, None], r"needs flat samples|shape \(4, 1, 1\).*flat samples of"),
    "5-d": BAD_IMAGES["5-d"],
    "strings": BAD_IMAGES["strings"],
}
BAD_SAMPLES = {
    **dict.fromkeys(MLPS, BAD_X),
    **dict.fromkeys(CNNS, BAD_X | BAD_IMAGES | OTHER_IMAGES),
    **dict.fromkeys(STACKS, BAD_X | FLAT_ONLY),
}

BAD_LABELS = {
    "nan": (lambda: with_entry(np.nan, LABELS), "contains NaN"),
    "infinity": (lambda: with_entry(np.inf, LABELS), "contains infinity"),
    "continuous": (lambda: NUMBERS, "Unknown label type"),
    "mixed": (lambda: np.array([1, "a", 2] * 10, dtype=object), "nknown label type"),
    "None among words": (lambda: with_entry(None, WORDS, object), "y .*(None|missing|NaN|mix)"),
    "nan among words": (
        lambda: with_entry(np.nan, WORDS, object),
        "y .*(NaN|missing)|Input contains NaN",
    ),
    "StringDType": (lambda: WORDS.astype(np.dtypes.StringDType()), "y .*StringDType"),
    "bytes": (lambda: WORDS.astype("S"), "labels represented as bytes is not supported"),
    "complex": (lambda: LABELS + 1j, "Complex data not supported"),
    "no date": (lambda: with_entry("NaT", dates(30), "datetime64[D]"), "y contains NaT"),
    "masked": (lambda: masked(LABELS), MASKED),
    "missing in pandas": (lambda: series("Int64")(LABELS).where(LABELS > 0), "y contains NaN"),
    "missing in polars": (lambda: polars_series()(masked(LABELS)), "Input y contains NaN"),
    "a list of sets": (lambda: [{1}, {2}, {3}] * 10, "nknown label type"),
    "ragged": (lambda: [[1], [1, 2], [2]] * 10, RAGGED),
    "a label and some": (lambda: [1, [1, 2], 2] * 10, RAGGED),
    "too short": (lambda: LABELS[:29], r"inconsistent numbers of samples: \[30, 29\]"),
    "too long": (lambda: np.append(LABELS, 0), r"inconsistent numbers of samples: \[30, 31\]"),
    "empty": (list, r"0 sample\(s\)|inconsistent numbers of samples"),
    "3-d": (lambda: np.zeros((30, 2, 2), dtype=int), "Found array with dim 3"),
    "0-d": (lambda: np.int64(1), "1D or 2D|scalar|shape|ndim|len"),
    "None": (lambda: None, "y is None|got None"),
}
BAD_NUMBERS = {
    "nan": (partial(with_entry, np.nan, NUMBERS), "Input y contains NaN"),
    "infinity": (partial(with_entry, np.inf, NUMBERS), "Input y contains infinity"),
    "nan in a column": (partial(with_entry, np.nan), "Input y contains NaN"),
    "None among objects": (partial(with_entry, None, NUMBERS, object), "Input y contains NaN"),
    "words": (lambda: WORDS, "could not convert string to float"),
    "complex": (lambda: NUMBERS + 1j, "Complex data not supported"),
    "dates": (lambda: dates(30), DATES),
    "durations": (lambda: dates(30) - dates(30), DATES),
    "masked": (lambda: masked(NUMBERS), MASKED),
    "missing in pandas": (lambda: series("Float64")(NUMBERS).where(NUMBERS > 0), "y contains NaN"),
    "too short": (lambda: NUMBERS[:29], r"inconsistent numbers of samples: \[30, 29\]"),
    "too long": (lambda: np.append(NUMBERS, 0), r"inconsistent numbers of samples: \[30, 31\]"),
    "3-d": (lambda: X[:, :, None], "Found array with dim 3"),
    "no column": (lambda: X[:, :0], r"0 feature\(s\)"),
    "ragged": (lambda: [[1.0], [1.0, 2.0]] * 15, RAGGED),
    "0-d": (lambda: np.float64(1), "1D or 2D|scalar|shape|ndim|len"),
    "None": (lambda: None, "requires y to be passed, but the target y is None"),
}
BAD_Y = {
    **{f"labels, {case}": (ClassifierMixin, *row) for case, row in BAD_LABELS.items()},
    **{f"numbers, {case}": (RegressorMixin, *row) for case, row in BAD_NUMBERS.items()},
}

BAD_WEIGHTS = {
    "negative": (partial(with_entry, -1, np.ones(30)), "Negative values .* `sample_weight`"),
    "negative scalar": (lambda: -1.0, "Negative values in data passed to `sample_weight`"),
    "all zero": (lambda: np.zeros(30), "must contain at least one non-zero number"),
    "zero": (lambda: 0, "must contain at least one non-zero number"),
    "nan": (partial(with_entry, np.nan, np.ones(30)), "sample_weight contains NaN"),
    "nan scalar": (lambda: np.nan, "sample_weight .*(NaN|nan)"),
    "infinity": (partial(with_entry, np.inf, np.ones(30)), "sample_weight contains infinity"),
    "infinite scalar": (lambda: np.inf, "sample_weight .*inf"),
    "None in a list": (lambda: [None, *[1.0] * 29], "sample_weight contains NaN"),
    "1e308": (lambda: np.full(30, 1e308), "sample_weight"),
    "denormal": (lambda: np.full(30, 5e-324), "sample_weight"),
    "too short": (lambda: np.ones(29), r"sample_weight.shape == \(29,\), expected \(30,\)"),
    "one": (lambda: [1.0], r"sample_weight.shape == \(1,\), expected \(30,\)"),
    "2-d": (lambda: np.ones((30, 1)), "Sample weights must be 1D array or scalar"),
    "strings": (lambda: np.full(30, "a"), "could not convert string to float"),
    "balanced": (lambda: "balanced", "could not convert string to float: 'balanced'"),
    "complex": (lambda: np.ones(30) + 1j, "Complex data not supported"),
    "sparse": (lambda: sparse.csr_array(np.ones((1, 30))), "passed for sample_weight, but dense"),
    "durations": (lambda: dates(30) - dates(30), DATES),
    "masked": (lambda: masked(np.ones(30)), MASKED),
}
