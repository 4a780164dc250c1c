"""Graphs as the messages of which an ONNX file consists; the ``onnx`` package makes them."""

import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

FREE = "n"  # the number of samples: any


def as_nodes(graph):
    """(nodes, initializers) of a Graph."""
    nodes = [
        helper.make_node(
            operator.kind,
            operator.inputs,
            operator.outputs,
            name=f"{operator.kind}_{operator.outputs[0]}",
            **{name: _attribute(value) for name, value in operator.attributes.items()},
        )
        for operator in graph.operators
    ]
    constants = graph.constants.items()
    return nodes, [numpy_helper.from_array(_contiguous(array), name) for name, array in constants]


def as_model(graph, name, inputs, outputs, opset):
    """The ModelProto; inputs and outputs: (name, dtype, shape), shape without the samples."""
    nodes, initializers = as_nodes(graph)
    tensors = [[_declared(*tensor) for tensor in tensors] for tensors in (inputs, outputs)]
    imports = [helper.make_opsetid("", opset)]
    return helper.make_model(
        helper.make_graph(nodes, name, *tensors, initializer=initializers),
        opset_imports=imports,
        # The newest, which is the default, is refused by runtimes older than the onnx package.
        ir_version=helper.find_min_ir_version_for(imports),
        producer_name="sknn",
        producer_version=sys.modules["sknn"].__version__,
    )


def newest_opset():
    """The newest opset that the installed onnx package knows."""
    return onnx.defs.onnx_opset_version()


def _declared(name, dtype, shape):
    return helper.make_tensor_value_info(name, _element_type(dtype), [FREE, *shape])


def _attribute(value):
    return _element_type(value) if isinstance(value, np.dtype) else value


def _element_type(dtype):
    return helper.np_dtype_to_tensor_dtype(dtype)


def _contiguous(array):
    return np.ascontiguousarray(array) if array.ndim else array
