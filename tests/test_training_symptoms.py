"""Where each symptom of training begins, on both sides of its threshold, and what is advised."""

import re
from ast import literal_eval
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.inspection import data_symptoms
from sknn.inspection.evidence import Evidence, NotChecked
from sknn.inspection.training_symptoms import (
    dead_units,
    diverging_loss,
    overfitting,
    saturated_units,
    stalled_loss,
)
from sknn.nn import SGD, BatchNorm, Dense, Dropout

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FALLING = [3.0, 2.5, 2.0, 1.5, 1.25, 1.2]


def evidence(estimator=None, losses=FALLING, n=400, shrinkage=None, **figures):
    """Of a healthy fit, but for these figures."""
    estimator = MLPClassifier() if estimator is None else estimator
    return Evidence(
        estimator,
        figures.pop("fitted", True),
        n=n,
        rms=np.ones(3),
        length=1.7,
        history={"loss": losses},
        shrinkage=lambda: shrinkage,
        **figures,
    )


def layer(name, ends, *shares):
    """The Flatness of a layer, whose activation function flattens on so many sides."""
    return SimpleNamespace(layer=name, ends=ends, shares=np.array(shares))


def flat(n_dead, n=20):
    """Shares of n units, of which so many are flat for every sample and the others almost."""
    return [1.0] * n_dead + [0.99] * (n - n_dead)


# A loss diverges that has risen by a quarter of what it fell, and by a twentieth of its least.


@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ([9.0, 5.0, 3.0, 1.0, 2.0, 2.9], False),
        ([9.0, 5.0, 3.0, 1.0, 2.0, 3.0], False),
        ([9.0, 5.0, 3.0, 1.0, 2.0, 3.1], True),
        ([10.5, 10.25, 10.0, 10.2, 10.45], False),
        ([10.5, 10.25, 10.0, 10.2, 10.5], False),
        ([10.5, 10.25, 10.0, 10.2, 10.55], True),
        ([-9.5, -9.75, -10.0, -9.8, -9.55], False),  # losses may be negative
        ([-9.5, -9.75, -10.0, -9.8, -9.45], True),
    ],
)
def test_loss_diverges_from_a_quarter_of_its_fall_and_a_twentieth_of_its_least(losses, found):
    seen = diverging_loss(evidence(losses=losses))
    assert (seen is not None) is found
    if found:
        least = min(losses)
        assert seen[0] == losses[-1]
        assert seen[1] == (
            f"The loss fell to {least:.4g} in epoch {losses.index(least) + 1}, but is "
            f"{losses[-1]:.4g} in the last epoch, {len(losses)}: the steps are so large that they "
            "lead uphill."
        )


@pytest.mark.parametrize("after", [1.0, np.nan])
@pytest.mark.parametrize("loss", [np.inf, -np.inf, np.nan])
def test_loss_that_is_not_finite_is_found_in_its_epoch(loss, after):
    figure, text, _ = diverging_loss(evidence(losses=[3.0, 2.0, 1.0, loss, 1.0, after]))
    assert np.isnan(figure)
    assert text == "The loss is no longer finite in epoch 4."


def test_five_epochs_are_the_least_to_judge_a_loss_by():
    with pytest.raises(NotChecked, match="requires at least 5 epochs, got 4"):
        diverging_loss(evidence(losses=[3.0, 1.0, 1.0, 9.0]))
    assert diverging_loss(evidence(losses=[3.0, 1.0, 1.0, 1.0, 9.0]))[0] == 9


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({}, "learning_rate_init=0.003 (now 0.03), or max_grad_norm=1."),
        ({"max_grad_norm": 5.0}, "learning_rate_init=0.003 (now 0.03)."),
        ({"solver": "lbfgs"}, "scaled X, or another random_state."),  # it clips no gradient
    ],
)
def test_remedies_of_a_diverging_loss_are_those_the_solver_has(settings, remedy):
    estimator = MLPClassifier(learning_rate_init=0.03, **settings)
    assert diverging_loss(evidence(estimator, [3.0, 1.0, 1.0, 1.0, 9.0]))[2] == remedy


