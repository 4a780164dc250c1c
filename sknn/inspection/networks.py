"""The networks that can be looked into: estimators of this package, fitted."""

from sknn.estimators.base import BaseNetwork


def check_network(estimator):
    """Raises TypeError on anything but an estimator of this package."""
    if not isinstance(estimator, BaseNetwork):
        raise TypeError(
            f"estimator must be a network of this package, got {type(estimator).__name__}. Of a "
            "pipeline pass the network itself, pipeline[-1], and pipeline[:-1].transform(X); of a "
            "search, best_estimator_."
        )


def fitted_model(estimator):
    """The Model of a fitted estimator of this package.

    Raises TypeError on anything else, NotFittedError if it is not fitted.
    """
    check_network(estimator)
    return estimator._current_model()
