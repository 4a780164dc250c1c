"""Labels out of raw tables."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.metrics import accuracy_score

from sknn import TabularClassifier
from sknn.tabular.calibration import fitted_temperature

RANDOM = np.random.RandomState(0)
N = 60
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
X = RANDOM.normal(size=(N, 2))
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": RANDOM.choice(list("xyz"), N)})
LABELS = np.array(["low", "mid", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def _classifier(**params):
    return TabularClassifier(**{**SMALL, **params})


def test_probabilities_are_the_mean_over_members():
    clf = _classifier(n_estimators=5, max_iter=8).fit(FRAME, LABELS)
    expected = softmax(clf._outputs(FRAME) / clf.temperature_, axis=-1).mean(axis=0)
    p = clf.predict_proba(FRAME)
    assert_allclose(p, expected, rtol=1e-10)
    assert_allclose(clf.predict_log_proba(FRAME), np.log(expected), rtol=1e-8)
    assert_array_equal(clf.predict(FRAME), np.array(["high", "low", "mid"])[p.argmax(axis=1)])
    assert clf.score(FRAME, LABELS) == accuracy_score(LABELS, clf.predict(FRAME))


def test_logarithms_of_small_probabilities_are_exact_and_finite():
    clf = _classifier().fit(FRAME, LABELS)
    z = clf._outputs(FRAME)
    for largest in (300, 3000):  # exp(-300) is a number of float64, exp(-3000) is 0
        clf.temperature_ = np.ptp(z, axis=-1).max() / largest
        with np.errstate(divide="ignore"):
            wanted = np.log(softmax(z / clf.temperature_, axis=-1).mean(axis=0))
        wanted = np.maximum(wanted, np.log(np.finfo(float).tiny))
        assert_allclose(clf.predict_log_proba(FRAME), wanted, rtol=1e-8)


def test_temperature_suits_what_members_did_not_see():
    y = (X[:, 0] > 0).astype(int)
    smoothed = {"n_estimators": 5, "max_iter": 30, "label_smoothing": 0.4}
    clf = _classifier(**smoothed).fit(X, y)
    assert clf.temperature_ < 0.8  # heavy smoothing makes outputs unsure
    plain = _classifier(**smoothed, calibrate=False).fit(X, y)
    assert plain.temperature_ == 1.0
    z = plain._outputs(X)
    assert_allclose(clf.predict_proba(X), softmax(z / clf.temperature_, axis=-1).mean(axis=0))


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_scoring_says_by_which_score_epochs_are_kept(scoring):
    clf = _classifier(max_iter=6, scoring=scoring).fit(FRAME, LABELS)
    best = clf.validation_scores_[clf.best_iter_ - 1, [0, 1]]
    assert_array_equal(best, clf.validation_scores_.max(axis=0))
    if scoring == "accuracy":  # counts of twelve
        assert_allclose(clf.validation_scores_ * 12 % 1 % 1, 0, atol=1e-9)
        ties = clf.validation_scores_[clf.best_iter_.max() :, clf.best_iter_.argmax()]
        assert (ties < best[clf.best_iter_.argmax()]).all()  # the last of equal ones is kept


def test_balanced_weights_are_those_written_out():
    y = (X[:, 0] > 1).astype(int)
    n = np.bincount(y)
    weight = (N / (2 * n))[y]
    expected = _classifier().fit(FRAME, y, sample_weight=weight).predict_proba(FRAME)
    for class_weight in ("balanced", {0: N / (2 * n[0]), 1: N / (2 * n[1])}):
        found = _classifier(class_weight=class_weight).fit(FRAME, y).predict_proba(FRAME)
        assert_array_equal(found, expected)
    twice = np.where(y, 2.0, 1.0)
    both = _classifier(class_weight={0: 1, 1: 3}).fit(FRAME, y, sample_weight=twice)
    product = _classifier().fit(FRAME, y, sample_weight=np.where(y, 6.0, 1.0))
    assert_array_equal(both.predict_proba(FRAME), product.predict_proba(FRAME))
    counts = np.bincount(y, weights=twice)
    both = _classifier(class_weight="balanced").fit(FRAME, y, sample_weight=twice)
    product = _classifier().fit(FRAME, y, sample_weight=twice * (counts.sum() / (2 * counts))[y])
    assert_array_equal(both.predict_proba(FRAME), product.predict_proba(FRAME))
    with pytest.raises(ValueError, match="class_weight must be positive"):
        _classifier(class_weight={0: 0, 1: 1}).fit(FRAME, y)


@pytest.mark.parametrize(
    "labels",
    [
        np.where(X[:, 0] > 0, "yes", "no"),
        np.where(X[:, 0] > 0, "yes", "no").astype(object),
        X[:, 0] > 0,
        np.digitize(X[:, 0], [-1, 0, 1]) * 10 - 5,
        pd.Series(pd.Categorical(np.where(X[:, 0] > 0, "yes", "no"))),
        [["a"], ["b"]] * (N // 2),
    ],
)
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_labels_of_any_kind_come_back(labels):
    clf = _classifier().fit(FRAME, labels)
    assert_array_equal(clf.classes_, np.unique(np.asarray(labels)))
    assert set(clf.predict(FRAME)) <= set(np.unique(np.asarray(labels)))


@pytest.mark.filterwarnings("ignore:The number of unique classes")  # of scikit-learn
def test_one_class_and_many_classes():
    clf = _classifier().fit(FRAME, ["only"] * N)
    assert_array_equal(clf.predict_proba(FRAME), np.ones((N, 1)))
    y = np.arange(N) % 40  # most classes have one row, so folds lack them
    p = _classifier().fit(FRAME, y).predict_proba(FRAME)
    assert p.shape == (N, 40)
    assert_allclose(p.sum(axis=1), 1)


def test_settings_left_to_the_estimator_are_those_documented():
    given = _classifier(activation="selu", learning_rate_init=0.04, batch_size=64)
    wanted = given.fit(FRAME, LABELS).predict_proba(FRAME)
    assert_array_equal(_classifier().fit(FRAME, LABELS).predict_proba(FRAME), wanted)


def test_temperature_is_that_of_the_samples_held_out_with_their_weights():
    outputs = [RANDOM.normal(size=(n, 3)) for n in (20, 30)]
    labels = [z.argmax(axis=1) for z in outputs]
    labels[1] = RANDOM.permutation(labels[1])  # the first fold is sure, the second is not
    weights = [np.full(20, 5.0), np.full(30, 0.1)]
    held_out = [
        SimpleNamespace(labels=own, weight=weight)
        for own, weight in zip(labels, weights, strict=True)
    ]
    clf = _classifier()
    clf._learn_from_held_out(outputs, held_out)
    given = [np.concatenate(parts) for parts in (outputs, labels, weights)]
    assert clf.temperature_ == fitted_temperature(*given)
    assert clf.temperature_ < fitted_temperature(given[0], given[1])
