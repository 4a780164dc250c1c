"""Saved estimators: loaded they are what they were; and no file does harm."""

import errno
import io
import os
import pickle
import tracemalloc
from contextlib import suppress
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from helpers import Square, normal
from numpy.testing import assert_allclose, assert_array_equal
from sameness import assert_same
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
)

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.base import BaseNetwork
from sknn.nn import (
    ELU,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    HardSigmoid,
    Huber,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    Normal,
    Orthogonal,
    PReLU,
    Quantile,
    SiLU,
    SoftmaxFocal,
    Step,
    Warmup,
)
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, SquaredError
from sknn.nn.storage.container import SavedModelError, read, write
from sknn.nn.storage.files import _part
from sknn.persistence import load, save

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DATA = Path(__file__).parent / "data"
N = 40
X = normal(N, 16)
PIXELS = np.random.default_rng(1).integers(0, 256, size=(N, 4, 4, 1)).astype(np.uint8)
THREE = np.arange(N) % 3
Y = {
    "three": THREE,
    "two": THREE == 1,
    "one": np.zeros(N, int),
    "strings": np.array(["b", "a", "long"])[THREE],
    "objects": np.array(["b", "a", "long"], dtype=object)[THREE],
    "set": np.column_stack([THREE == 0, THREE < 2]).astype(int),
    "sparse set": csr_array(np.column_stack([THREE == 0, THREE < 2]).astype(int)),
    "columns": np.column_stack([THREE, THREE[::-1] + 5]),
    "number": X[:, 0] - X[:, 1],
    "positive": np.exp(X[:, 0]),
    "numbers": X[:, :2],
}
CLASSES = {
    "three": [0, 1, 2],
    "two": [False, True],
    "one": [0],
    "strings": ["a", "b", "long"],
    "objects": ["a", "b", "long"],
    "set": [0, 1],
    "sparse set": [0, 1],
    "columns": [[0, 1, 2], [5, 6, 7]],
}
MLP_C, MLP_R, CNN_C, CNN_R = MLPClassifier, MLPRegressor, CNNClassifier, CNNRegressor
SEQ_C, SEQ_R = SequentialClassifier, SequentialRegressor
SMALL = {
    MLP_C: {"hidden_layer_sizes": (5,)},
    MLP_R: {"hidden_layer_sizes": (5,)},
    CNN_C: {"filters": (3,), "hidden_layer_sizes": (4,)},
    CNN_R: {"filters": (3,), "hidden_layer_sizes": (4,)},
    SEQ_C: {"layers": [Dense(5)]},
    SEQ_R: {"layers": [Dense(5)]},
}
IMAGES = [
    (
        "conv",
        Conv2D(3, kernel_size=(2, 3), padding=((0, 1), (1, 1)), activation="gelu", bias=False),
    ),
    BatchNorm(momentum=0.2),
    MaxPool2D(2, padding="same"),
    Conv2D(4, dilation=2, weight_init=Normal(0.1), trainable=False),
    AveragePool2D(2, stride=1),
    Dropout(0.2),
    GlobalAveragePool2D(),
    LayerNorm(),
    ("head", Dense(3, ELU(0.5))),
]
TEST_FOLD = np.where(np.arange(N) < 30, -1, 0)

