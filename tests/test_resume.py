"""Fits that were interrupted and resumed end as if nothing had happened."""

import errno
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, ShuffleSplit

import sknn
from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import BatchNorm, CosineDecay, Dense, Dropout
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.storage.container import SavedModelError
from sknn.nn.storage.files import _part

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, EPOCHS = 90, 9
X = normal(N, 16)
PIXELS = np.random.default_rng(1).integers(0, 256, size=(N, 6, 6)).astype(np.uint8)
LABELS = np.array(["no", "perhaps", "yes"])[np.digitize(X[:, 0] - X[:, 1], [-0.6, 0.6])]
WEIGHTS = np.random.default_rng(2).uniform(0.5, 2, size=N)

STACK = [Dense(6, "tanh"), BatchNorm(), Dropout(0.3), Dense(5, "prelu")]
STOPPING = {"early_stopping": True, "n_iter_no_change": 3, "max_iter": 30}
# name: (class, settings)
OPTIONS = {
    "classifier": (MLPClassifier, {}),
    "regressor": (MLPRegressor, {}),
    "images": (CNNClassifier, {"augment": "shift+flip", "dropout": 0.2, "normalization": "batch"}),
    "images, regression": (CNNRegressor, {"solver": "sgd", "learning_rate": "plateau"}),
    "stack": (SequentialClassifier, {"layers": STACK}),
    "stack, regression": (SequentialRegressor, {"layers": STACK, "dtype": "float32"}),
    **{
        solver: (MLPClassifier, {"solver": solver})
        for solver in ("sgd", "adamw", "nadam", "rmsprop", "adagrad")
    },
    **{
        schedule: (MLPRegressor, {"solver": "sgd", "learning_rate": schedule, "tol": 0.1})
        for schedule in ("adaptive", "invscaling", "step", "exponential", "cosine", "one_cycle")
    },
    "own schedule": (MLPRegressor, {"learning_rate": CosineDecay(60), "warmup_steps": 12}),
    "early stopping": (MLPClassifier, STOPPING),
    "early stopping of images": (CNNRegressor, {**STOPPING, "scoring": "loss"}),
    "without shuffling": (MLPRegressor, {"shuffle": False}),
    "class weights": (MLPClassifier, {"class_weight": "balanced", "l1": 0.01}),
    "patience": (MLPRegressor, {"tol": 0.05, "n_iter_no_change": 2, "max_iter": 100}),
}


class Crash(BaseException):
    """What no code expects."""


def new_estimator(case, path=None, **others):
    """One of the OPTIONS, with a path for checkpoints."""
    cls, settings = OPTIONS[case]
    images = issubclass(cls, (CNNClassifier, CNNRegressor))
    small = {"filters": (3,), "hidden_layer_sizes": (4,)} if images else {}
    usual = {"max_iter": EPOCHS, "batch_size": 20, "random_state": 0, "tol": 0.0}
    own = usual | {"learning_rate_init": 0.01} | settings | others
    return cls(**small | own, checkpoint=path)


def data_for(estimator):
    """(X, y) for an estimator."""
    images = isinstance(estimator, (CNNClassifier, CNNRegressor))
    return PIXELS if images else X, LABELS if hasattr(estimator, "class_weight") else X[:, 0]


def crashed(estimator, epochs, train, *args, **kwargs):
    """The estimator, after training that crashed with the checkpoint of this epoch."""
    write = Checkpoint.write

    def write_and_crash(self, path):
        write(self, path)
        if self.epochs >= epochs:
            raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "write", write_and_crash)
        with pytest.raises(Crash):
            getattr(estimator, train)(*args, **kwargs)
    return estimator


