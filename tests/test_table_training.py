"""Tables in training: callbacks see each epoch of all members, and checkpoints lose none."""

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from test_callbacks import Recorder
from test_resume import crashed

from sknn import TabularClassifier, TabularRegressor, load, save
from sknn.model_selection import together
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.scikit_learn import CALLBACKS_UNDER_WAY
from sknn.tabular import members

RANDOM = np.random.RandomState(0)
N, EPOCHS = 60, 3
FRAME = pd.DataFrame(
    {
        "n": RANDOM.normal(size=N),
        "gaps": np.where(np.arange(N) % 7, RANDOM.normal(size=N), np.nan),
        "many": RANDOM.choice([f"level {i}" for i in range(12)], N),
    }
)
LABELS = np.where(FRAME.n > 0.3, "yes", "no")
WEIGHTS = np.arange(N) % 4.0
SMALL = {"n_estimators": 3, "hidden_layer_sizes": (8,), "max_iter": EPOCHS, "random_state": 0}
# name: (class, settings, what fit is given beside X and y)
CASES = {
    "classifier": (TabularClassifier, {}, {}),
    "one member": (TabularClassifier, {"n_estimators": 1}, {}),
    "regressor": (TabularRegressor, {}, {"sample_weight": WEIGHTS}),
    "folds of several sizes": (TabularClassifier, {"cv": TimeSeriesSplit(3)}, {}),
    "validation samples": (TabularRegressor, {}, {"X_val": FRAME[:9], "y_val": FRAME.n[:9]}),
    "groups": (TabularClassifier, {}, {"groups": np.arange(N) % 7}),
    "sparse": (TabularClassifier, {}, {"X": csr_array(np.diag(np.arange(1.0, N + 1))[:, :9])}),
}


def _estimator(case="classifier", path=None, **others):
    make, settings, _ = CASES[case]
    return make(**{**SMALL, **settings, **others}, checkpoint=path)


def _data(case):
    make, _, given = CASES[case]
    return {"X": FRAME, "y": LABELS if make is TabularClassifier else FRAME.n, **given}


def _assert_same_fit(one, other):
    assert set(vars(one)) == set(vars(other))
    assert_array_equal(one._model.theta, other._model.theta, strict=True)
    for name in set(one.history_) - {"seconds"}:
        assert_array_equal(one.history_[name], other.history_[name])
    for name in ("n_iter_", "n_members_", "best_iter_", "oof_prediction_", "validation_scores_"):
        assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.oof_score_ == other.oof_score_


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint"


# Callbacks


class Watching(Recorder):
    """Keeps what the estimator is at the end of each epoch, and the fitted_estimator."""

    def __init__(self):
        super().__init__()
        self.histories, self.fitted = [], []

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        super().on_fit_task_end(estimator, context, X=X, y=y, metadata=metadata)
        assert X is FRAME
        assert y is LABELS
        if context.task_name == "epoch":
            self.histories.append(estimator.history_["loss"])
            assert_array_equal(estimator.best_iter_ <= estimator.n_iter_, True)
            assert estimator.oof_prediction_ is None
            self.fitted.append(fitted_estimator)


def test_callbacks_see_every_epoch_of_all_members_once():
    callback = Watching()
    clf = _estimator().set_callbacks(callback).fit(FRAME, LABELS, WEIGHTS)
    epochs = ["begin epoch", "end epoch"] * EPOCHS
    assert callback.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    assert all(given["sample_weight"] is WEIGHTS for given in callback.metadata)
    for epoch, seen in enumerate(callback.histories, start=1):
        assert_array_equal(seen, clf.history_["loss"][:epoch])
    plain = _estimator().fit(FRAME, LABELS, WEIGHTS)
    assert set(vars(clf)) == set(vars(plain)) | {"_skl_callbacks"}
    del clf._skl_callbacks
    _assert_same_fit(clf, plain)


