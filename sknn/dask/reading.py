"""Computes, checks and encodes blocks of Dask collections in the same way as arrays."""

from contextlib import contextmanager
from copy import copy

import numpy as np
from sklearn import config_context, get_config

from sknn.dask.census import Count
from sknn.estimators.reading import one_weight_each
from sknn.nn.batches import largest
from sknn.nn.blocks import Extremes
from sknn.scikit_learn import num_samples


class BlockReader:
    """Reads blocks: number of a block -> Rows.

    Parameters
    ----------
    estimator : estimator
        An estimator with known features and classes. It is copied, so that parameters that are set
        later have no effect.
    partitions : Partitions
        The blocks to read.
    known : object
        An object with the dtype to compute in.
    name : str
        The name of X in messages.
    """

    def __init__(self, estimator, partitions, known, name="X"):
        self.estimator = copy(estimator)
        self.partitions = partitions
        self.known = known
        self.name = name
        self.numbers = range(len(partitions))  # numbers of the partitions with rows
        self.validates = False
        self.config = get_config()  # every thread has its own

    def __call__(self, number):
        """Returns the Rows of a block."""
        number = self.numbers[number]
        return self.rows(number, self.partitions.compute(number))

    def rows(self, number, given):
        """Returns the Rows of a partition; given: its X, y and sample_weight in memory."""
        with self._told(number):
            how = {"some": True, "validates": self.validates, "block": True}
            return self.estimator._read(*given, model=self.known, **how).rows

    def validating(self):
        """Returns a reader for validation samples, which does not apply class weights."""
        reader = copy(self)
        reader.validates = True
        return reader

    def without_partitions(self):
        """Returns a reader that can be sent to processes with partitions in memory."""
        reader = copy(self)
        reader.partitions = None
        return reader

    def count(self, number, given=None):
        """Returns the Count of a partition; given: as in ``rows``, computed by default."""
        estimator, dtype = self.estimator, self.known.dtype
        X, y, weight = self.partitions.compute(number) if given is None else given
        if not num_samples(X) and not num_samples(y):
            return Count(0)
        with self._told(number):
            X, y = estimator._validated(X, y, estimator._dtypes(self.known), reset=False)
            weight_sum, least = float(len(y)), None
            if weight is not None:
                weight = one_weight_each(weight, X, dtype, zeros=True)
                weight_sum = weight.sum(dtype=float)
                least = float(weight[weight > 0].min(initial=np.inf))
            count = Count(len(y), weight_sum=weight_sum)
            if estimator._numeric_targets:
                y, _ = estimator._encode(estimator._learn(y, learn=False, some=True), dtype)
                count.mean = y.mean(axis=0, dtype=float)
                count.squares = np.square(y - count.mean).sum(axis=0)
            else:
                columns = y.T if y.ndim == 2 else [y]
                count.labels = [np.unique(column, return_counts=True) for column in columns]
        of_y = largest(y) if estimator._numeric_targets else 0.0
        count.extremes = Extremes(largest(X), of_y, least)
        return count

    @contextmanager
    def _told(self, number):
        """Adds the number of the partition to errors."""
        try:
            with config_context(**self.config):
                yield
        except (TypeError, ValueError) as error:
            raise ValueError(f"Partition {number} of {self.name}: {error}") from error
