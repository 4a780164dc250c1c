"""Models exported to ONNX predict what ours do."""

import builtins

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknn import MLPClassifier, MLPRegressor
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
    """(model, X) -> what onnxruntime computes for X."""
    skl2onnx = pytest.importorskip("skl2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    register()

    def run(model, X):
        options = {"zipmap": False} if hasattr(model, "classes_") else None
        exported = skl2onnx.to_onnx(model, X[:1], options=options)
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3  # errors: the declared shape of multilabel output is wrong
        session = onnxruntime.InferenceSession(
            exported.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )
        return session.run(None, {"X": X})

    return run


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("problem", LABELS)
def test_exported_classifier_gives_the_same_probabilities(
    problem, dtype, activation, digits, exported
):
    if problem == "multilabel" and dtype == np.float64:
        pytest.skip("onnxruntime has no Binarizer for float64")
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


@pytest.mark.parametrize(
    ("model", "y", "message"),
    [
        (MLPRegressor("poisson"), np.arange(30.0), "cannot convert .* loss='poisson'"),
        (MLPRegressor(), np.ones((30, 2)), "one output only, got one of 2"),
        (MLPClassifier(), np.zeros(30, dtype=int), "cannot convert .* single class"),
        (MLPClassifier(), np.arange(60).reshape(30, 2) % 2, "two labels for two classes"),
    ],
    ids=["poisson", "several outputs", "single class", "two labels"],
)
def test_models_that_would_be_exported_wrongly_are_refused(model, y, message, exported):
    X = np.random.default_rng(0).normal(size=(30, 3))
    model.set_params(max_iter=2).fit(X, y)
    with pytest.raises(NotImplementedError, match=message):
        exported(model, X)


def test_register_without_skl2onnx_tells_how_to_install_it(monkeypatch):
    original = builtins.__import__

    def without_skl2onnx(name, *args):
        if name.startswith("skl2onnx"):
            raise ModuleNotFoundError("No module named 'skl2onnx'", name=name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_skl2onnx)
    with pytest.raises(ImportError, match=r"needs skl2onnx.*pip install skl2onnx onnxruntime"):
        register()
