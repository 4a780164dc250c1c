"""Raw tables: columns of any kind become a matrix, on which several networks train."""

from sknn.tabular.tasks import TabularClassifier, TabularRegressor

__all__ = ["TabularClassifier", "TabularRegressor"]
