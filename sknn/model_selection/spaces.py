"""Search spaces for each type of network."""

from typing import Any

from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator

from sknn.estimators.base import BaseNetwork
from sknn.estimators.cnn import CNNClassifier, CNNRegressor
from sknn.estimators.mlp import MLPClassifier, MLPRegressor
from sknn.tabular.ensemble import TableNetwork

RATES = {"sgd": (1e-3, 1.0)}  # for solvers that need different rates
USUAL_RATES = (1e-4, 1e-1)
PENALTIES = (1e-6, 10.0)
LARGEST_DROPOUT = 0.5
BATCH_SIZES = (32, 64, 128, 256)
MLP_SIZES = ((32,), (64,), (128,), (256,), (64, 64), (128, 128), (256, 256))
CNN_FILTERS = ((8, 16), (16, 32), (32, 64), (16, 32, 64))
CNN_SIZES = ((), (64,), (128,))
TABLE_SIZES = ((128, 128), (256, 256), (256, 256, 256))
TABLE_RATES = (5e-3, 1e-1)


def search_space(estimator: Any) -> dict[str, Any]:
    """Return ranges of the most important parameters of an estimator, for a randomised search.

    Parameters
    ----------
    estimator : estimator instance
        A network of this package, or a pipeline, a meta-estimator or another estimator of
        scikit-learn that contains one or more networks.

    Returns
    -------
    space : dict of {str: list or distribution}
        The search space for ``RandomizedSearchCV`` and ``HalvingRandomSearchCV``, with parameter
        names that fit this estimator. Learning rates and penalties are drawn on a logarithmic
        scale. Every call returns a new dict, which can be modified freely.

    Raises
    ------
    TypeError
        If ``estimator`` is not an estimator.
    ValueError
        If ``estimator`` does not contain a network of this package.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sknn import MLPClassifier
    >>> from sknn.model_selection import search_space
    >>> model = make_pipeline(StandardScaler(), MLPClassifier(solver="lbfgs"))
    >>> sorted(search_space(model))
    ['mlpclassifier__alpha', 'mlpclassifier__hidden_layer_sizes']
    """
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"estimator must be an instance of an estimator, got {estimator!r}.")
    found = {"": estimator, **{f"{k}__": v for k, v in estimator.get_params(deep=True).items()}}
    networks = {
        prefix: value
        for prefix, value in found.items()
        if isinstance(value, (BaseNetwork, TableNetwork))
    }
    if not networks:
        raise ValueError(
            "estimator must be a network of this package or contain one, got "
            f"{type(estimator).__name__}."
        )
    return {
        prefix + name: values
        for prefix, network in networks.items()
        for name, values in _of_network(network).items()
    }


def _of_network(network):
    if isinstance(network, TableNetwork):
        return {
            "learning_rate_init": loguniform(*TABLE_RATES),
            "hidden_layer_sizes": list(TABLE_SIZES),
            "batch_size": list(BATCH_SIZES),
            "dropout": uniform(0, LARGEST_DROPOUT),
        }
    space = {"alpha": loguniform(*PENALTIES)}
    if isinstance(network, (CNNClassifier, CNNRegressor)):
        space |= {"filters": list(CNN_FILTERS), "hidden_layer_sizes": list(CNN_SIZES)}
    elif isinstance(network, (MLPClassifier, MLPRegressor)):
        space |= {"hidden_layer_sizes": list(MLP_SIZES)}
    if network.solver == "lbfgs":
        return space
    name = network.solver if isinstance(network.solver, str) else type(network.solver).__name__
    rates = RATES.get(name.lower(), USUAL_RATES)
    space = {"learning_rate_init": loguniform(*rates), **space, "batch_size": list(BATCH_SIZES)}
    if isinstance(network, (MLPClassifier, MLPRegressor)):
        space["dropout"] = uniform(0, LARGEST_DROPOUT)
    return space
