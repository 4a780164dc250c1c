"""The state of training after an epoch, in a file from which training can continue exactly."""

import os
import stat
from dataclasses import dataclass, field, fields
from hashlib import sha256

import numpy as np
from scipy.sparse import issparse

from sknn.nn.schedules import Progress
from sknn.nn.storage.container import (
    LENGTH,
    SavedModelError,
    errors_name_file,
    read,
    shown,
    write,
)
from sknn.nn.storage.files import as_file, check_writable, remove_leftovers
from sknn.nn.storage.parts import check_checkpoint
from sknn.nn.storage.values import Decoder, Encoder

# A header begins with the first array. Further on, it contains the kind of the file.
BEGINNING = b'{"theta": {"dtype": "'
KIND = b'"format": "sknn", "version": "1", "document": "{\\"checkpoint\\": '


@dataclass
class Checkpoint:
    """Everything that training needs to continue.

    Attributes
    ----------
    theta, state : ndarray
        The parameters and running statistics.
    run : dict
        The TrainingState as returned by ``run_values``.
    history : dict of list
        The history of the training.
    epochs : int
        The number of completed epochs.
    stopped : ndarray of int, or None
        The epoch at which each model stopped, 0 for models that are still training.
    kept : (ndarray, ndarray) or None
        The theta and state to restore at the end.
    rows : dict of ndarray
        The numbers of the training and validation rows, unless all rows are used.
    data : dict
        The ``fingerprint`` of the data.
    trouble : str
        The problem with the last checkpoint, if this is the one before it.
    """

    theta: np.ndarray
    state: np.ndarray
    run: dict
    history: dict
    epochs: int = 0
    stopped: np.ndarray | None = None
    kept: tuple | None = None
    rows: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    trouble: str = ""

    @classmethod
    def of(cls, gradient, run, history, kept=None, **others):
        """The checkpoint of the current state. Nothing is copied: it must be written immediately.

        kept: a Keeper, or None    others: attributes
        """
        kept = None if kept is None else (kept.theta, kept.state)
        return cls(gradient.theta, gradient.state, run_values(run), history, kept=kept, **others)

    def write(self, path):
        """Writes the checkpoint to a file and keeps the previous one beside it.

        Raises OSError if that fails, for instance on a full disk, and leaves both files unchanged.
        Raises FileExistsError if there is a file that is not a checkpoint. Several programs can
        write to the same path: at any time, the file is a complete checkpoint of one of them.
        """
        refuse_other_files(path)
        encoder = Encoder(kinds=())
        document = {"checkpoint": encoder.encode_items(vars(self))}
        # The checkpoint before the first epoch belongs to another training.
        write(path, document, encoder.arrays, previous=_previous(path), keep=self.epochs > 0)

    @classmethod
    def read(cls, path):
        """The last checkpoint written to this path, or the previous one if the last is damaged.

        Raises FileNotFoundError if there is none, and SavedModelError if all are damaged.
        """
        path, previous = as_file(path, "checkpoint"), _previous(path)
        try:
            return cls._read(path)
        except (FileNotFoundError, SavedModelError) as error:
            if not os.path.exists(previous):
                raise
            checkpoint = cls._read(previous)
            checkpoint.trouble = str(error)
            return checkpoint

    @classmethod
    def _read(cls, path):
        document, arrays = read(path)
        with errors_name_file(path):
            if set(document) != {"checkpoint"}:
                raise SavedModelError("it is not a checkpoint, but a file for sknn.load")
            decoder = Decoder(document, arrays, kinds=())
            checkpoint = cls(**decoder.decode_items(document["checkpoint"]))
            for part in fields(cls):
                if not isinstance(getattr(checkpoint, part.name), part.type):
                    raise SavedModelError(f"its {part.name} is not a {part.type}")
            check_checkpoint(checkpoint)
            return checkpoint

    def restore(self, gradient, run, history, kept=None):
        """Copies everything back to the objects that were passed to ``of``.

        Raises ValueError if the network or the optimiser has changed, the history has other
        columns, or there is no Keeper for the kept weights.
        """
        if set(self.history) != set(history):
            raise ValueError(
                f"The history of the checkpoint must have the columns {sorted(history)}, got "
                f"{shown(sorted(self.history, key=repr))}. Call fit to start from scratch."
            )
        _copy("The parameters of the network", self.theta, gradient.theta)
        _copy("The running statistics of the network", self.state, gradient.state)
        if (kept is None) != (self.kept is None):
            raise ValueError(
                "A checkpoint contains the best weights only with early_stopping=True. Set "
                "early_stopping to the same value as before."
            )
        if kept is not None:
            _copy("The kept parameters", self.kept[0], kept.theta)
            _copy("The kept running statistics", self.kept[1], kept.state)
        restore_run(run, self.run)
        for name, values in history.items():
            values[:] = self.history[name]


