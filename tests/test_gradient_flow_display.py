import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
)
from sknn.nn import Activate, Conv2D, Dense, Flatten, Layer, Parameter
from sknn.plotting import GradientFlow, GradientFlowDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 4))
Y = np.arange(60) % 3
IMAGES = np.random.default_rng(1).normal(size=(60, 5, 4))
RECORDS = ["epochs_", "gradient_norms_", "dead_shares_"]


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield pyplot
    pyplot.close("all")


def recorded(estimator, X=X, y=Y, n_samples=256, **fit_params):
    """The callback that has watched this fit."""
    flow = GradientFlow(n_samples)
    estimator.set_callbacks(flow).fit(X, y, **fit_params)
    return flow


def norms_by_differences(estimator, loss):
    """Norm of the gradient of ``loss()`` by each of ``coefs_``, one weight after the other."""
    norms = []
    for weights in estimator.coefs_:
        gradient = np.empty(weights.shape)
        for at in np.ndindex(weights.shape):
            weight, losses = weights[at], []
            for step in (1e-6, -1e-6):
                weights[at] = weight + step
                losses.append(loss())
            weights[at] = weight
            gradient[at] = (losses[0] - losses[1]) / 2e-6
        norms.append(np.linalg.norm(gradient))
    return norms


def test_norms_are_those_of_the_gradient_of_the_loss():
    clf = MLPClassifier((5, 4), activation="tanh", alpha=1.0, max_iter=4, random_state=0)
    flow = recorded(clf)
    assert flow.layer_names_ == ["dense1", "dense2", "dense3"]
    assert flow.epochs_ == [0, 1, 2, 3, 4]
    wanted = norms_by_differences(clf, lambda: log_loss(Y, clf.predict_proba(X)))
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-6)
    # Each epoch is as the last one of a shorter fit.
    short = clone(clf).set_params(max_iter=2)
    assert_array_equal(recorded(short).gradient_norms_, flow.gradient_norms_[:3])


def test_first_record_is_that_of_the_first_weights():
    params = {"hidden_layer_sizes": 5, "solver": "sgd", "max_iter": 1, "random_state": 0}
    flow = recorded(MLPClassifier(**params, learning_rate_init=1.0))
    still = MLPClassifier(**params, learning_rate_init=1e-30).fit(X, Y)
    wanted = norms_by_differences(still, lambda: log_loss(Y, still.predict_proba(X)))
    assert_allclose(flow.gradient_norms_[0], wanted, rtol=1e-6)


def test_weights_of_samples_and_classes_count():
    weight = np.random.default_rng(2).uniform(size=60)
    clf = MLPClassifier(
        5, activation="tanh", class_weight={0: 3.0, 1: 0.5}, max_iter=2, random_state=0
    )
    flow = recorded(clf, sample_weight=weight)
    weight = weight * np.array([3.0, 0.5, 1.0])[Y]
    wanted = norms_by_differences(
        clf, lambda: log_loss(Y, clf.predict_proba(X), sample_weight=weight)
    )
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-6)


def test_regression_works():
    y = X[:, :2] ** 2
    reg = MLPRegressor(hidden_layer_sizes=5, activation="tanh", max_iter=2, random_state=0)
    flow = recorded(reg, y=y)
    # Half the squared error, summed over outputs.
    wanted = norms_by_differences(reg, lambda: mean_squared_error(y, reg.predict(X)))
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-6)


def test_norms_of_a_convolution_are_those_of_its_gradient():
    clf = CNNClassifier(
        (2,),
        hidden_layer_sizes=(),
        activation="tanh",
        pooling="average",
        dtype="float64",
        max_iter=1,
        batch_size=20,
        random_state=0,
    )
    flow = recorded(clf, IMAGES)
    assert flow.layer_names_ == ["conv2d1", "dense1"]
    wanted = norms_by_differences(clf, lambda: log_loss(Y, clf.predict_proba(IMAGES)))
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-6)


class Sum(Layer):
    """y = x @ first + x @ second: two arrays of weights in one layer."""

    def output_shape(self, input_shape):
        return (5,)

    def parameters(self, input_shape):
        return [
            Parameter(name, (*input_shape, 5), draw, role="weight") for name in ("first", "second")
        ]

    def forward(self, params, state, x, cache, context):
        cache["x"] = x
        return x @ (params["first"] + params["second"])

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        grads["first"][...] = grads["second"][...] = cache["x"].T @ dy
        return dy @ (params["first"] + params["second"]).T


