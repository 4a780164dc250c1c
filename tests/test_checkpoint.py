"""Checkpoints: training that goes on from one ends as if it had never stopped."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
from helpers import joint_and_singles, new_gradient, normal
from numpy.testing import assert_array_equal
from sameness import assert_same
from scipy.sparse import csr_array
from trainers import LAYERS, N_IN, NEVER, OPTIMIZERS, SOFTMAX, Trainer, new_rows, new_trainer

from sknn.nn import BatchNorm, Dense, Dropout
from sknn.nn.optimizers import Adam
from sknn.nn.schedules import Exponential, InvScaling, Plateau
from sknn.nn.stopping import Keeper
from sknn.nn.storage.checkpoint import Checkpoint, check_same, fingerprint, run_values
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
            r"The parameters of the network must have the shape \(51,\) and dtype float64, as the "
            r"layers and the data say, but saved are \(43,\) and float64",
        ),
        (
            {"layers": [Dense(4), BatchNorm(), Dense(3, "identity")]},
            r"The running statistics of the network must have the shape \(8,\).*saved are \(0,\)",
        ),
        (
            {"optimizer": Adam},
            r"The optimiser, Adam, carries arrays of the shapes \{.*'mean'.*but saved are \{",
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
    with pytest.raises(ValueError, match=r"The best weights are kept .*use early_stopping as bef"):
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
        ("y", Y, Y[::-1], r"^y must be what it was when the checkpoint was written, int64"),
        ("y", Y.astype(object), Y[::-1].astype(object), "checksum"),
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
        patch.setattr("sknn.nn.storage.checkpoint.remove_leftovers", lambda path: None)
        for name in calls:
            patch.setattr(os, name, watched(getattr(os, name)))
        written(new_trainer(), path, epochs=3)
    assert len(readable) >= 5
    assert set(readable[:-1]) == {2}
    assert readable[-1] == 3


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


KILLED = """
import io, os, sys
from trainers import new_trainer
from sknn.nn.storage import files
from sknn.nn.storage.checkpoint import Checkpoint

class Deadly(io.FileIO):
    def write(self, data):
        super().write(data[:50])
        os._exit(9)

files.open = lambda path, mode: Deadly(path, mode[0])
trainer = new_trainer()
Checkpoint.of(trainer.gradient, trainer.run, trainer.history, epochs=3).write(sys.argv[1])
"""


def test_writer_that_was_killed_leaves_the_last_one_and_no_litter(path):
    _, second = two_checkpoints(path)
    paths = os.pathsep.join(sys.path)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, path], env={**os.environ, "PYTHONPATH": paths}
    )
    assert killed.returncode == 9
    assert len(os.listdir(path.parent)) == 3
    assert_array_equal(Checkpoint.read(path).theta, second)
    assert sorted(os.listdir(path.parent)) == [path.name, f"{path.name}.previous"]


def test_saved_estimator_is_no_checkpoint(path):
    write(path, {"estimator": "MLPClassifier"}, {})
    with pytest.raises(SavedModelError, match=r"it is no checkpoint, but a file for sknn\.load"):
        Checkpoint.read(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"theta": [1, 2]}, "its theta is no <class 'numpy.ndarray'>"),
        ({"epochs": "3"}, "its epochs is no <class 'int'>"),
        ({"no": 1}, "unexpected keyword argument 'no'"),
        ({"run": {"loss": {"class": "Huber", "arguments": {}}}}, "is a 'loss', which this sknn"),
    ],
)
def test_hostile_checkpoint_is_refused(change, message, path):
    written(new_trainer(), path)
    document, arrays = read(path)
    document["checkpoint"] |= change
    write(path, document, arrays)
    with pytest.raises(SavedModelError, match=message):
        Checkpoint.read(path)
