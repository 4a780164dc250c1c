"""Searches and cross-validation like scikit-learn's, with networks that train together."""

from sknn.estimators.newest import NewestSplit
from sknn.model_selection.searches import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    together,
)
from sknn.model_selection.spaces import search_space

__all__ = [
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "NewestSplit",
    "RandomizedSearchCV",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "search_space",
    "together",
]
