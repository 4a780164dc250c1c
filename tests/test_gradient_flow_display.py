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


def test_smoothed_labels_are_those_of_training():
    clf = MLPClassifier(5, activation="tanh", label_smoothing=0.3, max_iter=2, random_state=0)
    flow = recorded(clf)
    targets = 0.7 * np.eye(3)[Y] + 0.1
    wanted = norms_by_differences(
        clf, lambda: -np.mean(np.sum(targets * clf.predict_log_proba(X), axis=1))
    )
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-6)


def test_one_logistic_output_and_balanced_classes_of_strings_work():
    y = np.array(["no", "yes"])[(np.arange(60) % 5 == 0).astype(int)]
    clf = MLPClassifier(
        4, activation="tanh", class_weight="balanced", max_iter=2, random_state=0, dtype="float32"
    )
    flow = recorded(clf, y=y)
    weight = np.where(y == "yes", 60 / 24, 60 / 96)
    weights, biases = (
        [array.astype(float) for array in arrays] for arrays in (clf.coefs_, clf.intercepts_)
    )
    hidden = np.tanh(X @ weights[0] + biases[0])
    p = 1 / (1 + np.exp(-(hidden @ weights[1] + biases[1])[:, 0]))
    dz = (weight * (p - (y == "yes")) / weight.sum())[:, None]
    first = X.T @ (dz @ weights[1].T * (1 - hidden**2))
    wanted = [np.linalg.norm(first), np.linalg.norm(hidden.T @ dz)]
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-4)


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


def test_at_most_256_rows_are_looked_at():
    X = np.random.default_rng(0).normal(size=(300, 4))
    X[[6, 298]] = 1e3  # are not among them
    assert GradientFlow().n_samples == 256
    still = {"solver": "sgd", "learning_rate_init": 1e-30, "max_iter": 1, "random_state": 0}
    clf = MLPClassifier(3, **still)
    flow = recorded(clf, X, np.arange(300) % 3)
    at = np.linspace(0, 299, 256).astype(int)
    wanted = norms_by_differences(
        clf, lambda: log_loss((np.arange(300) % 3)[at], clf.predict_proba(X[at]))
    )
    assert_allclose(flow.gradient_norms_[-1], wanted, rtol=1e-5)


def test_dead_units_are_counted_over_parts_of_the_rows():
    rows = np.repeat([[-1.0, 1.0]], 40, axis=0)
    rows[[3, 31, 32, 39]] = np.eye(4)[:, :2] * 5 + np.eye(4)[:, 2:] @ [[1.0, 5.0], [-1.0, -9.0]]
    layers = [Dense(4), Dense(2)]
    still = {"solver": "sgd", "learning_rate_init": 1e-30, "max_iter": 1}
    clf = SequentialClassifier(layers, **still, random_state=0).fit(rows, np.arange(40) % 2)
    clf.coefs_[0][:] = [[1, 0, 0, -1], [0, 1, -1, 0]]
    clf.intercepts_[0][:] = [0, -2, -8.5, -1.0]
    answers = np.maximum(rows @ clf.coefs_[0] + clf.intercepts_[0], 0)
    # Units 0 to 2 answer to single rows of either part, unit 3 to none: -x0 - 1 is 0 at most.
    assert [list(np.flatnonzero(answers[:, k])) for k in range(4)] == [[3, 32], [31, 32], [39], []]
    flow = recorded(clf.set_params(warm_start=True), rows, np.arange(40) % 2)
    assert flow.dead_shares_[-1][0] == 1 / 4


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
    stopper.epochs_ = []
    flow = recorded(clone(clf).set_params(max_iter=3), n_samples=10, sample_weight=weight)
    assert_array_equal(other.gradient_norms[:3], flow.gradient_norms_[:3])


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
    with pytest.raises(ValueError, match=r"without records. Set it with estimator.set_callbacks"):
        GradientFlowDisplay.from_callback(GradientFlow(), plot=False)


@pytest.mark.parametrize("other", [LogisticRegression(), make_pipeline(LogisticRegression())])
def test_estimator_of_another_kind_raises(other):
    with pytest.raises(TypeError, match=r"network of this package, .*, got LogisticRegression"):
        GradientFlowDisplay.from_estimator(other, X, Y, plot=False)


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, "all", True])
def test_number_of_samples_that_is_no_positive_int_raises(n_samples):
    with pytest.raises(ValueError, match="n_samples must be a positive int, got"):
        GradientFlow(n_samples)


def shown(gradient_norms, dead_shares, **kwargs):
    """A drawn display of so many layers, whose epochs start at 0."""
    n_records, n_layers = np.shape(gradient_norms)
    names = [f"dense{i}" for i in range(1, n_layers + 1)]
    return GradientFlowDisplay(
        epochs=np.arange(n_records),
        gradient_norms=np.array(gradient_norms),
        dead_shares=np.array(dead_shares),
        layer_names=names,
    ).plot(**kwargs)


