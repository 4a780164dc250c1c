"""Connects the epochs of the core to scikit-learn's callbacks."""

from copy import deepcopy

from sknn.scikit_learn import callback_context, callbacks_of


class EpochCallbacks:
    """Calls scikit-learn's hooks around the whole fit and around each of its epochs.

    In scikit-learn's protocol (:mod:`sklearn.callback`), each epoch or iteration of lbfgs is a
    subtask of the fit. A callback that requests a ``fitted_estimator`` receives a copy in the state
    as if fit had stopped at that point.
    """

    def __init__(self, estimator, X, y, sample_weight, epochs):
        """X, y, sample_weight: those of the fit    epochs: the maximum number of them"""
        self.estimator = estimator
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.context = callback_context(estimator, n_subtasks=epochs)
        self.context.call_on_fit_task_begin(**self.given)
        self.listening = bool(callbacks_of(estimator))
        self.epoch, self.left = None, epochs

    def begin_epoch(self):
        if self.listening and self.left > 0:
            self.left -= 1
            self.epoch = self.context.subcontext(task_name="epoch")
            self.epoch.call_on_fit_task_begin(**self.given, reconstruction_attributes=self._copy)

    def end_epoch(self):
        """Whether a callback requests to stop."""
        if self.epoch is None:
            return False
        epoch, self.epoch = self.epoch, None
        return epoch.call_on_fit_task_end(**self.given, reconstruction_attributes=self._copy)

    def end(self):
        self.end_epoch()  # an epoch that began but did not run
        self.context.call_on_fit_task_end(**self.given, reconstruction_attributes=self._copy)

    def _copy(self):
        model = deepcopy(self.estimator._model)
        return {
            "_model": model,
            "coefs_": list(model.weights),
            "intercepts_": list(model.biases),
        }
