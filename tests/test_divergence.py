"""Divergence: what is no longer finite ends training, and is said; nothing is NaN in silence."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.neural_network
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import ClassifierMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators import divergence
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.inspection import diagnose
from sknn.nn import (
    ELU,
    SGD,
    AdamW,
    BatchNorm,
    Conv2D,
    Dense,
    Exponential,
    Flatten,
    Loss,
    Normal,
    Schedule,
)
from sknn.nn.losses import SquaredError

pytestmark = pytest.mark.filterwarnings(
    "ignore:(Stochastic Optimizer|lbfgs failed):sklearn.exceptions.ConvergenceWarning"
)

N = 32
X = np.random.default_rng(0).normal(size=(N, 16))  # to CNNs the samples are images of 4 x 4
LABELS, NUMBERS = np.arange(N) % 3, X[:, 0] + 1.0
SENTENCE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)
SIZES = {"hidden_layer_sizes": (5,)}
FILTERS = {"filters": (3,), "hidden_layer_sizes": (4,)}
MLPS = [(MLPClassifier, SIZES), (MLPRegressor, SIZES)]
CNNS = [(CNNClassifier, FILTERS), (CNNRegressor, FILTERS)]
SEQUENTIALS = [
    (kind, {"layers": [("first", Dense(5)), ("second", Dense(4))]})
    for kind in (SequentialClassifier, SequentialRegressor)
]
each = pytest.mark.parametrize("case", MLPS + CNNS + SEQUENTIALS, ids=lambda case: case[0].__name__)
each_mlp = pytest.mark.parametrize("case", MLPS, ids=lambda case: case[0].__name__)
each_solver = pytest.mark.parametrize("solver", STOCHASTIC_SOLVERS)


class Cliff(Schedule):
    """The base rate for some epochs, then one without end: training diverges in the next epoch."""

    def __init__(self, epochs):
        self.epochs = epochs

    def rate(self, progress, base):
        return base if progress.epoch < self.epochs else np.inf


def new(case, **params):
    kind, sizes = case
    return kind(**{"batch_size": 8, "max_iter": 10, "random_state": 0, **sizes, **params})


def target(estimator):
    return LABELS if isinstance(estimator, ClassifierMixin) else NUMBERS


def message_of_failure(estimator, X=X, y=None, method="fit", **arguments):
    """What the ValueError says after scikit-learn's sentence."""
    y = target(estimator) if y is None else y
    with pytest.raises(ValueError, match="^" + re.escape(SENTENCE)) as raised:
        getattr(estimator, method)(X, y, **arguments)
    return str(raised.value).removeprefix(SENTENCE + " ")


def classes(estimator):
    return {"classes": [0, 1, 2]} if isinstance(estimator, ClassifierMixin) else {}


def weights_of(estimator):
    return [array.copy() for array in estimator.coefs_ + estimator.intercepts_]


def assert_same_weights(one, other, atol=0.0):
    for mine, wanted in zip(weights_of(one), weights_of(other), strict=True):
        assert_allclose(mine, wanted, rtol=0, atol=atol)


def assert_finite(estimator, X=X):
    """Weights, predictions and records of a fit that has said nothing."""
    arrays = [*weights_of(estimator), estimator._model.state, estimator.loss_curve_]
    arrays.append(estimator.history_["gradient_norm"])
    arrays.append(getattr(estimator, "predict_proba", estimator.predict)(X))
    assert all(np.isfinite(array).all() for array in arrays)


# The epoch and the layer that are named


@pytest.mark.one_in(3)
@each_solver
@each
def test_divergence_names_the_epoch_in_which_it_began(case, solver):
    estimator = new(case, solver=solver, learning_rate=Cliff(3))
    message = message_of_failure(estimator)
    assert message.startswith("Epoch 4, first in layer 1 (")
    rate = "learning_rate=Cliff(epochs=3) has raised the rate from 0.001 to inf. "
    assert f"): {rate}" in message
    assert message.endswith("or try learning_rate_init=0.0001.")
    assert not hasattr(estimator, "coefs_")
    assert estimator.set_params(max_iter=3).fit(X, target(estimator)).n_iter_ == 3
    assert_finite(estimator)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("schedule", SCHEDULES)
