"""``to_onnx`` converts a fitted estimator to an ONNX model."""

from math import prod
from numbers import Integral
from typing import Any

from sknn.estimators.base import BaseNetwork
from sknn.onnx.conversion import converted, input_dtype, sample_shapes
from sknn.onnx.graph import Graph, Tensor
from sknn.onnx.protobuf import as_model, newest_opset
from sknn.tabular.ensemble import TableNetwork
from sknn.typing import Shape

OLDEST, DEFAULT, NEWEST = 17, 18, 22  # opsets


def to_onnx(estimator: Any, *, opset: int | None = None, input_shape: Shape | None = None) -> Any:
    """Convert a fitted estimator to an ONNX model, which runs without Python.

    The model has an input ``X`` with any number of samples. The dtype of ``X`` is that of the
    weights, or uint8 if the estimator was fitted to integer images. The model computes in float32
    or float64, like the estimator, and predicts what the fitted estimator predicts. Parameters set
    after ``fit`` have no effect. The outputs have the same names as with skl2onnx:

    - ``label`` of a classifier, as returned by ``predict``: of shape (n_samples,), or
      (n_samples, n_labels) for an indicator matrix and for several columns of labels
    - ``probabilities`` of shape (n_samples, n_classes), as returned by ``predict_proba``. For
      several columns of labels, there is one output for each, ``probabilities_0``,
      ``probabilities_1``, ... With the losses 'hinge' and 'perceptron', there are none
    - ``variable`` of a regressor, of shape (n_samples, n_outputs)

    Parameters
    ----------
    estimator : estimator instance
        A fitted estimator of this package. Convert pipelines with skl2onnx after ``register()``.
    opset : int, default=None
        The version of the ONNX operators, from 17 to 22. The default is 18, which ONNX Runtime
        supports from version 1.14 on.
    input_shape : tuple of int, default=None
        The shape of one sample of ``X``, for networks on images: (height, width, channels),
        (height, width) for one channel, or (n_features,). The default is (height, width) for one
        channel and (height, width, channels) for more.

    Returns
    -------
    model : onnx.ModelProto
        The model. Save it with ``onnx.save(model, path)``.

    Raises
    ------
    ImportError
        If the ``onnx`` package is not installed.
    TypeError
        If the estimator is not one of this package.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If ``opset`` or ``input_shape`` is invalid.
    NotImplementedError
        If the estimator has a user-defined layer, activation or loss, or classes other than
        strings, numbers or bools.

    Examples
    --------
    >>> from onnxruntime import InferenceSession
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifier
    >>> from sknn.onnx import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier(max_iter=1000, random_state=0).fit(X, y)
    >>> session = InferenceSession(to_onnx(clf).SerializeToString())
    >>> labels, probabilities = session.run(None, {"X": X})
    >>> bool((labels == clf.predict(X)).all())
    True
    >>> bool(abs(probabilities - clf.predict_proba(X)).max() < 1e-12)
    True
    """
    _check_estimator(estimator)
    model = estimator._current_model()
    opset = _checked_opset(opset, newest_opset())
    shape = _input_shape(estimator, model.network.shapes[0], input_shape)
    dtype = input_dtype(estimator, model)
    graph = Graph(model.dtype)
    outputs = converted(graph, estimator, model, Tensor("X", shape), dtype)
    declared = []
    for output in outputs:
        graph.rename(output.source, output.name)
        columns = () if output.n_columns is None else (output.n_columns,)
        declared.append((output.name, output.dtype, columns))
    return as_model(graph, type(estimator).__name__, [("X", dtype, shape)], declared, opset)


def _check_estimator(estimator):
    if isinstance(estimator, BaseNetwork):
        return
    name = type(estimator).__name__
    if hasattr(estimator, "best_estimator_"):
        remedy = f"For a {name}, pass best_estimator_."
    elif isinstance(estimator, TableNetwork):
        remedy = "ONNX has no counterpart to its reading of columns. Use sknn.save to move it."
    elif hasattr(estimator, "estimator"):
        remedy = f"For a {name}, pass the network that it fitted."
    else:
        remedy = (
            "Convert pipelines and estimators of other packages with skl2onnx.to_onnx(estimator, "
            "X[:1]). If they contain a network of sknn, call sknn.onnx.register() first."
        )
    raise TypeError(f"to_onnx converts estimators of sknn, got {name}. {remedy}")


def _checked_opset(opset, newest):
    """Raises ValueError if the opset is invalid; newest: the newest one in the onnx package."""
    if opset is None:
        return DEFAULT
    newest = min(newest, NEWEST)
    if not isinstance(opset, Integral) or not OLDEST <= opset <= newest:
        raise ValueError(
            f"opset must be an int from {OLDEST} to {newest}, or None for {DEFAULT}, got {opset!r}."
        )
    return int(opset)


def _input_shape(estimator, shape, given):
    """The shape of one sample of X; shape: that of a sample at the input of the network."""
    if given is None:
        return sample_shapes(shape)[0]
    if not isinstance(given, tuple | list) or tuple(given) not in sample_shapes(shape):
        accepted = " or ".join(map(str, sample_shapes(shape)))
        raise ValueError(
            f"input_shape must be {accepted}, with {prod(shape)} values, for this "
            f"{type(estimator).__name__}, got {given!r}."
        )
    return tuple(map(int, given))
