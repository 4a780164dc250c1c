"""The file format: what was written is read, and nothing else is."""

import io
import json
import os
import pickle
import re
import tracemalloc
import zipfile
from hashlib import sha256

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from safetensors.numpy import load_file

from sknn.nn.storage import container
from sknn.nn.storage.container import DTYPES, SavedModelError, read, write

DOCUMENT = {"a": [1, 2.5, None, True, 'é\n"\\'], "b": {}}
ARRAYS = {
    "x": np.arange(6, dtype=np.float32).reshape(2, 3),
    "x.y_1.0": np.array(7),
    "empty": np.zeros((3, 0, 2)),
    "flags": np.array([True, False]),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


@pytest.fixture
def written(path):
    """The path of a small file."""
    write(path, DOCUMENT, ARRAYS)
    return path


def assert_same_arrays(got, wanted):
    assert list(got) == list(wanted)
    for name in wanted:
        assert got[name].dtype == wanted[name].dtype.newbyteorder("="), name
        assert got[name].shape == wanted[name].shape
        assert_array_equal(got[name], wanted[name])


def checksum(block, name="", dtype="", shape=()):
    """SHA-256 of "name dtype shape " and the bytes."""
    return sha256(f"{name} {dtype} {list(shape)} ".encode() + block).hexdigest()


def forged(entries=None, data=b"", document="{}", **metadata):
    """The bytes of a file, with any header but with checksums that are right.

    entries: [dtype, shape, data_offsets] by name    metadata: in place of what would be right
    """
    checksums, header = {}, {}
    for name, (dtype, shape, offsets) in (entries or {}).items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        part = data[slice(*offsets)] if isinstance(offsets, list) else b""
        checksums[name] = checksum(part, name, dtype, shape if isinstance(shape, list) else ())
    right = {
        "format": "sknn",
        "version": "1",
        "document": document,
        "checksum": checksum(document.encode()),
        "checksums": json.dumps(checksums),
    }
    header["__metadata__"] = {**right, **metadata}
    return with_header(json.dumps(header).encode(), data)


def with_header(header, data=b""):
    return len(header).to_bytes(8, "little") + header + data


# --- what is written is read -------------------------------------------------------------------


def test_document_and_arrays_are_read_as_they_were_written(written):
    document, arrays = read(written)
    assert document == DOCUMENT
    assert_same_arrays(arrays, ARRAYS)


@pytest.mark.parametrize("dtype", [*DTYPES.values(), ">f8", ">i4"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3, 4)])
def test_every_dtype_and_shape_is_read_as_it_was_written(dtype, shape, path):
    numbers = np.random.default_rng(0).integers(0, 100, size=shape)
    array = np.asarray(numbers, dtype) if dtype != "?" else np.asarray(numbers > 50)
    write(path, None, {"x": array})
    assert_same_arrays(read(path)[1], {"x": array})


def test_arrays_of_any_memory_layout_are_read_in_order(path):
    x = np.arange(24.0).reshape(4, 6)
    arrays = {"fortran": np.asfortranarray(x), "steps": x[::-2, 1::3], "turned": x.T}
    write(path, None, arrays)
    assert_same_arrays(read(path)[1], arrays)


def test_arrays_read_may_be_written_to(written):
    for array in read(written)[1].values():
        assert array.flags.writeable
        assert array.flags.owndata or array.base.flags.owndata


def test_layout_is_that_of_safetensors(written):
    content = written.read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    assert all(isinstance(text, str) for text in header.pop("__metadata__").values())
    names = {"float32": "F32", "int64": "I64", "float64": "F64", "bool": "BOOL"}
    for name, array in ARRAYS.items():
        assert header[name]["dtype"] == names[str(array.dtype)]
        assert header[name]["shape"] == list(array.shape)
        assert data[slice(*header[name]["data_offsets"])] == array.tobytes()
    assert len(data) == sum(array.nbytes for array in ARRAYS.values())


def test_safetensors_reads_the_file(written):
    loaded = load_file(written)
    assert_same_arrays({name: loaded[name] for name in ARRAYS}, ARRAYS)