# name: (class, kind of y, settings)
OPTIONS = {
    **{f"MLPClassifier on {kind}": (MLP_C, kind, {}) for kind in list(Y)[:8]},
    **{f"MLPRegressor on {kind}": (MLP_R, kind, {}) for kind in ("number", "numbers")},
    "CNNClassifier": (CNN_C, "strings", {}),
    "CNNRegressor": (CNN_R, "numbers", {}),
    "SequentialClassifier": (SEQ_C, "objects", {}),
    "SequentialRegressor": (SEQ_R, "number", {}),
    "images": (SEQ_C, "three", {"layers": IMAGES, "input_shape": (4, 4, 1)}),
    "flat images": (SEQ_R, "number", {"layers": [Flatten(), Dense(3)], "input_shape": [4, 4]}),
    "no hidden layer": (MLP_C, "three", {"hidden_layer_sizes": ()}),
    "array of sizes": (MLP_R, "number", {"hidden_layer_sizes": np.array([4, 3])}),
    "numbers of NumPy": (
        MLP_R,
        "number",
        {"alpha": np.float32(0.1), "max_iter": np.int64(3), "shuffle": np.bool_(True)},
    ),
    "one activation each": (
        MLP_C,
        "three",
        {"hidden_layer_sizes": (4, 3), "activation": ["tanh", LeakyReLU(0.2)]},
    ),
    "tuples": (MLP_R, "number", {"hidden_layer_sizes": (4, 3), "dropout": (0.1, 0, 0.2)}),
    "blocks": (
        CNN_C,
        "two",
        {"filters": (3, 2), "kernel_size": ((3, 2), 2), "pooling": ("max", None), "stride": 1},
    ),
    "augmented": (CNN_C, "three", {"augment": "shift+flip", "dropout": 0.2}),
    "normalised by batch": (MLP_C, "three", {"normalization": "batch"}),
    "normalised by layer": (CNN_R, "number", {"normalization": "layer"}),
    "normalised images": (CNN_C, "three", {"normalization": "batch"}),
    **{f"activation {name}": (MLP_R, "number", {"activation": name}) for name in ACTIVATIONS},
    **{f"solver {name}": (MLP_C, "three", {"solver": name}) for name in ("adam", "adagrad")},
    "solver sgd": (MLP_R, "number", {"solver": "sgd", "momentum": 0.5}),
    "solver adamw": (MLP_R, "number", {"solver": "adamw", "weight_decay": 0.2}),
    "solver nadam": (CNN_C, "three", {"solver": "nadam", "beta_1": 0.8}),
    "solver rmsprop": (SEQ_C, "three", {"solver": "rmsprop"}),
    "solver lbfgs": (MLP_C, "three", {"solver": "lbfgs"}),
    **{
        f"schedule {name}": (MLP_R, "number", {"solver": "sgd", "learning_rate": name})
        for name in ("adaptive", "invscaling", "plateau", "step", "exponential")
    },
    "schedule of one's own": (
        MLP_R,
        "number",
        {"learning_rate": Warmup(CosineDecay(total_steps=50), steps=3)},
    ),
    "warm-up": (CNN_R, "number", {"learning_rate": Step(2, 0.5), "warmup_steps": 4}),
    **{f"loss {name}": (MLP_C, "three", {"loss": name}) for name in CLASSIFICATION_LOSSES},
    **{f"loss {name}": (MLP_R, "positive", {"loss": name}) for name in REGRESSION_LOSSES},
    "no bias": (SEQ_R, "number", {"layers": [Dense(4, "sigmoid", bias=False), Dense(3)]}),
    "settings of activations": (
        SEQ_C,
        "three",
        {
            "layers": [
                Dense(5, PReLU(0.1, shared=False)),
                Dense(4, SiLU(beta=1.5)),
                Dense(4, HardSigmoid(slope=0.2)),
            ]
        },
    ),
    "loss perceptron": (MLP_C, "three", {"loss": "perceptron"}),
    "loss Huber": (SEQ_R, "numbers", {"loss": Huber(delta=0.2)}),
    "loss SoftmaxFocal": (MLP_C, "columns", {"loss": SoftmaxFocal(gamma=1.5)}),
    "loss Quantile": (MLP_R, "number", {"loss": Quantile([0.9, 0.1])}),
    "quantiles": (MLP_R, "number", {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}),
    "label smoothing": (MLP_C, "columns", {"label_smoothing": 0.1}),
    "class weights": (MLP_C, "strings", {"class_weight": {"a": 2.0, "b": 1}}),
    "class weights of NumPy": (
        MLP_C,
        "three",
        {"class_weight": dict(zip(np.arange(3), np.array([1.0, 2.0, 0.5]), strict=True))},
    ),
    "class weights of a set": (
        MLP_C,
        "set",
        {"class_weight": [{0: 1, 1: 2}, {0: 1.5, 1: 1}]},
    ),
    **{f"weights {name}": (MLP_C, "three", {"weight_init": name}) for name in INITIALIZERS},
    "weights of one's own": (CNN_C, "three", {"weight_init": Orthogonal()}),
    "float32": (MLP_C, "three", {"dtype": "float32"}),
    "patience without end": (MLP_R, "number", {"n_iter_no_change": np.inf, "tol": 0}),
    "penalties": (MLP_R, "number", {"l1": 0.1, "alpha": 1, "max_grad_norm": 0.5}),
    "long but not endless": (MLP_R, "number", {"max_time": 60.0, "verbose": False}),
    "no fixed seed": (MLP_C, "three", {"random_state": None}),
    "warm start": (MLP_C, "three", {"warm_start": True}),
    "warm start of images": (CNN_R, "number", {"warm_start": True, "normalization": "batch"}),
}
OF_NETWORKS = ("activation ", "loss ", "weights ")  # options that training has no state of
STOPPING = {
    "a fraction": {},
    "the loss": {"scoring": "loss"},
    "a scorer": {"scoring": "accuracy"},
    "KFold": {"validation_fraction": KFold(4, shuffle=True, random_state=3)},
    "StratifiedKFold": {"validation_fraction": StratifiedKFold(4)},
    "RepeatedKFold": {"validation_fraction": RepeatedKFold(n_splits=4, random_state=1)},
    "ShuffleSplit": {"validation_fraction": ShuffleSplit(1, test_size=0.25, random_state=2)},
    "PredefinedSplit": {"validation_fraction": PredefinedSplit(TEST_FOLD)},
}


