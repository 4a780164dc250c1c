"""Labels: their classes, several columns of them, decisions and scores."""

import pickle
import warnings

import numpy as np
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier as ScikitLearnClassifier
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import check_classification_targets

from sknn import MLPClassifier, SequentialClassifier
from sknn.estimators.labels import new_labels
from sknn.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
solvers = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
PARAMS = {"hidden_layer_sizes": 10, "random_state": 0, "learning_rate_init": 0.02}
NAMES = np.array(["ant", "bee", "cow", "dog"])


def problem(n=120, dtype=np.float64, strings=False):
    """(X, Y): three columns, of four, two and three classes."""
    X = np.random.default_rng(0).normal(size=(n, 4))
    quarter = 2 * (X[:, 0] > 0) + (X[:, 1] > 0)
    third = (X[:, 3] > 0.5).astype(int) + (X[:, 3] > -0.5)
    Y = np.column_stack([quarter, X[:, 2] > 0, third]).astype(int)
    return X.astype(dtype), NAMES[Y] if strings else Y


def raw_outputs(clf, X):
    hidden = np.maximum(X @ clf.coefs_[0] + clf.intercepts_[0], 0)
    return hidden @ clf.coefs_[1] + clf.intercepts_[1]


GROUPS = (slice(0, 4), slice(4, 6), slice(6, 9))


@pytest.mark.one_in(3)
@dtypes
@solvers
@pytest.mark.parametrize("strings", [False, True])
def test_columns_of_labels_are_learnt_together(strings, solver, dtype):
    X, Y = problem(dtype=dtype, strings=strings)
    clf = MLPClassifier(**PARAMS, solver=solver, max_iter=300).fit(X, Y)
    assert clf.score(X, Y) > 0.9
    assert isinstance(clf.classes_, list)
    for classes, column in zip(clf.classes_, Y.T, strict=True):
        assert_array_equal(classes, np.unique(column))
    assert clf.n_outputs_ == 9
    predicted = clf.predict(X)
    assert predicted.shape == Y.shape
    assert predicted.dtype == Y.dtype
    assert clf.score(X, Y) == np.mean(np.all(predicted == Y, axis=1))


@dtypes
def test_probabilities_are_a_list_of_the_softmax_of_each_group(dtype):
    X, Y = problem(dtype=dtype)
    clf = MLPClassifier(**PARAMS, max_iter=5).fit(X, Y)
    z = raw_outputs(clf, X)
    probabilities, logarithms = clf.predict_proba(X), clf.predict_log_proba(X)
    assert isinstance(probabilities, list)
    for at, p, log_p, column in zip(
        GROUPS, probabilities, logarithms, clf.predict(X).T, strict=True
    ):
        assert_allclose(p, softmax(z[:, at], axis=1), rtol=1e-4 if dtype == np.float32 else 1e-10)
        assert_allclose(np.exp(log_p), p, rtol=1e-5)
        assert_array_equal(column, p.argmax(axis=1))
        assert p.dtype == log_p.dtype == dtype


def test_logarithms_are_finite_where_probabilities_are_too_small():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, max_iter=5).fit(X, Y)
    for log_p in clf.predict_log_proba(1e4 * X):
        assert np.isfinite(log_p).all()


def test_a_single_class_is_predicted_whatever_the_output():
    X, _ = problem()
    clf = MLPClassifier(**PARAMS, max_iter=2).fit(X, np.full(len(X), "bee"))
    for output in (5.0, -5.0):
        clf.coefs_[-1][:], clf.intercepts_[-1][:] = 0, output
        assert set(clf.predict(X)) == {"bee"}


def test_weights_of_the_classes_of_each_column_are_checked():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, class_weight=[{0: 1.0}, {0: 1.0}, {1: -2.0}])
    with pytest.raises(ValueError, match=r"non-negative numbers, got -2\.0 for class 1"):
        clf.fit(X, Y)


