"""scikit-learn's searches and cross-validation, whose networks train together."""

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

JOBLIBS_OWN = "joblib."  # a backend from elsewhere, such as Dask's, is what the user wants


@contextmanager
def together(n_jobs: int | None = None, *, progress: bool = False) -> Iterator[None]:
    """Train networks together that are fitted through joblib inside this context.

    Anything that scikit-learn fits in parallel may be used inside: ensembles, meta-estimators,
    ``learning_curve``. Networks with the same layers, batch size and loss train in one pass; each
    ends with the weights that it would have by itself. All others are fitted one after the other.

    Parameters
    ----------
    n_jobs : int, default=None
        Number of processes, for calls that do not have an ``n_jobs`` of their own. None is one,
        whose training uses as many threads as BLAS may.
    progress : bool, default=False
        Whether to show a line on standard error: the tasks that are done, the best mean score so
        far if they are those of a search, and the time left.

    See Also
    --------
    GridSearchCV : A search that does so without a context.

    Notes
    -----
    Tasks under way at the same time hold their training samples; as many start as fit into
    ``working_memory`` of :func:`sklearn.set_config`, at most 256. With ``random_state=None``
    networks draw from NumPy's global generator, in another order than one by one.

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
    settings = {} if n_jobs is None else {"n_jobs": n_jobs}
    try:
        with parallel_config(backend=TogetherBackend(progress=line), **settings):
            yield
    finally:
        if line:
            line.close()


class _Search:
    """Before a search of scikit-learn's: its ``fit``, inside ``together``."""

    def fit(self, X, y=None, **params):
        """Run fit with all sets of parameters.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            Training samples.
        y : array-like of shape (n_samples, n_output) or (n_samples,), default=None
            Targets.
        **params : dict of str -> object
            Parameters passed to the ``fit`` method of the estimator, the scorer and the splitter.

        Returns
        -------
        self : object
            The fitted search.
        """
        with _together_if_useful(self.estimator):
            return super().fit(X, y, **params)


class GridSearchCV(_Search, model_selection.GridSearchCV):
    """Exhaustive search over parameter values, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.GridSearchCV`, times aside. Networks with the same layers,
    batch size and loss train in one pass. All others, and estimators that are not of this
    package, are fitted as by scikit-learn. ``n_jobs`` counts processes; None is one process,
    whose training uses as many threads as BLAS may.

    See Also
    --------
    RandomizedSearchCV : Search over random parameter values.
    together : The same for anything that runs through joblib.

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
    :class:`sklearn.model_selection.RandomizedSearchCV`; see :class:`GridSearchCV` for which
    networks train together.

    See Also
    --------
    GridSearchCV : Exhaustive search.
    """


class HalvingGridSearchCV(_Search, model_selection.HalvingGridSearchCV):
    """Exhaustive search by successive halving, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.HalvingGridSearchCV`, which scikit-learn calls experimental;
    see :class:`GridSearchCV` for which networks train together.

    See Also
    --------
    HalvingRandomSearchCV : The same over random parameter values.
    """


class HalvingRandomSearchCV(_Search, model_selection.HalvingRandomSearchCV):
    """Search over random parameter values by successive halving, in which networks train together.

    The parameters, attributes and results are those of
    :class:`sklearn.model_selection.HalvingRandomSearchCV`, which scikit-learn calls experimental;
    see :class:`GridSearchCV` for which networks train together.

    See Also
    --------
    HalvingGridSearchCV : The same over a grid.
    """


def _with_networks_together(function):
    """A function of scikit-learn's whose first argument is an estimator, inside ``together``."""

    @wraps(function)
    def wrapped(estimator, *args, **kwargs):
        with _together_if_useful(estimator):
            return function(estimator, *args, **kwargs)

    like = f"sklearn.model_selection.{function.__name__}"
    wrapped.__doc__ = f"""As :func:`{like}`, but networks train together.

    Parameters and results are the same, times aside; see :class:`GridSearchCV` for which networks
    train together.
    """
    wrapped.__module__ = __name__
    return wrapped


cross_validate = _with_networks_together(model_selection.cross_validate)
cross_val_score = _with_networks_together(model_selection.cross_val_score)
cross_val_predict = _with_networks_together(model_selection.cross_val_predict)


@contextmanager
def _together_if_useful(estimator):
    """``together``, if there are networks of ours, and the user has chosen nothing else."""
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
    """Whether an estimator is one of ours, or holds one."""
    parameters = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    return any(isinstance(value, BaseNetwork) for value in (estimator, *parameters.values()))
