"""The table of places that an addition touches, in docs/architecture.md, is true and complete."""

import re
from pathlib import Path

import pytest

from sknn.estimators.solvers import FOR_SGD, SCHEDULES, STOCHASTIC_SOLVERS
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES

ROOT = Path(__file__).parents[1]
PAGE = "docs/architecture.md"
WRITTEN = ["docs/_build", "docs/_examples", "docs/api", "docs/gallery"]  # by a build

# Files that use the example of a row, and need not be touched for another one.
USES = {
    "activation": [
        "docs/guide/vanishing_gradients.md",
        "docs/quickstart.md",
        "sknn/inspection/tracing/formulas.py",
        "sknn/plotting/activations.py",
    ],
    "loss": ["docs/guide/regression.md", "docs/guide/tables.md", "sknn/tabular/regressor.py"],
    "optimiser": ["docs/write_signatures.py"],
    "schedule": [
        "docs/guide/checkpoints.md",
        "docs/guide/large_data.md",
        "docs/guide/losses.md",
        "docs/guide/normalization_and_dropout.md",
        "docs/guide/searching.md",
        "docs/guide/time.md",
        "docs/guide/tuning.md",
        "docs/quickstart.md",
        "sknn/dask/estimators.py",
        "sknn/tabular/regressor.py",
    ],
    "initialiser": [],
    "layer": [
        "docs/guide/embeddings.md",
        "docs/guide/glossary.md",
        "docs/quickstart.md",
        "sknn/estimators/cnn.py",
        "sknn/estimators/mlp.py",
        "sknn/estimators/parameters.py",
        "sknn/estimators/sequential.py",
        "sknn/inspection/tracing/pages.py",
        "sknn/inspection/training_symptoms.py",
        "sknn/plotting/columns.py",
        "sknn/tabular/recipe.py",
    ],
    "parameter of all estimators": [
        "docs/guide/large_data.md",
        "docs/guide/reproducibility.md",
        "docs/guide/searching.md",
        "docs/guide/tables.md",
        "sknn/tabular/classifier.py",
        "sknn/tabular/ensemble.py",
        "sknn/tabular/members.py",
        "sknn/tabular/parameters.py",
        "sknn/tabular/regressor.py",
    ],
}


def read_text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def read_table(page):
    """{kind: (examples, places)} of the table: "kind: `example`, ..." and files in backticks."""
    _, _, table = page.partition("| what: example |")
    table, _, _ = table.partition("\n\n")
    rows = {}
    for what, cells in re.findall(r"^\| (\w[^|]*) \|(.*)\|$", table, re.M):
        codes = re.findall(r"`([^`]+)`", cells)
        places = [code for code in codes if code.endswith((".py", ".md"))]
        rows[what.partition(":")[0]] = re.findall(r"`(\w+)`", what), places
    return rows


def sources():
    """{name: text} of every file of the package and of the documentation that somebody wrote."""
    paths = [path for folder in ("sknn", "docs") for path in (ROOT / folder).rglob("*.*")]
    names = [path.relative_to(ROOT).as_posix() for path in paths if path.suffix in (".py", ".md")]
    return {
        name: read_text(name)
        for name in names
        if name != PAGE and not any(name.startswith(f"{folder}/") for folder in WRITTEN)
    }


def contains(text, examples):
    return re.search(rf"\b({'|'.join(examples)})\b", text) is not None


def naming(texts, examples):
    """The names of the files that contain one of the examples as a whole word."""
    return sorted(name for name, text in texts.items() if contains(text, examples))


ROWS = read_table(read_text(PAGE))
SOURCES = sources()


def test_table_has_a_row_for_each_kind():
    assert list(ROWS) == list(USES)
    assert len(SOURCES) > 100


@pytest.mark.parametrize("kind", USES)
def test_every_place_names_the_example(kind):
    examples, places = ROWS[kind]
    assert len(places) == len(set(places)) >= 4
    assert [place for place in places if not contains(read_text(place), examples)] == []
    for example in examples:  # each is somewhere, or it would test nothing
        assert naming(SOURCES, [example])


@pytest.mark.parametrize("kind", USES)
def test_no_other_file_names_the_example(kind):
    examples, places = ROWS[kind]
    listed = [place for place in places if place.startswith(("sknn/", "docs/"))]
    found = naming(SOURCES, examples)
    assert found == sorted(listed + USES[kind]), (
        f"Put the files that differ into the row {kind!r} of {PAGE} if an addition touches them, "
        "else into USES."
    )


def test_table_is_read_by_kind_example_and_file():
    page = (
        "| what: example | code |\n|---|---|\n"
        "| layer: `Dropout`, `Dense` | `a.py`; `B` in `c/d.py` | `e.md`|\n| none | `f.py` |\n\n"
        "| later: `no` | `g.py` |\n"
    )
    assert read_table(page) == {
        "layer": (["Dropout", "Dense"], ["a.py", "c/d.py", "e.md"]),
        "none": ([], ["f.py"]),
    }


def test_examples_are_found_as_whole_words():
    texts = {"a": "with Dropout(0.2)", "b": "dropout", "c": "MyDropout", "d": "Dense"}
    assert naming(texts, ["Dropout"]) == ["a"]
    assert naming(texts, ["Dropout", "Dense"]) == ["a", "d"]


# Numbers

WORDS = dict(
    enumerate(
        [
            *("seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
            *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        ],
        start=7,
    )
)
N_LOSSES = len(CLASSIFICATION_LOSSES) + len(REGRESSION_LOSSES)
N_ACTIVATIONS = len({type(activation) for activation in ACTIVATIONS.values()})  # some have two
N_SOLVERS = len(STOCHASTIC_SOLVERS) + 1  # and lbfgs


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("README.md", f"| activations, one for each layer | {N_ACTIVATIONS}, and"),
        ("docs/from_scikit_learn.md", f"| {N_ACTIVATIONS} functions, a list"),
        ("README.md", f"| losses | {N_LOSSES}, and"),
        ("README.md", f"every stochastic solver | {len(SCHEDULES) - len(FOR_SGD)} and warm-up"),
        ("docs/index.md", f"{WORDS[N_SOLVERS]} solvers"),
        ("docs/index.md", f"{WORDS[len(SCHEDULES)]} schedules"),
        ("docs/index.md", f"{WORDS[N_LOSSES]} losses"),
        ("docs/index.md", f"{WORDS[N_ACTIVATIONS]} activations"),
        ("CHANGELOG.md", f"{WORDS[N_ACTIVATIONS].capitalize()} activations"),
        ("CHANGELOG.md", f"{WORDS[len(INITIALIZERS)]} ways to draw the initial weights"),
    ],
)
def test_pages_say_how_many_there_are(page, sentence):
    assert sentence in read_text(page)