def assert_same_fit(one, other):
    """Weights, running statistics and all records but those of time are the same."""
    assert_array_equal(one._model.theta, other._model.theta, strict=True)
    assert_array_equal(one._model.state, other._model.state, strict=True)
    for name in set(one.history_) - {"seconds"}:
        assert_array_equal(one.history_[name], other.history_[name])
    for name in ("n_iter_", "t_", "loss_", "best_loss_", "best_validation_score_"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("loss_curve_", "validation_scores_", "_learning_rate", "_no_improvement_count"):
        assert getattr(one, name) == getattr(other, name), name


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint"


# --- as if nothing had happened ----------------------------------------------------------------


@pytest.mark.parametrize("case", OPTIONS)
def test_fit_resumed_twice_ends_as_an_undisturbed_one(case, path):
    undisturbed = new_estimator(case)
    X, y = data_for(undisturbed)
    undisturbed.fit(X, y)
    crashed(new_estimator(case, path), 2, "fit", X, y)
    crashed(new_estimator(case, path), 4, "resume", X, y)
    assert Checkpoint.read(path).epochs == 4
    resumed = new_estimator(case, path).resume(X, y)
    assert_same_fit(resumed, undisturbed)
    assert_array_equal(resumed.predict(X), undisturbed.predict(X), strict=True)


@pytest.mark.parametrize("epochs", range(EPOCHS + 1))
def test_fit_may_be_resumed_after_any_epoch_the_last_included(epochs, path):
    undisturbed = new_estimator("images").fit(PIXELS, LABELS)
    crashed(new_estimator("images", path), epochs, "fit", PIXELS, LABELS)
    assert_same_fit(new_estimator("images", path).resume(PIXELS, LABELS), undisturbed)


def test_checkpoints_change_nothing(path):
    with_them = new_estimator("early stopping", path, checkpoint_every=2).fit(X, LABELS)
    assert_same_fit(with_them, new_estimator("early stopping").fit(X, LABELS))


@pytest.mark.parametrize(
    "given",
    [
        {"sample_weight": WEIGHTS},
        {"X_val": X[:20], "y_val": LABELS[:20]},
        {"X_val": X[:20], "y_val": LABELS[:20], "sample_weight_val": WEIGHTS[:20]},
    ],
)
@pytest.mark.parametrize("case", ["classifier", "early stopping"])
def test_weights_and_validation_data_are_passed_again(case, given, path):
    undisturbed = new_estimator(case).fit(X, LABELS, **given)
    crashed(new_estimator(case, path), 3, "fit", X, LABELS, **given)
    assert_same_fit(new_estimator(case, path).resume(X, LABELS, **given), undisturbed)


def test_sparse_data_and_sets_of_labels_are_resumed(path):
    sparse = csr_array(np.where(X > 0.5, X, 0))
    labels = csr_array(np.column_stack([X[:, 0] > 0, X[:, 1] > 0]).astype(int))
    undisturbed = new_estimator("classifier").fit(sparse, labels)
    crashed(new_estimator("classifier", path), 3, "fit", sparse, labels)
    assert_same_fit(new_estimator("classifier", path).resume(sparse, labels), undisturbed)


def test_samples_held_out_at_random_stay_held_out(path):
    splitter = ShuffleSplit(1, test_size=0.2)  # another split each time
    settings = {"validation_fraction": splitter, "random_state": None}
    crashed(new_estimator("early stopping", path, **settings), 3, "fit", X, LABELS)
    held_out = Checkpoint.read(path).rows["validation"]
    shutil.copy(path, path.with_name("copy"))
    one = new_estimator("early stopping", path, **settings).resume(X, LABELS)
    other = new_estimator("early stopping", path.with_name("copy"), **settings).resume(X, LABELS)
    assert_same_fit(one, other)
    assert_array_equal(Checkpoint.read(path).rows["validation"], held_out)


def test_groups_are_passed_again(path):
    settings = {"validation_fraction": GroupKFold(5)}
    groups = {"groups": np.arange(N) % 7}
    undisturbed = new_estimator("early stopping", **settings).fit(X, LABELS, **groups)
    crashed(new_estimator("early stopping", path, **settings), 3, "fit", X, LABELS, **groups)
    resumed = new_estimator("early stopping", path, **settings).resume(X, LABELS, **groups)
    assert_same_fit(resumed, undisturbed)


def test_random_state_that_is_shared_is_resumed(path):
    undisturbed = new_estimator("classifier", random_state=np.random.RandomState(4))
    undisturbed.fit(X, LABELS)
    again = {"random_state": np.random.RandomState(4)}
    crashed(new_estimator("classifier", path, **again), 3, "fit", X, LABELS)
    resumed = new_estimator("classifier", path, random_state=None).resume(X, LABELS)
    assert_same_fit(resumed, undisturbed)


def test_warm_start_is_resumed_with_its_history(path):
    undisturbed = new_estimator("images", warm_start=True).fit(PIXELS, LABELS)
    crashing = clone(undisturbed).fit(PIXELS, LABELS).set_params(checkpoint=path)
    undisturbed.fit(PIXELS, LABELS)
    crashed(crashing, 3, "fit", PIXELS, LABELS)
    resumed = clone(crashing).resume(PIXELS, LABELS)
    assert len(resumed.loss_curve_) == 2 * EPOCHS
    assert_same_fit(resumed, undisturbed)
    # And going on from there is the same, too.
    assert_same_fit(resumed.fit(PIXELS, LABELS), undisturbed.fit(PIXELS, LABELS))


def test_same_estimator_can_resume_after_an_interrupt(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    estimator = new_estimator("classifier", path)
    write, written = Checkpoint.write, []

    def interrupted(self, path):
        write(self, path)
        written.append(self.epochs)
        if self.epochs == 4 and written.count(4) == 1:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "write", interrupted)
        with pytest.warns(UserWarning, match="Training interrupted by user"):
            estimator.fit(X, LABELS)
        assert estimator.n_iter_ == 4
        estimator.resume(X, LABELS)
    assert written == [*range(5), *range(5, EPOCHS + 1)]
    assert_same_fit(estimator, undisturbed)


# --- when it is over, and for longer -----------------------------------------------------------


@pytest.mark.parametrize("case", ["classifier", "early stopping", "patience", "one_cycle"])
def test_resuming_what_is_over_trains_no_more(case, path, monkeypatch):
    estimator = new_estimator(case, path)
    X, y = data_for(estimator)
    estimator.fit(X, y)
    monkeypatch.setattr("sknn.nn.training.one_epoch", None)
    assert_same_fit(new_estimator(case, path).resume(X, y), estimator)


def test_more_epochs_may_be_asked_for(path):
    longer = new_estimator("images", max_iter=2 * EPOCHS).fit(PIXELS, LABELS)
    new_estimator("images", path).fit(PIXELS, LABELS)
    resumed = new_estimator("images", path, max_iter=2 * EPOCHS).resume(PIXELS, LABELS)
    assert_same_fit(resumed, longer)


def test_fit_that_ran_out_of_time_goes_on(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    hurried = new_estimator("classifier", path, max_time=1e-9).fit(X, LABELS)
    assert hurried.n_iter_ == 1
    assert_same_fit(new_estimator("classifier", path).resume(X, LABELS), undisturbed)


def test_divergence_leaves_the_last_good_checkpoint(path):
    settings = {"solver": "sgd", "activation": "identity", "n_iter_no_change": np.inf}
    new_estimator("regressor", path, max_iter=2, **settings).fit(X, X[:, 0])
    diverging = new_estimator("regressor", path, learning_rate_init=1e200, **settings)
    with pytest.raises(
        ValueError, match=r"Epoch \d+, first in layer 1 \(Dense\): try learning_rate"
    ):
        diverging.resume(X, X[:, 0])
    checkpoint = Checkpoint.read(path)
    assert np.isfinite(checkpoint.theta).all()
    assert checkpoint.epochs >= 2
    assert not hasattr(diverging, "coefs_")


def test_checkpoints_are_written_every_so_many_epochs_and_at_the_end(path, monkeypatch):
    written, write = [], Checkpoint.write
    monkeypatch.setattr(
        Checkpoint, "write", lambda self, path: (written.append(self.epochs), write(self, path))
    )
    new_estimator("regressor", path, checkpoint_every=4).fit(X, X[:, 0])
    assert written == [0, 4, 8, 9]


def test_progress_is_told_with_the_numbers_of_the_epochs(path, capsys):
    crashed(new_estimator("classifier", path), 7, "fit", X, LABELS)
    capsys.readouterr()
    new_estimator("classifier", path, verbose=True).resume(X, LABELS)
    told = capsys.readouterr().out
    assert [line.split(",")[0] for line in told.splitlines()] == ["Iteration 8", "Iteration 9"]


def test_callbacks_are_told_of_the_epochs_that_are_left(path):
    class Counting:
        begun = 0

        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_end(self, *args, **kwargs): ...

        def on_fit_task_begin(self, estimator, context, **kwargs):
            self.begun += context.task_name == "epoch"
            if context.task_name == "fit":
                self.promised = context.max_subtasks

    crashed(new_estimator("classifier", path), 7, "fit", X, LABELS)
    callback = Counting()
    new_estimator("classifier", path).set_callbacks(callback).resume(X, LABELS)
    assert (callback.begun, callback.promised) == (2, 2)


# --- what is refused ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The path of a checkpoint after three epochs of "classifier"."""
    path = tmp_path_factory.mktemp("stopped") / "checkpoint"
    crashed(new_estimator("classifier", path), 3, "fit", X, LABELS)
    return path


CHANGED = X.copy()
CHANGED[-1, -1] = np.nextafter(CHANGED[-1, -1], 9)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            (X[:80], LABELS[:80]),
            r"^X must be .*of shape \(90, 16\).*got float64 of shape \(80, 16\)",
        ),
        ((X[:, :8], LABELS), r"^X must be .*, got float64 of shape \(90, 8\)"),
        ((CHANGED, LABELS), r"^X must be the same as when the checkpoint was written"),
        ((X[::-1], LABELS), r"^X must be the same as"),
        ((X.astype(np.float32), LABELS), r"^X must be .*, got float32"),
        ((X, LABELS[::-1]), r"^y must be the same as.*Pass the same data, or call fit to start"),
        ((X, np.char.upper(LABELS)), r"^y must be the same as"),
        ((X, LABELS, WEIGHTS), r"^sample_weight must be .*, None, got float64 of shape \(90,\)"),
        ((X, LABELS, None, X, LABELS), r"^X_val must be .*, None, got float64"),
    ],
)
def test_other_data_are_refused(given, message, stopped):
    names = ("X", "y", "sample_weight", "X_val", "y_val")
    estimator = new_estimator("classifier", stopped)
    with pytest.raises(ValueError, match=message):
        estimator.resume(**dict(zip(names, given, strict=False)))
    assert not hasattr(estimator, "coefs_")


