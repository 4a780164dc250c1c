"""Weights set on an estimator that was never fitted: small networks whose outputs are known."""

import pickle

import numpy as np
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier as ReferenceClassifier
from sklearn.neural_network import MLPRegressor as ReferenceRegressor
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.validation import check_is_fitted

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
    load,
    save,
)
from sknn.inspection import diagnose, summary, trace
from sknn.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
EITHER_BUT_NOT_BOTH = [0, 1, 1, 0]
# The first hidden unit is 1 for "at least one", the second for "both".
XOR_COEFS = [[[1.0, 1.0], [1.0, 1.0]], [[1.0], [-1.0]]]
XOR_INTERCEPTS = [[-0.5, -1.5], [-0.5]]


def by_hand(estimator, coefs, intercepts, classes=None):
    """The estimator with these weights, as a user sets them."""
    estimator.coefs_ = [np.array(coef) for coef in coefs]
    estimator.intercepts_ = [np.array(intercept) for intercept in intercepts]
    if classes is not None:
        estimator.classes_ = np.array(classes)
    return estimator


def xor(**settings):
    clf = MLPClassifier((2,), activation="step", **settings)
    return by_hand(clf, XOR_COEFS, XOR_INTERCEPTS, [0, 1])


def without(estimator, *names):
    for name in names:
        delattr(estimator, name)
    return estimator


def drawn(n_in, *units, seed=0):
    """(coefs, intercepts) of layers with so many units."""
    rng = np.random.default_rng(seed)
    sizes = [n_in, *units]
    coefs = [rng.normal(size=shape) for shape in zip(sizes, units, strict=False)]
    return coefs, [rng.normal(size=n) for n in units]


def fitted_names(estimator):
    return {name for name in vars(estimator) if name.endswith("_")}


# Outputs


def test_xor_of_two_step_units():
    clf = xor()
    z = np.array([-0.5, 0.5, 0.5, -0.5])  # step(a + b - 0.5) - step(a + b - 1.5) - 0.5
    assert_array_equal(clf.predict(CORNERS), EITHER_BUT_NOT_BOTH)
    assert_array_equal(clf.transform(CORNERS), [[0, 0], [1, 0], [1, 0], [1, 1]])
    assert_allclose(clf.predict_proba(CORNERS), np.column_stack([expit(-z), expit(z)]))
    assert_allclose(clf.predict_log_proba(CORNERS)[:, 1], -np.log1p(np.exp(-z)))
    assert clf.score(CORNERS, EITHER_BUT_NOT_BOTH) == 1.0
    assert clf.score(CORNERS, [0, 1, 1, 1]) == 0.75


def test_perceptron_for_and():
    clf = by_hand(MLPClassifier(()), [[[1.0], [1.0]]], [[-1.5]], ["no", "yes"])
    assert clf.predict(CORNERS).tolist() == ["no", "no", "no", "yes"]  # a + b > 1.5


def test_several_classes_have_softmax_outputs():
    (W1, W2), (b1, b2) = weights = drawn(4, 3, 3)
    clf = by_hand(MLPClassifier((3,), activation="tanh"), *weights, ["cat", "dog", "pig"])
    X = np.random.default_rng(1).normal(size=(5, 4))
    p = softmax(np.tanh(X @ W1 + b1) @ W2 + b2, axis=1)
    assert_allclose(clf.predict_proba(X), p)
    assert_array_equal(clf.predict(X), np.array(["cat", "dog", "pig"])[p.argmax(axis=1)])


@pytest.mark.parametrize("n_targets", [1, 2])
def test_regression(n_targets):
    (W1, W2), (b1, b2) = weights = drawn(2, 3, n_targets)
    reg = by_hand(MLPRegressor(hidden_layer_sizes=(3,)), *weights)
    y = np.maximum(CORNERS @ W1 + b1, 0) @ W2 + b2
    assert_allclose(reg.predict(CORNERS), y[:, 0] if n_targets == 1 else y)
    assert reg.score(CORNERS, y) == 1.0


def test_link_of_the_loss_is_applied():
    reg = by_hand(MLPRegressor("poisson", ()), [[[1.0], [2.0]]], [[0.5]])
    assert_allclose(reg.predict(CORNERS), np.exp([0.5, 2.5, 1.5, 3.5]))
    assert reg.out_activation_ == "exp"


