"""When training ends, and with which weights."""

import time

import numpy as np
import pytest
from helpers import LOSSES, Breaking, Interrupting, new_gradient, normal
from interrupts import InterruptAt
from numpy.testing import assert_allclose, assert_array_equal
from trainers import FOR_SURE, N_IN, N_OUTPUTS, NEVER, N, Scores, new_trainer

from sknn.nn import BatchNorm, CosineDecay, Dense, OneCycle, Plateau, Warmup
from sknn.nn.batches import Rows
from sknn.nn.lbfgs import minimize_loss
from sknn.nn.losses import SquaredError
from sknn.nn.optimizers import Adam
from sknn.nn.schedules import Adaptive, Constant
from sknn.nn.training import HISTORY


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_patience_ends_after_more_than_n_iter_no_change_epochs(limit):
    trainer = new_trainer(n_iter_no_change=limit, **FOR_SURE)
    outcome = trainer.train(50)
    # The first epoch is an improvement; those after it count until there are limit + 1.
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("patience", limit + 2, limit + 2)
    assert trainer.run.patience.count == limit + 1


def test_infinite_patience_goes_on_to_the_last_epoch():
    trainer = new_trainer(n_iter_no_change=np.inf, **FOR_SURE)
    outcome = trainer.train(30)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("epochs", 30, 0)
    assert trainer.run.patience.count == 29


def test_without_validation_the_last_weights_are_kept():
    stopped, reference = new_trainer(n_iter_no_change=3, **FOR_SURE), new_trainer(**NEVER)
    stopped.train(50)
    reference.train(5)
    assert_array_equal(stopped.theta, reference.theta)


def test_validation_alone_is_recorded_and_changes_nothing():
    scores = Scores([0.1, 0.3, 0.2, 0.1, 0.1])
    validated, plain = (new_trainer(n_iter_no_change=3, **FOR_SURE) for _ in range(2))
    outcome, wanted = scores.of(validated).train(50), plain.train(50)
    assert (outcome.reason, outcome.epochs) == (wanted.reason, wanted.epochs) == ("patience", 5)
    assert validated.history["validation_score"] == [0.1, 0.3, 0.2, 0.1, 0.1]
    assert validated.history["loss"] == plain.history["loss"]
    assert_array_equal(validated.theta, plain.theta)  # not those of the best score
    assert validated.run.patience.best == min(plain.history["loss"])


def test_early_stopping_watches_the_score_and_puts_the_best_weights_back():
    scores = Scores([0.1, 0.3, 0.2, 0.7, 0.6, 0.65, 0.69, 0.9])
    trainer = scores.of(new_trainer(tol=0.05, n_iter_no_change=2, early_stopping=True))
    outcome = trainer.train(50)
    assert (outcome.reason, outcome.epochs) == ("patience", 7)
    assert_array_equal(trainer.theta, scores.thetas[3])
    assert trainer.run.patience.best == -0.7


def test_early_stopping_puts_the_best_weights_back_when_the_epochs_are_over():
    scores = Scores([0.1, 0.3, 0.2])
    trainer = scores.of(new_trainer(early_stopping=True))
    assert trainer.train(3).reason == "epochs"
    assert_array_equal(trainer.theta, scores.thetas[1])


def test_early_stopping_puts_running_statistics_back_with_the_weights():
    scores = Scores([0.1, 0.3, 0.2])
    layers = [Dense(5, "identity"), BatchNorm(), Dense(N_OUTPUTS, "identity")]
    trainer = scores.of(new_trainer(layers=layers, early_stopping=True))
    trainer.train(3)
    assert_array_equal(trainer.theta, scores.thetas[1])
    assert_array_equal(trainer.gradient.state, scores.states[1])
    assert np.any(scores.states[1] != scores.states[2])


@pytest.mark.parametrize(("last_of_ties", "best"), [(False, 1), (True, 3)])
def test_of_epochs_with_the_same_score_the_first_or_the_last_is_the_best(last_of_ties, best):
    scores = Scores([0.5, 0.75, 0.5, 0.75, 0.7, 0.1])
    plan = {"early_stopping": True, "last_of_ties": last_of_ties, "tol": 0.1, "n_iter_no_change": 3}
    trainer = scores.of(new_trainer(**plan))
    assert trainer.train(9).epochs == 6
    assert_array_equal(trainer.theta, scores.thetas[best])


