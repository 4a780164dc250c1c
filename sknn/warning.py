"""Warnings that point to the line of code that called this package."""

import os
import sys
import warnings

from sknn.scikit_learn import WRAPPERS

PACKAGE = os.path.dirname(__file__) + os.sep


class TrainingWarning(UserWarning):
    """Warning that the data or the result of a fit is probably not what the user intended.

    It is issued for images with the channels first, pixels in an unusual range, validation samples
    that are scaled differently from X, and validation splits that leave most rows out. It is also
    issued for a fit that ends worse than it began, or with a loss above that of the best constant.
    Fits are judged by their training samples, after at least 10 epochs and 100 steps or 10
    iterations of 'lbfgs'. Calls of ``partial_fit`` are not judged.

    Examples
    --------
    Silence these warnings:

    >>> import warnings
    >>> from sknn import TrainingWarning
    >>> warnings.simplefilter("ignore", TrainingWarning)
    """


def warn(message, category=UserWarning):
    """Warns at the first frame outside this package and the wrappers around its methods."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_ours(filename):
    return filename.startswith(PACKAGE) or filename in WRAPPERS
