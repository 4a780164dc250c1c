"""Files are replaced whole or not at all, and errors name the path that was given."""

import errno
import io
import os
import platform
import stat
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pytest
from processes import forked

from sknn.nn.storage import files
from sknn.nn.storage.files import (
    as_file,
    check_writable,
    checked_path,
    errors_name_path,
    remove_leftovers,
    replacing,
)

resource = pytest.importorskip("resource", reason="limits on files are POSIX's")


@pytest.fixture
def old(tmp_path):
    """A file with contents."""
    path = tmp_path / "model"
    path.write_bytes(b"old")
    return path


def assert_untouched(path):
    """The file is as it was, and alone."""
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


def fail(error):
    def call(*args):
        raise error

    return call


def open_descriptors():
    return set(os.listdir("/dev/fd"))


def test_nothing_stays_open(old):
    def call(task):
        task()
        return open_descriptors()

    def replace():
        with replacing(old, previous=f"{old}.previous") as file:
            file.write(b"new")

    before = open_descriptors()
    assert call(replace) == call(lambda: check_writable(old)) == before
    assert call(lambda: remove_leftovers(old)) == before


def test_new_file_takes_the_place_of_the_old_one(old):
    with replacing(old) as file:
        file.write(b"new")
        assert old.read_bytes() == b"old"
    assert old.read_bytes() == b"new"
    assert os.listdir(old.parent) == [old.name]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_error_while_writing_leaves_the_old_file(old, error):
    def write():
        with replacing(old) as file:
            file.write(b"new")
            raise error

    with pytest.raises(error):
        write()
    assert_untouched(old)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_error_at_the_end_leaves_the_old_file(old, call, monkeypatch):
    monkeypatch.setattr(os, call, fail(OSError(errno.EIO, "the disk is broken")))
    with pytest.raises(OSError, match="the disk is broken"), replacing(old) as file:
        file.write(b"new")
    assert_untouched(old)


def test_contents_are_on_the_disk_before_their_name_and_that_before_the_end(old, monkeypatch):
    steps = []

    def fsync(descriptor):
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        steps.append("directory" if is_directory else os.fstat(descriptor).st_size)

    def rename(*paths, replace=os.replace):
        steps.append("name")
        replace(*paths)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    with replacing(old) as file:
        file.write(b"newer")
    assert steps == [len(b"newer"), "name", "directory"]


def test_full_disk_leaves_the_old_file(old):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)), replacing(old) as file:
            file.write(bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert_untouched(old)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_device_without_space_leaves_the_old_file(old, monkeypatch):
    monkeypatch.setattr(
        files, "open", lambda path, mode: io.FileIO("/dev/full", "w"), raising=False
    )
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)), replacing(old) as file:
        file.write(b"new")
    assert_untouched(old)


def write_and_die(path):
    with replacing(path) as file:
        file.write(bytes(100_000))
        os._exit(9)


def test_writer_that_was_killed_leaves_the_old_file_and_what_can_be_removed(tmp_path):
    path = tmp_path / "model [1]*?"
    path.write_bytes(b"old")
    beside = tmp_path / f"{path.name}.part"
    beside.write_bytes(b"another's")
    assert forked(write_and_die, path) == 9
    assert path.read_bytes() == b"old"
    assert len(os.listdir(tmp_path)) == 3
    remove_leftovers(path)
    assert sorted(os.listdir(tmp_path)) == sorted([path.name, beside.name])


def test_link_is_followed(old):
    link = old.with_name("link")
    link.symlink_to(old)
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert old.read_bytes() == b"new"


@pytest.mark.parametrize("what", ["not a regular file", "a directory"])
def test_what_is_no_file_is_refused(what, tmp_path):
    path = tmp_path / "pipe" if what == "not a regular file" else tmp_path
    if path != tmp_path:
        os.mkfifo(path)
    message = f"^path must be the path of a file, got {str(path)!r}, which is {what}. Pass the"
    with pytest.raises(ValueError, match=message), replacing(path):
        pass


