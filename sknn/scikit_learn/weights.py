"""Rejects sample weights that are all zero, as scikit-learn does from 1.9 on."""

from sklearn.utils.validation import _check_sample_weight


def check_sample_weight(sample_weight, X, *, allow_all_zero_weights=False, **options):
    """Returns the weights as an array (n,). Raises ValueError if all are zero, unless allowed."""
    weights = _check_sample_weight(sample_weight, X, **options)
    if not (allow_all_zero_weights or weights.any()):
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights
