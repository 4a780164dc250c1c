"""Which learning-rate schedule reaches the lowest loss in thirty epochs?

The schedules are compared on handwritten digits.
"""

import warnings

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sknn import MLPClassifier
from sknn.nn import CosineDecay, Schedule, Warmup

warnings.simplefilter("ignore", ConvergenceWarning)  # training is limited to thirty epochs

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
epochs, batch_size = 30, 100
steps = epochs * -(-len(X_train) // batch_size)

schedules: dict[str, str | Schedule] = {
    "constant": "constant",
    "step": "step",
    "exponential": "exponential",
    "cosine": "cosine",
    "one_cycle": "one_cycle",
    "cosine, warmed up": Warmup(CosineDecay(total_steps=steps), steps=50),
}
print("schedule            first rate   last rate    loss   test accuracy")
for name, schedule in schedules.items():
    clf = MLPClassifier(
        learning_rate=schedule,
        learning_rate_init=0.01,
        batch_size=batch_size,
        max_iter=epochs,
        random_state=0,
    )
    clf.fit(X_train, y_train)
    rates = clf.history_["learning_rate"]
    print(
        f"{name:19s} {rates[0]:10.5f}  {rates[-1]:10.5f}  {clf.loss_:.4f}   "
        f"{clf.score(X_test, y_test):.3f}"
    )
