"""What y may be to a CNN, and which losses it may be trained on."""

import numpy as np
import pytest
from cnns import (
    ONE_BLOCK,
    SOLVERS,
    STILL,
    assert_same_weights,
    hidden_activations,
    outputs,
    problem,
    small,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, huber, softmax
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    r2_score,
    root_mean_squared_error,
)

from sknn import CNNClassifier, CNNRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def raw_outputs(estimator, X):
    """The forward pass written out, up to the link of the loss; for a network of ONE_BLOCK."""
    _, hidden = hidden_activations(estimator, X[..., None].astype(float))
    return hidden @ estimator.coefs_[-1] + estimator.intercepts_[-1]


# Kinds of y


def test_labels_of_any_kind_are_as_good_as_their_numbers():
    X, y = problem()
    numbered = small(CNNClassifier).fit(X, y)
    for labels in (np.array(["a", "b", "c"]), np.array([-7.0, 2.0, 90.0])):
        named = small(CNNClassifier).fit(X, labels[y])
        assert_same_weights(named, numbered)
        assert_array_equal(named.classes_, labels)
        assert_array_equal(named.predict(X), labels[numbered.predict(X)])


@SOLVERS
def test_several_labels_a_sample_have_a_logistic_output_each(solver):
    X, _ = problem()
    y = (X[:, [0, 3, 6], [2, 4, 5]] > 0.3).astype(int)
    clf = small(CNNClassifier, **ONE_BLOCK, solver=solver, class_weight="balanced").fit(X, y)
    p = expit(raw_outputs(clf, X))
    assert_allclose(clf.predict_proba(X), p, rtol=1e-9)
    assert_array_equal(clf.predict(X), (p > 0.5).astype(int))
    assert clf.score(X, y) == np.mean((clf.predict(X) == y).all(axis=1))
    assert clf.out_activation_ == "logistic"


@SOLVERS
def test_several_columns_of_labels_have_softmax_outputs_each(solver):
    X, y = problem()
    y = np.column_stack([np.array(["a", "b", "c"])[y], np.where(X[:, 0].any(axis=1), "up", "down")])
    clf = small(CNNClassifier, **ONE_BLOCK, solver=solver).fit(X, y)
    z = raw_outputs(clf, X)
    first, second = clf.predict_proba(X)
    assert_allclose(first, softmax(z[:, :3], axis=1), rtol=1e-9)
    assert_allclose(second, softmax(z[:, 3:], axis=1), rtol=1e-9)
    wanted = np.column_stack([clf.classes_[0][first.argmax(1)], clf.classes_[1][second.argmax(1)]])
    assert_array_equal(clf.predict(X), wanted)


@SOLVERS
def test_several_columns_of_numbers_are_predicted_at_once(solver):
    X, y = problem(CNNRegressor)
    y = np.column_stack([y, 1 - 2 * y])
    reg = small(CNNRegressor, **ONE_BLOCK, solver=solver).fit(X, y)
    assert_allclose(reg.predict(X), raw_outputs(reg, X), rtol=1e-9)
    assert_allclose(reg.score(X, y), r2_score(y, reg.predict(X)))


# Losses


def test_quantiles_are_predicted_in_order_and_cover_as_many_as_they_say():
    X, y = problem(CNNRegressor, n=300)
    y = y + np.random.default_rng(0).normal(size=300)
    levels = [0.1, 0.5, 0.9]
    reg = CNNRegressor((3,), hidden_layer_sizes=(), loss="quantile", quantile=levels, max_iter=60,
                       learning_rate_init=0.01, random_state=0)  # fmt: skip
    predicted = reg.fit(X, y).predict(X)
    assert np.all(np.diff(predicted, axis=1) >= 0)
    assert_allclose((y[:, None] < predicted).mean(axis=0), levels, atol=0.06)
    assert_array_equal(reg.predict_interval(X), predicted[:, [0, 2]])
    assert_allclose(reg.score(X, y), r2_score(y, predicted[:, 1]), rtol=1e-6)


def test_poisson_loss_predicts_the_exponential_of_a_linear_output():
    X, y = problem(CNNRegressor)
    y = np.random.default_rng(0).poisson(20 * y)
    reg = small(CNNRegressor, **ONE_BLOCK, loss="poisson").fit(X, y)
    assert_allclose(reg.predict(X), np.exp(raw_outputs(reg, X).ravel()), rtol=1e-9)
    assert reg.out_activation_ == "exp"


LOSSES = {
    "squared_error": lambda y, p: np.mean((y - p) ** 2) / 2,
    "root_mean_squared_error": root_mean_squared_error,
    "absolute_error": mean_absolute_error,
    "huber": lambda y, p: huber(1.0, y - p).mean(),
    "log_cosh": lambda y, p: np.log(np.cosh(y - p)).mean(),
    "quantile": lambda y, p: mean_pinball_loss(y, p, alpha=0.5),
    "poisson": lambda y, p: mean_poisson_deviance(y, p) / 2,
    "gamma": lambda y, p: mean_gamma_deviance(y, p) / 2,
    "log_loss": log_loss,
    "focal": lambda y, p: np.mean(-((1 - p[range(60), y]) ** 2) * np.log(p[range(60), y])),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_that_of_the_predictions_and_falls(loss):
    make = CNNClassifier if loss in ("log_loss", "focal") else CNNRegressor
    X, y = problem(make)
    y = y if make is CNNClassifier else 10 * y
    whole = {"loss": loss, "alpha": 0, "batch_size": len(X)}
    estimator = small(make, **whole, **STILL, max_iter=1).fit(X, y)
    assert_allclose(estimator.loss_, LOSSES[loss](y, outputs(estimator, X)), rtol=1e-5)
    estimator.set_params(solver="adam", learning_rate_init=0.01, max_iter=30).fit(X, y)
    assert estimator.loss_ < 0.7 * estimator.loss_curve_[0]
