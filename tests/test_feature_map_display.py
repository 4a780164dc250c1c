import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import correlate2d
from sklearn.exceptions import NotFittedError

from sknn import CNNClassifier, CNNRegressor, MLPClassifier, SequentialClassifier
from sknn.nn import AveragePool2D, Conv2D, Dense, Flatten, LayerNorm, MaxPool2D
from sknn.plotting import FeatureMapDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def fitted(*shape, make=CNNClassifier, **params):
    """(estimator, images): a small CNN in float64, trained a little."""
    X = np.random.default_rng(0).normal(size=(20, *shape))
    params = {"filters": (3, 2), "max_iter": 3, "batch_size": 20, "dtype": "float64", **params}
    return make(random_state=0, **params).fit(X, np.arange(20) % 2), X


def sums(clf, image):
    """The weighted sums of the first convolution, (height, width, filters), by SciPy."""
    image = image.reshape(clf.image_shape_)
    weight, bias = clf.coefs_[0], clf.intercepts_[0]
    maps = [
        sum(correlate2d(image[..., c], weight[..., c, k], mode="same") for c in range(len(image.T)))
        for k in range(weight.shape[-1])
    ]
    return np.stack(maps, axis=-1) + bias


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 3)], ids=["grey", "one", "colour"])
def test_maps_of_a_convolution_are_correlations(shape):
    clf, X = fitted(*shape)
    display = FeatureMapDisplay.from_estimator(clf, X[3], plot=False)
    assert_allclose(display.maps, np.maximum(sums(clf, X[3]), 0), atol=1e-12)
    assert_array_equal(display.image, X[3].reshape(clf.image_shape_))
    assert display.layer_name == "conv2d1"


def test_integer_images_are_scaled_as_in_prediction():
    X = np.random.default_rng(0).integers(256, size=(20, 6, 5, 3), dtype=np.uint8)
    clf = CNNRegressor((3,), max_iter=1, batch_size=20, random_state=0).fit(X, np.arange(20.0))
    display = FeatureMapDisplay.from_estimator(clf, X[3], plot=False)
    assert_allclose(display.image, X[3] / 255, rtol=1e-6)
    assert_allclose(display.maps, np.maximum(sums(clf, X[3] / 255.0), 0), rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="X has floats, used as they are"):
        FeatureMapDisplay.from_estimator(clf, X[3] / 255, plot=False)


def test_maps_of_pooling_are_the_largest_of_each_window():
    clf, X = fitted(6, 5)
    display = FeatureMapDisplay.from_estimator(clf, X[3], layer="maxpool2d1", plot=False)
    maps = np.maximum(sums(clf, X[3]), 0)
    wanted = [[maps[i : i + 2, j : j + 2].max(axis=(0, 1)) for j in (0, 2, 4)] for i in (0, 2, 4)]
    assert_allclose(display.maps, wanted, atol=1e-12)


def test_first_convolution_is_shown_with_its_normalisation_and_activation():
    clf, X = fitted(6, 5, normalization="batch", activation="tanh")
    display = FeatureMapDisplay.from_estimator(clf, X[3], plot=False)
    assert display.layer_name == "activate1"
    # transform's first hidden layer is after pooling; the largest of tanh is tanh of the largest.
    pooled = FeatureMapDisplay.from_estimator(clf, X[3], layer="maxpool2d1", plot=False)
    assert_allclose(pooled.maps.ravel(), clf.transform(X[3:4], layer=0)[0], rtol=1e-10)
    _, norm, *_ = clf._current_model().params
    (mean, variance), _ = np.split(clf._current_model().state, [6])[0].reshape(2, 3), None
    normalized = (sums(clf, X[3]) - mean) / np.sqrt(variance + 1e-5)
    wanted = np.tanh(norm["scale"] * normalized + norm["shift"])
    assert_allclose(display.maps, wanted, rtol=1e-10)


def test_layers_go_by_name_or_number():
    clf, X = fitted(6, 5)
    names = ["conv2d1", "maxpool2d1", "conv2d2", "maxpool2d2"]  # then flatten and two dense ones
    for number, name in enumerate(names):
        by_name = FeatureMapDisplay.from_estimator(clf, X[3], layer=name, plot=False)
        for layer in (number, number - 7, np.int64(number)):
            display = FeatureMapDisplay.from_estimator(clf, X[3], layer=layer, plot=False)
            assert display.layer_name == name
            assert_array_equal(display.maps, by_name.maps)
    assert_allclose(by_name.maps.ravel(), clf.transform(X[3:4], layer=1)[0], rtol=1e-10)


