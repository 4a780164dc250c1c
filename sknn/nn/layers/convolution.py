"""Convolution of images, alone and together with the max-pooling that often follows it."""

from copy import copy
from functools import partial
from math import prod

import numpy as np

from sknn.nn.activations import Activation, Identity, as_activation
from sknn.nn.initializers import Constant, HeOrGlorot, Initializer, as_initializer
from sknn.nn.layers.activate import Activate
from sknn.nn.layers.base import (
    Layer,
    activation_parameters,
    apply,
    differentiate,
    kept,
    outputs_for,
)
from sknn.nn.layers.columns import Columns
from sknn.nn.layers.lines import Lines
from sknn.nn.layers.pooling import MaxPool2D, candidates_in, largest, to_the_largest
from sknn.nn.layers.quads import Quads
from sknn.nn.layers.windows import (
    along_line,
    as_padding,
    image_shape,
    lines_of,
    pair,
    windows_over,
)
from sknn.nn.layers.winograd import Winograd
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import COUNT, FLAG
from sknn.nn.workspace import ones


class Conv2D(Layer):
    """2D convolution: y = f(convolution of x with weight + bias), the same for all windows.

    As is usual in neural networks, the kernel is not flipped: this is a cross-correlation.

    x: (n, height, width, c)    weight: (kh, kw, c, filters)    bias: (1, filters)
    y: (n, *outputs, filters)

    Parameters
    ----------
    filters : int
        The number of output channels.
    kernel_size : int or (int, int), default=3
        The height and width of the window.
    stride : int or (int, int), default=1
        The steps between neighbouring windows, down and across.
    padding : {"same", "valid"}, int, or ((int, int), (int, int)), default="same"
        The zeros added around the image. With "same", the output has ceil(side / stride) pixels
        along each side; if the number of zeros is odd, the extra one is added at the end. With
        "valid", nothing is added. An integer adds that many zeros on every side, and
        ((above, below), (left, right)) sets each side separately.
    activation : str or Activation, default="relu"
        The activation function.
    dilation : int or (int, int), default=1
        The steps between the pixels that a window covers, down and across.
    bias : bool, default=True
        Whether the layer has a bias. If False, ``intercepts_`` has none for this layer either.
    weight_init : str or Initializer, default="auto"
        How the initial weights are drawn. "auto" uses He initialisation for rectifiers such as
        ReLU and Glorot initialisation for other activations.
    trainable : bool, default=True
        If False, the weights, the biases and any parameters of the activation stay fixed.
    """

    valid = {"filters": COUNT, "trainable": FLAG, "bias": FLAG}

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[tuple[int, int], tuple[int, int]] = "same",
        activation: str | Activation = "relu",
        *,
        dilation: int | tuple[int, int] = 1,
        bias: bool = True,
        weight_init: str | Initializer = "auto",
        trainable: bool = True,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.activation = activation
        self.dilation = dilation
        self.bias = bias
        self.weight_init = weight_init
        self.trainable = trainable

    def output_shape(self, input_shape):
        return (*self.windows(input_shape).outputs, int(self.filters))

    def windows(self, input_shape):
        """The positions of the windows. Raises ValueError if the image is too small for one."""
        return windows_over(
            image_shape(input_shape)[:2],
            pair("kernel_size", self.kernel_size),
            pair("stride", self.stride),
            as_padding(self.padding),
            pair("dilation", self.dilation),
        )

    def parameters(self, input_shape):
        kh, kw = pair("kernel_size", self.kernel_size)
        c, filters, trainable = input_shape[-1], self.filters, self.trainable
        suited = isinstance(self.weight_init, str) and self.weight_init == "auto"
        draw = partial(
            HeOrGlorot() if suited else as_initializer(self.weight_init),
            fan_in=kh * kw * c,
            fan_out=kh * kw * filters,
            activation=as_activation(self.activation),
        )
        draw_bias = draw if draw.func.biases else Constant(0.0)
        bias = Parameter("bias", (1, filters), draw_bias, decay=False, trainable=trainable)
        return [
            Parameter("weight", (kh, kw, c, filters), draw, trainable=trainable),
            *([bias] if self.bias else []),
            *activation_parameters(self.activation, filters, trainable),
        ]

    def scratch(self, input_shape):
        windows, channels = self.windows(input_shape), input_shape[-1]
        padded = windows.padded if windows.padded != windows.image else ()
        columns = () if windows.size == (3, 3) else (*windows.outputs, *windows.size)
        return channels * sum(prod(shape) for shape in (padded, columns) if shape)

    def multiply_adds(self, input_shape):
        windows = self.windows(input_shape)
        return int(np.prod((*windows.outputs, *windows.size, input_shape[-1], self.filters)))

    def folded(self, params, factor, offset):
        if not isinstance(as_activation(self.activation), Identity):
            return None
        weight = params["weight"] * factor
        return {**params, "weight": weight, "bias": params.get("bias", 0) * factor + offset}

    def fused(self, following):
        if type(self) is Conv2D and type(following) is Activate:
            return self._activated_by(following.activation)
        return PooledConv2D(self, following) if PooledConv2D.suits(self, following) else None

    def _activated_by(self, activation):
        """This convolution with ``activation`` as its own, or None if they cannot be merged."""
        learns = as_activation(activation).parameters(self.filters)
        if learns or not isinstance(as_activation(self.activation), Identity):
            return None
        activated = copy(self)
        activated.activation = activation
        return activated

    def kernel(self, params, windows, cache, tiled=False):
        """The object that computes the weighted sums; tiled: whether 2 x 2 tiles are accepted."""
        weight = params["weight"]
        kind, channels = Columns, weight.shape[2:]
        if Winograd.suits(windows, *channels, tiled):
            kind = Winograd
        elif Lines.suits(windows, *channels):
            kind = Lines
        return kind(weight, windows, cache)

    def forward(self, params, state, x, cache, context):
        windows = kept(cache, "windows", self.windows, x.shape[1:])
        kernel = self.kernel(params, windows, cache)
        z = cache.array("pre", (len(x), *windows.outputs, self.filters))
        a = outputs_for(self.activation, z, cache)
        for at in kernel.blocks(len(x)):
            kernel.convolve(x[at], z[at])
            self.activate(params, z[at], a[at])
        cache["x"] = x
        return a

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        x, dz = cache["x"], self.differentiated(params, grads, dy, cache)
        windows = kept(cache, "windows", self.windows, x.shape[1:])
        kernel = self.kernel(params, windows, cache)
        dx = cache.array("dx", x.shape) if need_dx else None
        for at in kernel.blocks(len(x), need_dx):
            kernel.differentiate(x[at], dz[at], dx[at] if need_dx else None)
        grads["weight"][...] = kernel.dweight
        return dx

    def activate(self, params, z, a):
        """a = f(z + bias). Leaves z + bias in z, unless a and z are the same array."""
        if "bias" in params:
            lines = lines_of(z)
            lines += along_line(params["bias"], z)
        apply(self.activation, params, z, a)

    def differentiated(self, params, grads, dy, cache):
        """Returns dz, in the memory of dy. Fills the gradients of the bias and the activation."""
        dz = differentiate(self.activation, params, grads, dy, cache)
        if "bias" in params:
            rows = dz.reshape(-1, self.filters)
            np.dot(ones((1, len(rows)), dz.dtype), rows, grads["bias"])
        return dz


