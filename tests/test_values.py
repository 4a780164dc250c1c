import json
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sameness import assert_same

from sknn.nn import ELU, Conv2D, Dense, Huber, Loss, OneCycle, Warmup
from sknn.nn.initializers import ForActivation, HeNormal
from sknn.nn.losses import Heads
from sknn.nn.storage.container import NAME, SavedModelError
from sknn.nn.storage.values import Decoder, Encoder

FRACTIONS = [0.1, 1 / 3, -0.0, 5e-324, 1.7976931348623157e308, np.inf, -np.inf, np.nan]


class Scaled(Loss):
    """A loss of the user's."""

    def __init__(self, scale=1.0):
        self.scale = scale


def through_json(value, **settings):
    """The value, encoded, written as JSON, read and decoded."""
    encoder = Encoder()
    text = json.dumps(encoder.encode(value, "value"), allow_nan=False)
    assert all(map(NAME.fullmatch, encoder.arrays))
    arrays = {name: array.copy(order="C") for name, array in encoder.arrays.items()}  # as in files
    decoder = Decoder(json.loads(text), arrays, **settings)
    decoded = decoder.decode(json.loads(text), "value")
    assert decoder.budget.spent == encoder.budget.spent  # what is saved can be loaded
    return decoded


def drawn_from():
    """A RandomState that has been drawn from, with half a pair of normal numbers in store."""
    random_state = np.random.RandomState(3)
    random_state.normal(size=7)
    return random_state


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -(2**70),
        'text with \n, ", \0, é, \ud800 and 🙂',
        *FRACTIONS,
        FRACTIONS,
        [],
        [1, 2.0, "3", None],
        [1.0, 2],  # not all fractions
        (),
        (3, (3, 5)),
        [[1, 2], (1, 2)],
        range(5, 9, 2),
        {},
        {"a": 1, "b c": [2], 3: "int", 2.5: "float", (1, "x"): "tuple", True: 0, None: None},
        {"é": [0.5, 1.5]},
        {"0": {"k": [0.5]}, 5: {"k": [1.5]}, "k": [2.5]},
        {np.int64(3): np.float32(0.1), np.str_("a"): np.bool_(True)},
        np.float64(1 / 3),
        np.float16(0.1),
        np.uint8(200),
        np.str_("text"),
        np.datetime64("2024-02-29"),
        np.complex128(1 + 2j),
        np.zeros((0, 3), np.int8),
        np.array(5),
        np.arange(6, dtype=np.uint16).reshape(2, 3),
        np.array(["a", "longer", ""]),
        np.array([b"a", b"bc"]),
        np.array([["é", "🙂"]], dtype=object),
        np.array([["a", 1], [None, 2.5]], dtype=object),
        np.array(["a", None, 1, 2.5, np.nan, (1, 2)], dtype=object),
        np.array(["2024-02-29", "NaT"], "M8[D]"),
        np.array([1, 2], "m8[25s]"),
        np.array([1 + 2j]),
        Heads(Huber(), [slice(0, 2), slice(2, 5, None)]),
        drawn_from(),
        Huber(delta=0.3),
        Warmup(OneCycle(total_steps=100), steps=5),
        ForActivation(ELU(0.5), HeNormal()),
        [("conv", Conv2D(3, kernel_size=(3, 5), padding=((0, 1), (1, 0)))), Dense(4, ELU())],
    ],
    ids=lambda value: re.sub(r"\W+", "-", re.sub(r" at 0x\w+", "", repr(value)))[:30],
)
def test_value_is_decoded_as_it_was(value):
    assert_same(through_json(value), value)


def test_axis_that_is_contiguous_stays_so():
    for array in (np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2).T):
        assert through_json(array).strides == array.strides


@pytest.mark.parametrize("kind", [np.float32, "U3", "M8[D]", object])
def test_decoded_arrays_can_be_written_to(kind):
    array = np.array([1, 2]).astype(kind)
    decoded = through_json(array)
    decoded[0] = array[1]
    assert_array_equal(decoded, array[[1, 1]])


