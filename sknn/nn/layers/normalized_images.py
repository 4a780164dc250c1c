"""Batch normalisation of images with the activation and max-pooling after it, block by block."""

from math import prod

import numpy as np

from sknn.nn.activations import Identity, as_activation
from sknn.nn.layers.activate import Activate
from sknn.nn.layers.base import JointLayer, kept
from sknn.nn.layers.pooling import MaxPool2D, candidates_in, largest, to_the_largest
from sknn.nn.layers.windows import along_line, images_at_a_time, lines_of
from sknn.nn.workspace import ones

BLOCK = 2**18  # bytes of images: successive steps find them in the cache of the processor


class NormalizedImages(JointLayer):
    """Runs ``BatchNorm`` on images, together with the layers after it that are fused with it.

    There is one pass over the images for each sum, and one more for all other steps, which are
    carried out for one block of images after another. Backward reads the images again, so that
    no further arrays of their size are kept.

    Parameters
    ----------
    normalization : BatchNorm
        The layer whose parameters and state are used.
    activation : str or Activation
        The activation. With pooling it is non-decreasing and applied after the pooling, as in
        ``PooledConv2D``.
    pooling : MaxPool2D or None
        The max-pooling, if there is one.
    """

    def __init__(self, normalization, activation="identity", pooling=None):
        self.normalization = normalization
        self.activation = activation
        self.pooling = pooling

    def fused(self, following):
        kind = type(following)
        if kind is Activate and self.pooling is None and isinstance(self._function, Identity):
            activation = as_activation(following.activation)
            if activation.needs == "a" and not activation.parameters(1):
                return NormalizedImages(self.normalization, activation)
        if kind is MaxPool2D and self.pooling is None and self._function.increasing:
            return NormalizedImages(self.normalization, self.activation, following)
        return None

    @property
    def _function(self):
        return as_activation(self.activation)

    def output_shape(self, input_shape):
        return self.normalization.output_shape(input_shape)

    def parameters(self, input_shape):
        return self.normalization.parameters(input_shape)

    def state(self, input_shape):
        return self.normalization.state(input_shape)

    def numbers_kept(self, input_shape):
        return self.normalization.numbers_kept(input_shape)

    def forward_jointly(self, params, state, x, cache, context):
        def total(weight):
            return sum(sum_of_rows(_rows(x[at]), _of_rows(weight, at, x)) for at in _blocks(x))

        def squares(mean, weight):
            sums = []
            for at in _blocks(x):
                centred = self._centred(x[at], mean, cache)
                np.square(centred, out=centred)
                sums.append(sum_of_rows(_rows(centred), _of_rows(weight, at, x)))
            return sum(sums)

        mean = yield from self.normalization.moments(state, x, total, squares, cache, context)
        cache["x"], cache["mean"] = x, mean
        pool = self._pool(x, cache)
        y = cache.array("y", x.shape if pool is None else (len(x), *pool.outputs, x.shape[-1]))
        is_largest = self._mask_of_largest(cache, pool, y) if pool and context.keeps else None
        factor = params["scale"] * cache["inverse"]
        offset = params["shift"] - mean * factor
        for at in _blocks(x):
            block = cache.scratch("block", x[at].shape) if pool else y[at]
            _affine(x[at], factor, offset, block)
            if pool:
                mask = None if is_largest is None else is_largest[:, at]
                largest(candidates_in(block, pool), pool, y[at], mask)
            self._function.forward(y[at], y[at])
        cache["y"] = y
        return y

    def backward_jointly(self, params, grads, dy, cache, context, need_dx=True):
        x, mean, inverse, share = (cache[name] for name in ("x", "mean", "inverse", "share"))
        pool = self._pool(x, cache)
        dz = dy = np.ascontiguousarray(dy)  # so that lines are views
        if pool:
            is_largest = self._mask_of_largest(cache, pool, dy)
            dz = cache.array("dx", x.shape)
        dshift, dscale = [], []
        for at in _blocks(x):
            self._function.backward(None, cache["y"][at], dy[at])
            if pool:
                dz[at].fill(0)
                to_the_largest(dy[at], pool, is_largest[:, at], candidates_in(dz[at], pool))
            products = self._centred(x[at], mean, cache)
            products *= dz[at]
            dshift.append(sum_of_rows(_rows(dz[at])))
            dscale.append(sum_of_rows(_rows(products)))
        grads["shift"][...] = sum(dshift)
        grads["scale"][...] = sum(dscale) * inverse
        if not need_dx:
            return None
        if share is not None:  # the statistics depend on x
            dshift, dscale = yield grads["shift"], grads["scale"]
        for at in _blocks(x):
            if share is not None:  # share * (dshift + normalized * dscale)
                through_sums = cache.scratch("block", x[at].shape)
                slope = share * inverse * dscale
                _affine(x[at], slope, share * dshift - mean * slope, through_sums)
                if cache["weight of row"] is not None:
                    rows = _rows(through_sums)
                    rows *= _of_rows(cache["weight of row"], at, x)
                np.subtract(dz[at], through_sums, out=dz[at])
            lines = lines_of(dz[at])
            lines *= along_line(params["scale"] * inverse, x)
        return dz

    @staticmethod
    def _centred(block, mean, cache):
        centred = cache.scratch("block", block.shape)
        np.subtract(lines_of(block), along_line(mean, block), out=lines_of(centred))
        return centred

    def _pool(self, x, cache):
        return self.pooling and kept(cache, "pool", self.pooling.windows, x.shape[1:])

    @staticmethod
    def _mask_of_largest(cache, pool, y):
        return cache.array("is_largest", (len(pool.places), *y.shape), bool)


def sum_of_rows(rows, weight=None):
    """The weighted sum over rows: (..., 1, features)."""
    if weight is None:
        return ones((1, rows.shape[-2]), rows.dtype) @ rows
    return weight.reshape(*weight.shape[:-2], 1, -1) @ rows


def _blocks(x):
    return images_at_a_time(len(x), x.shape[1:], x.itemsize, BLOCK)


def _rows(images):
    return images.reshape(-1, images.shape[-1])


def _of_rows(weight, at, x):
    """The weights of the pixels of the images x[at]."""
    pixels = prod(x.shape[1:3])
    return None if weight is None else weight[at.start * pixels : at.stop * pixels]


def _affine(images, factor, offset, out):
    """out = images * factor + offset, separately for each channel."""
    np.multiply(lines_of(images), along_line(factor, images), out=lines_of(out))
    lines = lines_of(out)
    lines += along_line(offset, images)
