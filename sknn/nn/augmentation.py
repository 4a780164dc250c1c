"""Random changes to training images that preserve their meaning."""

import numpy as np

from sknn.nn.layers.windows import overlapping, place_in_zeros
from sknn.nn.streams import WHOLE_BATCH, stream

SHARE = 8  # images are shifted by at most one eighth of a side


class Augmentation:
    """Shifts images by at most an eighth of a side, or mirrors each with a probability of 1/2.

    Pixels shifted in from outside are 0. Sides of less than eight pixels are not shifted. The
    random numbers depend only on seed, epoch and batch.
    """

    def __init__(self, shift=False, flip=False):
        self.shift = shift
        self.flip = flip

    def __call__(self, x, seed, epoch, batch, workspace):
        """The changed images, in memory of the workspace. x (n, height, width, c) is unchanged."""
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
    """out = x with each image shifted by a random number of pixels, down and across."""
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
