"""Hints on what users call. That the hints are right, mypy says: see pyproject.toml."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import sknn
from sknn.estimators.parameters import ESTIMATORS
from sknn.nn import Activation, Initializer, Layer, Loss, Optimizer, Schedule

PACKAGES = ("sknn", "dask", "inspection", "metrics", "nn", "onnx", "plotting", "tabular")
CONTRACTS = (Activation, Initializer, Layer, Loss, Optimizer, Schedule)
FROM_SCIKIT_LEARN = ("get_metadata_routing", "set_output")


def functions_of(package):
    """Whatever users call: constructors, methods and functions, by name, each once."""
    module = importlib.import_module("sknn" if package == "sknn" else f"sknn.{package}")
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if getattr(thing, "__module__", "") == module.__name__ and not name.startswith("_")
    ]
    for name in names:
        thing = getattr(module, name)
        if not inspect.isclass(thing):
            if callable(thing):
                yield name, thing
            continue
        for method, function in inspect.getmembers(thing, callable):
            public = not method.startswith("_") or method == "__init__"
            # A class of a contract says the same as the contract, which has the hints.
            told = issubclass(thing, CONTRACTS) and thing not in CONTRACTS and method != "__init__"
            if public and not told:
                yield f"{name}.{method}", function


@pytest.mark.parametrize("package", PACKAGES)
def test_all_parameters_and_results_have_hints(package):
    without = []
    for name, function in functions_of(package):
        function = inspect.unwrap(getattr(function, "__func__", function))
        if not (getattr(function, "__module__", "") or "").startswith("sknn"):
            continue
        signature = inspect.signature(function)
        parts = {
            parameter.name: parameter.annotation
            for parameter in signature.parameters.values()
            if parameter.name not in ("self", "cls")
        }
        parts["return"] = signature.return_annotation
        without += [f"{name}: {part}" for part, hint in parts.items() if hint is inspect._empty]
    assert not without


def test_checkers_know_the_fitted_attributes():
    for name in ESTIMATORS:
        documented = re.findall(r"^ *(\w+_) : ", getattr(sknn, name).__doc__, re.MULTILINE)
        told = [vars(one) for one in getattr(sknn, name).__mro__]
        known = {key for one in told for key in (*one, *one.get("__annotations__", ()))}
        assert "history_" in documented
        assert set(documented) <= known, name


def test_checkers_are_told_that_there_are_hints():
    assert (Path(sknn.__file__).parent / "py.typed").exists()  # PEP 561
