"""What ails a network is found, and what is well is left alone."""

import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_wine
from sklearn.model_selection import KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_markup import Page

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
)
from sknn.inspection import diagnose, training_symptoms
from sknn.inspection.diagnose import CHECKS, Diagnosis, Finding
from sknn.nn import BatchNorm, Dense, Loss, Normal

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


N = 200
X = normal(N, 6)
LABELS = (X[:, 0] > 0) + (X[:, 1] > 0.3).astype(int)
NUMBERS = X[:, 0] * X[:, 1] + X[:, 2]


def names(diagnosis):
    return [found.name for found in diagnosis.findings]


def finding(diagnosis, name):
    """The only finding, of this name."""
    assert names(diagnosis) == [name]
    return diagnosis.findings[0]


def fitted(estimator, X=X, y=LABELS, **kwargs):
    return estimator.set_params(random_state=0).fit(X, y, **kwargs)


# The page


def test_page_wraps_findings_and_lists_what_is_healthy_and_not_checked():
    words = "well-known quantities of any length " * 9
    findings = [
        Finding("first", 1.5, f"{words}.", "this, or that."),
        Finding("second", 2, "x.", words),
    ]
    page = str(Diagnosis("Title:", findings, ["a", "b"], {"c": "needs y", "d": "needs z"}))
    title, first, second, rest = re.split(r"\n(?=1\. )|\n\n", page)
    assert title == "Title:"
    for part, wanted in (
        (first, f"1. first: {words}. Try: this, or that."),
        (second, f"2. second: x. Try: {words}"),
    ):
        lines = part.splitlines()
        assert " ".join(part.split()) == " ".join(wanted.split())
        for line, following in pairwise(lines):
            assert following.startswith("   ")
            if not following.startswith("   Try: "):  # as many words as there is room for
                assert len(line) <= 88 < len(f"{line} {following.split()[0]}")
    assert rest == "Checked and fine: a, b.\nNot checked: c (needs y); d (needs z)."
    assert str(Diagnosis("T:", [])) == "T:\nNo problems were found.\n"
    assert repr(findings[1]) != str(findings[1]) == f"second: x.\nTry: {words}"


def test_causes_come_before_what_follows_from_them():
    order = "unscaled inputs, unscaled targets, diverging loss, stalled loss, dead units, saturated"
    order += " units, overfitting, small validation set, class imbalance"
    assert ", ".join(CHECKS) == order
    diagnosis = diagnose(MLPClassifier(), X[:1], LABELS[:1])
    assert str(diagnosis).startswith("Diagnosis of MLPClassifier, not fitted, on 1 sample:\n")
    assert list(diagnosis.not_checked) == [name for name in CHECKS if name in diagnosis.not_checked]
    assert diagnosis.not_checked["unscaled targets"] == "y contains labels"
    assert diagnosis.healthy == ["unscaled inputs", "class imbalance"]


# Health