def test_improvement_by_less_than_tol_is_the_best_all_the_same():
    scores = Scores([0.1, 0.11, 0.12, 0.05])
    trainer = scores.of(new_trainer(tol=0.5, n_iter_no_change=2, early_stopping=True))
    assert trainer.train(50).epochs == 4
    assert_array_equal(trainer.theta, scores.thetas[2])


@pytest.mark.parametrize("schedule", [Adaptive(), Plateau()], ids=["adaptive", "plateau"])
def test_schedule_that_slows_divides_the_rate_until_it_is_small_enough(schedule):
    trainer = new_trainer(n_iter_no_change=1, schedule=schedule, **FOR_SURE)
    outcome = trainer.train(100)
    # Two epochs without improvement each; the first of all is one.
    rates = [0.1] + [0.1 / 5**count for count in range(9) for _ in range(2)]
    assert_allclose(trainer.history["learning_rate"], rates, rtol=1e-12)
    assert (outcome.reason, outcome.epochs) == ("patience", 19)
    assert trainer.run.progress.plateaus == 8


HORIZONS = {
    "cosine": CosineDecay(),
    "one_cycle": OneCycle(),
    "warm-up": Warmup(CosineDecay(total_steps=40), 3),
}


@pytest.mark.parametrize("schedule", HORIZONS.values(), ids=HORIZONS)
def test_schedule_with_a_horizon_runs_to_its_end(schedule):
    lines = []
    trainer = new_trainer(n_iter_no_change=1, schedule=schedule, **FOR_SURE)
    outcome = trainer.train(10, say=lines.append)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("epochs", 10, 0)
    assert not any("did not improve" in line for line in lines)


@pytest.mark.parametrize("schedule", HORIZONS.values(), ids=HORIZONS)
def test_early_stopping_ends_before_a_horizon(schedule):
    scores = Scores([0.3, 0.1, 0.1, 0.1])
    plan = {"early_stopping": True, "n_iter_no_change": 1}
    trainer = scores.of(new_trainer(schedule=schedule, **plan))
    outcome = trainer.train(10)
    assert (outcome.reason, outcome.epochs) == ("patience", 3)
    assert_array_equal(trainer.theta, scores.thetas[0])


def test_schedule_may_see_how_long_training_has_stalled():
    seen = []

    class Watching(Constant):
        def rate(self, progress, base):
            seen.append(int(progress.stalled))
            return base

    trainer = new_trainer(schedule=Watching(), batch_size=N, n_iter_no_change=3, **FOR_SURE)
    trainer.train(50)
    assert seen == [0, 0, 1, 2, 3]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_divergence_ends_training_and_is_reported(early_stopping):
    rows = Rows(1e150 * normal(N, N_IN), normal(N, N_OUTPUTS), dtype=np.float64)
    layers, loss = [Dense(N_OUTPUTS, "identity")], LOSSES["squared_error"]
    trainer = new_trainer(rows, layers, loss, early_stopping=early_stopping)
    before = trainer.theta.copy()
    trainer.validate = lambda: (np.nan, np.nan)
    with np.errstate(all="ignore"):
        outcome = trainer.train(50)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("diverged", 1, 1)
    assert len(trainer.history["loss"]) == 1
    assert np.isnan(trainer.history["validation_score"][0])
    if early_stopping:  # the best weights are those before
        assert_array_equal(trainer.theta, before)
    else:
        assert not np.isfinite(trainer.theta).all()


# Asked from outside


@pytest.mark.parametrize("early_stopping", [False, True])
def test_after_epoch_that_returns_true_ends_training(early_stopping):
    calls = []

    def after_epoch():
        calls.append(len(trainer.history["loss"]))
        return len(calls) == 3

    scores = Scores([0.2, 0.1, 0.05])
    trainer, reference = scores.of(new_trainer(early_stopping=early_stopping)), new_trainer()
    outcome = trainer.train(50, after_epoch=after_epoch)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("asked", 3, 0)
    assert calls == [1, 2, 3]
    reference.train(3)
    assert_array_equal(trainer.theta, scores.thetas[0] if early_stopping else reference.theta)


def test_tiny_max_time_ends_training_after_one_epoch():
    trainer, reference = new_trainer(max_time=1e-9), new_trainer()
    outcome = trainer.train(50)
    reference.train(1)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("time", 1, 0)
    assert_array_equal(trainer.theta, reference.theta)