def test_layers_go_by_the_names_that_the_user_gave():
    X = np.random.default_rng(0).normal(size=(20, 6, 5))
    layers = [AveragePool2D(), ("edges", Conv2D(2)), Flatten()]
    clf = SequentialClassifier(layers, max_iter=1, dtype="float64").fit(X, np.arange(20) % 2)
    display = FeatureMapDisplay.from_estimator(clf, X[0], plot=False)
    assert display.layer_name == "edges"
    display = FeatureMapDisplay.from_estimator(clf, X[0], layer=0, plot=False)
    wanted = [[X[0, i : i + 2, j : j + 2].mean() for j in (0, 2)] for i in (0, 2, 4)]
    assert_allclose(display.maps[..., 0], wanted)


def test_first_convolution_may_be_normalised_by_layer():
    X = np.random.default_rng(0).normal(size=(20, 6, 5))
    layers = [Conv2D(2, activation="identity"), LayerNorm(), AveragePool2D(), Flatten()]
    clf = SequentialClassifier(layers, max_iter=1, dtype="float64").fit(X, np.arange(20) % 2)
    display = FeatureMapDisplay.from_estimator(clf, X[0], plot=False)
    assert display.layer_name == "layernorm1"
    z, params = sums(clf, X[0]), clf._current_model().params[1]
    mean, variance = z.mean(axis=-1, keepdims=True), z.var(axis=-1, keepdims=True)
    wanted = params["scale"] * (z - mean) / np.sqrt(variance + 1e-5) + params["shift"]
    assert_allclose(display.maps, wanted, rtol=1e-8)


def test_network_without_convolution_shows_its_first_image():
    X = np.random.default_rng(0).normal(size=(20, 6, 4))
    layers = [AveragePool2D((2, 1)), MaxPool2D(), Flatten()]
    clf = SequentialClassifier(layers, max_iter=1, dtype="float64").fit(X, np.arange(20) % 2)
    display = FeatureMapDisplay.from_estimator(clf, X[0], plot=False)
    assert display.layer_name == "averagepool2d1"
    assert_allclose(display.maps[..., 0], X[0].reshape(3, 2, 4).mean(axis=1))


@pytest.mark.filterwarnings("ignore:overflow")
def test_maps_that_overflow_raise():
    clf, X = fitted(6, 5)
    clf.coefs_[0][:] = 1e200
    with pytest.raises(ValueError, match="must be finite"):
        FeatureMapDisplay.from_estimator(clf, 1e200 * X[0], plot=False)


def test_image_may_come_flat_or_with_its_axes():
    clf, X = fitted(6, 5)
    wanted = FeatureMapDisplay.from_estimator(clf, X[3], plot=False).maps
    image = X[3]
    for one in (image.ravel(), image[..., None], X[3:4], image.reshape(1, 30), image.tolist()):
        assert_array_equal(FeatureMapDisplay.from_estimator(clf, one, plot=False).maps, wanted)


def test_estimator_and_image_are_left_as_they_are():
    clf, X = fitted(6, 5, normalization="batch", dropout=0.5)
    model, before = clf._current_model(), X.copy()
    theta, state = model.theta.copy(), model.state.copy()
    FeatureMapDisplay.from_estimator(clf, X[3], layer="maxpool2d2", plot=False)
    assert_array_equal(model.theta, theta)
    assert_array_equal(model.state, state)
    assert_array_equal(X, before)


def test_picture_shows_the_image_and_every_channel(pyplot):
    clf, X = fitted(6, 5)
    display = FeatureMapDisplay.from_estimator(clf, X[3])
    image, tiles = display.axes_
    assert display.ax_ is tiles
    assert_array_equal(image.images[0].get_array(), X[3])
    assert tiles.get_title() == "conv2d1: 3 channels of 6 x 5 pixels"
    assert display.im_.get_clim() == (0, display.maps.max())
    assert display.im_.get_cmap().name == "viridis"
    picture = display.im_.get_array().filled(np.nan)
    for channel in np.moveaxis(display.maps, -1, 0):
        assert np.isin(channel, picture).all()


def test_colour_images_are_drawn_in_their_colours(pyplot):
    image = np.random.default_rng(0).uniform(size=(4, 5, 3))
    display = FeatureMapDisplay(image=image, maps=np.ones((4, 5, 2))).plot()
    assert_array_equal(display.axes_[0].images[0].get_array(), image)
    display = FeatureMapDisplay(image=3 * image - 1, maps=np.ones((4, 5, 2))).plot()
    drawn = display.axes_[0].images[0].get_array()
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    image = np.concatenate([image, image], axis=-1)
    display = FeatureMapDisplay(image=image, maps=np.ones((4, 5, 2))).plot()
    assert_allclose(display.axes_[0].images[0].get_array(), image.mean(axis=-1))


