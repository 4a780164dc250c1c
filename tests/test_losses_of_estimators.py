"""Every loss trains to a sane score, predicts what it should, and refuses what it cannot use."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.linear_model import (
    GammaRegressor,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
)
from sklearn.metrics import brier_score_loss, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags

from sknn import MLPClassifier, MLPRegressor
from sknn.nn import Activation, Initializer, Loss, Quantile, Schedule
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
FAST = {"learning_rate_init": 0.01, "random_state": 0, "batch_size": 20}


def classes(n_classes, n=300):
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=n)
    centers = 3 * np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    return centers[y] + rng.normal(size=(n, 3)), y


def labels(kind, n=300):
    if kind == "multilabel":
        X = np.random.default_rng(0).normal(size=(n, 3))
        return X, (X + X[:, [1, 2, 0]] > [0.0, 0.5, -0.5]).astype(int)
    X, y = classes(2 if kind == "binary" else 3, n)
    return (X, np.column_stack([y, 2 - y])) if kind == "columns" else (X, y)


def numbers(positive=False, n=300):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(n, 2))
    y = X[:, 0] + np.sin(3 * X[:, 1])
    return X, np.exp(y) if positive else y


def spread(n=2000):
    """y given x is normal with deviation 1 + x, so that its quantiles fan out."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(n, 1))
    return X, (1 + X[:, 0]) * rng.normal(size=n)


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("binary", np.float32),
        ("multiclass", np.float64),
        ("multilabel", np.float32),
        ("columns", np.float64),
    ],
)
@pytest.mark.parametrize("loss", CLASSIFICATION_LOSSES)
def test_classification_loss_trains_to_a_good_score(loss, kind, dtype):
    X, y = labels(kind)
    clf = MLPClassifier(20, loss=loss, max_iter=100, **FAST).fit(X.astype(dtype), y)
    assert clf.loss_curve_[-1] < clf.loss_curve_[0]
    assert clf.score(X.astype(dtype), y) > 0.9
    assert clf.coefs_[0].dtype == dtype


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("outputs", "dtype"), [(1, np.float32), (2, np.float64)])
@pytest.mark.parametrize("loss", REGRESSION_LOSSES)
def test_regression_loss_trains_to_a_good_score(loss, outputs, dtype):
    X, y = numbers(positive=True)
    X, y = X.astype(dtype), (np.column_stack([y, y]) if outputs == 2 else y)
    reg = MLPRegressor(loss, hidden_layer_sizes=20, max_iter=150, **FAST).fit(X, y)
    assert reg.score(X, y) > 0.9
    assert reg.predict(X).dtype == dtype
    assert reg.predict(X).shape == y.shape


@pytest.mark.parametrize("loss", CLASSIFICATION_LOSSES)
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_partial_fit_calls_are_one_fit_under_every_loss(loss, kind):
    X, y = labels(kind, 100)
    params = {"hidden_layer_sizes": 5, "loss": loss, **FAST}
    whole = MLPClassifier(**params, max_iter=3, tol=0, n_iter_no_change=np.inf).fit(X, y)
    parts = MLPClassifier(**params)
    for _ in range(3):
        parts.partial_fit(X, y, classes=np.arange(3 if kind != "binary" else 2))
    assert parts.loss_curve_ == whole.loss_curve_


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "columns"])
@pytest.mark.parametrize("loss", ["hinge", "perceptron"])
def test_loss_of_margins_has_no_probabilities_but_decides_by_the_sign(loss, kind):
    X, y = labels(kind)
    clf = MLPClassifier(10, loss=loss, max_iter=20, **FAST).fit(X, y)
    for name in ("predict_proba", "predict_log_proba"):
        assert not hasattr(clf, name)
    assert not hasattr(MLPClassifier(loss=loss), "predict_proba")
    with pytest.raises(AttributeError) as error:
        clf.predict_proba(X)
    assert "probabilities. Use loss='log_loss'" in str(error.value.__cause__)
    z = np.maximum(X @ clf.coefs_[0] + clf.intercepts_[0], 0) @ clf.coefs_[1] + clf.intercepts_[1]
    decided = {
        "binary": lambda: z[:, 0] > 0,
        "multiclass": lambda: z.argmax(axis=1),
        "multilabel": lambda: z > 0,
        "columns": lambda: np.column_stack([z[:, :3].argmax(axis=1), z[:, 3:].argmax(axis=1)]),
    }
    assert_array_equal(clf.predict(X), decided[kind]())
    assert clf.out_activation_ == "identity"


