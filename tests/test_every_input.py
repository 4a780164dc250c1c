"""Good, odd and bad input to every method of every estimator: it works, or the error says why."""

from functools import cache, partial

import numpy as np
import pytest
from helpers import needs_scikit_learn
from input_cases import (
    BAD_SAMPLES,
    BAD_WEIGHTS,
    BAD_Y,
    CNNS,
    EIGHTHS,
    ESTIMATORS,
    LABELS,
    MLPS,
    NUMBERS,
    ODD_WEIGHTS,
    ODD_X,
    ODD_Y,
    OTHER_IMAGES,
    STACKS,
    WORDS,
    X,
    frame,
    new,
    target,
    with_entry,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse
from sklearn.base import ClassifierMixin, is_classifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sknn import CNNRegressor, MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.inspection import diagnose, summary, trace
from sknn.plotting import (
    FeatureMapDisplay,
    FilterDisplay,
    GradientFlowDisplay,
    LearningRateDisplay,
    NetworkDisplay,
    SaliencyDisplay,
    TrainingCurveDisplay,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # scikit-learn's own checks cast and add up what is not finite.
    pytest.mark.filterwarnings(
        "ignore:(invalid value|overflow) encountered:RuntimeWarning:(sklearn|numpy)"
    ),
    # Bad tables are sent to estimators that were fitted to arrays.
    pytest.mark.filterwarnings("ignore:X has feature names:UserWarning"),
]
EACH = pytest.mark.parametrize("make", ESTIMATORS)
WEIGHTS = np.linspace(1, 4, 30).round(1).astype(np.float16).astype(float)


# What trains: (estimator, X, y, sample_weight, classes) -> arrays that tell how it ended.


def weights(estimator):
    return [*estimator.coefs_, *estimator.intercepts_]


def fit(estimator, X, y, weight, classes):
    return weights(estimator.fit(X, y, weight))


def partial_fit(estimator, X, y, weight, classes):
    first = {"classes": classes} if is_classifier(estimator) else {}
    return weights(estimator.partial_fit(X, y, weight, **first))


def resume(estimator, X, y, weight, classes):
    """estimator: one that is ``started``"""
    return weights(estimator.resume(X, y, weight))


def validate(estimator, X, y, weight, classes):
    """On the samples that it is fitted to."""
    estimator.fit(X, y, weight, X_val=X, y_val=y, sample_weight_val=weight)
    return [np.array(estimator.history_[f"validation_{name}"]) for name in ("loss", "score")]


def validate_only(estimator, X, y, weight, classes):
    """After epochs on other samples."""
    good = EIGHTHS, target(type(estimator))
    estimator.fit(*good, X_val=X, y_val=y, sample_weight_val=weight)


def record_gradients(estimator, X, y, weight, classes):
    display = GradientFlowDisplay.from_estimator(
        estimator, X, y, fit_params={"sample_weight": weight}, plot=False
    )
    return [display.gradient_norms]


def try_rates(estimator, X, y, weight, classes):
    return [LearningRateDisplay.from_estimator(estimator, X, y, n_steps=10, plot=False).losses]


def diagnose_unfitted(estimator, X, y, weight, classes):
    return [figures(diagnose(estimator, X, y, weight))]


def figures(diagnosis):
    """What was found to ail the network, as numbers."""
    return np.array([finding.figure for finding in diagnosis.findings])


TRAINING = (fit, partial_fit, resume, record_gradients, diagnose_unfitted)

# There are three ways to read X, one for each network; y and weights are read in one. All methods
# read through them: containers and defects go through each way, and some through each method.
READERS = [MLPClassifier, CNNRegressor, SequentialClassifier]
FULL = ("list of lists", "float32", "csr array", "pandas", "list", "objects", "nan", "too short")
EACH_READER = pytest.mark.parametrize("make", READERS)
each_odd_x = pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[pytest.mark.peer] if case == "tensor" else []) for case in ODD_X],
)


