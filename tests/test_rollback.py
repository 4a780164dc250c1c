"""A fit that fails, whatever fails in it and however, leaves everything as it was."""

import gc
import os
import warnings
import weakref

import numpy as np
import pytest
from helpers import normal
from interrupts import InterruptAtNew
from numpy.testing import assert_array_equal
from threadpoolctl import ThreadpoolController, threadpool_limits

from sknn import MLPClassifier, SequentialRegressor, estimators
from sknn.estimators.rollback import all_or_nothing
from sknn.nn import Dense
from sknn.nn.activations import Tanh
from sknn.nn.losses import SquaredError
from sknn.nn.optimizers import SGD
from sknn.nn.schedules import Constant

X = normal(12, 2)
Y = X[:, 0]
LIBRARIES = ThreadpoolController().select(user_api="blas").lib_controllers


class Crash(BaseException):
    """What no code expects."""


# --- where it fails ----------------------------------------------------------------------------


class Place:
    """Fails with an error when it is reached for the n-th time, if it is the one named."""

    name = error = None

    def arm(self, name, error, n):
        self.name, self.error, self.left = name, error, n

    def reach(self, name):
        if name == self.name:
            self.left -= 1
            if self.left == 0:
                raise self.error


PLACE = Place()


class Layer(Dense):
    def forward(self, *args):
        PLACE.reach("layer")
        return super().forward(*args)

    def backward(self, *args, **kwargs):
        PLACE.reach("layer, backward")
        return super().backward(*args, **kwargs)


class Activation(Tanh):
    def forward(self, z, out):
        PLACE.reach("activation")
        super().forward(z, out)


class Loss(SquaredError):
    def sum_and_gradient(self, y, z, weight, out):
        PLACE.reach("loss")
        return super().sum_and_gradient(y, z, weight, out)


class Schedule(Constant):
    def rate(self, progress, base):
        PLACE.reach("schedule")
        return base


class Optimizer(SGD):
    def step(self, theta, grad, learning_rate, moments):
        PLACE.reach("optimizer")
        super().step(theta, grad, learning_rate, moments)


class Splitter:
    def split(self, X, y=None, groups=None):
        PLACE.reach("splitter")
        yield np.arange(3, len(X)), np.arange(3)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


def scorer(estimator, X, y):
    PLACE.reach("scoring")
    return estimator.score(X, y)