def test_memory_map_becomes_an_array(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(4.0))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert_same(through_json(mapped), np.arange(4.0))


def test_random_state_goes_on_as_it_would_have():
    random_state = drawn_from()
    decoded = through_json(random_state)
    assert_array_equal(decoded.normal(size=5), random_state.normal(size=5))
    assert_array_equal(decoded.permutation(9), random_state.permutation(9))


def test_what_occurs_twice_is_one_object_again():
    loss, numbers, random_state = Huber(), [1.0, 2.0], np.random.RandomState(0)
    value = {
        "a": [loss, numbers],
        "b": loss,
        "c": {"d": numbers},
        "e": (random_state, random_state),
    }
    decoded = through_json(value)
    assert_same(decoded, value)
    assert decoded["b"] is decoded["a"][0]
    assert decoded["c"]["d"] is decoded["a"][1]
    assert decoded["e"][0] is decoded["e"][1]


def test_what_is_equal_but_two_objects_stays_two():
    decoded = through_json([[1], [1]])
    assert decoded[0] is not decoded[1]


class Part(Loss):
    """A loss whose setting is another slice whenever it is asked for."""

    def __init__(self, at):
        self._stop = at.stop

    @property
    def at(self):
        return slice(self._stop)


def test_objects_that_live_shortly_are_not_taken_for_one_another():
    """Python puts the next slice where the last one was."""
    decoded = through_json([Part(slice(stop)) for stop in range(20)], classes=[Part])
    assert [loss.at.stop for loss in decoded] == list(range(20))


def test_arrays_are_called_after_their_places():
    encoder = Encoder()
    value = {"loss": [0.5, 0.25], "b": [np.zeros(1), {3: np.ones(1)}], "a b": np.full(1, 2.0)}
    encoder.encode(value, "history_")
    found = {name: array.tolist() for name, array in encoder.arrays.items()}
    assert found == {
        "history_.loss": [0.5, 0.25],
        "history_.b.0": [0.0],
        "history_.b.1.0": [1.0],
        "history_.2": [2.0],
    }


def test_objects_of_further_classes_are_made():
    loss = through_json(Scaled(3.0), classes=[Scaled])
    assert_same(loss, Scaled(3.0))


class Own:
    """Of no kind."""

    def __repr__(self):
        return "Own()"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Own(), r"^value=Own\(\) cannot be saved: only numbers, strings, .* or to None, before"),
        ([1, {"a": len}], r"^value\.1\.a=<built-in function len> cannot be saved"),
        (Huber, r"^value=<class '.*Huber'> cannot be saved"),
        (Huber(len), r"^value\.delta=<built-in function len> cannot be saved"),
        ({1, 2}, r"^value=\{1, 2\} cannot be saved"),
        (frozenset([1]), r"^value=frozenset\(\{1\}\) cannot be saved"),
        (np.array([Own()]), r"^value\.0=Own\(\) cannot be saved"),
        (np.zeros(2, "i4,f8"), r"^value cannot be saved: it is an array of dtype \[\('f0'"),
        (np.ma.masked_array([1.0]), r"^value=masked_array"),
        (np.random.RandomState(np.random.PCG64(0)), r"^value cannot be saved: make it RandomSt"),
        (np.random.default_rng(0), r"^value=Generator\(PCG64\) at .* cannot be saved"),
    ],
)
def test_what_cannot_be_saved_is_named_with_a_remedy(value, message):
    with pytest.raises(TypeError, match=message):
        Encoder().encode(value, "value")


def test_object_that_cannot_be_made_again_is_named():
    loss = Huber()
    loss.calls = 1
    message = r"^value\.0=Huber\(\) cannot be saved: Huber has the attributes \['calls'\], which"
    with pytest.raises(TypeError, match=message):
        Encoder().encode([loss], "value")


