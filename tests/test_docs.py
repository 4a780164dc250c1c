"""What the documentation says is so: its snippets, its names, its links; and it builds."""

import ast
import importlib
import importlib.util
import inspect
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from helpers import needs_scikit_learn
from sklearn import config_context

import sknn.nn
from sknn import CNNClassifier, MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.model_selection import search_space
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
WRITTEN = ["_build", "_examples", "api", "gallery"]  # by a build
PAGES = {
    path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
    if path.relative_to(DOCS).parts[0] not in WRITTEN
}
MODULES = [
    "sknn",
    "sknn.nn",
    "sknn.inspection",
    "sknn.metrics",
    "sknn.dask",
    "sknn.model_selection",
    "sknn.plotting",
    "sknn.onnx",
]
SNIPPET = re.compile(r"^```python\n(.*?)^```\n(?:\n*^```text\n(.*?)^```$)?", re.M | re.S)
NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[+-]?\d+)?")
NOT_RUN = {"architecture.md"}  # its block lists signatures
TRAINS_LONG = {  # more than half a second each
    "from_skorch.md",
    "quickstart.md",
    "guide/activations.md",
    "guide/evaluation.md",
    "guide/forward_pass.md",
    "guide/gradient_descent.md",
    "guide/initialization.md",
    "guide/large_data.md",
    "guide/looking_inside.md",
    "guide/losses.md",
    "guide/normalization_and_dropout.md",
    "guide/onnx.md",
    "guide/pooling.md",
    "guide/saving.md",
    "guide/searching.md",
    "guide/tables.md",
    "guide/tuning.md",
    "guide/validation.md",
}
NEEDS = {
    "ConfusionMatrixDisplay": "matplotlib",
    "ProgressBar": "rich",
    "sklearn.callback": "sklearn.callback",  # since scikit-learn 1.9
    "Dask": "dask",
    "InferenceSession": "onnxruntime",
    "dask": "dask",
    "onnx": "onnx",
    "skl2onnx": "skl2onnx",
    "skops": "skops",
    "torch": "torch",
}


