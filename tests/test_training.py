from functools import partial

import numpy as np
import pytest
from helpers import (
    LOSSES,
    MODELS,
    Interrupting,
    Slow,
    joint_and_singles,
    mostly_zeros,
    new_batch,
    new_gradient,
    normal,
    sample_weights,
    targets,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, softmax
from sklearn.utils import shuffle

from sknn.nn import Dense
from sknn.nn.batches import Rows
from sknn.nn.network import Network
from sknn.nn.optimizers import SGD, Adam
from sknn.nn.schedules import Adaptive, Constant, InvScaling
from sknn.nn.stopping import Patience
from sknn.nn.training import HISTORY, Plan, Run, train

N, N_IN, N_OUTPUTS = 20, 4, 3
LAYERS = [Dense(5, "tanh"), Dense(N_OUTPUTS, "identity")]
SOFTMAX = LOSSES["log_loss softmax"]
PLAIN_SGD = partial(SGD, momentum=0.0, nesterov=False)
OPTIMIZERS = {"sgd": PLAIN_SGD, "nesterov": SGD, "adam": Adam}
NEVER = {"tol": 0.0, "n_iter_no_change": np.inf}  # settings of a plan: patience without end
FOR_SURE = {"tol": 1e9}  # no epoch after the first improves by so much


class Trainer:
    """One network and all that ``train`` takes for it; ``train`` may be called repeatedly."""

    def __init__(
        self, gradient, rows, *, optimizer=PLAIN_SGD, seed=0, subset=None, validate=None, **plan
    ):
        self.gradient, self.rows = gradient, rows
        self.plan = Plan(**{"batch_size": 6, "learning_rate": 0.1} | plan)
        theta, _ = gradient.trainable
        models = theta.shape[:-1]
        random_state = np.random.RandomState(seed)
        self.run = Run(optimizer(theta), random_state, Patience(models=models))
        self.history = {name: [] for name in HISTORY}
        self.subset, self.validate = subset, validate

    def train(self, epochs, **settings):
        return train(
            self.gradient,
            self.rows,
            self.plan,
            self.run,
            epochs,
            history=self.history,
            subset=self.subset,
            validate=self.validate,
            **settings,
        )

    @property
    def theta(self):
        return self.gradient.theta


def new_rows(n=N, weight=None, loss=SOFTMAX, seed=0):
    return Rows(
        normal(n, N_IN, seed=seed), targets(loss, n, N_OUTPUTS, seed), weight, dtype=np.float64
    )


def new_trainer(rows=None, layers=LAYERS, loss=SOFTMAX, **settings):
    """A trainer with a small network, on rows of its own unless told."""
    gradient = new_gradient(layers, loss, N_IN)
    return Trainer(gradient, new_rows(loss=loss) if rows is None else rows, **settings)


def validator(gradient, seed=5):
    """() -> (loss, score) of the gradient's network on rows of their own; the score is -loss."""
    network, loss = gradient.network, gradient.loss
    rows = new_rows(seed=seed)

    def validate():
        params, state = network.layout.views(gradient.theta), [{} for _ in network.layers]
        z = network.forward(params, state, rows.x, network.workspaces(np.float64))
        total = loss.sum_and_gradient(rows.y, z, None, np.empty_like(z))
        return total / N, -total / N

    return validate


class Scores:
    """Validation whose scores are given beforehand; keeps a copy of theta at each."""

    def __init__(self, scores):
        self.scores, self.thetas = iter(scores), []

    def of(self, trainer):
        self.trainer = trainer
        trainer.validate = self
        return trainer

    def __call__(self):
        self.thetas.append(self.trainer.theta.copy())
        score = next(self.scores)
        return -score, score


# One step, with known numbers


def three_layers():
    """The Gradient, and the Batch, of the worked example of 3-3-3-3 units."""
    layers = [Dense(3, "relu"), Dense(3, "logistic"), Dense(3, "identity")]
    gradient = new_gradient(layers, SOFTMAX, 3)
    weights = [
        [[0.1, 0.2, 0.3], [0.3, 0.2, 0.7], [0.4, 0.3, 0.9]],
        [[0.2, 0.3, 0.5], [0.3, 0.5, 0.7], [0.6, 0.4, 0.8]],
        [[0.1, 0.4, 0.8], [0.3, 0.7, 0.2], [0.5, 0.2, 0.9]],
    ]
    for params, weight in zip(gradient.network.layout.views(gradient.theta), weights, strict=True):
        params["weight"][...] = weight
        params["bias"][...] = 1
    return gradient, new_batch(np.array([[0.1, 0.2, 0.7]]), np.array([[1.0, 0.0, 0.0]]))


def test_worked_example_forward():
    gradient, batch = three_layers()
    params = gradient.network.layout.views(gradient.theta)
    outputs = []
    for depth in (1, 2, 3):
        network = Network(gradient.network.layers[:depth], (3,))
        workspaces = network.workspaces(np.float64)
        outputs.append(network.forward(params[:depth], [{}] * depth, batch.x, workspaces))
    assert_allclose(outputs[0], [[1.35, 1.27, 1.8]], atol=5e-9)
    assert_allclose(outputs[1], [[0.93883129, 0.94047563, 0.9820843]], atol=5e-9)
    assert_allclose(outputs[2], [[1.86706797, 2.23028232, 2.82303603]], atol=5e-9)
    assert_allclose(SOFTMAX.predict(outputs[2]), [[0.19844689, 0.28535553, 0.51619758]], atol=5e-9)


def test_worked_example_loss_and_its_gradient():
    _, batch = three_layers()
    z = np.array([[1.86706797, 2.23028232, 2.82303603]])
    dz = np.empty_like(z)
    assert_allclose(SOFTMAX.sum_and_gradient(batch.y, z, None, dz), 1.61723375, atol=1e-8)
    assert_allclose(dz, [[-0.80155311, 0.28535553, 0.51619758]], atol=1e-8)


def test_worked_example_step():
    gradient, batch = three_layers()
    rows = Rows(batch.x, batch.y, dtype=np.float64)
    trainer = Trainer(gradient, rows, batch_size=1, learning_rate=0.01)
    trainer.train(1)
    wanted = [
        [
            [0.09999275, 0.19998906, 0.2999815],
            [0.29998551, 0.19997812, 0.699963],
            [0.39994927, 0.29992343, 0.89987049],
        ],
        [
            [0.1996535, 0.29995275, 0.49997129],
            [0.29967403, 0.49995555, 0.69997299],
            [0.599538, 0.399937, 0.79996172],
        ],
        [
            [0.10752523, 0.39732099, 0.79515378],
            [0.30753841, 0.6973163, 0.19514529],
            [0.50787193, 0.19719757, 0.8949305],
        ],
    ]
    for params, weight in zip(gradient.network.layout.views(trainer.theta), wanted, strict=True):
        assert_allclose(params["weight"], weight, atol=5e-9)
    dz = np.array([[-0.80155311, 0.28535553, 0.51619758]])  # the gradient of the last bias
    assert_allclose(params["bias"], 1 - 0.01 * dz, atol=5e-9)
    assert_allclose(trainer.history["loss"], [1.61723375], atol=5e-9)


def test_one_step_of_scikit_learns_example():
    """The numbers of ``test_fit`` in scikit-learn's tests of its MLPs."""
    loss = LOSSES["log_loss logistic"]
    gradient = new_gradient([Dense(2, "logistic"), Dense(1, "identity")], loss, 3)
    first, second = gradient.network.layout.views(gradient.theta)
    first["weight"][...] = [[0.1, 0.2], [0.3, 0.1], [0.5, 0]]
    first["bias"][...] = 0.1
    second["weight"][...] = [[0.1], [0.2]]
    second["bias"][...] = 1
    rows = Rows(np.array([[0.6, 0.8, 0.7]]), np.array([[0.0]]), dtype=np.float64)
    Trainer(gradient, rows, batch_size=1, learning_rate=0.1, alpha=0.1).train(1)
    wanted = [[0.098, 0.195756], [0.2956664, 0.096008], [0.4939998, -0.002244]]
    assert_allclose(first["weight"], wanted, atol=1e-3)
    assert_allclose(first["bias"], [[0.098333, 0.09626]], atol=1e-3)
    assert_allclose(second["weight"], [[0.04706], [0.154089]], atol=1e-3)
    assert_allclose(second["bias"], [[0.9235]], atol=1e-3)
    hidden = expit(rows.x @ first["weight"] + first["bias"])
    assert_allclose(expit(hidden @ second["weight"] + second["bias"]), [[0.739]], atol=1e-3)


# Epochs


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_weights_are_bit_equal_from_run_to_run(optimizer, sparse):
    rows = Rows(mostly_zeros(N, N_IN)[sparse], targets(SOFTMAX, N, N_OUTPUTS), dtype=np.float64)
    first, second = (new_trainer(rows, optimizer=optimizer) for _ in range(2))
    first.train(5)
    second.train(5)
    assert_array_equal(first.theta, second.theta)


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_softmax_regression_follows_gradient_descent_written_out(weighted):
    weight = sample_weights(N) if weighted else np.ones(N)
    rows = new_rows(weight=weight if weighted else None)
    trainer = new_trainer(rows, [Dense(N_OUTPUTS, "identity")], batch_size=8, alpha=0.5)
    params = trainer.gradient.network.layout.views(trainer.theta)[0]
    w, b = params["weight"].copy(), params["bias"].copy()
    trainer.train(3)
    order, random_state = np.arange(N), np.random.RandomState(0)
    for _ in range(3):
        order = shuffle(order, random_state=random_state)
        for at in (order[:8], order[8:16], order[16:]):
            dz = (softmax(rows.x[at] @ w + b, axis=1) - rows.y[at]) * weight[at, None]
            b = b - 0.1 * dz.sum(axis=0) / weight[at].sum()
            w = w - 0.1 * (rows.x[at].T @ dz + 0.5 * w) / weight[at].sum()
    assert_allclose(params["weight"], w, rtol=1e-12)
    assert_allclose(params["bias"], b, rtol=1e-12, atol=1e-15)


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


@pytest.mark.parametrize(
    "schedule", [Constant(), InvScaling(), Adaptive()], ids=lambda s: type(s).__name__
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_calls_of_one_epoch_are_bit_for_bit_one_call_of_several(schedule, optimizer):
    settings = {"optimizer": optimizer, "schedule": schedule, "alpha": 0.1, **NEVER}
    whole, parts = new_trainer(**settings), new_trainer(**settings)
    whole.train(6)
    for _ in range(6):
        parts.train(1)
    assert_array_equal(parts.theta, whole.theta)
    for name in HISTORY[:-1]:  # all but the seconds
        assert_array_equal(parts.history[name], whole.history[name])


def test_progress_counts_steps_epochs_and_samples():
    trainer = new_trainer()
    trainer.train(3)
    progress = trainer.run.progress
    assert (progress.step, progress.epoch, progress.samples) == (12, 3, 3 * N)
    assert progress.total_steps == 12


def test_samples_go_on_from_those_of_an_earlier_fit():
    trainer = new_trainer(schedule=InvScaling())
    trainer.run = Run(trainer.run.optimizer, np.random.RandomState(0), Patience(), samples=79)
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


def test_progress_is_said_line_by_line():
    lines = []
    trainer = Scores([0.5, 0.5, 0.5]).of(new_trainer(n_iter_no_change=1, **FOR_SURE))
    trainer.train(9, say=lines.append)
    losses = trainer.history["loss"]
    assert lines == [
        f"Iteration 1, loss = {losses[0]:.8f}",
        "Validation score: 0.500000",
        f"Iteration 2, loss = {losses[1]:.8f}",
        "Validation score: 0.500000",
        f"Iteration 3, loss = {losses[2]:.8f}",
        "Validation score: 0.500000",
        "Validation score did not improve more than tol=1000000000.000000 for 1 consecutive "
        "epochs. Stopping.",
    ]


def test_progress_says_the_new_rate():
    lines = []
    trainer = new_trainer(n_iter_no_change=1, schedule=Adaptive(), **FOR_SURE)
    trainer.train(3, say=lines.append)
    assert lines[-1].startswith("Training loss did not improve more than tol=")
    assert lines[-1].endswith("Setting learning rate to 0.020000")


# When it ends


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


def test_validation_score_is_watched_and_the_best_weights_are_put_back():
    scores = Scores([0.1, 0.3, 0.2, 0.7, 0.6, 0.65, 0.69, 0.9])
    trainer = scores.of(new_trainer(tol=0.05, n_iter_no_change=2))
    outcome = trainer.train(50)
    assert (outcome.reason, outcome.epochs) == ("patience", 7)
    assert_array_equal(trainer.theta, scores.thetas[3])
    assert trainer.run.patience.best == -0.7


def test_best_weights_are_put_back_when_the_epochs_are_over():
    scores = Scores([0.1, 0.3, 0.2])
    trainer = scores.of(new_trainer())
    assert trainer.train(3).reason == "epochs"
    assert_array_equal(trainer.theta, scores.thetas[1])


def test_improvement_by_less_than_tol_is_the_best_all_the_same():
    scores = Scores([0.1, 0.11, 0.12, 0.05])
    trainer = scores.of(new_trainer(tol=0.5, n_iter_no_change=2))
    assert trainer.train(50).epochs == 4
    assert_array_equal(trainer.theta, scores.thetas[2])


def test_adaptive_schedule_divides_the_rate_until_it_is_small_enough():
    trainer = new_trainer(n_iter_no_change=1, schedule=Adaptive(), **FOR_SURE)
    outcome = trainer.train(100)
    # Two epochs without improvement each; the first of all is one.
    rates = [0.1] + [0.1 / 5**count for count in range(9) for _ in range(2)]
    assert_allclose(trainer.history["learning_rate"], rates, rtol=1e-14)
    assert (outcome.reason, outcome.epochs) == ("patience", 19)
    assert trainer.run.progress.plateaus == 8


def test_schedule_may_see_how_long_training_has_stalled():
    seen = []

    class Watching(Constant):
        def rate(self, progress, base):
            seen.append(int(progress.stalled))
            return base

    trainer = new_trainer(schedule=Watching(), batch_size=N, n_iter_no_change=3, **FOR_SURE)
    trainer.train(50)
    assert seen == [0, 0, 1, 2, 3]


@pytest.mark.parametrize("validated", [False, True])
def test_divergence_ends_training_and_is_reported(validated):
    rows = Rows(1e150 * normal(N, N_IN), normal(N, N_OUTPUTS), dtype=np.float64)
    trainer = new_trainer(rows, [Dense(N_OUTPUTS, "identity")], LOSSES["squared_error"])
    before = trainer.theta.copy()
    trainer.validate = (lambda: (np.nan, np.nan)) if validated else None
    with np.errstate(all="ignore"):
        outcome = trainer.train(50)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("diverged", 1, 1)
    assert len(trainer.history["loss"]) == 1
    assert np.isnan(trainer.history["validation_score"][0])
    if validated:  # the best weights are those before
        assert_array_equal(trainer.theta, before)
    else:
        assert not np.isfinite(trainer.theta).all()


@pytest.mark.parametrize("validated", [False, True])
def test_after_epoch_that_returns_true_ends_training(validated):
    calls = []

    def after_epoch():
        calls.append(len(trainer.history["loss"]))
        return len(calls) == 3

    scores = Scores([0.2, 0.1, 0.05])
    trainer, reference = new_trainer(), new_trainer()
    if validated:
        scores.of(trainer)
    outcome = trainer.train(50, after_epoch=after_epoch)
    assert (outcome.reason, outcome.epochs, outcome.stopped) == ("asked", 3, 0)
    assert calls == [1, 2, 3]
    reference.train(3)
    assert_array_equal(trainer.theta, scores.thetas[0] if validated else reference.theta)


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
    assert len(interrupted.history["loss"]) == 2


def test_interrupt_puts_the_best_weights_back():
    scores = Scores([0.1, 0.3, 0.2])
    trainer = scores.of(new_trainer(layers=[Interrupting(N_OUTPUTS, [4 * 3 + 2])]))
    assert trainer.train(50).reason == "interrupted"
    assert_array_equal(trainer.theta, scores.thetas[1])


def test_interrupt_after_an_epoch_counts_the_epoch():
    def after_epoch():
        if len(trainer.history["loss"]) == 2:
            raise KeyboardInterrupt

    trainer, reference = new_trainer(), new_trainer()
    outcome = trainer.train(50, after_epoch=after_epoch)
    reference.train(2)
    assert (outcome.reason, outcome.epochs) == ("interrupted", 2)
    assert_array_equal(trainer.theta, reference.theta)


# Several models at once

PER_MODEL = np.array([[0.01], [0.05], [0.2]])
JOINT_PLANS = {  # arrays hold one setting per model
    "one rate": {},
    "rates": {"learning_rate": PER_MODEL},
    "alphas": {"alpha": np.array([[0.0], [0.1], [2.0]])},
    "patience": {"learning_rate": PER_MODEL, "tol": 1e-2, "n_iter_no_change": 2},
    "invscaling": {"learning_rate": PER_MODEL, "schedule": InvScaling()},
    "adaptive, one rate": {"schedule": Adaptive(), "tol": 2e-2, "n_iter_no_change": 1},
    "adaptive, rates": {
        "learning_rate": PER_MODEL,
        "schedule": Adaptive(),
        "tol": 2e-2,
        "n_iter_no_change": 1,
    },
}


def joint_and_single_trainers(plan, validated=False, rows=None, **settings):
    """(trainer of all models, [trainer of each]), with the same draws."""
    rows = new_rows() if rows is None else rows

    def trainer(gradient, plan):
        validate = validator(gradient) if validated else None
        return Trainer(gradient, rows, validate=validate, **settings, **plan)

    joint, singles = joint_and_singles(LAYERS, SOFTMAX, N_IN)
    return trainer(joint, plan), [
        trainer(single, {name: of_model(value, model) for name, value in plan.items()})
        for model, single in enumerate(singles)
    ]


def of_model(value, model):
    """One model's part of a value that may be one for all."""
    return float(np.ravel(value)[model]) if np.ndim(value) else value


@pytest.mark.parametrize("plan", JOINT_PLANS.values(), ids=JOINT_PLANS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("validated", [False, True], ids=["", "validated"])
def test_training_several_models_is_training_each(plan, optimizer, validated):
    joint, singles = joint_and_single_trainers(plan, validated, optimizer=optimizer)
    outcome = joint.train(60)
    assert outcome.stopped.shape == (MODELS,)
    for model, single in enumerate(singles):
        wanted = single.train(60)
        assert outcome.stopped[model] == wanted.stopped
        assert_allclose(joint.theta[model], single.theta, rtol=1e-10)
        for name in HISTORY[:-1]:  # all but the seconds
            row = [of_model(value, model) for value in joint.history[name][: wanted.epochs]]
            assert_allclose(row, single.history[name], rtol=1e-10)


def test_models_stop_at_epochs_of_their_own():
    joint, singles = joint_and_single_trainers(JOINT_PLANS["patience"])
    outcome = joint.train(300)
    assert outcome.reason == "patience"
    assert outcome.epochs == outcome.stopped.max()
    assert len(set(outcome.stopped)) == MODELS
    assert_array_equal(outcome.stopped, [single.train(300).stopped for single in singles])


@pytest.mark.parametrize("reason", ["asked", "interrupted"])
def test_models_that_stopped_earlier_get_their_weights_back_however_training_ends(reason):
    joint, singles = joint_and_single_trainers(JOINT_PLANS["patience"])
    stopped = [single.train(300).epochs for single in singles]
    end = max(stopped) - 1

    def after_epoch():
        if len(joint.history["loss"]) == end and reason == "interrupted":
            raise KeyboardInterrupt
        return len(joint.history["loss"]) == end

    outcome = joint.train(300, after_epoch=after_epoch)
    assert (outcome.reason, outcome.epochs) == (reason, end)
    earlier = np.flatnonzero(np.array(stopped) < end)
    assert len(earlier) > 0
    for model in earlier:
        assert_allclose(joint.theta[model], singles[model].theta, rtol=1e-10)


def test_models_slow_down_at_epochs_of_their_own():
    joint, singles = joint_and_single_trainers(JOINT_PLANS["adaptive, one rate"])
    joint.train(20)
    rates = np.array([np.broadcast_to(np.ravel(r), MODELS) for r in joint.history["learning_rate"]])
    assert len({tuple(row) for row in rates.T}) == MODELS
    for model, single in enumerate(singles):
        single.train(20)
        epochs = len(single.history["learning_rate"])
        assert_allclose(rates[:epochs, model], single.history["learning_rate"], rtol=1e-12)


@pytest.mark.parametrize("kind", ["sparse", "weighted"])
def test_training_several_models_on_rows_of_every_kind(kind):
    x = mostly_zeros(N, N_IN)[kind == "sparse"]
    weight = sample_weights(N) if kind == "weighted" else None
    rows = Rows(x, targets(SOFTMAX, N, N_OUTPUTS), weight, dtype=np.float64)
    joint, singles = joint_and_single_trainers({"learning_rate": PER_MODEL}, rows=rows)
    joint.train(5)
    for model, single in enumerate(singles):
        single.train(5)
        assert_allclose(joint.theta[model], single.theta, rtol=1e-10)


@pytest.mark.parametrize("validated", [False, True], ids=["", "validated"])
def test_model_that_diverges_leaves_the_others_alone(validated):
    plan = {"learning_rate": np.array([[0.1], [np.inf], [0.2]])}
    joint, singles = joint_and_single_trainers(plan, validated)
    with np.errstate(all="ignore"):
        outcome = joint.train(10)
    assert_array_equal(outcome.stopped > 0, [False, True, False])
    for model in (0, 2):
        singles[model].train(10)
        assert_allclose(joint.theta[model], singles[model].theta, rtol=1e-10)


def test_models_that_all_diverge_end_training():
    joint, _ = joint_and_single_trainers({"learning_rate": np.full((MODELS, 1), np.inf)})
    with np.errstate(all="ignore"):
        outcome = joint.train(10)
    assert (outcome.reason, outcome.epochs) == ("diverged", 1)
    assert_array_equal(outcome.stopped, np.ones(MODELS))
