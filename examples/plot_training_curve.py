"""
Does the network still learn, or does it only learn by heart?
=============================================================

Training loss that falls while the loss on other samples rises: from there on the network learns
its samples by heart. :class:`~sknn.plotting.TrainingCurveDisplay` shows both, epoch by epoch.
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

warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs given are all they get

X, y = load_digits(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X / 16, y, train_size=100, random_state=0)

# %%
# A large network and few samples. ``X_val`` is only watched: training goes on to the end. The
# loss on it is least after some epochs, and rises from there.

network = partial(MLPClassifier, 200, learning_rate_init=0.01, tol=0, random_state=0)
clf = network(max_iter=60).fit(X_train, y_train, X_val=X_val, y_val=y_val)
display = TrainingCurveDisplay.from_estimator(clf, loss_scale="log")
losses = clf.history_["validation_loss"]
print(
    f"Validation loss: {min(losses):.3f} after {np.argmin(losses) + 1} epochs, "
    f"{losses[-1]:.3f} after {clf.n_iter_}"
)

# %%
# With early stopping the same samples decide when to end, and the weights that scored best are
# kept. The dotted line says which.

clf = network(early_stopping=True)
clf.fit(X_train, y_train, X_val=X_val, y_val=y_val)
display = TrainingCurveDisplay.from_estimator(clf, loss_scale="log")
print(f"Stopped after {clf.n_iter_} epochs, kept the weights of epoch {display.kept_epoch}")

# %%
# Two schedules of the learning rate in the same panels.

axes = None
for schedule, style in (("constant", "-"), ("one_cycle", "--")):
    clf = network(max_iter=30, learning_rate=schedule).fit(X_train, y_train)
    color = "black" if schedule == "constant" else "tab:orange"
    display = TrainingCurveDisplay.from_estimator(
        clf, name=schedule, ax=axes, color=color, linestyle=style, loss_scale="log"
    )
    axes = display.axes_

plt.show()
