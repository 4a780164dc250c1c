"""Networks of one shape are trained in one pass, and each is what it would be by itself."""

import warnings
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joblib import Parallel, delayed
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from strategies import examples
from test_grouping import new_fit

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
)
from sknn.model_selection import together
from sknn.nn import (
    SGD,
    Activation,
    AdamW,
    BatchNorm,
    Blend,
    Dense,
    Dropout,
    FlatCosine,
    NAdam,
    Periodic,
    PiecewiseLinear,
    PReLU,
    Residual,
    Scale,
    TableInput,
    ThroughRows,
    UnitVariance,
    grouping,
)
from sknn.nn import together as core
from sknn.nn.activations import ReLU
from sknn.nn.batches import Rows
from sknn.nn.fit import Watch, run
from sknn.nn.rows_of_models import RowsOfModels
from sknn.nn.schedules import Adaptive

pytestmark = pytest.mark.usefixtures("pairs_train_together")

N, WIDTH = 30, 4
X = np.random.RandomState(0).randn(2 * N, WIDTH)
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
RESULTS = (
    "n_iter_",
    "t_",
    "loss_",
    "best_loss_",
    "best_validation_score_",
    "_learning_rate",
    "_no_improvement_count",
)


def network(kind=MLPClassifier, **settings):
    usual = {"hidden_layer_sizes": (5,), "max_iter": 3, "batch_size": 8, "random_state": 0}
    return kind(**usual | settings)


