"""Displays in scikit-learn's convention; matplotlib is imported when something is drawn."""

from sknn.plotting.learning_rate import LearningRateDisplay

__all__ = ["LearningRateDisplay"]
