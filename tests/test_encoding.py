"""What is learnt of columns: against the formulas, written out."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from sknn.tabular import encoding
from sknn.tabular.encoding import Encoding
from sknn.tabular.frames import read_array, read_frame

NAN = np.nan


def _learn(X, max_onehot=8, is_category=None):
    table = read_frame(X)
    table = read_array(np.asarray(X)) if table is None else table
    is_category = table.is_category if is_category is None else np.array(is_category)
    return Encoding.learn(table, is_category, max_onehot)


def _matrix(learnt, X):
    table = read_frame(X)
    return learnt.matrix(read_array(np.asarray(X)) if table is None else table, np.float64)


def _clipped(x, centre, width):
    z = (np.asarray(x, float) - centre) / width
    return z / np.sqrt(1 + (z / 3) ** 2)


def test_numbers_are_centred_scaled_and_clipped_smoothly():
    x = np.array([1.0, 2.0, 4.0, 8.0, 1000.0])
    learnt = _learn(x[:, None])
    expected = _clipped(x, 4.0, 8.0 - 2.0)
    np.testing.assert_allclose(_matrix(learnt, x[:, None])[:, 0], expected, rtol=1e-14)
    assert abs(expected).max() < 3
    assert learnt.matrix(read_array(x[:, None])).dtype == np.float32


def test_equal_quartiles_take_half_the_range_and_constants_are_left_out():
    seldom = np.r_[np.zeros(9), 5.0]
    X = np.column_stack([np.full(10, 7.0), seldom, np.full(10, NAN)])
    learnt = _learn(X)
    assert learnt.numbers == [1]
    np.testing.assert_allclose(_matrix(learnt, X), _clipped(seldom, 0.0, 2.5)[:, None])


def test_a_table_of_constants_leaves_one_column_of_zeros():
    X = np.ones((4, 2))
    np.testing.assert_array_equal(_matrix(_learn(X), X), np.zeros((4, 1)))


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300, 1.7e308])
def test_numbers_of_any_size_come_out_the_same(size):
    x = np.array([[-1.0], [-0.5], [0.1], [0.5], [1.0]])
    expected = _clipped(x, 0.1, 1.0)
    with np.errstate(over="raise"):
        np.testing.assert_allclose(_matrix(_learn(x * size), x * size), expected, rtol=1e-6)


def test_far_numbers_are_clipped_to_three():
    learnt = _learn(np.arange(5.0)[:, None])
    far = np.array([[1e308], [-1e308]])
    np.testing.assert_allclose(_matrix(learnt, far), [[3.0], [-3.0]], rtol=1e-9)


def test_missing_numbers_become_the_median_and_training_is_told_where():
    X = np.array([[1.0, 0.0], [NAN, 1.0], [2.0, 2.0], [9.0, 3.0]])
    learnt = _learn(X)
    assert learnt.indicators == [0]
    later = np.array([[NAN, NAN], [2.0, 1.5]])
    made = _matrix(learnt, later)
    low, high = np.quantile([1.0, 2.0, 9.0], [0.25, 0.75])
    np.testing.assert_allclose(made[:, 0], _clipped([2.0, 2.0], 2.0, high - low))
    np.testing.assert_allclose(made[:, 1], 0, atol=1e-15)  # the median of 0, 1, 2 and 3
    low, centre, high = np.quantile([0, 1, 0, 0], [0.25, 0.5, 0.75])
    np.testing.assert_allclose(made[:, 2], _clipped([1, 0], centre, high - low))


def test_two_levels_are_one_column_of_plus_and_minus_one():
    learnt = _learn(pd.DataFrame({"a": ["no", "yes", "no", "no", "no"]}))
    later = pd.DataFrame({"a": ["yes", "no", None, "other"]})
    # the median is -1, the quartiles are equal, half the range is 1
    np.testing.assert_allclose(_matrix(learnt, later)[:, 0], _clipped([1, -1, 0, 0], -1, 1))


@pytest.mark.parametrize(
    ("most", "kind"), [(4, "onehot"), (3, "onehot"), (2, "codes"), (0, "codes")]
)
def test_up_to_max_onehot_levels_are_one_hot(most, kind):
    frame = pd.DataFrame({"a": list("xxyyzz"), "b": list("uvuvuv")})
    kinds = [own["kind"] for own in _learn(frame, max_onehot=most).categories]
    assert sorted(kinds) == sorted([kind, "two"])


def test_few_levels_are_one_hot_and_missing_or_unknown_ones_are_zeros():
    learnt = _learn(pd.DataFrame({"a": ["x", "y", "z", "z", "x", "y", None]}))
    assert learnt.categories[0]["levels"] == ["x", "y", "z"]
    made = _matrix(learnt, pd.DataFrame({"a": ["y", None, "never"]}))
    one = np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(made, _clipped(one, np.zeros(3), np.r_[0.5, 0.5, 0.5]))


def test_a_single_level_says_something_only_beside_missing_values():
    assert _learn(pd.DataFrame({"a": ["x", "x"]})).categories == []
    learnt = _learn(pd.DataFrame({"a": ["x", None, "x"]}))
    assert learnt.categories[0]["kind"] == "onehot"
    made = _matrix(learnt, pd.DataFrame({"a": ["x", None]}))[:, 0]
    np.testing.assert_allclose(made, _clipped([1, 0], 1.0, 0.5))


def test_many_levels_are_codes_and_those_of_one_row_are_unknown():
    column = ["a", "a", "b", "b", "c", "c", "once", None]
    learnt = _learn(pd.DataFrame({"n": [*range(8)], "a": column}), max_onehot=2)
    assert learnt.sizes == [5]  # unknown, a, b, c, missing
    made = _matrix(learnt, pd.DataFrame({"n": [0] * 6, "a": ["a", "b", "c", "once", None, "new"]}))
    np.testing.assert_array_equal(made[:, 1], [1, 2, 3, 0, 4, 0])
    assert learnt.n_columns == 2
    assert learnt.n_plain == learnt.n_numbers == 1


def test_missing_levels_are_unknown_if_training_had_none():
    learnt = _learn(pd.DataFrame({"a": list("aabbcc")}), max_onehot=2)
    assert learnt.sizes == [4]
    made = _matrix(learnt, pd.DataFrame({"a": ["c", None]}))
    np.testing.assert_array_equal(made, [[3], [0]])


def test_a_column_that_names_every_row_is_left_out():
    learnt = _learn(pd.DataFrame({"id": [f"row {i}" for i in range(20)]}))
    assert learnt.categories == []


def test_categories_of_numbers_are_found_whatever_type_they_later_have():
    learnt = _learn(np.array([[3], [1], [2], [3]]), is_category=[True])
    assert learnt.categories[0]["levels"] == [1, 2, 3]
    for later in (np.array([[2.0], [NAN]]), pd.DataFrame({0: [2, None]}, dtype=object)):
        np.testing.assert_array_equal(_matrix(learnt, later)[0] > 0, [False, True, False])


def test_levels_of_several_types_are_in_one_order():
    frame = pd.DataFrame({"a": ["b", 2, "a", True, 1.5] * 2})
    assert _learn(frame).categories[0]["levels"] == [True, 1.5, 2, "a", "b"]


def test_codes_come_last_whatever_the_order_of_the_columns():
    columns = {"many": list("aabbccdd"), "two": list("xyxyxyxy"), "more": list("ssrrqqpp")}
    frame = pd.DataFrame({**columns, "n": range(8)})
    learnt = _learn(frame, max_onehot=3)
    assert [own["kind"] for own in learnt.categories] == ["two", "codes", "codes"]
    up = [1, 1, 2, 2, 3, 3, 4, 4]
    np.testing.assert_array_equal(_matrix(learnt, frame)[:, 2:].T, [up, up[::-1]])


def test_sparse_rows_are_encoded_as_dense_ones():
    X = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0], [0.0, 1.0, 0.0], [4.0, 0.0, NAN]])
    dense, sparse = read_array(X), read_array(csr_array(X))
    none = np.zeros(3, bool)
    one, other = (Encoding.learn(table, none, 8) for table in (dense, sparse))
    np.testing.assert_array_equal(one.matrix(dense), other.matrix(sparse)[:])


def test_rows_are_encoded_some_at_a_time(monkeypatch):
    frame = pd.DataFrame({"n": np.arange(30.0), "m": [NAN, 1.0] * 15, "a": list("xyz") * 10})
    learnt = _learn(frame)
    whole = _matrix(learnt, frame)
    monkeypatch.setattr(encoding, "CHUNK", 14)
    np.testing.assert_array_equal(_matrix(learnt, frame), whole)


def _blocks(learnt, table, n_rows):
    return list(learnt.matrices(table, (n_rows + 0.5) * 4 * learnt.n_columns))


@pytest.mark.parametrize("as_array", [False, True])
def test_blocks_of_the_matrix_fit_into_the_memory(as_array):
    frame = pd.DataFrame({"n": np.arange(30.0), "m": [NAN, 1.0] * 15, "a": [1.0, 2.0, 3.0] * 10})
    table = read_array(frame.to_numpy()) if as_array else read_frame(frame)
    learnt = Encoding.learn(table, np.array([False, False, True]), 8)
    blocks = _blocks(learnt, table, 8)
    assert [len(block) for block in blocks] == [8, 8, 8, 6]
    np.testing.assert_array_equal(np.concatenate(blocks), learnt.matrix(table))
    assert len(_blocks(learnt, table, 30)) == 1
    assert len(_blocks(learnt, table, 0.4)) == 30  # at least a row


def test_sparse_matrix_is_a_single_block():
    table = read_array(csr_array(np.eye(6)))
    learnt = Encoding.learn(table, np.zeros(6, bool), 8)
    (block,) = _blocks(learnt, table, 2)
    np.testing.assert_array_equal(block[:], learnt.matrix(table)[:])


def test_infinity_is_refused_by_column_in_fit_and_later():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 5.0]})
    learnt = _learn(frame)
    frame.loc[1, "b"] = -np.inf
    with pytest.raises(ValueError, match="Column 'b' must not hold infinity"):
        _learn(frame)
    with pytest.raises(ValueError, match="Column 'b' must not hold infinity"):
        _matrix(learnt, frame)


def test_strings_in_a_column_of_numbers_are_refused_by_column():
    learnt = _learn(pd.DataFrame({"a": [1.0, 2.0]}))
    with pytest.raises(ValueError, match=r"Column 'a' must hold numbers.*got 'x'"):
        _matrix(learnt, pd.DataFrame({"a": ["x", "y"]}))


def test_what_was_learnt_makes_the_same_encoding_again():
    frame = pd.DataFrame({"n": [1.0, NAN, 3.0, 7.0], "a": list("xyzx"), "b": list("uvuv")})
    learnt = _learn(frame, max_onehot=2)
    again = Encoding(**learnt.learnt())
    np.testing.assert_array_equal(_matrix(again, frame), _matrix(learnt, frame))


def test_columns_are_described_in_words():
    frame = pd.DataFrame(
        {
            "constant": [1.0] * 6,
            "number": [1.0, 2.0, 4.0, 8.0, 9.0, 3.0],
            "gaps": [1.0, NAN, 4.0, 8.0, 9.0, 3.0],
            "two": list("xyxyxy"),
            "many": list("aabbcc"),
            "some": list("xyzxyz"),
            "one or nothing": [1.0, NAN, 1.0, 1.0, 1.0, NAN],
        }
    )
    learnt = _learn(frame.drop(columns="many"), max_onehot=3)
    assert learnt.fed_in() == [
        "not used: constant, or another level in each row",
        "a number, scaled and clipped",
        "a number, scaled and clipped; 1 where a value is missing",
        "two levels as +1 and -1",
        "3 levels, one column for each",
        "1 where a value is missing",
    ]
    assert _learn(frame[["many"]], max_onehot=2).fed_in() == [
        "3 levels, embedded; all other levels share a vector"
    ]