@each
def test_divergence_is_found_under_every_schedule(case, schedule):
    estimator = new(case, solver="sgd", learning_rate=schedule, learning_rate_init=1e200)
    message = message_of_failure(estimator)
    assert re.match(r"Epoch [12], first in layer 1 \(", message)
    assert message.endswith("try learning_rate_init=1e+199.")


# Training that grows out of bounds slowly, as in practice.
SLOWLY = [
    {"learning_rate_init": 0.5},
    {"learning_rate_init": 1.0, "momentum": 0.0},
    {"learning_rate_init": 2.0, "learning_rate": "invscaling", "power_t": 0.1},
    {"learning_rate_init": 0.5, "learning_rate": "adaptive"},
    {"learning_rate_init": 0.5, "hidden_layer_sizes": (4, 3, 2)},
    {"learning_rate_init": 0.3, "batch_size": 7, "nesterovs_momentum": False},
]


@pytest.mark.parametrize("params", SLOWLY, ids=str)
def test_epoch_and_layer_are_those_in_which_scikit_learn_has_the_first_nan(params):
    params = {"activation": "identity", "solver": "sgd", "shuffle": False, "alpha": 0.0, **params}
    epoch, layer = first_nan(new_theirs(**params))
    assert 1 < epoch < 100
    estimator = new(MLPS[1], **{"batch_size": N, **params, "max_iter": 100})
    message = message_of_failure(estimator.set_params(n_iter_no_change=100))
    named = int(re.match(r"Epoch (\d+), ", message).group(1))
    if named < epoch:  # the squares in the loss overflow before the weights do
        assert named >= epoch - 2
        assert re.search(r", the (loss|gradient, largest in layer \d \(Dense\),) is not", message)
    else:
        assert message.startswith(f"Epoch {epoch}, first in layer {layer} (Dense): ")


def new_theirs(**params):
    settings = {**SIZES, "batch_size": N, "random_state": 0, **params}
    return sklearn.neural_network.MLPRegressor(**settings)


def first_nan(estimator):
    """(epoch, layer) in which training of scikit-learn's estimator first has a weight too large."""
    for epoch in range(1, 100):
        try:
            with np.errstate(all="ignore"):
                estimator.partial_fit(X, NUMBERS)
        except ValueError:
            for layer, arrays in enumerate(
                zip(estimator.coefs_, estimator.intercepts_, strict=True), start=1
            ):
                if not all(np.isfinite(array).all() for array in arrays):
                    return epoch, layer
    return None


@each
def test_partial_fit_diverges_in_the_call_in_which_fit_diverges(case):
    estimator = new(case, solver="sgd", learning_rate=Cliff(2), shuffle=False)
    y = target(estimator)
    for _ in range(2):
        estimator.partial_fit(X, y, **classes(estimator))
    good = weights_of(estimator)
    arguments = classes(estimator)
    message = message_of_failure(estimator, method="partial_fit", **arguments)
    assert message.startswith("Epoch 1, first in layer 1")  # of this call
    for array, old in zip(weights_of(estimator), good, strict=True):
        assert_array_equal(array, old)


@each
def test_warm_start_counts_the_epochs_of_its_own_fit(case):
    estimator = new(case, solver="sgd", warm_start=True, max_iter=3)
    y = target(estimator)
    good = weights_of(estimator.fit(X, y))
    estimator.set_params(learning_rate=Cliff(1))
    assert message_of_failure(estimator).startswith("Epoch 2, first in layer 1")
    for array, old in zip(weights_of(estimator), good, strict=True):
        assert_array_equal(array, old)
    assert len(estimator.loss_curve_) == 3


