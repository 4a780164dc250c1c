"""Checks the scikit-learn estimators in a file before their methods rely on the attributes.

scikit-learn checks parameters, but not attributes, which normally come from its own fits. In a file
they could be of any type and size, and some numbers could make compiled code read outside an array
or allocate too much memory. The table of stored classes states the form of each attribute. Whatever
depends on other attributes or on parameters is checked here.
"""

import re
from math import comb
from numbers import Integral

import numpy as np
from scipy.interpolate import BSpline

from sknn.nn.storage.container import SavedModelError
from sknn.nn.storage.parts import LONGEST, is_count, require
from sknn.restored_attributes import check_attributes, is_index, is_number
from sknn.restored_compositions import (
    check_columns,
    check_pipeline,
    check_target,
    check_transformers,
    check_union,
)
from sknn.restored_encoders import check_bins, check_onehot, check_ordinal, check_targets

MOST_COLUMNS = 2**20  # maximum number of columns that a step outputs
MOST_JOBS = 2**10  # maximum number of processes that a step asks for


def check_step(step):
    """Raises SavedModelError or ValueError on invalid parameters or attributes."""
    if hasattr(step, "_parameter_constraints"):
        step._validate_params()
    name, parameters, state = type(step).__name__, step.get_params(deep=False), vars(step)
    n_jobs, dtype = parameters.get("n_jobs"), parameters.get("dtype")
    right = n_jobs is None or (isinstance(n_jobs, Integral) and n_jobs <= MOST_JOBS)
    require(right, "n_jobs", f"at most {MOST_JOBS}", n_jobs)
    right = dtype is None or np.dtype(dtype).kind in "biufO"
    require(right, "dtype", "a dtype of numbers", dtype)
    for parameter, value in parameters.items():
        right = type(value) is not int or abs(value) < LONGEST
        require(right, parameter, f"a number below {LONGEST}", value)
    fitted = check_attributes(name, parameters, state)
    if name in CHECKS:
        CHECKS[name](step)
    if fitted and name in CHECKS_OF_FITTED:
        CHECKS_OF_FITTED[name](step, state)


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
    right = len(splines) == n > 0
    right = right and all(type(one) is BSpline for one in splines)
    require(right, "bsplines_", f"{n} splines", splines)
    n_rows = len(splines[0].t) - step.degree - 1
    n_each = n_rows - step.degree * (step.extrapolation == "periodic")
    right = all(_is_spline(one, step.degree, (n_rows, n_each)) for one in splines)
    shapes = [(one.k, one.c.shape) for one in splines]
    require(right, "bsplines_", f"of degree {step.degree} and shape {(n_rows, n_each)}", shapes)
    wanted = n * (n_each - (not step.include_bias))
    got = state["n_features_out_"]
    require(got == wanted, "n_features_out_", f"{wanted} to match its splines", got)
    _check_columns(wanted)


def _is_spline(spline, degree, shape):
    right = (spline.k, spline.axis, spline.c.shape) == (degree, 0, shape)
    return right and spline.c.dtype.kind == spline.t.dtype.kind == "f"


def _check_vocabulary(step, state):
    """Each term must have its own column. The file stores the terms as a list."""
    columns = sorted(state.get("vocabulary_", {}).values())
    require(columns == list(range(len(columns))), "vocabulary_", "terms with one column each", None)


def _check_texts(step):
    """Checks the parameters of a vectorizer that ``transform`` uses."""
    for name in ("preprocessor", "tokenizer", "strip_accents", "analyzer"):
        value = getattr(step, name)
        require(value is None or isinstance(value, str), name, "None or a string", value)
    pattern, n_words = step.token_pattern, step.ngram_range
    right = isinstance(pattern, str) and re.compile(pattern) is not None
    require(right, "token_pattern", "a regular expression", pattern)
    right = len(n_words) == 2 and all(map(is_count, n_words))
    require(right, "ngram_range", "two whole numbers", n_words)
    for name in ("stop_words", "vocabulary"):
        terms = getattr(step, name, None)
        right = terms is None or all(isinstance(term, str) for term in terms)
        require(right, name, "strings", terms)
    terms = getattr(step, "vocabulary", None)
    right = not isinstance(terms, dict) or all(map(is_count, terms.values()))
    require(right, "vocabulary", "strings with numbers of columns", terms)


