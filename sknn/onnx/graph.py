"""An ONNX graph before it is written to a file: operators and constants by name, no protobuf."""

from dataclasses import dataclass, field
from itertools import count

import numpy as np


@dataclass(frozen=True)
class Operator:
    """One node of the graph: its ONNX name, the names of its inputs and outputs, its attributes."""

    kind: str
    inputs: list
    outputs: list
    attributes: dict


@dataclass(frozen=True)
class Tensor:
    """The name of samples in the graph, and the shape of one sample.

    Shapes are those of the network, (n_features,) or (height, width, channels).
    ``channels_first``: the images in the graph are (n, channels, height, width), as required by
    most of ONNX's operators on images.
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
        The dtype of the computation, float32 or float64. Constants with floats are stored in it.
    new_name : callable
        str -> a name that is not yet used in the graph.
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
        """Appends an ONNX operator and returns the name of its first output.

        inputs: names, Tensors or constants. Constants are numbers and arrays; numbers and arrays
        of floats are converted to the dtype of the graph.
        """
        outputs = [self.new_name(kind) for _ in range(n_outputs)]
        names = [self._name(value) for value in inputs]
        self.operators.append(Operator(kind, names, outputs, attributes))
        return outputs[0]

    def constant(self, array):
        """The name of an array, stored in its own dtype."""
        name = self.new_name("constant")
        self.constants[name] = array
        return name

    def rename(self, old, new):
        """Renames the result of an operator."""
        for operator in self.operators:
            for names in (operator.inputs, operator.outputs):
                names[:] = [new if name == old else name for name in names]

    def reshape(self, x, *shape):
        """The name of x with another shape, where -1 is the number of samples."""
        return self.add("Reshape", x, np.array(shape, np.int64))

    def channels_first(self, x):
        """The images x, transposed to (n, channels, height, width)."""
        if x.channels_first:
            return x
        return Tensor(self.add("Transpose", x, perm=[0, 3, 1, 2]), x.shape, channels_first=True)

    def channels_last(self, x):
        """x in the layout of the network: images as (n, height, width, channels)."""
        if not x.channels_first:
            return x
        return Tensor(self.add("Transpose", x, perm=[0, 2, 3, 1]), x.shape)

    def per_channel(self, array, x):
        """An array with one value for each feature or channel, shaped to broadcast against x."""
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