RULE = {  # of the perceptron: a step for every wrong sample
    "loss": "perceptron",
    "solver": "sgd",
    "momentum": 0,
    "batch_size": 1,
    "shuffle": False,
    "alpha": 0,
    "learning_rate_init": 0.5,
}


def test_perceptron_takes_every_step_of_scikit_learns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = (X[:, 0] + rng.normal(size=40) > 0).astype(int)
    y[:2] = 0, 1  # both classes from the first step on
    zeros = {"coef_init": [np.zeros((3, 1))], "intercept_init": [np.zeros(1)]}
    theirs = {"eta0": 0.5, "shuffle": False, "tol": None}
    last, n_steps = None, 0
    for n in range(2, 41):  # the weights after one pass over so many samples
        clf = MLPClassifier((), **RULE, max_iter=1).fit(X[:n], y[:n], **zeros)
        wanted = Perceptron(max_iter=1, **theirs).fit(X[:n], y[:n])
        assert_allclose(clf.coefs_[0].T, wanted.coef_, rtol=1e-13, atol=1e-15)
        assert_allclose(clf.intercepts_[0], wanted.intercept_, rtol=1e-13, atol=1e-15)
        n_steps += last is not None and not np.array_equal(clf.coefs_[0], last)
        last = clf.coefs_[0]
    assert 5 < n_steps < 33  # wrong samples move the weights, right ones do not
    clf.set_params(max_iter=7, n_iter_no_change=np.inf).fit(X, y, **zeros)
    wanted = Perceptron(max_iter=7, **theirs).fit(X, y)
    assert_allclose(clf.coefs_[0].T, wanted.coef_, rtol=1e-12)
    assert_array_equal(clf.predict(X), wanted.predict(X))


def test_perceptron_of_labels_takes_the_steps_of_one_perceptron_for_each():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(50, 3))
    y = (X @ rng.normal(size=(3, 2)) + rng.normal(size=(50, 2)) > 0).astype(int)
    zeros = {"coef_init": [np.zeros((3, 2))], "intercept_init": [np.zeros(2)]}
    clf = MLPClassifier((), **RULE, max_iter=3).fit(X, y, **zeros)
    for label in range(2):
        wanted = Perceptron(eta0=0.5, shuffle=False, tol=None, max_iter=3).fit(X, y[:, label])
        assert_allclose(clf.coefs_[0][:, label], wanted.coef_[0], rtol=1e-12)
        assert_allclose(clf.intercepts_[0][label], wanted.intercept_[0], rtol=1e-12, atol=1e-15)


def test_perceptron_of_several_classes_moves_two_of_them_in_each_step():
    X, y = labels("multiclass", 60)
    zeros = {"coef_init": [np.zeros((3, 3))], "intercept_init": [np.zeros(3)]}
    clf = MLPClassifier((), **RULE, max_iter=2).fit(X, y, **zeros)
    weight, bias, steps = np.zeros((3, 3)), np.zeros(3), 0
    for x, true in zip(np.tile(X, (2, 1)), np.tile(y, 2), strict=True):
        z = x @ weight + bias
        rival = max((label for label in range(3) if label != true), key=z.__getitem__)
        if z[rival] >= z[true]:
            steps += 1
            for label, sign in ((true, 0.5), (rival, -0.5)):
                weight[:, label] += sign * x
                bias[label] += sign
    assert 2 < steps < 60
    assert_allclose(clf.coefs_[0], weight, rtol=1e-12, atol=1e-14)
    assert_allclose(clf.intercepts_[0], bias, rtol=1e-12, atol=1e-14)


def first_loss(loss, X, y, **params):
    """(value of the loss in the first step, raw outputs of the weights it is of)."""
    full = {"solver": "sgd", "batch_size": len(X), "alpha": 0, "learning_rate_init": 1e-300}
    clf = MLPClassifier((), loss=loss, max_iter=1, random_state=0, **full, **params).fit(X, y)
    return clf.loss_, X @ clf.coefs_[0] + clf.intercepts_[0], clf


def test_squared_error_of_two_classes_is_the_brier_score():
    X, y = labels("binary")
    value, z, _ = first_loss("squared_error", X, y)
    assert_allclose(value, brier_score_loss(y, expit(z[:, 0])), rtol=1e-12)


