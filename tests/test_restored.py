"""A loaded estimator is one piece: what does not fit the rest is named when it is loaded."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from helpers import normal
from sklearn.exceptions import NotFittedError

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    TabularClassifier,
    TabularRegressor,
)
from sknn.nn import (
    Blend,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    FlatCosine,
    Flatten,
    MaxPool2D,
    Periodic,
    PiecewiseLinear,
    PReLU,
    Residual,
    Scale,
    TableInput,
    ThroughRows,
    UnitVariance,
)
from sknn.nn.storage.container import SavedModelError, read, write
from sknn.persistence import load, save

N = 12
X, THREE = normal(N, 4), np.arange(N) % 3
COLUMNS = np.column_stack([THREE, THREE[::-1] + 5])
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 4, 4, 1)).astype(np.uint8)
SETS = np.column_stack([THREE == 0, THREE < 2]).astype(int)
LEVELS = {"loss": {"class": "Quantile", "arguments": {"levels": {"tuple": [0.1, 0.9]}}}}
SOFTMAX = {"loss": {"class": "SoftmaxLogLoss", "arguments": {}}}
GROUPS = [{"slice": [0, 3, None]}]
HEADS = {"loss": {"class": "Heads", "arguments": {"loss": SOFTMAX, "groups": GROUPS}}}
LABELS = {"kind": "ManyLabels", "classes": [{"objects": [[1], [5]]}]}
HUBER = {"loss": {"class": "Huber", "arguments": {}}}


# Columns: two numbers, one of them with gaps; two levels, three, many.
TABLE = pd.DataFrame(
    {
        "n": X[:, 0],
        "gaps": np.where(np.arange(N) % 5, X[:, 1], np.nan),
        "two": list("ab") * 6,
        "few": list("abc") * 4,
        "many": [f"level {i % 6}" for i in range(N)],
    }
)


CODES = np.column_stack([X, THREE])
TABLE_LAYERS = [
    TableInput(
        [
            (Periodic(2, 3), [0, 1]),
            ("bins", PiecewiseLinear([[-1, 0, 1.0]], 2), [2]),
            (Embedding([4], 2), [4]),
        ]
    ),
    Scale(rate=2.0),
    Dense(3, Blend("elu"), scaling="ntp", weight_init=UnitVariance(), bias_init=ThroughRows()),
    Dropout(0.1, FlatCosine(9)),
    Residual([Dense(3, PReLU(shared=False))]),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """(document, arrays) of saved estimators, by name."""
    path = tmp_path_factory.mktemp("saved") / "model"
    small = {"hidden_layer_sizes": (3,), "random_state": 0}
    images = [Conv2D(2), MaxPool2D(2, padding="same"), Flatten()]
    estimators = {
        "classes": MLPClassifier(**small).partial_fit(X, THREE, classes=[0, 1, 2]),
        "two": MLPClassifier(**small).partial_fit(X, THREE > 0, classes=[False, True]),
        "sets": MLPClassifier(**small).partial_fit(X, SETS, classes=[0, 1]),
        "columns": MLPClassifier(**small).partial_fit(X, COLUMNS, classes=[[0, 1, 2], [5, 6, 7]]),
        "names": MLPClassifier(**small).partial_fit(
            pd.DataFrame(X, columns=list("abcd")), THREE, classes=[0, 1, 2]
        ),
        "numbers": MLPRegressor(**small).partial_fit(X, X[:, :3]),
        "number": MLPRegressor(**small).partial_fit(X, X[:, 0]),
        "images": SequentialClassifier(images, random_state=0).partial_fit(
            IMAGES, THREE, classes=[0, 1, 2]
        ),
        "floats": CNNClassifier((2,), **small).partial_fit(IMAGES / 255, THREE, classes=[0, 1, 2]),
        "unfitted": MLPClassifier(**small),
        "table": TabularClassifier(2, max_onehot=4, max_iter=1, **small).fit(TABLE, THREE),
        "table of numbers": TabularRegressor(1, max_iter=1, **small).fit(X, X[:, 0]),
        "layers": SequentialClassifier(TABLE_LAYERS, random_state=0).partial_fit(
            CODES, THREE, classes=[0, 1, 2]
        ),
    }
    found = {}
    for name, estimator in estimators.items():
        save(estimator, path)
        found[name] = read(path)
    return found


def in_dict(encoded, name):
    """The pair of an encoded dict with this key."""
    return next(pair for pair in encoded["dict"] if pair[0] == name)


def put(value, *place):
    """A change: a value in a place of the document; None of a dict's places is made."""

    def change(document, arrays):
        inside = document
        for key in place[:-1]:
            inside = in_dict(inside, key)[1] if "dict" in inside else inside[key]
        if isinstance(inside, dict) and "dict" in inside:
            in_dict(inside, place[-1])[1] = value
        else:
            inside[place[-1]] = value

    return change


