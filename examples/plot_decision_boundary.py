"""
How does the number of units shape the decision boundary?
=========================================================

scikit-learn's :class:`~sklearn.inspection.DecisionBoundaryDisplay` works with the estimators of
sknn.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay

from sknn import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of iterations is fixed

X, y = make_moons(n_samples=200, noise=0.25, random_state=0)

# %%
# A single hidden unit separates the classes by a line. A few units follow the two moons. Hundreds
# of units fit single samples, which does not generalise to new samples. In the white band, the
# network is uncertain.

_, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained", sharey=True)
for ax, units in zip(axes, (1, 4, 300), strict=True):
    clf = MLPClassifier(units, activation="tanh", solver="lbfgs", max_iter=500, random_state=0)
    clf.fit(X, y)
    DecisionBoundaryDisplay.from_estimator(
        clf,
        X,
        response_method="predict_proba",
        grid_resolution=200,
        eps=0.5,
        cmap="RdBu_r",
        alpha=0.7,
        ax=ax,
    )
    for label, marker in ((0, "o"), (1, "^")):
        here = y == label
        ax.scatter(*X[here].T, c="white", edgecolors="black", marker=marker, s=20, linewidths=0.8)
    ax.set(title=f"{units} hidden unit{'s' * (units > 1)}", xlabel="First feature")
    print(f"{units:3d} units: accuracy on the training data {clf.score(X, y):.3f}")
axes[0].set_ylabel("Second feature")

plt.show()
