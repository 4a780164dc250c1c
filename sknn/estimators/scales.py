"""Checks whether validation samples are scaled like the training samples."""

import numpy as np
from scipy.sparse import issparse

from sknn.warning import TrainingWarning, warn

ROWS, NUMBERS = 1000, 1_000_000  # maximum numbers of rows and values to check
LEAST = 10  # minimum number of rows; fewer can differ by chance
FAR, VERY_FAR = 3, 20  # in standard deviations of X, for half and for a tenth of the features
NARROW = 0.1  # times the standard deviation of X, for half of the features
ROUNDING = 1e-9  # times the mean; smaller standard deviations are rounding errors


def warn_of_other_scale(samples, samples_val):
    """Warns if the scale of X_val differs grossly from that of X, feature by feature.

    samples, samples_val: Samples
    """
    if min(len(samples), len(samples_val)) < LEAST:
        return
    x, x_val = _some(samples), _some(samples_val)
    with np.errstate(all="ignore"):
        mean, spread, spread_val = x.mean(axis=0), x.std(axis=0), x_val.std(axis=0)
        varies = spread > ROUNDING * np.abs(mean)
        distances = np.sqrt(np.mean((x_val - mean)[:, varies] ** 2, axis=0)) / spread[varies]
    if not len(distances):
        return
    both = varies & (spread_val > ROUNDING * np.abs(mean))
    narrow = float(np.median(spread_val[both] / spread[both])) if both.any() else 1.0
    far, very_far = np.sort(distances)[[len(distances) // 2, -1 - len(distances) // 10]].tolist()
    if far > FAR:
        seen = f"half of its features lie {far:.3g} or more standard deviations from the mean of X"
    elif very_far > VERY_FAR:
        seen = f"a feature lies {very_far:.3g} standard deviations from its mean in X"
    elif narrow < NARROW:
        seen = f"half of its features vary at most {narrow:.3g} times as much as in X"
    else:
        return
    warn(
        f"X_val must be scaled like X, but {seen}. A pipeline does not transform X_val. Pass "
        "pipeline[:-1].transform(X_val), with the steps before the network fitted to X.",
        TrainingWarning,
    )


def _some(samples):
    """Returns evenly spaced rows of Samples as a flat, dense array of float64."""
    n, width = samples.x.shape[0], int(np.prod(samples.x.shape[1:]))
    step = max(1, -(-n // max(LEAST, min(ROWS, NUMBERS // width))))
    x = samples.take(np.arange(0, n, step))
    x = x.toarray() if issparse(x) else x
    return x.reshape(len(x), -1).astype(np.float64)
