"""Models exported to ONNX: ONNX Runtime computes from them what the estimators predict.

``test_every_exit.py`` exports every option of every estimator. Here are the odd cases, the limits,
and pipelines through skl2onnx.
"""

import builtins
from importlib.util import find_spec

import numpy as np
import pytest
from helpers import Square
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import sknn
from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
    TabularRegressor,
    nn,
)
from sknn.nn import (
    ELU,
    Activate,
    AveragePool2D,
    BatchNorm,
    Blend,
    Conv2D,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    GlobalAveragePool2D,
    HardSigmoid,
    Huber,
    Layer,
    LayerNorm,
    LeakyReLU,
    Loss,
    MaxPool2D,
    Periodic,
    PiecewiseLinear,
    PReLU,
    Residual,
    Scale,
    SiLU,
    TableInput,
)
from sknn.nn.activations import ACTIVATIONS, Activation, ReLU
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES, SoftmaxLogLoss
from sknn.onnx import activations, layers, links, register, to_onnx
from sknn.onnx.graph import Graph, Tensor
from sknn.onnx.protobuf import as_model

MISSING = [name for name in ("onnx", "onnxruntime", "skl2onnx") if not find_spec(name)]
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(bool(MISSING), reason=f"{MISSING} not installed"),
]

FLOATS = (np.float32, np.float64)
RNG = np.random.default_rng(0)
N = 12
X = RNG.normal(size=(N, 5))
TWO, THREE, NUMBERS = np.arange(N) % 2, np.arange(N) % 3, X[:, 0] + 1
SET = (np.arange(N)[:, None] >> np.arange(3)) & 1
COLUMNS = np.column_stack([TWO, THREE * 10])
TENSORS = {"tensor(float)": "f4", "tensor(double)": "f8", "tensor(int64)": "i8"} | {
    "tensor(uint64)": "u8",
    "tensor(bool)": "?",
    "tensor(string)": "O",
}


def tolerance(dtype):
    return {"rtol": 1e-5, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-11, "atol": 1e-12}


def session_of(model):
    import onnx
    import onnxruntime

    onnx.checker.check_model(model, full_check=True)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3  # skl2onnx declares wrong shapes for some of its operators
    settings.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
    )


def run(model, X):
    """{name: array} that ONNX Runtime computes from a model or in a session.

    Each is of the shape and dtype that it declares.
    """
    session = session_of(model) if hasattr(model, "graph") else model
    declared, arrays = session.get_outputs(), session.run(None, {"X": X})
    for tensor, array in zip(declared, arrays, strict=True):
        if tensor.type in TENSORS:  # not of zipmap
            assert array.dtype == TENSORS[tensor.type]
            assert array.shape == (len(X), *tensor.shape[1:])
    return {tensor.name: array for tensor, array in zip(declared, arrays, strict=True)}


def assert_served(estimator, X, **options):
    """The exported model predicts as the estimator, for all samples and for one; the model."""
    model = to_onnx(estimator, **options)
    session = session_of(model)
    served = run(session, X)
    assert_outputs(served, estimator, X)
    for name, one in run(session, X[:1]).items():
        if one.dtype.kind == "f":
            assert_allclose(one, served[name][:1], rtol=1e-5, atol=1e-6)
        else:
            assert_array_equal(one, served[name][:1])
    return model


def assert_outputs(served, estimator, X):
    dtype = estimator._model.dtype
    wanted = {}
    if not hasattr(estimator, "classes_"):
        wanted["variable"] = estimator.predict(X).reshape(len(X), -1)
    else:
        assert_array_equal(served["label"], estimator.predict(X))
        if hasattr(estimator, "predict_proba"):
            p = estimator.predict_proba(X)
            several = isinstance(p, list)
            wanted = {f"probabilities_{i}": own for i, own in enumerate(p)} if several else {}
            wanted = wanted if several else {"probabilities": p}
    assert list(served) == [*(["label"] if hasattr(estimator, "classes_") else []), *wanted]
    for name, array in wanted.items():
        assert served[name].dtype == dtype
        assert_allclose(served[name], array, **tolerance(dtype))


def scattered(estimator):
    """The estimator with weights and statistics that are not those of few steps from the start."""
    model = estimator._model
    model.theta[...] = np.random.default_rng(1).normal(0, 0.5, model.theta.shape)
    model.state[...] = np.random.default_rng(2).uniform(0.5, 2, model.state.shape)
    return estimator


# Layers

