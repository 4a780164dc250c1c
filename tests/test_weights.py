"""The check of weights for older versions of scikit-learn: what version 1.9 says."""

import re

import numpy as np
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_array_equal

from sknn.scikit_learn import check_sample_weight as installed
from sknn.scikit_learn import weights as module
from sknn.scikit_learn.weights import check_sample_weight as ours

X = np.ones((3, 2))
NOT_ZERO = r"^Sample weights must contain at least one non-zero number\.$"


@pytest.mark.parametrize("zeros", [0, 0.0, [0, 0, 0], np.zeros(3, np.float32)])
@pytest.mark.parametrize("check", [ours, installed])
def test_weights_that_are_all_zero_are_refused(check, zeros):
    with pytest.raises(ValueError, match=NOT_ZERO):
        check(zeros, X)


def test_weights_that_an_older_version_lets_through_are_refused(monkeypatch):
    monkeypatch.setattr(module, "_check_sample_weight", lambda weights, X: weights)
    assert_array_equal(ours(np.array([0.0, 2.0, 0.0]), X), [0, 2, 0])
    assert_array_equal(ours(np.zeros(3), X, allow_all_zero_weights=True), [0, 0, 0])
    with pytest.raises(ValueError, match=NOT_ZERO):
        ours(np.zeros(3), X)


@needs_scikit_learn("1.9", "this check of weights")
@pytest.mark.parametrize(
    ("weights", "options"),
    [(2, {}), ([0, 0, 1], {"dtype": np.float32}), (np.array([-1.0, 0, 1]), {})],
)
def test_weights_are_those_of_scikit_learn(weights, options):
    assert_array_equal(ours(weights, X, **options), installed(weights, X, **options), strict=True)


@needs_scikit_learn("1.9", "this check of weights")
@pytest.mark.parametrize(
    ("weights", "options"),
    [
        (np.array([-1.0, 0, 1]), {"ensure_non_negative": True}),
        ([1, 2], {}),
        (np.ones((3, 1)), {}),
        ([1, np.nan, 1], {}),
    ],
)
def test_errors_about_weights_are_those_of_scikit_learn(weights, options):
    with pytest.raises(ValueError, match=r"weight") as wanted:
        installed(weights, X, **options)
    with pytest.raises(ValueError, match=f"^{re.escape(str(wanted.value))}$"):
        ours(weights, X, **options)
