"""CNNClassifier and CNNRegressor beside the same network in torch."""

import numpy as np
import pytest
from cnns import BOTH, STILL, outputs
from helpers import normal
from numpy.testing import assert_allclose
from scipy.special import softmax
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from sknn import CNNClassifier

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.usefixtures("torch"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

N, BATCH_SIZE, EPOCHS, RATE, ALPHA = 30, 12, 3, 0.1, 0.3
SETTINGS = {
    "filters": (3, 4),
    "hidden_layer_sizes": (5,),
    "solver": "sgd",
    "momentum": 0,
    "learning_rate_init": RATE,
    "alpha": ALPHA,
    "batch_size": BATCH_SIZE,
    "max_iter": EPOCHS,
    "shuffle": False,
    "dtype": "float64",
    "random_state": 0,
}


class ChannelsLast(torch.nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1)


def in_torch(shape, normalization, pooling, n_outputs):
    """The network of SETTINGS for images of this shape."""
    height, width, channels = shape

    def activated(n, norm):
        return [norm(n), torch.nn.ReLU()] if normalization else [torch.nn.ReLU()]

    def pool():
        if pooling == "max":
            return torch.nn.MaxPool2d(2, ceil_mode=True)
        return torch.nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False)

    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, 3, 3, padding="same"),
        *activated(3, torch.nn.BatchNorm2d),
        pool(),
        torch.nn.Conv2d(3, 4, 3, padding="same"),
        *activated(4, torch.nn.BatchNorm2d),
        pool(),
        ChannelsLast(),
        torch.nn.Flatten(),
        torch.nn.Linear(-(-height // 4) * -(-width // 4) * 4, 5),
        *activated(5, torch.nn.BatchNorm1d),
        torch.nn.Linear(5, n_outputs),
    ).double()


def weighted(network):
    """Its layers with weights."""
    return [one for one in network if isinstance(one, (torch.nn.Conv2d, torch.nn.Linear))]


def normalising(network):
    """Its layers with running statistics."""
    return [one for one in network if hasattr(one, "running_mean")]


def take_weights(network, estimator):
    arrays = zip(weighted(network), estimator.coefs_, estimator.intercepts_, strict=True)
    with torch.no_grad():
        for layer, weight, bias in arrays:
            weight = weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight.T
            layer.weight.copy_(torch.tensor(np.ascontiguousarray(weight)))
            layer.bias.copy_(torch.tensor(bias))


def as_ours(weight):
    """A weight of torch with our axes."""
    weight = weight.detach().numpy()
    return weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T


def losses_in_training(network, images, targets, weight):
    """The penalised loss of each epoch; the network is trained meanwhile."""
    losses = []
    for _ in range(EPOCHS):
        total = 0.0
        for at in torch.arange(N).split(BATCH_SIZE):
            z = network(images[at])
            if targets.ndim == 1:
                each = torch.nn.functional.cross_entropy(z, targets[at], reduction="none")
            else:
                each = ((z - targets[at]) ** 2).sum(1) / 2
            squares = sum((layer.weight**2).sum() for layer in weighted(network))
            loss = ((weight[at] * each).sum() + ALPHA / 2 * squares) / weight[at].sum()
            network.zero_grad()
            loss.backward()
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter -= RATE * parameter.grad
            total += loss.item() * len(at)
        losses.append(total / N)
    return losses


@pytest.mark.one_in(3)
@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("normalization", [None, "batch"])
@pytest.mark.parametrize("shape", [(8, 8, 2), (7, 5, 1)])
@BOTH
def test_training_and_prediction_are_those_of_torch(make, shape, normalization, pooling):
    X = normal(N, *shape)
    y = np.arange(N) % 3 if make is CNNClassifier else normal(N, 2, seed=1)
    weight = np.ones(N) if normalization else np.linspace(0.5, 1.5, N)  # torch's norms take none
    ours = make(**SETTINGS, normalization=normalization, pooling=pooling)
    start = clone(ours).set_params(**STILL, max_iter=1).fit(X, y)
    ours.fit(X, y, sample_weight=weight)

    theirs = in_torch(shape, normalization, pooling, start.n_outputs_)
    take_weights(theirs, start)
    images = torch.tensor(X.transpose(0, 3, 1, 2))
    with threadpool_limits(1):
        losses = losses_in_training(theirs, images, torch.tensor(y), torch.tensor(weight))
        theirs.eval()
        z = theirs(images).detach().numpy()

    for layer, w, b in zip(weighted(theirs), ours.coefs_, ours.intercepts_, strict=True):
        assert_allclose(w, as_ours(layer.weight), rtol=1e-8, atol=1e-11)
        assert_allclose(b, layer.bias.detach().numpy(), rtol=1e-8, atol=1e-11)
    assert_allclose(ours.loss_curve_, losses, rtol=1e-10)
    own = [state for state in ours._model._state if state]
    for norm, state in zip(normalising(theirs), own, strict=True):
        assert_allclose(state["mean"][0], norm.running_mean.numpy(), rtol=1e-9, atol=1e-12)
        assert_allclose(state["variance"][0], norm.running_var.numpy(), rtol=1e-9)
    wanted = softmax(z, axis=1) if make is CNNClassifier else z
    assert_allclose(outputs(ours, X), wanted, rtol=1e-8, atol=1e-11)