def new_estimator(case):
    """(an estimator that is not fitted, X, y) of one of the OPTIONS."""
    cls, kind, settings = OPTIONS[case]
    small = {"max_iter": 3, "batch_size": 16, "random_state": 0}
    estimator = cls(**SMALL[cls] | small | settings)
    return estimator, PIXELS if cls in (CNN_C, CNN_R) else X, Y[kind]


def partially_fitted(case):
    """The same after two calls of partial_fit."""
    estimator, X, y = new_estimator(case)
    kind = OPTIONS[case][1]
    first = {"classes": CLASSES[kind]} if kind in CLASSES else {}
    return estimator.partial_fit(X, y, **first).partial_fit(X, y), X, y


def seeded(estimator):
    """The estimator, with a seed where it has none."""
    return estimator.set_params(random_state=estimator.random_state or 0)


def through_file(estimator, path, **settings):
    """The estimator, saved and loaded."""
    save(estimator, path)
    return load(path, **settings)


def outputs(estimator, X):
    """Probabilities, or what is predicted, as numbers."""
    predicted = getattr(estimator, "predict_proba", estimator.predict)(X)
    return np.hstack(predicted) if isinstance(predicted, list) else predicted


def assert_same_weights(one, other):
    for mine, theirs in zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        assert_array_equal(mine, theirs, strict=True)


def assert_goes_on_the_same(one, other, go_on):
    """Both have the same weights and losses after some more training."""
    for estimator in (one, other):
        go_on(estimator)
    assert_same_weights(one, other)
    assert_array_equal(one.loss_curve_, other.loss_curve_)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.sknn"


# --- loaded they are what they were ------------------------------------------------------------


@pytest.mark.parametrize("case", OPTIONS)
def test_estimator_is_loaded_as_it_was(case, path):
    estimator, X, y = new_estimator(case)
    assert_same(through_file(estimator, path), estimator)
    loaded = through_file(estimator.fit(X, y), path)
    assert_same(loaded, estimator)
    assert_array_equal(outputs(loaded, X), outputs(estimator, X), strict=True)
    if case != "no hidden layer":
        assert_array_equal(loaded.transform(X), estimator.transform(X), strict=True)
    assert_goes_on_the_same(loaded, estimator, lambda one: seeded(one).fit(X, y))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=[pytest.mark.slow] if case.startswith(OF_NETWORKS) else [])
        for case in OPTIONS
        if case != "solver lbfgs"
    ],
)
def test_partially_fitted_estimator_goes_on_as_it_would_have(case, path):
    estimator, X, y = partially_fitted(case)
    loaded = through_file(estimator, path)
    assert_same(loaded, estimator)
    assert_array_equal(outputs(loaded, X), outputs(estimator, X), strict=True)
    assert_goes_on_the_same(
        loaded, estimator, lambda one: one.partial_fit(X, y).partial_fit(X[:20], y[:20])
    )
    assert_same(loaded._run, estimator._run)


@pytest.mark.parametrize("case", STOPPING)
@pytest.mark.parametrize("warm_start", [False, True])
def test_early_stopping_goes_on_as_it_would_have(case, warm_start, path):
    estimator = MLPClassifier(
        (5,),
        max_iter=5,
        early_stopping=True,
        warm_start=warm_start,
        random_state=np.random.RandomState(3),
        **STOPPING[case],
    ).fit(X, THREE)
    loaded = through_file(estimator, path)
    assert_same(loaded, estimator)
    assert_goes_on_the_same(loaded, estimator, lambda one: one.fit(X, THREE))


def test_groups_reach_a_splitter_that_was_loaded(path):
    estimator = MLPClassifier(
        (5,), max_iter=3, early_stopping=True, validation_fraction=GroupKFold(4), random_state=0
    )
    loaded = through_file(estimator, path)
    assert_goes_on_the_same(
        loaded, estimator, lambda one: one.fit(X, THREE, groups=np.arange(N) % 5)
    )


def test_loaded_estimator_has_one_history_and_one_generator(path):
    estimator = MLPClassifier(
        (5,),
        max_iter=3,
        early_stopping=True,
        warm_start=True,
        random_state=np.random.RandomState(0),
    ).fit(X, THREE)
    loaded = through_file(estimator, path)
    assert loaded.loss_curve_ is loaded.history_["loss"]
    assert loaded.validation_scores_ is loaded.history_["validation_score"]
    assert loaded._run.random_state is loaded.random_state
    assert loaded._label_binarizer is loaded._labels.binarizer
    assert loaded.classes_ is loaded._labels.classes
    assert np.shares_memory(loaded.coefs_[0], loaded._model.theta)


