"""What depends on the version of scikit-learn: the one place that knows how versions differ.

The names that scikit-learn calls private are imported here alone, and what an older version lacks
is made up for. What has to follow scikit-learn is found here.
"""

from sknn.scikit_learn.private_names import (
    CALLBACKS_UNDER_WAY,
    WRAPPERS,
    CachedParameterNames,
    CallbackSupportMixin,
    HasMethods,
    Interval,
    Options,
    StrOptions,
    add_to_panel,
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

__all__ = [
    "CALLBACKS_UNDER_WAY",
    "WRAPPERS",
    "CachedParameterNames",
    "CallbackSupportMixin",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "add_to_panel",
    "callback_context",
    "callbacks_of",
    "check_matplotlib_support",
    "check_sample_weight",
    "fit_context",
    "metadata_requests",
    "num_samples",
    "safe_indexing",
    "validate_parameter_constraints",
    "validate_params",
]
