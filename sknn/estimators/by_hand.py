"""Weights that were set manually on an estimator that was never fitted."""

from itertools import pairwise

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sknn.estimators.hidden_layers import hidden_sizes
from sknn.estimators.publishing import publish_by_hand
from sknn.nn.model import Model, as_weights
from sknn.nn.network import Network


def model_by_hand(estimator):
    """Returns the Model that ``coefs_``, ``intercepts_`` and the parameters define.

    The function also sets the fitted attributes that follow from the weights: n_features_in_,
    n_layers_, n_outputs_, out_activation_ and, for a classifier, its labels. The Model is not
    kept, because the arrays and parameters can change at any time before a fit.

    Raises NotFittedError if an attribute is missing, and ValueError if they are inconsistent.
    """
    _check_present(estimator)
    estimator._validate_params()
    weights = as_weights("coefs_", estimator.coefs_)
    biases = as_weights("intercepts_", estimator.intercepts_)
    shapes = [array.shape for array in weights]
    if not shapes or any(len(shape) != 2 for shape in shapes):
        raise ValueError(
            "coefs_ must be a list of arrays of shape (n_in, n_out), one for each layer, got "
            f"arrays of shapes {shapes}."
        )
    n_features, n_outputs = shapes[0][0], estimator._n_outputs_by_hand(shapes[-1][1])
    _check_shapes(estimator, n_features, n_outputs, shapes, [array.shape for array in biases])
    dtypes = [np.dtype(one) for one in estimator._dtypes(None)]
    dtype = np.result_type(*weights, *biases)
    network = Network(estimator._layers(n_outputs), (n_features,))
    start = network.initial(np.random.RandomState(0), dtype if dtype in dtypes else dtypes[0])
    model = Model(network, estimator._loss(), *start)
    model.take_weights(weights, biases)
    publish_by_hand(estimator, model)
    return model


def _check_present(estimator):
    """Raises NotFittedError if the attributes do not define a network."""
    name, present = type(estimator).__name__, vars(estimator)
    if "coefs_" not in present and "intercepts_" not in present:
        check_is_fitted(estimator, "coefs_")  # raises, as it is neither fitted nor set manually
    classes = ", classes=classes" if "classes_" in estimator._attributes_by_hand else ""
    recipe = f"partial_fit(X, y{classes})"
    if not estimator._samples_known_by_weights:
        raise NotFittedError(
            f"This {name} instance is not fitted yet, and its coefs_ and intercepts_ do not define "
            f"the shape of a sample. Call {recipe} on a new {name}, and set the weights after that."
        )
    missing = [wanted for wanted in estimator._attributes_by_hand if wanted not in present]
    if missing:
        wanted = ", ".join(estimator._attributes_by_hand)
        raise NotFittedError(
            f"This {name} instance is not fitted yet. To use weights that are set manually, set "
            f"all of {wanted}, got {' and '.join(missing)} missing. Set the missing attributes, or "
            f"call {recipe} on a new {name} and set the weights after that."
        )


def _check_shapes(estimator, n_features, n_outputs, of_weights, of_biases):
    """Raises ValueError if the arrays do not have the shapes that the parameters require."""
    hidden = hidden_sizes(estimator.hidden_layer_sizes)
    wanted = list(pairwise([n_features, *hidden, n_outputs]))
    if of_weights != wanted:
        given = tuple(n_out for _, n_out in of_weights[:-1])
        broken = [i for i, (one, other) in enumerate(pairwise(of_weights)) if one[1] != other[0]]
        if broken:
            i = broken[0]
            remedy = f"coefs_[{i + 1}] must have one row for each column of coefs_[{i}]."
        elif given != tuple(hidden):
            remedy = f"Set hidden_layer_sizes={given!r}."
        else:
            remedy = estimator._outputs_remedy
        raise ValueError(
            f"coefs_ must be arrays of shapes {wanted}, for {n_features} features, "
            f"hidden_layer_sizes={tuple(hidden)!r} and {n_outputs} output"
            f"{'s' if n_outputs > 1 else ''}, got {of_weights}. {remedy}"
        )
    wanted = [(n_out,) for _, n_out in of_weights]
    if of_biases != wanted:
        raise ValueError(
            f"intercepts_ must be arrays of shapes {wanted}, got {of_biases}. Each layer must "
            "have one bias for each column of its array in coefs_."
        )