def test_squared_error_of_three_classes_is_half_the_brier_score():
    X, y = labels("multiclass")
    value, z, clf = first_loss("squared_error", X, y)
    p = softmax(z, axis=1)
    assert_allclose(value, 0.5 * ((p - np.eye(3)[y]) ** 2).sum(axis=1).mean(), rtol=1e-12)
    assert_allclose(clf.predict_proba(X), p, rtol=1e-12)
    assert_allclose(clf.predict_log_proba(X), np.log(p), rtol=1e-12)


def test_focal_loss_is_that_of_its_paper():
    X, y = labels("binary")
    value, z, _ = first_loss("focal", X, y)
    right = np.where(y == 1, expit(z[:, 0]), expit(-z[:, 0]))
    assert_allclose(value, -np.mean((1 - right) ** 2 * np.log(right)), rtol=1e-12)
    X, y = labels("multiclass")
    value, z, _ = first_loss("focal", X, y)
    right = softmax(z, axis=1)[np.arange(len(y)), y]
    assert_allclose(value, -np.mean((1 - right) ** 2 * np.log(right)), rtol=1e-12)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error", "focal"])
def test_loss_of_several_columns_is_the_sum_of_those_of_each(loss):
    X, Y = labels("columns")
    value, z, clf = first_loss(loss, X, Y)
    each = 0
    for at, column in zip((slice(0, 3), slice(3, 6)), Y.T, strict=True):
        p = softmax(z[:, at], axis=1)
        right = p[np.arange(len(X)), column]
        each += {
            "log_loss": -np.log(right).mean(),
            "squared_error": 0.5 * ((p - np.eye(3)[column]) ** 2).sum(axis=1).mean(),
            "focal": -np.mean((1 - right) ** 2 * np.log(right)),
        }[loss]
    assert_allclose(value, each, rtol=1e-12)
    for number, p in enumerate(clf.predict_proba(X)):
        assert_allclose(p, softmax(z[:, 3 * number : 3 * number + 3], axis=1), rtol=1e-12)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_quantile_of_a_linear_model_is_that_of_scikit_learn(level):
    X, y = spread(400)
    reg = MLPRegressor("quantile", hidden_layer_sizes=(), quantile=level, alpha=0, **FAST)
    reg.set_params(learning_rate="cosine", learning_rate_init=0.05, max_iter=300)
    linear = QuantileRegressor(quantile=level, alpha=0).fit(X, y)
    assert_allclose(reg.fit(X, y).predict(X), linear.predict(X), atol=0.05)


@dtypes
def test_several_quantiles_cover_what_they_say_and_never_cross(dtype):
    X, y = spread()
    X = X.astype(dtype)
    levels = [0.95, 0.05, 0.5]  # predictions come in ascending order
    reg = MLPRegressor("quantile", hidden_layer_sizes=10, quantile=levels, max_iter=60, **FAST)
    predicted = reg.fit(X, y).predict(X)
    assert predicted.shape == (len(X), 3)
    assert np.all(np.diff(predicted, axis=1) >= 0)
    # Four standard deviations of a share of 2,000 draws are at most 0.045.
    assert_allclose((y[:, None] < predicted).mean(axis=0), [0.05, 0.5, 0.95], atol=0.045)
    interval = reg.predict_interval(X)
    assert_array_equal(interval, predicted[:, [0, 2]])
    assert reg.score(X, y) == r2_score(y, predicted[:, 1])


def test_score_of_quantiles_is_that_of_the_level_nearest_one_half():
    X, y = spread(200)
    reg = MLPRegressor("quantile", hidden_layer_sizes=5, quantile=[0.1, 0.6, 0.9], **FAST)
    reg.set_params(max_iter=5, early_stopping=True)
    assert reg.fit(X, y).score(X, y) == r2_score(y, reg.predict(X)[:, 1])
    given = reg.fit(X, y, X_val=X, y_val=y)
    assert_allclose(given.best_validation_score_, given.score(X, y), rtol=1e-12)


def test_quantile_given_as_a_loss_object_is_as_good_as_its_levels():
    X, y = spread(200)
    params = {"hidden_layer_sizes": 5, "max_iter": 5, "early_stopping": True, **FAST}
    named = MLPRegressor("quantile", quantile=[0.1, 0.5, 0.9], **params).fit(X, y)
    given = MLPRegressor(Quantile([0.1, 0.5, 0.9]), **params).fit(X, y)
    assert_array_equal(named.predict_interval(X), given.predict_interval(X))
    assert named.score(X, y) == given.score(X, y)
    assert named.validation_scores_ == given.validation_scores_


