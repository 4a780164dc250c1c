"""Ctrl-C in a fit among others: the search or ensemble ends, and nothing is scored."""

import warnings

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn import model_selection
from sklearn.ensemble import BaggingClassifier

import sknn.model_selection
from sknn import CNNClassifier, MLPClassifier
from sknn.nn.gradient import Gradient

X = np.random.default_rng(0).normal(size=(24, 4))
Y = X[:, 0] > 0
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def interrupted(monkeypatch):
    """An interrupt in the third pass through a network; the list counts the passes."""
    mean, passes = Gradient.mean, []

    def pass_or_interrupt(self, batch):
        passes.append(1)
        if len(passes) == 3:
            raise KeyboardInterrupt
        return mean(self, batch)

    monkeypatch.setattr(Gradient, "mean", pass_or_interrupt)
    return passes


def search(module, estimator):
    return module.GridSearchCV(estimator, {"alpha": [0.1, 0.2]}, cv=2).fit(X, Y)


CALLS = {
    "scikit-learn's search": lambda e: search(model_selection, e),
    "our search": lambda e: search(sknn.model_selection, e),
    "cross_val_score": lambda e: model_selection.cross_val_score(e, X, Y, cv=2),
    "ensemble": lambda e: BaggingClassifier(e, 2).fit(X, Y),
    "joblib": lambda e: Parallel(n_jobs=1)([delayed(e.fit)(X, Y)]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "estimator",
    [
        MLPClassifier((2,), max_iter=5),
        CNNClassifier((2,), hidden_layer_sizes=(), max_iter=5, pooling=None),
    ],
    ids=["MLP", "CNN"],
)
def test_interrupt_among_other_fits_ends_them_all(call, estimator, interrupted):
    with pytest.raises(KeyboardInterrupt):
        call(estimator)
    assert len(interrupted) == 3
    assert not hasattr(estimator, "coefs_")


def test_fit_by_itself_keeps_the_weights_and_warns(interrupted):
    clf, ended = MLPClassifier((2,), max_iter=5), ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            clf.fit(X, Y)
        except KeyboardInterrupt:  # which would end all tests
            ended = "by the interrupt"
    assert ended == ""
    assert [str(each.message) for each in caught] == ["Training interrupted by user."]
    assert clf.n_iter_ == 2
