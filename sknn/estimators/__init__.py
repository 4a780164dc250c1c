"""The estimators: scikit-learn's conventions around the core."""

from sknn.estimators.mlp import MLPClassifier, MLPRegressor
from sknn.estimators.sequential import SequentialClassifier, SequentialRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "SequentialClassifier", "SequentialRegressor"]
