"""A temperature that calibrates probabilities: as confident as they are accurate."""

import numpy as np
from scipy.optimize import minimize_scalar

LEAST = 0.05  # with a lower temperature, probabilities would be 0 and 1


def softmax(z, out=None):
    """exp(z) / sum(exp(z)) along the last axis."""
    z = np.subtract(z, z.max(axis=-1, keepdims=True), out=out)
    np.exp(z, out=z)
    z /= z.sum(axis=-1, keepdims=True)
    return z


def log_loss_at(temperature, z, y, weight, n_unsure=0.0):
    """The mean cross-entropy of softmax(z / temperature); y: class numbers.

    n_unsure: number of additional rows with the same outputs but an unknown class, in which all
    classes are equally likely
    """
    z = z / temperature
    z -= z.max(axis=-1, keepdims=True)
    norms = np.log(np.exp(z).sum(axis=-1))
    losses = norms - z[np.arange(len(y)), y]
    n_rows = len(y) if weight is None else weight.sum()
    unsure = np.average(norms - z.mean(axis=-1), weights=weight) if n_unsure else 0.0
    return float(np.average(losses, weights=weight) + n_unsure / n_rows * unsure)


def fitted_temperature(z, y, weight=None):
    """The temperature, at most 1, that minimises the cross-entropy; Guo et al. (2017).

    It is fitted to the outputs of single members. For overconfident members it would be above 1,
    but the mean of their probabilities is less confident than they are: hence the maximum of 1. If
    no member is ever wrong, one additional row of an unknown class keeps probabilities away from 0
    and 1, as in Platt (1999).

    z: (n, n_classes)    y: (n,) of int    weight: (n,) or None
    """
    z = z.astype(np.float64)

    def loss(log_t):
        return log_loss_at(np.exp(log_t), z, y, weight, n_unsure=1.0)

    bounds = np.log(LEAST), 0.0
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-3})
    return float(np.exp(found.x)) if found.fun < loss(0.0) else 1.0
