"""The classes and functions of scikit-learn that ``sknn.save`` stores, with their attributes.

A class is listed here if its objects consist only of numbers, strings and other listed objects, so
that a file can be loaded without running code from it. Classes that are not listed are rejected.
"""

import importlib
from functools import cache

import numpy as np
import sklearn

# Each class name is followed by the attributes that fit can set, in any version from 1.6 on.
CLASSES = {
    "sklearn.compose": """
        ColumnTransformer transformers_ output_indices_ sparse_output_ _columns _remainder \
_transformer_to_input_indices _transformers_feature_names_out
        TransformedTargetRegressor regressor_ transformer_ _training_dim
        """,
    "sklearn.decomposition": """
        IncrementalPCA components_ n_components_ mean_ var_ singular_values_ noise_variance_ \
explained_variance_ explained_variance_ratio_ n_samples_seen_ batch_size_
        PCA components_ n_components_ mean_ singular_values_ noise_variance_ n_samples_ \
explained_variance_ explained_variance_ratio_ _fit_svd_solver
        TruncatedSVD components_ singular_values_ explained_variance_ explained_variance_ratio_
        """,
    "sklearn.feature_extraction.text": """
        CountVectorizer vocabulary_ fixed_vocabulary_
        HashingVectorizer
        TfidfTransformer idf_
        TfidfVectorizer vocabulary_ fixed_vocabulary_ _tfidf
        """,
    "sklearn.feature_selection": """
        GenericUnivariateSelect scores_ pvalues_
        SelectFdr scores_ pvalues_
        SelectFpr scores_ pvalues_
        SelectFwe scores_ pvalues_
        SelectKBest scores_ pvalues_
        SelectPercentile scores_ pvalues_
        VarianceThreshold variances_
        """,
    "sklearn.impute": """
        KNNImputer indicator_ _fit_X _mask_fit_X _valid_mask
        MissingIndicator features_ _n_features _precomputed
        SimpleImputer indicator_ statistics_ _fit_dtype _fill_dtype
        """,
    "sklearn.pipeline": """
        FeatureUnion _transformers_feature_names_out
        Pipeline
        """,
    "sklearn.preprocessing": """
        Binarizer
        FunctionTransformer
        KBinsDiscretizer bin_edges_ n_bins_ _encoder
        LabelBinarizer classes_ y_type_ sparse_input_
        LabelEncoder classes_
        MaxAbsScaler max_abs_ scale_ n_samples_seen_
        MinMaxScaler min_ scale_ data_min_ data_max_ data_range_ n_samples_seen_
        MultiLabelBinarizer classes_
        Normalizer
        OneHotEncoder categories_ drop_idx_ _drop_idx_after_grouping _n_features_outs \
_infrequent_enabled _infrequent_indices _default_to_infrequent_mappings
        OrdinalEncoder categories_ _missing_indices _infrequent_enabled _infrequent_indices \
_default_to_infrequent_mappings
        PolynomialFeatures n_output_features_ _n_out_full _min_degree _max_degree
        PowerTransformer lambdas_ _scaler
        QuantileTransformer n_quantiles_ quantiles_ references_
        RobustScaler center_ scale_
        SplineTransformer bsplines_ n_features_out_
        StandardScaler mean_ var_ scale_ n_samples_seen_
        TargetEncoder categories_ encodings_ target_type_ target_mean_ classes_ \
_infrequent_enabled _infrequent_indices _default_to_infrequent_mappings
        """,
}
COMMON = {"n_features_in_", "feature_names_in_", "_sklearn_output_config"}
NOT_KEPT = {"_stop_words_id"}  # the address of an object
COMPUTED_AGAIN = {"MultiLabelBinarizer": {"_cached_dict"}}  # None in new objects
# Parameters in files from versions that still had them. They do not affect predictions.
REMOVED = {"ColumnTransformer": {"force_int_remainder_cols"}}
# Attributes that the methods of a fitted estimator require, and the version that introduced them.
NEEDED = {"SimpleImputer": {"_fill_dtype": (1, 8)}}

FUNCTIONS = {
    "numpy": "abs arcsinh arctanh cbrt exp exp2 expm1 log log10 log1p log2 reciprocal sinh sqrt "
    "square tanh",
    "sklearn.feature_selection": "chi2 f_classif f_regression mutual_info_classif "
    "mutual_info_regression r_regression",
}
INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
NUMBERS = ["bool", *INTEGERS, "float16", "float32", "float64"]


def _lines():
    """Yields (class, its module, the attributes that its fit can set)."""
    for module, text in CLASSES.items():
        for line in text.strip().splitlines():
            name, *attributes = line.split()
            yield name, module, COMMON.union(attributes)


TABLE = {name: (module, attributes) for name, module, attributes in _lines()}


def stored_class(name):
    """Returns the class of this name, whose module is imported now; None if it is not listed."""
    if not isinstance(name, str) or name not in TABLE:
        return None
    return getattr(importlib.import_module(TABLE[name][0]), name)


def stored_attributes(name):
    """Returns the attributes that a fit of the class can set."""
    return TABLE[name][1]


def missing_attributes(name, present):
    """Returns the attributes that this version of scikit-learn requires but the file lacks."""
    version = tuple(map(int, sklearn.__version__.split(".")[:2]))
    needed = {one for one, since in NEEDED.get(name, {}).items() if since <= version}
    fitted = any(one.endswith("_") for one in present)
    return sorted(needed - set(present)) if fitted else []


@cache
def listed_values():
    """Returns functions, types and dtypes by the names under which they are stored."""
    values = {
        f"{module}.{name}": getattr(importlib.import_module(module), name)
        for module, names in FUNCTIONS.items()
        for name in names.split()
    }
    types = {one.__name__: one for one in (bool, int, float, str, object, np.number)}
    types |= {f"numpy.{name}": np.dtype(name).type for name in [*NUMBERS, "object"]}
    dtypes = {f"dtype {name}": np.dtype(name) for name in [*NUMBERS, "object"]}
    return values | types | dtypes