# A loss stalls at more than 0.95 times that of a constant, or of the first epoch.


@pytest.mark.parametrize(("ratio", "found"), [(0.94, False), (0.95, False), (0.96, True)])
def test_loss_stalls_beyond_19_twentieths_of_that_of_a_constant(ratio, found):
    seen = stalled_loss(evidence(relative_loss=ratio))
    assert (seen is not None) is found
    if found:
        assert seen[0] == ratio
        assert seen[1] == (
            "The loss is 0.96 times that of the best constant prediction, though it falls in "
            "almost every epoch: steps are too small."
        )
        assert seen[2] == "learning_rate_init=0.01 (now 0.001), or max_iter=2000 (now 200)."


@pytest.mark.parametrize(
    ("losses", "figure"),
    [
        ([2.0, 1.95, 1.88, 1.92, 1.93], None),  # the least counts, not the last
        ([2.0, 1.95, 1.9, 1.92, 1.93], None),
        ([2.0, 1.95, 1.92, 1.93, 1.94], 0.96),
        ([2.0, 1.95, np.nan, 1.92, 1.93], None),  # it diverged
    ],
)
def test_without_y_the_least_loss_is_compared_with_the_first(losses, figure):
    seen = stalled_loss(evidence(losses=losses))
    assert (seen and seen[0]) == figure
    if seen:
        assert seen[1].startswith("The lowest loss is 0.96 times the first one, and goes up and")


@pytest.mark.parametrize("first", [0.0, -1.0])
def test_first_loss_that_is_not_positive_is_no_measure(first):
    with pytest.raises(NotChecked, match="requires a loss that is not negative"):
        stalled_loss(evidence(losses=[first, -1.1, -1.2, -1.3, -1.4]))


def test_loss_that_diverged_does_not_stall_as_well():
    losses = [3.0, 1.0, 1.0, 1.0, 9.0]
    assert stalled_loss(evidence(losses=losses, relative_loss=2.5)) is None
    short = stalled_loss(evidence(losses=losses[1:], relative_loss=2.5))  # too few to tell
    assert short[0] == 2.5


UP_AND_DOWN = [2.0, 1.99, 1.98, 1.985, 1.97, 1.975, 1.972]  # 4 of 6 steps down
MORE_UP = [2.0, 1.99, 1.995, 1.985, 1.985, 1.98, 1.985]  # 3 of 6, and one that is level


def test_two_thirds_of_the_steps_down_are_a_slow_way_and_no_zigzag():
    estimator = MLPClassifier(learning_rate_init=0.02, max_iter=30)
    _, text, remedy = stalled_loss(evidence(estimator, UP_AND_DOWN, relative_loss=1.5))
    assert "falls in almost every epoch: steps are too small." in text
    assert remedy == "learning_rate_init=0.2 (now 0.02), or max_iter=300 (now 30)."
    _, text, remedy = stalled_loss(evidence(estimator, MORE_UP, relative_loss=1.5))
    assert text == (
        "The loss is 1.5 times that of the best constant prediction, and goes up and down: steps "
        "are too large, or X does not predict y."
    )
    assert remedy == "learning_rate_init=0.002 (now 0.02)."
    downs = [2.0, 1.99, 1.98, 1.97, 1.975, 1.97, 1.975, 1.97, 1.975]  # 5 of 8: 0.625
    assert "up and down" in stalled_loss(evidence(losses=downs, relative_loss=1.5))[1]
    downs += [1.97, 1.96, 1.95]  # 8 of 11: 0.73
    assert "almost every" in stalled_loss(evidence(losses=downs, relative_loss=1.5))[1]


def test_lbfgs_that_stalls_is_given_more_iterations():
    estimator = MLPClassifier(solver="lbfgs", max_iter=30)
    assert stalled_loss(evidence(estimator, relative_loss=1.5))[2] == "max_iter=300 (now 30)."
    remedy = "scaled X, or another random_state."
    assert stalled_loss(evidence(estimator, MORE_UP, relative_loss=1.5))[2] == remedy


