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
    """:class:`sknn.MLPClassifier` for Dask arrays and DataFrames that are larger than memory.

    ``fit`` first makes one pass over the data to count rows and classes. It then trains on one
    block while it reads the next one, so that at most two blocks are in memory. A block is a chunk
    of rows of an array, or a partition of a DataFrame. In every epoch the order of the blocks
    changes, and the rows of each block are shuffled. With a client, its workers train together
    instead, and each worker keeps some of the blocks in memory. ``predict`` and the other
    prediction methods are lazy.

    In addition to the parameters of :class:`sknn.MLPClassifier`, there are the following
    keyword-only parameters:

    - ``client``, default=None: The ``distributed.Client`` whose workers train. None means the
      current client, and False means training in this process. The client is not pickled.
    - ``shards``, default=None: The number of parts into which each mini-batch is divided. The parts
      are computed on at most as many workers. The weights depend on the number of shards, but not
      on the number of workers. None means the number of workers. ``batch_size='auto'`` means 200
      samples per shard.
    - ``local_steps``, default=1: The number of steps that each shard makes on its own before the
      weights of all shards are averaged. With 1, every step is made by all shards together.
    - ``max_restarts``, default=3: The maximum number of epochs that are repeated because a worker
      was lost. Losing another worker after that raises a RuntimeError.

    The attribute ``n_shards_`` is the number of shards in the last fit. It is 1 without a client.

    All other parameters, attributes and methods are those of :class:`sknn.MLPClassifier`. The X, y
    and sample_weight passed to ``fit`` and ``score`` must be divided into the same blocks. Blocks
    can be empty or of unknown length, but every sample must lie within a single block. X_val and
    y_val can be Dask collections or arrays. Without them, ``early_stopping=True`` holds out the
    fraction ``validation_fraction`` of each block, and every block is then read twice per epoch.
    ``solver='lbfgs'``, ``checkpoint``, ``groups`` and splitters are not supported for collections.

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
    """:class:`sknn.MLPRegressor` for Dask arrays and DataFrames that are larger than memory.

    Except for the parts on classes, the description of :class:`DaskMLPClassifier` applies.
    """


@with_cluster
class DaskCNNClassifier(DaskClassifier, CNNClassifier):
    """:class:`sknn.CNNClassifier` for Dask arrays that are larger than memory.

    Arrays must be divided into blocks only along the first axis, so that every image lies within a
    single block. Otherwise, the description of :class:`DaskMLPClassifier` applies.
    """


@with_cluster
class DaskCNNRegressor(DaskRegressor, CNNRegressor):
    """:class:`sknn.CNNRegressor` for Dask arrays that are larger than memory.

    Arrays must be divided into blocks only along the first axis, so that every image lies within a
    single block. Otherwise, and except for the parts on classes, the description of
    :class:`DaskMLPClassifier` applies.
    """


@with_cluster
class DaskSequentialClassifier(DaskClassifier, SequentialClassifier):
    """:class:`sknn.SequentialClassifier` for Dask arrays and DataFrames larger than memory.

    The description of :class:`DaskMLPClassifier` applies.
    """


@with_cluster
class DaskSequentialRegressor(DaskRegressor, SequentialRegressor):
    """:class:`sknn.SequentialRegressor` for Dask arrays and DataFrames larger than memory.

    Except for the parts on classes, the description of :class:`DaskMLPClassifier` applies.
    """
