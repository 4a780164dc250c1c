"""Files that are replaced completely or not at all, even if the program or the disk fails."""

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
LONGEST = 200  # bytes of a name: most file systems allow 255, and unfinished files need more
BOOT_ID = "/proc/sys/kernel/random/boot_id"


@contextmanager
def replacing(path, previous=None, keep=True):
    """A new file to write to, which replaces the old one at the end.

    If anything goes wrong before, the new file is removed and the old one is not changed.

    previous: a path for the old file, which overwrites any file there, or None    keep: whether
    the old file is kept at that path
    """
    path = as_file(path)
    name, file = _new_part(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # before renaming: a crash could leave a name without contents
            if fcntl is None:  # Windows cannot rename open files
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
    """The path as a str. Raises TypeError or ValueError if it cannot be the path of a file.

    name: the name of the parameter, for the message
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
            f"{name} must be the path of a file, got {given!r}. Pass the name of a file: not "
            "empty, without null characters, and without a slash at its end."
        )
    return given


def as_file(path, name="path"):
    """The path with links resolved. Raises ValueError for a directory or a device."""
    given = checked_path(path, name)
    path = Path(os.path.realpath(given))
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            raise ValueError(
                f"{name} must be the path of a file, got {given!r}, which is {what}. Pass the name "
                "of a file."
            )
    return path


@contextmanager
def errors_name_path(path, task, name="path"):
    """Turns errors of the file system into errors that name the given path and a remedy.

    task: what failed, "read" or "written"    name: the name of the parameter
    """
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # the message is already complete
            raise
        told = type(error)(
            f"{name}={os.fspath(path)!r} cannot be {task}: {_told(error, path, task)}"
        )
        told.errno = error.errno
        raise told from error


def check_writable(path):
    """Raises OSError if no file can be created beside this one."""
    name, file = _new_part(as_file(path))
    file.close()
    _remove(name)


def remove_leftovers(path):
    """Removes unfinished files that killed writers of this file have left beside it.

    A writer holds a lock on its file, which the kernel releases when the writer dies. Files from
    another computer, or from before a restart, are kept: it is unknown whether their writers are
    still running.
    """
    if fcntl is None:
        return
    path = as_file(path)
    for leftover in path.parent.glob(f"{glob.escape(_part(path))}{'[0-9a-f]' * 16}"):
        with suppress(OSError), open(leftover, "rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()


def _new_part(path):
    """(name, file): a new file beside the path, locked while it is open."""
    while True:
        name = path.with_name(f"{_part(path)}{secrets.token_hex(8)}")
        file = open(name, "xb")  # noqa: SIM115, the caller closes it
        if _is_locked(file):
            return name, file
        file.close()


def _is_locked(file):
    """Locks a new file. Returns False if ``remove_leftovers`` has already removed its name."""
    if fcntl is not None:
        with suppress(OSError):  # without locks, nobody removes the file
            fcntl.flock(file, fcntl.LOCK_EX)
        return os.fstat(file.fileno()).st_nlink > 0
    return True


def _part(path):
    """The beginning of the names of unfinished files."""
    name = os.fsencode(path.name)
    short = path.name if len(name) <= LONGEST else sha256(name).hexdigest()[:32]
    return f".{short}.part-{_computer()}-"


@cache
def _computer():
    """Identifies the running kernel: its locks are visible to all its processes, and no others."""
    try:
        identity = Path(BOOT_ID).read_bytes()
    except OSError:
        identity = platform.node().encode()
    return sha256(identity).hexdigest()[:8]


def _second_name(path, name):
    """Gives a file a second name, so that a file exists under the first one at any time.

    If another writer to the same file is faster, nothing is left to do.
    """
    try:
        os.link(path, name)
    except (FileNotFoundError, FileExistsError):
        pass
    except OSError:  # the file system allows only one name per file
        with suppress(FileNotFoundError):
            os.replace(path, name)


def _remove(path):
    with suppress(FileNotFoundError):
        os.remove(path)


def _sync_directory(directory):
    """Makes sure that the new name is written to the disk as well."""
    if os.name == "posix":  # elsewhere directories cannot be opened
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _told(error, path, task):
    """What went wrong, and a remedy."""
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
        errno.ENOSPC: "Free some space on the disk, or choose another folder.",
    }
    permissions = f"Choose another folder, or change the permissions in {folder!r}."
    default = permissions if isinstance(error, PermissionError) else "Choose another path."
    return f"{error.strerror}. {remedy.get(error.errno, default)}"
