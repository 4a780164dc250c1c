"""Members: each as it would be by itself, its best epoch kept, in the time there is."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from sknn.nn import Dense, Dropout
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut
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
    theta, _, _, histories = _members().train()
    for number in range(4):
        alone, _, _, (history,) = _members((number,)).train()
        np.testing.assert_array_equal(alone[0], theta[number])
        assert history["validation_score"] == histories[number]["validation_score"]


def test_threads_do_not_change_members(monkeypatch):
    theta = _members().train()[0]
    for threads in (1, 3):
        monkeypatch.setattr(members, "allowed_threads", lambda threads=threads: threads)
        np.testing.assert_array_equal(_members().train()[0], theta)


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
    theta, state, results, histories = these.train()
    last = 0
    for own, statistics, history, held_out in zip(
        theta, state, histories, these.held_out, strict=True
    ):
        model = Model(these.network, SquaredError(), own, statistics)
        score = _score(model.outputs(X, 2**20, held_out.at), held_out.y, None)
        assert score == pytest.approx(max(history["validation_score"]), rel=1e-6)
        last += history["validation_score"][-1] == max(history["validation_score"])
    assert last < 4  # for some of them the best is not the last
    assert [result.epochs for result in results] == [12] * 4


def test_of_epochs_with_one_score_the_last_is_kept():
    ties, unscored = _members((0,)), _members((0,))
    own = ties.held_out[0]
    ties.held_out[0] = HeldOut(own.x, own.at, own.y, own.labels, None, lambda *_: 0.5)
    unscored.held_out[0] = None  # then the last weights are those that are left
    np.testing.assert_array_equal(ties.train()[0], unscored.train()[0])


def test_a_second_training_draws_the_same():
    these = _members()
    np.testing.assert_array_equal(these.train()[0], these.train()[0])


def test_members_with_other_seeds_start_elsewhere():
    one, other = (_members((0, 0), seeds=seeds).train()[0] for seeds in ((5, 5), (5, 6)))
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
    *_, results, histories = these.train(max_time=0.3)
    assert time.perf_counter() - began < 3  # 10,000 epochs would take far longer
    epochs = results[0].epochs
    assert 1 <= epochs < 10_000
    assert len(histories[0]["loss"]) == epochs


def test_epochs_are_planned_by_the_time_of_one(monkeypatch):
    readings = iter([0.0, 1.0])  # before and after the epoch on trial
    clock = SimpleNamespace(perf_counter=lambda: next(readings, 1.0))
    monkeypatch.setattr(members, "time", clock)
    *_, results, histories = _members(epochs=50).train(max_time=5.5)
    assert [result.epochs for result in results] == [4] * 4  # (5.5 - 1) / 1
    # the schedule comes to its end with them: t = 15 / 16 in the last step
    expected = 0.01 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * 15 / 16))) / 2
    assert histories[0]["learning_rate"][-1] == pytest.approx(expected)


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
