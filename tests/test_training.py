import numpy as np
import pytest
from helpers import (
    Slow,
    mostly_zeros,
    new_gradient,
    sample_weights,
    targets,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.utils import shuffle
from trainers import (
    FOR_SURE,
    LAYERS,
    N_IN,
    N_OUTPUTS,
    NEVER,
    OPTIMIZERS,
    PLAIN_SGD,
    SOFTMAX,
    N,
    Scores,
    new_rows,
    new_trainer,
    validator,
)

from sknn.nn import BatchNorm, Dense, Dropout, PReLU
from sknn.nn.batches import Batch, Rows, Source
from sknn.nn.gradient import TrainableLoss
from sknn.nn.optimizers import Adam
from sknn.nn.schedules import (
    Adaptive,
    Constant,
    CosineDecay,
    Exponential,
    InvScaling,
    OneCycle,
    Plateau,
    Step,
    Warmup,
)
from sknn.nn.stopping import Patience
from sknn.nn.training import HISTORY, train
from sknn.nn.training_state import TrainingState

SCHEDULES = {
    "constant": Constant(),
    "invscaling": InvScaling(),
    "adaptive": Adaptive(),
    "step": Step(every=2),
    "exponential": Exponential(),
    "plateau": Plateau(),
    "cosine": CosineDecay(total_steps=30),
    "one_cycle": OneCycle(total_steps=30),
    "warm-up": Warmup(Exponential(), 7),
}
STACKS = {
    "dense": LAYERS,
    "dropout": [Dropout(0.2), Dense(5, "tanh"), Dropout(0.5), Dense(N_OUTPUTS, "identity")],
    "batch norm": [Dense(5, "tanh"), BatchNorm(), Dense(N_OUTPUTS, "identity")],
    "prelu": [Dense(5, "prelu"), Dense(N_OUTPUTS, "identity")],
    "prelu of each": [Dense(5, PReLU(shared=False)), Dense(N_OUTPUTS, "identity")],
}


# Steps and epochs


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_weights_are_bit_equal_from_run_to_run(optimizer, sparse):
    rows = Rows(mostly_zeros(N, N_IN)[sparse], targets(SOFTMAX, N, N_OUTPUTS), dtype=np.float64)
    first, second = (new_trainer(rows, optimizer=optimizer) for _ in range(2))
    first.train(5)
    second.train(5)
    assert_array_equal(first.theta, second.theta)


OPTIONS = {  # settings of a plan, and the rate of each of nine steps, three an epoch
    "plain": ({}, [0.1] * 9),
    "l2": ({"alpha": 0.5}, [0.1] * 9),
    "l1": ({"l1": 0.3}, [0.1] * 9),
    "l1 and l2": ({"alpha": 0.5, "l1": 0.3}, [0.1] * 9),
    "clipped": ({"max_grad_norm": 0.2}, [0.1] * 9),
    "clipped with penalties": ({"alpha": 5, "l1": 3, "max_grad_norm": 0.2}, [0.1] * 9),
    "exponential": ({"schedule": Exponential(0.5)}, np.repeat([0.1, 0.05, 0.025], 3)),
    "cosine": (
        {"schedule": CosineDecay()},  # the end is that of the call
        0.05 * (1 + np.cos(np.pi * np.arange(9) / 9)),
    ),
    "warm-up": (
        {"schedule": Warmup(Exponential(0.5), 5)},
        np.repeat([0.1, 0.05, 0.025], 3) * np.minimum(np.arange(1, 10) / 5, 1),
    ),
}


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(("plan", "rates"), OPTIONS.values(), ids=OPTIONS)
def test_softmax_regression_follows_gradient_descent_written_out(weighted, plan, rates):
    weight = sample_weights(N) if weighted else np.ones(N)
    rows = new_rows(weight=weight if weighted else None)
    trainer = new_trainer(rows, [Dense(N_OUTPUTS, "identity")], batch_size=8, **plan)
    params = trainer.gradient.network.layout.views(trainer.theta)[0]
    w, b = params["weight"].copy(), params["bias"].copy()
    trainer.train(3)
    l2, l1 = plan.get("alpha", 0), plan.get("l1", 0)
    order, random_state, rates = np.arange(N), np.random.RandomState(0), iter(rates)
    losses, norms = [], []
    for _ in range(3):
        order = shuffle(order, random_state=random_state)
        for at in (order[:8], order[8:16], order[16:]):
            total, y = weight[at].sum(), rows.y[at]
            p = softmax(rows.x[at] @ w + b, axis=1)
            penalty = l2 / 2 * np.sum(w**2) + l1 * np.sum(np.abs(w))
            losses.append((penalty - np.sum(weight[at] * np.log(p[y == 1]))) / total)
            dz = (p - y) * weight[at, None]
            db = dz.sum(axis=0) / total
            dw = (rows.x[at].T @ dz + l2 * w + l1 * np.sign(w)) / total
            norms.append(np.sqrt(np.sum(dw**2) + np.sum(db**2)))
            share = min(1, plan.get("max_grad_norm", np.inf) / norms[-1])
            rate = next(rates) * share
            w, b = w - rate * dw, b - rate * db
    assert_allclose(params["weight"], w, rtol=1e-12)
    assert_allclose(params["bias"], b, rtol=1e-12, atol=1e-15)
    losses, norms = np.reshape(losses, (3, 3)), np.reshape(norms, (3, 3))
    assert_allclose(trainer.history["loss"], losses @ [8, 8, 4] / N, rtol=1e-12)
    assert_allclose(trainer.history["gradient_norm"], norms.mean(axis=1), rtol=1e-12)


def test_order_is_shuffled_cumulatively_as_scikit_learn_does():
    trainer = new_trainer(seed=7)
    order, random_state = np.arange(N), np.random.RandomState(7)
    for _ in range(3):
        trainer.train(1)
        order = shuffle(order, random_state=random_state)
        assert_array_equal(trainer.run.order, order)


def test_without_shuffling_rows_come_in_their_order():
    in_order, shuffled = new_trainer(shuffle=False), new_trainer(seed=3)
    in_order.train(1)
    order = shuffle(np.arange(N), random_state=3)
    rows = shuffled.rows
    shuffled.rows = Rows(rows.x[np.argsort(order)], rows.y[np.argsort(order)], dtype=np.float64)
    shuffled.train(1)
    assert_array_equal(in_order.theta, shuffled.theta)


@pytest.mark.parametrize("shuffle", [False, True])
def test_subset_trains_on_its_rows_alone(shuffle):
    rows, subset = new_rows(), np.array([3, 1, 4, 15, 9, 2, 6])
    part = new_trainer(rows, subset=subset, shuffle=shuffle)
    alone = new_trainer(Rows(rows.x[subset], rows.y[subset], dtype=np.float64), shuffle=shuffle)
    part.train(4)
    alone.train(4)
    assert_array_equal(part.theta, alone.theta)
    assert part.run.progress == alone.run.progress
    assert part.history["loss"] == alone.history["loss"]


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
def test_calls_of_one_epoch_are_bit_for_bit_one_call_whatever_the_schedule(schedule):
    assert_calls_of_one_epoch_are_one_call(schedule=schedule, optimizer=Adam)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_calls_of_one_epoch_are_bit_for_bit_one_call_of_several(layers, optimizer):
    assert_calls_of_one_epoch_are_one_call(layers=layers, optimizer=optimizer)


def assert_calls_of_one_epoch_are_one_call(**settings):
    settings |= {"alpha": 0.1, "l1": 0.1, "max_grad_norm": 1.0, **NEVER}
    whole, parts = new_trainer(**settings), new_trainer(**settings)
    whole.train(6)
    for _ in range(6):
        parts.train(1)
    assert_array_equal(parts.theta, whole.theta)
    assert_array_equal(parts.gradient.state, whole.gradient.state)
    for name in HISTORY[:-1]:  # all but the seconds
        assert_array_equal(parts.history[name], whole.history[name])


def test_copy_of_a_run_goes_on_by_itself():
    trainer, reference = new_trainer(optimizer=Adam), new_trainer(optimizer=Adam)
    trainer.train(2)
    reference.train(2)
    original, theta = trainer.run, trainer.theta.copy()
    trainer.run = original.copy()
    trainer.run.random_state = np.random.RandomState(9)
    trainer.train(3)  # another course
    trainer.run, trainer.gradient.theta[...] = original, theta
    trainer.train(2)
    reference.train(2)
    assert_array_equal(trainer.theta, reference.theta)
    assert trainer.run.progress == reference.run.progress
    assert trainer.run.patience.count == reference.run.patience.count


def test_dropout_changes_nothing_about_the_order_of_the_rows():
    dropping, plain = new_trainer(layers=STACKS["dropout"], seed=7), new_trainer(seed=7)
    for _ in range(3):
        dropping.train(1)
        plain.train(1)
        assert_array_equal(dropping.run.order, plain.run.order)


def test_dropout_draws_anew_in_every_batch_and_epoch():
    seen = []

    class Watching(Dropout):
        def forward(self, params, state, x, cache, context):
            y = super().forward(params, state, x, cache, context)
            seen.append((y == 0).tobytes())
            return y

    trainer = new_trainer(
        Rows(np.ones((N, N_IN)), new_rows().y, dtype=np.float64),
        [Watching(0.5), Dense(N_OUTPUTS, "identity")],
        batch_size=10,
    )
    trainer.train(5)
    assert len(seen) == len(set(seen)) == 10


def test_progress_counts_steps_epochs_and_samples():
    trainer = new_trainer()
    trainer.train(3)
    progress = trainer.run.progress
    assert (progress.step, progress.epoch, progress.samples) == (12, 3, 3 * N)
    assert progress.total_steps == 12


@pytest.mark.parametrize(("planned", "total_steps"), [(True, 28), (False, None)])
def test_progress_knows_the_end_if_all_epochs_are_planned(planned, total_steps):
    seen = []

    class Watching(Constant):
        def rate(self, progress, base):
            seen.append(progress.total_steps)
            return base

    new_trainer(schedule=Watching(), planned=planned).train(7)
    assert set(seen) == {total_steps}  # four steps an epoch


@pytest.mark.parametrize("kind", [CosineDecay, OneCycle])
def test_schedule_with_a_horizon_needs_a_plan_or_a_total(kind):
    with pytest.raises(ValueError, match=rf"{kind.__name__} needs the number of steps until"):
        new_trainer(schedule=kind(), planned=False).train(1)
    trainer = new_trainer(schedule=kind(total_steps=12), planned=False)
    planned = new_trainer(schedule=kind())
    trainer.train(1)
    trainer.train(2)
    planned.train(3)
    assert_array_equal(trainer.theta, planned.theta)


def test_batch_norm_keeps_running_means_over_the_steps_of_an_epoch():
    layers = [BatchNorm(momentum=0.5), Dense(N_OUTPUTS, "identity")]
    trainer = new_trainer(layers=layers, shuffle=False, batch_size=10)
    trainer.train(1)
    (state, _) = trainer.gradient.network.state_layout.views(trainer.gradient.state)
    x = trainer.rows.x
    mean, variance = np.zeros(N_IN), np.ones(N_IN)
    for half in (x[:10], x[10:]):
        mean = 0.5 * mean + 0.5 * half.mean(axis=0)
        variance = 0.5 * variance + 0.5 * half.var(axis=0, ddof=1)
    assert_allclose(state["mean"][0], mean, rtol=1e-12)
    assert_allclose(state["variance"][0], variance, rtol=1e-12)


def test_samples_go_on_from_those_of_an_earlier_fit():
    trainer = new_trainer(schedule=InvScaling())
    trainer.run = TrainingState(
        trainer.run.optimizer, trainer.run.moments, np.random.RandomState(0), Patience(), samples=79
    )
    trainer.train(2)
    assert trainer.run.progress.samples == 79 + 2 * N
    assert trainer.history["learning_rate"] == [0.1, 0.01]  # 0.1 / sqrt(79 + 20 + 1)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_batch_of_zero_weight_changes_nothing(optimizer):
    with_zeros, without = trainers_with_and_without_zeros(optimizer)
    assert_array_equal(with_zeros.theta, without.theta)
    assert with_zeros.run.progress.step == without.run.progress.step == 6
    assert with_zeros.history["gradient_norm"] == without.history["gradient_norm"]


def test_batch_of_zero_weight_does_not_lower_the_loss_of_the_epoch():
    with_zeros, without = trainers_with_and_without_zeros(PLAIN_SGD)
    assert_allclose(with_zeros.history["loss"], without.history["loss"], rtol=1e-12)


def trainers_with_and_without_zeros(optimizer):
    """(trained with a second batch of no weight, trained without this batch)."""
    weight = sample_weights(18)
    weight[6:12] = 0
    rows, others = new_rows(18, weight), np.r_[0:6, 12:18]
    fewer = Rows(rows.x[others], rows.y[others], weight[others], dtype=np.float64)
    trainers = [
        new_trainer(own, optimizer=optimizer, shuffle=False, alpha=0.1) for own in (rows, fewer)
    ]
    for trainer in trainers:
        trainer.train(3)
    return trainers


def test_epoch_of_zero_weights_leaves_the_weights_as_they_are():
    trainer = new_trainer(new_rows(weight=np.zeros(N)))
    before = trainer.theta.copy()
    trainer.train(2)
    assert_array_equal(trainer.theta, before)
    assert (trainer.run.progress.samples, trainer.run.progress.step) == (2 * N, 0)


def test_epoch_without_a_step_has_the_rate_of_the_plan():
    trainer = new_trainer(new_rows(weight=np.zeros(N)), learning_rate=0.25)
    trainer.train(1)
    assert trainer.history["learning_rate"] == [0.25]


def test_loss_that_is_infinite_at_once_ends_the_epoch_before_any_step():
    rows = new_rows()
    rows.x[:] = 1e308
    trainer = new_trainer(rows, layers=[Dense(N_OUTPUTS, "identity")], shuffle=False)
    theta = trainer.theta.copy()
    with np.errstate(all="ignore"):
        outcome = trainer.train(3)
    assert (outcome.reason, outcome.epochs, outcome.where) == ("diverged", 1, "the loss")
    assert_array_equal(trainer.theta, theta)
    assert trainer.run.progress.step == 0


def test_frozen_layer_stays_bit_equal_while_the_others_move():
    layers = [Dense(5, "tanh"), Dense(4, "tanh", trainable=False), Dense(N_OUTPUTS, "identity")]
    trainer = new_trainer(layers=layers, optimizer=Adam, alpha=0.1)
    before = trainer.gradient.network.layout.views(trainer.theta.copy())
    trainer.train(3)
    after = trainer.gradient.network.layout.views(trainer.theta)
    for name in ("weight", "bias"):
        assert_array_equal(after[1][name], before[1][name])
        assert np.all(after[0][name] != before[0][name])
        assert np.all(after[2][name] != before[2][name])


def test_rate_of_a_parameter_scales_its_steps():
    rows = new_rows(6)
    slow = new_trainer(rows, [Slow(5, "tanh"), Dense(N_OUTPUTS, "identity")])
    usual = new_trainer(rows)
    before = usual.theta.copy()
    slow.train(1)
    usual.train(1)
    views = usual.gradient.network.layout.views
    first = views(before)
    slow_views = slow.gradient.network.layout.views(slow.theta)
    for layer, factor in enumerate((0.1, 1.0)):
        for name, start in first[layer].items():
            step = views(usual.theta)[layer][name] - start
            assert_allclose(slow_views[layer][name] - start, factor * step, rtol=1e-9, atol=1e-15)


# What is recorded


@pytest.mark.parametrize("validated", [False, True])
def test_history_has_a_row_per_epoch(validated):
    trainer = new_trainer()
    trainer.validate = validator(trainer.gradient) if validated else None
    trainer.train(4)
    trainer.train(2)
    assert list(trainer.history) == list(HISTORY)
    for values in trainer.history.values():
        assert len(values) == 6
        assert all(type(value) is float for value in values)


def test_history_of_one_full_batch_is_that_of_the_weights_before_it():
    trainer = new_trainer(batch_size=N, shuffle=False, alpha=0.5, learning_rate=0.25)
    reference = new_gradient(LAYERS, SOFTMAX, N_IN)
    loss = reference.mean(trainer.rows.take(slice(None))) + reference.add_penalty(0.5 / N)
    trainer.train(1)
    row = {name: values[0] for name, values in trainer.history.items()}
    assert_allclose(row["loss"], loss, rtol=1e-14)
    assert_allclose(row["gradient_norm"], np.linalg.norm(reference.grad), rtol=1e-14)
    assert row["learning_rate"] == 0.25
    assert row["seconds"] > 0
    assert np.isnan([row["validation_loss"], row["validation_score"]]).all()


def test_gradient_norm_is_that_of_the_step_which_frozen_layers_take_no_part_in():
    layers = [Dense(5, "tanh"), Dense(4, "tanh", trainable=False), Dense(N_OUTPUTS, "identity")]
    trainer = new_trainer(layers=layers, batch_size=N, learning_rate=0.25)
    before = trainer.theta.copy()
    trainer.train(1)
    step = np.linalg.norm(trainer.theta - before)
    assert_allclose(trainer.history["gradient_norm"], [step / 0.25], rtol=1e-12)


def test_history_means_are_over_samples_for_the_loss_and_over_steps_for_the_norm():
    trainer = new_trainer(batch_size=16, shuffle=False, learning_rate=0.0)
    reference = new_gradient(LAYERS, SOFTMAX, N_IN)
    losses, norms = [], []
    for part in (slice(0, 16), slice(16, N)):
        losses.append(reference.mean(trainer.rows.take(part)))
        norms.append(np.linalg.norm(reference.grad))
    trainer.train(1)
    assert_allclose(trainer.history["loss"], [np.average(losses, weights=[16, 4])], rtol=1e-14)
    assert_allclose(trainer.history["gradient_norm"], [np.mean(norms)], rtol=1e-14)


def test_history_holds_what_validation_found_after_each_epoch():
    trainer = Scores([0.5, 0.75, 0.25]).of(new_trainer())
    trainer.train(3)
    assert trainer.history["validation_score"] == [0.5, 0.75, 0.25]
    assert trainer.history["validation_loss"] == [-0.5, -0.75, -0.25]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_progress_is_said_line_by_line(early_stopping):
    lines = []
    plan = {"early_stopping": early_stopping, "n_iter_no_change": 1, **FOR_SURE}
    trainer = Scores([0.5, 0.5, 0.5]).of(new_trainer(**plan))
    trainer.train(9, say=lines.append)
    losses = trainer.history["loss"]
    watched = "Validation score" if early_stopping else "Training loss"
    assert lines == [
        f"Iteration 1, loss = {losses[0]:.8f}",
        "Validation score: 0.500000",
        f"Iteration 2, loss = {losses[1]:.8f}",
        "Validation score: 0.500000",
        f"Iteration 3, loss = {losses[2]:.8f}",
        "Validation score: 0.500000",
        f"{watched} did not improve more than tol=1000000000.000000 for 1 consecutive epochs. "
        "Stopping.",
    ]


def test_progress_says_the_new_rate():
    lines = []
    trainer = new_trainer(n_iter_no_change=1, schedule=Adaptive(), **FOR_SURE)
    trainer.train(3, say=lines.append)
    assert lines[-1].startswith("Training loss did not improve more than tol=")
    assert lines[-1].endswith("Setting learning rate to 0.020000")


def test_progress_says_that_the_rate_became_too_small():
    lines = []
    plan = {"schedule": Plateau(least=0.05), "n_iter_no_change": 1, **FOR_SURE}
    new_trainer(**plan).train(9, say=lines.append)
    assert lines[-1].endswith("epochs. Learning rate too small. Stopping.")


class OnlyWhatIsAskedFor:
    """A TrainableLoss, and nothing else of the Gradient that does the work."""

    def __init__(self, gradient):
        for name in {*dir(TrainableLoss), *TrainableLoss.__annotations__}:
            if not name.startswith("_"):
                setattr(self, name, getattr(gradient, name))


class Blocks(Source):
    """Rows in two halves."""

    def __init__(self, x, y):
        half = len(x) // 2
        self.x, self.y = (x[:half], x[half:]), (y[:half], y[half:])

    def __len__(self):
        return sum(map(len, self.x))

    def take(self, at):
        x, y = (np.concatenate(halves)[at] for halves in (self.x, self.y))
        return Batch(x, y, None, float(len(y)))


@pytest.mark.parametrize("shuffled", [True, False])
def test_training_needs_no_more_than_its_contracts(shuffled):
    whole, other = (new_trainer(optimizer=Adam, alpha=0.1, shuffle=shuffled) for _ in range(2))
    rows = Blocks(whole.rows.x, whole.rows.y)
    assert [start for start, _ in rows.batches(6)] == [0, 6, 12, 18]
    gradient = OnlyWhatIsAskedFor(other.gradient)
    whole.train(3)
    train(gradient, rows, other.plan, other.run, 3, history=other.history)
    assert_array_equal(gradient.theta, whole.theta)
    assert other.history["loss"] == whole.history["loss"]


def test_abstract_source_has_no_rows():
    with pytest.raises(NotImplementedError):
        Source().take(slice(1))
