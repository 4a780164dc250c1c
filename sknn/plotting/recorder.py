"""Records the flow of gradients while a network trains."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse

from sknn.inspection.networks import fitted_model
from sknn.nn.activations import ReLU
from sknn.nn.gradient import Gradient
from sknn.plotting.layerwise import LayerByLayer
from sknn.plotting.panels import check_count
from sknn.typing import Samples

PART = 32  # number of samples passed through the network at a time to find dead units


class GradientFlow:
    """A callback that records the gradient of the weights of each layer, and dead ReLU units.

    Set it with ``set_callbacks`` of the network itself, also if the network is part of a pipeline
    or a search. Before training and after each epoch, it examines some evenly spaced training
    samples, always the same ones. Gradients are those of the loss without penalties, as in
    training: with dropout and batch statistics. A unit is dead if its ReLU returns 0 for all of
    these samples. A channel of a convolution is dead if this is the case for all pixels.

    A new fit clears the records. ``partial_fit`` adds to them, as does ``fit`` with
    ``warm_start=True``.

    Parameters
    ----------
    n_samples : int, default=256
        The maximum number of samples to examine. With more samples, fewer units count as dead, and
        more memory is used, as for a mini-batch of this size.

    Attributes
    ----------
    layer_names_ : list of str
        The names of the layers with weights, from the input on.
    epochs_ : list of int
        The number of completed epochs at each record, from 0. With lbfgs, iterations are counted.
    gradient_norms_, dead_shares_ : list of ndarray of shape (n_layers,)
        The Euclidean norm of the gradient of the weights of each layer, and the fraction of its
        units that are dead, or nan without ReLU.

    See Also
    --------
    GradientFlowDisplay : Draws the records.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknn import MLPClassifier
    >>> from sknn.plotting import GradientFlow
    >>> X, y = load_digits(return_X_y=True)
    >>> flow = GradientFlow()
    >>> clf = MLPClassifier((20, 20), tol=1e-2, random_state=0).set_callbacks(flow).fit(X / 16, y)
    >>> flow.layer_names_
    ['dense1', 'dense2', 'dense3']
    >>> len(flow.gradient_norms_) == clf.n_iter_ + 1
    True
    """

    def __init__(self, n_samples: int = 256) -> None:
        check_count("n_samples", n_samples)
        self.n_samples = n_samples
        self.epochs_: list[int] = []
        self.gradient_norms_: list[np.ndarray] = []
        self.dead_shares_: list[np.ndarray] = []

    def setup(self, estimator: Any, context: Any) -> None:
        """Called by the estimator at the start of a fit. Does nothing."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Called by the estimator at the end of a fit. Releases the data."""
        self.__dict__.pop("_probe", None)

    def on_fit_task_begin(
        self, estimator: Any, context: Any, *, X: Samples, y: ArrayLike, metadata: Any
    ) -> None:
        """Called by the estimator before the fit and before each epoch."""
        if context.task_name == "epoch":
            return
        weight = (metadata or {}).get("sample_weight")
        self._probe = Probe(estimator, X, y, weight, self.n_samples)
        if not estimator.history_["loss"] or not self.epochs_:
            self.layer_names_ = self._probe.names
            self.epochs_, self.gradient_norms_, self.dead_shares_ = [], [], []
            self._record(estimator)

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Called by the estimator after each epoch and after the fit."""
        # An interrupted epoch has no row in the history.
        if context.task_name == "epoch" and len(estimator.history_["loss"]) > self.epochs_[-1]:
            self._record(estimator)

    def _record(self, estimator):
        self.epochs_.append(len(estimator.history_["loss"]))
        self.gradient_norms_.append(self._probe.gradient_norms())
        self.dead_shares_.append(self._probe.dead_shares())


class Probe:
    """Some samples that are passed through the network of an estimator while it trains.

    Attributes
    ----------
    names : list of str
        The names of the layers with weights.
    """

    def __init__(self, estimator, X, y, sample_weight, n_samples):
        model = fitted_model(estimator)
        n = X.shape[0]
        at = np.unique(np.linspace(0, n - 1, min(n, n_samples)).astype(int))
        weight = estimator._loss_weight(y, sample_weight)
        self.batch = estimator._rows(X, y, weight, model.dtype).take(at)
        network = model.network
        state = model.state.copy()  # batch normalisation would change that of the model
        self.gradient = Gradient(network, estimator._training_loss(), model.theta, state)
        self.grads = network.layout.views(self.gradient.grad)
        self.passes = LayerByLayer(estimator, model)
        weights = enumerate(network.layout.with_role("weight"))
        self.weights = {i: [item.name for item in own] for i, own in weights if own}
        self.weighted = list(self.weights)
        self.names = [self.passes.names[i] for i in self.weighted]

    def gradient_norms(self):
        """The Euclidean norm of the gradient of the weights of each layer."""
        self.gradient.mean(self.batch)  # the position never changes, so dropout reuses its mask
        return np.array([norm_of(self.grads[i], names) for i, names in self.weights.items()])

    def dead_shares(self):
        """The fraction of units in each layer that are 0 for all samples, or nan without ReLU."""
        x, stages, alive = self.batch.x, self.passes.stages, {}
        for start in range(0, x.shape[0], PART):
            part = x[start : start + PART]
            part = part.toarray() if issparse(part) else part
            for index, y in enumerate(self.passes.forward(part)):
                if isinstance(stages[index].activation, ReLU):
                    active = (y > 0).reshape(-1, y.shape[-1]).any(axis=0)
                    alive[index] = active | alive.get(index, False)
        shares = np.full(len(self.weighted), np.nan)
        for index, active in alive.items():
            # A separate activation layer belongs to the weights before it, if there are any.
            row = np.searchsorted(self.weighted, index, side="right") - 1
            if row >= 0:
                shares[row] = 1 - active.mean()
        return shares


def norm_of(grads, names):
    """The joint Euclidean norm of these arrays."""
    norms = [np.linalg.norm(grads[name]) for name in names]
    return norms[0] if len(norms) == 1 else np.linalg.norm(norms)