def of_the_build(name):
    """A module of docs/_ext, which the build of the documentation uses."""
    spec = importlib.util.spec_from_file_location(name, DOCS / "_ext" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Snippets


def assert_agrees(printed, promised):
    """Asserts the same text, the numbers within two units of the last decimal on the page."""
    texts = [re.sub(r"\s+", "", NUMBER.sub("#", text)) for text in (printed, promised)]
    assert texts[0] == texts[1], printed
    for got, wanted in zip(NUMBER.findall(printed), NUMBER.findall(promised), strict=True):
        mantissa, _, exponent = wanted.partition("e")
        decimals = len(mantissa.partition(".")[2])
        tolerance = 2.001 * 10.0 ** (int(exponent or 0) - decimals) if decimals or exponent else 0
        assert abs(float(got) - float(wanted)) <= tolerance, printed


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] if page in TRAINS_LONG else [])
        for page in sorted({page for page in PAGES if SNIPPET.search(PAGES[page])} - NOT_RUN)
    ],
)
def test_snippets_print_what_the_page_says(page, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    namespace = {}
    with config_context():  # what a page sets is not left behind
        for code, promised in SNIPPET.findall(PAGES[page]):
            needed = {package for word, package in NEEDS.items() if word in code}
            if any(importlib.util.find_spec(package) is None for package in needed):
                continue
            exec(compile(code, page, "exec"), namespace)
            assert_agrees(capsys.readouterr().out, promised)


@pytest.mark.parametrize(
    ("printed", "promised", "agree"),
    [
        ("loss 0.123", "loss 0.125", True),
        ("loss 0.123", "loss 0.126", False),
        ("[1.35  1.8 ]", "[1.35 1.8]", True),
        ("1.2e-06", "1.0e-06", True),
        ("1.3e-06", "1.0e-06", False),
        ("3 layers", "4 layers", False),
        ("loss 0.1", "error 0.1", False),
        ("0.1 0.2", "0.1", False),
    ],
)
def test_numbers_agree_to_two_units_of_the_last_decimal(printed, promised, agree):
    if agree:
        assert_agrees(printed, promised)
    else:
        with pytest.raises(AssertionError):
            assert_agrees(printed, promised)


# Claims of the guide that its snippets do not show


def test_figure_of_the_approximation_has_the_errors_of_the_page(pyplot):
    runpy.run_path(str(DOCS / "figures" / "approximation.py"))
    axes = pyplot.gcf().axes
    (row,) = re.findall(r"^random_state=0 (.*)$", PAGES["guide/forward_pass.md"], re.M)
    promised = [float(error) for error in row.split()]
    assert len(axes) == len(promised) == 4
    for ax, units, error in zip(axes, [1, 2, 5, 20], promised, strict=True):
        target, network = ax.get_lines()
        x, y = target.get_data()
        np.testing.assert_allclose(y, np.sin(3 * x) + 0.3 * x**2)
        np.testing.assert_array_equal(network.get_xdata(), x)
        assert (x[0], x[-1], len(x)) == (-3, 3, 200)
        largest = np.abs(network.get_ydata() - y).max()
        assert abs(largest - error) <= 0.02
        assert ax.get_title() == f"{units} unit{'s' * (units > 1)}: error {largest:.2f}"


def test_half_the_rate_and_twice_alpha_give_the_step_of_half_the_squared_error():
    X, y, n = np.array([[1.0], [-0.5], [2.0]]), np.array([0, 1, 1]), 3
    clf = MLPClassifier((), loss="squared_error", solver="sgd", momentum=0, batch_size=n)
    clf.set_params(learning_rate_init=0.1 / 2, alpha=2 * 0.3).partial_fit(X, y, classes=[0, 1])
    w, b = 0.7, -0.2
    clf.coefs_, clf.intercepts_ = [np.array([[w]])], [np.array([b])]
    clf.partial_fit(X, y)
    h = 1 / (1 + np.exp(-(X[:, 0] * w + b)))
    delta = (h - y) * h * (1 - h)  # of 1/2 (h - y)^2
    np.testing.assert_allclose(
        [clf.coefs_[0][0, 0], clf.intercepts_[0][0]],
        [w - 0.1 * (delta @ X[:, 0] + 0.3 * w) / n, b - 0.1 * delta.sum() / n],
        rtol=1e-12,
    )


def test_search_spaces_have_the_ranges_of_the_guide():
    def ends(distribution):
        return tuple(np.round(distribution.ppf([0, 1]), 12).tolist())

    table, space = PAGES["guide/tuning.md"], search_space(MLPClassifier())
    rates = re.search(r"\| (\S+) to (\S+) for 'adam', (\S+) to (\S+) for 'sgd'", table).groups()
    low, high, low_sgd, high_sgd = map(float, rates)
    assert ends(space["learning_rate_init"]) == (low, high)
    assert ends(search_space(MLPClassifier(solver="sgd"))["learning_rate_init"]) == (
        low_sgd,
        high_sgd,
    )
    low, high = map(float, re.search(r"`alpha` \| (\S+) to (\S+) \|", table).groups())
    assert ends(space["alpha"]) == (low, high)
    low, high = map(float, re.search(r"`dropout` \| (\S+) to (\S+) \|", table).groups())
    assert ends(space["dropout"]) == (low, high)
    sizes = re.search(r"`batch_size` \| (\d+(?:, \d+)+) \|", table).group(1)
    assert space["batch_size"] == [int(size) for size in sizes.split(", ")]
    first, last = re.search(r"`hidden_layer_sizes` \| (\(.*?\)) to (\(.*?\)) \|", table).groups()
    assert [str(space["hidden_layer_sizes"][at]) for at in (0, -1)] == [first, last]


# Names


def test_reference_lists_every_public_name():
    pages = of_the_build("reference").pages()
    for module in MODULES:
        names = set(getattr(importlib.import_module(module), "__all__", []))
        names |= {"sknn.metrics": {"per_class_report", "specificity_score"}}.get(module, set())
        _, _, section = pages["index.rst"].partition(f".. module:: {module}\n")
        section, _, _ = section.partition(".. module::")
        assert names <= set(re.findall(r"^   (\w+)$", section, re.M))
        stubs = [text for text in pages.values() if f".. currentmodule:: {module}\n" in text]
        listed = re.findall(r"^   (\w+)$", "\n".join(stubs), re.M)
        assert sorted(names) == sorted(listed)  # each on one page that has its own page made


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ("guide/activations.md", ACTIVATIONS),
        ("guide/losses.md", {**REGRESSION_LOSSES, **CLASSIFICATION_LOSSES}),
        ("guide/gradient_descent.md", [*STOCHASTIC_SOLVERS, "lbfgs", *SCHEDULES]),
        ("guide/initialization.md", INITIALIZERS),
    ],
)
def test_tables_of_the_guide_have_every_name(page, named):
    firsts = " ".join(re.findall(r"^\|(.*?)\|", PAGES[page], re.M))
    assert set(named) <= set(re.findall(r"\w+", firsts))


ESTIMATORS = [MLPClassifier, MLPRegressor, CNNClassifier, SequentialClassifier]


def is_a_name(word):
    """Whether users meet it: a parameter, method, fitted attribute or public thing."""
    if word in ("dense1__units", "trainable"):  # of layers
        return True
    attributes = re.findall(r"^(\w+_) : ", "\n".join(map(inspect.getdoc, ESTIMATORS)), re.M)
    return (
        word in attributes
        or any(
            word in inspect.signature(call).parameters for c in ESTIMATORS for call in (c, c.fit)
        )
        or any(hasattr(c, word) for c in ESTIMATORS)
        or any(word in dir(importlib.import_module(module)) for module in MODULES)
    )


