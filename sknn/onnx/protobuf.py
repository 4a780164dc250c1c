"""Converts graphs to the messages of an ONNX file, using the ``onnx`` package."""

import sys

import numpy as np

FREE = "n"  # the name of the number of samples in files


def onnx_helpers():
    """The modules ``helper`` and ``numpy_helper`` of the onnx package.

    Raises ImportError with instructions if it is not installed.
    """
    try:
        from onnx import helper, numpy_helper
    except ImportError as error:
        raise ImportError(
            f"Export needs the onnx package, which cannot be imported ({error}). Install it with: "
            "pip install onnx"
        ) from error
    return helper, numpy_helper


def newest_opset():
    """The newest opset of the installed onnx package. Raises ImportError without it."""
    onnx_helpers()
    from onnx.defs import onnx_opset_version

    return onnx_opset_version()


def as_nodes(graph):
    """(nodes, initializers) of a Graph."""
    helper, numpy_helper = onnx_helpers()

    def attribute(value):
        return helper.np_dtype_to_tensor_dtype(value) if isinstance(value, np.dtype) else value

    nodes = [
        helper.make_node(
            operator.kind,
            operator.inputs,
            operator.outputs,
            name=f"{operator.kind}_{operator.outputs[0]}",
            **{name: attribute(value) for name, value in operator.attributes.items()},
        )
        for operator in graph.operators
    ]
    constants = graph.constants.items()
    return nodes, [numpy_helper.from_array(array, name) for name, array in constants]


def as_model(graph, name, inputs, outputs, opset):
    """The ModelProto. inputs and outputs: (name, dtype, shape), where shape excludes samples."""
    helper, _ = onnx_helpers()

    def declared(name, dtype, shape):
        kind = helper.np_dtype_to_tensor_dtype(dtype)
        return helper.make_tensor_value_info(name, kind, [FREE, *shape])

    nodes, initializers = as_nodes(graph)
    tensors = [[declared(*tensor) for tensor in tensors] for tensors in (inputs, outputs)]
    imports = [helper.make_opsetid("", opset)]
    return helper.make_model(
        helper.make_graph(nodes, name, *tensors, initializer=initializers),
        opset_imports=imports,
        # Runtimes older than the onnx package reject its newest version, which is the default.
        ir_version=helper.find_min_ir_version_for(imports),
        producer_name="sknn",
        producer_version=sys.modules["sknn"].__version__,
    )