def test_forged_files_with_nothing_wrong_are_read(path):
    # Otherwise the tests below would show nothing.
    path.write_bytes(forged({"x": ["I16", [2], [0, 4]]}, b"\1\0\2\0", "[3]"))
    document, arrays = read(path)
    assert document == [3]
    assert_same_arrays(arrays, {"x": np.array([1, 2], np.int16)})


# --- damage ------------------------------------------------------------------------------------


def test_header_may_name_the_arrays_in_any_order(path):
    data = np.array([1, 2, 3], "<f4").tobytes()
    entries = {"second": ["F32", [2], [4, 12]], "first": ["F32", [1], [0, 4]]}
    path.write_bytes(forged(entries, data))
    _, arrays = read(path)
    assert_array_equal(arrays["first"], [1])
    assert_array_equal(arrays["second"], [2, 3])


def test_file_cut_off_anywhere_is_refused(written):
    content = written.read_bytes()
    for length in range(len(content)):
        written.write_bytes(content[:length])
        with pytest.raises(SavedModelError, match=r"model' cannot be read: "):
            read(written)


def test_file_that_becomes_shorter_while_it_is_read_is_refused(written, monkeypatch):
    size = os.stat(written)
    written.write_bytes(written.read_bytes()[:-1])
    monkeypatch.setattr(os, "fstat", lambda descriptor: size)
    with pytest.raises(SavedModelError, match="it was cut off in the array 'flags' during reading"):
        read(written)


def test_file_with_more_at_its_end_is_refused(written):
    written.write_bytes(written.read_bytes() + b"\0")
    with pytest.raises(SavedModelError, match=r"its arrays need 34 bytes, got 35"):
        read(written)


def test_any_flipped_bit_is_noticed(written):
    content = bytearray(written.read_bytes())
    for place in range(len(content)):
        bit = 1 << (place * 5 % 8)  # one of each byte, not always the same
        content[place] ^= bit
        written.write_bytes(content)
        with pytest.raises(SavedModelError):
            read(written)
        content[place] ^= bit


def test_damaged_array_is_named(written):
    content = bytearray(written.read_bytes())
    content[-1] ^= 1
    written.write_bytes(content)
    with pytest.raises(SavedModelError, match=r"its array 'flags' is damaged"):
        read(written)


# --- hostility ---------------------------------------------------------------------------------

