"""What diagnose says about estimators for tables: each check with the figure it goes by."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknn import TabularClassifier, TabularRegressor
from sknn.inspection import diagnose
from sknn.inspection import table_symptoms as symptoms
from sknn.inspection.evidence import NotChecked
from sknn.inspection.table_symptoms import TableEvidence, gather_table
from sknn.tabular.encoding import UNUSED

RANDOM = np.random.RandomState(0)
N = 80
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
FRAME = pd.DataFrame(
    {
        "n": RANDOM.normal(size=N),
        "constant": np.ones(N),
        "town": RANDOM.choice(list("xyz"), N),
        "name": [f"name {i}" for i in range(N)],
    }
)
LABELS = np.where(FRAME.n > 1, "rare", "usual")
WEIGHTS = np.arange(1.0, N + 1)


def _evidence(estimator=None, fitted=True, **figures):
    """TableEvidence of a fit that never was; attributes of the estimator begin with "at_"."""
    estimator = estimator or TabularClassifier()
    fit = {"n_iter_": 64, "n_members_": 8, "best_iter_": np.full(8, 60), "validation_scores_": 0}
    for name, value in {**fit, "oof_prediction_": np.zeros(N)}.items():
        setattr(estimator, name, figures.pop(f"at_{name}", value))
    return TableEvidence(estimator, fitted, N, {"n": "a number"}, **figures)


def test_evidence_of_a_fit():
    clf = TabularClassifier(**SMALL).fit(FRAME, LABELS, WEIGHTS)
    seen = gather_table(clf, FRAME, LABELS, WEIGHTS, None, None)
    assert (seen.fitted, seen.n) == (True, N)
    assert seen.columns["n"] == "a number, scaled and clipped"
    weights = {label: WEIGHTS[label == LABELS].sum() for label in ("rare", "usual")}
    assert seen.class_weights == weights
    assert seen.constant == pytest.approx(weights["usual"] / WEIGHTS.sum())
    right = clf.predict(FRAME) == LABELS
    assert seen.score == pytest.approx(np.average(right, weights=WEIGHTS))
    assert seen.held_out_score == clf.oof_score_
    assert seen.n_held_out == 2 * N / 5  # two members, each with one of five folds
    held_out = FRAME[:9].iloc[:, ::-1]
    seen = gather_table(clf, FRAME, None, None, held_out, LABELS[:9])
    assert seen.score is seen.constant is seen.class_weights is None
    assert seen.held_out_score == np.mean(right[:9])
    assert seen.n_held_out == 9


def test_evidence_of_numbers():
    reg = TabularRegressor(**SMALL).fit(FRAME, FRAME.n)
    seen = gather_table(reg, FRAME, FRAME.n, None, None, None)
    assert (seen.constant, seen.class_weights) == (0.0, None)
    residual = np.square(reg.predict(FRAME) - FRAME.n).sum()
    assert seen.score == pytest.approx(1 - residual / np.square(FRAME.n - FRAME.n.mean()).sum())
    assert np.isnan(gather_table(reg, FRAME[:1], FRAME.n[:1], None, None, None).score)
    assert gather_table(reg, FRAME, None, None, FRAME, FRAME.n).n_held_out == N


def test_diagnosis_of_a_fit_in_a_pipeline_and_of_none():
    clf = TabularClassifier(**SMALL)
    pipeline = make_pipeline(FunctionTransformer(), clf)
    before = diagnose(pipeline, FRAME, LABELS)
    assert before.title == "Diagnosis of TabularClassifier, not fitted, on 80 samples:"
    assert [found.name for found in before.findings] == ["unused columns", "class imbalance"]
    assert before.not_checked["overfitting"] == "requires a fitted estimator"
    assert set(vars(clf)) == set(clf.get_params())
    after = diagnose(pipeline.fit(FRAME, LABELS), FRAME, LABELS)
    assert after.title == "Diagnosis of TabularClassifier, fitted, on 80 samples:"
    (found, *_) = after.findings
    assert found.figure == 2
    assert "2 of 4 columns are not used" in found.text
    assert found.text.endswith("'constant', 'name'.")
    assert "1. unused columns: 2 of 4 columns" in str(after)


def test_arrays_have_numbers_of_columns():
    found = diagnose(TabularClassifier(), np.column_stack([FRAME.n, np.ones(N)]), LABELS)
    assert "1 of 2 columns is not used" in found.findings[0].text
    assert found.findings[0].text.endswith(": 1.")


def test_samples_and_targets_must_go_together():
    clf = TabularClassifier(**SMALL).fit(FRAME, LABELS)
    for estimator in (clf, TabularClassifier()):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            diagnose(estimator, FRAME, LABELS[:9])
    with pytest.raises(ValueError, match="missing:\n- n"):
        diagnose(clf, FRAME.drop(columns="n"), LABELS)


def test_many_unused_columns_are_not_all_named():
    columns = dict.fromkeys(range(7), UNUSED)
    _, text, _ = symptoms.unused_columns(SimpleNamespace(columns=columns))
    assert text.endswith(": 0, 1, 2, 3, 4, ....")
    assert symptoms.unused_columns(SimpleNamespace(columns={"n": "a number"})) is None


def test_predictions_that_are_no_better_than_a_constant():
    chance = np.sqrt(0.6 * 0.4 / 100)
    check = symptoms.no_better_than_a_constant
    figures = {"constant": 0.6, "n_held_out": 100, "class_weights": {"a": 50.0, "b": 10.0}}
    assert check(_evidence(held_out_score=0.6 + 1.01 * chance, **figures)) is None
    figure, text, remedy = check(_evidence(held_out_score=0.6 + 0.99 * chance, **figures))
    assert figure == 0.6 + 0.99 * chance
    assert "Accuracy is 0.648" in text
    assert "the most frequent class has 0.600" in text
    assert "(now 0.04)" in remedy
    reg = TabularRegressor(learning_rate_init=0.5)
    _, text, remedy = check(_evidence(reg, constant=0.0, held_out_score=0.0, n_held_out=100))
    assert "R2 is 0.000" in text
    assert "the mean has 0.000" in text
    assert "(now 0.5)" in remedy
    assert check(_evidence(reg, constant=0.0, held_out_score=0.01, n_held_out=100)) is None


def test_overfitting_is_a_gap_beyond_a_tenth_and_chance():
    check, chance = symptoms.overfitting, np.sqrt(0.8 * 0.2 / 100)
    score = 0.9 + 2 * chance
    assert check(_evidence(score=score - 0.01, held_out_score=0.8, n_held_out=100)) is None
    gap, text, remedy = check(_evidence(score=score + 0.01, held_out_score=0.8, n_held_out=100))
    assert gap == pytest.approx(0.11 + 2 * chance)
    assert "Accuracy is 0.990 on the samples and 0.800 on samples that" in text
    assert remedy.startswith("dropout=0.3 (now 0.15), weight_decay=0.1 (now 0.02)")
    reg = TabularRegressor(dropout=0.0, weight_decay=0.0)
    gap, _, remedy = check(_evidence(reg, score=0.8, held_out_score=0.69, n_held_out=100))
    assert gap == pytest.approx(0.11)
    assert remedy.startswith("dropout=0.3 (now 0), weight_decay=0.02 (now 0)")
    _, _, remedy = check(_evidence(TabularRegressor(dropout=0.4), score=1.0, held_out_score=0.0))
    assert remedy.startswith("dropout=0.5 (now 0.4)")


def test_members_that_were_best_at_first():
    best = np.array([1, 2, 6, 6, 7, 60])
    check = symptoms.early_best_epochs
    figure, text, remedy = check(_evidence(at_best_iter_=best))
    assert figure == 6
    assert "Half of the 8 members were best in epoch 6 of 64 or before" in text
    assert remedy.startswith("learning_rate_init=0.01 (now 0.04)")
    assert check(_evidence(at_best_iter_=best + 1)) is None  # a tenth of 64 is 6.4


def test_folds_of_fewer_than_ten_samples():
    check = symptoms.small_folds
    assert check(_evidence(n_held_out=80)) is None
    figure, text, _ = check(_evidence(n_held_out=79))
    assert figure == 79 / 8
    assert "validated on about 9.88 samples" in text


def test_classes_of_very_different_weight():
    check = symptoms.class_imbalance
    assert check(_evidence(class_weights={"a": 50.0, "b": 10.0})) is None
    ratio, text, remedy = check(_evidence(class_weights={"a": 10.0, "b": 51.0}))
    assert ratio == 5.1
    assert "Class 'b' weighs 5.1 times as much as class 'a'" in text
    assert "TunedThresholdClassifierCV" in remedy
    assert check(_evidence(class_weights={"a": 1.0, "b": 0.0}))[0] == np.inf
    weighted = TabularClassifier(class_weight="balanced")
    assert check(_evidence(weighted, class_weights={"a": 10.0, "b": 51.0})) is None


@pytest.mark.parametrize(
    ("name", "figures", "reason"),
    [
        ("no_better_than_a_constant", {"held_out_score": 0.5}, "requires y"),
        ("no_better_than_a_constant", {"constant": 0.5}, "requires X_val and y_val"),
        (
            "no_better_than_a_constant",
            {"held_out_score": 0.5, "constant": 0.9, "class_weights": {"a": 9.0, "b": 1.0}},
            "requires classes of similar weight",
        ),
        ("overfitting", {"held_out_score": 0.5}, "requires y"),
        ("overfitting", {"score": 0.5}, "requires X_val and y_val"),
        ("overfitting", {"score": 0.5, "held_out_score": np.nan}, "at least two samples"),
        ("overfitting", {"score": np.nan, "held_out_score": 0.5}, "at least two samples"),
        ("early_best_epochs", {"at_validation_scores_": None}, "there are too few"),
        ("early_best_epochs", {"at_n_iter_": 49}, "requires 50 epochs, got 49"),
        (
            "small_folds",
            {"at_oof_prediction_": None},
            "requires folds that the estimator",
        ),
        ("small_folds", {"estimator": TabularClassifier(cv=3)}, "requires folds that"),
        ("class_imbalance", {}, "requires y"),
        ("class_imbalance", {"estimator": TabularRegressor()}, "y holds numbers"),
        *(
            (name, {"fitted": False}, "requires a fitted estimator")
            for name in ("no_better_than_a_constant", "overfitting", "small_folds")
        ),
        ("early_best_epochs", {"fitted": False}, "requires a fitted estimator"),
    ],
)
def test_checks_say_what_they_would_need(name, figures, reason):
    with pytest.raises(NotChecked, match=reason):
        getattr(symptoms, name)(_evidence(**figures))
