"""Where each symptom of the data begins, on both sides of its threshold, and what is advised."""

import numpy as np
import pytest

from sknn import MLPClassifier, MLPRegressor
from sknn.inspection.data_symptoms import (
    class_imbalance,
    small_validation_set,
    unscaled_inputs,
    unscaled_targets,
)
from sknn.inspection.evidence import Evidence, NotChecked


def evidence(estimator=None, rms=(1.0, 2.0, 0.5), length=2.3, n=400, **figures):
    """Of a sound problem, but for these figures."""
    estimator = MLPClassifier() if estimator is None else estimator
    return Evidence(estimator, True, n=n, rms=np.array(rms), length=length, **figures)


# Root mean squares of 20 are the largest that train as they are, lengths of 0.2 the shortest.


@pytest.mark.parametrize(("rms", "found"), [(19.9, False), (20.0, False), (20.1, True)])
def test_features_are_too_large_beyond_20(rms, found):
    seen = unscaled_inputs(evidence(rms=[1.0, rms, 3.0, 0.1]))
    assert (seen is not None) is found
    if found:
        figure, text, _ = seen
        assert figure == rms
        assert text == (
            "Feature 1 has a root mean square of 20.1, and 1 of 4 features exceed 20. Scaled "
            "features have about 1. Units saturate or die, and a learning rate that suits one "
            "weight is too large for another."
        )


def test_the_largest_feature_is_named_as_in_fit():
    names = np.array(["a", "b", "c", "d"], object)
    given = evidence(rms=[20.0, 30.0, 70.5, 1.0], feature_names=names)
    figure, text, remedy = unscaled_inputs(given)
    assert figure == 70.5
    assert "Feature 'c' has a root mean square of 70.5, and 2 of 4 features" in text
    assert remedy == ("Scale X: make_pipeline(StandardScaler(), estimator), or for pixels X / 255.")
    given.normalized_input = True
    assert unscaled_inputs(given) is None


def test_integer_images_are_not_divided_by_255_again():
    short, long = {"rms": [0.05], "length": 0.1}, {"rms": [50.0]}
    for figures in (short, long):
        *_, remedy = unscaled_inputs(evidence(**figures, integer_images=True))
        assert remedy.startswith("Pass X / X.max(): integer images are divided by 255")
    *_, remedy = unscaled_inputs(evidence(**short))
    assert remedy == "Scale X: make_pipeline(StandardScaler(), estimator)."


@pytest.mark.parametrize(("length", "found"), [(0.19, True), (0.2, False), (0.21, False)])
def test_samples_are_too_short_below_a_fifth(length, found):
    seen = unscaled_inputs(evidence(rms=[0.05, 0.1], length=length))
    assert (seen is not None) is found
    if found:
        assert seen[0] == length
        assert seen[1].startswith("Samples have a root mean square length of 0.19, less than 0.2.")


@pytest.mark.parametrize(
    ("rms", "relative_loss", "found"),
    [
        (20.0, None, False),
        (20.1, None, True),
        (20.1, 0.49, False),  # it was learnt all the same
        (20.1, 0.5, True),
        (20.1, 0.51, True),
        (19.9, 0.51, False),
    ],
)
def test_targets_are_too_large_beyond_20_unless_half_of_the_loss_is_gone(rms, relative_loss, found):
    given = evidence(MLPRegressor(), target_rms=rms, relative_loss=relative_loss)
    seen = unscaled_targets(given)
    assert (seen is not None) is found
    if found:
        figure, text, remedy = seen
        assert figure == rms
        assert text.startswith("y has a root mean square of 20.1, but the outputs start near 0")
        assert remedy == (
            "Scale y: TransformedTargetRegressor(estimator, transformer=StandardScaler())."
        )


# 50 samples are the least to validate on, and 5 of each class; class weights may differ by 5.


@pytest.mark.parametrize(
    ("n", "n_classes", "least"),
    [(49, 3, 50), (50, 3, None), (50, 10, None), (54, 11, 55), (55, 11, None), (64, 13, 65)],
)
def test_validation_set_has_50_samples_and_5_of_each_class(n, n_classes, least):
    weights = dict.fromkeys(range(n_classes), 30.0)
    seen = small_validation_set(evidence(n_validation=n, class_weights=weights))
    assert (seen is not None) is (least is not None)
    if seen is not None:
        assert seen[0] == n
        assert seen[1] == (
            f"{n} samples are held out, but at least {least} are needed: a single sample "
            f"changes the score by {100 / n:.1f}%, and the choice of the best epoch is left to "
            "chance."
        )


@pytest.mark.parametrize(
    ("n", "fraction"),
    # the least fraction of whole percents that 50 samples are: rounded up
    [(400, "0.13"), (1000, "0.05"), (99, None), (100, "0.5"), (101, "0.5"), (95, None), (83, None)],
)
def test_fraction_advised_holds_out_enough_and_at_most_a_half(n, fraction):
    stopping = MLPClassifier(early_stopping=True)
    _, _, remedy = small_validation_set(evidence(stopping, n_validation=7, n=n))
    others = "early_stopping=False, and cross-validation to choose alpha and max_iter."
    first = "" if fraction is None else f"validation_fraction={fraction}, or "
    assert remedy == first + others
    given = evidence(stopping, n_validation=7, n=n, validation_given=True)
    assert small_validation_set(given)[2] == f"more samples as X_val, or {others}"
    given.estimator = MLPClassifier()
    remedy = "more samples as X_val, or cross-validation to choose alpha and max_iter."
    assert small_validation_set(given)[2] == remedy


def test_empty_validation_set_is_found():
    figure, text, _ = small_validation_set(evidence(n_validation=0))
    assert figure == 0
    assert text == "0 samples are held out, but at least 50 are needed: no epoch has a score."


@pytest.mark.parametrize(("largest", "found"), [(49, False), (50, False), (51, True)])
def test_classes_are_imbalanced_beyond_five_to_one(largest, found):
    seen = class_imbalance(evidence(class_weights={"b": 30.0, "c": 10.0, "a": float(largest)}))
    assert (seen is not None) is found
    if found:
        figure, text, remedy = seen
        assert figure == 5.1
        assert text.startswith("Class 'a' has 5.1 times the weight of class 'c'. A network")
        assert remedy == "class_weight='balanced'; scoring='balanced_accuracy' to validate."


def test_class_of_no_weight_is_found_but_not_where_none_has_any():
    figure, text, remedy = class_imbalance(evidence(class_weights={"x": 0.0, "y": 3.0}))
    assert figure == np.inf
    assert text == "There are no samples of class 'x', or all of them have weight zero."
    assert remedy == "samples of this class, or a classifier for the other classes only."
    assert class_imbalance(evidence(class_weights={"x": 0.0, "y": 0.0})) is None


@pytest.mark.parametrize(
    ("check", "estimator", "reason"),
    [
        (unscaled_targets, MLPClassifier(), "y contains labels"),
        (unscaled_targets, MLPRegressor(), "requires y and a loss that compares it with the raw"),
        (small_validation_set, MLPClassifier(), "requires X_val, or early_stopping=True and"),
        (class_imbalance, MLPRegressor(), "y contains numbers"),
        (class_imbalance, MLPClassifier(), "requires y with one label per sample"),
    ],
)
def test_what_is_lacking_is_told(check, estimator, reason):
    with pytest.raises(NotChecked, match=reason):
        check(evidence(estimator))
