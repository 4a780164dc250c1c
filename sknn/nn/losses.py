"""Loss functions. Each one knows the link from raw outputs to predictions."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import expit, log_expit, xlogy

from sknn.nn.ranges import LEVELS, NOT_NEGATIVE, POSITIVE
from sknn.nn.settings import Settings
from sknn.nn.workspace import ones


class Loss(Settings):
    """Base class of loss functions. Subclass it to define your own loss.

    A loss is a weighted sum over samples, so that the losses of parts of a batch can be added.
    ``finish`` computes the final value from the sum.

    Attributes
    ----------
    link : str
        The name of the function that ``predict`` applies: identity, logistic, softmax or exp.
    outputs_per_target : int
        The number of raw outputs, and of predictions, for each column of y.
    """

    link = "identity"
    outputs_per_target = 1

    def sum_and_gradient(
        self, y: np.ndarray, z: np.ndarray, weight: np.ndarray, out: np.ndarray
    ) -> Any:
        """Returns the sum over samples and writes its gradient with respect to z to out.

        y: (n, n_outputs) targets    z: (..., n, n_outputs) raw outputs, which are not modified
        weight: (n, 1) or (n, n_outputs), possibly with a model axis, or None    out: same as z
        returns: a float, or (k,) of float64 if z has a model axis
        """
        raise NotImplementedError

    def finish(self, total: Any, weight_sum: Any) -> Any:
        """(value, scale): the loss, and the factor for the gradient of the sum."""
        return total / weight_sum, 1.0 / weight_sum

    def predict(self, z: np.ndarray) -> np.ndarray:
        """The predictions for raw outputs, as a new array."""
        return z.copy()

    def log_predict(self, z: np.ndarray) -> np.ndarray:
        """The logarithms of the predictions, for losses that predict probabilities."""
        return np.log(self.predict(z))

    def smoothed(self, y: np.ndarray, smoothing: float) -> np.ndarray:
        """The targets that LabelSmoothing uses."""
        k = y.shape[-1] if self.link == "softmax" else 2
        return y * (1 - smoothing) + smoothing / k

    def check_targets(self, y: np.ndarray) -> None:
        """Raises ValueError if the loss is not defined for one of the targets."""


class SquaredError(Loss):
    """1/2 |z - y|^2, summed over outputs."""

    def sum_and_gradient(self, y, z, weight, out):
        np.subtract(z, y, out=out)
        if weight is None:
            return 0.5 * _inner(out, out)
        total = 0.5 * _inner(out * weight, out)
        out *= weight
        return total


class Poisson(Loss):
    """Half the Poisson deviance, y log(y / mu) - y + mu with mu = exp(z), summed over outputs."""

    link = "exp"

    def sum_and_gradient(self, y, z, weight, out):
        np.exp(z, out=out)
        losses = xlogy(y, y) - y * z
        np.subtract(out, y, out=out)  # mu - y is the gradient and the rest of the loss
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
    """-sum_j y_j log softmax(z)_j. y has one-hot rows, or any rows that sum to one."""

    link = "softmax"

    def sum_and_gradient(self, y, z, weight, out):
        _log_softmax(z, out)
        total = -_inner(y, out) if weight is None else -_inner(y * weight, out)
        np.exp(out, out=out)
        out -= y  # softmax(z) - y
        if weight is not None:
            out *= weight
        return total

    def predict(self, z):
        """softmax(z), always above 0, so that no class has a probability of zero."""
        return np.exp(self.log_predict(z))

    def log_predict(self, z):
        """log softmax(z), as a difference of logarithms with the same minimum as ``predict``."""
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
        """1 / (1 + exp(-z)), always above 0 and below 1, so that no outcome is impossible."""
        info = np.finfo(z.dtype)
        p = expit(z)
        return np.clip(p, info.tiny, 1 - info.epsneg, out=p)


class RootMeanSquaredError(Loss):
    """sqrt(mean of |z - y|^2), with squares summed over outputs."""

    def sum_and_gradient(self, y, z, weight, out):
        total = 2 * SQUARED_ERROR.sum_and_gradient(y, z, weight, out)
        out *= 2
        return total

    def finish(self, total, weight_sum):
        root = np.sqrt(total / weight_sum)
        scale = np.where(root > 0, 0.5 / np.where(root > 0, root, 1) / weight_sum, 0.0)
        return (float(root), float(scale)) if np.ndim(root) == 0 else (root, scale)


class AbsoluteError(Loss):
    """|z - y|, summed over outputs; the subgradient at 0 is 0."""

    def sum_and_gradient(self, y, z, weight, out):
        np.subtract(z, y, out=out)
        losses = np.abs(out)
        np.sign(out, out=out)
        return _weighted_sum(losses, weight, out)


class Huber(Loss):
    """1/2 r^2 for |r| <= delta, else delta (|r| - delta / 2), with r = z - y; Huber (1964).

    Parameters
    ----------
    delta : float, default=1.0
        The residual at which the loss changes from quadratic to linear, above 0.
    """

    valid = {"delta": POSITIVE}

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def sum_and_gradient(self, y, z, weight, out):
        residual = z - y
        np.clip(residual, -self.delta, self.delta, out=out)  # the gradient
        losses = out * (residual - 0.5 * out)
        return _weighted_sum(losses, weight, out)


class LogCosh(Loss):
    """log cosh(z - y), summed over outputs."""

    def sum_and_gradient(self, y, z, weight, out):
        residual = z - y
        size = np.abs(residual)
        losses = size + np.log1p(np.exp(-2 * size)) - math.log(2)
        np.tanh(residual, out=out)
        return _weighted_sum(losses, weight, out)


class Quantile(Loss):
    """(q - 1[y < z]) (y - z) for each level q, summed over levels; Koenker & Bassett (1978).

    The raw outputs contain the levels in ascending order. If there are several levels, the
    predictions are sorted, so that quantiles never cross.

    Parameters
    ----------
    levels : float or sequence of float, default=0.5
        The level or levels of the quantiles, in (0, 1).
    """

    valid = {"levels": LEVELS}

    def __init__(self, levels: float | Sequence[float] = 0.5) -> None:
        self.levels = levels

    @property
    def ascending(self):
        """The levels as a sorted array."""
        return np.sort(np.atleast_1d(np.asarray(self.levels, dtype=float)))

    @property
    def outputs_per_target(self):
        return np.size(self.levels)

    def sum_and_gradient(self, y, z, weight, out):
        levels = self.ascending.astype(z.dtype)
        residual = y - z  # y has one column, z one per level
        below = residual < 0
        np.subtract(below, levels, out=out)
        losses = -out * residual
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return np.sort(z, axis=-1) if self.outputs_per_target > 1 else z.copy()


class Gamma(Loss):
    """Half the gamma deviance, log(mu / y) + y / mu - 1 with mu = exp(z), summed over outputs."""

    link = "exp"

    def sum_and_gradient(self, y, z, weight, out):
        ratio = y * np.exp(-z)
        losses = ratio - np.log(y)
        losses += z
        losses -= 1
        np.subtract(1, ratio, out=out)
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return np.exp(z)

    def check_targets(self, y):
        if np.any(y <= 0):
            raise ValueError(
                f"loss='gamma' requires positive y, got a minimum of {np.min(y).item()!r}. Use "
                "loss='poisson' if targets can be 0, 'squared_error' for targets of either sign."
            )


class SoftmaxBrier(Loss):
    """1/2 sum_j (softmax(z)_j - y_j)^2: half the Brier score of more than two classes."""

    link = "softmax"

    def sum_and_gradient(self, y, z, weight, out):
        p = SOFTMAX_LOG_LOSS.predict(z)
        np.subtract(p, y, out=out)
        losses = 0.5 * np.square(out)
        out -= (out * p).sum(axis=-1, keepdims=True)  # p (r - sum(r p)) with r = p - y
        out *= p
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return SOFTMAX_LOG_LOSS.predict(z)

    def log_predict(self, z):
        return SOFTMAX_LOG_LOSS.log_predict(z)


class LogisticBrier(Loss):
    """(p - y)^2 with p = 1 / (1 + exp(-z)), summed over outputs: the Brier score."""

    link = "logistic"

    def sum_and_gradient(self, y, z, weight, out):
        p = expit(z)
        np.subtract(p, y, out=out)
        losses = np.square(out)
        out *= 2 * p * (1 - p)
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return LOGISTIC_LOG_LOSS.predict(z)


class SoftmaxFocal(Loss):
    """-sum_j y_j (1 - p_j)^gamma log p_j with p = softmax(z); Lin et al. (2017), eq. 4.

    Parameters
    ----------
    gamma : float, default=2.0
        The focusing parameter, not negative. With 0, the loss is the log loss; larger values
        reduce the weight of samples that are classified well.
    """

    link = "softmax"

    valid = {"gamma": NOT_NEGATIVE}

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = gamma

    def sum_and_gradient(self, y, z, weight, out):
        log_p = _log_softmax(z, out)
        p = np.exp(log_p)
        rest = 1 - p
        losses = -y * rest**self.gamma * log_p
        # dl_j/dp_j * p_j; dp_j/dz_i = p_j (1[i = j] - p_i)
        slope = _focal_slope(y, p, rest, log_p, self.gamma)
        np.subtract(slope, p * slope.sum(axis=-1, keepdims=True), out=out)
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return SOFTMAX_LOG_LOSS.predict(z)

    def log_predict(self, z):
        return SOFTMAX_LOG_LOSS.log_predict(z)


class LogisticFocal(Loss):
    """The focal loss of each output with p = 1 / (1 + exp(-z)); Lin et al. (2017), eq. 4.

    Parameters
    ----------
    gamma : float, default=2.0
        The focusing parameter, not negative. With 0, the loss is the log loss; larger values
        reduce the weight of samples that are classified well.
    """

    link = "logistic"

    valid = {"gamma": NOT_NEGATIVE}

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = gamma

    def sum_and_gradient(self, y, z, weight, out):
        p, rest = expit(z), expit(-z)
        log_p, log_rest = log_expit(z), log_expit(-z)
        losses = -y * rest**self.gamma * log_p - (1 - y) * p**self.gamma * log_rest
        out[...] = rest * _focal_slope(y, p, rest, log_p, self.gamma)
        out -= p * _focal_slope(1 - y, rest, p, log_rest, self.gamma)
        return _weighted_sum(losses, weight, out)

    def predict(self, z):
        return LOGISTIC_LOG_LOSS.predict(z)


class Hinge(Loss):
    """max(0, 1 - s z), s = 1 for a target of 1, else -1, summed over outputs (one-vs-rest).

    Its outputs are margins, not probabilities.
    """

    def sum_and_gradient(self, y, z, weight, out):
        sign = 2 * y - 1
        margin = 1 - sign * z
        losses = np.maximum(margin, 0)
        np.multiply(-sign, margin > 0, out=out)
        return _weighted_sum(losses, weight, out)


class Perceptron(Loss):
    """max(0, -s z), s = 1 for a target of 1, else -1, summed over outputs; Rosenblatt (1958).

    The gradient is that of the perceptron rule. z = 0 counts as a mistake, so that training can
    start from zero weights. For targets between 0 and 1, the loss is max(0, z) - y z. Its outputs
    are margins, not probabilities.
    """

    def sum_and_gradient(self, y, z, weight, out):
        losses = np.maximum(z, 0) - y * z
        np.subtract(np.where(y > 0.5, z > 0, z >= 0), y, out=out)
        return _weighted_sum(losses, weight, out)


class MulticlassPerceptron(Loss):
    """max_j z_j - sum_j y_j z_j; Crammer & Singer (2003), with an update of the largest rival only.

    The loss is 0 if the true class has the largest output. Otherwise, the gradient lowers the
    largest output and raises the output of the true class. A tie with the true class counts as a
    mistake, so that training can start from zero weights. Its outputs are margins, not
    probabilities.
    """

    def sum_and_gradient(self, y, z, weight, out):
        true = y.argmax(axis=-1, keepdims=True)
        is_true = np.arange(z.shape[-1]) == true
        rivals = np.where(is_true, -np.inf, z)
        rival = rivals.argmax(axis=-1, keepdims=True)
        own = np.where(is_true, z, 0).sum(axis=-1, keepdims=True)
        wrong = rivals.max(axis=-1, keepdims=True) >= own
        np.equal(np.arange(z.shape[-1]), np.where(wrong, rival, true), out=out)
        out -= y  # 1 for the largest output, minus the targets
        losses = z.max(axis=-1, keepdims=True) - (y * z).sum(axis=-1, keepdims=True)
        return _weighted_sum(losses, weight, out)

    def smoothed(self, y, smoothing):
        return y * (1 - smoothing) + smoothing / y.shape[-1]  # rows still sum to one


class Heads(Loss):
    """The sum over groups of outputs; networks with several targets have one group for each.

    Parameters
    ----------
    loss : Loss
        The loss of each group.
    groups : list of slice
        The outputs, and the columns of y, of each group.
    """

    def __init__(self, loss, groups):
        self.loss = loss
        self.groups = groups
        self.link = loss.link

    def sum_and_gradient(self, y, z, weight, out):
        total = 0.0
        for at in self.groups:
            # Contiguous arrays, because products of slices of several models round differently.
            own = np.ascontiguousarray(z[..., at])
            gradient = np.empty_like(own)
            total += self.loss.sum_and_gradient(y[..., at], own, weight, gradient)
            out[..., at] = gradient
        return total

    def predict(self, z):
        return np.concatenate([self.loss.predict(z[..., at]) for at in self.groups], axis=-1)

    def smoothed(self, y, smoothing):
        heads = [self.loss.smoothed(y[..., at], smoothing) for at in self.groups]
        return np.concatenate(heads, axis=-1)


class LabelSmoothing(Loss):
    """A loss with targets y (1 - smoothing) + smoothing / k; Szegedy et al. (2016), section 7.

    k is the number of classes if the link is softmax, and 2 for independent outputs.
    """

    def __init__(self, loss, smoothing):
        self.loss = loss
        self.smoothing = smoothing
        self.link = loss.link

    def sum_and_gradient(self, y, z, weight, out):
        y = self.loss.smoothed(y, self.smoothing)
        return self.loss.sum_and_gradient(y, z, weight, out)

    def finish(self, total, weight_sum):
        return self.loss.finish(total, weight_sum)

    def predict(self, z):
        return self.loss.predict(z)

    def log_predict(self, z):
        return self.loss.log_predict(z)


def _focal_slope(y, p, rest, log_p, gamma):
    """p times the derivative of -y (1 - p)^gamma log p with respect to p, where rest is 1 - p."""
    ratio = np.full_like(rest, -1)  # the limit of log p / (1 - p) for p = 1
    np.divide(log_p, rest, out=ratio, where=rest > 0)
    return y * rest**gamma * (gamma * p * ratio - 1)


def _log_softmax(z, out):
    """out = z - log(sum(exp(z))) over the last axis. out must not be z."""
    shifted = z - _shift(z)
    np.exp(shifted, out=out)
    log_sum = np.log(out @ ones(z.shape[-1], z.dtype))[..., None]
    return np.subtract(shifted, log_sum, out=out)


def _shift(z):
    """The values that softmax subtracts from z: one maximum per model, or one for each row.

    A single maximum is exact enough unless exp(low - high) is close to underflow. Row-wise maxima
    over a short last axis take as long as all the rest of softmax.
    """
    if z.ndim == 2:
        values = z.reshape(-1)
        # With few values, the methods ``min`` and ``max`` take up to four times as long.
        low, high = values[values.argmin()], values[values.argmax()]
        return high if high - low < 80 else z.max(axis=-1, keepdims=True)
    low, high = z.min(axis=(-2, -1), keepdims=True), z.max(axis=(-2, -1), keepdims=True)
    narrow = high - low < 80
    return high if narrow.all() else np.where(narrow, high, z.max(axis=-1, keepdims=True))


def _inner(a, b):
    """The sum of a * b over the last two axes; a float unless a or b has a model axis."""
    if a.ndim == b.ndim == 2:
        return float(np.vdot(a, b))
    rows = (array.reshape(*array.shape[:-2], -1) for array in (a, b))
    return np.vecdot(*rows).astype(float)


def _weighted_sum(losses, weight, gradient):
    """The weighted sum of losses. Weights the gradient in place."""
    if weight is not None:
        gradient *= weight
        losses *= weight
    total = losses.sum(axis=(-2, -1))
    return float(total) if losses.ndim == 2 else total.astype(float)


SQUARED_ERROR = SquaredError()
SOFTMAX_LOG_LOSS, LOGISTIC_LOG_LOSS = SoftmaxLogLoss(), LogisticLogLoss()

REGRESSION_LOSSES = {
    "absolute_error": AbsoluteError(),
    "gamma": Gamma(),
    "huber": Huber(),
    "log_cosh": LogCosh(),
    "poisson": Poisson(),
    "quantile": Quantile(),
    "root_mean_squared_error": RootMeanSquaredError(),
    "squared_error": SQUARED_ERROR,
}
CLASSIFICATION_LOSSES = {
    "focal": {"softmax": SoftmaxFocal(), "logistic": LogisticFocal()},
    "hinge": {"softmax": Hinge(), "logistic": Hinge()},
    "log_loss": {"softmax": SOFTMAX_LOG_LOSS, "logistic": LOGISTIC_LOG_LOSS},
    "perceptron": {"softmax": MulticlassPerceptron(), "logistic": Perceptron()},
    "squared_error": {"softmax": SoftmaxBrier(), "logistic": LogisticBrier()},
}
