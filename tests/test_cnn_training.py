"""CNNs in training: batches, weights of samples, going on, and what is told of it."""

import pickle

import numpy as np
import pytest
from cnns import BOTH, PIXELS, SOLVERS, assert_same_weights, outputs, problem, small
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_sample_weight

from sknn import CNNClassifier
from sknn.nn.optimizers import Adam

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# Size of batches


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@BOTH
def test_default_batch_of_fewer_samples_than_it_takes_is_all_of_them_and_no_warning(make, method):
    X, y = problem(make)
    first = {"classes": [0, 1, 2]} if (make, method) == (CNNClassifier, "partial_fit") else {}
    params = {"filters": (3,), "hidden_layer_sizes": (), "max_iter": 2, "random_state": 0}
    default, whole = make(**params), make(**params, batch_size=len(X))
    assert default.batch_size == 64 > len(X)
    for estimator in (default, whole):
        getattr(estimator, method)(X, y, **first)
    assert_same_weights(default, whole)


@BOTH
def test_warning_of_a_batch_size_that_is_too_large_counts_the_samples_trained_on(make):
    X, y = problem(make)
    params = {"early_stopping": True, "validation_fraction": 0.1}
    whole = small(make, **params, batch_size=54).fit(X, y)
    clipped = small(make, **params, batch_size=55)
    with pytest.warns(
        UserWarning, match="larger than sample size. It is going to be clipped to 54"
    ):
        clipped.fit(X, y)
    assert_same_weights(clipped, whole)


# Weights of samples and classes


@SOLVERS
@pytest.mark.parametrize("normalization", [None, "batch"])
@BOTH
def test_weight_of_k_is_the_sample_k_times_in_a_full_batch(make, normalization, solver):
    X, y = problem(make)
    count = np.random.default_rng(0).integers(0, 4, len(X))
    params = {"solver": solver, "max_iter": 5, "alpha": 1.0, "tol": 0, "dtype": "float64"}
    params["normalization"] = normalization
    weighted = small(make, **params, batch_size=len(X)).fit(X, y, sample_weight=count)
    repeated = small(make, **params, batch_size=count.sum())
    repeated.fit(np.repeat(X, count, axis=0), np.repeat(y, count))
    assert_same_weights(weighted, repeated, rtol=1e-6, atol=1e-8)
    assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1.0, 1: 5.0, 2: 0.5}])
@SOLVERS
def test_class_weight_is_the_sample_weight_of_scikit_learn(class_weight, solver):
    X, y = problem(n=50)
    by_class = small(CNNClassifier, solver=solver, class_weight=class_weight).fit(X, y)
    by_sample = small(CNNClassifier, solver=solver)
    by_sample.fit(X, y, sample_weight=compute_sample_weight(class_weight, y))
    assert_same_weights(by_class, by_sample, rtol=1e-5, atol=1e-6)


# Going on


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd", "learning_rate": "invscaling"},
        {"normalization": "batch", "dropout": 0.3, "augment": "shift+flip"},
        {"normalization": "layer", "dropout": [0.1, 0.2, 0.1, 0.3], "solver": "adamw"},
        {"activation": "prelu", "dtype": "float64", "pooling": "average"},
    ],
    ids=str,
)
@BOTH
def test_partial_fit_calls_are_one_fit_through_copies(make, params):
    X, y = problem(make)
    whole = small(make, **params, max_iter=4, tol=0, n_iter_no_change=np.inf).fit(X, y)
    parts = small(make, **params)
    for _ in range(4):
        first = {"classes": [0, 1, 2]} if make is CNNClassifier else {}
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, y, **first)))
    assert_same_weights(parts, whole)
    assert parts.loss_curve_ == whole.loss_curve_
    assert_array_equal(outputs(parts, X), outputs(whole, X))


@BOTH
def test_warm_start_goes_on_from_weights_and_running_statistics(make):
    """Plain gradient descent has nothing else to carry on: two fits of three epochs are one."""
    X, y = problem(make)
    params = {"normalization": "batch", "solver": "sgd", "momentum": 0, "shuffle": False}
    whole = small(make, **params, max_iter=6).fit(X, y)
    warm = small(make, **params, warm_start=True).fit(X, y).fit(X, y)
    assert_same_weights(warm, whole)
    assert warm.loss_curve_ == whole.loss_curve_
    assert warm.t_ == whole.t_ == 6 * 60
    assert (warm.n_iter_, len(warm.history_["seconds"])) == (3, 6)


