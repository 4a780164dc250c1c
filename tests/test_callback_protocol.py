"""Callbacks for older versions of scikit-learn: the calls that version 1.9 makes."""

import numpy as np
import pytest
from helpers import needs_scikit_learn
from sklearn.base import BaseEstimator, clone

from sknn.scikit_learn import callback_protocol as ours

HOOKS = ["setup", "teardown", "on_fit_task_begin", "on_fit_task_end"]


def counter(Mixin, fit_context):
    """The class of an estimator that counts epochs, with callbacks from somewhere."""

    class Counter(Mixin, BaseEstimator):
        _parameter_constraints = {"epochs": [int]}

        def __init__(self, epochs=3):
            self.epochs = epochs

        @fit_context(prefer_skip_nested_validation=True)
        def fit(self, X, y=None, error=None):
            given = {"estimator": self, "X": X, "y": y, "metadata": {"sample_weight": 7}}
            context = self._init_callback_context(max_subtasks=self.epochs)
            context.call_on_fit_task_begin(**given)
            self.n_ = 0
            for _ in range(self.epochs):
                epoch = context.subcontext(task_name="epoch")
                epoch.call_on_fit_task_begin(**given, reconstruction_attributes=self._copy)
                self.n_ += 1
                if error:
                    raise error
                if epoch.call_on_fit_task_end(**given, reconstruction_attributes=self._copy):
                    break
            context.call_on_fit_task_end(**given, reconstruction_attributes=self._copy)
            return self

        def _copy(self):
            return {"n_": self.n_ * 10}

    return Counter


Counter = counter(ours.CallbackSupportMixin, ours.fit_context)


def place(context):
    if context is None:
        return None
    name, number, most = context.task_name, context.task_id, context.max_subtasks
    return context.estimator_name, name, number, most, place(context.parent)


class Recorder:
    """Notes each call: the hook, where in the fit, what it was given. Stops after some epoch."""

    def __init__(self, stop_after=None, fails_in=()):
        self.stop_after, self.fails_in, self.calls = stop_after, fails_in, []

    def _note(self, hook, estimator, context, given=None):
        self.calls.append((hook, type(estimator).__name__, place(context), given))
        if hook in self.fails_in:
            raise RuntimeError(f"{hook} failed")

    def setup(self, estimator, context):
        self._note("setup", estimator, context)

    def teardown(self, estimator, context):
        self._note("teardown", estimator, context)

    def on_fit_task_begin(self, estimator, context, *, y, X):
        self._note("begin", estimator, context, (X, y))

    def on_fit_task_end(self, estimator, context, *, metadata, fitted_estimator):
        assert fitted_estimator is not estimator
        self._note("end", estimator, context, (metadata, estimator.n_, fitted_estimator.n_))
        return context.task_name == "epoch" and estimator.n_ == self.stop_after


class Silent(Recorder):
    """Asks for nothing, and is never given a copy."""

    def on_fit_task_begin(self, estimator, context):
        self._note("begin", estimator, context)

    def on_fit_task_end(self, estimator, context):
        self._note("end", estimator, context)


ROOT = ("Counter", "fit", 0, 3, None)
FIRST, SECOND = (("Counter", "epoch", number, 0, ROOT) for number in range(2))


def test_hooks_are_told_where_the_fit_is_and_what_they_ask_for():
    recorder = Recorder(stop_after=2)
    Counter().set_callbacks(recorder).fit("X", "y")
    weight = {"sample_weight": 7}
    assert recorder.calls == [
        ("setup", "Counter", ROOT, None),
        ("begin", "Counter", ROOT, ("X", "y")),
        ("begin", "Counter", FIRST, ("X", "y")),
        ("end", "Counter", FIRST, (weight, 1, 10)),
        ("begin", "Counter", SECOND, ("X", "y")),
        ("end", "Counter", SECOND, (weight, 2, 20)),
        ("end", "Counter", ROOT, (weight, 2, 20)),
        ("teardown", "Counter", ROOT, None),
    ]


