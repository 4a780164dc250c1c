"""What can a single threshold unit learn? Rosenblatt's perceptron, iris and XOR."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from sknn.nn import Dense
from sknn.nn.batches import Rows
from sknn.nn.gradient import Gradient
from sknn.nn.losses import SquaredError
from sknn.nn.network import Network


def perceptron(X, y, epochs=100, rate=0.1):
    """Trains y = step(X @ weight + bias) sample by sample; returns the predictions on X.

    The step has no slope; backward passes the error straight through it, so that a step of
    gradient descent is the perceptron rule, weight += rate/2 * (y - prediction) * x.
    """
    network = Network([Dense(1, "step", weight_init="zeros")], X.shape[1:])
    theta, state = network.initial(np.random.RandomState(0), X.dtype)
    gradient = Gradient(network, SquaredError(), theta, state)
    rows = Rows(X, y.astype(float).reshape(-1, 1), dtype=X.dtype)
    for _ in range(epochs):
        for i in range(len(rows)):
            gradient.mean(rows.take(slice(i, i + 1)))
            theta -= rate * gradient.grad
    views = network.layout.views(theta)
    return network.forward(views, [{}], X, network.workspaces(X.dtype)).ravel() == 1


X, y = load_iris(return_X_y=True)
X = scale(X)
print("iris: setosa from the others", np.mean(perceptron(X, y == 0) == (y == 0)))
print("iris: virginica from the others", np.mean(perceptron(X, y == 2) == (y == 2)))

corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
for name, wanted in {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}.items():
    learnt = perceptron(corners, np.array(wanted))
    print(f"{name:3s} wanted {wanted}, learnt {learnt.astype(int).tolist()}")
print("XOR is not linearly separable: no single unit can learn it; a hidden layer can.")
