"""Encodes values as JSON and arrays and decodes them, for saved models and checkpoints.

A value that JSON lacks is encoded as an object with one key for its type: ``{"tuple": [3, 3]}``. A
loss or a layer is encoded as the name of its class with the arguments of its constructor.
"""

import re
import sys
from math import isfinite, prod

import numpy as np

from sknn.nn.storage import bounds
from sknn.nn.storage.container import DTYPE_NAMES, SHOWN, SavedModelError, cut, shown
from sknn.nn.storage.registry import CORE

DEEPEST = 30  # maximum depth of nested values
RAW = re.compile(r"[<>|]([cSU]\d+|[mM]8\[\w+\])", re.ASCII)  # dtypes that are stored as bytes
STATE = 624  # numbers in the state of a RandomState
PLAIN = (bool, int, float, str, type(None))  # types that JSON supports
ALIKE = 100  # keys of a dict with equal hashes: a lookup compares the key with all of them


class Encoder:
    """Encodes values as JSON. Arrays, which JSON cannot hold, are collected in ``arrays`` by name.

    A value that occurs twice is stored once: ``{"same": "history_.loss"}`` refers to its place.
    """

    def __init__(self, kinds=CORE):
        self.kinds = kinds
        self.arrays = {}
        self.budget = bounds.Budget()
        self._seen = {}

    def check(self, document):
        """Raises ValueError if a document of encoded values could not be read again."""
        if self.budget.spent > bounds.most(document, self.arrays):
            raise ValueError(
                "It cannot be saved: a range in it is too long, or one and the same list or array "
                "is used in too many places. Use arrays instead."
            )

    def encode(self, value, where):
        """Returns value as JSON.

        where: its name, in messages and among the arrays. Raises TypeError if it cannot be saved.
        """
        if bounds.too_large(value):
            bits = value.bit_length()
            raise TypeError(f"{where} cannot be saved: its {bits} bits are too many for a float.")
        if type(value) in PLAIN and (type(value) is not float or isfinite(value)):
            self.budget.spend_plain(value)
            return value
        if id(value) in self._seen:
            name, _, cost = self._seen[id(value)]
            self.budget.spend(cost)
            return {"same": name}
        if where.count(".") > DEEPEST:
            raise TypeError(f"{where} cannot be saved: it is nested too deeply or contains itself.")
        before = self.budget.spent
        self.budget.spend_node(where)
        encoded = self._encode(value, where)
        cost = self.budget.spent - before
        self._seen[id(value)] = where, value, cost  # kept alive, so that its id is not reused
        return encoded

    def encode_items(self, values, where=""):
        """Encodes the values of a dict whose keys are names."""
        return {name: self.encode(value, _inside(where, name)) for name, value in values.items()}

    def _encode(self, value, where):
        kind = type(value)
        if kind is float:
            return {"float": repr(value)}
        if kind is list and value and all(type(item) is float for item in value):
            self.budget.spend(bounds.NUMBER * len(value))
            return {"floats": self._put(np.array(value), where)}
        if kind is list:
            return self._list(value, where)
        if kind is tuple:
            return {"tuple": self._list(value, where)}
        if kind is dict:
            return {"dict": self._pairs(value, where)}
        if kind in (slice, range):
            if kind is range:
                self.budget.spend(bounds.of_range(value.start, value.stop, value.step))
            return {kind.__name__: self._list((value.start, value.stop, value.step), where)}
        if kind in (np.ndarray, np.memmap):
            return self._array(np.asarray(value), where)
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value), where)}
        if kind is np.random.RandomState:
            return {"random_state": self._random_state(value, where)}
        return self._object(value, where)

    def _list(self, values, where):
        return [self.encode(value, _inside(where, str(i))) for i, value in enumerate(values)]

    def _pairs(self, values, where):
        return [
            [self.encode(key, _inside(where, f"{i}k")), self.encode(value, _entry(where, i, key))]
            for i, (key, value) in enumerate(values.items())
        ]

    def _array(self, array, where):
        # The rounding of BLAS depends on which axis is contiguous in memory.
        if array.ndim == 2 and array.strides[0] < array.strides[1]:
            return {"transposed": self._array(array.T, where)}
        self.budget.spend(bounds.of_array(array))
        if array.dtype == object:
            return {"objects": [list(array.shape), self._list(array.ravel().tolist(), where)]}
        if array.dtype.newbyteorder("<") in DTYPE_NAMES:
            return {"array": self._put(array, where)}
        if not RAW.fullmatch(array.dtype.str):
            raise TypeError(f"{where} cannot be saved: it is an array of dtype {array.dtype}.")
        raw = np.frombuffer(array.tobytes(), np.uint8).reshape(*array.shape, array.itemsize)
        return {"raw": [self._put(raw, where), array.dtype.str]}

    def _random_state(self, random_state, where):
        if random_state.get_state(legacy=False)["bit_generator"] != "MT19937":
            raise TypeError(f"{where} cannot be saved: make it RandomState(seed), or an int.")
        self.budget.spend(bounds.GENERATOR)
        _, key, *rest = random_state.get_state()
        return [self._put(key, where), *rest]

    def _put(self, array, where):
        self.arrays[where] = array
        return where

    def _object(self, value, where):
        kind = next((kind for kind in self.kinds if kind.includes(type(value))), None)
        if kind is None:
            raise TypeError(
                f"{where}={value!r} cannot be saved: only numbers, strings, arrays, lists, tuples, "
                "dicts, and objects such as activations, layers, losses and schedules can be. Set "
                "it to one of these, or to None, before saving; or use pickle or joblib."
            )
        try:
            name, arguments = kind.named(value)
        except TypeError as error:
            raise TypeError(f"{where}={value!r} cannot be saved: {error}") from error
        self.budget.spend(bounds.OBJECT)
        encoded = {"class": name, "arguments": self.encode_items(arguments, where)}
        if hasattr(kind, "check"):  # after the parts, whose errors say more
            kind.check(value)
        return {kind.name: encoded}


