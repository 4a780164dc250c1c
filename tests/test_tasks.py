"""The two estimators for tables: what they predict, learn and refuse."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from scipy.special import softmax
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from sknn import TabularClassifier, TabularRegressor, load, save
from sknn.inspection import diagnose, summary
from sknn.tabular import tasks

RANDOM = np.random.RandomState(0)
N = 60
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
X = RANDOM.normal(size=(N, 2))
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": RANDOM.choice(list("xyz"), N)})
LABELS = np.array(["low", "mid", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def _classifier(**params):
    return TabularClassifier(**{**SMALL, **params})


def _regressor(**params):
    return TabularRegressor(**{**SMALL, **params})


# Steps of mini-batches see weights and repetitions differently.
EXPECTED = {
    f"check_sample_weight_equivalence_on_{kind}_data": "mini-batches and dropout draw by row"
    for kind in ("dense", "sparse")
}


@pytest.mark.slow
@pytest.mark.parametrize("estimator", [TabularClassifier, TabularRegressor])
def test_checks_of_scikit_learn_pass(estimator):
    check_estimator(
        estimator(n_estimators=2, hidden_layer_sizes=(16,), max_iter=8, random_state=0),
        expected_failed_checks=EXPECTED,
        on_skip=None,
    )


# Classification


def test_probabilities_are_the_mean_over_members():
    clf = _classifier(n_estimators=5, max_iter=8).fit(FRAME, LABELS)
    expected = softmax(clf._outputs(FRAME) / clf.temperature_, axis=-1).mean(axis=0)
    p = clf.predict_proba(FRAME)
    assert_allclose(p, expected, rtol=1e-10)
    assert_allclose(clf.predict_log_proba(FRAME), np.log(expected), rtol=1e-8)
    assert_array_equal(clf.predict(FRAME), np.array(["high", "low", "mid"])[p.argmax(axis=1)])
    assert clf.score(FRAME, LABELS) == accuracy_score(LABELS, clf.predict(FRAME))


def test_temperature_suits_what_members_did_not_see():
    y = (X[:, 0] > 0).astype(int)
    smoothed = {"n_estimators": 5, "max_iter": 30, "label_smoothing": 0.4}
    clf = _classifier(**smoothed).fit(X, y)
    assert clf.temperature_ < 0.8  # heavy smoothing makes outputs unsure
    plain = _classifier(**smoothed, calibrate=False).fit(X, y)
    assert plain.temperature_ == 1.0
    z = plain._outputs(X)
    assert_allclose(clf.predict_proba(X), softmax(z / clf.temperature_, axis=-1).mean(axis=0))


def test_scores_of_epochs_are_those_of_scikit_learn():
    z, y = RANDOM.normal(size=(20, 3)), np.eye(3)[RANDOM.randint(3, size=20)]
    weight, p = RANDOM.rand(20), softmax(z, axis=1)
    mean = {None: np.mean, "w": lambda own: np.average(own, weights=weight)}
    for key, average in mean.items():
        given = None if key is None else weight
        own = {name: score(z, y, given) for name, score in tasks.SCORES.items()}
        assert own["neg_brier_score"] == pytest.approx(-average(((p - y) ** 2).sum(axis=1)))
        assert own["neg_log_loss"] == pytest.approx(average(np.log(p[y == 1])))
        assert own["accuracy"] == pytest.approx(average(z.argmax(axis=1) == y.argmax(axis=1)))
        t = z[:, :1]
        own = {name: score(t, t * 0 + 1, given) for name, score in tasks.ERRORS.items()}
        squares, gaps = average(((t - 1) ** 2)[:, 0]), average(np.abs(t - 1)[:, 0])
        assert own["neg_root_mean_squared_error"] == pytest.approx(-(squares**0.5))
        assert own["neg_mean_absolute_error"] == pytest.approx(-gaps)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_scoring_says_by_which_score_epochs_are_kept(scoring):
    clf = _classifier(max_iter=6, scoring=scoring).fit(FRAME, LABELS)
    best = clf.validation_scores_[clf.best_iter_ - 1, [0, 1]]
    assert_array_equal(best, clf.validation_scores_.max(axis=0))
    if scoring == "accuracy":  # counts of twelve
        assert_allclose(clf.validation_scores_ * 12 % 1 % 1, 0, atol=1e-9)
        ties = clf.validation_scores_[clf.best_iter_.max() :, clf.best_iter_.argmax()]
        assert (ties < best[clf.best_iter_.argmax()]).all()  # the last of equal ones is kept


def test_balanced_weights_are_those_written_out():
    y = (X[:, 0] > 1).astype(int)
    n = np.bincount(y)
    weight = (N / (2 * n))[y]
    expected = _classifier().fit(FRAME, y, sample_weight=weight).predict_proba(FRAME)
    for class_weight in ("balanced", {0: N / (2 * n[0]), 1: N / (2 * n[1])}):
        found = _classifier(class_weight=class_weight).fit(FRAME, y).predict_proba(FRAME)
        assert_array_equal(found, expected)
    twice = np.where(y, 2.0, 1.0)
    both = _classifier(class_weight={0: 1, 1: 3}).fit(FRAME, y, sample_weight=twice)
    product = _classifier().fit(FRAME, y, sample_weight=np.where(y, 6.0, 1.0))
    assert_array_equal(both.predict_proba(FRAME), product.predict_proba(FRAME))
    counts = np.bincount(y, weights=twice)
    both = _classifier(class_weight="balanced").fit(FRAME, y, sample_weight=twice)
    product = _classifier().fit(FRAME, y, sample_weight=twice * (counts.sum() / (2 * counts))[y])
    assert_array_equal(both.predict_proba(FRAME), product.predict_proba(FRAME))
    with pytest.raises(ValueError, match="class_weight must be positive"):
        _classifier(class_weight={0: 0, 1: 1}).fit(FRAME, y)


@pytest.mark.parametrize(
    "labels",
    [
        np.where(X[:, 0] > 0, "yes", "no"),
        np.where(X[:, 0] > 0, "yes", "no").astype(object),
        X[:, 0] > 0,
        np.digitize(X[:, 0], [-1, 0, 1]) * 10 - 5,
        pd.Series(pd.Categorical(np.where(X[:, 0] > 0, "yes", "no"))),
        [["a"], ["b"]] * (N // 2),
    ],
)
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_labels_of_any_kind_come_back(labels):
    clf = _classifier().fit(FRAME, labels)
    assert_array_equal(clf.classes_, np.unique(np.asarray(labels)))
    assert set(clf.predict(FRAME)) <= set(np.unique(np.asarray(labels)))


@pytest.mark.filterwarnings("ignore:The number of unique classes")  # of scikit-learn
def test_one_class_and_many_classes():
    clf = _classifier().fit(FRAME, ["only"] * N)
    assert_array_equal(clf.predict_proba(FRAME), np.ones((N, 1)))
    y = np.arange(N) % 40  # most classes have one row, so folds lack them
    p = _classifier().fit(FRAME, y).predict_proba(FRAME)
    assert p.shape == (N, 40)
    assert_allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("estimator", "y", "told"),
    [
        (TabularClassifier, np.zeros((N, 2), int), "sklearn.multioutput.MultiOutputClassifier"),
        (TabularRegressor, np.zeros((N, 2)), "sklearn.multioutput.MultiOutputRegressor"),
        (TabularClassifier, X[:, 0], "Unknown label type"),
        (
            TabularClassifier,
            np.array([None, *LABELS[1:]], dtype=object),
            "Input y contains NaN, None or NA",
        ),
        (TabularRegressor, np.r_[np.nan, X[1:, 0]], "Input y contains NaN"),
        (TabularRegressor, np.r_[np.inf, X[1:, 0]], "Input y contains infinity"),
        (TabularRegressor, LABELS, "could not convert string"),
        (TabularRegressor, None, "requires y to be passed"),
    ],
)
def test_targets_that_cannot_be_are_refused(estimator, y, told):
    with pytest.raises(ValueError, match=told):
        estimator(**SMALL).fit(FRAME, y)


# Regression


def test_predictions_are_the_mean_of_members_within_the_range_of_y():
    y = np.exp(3 * X[:, 0]) * 100
    reg = _regressor(max_iter=30).fit(FRAME, y)
    z = reg._outputs(FRAME)[..., 0] * y.std() + y.mean()
    assert (z < y.min()).any()  # or the next line says nothing
    assert_allclose(reg.predict(FRAME), np.clip(z, y.min(), y.max()).mean(axis=0), rtol=1e-6)
    assert reg.score(FRAME, y) == r2_score(y, reg.predict(FRAME))


def test_validation_error_is_that_of_clipped_predictions():
    y = np.exp(3 * X[:, 0]) * 100
    reg = _regressor(n_estimators=5, max_iter=20).fit(FRAME, y)
    members = reg._outputs(FRAME)[..., 0] * y.std() + y.mean()
    members = np.clip(members, y.min(), y.max())
    best = reg.validation_scores_[reg.best_iter_ - 1, np.arange(5)]
    for own, score in zip(members, best, strict=True):
        held_out = np.abs(own - reg.oof_prediction_) <= 1e-3 * y.std()
        assert held_out.sum() >= 12
        errors = (own - y)[held_out]
        if held_out.sum() == 12:  # clipped predictions of two members may be equal
            assert score == pytest.approx(-np.sqrt(np.mean(errors**2)) / y.std(), rel=1e-3)
    assert reg.oof_score_ == pytest.approx(r2_score(y, reg.oof_prediction_), rel=1e-5)


def test_outputs_are_scored_within_the_range_of_y():
    reg, y = _regressor(), np.array([1.0, 3.0, 3.0, 9.0])
    targets, _ = reg._learn_targets(y)
    assert_allclose(targets[:, 0], (y - 4.0) / 3.0)  # the deviation of y is 3
    z = np.array([[-50.0], [0.5], [0.0], [50.0]])
    errors = np.array([0.0, (4 + 3 * 0.5 - 3.0) / 3, (4 - 3.0) / 3, 0.0])  # the first is cut to 1
    assert reg._scoring()(z, targets, None) == pytest.approx(-np.sqrt(np.mean(errors**2)))


@pytest.mark.parametrize("size", [1e-200, 1e-5, 1e5, 1e300])
def test_targets_of_any_size_are_learnt_alike(size):
    plain = _regressor().fit(FRAME, X[:, 0]).predict(FRAME)
    assert_allclose(_regressor().fit(FRAME, X[:, 0] * size).predict(FRAME) / size, plain, rtol=1e-3)


def test_a_constant_target_is_predicted():
    assert_array_equal(_regressor().fit(FRAME, np.full(N, 7.5)).predict(FRAME), 7.5)


def test_absolute_error_as_scoring():
    reg = _regressor(max_iter=5, scoring="neg_mean_absolute_error").fit(FRAME, X[:, 0])
    root = _regressor(max_iter=5).fit(FRAME, X[:, 0])
    assert (reg.validation_scores_ > root.validation_scores_).all()  # mean <= root mean square


# Among scikit-learn's tools


@pytest.mark.parametrize("estimator", [TabularClassifier, TabularRegressor])
def test_saved_and_pickled_estimators_predict_the_same(estimator, tmp_path):
    frame = FRAME.assign(many=[f"level {i % 20}" for i in range(N)], flag=X[:, 1] > 0)
    frame.loc[::7, "a"] = np.nan
    y = LABELS if estimator is TabularClassifier else X[:, 0]
    model = estimator(**SMALL, activation="tanh").fit(frame, y)
    save(model, tmp_path / "model.sknn")
    for again in (load(tmp_path / "model.sknn"), pickle.loads(pickle.dumps(model))):
        assert_array_equal(again.predict(frame), model.predict(frame))
        assert_array_equal(again.transform(frame[::-1]), model.transform(frame[::-1]))
        assert_array_equal(again.oof_prediction_, model.oof_prediction_)
        assert again.get_params() == model.get_params()
        assert vars(again).keys() == vars(model).keys()
    save(estimator(), tmp_path / "unfitted.sknn")
    assert load(tmp_path / "unfitted.sknn").get_params() == estimator().get_params()


def test_pipelines_searches_and_output_of_frames():
    pipeline = make_pipeline(
        FunctionTransformer(lambda frame: frame.drop(columns="b")), _classifier()
    )
    search = GridSearchCV(pipeline, {"tabularclassifier__dropout": [0.0, 0.3]}, cv=2)
    search.fit(FRAME, LABELS)
    assert search.best_estimator_[-1].feature_names_in_.tolist() == ["a", "c"]
    assert search.predict(FRAME).shape == (N,)
    features = _classifier().set_output(transform="pandas").fit(FRAME, LABELS).transform(FRAME)
    assert list(features.columns[:2]) == ["tabularclassifier0", "tabularclassifier1"]
    assert features.shape == (N, 16)


def test_looking_inside():
    clf = _classifier().fit(FRAME, LABELS)
    told = str(summary(clf))
    assert "one of 2 members, on 5 columns made of 3 features" in told
    assert "scale1" in told
    # 2 numbers with 3 more each and 3 one-hot columns: 11 inputs, scaled
    layers = (2 * (16 * 2 + 16 * 3 + 3), 11, 11 * 8 + 8 + 8, 0, 8 * 3 + 3)
    assert [row.n_parameters for row in summary(clf).rows] == list(layers)
    with pytest.raises(TypeError, match="must be a single network, got TabularClassifier"):
        diagnose(clf, FRAME, LABELS)


def test_defaults_learn_more_than_a_line():
    data, y = load_iris(return_X_y=True)
    train, test, y_train, y_test = train_test_split(data, y, random_state=0, stratify=y)
    clf = TabularClassifier(n_estimators=4, max_iter=32, random_state=0).fit(train, y_train)
    assert clf.score(test, y_test) >= 0.94
    data, y = load_diabetes(return_X_y=True, scaled=False)
    train, test, y_train, y_test = train_test_split(data, y, random_state=0)
    reg = TabularRegressor(n_estimators=4, max_iter=24, random_state=0).fit(train, y_train)
    assert reg.score(test, y_test) > 0.3  # ridge regression has about 0.36


# Hard tables


def test_wide_sparse_tables():
    rng = np.random.default_rng(0)
    wide = csr_array(np.where(rng.random((40, 600)) < 0.05, rng.random((40, 600)), 0))
    clf = _classifier(n_estimators=1).fit(wide, np.arange(40) % 2)
    assert clf.predict(wide).shape == (40,)


@pytest.mark.parametrize(
    "column",
    [
        np.full(N, np.nan),
        np.full(N, 3.0),
        X[:, 0] * 1e300,
        np.exp(20 * X[:, 0]),
        np.arange(N) % 7,
        [f"row {i}" for i in range(N)],
        [None] * N,
        [True] * N,
        pd.Categorical([None] * N, categories=["x"]),
        ["x"] * (N - 1) + [None],
    ],
)
def test_hard_columns_are_taken(column):
    frame = FRAME.assign(hard=column)
    clf = _classifier().fit(frame, LABELS)
    later = frame[:3].assign(hard=[None, column[0], column[-1]])
    assert np.isfinite(clf.predict_proba(later)).all()
    alone = _classifier().fit(frame[["hard"]], LABELS)
    assert_allclose(alone.predict_proba(later[["hard"]]).sum(axis=1), 1)