def frozen(layer):
    return layer.set_params(trainable=False)


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ([Dense(5), Dense(4)], "layer 1 (Dense)"),
        ([frozen(Dense(5)), Dense(4)], "layer 2 (Dense)"),
        ([frozen(Dense(5)), frozen(Dense(4))], "layer 3 (Dense)"),
        ([("a", frozen(Dense(5))), ("b", BatchNorm())], "layer 2 (BatchNorm)"),
        ([Conv2D(2), Conv2D(2), Flatten()], "layer 1 (Conv2D)"),
        ([frozen(Conv2D(2)), ("named", Conv2D(2)), Flatten()], "layer 2 (Conv2D)"),
        ([frozen(Conv2D(2)), Flatten(), Dense(3)], "layer 3 (Dense)"),
        ([Conv2D(2), BatchNorm(), Flatten()], "layer 1 (Conv2D)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_layer_named_is_the_first_that_was_trained(layers, named):
    shape = (4, 4, 1) if any("Conv2D" in str(layer) for layer in layers) else None
    for kind in (SequentialClassifier, SequentialRegressor):
        params = {"layers": layers, "input_shape": shape, "learning_rate": Cliff(1)}
        estimator = new((kind, params))
        assert f"Epoch 2, first in {named}: " in message_of_failure(estimator)


@each_mlp
def test_layer_named_counts_normalisation_and_dropout(case):
    estimator = new(case, normalization="batch", dropout=0.2, learning_rate=Cliff(1))
    assert "first in layer 1 (Dense): " in message_of_failure(estimator)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@each
def test_proposed_learning_rates_lead_to_one_that_works(case, solver):
    estimator = new(case, solver=solver, learning_rate_init=1e6, max_iter=20)
    y = target(estimator)
    estimator.set_params(n_iter_no_change=20)
    for _ in range(10):
        try:
            estimator.fit(X, y)
            break
        except ValueError as error:
            rate = estimator.learning_rate_init
            proposed = float(re.search(r"learning_rate_init=(.*)\.$", str(error)).group(1))
            assert_allclose(proposed, rate / 10, rtol=1e-5)
            estimator.set_params(learning_rate_init=proposed)
    assert_finite(estimator)


# Early stopping


@pytest.mark.one_in(3)
@each_solver
@each
def test_early_stopping_warns_and_returns_the_weights_of_the_best_epoch(case, solver):
    params = {"solver": solver, "shuffle": False, "batch_size": 8}
    stopped = new(case, learning_rate=Cliff(4), early_stopping=True, **params)
    y = target(stopped)
    held_out = {"X_val": X[::2] + 0.1, "y_val": y[::2]}
    message = (
        f"^{re.escape(SENTENCE)} Epoch 5, first in layer 1 .*, or try learning_rate_init=0.0001. "
        "The weights with the best validation score were kept.$"
    )
    with pytest.warns(ConvergenceWarning, match=message):
        stopped.fit(X, y, **held_out)
    scores = stopped.validation_scores_
    assert np.isnan(scores[-1])
    assert np.isfinite(scores[:-1]).all()
    assert {len(values) for values in stopped.history_.values()} == {stopped.n_iter_} == {5}
    assert stopped.best_validation_score_ == max(scores[:-1])
    best = int(np.argmax(scores[:-1])) + 1
    fresh = new(case, max_iter=best, **params).fit(X, y, **held_out)
    assert_same_weights(stopped, fresh)
    assert stopped.score(X, y) == fresh.score(X, y)


@each
def test_early_stopping_that_diverges_at_once_returns_the_initial_weights(case):
    estimator = new(case, solver="sgd", early_stopping=True, learning_rate=Cliff(0))
    y = target(estimator)
    with pytest.warns(ConvergenceWarning, match="Epoch 1, first in layer 1"):
        estimator.fit(X, y)
    # A rate so small that no weight changes.
    initial = new(case, solver="sgd", learning_rate_init=1e-300, max_iter=1).fit(X, y)
    assert_same_weights(estimator, initial, atol=1e-200)
    assert np.isfinite(estimator.score(X, y))


def test_running_statistics_of_the_best_epoch_come_back_with_its_weights():
    params = {"normalization": "batch", "shuffle": False}
    for case in MLPS + CNNS:
        stopped = new(case, early_stopping=True, learning_rate=Cliff(3), **params)
        y = target(stopped)
        held_out = {"X_val": X, "y_val": y}
        with pytest.warns(ConvergenceWarning, match="Epoch 4"):
            stopped.fit(X, y, **held_out)
        best = int(np.nanargmax(stopped.validation_scores_)) + 1
        fresh = new(case, max_iter=best, **params).fit(X, y, **held_out)
        assert_array_equal(stopped._model.state, fresh._model.state)
        assert_array_equal(stopped.predict(X), fresh.predict(X))


@each
def test_lbfgs_that_diverges_raises_or_with_early_stopping_warns(case):
    estimator = new(case, solver="lbfgs")
    y, huge = target(estimator), X * 1e300
    message = message_of_failure(estimator, huge)
    assert message.startswith("Iteration 0, the loss is not finite: scale X")
    assert "learning_rate" not in message
    estimator.set_params(early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="Iteration 0, the loss is not finite: scale X"):
        estimator.fit(huge, y, X_val=X, y_val=y)
    initial = new(case, solver="sgd", learning_rate_init=1e-300, max_iter=1).fit(X, y)
    assert_same_weights(estimator, initial, atol=1e-200)


@pytest.mark.parametrize("worth", [np.nan, -np.inf])
@each
def test_scores_that_are_no_numbers_use_patience_up_and_are_told(case, worth):
    estimator = new(case, early_stopping=True, n_iter_no_change=2, max_iter=50)
    estimator.set_params(scoring=lambda estimator, X, y: worth)
    y = target(estimator)
    with pytest.warns(UserWarning, match="validation score"):
        estimator.fit(X, y)
    assert estimator.n_iter_ == 3


# Numbers too large, too small, or all the same

LARGE = [(np.float32, 1e20), (np.float32, 1e37), (np.float64, 1e160), (np.float64, 1e300)]
large = pytest.mark.parametrize(("dtype", "scale"), LARGE)
# scikit-learn's own check of X adds up numbers whose sum is not finite.
CASTS = pytest.mark.filterwarnings("ignore:(invalid value|overflow) encountered:RuntimeWarning")


@pytest.mark.one_in(3)
@large
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("solver", [*STOCHASTIC_SOLVERS, "lbfgs"])
@each_mlp
def test_overflowing_samples_raise_or_are_learnt_from(case, solver, normalization, dtype, scale):
    estimator = new(case, solver=solver, normalization=normalization, max_iter=3)
    before = new(case, solver="sgd", normalization=normalization, learning_rate_init=1e-300)
    y, huge = target(estimator), (X * scale).astype(dtype)
    try:
        estimator.fit(huge, y)
    except ValueError as error:
        said = str(error)
    else:
        said = None
        assert_finite(estimator, huge)
        before.fit(X.astype(dtype), y)
        pairs = zip(weights_of(estimator), weights_of(before), strict=True)
        assert any(not np.array_equal(mine, initial) for mine, initial in pairs)
    assert said is None or said.startswith(SENTENCE)


@large
@each_solver
def test_overflowing_gradient_is_divergence(solver, dtype, scale):
    # Clipped, or divided by a root that is infinite, it would move no weight, in silence.
    estimator = new(MLPS[0], solver=solver, max_grad_norm=1.0)
    message = message_of_failure(estimator, (X * scale).astype(dtype))
    assert message.startswith("Epoch 1, the gradient, largest in layer ")
    assert ", is not finite: scale X, for instance with StandardScaler" in message


@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 1e20), (np.float64, 1e170)])
@pytest.mark.parametrize("solver", [*STOCHASTIC_SOLVERS, "lbfgs"])
def test_running_statistics_that_overflow_are_named(solver, dtype, scale):
    estimator = new(MLPS[1], solver=solver, normalization="batch")
    message = message_of_failure(estimator, (X * scale).astype(dtype))
    assert "first in layer 2 (BatchNorm)" in message


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("solver", "dtype", "scale"),
    [
        *[(solver, np.float32, 1e37) for solver in STOCHASTIC_SOLVERS],
        *[(solver, np.float64, 1e160) for solver in STOCHASTIC_SOLVERS],
        ("lbfgs", np.float64, 1e160),  # in float32, too, it has the room of float64
    ],
)
@pytest.mark.parametrize("case", [MLPS[1], CNNS[1], SEQUENTIALS[1]], ids=["mlp", "cnn", "any"])
def test_targets_whose_squares_overflow_ask_for_scaled_targets(case, solver, dtype, scale):
    estimator, targets = new(case, solver=solver), NUMBERS * scale
    message = message_of_failure(estimator, X.astype(dtype), targets)
    assert message.startswith("Iteration 0" if solver == "lbfgs" else "Epoch 1")
    assert "scale X and y, for instance with StandardScaler" in message
    estimator.fit(X, (targets - targets.mean()) / np.abs(targets).max())
    assert_finite(estimator)


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("dtype", "scale"), [(np.float32, 1e-40), (np.float64, 1e-310)])
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@pytest.mark.parametrize("solver", [*STOCHASTIC_SOLVERS, "lbfgs"])
@each_mlp
def test_denormal_samples_are_as_good_as_zeros(case, solver, normalization, dtype, scale):
    params = {"solver": solver, "normalization": normalization, "max_iter": 3, "alpha": 0.0}
    y, tiny = target(new(case)), (X * scale).astype(dtype)
    estimator = new(case, **params).fit(tiny, y)
    zeros = new(case, **params).fit(np.zeros_like(tiny), y)
    assert_finite(estimator, tiny)
    predict = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    ours, theirs = (getattr(one, predict)(tiny) for one in (estimator, zeros))
    assert_allclose(ours, theirs, rtol=0, atol=2e-2)


