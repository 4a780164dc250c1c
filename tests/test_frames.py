"""Raw tables: every kind of frame and array is read into the same columns."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from sknn.tabular.frames import Column, read_array, read_frame

NAN = np.nan


def _read(X):
    table = read_frame(X)
    return read_array(X) if table is None else table


def _polars(columns):
    polars = pytest.importorskip("polars")
    return polars.DataFrame(columns, strict=False)


VALUES = {
    "numbers": [1.5, None, -2.0],
    "strings": ["b", "a", None],
    "bools": [True, False, None],
    "whole": [3, 4, 3],
}


@pytest.mark.parametrize("make", [pd.DataFrame, _polars])
def test_frames_of_both_kinds_give_numbers_and_levels(make):
    table = _read(make(VALUES))
    assert table.shape == (3, 4)
    assert table.names == list(VALUES)
    assert table.is_category.tolist() == [False, True, True, False]
    np.testing.assert_array_equal(table.column(0).numbers, [1.5, NAN, -2.0])
    np.testing.assert_array_equal(table.column(3).numbers, [3, 4, 3])
    for j in (1, 2):
        codes, levels = table.column(j).as_levels()
        read = [None if code < 0 else levels[code] for code in codes]
        assert read == VALUES[table.names[j]]


def test_dtypes_of_pandas_are_read_as_what_they_hold():
    frame = pd.DataFrame(
        {
            "nullable": pd.array([1, None, 2**24 + 1], dtype="Int64"),
            "flags": pd.array([True, None, False], dtype="boolean"),
            "plain flags": [True, False, False],
            "category": pd.Categorical(["x", None, "y"], categories=["y", "z", "x"]),
            "whole category": pd.Categorical([2, 1, 2]),
            "text": pd.array(["u", None, "v"], dtype="string"),
            "sparse": pd.arrays.SparseArray([0.0, 1.0, 0.0]),
        }
    )
    table = read_frame(frame)
    assert table.is_category.tolist() == [False, True, True, True, True, True, False]
    np.testing.assert_array_equal(table.column(0).numbers, [1, NAN, 2**24 + 1])
    np.testing.assert_array_equal(table.column(1).codes, [1, -1, 0])
    np.testing.assert_array_equal(table.column(2).codes, [1, 0, 0])
    assert table.column(3).levels == ["y", "z", "x"]
    np.testing.assert_array_equal(table.column(3).codes, [2, -1, 0])
    np.testing.assert_array_equal(table.column(4).as_numbers(), [2, 1, 2])
    np.testing.assert_array_equal(table.column(5).codes, [0, -1, 1])
    np.testing.assert_array_equal(table.column(6).numbers, [0, 1, 0])


def test_objects_are_numbers_unless_a_string_or_bool_is_among_them():
    rows = [[1, "a", True], [Decimal("2.5"), 3, None], [None, NAN, False], [pd.NaT, pd.NA, pd.NaT]]
    table = read_array(np.array(rows, dtype=object))
    assert table.is_category.tolist() == [False, True, True]
    np.testing.assert_array_equal(table.column(0).numbers, [1, 2.5, NAN, NAN])
    assert table.column(1).levels == ["a", 3]
    np.testing.assert_array_equal(table.column(1).codes, [0, 1, -1, -1])
    np.testing.assert_array_equal(table.column(2).codes, [0, -1, 1, -1])


def test_numbers_of_numpy_among_objects():
    X = np.array([[np.float32(1.5), np.str_("a")], [np.int64(2), np.bool_(True)]], dtype=object)
    table = read_array(X)
    np.testing.assert_array_equal(table.column(0).numbers, [1.5, 2])
    assert [type(level) for level in table.column(1).levels] == [str, bool]


def test_arrays_of_one_dtype():
    strings = read_array(np.array([["a"], ["b"], ["a"]]))
    assert strings.column(0).levels == ["a", "b"]
    bools = read_array(np.array([[True], [False]]))
    np.testing.assert_array_equal(bools.column(0).as_numbers(), [1, 0])
    whole = read_array(np.array([[7, 8]], dtype=np.int8))
    assert not whole.is_category.any()
    np.testing.assert_array_equal(whole.numbers([1], slice(0, 1)), [[8.0]])


def test_sparse_rows_give_the_numbers_of_dense_ones():
    X = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, NAN]])
    table = read_array(csr_array(X))
    np.testing.assert_array_equal(table.numbers([0, 2], slice(0, 2)), X[:, [0, 2]])
    np.testing.assert_array_equal(table.column(2).numbers, X[:, 2])
    twice = csr_array(([1.0, 2.0, 4.0], [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    np.testing.assert_array_equal(read_array(twice).column(1).numbers, [3.0, 0.0])
    kept = table.rows(np.array([False, True]))
    assert kept.shape == (1, 3)
    np.testing.assert_array_equal(kept.numbers([0, 1, 2], slice(0, 1)), X[1:])


def test_numbers_as_levels():
    codes, levels = Column("Column 0", numbers=np.array([5.0, NAN, 2.0, 5.0])).as_levels()
    np.testing.assert_array_equal(codes, [1, -1, 0, 1])
    assert levels == [2.0, 5.0]
    codes, levels = Column("Column 0", numbers=np.array([5, 2])).as_levels()
    assert (codes.tolist(), levels) == ([1, 0], [2, 5])


def test_columns_in_another_order_and_some_rows():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    table = read_frame(frame).in_order(["b", "a"]).rows(np.array([False, True]))
    assert table.names == ["b", "a"]
    assert table.shape == (1, 2)
    assert table.column(0).levels[table.column(0).codes[0]] == "y"
    np.testing.assert_array_equal(table.numbers([1], slice(0, 1)), [[2.0]])


DAY = datetime.date(2020, 1, 2)


@pytest.mark.parametrize(
    ("X", "error", "told"),
    [
        (
            pd.DataFrame({"when": pd.to_datetime(["2020-01-02"])}),
            ValueError,
            "Column 'when' .*date",
        ),
        (pd.DataFrame({"took": pd.to_timedelta([1])}), ValueError, "Column 'took' .*time spans"),
        (pd.DataFrame({"day": [DAY]}), ValueError, "Column 'day' .*days since a first date"),
        (pd.DataFrame({"p": pd.period_range("2020", periods=1)}), ValueError, "Column 'p'.*period"),
        (pd.DataFrame({"c": [1j]}), ValueError, "Column 'c' .*complex128"),
        (pd.DataFrame({"i": pd.interval_range(0, 1)}), ValueError, "Column 'i' .*interval"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ValueError, r"\['a'\] more than once"),
        (np.array([["2020-01-02"]], dtype="M8[D]"), ValueError, "Column 0 .*datetime64"),
        (np.array([[1j, "a"]], dtype=object), ValueError, "Complex data not supported: Column 0"),
        (
            np.array([[{}]], dtype=object),
            TypeError,
            "Column 0: argument must be a string or a real",
        ),
        (np.array([[10**400, None]], dtype=object), ValueError, "Column 0 must hold numbers that"),
    ],
)
def test_what_is_no_number_and_no_category_is_refused_by_column(X, error, told):
    with pytest.raises(error, match=told):
        _read(X)


def test_columns_of_polars_that_are_refused():
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match="Column 'when' must not hold dates"):
        read_frame(polars.DataFrame({"when": [DAY]}))
    with pytest.raises(ValueError, match="Column 'pair' must hold numbers or categories"):
        read_frame(polars.DataFrame({"pair": [[1, 2]]}))


def test_levels_that_are_numbers_as_numbers():
    column = Column("Column 'a'", codes=np.array([1, -1, 0]), levels=(True, 2.5))
    np.testing.assert_array_equal(column.as_numbers(), [2.5, NAN, 1])


def test_a_category_is_no_numbers_unless_its_levels_are():
    column = Column("Column 'a'", codes=np.array([0, 1]), levels=(1, "x"))
    with pytest.raises(ValueError, match=r"Column 'a' must hold numbers.*got 'x'"):
        column.as_numbers()


def test_anything_else_is_no_frame():
    assert read_frame([[1, 2]]) is None
    assert read_frame(np.ones((2, 2))) is None
