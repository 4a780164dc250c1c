"""scikit-learn's DecisionBoundaryDisplay draws these estimators as it draws its own."""

import numpy as np
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import CNNClassifier, MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, HALVES = make_moons(n_samples=60, noise=0.1, random_state=0)
NAMES = np.array(["blue", "red", "green"])
ESTIMATORS = {
    "mlp": MLPClassifier(8, max_iter=5, random_state=0),
    "sequential": SequentialClassifier([Dense(8, "tanh")], max_iter=5, random_state=0),
    "cnn": CNNClassifier((4,), kernel_size=1, batch_size=20, max_iter=5, random_state=0),
    "pipeline": make_pipeline(StandardScaler(), MLPClassifier(8, max_iter=5, random_state=0)),
}


@pytest.fixture(autouse=True)
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


def grid(display):
    """The points that a display has asked for."""
    return np.column_stack([display.xx0.ravel(), display.xx1.ravel()])


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("method", ["auto", "predict_proba"])
def test_surface_of_two_classes_is_the_probability_of_the_second(name, method):
    clf = ESTIMATORS[name].fit(X, NAMES[HALVES])
    display = DecisionBoundaryDisplay.from_estimator(
        clf, X, response_method=method, grid_resolution=15
    )
    assert_allclose(display.response.ravel(), clf.predict_proba(grid(display))[:, 1])
    assert len(display.surface_.levels) > 2


@pytest.mark.parametrize("name", ESTIMATORS)
def test_surface_of_predictions_is_the_number_of_the_class(name):
    y = NAMES[np.arange(60) % 3]
    clf = ESTIMATORS[name].fit(X, y)
    display = DecisionBoundaryDisplay.from_estimator(
        clf, X, response_method="predict", grid_resolution=15
    )
    wanted = np.searchsorted(clf.classes_, clf.predict(grid(display)))
    assert_array_equal(display.response.ravel(), wanted)


@needs_scikit_learn("1.7", "decision boundaries of more than two classes")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_class_has_a_surface_of_its_own(name):
    clf = ESTIMATORS[name].fit(X, np.arange(60) % 3)
    display = DecisionBoundaryDisplay.from_estimator(
        clf, X, response_method="predict_proba", plot_method="pcolormesh", grid_resolution=15
    )
    assert len(display.surface_) == 3
    assert_allclose(display.response.reshape(-1, 3), clf.predict_proba(grid(display)))
    one = DecisionBoundaryDisplay.from_estimator(
        clf, X, response_method="predict_proba", class_of_interest=1, grid_resolution=15
    )
    assert_allclose(one.response.ravel(), clf.predict_proba(grid(one))[:, 1])


def test_surface_of_a_regressor_is_its_prediction():
    reg = MLPRegressor(hidden_layer_sizes=8, max_iter=5, random_state=0).fit(X, X[:, 0] * X[:, 1])
    display = DecisionBoundaryDisplay.from_estimator(reg, X, grid_resolution=15)
    assert_allclose(display.response.ravel(), reg.predict(grid(display)))
