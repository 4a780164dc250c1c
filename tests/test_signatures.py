"""What estimators' signatures and docstrings are written from, and how they are written."""

import ast
import importlib.util
import inspect
import re
from pathlib import Path

import pytest
from helpers import needs_scikit_learn
from sklearn.neural_network import MLPClassifier, MLPRegressor

import sknn.estimators
from sknn.estimators import parameters
from sknn.estimators.parameters import ESTIMATORS, PARAMETERS, By, chosen, constraints, has
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.scikit_learn import StrOptions
from sknn.tabular import TabularClassifier, TabularRegressor
from sknn.tabular import parameters as table_parameters

ROOT = Path(__file__).parents[1]
THEIRS = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}


@pytest.fixture(scope="module")
def writer():
    path = ROOT / "docs" / "write_signatures.py"
    spec = importlib.util.spec_from_file_location("write_signatures", path)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)  # as the writer does; taken back afterwards
        spec.loader.exec_module(module)
    return module


# The files


def test_files_are_as_the_tables_say(writer):
    changed = [path.name for path in writer.differences()]
    assert not changed, f"Run python docs/write_signatures.py: {changed} are not as the tables say."


@pytest.fixture
def module(writer, monkeypatch, tmp_path):
    """A copy of mlp.py, which is all that the writer sees."""
    copy = tmp_path / "mlp.py"
    original = ROOT / "sknn" / "estimators" / "mlp.py"
    copy.write_text(original.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(writer, "FILES", [copy])
    return copy


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        alpha: float = 0.0001,\n", "        alpha: float = 0.001,\n"),
        ("        self.alpha = alpha\n", "        self.alpha = float(alpha)\n"),
        ("        self.alpha = alpha\n", ""),
        ("    alpha : float, default=0.0001\n", "    alpha : float\n"),
        ("        Strength of the L2 penalty", "        Power of the L2 penalty"),
        ("        Number of outputs of the network.\n", "        Outputs.\n"),
        ("        *,\n", ""),
        ("    t_ : int\n", "    s_ : int\n"),
    ],
)
def test_check_finds_a_change_and_the_writer_takes_it_back(writer, module, capsys, old, new):
    text = module.read_text(encoding="utf-8")
    assert writer.main(["--check"]) == 0
    assert capsys.readouterr().out == ""
    assert text.count(old) == 2  # of two classes
    changed = text.replace(old, new, 1)
    module.write_text(changed, encoding="utf-8")
    assert writer.main(["--check"]) == 1
    assert f"\n+{old.splitlines()[0]}" in capsys.readouterr().out
    assert module.read_text(encoding="utf-8") == changed
    assert writer.main([]) == 0
    assert module.read_text(encoding="utf-8") == text
    assert writer.main(["--check"]) == 0


def test_what_the_tables_do_not_hold_is_left_alone(writer, module):
    text = module.read_text(encoding="utf-8")
    changed = text
    for old, new in [
        ("minimises the log loss", "minimises it here"),
        ("    See Also\n    --------\n", "    Here\n    ----\n"),
        ("load_digits(", "load_here("),
        ("            layers += [Dropout(rate)]", "            layers += [here(rate)]"),
        ("    # Written by", "    # Here by"),
    ]:
        assert old in changed
        changed = changed.replace(old, new)
    module.write_text(changed, encoding="utf-8")
    assert writer.main(["--check"]) == 0


def test_new_parameter_is_written_where_it_stands_in_the_table(writer, module, monkeypatch):
    row = parameters.Parameter("int", By(mlp=3), [int], "Number of ``a b``.")
    rows = {}
    for name, other in PARAMETERS.items():
        rows |= {"zeal": row, name: other} if name == "tol" else {name: other}
    monkeypatch.setattr(parameters, "PARAMETERS", rows)
    assert writer.main([]) == 0
    text = module.read_text(encoding="utf-8")
    after = "random_state: int | np.random.RandomState | None = None,\n"
    assert text.count(f"{after}        zeal: int = 3,\n        tol: float = 0.0001,\n") == 2
    assert text.count("        self.zeal = zeal\n        self.tol = tol\n") == 2
    entry = "    zeal : int, default=3\n        Number of ``a b``.\n    tol : float, default"
    assert text.count(entry) == 2
    ast.parse(text)


# The table


@pytest.mark.parametrize("name", ESTIMATORS)
def test_constraints_are_for_all_parameters(name):
    estimator = getattr(sknn.estimators, name)
    assert set(estimator._parameter_constraints) == set(inspect.signature(estimator).parameters)
    assert list(constraints(name)) == list(inspect.signature(estimator).parameters)


