"""The loss of a constant prediction, which a network should improve on."""

import numpy as np

from sknn.nn.batches import sum_of_weights

FOCAL = 0.4  # this factor times the logits of the mean is close to optimal for the focal loss
LARGEST_LOGIT = 30.0  # for classes that occur never or always
RARE = 1e-3  # fraction of the weights: y counts as constant if other values have less


def mean_loss(loss, y, z, weight=None):
    """The weighted mean loss of raw outputs z (n, n_outputs), without penalties."""
    weight_sum = float(len(y)) if weight is None else sum_of_weights(weight)
    total = loss.sum_and_gradient(y, z, weight, np.empty_like(z))
    return float(loss.finish(total, weight_sum)[0])


def loss_of_constant(loss, y, weight=None):
    """The mean loss of the best of some constants. None if y is constant or the loss not above 0.

    y counts as constant if it has the same value on all but a thousandth of the weights.

    The constants are the mean of y, its quantiles and, for margins, its majority. For most losses,
    one of them is the best constant; for the others, one of them is close to it.

    y: encoded targets (n, columns)    weight: (n, 1) or (n, columns), not all zero, or None
    """
    share = np.ones(len(y)) if weight is None else weight.max(axis=1)
    others = (y != y[share.argmax()]).any(axis=1)
    if share[others].sum() <= RARE * share.sum():
        return None
    y = y.astype(np.float64)
    with np.errstate(all="ignore"):
        losses = [
            mean_loss(loss, y, np.tile(z, (len(y), 1)), weight) for z in _constants(loss, y, weight)
        ]
    least = min((value for value in losses if np.isfinite(value)), default=0.0)
    return least if least > 0 else None


def _constants(loss, y, weight):
    """Raw outputs, (n_outputs,), that do not depend on x."""
    weight = np.ones((1, 1)) if weight is None else weight.astype(np.float64)
    weight = np.broadcast_to(weight, y.shape)
    weight = np.where(weight.any(axis=0), weight, 1.0)  # outputs without weights have no loss
    mean = np.average(y, axis=0, weights=weight)
    if loss.link == "exp":
        return [np.log(mean)]
    logits = None
    if loss.link == "softmax":
        logits = np.log(np.maximum(mean, np.exp(-LARGEST_LOGIT)))
    elif loss.link == "logistic":
        logits = np.clip(np.log(mean) - np.log1p(-mean), -LARGEST_LOGIT, LARGEST_LOGIT)
    if logits is not None:
        return [logits, FOCAL * logits]
    levels = getattr(loss, "ascending", np.array([0.5]))
    columns = zip(y.T, weight.T, strict=True)
    quantiles = np.concatenate([_quantiles(*column, levels) for column in columns])
    if len(quantiles) != len(mean):  # there are several levels with one output each
        return [quantiles]
    return [quantiles, mean, np.where(mean > 0.5, 1.0, -1.0), np.zeros_like(mean)]


def _quantiles(values, weights, levels):
    """The smallest values that have a fraction ``levels`` of the weights at or below them."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    at = np.searchsorted(below, levels * below[-1])
    return values[order[np.minimum(at, len(order) - 1)]]
