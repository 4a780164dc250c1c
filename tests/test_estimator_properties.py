"""Estimators of any settings on samples of any shape: what must hold for all of them."""

import linecache
import pickle
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest
import sklearn.neural_network
from helpers import scikit_learn_before
from hypothesis import assume, given, note
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sameness import assert_same
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.exceptions import UndefinedMetricWarning
from strategies import LABELS, TARGETS, cases, examples, labels_or_numbers, normals, one_of, seeds

import sknn
from sknn.estimators.solvers import SCHEDULES
from sknn.metrics import per_class_report, specificity_score
from sknn.nn import Warmup
from sknn.nn.schedules import Progress

SAID = (
    "Stochastic Optimizer|lbfgs failed|Got `batch_size`|early_stopping=True is ignored|"
    "All validation scores are nan|Solver produced non-finite|R\\^2 score is not well-defined"
)


@pytest.fixture(autouse=True)
def _warnings_that_belong():
    """Anything else that a fit says, of NumPy above all, is an error."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", SAID)
        yield


def fitted(estimator, X, y, **arguments):
    """The fitted estimator; no example if samples and settings do not go together."""
    assume(fit(estimator, X, y, **arguments))
    return estimator


def fit(estimator, X, y, **arguments):
    """Fits, and returns whether it could; if not, the error is meant, none that happens inside."""
    try:
        estimator.fit(X, y, **arguments)
    except (ValueError, TypeError) as error:
        note(str(error))
        if not is_meant(error):
            raise
        return False
    return True


def is_meant(error):
    """Whether this package or scikit-learn raises it, in words of its own."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    statement = linecache.getline(frame.filename, frame.lineno).strip()
    ours = {"sknn", "sklearn"} & set(Path(frame.filename).parts)
    return bool(ours and statement.startswith("raise ") and str(error))


def outputs(estimator, X):
    """All numbers that the estimator predicts, as one array (n, ...)."""
    if not is_classifier(estimator):
        return estimator.predict(X)
    p = estimator.predict_proba(X)
    return np.hstack(p) if isinstance(p, list) else p


def weights_of(estimator):
    return [*estimator.coefs_, *estimator.intercepts_]


def assert_same_weights(one, other, **tolerance):
    for mine, wanted in zip(weights_of(one), weights_of(other), strict=True):
        if tolerance:
            assert_allclose(mine, wanted, **tolerance)
        else:
            assert_array_equal(mine, wanted)


SMOOTH_TRAINING = {  # what amplifies rounding is left out
    "activation": one_of(["tanh", "logistic", "silu"]),
    "early_stopping": False,
    "tol": 0.0,
    "dtype": "float64",
    "solver": one_of(["adam", "sgd", "adamw"]),
    "weight_init": "auto",
}
OF_ONE = ("two classes", "four classes", "numbers")


@examples(48)
@given(cases())
def test_predictions_have_the_shape_dtype_and_range_that_they_should(case):
    estimator, X, y = case
    fitted(estimator, X, y)
    dtype = estimator.coefs_[0].dtype
    assert dtype == (X.dtype if estimator.dtype == "auto" else estimator.dtype)
    predicted, expected = estimator.predict(X), np.shape(y)
    if not is_classifier(estimator):
        assert (predicted.shape, predicted.dtype) == (expected, dtype)
        assert np.isfinite(predicted).all()
        return
    assert predicted.shape == expected
    p, log_p = estimator.predict_proba(X), estimator.predict_log_proba(X)
    several = isinstance(p, list)
    columns = zip(
        *(
            (p, log_p, estimator.classes_, predicted.T)
            if several
            else ([p], [log_p], [estimator.classes_], [predicted])
        ),
        strict=True,
    )
    for p, log_p, classes, predicted in columns:
        assert p.dtype == log_p.dtype == dtype
        assert p.shape == log_p.shape == (len(X), len(classes))
        if len(classes) == 1:
            assert_array_equal(p, 1.0)
            continue
        assert np.all((p > 0) & (p <= 1))
        assert_allclose(log_p, np.log(p), rtol=1e-4, atol=1e-5)
        if predicted.ndim == 2:
            assert_array_equal(predicted[p != 0.5], (p > 0.5)[p != 0.5])
        else:
            assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
            of_the_label = p[np.arange(len(X)), np.searchsorted(classes, predicted)]
            assert_array_equal(of_the_label, p.max(axis=1))  # raw outputs decide between equals


