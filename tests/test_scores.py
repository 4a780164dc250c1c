"""Scores added up block by block are those of all samples; scores of epochs of members."""

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose
from scipy.special import softmax
from sklearn.metrics import r2_score

from sknn.dask.scores import MeanScore, R2Score
from sknn.nn.losses import Poisson, Quantile, SquaredError
from sknn.tabular.scores import ERRORS, SCORES, minus_loss

Y = normal(30, 2) + np.array([1e6, 0])
Z = Y + 0.5 * normal(30, 2, seed=1)
WEIGHT = np.abs(normal(30, seed=2))
PARTS = (slice(0, 3), slice(3, 4), slice(4, 30))


def added(score, z, y, weight, parts=PARTS):
    for part in parts:
        score.add(z[part], y[part], None if weight is None else weight[part])
    return score.value()


@pytest.mark.parametrize(
    "weight", [None, WEIGHT, WEIGHT.astype(np.float32)], ids=["equal", "weighed", "float32"]
)
def test_r2_is_that_of_scikit_learn(weight):
    got = added(R2Score(SquaredError()), Z, Y, weight)
    exact = None if weight is None else weight.astype(float)
    assert_allclose(got, r2_score(Y, Z, sample_weight=exact), rtol=1e-9)


def test_r2_is_of_what_the_loss_predicts():
    y = np.exp(Y[:, 1:])
    assert_allclose(
        added(R2Score(Poisson()), Z[:, 1:], y, None), r2_score(y, np.exp(Z[:, 1:])), rtol=1e-9
    )
    levels = Quantile([0.9, 0.4, 0.1])  # predictions are in ascending order of the levels
    z = np.column_stack([Z[:, 0], Y[:, 1], Z[:, 1]])
    ordered = levels.predict(z)
    wanted = r2_score(Y[:, :1], ordered[:, [1]])
    assert_allclose(added(R2Score(levels), z, Y[:, :1], None), wanted, rtol=1e-9)


@pytest.mark.parametrize(("error", "wanted"), [(0.0, 1.0), (1.0, 0.5)])
def test_r2_of_constant_targets_is_that_of_scikit_learn(error, wanted):
    y = np.column_stack([np.full(30, 3.0), Y[:, 1]])
    predicted = y + np.array([error, 0])
    assert r2_score(y, predicted) == wanted
    assert added(R2Score(SquaredError()), predicted, y, None) == wanted


def test_r2_of_blocks_of_one_sample_is_that_of_all():
    rows = [slice(i, i + 1) for i in range(len(Y))]
    got = added(R2Score(SquaredError()), Z, Y, None, rows)
    assert_allclose(got, r2_score(Y, Z), rtol=1e-9)


def test_r2_of_one_sample_or_of_an_overflow_is_nan():
    assert np.isnan(added(R2Score(SquaredError()), Z[:1], Y[:1], None, [slice(0, 1)]))
    Z_ = Z.copy()
    Z_[7] = np.inf
    assert np.isnan(added(R2Score(SquaredError()), Z_, Y, None))


def test_blocks_of_weight_zero_do_not_count():
    weight = WEIGHT.copy()
    weight[:3] = 0
    got = added(R2Score(SquaredError()), Z, Y, weight)
    assert_allclose(got, r2_score(Y[3:], Z[3:], sample_weight=weight[3:]), rtol=1e-9)
    mean = MeanScore(lambda z, y, weight: np.average(z[:, 0], weights=weight))
    assert_allclose(added(mean, Z, Y, weight), np.average(Z[:, 0], weights=weight), rtol=1e-12)
    assert np.isnan(added(mean.__class__(mean.score), Z, Y, 0 * weight))


def test_mean_weighs_blocks_by_their_samples():
    mean = MeanScore(lambda z, y, weight: z[:, 0].mean())
    assert_allclose(added(mean, Z, Y, None), Z[:, 0].mean(), rtol=1e-12)


# Of members


def test_scores_of_epochs_are_those_of_scikit_learn():
    z, y = normal(20, 3), np.eye(3)[np.arange(20) % 3]
    weight, p = WEIGHT[:20], softmax(z, axis=1)
    mean = {None: np.mean, "w": lambda own: np.average(own, weights=weight)}
    for key, average in mean.items():
        given = None if key is None else weight
        own = {name: score(z, y, given) for name, score in SCORES.items()}
        assert own["neg_brier_score"] == pytest.approx(-average(((p - y) ** 2).sum(axis=1)))
        assert own["neg_log_loss"] == pytest.approx(average(np.log(p[y == 1])))
        assert own["accuracy"] == pytest.approx(average(z.argmax(axis=1) == y.argmax(axis=1)))
        t = z[:, :1]
        own = {name: score(t, t * 0 + 1, given) for name, score in ERRORS.items()}
        squares, gaps = average(((t - 1) ** 2)[:, 0]), average(np.abs(t - 1)[:, 0])
        assert own["neg_root_mean_squared_error"] == pytest.approx(-(squares**0.5))
        assert own["neg_mean_absolute_error"] == pytest.approx(-gaps)


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_minus_the_loss_of_raw_outputs(weight):
    y, z = np.abs(Y[:, 1:]), Z[:, 1:]
    expected = np.average(poisson_deviance(y, np.exp(z))[:, 0], weights=weight) / 2
    assert minus_loss(Poisson(), z, y, weight) == pytest.approx(-expected)


def poisson_deviance(y, mu):
    return 2 * (y * np.log(y / mu) - y + mu)