def fit(estimator, *data, **named):
    """(the fitted estimator, the messages of its warnings)"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(*data, **named)
    return estimator, [str(warning.message) for warning in caught]


@pytest.fixture
def passes(monkeypatch):
    """How many models each pass has trained together."""
    counts, train = [], core.train

    def counting(gradient, *args, **named):
        counts.append(len(gradient.theta))
        return train(gradient, *args, **named)

    monkeypatch.setattr(core, "train", counting)
    return counts


def assert_each_is_as_by_itself(estimators, data):
    """data: the arguments of fit of each"""
    alone = [fit(clone(each), *own) for each, own in zip(estimators, data, strict=True)]
    with together():
        joint = Parallel()(
            delayed(fit)(each, *own) for each, own in zip(estimators, data, strict=True)
        )
    for (wanted, said), (got, says) in zip(alone, joint, strict=True):
        assert says == said
        for name in ("coefs_", "intercepts_"):
            for one, other in zip(getattr(wanted, name), getattr(got, name), strict=True):
                assert_array_equal(other, one)
        assert_array_equal(got._model.state, wanted._model.state)
        for name in RESULTS:
            one, other = (getattr(fitted, name, None) for fitted in (wanted, got))
            assert_array_equal(other, one, err_msg=name)
        for name in set(wanted.history_) - {"seconds"}:
            assert_array_equal(got.history_[name], wanted.history_[name], err_msg=name)
        assert len(got.history_["seconds"]) == len(wanted.history_["seconds"])


def folds(sizes):
    """Data of which each has so many rows, the first from another place each."""
    return [(X[i : i + size], Y[i : i + size]) for i, size in enumerate(sizes)]


DIFFERENT = {
    "alpha": st.sampled_from([0.0, 1e-3, 1.0]),
    "l1": st.sampled_from([0.0, 1e-3]),
    "learning_rate_init": st.sampled_from([1e-3, 0.1]),
    "tol": st.sampled_from([1e-4, 0.1]),
    "n_iter_no_change": st.sampled_from([1, 2, 10]),
    "random_state": st.integers(0, 3),
    "beta_1": st.sampled_from([0.5, 0.9]),
    "momentum": st.sampled_from([0.0, 0.9]),
    "weight_decay": st.sampled_from([0.0, 0.1]),
    "epsilon": st.sampled_from([1e-8, 1e-3]),
}
ALIKE = {
    "activation": st.sampled_from(["relu", "tanh", "gelu"]),
    "hidden_layer_sizes": st.sampled_from([(5,), (4, 3), ()]),
    "batch_size": st.sampled_from([4, 7, 100]),
    "dtype": st.sampled_from(["auto", "float32"]),
    "solver": st.sampled_from(["sgd", "adam", "adamw", "nadam", "rmsprop", "adagrad"]),
    "learning_rate": st.sampled_from(["constant", "invscaling", "adaptive", "plateau", "cosine"]),
    "shuffle": st.booleans(),
    "dropout": st.sampled_from([0.0, 0.5]),
    "normalization": st.sampled_from([None, "batch", "layer"]),
    "early_stopping": st.booleans(),
    "max_grad_norm": st.sampled_from([None, 0.1]),
}


@st.composite
def fits(draw):
    """(estimators, arguments of fit) of networks of one shape."""
    alike = draw(st.fixed_dictionaries(ALIKE))
    kind = draw(st.sampled_from([MLPClassifier, MLPRegressor]))
    longer = alike["learning_rate"] != "cosine"
    estimators, data = [], []
    weighted = draw(st.booleans())
    for start in range(draw(st.integers(2, 5))):
        own = draw(st.fixed_dictionaries(DIFFERENT))
        epochs = draw(st.integers(1, 6)) if longer else 4
        estimators.append(kind(**alike | own, max_iter=epochs))
        rows = slice(start * draw(st.integers(0, 1)), start + N + draw(st.integers(0, 1)))
        weight = [np.linspace(0.5, 2, len(X[rows]))] if weighted else []
        data.append((X[rows], Y[rows], *weight))
    return estimators, data


@examples(25)
@given(fits())
def test_whatever_differs_each_is_as_by_itself(drawn):
    assert_each_is_as_by_itself(*drawn)


@pytest.mark.slow
@examples(120)
@given(fits())
def test_whatever_differs_each_is_as_by_itself_at_length(drawn):
    assert_each_is_as_by_itself(*drawn)


SLOPES = [Dense(5, PReLU(shared=False)), BatchNorm(), Dropout(0.3)]
STACKS = {
    "residual": [Dense(5), Residual([Dense(5, "tanh"), BatchNorm(), Dropout(0.2)])],
    "slopes": SLOPES,
    "frozen": [Dense(5, trainable=False)],
    "table": [
        TableInput([(Periodic(2, 3), [0, 1]), (PiecewiseLinear([np.array([-1.0, 0, 1])], 3), [2])]),
        Scale(rate=6.0),
        Dense(5, Blend(), scaling="ntp", weight_init=UnitVariance(), bias_init=ThroughRows()),
        Dropout(0.3, FlatCosine()),
    ],
}


@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_any_stack_of_layers_trains_together(layers, passes):
    estimators = [
        SequentialClassifier(layers, alpha=alpha, max_iter=3, batch_size=8, random_state=seed)
        for alpha, seed in ((0.0, 0), (0.1, 1), (1.0, 2))
    ]
    assert_each_is_as_by_itself(estimators, folds([N, N, N + 1]))
    assert passes == [3]


@pytest.mark.parametrize(
    ("others", "sizes"),
    [
        ({}, [N, N]),
        ({"alpha": 1.0}, [N, N]),
        ({"learning_rate_init": 0.1, "tol": 1.0, "n_iter_no_change": 1}, [N, N]),
        ({"max_iter": 7}, [N, N]),
        ({"random_state": 5}, [N, N]),
        ({"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}, [N, N]),
        ({"l1": 0.1}, [N, N - 1]),
        ({}, [31, 32]),  # four batches of at most eight
    ],
)
def test_these_may_differ_within_a_pass(others, sizes, passes):
    assert_each_is_as_by_itself([network(), network(**others)], folds(sizes))
    assert passes == [2]


class Straight(Activation):
    """A user's own: y = z."""

    def forward(self, z, out):
        np.copyto(out, z)

    def backward(self, z, a, dy):
        pass


@pytest.mark.parametrize(
    "others",
    [
        {"hidden_layer_sizes": (6,)},
        {"hidden_layer_sizes": (5, 5)},
        {"activation": "tanh"},
        {"solver": "sgd"},
        {"solver": NAdam(momentum_decay=0.1)},
        {"dtype": "float32"},
        {"batch_size": 9},
        {"learning_rate": "exponential"},
        {"shuffle": False},
        {"early_stopping": True},
        {"max_grad_norm": 1.0},
        {"dropout": 0.1},
        {"normalization": "layer"},
        {"label_smoothing": 0.1},
    ],
    ids=str,
)
def test_these_train_apart(others, passes):
    estimators = [network(), network(**others), network(alpha=1.0), network(alpha=1.0, **others)]
    assert_each_is_as_by_itself(estimators, folds([N] * 4))
    assert passes == [2, 2]


