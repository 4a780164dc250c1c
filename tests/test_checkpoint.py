"""Checkpoints: training that goes on from one ends as if it had never stopped."""

import errno
import io
import json
import os

import numpy as np
import pytest
from helpers import joint_and_singles, new_gradient, normal
from numpy.testing import assert_array_equal
from processes import forked
from sameness import assert_same
from scipy.sparse import csr_array
from trainers import LAYERS, N_IN, NEVER, OPTIMIZERS, SOFTMAX, Trainer, new_rows, new_trainer

from sknn.nn import BatchNorm, Dense, Dropout
from sknn.nn.optimizers import Adam
from sknn.nn.schedules import Exponential, InvScaling, Plateau
from sknn.nn.stopping import Keeper
from sknn.nn.storage import files
from sknn.nn.storage.checkpoint import (
    Checkpoint,
    check_same,
    fingerprint,
    make_ready,
    refuse_other_files,
    run_values,
)
from sknn.nn.storage.container import SavedModelError, read, write

ALL_SORTS = [Dense(5, "tanh"), BatchNorm(), Dropout(0.3), Dense(4, "prelu"), Dense(3, "identity")]
SCHEDULES = {
    "invscaling": InvScaling(),
    "exponential": Exponential(),
    "plateau": Plateau(),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint"


def written(trainer, path, **others):
    """A checkpoint of the training as it stands, in a file."""
    Checkpoint.of(trainer.gradient, trainer.run, trainer.history, **others).write(path)


def resumed(path, **settings):
    """A new trainer, which is then where the one was that wrote the file."""
    trainer = new_trainer(seed=99, **settings)
    trainer.gradient.theta.fill(np.nan)
    checkpoint = Checkpoint.read(path)
    checkpoint.restore(trainer.gradient, trainer.run, trainer.history)
    return trainer


def assert_same_training(one, other):
    """Weights, statistics, history and all that training carries on are the same."""
    assert_array_equal(one.theta, other.theta, strict=True)
    assert_array_equal(one.gradient.state, other.gradient.state, strict=True)
    assert_same(run_values(one.run), run_values(other.run))
    for name in set(one.history) - {"seconds"}:
        assert_array_equal(one.history[name], other.history[name])


@pytest.mark.parametrize(
    "settings",
    [
        *({"optimizer": optimizer} for optimizer in OPTIMIZERS.values()),
        *({"schedule": schedule, "optimizer": Adam} for schedule in SCHEDULES.values()),
        {"layers": ALL_SORTS, "optimizer": Adam},
        {"subset": np.array([3, 5, 8, 13, 1, 2, 19])},
        {"shuffle": False},
    ],
)
def test_training_goes_on_as_if_it_had_never_stopped(settings, path):
    settings = NEVER | settings
    undisturbed = new_trainer(**settings)
    stopped = new_trainer(**settings)
    for epochs in (1, 3, 2):
        stopped.train(epochs)
        undisturbed.train(epochs)
        written(stopped, path, epochs=1)
        stopped = resumed(path, **settings)
        assert_same_training(stopped, undisturbed)
    stopped.train(4)
    undisturbed.train(4)
    assert_same_training(stopped, undisturbed)


def test_many_models_go_on_as_if_they_had_never_stopped(path):
    def new():
        joint, _ = joint_and_singles(LAYERS, SOFTMAX, 4)
        rates = np.array([[0.1], [0.01], [0.001]])
        return Trainer(joint, new_rows(), optimizer=Adam, learning_rate=rates)

    undisturbed, stopped, other = new(), new(), new()
    for trainer in (undisturbed, stopped):
        trainer.train(3)
    written(stopped, path, epochs=3, stopped=np.array([0, 2, 0]))
    checkpoint = Checkpoint.read(path)
    assert_array_equal(checkpoint.stopped, [0, 2, 0])
    checkpoint.restore(other.gradient, other.run, other.history)
    for trainer in (undisturbed, other):
        trainer.train(3)
    assert_same_training(other, undisturbed)


def test_everything_is_read_as_it_was_written(path):
    trainer = new_trainer(layers=ALL_SORTS)
    trainer.train(2)
    kept = Keeper(trainer.theta, trainer.gradient.state)
    trainer.train(1)
    others = {
        "epochs": 3,
        "stopped": np.array(0),
        "rows": {"training": np.arange(7), "validation": np.array([9, 8])},
        "data": fingerprint({"X": trainer.rows.x, "sample_weight": None}),
    }
    checkpoint = Checkpoint.of(trainer.gradient, trainer.run, trainer.history, kept, **others)
    checkpoint.write(path)
    again = Checkpoint.read(path)
    assert_same(vars(again), vars(checkpoint))

    emptied = Keeper(np.zeros_like(kept.theta), np.zeros_like(kept.state))
    again.restore(trainer.gradient, trainer.run, trainer.history, emptied)
    assert_array_equal(emptied.theta, kept.theta)
    assert_array_equal(emptied.state, kept.state)


def test_history_is_put_into_the_lists_that_are_there(path):
    trainer = new_trainer()
    losses = trainer.history["loss"]
    trainer.train(3)
    written(trainer, path)
    wanted = list(losses)
    trainer.train(2)
    Checkpoint.read(path).restore(trainer.gradient, trainer.run, trainer.history)
    assert trainer.history["loss"] is losses
    assert losses == wanted


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"layers": [Dense(6, "tanh"), Dense(3, "identity")]},
            r"The parameters of the network must have the shape \(51,\) and dtype float64, as "
            r"determined by the layers and the data, but saved are \(43,\) and float64",
        ),
        (
            {"layers": [Dense(4), BatchNorm(), Dense(3, "identity")]},
            r"The running statistics of the network must have the shape \(8,\).*saved are \(0,\)",
        ),
        (
            {"optimizer": Adam},
            r"The optimiser, Adam, has arrays of the shapes \{.*'mean'.*but the saved ones are \{",
        ),
    ],
)
def test_other_networks_and_optimisers_are_refused(settings, message, path):
    written(new_trainer(), path)
    with pytest.raises(ValueError, match=message):
        resumed(path, **settings)


