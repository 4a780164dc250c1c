"""Draws the figure of the README, which shows two trained networks in three panels.

python docs/figures/overview.py
"""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import train_test_split

from sknn import CNNClassifier, MLPClassifier
from sknn.plotting import FeatureMapDisplay

figure, (left, middle, right) = plt.subplots(
    1, 3, figsize=(12, 3.6), width_ratios=[1, 1, 1.7], layout="constrained"
)

X, y = make_moons(300, noise=0.2, random_state=0)
moons = MLPClassifier((50, 50), max_iter=500, random_state=0).fit(X, y)
DecisionBoundaryDisplay.from_estimator(
    moons, X, ax=left, cmap="RdBu_r", alpha=0.8, response_method="predict_proba"
)
left.scatter(*X.T, c=y, cmap="RdBu_r", edgecolor="black", s=15)
left.set(title="Two half-moons: MLPClassifier", xticks=[], yticks=[], xlabel="", ylabel="")

digits = load_digits()
X_train, X_val, y_train, y_val = train_test_split(digits.images / 16, digits.target, random_state=0)
clf = CNNClassifier((12, 24), learning_rate="one_cycle", learning_rate_init=0.01, random_state=0)
clf.fit(X_train, y_train, X_val=X_val, y_val=y_val)
epochs = range(1, clf.n_iter_ + 1)
middle.plot(epochs, clf.history_["loss"], color="#0072b2", label="training")
middle.plot(epochs, clf.history_["validation_loss"], "--", color="#d55e00", label="validation")
accuracy = clf.score(X_val, y_val)
middle.set(title=f"Digits: CNNClassifier, accuracy {accuracy:.1%}", xlabel="Epoch", ylabel="Loss")
middle.set_yscale("log")
middle.legend(frameon=False)

FeatureMapDisplay.from_estimator(clf, X_val[1], ax=right)
figure.savefig(Path(__file__).with_suffix(".png"), dpi=80)
