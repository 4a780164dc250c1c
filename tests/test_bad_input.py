"""Bad input: the error names what is wrong, and leaves estimator and data as they were."""

import copy
import pickle
import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import coo_array, csr_array
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from sknn import CNNClassifier, CNNRegressor, MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MLPS, CNNS = [MLPClassifier, MLPRegressor], [CNNClassifier, CNNRegressor]
EACH = pytest.mark.parametrize("make", MLPS + CNNS)  # to CNNs the samples are images of 2 x 2
DENSE = pytest.mark.parametrize("make", MLPS)
METHODS = pytest.mark.parametrize("method", ["fit", "partial_fit"])
# scikit-learn's own checks cast and add up what is not finite.
CASTS = pytest.mark.filterwarnings("ignore:(invalid value|overflow) encountered:RuntimeWarning")

X = np.random.default_rng(0).normal(size=(30, 4))
LABELS = np.arange(30) % 3
NUMBERS = X[:, 0] + 1.0
DIVERGED = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


def target(make):
    return LABELS if issubclass(make, ClassifierMixin) else NUMBERS


def train(estimator, method, X, y, sample_weight=None):
    """Calls fit or partial_fit, the latter with the classes that it needs."""
    keywords = {"sample_weight": sample_weight}
    if method == "partial_fit" and is_classifier(estimator):
        keywords["classes"] = [0, 1, 2]
    return getattr(estimator, method)(X, y, **keywords)


def with_entry(value, array=X):
    array = array.astype(float)
    array.flat[5] = value
    return array


BAD_X = {
    "nan": (with_entry(np.nan), "Input X contains NaN"),
    "infinity": (with_entry(np.inf), "Input X contains infinity"),
    "minus infinity": (with_entry(-np.inf), "Input X contains infinity"),
    "nan in float32": (with_entry(np.nan).astype(np.float32), "Input X contains NaN"),
    "both infinities": (with_entry(np.inf, with_entry(-np.inf)[::-1]), "contains infinity"),
    "nan in sparse": (csr_array(with_entry(np.nan)), "Input X contains NaN"),
    "no sample": (X[:0], r"Found array with 0 sample\(s\)"),
    "no feature": (X[:, :0], r"Found array with 0 feature\(s\)"),
    "0-d": (np.float64(1.0), "Expected 2D array, got scalar array"),
    "1-d": (X[:, 0], "Expected 2D array, got 1D array"),
    "3-d": (X[:, :, None], "Found array with dim 3"),
    "1-d sparse": (coo_array(X[:, 0]), "Expected 2D input|1d sparse array"),
    "None": (None, "Expected 2D array, got scalar array"),
    "strings": (np.full((30, 4), "a"), "could not convert string to float"),
    "objects": (np.full((30, 4), "a", dtype=object), "could not convert string to float"),
    "ragged": ([[1.0, 2.0], [1.0]] * 15, "inhomogeneous"),
    "complex": (X + 1j, "Complex data not supported"),
}
BAD_IMAGES = {
    "nan in an image": (with_entry(np.nan).reshape(30, 2, 2), "Input X contains NaN"),
    "infinity in an image": (with_entry(np.inf).reshape(30, 2, 2, 1), "Input X contains infinity"),
    "no image": (X[:0].reshape(0, 2, 2), r"Found array with 0 sample\(s\)"),
    "no pixel": (X.reshape(30, 4, 1)[:, :0], r"0 feature\(s\)|of shape \(0, 1, 1\)"),
    "5-d": (X[:, :, None, None, None], r"\(n, height, width, channels\)"),
    "objects as images": (np.full((30, 2, 2), "a", dtype=object), "could not convert string"),
    "complex images": ((X + 1j).reshape(30, 2, 2), "Complex data not supported"),
    "strings": (np.full((30, 4), "a"), "not compatible with arrays of bytes/strings"),
}
OTHER_IMAGES = {"3-d": (X[:, :, None], r"shape \(4, 1, 1\) .*with images of shape \(2, 2, 1\)")}
BAD_SAMPLES = {
    **dict.fromkeys(MLPS, BAD_X),
    **dict.fromkeys(CNNS, BAD_X | BAD_IMAGES | OTHER_IMAGES),
}
BAD_CASES = [(make, case) for make, table in BAD_SAMPLES.items() for case in table]