def test_permissions_are_those_of_any_new_file(tmp_path):
    with open(tmp_path / "usual", "wb"):
        pass
    with replacing(tmp_path / "model"):
        pass
    modes = [Path(tmp_path / name).stat().st_mode for name in ("usual", "model")]
    assert modes[0] == modes[1]


# --- what writers have left --------------------------------------------------------------------


def test_file_of_a_living_writer_stays(old):
    with replacing(old) as file:
        file.write(b"new")
        remove_leftovers(old)
        assert len(os.listdir(old.parent)) == 2
    assert old.read_bytes() == b"new"
    assert os.listdir(old.parent) == [old.name]


@pytest.fixture
def leftover(old):
    """What a writer of the old file has left that is dead."""
    path = old.with_name(f"{files._part(old)}0123456789abcdef")
    path.write_bytes(b"ne")
    return path


def test_leftover_of_a_dead_writer_is_removed(old, leftover):
    remove_leftovers(old)
    assert_untouched(old)


def test_leftover_of_another_computer_stays(old, leftover, monkeypatch):
    monkeypatch.setattr(files, "_computer", lambda: "another")
    remove_leftovers(old)
    assert leftover.exists()


@pytest.mark.parametrize("name", ["0123456789abcde", "0123456789abcdef0", "0123456789abcdeg"])
def test_file_of_a_name_that_no_writer_gives_stays(name, old):
    beside = old.with_name(f"{files._part(old)}{name}")
    beside.write_bytes(b"another's")
    remove_leftovers(old)
    assert beside.exists()


def test_computer_is_told_by_its_last_start_or_else_by_its_name(monkeypatch, tmp_path):
    started = tmp_path / "boot_id"
    started.write_bytes(b"9b6f0d86")
    monkeypatch.setattr(files, "BOOT_ID", str(started))
    assert files._computer.__wrapped__() == sha256(b"9b6f0d86").hexdigest()[:8]
    started.unlink()
    assert files._computer.__wrapped__() == sha256(platform.node().encode()).hexdigest()[:8]


def no_lock(*args):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def test_where_files_have_no_locks_leftovers_stay(old, leftover, monkeypatch):
    monkeypatch.setattr(files.fcntl, "flock", no_lock)
    with replacing(old) as file:
        file.write(b"new")
    remove_leftovers(old)
    assert leftover.exists()
    assert old.read_bytes() == b"new"


def test_where_locks_are_not_known_leftovers_stay(old, leftover, monkeypatch):
    def rename(*paths, replace=os.replace):
        assert file.closed  # Windows renames no open file
        replace(*paths)

    monkeypatch.setattr(files, "fcntl", None)
    monkeypatch.setattr(os, "replace", rename)
    with replacing(old) as file:
        file.write(b"new")
    remove_leftovers(old)
    assert leftover.exists()
    assert old.read_bytes() == b"new"


def test_new_file_that_was_removed_before_it_was_locked_is_made_again(old, monkeypatch):
    made, flock = [], files.fcntl.flock

    def remove_first(file, how):
        made.append(file.name)
        if len(made) == 1:
            os.unlink(file.name)
        flock(file, how)

    monkeypatch.setattr(files.fcntl, "flock", remove_first)
    with replacing(old) as file:
        file.write(b"new")
    assert len(made) == 2
    assert old.read_bytes() == b"new"
    assert os.listdir(old.parent) == [old.name]


# --- the one before ----------------------------------------------------------------------------


@pytest.mark.parametrize("keep", [True, False])
def test_old_file_is_kept_or_goes(keep, old):
    previous = old.with_name("previous")
    previous.write_bytes(b"older")
    with replacing(old, previous, keep) as file:
        file.write(b"new")
    assert old.read_bytes() == b"new"
    assert previous.exists() == keep
    if keep:
        assert previous.read_bytes() == b"old"


def test_old_file_that_is_not_there_is_not_kept(tmp_path):
    with replacing(tmp_path / "model", tmp_path / "previous"):
        pass
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("lost", [False, True])
def test_on_a_file_system_without_second_names_the_old_file_is_moved(lost, old, monkeypatch):
    previous = old.with_name("previous")

    def link(*args):
        if lost:  # another writer has moved it
            os.rename(old, previous)
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)
    with replacing(old, previous) as file:
        file.write(b"new")
    assert (old.read_bytes(), previous.read_bytes()) == (b"new", b"old")


