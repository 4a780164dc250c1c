import numpy as np
import pytest
from helpers import MODELS, joint_and_singles
from numpy.testing import assert_array_equal

from sknn.nn import Adam, BatchNorm, stopping
from sknn.nn.losses import SQUARED_ERROR
from sknn.nn.plan import Plan
from sknn.nn.stopping import Keeper, Parts, Patience
from sknn.nn.training_state import TrainingState

LOSSES_SEEN = np.array([3.0, 2.0, 1.95, 1.99, 1.0, 1.2, 0.95, 0.95, 0.4])


def scikit_learns(values, tol):
    """(count, best) after each value: the rule of scikit-learn's MLPs, in plain Python."""
    best, count, seen = np.inf, 0, []
    for value in values:
        count = count + 1 if value > best - tol else 0
        best = value if value < best else best
        seen.append((count, best))
    return seen


@pytest.mark.parametrize("tol", [0.0, 0.1, 10.0])
def test_patience_counts_and_remembers_as_scikit_learn_does(tol):
    patience, seen = Patience(), []
    for value in LOSSES_SEEN:
        patience.watch(value, tol)
        seen.append((int(patience.count), float(patience.best)))
    assert seen == scikit_learns(LOSSES_SEEN, tol)


def test_patience_takes_nan_for_no_improvement():
    patience, counts = Patience(), []
    for value in [np.nan, np.nan, 2.0, np.nan, 1.0]:
        patience.watch(value, 0.1)
        counts.append(int(patience.count))
    assert counts == [1, 2, 0, 1, 0]
    assert patience.best == 1.0


def test_patience_takes_inf_for_no_improvement_even_as_the_first_value():
    patience, counts = Patience(), []
    for value in [np.inf, np.inf, 2.0, np.inf, -np.inf]:
        patience.watch(value, 0.0)
        counts.append(int(patience.count))
    assert counts == [1, 2, 0, 1, 0]


def test_improvement_of_exactly_tol_counts():
    patience = Patience(best=2.0)
    patience.watch(1.5, 0.5)
    assert patience.count == 0
    patience.watch(1.25, 0.5)
    assert patience.count == 1
    patience.watch(1.25, 0.0)  # no worse, which is enough without tol
    assert patience.count == 0


def test_patience_says_which_value_is_the_best_so_far():
    patience = Patience()
    best = [bool(patience.watch(value, 0.5)) for value in [3, 2.9, 3, 2.9, np.nan, 2.8]]
    assert best == [True, True, False, False, False, True]


@pytest.mark.parametrize("last_of_ties", [False, True])
def test_patience_says_whether_the_first_or_the_last_of_ties_is_the_best(last_of_ties):
    patience = Patience()
    values = [np.inf, np.nan, 2.0, 2.0, 3.0, 2.0, 1.0, 1.0, np.nan]
    said = [bool(patience.watch(value, 0.1, last_of_ties)) for value in values]
    ties = [3, 5, 7] if last_of_ties else []
    assert np.flatnonzero(said).tolist() == sorted([2, 6, *ties])
    assert (patience.best, patience.count) == (1.0, 2)  # a tie is no improvement


def test_patience_starts_from_a_given_best():
    patience = Patience(best=2.0)
    assert not patience.watch(2.5, 0.0)
    assert (patience.count, patience.best) == (1, 2.0)


def test_patience_is_spent_after_more_than_the_limit():
    patience = Patience()
    spent = []
    for _ in range(5):
        patience.watch(1.0, 0.1)
        spent.append(bool(patience.spent(2)))
    assert spent == [False, False, False, True, True]  # the first is an improvement


def test_patience_of_infinite_limit_is_never_spent():
    patience = Patience()
    for _ in range(50):
        patience.watch(1.0, 0.0)
    assert not patience.spent(np.inf)


def test_patience_of_several_models_is_that_of_each():
    values = np.array([LOSSES_SEEN, LOSSES_SEEN[::-1], np.ones(len(LOSSES_SEEN))])
    joint, singles = Patience(models=(MODELS,)), [Patience() for _ in range(MODELS)]
    for value in values.T:
        improved = joint.watch(value, 0.1)
        assert_array_equal(improved, [p.watch(v, 0.1) for p, v in zip(singles, value, strict=True)])
        assert_array_equal(joint.count, [patience.count for patience in singles])
        assert_array_equal(joint.best, [patience.best for patience in singles])
        assert_array_equal(joint.spent(1), [patience.spent(1) for patience in singles])