def test_parameters_of_another_dtype_are_refused(path):
    narrow = Trainer(new_gradient(LAYERS, SOFTMAX, N_IN, dtype=np.float32), new_rows())
    written(narrow, path)
    with pytest.raises(
        ValueError, match=r"and dtype float64, .* but saved are \(43,\) and float32"
    ):
        resumed(path)


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_kept_needs_a_keeper_and_the_other_way_round(kept, path):
    trainer = new_trainer()
    keeper = Keeper(trainer.theta, trainer.gradient.state)
    Checkpoint.of(trainer.gradient, trainer.run, trainer.history, keeper if kept else None).write(
        path
    )
    with pytest.raises(ValueError, match=r"best weights only .*Set early_stopping to"):
        Checkpoint.read(path).restore(
            trainer.gradient, trainer.run, trainer.history, None if kept else keeper
        )


# --- the data ----------------------------------------------------------------------------------

X, Y = normal(6, 3), np.arange(6)


def test_same_data_have_the_same_fingerprint():
    data = {"X": X, "y": Y, "labels": np.array(["a", "é"], dtype=object), "sample_weight": None}
    copies = {name: None if array is None else array.copy() for name, array in data.items()}
    copies["X"] = np.asfortranarray(copies["X"])
    check_same(fingerprint(data), fingerprint(copies))
    sparse = csr_array(np.where(X > 0, X, 0))
    check_same(fingerprint({"X": sparse}), fingerprint({"X": sparse.copy()}))


LABELS = np.array(["no", "yes"], object)


def flipped(array):
    """A copy with one bit flipped, the last one."""
    array = array.copy()
    array.reshape(-1).view(np.uint8)[-1] ^= 1
    return array


