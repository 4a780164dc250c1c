"""A network with its weights: the object that an estimator fits, predicts with and pickles."""

from math import prod
from operator import is_
from threading import local

import numpy as np

from sknn.nn.batches import Samples
from sknn.nn.network import Network
from sknn.nn.sparse_rows import SparseRows
from sknn.nn.threads import allowed_threads, one_blas_thread, share_out

PART = 64  # images that one thread predicts at a time
CACHE, LEAST = 2**20, 256  # chunks of flat samples: bytes that fit a core's cache, minimum rows
WHOLE = slice(None)
ROWS = 1024  # maximum number of rows to which initial weights are adapted
ONE_PASS = 2**24  # bytes: for less, starting threads does not pay


class Model:
    """A network, a loss, and the vectors of parameters and running statistics.

    Parameters
    ----------
    network : Network
        The layers.
    loss : Loss
        The loss, whose link turns raw outputs into predictions.
    theta, state : ndarray of shape (P,), (S,)
        The parameters and running statistics. Their dtype is that of all computations. Several
        models with the same shapes have a first axis: (k, P), (k, S).

    Attributes
    ----------
    params : list of dict
        The parameters of each layer by name, as views of theta.
    weights, biases : list of ndarray
        The parameters with these roles, also as views. A bias has the shape (..., units).
    """

    def __init__(self, network, loss, theta, state):
        self.network = network
        self.loss = loss
        self._bind(theta, state)

    def _bind(self, theta, state):
        self.theta, self.state = theta, state
        self.params = self.network.layout.views(theta)
        self._state = self.network.state_layout.views(state)
        self.weights = self._with_role("weight")
        self.biases = self._with_role("bias")

    def _with_role(self, role):
        of_layers = zip(self.params, self.network.layout.with_role(role), strict=True)
        found = ((params[item.name], item) for params, items in of_layers for item in items)
        is_row = (1,) if role == "bias" else None
        return [array[..., 0, :] if item.shape[:-1] == is_row else array for array, item in found]

    @property
    def dtype(self):
        return self.theta.dtype

    def holds(self, weights, biases):
        """Whether these lists contain exactly the model's own views."""
        own = (*self.weights, *self.biases)
        if not isinstance(weights, (list, tuple)) or not isinstance(biases, (list, tuple)):
            return False
        given = (*weights, *biases)
        return len(own) == len(given) and all(map(is_, own, given))

    def fits(self, weights, biases):
        """Whether the arrays have the same shapes as the model's own."""
        own, given = (*self.weights, *self.biases), (*weights, *biases)
        counts = len(weights) == len(self.weights), len(own) == len(given)
        return all(counts) and all(a.shape == b.shape for a, b in zip(own, given, strict=True))

    def take_weights(self, weights, biases, names=("coefs_", "intercepts_")):
        """Copies the given arrays into the model.

        Raises ValueError if shapes differ from its own or values are not finite numbers.
        """
        own = dict(zip(names, (self.weights, self.biases), strict=True))
        given = zip(names, (weights, biases), strict=True)
        given = {name: as_weights(name, arrays) for name, arrays in given}
        for name, arrays in given.items():
            wanted, got = ([array.shape for array in arrays] for arrays in (own[name], arrays))
            if wanted != got:
                raise ValueError(
                    f"{name} must be arrays of shapes {wanted}, as determined by the layers and "
                    f"the data, got {got}."
                )
        for name, arrays in given.items():
            for mine, array in zip(own[name], arrays, strict=True):
                np.copyto(mine, array)

    def adapt(self, rows, subset, random_state):
        """Adapts the initial values that depend on training rows; see ``Layer.adapt``.

        rows: Rows    subset: the numbers of the training rows, None for all rows
        random_state: selects at most 1,024 of them and is passed on to the layers
        """
        if not self.network.adapts:
            return
        at = np.arange(len(rows)) if subset is None else subset
        if len(at) > ROWS:
            at = at[random_state.permutation(len(at))[:ROWS]]
        x = rows.samples.take(at)
        with np.errstate(all="ignore"):
            self.network.adapt(self.params, self._state, x, random_state)

    def outputs(self, x, memory, at=None, depth=None):
        """Raw outputs, computed chunk by chunk so that each takes at most ``memory`` bytes.

        x: (n, *input_shape), or sparse, of any dtype    at: the numbers of the rows, default all
        depth: the number of layers to apply, default all    z: (..., len(at), n_outputs)
        """
        network = self.network
        n = x.shape[0] if at is None else len(at)
        shape = network.shapes[0]
        models = self.theta.shape[:-1]
        row_size = network.row_size(self.dtype) * prod(models)
        chunk = PART if network.n_image_layers else max(LEAST, CACHE // row_size)
        params = self.params if depth else network.folded(self.params, self._state)
        most = max(chunk, ONE_PASS // row_size)
        if x.dtype != self.dtype:  # chunks are converted first
            row_size += self.dtype.itemsize * prod(shape)
        if n <= min(most, memory // row_size) and at is None and not network.n_image_layers:
            ready = x.dtype == self.dtype and not isinstance(x, SparseRows)
            x = x if ready else Samples(x, self.dtype).take(WHOLE)
            z = network.forward(params, self._state, x, network.workspaces(self.dtype), depth=depth)
            return z.copy() if z is x else z  # no layer has created a new array
        chunk = max(1, min(chunk, int(memory // row_size) // allowed_threads()))
        outputs = network.shapes[-1 if depth is None else depth]
        z = np.empty((*models, n, *outputs), self.dtype)
        own, each_model = local(), (slice(None),) * len(models)

        def fill(number):
            if not hasattr(own, "samples"):
                own.samples = Samples(x, self.dtype, shape if network.n_image_layers else None)
                own.workspaces = network.workspaces(self.dtype)
            rows = slice(number * chunk, min((number + 1) * chunk, n))
            batch = own.samples.take(rows if at is None else at[rows])
            given = params, self._state, batch, own.workspaces
            z[*each_model, rows] = network.forward(*given, depth=depth)

        with one_blas_thread():
            share_out(fill, -(-n // chunk))
        return z

    def __getstate__(self):
        return {name: self.__dict__[name] for name in ("network", "loss", "theta", "state")}

    def __setstate__(self, state):
        # Another version may derive other values from the network, so they are computed again.
        self.network = Network(state["network"].layers, state["network"].shapes[0])
        self.loss = state["loss"]
        self._bind(state["theta"], state["state"])


def as_weights(name, given):
    """The list of arrays that a user passed, as arrays of floats.

    Raises ValueError if it is not a list of arrays, or contains values other than finite numbers.
    """
    try:
        arrays = [np.asarray(array) for array in given]
        if any(map(np.iscomplexobj, arrays)):
            raise TypeError("complex numbers are not supported")
        arrays = [array if array.dtype.kind == "f" else array.astype(float) for array in arrays]
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError("some are nan or infinite")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a list of arrays of finite numbers: {error}") from error
    return arrays