BAD_WEIGHTS = {
    "negative": (with_entry(-1, np.ones(30)), "Negative values in data passed to `sample_weight`"),
    "negative scalar": (-1.0, "Negative values"),
    "all zero": (np.zeros(30), "must contain at least one non-zero number"),
    "nan": (with_entry(np.nan, np.ones(30)), "sample_weight contains NaN"),
    "infinity": (with_entry(np.inf, np.ones(30)), "sample_weight contains infinity"),
    "too short": (np.ones(29), r"sample_weight.shape == \(29,\), expected \(30,\)"),
    "2-d": (np.ones((30, 1)), "Sample weights must be 1D array or scalar, got 2D"),
    "strings": (np.full(30, "a"), "could not convert string to float"),
    "complex": (np.ones(30) + 1j, "Complex data not supported"),
}

BAD_Y = {
    "nan": (RegressorMixin, with_entry(np.nan, NUMBERS), "Input y contains NaN"),
    "infinity": (RegressorMixin, with_entry(np.inf, NUMBERS), "Input y contains infinity"),
    "nan in a column": (RegressorMixin, with_entry(np.nan), "Input y contains NaN"),
    "None among objects": (RegressorMixin, np.array([1, None, 2] * 10), "Input y contains NaN"),
    "words": (RegressorMixin, np.array(["a", "b", "c"] * 10), "could not convert string to float"),
    "complex": (RegressorMixin, NUMBERS + 1j, "Complex data not supported"),
    "too short": (RegressorMixin, NUMBERS[:29], r"inconsistent numbers of samples: \[30, 29\]"),
    "3-d": (RegressorMixin, X[:, :, None], "Found array with dim 3"),
    "no column": (RegressorMixin, X[:, :0], r"0 feature\(s\)"),
    "missing": (RegressorMixin, None, "requires y to be passed, but the target y is None"),
    "label nan": (ClassifierMixin, with_entry(np.nan, LABELS), "contains NaN"),
    "label infinity": (ClassifierMixin, with_entry(np.inf, LABELS), "contains infinity"),
    "continuous labels": (ClassifierMixin, NUMBERS, "Unknown label type"),
    "mixed labels": (
        ClassifierMixin,
        np.array([1, "a", 2] * 10, dtype=object),
        "nknown label type",
    ),
    "complex labels": (ClassifierMixin, LABELS + 1j, "Complex data not supported"),
    "too few labels": (
        ClassifierMixin,
        LABELS[:29],
        r"inconsistent numbers of samples: \[30, 29\]",
    ),
    "3-d labels": (ClassifierMixin, np.zeros((30, 2, 2), dtype=int), "Found array with dim 3"),
    "missing labels": (ClassifierMixin, None, "None"),
}


# Training.


@CASTS
@METHODS
@pytest.mark.parametrize(
    ("make", "case"), [own for own in BAD_CASES if own[0] in MLPS or own[1] not in OTHER_IMAGES]
)
def test_training_refuses_bad_samples(case, make, method):
    bad, message = BAD_SAMPLES[make][case]
    y = target(make)[:0] if case == "no sample" else target(make)
    assert_fresh_failure(make(max_iter=2), method, (bad, y), message)


@CASTS
@METHODS
@pytest.mark.parametrize("makes", [MLPS, CNNS], ids=["dense", "images"])
@pytest.mark.parametrize("case", BAD_Y)
def test_training_refuses_bad_targets(case, makes, method):
    task, bad, message = BAD_Y[case]
    (make,) = (make for make in makes if issubclass(make, task))
    assert_fresh_failure(make(max_iter=2), method, (X, bad), message)


