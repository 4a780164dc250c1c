"""Arrays and a JSON document in one file, which is validated before its contents are used.

The layout is that of safetensors: the length of a header in 8 bytes, little-endian; the header;
the bytes of the arrays. The header is JSON. For the name of each array, it contains the dtype, the
shape and the position of the bytes. ``__metadata__`` contains strings: the document and checksums.
"""

import json
import os
import re
from contextlib import contextmanager
from hashlib import sha256
from math import prod
from pathlib import Path

import numpy as np

from sknn.nn.storage.files import replacing
from sknn.nn.storage.formats import HEAD, other_format

FORMAT, VERSION = "sknn", "1"
METADATA = {"format", "version", "document", "checksum", "checksums"}
DTYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "F16": "<f2",
    "U32": "<u4",
    "I32": "<i4",
    "F32": "<f4",
    "U64": "<u8",
    "I64": "<i8",
    "F64": "<f8",
}
DTYPE_NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
LENGTH = 8  # bytes that contain the length of the header
LARGEST = 2**24  # maximum bytes of a header
MOST, DEEPEST = 1_000_000, 100  # maximum brackets and commas of JSON, and depth of nesting
NAME = re.compile(r"\w+(\.\w+)*", re.ASCII)
SHOWN, LONGEST = 100, 500  # maximum characters of a value in a message, and of a message
STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)  # in JSON; linear time for any text


class SavedModelError(ValueError):
    """Raised when a file is not a saved model or checkpoint, is damaged, or has unknown classes."""


def shown(value):
    """A value from a file for a message: its repr, shortened if it is long."""
    return cut(repr(value), SHOWN)