def test_fewer_samples_than_some_are_held_out_of_are_refused(path):
    crashed(new_estimator("early stopping", path), 3, "fit", X, LABELS)
    with pytest.raises(ValueError, match=r"^X must be .*got float64 of shape \(20, 16\)"):
        new_estimator("early stopping", path).resume(X[:20], LABELS[:20])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": 3}, "The parameters of the network must have the shape"),
        ({"normalization": "batch"}, "The parameters of the network must have the shape"),
        ({"solver": "sgd"}, "The optimiser, SGD, has arrays .* Use the same solver and layers"),
        ({"early_stopping": True}, "Set early_stopping to the same value as before"),
        (
            {"solver": "lbfgs"},
            r"checkpoint=.* requires a solver that trains in epochs, such as solver=",
        ),
        (
            {"checkpoint_every": 0},
            "The 'checkpoint_every' parameter .* must be an int in the range",
        ),
        ({"checkpoint": 5}, "The 'checkpoint' parameter"),
        (
            {"checkpoint": None},
            "resume requires checkpoint to be the path of a file, got checkpoint",
        ),
    ],
)
def test_other_networks_and_solvers_are_refused(settings, message, stopped):
    estimator = new_estimator("classifier", stopped).set_params(**settings)
    with pytest.raises(ValueError, match=message):
        estimator.resume(X, LABELS)
    assert not hasattr(estimator, "coefs_")