def without(*place):
    def change(document, arrays):
        for key in place[:-1]:
            document = document[key]
        del document[place[-1]]

    return change


def array(name, change_of_array):
    """A change of one array."""

    def change(document, arrays):
        arrays[name] = change_of_array(arrays[name])

    return change


def history(value, *place):
    """A change of the history, of which the loss is named once more."""

    def change(document, arrays):
        put([0.5], "attributes", "loss_curve_")(document, arrays)
        put(value, "attributes", "history_", *place)(document, arrays)

    return change


def image_shape(change_of_attributes):
    """A change of the attributes, of which the model names one once more."""

    def change(document, arrays):
        document["model"]["input_shape"] = {"tuple": [4, 4, 1]}
        change_of_attributes(document["attributes"])

    return change


def wide_windows(document, arrays):
    settings = document["model"]["layers"][1]["layer"]["arguments"]
    settings.update(pool_size=10**4, stride=2)


def other_classes(document, arrays):
    arrays["other"] = np.arange(2)
    document["attributes"]["classes_"] = {"array": "other"}
    put({"array": "classes_"}, "labels", "learnt", "classes_")(document, arrays)


RUN = ("run", "values")
PADDING = "a window or its padding is far larger than the images"
CATEGORY = ("columns", "categories", 0)  # of two levels; 2 has many


def ones(*shape):
    return lambda own: np.ones(shape, own.dtype)


