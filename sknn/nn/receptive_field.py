"""Receptive fields: which part of the image a number in a network depends on."""

from dataclasses import dataclass, replace

from sknn.nn.layers import Conv2D, GlobalAveragePool2D
from sknn.nn.layers.pooling import Pooling
from sknn.nn.residual import Residual


@dataclass(frozen=True)
class ReceptiveField:
    """The rectangle of the image from the first to the last pixel that an output depends on.

    Output number i, down and across, sees ``size`` pixels from pixel ``first + i * step`` on.
    Pixels that padding adds around the image count.
    """

    size: tuple = (1, 1)
    step: tuple = (1, 1)
    first: tuple = (0, 0)

    def through(self, windows):
        """The field of Windows that slide over outputs with this field.

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
        """The field of the sum of these outputs and of a shortcut's, which is narrower."""
        axes = zip(self.size, self.first, shortcut.size, shortcut.first, strict=True)
        # The branch begins no later than the shortcut, as padding only moves windows back.
        size = tuple(max(n, two + m - one) for n, one, m, two in axes)
        return replace(self, size=size)


PIXEL = ReceptiveField()


def receptive_fields(network, start=PIXEL):
    """The ReceptiveField of what each layer of a Network makes of an image.

    None for layers that take no images, and from a layer on that does not say what it sees.

    start: that of what goes into the network
    """
    fields, image = [], network.shapes[0]
    for layer, shape in zip(network.layers, network.shapes, strict=False):
        start = _after(layer, shape, start, image) if len(shape) == 3 else None
        fields.append(start)
    return fields


def _after(layer, shape, field, image):
    """The field behind a layer that takes images of this shape, of outputs with this field."""
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
