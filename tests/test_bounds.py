"""What a file may take of memory and time: in proportion to its size, whatever it says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import normal
from hypothesis import HealthCheck, given, reject
from hypothesis import strategies as st
from strategies import examples

from sknn import MLPClassifier, SequentialRegressor
from sknn.nn import Dense, Residual
from sknn.nn.storage import bounds
from sknn.nn.storage.container import SavedModelError, read, write
from sknn.nn.storage.values import Decoder, Encoder
from sknn.persistence import load, save

KEY = np.arange(624, dtype=np.uint32)
ARRAYS = {
    "key": KEY,
    "floats": np.linspace(0, 1, 20_000),
    "bytes": np.zeros((20_000, 4), np.uint8),
    "text": np.frombuffer("abcd".encode("utf-32-le"), np.uint8).reshape(2, 8),
    "rows": np.zeros((10**9, 0)),
    "many": np.zeros(10_000, np.uint8),
    "one": np.array(3.5),
}


def cost_of(encoded, arrays=ARRAYS, name="note_"):
    """What the values cost, without a limit."""
    decoder = Decoder(encoded, arrays)
    decoder.budget.most = None
    decoder.decode(encoded, name)
    return decoder.budget.spent


def doubled(name, n, wrap=lambda values: values):
    """A list whose entries hold the one before twice: the last has 2^n numbers."""
    first = wrap([1, 1])
    twice = (wrap([{"same": f"{name}.{i}"}] * 2) for i in range(n - 1))
    return [first, *twice]


# --- what values cost --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoded", "cost"),
    [
        (None, 8),
        (1.5, 8),
        (10**300, 8),
        ("abc", 8 + 3),
        ([], 64),
        ([1, "ab"], 64 + 8 + 8 + 2),
        ({"tuple": [1]}, 64 + 8),
        ({"float": "nan"}, 64),
        ({"dict": [["a", 1]]}, 64 + 8 + 1 + 8),
        ({"range": [0, 10, 3]}, 64 + 4 * 32 + 3 * 8),
        ({"range": [10, 0, -3]}, 64 + 4 * 32 + 3 * 8),
        ({"range": [3, 0, 1]}, 64 + 3 * 8),
        ({"slice": [0, 10**9, None]}, 64 + 3 * 8),
        ({"floats": "floats"}, 64 + 20_000 * 32),
        ({"array": "floats"}, 64 + 20_000 * 8),
        ({"array": "rows"}, 64 + 10**9),
        ({"scalar": {"array": "one"}}, 64 + 8),
        ({"raw": ["text", "<U2"]}, 64 + 16),
        ({"objects": [[2], ["a", "b"]]}, 64 + 16 + 2 * 9),
        ({"objects": [[0, 500], []]}, 64 + 500),
        ({"random_state": ["key", 1, 0, 0.0]}, 64 + 2**15),
        ({"loss": {"class": "Huber", "arguments": {"delta": 1}}}, 64 + 2000 + 8),
        ([[1, 1], {"same": "note_.0"}], 64 + 2 * (64 + 16)),
        ([{"floats": "floats"}] * 2, 64 + 2 * (64 + 20_000 * 32)),
        # [1, 1] costs 64 + 16 = 80, what holds it twice 64 + 2 * 80 = 224, and so on
        (doubled("note_", 3), 64 + 80 + 224 + (64 + 2 * 224)),
    ],
    ids=str,
)
def test_cost_of_a_value_is_that_of_all_it_stands_for(encoded, cost):
    assert cost_of(encoded) == cost


def test_long_names_cost_their_characters():
    assert cost_of([[]], name="n" * 200) == 64 + 64 + 2
    assert cost_of([[]], name="n" * 300) == (64 + 100) + (64 + 102)


def test_file_may_cost_a_few_times_its_size_and_a_constant():
    document = {"ab": ["c", 1, {"d": None}]}
    # ab, c, d: 3 and a letter each; the two dicts, the list, 1 and None: 3 each
    assert bounds.most(document, {"x": np.zeros(100)}) == 2**22 + 16 * (800 + 5 + 4 + 4 + 5 * 3)


def test_budget_ends_where_it_is_spent():
    budget = bounds.Budget(100)
    budget.spend(100)
    with pytest.raises(SavedModelError, match="memory out of proportion to the file: a range is"):
        budget.spend(1)


def test_names_that_are_referred_to():
    document = {"a": [{"same": "b.0"}, {"tuple": [{"same": "c"}]}], "same": 5, "d": {"same": [1]}}
    assert bounds.referred(document) == {"b.0", "c"}


def test_int_that_is_too_large_for_a_float_is_refused():
    assert Decoder(2**999, {}).decode(2**999, "alpha") == 2**999
    with pytest.raises(SavedModelError, match="an int of 1001 bits is too large for a float"):
        Decoder(2**1000, {}).decode(2**1000, "alpha")


@pytest.mark.parametrize("content", [[0, 5.0, 1], [0, 5, 0], [0, "5", 1]])
def test_range_of_anything_but_ints_is_refused(content):
    with pytest.raises(SavedModelError, match="one of its ranges does not consist of ints"):
        Decoder(None, {}).decode({"range": content}, "note_")


# --- what can be saved can be loaded -----------------------------------------------------------

SHARED, LONG = Dense(5), [float(i) for i in range(1000)]


@pytest.mark.parametrize(
    "value",
    [
        range(1000),
        [SHARED] * 500,
        [Residual([SHARED, Dense(5)]) for _ in range(300)],
        [LONG] * 20,
        dict.fromkeys(range(20_000), 1.0),
        {(i, -1): [i] for i in range(5000)},
        [[i] for i in range(30_000)],
        np.array(["a", None] * 20_000, dtype=object),
        np.zeros((0, 1000)),
        [np.random.RandomState(seed) for seed in range(300)],
        [{0: 1, 1: 2.0}] * 5000,
    ],
    ids=[
        "range",
        "same",
        "deep",
        "floats",
        "dict",
        "tuples",
        "lists",
        "text",
        "empty",
        "seeds",
        "s",
    ],
)
def test_large_values_that_are_saved_are_within_the_bounds(value):
    encoder = Encoder()
    encoded = encoder.encode(value, "note_")
    encoder.check(encoded)
    decoder = Decoder(encoded, encoder.arrays)
    decoder.decode(encoded, "note_")
    assert decoder.budget.spent == encoder.budget.spent <= decoder.budget.most


@pytest.mark.parametrize("value", [range(10**6), [[LONG] * 100] * 10], ids=["range", "same"])
def test_what_could_not_be_loaded_is_not_saved(value, tmp_path):
    estimator = MLPClassifier()
    estimator.note_ = value
    with pytest.raises(ValueError, match=r"^It cannot be saved: a range in it is too long, or one"):
        save(estimator, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_int_that_is_too_large_for_a_float_is_not_saved(tmp_path):
    estimator = MLPClassifier(max_iter=10**5000)
    message = r"^max_iter cannot be saved: its 16610 bits are too many for a float\.$"
    with pytest.raises(TypeError, match=message):
        save(estimator, tmp_path / "model")
    assert not (tmp_path / "model").exists()


# --- hostile files -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A path to write to, and document and arrays of a saved estimator."""
    path = tmp_path_factory.mktemp("saved") / "model"
    estimator = MLPClassifier((3,), random_state=0)
    save(estimator.partial_fit(normal(12, 16), np.arange(12) % 3, classes=[0, 1, 2]), path)
    return path, *read(path)


