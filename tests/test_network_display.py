from functools import cache

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate2d
from scipy.special import expit
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    MaxPool2D,
    Parameter,
    Residual,
)
from sknn.nn.initializers import Constant
from sknn.plotting import NetworkDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS = load_iris(as_frame=True)
NAMES = IRIS.target_names[IRIS.target]
BLUE, VERMILION, GREY = (0, 114, 178), (213, 94, 0), (128, 128, 128)


def mlp(*sizes, n_features=4, n_classes=3, **params):
    """A dense network on random numbers, trained a little."""
    X = np.random.default_rng(0).normal(size=(30, n_features))
    params = {"activation": "tanh", "max_iter": 2, "random_state": 0, **params}
    return MLPClassifier(sizes, **params).fit(X, np.arange(30) % n_classes), X


def sequential(*layers, shape=(4,), make=SequentialClassifier, y=None, **params):
    X = np.random.default_rng(0).normal(size=(30, *shape))
    y = np.arange(30) % 3 if y is None else y
    return make(list(layers), max_iter=2, random_state=0, dtype="float64", **params).fit(X, y), X


def cnn(**params):
    X = np.random.default_rng(0).normal(size=(20, 6, 5))
    params = {"filters": (3, 2), "max_iter": 3, "batch_size": 20, "dtype": "float64", **params}
    return CNNClassifier(random_state=0, **params).fit(X, np.arange(20) % 3), X


def texts(display):
    """{text: its positions} of what is written."""
    found = {}
    for text in display.ax_.texts:
        found.setdefault(text.get_text(), []).append(text.get_position())
    return found