@pytest.mark.parametrize(
    ("shrinkage", "found"), [(None, False), (1.01e-3, False), (1e-3, False), (9.9e-4, True)]
)
def test_gradients_vanish_below_a_thousandth(shrinkage, found):
    estimator = MLPClassifier(activation="tanh")
    _, text, remedy = stalled_loss(evidence(estimator, relative_loss=1.5, shrinkage=shrinkage))
    assert ("gradients vanish on the way back" in text) is found
    if found:
        assert "the error terms of the first layer are 0.00099 times those of the last" in text
        assert remedy == "activation='relu', or normalization='batch', or fewer layers."


@pytest.mark.parametrize(
    ("estimator", "remedy"),
    [
        (MLPClassifier(), "normalization='batch', or fewer layers."),
        (MLPClassifier(activation="tanh", normalization="layer"), "activation='relu', or fewer"),
        (
            SequentialClassifier([Dense(3, "tanh")]),
            "'relu' as activation of the layers, or BatchNorm() before the activations, or fewer",
        ),
        (
            SequentialClassifier([BatchNorm(), Dense(3)]),
            "'relu' as activation of the layers, or fewer layers.",
        ),
    ],
)
def test_remedies_of_vanishing_gradients_are_not_what_the_network_has(estimator, remedy):
    seen = stalled_loss(evidence(estimator, relative_loss=1.5, shrinkage=1e-9))
    assert seen[2].startswith(remedy)


def test_units_without_gradient_explain_a_stalled_loss():
    flatness = [
        layer("low", 1, *flat(13)),
        layer("fine", 1, *flat(12)),
        layer("high", 2, 0.9, 0.8, 0.85),
        layer("free", 2, 0.2, 0.1, 0.9),
    ]
    _, text, remedy = stalled_loss(evidence(relative_loss=1.2, flatness=flatness, shrinkage=1e-9))
    assert text == (
        "The loss is 1.2 times that of the best constant prediction, while 65% of low and 85% of "
        "high let no gradient through."
    )
    assert remedy == "See dead and saturated units below."


def test_without_y_saturation_explains_nothing():
    flatness = [layer("a", 2, 0.99)]
    seen = stalled_loss(evidence(losses=[2.0, 1.95, 1.92, 1.93, 1.94], flatness=flatness))
    assert "let no gradient" not in seen[1]


@pytest.mark.parametrize("losses", [[], [2.0]])
def test_loss_without_a_course_goes_no_steady_way(losses):
    assert "goes up and down" in stalled_loss(evidence(losses=losses, relative_loss=1.5))[1]


# Of a layer, more than 0.6 of the units are dead, or 0.8 of the activations saturated.


@pytest.mark.parametrize(("n_dead", "found"), [(11, False), (12, False), (13, True)])
def test_units_are_dead_beyond_three_fifths_of_a_layer(n_dead, found):
    flatness = [
        layer("a", 1, *flat(n_dead - 1)),
        layer("b", 1, *flat(n_dead)),
        layer("c", 2, *flat(20)),  # flat on both sides: those are saturated
        layer("d", 1, *flat(0)),
    ]
    seen = dead_units(evidence(flatness=flatness))
    assert (seen is not None) is found
    if found:
        assert seen == (
            0.65,
            "65% of the units of b are flat for all 400 samples: their output is always the "
            "same, and they receive no gradient that could change this.",
            "learning_rate_init=0.0001 (now 0.001), or activation='leaky_relu', or "
            "normalization='batch'.",
        )


def test_the_layer_with_most_dead_units_is_named():
    flatness = [layer("a", 1, *flat(14)), layer("b", 1, *flat(19)), layer("c", 1, *flat(15))]
    assert dead_units(evidence(flatness=flatness))[:2][1].startswith("95% of the units of b")


@pytest.mark.parametrize("n", [49, 50, 51])
def test_fifty_samples_are_the_least_to_call_a_unit_dead(n):
    given = evidence(n=n, flatness=[layer("a", 1, *flat(20))], relative_loss=1.2)
    stalled = stalled_loss(given)[1]
    assert ("100% of a let no gradient through" in stalled) is (n >= 50)
    if n < 50:
        with pytest.raises(NotChecked, match="requires at least 50 samples, got 49"):
            dead_units(given)
    else:
        assert f"flat for all {n} samples" in dead_units(given)[1]


@pytest.mark.parametrize(
    ("share", "loss", "found"),
    [
        (0.79, 0.5, False),
        (0.8, 0.5, False),
        (0.81, 0.5, True),
        (0.81, 0.0099, False),  # nothing is left to learn
        (0.81, 0.01, True),
        (0.81, 0.0101, True),
    ],
)
def test_activations_are_saturated_beyond_four_fifths_of_a_layer(share, loss, found):
    flatness = [
        layer("a", 2, *[share - 0.05] * 4),
        layer("b", 2, share - 0.125, share + 0.125),
        layer("c", 1, *flat(20)),
        layer("d", 2, 0.1, 0.2),
    ]
    seen = saturated_units(evidence(flatness=flatness, relative_loss=loss))
    assert (seen is not None) is found
    if found:
        assert seen[0] == pytest.approx(0.81)
        assert seen[1].startswith("81% of the activations of b lie where the function is flat")
        assert seen[2] == (
            "learning_rate_init=0.0001 (now 0.001), or a narrower weight_init, or "
            "normalization='batch'."
        )


def test_the_layer_with_most_saturated_activations_is_named():
    flatness = [layer("a", 2, 0.85), layer("b", 2, 0.95), layer("c", 2, 0.9)]
    given = evidence(SequentialClassifier([Dense(3)]), flatness=flatness, relative_loss=0.5)
    _, text, remedy = saturated_units(given)
    assert text.startswith("95% of the activations of b")
    assert remedy == (
        "learning_rate_init=0.0001 (now 0.001), or a narrower weight_init of the layers, or "
        "BatchNorm() before the activations."
    )


def test_saturation_needs_targets_that_differ():
    with pytest.raises(NotChecked, match="requires y that is not constant"):
        saturated_units(evidence(flatness=[layer("a", 2, 1.0)]))


# A score is lost from a tenth on, and beyond twice the deviation of an accuracy by chance.


@pytest.mark.parametrize(("held_out", "found"), [(0.81, False), (0.79, True)])
def test_regressor_overfits_from_a_gap_of_a_tenth(held_out, found):
    given = evidence(MLPRegressor(), score=0.9, validation_score=held_out, n_validation=60)
    seen = overfitting(given)
    assert (seen is not None) is found
    if found:
        assert seen[0] == pytest.approx(0.9 - held_out)
        assert seen[1] == "R2 is 0.900 on the training samples and 0.790 on held-out samples."


@pytest.mark.parametrize(
    # 0.1 + 2 * sqrt(0.8 * 0.2 / 100) is 0.18; without a number of samples 0.1 alone
    ("score", "n", "found"),
    [(0.97, 100, False), (0.99, 100, True), (0.89, None, False), (0.91, None, True)],
)
def test_classifier_overfits_beyond_a_tenth_and_what_may_be_chance(score, n, found):
    seen = overfitting(evidence(score=score, validation_score=0.8, n_validation=n))
    assert (seen is not None) is found
    if found:
        assert seen[0] == pytest.approx(score - 0.8)
        assert seen[1].startswith(f"Accuracy is {score:.3f} on the training samples and 0.800")


def test_scores_that_are_not_there_are_told():
    for figures, reason in (
        ({}, "requires y"),
        ({"score": 0.9}, "requires X_val and y_val"),
        ({"score": 0.9, "validation_score": np.nan}, "requires a score; R2 needs at least two"),
        ({"score": np.nan, "validation_score": 0.9}, "requires a score; R2 needs at least two"),
    ):
        with pytest.raises(NotChecked, match=f"^{reason}"):
            overfitting(evidence(MLPRegressor(), **figures))


STACK = [Dense(3), Dropout(0.2)]


@pytest.mark.parametrize(
    ("estimator", "remedy"),
    [
        (MLPClassifier(), "alpha=0.001 (now 0.0001), dropout=0.3, early_stopping=True"),
        (MLPClassifier(alpha=0), "alpha=0.001 (now 0), dropout=0.3, early_stopping=True"),
        (MLPClassifier(alpha=0.5, dropout=0.4), "alpha=5 (now 0.5), early_stopping=True"),
        (MLPClassifier(early_stopping=True), "alpha=0.001 (now 0.0001), dropout=0.3"),
        (MLPRegressor(solver="lbfgs"), "alpha=0.001 (now 0.0001)"),
        (
            CNNClassifier(),
            "alpha=0.001 (now 0.0001), dropout=0.3, augment='shift', early_stopping=True",
        ),
        (CNNClassifier(augment="flip", dropout=[0, 0, 0.2, 0]), "alpha=0.001 (now 0.0001), early"),
        (CNNRegressor(solver="lbfgs"), "alpha=0.001 (now 0.0001)"),
        (
            SequentialClassifier([Dense(3)]),
            "alpha=0.001 (now 0.0001), Dropout() layers, early_stopping=True",
        ),
        (SequentialRegressor(STACK), "alpha=0.001 (now 0.0001), early_stopping=True"),
    ],
)
def test_remedies_of_overfitting_are_those_the_network_lacks(estimator, remedy):
    seen = overfitting(evidence(estimator, score=0.95, validation_score=0.5))
    assert seen[2].startswith(remedy)
    if not remedy.endswith("early"):
        assert seen[2] == f"{remedy}, fewer units, or more samples."


# All advice

ESTIMATORS = [
    *(
        kind(**settings)
        for kind in (MLPClassifier, MLPRegressor)
        for settings in ({}, {"alpha": 0})
    ),
    MLPClassifier(3, "tanh", solver="lbfgs"),
    MLPRegressor(hidden_layer_sizes=3, normalization="batch", dropout=0.1, early_stopping=True),
    MLPRegressor(hidden_layer_sizes=3, solver=SGD(momentum=0.5), max_grad_norm=2.0),
    CNNClassifier(2, hidden_layer_sizes=3),
    CNNRegressor(filters=2, hidden_layer_sizes=3, solver="lbfgs"),
    SequentialClassifier([Dense(3, "tanh")]),
    SequentialRegressor([Dense(3), BatchNorm()], solver="lbfgs"),
]


def all_advice(estimator):
    """The remedies of all findings that an estimator can have."""
    bad = {"losses": [3.0, 1.0, 1.0, 1.0, 9.0]}, {"losses": MORE_UP, "relative_loss": 2.0}
    bad += ({"relative_loss": 2.0}, {"relative_loss": 2.0, "shrinkage": 1e-9})
    flatness = [layer("a", 1, 1.0), layer("b", 2, 1.0)]
    bad += ({"relative_loss": 2.0, "flatness": flatness}, {"score": 1.0, "validation_score": 0.1})
    bad += ({"target_rms": 99.0, "n_validation": 9, "class_weights": {0: 9.0, 1: 1.0}},)
    checks = (diverging_loss, stalled_loss, dead_units, saturated_units, overfitting)
    checks += (data_symptoms.unscaled_targets, data_symptoms.small_validation_set)
    for figures in bad:
        for check in (*checks, data_symptoms.class_imbalance):
            try:
                seen = check(evidence(estimator, **figures))
            except NotChecked:
                continue
            if seen is not None:
                yield seen[2]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_every_setting_advised_is_a_parameter_that_fits(estimator):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4, 5)), np.arange(60) % 2
    X = X if isinstance(estimator, (CNNClassifier, CNNRegressor)) else X.reshape(60, 20)
    advised = set()
    for remedy in all_advice(estimator):
        own = re.sub(r"\w+\(.*?\)\)?|\(now .*?\)", "", remedy)  # not what other objects are given
        advised |= set(re.findall(r"(\w+)=('\w+'|[\w.-]*\w)", own))
    assert "alpha" in dict(advised)
    params = estimator.get_params()
    for name, value in sorted(advised):
        assert name in params
        assert repr(params[name]) != value  # it is a change
        settings = {"max_iter": 1, "random_state": 0} | {name: literal_eval(value)}
        settings["max_iter"] = min(settings["max_iter"], 2)
        clone(estimator).set_params(**settings).fit(X, y)