def test_fitted_estimator_is_what_a_stopped_fit_leaves():
    callback, sure = Watching(), {"max_iter": 8, "label_smoothing": 0.6}
    _estimator(**sure).set_callbacks(callback).fit(FRAME, LABELS)
    stopped = _estimator(**sure).set_callbacks(Recorder(stop_after=7)).fit(FRAME, LABELS)
    assert stopped.n_iter_ == 7
    assert stopped.temperature_ < 1
    fitted = callback.fitted[6]
    for one in (stopped, fitted):
        for name in ("_skl_callbacks", *CALLBACKS_UNDER_WAY):
            vars(one).pop(name, None)
    _assert_same_fit(fitted, stopped)
    assert fitted.temperature_ == stopped.temperature_
    assert_array_equal(fitted.predict_proba(FRAME), stopped.predict_proba(FRAME))


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_exception_in_a_callback_leaves_the_estimator_and_the_checkpoint(error, path):
    class Broken(Recorder):
        def on_fit_task_end(self, estimator, context):
            if estimator.n_iter_ == 2:
                raise error

    callback = Broken()
    clf = _estimator(path=path).fit(FRAME, LABELS).set_callbacks(callback)
    before = dict(vars(clf))
    with pytest.raises(error):
        clf.fit(FRAME[:40], LABELS[:40])
    assert vars(clf) == before
    assert callback.calls[-1] == "teardown"
    assert Checkpoint.read(path).epochs == 1
    resumed = _estimator(path=path).resume(FRAME[:40], LABELS[:40])
    _assert_same_fit(resumed, _estimator().fit(FRAME[:40], LABELS[:40]))


def test_members_begin_with_nothing_done():
    seen = []

    class Beginning(Recorder):
        def on_fit_task_begin(self, estimator, context):
            if context.task_name == "epoch":
                seen.append((estimator.n_iter_, estimator.best_iter_.tolist()))
                seen.append(np.isfinite(estimator.predict_proba(FRAME)).all())

    _estimator(max_iter=1).set_callbacks(Beginning()).fit(FRAME, LABELS)
    assert seen == [(0, [0, 0, 0]), True]


@needs_scikit_learn("1.9", "callbacks of its own")
def test_scoring_monitor_scores_every_epoch():
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="neg_log_loss")
    clf = _estimator().set_callbacks(monitor).fit(FRAME, LABELS)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == EPOCHS
    p = clf.predict_proba(FRAME)[np.arange(N), (LABELS == "yes").astype(int)]
    assert rows[-1]["neg_log_loss"] == pytest.approx(np.log(p).mean())


def test_callbacks_reach_the_fits_of_a_search_and_of_together():
    callback = Recorder()
    search = GridSearchCV(_estimator().set_callbacks(callback), {"dropout": [0.0]}, cv=2)
    with together():
        search.fit(FRAME, LABELS)
    assert callback.epochs == 3 * EPOCHS


# Checkpoints


@pytest.mark.parametrize("case", CASES)
def test_fit_resumed_twice_ends_as_an_undisturbed_one(case, path, monkeypatch):
    undisturbed = _estimator(case).fit(**_data(case))
    crashed(_estimator(case, path), 1, "fit", **_data(case))
    monkeypatch.setattr(members, "allowed_threads", lambda: 1)  # members train in other batches
    crashed(_estimator(case, path), 2, "resume", **_data(case))
    assert Checkpoint.read(path).epochs == 2
    resumed = _estimator(case, path).resume(**_data(case))
    _assert_same_fit(resumed, undisturbed)
    _assert_same_fit(_estimator(case, path).resume(**_data(case)), undisturbed)


def test_first_checkpoint_is_that_of_no_epoch(path):
    crashed(_estimator(path=path), 0, "fit", FRAME, LABELS)
    resumed = _estimator(path=path).resume(FRAME, LABELS)
    _assert_same_fit(resumed, _estimator().fit(FRAME, LABELS))