@METHODS
@EACH
@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_training_refuses_bad_sample_weights(case, make, method):
    bad, message = BAD_WEIGHTS[case]
    assert_fresh_failure(make(max_iter=2), method, (X, target(make), bad), message)


def assert_fresh_failure(estimator, method, arguments, message, error=ValueError):
    """The call fails, and leaves no trace on an estimator that was not fitted."""
    before = dict(vars(estimator))
    with pytest.raises(error, match=message):
        train(estimator, method, *arguments)
    assert vars(estimator) == before


@EACH
@pytest.mark.parametrize("bad", ["samples", "weights", "parameters", "divergence"])
def test_failed_refit_leaves_the_old_model_working(make, bad):
    y = target(make)
    estimator = make(max_iter=2, random_state=0).fit(X, y)
    before, predicted = dict(vars(estimator)), estimator.predict(X)
    curve = list(estimator.loss_curve_)
    if bad == "samples":
        arguments, message = (with_entry(np.nan), y), "contains NaN"
    elif bad == "weights":
        arguments, message = (X, y, -np.ones(30)), "Negative values"
    elif bad == "parameters":
        estimator.alpha = before["alpha"] = -1.0
        arguments, message = (X, y), "alpha"
    else:
        make_divergent(estimator)
        before.update(estimator.get_params())
        arguments, message = (X, y), re.escape(DIVERGED)
    with pytest.raises(ValueError, match=message):
        estimator.fit(*arguments)
    assert vars(estimator) == before
    assert estimator.loss_curve_ == curve
    assert_array_equal(estimator.predict(X), predicted)


def make_divergent(estimator):
    params = {"solver": "sgd", "learning_rate_init": 1e200, "activation": "identity"}
    return estimator.set_params(**params, batch_size=5)


@METHODS
@EACH
def test_training_on_that_diverges_leaves_the_old_model_working(make, method):
    y = target(make)
    estimator = make(warm_start=True, max_iter=2, solver="sgd", activation="identity")
    train(estimator, method, X, y)
    weights = [array.copy() for array in estimator.coefs_ + estimator.intercepts_]
    curve, n_seen = list(estimator.loss_curve_), estimator.t_
    make_divergent(estimator)
    with pytest.raises(ValueError, match=re.escape(DIVERGED)):
        train(estimator, method, X, y)
    for array, old in zip(estimator.coefs_ + estimator.intercepts_, weights, strict=True):
        assert_array_equal(array, old)
    assert estimator.loss_curve_ == curve
    assert estimator.history_["loss"] == curve
    assert estimator.t_ == n_seen
    # What the message proposes must be possible.
    train(estimator.set_params(learning_rate_init=1e-3), method, X, y)
    assert len(estimator.loss_curve_) == 2 * len(curve)
    assert estimator.loss_curve_[-1] < 1.1 * curve[0]


@EACH
def test_partial_fit_goes_on_after_one_that_failed_as_if_it_had_not_been_called(make):
    y = target(make)
    failed, undisturbed = make(random_state=0), make(random_state=0)
    for estimator in (failed, undisturbed):
        train(estimator, "partial_fit", X, y)
    with pytest.raises(ValueError, match="contains NaN"):
        failed.partial_fit(with_entry(np.nan), y)
    for estimator in (failed, undisturbed):
        estimator.partial_fit(X, y)
    assert_array_equal(failed.coefs_[0], undisturbed.coefs_[0])


# Parameters.


