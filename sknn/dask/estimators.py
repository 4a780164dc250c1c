"""The six estimators for Dask collections."""

from sknn.dask.parameters import with_cluster
from sknn.dask.tasks import DaskClassifier, DaskRegressor
from sknn.estimators import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)


@with_cluster
class DaskMLPClassifier(DaskClassifier, MLPClassifier):
    """:class:`sknn.MLPClassifier` for Dask arrays and frames larger than memory.

    ``fit`` makes one pass to count rows and classes, then trains on one block while the next one is
    read. Each epoch takes the blocks in another order and shuffles the rows of each block. At most
    two blocks are in memory. With a client its workers train together instead, each with some of
    the blocks in its memory. ``predict`` and the like are lazy.

    Parameters besides those of :class:`sknn.MLPClassifier`, keywords all, are

    - ``client``, default None: the ``distributed.Client`` whose workers train; None for the current
      one, False for this process. It is not pickled.
    - ``shards``, default None: the number of parts in which a mini-batch is computed, on as many
      workers at most. The weights depend on it, and not on the workers. None for the number of
      workers. ``batch_size='auto'`` is 200 for each shard.
    - ``local_steps``, default 1: after how many steps of its own the weights of the shards are
      averaged; with 1 every step is one of all shards together.
    - ``max_restarts``, default 3: how many epochs may be run again because a worker was lost; one
      more raises RuntimeError.

    ``n_shards_`` is the number of shards of the last fit, 1 without a client.

    Other parameters, attributes and methods are those of :class:`sknn.MLPClassifier`. X, y and
    sample_weight in ``fit`` and ``score`` are cut into the same partitions, which may be empty or
    of unknown length; a sample lies in one block. X_val and y_val are Dask collections or arrays.
    ``early_stopping=True`` without them holds out the fraction ``validation_fraction`` of each
    block, which doubles the reading. ``solver='lbfgs'``, ``checkpoint``, groups and
    splitters are refused for collections.

    Examples
    --------
    >>> import dask.array as da
    >>> from sknn.dask import DaskMLPClassifier
    >>> X = da.random.default_rng(0).normal(size=(1000, 4), chunks=(250, 4))
    >>> y = (X[:, 0] * X[:, 1] > 0).astype(int)
    >>> network = DaskMLPClassifier((20,), learning_rate_init=0.01, max_iter=30, random_state=0)
    >>> network.set_params(learning_rate="cosine").fit(X, y).score(X, y) > 0.9
    True
    >>> network.predict(X)
    dask.array<_block, shape=(1000,), dtype=int64, chunksize=(250,), chunktype=numpy.ndarray>
    """


@with_cluster
class DaskMLPRegressor(DaskRegressor, MLPRegressor):
    """:class:`sknn.MLPRegressor` for Dask arrays and frames larger than memory.

    Everything in :class:`DaskMLPClassifier` holds here too, but for classes.
    """


@with_cluster
class DaskCNNClassifier(DaskClassifier, CNNClassifier):
    """:class:`sknn.CNNClassifier` for Dask arrays larger than memory.

    Blocks are cut along the first axis alone: an image lies in one block. Everything in
    :class:`DaskMLPClassifier` holds here too.
    """


@with_cluster
class DaskCNNRegressor(DaskRegressor, CNNRegressor):
    """:class:`sknn.CNNRegressor` for Dask arrays larger than memory.

    Blocks are cut along the first axis alone: an image lies in one block. Everything in
    :class:`DaskMLPClassifier` holds here too, but for classes.
    """


@with_cluster
class DaskSequentialClassifier(DaskClassifier, SequentialClassifier):
    """:class:`sknn.SequentialClassifier` for Dask arrays and frames larger than memory.

    Everything in :class:`DaskMLPClassifier` holds here too.
    """


@with_cluster
class DaskSequentialRegressor(DaskRegressor, SequentialRegressor):
    """:class:`sknn.SequentialRegressor` for Dask arrays and frames larger than memory.

    Everything in :class:`DaskMLPClassifier` holds here too, but for classes.
    """
