"""Predictions by members that did not train on a row."""

import numpy as np
from numpy.testing import assert_array_equal

from sknn.tabular.out_of_fold import out_of_fold, scattered


def test_rows_have_the_mean_of_the_members_that_did_not_see_them():
    folds = [np.array([4, 0]), np.array([0, 2])]
    predictions = [np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 8.0], [7.0, 7.0]])]
    values, seen = out_of_fold(predictions, folds, 5)
    assert_array_equal(seen, [True, False, True, False, True])
    assert_array_equal(values, [[4.0, 6.0], [7.0, 7.0], [1.0, 2.0]])
    kept = np.array([True, False, True, True, True, False, True])
    nothing = [np.nan, np.nan]
    places = [[4.0, 6.0], nothing, nothing, [7.0, 7.0], nothing, nothing, [1.0, 2.0]]
    assert_array_equal(scattered(values, kept, seen), places)
    assert_array_equal(scattered(values[:, 0], kept, seen)[[0, 1, 6]], [4.0, np.nan, 1.0])
