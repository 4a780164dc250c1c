"""The estimators: scikit-learn's conventions around the core."""

from sknn.estimators.mlp import MLPClassifier, MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