# (estimator, change of its file, what the message says)
MISFITS = [
    (
        "table",
        put(1, "attributes", "n_features_in_"),
        "n_features_in_ must be 5 to match the columns",
    ),
    ("table", put(True, "attributes", "n_members_"), "n_members_ must be 2 to match the columns"),
    (
        "table",
        put({"objects": [[2], ["a", "b"]]}, "attributes", "feature_names_in_"),
        "feature_names_in_ must be 5 names",
    ),
    ("table", put(0.0, "attributes", "temperature_"), "temperature_ must be a number from 0 to 1"),
    ("table", put(2, "attributes", "temperature_"), "temperature_ must be a number from 0 to 1"),
    ("table", array("classes_", lambda c: c[:2]), r"classes_ must be \(3,\) labels"),
    ("table", put([], "attributes", "feature_names_in_"), "feature_names_in_ must be 5 names"),
    ("table", put(1, "attributes", "_labels"), r"must not have values for \['_labels'\]"),
    ("table", put(1, "attributes", "_encoding"), r"must not have values for \['_encoding'\]"),
    (
        "table",
        put(None, "columns"),
        "columns must be present if and only if there is a model, got None",
    ),
    ("table", put(None, "model"), "columns must be present if and only if there is a model"),
    (
        "table",
        lambda document, _: document.update(model=None, columns=None),
        "model must be present, got None",
    ),
    ("table", without("columns", "fill"), "columns must be a dict of"),
    ("table", array("is_categorical_", lambda c: c.astype(int)), "is_category must be an ar"),
    ("table", array("is_categorical_", lambda c: c[None]), "is_category must be an array"),
    ("table", put([0, 9], "columns", "numbers"), "numbers must be columns of numbers"),
    ("table", put([0, 2], "columns", "numbers"), "numbers must be columns of numbers"),
    ("table", put([1, 0], "columns", "numbers"), "numbers must be columns of numbers"),
    ("table", put([True], "columns", "indicators"), "indicators must be columns of numbers"),
    ("table", put([0], "columns", "numbers"), "fill must be 1 finite numbers"),
    ("table", array("_encoding.fill", ones(3)), "fill must be 2 finite numbers"),
    ("table", array("_encoding.fill", lambda own: own * np.nan), "fill must be 2 finite numbers"),
    ("table", array("_encoding.centre", ones(9)), "centre must be 7 finite numbers"),
    ("table", array("_encoding.half", lambda own: own * 0), "half must be positive numbers"),
    ("table", put({"dict": []}, "columns", "categories"), "categories must be a list"),
    ("table", put([3], "columns", "categories"), "category must be a dict of"),
    (
        "table",
        put(0, *CATEGORY, "column"),
        "column must be the index of a categorical column, got 0",
    ),
    (
        "table",
        put(7, *CATEGORY, "column"),
        "column must be the index of a categorical column, got 7",
    ),
    ("table", put("three", *CATEGORY, "kind"), r"kind must be one of \('two', 'onehot', 'codes'\)"),
    ("table", put(["a"], *CATEGORY, "levels"), "levels must be distinct strings or numbers"),
    ("table", put(["a", "a"], *CATEGORY, "levels"), "levels must be distinct strings or numbers"),
    ("table", put(["a", None], *CATEGORY, "levels"), "levels must be distinct strings or numb"),
    ("table", put(True, *CATEGORY, "missing"), "missing must be a bool"),
    ("table", put(1, "columns", "categories", 2, "missing"), "missing must be a bool"),
    (
        "table",
        lambda document, _: document["columns"]["categories"].reverse(),
        "categories must be a list with the codes last",
    ),
    (
        "table",
        put(["x"], "columns", "categories", 2, "levels"),
        "layers must be those for its columns",
    ),
    ("table", array("_model.theta", lambda own: own[0]), "parameters are|its layers have"),
    ("table of numbers", put(0.0, "attributes", "_target", "scale"), "target must be finite numb"),
    ("table of numbers", put(1, "attributes", "_target", "mean"), "target must be finite numbers"),
    ("table of numbers", put(9.0, "attributes", "_target", "least"), "target must be finite numb"),
    ("table of numbers", put({"dict": []}, "attributes", "_target"), "target must be finite numb"),
    (
        "table of numbers",
        put({"tuple": [7]}, "model", "input_shape"),
        "layers must be those for its columns|its layers have",
    ),
    ("numbers", array("_model.theta", lambda own: own[None]), "its layers have|its parameters"),
    (
        "classes",
        put(5, "attributes", "n_features_in_"),
        "n_features_in_ must be 4 to match the layers",
    ),
    ("classes", put("4", "attributes", "n_features_in_"), "n_features_in_ must be a whole number"),
    ("classes", put(True, "attributes", "t_"), "t_ must be a whole number, got True"),
    ("classes", put(-1, "attributes", "n_iter_"), "n_iter_ must be a whole number, got -1"),
    ("classes", put(2**53, "attributes", "t_"), "t_ must be a whole number"),
    ("classes", put(-1, "attributes", "_no_improvement_count"), "_no_improvement_count must be a"),
    ("classes", without("attributes", "n_features_in_"), "n_features_in_ must be 4.*got 'nothing'"),
    ("layers", without("attributes", "image_shape_"), "image_shape_ must be None to .*'nothing'"),
    ("classes", put(2, "attributes", "n_outputs_"), "n_outputs_ must be 3 to match the layers"),
    ("classes", put(3.0, "attributes", "n_outputs_"), "n_outputs_ must be 3 to .* got 3.0"),
    ("classes", put(4, "attributes", "n_layers_"), "n_layers_ must be 3 to match the layers"),
    ("classes", put("exp", "attributes", "out_activation_"), "out_activation_ must be 'softmax'"),
    ("classes", put("x", "attributes", "loss_"), "loss_ must be a number, got 'x'"),
    ("classes", put([], "attributes", "_learning_rate"), "_learning_rate must be a number"),
    ("classes", put("x", "attributes", "best_loss_"), "best_loss_ must be a number or None"),
    ("classes", put([], "attributes", "best_validation_score_"), "best_validation_score_ must be"),
    ("classes", put(["x"], "attributes", "loss_curve_"), "loss_curve_ must be a list of numbers"),
    ("classes", put(1, "attributes", "validation_scores_"), "validation_scores_ must be a list of"),
    ("classes", history({"dict": []}), "history_ must be a dict of loss, val"),
    ("classes", history({"dict": [["loss", [0.5]]]}), "history_ must be a dict of loss, val"),
    ("classes", history([]), "history_ must be a dict"),
    ("classes", put([1, 2], "attributes", "history_", "seconds"), "with lists of equal length"),
    ("classes", history(["x"], "loss"), "history_ must be a dict"),
    (
        "classes",
        put([1, 2], "attributes", "_sklearn_output_config"),
        "config must be a dict of str",
    ),
    (
        "classes",
        put({"dict": [["a", 1]]}, "attributes", "_sklearn_output_config"),
        "dict of strings",
    ),
    (
        "classes",
        put([1], "attributes", "_skl_callbacks"),
        "it has callbacks, which are never saved",
    ),
    ("classes", put(1, "attributes", "_labels"), r"must not have values for \['_labels'\]"),
    ("classes", put(1, "attributes", "predict"), r"must not have values for \['predict'\]"),
    ("classes", put(1, "attributes", "_callback_fit_ctx"), r"values for \['_callback_fit_ctx'\]"),
    ("classes", put(1, "attributes", "__sklearn_is_fitted__"), r"for \['__sklearn_is_fitted__'\]"),
    ("names", put([], "attributes", "feature_names_in_"), "names_in_ must be an array of strings"),
    (
        "names",
        put({"objects": [[4], ["a", "b", "c", 1]]}, "attributes", "feature_names_in_"),
        "feature_names_in_ must be an array of strings",
    ),
    (
        "names",
        put({"objects": [[2], ["a", "b"]]}, "attributes", "feature_names_in_"),
        "feature_names_in_ must be 4 names",
    ),
    ("classes", put(None, "labels"), "labels must be those of a classifier, got None"),
    ("numbers", lambda document, _: document.update(labels=LABELS), "labels must be None for a re"),
    ("classes", put("LabelSet", "labels", "kind"), r"y_type_ must be one of \('multilabel-ind"),
    ("sets", put("OneLabel", "labels", "kind"), r"y_type_ must be one of \('binary', 'multiclass'"),
    ("classes", put(1, "labels", "learnt", "sparse_input_"), "sparse_input_ must be True or False"),
    (
        "two",
        put({"array": "_model.theta"}, "labels", "learnt", "classes_"),
        "distinct labels in as",
    ),
    ("classes", array("classes_", lambda c: c[::-1]), "classes_ must be distinct labels in ascend"),
    (
        "classes",
        array("classes_", lambda c: c * 0),
        "classes_ must be distinct labels in ascending",
    ),
    (
        "classes",
        array("classes_", lambda c: c[:0]),
        "classes_ must be distinct labels in ascending",
    ),
    ("classes", array("classes_", lambda c: c[None]), "classes_ must be distinct labels in ascen"),
    ("classes", array("classes_", lambda c: np.arange(4)), "outputs of labels must be 3 to match"),
    (
        "columns",
        array("classes_.0", lambda c: c[:2]),
        "outputs of labels must be 6 to match the layers",
    ),
    ("classes", other_classes, "classes_ must be the same as those of its labels, got array"),
    ("columns", put([], "attributes", "classes_"), "classes_ must be distinct labels in|IndexErr"),
    ("columns", put(SOFTMAX, "model", "loss"), r"groups of the loss must be \[slice\(0, 3, None"),
    (
        "classes",
        put(HEADS, "model", "loss"),
        r"groups of the loss must be None to match the labels",
    ),
    ("classes", put(HUBER, "model", "loss"), "out_activation_ must be 'identity'"),
    ("classes", put("huber", "model", "loss"), "loss must be a Loss, got 'huber'"),
    (
        "classes",
        put({"loss": {"class": "Huber", "arguments": {"delta": -1}}}, "model", "loss"),
        "delta must be a number above 0",
    ),
    (
        "columns",
        put(
            {"layer": {"class": "Flatten", "arguments": {}}},
            "model",
            "loss",
            "loss",
            "arguments",
            "loss",
        ),
        "AttributeError|loss must be a Loss",
    ),
    (
        "numbers",
        put(LEVELS, "model", "loss"),
        "outputs must be 2 to match the levels of its loss, got 3",
    ),
    (
        "number",
        put(LEVELS, "model", "loss"),
        "outputs must be 2 to match the levels of its loss, got 1",
    ),
    (
        "images",
        image_shape(lambda own: own.update(image_shape_=None)),
        r"image_shape_ must be \(4, 4, 1\) to match the",
    ),
    (
        "images",
        image_shape(lambda own: own.pop("image_shape_")),
        r"image_shape_ must be \(4, 4, 1\)",
    ),
    ("images", put(2.0, "attributes", "image_scale_"), r"image_scale_ must be one of \[1.0, 0.00"),
    ("images", without("attributes", "image_scale_"), r"image_scale_ must be one of .* got None"),
    ("classes", put("MLPClassifier", "estimator"), None),
    (
        "images",
        array("_model.state", np.float64),
        "its parameters are float32, its statistics float64",
    ),
    ("images", wide_windows, PADDING),
    (
        "images",
        put(10**6, "model", "layers", 0, "layer", "arguments", "dilation"),
        PADDING,
    ),
    ("classes", put(-0.5, "parameters", "alpha"), "The 'alpha' parameter of MLPClassifier must be"),
    (
        "images",
        put([1], "parameters", "layers"),
        "its parameters do not define layers: layers must be a",
    ),
    ("classes", put(HUBER, "run", "optimizer"), "AttributeError|optimizer must be an Optimizer"),
    (
        "classes",
        put(2.0, "run", "optimizer", "optimizer", "arguments", "beta_1"),
        "beta_1 must be a number of at least 0 and below 1",
    ),
    ("classes", put(5, *RUN, "random_state"), "random_state of the training must be a RandomState"),
    ("classes", put("x", *RUN, "seed"), "seed of the training must be a whole number, got 'x'"),
    ("classes", put(-1, *RUN, "progress", "epoch"), "epoch of the training must be a whole number"),
    ("classes", put(0.5, *RUN, "progress", "total_steps"), "total_steps of the training must be a"),
    ("classes", array("_run.values.optimizer.steps", np.negative), "steps of the training must be"),
    ("classes", array("_run.values.order", lambda order: order * 0), "order of the training must"),
    ("classes", array("_run.values.order", lambda order: -order), "negative|order of the training"),
    (
        "classes",
        array("_run.values.order", lambda order: order * 1.0),
        "order of the training must",
    ),
    (
        "classes",
        array("_run.values.order", lambda order: order[None]),
        "order of the training must",
    ),
    ("classes", put([0, 1], *RUN, "order"), "order of the training must be distinct numbers of r"),
]