def centres(collection):
    """Middles of circles or squares, and their widths and heights."""
    boxes = [path.get_extents() for path in collection.get_paths()]
    return np.array([[(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2, b.width, b.height] for b in boxes])


def rgb(colours):
    """Colours as numbers from 0 to 255."""
    return np.round(255 * np.asarray(colours)[:, :3]).astype(int)


def lines_between(display, number):
    """[from unit, to unit, red green blue, width] of each line, in the order of drawing."""
    before, after = (centres(units)[:, :2] for units in display.units_[number : number + 2])
    lines = display.lines_[number]
    found = []
    for (start, end), colour, width in zip(
        lines.get_segments(), rgb(lines.get_colors()), lines.get_linewidths(), strict=True
    ):
        (i,) = np.flatnonzero(np.isclose(before, start).all(axis=1))
        (j,) = np.flatnonzero(np.isclose(after, end).all(axis=1))
        found.append((i, j, tuple(colour), width))
    return found


# What the columns say


def test_columns_of_a_dense_network_are_its_layers():
    clf = MLPClassifier((5, 2), "tanh", max_iter=1, random_state=0).fit(IRIS.data, NAMES)
    display = NetworkDisplay.from_estimator(clf, plot=False)
    assert [column.name for column in display.columns] == ["input", "dense1", "dense2", "dense3"]
    assert [column.shape for column in display.columns] == [(4,), (5,), (2,), (3,)]
    assert [column.notes for column in display.columns] == [[], ["tanh"], ["tanh"], ["softmax"]]
    assert display.columns[0].labels == list(IRIS.feature_names)
    assert display.columns[3].labels == ["setosa", "versicolor", "virginica"]
    assert display.columns[0].weights is display.columns[0].biases is None
    for column, weights, biases in zip(
        display.columns[1:], clf.coefs_, clf.intercepts_, strict=True
    ):
        assert_array_equal(column.weights, weights)
        assert_array_equal(column.biases, biases)
        assert column.values is None
    assert display.shortcuts == []


def test_columns_of_a_convolutional_network_say_how_each_is_made():
    clf, _ = cnn(normalization="batch", dropout=0.5)
    columns = NetworkDisplay.from_estimator(clf, plot=False).columns
    assert [(column.shape, column.step, column.window, column.notes) for column in columns] == [
        ((6, 5, 1), [], None, []),
        ((6, 5, 3), ["conv 3 x 3", "stride 1"], (3, 3), ["BatchNorm", "relu"]),
        ((3, 3, 3), ["max pool 2 x 2", "stride 2"], (2, 2), []),
        ((3, 3, 2), ["conv 3 x 3", "stride 1"], (3, 3), ["BatchNorm", "relu"]),
        ((2, 2, 2), ["max pool 2 x 2", "stride 2"], (2, 2), []),
        ((8,), ["flatten"], None, []),
        ((128,), [], None, ["BatchNorm", "relu", "Dropout(0.5)"]),
        ((3,), [], None, ["softmax"]),
    ]
    assert [column.weights.shape for column in columns if column.weights is not None] == [
        *((3, 3, 1, 3), (3, 3, 3, 2), (8, 128), (128, 3))
    ]
    assert_array_equal(columns[1].biases, clf.intercepts_[0])
    assert columns[0].labels is columns[5].labels is None


def test_windows_that_are_not_square_are_told():
    layers = (
        Conv2D(2, (3, 2), (2, 1), dilation=(1, 2)),
        AveragePool2D((1, 2)),
        GlobalAveragePool2D(),
    )
    clf, _ = sequential(*layers, shape=(7, 8, 3))
    columns = NetworkDisplay.from_estimator(clf, plot=False).columns
    assert columns[1].step == ["conv 3 x 2", "stride 2 x 1", "dilation 1 x 2"]
    assert columns[2].step == ["mean pool 1 x 2", "stride 1 x 2"]
    assert [column.window for column in columns[1:4]] == [(3, 2), (1, 2), None]
    assert columns[3].step == ["global mean"]
    assert columns[3].shape == (2,)


def test_layers_that_keep_the_units_are_notes_of_their_column():
    layers = Dropout(0.2), ("first", Dense(5)), Activate("elu"), BatchNorm(), Dense(3, "identity")
    clf, _ = sequential(*layers)
    columns = NetworkDisplay.from_estimator(clf, plot=False).columns
    assert [(column.name, column.notes) for column in columns] == [
        ("input", ["Dropout(0.2)"]),
        ("first", ["relu", "elu", "BatchNorm"]),
        ("dense2", ["identity"]),
        ("dense3", ["softmax"]),
    ]


def test_inputs_are_shown_as_they_come():
    clf, X = sequential(BatchNorm(), Dense(2))
    columns = NetworkDisplay.from_estimator(clf, X[3], plot=False).columns
    assert [(column.name, column.step) for column in columns[:2]] == [
        ("input", []),
        ("batchnorm1", ["BatchNorm"]),
    ]
    assert_array_equal(columns[0].values, X[3])
    mean, variance = np.split(clf._current_model().state, 2)
    params = clf._current_model().params[0]
    wanted = params["scale"] * (X[3] - mean) / np.sqrt(variance + 1e-5) + params["shift"]
    assert_allclose(columns[1].values, wanted.ravel(), rtol=1e-10)


def output_labels(make, y, **params):
    X = np.random.default_rng(0).normal(size=(30, 2))
    estimator = make(hidden_layer_sizes=2, max_iter=1, random_state=0, **params).fit(X, y)
    return NetworkDisplay.from_estimator(estimator, plot=False).columns[-1].labels


@pytest.mark.parametrize(
    ("y", "wanted"),
    [
        (np.arange(30) % 3, ["0", "1", "2"]),
        (np.array(["no", "yes"] * 15), ["high: yes\nlow: no"]),
        (np.array(["no"] * 30), ["no"]),
        (np.eye(3, dtype=int)[np.arange(30) % 3], ["0", "1", "2"]),
        (
            np.column_stack([np.arange(30) % 2, 5 + np.arange(30) % 3]),
            ["0: 0", "0: 1", "1: 5", "1: 6", "1: 7"],
        ),
    ],
    ids=["several", "two", "one", "sets", "columns"],
)
def test_outputs_of_a_classifier_are_its_classes(y, wanted):
    assert output_labels(MLPClassifier, y) == wanted


def test_outputs_of_a_regressor_are_its_targets_or_quantiles():
    y = np.linspace(0, 1, 30)
    assert output_labels(MLPRegressor, y) == ["y"]
    assert output_labels(MLPRegressor, np.column_stack([y, -y])) == ["y0", "y1"]
    quantiles = {"loss": "quantile", "quantile": [0.9, 0.1]}
    assert output_labels(MLPRegressor, y, **quantiles) == ["quantile 0.1", "quantile 0.9"]


def test_display_keeps_the_weights_when_training_goes_on():
    clf, _ = mlp(3)
    display = NetworkDisplay.from_estimator(clf, plot=False)
    weights, biases = clf.coefs_[0].copy(), clf.intercepts_[0].copy()
    clf.coefs_[0] += 1
    clf.intercepts_[0] += 1
    assert_array_equal(display.columns[1].weights, weights)
    assert_array_equal(display.columns[1].biases, biases)


# Activations


def test_activations_of_a_dense_network_are_those_of_the_formula():
    clf, X = mlp(5, 2)
    display = NetworkDisplay.from_estimator(clf, X[7], plot=False)
    a = X[7]
    assert_array_equal(display.columns[0].values, a)
    for column, weights, biases in zip(
        display.columns[1:3], clf.coefs_, clf.intercepts_, strict=False
    ):
        a = np.tanh(a @ weights + biases)
        assert_allclose(column.values, a, rtol=1e-12)
        assert_allclose(column.scale, np.abs(a).max(), rtol=1e-12)
    assert_allclose(display.columns[3].values, clf.predict_proba(X[7:8])[0], rtol=1e-12)
    assert display.columns[3].scale == 1  # probabilities


def test_one_output_is_the_probability_of_the_second_class():
    clf, X = mlp(2, n_classes=2)
    (column,) = NetworkDisplay.from_estimator(clf, X[7], plot=False).columns[2:]
    hidden = np.tanh(X[7] @ clf.coefs_[0] + clf.intercepts_[0])
    assert_allclose(column.values, expit(hidden @ clf.coefs_[1] + clf.intercepts_[1]))
    assert_allclose(column.values, clf.predict_proba(X[7:8])[0, 1])
    assert column.notes == ["logistic"]
    assert column.scale == 1


def test_output_of_a_regressor_is_its_prediction():
    X = np.random.default_rng(0).normal(size=(30, 2))
    reg = MLPRegressor("poisson", 2, max_iter=2, random_state=0).fit(X, np.arange(30.0))
    (column,) = NetworkDisplay.from_estimator(reg, X[7], plot=False).columns[2:]
    assert_allclose(column.values, reg.predict(X[7:8]))
    assert column.notes == ["exp"]
    assert_allclose(column.scale, reg.predict(X[7:8])[0])


def test_largest_activation_may_be_negative():
    clf, X = mlp(2)
    clf.coefs_[0][:], clf.intercepts_[0][:] = 0, [0.5, -2]
    column = NetworkDisplay.from_estimator(clf, X[7], plot=False).columns[1]
    assert_allclose(column.values, [np.tanh(0.5), -np.tanh(2)])
    assert_allclose(column.scale, np.tanh(2))


def test_activations_that_are_all_zero_have_a_scale():
    clf, X = mlp(2, activation="relu")
    clf.coefs_[0][:], clf.intercepts_[0][:] = 0, -1
    column = NetworkDisplay.from_estimator(clf, X[7], plot=False).columns[1]
    assert_array_equal(column.values, [0, 0])
    assert column.scale == 1


def test_maps_of_a_convolution_are_correlations():
    clf, X = cnn()
    columns = NetworkDisplay.from_estimator(clf, X[3], plot=False).columns
    weight, bias = clf.coefs_[0], clf.intercepts_[0]
    sums = [correlate2d(X[3], weight[:, :, 0, k], mode="same") + bias[k] for k in range(3)]
    maps = np.maximum(np.stack(sums, axis=-1), 0)
    assert_array_equal(columns[0].values, X[3][..., None])
    assert_allclose(columns[1].values, maps, atol=1e-12)
    largest = [[maps[i : i + 2, j : j + 2].max(axis=(0, 1)) for j in (0, 2, 4)] for i in (0, 2, 4)]
    assert_allclose(columns[2].values, largest, atol=1e-12)
    assert_allclose(columns[5].values, clf.transform(X[3:4], layer=1)[0], rtol=1e-10)
    assert_allclose(columns[-1].values, clf.predict_proba(X[3:4])[0], rtol=1e-10)


def test_branch_of_a_residual_ends_with_the_sum():
    branch = Residual([("down", Dense(2, "tanh")), Dense(4, "identity"), BatchNorm()])
    clf, X = sequential(branch, Activate("relu"), Residual([Dense(3, "identity")]))
    display = NetworkDisplay.from_estimator(clf, X[5], plot=False)
    names = [column.name for column in display.columns]
    assert names == ["input", "down", "dense2", "dense1", "dense1"]
    assert display.columns[2].notes == ["BatchNorm", "+ shortcut", "relu"]
    assert display.columns[3].notes == ["+ shortcut"]
    shortcuts = [(one.start, one.end, one.text) for one in display.shortcuts]
    assert shortcuts == [(0, 2, "residual1"), (2, 3, "residual2: projection")]
    params = clf._current_model().params
    first, second = params[0], params[2]
    down = np.tanh(X[5] @ first["down.weight"] + first["down.bias"][0])
    assert_allclose(display.columns[1].values, down, rtol=1e-12)
    up = down @ first["dense2.weight"] + first["dense2.bias"][0]
    mean, variance = np.split(clf._current_model().state, 2)
    up = first["batchnorm1.scale"] * (up - mean) / np.sqrt(variance + 1e-5)
    a = np.maximum(X[5] + up[0] + first["batchnorm1.shift"][0], 0)
    assert_allclose(display.columns[2].values, a, rtol=1e-10)
    b = a @ second["dense1.weight"] + second["dense1.bias"][0] + a @ second["projection.weight"]
    assert_allclose(display.columns[3].values, b, rtol=1e-10)
    assert_allclose(display.columns[4].values, clf.predict_proba(X[5:6])[0], rtol=1e-10)


def test_shortcut_around_no_column_is_a_note():
    clf, X = sequential(Dense(3), Residual([BatchNorm(), Activate("tanh")]))
    display = NetworkDisplay.from_estimator(clf, X[5], plot=False)
    assert display.shortcuts == []
    assert display.columns[1].notes == ["relu", "BatchNorm", "tanh", "+ shortcut"]
    assert_allclose(display.columns[2].values, clf.predict_proba(X[5:6])[0], rtol=1e-10)


def test_estimator_and_sample_are_left_as_they_are():
    clf, X = cnn(normalization="batch")
    model, before = clf._current_model(), X.copy()
    theta, state = model.theta.copy(), model.state.copy()
    NetworkDisplay.from_estimator(clf, X[3], plot=False)
    assert_array_equal(model.theta, theta)
    assert_array_equal(model.state, state)
    assert_array_equal(X, before)


# Lines


def test_every_weight_is_a_line_with_its_sign_and_size(pyplot):
    clf, _ = mlp(5, 2)
    clf.coefs_[0][1, 3] = 0
    display = NetworkDisplay.from_estimator(clf)
    assert len(display.lines_) == 3
    for number, (weights, biases) in enumerate(zip(clf.coefs_, clf.intercepts_, strict=True)):
        found = lines_between(display, number)
        assert sorted((i, j) for i, j, _, _ in found) == [*np.ndindex(weights.shape)]
        widths = np.empty_like(weights)
        for i, j, colour, width in found:
            assert colour == (BLUE if weights[i, j] < 0 else VERMILION)
            widths[i, j] = width
        largest = max(np.abs(weights).max(), np.abs(biases).max())
        assert_allclose(widths, 3 * np.abs(weights) / largest, rtol=1e-4)
        drawn_in_order = [width for *_, width in found]
        assert_array_equal(drawn_in_order, np.sort(drawn_in_order))  # the largest on top


def test_rings_are_the_biases(pyplot):
    clf, _ = mlp(4)
    clf.intercepts_[0][:] = [0.5, -1, 0, 10]
    clf.coefs_[0][0, 0] = -20
    display = NetworkDisplay.from_estimator(clf)
    units = display.units_[1]
    colours = list(map(tuple, rgb(units.get_edgecolors())))
    assert colours == [VERMILION, BLUE, GREY, VERMILION]
    widths = np.array(units.get_linewidths())
    assert_allclose(widths, 0.8 + 3 * np.array([0.5, 1, 0, 10]) / 20, rtol=1e-4)
    (colour,) = rgb(display.units_[0].get_edgecolors())  # inputs have none
    assert tuple(colour) == GREY
    assert_allclose(display.units_[0].get_linewidths(), 0.8, rtol=1e-4)


def test_arguments_of_the_lines_are_passed_on(pyplot):
    clf, _ = mlp(4)
    display = NetworkDisplay.from_estimator(clf, alpha=0.3, linewidths=2)
    assert display.lines_[0].get_alpha() == 0.3
    assert_array_equal(display.lines_[1].get_linewidths(), [2])


def test_weights_of_convolutions_are_no_lines(pyplot):
    clf, _ = cnn()
    display = NetworkDisplay.from_estimator(clf)
    assert [lines is None for lines in display.lines_] == [True] * 5 + [False] * 2
    assert len(display.lines_[5].get_segments()) == 8 * 20


class TwoFactors(Layer):
    """y = x @ first @ second."""

    def output_shape(self, input_shape):
        return (3,)

    def parameters(self, input_shape):
        (n,) = input_shape
        shapes = {"first": (n, 2), "second": (2, 3)}
        return [
            Parameter(name, shape, Constant(0.5), role="weight") for name, shape in shapes.items()
        ]

    def forward(self, params, state, x, cache, context):
        cache["x"] = x
        return x @ params["first"] @ params["second"]

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        hidden = cache["x"] @ params["first"]
        grads["second"][...] = hidden.T @ dy
        grads["first"][...] = cache["x"].T @ dy @ params["second"].T
        return dy @ params["second"].T @ params["first"].T


def test_layer_whose_weights_connect_no_units_is_named(pyplot):
    clf, X = sequential(TwoFactors(), Dense(2))
    display = NetworkDisplay.from_estimator(clf, X[2])
    column = display.columns[1]
    assert (column.weights, column.step) == (None, ["TwoFactors"])
    assert_allclose(column.values, X[2] @ clf.coefs_[0] @ clf.coefs_[1])
    assert display.lines_[0] is None
    assert "TwoFactors" in texts(display)


# Many units


@pytest.mark.parametrize(
    ("n_units", "max_units", "shown"),
    [
        (5, 5, [0, 1, 2, 3, 4]),
        (6, 5, [0, 1, 2, 4, 5]),
        (7, 4, [0, 1, 5, 6]),
        (30, 3, [0, 1, 29]),
        (2, 1, [0]),
        (21, np.int64(20), [*range(10), *range(11, 21)]),
    ],
)
def test_first_and_last_units_are_drawn(n_units, max_units, shown, pyplot):
    clf, X = mlp(n_units)
    display = NetworkDisplay.from_estimator(clf, X[0], max_units=max_units)
    places = centres(display.units_[1])
    assert len(places) == len(shown)
    fills = display.units_[1].get_facecolors()
    column = display.columns[1]
    colours = pyplot.get_cmap("RdBu_r")((column.values[shown] / column.scale + 1) / 2)
    assert_allclose(fills, colours, atol=1 / 200)
    rings = list(map(tuple, rgb(display.units_[1].get_edgecolors())))
    assert rings == [BLUE if bias < 0 else VERMILION for bias in clf.intercepts_[0][shown]]
    inputs = [0, 1, 2, 3] if max_units >= 4 else [0, 1, 3] if max_units == 3 else [0]
    weights = clf.coefs_[0][np.ix_(inputs, shown)]
    signs = {(i, j): colour for i, j, colour, _ in lines_between(display, 0)}
    assert len(signs) == weights.size
    for at, weight in np.ndenumerate(weights):
        assert signs[at] == (BLUE if weight < 0 else VERMILION)
    written = [text for text in texts(display) if text.endswith(" more")]
    left_out = n_units - len(shown)
    assert (f"{left_out} more" in written) == (left_out > 0)
    dots = [np.array(one.get_offsets()) for one in display.ax_.collections[-20:]]
    dots = [one for one in dots if len(one) == 3 and np.allclose(one[:, 0], places[0, 0])]
    assert len(dots) == (left_out > 0)
    if left_out:
        upper = -(-len(shown) // 2)
        y = dots[0][:, 1]
        assert np.all(y < places[upper - 1, 1] - places[0, 3] / 2)
        assert np.all(y > places[upper:, 1].max(initial=-np.inf) + places[0, 3] / 2)
        if upper < len(shown):
            assert_allclose(y.mean(), (places[upper - 1, 1] + places[upper, 1]) / 2, atol=1e-9)


def test_units_stand_in_order_from_the_top_around_the_middle(pyplot):
    clf, _ = mlp(9, 3)
    display = NetworkDisplay.from_estimator(clf, max_units=6)
    columns = [centres(units) for units in display.units_]
    across = [np.unique(column[:, 0]) for column in columns]
    assert [len(x) for x in across] == [1, 1, 1, 1]
    assert np.all(np.diff(np.ravel(across)) > 50)
    for column in columns:
        assert np.all(np.diff(column[:, 1]) < -column[0, 3])  # they do not overlap
        assert_allclose(column[:, 1] + column[::-1, 1], 0, atol=1e-9)
        assert_allclose(column[:, 2:], columns[0][0, 2])


# Fills


def test_units_are_filled_by_their_share_of_the_largest_activation(pyplot):
    X = np.abs(np.random.default_rng(0).normal(size=(30, 4)))
    clf = MLPClassifier((5,), max_iter=2, random_state=0).fit(X, np.arange(30) % 3)
    display = NetworkDisplay.from_estimator(clf, X[0])
    viridis = pyplot.get_cmap("viridis")
    for units, column in zip(display.units_, display.columns, strict=True):
        largest = 1 if column.notes == ["softmax"] else column.values.max()
        assert_allclose(units.get_facecolors(), viridis(column.values / largest), atol=1 / 200)
    assert display.colorbar_.mappable.get_clim() == (0, 1)
    assert display.colorbar_.ax.get_ylabel() == "Activation / maximum of its layer"


def test_negative_activations_have_a_symmetric_scale(pyplot):
    clf, X = mlp(5)
    display = NetworkDisplay.from_estimator(clf, X[0])
    assert display.colorbar_.mappable.get_clim() == (-1, 1)
    assert display.colorbar_.mappable.get_cmap().name == "RdBu_r"
    assert NetworkDisplay.from_estimator(clf, X[0], cmap="PuOr").colorbar_.cmap.name == "PuOr"


def test_units_without_a_sample_have_the_colour_of_the_figure(pyplot):
    clf, _ = mlp(5)
    for style, ground, ink in (("default", 255, "black"), ("dark_background", 0, "white")):
        with pyplot.style.context(style):
            display = NetworkDisplay.from_estimator(clf)
        assert display.colorbar_ is None
        for units in display.units_:
            assert np.all(rgb(units.get_facecolors()) == ground)
        assert {text.get_color() for text in display.ax_.texts} == {ink}


def test_numbers_stand_in_large_units_and_beside_small_ones(pyplot):
    clf, X = mlp(5)
    display = NetworkDisplay.from_estimator(clf, X[0])
    written = texts(display)
    for units, column in zip(display.units_, display.columns, strict=True):
        for (x, y, *_), value in zip(centres(units), column.values, strict=True):
            assert any(np.allclose(at, (x, y)) for at in written[f"{value:.2f}"])
    assert {"x0", "x3", "0", "2"} <= set(written)
    clf, X = mlp(15)
    display = NetworkDisplay.from_estimator(clf, X[0])
    written = texts(display)
    for units, column, prefix in ((0, 0, "x"), (2, 2, "")):
        middles = centres(display.units_[units])
        for i, value in enumerate(display.columns[column].values):
            ((_, y),) = written[f"{prefix}{i} = {value:.2f}"]
            assert_allclose(y, middles[i, 1])
    assert f"{display.columns[1].values[0]:.2f}" not in written


def test_numbers_can_be_read_on_their_units(pyplot):
    clf, X = mlp(5)
    display = NetworkDisplay.from_estimator(clf, X[0])
    for units, column in zip(display.units_, display.columns, strict=True):
        for (x, y, *_), fill, value in zip(
            centres(units), units.get_facecolors(), column.values, strict=True
        ):
            (ink,) = [
                text.get_color()
                for text in display.ax_.texts
                if np.allclose(text.get_position(), (x, y)) and text.get_text() == f"{value:.2f}"
            ]
            ((size, across, down),) = {
                (round(text.get_fontsize(), 1), text.get_ha(), text.get_va())
                for text in display.ax_.texts
                if np.allclose(text.get_position(), (x, y))
            }
            assert (size, across, down) == (round(0.82 * 8.5, 1), "center", "center")
            light = fill[:3] @ (0.299, 0.587, 0.114) > 0.5
            assert ink == ("black" if light else "white")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (-0.001, "0.00"),
        (1.234, "1.23"),
        (-9.99, "-9.99"),
        (9.996, "10.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (-9999, "-9999"),
        (123456, "1e+05"),
    ],
)
def test_numbers_are_short(value, text, pyplot):
    columns = NetworkDisplay.from_estimator(mlp(2)[0], np.ones(4), plot=False).columns
    columns[1].values[:] = value
    written = texts(NetworkDisplay(columns=columns).plot())
    assert len(written[text]) >= 2


# Texts


def test_columns_are_headed_and_footed(pyplot):
    clf = MLPClassifier((5, 1), "tanh", max_iter=1, random_state=0).fit(IRIS.data, NAMES)
    display = NetworkDisplay.from_estimator(clf)
    written = texts(display)
    xs = [centres(units)[0, 0] for units in display.units_]
    headings = ["input", "dense1", "dense2", "dense3"]
    counts = ["4 features", "5 units", "1 unit", "3 units"]
    for x, name, count in zip(xs, headings, counts, strict=True):
        ((name_x, name_y),) = written[name]
        assert_allclose(name_x, x)
        assert any(
            np.isclose(count_x, x) and count_y < name_y for count_x, count_y in written[count]
        )
    assert_allclose(sorted(at[0] for at in written["tanh"]), xs[1:3])
    assert_allclose(written["softmax"][0][0], xs[3])
    middles = centres(display.units_[0])
    for name, (x, y, width, _) in zip(IRIS.feature_names, middles, strict=True):
        ((at_x, at_y),) = written[name]
        assert at_x < x - width / 2
        assert_allclose(at_y, y)
    for name, (x, y, width, _) in zip(clf.classes_, centres(display.units_[3]), strict=True):
        ((at_x, at_y),) = written[name]
        assert at_x > x + width / 2
        assert_allclose(at_y, y)


def test_names_are_text_and_not_too_long(pyplot):
    X = IRIS.data.set_axis(["price ($)", "cost $^{$", "a" * 24, "b" * 25], axis=1)
    clf = MLPClassifier((2,), max_iter=1, random_state=0).fit(X, NAMES)
    display = NetworkDisplay.from_estimator(clf)
    display.figure_.canvas.draw()
    wanted = {"price ($)", "cost $^{$", "a" * 24, "b" * 23 + "\u2026"}
    assert wanted <= set(texts(display))


@cache
def networks():
    """Networks that are hard to place: {name: (estimator, sample)}."""
    images = np.random.default_rng(0).integers(256, size=(30, 28, 28, 3), dtype=np.uint8)
    branch = [Conv2D(12, 3, padding="same"), Conv2D(12, 3, padding="same")]
    layers = [Conv2D(12, 5, 2), MaxPool2D(), Residual(branch), GlobalAveragePool2D(), Dense(10)]
    clf = SequentialClassifier(layers, max_iter=1, random_state=0).fit(images, np.arange(30) % 4)
    iris = MLPClassifier((6, 4), max_iter=1, random_state=0).fit(IRIS.data, NAMES)
    wide, X = mlp(100, 50, n_features=64, n_classes=10)
    return {
        "iris": (iris, IRIS.data.iloc[[7]]),
        "deep": (mlp(4, 5, 6, 4, 3)[0], np.ones(4)),
        "wide": (wide, X[0]),
        "two": (mlp(3, n_classes=2)[0], np.ones(4)),
        "images": (clf, images[0]),
    }


@pytest.mark.parametrize(
    ("size", "sample"),
    [
        (None, False),
        ((4, 3), True),
        pytest.param(None, True, marks=pytest.mark.slow),
        pytest.param((4, 3), False, marks=pytest.mark.slow),
        pytest.param((14, 7), False, marks=pytest.mark.slow),
        pytest.param((14, 7), True, marks=pytest.mark.slow),
        pytest.param((5, 9), True, marks=pytest.mark.slow),
        pytest.param((5, 9), False, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_texts_neither_overlap_nor_leave_the_picture(sample, size, pyplot):
    for name, (estimator, X) in networks().items():
        ax = None if size is None else pyplot.subplots(figsize=size)[1]
        display = NetworkDisplay.from_estimator(estimator, X if sample else None, ax=ax)
        display.figure_.draw_without_rendering()
        legend = display.ax_.get_legend()
        boxes = [
            (text.get_text(), text.get_window_extent())
            for text in (*display.ax_.texts, *legend.get_texts())
            if text.get_text()
        ]
        whole = display.ax_.get_window_extent()
        for number, (text, box) in enumerate(boxes):
            assert whole.x0 - 1 <= box.x0 < box.x1 <= whole.x1 + 1, (name, text)
            assert whole.y0 - 1 <= box.y0 < box.y1 <= whole.y1 + 1, (name, text)
            for other, at in boxes[number + 1 :]:
                apart = max(at.x0 - box.x1, box.x0 - at.x1, at.y0 - box.y1, box.y0 - at.y1)
                assert apart > -0.5, (name, text, other)
        pyplot.close("all")


def test_legend_tells_the_signs(pyplot):
    display = NetworkDisplay.from_estimator(mlp(3)[0])
    legend = display.ax_.get_legend()
    handles = zip(legend.get_texts(), legend.get_lines(), strict=True)
    colours = {text.get_text(): line.get_color() for text, line in handles}
    assert colours == {
        "positive weight": "#D55E00",
        "negative weight": "#0072B2",
        "positive bias": "#D55E00",
        "negative bias": "#0072B2",
    }


def test_texts_stand_above_beside_and_below_their_columns(pyplot):
    clf, _ = sequential(("first", Dense(5)), Dropout(0.5), TwoFactors(), Dense(3))
    display = NetworkDisplay.from_estimator(clf, max_units=4)
    low, top = display.ax_.get_ylim()
    font, line = 8.5, 1.3 * 8.5
    body = 2 * (top - 2 * line - 4)
    foot = -body / 2 - 5  # a line of step, then two lines of notes, then the legend
    assert_allclose(foot - low, (1 + 2 + 1.8) * line + 6 - 5)
    xs = [centres(units)[0, 0] for units in display.units_]
    widths = [centres(units)[0, 2] for units in display.units_]
    found = {}
    for text in display.ax_.texts:
        found.setdefault(text.get_text(), []).append(text)
        assert_allclose(text.get_fontsize(), font, rtol=1e-3)
        assert text.get_zorder() == 6
        assert not text.get_parse_math()
    wanted = {
        "first": [(xs[1], top, "center", "top", "bold", "normal")],
        "5 units": [(xs[1], top - line, "center", "top", "normal", "normal")],
        "relu\nDropout(0.5)": [(xs[1], foot - line, "center", "top", "normal", "normal")],
        "TwoFactors": [((xs[1] + xs[2]) / 2, foot, "center", "top", "normal", "italic")],
        "softmax": [(xs[4], foot - line, "center", "top", "normal", "normal")],
        "x3": [(xs[0] - widths[0] / 2 - 6, None, "right", "center", "normal", "normal")],
        "2": [(xs[4] + widths[4] / 2 + 6, None, "left", "center", "normal", "normal")],
        "1 more": [(xs[1] + 6, None, "left", "center", "normal", "normal")],
    }
    for name, places in wanted.items():
        for text, (x, y, across, down, weight, style) in zip(found[name], places, strict=True):
            at = text.get_position()
            assert_allclose(at[0], x)
            if y is not None:
                assert_allclose(at[1], y)
            assert (text.get_ha(), text.get_va()) == (across, down)
            assert (text.get_weight(), text.get_style()) == (weight, style)


def test_number_of_units_left_out_stands_at_the_dots(pyplot):
    clf = MLPClassifier((6,), max_iter=1, random_state=0).fit(IRIS.data, NAMES)
    with pyplot.style.context("dark_background"):
        display = NetworkDisplay.from_estimator(clf, max_units=3)
    dots = {
        round(one.get_offsets()[1, 0], 6): one
        for one in display.ax_.collections
        if len(one.get_offsets()) == 3
    }
    assert len(dots) == 2
    xs = [centres(units)[0, 0] for units in display.units_]
    half = centres(display.units_[0])[0, 2] / 2
    found = {text.get_text(): text for text in display.ax_.texts}
    # Beside named units it stands with the names, else next to the dots, on the lines.
    for name, x, at, align in (("1 more", xs[0], -half - 6, "right"), ("3 more", xs[1], 6, "left")):
        text, (_, middle, _) = found[name], dots[round(x, 6)].get_offsets()
        assert_allclose(text.get_position(), (x + at, middle[1]))
        assert (text.get_ha(), text.get_va()) == (align, "center")
        offsets = dots[round(x, 6)].get_offsets()
        assert_allclose(offsets - middle, [(0, 4.5), (0, 0), (0, -4.5)], atol=1e-9)
        assert_allclose(dots[round(x, 6)].get_facecolors(), [(1, 1, 1, 1)])  # as the text
        assert_allclose(dots[round(x, 6)].get_sizes(), 2.2**2, rtol=1e-3)
        assert dots[round(x, 6)].get_zorder() == 4
    assert found["1 more"].get_bbox_patch() is None
    box = found["3 more"].get_bbox_patch()
    assert_allclose(box.get_facecolor(), (0, 0, 0, 0.8))


def test_thousands_of_units_are_counted_with_a_comma(pyplot):
    clf, _ = mlp(1500)
    written = texts(NetworkDisplay.from_estimator(clf))
    assert {"1,500 units", "1,480 more"} <= set(written)


def test_lines_lie_below_units_below_texts(pyplot):
    display = NetworkDisplay.from_estimator(mlp(3)[0])
    assert {lines.get_zorder() for lines in display.lines_} == {1}
    assert {lines.get_alpha() for lines in display.lines_} == {0.8}
    assert {units.get_zorder() for units in display.units_} == {3}
    assert not display.ax_.axison


def test_picture_is_as_small_as_its_place(pyplot):
    """All widths and sizes shrink alike."""
    clf, X = mlp(6, 5)
    clf.intercepts_[0][:] = 0
    whole = NetworkDisplay.from_estimator(clf, X[0], max_units=4)
    _, ax = pyplot.subplots(figsize=(2.5, 1.5))
    small = NetworkDisplay.from_estimator(clf, X[0], max_units=4, ax=ax)
    zoom = small.ax_.texts[0].get_fontsize() / 8.5
    assert 0.2 < zoom < 0.9
    box = small.ax_.get_window_extent()
    shown = np.ptp(small.ax_.get_xlim()), np.ptp(small.ax_.get_ylim())
    points = np.array([box.width, box.height]) * 72 / small.figure_.dpi
    assert_allclose(min(points / shown), zoom, rtol=1e-6)  # points of paper for one of the picture
    for display, factor in ((whole, 1), (small, zoom)):
        for units in display.units_[:2]:  # of inputs, and of biases that are 0
            assert_allclose(units.get_linewidths(), 0.8 * factor, rtol=1e-3)
        dots = [one for one in display.ax_.collections if len(one.get_offsets()) == 3]
        assert_allclose([one.get_sizes() for one in dots], (2.2 * factor) ** 2, rtol=1e-2)
        weight, _, bias, _ = display.ax_.get_legend().get_lines()
        assert_allclose(bias.get_markersize(), 7 * factor, rtol=1e-3)
        assert_allclose(bias.get_markeredgewidth(), 1.6 * factor, rtol=1e-3)
        lines = max(np.max(lines.get_linewidths()) for lines in display.lines_)
        pitch = min(-np.diff(centres(units)[:2, 1])[0] for units in display.units_)
        wanted = factor * np.clip(pitch / 14, 1.2, 3)  # where the units stand closest
        assert_allclose((weight.get_linewidth(), lines), wanted, rtol=1e-3)
        sizes = [text.get_fontsize() for text in display.ax_.get_legend().get_texts()]
        sizes += [display.colorbar_.ax.yaxis.label.get_fontsize()]
        sizes += [text.get_fontsize() for text in display.colorbar_.ax.get_yticklabels()]
        assert_allclose(sizes, 8.5 * factor, rtol=1e-3)


def test_new_figure_has_the_size_of_the_picture(pyplot):
    display = NetworkDisplay.from_estimator(mlp(9, 3)[0])
    places = centres(display.units_[1])
    assert_allclose(np.ptp(places[:, 1]), 330 * 8 / 9, rtol=0.01)  # as high as may be
    box = display.ax_.get_window_extent()
    paper = np.array([box.width, box.height]) * 72 / display.figure_.dpi
    assert_allclose(72 * display.figure_.get_size_inches(), paper + 6, atol=1)


def test_lines_are_no_wider_than_the_units_allow(pyplot):
    for n_units in (3, 8, 30):
        clf, _ = mlp(n_units)
        clf.intercepts_[0][:] = 0
        display = NetworkDisplay.from_estimator(clf, max_units=30)
        pitch = -np.diff(centres(display.units_[1])[:2, 1])[0]
        wanted = np.clip(pitch / 14, 1.2, 3)
        assert_allclose(np.max(display.lines_[0].get_linewidths()), wanted, rtol=1e-3)


def test_legend_stands_below_the_middle_in_this_order(pyplot):
    display = NetworkDisplay.from_estimator(mlp(3)[0])
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["positive weight", "negative weight", "positive bias", "negative bias"]
    markers = [line.get_marker() for line in legend.get_lines()]
    assert markers == ["None", "None", "o", "o"]
    assert [line.get_linestyle() for line in legend.get_lines()] == ["-", "-", "None", "None"]
    assert {line.get_markerfacecolor() for line in legend.get_lines()[2:]} == {"none"}
    box, whole = legend.get_window_extent(), display.ax_.get_window_extent()
    assert_allclose((box.x0 + box.x1) / 2, (whole.x0 + whole.x1) / 2, atol=1)
    assert_allclose(box.y0, whole.y0, atol=1)
    assert not legend.get_in_layout()
    assert not legend.get_frame_on()


def test_colour_bar_stands_right_of_the_outputs_around_the_middle(pyplot):
    clf, X = mlp(5)
    display = NetworkDisplay.from_estimator(clf, X[0])
    display.figure_.draw_without_rendering()
    box = display.colorbar_.ax.get_window_extent()
    (left, bottom), (right, top) = display.ax_.transData.inverted().transform(box.get_points())
    body = 2 * (display.ax_.get_ylim()[1] - 2 * 1.3 * 8.5 - 4)
    assert_allclose((bottom, top), (-0.35 * body, 0.35 * body))
    assert_allclose(right - left, 8)
    # A bar with its numbers is as wide as 24 points and 4.5 characters.
    assert_allclose(left, display.ax_.get_xlim()[1] - 4.5 * 8.5 - 12)


# Maps


def test_maps_are_stacked_squares_whose_size_follows_the_maps(pyplot):
    clf, _ = cnn(filters=(8, 2))
    display = NetworkDisplay.from_estimator(clf)
    squares = [centres(units) for units in display.units_[:5]]
    assert list(map(len, squares)) == [1, 6, 6, 2, 2]
    for column, shape in zip(squares, [(6, 5), (6, 5), (3, 3), (3, 3), (2, 2)], strict=True):
        assert_allclose(column[:, 3], squares[0][0, 3] * shape[0] / 6)
        assert_allclose(column[:, 2], squares[0][0, 3] * shape[1] / 6)
        assert np.all(np.diff(column[:, 0]) > 0)  # the last one is in front, down and to the right
        assert np.all(np.diff(column[:, 1]) < 0)
    written = texts(display)
    assert {"1 channel\n6 x 5", "8 maps\n6 x 5", "2 maps\n3 x 3", "2 maps\n2 x 2"} <= set(written)
    assert len(written["2 more"]) == 2
    steps = {"conv 3 x 3\nstride 1": (0, 2), "max pool 2 x 2\nstride 2": (1, 3), "flatten": (4,)}
    xs = [centres(units)[:, 0].mean() for units in display.units_]
    for step, numbers in steps.items():
        wanted = [(xs[number] + xs[number + 1]) / 2 for number in numbers]
        assert_allclose([at[0] for at in written[step]], wanted, atol=1)


def test_frames_of_maps_are_the_biases(pyplot):
    clf, _ = cnn()
    clf.intercepts_[0][:] = [1, -2, 0]
    clf.coefs_[0][0, 0, 0, 0] = -4
    display = NetworkDisplay.from_estimator(clf)
    frames = display.units_[1]
    assert list(map(tuple, rgb(frames.get_edgecolors()))) == [VERMILION, BLUE, GREY]
    widths = np.array(frames.get_linewidths()) - display.units_[0].get_linewidths()[0]
    assert_allclose(widths[0], widths[1] / 2)
    assert widths[2] == 0


def test_window_lies_on_the_front_map_in_its_size(pyplot):
    pair = Conv2D(2, (3, 1), padding="same"), MaxPool2D(padding="same")
    clf, _ = sequential(*pair, *pair, Flatten(), shape=(6, 5))
    display = NetworkDisplay.from_estimator(clf)
    windows = [patch.get_bbox() for patch in display.ax_.patches if hasattr(patch, "get_bbox")]
    fronts = [centres(units)[-1] for units in display.units_[:5]]
    assert len(windows) == 4
    sizes = [(1 / 5, 3 / 6), (2 / 5, 2 / 6), (1 / 3, 1), (2 / 3, 2 / 3)]
    for window, (x, y, width, height), size in zip(windows, fronts, sizes, strict=False):
        assert_allclose((window.width / width, window.height / height), size)
        assert x - width / 2 - 1e-9 <= window.x0 < window.x1 <= x + width / 2 + 1e-9
        assert y - height / 2 - 1e-9 <= window.y0 < window.y1 <= y + height / 2 + 1e-9
    lines = [line.get_xydata() for line in display.ax_.lines]
    for number, window in enumerate(windows):
        upper_and_lower = lines[2 * number : 2 * number + 2]
        starts = [line[0] for line in upper_and_lower]
        assert_allclose(starts, [(window.x1, window.y0), (window.x1, window.y1)])
        x, y, width, height = fronts[number + 1]
        for line in upper_and_lower:
            assert abs(line[1, 0] - x) <= width / 2
            assert abs(line[1, 1] - y) <= height / 2


def test_window_lies_right_of_the_middle_and_its_lines_lead_to_its_result(pyplot):
    clf, _ = sequential(Conv2D(3, (3, 2)), MaxPool2D((2, 3)), Flatten(), shape=(6, 8))
    display = NetworkDisplay.from_estimator(clf)
    windows = [patch for patch in display.ax_.patches if hasattr(patch, "get_bbox")]
    lines = [line.get_xydata() for line in display.ax_.lines]
    assert len(lines) == 2 * len(windows) == 4
    sizes = [(2 / 8, 3 / 6), (3 / 8, 2 / 6)]
    for number, (window, size) in enumerate(zip(windows, sizes, strict=True)):
        x, y, width, height = centres(display.units_[number])[-1]  # the one in front
        box = window.get_bbox()
        assert_allclose((box.width, box.height), np.multiply(size, (width, height)))
        across = 0.7 * (width - box.width) / 2
        assert_allclose(((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2), (x + across, y))
        after_x, after_y, after_width, _ = centres(display.units_[number + 1])[-1]
        end = after_x + across * after_width / width, after_y
        lower, upper = lines[2 * number : 2 * number + 2]
        assert_allclose(lower, [(box.x1, box.y0), end])
        assert_allclose(upper, [(box.x1, box.y1), end])
        assert window.get_facecolor()[3] == 0
        assert tuple(rgb([window.get_edgecolor()])[0]) == GREY
        assert window.get_zorder() == 5


def test_funnel_leads_from_the_front_map_to_all_units(pyplot):
    clf, X = sequential(Conv2D(3), Flatten(), shape=(6, 5))
    for sample in (None, X[0]):
        display = NetworkDisplay.from_estimator(clf, sample)
        (funnel,) = [patch for patch in display.ax_.patches if len(patch.get_xy()) == 5]
        maps, units = centres(display.units_[1]), centres(display.units_[2])
        right = maps[:, 0].max() + maps[0, 2] / 2
        low, high = maps[-1, 1] - maps[0, 3] / 2, maps[-1, 1] + maps[0, 3] / 2
        if sample is not None:  # maps one below the other
            high = maps[0, 1] + maps[0, 3] / 2
        top = units[:, 1].max() + units[0, 3] / 2
        x = units[0, 0]
        corners = [(right, high), (x, top), (x, -top), (right, low)]
        assert_allclose(funnel.get_xy()[:4], corners)
        assert funnel.get_alpha() == 0.2
        assert funnel.get_zorder() == 1


def test_maps_of_a_sample_are_drawn_inside_the_squares(pyplot):
    clf, X = cnn(filters=(8, 2))
    display = NetworkDisplay.from_estimator(clf, X[3], max_maps=3)
    images = display.ax_.get_images()
    assert len(images) == 1 + 3 + 3 + 2 + 2
    assert_array_equal(images[0].get_array(), X[3])
    assert images[0].get_cmap().name == "gray"
    numbers = [[], [0, 1, 7], [0, 1, 7], [0, 1], [0, 1]]
    rest = iter(images[1:])
    for units, column, shown in zip(display.units_, display.columns, numbers, strict=False):
        squares = centres(units)
        assert np.all(np.diff(squares[:, 1]) < -squares[0, 3])  # one below the other
        for (x, y, width, height), index in zip(squares, shown, strict=False):
            image = next(rest)
            share = column.values[..., index] / np.abs(column.values).max()
            assert_allclose(image.get_array(), share)
            assert image.get_clim() == (-1, 1)  # the image has negative pixels
            left, right, low, high = image.get_extent()
            assert_allclose(((left + right) / 2, (low + high) / 2), (x, y))
            assert_allclose((right - left, high - low), (width, height))
            assert image.origin == "upper"
            assert image.get_zorder() < units.get_zorder()  # the frame lies on top
        if len(column.shape) == 3:
            assert len(units.get_facecolors()) == 0
    assert len(texts(display)["5 more"]) == 2


def test_colour_images_are_drawn_in_their_colours(pyplot):
    images = np.random.default_rng(0).integers(256, size=(9, 6, 5, 3), dtype=np.uint8)
    clf = CNNClassifier((2,), max_iter=1, random_state=0).fit(images, np.arange(9) % 3)
    display = NetworkDisplay.from_estimator(clf, images[0])
    assert_allclose(display.ax_.get_images()[0].get_array(), images[0] / 255, rtol=1e-6)
    assert len(centres(display.units_[0])) == 1
    assert display.colorbar_.mappable.get_clim() == (0, 1)
    assert len(centres(NetworkDisplay.from_estimator(clf).units_[0])) == 3


@pytest.mark.parametrize("sample", [True, False], ids=["sample", "weights"])
def test_many_maps_have_room_below_the_heading(sample, pyplot):
    clf, X = cnn(filters=(70, 2))
    _, ax = pyplot.subplots(figsize=(8, 4))
    display = NetworkDisplay.from_estimator(clf, X[0] if sample else None, max_maps=70, ax=ax)
    squares = centres(display.units_[1])
    assert len(squares) == 70
    ((_, y),) = texts(display)["70 maps\n6 x 5"]
    height = squares[0, 3]
    assert squares[:, 1].max() + height / 2 < y - 2 * 8.5
    assert height >= 7
    foot = max(y for _, y in texts(display)["conv 3 x 3\nstride 1"])
    assert squares[:, 1].min() - height / 2 > foot


def test_small_maps_can_be_seen(pyplot):
    clf, _ = sequential(Conv2D(2, 40, padding="valid"), Flatten(), shape=(40, 40))
    squares = centres(NetworkDisplay.from_estimator(clf).units_[1])
    assert_allclose(squares[:, 2:], 7)


# Shortcuts


def test_shortcuts_run_above_what_they_pass(pyplot):
    inner = Residual([Dense(3), Dense(3)])
    layers = Dense(3), Residual([inner, Dense(3)]), Residual([Dense(5)])
    clf, _ = sequential(*layers)
    display = NetworkDisplay.from_estimator(clf)
    ends = [(one.start, one.end) for one in display.shortcuts]
    assert ends == [(1, 3), (1, 4), (4, 5)]
    columns = [centres(units) for units in display.units_]
    tops = []
    arrows = [patch for patch in display.ax_.patches if hasattr(patch, "get_arrowstyle")]
    for arrow, (start, end) in zip(arrows, ends, strict=True):
        vertices = arrow._path_original.vertices
        for vertex, column in ((vertices[0], columns[start]), (vertices[-1], columns[end])):
            assert_allclose(vertex[0], column[0, 0], atol=4)
            assert_allclose(vertex[1], column[:, 1].max() + column[0, 3] / 2)
        tops.append(vertices[:, 1].max())
    assert tops[0] == tops[2] < tops[1]
    assert all(top > column[:, 1].max() + column[0, 3] / 2 for top in tops for column in columns)
    written = texts(display)
    assert {"residual1", "residual2: projection"} <= set(written)
    for number, ((start, end), name) in enumerate(
        zip(ends[1:], ("residual1", "residual2: projection"), strict=True), start=1
    ):
        x, y = written[name][-1]  # of the outer one
        assert_allclose(x, (columns[start][0, 0] + columns[end][0, 0]) / 2)
        assert_allclose(y, tops[number] + 1)
    assert_allclose(tops[1] - tops[0], 20)  # a level
    body = 2 * (display.ax_.get_ylim()[1] - 2 * 1.3 * 8.5 - 4 - 2 * 20)
    assert_allclose(tops[0], body / 2 + 0.4 * 20)
    for arrow, (start, end) in zip(arrows, ends, strict=True):
        assert type(arrow.get_arrowstyle()).__name__ == "CurveFilledB"  # its head is at the end
        # Up, across and down, with round corners of 6 points.
        vertices = arrow._path_original.vertices
        left, right, y = columns[start][0, 0] + 3, columns[end][0, 0] - 3, vertices[:, 1].max()
        bends = [(left, y - 6), (left, y), (left + 6, y)]
        bends += [(right - 6, y), (right, y), (right, y - 6)]
        assert_allclose(vertices[1:-1], bends)
        assert_allclose(vertices[[0, -1], 0], (left, right))
        assert arrow.get_linewidth() == pytest.approx(1.2, rel=1e-3)
    (text,) = [text for text in display.ax_.texts if text.get_text() == "residual2: projection"]
    assert text.get_va() == "bottom"


# Where it is drawn, and what is refused


def test_display_is_drawn_into_given_axes(pyplot):
    figure, (_, ax) = pyplot.subplots(1, 2, layout="constrained")
    display = NetworkDisplay.from_estimator(mlp(3)[0], ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.ax_.get_aspect() == 1
    other = display.plot()
    assert other is display
    assert display.figure_ is not figure


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "5", None, True])
def test_counts_that_are_no_counts_raise(wrong, pyplot):
    clf, _ = mlp(3)
    for plot in (True, False):
        with pytest.raises(ValueError, match=r"^max_units must be a positive int, got "):
            NetworkDisplay.from_estimator(clf, max_units=wrong, plot=plot)
    display = NetworkDisplay.from_estimator(clf, plot=False)
    for name in ("max_units", "max_maps"):
        with pytest.raises(ValueError, match=f"^{name} must be a positive int, got {wrong!r}"):
            display.plot(**{name: wrong})


def test_estimator_that_is_not_fitted_raises():
    with pytest.raises(NotFittedError, match="not fitted"):
        NetworkDisplay.from_estimator(MLPClassifier(), plot=False)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 1, 4), ()])
def test_what_is_not_one_sample_raises(shape):
    clf, _ = mlp(3)
    with pytest.raises(ValueError, match=r"^X must be one sample, of shape \(4,\) as in fit, got"):
        NetworkDisplay.from_estimator(clf, np.ones(shape), plot=False)


def test_samples_that_overflow_raise():
    reg, X = sequential(Dense(2, "identity"), make=SequentialRegressor, y=np.arange(30.0))
    reg.coefs_[0][:] = 1e200
    with pytest.raises(ValueError, match="for X must be finite"):
        NetworkDisplay.from_estimator(reg, 1e200 * X[0], plot=False)