def test_one_column_alone_is_as_if_it_were_not_a_column():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, max_iter=3)
    plain = clone(clf).fit(X, Y[:, 0])
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        column = clone(clf).fit(X, Y[:, :1])
    assert_array_equal(column.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("strings", [False, True])
def test_partial_fit_calls_are_one_fit(strings):
    X, Y = problem(strings=strings)
    whole = MLPClassifier(**PARAMS, max_iter=4, tol=0, n_iter_no_change=np.inf).fit(X, Y)
    parts = MLPClassifier(**PARAMS)
    for call in range(4):
        first = {"classes": whole.classes_} if call == 0 else {}
        parts = pickle.loads(pickle.dumps(parts.partial_fit(X, Y, **first)))
    for one, other in zip(parts.coefs_, whole.coefs_, strict=True):
        assert_array_equal(one, other)
    assert parts.loss_curve_ == whole.loss_curve_


def test_partial_fit_may_see_some_of_the_classes_only():
    X, Y = problem()
    classes = [np.arange(4), np.arange(2), np.arange(3)]
    some = np.flatnonzero((Y[:, 0] < 2) & (Y[:, 2] < 2))
    clf = MLPClassifier(**PARAMS)
    clf.partial_fit(X[some], Y[some], classes=classes)  # looks like an indicator matrix
    assert clf.n_outputs_ == 9
    for _ in range(150):
        clf.partial_fit(X, Y)
    assert clf.score(X, Y) > 0.9


def test_partial_fit_with_other_classes_raises():
    X, Y = problem()
    classes = [np.arange(4), np.arange(2), np.arange(3)]
    clf = MLPClassifier(**PARAMS).partial_fit(X, Y, classes=classes)
    clf.partial_fit(X, Y, classes=classes)
    for others in (classes[:2], [np.arange(4), np.arange(2), np.arange(4)]):
        with pytest.raises(ValueError, match="not the same as on last call"):
            clf.partial_fit(X, Y, classes=others)
    with pytest.raises(ValueError, match=r"not in `self\.classes_`"):
        clf.partial_fit(X, Y + 1)


def test_labels_of_another_kind_raise_when_going_on():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, max_iter=2, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="3 columns of labels"):
        clf.fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="3 columns of labels"):
        clf.fit(X, Y[:, :2])
    single = MLPClassifier(**PARAMS, max_iter=2, warm_start=True).fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="one label per sample"):
        single.fit(X, Y)
    indicators = MLPClassifier(**PARAMS, max_iter=2, warm_start=True).fit(X, Y > 0)
    for others in (Y[:, 1], Y[:, :2] > 0):
        with pytest.raises(ValueError, match="an indicator matrix of 3 labels"):
            indicators.fit(X, others)


def test_going_on_without_some_of_the_classes_raises():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, max_iter=2, warm_start=True).fit(X, Y[:, 0])
    some = Y[:, 0] < 3
    with pytest.raises(ValueError, match="the same classes as in the previous call to fit"):
        clf.fit(X[some], Y[some, 0])


def test_only_class_there_is_is_certain():
    X, _ = problem()
    clf = MLPClassifier(**PARAMS, max_iter=1).fit(X, np.full(len(X), "ant"))
    assert set(clf.predict(X)) == {"ant"}
    assert_array_equal(clf.predict_proba(X), np.ones((len(X), 1)))
    assert_array_equal(clf.predict_log_proba(X), np.zeros((len(X), 1)))


def test_outputs_at_the_threshold_are_decided_as_scikit_learn_does():
    """For the first class of two, and against a label."""
    X, Y = problem()
    for y in (Y[:, 1], Y > 0):
        clf = MLPClassifier(**PARAMS, max_iter=1).fit(X, y)
        theirs = ScikitLearnClassifier(**PARAMS, max_iter=1).fit(X, y)
        for array in clf.coefs_ + clf.intercepts_ + theirs.coefs_ + theirs.intercepts_:
            array[...] = 0
        assert_array_equal(clf.predict(X), theirs.predict(X))
        assert not clf.predict(X).any()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_copies_and_searches_take_columns_of_labels(early_stopping):
    X, Y = problem(strings=True)
    clf = MLPClassifier(**PARAMS, max_iter=5, early_stopping=early_stopping)
    fitted = clone(clf).fit(X, Y)
    copied = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(copied.predict(X), fitted.predict(X))
    search = GridSearchCV(clf, {"alpha": [1e-4, 1.0]}, cv=2, error_score="raise").fit(X, Y)
    assert_array_equal(search.predict(X).shape, Y.shape)


def test_score_of_columns_weighs_samples():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, max_iter=5).fit(X, Y)
    times = np.random.default_rng(0).integers(0, 4, len(X))
    repeated = clf.score(np.repeat(X, times, axis=0), np.repeat(Y, times, axis=0))
    assert_allclose(clf.score(X, Y, times), repeated, rtol=1e-12)