BRANCH = [Conv2D(3, (1, 3), activation="identity"), BatchNorm(), Activate("gelu"), Conv2D(4, 2, 2)]
STACKS = {
    "flat": ([Dropout(0.2), Dense(4, "tanh"), Dense(3, bias=False)], (5,)),
    "normalised first": ([BatchNorm(), Dense(4)], (5,)),
    "batch norm before": ([Dense(4, "identity"), BatchNorm(), Activate("elu")], (5,)),
    "batch norm after": ([Dense(4, "relu"), BatchNorm()], (5,)),
    "layer norm": ([Dense(4, "tanh"), LayerNorm(0.1), Activate(PReLU(shared=False))], (5,)),
    "residual": ([Residual([Dense(5, "tanh")]), Residual([Dense(3), LayerNorm()])], (5,)),
    "odd side, stride 2, same": ([Conv2D(3, 3, 2)], (5, 7, 1)),
    "even side, stride 2, same": ([Conv2D(3, 3, 2)], (6, 4, 2)),
    "even kernel, same": ([Conv2D(3, (2, 4))], (5, 6, 2)),
    "dilation, same": ([Conv2D(3, (3, 2), dilation=(2, 3))], (6, 7, 2)),
    "dilation, stride, valid": ([Conv2D(2, 2, (2, 1), "valid", dilation=(1, 3))], (5, 6, 1)),
    "kernel below stride, same": ([Conv2D(2, 1, 3)], (6, 7, 1)),
    "uneven padding": ([Conv2D(2, 3, padding=((2, 0), (1, 3)), activation="silu")], (4, 5, 2)),
    "padding wider than the kernel": ([Conv2D(2, 2, padding=3, bias=False)], (3, 3, 2)),
    "batch norm on channels": ([Conv2D(2, 2), BatchNorm(), Conv2D(2), LayerNorm()], (4, 5, 2)),
    "batch norm on pixels": ([BatchNorm(), Conv2D(2, 2)], (4, 5, 3)),
    "slopes of channels": ([Conv2D(3, 2, activation=PReLU(shared=False))], (4, 5, 2)),
    "one slope": ([Conv2D(3, 2, activation="prelu")], (4, 5, 2)),
    "one filter": ([Conv2D(1), MaxPool2D(2), Conv2D(1, 2)], (5, 4, 2)),
    "signals": ([Conv2D(3, (1, 4), (1, 2)), MaxPool2D((1, 2))], (1, 11, 2)),
    "max, valid, leaves out the edge": ([MaxPool2D(2)], (5, 7, 2)),
    "max, same": ([MaxPool2D(3, 2, "same")], (6, 5, 2)),
    "max after a convolution": ([Conv2D(2, activation="tanh"), MaxPool2D((2, 3), 1)], (5, 5, 1)),
    "mean, same, real pixels": ([AveragePool2D(3, 2, "same")], (6, 5, 2)),
    "mean, even window, same": ([AveragePool2D((2, 4), 1, "same")], (5, 6, 2)),
    "mean, valid": ([AveragePool2D((2, 3))], (5, 7, 1)),
    "global": ([Conv2D(3), GlobalAveragePool2D()], (4, 5, 2)),
    "global, of one channel": ([GlobalAveragePool2D()], (4, 5, 1)),
    "global after pooling": ([MaxPool2D(2), GlobalAveragePool2D()], (4, 6, 3)),
    "shortcut from channels last": ([Residual([Conv2D(3)]), Flatten()], (4, 5, 3)),
    "projected": ([Residual(BRANCH), Residual([Conv2D(4)]), GlobalAveragePool2D()], (5, 7, 3)),
    "residual of pooling": ([Residual([MaxPool2D(2), LayerNorm()]), Flatten()], (6, 4, 3)),
    "residual, channels last": ([Residual([LayerNorm(), Activate()]), Conv2D(2)], (3, 4, 2)),
    "neural tangent": ([Dense(4, "tanh", scaling="ntp"), Scale(2.0)], (5,)),
    "scale of channels": ([Conv2D(2), Scale(), Conv2D(3, activation=Blend("elu"))], (4, 5, 2)),
    "blend": ([Dense(4, Blend("mish")), Dense(3, Blend(PReLU(shared=False)))], (5,)),
    "embedding": ([Embedding(2, 3)], (5,)),
    "embedding, levels of each": ([Embedding([1, 2, 1, 3, 2], 2), Dense(3)], (5,)),
    "periodic": ([Periodic(2, 3), Dense(3)], (5,)),
    "periodic, without the input": ([Periodic(1, 4, keep_input=False)], (5,)),
    "piecewise linear": ([PiecewiseLinear([[-1, 0, 0.5], [0, 1], [-2, -1, 0, 1]], 2)], (3,)),
    "table": ([TableInput([(Periodic(), [0, 3]), (Embedding(2), [1]), (Scale(), [2])])], (6,)),
    "table, all columns": ([TableInput([(Scale(), [2, 0]), (LayerNorm(), [1, 2])])], (3,)),
    "nested": ([Residual([Residual([Dense(3), BatchNorm()]), Dropout()])], (5,)),
}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("case", STACKS)
def test_layers_compute_the_same(case, dtype):
    stack, shape = STACKS[case]
    samples = np.random.default_rng(3).normal(size=(3, *shape)).astype(dtype)
    stack = [*stack, *([Flatten()] if len(shape) == 3 and "Global" not in repr(stack) else [])]
    model = SequentialRegressor(stack, dtype=np.dtype(dtype).name, max_iter=1, random_state=0)
    y = np.arange(6.0).reshape(3, 2)
    model = scattered(model.fit(samples, y))
    if "gelu" in repr(stack) and dtype == np.float64:
        served = run(to_onnx(model), samples)["variable"]
        assert_allclose(served, model.predict(samples), rtol=1e-6, atol=1e-7)
    else:
        assert_served(model, samples, input_shape=shape)


