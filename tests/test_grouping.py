"""Which fits may train in one pass, which may not, and how many at a time."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from sknn.estimators.starts import new_history
from sknn.nn import (
    SGD,
    AdamW,
    CosineDecay,
    Dense,
    Dropout,
    FlatCosine,
    Flatten,
    Huber,
    Scale,
    TableInput,
    grouping,
)
from sknn.nn.batches import Rows
from sknn.nn.fit import Fit, LbfgsPlan, Watch
from sknn.nn.grouping import in_batches, in_two, leaders, same_rows, shape_of
from sknn.nn.losses import SQUARED_ERROR
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.plan import Plan
from sknn.nn.stopping import Patience
from sknn.nn.training_state import TrainingState

N, WIDTH = 20, 3
X = np.random.RandomState(0).normal(size=(40, WIDTH))
Y = X[:, :1] + 1
LAYERS = [Dense(2)]


def rows(n=N, x=X, y=Y, weight=None, dtype=np.float64, codebook=None):
    return Rows(x[:n], y[:n], weight, dtype=dtype, codebook=codebook)


def new_fit(layers=LAYERS, optimizer=None, dtype=np.float64, seed=0, loss=SQUARED_ERROR, **own):
    """own: the shape of a sample, fields of Fit, and of Plan"""
    random_state = np.random.RandomState(seed)
    network = Network([*layers, Dense(1, "identity")], own.pop("shape", (WIDTH,)))
    theta, state = network.initial(random_state, dtype)
    optimizer = SGD() if optimizer is None else optimizer
    moments = optimizer.start(theta, network.layout.n_decayed)
    fields = {
        "model": Model(network, own.pop("predicting", SQUARED_ERROR), theta, state),
        "loss": loss,
        "rows": own.pop("rows", None) or rows(),
        "subset": own.pop("subset", None),
        "held_out": own.pop("held_out", None),
        "run": TrainingState(optimizer, moments, random_state, Patience()),
        "epochs": own.pop("epochs", 3),
        "history": new_history(),
    }
    fields |= {
        name: own.pop(name) for name in ("checkpoint", "goes_on", "own_draws") if name in own
    }
    return Fit(**fields, plan=own.pop("plan", None) or Plan(**{"batch_size": 6} | own))


def shape(watch=None, **changes):
    return shape_of(new_fit(**changes), watch or Watch())


class OwnLayer(Scale):
    """A user's own."""


class OwnLoss(Huber):
    """A user's own."""


def nothing(*args):
    """What a Watch may call."""


WEIGHT = np.ones((N, 1))
IDLE = np.where(np.arange(N)[:, None] == 3, 0, WEIGHT)
BY_THEMSELVES = {
    "from a checkpoint": {"checkpoint": SimpleNamespace(epochs=1)},
    "to go on": {"goes_on": True},
    "for a time": {"max_time": 9.0},
    "of changed images": {"augment": nothing},
    "of images": {"layers": [Flatten()], "shape": (1, WIDTH, 1)},
    "lbfgs": {"plan": LbfgsPlan(0.0, 0.0, 9, 1e-4, 10, None, False)},
    "of sparse rows": {"rows": rows(x=csr_array(X))},
    "with idle samples": {"rows": rows(weight=IDLE)},
    "with a layer of the user's": {"layers": [OwnLayer()]},
    "with a loss of the user's": {"loss": OwnLoss()},
    "that predicts with a loss of the user's": {"predicting": OwnLoss()},
    **{
        f"with {name}": {"watch": Watch(**{name: nothing})}
        for name in ("before_epoch", "say", "save", "score")
    },
}


@pytest.mark.parametrize("changes", BY_THEMSELVES.values(), ids=BY_THEMSELVES)
def test_these_train_by_themselves(changes):
    assert shape() is not None
    assert shape(**changes) is None


