"""Members: each as it would be by itself, its best epoch kept, in the time there is."""

import time
from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sknn.nn import Dense, Dropout
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut, Watch
from sknn.nn.losses import SquaredError
from sknn.nn.model import Model
from sknn.tabular import members
from sknn.tabular.members import Members, Progress
from sknn.tabular.recipe import Recipe, optimizer_for, schedule_for

N = 48
RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(N, 3)).astype(np.float32)
Y = X[:, :1] ** 2
FOLDS = np.arange(N) % 4


def _score(z, y, weight):
    return -float(np.mean((z - y) ** 2))


def _members(numbers=(0, 1, 2, 3), epochs=6, seeds=None, learning_rate=0.01):
    layers = [Dense(8, "tanh"), Dropout(0.2), Dense(1, "identity")]
    loss = SquaredError()
    optimizer, schedule = optimizer_for(0.01), schedule_for()
    recipe = Recipe(layers, loss, loss, optimizer, schedule, learning_rate, 10, epochs)
    rows = Rows(X, Y, dtype=np.float32)
    splits = [(np.flatnonzero(own != FOLDS), np.flatnonzero(own == FOLDS)) for own in numbers]
    held_out = [HeldOut(X, at, Y[at], Y[at], None, _score) for _, at in splits]
    states = [np.random.RandomState(own) for own in seeds or numbers]
    return Members(recipe, rows, [train for train, _ in splits], held_out, states)


def test_members_are_what_each_would_be_by_itself():
    all_four = _members().train()
    for number in range(4):
        alone = _members((number,)).train()
        np.testing.assert_array_equal(alone.theta[0], all_four.theta[number])
        scores = all_four.history["validation_score"][:, number]
        np.testing.assert_array_equal(alone.history["validation_score"][:, 0], scores)


def test_threads_do_not_change_members(monkeypatch):
    theta = _members().train().theta
    for threads in (1, 3):
        monkeypatch.setattr(members, "allowed_threads", lambda threads=threads: threads)
        np.testing.assert_array_equal(_members().train().theta, theta)


@pytest.mark.parametrize(
    ("threads", "sizes", "expected"),
    [
        (1, [3, 3, 2], [3, 3, 2]),
        (2, [3, 3, 2], [3, 2, 2, 1]),
        (2, [2, 3, 3], [3, 2, 2, 1]),
        (2, [2, 2, 2, 2], [2, 2, 2, 2]),
        (3, [8], [3, 3, 2]),
        (4, [3], [1, 1, 1]),
        (2, [1, 1, 1], [1, 1, 1]),
        (2, [2, 1, 1], [1, 1, 1, 1]),
    ],
)
def test_threads_have_as_many_batches_each(threads, sizes, expected, monkeypatch):
    monkeypatch.setattr(members, "allowed_threads", lambda: threads)
    numbers = iter(range(9))
    parts = members._shared_out([[next(numbers) for _ in range(size)] for size in sizes])
    assert [len(part) for part in parts] == expected
    assert sorted(number for part in parts for number in part) == list(range(sum(sizes)))


def test_members_keep_their_best_epoch():
    these = _members(epochs=12, learning_rate=0.3)
    trained = these.train()
    scores = trained.history["validation_score"]
    assert scores.shape == (12, 4)
    for number, held_out in enumerate(these.held_out):
        own = trained.theta[number], trained.state[number]
        model = Model(these.network, SquaredError(), *own)
        score = _score(model.outputs(X, 2**20, held_out.at), held_out.y, None)
        assert score == pytest.approx(scores[:, number].max(), rel=1e-6)
    np.testing.assert_array_equal(trained.best_epochs, scores.argmax(axis=0) + 1)
    assert min(trained.best_epochs) < 12  # for some of them the best is not the last


def test_of_epochs_with_one_score_the_last_is_kept():
    ties, unscored = _members((0,)), _members((0,))
    own = ties.held_out[0]
    ties.held_out[0] = HeldOut(own.x, own.at, own.y, own.labels, None, lambda *_: 0.5)
    unscored.held_out[0] = None  # then the last weights are those that are left
    np.testing.assert_array_equal(ties.train().theta, unscored.train().theta)


