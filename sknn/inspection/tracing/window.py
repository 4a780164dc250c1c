"""One output of a convolution: the pixels in its window, the products, and their sum."""

from dataclasses import dataclass

import numpy as np

from sknn.inspection.tracing.pages import window_page
from sknn.nn.activations import Activation
from sknn.nn.layers import Conv2D
from sknn.nn.workspace import Workspace


@dataclass(repr=False, eq=False)
class Window:
    """The computation of one output of a convolution, shown by ``print``.

    Attributes
    ----------
    layer : str
        The name of the layer.
    sample, filter : int
        The numbers of the sample and of the output channel.
    position : (int, int)
        The row and column of the output.
    pixels, weight, products : ndarray of shape (kernel height, kernel width, channels)
        The pixels in the window, 0 outside the image; the weights of the filter; their products.
    bias : float
        The bias of the filter.
    z : float
        The sum of the products and the bias.
    activation : Activation or None
        The activation function of the layer.
    a : float
        The output: z after the activation function.
    """

    layer: str
    sample: int
    position: tuple
    filter: int
    pixels: np.ndarray
    weight: np.ndarray
    products: np.ndarray
    bias: float
    z: float
    activation: Activation | None
    a: float

    def to_frame(self):
        """Return a row for each pixel, with its weight and product. Requires pandas."""
        import pandas as pd

        axes = ["row", "column", "channel"]
        index = pd.MultiIndex.from_product([range(n) for n in self.pixels.shape], names=axes)
        columns = {"pixel": self.pixels, "weight": self.weight, "product": self.products}
        return pd.DataFrame({name: array.ravel() for name, array in columns.items()}, index=index)

    def __repr__(self):
        return f"<Window of {self.layer} at {self.position}: z = {self.z:.8g}>"

    def __str__(self):
        return window_page(self)


def window_of(traced, sample, position, filter):
    """The Window of one output of a LayerTrace. Raises ValueError if the output does not exist."""
    layer = traced.layer
    if not isinstance(layer, Conv2D):
        raise ValueError(f"layer must be a Conv2D, got {traced.name}: {layer!r}.")
    if len(position) != 2:
        raise ValueError(f"position must be a pair (row, column), got {position!r}.")
    wanted, axes = (sample, *position, filter), ("sample", "row", "column", "filter")
    for name, number, n in zip(axes, wanted, traced.z.shape, strict=True):
        if not 0 <= number < n:
            raise ValueError(
                f"{traced.name} has outputs of shape {traced.z.shape}: {name} must be from 0 to "
                f"{n - 1}, got {number!r}."
            )
    x = traced.x[sample : sample + 1]
    pixels = layer.windows(x.shape[1:]).pixels(x, Workspace(x.dtype))[0, *position].copy()
    weight = traced.params["weight"][..., filter]
    products = pixels * weight
    bias = float(traced.params["bias"][0, filter]) if "bias" in traced.params else 0.0
    return Window(
        layer=traced.name,
        sample=sample,
        position=tuple(position),
        filter=filter,
        pixels=pixels,
        weight=weight,
        products=products,
        bias=bias,
        z=float(products.sum()) + bias,
        activation=traced.activation,
        a=float(traced.a[wanted]),
    )