BAD_PARAMETERS = {
    "hidden_layer_sizes": [0, -1, 2.5, "a", None, np.nan],
    "activation": ["wish", None, 1],
    "solver": ["newton", None],
    "alpha": [-1, "a", None, np.nan],
    "batch_size": [0, -5, 2.5, "big", None],
    "learning_rate": ["sometimes", 0.1],
    "learning_rate_init": [0, -1, "a", None, np.nan],
    "power_t": [-1, "a"],
    "max_iter": [0, -1, 2.5, "a", None],
    "shuffle": ["yes", 2, None],
    "random_state": ["a", -1, 2.5],
    "tol": [-1, "a", np.nan],
    "verbose": ["a", -1, None],
    "warm_start": ["a", None],
    "momentum": [-0.1, 1.1, "a"],
    "nesterovs_momentum": ["a", None],
    "early_stopping": ["yes", None],
    "validation_fraction": [1, -0.1, "a"],
    "beta_1": [1, -0.1, "a"],
    "beta_2": [1, -0.1, "a"],
    "epsilon": [0, -1, "a"],
    "n_iter_no_change": [0, -1, 2.5, "a", None],
    "max_fun": [0, -1, 2.5],
    "loss": ["no such loss", None],
    "dropout": [1, -0.1, "a", None],
    "normalization": ["group", 1],
    "weight_init": ["no such draw", None],
    "l1": [-1, "a", None],
    "weight_decay": [-1, "a", None],
    "max_grad_norm": [0, -1, "a"],
    "scoring": [1],
    "warmup_steps": [-1, 2.5, "a", None],
    "dtype": ["float16", None],
    "max_time": [0, -1, "a"],
    "checkpoint": [5, True],
    "checkpoint_every": [0, -1, 2.5, "a", None],
}
BAD_FOR_CLASSIFIERS = {"class_weight": ["even", 1], "label_smoothing": [1, -0.1, "a", None]}
BAD_FOR_REGRESSORS = {"quantile": [0, 1, -0.1, "a", None]}
BAD_FOR_CNNS = {
    "filters": [0, -1, 2.5, "a", None],
    "kernel_size": [0, -1, 2.5, "a", None],
    "stride": [0, -1, 2.5, "a", None],
    "padding": [-1, 2.5, "full", None],
    "pooling": ["min", 2],
    "pool_size": [0, -1, 2.5, "a", None],
    "pool_stride": [0, -1, 2.5, "a"],
    "input_shape": [4, 2.5, "a"],
    "augment": ["turn", 1, True],
}
BAD_FOR_ONE = {
    MLPClassifier: BAD_FOR_CLASSIFIERS,
    MLPRegressor: BAD_FOR_REGRESSORS,
    CNNClassifier: BAD_FOR_CLASSIFIERS | BAD_FOR_CNNS,
    CNNRegressor: BAD_FOR_REGRESSORS | BAD_FOR_CNNS,
}


@EACH
def test_every_parameter_is_in_the_table_of_bad_ones(make):
    assert {*BAD_PARAMETERS, *BAD_FOR_ONE[make]} == set(make().get_params())


@METHODS
@EACH
@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in BAD_PARAMETERS.items() for value in values],
)
def test_training_refuses_bad_parameters(name, value, make, method):
    assert_refused(make, name, value, method)


@METHODS
@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        (make, name, value)
        for make, table in BAD_FOR_ONE.items()
        for name, values in table.items()
        for value in values
    ],
)
def test_training_refuses_bad_parameters_of_one_class(make, name, value, method):
    assert_refused(make, name, value, method)


def assert_refused(make, name, value, method):
    estimator = make(**{name: value})
    if name == "solver" and method == "partial_fit":
        assert not hasattr(estimator, method)
        return
    message = f"The {name!r} parameter of {make.__name__} must be .* Got {re.escape(repr(value))}"
    assert_fresh_failure(estimator, method, (X, target(make)), message, InvalidParameterError)


