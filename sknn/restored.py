"""Checks that the parts of a loaded estimator are consistent.

A file contains the same information in several places. The number of outputs, for instance, follows
from the layers, from the classes and from an attribute. The methods of an estimator rely on all of
them, so this module compares them with each other and names any difference.
"""

from math import prod
from numbers import Real

import numpy as np

from sknn.estimators.images import LARGEST_PIXEL, ImageInput
from sknn.estimators.labels import LabelSet, ManyLabels
from sknn.nn.layers import Conv2D, Embedding
from sknn.nn.layers.pooling import Pooling
from sknn.nn.losses import Heads, Loss
from sknn.nn.network import Network
from sknn.nn.optimizers import Optimizer
from sknn.nn.storage.container import SavedModelError
from sknn.nn.storage.parts import is_count, require
from sknn.nn.training import HISTORY
from sknn.scikit_learn import CALLBACKS_UNDER_WAY, callbacks_of
from sknn.tabular.encoding import KINDS, LARGEST_CODE
from sknn.tabular.ensemble import TableNetwork

# Attributes that are stored separately, or that only exist during a fit.
KEPT_APART = ("_model", "_encoding", "_run", "_labels", "_label_binarizer", "_metadata_request")
RESERVED = (*KEPT_APART, *CALLBACKS_UNDER_WAY)
# Prediction can keep FEW values for one sample, plus TIMES as many values as the sample and the
# parameters have together.
FEW, TIMES = 2**24, 1000


def check_estimator(estimator):
    """Raises SavedModelError, with the name of the part, if parts are inconsistent."""
    attributes = vars(estimator)
    if callbacks_of(estimator):
        raise SavedModelError("it has callbacks, which are never saved")
    if isinstance(estimator, TableNetwork):
        _check_table(estimator)
        return
    _check_attributes(attributes)
    model, labels = attributes.get("_model"), attributes.get("_labels")
    if labels is not None:
        _check_labels(labels)
    check_parameters(estimator)
    if model is None:
        return
    require(model.theta.ndim == 1, "parameters", "those of a single network", model.theta.shape)
    _check_fitted(estimator, model)
    _check_layers(estimator, model)
    if hasattr(estimator, "_take_classes"):
        _check_classes(estimator, model.loss, labels)
    else:
        require(labels is None, "labels", "None for a regressor", labels)
        _check_levels(model)


def check_columns(columns):
    """Raises SavedModelError unless the columns in a file define an Encoding."""
    names = {"is_category", "numbers", "fill", "indicators", "categories", "centre", "half"}
    require(set(columns) == names, "columns", f"a dict of {sorted(names)}", columns)
    is_category = columns["is_category"]
    right = isinstance(is_category, np.ndarray) and is_category.ndim == 1
    right = right and is_category.dtype == bool
    require(right, "is_category", "an array of bools", is_category)
    numbers = np.flatnonzero(~is_category).tolist()
    for name in ("numbers", "indicators"):
        at = columns[name]
        ascending = isinstance(at, list) and at == sorted({*at} & {*numbers})
        require(ascending and all(type(j) is int for j in at), name, "columns of numbers", at)
    categories, n_plain = columns["categories"], len(columns["numbers"])
    n_plain += len(columns["indicators"])
    require(isinstance(categories, list), "categories", "a list", categories)
    for own in categories:
        n_plain += _check_category(own, is_category)
    kinds = [own["kind"] == "codes" for own in categories]
    require(kinds == sorted(kinds), "categories", "a list with the codes last", categories)
    wanted = {"fill": len(columns["numbers"]), "centre": n_plain, "half": n_plain}
    for name, n in wanted.items():
        values = columns[name]
        right = isinstance(values, np.ndarray) and values.shape == (n,)
        right = right and values.dtype == np.float64 and np.isfinite(values).all()
        require(right, name, f"{n} finite numbers", values)
    require((columns["half"] > 0).all(), "half", "positive numbers", columns["half"])


def _check_category(own, is_category):
    """Checks one category of a file. Returns its number of columns that are not codes."""
    names = {"column", "kind", "levels", "missing"}
    require(isinstance(own, dict) and set(own) == names, "category", f"a dict of {names}", own)
    column, kind, levels = own["column"], own["kind"], own["levels"]
    known = is_count(column) and column < len(is_category) and is_category[column]
    require(known, "column", "the index of a categorical column", column)
    require(kind in KINDS, "kind", f"one of {KINDS}", kind)
    right = isinstance(levels, list) and all(type(one) in (str, int, float, bool) for one in levels)
    right = right and len(set(levels)) == len(levels) and (kind != "two" or len(levels) == 2)
    require(right and len(levels) < LARGEST_CODE, "levels", "distinct strings or numbers", levels)
    missing = own["missing"]
    require(type(missing) is bool and missing <= (kind == "codes"), "missing", "a bool", missing)
    return {"two": 1, "onehot": len(levels), "codes": 0}[kind]


