"""Export to ONNX: fitted networks that run where there is no Python."""

from sknn.estimators import MLPClassifier, MLPRegressor


def register():
    """Make ``skl2onnx`` convert MLPClassifier and MLPRegressor, alone and in pipelines.

    It converts them as it does those of scikit-learn. What its converters would get wrong is
    refused when it comes to converting: loss='poisson', regression with several outputs, a
    single class, and multilabel targets of exactly two labels. Multilabel models are converted,
    but onnxruntime runs them for float32 input only.

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

    def convert_classifier(scope, operator, container):
        _check_classifier(operator.raw_operator)
        convert_sklearn_mlp_classifier(scope, operator, container)

    def convert_regressor(scope, operator, container):
        _check_regressor(operator.raw_operator)
        convert_sklearn_mlp_regressor(scope, operator, container)

    update_registered_converter(
        MLPClassifier,
        "SknnMLPClassifier",
        calculate_linear_classifier_output_shapes,
        convert_classifier,
        options={
            "zipmap": [True, False, "columns"],
            "output_class_labels": [False, True],
            "nocl": [True, False],
        },
    )
    update_registered_converter(
        MLPRegressor,
        "SknnMLPRegressor",
        calculate_linear_regressor_output_shapes,
        convert_regressor,
    )


def _check_classifier(model):
    n_classes = len(model.classes_)
    if n_classes == 1:
        raise NotImplementedError(
            f"skl2onnx cannot convert an MLPClassifier of a single class, {model.classes_[0]!r}. "
            "Its prediction is constant: no model is needed."
        )
    if n_classes == 2 and model._label_binarizer.y_type_.startswith("multilabel"):
        raise NotImplementedError(
            "skl2onnx takes multilabel targets of two labels for two classes. Fit an "
            "MLPClassifier to each label, and convert these."
        )


def _check_regressor(model):
    if model.out_activation_ != "identity":
        raise NotImplementedError(
            f"skl2onnx cannot convert an MLPRegressor with loss={model.loss!r}, whose predictions "
            f"are {model.out_activation_!r} of the raw outputs."
        )
    if model.n_outputs_ > 1:
        raise NotImplementedError(
            f"skl2onnx converts an MLPRegressor of one output only, got one of "
            f"{model.n_outputs_}. Fit one to each target, for instance with MultiOutputRegressor."
        )
