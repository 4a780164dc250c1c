"""Several networks of one shape, trained at once: each as by itself."""

from functools import partial

import numpy as np
import pytest
from helpers import (
    LOSSES,
    MODELS,
    joint_and_singles,
    mostly_zeros,
    normal,
    sample_weights,
    targets,
)
from numpy.testing import assert_array_equal
from sameness import assert_same
from trainers import (
    LAYERS,
    N_IN,
    N_OUTPUTS,
    OPTIMIZERS,
    SOFTMAX,
    N,
    Trainer,
    new_rows,
    validator,
)

from sknn.nn import (
    SGD,
    Activate,
    Adagrad,
    Adam,
    AdamW,
    BatchNorm,
    Blend,
    CosineDecay,
    CosLog,
    Dense,
    Dropout,
    Embedding,
    FlatCosine,
    Flatten,
    LayerNorm,
    NAdam,
    OneCycle,
    Periodic,
    PiecewiseLinear,
    Plateau,
    PReLU,
    RMSprop,
    Scale,
    SiLU,
    Step,
    TableInput,
    Warmup,
)
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.batches import Rows
from sknn.nn.gradient import Gradient
from sknn.nn.network import Network
from sknn.nn.schedules import Adaptive, Constant, InvScaling
from sknn.nn.storage.checkpoint import Checkpoint, run_values
from sknn.nn.training import HISTORY

PER_MODEL = np.array([[0.01], [0.05], [0.2]])
JOINT_PLANS = {  # arrays hold one setting per model
    "one rate": {},
    "rates": {"learning_rate": PER_MODEL},
    "alphas": {"alpha": np.array([[0.0], [0.1], [2.0]])},
    "clipped": {"max_grad_norm": 0.1},
    "clipped at norms of their own": {"max_grad_norm": np.array([[0.01], [0.2], [1e9]])},
    "patience": {"learning_rate": PER_MODEL, "tol": 1e-2, "n_iter_no_change": 2},
    "invscaling": {"learning_rate": PER_MODEL, "schedule": InvScaling()},
    "adaptive, one rate": {"schedule": Adaptive(), "tol": 2e-2, "n_iter_no_change": 1},
    "adaptive, rates": {
        "learning_rate": PER_MODEL,
        "schedule": Adaptive(),
        "tol": 2e-2,
        "n_iter_no_change": 1,
    },
    "step": {"learning_rate": PER_MODEL, "schedule": Step(every=3, factor=0.5)},
    "cosine": {"learning_rate": PER_MODEL, "schedule": CosineDecay()},
    "one_cycle": {"learning_rate": PER_MODEL, "schedule": OneCycle()},
    "coslog": {"learning_rate": PER_MODEL, "schedule": CosLog()},
    "flat_cosine": {"learning_rate": PER_MODEL, "schedule": FlatCosine()},
    "last of ties": {"learning_rate": PER_MODEL, "last_of_ties": True},
    "plateau after warm-up": {
        "learning_rate": PER_MODEL,
        "schedule": Warmup(Plateau(factor=0.5, least=0.01), 9),
        "tol": 2e-2,
        "n_iter_no_change": 1,
    },
}
OUTPUT = Dense(N_OUTPUTS, "identity")
STACKS = {
    "dropout": [Dropout(0.2), Dense(5, "tanh"), Dropout(0.5), OUTPUT],
    "normalised first": [BatchNorm(), Dense(5, "prelu"), LayerNorm(), OUTPUT],
    "normalised": [
        Dense(5, "identity"),
        BatchNorm(),
        Activate("silu"),
        Dropout(0.5),
        OUTPUT,
    ],
    "slopes": [Dense(5, PReLU(shared=False)), Dense(1, PReLU(0.1, shared=False)), OUTPUT],
    "frozen": [Dense(5, "tanh", trainable=False), OUTPUT],
    "periodic": [
        Periodic(2, 3, rate=0.5),
        Dense(5, Blend("selu", rate=0.1), bias_rate=0.1),
        OUTPUT,
    ],
    "table": [
        TableInput([(PiecewiseLinear([[-1, 0, 2], [-1, 0.5]], 3), [0, 2]), (Embedding(2, 3), [1])]),
        Scale(rate=6.0),
        Dense(5, "tanh", scaling="ntp"),
        Dropout(0.3, FlatCosine()),
        OUTPUT,
    ],
}
MODES = ["", "validated", "early stopping"]


