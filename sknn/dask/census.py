"""Counts rows, classes and weights of each block before training, and compares the blocks."""

from dataclasses import dataclass, field

import numpy as np

from sknn.estimators.inputs import checked_total
from sknn.nn.blocks import Extremes, read_ahead
from sknn.warning import warn

ONE_SIDED = 0.25  # maximum fraction of the variance of y between blocks without a warning


@dataclass
class Count:
    """The counts of one block.

    Attributes
    ----------
    n : int
        The number of rows.
    labels : list of (ndarray, ndarray)
        For each column of labels, the distinct labels and their numbers. Empty for regression.
    mean, squares : ndarray of shape (n_outputs,)
        For regression, the mean of the targets and the sum of squared deviations from it.
    weight_sum : float
        The sum of the sample weights.
    extremes : Extremes
        The largest values of the block.
    """

    n: int
    labels: list = field(default_factory=list)
    mean: np.ndarray | None = None
    squares: np.ndarray | None = None
    weight_sum: float = 0.0
    extremes: Extremes = field(default_factory=Extremes)


@dataclass
class Census:
    """The counts of all blocks.

    Attributes
    ----------
    numbers : list of int
        The numbers of the blocks that have rows.
    counts : list of Count
        The counts of these blocks.
    """

    numbers: list
    counts: list

    @classmethod
    def take(cls, count, n_blocks):
        """The Census of n_blocks blocks; count: number -> Count. Raises ValueError without rows."""
        return cls.of([one for _, one in read_ahead(count, range(n_blocks))])

    @classmethod
    def of(cls, counts):
        """The Census with the Counts of all blocks. Raises ValueError if there are no rows."""
        found = [(number, one) for number, one in enumerate(counts) if one.n]
        if not found:
            raise ValueError(
                f"X has no rows in any of its {len(counts)} partitions, while a minimum of 1 is "
                "required. Check the filters that were applied to X."
            )
        numbers, counts = zip(*found, strict=True)
        return cls(list(numbers), list(counts))

    @property
    def lengths(self):
        """The number of rows of each block, (n_blocks,)."""
        return np.array([count.n for count in self.counts])

    def groups(self, n):
        """Divides the blocks into n groups with about equal numbers of rows.

        Returns the ascending block numbers of each group. The largest remaining block always goes
        to the group with the fewest rows.
        """
        groups, sizes = [[] for _ in range(n)], np.zeros(n, int)
        for number in np.argsort(-self.lengths, kind="stable"):
            smallest = int(np.argmin(sizes))
            groups[smallest].append(int(number))
            sizes[smallest] += self.lengths[number]
        return [sorted(group) for group in groups]

    @property
    def extremes(self):
        """The Extremes of all rows."""
        each = [count.extremes for count in self.counts]
        least = [one.weight for one in each if one.weight is not None]
        return Extremes(
            max(one.x for one in each), max(one.y for one in each), min(least, default=None)
        )

    @property
    def weight_sum(self):
        """The sum of the sample weights, or the number of rows if there are no weights."""
        return float(sum(count.weight_sum for count in self.counts))

    def check_weights(self, dtype):
        """Raises ValueError if it is impossible to divide by the sum of all weights."""
        checked_total("sample_weight", np.array([self.weight_sum], dtype))

    def classes(self):
        """The distinct labels of each column in ascending order."""
        columns = zip(*(count.labels for count in self.counts), strict=True)
        return [np.unique(np.concatenate([found for found, _ in column])) for column in columns]

    def numbers_of(self, classes):
        """The number of rows of each block with each label of the first column, (n_blocks, k)."""
        table = np.zeros((len(self.counts), len(classes)), int)
        for row, count in zip(table, self.counts, strict=True):
            found, n = count.labels[0]
            row[np.searchsorted(classes, found)] = n
        return table

    def examples(self):
        """A small y in which each label of each column occurs at least three times."""
        columns = self.classes()
        n = 3 * max(map(len, columns))
        y = [np.resize(classes, n) for classes in columns]
        return y[0] if len(y) == 1 else np.column_stack(y)

    def balanced(self):
        """{label: weight} for class_weight='balanced' and a single column of labels."""
        (classes,) = self.classes()
        n_each = self.numbers_of(classes).sum(axis=0)
        weights = n_each.sum() / (len(classes) * n_each)
        return dict(zip(classes.tolist(), weights.tolist(), strict=True))

    def explained(self):
        """The fraction of the variance of y between blocks, adjusted for chance, in [0, 1].

        It is the maximum over all classes or over all columns of real-valued targets.
        """
        n = self.lengths[:, None]
        if self.counts[0].labels:
            mean = self.numbers_of(self.classes()[0]) / n
            squares = n * mean * (1 - mean)
        else:
            mean = np.array([count.mean for count in self.counts])
            squares = np.array([count.squares for count in self.counts])
        between = (n * np.square(mean - (n * mean).sum(axis=0) / n.sum())).sum(axis=0)
        total = between + squares.sum(axis=0)
        share = np.divide(between, total, out=np.zeros_like(total), where=total > 0).max()
        chance = (len(n) - 1) / max(n.sum() - 1, 1)
        return max(0.0, (share - chance) / (1 - chance)) if chance < 1 else 0.0

    def warn_of_one_sided_blocks(self):
        """Warns if the blocks differ in y, for instance because the rows are sorted."""
        explained = self.explained()
        if explained > ONE_SIDED:
            warn(
                f"The blocks of X differ: the block of a row explains {explained:.0%} of the "
                "variance of y, probably because the rows are sorted. A network that sees one "
                "block after another forgets the first blocks. Store the data once with "
                "sknn.dask.scatter_rows and fit to the arrays that it returns."
            )
