"""Converts networks to values of a file and back."""

import numpy as np
from sklearn import config_context, model_selection
from sklearn.preprocessing import LabelBinarizer

from sknn import estimators, tabular
from sknn.estimators.base import BaseNetwork
from sknn.estimators.labels import LabelSet, ManyLabels, OneLabel
from sknn.estimators.newest import NewestSplit
from sknn.estimators.reading import FLOATS
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.optimizers import Optimizer
from sknn.nn.stopping import Patience
from sknn.nn.storage.checkpoint import restore_run, run_values
from sknn.nn.storage.container import SavedModelError, shown
from sknn.nn.storage.registry import CORE, Kind
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
    _named((*vars(model_selection).values(), NewestSplit), _is_splitter),
    # scikit-learn's repeated splitters store some arguments separately.
    lambda splitter: vars(splitter) | vars(splitter).get("cvargs", {}),
)
KINDS = (*CORE, SPLITTERS)
OPTIMIZERS = Kind.of(Optimizer)
LABELS = {"LabelSet": LabelSet, "OneLabel": OneLabel}
BINARIZER = ("classes_", "sparse_input_", "y_type_")  # the attributes that LabelBinarizer learns
# Paths are not part of a model, and a file from an untrusted source must not determine them.
LEFT_OUT = ("checkpoint",)


class NetworkKind:
    """Estimators of this package, with their parameters and fitted state, part by part."""

    name = "sknn.estimator"

    def includes(self, cls):
        return issubclass(cls, NETWORKS)

    def named(self, estimator):
        """Returns (name of the class, {name: part, or None if the estimator does not have it}).

        Raises TypeError or ValueError if the estimator could not be loaded again.
        """
        if callbacks_of(estimator):
            raise TypeError("Callbacks cannot be saved. Remove them first with set_callbacks().")
        check_parameters(estimator)
        state = dict(estimator.__getstate__())
        parameters = {name: state.pop(name) for name in estimator.get_params(deep=False)}
        model, run, labels = (state.pop(name, None) for name in ("_model", "_run", "_labels"))
        columns = state.pop("_encoding", None)
        state.pop("_label_binarizer", None)  # part of the labels
        requests = metadata_requests(state)
        for name in LEFT_OUT:
            parameters.pop(name, None)
        return type(estimator).__name__, {
            "parameters": parameters,
            "attributes": state,
            "labels": labels and _labels_as_dict(labels),
            "columns": columns and columns.learnt(),
            "model": model and _model_as_dict(model),
            "run": run and _run_as_dict(run),
            "requests": requests and _requests_as_dict(requests),
        }

    def make(self, name, parts, classes=()):
        """Returns the estimator after checking that its parts are consistent."""
        estimator = ESTIMATORS.make(name, parts["parameters"], classes)
        estimator.__setstate__(_state(parts, estimator))
        if parts["requests"]:
            _request(estimator, parts["requests"])
        check_estimator(estimator)
        return estimator


NETWORK = NetworkKind()


def _state(parts, estimator):
    """Returns the state of the estimator besides its parameters."""
    state = parts["attributes"]
    taken = {*vars(estimator), *RESERVED}
    wrong = [name for name in state if name in taken or name.startswith("__")]
    wrong += [name for name in state if name not in wrong and hasattr(type(estimator), name)]
    wrong += [name for name in LEFT_OUT if name in parts["parameters"]]
    if wrong:
        raise SavedModelError(f"it must not have values for {shown(wrong)}")
    if parts["labels"]:
        state["_labels"] = _labels(**parts["labels"])
        state["_label_binarizer"] = state["_labels"].binarizer
    if parts["columns"]:
        check_columns(parts["columns"])
        state["_encoding"] = Encoding(**parts["columns"])
    if parts["model"]:
        state["_model"] = _model(**parts["model"])
        if isinstance(estimator, BaseNetwork):
            state["_run"] = None
    if parts["run"]:
        state["_run"] = _run(state["_model"], **parts["run"])
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
    """Returns the state to continue from. Early files have the name and settings of a solver."""
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
    """Returns the metadata that each method requests."""
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
