"""
Which learning rate should I try first?
=======================================

:class:`~sknn.plotting.LearningRateDisplay` trains a copy of the estimator while the learning rate
increases from step to step. If the rate is too low, the loss does not change; if it is too high,
the loss explodes. In between, the loss decreases. The rate at which it decreases fastest is a good
first choice.
"""

import warnings

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sknn import MLPClassifier
from sknn.plotting import LearningRateDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

# %%
# The test takes a hundred steps, which is less than the training that it saves.

clf = MLPClassifier(max_iter=5, learning_rate="cosine", random_state=0)
display = LearningRateDisplay.from_estimator(clf, X_train, y_train)

# %%
# Training with the suggested learning rate and with lower and higher rates, for five epochs each.

for factor in (0.01, 0.1, 1, 10, 100):
    rate = display.suggested_rate * factor
    clf.set_params(learning_rate_init=rate).fit(X_train, y_train)
    print(f"learning_rate_init={rate:8.5f}: test accuracy {clf.score(X_test, y_test):.3f}")

plt.show()