def test_folds_drawn_at_random_stay_as_they_were(path):
    crashed(_estimator(path=path, random_state=None), 1, "fit", FRAME, LABELS)
    rows = Checkpoint.read(path).rows
    resumed = _estimator(path=path, random_state=None).resume(FRAME, LABELS)
    seen = ~np.isnan(resumed.oof_prediction_[:, 0])
    assert_array_equal(np.flatnonzero(seen), np.sort(rows["validation"], axis=None))


def test_checkpoints_are_written_every_so_many_epochs_and_at_the_end(path, monkeypatch):
    written, write = [], Checkpoint.write
    monkeypatch.setattr(
        Checkpoint, "write", lambda self, path: (written.append(self.epochs), write(self, path))
    )
    _estimator(path=path, checkpoint_every=2).fit(FRAME, LABELS)
    assert written == [0, 2, 3]
    written.clear()
    stopping = _estimator(path=path, checkpoint_every=9).set_callbacks(Recorder(stop_after=1))
    stopping.fit(FRAME, LABELS)
    assert written == [0, 1]


def test_more_epochs_are_trained_for_on_request(path):
    _estimator(path=path).fit(FRAME, LABELS)
    longer = _estimator(path=path, max_iter=EPOCHS + 2).resume(FRAME, LABELS)
    assert longer.history_["loss"].shape == (EPOCHS + 2, 3)


def test_epochs_stay_those_that_were_planned_for_the_time(path, monkeypatch):
    hurried = {"path": path, "max_time": 1000.0, "max_iter": 9}
    monkeypatch.setattr(members.Members, "_planned", lambda *_: 4)
    crashed(_estimator(**hurried), 2, "fit", FRAME, LABELS)
    monkeypatch.undo()
    assert _estimator(**hurried).resume(FRAME, LABELS).n_iter_ == 4
    over = _estimator(path=path, max_time=1e-9, max_iter=9).fit(FRAME, LABELS)
    assert over.n_iter_ == 1


def test_callbacks_and_progress_are_told_of_the_epochs_left(path, capsys):
    crashed(_estimator(path=path), 2, "fit", FRAME, LABELS)
    capsys.readouterr()
    promised = []

    class Promised(Recorder):
        def on_fit_task_begin(self, estimator, context):
            promised.append(context.max_subtasks)

    callback = Promised()
    _estimator(path=path, verbose=1).set_callbacks(callback).resume(FRAME, LABELS)
    assert callback.epochs == promised[0] == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Epoch 3 of at most 3")


def test_time_left_is_that_of_the_epochs_since_the_interruption(path, capsys, monkeypatch):
    _estimator(max_iter=12)._say(6)(8, 5.0)
    assert capsys.readouterr().out == "Epoch 8 of at most 12, 5 s, about 10 s left\n"
    crashed(_estimator(path=path), 2, "fit", FRAME, LABELS)
    begun = []
    monkeypatch.setattr(TabularClassifier, "_say", lambda self, epochs: begun.append(epochs))
    _estimator(path=path, verbose=1).resume(FRAME, LABELS)
    assert begun == [2]


def test_divergence_leaves_the_checkpoint_before_it(path):
    diverging = _estimator("regressor", path, learning_rate_init=1e30, max_iter=6)
    with pytest.raises(ValueError, match="Training diverged"):
        diverging.fit(**_data("regressor"))
    checkpoint = Checkpoint.read(path)
    assert np.isfinite(checkpoint.theta).all()
    assert checkpoint.epochs < 6


CHANGED = FRAME.assign(n=FRAME.n.where(FRAME.n != FRAME.n.max(), -1.0))