def training(case):
    """The ways to train that this case is sent through."""
    return TRAINING if case.rpartition(", ")[2] in FULL else (fit,)


def training_and_validation(case):
    """The same for what works: a fit with validation data is also a fit."""
    return (*TRAINING, validate) if case.rpartition(", ")[2] in FULL else (validate,)


def started(train, make, X, y, weight, path):
    """An estimator to train; for ``resume`` one whose fit was interrupted halfway."""
    if train is not resume:
        return new(make)
    new(make, checkpoint=path, max_iter=1).fit(X, y, weight)
    return new(make, checkpoint=path)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """{class: the file of a fit to EIGHTHS that was interrupted}"""
    paths = {make: tmp_path_factory.mktemp("fits") / make.__name__ for make in ESTIMATORS}
    for make, path in paths.items():
        started(resume, make, EIGHTHS, target(make), None, path)
    return paths


# What uses a fitted estimator: (estimator, X, y, sample_weight) -> arrays.


def predict(estimator, X):
    prediction = estimator.predict(X)
    if is_classifier(estimator):
        prediction = np.searchsorted(estimator.classes_, prediction)
    return [prediction]


def predict_proba(estimator, X):
    return [estimator.predict_proba(X)]


def predict_log_proba(estimator, X):
    return [estimator.predict_log_proba(X)]


def predict_interval(estimator, X):
    return [estimator.predict_interval(X)]


def transform(estimator, X):
    return [estimator.transform(X)]


def score(estimator, X, y, weight):
    return [np.array(estimator.score(X, y, weight))]


def trace_step(estimator, X, y, weight):
    traced = trace(estimator, X, y, weight)
    return [np.array(traced.loss), *(layer.z for layer in traced.layers)]


def diagnose_fitted(estimator, X, y, weight):
    return [figures(diagnose(estimator, X, y, weight, X_val=X, y_val=y))]


ON_X = (predict, transform)
OF_CLASSIFIERS, OF_REGRESSORS = (predict_proba, predict_log_proba), (predict_interval,)
ON_X_AND_Y = (score, trace_step, diagnose_fitted)


def able(make):
    """An estimator that has all methods of its class: regressors predict two quantiles."""
    levels = {"loss": "quantile", "quantile": [0.1, 0.9]}
    return new(make) if issubclass(make, ClassifierMixin) else new(make, **levels)


@cache
def shared(make, quantiles=False):
    """An estimator fitted to EIGHTHS, for tests that leave it as it is."""
    return (able if quantiles else new)(make).fit(EIGHTHS, target(make))


def uses(make, case="nan"):
    """What it is good for, as far as this case is sent through it."""
    if case not in FULL:
        return predict, trace_step
    others = OF_CLASSIFIERS if issubclass(make, ClassifierMixin) else OF_REGRESSORS
    return ON_X + others + ON_X_AND_Y


# Odd input is as good as an array of float64.


def plain(numbers, make):
    """What an estimator should take the numbers as; integers are images to CNNs."""
    if make in CNNS and numbers.dtype.kind == "i":
        return (numbers / 255).astype(np.float32)
    return numbers.astype(float)


KNOWN = {id(WEIGHTS): WEIGHTS, id(None): None, id(LABELS): LABELS, id(NUMBERS): NUMBERS}
KNOWN |= {id(numbers): numbers for numbers, _ in ODD_X.values()}
KNOWN |= {id(y): y for _, y, _ in ODD_Y.values()}


def expected_of(train, make, numbers, y, weight):
    """What training gives on plain arrays; resumed, as if never interrupted."""
    return _trained(fit if train is resume else train, make, id(numbers), id(y), id(weight))


@cache
def _trained(train, make, numbers, y, weight):
    X, y = plain(KNOWN[numbers], make), KNOWN[y]
    return train(new(make), X, y, KNOWN[weight], np.unique(y))


