"""Checks the attributes of a scikit-learn estimator against the table of stored classes.

``sknn/scikit_learn/stored_classes.py`` contains the table and explains the forms of attributes.
"""

import re
from numbers import Real

import numpy as np
from sklearn.base import BaseEstimator

from sknn.nn.storage.parts import is_count, require
from sknn.scikit_learn import stored_attributes

FORM = re.compile(r"([^?/]+)([?/]?)(\w*)")  # forms, whether it can be missing or None, parameter
ONE = re.compile(r"(\w+)(?:\(([\w,]+)\))?")  # kind, sizes
CONFIG = "_sklearn_output_config"  # the only attribute that is not set by fit


def check_attributes(name, parameters, state):
    """Raises SavedModelError if an attribute does not have its form. Returns whether it is fitted.

    name: of the class    parameters, state: values by name
    """
    forms, sizes = stored_attributes(name), {}
    fitted = bool(state.keys() & forms.keys() - {CONFIG})
    if is_count(state.get("n_features_in_")):
        sizes["n"] = int(state["n_features_in_"])
    for attribute, form in forms.items():
        kinds, mark, parameter = FORM.fullmatch(form).groups()
        kinds = kinds.split("|")
        if mark and not (parameter and parameters[parameter]):
            if mark == "/":
                kinds.append("None")
            elif attribute not in state:
                continue
        if fitted or attribute in state:
            got = state.get(attribute, MISSING)
            fits = any(_has_form(got, kind, sizes) for kind in kinds)
            require(fits, attribute, " or ".join(_told(kind, sizes) for kind in kinds), got)
    return fitted


def is_number(value):
    """Whether it is a real number, and not a bool."""
    return isinstance(value, Real) and type(value) is not bool


def is_index(value, n):
    """Whether it is a whole number from 0 to n - 1."""
    return is_count(value) and value < n


def are_hashable(values):
    """Whether all values can be keys of a dict."""
    try:
        return len(set(values)) <= len(values)
    except TypeError:
        return False


class _Missing:
    def __repr__(self):
        return "nothing"


MISSING = _Missing()


def _has_form(value, form, sizes):
    kind, letters = ONE.fullmatch(form).groups()
    if kind in VALUES:
        return VALUES[kind][1](value)
    if kind not in ARRAYS:  # an estimator of this class
        width = vars(value).get("n_features_in_") if type(value).__name__ == kind else None
        return width is not None and width == sizes.setdefault(letters, width)
    _, dtypes, is_right = ARRAYS[kind]
    letters = letters.split(",")
    fits = isinstance(value, np.ndarray) and value.dtype.kind in dtypes
    fits = fits and value.ndim == len(letters)
    pairs = zip(letters, value.shape, strict=True) if fits else ()
    same = all(sizes.setdefault(letter, size) == size for letter, size in pairs)
    return fits and same and is_right(value)


def _told(form, sizes):
    """Describes a form in a message."""
    kind, letters = ONE.fullmatch(form).groups()
    if kind in VALUES:
        return VALUES[kind][0]
    known = [str(sizes.get(letter, letter)) for letter in letters.split(",")]
    if kind in ARRAYS:
        return f"an array of {ARRAYS[kind][0]} of shape ({', '.join(known)})"
    return f"a {kind} that is fitted to {known[0]} features"


def _is_instance(*types):
    return lambda value: isinstance(value, types)


def _are_distinct(labels):
    return are_hashable(labels.tolist()) and len(set(labels.tolist())) == len(labels)


def _ascend(labels):
    return len(labels) > 0 and _are_distinct(labels) and np.array_equal(np.unique(labels), labels)


def _are_plain(values):
    """Whether all entries of an array of any dtype are numbers or strings."""
    return all(value is None or isinstance(value, str | Real) for value in values.tolist())


def _are_names(values):
    return all(isinstance(name, str) for name in values)


def _any(values):
    return True


# kind: (how a message calls it, whether a value is right)
VALUES = {
    "bool": ("True or False", _is_instance(bool)),
    "count": ("a whole number", is_count),
    "dict": ("a dict", _is_instance(dict)),
    "dtype": ("a dtype", _is_instance(np.dtype)),
    "estimator": ("an estimator", _is_instance(BaseEstimator)),
    "list": ("a list", _is_instance(list)),
    "None": ("None", _is_instance(type(None))),
    "number": ("a number", is_number),
    "text": ("a string", _is_instance(str)),
    "texts": (
        "a dict of strings",
        lambda value: isinstance(value, dict) and _are_names(value.values()),
    ),
    "tuple": ("a tuple", _is_instance(tuple)),
}
# kind: (what a message calls the entries, kinds of dtypes, whether the entries are right)
ARRAYS = {
    "bools": ("bools", "b", _any),
    "filling": ("numbers or strings", "biufO", _are_plain),
    "floats": ("floats", "f", _any),
    "ints": ("ints", "iu", _any),
    "labels": ("distinct labels", "biufUSOmM", _are_distinct),
    "names": ("strings", "OU", _are_names),
    "numbers": ("numbers", "iuf", _any),
    "objects": ("objects", "O", _any),
    "sorted": ("distinct labels in ascending order", "biufUSO", _ascend),
}
