"""Checks the encoders of categories in a file, which look up numbers in each other's arrays."""

from itertools import pairwise

import numpy as np

from sknn.nn.storage.parts import require
from sknn.restored_attributes import are_hashable, is_index

INFREQUENT = ("_default_to_infrequent_mappings", "_infrequent_indices")
TARGETS = ("binary", "continuous", "multiclass")


def check_onehot(step, state):
    """The number of columns of the sparse matrix is not checked anywhere else."""
    n_outs = []
    categories, groups = _checked_categories(state)
    drop = state["_drop_idx_after_grouping"]
    for column, (own, group) in enumerate(zip(categories, groups, strict=True)):
        n = len(own)
        if group is not None:
            n = int(group.max()) + 1
        dropped = None if drop is None else drop[column]
        right = dropped is None or is_index(dropped, n)
        require(right, "_drop_idx_after_grouping", f"None or below {n}", dropped)
        n_outs.append(n - (dropped is not None))
    got = state["_n_features_outs"]
    require(got == n_outs, "_n_features_outs", f"{n_outs} to match its categories", got)


def check_ordinal(step, state):
    """``transform`` marks missing values in the columns that this attribute names."""
    categories, _ = _checked_categories(state)
    missing = state["_missing_indices"]
    right = all(
        is_index(column, len(categories)) and is_index(code, len(categories[column]))
        for column, code in missing.items()
    )
    require(right, "_missing_indices", "numbers of features and of their categories", missing)
    used = step.handle_unknown == "use_encoded_value"
    right = not used or step.unknown_value is not None
    require(right, "unknown_value", "a number to match handle_unknown", step.unknown_value)


def check_targets(step, state):
    """Each feature, or each pair of a feature and a class, has encodings of its categories."""
    categories, _ = _checked_categories(state)
    kind, means = state["target_type_"], state["target_mean_"]
    require(kind in TARGETS, "target_type_", f"one of {TARGETS}", kind)
    n_each = 1
    if kind == "multiclass":
        classes = state.get("classes_")
        require(classes is not None, "classes_", "present for several classes", classes)
        n_each = len(classes)
        require(isinstance(means, np.ndarray), "target_mean_", f"{n_each} numbers", means)
    else:
        require(not isinstance(means, np.ndarray), "target_mean_", "a number", means)
    wanted = [(len(own),) for own in categories for _ in range(n_each)]
    got = [_is_floats(own) and own.shape for own in state["encodings_"]]
    require(got == wanted, "encodings_", f"arrays of floats of the shapes {wanted}", got)


def check_bins(step, state):
    """Each feature has the edges of its bins, which an encoder can turn into columns."""
    edges, encoder = state["bin_edges_"], state.get("_encoder")
    right = all(_is_floats(own) and own.ndim == 1 for own in edges)
    require(right, "bin_edges_", "an array of floats for each feature", edges)
    right = step.encode == "ordinal" or encoder is not None
    require(right, "_encoder", "a OneHotEncoder to match encode", encoder)


def _is_floats(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _checked_categories(state):
    """Returns (categories, groups of infrequent categories) of each feature."""
    categories, n = state["categories_"], state["n_features_in_"]
    require(len(categories) == n, "categories_", f"{n} arrays", categories)
    for own in categories:
        right = isinstance(own, np.ndarray) and own.ndim == 1 and len(own) > 0
        require(right, "categories_", "one-dimensional arrays", own)
        if own.dtype.kind in "biuf":  # searched by bisection, with nan at the end
            ascending = all(a < b or b != b for a, b in pairwise(own.tolist()))
            require(ascending, "categories_", "numbers in ascending order", own)
        right = own.dtype.kind in "biufUSOmM" and are_hashable(own.tolist())
        require(right, "categories_", "numbers or strings", own)
    enabled = state["_infrequent_enabled"]
    groups, rare = (state.get(name) for name in INFREQUENT)
    require(
        (groups is not None) == enabled,
        "mappings",
        "present if and only if they are enabled",
        groups,
    )
    if groups is None:
        return categories, [None] * n
    for name, one in zip(INFREQUENT, (groups, rare), strict=True):
        right = isinstance(one, list) and len(one) == n
        require(right, name, f"{n} arrays", one)
    for own, group, few in zip(categories, groups, rare, strict=True):
        right = few is None or (isinstance(few, np.ndarray) and few.ndim == 1 and len(few) > 0)
        right = right and (few is None or all(is_index(one, len(own)) for one in few))
        require(right, "_infrequent_indices", "numbers of categories", few)
        if group is not None:
            right = isinstance(group, np.ndarray) and group.shape == own.shape
            right = right and group.dtype.kind == "i"
            right = right and np.array_equal(np.unique(group), np.arange(group.max() + 1))
            require(right, "_default_to_infrequent_mappings", "numbers of groups", group)
    return categories, groups
