"""Loss functions: each owns the link from raw outputs to predictions."""

import numpy as np
from scipy.special import expit, xlogy

from sknn.nn.workspace import ones


class Loss:
    """What training minimises.

    A loss is a weighted sum over samples, so that parts of a batch add; ``finish`` makes the
    value out of the sum. Subclass it for a loss of your own.

    Attributes
    ----------
    link : str
        Name of the function that ``predict`` applies: identity, logistic, softmax or exp.
    """

    link = "identity"

    def sum_and_gradient(self, y, z, weight, out):
        """The sum over samples, and its gradient with respect to z written to out.

        y: (n, n_outputs) targets    z: (..., n, n_outputs) raw outputs, left as they are
        weight: (n,) or None    out: as z    returns: a float or (...)
        """
        raise NotImplementedError

    def finish(self, total, weight_sum):
        """(value, scale): the loss out of the sum, and what multiplies the sum's gradient."""
        return total / weight_sum, 1.0 / weight_sum

    def predict(self, z):
        """Predictions out of raw outputs, in an array of their own."""
        return z.copy()

    def check_targets(self, y):
        """Raises ValueError if the loss is not defined for some target."""


class SquaredError(Loss):
    """1/2 |z - y|^2, summed over outputs."""

    def sum_and_gradient(self, y, z, weight, out):
        np.subtract(z, y, out=out)
        if weight is None:
            return 0.5 * _inner(out, out)
        total = 0.5 * _inner(out * weight[:, None], out)
        out *= weight[:, None]
        return total


class Poisson(Loss):
    """Half the Poisson deviance, y log(y / mu) - y + mu with mu = exp(z), summed over outputs."""

    link = "exp"

    def sum_and_gradient(self, y, z, weight, out):
        np.exp(z, out=out)
        losses = xlogy(y, y) - y * z
        np.subtract(out, y, out=out)  # mu - y: the gradient, and the rest of the loss
        losses += out
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return np.exp(z)

    def check_targets(self, y):
        if np.any(y < 0):
            raise ValueError(
                "loss='poisson' requires non-negative y: counts or rates, got a minimum of "
                f"{float(np.min(y))!r}. Use loss='squared_error' for targets of either sign."
            )


class SoftmaxLogLoss(Loss):
    """-sum_j y_j log softmax(z)_j. y: one-hot rows, or any rows that sum to one."""

    link = "softmax"

    def sum_and_gradient(self, y, z, weight, out):
        _log_softmax(z, out)
        total = -_inner(y, out) if weight is None else -_inner(y * weight[:, None], out)
        np.exp(out, out=out)
        out -= y  # softmax(z) - y
        if weight is not None:
            out *= weight[:, None]
        return total

    def predict(self, z):
        """softmax(z), kept off 0 so that no class is called impossible."""
        return np.exp(self.log_predict(z))

    def log_predict(self, z):
        """log softmax(z), computed as a difference of logarithms and floored as ``predict`` is."""
        log_p = _log_softmax(z, np.empty_like(z))
        return np.maximum(log_p, np.log(np.finfo(z.dtype).tiny), out=log_p)


class LogisticLogLoss(Loss):
    """-y log p - (1 - y) log(1 - p) with p = 1 / (1 + exp(-z)), summed over outputs."""

    link = "logistic"

    def sum_and_gradient(self, y, z, weight, out):
        np.abs(z, out=out)
        losses = np.log1p(np.exp(-out))
        out += z
        out *= 0.5  # max(z, 0)
        losses += out
        losses -= y * z  # log(1 + exp(z)) - y z
        expit(z, out=out)
        out -= y
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        """1 / (1 + exp(-z)), kept off 0 and 1 so that neither outcome is called impossible."""
        info = np.finfo(z.dtype)
        p = expit(z)
        return np.clip(p, info.tiny, 1 - info.epsneg, out=p)

    def log_predict(self, z):
        """log(1 / (1 + exp(-z))): the probability is exact to the last digits for negative z."""
        return np.log(self.predict(z))


def _log_softmax(z, out):
    """out = z - log(sum(exp(z))) over the last axis; out is not z."""
    low, high = z.min(), z.max()
    # One shift for all rows is exact enough unless exp(low - high) comes near underflow, and
    # a maximum over a short last axis costs as much as all the rest.
    shift = high if high - low < 80 else z.max(axis=-1, keepdims=True)
    shifted = z - shift
    np.exp(shifted, out=out)
    log_sum = np.log(out @ ones(z.shape[-1], z.dtype))[..., None]
    return np.subtract(shifted, log_sum, out=out)


def _inner(a, b):
    """The sum of a * b over the last two axes; a float unless a or b has a model axis."""
    if a.ndim == b.ndim == 2:
        return float(np.vdot(a, b))
    return np.einsum("...nj,...nj->...", a, b)


def _weighted_sum(losses, weight, gradient):
    """The weighted sum of losses; the gradient is weighted in place."""
    if weight is not None:
        gradient *= weight[:, None]
        losses *= weight[:, None]
    total = losses.sum(axis=(-2, -1))
    return float(total) if losses.ndim == 2 else total


REGRESSION_LOSSES = {"poisson": Poisson(), "squared_error": SquaredError()}
CLASSIFICATION_LOSSES = {"log_loss": {"softmax": SoftmaxLogLoss(), "logistic": LogisticLogLoss()}}
