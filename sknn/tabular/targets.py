"""The target of a table: checked labels or numbers, and numbers scaled for the members."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite, column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from sknn.estimators.inputs import refuse_no_labels, refuse_no_numbers
from sknn.estimators.labels import check_class_weights


def checked_labels(y):
    """y as a column of labels, (n,). Raises ValueError if it is anything else."""
    refuse_no_labels(y=y)
    if not hasattr(y, "dtype"):
        y = np.asarray(y)
    if getattr(y, "ndim", 1) == 2 and y.shape[1] > 1:
        raise ValueError(
            f"y must be one column of labels, got the shape {y.shape}. Fit one estimator for "
            "each column, for instance with sklearn.multioutput.MultiOutputClassifier."
        )
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    check_classification_targets(y)
    return y


def checked_numbers(y):
    """y as a column of float64, (n,). Raises ValueError if it does not hold finite numbers."""
    refuse_no_numbers(y=y)
    y = y if issparse(y) else np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"y must be one column of numbers, got the shape {y.shape}. Fit one estimator for "
            "each column, for instance with sklearn.multioutput.MultiOutputRegressor."
        )
    y = column_or_1d(y, dtype=np.float64, warn=True)
    if not np.isfinite(y).all():
        kind = "NaN" if np.isnan(y).any() else "infinity"
        raise ValueError(f"Input y contains {kind}. Leave out those samples.")
    return y


def weight_by_class(class_weight, classes, codes, weight):
    """The weight of each row, multiplied by that of its class; None if all weights are equal.

    codes: (n,) class numbers    weight: (n,) or None
    """
    if class_weight is None:
        return weight
    if class_weight == "balanced":
        counts = np.bincount(codes, weights=weight)
        own = (counts.sum() / (len(counts) * counts))[codes]
    else:
        check_class_weights(class_weight)
        y = classes[codes]
        own = compute_class_weight(class_weight, classes=classes, y=y)[codes]
    if not (own > 0).all():
        raise ValueError(
            f"class_weight must be positive, got {class_weight!r}. Leave out the samples "
            "of classes that do not matter."
        )
    return own if weight is None else own * weight


@dataclass(frozen=True)
class Scaling:
    """Scales targets for the members, (y - mean) / scale, and predictions back, clipped.

    Attributes
    ----------
    mean, scale : float
        Mean and standard deviation of y in ``fit``; for a loss whose predictions are positive, 0
        and the mean. A scale of 0 is replaced by 1.
    least, most : float
        The range of y in ``fit``.
    """

    mean: float
    scale: float
    least: float
    most: float

    @classmethod
    def learn(cls, y, positive=False):
        """The Scaling of y; positive: whether predictions are positive, so that 0 must stay 0."""
        least, most = float(y.min()), float(y.max())
        size = max(abs(least), abs(most)) or 1.0
        mean = float((y / size).mean() * size)  # sums of large numbers can overflow
        scale = mean if positive else float((y / size).std() * size)
        return cls(0.0 if positive else mean, scale if scale > 0 else 1.0, least, most)

    def there(self, y):
        """Targets on the scale of the members, in float64."""
        return y / self.scale - self.mean / self.scale

    def back(self, predicted):
        """Predictions on the scale of y, clipped to its range."""
        y = predicted.astype(np.float64) * self.scale + self.mean
        return np.clip(y, self.least, self.most)

    def within(self, predicted):
        """Predictions on the scale of the members, clipped to the range of y."""
        return np.clip(predicted.astype(float), self.there(self.least), self.there(self.most))
