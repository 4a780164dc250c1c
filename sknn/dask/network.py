"""The methods that Dask estimators override: reading, holding out, prediction and scores."""

from collections.abc import Callable
from contextlib import nullcontext
from copy import copy, deepcopy
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from sknn.dask.census import Census
from sknn.dask.crew import Crew, HeldOutShards, WorkerRows, client_for
from sknn.dask.parameters import DEFAULTS
from sknn.dask.partitions import Partitions, example
from sknn.dask.prediction import lazily
from sknn.dask.reading import BlockReader
from sknn.estimators.inputs import in_memory_class, is_collection
from sknn.estimators.reading import FLOATS, Data, one_weight_each
from sknn.nn.blocks import Blocks, HeldOutBlocks, Split, read_ahead
from sknn.nn.optimizers import SGD
from sknn.nn.ranges import plain
from sknn.nn.streams import new_seed
from sknn.warning import warn


class DaskNetwork:
    """Fits to Dask collections and predicts for them block by block, without loading them.

    Tasks define how scores are accumulated (``_score_of_blocks``, ``_sums_of_scores``). Samples in
    memory are passed on to the in-memory estimator.
    """

    _sums_of_scores: Callable

    def to_local(self) -> Any:
        """Return the in-memory estimator with the same parameters and weights.

        Returns
        -------
        estimator : object
            An estimator of ``sknn``, for instance a :class:`sknn.MLPClassifier`. It does not share
            any data with this estimator.
        """
        local = in_memory_class(self)
        local = local.__new__(local)
        state = deepcopy(self.__getstate__())
        local.__setstate__({name: state[name] for name in state if name not in DEFAULTS})
        return local

    def __getstate__(self):
        """Leaves out the client, which belongs to this process."""
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self):
        cloned = super(DaskNetwork, copy(self)).__sklearn_clone__()
        cloned.client = self.client
        return cloned

    def transform(self, X: Any, layer: int = -1) -> np.ndarray | Any:
        """Compute the outputs of a hidden layer, for instance as features for another model.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The input samples.
        layer : int, default=-1
            Index of the hidden layer, starting from 0. Negative indices count from the last hidden
            layer.

        Returns
        -------
        activations : array or DataFrame of shape (n_samples, n_units)
            The outputs of the hidden layer after its activation. For a Dask collection, the result
            is a lazy Dask collection.
        """
        if not is_collection(X):
            return super().transform(X, layer=layer)
        return self._lazily("transform", X, layer=layer)

    def predict(self, X: Any) -> Any:
        """Predict class labels or target values.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The input samples.

        Returns
        -------
        y : array, Series or DataFrame of shape (n_samples,) or (n_samples, n_outputs)
            The predictions. For a Dask collection, the result is lazy. For a DataFrame, it has the
            same index.
        """
        if not is_collection(X):
            return super().predict(X)
        return self._lazily("predict", X)

    def _lazily(self, method, X, **settings):
        return lazily(self.to_local(), method, X, **settings)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of a classifier or R2 of a regressor, computed block by block.

        Parameters
        ----------
        X : {Dask array, Dask DataFrame, array-like} of shape (n_samples, n_features)
            The test samples.
        y : {Dask array, Dask Series, Dask DataFrame, array-like}
            The true labels or target values for X, with the same partitions as X.
        sample_weight : {Dask array, Dask Series, array-like} of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            The same score as that of the in-memory estimator.
        """
        if not is_collection(X):
            return super().score(X, y, sample_weight)
        partitions, local = Partitions.of(X, y, sample_weight), self.to_local()
        score, add = self._sums_of_scores(local)
        for _, (X, y, weight) in read_ahead(partitions.compute, range(len(partitions))):
            y = np.asarray(y)
            if weight is not None:
                weight = one_weight_each(weight, y, FLOATS, positive=False, zeros=True)
            if len(y):
                add(X, y, weight)
        return score.value()

    def _read(self, X, y, sample_weight=None, *, model=None, learn=False, **how):
        """Returns Data of collections after one pass over them. Arrays are read as usual."""
        if not any(map(is_collection, (X, y, sample_weight))):
            return super()._read(X, y, sample_weight, model=model, learn=learn, **how)
        name = "X_val" if how.get("validates") else "X"
        if not is_collection(X):
            raise ValueError(
                f"{name} must be a Dask collection if y or sample_weight is one, got "
                f"{type(X).__name__}. Pass y.compute(), or dask.array.from_array({name}, "
                "chunks=(y.chunks[0], -1))."
            )
        self._refuse_for_blocks()
        client = client_for(self.client)
        crew = None
        if client is not None:
            crew = Crew(client, self.max_restarts, self.local_steps)
        return self._read_blocks(X, y, sample_weight, crew, model, learn, name, **how)

    def _read_blocks(
        self, X, y, sample_weight, crew, model, learn, name, some=False, validates=False
    ):
        """Returns Data whose rows are Blocks, or WorkerRows if there is a Crew."""
        partitions = Partitions.of(X, y, sample_weight)
        sample = example(X)
        known = model
        if model is None:
            sample, _ = self._validated(sample, np.zeros(len(sample)), self._dtypes(None), True)
            known = SimpleNamespace(dtype=np.dtype(self._computing_dtype(sample, None)))
        reader = BlockReader(self, partitions, known, name)
        if crew:
            census = Census.of(crew.counts(reader))
        else:
            census = Census.take(reader.count, len(partitions))
        if sample_weight is not None:
            census.check_weights(known.dtype)
        if not self._numeric_targets:
            self._learn(census.examples(), learn, some)
            reader = BlockReader(self, partitions, known, name)
            self._weigh_classes(reader.estimator, census)
        reader.numbers, reader.validates = census.numbers, validates
        told = {
            "dtype": known.dtype,
            "example": self._example_of_targets(census, known.dtype),
            "weight_sum": census.weight_sum,
            "extremes": census.extremes,
        }
        if crew:
            if not validates:
                crew.divide(self.shards, len(census.numbers))
            groups = census.groups(min(crew.n_shards, len(census.numbers)))
            rows = WorkerRows(crew, reader, groups, census.lengths, **told)
        else:
            rows = Blocks(reader, census.lengths, **told)
        if not validates and rows.n_shards == 1:
            census.warn_of_one_sided_blocks()
        return Data(X, y, sample_weight, rows)

    def _run_fit(self, fit, watch):
        crew = getattr(fit.rows, "crew", None)
        self.n_shards_ = fit.rows.n_shards
        averages = crew is not None and self.local_steps > 1 and self.n_shards_ > 1
        if averages and not isinstance(fit.run.optimizer, SGD):
            warn(
                f"local_steps={self.local_steps!r} averages the moments of "
                f"{type(fit.run.optimizer).__name__.lower()}, which come from gradients of single "
                "shards, so the network learns worse. Use solver='sgd', or local_steps=1."
            )
        with nullcontext() if crew is None else crew.at_work(fit, watch):
            return super()._run_fit(fit, watch)

    def _example_of_targets(self, census, dtype):
        """Returns an encoded target, (1, n_outputs)."""
        if self._numeric_targets:
            return census.counts[0].mean[None].astype(dtype)
        targets, codebook = self._encode(census.examples()[:1], dtype)
        return targets if codebook is None else codebook[targets]

    def _weigh_classes(self, reader, census):
        """Sets the class weights that depend on all labels on the estimator that reads blocks."""
        if not isinstance(self.class_weight, str | list):
            return
        several = self.class_weight if isinstance(self.class_weight, list) else [self.class_weight]
        if not any(isinstance(one, str) for one in several):
            return
        if len(census.counts[0].labels) > 1:
            raise ValueError(
                f"class_weight={self.class_weight!r} requires a single column of labels if y is a "
                "Dask collection. Pass a list with a dict for each column."
            )
        reader.class_weight = census.balanced()

    def _refuse_for_blocks(self):
        """Raises ValueError on settings that require all rows in memory."""
        if self.solver == "lbfgs":
            raise ValueError(
                "solver='lbfgs' requires all data in memory, got a Dask collection. Use "
                "solver='adam', or pass X.compute()."
            )
        if self.checkpoint is not None:
            raise ValueError(
                f"checkpoint={self.checkpoint!r} requires arrays in memory, got a Dask collection. "
                "Set checkpoint=None, or fit a few epochs at a time with warm_start=True and save "
                "the estimator in between."
            )

    def _hold_out(self, model, data, given, groups, *args):
        X_val, y_val, weight_val = given
        streams = isinstance(data.rows, Blocks)
        if streams and model.network.adapts:
            raise ValueError(
                "UnitVariance() and ThroughRows() compute initial weights and biases from training "
                "rows in memory, got a Dask collection. Choose another weight_init and bias_init, "
                "or pass X.compute()."
            )
        if streams and groups is not None:
            raise ValueError(
                "groups require all samples in memory, got a Dask collection. Hold out groups "
                "manually and pass them as X_val and y_val."
            )
        if is_collection(X_val):
            if y_val is None:
                raise ValueError("X_val was passed without y_val. Pass both or neither.")
            self._refuse_scorer()
            self._refuse_for_blocks()
            crew = data.rows.crew if isinstance(data.rows, WorkerRows) else None
            given = X_val, y_val, weight_val, crew, model, False, "X_val"
            held = self._read_blocks(*given, some=True, validates=True).rows
            return data.rows, None, self._held_out(held)
        if not streams or X_val is not None or y_val is not None or not self.early_stopping:
            return super()._hold_out(model, data, given, groups, *args)
        fraction = self.validation_fraction
        if hasattr(fraction, "split") or plain(fraction) in (0, False):
            raise ValueError(
                "validation_fraction must be a number between 0 and 1 if X is a Dask collection "
                f"and early_stopping=True, got {fraction!r}. Set it to 0.1, or pass X_val and "
                "y_val to fit."
            )
        self._refuse_scorer()
        random_state, *_ = args
        split = partial(Split, data.rows.lengths, plain(fraction), new_seed(random_state))
        training, held_out = split(held_out=False), split(held_out=True)
        if held_out.lengths.sum() < 2 or training.lengths.sum() < 1:
            raise ValueError(
                f"validation_fraction={fraction!r} of {len(data.rows)} samples leaves "
                f"{training.lengths.sum()} for training and {held_out.lengths.sum()} for "
                "validation. Change it, or pass X_val and y_val to fit."
            )
        held = data.rows.part(held_out, data.rows.read.validating())
        return data.rows.part(training), None, self._held_out(held)

    def _held_out(self, rows):
        """Returns the held-out samples for Blocks or WorkerRows."""
        score = self._score_of_blocks()
        if not isinstance(rows, WorkerRows):
            return HeldOutBlocks(rows, score)
        rows.crew.held_out, rows.crew.score = rows.futures, score
        return HeldOutShards(rows.crew)

    def _refuse_scorer(self):
        if self.scoring not in (None, "loss"):
            raise ValueError(
                f"scoring={self.scoring!r} requires all validation samples at once, but they are "
                "read in blocks. Pass X_val and y_val as arrays, or use scoring=None or 'loss'."
            )
