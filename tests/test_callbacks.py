"""scikit-learn's callbacks see every epoch, may stop training, and cost nothing when off."""

import pickle
import warnings

import numpy as np
import pytest
from helpers import Interrupting, needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sknn import MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.estimators.callbacks import EpochCallbacks
from sknn.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

solvers = pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
both = pytest.mark.parametrize("make", [MLPClassifier, MLPRegressor])
scikit_learns_own = needs_scikit_learn("1.9", "callbacks of its own")


def problem(make=MLPClassifier):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = X[:, 0] + X[:, 1] ** 2
    return X, (y > 1).astype(int) if make is MLPClassifier else y


class Recorder:
    """Notes what it is told; asks to stop after some epoch."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.calls, self.epochs, self.metadata = [], 0, []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, metadata):
        self.calls.append(f"end {context.task_name}")
        self.metadata.append(metadata)
        self.epochs += context.task_name == "epoch"
        return self.epochs == self.stop_after


class Keeper(Recorder):
    """Keeps the fitted_estimator of each epoch, with what it predicted then."""

    def __init__(self):
        super().__init__()
        self.begun, self.kept = [], []

    def on_fit_task_begin(self, estimator, context, *, X, fitted_estimator):
        if context.task_name == "epoch":
            self.begun.append(fitted_estimator.predict(X))

    def on_fit_task_end(self, estimator, context, *, X, fitted_estimator):
        if context.task_name == "epoch":
            self.kept.append((fitted_estimator, fitted_estimator.predict(X)))


@solvers
@both
def test_hooks_are_called_in_order_once_an_epoch(make, solver):
    X, y = problem(make)
    recorder = Recorder()
    estimator = make(hidden_layer_sizes=5, solver=solver, max_iter=3, random_state=0).set_callbacks(
        recorder
    )
    estimator.fit(X, y)
    epochs = ["begin epoch", "end epoch"] * 3
    assert recorder.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]
    assert recorder.metadata == [None] * 4


@both
def test_lbfgs_that_converges_is_seen_for_as_many_iterations_as_it_ran(make):
    X, y = problem(make)
    recorder = Recorder()
    estimator = make(hidden_layer_sizes=5, solver="lbfgs", tol=0.05, random_state=0).set_callbacks(
        recorder
    )
    estimator.fit(X, y)
    assert 1 < estimator.n_iter_ < estimator.max_iter
    assert recorder.epochs == estimator.n_iter_ == len(estimator.history_["loss"])


def test_early_stopping_is_seen_for_as_many_epochs_as_it_ran():
    X, y = problem()
    recorder = Recorder()
    clf = MLPClassifier(5, early_stopping=True, n_iter_no_change=2, random_state=0)
    clf.set_callbacks(recorder).fit(X, y)
    assert clf.n_iter_ < clf.max_iter
    assert recorder.epochs == clf.n_iter_


def test_no_more_epochs_are_begun_than_were_announced():
    """Some releases of SciPy run an iteration more than they were asked for."""
    X, y = problem()
    recorder = Recorder()
    clf = MLPClassifier(5).set_callbacks(recorder)
    callbacks = EpochCallbacks(clf, X, y, None, 2)
    for _ in range(3):
        callbacks.begin_epoch()
        callbacks.end_epoch()
    assert recorder.calls.count("begin epoch") == recorder.calls.count("end epoch") == 2


def test_partial_fit_is_a_fit_of_one_epoch():
    X, y = problem()
    recorder = Recorder()
    clf = MLPClassifier(5, random_state=0).set_callbacks(recorder)
    clf.partial_fit(X, y, classes=[0, 1]).partial_fit(X, y)
    one = ["setup", "begin fit", "begin epoch", "end epoch", "end fit", "teardown"]
    assert recorder.calls == one * 2


@pytest.mark.parametrize(("step", "n_epochs"), [(1, 1), (7, 3)])
def test_epoch_that_is_interrupted_ends_for_callbacks_too(step, n_epochs):
    X, y = problem()
    recorder = Recorder()
    clf = SequentialClassifier([Interrupting(5, [step])], batch_size=20, max_iter=9)
    with pytest.warns(UserWarning, match="interrupted by user"):
        clf.set_callbacks(recorder).fit(X, y)
    epochs = ["begin epoch", "end epoch"] * n_epochs
    assert recorder.calls == ["setup", "begin fit", *epochs, "end fit", "teardown"]


@pytest.mark.parametrize("warm", [False, True])
def test_callback_is_torn_down_when_fit_fails(warm):
    X, y = problem(MLPRegressor)
    recorder = Recorder()
    reg = MLPRegressor(
        hidden_layer_sizes=5, solver="sgd", max_iter=2, warm_start=warm, random_state=0
    )
    if warm:
        reg.fit(X, y)
    names = set(vars(reg))
    reg.set_params(learning_rate_init=1e200).set_callbacks(recorder)
    with pytest.raises(ValueError, match="non-finite"):
        reg.fit(X, y)
    assert recorder.calls.count("setup") == recorder.calls.count("teardown") == 1
    assert set(vars(reg)) == names | {"_skl_callbacks"}


@solvers
@both
def test_callback_can_stop_training(make, solver):
    X, y = problem(make)
    params = {"solver": solver, "random_state": 0, "hidden_layer_sizes": 5}
    stopped = make(**params).set_callbacks(Recorder(stop_after=4)).fit(X, y)
    assert stopped.n_iter_ == len(stopped.loss_curve_) == 4
    short = make(**params, max_iter=4).fit(X, y)
    assert stopped.loss_curve_ == short.loss_curve_
    for one, other in zip(stopped.coefs_, short.coefs_, strict=True):
        assert_array_equal(one, other)


def test_training_that_a_callback_stops_gives_no_warning():
    X, y = problem()
    for solver in ("adam", "lbfgs"):
        clf = MLPClassifier(5, solver=solver, max_iter=50, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            clf.set_callbacks(Recorder(stop_after=2)).fit(X, y)


@solvers
@both
def test_fitted_estimator_is_the_estimator_after_so_many_epochs(make, solver):
    X, y = problem(make)
    params = {"solver": solver, "random_state": 0, "hidden_layer_sizes": 5}
    params |= {"learning_rate_init": 0.05, "normalization": None if solver == "lbfgs" else "batch"}
    keeper = Keeper()
    whole = make(**params, max_iter=4).set_callbacks(keeper).fit(X, y)
    assert len(keeper.kept) == 4
    for epochs, (fitted, predicted) in enumerate(keeper.kept, start=1):
        assert fitted is not whole
        # Later training has not changed it.
        assert_array_equal(fitted.predict(X), predicted)
        short = make(**params, max_iter=epochs).fit(X, y)
        assert_allclose(predicted, short.predict(X), rtol=1e-12)
        for one, other in zip(fitted.coefs_, short.coefs_, strict=True):
            assert_array_equal(one, other)
    for begun, (_, ended) in zip(keeper.begun[1:], keeper.kept, strict=False):
        assert_array_equal(begun, ended)


def test_weights_of_a_fitted_estimator_may_be_replaced():
    X, y = problem(MLPRegressor)
    keeper = Keeper()
    reg = MLPRegressor(hidden_layer_sizes=5, max_iter=1, random_state=0).set_callbacks(keeper)
    with pytest.warns(match="Maximum iterations"):
        reg.fit(X, y)
    ((fitted, _),) = keeper.kept
    fitted.coefs_[1] = np.zeros_like(fitted.coefs_[1])
    assert_array_equal(fitted.predict(X), fitted.intercepts_[1][0])
    fitted.intercepts_[1] = np.array([2.5])
    assert_array_equal(fitted.predict(X), 2.5)


@scikit_learns_own
@solvers
@both
def test_scoring_monitor_logs_the_score_of_each_epoch(make, solver):
    from sklearn.callback import ScoringMonitor

    X, y = problem(make)
    scoring = "accuracy" if make is MLPClassifier else "r2"
    params = {"solver": solver, "random_state": 0, "hidden_layer_sizes": 5}
    monitor = ScoringMonitor(scoring=scoring)
    make(**params, max_iter=3).set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    scores = [make(**params, max_iter=k).fit(X, y).score(X, y) for k in (1, 2, 3)]
    assert_allclose([row[scoring] for row in rows], scores, rtol=1e-12)


@scikit_learns_own
def test_scoring_monitor_is_given_the_sample_weights():
    from sklearn.callback import ScoringMonitor

    X, y = problem()
    weight = np.random.default_rng(1).uniform(size=len(X))
    monitor = ScoringMonitor(scoring="accuracy")
    clf = MLPClassifier(5, max_iter=2, random_state=0).set_callbacks(monitor).fit(X, y, weight)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert_allclose(rows[-1]["accuracy"], clf.score(X, y, weight), rtol=1e-12)


class Propagated(Recorder):
    """A Recorder that is set on a search and reaches the estimators in it."""

    max_propagation_depth = None


@scikit_learns_own
@solvers
def test_callbacks_see_every_epoch_in_a_grid_search(solver):
    from sklearn.callback import ScoringMonitor

    X, y = problem()
    clf = MLPClassifier(5, solver=solver, max_iter=2, random_state=0)
    plain = GridSearchCV(clone(clf), {"alpha": [1e-4, 1.0]}, cv=2).fit(X, y)
    monitor, propagated = ScoringMonitor(scoring="accuracy"), Propagated()
    search = GridSearchCV(clf.set_callbacks(monitor), {"alpha": [1e-4, 1.0]}, cv=2)
    search.set_callbacks(propagated).fit(X, y)
    assert_array_equal(search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"])
    total = 2 * (2 * 2 + 1)  # epochs of each candidate and fold, and of the refit
    rows = [row for run in monitor.get_logs(select="all") for row in run.data]
    assert sum(row["task_name"] == "epoch" for row in rows) == propagated.epochs == total
    assert propagated.calls.count("setup") == propagated.calls.count("teardown") == 1


@scikit_learns_own
@solvers
def test_progress_bar_works_in_a_grid_search(solver, capsys):
    from sklearn.callback import ProgressBar

    pytest.importorskip("rich")
    X, y = problem()
    clf = MLPClassifier(5, solver=solver, max_iter=2, random_state=0)
    search = GridSearchCV(clf, {"alpha": [1e-4, 1.0]}, cv=2).set_callbacks(ProgressBar())
    search.fit(X, y)
    assert "MLPClassifier" in capsys.readouterr().out


@scikit_learns_own
@solvers
def test_progress_bar_runs(solver, capsys):
    from sklearn.callback import ProgressBar

    pytest.importorskip("rich")
    X, y = problem()
    clf = MLPClassifier(5, solver=solver, max_iter=3, random_state=0)
    plain = clone(clf).fit(X, y)
    clf.set_callbacks(ProgressBar()).fit(X, y)
    assert clf.loss_curve_ == plain.loss_curve_
    assert "MLPClassifier" in capsys.readouterr().out


@solvers
def test_callbacks_leave_nothing_behind(solver):
    X, y = problem()
    params = {"hidden_layer_sizes": 5, "solver": solver, "max_iter": 2, "random_state": 0}
    plain = MLPClassifier(**params).fit(X, y)
    called = MLPClassifier(**params).set_callbacks(Recorder()).fit(X, y)
    assert set(vars(called)) == set(vars(plain)) | {"_skl_callbacks"}
    assert not [name for name in vars(plain) if "callback" in name or "ctx" in name]
    restored = pickle.loads(pickle.dumps(called))
    assert_array_equal(restored.predict_proba(X), plain.predict_proba(X))


def test_no_copy_is_made_for_callbacks_that_do_not_ask_for_one(monkeypatch):
    X, y = problem()

    def copied(*args):
        raise AssertionError("a copy was made")

    monkeypatch.setattr("sknn.estimators.callbacks.EpochCallbacks._copy", copied)
    MLPClassifier(5, max_iter=2).set_callbacks(Recorder()).fit(X, y)
    MLPClassifier(5, max_iter=2).fit(X, y)


def test_clone_keeps_the_callbacks_of_a_sequential_classifier():
    X, y = problem()
    recorder = Recorder(stop_after=2)
    clone(SequentialClassifier([Dense(5)]).set_callbacks(recorder)).fit(X, y)
    assert recorder.epochs == 2
