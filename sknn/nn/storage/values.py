"""Values as JSON and arrays, and back: what saved models and checkpoints are made of.

What JSON lacks is an object with one key that says what it is: ``{"tuple": [3, 3]}``. Of a loss or
a layer there is the name of its class, with the arguments that make it again.
"""

import re
import sys
from math import isfinite, prod

import numpy as np

from sknn.nn.storage import bounds
from sknn.nn.storage.container import DTYPE_NAMES, SHOWN, SavedModelError, cut, shown
from sknn.nn.storage.registry import CORE

DEEPEST = 30  # values inside each other
RAW = re.compile(r"[<>|]([cSU]\d+|[mM]8\[\w+\])", re.ASCII)  # dtypes that are kept as bytes
STATE = 624  # numbers in the state of a RandomState
PLAIN = (bool, int, float, str, type(None))  # what JSON has by itself
ALIKE = 100  # keys of a dict with one hash: looking one up compares it with all of them


class Encoder:
    """Makes JSON out of values; ``arrays`` collects, by name, what is none.

    What occurs twice is kept once: ``{"same": "history_.loss"}`` says where it was.
    """

    def __init__(self, kinds=CORE):
        self.kinds = kinds
        self.arrays = {}
        self.budget = bounds.Budget()
        self._seen = {}

    def check(self, document):
        """Raises ValueError if a document of what was encoded could not be read again."""
        if self.budget.spent > bounds.most(document, self.arrays):
            raise ValueError(
                "It cannot be saved: a range in it is too long, or one and the same list or array "
                "is used in too many places. Use arrays in place of them."
            )

    def encode(self, value, where):
        """value as JSON.

        where: what it is called, in messages and among the arrays. Raises TypeError if it cannot
        be saved.
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
            raise TypeError(f"{where} cannot be saved: it lies too deep, or contains itself.")
        before = self.budget.spent
        self.budget.spend_node(where)
        encoded = self._encode(value, where)
        cost = self.budget.spent - before
        self._seen[id(value)] = where, value, cost  # kept alive, so that no other gets its id
        return encoded

    def encode_items(self, values, where=""):
        """A dict by names, each of its values encoded."""
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
        # How BLAS rounds depends on which axis is the inner one in memory.
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
        return {kind.name: {"class": name, "arguments": self.encode_items(arguments, where)}}


class Decoder:
    """Makes values out of what an Encoder made of them. Raises whatever error if it cannot.

    What values cost is added up before they are made: no file makes more than its size allows.

    document: the one that all values come from    arrays: by name
    classes: of the user's, known in addition to sknn's own
    """

    def __init__(self, document, arrays, kinds=CORE, classes=()):
        self.arrays = arrays
        self.kinds = {kind.name: kind for kind in kinds}
        self.classes = classes
        self.budget = bounds.Budget(bounds.most(document, arrays))
        self._referred = bounds.referred(document)
        self._seen = {}

    def decode(self, encoded, where):
        """The value that is called so."""
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
        """A dict by names, each of its values decoded."""
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
                raise SavedModelError(f"its {_told(where)} is a {shown(inner)}, which is no {what}")
            return array[()] if what == "scalar" else array.T
        if what == "random_state":
            return self._random_state(*content)
        if what in self.kinds:
            self.budget.spend(bounds.OBJECT)
            arguments = self.decode_items(content["arguments"], where)
            return self.kinds[what].make(content["class"], arguments, self.classes)
        raise SavedModelError(
            f"its {_told(where)} is a {shown(what)}, which this sknn does not know"
        )

    def _list(self, encoded, where):
        if not isinstance(encoded, list):
            raise SavedModelError(f"its {_told(where)} is no list")
        return [self.decode(value, _inside(where, str(i))) for i, value in enumerate(encoded)]

    def _dict(self, pairs, where):
        values, hashes = {}, {}
        for i, (key, value) in enumerate(pairs):
            key = self.decode(key, _inside(where, f"{i}k"))
            hashes[hash(key)] = alike = hashes.get(hash(key), 0) + 1
            if alike > ALIKE or key in values:
                raise SavedModelError(f"its {_told(where)} has a key twice, or keys of one hash")
            values[key] = self.decode(value, _entry(where, i, key))
        return values

    def _floats(self, array):
        if array.dtype != np.float64 or array.ndim != 1:
            raise SavedModelError(f"a list of floats of its has {array.dtype}, {array.ndim} axes")
        self.budget.spend(bounds.NUMBER * array.size)
        return array.tolist()

    def _objects(self, shape, encoded, where):
        sizes = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
        if not sizes or prod(shape) != len(encoded):
            raise SavedModelError(f"its {_told(where)} has not as many entries as its shape says")
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
            raise SavedModelError(f"its array {shown(name)} is not of as many bytes as {dtype}")
        self.budget.spend(max(raw.nbytes, bounds.of_shape(raw.shape[:-1])))
        if dtype.kind == "U" and raw.size and raw.view(f"{dtype.str[0]}u4").max() > sys.maxunicode:
            raise SavedModelError(f"its array {shown(name)} holds what is no character")
        return np.frombuffer(raw.tobytes(), dtype).reshape(raw.shape[:-1]).copy()

    def _random_state(self, name, position, has_gauss, gauss):
        self.budget.spend(bounds.GENERATOR)
        key = self.arrays[name]
        # NumPy does not check the position, and would read outside of the key.
        if key.shape != (STATE,) or not 0 <= position <= STATE:
            raise SavedModelError(f"a RandomState needs {STATE} numbers and a position among them")
        random_state = np.random.RandomState(0)
        random_state.set_state(("MT19937", key, position, has_gauss, gauss))
        return random_state


def _told(where):
    """What a value is called, as messages have it."""
    return cut(where, SHOWN)


def _inside(where, name):
    return f"{where}.{name}" if where else name


def _entry(where, number, key):
    """What an entry of a dict is called: by its key if that is a name, else by its number."""
    named = isinstance(key, str) and key.isascii() and key.isidentifier()
    return _inside(where, key if named else str(number))
