"""A network that overfits."""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from sknn import MLPClassifier
from sknn.plotting import TrainingCurveDisplay

warnings.simplefilter("ignore", ConvergenceWarning)
X, y = load_breast_cancer(return_X_y=True)
X_train, _, y_train, _ = train_test_split(scale(X), y, stratify=y, random_state=0)
X_part, X_val, y_part, y_val = train_test_split(X_train, y_train, stratify=y_train, random_state=0)
clf = MLPClassifier(learning_rate_init=0.01, max_iter=100, tol=0, random_state=0)
history = clf.fit(X_part, y_part, X_val=X_val, y_val=y_val).history_
_, ax = plt.subplots(figsize=(7, 3))
TrainingCurveDisplay(loss=history["loss"], validation_loss=history["validation_loss"]).plot(ax)
