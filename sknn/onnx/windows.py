"""Convolution and pooling in ONNX operators.

In float32, these are ONNX's own operators, on images with channels first. ONNX Runtime does not
support convolution and average pooling in float64. In this case, the pixels at each position of a
window are sliced from the images, with channels last, and multiplied or added.
"""

import numpy as np

from sknn.onnx.graph import Tensor


def convolved(graph, x, windows, weight, bias):
    """The Tensor of weighted sums; weight: (kh, kw, c, filters), bias: (filters,) or None."""
    shape = (*windows.outputs, weight.shape[-1])
    if graph.dtype == np.float64:
        pixels = graph.add("Concat", *_places(graph, x, windows), axis=-1)
        sums = graph.add("MatMul", pixels, weight.reshape(-1, shape[-1]))
        return Tensor(sums if bias is None else graph.add("Add", sums, bias), shape)
    inputs = [weight.transpose(3, 2, 0, 1), *([] if bias is None else [bias])]
    attributes = {**_attributes(windows), "dilations": list(windows.dilation)}
    name = graph.add("Conv", graph.channels_first(x), *inputs, **attributes)
    return Tensor(name, shape, channels_first=True)


def largest(graph, x, windows):
    """The Tensor of maxima. ONNX pads with minus infinity, so that padding is never selected."""
    name = graph.add("MaxPool", graph.channels_first(x), **_attributes(windows))
    return Tensor(name, (*windows.outputs, x.shape[-1]), channels_first=True)


def mean(graph, x, windows):
    """The Tensor of the means of the pixels of each window, where padding does not count."""
    shape = (*windows.outputs, x.shape[-1])
    if graph.dtype == np.float64:
        total = graph.add("Sum", *_places(graph, x, windows))
        return Tensor(graph.add("Div", total, _counts(windows)), shape)
    attributes = {**_attributes(windows), "count_include_pad": 0}
    name = graph.add("AveragePool", graph.channels_first(x), **attributes)
    return Tensor(name, shape, channels_first=True)


def mean_of_all(graph, x):
    """The Tensor of the mean of each channel over all pixels."""
    height, width, c = x.shape
    if graph.dtype == np.float64:
        pixels = graph.reshape(graph.channels_last(x), -1, height * width, c)
        name = graph.add("MatMul", np.full((1, height * width), 1 / (height * width)), pixels)
    else:
        name = graph.add("GlobalAveragePool", graph.channels_first(x))
    return Tensor(graph.reshape(name, -1, c), (c,))


def _attributes(windows):
    """Attributes with explicit padding, because operators and versions round 'same' differently."""
    (top, bottom), (left, right) = windows.padding
    return {
        "kernel_shape": list(windows.size),
        "strides": list(windows.stride),
        "pads": [top, left, bottom, right],
    }


def _places(graph, x, windows):
    """For each position in a window, row by row, the pixels at it: (n, *outputs, c)."""
    x = graph.channels_last(x)
    (top, bottom), (left, right) = windows.padding
    if any((top, bottom, left, right)):
        pads = np.array([0, top, left, 0, 0, bottom, right, 0], np.int64)
        x = Tensor(graph.add("Pad", x, pads), x.shape)
    steps, axes = np.array(windows.stride, np.int64), np.array([1, 2], np.int64)
    for place in np.ndindex(*windows.size):
        first = np.array(place, np.int64) * windows.dilation
        last = first + (np.array(windows.outputs) - 1) * steps
        yield graph.add("Slice", x, first, last + 1, axes, steps)


def _counts(windows):
    """The number of pixels inside the image for each window: (*outputs, 1)."""
    counts = np.zeros((*windows.outputs, 1))
    for place in windows.places:
        counts[place.windows] += 1
    return counts
