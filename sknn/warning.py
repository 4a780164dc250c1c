"""Warnings that point at the line that called this package."""

import os
import sys
import warnings

from sknn.scikit_learn import WRAPPERS

PACKAGE = os.path.dirname(__file__) + os.sep


class TrainingWarning(UserWarning):
    """Warns that data or a fit is probably not what the user meant.

    Data are images with the channels first, pixels in an unusual range, samples to validate on that
    are scaled differently from X, or a split that leaves most rows out. A fit ends worse than it
    began, or with a loss above that of the best constant. Fits are judged by their training
    samples, after 10 epochs and 100 steps or 10 iterations of 'lbfgs'; ``partial_fit`` is not.

    Examples
    --------
    Silence these warnings:

    >>> import warnings
    >>> from sknn import TrainingWarning
    >>> warnings.simplefilter("ignore", TrainingWarning)
    """


def warn(message, category=UserWarning):
    """Warns at the first frame outside of this package, and of the wrappers around its methods."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_ours(filename):
    return filename.startswith(PACKAGE) or filename in WRAPPERS
