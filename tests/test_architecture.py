"""The house: imports run down only, and every public thing has one address and a docstring."""

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from pathlib import Path

import pytest

import sknn

# Top to bottom; what stands on one line stands on one floor. Files that are yet to come may be
# listed; a file that is not listed fails, so that somebody decides where it belongs.
FLOORS = """
sknn
sknn.persistence sknn.onnx
sknn.plotting
sknn.plotting.gradient_flow
sknn.plotting.activations sknn.plotting.feature_maps sknn.plotting.filters \
    sknn.plotting.learning_rate sknn.plotting.recorder sknn.plotting.saliency \
    sknn.plotting.training_curve
sknn.plotting.layerwise sknn.plotting.mosaic
sknn.plotting.panels
sknn.inspection
sknn.inspection.summary sknn.inspection.diagnose
sknn.inspection.data_symptoms sknn.inspection.training_symptoms
sknn.inspection.evidence
sknn.inspection.tracing
sknn.inspection.tracing.trace
sknn.inspection.tracing.records
sknn.inspection.tracing.window
sknn.inspection.tracing.pages
sknn.inspection.tracing.formulas sknn.inspection.tracing.stages sknn.inspection.flatness
sknn.metrics
sknn.estimators
sknn.estimators.sequential sknn.estimators.cnn sknn.estimators.mlp
sknn.estimators.classifier sknn.estimators.regressor
sknn.estimators.base sknn.estimators.labels
sknn.estimators.fitting sknn.estimators.callbacks sknn.estimators.panel
sknn.estimators.panel.html
sknn.estimators.checkpoints sknn.estimators.reports
sknn.estimators.panel.charts sknn.estimators.constraints
sknn.estimators.validation sknn.estimators.solvers sknn.estimators.hidden_layers \
    sknn.estimators.images
sknn.estimators.inputs sknn.estimators.rollback
sknn.nn sknn.scikit_learn
sknn.nn.lbfgs
sknn.nn.training
sknn.nn.storage
sknn.nn.storage.checkpoint
sknn.nn.storage.values
sknn.nn.storage.registry
sknn.nn.augmentation sknn.nn.summary sknn.nn.storage.container
sknn.nn.storage.files
sknn.nn.gradient
sknn.nn.model
sknn.nn.network
sknn.nn.layers
sknn.nn.layers.convolution
sknn.nn.layers.dense sknn.nn.layers.pooling sknn.nn.layers.activate sknn.nn.layers.shaping \
    sknn.nn.layers.normalization sknn.nn.layers.dropout sknn.nn.layers.columns \
    sknn.nn.layers.winograd
sknn.nn.layers.base sknn.nn.layers.windows
sknn.nn.batches sknn.nn.threads sknn.nn.streams
sknn.nn.schedules
sknn.nn.optimizers
sknn.nn.losses
sknn.nn.stopping
sknn.nn.activations
sknn.nn.workspace
sknn.nn.initializers
sknn.nn.parameters
sknn.nn.settings sknn.nn.ranges sknn.nn.per_model
"""
STANDARD = set(sys.stdlib_module_names)
CORE_NEEDS = {"numpy", "scipy", "threadpoolctl"}
PACKAGE_NEEDS = CORE_NEEDS | {"sklearn", "joblib"}  # scikit-learn itself needs joblib


def depths(floors):
    """The number of each module's floor, from the top."""
    lines = floors.replace("\\\n", " ").strip().splitlines()
    return {module: depth for depth, line in enumerate(lines) for module in line.split()}


def read_sources():
    """The source of every module of the package, by its dotted name."""
    root = Path(sknn.__file__).parent
    sources = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        sources[name] = path.read_text(encoding="utf-8")
    return sources


SOURCES = read_sources()


def imported(statements, importer, modules):
    """The module that each import among these statements reaches, of ours or of others."""
    is_package = any(module.startswith(importer + ".") for module in modules)
    package = importer if is_package else importer.rpartition(".")[0]
    for statement in statements:
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            dots = "." * statement.level
            origin = importlib.util.resolve_name(dots + (statement.module or ""), package)
            names = [f"{origin}.{alias.name}" for alias in statement.names]
        else:
            continue
        for name in names:
            parent = name.rpartition(".")[0]
            # from a.b import c reaches the module a.b.c, or else the name c in the module a.b
            yield parent if parent in modules and name not in modules else name


