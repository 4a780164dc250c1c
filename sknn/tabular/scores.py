"""Scores of raw outputs by which each member chooses its best epoch; greater is better."""

import numpy as np

from sknn.tabular.calibration import log_loss_at, softmax


def brier(z, y, weight):
    """Minus the mean of |softmax(z) - y|^2; y: one-hot rows."""
    p = softmax(z.astype(np.float64))
    return -float(np.average(((p - y) ** 2).sum(axis=1), weights=weight))


def accuracy(z, y, weight):
    """The fraction of rows whose largest output is that of the label; y: one-hot rows."""
    return float(np.average(z.argmax(axis=1) == y.argmax(axis=1), weights=weight))


def log_loss(z, y, weight):
    """Minus the mean cross-entropy of softmax(z); y: one-hot rows."""
    return -log_loss_at(1.0, z.astype(np.float64), y.argmax(axis=1), weight)


def root_mean_squared(predicted, y, weight):
    """Minus the root of the mean squared error; predicted, y: (n, 1)."""
    return -float(np.sqrt(np.average((predicted - y)[:, 0] ** 2, weights=weight)))


def mean_absolute(predicted, y, weight):
    """Minus the mean absolute error; predicted, y: (n, 1)."""
    return -float(np.average(np.abs(predicted - y)[:, 0], weights=weight))


def minus_loss(loss, z, y, weight):
    """Minus the loss of raw outputs."""
    weight = None if weight is None else weight[:, None]
    total = loss.sum_and_gradient(y, z, weight, np.empty_like(z))
    value, _ = loss.finish(total, float(len(y) if weight is None else weight.sum()))
    return -float(value)


SCORES = {
    "neg_brier_score": brier,
    "neg_log_loss": log_loss,
    "accuracy": accuracy,
}
ERRORS = {
    "neg_root_mean_squared_error": root_mean_squared,
    "neg_mean_absolute_error": mean_absolute,
}
