"""Checkpoints of a fit: written after epochs, and read to go on from."""

import os

import numpy as np

from sknn.nn.storage.checkpoint import Checkpoint, make_ready
from sknn.nn.storage.files import errors_name_path
from sknn.warning import warn


class CheckpointWriter:
    """Writes a checkpoint every so many epochs, and the last one; warns if it cannot.

    Parameters
    ----------
    path : str or os.PathLike
    every : int
    others : dict
        What training knows nothing of: ``rows`` and ``data`` of a Checkpoint.
    """

    def __init__(self, path, every, others):
        self.path, self.every, self.others = path, every, others
        self.failing = self.shared = False
        self.written = None  # how the last one is known

    def __call__(self, checkpoint, last):
        """Takes in the Checkpoint of an epoch; ``last`` if training ends, or begins, with it."""
        if checkpoint.epochs % self.every and not last:
            return
        vars(checkpoint).update(self.others)
        found = self._identity()
        try:
            with errors_name_path(self.path, "written", "checkpoint"):
                checkpoint.write(self.path)
        except OSError as error:
            if checkpoint.epochs == 0:  # nothing is lost yet
                raise
            if not self.failing:
                warn(
                    f"There is no checkpoint of epoch {checkpoint.epochs}: {error} The one before "
                    "it is as it was, and training goes on."
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
                f"checkpoint={os.fspath(self.path)!r} was written by another program or fit, too. "
                "Each overwrites the checkpoints of the other: resume will go on from whichever "
                "came last. Fits that run at the same time need a file each."
            )

    def _identity(self):
        """Which file it is, and when it was written; None if it is not there."""
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


def checkpoint_writer(estimator, fit):
    """What writes the checkpoints of a fit, with the rows that it trains and validates on."""
    rows = {}
    if fit.subset is not None:
        rows = {"training": fit.subset, "validation": fit.held_out.at}
    others = {"rows": rows, "data": fit.fingerprints}
    return CheckpointWriter(estimator.checkpoint, estimator.checkpoint_every, others)


def check_place(estimator):
    """Raises ValueError, TypeError or OSError if its checkpoints could not be written."""
    path = estimator.checkpoint
    lbfgs = getattr(estimator, "solver", None) == "lbfgs"  # which refuses any
    if path is not None and not lbfgs:
        with errors_name_path(path, "written", "checkpoint"):
            make_ready(path)


def read_checkpoint(estimator):
    """The Checkpoint that an estimator goes on from; warns if it is not the last one.

    Raises what ``check_place`` raises, unless there is nothing left to train.
    """
    path = estimator.checkpoint
    if path is None:
        raise ValueError(
            "resume goes on from the file that checkpoint names, got checkpoint=None. Set "
            "checkpoint to a path before fit."
        )
    try:
        with errors_name_path(path, "read", "checkpoint"):
            checkpoint = Checkpoint.read(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"There is no checkpoint to go on from at {os.fspath(path)!r}. Call fit to start."
        ) from error
    over = checkpoint.stopped is not None and np.all(checkpoint.stopped > 0)
    if not over and checkpoint.epochs < estimator.max_iter:
        check_place(estimator)
    if checkpoint.trouble:
        warn(
            f"{checkpoint.trouble} Training goes on from the checkpoint before it, after epoch "
            f"{checkpoint.epochs}."
        )
    return checkpoint