def test_negative_answers_have_a_symmetric_scale(pyplot):
    maps = np.array([[[-3.0, 1.0], [2.0, 0.0]]])
    display = FeatureMapDisplay(image=np.ones((1, 2, 1)), maps=maps).plot()
    assert display.im_.get_clim() == (-3, 3)
    assert display.im_.get_cmap().name == "RdBu_r"
    maps = np.array([[[0.5, -4.0], [2.0, 0.25]]])
    display = FeatureMapDisplay(image=np.ones((1, 2, 1)), maps=maps).plot(n_maps=1)
    assert display.ax_.get_title() == "first 1 of 2 channels of 1 x 2 pixels"
    assert display.im_.get_clim() == (0, 2)  # of the channel that is drawn
    assert set(display.im_.get_array().ravel()) == {0.5, 2.0}
    maps[0, 0, 0] = -0.5
    display = FeatureMapDisplay(image=np.ones((1, 2, 1)), maps=maps).plot(n_maps=1)
    assert display.im_.get_clim() == (-2, 2)
    display = FeatureMapDisplay(image=np.ones((1, 2, 1)), maps=maps).plot(cmap="gray", vmin=-9)
    assert display.im_.get_cmap().name == "gray"
    assert display.im_.get_clim() == (-9, 4)
    display = FeatureMapDisplay(image=np.ones((1, 2, 1)), maps=0 * maps).plot()
    assert display.im_.get_clim() == (0, 1)


def test_channels_stand_upright_in_rows(pyplot):
    maps = np.arange(65.0 * 24 * 16).reshape(24, 16, 65)
    display = FeatureMapDisplay(image=np.ones((2, 2, 1)), maps=maps).plot(n_columns=7)
    picture = display.im_.get_array().filled(np.nan)
    height, width = 2 * 24, 2 * 16  # enlarged
    gap = height // 8
    assert picture.shape == (10 * (height + gap) - gap, 7 * (width + gap) - gap)
    for number in (0, 6, 7, 63):
        down, across = divmod(number, 7)
        tile = picture[down * (height + gap) :, across * (width + gap) :][:height:2, :width:2]
        assert_array_equal(tile, maps[..., number])
    assert not np.isin(maps[..., 64], picture).any()
    assert display.ax_.get_title() == "first 64 of 65 channels of 24 x 16 pixels"
    assert display.ax_.get_xlabel() == "Channel number = row label + column label"
    assert display.colorbar_.ax.get_ylabel() == "Layer output"
    assert display.colorbar_.mappable is display.im_
    assert_array_equal(display.ax_.get_gridspec().get_width_ratios(), [1, 2])
    assert_allclose(display.figure_.get_size_inches(), (9.6, 4.8))


@pytest.mark.parametrize("name", ["n_maps", "n_columns"])
def test_counts_that_are_no_counts_raise(name, pyplot):
    display = FeatureMapDisplay(image=np.ones((2, 2, 1)), maps=np.ones((2, 2, 1)))
    with pytest.raises(ValueError, match=f"^{name} must be a positive int, got 0"):
        display.plot(**{name: 0})


def test_panels_may_be_given(pyplot):
    _, axes = pyplot.subplots(1, 2)
    display = FeatureMapDisplay(image=np.ones((2, 2, 1)), maps=np.ones((2, 2, 1))).plot(axes)
    assert_array_equal(display.axes_, axes)


def test_layer_without_an_image_raises_and_names_those_that_have_one():
    clf, X = fitted(6, 5)
    for layer in ("dense1", "conv2d3", 4, 7, -8, 0.5):
        with pytest.raises(ValueError, match=r"one of \['conv2d1', .*or its number, got"):
            FeatureMapDisplay.from_estimator(clf, X[3], layer=layer, plot=False)


def test_network_without_images_raises():
    clf = MLPClassifier(3, max_iter=1).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"such as Conv2D, got \['dense1', 'dense2'\].*transform"):
        FeatureMapDisplay.from_estimator(clf, np.eye(4)[0], plot=False)
    X = np.ones((4, 2, 3))
    clf = SequentialClassifier([Flatten(), Dense(2)], max_iter=1).fit(X, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="such as Conv2D, got"):
        FeatureMapDisplay.from_estimator(clf, X[0], plot=False)


@pytest.mark.parametrize("shape", [(5, 6), (2, 6, 5), (6, 5, 3), (29,), ()])
def test_what_is_not_one_image_raises(shape):
    clf, _ = fitted(6, 5)
    with pytest.raises(ValueError, match=r"image must be one sample, of shape .*, got shape"):
        FeatureMapDisplay.from_estimator(clf, np.ones(shape), plot=False)


def test_estimator_that_is_not_fitted_raises():
    with pytest.raises(NotFittedError, match="not fitted"):
        FeatureMapDisplay.from_estimator(CNNClassifier(), np.ones((4, 4)), plot=False)