def check_parameters(estimator):
    """Raises ValueError on invalid parameters if scikit-learn considers the estimator fitted.

    scikit-learn does so if any attribute has a name like those of fitted attributes, and then
    ``partial_fit`` does not check the parameters again.
    """
    if any(name.endswith("_") for name in vars(estimator)):
        estimator._validate_params()


def check_loss(loss):
    """Raises SavedModelError or ValueError unless the object is a valid Loss."""
    require(isinstance(loss, Loss), "loss", "a Loss", loss)
    loss.check()


def check_network(network, n_parameters):
    """Raises SavedModelError if the layers keep too many values for each sample.

    Windows and padding can have any size in a file, because they have no parameters.
    """
    most = FEW + TIMES * (prod(network.shapes[0]) + n_parameters)
    if network.numbers_kept() + _numbers_in_windows(network) > most:
        raise SavedModelError(
            "its layers would keep too many values for each sample, because a window or its "
            "padding is far larger than the images"
        )


def check_run(run):
    """Raises SavedModelError or ValueError if training cannot continue from a TrainingState."""
    require(isinstance(run.optimizer, Optimizer), "optimizer", "an Optimizer", run.optimizer)
    run.optimizer.check()
    require(
        type(run.random_state) is np.random.RandomState,
        "random_state of the training",
        "a RandomState",
        run.random_state,
    )
    total = run.progress.total_steps
    counts = {"steps": run.moments.steps, "seed": run.seed, **vars(run.progress)}
    counts["total_steps"] = 0 if total is None else total
    for name, count in counts.items():
        require(is_count(count), f"{name} of the training", "a whole number", count)
    order = run.order
    if order is not None:
        rows = isinstance(order, np.ndarray) and order.ndim == 1 and order.dtype.kind == "i"
        distinct = rows and len(np.unique(order)) == len(order) and order.min(initial=0) >= 0
        require(distinct, "order of the training", "distinct numbers of rows", order)


def _check_table(estimator):
    """Checks an estimator for tables: its columns, targets and members."""
    attributes = vars(estimator)
    model, encoding = attributes.get("_model"), attributes.get("_encoding")
    for name in ("_labels", "_run"):
        require(attributes.get(name) is None, name, "None for a table", attributes.get(name))
    check_parameters(estimator)
    require(
        (model is None) == (encoding is None),
        "columns",
        "present if and only if there is a model",
        encoding,
    )
    if model is None:
        require(not any(name.endswith("_") for name in attributes), "model", "present", None)
        return
    n_features, network = len(encoding.is_category), model.network
    parts = getattr(network.layers[0], "parts", [])
    n_levels = [
        size
        for one, *_ in parts
        if isinstance(one, Embedding)
        for size in np.ravel(one.n_levels).tolist()
    ]
    right = network.shapes[0] == (encoding.n_columns,) and n_levels == encoding.sizes
    require(right, "layers", "those for its columns", network.layers)
    require(
        model.theta.ndim == 2 and len(model.theta) > 0,
        "theta",
        "a row for each member",
        model.theta.shape,
    )
    names = attributes.get("feature_names_in_")
    wanted = {"n_features_in_": n_features, "n_members_": len(model.theta)}
    for name, value in wanted.items():
        got = attributes.get(name)
        require(type(got) is int and got == value, name, f"{value} to match the columns", got)
    right = names is None or (_are_names(names) and len(names) == n_features)
    require(right, "feature_names_in_", f"{n_features} names", names)
    n_outputs = network.shapes[-1]
    if hasattr(estimator, "predict_proba"):
        classes, temperature = attributes.get("classes_"), attributes.get("temperature_")
        right = isinstance(classes, np.ndarray) and (classes.shape,) == (n_outputs,)
        require(right, "classes_", f"{n_outputs} labels", classes)
        right = type(temperature) is float and 0 < temperature <= 1
        require(right, "temperature_", "a number from 0 to 1", temperature)
        return
    require(n_outputs == (1,), "outputs", "one", n_outputs)
    target = attributes.get("_target")
    names = {"mean", "scale", "least", "most"}
    right = isinstance(target, dict) and set(target) == names
    right = right and all(type(one) is float and np.isfinite(one) for one in target.values())
    right = right and target["scale"] > 0 and target["least"] <= target["most"]
    require(right, "target", f"finite numbers {sorted(names)}", target)


def _check_attributes(attributes):
    """Checks the types of the attributes, with or without a model."""
    for name, is_right, wanted in PUBLISHED_TYPES:
        if name in attributes:
            require(is_right(attributes[name]), name, wanted, attributes[name])


def _check_fitted(estimator, model):
    """Checks the fitted attributes against the fitted network."""
    shape, outputs = model.network.shapes[0], model.network.shapes[-1]
    wanted = {
        "n_features_in_": prod(shape),
        "n_outputs_": outputs[0] if len(outputs) == 1 else None,
        "n_layers_": len(model.weights) + 1,
        "out_activation_": model.loss.link,
    }
    is_image = len(shape) == 3
    if isinstance(estimator, ImageInput):
        wanted["image_shape_"] = shape if is_image else None
        scales = [1.0, 1 / LARGEST_PIXEL] if is_image else [1.0]
        scale = vars(estimator).get("image_scale_")
        require(scale in scales, "image_scale_", f"one of {scales}", scale)
    else:
        require(not is_image, "input_shape", "the shape of flat samples", shape)
    for name, value in wanted.items():
        got = vars(estimator).get(name, "nothing")
        fits = type(got) is type(value) and got == value
        require(fits, name, f"{value!r} to match the layers", got)
    names = vars(estimator).get("feature_names_in_")
    n_names = prod(shape) if names is None else len(names)
    require(n_names == prod(shape), "feature_names_in_", f"{prod(shape)} names", names)