@pytest.fixture(scope="module")
def loaded_within(saved):
    """(document, arrays) -> how another process, which has little memory and time, loads them."""
    path = saved[0]
    loader = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("loader.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def load_there(document, arrays):
        write(path, document, arrays)
        print(path, file=loader.stdin, flush=True)
        return json.loads(loader.stdout.readline()) | {"size": path.stat().st_size}

    yield load_there
    loader.communicate()
    assert loader.returncode == 0


def assert_within_bounds(told):
    assert told["outcome"] in ("loaded", "SavedModelError")
    assert told["told"] < 700
    assert told["peak"] < 2**25 + 30 * told["size"]


PLACES = {
    "attribute": ("attributes", "note_"),
    "sizes": ("parameters", "hidden_layer_sizes"),
    "alpha": ("parameters", "alpha"),
    "weights": ("parameters", "class_weight"),
    "layers": ("model", "layers"),
    "units": ("model", "layers", 0, "layer", "arguments", "units"),
    "input": ("model", "input_shape"),
    "theta": ("model", "theta"),
    "loss": ("model", "loss"),
    "classes": ("labels", "learnt"),
    "requests": ("requests",),
    "run": ("run", "values"),
}
PREFIX = {
    "_model": ("model",),
    "_labels": ("labels",),
    "_requests": ("requests",),
    "_run": ("run",),
}


def name_of(place):
    """What the Decoder calls the value in this place."""
    parts = [str(part) for part in place if part not in ("layer", "arguments")]
    if place[0] in ("attributes", "parameters"):
        return ".".join(parts[1:])
    return ".".join([f"_{place[0]}", *parts[1:]])


def put(saved, place, value):
    """The saved document with a value in a place."""
    document = json.loads(json.dumps(saved[1]))
    inside = document
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return document


def tuples(values):
    return {"tuple": values}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("wrap", [list, tuples], ids=["lists", "tuples"])
def test_values_doubled_again_and_again_are_refused(place, wrap, saved, loaded_within):
    name = name_of(PLACES[place])
    value = doubled(name, 60, wrap)
    told = loaded_within(put(saved, PLACES[place], value), saved[2])
    assert told["outcome"] == "SavedModelError"
    assert_within_bounds(told)


def split_by(value):
    return {"splitter": {"class": "PredefinedSplit", "arguments": {"test_fold": value}}}


def colliding(n):
    """A dict with keys of one hash."""
    return {"dict": [[i * (2**61 - 1), 1] for i in range(1, n)]}


HOSTILE = {
    "range in a splitter": split_by({"range": [0, 10**12, 1]}),
    "range backwards": {"range": [0, -(10**12), -1]},
    "floats again and again": [{"floats": "floats"}] * 2000,
    "arrays again and again": split_by([{"array": "floats"}] * 2000),
    "raw again and again": [{"raw": ["bytes", "|S4"]}] * 2000,
    "bytes as floats": {"floats": "many"},
    "rows without columns": {"floats": "rows"},
    "array of rows without columns": split_by({"array": "rows"}),
    "objects without columns": {"objects": [[10**9, 0], []]},
    "generators": [{"random_state": ["key", 1, 0, 0.0]}] * 500,
    "keys of one hash": colliding(3000),
    "tuples of one hash": {
        "dict": [[{"tuple": [-1 - (i >> bit & 1) for bit in range(12)]}, 1] for i in range(3000)]
    },
    "one key": {"dict": [[1, 1], [1, 2]]},
    "long names": {"dict": [["a" * 100_000, [[]] * 1000]]},
    "layers": [{"layer": {"class": "Flatten", "arguments": {}}}] * 15_000,
    "large int": 10**2000,
    "raw of another size": {"raw": ["bytes", "<U1000000"]},
    "no characters": {"raw": ["bad", "<U1"]},
    "scalar of many": {"scalar": {"array": "floats"}},
    "scalar of none": {"scalar": {"float": "nan"}},
    "objects of another shape": {"objects": [[-1], ["a"]]},
    "no list": {"tuple": "text"},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_value_is_refused_within_bounds(case, saved, loaded_within):
    bad = {"bad": np.full((2, 4), 255, np.uint8)}
    document = put(saved, PLACES["attribute"], HOSTILE[case])
    told = loaded_within(document, saved[2] | ARRAYS | bad)
    assert told["outcome"] == "SavedModelError"
    assert_within_bounds(told)


def nested(depth):
    """Dense in Residual in Residual."""
    layer = {"layer": {"class": "Dense", "arguments": {"units": 16}}}
    for _ in range(depth):
        layer = {"layer": {"class": "Residual", "arguments": {"layers": [layer]}}}
    return layer


def test_layers_inside_each_other_take_no_time(saved, loaded_within):
    told = loaded_within(put(saved, PLACES["layers"], [nested(20)]), saved[2])
    assert told["outcome"] == "SavedModelError"
    assert told["seconds"] < 5


LEAVES = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    st.text("ab.0", max_size=3),
    st.sampled_from([10**9, 10**300, -(2**61), "relu", "a" * 1000]),
    st.builds(
        lambda name: {"same": name}, st.sampled_from(["note_", "note_.0", "note_.1", "loss"])
    ),
    st.builds(lambda n: {"same": f"note_.{n}"}, st.integers(0, 9)),
    st.builds(lambda *n: {"range": list(n)}, *[st.sampled_from([0, 1, -1, 10**5, 10**15])] * 3),
    st.builds(lambda *n: {"slice": list(n)}, *[st.none() | st.integers(0, 10**15)] * 3),
    st.builds(
        lambda kind, name: {kind: name},
        st.sampled_from(["array", "floats"]),
        st.sampled_from(sorted(ARRAYS)),
    ),
    st.builds(lambda name: {"scalar": {"array": name}}, st.sampled_from(sorted(ARRAYS))),
    st.builds(
        lambda name, dtype: {"raw": [name, dtype]},
        st.sampled_from(["text", "bytes", "many"]),
        st.sampled_from(["<U2", "|S4", "<U1", "<M8[s]"]),
    ),
    st.builds(
        lambda position: {"random_state": ["key", position, 0, 0.0]}, st.sampled_from([0, 5, 700])
    ),
    st.sampled_from(["nan", "inf", "1"]).map(lambda text: {"float": text}),
)


def kinds(inside):
    """Values that consist of others, of which some are repeated."""
    several = st.one_of(
        st.builds(
            lambda values, times: values * times,
            st.lists(values, max_size=3),
            st.sampled_from([1, 1, 2, most]),
        )
        for values, most in ((LEAVES, 500), (inside, 5))
    )
    classes = st.sampled_from(["Huber", "Dense", "ELU", "Warmup", "KFold", "Heads", "Residual"])
    return st.one_of(
        several,
        several.map(tuples),
        several.map(lambda values: {"objects": [[len(values)], values]}),
        st.lists(st.tuples(inside, inside).map(list), max_size=3).map(
            lambda pairs: {"dict": pairs}
        ),
        st.integers(1, 60).map(lambda n: doubled("note_", n)),
        st.builds(
            lambda kind, name, names, values: {
                kind: {"class": name, "arguments": dict(zip(names, values, strict=False))}
            },
            st.sampled_from(["loss", "layer", "activation", "schedule", "splitter"]),
            classes,
            st.permutations(["units", "activation", "loss", "groups", "layers", "delta"]),
            st.lists(inside, max_size=2),
        ),
    )


VALUES = st.recursive(LEAVES, kinds, max_leaves=8)


def check_any_value(saved, loaded_within, place, value):
    document = put(saved, PLACES[place], value)
    try:
        told = loaded_within(document, saved[2] | ARRAYS)
    except SavedModelError:  # too many brackets to be written
        reject()
    assert_within_bounds(told)


@examples(25, tuple(HealthCheck))
@given(place=st.sampled_from(sorted(PLACES)), value=VALUES)
def test_any_value_is_loaded_or_refused_within_bounds(saved, loaded_within, place, value):
    check_any_value(saved, loaded_within, place, value)


@pytest.mark.slow
@examples(400, tuple(HealthCheck))
@given(place=st.sampled_from(sorted(PLACES)), value=VALUES)
def test_any_of_many_values_is_loaded_or_refused_within_bounds(saved, loaded_within, place, value):
    check_any_value(saved, loaded_within, place, value)


def test_messages_are_short_and_so_are_their_causes(saved):
    path, _, arrays = saved
    long = "long" * 100_000
    write(path, put(saved, PLACES["alpha"], long), arrays)
    with pytest.raises(SavedModelError, match="'alpha' parameter of MLPClassifier") as error:
        load(path)
    assert len(str(error.value)) < 700
    assert len(str(error.value.__cause__)) < 500
    write(path, put(saved, PLACES["alpha"], {"same": long}), arrays)
    with pytest.raises(SavedModelError, match=r"KeyError\('longlong") as error:
        load(path)
    assert len(str(error.value)) < 700
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_network_is_not_built_larger_than_its_weights(tmp_path):
    path = tmp_path / "model"
    estimator = SequentialRegressor([Dense(2)])
    save(estimator.partial_fit(normal(9, 2), np.arange(9.0)), path)
    document, arrays = read(path)
    document["model"]["layers"][0]["layer"]["arguments"]["units"] = 10**9
    write(path, document, arrays)
    with pytest.raises(SavedModelError, match="have 4000000001 parameters or statistics, but"):
        load(path)
