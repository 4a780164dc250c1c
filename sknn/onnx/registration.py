"""``register`` enables skl2onnx to convert networks of this package, alone and in pipelines."""

from copy import copy
from dataclasses import replace
from math import prod

import numpy as np
from sklearn.base import ClassifierMixin, is_classifier

from sknn.estimators import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.labels import ManyLabels, OneLabel
from sknn.onnx.conversion import converted
from sknn.onnx.export import OLDEST
from sknn.onnx.graph import Graph, Tensor
from sknn.onnx.protobuf import as_nodes

ESTIMATORS = (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
OPTIONS = {
    "zipmap": [True, False, "columns"],
    "output_class_labels": [False, True],
    "nocl": [True, False],
}


def register() -> None:
    """Enable ``skl2onnx`` to convert the estimators of this package, alone and in pipelines.

    Call it once, before ``skl2onnx.to_onnx``. For an estimator alone, ``to_onnx`` of this module is
    sufficient. Networks are converted in the same way and computed in the dtype of their weights.
    Numeric outputs are float64 if the input of the network is float64, and float32 otherwise. The
    options of skl2onnx for classifiers are supported: 'zipmap', 'output_class_labels' and 'nocl'.
    Classifiers without probabilities, and those with several columns of labels, have the outputs
    of ``to_onnx`` and ignore these options. ``target_opset`` must be at least 17.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from onnxruntime import InferenceSession
    >>> from skl2onnx import to_onnx
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn import MLPClassifier
    >>> from sknn.onnx import register
    >>> register()
    >>> X, y = load_iris(return_X_y=True)
    >>> X = X.astype(np.float32)
    >>> model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=1000, random_state=0))
    >>> exported = to_onnx(model.fit(X, y), X[:1], options={"zipmap": False})
    >>> session = InferenceSession(exported.SerializeToString())
    >>> labels, probabilities = session.run(None, {"X": X})
    >>> bool(np.all(labels == model.predict(X)))
    True
    """
    try:
        from skl2onnx import update_registered_converter
        from skl2onnx._parse import _parse_sklearn_classifier
        from skl2onnx.common import data_types
    except ImportError as error:
        raise ImportError(
            f"register needs skl2onnx, which cannot be imported ({error}). Install it with: "
            "pip install skl2onnx, or convert an estimator alone with sknn.onnx.to_onnx."
        ) from error

    types = {
        np.dtype(np.float32): data_types.FloatTensorType,
        np.dtype(np.float64): data_types.DoubleTensorType,
        np.dtype(np.int64): data_types.Int64TensorType,
        np.dtype(np.uint64): data_types.UInt64TensorType,
        np.dtype(object): data_types.StringTensorType,
    }

    def convert_into(graph, operator):
        """Returns the Outputs. Raises NotImplementedError if they have no ONNX operators."""
        estimator, given = operator.raw_operator, _only_input(operator)
        options = operator.scope_inst.get_options(estimator, {"nocl": False}, fail=False)
        if options and options["nocl"]:
            estimator = _without_classes(estimator)
        x = Tensor(given.full_name, _sample_shape(operator))
        dtype = np.dtype(_dtype_of(given.type, data_types))
        outputs = converted(graph, estimator, estimator._current_model(), x, dtype)
        double = isinstance(given.type, data_types.DoubleTensorType)
        out = np.dtype(np.float64 if double else np.float32)
        return [_as_skl2onnx_has_it(graph, output, out) for output in outputs]

    def calculate_shapes(operator):
        estimator = operator.raw_operator
        outputs = convert_into(Graph(estimator._current_model().dtype), operator)
        if len(outputs) != len(operator.outputs):
            raise NotImplementedError(
                f"An {type(estimator).__name__} with the outputs "
                f"{[output.name for output in outputs]} cannot be used where skl2onnx needs "
                f"{len(operator.outputs)} outputs. Use a loss with probabilities, such as "
                "'log_loss', and one column of labels."
            )
        n = operator.inputs[0].get_first_dimension()
        for variable, output in zip(operator.outputs, outputs, strict=True):
            columns = [] if output.n_columns is None else [output.n_columns]
            variable.set_type(types[output.dtype]([n, *columns]))

    def convert(scope, operator, container):
        _check_opset(container.target_opset)
        dtype = operator.raw_operator._current_model().dtype
        graph = Graph(dtype, scope.get_unique_variable_name)
        outputs = convert_into(graph, operator)
        for variable, output in zip(operator.outputs, outputs, strict=True):
            graph.rename(output.source, variable.full_name)
        nodes, initializers = as_nodes(graph)
        container.nodes.extend(nodes)
        container.initializers.extend(initializers)
        container.node_domain_version_pair_sets.add(("", container.target_opset))

    def parse(scope, model, inputs, custom_parsers=None):
        model._current_model()  # raises NotFittedError if it is not fitted
        names = _names_of_outputs(model)
        if names == ["label", "probabilities"]:
            return _parse_sklearn_classifier(scope, model, inputs, custom_parsers=custom_parsers)
        operator = scope.declare_local_operator(f"Sknn{type(model).__name__}", model)
        operator.inputs = inputs
        for name in names:  # types are set when the shapes are calculated
            variable = scope.declare_local_variable(name, data_types.FloatTensorType())
            operator.outputs.append(variable)
        return operator.outputs

    for estimator in ESTIMATORS:
        update_registered_converter(
            estimator,
            f"Sknn{estimator.__name__}",
            calculate_shapes,
            convert,
            parser=parse,
            options=OPTIONS if issubclass(estimator, ClassifierMixin) else None,
        )


def _without_classes(estimator):
    """The estimator with integers from 0 on as labels, for the option 'nocl'."""
    estimator = copy(estimator)
    if isinstance(estimator._labels, OneLabel):
        estimator._labels = copy(estimator._labels)
        estimator._labels.classes = np.arange(len(estimator._labels.classes))
    return estimator


def _as_skl2onnx_has_it(graph, output, out):
    """An Output with numbers converted to the dtype ``out``, and bools to int64."""
    wanted = output.dtype
    if output.name != "label":
        wanted = out
    elif wanted == np.bool_:
        wanted = np.dtype(np.int64)
    if wanted == output.dtype:
        return output
    return replace(output, source=graph.add("Cast", output.source, to=wanted), dtype=wanted)


def _names_of_outputs(estimator):
    if not is_classifier(estimator):
        return ["variable"]
    if not hasattr(estimator, "predict_proba"):
        return ["label"]
    if isinstance(estimator._labels, ManyLabels):
        return ["label", *(f"probabilities_{i}" for i in range(len(estimator._labels.classes)))]
    return ["label", "probabilities"]


def _dtype_of(given, data_types):
    """The dtype of the input of an operator of skl2onnx."""
    if isinstance(given, data_types.UInt8TensorType):
        return np.uint8  # skl2onnx's own function does not support it
    return data_types.guess_numpy_type(given)


def _only_input(operator):
    """Raises NotImplementedError unless the operator has a single array as input."""
    if len(operator.inputs) > 1:
        names = [given.raw_name for given in operator.inputs]
        raise NotImplementedError(
            f"{type(operator.raw_operator).__name__} takes one array, got the inputs {names}. Pass "
            "a table as X[:1].to_numpy(). If it follows a network in a pipeline, skl2onnx passes "
            "on labels and probabilities instead of a hidden layer: export the steps separately."
        )
    return operator.inputs[0]


def _sample_shape(operator):
    """The shape of one sample at the input of an operator, flat if skl2onnx does not know it."""
    shape = tuple(operator.inputs[0].type.shape[1:])
    if shape and all(isinstance(n, int) for n in shape):
        return shape
    return (prod(operator.raw_operator._current_model().network.shapes[0]),)


def _check_opset(opset):
    if opset < OLDEST:
        raise ValueError(
            f"sknn.onnx writes operators of opset {OLDEST} and later, got target_opset={opset}. "
            f"Pass target_opset={OLDEST} or more to skl2onnx."
        )