def test_missing_checkpoint_is_named_with_a_remedy(path):
    with pytest.raises(FileNotFoundError, match=r"no checkpoint to resume from at '.*'\. Call fit"):
        new_estimator("classifier", path).resume(X, LABELS)


def test_file_that_is_something_else_is_refused(path):
    sknn.save(MLPClassifier(), path)
    with pytest.raises(SavedModelError, match="it is not a checkpoint"):
        new_estimator("classifier", path).resume(X, LABELS)


def test_failed_resume_leaves_a_fitted_estimator_as_it_was(stopped):
    estimator = new_estimator("classifier", stopped.with_name("other")).fit(X, LABELS)
    before = pickle.dumps(estimator)
    estimator.set_params(checkpoint=stopped)
    with pytest.raises(ValueError, match="y must be the same as"):
        estimator.resume(X, LABELS[::-1])
    estimator.set_params(checkpoint=stopped.with_name("other"))
    assert pickle.dumps(estimator) == before


def test_lbfgs_takes_no_checkpoints(path):
    path.write_bytes(b"mine")
    with pytest.raises(ValueError, match="requires a solver that trains in epochs"):
        new_estimator("classifier", path, solver="lbfgs").fit(X, LABELS)


def test_partial_fit_writes_none(path):
    path.write_bytes(b"mine")
    new_estimator("regressor", path).partial_fit(X, X[:, 0])
    assert path.read_bytes() == b"mine"


