"""One step of training, with known numbers."""

import numpy as np
from helpers import LOSSES, new_batch, new_gradient
from numpy.testing import assert_allclose
from scipy.special import expit
from trainers import SOFTMAX, Trainer

from sknn.nn import Dense
from sknn.nn.batches import Rows
from sknn.nn.network import Network


def three_layers():
    """The Gradient, and the Batch, of the worked example of 3-3-3-3 units."""
    layers = [Dense(3, "relu"), Dense(3, "logistic"), Dense(3, "identity")]
    gradient = new_gradient(layers, SOFTMAX, 3)
    weights = [
        [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
        [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
        [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
    ]
    for params, weight in zip(gradient.network.layout.views(gradient.theta), weights, strict=True):
        params["weight"][...] = weight
        params["bias"][...] = 1
    return gradient, new_batch(np.array([[0.1, 0.2, 0.7]]), np.array([[1.0, 0.0, 0.0]]))


def test_worked_example_forward():
    gradient, batch = three_layers()
    params = gradient.network.layout.views(gradient.theta)
    outputs = []
    for depth in (1, 2, 3):
        network = Network(gradient.network.layers[:depth], (3,))
        workspaces = network.workspaces(np.float64)
        outputs.append(network.forward(params[:depth], [{}] * depth, batch.x, workspaces))
    assert_allclose(outputs[0], [[1.35, 1.27, 1.8]], atol=5e-9)
    assert_allclose(outputs[1], [[0.93883129, 0.94047563, 0.9820843]], atol=5e-9)
    assert_allclose(outputs[2], [[1.86706797, 2.23028232, 2.82303603]], atol=5e-9)
    assert_allclose(SOFTMAX.predict(outputs[2]), [[0.19844689, 0.28535553, 0.51619758]], atol=5e-9)


def test_worked_example_loss_and_its_gradient():
    _, batch = three_layers()
    z = np.array([[1.86706797, 2.23028232, 2.82303603]])
    dz = np.empty_like(z)
    assert_allclose(SOFTMAX.sum_and_gradient(batch.y, z, None, dz), 1.61723375, atol=1e-8)
    assert_allclose(dz, [[-0.80155311, 0.28535553, 0.51619758]], atol=1e-8)


def test_worked_example_step():
    gradient, batch = three_layers()
    rows = Rows(batch.x, batch.y, dtype=np.float64)
    trainer = Trainer(gradient, rows, batch_size=1, learning_rate=0.01)
    trainer.train(1)
    wanted = [
        [
            [0.09999275, 0.19998906, 0.2999815],
            [0.29998551, 0.19997812, 0.699963],
            [0.39994927, 0.29992343, 0.89987049],
        ],
        [
            [0.1996535, 0.29995275, 0.49997129],
            [0.29967403, 0.49995555, 0.69997299],
            [0.599538, 0.399937, 0.79996172],
        ],
        [
            [0.10752523, 0.39732099, 0.79515378],
            [0.30753841, 0.6973163, 0.19514529],
            [0.50787193, 0.19719757, 0.8949305],
        ],
    ]
    for params, weight in zip(gradient.network.layout.views(trainer.theta), wanted, strict=True):
        assert_allclose(params["weight"], weight, atol=5e-9)
    dz = np.array([[-0.80155311, 0.28535553, 0.51619758]])  # the gradient of the last bias
    assert_allclose(params["bias"], 1 - 0.01 * dz, atol=5e-9)
    assert_allclose(trainer.history["loss"], [1.61723375], atol=5e-9)


def test_one_step_of_scikit_learns_example():
    """The numbers of ``test_fit`` in scikit-learn's tests of its MLPs."""
    loss = LOSSES["log_loss logistic"]
    gradient = new_gradient([Dense(2, "logistic"), Dense(1, "identity")], loss, 3)
    first, second = gradient.network.layout.views(gradient.theta)
    first["weight"][...] = [[0.1, 0.2], [0.3, 0.1], [0.5, 0]]
    first["bias"][...] = 0.1
    second["weight"][...] = [[0.1], [0.2]]
    second["bias"][...] = 1
    rows = Rows(np.array([[0.6, 0.8, 0.7]]), np.array([[0.0]]), dtype=np.float64)
    Trainer(gradient, rows, batch_size=1, learning_rate=0.1, alpha=0.1).train(1)
    wanted = [[0.098, 0.195756], [0.2956664, 0.096008], [0.4939998, -0.002244]]
    assert_allclose(first["weight"], wanted, atol=1e-3)
    assert_allclose(first["bias"], [[0.098333, 0.09626]], atol=1e-3)
    assert_allclose(second["weight"], [[0.04706], [0.154089]], atol=1e-3)
    assert_allclose(second["bias"], [[0.9235]], atol=1e-3)
    hidden = expit(rows.x @ first["weight"] + first["bias"])
    assert_allclose(expit(hidden @ second["weight"] + second["bias"]), [[0.739]], atol=1e-3)
