"""The network inside an estimator, and the samples and targets that reach it.

Only ``look_inside`` opens pipelines, searches and transformed targets.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from sknn.estimators.base import BaseNetwork
from sknn.scikit_learn import best_estimator
from sknn.tabular.ensemble import TableNetwork


@dataclass(frozen=True)
class Inside:
    """A network and the estimators around it, from the outermost one inwards.

    Attributes
    ----------
    network : estimator instance
        The network.
    around : list
        Pipelines that end in the network, and estimators with transformed targets.
    """

    network: Any
    around: list

    @property
    def fitted(self):
        """Whether the network is fitted."""
        return hasattr(self.network, "coefs_") or hasattr(self.network, "_encoding")

    @property
    def model(self):
        """The Model of the network. Raises NotFittedError if it is not fitted."""
        return fitted_model(self.network)

    @property
    def feature_names(self):
        """The names of the columns that reach the network, or None if they are not known."""
        names = getattr(self.network, "feature_names_in_", None)
        if names is not None:
            return names
        with suppress(Exception):  # steps do not have to support names
            for step in self._steps():
                names = step.get_feature_names_out(names)
            return names
        return None

    def samples(self, X):
        """X as it reaches the network, after the fitted steps before it."""
        for step in self._steps():
            X = step.transform(X)
        return X

    def targets(self, y):
        """y as it reaches the network."""
        for outer in self.around:
            if y is not None and isinstance(outer, TransformedTargetRegressor):
                y = np.asarray(y)
                column = outer.transformer_.transform(y.reshape(len(y), -1))
                y = column[:, 0] if y.ndim == 1 and column.shape[1] == 1 else column
        return y

    def sample(self, sample):
        """One sample as it reaches the network. It can have a leading axis of length one."""
        first = next(self._steps(), None)
        if first is None or sample is None:
            return sample
        if hasattr(sample, "to_frame"):  # a row of a DataFrame
            sample = sample.to_frame().T.infer_objects()
        if not (hasattr(sample, "columns") or issparse(sample)):
            sample = np.asarray(sample)
            row = sample.size == getattr(first, "n_features_in_", None)
            sample = sample.reshape(1, -1) if row else sample[np.newaxis]
        return self.samples(sample)

    def learn(self, X, y):
        """(Inside, X, y): clones of the steps, fitted to these samples, and the transformed data.

        The network of the new Inside is a recorder of its data.
        """
        if not self.around:
            return self, X, y
        copy = _with_network(self.around, Recorder()).fit(X, y)
        inside = Inside(*_walk(copy))
        return inside, inside.network.X_, inside.network.y_

    def _steps(self):
        """The transformers before the network, in order."""
        for outer in self.around:
            if isinstance(outer, Pipeline):
                yield from (step for _, step in outer.steps[:-1] if _transforms(step))


class Recorder(BaseEstimator):
    """Replaces a network and records the data passed to its fit."""

    def fit(self, X, y=None):
        self.X_, self.y_ = X, y
        return self

    predict = fit  # TransformedTargetRegressor requires it, but never calls it


def look_inside(estimator, *, tables=False):
    """The Inside of a network, or of a Pipeline, a TransformedTargetRegressor or a fitted search.

    tables: whether a tabular estimator, which consists of several networks, is accepted. Raises
    TypeError if there is no network of this package inside, and NotFittedError for a search that
    is not fitted.
    """
    network, around = _walk(estimator)
    if not (tables and isinstance(network, TableNetwork)):
        check_network(network, around)
    return Inside(network, around)


def check_network(estimator, around=()):
    """Raises TypeError unless the estimator is a single network of this package."""
    if isinstance(estimator, TableNetwork):
        raise TypeError(
            f"estimator must be a single network, got {type(estimator).__name__}, which has "
            "several networks on encoded columns. summary shows one of them, diagnose checks how "
            "they trained, and permutation_importance of scikit-learn shows which columns matter."
        )
    if not isinstance(estimator, BaseNetwork):
        got = " in ".join(type(one).__name__ for one in (estimator, *reversed(around)))
        raise TypeError(
            "estimator must be a network of this package, or a Pipeline, a "
            f"TransformedTargetRegressor or a fitted search that contains one, got {got}. If "
            "it fitted several networks, pass one of them."
        )


def check_targets(estimator, model, rows, name="y"):
    """Raises ValueError if the number of targets is not the same as in fit."""
    wanted = model.network.shapes[-1][0] // estimator._loss().outputs_per_target
    got = rows.targets(slice(0, 1)).shape[1]
    if got != wanted:
        raise ValueError(
            f"{name} must have as many columns as in fit, {wanted}, got {got}. Pass a clone that "
            "was fitted to these targets."
        )


def fitted_model(estimator):
    """The Model of a fitted estimator of this package.

    Raises TypeError for other estimators, and NotFittedError if it is not fitted.
    """
    check_network(estimator)
    return estimator._current_model()


def _walk(estimator):
    """(the estimator inside all that can be opened, [the opened Pipelines and targets])."""
    around = []
    while True:
        estimator = best_estimator(estimator)
        if isinstance(estimator, Pipeline) and estimator.steps:
            around.append(estimator)
            estimator = estimator.steps[-1][1]
        elif isinstance(estimator, TransformedTargetRegressor):
            around.append(estimator)
            estimator = getattr(estimator, "regressor_", estimator.regressor)
        else:
            return estimator, around


def _with_network(around, network):
    """Clones of the estimators around a network, with another network inside."""
    for outer in reversed(around):
        if isinstance(outer, Pipeline):
            steps = [(name, _copy(step)) for name, step in outer.steps[:-1]]
            network = Pipeline([*steps, (outer.steps[-1][0], network)])
        else:
            network = clone(outer).set_params(regressor=network)
    return network


def _copy(step):
    return clone(step) if _transforms(step) else step


def _transforms(step):
    """Whether a step of a pipeline is not skipped."""
    return step is not None and step != "passthrough"
