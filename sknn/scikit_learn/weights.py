"""Weights of samples that are all zero, which scikit-learn refuses from 1.9 on."""

from sklearn.utils.validation import _check_sample_weight


def check_sample_weight(sample_weight, X, *, allow_all_zero_weights=False, **options):
    """The weights as an array (n,), as scikit-learn checks them; not all zero unless allowed."""
    weights = _check_sample_weight(sample_weight, X, **options)
    if not (allow_all_zero_weights or weights.any()):
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights
