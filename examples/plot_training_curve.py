"""
Does the network learn, or does it overfit?
===========================================

When the training loss decreases while the loss on other samples increases, the network overfits: it
memorises its training samples. :class:`~sknn.plotting.TrainingCurveDisplay` shows both losses,
epoch by epoch.
"""

import warnings
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sknn import MLPClassifier
from sknn.plotting import TrainingCurveDisplay

warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, train_size=100, random_state=0)

# %%
# A large network is trained on few samples. The loss on ``X_val`` is only recorded and does not
# stop the training. It reaches its minimum after some epochs and then increases.

network = partial(MLPClassifier, 200, learning_rate_init=0.01, tol=0, random_state=0)
clf = network(max_iter=60).fit(X_train, y_train, X_val=X_val, y_val=y_val)
display = TrainingCurveDisplay.from_estimator(clf, loss_scale="log")
losses = clf.history_["validation_loss"]
print(
    f"Validation loss: {min(losses):.3f} after {np.argmin(losses) + 1} epochs, "
    f"{losses[-1]:.3f} after {clf.n_iter_}"
)

# %%
# With early stopping, the same samples decide when training stops, and the weights with the best
# score are kept. The dotted line marks their epoch.

clf = network(early_stopping=True)
clf.fit(X_train, y_train, X_val=X_val, y_val=y_val)
display = TrainingCurveDisplay.from_estimator(clf, loss_scale="log")
print(f"Stopped after {clf.n_iter_} epochs, kept the weights of epoch {display.kept_epoch}")

# %%
# Training with two learning-rate schedules, in the same panels.

axes = None
for schedule, style in (("constant", "-"), ("one_cycle", "--")):
    clf = network(max_iter=30, learning_rate=schedule).fit(X_train, y_train)
    color = "black" if schedule == "constant" else "tab:orange"
    display = TrainingCurveDisplay.from_estimator(
        clf, name=schedule, ax=axes, color=color, linestyle=style, loss_scale="log"
    )
    axes = display.axes_

plt.show()
