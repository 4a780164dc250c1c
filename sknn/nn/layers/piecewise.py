"""Numeric columns as learned piecewise-linear functions."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from sknn.nn.initializers import Constant
from sknn.nn.layers.base import Layer, kept, needs_flat
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import COUNT, POSITIVE, as_float


class EdgesOfColumns:
    """The valid edges: for each column, at least two increasing numbers."""

    def __contains__(self, value):
        try:
            return len(value) > 0 and all(_increases(np.asarray(edges, float)) for edges in value)
        except (TypeError, ValueError, OverflowError):
            return False

    def __str__(self):
        return "a list with at least two increasing, finite numbers for each column"


def _increases(edges):
    several = edges.ndim == 1 and len(edges) > 1
    return several and np.isfinite(edges).all() and (np.diff(edges) > 0).all()


class PiecewiseLinear(Layer):
    """y = x slope + bias + weight @ encoding(x), separately for each column: ``size`` values.

    Component j of the encoding is (x - e_j) / (e_{j+1} - e_j), clipped to [0, 1], where e are the
    edges of the column. The first component is not clipped below, the last one not above. Each
    value of y is therefore a piecewise-linear function of x with kinks at the inner edges.

    Gorishniy et al. (2022), section 3.2, with the embedding of TabM, Gorishniy et al. (2025):
    weights are initialised to 0, slopes and biases are drawn from U(-r, r) with
    r = 1 / sqrt(size). Penalties and weight decay do not apply to biases.

    x: (..., n, columns)    slope, bias: (..., columns, size, 1)
    weight: (..., columns, size, largest number of bins)    y: (..., n, columns * size)

    Parameters
    ----------
    edges : list of array-like
        The edges of the bins of each column: at least two increasing values, such as quantiles of
        the training values. They are not trained.
    size : int, default=16
        The number of output values for each column.
    rate : float, default=1.0
        Factor that multiplies the learning rate of all parameters.
    """

    valid = {"edges": EdgesOfColumns(), "size": COUNT, "rate": POSITIVE}

    def __init__(self, edges: Sequence[ArrayLike], size: int = 16, rate: float = 1.0) -> None:
        self.edges = edges
        self.size = size
        self.rate = rate

    @property
    def n_bins(self):
        """The largest number of bins."""
        return max(len(edges) for edges in self.edges) - 1

    def output_shape(self, input_shape):
        columns = needs_flat(input_shape)
        if len(self.edges) != columns:
            raise ValueError(
                f"needs samples with {len(self.edges)} columns, one for each list in edges, got "
                f"{columns}. Pass edges with one list for each column."
            )
        return (columns * int(self.size),)

    def parameters(self, input_shape):
        columns, rate = needs_flat(input_shape), self.rate
        draw = partial(_uniform, as_float(self.size) ** -0.5)
        shape = columns, self.size, 1
        return [
            Parameter("slope", shape, draw, rate=rate, role="weight"),
            Parameter("bias", shape, draw, False, rate),
            Parameter("weight", (*shape[:2], self.n_bins), Constant(0.0), rate=rate),
        ]

    def multiply_adds(self, input_shape):
        return input_shape[0] * (self.n_bins + 1) * self.size

    def numbers_kept(self, input_shape):
        return input_shape[0] * (1 + self.n_bins + self.size)

    def scratch(self, input_shape):
        return input_shape[0] * self.size

    def forward(self, params, state, x, cache, context):
        n, columns = x.shape[-2:]
        bins = kept(cache, "bins", self.bins, cache.dtype)
        across = cache.array("across", (*x.shape[:-2], columns, 1, n))
        across[..., 0, :] = x.swapaxes(-1, -2)  # samples last: the longest axis loops fastest
        code = cache.array("code", (*x.shape[:-2], columns, self.n_bins, n))
        for model in np.ndindex(x.shape[:-2]):  # one at a time: several would not fit the cache
            _encode(across[model], bins, out=code[model])
        cache["x"], cache["encoding"] = across, code
        models = params["slope"].shape[:-3]
        made = cache.scratch("made", (*models, columns, self.size, n))
        np.matmul(params["weight"], code, out=made)
        made += params["slope"] * across
        made += params["bias"]
        y = cache.array("y", (*models, n, columns, self.size))
        y[...] = np.moveaxis(made, -1, -3)
        return y.reshape(*y.shape[:-2], -1)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        across, code, n = cache["x"], cache["encoding"], dy.shape[-2]
        columns = across.shape[-3]
        models = dy.shape[:-2]
        dmade = cache.scratch("made", (*models, columns, self.size, n))
        dmade[...] = np.moveaxis(dy.reshape(*models, n, columns, self.size), -3, -1)
        np.matmul(dmade, across.swapaxes(-1, -2), out=grads["slope"])
        np.add.reduce(dmade, axis=-1, out=grads["bias"], keepdims=True)
        np.matmul(dmade, code.swapaxes(-1, -2), out=grads["weight"])
        if not need_dx:
            return None
        _, inverse, least, most = kept(cache, "bins", self.bins, cache.dtype)
        dcode = np.matmul(params["weight"].swapaxes(-1, -2), dmade)
        dcode *= (code > least) & (code < most)
        dacross = np.matmul(params["slope"].swapaxes(-1, -2), dmade)
        dacross += np.matmul(inverse.swapaxes(-1, -2), dcode)
        dx = cache.array("dx", (*models, n, columns))
        dx[...] = dacross[..., 0, :].swapaxes(-1, -2)
        return dx

    def bins(self, dtype):
        """(starts, 1 / widths, minimum and maximum codes) of all bins, each (columns, bins, 1).

        Columns with fewer bins than others are filled up with bins whose code is always 0.
        """
        shape = len(self.edges), self.n_bins, 1
        starts, inverse, most, least = np.zeros((4, *shape))
        for column, edges in enumerate(self.edges):
            edges = np.asarray(edges, float)
            n_bins = len(edges) - 1
            starts[column, :n_bins, 0] = edges[:-1]
            inverse[column, :n_bins, 0] = 1 / np.diff(edges)
            most[column, :n_bins] = 1
            most[column, n_bins - 1], least[column, 0] = np.inf, -np.inf
        return [array.astype(dtype) for array in (starts, inverse, least, most)]

    def encode(self, x, out):
        """Writes to out the rows that ``CodesOfColumns`` takes: for each column its codes and x.

        x: (n, columns)    out: (n, columns * (bins + 1))
        """
        bins = [array[..., 0] for array in self.bins(out.dtype)]
        codes = out.reshape(*x.shape, self.n_bins + 1)
        _encode(x[..., None], bins, out=codes[..., :-1])
        codes[..., -1] = x


class CodesOfColumns(Layer):
    """The same as a PiecewiseLinear, with the same parameters, on rows that it has encoded before.

    The edges are not trained, so that one encoding serves all epochs.

    x: (..., n, columns * (bins + 1)), as ``PiecewiseLinear.encode`` writes them
    y: (..., n, columns * size)

    Parameters
    ----------
    layer : PiecewiseLinear
        The layer whose outputs these are.
    """

    def __init__(self, layer: PiecewiseLinear) -> None:
        self.layer = layer

    def _columns(self, input_shape):
        return needs_flat(input_shape) // (self.layer.n_bins + 1)

    def output_shape(self, input_shape):
        return self.layer.output_shape((self._columns(input_shape),))

    def parameters(self, input_shape):
        return self.layer.parameters((self._columns(input_shape),))

    def multiply_adds(self, input_shape):
        return input_shape[0] * self.layer.size

    def forward(self, params, state, x, cache, context):
        columns, size, _ = params["bias"].shape[-3:]
        models, n = params["bias"].shape[:-3], x.shape[-2]
        codes = x.reshape(*x.shape[:-1], columns, -1).swapaxes(-2, -3)
        weight = cache.array("weight", (*models, columns, codes.shape[-1], size))
        weight[..., :-1, :] = params["weight"].swapaxes(-1, -2)
        weight[..., -1:, :] = params["slope"].swapaxes(-1, -2)
        y = cache.array("y", (*np.broadcast_shapes(models, x.shape[:-2]), n, columns * size))
        np.matmul(codes, weight, out=_by_column(y, columns))
        y += params["bias"].reshape(*models, 1, -1)
        cache["codes"], cache["weights"] = codes, weight
        return y

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        codes, weight = cache["codes"], cache["weights"]
        dmade = _by_column(dy, codes.shape[-3])
        dweight = cache.array("dweight", weight.shape)
        np.matmul(codes.swapaxes(-1, -2), dmade, out=dweight)
        grads["weight"][...] = dweight[..., :-1, :].swapaxes(-1, -2)
        grads["slope"][...] = dweight[..., -1:, :].swapaxes(-1, -2)
        grads["bias"][...] = np.add.reduce(dy, axis=-2).reshape(grads["bias"].shape)
        if not need_dx:
            return None
        dx = np.matmul(dmade, weight.swapaxes(-1, -2)).swapaxes(-2, -3)
        return dx.reshape(*dy.shape[:-1], -1)


def _encode(x, bins, out):
    """out = min(max((x - starts) / widths, least), most), with the bins of ``bins``."""
    starts, inverse, least, most = bins
    np.subtract(x, starts, out=out)
    out *= inverse
    np.maximum(out, least, out=out)
    np.minimum(out, most, out=out)


def _by_column(y, columns):
    """Values (..., n, columns * size) as a view of shape (..., columns, n, size)."""
    return y.reshape(*y.shape[:-1], columns, -1).swapaxes(-2, -3)


def _uniform(bound, random_state, shape):
    return random_state.uniform(-bound, bound, shape)
