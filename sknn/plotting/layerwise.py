"""One sample through a fitted network in prediction, layer by layer, and gradients back to it."""

import numpy as np
from scipy.sparse import issparse

from sknn.estimators.inputs import refuse_no_numbers
from sknn.inspection.tracing.stages import stages_of
from sknn.nn.batches import Samples
from sknn.nn.ranges import COUNT


class LayerByLayer:
    """The outputs of each layer in prediction, and gradients with respect to the input.

    Attributes
    ----------
    stages : list of Stage
        One for each layer. They follow changes of the weights of the model.
    """

    def __init__(self, estimator, model):
        network = model.network
        state = network.state_layout.views(model.state)
        self.stages = stages_of(estimator, network, model.params, state)
        self._grads = network.layout.views(np.empty_like(model.theta))

    @property
    def names(self):
        """The names of the layers, given by the user or from kind and number."""
        return [stage.row.name for stage in self.stages]

    def forward(self, x):
        """Yields the outputs of each layer as a new array.

        x: (n, *input_shape)
        """
        for stage in self.stages:
            with np.errstate(all="ignore"):
                _, x = stage.forward(x, training=False)
            yield x

    def outputs(self, x):
        """The raw outputs, (n, n_outputs)."""
        *_, z = self.forward(x)
        return z

    def gradient(self, x, direction):
        """The gradient of z @ direction at each sample, with the shape of x.

        direction: (n_outputs,)
        """
        dx = np.tile(direction, (len(self.outputs(x)), 1))
        for stage, grads in reversed(list(zip(self.stages, self._grads, strict=True))):
            _, dx = stage.backward(dx, grads)
        return dx


def as_image_shape(given, n):
    """(height, width, channels) of n values if the given shape fits them, else None."""
    shape = tuple(np.atleast_1d(given))
    shape = (*shape, 1) if len(shape) == 2 else shape
    fits = len(shape) == 3 and all(side in COUNT for side in shape) and np.prod(shape) == n
    return tuple(map(int, shape)) if fits else None


def as_input(estimator, model, sample, name="sample"):
    """One sample as the input of the network: (1, *input_shape), in the model's dtype.

    sample: an image or a row of numbers, possibly with a leading axis of length one. Raises
    ValueError for anything else.
    """
    refuse_no_numbers(**{name: sample})
    shape, n = model.network.shapes[0], estimator.n_features_in_
    table = hasattr(sample, "columns")  # its column names are checked
    array = sample.toarray() if issparse(sample) else np.asarray(sample)
    images = [shape, shape[:2]] if shape[2:] == (1,) else [shape]
    wanted = [(n,), *images]
    if array.shape not in wanted + [(1, *one) for one in wanted]:
        accepted = " or ".join(map(str, dict.fromkeys(wanted)))
        raise ValueError(
            f"{name} must be one sample, of shape {accepted} as in fit, got shape {array.shape}."
        )
    try:
        rows = estimator._checked(sample if table else array.reshape(1, n), model.dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error
    rows = rows.toarray() if issparse(rows) else rows  # a DataFrame with sparse columns
    return Samples(rows, model.dtype, shape).take(slice(None)).copy()
