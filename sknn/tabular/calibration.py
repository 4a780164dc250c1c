"""A temperature that makes probabilities as sure as they are right."""

import numpy as np
from scipy.optimize import minimize_scalar

LEAST = 0.05  # below it probabilities would be 0 and 1


def softmax(z, out=None):
    """exp(z) over their sum, along the last axis."""
    z = np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def log_loss_at(temperature, z, y, weight):
    """The mean cross-entropy of softmax(z / temperature); y: numbers of classes."""
    z = z / temperature
    z -= z.max(axis=-1, keepdims=True)
    losses = np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(y)), y]
    return float(np.average(losses, weights=weight))


def fitted_temperature(z, y, weight=None):
    """The temperature, at most 1, with the least cross-entropy; Guo et al. (2017).

    It is fitted to the outputs of single members. Where these are too sure of themselves it would
    be above 1, but their mean is less sure than they are, so 1 is the most.

    z: (n, n_classes)    y: (n,) of int    weight: (n,) or None
    """
    z = z.astype(np.float64)
    found = minimize_scalar(
        lambda log_t: log_loss_at(np.exp(log_t), z, y, weight),
        bounds=(np.log(LEAST), 0.0),
        method="bounded",
        options={"xatol": 1e-3},
    )
    at_most = log_loss_at(1.0, z, y, weight)
    return float(np.exp(found.x)) if found.fun < at_most else 1.0
