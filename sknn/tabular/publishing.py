"""The attributes of a fitted estimator for tables, between two epochs and at the end."""

from copy import copy
from dataclasses import dataclass

import numpy as np

from sknn.estimators.base import working_memory
from sknn.estimators.callbacks import EpochCallbacks
from sknn.nn.model import Model
from sknn.tabular.encoding import Encoding
from sknn.tabular.members import Members
from sknn.tabular.out_of_fold import out_of_fold, scattered
from sknn.tabular.recipe import fill_unknown

COLUMNS = ("loss", "validation_loss", "validation_score", "learning_rate", "seconds")


@dataclass(frozen=True)
class TableFit:
    """A fit that is prepared: its members, and what they train on.

    Attributes
    ----------
    members : Members
    encoding : Encoding
    targets : ndarray of shape (n, ...)
        The encoded targets of the samples that are trained on.
    weight : ndarray of shape (n,), or None
        Their weights as the user gave them.
    kept : ndarray of bool, shape (samples given,)
        Which of the samples given are these.
    """

    members: Members
    encoding: Encoding
    targets: np.ndarray
    weight: np.ndarray | None
    kept: np.ndarray


def publish(estimator, fit, trained):
    """Sets all attributes that follow from Trained members."""
    publish_course(estimator, fit, trained)
    held_out = fit.members.held_out
    if held_out[0] is None:
        return
    outputs = _held_out_outputs(estimator._model, held_out)
    estimator._learn_from_held_out(outputs, held_out)
    if held_out[0].at is not None:
        _publish_out_of_fold(estimator, fit, outputs)


def publish_course(estimator, fit, trained):
    """Sets the attributes that cost nothing: all but calibration and out-of-fold predictions."""
    members, encoding = fit.members, fit.encoding
    model = Model(members.network, members.recipe.loss, trained.theta, trained.state)
    fill_unknown(model.params[0], members.rows.x, encoding.sizes)
    estimator._encoding, estimator._model = encoding, model
    estimator.is_categorical_ = encoding.is_category
    estimator.history_ = {name: trained.history[name] for name in COLUMNS}
    estimator.n_members_ = len(trained.theta)
    estimator.n_iter_ = len(trained.history["loss"])
    validated = members.held_out[0] is not None
    estimator.validation_scores_ = estimator.history_["validation_score"] if validated else None
    estimator.best_iter_ = trained.best_epochs
    estimator._learn_from_held_out(None, members.held_out)
    estimator.oof_prediction_ = estimator.oof_score_ = None


def _held_out_outputs(model, held_out):
    """The raw outputs of each member for the samples that it did not train on."""
    return [
        Model(model.network, model.loss, theta, state).outputs(own.x, working_memory(), own.at)
        for theta, state, own in zip(model.theta, model.state, held_out, strict=True)
    ]


def _publish_out_of_fold(estimator, fit, outputs):
    predictions = [estimator._prediction(z[None]) for z in outputs]
    rows = [own.at for own in fit.members.held_out]
    of_rows, seen = out_of_fold(predictions, rows, len(fit.targets))
    estimator.oof_prediction_ = scattered(of_rows, fit.kept, seen)
    weight = None if fit.weight is None else fit.weight[seen]
    estimator.oof_score_ = estimator._score_of(of_rows, fit.targets[seen], weight)


class MemberCallbacks(EpochCallbacks):
    """Calls scikit-learn's hooks around each epoch of all members.

    Before each of them the estimator is given the history so far, and its members the weights of
    their best epochs. A callback that asks for ``fitted_estimator`` is given a copy as if fit had
    ended there: calibrated, and with out-of-fold predictions.
    """

    def __init__(self, fit, *given):
        """fit: TableFit    given: the arguments of EpochCallbacks"""
        super().__init__(*given)
        self.fit = fit

    def begin_epoch(self):
        self._publish()
        super().begin_epoch()

    def end_epoch(self):
        if self.epoch is not None:
            self._publish()
        return super().end_epoch()

    def _publish(self):
        publish_course(self.estimator, self.fit, self.fit.members.so_far())

    def _copy(self):
        fitted = copy(self.estimator)
        publish(fitted, self.fit, self.fit.members.so_far())
        return vars(fitted)