@METHODS
@EACH
@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((5, 0), r"hidden_layer_sizes must be > 0, got \[5, 0\]"),
        ((5, -1), r"hidden_layer_sizes must be > 0, got \[5, -1\]"),
        ((2.5,), r"hidden_layer_sizes must be an int or a sequence of ints.* got \(2.5,\)"),
        (("a",), r"hidden_layer_sizes must be an int or a sequence of ints.* got \('a',\)"),
        ((3, None), r"hidden_layer_sizes must be an int or a sequence of ints.*None"),
        ([[3, 4]], r"hidden_layer_sizes must be an int or a sequence of ints.*\[\[3, 4\]\]"),
        (((3,), 4), r"hidden_layer_sizes must be an int or a sequence of ints.*\(\(3,\), 4\)"),
    ],
)
def test_training_refuses_bad_sizes_of_layers(sizes, message, make, method):
    estimator = make(hidden_layer_sizes=sizes)
    assert_fresh_failure(estimator, method, (X, target(make)), message)


@DENSE
@pytest.mark.parametrize("sizes", [5, [5], np.array([5]), np.int64(5), range(5, 6)])
def test_one_size_of_layer_may_be_given_in_many_ways(sizes, make):
    estimator = make(hidden_layer_sizes=sizes, max_iter=1).fit(X, target(make))
    assert [w.shape for w in estimator.coefs_] == [(4, 5), (5, estimator.n_outputs_)]


@METHODS
@EACH
def test_batch_larger_than_the_data_is_clipped_with_a_warning(make, method):
    y = target(make)
    clipped = make(batch_size=500, max_iter=2, random_state=0)
    with pytest.warns(UserWarning, match="larger than sample size. It is going to be clipped"):
        train(clipped, method, X, y)
    whole = train(make(batch_size=30, max_iter=2, random_state=0), method, X, y)
    assert_array_equal(clipped.coefs_[0], whole.coefs_[0])


@EACH
def test_other_layers_under_warm_start_raise(make):
    y = target(make)
    estimator = make(max_iter=1).set_params(warm_start=True, hidden_layer_sizes=(5, 3)).fit(X, y)
    predicted, n_layers = estimator.predict(X), estimator.n_layers_
    for sizes in ((5, 4), (5,), (5, 3, 3)):
        with pytest.raises(ValueError, match=r"go on from fitted weights .* warm_start=False"):
            estimator.set_params(hidden_layer_sizes=sizes).fit(X, y)
        assert_array_equal(estimator.predict(X), predicted)
    estimator.set_params(warm_start=False).fit(X, y)
    assert estimator.n_layers_ == len(estimator.coefs_) + 1 == n_layers + 1


@METHODS
@EACH
def test_other_number_of_features_in_training_on_raises(make, method):
    y = target(make)
    estimator = make(max_iter=1, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4"):
        train(estimator, method, X[:, :3], y)


def test_other_number_of_targets_in_training_on_raises():
    reg = MLPRegressor(max_iter=1, warm_start=True).fit(X, NUMBERS)
    with pytest.raises(ValueError, match="go on from fitted weights"):
        reg.fit(X, np.column_stack([NUMBERS, NUMBERS]))


# Classes.


def test_partial_fit_needs_classes_in_the_first_call():
    message = "classes must be passed on the first call to partial_fit"
    clf = MLPClassifier()
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, LABELS)
    assert vars(clf) == vars(MLPClassifier())


def test_partial_fit_refuses_classes_it_was_not_told_of():
    clf = MLPClassifier()
    with pytest.raises(ValueError, match=r"classes not in `self.classes_`.* \[0 1\].* \[0 1 2\]"):
        clf.partial_fit(X, LABELS, classes=[0, 1])
    assert vars(clf) == vars(MLPClassifier())
    clf.partial_fit(X, LABELS, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"`y` has classes not in `self.classes_`"):
        clf.partial_fit(X, LABELS + 1)
    with pytest.raises(ValueError, match=r"`classes=\[0, 1\]` is not the same as on last call"):
        clf.partial_fit(X, LABELS, classes=[0, 1])
    assert_array_equal(clf.classes_, [0, 1, 2])