@cache
def used_on_plain(make, use, base):
    """What a method of an estimator that was fitted to such an array gives for it."""
    even, y = plain(KNOWN[base], make), target(make)
    return use(able(make).fit(even, y), even, *arguments(use, y))


def arguments(use, y):
    """After the estimator and X."""
    return (y, None) if use in ON_X_AND_Y else ()


def contents(container):
    """All that is in there, as something that can be compared."""
    if issparse(container):
        container = container.tocoo()  # in the order in which it is stored
        return [contents(array) for array in (container.data, *container.coords)]
    if isinstance(container, (list, tuple)):
        return [contents(entry) for entry in container]
    if isinstance(container, np.ndarray) and container.dtype != object:
        return container.tobytes()
    return np.asarray(container).tolist() if hasattr(container, "__array__") else container


def is_single(numbers, container, make):
    """Whether it is computed in float32."""
    of_integers = make in CNNS and numbers.dtype.kind == "i"
    return of_integers or "float32" in str(getattr(container, "dtype", ""))


def assert_same(results, expected, single=False):
    """Up to rounding."""
    rtol, atol = (1e-3, 1e-4) if single else (1e-9, 1e-12)
    assert len(results) == len(expected)
    for result, wanted in zip(results, expected, strict=True):
        assert np.isfinite(result).all()
        assert_allclose(result, wanted, rtol=rtol, atol=atol)


@pytest.mark.one_in(3)
@EACH_READER
@each_odd_x
def test_training_takes_odd_samples_as_plain_ones(case, make, tmp_path):
    numbers, wrap = ODD_X[case]
    odd, y = wrap(numbers), target(make)
    before = contents(odd)
    for train in training_and_validation(case):
        estimator = started(train, make, odd, y, None, tmp_path / "checkpoint")
        result = train(estimator, odd, y, None, [0, 1, 2])
        expected = expected_of(train, make, numbers, y, None)
        assert_same(result, expected, is_single(numbers, odd, make))
    assert contents(odd) == before


@pytest.mark.one_in(3, 1)
@EACH_READER
@each_odd_x
def test_fitted_networks_take_odd_samples_as_plain_ones(case, make):
    numbers, wrap = ODD_X[case]
    odd, y = wrap(numbers), target(make)
    before = contents(odd)
    estimator = fitted_as(able, make, numbers, odd)
    for use in uses(make, case):
        result = use(estimator, odd, *arguments(use, y))
        expected = used_on_plain(make, use, id(numbers))
        assert_same(result, expected, is_single(numbers, odd, make))
    assert contents(odd) == before


def fitted_as(untrained, make, numbers, container):
    """An estimator fitted to the numbers, with the names of columns if the container has any."""
    columns = tuple(container.columns) if hasattr(container, "columns") else None
    return _fitted_as(untrained, make, id(numbers), columns)


@cache
def _fitted_as(untrained, make, numbers, columns):
    X = KNOWN[numbers]
    X = X if columns is None else frame(columns=list(columns))(X)
    return untrained(make).fit(X, target(make))


@pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])  # takes long
@pytest.mark.parametrize("case", [case for case in ODD_X if case in FULL])
def test_rates_are_tried_on_odd_samples_as_on_plain_ones(case, make):
    numbers, wrap = ODD_X[case]
    odd = wrap(numbers)
    before = contents(odd)
    y = target(make)
    result = try_rates(new(make), odd, y, None, None)
    expected = expected_of(try_rates, make, numbers, y, None)
    assert_same(result, expected, is_single(numbers, odd, make))
    assert contents(odd) == before


@pytest.mark.one_in(3, 2)
@EACH_READER
@each_odd_x
def test_displays_take_odd_samples_as_plain_ones(case, make):
    numbers, wrap = ODD_X[case]
    odd = wrap(numbers[:1])
    before = contents(odd)
    estimator = fitted_as(new, make, numbers, odd)
    expected = displayed_of_plain(make, id(numbers))
    assert_same(displayed(estimator, odd), expected, is_single(numbers, wrap(numbers), make))
    assert contents(odd) == before


