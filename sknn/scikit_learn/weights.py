"""Weights of samples that are all zero, which scikit-learn refuses from 1.9 on."""

from sklearn.utils.validation import _check_sample_weight


def check_sample_weight(sample_weight, X, **options):
    """The weights as an array (n,), as scikit-learn checks them; not all of them zero."""
    weights = _check_sample_weight(sample_weight, X, **options)
    if not weights.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights
