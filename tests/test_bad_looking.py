"""What inspection and displays say of bad arguments: the name of each, and nothing from within."""

import re

import numpy as np
import pytest
from helpers import too_many_axes
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sknn import CNNClassifier, MLPClassifier, MLPRegressor
from sknn.inspection import diagnose, summary, trace
from sknn.plotting import (
    ActivationDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    GradientFlow,
    GradientFlowDisplay,
    LearningRateDisplay,
    NetworkDisplay,
    SaliencyDisplay,
    TrainingCurveDisplay,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
pytest.importorskip("matplotlib").use("Agg")

N = 18
X = np.random.default_rng(0).normal(size=(N, 16))  # to CNNs, images of 4 x 4
LABELS, NUMBERS = np.arange(N) % 3, X[:, 0]
SAMPLE = X[0]
FAST = {"max_iter": 1, "random_state": 0}
UNFITTED = MLPClassifier((3,), **FAST)
CLF = MLPClassifier((3,), **FAST)
REG = MLPRegressor(hidden_layer_sizes=(3,), **FAST)
LEVELS = MLPRegressor(hidden_layer_sizes=(3,), loss="quantile", quantile=[0.1, 0.9], **FAST)
CNN = CNNClassifier((2,), hidden_layer_sizes=(), **FAST)


@pytest.fixture(scope="module", autouse=True)
def fitted():
    """The estimators above, fitted; and no picture left open."""
    from matplotlib import pyplot

    for estimator in (CLF, REG, LEVELS, CNN):
        estimator.fit(X, NUMBERS if estimator in (REG, LEVELS) else LABELS)
    yield
    pyplot.close("all")


def assert_refused(message, call, *args, error=(TypeError, ValueError), **kwargs):
    """It is refused by a ``raise`` or a check of scikit-learn's, not where a computation fails."""
    with pytest.raises(error, match=message) as raised:
        call(*args, **kwargs)
    ours = [entry for entry in raised.traceback if "sknn" in entry.path.parts[:-1]]
    last, checks = str(ours[-1].statement).strip(), ("validate_data(", "check_")
    assert last.startswith("raise") or any(check in last for check in checks), last


WITH_Y = {  # what takes X and y
    "diagnose": diagnose,
    "trace": trace,
    "gradient flow": GradientFlowDisplay.from_estimator,
    "learning rate": LearningRateDisplay.from_estimator,
}
WITH_SAMPLE = {
    "saliency": SaliencyDisplay.from_estimator,
    "feature maps": FeatureMapDisplay.from_estimator,
    "network": NetworkDisplay.from_estimator,
}
ALONE = {
    "summary": summary,
    "filters": FilterDisplay.from_estimator,
    "training curve": TrainingCurveDisplay.from_estimator,
}
ALL = [
    *((call, X, LABELS) for call in WITH_Y.values()),
    *((call, SAMPLE) for call in WITH_SAMPLE.values()),
    *((call,) for call in ALONE.values()),
]
IDS = [*WITH_Y, *WITH_SAMPLE, *ALONE]
FOREIGN = [
    MLPClassifier,
    LogisticRegression(),
    None,
    "clf",
    [CLF],
]


@pytest.mark.parametrize("call", ALL, ids=IDS)
def test_only_estimators_of_the_package_are_looked_into(call):
    function, *data = call
    for foreign in FOREIGN:
        message = f"estimator must be .*got {type(foreign).__name__}"
        assert_refused(message, function, foreign, *data, error=TypeError)


NEED_A_FIT = ["trace", "saliency", "network", "filters", "training curve"]


@pytest.mark.parametrize("name", [*NEED_A_FIT, "feature maps"])
def test_what_needs_a_fit_says_so(name):
    function, *data = ALL[IDS.index(name)]
    assert_refused("is not fitted yet", function, UNFITTED, *data, error=NotFittedError)


NAN = np.where(np.arange(N)[:, None] == 3, np.nan, X)
BAD_X = {
    "nan": (NAN, "Input X contains NaN"),
    "empty": (X[:0], r"Found array with 0 sample\(s\)"),
    "one row": (SAMPLE, "Expected 2D array, got 1D array"),
    "complex": (X + 1j, "Complex data not supported"),
    "ragged": ([[1.0, 2.0], [3.0]], "X must have rows of the same shape"),
    "images": (X.reshape(N, 4, 2, 2), too_many_axes(4, "MLPClassifier")),
}
BAD_Y = {
    "short": (LABELS[:5], r"inconsistent numbers of samples: \[18, 5\]"),
    "nan": (np.where(LABELS == 1, np.nan, LABELS), "Input y contains NaN"),
    "numbers": (NUMBERS, "Unknown label type: continuous"),
    "three axes": (np.zeros((N, 2, 2)), too_many_axes(3, "MLPClassifier")),
}


@pytest.mark.parametrize("name", WITH_Y)
def test_bad_samples_and_targets_are_refused_in_the_words_of_fit(name):
    options = {"n_steps": 10} if name == "learning rate" else {}
    for bad, message in BAD_X.values():
        assert_refused(message, WITH_Y[name], CLF, bad, LABELS, **options)
    for bad, message in BAD_Y.values():
        assert_refused(message, WITH_Y[name], CLF, X, bad, **options)


@pytest.mark.parametrize("name", ["diagnose", "trace"])
def test_data_that_do_not_suit_the_fit_are_refused(name):
    call, two = WITH_Y[name], np.column_stack([NUMBERS, NUMBERS])
    assert_refused(
        "X has 3 features, but MLPClassifier is expecting 16", call, CLF, X[:, :3], LABELS
    )
    assert_refused(r"`y` has classes not in `self.classes_`", call, CLF, X, LABELS + 7)
    assert_refused("y must have as many columns as in fit, 1, got 2", call, REG, X, two)
    assert_refused("requires y with a single column", call, LEVELS, X, two)
    both = MLPRegressor(hidden_layer_sizes=(), **FAST).fit(X, two)
    assert_refused("y must have as many columns as in fit, 2, got 1", call, both, X, NUMBERS)
    assert call(LEVELS, X, NUMBERS)  # one column, two outputs


BAD_WEIGHTS = {
    "short": (np.ones(3), r"sample_weight.shape == \(3,\)"),
    "nan": (np.full(N, np.nan), "sample_weight contains NaN"),
    "negative": (-np.ones(N), "Negative values in data passed to `sample_weight`"),
    "zeros": (np.zeros(N), "weights must contain at least one non-zero"),
}


@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_bad_weights_are_refused(case):
    bad, message = BAD_WEIGHTS[case]
    assert_refused(message, diagnose, CLF, X, LABELS, bad)
    assert_refused(message, trace, CLF, X, LABELS, sample_weight=bad)


@pytest.mark.parametrize("estimator", [CLF, UNFITTED], ids=["fitted", "not fitted"])
def test_bad_validation_data_are_refused_by_name(estimator):
    for bad in (X[:, :3], 3.0, "abc", {"a": 1}, *(bad for bad, _ in BAD_X.values())):
        assert_refused(
            "^X_val and y_val: ", diagnose, estimator, X, LABELS, X_val=bad, y_val=LABELS
        )
    short = {"X_val": X, "y_val": LABELS[:5]}
    assert_refused("^X_val and y_val: .*inconsistent", diagnose, estimator, X, LABELS, **short)
    for one in ({"X_val": X}, {"y_val": LABELS}):
        assert_refused(
            "X_val and y_val must be passed together", diagnose, estimator, X, LABELS, **one
        )


def test_validation_targets_have_as_many_columns_as_those_of_the_fit():
    two = np.column_stack([NUMBERS, NUMBERS])
    message = "^y_val must have as many columns as in fit, 1, got 2"
    assert_refused(message, diagnose, REG, X, NUMBERS, X_val=X, y_val=two)


@pytest.mark.parametrize("estimator", [CLF, UNFITTED], ids=["fitted", "not fitted"])
def test_size_of_validation_data_given_as_lists_is_their_number_of_rows(estimator):
    given = {"X_val": X[:7].tolist(), "y_val": LABELS[:7].tolist()}
    (found,) = (
        one
        for one in diagnose(estimator, X, LABELS, **given).findings
        if one.name == "small validation set"
    )
    assert found.figure == 7


BAD_SAMPLES = {
    "narrow": (SAMPLE[:3], "must be one sample, of shape .* got shape \\(3,\\)"),
    "nan": (NAN[3], "contains NaN"),
    "empty": (SAMPLE[:0], "must be one sample"),
    "words": (np.full(16, "a"), "string"),
    "several": (X[:2], "must be one sample"),
    "a number": (3.0, "must be one sample"),
    "complex": (SAMPLE + 1j, "Complex data not supported"),
    "ragged": ([[1.0, 2.0], [3.0]], "must have rows of the same shape"),
}


@pytest.mark.parametrize("case", BAD_SAMPLES)
def test_bad_sample_is_refused_by_name(case):
    bad, message = BAD_SAMPLES[case]
    assert_refused(f"^sample.*{message}", SaliencyDisplay.from_estimator, CLF, bad)
    baseline = {"baseline": bad, "n_steps": 1}
    assert_refused(f"^baseline.*{message}", SaliencyDisplay.from_estimator, CLF, SAMPLE, **baseline)
    assert_refused(f"^image.*{message}", FeatureMapDisplay.from_estimator, CNN, bad)
    assert_refused(f"^X.*{message}", NetworkDisplay.from_estimator, CLF, bad)


NO_COUNTS = (0, -1, 1.5, "a", True, [1], np.nan)
COUNTS = {  # the parameter: what takes it, and its arguments
    "n_steps": (SaliencyDisplay.from_estimator, CLF, SAMPLE),
    "n_features": (SaliencyDisplay.from_estimator, CLF, SAMPLE),
    "n_maps": (FeatureMapDisplay.from_estimator, CNN, SAMPLE),
    "n_filters": (FilterDisplay.from_estimator, CNN),
    "n_columns": (FilterDisplay.from_estimator, CNN),
    "max_units": (NetworkDisplay.from_estimator, CLF),
    "max_maps": (NetworkDisplay.from_estimator, CNN),
    "n_samples": (GradientFlow,),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_positive_ints(name):
    for wrong in NO_COUNTS:
        message = re.escape(f"{name} must be a positive int, got {wrong!r}.")
        assert_refused(message, *COUNTS[name], **{name: wrong})


def test_number_of_columns_of_feature_maps_is_a_positive_int():
    draw = FeatureMapDisplay.from_estimator
    assert_refused("n_columns must be a positive int, got 0", draw, CNN, SAMPLE, n_columns=0)


def test_layer_is_the_name_or_the_number_of_one():
    for wrong in ("dense9", 99, -99, 1.5, True, [0], {"a": 1}):
        message = re.escape(f"or its number, got {wrong!r}.")
        assert_refused(message, FeatureMapDisplay.from_estimator, CNN, SAMPLE, layer=wrong)
    n = len(CNN._model.network.layers)
    assert_refused(f"got {n}", FeatureMapDisplay.from_estimator, CNN, SAMPLE, layer=n)


def test_networks_without_images_have_no_feature_maps():
    message = "must have a layer whose outputs are images"
    assert_refused(message, FeatureMapDisplay.from_estimator, CLF, SAMPLE)


@pytest.mark.parametrize("wrong", [(4, 3), "ab", 3, (4, 4, 4, 4), [[4, 4]], (4.0, 4.0), (-4, -4)])
def test_shape_to_draw_is_that_of_an_image(wrong):
    message = "image_shape must be .*got " + re.escape(repr(wrong))
    assert_refused(message, FilterDisplay.from_estimator, CLF, image_shape=wrong)
    assert_refused(message, SaliencyDisplay.from_estimator, CLF, SAMPLE, image_shape=wrong)


@pytest.mark.parametrize("wrong", [7, "a", [0], np.nan, np.array([0, 1]), {"a": 1}])
def test_target_is_one_of_the_outputs(wrong):
    got = re.escape(f"got {wrong!r}.")
    explain = SaliencyDisplay.from_estimator
    assert_refused(rf"target must be one of \[0, 1, 2\], {got}", explain, CLF, SAMPLE, target=wrong)
    assert_refused(rf"target must be one of \[0\], {got}", explain, REG, SAMPLE, target=wrong)


WITH_AXES = {
    "saliency": (SaliencyDisplay.from_estimator, CLF, SAMPLE),
    "feature maps": (FeatureMapDisplay.from_estimator, CNN, SAMPLE),
    "network": (NetworkDisplay.from_estimator, CLF),
    "filters": (FilterDisplay.from_estimator, CNN),
    "training curve": (TrainingCurveDisplay.from_estimator, CLF),
    "learning rate": (
        LearningRateDisplay(rates=[0.1, 1.0], losses=[2.0, 1.0], suggested_rate=0.1).plot,
    ),
    "activations": (ActivationDisplay.from_activations, "tanh"),
}


@pytest.mark.parametrize("name", WITH_AXES)
def test_axes_are_those_of_matplotlib(name):
    from matplotlib.figure import Figure

    for wrong in ("ax", 3, [1, 2], Figure(), range(10**12)):
        message = re.escape(f"ax must be matplotlib axes, an array of them, or None, got {wrong!r}")
        assert_refused(message, *WITH_AXES[name], ax=wrong, error=TypeError)


@pytest.mark.parametrize("wrong", ["cubic", None, 3, ["log"]])
def test_scale_of_the_loss_is_one_of_two(wrong):
    message = re.escape(f"loss_scale must be 'linear' or 'log', got {wrong!r}.")
    assert_refused(message, TrainingCurveDisplay.from_estimator, CLF, loss_scale=wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": "a"},
        {"high": None},
        {"low": 1, "high": 0},
        {"high": np.inf},
        {"low": -np.inf},
        {"low": np.nan},
        {"n_points": 1},
        {"n_points": 10.5},
        {"n_points": 10**6 + 1},
        {"n_points": "a"},
    ],
    ids=str,
)
def test_range_of_activations_rises_between_finite_numbers(wrong):
    message = (
        f"low and high must be finite numbers.*{re.escape(repr(*wrong.values()))}"
        if (len(wrong) == 1)
        else "with low < high"
    )
    assert_refused(message, ActivationDisplay.from_activations, "tanh", plot=False, **wrong)


def test_activations_are_names_or_objects():
    for wrong in (3, [], {"a": 1}, MLPClassifier):
        message = re.escape(f"list of at least one of them, got {wrong!r}.")
        assert_refused(
            f"activations must be .*{message}", ActivationDisplay.from_activations, wrong
        )
    for wrong in ("tanhh", [3], [None]):
        assert_refused("activation must be", ActivationDisplay.from_activations, wrong)


RATES = [{"low": 0}, {"low": "a"}, {"low": None}, {"high": "a"}, {"low": 1, "high": 0.1}]
RATES += [
    {"high": np.inf},
    {"high": np.nan},
    {"n_steps": 3},
    {"n_steps": 10.5},
    {"n_steps": 10**6 + 1},
    {"n_steps": "a"},
]


@pytest.mark.parametrize("wrong", RATES, ids=str)
def test_rates_to_try_rise_in_steps(wrong):
    message = "low and high must be numbers with 0 < low < high, and n_steps"
    assert_refused(message, LearningRateDisplay.from_estimator, CLF, X, LABELS, **wrong)


def test_callback_to_draw_is_one_that_has_recorded():
    draw = GradientFlowDisplay.from_callback
    for wrong in (None, "a", CLF, GradientFlow):
        message = re.escape(f"callback must be a GradientFlow, got {wrong!r}.")
        assert_refused(message, draw, wrong, error=TypeError)
    assert_refused("callback must have recorded a fit", draw, GradientFlow(), error=ValueError)


@pytest.mark.parametrize("wrong", [[1], "a", 3])
def test_arguments_of_fit_are_a_dict(wrong):
    message = re.escape(f"fit_params must be a dict of arguments for fit, or None, got {wrong!r}.")
    draw = GradientFlowDisplay.from_estimator
    assert_refused(message, draw, CLF, X, LABELS, fit_params=wrong, error=TypeError)


@pytest.mark.parametrize(
    "wrong", ["a", 0, 1.5, [], {"a": 1}, True, [[4]], np.nan, [4, 2.5]], ids=str
)
def test_shape_of_a_summary_is_of_positive_ints(wrong):
    got = re.escape(f"got {wrong!r}.")
    flat, images = "an int, the number of features", r".*\(height, width\)"
    planned = MLPClassifier((3,))
    assert_refused(f"input_shape of MLPClassifier must be {flat}, {got}", summary, planned, wrong)
    assert_refused(
        f"input_shape of CNNClassifier must be {images}.*{got}", summary, CNNClassifier(), wrong
    )
    message = r"input_shape must be None, or \(16,\) as in fit, "
    assert_refused(message + got, summary, CLF, input_shape=wrong)


@pytest.mark.parametrize("wrong", [0, "a", True, [3], 2.0])
def test_outputs_of_a_summary_are_a_positive_int(wrong):
    message = re.escape(f"n_outputs must be an int of at least 1, got {wrong!r}.")
    assert_refused(message, summary, MLPClassifier((3,)), 16, n_outputs=wrong)


def test_shape_of_a_summary_may_be_an_array():
    of_array = summary(CNNClassifier((2,)), input_shape=np.array([8, 6]), n_outputs=np.int64(3))
    assert str(of_array) == str(summary(CNNClassifier((2,)), input_shape=(8, 6), n_outputs=3))
