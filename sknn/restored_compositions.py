"""Checks the scikit-learn estimators in a file that consist of other estimators."""

from collections import UserList
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator

from sknn.nn.storage.parts import require
from sknn.restored_attributes import is_index, is_number

KEPT = ("drop", "passthrough")  # the words that can stand in place of a transformer
# Steps that read strings, and steps whose inverse looks numbers up and would find none for some
VECTORIZERS = {"CountVectorizer", "HashingVectorizer", "TfidfVectorizer"}
LOOKED_UP = {"KBinsDiscretizer", "LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer"} | {
    "OneHotEncoder",
    "OrdinalEncoder",
    *VECTORIZERS,
}
TRIPLES = "triples of a distinct name, a transformer and its columns"


def check_pipeline(step):
    """All steps but the last must be transformers."""
    wanted = "pairs of a distinct name and an estimator, all but the last with transform"
    steps = step.steps
    right = _are_named(steps, 2) and len(steps) > 0
    right = right and all(
        one in (None, "passthrough") or _has(one, "transform") for _, one in steps[:-1]
    )
    right = right and (steps[-1][1] in (None, "passthrough") or _has(steps[-1][1], "fit"))
    require(right, "steps", wanted, steps)
    right = not any(map(_reads_texts, _used(steps)[1:]))
    require(right, "steps", "without a step that reads texts after another step", steps)


def check_union(step):
    """All parts must be transformers."""
    wanted = "pairs of a distinct name and a transformer"
    right = _are_named(step.transformer_list, 2)
    right = right and all(_is_part(one) for _, one in step.transformer_list)
    require(right, "transformer_list", wanted, step.transformer_list)
    _check_weights(step)


def check_transformers(step):
    """All parts must be transformers, each with its columns."""
    given = step.transformers
    right = _are_named(given, 3) and all(_is_part(one) for _, one, _ in given)
    require(right, "transformers", TRIPLES, given)
    _check_weights(step)


def check_columns(step, state):
    """The fitted transformers must be those of the parameters, with columns that X has."""
    given, own, columns = step.transformers, state["transformers_"], state["_columns"]
    n, names = state["n_features_in_"], state.get("feature_names_in_")
    names = [] if names is None else names.tolist()
    right = _are_named(own, 3) and all(_is_part(one) for _, one, _ in own)
    right = right and all(_are_columns(one, n, names) for *_, one in own)
    right = right and all(
        one == "drop" or _is_empty(which) or _has(one, "transform") for _, one, which in own
    )
    require(right, "transformers_", f"{TRIPLES} among {n} features", own)
    used = [which for _, one, which in own if one != "drop" and not _is_empty(which)]
    right = not used or "sparse_output_" in state
    require(right, "sparse_output_", "present if a transformer is used", None)
    right = all(np.isscalar(which) or not _reads_texts(one) for _, one, which in own)
    require(right, "transformers_", "single columns where a step reads texts", own)
    rest = state["_remainder"]
    right = _are_named([rest], 3) and rest[0] == "remainder" and _is_part(rest[1])
    right = right and _are_columns(rest[2], n, names)
    require(right, "_remainder", f"'remainder', a transformer and columns among {n} features", rest)
    require(len(columns) == len(given), "_columns", f"{len(given)} selections of columns", columns)
    # Versions before 1.9 look up one list by the names in the other.
    wanted = [
        (name, one == "drop", which) for (name, one, _), which in zip(given, columns, strict=True)
    ]
    wanted += [(rest[0], rest[1] == "drop", rest[2])] * bool(rest[2])
    got = [(name, one == "drop", which) for name, one, which in own]
    require(repr(got) == repr(wanted), "transformers_", "those of the parameters", own)
    indices = state["_transformer_to_input_indices"]
    for name, _, which in own:
        at = indices.get(name)
        right = isinstance(at, list) and all(is_index(one, n) for one in at)
        right = right and (len(at) == 1 or not np.isscalar(which))
        require(right, "_transformer_to_input_indices", f"numbers below {n} for {name!r}", at)


def check_target(step, state):
    """The regressor must predict, and the transformer must be able to transform back."""
    for name, method in {"regressor_": "predict", "transformer_": "inverse_transform"}.items():
        require(_has(state[name], method), name, f"an estimator with {method}", state[name])
    own = state["transformer_"]
    right = not any(type(one).__name__ in LOOKED_UP for one in [own, *own.get_params().values()])
    require(right, "transformer_", "a transformer of numbers to numbers", own)


def _reads_texts(step):
    """Whether the step, or the first one inside, reads strings."""
    inside = _used(getattr(step, "steps", ()))[:1] + _used(getattr(step, "transformer_list", ()))
    return type(step).__name__ in VECTORIZERS or any(map(_reads_texts, inside))


def _used(pairs):
    return [one for _, one in pairs if isinstance(one, BaseEstimator)]


def _are_named(parts, length):
    """Whether they are tuples of this length whose first entries are distinct strings."""
    right = isinstance(parts, list | tuple)
    right = right and all(isinstance(one, list | tuple) and len(one) == length for one in parts)
    right = right and all(type(one[0]) is str for one in parts)
    return right and len({one[0] for one in parts}) == len(parts)


def _has(estimator, method):
    return isinstance(estimator, BaseEstimator) and hasattr(estimator, method)


def _is_part(one):
    return (isinstance(one, str) and one in KEPT) or _has(one, "transform")


def _check_weights(step):
    weights = step.transformer_weights or {}
    right = isinstance(weights, dict) and all(map(is_number, weights.values()))
    require(right, "transformer_weights", "a dict of numbers, or None", weights)


def _are_columns(which, n, names):
    """Whether it selects columns of X: names, numbers, a slice of either, or a mask."""
    if isinstance(which, slice):
        ends = [one for one in (which.start, which.stop) if one is not None]
        right = all(map(_is_int, ends)) or all(one in names for one in ends)
        return right and (which.step is None or _is_int(which.step))
    which = _listed(which)
    if which and all(isinstance(one, bool) for one in which):
        return len(which) == n
    numbers = all(_is_int(one) and -n <= one < n for one in which)
    return numbers or all(isinstance(one, str) and one in names for one in which)


def _is_empty(which):
    """Whether it selects no column, as scikit-learn decides it."""
    which = _listed(which)
    return all(one is False for one in which)


def _listed(which):
    """Returns a list of the columns, or with the slice."""
    if isinstance(which, np.ndarray) and which.ndim == 1:
        return which.tolist()
    if isinstance(which, UserList):  # a special list before scikit-learn 1.8
        return list(which.data)
    return list(which) if isinstance(which, list | tuple) else [which]


def _is_int(value):
    return isinstance(value, Integral) and not isinstance(value, bool)
