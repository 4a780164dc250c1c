"""scikit-learn's checks of every estimator; none is expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknn import MLPClassifier, MLPRegressor

# The checks use data and numbers of epochs that do not always converge.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@parametrize_with_checks(
    [
        estimator(**params)
        for estimator in (MLPClassifier, MLPRegressor)
        for params in (
            {"solver": "adam"},
            {"solver": "sgd"},
            {"solver": "lbfgs"},
            {"activation": "tanh", "hidden_layer_sizes": (20, 10), "learning_rate_init": 0.01},
        )
    ]
)
def test_estimator_passes_the_check(estimator, check):
    check(estimator)
