"""What the package takes from scikit-learn's private names, and adds to it."""

import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest
from sklearn import config_context

from sknn import MLPClassifier, MLPRegressor, TabularRegressor
from sknn.scikit_learn import (
    WRAPPERS,
    StrOptions,
    add_to_panel,
    callback_context,
    callbacks_of,
    metadata_requests,
    private_names,
)
from sknn.scikit_learn.private_names import BEFORE_1_9, documentation_url

ROOT = Path(__file__).parents[1]
DEPENDENCIES = ("numpy", "scipy", "scikit-learn")


def oldest_minor():
    """The minor version of the oldest scikit-learn that is supported."""
    (minor,) = re.findall(r'"scikit-learn>=1\.(\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    return int(minor)


def test_pages_and_ci_name_every_supported_version():
    install, readme, ci = (
        (ROOT / path).read_text("utf-8") for path in ("docs/install.md", "README.md", ".ci/run")
    )
    (columns,) = re.findall(r"^\| \|((?: 1\.\d+ \|)+)$", install, re.MULTILINE)
    versions = re.findall(r"1\.(\d+)", columns)
    assert [int(minor) for minor in versions] == [*range(oldest_minor(), int(versions[-1]) + 1)]
    (between,) = re.findall(r"^for version in ([\d. ]+); do$", ci, re.MULTILINE)
    assert between.split() == [f"1.{minor}" for minor in versions[1:-1]]
    for page in (install, readme):
        needed = re.findall(r"NumPy ([\d.]+), SciPy ([\d.]+) and\s+scikit-learn ([\d.]+)\b", page)
        project = (ROOT / "pyproject.toml").read_text("utf-8")
        bounds = (re.findall(rf'"{name}>=([^"]+)"', project)[0] for name in DEPENDENCIES)
        assert needed == [tuple(bounds)]


def test_every_version_that_something_waits_for_is_newer_than_the_oldest_supported():
    named = {
        (path.name, minor)
        for folder in ("tests", "sknn")
        for path in (ROOT / folder).rglob("*.py")
        for minor in re.findall(
            r'\b(?:BEFORE_1_|needs_scikit_learn\("1\.|scikit_learn_before\("1\.)(\d+)',
            path.read_text("utf-8"),
        )
    }
    assert ("private_names.py", "9") in named
    assert ("test_callbacks.py", "9") in named
    assert [name for name, minor in named if int(minor) <= oldest_minor()] == []


def test_options_are_told_in_alphabetical_order():
    assert str(StrOptions({"c", "a", "d", "b"})) == "a str among {'a', 'b', 'c', 'd'}"
    assert StrOptions({"a"}).is_satisfied_by("a")


def test_wrappers_are_the_files_between_a_caller_and_a_method():
    names = {"base.py", "_param_validation.py", "contextlib.py"}
    if not BEFORE_1_9:
        names.add("_callback_support.py")
    assert {Path(path).name for path in WRAPPERS} == names


def test_names_of_parameters_are_looked_up_once_for_each_class():
    class Mine(MLPClassifier):
        def __init__(self, alpha=1.0, beta=2.0):
            super().__init__(alpha=alpha)
            self.beta = beta

    assert Mine._get_param_names() == ["alpha", "beta"]
    assert Mine._get_param_names() is Mine._get_param_names()
    assert "class_weight" in MLPClassifier._get_param_names()
    assert "quantile" in MLPRegressor._get_param_names()


def test_callbacks_are_a_list_of_its_own():
    assert callbacks_of(MLPClassifier()) == []
    callbacks = ["one"]
    estimator = SimpleNamespace(_skl_callbacks=callbacks)
    assert callbacks_of(estimator) == ["one"]
    callbacks_of(estimator).clear()
    assert callbacks == ["one"]


def test_context_of_callbacks_knows_the_number_of_epochs():
    assert callback_context(MLPClassifier(), n_subtasks=7).max_subtasks == 7


def test_requests_are_taken_out_of_the_state():
    with config_context(enable_metadata_routing=True):
        clf = MLPClassifier().set_fit_request(sample_weight=True)
    state = dict(vars(clf))
    requests = metadata_requests(state)
    assert requests.fit.requests["sample_weight"] is True
    assert requests.fit.requests["groups"] is None
    assert metadata_requests(state) is None


@pytest.mark.parametrize("before", ["", "<p>"])
def test_html_is_put_before_the_table_of_parameters_when_it_is_shown(before):
    html, parameters = ["old"], SimpleNamespace(_html_repr=lambda: "<table>")
    add_to_panel(parameters, lambda: before + html[0])
    html[0] = "new"
    assert parameters._html_repr() == f"{before}new<table>"


# The link of the panel


@pytest.fixture
def declare(monkeypatch):
    """A function that declares URLs of the project, or that there are no metadata."""

    def declared(urls):
        def metadata(name):
            assert name == "sknn"
            if urls is None:
                raise PackageNotFoundError
            return SimpleNamespace(get_all={"Project-URL": urls}.get)

        documentation_url.cache_clear()
        monkeypatch.setattr(private_names, "metadata", metadata)

    yield declared
    documentation_url.cache_clear()


class OfTheUser(MLPClassifier):
    pass


@pytest.mark.parametrize("end", ["", "/"])
def test_panel_links_to_the_page_of_the_estimator(end, declare):
    declare(["Source, https://code.test/", f"Documentation, https://docs.test/sknn{end}"])
    start = "https://docs.test/sknn/api/generated/sknn"
    assert MLPClassifier()._get_doc_link() == f"{start}.MLPClassifier.html"
    assert TabularRegressor()._get_doc_link() == f"{start}.TabularRegressor.html"
    dask = pytest.importorskip("sknn.dask")
    assert dask.DaskCNNRegressor()._get_doc_link() == f"{start}.dask.DaskCNNRegressor.html"
    assert OfTheUser()._get_doc_link() == ""
    assert f'href="{start}.MLPClassifier.html"' in MLPClassifier()._repr_html_()


@pytest.mark.parametrize("urls", [None, [], ["Source, https://code.test/"]])
def test_panel_has_no_link_where_no_documentation_is_declared(urls, declare):
    declare(urls)
    assert MLPClassifier()._get_doc_link() == ""
    assert "Documentation for MLPClassifier" not in MLPClassifier()._repr_html_()