def assert_is_ours(code):
    """Asserts that what a table offers as ours, "alpha", "solver='sgd'" or "Conv2D(8)", is."""
    tree = ast.parse(f"f({code})", mode="eval").body
    (call,) = tree.args or [None]
    if call is None:  # name=value
        (keyword,) = tree.keywords
        setting = {keyword.arg: ast.literal_eval(keyword.value)}
        takers = [c for c in ESTIMATORS if keyword.arg in inspect.signature(c).parameters]
        assert takers, code
        layers = {SequentialClassifier: {"layers": []}}
        errors = []
        for taker in takers:
            try:
                taker(**layers.get(taker, {}), **setting)._validate_params()
            except ValueError as error:
                errors.append(error)
        assert len(errors) < len(takers), errors
    elif isinstance(call, ast.Call):
        signature = inspect.signature(getattr(sknn.nn, call.func.id))
        names = {keyword.arg: None for keyword in call.keywords}
        signature.bind_partial(*call.args, **names)
    elif isinstance(call, ast.Name):
        assert is_a_name(call.id), code
    else:
        assert isinstance(call, ast.Constant), code  # a value, such as "adam"


@pytest.mark.parametrize("page", ["from_scikit_learn.md", "from_skorch.md", "from_keras.md"])
def test_second_column_of_the_tables_of_names_is_ours(page):
    cells = re.findall(r"^\|.*?\|(.*?)\|.*\|$", PAGES[page], re.M)
    codes = re.findall(r"`([^`]+)`", " ".join(cells))
    assert len(codes) > 30
    for code in codes:
        assert_is_ours(code)


@needs_scikit_learn("1.7", "a loss of MLPRegressor to choose")
def test_names_in_the_first_table_are_those_of_scikit_learn():
    from sklearn.neural_network import MLPClassifier as Theirs
    from sklearn.neural_network import MLPRegressor as TheirRegressor

    _, _, table = PAGES["from_scikit_learn.md"].partition("## Names that are the same")
    table, _, _ = table.partition("## What you no longer have to do yourself")
    names = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\|(.*?)\|", table, re.M))))
    params = set(inspect.signature(Theirs).parameters)
    params |= set(inspect.signature(TheirRegressor).parameters)
    assert {name for name in names if not name.endswith("_")} == params
    assert all(f"{name} : " in Theirs.__doc__ for name in names - params)


@pytest.mark.peer
def test_defaults_in_the_tables_are_those_of_skorch():
    skorch = pytest.importorskip("skorch")
    nn = pytest.importorskip("torch.nn")
    net = inspect.signature(skorch.NeuralNet).parameters
    firsts = re.findall(r"^\|(.*?)\|", PAGES["from_skorch.md"], re.M)
    codes = [code for cell in firsts for code in re.findall(r"`([^`]+)`", cell)]
    for name, value in re.findall(r"`(lr|max_epochs|batch_size|verbose)=(\S+)`", " ".join(firsts)):
        assert net[name].default == float(value)
    for name in ("module", "criterion", "optimizer", "callbacks", "warm_start", "device"):
        assert name in codes
        assert name in net
    callbacks = re.findall(r"^(\w+)\((\w+)=", "\n".join(codes), re.M)
    assert ("EarlyStopping", "patience") in callbacks
    for name, parameter in callbacks:
        (found,) = [getattr(m, name) for m in (skorch.callbacks, nn) if hasattr(m, name)]
        assert parameter in inspect.signature(found).parameters, name


def test_roles_name_what_is_there():
    roles = [
        (page, *role)
        for page, text in PAGES.items()
        for role in re.findall(r"\{(class|func|mod)\}`~?([\w.]+)`", text)
    ]
    assert len(roles) > 50
    for page, kind, target in roles:
        module, _, name = target.rpartition(".")
        if kind == "mod":
            importlib.import_module(target)
        else:
            assert hasattr(importlib.import_module(module), name), (page, target)


# Links


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    text, folder = re.sub(r"^```python.*?^```", "", PAGES[page], flags=re.M | re.S), DOCS / page
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)
    targets += re.findall(r"^```\{include\} (\S+)", text, re.M)
    for target in targets:
        assert (folder.parent / target).is_file(), target
    for figure in re.findall(r"^\.\. plot:: (\S+)", text, re.M):
        assert (DOCS / figure).is_file(), figure


