"""Targets that are taken, and refused."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.multioutput import MultiOutputClassifier

from sknn import TabularClassifier, TabularRegressor
from sknn.tabular.targets import Scaling, weight_by_class

RANDOM = np.random.RandomState(0)
N = 60
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
X = RANDOM.normal(size=(N, 2))
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": RANDOM.choice(list("xyz"), N)})
LABELS = np.array(["low", "mid", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]


@pytest.mark.parametrize(
    ("estimator", "y", "told"),
    [
        (TabularClassifier, np.zeros((N, 2), int), "sklearn.multioutput.MultiOutputClassifier"),
        (TabularRegressor, np.zeros((N, 2)), "sklearn.multioutput.MultiOutputRegressor"),
        (TabularClassifier, csr_array(np.eye(N, 3, dtype=int)), r"got the shape \(60, 3\)"),
        (
            TabularRegressor,
            csr_array(np.eye(N, 3)),
            r"one column of numbers, got the shape \(60, 3",
        ),
        (TabularClassifier, X[:, 0], "Unknown label type"),
        (
            TabularClassifier,
            np.array([None, *LABELS[1:]], dtype=object),
            "Input y contains NaN, None or NA",
        ),
        (TabularClassifier, np.r_[np.nan, X[1:, 0] > 0], r"^Input y contains NaN\.$"),
        (TabularRegressor, np.r_[np.nan, X[1:, 0]], "Input y contains NaN"),
        (TabularRegressor, np.r_[np.inf, X[1:, 0]], "Input y contains infinity"),
        (TabularRegressor, LABELS, "could not convert string"),
        (TabularRegressor, None, "requires y to be passed"),
    ],
)
def test_targets_that_cannot_be_are_refused(estimator, y, told):
    with pytest.raises(ValueError, match=told):
        estimator(**SMALL).fit(FRAME, y)


def test_several_columns_of_labels_take_an_estimator_each():
    y = np.column_stack([LABELS == "low", FRAME.c == "x"])
    several = MultiOutputClassifier(TabularClassifier(**SMALL)).fit(FRAME, y)
    first = TabularClassifier(**SMALL).fit(FRAME, y[:, 0])
    assert_allclose(several.predict_proba(FRAME)[0], first.predict_proba(FRAME))


def test_scaling_goes_there_and_back_within_the_range():
    y = np.array([2.0, 4.0, 9.0])
    scaling = Scaling.learn(y)
    assert (scaling.mean, scaling.scale) == pytest.approx((5.0, np.std(y)))
    assert_allclose(scaling.back(scaling.there(y)), y)
    far = np.array([-100.0, 0.0, 100.0])
    assert_allclose(scaling.back(far), [2.0, 5.0, 9.0])
    assert_allclose(scaling.within(far) * np.std(y) + 5.0, [2.0, 5.0, 9.0])


def test_scaling_bears_differences_that_no_float_can_hold():
    y = np.array([-1.7e308, -1.7e308, -1.7e308, 1.7e308])
    assert_allclose(Scaling.learn(y).there(y), np.array([-1, -1, -1, 3]) / np.sqrt(3))


def test_balanced_classes_have_the_same_sum_of_weights():
    codes, weight = np.array([0, 0, 0, 1, 2]), np.array([1.0, 2.0, 3.0, 2.0, 4.0])
    found = weight_by_class("balanced", np.arange(3), codes, weight)
    assert_allclose(np.bincount(codes, weights=found), [4, 4, 4])
    assert_allclose(found, weight * np.array([4 / 6, 2, 1])[codes])


def test_positive_numbers_keep_their_zero():
    scaling = Scaling.learn(np.array([0.0, 2.0, 4.0]), positive=True)
    assert (scaling.mean, scaling.scale) == (0.0, 2.0)
    assert Scaling.learn(np.zeros(3), positive=True).scale == 1.0