def test_plot_draws_a_line_for_each_layer(pyplot):
    display = shown(
        [[1e-3, 1.0, 2.0], [1e-4, 0.5, 3.0]], [[0.0, np.nan, 0.125], [0.25, np.nan, 0.5]]
    )
    norms, dead = display.axes_
    assert display.ax_ is norms
    assert display.figure_ is norms.figure
    shades = pyplot.get_cmap("viridis")([0, 0.44, 0.88])  # dark at the input
    lines = norms.lines[::2]  # each is followed by its marks
    for number, (line, below) in enumerate(zip(lines, dead.lines, strict=True)):
        assert_array_equal(line.get_data(), ([0, 1], display.gradient_norms[:, number]))
        assert_array_equal(below.get_data(), ([0, 1], 100 * display.dead_shares[:, number]))
        for one in (line, below):
            assert_allclose(one.get_color(), shades[number])
            assert one.get_linestyle() == ["-", "--", "-."][number]
            assert one.get_marker() == "."
    assert norms.get_yscale() == "log"
    assert norms.get_ylabel() == "Gradient norm"
    assert norms.get_title() == "Gradient of each layer's weights"
    assert (norms.get_xlabel(), dead.get_xlabel()) == ("", "Epoch")
    assert dead.get_ylabel() == "Dead ReLU units (%)"
    assert dead.get_ylim() == (-5, 105)
    assert_allclose(display.figure_.get_size_inches(), (8, 1.6 + 2 * 2.4))
    _, dead = shown([[1.0], [2.0]], [[0.0], [0.5]], color="red").axes_
    assert dead.lines[0].get_color() == "red"


def test_lines_stand_out_from_a_dark_ground(pyplot):
    with pyplot.style.context("dark_background"):
        display = shown([[1.0, 2.0, 3.0]], np.full((1, 3), np.nan))
    shades = pyplot.get_cmap("viridis")([0.3, 0.65, 1.0])
    assert_allclose([line.get_color() for line in display.ax_.lines[::2]], shades)


def test_legend_stands_right_of_the_panel_with_the_input_on_top(pyplot):
    display = shown(np.ones((2, 5)), np.full((2, 5), np.nan))
    legend = display.ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [f"dense{i}" for i in range(1, 6)]
    assert legend.get_title().get_text() == "Layer"
    assert [line.get_linestyle() for line in legend.get_lines()] == ["-", "--", "-.", ":", "-"]
    display.figure_.draw_without_rendering()
    panel, box = display.ax_.get_window_extent(), legend.get_window_extent()
    assert panel.x1 < box.x0 < panel.x1 + 0.05 * panel.width
    assert panel.y1 - 0.05 * panel.height < box.y1 <= panel.y1


def test_gradients_of_zero_are_marked_at_the_foot(pyplot):
    norms = [[1e-9, 0.0], [0.0, 2.0], [0.0, 1.0], [3.0, 1.0]]
    display = shown(norms, np.full((4, 2), np.nan), color="red")
    (ax,) = display.axes_  # no ReLU, no panel for dead units
    assert ax.get_xlabel() == "Epoch"
    assert_allclose(display.figure_.get_size_inches(), (8, 4))
    first, first_marks, second, second_marks = ax.lines
    assert_array_equal(first.get_ydata(), [1e-9, np.nan, np.nan, 3])
    assert_array_equal(second.get_ydata(), [np.nan, 2, 1, 1])
    display.figure_.draw_without_rendering()
    foot, top = ax.transData.transform(np.column_stack([[0, 0], ax.get_ylim()]))[:, 1]
    for marks, epochs in ((first_marks, [1, 2]), (second_marks, [0])):
        assert_array_equal(marks.get_xdata(), epochs)
        assert (marks.get_marker(), marks.get_linestyle()) == ("v", "None")
        assert marks.get_color() == "red"  # as the line
        at = marks.get_transform().transform(marks.get_xydata())
        assert_allclose(at[:, 1], foot + 0.02 * (top - foot))
        assert_allclose(at[:, 0], ax.transData.transform([[epoch, 1] for epoch in epochs])[:, 0])


def test_one_layer_with_relu_has_a_panel_for_all(pyplot):
    display = shown([[1.0, 2.0]], [[np.nan, 0.5]])
    assert len(display.axes_) == 2


@pytest.mark.parametrize(
    ("n_layers", "named"),
    [
        (10, range(1, 11)),
        (11, (1, 3, 5, 7, 9, 11)),
        (20, (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 20)),
        (21, (1, 4, 7, 10, 13, 16, 19, 21)),
    ],
)
def test_legend_of_a_deep_network_names_its_ends_and_some_between(n_layers, named, pyplot):
    display = shown(np.ones((1, n_layers)), np.full((1, n_layers), np.nan))
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == [f"dense{i}" for i in named]


def test_display_keeps_the_records_when_training_goes_on():
    clf = MLPClassifier(5, max_iter=2, random_state=0)
    flow = recorded(clf)
    display = GradientFlowDisplay.from_callback(flow, plot=False)
    clf.set_params(warm_start=True).fit(X, Y)
    assert_array_equal(display.epochs, [0, 1, 2])
    assert display.gradient_norms.shape == display.dead_shares.shape == (3, 2)
    display.layer_names[0] = "other"
    assert flow.layer_names_ == ["dense1", "dense2"]


def test_flow_drawn_at_once_is_that_drawn_later(pyplot):
    clf = MLPClassifier(5, max_iter=2, random_state=0)
    _, axes = pyplot.subplots(2, 1)
    settings = {"n_samples": 10}
    at_once = GradientFlowDisplay.from_estimator(clf, X, Y, **settings, ax=axes, color="red")
    assert_array_equal(at_once.axes_, axes)
    assert {line.get_color() for line in at_once.ax_.lines} == {"red"}
    later = GradientFlowDisplay.from_estimator(clf, X, Y, **settings, plot=False).plot()
    flow = recorded(clone(clf), n_samples=10)
    assert_array_equal(later.gradient_norms, flow.gradient_norms_)
    assert np.all(recorded(clone(clf)).gradient_norms_[0] != flow.gradient_norms_[0])
    for one, other in zip(at_once.ax_.lines, later.ax_.lines, strict=True):
        assert_array_equal(one.get_xydata(), other.get_xydata())