def test_members_do_not_stop_early():
    these = _members((0,), epochs=15)
    own = these.held_out[0]
    worse = iter(range(0, -100, -1))
    these.held_out[0] = HeldOut(own.x, own.at, own.y, own.labels, None, lambda *_: next(worse))
    trained = these.train()
    assert len(trained.history["loss"]) == 15
    assert trained.best_epochs.tolist() == [1]


def test_a_second_training_draws_the_same():
    these = _members()
    np.testing.assert_array_equal(these.train().theta, these.train().theta)


def test_members_with_other_seeds_start_elsewhere():
    one, other = (_members((0, 0), seeds=seeds).train().theta for seeds in ((5, 5), (5, 6)))
    np.testing.assert_array_equal(one[0], one[1])
    np.testing.assert_array_equal(one[0], other[0])
    assert np.abs(other[0] - other[1]).max() > 0.1


def test_progress_is_told_after_each_epoch(monkeypatch):
    monkeypatch.setattr(members, "allowed_threads", lambda: 2)  # one of two batches tells it
    told = []
    _members(epochs=3).train(say=lambda *figures: told.append(figures))
    assert [epoch for epoch, _ in told] == [1, 2, 3]
    seconds = [seconds for _, seconds in told]
    assert 0 < seconds[0] < seconds[1] < seconds[2]


def test_fewer_epochs_are_planned_if_there_is_little_time():
    these = _members(epochs=10_000)
    began = time.perf_counter()
    trained = these.train(max_time=0.3)
    assert time.perf_counter() - began < 3  # 10,000 epochs would take far longer
    assert 1 <= len(trained.history["loss"]) < 10_000


def test_epochs_are_planned_by_the_time_of_one(monkeypatch):
    readings = iter([0.0, 1.0])  # before and after the epoch on trial
    clock = SimpleNamespace(perf_counter=lambda: next(readings, 1.0))
    monkeypatch.setattr(members, "time", clock)
    history = _members(epochs=50).train(max_time=5.5).history
    assert len(history["loss"]) == 4  # (5.5 - 1) / 1
    # the schedule comes to its end with them: t = 15 / 16 in the last step
    expected = 0.01 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * 15 / 16))) / 2
    np.testing.assert_allclose(history["learning_rate"][-1], expected)


def test_first_values_depend_on_some_rows_drawn_from_those_to_train_on(monkeypatch):
    monkeypatch.setattr(members, "ADAPTED", 5)
    these, seen = _members((0,)), []
    monkeypatch.setattr(these.network, "adapt", lambda params, state, x, draws: seen.append(x))
    these._fit(0, 1)
    rows = [np.flatnonzero((row == X).all(axis=1)).item() for row in seen[0]]
    assert len(set(rows)) == 5
    assert not set(rows) & set(these.held_out[0].at)
    assert sorted(rows) != list(these.subsets[0][:5])


def test_members_share_their_rows_and_nothing_that_threads_write_to():
    one, other = (_members()._fit(number, 1).rows for number in (0, 1))
    assert one.x is other.x
    these = _members()
    one, other = these._fit(0, 1).rows, these._fit(1, 1).rows
    assert one is not other
    assert one.samples is not other.samples


def test_time_that_is_over_ends_training():
    clock = Progress(ends=time.perf_counter() - 1, say=None)
    assert clock()
    assert not Progress(ends=time.perf_counter() + 100, say=None)()
    assert not Progress(ends=None, say=None)()


def test_an_error_of_a_member_is_raised():
    these = _members((0, 1))

    def broken(z, y, weight):
        raise ZeroDivisionError("a broken score")

    own = these.held_out[1]
    these.held_out[1] = HeldOut(own.x, own.at, own.y, own.labels, None, broken)
    with pytest.raises(ZeroDivisionError, match="a broken score"):
        these.train()


