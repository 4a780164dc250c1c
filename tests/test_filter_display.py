import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate2d

from sknn import CNNClassifier, MLPClassifier, SequentialClassifier
from sknn.nn import AveragePool2D, Conv2D, Dense, Dropout, Flatten, Residual
from sknn.plotting import FilterDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def images(*shape, n=20):
    """(images of this shape, labels)."""
    return np.random.default_rng(0).normal(size=(n, *shape)), np.arange(n) % 2


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 2, 3)])
def test_filters_of_a_dense_layer_are_what_its_units_weigh_an_image_with(shape):
    X, y = images(4, 6)
    X = X.reshape(20, 24)
    clf = MLPClassifier(5, activation="identity", max_iter=2, random_state=0).fit(X, y)
    display = FilterDisplay.from_estimator(clf, image_shape=shape, plot=False)
    assert display.filters.shape == (5, *shape[:2], shape[2] if shape[2:] else 1)
    assert display.layer_name == "dense1"
    sums = [np.vdot(X[7].reshape(display.filters[0].shape), one) for one in display.filters]
    assert_allclose(sums + clf.intercepts_[0], clf.transform(X[7:8])[0])


def test_filters_of_a_convolution_are_what_it_correlates_with():
    X, y = images(6, 5, 2)
    clf = CNNClassifier(
        (3,),
        kernel_size=3,
        activation="identity",
        pooling=None,
        dtype="float64",
        max_iter=1,
        batch_size=20,
    ).fit(X, y)
    display = FilterDisplay.from_estimator(clf, plot=False)
    assert display.filters.shape == (3, 3, 3, 2)
    outputs = clf.transform(X[:1], layer=0).reshape(6, 5, 3)
    for number, one in enumerate(display.filters):
        sums = sum(correlate2d(X[0, ..., c], one[..., c], mode="same") for c in range(2))
        assert_allclose(sums + clf.intercepts_[0][number], outputs[..., number])


def test_shape_of_flattened_images_is_known():
    X, y = images(4, 3, 3)
    layers = [Dropout(0.1), Flatten(), ("features", Dense(6))]
    clf = SequentialClassifier(layers, max_iter=1, random_state=0).fit(X, y)
    display = FilterDisplay.from_estimator(clf, plot=False)
    assert display.layer_name == "features"
    assert display.filters.shape == (6, 4, 3, 3)
    assert_array_equal(display.filters[2].ravel(), clf.coefs_[0][:, 2])


def test_image_of_a_dense_layer_is_what_pooling_leaves_of_it():
    X, y = images(6, 4)
    layers = [AveragePool2D(), Flatten(), ("features", Dense(5))]
    clf = SequentialClassifier(layers, max_iter=1, random_state=0, dtype="float64").fit(X, y)
    display = FilterDisplay.from_estimator(clf, plot=False)
    assert display.filters.shape == (5, 3, 2, 1)
    pooled = X[4].reshape(3, 2, 2, 2).mean(axis=(1, 3))
    sums = np.einsum("ijk,kij->k", pooled[..., None] * np.ones(5), display.filters[..., 0])
    hidden = np.maximum(sums + clf.intercepts_[0], 0)
    assert_allclose(hidden, clf.transform(X[4:5])[0], atol=1e-12)


def test_first_weights_of_a_layer_with_several_are_shown():
    X, y = images(3, 2)
    branch = Residual([("down", Dense(4)), ("up", Dense(6, "identity"))])
    clf = SequentialClassifier([branch], max_iter=1, random_state=0).fit(X.reshape(20, 6), y)
    display = FilterDisplay.from_estimator(clf, image_shape=(3, 2), plot=False)
    assert display.layer_name == "residual1"
    weight = clf._current_model().params[0]["down.weight"]
    assert_array_equal(display.filters.reshape(4, 6), weight.T)


def test_display_keeps_the_filters_when_training_goes_on():
    X, y = images(4, 4)
    clf = CNNClassifier((2,), batch_size=20).partial_fit(X, y, classes=[0, 1])
    display = FilterDisplay.from_estimator(clf, plot=False)
    before = display.filters.copy()
    clf.coefs_[0] += 1
    assert_array_equal(display.filters, before)


