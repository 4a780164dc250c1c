"""Estimators for Dask arrays and frames, which are read block by block; Dask imports lazily."""

from sknn.dask.estimators import (
    DaskCNNClassifier,
    DaskCNNRegressor,
    DaskMLPClassifier,
    DaskMLPRegressor,
    DaskSequentialClassifier,
    DaskSequentialRegressor,
)
from sknn.dask.scattering import scatter_rows

__all__ = [
    "DaskCNNClassifier",
    "DaskCNNRegressor",
    "DaskMLPClassifier",
    "DaskMLPRegressor",
    "DaskSequentialClassifier",
    "DaskSequentialRegressor",
    "scatter_rows",
]
