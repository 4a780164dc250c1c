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
        beta_1, beta_2, t = self.beta_1, self.beta_2, self.steps
        corrected = math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        root = math.sqrt(1 - beta_2)  # sqrt(v) = root * sqrt(square)
        rate = learning_rate * (corrected * (1 - beta_1) / root)
        mean, square = self.moments["mean"], self.moments["square"]
        mean *= beta_1  # mean = beta_1 * mean + grad
        mean += grad
        square *= beta_2  # square = beta_2 * square + grad^2
        np.square(grad, out=grad)
        square += grad
        np.sqrt(square, out=grad)
        grad += self.epsilon / root
        np.divide(mean, grad, out=grad)
        grad *= rate
        theta -= grad
