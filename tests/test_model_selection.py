"""Searches and cross-validation whose networks train together give what scikit-learn gives."""

import faulthandler
import gc
import io
import pickle
import signal
import sys
import threading
import warnings
import weakref
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import partial
from itertools import permutations, product
from operator import truediv
from os import getpid
from time import perf_counter, sleep

import joblib
import numpy as np
import pytest
from interrupts import InterruptAtNew
from joblib import Parallel, delayed, parallel_config
from joblib.parallel import get_active_backend
from sklearn import config_context, model_selection
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import RFECV
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

import sknn.model_selection as ours
from sknn import CNNClassifier, MLPClassifier, MLPRegressor
from sknn.estimators.meeting import ROOM
from sknn.model_selection import backend, room, together
from sknn.model_selection.progress import ProgressLine, _duration
from sknn.nn import together as core

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("pairs_train_together"),
]

N, WIDTH = 24, 3
X = np.random.RandomState(0).randn(N, WIDTH)
Y = np.arange(N) % 3
BOTH = np.column_stack([Y == 0, Y == 1]).astype(int)
GRID = {"alpha": [0.0, 1.0], "tol": [1e-4, 1e-2]}


def network(kind=MLPClassifier, **settings):
    usual = {"hidden_layer_sizes": (3,), "max_iter": 2, "batch_size": 8, "random_state": 0}
    return kind(**usual | settings)


class Important(MLPClassifier):
    """Its coef_ ranks features."""

    @property
    def coef_(self):
        return self.coefs_[0].T


def of_search(search, X=X):
    """What a search has found, without times."""
    kept = {name: value for name, value in search.cv_results_.items() if "time" not in name}
    found = [kept, search.best_index_]
    return [*found, search.predict(X)] if hasattr(search, "best_estimator_") else found


def of_cross_validation(results):
    return {name: value for name, value in results.items() if "time" not in name}


def cheapest(results):
    return int(np.argmin(results["mean_test_score"]))


def search(source, *args, y=Y, fit=None, **named):
    return of_search(source.GridSearchCV(*args, cv=2, **named).fit(X, y, **(fit or {})))


def random_search(source):
    settings = {"n_iter": 3, "cv": 2, "random_state": 0}
    return of_search(source.RandomizedSearchCV(network(), GRID, **settings).fit(X, Y))


def halving(name, source):
    settings = {"cv": 2, "random_state": 0, "min_resources": 12, "factor": 2}
    return of_search(getattr(source, name)(network(), GRID, **settings).fit(X, Y))


def routed(source):
    with config_context(enable_metadata_routing=True):
        estimator = network().set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        weight = {"sample_weight": np.linspace(1, 2, N)}
        return search(source, estimator, {"alpha": [0.0, 1.0]}, scoring=scorer, fit=weight)


def with_groups(source):
    splits = model_selection.GroupKFold(2)
    found = source.GridSearchCV(network(), GRID, cv=splits).fit(X, Y, groups=np.arange(N) % 4)
    return of_search(found)


def cross_validated_search(source):
    inner = source.GridSearchCV(network(), {"alpha": [0.0, 1.0]}, cv=2)
    return of_cross_validation(source.cross_validate(inner, X, Y, cv=2))


def verbose(source):
    out = io.StringIO()
    before, sys.stdout = sys.stdout, out
    try:
        source.cross_val_score(network(), X, Y, cv=2, verbose=0)
        source.GridSearchCV(network(), {"alpha": [0.0, 1.0]}, cv=2, verbose=1).fit(X, Y)
        source.GridSearchCV(network(), {"alpha": [0.0, 1.0]}, cv=2, verbose=3).fit(X, Y)
    finally:
        sys.stdout = before
    # in the order in which they end, as in several processes
    return sorted(line.partition("total")[0] for line in out.getvalue().splitlines())