def test_saved_model_does_not_say_where_to_write(path, tmp_path):
    sknn.save(new_estimator("regressor", path), tmp_path / "model")
    assert sknn.load(tmp_path / "model").checkpoint is None


# --- trouble with the disk ---------------------------------------------------------------------


def full_disk(monkeypatch, after):
    """Lets writing fail once so many checkpoints have been written; counts them."""
    synced, sync = [], os.fsync

    def fsync(descriptor):
        synced.append(descriptor)
        if len(synced) > 2 * after:  # each syncs a file and its directory
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


def test_disk_that_fills_up_again_is_told_of_again(path, monkeypatch):
    def write(checkpoint, _):
        if checkpoint.epochs in (1, 2, 4):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Checkpoint, "write", write)
    with pytest.warns(UserWarning, match="was not written") as warned:
        new_estimator("classifier", path).fit(X, LABELS)
    told = [re.search(r"checkpoint of epoch (\d) was not", str(one.message)) for one in warned]
    assert [one[1] for one in told if one] == ["1", "4"]


def test_disk_that_fills_up_costs_no_training(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    with pytest.MonkeyPatch.context() as patch:
        full_disk(patch, after=4)  # those after epochs 0 to 3
        message = (
            r"^The checkpoint of epoch 4 was not written: checkpoint='.*checkpoint' cannot be "
            r"written: No space left on device\. Free some space .*\. The previous checkpoint is "
            r"unchanged, and training continues\.$"
        )
        with pytest.warns(UserWarning, match=message) as warned:
            fitted = new_estimator("classifier", path).fit(X, LABELS)
    assert len([one for one in warned if "checkpoint" in str(one.message)]) == 1
    assert warned[0].filename == __file__
    assert_same_fit(fitted, undisturbed)
    assert sorted(os.listdir(path.parent)) == ["checkpoint", "checkpoint.previous"]
    assert Checkpoint.read(path).epochs == 3
    assert_same_fit(new_estimator("classifier", path).resume(X, LABELS), undisturbed)


def test_disk_that_is_full_at_first_stops_the_fit_before_it_trains(path, monkeypatch):
    full_disk(monkeypatch, after=0)
    monkeypatch.setattr("sknn.nn.training.one_epoch", None)
    estimator = new_estimator("classifier", path)
    with pytest.raises(OSError, match="No space left"):
        estimator.fit(X, LABELS)
    assert not hasattr(estimator, "coefs_")
    assert os.listdir(path.parent) == []


def refused(estimator, train, error, message):
    """Training is refused before X is looked at, and leaves the estimator as it was."""
    before = dict(vars(estimator))
    with pytest.raises(error, match=message):
        getattr(estimator, train)("no X", LABELS)
    assert vars(estimator) == before


class Of:
    """An os.PathLike of something."""

    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return self.path


@pytest.mark.parametrize("train", ["fit", "resume"])
@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (
            "",
            ValueError,
            r"^checkpoint must be the path of a file, got ''\. Pass the name of a file",
        ),
        ("a\0b", ValueError, r"^checkpoint must be the path of a file, got 'a\\x00b'"),
        (
            ".",
            ValueError,
            r"^checkpoint must be the path of a file, got '\.', which is a directory",
        ),
        ("folder/", ValueError, r"^checkpoint must be the path of a file, got 'folder/'"),
        (Of(b"a"), TypeError, r"^checkpoint must be the path of a file, a str or os.PathLike of s"),
        (b"a", ValueError, r"^The 'checkpoint' parameter .* Got b'a' instead"),
        ("a" * 300, OSError, r"^checkpoint='a{300}' cannot be (read|written): File name too long"),
    ],
)
def test_path_that_cannot_be_is_refused_before_training(given, error, message, train):
    refused(new_estimator("classifier", given), train, error, message)