ALIKE = {
    "numbers": {"alpha": 0.1, "l1": 0.1, "learning_rate": 0.5, "tol": 0.0, "n_iter_no_change": 3},
    "other draws": {"seed": 5},
    "other values": {"rows": rows(x=X + 1, y=-Y)},
    "epochs without a plan": {"epochs": 9},
    "a number of the optimiser": {"optimizer": SGD(momentum=0.5)},
    "as many batches of other rows": {"rows": rows(19)},
    "a watch after the epoch": {"watch": Watch(after_epoch=nothing)},
}


@pytest.mark.parametrize("changes", ALIKE.values(), ids=ALIKE)
def test_these_may_differ(changes):
    assert shape(**changes) == shape()


def test_weights_and_norms_may_differ():
    assert shape(rows=rows(weight=WEIGHT)) == shape(rows=rows(weight=2 * WEIGHT))
    assert shape(max_grad_norm=1.0) == shape(max_grad_norm=2.0)


def test_batches_of_all_rows_may_be_asked_for_by_any_size():
    assert shape(batch_size=N) == shape(batch_size=50) == shape(batch_size=60, rows=rows(19))


SCHEDULED = (Dropout(0.5, FlatCosine()),)
DIFFERENT = {
    "layers": ({"layers": [Dense(3)]}, {}),
    "settings of layers": ({"layers": [Dense(2, "tanh")]}, {}),
    "loss": ({"loss": Huber()}, {}),
    "loss of predictions": ({"predicting": Huber()}, {}),
    "schedule": ({"schedule": CosineDecay()}, {}),
    "optimiser": ({"optimizer": AdamW()}, {}),
    "a flag of the optimiser": ({"optimizer": SGD(nesterov=False)}, {}),
    "dtype of the model": ({"dtype": np.float32}, {}),
    "dtype of the rows": ({"rows": rows(dtype=np.float32)}, {}),
    "outputs": ({"rows": rows(y=np.hstack([Y, Y]))}, {}),
    "weights": ({"rows": rows(weight=WEIGHT)}, {}),
    "columns of weights": (
        {"rows": rows(weight=np.hstack([WEIGHT, WEIGHT]))},
        {"rows": rows(weight=WEIGHT)},
    ),
    "size of batches": ({"batch_size": 5}, {}),
    "number of batches": ({"rows": rows(30)}, {}),
    "shuffling": ({"shuffle": False}, {}),
    "early stopping": ({"early_stopping": True}, {}),
    "clipping": ({"max_grad_norm": 1.0}, {}),
    "an end": ({"planned": False}, {}),
    "validation": ({"held_out": object()}, {}),
    "ties": ({"last_of_ties": True}, {}),
    "planned epochs": ({"schedule": CosineDecay(), "epochs": 9}, {"schedule": CosineDecay()}),
    "epochs of a layer": ({"layers": SCHEDULED, "epochs": 9}, {"layers": SCHEDULED}),
    "epochs of a decay": (
        {"optimizer": AdamW(decay_schedule=FlatCosine()), "epochs": 9},
        {"optimizer": AdamW(decay_schedule=FlatCosine())},
    ),
}


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_these_train_apart(one, other):
    assert None not in (shape(**one), shape(**other))
    assert shape(**one) != shape(**other)


def test_shapes_are_hashable_whatever_the_settings_are():
    def parts(stop):
        layer = TableInput([(Scale(), slice(0, stop)), (Scale(), np.array([2]))])
        return shape(layers=[layer])

    assert len({parts(1), parts(2), parts(1)}) == 2


def room_for(n, fit):
    """Bytes in which so many models fit: four vectors of theta, and three times all outputs."""
    theta, units = len(fit.model.theta), 2 + 1
    return n * fit.rows.dtype.itemsize * (4 * theta + 3 * fit.plan.batch_size * units)


def batches(fits):
    return in_batches([(fit, Watch()) for fit in fits])