class Callback:
    def setup(self, estimator, context):
        PLACE.reach("setup")

    def teardown(self, estimator, context):
        PLACE.reach("teardown")

    def on_fit_task_begin(self, estimator, context):
        PLACE.reach(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        PLACE.reach(f"end {context.task_name}")


BEFORE_TRAINING = ("setup", "begin fit", "splitter")
IN_TRAINING = (
    *("begin epoch", "end epoch", "scoring", "schedule", "optimizer", "loss", "activation"),
    *("layer", "layer, backward"),
)
AFTER_TRAINING = ("end fit",)
NOT_IN_PARTIAL_FIT = ("scoring", "splitter")
ERRORS = (RuntimeError, KeyboardInterrupt, SystemExit, Crash)


# --- the estimator -----------------------------------------------------------------------------


@pytest.fixture
def new(tmp_path):
    """Makes estimators that reach all places, with a checkpoint of their own each."""

    def make(method, name):
        whole = method != "partial_fit"
        return SequentialRegressor(
            [Layer(3, Activation())],
            loss=Loss(),
            solver=Optimizer(),
            learning_rate=Schedule(),
            early_stopping=whole,
            scoring=scorer if whole else None,
            validation_fraction=Splitter(),
            checkpoint=tmp_path / name if whole else None,
            n_iter_no_change=9,
            batch_size=5,
            max_iter=3,
            random_state=0,
        ).set_callbacks(Callback())

    return make


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(autouse=True)
def no_warnings_of_endings():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum iterations")
        warnings.filterwarnings("ignore", "lbfgs failed to converge")
        warnings.filterwarnings("ignore", "All validation scores are nan")
        warnings.filterwarnings("ignore", "Training interrupted by user")
        yield


def train(estimator, method):
    return getattr(estimator, method)(X, Y)


def prepared(estimator, method):
    """The estimator before the call that is to fail: there is a checkpoint, or a first epoch."""
    if method == "resume":
        estimator.set_params(max_iter=1).fit(X, Y).set_params(max_iter=3)
        for name in [name for name in vars(estimator) if name.endswith("_")]:
            delattr(estimator, name)
    elif method == "partial_fit":
        estimator.partial_fit(X, Y)
    return estimator


def lengths(estimator):
    return {name: len(values) for name, values in vars(estimator).get("history_", {}).items()}


def surroundings():
    """What a fit may change while it runs, but must give back."""
    threads = [library.get_num_threads() for library in LIBRARIES]
    return threads, np.geterr(), list(warnings.filters)


def assert_same_fit(one, other):
    assert_array_equal(one._model.theta, other._model.theta, strict=True)
    for name in set(one.history_) - {"seconds"}:
        assert_array_equal(one.history_[name], other.history_[name])
    assert (one.n_iter_, one.t_, one.loss_) == (other.n_iter_, other.t_, other.loss_)


def assert_consistent(estimator, n_rows_before):
    """What a fit that was interrupted in an epoch says of itself agrees."""
    (n_rows,) = set(lengths(estimator).values())
    assert estimator.n_iter_ == n_rows - n_rows_before
    if estimator.early_stopping:
        scores = [score for score in estimator.validation_scores_ if score == score]
        assert estimator.best_validation_score_ == max(scores, default=-np.inf)
    else:
        best = min(estimator.history_["loss"], default=np.inf)
        assert estimator.best_loss_ == best
    assert np.isfinite(estimator.predict(X)).all()


CASES = [
    (method, place, error)
    for method in ("fit", "partial_fit", "resume")
    for place in (*BEFORE_TRAINING, *IN_TRAINING, *AFTER_TRAINING, "teardown")
    if not (method == "partial_fit" and place in NOT_IN_PARTIAL_FIT)
    and not (method == "resume" and place == "splitter")  # the checkpoint has the split
    for error in ERRORS[: 4 if place.startswith("end") else 1 if method == "resume" else 2]
]


UNDISTURBED = {}  # method: an estimator whose call did not fail


@pytest.mark.parametrize(("method", "place", "error"), CASES)
def test_failure_leaves_everything_as_it_was(method, place, error, new):
    if method not in UNDISTURBED:
        UNDISTURBED[method] = train(prepared(new(method, "undisturbed"), method), method)
    undisturbed = UNDISTURBED[method]
    estimator = prepared(new(method, "checkpoint"), method)
    before, n_rows, around = dict(vars(estimator)), lengths(estimator), surroundings()
    PLACE.arm(place, error, n=2 if place in IN_TRAINING and method != "partial_fit" else 1)
    interrupted = place in IN_TRAINING and error is KeyboardInterrupt
    try:
        if interrupted:
            train(estimator, method)
        else:
            with pytest.raises(error):
                train(estimator, method)
    finally:
        PLACE.arm(None, None, 0)
    assert surroundings() == around
    if interrupted:
        assert_consistent(estimator, n_rows.get("loss", 0) if method == "partial_fit" else 0)
        return
    if place == "teardown":
        assert_same_fit(estimator, undisturbed)
        return
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is value for name, value in before.items())
    assert lengths(estimator) == n_rows
    assert_same_fit(train(estimator, method), undisturbed)


@pytest.mark.parametrize("place", ["layer", "end epoch", "scoring", "end fit"])
def test_failure_keeps_no_memory(place, new):
    models = []

    class Seeing(Callback):
        def on_fit_task_begin(self, estimator, context):
            models.append(weakref.ref(estimator._model))

    estimator = new("fit", "checkpoint").set_callbacks(Seeing(), Callback())
    PLACE.arm(place, RuntimeError, 1)
    gc.disable()
    try:
        with pytest.raises(RuntimeError) as raised:
            train(estimator, "fit")
        del raised
        assert models[0]() is None
    finally:
        gc.enable()
        PLACE.arm(None, None, 0)


def test_teardown_that_was_interrupted_is_not_repeated_by_the_next_fit(new):
    estimator = new("fit", "checkpoint")
    PLACE.arm("teardown", KeyboardInterrupt, 1)
    with pytest.raises(KeyboardInterrupt):
        train(estimator, "fit")
    PLACE.arm("teardown", RuntimeError, 1)
    with pytest.raises(ValueError, match="Found array with 0 sample"):
        estimator.fit(X[:0], Y[:0])
    PLACE.arm(None, None, 0)


# --- interrupts at any line --------------------------------------------------------------------

FOLDER = os.path.dirname(estimators.__file__)
FILES = {
    os.path.join(FOLDER, name)
    for name in ("base.py", "callbacks.py", "classifier.py", "publishing.py", "reports.py")
} | {os.path.join(FOLDER, name) for name in ("starts.py", "reading.py", "checkpoints.py")}
LABELS = (Y > 0).astype(int)