def draw(random_state, shape):
    return random_state.normal(size=shape)


def test_norm_of_a_layer_is_that_of_all_its_weights():
    clf = SequentialClassifier([Sum()], max_iter=1, tol=0, random_state=0, shuffle=False)
    flow = recorded(clf)
    assert flow.layer_names_ == ["sum1", "dense1"]
    first, second, _ = norms_by_differences(clf, lambda: log_loss(Y, clf.predict_proba(X)))
    assert_allclose(flow.gradient_norms_[-1][0], np.hypot(first, second), rtol=1e-5)


def test_dead_share_is_counted_over_all_samples():
    clf = MLPClassifier((20, 15), max_iter=30, learning_rate_init=0.3, random_state=0)
    flow = recorded(clf)
    (w0, w1, _), (b0, b1, _) = clf.coefs_, clf.intercepts_
    first = np.maximum(X @ w0 + b0, 0)
    second = np.maximum(first @ w1 + b1, 0)
    wanted = [
        sum(not layer[:, k].any() for k in range(layer.shape[1])) / layer.shape[1]
        for layer in (first, second)
    ]
    assert 0 < wanted[1] < 1
    assert_allclose(flow.dead_shares_[-1], [*wanted, np.nan])


def test_channel_is_dead_if_no_pixel_of_any_sample_answers():
    layers = [Conv2D(8, 2), ("second", Conv2D(6, activation="tanh")), Flatten()]
    clf = SequentialClassifier(layers, dtype="float64", max_iter=1, random_state=0)
    clf.fit(IMAGES, Y)
    sums = clf.transform(IMAGES, layer=0).reshape(-1, 8)
    clf.intercepts_[0][:3] = -100
    clf.intercepts_[0][3] -= np.sort(sums[:, 3])[-2:].mean()  # a single pixel answers
    clf.set_params(warm_start=True, learning_rate_init=1e-30, solver="sgd")
    flow = recorded(clf, IMAGES)
    answers = clf.transform(IMAGES, layer=0).reshape(-1, 8)
    assert [np.count_nonzero(answers[:, k]) for k in range(4)] == [0, 0, 0, 1]
    assert np.all(answers[:, 4:].any(axis=0))
    assert_array_equal(flow.dead_shares_[-1], [3 / 8, np.nan, np.nan])
    assert flow.layer_names_ == ["conv2d1", "second", "dense1"]


def test_relu_before_all_weights_counts_for_none():
    clf = SequentialClassifier([Activate("relu"), Dense(3, "tanh")], max_iter=1)
    assert_array_equal(recorded(clf, -np.abs(X)).dead_shares_[-1], [np.nan, np.nan])


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_relu_after_normalisation_counts_for_the_weights_before_it(normalization):
    clf = MLPClassifier(
        (5, 4), activation=["relu", "tanh"], normalization=normalization, max_iter=2, random_state=0
    )
    flow = recorded(clf)
    assert flow.layer_names_ == ["dense1", "dense2", "dense3"]
    assert_array_equal(np.isnan(flow.dead_shares_[-1]), [False, True, True])
    hidden = clf.transform(X, layer=0)
    assert flow.dead_shares_[-1][0] == np.mean(~hidden.any(axis=0))


def test_rows_looked_at_are_evenly_spaced_and_stay_the_same():
    clf = MLPClassifier(50, max_iter=3, learning_rate_init=0.3, random_state=0)
    flow = recorded(clf, n_samples=4)
    assert list(np.linspace(0, 59, 4).astype(int)) == [0, 19, 39, 59]
    answers = np.maximum(X[[0, 19, 39, 59]] @ clf.coefs_[0] + clf.intercepts_[0], 0)
    assert flow.dead_shares_[-1][0] == np.mean(~answers.any(axis=0)) > 0


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_training_is_the_same_with_and_without_it(solver):
    extras = {} if solver == "lbfgs" else {"dropout": 0.2}
    clf = MLPClassifier(
        (6, 5), solver=solver, normalization="batch", max_iter=4, random_state=0, **extras
    )
    plain = clone(clf).fit(X, Y)
    flow = recorded(clf)
    assert flow.epochs_ == list(range(clf.n_iter_ + 1))
    model, other = clf._current_model(), plain._current_model()
    assert_array_equal(model.theta, other.theta)
    assert_array_equal(model.state, other.state)