def test_folder_that_is_not_there_stops_the_fit_before_it_trains(path):
    message = rf"^checkpoint='{path}/a' cannot be written: there is no folder '{path}'\. Create it"
    refused(new_estimator("classifier", f"{path}/a"), "fit", FileNotFoundError, message)


def test_folder_that_takes_no_files_stops_training_unless_it_is_over(stopped, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "a temporary file")

    monkeypatch.setattr("sknn.nn.storage.checkpoint.check_writable", refuse)
    message = rf"^checkpoint='{stopped}' cannot be written: Permission denied\. Choose another fol"
    for train in ("fit", "resume"):
        refused(new_estimator("classifier", str(stopped)), train, PermissionError, message)
    monkeypatch.setattr(os, "replace", None)
    over = new_estimator("classifier", stopped, max_iter=3).resume(X, LABELS)
    assert over.n_iter_ == 3


def test_fit_that_ran_out_of_patience_is_resumed_where_nothing_can_be_written(path, monkeypatch):
    fitted = new_estimator("patience", path).fit(X, X[:, 0])
    assert fitted.n_iter_ < fitted.max_iter
    monkeypatch.setattr("sknn.nn.storage.checkpoint.check_writable", None)
    assert_same_fit(new_estimator("patience", path).resume(X, X[:, 0]), fitted)


@pytest.mark.parametrize("suffix", ["", ".previous"])
def test_file_of_others_stops_the_fit_before_it_trains(suffix, path):
    other = path.with_name(f"checkpoint{suffix}")
    other.write_bytes(b"mine")
    message = rf"^checkpoint='{path}' would overwrite '{other}', which is not a checkpoint\."
    refused(new_estimator("classifier", path), "fit", FileExistsError, message)
    assert other.read_bytes() == b"mine"
    assert os.listdir(path.parent) == [other.name]


def test_file_of_others_is_not_overwritten_by_resume(path):
    crashed(new_estimator("classifier", path), 3, "fit", X, LABELS)
    path.write_bytes(b"mine")
    message = rf"^checkpoint='{path}' would overwrite '{path}', which is not a checkpoint"
    refused(new_estimator("classifier", path), "resume", FileExistsError, message)
    assert path.read_bytes() == b"mine"


def test_saved_model_is_not_overwritten(path):
    model = MLPClassifier(max_iter=2).fit(X, LABELS)
    sknn.save(model, path)
    refused(new_estimator("classifier", path), "fit", FileExistsError, "which is not a checkpoint")
    assert_same_fit(sknn.load(path), model)


def test_file_that_takes_its_place_meanwhile_is_left_alone(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)

    def write(self, path, write=Checkpoint.write):
        if self.epochs == 3:
            os.unlink(path)
            path.write_bytes(b"mine")
        write(self, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "write", write)
        with pytest.warns(
            UserWarning,
            match=r"The checkpoint of epoch 3 was not written: .* which is not a checkpoint",
        ):
            fitted = new_estimator("classifier", path).fit(X, LABELS)
    assert path.read_bytes() == b"mine"
    assert_same_fit(fitted, undisturbed)


def test_empty_file_is_taken(path):
    path.touch()
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    assert_same_fit(new_estimator("classifier", path).fit(X, LABELS), undisturbed)
    assert Checkpoint.read(path).epochs == EPOCHS