def displayed(estimator, sample):
    """What the displays of one sample show, as arrays."""
    saliency = SaliencyDisplay.from_estimator(estimator, sample, plot=False)
    network = NetworkDisplay.from_estimator(estimator, sample, plot=False)
    shown = [saliency.gradient, saliency.attribution, *(one.values for one in network.columns)]
    if type(estimator) in CNNS:
        shown.append(FeatureMapDisplay.from_estimator(estimator, sample, plot=False).maps)
    return shown


@cache
def displayed_of_plain(make, numbers):
    even = plain(KNOWN[numbers], make)
    return displayed(new(make).fit(even, target(make)), even[0])


def of_the_task(table):
    """(estimator, case) for each row of the table that is about its kind of targets."""
    return [
        (make, case)
        for case, row in table.items()
        for make in (ESTIMATORS if case.rpartition(", ")[2] in FULL else MLPS)
        if issubclass(make, row[0])
    ]


@pytest.mark.parametrize(("make", "case"), of_the_task(ODD_Y))
def test_odd_targets_are_taken_as_plain_ones(case, make, tmp_path):
    _, y, wrap = ODD_Y[case]
    odd, classes = wrap(y), np.unique(y)
    before = contents(odd)
    for train in training_and_validation(case):
        estimator = started(train, make, EIGHTHS, odd, None, tmp_path / "checkpoint")
        result = train(estimator, EIGHTHS, odd, None, classes)
        assert_same(result, expected_of(train, make, EIGHTHS, y, None))
    estimator = new(make).fit(EIGHTHS, y)
    for use in ON_X_AND_Y:
        assert_same(use(estimator, EIGHTHS, odd, None), use(estimator, EIGHTHS, y, None))
    assert contents(odd) == before


@pytest.mark.parametrize(
    ("make", "case"), [row for row in of_the_task(ODD_Y) if issubclass(row[0], ClassifierMixin)]
)
def test_predicted_labels_are_those_of_odd_targets(case, make):
    _, y, wrap = ODD_Y[case]
    clf = new(make).fit(EIGHTHS, wrap(y))
    assert clf.classes_.tolist() == np.unique(y).tolist()
    assert clf.predict(EIGHTHS).tolist() == new(make).fit(EIGHTHS, y).predict(EIGHTHS).tolist()


@pytest.mark.one_in(3)
@EACH_READER
@pytest.mark.parametrize("case", ODD_WEIGHTS)
def test_odd_weights_are_taken_as_plain_ones(case, make, tmp_path):
    y, odd = target(make), ODD_WEIGHTS[case](WEIGHTS)
    before = contents(odd)
    for train in training_and_validation(case):
        estimator = started(train, make, EIGHTHS, y, odd, tmp_path / "checkpoint")
        result = train(estimator, EIGHTHS, y, odd, [0, 1, 2])
        assert_same(result, expected_of(train, make, EIGHTHS, y, WEIGHTS))
    estimator = shared(make)
    for use in ON_X_AND_Y:
        assert_same(use(estimator, EIGHTHS, y, odd), use(estimator, EIGHTHS, y, WEIGHTS))
    assert contents(odd) == before


# Few samples.


@EACH
def test_one_sample_one_feature_is_enough(make):
    """Also to go on, to predict and to show; of one class all are."""
    x, y = EIGHTHS[:1, :1], target(make)[:1]
    estimator = new(make).fit(x, y).fit(x, y)
    assert all(np.isfinite(array).all() for array in weights(estimator))
    assert np.isfinite(estimator.transform(x)).all()
    if is_classifier(estimator):
        assert estimator.partial_fit(x, y).score(x, y) == 1
        assert_array_equal(estimator.predict(X[:, :1]), y.repeat(30))
        assert_array_equal(estimator.predict_proba(X[:, :1]), np.ones((30, 1)))
        assert_array_equal(estimator.predict_log_proba(X[:, :1]), np.zeros((30, 1)))
    else:
        assert np.isfinite(estimator.partial_fit(x, y).predict(X[:, :1])).all()


