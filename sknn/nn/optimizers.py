"""Optimisers: one step for the whole vector of parameters, in place."""

import math
from copy import copy
from typing import Any, Self

import numpy as np

from sknn.nn.per_model import factor, of_models, power
from sknn.nn.ranges import FLAG, NOT_NEGATIVE, POSITIVE, Range
from sknn.nn.schedules import PLANNED_OR_NONE, Progress, Schedule
from sknn.nn.settings import NestedSettings

SHARE = Range(0, 1, "left")  # the fraction of a moment that each step keeps


class Moments:
    """The values that an optimiser keeps from step to step, such as ``moments["mean"]``.

    Attributes
    ----------
    values : dict
        Arrays with the shape of theta, or floats, or (k, 1) if they differ between models.
    n_decayed : int or None
        The number of parameters that weight decay applies to. They come first; None means all.
    steps : int
        The number of steps taken.
    """

    def __init__(self, values, n_decayed=None, steps=0):
        self.values = values
        self.n_decayed = n_decayed
        self.steps = steps

    def __getitem__(self, name):
        return self.values[name]

    def __setitem__(self, name, value):
        self.values[name] = value

    def copy(self):
        return self._with(np.copy)

    def select(self, models):
        """Copies of the moments of some models; models: their numbers, or (k,) bools."""
        return self._with(lambda value: value[models].copy())

    def update(self, models, moments):
        """Copies back the moments from ``select(models)``. Floats apply to all models."""
        self.steps = moments.steps
        for name, value in self.values.items():
            if isinstance(value, float):
                self[name] = moments[name]
            else:
                value[models] = moments[name]

    def state(self):
        """Copies of all values that ``load_state`` needs to continue the training exactly."""
        values = {name: np.array(value) for name, value in self.values.items()}
        return {"steps": np.array(self.steps), **values}

    def load_state(self, state):
        self.steps = int(state["steps"])
        for name, value in self.values.items():
            if isinstance(value, float):
                self[name] = float(state[name])
            else:
                np.copyto(value, state[name])

    def _with(self, change):
        values = {
            name: value if isinstance(value, float) else change(value)
            for name, value in self.values.items()
        }
        return Moments(values, self.n_decayed, self.steps)


class Optimizer(NestedSettings):
    """Base class of optimisers, which turn gradients into steps. Subclass it to define your own.

    An optimiser holds only its settings; values that change from step to step are in Moments.
    ``moment_names`` lists the arrays among them, which have the shape of theta and start at zero.
    A setting is a number, or (k, 1) with a number for each of k models. ``scheduled``: some
    settings change during training, see ``at``.
    """

    moment_names: tuple[str, ...] = ()
    scheduled = False

    def start(self, theta: np.ndarray, n_decayed: int | None = None) -> Moments:
        """The Moments before the first step.

        theta: (..., P)    n_decayed: the number of parameters that weight decay applies to, None
        for all
        """
        return Moments({name: np.zeros_like(theta) for name in self.moment_names}, n_decayed)

    def select(self, models: np.ndarray) -> Self:
        """The optimiser for some of the models; models: (k,) bools."""
        selected = copy(self)
        for name, value in self.settings().items():
            setattr(selected, name, of_models(value, models))
        return selected

    def at(self, progress: Progress) -> Self:
        """The optimiser with the settings of the next step: itself unless it is ``scheduled``."""
        return self

    def step(self, theta: np.ndarray, grad: np.ndarray, learning_rate: Any, moments: Any) -> None:
        """theta += the step. Updates moments.

        grad: shape of theta, overwritten    learning_rate: a float, (k, 1), or one per parameter
        """
        raise NotImplementedError


class SGD(Optimizer):
    """v = momentum * v - rate * grad;  theta += v.

    This is stochastic gradient descent with momentum.

    With ``nesterov``, the step is momentum * v - rate * grad instead, where v is the updated
    velocity: Sutskever et al. (2013), in the form of Bengio et al. (2013), eq. 7.

    Parameters
    ----------
    momentum : float, default=0.9
        The fraction of the velocity that each step keeps, in [0, 1].
    nesterov : bool, default=True
        Whether to use Nesterov momentum.
    """

    moment_names = ("velocity",)
    valid = {"momentum": Range(0, 1, "both"), "nesterov": FLAG}

    def __init__(self, momentum: float = 0.9, nesterov: bool = True) -> None:
        self.momentum = momentum
        self.nesterov = nesterov

    def step(self, theta, grad, learning_rate, moments):
        moments.steps += 1
        velocity, momentum = moments["velocity"], factor(self.momentum, theta)
        grad *= factor(learning_rate, grad)
        velocity *= momentum  # v = momentum * v - rate * grad
        velocity -= grad
        if self.nesterov:
            theta -= grad
            np.multiply(velocity, momentum, out=grad)
            theta += grad
        else:
            theta += velocity


