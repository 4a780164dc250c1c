"""Saving and loading of estimators: one file, without pickle, so that loading runs no code of it.

The file is that of ``sknn/nn/storage/container.py``. Its document has the class of the estimator,
its parameters, and what fit has left: attributes, the model, labels, and what training goes on
with.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn
from sklearn import config_context, model_selection
from sklearn.preprocessing import LabelBinarizer

from sknn import estimators, tabular
from sknn.estimators.base import BaseNetwork
from sknn.estimators.labels import LabelSet, ManyLabels, OneLabel
from sknn.estimators.reading import FLOATS
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.optimizers import Optimizer
from sknn.nn.stopping import Patience
from sknn.nn.storage.checkpoint import restore_run, run_values
from sknn.nn.storage.container import SavedModelError, errors_name_file, read, shown, write
from sknn.nn.storage.files import as_file, checked_path, errors_name_path, remove_leftovers
from sknn.nn.storage.registry import CORE, Kind
from sknn.nn.storage.values import Decoder, Encoder
from sknn.nn.training_state import TrainingState
from sknn.restored import (
    RESERVED,
    check_columns,
    check_estimator,
    check_loss,
    check_network,
    check_parameters,
    check_run,
)
from sknn.scikit_learn import callbacks_of, metadata_requests
from sknn.tabular.encoding import Encoding
from sknn.tabular.ensemble import TableNetwork


def _named(classes, includes):
    return {one.__name__: one for one in classes if isinstance(one, type) and includes(one)}


def _is_splitter(cls):
    return hasattr(cls, "split") and hasattr(cls, "get_n_splits")


NETWORKS = (BaseNetwork, TableNetwork)
ESTIMATORS = Kind(
    "estimator",
    lambda cls: issubclass(cls, NETWORKS),
    _named(
        (*vars(estimators).values(), *vars(tabular).values()),
        lambda cls: issubclass(cls, NETWORKS),
    ),
)
SPLITTERS = Kind(
    "splitter",
    _is_splitter,
    _named(vars(model_selection).values(), _is_splitter),
    # scikit-learn's repeated splitters keep some arguments apart.
    lambda splitter: vars(splitter) | vars(splitter).get("cvargs", {}),
)
KINDS = (*CORE, SPLITTERS)
OPTIMIZERS = Kind.of(Optimizer)
LABELS = {"LabelSet": LabelSet, "OneLabel": OneLabel}
BINARIZER = ("classes_", "sparse_input_", "y_type_")  # what LabelBinarizer learns
# Where a fit writes is no part of a model: a stranger's file must not say so.
LEFT_OUT = ("checkpoint",)


def save(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Save an estimator to a file, to be loaded with :func:`load`.

    The file holds all that a pickle would: parameters, weights and running statistics, classes,
    the history of the training and, after ``partial_fit`` or with ``warm_start``, what training
    goes on with. Predictions and further training are the same, bit for bit. Weights are plain
    arrays in the layout of safetensors, the rest is JSON.

    Parameters
    ----------
    estimator : estimator of sknn
        Fitted or not.
    path : str or os.PathLike
        Where to save it. A file that is there is replaced when the new one is complete, so that
        an error, such as a full disk, leaves it as it was.

    Raises
    ------
    TypeError
        If something cannot be saved without pickle: a function as ``scoring``, for instance. The
        message names the parameter.
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
    if isinstance(path, NETWORKS):
        raise TypeError("save takes the estimator first, then the path: save(estimator, path).")
    if not isinstance(estimator, NETWORKS):
        raise TypeError(
            f"save takes estimators of sknn, such as MLPClassifier, got {estimator!r}. Use joblib "
            "for others, and for pipelines; or save the last step of the pipeline."
        )
    if callbacks_of(estimator):
        raise TypeError("Callbacks cannot be saved: call set_callbacks() without any before.")
    check_parameters(estimator)
    with errors_name_path(path, "written"):
        as_file(path)
    state: dict[str, Any] = {**estimator.__getstate__()}
    parameters = {name: state.pop(name) for name in estimator.get_params(deep=False)}
    model, run, labels = (state.pop(name, None) for name in ("_model", "_run", "_labels"))
    columns = state.pop("_encoding", None)
    state.pop("_label_binarizer", None)  # the one of the labels
    requests = metadata_requests(state)
    for name in LEFT_OUT:
        parameters.pop(name, None)
    encoder = Encoder(KINDS)
    document = {
        "estimator": type(estimator).__name__,
        "versions": {"sknn": sys.modules["sknn"].__version__, "sklearn": sklearn.__version__},
        "parameters": encoder.encode_items(parameters),
        "attributes": encoder.encode_items(state),
        "labels": labels and encoder.encode_items(_labels_as_dict(labels), "_labels"),
        "columns": columns and encoder.encode_items(columns.learnt(), "_encoding"),
        "model": model and encoder.encode_items(_model_as_dict(model), "_model"),
        "run": run and encoder.encode_items(_run_as_dict(run), "_run"),
        "requests": requests and encoder.encode(_requests_as_dict(requests), "_requests"),
    }
    encoder.check(document)
    with errors_name_path(path, "written"):
        remove_leftovers(path)
        write(path, document, encoder.arrays)


def load(path: str | os.PathLike[str], classes: Sequence[type] = ()) -> Any:
    """Load an estimator from a file that :func:`save` has written.

    No code in the file is run: what it holds are numbers, strings, and names of classes, and only
    objects of sknn's own classes are made, of scikit-learn's splitters, and of ``classes``. Sizes
    and checksums are checked first: memory and time are in proportion to the size of the file,
    whatever it says. Then everything in it is compared with the rest, so that the methods of the
    estimator work. That is safe with files from strangers, in so far as a model may still predict
    whatever they want.

    Parameters
    ----------
    path : str or os.PathLike
        The file.
    classes : list of type, default=()
        Classes of your own whose objects the estimator holds, such as a ``Loss`` or a ``Layer``.
        They are made with arguments from the file.

    Returns
    -------
    estimator : estimator of sknn
        As it was saved, but for the parameter ``checkpoint``, which is None.

    Raises
    ------
    SavedModelError
        If the file is no such file, is damaged, comes from a newer version, needs a class that is
        not known or memory out of proportion to its size, or if its parts do not belong together.
        It is a ValueError. Of files that other programs write, such as pickles, it says what to
        read them with.
    OSError
        If the file cannot be read; FileNotFoundError, if it is not there.

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
        decoder = Decoder(document, arrays, KINDS, classes)
        parameters = decoder.decode_items(document["parameters"])
        estimator = ESTIMATORS.make(document["estimator"], parameters, classes)
        estimator.__setstate__(_state(document, decoder, estimator))
        if document["requests"]:
            _request(estimator, decoder.decode(document["requests"], "_requests"))
        check_estimator(estimator)
    return estimator


