"""Limits the memory and work for the values of a file, in proportion to the size of the file.

A few characters of JSON can stand for values that take much memory: a long range, one list
referenced in many places, ten thousand generators. Reader and writer add up the same costs, value
by value before a value is created, and stop if they are out of proportion to the file.
"""

from math import prod

from sknn.nn.storage.container import SavedModelError

FACTOR, LEAST = 16, 2**22  # maximum cost: per byte of a file, and for files of any size
NODE, PLAIN = 64, 8  # cost of a list or a value that JSON lacks; of a JSON number or string
NUMBER = 32  # cost of a Python number in a list, including its place
GENERATOR = 2**15  # cost of a RandomState: mostly its time, as for the next one
OBJECT = 2000  # cost of a layer or a loss
LONGEST = 200  # characters in the name of a value without a cost
MOST_BITS = 1000  # maximum size of an int


class Budget:
    """Adds up the costs of values, in bytes. ``most``: the maximum cost, None for no maximum."""

    def __init__(self, most=None):
        self.most = most
        self.spent = 0

    def spend(self, cost):
        """Adds a cost. Raises SavedModelError if the sum is too large."""
        self.spent += cost
        if self.most is not None and self.spent > self.most:
            raise SavedModelError(
                "its values would take memory out of proportion to the file: a range is too long, "
                "or the same values are referenced in too many places"
            )

    def spend_plain(self, value):
        """Adds the cost of None, a bool, a number or a string."""
        self.spend(PLAIN)
        if type(value) is str:
            self.spend(len(value))
        elif too_large(value):
            raise SavedModelError(f"an int of {value.bit_length()} bits is too large for a float")

    def spend_node(self, where):
        """Adds the basic cost of any other value; where: the name of the value."""
        self.spend(NODE + max(0, len(where) - LONGEST))


def too_large(value):
    """Whether an int is too large to be converted to a float."""
    return type(value) is int and value.bit_length() > MOST_BITS


def most(document, arrays):
    """The maximum cost of the values of a file.

    document, arrays: as written, or as read
    """
    n_bytes = sum(array.nbytes for array in arrays.values())
    return LEAST + FACTOR * (n_bytes + sum(map(_characters, parts_of(document))))


def referred(document):
    """The names in a document that ``same`` refers to."""
    dicts = (part for part in parts_of(document) if isinstance(part, dict) and len(part) == 1)
    return {part["same"] for part in dicts if isinstance(part.get("same"), str)}


def of_array(array):
    """The bytes of an array. For an empty array, the cost of the other sides of its shape."""
    return max(array.nbytes, of_shape(array.shape))


def of_shape(shape):
    """An upper bound of the bytes, or steps, of any operation on an array of this shape."""
    return prod(max(1, length) for length in shape)


def of_range(start, stop, step):
    """The cost of a list of the numbers in a range."""
    numbers = start, stop, step
    if any(type(number) is not int for number in numbers) or step == 0:
        raise SavedModelError("one of its ranges does not consist of ints")
    return NUMBER * max(0, -(-(stop - start) // step))


def parts_of(document):
    """All parts of nested lists and dicts: the lists and dicts, the keys and the values."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting.extend(part)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _characters(part):
    """An upper bound of the JSON characters of a part itself: brackets or quotes, and a comma."""
    return 3 + len(part) if isinstance(part, str) else 3