@pytest.fixture
def clock(monkeypatch):
    """A list of one number, which the core takes for the time."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize(("max_time", "epochs"), [(2.5, 3), (3.0, 4), (0.5, 1), (99, 6), (None, 6)])
def test_max_time_ends_training_after_the_epoch_that_passes_it(max_time, epochs, clock):
    def before_epoch():
        clock[0] += 1  # an epoch takes a second

    trainer = new_trainer(max_time=max_time)
    outcome = trainer.train(6, before_epoch=before_epoch)
    assert outcome.epochs == epochs
    assert outcome.reason == ("time" if epochs < 6 else "epochs")
    assert trainer.history["seconds"] == [1.0] * epochs


def test_max_time_begins_anew_with_every_call(clock):
    def before_epoch():
        clock[0] += 1

    trainer = new_trainer(max_time=1.5)
    epochs = [trainer.train(9, before_epoch=before_epoch).epochs for _ in range(3)]
    assert epochs == [2, 2, 2]


def test_time_is_up_and_the_best_weights_are_put_back(clock):
    def before_epoch():
        clock[0] += 1

    scores = Scores([0.1, 0.3, 0.2])
    trainer = scores.of(new_trainer(max_time=2.5, early_stopping=True))
    assert trainer.train(9, before_epoch=before_epoch).reason == "time"
    assert_array_equal(trainer.theta, scores.thetas[1])


ENDINGS = {  # reason: (settings of the plan, epochs allowed, what after_epoch returns)
    "epochs": ({}, 3, False),
    "patience": ({"n_iter_no_change": 1, **FOR_SURE}, 50, False),
    "asked": ({}, 50, True),
    "time": ({"max_time": 1e-9}, 50, False),
    "diverged": ({"learning_rate": np.inf}, 50, False),
}


@pytest.mark.parametrize("reason", ENDINGS)
def test_every_epoch_begins_and_ends_however_training_ends(reason):
    plan, epochs, asked = ENDINGS[reason]
    calls = []

    def begin():
        calls.append(("begin", len(trainer.history["loss"])))

    def end():
        calls.append(("end", len(trainer.history["loss"])))
        return asked

    trainer = new_trainer(**plan)
    with np.errstate(all="ignore"):
        outcome = trainer.train(epochs, before_epoch=begin, after_epoch=end)
    assert outcome.reason == reason
    wanted = []
    for epoch in range(outcome.epochs):
        wanted += [("begin", epoch), ("end", epoch + 1)]
    assert calls == wanted


@pytest.mark.parametrize("reason", ENDINGS)
def test_checkpoint_of_every_epoch_is_saved_but_of_none_that_diverged(reason):
    plan, epochs, asked = ENDINGS[reason]
    saved = []
    trainer = new_trainer(**plan)
    with np.errstate(all="ignore"):
        outcome = trainer.train(
            epochs,
            after_epoch=lambda: asked,
            save=lambda checkpoint, last: saved.append((checkpoint.epochs, last)),
        )
    n = 0 if reason == "diverged" else outcome.epochs
    assert saved == [(epoch, epoch in (0, n)) for epoch in range(n + 1)]


@pytest.mark.parametrize(
    ("plan", "epoch", "reason"),
    [({"n_iter_no_change": 1, **FOR_SURE}, 3, "patience"), ({"max_time": 1e-9}, 1, "asked")],
)
def test_patience_goes_before_a_request_and_a_request_before_time(plan, epoch, reason):
    trainer = new_trainer(**plan)
    outcome = trainer.train(9, after_epoch=lambda: len(trainer.history["loss"]) == epoch)
    assert (outcome.reason, outcome.epochs) == (reason, epoch)


# Interrupted

MOST_LINES = 1000


def interrupted_in(place):
    """(trainer, outcome) of training interrupted in its third epoch."""
    layers = [Interrupting(N_OUTPUTS, [4 * 2 + 2 if place == "step" else np.inf])]
    trainer = new_trainer(layers=layers, optimizer=Adam)
    calls = []

    def in_third(name):
        def call():
            calls.append(name)
            if name == place and calls.count(name) == 3:
                raise KeyboardInterrupt
            return (0.0, 0.0) if name == "validation" else False

        return call

    if place.startswith("history"):
        name = place.split()[1]
        trainer.history[name] = Breaking()
    trainer.validate = in_third("validation")
    outcome = trainer.train(
        50, before_epoch=in_third("before_epoch"), after_epoch=in_third("after_epoch")
    )
    return trainer, outcome


PLACES = {  # where the interrupt comes: epochs that count
    "before_epoch": 2,
    "step": 2,
    "validation": 2,
    "history loss": 3,
    "history learning_rate": 3,
    "history seconds": 3,
    "after_epoch": 3,
}


@pytest.mark.parametrize(("place", "epochs"), PLACES.items(), ids=PLACES)
def test_interrupt_leaves_a_row_of_history_for_every_epoch_that_counts(place, epochs):
    trainer, outcome = interrupted_in(place)
    assert (outcome.reason, outcome.epochs) == ("interrupted", epochs)
    assert {name: len(values) for name, values in trainer.history.items()} == dict.fromkeys(
        HISTORY, epochs
    )


def test_interrupt_in_a_step_keeps_the_weights_of_the_last_one():
    steps_per_epoch = 4
    interrupted = new_trainer(
        layers=[Interrupting(N_OUTPUTS, [2 * steps_per_epoch + 1])], optimizer=Adam
    )
    reference = new_trainer(layers=[Dense(N_OUTPUTS, "identity")], optimizer=Adam)
    outcome = interrupted.train(50)
    reference.train(2)
    assert (outcome.reason, outcome.epochs) == ("interrupted", 2)
    assert_array_equal(interrupted.theta, reference.theta)


RECORDING = ("_append", "_copy", "_record", "as_a_whole", "keep", "train", "trim", "watch")


def is_of_the_loop(code):
    return code.co_filename.endswith(("training.py", "stopping.py")) and code.co_name in RECORDING


@pytest.mark.parametrize("early_stopping", [False, True])
def test_interrupt_at_any_line_of_the_loop_leaves_an_ending_that_agrees(early_stopping):
    endings = []
    for n in range(MOST_LINES):
        scores = Scores([0.1, 0.3, 0.2])
        trainer = scores.of(new_trainer(early_stopping=early_stopping, batch_size=N))
        try:
            with InterruptAt(n, is_of_the_loop) as interrupt:
                outcome = trainer.train(3)
        except KeyboardInterrupt:  # before the first epoch or after the last
            continue
        if interrupt.line is None:
            break
        endings.append(outcome.epochs)
        rows = {len(values) for values in trainer.history.values()}
        assert (outcome.reason, rows) == ("interrupted", {outcome.epochs}), interrupt.line
        values = trainer.history["validation_score" if early_stopping else "loss"]
        values = np.negative(values) if early_stopping else values
        assert trainer.run.patience.best == min(values, default=np.inf), interrupt.line
        if early_stopping and outcome.epochs:
            assert_array_equal(trainer.theta, scores.thetas[np.argmin(values)])
    assert n < MOST_LINES - 1
    assert set(endings) == {0, 1, 2, 3}
    assert len(endings) > 150


def test_interrupt_puts_the_best_weights_back():
    scores = Scores([0.1, 0.3, 0.2])
    layers = [Interrupting(N_OUTPUTS, [4 * 3 + 2])]
    trainer = scores.of(new_trainer(layers=layers, early_stopping=True))
    assert trainer.train(50).reason == "interrupted"
    assert_array_equal(trainer.theta, scores.thetas[1])


class Misled(SquaredError):
    """A loss whose gradient promises far more than any step can keep."""

    def sum_and_gradient(self, y, z, weight, out):
        total = super().sum_and_gradient(y, z, weight, out)
        out *= 1e6
        return total


def test_lbfgs_that_finds_no_way_down_leaves_the_weights_of_its_last_iteration():
    loss = Misled()
    gradient = new_gradient([Dense(N_OUTPUTS, "identity")], loss, N_IN)
    before = gradient.theta.copy()
    rows = Rows(normal(N, N_IN), normal(N, N_OUTPUTS), dtype=np.float64)
    history = {name: [] for name in HISTORY}
    settings = {"alpha": 0.0, "max_iter": 9, "max_fun": 99, "tol": 0.0}
    outcome = minimize_loss(gradient, rows, history=history, **settings)
    assert (outcome.reason, outcome.iterations, history["loss"]) == ("failed", 0, [])
    assert_array_equal(gradient.theta, before)