@examples(30)
@given(cases(), seeds, one_of([1e-6, 1e-3, 1024]))
def test_prediction_of_a_row_depends_on_no_other_row_and_on_no_memory(case, seed, memory):
    estimator, X, y = case
    fitted(estimator, X, y)
    wanted = outputs(estimator, X)
    rows = np.random.default_rng(seed).integers(len(X), size=7)
    tolerance = {"rtol": 1e-4, "atol": 1e-5}
    if wanted.dtype == np.float64:
        tolerance = {"rtol": 1e-9, "atol": 1e-9}
    discontinuous = {"sign", "step"} & {str(getattr(estimator, "activation", ""))}
    assume(not discontinuous)
    with config_context(working_memory=memory):
        assert_allclose(outputs(estimator, X[rows]), wanted[rows], **tolerance)
    assert_allclose(outputs(estimator, X[rows[:1]]), wanted[rows[:1]], **tolerance)


@examples(18)
@given(cases())
def test_clone_pickle_and_file_give_the_same_predictions_to_the_bit(case):
    estimator, X, y = case
    fitted(estimator, X, y)
    again = clone(estimator)
    assert_same(again.get_params(), clone(estimator).get_params())
    assert_same_weights(again.fit(X, y), estimator)
    with tempfile.TemporaryDirectory() as folder:
        sknn.save(estimator, Path(folder, "model"))
        loaded = sknn.load(Path(folder, "model"))
    for other in (again, loaded, pickle.loads(pickle.dumps(estimator))):
        assert_array_equal(outputs(other, X), outputs(estimator, X))
        assert_array_equal(other.predict(X), estimator.predict(X))
    assert_same(loaded.get_params(deep=False), estimator.get_params(deep=False))


@examples(24)
@given(
    cases(
        max_iter=st.integers(1, 4),
        early_stopping=False,
        tol=0.0,
        n_iter_no_change=np.inf,
        learning_rate=one_of(["constant", "invscaling", "adaptive", "step", "exponential"]),
        solver=one_of(["adam", "sgd", "adamw", "nadam", "rmsprop", "adagrad"]),
    )
)
def test_partial_fits_are_one_fit_of_so_many_epochs(case):
    estimator, X, y = case
    fitted(estimator, X, y)
    part = clone(estimator)
    classes = {"classes": estimator.classes_} if is_classifier(estimator) else {}
    for _ in range(estimator.max_iter):
        part.partial_fit(X, y, **classes)
    assert_same_weights(part, estimator)
    assert_array_equal(outputs(part, X), outputs(estimator, X))
    assert part.loss_curve_ == estimator.loss_curve_


@examples(21)
@given(cases(alpha=0.0, l1=0.0, normalization=one_of([None, "layer"])), st.integers(-20, 20))
def test_weights_of_samples_count_relative_to_each_other(case, power):
    estimator, X, y = case
    assume(not any("BatchNorm" in str(layer) for layer in getattr(estimator, "layers", ())))
    weight = np.random.default_rng(len(X)).uniform(0.5, 2.0, len(X))
    fitted(estimator, X, y, sample_weight=weight)
    scaled = clone(estimator).fit(X, y, sample_weight=weight * 2.0**power)
    assert_same_weights(scaled, estimator)


@examples(24)
@given(
    cases(
        OF_ONE,
        ("MLP",),
        alpha=0.0,
        l1=0.0,
        dropout=0.0,
        batch_size=500,
        learning_rate="constant",
        **SMOOTH_TRAINING,
    ),
    seeds,
)
def test_integer_weights_are_repetitions_of_samples_in_full_batches(case, seed):
    estimator, X, y = case
    times = np.random.default_rng(seed).integers(0, 4, len(X))
    assume(times.sum() > 1)
    classes = np.unique(y)
    assume(np.array_equal(np.unique(y[times > 0]), classes))
    fitted(estimator, X.astype(np.float64), y, sample_weight=times)
    rows = np.repeat(np.arange(len(X)), times)
    repeated = clone(estimator).fit(X[rows].astype(np.float64), y[rows])
    assert_same_weights(estimator, repeated, rtol=1e-6, atol=1e-8)
    assert_allclose(outputs(estimator, X), outputs(repeated, X), rtol=1e-6, atol=1e-8)