def joint_and_single_trainers(plan, mode="", rows=None, layers=LAYERS, **settings):
    """(trainer of all models, [trainer of each]), with the same draws."""
    rows = new_rows() if rows is None else rows
    settings["early_stopping"] = mode == "early stopping"

    def trainer(gradient, plan):
        validate = validator(gradient) if mode else None
        return Trainer(gradient, rows, validate=validate, **settings, **plan)

    joint, singles = joint_and_singles(layers, SOFTMAX, N_IN)
    return trainer(joint, plan), [
        trainer(single, {name: of_model(value, model) for name, value in plan.items()})
        for model, single in enumerate(singles)
    ]


def of_model(value, model):
    """One model's part of a value that may be one for all."""
    return float(np.ravel(value)[model]) if np.ndim(value) else value


def of_model_or_all(moment, model):
    """One model's row of a moment, or the number that is one for all."""
    return np.squeeze(moment[model]) if np.ndim(moment) else moment


def assert_each_is_trained_as_by_itself(joint, singles, epochs=30):
    """To the last bit."""
    outcome = joint.train(epochs)
    assert outcome.stopped.shape == (len(singles),)
    for model, single in enumerate(singles):
        wanted = single.train(epochs)
        assert outcome.stopped[model] == wanted.stopped
        assert_array_equal(joint.theta[model], single.theta)
        assert_array_equal(joint.gradient.state[model], single.gradient.state)
        for name in HISTORY[:-1]:  # all but the seconds
            rows = joint.history[name][: wanted.epochs]
            assert_array_equal([of_model(row, model) for row in rows], single.history[name])
        for name in ("loss", "validation_loss", "validation_score", "gradient_norm"):
            later = [row[model] for row in joint.history[name][wanted.epochs :]]
            assert_array_equal(later, np.full(outcome.epochs - wanted.epochs, np.nan))
        for name, values in single.run.moments.values.items():
            assert_array_equal(of_model_or_all(joint.run.moments[name], model), values)
        for name in ("best", "count"):
            patience = getattr(joint.run.patience, name)
            assert patience[model] == getattr(single.run.patience, name)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("plan", JOINT_PLANS.values(), ids=JOINT_PLANS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("mode", MODES)
def test_training_several_models_is_training_each(plan, optimizer, mode):
    trainers = joint_and_single_trainers(plan, mode, optimizer=OPTIMIZERS[optimizer])
    assert_each_is_trained_as_by_itself(*trainers)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("rates", [0.02, PER_MODEL], ids=["one rate", "rates"])
def test_training_several_models_is_training_each_with_any_optimizer(optimizer, rates):
    trainers = joint_and_single_trainers({"learning_rate": rates}, optimizer=optimizer)
    assert_each_is_trained_as_by_itself(*trainers, epochs=10)


def drawn_training(seed):
    """(number of models, dtype, layers, loss, rows, optimiser, plan), all drawn."""
    rng = np.random.default_rng(seed)
    n_models = int(rng.integers(2, 6))

    def one_of(*values):
        return values[rng.integers(len(values))]

    def number(*values):
        """One for all models, or one for each."""
        each = rng.choice(np.array(values, float), size=(n_models, 1))
        return each if rng.random() < 0.6 else float(each[0, 0])

    dtype, name = one_of(np.float32, np.float64), one_of(*LOSSES)
    loss, n, n_in = LOSSES[name], one_of(7, 40, 130, 400), one_of(1, 4, 30, 200)
    n_outputs = one_of(2, 3, 10) if "softmax" in name else one_of(1, 2, 10)
    n_outputs *= loss.outputs_per_target
    layers = []
    for units in rng.choice([1, 5, 64, 200], size=rng.integers(3)):
        layers.append(Dense(int(units), one_of(*ACTIVATIONS, PReLU(shared=False), SiLU(1.5))))
        layers += one_of([], [], [BatchNorm()], [LayerNorm()], [Dropout(0.3)])
    layers.append(Dense(n_outputs, "identity"))
    optimizer = one_of(
        lambda: SGD(number(0, 0.9, 0.5), one_of(True, False)),
        lambda: Adam(number(0.9, 0.77), number(0.999, 0.9), number(1e-8, 0.1)),
        lambda: AdamW(weight_decay=number(0, 0.1, 0.5)),
        lambda: NAdam(beta_1=number(0.9, 0.77)),
        lambda: RMSprop(number(0.99, 0.9)),
        lambda: Adagrad(number(1e-10, 0.1)),
    )()
    plan = {
        "batch_size": min(one_of(6, 32, 200), n),
        "learning_rate": number(1e-3, 1e-2, 0.1),
        "alpha": number(0, 1e-3, 1),
        "l1": number(0, 0.1),
        "tol": number(1e-4, 1e-2),
        "n_iter_no_change": number(1, 2, np.inf),
        "max_grad_norm": one_of(None, number(0.01, 1, 1e6)),
        "schedule": one_of(*DRAWN_SCHEDULES),
    }
    weight = one_of(None, sample_weights(n))
    x, y = one_of(1, 50) * normal(n, n_in, seed=seed), targets(loss, n, n_outputs, seed)
    return n_models, dtype, layers, loss, Rows(x, y, weight, dtype=dtype), optimizer, plan


DRAWN_SCHEDULES = [
    *(Constant(), InvScaling(), Adaptive(), Plateau(0.7), CosineDecay(), OneCycle()),
    Warmup(Step(2, 0.5), 5),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("seed", range(60))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # some of them diverge
def test_training_drawn_models_is_bit_for_bit_training_each(seed):
    n_models, dtype, layers, loss, rows, optimizer, plan = drawn_training(seed)
    network = Network(layers, rows.x.shape[1:])
    initial = [network.initial(np.random.RandomState(model), dtype) for model in range(n_models)]

    def trainer(theta, state, optimizer, plan):
        gradient = Gradient(network, loss, theta, state)
        return Trainer(gradient, rows, optimizer=lambda: optimizer, **plan)

    singles = []
    for model, (theta, state) in enumerate(initial):
        settings = optimizer.settings().items()
        own = type(optimizer)(**{name: of_model(value, model) for name, value in settings})
        own_plan = {name: of_model(value, model) for name, value in plan.items()}
        singles.append(trainer(theta.copy(), state.copy(), own, own_plan))
    joint = trainer(*map(np.stack, zip(*initial, strict=True)), optimizer, plan)
    assert_each_is_trained_as_by_itself(joint, singles, epochs=4)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
@pytest.mark.parametrize("mode", MODES)
def test_training_several_models_is_training_each_with_any_layers(layers, mode):
    l1 = np.array([[0.0], [0.1], [0.3]])
    plan = {"learning_rate": PER_MODEL, "alpha": 0.1, "l1": l1, "n_iter_no_change": 3}
    trainers = joint_and_single_trainers(plan, mode, layers=layers)
    assert_each_is_trained_as_by_itself(*trainers, epochs=15)


TABLE = [  # the network of RealMLP, on three numbers, a code and two other columns
    TableInput([(Periodic(rate=0.1), slice(0, 3)), (Embedding(7), [3])]),
    Scale(rate=6.0),
    Dense(64, Blend("selu", rate=0.1), scaling="ntp", bias_rate=0.1),
    Dropout(0.15, FlatCosine()),
    Dense(N_OUTPUTS, "identity", scaling="ntp", bias_rate=0.1),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bins", [False, True], ids=["periodic", "piecewise linear"])
def test_networks_on_tables_are_bit_for_bit_those_of_each(dtype, bins):
    edges = [np.linspace(-1, 1, 33), [0, 1, 2], [-1, 1]]
    first = TableInput([(PiecewiseLinear(edges, 5), slice(0, 3)), (Embedding(7), [3])])
    layers = [first, *TABLE[1:]] if bins else TABLE
    x = np.column_stack([normal(150, 3), np.arange(150) % 9, normal(150, 2)])
    rows = Rows(x, targets(SOFTMAX, 150, N_OUTPUTS), dtype=dtype)
    network, subset = Network(layers, (6,)), np.array([np.arange(i, i + 140) for i in range(4)])
    initial = [network.initial(np.random.RandomState(model), dtype) for model in range(4)]

    def trainer(theta, state, **own):
        optimizer = partial(AdamW, 0.9, 0.95, weight_decay=0.2, decay_schedule=FlatCosine())
        plan = {"schedule": CosLog(), "learning_rate": 0.04, "batch_size": 64, **own}
        return Trainer(Gradient(network, SOFTMAX, theta, state), rows, optimizer=optimizer, **plan)

    singles = [
        trainer(theta.copy(), state.copy(), seed=model, subset=subset[model])
        for model, (theta, state) in enumerate(initial)
    ]
    theta, state = map(np.stack, zip(*initial, strict=True))
    joint = trainer(theta, state, seed=[0, 1, 2, 3], subset=subset)
    assert_each_is_trained_as_by_itself(joint, singles, epochs=3)


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
        assert_array_equal(joint.theta[model], singles[model].theta)


class Counting(Dense):
    """A Dense layer that notes how many models it is passed, and whether they train."""

    def __init__(self, units, activation, seen):
        super().__init__(units, activation)
        self.seen = seen  # a list of (training, number of models)

    def forward(self, params, state, x, cache, context):
        self.seen.append((context.training, len(params["weight"])))
        return super().forward(params, state, x, cache, context)


@pytest.mark.parametrize("why", ["patience", "divergence"])
def test_models_that_have_stopped_leave_the_batch(why):
    seen = []
    layers = [Counting(5, "tanh", seen), OUTPUT]
    network = Network(layers, (N_IN,))
    initial = [network.initial(np.random.RandomState(model), float) for model in range(MODELS)]
    plan = JOINT_PLANS["patience"]
    if why == "divergence":
        plan = {"learning_rate": np.array([[0.1], [np.inf], [0.2]])}
    gradient = Gradient(network, SOFTMAX, *map(np.stack, zip(*initial, strict=True)))
    trainer = Trainer(gradient, new_rows(), batch_size=N, **plan)  # one step in each epoch
    with np.errstate(all="ignore"):
        outcome = trainer.train(300 if why == "patience" else 5)
    last = np.where(outcome.stopped > 0, outcome.stopped, outcome.epochs)
    assert len(set(last)) > 1
    wanted = [(True, int(np.sum(last > epoch))) for epoch in range(outcome.epochs)]
    assert seen == wanted


EVERYTHING_PER_MODEL = {
    "learning_rate": np.array([[0.002], [0.02], [0.01], [0.05]]),
    "alpha": np.array([[0.0], [0.1], [0.01], [0.0]]),
    "l1": np.array([[0.0], [0.0], [0.01], [0.0]]),
    "max_grad_norm": np.array([[0.5], [0.1], [1e9], [0.2]]),
    "tol": np.array([[1e-1], [1e-2], [1e-2], [5e-2]]),
    "n_iter_no_change": np.array([[9], [2], [1], [3]]),
}
OPTIMIZERS_PER_MODEL = {
    "adam": lambda: Adam(np.array([[0.9], [0.8], [0.7], [0.6]]), epsilon=1e-3),
    "sgd": lambda: SGD(np.array([[0.9], [0.5], [0.0], [0.8]])),
    "nadam": lambda: NAdam(np.array([[0.9], [0.8], [0.7], [0.6]])),
}


def four_and_singles(optimizer, dtype, early_stopping=False, seed=0, subset=None, **settings):
    """(trainer of four models with settings of their own, [trainer of each]).

    seed: a list if models have their own    subset: (4, n) if they have rows of their own
    """
    layers = [*STACKS["dropout"][:2], BatchNorm(), *STACKS["dropout"][2:]]
    network = Network(layers, (N_IN,))
    initial = [network.initial(np.random.RandomState(model), dtype) for model in range(4)]
    given = new_rows()
    rows = Rows(given.x, given.y, sample_weights(N), dtype=dtype)

    def trainer(theta, state, model=None):
        gradient = Gradient(network, SOFTMAX, theta, state)
        own = {"seed": seed, "subset": subset, **settings}
        if model is not None and isinstance(seed, list):
            own["seed"] = seed[model]
        if model is not None and np.ndim(subset) == 2:
            own["subset"] = subset[model]
        one, plan = optimizer(), EVERYTHING_PER_MODEL
        if model is not None:
            columns = one.settings().items()
            one = type(one)(**{name: of_model(value, model) for name, value in columns})
            plan = {name: of_model(value, model) for name, value in plan.items()}
        validate = validator(gradient) if early_stopping else None
        plan = {"early_stopping": early_stopping, **plan, **own}
        return Trainer(gradient, rows, optimizer=lambda: one, validate=validate, **plan)

    singles = [trainer(*map(np.copy, pair), model) for model, pair in enumerate(initial)]
    return trainer(*map(np.stack, zip(*initial, strict=True))), singles


@pytest.mark.one_in(2)
@pytest.mark.parametrize("optimizer", OPTIMIZERS_PER_MODEL.values(), ids=OPTIMIZERS_PER_MODEL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_models_that_remain_go_on_as_by_themselves(optimizer, dtype, early_stopping):
    joint, singles = four_and_singles(optimizer, dtype, early_stopping)
    assert_each_is_trained_as_by_itself(joint, singles, epochs=40)
    ends = {len(single.history["loss"]) for single in singles}
    assert len(ends) >= 3  # so that models leave more than once


SEEDS = [3, 1, 4, 2]
FOLDS = np.array([np.delete(np.arange(N), slice(5 * fold, 5 * fold + 5)) for fold in range(4)])
OWN = {
    "seeds": {"seed": SEEDS},
    "rows": {"subset": FOLDS},
    "rows in their order": {"subset": FOLDS, "shuffle": False},
    "seeds and rows": {"seed": SEEDS, "subset": FOLDS},
    "seeds and the same rows": {"seed": SEEDS, "subset": FOLDS[1]},
    "seeds, all rows in their order": {"seed": SEEDS, "shuffle": False},
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("own", OWN.values(), ids=OWN)
@pytest.mark.parametrize(("optimizer", "dtype"), [("adam", np.float32), ("sgd", np.float64)])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_models_with_seeds_and_rows_of_their_own_are_trained_as_by_themselves(
    own, optimizer, dtype, early_stopping
):
    given = OPTIMIZERS_PER_MODEL[optimizer], dtype, early_stopping
    joint, singles = four_and_singles(*given, **own)
    assert_each_is_trained_as_by_itself(joint, singles, epochs=30)
    assert len({len(single.history["loss"]) for single in singles}) > 1
    for model, single in enumerate(singles):
        order = joint.run.order if joint.run.order.ndim == 1 else joint.run.order[model]
        assert_array_equal(order, single.run.order)


def test_models_take_all_rows_in_orders_of_their_own_without_shuffling():
    given = new_rows()
    orders = np.array([np.random.default_rng(model).permutation(N) for model in range(MODELS)])
    joint, gradients = joint_and_singles(LAYERS, SOFTMAX, N_IN)
    joint = Trainer(joint, given, shuffle=False, subset=orders)
    joint.train(2)
    for model, (order, gradient) in enumerate(zip(orders, gradients, strict=True)):
        rows = Rows(given.x[order], given.y[order], dtype=np.float64)
        Trainer(gradient, rows, shuffle=False).train(2)
        assert_array_equal(joint.theta[model], gradient.theta)


def weightless_for_one(optimizer):
    """(trainer of two models, [of each]); in the first one's second batch all weights are zero."""
    weight = np.ones(N)
    weight[6:12] = 0
    given = new_rows()
    rows = Rows(given.x, given.y, weight, dtype=np.float64)
    subset = np.array([np.arange(18), np.arange(19, 1, -1)])
    layers = [Dense(5, "tanh"), Dropout(0.5), BatchNorm(), OUTPUT]
    network = Network(layers, (N_IN,))
    initial = [network.initial(np.random.RandomState(model), float) for model in range(2)]

    def trainer(theta, state, **own):
        gradient = Gradient(network, SOFTMAX, theta, state)
        settings = {"shuffle": False, "alpha": 0.1, "optimizer": optimizer}
        return Trainer(gradient, rows, **settings, **own)

    singles = [
        trainer(*map(np.copy, pair), seed=model, subset=subset[model])
        for model, pair in enumerate(initial)
    ]
    pair = map(np.stack, zip(*initial, strict=True))
    return trainer(*pair, seed=[0, 1], subset=subset), singles


def test_batch_whose_weights_are_zero_for_one_model_is_none_for_that_model():
    joint, singles = weightless_for_one(SGD)
    assert_each_is_trained_as_by_itself(joint, singles, epochs=3)


def test_batch_whose_weights_are_zero_for_one_model_leaves_its_moments():
    joint, _ = weightless_for_one(Adam)
    joint.plan.batch_size = 18  # one batch, of the rows of this order
    joint.run.order = np.array([np.full(18, 7), np.arange(18)])
    theta = joint.theta.copy()
    joint.train(1)
    assert_array_equal(joint.theta[0], theta[0])
    assert np.all(joint.theta[1] != theta[1])
    assert not joint.run.moments["mean"][0].any()
    assert joint.run.moments["mean"][1].all()
    assert joint.run.moments.steps == 1


@pytest.mark.parametrize("early_stopping", [False, True])
def test_validation_sees_the_final_weights_of_models_that_have_stopped(early_stopping):
    joint, singles = four_and_singles(OPTIMIZERS_PER_MODEL["adam"], np.float64, early_stopping)
    stopped = [single.train(40).epochs for single in singles]
    validate, seen = validator(joint.gradient), []

    def noting():
        seen.append(joint.theta.copy())
        return validate()

    joint.validate = noting
    joint.train(40)
    assert min(stopped) < max(stopped) == len(seen)
    for model, single in enumerate(singles):
        for theta in seen[stopped[model] :]:
            assert_array_equal(theta[model], single.theta)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("seed", [0, SEEDS], ids=["one seed", "seeds"])
def test_models_that_remain_go_on_from_a_checkpoint(early_stopping, seed, tmp_path):
    given = OPTIMIZERS_PER_MODEL["nadam"], np.float64, early_stopping, seed
    undisturbed, _ = four_and_singles(*given)
    outcome = undisturbed.train(40)
    middle = int(np.median(outcome.stopped))
    assert outcome.stopped.min() < middle < outcome.stopped.max()
    first, _ = four_and_singles(*given)

    def save(checkpoint, last):
        if checkpoint.epochs == middle:
            checkpoint.write(tmp_path / "checkpoint")

    first.train(middle + 1, save=save)
    resumed, _ = four_and_singles(*given)
    resumed.theta.fill(np.nan)
    again = resumed.train(40, start=Checkpoint.read(tmp_path / "checkpoint"))
    assert_array_equal(again.stopped, outcome.stopped)
    assert_array_equal(resumed.theta, undisturbed.theta)
    assert_array_equal(resumed.gradient.state, undisturbed.gradient.state)
    assert_same(run_values(resumed.run), run_values(undisturbed.run))
    for name in HISTORY[:-1]:
        assert_array_equal(resumed.history[name], undisturbed.history[name])


def test_one_model_that_diverged_among_others_is_named_in_the_end():
    plan = {"learning_rate": np.array([[0.1], [np.inf], [0.2]]), "tol": 1e9}
    joint, _ = joint_and_single_trainers(plan)
    with np.errstate(all="ignore"):
        outcome = joint.train(50)
    assert (outcome.reason, outcome.epochs) == ("diverged", 12)
    assert_array_equal(outcome.stopped, [12, 1, 12])
    assert outcome.where == "layer 1 (Dense)"


def test_model_that_diverged_before_a_checkpoint_is_named_in_the_end(tmp_path):
    def new():
        plan = {"learning_rate": np.array([[0.1], [np.inf], [0.2]]), "tol": 1e9}
        return joint_and_single_trainers(plan)[0]

    path = tmp_path / "checkpoint"
    with np.errstate(all="ignore"):
        new().train(3, save=lambda checkpoint, last: checkpoint.write(path))
        outcome = new().train(50, start=Checkpoint.read(path))
    assert (outcome.reason, outcome.epochs, outcome.where) == ("diverged", 12, "layer 1 (Dense)")
    assert_array_equal(outcome.stopped, [12, 1, 12])


def test_model_that_diverged_is_not_named_while_others_train():
    joint, _ = joint_and_single_trainers({"learning_rate": np.array([[0.1], [np.inf], [0.2]])})
    with np.errstate(all="ignore"):
        outcome = joint.train(3)
    assert (outcome.reason, outcome.where) == ("epochs", None)


def test_models_slow_down_at_epochs_of_their_own():
    joint, singles = joint_and_single_trainers(JOINT_PLANS["adaptive, one rate"])
    joint.train(20)
    rates = np.array([np.broadcast_to(np.ravel(r), MODELS) for r in joint.history["learning_rate"]])
    assert len({tuple(row) for row in rates.T}) == MODELS
    for model, single in enumerate(singles):
        single.train(20)
        epochs = len(single.history["learning_rate"])
        assert_array_equal(rates[:epochs, model], single.history["learning_rate"])


def test_history_stays_as_it_was_when_rates_are_changed_in_place():
    joint, _ = joint_and_single_trainers({"learning_rate": PER_MODEL.copy()})
    joint.train(1)
    joint.plan.learning_rate *= 2
    joint.train(1)
    assert_array_equal(joint.history["learning_rate"], [PER_MODEL[:, 0], 2 * PER_MODEL[:, 0]])


@pytest.mark.parametrize("kind", ["sparse", "weighted"])
def test_training_several_models_on_rows_of_every_kind(kind):
    x = mostly_zeros(N, N_IN)[kind == "sparse"]
    weight = sample_weights(N) if kind == "weighted" else None
    rows = Rows(x, targets(SOFTMAX, N, N_OUTPUTS), weight, dtype=np.float64)
    joint, singles = joint_and_single_trainers({"learning_rate": PER_MODEL}, rows=rows)
    joint.train(5)
    for model, single in enumerate(singles):
        single.train(5)
        assert_array_equal(joint.theta[model], single.theta)


@pytest.mark.parametrize("mode", MODES)
def test_model_that_diverges_leaves_the_others_alone(mode):
    plan = {"learning_rate": np.array([[0.1], [np.inf], [0.2]])}
    joint, singles = joint_and_single_trainers(plan, mode)
    with np.errstate(all="ignore"):
        outcome = joint.train(10)
    assert_array_equal(outcome.stopped > 0, [False, True, False])
    for model in (0, 2):
        singles[model].train(10)
        assert_array_equal(joint.theta[model], singles[model].theta)


def test_models_that_all_diverge_end_training():
    joint, _ = joint_and_single_trainers({"learning_rate": np.full((MODELS, 1), np.inf)})
    with np.errstate(all="ignore"):
        outcome = joint.train(10)
    assert (outcome.reason, outcome.epochs) == ("diverged", 1)
    assert_array_equal(outcome.stopped, np.ones(MODELS))


def test_model_that_diverged_has_no_validation_figures():
    joint, _ = joint_and_single_trainers({"learning_rate": np.array([[0.1], [np.inf], [0.2]])})
    joint.validate = lambda: (np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))
    with np.errstate(all="ignore"):
        joint.train(1)
    assert_array_equal(joint.history["validation_loss"], [[1, np.nan, 3]])
    assert_array_equal(joint.history["validation_score"], [[4, np.nan, 6]])


def test_networks_on_images_are_not_made_for_the_model_axis():
    network = Network([Flatten(), OUTPUT], (2, 2, 1))
    theta = np.zeros((MODELS, network.layout.size))
    with pytest.raises(ValueError, match=r"must be a vector, got shape \(3, 15\)"):
        Gradient(network, SOFTMAX, theta, np.zeros((MODELS, 0)))