def test_names_of_features_and_output_containers_are_kept(path):
    frame = pd.DataFrame(X, columns=[f"ä {i}" for i in range(16)])
    estimator = MLPClassifier((5,), max_iter=3, random_state=0).fit(frame, THREE)
    estimator.set_output(transform="pandas")
    loaded = through_file(estimator, path)
    assert_array_equal(loaded.feature_names_in_, frame.columns)
    assert_same(loaded, estimator)
    pd.testing.assert_frame_equal(loaded.transform(frame), estimator.transform(frame))
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame.rename(columns={"ä 0": "b"}))


def test_metadata_requests_are_kept(path):
    with config_context(enable_metadata_routing=True):
        estimator = MLPClassifier().set_fit_request(X_val=True, sample_weight="w")
        loaded = through_file(estimator, path)
        wanted = estimator.get_metadata_routing().fit.requests
        assert loaded.get_metadata_routing().fit.requests == wanted
        assert wanted["sample_weight"] == "w"


def test_weights_replaced_by_hand_are_kept(path):
    estimator = MLPRegressor(hidden_layer_sizes=(5,), max_iter=3, random_state=0).fit(X, X[:, 0])
    estimator.coefs_[0] = np.round(estimator.coefs_[0], 1)
    loaded = through_file(estimator, path)
    assert_same_weights(loaded, estimator)
    assert_array_equal(loaded.predict(X), estimator.predict(X))


def test_weights_given_by_hand_without_a_fit_are_kept(path):
    estimator = MLPRegressor(hidden_layer_sizes=(2,))
    estimator.coefs_ = [np.eye(2), np.array([[1.0], [-1.0]])]
    estimator.intercepts_ = [np.zeros(2), np.array([0.5])]
    estimator.n_features_in_, estimator.n_outputs_ = 2, 1
    loaded = through_file(estimator, path)
    # relu(x0) - relu(x1) + 1/2
    assert_array_equal(loaded.predict([[3.0, 1.0], [-1.0, 2.0]]), [2.5, -1.5])


def test_solver_changed_since_partial_fit_is_not_that_of_the_run(path):
    estimator = MLPRegressor(hidden_layer_sizes=(5,), random_state=0).partial_fit(X, X[:, 0])
    estimator.set_params(solver="sgd")
    loaded = through_file(estimator, path)
    assert_goes_on_the_same(loaded, estimator, lambda one: one.partial_fit(X, X[:, 0]))


def test_attributes_of_the_users_are_kept(path):
    estimator = MLPClassifier((5,), max_iter=3, random_state=0).fit(X, THREE)
    estimator.note_ = {"made": "today", "scores": (0.5, np.float32(0.25))}
    assert_same(through_file(estimator, path).note_, estimator.note_)