@pytest.mark.parametrize(
    ("settings", "data", "told"),
    [
        ({}, (CHANGED, LABELS), "^X must be the same as when the checkpoint was written"),
        ({}, (FRAME[:20], LABELS[:20]), "^X must be the same as when"),
        ({}, (FRAME, np.char.upper(LABELS)), "^y must be the same as when"),
        ({}, (FRAME, LABELS, WEIGHTS + 1), "^sample_weight must be the same as when"),
        ({}, (FRAME, LABELS, None, FRAME, LABELS), "^X_val must be the same as when"),
        ({"n_estimators": 2}, (FRAME, LABELS), "of 2 members, as .* is one of 3 members"),
        ({"hidden_layer_sizes": 9}, (FRAME, LABELS), "The parameters of the network must have"),
        ({"checkpoint": None}, (FRAME, LABELS), "resume requires checkpoint to be the path"),
        ({"checkpoint_every": 0}, (FRAME, LABELS), "The 'checkpoint_every' parameter"),
    ],
)
def test_other_data_and_other_members_are_refused(settings, data, told, path):
    crashed(_estimator(path=path), 1, "fit", FRAME, LABELS)
    clf = _estimator(path=path).set_params(**settings)
    names = ("X", "y", "sample_weight", "X_val", "y_val")
    with pytest.raises(ValueError, match=told):
        clf.resume(**dict(zip(names, data, strict=False)))
    assert not hasattr(clf, "classes_")


def test_a_checkpoint_of_one_network_is_refused(path, monkeypatch):
    crashed(_estimator(path=path), 1, "fit", FRAME, LABELS)
    checkpoint = Checkpoint.read(path)
    checkpoint.theta, checkpoint.state = checkpoint.theta[0], checkpoint.state[0]
    monkeypatch.setattr(Checkpoint, "read", lambda path: checkpoint)
    with pytest.raises(ValueError, match=r"of 3 members, .* but is one of one network of another"):
        _estimator(path=path).resume(FRAME, LABELS)


def test_a_path_that_cannot_be_is_refused_before_X_is_read(path):
    with pytest.raises(FileNotFoundError, match="no checkpoint to resume from"):
        _estimator(path=path).resume("no X", LABELS)
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="which is not a checkpoint"):
        _estimator(path=path).fit("no X", LABELS)
    assert path.read_bytes() == b"mine"


def test_checkpoint_is_a_parameter_of_clones_searches_and_pickles_but_of_no_file(path, tmp_path):
    clf = _estimator(path=str(path), checkpoint_every=2).fit(FRAME, LABELS)
    assert clone(clf).get_params()["checkpoint"] == str(path)
    again = pickle.loads(pickle.dumps(clf))
    assert again.checkpoint == str(path)
    _assert_same_fit(again, clf)
    save(clf, tmp_path / "model.sknn")
    loaded = load(tmp_path / "model.sknn")
    assert (loaded.checkpoint, loaded.checkpoint_every) == (None, 2)
    _assert_same_fit(loaded, clf)
    other = str(tmp_path / "other")
    GridSearchCV(clf, {"checkpoint": [other]}, cv=2).fit(FRAME, LABELS)
    assert os.path.exists(other)


SCRIPT = """
import os, sys
import numpy as np
from test_table_training import FRAME, LABELS, KILLED, _estimator
path, result = sys.argv[1:]
clf = _estimator(path=path, **KILLED)
train = clf.resume if os.path.exists(path) else clf.fit
train(FRAME, LABELS)
np.save(result, clf._model.theta)
"""
KILLED = {"max_iter": 60, "verbose": 1}


def _process(path, result):
    paths = os.pathsep.join(part for part in sys.path if part)
    command = [sys.executable, "-u", "-c", SCRIPT, str(path), str(result)]
    env = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_fit_whose_process_is_killed_again_and_again_loses_nothing(path, tmp_path):
    undisturbed = _estimator(**KILLED).fit(FRAME, LABELS)
    rng, result = np.random.default_rng(0), tmp_path / "result.npy"
    for _ in range(2):
        with _process(path, result) as killed:
            # anywhere in an epoch, or in the writing of its checkpoint
            for _ in range(rng.integers(1, 18)):
                killed.stdout.readline()
            time.sleep(rng.uniform(0, 0.01))
            killed.kill()
        assert killed.returncode == -signal.SIGKILL
    with _process(path, result) as last:
        last.communicate()
    assert_array_equal(np.load(result), undisturbed._model.theta, strict=True)
