"""What README, and the pages for people who join, say is so: examples, links, commands."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import sknn

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def numbers(text):
    return [float(number) for number in re.findall(r"\d+\.\d+(?:e-?\d+)?", text)]


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, marks=[pytest.mark.slow] if "load_" in example else [])
        for example in EXAMPLES
    ],
)
def test_example_prints_the_numbers_in_its_comments(example, capsys):
    exec(example, {})
    promised = numbers(" ".join(re.findall(r"# (.*)$", example, re.M)))
    assert promised
    assert_allclose(numbers(capsys.readouterr().out), promised, atol=0.02)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_last_section_leads_to_the_pages_of_the_documentation():
    _, _, section = README.partition("\n## Where to go from here\n")
    pages = ["quickstart", "guide/index", "differences", "performance", "architecture"]
    links = [f"docs/{page}.md" for page in pages] + ["CHANGELOG.md"]
    assert set(links) <= set(re.findall(r"\]\(([^)]+)\)", section))


def test_contributors_are_led_to_folders_and_sections_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:sknn|tests|docs|examples|benchmarks|\.ci)/[^`]*)`", text)
    assert len(named) > 10
    for path in named:
        assert (ROOT / path).exists(), path
    (section,) = re.findall(r"lists under \"(.*?)\"", text)
    assert f"## {section}\n" in (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    install = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    (test_it,) = re.findall(r"^## Test it\n\n(```bash.*?^```)$", install, re.M | re.S)
    assert test_it.splitlines()[1:] == text[text.index("```bash") :].splitlines()[2:5]


def test_citation_has_the_version_of_the_package():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {sknn.__version__}\n" in text


@pytest.mark.parametrize("heading", ["Try it", "Test it"])
def test_command_is_one_line_under_its_heading(heading):
    (section,) = re.findall(rf"^## {heading}$(.*?)^## ", README, re.M | re.S)
    (command,) = re.findall(r"^```bash\n(.*?)^```$", section, re.M | re.S)
    assert command.count("\n") == 1
    assert command.startswith("python3.11 -m venv .venv && ")


def test_picture_at_the_head_comes_from_the_code_beside_it(monkeypatch, tmp_path):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    script = ROOT / "docs" / "figures" / "network.py"
    code = script.read_text(encoding="utf-8")
    (drawing,) = re.findall(r"^iris = .*?^display = .*?\n", code, re.M | re.S)
    for page in (README, (ROOT / "docs/guide/forward_pass.md").read_text(encoding="utf-8")):
        assert drawing in page
        assert "figures/network.png)" in page
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path / "drawn.png")])
    pyplot.close("all")  # the script chooses a backend
    display = runpy.run_path(str(script))["display"]
    assert display.columns[-1].labels == ["setosa", "versicolor", "virginica"]
    drawn, committed = (
        pyplot.imread(path) for path in (tmp_path / "drawn.png", script.with_suffix(".png"))
    )
    assert np.abs(np.subtract(drawn.shape, committed.shape)).max() <= 2
    pyplot.close("all")
