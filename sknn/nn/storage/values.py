"""Values as JSON and arrays, and back: what saved models and checkpoints are made of.

What JSON lacks is an object with one key that says what it is: ``{"tuple": [3, 3]}``. Of a loss or
a layer there is the name of its class, with the arguments that make it again.
"""

import re
from math import isfinite

import numpy as np

from sknn.nn.storage.container import DTYPE_NAMES, SavedModelError
from sknn.nn.storage.registry import CORE

DEEPEST = 30  # values inside each other
RAW = re.compile(r"[<>|]([cSU]\d+|[mM]8\[\w+\])", re.ASCII)  # dtypes that are kept as bytes
STATE = 624  # numbers in the state of a RandomState


class Encoder:
    """Makes JSON out of values; ``arrays`` collects, by name, what is none.

    What occurs twice is kept once: ``{"same": "history_.loss"}`` says where it was.
    """

    def __init__(self, kinds=CORE):
        self.kinds = kinds
        self.arrays = {}
        self._seen = {}

    def encode(self, value, where):
        """value as JSON.

        where: what it is called, in messages and among the arrays. Raises TypeError if it cannot
        be saved.
        """
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float and isfinite(value):
            return value
        if id(value) in self._seen:
            return {"same": self._seen[id(value)][0]}
        if where.count(".") > DEEPEST:
            raise TypeError(f"{where} cannot be saved: it lies too deep, or contains itself.")
        encoded = self._encode(value, where)
        self._seen[id(value)] = where, value  # kept alive, so that no other gets its id
        return encoded

    def encode_items(self, values, where=""):
        """A dict by names, each of its values encoded."""
        return {name: self.encode(value, _inside(where, name)) for name, value in values.items()}

    def _encode(self, value, where):
        kind = type(value)
        if kind is float:
            return {"float": repr(value)}
        if kind is list and value and all(type(item) is float for item in value):
            return {"floats": self._put(np.array(value), where)}
        if kind is list:
            return self._list(value, where)
        if kind is tuple:
            return {"tuple": self._list(value, where)}
        if kind is dict:
            return {"dict": self._pairs(value, where)}
        if kind in (slice, range):
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
        return {kind.name: {"class": name, "arguments": self.encode_items(arguments, where)}}


class Decoder:
    """Makes values out of what an Encoder made of them. Raises whatever error if it cannot.

    arrays: by name    classes: of the user's, known in addition to sknn's own
    """

    def __init__(self, arrays, kinds=CORE, classes=()):
        self.arrays = arrays
        self.kinds = {kind.name: kind for kind in kinds}
        self.classes = classes
        self._seen = {}

    def decode(self, encoded, where):
        """The value that is called so."""
        if isinstance(encoded, list):
            value = self._list(encoded, where)
        elif isinstance(encoded, dict):
            ((what, content),) = encoded.items()
            value = self._seen[content] if what == "same" else self._decode(what, content, where)
        else:
            return encoded
        self._seen[where] = value
        return value

    def decode_items(self, encoded, where=""):
        """A dict by names, each of its values decoded."""
        return {name: self.decode(value, _inside(where, name)) for name, value in encoded.items()}

    def _decode(self, what, content, where):
        if what == "float":
            return {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}[content]
        if what == "floats":
            return self.arrays[content].tolist()
        if what == "tuple":
            return tuple(self._list(content, where))
        if what == "dict":
            return self._dict(content, where)
        if what in ("slice", "range"):
            return (slice if what == "slice" else range)(*self._list(content, where))
        if what == "array":
            return self.arrays[content]
        if what == "objects":
            return self._objects(*content, where)
        if what == "raw":
            return self._raw(*content)
        if what == "scalar":
            ((what, content),) = content.items()
            return self._decode(what, content, where)[()]
        if what == "random_state":
            return self._random_state(*content)
        if what in self.kinds:
            arguments = self.decode_items(content["arguments"], where)
            return self.kinds[what].make(content["class"], arguments, self.classes)
        raise SavedModelError(f"its {where} is a {what!r}, which this sknn does not know")

    def _list(self, encoded, where):
        return [self.decode(value, _inside(where, str(i))) for i, value in enumerate(encoded)]

    def _dict(self, pairs, where):
        values = {}
        for i, (key, value) in enumerate(pairs):
            key = self.decode(key, _inside(where, f"{i}k"))
            values[key] = self.decode(value, _entry(where, i, key))
        return values

    def _objects(self, shape, encoded, where):
        array = np.empty(len(encoded), object)
        for i, value in enumerate(self._list(encoded, where)):
            array[i] = value
        return array.reshape(shape)

    def _raw(self, name, dtype):
        if not RAW.fullmatch(dtype):
            raise SavedModelError(f"its array {name!r} cannot have the dtype {dtype!r}")
        raw = self.arrays[name]
        return np.frombuffer(raw.tobytes(), dtype).reshape(raw.shape[:-1]).copy()

    def _random_state(self, name, position, has_gauss, gauss):
        key = self.arrays[name]
        # NumPy does not check the position, and would read outside of the key.
        if key.shape != (STATE,) or not 0 <= position <= STATE:
            raise SavedModelError(f"a RandomState needs {STATE} numbers and a position among them")
        random_state = np.random.RandomState(0)
        random_state.set_state(("MT19937", key, position, has_gauss, gauss))
        return random_state


def _inside(where, name):
    return f"{where}.{name}" if where else name


def _entry(where, number, key):
    """What an entry of a dict is called: by its key if that is a name, else by its number."""
    named = isinstance(key, str) and key.isascii() and key.isidentifier()
    return _inside(where, key if named else str(number))