def cut(text, most):
    """The text, shortened if it is long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


@contextmanager
def errors_name_file(path, what="read"):
    """Turns any exception inside into a SavedModelError that names the file.

    Errors of the file system are not changed.
    """
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # any exception is possible, because a file can contain anything
        reason = str(error) if isinstance(error, SavedModelError) else repr(error)
        # Python prints causes in full, so this one must be short as well.
        cause = error if len(reason) <= LONGEST else None
        reason = cut(reason, LONGEST)
        raise SavedModelError(f"{os.fspath(path)!r} cannot be {what}: {reason}.") from cause


def write(path, document, arrays, **before):
    """Writes a document and arrays to a file, which replaces the old one.

    document: JSON values    arrays: by name, with the dtypes in DTYPES    before: arguments for
    ``replacing`` about the old file

    Raises ValueError if the file could not be read again, and OSError if writing fails, for
    instance on a full disk. The old file is then unchanged.
    """
    blocks = {name: _as_block(array) for name, array in arrays.items()}
    header, checksums, start = {}, {}, 0
    for name, block in blocks.items():
        dtype, shape = DTYPE_NAMES[block.dtype], list(arrays[name].shape)
        stop = start + block.nbytes
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}
        checksums[name] = _checksum(block, name, dtype, shape)
        start = stop
    text = json.dumps(document)
    header["__metadata__"] = {
        "format": FORMAT,
        "version": VERSION,
        "document": text,
        "checksum": _checksum(text.encode()),
        "checksums": json.dumps(checksums),
    }
    whole = json.dumps(header)
    with errors_name_file(path, "written"):
        for part in (text, whole):
            _check_size(part)
    whole += " " * (-len(whole) % LENGTH)  # aligns the arrays to multiples of 8
    with replacing(path, **before) as file:
        file.write(len(whole).to_bytes(LENGTH, "little"))
        file.write(whole.encode())
        for block in blocks.values():
            file.write(block.view(np.uint8))


def read(path):
    """(document, arrays) as they were written.

    The header is validated before memory is allocated for arrays. They fill the rest of the file
    exactly, and therefore never take more memory than the file has bytes. No code from the file
    is run. Raises SavedModelError unless the file is complete and undamaged.
    """
    path = Path(path)
    with errors_name_file(path):
        if path.exists() and not path.is_file():
            raise SavedModelError("it is not a regular file")
        with open(path, "rb") as file:
            other = other_format(file.read(HEAD))
            if other:
                raise SavedModelError(f"it was not written by sknn. It is {other}")
            file.seek(0)
            return _read(file, os.fstat(file.fileno()).st_size)


def _read(file, size):
    length = int.from_bytes(file.read(LENGTH), "little")
    if length > min(LARGEST, size - LENGTH):
        raise SavedModelError(
            f"its first bytes announce a header of {length} bytes, but it has {size} bytes in "
            f"total, and a header has at most {LARGEST}: it is cut off, or has another format"
        )
    header = _parsed(file.read(length).decode("ascii"))
    metadata = _metadata(header)
    text, checksums = metadata["document"], _parsed(metadata["checksums"])
    if _checksum(text.encode("ascii")) != metadata["checksum"]:
        raise SavedModelError("its document is damaged: its checksum has changed")
    arrays = {}
    for name, dtype, shape, _ in _entries(header, size - LENGTH - length):
        block = np.empty(prod(shape), DTYPES[dtype])
        if file.readinto(block.view(np.uint8)) != block.nbytes:
            raise SavedModelError(f"it was cut off in the array {shown(name)} during reading")
        if _checksum(block, name, dtype, shape) != checksums.get(name):
            raise SavedModelError(f"its array {shown(name)} is damaged: its checksum has changed")
        if dtype == "BOOL" and np.any(block.view(np.uint8) > 1):
            raise SavedModelError(f"its array {shown(name)} has truth values other than 0 and 1")
        arrays[name] = block.reshape(shape)
    return _parsed(text), arrays


def _as_block(array):
    """All values of an array in one dimension, little-endian."""
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1)


def _checksum(block, name="", dtype="", shape=()):
    digest = sha256(f"{name} {dtype} {list(shape)} ".encode())
    digest.update(block)
    return digest.hexdigest()


def _metadata(header):
    """The strings under ``__metadata__``, validated."""
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise SavedModelError(
            f"its metadata does not name the format {FORMAT!r}. If another program wrote this "
            "safetensors file, read its arrays with safetensors.numpy.load_file"
        )
    if metadata.get("version") != VERSION:
        raise SavedModelError(
            f"it has version {shown(metadata.get('version'))} of the format, but this sknn reads "
            f"version {VERSION!r}: install a newer sknn"
        )
    if set(metadata) != METADATA or not all(isinstance(text, str) for text in metadata.values()):
        raise SavedModelError(f"its metadata must be the strings {sorted(METADATA)}")
    return metadata


def _entries(header, size):
    """(name, dtype, shape, offsets) of all arrays, in the order of their bytes in the file.

    Raises SavedModelError if they overlap, leave bytes out, or exceed the ``size`` of the file.
    """
    entries = [_entry(*item) for item in header.items() if item[0] != "__metadata__"]
    entries.sort(key=lambda entry: entry[-1])
    end = 0
    for name, _, _, (start, stop) in entries:
        if start != end:
            raise SavedModelError(f"its array {shown(name)} must begin at byte {end}, got {start}")
        end = stop
    if end != size:
        raise SavedModelError(f"its arrays need {end} bytes, got {size}: it may be cut off")
    return entries


def _entry(name, entry):
    """(name, dtype, shape, offsets) of one array, validated separately."""
    if not NAME.fullmatch(name):
        raise SavedModelError(f"{shown(name)} is not a valid name of an array")
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise SavedModelError(
            f"its array {shown(name)} must have a dtype, a shape and data_offsets"
        )
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in tuple(DTYPES):
        raise SavedModelError(f"its array {shown(name)} must be of a dtype in {list(DTYPES)}")
    for numbers, most in ((shape, 32), (offsets, 2)):
        if not isinstance(numbers, list) or len(numbers) > most:
            raise SavedModelError(f"its array {shown(name)} has no valid shape or data_offsets")
        if any(type(number) is not int or not 0 <= number < 2**62 for number in numbers):
            raise SavedModelError(
                f"its array {shown(name)} has the impossible size {shown(numbers)}"
            )
    n_bytes = prod(shape) * np.dtype(DTYPES[dtype]).itemsize
    if len(offsets) != 2 or offsets[1] - offsets[0] != n_bytes:
        raise SavedModelError(
            f"its array {shown(name)} of shape {shown(shape)} needs {n_bytes} bytes, but its "
            f"data_offsets are {offsets}"
        )
    return name, dtype, shape, offsets


def _parsed(text):
    """Parses JSON. Rejects duplicate keys, NaN, and JSON that is too large or nested too deeply."""
    _check_size(text)
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)


def _check_size(text):
    """Raises SavedModelError if JSON is too large or nested too deeply."""
    signs = STRING.sub("", text)
    n_signs = sum(map(signs.count, "[]{},"))
    if len(text) > LARGEST or n_signs > MOST:
        raise SavedModelError(
            f"it has {len(text)} characters of JSON, of which {n_signs} are brackets and commas; "
            f"at most {LARGEST} and {MOST} are allowed"
        )
    depth = deepest = 0
    for sign in re.findall(r"[][{}]", signs):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise SavedModelError(f"its JSON is nested {deepest} deep, more than {DEEPEST}")


def _unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SavedModelError(f"its JSON has a duplicate key: {shown([key for key, _ in pairs])}")
    return found


def _no_constant(name):
    raise SavedModelError(f"its JSON has {name}, which is not valid JSON")
