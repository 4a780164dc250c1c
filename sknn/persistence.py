"""Saves and loads estimators in a single file without pickle, so that loading runs no code.

``sknn/nn/storage/container.py`` defines the file format. The document in the file contains the
class of the estimator, its parameters, and the results of fit: attributes, the model, labels, and
the state from which training continues.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import sklearn
from sklearn.base import BaseEstimator

from sknn.nn.storage.container import SavedModelError, errors_name_file, read, shown, write
from sknn.nn.storage.files import as_file, checked_path, errors_name_path, remove_leftovers
from sknn.nn.storage.values import Decoder, Encoder
from sknn.saved_networks import KINDS, NETWORK, NETWORKS
from sknn.scikit_learn import best_estimator
from sknn.steps import SKOPS, STEP_KINDS, check_named_steps, is_stored
from sknn.warning import warn

# The parts of a saved network, and the prefixes of the names of their values.
PARTS = {
    "parameters": "",
    "attributes": "",
    "labels": "_labels",
    "columns": "_encoding",
    "model": "_model",
    "run": "_run",
}


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Save an estimator to a file, which can be loaded with :func:`load`.

    The file contains the same information as a pickle: parameters, weights and running statistics,
    classes, the training history and, after ``partial_fit`` or with ``warm_start``, the state from
    which training continues. Predictions and further training of the loaded estimator are
    identical bit for bit. Weights are stored as plain arrays in the layout of safetensors, and
    everything else is stored as JSON.

    Pipelines are saved with all their steps, provided that the steps are networks of sknn or belong
    to the scikit-learn classes listed in the guide to saving: scalers, encoders, imputers, PCA,
    feature selection, text vectorizers and others. Each step is stored as its parameters and fitted
    attributes, by name.

    Parameters
    ----------
    estimator : estimator of sknn, or of a listed scikit-learn class
        The estimator to save, fitted or not. For a fitted search, the ``best_estimator_`` is saved
        without the results of the search.
    path : str or os.PathLike
        The file to write. An existing file is only replaced once the new file is complete, so that
        it remains unchanged if there is an error such as a full disk.

    Raises
    ------
    TypeError
        If something cannot be saved without pickle, for instance a function as ``scoring`` or in a
        FunctionTransformer, or a step of a class that is not listed. The message names it.
    NotFittedError
        If the estimator is a search without ``best_estimator_``.
    ValueError
        If the file could not be loaded again, because a parameter of a fitted estimator is invalid,
        or because a range or a list that is used in many places stands for too many numbers.
    OSError
        If the file cannot be written. The message contains the path and the reason.

    See Also
    --------
    load : Load an estimator from a file.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifier
    >>> from sknn.persistence import load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier(max_iter=1000, random_state=0).fit(X, y)
    >>> path = os.path.join(tempfile.mkdtemp(), "iris.sknn")
    >>> save(clf, path)
    >>> bool((load(path).predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    if isinstance(path, BaseEstimator):
        raise TypeError("save takes the estimator first, then the path: save(estimator, path).")
    estimator = best_estimator(estimator)
    with errors_name_path(path, "written"):
        as_file(path)
    versions = {"sknn": sys.modules["sknn"].__version__, "sklearn": sklearn.__version__}
    if isinstance(estimator, NETWORKS):
        encoder = Encoder(KINDS)
        name, parts = NETWORK.named(estimator)
        document = {"estimator": name, "versions": versions}
        for part, where in PARTS.items():
            values = parts[part]
            document[part] = values and encoder.encode_items(values, where)
        requests = parts["requests"]
        document["requests"] = requests and encoder.encode(requests, "_requests")
    elif is_stored(estimator):
        encoder = Encoder((*KINDS, NETWORK, *STEP_KINDS))
        document = {"estimator": encoder.encode(estimator, "estimator"), "versions": versions}
    else:
        raise TypeError(
            "estimator must be an estimator of sknn, such as MLPClassifier, or a pipeline or "
            f"another supported estimator of scikit-learn, got {estimator!r}. {SKOPS}."
        )
    encoder.check(document)
    with errors_name_path(path, "written"):
        remove_leftovers(path)
        write(path, document, encoder.arrays)


def load(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Any:
    """Load an estimator from a file that was written by :func:`save`.

    No code from the file is run. The file contains numbers, strings and names of classes. Objects
    are only created of sknn's own classes, of scikit-learn's splitters, of the listed classes for
    pipeline steps, and of the given ``classes``. Sizes and checksums are checked first, so that
    memory and time are proportional to the size of the file, whatever its content. Then all parts
    are checked for consistency, so that the methods of the estimator work. It is therefore safe to
    load files from untrusted sources, although a model from such a source can predict anything.

    Parameters
    ----------
    path : str or os.PathLike
        The file to read.
    classes : list of type, default=()
        Custom classes of objects that the estimator contains, such as a ``Loss`` or a ``Layer``.
        Their objects are created with arguments from the file.

    Returns
    -------
    estimator : estimator of sknn or scikit-learn
        The saved estimator, except that the parameters ``checkpoint`` of networks and ``memory`` of
        pipelines are None.

    Raises
    ------
    SavedModelError
        If the file is not a saved estimator, is damaged, was written by a newer version, requires
        an unknown class or memory out of proportion to its size, or if its parts are inconsistent.
        The error is a ValueError. For files of other programs, such as pickles, the message says
        how to read them.
    OSError
        If the file cannot be read. FileNotFoundError is raised if it does not exist.

    Warns
    -----
    UserWarning
        If a pipeline was written with another minor version of scikit-learn.

    See Also
    --------
    save : Save an estimator to a file.

    Examples
    --------
    >>> import os, tempfile
    >>> from sknn import MLPRegressor
    >>> from sknn.nn import Loss
    >>> from sknn.persistence import load, save
    >>> class MyLoss(Loss):
    ...     def __init__(self, scale=1.0):
    ...         self.scale = scale
    >>> path = os.path.join(tempfile.mkdtemp(), "mine.sknn")
    >>> save(MLPRegressor(loss=MyLoss(scale=2.0)), path)
    >>> load(path, classes=[MyLoss]).loss.scale
    2.0
    """
    names = [one.__name__ for one in classes if isinstance(one, type)]
    if len(set(names)) < len(tuple(classes)):
        raise ValueError(f"classes must be a list of classes with distinct names, got {classes!r}.")
    path = checked_path(path)
    with errors_name_path(path, "read"):
        document, arrays = read(path)
    with errors_name_file(path):
        if "estimator" not in document:
            raise SavedModelError("it is not a saved estimator. Checkpoints are read by resume")
        if isinstance(document["estimator"], dict):
            return _read_steps(document, arrays, classes)
        decoder = Decoder(document, arrays, KINDS, classes)
        document.setdefault("columns", None)  # earlier files do not have them
        parts = {
            part: document[part] and decoder.decode_items(document[part], where)
            for part, where in PARTS.items()
        }
        requests = document["requests"]
        parts["requests"] = requests and decoder.decode(requests, "_requests")
        return NETWORK.make(document["estimator"], parts, classes)


def _read_steps(document, arrays, classes):
    """Returns an estimator of scikit-learn with the estimators that it contains."""
    check_named_steps(document)
    decoder = Decoder(document, arrays, (*KINDS, NETWORK, *STEP_KINDS), classes)
    estimator = decoder.decode(document["estimator"], "estimator")
    if not isinstance(estimator, BaseEstimator):
        raise SavedModelError("it is not a saved estimator")
    wrote, runs = document["versions"]["sklearn"], sklearn.__version__
    if wrote.split(".")[:2] != runs.split(".")[:2]:
        warn(
            f"The file was written with scikit-learn {shown(wrote)[1:-1]}, but the installed "
            f"version is {runs}. A step of a pipeline can give different results in another "
            "version. Check the predictions, or install the version that wrote the file."
        )
    return estimator