HEALTHY = {
    "defaults": MLPClassifier(),
    "fast": MLPClassifier(learning_rate_init=0.01),
    "tanh": MLPClassifier((100, 50), "tanh", early_stopping=True),
    "logistic": MLPClassifier(activation="logistic", learning_rate_init=0.01),
    "threshold units": MLPClassifier(activation="sign", learning_rate_init=0.01),
    "deep": MLPClassifier((64, 64, 64, 64), max_iter=60),
    "regularised": MLPClassifier((128,), dropout=0.3, normalization="batch", max_iter=40),
    "one cycle": MLPClassifier(learning_rate="one_cycle", learning_rate_init=0.01, max_iter=30),
    "sgd": MLPClassifier(solver="sgd", learning_rate_init=0.1),
    "lbfgs": MLPClassifier(solver="lbfgs"),
    "lbfgs to the end": MLPClassifier((100, 50), "logistic", solver="lbfgs", alpha=0, max_iter=500),
    "hinge": MLPClassifier(loss="hinge", learning_rate_init=0.01),
    "smoothed": MLPClassifier(label_smoothing=0.1, learning_rate_init=0.01),
    "float32": MLPClassifier(dtype="float32", learning_rate_init=0.01),
}
HEALTHY_CNNS = {
    "cnn": CNNClassifier((8, 16), hidden_layer_sizes=64),
    "fast cnn": CNNClassifier((8, 16), learning_rate_init=0.01),
    "cnn with batch norm": CNNClassifier((8, 16), normalization="batch", dropout=0.3),
    "cnn of tanh": CNNClassifier((8, 16), hidden_layer_sizes=64, activation="tanh"),
    "augmented cnn": CNNClassifier(
        (8, 16), hidden_layer_sizes=64, augment="shift", learning_rate_init=0.003
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", [*HEALTHY, *HEALTHY_CNNS])
def test_healthy_fit_of_digits_raises_no_alarm(case, seed, digits):
    X, y = digits
    estimator = clone((HEALTHY | HEALTHY_CNNS)[case]).set_params(random_state=seed)
    if case in HEALTHY_CNNS:
        X = X.reshape(-1, 8, 8)
    train, test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=seed)
    estimator.fit(train, y_train)
    assert estimator.score(test, y_test) > 0.92  # it is healthy
    diagnosis = diagnose(estimator, train, y_train, X_val=test, y_val=y_test)
    assert diagnosis.findings == [], str(diagnosis)
    assert diagnose(estimator, train, y_train).findings == []
    assert diagnose(estimator, train).findings == []


@pytest.mark.parametrize("seed", range(3))
def test_quick_healthy_fit_of_digits_raises_no_alarm(seed, digits):
    X, y = digits
    clf = MLPClassifier((50,), learning_rate_init=0.01, max_iter=15, random_state=seed).fit(X, y)
    diagnosis = diagnose(clf, X, y)
    assert clf.score(X, y) > 0.95
    assert diagnosis.findings == []
    told = {"overfitting", "small validation set", "unscaled targets"}
    assert set(diagnosis.not_checked) == told
    assert set(diagnosis.healthy) == set(CHECKS) - told
    assert "No problems were found." in str(diagnosis)


def test_healthy_regressor_raises_no_alarm():
    reg = fitted(MLPRegressor(learning_rate_init=0.01), y=NUMBERS)
    assert reg.score(X, NUMBERS) > 0.9
    X_val = normal(N, 6, seed=1)
    y_val = X_val[:, 0] * X_val[:, 1] + X_val[:, 2]
    assert diagnose(reg, X, NUMBERS, X_val=X_val, y_val=y_val).findings == []


# Inputs and targets


def test_unscaled_inputs_are_found_and_named():
    pytest.importorskip("pandas")
    X, y = load_wine(return_X_y=True, as_frame=True)
    found = finding(diagnose(fitted(MLPClassifier(), X, y), X, y), "unscaled inputs")
    assert_allclose(found.figure, np.sqrt(np.mean(X["proline"] ** 2)))
    assert "Feature 'proline' has a root mean square of 810.2, and 2 of 13" in found.text
    assert "StandardScaler" in found.remedy
    scaled = make_pipeline(
        StandardScaler(), fitted(MLPClassifier(), StandardScaler().fit_transform(X), y)
    )
    assert diagnose(scaled[-1], StandardScaler().fit_transform(X), y).findings == []


def test_inputs_too_small_to_tell_apart_are_found():
    X, y = load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    found = finding(diagnose(MLPRegressor(), X, y), "unscaled inputs")
    assert_allclose(found.figure, np.sqrt(np.mean(np.sum(X**2, axis=1))))
    assert "less than 0.2" in found.text


@pytest.mark.parametrize("scale", [1, 16, 0.1], ids=["standard", "up to 16", "a tenth"])
def test_inputs_of_any_sensible_scale_are_left_alone(scale):
    digits_like = np.abs(normal(N, 64)) / 3 * scale
    assert diagnose(MLPClassifier(), digits_like).findings == []


def test_rows_of_length_one_and_indicators_are_left_alone():
    rows = normal(N, 300)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert diagnose(MLPClassifier(), csr_array(rows)).findings == []
    indicators = np.eye(N)[np.random.default_rng(0).permutation(N)]
    assert diagnose(MLPClassifier(), indicators).findings == []


def test_sparse_inputs_have_the_figures_of_dense_ones():
    X = normal(N, 6) * [1, 1, 100, 1, 1, 1]
    clf = fitted(MLPClassifier(max_iter=5), X)
    dense, sparse = diagnose(clf, X, LABELS), diagnose(clf, csr_array(X), LABELS)
    assert "Feature 2" in dense.findings[0].text
    assert str(dense) == str(sparse)


def test_integer_images_are_scaled_by_the_network_but_not_floats_up_to_255():
    images = np.random.default_rng(0).integers(256, size=(N, 6, 6)).astype(np.uint8)
    clf = CNNClassifier(3, hidden_layer_sizes=8, max_iter=5)
    assert diagnose(clf, images).findings == []
    assert names(diagnose(clf, images.astype(float))) == ["unscaled inputs"]
    fitted(clf, images)
    assert "unscaled inputs" not in names(diagnose(clf, images, LABELS))


def test_network_that_normalises_its_input_needs_no_scaling():
    X = normal(N, 6) * 1000
    layers = [BatchNorm(), Dense(20)]
    clf = SequentialClassifier(layers, learning_rate_init=0.01)
    assert diagnose(clf, X).findings == []
    assert diagnose(fitted(clf, X), X, LABELS).findings == []
    clf = SequentialClassifier([Dense(20, "identity"), BatchNorm()])
    assert names(diagnose(clf, X)) == ["unscaled inputs"]


def test_unscaled_targets_are_found():
    y = 1000 * NUMBERS + 5000
    reg = fitted(MLPRegressor(max_iter=20), y=y)
    assert names(diagnose(reg, X, y)) == ["unscaled targets", "stalled loss"]
    found = diagnose(reg, X, y).findings[0]
    assert_allclose(found.figure, np.sqrt(np.mean(y**2)), rtol=1e-6)
    assert "TransformedTargetRegressor" in found.remedy


def test_large_targets_that_were_learnt_all_the_same_are_left_alone():
    y = 100 * NUMBERS
    reg = fitted(MLPRegressor(solver="lbfgs"), y=y)
    assert reg.score(X, y) > 0.9
    assert diagnose(reg, X, y).findings == []


def test_estimator_that_diverged_is_told_of_its_data():
    X, y = normal(N, 6) * 1e6, NUMBERS
    reg = MLPRegressor(solver="sgd", learning_rate_init=1.0, random_state=0)
    with pytest.raises(ValueError, match="non-finite"):
        reg.fit(X, y)
    diagnosis = diagnose(reg, X, y)
    assert names(diagnosis) == ["unscaled inputs"]
    assert diagnosis.not_checked["dead units"] == "requires a fitted estimator"
    assert not hasattr(reg, "coefs_")


# The course of the loss


@pytest.mark.filterwarnings("ignore::sknn.TrainingWarning")
def test_diverging_loss_is_found(digits):
    X, y = StandardScaler().fit_transform(digits[0]), digits[1]
    clf = fitted(MLPClassifier(solver="sgd", learning_rate_init=1.5, max_iter=50), X, y)
    found = finding(diagnose(clf, X, y), "diverging loss")
    assert found.figure == clf.loss_curve_[-1]
    assert f"fell to {min(clf.loss_curve_):.4g} in epoch" in found.text
    assert "learning_rate_init=0.15 (now 1.5), or max_grad_norm=1." in found.remedy


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([2.0, 1.0, 1.0, 1.0, 1.2], []),
        ([2.0, 1.0, 1.0, 1.0, 1.3], ["diverging loss"]),
        ([2.0, 1.9, 1.99, 1.9, 1.93], []),  # a third of what it fell, but next to nothing
        ([2.0, 0.01, 0.01, 0.01, 0.1], []),
        ([2.0, 1.0, 1.0, 1.0, np.nan], ["diverging loss"]),
        ([2.0, 3.0, 1.0, 1.0], []),  # too few to tell
    ],
)
def test_loss_diverges_where_it_rises_by_a_quarter_of_its_fall(losses, expected):
    clf = fitted(MLPClassifier(learning_rate_init=0.01))
    clf.history_["loss"] = losses
    diagnosis = diagnose(clf, X, LABELS)
    assert names(diagnosis) == expected
    told = "diverging loss" in diagnosis.not_checked
    assert told == (len(losses) < training_symptoms.EPOCHS)