@pytest.mark.parametrize("n_classes", [2, 3])
def test_outputs_are_those_of_scikit_learn_with_the_same_weights(n_classes):
    n_outputs = n_classes if n_classes > 2 else 1
    weights = drawn(4, 3, 2, n_outputs)
    ours = by_hand(MLPClassifier((3, 2)), *weights, range(n_classes))
    theirs = by_hand(ReferenceClassifier((3, 2)), *weights, range(n_classes))
    theirs.n_layers_, theirs.n_outputs_ = 4, n_outputs
    theirs.out_activation_ = "softmax" if n_classes > 2 else "logistic"
    theirs._label_binarizer = LabelBinarizer().fit(range(n_classes))
    X = np.random.default_rng(1).normal(size=(20, 4))
    assert_allclose(ours.predict_proba(X), theirs.predict_proba(X))
    assert_array_equal(ours.predict(X), theirs.predict(X))
    for name in ("n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(ours, name) == getattr(theirs, name)


def test_batch_normalisation_is_that_before_any_training():
    """Running mean 0, variance 1, scale 1, shift 0: z / sqrt(1 + epsilon)."""
    (W1, W2), (b1, b2) = weights = drawn(2, 3, 1)
    reg = MLPRegressor(hidden_layer_sizes=(3,), activation="identity", normalization="batch")
    z = (CORNERS @ W1 + b1) / np.sqrt(1 + 1e-5) @ W2 + b2
    assert_allclose(by_hand(reg, *weights).predict(CORNERS), z[:, 0])


# What the estimator is then


def test_attributes_that_follow_are_set():
    clf = by_hand(MLPClassifier((3, 2)), *drawn(4, 3, 2, 3), [5, 7, 9])
    clf.predict(np.zeros((1, 4)))
    assert (clf.n_features_in_, clf.n_layers_, clf.n_outputs_) == (4, 4, 3)
    assert clf.out_activation_ == "softmax"
    assert_array_equal(clf.classes_, [5, 7, 9])
    untrained = fitted_names(clf)
    clf.fit(np.zeros((3, 4)), [5, 7, 9])
    trained = {"history_", "t_", "n_iter_", "loss_", "loss_curve_", "best_loss_"}
    trained |= {"validation_scores_", "best_validation_score_"}
    assert fitted_names(clf) - untrained == trained


def test_predicting_leaves_weights_and_arrays_as_they_are():
    clf = xor()
    coefs, intercepts = clf.coefs_, clf.intercepts_
    arrays = [*coefs, *intercepts]
    clf.predict(CORNERS)
    assert clf.coefs_ is coefs
    assert clf.intercepts_ is intercepts
    assert all(a is b for a, b in zip([*coefs, *intercepts], arrays, strict=True))


def test_arrays_and_parameters_may_change_at_any_time():
    clf = xor()
    assert_array_equal(clf.predict(CORNERS), [0, 1, 1, 0])
    clf.coefs_[1][1, 0] = 0.0  # written into
    assert_array_equal(clf.predict(CORNERS), [0, 1, 1, 1])
    clf.intercepts_[0] = np.array([-1.5, -1.5])  # one replaced
    assert_array_equal(clf.predict(CORNERS), [0, 0, 0, 1])
    clf.classes_ = np.array(["no", "yes"])
    assert clf.predict(CORNERS).tolist() == ["no", "no", "no", "yes"]
    clf.set_params(activation="identity")
    assert_allclose(clf.predict_proba(CORNERS)[:, 1], expit(CORNERS.sum(axis=1) - 2))
    by_hand(clf.set_params(hidden_layer_sizes=()), [[[1.0], [1.0], [0.0]]], [[-0.5]])
    assert clf.predict([[0.0, 1.0, 0.0]]).tolist() == ["yes"]
    assert clf.n_features_in_ == 3


def test_lists_are_as_good_as_arrays():
    clf = MLPClassifier((2,), activation="step")
    clf.coefs_, clf.intercepts_, clf.classes_ = XOR_COEFS, XOR_INTERCEPTS, [0, 1]
    assert_array_equal(clf.predict(CORNERS.tolist()), EITHER_BUT_NOT_BOTH)


def test_check_is_fitted_and_clone():
    clf = xor()
    check_is_fitted(clf)
    assert fitted_names(clone(clf)) == set()


@pytest.mark.parametrize("used", [False, True])
def test_pickles_and_files_keep_them(used, tmp_path):
    clf = xor()
    if used:
        clf.predict(CORNERS)
    save(clf, tmp_path / "xor.sknn")
    for copy in (pickle.loads(pickle.dumps(clf)), load(tmp_path / "xor.sknn")):
        assert_array_equal(copy.predict(CORNERS), EITHER_BUT_NOT_BOTH)
        copy.intercepts_[1] = copy.intercepts_[1] - 1
        assert_array_equal(copy.predict(CORNERS), [0, 0, 0, 0])


@pytest.mark.parametrize(
    ("dtype", "of_weights", "used"),
    [
        ("auto", np.float64, np.float64),
        ("auto", np.float32, np.float32),
        ("auto", np.int64, np.float64),
        ("auto", np.float16, np.float64),
        ("float32", np.float64, np.float32),
        ("float64", np.float32, np.float64),
    ],
)
def test_dtype_is_that_of_the_weights_or_of_the_parameter(dtype, of_weights, used):
    reg = MLPRegressor(hidden_layer_sizes=(), dtype=dtype)
    reg.coefs_, reg.intercepts_ = [np.ones((2, 1), of_weights)], [np.zeros(1, of_weights)]
    assert reg.predict(CORNERS).dtype == used


# What else takes it


def test_tools_that_look_inside_take_it():
    assert summary(xor()).totals["n_parameters"] == 9
    step = trace(xor(), CORNERS, EITHER_BUT_NOT_BOTH)
    assert_allclose(step.data_loss, np.log1p(np.exp(-0.5)))  # of |z| = 0.5 on the right side
    assert "class imbalance" in diagnose(xor(), CORNERS, EITHER_BUT_NOT_BOTH).healthy


@needs_scikit_learn("1.7", "panels that list the parameters")
def test_panel_shows_it():
    assert "Dense(2)" in xor()._repr_html_()


def test_partial_fit_goes_on_from_the_weights():
    X, y, rate = CORNERS, np.array(EITHER_BUT_NOT_BOTH), 0.5
    (W,), (b,) = weights = drawn(2, 1)
    settings = {"solver": "sgd", "learning_rate_init": rate, "momentum": 0.0, "alpha": 0.0}
    clf = by_hand(MLPClassifier((), **settings), *weights, [0, 1]).partial_fit(X, y)
    delta = (expit(X @ W + b) - y[:, None]) / len(y)
    assert_allclose(clf.coefs_[0], W - rate * X.T @ delta)
    assert_allclose(clf.intercepts_[0], b - rate * delta.sum(axis=0))
    assert (clf.t_, clf.n_features_in_) == (4, 2)
    assert_allclose(pickle.loads(pickle.dumps(clf)).coefs_[0], clf.coefs_[0])


def test_fit_starts_anew_and_warm_start_goes_on():
    X, y = CORNERS, EITHER_BUT_NOT_BOTH
    settings = {"random_state": 0, "max_iter": 1, "solver": "sgd", "learning_rate_init": 1e-9}
    anew, fresh = (clf.set_params(**settings) for clf in (xor(), MLPClassifier((2,), "step")))
    assert_array_equal(anew.fit(X, y).coefs_[0], fresh.fit(X, y).coefs_[0])
    warm = xor(warm_start=True, **settings).fit(X, y)
    assert_allclose(warm.coefs_[0], XOR_COEFS[0], atol=1e-6)
    assert warm.history_["loss"] == warm.loss_curve_


def test_regressor_goes_on_too():
    reg = MLPRegressor(hidden_layer_sizes=(), solver="sgd", learning_rate_init=0.1, momentum=0.0)
    reg.set_params(alpha=0.0)
    y = CORNERS @ [1.0, 2.0]
    by_hand(reg, [[[0.0], [0.0]]], [[0.0]]).partial_fit(CORNERS, y)
    assert_allclose(reg.coefs_[0][:, 0], 0.1 * CORNERS.T @ y / 4)


def test_partial_fit_may_say_what_the_classes_are():
    clf = xor(solver="sgd", learning_rate_init=1e-9)
    del clf.classes_
    clf.partial_fit(CORNERS, ["no", "yes", "yes", "no"], classes=["no", "yes"])
    assert clf.predict(CORNERS).tolist() == ["no", "yes", "yes", "no"]
    other = xor(solver="sgd")
    with pytest.raises(ValueError, match="is not the same as on last call"):
        other.partial_fit(CORNERS, EITHER_BUT_NOT_BOTH, classes=[0, 1, 2])
    other.partial_fit(CORNERS, EITHER_BUT_NOT_BOTH, classes=[1, 0])
    listed = xor(solver="sgd")
    listed.classes_ = [0, 1]
    listed.partial_fit(CORNERS, EITHER_BUT_NOT_BOTH, classes=[0, 1])
    assert_array_equal(listed.classes_, [0, 1])
    only_classes = without(xor(solver="sgd"), "coefs_", "intercepts_")
    only_classes.partial_fit(CORNERS, EITHER_BUT_NOT_BOTH)
    assert only_classes.coefs_[0].shape == (2, 2)


def test_sets_and_columns_of_labels_go_on_after_partial_fit():
    for y, classes, n_outputs in (
        (np.array([[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]]), [0, 1, 2], 3),
        (np.array([[0, 5], [1, 6], [0, 7], [1, 5]]), [[0, 1], [5, 6, 7]], 5),
    ):
        (W,), (b,) = weights = drawn(2, n_outputs)
        clf = MLPClassifier((), solver="sgd", learning_rate_init=1e-9)
        by_hand(clf, *weights).partial_fit(CORNERS, y, classes=classes)
        z = CORNERS @ W + b
        if n_outputs == 3:
            wanted = z > 0
        else:
            wanted = np.column_stack([z[:, :2].argmax(axis=1), 5 + z[:, 2:].argmax(axis=1)])
        assert_array_equal(clf.predict(CORNERS), wanted)


def test_labels_that_a_fit_has_learnt_stay_what_they_are(tmp_path):
    Y = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    clf = MLPClassifier((), solver="sgd", learning_rate_init=1e-9).fit(CORNERS, Y)
    save(clf, tmp_path / "labels.sknn")
    for fitted in (clf, load(tmp_path / "labels.sknn")):
        before = fitted.predict(CORNERS)
        assert_array_equal(fitted.partial_fit(CORNERS, Y).predict(CORNERS), before)
        fitted.classes_ = [7, 5]  # not the labels that were learnt
        assert_array_equal(fitted.partial_fit(CORNERS, Y).predict(CORNERS), before)


def test_partial_fit_that_fails_leaves_no_trace():
    clf = xor()
    before = dict(vars(clf))
    with pytest.raises(ValueError, match="y` has classes not in"):
        clf.partial_fit(CORNERS, [0, 1, 2, 3])
    assert vars(clf) == before


# What is refused


@pytest.mark.parametrize(
    ("estimator", "missing"),
    [
        (without(xor(), "classes_"), "classes_ missing"),
        (without(xor(), "intercepts_"), "intercepts_ missing"),
        (without(xor(), "coefs_"), "coefs_ missing"),
        (without(xor(), "intercepts_", "classes_"), "intercepts_ and classes_ missing"),
        (without(by_hand(MLPRegressor(), [[[1.0]]], [[0.0]]), "coefs_"), "coefs_ missing"),
    ],
)
def test_missing_attribute_is_named(estimator, missing):
    call = "partial_fit(X, y)" if isinstance(estimator, MLPRegressor) else "classes=classes)"
    with pytest.raises(NotFittedError, match=missing) as caught:
        estimator.predict(CORNERS)
    assert call in str(caught.value)


def test_classes_alone_are_no_fit():
    clf = without(xor(), "coefs_", "intercepts_")
    with pytest.raises(NotFittedError, match="This MLPClassifier instance is not fitted yet"):
        clf.predict(CORNERS)
    assert_array_equal(clf.fit(CORNERS, [1, 2, 3, 4]).classes_, [1, 2, 3, 4])


@pytest.mark.parametrize(
    "estimator",
    [
        CNNClassifier(),
        CNNRegressor(),
        SequentialClassifier([Dense(2)]),
        SequentialRegressor([Dense(2)]),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_networks_that_may_take_images_need_a_fit(estimator):
    estimator = by_hand(clone(estimator), XOR_COEFS, XOR_INTERCEPTS, [0, 1])
    with pytest.raises(NotFittedError, match=r"do not define the shape of a sample.*partial_fit"):
        estimator.predict(CORNERS)


@pytest.mark.parametrize(
    ("hidden", "coefs", "classes", "message"),
    [
        (
            100,
            [(2, 3), (3, 1)],
            [0, 1],
            r"\[\(2, 100\), \(100, 1\)\], for 2 features, hidden_layer_sizes=\(100,\) and "
            r"1 output, got \[\(2, 3\), \(3, 1\)\]\. Set hidden_layer_sizes=\(3,\)\.",
        ),
        ((3,), [(2, 1)], [0, 1], r"Set hidden_layer_sizes=\(\)\."),
        ((3, 2), [(2, 3), (3, 4), (4, 1)], [0, 1], r"Set hidden_layer_sizes=\(3, 4\)\."),
        (
            (3,),
            [(2, 3), (2, 1)],
            [0, 1],
            r"coefs_\[1\] must have one row for each column of coefs_\[0\]",
        ),
        (
            (3,),
            [(2, 3), (3, 2)],
            [0, 1],
            r"\(3, 1\)\].*For two labels it must have a single column",
        ),
        ((3,), [(2, 3), (3, 2)], [0, 1, 2], r"\(3, 3\)\].*column for each label in classes_"),
        ((3,), [], [0, 1], r"a list of arrays of shape \(n_in, n_out\).*got arrays of shapes \[\]"),
        ((3,), [(2, 3), (3,)], [0, 1], r"got arrays of shapes \[\(2, 3\), \(3,\)\]"),
    ],
)
def test_coefs_of_other_shapes(hidden, coefs, classes, message):
    intercepts = [np.zeros(shape[-1]) for shape in coefs]
    clf = by_hand(MLPClassifier(hidden), map(np.ones, coefs), intercepts, classes)
    with pytest.raises(ValueError, match="coefs_ must be .*" + message):
        clf.predict(CORNERS)


BIASES = r"intercepts_ must be arrays of shapes \[\(2,\), \(1,\)\], got .* one bias for each column"


@pytest.mark.parametrize("biases", [[(2,), ()], [(2,), (2,)], [(2,)], [(1, 2), (1, 1)]])
def test_intercepts_of_other_shapes(biases):
    clf = by_hand(xor(), XOR_COEFS, map(np.ones, biases))
    with pytest.raises(ValueError, match=BIASES):
        clf.predict(CORNERS)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        (np.array([]), r"array of shape \(n_classes,\).*got array\(\["),
        ([1, 0], r"in ascending order: \[0, 1\], got \[1, 0\]\. Put the columns"),
        (["a", "a"], r"each label once, in ascending order: \['a'\], got \['a', 'a'\]"),
        ([], r"array of shape \(n_classes,\).*got \[\]"),
        (3, r"array of shape \(n_classes,\).*got 3"),
        ([[0, 1], [0, 1]], "For several columns of labels, call partial_fit"),
        ([[0, 1], [0, 1, 2]], "For several columns of labels, call partial_fit"),
        (np.array([0, None], dtype=object), "labels of a single type"),
    ],
)
def test_classes_that_cannot_be(classes, message):
    clf = xor()
    clf.classes_ = classes
    with pytest.raises(ValueError, match=message):
        clf.predict(CORNERS)


def test_levels_of_quantile_need_an_output_each():
    reg = MLPRegressor("quantile", (), quantile=[0.1, 0.5, 0.9])
    by_hand(reg, [np.ones((2, 2))], [np.zeros(2)])
    with pytest.raises(ValueError, match=r"\[\(2, 3\)\].*got \[\(2, 2\)\].*for each level"):
        reg.predict(CORNERS)
    two = by_hand(MLPRegressor("quantile", (), quantile=[0.1, 0.9]), [np.ones((2, 1))], [[0.0]])
    with pytest.raises(
        ValueError, match=r"hidden_layer_sizes=\(\) and 2 outputs, got \[\(2, 1\)\]"
    ):
        two.predict(CORNERS)
    by_hand(reg, [np.ones((2, 3))], [[-1.0, 0.0, 1.0]])
    assert_array_equal(reg.predict_interval([[2.0, 3.0]]), [[4.0, 6.0]])


def test_parameters_are_checked():
    with pytest.raises(ValueError, match="The 'loss' parameter of MLPRegressor"):
        by_hand(MLPRegressor((3,)), *drawn(2, 3, 1)).predict(CORNERS)


def test_x_of_another_width():
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 2"):
        xor().predict(np.zeros((1, 3)))


def test_scikit_learn_regressor_with_the_same_weights():
    weights = drawn(3, 4, 2)
    theirs = by_hand(ReferenceRegressor(hidden_layer_sizes=(4,), activation="tanh"), *weights)
    theirs.n_layers_, theirs.out_activation_ = 3, "identity"
    ours = by_hand(MLPRegressor(hidden_layer_sizes=(4,), activation="tanh"), *weights)
    X = np.random.default_rng(2).normal(size=(7, 3))
    assert_allclose(ours.predict(X), theirs.predict(X))
