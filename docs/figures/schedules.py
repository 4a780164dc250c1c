"""The learning rate of each schedule, epoch by epoch."""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from sknn import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)
X, y = load_iris(return_X_y=True)
figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
groups = (
    ["constant", "invscaling", "step", "exponential"],
    ["cosine", "flat_cosine", "coslog", "one_cycle"],
)
styles = ["-", "--", "-.", ":"]
for ax, group in zip(axes, groups, strict=True):
    for name, style in zip(group, styles, strict=False):
        clf = MLPClassifier(
            learning_rate=name,
            learning_rate_init=0.1,
            solver="sgd",
            max_iter=60,
            n_iter_no_change=60,
        )
        rates = clf.fit(X, y).history_["learning_rate"]
        ax.plot(range(1, 61), rates, style, label=name)
    ax.set(xlabel="Epoch")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
axes[0].set_ylabel("Learning rate")
