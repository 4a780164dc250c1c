"""Neural networks wherever scikit-learn runs."""

import importlib

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
from sknn.warning import TrainingWarning

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
    "TrainingWarning",
    "load",
    "save",
    "show_versions",
]
__version__ = "0.1.0"
_SUBMODULES = ("inspection", "metrics", "model_selection", "onnx", "plotting")


def __getattr__(name):
    """Imports a submodule on first use, which keeps ``import sknn`` fast."""
    if name in _SUBMODULES:
        return importlib.import_module(f"sknn.{name}")
    raise AttributeError(f"module 'sknn' has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_SUBMODULES})
