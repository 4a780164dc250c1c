"""Writes checkpoints during a fit, and reads them to resume the fit."""

import os

import numpy as np

from sknn.nn.storage.checkpoint import Checkpoint, make_ready
from sknn.nn.storage.files import errors_name_path
from sknn.warning import warn


class CheckpointWriter:
    """Writes a checkpoint at regular intervals and at the end. Warns if writing fails.

    Parameters
    ----------
    path : str or os.PathLike
        The file to write.
    every : int
        The number of epochs between checkpoints.
    others : dict
        The fields of a Checkpoint that training does not know: ``rows`` and ``data``.
    """

    def __init__(self, path, every, others):
        self.path, self.every, self.others = path, every, others
        self.failing = self.shared = False
        self.written = None  # identity of the last file

    def __call__(self, checkpoint, last):
        """Handles the Checkpoint of an epoch; ``last``: whether training ends or begins with it."""
        if checkpoint.epochs % self.every and not last:
            return
        vars(checkpoint).update(self.others)
        found = self._identity()
        try:
            with errors_name_path(self.path, "written", "checkpoint"):
                checkpoint.write(self.path)
        except OSError as error:
            if checkpoint.epochs == 0:  # no training is lost yet
                raise
            if not self.failing:
                warn(
                    f"The checkpoint of epoch {checkpoint.epochs} was not written: {error} The "
                    "previous checkpoint is unchanged, and training continues."
                )
            self.failing = True
        else:
            self.failing = False
            self._warn_of_others(found)
            self.written = self._identity()

    def _warn_of_others(self, found):
        """found: the identity of the file that the last checkpoint has replaced"""
        if not self.shared and None not in (self.written, found) and found != self.written:
            self.shared = True
            warn(
                f"checkpoint={os.fspath(self.path)!r} was also written by another program or fit. "
                "They overwrite each other's checkpoints, and resume will continue from the one "
                "that was written last. Fits that run at the same time must use different files."
            )

    def _identity(self):
        """Returns values that identify the file and its last change; None if it does not exist."""
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def checkpoint_writer(estimator, fit):
    """Returns the CheckpointWriter of a fit, with the rows to train and to validate on."""
    rows = {}
    if fit.subset is not None:
        rows = {"training": fit.subset, "validation": fit.held_out.at}
    others = {"rows": rows, "data": fit.fingerprints}
    return CheckpointWriter(estimator.checkpoint, estimator.checkpoint_every, others)


def check_place(estimator):
    """Raises ValueError, TypeError or OSError if the checkpoints cannot be written."""
    path = estimator.checkpoint
    lbfgs = getattr(estimator, "solver", None) == "lbfgs"  # which rejects any checkpoint
    if path is not None and not lbfgs:
        with errors_name_path(path, "written", "checkpoint"):
            make_ready(path)


def read_checkpoint(estimator):
    """Returns the Checkpoint to resume from. Warns if it is not the last one.

    Raises the errors of ``check_place``, unless training is already complete.
    """
    path = estimator.checkpoint
    if path is None:
        raise ValueError(
            "resume requires checkpoint to be the path of a file, got checkpoint=None. Set "
            "checkpoint to a path before calling fit."
        )
    try:
        with errors_name_path(path, "read", "checkpoint"):
            checkpoint = Checkpoint.read(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"There is no checkpoint to resume from at {os.fspath(path)!r}. Call fit to start."
        ) from error
    over = checkpoint.stopped is not None and np.all(checkpoint.stopped > 0)
    if not over and checkpoint.epochs < estimator.max_iter:
        check_place(estimator)
    if checkpoint.trouble:
        warn(
            f"{checkpoint.trouble} Training continues from the previous checkpoint, after epoch "
            f"{checkpoint.epochs}."
        )
    return checkpoint