def test_score_against_labels_of_another_kind_raises():
    X, Y = problem()
    clf = MLPClassifier(**PARAMS, max_iter=1).fit(X, Y)
    with pytest.raises(
        ValueError, match=r"y must hold labels of the same type as classes_, int64, got <U3"
    ):
        clf.score(X, NAMES[Y])
    clf = MLPClassifier(**PARAMS, max_iter=1).fit(X, NAMES[Y])
    with pytest.raises(ValueError, match=r"y must hold labels of the same type .*, <U3, got int64"):
        clf.score(X, Y)


def test_frames_of_labels_are_taken():
    pd = pytest.importorskip("pandas")
    X, Y = problem(strings=True)
    clf = MLPClassifier(**PARAMS, max_iter=5)
    framed = clone(clf).fit(X, pd.DataFrame(Y, columns=["a", "b", "c"]))
    plain = clone(clf).fit(X, Y)
    assert_array_equal(framed.predict(X), plain.predict(X))
    assert framed.score(X, pd.DataFrame(Y)) == plain.score(X, Y)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_label_smoothing_and_weights_of_columns_are_those_of_each_head(smoothing):
    X, Y = problem()
    weight = np.random.default_rng(0).uniform(size=len(X))
    params = {"batch_size": len(X), "alpha": 0, "max_iter": 1, "learning_rate_init": 1e-300}
    clf = MLPClassifier(10, label_smoothing=smoothing, random_state=0, **params).fit(X, Y, weight)
    z, loss = raw_outputs(clf, X), 0
    for at, column in zip(GROUPS, Y.T, strict=True):
        p = softmax(z[:, at], axis=1)
        k = p.shape[1]
        target = (1 - smoothing) * np.eye(k)[column] + smoothing / k
        loss += np.average(-(target * np.log(p)).sum(axis=1), weights=weight)
    assert_allclose(clf.loss_, loss, rtol=1e-10)


def test_sequential_classifier_takes_columns_of_labels():
    X, Y = problem()
    params = {"max_iter": 3, "random_state": 0}
    mlp = MLPClassifier(10, **params).fit(X, Y)
    stack = SequentialClassifier([Dense(10)], **params).fit(X, Y)
    for one, other in zip(stack.predict_proba(X), mlp.predict_proba(X), strict=True):
        assert_array_equal(one, other)


def test_score_takes_strings_as_objects_or_not():
    X, Y = problem(strings=True)
    clf = MLPClassifier(10, max_iter=3, random_state=0).fit(X, Y.astype(object))
    accuracy = np.mean((clf.predict(X) == Y).all(axis=1))
    assert clf.score(X, Y) == clf.score(X, Y.astype(object)) == accuracy


COLUMNS = {  # labels of one column, as users have them
    "int64": np.array([3, 1, 3, -7]),
    "int8": np.array([3, 1, 3, 0], np.int8),
    "big-endian": np.array([3, 1, 3, 0], ">i4"),
    "uint8, two": np.array([3, 200, 3], np.uint8),
    "bool": np.array([True, False, True]),
    "one": np.array([5, 5]),
    "strings with room": np.array(["b", "aa", "b"], "U10"),
    "strings, three": np.array(["b", "aa", "c"]),
    "objects": np.array(["b", "aa", "c"], object),
    "floats": np.array([1.0, 0.0, 1.0]),
    "many": np.arange(40) // 3,
}


@pytest.mark.parametrize("y", COLUMNS.values(), ids=COLUMNS)
def test_labels_of_one_column_are_those_of_label_binarizer(y):
    wanted, found = LabelBinarizer().fit(y), new_labels(y).binarizer
    assert_array_equal(found.classes_, wanted.classes_, strict=True)
    assert (found.y_type_, found.sparse_input_) == (wanted.y_type_, wanted.sparse_input_)
    assert_array_equal(found.transform(y), wanted.transform(y))


@pytest.mark.parametrize("n_classes", [10, 11, 12, 20])
def test_labels_that_look_like_numbers_are_warned_of_as_by_scikit_learn(n_classes):
    y = np.minimum(np.arange(22), n_classes - 1)
    with warnings.catch_warnings(record=True) as wanted:
        warnings.simplefilter("always")
        check_classification_targets(y)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        assert_array_equal(new_labels(y).classes, np.arange(n_classes))
    assert [str(one.message) for one in found] == [str(one.message) for one in wanted]