@pytest.mark.parametrize(
    ("loss", "quantile"), [("quantile", 0.5), ("quantile", [0.5]), ("huber", [0.1, 0.9])]
)
def test_interval_needs_two_levels_of_quantile(loss, quantile):
    reg = MLPRegressor(loss, quantile=quantile)
    assert not hasattr(reg, "predict_interval")
    assert hasattr(reg.set_params(loss="quantile", quantile=(0.1, 0.9)), "predict_interval")


@pytest.mark.parametrize("quantile", [[0.5, 1.5], [0.0, 0.5], [], 1.0, [np.nan, 0.5]])
def test_quantile_that_is_no_level_raises(quantile):
    X, y = spread(20)
    with pytest.raises(ValueError, match=r"quantile"):
        MLPRegressor("quantile", quantile=quantile).fit(X, y)


def test_several_quantiles_of_several_columns_raise():
    X, y = spread(20)
    with pytest.raises(ValueError, match="requires y with a single column"):
        MLPRegressor("quantile", quantile=[0.1, 0.9]).fit(X, np.column_stack([y, y]))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("loss", "wrong", "message"),
    [
        ("poisson", -1.0, "loss='poisson' requires non-negative y"),
        ("gamma", 0.0, "loss='gamma' requires positive y"),
        ("gamma", -1.0, "loss='gamma' requires positive y"),
    ],
)
def test_targets_that_a_loss_is_not_defined_for_raise(loss, wrong, message, method):
    X, y = numbers(positive=True, n=20)
    y[3] = wrong
    with pytest.raises(ValueError, match=message):
        getattr(MLPRegressor(loss), method)(X, y)


def test_validation_targets_that_a_loss_is_not_defined_for_raise():
    X, y = numbers(positive=True, n=20)
    with pytest.raises(ValueError, match="loss='gamma' requires positive y"):
        MLPRegressor("gamma", max_iter=1).fit(X, y, X_val=X, y_val=-y)


@pytest.mark.parametrize(
    ("loss", "linear"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)]
)
def test_linear_model_under_deviance_is_that_of_scikit_learn(loss, linear):
    X, y = numbers(positive=True)
    # alpha is halved and divided by the samples here, halved alone there.
    reg = MLPRegressor(loss, hidden_layer_sizes=(), solver="lbfgs", alpha=3.0, tol=1e-8)
    reference = linear(alpha=3.0 / len(X), tol=1e-8).fit(X, y)
    assert_allclose(reg.fit(X, y).predict(X), reference.predict(X), rtol=1e-4)
    assert_allclose(reg.coefs_[0][:, 0], reference.coef_, rtol=1e-3)


# What users write themselves.


class Cube(Activation):
    """f(z) = z^3 / scale."""

    needs = "z"

    def __init__(self, scale=1.0):
        self.scale = scale

    def forward(self, z, out):
        out[...] = z**3 / self.scale

    def backward(self, z, a, dy):
        dy *= 3 * z**2 / self.scale


class Asymmetric(Loss):
    """Half the squared error, ``above`` times as much where the prediction is too high."""

    def __init__(self, above=2.0):
        self.above = above

    def sum_and_gradient(self, y, z, weight, out):
        factor = np.where(z > y, self.above, 1.0)
        if weight is not None:
            factor = factor * weight
        out[...] = factor * (z - y)
        return float(0.5 * np.sum(out * (z - y)))


class Exponential(Loss):
    """exp(-s z), s = 1 for a target of 1, else -1: that of AdaBoost."""

    def sum_and_gradient(self, y, z, weight, out):
        sign = 2 * y - 1
        losses = np.exp(-sign * z)
        if weight is not None:
            losses *= weight
        out[...] = -sign * losses
        return float(losses.sum())