def test_steps_too_short_stall(digits):
    X, y = digits
    clf = fitted(MLPClassifier(learning_rate_init=1e-6, max_iter=10), X, y)
    found = finding(diagnose(clf, X, y), "stalled loss")
    p = clf.predict_proba(X)[np.arange(len(y)), y]
    frequency = np.bincount(y) / len(y)
    of_constant = -np.sum(frequency * np.log(frequency))
    assert_allclose(found.figure, -np.log(p).mean() / of_constant, rtol=1e-5)
    assert "falls in almost every epoch" in found.text
    assert "learning_rate_init=1e-05 (now 1e-06)" in found.remedy
    assert names(diagnose(clf, X)) == ["stalled loss"]  # by the first loss


def test_vanishing_gradients_stall(digits):
    X, y = digits
    clf = fitted(MLPClassifier((30,) * 10, "logistic", max_iter=10), X, y)
    found = finding(diagnose(clf, X, y), "stalled loss")
    assert "gradients vanish" in found.text
    assert "activation='relu'" in found.remedy


def test_targets_that_X_does_not_tell_of_stall():
    X, y = normal(N, 6), np.random.default_rng(9).integers(2, size=N)
    clf = fitted(MLPClassifier(5, learning_rate_init=0.001, max_iter=20), X, y)
    found = finding(diagnose(clf, X, y), "stalled loss")
    assert 0.95 < found.figure < 1.1


