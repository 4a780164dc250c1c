"""One step of training, with all intermediate values."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse

from sknn.estimators.solvers import new_optimizer, new_schedule
from sknn.inspection.networks import check_targets, look_inside
from sknn.inspection.tracing.records import LayerTrace, Trace
from sknn.inspection.tracing.stages import stages_of
from sknn.nn.gradient import Gradient
from sknn.nn.passes import weight_column
from sknn.nn.schedules import Progress
from sknn.typing import Samples


def trace(
    estimator: Any, X: Samples, y: ArrayLike, sample_weight: ArrayLike | None = None
) -> Trace:
    """Run one step of training on the given samples, and return all values that it computes.

    The step consists of one forward and one backward pass over the samples as one batch, and one
    step of the estimator's solver in its initial state. The estimator is not modified. Layers run
    one after the other, in the dtype of training. As in training, batch normalisation uses the
    statistics of the samples. As in prediction, dropout is off, and images are not augmented.

    Parameters
    ----------
    estimator : estimator instance
        A fitted network of this package, or a Pipeline, a TransformedTargetRegressor or a search
        that contains one. X and y are transformed first. ``coefs_`` and ``intercepts_`` can have
        been replaced.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), or images
        The samples. All values computed for them are kept, so pass only a few.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets of the samples.
    sample_weight : array-like of shape (n_samples,), default=None
        Non-negative weights of the samples, which are multiplied by class_weight as in fit.

    Returns
    -------
    trace : Trace
        The values of the step. ``print(trace)`` shows them as a page.

    Examples
    --------
    >>> import numpy as np
    >>> from sknn import MLPClassifier
    >>> from sknn.inspection import trace
    >>> X, y = np.array([[0.1, 0.2, 0.7]]), [0]
    >>> clf = MLPClassifier((3,), solver="sgd", learning_rate_init=0.01)
    >>> clf = clf.partial_fit(X, y, classes=[0, 1, 2])
    >>> clf.coefs_ = [np.full((3, 3), 0.1), np.eye(3)]
    >>> clf.intercepts_ = [np.zeros(3), np.ones(3)]
    >>> step = trace(clf, X, y)
    >>> step["dense1"].z
    array([[0.1, 0.1, 0.1]])
    >>> step["dense2"].delta.round(4)  # softmax(z) - y
    array([[-0.6667,  0.3333,  0.3333]])
    """
    inside = look_inside(estimator)
    model, estimator = inside.model, inside.network
    X, y = inside.samples(X), inside.targets(y)
    estimator._validate_params()  # they can have changed since the fit
    # lbfgs works in float64 for any dtype of the weights.
    dtype = np.dtype(np.float64) if estimator.solver == "lbfgs" else model.dtype
    batch = _batch(estimator, model, X, y, sample_weight, dtype)
    network, loss = model.network, estimator._training_loss()
    theta, state = model.theta.astype(dtype), model.state.astype(dtype)  # copies
    gradient = Gradient(network, loss, theta, state)
    params, grads = network.layout.views(theta), network.layout.views(gradient.grad)
    stages = stages_of(estimator, network, params, network.state_layout.views(state))
    layers = [
        LayerTrace(
            stage.row.name,
            stage.row.description,
            stage.layer,
            stage.activation,
            {item.name: item for item in declared},
            _copied(stage.params),
        )
        for stage, declared in zip(stages, network.layout.declared, strict=True)
    ]

    with np.errstate(all="ignore"):
        z = _forward(stages, layers, batch)
        dz = np.empty_like(z)
        total = loss.sum_and_gradient(batch.y, z, batch.weight, out=dz)
        data_loss, scale = loss.finish(total, batch.weight_sum)
        dz *= scale
        _backward(stages, layers, grads, dz)
        share = 1 / batch.weight_sum
        l2_penalty = gradient.add_penalty(float(estimator.alpha) * share, 0.0)
        l1_penalty = gradient.add_penalty(0.0, float(estimator.l1) * share)
        for layer, own in zip(layers, grads, strict=True):
            layer.grads = _copied(own)
        norm = gradient.norm()
        rate, optimizer = _step(estimator, gradient, norm)
    if optimizer is not None:
        for layer, own in zip(layers, params, strict=True):
            layer.after = _copied(own)
    return Trace(
        estimator=type(estimator).__name__,
        layers=layers,
        y=np.array(batch.y),
        weight=None if batch.weight is None else _of_samples(batch.weight),
        weight_sum=batch.weight_sum,
        prediction=model.loss.predict(z),
        loss_function=loss,
        data_loss=data_loss,
        l2_penalty=l2_penalty,
        l1_penalty=l1_penalty,
        alpha=estimator.alpha,
        l1=estimator.l1,
        gradient_norm=norm,
        max_grad_norm=None if optimizer is None else estimator.max_grad_norm,
        learning_rate=rate,
        optimizer=optimizer,
        augmented=getattr(estimator, "augment", None) is not None,
    )


def _batch(estimator, model, X, y, sample_weight, dtype):
    """All samples as one Batch, as in training."""
    data = estimator._read(X, y, sample_weight, model=model, some=True)
    check_targets(estimator, model, data.rows)
    batch = data.rows.astype(dtype).take(slice(None))
    if batch.weight_sum == 0:
        raise ValueError(
            "sample_weight times class_weight is zero for all samples, so there is no loss to "
            "differentiate. Pass a positive weight for at least one sample."
        )
    batch.x = batch.x.toarray() if issparse(batch.x) else np.array(batch.x)
    return batch


def _forward(stages, layers, batch):
    """Runs the stages, stores x, z and a of the layers, and returns the raw outputs."""
    x, weight = batch.x, weight_column(batch.weight)
    for stage, layer in zip(stages, layers, strict=True):
        layer.x = x
        layer.z, layer.a = stage.forward(x, True, weight)
        x = layer.a
    return x


def _backward(stages, layers, grads, da):
    """Runs the stages backward, and stores da, delta and dx of the layers, and grads."""
    for stage, layer, own in reversed(list(zip(stages, layers, grads, strict=True))):
        layer.da = da
        layer.delta, layer.dx = stage.backward(da, own)
        da = layer.dx


def _step(estimator, gradient, norm):
    """One step of a new optimiser, in place on theta. Returns (learning rate, Optimizer)."""
    if estimator.solver == "lbfgs":
        return None, None
    if estimator.max_grad_norm is not None:
        gradient.clip(norm, estimator.max_grad_norm)
    progress = Progress(total_steps=estimator.max_iter)  # with one step per epoch
    rate = new_schedule(estimator).rate(progress, float(estimator.learning_rate_init))
    theta, grad = gradient.trainable
    optimizer = new_optimizer(estimator)
    rates = rate if gradient.rates is None else rate * gradient.rates
    moments = optimizer.start(theta, gradient.network.layout.n_decayed)
    optimizer.step(theta, grad, rates, moments)
    return rate, optimizer


def _of_samples(weight):
    """A copy of weights: (n,), or (n, n_outputs) if each output has its own."""
    return weight[:, 0].copy() if weight.shape[1] == 1 else weight.copy()


def _copied(arrays):
    return {name: array.copy() for name, array in arrays.items()}
