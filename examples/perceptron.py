"""What can a single threshold unit learn?

Rosenblatt's perceptron is trained on the iris data and on logical functions, including XOR.
"""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sknn import MLPClassifier


def perceptron(X, y):
    """Trains a unit that predicts the sign of X @ weight + bias with the perceptron rule.

    A misclassified sample adds rate * x to the weights or subtracts it from them, depending on its
    class. A correctly classified sample changes nothing. This equals gradient descent on the
    perceptron loss, one sample at a time, starting from zero weights.
    """
    clf = MLPClassifier(
        hidden_layer_sizes=(),  # no hidden layer: a single unit
        loss="perceptron",
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=1,
        learning_rate_init=0.1,
        max_iter=100,
        random_state=0,
    )
    zeros = {"coef_init": [np.zeros((X.shape[1], 1))], "intercept_init": [np.zeros(1)]}
    return clf.fit(X, y, **zeros).predict(X)


X, y = load_iris(return_X_y=True)
X = scale(X)
print("iris: setosa from the others", np.mean(perceptron(X, y == 0) == (y == 0)))
print("iris: virginica from the others", np.mean(perceptron(X, y == 2) == (y == 2)))

corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
for name, wanted in {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}.items():
    learned = perceptron(corners, wanted)
    print(f"{name:3s} target {wanted}, learned {learned.tolist()}")
print("XOR is not linearly separable. No single unit can learn it, but a hidden layer can.")