@pytest.mark.parametrize("n_columns", [None, 1, 2, 7])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_tile_stands_where_the_axes_say(channels, n_columns, pyplot):
    filters = np.arange(7.0 * 3 * 2 * channels).reshape(7, 3, 2, channels)
    display = FilterDisplay(filters=filters).plot(n_columns=n_columns)
    picture = display.im_.get_array().filled(np.nan)
    across, down = display.ax_.get_xticks(), display.ax_.get_yticks()
    for number, one in enumerate(filters):
        at = np.isin(picture, one)
        (top, *_, bottom), (left, *_, right) = (np.flatnonzero(at.any(axis)) for axis in (1, 0))
        assert (left + right) / 2 == across[number % len(across)]
        if len(down):
            assert (top + bottom) / 2 == down[number // len(across)]
        tile = picture[top : bottom + 1, left : right + 1]
        tile = tile[:, np.isfinite(tile[0])]  # channels side by side, with gaps between them
        times = len(tile) // 3
        tile = tile[::times, ::times].reshape(3, channels, 2)
        assert_array_equal(tile.transpose(0, 2, 1), one)


@pytest.mark.parametrize("n_columns", [2, 7])
def test_axes_number_the_filters(n_columns, pyplot):
    display = FilterDisplay(filters=np.ones((7, 3, 2, 1))).plot(n_columns=n_columns)
    columns = [text.get_text() for text in display.ax_.get_xticklabels()]
    rows = [text.get_text() for text in display.ax_.get_yticklabels()]
    if n_columns == 7:
        assert (columns, rows) == (["0", "1", "2", "3", "4", "5", "6"], [])
    else:
        assert (columns, rows) == (["+0", "+1"], ["0", "2", "4", "6"])


def test_scale_is_symmetric_and_stated(pyplot):
    filters = np.random.default_rng(0).normal(size=(9, 3, 3, 1))
    filters[4, 1, 1] = -7.0
    display = FilterDisplay(filters=filters, layer_name="conv2d1").plot(n_filters=5)
    assert display.im_.get_clim() == (-7.0, 7.0)
    assert display.colorbar_.ax.get_ylabel() == "Weight"
    assert display.ax_.get_title() == "conv2d1: first 5 of 9 filters of 3 x 3 pixels"
    assert display.im_.get_cmap().name == "RdBu_r"
    assert display.ax_.get_xlabel() == "Filter number = row label + column label"
    few = FilterDisplay(filters=filters).plot(n_filters=4)  # without that of -7
    assert few.im_.get_clim() == (-np.abs(filters[:4]).max(), np.abs(filters[:4]).max())
    assert np.isin(filters[:4], few.im_.get_array()).all()
    assert FilterDisplay(filters=filters).plot(vmax=1.0, vmin=-2.0).im_.get_clim() == (-2, 1)
    assert_allclose(few.figure_.get_size_inches(), (7.2, 5.8))


@pytest.mark.parametrize(
    ("shape", "title"),
    [
        ((1, 3, 2, 3), "1 filter of 3 x 2 pixels: red, green, blue"),
        ((65, 2, 3, 1), "first 64 of 65 filters of 2 x 3 pixels"),
        ((2, 2, 3, 5), "2 filters of 2 x 3 pixels, 5 channels"),
    ],
)
def test_title_tells_number_size_and_channels(shape, title, pyplot):
    display = FilterDisplay(filters=np.zeros(shape)).plot()
    assert display.ax_.get_title() == title
    assert display.im_.get_clim() == (-1, 1)


@pytest.mark.parametrize("name", ["n_filters", "n_columns"])
def test_counts_that_are_no_counts_raise(name, pyplot):
    with pytest.raises(ValueError, match=f"^{name} must be a positive int, got 0"):
        FilterDisplay(filters=np.ones((2, 3, 3, 1))).plot(**{name: 0})


def test_filters_are_drawn_into_given_axes(pyplot):
    _, (_, ax) = pyplot.subplots(1, 2)
    display = FilterDisplay(filters=np.ones((2, 3, 3, 1))).plot(ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure


def test_inputs_that_are_no_image_ask_for_a_shape():
    clf = MLPClassifier(3, max_iter=1).fit(np.eye(12), np.arange(12) % 2)
    with pytest.raises(ValueError, match=r"got 12 features without a shape. Pass image_shape="):
        FilterDisplay.from_estimator(clf, plot=False)
    for wrong in [(3, 5), (12,), 12, (1, 3, 4, 1)]:
        with pytest.raises(ValueError, match=r"image_shape must be .* 12 values, got"):
            FilterDisplay.from_estimator(clf, image_shape=wrong, plot=False)


def test_shape_other_than_that_of_the_images_raises():
    X, y = images(4, 3, 3)
    clf = SequentialClassifier([Flatten(), Dense(2)], max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match=r"must be \(4, 3, 3\), as in fit, got \(6, 6\)"):
        FilterDisplay.from_estimator(clf, image_shape=(6, 6), plot=False)
    clf = SequentialClassifier([Conv2D(2), Flatten()], max_iter=1).fit(X, y)
    with pytest.raises(ValueError, match=r"first layer is dense, got \(4, 3\) for Conv2D"):
        FilterDisplay.from_estimator(clf, image_shape=(4, 3), plot=False)


def test_filters_drawn_at_once_are_those_drawn_later(pyplot):
    X, y = images(4, 4)
    clf = CNNClassifier((2,), batch_size=20).partial_fit(X, y, classes=[0, 1])
    at_once = FilterDisplay.from_estimator(clf, n_columns=2)
    later = FilterDisplay.from_estimator(clf, plot=False).plot(n_columns=2)
    assert_array_equal(at_once.im_.get_array(), later.im_.get_array())
