"""Files that are replaced whole or not at all, whatever happens to the program or the disk."""

import errno
import glob
import os
import platform
import secrets
import stat
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

fcntl = import_module("fcntl") if os.name == "posix" else None  # locks on files
LONGEST = 200  # bytes of a name: most file systems take 255, and unfinished files have longer ones
BOOT_ID = "/proc/sys/kernel/random/boot_id"


@contextmanager
def replacing(path, previous=None, keep=True):
    """A new file to write to, which takes the place of the old one at the end.

    If anything goes wrong before, the new one is removed and the old one is as it was.

    previous: a path for the old one, or None; what was there goes    keep: whether the old one is
    kept there
    """
    path = as_file(path)
    name, file = _new_part(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # before the rename, or a crash leaves a name without contents
            if fcntl is None:  # Windows renames no open file
                file.close()
            if previous is not None:
                _remove(previous)
                if keep:
                    _second_name(path, previous)
            os.replace(name, path)
    except BaseException:
        _remove(name)
        raise
    _sync_directory(path.parent)


def checked_path(path, name="path"):
    """The path as a str. Raises TypeError or ValueError on what cannot be that of a file.

    name: of the parameter that it is the value of
    """
    given = os.fspath(path) if hasattr(path, "__fspath__") else path
    if not isinstance(given, str):
        raise TypeError(
            f"{name} must be the path of a file, a str or os.PathLike of str, got {path!r}. "
            "Pass its name, such as 'model.sknn'."
        )
    try:
        as_bytes = os.fsencode(given)
    except UnicodeEncodeError:
        as_bytes = b""
    if not as_bytes or b"\0" in as_bytes or given.endswith(("/", os.sep)):
        raise ValueError(
            f"{name} must be that of a file, got {given!r}. Pass the name of a file: not empty, "
            "without null characters, and without a slash at its end."
        )
    return given


def as_file(path, name="path"):
    """The path without links. Raises ValueError on that of a directory or a device."""
    given = checked_path(path, name)
    path = Path(os.path.realpath(given))
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "no regular file"
            raise ValueError(
                f"{name} must be that of a file, got {given!r}, which is {what}. Pass the name of "
                "a file."
            )
    return path


@contextmanager
def errors_name_path(path, task, name="path"):
    """Errors of the file system inside name the path that was given, and say what to do.

    task: what could not be done, "read" or "written"    name: of the parameter
    """
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # it is told already
            raise
        told = type(error)(
            f"{name}={os.fspath(path)!r} cannot be {task}: {_told(error, path, task)}"
        )
        told.errno = error.errno
        raise told from error


def check_writable(path):
    """Raises OSError if no file can be made beside this one."""
    name, file = _new_part(as_file(path))
    file.close()
    _remove(name)


def remove_leftovers(path):
    """Removes what killed writers of this file left beside it.

    A writer holds a lock on its file, which the kernel takes back when the writer dies. What was
    left by another computer, or before a restart, stays: nobody can tell whether its writer lives.
    """
    if fcntl is None:
        return
    path = as_file(path)
    for leftover in path.parent.glob(f"{glob.escape(_part(path))}{'[0-9a-f]' * 16}"):
        with suppress(OSError), open(leftover, "rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


def _new_part(path):
    """(name, file): a new file beside the path, locked for as long as it is open."""
    while True:
        name = path.with_name(f"{_part(path)}{secrets.token_hex(8)}")
        file = open(name, "xb")  # noqa: SIM115, the caller closes it
        if _is_locked(file):
            return name, file
        file.close()


def _is_locked(file):
    """Locks a new file; False if ``remove_leftovers`` came first, and it has no name any more."""
    if fcntl is not None:
        with suppress(OSError):  # where there are no locks, nobody removes it
            fcntl.flock(file, fcntl.LOCK_EX)
        return os.fstat(file.fileno()).st_nlink > 0
    return True


def _part(path):
    """How names of unfinished files begin."""
    name = os.fsencode(path.name)
    short = path.name if len(name) <= LONGEST else sha256(name).hexdigest()[:32]
    return f".{short}.part-{_computer()}-"


@cache
def _computer():
    """Says which kernel runs: its locks are seen by all processes on it, and by no others."""
    try:
        identity = Path(BOOT_ID).read_bytes()
    except OSError:
        identity = platform.node().encode()
    return sha256(identity).hexdigest()[:8]


def _second_name(path, name):
    """Gives a file a further name: at no moment is there nothing under the first one.

    Another writer to the same file may be faster; then there is nothing left to do.
    """
    try:
        os.link(path, name)
    except (FileNotFoundError, FileExistsError):
        pass
    except OSError:  # on a file system where files have one name
        with suppress(FileNotFoundError):
            os.replace(path, name)


def _remove(path):
    with suppress(FileNotFoundError):
        os.remove(path)


def _sync_directory(directory):
    """Makes sure that the new name is on the disk, too."""
    if os.name == "posix":  # elsewhere directories cannot be opened
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _told(error, path, task):
    """What is wrong, and what to do about it."""
    folder = os.path.dirname(os.path.realpath(path))
    if isinstance(error, FileNotFoundError):
        if not os.path.isdir(folder):
            return f"there is no folder {folder!r}. Create it, or correct the path."
        if task == "read":
            return "there is no such file. Correct the path."
    if isinstance(error, NotADirectoryError):
        return f"{folder!r} is not a folder. Correct the path."
    remedy = {
        errno.ENAMETOOLONG: "Choose a shorter name.",
        errno.ENOSPC: "Make room on the disk, or choose another folder.",
    }
    permissions = f"Choose another folder, or change the permissions in {folder!r}."
    default = permissions if isinstance(error, PermissionError) else "Choose another path."
    return f"{error.strerror}. {remedy.get(error.errno, default)}"
