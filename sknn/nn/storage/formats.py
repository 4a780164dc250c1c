"""File formats of other programs, recognised by their first bytes."""

from codecs import getincrementaldecoder

HEAD = 16  # number of bytes to check
PICKLE = "a pickle. If you trust where it comes from, read it with pickle.load or joblib.load"
COMPRESSED = (
    "compressed. If joblib.dump made it and you trust where it comes from, use joblib.load; "
    "otherwise decompress it first"
)
FORMATS = {  # first bytes of a file: its format, and how to read it
    b"\x80\x02": PICKLE,
    b"\x80\x03": PICKLE,
    b"\x80\x04": PICKLE,
    b"\x80\x05": PICKLE,
    b"PK": "a zip file. Use numpy.load for .npz, skops.io.load for .skops, torch.load for .pt, "
    "or the program that wrote it",
    b"\x93NUMPY": "a NumPy array. Use numpy.load",
    b"\x89HDF": "an HDF5 file. Use h5py, or the program that wrote it",
    b"\x1f\x8b": COMPRESSED,
    b"\x78\x01": COMPRESSED,
    b"\x78\x5e": COMPRESSED,
    b"\x78\x9c": COMPRESSED,
    b"\x78\xda": COMPRESSED,
    b"BZh": COMPRESSED,
    b"\xfd7zXZ": COMPRESSED,
    b"]\0\0": COMPRESSED,
    b"\x04\x22\x4d\x18": COMPRESSED,
}
EMPTY, TEXT = "empty. Save the model again", "text. Save the model again with sknn.save"
ONNX = "probably an ONNX model. Use onnxruntime.InferenceSession"


def other_format(head):
    """The format of a file and how to read it, from its first bytes. None if it can be ours.

    head: HEAD bytes, or all bytes of a shorter file
    """
    if not head:
        return EMPTY
    if head[3:9] in b"\0\0\0\0\0{" and len(head) > 3:  # the length of a header, and JSON
        return None
    for start, told in FORMATS.items():
        if head.startswith(start):
            return told
    # The first two fields of the protocol buffer are the version, one byte, and the producer.
    if head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x1a", b"\x22", b"\x3a"):
        return ONNX
    return TEXT if _is_text(head) else None


def _is_text(head):
    """Whether these bytes are text, whose last character can be cut off."""
    try:
        characters = getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character in "\t\n\r" for character in characters)
