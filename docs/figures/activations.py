"""All activations with their derivatives."""

from sknn.plotting import ActivationDisplay

ActivationDisplay.from_activations()
