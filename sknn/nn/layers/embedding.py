"""Learned vectors for integer codes."""

from functools import partial
from math import prod

import numpy as np
from scipy.sparse import csc_array

from sknn.nn.initializers import Normal
from sknn.nn.layers.base import Layer, kept, needs_flat
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import COUNT, POSITIVE, Sequence
from sknn.nn.workspace import ones


class Embedding(Layer):
    """y = table[x]: a learned vector for each level of each column of integer codes.

    Code 0 stands for a missing or unknown level. Codes outside [0, n_levels) and nan are treated
    as code 0; other codes are rounded down. Codes are converted to the dtype of the network:
    float32 represents integers up to 2^24 exactly. The gradient with respect to x is 0.

    x: (..., n, columns)    table: (..., sum of n_levels, size)    y: (..., n, columns * size)

    Parameters
    ----------
    n_levels : int or sequence of int
        The number of levels, including code 0: one for all columns or one for each column.
    size : int, default=8
        The length of each vector.
    std : float, default=1.0
        The standard deviation of the normal distribution from which vectors are initialised.
    rate : float, default=1.0
        Factor that multiplies the learning rate of the vectors.
    """

    valid = {
        "n_levels": Sequence(COUNT),
        "size": COUNT,
        "std": POSITIVE,
        "rate": POSITIVE,
    }

    def __init__(
        self, n_levels: int | list[int], size: int = 8, std: float = 1.0, rate: float = 1.0
    ) -> None:
        self.n_levels = n_levels
        self.size = size
        self.std = std
        self.rate = rate

    def _levels(self, input_shape):
        """The number of levels of each column. Raises ValueError if n_levels does not fit x."""
        columns = needs_flat(input_shape)
        levels = [self.n_levels] * columns if np.ndim(self.n_levels) == 0 else self.n_levels
        if len(levels) != columns:
            raise ValueError(
                f"needs samples with {len(levels)} columns, one for each number in n_levels, got "
                f"{columns}. Pass n_levels with one number for each column."
            )
        return [int(number) for number in levels]

    def output_shape(self, input_shape):
        return (len(self._levels(input_shape)) * int(self.size),)

    def parameters(self, input_shape):
        shape = (sum(self._levels(input_shape)), int(self.size))
        draw = partial(Normal(self.std), fan_in=None, fan_out=None, activation=None)
        return [Parameter("table", shape, draw, rate=self.rate, role="weight")]

    def numbers_kept(self, input_shape):
        return prod(self.output_shape(input_shape)) + 3 * prod(input_shape)

    def forward(self, params, state, x, cache, context):
        table = params["table"]
        levels, starts = kept(cache, "levels", self.tables_of_columns, x.shape[-1])
        rows = cache.array("rows", x.shape, np.intp)
        known = np.greater_equal(x, 0, out=cache.array("known", x.shape, bool))
        known &= x < levels
        rows[...] = 0
        np.copyto(rows, x, where=known, casting="unsafe")
        rows += starts
        cache["rows"], cache["ones"] = rows, ones((x.shape[-2] * x.shape[-1],), x.dtype)
        models = table.shape[:-2]
        y = cache.array("y", (*models, *x.shape[-2:], self.size))
        for model in np.ndindex(models):
            own = rows[model] if rows.ndim > 2 else rows
            table[model].take(own, axis=0, out=y[model], mode="clip")
        return y.reshape(*y.shape[:-2], -1)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        grad, rows = grads["table"], cache["rows"]
        shape = grad.shape[-2], rows.shape[-2] * rows.shape[-1]
        one, ends = cache["ones"], np.arange(shape[1] + 1)
        for model in np.ndindex(grad.shape[:-2]):
            own = rows[model] if rows.ndim > 2 else rows
            # A sparse product is several times as fast as adding to the rows of the table.
            chosen = csc_array((one, own.ravel(), ends), shape=shape)
            grad[model] = chosen @ dy[model].reshape(-1, self.size)
        if not need_dx:
            return None
        dx = cache.array("dx", (*dy.shape[:-1], rows.shape[-1]))
        dx[...] = 0
        return dx

    def tables_of_columns(self, columns):
        """(number of levels, first row in the table) of each column."""
        levels = np.array(self._levels((columns,)))
        return levels, np.cumsum(levels) - levels
