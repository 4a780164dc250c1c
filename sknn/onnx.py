"""Export to ONNX: fitted networks that run where there is no Python."""

from types import SimpleNamespace

import numpy as np
from sklearn.base import ClassifierMixin, is_classifier

from sknn.estimators import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.labels import LabelSet, ManyLabels
from sknn.inspection.tracing.trace import fitted_model
from sknn.nn.activations import Identity, Logistic, ReLU, Tanh, as_activation
from sknn.nn.layers import Dense, Dropout
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES

# What skl2onnx's converters know, by the names that they look up.
ACTIVATION_NAMES = {Identity: "identity", Logistic: "logistic", ReLU: "relu", Tanh: "tanh"}
# A loss of the user's own may inherit the link of one of these, or bring one nobody knows.
LINKS = {
    type(loss).predict: loss.link
    for losses in (REGRESSION_LOSSES, *CLASSIFICATION_LOSSES.values())
    for loss in losses.values()
}
NOT_CONVERTED = (CNNClassifier, CNNRegressor, SequentialClassifier, SequentialRegressor)
INT32 = np.iinfo(np.int32)


def register():
    """Make ``skl2onnx`` convert MLPClassifier and MLPRegressor, alone and in pipelines.

    skl2onnx converts them with its converters for scikit-learn's networks. They are handed the
    fitted model: parameters set after ``fit`` change nothing. What they cannot express raises
    NotImplementedError when it comes to converting. These models are converted:

    - all hidden layers have the same activation: 'identity', 'logistic', 'tanh' or 'relu'
    - ``normalization=None``; dropout plays no part in predictions and is left out
    - classifiers predict probabilities (not 'hinge') of at least two classes, of at least three
      for multilabel targets, which onnxruntime runs for float32 input only
    - regressors have one output that needs no function: any loss but 'poisson' and 'gamma', and
      one level of 'quantile'

    CNNs and Sequential estimators raise NotImplementedError as well.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from onnxruntime import InferenceSession
    >>> from skl2onnx import to_onnx
    >>> from sklearn.datasets import load_iris
    >>> from sknn import MLPClassifier
    >>> from sknn.onnx import register
    >>> register()
    >>> X, y = load_iris(return_X_y=True)
    >>> X = X.astype(np.float32)
    >>> clf = MLPClassifier(max_iter=1000, random_state=0).fit(X, y)
    >>> model = to_onnx(clf, X[:1], options={"zipmap": False})
    >>> session = InferenceSession(model.SerializeToString())
    >>> labels, probabilities = session.run(None, {"X": X})
    >>> bool(np.all(labels == clf.predict(X)))
    True
    >>> bool(np.allclose(probabilities, clf.predict_proba(X), rtol=1e-4, atol=1e-6))
    True
    """
    try:
        from skl2onnx import update_registered_converter
        from skl2onnx.common.data_types import DoubleTensorType
        from skl2onnx.common.shape_calculator import (
            calculate_linear_classifier_output_shapes,
            calculate_linear_regressor_output_shapes,
        )
        from skl2onnx.operator_converters.multilayer_perceptron import (
            convert_sklearn_mlp_classifier,
            convert_sklearn_mlp_regressor,
        )
    except ImportError as error:
        raise ImportError(
            f"sknn.onnx needs skl2onnx, which cannot be imported ({error}). Install it with: "
            "pip install skl2onnx onnxruntime"
        ) from error

    def read(operator):
        """Raises NotImplementedError on an estimator that would be converted wrongly."""
        double = isinstance(operator.inputs[0].type, DoubleTensorType)
        return _as_scikit_learn_has_it(operator.raw_operator, np.float64 if double else np.float32)

    def checked(calculate_shapes):
        def calculate(operator):
            read(operator)
            calculate_shapes(operator)

        return calculate

    def reading(convert):
        def convert_what_is_read(scope, operator, container):
            convert(scope, operator.new_raw_operator(read(operator), operator.type), container)

        return convert_what_is_read

    options = {
        "zipmap": [True, False, "columns"],
        "output_class_labels": [False, True],
        "nocl": [True, False],
    }
    for estimator in (MLPClassifier, MLPRegressor, *NOT_CONVERTED):
        classifies = issubclass(estimator, ClassifierMixin)
        shapes, convert = (
            (calculate_linear_classifier_output_shapes, convert_sklearn_mlp_classifier)
            if classifies
            else (calculate_linear_regressor_output_shapes, convert_sklearn_mlp_regressor)
        )
        update_registered_converter(
            estimator,
            f"Sknn{estimator.__name__}",
            checked(shapes),
            reading(convert),
            options=options if classifies else None,
        )


