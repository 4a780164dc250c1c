"""Converts a fitted estimator to ONNX operators, from X to labels or numbers."""

from math import prod

import numpy as np
from sklearn.base import is_classifier

from sknn.onnx.graph import Tensor
from sknn.onnx.labels import Output, classified
from sknn.onnx.layers import through
from sknn.onnx.links import predicted


def converted(graph, estimator, model, x, dtype):
    """The Outputs that an estimator computes from X.

    model: the Model of the estimator    x: the Tensor of the input, with any shape of samples that
    ``predict`` accepts    dtype: the dtype of the input

    Raises NotImplementedError if the estimator has no ONNX operators, and ValueError if ``predict``
    does not accept this X.
    """
    network = model.network
    state = network.state_layout.views(model.state)
    x = read(graph, estimator, network.shapes[0], x, dtype)
    x = through(graph, x, network, network.folded(model.params, state), state)
    if is_classifier(estimator):
        probabilities = hasattr(estimator, "predict_proba")
        return classified(graph, x.name, estimator._labels, model.loss, probabilities)
    y = predicted(graph, x.name, model.loss)
    return [Output("variable", y, graph.dtype, x.shape[0])]


def read(graph, estimator, shape, x, dtype):
    """The Tensor for the first layer: X in the dtype of the computation, scaled, as images.

    shape: the shape of a sample at the input of the network

    Raises ValueError if X is not of the same kind as in fit.
    """
    check_input(estimator, shape, x.shape, dtype)
    name = x.name
    if dtype != graph.dtype:
        name = graph.add("Cast", name, to=graph.dtype)
    if takes_integers(estimator):
        name = graph.add("Mul", name, float(estimator.image_scale_))
    if len(shape) == 3 and shape[-1] == 1:  # the order is the same with channels first
        return Tensor(graph.reshape(name, -1, 1, *shape[:2]), shape, channels_first=True)
    if x.shape != shape:
        name = graph.reshape(name, -1, *shape)
    return Tensor(name, shape)


def takes_integers(estimator):
    """Whether the estimator was fitted to integer images."""
    return getattr(estimator, "image_scale_", 1) != 1


def check_input(estimator, shape, given, dtype):
    """Raises ValueError unless ``predict`` accepts samples of this shape and dtype.

    shape: the shape of a sample at the input of the network    given: the shape of a sample of X
    """
    accepted = sample_shapes(shape)
    if tuple(given) not in accepted:
        raise ValueError(
            f"{type(estimator).__name__} takes samples of shape "
            f"{' or '.join(map(str, accepted))}, got {tuple(given)}."
        )
    integers = dtype.kind in "iu"
    if len(shape) == 3 and integers != takes_integers(estimator):
        told = ["floats, which are not scaled", "integers, which are scaled to 0 to 1"]
        raise ValueError(
            f"{type(estimator).__name__} was fitted to images of {told[not integers]}, got an X of "
            f"{told[integers]}. Convert it with an X of {'float32' if integers else 'uint8'}."
        )


def sample_shapes(shape):
    """The shapes of samples that ``predict`` accepts, starting with the default for files."""
    if len(shape) == 1:
        return [shape]
    without_channel = [shape[:2]] if shape[-1] == 1 else []
    return [*without_channel, shape, (prod(shape),)]


def input_dtype(estimator, model):
    """The dtype of X in files: that of the weights, or uint8 for integer images."""
    return np.dtype(np.uint8) if takes_integers(estimator) else model.dtype
