"""Checks the scikit-learn estimators in a file before their methods rely on the attributes.

scikit-learn checks parameters, but not attributes, which normally come from its own fits. Some
numbers in a file could make compiled code read outside an array or allocate too much memory. They
are checked here against the rest of the file.
"""

from itertools import pairwise
from math import comb

import numpy as np
from scipy.interpolate import BSpline

from sknn.nn.storage.container import SavedModelError
from sknn.nn.storage.parts import is_count, require

MOST_COLUMNS = 2**20  # maximum number of columns that a step outputs


def check_step(step):
    """Raises SavedModelError or ValueError on invalid parameters or attributes."""
    if hasattr(step, "_parameter_constraints"):
        step._validate_params()
    state = vars(step)
    if "n_features_in_" in state:
        n = state["n_features_in_"]
        require(is_count(n), "n_features_in_", "a whole number", n)
    check = CHECKS.get(type(step).__name__)
    if check and any(name.endswith("_") for name in state):
        check(step, state)


def _check_polynomial(step, state):
    """``transform`` allocates as many columns as these attributes specify."""
    n = state["n_features_in_"]
    degree = step.degree if isinstance(step.degree, tuple) else (0, step.degree)
    least, most = (int(one) for one in degree)
    counts = list(_products(n, most, step.interaction_only))
    full = sum(counts) + bool(step.include_bias)
    kept = sum(counts[max(least, 1) - 1 :]) + bool(step.include_bias)
    _check_columns(full)
    wanted = {"_min_degree": least, "_max_degree": most, "_n_out_full": full}
    wanted["n_output_features_"] = kept
    for name, value in wanted.items():
        require(state[name] == value, name, f"{value} to match its parameters", state[name])


def _products(n, degree, interaction_only):
    """Yields the number of products of 1, 2, ..., degree out of n features, up to the limit."""
    total = 0
    for k in range(1, degree + 1):
        count = comb(n, k) if interaction_only else comb(n + k - 1, k)
        total += count
        if count == 0 or total > 2 * MOST_COLUMNS:
            yield count
            return
        yield count


def _check_splines(step, state):
    splines, n = state["bsplines_"], state["n_features_in_"]
    right = isinstance(splines, list) and len(splines) == n > 0
    right = right and all(type(one) is BSpline for one in splines)
    require(right, "bsplines_", f"{n} splines", splines)
    n_splines = {one.c.shape for one in splines}
    require(len(n_splines) == 1, "bsplines_", "splines of the same shape", sorted(n_splines))
    ((_, n_each),) = n_splines
    wanted = n * (n_each - (not step.include_bias))
    got = state["n_features_out_"]
    require(got == wanted, "n_features_out_", f"{wanted} to match its splines", got)
    _check_columns(wanted)


def _check_onehot(step, state):
    """The number of columns of the sparse matrix is not checked anywhere else."""
    n_outs = []
    categories, groups = _checked_categories(state)
    drop = state["_drop_idx_after_grouping"]
    right = drop is None or (isinstance(drop, np.ndarray) and drop.shape == (len(categories),))
    require(right, "_drop_idx_after_grouping", "one number for each feature, or None", drop)
    for column, (own, group) in enumerate(zip(categories, groups, strict=True)):
        n = len(own)
        if group is not None:
            n = int(group.max()) + 1
        dropped = None if drop is None else drop[column]
        right = dropped is None or (is_count(dropped) and dropped < n)
        require(right, "_drop_idx_after_grouping", f"None or below {n}", dropped)
        n_outs.append(n - (dropped is not None))
    got = state["_n_features_outs"]
    require(got == n_outs, "_n_features_outs", f"{n_outs} to match its categories", got)


def _check_ordinal(step, state):
    _checked_categories(state)


def _checked_categories(state):
    """Returns (categories, groups of infrequent categories) of each feature."""
    categories, n = state["categories_"], state["n_features_in_"]
    right = isinstance(categories, list) and len(categories) == n
    require(right, "categories_", f"{n} arrays", categories)
    for own in categories:
        right = isinstance(own, np.ndarray) and own.ndim == 1 and len(own) > 0
        require(right, "categories_", "one-dimensional arrays", own)
        if own.dtype.kind in "biuf":  # searched by bisection, with nan at the end
            ascending = all(a < b or b != b for a, b in pairwise(own.tolist()))
            require(ascending, "categories_", "numbers in ascending order", own)
    enabled = state["_infrequent_enabled"]
    groups = state.get("_default_to_infrequent_mappings")
    require(type(enabled) is bool, "_infrequent_enabled", "True or False", enabled)
    require(
        (groups is not None) == enabled,
        "mappings",
        "present if and only if they are enabled",
        groups,
    )
    if groups is None:
        return categories, [None] * n
    right = isinstance(groups, list) and len(groups) == n
    require(right, "_default_to_infrequent_mappings", f"{n} arrays", groups)
    for own, group in zip(categories, groups, strict=True):
        if group is not None:
            right = isinstance(group, np.ndarray) and group.shape == own.shape
            right = right and group.dtype.kind == "i"
            right = right and np.array_equal(np.unique(group), np.arange(group.max() + 1))
            require(right, "_default_to_infrequent_mappings", "numbers of groups", group)
    return categories, groups


def _check_vocabulary(step, state):
    """Each term must have its own column. The file stores the terms as a list."""
    columns = sorted(state["vocabulary_"].values())
    require(columns == list(range(len(columns))), "vocabulary_", "terms with one column each", None)


def _check_columns(n):
    if n > MOST_COLUMNS:
        raise SavedModelError(f"one of its steps outputs more than {MOST_COLUMNS} columns")


CHECKS = {
    "CountVectorizer": _check_vocabulary,
    "OneHotEncoder": _check_onehot,
    "OrdinalEncoder": _check_ordinal,
    "PolynomialFeatures": _check_polynomial,
    "SplineTransformer": _check_splines,
    "TargetEncoder": _check_ordinal,
    "TfidfVectorizer": _check_vocabulary,
}
