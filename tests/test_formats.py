"""Files of other programs are told by their first bytes, ours are not taken for them."""

import bz2
import gzip
import io
import lzma
import pickle
import zlib

import joblib
import numpy as np
import pytest

from sknn import MLPClassifier, load, save
from sknn.nn.storage.container import SavedModelError
from sknn.nn.storage.formats import COMPRESSED, EMPTY, HEAD, ONNX, PICKLE, TEXT, other_format

SOMETHING = {"weights": np.arange(50.0), "name": "a"}


def written(write, *args, **kwargs):
    """What a function writes to a file."""
    file = io.BytesIO()
    write(*args, file, **kwargs)
    return file.getvalue()


def of_numpy(save, array):
    file = io.BytesIO()
    save(file, array)
    return file.getvalue()


FILES = {  # name: (contents, what is said)
    **{f"pickle {n}": (pickle.dumps(SOMETHING, protocol=n), PICKLE) for n in range(2, 6)},
    "joblib": (written(joblib.dump, SOMETHING), PICKLE),
    **{
        f"joblib, zlib {level}": (written(joblib.dump, SOMETHING, compress=level), COMPRESSED)
        for level in (1, 3, 9)
    },
    **{
        f"joblib, {name}": (written(joblib.dump, SOMETHING, compress=(name, 3)), COMPRESSED)
        for name in ("gzip", "bz2", "xz", "lzma")
    },
    **{f"zlib {n}": (zlib.compress(b"a" * 50, n), COMPRESSED) for n in (1, 5, 6, 9)},
    "gzip": (gzip.compress(b"a" * 50), COMPRESSED),
    "bz2": (bz2.compress(b"a" * 50), COMPRESSED),
    "xz": (lzma.compress(b"a" * 50), COMPRESSED),
    "lz4": (bytes.fromhex("04224d186440a7"), COMPRESSED),
    "npy": (of_numpy(np.save, np.arange(3)), "a NumPy array. Use numpy.load"),
    "hdf5": (
        b"\x89HDF\r\n\x1a\n" + bytes(8),
        "an HDF5 file. Use h5py, or the program that wrote it",
    ),
    # The version 10 and the producer "sknn" as a protocol buffer.
    "onnx": (b"\x08\x0a\x12\x04sknn\x3a\x10" + bytes(16), ONNX),
    "text": (b"epochs: 3\n", TEXT),
    "a word": (b"abc", TEXT),
    "text that is not ascii": ("Überschrift, dünn".encode(), TEXT),
    "character cut off": (("a" * (HEAD - 1) + "é").encode(), TEXT),
    "lines of another system": (b"1,2\r\n3\t4\r\n", TEXT),
    "nothing": (b"", EMPTY),
    "cut off in the length": (bytes.fromhex("1810000000"), None),
    "header": (bytes.fromhex("1810000000000000") + b'{"theta"', None),
    # A header whose length begins as a pickle does.
    "header of 1152 bytes": (bytes.fromhex("8004000000000000") + b'{"theta"', None),
    "header of 19280 bytes": (b"PK\0\0\0\0\0\0{" + bytes(7), None),
    "noise": (bytes.fromhex("ff00fe01fd02fc03"), None),
    "control characters": (b"abc\x01", None),
}


@pytest.mark.parametrize("name", FILES)
def test_kind_of_file_is_told_by_its_first_bytes(name):
    contents, told = FILES[name]
    assert other_format(contents[:HEAD]) == told


def test_zip_is_told_with_the_readers_of_its_kinds():
    told = other_format(of_numpy(np.savez, np.arange(3))[:HEAD])
    for reader in ("numpy.load", "skops.io.load", "torch.load"):
        assert reader in told


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (
            FILES["pickle 5"][0],
            r"it was not written by sknn\. It is a pickle\. If you trust .*joblib",
        ),
        (b"", r"it was not written by sknn\. It is empty\. Save the model again\.$"),
    ],
)
def test_load_says_what_the_file_is(contents, message, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(contents)
    with pytest.raises(SavedModelError, match=message):
        load(path)


def test_safetensors_file_of_another_program_is_told(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "model"
    numpy.save_file({"theta": np.arange(3.0)}, path)
    with pytest.raises(
        SavedModelError, match=r"read its arrays with safetensors\.numpy\.load_file"
    ):
        load(path)
    assert list(numpy.load_file(path)) == ["theta"]


def test_model_of_ours_is_ours(tmp_path):
    save(MLPClassifier(), tmp_path / "model")
    assert other_format((tmp_path / "model").read_bytes()[:HEAD]) is None
