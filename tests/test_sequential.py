"""Stacks of layers: the same network as the MLP's, with parameters reachable by name."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, PredefinedSplit, cross_val_score

from sknn import (
    CNNClassifier,
    CNNRegressor,
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
    LayerNorm,
    MaxPool2D,
    ThroughRows,
    UnitVariance,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
PAIRS = [(MLPClassifier, SequentialClassifier), (MLPRegressor, SequentialRegressor)]
pairs = pytest.mark.parametrize(("mlp", "sequential"), PAIRS)
both = pytest.mark.parametrize("make", [SequentialClassifier, SequentialRegressor])


def problem(make=SequentialClassifier, n=80, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    y = X[:, 0] + 0.5 * X[:, 1] ** 2
    classifies = make in (SequentialClassifier, MLPClassifier)
    return X.astype(dtype), (y > 0.5).astype(int) if classifies else y.astype(dtype)


def build(make, layers, **params):
    return make(layers=layers, **{"max_iter": 3, "random_state": 0, **params})


def assert_same_arrays(one, other):
    arrays = zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    for a, b in arrays:
        assert_array_equal(a, b)


# The same as the MLP


@dtypes
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs", "adamw"])
@pytest.mark.parametrize("named", [False, True])
@pairs
def test_stack_of_dense_layers_is_the_mlp_bit_for_bit(mlp, sequential, named, solver, dtype):
    X, y = problem(mlp, dtype=dtype)
    layers = [Dense(6, "tanh"), Dense(5)]
    layers = [("first", layers[0]), ("second", layers[1])] if named else layers
    stack = build(sequential, layers, solver=solver).fit(X, y)
    params = {"hidden_layer_sizes": (6, 5), "activation": ["tanh", "relu"]}
    reference = mlp(**params, solver=solver, max_iter=3, random_state=0).fit(X, y)
    assert_same_arrays(stack, reference)
    assert_array_equal(stack.predict(X), reference.predict(X))
    assert stack.loss_curve_ == reference.loss_curve_


@pairs
def test_every_parameter_of_the_mlp_but_those_of_layers_means_the_same(mlp, sequential):
    ours = set(sequential([])._get_param_names())
    theirs = set(mlp._get_param_names())
    of_layers = {"hidden_layer_sizes", "activation", "dropout", "normalization"}
    assert ours == theirs - of_layers | {"layers", "input_shape"}
    stack, network = sequential([]).get_params(deep=False), mlp().get_params()
    assert all(stack[name] == network[name] for name in ours & theirs)


@pairs
def test_stack_with_dropout_is_the_mlp_bit_for_bit(mlp, sequential):
    X, y = problem(mlp)
    layers = [Dropout(0.1), Dense(6), Dropout(0.3)]
    stack = build(sequential, layers, early_stopping=True, validation_fraction=0.2).fit(X, y)
    params = {"dropout": [0.1, 0.3], "early_stopping": True, "validation_fraction": 0.2}
    reference = mlp(hidden_layer_sizes=6, **params, max_iter=3, random_state=0).fit(X, y)
    assert_same_arrays(stack, reference)
    assert stack.validation_scores_ == reference.validation_scores_


@pairs
def test_no_layers_are_a_linear_model(mlp, sequential):
    X, y = problem(mlp)
    stack = build(sequential, [], weight_init="zeros").fit(X, y)
    reference = mlp(hidden_layer_sizes=(), weight_init="zeros", max_iter=3, random_state=0)
    assert_same_arrays(stack, reference.fit(X, y))


@dtypes
@both
def test_partial_fit_calls_are_one_fit_through_copies(make, dtype):
    X, y = problem(make, dtype=dtype)
    layers = [Dense(6, "identity"), BatchNorm(), Dropout(0.2), Dense(5, "prelu"), LayerNorm()]
    whole = build(make, layers, tol=0, n_iter_no_change=np.inf).fit(X, y)
    parts = build(make, layers)
    for _ in range(3):
        first = {"classes": [0, 1]} if make is SequentialClassifier else {}
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y, **first)))
    assert_same_arrays(parts, whole)
    assert_array_equal(parts.predict(X), whole.predict(X))


@both
def test_clone_is_unfitted_and_trains_the_same(make):
    X, y = problem(make)
    fitted = build(make, [("a", Dense(6)), ("norm", LayerNorm())]).fit(X, y)
    copy = clone(fitted)
    assert not hasattr(copy, "coefs_")
    assert copy.layers[0][1] is not fitted.layers[0][1]
    assert_same_arrays(copy.fit(X, y), fitted)


# Names


NAMED = [("hidden", Dense(6)), ("drop", Dropout(0.2)), ("last", Dense(5, "tanh"))]


@pytest.mark.parametrize("named", [False, True])
@both
def test_settings_of_layers_are_parameters(make, named):
    layers = deepcopy(NAMED if named else [layer for _, layer in NAMED])
    names = ["hidden", "drop", "last"] if named else ["dense1", "dropout1", "dense2"]
    estimator = build(make, layers)
    params = estimator.get_params()
    assert params[f"{names[0]}__units"] == 6
    assert params[f"{names[1]}__rate"] == 0.2
    assert params[f"{names[2]}__activation"] == "tanh"
    assert isinstance(params[names[1]], Dropout)
    assert not {name for name in estimator.get_params(deep=False) if "__" in name}

    changes = {f"{names[0]}__units": 9, f"{names[1]}__rate": 0.5, "alpha": 0.1}
    assert estimator.set_params(**changes) is estimator
    params = estimator.get_params()
    assert {name: params[name] for name in changes} == changes
    X, y = problem(make)
    assert [w.shape[1] for w in estimator.fit(X, y).coefs_[:2]] == [9, 5]

    estimator.set_params(**{names[2]: Dense(3)})
    assert [w.shape[1] for w in estimator.fit(X, y).coefs_[:2]] == [9, 3]
    estimator.set_params(dense1__units=2, layers=[Dense(4)])
    assert [w.shape[1] for w in estimator.fit(X, y).coefs_[:1]] == [2]


@pytest.mark.parametrize("named", [False, True])
def test_replacing_a_layer_leaves_the_list_of_the_user_as_it_is(named):
    layers = deepcopy(NAMED if named else [layer for _, layer in NAMED])
    before = list(layers)
    new, name = Dense(3), "hidden" if named else "dense1"
    clf = build(SequentialClassifier, layers).set_params(**{name: new})
    assert clf.get_params()[name] is new
    assert layers == before


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dense3__units", "dense3__units"),
        ("nonsense", "nonsense"),
        ("dense1__unit", "unit"),
        ("dropout1__p", "p"),
    ],
)
def test_parameters_that_are_not_there_raise_by_name(name, told):
    clf = build(SequentialClassifier, [Dense(6), Dropout(0.2), Dense(5)])
    with pytest.raises(ValueError, match=f"Invalid parameter '{told}' for"):
        clf.set_params(**{name: 1})


@both
def test_grid_reaches_settings_of_layers(make):
    X, y = problem(make)
    layers = [Dense(6), ("drop", Dropout(0.2)), Dense(5)]
    grid = {"dense2__units": [3, 4], "drop__rate": [0.0, 0.4]}
    search = GridSearchCV(build(make, layers), grid, cv=2, error_score="raise").fit(X, y)
    best = search.best_estimator_
    assert best.coefs_[1].shape == (6, search.best_params_["dense2__units"])
    assert best.layers[1][1].rate == search.best_params_["drop__rate"]
    assert (layers[1][1].rate, layers[2].units) == (0.2, 5)  # those of the user are left alone
    scores = search.cv_results_["mean_test_score"]
    for params, score in zip(search.cv_results_["params"], scores, strict=True):
        by_hand = build(make, deepcopy(layers)).set_params(**params)
        assert cross_val_score(by_hand, X, y, cv=2).mean() == score


@both
def test_settings_changed_after_fit_are_for_the_next_fit(make):
    X, y = problem(make)
    layers = [Dense(6), Dense(5)]
    first = build(make, layers).fit(X, y)
    second = build(make, layers)  # of the same objects
    predicted = first.predict(X)
    second.set_params(dense1__units=9, dense2__activation="tanh").fit(X, y)
    assert_array_equal(first.predict(X), predicted)
    assert_array_equal(pickle.loads(pickle.dumps(first)).predict(X), predicted)


# Images


def images(make=SequentialClassifier, n=40, shape=(8, 7, 2)):
    X = np.random.default_rng(0).normal(size=(n, *shape))
    y = X[:, :, :3].mean(axis=(1, 2, 3))
    return X, (y > 0).astype(int) if make in (SequentialClassifier, CNNClassifier) else y


CNNS = {
    "plain": (
        {"hidden_layer_sizes": (5,), "weight_init": "he_normal"},
        [
            Conv2D(3, weight_init="he_normal"),
            MaxPool2D(padding="same"),
            Conv2D(4, weight_init="he_normal"),
            MaxPool2D(padding="same"),
            Flatten(),
            Dense(5, weight_init="he_normal"),
        ],
    ),
    "dropout, averages, no dense layer": (
        {
            "hidden_layer_sizes": (),
            "pooling": "average",
            "dropout": [0.1, 0.2, 0.3],
            "weight_init": "he_normal",
        },
        [
            Dropout(0.1),
            Conv2D(3, weight_init="he_normal"),
            AveragePool2D(padding="same"),
            Dropout(0.2),
            Conv2D(4, weight_init="he_normal"),
            AveragePool2D(padding="same"),
            Dropout(0.3),
            Flatten(),
        ],
    ),
    "normalised before tanh": (
        {
            "hidden_layer_sizes": (),
            "normalization": "batch",
            "activation": "tanh",
            "stride": 2,
            "weight_init": "glorot_uniform",
        },
        [
            Conv2D(3, stride=2, activation="identity", weight_init="glorot_uniform"),
            BatchNorm(),
            Activate("tanh"),
            MaxPool2D(padding="same"),
            Conv2D(4, stride=2, activation="identity", weight_init="glorot_uniform"),
            BatchNorm(),
            Activate("tanh"),
            MaxPool2D(padding="same"),
            Flatten(),
        ],
    ),
}


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("case", CNNS)
@pytest.mark.parametrize(
    ("cnn", "sequential"),
    [(CNNClassifier, SequentialClassifier), (CNNRegressor, SequentialRegressor)],
)
def test_stack_of_image_layers_is_the_cnn_bit_for_bit(cnn, sequential, case, named):
    X, y = images(cnn)
    params, layers = CNNS[case]
    layers = [(f"layer{n}", layer) for n, layer in enumerate(layers)] if named else layers
    settings = {"batch_size": 16, "max_iter": 3, "random_state": 0}
    stack = sequential(layers, weight_init=params["weight_init"], **settings).fit(X, y)
    reference = cnn((3, 4), **params, **settings).fit(X, y)
    assert_same_arrays(stack, reference)
    assert_array_equal(stack.predict(X), reference.predict(X))
    assert_array_equal(stack._model.state, reference._model.state)
    assert stack.loss_curve_ == reference.loss_curve_


IMAGE_STACK = [("conv1", Conv2D(3)), ("pool", MaxPool2D()), ("flat", Flatten()), ("h", Dense(4))]


@pytest.mark.parametrize("named", [False, True])
@both
def test_settings_of_image_layers_are_parameters(make, named):
    layers = deepcopy(IMAGE_STACK if named else [layer for _, layer in IMAGE_STACK])
    conv, pool, flat, hidden = (
        ("conv1", "pool", "flat", "h") if named else ("conv2d1", "maxpool2d1", "flatten1", "dense1")
    )
    estimator = build(make, layers)
    params = estimator.get_params()
    assert params[f"{conv}__filters"] == 3
    assert params[f"{pool}__pool_size"] == 2
    assert params[f"{hidden}__units"] == 4
    assert isinstance(params[flat], Flatten)
    assert not [name for name in params if name.startswith(f"{flat}__")]
    estimator.set_params(**{f"{conv}__filters": 5, f"{conv}__kernel_size": (1, 3), flat: Flatten()})
    X, y = images(make)
    assert [w.shape for w in estimator.fit(X, y).coefs_[:2]] == [(1, 3, 2, 5), (5 * 4 * 3, 4)]
    assert_same_arrays(clone(estimator).fit(X, y), estimator)
    with pytest.raises(ValueError, match="Invalid parameter 'size' for Flatten"):
        estimator.set_params(**{f"{flat}__size": 1})


@both
def test_grid_reaches_settings_of_image_layers(make):
    X, y = images(make)
    grid = {"conv1__filters": [2, 4], "pool": [MaxPool2D(), AveragePool2D()], "h__units": [3]}
    estimator = build(make, deepcopy(IMAGE_STACK))
    search = GridSearchCV(estimator, grid, cv=2, error_score="raise").fit(X, y)
    best = search.best_estimator_
    assert best.coefs_[0].shape[-1] == search.best_params_["conv1__filters"]
    assert type(best.layers[1][1]) is type(search.best_params_["pool"])
    scores = search.cv_results_["mean_test_score"]
    for params, score in zip(search.cv_results_["params"], scores, strict=True):
        by_hand = build(make, deepcopy(IMAGE_STACK)).set_params(**params)
        assert cross_val_score(by_hand, X, y, cv=2).mean() == score


@both
def test_transform_gives_the_output_of_any_image_layer(make):
    X, y = images(make)
    layers = [Conv2D(3, activation="tanh"), MaxPool2D(), BatchNorm(), GlobalAveragePool2D()]
    estimator = build(make, layers, dtype="float64").fit(X, y)
    of = {number: estimator.transform(X, number) for number in range(4)}
    assert [of[number].shape for number in range(4)] == [
        *((40, 8 * 7 * 3), (40, 4 * 3 * 3), (40, 4 * 3 * 3), (40, 3))
    ]
    block = of[0].reshape(40, 8, 7, 3)[:, :, :6].reshape(40, 4, 2, 3, 2, 3)
    assert_array_equal(of[1], block.max(axis=(2, 4)).reshape(40, -1))
    assert_allclose(of[3], of[2].reshape(40, 12, 3).mean(axis=1), rtol=1e-12)
    assert_array_equal(estimator.transform(X), of[3])
    wanted = of[3] @ estimator.coefs_[-1] + estimator.intercepts_[-1]
    assert_allclose(estimator._model.outputs(X.reshape(40, -1), 1e9), wanted, rtol=1e-9)


@both
def test_flat_samples_are_images_of_the_input_shape(make):
    X, y = images(make)
    flat = X.reshape(len(X), -1).astype(np.float32)
    layers = [layer for _, layer in IMAGE_STACK]
    told = build(make, layers, input_shape=(8, 7, 2)).fit(flat, y)
    assert_same_arrays(told, build(make, layers).fit(X, y))
    assert_array_equal(told.predict(X), told.predict(flat))


@both
def test_batch_size_of_64_which_is_no_default_here_warns_of_fewer_samples(make):
    X, y = images(make)
    estimator = build(make, [Flatten()], batch_size=64)
    with pytest.warns(UserWarning, match="larger than sample size.* be clipped to 40"):
        estimator.fit(X, y)


@both
def test_convolution_without_bias_has_no_intercepts(make):
    X, y = images(make)
    layers = [Conv2D(3, bias=False), Conv2D(2), Flatten()]
    estimator = build(make, layers).fit(X, y)
    assert [w.shape for w in estimator.coefs_] == [(3, 3, 2, 3), (3, 3, 3, 2), (112, 1)]
    assert [b.shape for b in estimator.intercepts_] == [(2,), (1,)]
    predicted = estimator.predict(X)
    estimator.intercepts_ = [b.copy() for b in estimator.intercepts_]
    assert_array_equal(estimator.predict(X), predicted)
    assert_array_equal(pickle.loads(pickle.dumps(estimator)).predict(X), predicted)


@pytest.mark.parametrize("normalised", [False, True], ids=["plain", "normalised"])
def test_dense_layers_without_bias_have_no_intercepts(normalised):
    X, y = normal(40, 3), normal(40)
    layers = [Dense(5, "tanh", bias=False), *([BatchNorm()] if normalised else []), Dense(4)]
    estimator = SequentialRegressor(layers, random_state=0, max_iter=30).fit(X, y)
    assert [w.shape for w in estimator.coefs_] == [(3, 5), (5, 4), (4, 1)]
    assert [b.shape for b in estimator.intercepts_] == [(4,), (1,)]
    predicted = estimator.predict(X)
    if not normalised:
        (first, second, last), (bias, shift) = estimator.coefs_, estimator.intercepts_
        hidden = np.maximum(np.tanh(X @ first) @ second + bias, 0)
        assert_allclose(predicted, (hidden @ last).ravel() + shift, rtol=1e-12)
    arrays = {"coef_init": estimator.coefs_, "intercept_init": estimator.intercepts_}
    still = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1}
    again = clone(estimator).set_params(**still).fit(X, y, **arrays)
    for ours, wanted in zip(again.coefs_, estimator.coefs_, strict=True):
        assert_array_equal(ours, wanted)
    estimator.intercepts_ = [b.copy() for b in estimator.intercepts_]
    assert_array_equal(estimator.predict(X), predicted)
    assert_array_equal(pickle.loads(pickle.dumps(estimator)).predict(X), predicted)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@both
def test_frozen_convolution_keeps_its_weights_while_others_learn(make, solver):
    X, y = images(make)
    layers = [Conv2D(3, trainable=False), BatchNorm(), Conv2D(2), Flatten()]
    frozen = build(make, layers, solver=solver, alpha=1.0).fit(X, y)
    drawn = build(make, layers, solver="sgd", learning_rate_init=1e-300).fit(X, y)
    assert_array_equal(frozen.coefs_[0], drawn.coefs_[0])
    assert_array_equal(frozen.intercepts_[0], drawn.intercepts_[0])
    assert np.abs(frozen.coefs_[1] - drawn.coefs_[1]).max() > 1e-3


# Stacks that cannot be


@both
def test_stack_that_does_not_fit_raises_naming_the_layer_and_the_shapes(make):
    class Pairs(Layer):
        """Each sample as pairs of features."""

        def output_shape(self, input_shape):
            return (input_shape[0] // 2, 2)

    X, y = problem(make)
    message = r"Layer dense2, Dense\(units=5\): needs flat samples, got samples of shape \(3, 2\)"
    with pytest.raises(ValueError, match=message):
        build(make, [Dense(6), Pairs(), Dense(5)]).fit(X, y)


@pytest.mark.parametrize("entry", ["relu", 5, None, Dense, ("name", 5)])
@both
def test_entry_that_is_no_layer_raises_naming_it(make, entry):
    X, y = problem(make)
    estimator = build(make, [Dense(6), entry])
    with pytest.raises(TypeError, match="must be a list of layers") as error:
        estimator.fit(X, y)
    assert repr(entry[1] if isinstance(entry, tuple) else entry) in str(error.value)
    assert estimator.get_params()["layers"] == [estimator.layers[0], entry]  # judged by fit


@pytest.mark.parametrize(
    "names", [("a", "a"), ("a__b", "c"), ("alpha", "b"), ("fit", "b"), ("dense2", None)]
)
def test_names_that_cannot_be_raise(names):
    X, y = problem()
    layers = [(name, Dense(5)) if name else Dense(5) for name in names]
    estimator = build(SequentialClassifier, layers)
    with pytest.raises(ValueError, match="Names of layers must be unique"):
        estimator.fit(X, y)
    assert estimator.get_params() == estimator.get_params(deep=False)  # judged by fit


@both
def test_layers_that_are_no_list_raise(make):
    X, y = problem(make)
    with pytest.raises(ValueError, match="'layers' parameter"):
        build(make, Dense(5)).fit(X, y)
    estimator = build(make, [Dense(5)]).set_params(layers=Dense(5), alpha=1)  # judged by fit
    assert estimator.alpha == 1
    with pytest.raises(TypeError, match="layers must be a list of layers"):
        estimator.set_params(dense1__units=3)


# Frozen


@pytest.mark.parametrize("solver", ["adam", "sgd", "adamw", "lbfgs", "nadam"])
@dtypes
@both
def test_frozen_layer_keeps_its_weights_while_others_learn(make, solver, dtype):
    X, y = problem(make, dtype=dtype)
    layers = [Dense(6, "prelu", trainable=False), Dense(5)]
    params = {"solver": solver, "alpha": 1.0, "l1": 0.1}
    frozen = build(make, layers, **params).fit(X, y)
    drawn = build(make, [Dense(6, "prelu"), Dense(5)], solver="sgd", learning_rate_init=1e-300)
    drawn.fit(X, y)
    assert_array_equal(frozen.coefs_[0], drawn.coefs_[0])
    assert_array_equal(frozen.intercepts_[0], drawn.intercepts_[0])
    assert np.abs(frozen.coefs_[1] - drawn.coefs_[1]).max() > 1e-3


@both
def test_transferred_layer_that_is_frozen_stays_that_of_the_other_task(make):
    X, y = problem(make)
    source = build(make, [Dense(6)], max_iter=10).fit(X, y)
    start = [source.coefs_[0], np.zeros_like(source.coefs_[1])]
    layers = [Dense(6, trainable=False)]
    target = build(make, layers).fit(X[:40], y[:40], coef_init=start)
    assert_array_equal(target.coefs_[0], source.coefs_[0])
    assert np.abs(target.coefs_[1]).max() > 0


def numbers_of(estimator):
    """Weights and biases, in copies, of a network with one array of each for every layer."""
    return [array.copy() for array in (*estimator.coefs_, *estimator.intercepts_)]


def test_layer_frozen_under_warm_start_keeps_its_weights_and_the_others_go_on_from_theirs():
    X, y = problem(SequentialRegressor)
    layers = [Dense(5), Dense(5), Dense(5)]
    estimator = SequentialRegressor(layers, max_iter=3, warm_start=True, random_state=0).fit(X, y)
    before, predicted = numbers_of(estimator), estimator.predict(X)
    estimator.set_params(dense1__trainable=False, learning_rate_init=1e-12, max_iter=1).fit(X, y)
    after = numbers_of(estimator)
    assert_array_equal(after[0], before[0])
    assert_array_equal(after[4], before[4])
    for one, other in zip(after, before, strict=True):
        assert_allclose(one, other, atol=1e-9)
    assert_allclose(estimator.predict(X), predicted, rtol=1e-6)


def test_layer_frozen_between_calls_of_partial_fit_is_refused():
    X, y = problem(SequentialRegressor)
    estimator = SequentialRegressor([Dense(5), Dense(5)], random_state=0).partial_fit(X, y)
    before = numbers_of(estimator)
    with pytest.raises(
        ValueError, match=r"partial_fit continues with the same optimiser.*Restore trainable"
    ):
        estimator.set_params(dense1__trainable=False).partial_fit(X, y)
    for one, other in zip(numbers_of(estimator), before, strict=True):
        assert_array_equal(one, other)


def test_other_arrays_in_layers_of_the_same_sizes_are_refused():
    X, y = problem(SequentialRegressor)
    estimator = SequentialRegressor([Dense(5)], random_state=0).partial_fit(X, y)
    message = r"the same arrays, but those .* differ in \[\(1, 'bias', \(1, 5\)\)\]\. Restore"
    with pytest.raises(ValueError, match=message):
        estimator.set_params(dense1__bias=False).partial_fit(X, y)


# First values that depend on training rows

ADAPTING = [Dense(4, "tanh", weight_init=UnitVariance(), bias_init=ThroughRows())]
STILL = {"max_iter": 1, "learning_rate_init": 1e-12, "alpha": 0.0}


def sums_of(estimator, X):
    return X @ estimator.coefs_[0]


@both
def test_first_weights_depend_on_the_rows_that_are_trained_on(make):
    X, y = problem(make)
    estimator = build(make, ADAPTING, **STILL).fit(X, y)
    assert_allclose(sums_of(estimator, X).std(axis=0), 1, rtol=1e-8)
    held_out = build(make, ADAPTING, early_stopping=True, **STILL)
    X[60:] *= 100
    last = PredefinedSplit(np.where(np.arange(80) < 60, -1, 0))
    held_out.set_params(validation_fraction=last).fit(X, y)
    assert_allclose(sums_of(held_out, X[:60]).std(axis=0), 1, rtol=1e-8)


def test_first_weights_in_float32_with_lbfgs_are_those_of_the_rows():
    X, y = problem(dtype=np.float32)
    frozen = Dense(4, "tanh", weight_init=UnitVariance(), trainable=False)
    estimator = build(SequentialClassifier, [frozen], solver="lbfgs").fit(X, y)
    assert_allclose(sums_of(estimator, X).std(axis=0), 1, rtol=1e-5)
    assert estimator.coefs_[0].dtype == np.float32


def test_weights_that_are_given_do_not_adapt():
    X, y = problem()
    start = build(SequentialClassifier, ADAPTING, **STILL).fit(X, y)
    given = [3 * weight for weight in start.coefs_]
    estimator = build(SequentialClassifier, ADAPTING, **STILL).fit(X, y, coef_init=given)
    for got, wanted in zip(estimator.coefs_, given, strict=True):
        assert_allclose(got, wanted, atol=1e-9)
    warm = build(SequentialClassifier, ADAPTING, warm_start=True, **STILL).fit(X, y)
    before = [weight.copy() for weight in warm.coefs_]
    warm.fit(10 * X, y)
    for got, wanted in zip(warm.coefs_, before, strict=True):
        assert_allclose(got, wanted, atol=1e-9)