def with_rows_of_their_own(n, **changes):
    dtype = changes.pop("rows_in", np.float64)
    return [new_fit(rows=rows(x=X + i, dtype=dtype), **changes) for i in range(n)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_as_many_train_at_a_time_as_the_cache_has_room_for(dtype, monkeypatch):
    fits = with_rows_of_their_own(7, rows_in=dtype)
    monkeypatch.setattr(grouping, "CACHE", room_for(3, fits[0]))
    assert batches(fits) == [[0, 1, 2], [3, 4], [5, 6]]
    monkeypatch.setattr(grouping, "CACHE", room_for(3, fits[0]) - 1)
    assert batches(fits) == [[0, 1], [2, 3], [4, 5], [6]]
    monkeypatch.setattr(grouping, "CACHE", 1)
    assert batches(fits[:2]) == [[0], [1]]


def test_no_more_than_64_train_at_a_time():
    fits = with_rows_of_their_own(65)
    assert list(map(len, batches(fits))) == [33, 32]
    assert list(map(len, batches(fits[:64]))) == [64]


def test_large_batches_come_first():
    fits = [new_fit(batch_size=5), *with_rows_of_their_own(3), new_fit(batch_size=4)]
    assert batches(fits) == [[1, 2, 3], [0], [4]]


def test_a_model_of_a_megabyte_trains_alone(monkeypatch):
    fits = with_rows_of_their_own(3)
    monkeypatch.setattr(grouping, "LARGE", room_for(1, fits[0]))
    assert batches(fits) == [[0], [1], [2]]
    monkeypatch.setattr(grouping, "LARGE", room_for(1, fits[0]) + 1)
    assert batches(fits) == [[0, 1, 2]]


def test_two_fits_train_together_only_with_the_same_rows():
    assert batches(with_rows_of_their_own(2)) == [[0], [1]]
    assert batches([new_fit(), new_fit()]) == [[0, 1]]
    assert batches(with_rows_of_their_own(3)) == [[0, 1, 2]]


def test_fits_with_different_numbers_of_rows_are_cut_by_these_numbers(monkeypatch):
    fits = [new_fit(rows=rows(n, x=X + i)) for i, n in enumerate((20, 19, 20, 19, 20, 19))]
    monkeypatch.setattr(grouping, "CACHE", room_for(3, fits[0]))
    assert batches(fits) == [[1, 3, 5], [0, 2, 4]]


def four(n=N, shift=0, **changes):
    """Fits with the same rows in the same order, which draw nothing else."""
    fits = [new_fit(rows=rows(n, x=X + shift), own_draws=True, **changes) for _ in range(4)]
    for fit in fits:
        fit.run.seed = None
    return fits


@pytest.mark.parametrize("n_threads", [1, 2])
def test_groups_with_the_same_rows_are_merged_if_they_have_as_many(n_threads, monkeypatch):
    monkeypatch.setattr(grouping, "allowed_threads", lambda: n_threads)
    wanted = [[*range(8)]] if n_threads == 1 else [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert batches(four() + four(shift=1)) == wanted
    apart = [[4, 5, 6, 7], [0, 1, 2, 3]]
    assert batches(four() + four(19)) == apart  # in order of their numbers of rows
    three = four(19) + four() + four(19, shift=1)
    assert batches(three) == [[0, 1, 2, 3, 8, 9, 10, 11], [4, 5, 6, 7]]
    several = four() + four(shift=1) + four(shift=2)
    assert list(map(len, batches(several))) == [[12], [8, 4]][n_threads - 1]
    uneven = four() + four() + four(shift=1) + four(shift=2)  # the smallest ones are merged first
    assert list(map(len, batches(uneven))) == [[16], [8, 8]][n_threads - 1]


def test_merged_groups_fit_into_the_cache_and_share_their_orders(monkeypatch):
    monkeypatch.setattr(grouping, "allowed_threads", lambda: 1)
    fits, apart = four() + four(shift=1), [[0, 1, 2, 3], [4, 5, 6, 7]]
    monkeypatch.setattr(grouping, "CACHE", room_for(8, fits[0]))
    assert batches(fits) == [[*range(8)]]
    monkeypatch.setattr(grouping, "CACHE", room_for(8, fits[0]) - 1)
    assert batches(fits) == apart
    monkeypatch.undo()
    monkeypatch.setattr(grouping, "allowed_threads", lambda: 1)
    fits[5].run.random_state.random_sample()  # another order than the rest of its group
    assert sorted(batches(fits)) == apart
    held_by_others = [replace(fit, own_draws=False) for fit in four(shift=1)]
    assert sorted(batches(four() + held_by_others)) == apart
    drawing = four() + four(shift=1)
    for fit in drawing:
        fit.run.seed = 0
    assert batches(drawing) == apart


def test_four_fits_with_the_same_rows_share_them_and_fewer_do_not():
    shared = [new_fit() for _ in range(4)]
    others = with_rows_of_their_own(4)[1:]
    assert batches([*others, *shared]) == [[3, 4, 5, 6], [0, 1, 2]]
    assert batches([*others, *shared[:3]]) == [[0, 1, 2, 3, 4, 5]]


CODES = np.arange(N) % 2
BOOK = np.eye(2)[:, :1]
WHOLE = {"x": X, "y": CODES, "weight": WEIGHT, "codebook": BOOK}
SMALLER_BOOK = np.array([[0.0], [1.0]])


@pytest.mark.parametrize(
    "changes",
    [
        {"x": X + 1},
        {"x": np.where(np.arange(40)[:, None] == 7, X + 1, X)},
        {"y": 1 - CODES},
        {"weight": 2 * WEIGHT},
        {"weight": None},
        {"codebook": SMALLER_BOOK},
    ],
    ids=str,
)
def test_rows_are_the_same_if_all_of_them_is(changes):
    fit = new_fit(rows=rows(**WHOLE))
    same = new_fit(rows=rows(**{name: np.array(value) for name, value in WHOLE.items()}))
    assert same_rows(fit, same)
    other = new_fit(rows=rows(**WHOLE | changes))
    assert not same_rows(fit, other)
    assert not same_rows(other, fit)


def test_rows_of_other_subsets_are_others():
    fit, other = (new_fit(subset=np.arange(start, 10)) for start in (0, 1))
    assert not same_rows(fit, other)
    assert not same_rows(fit, new_fit())
    assert same_rows(fit, new_fit(subset=np.arange(10)))


def test_leader_has_the_same_rows_and_a_generator_at_one_place_that_nobody_else_has():
    fit, same, other = (new_fit(seed=seed, own_draws=True) for seed in (0, 0, 1))
    others = new_fit(own_draws=True, rows=rows(x=X + 1))
    assert_array_equal(leaders([fit, same]), [0, 0])
    assert_array_equal(leaders([other, others, fit, same, others, other]), [0, 1, 2, 2, 1, 0])
    assert_array_equal(leaders([fit, replace(same, own_draws=False)]), [0, 1])
    assert_array_equal(leaders([replace(fit, own_draws=False), same]), [0, 1])
    assert_array_equal(leaders([replace(fit, own_draws=False)] * 2), [0, 1])
    state = same.run.random_state.get_state()
    same.run.random_state.random_sample()  # the same key, two numbers further
    assert_array_equal(same.run.random_state.get_state()[1], state[1])
    assert_array_equal(leaders([fit, same]), [0, 1])
    same.run.random_state.set_state(state)
    same.run.seed = fit.run.seed + 1
    assert_array_equal(leaders([fit, same]), [0, 1])
    same.run.seed = fit.run.seed
    other.run.seed = fit.run.seed  # another key, at the same place
    assert other.run.random_state.get_state()[2] == fit.run.random_state.get_state()[2]
    assert_array_equal(leaders([fit, other]), [0, 1])


def test_numbers_of_an_optimiser_are_those_that_may_differ():
    constant, numbers = in_two(AdamW(beta_1=0.5, decay_schedule=None))
    assert numbers == ["beta_1", "beta_2", "epsilon", "weight_decay"]
    assert constant == (AdamW, ("decay_schedule", None))
    constant, numbers = in_two(SGD(momentum=1))
    assert (constant, numbers) == ((SGD, ("momentum", 1), ("nesterov", True)), [])
