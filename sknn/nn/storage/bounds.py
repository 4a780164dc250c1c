"""How much memory and work the values of a file may take, in proportion to the file.

JSON can say in few characters what takes much memory: a long range, one list named in many places,
ten thousand generators. Reader and writer add up the same cost, value by value, before anything is
made, and stop where it is out of proportion to the file.
"""

from math import prod

from sknn.nn.storage.container import SavedModelError

FACTOR, LEAST = 16, 2**22  # of a file's bytes, and what any file may cost
NODE, PLAIN = 64, 8  # of a list or a value that JSON lacks; of a number or a string in JSON
NUMBER = 32  # of a Python number in a list, and its place there
GENERATOR = 2**15  # a RandomState: more in time than in memory, as the next
OBJECT = 2000  # a layer, a loss
LONGEST = 200  # characters in the name of a value that cost nothing
MOST_BITS = 1000  # of an int


class Budget:
    """Adds up what values cost, in bytes. ``most``: the cost that is refused, None for no end."""

    def __init__(self, most=None):
        self.most = most
        self.spent = 0

    def spend(self, cost):
        """Raises SavedModelError if that is too much."""
        self.spent += cost
        if self.most is not None and self.spent > self.most:
            raise SavedModelError(
                "its values would take memory out of proportion to the file: a range is too long, "
                "or the same values are named in too many places"
            )

    def spend_plain(self, value):
        """For None, a bool, a number or a string."""
        self.spend(PLAIN)
        if type(value) is str:
            self.spend(len(value))
        elif too_large(value):
            raise SavedModelError(f"an int of {value.bit_length()} bits is too large for a float")

    def spend_node(self, where):
        """For any other value, whatever it is; where: what it is called."""
        self.spend(NODE + max(0, len(where) - LONGEST))


def too_large(value):
    """Whether an int is too large to become a float."""
    return type(value) is int and value.bit_length() > MOST_BITS


def most(document, arrays):
    """What the values of a file may cost.

    document, arrays: as written, or as read
    """
    n_bytes = sum(array.nbytes for array in arrays.values())
    return LEAST + FACTOR * (n_bytes + sum(map(_characters, parts_of(document))))


def referred(document):
    """The names in a document that ``same`` stands before."""
    dicts = (part for part in parts_of(document) if isinstance(part, dict) and len(part) == 1)
    return {part["same"] for part in dicts if isinstance(part.get("same"), str)}


def of_array(array):
    """Bytes of an array. One without numbers costs as much as the rest of its shape says."""
    return max(array.nbytes, of_shape(array.shape))


def of_shape(shape):
    """At most so many bytes, or steps, are taken by what goes through an empty array."""
    return prod(max(1, length) for length in shape)


def of_range(start, stop, step):
    """A list of the numbers in a range."""
    numbers = start, stop, step
    if any(type(number) is not int for number in numbers) or step == 0:
        raise SavedModelError("a range of its is not one of ints")
    return NUMBER * max(0, -(-(stop - start) // step))


def parts_of(document):
    """Everything in nested lists and dicts: these, the keys, and what is in them."""
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
    """At most so many characters of JSON a part takes by itself: brackets or quotes, a comma."""
    return 3 + len(part) if isinstance(part, str) else 3
