"""Optimisers: one step over the whole vector of parameters, in place."""

import math

import numpy as np


class Optimizer:
    """Turns gradients into steps.

    theta: (..., P), updated in place by ``step``. ``moments`` are the arrays it carries from
    step to step, by name, each like theta; ``steps`` counts.
    """

    moment_names = ()

    def __init__(self, theta):
        self.steps = 0
        self.moments = {name: np.zeros_like(theta) for name in self.moment_names}

    def step(self, theta, grad, learning_rate):
        """theta += the step.

        grad: like theta, overwritten    learning_rate: a float, or (..., 1) or (..., P)
        """
        raise NotImplementedError

    def state(self):
        """Copies of all that a later ``load_state`` needs to go on as if nothing had happened."""
        moments = {name: moment.copy() for name, moment in self.moments.items()}
        return {"steps": np.array(self.steps), **moments}

    def load_state(self, state):
        self.steps = int(state["steps"])
        for name, moment in self.moments.items():
            np.copyto(moment, state[name])


class SGD(Optimizer):
    """v = momentum * v - rate * grad;  theta += v.

    With ``nesterov`` the step is momentum * v - rate * grad, v being the new one:
    Sutskever et al. (2013), in the form of Bengio et al. (2013), eq. 7.
    """

    moment_names = ("velocity",)

    def __init__(self, theta, momentum=0.9, nesterov=True):
        super().__init__(theta)
        self.momentum = momentum
        self.nesterov = nesterov

    def step(self, theta, grad, learning_rate):
        self.steps += 1
        velocity = self.moments["velocity"]
        grad *= learning_rate
        velocity *= self.momentum  # v = momentum * v - rate * grad
        velocity -= grad
        if self.nesterov:
            theta -= grad
            np.multiply(velocity, self.momentum, out=grad)
            theta += grad
        else:
            theta += velocity


class Adam(Optimizer):
    """theta -= rate * m_hat / (sqrt(v_hat) + epsilon); Kingma & Ba (2015), section 2.

    In the order of the end of that section: the corrections for the first steps go into the
    rate, and epsilon is added to the uncorrected sqrt(v). The moments are kept divided by
    1 - beta, which saves two multiplications a step.
    """

    moment_names = ("mean", "square")

    def __init__(self, theta, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        super().__init__(theta)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def step(self, theta, grad, learning_rate):
        self.steps += 1
        correction = math.sqrt(1 - self.beta_2**self.steps)
        rate = learning_rate * (correction / (1 - self.beta_1**self.steps))
        self._descend(theta, grad, rate, self.epsilon)

    def _descend(self, theta, grad, rate, epsilon):
        """theta -= rate * m / (sqrt(v) + epsilon), after m and v have taken grad in."""
        mean, square = self.moments["mean"], self.moments["square"]
        root = math.sqrt(1 - self.beta_2)  # sqrt(v) = root * sqrt(square)
        mean *= self.beta_1  # mean = beta_1 * mean + grad
        mean += grad
        square *= self.beta_2  # square = beta_2 * square + grad^2
        np.square(grad, out=grad)
        square += grad
        np.sqrt(square, out=grad)
        grad += epsilon / root
        np.divide(mean, grad, out=grad)
        grad *= rate * ((1 - self.beta_1) / root)
        theta -= grad


class AdamW(Adam):
    """Adam, and theta -= rate * weight_decay * theta apart from it; Loshchilov & Hutter (2019).

    Algorithm 2, as torch has it: epsilon is added to the corrected root. Only the first
    ``n_decayed`` parameters decay, which leaves out biases and normalisation.
    """

    def __init__(
        self, theta, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01, n_decayed=None
    ):
        super().__init__(theta, beta_1, beta_2, epsilon)
        self.weight_decay = weight_decay
        self.n_decayed = n_decayed

    def step(self, theta, grad, learning_rate):
        self.steps += 1
        weights = theta[..., : self.n_decayed]
        rate = learning_rate
        if np.ndim(rate) and np.shape(rate)[-1] > 1:
            rate = rate[..., : self.n_decayed]
        weights *= 1 - rate * self.weight_decay
        correction = math.sqrt(1 - self.beta_2**self.steps)
        rate = learning_rate * (correction / (1 - self.beta_1**self.steps))
        self._descend(theta, grad, rate, self.epsilon * correction)


class NAdam(Adam):
    """Adam with Nesterov's momentum; Dozat (2016), algorithm 1, with torch's momentum schedule.

    mu_t = beta_1 (1 - 0.96^(t momentum_decay) / 2)
    """

    def __init__(self, theta, beta_1=0.9, beta_2=0.999, epsilon=1e-8, momentum_decay=0.004):
        super().__init__(theta, beta_1, beta_2, epsilon)
        self.momentum_decay = momentum_decay
        self.product = 1.0  # of the mu so far

    def _mu(self, step):
        return self.beta_1 * (1 - 0.5 * 0.96 ** (step * self.momentum_decay))

    def step(self, theta, grad, learning_rate):
        self.steps += 1
        mu, following = self._mu(self.steps), self._mu(self.steps + 1)
        self.product *= mu
        mean, square = self.moments["mean"], self.moments["square"]
        mean *= self.beta_1
        mean += (1 - self.beta_1) * grad
        square *= self.beta_2
        square += (1 - self.beta_2) * np.square(grad)
        root = np.sqrt(square / (1 - self.beta_2**self.steps))
        root += self.epsilon
        grad *= (1 - mu) / (1 - self.product)
        grad += mean * (following / (1 - self.product * following))
        grad /= root
        grad *= learning_rate
        theta -= grad

    def state(self):
        return {**super().state(), "product": np.array(self.product)}

    def load_state(self, state):
        super().load_state(state)
        self.product = float(state["product"])


class RMSprop(Optimizer):
    """v = decay * v + (1 - decay) grad^2;  theta -= rate * grad / (sqrt(v) + epsilon).

    Tieleman & Hinton (2012), lecture 6.5.
    """

    moment_names = ("square",)

    def __init__(self, theta, decay=0.99, epsilon=1e-8):
        super().__init__(theta)
        self.decay = decay
        self.epsilon = epsilon

    def step(self, theta, grad, learning_rate):
        self.steps += 1
        square = self.moments["square"]
        square *= self.decay
        square += (1 - self.decay) * np.square(grad)
        _divide_by_root(theta, grad, square, learning_rate, self.epsilon)


class Adagrad(Optimizer):
    """v += grad^2;  theta -= rate * grad / (sqrt(v) + epsilon); Duchi et al. (2011), eq. 1."""

    moment_names = ("square",)

    def __init__(self, theta, epsilon=1e-10):
        super().__init__(theta)
        self.epsilon = epsilon

    def step(self, theta, grad, learning_rate):
        self.steps += 1
        square = self.moments["square"]
        square += np.square(grad)
        _divide_by_root(theta, grad, square, learning_rate, self.epsilon)


def _divide_by_root(theta, grad, square, learning_rate, epsilon):
    root = np.sqrt(square)
    root += epsilon
    grad /= root
    grad *= learning_rate
    theta -= grad
