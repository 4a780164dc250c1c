"""The newest rows held out, for rows in time order."""

from math import ceil
from typing import Any

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sknn.nn.ranges import is_number
from sknn.scikit_learn import num_samples


class NewestSplit(BaseCrossValidator):
    """A single split of rows in time order: the newest are held out, all older ones train.

    Pass it as ``validation_fraction`` of an estimator, or as ``cv`` of a search. Rows must be in
    time order, the oldest first.

    Parameters
    ----------
    test_size : float or int, default=0.2
        Fraction of the rows that are held out, between 0 and 1, rounded up; or their number.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : Several splits, each on newer rows than the last.

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
        """The number of splits, 1.

        Parameters
        ----------
        X, y, groups : object
            Ignored, exist for compatibility.

        Returns
        -------
        n_splits : int
            1.
        """
        return 1

    def _iter_test_indices(self, X=None, y=None, groups=None):
        n = num_samples(X)
        n_test = self._n_test(n)
        if not 0 < n_test < n:
            raise ValueError(
                "test_size must be a fraction between 0 and 1, or a number of rows that leaves "
                f"some of the {n} to train on, got {self.test_size!r}."
            )
        yield np.arange(n - n_test, n)

    def _n_test(self, n):
        if not is_number(self.test_size):
            return 0
        if isinstance(self.test_size, (int, np.integer)):
            return int(self.test_size)
        return ceil(self.test_size * n) if 0 < self.test_size < 1 else 0
