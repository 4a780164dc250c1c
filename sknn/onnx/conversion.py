"""A fitted estimator in ONNX operators, from X to labels or numbers."""

from math import prod

import numpy as np
from sklearn.base import is_classifier

from sknn.onnx.graph import Tensor
from sknn.onnx.labels import Output, classified
from sknn.onnx.layers import through
from sknn.onnx.links import predicted


def converted(graph, estimator, model, x, dtype):
    """The Outputs that an estimator computes from X.

    model: that of the estimator    x: Tensor of the input, of any shape of sample that ``predict``
    takes    dtype: of the input

    Raises NotImplementedError if there are no ONNX operators for it, ValueError if predict refuses
    this X.
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
    """The Tensor that goes into the first layer: X in the computing dtype, scaled, as images.

    shape: of a sample as the network takes it

    Raises ValueError if X is not of the kind that was fitted.
    """
    check_input(estimator, shape, x.shape, dtype)
    name = x.name
    if dtype != graph.dtype:
        name = graph.add("Cast", name, to=graph.dtype)
    if takes_integers(estimator):
        name = graph.add("Mul", name, float(estimator.image_scale_))
    if len(shape) == 3 and shape[-1] == 1:  # channels first is the same order
        return Tensor(graph.reshape(name, -1, 1, *shape[:2]), shape, channels_first=True)
    if x.shape != shape:
        name = graph.reshape(name, -1, *shape)
    return Tensor(name, shape)


def takes_integers(estimator):
    """Whether the estimator was fitted to images of integers."""
    return getattr(estimator, "image_scale_", 1) != 1


def check_input(estimator, shape, given, dtype):
    """Raises ValueError unless ``predict`` takes samples of this shape and dtype.

    shape: of a sample as the network takes it    given: that of X
    """
    accepted = sample_shapes(shape)
    if tuple(given) not in accepted:
        raise ValueError(
            f"{type(estimator).__name__} takes samples of shape "
            f"{' or '.join(map(str, accepted))}, got {tuple(given)}."
        )
    integers = dtype.kind in "iu"
    if len(shape) == 3 and integers != takes_integers(estimator):
        told = ["floats, taken as they are", "integers, taken as 0 to 255"]
        raise ValueError(
            f"{type(estimator).__name__} was fitted to images of {told[not integers]}, got an X of "
            f"{told[integers]}. Convert it with an X of {'float32' if integers else 'uint8'}."
        )


def sample_shapes(shape):
    """The shapes in which ``predict`` takes samples; first that which files take by default."""
    if len(shape) == 1:
        return [shape]
    without_channel = [shape[:2]] if shape[-1] == 1 else []
    return [*without_channel, shape, (prod(shape),)]


def input_dtype(estimator, model):
    """The dtype of X in files: that of the weights, uint8 for images of integers."""
    return np.dtype(np.uint8) if takes_integers(estimator) else model.dtype
