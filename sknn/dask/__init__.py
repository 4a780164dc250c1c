"""Estimators for Dask arrays and DataFrames, read block by block. Dask is imported lazily."""

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