@pytest.mark.parametrize(
    ("name", "before", "now", "message"),
    [
        ("X", X, X[:5], r"X must be .*float64 of shape \(6, 3\) .*got float64 of shape \(5, 3\)"),
        ("X", X, X.reshape(3, 6), r"of shape \(6, 3\) .*of shape \(3, 6\)"),
        ("X", X, flipped(X), r"of shape \(6, 3\) with the checksum \w{8}, got float64"),
        ("X", X, X.astype(np.float32), r"got float32"),
        ("X", csr_array(X), X, "checksum"),
        ("X", csr_array(X), csr_array(flipped(X)), "checksum"),
        ("X", csr_array([[1.0, 0.0]]), csr_array([[0.0, 1.0]]), "checksum"),
        ("X", csr_array([[1.0], [0.0]]), csr_array([[0.0], [1.0]]), "checksum"),
        ("y", Y, Y[::-1], r"^y must be the same as when the checkpoint was written, int64"),
        ("y", Y.astype(object), Y[::-1].astype(object), "checksum"),
        ("y", np.repeat(LABELS, 2500), np.repeat(LABELS, [2499, 2501]), "checksum"),
        ("sample_weight", None, Y, r"sample_weight must be .*, None, got int64.*call fit to start"),
        ("sample_weight", Y, None, r"got None"),
    ],
)
def test_other_data_are_refused(name, before, now, message):
    with pytest.raises(ValueError, match=message):
        check_same(fingerprint({name: before}), fingerprint({name: now}))


# --- trouble -----------------------------------------------------------------------------------


def two_checkpoints(path):
    """Writes those of epochs 1 and 2; returns theta at both."""
    trainer, thetas = new_trainer(), []
    for epochs in (1, 2):
        trainer.train(1)
        written(trainer, path, epochs=epochs)
        thetas.append(trainer.theta.copy())
    return thetas


def test_the_one_before_is_kept_beside_it(path):
    first, second = two_checkpoints(path)
    assert_array_equal(Checkpoint.read(path).theta, second)
    assert Checkpoint.read(path).trouble == ""
    assert_array_equal(Checkpoint.read(f"{path}.previous").theta, first)
    assert sorted(os.listdir(path.parent)) == [path.name, f"{path.name}.previous"]


def test_there_is_a_checkpoint_at_every_moment(path, monkeypatch):
    two_checkpoints(path)
    readable, calls = [], ("remove", "link", "replace", "fsync")

    def watched(call):
        def look_and_call(*args):
            call(*args)
            readable.append(Checkpoint.read(path).epochs)

        return look_and_call

    with monkeypatch.context() as patch:
        for name in calls:
            patch.setattr(os, name, watched(getattr(os, name)))
        written(new_trainer(), path, epochs=3)
    # The file is flushed, the one before goes and comes; then a new name, and its folder.
    assert readable == [2, 2, 2, 3, 3]


def test_file_system_without_second_names_keeps_the_one_before_too(path, monkeypatch):
    def fail(*args):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", fail)
    first, second = two_checkpoints(path)
    assert_array_equal(Checkpoint.read(path).theta, second)
    assert_array_equal(Checkpoint.read(f"{path}.previous").theta, first)


def test_first_one_of_a_training_leaves_nothing_of_another(path):
    two_checkpoints(path)
    written(new_trainer(), path, epochs=0)
    assert os.listdir(path.parent) == [path.name]
    assert Checkpoint.read(path).epochs == 0


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_torn_file_leaves_the_one_before_it(length, path):
    first, _ = two_checkpoints(path)
    path.write_bytes(path.read_bytes()[:length])
    checkpoint = Checkpoint.read(path)
    assert_array_equal(checkpoint.theta, first)
    assert checkpoint.epochs == 1
    assert checkpoint.trouble.startswith(f"'{path}' cannot be read: ")


def test_file_that_was_lost_leaves_the_one_before_it(path):
    # As after a crash between two renames.
    first, _ = two_checkpoints(path)
    path.unlink()
    checkpoint = Checkpoint.read(path)
    assert_array_equal(checkpoint.theta, first)
    assert "No such file" in checkpoint.trouble


