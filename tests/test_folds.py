"""Folds that are dealt out by y."""

import numpy as np
import pytest

from sknn.tabular.folds import asked_folds, dealt_folds, restored_folds, stored_folds


def _deal(y, n_members, seed=0):
    return dealt_folds(np.asarray(y), n_members, np.random.RandomState(seed))


def test_each_row_is_held_out_once_and_trained_on_otherwise():
    splits = _deal(np.arange(43) % 4, 8)
    assert len(splits) == 8
    np.testing.assert_array_equal(np.sort(np.concatenate([at for _, at in splits])), np.arange(43))
    for train, at in splits:
        np.testing.assert_array_equal(np.sort(np.r_[train, at]), np.arange(43))
        assert len(at) in (5, 6)


def test_every_fold_has_its_share_of_each_class():
    y = np.repeat([0, 1, 2], [40, 16, 8])
    for _, at in _deal(y, 8):
        np.testing.assert_array_equal(np.bincount(y[at]), [5, 2, 1])


def test_every_fold_has_small_and_large_numbers():
    y = np.random.RandomState(3).permutation(80).astype(float)
    for _, at in _deal(y, 8):
        np.testing.assert_array_equal(np.sort(y[at]) // 8, np.arange(10))  # one of each eight


def test_rows_sorted_by_y_are_dealt_out_from_the_smallest():
    y = np.random.RandomState(3).permutation(22)
    for number, (_, at) in enumerate(_deal(y, 8)):
        np.testing.assert_array_equal(np.sort(y[at]), np.arange(number, 22, 8))


def test_few_members_hold_out_a_fifth():
    splits = _deal(np.zeros(50), 2)
    assert [len(at) for _, at in splits] == [10, 10]
    assert not set(splits[0][1]) & set(splits[1][1])


@pytest.mark.parametrize(("n", "members"), [(1, 0), (3, 0), (4, 2), (9, 4), (16, 8), (100, 8)])
def test_small_tables_have_fewer_members(n, members):
    assert len(_deal(np.zeros(n), 8)) == members


def test_rows_are_shuffled_first():
    y = np.zeros(40)
    assert any(not np.array_equal(_deal(y, 5)[0][1], _deal(y, 5, seed)[0][1]) for seed in (1, 2))
    np.testing.assert_array_equal(_deal(y, 5, 1)[0][1], _deal(y, 5, 1)[0][1])


def test_folds_of_several_sizes_are_stored_as_two_arrays_and_restored():
    splits = [([0, 2, 3], [1]), ([1], [0, 4]), ([4], [2, 3])]
    rows = stored_folds(splits)
    np.testing.assert_array_equal(rows["training"], [[0, 2, 3], [1, -1, -1], [4, -1, -1]])
    np.testing.assert_array_equal(rows["validation"], [[1, -1], [0, 4], [2, 3]])
    restored = [tuple(part.tolist() for part in split) for split in restored_folds(rows, 5)]
    assert restored == splits
    assert stored_folds([None, None]) == {}
    assert restored_folds({}, 5) is None
    flat = {name: own[0] for name, own in rows.items()}
    for wrong, n in ((rows, 4), (flat, 5)):
        with pytest.raises(ValueError, match=f"below {n} for each member, as there are {n} samp"):
            restored_folds(wrong, n)


def test_groups_are_dealt_out_by_class():
    groups = np.repeat(np.arange(10), 4)
    y, kept = np.isin(groups, [3, 4, 7, 8, 9]).astype(int), np.ones(40, bool)
    for _, at in asked_folds(None, y, groups, kept, 5, classes=True):
        assert np.bincount(y[at]).tolist() == [4, 4]


def test_members_take_splits_in_turn():
    y, kept = np.arange(9.0), np.ones(9, bool)
    found = asked_folds(3, y, None, kept, 8, classes=False)
    first = [at.tolist() for _, at in found]
    assert first == 2 * [[0, 1, 2], [3, 4, 5], [6, 7, 8]] + [[0, 1, 2], [3, 4, 5]]


def test_a_single_group_is_refused():
    y, kept = np.arange(6.0), np.ones(6, bool)
    with pytest.raises(ValueError, match=r"^groups must hold at least two groups, got a sing"):
        asked_folds(None, y, np.zeros(6), kept, 2, classes=False)


class Looking:
    """A splitter that keeps what it is given, and holds out every other row."""

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1

    def split(self, X, y=None, groups=None):
        self.y, self.groups = y, groups
        yield np.arange(0, len(X), 2), np.arange(1, len(X), 2)


def test_splitters_are_given_all_rows_and_members_those_that_are_kept():
    looking, groups = Looking(), list("abcde")
    kept = np.array([False, True, True, False, True])
    (found,) = asked_folds(looking, np.array([7, 8, 9]), groups, kept, 1, classes=True)
    np.testing.assert_array_equal(looking.y[kept], [7, 8, 9])
    assert looking.groups == groups
    assert [part.tolist() for part in found] == [[1, 2], [0]]


def test_a_number_of_folds_deals_out_classes_evenly_and_numbers_in_turn():
    y, kept = np.repeat([0, 1], 4), np.ones(8, bool)
    for _, at in asked_folds(2, y, None, kept, 2, classes=True):
        assert np.bincount(y[at]).tolist() == [2, 2]
    found = [at.tolist() for _, at in asked_folds(2, y * 1.5, None, kept, 2, classes=False)]
    assert found == [[0, 1, 2, 3], [4, 5, 6, 7]]