def test_images_stay_channels_first_between_layers_that_want_them_so():
    stack = [Conv2D(2), Activate("elu"), BatchNorm(), MaxPool2D(2), Residual([Conv2D(2)])]
    images = RNG.normal(size=(3, 4, 4, 3)).astype(np.float32)
    model = SequentialRegressor([*stack, GlobalAveragePool2D()], max_iter=1, random_state=0)
    model.fit(images, [0, 1, 2])
    kinds = [node.op_type for node in to_onnx(model).graph.node]
    assert kinds.count("Transpose") == 1
    assert "Conv" in kinds


def test_columns_are_gathered_for_each_part_and_for_the_others_if_there_are_any():
    for width, wanted in ((3, 2), (4, 3)):
        table = TableInput([(Scale(), [2, 0]), (Scale(), [1])])
        model = SequentialRegressor([table], max_iter=1).fit(np.eye(4, width), np.arange(4.0))
        kinds = [node.op_type for node in to_onnx(model).graph.node]
        assert kinds.count("Gather") == wanted


def test_normalisation_is_folded_into_the_weights_as_for_prediction():
    model = MLPRegressor(hidden_layer_sizes=4, normalization="batch", max_iter=2).fit(X, NUMBERS)
    assert [node.op_type for node in to_onnx(model).graph.node] == ["Gemm", "Relu", "Gemm"]


def test_statistics_far_from_zero_keep_their_digits():
    samples = (X + 3000).astype(np.float32)
    model = SequentialRegressor([BatchNorm(), Dense(4)], max_iter=1, random_state=0)
    model.fit(samples, NUMBERS)
    model._model.state[:5], model._model.state[5:] = 3000, 1e-4
    assert_allclose(
        run(to_onnx(model), samples)["variable"].ravel(), model.predict(samples), rtol=1e-5
    )


# Activations

Z = np.concatenate([np.linspace(-6, 6, 25), [0, -0.0, 1e-8, 50, -50, 100, -100, 700, -700]])
FUNCTIONS = {
    **ACTIVATIONS,
    "own alpha": ELU(0.3),
    "own slope": LeakyReLU(0.3),
    "slope of one": LeakyReLU(1.0),
    "own beta": SiLU(1.5),
    "own slope of the sigmoid": HardSigmoid(0.2),
}


@pytest.mark.parametrize("dtype", FLOATS)
def test_activations_compute_the_same(dtype):
    graph, wanted = Graph(np.dtype(dtype)), {}
    z = np.repeat(Z.astype(dtype)[:, None], 2, axis=1)
    for name, activation in FUNCTIONS.items():
        params = {"slope": np.array([[0.25, -0.5]], dtype)} if name == "prelu" else {}
        given = [params] if params else []
        out = np.empty_like(z)
        with np.errstate(all="ignore"):
            activation.forward(z.copy(), out, *given)
        tensor = activations.activated(graph, Tensor("X", (2,)), activation, params)
        wanted[name] = tensor.name, out
    outputs = {source: out for source, out in wanted.values() if source != "X"}
    shapes = [(source, np.dtype(dtype), (2,)) for source in outputs]
    served = run(as_model(graph, "all", [("X", np.dtype(dtype), (2,))], shapes, 18), z)
    for name, (source, out) in wanted.items():
        within = {"rtol": 1e-5, "atol": 1e-6} if dtype == np.float32 else {"atol": 1e-14}
        within = {"rtol": 1e-6, "atol": 1e-7} if name == "gelu" else within  # erf in float32
        assert_allclose(served.get(source, z), out, err_msg=name, **within)


# Everything there is


def subclasses_in_nn(base):
    public = (getattr(nn, name) for name in nn.__all__)
    return {one for one in public if isinstance(one, type) and issubclass(one, base)} - {base}


def test_every_layer_activation_and_loss_is_converted():
    assert subclasses_in_nn(Layer) <= layers.LAYERS.keys()
    known = {type(one) for one in ACTIVATIONS.values()} | subclasses_in_nn(Activation)
    assert known <= activations.ACTIVATIONS.keys()
    losses = [REGRESSION_LOSSES, *CLASSIFICATION_LOSSES.values()]
    losses = [loss for table in losses for loss in table.values()]
    for loss in [*losses, *(one() for one in subclasses_in_nn(Loss))]:
        links.predicted(Graph(np.dtype(float)), "z", loss)  # raises if it is not


# Labels and numbers

