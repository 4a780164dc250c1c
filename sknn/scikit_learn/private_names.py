"""Names that scikit-learn calls private, which carry no promise from version to version."""

import contextlib
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from numbers import Integral

import sklearn
from sklearn import base
from sklearn.exceptions import NotFittedError
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _param_validation
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._optional_dependencies import check_matplotlib_support
from sklearn.utils._param_validation import (
    HasMethods,
    Options,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils._param_validation import Interval as UnguardedInterval
from sklearn.utils._param_validation import StrOptions as UnsortedStrOptions
from sklearn.utils.validation import _num_samples as num_samples

from sknn.nn.ranges import as_float, is_number

# True on older versions. With the last of them the constant goes, and what it guards.
BEFORE_1_9 = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9)

if BEFORE_1_9:
    from sknn.scikit_learn.callback_protocol import CallbackSupportMixin, fit_context
    from sknn.scikit_learn.weights import check_sample_weight
else:
    from sklearn.base import _fit_context as fit_context
    from sklearn.callback import CallbackSupportMixin, _callback_support
    from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "CALLBACKS_UNDER_WAY",
    "WRAPPERS",
    "CachedParameterNames",
    "CallbackSupportMixin",
    "DocumentationLink",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "add_to_panel",
    "best_estimator",
    "callback_context",
    "callbacks_of",
    "check_matplotlib_support",
    "check_sample_weight",
    "fit_context",
    "metadata_requests",
    "num_samples",
    "safe_indexing",
    "validate_parameter_constraints",
    "validate_params",
]


class StrOptions(UnsortedStrOptions):
    """One of some strings, listed in alphabetical order: a set lists them at random."""

    def __str__(self):
        return f"a str among {{{', '.join(map(repr, sorted(self.options)))}}}"


class Interval(UnguardedInterval):
    """Ints and floats in a range, those of Python and NumPy; floats as the core computes them."""

    def is_satisfied_by(self, val):
        if isinstance(val, bool):
            return super().is_satisfied_by(val)
        if not is_number(val):  # time spans are integers to NumPy, and scikit-learn compares them
            return False
        return super().is_satisfied_by(val if self.type is Integral else as_float(val))


# Files of the functions that scikit-learn wraps around an estimator's methods.
WRAPPERS = {module.__file__ for module in (base, _param_validation, contextlib)}
if not BEFORE_1_9:
    WRAPPERS.add(_callback_support.__file__)
# What scikit-learn keeps on an estimator while a fit with callbacks is under way.
CALLBACKS_UNDER_WAY = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")


class CachedParameterNames:
    """The names of an estimator's parameters, found once for each class.

    scikit-learn inspects the signature in every fit, clone and ``get_params``.
    """

    @classmethod
    @cache
    def _get_param_names(cls):
        return super()._get_param_names()


class DocumentationLink:
    """The link in an estimator's panel: to its page in the reference.

    The metadata of the package say where its documentation is; there is no link if they do not.
    """

    _doc_link_module = "sknn"

    @property
    def _doc_link_template(self):
        start = documentation_url()
        return start and start.rstrip("/") + "/api/generated/{module}.{name}.html"

    def _doc_link_url_param_generator(self):
        cls = type(self)
        own = ".".join(cls.__module__.split(".")[:2])
        return {"module": own if own == "sknn.dask" else "sknn", "name": cls.__name__}


@cache
def documentation_url():
    """The project's URL called Documentation, empty if there is none."""
    try:
        urls = metadata("sknn").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from the source tree
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Documentation", "")


def best_estimator(estimator):
    """What a search has fitted with the best parameters; anything else as it is.

    Raises NotFittedError if the search has not done so.
    """
    if not isinstance(estimator, BaseSearchCV):
        return estimator
    if not hasattr(estimator, "best_estimator_"):
        raise NotFittedError(
            f"This {type(estimator).__name__} has no best_estimator_. Call 'fit' first, with "
            "refit=True."
        )
    return estimator.best_estimator_


def callbacks_of(estimator):
    """The callbacks set on an estimator, a list."""
    return list(getattr(estimator, "_skl_callbacks", None) or [])


def callback_context(estimator, n_subtasks):
    """The context of a fit in so many subtasks, through which its callbacks are called."""
    return estimator._init_callback_context(max_subtasks=n_subtasks)


def metadata_requests(state):
    """Takes what metadata the methods ask for out of an estimator's state, or None."""
    return state.pop("_metadata_request", None)


def add_to_panel(parameters, html):
    """Puts HTML, that a function gives, before the table of parameters that notebooks show."""
    table = parameters._html_repr
    parameters._html_repr = lambda: html() + table()