class Adam(Optimizer):
    """theta -= rate * m_hat / (sqrt(v_hat) + epsilon); Kingma & Ba (2015), section 2.

    m = beta_1 m + (1 - beta_1) grad, v = beta_2 v + (1 - beta_2) grad^2, and after t steps
    m_hat = m / (1 - beta_1^t), v_hat = v / (1 - beta_2^t).

    As proposed at the end of that section, the bias corrections are applied to the learning rate,
    and epsilon is added to the uncorrected sqrt(v). The moments are stored divided by 1 - beta,
    which saves two multiplications per step.

    Parameters
    ----------
    beta_1 : float, default=0.9
        The decay rate of the mean of gradients, in [0, 1).
    beta_2 : float, default=0.999
        The decay rate of the mean of squared gradients, in [0, 1).
    epsilon : float, default=1e-8
        A small value that prevents division by zero.
    """

    moment_names = ("mean", "square")
    valid = {"beta_1": SHARE, "beta_2": SHARE, "epsilon": POSITIVE}

    def __init__(self, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def step(self, theta, grad, learning_rate, moments):
        moments.steps += 1
        rate, _ = self._corrected(learning_rate, moments.steps)
        self._descend(theta, grad, rate, self.epsilon, moments)

    def _corrected(self, learning_rate, step):
        """(rate, correction of sqrt(v)), corrected for moments that start at zero."""
        correction = _sqrt(1 - power(self.beta_2, step))
        ratio = correction / (1 - power(self.beta_1, step))
        return learning_rate * factor(ratio, learning_rate), correction

    def _descend(self, theta, grad, rate, epsilon, moments):
        """theta -= rate * m / (sqrt(v) + epsilon), after the update of m and v with grad."""
        mean, square = moments.values["mean"], moments.values["square"]
        root = _sqrt(1 - self.beta_2)  # sqrt(v) = root * sqrt(square)
        mean *= factor(self.beta_1, mean)  # mean = beta_1 * mean + grad
        mean += grad
        square *= factor(self.beta_2, square)  # square = beta_2 * square + grad^2
        np.square(grad, out=grad)
        square += grad
        np.sqrt(square, out=grad)
        grad += factor(epsilon / root, grad)
        np.divide(mean, grad, out=grad)
        grad *= factor(rate * factor((1 - self.beta_1) / root, rate), grad)
        theta -= grad


class AdamW(Adam):
    """Adam, and theta -= rate * weight_decay * theta in each step; Loshchilov & Hutter (2019).

    This is algorithm 2 as implemented in torch: epsilon is added to the corrected root. Biases and
    the parameters of normalisation layers do not decay.

    Parameters
    ----------
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Same as for ``Adam``.
    weight_decay : float, default=0.01
        Each step shrinks the weights by this fraction times the learning rate.
    decay_schedule : Schedule or None, default=None
        A schedule that changes ``weight_decay`` from step to step, such as ``FlatCosine()``. With
        None, it is constant.
    """

    valid: dict[str, Any] = {
        **Adam.valid,
        "weight_decay": NOT_NEGATIVE,
        "decay_schedule": PLANNED_OR_NONE,
    }

    def __init__(
        self,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        decay_schedule: Schedule | None = None,
    ) -> None:
        super().__init__(beta_1, beta_2, epsilon)
        self.weight_decay = weight_decay
        self.decay_schedule = decay_schedule

    @property
    def scheduled(self):
        return self.decay_schedule is not None

    def at(self, progress):
        if self.decay_schedule is None:
            return self
        now = copy(self)
        now.weight_decay = self.decay_schedule.rate(progress, self.weight_decay)
        return now

    def step(self, theta, grad, learning_rate, moments):
        moments.steps += 1
        weights, rate = theta[..., : moments.n_decayed], learning_rate
        if np.ndim(rate) and np.shape(rate)[-1] > 1:
            rate = rate[..., : moments.n_decayed]
        weights *= factor(1 - rate * factor(self.weight_decay, rate), weights)
        rate, correction = self._corrected(learning_rate, moments.steps)
        self._descend(theta, grad, rate, self.epsilon * correction, moments)


class NAdam(Adam):
    """Adam with Nesterov momentum; Dozat (2016), algorithm 1, with the momentum schedule of torch.

    mu_t = beta_1 (1 - 0.96^(t momentum_decay) / 2)

    Parameters
    ----------
    beta_1, beta_2, epsilon : float, default=0.9, 0.999, 1e-8
        Same as for ``Adam``.
    momentum_decay : float, default=0.004
        How fast mu approaches beta_1.
    """

    valid = {**Adam.valid, "momentum_decay": NOT_NEGATIVE}

    def __init__(
        self,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        momentum_decay: float = 0.004,
    ) -> None:
        super().__init__(beta_1, beta_2, epsilon)
        self.momentum_decay = momentum_decay

    def start(self, theta, n_decayed=None):
        moments = super().start(theta, n_decayed)
        shape = np.shape(self._mu(1))
        moments["product"] = np.ones(shape) if shape else 1.0  # product of all mu so far
        return moments

    def _mu(self, step):
        return self.beta_1 * (1 - 0.5 * power(0.96, step * self.momentum_decay))

    def step(self, theta, grad, learning_rate, moments):
        moments.steps += 1
        mu, following = self._mu(moments.steps), self._mu(moments.steps + 1)
        moments["product"] *= mu
        mean, square, product = moments["mean"], moments["square"], moments["product"]
        mean *= factor(self.beta_1, mean)
        mean += factor(1 - self.beta_1, grad) * grad
        square *= factor(self.beta_2, square)
        square += factor(1 - self.beta_2, grad) * np.square(grad)
        root = np.sqrt(square / factor(1 - power(self.beta_2, moments.steps), square))
        root += factor(self.epsilon, root)
        grad *= factor((1 - mu) / (1 - product), grad)
        grad += mean * factor(following / (1 - product * following), mean)
        grad /= root
        grad *= factor(learning_rate, grad)
        theta -= grad


class RMSprop(Optimizer):
    """v = decay * v + (1 - decay) grad^2;  theta -= rate * grad / (sqrt(v) + epsilon).

    Tieleman & Hinton (2012), lecture 6.5.

    Parameters
    ----------
    decay : float, default=0.99
        The decay rate of the mean of squared gradients, in [0, 1).
    epsilon : float, default=1e-8
        A small value that prevents division by zero.
    """

    moment_names = ("square",)
    valid = {"decay": SHARE, "epsilon": POSITIVE}

    def __init__(self, decay: float = 0.99, epsilon: float = 1e-8) -> None:
        self.decay = decay
        self.epsilon = epsilon

    def step(self, theta, grad, learning_rate, moments):
        moments.steps += 1
        square = moments["square"]
        square *= factor(self.decay, square)
        square += factor(1 - self.decay, grad) * np.square(grad)
        _divide_by_root(theta, grad, square, learning_rate, self.epsilon)


class Adagrad(Optimizer):
    """v += grad^2;  theta -= rate * grad / (sqrt(v) + epsilon); Duchi et al. (2011), eq. 1.

    Parameters
    ----------
    epsilon : float, default=1e-10
        A small value that prevents division by zero.
    """

    moment_names = ("square",)
    valid = {"epsilon": POSITIVE}

    def __init__(self, epsilon: float = 1e-10) -> None:
        self.epsilon = epsilon

    def step(self, theta, grad, learning_rate, moments):
        moments.steps += 1
        square = moments["square"]
        square += np.square(grad)
        _divide_by_root(theta, grad, square, learning_rate, self.epsilon)


def _divide_by_root(theta, grad, square, learning_rate, epsilon):
    root = np.sqrt(square)
    root += factor(epsilon, root)
    grad /= root
    grad *= factor(learning_rate, grad)
    theta -= grad


def _sqrt(number):
    """The square root. That of a float is a float, so that float32 arrays keep their dtype."""
    return math.sqrt(number) if type(number) is float else np.sqrt(number)
