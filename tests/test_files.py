import errno
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sknn.nn.storage import files
from sknn.nn.storage.files import remove_leftovers, replacing

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
    def fail(*args):
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr(os, call, fail)
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


KILLED = """
import os, sys
from sknn.nn.storage.files import replacing
with replacing(sys.argv[1]) as file:
    file.write(bytes(100_000))
    os._exit(9)
"""


def test_writer_that_was_killed_leaves_the_old_file_and_what_can_be_removed(tmp_path):
    path = tmp_path / "model [1]*?"
    path.write_bytes(b"old")
    beside = tmp_path / f"{path.name}.part"
    beside.write_bytes(b"another's")
    killed = subprocess.run([sys.executable, "-c", KILLED, path], env=os.environ)
    assert killed.returncode == 9
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


@pytest.mark.parametrize("path", ["/dev/null", "."])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(ValueError, match="path must be that of a file, got"), replacing(path):
        pass


def test_permissions_are_those_of_any_new_file(tmp_path):
    with open(tmp_path / "usual", "wb"):
        pass
    with replacing(tmp_path / "model"):
        pass
    modes = [Path(tmp_path / name).stat().st_mode for name in ("usual", "model")]
    assert modes[0] == modes[1]