def test_new_fit_starts_anew_and_going_on_adds():
    clf = MLPClassifier(5, max_iter=3, random_state=0)
    flow = recorded(clf)
    clf.fit(X, Y)
    assert flow.epochs_ == [0, 1, 2, 3]
    clf.partial_fit(X, Y).partial_fit(X, Y)
    assert flow.epochs_ == [0, 1, 2, 3, 4, 5]
    clf.set_params(warm_start=True, max_iter=2).fit(X, Y)
    assert flow.epochs_ == [0, 1, 2, 3, 4, 5, 6, 7]
    clf.set_params(warm_start=False).fit(X, Y)
    assert flow.epochs_ == [0, 1, 2]
    assert {len(getattr(flow, name)) for name in RECORDS} == {3}


def test_callback_lets_go_of_the_data_after_a_fit_even_if_it_fails():
    flow = recorded(MLPClassifier(5, max_iter=1))
    assert set(vars(flow)) == {"n_samples", "layer_names_", *RECORDS}
    reg = MLPRegressor(solver="sgd", learning_rate_init=1e200, max_iter=2)
    flow = GradientFlow()
    with pytest.raises(ValueError, match="non-finite"):
        reg.set_callbacks(flow).fit(X, Y)
    assert set(vars(flow)) == {"n_samples", "layer_names_", *RECORDS}
    restored = pickle.loads(pickle.dumps(flow))
    assert restored.epochs_ == flow.epochs_


def test_epoch_that_is_interrupted_leaves_no_record():
    class Interrupter(GradientFlow):
        def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
            if len(estimator.history_["loss"]) == 2:
                raise KeyboardInterrupt

        def on_fit_task_end(self, estimator, context):
            pass

    flow = GradientFlow()
    clf = MLPClassifier(5, random_state=0).set_callbacks(flow, Interrupter())
    with pytest.warns(UserWarning, match="interrupted by user"):
        clf.fit(X, Y)
    assert flow.epochs_ == [0, 1, 2]


def test_sparse_rows_and_indicator_matrices_work():
    several = np.column_stack([Y == 0, Y != 1]).astype(int)
    clf = MLPClassifier(5, activation="tanh", max_iter=2, random_state=0)
    flow = recorded(clf, y=several)
    wanted = norms_by_differences(
        clf,
        lambda: sum(log_loss(y, p) for y, p in zip(several.T, clf.predict_proba(X).T, strict=True)),
    )
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-6)
    sparse = recorded(clone(clf), csr_array(X), several)
    assert_allclose(sparse.gradient_norms_, flow.gradient_norms_, rtol=1e-10)


def test_vanishing_gradients_show():
    deep = MLPClassifier([8] * 6, activation="logistic", max_iter=1, random_state=0)
    display = GradientFlowDisplay.from_estimator(deep, X, Y, plot=False)
    norms = display.gradient_norms[0]
    # Each logistic layer lets through a quarter at the most.
    assert np.all(norms[:-2] < norms[1:-1])
    assert norms[0] < norms[-1] * 1e-3
    assert np.isnan(display.dead_shares).all()


def test_estimator_is_left_alone_and_its_other_callbacks_are_kept():
    class Stopper(GradientFlow):
        def on_fit_task_end(self, estimator, context):
            super().on_fit_task_end(estimator, context)
            return len(self.epochs_) == 3

    stopper = Stopper()
    clf = MLPClassifier(5, random_state=0).set_callbacks(stopper)
    display = GradientFlowDisplay.from_estimator(clf, X, Y, n_samples=10, plot=False)
    assert not hasattr(clf, "coefs_")
    assert clf._skl_callbacks == [stopper]
    assert_array_equal(display.epochs, [0, 1, 2])
    assert_array_equal(display.layer_names, ["dense1", "dense2"])
    weight = np.ones(60)
    weight[0] = 9
    other = GradientFlowDisplay.from_estimator(
        clf, X, Y, n_samples=10, fit_params={"sample_weight": weight}, plot=False
    )
    assert np.all(other.gradient_norms != display.gradient_norms)


