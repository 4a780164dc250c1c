"""Models exported to ONNX predict what ours do, or are not exported."""

import builtins

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import Dense, Huber, LeakyReLU, Loss
from sknn.nn.activations import ReLU, Tanh
from sknn.nn.losses import LogisticLogLoss, SoftmaxLogLoss
from sknn.onnx import register

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LABELS = {
    "two classes": lambda y: y % 2,
    "ten classes": lambda y: y,
    "strings": lambda y: np.array(["low", "middle", "high"])[y // 4],
    "multilabel": lambda y: (y[:, None] >> np.arange(4)) & 1,
}


@pytest.fixture
def exported():
    """(model, X) -> what onnxruntime computes for X; labels and arrays without other options."""
    import onnxruntime
    import skl2onnx

    register()
    arrays = {"zipmap": False}

    def run(model, X, options=arrays):
        options = options if hasattr(model, "predict_proba") or options is not arrays else None
        exported = skl2onnx.to_onnx(model, X[:1], options=options)
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3  # errors: the declared shape of multilabel output is wrong
        session = onnxruntime.InferenceSession(
            exported.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )
        return session.run(None, {"X": X})

    return run


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize(
    ("problem", "dtype"),
    [(problem, np.float32) for problem in LABELS]
    + [(problem, np.float64) for problem in LABELS if problem != "multilabel"],
)
def test_exported_classifier_gives_the_same_probabilities(
    problem, dtype, activation, digits, exported
):
    X, y = digits
    X = X.astype(dtype)
    clf = MLPClassifier((20, 10), activation, max_iter=5, random_state=0)
    clf.fit(X, LABELS[problem](y))
    labels, p = exported(clf, X)
    assert_array_equal(labels, clf.predict(X))
    assert p.dtype == dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-9
    assert_allclose(p, clf.predict_proba(X), rtol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exported_regressor_gives_the_same_values(dtype, diabetes, exported):
    X, y = diabetes
    X = X.astype(dtype)
    reg = MLPRegressor(hidden_layer_sizes=(20, 10), max_iter=20, random_state=0).fit(X, y)
    (predicted,) = exported(reg, X)
    assert predicted.dtype == dtype
    tolerance = 1e-4 if dtype == np.float32 else 1e-9
    assert_allclose(predicted.ravel(), reg.predict(X), rtol=tolerance, atol=tolerance)


def test_exported_pipeline_gives_the_same_labels(digits, exported):
    X, y = digits
    X = X.astype(np.float32)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=0))
    labels, p = exported(pipeline.fit(X, y), X)
    assert_array_equal(labels, pipeline.predict(X))
    assert_allclose(p, pipeline.predict_proba(X), rtol=1e-3, atol=1e-6)


class Leaky(ReLU):
    """A user's activation that inherits from one that skl2onnx knows."""

    def forward(self, z, out):
        np.maximum(z, 0.5 * z, out=out)


class Heavier(SoftmaxLogLoss):
    """A user's loss that predicts as the one it inherits from."""

    def sum_and_gradient(self, y, z, weight, out):
        total = super().sum_and_gradient(y, z, weight, out)
        out *= 3
        return 3 * total


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

    def predict(self, z):
        return np.exp(self.log_predict(z))


class Margins(SoftmaxLogLoss):
    """A user's loss that inherits softmax and says that its outputs are no probabilities."""

    link = "identity"


class Rates(Huber):
    """A user's loss that names a link which it does not apply."""

    link = "exp"


X = np.random.default_rng(0).normal(size=(30, 3))
TWO, THREE, NUMBERS = np.arange(30) % 2, np.arange(30) % 3, X[:, 0] + 1
LABEL_SET = (np.arange(30)[:, None] >> np.arange(3)) & 1
CONVERTED = {
    "dropout": (MLPClassifier((5, 4), dropout=[0.1, 0.2, 0.3]), THREE),
    "no hidden layer": (MLPClassifier(()), THREE),
    "an instance": (MLPClassifier((5, 4), Tanh()), THREE),
    "one each, all the same": (MLPClassifier((5, 4), ["tanh", Tanh()]), THREE),
    "focal": (MLPClassifier(5, loss="focal"), THREE),
    "Brier": (MLPClassifier(5, loss="squared_error"), TWO),
    "loss of the user's own": (MLPClassifier(5, loss=Heavier()), THREE),
    "label smoothing": (MLPClassifier(5, label_smoothing=0.2), TWO),
    "floats as classes": (MLPClassifier(5), THREE - 1.0),
    "booleans as classes": (MLPClassifier(5), TWO == 1),
    "the largest class": (MLPClassifier(5), THREE + (2**31 - 3)),
    "level": (MLPRegressor("quantile", 5, quantile=0.8), NUMBERS),
    "Huber": (MLPRegressor(Huber(0.3), 5), NUMBERS),
}