F = "F64"
HUGE = 2**60
HOSTILE = {
    "empty": (b"", "it was not written by sknn. It is empty"),
    "only-a-length": (b"\0" * 8, "JSONDecodeError"),
    "header-beyond-the-file": (
        b"\xff" * 8 + b"{}",
        f"of {2**64 - 1} bytes, but it has 10",
    ),
    "header-of-all-memory": (
        b"\0\0\0\0\1\0\0\0{}",
        f"of {2**32} bytes, but it has 10 bytes",
    ),
    "no-json": (with_header(b"import os"), "JSONDecodeError"),
    "not-ascii": (with_header('{"é": 1}'.encode()), "UnicodeDecodeError"),
    "list": (with_header(b"[]"), "metadata does not name the format 'sknn'"),
    "number": (with_header(b"1"), "metadata does not name the format 'sknn'"),
    "no-metadata": (with_header(b"{}"), "metadata does not name the format 'sknn'"),
    "nan": (with_header(b'{"x": NaN}'), "its JSON has NaN, which is not valid JSON"),
    "a-key-twice": (with_header(b'{"x": 1, "x": 2}'), r"a duplicate key: \['x', 'x'\]"),
    "endless-number": (with_header(b'{"x": ' + b"9" * 10_000 + b"}"), "ValueError"),
    "deep-lists": (with_header(b"[" * 10_000 + b"]" * 10_000), "is nested 10000 deep"),
    "deep-objects": (with_header(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "nested 10000 deep"),
    "many-brackets": (with_header(b"[" * 2_000_000), "2000000 are brackets and commas"),
    "many-values": (with_header(b"[" + b"1," * 1_500_000 + b"1]"), "1500002 are brackets"),
    "other-format": (forged(format="pt"), "metadata does not name the format 'sknn'"),
    "newer": (forged(version="2"), "version '2' of the format, but this sknn reads version '1'"),
    "no-version": (forged(version=None), "version None"),
    "more-metadata": (forged(more=""), "its metadata must be the strings"),
    "metadata-of-another-kind": (forged(checksums=[]), "must be the strings"),
    "other-document": (forged(checksum="0" * 64), "its document is damaged"),
    "deep-document": (forged(document="[" * 10_000 + "]" * 10_000), "is nested 10000 deep"),
    "document-with-a-key-twice": (forged(document='{"x": 1, "x": 2}'), "a duplicate key"),
    "document-that-is-none": (forged(document="os.system"), "JSONDecodeError"),
    "no-checksums": (forged({"x": [F, [1], [0, 8]]}, bytes(8), checksums="{}"), "'x' is damaged"),
    "checksums-in-a-list": (
        forged({"x": [F, [1], [0, 8]]}, bytes(8), checksums="[]"),
        "AttributeError",
    ),
    "huge": (forged({"x": [F, [HUGE // 8], [0, HUGE]]}), f"need {HUGE} bytes, got 0"),
    "huge-sides": (forged({"x": [F, [HUGE, HUGE], [0, 8]]}, bytes(8)), "but its data_offsets are"),
    "huge-sides-and-none": (forged({"x": [F, [HUGE, HUGE, 0], [0, 0]]}), "ValueError"),
    "more-than-64-bits": (forged({"x": [F, [2**64], [0, 0]]}), "the impossible size"),
    "wrapping-round": (forged({"x": [F, [2**32, 2**32], [0, 0]]}), "but its data_offsets are"),
    "too-many-sides": (forged({"x": [F, [1] * 33, [0, 8]]}, bytes(8)), "no valid shape or data"),
    "negative-side": (forged({"x": [F, [-1, -1], [0, 8]]}, bytes(8)), "the impossible size"),
    "fractional-side": (forged({"x": [F, [1.0], [0, 8]]}, bytes(8)), "the impossible size"),
    "truth-as-a-side": (forged({"x": [F, [True], [0, 8]]}, bytes(8)), "the impossible size"),
    "no-list-of-sides": (forged({"x": [F, 1, [0, 8]]}, bytes(8)), "no valid shape or data"),
    "negative-place": (forged({"x": [F, [1], [-8, 0]]}, bytes(8)), "the impossible size"),
    "backwards": (forged({"x": [F, [1], [8, 0]]}, bytes(8)), "but its data_offsets are"),
    "one-place": (forged({"x": [F, [0], [0]]}), "but its data_offsets are"),
    "beyond-the-end": (forged({"x": [F, [2], [0, 16]]}, bytes(8)), "need 16 bytes, got 8"),
    "hole-before": (forged({"x": [F, [1], [8, 16]]}, bytes(16)), "must begin at byte 0, got 8"),
    "hole-after": (forged({"x": [F, [1], [0, 8]]}, bytes(16)), "need 8 bytes, got 16"),
    "overlap": (
        forged({"x": [F, [2], [0, 16]], "y": [F, [2], [8, 24]]}, bytes(24)),
        "'y' must begin at byte 16, got 8",
    ),
    "twice-the-same": (
        forged({"x": [F, [1], [0, 8]], "y": [F, [1], [0, 8]]}, bytes(8)),
        "must begin at byte 8, got 0",
    ),
    "truth-of-two": (forged({"x": ["BOOL", [1], [0, 1]]}, b"\2"), "truth values other than 0"),
    **{
        f"dtype-{dtype!r}": (forged({"x": [dtype, [1], [0, 8]]}, bytes(8)), "be of a dtype in")
        for dtype in ("O", "object", "|O8", "f8", "F128", "", None, 8, ["F64"], {"a": 1})
    },
    **{
        f"name-{name!r}": (forged({name: [F, [1], [0, 8]]}, bytes(8)), "is not a valid name")
        for name in ("../x", "/etc/passwd", "a/b", "a\\b", "..", "", "a..b", "a\0", "é", "a b")
    },
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_is_refused_without_taking_memory(case, path):
    content, message = HOSTILE[case]
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(SavedModelError, match=message):
            read(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20 * len(content) + 100_000


class Payload:
    """Something whose unpickling writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def as_npy(value):
    file = io.BytesIO()
    np.save(file, np.array([value], dtype=object), allow_pickle=True)
    return file.getvalue()


def as_zip(value):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/data.pkl", pickle.dumps(value))
    return file.getvalue()


def as_array(value):
    pickled = pickle.dumps(value)
    return forged({"x": ["U8", [len(pickled)], [0, len(pickled)]]}, pickled, '{"pickle": "x"}')


@pytest.mark.parametrize("disguise", [pickle.dumps, as_npy, as_zip])
def test_pickle_is_refused_and_not_run(disguise, path, tmp_path):
    path.write_bytes(disguise(Payload(str(tmp_path / "run"))))
    with pytest.raises(SavedModelError):
        read(path)
    assert not (tmp_path / "run").exists()


def test_pickle_in_an_array_is_numbers(path, tmp_path):
    path.write_bytes(as_array(Payload(str(tmp_path / "run"))))
    assert read(path)[1]["x"].dtype == np.uint8
    assert not (tmp_path / "run").exists()


def test_text_made_to_take_long_is_refused_at_once(path):
    # Strings that do not end, of which a careless search would look for the end of each.
    for text in (b'"' * 2_000_000, b'"\\' * 1_000_000, b'{"' + b'\\"' * 1_000_000):
        path.write_bytes(with_header(text))
        with pytest.raises(SavedModelError):
            read(path)


# --- what is no file ---------------------------------------------------------------------------


def test_missing_file_is_the_error_it_always_is(path):
    with pytest.raises(FileNotFoundError):
        read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in directories")
def test_pipe_is_refused_without_waiting_for_a_writer(path):
    os.mkfifo(path)
    with pytest.raises(SavedModelError, match="it is not a regular file"):
        read(path)


def test_directory_is_refused(tmp_path):
    with pytest.raises(SavedModelError, match="it is not a regular file"):
        read(tmp_path)


# --- writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "arrays", "message"),
    [
        ([0] * 1001, {}, "1002 are brackets and commas; at most 100000 and 1000"),
        ("x" * 100_000, {}, "it has 100002 characters of JSON"),
        (None, {f"x{i}": np.zeros(0) for i in range(200)}, "are brackets and commas"),
        ([[[[[[1]]]]]], {}, "is nested 6 deep, more than 5"),
    ],
)
def test_what_could_not_be_read_is_not_written(document, arrays, message, written, monkeypatch):
    for limit, value in {"LARGEST": 100_000, "MOST": 1000, "DEEPEST": 5}.items():
        monkeypatch.setattr(container, limit, value)
    with pytest.raises(SavedModelError, match=rf"'.*model' cannot be written: .*{message}"):
        write(written, document, arrays)
    assert read(written)[0] == DOCUMENT


def test_length_of_a_header_has_three_bytes():  # by which text files are known not to be ours
    assert container.LARGEST == 256**3


def test_long_values_and_reasons_are_cut():
    assert container.shown("a" * 98) == f"'{'a' * 98}'"
    assert container.shown("a" * 99) == f"'{'a' * 96}..."
    for length, told in ((500, "b" * 500), (501, f"{'b' * 497}...")):
        with (
            pytest.raises(
                SavedModelError, match=f"cannot be read: {re.escape(told)}\\.$"
            ) as caught,
            container.errors_name_file("model"),
        ):
            raise SavedModelError("b" * length)
        assert (caught.value.__cause__ is None) == (length > 500)


@pytest.mark.parametrize(
    ("largest", "too_large", "message"),
    [
        ("[" * 100 + "]" * 100, "[" * 101 + "]" * 101, "nested 101 deep, more than 100"),
        (f"[{',' * 999_998}]", f"[{',' * 999_999}]", "1000001 are brackets and commas"),
    ],
    ids=["depth", "signs"],
)
def test_header_has_bounds(largest, too_large, message):
    container._check_size(largest)
    with pytest.raises(SavedModelError, match=message):
        container._check_size(too_large)


def test_disk_that_fills_up_leaves_the_old_file(written, monkeypatch):
    class Full(io.FileIO):
        written = 0

        def write(self, data):
            self.written += len(data)
            if self.written > 1000:
                raise OSError(28, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(
        "sknn.nn.storage.files.open", lambda path, mode: Full(path, mode[0]), raising=False
    )
    with pytest.raises(OSError, match="No space left on device"):
        write(written, [], {"x": np.zeros(1000)})
    assert os.listdir(written.parent) == [written.name]
    assert read(written)[0] == DOCUMENT
