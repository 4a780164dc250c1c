"""Files that are replaced whole or not at all, whatever happens to the program or the disk."""

import glob
import os
import secrets
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path):
    """A new file to write to, which takes the place of the old one at the end.

    If anything goes wrong before, the new one is removed and the old one is as it was.
    """
    path = as_file(path)
    temporary = path.with_name(f"{_part(path)}{secrets.token_hex(8)}")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # before the rename, or a crash leaves a name without contents
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def as_file(path):
    """The path without links. Raises ValueError on that of a directory or a device."""
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise ValueError(f"path must be that of a file, got {os.fspath(path)!r}.")
    return path


def remove_leftovers(path):
    """Removes what writers of this file left beside it when they were killed."""
    path = as_file(path)
    for leftover in path.parent.glob(f"{glob.escape(_part(path))}*"):
        leftover.unlink(missing_ok=True)


def _part(path):
    """How names of unfinished files begin."""
    return f".{path.name}.part-"


def _sync_directory(directory):
    """Makes sure that the new name is on the disk, too."""
    if os.name == "posix":  # elsewhere directories cannot be opened
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
