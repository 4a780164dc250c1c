"""The newest rows are held out."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV

import sknn
from sknn import MLPClassifier
from sknn.model_selection import NewestSplit


@pytest.mark.parametrize(
    ("test_size", "n", "n_test"), [(0.2, 10, 2), (0.2, 11, 3), (0.5, 2, 1), (3, 10, 3), (1, 2, 1)]
)
def test_newest_rows_are_held_out_and_all_others_train(test_size, n, n_test):
    ((train, test),) = NewestSplit(test_size).split(np.zeros((n, 1)))
    assert_array_equal(train, np.arange(n - n_test))
    assert_array_equal(test, np.arange(n - n_test, n))
    assert NewestSplit(test_size).get_n_splits() == 1


@pytest.mark.parametrize("test_size", [0, 0.0, -0.1, -1, 1.0, 10, 11, np.nan, np.inf, None, "0.2"])
def test_size_that_leaves_no_two_parts_raises(test_size):
    with pytest.raises(
        ValueError, match=f"at least one of the 10 rows for training, got {test_size!r}"
    ):
        next(NewestSplit(test_size).split(np.zeros((10, 1))))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_it_splits_searches_and_is_saved_with_an_estimator(tmp_path):
    X, y = np.arange(40.0)[:, None] / 40, np.arange(40) % 2
    clf = MLPClassifier(
        (2,), max_iter=2, early_stopping=True, validation_fraction=NewestSplit(0.25), random_state=0
    )
    search = GridSearchCV(clf, {"alpha": [0.1]}, cv=NewestSplit(10)).fit(X, y)
    by_hand = clf.set_params(alpha=0.1).fit(X[:30], y[:30])
    assert search.cv_results_["mean_test_score"] == [by_hand.score(X[30:], y[30:])]
    sknn.save(clf, tmp_path / "clf.sknn")
    loaded = sknn.load(tmp_path / "clf.sknn").validation_fraction
    assert type(loaded) is NewestSplit
    assert loaded.test_size == 0.25
