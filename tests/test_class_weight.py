"""class_weight is sample_weight by class; for several labels a sample, by sample and label."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit
from sklearn.base import clone
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

from sknn import MLPClassifier, SequentialClassifier
from sknn.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FULL_BATCH = {"solver": "sgd", "shuffle": False, "alpha": 0, "learning_rate_init": 0.1}
dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
kinds = pytest.mark.parametrize("kind", ["two classes", "three classes", "strings"])


def problem(kind="three classes", dtype=np.float64, n=60):
    """(X, y): 60 samples of classes of different frequencies."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4)).astype(dtype)
    y = np.where(X[:, 0] > 0.8, 2, np.where(X[:, 1] > 0.5, 1, 0))
    if kind == "two classes":
        y = np.minimum(y, 1)
    return X, np.array(["low", "medium", "top"])[y] if kind == "strings" else y


def weights_by_class(y):
    """{class: 1, class: 3, ...}."""
    return {label: 1 + 2 * number for number, label in enumerate(np.unique(y).tolist())}


def multilabel(n=40):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, 4))
    return X, (X[:, :3] + 0.3 * rng.normal(size=(n, 3)) > [0.0, 0.7, -0.7]).astype(int)


def classifier(n, **params):
    settings = {"hidden_layer_sizes": 5, "batch_size": n, "max_iter": 5, "random_state": 0}
    return MLPClassifier(**{**FULL_BATCH, **settings, **params})


def tolerance(dtype):
    return 1e-9 if dtype == np.float64 else 1e-4


def assert_same_weights(one, other, rtol):
    for a, b in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert_allclose(a, b, rtol=rtol, atol=rtol)


@dtypes
@kinds
@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_class_weight_is_the_sample_weight_of_scikit_learn(kind, balanced, solver, dtype):
    X, y = problem(kind, dtype)
    class_weight = "balanced" if balanced else weights_by_class(y)
    weighted = classifier(len(X), class_weight=class_weight, solver=solver)
    if solver == "lbfgs":
        weighted.set_params(alpha=0.1, max_iter=3)
    plain = clone(weighted).set_params(class_weight=None)
    plain.fit(X, y, compute_sample_weight(class_weight, y))
    assert_same_weights(clone(weighted).fit(X, y), plain, tolerance(dtype))


@dtypes
@kinds
def test_class_weight_of_k_is_each_sample_k_times_in_a_full_batch(kind, dtype):
    X, y = problem(kind, dtype)
    class_weight = weights_by_class(y)
    times = [class_weight[label] for label in y.tolist()]
    weighted = classifier(len(X), class_weight=class_weight).fit(X, y)
    repeated = classifier(sum(times)).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    assert_same_weights(weighted, repeated, tolerance(dtype))


def test_class_weight_is_multiplied_with_sample_weight():
    X, y = problem()
    sample_weight = np.random.default_rng(2).uniform(0.5, 2, len(X))
    class_weight = weights_by_class(y)
    weighted = classifier(len(X), class_weight=class_weight).fit(X, y, sample_weight)
    product = sample_weight * compute_sample_weight(class_weight, y)
    assert_same_weights(weighted, classifier(len(X)).fit(X, y, product), 1e-9)


def test_balanced_counts_samples_without_their_weights():
    X, y = problem()
    sample_weight = np.random.default_rng(2).uniform(0.5, 2, len(X))
    weighted = classifier(len(X), class_weight="balanced").fit(X, y, sample_weight)
    product = sample_weight * compute_sample_weight("balanced", y)
    assert_same_weights(weighted, classifier(len(X)).fit(X, y, product), 1e-9)


@dtypes
@kinds
def test_class_weight_in_partial_fit_is_sample_weight(kind, dtype):
    X, y = problem(kind, dtype)
    class_weight, classes = weights_by_class(y), np.unique(y)
    weighted = classifier(20, class_weight=class_weight)
    plain = classifier(20)
    for start in (0, 20, 40):
        at = slice(start, start + 20)
        weighted.partial_fit(X[at], y[at], classes=classes)
        weight = np.array([class_weight[label] for label in y[at].tolist()], dtype=float)
        plain.partial_fit(X[at], y[at], weight, classes=classes)
    assert_same_weights(weighted, plain, tolerance(dtype))