@pytest.mark.parametrize("case", CONVERTED)
def test_what_is_converted_predicts_the_same(case, exported):
    model, y = CONVERTED[case]
    assert_exported_predicts_the_same(
        model.set_params(max_iter=5, random_state=0).fit(X, y), exported
    )


def assert_exported_predicts_the_same(model, exported):
    first, *others = exported(model, X)
    predicted = model.predict(X)
    if not others:
        assert_allclose(first, predicted[:, None], rtol=1e-12)
    else:
        assert_array_equal(first, predicted)
        assert_allclose(others[0], model.predict_proba(X), rtol=1e-12)


AFTERWARDS = {
    "activation": (MLPClassifier((5, 4)), THREE, {"activation": "tanh"}),
    "layers": (MLPClassifier((5, 4)), THREE, {"hidden_layer_sizes": 9}),
    "normalization": (MLPClassifier((5, 4)), THREE, {"normalization": "batch"}),
    "loss of classes": (MLPClassifier((5, 4)), TWO, {"loss": "hinge"}),
    "loss of numbers": (MLPRegressor(hidden_layer_sizes=5), NUMBERS, {"loss": "poisson"}),
}


@pytest.mark.parametrize("case", AFTERWARDS)
def test_parameters_set_after_fit_do_not_change_what_is_exported(case, exported):
    model, y, params = AFTERWARDS[case]
    model.set_params(max_iter=5, random_state=0).fit(X, y)
    before = exported(model, X)
    model.set_params(**params)
    for one, other in zip(exported(model, X), before, strict=True):
        assert_array_equal(one, other)
    assert_exported_predicts_the_same(model, exported)


def test_weights_replaced_by_hand_are_those_exported(exported):
    model = MLPRegressor(hidden_layer_sizes=5, max_iter=5, random_state=0).fit(X, NUMBERS)
    before = model.predict(X)
    model.coefs_[1], model.intercepts_[1] = 2 * model.coefs_[1], 2 * model.intercepts_[1]
    (predicted,) = exported(model, X)
    assert_allclose(predicted.ravel(), 2 * before, rtol=1e-12)


@pytest.mark.parametrize("options", [None, {"zipmap": "columns"}, {"zipmap": False}])
def test_options_of_skl2onnx_are_those_for_its_own_networks(options, exported):
    samples = X.astype(np.float32)
    model = MLPClassifier(5, max_iter=5, random_state=0).fit(samples, THREE)
    labels, *given = exported(model, samples, options)
    assert_array_equal(labels, model.predict(samples))
    if options is None:
        p = [[row[label] for label in range(3)] for row in given[0]]
    else:
        p = np.column_stack(given)
    assert_allclose(p, model.predict_proba(samples), rtol=1e-4)