@needs_scikit_learn("1.9", "callbacks of its own")
@pytest.mark.parametrize("failing", [(), ("setup",), ("begin",), ("end",), ("teardown",)])
@pytest.mark.parametrize("error", [None, ZeroDivisionError("in fit")])
def test_calls_and_errors_are_those_of_scikit_learn(failing, error):
    from sklearn.base import _fit_context
    from sklearn.callback import CallbackSupportMixin

    outcomes = []
    for Estimator in (Counter, counter(CallbackSupportMixin, _fit_context)):
        callbacks = [Silent(), Recorder(stop_after=2, fails_in=failing), Silent()]
        estimator, raised = Estimator().set_callbacks(*callbacks), None
        try:
            estimator.fit("X", "y", error)
        except Exception as found:
            raised = (repr(found), repr(found.__context__))
        outcomes.append(([one.calls for one in callbacks], raised, sorted(vars(estimator))))
    assert outcomes[0] == outcomes[1]
    assert bool(outcomes[0][1]) == bool(failing or error)


def test_failures_of_several_teardowns_are_raised_together():
    callbacks = [Recorder(fails_in=["teardown"]) for _ in range(2)]
    estimator = Counter().set_callbacks(*callbacks)
    with pytest.raises(ExceptionGroup, match="Several callbacks failed in teardown") as raised:
        estimator.fit("X", "y")
    assert [str(error) for error in raised.value.exceptions] == ["teardown failed"] * 2
    assert [one.calls[-1][0] for one in callbacks] == ["teardown"] * 2


def test_parameters_are_checked_before_callbacks_are_set_up():
    recorder = Recorder()
    with pytest.raises(ValueError, match="The 'epochs' parameter of Counter must be"):
        Counter("three").set_callbacks(recorder).fit("X", "y")
    assert recorder.calls == []


def test_task_that_gives_no_attributes_has_no_fitted_estimator():
    class Looking(Silent):
        def on_fit_task_begin(self, estimator, context, *, fitted_estimator):
            self._note("begin", estimator, context, fitted_estimator)

    looking = Looking()
    Counter(1).set_callbacks(looking).fit("X", "y")
    (whole, epoch) = (call[3] for call in looking.calls if call[0] == "begin")
    assert whole is None
    assert epoch.n_ == 0


def test_copy_is_made_once_for_all_callbacks_of_a_task():
    class Keeping(Silent):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            self.kept = fitted_estimator

    first, second = Keeping(), Keeping()
    Counter(1).set_callbacks(first, second).fit("X", "y")
    assert first.kept is second.kept


def test_hook_that_asks_for_something_unknown_raises():
    class Asking(Silent):
        def on_fit_task_end(self, estimator, context, *, X, weights, time):
            pass

    asking = Asking()
    wanted = (
        r"on_fit_task_end of Asking can have the parameters X, y, metadata, fitted_estimator, got "
        r"\['time', 'weights'\]. Remove these."
    )
    with pytest.raises(TypeError, match=wanted):
        Counter().set_callbacks(asking).fit("X", "y")
    assert asking.calls[-1][0] == "teardown"


@pytest.mark.parametrize("missing", HOOKS)
def test_callback_without_one_of_the_methods_is_refused(missing):
    methods = {name: (lambda *args: None) for name in HOOKS if name != missing}
    wanted = rf"with the methods {', '.join(HOOKS)}, got <.*Part object.*>, which lacks {missing}\."
    with pytest.raises(TypeError, match=wanted):
        Counter().set_callbacks(Recorder(), type("Part", (), methods)())


def test_class_is_refused_as_a_callback():
    with pytest.raises(TypeError, match=r"got <class '.*Recorder'>, a class\."):
        Counter().set_callbacks(Recorder)


def test_clone_has_the_same_callbacks_until_others_are_set():
    estimator, callbacks = Counter(5), (Recorder(), Silent())
    assert estimator.set_callbacks(*callbacks) is estimator
    copied = clone(estimator)
    assert copied.epochs == 5
    assert copied._skl_callbacks == [*callbacks]
    copied.set_callbacks(callbacks[0])
    assert estimator._skl_callbacks == [*callbacks]
    assert "_skl_callbacks" not in vars(estimator.set_callbacks())
    assert "_skl_callbacks" not in vars(clone(estimator).set_callbacks())


def test_clone_has_the_callbacks_even_where_scikit_learn_knows_none():
    class Bare:
        def __sklearn_clone__(self):
            return type(self)()

    class Supporting(ours.CallbackSupportMixin, Bare):
        pass

    recorder = Recorder()
    assert Supporting().set_callbacks(recorder).__sklearn_clone__()._skl_callbacks == [recorder]
    assert vars(Supporting().__sklearn_clone__()) == {}


def test_fit_without_callbacks_calls_nothing_and_leaves_nothing():
    estimator = Counter().fit(np.ones(3))
    assert vars(estimator) == {"epochs": 3, "n_": 3}
