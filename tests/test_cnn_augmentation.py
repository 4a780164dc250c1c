"""CNNs trained on images that are shifted and mirrored at random."""

import numpy as np
import pytest
from cnns import BOTH, ONE_BLOCK, STILL, assert_same_weights, forward, outputs, problem, small
from helpers import normal
from numpy.testing import assert_allclose

from sknn import CNNClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EACH = pytest.mark.parametrize("augment", ["shift", "flip", "shift+flip"])


@EACH
@BOTH
def test_same_seed_draws_the_same(make, augment):
    X, y = problem(make)
    one, same = (small(make, augment=augment).fit(X, y) for _ in "12")
    assert_same_weights(same, one)


@EACH
@BOTH
def test_weights_are_drawn_as_without_augmentation(make, augment):
    X, y = problem(make)
    assert_same_weights(small(make, **STILL, augment=augment).fit(X, y),
                        small(make, **STILL).fit(X, y))  # fmt: skip


@EACH
@BOTH
def test_images_to_predict_for_are_taken_as_they_are(make, augment):
    X, y = normal(20, 9, 8, 2), np.arange(20) % 3
    estimator = small(make, **ONE_BLOCK, augment=augment).fit(X, y)
    assert_allclose(outputs(estimator, X), forward(estimator, X), rtol=1e-10, atol=1e-12)


@BOTH
def test_flips_of_symmetric_images_change_nothing(make):
    X, y = problem(make)
    X = X + X[:, :, ::-1]
    assert_same_weights(small(make, augment="flip").fit(X, y), small(make).fit(X, y))


@BOTH
def test_shifts_of_images_of_less_than_eight_pixels_change_nothing(make):
    X, y = problem(make)
    X = X[:, 1:, :7]
    assert_same_weights(small(make, augment="shift").fit(X, y), small(make).fit(X, y))


def test_flipped_images_teach_what_their_mirror_images_are():
    """Bars on one side; without flips a network that has seen only these fails on the others."""
    rng = np.random.default_rng(0)
    X = 0.1 * rng.random((200, 6, 6))
    X[:, :, 0] += np.arange(200)[:, None] % 2  # upright bars on the left, or none
    y = np.arange(200) % 2
    params = {"filters": (4,), "max_iter": 15, "learning_rate_init": 0.01, "random_state": 0}
    flipped = CNNClassifier(**params, augment="flip").fit(X, y)
    assert flipped.score(X, y) == flipped.score(X[:, :, ::-1], y) == 1
    assert CNNClassifier(**params).fit(X, y).score(X[:, :, ::-1], y) < 0.9
