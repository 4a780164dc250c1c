"""Private names of scikit-learn, which can change from version to version."""

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

# When older versions are no longer supported, remove this constant and the code it guards.
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
    """One of several strings. They are listed in alphabetical order, unlike a set."""

    def __str__(self):
        return f"a str among {{{', '.join(map(repr, sorted(self.options)))}}}"


class Interval(UnguardedInterval):
    """Python and NumPy ints and floats in a range. Floats are converted as in the core."""

    def is_satisfied_by(self, val):
        if isinstance(val, bool):
            return super().is_satisfied_by(val)
        if not is_number(val):  # NumPy counts time spans as integers; scikit-learn compares them
            return False
        return super().is_satisfied_by(val if self.type is Integral else as_float(val))


# Files with the functions that scikit-learn wraps around the methods of an estimator.
WRAPPERS = {module.__file__ for module in (base, _param_validation, contextlib)}
if not BEFORE_1_9:
    WRAPPERS.add(_callback_support.__file__)
# Attributes that scikit-learn sets on an estimator during a fit with callbacks.
CALLBACKS_UNDER_WAY = ("_callback_fit_ctx", "_skl_callbacks_to_teardown")


class CachedParameterNames:
    """Determines the parameter names once for each estimator class.

    scikit-learn inspects the signature in every fit, clone and ``get_params``.
    """

    @classmethod
    @cache
    def _get_param_names(cls):
        return super()._get_param_names()


class DocumentationLink:
    """The link from the panel of an estimator to its page in the API reference.

    The address of the documentation comes from the metadata of the package. Without an address
    there is no link.
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
    """Returns the project's URL called Documentation, or "" if there is none."""
    try:
        urls = metadata("sknn").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from the source tree
        return ""
    named = dict(url.split(", ", 1) for url in urls)
    return named.get("Documentation", "")


def best_estimator(estimator):
    """Returns the best estimator of a search, and any other estimator unchanged.

    Raises NotFittedError if the search has no best estimator.
    """
    if not isinstance(estimator, BaseSearchCV):
        return estimator
    if not hasattr(estimator, "best_estimator_"):
        raise NotFittedError(
            f"This {type(estimator).__name__} has no best_estimator_. Call 'fit' with refit=True "
            "first."
        )
    return estimator.best_estimator_


def callbacks_of(estimator):
    """Returns the list of callbacks that are set on an estimator."""
    return list(getattr(estimator, "_skl_callbacks", None) or [])


def callback_context(estimator, n_subtasks):
    """Returns the context of a fit with n_subtasks, through which its callbacks are called."""
    return estimator._init_callback_context(max_subtasks=n_subtasks)


def metadata_requests(state):
    """Removes the metadata requests of the methods from an estimator's state and returns them."""
    return state.pop("_metadata_request", None)


def add_to_panel(parameters, html):
    """Inserts the HTML that a function returns before the table of parameters in notebooks."""
    table = parameters._html_repr
    parameters._html_repr = lambda: html() + table()