class Listener:
    """A callback that asks for no copy of the estimator."""

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        pass


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_interrupt_at_any_line_leaves_an_estimator_as_it_was_or_fitted(method, tmp_path):
    settings = {"max_iter": 1, "random_state": 0, "checkpoint": tmp_path / "checkpoint"}
    estimator = MLPClassifier(2, **settings).set_callbacks(Listener()).fit(X, LABELS)
    if method == "partial_fit":
        estimator.partial_fit(X, LABELS)
    known, endings = set(), {"as it was": 0, "fitted": 0}
    while True:
        before, n_rows = dict(vars(estimator)), lengths(estimator)
        try:
            with InterruptAtNew(known, lambda code: code.co_filename in FILES) as interrupt:
                getattr(estimator, method)(X, LABELS)
        except KeyboardInterrupt:
            assert vars(estimator).keys() == before.keys(), interrupt.line
            assert all(vars(estimator)[name] is before[name] for name in before), interrupt.line
            assert lengths(estimator) == n_rows, interrupt.line
            endings["as it was"] += 1
        else:
            if interrupt.line is None:
                break
            assert_consistent(estimator, n_rows["loss"] if method == "partial_fit" else 0)
            endings["fitted"] += 1
    assert endings["as it was"] > 80
    assert endings["fitted"] == 7  # the lines of begin_epoch and end_epoch


def is_of_lbfgs(code):
    return code.co_filename.endswith((os.path.join("nn", "fit.py"), os.path.join("nn", "lbfgs.py")))


def test_interrupt_at_any_line_of_lbfgs_leaves_an_estimator_as_it_was_or_fitted():
    settings = {"solver": "lbfgs", "early_stopping": True, "max_iter": 1, "random_state": 0}
    estimator, known, n_fitted = (
        MLPClassifier(2, **settings).fit(X, LABELS, X_val=X, y_val=LABELS),
        set(),
        0,
    )
    while True:
        before = dict(vars(estimator))
        try:
            with InterruptAtNew(known, is_of_lbfgs) as interrupt:
                estimator.fit(X, LABELS, X_val=X, y_val=LABELS)
        except KeyboardInterrupt:
            assert all(vars(estimator)[name] is before[name] for name in before), interrupt.line
            continue
        if interrupt.line is None:
            break
        assert_consistent(estimator, 0)
        n_fitted += 1
    assert n_fitted > 40


def test_interrupt_in_a_scorer_of_lbfgs_counts_the_iteration_without_a_score():
    settings = {"solver": "lbfgs", "early_stopping": True, "random_state": 0, "scoring": scorer}
    given = {"X_val": X, "y_val": LABELS}
    one = MLPClassifier(2, max_iter=1, **settings).fit(X, LABELS, **given)
    PLACE.arm("scoring", KeyboardInterrupt, 2)
    try:
        interrupted = MLPClassifier(2, max_iter=9, **settings).fit(X, LABELS, **given)
    finally:
        PLACE.arm(None, None, 0)
    assert interrupted.n_iter_ == 2
    assert_array_equal(interrupted.validation_scores_, [one.best_validation_score_, np.nan])
    assert interrupted.best_validation_score_ == one.best_validation_score_
    assert interrupted._no_improvement_count == 1
    assert_array_equal(interrupted._model.theta, one._model.theta)


def test_interrupt_while_attributes_are_put_back_is_raised_when_they_are():
    class Estimator:
        pass

    estimator, calls = Estimator(), []
    estimator.fitted_ = 1

    def undo():
        calls.append(dict(vars(estimator)))
        if len(calls) < 3:
            raise KeyboardInterrupt

    def train(undoing):
        undoing.append(undo)
        estimator.fitted_ = estimator.other_ = 2
        raise ValueError("the first")

    with pytest.raises(KeyboardInterrupt) as raised:
        all_or_nothing(estimator, train)
    assert vars(estimator) == {"fitted_": 1}
    assert calls == [{"fitted_": 2, "other_": 2}] * 3
    assert str(raised.value.__context__) == "the first"


def test_what_is_done_and_does_not_fail_stays():
    class Estimator:
        pass

    estimator = Estimator()

    def train(undo):
        undo.append(None)
        estimator.fitted_ = 2
        return "the result"

    assert all_or_nothing(estimator, train) == "the result"
    assert vars(estimator) == {"fitted_": 2}


@pytest.mark.parametrize("error", [RuntimeError, SystemExit])
def test_limits_of_blas_are_restored(error, new):
    with threadpool_limits(2, "blas"):
        around = surroundings()
        PLACE.arm("layer", error, 1)
        try:
            with pytest.raises(error):
                train(new("fit", "checkpoint"), "fit")
        finally:
            PLACE.arm(None, None, 0)
        assert surroundings() == around