def test_patience_of_some_models_goes_on_and_is_taken_over():
    joint = Patience(models=(MODELS,))
    joint.watch(np.array([3.0, 2.0, 1.0]), 0.1)
    joint.watch(np.array([3.5, 2.5, 1.5]), 0.1)
    models = np.array([True, False, True])
    some = joint.select(models)
    some.watch(np.array([4.0, 0.5]), 0.1)
    assert_array_equal(joint.best, [3, 2, 1])  # untouched so far
    assert_array_equal(joint.count, [1, 1, 1])
    joint.update(models, some)
    assert_array_equal(joint.best, [3, 2, 0.5])
    assert_array_equal(joint.count, [2, 1, 0])


@pytest.mark.parametrize("which", [True, False])
def test_keeper_goes_back_to_what_was_kept_last(which):
    theta, state = np.arange(4.0), np.arange(2.0)
    keeper = Keeper(theta, state)
    theta += 10
    state += 10
    keeper.keep(theta, state, np.array(which))
    theta += 10
    state += 10
    keeper.restore(theta, state, np.array(True))
    assert_array_equal(theta, np.arange(4.0) + 10 * which)
    assert_array_equal(state, np.arange(2.0) + 10 * which)


def test_keeper_keeps_and_restores_model_by_model():
    theta, state = np.zeros((MODELS, 4)), np.zeros((MODELS, 2))
    keeper = Keeper(theta, state)
    theta += 1
    state += 1
    keeper.keep(theta, state, np.array([True, False, True]))
    theta += 1
    state += 1
    keeper.restore(theta, state, np.array([True, True, False]))
    assert_array_equal(theta[:, 0], [1, 0, 2])
    assert_array_equal(state[:, 0], [1, 0, 2])
    assert_array_equal(theta, np.repeat(theta[:, :1], 4, axis=1))


def test_keeper_may_be_without_state():
    theta, state = np.zeros((MODELS, 4)), np.zeros((MODELS, 0))
    keeper = Keeper(theta, state)
    theta += 1
    keeper.restore(theta, state, np.array([True, False, False]))
    assert_array_equal(theta[:, 0], [0, 1, 1])


def test_parts_are_copies_whose_memory_is_reused():
    gradient, _ = joint_and_singles([BatchNorm()], SQUARED_ERROR, 2)
    optimizer, states = Adam(), [np.random.RandomState(seed) for seed in range(MODELS)]
    moments = optimizer.start(gradient.theta)
    run = TrainingState(optimizer, moments, states, Patience(models=(MODELS,)), draws=False)
    run.seed, run.order = [0, 1, 2], np.zeros((MODELS, 4), int)
    alpha = np.array([[0.1], [0.2], [0.3]])
    parts = Parts(gradient, Plan(batch_size=2, alpha=alpha), run)
    models = np.array([True, False, True])
    memory = None
    for epoch in range(2):
        gradient.theta += 1
        gradient.state += 2
        run.moments["mean"][...] += 3
        run.progress.plateaus = np.array([[1], [2], [3]]) + epoch
        before = gradient.theta.copy(), gradient.state.copy(), run.moments["mean"].copy()
        own, plan, own_run = parts.take(models)
        assert memory is None or own.theta is memory
        memory = own.theta
        assert_array_equal(plan.alpha, alpha[models])
        assert_array_equal(own_run.progress.plateaus, run.progress.plateaus[models])
        vectors = own.theta, own.state, own_run.moments["mean"]
        for vector, of_all in zip(vectors, before, strict=True):
            assert_array_equal(vector, of_all[models])
            vector += 10
        own_run.moments.steps += 1
        parts.write_back(models, own, own_run)
        after = gradient.theta, gradient.state, run.moments["mean"]
        for now, of_all in zip(after, before, strict=True):
            assert_array_equal(now, of_all + 10 * models[:, None])
        assert run.moments.steps == epoch + 1


def test_parts_keep_the_memory_of_a_limited_number_of_them(monkeypatch):
    monkeypatch.setattr(stopping, "MOST_PARTS", 2)
    gradient, _ = joint_and_singles([], SQUARED_ERROR, 2)
    moments, patience = Adam().start(gradient.theta), Patience(models=(MODELS,))
    run = TrainingState(Adam(), moments, [None] * MODELS, patience, draws=False)
    run.order = np.arange(4)
    parts = Parts(gradient, Plan(batch_size=2), run)
    first, second, third = np.eye(MODELS, dtype=bool)
    memory, _, _ = parts.take(first)
    parts.take(second)
    assert parts.take(first)[0] is memory
    parts.take(third)
    assert parts.take(first)[0] is not memory
