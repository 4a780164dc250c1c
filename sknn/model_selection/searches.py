"""scikit-learn's searches and cross-validation, with networks that train together."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from numbers import Integral

from joblib import parallel_config
from joblib.parallel import get_active_backend
from sklearn import model_selection
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

from sknn.estimators.base import BaseNetwork
from sknn.model_selection.backend import TogetherBackend
from sknn.model_selection.progress import ProgressLine

JOBLIBS_OWN = "joblib."  # other backends, such as Dask's, are the choice of the user


@contextmanager
def together(n_jobs: int | None = None, *, progress: bool = False) -> Iterator[None]:
    """Context manager in which networks that are fitted through joblib train together.

    It works with everything that scikit-learn fits in parallel, such as ensembles, meta-estimators
    and ``learning_curve``. Networks with the same layers, batch size and loss train in one pass,
    and each network ends with the same weights as if it were fitted alone. All other networks are
    fitted one after another.

    Parameters
    ----------
    n_jobs : int, default=None
        Number of processes for calls without their own ``n_jobs``. None means a single process,
        whose training uses as many threads as BLAS may use.
    progress : bool, default=False
        Whether to show a progress line on standard error, with the number of completed tasks, the
        best mean score so far in the case of a search, and the remaining time.

    See Also
    --------
    GridSearchCV : Grid search in which networks train together without this context.

    Notes
    -----
    All tasks in progress keep their training samples in memory. As many tasks are started as fit
    into the ``working_memory`` of :func:`sklearn.set_config`, but at most 256. With
    ``random_state=None``, networks draw from NumPy's global generator in a different order than if
    they were fitted one after another.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import BaggingClassifier
    >>> from sknn import MLPClassifier
    >>> from sknn.model_selection import together
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((10,), learning_rate_init=0.02, tol=1e-3)
    >>> ensemble = BaggingClassifier(network, n_estimators=4, random_state=0)
    >>> with together():
    ...     ensemble = ensemble.fit(X, y)
    >>> ensemble.score(X, y) > 0.9
    True
    """
    if n_jobs is not None and (not isinstance(n_jobs, Integral) or n_jobs == 0):
        raise ValueError(f"n_jobs must be None or an int other than 0, got {n_jobs!r}.")
    line = ProgressLine() if progress else None
    settings: dict[str, int] = {} if n_jobs is None else {"n_jobs": n_jobs}
    try:
        with parallel_config(backend=TogetherBackend(progress=line), **settings):
            yield
    finally:
        if line:
            line.close()


class _Search:
    """Mixin for searches of scikit-learn that runs their ``fit`` inside ``together``."""

    def fit(self, X, y=None, **params):
        """Run fit with all sets of parameters.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            The training samples.
        y : array-like of shape (n_samples, n_output) or (n_samples,), default=None
            The targets, or None if the estimator does not use any.
        **params : dict of str -> object
            Parameters passed to the ``fit`` method of the estimator, the scorer and the splitter.

        Returns
        -------
        self : object
            Fitted search.
        """
        with _together_if_useful(self.estimator):
            return super().fit(X, y, **params)


class GridSearchCV(_Search, model_selection.GridSearchCV):
    """Exhaustive search over parameter values, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.GridSearchCV`, except for the times. Networks with the same
    layers, batch size and loss train in one pass. All other networks, and estimators from other
    packages, are fitted in the same way as in scikit-learn. ``n_jobs`` is the number of processes.
    None means a single process, whose training uses as many threads as BLAS may use.

    See Also
    --------
    RandomizedSearchCV : Search over random parameter values.
    together : Context manager for anything that is fitted through joblib.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifier
    >>> from sknn.model_selection import GridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((10,), learning_rate_init=0.02, tol=1e-3, random_state=0)
    >>> search = GridSearchCV(network, {"alpha": [1e-4, 1e-2, 1]}, cv=3).fit(X, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """


class RandomizedSearchCV(_Search, model_selection.RandomizedSearchCV):
    """Search over random parameter values, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.RandomizedSearchCV`. :class:`GridSearchCV` describes which
    networks train together.

    See Also
    --------
    GridSearchCV : Exhaustive search over parameter values.
    """


class HalvingGridSearchCV(_Search, model_selection.HalvingGridSearchCV):
    """Exhaustive search by successive halving, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.HalvingGridSearchCV`, which is experimental in scikit-learn.
    :class:`GridSearchCV` describes which networks train together.

    See Also
    --------
    HalvingRandomSearchCV : Successive halving over random parameter values.
    """


class HalvingRandomSearchCV(_Search, model_selection.HalvingRandomSearchCV):
    """Search over random parameter values by successive halving, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.HalvingRandomSearchCV`, which is experimental in scikit-learn.
    :class:`GridSearchCV` describes which networks train together.

    See Also
    --------
    HalvingGridSearchCV : Successive halving over a grid of parameter values.
    """


def _with_networks_together(function):
    """Wraps a function of scikit-learn, whose first argument is an estimator, in ``together``."""

    @wraps(function)
    def wrapped(estimator, *args, **kwargs):
        with _together_if_useful(estimator):
            return function(estimator, *args, **kwargs)

    like = f"sklearn.model_selection.{function.__name__}"
    wrapped.__doc__ = f"""Like :func:`{like}`, but networks train together.

    The parameters and results are the same, except for the times. :class:`GridSearchCV` describes
    which networks train together.
    """
    wrapped.__module__ = __name__
    return wrapped


cross_validate = _with_networks_together(model_selection.cross_validate)
cross_val_score = _with_networks_together(model_selection.cross_val_score)
cross_val_predict = _with_networks_together(model_selection.cross_val_predict)


@contextmanager
def _together_if_useful(estimator):
    """``together`` if the estimator has networks of this package and no other backend is set."""
    backend, _ = get_active_backend()
    chosen = isinstance(backend, TogetherBackend) or not type(backend).__module__.startswith(
        JOBLIBS_OWN
    )
    if chosen or not _has_networks(estimator):
        yield
    else:
        with together():
            yield


def _has_networks(estimator):
    """Whether an estimator is a network of this package or contains one."""
    parameters = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return any(isinstance(value, BaseNetwork) for value in (estimator, *parameters.values()))
