"""The learning-rate range test on the digits."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from sknn import MLPClassifier
from sknn.plotting import LearningRateDisplay

X, y = load_digits(return_X_y=True)
_, ax = plt.subplots(figsize=(7, 3.2))
LearningRateDisplay.from_estimator(MLPClassifier(random_state=0), X / 16, y, ax=ax)
