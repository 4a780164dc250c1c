"""What happens in one training step?

The program prints every value of one step of gradient descent with a learning rate of 0.01. The
network has 3-3-3-3 units with ReLU, logistic and softmax activations, given weights, and biases of
1. It is trained on one sample with three features, which belongs to the first of three classes.
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
clf.partial_fit(X, y, classes=[0, 1, 2])  # sets the shapes and the classes
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
print("Some tutorials compute z / sum(z)      ", z / z.sum())
print("This is not softmax: without the exponential, it fails for negative z.")
