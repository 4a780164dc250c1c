"""The examples in docstrings run, and the estimators' docstrings are complete."""

import doctest
import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest

import sknn
from sknn import MLPClassifier, MLPRegressor, SequentialClassifier, SequentialRegressor
from sknn.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MODULES = ["sknn", *(module.name for module in pkgutil.walk_packages(sknn.__path__, "sknn."))]
NEEDS = {"sknn.onnx": ["skl2onnx", "onnxruntime"]}
ESTIMATORS = [MLPClassifier, MLPRegressor, SequentialClassifier, SequentialRegressor]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    for needed in NEEDS.get(name, []):
        pytest.importorskip(needed)
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_estimators_have_examples(estimator):
    finder = doctest.DocTestFinder(recurse=False)
    (found,) = finder.find(estimator, estimator.__name__)
    assert len(found.examples) > 3


def documented(estimator, section):
    """Names in a section of the class's docstring."""
    text = inspect.getdoc(estimator)
    (body,) = re.findall(rf"^{section}\n-+\n(.*?)(?=^\w[\w ]*\n-+$|\Z)", text, re.M | re.S)
    return re.findall(r"^(\w+) : ", body, re.M)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_is_documented_in_its_order(estimator):
    assert documented(estimator, "Parameters") == list(inspect.signature(estimator).parameters)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_fitted_attribute_is_documented(estimator):
    layers = {"layers": [Dense(3)]} if "layers" in inspect.signature(estimator).parameters else {}
    fitted = estimator(**layers, max_iter=1).fit(np.eye(4), [0, 1, 0, 1])
    public = {name for name in vars(fitted) if name.endswith("_") and not name.startswith("_")}
    assert public | {"feature_names_in_"} == set(documented(estimator, "Attributes"))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_public_method_is_documented(estimator):
    for name, method in inspect.getmembers(estimator, callable):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name
