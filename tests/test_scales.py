"""X_val that is scaled differently from X is named; samples of the same kind are not."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier, TrainingWarning
from sknn.estimators.scales import warn_of_other_scale
from sknn.nn.batches import Samples

RNG = np.random.default_rng(0)


def told(X, X_val):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_other_scale(Samples(X, np.float64), Samples(X_val, np.float64))
    assert all(each.category is TrainingWarning for each in caught)
    return " ".join(str(each.message) for each in caught)


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer, load_digits, load_wine])
def test_samples_that_were_not_scaled_are_named(load):
    X, _ = load(return_X_y=True)
    X = RNG.permutation(X)
    train, val = X[: len(X) // 2], X[len(X) // 2 :]
    scaler = StandardScaler().fit(train)
    assert "pipeline[:-1].transform(X_val)" in told(scaler.transform(train), val)
    assert told(scaler.transform(train), scaler.transform(val)) == ""
    assert told(train, val) == ""


def test_pixels_that_were_not_divided_are_named_both_ways():
    X = RNG.integers(0, 256, (40, 16)).astype(float)
    assert "or more standard deviations from the mean of X" in told(X / 255, X)
    assert "vary at most 0.00392 times as much as in X" in told(X, X / 255)


@pytest.mark.parametrize(
    ("shift", "told_of"),
    [
        ([2.6, 2.6, 2.6, 0, 0], None),  # sqrt(1 + 2.6^2) = 2.8
        ([3.1, 3.1, 3.1, 0, 0], "half of its features lie 3.2"),
        ([19, 0, 0, 0, 0], None),
        ([18, 19, 0, 0, 0], None),
        ([21, 0, 0, 0, 0], "a feature lies 21"),
    ],
)
def test_half_of_the_features_or_a_single_one_far_off_decide(shift, told_of):
    X = StandardScaler().fit_transform(RNG.normal(size=(500, 5)))
    text = told(X, X + shift)
    assert told_of in text if told_of else text == ""


def test_one_of_many_features_may_be_far_off():
    X = StandardScaler().fit_transform(RNG.normal(size=(500, 20)))
    shift = np.zeros(20)
    shift[:2] = 50
    assert told(X, X + shift) == ""
    shift[:3] = 50
    assert "a feature lies 50" in told(X, X + shift)


def test_narrow_samples_are_known_by_their_standard_deviations():
    X = RNG.normal(size=(500, 5))
    assert told(X, 0.12 * X) == ""
    assert "half of its features vary at most 0.08 times" in told(X, 0.08 * X)
    assert "half of its features vary at most 0.08 times" in told(X, [1, 0.08, 0.08, 0.08, 1] * X)


def test_features_far_from_zero_count():
    years = 2000 + RNG.normal(size=(20, 2))
    assert "standard deviations from the mean of X" in told(years, years + 50)


def test_few_samples_may_differ_by_chance():
    X = RNG.normal(size=(20, 2))
    assert told(X, X[:9] + 50) == told(X[:9], X + 50) == ""
    assert told(X[:10], X[10:] + 50) != ""


def test_constant_features_do_not_count():
    X = RNG.normal(size=(20, 3))
    X[:, 1:] = 7
    assert told(X, X + np.array([0, 1e6, 1e6])) == ""
    assert told(X, X + np.array([1e6, 0, 0])) != ""
    assert told(np.zeros((20, 2)), X[:, :2]) == ""
    assert told(X, np.ones((20, 3)) * X.mean(axis=0)) == ""  # no feature varies in both


def test_sparse_and_large_data_are_looked_at_in_part():
    X = (RNG.random((3000, 2)) < 0.3) * 1.0
    late = X.copy()
    late[1::3] = 1e6  # a third of the rows are looked at, the first of three
    assert told(X, late) == ""
    assert told(csr_array(X), csr_array(X)) == ""
    assert told(csr_array(X), csr_array(100 * X)) != ""


def test_fit_warns_of_x_val_and_says_that_a_pipeline_does_not_transform_it():
    X, y = load_iris(return_X_y=True)
    clf = MLPClassifier((2,), max_iter=1, random_state=0)
    with pytest.warns() as caught:
        clf.fit(StandardScaler().fit_transform(X), y, X_val=X, y_val=y)
    (text,) = [str(each.message) for each in caught if each.category is TrainingWarning]
    assert text.startswith("X_val must be scaled like X, but half of its features lie 4.15 or more")
    assert "A pipeline does not transform X_val" in text
