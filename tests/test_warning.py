"""Warnings point at the line that called the package, however deep they are given."""

import linecache
import os
import warnings

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn.warning
from sknn import MLPClassifier
from sknn.warning import warn

X = np.random.default_rng(0).normal(size=(30, 3))
Y = X[:, 0] > 0


def lines_warned_at(call):
    """The lines of code at which warnings are reported that a call gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [linecache.getline(warning.filename, warning.lineno).strip() for warning in caught]


def test_caller_outside_of_the_package_is_pointed_at():
    (line,) = lines_warned_at(lambda: warn("so and so"))
    assert line == '(line,) = lines_warned_at(lambda: warn("so and so"))'


@pytest.mark.parametrize("params", [{"max_iter": 1}, {"max_iter": 1, "solver": "lbfgs"}])
def test_caller_of_fit_is_pointed_at_through_wrappers_of_scikit_learn(params):
    clf = MLPClassifier((2,), random_state=0, **params)

    def call():
        clf.fit(X, Y)  # here

    assert lines_warned_at(call) == ["clf.fit(X, Y)  # here"]


def test_fit_in_a_pipeline_points_at_the_pipeline():
    model = make_pipeline(StandardScaler(), MLPClassifier((2,), max_iter=1, random_state=0))
    with pytest.warns(match="Maximum iterations") as caught:
        model.fit(X, Y)
    assert [warning.filename.rpartition("/")[-1] for warning in caught] == ["pipeline.py"]


def test_fit_of_a_subclass_points_at_its_own_line():
    class Mine(MLPClassifier):
        def fit(self, X, y):
            return super().fit(X, y)  # in the subclass

    clf = Mine((2,), max_iter=1, random_state=0)
    assert lines_warned_at(lambda: clf.fit(X, Y)) == ["return super().fit(X, y)  # in the subclass"]


def test_code_in_a_directory_whose_name_begins_alike_is_a_caller():
    path = os.path.dirname(sknn.__file__) + "_extras.py"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(compile("warn('so and so')", path, "exec"), {"warn": warn})
    assert [warning.filename for warning in caught] == [path]


def test_warning_is_given_where_no_caller_is_outside(monkeypatch):
    monkeypatch.setattr(sknn.warning, "_is_ours", lambda filename: True)
    with pytest.warns(UserWarning, match="^so and so$"):
        warn("so and so")
