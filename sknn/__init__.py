"""Neural networks where scikit-learn runs."""

from sknn.estimators import (
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)

__all__ = ["MLPClassifier", "MLPRegressor", "SequentialClassifier", "SequentialRegressor"]
__version__ = "0.1.0"