def test_classifiers_of_several_targets_train_together(passes):
    two = [(X[i : i + N], np.column_stack([Y[:N], Y[N:]])) for i in range(3)]
    two[2] = X[:N], np.column_stack([Y[:N], Y[:N] > 0])  # one of three, one of two classes
    assert_each_is_as_by_itself([network(), network(alpha=1.0), network()], two)
    assert passes == [2]


def test_fits_with_and_without_weights_train_apart(passes):
    weight = np.linspace(0.1, 3, N)
    data = [(X[:N], Y[:N]), (X[1 : N + 1], Y[1 : N + 1], weight)]
    assert_each_is_as_by_itself([network(), network()], data)
    assert_each_is_as_by_itself([network(), network()], data[::-1])
    assert passes == []


def test_planned_schedules_of_other_lengths_train_apart(passes):
    estimators = [network(learning_rate="cosine", max_iter=epochs) for epochs in (3, 4, 3)]
    assert_each_is_as_by_itself(estimators, folds([N] * 3))
    assert passes == [2]


SCHEDULED = {
    "dropout": {"layers": [Dropout(0.3, FlatCosine()), Dense(5)]},
    "weight decay": {"layers": [Dense(5)], "solver": AdamW(decay_schedule=FlatCosine())},
}


@pytest.mark.parametrize("settings", SCHEDULED.values(), ids=SCHEDULED)
def test_networks_with_schedules_of_other_lengths_train_apart(settings, passes):
    usual = {"batch_size": 8, "random_state": 0}
    estimators = [
        SequentialClassifier(**settings, max_iter=epochs, **usual) for epochs in (3, 4, 3)
    ]
    assert_each_is_as_by_itself(estimators, folds([N] * 3))
    assert passes == [2]


def test_networks_with_other_edges_train_apart(passes):
    estimators = [
        SequentialClassifier([PiecewiseLinear(4 * [np.array(edges)], 2)], max_iter=2, batch_size=8)
        for edges in ([-1.0, 0, 1], [-1.0, 0, 2], [-1.0, 0, 1])
    ]
    for estimator in estimators:
        estimator.set_params(random_state=0)
    assert_each_is_as_by_itself(estimators, folds([N] * 3))
    assert passes == [2]


@pytest.mark.parametrize(
    "others",
    [
        {"solver": "lbfgs"},
        {"warm_start": True},
        {"max_time": 100},
        {"activation": Straight()},
        {"solver": SGD(momentum=0.5), "early_stopping": True, "scoring": "accuracy"},
    ],
    ids=str,
)
def test_these_train_by_themselves(others, passes):
    assert_each_is_as_by_itself([network(**others), network(**others)], folds([N] * 2))
    assert passes == []


def test_images_sparse_rows_and_many_weights_of_zero_train_by_themselves(passes):
    images = CNNClassifier((2,), hidden_layer_sizes=(), max_iter=2, random_state=0)
    weight = np.arange(N) % 2
    rows = X[:N], Y[:N]
    for estimator, data in (
        (images, (X[:N].reshape(N, 2, 2), Y[:N])),
        (network(), (csr_array(X[:N]), Y[:N])),
        (network(), (*rows, weight)),
    ):
        assert_each_is_as_by_itself([estimator, clone(estimator)], [data, data])
    assert passes == []


def test_networks_of_a_bag_train_together(passes):
    """Bagging draws rows by weighting them with the number of times that each is drawn."""
    drawn = [np.random.RandomState(seed).randint(0, N, N) for seed in range(3)]
    weights = [np.bincount(rows, minlength=N) for rows in drawn]
    assert all((weight == 0).any() for weight in weights)
    estimators = [network(batch_size=16, random_state=seed) for seed in range(3)]
    assert_each_is_as_by_itself(estimators, [(X[:N], Y[:N], weight) for weight in weights])
    assert passes == [3]


@pytest.mark.parametrize("sizes", [(N, N), (N, N + 1)], ids=["even", "uneven"])
@pytest.mark.parametrize("zeros", [slice(8, 16), slice(24, None)], ids=["amid", "last"])
def test_a_batch_without_weight_for_one_network_sends_all_back(zeros, sizes, passes, monkeypatch):
    monkeypatch.setattr(grouping, "RARE", np.inf)
    data = [(X[:n], Y[:n], np.ones(n)) for n in sizes]
    data[0][2][zeros] = 0
    estimators = [network(shuffle=False), network(shuffle=False, alpha=1.0)]
    assert_each_is_as_by_itself(estimators, data)
    assert passes == [2]


