"""Where training stands after an epoch, in a file, to go on from as if it had never stopped."""

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

# A header begins with the first array, and holds further on what kind of file it is.
BEGINNING = b'{"theta": {"dtype": "'
KIND = b'"format": "sknn", "version": "1", "document": "{\\"checkpoint\\": '


@dataclass
class Checkpoint:
    """All that training needs to go on.

    Attributes
    ----------
    theta, state : ndarray
        Parameters and running statistics.
    run : dict
        What ``run_values`` makes of a TrainingState.
    history : dict of list
    epochs : int
        How many are done.
    stopped : ndarray of int, or None
        The epoch at which each model stopped, 0 for those that go on.
    kept : (ndarray, ndarray) or None
        theta and state to go back to in the end.
    rows : dict of ndarray
        Numbers of the rows that are trained on and validated on, where it is not all of them.
    data : dict
        What ``fingerprint`` says of the data.
    trouble : str
        What was wrong with a later checkpoint, if this is the one before it.
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
        """That of training as it stands; nothing is copied, so it is to be written at once.

        kept: a Keeper, or None    others: attributes
        """
        kept = None if kept is None else (kept.theta, kept.state)
        return cls(gradient.theta, gradient.state, run_values(run), history, kept=kept, **others)

    def write(self, path):
        """Writes it to a file, and keeps the one before it beside it.

        Raises OSError if that fails, as on a full disk: then both are as they were; and
        FileExistsError if there is a file that is no checkpoint. Several programs may write to
        one path: the file is a whole checkpoint of one of them at any moment.
        """
        refuse_other_files(path)
        encoder = Encoder(kinds=())
        document = {"checkpoint": encoder.encode_items(vars(self))}
        # The one before the first is of another training.
        write(path, document, encoder.arrays, previous=_previous(path), keep=self.epochs > 0)

    @classmethod
    def read(cls, path):
        """The last one written there; if that is damaged, the one before it.

        Raises FileNotFoundError if there is none, and SavedModelError if none is undamaged.
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
                raise SavedModelError("it is no checkpoint, but a file for sknn.load")
            decoder = Decoder(document, arrays, kinds=())
            checkpoint = cls(**decoder.decode_items(document["checkpoint"]))
            for part in fields(cls):
                if not isinstance(getattr(checkpoint, part.name), part.type):
                    raise SavedModelError(f"its {part.name} is no {part.type}")
            check_checkpoint(checkpoint)
            return checkpoint

    def restore(self, gradient, run, history, kept=None):
        """Puts everything back where ``of`` took it from.

        Raises ValueError if the network or the optimiser is not what it was, the history has other
        columns, or there is no Keeper for what was kept.
        """
        if set(self.history) != set(history):
            raise ValueError(
                f"The history of the checkpoint must have the columns {sorted(history)}, got "
                f"{shown(sorted(self.history, key=repr))}. Call fit to start anew."
            )
        _copy("The parameters of the network", self.theta, gradient.theta)
        _copy("The running statistics of the network", self.state, gradient.state)
        if (kept is None) != (self.kept is None):
            raise ValueError(
                "The best weights are kept where training stops early, and only there: use "
                "early_stopping as before."
            )
        if kept is not None:
            _copy("The parameters that were kept", self.kept[0], kept.theta)
            _copy("The running statistics that were kept", self.kept[1], kept.state)
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
    """Makes a TrainingState with new moments the one that the values are of.

    Raises ValueError if its optimiser is another.
    """
    wanted, got = _shapes(run.moments.state()), _shapes(values["optimizer"])
    if wanted != got:
        raise ValueError(
            f"The optimiser, {type(run.optimizer).__name__}, carries arrays of the shapes "
            f"{wanted}, but saved are {got}. Use the solver and the layers of before."
        )
    run.moments.load_state(values["optimizer"])
    run.random_state = values["random_state"]
    for name, value in vars(run.patience).items():
        _copy(f"The {name} of patience", values["patience"][name], value)
    run.progress = Progress(**values["progress"])
    run.seed, run.order = values["seed"], values["order"]


def fingerprint(data):
    """Shape, dtype and checksum of each array, which may be sparse; None stays None.

    data: by name
    """
    return {name: None if array is None else _fingerprint(array) for name, array in data.items()}


def check_same(saved, given):
    """Raises ValueError, naming what it is, if fingerprints of what is given differ."""
    for name, now in given.items():
        before = saved.get(name)
        if before != now:
            raise ValueError(
                f"{name} must be what it was when the checkpoint was written, {_told(before)}, got "
                f"{_told(now)}. Pass the same data, or call fit to start anew."
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

    FileExistsError, if that would overwrite a file which is no checkpoint. Removes what writers
    that were killed have left.
    """
    refuse_other_files(path)
    check_writable(path)
    remove_leftovers(path)


def refuse_other_files(path):
    """Raises FileExistsError if a checkpoint would overwrite a file that is none."""
    for at in (as_file(path, "checkpoint"), _previous(path)):
        if not _may_be_replaced(at):
            raise FileExistsError(
                f"checkpoint={os.fspath(path)!r} would overwrite {os.fspath(at)!r}, which is no "
                "checkpoint. Move that file, or delete it, or choose another path."
            )


def _may_be_replaced(path):
    """Whether there is nothing, an empty file, or a checkpoint, be it damaged or cut off."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, "rb") as file:
            length = file.read(LENGTH)
            if not length:
                return True
            beginning = file.read(len(BEGINNING))
            # Below 2**24 bytes and a multiple of 8: no text, which has no null characters.
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
    """Where the checkpoint before the one at this path is kept."""
    return f"{as_file(path)}.previous"


def _shapes(arrays):
    return {name: array.shape for name, array in arrays.items()}


def _copy(what, saved, to):
    if saved.shape != to.shape or saved.dtype != to.dtype:
        raise ValueError(
            f"{what} must have the shape {to.shape} and dtype {to.dtype}, as the layers and the "
            f"data say, but saved are {saved.shape} and {saved.dtype}."
        )
    np.copyto(to, saved)
