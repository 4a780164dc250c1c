"""Neural networks wherever scikit-learn runs."""

from sknn.estimators import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn.storage.container import SavedModelError
from sknn.persistence import load, save
from sknn.tabular import TabularClassifier, TabularRegressor
from sknn.versions import show_versions

__all__ = [
    "CNNClassifier",
    "CNNRegressor",
    "MLPClassifier",
    "MLPRegressor",
    "SavedModelError",
    "SequentialClassifier",
    "SequentialRegressor",
    "TabularClassifier",
    "TabularRegressor",
    "load",
    "save",
    "show_versions",
]
__version__ = "0.1.0"
