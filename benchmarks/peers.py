"""The same network and optimiser in scikit-learn, sknn and other libraries, if installed.

Each function takes X (n, n_features), labels y in 0 ... n_classes - 1, and parameters with
scikit-learn's names. It returns a function without arguments, which fits the network for
``max_iter`` epochs with Adam and the log loss in the dtype of X. This function returns the loss of
the last epoch, which shows that all libraries do the same. Batches divide X evenly. ``alpha`` is
the strength of an L2 penalty, which is divided by the batch size as in scikit-learn. torch and
skorch also apply it to the biases. For two classes, scikit-learn and sknn have one logistic output,
and the other libraries have two outputs.
"""

import warnings
from importlib.util import find_spec
from itertools import pairwise

import joblib
import numpy as np
import sklearn.neural_network
from sklearn.exceptions import ConvergenceWarning

import sknn


def scikit_learn(X, y, **params):
    return _estimator(sklearn.neural_network.MLPClassifier, X, y, params)


def this_package(X, y, **params):
    return _estimator(sknn.MLPClassifier, X, y, params)


def _estimator(kind, X, y, params):
    model = kind(**params, n_iter_no_change=np.inf, random_state=0)

    def fit():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are sufficient
            return model.fit(X, y).loss_

    return fit


def torch_eager(X, y, *, hidden_layer_sizes, **params):
    import torch

    torch.set_num_threads(joblib.cpu_count())
    X, y = torch.from_numpy(X), torch.from_numpy(y)
    sizes = _sizes(X, hidden_layer_sizes, y)
    return torch_training(lambda: _torch_network(sizes).to(X.dtype), X, y, **params)


def torch_training(build, X, y, *, batch_size, learning_rate_init, alpha, max_iter):
    """Returns a function that trains a new network on tensors X and y in a plain loop."""
    import torch

    def fit():
        torch.manual_seed(0)
        model = build()
        mean_loss = torch.nn.CrossEntropyLoss()
        adam = torch.optim.Adam(
            model.parameters(), lr=learning_rate_init, weight_decay=alpha / batch_size
        )
        for _ in range(max_iter):
            total = 0.0
            for rows in torch.randperm(len(X)).split(batch_size):
                loss = mean_loss(model(X[rows]), y[rows])
                adam.zero_grad(set_to_none=True)
                loss.backward()
                adam.step()
                total += loss.item() * len(rows)
        return total / len(X)

    return fit


def skorch(X, y, *, hidden_layer_sizes, batch_size, learning_rate_init, alpha, max_iter):
    import torch
    from skorch import NeuralNetClassifier

    torch.set_num_threads(joblib.cpu_count())
    model = NeuralNetClassifier(
        _torch_network,
        module__sizes=_sizes(X, hidden_layer_sizes, y),
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        optimizer__weight_decay=alpha / batch_size,
        lr=learning_rate_init,
        batch_size=batch_size,
        max_epochs=max_iter,
        iterator_train__shuffle=True,
        train_split=None,
        callbacks="disable",
        verbose=0,
    )

    def fit():
        torch.manual_seed(0)
        return np.mean(model.fit(X, y).history[-1, "batches", :, "train_loss"])

    return fit


def _torch_network(sizes):
    from torch.nn import Linear, ReLU, Sequential

    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [Linear(n_in, n_out), ReLU()]
    return Sequential(*layers[:-1])


def jax_compiled(X, y, *, hidden_layer_sizes, batch_size, learning_rate_init, alpha, max_iter):
    """Returns a function that trains the network, with one compiled scan for each epoch."""
    import jax
    from jax import numpy as jnp

    sizes = _sizes(X, hidden_layer_sizes, y)
    beta_1, beta_2, epsilon = 0.9, 0.999, 1e-8
    each = jax.tree.map

    def penalised_loss(params, x, y):
        *hidden, (weight, bias) = params
        for hidden_weight, hidden_bias in hidden:
            x = jax.nn.relu(x @ hidden_weight + hidden_bias)
        log_p = jax.nn.log_softmax(x @ weight + bias)
        log_loss = -jnp.take_along_axis(log_p, y[:, None], axis=1).mean()
        return log_loss + 0.5 * alpha / batch_size * sum(jnp.vdot(w, w) for w, _ in params)

    @jax.jit
    def epoch(training, X, y, batches):
        def step(training, rows):
            params, mean, square, t = training
            loss, grad = jax.value_and_grad(penalised_loss)(params, X[rows], y[rows])
            t = t + 1
            rate = learning_rate_init * jnp.sqrt(1 - beta_2**t) / (1 - beta_1**t)
            mean = each(lambda m, g: beta_1 * m + (1 - beta_1) * g, mean, grad)
            square = each(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, square, grad)
            params = each(
                lambda p, m, v: p - rate * m / (jnp.sqrt(v) + epsilon), params, mean, square
            )
            return (params, mean, square, t), loss

        return jax.lax.scan(step, training, batches)

    X, y = jnp.asarray(X), jnp.asarray(y)

    def fit():
        rng = np.random.default_rng(0)
        params = []
        for n_in, n_out in pairwise(sizes):
            bound = np.sqrt(6 / (n_in + n_out))
            weight = rng.uniform(-bound, bound, (n_in, n_out)).astype(X.dtype)
            params.append((jnp.asarray(weight), jnp.zeros(n_out, X.dtype)))
        zeros = each(jnp.zeros_like, params)
        training = params, zeros, zeros, jnp.zeros((), X.dtype)
        for _ in range(max_iter):
            batches = rng.permutation(len(X)).reshape(-1, batch_size)
            training, losses = epoch(training, X, y, batches)
        return float(losses.mean())

    return fit


def _sizes(X, hidden_layer_sizes, y):
    return [X.shape[1], *hidden_layer_sizes, int(y.max()) + 1]


OPTIONAL = {
    "torch eager": (torch_eager, ("torch",)),
    "skorch": (skorch, ("torch", "skorch")),
    "jax jit+scan": (jax_compiled, ("jax",)),
}


def installed(peers=OPTIONAL):
    """Returns the peers of {name: (peer, required modules)} that can run, and prints the others."""
    found = {}
    for name, (peer, needs) in peers.items():
        missing = [module for module in needs if find_spec(module) is None]
        if missing:
            print(f"{name}: skipped, {' and '.join(missing)} not installed")
        else:
            found[name] = peer
    return found