def test_every_page_is_in_the_tree():
    entries = {
        (Path(page).parent / entry).as_posix()
        for page, text in PAGES.items()
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.M | re.S)
        for entry in re.findall(r"^(?!:)(\S+)", block, re.M)
    }
    assert {page.removesuffix(".md") for page in PAGES} - entries == {"index"}
    written = {entry for entry in entries if f"{entry}.md" not in PAGES}
    assert written == {"api/index", "gallery/index"}


def test_performance_page_includes_the_tables_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    bounds = re.findall(r'^:(?:start-after|end-before): "(<.*>)"$', PAGES["performance.md"], re.M)
    assert len(bounds) == 2
    assert all(readme.count(bound) == 1 for bound in bounds)


# The build


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.name)
def test_examples_get_a_heading(example):
    gallery = of_the_build("gallery")
    if re.search(gallery.SHARED, example.name):
        return
    code = example.read_text(encoding="utf-8")
    title, underline, *_ = ast.get_docstring(ast.parse(gallery.with_heading(code))).splitlines()
    assert set(underline) == {"="}
    assert len(underline) == len(title) > 10
    assert ast.get_docstring(ast.parse(code)).startswith(title)


def test_headings_and_commands_come_from_the_docstring():
    code = '"""How far? It runs.\n\npython a.py      one\npython a.py -b   two\n"""\nx = 1\n'
    changed = of_the_build("gallery").with_heading(code)
    text, commands = ast.get_docstring(ast.parse(changed)).split("\n\n.. code-block:: bash\n\n")
    assert text == "How far?\n========\n\nIt runs."
    assert commands == "    python a.py      one\n    python a.py -b   two"
    assert changed.endswith('"""\nx = 1\n')


SOURCES = (
    *("docs", "sknn", "examples", "benchmarks"),
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md"),
)


def pages_of(root):
    return sorted((root / "docs" / "_build" / "html").rglob("*.html"))


def is_built():
    """Whether docs/build.sh has written the site since anything was changed that it shows."""
    built = max((page.stat().st_mtime for page in pages_of(ROOT)), default=0)
    sources = [
        path
        for name in SOURCES
        for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
        if path.suffix in (".md", ".py", ".rst", ".css")
        and not set(path.relative_to(ROOT).parts) & {*WRITTEN, "__pycache__"}
    ]
    return built > max(path.stat().st_mtime for path in sources)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    if is_built():
        return ROOT
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    return folder


@pytest.mark.slow
def test_site_builds_without_warnings_and_loads_nothing_from_elsewhere(site):
    pages = pages_of(site)
    assert len(pages) > 80
    loaded = re.compile(r"<(?:script|img|iframe|source)[^>]*?src=.https?:|<link[^>]*?https?:")
    assert [page.name for page in pages if loaded.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.slow
def test_links_of_the_site_lead_to_pages_and_places(site):
    texts = {page.resolve(): page.read_text(encoding="utf-8") for page in pages_of(site)}
    places = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in texts.items()}
    broken, n_links = [], 0
    for page, text in texts.items():
        for link in re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', text):
            target, _, place = unquote(unescape(link)).partition("#")
            if re.match(r"\w+:", target):
                continue
            n_links += 1
            file = (page.parent / target).resolve() if target else page
            if not file.is_file() or (place and file in places and place not in places[file]):
                broken.append((page.name, link))
    assert n_links > 1000
    assert broken == []


WANTED = ["hyperparameters", "text", "categorical", "missing values", "GPU", "Ctrl-C"]


@pytest.mark.parametrize("words", WANTED)
def test_pages_of_the_guide_have_the_words_that_users_search_for(words):
    assert any(words in text for page, text in PAGES.items() if page.startswith("guide/"))


@pytest.mark.slow
def test_search_of_the_site_finds_the_words_that_users_search_for(site):
    stemmer = pytest.importorskip("sphinx.search.en").SearchEnglish({})
    index = (site / "docs" / "_build" / "html" / "searchindex.js").read_text(encoding="utf-8")
    found = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    for words in WANTED:
        pages = None
        for word in re.findall(r"\w{2,}", words.lower()):
            numbers = np.ravel(found["terms"].get(stemmer.stem(word), [])).tolist()
            pages = set(numbers) if pages is None else pages & set(numbers)
        names = [found["docnames"][int(number)] for number in pages]
        assert any(name.startswith("guide/") for name in names), words


def build(folder):
    """Builds the site in a copy, without the pictures of the gallery."""
    for module in ("sphinx", "pydata_sphinx_theme", "numpydoc", "sphinx_gallery", "myst_parser"):
        pytest.importorskip(module)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            unwanted = shutil.ignore_patterns(*WRITTEN)
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, folder)
    done = subprocess.run(
        ["bash", "docs/build.sh", "-D", "plot_gallery=0"],
        cwd=folder,
        env={**os.environ, "PYTHON": sys.executable, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
