"""What happens in one step of training? Every number of it, for a network of 3-3-3-3 units.

One sample with three features, of the first of three classes; ReLU, logistic and softmax;
weights written down by hand, biases of 1; one step of plain gradient descent at a rate of 0.01.
"""

import numpy as np

from sknn import MLPClassifier
from sknn.inspection import trace

X, y = np.array([[0.1, 0.2, 0.7]]), [0]

clf = MLPClassifier(
    hidden_layer_sizes=(3, 3),
    activation=["relu", "logistic"],
    solver="sgd",
    learning_rate_init=0.01,
    momentum=0,
    alpha=0,
)
clf.partial_fit(X, y, classes=[0, 1, 2])  # tells it of shapes and classes
clf.coefs_ = [  # rows: from, columns: to
    np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]]),
    np.array([[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]]),
    np.array([[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]]),
]
clf.intercepts_ = [np.ones(3), np.ones(3), np.ones(3)]

step = trace(clf, X, y)
print(step)

z = step["dense3"].z
print("\nThe softmax is exp(z) / sum(exp(z))    ", np.exp(z) / np.exp(z).sum())
print("A widely copied tutorial has z / sum(z)", z / z.sum())
print("That is no softmax: without the exponential it would fail for negative z.")
