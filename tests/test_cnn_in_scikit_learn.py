"""CNNs in the hands of scikit-learn's tools: metrics, searches, pipelines."""

import numpy as np
import pytest
from cnns import BOTH, assert_same_weights, problem, small
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sknn import CNNClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_score_is_the_share_on_the_diagonal_of_the_confusion_matrix():
    X, y = problem(n=200)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    clf = small(CNNClassifier, max_iter=20, learning_rate_init=0.01).fit(X_train, y_train)
    matrix = confusion_matrix(y_test, clf.predict(X_test), labels=clf.classes_)
    assert clf.score(X_test, y_test) == matrix.trace() / len(y_test) > 0.8


@BOTH
def test_cross_validation_of_images_is_that_of_fits_by_hand(make):
    X, y = problem(make)
    cv = KFold(3)
    estimator = small(make)
    scores = cross_val_score(estimator, X, y, cv=cv)
    predicted = cross_val_predict(estimator, X, y, cv=cv)
    for score, (train, test) in zip(scores, cv.split(X), strict=True):
        fitted = clone(estimator).fit(X[train], y[train])
        assert_allclose(score, fitted.score(X[test], y[test]))
        assert_allclose(predicted[test], fitted.predict(X[test]))


GRID = {
    "filters": [(3,), (2, 4)],
    "kernel_size": [1, 3],
    "activation": ["relu", "tanh"],
    "learning_rate_init": [0.001, 0.01],
}


@BOTH
def test_grid_search_finds_the_best_of_fits_by_hand(make):
    X, y = problem(make)
    estimator = small(make, max_iter=5)
    search = GridSearchCV(estimator, GRID, cv=2, error_score="raise").fit(X, y)
    results = search.cv_results_
    assert len(results["params"]) == 16
    for params, score in list(zip(results["params"], results["mean_test_score"], strict=True))[::5]:
        by_hand = cross_val_score(clone(estimator).set_params(**params), X, y, cv=2)
        assert_allclose(score, by_hand.mean())
    best = clone(estimator).set_params(**search.best_params_).fit(X, y)
    assert_same_weights(search.best_estimator_, best)
    assert_array_equal(search.predict(X), best.predict(X))


@pytest.mark.slow
@BOTH
def test_grid_search_on_several_processes_is_that_on_one(make):
    X, y = problem(make)
    grid = {"filters": GRID["filters"], "learning_rate_init": GRID["learning_rate_init"]}
    estimator = small(make, normalization="batch", dropout=0.1, augment="shift")
    alone, together = (
        GridSearchCV(estimator, grid, cv=2, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2)
    )
    name = "mean_test_score"
    assert_array_equal(together.cv_results_[name], alone.cv_results_[name])
    assert_same_weights(together.best_estimator_, alone.best_estimator_)


@BOTH
def test_flat_images_go_through_a_pipeline(make):
    X, y = problem(make)
    X = X.reshape(len(X), -1)
    network = small(make, input_shape=(8, 8))
    pipeline = make_pipeline(StandardScaler(), network).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    assert_same_weights(pipeline[-1], clone(network).fit(scaled, y))
    assert pipeline.score(X, y) == pipeline[-1].score(scaled, y)


def test_images_go_through_a_pipeline_and_a_grid_reaches_in():
    X, y = problem()
    steps = [("brighter", FunctionTransformer(np.sqrt)), ("cnn", small(CNNClassifier))]
    search = GridSearchCV(Pipeline(steps), {"cnn__filters": [(2,), (3,)]}, cv=2).fit(X, y)
    best = search.best_estimator_
    assert best[-1].coefs_[0].shape[-1] == search.best_params_["cnn__filters"][0]
    assert_array_equal(search.predict(X), best[-1].predict(np.sqrt(X)))


def test_network_extracts_features_for_another_model():
    X, y = problem(n=150)
    network = small(CNNClassifier, max_iter=20, learning_rate_init=0.01, hidden_layer_sizes=(20,))
    pipeline = make_pipeline(network, LogisticRegression()).fit(X, y)
    assert pipeline[-1].coef_.shape == (3, 20)
    assert pipeline.score(X, y) > 0.9


def test_validation_images_go_through_a_pipeline_with_routing():
    X, y = problem()
    with config_context(enable_metadata_routing=True):
        network = small(CNNClassifier).set_fit_request(X_val=True, y_val=True)
        scale = FunctionTransformer(np.sqrt)
        pipeline = make_pipeline(scale, network, transform_input=["X_val"])
        pipeline.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
        direct = small(CNNClassifier)
        direct.fit(np.sqrt(X[:40]), y[:40], X_val=np.sqrt(X[40:]), y_val=y[40:])
    history = pipeline[-1].history_["validation_score"]
    assert history == direct.history_["validation_score"]


def test_transform_gives_a_frame_if_asked_to():
    X, y = problem()
    clf = small(CNNClassifier).fit(X, y)
    plain = clf.transform(X)
    framed = clf.set_output(transform="pandas").transform(X)
    assert list(framed.columns) == [f"cnnclassifier{number}" for number in range(6)]
    assert_array_equal(framed.to_numpy(), plain)