COLUMNS = ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", MinMaxScaler(), [2])])
IN_A_PIPELINE = {"mlpclassifier__alpha": [0.0, 1.0]}
SEARCHES = {
    "grid": lambda s: search(s, network(), GRID),
    "random": random_search,
    "halving grid": partial(halving, "HalvingGridSearchCV"),
    "halving random": partial(halving, "HalvingRandomSearchCV"),
    "several scores": lambda s: search(
        s, network(), GRID, scoring=["accuracy", "f1_macro"], refit="f1_macro"
    ),
    "own refit": lambda s: search(s, network(), GRID, refit=cheapest, return_train_score=True),
    "no refit": lambda s: search(s, network(), GRID, refit=False),
    "errors are nan": lambda s: search(s, network(), {"alpha": [0, -1]}, error_score=np.nan),
    "diverges": lambda s: search(
        s,
        network(MLPRegressor, solver="sgd"),
        {"learning_rate_init": [1e-3, 1e300]},
        y=X[:, 0],
        error_score=-1.0,
    ),
    "sample_weight": lambda s: search(
        s, network(), GRID, fit={"sample_weight": np.linspace(1, 2, N)}
    ),
    "metadata routing": routed,
    "groups": with_groups,
    "pipeline": lambda s: search(s, make_pipeline(StandardScaler(), network()), IN_A_PIPELINE),
    "columns": lambda s: search(s, make_pipeline(COLUMNS, network()), IN_A_PIPELINE),
    "layers differ": lambda s: search(
        s, network(), {"hidden_layer_sizes": [(2,), (3,)], "solver": ["adam", "lbfgs"]}
    ),
    "early stopping": lambda s: search(s, network(early_stopping=True, max_iter=15), GRID),
    "cross_val_score": lambda s: s.cross_val_score(network(), X, Y, cv=3),
    "predict_proba": lambda s: s.cross_val_predict(network(), X, Y, cv=2, method="predict_proba"),
    "cross_validate": lambda s: [
        of_cross_validation(
            s.cross_validate(network(), X, Y, cv=2, return_train_score=True, return_indices=True)
        )
    ],
    "search in cross_validate": cross_validated_search,
    "verbose": verbose,
}
FITTED = {
    "bagging": BaggingClassifier(network(), n_estimators=3, random_state=0),
    "voting": VotingClassifier([("a", network()), ("b", network(alpha=1.0))]),
    "stacking": StackingClassifier([("a", network()), ("b", LogisticRegression())], cv=2),
    "one against the rest": OneVsRestClassifier(network()),
    "one against one": OneVsOneClassifier(network()),
    "calibrated": CalibratedClassifierCV(network(), cv=2),
    "features left out": RFECV(network(Important), cv=2),
    "target transformed": TransformedTargetRegressor(
        network(MLPRegressor), func=np.log1p, inverse_func=np.expm1, check_inverse=False
    ),
}
WITHIN = {
    **{name: (lambda s, e=each: e.fit(X, Y).predict(X)) for name, each in FITTED.items()},
    "several outputs": lambda s: MultiOutputClassifier(network()).fit(X, BOTH).predict(X),
    "a chain": lambda s: ClassifierChain(network(), random_state=0).fit(X, BOTH).predict(X),
    "learning_curve": lambda s: model_selection.learning_curve(
        network(), X, Y, cv=2, train_sizes=[0.5, 1.0]
    ),
    "validation_curve": lambda s: model_selection.validation_curve(
        network(), X, Y, param_name="alpha", param_range=[0.0, 1.0], cv=2
    ),
    "permutation_test_score": lambda s: model_selection.permutation_test_score(
        network(), X, Y, cv=2, n_permutations=3, random_state=0
    ),
}


