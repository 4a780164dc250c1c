"""Converts scikit-learn's own estimators, such as steps of pipelines, to values of a file and back.

Each is stored as the name of its class with parameters and fitted attributes, all of them by name.
``sknn/scikit_learn/stored_classes.py`` lists the supported classes.
"""

from collections import UserList
from types import FunctionType

import numpy as np
from scipy.interpolate import BSpline
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_selector

from sknn.nn.storage.bounds import parts_of
from sknn.nn.storage.container import SavedModelError, shown
from sknn.nn.storage.registry import Kind
from sknn.restored_steps import check_step
from sknn.scikit_learn import (
    COMPUTED_AGAIN,
    NOT_KEPT,
    REMOVED,
    listed_values,
    missing_attributes,
    stored_attributes,
    stored_class,
)

SKOPS = "Save the whole estimator with skops: skops.io.dump(estimator, path)"
# Paths are not part of a model, and a file from an untrusted source must not determine them.
LEFT_OUT = {"Pipeline": {"memory"}}


class ListedKind:
    """Functions, types and dtypes from a list, which are stored by name only."""

    name = "sklearn.name"

    def includes(self, cls):
        return issubclass(cls, (FunctionType, np.ufunc, type, np.dtype))

    def named(self, value):
        """Returns (name, no arguments). Raises TypeError if the value is not listed."""
        for name, one in listed_values().items():
            if type(one) is type(value) and one == value:
                return name, {}
        raise TypeError(f"a function or a class can contain any code. {SKOPS}")

    def make(self, name, arguments, further=()):
        """Returns the function, type or dtype. Raises SavedModelError if it is not listed."""
        if name not in listed_values() or arguments:
            raise SavedModelError(f"it names {shown(name)}, which is not listed")
        return listed_values()[name]


class StepKind:
    """Estimators of scikit-learn from a list, with parameters and fitted attributes by name."""

    name = "sklearn.estimator"

    def includes(self, cls):
        return issubclass(cls, BaseEstimator)

    def named(self, step):
        """Returns (name of the class, values by name). Raises TypeError if it is not listed."""
        name = type(step).__name__
        if stored_class(name) is not type(step):
            raise TypeError(f"{name} is not among the supported scikit-learn classes. {SKOPS}")
        parameters = step.get_params(deep=False)
        for parameter, value in parameters.items():
            if _is_code(value):
                raise TypeError(f"{parameter} of {name} can contain any code. {SKOPS}")
        learnt = {
            attribute: value
            for attribute, value in vars(step).items()
            if attribute not in {*parameters, *NOT_KEPT, *COMPUTED_AGAIN.get(name, ())}
        }
        strange = sorted(learnt.keys() - stored_attributes(name).keys())
        if strange:
            raise TypeError(f"{name} has {strange}, which are not set by its fit. {SKOPS}")
        for parameter in LEFT_OUT.get(name, ()):
            del parameters[parameter]
        return name, parameters | _encoded(learnt)

    def check(self, step):
        """Raises SavedModelError or ValueError if the step could not be loaded again."""
        check_step(step)

    def make(self, name, arguments, further=()):
        """Returns the estimator. Before the check, only its constructor is called."""
        cls, known = stored_class(name), _parameters(name)
        learnt = {key: value for key, value in arguments.items() if key not in known}
        for gone in REMOVED.get(name, ()):
            learnt.pop(gone, None)
        step = cls(**{key: arguments[key] for key in known & arguments.keys()})
        missing = missing_attributes(name, learnt)
        if missing:
            raise SavedModelError(
                f"its {name} has no {missing}, which this version of scikit-learn requires. Load "
                "the file with the version that wrote it, or fit again"
            )
        vars(step).update(_decoded(learnt) | dict.fromkeys(COMPUTED_AGAIN.get(name, ())))
        check_step(step)
        return step


LISTED, STEP = ListedKind(), StepKind()
SELECTOR = Kind(
    "sklearn.selector",
    lambda cls: cls is make_column_selector,
    {"make_column_selector": make_column_selector},
)
SPLINE = Kind(
    "scipy.spline",
    lambda cls: cls is BSpline,
    {"BSpline": BSpline},
)
STEP_KINDS = (SELECTOR, SPLINE, STEP, LISTED)


def is_stored(estimator):
    """Whether an estimator belongs to one of the scikit-learn classes that can be saved."""
    return stored_class(type(estimator).__name__) is type(estimator)


def check_named_steps(document):
    """Raises SavedModelError on names of classes, parameters or attributes that are not listed.

    The document of a file is checked before any object in it is created.
    """
    for part in parts_of(document):
        if not isinstance(part, dict) or STEP.name not in part:
            continue
        content = part[STEP.name]
        if not isinstance(content, dict) or content.keys() != {"class", "arguments"}:
            raise SavedModelError("each of its estimators must have a class and arguments")
        name, arguments = content["class"], content["arguments"]
        if stored_class(name) is None:
            raise SavedModelError(
                f"it has a scikit-learn estimator of the class {shown(name)}, which is not among "
                "the supported classes"
            )
        allowed = _parameters(name) | stored_attributes(name).keys() | REMOVED.get(name, set())
        strange = sorted(set(arguments) - allowed | set(arguments) & LEFT_OUT.get(name, set()))
        if strange:
            raise SavedModelError(
                f"its {name} must not have values for {shown(strange)}. If it was written with a "
                "newer version of scikit-learn, install that version"
            )


def _parameters(name):
    return set(stored_class(name)._get_param_names())


def _is_code(value):
    """Whether a parameter is a function or another callable that is not listed."""
    return callable(value) and not any(one is value for one in listed_values().values())


def _encoded(learnt):
    """Converts attributes to values that can be stored as JSON and arrays."""
    learnt = dict(learnt)
    if "vocabulary_" in learnt:  # term -> column, numbered from 0
        learnt["vocabulary_"] = sorted(learnt["vocabulary_"], key=learnt["vocabulary_"].get)
    if "transformers_" in learnt:  # with special lists before scikit-learn 1.8
        learnt["transformers_"] = [tuple(map(_plain, one)) for one in learnt["transformers_"]]
        learnt["_remainder"] = tuple(map(_plain, learnt["_remainder"]))
    return learnt


def _plain(value):
    return list(value.data) if isinstance(value, UserList) else value


def _decoded(learnt):
    """Converts stored values back to the attributes of scikit-learn."""
    if "vocabulary_" not in learnt:
        return learnt
    terms = learnt["vocabulary_"]
    if not isinstance(terms, list) or not all(type(term) is str for term in terms):
        raise SavedModelError("the vocabulary of each of its steps must be a list of strings")
    return learnt | {"vocabulary_": {term: column for column, term in enumerate(terms)}}
