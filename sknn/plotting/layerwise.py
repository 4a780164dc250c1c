"""One sample through a fitted network, layer by layer as it predicts, and gradients back to it."""

import numpy as np
from scipy.sparse import issparse

from sknn.estimators.inputs import refuse_no_numbers
from sknn.inspection.tracing.stages import stages_of
from sknn.nn.batches import Samples
from sknn.nn.ranges import COUNT


class LayerByLayer:
    """What each layer gives in prediction, and the gradient of that down to the input.

    Attributes
    ----------
    stages : list of Stage
        A layer each; they see it when the weights of the model change.
    """

    def __init__(self, estimator, model):
        network = model.network
        state = network.state_layout.views(model.state)
        self.stages = stages_of(estimator, network, model.params, state)
        self._grads = network.layout.views(np.empty_like(model.theta))

    @property
    def names(self):
        """The user's own names of the layers, or kind and number."""
        return [stage.row.name for stage in self.stages]

    def forward(self, x):
        """What each layer gives, in turn, in an array of its own.

        x: (n, *input_shape)
        """
        for stage in self.stages:
            with np.errstate(all="ignore"):
                _, x = stage.forward(x, training=False)
            yield x

    def outputs(self, x):
        """Raw outputs, (n, n_outputs)."""
        *_, z = self.forward(x)
        return z

    def gradient(self, x, direction):
        """The gradient of z @ direction at each sample, as x.

        direction: (n_outputs,)
        """
        dx = np.tile(direction, (len(self.outputs(x)), 1))
        for stage, grads in reversed(list(zip(self.stages, self._grads, strict=True))):
            _, dx = stage.backward(dx, grads)
        return dx


def as_image_shape(given, n):
    """(height, width, channels) of n numbers as given, channels perhaps left out, else None."""
    shape = tuple(np.atleast_1d(given))
    shape = (*shape, 1) if len(shape) == 2 else shape
    fits = len(shape) == 3 and all(side in COUNT for side in shape) and np.prod(shape) == n
    return tuple(map(int, shape)) if fits else None


def as_input(estimator, model, sample, name="sample"):
    """One sample as the network takes it in: (1, *input_shape), in the model's dtype.

    sample: an image, or a row of numbers, perhaps with an axis of length one before it. Raises
    ValueError on anything else.
    """
    refuse_no_numbers(**{name: sample})
    shape, n = model.network.shapes[0], estimator.n_features_in_
    table = hasattr(sample, "columns")  # its names are checked
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
    rows = rows.toarray() if issparse(rows) else rows  # a frame of sparse columns
    return Samples(rows, model.dtype, shape).take(slice(None)).copy()