MLP, SINGLE = MLPClassifier, np.zeros(30, dtype=int)
COLUMNS = np.column_stack([TWO, THREE])
SAME = "hidden layers that all have the same activation.* got an MLPClassifier with activation="
REFUSED = {
    "batch": (MLP(normalization="batch"), TWO, r"with BatchNorm\(\).* normalization=None"),
    "layer": (
        MLPRegressor(normalization="layer"),
        NUMBERS,
        r"an MLPRegressor with LayerNorm\(\)\. Fit it with normalization=None",
    ),
    "gelu": (MLP((5, 4), "gelu"), TWO, f"{SAME}'gelu'"),
    "setting": (MLP(activation=LeakyReLU(0.5)), TWO, rf"{SAME}LeakyReLU\(slope=0.5\)"),
    "user's own": (MLP(activation=Leaky()), TWO, rf"{SAME}Leaky\(\)"),
    "different ones": (MLP((5, 4), ["relu", "tanh"]), TWO, rf"{SAME}\['relu', 'tanh'\]"),
    "hinge": (MLP(loss="hinge"), TWO, r"loss=Hinge\(\) .*link 'identity'.*loss='log_loss'"),
    "perceptron": (MLP(loss="perceptron"), TWO, r"loss=Perceptron\(\) .*link 'identity'"),
    "hinge of three": (MLP(loss="hinge"), THREE, "link 'softmax' for these .* link 'identity'"),
    "own probabilities": (MLP(loss=Cooler()), THREE, r"link 'softmax' .* got loss=Cooler\(\)"),
    "own margins": (MLP(loss=Margins()), THREE, r"got loss=Margins\(\) with the link 'identity'"),
    "softmax of two": (MLP(loss=SoftmaxLogLoss()), TWO, "link 'logistic' .* link 'softmax'"),
    "softmax of a set": (MLP(loss=SoftmaxLogLoss()), LABEL_SET, "link 'logistic'"),
    "logistic of three": (MLP(loss=LogisticLogLoss()), THREE, "link 'softmax' for these"),
    "single class": (MLP(), SINGLE, "cannot convert an MLPClassifier of a single class, 0"),
    "single word": (MLP(), np.full(30, "a", object), "of a single class, 'a'"),
    "two labels": (MLP(), COLUMNS // 2, "two labels for two classes"),
    "float64 and a set": (MLP(), LABEL_SET, "multilabel targets for float32 input only"),
    "columns": (MLP(), COLUMNS, "one column of labels, got 2 columns.* MultiOutputClassifier"),
    "columns of words": (MLP(), COLUMNS.astype(str), "one column of labels, got 2 columns"),
    "large classes": (MLP(), THREE + (2**31 - 2), "32 bits.* to 2147483648. .*LabelEncoder"),
    "small classes": (MLP(), -THREE * 1e10, "32 bits.* from -20000000000.0 to 0.0"),
    "unsigned": (MLP(), TWO.astype("u8") + 2**63, "32 bits.* to 9223372036854775809"),
    "poisson": (MLPRegressor("poisson"), TWO, r"raw outputs, got loss=Poisson\(\) .*'exp'"),
    "gamma": (MLPRegressor("gamma"), TWO + 1, r"raw outputs, got loss=Gamma\(\) .*'exp'"),
    "own prediction": (MLPRegressor(Doubled()), NUMBERS, r"raw outputs, got loss=Doubled\(\)"),
    "own link": (MLPRegressor(Rates()), NUMBERS, r"got loss=Rates\(\) with the link 'exp'"),
    "levels": (
        MLPRegressor("quantile", quantile=[0.1, 0.9]),
        NUMBERS,
        r"Quantile\(levels=\[0.1, 0.9\]\) of 2 levels. Fit one MLPRegressor to each level",
    ),
    "several outputs": (
        MLPRegressor(),
        X[:, :2],
        "one output, got one of 2.* MultiOutputRegressor",
    ),
    **{
        make.__name__: (make(*layers), y, f"got {make.__name__}. Save it with sknn.save")
        for make, layers, y in [
            (CNNClassifier, [2], THREE),
            (CNNRegressor, [2], NUMBERS),
            (SequentialClassifier, [[Dense(3)]], THREE),
            (SequentialClassifier, [[Dense(3, bias=False)]], THREE),
            (SequentialRegressor, [[Dense(3)]], NUMBERS),
        ]
    },
}


@pytest.mark.parametrize("options", [None, {"zipmap": False}], ids=["default", "arrays"])
@pytest.mark.parametrize("case", REFUSED)
def test_what_would_be_exported_wrongly_is_refused_by_name(case, options, exported):
    model, y, message = REFUSED[case]
    model.set_params(max_iter=2, random_state=0).fit(X, y)
    with pytest.raises(NotImplementedError, match=message):
        exported(model, X, options if hasattr(model, "classes_") else None)


def test_weights_too_large_for_the_input_are_refused(exported):
    model = MLPRegressor(hidden_layer_sizes=5, max_iter=2, random_state=0).fit(X, NUMBERS)
    model.coefs_[0][0, 0] = 1e39
    with pytest.raises(
        NotImplementedError, match=r"here float32, .* weight of 1e\+39.* as float64"
    ):
        exported(model, X.astype(np.float32))
    assert_exported_predicts_the_same(model, exported)


@pytest.mark.parametrize("model", [MLPClassifier(), MLPRegressor()])
def test_what_is_not_fitted_is_not_exported(model, exported):
    options = {"zipmap": False} if isinstance(model, MLPClassifier) else None
    with pytest.raises(NotFittedError, match="not fitted yet"):
        exported(model, X, options)


def test_register_without_skl2onnx_tells_how_to_install_it(monkeypatch):
    original = builtins.__import__

    def without_skl2onnx(name, *args):
        if name.startswith("skl2onnx"):
            raise ModuleNotFoundError("No module named 'skl2onnx'", name=name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_skl2onnx)
    with pytest.raises(ImportError, match=r"needs skl2onnx.*pip install skl2onnx onnxruntime"):
        register()