@BOTH
def test_warm_start_begins_with_a_new_optimiser(make):
    X, y = problem(make)
    first = small(make, shuffle=False).fit(X, y)
    anew = small(make, shuffle=False)
    anew.fit(X, y, coef_init=first.coefs_, intercept_init=first.intercepts_)
    warm = first.set_params(warm_start=True).fit(X, y)
    assert_same_weights(warm, anew)
    assert warm.loss_curve_[3:] == anew.loss_curve_


# What is told


@SOLVERS
@BOTH
def test_history_has_a_row_an_epoch(make, solver, capsys):
    X, y = problem(make)
    estimator = small(make, solver=solver).fit(X, y)
    assert capsys.readouterr().out == ""
    history = estimator.history_
    assert {len(values) for values in history.values()} == {estimator.n_iter_} == {3}
    assert history["loss"] == estimator.loss_curve_
    assert np.isnan(history["validation_score"]).all()
    assert np.all(np.array(history["seconds"]) > 0)
    assert np.all(np.array(history["gradient_norm"]) > 0)


class Recorder:
    """Notes the tasks it is told of and what fitted estimators predict; asks to stop."""

    def __init__(self, X, stop_after):
        self.X, self.stop_after, self.calls, self.predicted = X, stop_after, [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.calls.append(f"end {context.task_name}")
        if context.task_name == "epoch":
            self.predicted.append(outputs(fitted_estimator, self.X))
        return self.calls.count("end epoch") == self.stop_after


@SOLVERS
@BOTH
def test_callbacks_see_every_epoch_and_may_stop_training(make, solver):
    X, y = problem(make)
    recorder = Recorder(X, stop_after=2)
    estimator = small(make, solver=solver).set_callbacks(recorder).fit(X, y)
    epochs = ["begin epoch", "end epoch"] * 2
    assert recorder.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    assert estimator.n_iter_ == 2
    for epoch, predicted in enumerate(recorder.predicted, start=1):
        short = small(make, solver=solver, max_iter=epoch).fit(X, y)
        assert_array_equal(predicted, outputs(short, X))


@needs_scikit_learn("1.9", "callbacks of its own")
@PIXELS
def test_scoring_monitor_of_scikit_learn_predicts_the_images_it_is_handed(pixels):
    from sklearn.callback import ScoringMonitor

    X, y = problem(pixels=pixels)
    monitor = ScoringMonitor(scoring="accuracy")
    clf = small(CNNClassifier).set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    scores = [small(CNNClassifier, max_iter=k).fit(X, y).score(X, y) for k in (1, 2, 3)]
    assert [row["accuracy"] for row in rows] == scores
    assert clf.score(X, y) == scores[-1]


# What ends it early


@BOTH
def test_interrupted_fit_warns_and_leaves_a_usable_estimator(make, monkeypatch):
    X, y = problem(make)
    original, calls = Adam.step, []

    def interrupted(self, *args):
        calls.append(None)
        if len(calls) == 3 * 2 + 2:  # three steps an epoch
            raise KeyboardInterrupt
        return original(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Adam, "step", interrupted)
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            estimator = small(make, max_iter=20, normalization="batch").fit(X, y)
    whole = small(make, max_iter=2, normalization="batch").fit(X, y)
    assert estimator.n_iter_ == len(estimator.loss_curve_) == 2
    assert estimator.loss_curve_ == whole.loss_curve_
    copied = pickle.loads(pickle.dumps(estimator))
    assert_array_equal(outputs(copied, X), outputs(estimator, X))
    assert_same_weights(copied.partial_fit(X, y), estimator.partial_fit(X, y))


@BOTH
def test_diverging_training_names_the_convolution_and_a_lower_rate(make):
    X, y = problem(make)
    estimator = small(make, solver="sgd", learning_rate_init=1e30, activation="identity")
    message = (
        r"^Solver produced non-finite .* Epoch 1, first in layer 1 \(Conv2D\): "
        r"try learning_rate_init=1e\+29\.$"
    )
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, y)
    assert not hasattr(estimator, "coefs_")


@BOTH
def test_early_stopping_of_diverging_training_warns_and_keeps_the_best_weights(make):
    X, y = problem(make)
    estimator = small(make, solver="sgd", learning_rate_init=1e30, activation="identity")
    with pytest.warns(ConvergenceWarning, match="Solver produced non-finite"):
        estimator.set_params(early_stopping=True).fit(X, y)
    assert np.isfinite(estimator.score(X, y))