def test_partial_fit_does_not_take_early_stopping():
    for make in MLPS + CNNS:
        message = "partial_fit does not support early_stopping=True"
        assert_fresh_failure(make(early_stopping=True), "partial_fit", (X, target(make)), message)


def test_other_classes_under_warm_start_raise():
    clf = MLPClassifier(max_iter=1, warm_start=True).fit(X, LABELS)
    message = r"same classes as in the previous call to fit. Previously got \[0 1 2\], `y` has"
    for labels in (LABELS + 1, LABELS % 2, np.array(["a", "b", "c"] * 10)):
        with pytest.raises(ValueError, match=message):
            clf.fit(X, labels)


def test_other_kind_of_labels_in_training_on_raises():
    clf = MLPClassifier(max_iter=1, warm_start=True).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"of the kind of the first fit, 'multiclass'"):
        clf.fit(X, np.eye(3, dtype=int)[LABELS])


# One sample, and too few for early stopping.


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_one_sample_is_enough_to_fit_a_regressor(solver):
    reg = MLPRegressor(solver=solver, alpha=0, tol=1e-9, n_iter_no_change=np.inf, random_state=0)
    reg.set_params(max_iter=2000).fit(X[:1], [3.0])
    np.testing.assert_allclose(reg.predict(X[:1]), [3.0], rtol=1e-4)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_one_sample_is_enough_to_fit_a_classifier_of_one_class(solver):
    clf = MLPClassifier(solver=solver, max_iter=3).fit(X[:1], ["a"])
    assert_array_equal(clf.predict(X[:2]), ["a", "a"])


@EACH
def test_too_few_samples_for_early_stopping_raise(make):
    y = np.arange(12) // 4
    message = "The validation set is too small"
    estimator = make(early_stopping=True, validation_fraction=0.05)
    assert_fresh_failure(estimator, "fit", (X[:12], y), message)


# Large numbers and diverging training.


@METHODS
def test_targets_too_large_for_float32_raise(method):
    message = r"y must fit into float32, the dtype of X.*1e\+39.* or pass X as float64"
    y = with_entry(1e39, NUMBERS)
    assert_fresh_failure(MLPRegressor(), method, (X.astype(np.float32), y), message)


@CASTS
@METHODS
@EACH
def test_weights_too_large_for_float32_raise(make, method):
    message = r"sample_weight contains infinity or a value too large for dtype\('float32'\)"
    arguments = X.astype(np.float32), target(make), with_entry(1e39, np.ones(30))
    assert_fresh_failure(make(), method, arguments, message)


@METHODS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@DENSE
def test_diverging_training_names_epoch_layer_and_a_lower_learning_rate(make, dtype, method):
    estimator = make_divergent(make(hidden_layer_sizes=(6, 5), random_state=0))
    message = (
        f"^{re.escape(DIVERGED)} Epoch 1, first in layer 1 \\(Dense\\): "
        r"try learning_rate_init=1e\+199\.$"
    )
    assert_fresh_failure(estimator, method, (X.astype(dtype), target(make)), message)


@DENSE
def test_training_that_diverges_later_names_the_epoch(make):
    estimator = make(solver="sgd", momentum=0, alpha=0, batch_size=30, random_state=0)
    estimator.set_params(learning_rate_init=200.0, activation="identity", n_iter_no_change=np.inf)
    scaled, y = X * 10, target(make)
    with pytest.raises(ValueError, match=re.escape(DIVERGED)) as raised:
        estimator.fit(scaled, y)
    epoch = int(re.search(r"Epoch (\d+), first in layer", str(raised.value)).group(1))
    assert epoch > 1
    assert str(raised.value).endswith("try learning_rate_init=20.")
    # One epoch less is fine.
    estimator.set_params(max_iter=epoch - 1).fit(scaled, y)
    assert estimator.n_iter_ == epoch - 1