def test_class_left_out_weighs_one_even_in_a_batch_without_the_others():
    X, y = problem()
    X, y = X[y > 0], y[y > 0]
    weighted = classifier(len(X), class_weight={0: 7.0}).partial_fit(X, y, classes=[0, 1, 2])
    plain = classifier(len(X)).partial_fit(X, y, classes=[0, 1, 2])
    assert_same_weights(weighted, plain, 1e-12)


def test_batch_whose_classes_weigh_nothing_teaches_nothing():
    X, y = problem()
    clf = classifier(20, class_weight={0: 0.0}).partial_fit(X, y, classes=[0, 1, 2])
    before = [weight.copy() for weight in clf.coefs_]
    clf.partial_fit(X[y == 0], y[y == 0])
    for weight, wanted in zip(clf.coefs_, before, strict=True):
        assert_array_equal(weight, wanted)


def test_balanced_in_partial_fit_raises():
    X, y = problem()
    clf = classifier(len(X), class_weight="balanced")
    with pytest.raises(ValueError, match="'balanced' requires all samples at once"):
        clf.partial_fit(X, y, classes=[0, 1, 2])
    assert not hasattr(clf, "classes_")


def test_weights_that_the_message_about_balanced_names_are_those_of_balanced():
    X, y = problem()
    weights = compute_class_weight("balanced", classes=np.arange(3), y=y)
    by_hand = classifier(len(X), class_weight=dict(enumerate(weights))).fit(X, y)
    assert_same_weights(by_hand, classifier(len(X), class_weight="balanced").fit(X, y), 1e-9)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({7: 2.0}, "not in class_weight"),
        ({0: -1.0}, "must hold finite, non-negative numbers, got -1.0 for class 0"),
        ([{0: 1.0}], "must be a dict or 'balanced'"),
    ],
)
def test_class_weight_that_cannot_be_raises(class_weight, message):
    X, y = problem()
    with pytest.raises(ValueError, match=message):
        classifier(len(X), class_weight=class_weight).fit(X, y)


def test_class_weight_may_be_a_bool():
    X, y = problem()
    one, other = (
        classifier(len(X), max_iter=2, class_weight={0: unit, 1: 3.0}).fit(X, y)
        for unit in (True, 1.0)
    )
    assert_array_equal(one.predict_proba(X), other.predict_proba(X))


MULTILABEL_WEIGHT = [{0: 1.0, 1: 4.0}, {0: 0.5, 1: 1.0}, {1: 2.0}]


def weights_by_label(Y, class_weight):
    return np.array(
        [[weights.get(value, 1.0) for weights, value in zip(class_weight, row, strict=True)]
         for row in Y.tolist()]
    )  # fmt: skip


@dtypes
@pytest.mark.parametrize("sample_weighted", [False, True])
@pytest.mark.parametrize("incremental", [False, True])
def test_multilabel_weights_are_those_of_the_loss_written_out(incremental, sample_weighted, dtype):
    X, Y = multilabel()
    X = X.astype(dtype)
    clf = classifier(len(X), hidden_layer_sizes=(), class_weight=MULTILABEL_WEIGHT, momentum=0)
    clf.set_params(max_iter=1)
    start = classifier(len(X), hidden_layer_sizes=(), learning_rate_init=1e-300, max_iter=1)
    start.fit(X, Y)
    w, b = start.coefs_[0].copy(), start.intercepts_[0].copy()
    weight = weights_by_label(Y, MULTILABEL_WEIGHT)
    sample_weight = np.random.default_rng(2).uniform(0.5, 2, len(X)) if sample_weighted else None
    if sample_weighted:
        weight = weight * sample_weight[:, None]
    if incremental:
        clf.partial_fit(X, Y, sample_weight, classes=np.arange(3))
    else:
        clf.fit(X, Y, sample_weight)
    p = expit(X @ w + b)
    # Divided by the mean weight of a label times the samples: all ones would give the plain mean.
    total = weight.sum() / 3
    loss = -(weight * np.where(Y == 1, np.log(p), np.log(1 - p))).sum() / total
    assert_allclose(clf.loss_curve_[0], loss, rtol=tolerance(dtype))
    step = X.T @ (weight * (p - Y)) / total
    assert_allclose(clf.coefs_[0], w - 0.1 * step, rtol=0, atol=tolerance(dtype))
    assert_allclose(
        clf.intercepts_[0], b - 0.1 * (weight * (p - Y)).sum(axis=0) / total, atol=tolerance(dtype)
    )


