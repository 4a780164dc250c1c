"""Fits that train epoch by epoch end as those that train at once, from any checkpoint of all."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.nn import Dense, Dropout
from sknn.nn.batches import Rows
from sknn.nn.fit import HeldOut
from sknn.nn.in_step import InStep, of_all, of_batch
from sknn.nn.losses import SquaredError
from sknn.nn.storage.checkpoint import Checkpoint
from sknn.nn.together import run_together
from sknn.tabular.members import Members
from sknn.tabular.recipe import Recipe, optimizer_for, schedule_for

N, EPOCHS = 48, 4
RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(N, 3)).astype(np.float32)
Y = X[:, :1] ** 2
SIZES = (36, 35, 36, 11, 12)  # rows to train on: batches of two kinds, some of them uneven
APART, OTHERS = [[0, 1, 2], [3, 4]], [[4], [2, 0], [1], [3]]


def _score(z, y, weight):
    return -float(np.mean((z - y) ** 2))


def _fits(epochs=EPOCHS, learning_rate=0.1, held_out=True):
    layers = [Dense(8, "tanh"), Dropout(0.2), Dense(1, "identity")]
    loss = SquaredError()
    recipe = Recipe(
        layers, loss, loss, optimizer_for(0.01), schedule_for(), learning_rate, 12, epochs
    )
    at = np.arange(36, N)
    own = HeldOut(X, at, Y[at], Y[at], None, _score) if held_out else None
    members = Members(
        recipe,
        Rows(X, Y, dtype=np.float32),
        [np.arange(size) for size in SIZES],
        [own] * len(SIZES),
        [np.random.RandomState(seed) for seed in range(len(SIZES))],
    )
    return members._fits(epochs, 2**30)[0]


def _trained(steps):
    for _ in range(EPOCHS - steps.epochs):
        assert steps.epoch()
    return steps.checkpoint


@pytest.mark.parametrize("held_out", [True, False])
def test_fits_in_step_end_as_those_that_train_at_once(held_out):
    fits = _fits(held_out=held_out)
    run_together([[fits[number] for number in batch] for batch in APART])
    checkpoint = _trained(InStep(_fits(held_out=held_out), APART))
    assert (checkpoint.kept is not None) == held_out
    theta, _ = checkpoint.kept or (checkpoint.theta, None)
    for number, (fit, _) in enumerate(fits):
        assert_array_equal(theta[number], fit.model.theta)
        for name in ("loss", "validation_score", "learning_rate"):
            assert_array_equal([row[number] for row in checkpoint.history[name]], fit.history[name])
    assert held_out == np.any(theta != checkpoint.theta)  # the best epoch is not always the last


def test_checkpoint_of_all_goes_on_in_other_batches(tmp_path):
    expected = _trained(InStep(_fits(), APART))
    steps = InStep(_fits(), OTHERS)
    assert steps.epoch()
    steps.checkpoint.write(tmp_path / "checkpoint")
    start = Checkpoint.read(tmp_path / "checkpoint")
    assert_array_equal(start.run["optimizer"]["steps"], [3, 3, 3, 1, 1])
    steps = InStep(_fits(), APART, start)
    assert steps.epochs == 1
    found = _trained(steps)
    for mine, theirs in zip(
        (found.theta, *found.kept), (expected.theta, *expected.kept), strict=True
    ):
        assert_array_equal(mine, theirs, strict=True)
    for name in ("loss", "validation_score", "gradient_norm"):
        assert_array_equal(found.history[name], expected.history[name])
    for name in ("order", "seed"):
        assert_array_equal(found.run[name], expected.run[name])
    for part in ("optimizer", "patience", "progress"):
        for name, values in expected.run[part].items():
            assert_array_equal(found.run[part][name], values)


def test_checkpoint_does_not_change_with_further_epochs():
    steps = InStep(_fits(), APART)
    first = steps.checkpoint
    before = first.theta.copy()
    assert first.epochs == 0
    assert steps.epoch()
    assert_array_equal(first.theta, before)
    # the only step of the last two has a rate of 0
    moved = np.any(steps.checkpoint.theta != before, axis=1)
    assert_array_equal(moved, [True, True, True, False, False])


def test_models_share_the_seconds_of_their_batch():
    steps = InStep(_fits(), APART)
    assert steps.epoch()
    parts = [of_batch(steps.checkpoint, batch, np.arange(len(batch)) * N) for batch in APART]
    (whole,), (half,) = (part.history["seconds"] for part in parts)
    (seconds,) = steps.checkpoint.history["seconds"]
    np.testing.assert_allclose(whole, 3 * seconds[:3])
    np.testing.assert_allclose(half, 2 * seconds[3:])
    again = of_all(parts, APART, [np.arange(len(batch)) * N for batch in APART])
    np.testing.assert_allclose(again.history["seconds"], [seconds])


def test_orders_number_the_rows_of_each_model_by_itself():
    steps = InStep(_fits(), APART)
    assert steps.epoch()
    order = steps.checkpoint.run["order"]
    for own, size in zip(order, SIZES, strict=True):
        assert_array_equal(np.sort(own[:size]), np.arange(size))
        assert_array_equal(own[size:], -1)
    part = of_batch(steps.checkpoint, [4, 3], np.array([0, N])).run["order"]
    assert part.shape == (2, 12)
    assert_array_equal(np.sort(part[1]), [-1, *range(N, N + 11)])


def test_weights_that_are_not_finite_are_told_and_not_kept():
    fits = _fits()
    fits[3][0].plan.learning_rate = 1e30  # one model of one batch
    steps = InStep(fits, APART)
    assert not all(steps.epoch() for _ in range(EPOCHS))
    assert np.isfinite(steps.checkpoint.theta).all()
    assert steps.epochs < EPOCHS


def test_an_interrupt_is_raised():
    fits = _fits()

    def interrupted(z, y, weight):
        raise KeyboardInterrupt

    vars(fits[0][0].held_out)["score"] = interrupted  # of all members
    with pytest.raises(KeyboardInterrupt):
        InStep(fits, APART).epoch()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda start: setattr(start, "stopped", None),
        lambda start: setattr(start, "theta", start.theta[0]),
        lambda start: start.run.update(order=start.run["order"][0]),
        lambda start: start.run.update(order=start.run["order"][:, 0]),
        lambda start: start.run.update(seed=7),
        lambda start: start.run.update(random_state=start.run["random_state"][0]),
        lambda start: start.run["optimizer"].update(steps=np.array(3)),
        lambda start: start.run["patience"].update(best=np.zeros(4)),
        lambda start: start.run["progress"].update(step=3),
        lambda start: start.history.update(loss=[0.5]),
    ],
)
def test_a_checkpoint_without_a_row_for_each_model_is_refused(spoil):
    steps = InStep(_fits(), APART)
    assert steps.epoch()
    spoil(steps.checkpoint)
    with pytest.raises(ValueError, match="must be one of 5 models that train together"):
        InStep(_fits(), APART, steps.checkpoint)