def _as_scikit_learn_has_it(estimator, dtype):
    """What skl2onnx's converters read of an estimator, taken from its fitted model.

    dtype: what the exported model computes in

    Raises NotImplementedError if they would make another function of it than it predicts with.
    """
    name = type(estimator).__name__
    if isinstance(estimator, NOT_CONVERTED):
        raise NotImplementedError(
            f"skl2onnx converts MLPClassifier and MLPRegressor of sknn, got {name}. Save it with "
            "sknn.save, and predict where sknn is installed."
        )
    model = fitted_model(estimator)
    activation = _activation(name, model.network.layers)
    if is_classifier(estimator):
        _check_labels(name, estimator._labels)
        _check_link(name, model.loss, _link_of(estimator._labels))
    else:
        _check_outputs(name, model)
    _check_dtype(name, model, getattr(estimator, "_labels", None), dtype)
    read = SimpleNamespace(
        coefs_=model.weights,
        intercepts_=model.biases,
        n_layers_=len(model.weights) + 1,
        activation=activation,
        out_activation_=model.loss.link,
    )
    if is_classifier(estimator):
        read.classes_ = estimator.classes_
        read._label_binarizer = estimator._labels.binarizer
    return read


def _activation(name, layers):
    """The name of the activation that all hidden layers have."""
    dense = [layer for layer in layers if type(layer) is not Dropout]  # drops nothing any more
    others = [layer for layer in dense if type(layer) is not Dense]
    if others:
        raise NotImplementedError(
            f"skl2onnx converts dense layers without normalisation, got an {name} with "
            f"{others[0]!r}. Fit it with normalization=None."
        )
    *hidden, _ = dense
    kinds = [type(as_activation(layer.activation)) for layer in hidden]
    if len(set(kinds)) > 1 or not ACTIVATION_NAMES.keys() >= set(kinds):
        given = [layer.activation for layer in hidden]
        given = given if len(set(kinds)) > 1 else given[0]
        raise NotImplementedError(
            f"skl2onnx converts hidden layers that all have the same activation, one of "
            f"{sorted(ACTIVATION_NAMES.values())}, got an {name} with activation={given!r}. Fit "
            "it with one of these."
        )
    return ACTIVATION_NAMES[kinds[0]] if kinds else "identity"


def _check_labels(name, labels):
    classes = labels.classes
    if isinstance(labels, ManyLabels):
        raise NotImplementedError(
            f"skl2onnx converts an {name} of one column of labels, got {len(classes)} columns. Fit "
            "one to each, for instance with MultiOutputClassifier."
        )
    if len(classes) == 1:
        raise NotImplementedError(
            f"skl2onnx cannot convert an {name} of a single class, {classes.tolist()[0]!r}. No "
            "model is needed: its prediction is constant."
        )
    if isinstance(labels, LabelSet):
        if len(classes) == 2:
            raise NotImplementedError(
                f"skl2onnx takes multilabel targets of two labels for two classes. Fit an {name} "
                "to each label, and convert these."
            )
    elif classes.dtype.kind in "iuf" and not INT32.min <= classes[0] <= classes[-1] <= INT32.max:
        raise NotImplementedError(
            f"skl2onnx keeps classes in 32 bits, got an {name} with classes from "
            f"{classes.tolist()[0]!r} to {classes.tolist()[-1]!r}. Encode y with LabelEncoder "
            "before fit."
        )


def _link_of(labels):
    """The function from raw outputs to probabilities that skl2onnx expects of such labels."""
    one_each = isinstance(labels, LabelSet) or len(labels.classes) == 2
    return "logistic" if one_each else "softmax"


def _check_link(name, loss, wanted):
    if LINKS.get(type(loss).predict) != wanted or loss.link != wanted:
        raise NotImplementedError(
            f"skl2onnx converts an {name} whose loss has the link {wanted!r} for these targets, "
            f"got loss={loss!r} with the link {loss.link!r}. Fit it with loss='log_loss'."
        )


def _check_outputs(name, model):
    if model.loss.outputs_per_target > 1:
        raise NotImplementedError(
            f"skl2onnx converts an {name} of one output, got {model.loss!r} of "
            f"{model.loss.outputs_per_target} levels. Fit one {name} to each level of quantile."
        )
    n_outputs = model.network.shapes[-1][0]
    if n_outputs > 1:
        raise NotImplementedError(
            f"skl2onnx converts an {name} of one output, got one of {n_outputs}. Fit one to each "
            "target, for instance with MultiOutputRegressor."
        )
    if LINKS.get(type(model.loss).predict) != "identity" or model.loss.link != "identity":
        raise NotImplementedError(
            f"skl2onnx converts an {name} that predicts its raw outputs, got loss={model.loss!r} "
            f"with the link {model.loss.link!r}. Fit it with loss='squared_error', for instance "
            "to log(y)."
        )


def _check_dtype(name, model, labels, dtype):
    if isinstance(labels, LabelSet) and dtype == np.float64:
        raise NotImplementedError(
            f"onnxruntime runs an {name} of multilabel targets for float32 input only, got "
            "float64. Pass X as float32 to to_onnx and to the exported model."
        )
    with np.errstate(over="ignore"):
        fits = np.isfinite(model.theta.astype(dtype)).all()
    if not fits:
        raise NotImplementedError(
            f"skl2onnx keeps weights in the dtype of the input, here {np.dtype(dtype)}, got an "
            f"{name} with a weight of {float(np.abs(model.theta).max())!r}. Scale X before fit, "
            "or pass X as float64 to to_onnx."
        )