def at_import(tree):
    """Every statement that runs when the module is imported: all but the bodies of functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from at_import(node)


def wrong_imports(sources, floors):
    """Every import inside the house that does not run down, as "importer -> imported"."""
    depth = depths(floors)
    return [
        f"{importer} -> {name}"
        for importer, source in sorted(sources.items())
        for name in imported(ast.walk(ast.parse(source)), importer, depth)
        if name in depth and depth[name] <= depth[importer]
    ]


def foreign_imports(sources, allowed, only_at_import):
    """Every import of a package that is neither ours, nor standard, nor allowed."""
    walk = at_import if only_at_import else ast.walk
    return [
        f"{importer} -> {name}"
        for importer, source in sorted(sources.items())
        for name in imported(walk(ast.parse(source)), importer, sources)
        if name.partition(".")[0] not in STANDARD | allowed | {"sknn"}
    ]


def test_every_module_has_a_floor():
    missing = sorted(set(SOURCES) - set(depths(FLOORS)))
    assert not missing, f"Put {missing} into FLOORS, above all that they import."


def test_imports_run_down_only():
    wrong = wrong_imports(
        {name: SOURCES[name] for name in set(SOURCES) & set(depths(FLOORS))}, FLOORS
    )
    assert not wrong, f"These imports run up or sideways: {wrong}. Top to bottom is:\n{FLOORS}"


def test_core_imports_numpy_scipy_and_threadpoolctl_only():
    core = {name: source for name, source in SOURCES.items() if name.startswith("sknn.nn")}
    assert "sknn.nn.losses" in core
    assert foreign_imports(core, CORE_NEEDS, only_at_import=False) == []


def private_imports(sources):
    """Every import of a name that scikit-learn calls private, as "importer -> imported"."""
    return [
        f"{importer} -> {name}"
        for importer, source in sorted(sources.items())
        for name in imported(ast.walk(ast.parse(source)), importer, sources)
        if re.search(r"^sklearn\..*?\b_(?!_)", name)
    ]


def test_one_room_alone_imports_what_scikit_learn_calls_private():
    others = {name: source for name, source in SOURCES.items() if name != "sknn.scikit_learn"}
    assert private_imports(others) == []
    assert private_imports(SOURCES) != []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from sklearn.utils._param_validation import Interval", True),
        ("def f():\n    from sklearn.base import _fit_context", True),
        ("import sklearn._loss", True),
        ("from sklearn.utils import check_array", False),
        ("from sklearn import __version__", False),
        ("from sknn.nn import _private", False),
    ],
)
def test_checker_finds_private_imports(source, found):
    assert bool(private_imports({"sknn.metrics": source})) == found


def test_importing_the_package_needs_nothing_beyond_scikit_learn():
    # matplotlib, pandas and the like are imported inside the functions that use them.
    assert foreign_imports(SOURCES, PACKAGE_NEEDS, only_at_import=True) == []


SMALL_HOUSE = "house\nhouse.roof\nhouse.left house.right\nhouse.cellar\nhouse.cellar.base"


@pytest.mark.parametrize(
    ("importer", "source", "reached"),
    [
        ("house.cellar", "from house.roof import tiles", "house.roof"),
        ("house.cellar", "from house import roof", "house.roof"),
        ("house.cellar", "import house.roof", "house.roof"),
        ("house.cellar", "import numpy, house.roof as up", "house.roof"),
        ("house.cellar", "from ..roof import tiles", "house.roof"),
        ("house.cellar.base", "from ..roof import tiles", "house.roof"),
        ("house.cellar.base", "from . import floor", "house.cellar"),
        ("house.cellar", "from house import door", "house"),
        ("house.cellar", "def f():\n    from house.roof import tiles", "house.roof"),
        ("house.left", "from house.right import door", "house.right"),
        ("house.left", "from house.left import door", "house.left"),
        ("house.roof", "from house.cellar import coal", None),
        ("house.cellar", "from house.cellar.base import stone", None),
        ("house.left", "import numpy\nfrom scipy import linalg", None),
    ],
)
def test_checker_fails_on_imports_up_and_sideways_alone(importer, source, reached):
    wrong = wrong_imports({importer: source}, SMALL_HOUSE)
    assert wrong == ([f"{importer} -> {reached}"] if reached else [])


@pytest.mark.parametrize(
    ("source", "anywhere", "at_top"),
    [
        ("import torch", ["torch"], ["torch"]),
        ("import os, numpy.linalg", [], []),
        ("from matplotlib import pyplot", ["matplotlib.pyplot"], ["matplotlib.pyplot"]),
        ("def plot():\n    import matplotlib", ["matplotlib"], []),
        ("class A:\n    def plot(self):\n        import pandas", ["pandas"], []),
        ("class A:\n    import pandas", ["pandas"], ["pandas"]),
        ("try:\n    import pandas\nexcept ImportError:\n    pass", ["pandas"], ["pandas"]),
    ],
)
def test_checker_finds_foreign_imports(source, anywhere, at_top):
    for only_at_import, wanted in ((False, anywhere), (True, at_top)):
        found = foreign_imports({"sknn.nn.losses": source}, {"numpy"}, only_at_import)
        assert found == [f"sknn.nn.losses -> {name}" for name in wanted]


@pytest.mark.parametrize("name", ["sknn", "sknn.nn"])
def test_all_is_the_public_names_really_there(name):
    module = importlib.import_module(name)
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert len(module.__all__) == len(set(module.__all__))
    assert set(module.__all__) == public


def without_docstring(source):
    """The names of public classes and functions without one; "module" for the module itself."""
    tree = ast.parse(source)
    documented = {"module": tree} | {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    return [name for name, node in documented.items() if not ast.get_docstring(node)]


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_public_thing_has_a_docstring(name):
    assert without_docstring(SOURCES[name]) == []


def test_checker_finds_what_has_no_docstring():
    source = "def f():\n    '''It.'''\nclass A:\n    x = 1\ndef _g():\n    pass\ndef h():\n    pass"
    assert without_docstring(source) == ["module", "A", "h"]