def test_loaded_estimator_can_be_saved_again_to_the_same_bytes(path, tmp_path):
    estimator = CNNClassifier((3,), max_iter=2, random_state=0).fit(PIXELS, THREE)
    save(estimator, path)
    save(load(path), tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_saving_changes_nothing(path):
    estimator = MLPClassifier((5,), random_state=0).partial_fit(X, THREE, classes=[0, 1, 2])
    before = pickle.dumps(estimator)
    save(estimator, path)
    assert pickle.dumps(estimator) == before


def test_file_is_hardly_larger_than_the_weights(path):
    estimator = MLPClassifier((500,), max_iter=2).fit(X, THREE)
    save(estimator, path)
    assert path.stat().st_size < 1.05 * estimator._model.theta.nbytes + 20_000


def test_document_says_what_it_is_and_whence(path):
    import sklearn

    import sknn

    save(MLPClassifier(), path)
    document, arrays = read(path)
    assert document["estimator"] == "MLPClassifier"
    assert document["versions"] == {"sknn": sknn.__version__, "sklearn": sklearn.__version__}
    assert document["parameters"]["hidden_layer_sizes"] == {"tuple": [100]}
    assert arrays == {}


@pytest.mark.parametrize(
    "through",
    [
        lambda estimator: pickle.loads(pickle.dumps(estimator)),
        lambda estimator: through_joblib(estimator),
        lambda estimator: through_skops(estimator),
    ],
    ids=["pickle", "joblib", "skops"],
)
@pytest.mark.parametrize(
    "case", ["MLPClassifier on columns", "CNNRegressor", "images", "normalised images"]
)
def test_other_ways_of_saving_work_as_well(through, case):
    estimator, X, y = partially_fitted(case)
    copy = through(estimator)
    assert_array_equal(outputs(copy, X), outputs(estimator, X), strict=True)
    assert_goes_on_the_same(copy, estimator, lambda one: one.partial_fit(X, y))


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def through_skops(estimator):
    skops = pytest.importorskip("skops.io")
    saved = skops.dumps(estimator)
    return skops.loads(saved, trusted=skops.get_untrusted_types(data=saved))


# --- classes of the user's ---------------------------------------------------------------------


class Scaled(SquaredError):
    """A loss of the user's."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def sum_and_gradient(self, y, z, weight, out):
        total = super().sum_and_gradient(y, z, weight, out)
        out *= self.scale
        return self.scale * total


class Doubling(Dense):
    """A layer of the user's."""

    def forward(self, *args):
        y = super().forward(*args)
        y *= 2
        return y

    def backward(self, params, grads, dy, cache, context, need_dx=True):
        dy *= 2
        return super().backward(params, grads, dy, cache, context, need_dx)


class First:
    """A splitter of the user's: the first samples are held out."""

    def __init__(self, n):
        self.n = n

    def split(self, X, y=None, groups=None):
        yield np.arange(self.n, len(X)), np.arange(self.n)

    def get_n_splits(self, X=None, y=None, groups=None):
        return 1


class Mine(MLPRegressor):
    """An estimator of the user's."""


def test_objects_of_the_users_classes_are_loaded_if_those_are_given(path):
    estimator = SequentialRegressor(
        [Doubling(4, activation=Square())],
        loss=Scaled(0.5),
        early_stopping=True,
        validation_fraction=First(8),
        max_iter=3,
        random_state=0,
    ).fit(X, X[:, 0])
    classes = [First, Doubling, Square, Scaled]
    loaded = through_file(estimator, path, classes=classes)
    assert_same(loaded, estimator)
    assert_array_equal(loaded.predict(X), estimator.predict(X))
    assert_goes_on_the_same(loaded, estimator, lambda one: one.fit(X, X[:, 0]))
    for missing in classes:
        others = [one for one in classes if one is not missing]
        message = rf"'{missing.__name__}', and no \w+ of sknn has this name.*classes=\["
        with pytest.raises(SavedModelError, match=message):
            load(path, classes=others)


def test_estimators_of_the_users_classes_are_loaded_if_those_are_given(path):
    estimator = Mine(hidden_layer_sizes=(5,), max_iter=2, random_state=0).fit(X, X[:, 0])
    loaded = through_file(estimator, path, classes=[Mine])
    assert_same(loaded, estimator)
    with pytest.raises(SavedModelError, match="'Mine', and no estimator of sknn has this name"):
        load(path)


@pytest.mark.parametrize(
    "classes", [[Scaled(), Square], [Scaled, type("Scaled", (Scaled,), {})], ["Scaled"]]
)
def test_classes_must_be_classes_of_different_names(classes, path):
    save(MLPRegressor(loss=Scaled()), path)
    with pytest.raises(ValueError, match="classes must be a list of classes with distinct names"):
        load(path, classes=classes)


# --- what cannot be saved ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"scoring": lambda estimator, X, y: 0},
            r"^scoring=<function .* cannot be saved.*or to No",
        ),
        ({"activation": ["relu", object()]}, r"^activation\.1=<object object .* cannot be saved"),
        ({"random_state": np.random.default_rng(0)}, r"^random_state=Generator"),
        (
            {"random_state": np.random.RandomState(np.random.PCG64())},
            r"^random_state cannot be sav",
        ),
        ({"class_weight": {0: iter([])}}, r"^class_weight\.0=<list_iterator"),
    ],
)
def test_parameter_that_cannot_be_saved_is_named(parameters, message, path):
    with pytest.raises(TypeError, match=message):
        save(MLPClassifier(**parameters), path)
    assert not path.exists()


def test_attribute_that_cannot_be_saved_is_named(path):
    estimator = MLPClassifier()
    estimator.note_ = [print]
    with pytest.raises(TypeError, match=r"^note_\.0=<built-in function print> cannot be saved"):
        save(estimator, path)


def test_callbacks_cannot_be_saved(path):
    class Callback:
        def setup(self, estimator, context): ...
        def on_fit_task_begin(self, *args, **kwargs): ...
        def on_fit_task_end(self, *args, **kwargs): ...
        def teardown(self, estimator, context): ...

    estimator = MLPClassifier().set_callbacks(Callback())
    with pytest.raises(TypeError, match=r"Callbacks cannot be saved\. .* set_callbacks\(\)"):
        save(estimator, path)
    save(estimator.set_callbacks(), path)


@pytest.mark.parametrize("other", [MLPClassifier, None, "model"])
def test_what_is_no_estimator_of_the_package_is_refused(other, path):
    with pytest.raises(
        TypeError,
        match=r"estimator must be an estimator of sknn, such as MLPClassifier, .* skops\.io\.dump",
    ):
        save(other, path)


# --- trouble with the disk ---------------------------------------------------------------------


def test_full_disk_leaves_the_old_file(path, monkeypatch):
    class Full(io.FileIO):
        def write(self, data):
            if self.tell() > 5000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    save(MLPRegressor(alpha=7), path)
    estimator = MLPClassifier((50,), max_iter=2).fit(X, THREE)
    monkeypatch.setattr(
        "sknn.nn.storage.files.open", lambda at, mode: Full(at, mode[0]), raising=False
    )
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        save(estimator, path)
    assert load(path).alpha == 7
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("as_path", [str, Path])
def test_path_may_be_of_any_kind(as_path, path):
    save(MLPRegressor(alpha=3), as_path(path))
    assert load(as_path(path)).alpha == 3


