"""What one pass over the blocks says: lengths, classes, weights, and whether blocks differ."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.class_weight import compute_class_weight

from sknn.dask.census import Census, Count
from sknn.nn.blocks import Extremes

LABELS = [np.array(list("aab")), np.array(list("c")), np.array([], "U1"), np.array(list("bbbc"))]
Y = np.concatenate(LABELS)


def count_of(y, **figures):
    return Count(len(y), labels=[np.unique(y, return_counts=True)] if len(y) else [], **figures)


def census_of(blocks):
    return Census.take(lambda number: count_of(blocks[number]), len(blocks))


def numbers_of(blocks):
    blocks = [np.asarray(block, float).reshape(len(block), -1) for block in blocks]
    counts = [
        Count(len(y), mean=y.mean(axis=0), squares=np.square(y - y.mean(axis=0)).sum(axis=0))
        for y in blocks
    ]
    return Census.take(lambda number: counts[number], len(counts))


def test_blocks_with_rows_are_counted_by_number():
    census = census_of(LABELS)
    assert census.numbers == [0, 1, 3]
    assert_array_equal(census.lengths, [3, 1, 4])
    assert_array_equal(census.classes()[0], ["a", "b", "c"])
    assert_array_equal(
        census.numbers_of(np.array(["a", "b", "c"])), [[2, 1, 0], [0, 0, 1], [0, 3, 1]]
    )
    with pytest.raises(ValueError, match="X has no rows in any of its 2 partitions"):
        census_of([[], []])


def test_balanced_weights_are_those_of_all_rows():
    got = census_of(LABELS).balanced()
    classes = np.unique(Y)
    wanted = compute_class_weight("balanced", classes=classes, y=Y)
    assert list(got) == ["a", "b", "c"]
    assert_array_equal(list(got.values()), wanted)


def test_examples_hold_each_label_of_each_column_three_times():
    y = census_of(LABELS).examples()
    assert y.shape == (9,)
    assert_array_equal(np.unique(y, return_counts=True)[1], [3, 3, 3])
    columns = [np.array([0, 1]), np.array([0, 1, 2, 3])]
    counts = [Count(4, labels=[(column, np.ones(len(column), int)) for column in columns])]
    y = Census([0], counts).examples()
    assert y.shape == (12, 2)
    assert [np.unique(column).tolist() for column in y.T] == [[0, 1], [0, 1, 2, 3]]


def test_extremes_and_weights_are_those_of_all_blocks():
    counts = [
        Count(2, weight_sum=1.5, extremes=Extremes(3.0, 1.0, 0.5)),
        Count(1, weight_sum=2.0, extremes=Extremes(2.0, 7.0, 0.25)),
    ]
    census = Census([0, 1], counts)
    assert census.extremes == Extremes(3.0, 7.0, 0.25)
    assert census.weight_sum == 3.5
    census.check_weights(np.float32)
    counts[0].weight_sum = counts[1].weight_sum = 0.0
    with pytest.raises(ValueError, match="sample_weight must be finite with a sum from"):
        census.check_weights(np.float32)
    assert Census([0], [Count(2)]).extremes.weight is None


def explained_of(y, lengths):
    """The part of the variance of one column between blocks, by its definition."""
    blocks = np.split(y, np.cumsum(lengths)[:-1])
    between = sum(len(block) * (block.mean() - y.mean()) ** 2 for block in blocks)
    share, chance = between / ((y - y.mean()) ** 2).sum(), (len(blocks) - 1) / (len(y) - 1)
    return (share - chance) / (1 - chance)


@pytest.mark.parametrize("seed", range(3))
def test_explained_part_is_that_of_the_most_one_sided_class_or_column(seed):
    rng = np.random.default_rng(seed)
    lengths = np.array([5, 30, 11])
    y = rng.normal(size=(46, 2)) + np.repeat([0, 1, 3], lengths)[:, None] * [1, 0.2]
    census = numbers_of(np.split(y, np.cumsum(lengths)[:-1]))
    wanted = max(explained_of(column, lengths) for column in y.T)
    assert_allclose(census.explained(), wanted, rtol=1e-9)
    labels = np.digitize(y[:, 0], [0, 1.5])
    census = census_of(np.split(labels, np.cumsum(lengths)[:-1]))
    wanted = max(explained_of((labels == one).astype(float), lengths) for one in range(3))
    assert_allclose(census.explained(), wanted, rtol=1e-9)


def test_explained_part_at_its_ends():
    assert_allclose(census_of([[0] * 9, [1] * 7]).explained(), 1, rtol=1e-12)
    assert_allclose(numbers_of([[1.0] * 5, [2.0] * 5]).explained(), 1, rtol=1e-12)
    assert census_of([[0, 1], [0, 1]]).explained() == 0  # less than chance
    assert census_of([[0], [1]]).explained() == 0  # blocks of one row cannot be alike
    assert census_of([[1], [1, 1]]).explained() == 0  # one class
    assert census_of([[0, 1, 1]]).explained() == 0
    assert census_of([[0]]).explained() == 0


def test_the_longest_blocks_are_dealt_out_first():
    census = census_of([[0] * 2, [0] * 3, [0], [0] * 3, [0] * 9, [0] * 4])
    assert census.groups(2) == [[0, 4], [1, 2, 3, 5]]
    assert census.groups(3) == [[4], [0, 2, 5], [1, 3]]


@pytest.mark.parametrize(("explained", "warns"), [(0.249, False), (0.251, True)])
def test_a_quarter_of_the_variance_may_be_explained_by_blocks(explained, warns, monkeypatch):
    monkeypatch.setattr(Census, "explained", lambda self: explained)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        census_of([[0], [1]]).warn_of_one_sided_blocks()
    assert bool(caught) == warns


def test_blocks_that_differ_are_warned_of():
    with pytest.warns(UserWarning, match="explains 100% of the variance of y.*scatter_rows"):
        census_of([[0] * 9, [1] * 9]).warn_of_one_sided_blocks()
    blocks = [[0] * 80 + [1] * 20, [0] * 20 + [1] * 80]
    assert census_of(blocks).explained() > 0.25
    milder = [[0] * 70 + [1] * 30, [0] * 30 + [1] * 70]
    assert 0.1 < census_of(milder).explained() < 0.25
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        census_of(milder).warn_of_one_sided_blocks()