class Half(Initializer):
    """0.5 everywhere."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return np.full(shape, 0.5)


class Harmonic(Schedule):
    """rate = base / (1 + epoch)."""

    def rate(self, progress, base):
        return base / (1 + progress.epoch)


OWN = {"activation": Cube(2.0), "weight_init": Half(), "learning_rate": Harmonic()}


@dtypes
@pytest.mark.parametrize("how", [clone, lambda reg: pickle.loads(pickle.dumps(reg))])
def test_users_own_parts_work_where_names_do(how, dtype):
    X, y = numbers(n=50)
    X = X.astype(dtype)
    reg = how(MLPRegressor(Asymmetric(3.0), hidden_layer_sizes=4, max_iter=3, **OWN, **FAST))
    fitted = reg.fit(X, y)
    assert (fitted.loss.above, fitted.activation.scale) == (3.0, 2.0)
    assert_allclose(fitted.history_["learning_rate"], [0.01, 0.01 / 2, 0.01 / 3], rtol=1e-12)
    z = (X @ fitted.coefs_[0] + fitted.intercepts_[0]) ** 3 / 2
    written_out = (z @ fitted.coefs_[1] + fitted.intercepts_[1]).ravel()
    assert_allclose(fitted.predict(X), written_out, rtol=1e-4 if dtype == np.float32 else 1e-12)
    restored = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(restored.predict(X), fitted.predict(X))


def test_users_own_initializer_draws_the_first_weights():
    X, y = numbers(n=50)
    reg = MLPRegressor(weight_init=Half(), learning_rate_init=1e-300, max_iter=1).fit(X, y)
    for weight, bias in zip(reg.coefs_, reg.intercepts_, strict=True):
        assert_array_equal(weight, np.full(weight.shape, 0.5))
        assert_allclose(bias, 0, atol=1e-299)


def test_users_own_loss_that_is_squared_error_trains_as_squared_error():
    X, y = numbers(n=50)
    params = {"hidden_layer_sizes": 4, "max_iter": 5, **FAST}
    own = MLPRegressor(Asymmetric(1.0), **params).fit(X, y)
    assert_allclose(own.loss_curve_, MLPRegressor(**params).fit(X, y).loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "columns"])
def test_users_own_classification_loss_trains_and_has_no_probabilities(kind):
    X, y = labels(kind)
    clf = MLPClassifier(20, loss=Exponential(), max_iter=60, **FAST).fit(X, y)
    assert clf.score(X, y) > 0.9
    assert not hasattr(clf, "predict_proba")


def test_users_own_parts_are_searched_in_a_grid():
    X, y = numbers(n=60)
    grid = {"loss": ["squared_error", Asymmetric(2.0)], "activation": ["relu", Cube()]}
    reg = MLPRegressor(hidden_layer_sizes=4, max_iter=2, **FAST)
    search = GridSearchCV(reg, grid, cv=2, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.cv_results_["params"]) == 4


def test_users_own_activation_in_a_list_is_that_of_its_layer():
    X, y = numbers(n=50)
    reg = MLPRegressor(hidden_layer_sizes=(4, 3), activation=["tanh", Cube()], max_iter=2).fit(X, y)
    w, b = reg.coefs_, reg.intercepts_
    hidden = (np.tanh(X @ w[0] + b[0]) @ w[1] + b[1]) ** 3
    assert_allclose(reg.predict(X), (hidden @ w[2] + b[2]).ravel(), rtol=1e-10)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"activation": Cube}, ValueError, "'activation' parameter"),
        ({"activation": ["tanh", Cube]}, TypeError, "an instance, not a class"),
        ({"activation": ["tanh"]}, ValueError, "one per hidden layer"),
        ({"activation": ["tanh", "tanhh"]}, ValueError, "tanhh"),
        ({"loss": Asymmetric}, ValueError, "'loss' parameter"),
        ({"weight_init": Half}, ValueError, "'weight_init' parameter"),
        ({"learning_rate": Harmonic}, ValueError, "'learning_rate' parameter"),
    ],
)
def test_parts_that_cannot_be_used_raise(params, error, message):
    X, y = numbers(n=20)
    with pytest.raises(error, match=message):
        MLPRegressor(**{"hidden_layer_sizes": (4, 3), **params}).fit(X, y)


def test_losses_without_negative_targets_say_so():
    """scikit-learn's checks, and whoever else asks, then make targets that are positive."""
    losses = ("squared_error", "poisson", "gamma", "quantile", "misspelt")
    found = {loss: get_tags(MLPRegressor(loss=loss)).target_tags.positive_only for loss in losses}
    assert found == dict.fromkeys(losses, False) | {"poisson": True, "gamma": True}