@EACH
def test_diverging_training_with_early_stopping_warns_and_keeps_finite_weights(make):
    y = target(make)
    estimator = make_divergent(make(early_stopping=True, validation_fraction=0.2, random_state=0))
    message = f"{re.escape(DIVERGED)} Epoch 1.*learning_rate_init=1e\\+199.*best validation score"
    with pytest.warns(ConvergenceWarning, match=message):
        estimator.fit(X, y)
    assert np.isnan(estimator.validation_scores_[-1])
    assert all(np.isfinite(array).all() for array in estimator.coefs_ + estimator.intercepts_)
    assert np.isfinite(estimator.score(X, y))


@EACH
def test_diverging_lbfgs_proposes_to_scale_the_data(make):
    message = f"^{re.escape(DIVERGED)}.*StandardScaler"
    arguments = X * 1e300, target(make)
    assert_fresh_failure(make(solver="lbfgs", random_state=0), "fit", arguments, message)


# Prediction: through the fast path, which takes a plain array as it is, and through validation.


def predictors(make):
    names = ["predict"]
    if issubclass(make, ClassifierMixin):
        names += ["predict_proba", "predict_log_proba"]
    return names


def calls(estimator):
    """(X) -> result, for each method that predicts."""
    yield from (getattr(estimator, name) for name in predictors(type(estimator)))
    yield lambda X: estimator.score(X, target(type(estimator)))


PATHS = {
    "plain array": lambda X: X,
    "Fortran order": np.asfortranarray,
    "other dtype": lambda X: X.astype(np.float32 if X.dtype == np.float64 else np.float64),
    "subclass": lambda X: X.view(type("Subclass", (np.ndarray,), {})),
    "list": lambda X: X.tolist(),
}


@pytest.fixture(scope="module", params=MLPS + CNNS, ids=lambda make: make.__name__)
def fitted(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return request.param(max_iter=3, random_state=0).fit(X, target(request.param))


@CASTS
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("fitted", "case"), BAD_CASES, indirect=["fitted"])
def test_prediction_refuses_bad_samples(case, path, fitted):
    bad, message = BAD_SAMPLES[type(fitted)][case]
    if isinstance(bad, np.ndarray) and bad.dtype.kind == "f" and bad.size:
        bad = PATHS[path](bad)
    for call in calls(fitted):
        with pytest.raises(ValueError, match=message):
            call(bad)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("n_features", [1, 3, 5])
def test_prediction_refuses_another_number_of_features(n_features, path, fitted):
    bad = PATHS[path](np.ones((30, n_features)))
    message = f"X has {n_features} features, but {type(fitted).__name__} is expecting 4 features"
    for call in calls(fitted):
        with pytest.raises(ValueError, match=message):
            call(bad)


@pytest.mark.parametrize("path", PATHS)
def test_prediction_of_one_row_is_that_row_of_all(path, fitted):
    for name in predictors(type(fitted)):
        predict = getattr(fitted, name)
        one = predict(PATHS[path](X[:1]))
        np.testing.assert_allclose(one, predict(X)[:1], rtol=1e-5)


def test_prediction_takes_finite_numbers_whose_sum_is_not(fitted):
    huge = np.full((2, 4), 1e308)
    for name in predictors(type(fitted)):
        assert len(getattr(fitted, name)(huge)) == 2


@CASTS
def test_prediction_with_float32_weights_refuses_larger_numbers():
    reg = MLPRegressor(max_iter=1).fit(X.astype(np.float32), NUMBERS)
    with pytest.raises(ValueError, match=r"a value too large for dtype\('float32'\)"):
        reg.predict(X * 1e39)


def test_score_refuses_targets_of_another_length(fitted):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted.score(X, target(type(fitted))[:29])


@EACH
def test_prediction_before_fit_raises(make):
    for call in calls(make()):
        with pytest.raises(NotFittedError, match=f"This {make.__name__} instance is not fitted"):
            call(X)


