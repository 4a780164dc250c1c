"""The links of losses from raw outputs to predictions in ONNX operators, one function each."""

import numpy as np

from sknn.nn import losses as own
from sknn.nn.losses import Loss


def predicted(graph, z, loss):
    """The name of ``loss.predict(z)``; z: the name of the raw outputs.

    Raises NotImplementedError if a user-defined loss has its own ``predict``.
    """
    kind = type(loss)
    # A user-defined loss can inherit its prediction from a known one.
    predicts = next(one for one in kind.__mro__ if {"predict", "log_predict"} & vars(one).keys())
    if predicts not in LINKS:
        raise NotImplementedError(
            f"sknn.onnx has no ONNX operators for the predictions of the loss {loss!r}. Write a "
            "function (graph, z, loss) that adds them, and register it before the export: "
            f"sknn.onnx.links.LINKS[{predicts.__name__}] = function. Or save the estimator with "
            "sknn.save, and predict where sknn is installed."
        )
    return LINKS[predicts](graph, z, loss)


def identity(graph, z, loss):
    """z."""
    return z


def exponential(graph, z, loss):
    """exp(z)."""
    return graph.add("Exp", z)


def softmax(graph, z, loss):
    """softmax(z), with the same positive minimum as in the loss."""
    smallest = np.finfo(graph.dtype).tiny
    return graph.add("Max", graph.add("Softmax", z, axis=-1), float(smallest))


def logistic(graph, z, loss):
    """1 / (1 + exp(-z)), clipped to exclude 0 and 1.

    It is composed of other operators because ONNX Runtime's Sigmoid has a minimum near 1e-8 in
    float32.
    """
    info = np.finfo(graph.dtype)
    total = graph.add("Add", graph.add("Exp", graph.add("Neg", z)), 1.0)
    p = graph.add("Reciprocal", total)
    return graph.add("Clip", p, float(info.tiny), float(1 - info.epsneg))


def ascending(graph, z, loss):
    """The quantiles of several levels in ascending order, so that they never cross."""
    n = loss.outputs_per_target
    if n == 1:
        return z
    return graph.add("TopK", z, np.array([n]), axis=-1, largest=0, sorted=1, n_outputs=2)


LINKS = {
    own.Gamma: exponential,
    own.LogisticBrier: logistic,
    own.LogisticFocal: logistic,
    own.LogisticLogLoss: logistic,
    own.Poisson: exponential,
    own.Quantile: ascending,
    own.SoftmaxBrier: softmax,
    own.SoftmaxFocal: softmax,
    own.SoftmaxLogLoss: softmax,
    Loss: identity,
}