def changed(saved, name, change, path):
    """The path of a file with a change."""
    document, arrays = copy.deepcopy(saved[name][0]), dict(saved[name][1])
    change(document, arrays)
    write(path, document, arrays)
    return path


@pytest.mark.parametrize(("name", "change", "message"), MISFITS, ids=range(len(MISFITS)))
def test_what_does_not_fit_the_rest_is_named(name, change, message, saved, tmp_path):
    path = changed(saved, name, change, tmp_path / "model")
    if message is None:
        assert load(path).n_outputs_ == 3  # else the others would show nothing
        return
    with pytest.raises(SavedModelError, match=f"'{path}' cannot be read: .*({message})"):
        load(path)


@pytest.mark.parametrize("temperature", [1.0, 1e-3])
def test_temperature_from_zero_to_one_is_loaded(temperature, saved, tmp_path):
    change = put(temperature, "attributes", "temperature_")
    assert load(changed(saved, "table", change, tmp_path / "model")).temperature_ == temperature


def test_other_layers_since_the_fit_are_loaded(tmp_path):
    estimator = SequentialClassifier([Conv2D(2), Flatten()], random_state=0)
    estimator.partial_fit(IMAGES, THREE, classes=[0, 1, 2])
    wanted = estimator.predict(IMAGES)
    save(estimator.set_params(layers=[Dense(3)]), tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.predict(IMAGES).tolist() == wanted.tolist()
    with pytest.raises(ValueError, match="needs flat samples"):
        loaded.partial_fit(IMAGES, THREE)


def test_fitted_estimator_with_parameters_that_cannot_be_is_not_saved(tmp_path):
    estimator = MLPRegressor(hidden_layer_sizes=(3,)).partial_fit(X, X[:, 0])
    with pytest.raises(ValueError, match="The 'alpha' parameter of MLPRegressor must be"):
        save(estimator.set_params(alpha=-1), tmp_path / "model")


def test_unfitted_estimator_may_have_any_parameters(tmp_path):
    save(MLPRegressor(alpha=-1), tmp_path / "model")
    assert load(tmp_path / "model").alpha == -1


JUNK = [
    *(None, True, -1, 0, 2, 2**70, 1.5, "relu", [], [1.5, "x"], {"tuple": [4]}, {"dict": []}),
    *({"float": "nan"}, {"same": "classes_"}, {"array": "_model.theta"}, {"range": [0, 5, 1]}),
    *({"floats": "_model.theta"}, LEVELS, HUBER, HEADS, {"slice": [0, 5, None]}),
]


def places(document, above=()):
    """Every place in nested dicts and lists, as keys one after the other."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield (*above, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*above, key))


def replaced(rng):
    """A change: something else in a place that is drawn."""

    def change(document, arrays):
        everywhere = [place for place in places(document) if place[0] != "versions"]
        *above, key = everywhere[rng.integers(len(everywhere))]
        inside = document
        for part in above:
            inside = inside[part]
        if rng.random() < 0.3:
            del inside[key]
        else:
            inside[key] = JUNK[rng.integers(len(JUNK))]

    return change


def check_use(saved, name, seed, path):
    """Loads a file with a random change; if it is loaded, every method works or says why not."""
    try:
        loaded = load(changed(saved, name, replaced(np.random.default_rng(seed)), path))
    except SavedModelError:
        return
    x = {"images": IMAGES, "floats": IMAGES / 255, "names": pd.DataFrame(X, columns=list("abcd"))}
    x |= {"table": TABLE, "layers": CODES}
    y = {
        "table of numbers": X[:, 0],
        "two": THREE > 0,
        "sets": SETS,
        "columns": COLUMNS,
        "number": X[:, 0],
        "numbers": X[:, :3],
    }
    x, y = x.get(name, X), y.get(name, THREE)
    repr(loaded)
    calls = [
        lambda: loaded.predict(x),
        lambda: loaded.transform(x),
        lambda: loaded.score(x, y),
        lambda: loaded.get_feature_names_out(),
        lambda: save(loaded, path),
        lambda: hasattr(loaded, "partial_fit") and loaded.partial_fit(x, y),
        lambda: loaded.predict(x),
    ]
    told = []
    for call in calls:
        try:
            call()
        except (ValueError, NotFittedError) as error:
            told.append(str(error))
    assert not re.search("broadcast|reshape|ambiguous", "".join(told))


NAMES = ["classes", "columns", "images", "names", "number", "table", "layers"]


@pytest.mark.filterwarnings("ignore")  # of whatever settings the file has
@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_loaded_can_be_used(name, saved, tmp_path):
    for seed in range(12):
        check_use(saved, name, seed, tmp_path / "model")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [*NAMES, "two", "sets", "numbers", "floats", "unfitted", "table of numbers"]
)
def test_whatever_of_many_files_is_loaded_can_be_used(name, saved, tmp_path):
    for seed in range(300):
        check_use(saved, name, seed, tmp_path / "model")