@EACH
@pytest.mark.parametrize("name", ["coefs_", "intercepts_"])
def test_weights_of_wrong_shape_set_by_hand_raise(name, make):
    fitted = make(hidden_layer_sizes=(3,), max_iter=1).fit(X, target(make))
    good = getattr(fitted, name)
    for bad in ([good[0][:-1], good[1]], good[:1], [*good, good[-1]]):
        setattr(fitted, name, bad)
        for call in (fitted.predict, lambda X: fitted.partial_fit(X, target(make)), pickled):
            argument = fitted if call is pickled else X
            with pytest.raises(ValueError, match=r"coefs_|intercepts_"):
                call(argument)
    setattr(fitted, name, good)
    assert len(fitted.predict(X)) == 30


def pickled(estimator):
    return pickle.dumps(estimator)


# What is unusual, but fine.


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float16, object])
@DENSE
def test_samples_of_other_dtypes_count_as_float64(dtype, make):
    y = target(make)
    whole = np.round(X).astype(dtype)
    one = make(max_iter=3, random_state=0).fit(whole, y)
    other = make(max_iter=3, random_state=0).fit(whole.astype(np.float64), y)
    assert one.coefs_[0].dtype == np.float64
    assert_array_equal(one.coefs_[0], other.coefs_[0])
    assert_array_equal(one.predict(whole), other.predict(whole.astype(np.float64)))


@METHODS
@EACH
def test_scalar_weight_is_the_weight_of_every_sample(make, method):
    y = target(make)
    scalar = train(make(max_iter=2, random_state=0), method, X, y, 2)
    array = train(make(max_iter=2, random_state=0), method, X, y, np.full(30, 2.0))
    assert_array_equal(scalar.coefs_[0], array.coefs_[0])


@EACH
def test_column_of_targets_is_taken_as_a_vector_with_a_warning(make):
    y = target(make)
    with pytest.warns(UserWarning, match="A column-vector y was passed when a 1d array was"):
        column = make(max_iter=2, random_state=0).fit(X, y[:, None])
    vector = make(max_iter=2, random_state=0).fit(X, y)
    assert_array_equal(column.coefs_[0], vector.coefs_[0])
    assert column.predict(X).shape == (30,)


@EACH
def test_sparse_targets_are_as_good_as_dense_ones(make):
    y = (np.random.default_rng(0).random((30, 3)) < 0.4).astype(int)
    sparse = make(max_iter=2, random_state=0).fit(X, csr_array(y))
    dense = make(max_iter=2, random_state=0).fit(X, y)
    assert_array_equal(sparse.coefs_[0], dense.coefs_[0])


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@EACH
def test_input_is_never_changed(make, dtype, sparse, solver):
    y, weight = target(make).copy(), np.linspace(0, 1, 30)
    samples = csr_array(X.astype(dtype)) if sparse else X.astype(dtype)
    arrays = [y, weight, *((samples.data, samples.indices) if sparse else (samples,))]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    estimator = make(solver=solver, max_iter=3, batch_size=30, shuffle=False)
    estimator.fit(samples, y, sample_weight=weight)
    if solver != "lbfgs":
        estimator.partial_fit(samples, y, sample_weight=weight)
        estimator.set_params(early_stopping=True, validation_fraction=0.2, batch_size="auto")
        estimator.fit(samples, y, sample_weight=weight)
    for call in calls(estimator):
        call(samples)
    for array, old in zip(arrays, copies, strict=True):
        assert_array_equal(array, old)


@EACH
def test_parameters_are_never_changed_by_training(make):
    params = {"hidden_layer_sizes": [5, 3], "batch_size": 7, "random_state": 1, "max_iter": 2}
    estimator = make(**copy.deepcopy(params)).fit(X, target(make))
    for name, value in params.items():
        assert getattr(estimator, name) == value
