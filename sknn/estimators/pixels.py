"""Warns of images that are probably a mistake: axes in the wrong order, unusual pixel values."""

from math import isqrt

from scipy.sparse import issparse

from sknn.warning import TrainingWarning, warn

BITS_4, BITS_8, BITS_16 = 16, 255, 65535  # largest pixel values of common image formats
ASPECT = 3  # the ratio of the longer to the shorter side of an image is usually below this
TOO_LARGE = 64  # for non-negative floats, which are used as they are


def warn_of_shape(shape, width, is_guessed, tabular):
    """Warns of images with the channels first, and of flat samples that are not square.

    shape: (height, width, channels) as interpreted    width: number of values in a sample
    is_guessed: whether neither X nor input_shape determines the shape    tabular: name of the
    estimator for tables    returns: whether a warning was issued
    """
    height, across, channels = shape
    if is_guessed and height == 1 < width:
        warn(
            f"X has {width} features, which do not form a square image, so each sample is treated "
            f"as an image of 1 x {width} pixels. {_colour_remedy(width)}For tables, use {tabular}.",
            TrainingWarning,
        )
        return True
    shorter, longer = sorted((across, channels))
    if height < shorter and longer < ASPECT * shorter:
        warn(
            f"X has images of height {height}, width {across} and {channels} channels, so the "
            "channels are probably first. They must be last. Pass numpy.moveaxis(X, 1, -1), of "
            f"shape (n, {across}, {channels}, {height}).",
            TrainingWarning,
        )
        return True
    return False


def warn_of_range(X, taken_as_integers):
    """Warns of pixel values in a range that is probably not the one the network expects.

    X: validated samples; integers will be divided by 255
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
            f"X has floats from {least:g} to {most:g}, which are used as they are, while a new "
            f"network expects pixels from 0 to 1. Pass X / {largest}"
            f"{' or X.astype(numpy.uint8)' if largest == BITS_8 else ''}.",
            TrainingWarning,
        )


def _warn_of_integers(least, most, largest):
    remedy = "X.astype(float)" if largest == 1 else f"X / {largest}"
    warn(
        f"X has integers from {least} to {most}. Integers are treated as pixels from 0 to {BITS_8} "
        f"and divided by {BITS_8}. Pass {remedy} to obtain values from 0 to 1.",
        TrainingWarning,
    )


def _colour_remedy(width):
    """Returns what to pass if the samples are flat images after all."""
    side = isqrt(width // 3)
    colours = f", such as ({side}, {side}, 3)" if 3 * side * side == width else ""
    return f"For images, pass input_shape=(height, width, channels){colours}. "
