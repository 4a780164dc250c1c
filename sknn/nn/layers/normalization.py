"""Normalisation of the inputs of a layer, over the mini-batch or within each sample."""

from functools import partial
from math import prod

import numpy as np

from sknn.nn.initializers import Constant
from sknn.nn.layers.base import JointLayer, Layer, shape_with_models
from sknn.nn.layers.normalized_images import NormalizedImages, sum_of_rows
from sknn.nn.parameters import Parameter, State
from sknn.nn.per_model import factor
from sknn.nn.ranges import POSITIVE, Range


class Normalization(Layer):
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift.

    scale, shift: (..., 1, features), or channels; penalties do not apply to them
    """

    pixelwise = True

    def numbers_kept(self, input_shape):
        return 2 * super().numbers_kept(input_shape)

    def output_shape(self, input_shape):
        return input_shape

    def parameters(self, input_shape):
        shape = (1, input_shape[-1])
        return [
            Parameter("scale", shape, Constant(1.0), decay=False),
            Parameter("shift", shape, Constant(0.0), decay=False),
        ]


class BatchNorm(JointLayer, Normalization):
    """Batch normalisation, with mean and variance over the mini-batch.

    Ioffe & Szegedy (2015), alg. 1. y = scale * (x - mean) / sqrt(variance + epsilon) + shift,
    where scale and shift are learned.

    x: (..., n, features), or (n, height, width, channels), where each pixel counts as a sample.
    Mean and variance are weighted by sample_weight. For predictions, and for batches of one
    sample, running statistics are used instead. They are updated as in torch:
    (1 - momentum) * old + momentum * batch, with the unbiased variance.

    Parameters
    ----------
    momentum : float, default=0.1
        The weight of the current mini-batch in the running statistics.
    epsilon : float, default=1e-5
        The value added to the variance.
    """

    valid = {"momentum": Range(0, 1, "both"), "epsilon": POSITIVE}

    def __init__(self, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        self.momentum = momentum
        self.epsilon = epsilon

    def placed(self, input_shape):
        return NormalizedImages(self) if len(input_shape) == 3 else self

    def state(self, input_shape):
        shape = (1, input_shape[-1])
        return [State("mean", shape, 0.0), State("variance", shape, 1.0)]

    def forward_jointly(self, params, state, x, cache, context):
        y = cache.array("y", shape_with_models(x, params))
        rows, out = _rows(x), _rows(y)
        centred = cache.array("centred", out.shape)

        def squares(mean, weight):
            np.subtract(rows, mean, out=centred)
            squares = cache.scratch("squares", centred.shape)
            np.square(centred, out=squares)
            return sum_of_rows(squares, weight)

        total = partial(sum_of_rows, rows)
        mean = yield from self.moments(state, x, total, squares, cache, context)
        if cache["share"] is None:
            np.subtract(rows, mean, out=centred)
        np.multiply(centred, params["scale"] * cache["inverse"], out=out)
        out += params["shift"]
        return y

    def moments(self, state, x, total, squares, cache, context):
        """Yields sums over a part and receives those of the batch; returns the means of features.

        total(weight), squares(mean, weight): functions that return the sums over rows of x and of
        (x - mean)^2, where weight is the weight of each row or None
        cache: stores "inverse", 1 / sqrt(variance + epsilon), "weight of row", and "share", the
        factor of a row in the mean apart from its weight, or None for running statistics
        """
        mean, variance = state["mean"], state["variance"]
        share = None
        if context.training:
            pixels = prod(x.shape[1:3]) if x.ndim == 4 else 1
            weight = cache["weight of row"] = _repeated(context.weight, pixels)
            counts = _counts(context.weight, len(x) if x.ndim == 4 else x.shape[-2])
            counts, sums = yield counts, total(weight)
            sum_of_weights, count, several = _repetitions(counts)
            if several is True:
                share = factor(1 / (sum_of_weights * pixels), x)
                mean = sums * share
            elif several is not False:
                share = np.zeros_like(count)
                np.divide(1, sum_of_weights * pixels, out=share, where=several)
                share = share.astype(x.dtype)
                mean = np.where(several, sums * share, mean)
        if share is not None:
            (sums,) = yield (squares(mean, weight),)
            own = sums * share
            variance = own if several is True else np.where(several, own, variance)
            if context.updates_state:
                self._remember(state, mean, variance, count * pixels, several)
        cache["share"], cache["inverse"] = share, 1 / np.sqrt(variance + self.epsilon)
        return mean

    def _remember(self, state, mean, variance, count, several):
        if several is True:
            unbiased = variance * np.float64(count / (count - 1))
            for name, value in (("mean", mean), ("variance", unbiased)):
                state[name] *= 1 - self.momentum
                state[name] += self.momentum * value
            return
        unbiased = variance * np.divide(count, count - 1, out=np.ones_like(count), where=several)
        for name, value in (("mean", mean), ("variance", unbiased)):
            updated = state[name] * (1 - self.momentum)
            updated += self.momentum * value
            np.copyto(state[name], updated, where=several)

    def backward_jointly(self, params, grads, dy, cache, context, need_dx=True):
        rows, inverse, share = _rows(dy), cache["inverse"], cache["share"]
        centred = cache.array("centred", rows.shape)
        products = cache.scratch("squares", rows.shape)
        np.multiply(rows, centred, out=products)
        grads["shift"][...] = sum_of_rows(rows)
        grads["scale"][...] = sum_of_rows(products) * inverse
        if not need_dx:
            return None
        if share is not None:  # the statistics depend on x
            dshift, dscale = yield grads["shift"], grads["scale"]
            centred *= dscale * inverse * share  # share * (dshift + normalized * dscale)
            centred += dshift * share
            if cache["weight of row"] is not None:
                centred *= cache["weight of row"]
            rows -= centred
        rows *= params["scale"] * inverse
        return rows.reshape(dy.shape)

    def affine(self, params, state):
        """(factor, offset) such that prediction is y = x * factor + offset."""
        factor = params["scale"] / np.sqrt(state["variance"] + self.epsilon)
        return factor, params["shift"] - state["mean"] * factor


class LayerNorm(Normalization):
    """Layer normalisation, with mean and variance over the features of each sample.

    Ba et al. (2016), eq. 3. Images are normalised over the channels of each pixel.

    Parameters
    ----------
    epsilon : float, default=1e-5
        The value added to the variance.
    """

    valid = {"epsilon": POSITIVE}

    def __init__(self, epsilon: float = 1e-5) -> None:
        self.epsilon = epsilon

    def forward(self, params, state, x, cache, context):
        y = cache.array("y", shape_with_models(x, params))
        normalized = cache.array("normalized", y.shape)
        np.subtract(x, x.mean(axis=-1, keepdims=True), out=normalized)
        variance = np.square(normalized).mean(axis=-1, keepdims=True)
        cache["inverse"] = 1 / np.sqrt(variance + self.epsilon)
        normalized *= cache["inverse"]
        np.multiply(normalized, params["scale"], out=y)
        y += params["shift"]
        return y

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        normalized = cache.array("normalized", dy.shape)
        grads["shift"][...] = sum_of_rows(_rows(dy))
        grads["scale"][...] = sum_of_rows(_rows(dy * normalized))
        if not need_dx:
            return None
        dy *= params["scale"]
        mean = dy.mean(axis=-1, keepdims=True)
        normalized *= (dy * normalized).mean(axis=-1, keepdims=True)
        dy -= mean  # inverse * (dy - mean(dy) - normalized * mean(dy * normalized))
        dy -= normalized
        dy *= cache["inverse"]
        return dy


def _rows(x):
    """x with the shape (..., n, features). The pixels of images become rows."""
    return x.reshape(-1, x.shape[-1]) if x.ndim == 4 else x


def _counts(weight, n):
    """(sum of the weights, number of samples with a weight): (2, ..., 1, 1)."""
    if weight is None:
        return np.full((2, 1, 1), float(n))
    counted = weight.sum(axis=-2, keepdims=True), np.count_nonzero(weight, axis=-2, keepdims=True)
    return np.array(counted, float)


def _repetitions(counts):
    """(sum of the weights, number of samples, whether there are several) from ``_counts``.

    A weight counts repetitions of a sample; weights below 1 count as one. For one model, returns
    two floats and a bool because arrays of one element are slower. For several models, the last
    item is a bool if all of them agree.
    """
    if counts.size == 2:
        sum_of_weights, n = counts.ravel().tolist()
        count = max(sum_of_weights, n)
        return sum_of_weights, count, count > 1
    count = counts.max(axis=0)
    several = count > 1
    return counts[0], count, several if several.any() != several.all() else bool(several.all())


def _repeated(weight, pixels):
    """The weights of samples repeated for each pixel: (..., n * pixels, 1)."""
    return weight if weight is None or pixels == 1 else weight.repeat(pixels, axis=-2)