@pytest.mark.parametrize(
    ("loss", "constant"),
    [
        ("squared_error", lambda y: np.var(y) / 2),
        ("absolute_error", lambda y: np.mean(np.abs(y - np.median(y)))),
        ("root_mean_squared_error", np.std),
        ("poisson", lambda y: np.mean(y * np.log(y / y.mean()))),
        ("gamma", lambda y: np.mean(np.log(y.mean() / y))),
    ],
)
def test_loss_is_compared_with_that_of_the_best_constant(loss, constant):
    y = np.random.default_rng(0).gamma(2.0, size=N)
    reg = MLPRegressor(loss, 5, learning_rate_init=1e-6, max_iter=1, batch_size=N, alpha=0)
    fitted(reg, y=y)
    found = finding(diagnose(reg, X, y), "stalled loss")
    fresh = fitted(MLPRegressor(loss, 5, learning_rate_init=1e-300, max_iter=1, alpha=0), y=y)
    assert_allclose(found.figure, fresh.loss_ / constant(y), rtol=1e-3)


def test_targets_all_alike_cannot_stall():
    reg = fitted(MLPRegressor(max_iter=20), y=np.zeros(N))
    assert "stalled loss" not in names(diagnose(reg, X, np.zeros(N)))
    clf = fitted(MLPClassifier(max_iter=20), y=np.zeros(N))
    assert diagnose(clf, X, np.zeros(N)).findings == []


# Units


def test_dead_units_are_found(digits):
    X, y = digits
    clf = fitted(MLPClassifier(learning_rate_init=0.3, max_iter=60), X, y)
    found = finding(diagnose(clf, X, y), "dead units")
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    assert found.figure == np.mean(np.all(z <= 0, axis=0)) > 0.6
    assert "units of dense1" in found.text
    assert "learning_rate_init=0.03 (now 0.3)" in found.remedy


def test_units_are_dead_that_no_sample_moves():
    clf = fitted(MLPClassifier(10, learning_rate_init=0.01, solver="lbfgs"))
    clf.intercepts_[0][:6] = -1e3
    assert "dead units" not in names(diagnose(clf, X, LABELS))
    clf.intercepts_[0][:7] = -1e3
    found = diagnose(clf, X, LABELS).findings[-1]
    assert (found.name, found.figure) == ("dead units", 0.7)
    few = training_symptoms.SAMPLES - 1
    assert "requires at least 50 samples" in diagnose(clf, X[:few]).not_checked["dead units"]
    for activation in ("leaky_relu", "identity", "prelu"):  # never flat
        clf = fitted(MLPClassifier(10, activation, solver="lbfgs"))
        clf.intercepts_[0][:] = -1e3
        assert "dead units" not in names(diagnose(clf, X, LABELS))


def test_dead_channels_of_a_convolution_are_found():
    images = np.abs(normal(N, 6, 6))
    clf = CNNClassifier(4, hidden_layer_sizes=8, max_iter=5)
    fitted(clf, images)
    clf.intercepts_[0][:3] = -1e3
    found = [own for own in diagnose(clf, images, LABELS).findings if own.name == "dead units"]
    assert "75% of the units of conv2d1" in found[0].text
    assert found[0].figure == 0.75


