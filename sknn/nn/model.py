"""A network with its weights: what an estimator fits, predicts with and pickles."""

from math import prod
from operator import is_
from threading import local

import numpy as np

from sknn.nn.batches import Samples
from sknn.nn.network import Network
from sknn.nn.sparse_rows import SparseRows
from sknn.nn.threads import allowed_threads, one_blas_thread, share_out

PART = 64  # images that one thread predicts at a time
CACHE, LEAST = 2**20, 256  # flat samples: bytes that stay in a core's cache, but so many at least
WHOLE = slice(None)
ROWS = 1024  # on which first weights may depend
ONE_PASS = 2**24  # bytes: less is not worth the threads


class Model:
    """A network, a loss, and the two vectors that make them a function.

    Parameters
    ----------
    network : Network
    loss : Loss
    theta, state : ndarray of shape (P,), (S,)
        Parameters and running statistics; their dtype is what everything is computed in. Several
        models of one shape have a first axis: (k, P), (k, S).

    Attributes
    ----------
    params : list of dict
        Each layer's parameters by name, views of theta.
    weights, biases : list of ndarray
        The parameters with these roles, views too; a bias as (..., units).
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
        """Whether these lists hold the model's own views, and nothing else."""
        own = (*self.weights, *self.biases)
        if not isinstance(weights, (list, tuple)) or not isinstance(biases, (list, tuple)):
            return False
        given = (*weights, *biases)
        return len(own) == len(given) and all(map(is_, own, given))

    def fits(self, weights, biases):
        """Whether arrays have the shapes of the model's own."""
        own, given = (*self.weights, *self.biases), (*weights, *biases)
        counts = len(weights) == len(self.weights), len(own) == len(given)
        return all(counts) and all(a.shape == b.shape for a, b in zip(own, given, strict=True))

    def take_weights(self, weights, biases, names=("coefs_", "intercepts_")):
        """Copies given arrays into the model.

        Raises ValueError if a shape is not its own, or not all are finite numbers.
        """
        own = dict(zip(names, (self.weights, self.biases), strict=True))
        given = zip(names, (weights, biases), strict=True)
        given = {name: as_weights(name, arrays) for name, arrays in given}
        for name, arrays in given.items():
            wanted, got = ([array.shape for array in arrays] for arrays in (own[name], arrays))
            if wanted != got:
                raise ValueError(
                    f"{name} must be arrays of shapes {wanted}, as the layers and the data say, "
                    f"got {got}."
                )
        for name, arrays in given.items():
            for mine, array in zip(own[name], arrays, strict=True):
                np.copyto(mine, array)

    def adapt(self, rows, subset, random_state):
        """Changes the first values that depend on training rows; see ``Layer.adapt``.

        rows: Rows    subset: numbers of those that are trained on, None for all
        random_state: chooses at most 1,024 of them, and is what layers draw from
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
        """Raw outputs, chunk by chunk so that each takes at most ``memory`` bytes.

        x: (n, *input_shape), or sparse, of any dtype    at: numbers of the rows wanted, default all
        depth: how many layers to go through, default all    z: (..., len(at), n_outputs)
        """
        network = self.network
        n = x.shape[0] if at is None else len(at)
        shape = network.shapes[0]
        models = self.theta.shape[:-1]
        row_size = network.row_size(self.dtype) * prod(models)
        chunk = PART if network.n_image_layers else max(LEAST, CACHE // row_size)
        params = self.params if depth else network.folded(self.params, self._state)
        most = max(chunk, ONE_PASS // row_size)
        if x.dtype != self.dtype:  # a chunk is converted first
            row_size += self.dtype.itemsize * prod(shape)
        if n <= min(most, memory // row_size) and at is None and not network.n_image_layers:
            ready = x.dtype == self.dtype and not isinstance(x, SparseRows)
            x = x if ready else Samples(x, self.dtype).take(WHOLE)
            z = network.forward(params, self._state, x, network.workspaces(self.dtype), depth=depth)
            return z.copy() if z is x else z  # no layer made an array of its own
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
        # Another version may have worked out other things about the network: it is made again.
        self.network = Network(state["network"].layers, state["network"].shapes[0])
        self.loss = state["loss"]
        self._bind(state["theta"], state["state"])


def as_weights(name, given):
    """Arrays of floats out of what a user gave as a list of such.

    Raises ValueError if it is none, or holds anything but finite numbers.
    """
    try:
        arrays = [np.asarray(array) for array in given]
        if any(map(np.iscomplexobj, arrays)):
            raise TypeError("complex numbers are none")
        arrays = [array if array.dtype.kind == "f" else array.astype(float) for array in arrays]
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError("not all are finite")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a list of arrays of finite numbers: {error}") from error
    return arrays
