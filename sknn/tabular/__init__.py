"""Raw tables: columns of any kind are encoded as a matrix, on which several networks train."""

from sknn.tabular.classifier import TabularClassifier
from sknn.tabular.regressor import TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
