"""Raw tables: columns of any kind become a matrix, on which several networks train."""

from sknn.tabular.classifier import TabularClassifier
from sknn.tabular.regressor import TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