@EACH
def test_column_of_zeros_has_no_say(make):
    """Its weights are left as they were drawn, but for the penalty."""
    zero = EIGHTHS * [1, 0, 1, 1]
    estimator = new(make, alpha=0.0).fit(zero, target(make))
    if make not in CNNS:  # whose kernels pass over every column
        drawn = new(make, alpha=0.0, learning_rate_init=1e-300).fit(zero, target(make))
        assert_array_equal(estimator.coefs_[0][1], drawn.coefs_[0][1])
        assert (estimator.coefs_[0][0] != drawn.coefs_[0][0]).any()
    assert np.isfinite(estimator.predict(zero).astype(float)).all()


# Bad input is refused.


def assert_refused(message, call, estimator, *arguments):
    """It fails, says why, not from within the core, and leaves the estimator as it was."""
    before = dict(vars(estimator))
    with pytest.raises((TypeError, ValueError), match=message) as raised:
        call(estimator, *arguments)
    ours = [entry for entry in raised.traceback if "sknn" in entry.path.parts[:-1]][-1]
    in_core = "nn" in ours.path.parts
    assert not in_core or str(ours.statement).strip().startswith("raise"), (
        "an error that no one foresaw"
    )
    assert vars(estimator) == before


def ready(train, make, checkpoints):
    """An estimator to train."""
    return new(make, checkpoint=checkpoints[make]) if train is resume else new(make)


# No X_val is no mistake by itself.
EXEMPT = {("None", validate_only), ("None", diagnose_fitted)}
REFUSED_SINCE = {
    "pandas, duplicated names": needs_scikit_learn("1.9", "an error for columns of the same name"),
    "labels, bytes": needs_scikit_learn("1.7", "an error for labels of bytes"),
}


def marked(cases):
    """(estimator, case); skipped where the installed scikit-learn takes what is bad."""
    return [pytest.param(make, case, marks=REFUSED_SINCE.get(case, ())) for make, case in cases]


BAD_CASES = marked((make, case) for make in READERS for case in BAD_SAMPLES[make])


@pytest.mark.parametrize(("make", "case"), BAD_CASES)
def test_training_refuses_bad_samples(case, make, checkpoints):
    make_bad, message = BAD_SAMPLES[make][case]
    y = target(make)
    for train in (*training(case), validate_only, try_rates):
        if (case, train) in EXEMPT or (case in OTHER_IMAGES and make not in MLPS):
            continue
        estimator = ready(train, make, checkpoints)
        # What is tried at many rates is counted first.
        words = f"{message}|inconsistent numbers" if train is try_rates else message
        assert_refused(words, train, estimator, make_bad(), y, None, [0, 1, 2])


@pytest.mark.parametrize("make", CNNS + STACKS)
@pytest.mark.parametrize("case", OTHER_IMAGES)
def test_other_images_than_those_fitted_are_refused(case, make):
    make_bad, message = BAD_SAMPLES[make][case]
    y = target(make)
    assert_refused(message, validate_only, new(make), make_bad(), y, None, None)
    if make in STACKS:
        assert_refused(message, fit, new(make), make_bad(), y, None, None)


@pytest.mark.parametrize(("make", "case"), BAD_CASES)
def test_fitted_networks_refuse_bad_samples(case, make):
    make_bad, message = BAD_SAMPLES[make][case]
    y = target(make)
    estimator = shared(make, quantiles=True)
    for use in uses(make, case):
        if (case, use) not in EXEMPT:
            assert_refused(message, use, estimator, make_bad(), *arguments(use, y))