def test_members_that_need_more_memory_than_there_is_are_refused(monkeypatch):
    monkeypatch.setattr("sknn.nn.network.installed_memory", lambda: 1000)
    with pytest.raises(ValueError, match="Lower n_estimators"):
        _members()


def test_members_that_are_watched_end_as_they_do_unwatched():
    these, seen = _members(epochs=5, learning_rate=0.3), []
    watch = Watch(before_epoch=lambda: seen.append(these.so_far()))
    watched, plain = these.train(watch=watch), _members(epochs=5, learning_rate=0.3).train()
    np.testing.assert_array_equal(watched.theta, plain.theta)
    np.testing.assert_array_equal(watched.best_epochs, plain.best_epochs)
    for name in set(plain.history) - {"seconds"}:
        np.testing.assert_array_equal(watched.history[name], plain.history[name])
    assert [len(one.history["loss"]) for one in seen] == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(seen[0].best_epochs, [0] * 4)
    np.testing.assert_array_equal(
        seen[3].best_epochs, seen[3].history["validation_score"].argmax(axis=0) + 1
    )


def test_a_watch_may_end_training_and_is_told_which_checkpoint_is_the_last():
    these, saved = _members(epochs=5), []
    watch = Watch(
        after_epoch=lambda: len(these.so_far().history["loss"]) == 2,
        save=lambda checkpoint, last: saved.append((checkpoint.epochs, last)),
    )
    these.train(watch=watch)
    assert saved == [(0, True), (1, False), (2, True)]
    saved.clear()
    _members(epochs=2).train(watch=replace(watch, after_epoch=None))
    assert saved == [(0, True), (1, False), (2, True)]


def test_time_that_is_over_ends_members_that_are_watched():
    trained = _members()._in_step(10, lambda: True, Watch(), None)
    assert len(trained.history["loss"]) == 1


def test_members_that_are_watched_go_on_from_a_checkpoint():
    saved, told, again = [], [], []
    watch = Watch(save=lambda checkpoint, last: saved.append(deepcopy(checkpoint)))
    whole = _members(epochs=4).train(watch=watch)
    watch = Watch(save=lambda checkpoint, last: again.append(checkpoint.epochs))
    rest = _members(epochs=4).train(None, lambda epoch, _: told.append(epoch), watch, saved[2])
    assert told == again == [3, 4]
    np.testing.assert_array_equal(rest.theta, whole.theta)
    over = _members(epochs=4).train(watch=watch, start=saved[4])
    assert again == [3, 4]
    np.testing.assert_array_equal(over.theta, whole.theta)


def test_divergence_of_members_that_are_watched_is_told():
    these = _members(learning_rate=1e30)
    assert these.train(watch=Watch(before_epoch=lambda: None)).diverged
    assert _members(learning_rate=1e30).train().diverged
    assert not _members().train(watch=Watch(before_epoch=lambda: None)).diverged


def test_a_copy_of_how_far_members_have_come_may_be_changed():
    these, finite = _members(epochs=3), []

    def spoil():
        these.so_far().theta[:] = np.nan

    def save(checkpoint, last):
        finite.append(np.isfinite(checkpoint.kept[0]).all())

    trained = these.train(watch=Watch(after_epoch=spoil, save=save))
    assert finite == [True] * 4
    np.testing.assert_array_equal(trained.theta, _members(epochs=3).train().theta)


def test_planned_epochs_are_those_of_the_interrupted_training():
    these = _members(epochs=10)
    steps = 4  # of 36 rows in batches of 9
    start = SimpleNamespace(run={"progress": {"total_steps": np.array([7 * steps])}})
    assert these._planned(100.0, 0.0, start, 2**20) == 7
    assert these._planned(None, 0.0, start, 2**20) == 10
    these.subsets[0] = np.arange(37)  # in batches of 10, 10, 10 and 7
    assert these._planned(100.0, 0.0, start, 2**20) == 7
