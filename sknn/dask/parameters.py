"""The parameters of the Dask estimators in addition to those of the in-memory estimators."""

import inspect
from functools import wraps
from numbers import Integral

from sknn.scikit_learn import Interval

DEFAULTS = {"client": None, "shards": None, "local_steps": 1, "max_restarts": 3}
CONSTRAINTS = {
    "client": "no_validation",
    "shards": [Interval(Integral, 1, None, closed="left"), None],
    "local_steps": [Interval(Integral, 1, None, closed="left")],
    "max_restarts": [Interval(Integral, 0, None, closed="left")],
}


def with_cluster(estimator):
    """Adds these parameters to an estimator class, as keyword-only parameters after its own."""
    plain = estimator.__init__
    signature = inspect.signature(plain)
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [inspect.Parameter(name, keyword, default=value) for name, value in DEFAULTS.items()]

    @wraps(plain)
    def __init__(self, *args, **parameters):
        cluster = {name: parameters.pop(name, value) for name, value in DEFAULTS.items()}
        plain(self, *args, **parameters)
        vars(self).update(cluster)

    parameters = [*signature.parameters.values(), *own]
    __init__.__signature__ = signature.replace(parameters=parameters)
    estimator.__init__ = __init__
    estimator._parameter_constraints = {**estimator._parameter_constraints, **CONSTRAINTS}
    return estimator
