"""The estimators, which follow scikit-learn's conventions and train networks of the core."""

from sknn.estimators.cnn import CNNClassifier, CNNRegressor
from sknn.estimators.mlp import MLPClassifier, MLPRegressor
from sknn.estimators.sequential import SequentialClassifier, SequentialRegressor

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "SequentialClassifier",
    "SequentialRegressor",
]
