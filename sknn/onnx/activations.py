"""Activation functions in ONNX operators, with one function for each.

They use only operators that ONNX Runtime supports in float32 and float64. Some of its versions
support ONNX's own Elu, LeakyRelu, Softplus and others in float32 only.
"""

import math
from dataclasses import replace

import numpy as np

from sknn.nn import activations as own
from sknn.nn.activations import as_activation

SQRT_2 = math.sqrt(2)


def activated(graph, z, activation, params):
    """The Tensor f(z).

    params: the arrays of the layer by name    Raises NotImplementedError for an unknown activation.
    """
    activation = as_activation(activation)
    convert = ACTIVATIONS.get(type(activation))
    if convert is None:
        kind = type(activation).__name__
        raise NotImplementedError(
            f"sknn.onnx has no ONNX operators for the activation {activation!r}. Write a function "
            f"(graph, z, activation, params) that adds them, and register it before the export: "
            f"sknn.onnx.activations.ACTIVATIONS[{kind}] = function. Or save the estimator with "
            "sknn.save, and predict where sknn is installed."
        )
    return replace(z, name=convert(graph, z, activation, params))


def identity(graph, z, activation, params):
    """z."""
    return z.name


def logistic(graph, z, activation, params):
    """1 / (1 + exp(-z))."""
    return graph.add("Sigmoid", z)


def tanh(graph, z, activation, params):
    """tanh(z)."""
    return graph.add("Tanh", z)


def relu(graph, z, activation, params):
    """max(z, 0)."""
    return graph.add("Relu", z)


def leaky_relu(graph, z, activation, params):
    """max(z, slope * z), where the slope is at most 1."""
    return graph.add("Max", z, graph.add("Mul", z, float(activation.slope)))


def prelu(graph, z, activation, params):
    """max(z, 0) + slope * min(z, 0), with the learned slopes."""
    negative = graph.add("Min", z, 0.0)
    negative = graph.add("Mul", negative, graph.per_channel(params["slope"], z))
    return graph.add("Add", graph.add("Relu", z), negative)


def elu(graph, z, activation, params):
    """max(z, 0) + alpha * (exp(min(z, 0)) - 1)."""
    return graph.add("Add", graph.add("Relu", z), _exponential(graph, z, float(activation.alpha)))


def selu(graph, z, activation, params):
    """scale * (max(z, 0) + alpha * (exp(min(z, 0)) - 1))."""
    positive = graph.add("Mul", graph.add("Relu", z), activation.scale)
    return graph.add("Add", positive, _exponential(graph, z, activation.scale * activation.alpha))


def gelu(graph, z, activation, params):
    """z (1 + erf(z / sqrt(2))) / 2. ONNX Runtime supports erf in float32 only."""
    double = graph.dtype == np.float64
    x = graph.add("Div", z, SQRT_2)
    x = graph.add("Cast", x, to=np.dtype(np.float32)) if double else x
    erf = graph.add("Erf", x)
    erf = graph.add("Cast", erf, to=graph.dtype) if double else erf
    return graph.add("Mul", graph.add("Mul", z, graph.add("Add", erf, 1.0)), 0.5)


def silu(graph, z, activation, params):
    """z / (1 + exp(-beta * z))."""
    scaled = z if activation.beta == 1 else graph.add("Mul", z, float(activation.beta))
    return graph.add("Mul", z, graph.add("Sigmoid", scaled))


def mish(graph, z, activation, params):
    """z * tanh(log(1 + exp(z)))."""
    return graph.add("Mul", z, graph.add("Tanh", softplus(graph, z, activation, params)))


def softplus(graph, z, activation, params):
    """max(z, 0) + log(1 + exp(-|z|)), which cannot overflow."""
    small = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    return graph.add("Add", graph.add("Relu", z), graph.add("Log", graph.add("Add", small, 1.0)))


def softsign(graph, z, activation, params):
    """z / (1 + |z|)."""
    return graph.add("Div", z, graph.add("Add", graph.add("Abs", z), 1.0))


def hard_sigmoid(graph, z, activation, params):
    """min(max(slope * z + 1/2, 0), 1)."""
    line = graph.add("Add", graph.add("Mul", z, float(activation.slope)), 0.5)
    return graph.add("Clip", line, 0.0, 1.0)


def hard_tanh(graph, z, activation, params):
    """min(max(z, -1), 1)."""
    return graph.add("Clip", z, -1.0, 1.0)


def blend(graph, z, activation, params):
    """z + blend * (g(z) - z), with the learned blends."""
    inside = graph.add("Sub", activated(graph, z, activation.activation, params), z)
    inside = graph.add("Mul", inside, graph.per_channel(params["blend"], z))
    return graph.add("Add", z, inside)


def sign(graph, z, activation, params):
    """1 for z >= 0, else -1."""
    return graph.add("Where", graph.add("GreaterOrEqual", z, 0.0), 1.0, -1.0)


def step(graph, z, activation, params):
    """1 for z >= 0, else 0."""
    return graph.add("Where", graph.add("GreaterOrEqual", z, 0.0), 1.0, 0.0)


def _exponential(graph, z, factor):
    """factor * (exp(min(z, 0)) - 1)."""
    exponential = graph.add("Exp", graph.add("Min", z, 0.0))
    return graph.add("Mul", graph.add("Sub", exponential, 1.0), factor)


ACTIVATIONS = {
    own.Blend: blend,
    own.ELU: elu,
    own.GELU: gelu,
    own.HardSigmoid: hard_sigmoid,
    own.HardTanh: hard_tanh,
    own.Identity: identity,
    own.LeakyReLU: leaky_relu,
    own.Logistic: logistic,
    own.Mish: mish,
    own.PReLU: prelu,
    own.ReLU: relu,
    own.SELU: selu,
    own.SiLU: silu,
    own.Sign: sign,
    own.Softplus: softplus,
    own.Softsign: softsign,
    own.Step: step,
    own.Tanh: tanh,
}