# --- paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["model", Path("model"), PurePosixPath("model")])
def test_path_may_be_a_string_or_an_object_that_has_one(path):
    assert checked_path(path) == "model"


class OfBytes:
    def __fspath__(self):
        return b"model"


@pytest.mark.parametrize("path", [b"model", None, 3, 2.5, io.BytesIO(), OfBytes(), ["model"]])
def test_what_is_no_path_is_refused_by_the_name_of_the_parameter(path):
    with pytest.raises(
        TypeError, match=r"^there must be the path of a file, .*, got .*'model\.sknn'"
    ):
        checked_path(path, "there")


@pytest.mark.parametrize("path", ["", "a\0b", "\0", "folder/", "\ud800"])
def test_name_that_no_file_can_have_is_refused(path):
    with pytest.raises(
        ValueError, match=r"^there must be the path of a file, got .*\. Pass the name of"
    ):
        checked_path(path, "there")


def test_longest_name_that_a_file_may_have_can_be_written_and_cleaned_up(tmp_path):
    path = tmp_path / ("é" * 127)  # of two bytes each
    with replacing(path) as file:
        file.write(b"new")
    path.with_name(f"{files._part(path)}0123456789abcdef").touch()
    remove_leftovers(path)
    assert os.listdir(tmp_path) == [path.name]


def test_short_names_are_in_those_of_unfinished_files(tmp_path):
    for name, kept in (("a" * 200, True), ("a" * 201, False)):
        assert (f".{name}." in files._part(tmp_path / name)) == kept


def told(path, task="written"):
    """What is said of a path at which no file can be made."""
    with pytest.raises(OSError, match="cannot be") as raised, errors_name_path(path, task, "at"):
        check_writable(path) if task == "written" else Path(path).read_bytes()
    assert raised.value.__cause__.errno == raised.value.errno
    return type(raised.value), str(raised.value)


def test_folder_that_is_not_there_is_named_with_the_path_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert told("no/model") == (
        FileNotFoundError,
        f"at='no/model' cannot be written: there is no folder '{tmp_path}/no'. Create it, or "
        "correct the path.",
    )
    assert told("model", "read") == (
        FileNotFoundError,
        "at='model' cannot be read: there is no such file. Correct the path.",
    )


def test_file_in_place_of_a_folder_is_named(old):
    assert told(old / "deeper") == (
        NotADirectoryError,
        f"at='{old}/deeper' cannot be written: '{old}' is not a folder. Correct the path.",
    )


def test_name_that_is_too_long_is_named(tmp_path):
    path = tmp_path / ("a" * 256)
    assert told(path) == (
        OSError,
        f"at='{path}' cannot be written: File name too long. Choose a shorter name.",
    )


@pytest.mark.parametrize(
    ("number", "type_", "remedy"),
    [
        (errno.EACCES, PermissionError, "Choose another folder, or change the permissions in "),
        (errno.EROFS, OSError, "Choose another path."),
        (errno.ENOENT, FileNotFoundError, "Choose another path."),
        (errno.ENOSPC, OSError, "Free some space on the disk, or choose another folder."),
    ],
)
def test_folder_that_takes_no_files_is_named(number, type_, remedy, tmp_path, monkeypatch):
    error = OSError(number, os.strerror(number), "a temporary file")
    monkeypatch.setattr(files, "open", fail(error), raising=False)
    type_told, message = told(tmp_path / "model")
    assert type_told is type_
    assert f": {os.strerror(number)}. {remedy}" in message
    assert "temporary" not in message


def test_error_that_says_what_to_do_is_left_as_it_is():
    error = FileExistsError("Choose another path.")
    with pytest.raises(FileExistsError) as raised, errors_name_path("model", "written"):
        raise error
    assert raised.value is error


def test_writability_is_tried_without_a_trace(old):
    check_writable(old)
    assert_untouched(old)


def test_link_to_nothing_may_be_written_to(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "model")
    assert as_file(tmp_path / "link") == tmp_path / "model"