class PooledConv2D(Layer):
    """A convolution and the max-pooling after it, with pooling before bias and activation.

    A non-decreasing activation does not change which pixel is the largest. The outputs are
    therefore the same, while 2 x 2 pooling leaves a quarter of the work to bias and activation.
    Where the activation maps different values to the same one, its derivative is 0, so that no
    gradient is lost.
    """

    def __init__(self, convolution, pooling):
        self.convolution = convolution
        self.pooling = pooling

    @staticmethod
    def suits(convolution, pooling):
        """Whether pooling can go first. Activations with a surrogate gradient do not allow it."""
        activation = as_activation(convolution.activation)
        kinds = type(convolution), type(pooling)  # subclasses may do otherwise
        return kinds == (Conv2D, MaxPool2D) and activation.increasing and activation.needs == "a"

    def forward(self, params, state, x, cache, context):
        kernel, pool, tiled = self._prepared(params, x, cache)
        y = cache.array("pre", (len(x), *pool.outputs, self.convolution.filters))
        is_largest = self._mask_of_largest(cache, kernel, pool, y) if context.keeps else None
        for at in kernel.blocks(len(x)):
            if tiled:
                candidates = _in_tiles(kernel.outputs(x[at]), pool)
            else:
                z = self._sums(kernel, x[at], cache)
                kernel.convolve(x[at], z)
                candidates = candidates_in(z, pool)
            y_at = y[at]
            best = self._beside(kernel, y_at, cache)
            largest(candidates, pool, best, None if is_largest is None else is_largest[:, at])
            if best is not y_at:
                y_at[...] = best
        cache["x"] = x
        self.convolution.activate(params, y, y)
        return outputs_for(self.convolution.activation, y, cache)

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        x, dy = cache["x"], self.convolution.differentiated(params, grads, dy, cache)
        kernel, pool, tiled = self._prepared(params, x, cache)
        is_largest = self._mask_of_largest(cache, kernel, pool, dy)
        dx = cache.array("dx", x.shape) if need_dx else None
        for at in kernel.blocks(len(x), need_dx):
            dx_at = dx[at] if need_dx else None
            if tiled:
                dtiles = kernel.empty_outputs(len(x[at]))
                dtiles.fill(0)
                dy_at = dy[at]
                left = self._beside(kernel, dy_at, cache)
                if left is not dy_at:
                    left[...] = dy_at
                to_the_largest(left, pool, is_largest[:, at], _in_tiles(dtiles, pool))
                kernel.differentiate_outputs(x[at], dtiles, dx_at)
            else:
                dz = self._sums(kernel, x[at], cache)
                dz.fill(0)
                to_the_largest(dy[at], pool, is_largest[:, at], candidates_in(dz, pool))
                kernel.differentiate(x[at], dz, dx_at)
        grads["weight"][...] = kernel.dweight
        return dx

    def _prepared(self, params, x, cache):
        """(kernel, windows of the pooling, whether the kernel returns these windows as tiles)."""
        convolution = self.convolution
        windows = kept(cache, "windows", convolution.windows, x.shape[1:])
        pool = kept(cache, "pool", self.pooling.windows, (*windows.outputs, convolution.filters))
        pairs = pool.size == pool.stride == (2, 2)
        if pairs and Quads.suits(windows, pool, x.shape[-1], convolution.filters):
            return Quads(params["weight"], windows, cache), pool, True
        kernel = convolution.kernel(params, windows, cache, tiled=pairs)
        return kernel, pool, pairs and isinstance(kernel, Winograd)

    @staticmethod
    def _mask_of_largest(cache, kernel, pool, y):
        if not kernel.filters_first:
            return cache.array("is_largest", (len(pool.places), *y.shape), bool)
        n, down, across, filters = y.shape
        memory = cache.array("is_largest", (len(pool.places), filters, n, down, across), bool)
        return np.moveaxis(memory, 1, -1)

    @staticmethod
    def _beside(kernel, y, cache):
        """Memory for y: scratch memory if the outputs of the kernel have another memory layout."""
        if not kernel.filters_first:
            return y
        n, down, across, filters = y.shape
        return np.moveaxis(cache.scratch("pooled", (filters, n, down, across)), 0, -1)

    def _sums(self, kernel, x, cache):
        """Scratch memory for the weighted sums of all windows."""
        return cache.scratch("sums", (len(x), *kernel.windows.outputs, self.convolution.filters))


def _in_tiles(outputs, pool):
    """The candidates of ``largest``, where each 2 x 2 window is a tile."""
    return [outputs[*divmod(place.number, 2)][:, *place.windows] for place in pool.places]