CONSTANTS = [0.0, 1.0, -3.0, 1e-300, 20.0]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("batch_size", "dtype"), [(1, np.float64), (5, np.float32), (N, np.float32), (N, np.float64)]
)
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
@each
def test_features_of_zero_variance_do_no_harm(case, normalization, batch_size, dtype):
    if "layers" in case[1]:
        before = {"batch": [BatchNorm()], "layer": [], None: []}[normalization]
        case = case[0], {"layers": [*before, *case[1]["layers"]]}
        estimator = new(case, batch_size=batch_size)
    else:
        estimator = new(case, batch_size=batch_size, normalization=normalization)
    estimator.set_params(max_iter=min(10, 2 * batch_size))  # ten steps at least
    samples = X.copy()
    samples[:, : len(CONSTANTS)] = CONSTANTS
    if batch_size == 1:
        samples[:, 4] = 1.0  # running statistics, which a batch of one has, need more samples
    samples = samples.astype(dtype)
    for solver in ("adam", "sgd", "lbfgs") if batch_size == N else ("adam", "sgd"):
        estimator.set_params(solver=solver).fit(samples, target(estimator))
        assert_finite(estimator, samples)


@pytest.mark.parametrize("constant", [0.0, 1.0, -4.0])
def test_weights_of_a_constant_column_stay_where_they_are_behind_batch_normalisation(constant):
    samples = X.copy()
    samples[:, 3] = constant
    layers = [BatchNorm(), Dense(5, "tanh")]
    for kind, params in SEQUENTIALS:
        settings = {**params, "layers": layers, "alpha": 0.0, "solver": "sgd"}
        estimator, initial = new((kind, settings)), new((kind, settings))
        y = target(estimator)
        estimator.fit(samples, y)
        initial.set_params(learning_rate_init=1e-300, max_iter=1).fit(samples, y)
        moved = estimator.coefs_[0] != initial.coefs_[0]
        # x - mean is exactly 0, so only what the shift has learnt can move them.
        shift = estimator._model.params[0]["shift"][0]
        assert_array_equal(moved.any(axis=1), shift != 0)
        assert_finite(estimator, samples)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("constant", [0.0, 7.0, 1e-310])
