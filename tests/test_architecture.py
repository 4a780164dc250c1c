"""The house: imports run down only, and every public thing has one address and a docstring."""

import ast
import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sknn

STANDARD = set(sys.stdlib_module_names)
CORE_NEEDS = {"numpy", "scipy", "threadpoolctl"}
ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MODULE_NAMES = {"scikit-learn": "sklearn"}  # of packages that are imported under another name
DECLARED = dict(requirement.split(">=") for requirement in PROJECT["dependencies"])
PACKAGE_NEEDS = {MODULE_NAMES.get(name, name) for name in DECLARED}


def read_floors():
    """The module docs/floors.py, which lists the modules and writes the page."""
    spec = importlib.util.spec_from_file_location("floors", ROOT / "docs" / "floors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def depths(floors):
    """The number of each module's floor, from the top."""
    return {module: depth for depth, floor in enumerate(floors) for module in floor}


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
floors = read_floors()


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
    listed = [module for floor in floors.FLOORS for module in floor]
    assert sorted(listed) == sorted(SOURCES), "Mend LIST in docs/floors.py."


def test_imports_run_down_only():
    wrong = wrong_imports(SOURCES, floors.FLOORS)
    assert not wrong, f"These imports run up or sideways on the floors of docs/floors.py: {wrong}"


PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_page_shows_the_floors_as_they_are_listed():
    assert floors.written(PAGE) == PAGE, "Run: python docs/floors.py --write"


def drawn_floors(page):
    """[[module, ...] of each floor] by the indentation of the drawing on the page."""
    _, _, rest = page.partition("<!-- drawing of the floors: begin -->\n```\n")
    drawing, _, _ = rest.partition("```\n<!-- drawing of the floors: end -->")
    found, path = [], []
    for line in drawing.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r" {3,}", line.strip())[0].split()  # without what a package is for
        if depth > len(path):  # the floor above, continued
            found[-1] += [".".join([*path[:-1], name]) for name in names]
            continue
        path[depth:] = [names[0]]
        found.append([".".join([*path[:depth], name]) for name in names])
    return found


def test_drawing_has_every_module_on_its_floor_and_in_its_package():
    """If not, packages lie between each other in docs/floors.py, or share a floor."""
    assert drawn_floors(PAGE) == [list(floor) for floor in floors.FLOORS]


def test_tables_have_a_line_for_each_module_in_its_folder():
    _, _, tables = PAGE.partition("<!-- tables of the floors: begin -->")
    rows, folder = {}, None
    for line in tables.splitlines():
        if heading := re.match(r"\*\*`(\S+)/`\*\*: (.+)", line):
            folder = heading[1]
            rows[f"{folder}/__init__.py"] = heading[2]
        elif row := re.match(r"\| `(\w+\.py)` \| (.+) \|", line):
            rows[f"{folder}/{row[1]}"] = row[2]
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "sknn").rglob("*.py")]
    assert sorted(rows) == sorted(files)
    assert len(set(rows.values())) == len(rows)  # no two are for the same


def test_long_floor_is_continued_on_the_next_line():
    wide = [{"a": "top"}, {f"a.{'long' * 5}{number}": "one" for number in range(9)}]
    drawn = floors.drawing(wide)
    assert max(map(len, drawn.splitlines())) <= 96
    page = f"<!-- drawing of the floors: begin -->\n{drawn}\n<!-- drawing of the floors: end -->"
    assert drawn_floors(page) == [list(floor) for floor in wide]


def test_page_of_other_floors_is_noticed():
    listed = floors.LIST.replace("sknn.nn.model ", "sknn.nn.other ")
    changed = floors.written(PAGE, floors.read(listed))
    assert changed != PAGE
    assert floors.written(changed) == PAGE


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
    others = {
        name: source
        for name, source in SOURCES.items()
        if not name.startswith("sknn.scikit_learn.")
    }
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


def test_importing_the_package_needs_its_declared_dependencies_alone():
    # matplotlib, pandas and the like are imported inside the functions that use them.
    assert foreign_imports(SOURCES, PACKAGE_NEEDS, only_at_import=True) == []


def test_every_declared_dependency_is_imported():
    found = foreign_imports(SOURCES, set(), only_at_import=True)
    assert {line.partition(" -> ")[2].partition(".")[0] for line in found} >= set(PACKAGE_NEEDS)


def test_oldest_versions_are_the_lower_bounds_of_the_dependencies():
    lines = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", "\n".join(lines), re.M))
    assert {name: f"{bound}.0" for name, bound in DECLARED.items()} == {
        name: pins[name] for name in DECLARED
    }


SMALL_HOUSE = [
    ["house"],
    ["house.roof"],
    ["house.left", "house.right"],
    ["house.cellar"],
    ["house.cellar.base"],
]


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
    for lazy in module.__all__:
        getattr(module, lazy)
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert len(module.__all__) == len(set(module.__all__))
    assert set(module.__all__) == public


def test_names_and_submodules_are_imported_when_they_are_used():
    code = """
import sys, sknn
lazy = ["inspection", "metrics", "model_selection", "onnx", "plotting"]
print(sorted(name for name in sys.modules if name.startswith("sknn")))
print({*lazy, "nn", "tabular", *sknn.__all__} <= set(dir(sknn)), "sklearn" in sys.modules)
from sknn import MLPClassifier
print(MLPClassifier is sknn.MLPClassifier is sys.modules["sknn.estimators"].MLPClassifier)
print([name for name in (*lazy, "tabular", "persistence") if f"sknn.{name}" in sys.modules])
print(*(getattr(sknn, name).__name__ for name in (*lazy, "tabular", "nn")))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        "['sknn']",
        "True False",
        "True",
        "[]",
        "sknn.inspection sknn.metrics sknn.model_selection sknn.onnx sknn.plotting sknn.tabular "
        "sknn.nn",
    ]
    assert sknn.__getattr__("metrics") is sys.modules["sknn.metrics"]
    with pytest.raises(AttributeError, match=r"^module 'sknn' has no attribute 'inspections'$"):
        _ = sknn.inspections


def without_docstring(source):
    """The names of public classes and functions without one; "module" for the module itself."""
    tree = ast.parse(source)
    documented = {"module": tree} | {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    return [name for name, node in documented.items() if not ast.get_docstring(node)]


def test_every_public_thing_has_a_docstring():
    found = {name: without_docstring(source) for name, source in SOURCES.items()}
    assert {name: things for name, things in found.items() if things} == {}


def test_checker_finds_what_has_no_docstring():
    source = "def f():\n    '''It.'''\nclass A:\n    x = 1\ndef _g():\n    pass\ndef h():\n    pass"
    assert without_docstring(source) == ["module", "A", "h"]
