"""Draws the figure at the top of the README and of the guide: a network that classifies irises.

python docs/figures/network.py
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("agg")
from sklearn.datasets import load_iris

from sknn import MLPClassifier
from sknn.plotting import NetworkDisplay

iris = load_iris(as_frame=True)
X, y = iris.data, iris.target_names[iris.target]

clf = MLPClassifier((6, 4), solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0).fit(X, y)
display = NetworkDisplay.from_estimator(clf, X[83:84])

path = sys.argv[1] if sys.argv[1:] else Path(__file__).with_suffix(".png")
display.figure_.savefig(path, dpi=100)