@pytest.mark.parametrize("solver", [*STOCHASTIC_SOLVERS, "lbfgs"])
@pytest.mark.parametrize("case", [MLPS[1], CNNS[1], SEQUENTIALS[1]], ids=["mlp", "cnn", "any"])
def test_constant_targets_are_learnt(case, solver, constant):
    rate = {"learning_rate_init": 0.01 if solver == "sgd" else 0.1}
    estimator = new(case, solver=solver, max_iter=200, alpha=0.0, **rate)
    estimator.fit(X, np.full(N, constant))
    assert_finite(estimator)
    assert estimator.loss_ < max(0.2 * estimator.loss_curve_[0], 0.01)


@pytest.mark.parametrize("case", [MLPS[1], CNNS[1]], ids=["mlp", "cnn"])
def test_batches_of_one_leave_running_statistics_at_rest(case):
    estimator = new(case, batch_size=1, normalization="batch", shuffle=False, max_iter=2)
    estimator.fit(X, NUMBERS)
    for layer in estimator._model._state:
        for name, array in layer.items():
            assert_array_equal(array, {"mean": 0.0, "variance": 1.0}[name])
    assert_finite(estimator)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("weight", [1e300, 1e-300])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@each
def test_scale_of_weights_does_not_matter_however_large(case, solver, weight):
    plain = new(case, solver=solver, alpha=0.0, max_iter=3)
    y = target(plain)
    plain.fit(X, y)
    weighted = new(case, solver=solver, alpha=0.0, max_iter=3)
    weighted.fit(X, y, sample_weight=np.full(N, weight))
    for mine, wanted in zip(weights_of(weighted), weights_of(plain), strict=True):
        assert_allclose(mine, wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@each
def test_weights_whose_sum_overflows_are_told(case, solver):
    estimator = new(case, solver=solver)
    with pytest.raises(ValueError, match=r"non-finite|sample_weight"):
        estimator.fit(X, target(estimator), sample_weight=np.full(N, 1e308))
    assert not hasattr(estimator, "coefs_")


def test_fit_that_is_finite_but_absurd_is_diagnosed(diabetes):
    samples, y = diabetes
    reg = MLPRegressor(solver="sgd", activation="tanh", learning_rate_init=0.1, random_state=1)
    reg.fit(samples, 2000 * y)
    assert reg.score(samples, 2000 * y) < -1e30
    found = {finding.name: finding for finding in diagnose(reg, samples, 2000 * y).findings}
    assert {"unscaled targets", "diverging loss"} <= set(found)
    assert "learning_rate_init=0.01 (now 0.1)" in str(found["diverging loss"])


# Several outputs, and estimators of estimators


def test_one_output_of_several_that_overflows_is_enough():
    y = np.column_stack([NUMBERS, NUMBERS * 1e200, NUMBERS])
    for case in (MLPS[1], CNNS[1], SEQUENTIALS[1]):
        assert message_of_failure(new(case), y=y).startswith("Epoch 1, the loss is not finite: ")


def test_divergence_passes_through_meta_estimators():
    for meta, case, y in (
        (MultiOutputRegressor, MLPS[1], np.column_stack([NUMBERS, -NUMBERS])),
        (MultiOutputClassifier, MLPS[0], np.column_stack([LABELS, LABELS[::-1]])),
    ):
        estimator = new(case, learning_rate=Cliff(2))
        message = message_of_failure(meta(estimator), y=y)
        assert message.startswith("Epoch 3, first in layer 1 (Dense): ")
        works = meta(clone(estimator).set_params(max_iter=2)).fit(X, y)
        assert works.predict(X).shape == (N, 2)


# Prediction


@CASTS
@each
def test_prediction_that_overflows_raises_and_names_the_sample(case):
    estimator = new(case).fit(X, target(new(case)))
    for weight in estimator.coefs_[:-1]:
        weight[...] = 1.0  # so that everything is infinite whatever the order of adding up
    samples = X.copy()
    samples[5] = samples[9] = 1.7e308
    for name in ("predict", "predict_proba", "predict_log_proba", "transform"):
        if hasattr(estimator, name):
            predict = getattr(estimator, name)
            with pytest.raises(
                ValueError, match=r"must be finite, but those for sample 5 are not\. Scale X"
            ):
                predict(samples)
            assert np.isfinite(predict(X)).all()


# The cause that the numbers show


class NoGradient(Loss):
    """A loss of a user's whose gradient is not a number."""

    link = "identity"

    def sum_and_gradient(self, y, z, weight, out):
        out.fill(np.nan)
        return np.nan

    def predict(self, z):
        return z


BATCHES = {"batch_size": 8, "solver": "sgd"}
CAUSES = {  # settings, weight of each sample, what the message says
    "alpha": ({"alpha": 1e300}, None, "alpha=1e+300 makes the penalty too large. Lower it"),
    "l1": ({"l1": 1e300, "alpha": 1.0}, None, "l1=1e+300 makes the penalty too large. Lower it"),
    "alpha, lbfgs": ({"alpha": 1e300, "solver": "lbfgs"}, None, "alpha=1e+300 makes the penalty"),
    # w is multiplied by 1 - 0.01 * 4000 / 8 = -4 in each step
    "alpha times rate": (
        {**BATCHES, "alpha": 4000.0, "learning_rate_init": 0.01, "max_iter": 200},
        None,
        "alpha=4000 makes the penalty too large. Lower it",
    ),
    "small weights": (
        {},
        1e-200,
        "alpha=0.0001 is divided by the sum of the sample weights in a batch, about 8e-200, which "
        "makes the penalty too large. Divide sample_weight by its mean, or lower alpha.",
    ),
    "small weights, lbfgs": ({"solver": "lbfgs"}, 1e-200, "in a batch, about 3.2e-199, which"),
    "weights that underflow": (
        {**BATCHES, "batch_size": 1, "alpha": 0.0, "shuffle": False},
        np.r_[1.0, np.full(N - 1, 1e-309)],
        "the sum of the sample weights in a batch can be as small as 1e-309, which is too small",
    ),
    "weight decay": (
        {"solver": AdamW(weight_decay=1e300)},
        None,
        "weight_decay=1e+300 times the learning rate, 0.001, is above 2, so that each step "
        "increases the weights. Lower weight_decay,",
    ),
    "momentum": (
        {**BATCHES, "momentum": 1.0, "learning_rate_init": 1.0, "max_iter": 200},
        None,
        "with momentum=1 past steps never fade. Lower momentum, for instance to 0.9.",
    ),
    "schedule": (
        {**BATCHES, "learning_rate": Exponential(1e200)},
        None,
        "learning_rate=Exponential(factor=1e+200) has raised the rate from 0.001 to ",
    ),
    "first weights": (
        {"weight_init": Normal(1e200)},
        None,
        "the initial weights have absolute values up to ",
    ),
    "activation": (
        {"activation": ELU(1e300)},
        None,
        "check the settings of activation and loss, as X is not large (the largest absolute "
        f"value in X is {np.abs(X).max():.2g}, in y {np.abs(NUMBERS).max():.2g}), or try "
        "learning_rate_init=0.0001.",
    ),
    "loss": ({"loss": NoGradient()}, None, "check the gradient of loss=NoGradient(), "),
    "rate": ({**BATCHES, "learning_rate_init": 1e10}, None, ": try learning_rate_init=1e+09."),
}


@pytest.mark.parametrize("case", CAUSES)
def test_cause_is_named_where_the_numbers_show_it(case):
    params, weight, told = CAUSES[case]
    weight = None if weight is None else np.broadcast_to(weight, N)
    params = {"n_iter_no_change": 200, **params}
    message = message_of_failure(new(MLPS[1], **params), sample_weight=weight)
    assert told in message
    assert "scale X" not in message


def ended(*, weights=1.0, of_x=1.0, of_y=1.0, weight_sum=10.0, rates=(), optimizer=None, **plan):
    """As much of a fit of ten samples in one batch as the cause of its end is read from."""
    plan = {"alpha": 0.0, "l1": 0.0, "batch_size": 10, "learning_rate": 0.1, **plan}

    class TenRows:
        dtype = np.dtype(float)

        def __len__(self):
            return 10

    rows = TenRows()
    rows.weight_sum = weight_sum
    rows.least_weight, rows.largest = lambda: None, lambda: (of_x, of_y)
    layout = SimpleNamespace(n_trainable=2)
    model = SimpleNamespace(theta=np.array([0.5, -weights]), network=SimpleNamespace(layout=layout))
    run = SimpleNamespace(optimizer=optimizer or SGD(), progress=SimpleNamespace(step=0))
    return SimpleNamespace(
        plan=SimpleNamespace(**plan), rows=rows, model=model, run=run, loss=SquaredError(),
        history={"learning_rate": list(rates)},
    )  # fmt: skip


BOUNDS = {  # the last settings that are no cause, the first that are one, what is said of them
    "first weights": ({"weights": 999.0}, {"weights": 1001.0}, "up to 1e+03"),
    "penalty": ({"alpha": 199.0}, {"alpha": 201.0}, "alpha=201 makes the penalty too large"),
    "l1": ({"alpha": 9.0, "l1": 199.0}, {"alpha": 9.0, "l1": 201.0}, "l1=201 makes the penalty"),
    "weight decay": (
        {"optimizer": AdamW(weight_decay=20.0)},
        {"optimizer": AdamW(weight_decay=20.1)},
        "weight_decay=20.1 times the learning rate, 0.1, is above 2,",
    ),
    "momentum": (
        {"optimizer": SGD(0.999)},
        {"optimizer": SGD(1.0)},
        "momentum=1 past steps never fade",
    ),
    "raised rate": ({"rates": [0.2, 0.1]}, {"rates": [0.1, 0.101]}, "from 0.1 to 0.101."),
    "weights of samples": (
        {"alpha": 10.1, "weight_sum": 0.1},
        {"alpha": 10.0, "weight_sum": 0.1},
        "alpha=10 is divided by the sum of the sample weights in a batch, about 0.1, which",
    ),
}


@pytest.mark.parametrize("case", BOUNDS)
def test_a_cause_is_named_from_its_bound_on(case):
    harmless, harmful, told = BOUNDS[case]
    assert told in divergence._shown_cause(MLPRegressor(), ended(**harmful))
    other = divergence._shown_cause(MLPRegressor(), ended(**harmless))
    wanted = "alpha=10.1 makes the penalty too large" if case == "weights of samples" else ""
    assert (other or "").startswith(wanted)
    assert bool(other) == bool(wanted)


@pytest.mark.parametrize("name", ["of_x", "of_y"])
@pytest.mark.parametrize(("make", "task"), [(MLPRegressor, "X and y"), (MLPClassifier, "X")])
def test_data_are_large_from_a_thousand_on(name, make, task):
    for size, large in ((999.0, False), (1001.0, name == "of_x" or task != "X")):
        told = divergence._usual_remedy(make(), ended(**{name: size}), in_weights=False)
        assert told.startswith(f"scale {task}, for" if large else "check the settings")


def test_class_weight_is_named_beside_sample_weight():
    clf = new(MLPS[0], class_weight=dict.fromkeys(range(3), 1e-200))
    assert "Divide sample_weight or class_weight by its mean" in message_of_failure(clf)


@pytest.mark.parametrize("wrap", [np.array, csr_array])
def test_largest_values_of_the_data_are_told(wrap):
    message = message_of_failure(new(MLPS[1]), wrap(X * 1e300), -2.5 * NUMBERS)
    wanted = f"{np.abs(X).max():.2g}".replace("e", "")
    assert f"in X is {wanted}e+300, in y {2.5 * np.abs(NUMBERS).max():.2g}), or try" in message
