"""scikit-learn's callback protocol for versions before 1.9, which do not have callbacks.

The callbacks of ``sklearn.callback`` are missing, and searches and pipelines do not pass callbacks
on to their estimators, because both are part of scikit-learn itself.
"""

from contextlib import contextmanager
from copy import copy
from functools import wraps
from inspect import isclass, signature
from typing import Any, Self

from sklearn.base import _fit_context

HOOKS = ("setup", "teardown", "on_fit_task_begin", "on_fit_task_end")
GIVEN = ("X", "y", "metadata", "fitted_estimator")  # arguments that a hook can request by name


class CallbackSupportMixin:
    """Mixin for estimators on which callbacks can be set."""

    def set_callbacks(self, *callbacks: Any) -> Self:
        """Set callbacks for the estimator.

        Parameters
        ----------
        *callbacks : callback instances
            The callbacks to set. Without arguments, all callbacks are removed.

        Returns
        -------
        self : estimator instance
            The estimator instance itself.
        """
        for callback in callbacks:
            missing = [name for name in HOOKS if not hasattr(callback, name)]
            if missing or isclass(callback):
                lacking = f", which lacks {', '.join(missing)}" if missing else ", a class"
                raise TypeError(
                    f"callbacks must be instances with the methods {', '.join(HOOKS)}, got "
                    f"{callback!r}{lacking}."
                )
        if callbacks:
            self._skl_callbacks = list(callbacks)
        else:
            self.__dict__.pop("_skl_callbacks", None)
        return self

    def __sklearn_clone__(self):
        clone = super().__sklearn_clone__()
        if "_skl_callbacks" in vars(self):
            clone._skl_callbacks = self._skl_callbacks  # the same objects, as in scikit-learn
        return clone

    def _init_callback_context(self, max_subtasks):
        self._callback_fit_ctx = CallbackContext(self, "fit", max_subtasks)
        self._skl_callbacks_to_teardown = []
        for callback in self._callback_fit_ctx.callbacks:
            self._skl_callbacks_to_teardown.append(callback)
            callback.setup(estimator=self, context=self._callback_fit_ctx)
        return self._callback_fit_ctx


class CallbackContext:
    """A task of a fit: the whole fit or one of its epochs.

    Attributes
    ----------
    estimator_name : str
        The name of the estimator's class.
    task_name : str
        The name of the task.
    task_id : int
        The number of the task among the subtasks of its parent.
    max_subtasks : int
        The maximum number of subtasks of this task.
    parent : CallbackContext or None
        The task that this task is a part of.
    """

    def __init__(self, estimator, task_name, max_subtasks=0, parent=None, task_id=0):
        self.callbacks = list(getattr(estimator, "_skl_callbacks", ()))
        self.estimator_name = type(estimator).__name__
        self.task_name, self.task_id = task_name, task_id
        self.max_subtasks, self.parent = max_subtasks, parent
        self.n_subtasks = 0

    def subcontext(self, task_name):
        """Return the context of the next subtask."""
        part = copy(self)
        part.task_name, part.task_id = task_name, self.n_subtasks
        part.parent, part.max_subtasks, part.n_subtasks = self, 0, 0
        self.n_subtasks += 1
        return part

    def call_on_fit_task_begin(self, **given):
        """Call the hook ``on_fit_task_begin`` of every callback."""
        self._call("on_fit_task_begin", **given)
        return self

    def call_on_fit_task_end(self, **given):
        """Call the hook ``on_fit_task_end`` of every callback.

        Returns
        -------
        stop : bool
            Whether a callback requests to stop.
        """
        return self._call("on_fit_task_end", **given)

    def _call(self, hook, estimator, reconstruction_attributes=None, **given):
        """Calls a hook of all callbacks with the arguments that they request.

        Returns whether one of them returned a true value.
        """
        stop = False
        for callback in self.callbacks:
            asked = _asked(getattr(callback, hook))
            unknown = sorted(set(asked) - set(GIVEN))
            if unknown:
                raise TypeError(
                    f"{hook} of {type(callback).__name__} can have the parameters "
                    f"{', '.join(GIVEN)}, got {unknown}. Remove these."
                )
            if "fitted_estimator" in asked and "fitted_estimator" not in given:
                given["fitted_estimator"] = _fitted(estimator, reconstruction_attributes)
            named = {name: given.get(name) for name in asked}
            stop |= bool(getattr(callback, hook)(estimator, self, **named))
        return stop


def _asked(hook):
    """Returns the names of the keyword-only parameters of the hook."""
    parameters = signature(hook).parameters.values()
    return [each.name for each in parameters if each.kind == each.KEYWORD_ONLY]


def _fitted(estimator, attributes):
    """Returns a copy of the estimator with the attributes that a function returns.

    Without a function, it is None.
    """
    if attributes is None:
        return None
    fitted = copy(estimator)
    for name, value in attributes().items():
        setattr(fitted, name, value)
    return fitted


def fit_context(*, prefer_skip_nested_validation):
    """scikit-learn's decorator for fit methods, which also tears down callbacks as in 1.9."""
    decorator = _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)
    return lambda method: decorator(with_teardown(method))


def with_teardown(method):
    """Wraps a method so that the callbacks it has set up are torn down, even if it fails."""

    @wraps(method)
    def torn_down(estimator, *args, **kwargs):
        with _teardown_after(estimator):
            return method(estimator, *args, **kwargs)

    return torn_down


@contextmanager
def _teardown_after(estimator):
    try:
        yield
    finally:
        if hasattr(estimator, "_callback_fit_ctx"):
            errors = []
            for callback in estimator._skl_callbacks_to_teardown:
                try:
                    callback.teardown(estimator=estimator, context=estimator._callback_fit_ctx)
                except Exception as error:
                    errors.append(error)
            del estimator._skl_callbacks_to_teardown, estimator._callback_fit_ctx
            if len(errors) == 1:
                raise errors[0]
            if errors:
                raise ExceptionGroup("Several callbacks failed in teardown.", errors)
