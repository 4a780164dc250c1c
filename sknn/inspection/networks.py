"""The networks that can be looked into: estimators of this package, fitted."""

from sknn.estimators.base import BaseNetwork
from sknn.tabular.ensemble import TableNetwork


def check_network(estimator):
    """Raises TypeError on anything but an estimator of this package that is one network."""
    if isinstance(estimator, TableNetwork):
        raise TypeError(
            f"estimator must be a single network, got {type(estimator).__name__}, which is several "
            "on columns that it has made itself. summary shows one of them; history_ and "
            "validation_scores_ say how they trained, permutation_importance of scikit-learn "
            "which columns matter."
        )
    if not isinstance(estimator, BaseNetwork):
        raise TypeError(
            f"estimator must be a network of this package, got {type(estimator).__name__}. Of a "
            "pipeline pass the network itself, pipeline[-1], and pipeline[:-1].transform(X); of a "
            "search, best_estimator_."
        )


def check_targets(estimator, model, rows, name="y"):
    """Raises ValueError if the rows have not as many targets as those of the fit."""
    wanted = model.network.shapes[-1][0] // estimator._loss().outputs_per_target
    got = rows.targets(slice(0, 1)).shape[1]
    if got != wanted:
        raise ValueError(
            f"{name} must have as many columns as in fit, {wanted}, got {got}. Pass a clone that "
            "was fitted to such targets."
        )


def fitted_model(estimator):
    """The Model of a fitted estimator of this package.

    Raises TypeError on anything else, NotFittedError if it is not fitted.
    """
    check_network(estimator)
    return estimator._current_model()