@examples(18)
@given(cases(TARGETS, ("MLP",), **SMOOTH_TRAINING), seeds)
def test_order_of_features_does_not_matter_if_the_weights_follow(case, seed):
    estimator, X, y = case
    X = X.astype(np.float64)
    initial = fitted(clone(estimator).set_params(max_iter=1, learning_rate_init=1e-300), X, y)
    order = np.random.default_rng(seed).permutation(X.shape[1])
    first, *others = initial.coefs_
    fitted(estimator, X, y, coef_init=[first, *others])
    permuted = clone(estimator).fit(X[:, order], y, coef_init=[first[order], *others])
    ours, theirs = outputs(permuted, X[:, order]), outputs(estimator, X)
    assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@examples(15)
@given(cases(TARGETS, ("MLP", "Sequential"), **SMOOTH_TRAINING))
def test_sparse_samples_are_as_good_as_dense_ones(case):
    estimator, X, y = case
    X = np.where(X < 0, 0, X).astype(np.float64)
    fitted(estimator, X, y)
    sparse = clone(estimator).fit(csr_array(X), y)
    assert_same_weights(sparse, estimator, rtol=1e-5, atol=1e-7)
    assert_allclose(outputs(sparse, csr_array(X)), outputs(estimator, X), rtol=1e-5, atol=1e-7)


# Any value of a parameter

JUNK = [
    None, True, False, -1, 0, 1, 2, 2.5, -1e-300, 1e-300, 1e308, np.nan, np.inf, -np.inf,
    "a", "auto", "tanh", b"tanh", (), [], {}, (3, "a"), (2, -1), (2.5,), [[1]], 3 + 0j, object,
    np.array([1, 2]), np.float32(0.5), np.int8(3), {"ant": 1.0}, {"ant": -1.0},
]  # fmt: skip
NOT_DRAWN = {"checkpoint", "checkpoint_every", "verbose", "max_time", "callbacks"}


@examples(90)
@given(
    cases(OF_ONE, ("MLP", "CNN", "Sequential")),
    st.data(),
)
def test_any_value_of_a_parameter_works_or_is_refused_in_words(case, data):
    estimator, X, y = case
    names = sorted(set(estimator.get_params(deep=False)) - NOT_DRAWN)
    name, value = data.draw(one_of(names)), data.draw(one_of(JUNK))
    estimator.set_params(**{name: value})
    if fit(estimator, X, y):
        predict = getattr(estimator, "predict_proba", estimator.predict)  # hinge has none
        assert np.isfinite(predict(X)).all()


# The drop-in promise

theirs = {
    "hidden_layer_sizes": st.lists(st.integers(1, 12), max_size=3),
    "activation": one_of(["identity", "logistic", "tanh", "relu"]),
    "solver": one_of(["adam", "sgd", "lbfgs"]),
    "alpha": one_of([0.0, 1e-4, 0.1, 1.0]),
    "batch_size": one_of(["auto", 1, 7, 16, 100]),
    "learning_rate": one_of(["constant", "invscaling", "adaptive"]),
    "learning_rate_init": one_of([1e-3, 1e-2, 0.05]),
    "power_t": st.floats(0, 1),
    "shuffle": st.booleans(),
    "tol": one_of([0.0, 1e-4, 0.01]),
    "momentum": st.floats(0, 0.99),
    "nesterovs_momentum": st.booleans(),
    "early_stopping": st.booleans(),
    "validation_fraction": st.floats(0.1, 0.5),
    "beta_1": st.floats(0, 0.99),
    "beta_2": st.floats(0.5, 0.9999),
    "epsilon": one_of([1e-8, 1e-3]),
    "n_iter_no_change": st.integers(1, 5),
    "max_fun": one_of([5, 15000]),
}


