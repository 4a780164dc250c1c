"""Searches."""

from sknn.model_selection.searches import GridSearchCV, cross_validate, together

__all__ = ["GridSearchCV", "cross_validate", "together"]