@pytest.mark.parametrize("activation", ["tanh", "logistic", "hard_tanh", "softsign"])
def test_saturated_units_are_found(activation, digits):
    X, y = digits
    layers = [Dense(100, activation, weight_init=Normal(20.0))]
    clf = SequentialClassifier(layers, max_iter=15)
    found = finding(diagnose(fitted(clf, X, y), X, y), "saturated units")
    assert found.figure > 0.8
    assert "narrower weight_init" in found.remedy


def test_share_of_saturated_activations_is_counted():
    clf = fitted(MLPClassifier(10, "tanh", max_iter=5))
    clf.coefs_[0] *= 100
    found = [own for own in diagnose(clf, X, LABELS).findings if own.name == "saturated units"]
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    assert_allclose(found[0].figure, np.mean(1 - np.tanh(z) ** 2 <= 0.05))


def test_far_out_units_of_a_network_that_has_learnt_all_are_left_alone():
    """Once nothing is left to learn nothing pulls weights back: no illness."""
    clf = fitted(MLPClassifier(10, "logistic", solver="lbfgs", alpha=0, max_iter=1000))
    z = X @ clf.coefs_[0] + clf.intercepts_[0]
    assert np.mean(np.abs(z) > 4.4) > 0.8
    assert clf.score(X, LABELS) == 1
    assert diagnose(clf, X, LABELS).findings == []


def test_dead_units_explain_a_stalled_loss():
    clf = fitted(MLPClassifier(10, max_iter=10))
    clf.intercepts_[0][:] = -1e3
    diagnosis = diagnose(clf, X, LABELS)
    assert names(diagnosis) == ["stalled loss", "dead units"]
    assert "100% of dense1 let no gradient through" in diagnosis.findings[0].text


def test_few_samples_call_no_unit_dead():
    clf = fitted(MLPClassifier(10, max_iter=10))
    clf.intercepts_[0][:] = -1e3
    (found,) = diagnose(clf, X[:49], LABELS[:49]).findings
    assert found.name == "stalled loss"
    assert "dense1" not in found.text
    assert "100% of dense1" in diagnose(clf, X[:50], LABELS[:50]).findings[0].text


class Gain(Loss):
    """Minus the mean of what is put out: the more, the better."""

    def sum_and_gradient(self, y, z, weight, out):
        out.fill(-1)
        return -float(z.sum() + len(z))


def test_loss_that_may_be_negative_is_not_judged_without_y():
    reg = fitted(MLPRegressor(Gain(), 5, max_iter=6), y=NUMBERS)
    assert diagnose(reg, X).not_checked["stalled loss"] == "requires a loss that is not negative"


# What was held out


def test_overfitting_is_found_on_samples_given():
    X, y = normal(60, 100), np.arange(60) % 2
    held_out = {"X_val": normal(N, 100, seed=1), "y_val": np.arange(N) % 2}
    clf = fitted(MLPClassifier(learning_rate_init=0.01, alpha=0), X, y)
    found = finding(diagnose(clf, X, y, **held_out), "overfitting")
    assert_allclose(found.figure, 1 - clf.score(held_out["X_val"], held_out["y_val"]))
    for turn in ("alpha=0.001 (now 0)", "dropout=0.3", "early_stopping=True"):
        assert turn in found.remedy
    assert "overfitting" in diagnose(clf, X, y).not_checked


def test_overfitting_is_found_by_the_scores_of_fit():
    X, y = normal(60, 100), np.arange(60) % 2
    held_out = {"X_val": normal(N, 100, seed=1), "y_val": np.arange(N) % 2}
    clf = fitted(MLPClassifier(learning_rate_init=0.01), X, y, **held_out)
    found = finding(diagnose(clf, X, y), "overfitting")
    assert_allclose(found.figure, 1 - clf.history_["validation_score"][-1])


def test_overfitting_regressor_is_found(diabetes):
    X, y = diabetes
    held_out = {"X_val": X[200:], "y_val": y[200:]}
    reg = fitted(MLPRegressor("squared_error", (100, 100), solver="lbfgs"), X[:200], y[:200])
    found = finding(diagnose(reg, X[:200], y[:200], **held_out), "overfitting")
    assert_allclose(found.figure, reg.score(X[:200], y[:200]) - reg.score(X[200:], y[200:]))
    assert found.text.startswith("R2 is")


