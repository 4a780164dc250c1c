"""scikit-learn's own tests of its MLPs, as installed, with our classes in place of theirs.

Every version keeps the functions of those before it: what 1.6 asks, 1.9 still does.
"""

import importlib.util

import pytest
import sklearn.neural_network

import sknn

# Written for Python's default filters; some of its fits do not converge, as they need not.
pytestmark = pytest.mark.filterwarnings("default", "ignore::sklearn.exceptions.ConvergenceWarning")

N_FUNCTIONS = {(1, 6): 39, (1, 7): 42, (1, 8): 42}  # newer ones have at least those of 1.9
NOT_RUN = {"test_gradient": "calls the private _loss_grad_lbfgs"}


def _suite():
    """Their test module, executed while ``sklearn.neural_network`` exports our classes."""
    found = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    spec = importlib.util.spec_from_file_location("scikit_learn_test_mlp", found.origin)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.neural_network, "MLPClassifier", sknn.MLPClassifier)
        patch.setattr(sklearn.neural_network, "MLPRegressor", sknn.MLPRegressor)
        spec.loader.exec_module(module)
    return module


SUITE = _suite()
FUNCTIONS = {name: item for name, item in vars(SUITE).items() if name.startswith("test_")}
globals().update({name: item for name, item in FUNCTIONS.items() if name not in NOT_RUN})


def test_suite_is_whole_and_runs_on_our_classes():
    version = tuple(map(int, sklearn.__version__.split(".")[:2]))
    assert len(FUNCTIONS) >= N_FUNCTIONS.get(version, 43)
    assert NOT_RUN.keys() <= FUNCTIONS.keys()
    assert SUITE.MLPClassifier is sknn.MLPClassifier
    assert SUITE.MLPRegressor is sknn.MLPRegressor
    assert sklearn.neural_network.MLPClassifier is not sknn.MLPClassifier
    assert sklearn.neural_network.MLPRegressor is not sknn.MLPRegressor