@pytest.mark.parametrize("name", THEIRS)
def test_constraints_of_the_parameters_of_scikit_learn_are_its_own(name):
    ours, theirs = constraints(name), THEIRS[name]._parameter_constraints
    assert len(theirs) > 20
    wider = {"activation", "learning_rate", "loss", "solver", "validation_fraction"}
    for parameter in set(theirs) - wider:
        assert sorted(map(str, ours[parameter])) == sorted(map(str, theirs[parameter]))
    for parameter in wider & set(theirs) - {"validation_fraction"}:
        (names,) = [one for one in ours[parameter] if isinstance(one, StrOptions)]
        assert theirs[parameter][0].options < names.options


def test_table_has_every_estimator():
    assert sorted(ESTIMATORS) == sorted(sknn.estimators.__all__)


WITH_LOSS = needs_scikit_learn("1.7", "a loss of MLPRegressor to choose")


@pytest.mark.parametrize("name", ["MLPClassifier", pytest.param("MLPRegressor", marks=WITH_LOSS)])
def test_positional_parameters_are_those_of_scikit_learn(name):
    theirs = inspect.signature(THEIRS[name]).parameters.values()
    positional = [one.name for one in theirs if one.kind is one.POSITIONAL_OR_KEYWORD]
    assert ESTIMATORS[name][2] == tuple(positional)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_value_by_network_or_task_has_one_for_each_estimator(writer, name):
    network, task, _ = ESTIMATORS[name]
    rows = [*PARAMETERS.values(), *writer.ATTRIBUTES.values()]
    values = [
        value
        for row in rows
        if has(row, network, task)
        for value in [*vars(row).values(), *row.slots.values()]
        if isinstance(value, By)
    ]
    assert len(values) > 10
    for value in values:
        assert (network in value) != (task in value)
        assert chosen(value, network, task) is value[network if network in value else task]


@pytest.mark.parametrize("estimator", [TabularClassifier, TabularRegressor])
def test_estimators_for_tables_have_a_table_of_their_own(writer, estimator):
    names = list(inspect.signature(estimator).parameters)
    assert list(table_parameters.constraints(estimator.__name__)) == names
    assert list(estimator._parameter_constraints) == names
    told = re.findall(r"^(?: {4})?(\w+) : .*, default=", estimator.__doc__, re.M)
    assert told == names
    own, rows = writer.tables_of(estimator.__name__)
    assert own is table_parameters
    told = re.findall(r"^(?: {4})?(\w+_) : ", estimator.__doc__, re.M)
    assert len(told) > 8
    assert set(told) <= set(rows)


def test_no_row_has_a_slot_that_its_text_does_not_name(writer):
    tables = PARAMETERS, table_parameters.PARAMETERS, writer.ATTRIBUTES, writer.TABLE_ATTRIBUTES
    for row in [row for table in tables for row in table.values()]:
        named = set(re.findall(r"\$(\w+)", row.text))
        assert set(row.slots) <= named
        assert ("options" in named) == bool(getattr(row, "options", {}))


# Text


def test_options_without_a_text_or_that_may_not_be_given_are_refused(writer):
    allowed = [StrOptions({"sgd", "lion"}), None]
    writer.check_options("solver", {"sgd": "a", "lion": "b"}, allowed)
    with pytest.raises(ValueError, match=r"'solver'.*lack \['lion'\].* not have \['adm'\]"):
        writer.check_options("solver", {"sgd": "a", "adm": "b"}, allowed)


def test_solvers_that_use_a_parameter_are_read_off_their_table(writer, monkeypatch):
    table = {"one": lambda est: (None, {"a": float(est.beta_1)}), "two": lambda est: (None, {})}
    solver = parameters.Parameter("str", "one", [str], "A.", options={"two": "", "one": ""})
    monkeypatch.setattr(writer, "STOCHASTIC_SOLVERS", table)
    monkeypatch.setitem(parameters.PARAMETERS, "solver", solver)
    assert writer.users("beta_1") == ["one"]
    assert writer.users("momentum") == []


def test_names_are_listed_from_simple_to_elaborate(writer):
    lists = writer.from_code("epsilon")
    names = re.findall(r"\w+", lists["activations"].replace(" or ", " "))
    assert sorted(names) == sorted(ACTIVATIONS)
    assert names[:4] == ["identity", "logistic", "sigmoid", "tanh"]
    assert "'silu' or 'swish', 'mish'" in lists["activations"]
    names = re.findall(r"'(\w+)'", lists["initializers"])
    assert sorted(names) == sorted(set(INITIALIZERS) - {"auto"})
    assert (names[0], names[-1]) == ("glorot_uniform", "zeros")
    assert lists["users"] == "'adam', 'adamw', 'nadam' and 'rmsprop'"
    assert lists["planned"] == "'coslog', 'cosine', 'flat_cosine' and 'one_cycle'"


def test_lines_are_wrapped_between_words_but_not_in_literals(writer):
    literal = "``" + "ab " * 20 + "c``"
    lines = writer.wrapped("- " + "word " * 15 + literal + " end", 8)
    assert lines == ["        - " + " ".join(["word"] * 15), "          " + literal + " end"]
    assert all(len(line) <= 100 for line in writer.wrapped("word " * 99, 8))
