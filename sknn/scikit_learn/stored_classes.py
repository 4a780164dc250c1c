"""The classes and functions of scikit-learn that ``sknn.save`` stores, with their attributes.

A class is listed here if its objects consist only of numbers, strings and other listed objects, so
that a file can be loaded without running code from it. Classes that are not listed are rejected.
"""

import importlib
from functools import cache

import numpy as np
import sklearn

# Each class name is followed by the attributes that fit can set, in any version from 1.6 on, and by
# what each of them is: ``name=form``, or the name alone if COMMON states the form.
#   count, number, bool, text, texts, dtype, list, tuple, dict, None   one value of this type
#   floats(k,n), ints(n), bools(n), numbers(n), objects(n)      an array of this shape
#   filling(n), labels(k), sorted(k), names(n)                  numbers or objects, distinct labels
#   StandardScaler(n)                                           this estimator, fitted to n features
#   estimator                                                   any estimator
# n stands for n_features_in_, other letters for any size, but the same size in all attributes.
#   form|form         one or the other
#   form?             can be missing
#   form?parameter    can be missing if the parameter is false
#   form/parameter    can be None if the parameter is false
# A class whose attributes depend on each other in other ways is also in restored_steps.CHECKS.
CLASSES = {
    "sklearn.compose": """
        ColumnTransformer n_features_in_ transformers_=list output_indices_=dict? \
sparse_output_=bool? _columns=list _remainder=tuple _transformer_to_input_indices=dict \
_transformers_feature_names_out=names(k)?
        TransformedTargetRegressor regressor_=estimator transformer_=estimator _training_dim=count
        """,
    "sklearn.decomposition": """
        IncrementalPCA n_features_in_ components_=floats(k,n) n_components_=count mean_=floats(n) \
var_=floats(n) singular_values_=floats(k) noise_variance_=number explained_variance_=floats(k) \
explained_variance_ratio_=floats(k) n_samples_seen_=number batch_size_=count
        PCA n_features_in_ components_=floats(k,n) n_components_=count mean_=floats(n) \
singular_values_=floats(k) noise_variance_=number n_samples_=count explained_variance_=floats(k) \
explained_variance_ratio_=floats(k) _fit_svd_solver=text
        TruncatedSVD n_features_in_ components_=floats(k,n) singular_values_=floats(k) \
explained_variance_=floats(k) explained_variance_ratio_=floats(k)
        """,
    "sklearn.feature_extraction.text": """
        CountVectorizer vocabulary_=dict? fixed_vocabulary_=bool
        HashingVectorizer
        TfidfTransformer idf_=floats(n)?use_idf
        TfidfVectorizer vocabulary_=dict fixed_vocabulary_=bool _tfidf=TfidfTransformer(n)
        """,
    "sklearn.feature_selection": """
        GenericUnivariateSelect n_features_in_ scores_=floats(n) pvalues_=floats(n)|None
        SelectFdr n_features_in_ scores_=floats(n) pvalues_=floats(n)
        SelectFpr n_features_in_ scores_=floats(n) pvalues_=floats(n)
        SelectFwe n_features_in_ scores_=floats(n) pvalues_=floats(n)
        SelectKBest n_features_in_ scores_=floats(n) pvalues_=floats(n)|None
        SelectPercentile n_features_in_ scores_=floats(n) pvalues_=floats(n)|None
        VarianceThreshold n_features_in_ variances_=floats(n)
        """,
    "sklearn.impute": """
        KNNImputer n_features_in_ indicator_=MissingIndicator(n)/add_indicator _fit_X=floats(m,n) \
_mask_fit_X=bools(m,n) _valid_mask=bools(n)
        MissingIndicator n_features_in_ features_=ints(k) _n_features=count _precomputed=bool
        SimpleImputer n_features_in_ indicator_=MissingIndicator(n)/add_indicator \
statistics_=filling(n) _fit_dtype=dtype _fill_dtype=dtype?
        """,
    "sklearn.pipeline": """
        FeatureUnion _transformers_feature_names_out=list?
        Pipeline
        """,
    "sklearn.preprocessing": """
        Binarizer
        FunctionTransformer
        KBinsDiscretizer n_features_in_ bin_edges_=objects(n) n_bins_=ints(n) \
_encoder=OneHotEncoder(n)?
        LabelBinarizer classes_=sorted(k) y_type_=text sparse_input_=bool
        LabelEncoder classes_=labels(k)
        MaxAbsScaler n_features_in_ max_abs_=floats(n) scale_=floats(n) n_samples_seen_=number
        MinMaxScaler n_features_in_ min_=floats(n) scale_=floats(n) data_min_=floats(n) \
data_max_=floats(n) data_range_=floats(n) n_samples_seen_=number
        MultiLabelBinarizer classes_=labels(k)
        Normalizer
        OneHotEncoder n_features_in_ categories_=list drop_idx_=objects(n)|None \
_drop_idx_after_grouping=objects(n)|None _n_features_outs=list _infrequent_enabled=bool \
_infrequent_indices=list? _default_to_infrequent_mappings=list?
        OrdinalEncoder n_features_in_ categories_=list _missing_indices=dict \
_infrequent_enabled=bool _infrequent_indices=list? _default_to_infrequent_mappings=list?
        PolynomialFeatures n_features_in_ n_output_features_=count _n_out_full=count \
_min_degree=count _max_degree=count
        PowerTransformer n_features_in_ lambdas_=floats(n) _scaler=StandardScaler(n)?standardize
        QuantileTransformer n_features_in_ n_quantiles_=count quantiles_=floats(q,n) \
references_=floats(q)
        RobustScaler n_features_in_ center_=floats(n)/with_centering scale_=floats(n)/with_scaling
        SplineTransformer n_features_in_ bsplines_=list n_features_out_=count
        StandardScaler n_features_in_ mean_=floats(n)/with_mean var_=floats(n)/with_std \
scale_=floats(n)/with_std n_samples_seen_=number|numbers(n)
        TargetEncoder n_features_in_ categories_=list encodings_=list target_type_=text \
target_mean_=number|floats(c) classes_=labels(c)|None? _infrequent_enabled=bool \
_infrequent_indices=list? _default_to_infrequent_mappings=list?
        """,
}
COMMON = {
    "n_features_in_": "count?",
    "feature_names_in_": "names(n)?",
    "_sklearn_output_config": "texts?",
}
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
    """Yields (class, its module, the form of each attribute that its fit can set)."""
    for module, text in CLASSES.items():
        for line in text.strip().splitlines():
            name, *attributes = line.split()
            forms = dict(COMMON)
            for one in attributes:
                attribute, _, form = one.partition("=")
                forms[attribute] = form or COMMON[attribute].rstrip("?")
            yield name, module, forms


TABLE = {name: (module, forms) for name, module, forms in _lines()}


def stored_class(name):
    """Returns the class of this name, whose module is imported now; None if it is not listed."""
    if not isinstance(name, str) or name not in TABLE:
        return None
    return getattr(importlib.import_module(TABLE[name][0]), name)


def stored_attributes(name):
    """Returns {attribute: its form} of all attributes that a fit of the class can set."""
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