def run_values(run):
    """A TrainingState as values that can be saved."""
    return {
        "optimizer": run.moments.state(),
        "random_state": run.random_state,
        "patience": dict(vars(run.patience)),
        "progress": dict(vars(run.progress)),
        "seed": run.seed,
        "order": run.order,
    }


def restore_run(run, values):
    """Restores a TrainingState with new moments from values.

    Raises ValueError if it has another optimiser.
    """
    wanted, got = _shapes(run.moments.state()), _shapes(values["optimizer"])
    if wanted != got:
        raise ValueError(
            f"The optimiser, {type(run.optimizer).__name__}, has arrays of the shapes {wanted}, "
            f"but the saved ones are {got}. Use the same solver and layers as before."
        )
    run.moments.load_state(values["optimizer"])
    run.random_state = values["random_state"]
    for name, value in vars(run.patience).items():
        _copy(f"The {name} of patience", values["patience"][name], value)
    run.progress = Progress(**values["progress"])
    run.seed, run.order = values["seed"], values["order"]


def fingerprint(data):
    """The shape, dtype and checksum of each array, which can be sparse. None stays None.

    data: arrays by name
    """
    return {name: None if array is None else _fingerprint(array) for name, array in data.items()}


def check_same(saved, given):
    """Raises ValueError with the name of the data if fingerprints differ."""
    for name, now in given.items():
        before = saved.get(name)
        if before != now:
            raise ValueError(
                f"{name} must be the same as when the checkpoint was written, {_told(before)}, got "
                f"{_told(now)}. Pass the same data, or call fit to start from scratch."
            )


def _fingerprint(array):
    parts = [array.data, array.indices, array.indptr] if issparse(array) else [array]
    digest = sha256()
    for part in parts:
        if part.dtype == object:
            part = np.frombuffer(repr(part.tolist()).encode(), np.uint8)
        digest.update(np.ascontiguousarray(part))
    return [list(array.shape), str(array.dtype), digest.hexdigest()]


def _told(fingerprint):
    if fingerprint is None:
        return "None"
    shape, dtype, checksum = fingerprint
    return f"{dtype} of shape {tuple(shape)} with the checksum {checksum[:8]}"


def make_ready(path):
    """Raises OSError or ValueError if checkpoints cannot be written to this path.

    Raises FileExistsError if that would overwrite a file that is not a checkpoint. Removes files
    left behind by killed programs.
    """
    refuse_other_files(path)
    check_writable(path)
    remove_leftovers(path)


def refuse_other_files(path):
    """Raises FileExistsError if a checkpoint would overwrite another kind of file."""
    for at in (as_file(path, "checkpoint"), _previous(path)):
        if not _may_be_replaced(at):
            raise FileExistsError(
                f"checkpoint={os.fspath(path)!r} would overwrite {os.fspath(at)!r}, which is not a "
                "checkpoint. Move or delete that file, or choose another path."
            )


def _may_be_replaced(path):
    """Whether there is no file, an empty file, or a checkpoint, possibly damaged or cut off."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as file:
            length = file.read(LENGTH)
            if not length:
                return True
            beginning = file.read(len(BEGINNING))
            # It is below 2**24 and a multiple of 8, unlike text, which has no null characters.
            if len(length) < 4 or length[3:].strip(b"\0") or length[0] % LENGTH:
                return False
            if not BEGINNING.startswith(beginning):
                return False
            left = max(0, int.from_bytes(length, "little") - len(beginning))
            rest = file.read(left)
            return len(rest) < left or KIND in rest
    except FileNotFoundError:
        return True


def _previous(path):
    """The path of the checkpoint before the one at this path."""
    return f"{as_file(path)}.previous"


def _shapes(arrays):
    return {name: array.shape for name, array in arrays.items()}


def _copy(what, saved, to):
    if saved.shape != to.shape or saved.dtype != to.dtype:
        raise ValueError(
            f"{what} must have the shape {to.shape} and dtype {to.dtype}, as determined by the "
            f"layers and the data, but saved are {saved.shape} and {saved.dtype}."
        )
    np.copyto(to, saved)
