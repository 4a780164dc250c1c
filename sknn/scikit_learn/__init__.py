"""All code that depends on the version of scikit-learn.

Private names of scikit-learn are only imported here, and features that older versions lack are
provided here. A new version of scikit-learn should require changes in this package only.
"""

from sknn.scikit_learn.private_names import (
    CALLBACKS_UNDER_WAY,
    WRAPPERS,
    CachedParameterNames,
    CallbackSupportMixin,
    DocumentationLink,
    HasMethods,
    Interval,
    Options,
    StrOptions,
    add_to_panel,
    best_estimator,
    callback_context,
    callbacks_of,
    check_matplotlib_support,
    check_sample_weight,
    fit_context,
    metadata_requests,
    num_samples,
    safe_indexing,
    validate_parameter_constraints,
    validate_params,
)
from sknn.scikit_learn.stored_classes import (
    COMPUTED_AGAIN,
    NOT_KEPT,
    REMOVED,
    listed_values,
    missing_attributes,
    stored_attributes,
    stored_class,
)

__all__ = [
    "CALLBACKS_UNDER_WAY",
    "COMPUTED_AGAIN",
    "NOT_KEPT",
    "REMOVED",
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
    "listed_values",
    "metadata_requests",
    "missing_attributes",
    "num_samples",
    "safe_indexing",
    "stored_attributes",
    "stored_class",
    "validate_parameter_constraints",
    "validate_params",
]
