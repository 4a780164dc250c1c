"""Numbers out of raw tables."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import mean_poisson_deviance, r2_score

from sknn import TabularRegressor
from sknn.nn import Mish, Quantile

RANDOM = np.random.RandomState(0)
N = 60
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
X = RANDOM.normal(size=(N, 2))
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": RANDOM.choice(list("xyz"), N)})


def _regressor(**params):
    return TabularRegressor(**{**SMALL, **params})


def test_predictions_are_the_mean_of_members_within_the_range_of_y():
    y = np.exp(3 * X[:, 0]) * 100
    reg = _regressor(max_iter=30).fit(FRAME, y)
    z = reg._outputs(FRAME)[..., 0] * y.std() + y.mean()
    assert (z < y.min()).any()  # or the next line says nothing
    assert_allclose(reg.predict(FRAME), np.clip(z, y.min(), y.max()).mean(axis=0), rtol=1e-6)
    assert reg.score(FRAME, y) == r2_score(y, reg.predict(FRAME))


def test_validation_error_is_that_of_clipped_predictions():
    y = np.exp(3 * X[:, 0]) * 100
    reg = _regressor(n_estimators=5, max_iter=20).fit(FRAME, y)
    members = reg._outputs(FRAME)[..., 0] * y.std() + y.mean()
    members = np.clip(members, y.min(), y.max())
    best = reg.validation_scores_[reg.best_iter_ - 1, np.arange(5)]
    for own, score in zip(members, best, strict=True):
        held_out = np.abs(own - reg.oof_prediction_) <= 1e-3 * y.std()
        assert held_out.sum() >= 12
        errors = (own - y)[held_out]
        if held_out.sum() == 12:  # clipped predictions of two members may be equal
            assert score == pytest.approx(-np.sqrt(np.mean(errors**2)) / y.std(), rel=1e-3)
    assert reg.oof_score_ == pytest.approx(r2_score(y, reg.oof_prediction_), rel=1e-5)


def test_outputs_are_scored_within_the_range_of_y():
    reg, y = _regressor(), np.array([1.0, 3.0, 3.0, 9.0])
    targets, _ = reg._learn_targets(y)
    assert_allclose(targets[:, 0], (y - 4.0) / 3.0)  # the deviation of y is 3
    z = np.array([[-50.0], [0.5], [0.0], [50.0]])
    errors = np.array([0.0, (4 + 3 * 0.5 - 3.0) / 3, (4 - 3.0) / 3, 0.0])  # the first is cut to 1
    assert reg._scoring()(z, targets, None) == pytest.approx(-np.sqrt(np.mean(errors**2)))


@pytest.mark.parametrize("size", [1e-200, 1e-5, 1e5, 1e300])
def test_targets_of_any_size_are_learnt_alike(size):
    plain = _regressor().fit(FRAME, X[:, 0]).predict(FRAME)
    assert_allclose(_regressor().fit(FRAME, X[:, 0] * size).predict(FRAME) / size, plain, rtol=1e-3)


def test_a_constant_target_is_predicted():
    assert_array_equal(_regressor().fit(FRAME, np.full(N, 7.5)).predict(FRAME), 7.5)


def test_absolute_error_as_scoring():
    reg = _regressor(max_iter=5, scoring="neg_mean_absolute_error").fit(FRAME, X[:, 0])
    root = _regressor(max_iter=5).fit(FRAME, X[:, 0])
    assert (reg.validation_scores_ > root.validation_scores_).all()  # mean <= root mean square


# Other losses


def test_counts_have_positive_predictions_on_the_scale_of_y():
    y = RANDOM.poisson(np.exp(1 + X[:, 0])).astype(float)
    reg = _regressor(loss="poisson", n_estimators=4, max_iter=20).fit(FRAME, y)
    members = np.exp(reg._outputs(FRAME)[..., 0]) * y.mean()
    assert_allclose(reg.predict(FRAME), np.clip(members, 0, y.max()).mean(axis=0), rtol=1e-6)
    assert mean_poisson_deviance(y, reg.predict(FRAME)) < mean_poisson_deviance(
        y, np.full(N, y.mean())
    )
    twice = _regressor(loss="poisson", n_estimators=4, max_iter=20).fit(FRAME, 2 * y)
    assert_allclose(twice.predict(FRAME), 2 * reg.predict(FRAME), rtol=1e-4)


def test_epochs_are_kept_by_the_loss():
    y, weight = np.exp(X[:, 0]), RANDOM.rand(N) + 0.5
    given = {"X_val": FRAME, "y_val": y, "sample_weight_val": weight}
    reg = _regressor(loss="poisson", max_iter=6).fit(FRAME, y, **given)
    mu = np.exp(reg._outputs(FRAME)[..., 0])
    best = reg.validation_scores_[reg.best_iter_ - 1, [0, 1]]
    assert_array_equal(best, reg.validation_scores_.max(axis=0))
    for own, score in zip(mu, best, strict=True):
        deviance = mean_poisson_deviance(y / y.mean(), own, sample_weight=weight)
        assert score == pytest.approx(-deviance / 2, rel=1e-4)


def test_scoring_is_of_predictions_not_of_raw_outputs():
    reg, y = _regressor(loss="gamma", scoring="neg_mean_absolute_error"), np.array([1.0, 3.0])
    targets, _ = reg._learn_targets(y)
    assert_allclose(targets[:, 0], y / 2)
    z = np.array([[-50.0], [0.0]])
    assert reg._scoring()(z, targets, None) == pytest.approx(-(0.0 + 0.5) / 2)


@pytest.mark.parametrize("level", [0.2, 0.8])
def test_a_quantile_lies_above_its_share_of_y(level):
    x = RANDOM.uniform(size=(300, 1))
    y = x[:, 0] + RANDOM.normal(size=300)
    reg = _regressor(loss="quantile", quantile=level, n_estimators=4, max_iter=20).fit(x, y)
    seen = ~np.isnan(reg.oof_prediction_)
    assert np.mean((y < reg.oof_prediction_)[seen]) == pytest.approx(level, abs=0.08)


@pytest.mark.parametrize(
    ("loss", "y", "told"),
    [
        ("poisson", X[:, 0], "loss='poisson' requires non-negative y"),
        ("gamma", np.arange(N), "loss='gamma' requires"),
        (Quantile([0.1, 0.9]), X[:, 0], r"loss must have one output, got .* with 2"),
    ],
)
def test_losses_that_cannot_be_are_refused(loss, y, told):
    with pytest.raises(ValueError, match=told):
        _regressor(loss=loss).fit(FRAME, y)


def test_settings_left_to_the_estimator_are_those_documented():
    given = _regressor(activation=Mish(quick=True), learning_rate_init=0.1, batch_size=64)
    wanted = given.fit(FRAME, X[:, 0]).predict(FRAME)
    assert_array_equal(_regressor().fit(FRAME, X[:, 0]).predict(FRAME), wanted)
