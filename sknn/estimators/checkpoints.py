"""Checkpoints of a fit: written after epochs, and read to go on from."""

import os

from sknn.nn.storage.checkpoint import Checkpoint
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
        self.failing = False

    def __call__(self, checkpoint, last):
        """Takes in the Checkpoint of an epoch; ``last`` if training ends, or begins, with it."""
        if checkpoint.epochs % self.every and not last:
            return
        vars(checkpoint).update(self.others)
        try:
            checkpoint.write(self.path)
        except OSError as error:
            if checkpoint.epochs == 0:  # nothing is lost yet
                raise
            if not self.failing:
                warn(
                    f"The checkpoint after epoch {checkpoint.epochs} could not be written: "
                    f"{error}. The one before it is as it was, and training goes on."
                )
            self.failing = True
        else:
            self.failing = False


def checkpoint_writer(estimator, fit):
    """What writes the checkpoints of a fit, with the rows that it trains and validates on."""
    rows = {}
    if fit.subset is not None:
        rows = {"training": fit.subset, "validation": fit.held_out.at}
    others = {"rows": rows, "data": fit.fingerprints}
    return CheckpointWriter(estimator.checkpoint, estimator.checkpoint_every, others)


def read_checkpoint(path):
    """The Checkpoint to go on from; warns if it is not the last one."""
    try:
        checkpoint = Checkpoint.read(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"There is no checkpoint to go on from at {os.fspath(path)!r}. Call fit to start."
        ) from error
    if checkpoint.trouble:
        warn(
            f"{checkpoint.trouble} Training goes on from the checkpoint before it, after epoch "
            f"{checkpoint.epochs}."
        )
    return checkpoint
