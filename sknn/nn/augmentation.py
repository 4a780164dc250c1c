"""Random changes to training images that leave their meaning as it is."""

import numpy as np

from sknn.nn.layers.windows import overlapping, place_in_zeros
from sknn.nn.streams import WHOLE_BATCH, stream

SHARE = 8  # of a side: how far images are shifted at the most


class Augmentation:
    """Shifts images, an eighth of a side at the most, or mirrors each with a chance of a half.

    What is shifted in from outside is 0; sides of less than eight pixels stay in place.
    Draws depend on seed, epoch and batch alone.
    """

    def __init__(self, shift=False, flip=False):
        self.shift = shift
        self.flip = flip

    def __call__(self, x, seed, epoch, batch, workspace):
        """The changed images, in memory of the workspace; x (n, height, width, c) is left alone."""
        random = stream(seed, epoch, batch, WHOLE_BATCH)
        changed = workspace.array("changed", x.shape)
        if self.shift:
            _shifted(x, random, workspace, changed)
        else:
            np.copyto(changed, x)
        if self.flip:
            mirrored = np.flatnonzero(random.random(len(x)) < 0.5)
            changed[mirrored] = changed[mirrored, :, ::-1]
        return changed


def _shifted(x, random, workspace, out):
    """out = x, every image shifted by as many pixels as it happens, down and across."""
    n, height, width, c = x.shape
    down, across = height // SHARE, width // SHARE
    padded = workspace.array("padded", (n, height + 2 * down, width + 2 * across, c))
    place_in_zeros(x, padded, down, across)
    image, row, column, channel = padded.strides
    shifts = overlapping(
        padded,
        (n, 2 * down + 1, 2 * across + 1, height, width, c),
        (image, row, column, row, column, channel),
    )
    by = (random.integers(2 * most + 1, size=n) for most in (down, across))
    out[...] = shifts[np.arange(n), *by]


AUGMENTATIONS = {
    "flip": Augmentation(flip=True),
    "shift": Augmentation(shift=True),
    "shift+flip": Augmentation(shift=True, flip=True),
}
