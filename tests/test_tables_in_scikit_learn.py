"""The estimators for tables among scikit-learn's tools, in files, and on hard tables."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, random_array
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from sknn import TabularClassifier, TabularRegressor, load, save
from sknn.inspection import summary, trace

RANDOM = np.random.RandomState(0)
N = 60
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
X = RANDOM.normal(size=(N, 2))
FRAME = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": RANDOM.choice(list("xyz"), N)})
LABELS = np.array(["low", "mid", "high"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def _classifier(**params):
    return TabularClassifier(**{**SMALL, **params})


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
    assert "one of 2 members, on 5 columns from 3 features" in told
    assert "scale1" in told
    # 2 numbers with 3 more each and 3 one-hot columns: 11 inputs, scaled
    layers = (2 * (16 * 2 + 16 * 3 + 3), 11, 11 * 8 + 8 + 8, 0, 8 * 3 + 3)
    assert [row.n_parameters for row in summary(clf).rows] == list(layers)
    with pytest.raises(TypeError, match="must be a single network, got TabularClassifier"):
        trace(clf, FRAME, LABELS)


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


def _sparse(n, n_columns, share):
    rng = np.random.default_rng(0)
    return random_array((n, n_columns), density=share, format="csr", random_state=rng)


@pytest.mark.parametrize("n_columns", [20, 300])  # periodic embeddings, and none
def test_sparse_tables_are_fitted_and_predicted_as_dense_ones(n_columns):
    table = _sparse(N, n_columns, 0.1).toarray()
    table[:, 0] = X[:, 0]  # no column of zeros
    table[:, 1] = np.arange(N) % 12  # codes
    table[3, 2] = np.nan
    wide, settings = csr_array(table), {"categorical_features": [1]}
    dense, sparse = (
        _classifier(**settings).fit(x, LABELS, X_val=x[:9], y_val=LABELS[:9]) for x in (table, wide)
    )
    assert_array_equal(sparse._model.theta, dense._model.theta)
    assert_array_equal(sparse.validation_scores_, dense.validation_scores_)
    assert_array_equal(sparse.predict_proba(wide), dense.predict_proba(table))
    many = np.tile(table, (20, 1))  # more than are predicted in float64
    assert_array_equal(sparse.predict_proba(csr_array(many)), dense.predict_proba(many))


def test_piecewise_linear_embeddings_of_sparse_columns():
    wide = _sparse(N, 8, 0.5)
    both = [
        _classifier(numeric_embedding="piecewise_linear").fit(x, LABELS)
        for x in (wide, wide.toarray())
    ]
    assert_array_equal(*(clf._model.theta for clf in both))


def _most_memory(n, n_columns, **settings):
    """Bytes that a fit to a sparse table, and predictions for it, take at most."""
    wide, y = _sparse(n, n_columns, 0.002), np.arange(n) % 2
    tracemalloc.start()
    _classifier(max_iter=1, **settings).fit(wide, y).predict(wide)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_sparse_tables_are_never_dense_as_a_whole(monkeypatch):
    for bound in ("tabular.encoding.CHUNK", "nn.model.CACHE", "nn.model.ONE_PASS"):
        monkeypatch.setattr(f"sknn.{bound}", 2**15)
    monkeypatch.setattr("sknn.tabular.members.ADAPTED", 16)
    monkeypatch.setattr("sknn.nn.model.LEAST", 16)
    whole = 1500 * 800 * 4  # in float32
    assert _most_memory(1500, 800, n_estimators=1, batch_size=16) < whole / 2


@pytest.mark.slow
def test_text_of_5000_words_is_never_dense_as_a_whole():
    whole = 8000 * 5000 * 4
    assert _most_memory(8000, 5000, n_estimators=2) < whole / 2


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
