"""What all estimators share: fits that stand apart from what they started from."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import get_tags

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
    TabularClassifier,
    TabularRegressor,
)
from sknn.estimators.base import BaseNetwork
from sknn.estimators.parameters import valid_defaults
from sknn.nn import Dense, ThroughRows, UnitVariance
from sknn.nn.losses import SquaredError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 16))
Y = (X[:, 0] > 0).astype(int)
pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")


def new(make=MLPClassifier, **params):
    return make(**{"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0, **params})


def test_warm_fit_that_fails_leaves_weights_and_running_statistics_as_they_were():
    clf = new(normalization="batch", warm_start=True).fit(X, Y)
    theta, state = clf._model.theta.copy(), clf._model.state.copy()

    def fails(estimator, X, y):
        raise ZeroDivisionError  # after an epoch

    with pytest.raises(ZeroDivisionError):
        clf.set_params(scoring=fails).fit(X, Y, X_val=X, y_val=Y)
    assert_array_equal(clf._model.theta, theta)
    assert_array_equal(clf._model.state, state)


def test_loss_changed_in_place_is_for_the_next_fit():
    class Scaled(SquaredError):
        def __init__(self, scale):
            self.scale = scale

        def predict(self, z):
            return self.scale * z

    loss = Scaled(1.0)
    reg = new(MLPRegressor, loss=loss).fit(X, X[:, 0])
    before = reg.predict(X)
    loss.scale = 5.0
    assert_array_equal(reg.predict(X), before)


def test_rows_held_out_do_not_shape_the_first_weights():
    rows, layers = (np.arange(15), np.arange(15, 20)), [Dense(3, weight_init=UnitVariance())]
    fitted = []
    for factor in (1, 100):
        scaled = X * np.where(np.arange(20) < 15, 1, factor)[:, None]
        reg = SequentialRegressor(layers, early_stopping=True, validation_fraction=rows, max_iter=1)
        fitted.append(reg.set_params(random_state=0).fit(scaled, X[:, 0]))
    assert_array_equal(fitted[0].coefs_[0], fitted[1].coefs_[0])


def test_parameters_changed_since_the_fit_are_not_those_of_weights_set_by_hand():
    clf = new(MLPRegressor, activation="tanh").fit(X, X[:, 0])
    clf.set_params(activation="relu", loss="poisson")
    clf.coefs_ = [2 * weight for weight in clf.coefs_]
    hidden = np.tanh(X @ clf.coefs_[0] + clf.intercepts_[0])
    assert_allclose(clf.predict(X), (hidden @ clf.coefs_[1] + clf.intercepts_[1]).ravel())


def test_other_solvers_go_on_from_a_warm_fit_by_lbfgs():
    one, other = (new(solver="lbfgs", warm_start=warm).fit(X, Y) for warm in (True, False))
    for clf in (one, other):
        clf.set_params(solver="adam").partial_fit(X, Y)
    assert_array_equal(one.coefs_[0], other.coefs_[0])


@pytest.mark.parametrize(("layer", "width"), [(0, 2 * 2 * 2), (1, 5), (2, 3), (-1, 3), (-3, 8)])
def test_activations_of_images_are_rows(layer, width):
    cnn = new(CNNClassifier, filters=(2, 5)).fit(X, Y)
    assert cnn.transform(X, layer).shape == (20, width)


def test_network_without_hidden_layers_makes_no_features():
    assert new(hidden_layer_sizes=()).fit(X, Y).get_feature_names_out().tolist() == []
    assert new().fit(X, Y).get_feature_names_out().tolist() == [
        "mlpclassifier0",
        "mlpclassifier1",
        "mlpclassifier2",
    ]


@pytest.mark.parametrize(
    ("given", "computed"), [("float32", "float32"), ("float16", "float64"), ("int8", "float64")]
)
def test_weights_set_by_hand_are_computed_in_a_dtype_that_there_is(given, computed):
    reg = new(MLPRegressor).fit(X, X[:, 0])
    reg.coefs_ = [np.round(2 * w).astype(given) for w in reg.coefs_]
    reg.intercepts_ = [np.round(2 * b).astype(given) for b in reg.intercepts_]
    (w0, w1), (b0, b1) = reg.coefs_, reg.intercepts_
    wanted = np.maximum(X @ w0.astype(float) + b0, 0) @ w1.astype(float) + b1
    y = reg.predict(X.astype(computed))
    assert y.dtype == computed
    assert_allclose(y, wanted.ravel(), rtol=1e-5, atol=1e-5)


def test_one_of_the_first_weights_and_biases_is_enough():
    drawn = new(solver="sgd", learning_rate_init=1e-300).fit(X, Y)
    biases = [np.full(b.shape, 0.5) for b in drawn.intercepts_]
    started = new(solver="sgd", learning_rate_init=1e-300).fit(X, Y, intercept_init=biases)
    for got, wanted in zip(started.coefs_, drawn.coefs_, strict=True):
        assert_array_equal(got, wanted)
    for got, wanted in zip(started.intercepts_, biases, strict=True):
        assert_array_equal(got, wanted)


def test_given_weights_are_not_adapted_to_the_rows():
    layers = [Dense(4, weight_init=UnitVariance(), bias_init=ThroughRows())]
    reg = SequentialRegressor(layers, solver="sgd", learning_rate_init=1e-300, max_iter=1)
    drawn = clone(reg).fit(X, Y)
    weights, biases = [w + 1 for w in drawn.coefs_], [b + 1 for b in drawn.intercepts_]
    started = reg.fit(X, Y, coef_init=weights, intercept_init=biases)
    for got, wanted in zip(
        [*started.coefs_, *started.intercepts_], [*weights, *biases], strict=True
    ):
        assert_array_equal(got, wanted)


@pytest.mark.parametrize("dtype", ["auto", "float32", "float64"])
def test_tag_tells_the_dtypes_that_transform_preserves(dtype):
    clf = new(dtype=dtype)
    preserved = [
        given
        for given in ("float64", "float32")
        if clf.fit(X.astype(given), Y).transform(X.astype(given)).dtype == given
    ]
    assert clf.__sklearn_tags__().transformer_tags.preserves_dtype == preserved


def test_partial_fit_keeps_the_network_until_a_setting_changes_it():
    clf = new().partial_fit(X, Y, classes=[0, 1])
    network = clf._model.network
    assert clf.partial_fit(X, Y)._model.network is network
    assert clf.set_params(activation="tanh").partial_fit(X, Y)._model.network is not network


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_layers_changed_in_place_are_refused_as_ever(method):
    hidden = Dense(3)
    clf = SequentialClassifier([hidden], max_iter=1, warm_start=True, random_state=0).fit(X, Y)
    hidden.units = 4
    with pytest.raises(
        ValueError, match=r"the layers must have the same sizes, \[\(3,\), \(1,\)\]"
    ):
        getattr(clf, method)(X, Y)
    hidden.units = -1
    with pytest.raises(ValueError, match=r"units must be an int of at least 1, got -1"):
        getattr(clf, method)(X, Y)


@pytest.mark.parametrize("params", [{}, {"warm_start": True}, {"checkpoint": "a file"}])
def test_seed_of_later_draws_is_found_where_training_may_go_on(params, tmp_path):
    if "checkpoint" in params:
        params = {"checkpoint": tmp_path / "fit.zip"}
    runs = []
    clf = new(**params)
    clf._watch = lambda fit, *args: runs.append(fit.run) or BaseNetwork._watch(clf, fit, *args)
    clf.fit(X, Y) if params else clf.partial_fit(X, Y, classes=[0, 1])
    draws = np.random.RandomState(0)
    for fan_in, fan_out in ((16, 3), (3, 1)):  # weights and biases come first
        draws.uniform(size=(fan_in + 1) * fan_out)
    assert runs[0].seed == draws.randint(2**31 - 1)


class Narrow(MLPClassifier):
    def __init__(self, hidden_layer_sizes=(3,), max_iter=2, random_state=0, alpha=-1.0):
        super().__init__(
            hidden_layer_sizes, max_iter=max_iter, random_state=random_state, alpha=alpha
        )

    @classmethod
    def _get_param_names(cls):
        return ["hidden_layer_sizes", "max_iter", "random_state", "alpha"]


def test_default_that_cannot_be_is_refused():
    assert set(valid_defaults(Narrow)) == {"hidden_layer_sizes", "max_iter", "random_state"}
    with pytest.raises(ValueError, match=r"'alpha' parameter of Narrow must be .* Got -1\.0"):
        Narrow().fit(X, Y)
    assert Narrow(alpha=0.0).fit(X, Y).n_iter_ == 2
    with pytest.raises(ValueError, match=r"'max_iter' parameter of Narrow must be .* Got 0"):
        Narrow(max_iter=0, alpha=0.0).fit(X, Y)


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor, CNNClassifier])
def test_all_defaults_are_valid(make):
    assert valid_defaults(make) == make().get_params()


ODD = [(32,), [], {}, object(), "nonsense", np.zeros(2), np.array(["a", "b"]), None, np.nan, int]


@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier(),
        MLPRegressor(),
        CNNRegressor(),
        SequentialRegressor([]),
        TabularClassifier(),
        TabularRegressor(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_tags_of_bad_parameters_leave_it_to_fit_to_say_what_is_wrong(estimator):
    wanted = get_tags(estimator).estimator_type
    for name, value in product(estimator.get_params(deep=False), ODD):
        found = get_tags(clone(estimator).set_params(**{name: value}))
        assert found.estimator_type == wanted


def test_layers_in_place_of_the_loss_are_named_within_other_estimators_too():
    targets = np.column_stack([X[:, 0], X[:, 1]])
    with pytest.raises(ValueError, match=r"loss.*hidden_layer_sizes=\(32,\)"):
        MultiOutputRegressor(MLPRegressor((32,))).fit(X, targets)
