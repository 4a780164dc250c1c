"""An ONNX graph before it becomes a file: operators and constants by name, no protobuf."""

from dataclasses import dataclass, field
from itertools import count

import numpy as np


@dataclass(frozen=True)
class Operator:
    """One node of the graph: what ONNX calls it, the names it reads and writes, its attributes."""

    kind: str
    inputs: list
    outputs: list
    attributes: dict


@dataclass(frozen=True)
class Tensor:
    """The name under which the graph has samples, and the shape of one sample.

    Shapes are those of the network, (n_features,) or (height, width, channels).
    ``channels_first``: the graph has the images as (n, channels, height, width), as most of ONNX's
    operators on images take them.
    """

    name: str
    shape: tuple
    channels_first: bool = False


@dataclass
class Graph:
    """Operators in the order in which they run.

    Parameters
    ----------
    dtype : dtype
        What is computed in: float32 or float64. Floats among the constants are stored in it.
    new_name : callable
        str -> a name that nothing in the graph has yet.
    """

    dtype: np.dtype
    new_name: object = None
    operators: list = field(default_factory=list)
    constants: dict = field(default_factory=dict)
    _scalars: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.new_name is None:
            numbers = count(1)
            self.new_name = lambda kind: f"{kind.lower()}{next(numbers)}"

    def add(self, kind, *inputs, n_outputs=1, **attributes):
        """Appends an operator of ONNX and returns the name of its first output.

        inputs: names, Tensors, or constants: numbers, which get the dtype of the graph, and arrays,
        of which those of floats do
        """
        outputs = [self.new_name(kind) for _ in range(n_outputs)]
        names = [self._name(value) for value in inputs]
        self.operators.append(Operator(kind, names, outputs, attributes))
        return outputs[0]

    def constant(self, array):
        """The name of an array, kept in its own dtype."""
        name = self.new_name("constant")
        self.constants[name] = array
        return name

    def rename(self, old, new):
        """Gives the result of an operator another name."""
        for operator in self.operators:
            for names in (operator.inputs, operator.outputs):
                names[:] = [new if name == old else name for name in names]

    def reshape(self, x, *shape):
        """The name of x with another shape; -1 is the number of samples."""
        return self.add("Reshape", x, np.array(shape, np.int64))

    def channels_first(self, x):
        """The images x as (n, channels, height, width)."""
        if x.channels_first:
            return x
        return Tensor(self.add("Transpose", x, perm=[0, 3, 1, 2]), x.shape, channels_first=True)

    def channels_last(self, x):
        """x as the network has it: images as (n, height, width, channels)."""
        if not x.channels_first:
            return x
        return Tensor(self.add("Transpose", x, perm=[0, 2, 3, 1]), x.shape)

    def per_channel(self, array, x):
        """An array of one number for each feature or channel, broadcasting against x."""
        row = np.ravel(array)
        return row[:, None, None] if x.channels_first else row

    def _name(self, value):
        if isinstance(value, str | Tensor):
            return getattr(value, "name", value)
        if not isinstance(value, np.ndarray):
            value = np.asarray(value, self.dtype)
        if value.dtype.kind == "f":
            value = value.astype(self.dtype, copy=False)
        if value.ndim:
            return self.constant(value)
        if value.tobytes() not in self._scalars:
            self._scalars[value.tobytes()] = self.constant(value)
        return self._scalars[value.tobytes()]