@pytest.mark.parametrize(
    ("names", "y"),
    {
        "integers": ([0, 1, 2], np.array([0, 2, 2, 1, 0, 1])),
        "a class unseen": ([0, 1, 2], np.array([0, 9, 2, 1, 0, 1])),
        "another dtype": ([0, 1, 2], np.array([0, 2, 2, 1, 0, 1], np.uint8)),
        "floats": ([0, 1, 2], np.array([0.0, 2, 2, 1, 0, 1])),
        "a list": ([0, 1, 2], [0, 2, 2, 1, 0, 1]),
        "strings": (["a", "b", "ccc"], np.array(["a", "b", "ccc", "a", "b", "b"])),
        "longer strings": (["a", "b", "ccc"], np.array(["a", "b", "ccccccc", "a", "b", "b"])),
        "objects": (["a", "b", "ccc"], np.array(["a", "b", "ccc", "a", "b", "b"], object)),
    }.values(),
)
@pytest.mark.parametrize("sample_weight", [None, [1, 2, 3, 4, 5, 6]])
def test_score_is_the_accuracy(names, y, sample_weight):
    X = np.random.default_rng(0).normal(size=(6, 3))
    clf = MLPClassifier(max_iter=1, random_state=0).fit(X, np.take(names, [0, 1, 2, 0, 1, 2]))
    wanted = accuracy_score(y, clf.predict(X), sample_weight=sample_weight)
    score = clf.score(X, y, sample_weight)
    assert type(score) is float
    assert score == wanted


OTHER_TYPE = needs_scikit_learn("1.9", "an accuracy_score that refuses labels of another type")


@pytest.mark.parametrize(
    "y", [pytest.param(np.array(["a"] * 6), marks=OTHER_TYPE), np.array([0, 1, 2, 0, 1])]
)
def test_score_refuses_what_accuracy_refuses(y):
    X = np.random.default_rng(0).normal(size=(6, 3))
    clf = MLPClassifier(max_iter=1, random_state=0).fit(X, [0, 1, 2, 0, 1, 2])
    with pytest.raises((TypeError, ValueError)) as wanted:
        accuracy_score(y, clf.predict(X))
    with pytest.raises((TypeError, ValueError)) as found:
        clf.score(X, y)
    assert str(found.value) == str(wanted.value)


def test_score_in_training_decides_at_the_threshold_as_prediction_does():
    z = np.array([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]])
    labels = new_labels(np.array([[1, 0], [1, 1], [0, 1]]))
    predicted = labels.predict(z, None)
    assert_array_equal(predicted, [[0, 1], [0, 0], [1, 0], [0, 0]])
    assert labels.correct(z, predicted).all()
    assert not labels.correct(z, 1 - predicted).any()


@pytest.mark.parametrize("known", [np.arange(3), np.array(["a", "b", "c"]), np.array([-5, 0, 9])])
def test_labels_after_the_first_call_are_known_ones_in_any_order(known):
    X = np.random.default_rng(0).normal(size=(6, 4))
    clf = MLPClassifier(**PARAMS).partial_fit(X, known[[2, 0, 1, 1, 0, 2]], classes=known)
    once = clone(clf).partial_fit(X, known[[2, 0, 1, 1, 0, 2]], classes=list(known))
    for each in (clf, once):
        each.partial_fit(X, known[[1, 1, 1, 2, 2, 1]], classes=known.tolist())
    assert_array_equal(clf.coefs_[0], once.coefs_[0])
    for unknown in (7, "b2", "zz"):
        y = np.array([*known[:1], unknown])
        with pytest.raises(ValueError, match=r"`y` has classes not in `self\.classes_`"):
            clf.partial_fit(X[:2], y)


@pytest.mark.parametrize("others", [[0, 1], [0, 1, 3], [2, 1, 0, 5], ["0", "1", "2"]])
def test_other_classes_than_those_of_the_first_call_are_refused(others):
    X, y = np.random.default_rng(0).normal(size=(6, 4)), np.arange(6) % 3
    clf = MLPClassifier(**PARAMS).partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
        clf.partial_fit(X, y, classes=others)
    clf.partial_fit(X, y, classes=[2, 1, 0])  # the same, in another order


@needs_scikit_learn("1.8", "that warning when classes are given")
def test_many_classes_in_few_rows_are_warned_of_in_every_call():
    X, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30)
    clf = MLPClassifier(**PARAMS)
    for _ in range(2):
        with pytest.warns(UserWarning, match="number of unique classes is greater than 50%"):
            clf.partial_fit(X, y, classes=y)