def test_balanced_multilabel_balances_each_label():
    X, Y = multilabel()
    by_label = [
        dict(enumerate(compute_class_weight("balanced", classes=np.arange(2), y=column)))
        for column in Y.T
    ]
    balanced = classifier(len(X), class_weight="balanced").fit(X, Y)
    assert_same_weights(balanced, classifier(len(X), class_weight=by_label).fit(X, Y), 1e-12)


def test_multilabel_weights_work_with_batch_normalization_and_a_label_nobody_has():
    X, Y = multilabel()
    Y[:, 2] = 0
    ones = [{0: 1.0, 1: 1.0}] * 3
    plain = classifier(len(X), normalization="batch").fit(X, Y)
    weighted = classifier(len(X), normalization="batch", class_weight=ones).fit(X, Y)
    assert_same_weights(weighted, plain, 1e-9)
    only_positive = classifier(len(X), class_weight=[{1: 2.0}] * 3).fit(X, Y)
    full = classifier(len(X), class_weight=[{0: 1.0, 1: 2.0}] * 3).fit(X, Y)
    assert_same_weights(only_positive, full, 1e-12)


def test_batch_normalization_weighs_a_sample_by_the_mean_weight_of_its_labels():
    X, Y = multilabel()
    clf = classifier(len(X), normalization="batch", class_weight=MULTILABEL_WEIGHT)
    clf.set_params(learning_rate_init=1e-300, max_iter=1).fit(X, Y)
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    held = clf._model.network.state_layout.views(clf._model.state)[1]
    mean = np.average(z, axis=0, weights=weights_by_label(Y, MULTILABEL_WEIGHT).mean(axis=1))
    assert_allclose(held["mean"][0], 0.1 * mean, rtol=1e-9)  # 0.9 of 0 and 0.1 of the new


@pytest.mark.parametrize("class_weight", [{0: 1.0}, {0: 1.0, 1: 1.0, 2: 1.0}, [{0: 1.0}]])
def test_multilabel_needs_a_dict_per_label(class_weight):
    X, Y = multilabel()
    with pytest.raises(ValueError, match=r"list of 3 dicts, one per label"):
        classifier(len(X), class_weight=class_weight).fit(X, Y)


def test_several_columns_multiply_their_weights_as_scikit_learn_does():
    X, y = problem()
    Y = np.column_stack([y, 2 - y])
    class_weight = [{0: 1.0, 1: 2.0, 2: 3.0}, {0: 2.0, 1: 1.0, 2: 1.0}]
    weighted = classifier(len(X), class_weight=class_weight).fit(X, Y)
    plain = classifier(len(X)).fit(X, Y, compute_sample_weight(class_weight, Y))
    assert_same_weights(weighted, plain, 1e-9)


@pytest.mark.parametrize("scoring", [None, "loss"])
@pytest.mark.parametrize("given", [False, True])
def test_class_weight_does_not_weigh_the_validation_score(scoring, given):
    X, y = problem()
    params = {"class_weight": {0: 1, 1: 50, 2: 1}, "learning_rate_init": 1e-300}
    clf = classifier(20, early_stopping=True, max_iter=1, scoring=scoring, **params)
    clf.set_params(validation_fraction=0.3)
    plain = clone(clf).set_params(class_weight=None)
    more = {"X_val": X, "y_val": y} if given else {}
    # The step is too small to change the weights, which are those of the same draws.
    scores = clf.fit(X, y, **more).validation_scores_
    assert_allclose(scores, plain.fit(X, y, **more).validation_scores_, rtol=1e-12)
    assert clf.loss_curve_ != plain.loss_curve_
    if given:
        p = clf.predict_proba(X)
        wanted = {None: clf.score(X, y), "loss": np.log(p[np.arange(len(X)), y]).mean()}
        assert_allclose(scores, wanted[scoring], rtol=1e-12)


def test_sequential_classifier_weighs_classes_as_the_mlp_does():
    X, y = problem()
    params = {**FULL_BATCH, "batch_size": 30, "max_iter": 3, "random_state": 0}
    mlp = MLPClassifier(5, class_weight="balanced", **params).fit(X, y)
    stack = SequentialClassifier([Dense(5)], class_weight="balanced", **params).fit(X, y)
    for ours, theirs in zip(stack.coefs_, mlp.coefs_, strict=True):
        assert_array_equal(ours, theirs)