class Decoder:
    """Decodes values encoded by an Encoder. Raises any kind of exception if that fails.

    The costs of values are added up before they are created, so that no file creates more than
    its size allows.

    document: the document that contains all values    arrays: by name
    classes: user-defined classes that are known in addition to sknn's own
    """

    def __init__(self, document, arrays, kinds=CORE, classes=()):
        self.arrays = arrays
        self.kinds = {kind.name: kind for kind in kinds}
        self.classes = classes
        self.budget = bounds.Budget(bounds.most(document, arrays))
        self._referred = bounds.referred(document)
        self._seen = {}

    def decode(self, encoded, where):
        """Returns the decoded value; where: its name."""
        if type(encoded) in PLAIN:
            self.budget.spend_plain(encoded)
            return encoded
        if isinstance(encoded, dict):
            ((what, content),) = encoded.items()
            if what == "same":
                value, cost = self._seen[content]
                self.budget.spend(cost)
                return value
        else:
            what, content = "list", encoded
        before = self.budget.spent
        self.budget.spend_node(where)
        value = self._decode(what, content, where)
        if where in self._referred:
            self._seen[where] = value, self.budget.spent - before
        return value

    def decode_items(self, encoded, where=""):
        """Decodes the values of a dict whose keys are names."""
        return {name: self.decode(value, _inside(where, name)) for name, value in encoded.items()}

    def _decode(self, what, content, where):
        if what == "list":
            return self._list(content, where)
        if what == "float":
            return {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}[content]
        if what == "floats":
            return self._floats(self.arrays[content])
        if what == "tuple":
            return tuple(self._list(content, where))
        if what == "dict":
            return self._dict(content, where)
        if what == "slice":
            return slice(*self._list(content, where))
        if what == "range":
            self.budget.spend(bounds.of_range(*content))
            return range(*self._list(content, where))
        if what == "array":
            self.budget.spend(bounds.of_array(self.arrays[content]))
            return self.arrays[content]
        if what == "objects":
            return self._objects(*content, where)
        if what == "raw":
            return self._raw(*content)
        if what in ("scalar", "transposed"):
            n_axes = 0 if what == "scalar" else 2
            ((inner, content),) = content.items()
            array = self._decode(inner, content, where)
            if not isinstance(array, np.ndarray) or array.ndim != n_axes:
                raise SavedModelError(f"its {_told(where)} is a {shown(inner)}, not a {what}")
            return array[()] if what == "scalar" else array.T
        if what == "random_state":
            return self._random_state(*content)
        if what in self.kinds:
            self.budget.spend(bounds.OBJECT)
            arguments = self.decode_items(content["arguments"], where)
            return self.kinds[what].make(content["class"], arguments, self.classes)
        raise SavedModelError(
            f"its {_told(where)} is a {shown(what)}, which this version of sknn does not know"
        )

    def _list(self, encoded, where):
        if not isinstance(encoded, list):
            raise SavedModelError(f"its {_told(where)} is not a list")
        return [self.decode(value, _inside(where, str(i))) for i, value in enumerate(encoded)]

    def _dict(self, pairs, where):
        values, hashes = {}, {}
        for i, (key, value) in enumerate(pairs):
            key = self.decode(key, _inside(where, f"{i}k"))
            hashes[hash(key)] = alike = hashes.get(hash(key), 0) + 1
            if alike > ALIKE or key in values:
                raise SavedModelError(f"its {_told(where)} has duplicate keys or equal hashes")
            values[key] = self.decode(value, _entry(where, i, key))
        return values

    def _floats(self, array):
        if array.dtype != np.float64 or array.ndim != 1:
            raise SavedModelError(
                f"one of its lists of floats has the dtype {array.dtype} and {array.ndim} axes"
            )
        self.budget.spend(bounds.NUMBER * array.size)
        return array.tolist()

    def _objects(self, shape, encoded, where):
        sizes = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
        if not sizes or prod(shape) != len(encoded):
            raise SavedModelError(
                f"its {_told(where)} does not have as many entries as its shape says"
            )
        self.budget.spend(max(bounds.PLAIN * len(encoded), bounds.of_shape(shape)))
        array = np.empty(len(encoded), object)
        for i, value in enumerate(self._list(encoded, where)):
            array[i] = value
        return array.reshape(shape)

    def _raw(self, name, dtype):
        if not RAW.fullmatch(dtype):
            raise SavedModelError(f"its array {shown(name)} cannot have the dtype {shown(dtype)}")
        raw, dtype = self.arrays[name], np.dtype(dtype)
        if raw.dtype != np.uint8 or raw.shape[-1:] != (dtype.itemsize,):
            raise SavedModelError(f"its array {shown(name)} does not have the bytes of {dtype}")
        self.budget.spend(max(raw.nbytes, bounds.of_shape(raw.shape[:-1])))
        if dtype.kind == "U" and raw.size and raw.view(f"{dtype.str[0]}u4").max() > sys.maxunicode:
            raise SavedModelError(f"its array {shown(name)} has bytes that are not a character")
        return np.frombuffer(raw.tobytes(), dtype).reshape(raw.shape[:-1]).copy()

    def _random_state(self, name, position, has_gauss, gauss):
        self.budget.spend(bounds.GENERATOR)
        key = self.arrays[name]
        # NumPy does not check the position and would read beyond the end of the key.
        if key.shape != (STATE,) or not 0 <= position <= STATE:
            raise SavedModelError(f"a RandomState needs {STATE} numbers and a position among them")
        random_state = np.random.RandomState(0)
        random_state.set_state(("MT19937", key, position, has_gauss, gauss))
        return random_state


def _told(where):
    """The name of a value for a message, shortened if it is long."""
    return cut(where, SHOWN)


def _inside(where, name):
    return f"{where}.{name}" if where else name


def _entry(where, number, key):
    """The name of an entry of a dict: its key if that can be part of a name, else its number."""
    named = isinstance(key, str) and key.isascii() and key.isidentifier()
    return _inside(where, key if named else str(number))
