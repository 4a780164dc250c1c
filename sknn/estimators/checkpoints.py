"""Checkpoints of a fit: written after epochs, and read to go on from."""

import os
import warnings

from sknn.nn.storage.checkpoint import Checkpoint


class CheckpointWriter:
    """Writes a checkpoint every so many epochs, and the last one; warns if it cannot.

    Parameters
    ----------
    path : str or os.PathLike
    every : int
    others : dict
        What training knows nothing of: ``rows`` and ``data`` of a Checkpoint.
    level : int
        Of warnings: from here to the caller of fit.
    """

    def __init__(self, path, every, others, level):
        self.path, self.every, self.others, self.level = path, every, others, level
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
                warnings.warn(
                    f"The checkpoint after epoch {checkpoint.epochs} could not be written: "
                    f"{error}. The one before it is as it was, and training goes on.",
                    stacklevel=self.level,
                )
            self.failing = True
        else:
            self.failing = False


def read_checkpoint(path, level):
    """The Checkpoint to go on from; warns if it is not the last one.

    level: of the warning, from here to the caller of resume
    """
    try:
        checkpoint = Checkpoint.read(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"There is no checkpoint to go on from at {os.fspath(path)!r}. Call fit to start."
        ) from error
    if checkpoint.trouble:
        warnings.warn(
            f"{checkpoint.trouble} Training goes on from the checkpoint before it, after epoch "
            f"{checkpoint.epochs}.",
            stacklevel=level,
        )
    return checkpoint