@pytest.mark.parametrize(
    ("weight", "subset", "expected"),
    [
        (None, None, 0.0),
        (np.ones((30, 1)), None, 0.0),
        (np.arange(30)[:, None] % 2, None, 3 * (3 * 0.5**8 + 0.5**6)),  # 8 + 8 + 8 + 6 rows
        (np.eye(30, 2), None, 3 * (3 * (28 / 30) ** 8 + (28 / 30) ** 6)),
        (np.arange(30)[:, None] % 2, np.arange(1, 30, 2), 0.0),
        (np.arange(30)[:, None] % 2, np.arange(16), 3 * 2 * 0.5**8),
    ],
)
def test_expected_number_of_batches_without_weight(weight, subset, expected):
    plan, rows = SimpleNamespace(batch_size=8), SimpleNamespace(weight=weight)
    n = 30 if subset is None else len(subset)
    fit = SimpleNamespace(plan=plan, rows=rows, subset=subset, n_samples=n, epochs=3)
    assert grouping.idle_batches(fit) == pytest.approx(expected, rel=1e-12)


def test_seconds_of_a_pass_are_shared_out_among_its_networks(passes):
    settings = {"max_iter": 100, "tol": 0.0, "n_iter_no_change": 100}
    started = perf_counter()
    with together():
        found = Parallel()(
            delayed(fit)(network(alpha=alpha, **settings), X, Y) for alpha in (0.0, 0.1, 0.2, 0.3)
        )
    elapsed = perf_counter() - started
    seconds = [fitted.history_["seconds"] for fitted, _ in found]
    assert passes == [4]
    assert np.sum(seconds) < elapsed
    assert_array_equal(seconds, [seconds[0]] * 4)


def test_interrupt_of_networks_of_a_shape_of_their_own_ends_all(monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ReLU, "forward", interrupt)
    estimators = [network(hidden_layer_sizes=(size,)) for size in (3, 4)]
    with together(), pytest.raises(KeyboardInterrupt):
        Parallel()(delayed(each.fit)(X, Y) for each in estimators)
    assert not any(hasattr(each, "n_iter_") for each in estimators)


def test_a_network_that_diverges_ends_as_by_itself_and_leaves_the_others_alone():
    rates = [1e-3, 1e300, 1e-2]
    estimators = [network(MLPRegressor, learning_rate_init=rate, solver="sgd") for rate in rates]
    with pytest.raises(ValueError, match="non-finite") as alone:
        clone(estimators[1]).fit(X, Y)

    def attempt(estimator):
        try:
            return fit(estimator, X, Y)[0]
        except ValueError as error:
            return str(error)

    with together():
        first, message, last = Parallel()(delayed(attempt)(clone(each)) for each in estimators)
    assert message == str(alone.value)
    for got, estimator in ((first, estimators[0]), (last, estimators[2])):
        wanted, _ = fit(estimator, X, Y)
        assert_array_equal(got.coefs_[0], wanted.coefs_[0])


@pytest.mark.parametrize("rate", [3e3, 1e307])  # its loss, or its weights alone, overflow
def test_a_network_that_diverges_keeps_its_best_weights(rate):
    estimators = [
        network(MLPRegressor, learning_rate_init=one, solver="sgd", early_stopping=True)
        for one in (1e-3, rate)
    ]
    assert_each_is_as_by_itself(estimators, [(X, Y)] * 2)