# scikit-learn 1.7 is the first whose MLPs have sample_weight and loss="poisson".
BEFORE_WEIGHTS = scikit_learn_before("1.7")
STRINGS_FAIL = scikit_learn_before("1.9")
ONE_IS_ENOUGH = scikit_learn_before("1.7")  # sample to validate on
KINDS = ["two classes", "four classes", "multilabel", "numbers", "positive numbers"]


@examples(72)
@given(
    kind=one_of(KINDS[: -1 if BEFORE_WEIGHTS else None]),
    params=st.fixed_dictionaries(
        {"max_iter": st.integers(1, 8), "random_state": st.integers(0, 9)}, optional=theirs
    ),
    n=st.integers(4, 50),
    n_features=st.integers(1, 8),
    weighted=one_of([False] if BEFORE_WEIGHTS else [False, True]),
    seed=seeds,
)
def test_estimator_is_that_of_scikit_learn(kind, params, n, n_features, weighted, seed):
    X, y = normals(seed, n, n_features), labels_or_numbers(kind, n, seed)
    name = "MLPClassifier" if kind in LABELS else "MLPRegressor"
    if kind == "positive numbers":
        params = {**params, "loss": "poisson"}
    ours, theirs = (getattr(module, name)(**params) for module in (sknn, sklearn.neural_network))
    weight = np.random.default_rng(seed).uniform(0.1, 2.0, n)
    weights = {"sample_weight": weight} if weighted else {}
    # scikit-learn 1.9 is the first whose early stopping works with labels that are strings.
    assume(not (STRINGS_FAIL and params.get("early_stopping") and y.dtype.kind == "U"))
    assume(not (ONE_IS_ENOUGH and params.get("early_stopping") and n <= 10))
    try:
        theirs.fit(X, y, **weights)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)[:20]):
            ours.fit(X, y, **weights)
        return
    ours.fit(X, y, **weights)
    assert ours.n_iter_ == theirs.n_iter_
    assert_same_weights(ours, theirs, rtol=0, atol=1e-6)
    assert_allclose(ours.loss_, theirs.loss_, rtol=1e-6)
    assert_array_equal(ours.predict(X).shape, theirs.predict(X).shape)
    assert_allclose(outputs(ours, X), outputs(theirs, X), rtol=1e-5, atol=1e-7)
    if params.get("solver") != "lbfgs":
        assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-6)
        assert ours.t_ == theirs.t_


# Metrics and schedules

labellings = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 4)), min_size=1
)
labellings = labellings.filter(lambda drawn: any(weight for *_, weight in drawn))


@examples(15)
@given(labellings)
def test_specificity_and_report_are_counted_sample_by_sample(samples):
    y_true, y_pred, weight = map(list, zip(*samples, strict=True))
    labels = sorted({*y_true, *y_pred})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        scores = specificity_score(
            y_true, y_pred, average=None, sample_weight=weight, zero_division=1.0
        )
        report = per_class_report(
            y_true, y_pred, sample_weight=weight, output="dict", zero_division=1.0
        )
    for label, score in zip(labels, scores, strict=True):
        counts = dict.fromkeys(("tp", "fp", "fn", "tn"), 0)
        for true, predicted, w in samples:
            positive = predicted == label
            counts[("t" if (true == label) == positive else "f") + "np"[positive]] += w
        negatives = counts["tn"] + counts["fp"]
        wanted = counts["tn"] / negatives if negatives else 1.0
        assert_allclose(score, wanted)
        row = report[str(label)]
        assert_allclose(row["specificity"], wanted)


@pytest.mark.parametrize("name", SCHEDULES)
@examples(12)
@given(
    base=st.floats(1e-300, 1e300),
    total=st.integers(1, 10_000),
    step=st.integers(0, 20_000),
    epoch=st.integers(0, 1000),
    plateaus=st.integers(0, 100),
    warmup=st.integers(0, 100),
)
def test_rate_is_never_negative_nor_above_the_base(
    name, base, total, step, epoch, plateaus, warmup
):
    schedule = Warmup(SCHEDULES[name](sknn.MLPRegressor()), warmup)
    progress = Progress(step, epoch, 100 * epoch, plateaus, 0, total)
    assert 0 <= schedule.rate(progress, base) <= base * (1 + 1e-12)
