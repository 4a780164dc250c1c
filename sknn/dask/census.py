"""The one pass before training: rows, classes and weights of each block, and how blocks differ."""

from dataclasses import dataclass, field

import numpy as np

from sknn.estimators.inputs import checked_total
from sknn.nn.blocks import Extremes, read_ahead
from sknn.warning import warn

ONE_SIDED = 0.25  # the part of the variance of y that blocks may explain before a warning


@dataclass
class Count:
    """What one block says.

    Attributes
    ----------
    n : int
        How many rows it has.
    labels : list of (ndarray, ndarray)
        For each column of labels the distinct ones and how many there are; empty for numbers.
    mean, squares : ndarray of shape (n_outputs,)
        Of numbers: the mean, and the sum of squares about it.
    weight_sum : float
    extremes : Extremes
    """

    n: int
    labels: list = field(default_factory=list)
    mean: np.ndarray | None = None
    squares: np.ndarray | None = None
    weight_sum: float = 0.0
    extremes: Extremes = field(default_factory=Extremes)


@dataclass
class Census:
    """What all blocks say together.

    Attributes
    ----------
    numbers : list of int
        Of the blocks that have rows.
    counts : list of Count
        Those of these blocks.
    """

    numbers: list
    counts: list

    @classmethod
    def take(cls, count, n_blocks):
        """That of so many blocks; count: number -> Count. Raises ValueError without any rows."""
        return cls.of([one for _, one in read_ahead(count, range(n_blocks))])

    @classmethod
    def of(cls, counts):
        """That of the Counts of all blocks. Raises ValueError without any rows."""
        found = [(number, one) for number, one in enumerate(counts) if one.n]
        if not found:
            raise ValueError(
                f"X has no rows in any of its {len(counts)} partitions, while a minimum of 1 is "
                "required. Look into the filters that X went through."
            )
        numbers, counts = zip(*found, strict=True)
        return cls(list(numbers), list(counts))

    @property
    def lengths(self):
        """How many rows each block has, (n_blocks,)."""
        return np.array([count.n for count in self.counts])

    def groups(self, n):
        """The numbers of the blocks in n groups of about as many rows, each ascending.

        The largest block that is left goes to the group that has fewest rows.
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
        """The sum of the sample weights; without any, the number of rows."""
        return float(sum(count.weight_sum for count in self.counts))

    def check_weights(self, dtype):
        """Raises ValueError if the weights of all blocks add up to nothing to divide by."""
        checked_total("sample_weight", np.array([self.weight_sum], dtype))

    def classes(self):
        """The distinct labels of each column, ascending."""
        columns = zip(*(count.labels for count in self.counts), strict=True)
        return [np.unique(np.concatenate([found for found, _ in column])) for column in columns]

    def numbers_of(self, classes):
        """How many rows of each block have each label of the first column, (n_blocks, k)."""
        table = np.zeros((len(self.counts), len(classes)), int)
        for row, count in zip(table, self.counts, strict=True):
            found, n = count.labels[0]
            row[np.searchsorted(classes, found)] = n
        return table

    def examples(self):
        """y in which each label of each column occurs three times or more: few rows for all."""
        columns = self.classes()
        n = 3 * max(map(len, columns))
        y = [np.resize(classes, n) for classes in columns]
        return y[0] if len(y) == 1 else np.column_stack(y)

    def balanced(self):
        """{label: weight} that class_weight='balanced' stands for, of labels in one column."""
        (classes,) = self.classes()
        n_each = self.numbers_of(classes).sum(axis=0)
        weights = n_each.sum() / (len(classes) * n_each)
        return dict(zip(classes.tolist(), weights.tolist(), strict=True))

    def explained(self):
        """The part of the variance of y that lies between blocks, beyond chance; in [0, 1].

        The largest of all classes, or columns of numbers.
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
        """Warns where blocks differ in y, as where rows are sorted."""
        explained = self.explained()
        if explained > ONE_SIDED:
            warn(
                f"The blocks of X differ: the block of a row explains {explained:.0%} of the "
                "variance of y, as where rows are sorted. A network that sees one block after the "
                "other forgets the first. Store the data once with sknn.dask.scatter_rows and fit "
                "what it returns."
            )
