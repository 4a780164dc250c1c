"""scikit-learn's own estimators as values of a file: steps of pipelines and what is in them.

Each is stored as the name of its class with parameters and fitted attributes, all of them by name.
``sknn/scikit_learn/stored_classes.py`` lists which there are.
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

SKOPS = "Save the whole with skops: skops.io.dump(estimator, path)"
# Where a fit keeps its cache is no part of a model: a stranger's file must not say so.
LEFT_OUT = {"Pipeline": {"memory"}}


class ListedKind:
    """Functions, types and dtypes from a list: their names are all that is stored."""

    name = "sklearn.name"

    def includes(self, cls):
        return issubclass(cls, (FunctionType, np.ufunc, type, np.dtype))

    def named(self, value):
        """(name, no arguments). Raises TypeError if it is not listed."""
        for name, one in listed_values().items():
            if type(one) is type(value) and one == value:
                return name, {}
        raise TypeError(f"a function or a class may hold any code. {SKOPS}")

    def make(self, name, arguments, further=()):
        """The function, type or dtype. Raises SavedModelError if it is not listed."""
        if name not in listed_values() or arguments:
            raise SavedModelError(f"it names {shown(name)}, which is not listed")
        return listed_values()[name]


class StepKind:
    """Estimators of scikit-learn from a list: parameters and fitted attributes, by name."""

    name = "sklearn.estimator"

    def includes(self, cls):
        return issubclass(cls, BaseEstimator)

    def named(self, step):
        """(name of the class, parameters and attributes). Raises TypeError if it is not listed."""
        name = type(step).__name__
        if stored_class(name) is not type(step):
            raise TypeError(f"{name} is not among the scikit-learn classes that can be. {SKOPS}")
        parameters = step.get_params(deep=False)
        for parameter, value in parameters.items():
            if _is_code(value):
                raise TypeError(f"{parameter} of {name} may hold any code. {SKOPS}")
        learnt = {
            attribute: value
            for attribute, value in vars(step).items()
            if attribute not in {*parameters, *NOT_KEPT, *COMPUTED_AGAIN.get(name, ())}
        }
        strange = sorted(learnt.keys() - stored_attributes(name))
        if strange:
            raise TypeError(f"{name} has {strange}, which its fit does not leave. {SKOPS}")
        check_step(step)
        for parameter in LEFT_OUT.get(name, ()):
            del parameters[parameter]
        return name, parameters | _encoded(learnt)

    def make(self, name, arguments, further=()):
        """The estimator, of which no method but the constructor is called before it is checked."""
        cls, known = stored_class(name), _parameters(name)
        learnt = {key: value for key, value in arguments.items() if key not in known}
        for gone in REMOVED.get(name, ()):
            learnt.pop(gone, None)
        step = cls(**{key: arguments[key] for key in known & arguments.keys()})
        missing = missing_attributes(name, learnt)
        if missing:
            raise SavedModelError(
                f"its {name} has no {missing}, which this version of scikit-learn needs: load it "
                "with the version that wrote it, or fit it again"
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
    """Whether it is an object of one of the scikit-learn classes that can be saved."""
    return stored_class(type(estimator).__name__) is type(estimator)


def check_named_steps(document):
    """Raises SavedModelError on names of classes, parameters or attributes that are not listed.

    It looks at the document of a file, before anything in it is made.
    """
    for part in parts_of(document):
        if not isinstance(part, dict) or STEP.name not in part:
            continue
        content = part[STEP.name]
        if not isinstance(content, dict) or content.keys() != {"class", "arguments"}:
            raise SavedModelError("an estimator of its must have a class and arguments")
        name, arguments = content["class"], content["arguments"]
        if stored_class(name) is None:
            raise SavedModelError(
                f"it has a scikit-learn estimator of the class {shown(name)}, which is not among "
                "those that can be loaded"
            )
        allowed = _parameters(name) | stored_attributes(name) | REMOVED.get(name, set())
        strange = sorted(set(arguments) - allowed | set(arguments) & LEFT_OUT.get(name, set()))
        if strange:
            raise SavedModelError(
                f"its {name} must not have values for {shown(strange)}. If a newer scikit-learn "
                "wrote it, install that"
            )


def _parameters(name):
    return set(stored_class(name)._get_param_names())


def _is_code(value):
    """Whether a parameter is a function, or anything else to be called, that is not listed."""
    return callable(value) and not any(one is value for one in listed_values().values())


def _encoded(learnt):
    """Attributes as values that JSON and arrays can hold, where they are not."""
    learnt = dict(learnt)
    if "vocabulary_" in learnt:  # term -> column, which are the numbers from 0 on
        learnt["vocabulary_"] = sorted(learnt["vocabulary_"], key=learnt["vocabulary_"].get)
    if "transformers_" in learnt:  # in which scikit-learn before 1.8 has lists of its own
        learnt["transformers_"] = [tuple(map(_plain, one)) for one in learnt["transformers_"]]
        learnt["_remainder"] = tuple(map(_plain, learnt["_remainder"]))
    return learnt


def _plain(value):
    return list(value.data) if isinstance(value, UserList) else value


def _decoded(learnt):
    """The attributes as scikit-learn has them."""
    if "vocabulary_" not in learnt:
        return learnt
    terms = learnt["vocabulary_"]
    if not isinstance(terms, list) or not all(type(term) is str for term in terms):
        raise SavedModelError("the vocabulary of a step of its must be a list of strings")
    return learnt | {"vocabulary_": {term: column for column, term in enumerate(terms)}}