def test_callback_works_in_a_pipeline_in_a_search():
    flow = GradientFlow()
    clf = MLPClassifier(4, max_iter=2, random_state=0).set_callbacks(flow)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), clf), {"mlpclassifier__alpha": [0.1, 1.0]}, cv=2
    )
    search.fit(X, Y)
    best = search.best_estimator_[-1]
    scaled = StandardScaler().fit_transform(X)
    wanted = norms_by_differences(best, lambda: log_loss(Y, best.predict_proba(scaled)))
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-5)  # of the refit, the last


def test_callback_without_records_raises():
    with pytest.raises(ValueError, match=r"without records. Set it first, estimator.set_callbacks"):
        GradientFlowDisplay.from_callback(GradientFlow(), plot=False)


@pytest.mark.parametrize("other", [LogisticRegression(), make_pipeline(MLPClassifier())])
def test_estimator_of_another_kind_raises(other):
    with pytest.raises(TypeError, match=f"network of this package, got {type(other).__name__}"):
        GradientFlowDisplay.from_estimator(other, X, Y, plot=False)


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, "all"])
def test_number_of_samples_that_is_no_positive_int_raises(n_samples):
    with pytest.raises(ValueError, match="n_samples must be a positive int, got"):
        GradientFlow(n_samples)


def test_plot_draws_a_line_for_each_layer(pyplot):
    display = GradientFlowDisplay(
        epochs=np.arange(3),
        gradient_norms=np.array([[1e-3, 1.0], [1e-4, 0.5], [1e-5, 0.1]]),
        dead_shares=np.array([[0.0, np.nan], [0.25, np.nan], [0.5, np.nan]]),
        layer_names=["dense1", "dense2"],
    )
    assert display.plot() is display
    norms, dead = display.axes_
    assert display.ax_ is norms
    lines = [line for line in norms.lines if line.get_linestyle() != "None"]
    for line, values in zip(lines, display.gradient_norms.T, strict=True):
        assert_array_equal(line.get_data(), ([0, 1, 2], values))
    assert norms.get_yscale() == "log"
    assert [text.get_text() for text in norms.get_legend().get_texts()] == ["dense1", "dense2"]
    assert_array_equal(dead.lines[0].get_ydata(), [0, 25, 50])
    assert dead.get_ylabel() == "Dead ReLU units (%)"
    assert dead.get_xlabel() == "Epoch"


def test_gradients_of_zero_are_marked_at_the_foot(pyplot):
    display = GradientFlowDisplay(
        epochs=np.arange(3),
        gradient_norms=np.array([[1.0], [0.0], [0.0]]),
        dead_shares=np.full((3, 1), np.nan),
        layer_names=["dense1"],
    ).plot()
    (ax,) = display.axes_  # no ReLU, no panel for dead units
    line, marks = ax.lines
    assert_array_equal(line.get_ydata(), [1, np.nan, np.nan])
    assert_array_equal(marks.get_xdata(), [1, 2])
    assert marks.get_marker() == "v"


def test_legend_of_a_deep_network_names_its_ends_and_some_between(pyplot):
    names = [f"dense{i}" for i in range(1, 31)]
    display = GradientFlowDisplay(
        epochs=np.arange(2),
        gradient_norms=np.ones((2, 30)),
        dead_shares=np.full((2, 30), np.nan),
        layer_names=names,
    ).plot()
    named = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert len(named) <= 11
    assert (named[0], named[-1]) == ("dense1", "dense30")


def test_flow_drawn_at_once_is_that_drawn_later(pyplot):
    clf = MLPClassifier(5, max_iter=2, random_state=0)
    at_once = GradientFlowDisplay.from_estimator(clf, X, Y, n_samples=10)
    later = GradientFlowDisplay.from_estimator(clf, X, Y, n_samples=10, plot=False).plot()
    for one, other in zip(at_once.ax_.lines, later.ax_.lines, strict=True):
        assert_array_equal(one.get_xydata(), other.get_xydata())