LABELS = {
    "strings": np.array(["niedrig", "größer", "π"])[THREE],
    "objects": np.array(["a", "b", "long label"], object)[THREE],
    "two strings": np.array(["ja", "nein"])[TWO],
    "integers": THREE * 7 - 3,
    "small integers": THREE.astype(np.int8) - 1,
    "large integers": THREE + 2**62,
    "unsigned": TWO.astype(np.uint64) + 2**63,
    "floats": THREE - 1.0,
    "half precision": THREE.astype(np.float16),
    "single precision": THREE.astype(np.float32),
    "bools": TWO == 1,
    "one class": np.full(N, 4),
    "one string": np.full(N, "nur ä"),
    "indicators": SET,
    "two indicators": SET[:, :2],
    "columns": COLUMNS,
    "columns of strings": COLUMNS.astype(str),
    "columns of objects": np.array(["ä", "b", "c"], object)[np.column_stack([TWO, THREE])],
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_those_of_predict(kind, dtype):
    samples = X.astype(dtype)
    model = MLPClassifier(3, max_iter=3, random_state=0).fit(samples, LABELS[kind])
    assert_served(scattered(model), samples)


@pytest.mark.parametrize("y", [TWO, THREE, SET, COLUMNS], ids=["two", "three", "set", "columns"])
@pytest.mark.parametrize("loss", CLASSIFICATION_LOSSES)
def test_losses_of_classifiers_decide_the_same(loss, y):
    model = MLPClassifier(3, loss=loss, max_iter=3, random_state=0).fit(X, y)
    exported = assert_served(model, X)
    names = [output.name for output in exported.graph.output]
    assert (names == ["label"]) == (loss in ("hinge", "perceptron"))


@pytest.mark.parametrize("y", [NUMBERS, np.column_stack([NUMBERS, X[:, 1] ** 2])], ids=["1", "2"])
@pytest.mark.parametrize("loss", REGRESSION_LOSSES)
def test_losses_of_regressors_predict_the_same(loss, y):
    y = np.abs(y) + 0.1
    assert_served(MLPRegressor(loss, 3, max_iter=3, random_state=0).fit(X, y), X)


def test_levels_come_in_ascending_order():
    model = MLPRegressor("quantile", 3, quantile=[0.9, 0.1, 0.5], max_iter=1)
    model.set_params(random_state=0).fit(X, NUMBERS)
    served = run(to_onnx(scattered(model)), X)["variable"]
    assert_allclose(served, model.predict(X), rtol=1e-11)
    assert (np.diff(served) >= 0).all()
    assert (np.diff(model._outputs(X)) < 0).any()  # sorting changed some


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("y", [TWO, THREE, SET], ids=["two", "three", "set"])
def test_large_logits_leave_probabilities_off_0_and_1_as_ours(y, dtype):
    samples = X.astype(dtype)
    model = MLPClassifier((), max_iter=1, random_state=0).fit(samples, y)
    model.coefs_[0] *= 800
    served = run(to_onnx(model), samples)
    assert_array_equal(served["label"], model.predict(samples))
    p = model.predict_proba(samples)
    assert_allclose(served["probabilities"], p, rtol=2e-4 if dtype == np.float32 else 1e-12)
    smallest = np.finfo(dtype).tiny
    assert_allclose([p.min(), served["probabilities"].min()], smallest, rtol=1e-5)
    largest = 1.0 if y is THREE else 1 - np.finfo(dtype).epsneg
    assert p.max() == served["probabilities"].max() == largest


def test_ties_go_to_the_label_that_predict_takes():
    for y in (TWO, THREE, SET, COLUMNS):
        model = MLPClassifier((), max_iter=1, random_state=0).fit(X, y)
        model.coefs_[0][...], model.intercepts_[0][...] = 0, 0
        assert_served(model, X)


def test_parameters_set_after_fit_change_nothing():
    model = MLPClassifier((5, 4), max_iter=2, random_state=0).fit(X, TWO)
    before = to_onnx(model).SerializeToString()
    model.set_params(activation="gelu", normalization="batch", loss="hinge", hidden_layer_sizes=2)
    assert to_onnx(model).SerializeToString() == before


def test_weights_replaced_or_set_by_hand_are_those_exported():
    model = MLPRegressor(hidden_layer_sizes=5, max_iter=1, random_state=0).fit(X, NUMBERS)
    before = model.predict(X)
    model.coefs_[1], model.intercepts_[1] = 2 * model.coefs_[1], 2 * model.intercepts_[1]
    served = run(to_onnx(model), X)["variable"]
    assert_allclose(served.ravel(), 2 * before, rtol=1e-12)
    perceptron = MLPClassifier((), "identity")
    perceptron.coefs_, perceptron.intercepts_ = [np.array([[1.0], [-2.0]])], [np.array([0.5])]
    perceptron.classes_ = np.array(["no", "yes"])
    served = run(to_onnx(perceptron), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert served["label"].tolist() == ["yes", "no"]
    p = 1 / (1 + np.exp(-np.array([1.5, -1.5])))
    assert_allclose(served["probabilities"], np.column_stack([1 - p, p]), rtol=1e-12)


# Images

IMAGES = RNG.integers(0, 256, (N, 4, 5, 3), dtype=np.uint8)


def fitted_cnn(X, make=CNNClassifier, y=THREE, **settings):
    settings = {"filters": 2, "hidden_layer_sizes": 3, "max_iter": 1, "random_state": 0} | settings
    return make(**settings).fit(X, y)


def test_images_of_integers_are_taken_as_uint8():
    model = fitted_cnn(IMAGES)
    exported = assert_served(model, IMAGES)
    (taken,) = exported.graph.input
    assert taken.type.tensor_type.elem_type == 2  # uint8 in onnx.proto
    assert [one.dim_value for one in taken.type.tensor_type.shape.dim] == [0, 4, 5, 3]
    one_by_one = IMAGES.astype(np.float32) / 255
    assert_allclose(
        run(to_onnx(model), IMAGES)["probabilities"],
        run(to_onnx(fitted_cnn(one_by_one)), one_by_one)["probabilities"],
        atol=1e-5,
    )


GREY = (IMAGES[..., 0] / 255).astype(np.float32)
GIVEN = {
    "without the channel": (GREY, None, None),
    "with the channel": (GREY[..., None], (4, 5, 1), (4, 5, 1)),
    "flat": (GREY.reshape(N, -1), (4, 5), (20,)),
    "colours": (IMAGES / np.float32(255), None, None),
    "colours, flat": ((IMAGES / np.float32(255)).reshape(N, -1), (4, 5, 3), [60]),
    "integers, flat": (IMAGES.reshape(N, -1), (4, 5, 3), (60,)),
}


@pytest.mark.parametrize("case", GIVEN)
def test_images_are_taken_in_the_shape_that_is_asked_for(case):
    images, of_estimator, of_export = GIVEN[case]
    for make, y in ((CNNClassifier, THREE), (CNNRegressor, NUMBERS)):
        model = fitted_cnn(images, make, y, input_shape=of_estimator)
        assert_served(model, images, input_shape=of_export)


@pytest.mark.parametrize("given", [(20, 1), (4, 5, 3), "flat", 20, (5, 4)])
def test_shapes_that_predict_does_not_take_are_refused(given):
    message = r"\(4, 5\) or \(4, 5, 1\) or \(20,\), with 20 values, for this CNNClassifier, got"
    with pytest.raises(ValueError, match=message):
        to_onnx(fitted_cnn(GREY), input_shape=given)


def test_float64_images_are_computed_in_float64():
    images = RNG.normal(size=(N, 4, 5, 2))
    assert_served(fitted_cnn(images, dtype="float64"), images)
    assert_served(fitted_cnn(images, dtype="float64", pooling="average"), images)


# Opsets


@pytest.mark.parametrize("opset", [None, 17, 18, 22, np.int64(20)])
def test_opset_is_that_asked_for_and_runs(opset):
    stack = [Conv2D(2, activation="selu"), LayerNorm(), AveragePool2D(2, padding="same"), Flatten()]
    images = IMAGES / np.float32(255)
    model = SequentialRegressor(stack, loss="quantile", quantile=[0.1, 0.9], max_iter=1)
    model.set_params(random_state=0)
    exported = assert_served(model.fit(images, NUMBERS), images, opset=opset)
    (imported,) = exported.opset_import
    assert (imported.domain, imported.version) == ("", 18 if opset is None else opset)
    assert exported.ir_version == (10 if opset == 22 else 9 if opset == 20 else 8)  # its table
    assert (exported.producer_name, exported.producer_version) == ("sknn", sknn.__version__)


@pytest.mark.parametrize("opset", [16, 23, 0, -1, True, "18", 18.0])
def test_opsets_out_of_range_are_refused(opset):
    model = MLPRegressor(hidden_layer_sizes=(), max_iter=1).fit(X, NUMBERS)
    message = rf"opset must be an int from 17 to 22, or None for 18, got {opset!r}"
    with pytest.raises(ValueError, match=message):
        to_onnx(model, opset=opset)


# What is refused


class Leaky(ReLU):
    """A user's activation that inherits from one that is known."""

    def forward(self, z, out):
        np.maximum(z, 0.5 * z, out=out)


class Wide(Dense):
    """A user's layer that inherits from one that is known."""


class Doubled(Loss):
    """A user's loss with a prediction of its own."""

    def sum_and_gradient(self, y, z, weight, out):
        np.subtract(2 * z, y, out=out)
        return float(np.vdot(out, out)) / 2

    def predict(self, z):
        return 2 * z


class Cooler(SoftmaxLogLoss):
    """A user's loss with the link of softmax, but probabilities of its own."""

    def log_predict(self, z):
        return super().log_predict(2 * z)


class Heavier(SoftmaxLogLoss):
    """A user's loss that predicts as the one it inherits from."""

    def sum_and_gradient(self, y, z, weight, out):
        total = super().sum_and_gradient(y, z, weight, out)
        out *= 3
        return 3 * total


class Margins(SoftmaxLogLoss):
    """A user's loss that inherits softmax and says that its outputs are no probabilities."""

    link = "identity"


class Rates(Huber):
    """A user's loss that names a link which it does not apply."""

    link = "exp"


DAYS = np.array(["2026-01-01", "2026-01-02"], "M8[D]")[TWO]
REFUSED = {
    "activation": (
        MLPClassifier(activation=Leaky()),
        TWO,
        r"the activation Leaky\(\)\. .*onnx\.activations\.ACTIVATIONS\[Leaky\] = .*sknn\.save",
    ),
    "layer": (
        SequentialClassifier([Dense(2), Wide(3)]),
        TWO,
        r"Layer wide1: .* for Wide\(units=3\)\. .*onnx\.layers\.LAYERS\[Wide\] = .*sknn\.save",
    ),
    "loss": (
        MLPRegressor(Doubled()),
        NUMBERS,
        r"of the loss Doubled\(\)\. .*onnx\.links\.LINKS\[Doubled\] = .*sknn\.save",
    ),
    "probabilities": (MLPClassifier(loss=Cooler()), THREE, r"LINKS\[Cooler\]"),
    "probabilities of columns": (MLPClassifier(loss=Cooler()), COLUMNS, r"LINKS\[Cooler\]"),
    "dates": (
        MLPClassifier(),
        DAYS,
        r"strings, numbers or bools, got datetime64\[D\].*2026-01-01.*LabelEncoder",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_operators_is_refused_by_name(case):
    model, y, message = REFUSED[case]
    model.set_params(max_iter=1).fit(X, y)
    with pytest.raises(NotImplementedError, match=message):
        to_onnx(model)


@pytest.mark.parametrize("loss", [Heavier(), Margins()])
def test_losses_that_inherit_their_prediction_are_converted(loss):
    assert_served(MLPClassifier(2, loss=loss, max_iter=2, random_state=0).fit(X, THREE), X)


def test_a_link_that_is_not_applied_is_not_exported():
    assert_served(MLPRegressor(Rates(), 2, max_iter=2, random_state=0).fit(X, NUMBERS), X)


def test_functions_of_the_user_are_used_once_entered(monkeypatch):
    def square(graph, z, activation, params):
        return graph.add("Pow", z, 2)

    def wide(graph, x, layer, params, state):
        return layers.dense(graph, x, layer, params, state)

    monkeypatch.setitem(activations.ACTIVATIONS, Square, square)
    monkeypatch.setitem(layers.LAYERS, Wide, wide)
    monkeypatch.setitem(links.LINKS, Doubled, lambda graph, z, loss: graph.add("Add", z, z))
    stack = [Wide(3, Square()), Dense(2, Square())]
    model = SequentialRegressor(stack, loss=Doubled(), max_iter=2, random_state=0)
    assert_served(model.fit(X, NUMBERS), X)


FITTED = MLPRegressor(hidden_layer_sizes=2, max_iter=1)
NOT_OURS = {
    "pipeline": (make_pipeline(FITTED), r"got Pipeline\. .*skl2onnx\.to_onnx.*sknn\.onnx\.regist"),
    "another library": (LogisticRegression(), r"got LogisticRegression\. .*skl2onnx"),
    "search": (
        GridSearchCV(FITTED, {"alpha": [0]}, cv=2),
        r"got GridSearchCV\. For a GridSearchCV, pass best_estimator_",
    ),
    "one for each output": (
        MultiOutputRegressor(FITTED),
        "For a MultiOutputRegressor, pass the network",
    ),
    "tables": (
        TabularRegressor(),
        r"got TabularRegressor\. ONNX has no counterpart to .* sknn\.save",
    ),
    "a class": (MLPClassifier, "got ABCMeta|got type"),
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_what_is_not_a_network_of_ours_is_named(case):
    given, message = NOT_OURS[case]
    if case == "search":
        given.fit(X, NUMBERS)
    with pytest.raises(TypeError, match=f"to_onnx converts estimators of sknn, .*{message}"):
        to_onnx(given)


@pytest.mark.parametrize("model", [MLPClassifier(), CNNRegressor(), SequentialClassifier([])])
def test_what_is_not_fitted_is_not_exported(model):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        to_onnx(model)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        by_skl2onnx(model, X[:1])


@pytest.mark.parametrize(
    ("package", "call", "message"),
    [
        ("skl2onnx", register, r"register needs skl2onnx.*pip install skl2onnx.*onnx.to_onnx"),
        (
            "onnx",
            lambda: to_onnx(FITTED.fit(X, NUMBERS)),
            "Export needs the onnx package.*pip install onnx",
        ),
    ],
)
def test_packages_that_are_missing_are_named(package, call, message, monkeypatch):
    original = builtins.__import__

    def without(name, *args):
        if name.startswith(package):
            raise ModuleNotFoundError(f"No module named {package!r}", name=name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=message):
        call()


# skl2onnx


def by_skl2onnx(*args, **settings):
    """The model that skl2onnx makes of estimators, ours included."""
    from skl2onnx import to_onnx

    register()
    return to_onnx(*args, **settings)


def served_by_skl2onnx(model, X, options=None, **settings):
    classifies = hasattr(model, "classes_") and options is None
    options = {"zipmap": False} if classifies else options or None
    return run(by_skl2onnx(model, X[:1], options=options, **settings), X)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "y", [THREE, np.array(["ä", "b"])[TWO], SET, NUMBERS, COLUMNS], ids=lambda y: str(y.dtype)
)
def test_pipelines_predict_the_same(y, dtype):
    samples = X.astype(dtype)
    network = MLPRegressor if y is NUMBERS else MLPClassifier
    network = network(hidden_layer_sizes=4, activation="gelu", max_iter=3, random_state=0)
    model = make_pipeline(StandardScaler(), network).fit(samples, y)
    served = served_by_skl2onnx(model, samples)
    if y is NUMBERS:
        assert_allclose(served["variable"].ravel(), model.predict(samples), rtol=1e-4, atol=1e-5)
        return
    assert_array_equal(served["label"], model.predict(samples))
    p = model.predict_proba(samples)
    given = [array for name, array in served.items() if name.startswith("probabilities")]
    for mine, wanted in zip(given, p if isinstance(p, list) else [p], strict=True):
        assert mine.dtype == dtype
        assert_allclose(mine, wanted, rtol=1e-4, atol=1e-5)


def test_a_network_of_float64_after_float32_computes_in_float64():
    model = MLPClassifier(4, max_iter=3, random_state=0).fit(X, THREE)
    served = served_by_skl2onnx(model, X.astype(np.float32))
    assert served["probabilities"].dtype == np.float32
    p = model.predict_proba(X.astype(np.float32).astype(float))
    assert_array_equal(served["probabilities"], p.astype(np.float32))


def test_samples_that_are_not_images_may_be_integers():
    samples = np.random.default_rng(0).integers(-3, 4, (N, 5))
    model = MLPClassifier(4, max_iter=3, random_state=0).fit(samples, THREE)
    served = served_by_skl2onnx(model, samples)
    assert_array_equal(served["label"], model.predict(samples))
    assert_allclose(served["probabilities"], model.predict_proba(samples), rtol=1e-6)


@pytest.mark.skipif(not find_spec("pandas"), reason="the table is one of pandas")
def test_pipeline_on_a_mixed_table_has_the_labels_of_a_whole_test_set():
    import pandas as pd

    rng = np.random.default_rng(0)
    n = 400
    age, income = rng.uniform(18, 90, n), rng.lognormal(10, 1, n)
    town, job = rng.choice(["Köln", "Lyon", "Oslo"], n), rng.choice(["a", "b"], n)
    table = pd.DataFrame({"age": age, "income": income, "town": town, "job": job})
    table = table.astype({"age": "float32", "income": "float32"})
    y = np.where((age > 40) & (town != "Oslo"), "yes", "no")
    encoder = make_column_transformer(
        (StandardScaler(), ["age", "income"]),
        (OneHotEncoder(sparse_output=False), ["town", "job"]),
    )
    model = make_pipeline(encoder, MLPClassifier(8, max_iter=5, random_state=0))
    model.fit(table[:300], y[:300])
    session = session_of(by_skl2onnx(model, table[:1], options={"zipmap": False}))
    columns = {name: table[300:][[name]].to_numpy() for name in table}
    labels, p = session.run(None, columns)
    assert_array_equal(labels, model.predict(table[300:]))
    assert_allclose(p, model.predict_proba(table[300:]), atol=1e-5)
    assert set(labels) == {"yes", "no"}


@pytest.mark.parametrize("images", [IMAGES, IMAGES.reshape(N, -1), IMAGES / np.float32(255)])
def test_images_go_through_skl2onnx_as_well(images):
    model = fitted_cnn(images, input_shape=(4, 5, 3))
    assert_outputs(served_by_skl2onnx(model, images), model, images)


def test_images_of_the_other_kind_are_refused():
    floats = IMAGES / np.float32(255)
    message = "was fitted to images of {}, got an X of {}.* Convert it with an X of {}"
    integer, float_ = "integers, which are scaled to 0 to 1", "floats, which are not scaled"
    with pytest.raises(ValueError, match=message.format(integer, float_, "uint8")):
        by_skl2onnx(fitted_cnn(IMAGES), floats[:1])
    with pytest.raises(ValueError, match=message.format(float_, integer, "float32")):
        by_skl2onnx(fitted_cnn(floats), IMAGES[:1])
    with pytest.raises(ValueError, match=r"samples of shape \(4, 5, 3\) or \(60,\), got \(5,\)"):
        by_skl2onnx(fitted_cnn(floats), X[:1].astype(np.float32))


@pytest.mark.parametrize("options", [None, {"zipmap": "columns"}, {"zipmap": False}])
def test_options_of_skl2onnx_are_those_for_its_own_networks(options):
    samples = X.astype(np.float32)
    model = MLPClassifier(5, max_iter=5, random_state=0).fit(samples, THREE)
    exported = by_skl2onnx(model, samples[:1], options=options)
    labels, *given = session_of(exported).run(None, {"X": samples})
    assert_array_equal(labels, model.predict(samples))
    if options is None:
        p = [[row[label] for label in range(3)] for row in given[0]]
    else:
        p = np.column_stack(given)
    assert_allclose(p, model.predict_proba(samples), rtol=1e-4)


def test_other_options_of_skl2onnx():
    samples = X.astype(np.float32)
    model = MLPClassifier(5, max_iter=2, random_state=0).fit(samples, LABELS["strings"])
    served = served_by_skl2onnx(model, samples, {"zipmap": False, "nocl": True})
    assert_array_equal(model.classes_[served["label"]], model.predict(samples))
    options = {"zipmap": False, "output_class_labels": True}
    session = session_of(by_skl2onnx(model, samples[:1], options=options))
    (classes,) = session.run(["class_labels"], {"X": samples})
    assert_array_equal(classes, model.classes_)
    columns = MLPClassifier(5, max_iter=2, random_state=0).fit(samples, COLUMNS)
    served = served_by_skl2onnx(columns, samples, {"nocl": True})
    assert_array_equal(served["label"], columns.predict(samples))


def test_labels_have_the_types_of_skl2onnx():
    for kind in ("bools", "unsigned"):
        model = MLPClassifier(2, max_iter=2, random_state=0).fit(X, LABELS[kind])
        served = served_by_skl2onnx(model, X)
        assert served["label"].dtype == (np.uint64 if kind == "unsigned" else np.int64)
        assert_array_equal(served["label"], model.predict(X).astype(served["label"].dtype))


def test_networks_within_estimators_of_scikit_learn():
    samples = X.astype(np.float32)
    network = MLPClassifier(3, max_iter=2, random_state=0)
    both = [("one", network), ("two", LogisticRegression())]
    voting = VotingClassifier(both, voting="soft", flatten_transform=False)
    for model in (voting, CalibratedClassifierCV(network, cv=2, ensemble=False)):
        served = served_by_skl2onnx(model.fit(samples, THREE), samples)
        assert_array_equal(served["label"], model.predict(samples))
        assert_allclose(served["probabilities"], model.predict_proba(samples), atol=1e-5)


def test_networks_without_probabilities_cannot_stand_where_they_are_needed():
    network = MLPClassifier(3, loss="hinge", max_iter=2, random_state=0)
    assert list(served_by_skl2onnx(network.fit(X, TWO), X)) == ["label"]
    voting = VotingClassifier([("one", network)], flatten_transform=False).fit(X, TWO)
    message = r"An MLPClassifier with the outputs \['label'\] cannot be used .* 2 outputs.*log_loss"
    with pytest.raises(NotImplementedError, match=message):
        served_by_skl2onnx(voting, X)


def test_networks_take_one_array():
    from skl2onnx.common import data_types as types

    network = MLPClassifier(2, max_iter=1, random_state=0).fit(X, THREE)
    columns = [(name, types.DoubleTensorType([None, 1])) for name in "abcde"]
    message = r"MLPClassifier takes one array, got the inputs \['a', 'b', .* X\[:1\]\.to_numpy\(\)"
    with pytest.raises(NotImplementedError, match=message):
        by_skl2onnx(network, initial_types=columns)
    before = make_pipeline(network, MLPRegressor(hidden_layer_sizes=2, max_iter=1)).fit(X, THREE)
    message = "MLPRegressor takes .*inputs .'output_label', .*passes on labels and"
    with pytest.raises(NotImplementedError, match=message):
        by_skl2onnx(before, X[:1])
    unknown = [("X", types.DoubleTensorType([None, None]))]
    exported = by_skl2onnx(network, initial_types=unknown, options={"zipmap": False})
    assert_outputs(run(exported, X), network, X)


def test_opset_of_skl2onnx_is_that_of_the_operators_or_refused():
    network = MLPRegressor(hidden_layer_sizes=2, max_iter=1, random_state=0)
    model = make_pipeline(StandardScaler(), network)
    model.fit(X, NUMBERS)
    served = served_by_skl2onnx(model, X, target_opset=17)
    assert_allclose(served["variable"].ravel(), model.predict(X), rtol=1e-10)
    with pytest.raises(ValueError, match=r"from opset 17|opset 17 and later, got target_opset=16"):
        served_by_skl2onnx(model, X, target_opset=16)
