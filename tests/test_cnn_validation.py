"""CNNs and their validation images: given or held out, recorded, and obeyed by early stopping."""

import numpy as np
import pytest
from cnns import BOTH, PIXELS, assert_same_weights, problem, small
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupShuffleSplit, KFold

from sknn import CNNClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@PIXELS
@BOTH
def test_validation_data_is_recorded_and_decides_nothing(make, pixels, solver):
    X, y = problem(make, pixels=pixels)
    estimator = small(make, solver=solver)
    plain = clone(estimator).fit(X[:40], y[:40])
    estimator.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    assert_same_weights(estimator, plain)
    assert estimator.validation_scores_ is None
    history = estimator.history_
    for epochs in (1, 2, 3):
        short = clone(estimator).set_params(max_iter=epochs).fit(X[:40], y[:40])
        score = short.score(X[40:], y[40:])
        assert_allclose(history["validation_score"][epochs - 1], score, rtol=1e-5)
        if make is CNNClassifier:
            p = short.predict_proba(X[40:])[np.arange(20), y[40:]]
            loss = -np.log(p).mean()
        else:
            loss = np.mean((y[40:] - short.predict(X[40:])) ** 2) / 2
        assert_allclose(history["validation_loss"][epochs - 1], loss, rtol=1e-4)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@BOTH
def test_early_stopping_by_given_data_returns_the_best_weights(make, solver):
    X, y = problem(make)
    given = {"X_val": X[40:], "y_val": y[40:]}
    params = {"solver": solver, "learning_rate_init": 0.01, "max_iter": 60, "n_iter_no_change": 3}
    estimator = small(make, **params, early_stopping=True).fit(X[:40], y[:40], **given)
    scores = estimator.validation_scores_
    assert len(scores) == estimator.n_iter_ < 60
    assert estimator.best_validation_score_ == max(scores)
    assert_allclose(estimator.score(X[40:], y[40:]), max(scores), rtol=1e-6)
    best = int(np.argmax(scores)) + 1
    plain = small(make, **params | {"max_iter": best, "n_iter_no_change": np.inf, "tol": 0})
    plain.fit(X[:40], y[:40])
    assert_array_equal(estimator.coefs_[0], plain.coefs_[0])


@PIXELS
@BOTH
def test_early_stopping_holds_out_the_images_of_the_first_split(make, pixels):
    X, y = problem(make, pixels=pixels)
    splitter = KFold(4, shuffle=True, random_state=3)
    train, held_out = next(splitter.split(X))
    params = {"max_iter": 4, "shuffle": False}
    split = small(make, **params, early_stopping=True, validation_fraction=splitter).fit(X, y)
    given = small(make, **params, early_stopping=True)
    given.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert_allclose(split.validation_scores_, given.validation_scores_, rtol=1e-6)
    assert_same_weights(split, given)


def test_groups_are_held_out_together():
    X, y = problem()
    groups = np.arange(60) // 10
    splitter = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    train, held_out = next(splitter.split(X, y, groups))
    params = {"early_stopping": True, "shuffle": False}
    split = small(CNNClassifier, **params, validation_fraction=splitter).fit(X, y, groups=groups)
    given = small(CNNClassifier, **params)
    given.fit(X[train], y[train], X_val=X[held_out], y_val=y[held_out])
    assert_same_weights(split, given)


@PIXELS
@pytest.mark.parametrize("early_stopping", [False, True])
def test_scorer_of_the_user_is_handed_images_it_can_predict(early_stopping, pixels):
    X, y = problem(pixels=pixels)
    seen = []

    def scorer(estimator, X, y):
        seen.append(accuracy_score(y, estimator.predict(X)))
        return seen[-1]

    given = {} if early_stopping else {"X_val": X[40:], "y_val": y[40:]}
    clf = small(CNNClassifier, scoring=scorer, early_stopping=early_stopping).fit(X, y, **given)
    assert clf.history_["validation_score"] == seen
    assert len(seen) == 3
