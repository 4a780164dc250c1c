"""What the tests of training share: a small network, its rows, and all that ``train`` takes."""

from functools import partial

import numpy as np
from helpers import LOSSES, new_gradient, normal, targets

from sknn.nn import Dense
from sknn.nn.batches import Rows
from sknn.nn.optimizers import SGD, Adagrad, Adam, AdamW, NAdam, RMSprop
from sknn.nn.plan import Plan
from sknn.nn.stopping import Patience
from sknn.nn.training import HISTORY, train
from sknn.nn.training_state import TrainingState

N, N_IN, N_OUTPUTS = 20, 4, 3
LAYERS = [Dense(5, "tanh"), Dense(N_OUTPUTS, "identity")]
SOFTMAX = LOSSES["log_loss softmax"]
PLAIN_SGD = partial(SGD, momentum=0.0, nesterov=False)
OPTIMIZERS = {
    "sgd": PLAIN_SGD,
    "nesterov": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}
NEVER = {"tol": 0.0, "n_iter_no_change": np.inf}  # settings of a plan: patience without end
FOR_SURE = {"tol": 1e9}  # no epoch after the first improves by so much


class Trainer:
    """One network and all that ``train`` takes for it; ``train`` may be called repeatedly."""

    def __init__(
        self, gradient, rows, *, optimizer=PLAIN_SGD, seed=0, subset=None, validate=None, **plan
    ):
        self.gradient, self.rows = gradient, rows
        self.plan = Plan(**{"batch_size": 6, "learning_rate": 0.1} | plan)
        theta, _ = gradient.trainable
        random_state = (
            [np.random.RandomState(each) for each in seed]
            if isinstance(seed, list)
            else np.random.RandomState(seed)
        )
        optimizer, layout = optimizer(), gradient.network.layout
        moments = optimizer.start(theta, layout.n_decayed)
        self.run = TrainingState(
            optimizer, moments, random_state, Patience(models=theta.shape[:-1])
        )
        self.history = {name: [] for name in HISTORY}
        self.subset, self.validate = subset, validate

    def train(self, epochs, **settings):
        return train(
            self.gradient,
            self.rows,
            self.plan,
            self.run,
            epochs,
            history=self.history,
            subset=self.subset,
            validate=self.validate,
            **settings,
        )

    @property
    def theta(self):
        return self.gradient.theta


class Scores:
    """Validation whose scores are given beforehand; keeps copies of theta and state at each."""

    def __init__(self, scores):
        self.scores, self.thetas, self.states = iter(scores), [], []

    def of(self, trainer):
        self.gradient = trainer.gradient
        trainer.validate = self
        return trainer

    def __call__(self):
        self.thetas.append(self.gradient.theta.copy())
        self.states.append(self.gradient.state.copy())
        score = next(self.scores)
        return -score, score


def new_rows(n=N, weight=None, loss=SOFTMAX, seed=0):
    """Rows for a network of N_IN inputs and N_OUTPUTS outputs."""
    x, y = normal(n, N_IN, seed=seed), targets(loss, n, N_OUTPUTS, seed)
    return Rows(x, y, weight, dtype=np.float64)


def new_trainer(rows=None, layers=LAYERS, loss=SOFTMAX, **settings):
    """A trainer with a small network, on rows of its own unless told."""
    gradient = new_gradient(layers, loss, N_IN)
    return Trainer(gradient, new_rows(loss=loss) if rows is None else rows, **settings)


def validator(gradient, seed=5):
    """() -> (loss, score) of the gradient's network on rows of their own; the score is -loss."""
    network, loss = gradient.network, gradient.loss
    rows = new_rows(seed=seed)

    def validate():
        params = network.layout.views(gradient.theta)
        state = network.state_layout.views(gradient.state)
        z = network.forward(params, state, rows.x, network.workspaces(np.float64))
        total = loss.sum_and_gradient(rows.y, z, None, np.empty_like(z))
        return total / N, -total / N

    return validate