def test_leftover_of_a_dead_writer_is_removed_by_resume(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    crashed(new_estimator("classifier", path), 3, "fit", X, LABELS)
    leftover = path.with_name(f"{_part(path)}0123456789abcdef")
    leftover.touch()
    assert_same_fit(new_estimator("classifier", path).resume(X, LABELS), undisturbed)
    assert sorted(os.listdir(path.parent)) == ["checkpoint", "checkpoint.previous"]


# --- two fits at one path ----------------------------------------------------------------------


def test_fits_that_share_a_file_say_so_once_and_end_as_alone(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    epochs = []

    class AnotherFit:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context):
            epochs.append(len(estimator.history_["loss"]))
            if epochs[-1] in (3, 6):
                new_estimator("regressor", path, max_iter=1).fit(X, X[:, 0])

    message = rf"^checkpoint='{path}' was also written by another program or fit\. They overwrite"
    with pytest.warns(UserWarning, match=message) as warned:
        fitted = new_estimator("classifier", path).set_callbacks(AnotherFit()).fit(X, LABELS)
    assert epochs[:EPOCHS] == list(range(1, EPOCHS + 1))
    assert len([one for one in warned if "another program" in str(one.message)]) == 1
    assert_same_fit(fitted, undisturbed)
    assert_same_fit(new_estimator("classifier", path).resume(X, LABELS), undisturbed)


@pytest.mark.parametrize("kept", ["inode", "time"])
def test_file_of_the_same_size_is_known_to_be_of_another_fit(kept, path):
    class Rewritten:
        def setup(self, estimator, context): ...
        def teardown(self, estimator, context): ...
        def on_fit_task_begin(self, estimator, context): ...

        def on_fit_task_end(self, estimator, context):
            if len(estimator.history_["loss"]) != 3:
                return
            copied = shutil.copy2(path, path.with_name("copy"))  # with its time
            if kept == "time":
                os.replace(copied, path)
            else:
                os.unlink(copied)
                os.utime(path, ns=(0, 0))

    with pytest.warns(UserWarning, match="was also written by another program or fit"):
        new_estimator("classifier", path).set_callbacks(Rewritten()).fit(X, LABELS)


@pytest.mark.parametrize("train", ["fit", "resume"])
def test_fits_one_after_the_other_share_a_file_without_a_word(train, path, recwarn):
    new_estimator("classifier", path, max_iter=2).fit(X, LABELS)
    getattr(new_estimator("classifier", path, max_iter=5), train)(X, LABELS)
    assert not [one for one in recwarn if "another program" in str(one.message)]


def test_checkpoint_that_was_deleted_is_written_again(path, recwarn):
    def write(self, path, write=Checkpoint.write):
        if self.epochs == 3:
            os.unlink(path)
        write(self, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "write", write)
        new_estimator("classifier", path).fit(X, LABELS)
    assert Checkpoint.read(path).epochs == EPOCHS
    assert not [one for one in recwarn if "checkpoint" in str(one.message)]


def test_torn_file_costs_one_epoch_and_says_so(path):
    undisturbed = new_estimator("classifier").fit(X, LABELS)
    crashed(new_estimator("classifier", path), 5, "fit", X, LABELS)
    path.write_bytes(path.read_bytes()[:-100])
    message = r"'.*checkpoint' cannot be read: .*cut off.* continues from .*after epoch 4\.$"
    with pytest.warns(UserWarning, match=message) as warned:
        resumed = new_estimator("classifier", path).resume(X, LABELS)
    assert warned[0].filename == __file__
    assert_same_fit(resumed, undisturbed)


# --- killed ------------------------------------------------------------------------------------

SCRIPT = """
import os, sys, warnings
import numpy as np
from test_resume import KILLED, new_estimator, data_for
case, path, result = sys.argv[1:]
warnings.simplefilter("ignore")
estimator = new_estimator(case, path, **KILLED)
train = estimator.resume if os.path.exists(path) else estimator.fit
train(*data_for(estimator))
np.savez(result, theta=estimator._model.theta, state=estimator._model.state)
"""
KILLED = {"max_iter": 100, "n_iter_no_change": 1000, "verbose": True}


def process(case, path, result):
    """One that fits, or resumes if there is a checkpoint, and leaves its weights in a file."""
    paths = os.pathsep.join(part for part in sys.path if part)
    env = {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-u", "-c", SCRIPT, case, str(path), str(result)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
@pytest.mark.parametrize("case", ["early stopping", "images"])
def test_fit_whose_process_is_killed_again_and_again_loses_nothing(case, seed, path, tmp_path):
    undisturbed = new_estimator(case, **KILLED)
    undisturbed.fit(*data_for(undisturbed))
    rng, result = np.random.default_rng(seed), tmp_path / "result.npz"
    for _ in range(3):
        with process(case, path, result) as killed:
            # Anywhere in an epoch, or in the writing of its checkpoint.
            for _ in range(rng.integers(1, 25)):
                killed.stdout.readline()
            time.sleep(rng.uniform(0, 0.005))
            killed.kill()
        assert killed.returncode == -signal.SIGKILL
    with process(case, path, result) as last:
        last.communicate()
    with np.load(result) as ended:
        assert_array_equal(ended["theta"], undisturbed._model.theta, strict=True)
        assert_array_equal(ended["state"], undisturbed._model.state, strict=True)
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "checkpoint.previous", "result.npz"]