def test_models_with_the_same_rows_share_them_from_four_on():
    assert grouping.ENOUGH == 4
    data = folds([N] * 2)
    estimators = [network(alpha=alpha) for alpha in (0.0, 0.1, 0.2, 0.3, 0.0, 0.1, 0.2)]
    batches, in_batches = [], grouping.in_batches

    def remembering(fits):
        found = in_batches(fits)
        batches.extend(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sknn.model_selection.room.in_batches", remembering)
        assert_each_is_as_by_itself(estimators, [data[0]] * 4 + [data[1]] * 3)
    assert sorted(map(sorted, batches)) == [[0, 1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("weighted", [False, True])
def test_folds_with_as_many_rows_train_in_one_pass(weighted, passes, monkeypatch):
    monkeypatch.setattr(grouping, "allowed_threads", lambda: 1)
    estimators = [network(alpha=alpha, max_iter=5) for alpha in (0.0, 0.1, 0.2, 0.3) * 2]
    estimators[2].set_params(tol=10.0, n_iter_no_change=1)  # ends before the others
    weights = [np.arange(N) % 3 + 1.0, np.arange(N) % 4 + 1.0]
    data = [
        (*own, weight) if weighted else own
        for own, weight in zip(folds([N] * 2), weights, strict=True)
    ]
    assert_each_is_as_by_itself(estimators, [data[0]] * 4 + [data[1]] * 4)
    assert passes == [8]
    assert [each.n_iter_ for each in estimators] == [5, 5, 3, 5, 5, 5, 5, 5]


def test_rows_of_a_leader_are_those_of_its_models():
    leaders = np.array([0, 1, 0, 3, 1])
    values = [np.random.RandomState(leader).rand(4, 2) for leader in leaders]
    sources = [Rows(own, own[:, :1], own[:, 1], dtype=own.dtype) for own in values]
    source = RowsOfModels(sources, leaders)
    for models in ([0, 1, 2, 3, 4], [1, 2, 4], [3, 4], [0, 2], [2]):
        own = np.array([[3, 1], [0, 2], [3, 1], [2, 2], [0, 2]])[models]
        batch = source.take(own + source.starts[models, None])
        wanted = [values[model][at] for model, at in zip(models, own, strict=True)]
        assert_array_equal(batch.x, wanted)
        assert_array_equal(batch.y, np.array(wanted)[..., :1])
        assert_array_equal(batch.weight, np.array(wanted)[..., 1:])


def test_generators_that_others_hold_end_where_they_would():
    alone, joint = (np.random.RandomState(7) for _ in range(2))
    fit(network(random_state=alone, tol=1.0, n_iter_no_change=1, max_iter=9), X, Y)
    with together():
        Parallel()(
            delayed(fit)(each, X, Y)
            for each in (
                network(random_state=joint, tol=1.0, n_iter_no_change=1, max_iter=9),
                network(random_state=np.random.RandomState(7), max_iter=9),
            )
        )
    assert joint.randint(2**31) == alone.randint(2**31)


class AsksToEnd:
    """What a Watch calls after each epoch: it asks for an end after the second."""

    def __init__(self):
        self.epochs = 0

    def __call__(self):
        self.epochs += 1
        return self.epochs == 2


@pytest.mark.parametrize(
    ("settings", "asks"),
    [({}, False), ({"schedule": Adaptive()}, False), ({}, True)],
    ids=["patience", "slower", "asked"],
)
def test_runs_that_had_begun_before_end_as_by_themselves(settings, asks, passes):
    def pairs():
        found = []
        for rate, best, samples in ((0.01, -1.0, 7), (0.02, np.inf, 70)):
            made = new_fit(learning_rate=rate, epochs=5, n_iter_no_change=2, **settings)
            made.run.patience.best, made.run.progress.samples = np.array(best), samples
            found.append((made, Watch(after_epoch=AsksToEnd() if asks else None)))
        return found

    alone, joint = pairs(), pairs()
    wanted = [run(*pair) for pair in alone]
    assert core.run_together([joint]) == [wanted]
    assert passes == [2]
    assert [result.epochs for result in wanted] == ([2, 2] if asks else [5 if settings else 3, 5])
    for (one, _), (other, _) in zip(alone, joint, strict=True):
        assert other.run.progress == one.run.progress
        assert other.run.patience.best == one.run.patience.best
        assert other.run.patience.count == one.run.patience.count
        assert other.history["loss"] == one.history["loss"]


def test_what_training_changes_is_put_back():
    class Fitted:
        """As much of a Fit as is put back."""

        model = SimpleNamespace(theta=np.arange(3.0), state=np.arange(2.0))
        run = SimpleNamespace(random_state=np.random.RandomState(0))

    before = core._Before(Fitted)
    drawn = Fitted.run.random_state.random_sample()
    Fitted.model.theta[:], Fitted.model.state[:] = 7, 8
    before.restore()
    assert_array_equal(Fitted.model.theta, [0, 1, 2])
    assert_array_equal(Fitted.model.state, [0, 1])
    assert Fitted.run.random_state.random_sample() == drawn


def test_settings_are_one_number_if_all_are_the_same():
    assert core.setting([2.0, 2.0]) == 2.0
    assert np.ndim(core.setting([2.0, 2.0])) == 0
    assert_array_equal(core.setting([2.0, 3.0]), [[2.0], [3.0]])
    assert core.setting([None, None]) is None