def test_damage_without_one_before_says_what_is_wrong(path):
    written(new_trainer(), path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(SavedModelError, match=r"its array '.*' is damaged"):
        Checkpoint.read(path)


def test_damage_to_both_says_what_is_wrong_with_the_one_before(path):
    two_checkpoints(path)
    for at in (path, path.with_name(f"{path.name}.previous")):
        at.write_bytes(at.read_bytes()[:-1])
    with pytest.raises(SavedModelError, match=r"checkpoint\.previous' cannot be read: .*cut off"):
        Checkpoint.read(path)


def test_missing_file_is_the_error_it_always_is(path):
    with pytest.raises(FileNotFoundError):
        Checkpoint.read(path)


def test_full_disk_leaves_both(path, monkeypatch):
    first, second = two_checkpoints(path)

    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        written(new_trainer(), path, epochs=3)
    assert sorted(os.listdir(path.parent)) == [path.name, f"{path.name}.previous"]
    assert_array_equal(Checkpoint.read(path).theta, second)
    assert_array_equal(Checkpoint.read(f"{path}.previous").theta, first)


class Deadly(io.FileIO):
    """A file that ends the process in the midst of a write."""

    def write(self, data):
        super().write(data[:50])
        os._exit(9)


def write_and_die(path):
    files.open = lambda path, mode: Deadly(path, mode[0])
    written(new_trainer(), path, epochs=3)


def test_writer_that_was_killed_leaves_the_last_one_and_no_litter(path):
    _, second = two_checkpoints(path)
    assert forked(write_and_die, path) == 9
    assert_array_equal(Checkpoint.read(path).theta, second)
    assert len(os.listdir(path.parent)) == 3
    make_ready(path)
    assert_array_equal(Checkpoint.read(path).theta, second)
    assert sorted(os.listdir(path.parent)) == [path.name, f"{path.name}.previous"]


def test_saved_estimator_is_no_checkpoint(path):
    write(path, {"estimator": "MLPClassifier"}, {})
    with pytest.raises(SavedModelError, match=r"it is not a checkpoint, but a file for sknn\.load"):
        Checkpoint.read(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta": [1, 2]}, "its theta is not a <class 'numpy.ndarray'>"),
        ({"epochs": "3"}, "its epochs is not a <class 'int'>"),
        ({"no": 1}, "unexpected keyword argument 'no'"),
        ({"run": {"loss": {"class": "Huber", "arguments": {}}}}, "is a 'loss', which this version"),
    ],
)
def test_hostile_checkpoint_is_refused(change, message, path):
    written(new_trainer(), path)
    document, arrays = read(path)
    document["checkpoint"] |= change
    write(path, document, arrays)
    with pytest.raises(SavedModelError, match=message):
        Checkpoint.read(path)


# --- files of others ---------------------------------------------------------------------------


def foreign(header):
    """A file in the layout of safetensors that has one array named theta."""
    text = json.dumps({"theta": {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}} | header)
    return len(text).to_bytes(8, "little") + text.encode()


FOREIGN = {
    "text": b"mine",
    "short": b"a\n",
    "short length": b"\x08\0\0",
    "odd length": bytes.fromhex("1310000000000000"),
    "large length": bytes.fromhex("1010000100000000"),
    "zeros": bytes(4),
    "null characters": b"abc\0\0\0\0\0",
    "another header": (80).to_bytes(8, "little") + b'{"weights": {}}',
    "cut off in another header": (80).to_bytes(8, "little") + b'{"we',
    "pickle": b"\x80\x04\x95\x10" + bytes(30),
    "arrays": foreign({}),
    "model": foreign(
        {"__metadata__": {"format": "sknn", "version": "1", "document": '{"estimator": "M'}}
    ),
}