def test_gap_that_may_be_chance_is_left_alone():
    clf = fitted(MLPClassifier(learning_rate_init=0.01))
    assert clf.score(X, LABELS) == 1
    X_val = normal(60, 6, seed=4)
    y_val = clf.predict(X_val)
    y_val[:9] = (y_val[:9] + 1) % 3  # 0.85: a gap of 0.15, give or take 0.09
    assert diagnose(clf, X, LABELS, X_val=X_val, y_val=y_val).findings == []
    y_val[:15] = (clf.predict(X_val[:15]) + 1) % 3  # 0.75
    assert names(diagnose(clf, X, LABELS, X_val=X_val, y_val=y_val)) == ["overfitting"]


@pytest.mark.parametrize(
    ("fraction", "n", "remedy"),
    [(0.1, 20, "validation_fraction=0.25, or"), (0.24, 48, "validation_fraction=0.25, or")],
)
def test_small_validation_set_is_found(fraction, n, remedy):
    clf = MLPClassifier(early_stopping=True, validation_fraction=fraction, learning_rate_init=0.01)
    found = finding(diagnose(fitted(clf), X, LABELS), "small validation set")
    assert found.figure == n
    assert f"{n} samples are held out, but at least 50 are needed" in found.text
    assert found.remedy.startswith(remedy)
    assert diagnose(clf.set_params(validation_fraction=0.25), X, LABELS).findings == []


def test_validation_set_needs_some_samples_of_each_class():
    y = np.arange(900) % 15
    clf = MLPClassifier(early_stopping=True)
    small = diagnose(clf.set_params(validation_fraction=0.08), normal(900, 3), y)
    assert "72 samples are held out, but at least 75 are needed" in small.findings[0].text
    assert diagnose(clf.set_params(validation_fraction=0.09), normal(900, 3), y).findings == []


def test_validation_set_is_never_to_be_the_larger_half():
    clf = MLPClassifier(early_stopping=True, validation_fraction=0.1)
    (found,) = diagnose(clf, X[:99], LABELS[:99]).findings
    assert (
        found.remedy == "early_stopping=False, and cross-validation to choose alpha and max_iter."
    )


def test_validation_samples_given_are_counted():
    clf = fitted(MLPClassifier(learning_rate_init=0.01))
    found = finding(
        diagnose(clf, X, LABELS, X_val=X[:49], y_val=LABELS[:49]), "small validation set"
    )
    assert found.figure == 49
    assert diagnose(clf, X, LABELS, X_val=X[:50], y_val=LABELS[:50]).findings == []


def test_splitter_and_no_validation_set_are_not_judged():
    for settings in ({"early_stopping": True, "validation_fraction": KFold(3)}, {}):
        diagnosis = diagnose(MLPClassifier(**settings), X, LABELS)
        assert diagnosis.findings == []
        assert "small validation set" in diagnosis.not_checked


# Classes


def test_class_imbalance_is_found_unless_weights_make_up_for_it(digits):
    X, y = digits
    y = np.where(y == 8, "eight", "other")
    clf = MLPClassifier(20, learning_rate_init=0.01, max_iter=10)
    found = finding(diagnose(fitted(clf, X, y), X, y), "class imbalance")
    assert_allclose(found.figure, np.sum(y == "other") / np.sum(y == "eight"))
    assert "Class 'other' has 9.3 times the weight of class 'eight'" in found.text
    assert "class_weight='balanced'" in found.remedy
    balanced = fitted(clf.set_params(class_weight="balanced"), X, y)
    assert diagnose(balanced, X, y).findings == []
    clf = fitted(clf.set_params(class_weight=None), X, y)
    weight = np.where(y == "eight", 5.0, 1.0)
    assert diagnose(clf, X, y, weight).findings == []


def test_imbalance_begins_beyond_five_to_one():
    X, clf = normal(120, 3), MLPClassifier()
    assert diagnose(clf, X, np.arange(120) >= 100).findings == []
    found = finding(diagnose(clf, X, np.arange(120) >= 101), "class imbalance")
    assert_allclose(found.figure, 101 / 19)


def test_class_without_samples_is_found():
    clf = MLPClassifier(5, random_state=0).partial_fit(X, LABELS % 2, classes=[0, 1, 2])
    found = [own for own in diagnose(clf, X, LABELS % 2).findings if own.name == "class imbalance"]
    assert found[0].figure == np.inf
    assert "There are no samples of class 2" in found[0].text


