"""Gradients of a deep network with logistic units, and of one with ELU units."""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sknn import MLPClassifier
from sknn.plotting import GradientFlowDisplay

warnings.simplefilter("ignore", ConvergenceWarning)
X, y = load_digits(return_X_y=True)
figure, axes = plt.subplots(2, 1, figsize=(8, 6), sharex=True, sharey=True, layout="constrained")
settings = {"max_iter": 15, "random_state": 0}
for ax, name, deep in zip(
    axes,
    ["Logistic units", "ELU units, He initialisation"],
    [
        MLPClassifier([32] * 6, "logistic", **settings),
        MLPClassifier([32] * 6, "elu", weight_init="he_uniform", **settings),
    ],
    strict=True,
):
    GradientFlowDisplay.from_estimator(deep, X / 16, y, ax=ax)
    ax.set_title(name)
    ax.label_outer()
