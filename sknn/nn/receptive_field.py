"""Receptive fields: the part of the image that a value in a network depends on."""

from dataclasses import dataclass, replace

from sknn.nn.layers import Conv2D, GlobalAveragePool2D
from sknn.nn.layers.pooling import Pooling
from sknn.nn.residual import Residual


@dataclass(frozen=True)
class ReceptiveField:
    """The rectangle of the image from the first to the last pixel that an output depends on.

    Output i, down and across, depends on ``size`` pixels, starting from ``first + i * step``.
    Pixels added by padding are included.
    """

    size: tuple = (1, 1)
    step: tuple = (1, 1)
    first: tuple = (0, 0)

    def through(self, windows):
        """The receptive field after Windows that slide over outputs with this receptive field.

        size + (k - 1) * dilation * step; Araujo, Norris & Sim (2019), "Computing receptive fields
        of convolutional neural networks", eq. 2.
        """
        axes = zip(
            self.size,
            self.step,
            self.first,
            windows.size,
            windows.dilation,
            windows.stride,
            windows.padding,
            strict=True,
        )
        grown = [
            (size + (k - 1) * dilation * step, step * stride, first - before * step)
            for size, step, first, k, dilation, stride, (before, _) in axes
        ]
        return ReceptiveField(*zip(*grown, strict=True))

    def with_shortcut(self, shortcut):
        """The receptive field of the sum of these outputs and those of a narrower shortcut."""
        axes = zip(self.size, self.first, shortcut.size, shortcut.first, strict=True)
        # The branch starts no later than the shortcut, because padding only moves windows back.
        size = tuple(max(n, two + m - one) for n, one, m, two in axes)
        return replace(self, size=size)


PIXEL = ReceptiveField()


def receptive_fields(network, start=PIXEL):
    """The ReceptiveField of the outputs of each layer of a Network.

    None for layers without images as input, and after a layer whose receptive field is unknown.

    start: the receptive field of the inputs of the network
    """
    fields, image = [], network.shapes[0]
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        start = _after(layer, shape, start, image) if len(shape) == 3 else None
        fields.append(start)
    return fields


def _after(layer, shape, field, image):
    """The receptive field after a layer, for images of this shape with this receptive field."""
    if isinstance(layer, GlobalAveragePool2D):
        return ReceptiveField(image[:2])
    if field is None or layer.pixelwise:
        return field
    if isinstance(layer, Conv2D | Pooling):
        return field.through(layer.windows(shape))
    if isinstance(layer, Residual):
        branch = receptive_fields(layer.inside(shape)[0], field)[-1]
        return branch and branch.with_shortcut(field)
    return None