def assert_same(got, wanted):
    """Equal to the bit, inside as well."""
    assert type(got) is type(wanted)
    if isinstance(wanted, dict):
        assert list(got) == list(wanted)
        got, wanted = list(got.values()), list(wanted.values())
    if isinstance(wanted, (list, tuple)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_array_equal(got, wanted)


def with_warnings(use, source):
    """(what it returns, its warnings: category, text, file)"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = use(source)
    said = [(each.category, str(each.message), each.filename) for each in caught]
    return result, said


def blas_threads():
    return [info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"]


def surroundings():
    """What a search must leave as it was; the timers of tests aside."""
    kinds = [type(get_active_backend()[0]), get_active_backend()[1]]
    shown = list(warnings.filters), warnings.showwarning
    return kinds, shown, blas_threads(), set(threading.enumerate()) - helpers(), ROOM.get()


def helpers():
    """Threads that sknn keeps for the next training."""
    return {
        each
        for each in threading.enumerate()
        if each.name.startswith("sknn") or isinstance(each, threading.Timer)
    }


@pytest.fixture
def passes(monkeypatch):
    """How many models each pass has trained together."""
    counts, train = [], core.train

    def counting(gradient, *args, **named):
        counts.append(len(gradient.theta))
        return train(gradient, *args, **named)

    monkeypatch.setattr(core, "train", counting)
    return counts


@contextmanager
def unchanged():
    before = surroundings()
    yield
    assert surroundings() == before


@pytest.mark.parametrize("use", SEARCHES.values(), ids=SEARCHES)
def test_searches_give_what_scikit_learn_gives(use, passes):
    wanted, said = with_warnings(use, model_selection)
    assert passes == []
    with unchanged():
        got, says = with_warnings(use, ours)
    assert_same(got, wanted)
    assert sorted(says, key=str) == sorted(said, key=str)
    assert max(passes) > 1


@pytest.mark.parametrize("use", WITHIN.values(), ids=WITHIN)
def test_whatever_is_fitted_within_together_is_the_same(use, passes):
    wanted, said = with_warnings(use, None)
    with unchanged(), together():
        got, says = with_warnings(use, None)
    assert_same(got, wanted)
    assert sorted(says, key=str) == sorted(said, key=str)


@pytest.fixture(autouse=True)
def interrupts():
    """SIGINT interrupts, although programs that are started in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def no_deadlock():
    """Ends the process, with a traceback of each thread, should a test wait for ever."""
    faulthandler.dump_traceback_later(600, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()


class Endless(ClassifierMixin, BaseEstimator):
    """Not a network: its fit lasts until it is interrupted."""

    def fit(self, X, y):
        while True:
            sleep(0.001)


class Inventive(ClassifierMixin, BaseEstimator):
    """Its fit does what it is told."""

    def __init__(self, work=None, number=0):
        self.work = work
        self.number = number

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.work(self.number)
        return self

    def predict(self, X):
        return np.zeros(len(X), int)


LONG = {"max_iter": 10**9, "tol": 0.0, "n_iter_no_change": 10**9}
NEVER_DONE = {
    "a pass": network(**LONG),
    "a network by itself": network(**LONG, warm_start=True),
    "lbfgs": network(MLPRegressor, solver="lbfgs", hidden_layer_sizes=(100, 100), **LONG),
    "images": CNNClassifier((2,), hidden_layer_sizes=(), random_state=0, **LONG),
    "not a network": Endless(),
}


@contextmanager
def started(timer):
    """Starts a timer whose interrupt is expected from here on, however slow the computer is."""
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize("estimator", NEVER_DONE.values(), ids=NEVER_DONE)
@pytest.mark.filterwarnings("ignore:Training interrupted")
def test_interrupt_ends_a_search_within_a_second(estimator):
    rows = np.random.RandomState(0).randn(300, 4)
    rows = rows.reshape(300, 2, 2) if isinstance(estimator, CNNClassifier) else rows
    sent = []

    def interrupt():
        sent.append(perf_counter())
        signal.raise_signal(signal.SIGINT)

    timer = threading.Timer(0.2, interrupt)
    targets = rows.reshape(300, 4)[:, 0] ** 2 > 0.3
    with unchanged(), pytest.raises(KeyboardInterrupt), together(), started(timer):
        model_selection.cross_val_score(estimator, rows, targets, cv=3)
    assert perf_counter() - sent[0] < 1


@pytest.mark.parametrize(
    "module",
    [room, backend, pytest.param(core, marks=pytest.mark.slow)],
    ids=["room", "backend", "core"],
)
def test_interrupt_at_any_line_ends_a_search_and_leaves_no_thread(module):
    known, lines = set(), 0
    estimator = make_pipeline(StandardScaler(), network())
    while True:
        interrupt = InterruptAtNew(known, lambda code: code.co_filename == module.__file__)
        with unchanged():
            with suppress(KeyboardInterrupt), interrupt, together():
                model_selection.cross_val_score(estimator, X, Y, cv=2)
            if interrupt.line is None:
                break
        lines += 1
    assert lines > 30


def test_interrupt_that_a_scorer_swallows_ends_the_task_all_the_same():
    ended = []

    def swallowing(estimator, X, y):
        with suppress(KeyboardInterrupt):
            sleep(0.02)
        return 0.0

    def fit():
        network(**LONG, early_stopping=True, scoring=swallowing).fit(X, Y)
        ended.append(True)

    timer = threading.Timer(0.1, signal.raise_signal, (signal.SIGINT,))
    with unchanged(), pytest.raises(KeyboardInterrupt), together(), started(timer):
        Parallel()([delayed(fit)(), delayed(fit)()])
    assert ended == []


def test_interrupts_again_and_again_leave_no_thread():
    def stubborn(number):
        try:
            sleep_long()
        finally:
            signal.raise_signal(signal.SIGINT)
            sleep(0.05)

    def sleep_long():
        signal.raise_signal(signal.SIGINT)
        for _ in range(1000):
            sleep(0.001)

    with unchanged(), pytest.raises(KeyboardInterrupt), together():
        Parallel()(delayed(stubborn)(number) for number in range(3))


def fitted_in_a_thread_of_its_own(seed):
    """The first weights of a network; the thread has the context of the one that starts it."""
    fits = []

    def fit():
        fits.append(network(random_state=seed).fit(X, Y))

    thread = threading.Thread(target=copy_context().run, args=(fit,))
    thread.start()
    thread.join()
    return fits[0].coefs_[0]


def test_thread_that_a_task_has_started_fits_by_itself(passes):
    with unchanged(), together():
        found = Parallel()(delayed(fitted_in_a_thread_of_its_own)(seed) for seed in range(2))
    for seed, weights in enumerate(found):
        np.testing.assert_array_equal(weights, network(random_state=seed).fit(X, Y).coefs_[0])
    assert passes == []


def failing(number, slow=()):
    if number in slow:
        network().fit(X, Y)
    if number >= 2:
        raise ValueError(f"number {number}")
    return number


@pytest.mark.parametrize("slow", [(), (0, 1, 2), (2,), (0,)])
def test_error_is_that_of_the_first_task_that_has_one(slow):
    with unchanged(), together(), pytest.raises(ValueError, match="number 2"):
        Parallel()(delayed(failing)(number, slow) for number in range(6))


def fit_and_fail():
    network().fit(X, Y)
    raise ValueError("one of them")


def test_task_that_is_ended_does_not_go_on_after_its_fit():
    reached = []

    def fit():
        network().fit(X, Y)
        reached.append(True)

    with together(), pytest.raises(ValueError, match="one of them"):
        Parallel()([delayed(fit_and_fail)(), delayed(fit)()])
    assert reached == []


def warned_between_two_fits():
    """How many warnings of a place that is shown once a task has caught there."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        network().fit(X, Y)
        warnings.warn("between", stacklevel=1)
        network().fit(X, Y)
    return sum(str(warning.message) == "between" for warning in caught)


def test_each_task_catches_its_own_warnings():
    with together():
        assert Parallel()(delayed(warned_between_two_fits)() for _ in range(3)) == [1, 1, 1]


def test_warnings_shown_under_other_filters_are_shown_again():
    where = {"filename": "somewhere", "lineno": 1, "registry": {}}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(2):
            warnings.warn_explicit("again", UserWarning, **where)
        assert len(caught) == 1
        room._set_filters(room._filters())
        warnings.warn_explicit("again", UserWarning, **where)
    assert len(caught) == 2


def test_tasks_run_in_the_context_of_the_caller_and_end_with_the_program():
    of_the_caller = ContextVar("of_the_caller", default=0)
    of_the_caller.set(7)

    def work():
        return of_the_caller.get(), threading.current_thread().daemon

    with together():
        assert Parallel()([delayed(work)()]) == [(7, True)]


def fit_without_warnings():
    warnings.catch_warnings().__enter__()  # and is never left
    warnings.simplefilter("ignore")
    network().fit(X, Y)


def test_filters_of_a_task_that_is_ended_do_not_stay():
    before = warnings.filters
    with together(), pytest.raises(ValueError, match="one of them"):
        Parallel()([delayed(fit_and_fail)(), delayed(fit_without_warnings)()])
    assert warnings.filters is before


def test_tasks_go_on_in_their_order():
    order = []

    def fit(number):
        network().fit(X, Y)
        order.append(number)

    with together():
        Parallel()(delayed(fit)(number) for number in range(4))
    assert order == [0, 1, 2, 3]


def test_interrupt_while_tasks_are_ended_waits_for_them(monkeypatch):
    interrupted, wait_for = [], room.Room._wait_for

    def interrupting(self, task):
        if self.abandoned and not interrupted:
            interrupted.append(task)
            raise KeyboardInterrupt
        wait_for(self, task)

    monkeypatch.setattr(room.Room, "_wait_for", interrupting)
    with together(), pytest.raises((ValueError, KeyboardInterrupt)) as ended:
        Parallel()([delayed(fit_and_fail)(), delayed(network().fit)(X, Y)])
    assert ended.type is ValueError  # the first that went wrong
    (task,) = interrupted
    assert task.is_done
    assert task.error is task.work is task.fit is task.watch is None


def test_tasks_go_on_after_four_batches_for_each_thread(monkeypatch):
    counts, run_together = [], room.run_together

    def counting(batches):
        counts.append(len(batches))
        return run_together(batches)

    monkeypatch.setattr(room, "run_together", counting)
    networks = [network(hidden_layer_sizes=(size,), max_iter=1) for size in range(1, 11)]
    for n_threads, wanted in ((1, [4, 4, 2]), (2, [8, 2])):
        monkeypatch.setattr(room, "allowed_threads", lambda n_threads=n_threads: n_threads)
        with together():
            Parallel()(delayed(each.fit)(X, Y) for each in networks)
        assert counts == wanted
        counts.clear()


def settled(ended, fails):
    """Whether a task has failed, and all before the first that has are among those that ended."""
    first = min((number for number in ended if fails[number]), default=None)
    return first is not None and set(range(first)) <= set(ended)


def test_tasks_are_awaited_until_all_before_the_first_that_failed_have_ended():
    for order, fails in product(permutations(range(4)), product([False, True], repeat=4)):
        ended = ((n, (None, n) if fails[n] else (n, None)) for n in order)
        outcomes = list(backend._until_first_error(ended))
        seen = order[: next((n for n in range(1, 5) if settled(order[:n], fails)), 4)]
        assert [number for number, _ in ended] == list(order[len(seen) :])  # not asked for
        wanted = [(number, (number, None)) for number in seen if not fails[number]]
        first = [(number, (None, number)) for number in range(4) if fails[number]][:1]
        assert outcomes == wanted + first


def test_tasks_that_are_given_up_are_not_run_later():
    tasks, done = backend.TogetherBackend(), []
    tasks.submit(lambda: done.append(True))
    tasks.abort_everything()
    with tasks.retrieval_context():
        assert done == []


def test_ending_processes_early_says_nothing():
    class Outcomes:
        def close(self):
            warnings.warn("This wastes time.", UserWarning, stacklevel=1)

    with warnings.catch_warnings(), backend._ended_early(Outcomes()):
        warnings.simplefilter("error")


def test_traceback_of_an_interrupt_holds_no_tasks(monkeypatch):
    def interrupt(works):
        raise KeyboardInterrupt

    monkeypatch.setattr(backend, "_in_this_process", interrupt)
    with pytest.raises(KeyboardInterrupt) as raised, together():
        Parallel()([delayed(failing)(0)])
    (entry,) = (entry for entry in raised.traceback if entry.name == "retrieval_context")
    assert {entry.locals[name] for name in ("tasks", "func", "callback", "outcome")} == {None}


def test_tasks_know_how_deep_they_are():
    with together():
        assert Parallel()([delayed(lambda: get_active_backend()[0].nesting_level)()]) == [1]


def test_as_many_tasks_are_under_way_as_memory_has_room_for():
    of_tasks = room.Room(memory=1000)
    for largest, wanted in ((1, 256), (4, 250), (100, 10), (501, 2), (5000, 2)):
        of_tasks._largest = largest
        assert of_tasks._most() == wanted


def test_no_task_begins_after_an_error():
    begun = []

    def work(number):
        begun.append(number)
        return failing(number)

    with together(), pytest.raises(ValueError, match="number 2"):
        Parallel()(delayed(work)(number) for number in range(6))
    assert begun == [0, 1, 2]


def test_error_of_a_pass_does_not_touch_the_fits_that_it_is_not_of(monkeypatch):
    wanted = [network(alpha=alpha).fit(X, Y).coefs_[0] for alpha in (0.0, 1.0)]
    monkeypatch.setattr(core, "Together", lambda fits, watches: 1 / 0)
    with together():
        fits = (delayed(network(alpha=alpha).fit)(X, Y) for alpha in (0.0, 1.0))
        got = [fitted.coefs_[0] for fitted in Parallel()(fits)]
    assert_same(got, wanted)


def test_error_of_a_fit_by_itself_is_raised_in_it(monkeypatch):
    monkeypatch.setattr(core, "run", lambda fit, watch: 1 / 0)
    with together(), pytest.raises(ZeroDivisionError):
        Parallel()([delayed(network().fit)(X, Y)])


def test_threads_that_a_task_starts_fit_by_themselves(passes):
    def work(number):
        fitted = []
        thread = threading.Thread(target=lambda: fitted.append(network().fit(X, Y)))
        thread.start()
        thread.join()
        return fitted[0].coefs_[0]

    with together():
        got = Parallel()(delayed(work)(number) for number in range(2))
    assert passes == []
    assert_same(got, [network().fit(X, Y).coefs_[0]] * 2)


def test_tasks_under_way_hold_at_most_the_working_memory(monkeypatch):
    most, under_way = [], room.Room._train

    def counting(self):
        most.append(len(self._under_way))
        under_way(self)

    monkeypatch.setattr(room.Room, "_train", counting)
    rows = np.tile(X, (200, 1))  # of 115,200 bytes, half of them in a fold
    targets = np.tile(Y, 200)
    for memory, wanted in ((0.3, 5), (0.01, 2), (100, 8)):  # in MiB
        most.clear()
        with config_context(working_memory=memory), together():
            grid = {"alpha": [0.0, 0.1, 0.2, 0.3]}
            model_selection.GridSearchCV(network(), grid, cv=2, refit=False).fit(rows, targets)
        assert max(most) == wanted


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_keeps_the_data_after_a_search(fails):
    class Rows(np.ndarray):
        pass

    rows = X.copy().view(Rows)
    kept = weakref.ref(rows)
    gc.collect()
    gc.disable()
    try:
        with together():
            settings = {"alpha": [-1.0, 0.0]} if fails else {"alpha": [0.0, 1.0]}
            try:
                model_selection.GridSearchCV(
                    network(), settings, cv=2, refit=False, error_score="raise"
                ).fit(rows, Y)
            except ValueError:
                assert fails
            del rows
        assert kept() is None
    finally:
        gc.enable()


def test_functions_can_be_pickled():
    for function in (ours.cross_validate, ours.cross_val_score, ours.cross_val_predict):
        assert pickle.loads(pickle.dumps(function)) is function


def test_tasks_that_share_memory_train_together_too():
    with together():
        found, _ = get_active_backend(require="sharedmem")
    assert type(found) is backend.TogetherBackend


def test_number_of_jobs_may_count_from_the_end():
    with together(-1):
        assert get_active_backend()[1] == -1


@pytest.mark.parametrize("n_jobs", [None, 1])
def test_one_job_is_one_process(n_jobs):
    with together(n_jobs):
        assert Parallel()(delayed(getpid)() for _ in range(3)) == [getpid()] * 3


@pytest.mark.parametrize(
    ("n_jobs", "wanted"), [(None, 1), (1, 1), (3, 3), (-1, 4), (-2, 3), (-9, 1)]
)
def test_number_of_processes_is_counted_as_joblib_does(n_jobs, wanted, monkeypatch):
    monkeypatch.setattr(backend, "cpu_count", lambda: 4)
    one = backend.TogetherBackend()
    assert one.configure(n_jobs) == room.MOST
    assert one._n_processes == wanted
    assert one.configure(2) == room.MOST  # what was asked before is forgotten
    assert one._n_processes == 2


def test_zero_jobs_are_refused():
    for wrong in (0, np.inf, "2"):
        with (
            pytest.raises(ValueError, match=f"an int other than 0, got {wrong!r}"),
            together(wrong),
        ):
            pass
    with together(), pytest.raises(ValueError, match="n_jobs == 0"):
        Parallel(0)(delayed(abs)(1) for _ in range(2))
    with pytest.raises(ValueError, match="n_jobs == 0"):
        ours.cross_val_score(network(), X, Y, n_jobs=0)


def test_ensemble_in_one_process_asks_for_no_other(monkeypatch):
    monkeypatch.setattr(backend.TogetherBackend, "_in_processes", lambda self, works: 1 / 0)
    with together():
        BaggingClassifier(network(), n_estimators=2).fit(X, Y)


@pytest.mark.slow
def test_two_processes_give_what_one_gives():
    settings = {"cv": 2, "error_score": np.nan, "refit": False}
    grid = {"alpha": [0.0, 1.0]}
    wanted = of_search(model_selection.GridSearchCV(network(), grid, **settings).fit(X, Y))
    got = of_search(ours.GridSearchCV(network(), grid, n_jobs=2, **settings).fit(X, Y))
    assert_same(got, wanted)
    with together(2), pytest.raises(ValueError, match="number 2"):
        Parallel()(delayed(failing)(number) for number in range(6))


@pytest.mark.slow
def test_an_error_in_one_process_ends_the_other_without_a_word():
    started = perf_counter()
    with together(2), pytest.raises(ZeroDivisionError):
        Parallel()(delayed(call)() for call in (partial(truediv, 1, 0), partial(sleep, 60)))
    assert perf_counter() - started < 50


def test_tasks_with_the_same_data_go_to_the_same_process(monkeypatch):
    shares = []

    def here(n_jobs, **settings):
        def parallel(calls):
            calls = list(calls)
            shares.extend(call[1][0] for call in calls)
            return (call[0](*call[1]) for call in calls)

        return parallel

    monkeypatch.setattr(backend, "Parallel", here)
    wanted = model_selection.GridSearchCV(network(), GRID, cv=2).fit(X, Y)
    got = ours.GridSearchCV(network(), GRID, cv=2, n_jobs=2).fit(X, Y)
    assert_same(of_search(got), of_search(wanted))
    folds = [[work.items[0][2]["split_progress"][0] for work in share] for share in shares]
    assert folds == [[0] * 4, [1] * 4]
    settings = [[work.items[0][2]["candidate_progress"][0] for work in each] for each in shares]
    assert settings == [[0, 1, 2, 3]] * 2
    shares.clear()
    ours.GridSearchCV(network(max_iter=1), GRID, cv=4, refit=False, n_jobs=2).fit(X, Y)
    for share in shares:  # of two folds each, in the order of the tasks
        told = [work.items[0][2] for work in share]
        places = [(own["candidate_progress"], own["split_progress"]) for own in told]
        assert places == sorted(places)
    shares.clear()
    with together(2):
        Parallel()(delayed(abs)(number) for number in range(200))
    assert [len(share) for share in shares] == [50] * 4


def test_pre_dispatch_limits_the_tasks_that_are_under_way(passes):
    with together():
        fits = (delayed(network(random_state=seed).fit)(X, Y) for seed in range(6))
        Parallel(pre_dispatch=3)(fits)
    assert passes == [3, 3]


def test_results_come_one_by_one_where_they_are_asked_for_so():
    with unchanged(), together():
        results = Parallel(return_as="generator")(delayed(abs)(number) for number in range(-3, 0))
        assert next(results) == 3
        assert list(results) == [2, 1]


def test_backend_that_the_user_has_chosen_stays(passes):
    class Foreign(joblib.parallel.SequentialBackend):
        pass

    joblib.register_parallel_backend("foreign", Foreign)
    try:
        with parallel_config(backend="foreign"):
            ours.cross_val_score(network(), X, Y, cv=2)
    finally:
        del joblib.parallel.BACKENDS["foreign"]
    assert passes == []
    with together():
        ours.cross_val_score(network(), X, Y, cv=2)
    assert passes == [2]


def test_estimators_that_are_not_networks_are_searched_as_in_scikit_learn():
    places = []

    def remember(number):
        places.append((type(get_active_backend()[0]).__module__, ROOM.get()))

    ours.cross_val_score(Inventive(remember), X, Y, cv=2)
    assert set(places) == {("joblib._parallel_backends", None)}
    assert not ours.searches._has_networks(object())


def test_time_of_a_fit_does_not_count_its_waiting(monkeypatch):
    def sleeping(number):
        network(random_state=number).fit(X, Y)
        sleep(0.1)

    grid = {"number": range(4)}
    estimator = Inventive(sleeping)
    with together():
        search = model_selection.GridSearchCV(estimator, grid, cv=2, refit=False).fit(X, Y)
    times = search.cv_results_["mean_fit_time"]
    assert (times > 0.1).all()
    assert (times < 0.2).all()


def test_time_of_a_fit_counts_its_share_of_the_training():
    long = network(max_iter=300, tol=0.0, n_iter_no_change=300)
    found = ours.cross_validate(long, X, Y, cv=2, return_estimator=True)
    training = [sum(fitted.history_["seconds"]) for fitted in found["estimator"]]
    assert (found["fit_time"] >= training).all()


def test_blas_has_one_thread_while_tasks_run():
    with threadpool_limits(2), together():
        counts = Parallel()(delayed(blas_threads)() for _ in range(2))
        assert all(count == 1 for each in counts for count in each)
        assert 2 in blas_threads()


def told(line, candidate, split, score, n=(2, 2)):
    given = {"candidate_progress": (candidate, n[0]), "split_progress": (split, n[1])}
    line([(None, (), given)], [{"test_scores": score}], 1)


def test_progress_line_shows_fits_best_mean_score_and_time_left(monkeypatch):
    now = iter([0.0, 10.0, 20.0, 60.0, 100.0])
    monkeypatch.setattr("sknn.model_selection.progress.perf_counter", lambda: next(now))
    out = io.StringIO()
    line = ProgressLine(out)
    for candidate, split, score in ((0, 0, 0.5), (1, 0, 0.25), (0, 1, 0.7), (1, 1, np.nan)):
        told(line, candidate, split, score)
    line.close()
    assert out.getvalue().split("\r") == [
        "",
        "1 of 4 fits, best score 0.5, 30 s left",
        "2 of 4 fits, best score 0.5, 20 s left",
        "3 of 4 fits, best score 0.6, 20 s left",
        "4 of 4 fits, best score 0.6, 0 s left \n",
    ]


def test_progress_line_of_other_tasks_has_no_score():
    out = io.StringIO()
    line = ProgressLine(out)
    line([(None, (), {}), (None, (), {})], [3, {"test_scores": {"a": 1.0}}], 2)
    assert out.getvalue() == "\r2 of 2 fits, 0 s left"
    untold = io.StringIO()
    ProgressLine(untold).close()
    assert untold.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7260, "2 h 1 min")],
)
def test_duration_in_words(seconds, text):
    assert _duration(seconds) == text


def test_together_shows_a_line_if_it_is_asked_to(capsys):
    with together(progress=True):
        model_selection.cross_val_score(network(), X, Y, cv=2)
    shown = capsys.readouterr().err
    assert shown.startswith("\r1 of 2 fits, ")
    assert "\r2 of 2 fits, " in shown
    assert shown.endswith(" s left\n")
    with together(progress=True), pytest.raises(ValueError, match="number 2"):
        Parallel()(delayed(failing)(number) for number in (1, 2))
    assert capsys.readouterr().err.count("fits") == 1  # one that failed is not done
    with together(progress=True):
        ours.cross_val_score(network(), X, Y, cv=2)  # has no backend of its own inside one
    assert "\r2 of 2 fits, " in capsys.readouterr().err
    with together():
        model_selection.cross_val_score(network(), X, Y, cv=2)
    assert capsys.readouterr().err == ""