def test_what_contains_itself_is_refused():
    value = []
    value.append({"again": value})
    with pytest.raises(TypeError, match="it is nested too deeply or contains itself"):
        Encoder().encode(value, "value")


MALFORMED = (ValueError, TypeError, LookupError, AttributeError, OverflowError)
KEY = np.arange(624, dtype=np.uint32)


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ({"loss": {"class": "os.system", "arguments": {"command": "ls"}}}, "class 'os.system'"),
        ({"loss": {"class": "ReLU", "arguments": {}}}, "no loss of sknn has this name"),
        ({"os.system": "ls"}, "its value is a 'os.system', which this version of sknn"),
        ({"eval": "1"}, "its value is a 'eval'"),
        ({"kinds": 1}, "its value is a 'kinds'"),
        ({"__class__": "x"}, "its value is a '__class__'"),
        ({"raw": ["u", "O"]}, "cannot have the dtype 'O'"),
        ({"raw": ["u", "|O8"]}, "cannot have the dtype"),
        ({"raw": ["u", "V4"]}, "cannot have the dtype"),
        ({"raw": ["u", "i4,O"]}, "cannot have the dtype"),
        ({"random_state": ["key", -1, 0, 0.0]}, "a position among them"),
        ({"random_state": ["key", 625, 0, 0.0]}, "a position among them"),
        ({"random_state": ["short", 3, 0, 0.0]}, "needs 624 numbers"),
        ({"dict": [[1, 1], [1, 2]]}, "its value has duplicate keys or equal hashes"),
        ({"floats": "u"}, "one of its lists of floats has the dtype uint8 and 1 axes"),
        ({"raw": ["no character", "<U1"]}, "its array 'no character' has bytes that are not"),
    ],
)
def test_hostile_value_is_refused(encoded, message):
    arrays = {"u": np.zeros(8, np.uint8), "key": KEY, "short": KEY[:9]}
    arrays["no character"] = np.array([[0, 0, 0x11, 0]], np.uint8)  # the first after Unicode's last
    with pytest.raises(SavedModelError, match=message):
        Decoder(encoded, arrays).decode(encoded, "value")


@pytest.mark.parametrize(
    "encoded",
    [
        {},
        {"tuple": [1], "dict": []},
        {"tuple": 5},
        {"same": "elsewhere"},
        {"same": ["value"]},
        [{"same": ""}],
        {"dict": [[[1], 2]]},
        {"dict": [[1, 2, 3]]},
        {"dict": {"a": 1}},
        {"array": "missing"},
        {"array": ["u"]},
        {"floats": None},
        {"float": "1.5"},
        {"raw": ["u", "<U3"]},
        {"raw": ["u", "<U1000000000"]},
        {"objects": [[2**40], [1]]},
        {"objects": [[-1, -1], [1]]},
        {"scalar": "u"},
        {"random_state": ["key", "3", 0, 0.0]},
        {"random_state": ["key", 3, 2**80, 0.0]},
        {"loss": {"class": "Huber", "arguments": {"no": 1}}},
        {"loss": {"class": "Huber", "arguments": [1]}},
        {"loss": {"class": ["Huber"], "arguments": {}}},
        {"loss": "Huber"},
    ],
    ids=str,
)
def test_malformed_value_is_an_error(encoded):
    # Of whatever type: load makes one of them all.
    with pytest.raises(
        (SavedModelError, ValueError, TypeError, LookupError, AttributeError, OverflowError)
    ):
        Decoder(encoded, {"u": np.zeros(8, np.uint8), "key": KEY}).decode(encoded, "value")


@pytest.mark.parametrize("position", [0, 624])
def test_random_state_may_stand_at_either_end(position):
    encoded = {"random_state": ["key", position, 0, 0.0]}
    decoded = Decoder(encoded, {"key": KEY}).decode(encoded, "value")
    assert_array_equal(decoded.get_state()[1], KEY)
    assert decoded.get_state()[2] == position