# --- files of older versions -------------------------------------------------------------------

SAMPLES = np.linspace(-1, 1, 12).reshape(3, 4)
IMAGE_SAMPLES = (np.arange(32) * 8).astype(np.uint8).reshape(2, 4, 4)
# What the estimators said when they were saved, and the first after one more partial_fit.
PROBABILITIES = [
    [0.109585077848, 0.499206903990, 0.391208018161],
    [0.132156448765, 0.687201068355, 0.180642482881],
    [0.168356850470, 0.742091326732, 0.089551822798],
]
LATER_LOSS, LATER_PROBABILITIES = (
    1.709942742916,
    [
        [0.111981441967, 0.488723293625, 0.399295264409],
        [0.138115223339, 0.676729834627, 0.185154942035],
        [0.179226675398, 0.727776219133, 0.092997105469],
    ],
)
PREDICTIONS = [-0.628720, -0.657615]


def test_classifier_of_version_1_is_read():
    loaded = load(DATA / "version1_classifier.sknn")
    assert loaded.classes_.tolist() == ["no", "perhaps", "yes"]
    assert_allclose(loaded.predict_proba(SAMPLES), PROBABILITIES, rtol=1e-9)
    assert loaded.history_["learning_rate"] == [0.01, 0.01]
    loaded.partial_fit(SAMPLES, ["yes", "no", "no"])
    assert_allclose(loaded.loss_, LATER_LOSS, rtol=1e-9)
    assert_allclose(loaded.predict_proba(SAMPLES), LATER_PROBABILITIES, rtol=1e-9)


def test_optimiser_of_an_early_file_of_version_1_goes_on():
    loaded = load(DATA / "version1_adamw.sknn")
    for _ in range(2):
        loaded.partial_fit(SAMPLES, [1.0, 2.0, 0.0])
    assert_allclose(loaded.loss_, 0.5931640507959008, rtol=1e-9)
    later = [0.8754771877758305, 0.2722672996794826, 0.4199772583417207]
    assert_allclose(loaded.predict(SAMPLES), later, rtol=1e-9)


def test_regressor_of_version_1_is_read():
    loaded = load(DATA / "version1_regressor.sknn")
    assert repr(loaded.layers[0]) == "('conv', Conv2D(filters=2, activation=ELU(alpha=0.5)))"
    assert loaded.image_shape_ == (4, 4, 1)
    assert_allclose(loaded.predict(IMAGE_SAMPLES), PREDICTIONS, rtol=1e-4)


def test_initialiser_by_its_earlier_name_is_read():
    loaded = load(DATA / "version1_cnn.sknn")
    assert repr(loaded._model.network.layers[0].weight_init) == "HeOrGlorot()"
    X = np.random.default_rng(0).normal(size=(12, 4, 4)).astype(np.float32)
    assert_allclose(
        loaded.predict_proba(X[:3])[:, 0], [0.48145676, 0.47648603, 0.453538], rtol=1e-5
    )


# --- hostile files -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a saved estimator, and what it predicts."""
    path = tmp_path_factory.mktemp("saved") / "model"
    estimator = MLPClassifier((3,), random_state=0)
    save(estimator.partial_fit(X, Y["strings"], classes=["a", "b", "long"]), path)
    return path.read_bytes(), estimator.predict_proba(X)


def test_file_cut_off_is_refused(saved, path):
    content, _ = saved
    header = 8 + int.from_bytes(content[:8], "little")
    lengths = np.random.default_rng(0).integers(len(content), size=100).tolist()
    for length in [0, 1, 7, 8, 9, header - 1, header, header + 1, len(content) - 1, *lengths]:
        path.write_bytes(content[:length])
        with pytest.raises(SavedModelError):
            load(path)


@pytest.mark.parametrize("n_bits", [1, 2, 10, 1000])
def test_flipped_bits_are_noticed(n_bits, saved, path):
    content, _ = saved
    for seed in range(100):
        flipped = np.unpackbits(np.frombuffer(content, np.uint8))
        flipped[np.random.default_rng(seed).integers(flipped.size, size=n_bits)] ^= 1
        path.write_bytes(np.packbits(flipped).tobytes())
        with pytest.raises(SavedModelError):
            load(path)


def test_swapped_and_repeated_pieces_are_noticed(saved, path):
    content, _ = saved
    for seed in range(100):
        rng = np.random.default_rng(seed)
        start, stop, to = np.sort(rng.integers(len(content), size=3))
        if start == stop or content[start:stop] == content[to : to + stop - start]:
            continue
        piece = content[start:stop]
        path.write_bytes(content[:to] + piece + content[to + len(piece) :])
        with pytest.raises(SavedModelError):
            load(path)


