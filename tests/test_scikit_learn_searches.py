"""scikit-learn's own tests of its searches, as installed, with ours in place of theirs.

Every task goes through the rooms in which networks train together, whatever it fits.
"""

import importlib.util

import pytest
import sklearn.model_selection

import sknn.model_selection as ours

pytestmark = [
    pytest.mark.slow,  # two minutes
    pytest.mark.filterwarnings("default"),  # they are written for Python's own
]

MODULES = "test_search", "test_successive_halving", "test_validation"
NAMES = set(ours.__all__) - {"NewestSplit", "search_space", "together"}  # of ours alone
ARRAYS = "is about other array libraries"
STACK = "looks for its caller on the stack, which a thread of its own does not have"
NOT_RUN = {
    "test_pickle": "pickles a class of its module, which is not imported by name here",
    "test_multi_metric_search_forwards_metadata": STACK,
    "test_validation_functions_routing": STACK,
    "test_learning_curve_exploit_incremental_learning_routing": STACK,
    "test_array_api_search_cv_classifier": ARRAYS,
    "test_cross_val_predict_array_api_compliance": ARRAYS,
}


def _suite(name):
    """Their test module, executed while ``sklearn.model_selection`` exports our classes."""
    found = importlib.util.find_spec(f"sklearn.model_selection.tests.{name}")
    spec = importlib.util.spec_from_file_location(f"scikit_learn_{name}", found.origin)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for ours_too in NAMES:
            patch.setattr(sklearn.model_selection, ours_too, getattr(ours, ours_too))
        spec.loader.exec_module(module)
    return module


SUITES = [_suite(name) for name in MODULES]
FUNCTIONS = {
    f"{name}_{suite.__name__[18:]}": item
    for suite in SUITES
    for name, item in vars(suite).items()
    if name.startswith("test_")
}
globals().update({name: item for name, item in FUNCTIONS.items() if item.__name__ not in NOT_RUN})


@pytest.fixture(autouse=True)
def in_a_room():
    with ours.together():
        yield


def test_suites_are_whole_and_run_on_our_classes():
    assert len(FUNCTIONS) >= 150  # as of scikit-learn 1.9
    assert NOT_RUN.keys() <= {item.__name__ for item in FUNCTIONS.values()}
    for suite in SUITES:
        for name in set(NAMES) & set(vars(suite)):
            assert getattr(suite, name) is getattr(ours, name)
            assert getattr(sklearn.model_selection, name, None) is not getattr(ours, name)