@pytest.mark.parametrize("kind", ["labels", "columns"])
def test_several_labels_are_not_judged_by_their_balance(kind):
    y = np.column_stack([np.arange(N) % 7 == 0, np.arange(N) % 2]).astype(int)
    y += 3 * (kind == "columns")
    clf = fitted(MLPClassifier(max_iter=30), y=y)
    assert "class imbalance" in diagnose(clf, X, y).not_checked


# The report


def test_without_y_all_is_told_that_needs_none():
    clf = fitted(MLPClassifier(learning_rate_init=0.01))
    diagnosis = diagnose(clf, X)
    assert diagnosis.healthy == [
        "unscaled inputs",
        "diverging loss",
        "stalled loss",
        "dead units",
    ]
    assert diagnosis.not_checked["overfitting"] == "requires y"


def test_every_finding_names_a_parameter_to_turn_and_its_figure():
    clf = fitted(MLPClassifier(early_stopping=True, max_iter=5), X * 100)
    diagnosis = diagnose(clf, X * 100, LABELS)
    assert names(diagnosis)[0] == "unscaled inputs"
    assert names(diagnosis)[-1] == "small validation set"
    page = str(diagnosis)
    assert page.startswith("Diagnosis of MLPClassifier, fitted, on 200 samples:\n1. unscaled")
    words = " ".join(page.split())
    for found in diagnosis.findings:
        assert isinstance(found.figure, (int, float))
        assert f"{found.name}: {found.text} Try: {found.remedy}" in words
        assert str(found) == f"{found.name}: {found.text}\nTry: {found.remedy}"
        assert "  " not in found.text
    assert max(map(len, page.splitlines())) <= 88
    assert repr(diagnosis) == page  # what a notebook shows


@pytest.mark.parametrize("given_y", [False, True], ids=["X", "X and y"])
def test_diagnosis_leaves_the_estimator_as_it_is(given_y):
    clf = MLPClassifier((5, 4), normalization="batch", dropout=0.2, random_state=0)
    for estimator in (clf, fitted(MLPClassifier(**clf.get_params()))):
        before = pickle.dumps(estimator)
        diagnose(estimator, X, LABELS if given_y else None, X_val=X, y_val=LABELS)
        assert pickle.dumps(estimator) == before


def test_long_inputs_are_looked_at_in_parts(monkeypatch):
    clf = fitted(MLPClassifier(10, "tanh", max_iter=5))
    clf.coefs_[0] *= 100
    whole = str(diagnose(clf, X, LABELS))
    assert "saturated" in whole
    monkeypatch.setattr("sknn.inspection.evidence.MOST", 7)
    assert str(diagnose(clf, X, LABELS)) == whole


def test_what_cannot_be_diagnosed_raises():
    with pytest.raises(ValueError, match="X_val and y_val must be passed together"):
        diagnose(MLPClassifier(), X, LABELS, X_val=X)
    with pytest.raises(ValueError, match="X_val and y_val must be passed together"):
        diagnose(MLPClassifier(), X, LABELS, y_val=LABELS)
    with pytest.raises(ValueError, match="X has 5 features"):
        diagnose(fitted(MLPClassifier(max_iter=1)), X[:, :5], LABELS)
    with pytest.raises(ValueError, match="The 'alpha' parameter"):
        diagnose(MLPClassifier(alpha=-1), X, LABELS)


def test_notebook_shows_each_finding_with_its_remedy():
    findings = [
        Finding("<b>one</b>", 1.0, "It is 5 < 6.", "alpha=1"),
        Finding("two", 2.0, "b", "c"),
    ]
    diagnosis = Diagnosis("Diagnosis of X:", findings, ["dead units"], {"overfitting": "needs y"})
    page = Page(diagnosis._repr_html_())
    assert page.texts == [
        "Diagnosis of X:",
        *("<b>one</b>", "It is 5 < 6.", "alpha=1"),
        *("two", "b", "c"),
        "Checked and fine: dead units.",
        "Not checked: overfitting (needs y).",
    ]
    assert page.classes.count("sknn-finding") == page.classes.count("sknn-remedy") == 2
    page = Page(Diagnosis("Diagnosis of X:")._repr_html_())
    assert page.texts == ["Diagnosis of X:", "No problems were found."]