@pytest.mark.parametrize("suffix", ["", ".previous"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_file_of_others_is_not_overwritten(kind, suffix, path):
    other = path.with_name(f"{path.name}{suffix}")
    other.write_bytes(FOREIGN[kind])
    for attempt in (make_ready, refuse_other_files, lambda path: written(new_trainer(), path)):
        with pytest.raises(FileExistsError) as raised:
            attempt(path)
        assert str(raised.value) == (
            f"checkpoint='{path}' would overwrite '{other}', which is not a checkpoint. Move or "
            "delete that file, or choose another path."
        )
    assert other.read_bytes() == FOREIGN[kind]
    assert os.listdir(path.parent) == [other.name]


def test_directory_and_link_in_place_of_the_one_before_are_not_overwritten(path):
    previous = path.with_name(f"{path.name}.previous")
    previous.mkdir()
    with pytest.raises(FileExistsError, match=r"would overwrite '.*\.previous'"):
        make_ready(path)
    previous.rmdir()
    two_checkpoints(path.with_name("another"))
    previous.symlink_to(path.with_name("another"))
    with pytest.raises(FileExistsError, match=r"would overwrite '.*\.previous'"):
        make_ready(path)
    assert previous.is_symlink()


def test_names_that_no_checkpoint_takes_are_left_to_the_user(path):
    beside = [path.with_name(f"{path.name}.{name}") for name in ("new", "old", "part")]
    for each in beside:
        each.write_bytes(b"mine")
    make_ready(path)
    two_checkpoints(path)
    assert [each.read_bytes() for each in beside] == [b"mine"] * 3
    assert len(os.listdir(path.parent)) == 5


@pytest.mark.parametrize("length", [0, 4, 8, 12, 29, 100, 2000, -1])
def test_checkpoint_that_is_cut_off_may_be_overwritten(length, path):
    two_checkpoints(path)
    for at in (path, path.with_name(f"{path.name}.previous")):
        at.write_bytes(at.read_bytes()[:length])
    written(new_trainer(), path, epochs=1)
    assert Checkpoint.read(path).epochs == 1


@pytest.mark.parametrize("at", [40, 300, -1])
def test_damaged_checkpoint_may_be_overwritten(at, path):
    two_checkpoints(path)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    written(new_trainer(), path, epochs=0)
    assert Checkpoint.read(path).epochs == 0


# --- several programs at one path --------------------------------------------------------------


def test_reading_takes_nothing_from_a_writer(path, monkeypatch):
    _, second = two_checkpoints(path)
    read, sync = [], os.fsync

    def read_meanwhile(descriptor):
        read.append(Checkpoint.read(path).theta)
        make_ready(path)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", read_meanwhile)
    third = new_trainer(seed=3)
    written(third, path, epochs=3)
    assert_array_equal(read[0], second)
    assert_array_equal(Checkpoint.read(path).theta, third.theta)


@pytest.mark.parametrize("epochs", [0, 5])
@pytest.mark.parametrize(
    ("second_names", "step"),
    [*((True, step) for step in range(5)), *((False, step) for step in range(6))],
)
def test_writers_that_meet_leave_whole_checkpoints(second_names, step, epochs, path, monkeypatch):
    # fsync, remove, link (which fails and becomes replace), replace, fsync: the other comes before
    # one of them.
    two_checkpoints(path)
    one, other = new_trainer(seed=3), new_trainer(seed=4)
    calls = []

    def watched(name, call):
        def call_after_the_other(*args):
            calls.append(name)
            if len(calls) == step + 1:
                written(other, path, epochs=epochs)
            if name == "link" and not second_names:
                raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))
            call(*args)

        return call_after_the_other

    with monkeypatch.context() as patch:
        for name in ("fsync", "remove", "link", "replace"):
            patch.setattr(os, name, watched(name, getattr(os, name)))
        written(one, path, epochs=7)
    assert len(calls) > step + 1  # the other has come
    kept, last_rename = Checkpoint.read(path), 3 if second_names else 4
    assert kept.trouble == ""
    assert kept.epochs == (7 if step <= last_rename else epochs)
    assert_array_equal(kept.theta, (one if step <= last_rename else other).theta)
    before = path.with_name(f"{path.name}.previous")
    if before.exists():
        assert Checkpoint.read(before).epochs in (2, 7, epochs)
    assert set(os.listdir(path.parent)) <= {path.name, before.name}