@pytest.mark.parametrize(("make", "case"), marked(of_the_task(BAD_Y)))
def test_training_refuses_bad_targets(case, make, checkpoints):
    _, make_bad, message = BAD_Y[case]
    for train in (*training(case), validate_only, try_rates):
        estimator = ready(train, make, checkpoints)
        if make_bad() is not None or train not in (diagnose_unfitted, validate_only):
            assert_refused(message, train, estimator, EIGHTHS, make_bad(), None, [0, 1, 2])


@pytest.mark.parametrize(("make", "case"), marked(of_the_task(BAD_Y)))
def test_fitted_networks_refuse_bad_targets(case, make):
    """In the words of scikit-learn's metrics, as far as these are asked."""
    _, make_bad, message = BAD_Y[case]
    estimator = shared(make)
    assert_refused(None, score, estimator, EIGHTHS, make_bad(), None)
    if make_bad() is not None:
        for use in (trace_step, diagnose_fitted):
            assert_refused(message, use, estimator, EIGHTHS, make_bad(), None)


@EACH_READER
@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_training_refuses_bad_weights(case, make, checkpoints):
    make_bad, message = BAD_WEIGHTS[case]
    y = target(make)
    for train in (*training(case), validate_only):
        estimator = ready(train, make, checkpoints)
        assert_refused(message, train, estimator, EIGHTHS, y, make_bad(), [0, 1, 2])


@EACH_READER
@pytest.mark.parametrize("case", BAD_WEIGHTS)
def test_fitted_networks_refuse_bad_weights(case, make):
    make_bad, message = BAD_WEIGHTS[case]
    y = target(make)
    for use in (trace_step, diagnose_fitted):
        assert_refused(message, use, shared(make), EIGHTHS, y, make_bad())


COUNTED = {"1e308", "denormal"}
MANY = np.stack([LABELS, LABELS + 1], axis=1)


@pytest.mark.parametrize("y", [LABELS, MANY, np.eye(3, dtype=int)[LABELS]], ids=["1", "2", "set"])
def test_accuracy_with_bad_weights_is_refused(y):
    """Negative ones are counted, as scikit-learn's metrics count them."""
    clf = new(MLPClassifier).fit(EIGHTHS, y)
    for case, (make_bad, _) in BAD_WEIGHTS.items():
        if "negative" not in case and case not in COUNTED:
            assert_refused(None, score, clf, EIGHTHS, y, make_bad())


@pytest.mark.parametrize("y", [LABELS, MANY, np.eye(3, dtype=int)[LABELS]], ids=["1", "2", "set"])
def test_accuracy_against_other_targets_is_refused(y):
    clf = new(MLPClassifier).fit(EIGHTHS, y)
    for other in (y[:29], y[:1], with_entry(np.nan, y), y[..., None, None], WORDS[:29], None, "a"):
        assert_refused(None, score, clf, EIGHTHS, other, None)


@pytest.mark.parametrize("make", [make for make in ESTIMATORS if issubclass(make, ClassifierMixin)])
@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([], "classes"),
        (None, "classes must be passed"),
        ([0, 1], "classes not in"),
        ([0, 1, np.nan], "classes|NaN"),
        ([0, 1, None], "classes|label"),
        ([0, 1, "a"], "classes|label"),
        (3, "classes|got 3"),
        ("abc", "classes|got 'abc'|got abc"),
        ([[0, 1], [1, 2]], "columns|kind|classes"),
        ([0.5, 1.5], "classes|label"),
    ],
    ids=str,
)
def test_partial_fit_refuses_bad_classes(classes, message, make):
    assert_refused(message, partial_fit, new(make), EIGHTHS, LABELS, None, classes)