def _check_function(step):
    """Each function must accept an array, with its keywords, and return another one."""
    for name, keywords in {"func": "kw_args", "inverse_func": "inv_kw_args"}.items():
        function, arguments = getattr(step, name), getattr(step, keywords) or {}
        if function is None:
            require(not arguments, keywords, f"empty without {name}", arguments)
            continue
        try:
            with np.errstate(all="ignore"):
                result = function(np.ones((2, 3)), **arguments)
        except Exception:  # functions that want other arguments raise any kind of exception
            result = None
        right = isinstance(result, np.ndarray) and result.shape == (2, 3)
        require(right, name, "a function of an array", function)
    names = step.feature_names_out
    require(names in (None, "one-to-one"), "feature_names_out", "None or 'one-to-one'", names)


def _check_range(step):
    """``transform`` clips to these two numbers."""
    ends = step.feature_range
    right = len(ends) == 2 and all(map(is_number, ends))
    require(right, "feature_range", "two numbers", ends)


def _check_mode(step, state):
    """The modes need different attributes."""
    mode, pvalues, number = step.mode, state["pvalues_"], step.param
    right = mode in ("percentile", "k_best") or pvalues is not None
    require(right, "pvalues_", f"an array for the mode {mode!r}", pvalues)
    right = is_count(number) or (number == "all" if mode == "k_best" else is_number(number))
    require(right, "param", f"a number that the mode {mode!r} can use", number)


def _check_gaps(step, state):
    n, features = state["n_features_in_"], state["features_"]
    right = all(is_index(one, n) for one in features)
    require(right, "features_", f"numbers below {n}", features)
    got = state["_n_features"]
    require(got == n, "_n_features", f"{n} to match n_features_in_", got)


def _check_filling(step, state):
    """Only numbers can be converted to the dtype of numbers."""
    filling, dtype = state["statistics_"], state.get("_fill_dtype", state["_fit_dtype"])
    right = dtype.kind == "O" or all(map(is_number, filling.tolist()))
    require(right, "statistics_", f"numbers to match its dtype {dtype}", filling)


def _check_quantiles(step, state):
    n = len(state["references_"])
    require(n > 0, "references_", "at least one number", n)


def _check_idf(step, state):
    """Without a number of features, ``transform`` would not check that of X."""
    if "idf_" in state:
        state.setdefault("n_features_in_", len(state["idf_"]))


def _check_columns(n):
    if n > MOST_COLUMNS:
        raise SavedModelError(f"one of its steps outputs more than {MOST_COLUMNS} columns")


# Checks of the parameters, and of the attributes that a fit sets.
CHECKS = {
    "ColumnTransformer": check_transformers,
    "CountVectorizer": _check_texts,
    "FeatureUnion": check_union,
    "FunctionTransformer": _check_function,
    "HashingVectorizer": _check_texts,
    "MinMaxScaler": _check_range,
    "Pipeline": check_pipeline,
    "TfidfVectorizer": _check_texts,
}
CHECKS_OF_FITTED = {
    "ColumnTransformer": check_columns,
    "CountVectorizer": _check_vocabulary,
    "GenericUnivariateSelect": _check_mode,
    "KBinsDiscretizer": check_bins,
    "MissingIndicator": _check_gaps,
    "OneHotEncoder": check_onehot,
    "OrdinalEncoder": check_ordinal,
    "PolynomialFeatures": _check_polynomial,
    "QuantileTransformer": _check_quantiles,
    "SimpleImputer": _check_filling,
    "SplineTransformer": _check_splines,
    "TargetEncoder": check_targets,
    "TfidfTransformer": _check_idf,
    "TfidfVectorizer": _check_vocabulary,
    "TransformedTargetRegressor": check_target,
}