def _check_layers(estimator, model):
    """Checks that the parameters define layers, which can differ from those of the model."""
    shapes = model.network.shapes
    try:
        Network(estimator._layers(shapes[-1][0]), shapes[0])
    except ValueError:
        pass  # they do not suit these samples, which the next fit will report
    except (TypeError, LookupError, AttributeError) as error:
        raise SavedModelError(f"its parameters do not define layers: {error}") from error


def _check_labels(labels):
    """Checks the learnt labels by themselves."""
    many = isinstance(labels, ManyLabels)
    columns = labels.classes if many else [labels.classes]
    right = isinstance(columns, list) and len(columns) > 0
    for classes in columns if right else ():
        right = right and isinstance(classes, np.ndarray) and len(classes) > 0
        right = right and np.array_equal(np.unique(classes), classes)
    require(right, "classes_", "distinct labels in ascending order", labels.classes)
    if not many:
        y_type = labels.binarizer.y_type_
        kinds = (
            ("multilabel-indicator",) if isinstance(labels, LabelSet) else ("binary", "multiclass")
        )
        require(y_type in kinds, "y_type_", f"one of {kinds}", y_type)
        sparse = labels.binarizer.sparse_input_
        require(type(sparse) is bool, "sparse_input_", "True or False", sparse)


def _check_classes(estimator, loss, labels):
    """Checks labels, ``classes_``, outputs and loss of a classifier against each other."""
    require(labels is not None, "labels", "those of a classifier", labels)
    wanted = f"{estimator.n_outputs_} to match the layers"
    require(labels.n_outputs == estimator.n_outputs_, "outputs of labels", wanted, labels.n_outputs)
    own, given = labels.classes, vars(estimator).get("classes_")
    require(_sizes(own) == _sizes(given), "classes_", "the same as those of its labels", given)
    groups = labels.groups if isinstance(labels, ManyLabels) else None
    got = loss.groups if isinstance(loss, Heads) else None
    require(got == groups, "groups of the loss", f"{groups!r} to match the labels", got)


def _check_levels(model):
    """Checks the outputs of a regressor against its loss."""
    n_outputs, per_target = model.network.shapes[-1][0], model.loss.outputs_per_target
    fits = per_target in (1, n_outputs)
    require(fits, "outputs", f"{per_target} to match the levels of its loss", n_outputs)


def _sizes(classes):
    """Returns the shape of classes, or a list of shapes for several columns, or None if invalid."""
    if isinstance(classes, list):
        return [_sizes(column) for column in classes]
    return classes.shape if isinstance(classes, np.ndarray) else None


def _numbers_in_windows(network):
    """Number of pixels of padded images and in windows that layers keep for one sample."""
    total = 0
    for layer, shape in zip(network.placed, network.shapes, strict=False):
        if isinstance(layer, Conv2D | Pooling):
            windows = layer.windows(shape)
            total += prod(windows.padded) * shape[-1] + prod(windows.size)
        total += sum(map(_numbers_in_windows, layer.inside(shape)))
    return total


def _is_number(value):
    return isinstance(value, Real) and type(value) is not bool


def _are_numbers(values):
    return isinstance(values, list) and all(map(_is_number, values))


def _is_history(value):
    right = isinstance(value, dict) and set(HISTORY) <= set(value)
    right = right and all(map(_are_numbers, value.values()))
    return right and len(set(map(len, value.values()))) == 1


def _are_names(value):
    right = isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype == object
    return right and all(type(name) is str for name in value)


def _is_output_config(value):
    return isinstance(value, dict) and all(type(one) is str for one in value.values())


def _or_none(is_right):
    return lambda value: value is None or is_right(value)


PUBLISHED_TYPES = (
    *((name, is_count, "a whole number") for name in ("n_features_in_", "n_iter_", "t_")),
    *((name, _is_number, "a number") for name in ("loss_", "_learning_rate")),
    ("_no_improvement_count", is_count, "a whole number"),
    ("best_loss_", _or_none(_is_number), "a number or None"),
    ("best_validation_score_", _or_none(_is_number), "a number or None"),
    ("loss_curve_", _are_numbers, "a list of numbers"),
    ("validation_scores_", _or_none(_are_numbers), "a list of numbers or None"),
    ("history_", _is_history, f"a dict of {', '.join(HISTORY)} with lists of equal length"),
    ("feature_names_in_", _are_names, "an array of strings"),
    ("_sklearn_output_config", _is_output_config, "a dict of strings"),
)