@pytest.mark.parametrize("make", [make for make in ESTIMATORS if issubclass(make, ClassifierMixin)])
def test_labels_never_seen_are_refused_in_validation_and_wrong_in_a_score(make):
    clf = new(make).fit(EIGHTHS, LABELS)
    right = clf.predict(EIGHTHS) == LABELS
    assert clf.score(EIGHTHS, np.where(LABELS == 0, 7, LABELS)) == (right & (LABELS > 0)).mean()
    for call in (trace_step, diagnose_fitted):
        assert_refused("`y` has classes not in", call, clf, EIGHTHS, LABELS + 1, None)
    assert_refused("`y` has classes not in", validate_only, new(make), EIGHTHS, LABELS + 1, None, 0)


# Displays, which take one sample.

BAD_SAMPLE = {
    "nan": (partial(with_entry, np.nan), "contains NaN"),
    "infinity": (partial(with_entry, np.inf), "contains infinity"),
    "strings": (lambda: np.full((30, 4), "a"), "could not convert|arrays of bytes/strings"),
    "complex": (lambda: X + 1j, "Complex data not supported"),
    "dates": (lambda: np.full((30, 4), np.datetime64("2020-01-01")), "got dates"),
    "masked": (lambda: np.ma.masked_array(X, mask=X < 9), "masked"),
    "short": (lambda: X[:, :3], r"must be one sample, of shape \(4,\).* got shape \(3,\)"),
    "a number": (lambda: X[0], r"must be one sample, of shape \(4,\).* got shape \(\)"),
}


@EACH
@pytest.mark.parametrize("case", BAD_SAMPLE)
def test_displays_refuse_bad_samples(case, make):
    make_bad, message = BAD_SAMPLE[case]
    bad, estimator = make_bad()[1], shared(make)
    displays = [SaliencyDisplay, NetworkDisplay, *([FeatureMapDisplay] if make in CNNS else [])]
    for display in displays:
        show = partial(display.from_estimator, plot=False)
        assert_refused(message, show, estimator, bad)
    explain = partial(SaliencyDisplay.from_estimator, sample=X[0], baseline=bad, plot=False)
    assert_refused(message, explain, estimator)


@EACH
def test_displays_refuse_samples_that_overflow(make):
    """Rather than to draw nan."""
    huge, estimator = np.full(4, 1e308), new(make).fit(EIGHTHS, target(make))
    estimator.coefs_ = [np.full_like(weight, 10.0) for weight in estimator.coefs_]
    show = partial(SaliencyDisplay.from_estimator, plot=False)
    assert_refused("must be finite", show, estimator, huge)
    assert_refused("must be finite", partial(show, sample=X[0], baseline=huge), estimator)
    assert_refused(
        "must be finite", partial(NetworkDisplay.from_estimator, plot=False), estimator, huge
    )
    if make in CNNS:
        show = partial(FeatureMapDisplay.from_estimator, plot=False)
        assert_refused("must be finite", show, estimator, huge)


NO_NETWORKS = [None, "a", MLPClassifier, make_pipeline(LogisticRegression()), LogisticRegression()]


@pytest.mark.parametrize(
    "look",
    [
        lambda other: trace(other, EIGHTHS, LABELS),
        lambda other: diagnose(other, EIGHTHS, LABELS),
        summary,
        partial(SaliencyDisplay.from_estimator, sample=X[0]),
        partial(FeatureMapDisplay.from_estimator, image=X[0]),
        FilterDisplay.from_estimator,
        NetworkDisplay.from_estimator,
        TrainingCurveDisplay.from_estimator,
        partial(GradientFlowDisplay.from_estimator, X=X, y=LABELS),
        partial(LearningRateDisplay.from_estimator, X=X, y=LABELS),
    ],
    ids=[
        *("trace", "diagnose", "summary", "saliency", "maps", "filters", "network", "curve"),
        *("flow", "rates"),
    ],
)
def test_what_looks_into_networks_refuses_all_else(look):
    for other in NO_NETWORKS:
        with pytest.raises(TypeError, match=r"^estimator must be a network of"):
            look(other)
