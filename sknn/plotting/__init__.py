"""Displays that follow scikit-learn's convention. They import matplotlib when they draw."""

from sknn.plotting.activations import ActivationDisplay
from sknn.plotting.feature_maps import FeatureMapDisplay
from sknn.plotting.filters import FilterDisplay
from sknn.plotting.gradient_flow import GradientFlowDisplay
from sknn.plotting.learning_rate import LearningRateDisplay
from sknn.plotting.network import NetworkDisplay
from sknn.plotting.recorder import GradientFlow
from sknn.plotting.saliency import SaliencyDisplay
from sknn.plotting.training_curve import TrainingCurveDisplay

__all__ = [
    "ActivationDisplay",
    "FeatureMapDisplay",
    "FilterDisplay",
    "GradientFlow",
    "GradientFlowDisplay",
    "LearningRateDisplay",
    "NetworkDisplay",
    "SaliencyDisplay",
    "TrainingCurveDisplay",
]
