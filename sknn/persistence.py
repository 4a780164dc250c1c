"""Saving and loading of estimators: one file, without pickle, so that loading runs no code of it.

The file is that of ``sknn/nn/storage/container.py``. Its document has the class of the estimator,
its parameters, and what fit has left: attributes, the model, labels, and what training goes on
with.
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

# The parts of a network, in a file of its own, and what the names of their values begin with.
PARTS = {
    "parameters": "",
    "attributes": "",
    "labels": "_labels",
    "columns": "_encoding",
    "model": "_model",
    "run": "_run",
}


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Save an estimator to a file, to be loaded with :func:`load`.

    The file holds all that a pickle would: parameters, weights and running statistics, classes,
    the history of the training and, after ``partial_fit`` or with ``warm_start``, what training
    goes on with. Predictions and further training are the same, bit for bit. Weights are plain
    arrays in the layout of safetensors, the rest is JSON.

    Pipelines are saved with their steps, if all of these are networks of sknn or of the
    scikit-learn classes listed in the guide to saving: scalers, encoders, imputers, PCA, feature
    selection, vectorizers of text and others. Each is stored as its parameters and fitted
    attributes, by name.

    Parameters
    ----------
    estimator : estimator of sknn, or of a listed scikit-learn class
        Fitted or not. Of a fitted search its ``best_estimator_`` is saved, without the results of
        the search.
    path : str or os.PathLike
        Where to save it. A file that is there is replaced when the new one is complete, so that
        an error, such as a full disk, leaves it as it was.

    Raises
    ------
    TypeError
        If something cannot be saved without pickle: a function as ``scoring`` or in a
        FunctionTransformer, for instance, or a step of a class that is not listed. The message
        names it.
    NotFittedError
        If it is a search without ``best_estimator_``.
    ValueError
        If the file could not be loaded again: a parameter of a fitted estimator is not valid, or a
        range or a list that is used in many places stands for too many numbers.
    OSError
        If the file cannot be written; the message names the path and says why.

    See Also
    --------
    load : Load it again.

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
            "save takes estimators of sknn, such as MLPClassifier, pipelines and other estimators "
            f"of scikit-learn that may stand around them, got {estimator!r}. {SKOPS}."
        )
    encoder.check(document)
    with errors_name_path(path, "written"):
        remove_leftovers(path)
        write(path, document, encoder.arrays)


def load(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Any:
    """Load an estimator from a file that :func:`save` has written.

    No code in the file is run: what it holds are numbers, strings, and names of classes, and only
    objects of sknn's own classes are made, of scikit-learn's splitters, of the listed classes for
    steps of pipelines, and of ``classes``. Sizes and checksums are checked first: memory and time
    are in proportion to the size of the file, whatever it says. Then everything in it is compared
    with the rest, so that the methods of the estimator work. That is safe with files from
    strangers, in so far as a model may still predict whatever they want.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    classes : list of type, default=()
        Classes of your own whose objects the estimator holds, such as a ``Loss`` or a ``Layer``.
        They are made with arguments from the file.

    Returns
    -------
    estimator : estimator of sknn or scikit-learn
        As it was saved, but for the parameters ``checkpoint`` of networks and ``memory`` of
        pipelines, which are None.

    Raises
    ------
    SavedModelError
        If the file is no such file, is damaged, comes from a newer version, needs a class that is
        not known or memory out of proportion to its size, or if its parts do not belong together.
        It is a ValueError. Of files that other programs write, such as pickles, it says what to
        read them with.
    OSError
        If the file cannot be read; FileNotFoundError, if it is not there.

    Warns
    -----
    UserWarning
        If another minor version of scikit-learn has written a pipeline.

    See Also
    --------
    save : Save it.

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
        raise ValueError(f"classes must be classes, no two of the same name, got {classes!r}.")
    path = checked_path(path)
    with errors_name_path(path, "read"):
        document, arrays = read(path)
    with errors_name_file(path):
        if "estimator" not in document:
            raise SavedModelError("it is no saved estimator. Checkpoints are read by resume")
        if isinstance(document["estimator"], dict):
            return _read_steps(document, arrays, classes)
        decoder = Decoder(document, arrays, KINDS, classes)
        document.setdefault("columns", None)  # earlier files know nothing of them
        parts = {
            part: document[part] and decoder.decode_items(document[part], where)
            for part, where in PARTS.items()
        }
        requests = document["requests"]
        parts["requests"] = requests and decoder.decode(requests, "_requests")
        return NETWORK.make(document["estimator"], parts, classes)


def _read_steps(document, arrays, classes):
    """An estimator of scikit-learn with what is in it."""
    check_named_steps(document)
    decoder = Decoder(document, arrays, (*KINDS, NETWORK, *STEP_KINDS), classes)
    estimator = decoder.decode(document["estimator"], "estimator")
    if not isinstance(estimator, BaseEstimator):
        raise SavedModelError("it is no saved estimator")
    wrote, runs = document["versions"]["sklearn"], sklearn.__version__
    if wrote.split(".")[:2] != runs.split(".")[:2]:
        warn(
            f"The file was written with scikit-learn {shown(wrote)[1:-1]}, and this is {runs}: a "
            "step of a pipeline may compute something else in another version. Check the "
            "predictions, or install the version that wrote the file."
        )
    return estimator
