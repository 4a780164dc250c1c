"""A split that holds out the newest rows, for rows in time order."""

from math import ceil
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sknn.nn.ranges import is_number
from sknn.scikit_learn import num_samples


class NewestSplit(BaseCrossValidator):
    """Single split that holds out the newest rows and trains on all older rows.

    Pass it as ``validation_fraction`` of an estimator or as ``cv`` of a search. The rows must be in
    time order, with the oldest row first.

    Parameters
    ----------
    test_size : float or int, default=0.2
        If float, the fraction of the rows to hold out, between 0 and 1; their number is rounded up.
        If int, the number of rows to hold out.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : Several splits, each tested on newer rows.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn.model_selection import NewestSplit
    >>> for train, test in NewestSplit(0.2).split(np.zeros((10, 1))):
    ...     print(train, test)
    [0 1 2 3 4 5 6 7] [8 9]
    """

    def __init__(self, test_size: Any = 0.2) -> None:
        self.test_size = test_size

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits, which is 1.

        Parameters
        ----------
        X, y, groups : object
            Ignored, present for API consistency.

        Returns
        -------
        n_splits : int
            The number of splits, 1.
        """
        return 1

    def _iter_test_indices(self, X=None, y=None, groups=None):
        n = num_samples(X)
        n_test = self._n_test(n)
        if not 0 < n_test < n:
            raise ValueError(
                "test_size must be a fraction between 0 and 1, or a number of rows that leaves at "
                f"least one of the {n} rows for training, got {self.test_size!r}."
            )
        yield np.arange(n - n_test, n)

    def _n_test(self, n):
        if not is_number(self.test_size):
            return 0
        if isinstance(self.test_size, (int, np.integer)):
            return int(self.test_size)
        return ceil(self.test_size * n) if 0 < self.test_size < 1 else 0
