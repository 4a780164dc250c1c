"""Checkpoints whose checksums are right, but whose parts do not belong together, are refused."""

import json

import numpy as np
import pytest
from helpers import joint_and_singles, normal
from trainers import LAYERS, SOFTMAX, Trainer, new_rows

from sknn import MLPClassifier
from sknn.nn.optimizers import Adam
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.storage.container import SavedModelError, read, write
from sknn.nn.storage.parts import is_count

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = normal(30, 4), np.arange(30) % 3
EXTRA = {
    "ones": np.ones(2, int),
    "pair": np.array([[0.0, 1.0]]),
    "count": np.array(3),
    "huge": np.full(3, 2**53),
}


def new(path, early_stopping=True):
    settings = {"batch_size": 8, "max_iter": 2, "random_state": 0}
    return MLPClassifier((3,), checkpoint=path, early_stopping=early_stopping, **settings)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Document and arrays of a checkpoint."""
    path = tmp_path_factory.mktemp("parts") / "checkpoint"
    new(path).fit(X, Y)
    return read(path)


def crafted(stored, path, place, value):
    """Writes the checkpoint with another value in a place; a function changes an array."""
    document, arrays = json.loads(json.dumps(stored[0])), stored[1] | EXTRA
    if callable(value):
        arrays[".".join(place)] = value(arrays[".".join(place)])
    else:
        inside = document["checkpoint"]
        for key in place[:-1]:
            inside = dict(inside["dict"])[key] if "dict" in inside else inside[key]
        if "dict" in inside:
            pairs = [pair for pair in inside["dict"] if pair[0] != place[-1]]
            inside["dict"] = pairs if value is ... else [*pairs, [place[-1], value]]
        else:
            inside[place[-1]] = value
    write(path, document, arrays)


ARRAY = {"array": "ones"}


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("theta", lambda a: a.astype(int), "its theta must be floats of shape"),
        ("theta", lambda a: a[None, None], "its theta must be floats of shape"),
        ("state", lambda a: a.astype(np.float32), "its state must be float64 with as many axes"),
        ("epochs", -1, "its epochs must be a whole number, got -1"),
        ("epochs", True, "its epochs must be a whole number, got True"),
        ("stopped", ARRAY, "its stopped must be epochs up to 2, one for each model"),
        ("stopped", {"array": "count"}, "its stopped must be epochs up to 2, .*got array.3."),
        ("stopped", lambda a: a - 1, "its stopped must be epochs up to 2, .*got array.-1."),
        ("kept", {"tuple": []}, "its kept must be arrays like theta and state, or None"),
        ("kept", {"tuple": [ARRAY, ARRAY]}, "its kept must be arrays like theta and state"),
        ("kept", {"tuple": [1, 2]}, "its kept must be arrays like theta and state"),
        ("history.loss", 5, "its history 'loss' must be a list of numbers, got 5"),
        ("history.loss", ["a", 1.5], "its history 'loss' must be a list of numbers"),
        ("history.loss", [True, 1.5], "its history 'loss' must be a list of numbers"),
        ("history.loss", [ARRAY, 1.5], "its history 'loss' must be a list of numbers"),
        ("history.loss", [1.5], r"its history must be lists of equal length, got \[1, 2\]"),
        ("history.loss", ..., "history of the checkpoint must have the columns .* got"),
        ("epochs", 3, "history of the checkpoint must have a row for each of its 3 epochs, got 2"),
        ("run.seed", ..., "its run must be a dict of optimizer, order, "),
        ("run.seed", -5, "its seed must be a whole number, or one for each model, got -5"),
        ("run.seed", [1], r"its seed must be a whole number, or one for each model, got \[1\]"),
        ("run.random_state", 1, "its random_state must be a RandomState, or one for each"),
        ("run.optimizer", [], "its optimizer must be a dict of arrays of numbers, with steps"),
        ("run.optimizer.steps", ..., "its optimizer must be a dict of arrays of numbers, with"),
        ("run.optimizer.steps", ARRAY, "its optimizer must be a dict of arrays of numbers, with"),
        ("run.optimizer.mean", 2.5, "its optimizer must be a dict of arrays of numbers"),
        ("run.patience.best", ..., "its patience must be a dict of best and count"),
        ("run.patience.best", 2.5, "its patience must be a dict of best and count, which are arr"),
        ("run.progress", 3, "its progress must be a dict of epoch, plateaus"),
        ("run.progress.step", ..., "its progress must be a dict of epoch, plateaus"),
        ("run.progress.step", None, "its progress 'step' must be a whole number, got None"),
        ("run.progress.samples", 2.5, "its progress 'samples' must be a whole number, got 2.5"),
        ("run.order", {"array": "pair"}, "its order must be an array of row numbers, or None"),
        ("run.order", {"array": "count"}, "its order must be an array of row numbers"),
        ("run.order", lambda a: a - 1, "order of the checkpoint must contain each training row"),
        ("run.order", lambda a: a[:-1], "order of the checkpoint must contain each training"),
        ("rows.training", ..., r"its rows must be the training and .* got \['validation'\]"),
        ("rows.training", lambda a: -a, "its rows 'training' must be an array of row numbers"),
        (
            "rows.training",
            lambda a: a * 0 - 1,
            "its rows 'training' must be an array of row numbers",
        ),
        ("rows.training", lambda a: a[:0], "its rows 'training' must be an array of row numbers"),
        (
            "rows.training",
            lambda a: a[:, None],
            "its rows 'training' must be an array of row numbers",
        ),
        ("rows.validation", 3, "its rows 'validation' must be an array of row numbers, got 3"),
        ("rows.validation", lambda a: a + 27, "row numbers in the checkpoint must be distinct"),
        ("rows.validation", lambda a: np.where(a == a[0], 30, a), "must be distinct and below 30"),
        (
            "rows.training",
            lambda a: a * 0,
            "row numbers in the checkpoint must be distinct and below",
        ),
        ("data.X", [1], r"its data 'X' must be a fingerprint, got \[1\]"),
        ("data.X", [[-1], "float64", "a"], r"its data 'X' must be a fingerprint"),
        ("data.X", 7, "its data 'X' must be a fingerprint, got 7"),
    ],
)
def test_part_that_does_not_belong_is_named(place, value, message, stored, tmp_path):
    path = tmp_path / "checkpoint"
    crafted(stored, path, place.split("."), value)
    with pytest.raises(ValueError, match=message):
        new(path).resume(X, Y)


def test_checkpoint_that_does_not_say_who_stopped_goes_on(stored, tmp_path):
    path = tmp_path / "checkpoint"
    crafted(stored, path, ["stopped"], None)
    assert new(path).set_params(max_iter=3).resume(X, Y).n_iter_ == 3


JOINT = {
    "history.loss": [{"array": "pair"}] * 2,
    "run.seed": [1, 2],
    "run.random_state": [1, 2, 3],
    "run.progress.samples": {"array": "pair"},
    "run.optimizer.steps": {"array": "ones"},
    "run.progress.step": {"array": "huge"},
    "rows.training": lambda a: a - 1,
    "rows.validation": lambda a: a[:2],
}


@pytest.mark.parametrize("place", JOINT)
def test_parts_of_several_models_have_an_entry_for_each(place, tmp_path):
    path = tmp_path / "checkpoint"
    joint, _ = joint_and_singles(LAYERS, SOFTMAX, 4)
    trainer = Trainer(joint, new_rows(), optimizer=Adam)
    trainer.train(2)
    run = trainer.run
    run.seed, run.random_state = [1, 2, 3], [np.random.RandomState(i) for i in range(3)]
    run.progress.samples = np.full((3, 1), 40)
    checkpoint = Checkpoint.of(trainer.gradient, run, trainer.history, epochs=2)
    checkpoint.run["optimizer"]["steps"] = np.array([4, 4, 6])
    rows = np.array([[0, 2], [1, -1], [2, 0]])  # one of the models has fewer
    checkpoint.rows = {"training": rows, "validation": rows.copy()}
    checkpoint.write(path)
    assert Checkpoint.read(path).run["seed"] == [1, 2, 3]
    crafted(read(path), path, place.split("."), JOINT[place])
    with pytest.raises(SavedModelError, match=f"its .*{place.split('.')[-1]}"):
        Checkpoint.read(path)


@pytest.mark.parametrize("value", [0, 2**53 - 1, np.int64(3), np.array(3)])
def test_whole_numbers_count(value):
    assert is_count(value)


@pytest.mark.parametrize("value", [-1, 2**53, True, 2.0, None, "1", np.array([1]), np.array(-1)])
def test_anything_else_does_not_count(value):
    assert not is_count(value)
