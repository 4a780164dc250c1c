"""scikit-learn's searches and cross-validation, with networks that train together."""

from contextlib import contextmanager
from functools import wraps

from joblib import parallel_config
from sklearn import model_selection
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

from sknn.estimators.base import BaseNetwork
from sknn.model_selection.backend import TogetherBackend


@contextmanager
def together(n_jobs=None, progress=False):
    """Trains the networks of whatever runs through joblib together."""
    with parallel_config(backend=TogetherBackend(), n_jobs=n_jobs):
        yield


def _has_networks(estimator):
    """Whether an estimator is one of ours, or holds one."""
    parameters = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return any(isinstance(value, BaseNetwork) for value in (estimator, *parameters.values()))


class _Search:
    def fit(self, X, y=None, **params):
        if not _has_networks(self.estimator):
            return super().fit(X, y, **params)
        with together(n_jobs=self.n_jobs):
            return super().fit(X, y, **params)


class GridSearchCV(_Search, model_selection.GridSearchCV):
    pass


def _with_networks_together(function):
    @wraps(function)
    def wrapped(estimator, *args, n_jobs=None, **kwargs):
        if not _has_networks(estimator):
            return function(estimator, *args, n_jobs=n_jobs, **kwargs)
        with together(n_jobs):
            return function(estimator, *args, n_jobs=n_jobs, **kwargs)

    return wrapped


cross_validate = _with_networks_together(model_selection.cross_validate)