def _state(document, decoder, estimator):
    """What ``save`` got of the estimator beside its parameters."""
    state = decoder.decode_items(document["attributes"])
    taken = {*vars(estimator), *RESERVED}
    wrong = [name for name in state if name in taken or name.startswith("__")]
    wrong += [name for name in state if name not in wrong and hasattr(type(estimator), name)]
    wrong += [name for name in LEFT_OUT if name in document["parameters"]]
    if wrong:
        raise SavedModelError(f"it must not have values for {shown(wrong)}")
    if document["labels"]:
        state["_labels"] = _labels(**decoder.decode_items(document["labels"], "_labels"))
        state["_label_binarizer"] = state["_labels"].binarizer
    if document.get("columns"):  # those of a table; earlier files know of none
        columns = decoder.decode_items(document["columns"], "_encoding")
        check_columns(columns)
        state["_encoding"] = Encoding(**columns)
    if document["model"]:
        state["_model"] = _model(**decoder.decode_items(document["model"], "_model"))
        if isinstance(estimator, BaseNetwork):
            state["_run"] = None
    if document["run"]:
        run = decoder.decode_items(document["run"], "_run")
        state["_run"] = _run(state["_model"], **run)
    return state


def _model_as_dict(model):
    return {
        "layers": model.network.layers,
        "input_shape": model.network.shapes[0],
        "loss": model.loss,
        "theta": model.theta,
        "state": model.state,
    }


def _model(layers, input_shape, loss, theta, state):
    check_loss(loss)
    network = Network(layers, input_shape)
    for vector, layout in ((theta, network.layout), (state, network.state_layout)):
        models = vector.shape[:-1] == theta.shape[:-1] and len(theta.shape) <= 2
        right = vector.dtype in FLOATS and models
        if not right or vector.shape[-1:] != (layout.size,):
            raise SavedModelError(
                f"its layers have {layout.size} parameters or statistics, but there are "
                f"{vector.dtype} of shape {vector.shape}"
            )
    if theta.dtype != state.dtype:
        raise SavedModelError(f"its parameters are {theta.dtype}, its statistics {state.dtype}")
    check_network(network, theta.size)
    return Model(network, loss, theta, state)


def _run_as_dict(run):
    return {"optimizer": run.optimizer, "values": run_values(run)}


def _run(model, values, optimizer=None, solver=None, settings=None):
    """What training goes on with; early files have a solver's name and settings."""
    if optimizer is None:
        settings.pop("n_decayed", None)
        optimizer = OPTIMIZERS.make(solver, settings)
    layout = model.network.layout
    moments = optimizer.start(model.theta[: layout.n_trainable], layout.n_decayed)
    run = TrainingState(optimizer, moments, np.random.RandomState(0), Patience())
    restore_run(run, values)
    check_run(run)
    return run


def _requests_as_dict(requests):
    """What metadata each method asks for."""
    return {
        method: dict(one.requests)
        for method, one in vars(requests).items()
        if getattr(one, "requests", None)
    }


def _request(estimator, requests):
    with config_context(enable_metadata_routing=True):
        for method, names in requests.items():
            getattr(estimator, f"set_{method}_request")(**names)


def _labels_as_dict(labels):
    kind, binarizer = type(labels).__name__, labels.binarizer
    if binarizer is None:
        return {"kind": kind, "classes": labels.classes}
    return {"kind": kind, "learnt": {name: getattr(binarizer, name) for name in BINARIZER}}


def _labels(kind, classes=None, learnt=None):
    if kind == "ManyLabels":
        return ManyLabels(classes)
    binarizer = LabelBinarizer()
    for name in BINARIZER:
        setattr(binarizer, name, learnt[name])
    return LABELS[kind](binarizer)