def changed(saved, path, change, arrays=None):
    """Writes the saved file with another document, but with checksums that are right."""
    path.write_bytes(saved[0])
    document, kept = read(path)
    change(document)
    write(path, document, kept | (arrays or {}))


def test_document_that_is_changed_in_nothing_is_read(saved, path):
    # Otherwise the tests below would show nothing.
    changed(saved, path, lambda document: None)
    assert_array_equal(load(path).predict_proba(X), saved[1])


def put(value, *places):
    """A change of the document: puts a value into the place."""

    def change(document):
        for place in places[:-1]:
            document = document[place]
        document[places[-1]] = value

    return change


LAYER = {"layer": {"class": "Dense", "arguments": {"units": 3}}}
HOSTILE = {
    "estimator-elsewhere": (put("os.system", "estimator"), "no estimator of sknn has this name"),
    "estimator-that-is-none": (put("Pipeline", "estimator"), "no estimator of sknn"),
    "estimator-of-another-type": (put(["MLPClassifier"], "estimator"), "TypeError"),
    "unknown-parameter": (put(1, "parameters", "no"), "unexpected keyword argument 'no'"),
    "parameter-of-a-foreign-class": (
        put({"loss": {"class": "os.system", "arguments": {}}}, "parameters", "loss"),
        "class 'os.system', and no loss",
    ),
    "parameter-of-a-builtin": (
        put({"activation": {"class": "eval", "arguments": {}}}, "parameters", "activation"),
        "class 'eval', and no activation",
    ),
    "splitter-that-is-a-search": (
        put(
            {"splitter": {"class": "GridSearchCV", "arguments": {}}},
            "parameters",
            "validation_fraction",
        ),
        "class 'GridSearchCV', and no splitter",
    ),
    "pickle-as-a-value": (put({"pickle": "gASV"}, "parameters", "loss"), "is a 'pickle', which"),
    "reduce": (put({"__reduce__": ["os.system"]}, "parameters", "loss"), "is a '__reduce__'"),
    "checkpoint-elsewhere": (put("/etc/passwd", "parameters", "checkpoint"), "checkpoint"),
    "class": (put("x", "attributes", "__class__"), r"must not have values for \['__class__'\]"),
    "dict": (put({"dict": []}, "attributes", "__dict__"), r"for \['__dict__'\]"),
    "method": (put("x", "attributes", "predict"), r"for \['predict'\]"),
    "hidden-method": (put("x", "attributes", "_outputs"), r"for \['_outputs'\]"),
    "property": (put("x", "attributes", "_optimizer"), r"for \['_optimizer'\]"),
    "parameter-as-an-attribute": (put(1, "attributes", "alpha"), r"for \['alpha'\]"),
    "other-layers": (put([LAYER], "model", "layers"), "its layers have 51 parameters"),
    "no-layers": (put([], "model", "layers"), "its layers have 0 parameters"),
    "layers-that-are-none": (put([1], "model", "layers"), "AttributeError"),
    "huge-layers": (
        put(10**12, "model", "layers", 0, "layer", "arguments", "units"),
        "its layers have 20000000000003 parameters or statistics, but there are float64",
    ),
    "negative-layers": (put(-1, "model", "layers", 0, "layer", "arguments", "units"), ""),
    "other-input": (put({"tuple": [4, 4, 1]}, "model", "input_shape"), "needs flat samples"),
    "weights-of-text": (
        put({"array": "_run.values.order"}, "model", "theta"),
        "but there are int64",
    ),
    "missing-array": (put({"array": "no"}, "model", "theta"), "KeyError"),
    "other-optimiser": (
        put({"optimizer": {"class": "RMSprop", "arguments": {}}}, "run", "optimizer"),
        "The optimiser, RMSprop, has arrays of the shapes",
    ),
    "optimiser-elsewhere": (
        put("os.system", "run", "optimizer", "optimizer", "class"),
        "class 'os.system', and no optimizer",
    ),
    "optimiser-that-is-none": (put(LAYER, "run", "optimizer"), "AttributeError"),
    "early-optimiser-elsewhere": (
        put({"solver": "os.system", "settings": {"dict": []}, "values": {"dict": []}}, "run"),
        "class 'os.system', and no optimizer",
    ),
    "labels-elsewhere": (put("os.system", "labels", "kind"), "KeyError"),
    "no-attributes": (lambda document: document.pop("attributes"), "KeyError"),
    "run-without-model": (put(None, "model"), "KeyError"),
    "checkpoint": (lambda document: document.pop("estimator"), "not a saved estimator"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_document_is_refused(case, saved, path):
    change, message = HOSTILE[case]
    changed(saved, path, change)
    with pytest.raises(SavedModelError, match=f"'{path}' cannot be read: .*{message}"):
        load(path)


JUNK = [
    *(None, True, -1, 0, 3, 2**70, 1.5, "", "os.system", [], {}, [1, 2]),
    *({"same": "loss"}, {"same": "_model"}, {"tuple": [1]}, {"dict": []}, {"float": "nan"}, LAYER),
    *({"array": "_model.theta"}, {"floats": "_model.theta"}, {"raw": ["_model.theta", "<U2"]}),
    *({"objects": [[1], [1]]}, {"scalar": {"array": "_model.theta"}}),
]


def places(document, above=()):
    """Every place in nested dicts and lists, as keys one after the other."""
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inside:
        yield (*above, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*above, key))


def test_anything_in_any_place_of_the_document_is_read_or_refused(saved, path):
    path.write_bytes(saved[0])
    everywhere = list(places(read(path)[0]))
    for seed in range(150):
        rng = np.random.default_rng(seed)
        place, junk = everywhere[rng.integers(len(everywhere))], JUNK[rng.integers(len(JUNK))]
        changed(saved, path, put(junk, *place))
        with suppress(SavedModelError):
            assert isinstance(load(path), BaseNetwork)


@pytest.mark.parametrize("dtype", ["float16", "int64"])
def test_weights_of_another_dtype_are_refused(dtype, saved, path):
    path.write_bytes(saved[0])
    arrays = read(path)[1]
    theta = arrays["_model.theta"].astype(dtype)
    changed(saved, path, lambda document: None, {"_model.theta": theta})
    with pytest.raises(SavedModelError, match=rf"but there are {dtype} of shape \({theta.size},"):
        load(path)


def test_random_state_that_points_outside_is_refused(saved, path):
    path.write_bytes(saved[0])
    values = read(path)[0]["run"]["values"]["dict"]
    place = [name for name, _ in values].index("random_state")
    for position in (-1, 625, 2**31 - 1):
        changed(
            saved,
            path,
            put(position, "run", "values", "dict", place, 1, "random_state", 1),
        )
        with pytest.raises(SavedModelError, match="a position among them"):
            load(path)


def test_layers_cannot_make_loading_take_memory(path):
    estimator = SequentialRegressor([MaxPool2D(2, padding="same"), Flatten()], max_iter=1)
    save(estimator.fit(PIXELS, X[:, 0]), path)
    document, arrays = read(path)
    for at in (document["model"]["layers"][0], document["parameters"]["layers"][0]):
        at["layer"]["arguments"]["pool_size"] = 200
    write(path, document, arrays)
    tracemalloc.start()
    try:
        with pytest.raises(SavedModelError):
            load(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_pickles_are_refused_and_not_run(path, tmp_path):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    for dump in (pickle.dump, joblib.dump):
        with open(path, "wb") as file:
            dump(Payload(), file)
        with pytest.raises(SavedModelError):
            load(path)
    assert not (tmp_path / "run").exists()


def test_missing_file_is_the_error_it_always_is(path):
    with pytest.raises(
        FileNotFoundError, match=rf"^path='{path}' cannot be read: there is no such"
    ):
        load(path)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("", ValueError, r"^path must be the path of a file, got ''\. Pass the name of a file"),
        ("a\0b", ValueError, r"^path must be the path of a file, got 'a\\x00b'"),
        ("folder/", ValueError, r"^path must be the path of a file, got 'folder/'"),
        (
            b"model",
            TypeError,
            r"^path must be the path of a file, .*, got b'model'\. Pass its name",
        ),
        (3, TypeError, r"^path must be the path of a file, .*, got 3\."),
        (
            "no/model",
            FileNotFoundError,
            r"^path='no/model' cannot be \w+: there is no folder '.*no'",
        ),
        (
            "a" * 300,
            OSError,
            r"^path='a{300}' cannot be \w+: File name too long\. Choose a shorter",
        ),
        (".", ValueError, r"'\.'.* (a directory|not a regular file)"),
    ],
)
def test_path_that_cannot_be_is_refused_as_it_was_given(
    given, error, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for attempt in (lambda: save(MLPClassifier(), given), lambda: load(given)):
        with pytest.raises(error, match=message):
            attempt()
    assert os.listdir(tmp_path) == []


def test_path_and_estimator_in_the_wrong_order_are_told(path):
    with pytest.raises(TypeError, match=r"the estimator first, .*: save\(estimator, path\)\.$"):
        save(path, MLPClassifier())


def test_leftover_of_a_dead_writer_is_removed(path):
    path.with_name(f"{_part(path)}0123456789abcdef").touch()
    save(MLPClassifier(), path)
    assert os.listdir(path.parent) == [path.name]


def test_full_disk_is_told_with_the_path(path, monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a temporary file")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(
        OSError, match=rf"^path='{path}' cannot be written: No space left .*Free some"
    ):
        save(MLPClassifier(), path)
    assert os.listdir(path.parent) == []


def test_error_is_a_value_error():
    assert issubclass(SavedModelError, ValueError)
