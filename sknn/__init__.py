"""Neural networks wherever scikit-learn runs."""

import importlib
import typing

if typing.TYPE_CHECKING:
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
_MODULES = {  # of public names; others are estimators
    "SavedModelError": "nn.storage.container",
    "TabularClassifier": "tabular",
    "TabularRegressor": "tabular",
    "TrainingWarning": "warning",
    "load": "persistence",
    "save": "persistence",
    "show_versions": "versions",
}
_SUBMODULES = (
    *("estimators", "inspection", "metrics", "model_selection", "nn", "onnx", "persistence"),
    *("plotting", "tabular"),
)


def __getattr__(name):
    """Imports a name on first use, which keeps ``import sknn`` fast."""
    if name in _SUBMODULES:
        return importlib.import_module(f"sknn.{name}")
    if name not in __all__:
        raise AttributeError(f"module 'sknn' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"sknn.{_MODULES.get(name, 'estimators')}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__, *_SUBMODULES})
