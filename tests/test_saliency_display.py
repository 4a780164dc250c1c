import numpy as np
import pandas as pd
import pytest
from helpers import Square, assert_is_gradient
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
)
from sknn.plotting import SaliencyDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
TABLE, IMAGES, COLOURS = (RNG.normal(size=(24, *shape)) for shape in [(6,), (6, 5), (5, 4, 3)])
BATCHES = {"batch_size": 12, "max_iter": 3, "random_state": 0}
CNN = {"filters": (3, 2), "dtype": "float64", **BATCHES}
PAIRS, THREE = np.arange(24) % 2, np.arange(24) % 3

CASES = {
    "mlp": (MLPClassifier((5, 4), activation="tanh", **BATCHES), TABLE, THREE),
    "mlp-relu": (MLPClassifier((5, 4), **BATCHES), TABLE, THREE),
    "mlp-normalised": (
        MLPClassifier((5, 4), normalization="batch", dropout=0.3, **BATCHES),
        TABLE,
        THREE,
    ),
    "regressor": (MLPRegressor(hidden_layer_sizes=5, **BATCHES), TABLE, TABLE[:, 0]),
    "prelu": (SequentialRegressor([Dense(4, "prelu"), LayerNorm()], **BATCHES), TABLE, TABLE[:, 0]),
    "cnn": (CNNClassifier(**CNN), IMAGES, THREE),
    "cnn-colour": (CNNClassifier(**CNN, pooling="average", stride=2), COLOURS, THREE),
    "cnn-normalised": (CNNRegressor(**CNN, normalization="batch"), COLOURS, TABLE[:, 0]),
    "sequential": (
        SequentialClassifier(
            [
                Dropout(0.2),
                Conv2D(3, dilation=2, activation="elu"),
                MaxPool2D(2, 1, "same"),
                BatchNorm(),
                Conv2D(2, (2, 3), padding="valid", activation="gelu"),
                AveragePool2D((1, 2), padding="same"),
                GlobalAveragePool2D(),
            ],
            **BATCHES,
            dtype="float64",
        ),
        COLOURS,
        THREE,
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    """(fitted estimator, one sample)"""
    estimator, X, y = CASES[request.param]
    return estimator.fit(X, y), X[5]


def output(estimator, sample, number=0):
    """A raw output for one sample, as the estimator computes it for its predictions."""
    return estimator._outputs(sample[None])[0, number]


def target_of(estimator, number):
    return estimator.classes_[number] if hasattr(estimator, "classes_") else number


def test_gradient_is_what_differences_give(case):
    estimator, sample = case
    for number in range(estimator.n_outputs_):
        display = SaliencyDisplay.from_estimator(
            estimator, sample, target=target_of(estimator, number), n_steps=1, plot=False
        )
        assert_allclose(display.output, output(estimator, sample, number), rtol=1e-10)
        gradient = display.gradient.reshape(sample.shape)
        assert_is_gradient(gradient, lambda x, k=number: output(estimator, x, k), sample)


def test_attributions_sum_to_the_difference_of_outputs(case):
    estimator, sample = case
    baseline = np.full_like(sample, 0.5)
    for start in (None, baseline):
        display = SaliencyDisplay.from_estimator(
            estimator,
            sample,
            target=target_of(estimator, 0),
            baseline=start,
            n_steps=3000,
            plot=False,
        )
        begin = np.zeros_like(sample) if start is None else start
        difference = output(estimator, sample) - output(estimator, begin)
        assert_allclose(display.output - display.baseline_output, difference, rtol=1e-8)
        assert_allclose(display.attribution.sum(), difference, rtol=1e-3, atol=1e-3)


def test_smooth_networks_need_few_steps():
    clf, X, y = CASES["mlp"]
    clf.fit(X, y)
    errors = []
    for n_steps in (16, 32):
        display = SaliencyDisplay.from_estimator(clf, X[0], n_steps=n_steps, plot=False)
        sum_wanted = display.output - display.baseline_output
        errors.append(abs(display.attribution.sum() - sum_wanted))
    assert errors[1] < errors[0] / 3.5  # a quarter, as 1 / n_steps^2


def test_relu_network_without_biases_has_attributions_of_sample_times_gradient():
    # Along the way from 0 such a network is linear.
    clf, X, y = CASES["mlp-relu"]
    clf.fit(X, y)
    for bias in clf.intercepts_:
        bias[:] = 0
    display = SaliencyDisplay.from_estimator(clf, X[0], n_steps=3, plot=False)
    assert_allclose(display.attribution, X[0] * display.gradient, rtol=1e-12)
    assert_allclose(display.attribution.sum(), display.output, rtol=1e-12)


def test_linear_network_has_the_product_of_its_weights_as_gradient():
    reg = MLPRegressor(hidden_layer_sizes=4, activation="identity", **BATCHES)
    reg.fit(TABLE, TABLE[:, :2])
    weights = reg.coefs_[0] @ reg.coefs_[1]
    for target in (0, 1):
        display = SaliencyDisplay.from_estimator(
            reg, TABLE[3], target=target, baseline=TABLE[4], n_steps=1, plot=False
        )
        assert_allclose(display.gradient, weights[:, target], rtol=1e-12)
        wanted = (TABLE[3] - TABLE[4]) * weights[:, target]
        assert_allclose(display.attribution, wanted, rtol=1e-12)
        assert display.target_name == f"output {target}"
        assert_allclose(display.output, reg.predict(TABLE[3:4])[0, target], rtol=1e-12)


def test_target_is_the_predicted_class_if_none_is_given():
    clf = MLPClassifier(5, **BATCHES).fit(TABLE, np.array(["cat", "dog", "pig"])[THREE])
    for sample in TABLE[:8]:
        display = SaliencyDisplay.from_estimator(clf, sample, n_steps=1, plot=False)
        (predicted,) = clf.predict(sample[None])
        assert display.target_name == f"class {predicted}"
        named = SaliencyDisplay.from_estimator(clf, sample, target=predicted, n_steps=1, plot=False)
        assert_array_equal(named.gradient, display.gradient)


def test_two_classes_have_opposite_gradients():
    clf = MLPClassifier(5, **BATCHES).fit(TABLE, np.array(["no", "yes"])[PAIRS])
    no, yes = (
        SaliencyDisplay.from_estimator(clf, TABLE[0], target=target, n_steps=8, plot=False)
        for target in ("no", "yes")
    )
    log_p = clf.predict_log_proba(TABLE[:1])[0]
    assert_allclose(yes.output, log_p[1] - log_p[0])  # the logit
    assert no.output == -yes.output
    assert_array_equal(no.gradient, -yes.gradient)
    assert_array_equal(no.attribution, -yes.attribution)
    default = SaliencyDisplay.from_estimator(clf, TABLE[0], n_steps=8, plot=False)
    assert default.target_name == f"class {clf.predict(TABLE[:1])[0]}"
    assert default.output > 0


def test_labels_of_an_indicator_matrix_and_several_columns_are_targets():
    several = np.column_stack([PAIRS, THREE == 0, THREE == 1])
    clf = MLPClassifier(5, **BATCHES).fit(TABLE, several)
    display = SaliencyDisplay.from_estimator(clf, TABLE[0], target=2, n_steps=1, plot=False)
    assert display.target_name == "class 2"
    assert_allclose(display.output, output(clf, TABLE[0], 2))
    clf = MLPClassifier(5, **BATCHES).fit(TABLE, np.column_stack([PAIRS, THREE]))
    display = SaliencyDisplay.from_estimator(clf, TABLE[0], target=4, n_steps=1, plot=False)
    assert display.target_name == "output 4"
    assert_allclose(display.output, output(clf, TABLE[0], 4))
    first = SaliencyDisplay.from_estimator(clf, TABLE[0], n_steps=1, plot=False)
    assert first.target_name == "output 0"
    assert_allclose(first.output, output(clf, TABLE[0], 0))


def test_integer_images_are_differentiated_by_what_they_are_scaled_to():
    pixels = np.random.default_rng(0).integers(256, size=(24, 5, 4, 3), dtype=np.uint8)
    clf = CNNClassifier((3,), **BATCHES).fit(pixels, THREE)
    display = SaliencyDisplay.from_estimator(clf, pixels[0], target=1, plot=False)
    assert_allclose(display.sample, pixels[0] / 255, rtol=1e-6)
    floats = CNNClassifier((3,), **BATCHES).fit(pixels / 255, THREE)
    other = SaliencyDisplay.from_estimator(floats, pixels[0] / 255, target=1, plot=False)
    assert_allclose(display.gradient, other.gradient, rtol=1e-3, atol=1e-5)


def test_rows_of_tables_and_sparse_rows_are_samples():
    names = [f"column {i}" for i in range(6)]
    frame = pd.DataFrame(TABLE, columns=names)
    clf = MLPClassifier(5, **BATCHES).fit(frame, THREE)
    display = SaliencyDisplay.from_estimator(clf, frame.iloc[[3]], plot=False)
    assert list(display.feature_names) == names
    clf = MLPClassifier(5, **BATCHES).fit(TABLE, THREE)
    for sample in (TABLE[3], TABLE[3:4], csr_array(TABLE[3:4]), TABLE[3].tolist()):
        other = SaliencyDisplay.from_estimator(clf, sample, plot=False)
        assert_array_equal(other.attribution, display.attribution)
        assert other.feature_names is None


def test_estimator_and_sample_are_left_as_they_are():
    clf, X, y = CASES["cnn-normalised"]
    clf.fit(X, y)
    model, sample = clf._current_model(), X[0].copy()
    theta, state = model.theta.copy(), model.state.copy()
    SaliencyDisplay.from_estimator(clf, sample, baseline=sample, plot=False)
    assert_array_equal(model.theta, theta)
    assert_array_equal(model.state, state)
    assert_array_equal(sample, X[0])


def test_maps_of_an_image_are_sums_over_channels(pyplot):
    clf, X, y = CASES["cnn-colour"]
    display = SaliencyDisplay.from_estimator(clf.fit(X, y), X[0], target=1)
    image, gradient, attribution = display.axes_
    assert display.ax_ is gradient
    assert image.get_title() == "Image"
    for panel, values in ((gradient, display.gradient), (attribution, display.attribution)):
        drawn = panel.images[0]
        assert_allclose(drawn.get_array(), values.sum(axis=-1))
        low, high = drawn.get_clim()
        assert high == -low == np.abs(values.sum(axis=-1)).max()
    assert_array_equal(display.sample, X[0])
    assert gradient.get_title() == "Gradient for class 1"
    assert attribution.get_title() == "Integrated gradients for class 1"
    assert attribution.get_xlabel() == (
        f"Column (pixels)\n(sum {display.attribution.sum():.4g}; output {display.output:.4g}, "
        f"baseline {display.baseline_output:.4g})"
    )
    bars = [ax.child_axes[0].get_ylabel() for ax in (gradient, attribution)]
    assert bars == ["Derivative of the output", "Contribution to the output difference"]
    # The rows are named once, beside the image.
    assert [ax.get_ylabel() for ax in display.axes_] == ["Row (pixels)", "", ""]
    assert_allclose(display.figure_.get_size_inches(), (12, 4))
    display.plot(cmap="PuOr")
    for panel in display.axes_[1:]:
        assert panel.images[0].get_cmap().name == "PuOr"


def test_flat_samples_are_drawn_as_images_of_a_given_shape(pyplot):
    clf, X, y = CASES["mlp"]
    display = SaliencyDisplay.from_estimator(clf.fit(X, y), X[0], image_shape=(2, 3))
    assert_array_equal(display.axes_[0].images[0].get_array(), X[0].reshape(2, 3))
    for wrong in [(2, 2), (6,), (2, 4)]:
        with pytest.raises(ValueError, match=r"image_shape must be .* of shape \(6,\), got"):
            SaliencyDisplay.from_estimator(clf, X[0], image_shape=wrong, plot=False)


BARS = {
    "sample": np.array([1.0, 2.0, -0.5, 0.126, 7.0]),
    "gradient": np.array([-1.0, 2.0, 3.0, 4.0, 9.0]),
    "attribution": np.array([-5.0, 0.1, 4.0, -0.2, 0.15]),
    "output": 1.25,
    "baseline_output": -0.5,
}


def test_bars_are_those_of_the_largest_attributions(pyplot):
    names = np.array(["a", "b", "c", "d", "e"])
    display = SaliencyDisplay(**BARS, feature_names=names, target_name="class 3")
    assert display.plot(n_features=3) is display
    left, right = display.axes_
    assert display.ax_ is left
    assert display.figure_ is left.figure
    for panel, widths in ((left, [-1, 3, 4]), (right, [-5, 4, -0.2])):
        assert [bar.get_width() for bar in panel.patches] == widths
        # The first feature is at the top, a row for each.
        assert_allclose([bar.get_y() + bar.get_height() / 2 for bar in panel.patches], [0, 1, 2])
        assert panel.yaxis_inverted()
        assert_array_equal(panel.get_yticks(), [0, 1, 2])
        colours = [pyplot.matplotlib.colors.to_hex(bar.get_facecolor()) for bar in panel.patches]
        assert colours == ["#0072b2" if width < 0 else "#d55e00" for width in widths]
        (axis,) = panel.lines
        assert list(axis.get_xdata()) == [0, 0]
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels == ["a = 1", "c = -0.5", "d = 0.13"]
    assert [text.get_text() for text in right.get_yticklabels()] == ["", "", ""]
    assert left.get_ylabel() == "Feature"
    assert left.get_title() == "Gradient for class 3"
    assert right.get_title() == "Integrated gradients for class 3"
    assert left.get_xlabel() == "Derivative of the output"
    assert right.get_xlabel() == (
        "Contribution to the output difference\n(sum -0.95; output 1.25, baseline -0.5)"
    )
    assert_allclose(display.figure_.get_size_inches(), (10.4, 1.6 + 3 * 0.25))


def test_features_and_outputs_without_names_are_numbered(pyplot):
    display = SaliencyDisplay(**BARS).plot(n_features=2, color="green", height=0.5)
    left, right = display.axes_
    assert [text.get_text() for text in left.get_yticklabels()] == ["x0 = 1", "x2 = -0.5"]
    assert left.get_title() == "Gradient for the output"
    for panel in (left, right):
        assert {bar.get_height() for bar in panel.patches} == {0.5}
        assert {bar.get_facecolor() for bar in panel.patches} == {(0, 128 / 255, 0, 1)}


def test_twenty_features_are_drawn_and_of_equals_the_first(pyplot):
    ones, attribution = np.ones(60), np.tile([1.0, -2.0], 30)
    display = SaliencyDisplay(
        sample=ones, gradient=ones, attribution=attribution, output=0.0, baseline_output=0.0
    ).plot()
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == [f"x{i} = 1" for i in range(1, 40, 2)]
    with pytest.raises(ValueError, match=r"^n_features must be a positive int, got 0"):
        display.plot(n_features=0)


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_zero_can_be_seen_in_every_style(style, pyplot):
    with pyplot.style.context(style):
        display = SaliencyDisplay(**BARS).plot()
    for panel in display.axes_:
        assert panel.lines[0].get_color() == {"default": "black"}.get(style, "white")


def test_shape_other_than_that_of_the_images_raises():
    clf, X, y = CASES["cnn"]
    clf.fit(X, y)
    same = SaliencyDisplay.from_estimator(clf, X[0], image_shape=(6, 5), n_steps=1, plot=False)
    assert same.gradient.shape == (6, 5, 1)
    for wrong in [(5, 6), (3, 10), (6,)]:
        with pytest.raises(ValueError, match=r"of a sample of shape \(6, 5, 1\), got"):
            SaliencyDisplay.from_estimator(clf, X[0], image_shape=wrong, plot=False)


def test_single_class_and_single_label_are_explained_as_they_are():
    one = MLPClassifier(3, **BATCHES).fit(TABLE, np.array(["no"] * 24))
    display = SaliencyDisplay.from_estimator(one, TABLE[0], n_steps=1, plot=False)
    assert display.target_name == "class no"
    assert_allclose(display.output, output(one, TABLE[0]))
    label = MLPClassifier(3, **BATCHES).fit(TABLE, np.column_stack([PAIRS, 1 - PAIRS]))
    for target in (0, 1):
        display = SaliencyDisplay.from_estimator(
            label, TABLE[0], target=target, n_steps=1, plot=False
        )
        assert_allclose(display.output, output(label, TABLE[0], target))


def test_two_classes_are_explained_by_the_predicted_one():
    clf = MLPClassifier(5, **BATCHES).fit(TABLE, np.array(["no", "yes"])[PAIRS])
    predicted = clf.predict(TABLE)
    assert set(predicted) == {"no", "yes"}
    for wanted in ("no", "yes"):
        sample = TABLE[np.flatnonzero(predicted == wanted)[0]]
        display = SaliencyDisplay.from_estimator(clf, sample, n_steps=1, plot=False)
        assert display.target_name == f"class {wanted}"
        assert display.output > 0


def test_dtype_is_that_of_the_network():
    clf, X, y = CASES["cnn"]
    for dtype in ("float32", "float64"):
        estimator = clone(clf).set_params(dtype=dtype).fit(X, y)
        display = SaliencyDisplay.from_estimator(estimator, X[0], n_steps=3, plot=False)
        for array in (display.sample, display.gradient, display.attribution):
            assert array.dtype == dtype
    binary = clone(clf).set_params(dtype="float32").fit(X, PAIRS)
    assert SaliencyDisplay.from_estimator(binary, X[0], plot=False).gradient.dtype == "float32"


@pytest.mark.parametrize("n_steps", [1, 31, 32, 33, 65])
def test_stretches_are_averaged_at_their_middles(n_steps):
    # Of z = sum of squares the gradient is 2 x: a mean over middles is exact.
    layers = [Dense(3, Square()), Dense(1, "identity")]
    reg = SequentialRegressor(layers, **BATCHES).fit(TABLE, TABLE[:, 0])
    display = SaliencyDisplay.from_estimator(
        reg, TABLE[1], baseline=TABLE[2], n_steps=n_steps, plot=False
    )
    (first, second, last), (bias, *_) = reg.coefs_, reg.intercepts_
    middle = (TABLE[1] + TABLE[2]) / 2
    slopes = 2 * (middle @ first + bias) * (second @ last)[:, 0]
    wanted = (TABLE[1] - TABLE[2]) * (first @ slopes)
    assert_allclose(display.attribution, wanted, rtol=1e-9)


def test_names_of_features_are_a_copy():
    frame = pd.DataFrame(TABLE, columns=list("abcdef"))
    clf = MLPClassifier(2, **BATCHES).fit(frame, THREE)
    display = SaliencyDisplay.from_estimator(clf, frame.iloc[[3]], n_steps=1, plot=False)
    display.feature_names[0] = "z"
    assert clf.feature_names_in_[0] == "a"


def test_outputs_that_overflow_raise():
    reg = MLPRegressor(hidden_layer_sizes=2, activation="identity", **BATCHES)
    reg.fit(TABLE, TABLE[:, 0])
    reg.coefs_[0][:] = 1e200
    reg.coefs_[1][:] = 1
    large = np.full(6, 1e200)
    for sample, baseline in ((large, TABLE[0]), (TABLE[0], large)):
        with pytest.raises(ValueError, match="outputs of the network for X must be finite"):
            SaliencyDisplay.from_estimator(reg, sample, baseline=baseline, n_steps=1, plot=False)


@pytest.mark.parametrize("target", [3, -1, "cat", 0.5])
def test_unknown_target_raises(target):
    clf, X, y = CASES["mlp"]
    with pytest.raises(ValueError, match=r"target must be one of \[0, 1, 2\], got"):
        SaliencyDisplay.from_estimator(clf.fit(X, y), X[0], target=target, plot=False)


def test_what_is_not_one_sample_raises():
    clf, X, y = CASES["mlp"]
    clf.fit(X, y)
    with pytest.raises(ValueError, match=r"sample must be one sample, of shape \(6,\).*\(2, 6\)"):
        SaliencyDisplay.from_estimator(clf, X[:2], plot=False)
    with pytest.raises(ValueError, match="baseline must be one sample"):
        SaliencyDisplay.from_estimator(clf, X[0], baseline=0.0, plot=False)
    with pytest.raises(ValueError, match="contains NaN"):
        SaliencyDisplay.from_estimator(clf, np.full(6, np.nan), plot=False)


@pytest.mark.parametrize("n_steps", [0, 2.5, "many", True])
def test_number_of_steps_that_is_no_positive_int_raises(n_steps):
    clf, X, y = CASES["mlp"]
    with pytest.raises(ValueError, match="n_steps must be a positive int, got"):
        SaliencyDisplay.from_estimator(clf.fit(X, y), X[0], n_steps=n_steps, plot=False)
