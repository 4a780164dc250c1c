"""Images that are probably not what the user meant: axes in another order, unusual pixels."""

from math import isqrt

from scipy.sparse import issparse

from sknn.warning import TrainingWarning, warn

BITS_4, BITS_8, BITS_16 = 16, 255, 65535  # the largest pixels of the usual images
ASPECT = 3  # the longer side of an image over the shorter is usually below
TOO_LARGE = 64  # for floats from 0 on that are taken as they are


def warn_of_shape(shape, width, is_guessed, tabular):
    """Warns of images with the channels first, and of flat samples that are no square.

    shape: (height, width, channels) as understood    width: numbers in a sample    is_guessed:
    whether neither X nor input_shape said the shape    tabular: the estimator for tables
    returns: whether it has warned
    """
    height, across, channels = shape
    if is_guessed and height == 1 < width:
        warn(
            f"X has {width} features, which make no square image: each sample is taken as an image "
            f"of 1 x {width} pixels. {_colour_remedy(width)}For a table use {tabular}.",
            TrainingWarning,
        )
        return True
    shorter, longer = sorted((across, channels))
    if height < shorter and longer < ASPECT * shorter:
        warn(
            f"X has images of height {height}, width {across} and {channels} channels, which "
            "looks like channels first. Channels come last here: pass numpy.moveaxis(X, 1, -1), of "
            f"shape (n, {across}, {channels}, {height}).",
            TrainingWarning,
        )
        return True
    return False


def warn_of_range(X, taken_as_integers):
    """Warns of pixels in a range that is probably not as the network takes them.

    X: validated samples, whose integers are divided by 255
    """
    X = X.data if issparse(X) else X
    if not X.size:
        return
    least, most = X.min().item(), X.max().item()
    if taken_as_integers and most > BITS_8:
        _warn_of_integers(least, most, BITS_16 if most <= BITS_16 else most)
    elif taken_as_integers and 0 <= least < most <= BITS_4:
        _warn_of_integers(least, most, 1 if most == 1 else BITS_4 if most > 9 else most)
    elif not taken_as_integers and most > TOO_LARGE and 0 <= least < most / 10:
        largest = next((bound for bound in (BITS_8, BITS_16) if most <= bound), "X.max()")
        warn(
            f"X has floats from {least:g} to {most:g}, which are taken as they are, while a new "
            f"network suits pixels from 0 to 1: pass X / {largest}"
            f"{' or X.astype(numpy.uint8)' if largest == BITS_8 else ''}.",
            TrainingWarning,
        )


def _warn_of_integers(least, most, largest):
    remedy = "X.astype(float)" if largest == 1 else f"X / {largest}"
    warn(
        f"X has integers from {least} to {most}. Integers are taken as pixels from 0 to {BITS_8} "
        f"and divided by {BITS_8}: pass {remedy} to have numbers from 0 to 1.",
        TrainingWarning,
    )


def _colour_remedy(width):
    """What to pass if the samples are flat images after all."""
    side = isqrt(width // 3)
    colours = f", such as ({side}, {side}, 3)" if 3 * side * side == width else ""
    return f"For images pass input_shape=(height, width, channels){colours}. "
